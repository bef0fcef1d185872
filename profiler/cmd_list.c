/*
 * ruffprof list: every event, whether this machine counts it, and why not.
 */
#include "config.h"

#include <stdio.h>

#include "commands.h"
#include "events.h"

#include "base/options.h"

enum {
    LIST_ALL
};

static const struct option_spec SPECS[] = {
    {LIST_ALL, 'a', "all", OPTION_FLAG, NULL,
     "Every event libpfm4 knows for this machine."},
};

static const struct options_command COMMAND = {
    .program = "ruffprof",
    .name = "list",
    .usage = "list [--all]",
    .summary =
        "Shows which events this machine can count for record -e, and for those it "
        "cannot: why, and what to do about it.",
    .specs = SPECS,
    .spec_count = sizeof SPECS / sizeof SPECS[0],
    .details =
        "Columns: works (yes or no), name, meaning; for a no also cause and cure.\n\n"
        "Examples:\n  ruffprof list\n  ruffprof list --all\n",
};

static void print_row(void *context, const struct event_row *row)
{
    FILE *out = context;

    fprintf(out, "%-4s %-28s %s\n", row->works ? "yes" : "no", row->name, row->about);
    if (row->works)
        return;
    fprintf(out, "%-4s %-28s %s%s%s\n", "", "", row->cause,
            row->cure != NULL ? ": " : "", row->cure != NULL ? row->cure : "");
}

int cmd_list(int argc, char **argv)
{
    struct options o;
    enum options_event event;
    const char *value;
    bool all = false;
    int id, code = 0;

    if (!options_init(&o, &COMMAND, argc, argv))
        return 6;
    while ((event = options_next(&o, &id, &value)) == OPTIONS_OPTION)
        all = true;
    if (event == OPTIONS_END && o.operand_count > 0) {
        options_error(&o, "list takes no FILE: try ruffprof list");
        event = OPTIONS_EXIT;
    }
    code = event == OPTIONS_EXIT ? o.exit_code : 0;
    options_done(&o);
    if (event == OPTIONS_EXIT)
        return code;
    if (!event_list(NULL, all, print_row, stdout))
        diag_error("ruffprof",
                   "libpfm4 does not know this machine: only the common events are "
                   "listed");
    return 0;
}
