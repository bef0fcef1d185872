#include "config.h"

#include "commands.h"
#include "reading.h"

#include "base/options.h"
#include "export/exporter.h"

enum {
    OUTPUT,
    FORMAT
};

static const struct option_spec specs[] = {
    {FORMAT, 'f', "format", OPTION_VALUE, "FORMAT",
     "folded, svg, html, pprof, speedscope, firefox, callgrind or json; guessed from FILE "
     "when left out."},
    {OUTPUT, 'o', "output", OPTION_VALUE, "FILE", "Write to FILE instead of stdout."},
    READING_THREADS_OPTION,
    READING_KERNEL_OPTION,
    READING_FILTERS,
};

static const struct options_command command = {
    .program = "ruffprof",
    .name = "export",
    .usage = "export --format=FORMAT [OPTION...] [PROFILE]",
    .summary =
        "Writes a profile in the format of another tool. The same profile gives the "
        "same bytes every time, to a file or to stdout.",
    .specs = specs,
    .spec_count = sizeof specs / sizeof specs[0],
    .details =
        "examples:\n"
        "  ruffprof export --format=folded | flamegraph.pl > x.svg\n"
        "  ruffprof export -o x.speedscope.json     drop it on speedscope.app\n"
        "  ruffprof export --mem -o callgrind.out.1 && kcachegrind callgrind.out.1\n",
};

static bool parse_format(struct options *options, const char *value,
                         const struct exporter **exporter)
{
    size_t count = 0;
    const struct exporter *table = exporter_table(&count);
    const char *names[16];
    for (size_t i = 0; i < count && i < 16; i++) {
        names[i] = table[i].name;
    }
    size_t index = 0;
    if (!options_choice(options, value, names, count, &index)) {
        return false;
    }
    *exporter = &table[index];
    return true;
}

static int export_profile(struct reading *reading, const struct exporter *exporter,
                          const char *path)
{
    struct export_job job = {
        .model = reading->model, .view = reading->view, .filter = &reading->filter};
    struct reading_output output;
    if (!reading_output_open(&output, path)) {
        return READING_IO;
    }
    bool good = exporter_write(exporter, &job, output.stream);
    return reading_output_close(&output, good || ferror(output.stream) != 0);
}

int cmd_export(int argc, char **argv)
{
    struct options options;
    struct reading reading;
    const struct exporter *exporter = NULL;
    const char *path = NULL;
    if (!options_init(&options, &command, argc, argv)) {
        return READING_INTERNAL;
    }
    reading_init(&reading);
    int id = 0;
    const char *value = NULL;
    enum options_event event;
    bool good = true;
    while (good && (event = options_next(&options, &id, &value)) != OPTIONS_END) {
        if (event != OPTIONS_OPTION) {
            good = false;
        } else if (id == FORMAT) {
            good = parse_format(&options, value, &exporter);
        } else if (id == OUTPUT) {
            path = value;
        } else {
            good = reading_option(&reading, &options, id, value);
        }
    }
    if (good && exporter == NULL && path != NULL) {
        exporter = exporter_guess(path);
    }
    if (good && exporter == NULL) {
        good = options_error(&options,
                             "which format? give --format=folded, svg, html, pprof, "
                             "speedscope, firefox, callgrind or json");
    }
    int code = options.exit_code;
    if (good) {
        code = reading_open(&reading, &options);
        code = code == READING_OK ? reading_select(&reading, &options) : code;
        code = code == READING_OK ? export_profile(&reading, exporter, path) : code;
    }
    reading_done(&reading);
    options_done(&options);
    return code;
}
