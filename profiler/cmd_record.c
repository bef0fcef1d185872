/*
 * ruffprof record: runs a program under a session. The program's streams and exit code pass
 * through; what we have to say goes to stderr at the end.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <ruffprof_session.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ruff.h>

#include "commands.h"
#include "script.h"

#include "base/diag.h"
#include "base/options.h"
#include "base/os_linux.h"
#include "base/strbuf.h"

#define REPEAT_DEFAULT_NS UINT64_C(1000000000)
#define FEW_SAMPLES       100
#define INPUT_MAX         ((size_t)1 << 30)

enum {
    RECORD_OUTPUT,
    RECORD_FREQ,
    RECORD_COUNT,
    RECORD_EVENT,
    RECORD_CPU,
    RECORD_MEM,
    RECORD_WALL,
    RECORD_MODE,
    RECORD_INTERPRETER,
    RECORD_JIT,
    RECORD_NATIVE,
    RECORD_UNWIND,
    RECORD_STACK_SIZE,
    RECORD_NO_SOURCE,
    RECORD_DURATION,
    RECORD_REPEAT,
    RECORD_REPORT,
    RECORD_FLAMEGRAPH,
    RECORD_JITTER_EVERY,
    RECORD_MAX_MEMORY,
    RECORD_STRICT,
};

static const struct option_spec SPECS[] = {
    {RECORD_OUTPUT, 'o', "output", OPTION_VALUE, "FILE",
     "Profile to write (default SCRIPT.rprof here; an existing one becomes FILE.old)."},
    {RECORD_FREQ, 'F', "freq", OPTION_VALUE, "HZ", "Samples per second (default 997)."},
    {RECORD_COUNT, 'c', "count", OPTION_VALUE, "N",
     "A sample every N events (or nanoseconds of a clock) instead."},
    {RECORD_EVENT, 'e', "event", OPTION_VALUE, "EVENT[,EVENT...]",
     "What to count: auto (cycles, else the task clock) or a name of ruffprof list. The "
     "first samples, further ones are counted: see ruffprof info."},
    {RECORD_CPU, 0, "cpu", OPTION_FLAG, NULL, "Record where time goes (the default)."},
    {RECORD_MEM, 0, "mem", OPTION_OPTIONAL, "exact|SIZE",
     "Record allocations: one sample per SIZE bytes on average (default 512K), or every one."},
    {RECORD_WALL, 0, "wall", OPTION_FLAG, NULL,
     "Sample by wall time, sleeping included."},
    {RECORD_REPEAT, 0, "repeat", OPTION_OPTIONAL, "N|TIME",
     "Run the program again until N runs or TIME of CPU are recorded (default 1s). Output of "
     "the repeats is discarded, standard input is replayed."},
    {RECORD_DURATION, 0, "duration", OPTION_VALUE, "SEC",
     "Stop sampling after SEC; the program goes on."},
    {RECORD_MODE, 0, "mode", OPTION_VALUE, "MODE", "Engine: interp, vm or jit."},
    {RECORD_INTERPRETER, 0, "interpreter", OPTION_FLAG, NULL,
     "Short for --mode=interp."},
    {RECORD_JIT, 0, "jit", OPTION_FLAG, NULL, "Short for --mode=jit."},
    {RECORD_MAX_MEMORY, 0, "max-memory", OPTION_VALUE, "SIZE",
     "Bytes the script's values may use."},
    {RECORD_NATIVE, 0, "native", OPTION_FLAG, NULL,
     "Keep frames of the runtime and libc."},
    {RECORD_UNWIND, 0, "unwind", OPTION_VALUE, "auto|fast|libunwind",
     "How native frames are found."},
    {RECORD_STACK_SIZE, 0, "stack-size", OPTION_VALUE, "SIZE",
     "Stack copied with each sample for libunwind (default 16K)."},
    {RECORD_JITTER_EVERY, 0, "jitter-every", OPTION_VALUE, "N",
     "Draw a new random period at every Nth sample (default 1)."},
    {RECORD_NO_SOURCE, 0, "no-source", OPTION_FLAG, NULL,
     "Leave the script's text out of the profile."},
    {RECORD_REPORT, 0, "report", OPTION_FLAG, NULL, "Print the report at the end."},
    {RECORD_FLAMEGRAPH, 0, "flamegraph", OPTION_VALUE, "FILE.svg",
     "Draw the flame graph at the end."},
    {RECORD_STRICT, 0, "strict", OPTION_FLAG, NULL,
     "Exit with 5 when the profile could not be written completely."},
};

static const struct options_command COMMAND = {
    .program = "ruffprof",
    .name = "record",
    .usage = "record [OPTION...] FILE [ARG...]",
    .summary =
        "Runs a program and records where CPU time or memory goes. Streams and exit code "
        "of the program pass through.",
    .specs = SPECS,
    .spec_count = sizeof SPECS / sizeof SPECS[0],
    .details =
        "Examples:\n  ruffprof record fib_recursive.ruff\n  ruffprof record --repeat "
        "--mode=interp fib_recursive.ruff\n  ruffprof record --mem=exact -o m.rprof "
        "array_ops.ruff\n",
    .stop_at_operand = true,
};

struct record {
    struct ruff_config runtime;
    struct ruffprof_session_config session;
    const char *output;   /* as given, or NULL */
    char *default_output; /* owned */
    bool cpu, mem;
    bool repeat;
    uint64_t repeat_runs; /* 0: by CPU time */
    uint64_t repeat_ns;
    bool report, strict;
    const char *flamegraph;
    struct os_file input; /* replayed standard input */
};

/* ---- Ctrl-C -------------------------------------------------------------------------- */

/* The runtime a SIGINT or SIGTERM is to stop, and which came: a signal handler has no other
   way to them. Set before and cleared after the recording; see notes/globals.md. */
static struct ruff *volatile interrupted_runtime;
static volatile sig_atomic_t interrupted_by;

static void on_interrupt(int signal_number)
{
    if (interrupted_by != 0) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
        return;
    }
    interrupted_by = signal_number;
    if (interrupted_runtime != NULL)
        ruff_interrupt(interrupted_runtime);
}

static void catch_interrupts(struct ruff *r)
{
    static const int signals[] = {SIGINT, SIGTERM};
    struct sigaction action, old;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_interrupt;
    sigemptyset(&action.sa_mask);
    interrupted_runtime = r;
    interrupted_by = 0;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
}

/* ---- options ---------------------------------------------------------------------------- */

static bool take_mem(struct options *o, const char *value, struct record *rec)
{
    rec->mem = true;
    if (value == NULL)
        return true;
    if (strcmp(value, "exact") == 0) {
        rec->session.mem_mean_bytes = 0;
        return true;
    }
    if (!options_size(o, value, &rec->session.mem_mean_bytes))
        return false;
    if (rec->session.mem_mean_bytes == 0)
        return options_error(
            o, "--mem=0 is not a distance: use --mem=exact for every allocation");
    return true;
}

/* `--repeat=20` is runs, `--repeat=2s` is CPU time. */
static bool take_repeat(struct options *o, const char *value, struct record *rec)
{
    rec->repeat = true;
    rec->repeat_runs = 0;
    rec->repeat_ns = REPEAT_DEFAULT_NS;
    if (value == NULL)
        return true;
    if (value[0] != '\0' && strspn(value, "0123456789") == strlen(value))
        return options_count(o, value, 1, UINT32_MAX, &rec->repeat_runs);
    return options_duration(o, value, &rec->repeat_ns);
}

static bool take_number(struct options *o, const char *value, uint64_t low,
                        uint64_t high, uint32_t *out)
{
    uint64_t n;

    if (!options_count(o, value, low, high, &n))
        return false;
    *out = (uint32_t)n;
    return true;
}

static bool take_option(struct options *o, int id, const char *value,
                        struct record *rec)
{
    static const char *const UNWINDERS[] = {"auto", "fast", "libunwind"};
    uint64_t size;
    size_t index;

    switch (id) {
    case RECORD_OUTPUT:
        if (strcmp(value, "-") == 0)
            return options_error(o,
                                 "a recording cannot go to standard output, which is "
                                 "the program's: name a file with -o");
        rec->output = value;
        return true;
    case RECORD_FREQ: return take_number(o, value, 1, 10000, &rec->session.freq_hz);
    case RECORD_COUNT:
        return options_count(o, value, 1, UINT64_MAX / 4, &rec->session.count);
    case RECORD_EVENT: rec->session.event = value; return true;
    case RECORD_CPU: rec->cpu = true; return true;
    case RECORD_MEM: return take_mem(o, value, rec);
    case RECORD_WALL: rec->session.wall = true; return true;
    case RECORD_MODE: return script_mode(o, value, &rec->runtime);
    case RECORD_INTERPRETER: return script_mode(o, "interp", &rec->runtime);
    case RECORD_JIT: return script_mode(o, "jit", &rec->runtime);
    case RECORD_NATIVE: rec->session.native = true; return true;
    case RECORD_UNWIND:
        if (!options_choice(o, value, UNWINDERS, 3, &index))
            return false;
        rec->session.unwind = (enum ruffprof_unwind)index;
        return true;
    case RECORD_STACK_SIZE:
        if (!options_size(o, value, &size))
            return false;
        if (size < 1024 || size > (1u << 20))
            return options_error(o, "--stack-size must be between 1K and 1M");
        rec->session.stack_bytes = (uint32_t)size;
        return true;
    case RECORD_NO_SOURCE: rec->session.no_source = true; return true;
    case RECORD_DURATION: return options_duration(o, value, &rec->session.duration_ns);
    case RECORD_REPEAT: return take_repeat(o, value, rec);
    case RECORD_REPORT: rec->report = true; return true;
    case RECORD_FLAMEGRAPH: rec->flamegraph = value; return true;
    case RECORD_JITTER_EVERY:
        return take_number(o, value, 1, 1000000, &rec->session.jitter_every);
    case RECORD_MAX_MEMORY: return options_size(o, value, &rec->runtime.max_memory);
    case RECORD_STRICT: rec->strict = true; return true;
    default: return true;
    }
}

/* ---- files ---------------------------------------------------------------------------------- */

/* `dir/fib.ruff` is recorded into `fib.rprof` here. */
static char *output_for(const char *script)
{
    const char *slash = strrchr(script, '/'),
               *base = slash != NULL ? slash + 1 : script;
    size_t n = strlen(base);
    char *made = NULL;

    if (strcmp(script, "-") == 0) {
        base = "stdin";
        n = strlen(base);
    } else if (n > 5 && strcmp(base + n - 5, ".ruff") == 0) {
        n -= 5;
    }
    return asprintf(&made, "%.*s.rprof", (int)n, base) < 0 ? NULL : made;
}

/* Moves an existing file away, to FILE.old: `*old` is that name (the caller frees it), NULL when
   there was none. What is no regular file is no recording: a device or a pipe is written in
   place and a folder refused when it is opened. False, and said: the file cannot be kept. */
static bool keep_old(const char *path, char **old)
{
    struct stat sb;
    char *name = NULL;

    *old = NULL;
    if (stat(path, &sb) != 0 || !S_ISREG(sb.st_mode))
        return true;
    if (asprintf(&name, "%s.old", path) < 0)
        return false;
    if (rename(path, name) != 0) {
        int error = errno;

        diag_error(
            "ruffprof",
            "cannot keep %s as %s: %s (os error %d): choose another file with -o", path,
            name, strerror(error), error);
        free(name);
        return false;
    }
    *old = name;
    return true;
}

/* ---- running ---------------------------------------------------------------------------------- */

static bool repeat_again(const struct record *rec, const struct ruffprof_session *s,
                         uint64_t runs, uint64_t started_ns)
{
    if (!rec->repeat || interrupted_by != 0)
        return false;
    if (rec->repeat_runs != 0)
        return runs < rec->repeat_runs;
    if (rec->cpu)
        return ruffprof_session_cpu_ns(s) < rec->repeat_ns;
    return os_monotonic_ns() - started_ns < rec->repeat_ns;
}

/* Runs the program once or, with --repeat, until enough is recorded. */
static int run_program(struct record *rec, struct ruff *r, struct ruff_program *program,
                       struct ruffprof_session *s)
{
    struct ruff_run_options options = {.discard_output = false};
    uint64_t runs = 0, started = os_monotonic_ns();
    int code = 0;

    if (!ruffprof_session_start(s)) {
        diag_error("ruffprof", "the trigger stopped working: try --wall");
        return RUFF_INTERNAL_ERROR;
    }
    do {
        struct ruff_result result;

        ruffprof_session_run(s, true);
        ruff_run(r, program, &options, &result);
        ruffprof_session_run(s, false);
        if (runs == 0)
            code = result.exit_code;
        runs++;
        /* A run that failed or chose to end is not repeated: its time is not the program's. */
        if (result.status == RUFF_INTERRUPTED)
            diag_interrupted("ruffprof", interrupted_by, result.file, result.line,
                             result.column, "what was recorded is kept");
        if (result.status != RUFF_OK) {
            ruff_result_done(&result);
            break;
        }
        ruff_result_done(&result);
        options.discard_output = true;
        options.quiet_errors = true;
    } while (repeat_again(rec, s, runs, started));
    ruffprof_session_stop(s);
    if (interrupted_by != 0)
        code = 128 + interrupted_by;
    return code;
}

/* ---- what we say at the end ------------------------------------------------------------------- */

static const char *samples_noun(uint64_t count)
{
    return count == 1 ? "sample" : "samples";
}

/* The same words on stderr and in the file. */
static void append_took(struct strbuf *out, uint64_t cpu_ns)
{
    const double ns = (double)cpu_ns;

    strbuf_append_str(out, "the program took ");
    if (cpu_ns < 1000000)
        strbuf_append_format(out, "%.0f µs", ns / 1e3);
    else if (cpu_ns < 1000000000)
        strbuf_append_format(out, "%.1f ms", ns / 1e6);
    else
        strbuf_append_format(out, "%.2f s", ns / 1e9);
}

static void say_few(const struct record *rec, const struct ruffprof_summary *sum,
                    const char *script)
{
    struct strbuf took;

    if (!rec->cpu || sum->samples >= FEW_SAMPLES)
        return;
    strbuf_init(&took);
    append_took(&took, sum->cpu_ns);
    diag_error("ruffprof", "only %" PRIu64 " %s, because %s of CPU: %s %s",
               sum->samples, samples_noun(sum->samples), strbuf_str(&took),
               rec->repeat ? "record longer with  ruffprof record --repeat=5s"
                           : "type  ruffprof record --repeat",
               script);
    strbuf_done(&took);
}

static void append_memory(const struct record *rec, const struct ruffprof_summary *sum,
                          struct strbuf *out)
{
    const char *comma = rec->cpu ? ", " : "";

    if (rec->session.mem_mean_bytes != 0)
        strbuf_append_format(out, "%s%" PRIu64 " allocation samples", comma,
                             sum->alloc_samples);
    else
        strbuf_append_format(out, "%s%" PRIu64 " allocations of %.1f KiB", comma,
                             sum->alloc_samples, (double)sum->alloc_bytes / 1024);
}

static void say_summary(const struct record *rec, const struct ruffprof_summary *sum,
                        const char *script, const char *path)
{
    struct strbuf what;

    say_few(rec, sum, script);
    strbuf_init(&what);
    if (rec->cpu)
        strbuf_append_format(&what, "%" PRIu64 " %s, %" PRIu64 " lost, %.2f s of CPU",
                             sum->samples, samples_noun(sum->samples), sum->lost,
                             (double)sum->cpu_ns / 1e9);
    if (rec->mem)
        append_memory(rec, sum, &what);
    if (sum->runs > 1)
        strbuf_append_format(&what, " in %" PRIu64 " runs", sum->runs);
    if (sum->threads > 1)
        strbuf_append_format(&what, " on %" PRIu64 " threads", sum->threads);
    if (rec->cpu)
        strbuf_append_format(&what, " (%s by %s)", sum->event, sum->trigger);
    diag_error("ruffprof", "%s: %s", path, strbuf_str(&what));
    strbuf_done(&what);
    if (sum->fallback_reason[0] != '\0')
        fprintf(stderr, "ruffprof: fell back to %s by %s (%s)\n", sum->event,
                sum->trigger, sum->fallback_reason);
    if (sum->hottest[0].name[0] != '\0') {
        fputs("ruffprof: hottest:", stderr);
        for (size_t i = 0; i < 3 && sum->hottest[i].name[0] != '\0'; i++)
            fprintf(stderr, "%s %s %.1f %%", i == 0 ? "" : ",", sum->hottest[i].name,
                    sum->hottest[i].share * 100);
        fputc('\n', stderr);
    }
    if (sum->write_error[0] != '\0')
        diag_error("ruffprof", "%s is incomplete: %s; make room and record again", path,
                   sum->write_error);
    else
        diag_error("ruffprof", "see it with  ruffprof report %s", path);
}

static int show_results(const struct record *rec, const char *path)
{
    char *report[] = {(char *)(uintptr_t) "report", (char *)(uintptr_t)path, NULL};
    char *mem_report[] = {(char *)(uintptr_t) "report", (char *)(uintptr_t) "--mem",
                          (char *)(uintptr_t)path, NULL};
    int code = 0;

    if (rec->report)
        code = rec->cpu ? cmd_report(2, report) : cmd_report(3, mem_report);
    if (rec->flamegraph != NULL && code == 0) {
        char *graph[] = {(char *)(uintptr_t) "flamegraph",
                         (char *)(uintptr_t) "-o",
                         (char *)(uintptr_t)rec->flamegraph,
                         rec->cpu ? (char *)(uintptr_t)path
                                  : (char *)(uintptr_t) "--mem",
                         rec->cpu ? NULL : (char *)(uintptr_t)path,
                         NULL};

        code = cmd_flamegraph(rec->cpu ? 4 : 5, graph);
    }
    return code;
}

/* ---- the command --------------------------------------------------------------------------------- */

static char *join_command(int argc, char **argv)
{
    struct strbuf sb;
    char *text;

    strbuf_init(&sb);
    strbuf_append_str(&sb, "ruffprof");
    for (int i = 0; i < argc; i++) {
        bool quote = argv[i][0] == '\0' || strpbrk(argv[i], " \t\n'\"") != NULL;

        strbuf_append_str(&sb, quote ? " '" : " ");
        strbuf_append_str(&sb, argv[i]);
        if (quote)
            strbuf_append_str(&sb, "'");
    }
    text = sb.failed ? NULL : strndup(sb.data, sb.len);
    strbuf_done(&sb);
    return text;
}

/* Everything after the options; `quiet` silences the summary. */
static int record(struct record *rec, const char *script, bool quiet)
{
    struct ruff *r = ruff_new(&rec->runtime);
    struct ruff_program *program = NULL;
    struct ruffprof_session_error error;
    struct ruffprof_summary summary;
    struct ruffprof_session *s;
    enum ruff_status status;
    char text[64], *old;
    int code;

    if (r == NULL)
        return RUFF_INTERNAL_ERROR;
    status = script_load(r, script, "recording", &program);
    if (status != RUFF_OK) {
        ruff_free(r);
        return status == RUFF_NO_MEMORY ? RUFF_INTERNAL_ERROR : (int)status;
    }
    rec->session.cpu = rec->cpu;
    rec->session.mem = rec->mem;
    rec->session.mode = ruff_mode_name(rec->runtime.mode);
    rec->session.output = rec->output;
    if (!keep_old(rec->output, &old)) {
        ruff_program_free(program);
        ruff_free(r);
        return RUFF_IO_ERROR;
    }
    s = ruffprof_session_new(r, program, &rec->session, &error);
    if (s == NULL && old != NULL)
        rename(old, rec->output); /* nothing was recorded: as it was before */
    free(old);
    if (s == NULL) {
        diag_error("ruffprof", "%s", error.text);
        ruff_program_free(program);
        ruff_free(r);
        return error.status == RUFF_NO_MEMORY ? RUFF_INTERNAL_ERROR : (int)error.status;
    }
    catch_interrupts(r);
    code = run_program(rec, r, program, s);
    snprintf(text, sizeof text, "%d", code);
    ruffprof_session_fact(s, "exit_code", text);
    if (rec->cpu && ruffprof_session_samples(s) < FEW_SAMPLES) {
        struct strbuf took;

        strbuf_init(&took);
        append_took(&took, ruffprof_session_cpu_ns(s));
        ruffprof_session_fact(s, "empty_reason", strbuf_str(&took));
        strbuf_done(&took);
    }
    ruffprof_session_finish(s,
                            interrupted_by == SIGINT    ? RUFFPROF_ENDED_SIGINT
                            : interrupted_by == SIGTERM ? RUFFPROF_ENDED_SIGTERM
                                                        : RUFFPROF_ENDED,
                            &summary);
    interrupted_runtime = NULL;
    if (ruff_output_error(r) != 0 && ruff_output_error(r) != EPIPE)
        diag_output_lost("ruffprof", ruff_output_error(r));
    ruff_program_free(program);
    ruff_free(r);
    if (!quiet || summary.write_error[0] != '\0')
        say_summary(rec, &summary, script, rec->output);
    if (summary.write_error[0] != '\0' && rec->strict)
        return RUFF_IO_ERROR;
    show_results(rec, rec->output);
    return code;
}

int cmd_record(int argc, char **argv)
{
    struct options o;
    struct record rec = {.cpu = false};
    enum options_event event = OPTIONS_END;
    char *command = join_command(argc, argv);
    const char *value, *script;
    bool ok = true;
    int id, code;

    ruff_config_init(&rec.runtime);
    ruffprof_session_config_init(&rec.session);
    rec.session.command_line = command;
    if (!options_init(&o, &COMMAND, argc, argv))
        return RUFF_INTERNAL_ERROR;
    while (ok && (event = options_next(&o, &id, &value)) == OPTIONS_OPTION)
        ok = take_option(&o, id, value, &rec);
    if (ok && event == OPTIONS_END && o.operand_count == 0)
        ok = options_error(
            &o, "no FILE given: try ruffprof record FILE, or ruffprof record --help");
    if (!ok || event == OPTIONS_EXIT) {
        code = o.exit_code;
        options_done(&o);
        free(command);
        return code;
    }
    script = o.operands[0];
    rec.cpu = rec.cpu || !rec.mem;
    rec.runtime.argc = o.operand_count - 1;
    rec.runtime.argv = o.operands + 1;
    rec.runtime.color = diag_use_color(o.color, stderr);
    if (rec.output == NULL)
        rec.output = rec.default_output = output_for(script);
    if (rec.repeat && strcmp(script, "-") != 0 && !isatty(STDIN_FILENO) &&
        os_read_fd(STDIN_FILENO, INPUT_MAX, &rec.input) == 0) {
        rec.runtime.input = rec.input.data;
        rec.runtime.input_len = rec.input.len;
    }
    code = rec.output != NULL ? record(&rec, script, o.quiet) : RUFF_INTERNAL_ERROR;
    os_file_done(&rec.input);
    free(rec.default_output);
    options_done(&o);
    free(command);
    return code;
}
