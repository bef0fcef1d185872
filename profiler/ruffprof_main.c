#include "config.h"

#include <stdio.h>
#include <string.h>

#include "commands.h"

#include "base/diag.h"
#include "base/manual.h"
#include "base/options.h"

/* Every command, in the order of the help. */
static int (*const RUN[])(int argc, char **argv) = {
    cmd_record, cmd_report, cmd_annotate, cmd_flamegraph, cmd_export,
    cmd_info,   cmd_stat,   cmd_list,     cmd_selftest,
};
static const struct manual_command COMMANDS[] = {
    {"record", "[OPTION...] FILE [ARG...]",
     "run a program and record where its time or memory goes", NULL},
    {"report", "[OPTION...] [PROFILE]",
     "where time or memory went: functions, lines, call tree", NULL},
    {"annotate", "[OPTION...] [PROFILE]", "the source, with the share of every line",
     NULL},
    {"flamegraph", "[OPTION...] [PROFILE]", "the same as a picture (SVG or HTML)",
     NULL},
    {"export", "--format=FORMAT [PROFILE]",
     "folded, pprof, speedscope, Firefox, callgrind, json", NULL},
    {"info", "[OPTION...] [PROFILE]",
     "how a profile was recorded, and whether it is complete", NULL},
    {"stat", "[OPTION...] FILE [ARG...]", "count events of a program, without samples",
     NULL},
    {"list", "[--all]", "the events this machine can count, and why not the others",
     NULL},
    {"selftest", "", "how accurate this build is on this machine", NULL},
};
#define COMMAND_COUNT (sizeof COMMANDS / sizeof COMMANDS[0])
_Static_assert(sizeof RUN / sizeof RUN[0] == COMMAND_COUNT, "one function a command");

static const struct manual_program PROGRAM = {
    .name = "ruffprof",
    .summary = "Records where CPU time and memory of Ruff programs go, and shows it.",
    .commands = COMMANDS,
    .command_count = COMMAND_COUNT,
    .remark = "PROFILE is the newest *.rprof of this folder unless given.",
    .examples = "ruffprof record --repeat fib_recursive.ruff\n"
                "ruffprof report\n"
                "ruffprof flamegraph -o fib.svg\n",
};

/* Named so that nobody takes their absence for a slip of the fingers. */
static const char *const LATER[] = {"diff", "merge"};

/* What stands before a command: the options that every command has. */
static const struct options_command NO_COMMAND = {
    .program = "ruffprof",
    .usage = "COMMAND [OPTION...] [FILE]",
    .summary = "Records where CPU time and memory of Ruff programs go, and shows it.",
    .stop_at_operand = true,
};

static int run_command(int argc, char **argv)
{
    if (argc < 2) {
        diag_error("ruffprof", "no command given: try 'ruffprof --help'");
        return 2;
    }
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i] = COMMANDS[i].name;
        if (strcmp(argv[1], COMMANDS[i].name) == 0) {
            return RUN[i](argc - 1, argv + 1);
        }
    }
    if (manual_answer(&PROGRAM, argv[1])) {
        return 0;
    }
    for (size_t i = 0; i < sizeof LATER / sizeof LATER[0]; i++) {
        if (strcmp(argv[1], LATER[i]) == 0) {
            diag_error("ruffprof",
                       "'%s' is not part of version " RUFF_VERSION
                       ": export --format=folded and use a tool for that",
                       argv[1]);
            return 2;
        }
    }
    if (argv[1][0] == '-') {
        struct options o;
        int id;
        const char *value;
        if (!options_init(&o, &NO_COMMAND, argc, argv)) {
            return 6;
        }
        if (options_next(&o, &id, &value) == OPTIONS_EXIT) {
            int code = o.exit_code;
            options_done(&o);
            return code;
        }
        options_done(&o);
        diag_error("ruffprof", "'%s' before a command: try 'ruffprof report %s'",
                   argv[1], argv[1]);
        return 2;
    }
    options_unknown_command("ruffprof", argv[1], names, COMMAND_COUNT);
    return 2;
}

int main(int argc, char **argv)
{
    diag_start();
    return diag_finish("ruffprof", run_command(argc, argv));
}
