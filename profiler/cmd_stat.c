/*
 * ruffprof stat: counts events while a program runs, once or several times. The program's
 * streams and exit code pass through; the table goes to stderr.
 */
#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ruff.h>

#include "commands.h"
#include "events.h"
#include "script.h"
#include "trigger.h"

#include "base/diag.h"
#include "base/options.h"
#include "base/os_linux.h"

#define EVENTS_MAX  32u
#define INPUT_MAX   ((size_t)1 << 30)
#define DEFAULT_SET "task-clock,cycles,instructions,branches,branch-misses,page-faults"

enum {
    STAT_EVENT,
    STAT_REPEAT,
    STAT_MODE,
    STAT_INTERPRETER,
    STAT_MAX_MEMORY
};

static const struct option_spec SPECS[] = {
    {STAT_EVENT, 'e', "event", OPTION_VALUE, "EVENT[,EVENT...]",
     "What to count (default " DEFAULT_SET "; names of ruffprof list)."},
    {STAT_REPEAT, 'r', "repeat", OPTION_VALUE, "N",
     "Run N times in fresh globals; output of the repeats is discarded."},
    {STAT_MODE, 0, "mode", OPTION_VALUE, "MODE", "Engine: interp, vm or jit."},
    {STAT_INTERPRETER, 0, "interpreter", OPTION_FLAG, NULL, "Short for --mode=interp."},
    {STAT_MAX_MEMORY, 0, "max-memory", OPTION_VALUE, "SIZE",
     "Bytes the script's values may use."},
};

static const struct options_command COMMAND = {
    .program = "ruffprof",
    .name = "stat",
    .usage = "stat [-e EVENT,...] [-r N] FILE [ARG...]",
    .summary = "Counts events while a program runs.",
    .specs = SPECS,
    .spec_count = sizeof SPECS / sizeof SPECS[0],
    .details =
        "Columns: mean per run, event, and with -r the standard deviation in percent.\n"
        "What this machine cannot count is named with its cause.\n\n"
        "Examples:\n  ruffprof stat fib_recursive.ruff\n"
        "  ruffprof stat -r 20 -e instructions,branch-misses fib_recursive.ruff\n",
    .stop_at_operand = true,
};

struct counter {
    struct trigger_event event;
    int fd;            /* -1: cannot be counted */
    const char *cause; /* why not */
    uint64_t before;
    double sum, squares; /* over runs */
};

struct stat_run {
    struct ruff_config runtime;
    struct os_file input; /* replayed standard input */
    uint64_t runs;
    struct counter counters[EVENTS_MAX];
    size_t count;
    /* What the runtime counts itself, in the same form. */
    struct counter wall, allocations, bytes;
};

/* ---- options -------------------------------------------------------------------------- */

/* Adds one event. Only names nobody knows are an error: what cannot be counted is shown. */
static bool add_event(struct options *o, struct stat_run *st, const char *name)
{
    struct counter *c = &st->counters[st->count];
    char fallback[256];
    struct event_error error;

    if (st->count == EVENTS_MAX)
        return options_error(o, "more than %u events: count them in several runs",
                             EVENTS_MAX);
    *c = (struct counter){.fd = -1};
    if (!event_find(name, NULL, &c->event, fallback, sizeof fallback, &error)) {
        if (strstr(error.text, "is unknown") != NULL)
            return options_error(o, "%s", error.text);
        snprintf(c->event.name, sizeof c->event.name, "%s", name);
        c->cause = "this machine cannot count it, see ruffprof list";
    }
    st->count++;
    return true;
}

static bool take_events(struct options *o, struct stat_run *st, const char *names)
{
    char *text = strdup(names), *save = NULL;
    bool ok = text != NULL;

    st->count = 0;
    for (char *name = ok ? strtok_r(text, ",", &save) : NULL; ok && name != NULL;
         name = strtok_r(NULL, ",", &save))
        ok = add_event(o, st, name);
    free(text);
    return ok;
}

static bool take_option(struct options *o, int id, const char *value,
                        struct stat_run *st)
{
    switch (id) {
    case STAT_EVENT: return take_events(o, st, value);
    case STAT_REPEAT: return options_count(o, value, 1, UINT32_MAX, &st->runs);
    case STAT_MODE: return script_mode(o, value, &st->runtime);
    case STAT_INTERPRETER: return script_mode(o, "interp", &st->runtime);
    case STAT_MAX_MEMORY: return options_size(o, value, &st->runtime.max_memory);
    default: return true;
    }
}

/* ---- counting ------------------------------------------------------------------------------ */

static void add_value(struct counter *c, uint64_t value)
{
    c->sum += (double)value;
    c->squares += (double)value * (double)value;
}

static uint64_t read_counter(const struct counter *c)
{
    uint64_t value = 0;

    return trigger_os_linux.read_count(c->fd, &value) == 0 ? value : 0;
}

static void count_run(struct stat_run *st, struct ruff *r, struct ruff_program *program,
                      const struct ruff_run_options *options,
                      struct ruff_result *result)
{
    struct ruff_stats before, after;
    uint64_t started;

    ruff_stats(r, &before);
    for (size_t i = 0; i < st->count; i++)
        if (st->counters[i].fd >= 0)
            st->counters[i].before = read_counter(&st->counters[i]);
    started = os_monotonic_ns();
    for (size_t i = 0; i < st->count; i++)
        if (st->counters[i].fd >= 0)
            trigger_os_linux.enable(st->counters[i].fd, true);
    ruff_run(r, program, options, result);
    for (size_t i = 0; i < st->count; i++)
        if (st->counters[i].fd >= 0)
            trigger_os_linux.enable(st->counters[i].fd, false);
    add_value(&st->wall, os_monotonic_ns() - started);
    for (size_t i = 0; i < st->count; i++)
        if (st->counters[i].fd >= 0)
            add_value(&st->counters[i],
                      read_counter(&st->counters[i]) - st->counters[i].before);
    ruff_stats(r, &after);
    add_value(&st->allocations, after.allocations - before.allocations);
    add_value(&st->bytes, after.allocated_bytes - before.allocated_bytes);
}

/* ---- the table -------------------------------------------------------------------------------- */

static void print_counter(const struct counter *c, const char *name, bool is_time,
                          uint64_t runs)
{
    double n = (double)runs, mean = c->sum / n, variance;

    if (c->cause != NULL) {
        fprintf(stderr, "%18s  %-24s %s\n", "-", name, c->cause);
        return;
    }
    if (is_time)
        fprintf(stderr, "%15.3f ms  %-24s", mean / 1e6, name);
    else
        fprintf(stderr, "%18.0f  %-24s", mean, name);
    if (runs > 1 && mean > 0) {
        variance = (c->squares - c->sum * mean) / (n - 1);
        fprintf(stderr, " ± %.2f %%", 100 * sqrt(variance > 0 ? variance : 0) / mean);
    }
    fputc('\n', stderr);
}

static void print_table(const struct stat_run *st, const char *script, uint64_t runs)
{
    fprintf(stderr, "\n%s, mode %s, %" PRIu64 " run%s\n\n", script,
            ruff_mode_name(st->runtime.mode), runs, runs == 1 ? "" : "s");
    for (size_t i = 0; i < st->count; i++)
        print_counter(&st->counters[i], st->counters[i].event.name,
                      st->counters[i].event.is_clock, runs);
    print_counter(&st->allocations, "allocations", false, runs);
    print_counter(&st->bytes, "bytes allocated", false, runs);
    print_counter(&st->wall, "wall time", true, runs);
}

/* ---- the command --------------------------------------------------------------------------------- */

static int count_program(struct stat_run *st, const char *script, bool quiet)
{
    struct ruff *r = ruff_new(&st->runtime);
    struct ruff_program *program = NULL;
    struct ruff_run_options options = {.discard_output = false};
    enum ruff_status status;
    uint64_t runs = 0;
    int code = 0;

    if (r == NULL)
        return RUFF_INTERNAL_ERROR;
    status = script_load(r, script, "counting", &program);
    if (status != RUFF_OK) {
        ruff_free(r);
        return status == RUFF_NO_MEMORY ? RUFF_INTERNAL_ERROR : (int)status;
    }
    for (size_t i = 0; i < st->count; i++)
        if (st->counters[i].cause == NULL)
            st->counters[i].fd = event_open_counter(&st->counters[i].event, true,
                                                    &st->counters[i].cause);
    do {
        struct ruff_result result;
        bool ended;

        count_run(st, r, program, &options, &result);
        if (runs++ == 0)
            code = result.exit_code;
        ended = result.status != RUFF_OK;
        ruff_result_done(&result);
        if (ended)
            break;
        options.discard_output = true;
        options.quiet_errors = true;
    } while (runs < st->runs);
    for (size_t i = 0; i < st->count; i++)
        if (st->counters[i].fd >= 0)
            trigger_os_linux.close(st->counters[i].fd);
    ruff_program_free(program);
    ruff_free(r);
    if (!quiet)
        print_table(st, script, runs);
    return code;
}

int cmd_stat(int argc, char **argv)
{
    struct options o;
    struct stat_run st = {.runs = 1};
    enum options_event event = OPTIONS_END;
    const char *value;
    bool ok;
    int id, code;

    ruff_config_init(&st.runtime);
    if (!options_init(&o, &COMMAND, argc, argv))
        return RUFF_INTERNAL_ERROR;
    ok = take_events(&o, &st, DEFAULT_SET);
    while (ok && (event = options_next(&o, &id, &value)) == OPTIONS_OPTION)
        ok = take_option(&o, id, value, &st);
    if (ok && event == OPTIONS_END && o.operand_count == 0)
        ok = options_error(&o, "no FILE given: try ruffprof stat FILE");
    if (!ok || event == OPTIONS_EXIT) {
        code = o.exit_code;
        options_done(&o);
        return code;
    }
    st.runtime.argc = o.operand_count - 1;
    st.runtime.argv = o.operands + 1;
    st.runtime.color = diag_use_color(o.color, stderr);
    if (st.runs > 1 && strcmp(o.operands[0], "-") != 0 && !isatty(STDIN_FILENO) &&
        os_read_fd(STDIN_FILENO, INPUT_MAX, &st.input) == 0) {
        st.runtime.input = st.input.data;
        st.runtime.input_len = st.input.len;
    }
    code = count_program(&st, o.operands[0], o.quiet);
    os_file_done(&st.input);
    options_done(&o);
    return code;
}
