#include "config.h"

#include <stdio.h>
#include <string.h>

#include "commands.h"

#include "base/diag.h"
#include "base/options.h"

/* Every command, in the order of the help. */
static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"record", cmd_record, "run a program and record where its time or memory goes"},
    {"report", cmd_report, "where time or memory went: functions, lines, call tree"},
    {"annotate", cmd_annotate, "the source, with the share of every line"},
    {"flamegraph", cmd_flamegraph, "the same as a picture (SVG or HTML)"},
    {"export", cmd_export, "folded, pprof, speedscope, Firefox, callgrind, json"},
    {"info", cmd_info, "how a profile was recorded, and whether it is complete"},
    {"stat", cmd_stat, "count events of a program, without samples"},
    {"list", cmd_list, "the events this machine can count, and why not the others"},
    {"selftest", cmd_selftest, "how accurate this build is on this machine"},
};

/* Named so that nobody takes their absence for a slip of the fingers. */
static const char *const LATER[] = {"diff", "merge"};

/* What stands before a command: the options that every command has. */
static const struct options_command NO_COMMAND = {
    .program = "ruffprof",
    .usage = "ruffprof COMMAND [OPTION...] [FILE]",
    .summary = "Records where CPU time and memory of Ruff programs go, and shows it.",
    .stop_at_operand = true,
};

#define COMMANDS (sizeof commands / sizeof commands[0])

static void print_help(FILE *out)
{
    fputs("usage: ruffprof COMMAND [OPTION...] [FILE]\n\n"
          "Records where CPU time and memory of Ruff programs go, and shows it.\n\n"
          "commands:\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(out, "  %-12s %s\n", commands[i].name, commands[i].summary);
    }
    fputs("\nEvery command has --help. Also: --version.\n\n"
          "examples:\n"
          "  ruffprof record --repeat fib_recursive.ruff\n"
          "  ruffprof report\n"
          "  ruffprof flamegraph -o fib.svg\n",
          out);
}

static int run_command(int argc, char **argv)
{
    if (argc < 2) {
        diag_error("ruffprof", "no command given: try 'ruffprof --help'");
        return 2;
    }
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        options_print_version(stdout, "ruffprof");
        return 0;
    }
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
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
    options_unknown_command("ruffprof", argv[1], names, COMMANDS);
    return 2;
}

int main(int argc, char **argv)
{
    diag_start();
    return diag_finish("ruffprof", run_command(argc, argv));
}
