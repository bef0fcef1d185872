/*
 * ruff: picks the command; see command.h.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

#include "base/manual.h"
#include "base/options.h"
#include "base/os_linux.h"
#include "base/strbuf.h"

/* The other programs of this installation, under the name `ruff` has for them. */
static int command_bench(int argc, char **argv);
static int command_profile(int argc, char **argv);

static int (*const RUN[])(int argc, char **argv) = {
    command_run,  command_check, command_disasm, command_test,
    command_test, command_repl,  command_bench,  command_profile,
};
static const struct manual_command COMMANDS[] = {
    {"run", "[OPTION...] FILE [ARG...]", "run a program; `ruff FILE` is the same",
     NULL},
    {"check", "FILE...", "report every problem, run nothing", NULL},
    {"disasm", "[OPTION...] FILE [FUNCTION]", "show the bytecode", NULL},
    {"test", "[OPTION...] PATH...", "run test blocks", NULL},
    {"test-run", "[OPTION...] FILE", "the same for one file", ""},
    {"repl", "", "type a program piece by piece", NULL},
    {"bench", "...", "the same as ruffbench ...", "ruffbench"},
    {"profile", "FILE", "the same as ruffprof record --report FILE", "ruffprof-record"},
};
#define COMMAND_COUNT (sizeof COMMANDS / sizeof COMMANDS[0])
_Static_assert(sizeof RUN / sizeof RUN[0] == COMMAND_COUNT, "one function a command");

static const struct manual_program PROGRAM = {
    .name = "ruff",
    .summary =
        "Runs programs in the Ruff language: in a tree walker or in a bytecode VM.",
    .commands = COMMANDS,
    .command_count = COMMAND_COUNT,
    .examples = "ruff fib_recursive.ruff\n"
                "ruff run --mode=interp --stats fib_recursive.ruff\n"
                "ruff check fib_recursive.ruff\n",
};

/* Runs a sibling program in place of this one: its options, then argv[first..]. */
static int become(const char *wanted, char *const *leading, int nleading, int argc,
                  char **argv, int first)
{
    struct strbuf path;
    char **args = calloc((size_t)(nleading + argc) + 2, sizeof *args);
    int n = 0, error;

    strbuf_init(&path);
    error = args != NULL ? os_sibling_program(&path, "ruff", wanted) : ENOMEM;
    if (error == 0) {
        args[n++] = path.data;
        for (int i = 0; i < nleading; i++)
            args[n++] = leading[i];
        for (int i = first; i < argc; i++)
            args[n++] = argv[i];
        execv(path.data, args);
        error = errno;
    }
    diag_error("ruff", "cannot start %s: %s; is it installed beside ruff?", wanted,
               strerror(error));
    strbuf_done(&path);
    free(args);
    return RUFF_IO_ERROR;
}

static int command_bench(int argc, char **argv)
{
    return become("ruffbench", NULL, 0, argc, argv, 1);
}

static int command_profile(int argc, char **argv)
{
    char record[] = "record", report[] = "--report";
    char *const leading[] = {record, report};

    return become("ruffprof", leading, 2, argc, argv, 1);
}

/*
 * RUFFPROF="cpu,mem -o x.rprof" profiles a run without the wrapper: the first word says what
 * to record, the rest are options of `ruffprof record`.
 */
#define PROFILE_WORDS 64

static int run_profiled(const char *wish, int argc, char **argv, int first)
{
    char *text = strdup(wish), *save = NULL, *words[PROFILE_WORDS];
    char record[] = "record", cpu[] = "--cpu", mem[] = "--mem";
    int n = 0, code;

    if (text == NULL)
        return RUFF_INTERNAL_ERROR;
    words[n++] = record;
    for (char *w = strtok_r(text, " \t", &save); w != NULL && n < PROFILE_WORDS - 2;
         w = strtok_r(NULL, " \t", &save)) {
        bool kinds = n == 1 && w[0] != '-';

        if (kinds && strstr(w, "cpu") != NULL)
            words[n++] = cpu;
        if (kinds && strstr(w, "mem") != NULL)
            words[n++] = mem;
        if (kinds && n == 1) {
            diag_error("ruff",
                       "RUFFPROF=%s is not understood: try RUFFPROF=cpu or "
                       "RUFFPROF=\"cpu,mem -o x.rprof\"",
                       wish);
            free(text);
            return RUFF_BAD_USAGE;
        }
        if (!kinds)
            words[n++] = w;
    }
    unsetenv("RUFFPROF");
    code = become("ruffprof", words, n, argc, argv, first);
    free(text);
    return code;
}

static int run_command(int argc, char **argv)
{
    const char *names[COMMAND_COUNT], *wish = getenv("RUFFPROF");
    bool runs;

    if (argc < 2) {
        diag_error("ruff", "nothing to do: give a FILE, or try ruff --help");
        return RUFF_BAD_USAGE;
    }
    if (manual_answer(&PROGRAM, argv[1]))
        return 0;
    runs = strcmp(argv[1], "run") == 0;
    if (wish != NULL && wish[0] != '\0' && runs)
        return run_profiled(wish, argc, argv, 2);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        names[i] = COMMANDS[i].name;
        if (strcmp(argv[1], COMMANDS[i].name) == 0)
            return RUN[i](argc - 1, argv + 1);
    }
    /* `ruff FILE` and `ruff --option FILE` are `ruff run ...`. A bare word that is neither a
       command nor a file is most likely a misspelt command. */
    if (argv[1][0] != '-' && strpbrk(argv[1], "./") == NULL &&
        access(argv[1], F_OK) != 0) {
        options_unknown_command("ruff", argv[1], names, COMMAND_COUNT);
        return RUFF_BAD_USAGE;
    }
    if (wish != NULL && wish[0] != '\0')
        return run_profiled(wish, argc, argv, 1);
    return command_run(argc, argv);
}

int main(int argc, char **argv)
{
    diag_start();
    return diag_finish("ruff", run_command(argc, argv));
}
