/*
 * ruff run: one run of one program, its exit code, counters on request.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

enum {
    OPTION_STATS = COMMAND_OPTION_NEXT,
    OPTION_JIT_SYNC, /* from here on: options of the JIT */
    OPTION_JIT_THRESHOLD,
    OPTION_JIT_CODE_LIMIT,
    OPTION_PERF_MAP,
    OPTION_JITDUMP
};

static const struct option_spec SPECS[] = {
    COMMAND_ENGINE_OPTIONS,
    {OPTION_STATS, 0, "stats", OPTION_OPTIONAL, "json",
     "At exit, on stderr: time per phase, operations, allocations, copies, peak; as a table, "
     "or with --stats=json as one JSON object."},
    {OPTION_JIT_SYNC, 0, "jit-sync", OPTION_FLAG, NULL, NULL},
    {OPTION_JIT_THRESHOLD, 0, "jit-threshold", OPTION_VALUE, "N", NULL},
    {OPTION_JIT_CODE_LIMIT, 0, "jit-code-limit", OPTION_VALUE, "SIZE", NULL},
    {OPTION_PERF_MAP, 0, "perf-map", OPTION_FLAG, NULL, NULL},
    {OPTION_JITDUMP, 0, "jitdump", OPTION_OPTIONAL, "DIR", NULL},
};

static const struct options_command COMMAND = {
    .program = "ruff",
    .name = "run",
    .usage = "run [OPTION...] FILE [ARG...]\nFILE [ARG...]",
    .summary =
        "Runs a Ruff program. Everything after FILE belongs to the program. FILE - is "
        "standard input; a bare name that is not here is looked up in the suites.",
    .specs = SPECS,
    .spec_count = sizeof SPECS / sizeof SPECS[0],
    .details =
        "Exit code: that of the program (exit(n)), 0 after a normal end, 3 for a syntax "
        "error, 4 for an uncaught\nruntime error, 5 when FILE cannot be read.\n\n"
        "Examples:\n  ruff run fib_recursive.ruff\n  ruff --mode=interp --stats "
        "sort.ruff\n  ruff run --max-memory=64M parse.ruff data.json\n",
    .stop_at_operand = true,
};

struct row {
    const char *name;
    const char *unit;
    uint64_t value;
};

static void print_stats(const struct ruff *r, bool json)
{
    struct ruff_stats s;

    ruff_stats(r, &s);
    {
        const struct row rows[] = {
            {"parse", "ns", s.parse_ns},
            {"resolve", "ns", s.resolve_ns},
            {"compile", "ns", s.compile_ns},
            {"run", "ns", s.run_ns},
            {"operations", "", s.ops},
            {"functions_compiled", "", s.functions_compiled},
            {"inline_cache_hits", "", s.inline_cache_hits},
            {"inline_cache_misses", "", s.inline_cache_misses},
            {"allocations", "", s.allocations},
            {"frees", "", s.frees},
            {"allocated", "bytes", s.allocated_bytes},
            {"live", "bytes", s.live_bytes},
            {"peak", "bytes", s.peak_bytes},
            {"copies", "", s.copies},
            {"output", "bytes", s.output_bytes},
        };
        size_t n = sizeof rows / sizeof rows[0];

        if (json)
            fputc('{', stderr);
        for (size_t i = 0; i < n; i++) {
            const char *separator = rows[i].unit[0] != '\0' ? "_" : "";

            if (json)
                fprintf(stderr, "%s\"%s%s%s\":%" PRIu64, i == 0 ? "" : ",",
                        rows[i].name, separator, rows[i].unit, rows[i].value);
            else
                fprintf(stderr, "%20s %15" PRIu64 " %s\n", rows[i].name, rows[i].value,
                        rows[i].unit);
        }
        if (json)
            fputs("}\n", stderr);
    }
}

/* ---- Ctrl-C -------------------------------------------------------------------------- */

/* The runtime a SIGINT or SIGTERM is to stop, and which came: a signal handler has no other
   way to them (notes/globals.md). */
static struct ruff *volatile interrupted_run;
static volatile sig_atomic_t interrupted_run_by;

static void on_interrupt(int signal_number)
{
    if (interrupted_run_by != 0) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
        return;
    }
    interrupted_run_by = signal_number;
    if (interrupted_run != NULL)
        ruff_interrupt(interrupted_run);
}

/* What was printed must not be lost with the buffer it is in. A signal that the caller
   has told to be ignored stays so. */
static void catch_interrupts(struct ruff *r)
{
    static const int signals[] = {SIGINT, SIGTERM};
    struct sigaction action, old;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_interrupt;
    sigemptyset(&action.sa_mask);
    interrupted_run_by = 0;
    interrupted_run = r;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

/* Dies by the signal that ended the script, so that a shell loop around it ends, too. */
static void end_interrupted(const struct ruff_result *result)
{
    interrupted_run = NULL;
    if (interrupted_run_by == 0)
        return;
    if (result->status == RUFF_INTERRUPTED)
        diag_interrupted("ruff", interrupted_run_by, result->file, result->line,
                         result->column, "what it printed is complete");
    signal(interrupted_run_by, SIG_DFL);
    raise(interrupted_run_by);
}

/* The process is about to end, and the system takes its memory back at once: only builds that
   look for leaks do it piece by piece. */
static void free_all(struct ruff *r, struct ruff_program *program)
{
#if defined(RUFF_PLAIN_MALLOC) || defined(RUFF_HARD_TESTS)
    ruff_program_free(program);
    ruff_free(r);
#else
    (void)r;
    (void)program;
#endif
}

/* ---- the command --------------------------------------------------------------------- */

/* Known options, so that nobody looks for a misspelling. */
static bool refuse_jit(struct options *o, int id)
{
    size_t i = 0;

    while (SPECS[i].id != id)
        i++;
    return options_error(o, "--%s is for the JIT, which is not built in: leave it out",
                         SPECS[i].long_name);
}

int command_run(int argc, char **argv)
{
    struct options o;
    struct ruff_config config;
    struct ruff_program *program = NULL;
    struct ruff_result result;
    struct ruff *r;
    const char *value;
    enum options_event event = OPTIONS_END;
    enum ruff_status status;
    bool stats = false, stats_json = false, ok = true;
    int id, code;

    ruff_config_init(&config);
    if (!options_init(&o, &COMMAND, argc, argv))
        return RUFF_INTERNAL_ERROR;
    while (ok && (event = options_next(&o, &id, &value)) == OPTIONS_OPTION) {
        if (id == OPTION_STATS) {
            stats = true;
            stats_json = value != NULL && strcmp(value, "json") == 0;
            if (value != NULL && !stats_json)
                ok = options_error(
                    &o, "--stats=%s is unknown: use --stats or --stats=json", value);
        } else if (id >= OPTION_JIT_SYNC) {
            ok = refuse_jit(&o, id);
        } else {
            ok = command_engine_option(&o, id, value, &config);
        }
    }
    if (ok && event == OPTIONS_END && o.operand_count == 0)
        ok = options_error(&o, "no FILE given: try ruff run FILE, or ruff --help");
    if (!ok || event == OPTIONS_EXIT) {
        code = o.exit_code;
        options_done(&o);
        return code;
    }
    config.color = diag_use_color(o.color, stderr);
    config.count_ops = stats;
    config.argc = o.operand_count - 1;
    config.argv = o.operands + 1;
    r = command_runtime(&config);
    if (r == NULL) {
        options_done(&o);
        return RUFF_INTERNAL_ERROR;
    }
    status = command_load(r, o.operands[0], &program);
    code = command_exit_code(status);
    if (status == RUFF_OK) {
        int lost;

        catch_interrupts(r);
        ruff_run(r, program, NULL, &result);
        lost = ruff_output_error(r);
        if (lost != 0 && lost != EPIPE)
            diag_output_lost("ruff", lost);
        end_interrupted(&result);
        code = result.exit_code;
        ruff_result_done(&result);
    }
    if (stats && status == RUFF_OK)
        print_stats(r, stats_json);
    options_done(&o);
    free_all(r, program);
    return code;
}
