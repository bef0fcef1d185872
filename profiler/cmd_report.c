#include "config.h"

#include "commands.h"
#include "reading.h"
#include "report.h"

#include "base/diag.h"

enum {
    BY,
    SORT,
    TREE,
    CALLERS,
    LIMIT,
    FORMAT
};

static const struct option_spec specs[] = {
    {SORT, 's', "sort", OPTION_VALUE, "COLUMN", "Order by self (default) or total."},
    {BY, '\0', "by", OPTION_VALUE, "WHAT",
     "Rows are functions (default), lines, files, tiers, opcodes, threads or causes: "
     "function, line, file, tier, opcode, thread, cause."},
    {TREE, 't', "tree", OPTION_FLAG, NULL, "Show the call tree instead of a table."},
    {CALLERS, '\0', "callers", OPTION_FLAG, NULL,
     "Show the tree from the innermost functions to their callers."},
    {LIMIT, 'n', "limit", OPTION_VALUE, "N", "Show N rows (default 20, 0 = all)."},
    {FORMAT, '\0', "format", OPTION_VALUE, "FORMAT", "text (default) or json."},
    READING_THREADS_OPTION,
    READING_FILTERS,
};

static const struct options_command command = {
    .program = "ruffprof",
    .name = "report",
    .usage = "report [OPTION...] [PROFILE]",
    .summary =
        "Shows where CPU time (or memory, with --mem) went. PROFILE is the newest "
        "*.rprof of this folder unless given.",
    .specs = specs,
    .spec_count = sizeof specs / sizeof specs[0],
    .details =
        "columns:\n"
        "  SAMPLES  how often the row was seen (bytes or objects with --mem)\n"
        "  SELF     share spent in the row itself, with its 95 % interval\n"
        "  TOTAL    share with everything it called; recursion counts once\n"
        "  TIER     what ran it most: interp, vm, jit, inlined, builtin, native, gc …\n"
        "  Under 10 samples the interval is not shown: n<10.\n"
        "\n"
        "examples:\n"
        "  ruffprof report                        functions, most self time first\n"
        "  ruffprof report --by=line --focus=fib  lines of stacks that go through fib\n"
        "  ruffprof report --mem=peak --by=cause  why memory was held at the peak\n"
        "  ruffprof report --tree --threads       each thread's own tree\n",
};

static bool take_option(struct options *options, int id, const char *value,
                        struct report_options *report, struct reading *reading)
{
    static const char *const rows[] = {"function", "line",   "file", "tier",
                                       "opcode",   "thread", "cause"};
    static const char *const columns[] = {"self", "total"};
    static const char *const formats[] = {"text", "json"};
    size_t index = 0;
    uint64_t number = 0;
    switch (id) {
    case BY:
        if (!options_choice(options, value, rows, sizeof rows / sizeof rows[0],
                            &index)) {
            return false;
        }
        return rows_by_parse(rows[index], &report->by);
    case SORT:
        if (!options_choice(options, value, columns, 2, &index)) {
            return false;
        }
        report->sort = index == 0 ? ROWS_SORT_SELF : ROWS_SORT_TOTAL;
        return true;
    case TREE: report->shape = REPORT_TREE; return true;
    case CALLERS: report->shape = REPORT_CALLERS; return true;
    case LIMIT:
        if (!options_count(options, value, 0, UINT32_MAX, &number)) {
            return false;
        }
        report->limit = (uint32_t)number;
        return true;
    case FORMAT:
        if (!options_choice(options, value, formats, 2, &index)) {
            return false;
        }
        report->json = index == 1;
        return true;
    default: return reading_option(reading, options, id, value);
    }
}

static int write_report(struct reading *reading, struct report_options *report,
                        const struct options *options)
{
    struct reading_output output;
    if (!reading_output_open(&output, NULL)) {
        return READING_IO;
    }
    report->color = diag_use_color(options->color, stdout);
    bool good = report_write(reading->model, reading->view, report, output.stream);
    return reading_output_close(&output, good || ferror(output.stream) != 0);
}

int cmd_report(int argc, char **argv)
{
    struct options options;
    struct reading reading;
    struct report_options report = {.limit = 20};
    if (!options_init(&options, &command, argc, argv)) {
        return READING_INTERNAL;
    }
    reading_init(&reading);
    int id = 0;
    const char *value = NULL;
    enum options_event event;
    bool good = true;
    while (good && (event = options_next(&options, &id, &value)) != OPTIONS_END) {
        if (event == OPTIONS_EXIT) {
            good = false;
        } else {
            good = take_option(&options, id, value, &report, &reading);
        }
    }
    int code = options.exit_code;
    if (good) {
        reading.filter.reverse = report.shape == REPORT_CALLERS;
        code = reading_open(&reading, &options);
        code = code == READING_OK ? reading_select(&reading, &options) : code;
        code = code == READING_OK ? write_report(&reading, &report, &options) : code;
    }
    reading_done(&reading);
    options_done(&options);
    return code;
}
