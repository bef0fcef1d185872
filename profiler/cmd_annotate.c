#include "config.h"

#include "annotate.h"
#include "commands.h"
#include "reading.h"

#include "base/diag.h"

enum {
    ALL
};

static const struct option_spec specs[] = {
    {ALL, 'a', "all", OPTION_FLAG, NULL,
     "Show whole files, not only the lines near those with samples."},
    READING_FILTERS,
};

static const struct options_command command = {
    .program = "ruffprof",
    .name = "annotate",
    .usage = "annotate [OPTION...] [PROFILE]",
    .summary =
        "Shows the source with the share of every line: of its own, and with what "
        "it called.",
    .specs = specs,
    .spec_count = sizeof specs / sizeof specs[0],
    .details =
        "columns:\n"
        "  SELF   share spent on the line itself, with its 95 % interval\n"
        "  TOTAL  share with everything called from the line; recursion counts once\n"
        "\n"
        "examples:\n"
        "  ruffprof annotate\n"
        "  ruffprof annotate --mem=peak --all x.rprof\n",
};

static int write_sources(struct reading *reading, const struct options *options,
                         bool all)
{
    struct reading_output output;
    if (!reading_output_open(&output, NULL)) {
        return READING_IO;
    }
    struct annotate_options annotate = {.color = diag_use_color(options->color, stdout),
                                        .all = all};
    bool good = annotate_write(reading->model, reading->view, &annotate, output.stream);
    return reading_output_close(&output, good || ferror(output.stream) != 0);
}

int cmd_annotate(int argc, char **argv)
{
    struct options options;
    struct reading reading;
    bool all = false, good = true;
    if (!options_init(&options, &command, argc, argv)) {
        return READING_INTERNAL;
    }
    reading_init(&reading);
    int id = 0;
    const char *value = NULL;
    enum options_event event;
    while (good && (event = options_next(&options, &id, &value)) != OPTIONS_END) {
        if (event != OPTIONS_OPTION) {
            good = false;
        } else if (id == ALL) {
            all = true;
        } else {
            good = reading_option(&reading, &options, id, value);
        }
    }
    int code = options.exit_code;
    if (good) {
        code = reading_open(&reading, &options);
        code = code == READING_OK ? reading_select(&reading, &options) : code;
        code = code == READING_OK ? write_sources(&reading, &options, all) : code;
    }
    reading_done(&reading);
    options_done(&options);
    return code;
}
