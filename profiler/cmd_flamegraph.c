#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "reading.h"

#include "base/diag.h"
#include "base/strbuf.h"
#include "export/exporter.h"

enum {
    OUTPUT,
    INVERT,
    REVERSE,
    TITLE,
    WIDTH,
    MIN_PERCENT,
    COLOR_BY
};

static const struct option_spec specs[] = {
    {OUTPUT, 'o', "output", OPTION_VALUE, "FILE",
     "Where to write: FILE.svg (default: PROFILE with .svg), FILE.html, or - for stdout."},
    {TITLE, '\0', "title", OPTION_VALUE, "TEXT", "Headline of the picture."},
    {COLOR_BY, 'C', "color-by", OPTION_VALUE, "WHAT",
     "Colour frames by tier (default for CPU), hash (of the name) or cause (default for "
     "memory). --color=WHAT means the same."},
    {INVERT, '\0', "invert", OPTION_FLAG, NULL, "Root at the top."},
    {REVERSE, '\0', "reverse", OPTION_FLAG, NULL,
     "Stacks upside down: leaves first, their callers on them."},
    {WIDTH, '\0', "width", OPTION_VALUE, "PIXELS",
     "Fixed width (default: 1200, following the window)."},
    {MIN_PERCENT, '\0', "min-percent", OPTION_VALUE, "P",
     "Leave out frames below P percent (default: a tenth of a pixel)."},
    READING_THREADS_OPTION,
    READING_KERNEL_OPTION,
    READING_FILTERS,
};

static const struct options_command command = {
    .program = "ruffprof",
    .name = "flamegraph",
    .usage = "flamegraph [OPTION...] [PROFILE]",
    .summary = "Draws a profile as a flame graph: a frame's width is its share of the "
               "samples (or bytes, with --mem). Click zooms, Ctrl-F searches.",
    .specs = specs,
    .spec_count = sizeof specs / sizeof specs[0],
    .details =
        "examples:\n"
        "  ruffprof flamegraph -o fib.svg           CPU time of the newest profile\n"
        "  ruffprof flamegraph --mem=peak x.rprof   who held memory at the peak\n"
        "  ruffprof flamegraph --reverse --invert   who calls the hot leaves\n"
        "  ruffprof flamegraph --threads            a tower for each thread\n",
};

struct settings {
    struct svg_style style;
    const char *output;
    bool reverse;
};

static bool parse_colors(struct options *options, const char *value,
                         struct settings *settings)
{
    static const char *const words[] = {"tier", "hash", "cause", "diff"};
    size_t index = 0;
    if (!options_choice(options, value, words, 4, &index)) {
        return false;
    }
    if (index == 3) {
        return options_error(options, "--color=diff needs two profiles: use 'ruffprof "
                                      "diff BASE NEW -o FILE.svg'");
    }
    settings->style.color = index == 0   ? SVG_BY_TIER
                            : index == 1 ? SVG_BY_NAME
                                         : SVG_BY_CAUSE;
    return true;
}

static bool take_option(struct options *options, int id, const char *value,
                        struct settings *settings, struct reading *reading)
{
    uint64_t number = 0;
    switch (id) {
    case OUTPUT: settings->output = value; return true;
    case TITLE: settings->style.title = value; return true;
    case COLOR_BY: return parse_colors(options, value, settings);
    case INVERT: settings->style.invert = true; return true;
    case REVERSE: settings->reverse = true; return true;
    case WIDTH:
        if (!options_count(options, value, 200, 20000, &number)) {
            return false;
        }
        settings->style.width = (uint32_t)number;
        return true;
    case MIN_PERCENT:
        return options_number(options, value, 0, 100, &settings->style.min_percent);
    default: return reading_option(reading, options, id, value);
    }
}

/* "x.rprof" → "x.svg"; anything else gets .svg behind it. */
static char *default_output(const char *profile)
{
    size_t length = strlen(profile);
    if (length > 6 && strcmp(profile + length - 6, ".rprof") == 0) {
        length -= 6;
    }
    char *path = malloc(length + 5);
    if (path != NULL) {
        memcpy(path, profile, length);
        memcpy(path + length, ".svg", 5);
    }
    return path;
}

static int draw(struct reading *reading, const struct options *options,
                const struct settings *settings)
{
    char *made = settings->output == NULL ? default_output(reading->path) : NULL;
    const char *path = settings->output != NULL ? settings->output : made;
    if (path == NULL) {
        return READING_INTERNAL;
    }
    const struct exporter *exporter = exporter_guess(path);
    if (exporter == NULL || strcmp(exporter->name, "html") != 0) {
        exporter = exporter_find("svg");
    }
    struct export_job job = {.model = reading->model,
                             .view = reading->view,
                             .filter = &reading->filter,
                             .style = settings->style};
    struct reading_output output;
    int code = READING_IO;
    if (reading_output_open(&output, path)) {
        bool good = exporter_write(exporter, &job, output.stream);
        code = reading_output_close(&output, good || ferror(output.stream) != 0);
    }
    if (code == READING_OK && !options->quiet && strcmp(path, "-") != 0) {
        struct strbuf why;
        strbuf_init(&why);
        if (reading->view->shown == 0) {
            strbuf_append_str(&why, " (");
            view_explain_empty(reading->view, &why);
            strbuf_append_char(&why, ')');
        }
        diag_error("ruffprof", "wrote %s%s", path, strbuf_str(&why));
        strbuf_done(&why);
    }
    free(made);
    return code;
}

/* `--color` is also the option that switches terminal colours; its words tell which is
 * meant. The parser then sees -C, which is shorter and so fits in place. */
static void rename_color(int argc, char **argv)
{
    static const char *const words[] = {"tier", "hash", "cause", "diff"};
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        for (size_t w = 0; w < 4; w++) {
            if (strncmp(argv[i], "--color=", 8) == 0 &&
                strcmp(argv[i] + 8, words[w]) == 0) {
                argv[i][1] = 'C';
                memmove(argv[i] + 2, argv[i] + 8, strlen(argv[i] + 8) + 1);
            } else if (strcmp(argv[i], "--color") == 0 && i + 1 < argc &&
                       strcmp(argv[i + 1], words[w]) == 0) {
                memcpy(argv[i], "-C", 3);
            }
        }
    }
}

int cmd_flamegraph(int argc, char **argv)
{
    struct options options;
    struct reading reading;
    struct settings settings = {.output = NULL};
    rename_color(argc, argv);
    if (!options_init(&options, &command, argc, argv)) {
        return READING_INTERNAL;
    }
    reading_init(&reading);
    int id = 0;
    const char *value = NULL;
    enum options_event event;
    bool good = true;
    while (good && (event = options_next(&options, &id, &value)) != OPTIONS_END) {
        good = event == OPTIONS_OPTION &&
               take_option(&options, id, value, &settings, &reading);
    }
    int code = options.exit_code;
    if (good) {
        reading.filter.reverse = settings.reverse;
        code = reading_open(&reading, &options);
        code = code == READING_OK ? reading_select(&reading, &options) : code;
        code = code == READING_OK ? draw(&reading, &options, &settings) : code;
    }
    reading_done(&reading);
    options_done(&options);
    return code;
}
