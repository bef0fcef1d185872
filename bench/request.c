#include "config.h"

#include "request.h"

#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "textbuf.h"

#include "base/os_linux.h"
#include "base/prng.h"

enum option_id {
    OPT_ITERATIONS,
    OPT_WARMUP,
    OPT_MODE,
    OPT_PROCESSES,
    OPT_QUICK,
    OPT_RIGOROUS,
    OPT_TIME,
    OPT_PRECISION,
    OPT_FILTER,
    OPT_TIMEOUT,
    OPT_MAX_MEMORY,
    OPT_SEED,
    OPT_PIN,
    OPT_OPS,
    OPT_INPUT,
    OPT_PROFILE,
    OPT_OUTPUT,
    OPT_JSON,
    OPT_CSV,
    OPT_MARKDOWN,
    OPT_COUNTERS,
    OPT_SAVE,
    OPT_BASELINE,
    OPT_AGAINST,
    OPT_THRESHOLD,
    OPT_GATE,
    OPT_DB,
    OPT_SELF_TEST,
    OPT_HTML,
    OPT_EXPORT
};

/* Rows without a help text are part of the contract but not of this version: asking for
 * them is answered by one line, see refuse(). */
static const struct option_spec SPECS[] = {
    {OPT_ITERATIONS, 'i', "iterations", OPTION_VALUE, "N",
     "Timed samples per process. Default: as many as fit into the time budget."},
    {OPT_WARMUP, 'w', "warmup", OPTION_VALUE, "N",
     "Untimed iterations first, beside the very first. Default: until steady, 2 at "
     "least."},
    {OPT_MODE, '\0', "mode", OPTION_VALUE, "MODE[,MODE...]",
     "Engines to measure: interp, vm, jit. Default: all built in."},
    {OPT_PROCESSES, '\0', "processes", OPTION_VALUE, "N",
     "Fresh processes per benchmark and mode. Default 10; fewer than 5 give no "
     "interval."},
    {OPT_QUICK, '\0', "quick", OPTION_FLAG, NULL, "5 processes, 1 s per cell."},
    {OPT_RIGOROUS, '\0', "rigorous", OPTION_FLAG, NULL, "30 processes, 30 s per cell."},
    {OPT_TIME, '\0', "time", OPTION_VALUE, "SEC",
     "Time budget per benchmark and mode, all processes together. Default 3."},
    {OPT_PRECISION, '\0', "precision", OPTION_VALUE, "PCT",
     "Add processes, up to three times as many, until half the interval is below PCT "
     "per cent of the median."},
    {OPT_FILTER, '\0', "filter", OPTION_VALUE, "REGEX",
     "Only benchmarks whose name matches."},
    {OPT_TIMEOUT, '\0', "timeout", OPTION_VALUE, "SEC",
     "Longest time one iteration may take; a process silent for longer is killed. "
     "Default 60."},
    {OPT_MAX_MEMORY, '\0', "max-memory", OPTION_VALUE, "SIZE",
     "Bytes a program's values may take. Default: a quarter of this machine's memory."},
    {OPT_SEED, '\0', "seed", OPTION_VALUE, "N",
     "Seed of order, hashes and resampling. Default: random, printed."},
    {OPT_PIN, '\0', "pin", OPTION_VALUE, "CPU", "Run the processes on this CPU only."},
    {OPT_OPS, '\0', "ops", OPTION_FLAG, NULL,
     "Count operations instead of measuring time: deterministic, one process."},
    {OPT_INPUT, '\0', "input", OPTION_VALUE, "FILE",
     "Standard input of the programs, the same in every iteration. Default: empty."},
    {OPT_PROFILE, '\0', "profile", OPTION_VALUE, "KIND[,KIND]",
     "After the timed pass, a profiled one: cpu, mem. Writes flame graphs."},
    {OPT_OUTPUT, 'o', "output", OPTION_VALUE, "DIR",
     "Folder of the flame graphs SUITE-NAME[.FUNC].MODE.cpu.svg and .mem.svg. Default "
     "ruffbench-out."},
    {OPT_JSON, '\0', "json", OPTION_VALUE, "FILE",
     "Write everything, raw samples included, as JSON; - is stdout, without the tables."},
    {OPT_CSV, '\0', "csv", OPTION_VALUE, "FILE",
     "Write one row per benchmark and mode as CSV."},
    {OPT_MARKDOWN, '\0', "markdown", OPTION_VALUE, "FILE",
     "Write the comparison table as Markdown."},
    {OPT_EXPORT, '\0', "export", OPTION_VALUE, "FORMAT=FILE",
     "Write for another tool: go (benchstat), bmf (Bencher), hyperfine."},
    {OPT_COUNTERS, '\0', "counters", OPTION_OPTIONAL, "EVENT,...", NULL},
    {OPT_SAVE, '\0', "save", OPTION_VALUE, "NAME", NULL},
    {OPT_BASELINE, '\0', "baseline", OPTION_VALUE, "NAME", NULL},
    {OPT_AGAINST, '\0', "against", OPTION_VALUE, "RUFF", NULL},
    {OPT_THRESHOLD, '\0', "threshold", OPTION_VALUE, "PCT", NULL},
    {OPT_GATE, '\0', "fail-on-regression", OPTION_FLAG, NULL, NULL},
    {OPT_DB, '\0', "db", OPTION_VALUE, "FILE", NULL},
    {OPT_SELF_TEST, '\0', "self-test", OPTION_FLAG, NULL, NULL},
    {OPT_HTML, '\0', "html", OPTION_VALUE, "DIR", NULL},
};

static const char DETAILS[] =
    "PATH is a .ruff file or a folder of them; a name without '/' is also looked up in "
    "the suites.\nWithout PATH the suite micro is measured. If a file defines functions "
    "bench_NAME() without\nparameters, each is a benchmark and the top level its untimed "
    "set-up.\n"
    "\n"
    "Columns\n"
    "  mean median min max stddev   of the per-process medians: CPU time per iteration\n"
    "  95 % interval   of the median, by resampling processes\n"
    "  samples         processes × timed samples each; short iterations are batched to "
    "1 ms\n"
    "  out             samples outside Tukey's fences; counted, never dropped\n"
    "  warm-up         flat; warm-up; slowdown; unsteady (still changing at the end);\n"
    "                  mixed (processes disagree); – (too few samples)\n"
    "  allocs bytes    allocated by one iteration\n"
    "  Speedup         first engine's median divided by the last one's; ~ marks an "
    "interval around 1\n"
    "\n"
    "Examples\n"
    "  ruffbench                                   suite micro, all engines\n"
    "  ruffbench --profile cpu,mem suites/micro    and a flame graph of each\n"
    "  ruffbench -i 20 -w 3 --mode=vm fib_recursive --json out.json\n"
    "\n"
    "Exit codes: 0 all ran; 2 usage; 3 a benchmark failed or the modes disagree; 5 I/O.\n";

static const struct options_command COMMAND = {
    .program = COMMAND_PROGRAM,
    .usage = "[OPTION...] [PATH...]\nlist [PATH...]\ndoctor",
    .summary = "Measures Ruff programs in every engine, in fresh processes and random "
               "order.",
    .specs = SPECS,
    .spec_count = sizeof SPECS / sizeof *SPECS,
    .details = DETAILS,
};

struct parsing {
    struct options options;
    struct request *request;
    uint64_t processes; /* 0 = not given */
    double time_s;      /* 0 = not given */
    bool is_rigorous;
    bool has_seed;
};

static void set_defaults(struct request *out);
static bool handle_option(struct parsing *parsing, int id, const char *value);
static bool refuse(struct parsing *parsing, int id);
static bool add_file(struct parsing *parsing, const char *format, const char *path);
static bool add_export(struct parsing *parsing, const char *value);
static bool parse_modes(struct parsing *parsing, const char *value);
static bool parse_profiles(struct parsing *parsing, const char *value);
static bool parse_seconds(struct parsing *parsing, const char *value, double *out);
static bool parse_cpu(struct parsing *parsing, const char *value);
static size_t next_word(const char **rest, char *word, size_t size);
static void settle(struct parsing *parsing);
static uint64_t quarter_of_memory(void);
static void add_all_modes(struct request *request);

bool request_parse(struct request *out, int argc, char **argv, int *exit_code)
{
    struct parsing parsing = {.request = out};
    set_defaults(out);
    if (!options_init(&parsing.options, &COMMAND, argc, argv)) {
        *exit_code = COMMAND_INTERNAL;
        return false;
    }
    int id;
    const char *value;
    bool ok = true;
    enum options_event event;
    while ((event = options_next(&parsing.options, &id, &value)) == OPTIONS_OPTION &&
           ok) {
        ok = handle_option(&parsing, id, value);
    }
    if (!ok || event == OPTIONS_EXIT) {
        *exit_code = parsing.options.exit_code;
        options_done(&parsing.options);
        return false;
    }
    settle(&parsing);
    options_done(&parsing.options);
    return true;
}

static void set_defaults(struct request *out)
{
    *out = (struct request){
        .folder = REQUEST_FOLDER,
        .settings = {.timeout_s = REQUEST_TIMEOUT_SECONDS,
                     .pin_cpu = -1,
                     .resamples = BOOTSTRAP_RESAMPLES},
    };
}

static bool handle_option(struct parsing *parsing, int id, const char *value)
{
    struct options *options = &parsing->options;
    struct request *request = parsing->request;
    struct results_settings *settings = &request->settings;
    uint64_t count = 0;
    bool ok = true;
    switch ((enum option_id)id) {
    case OPT_ITERATIONS:
        ok = options_count(options, value, 1, 100000, &count);
        settings->iterations = (size_t)count;
        return ok;
    case OPT_WARMUP:
        ok = options_count(options, value, 0, 100000, &count);
        settings->has_warmup = true;
        settings->warmup = (size_t)count;
        return ok;
    case OPT_MODE: return parse_modes(parsing, value);
    case OPT_PROCESSES:
        return options_count(options, value, 1, 1000, &parsing->processes);
    case OPT_QUICK: settings->is_quick = true; return true;
    case OPT_RIGOROUS: parsing->is_rigorous = true; return true;
    case OPT_TIME: return parse_seconds(parsing, value, &parsing->time_s);
    case OPT_PRECISION:
        return options_number(options, value, 0.01, 100.0, &settings->precision);
    case OPT_FILTER: request->filter = value; return true;
    case OPT_TIMEOUT: return parse_seconds(parsing, value, &settings->timeout_s);
    case OPT_MAX_MEMORY: return options_size(options, value, &settings->max_memory);
    case OPT_SEED:
        parsing->has_seed = true;
        return options_count(options, value, 0, UINT64_MAX, &settings->seed);
    case OPT_PIN: return parse_cpu(parsing, value);
    case OPT_OPS: settings->counts_ops = true; return true;
    case OPT_INPUT: request->input = value; return true;
    case OPT_PROFILE: return parse_profiles(parsing, value);
    case OPT_OUTPUT: request->folder = value; return true;
    case OPT_JSON: return add_file(parsing, "json", value);
    case OPT_CSV: return add_file(parsing, "csv", value);
    case OPT_MARKDOWN: return add_file(parsing, "markdown", value);
    case OPT_EXPORT: return add_export(parsing, value);
    case OPT_COUNTERS:
    case OPT_SAVE:
    case OPT_BASELINE:
    case OPT_AGAINST:
    case OPT_THRESHOLD:
    case OPT_GATE:
    case OPT_DB:
    case OPT_SELF_TEST:
    case OPT_HTML: return refuse(parsing, id);
    }
    return false;
}

/* An option that silently did nothing would be taken for a passed gate or a saved run. */
static bool refuse(struct parsing *parsing, int id)
{
    for (size_t i = 0; i < sizeof SPECS / sizeof *SPECS; i++) {
        if (SPECS[i].id == id) {
            return options_error(&parsing->options,
                                 "--%s is not part of version " RUFF_VERSION
                                 ": write --json files and compare those",
                                 SPECS[i].long_name);
        }
    }
    return false;
}

static bool add_file(struct parsing *parsing, const char *format, const char *path)
{
    struct request *request = parsing->request;
    if (path[0] == '\0') {
        return options_error(&parsing->options, "%s has no file name: give one",
                             format);
    }
    if (request->file_count == REQUEST_MAX_FILES) {
        return options_error(&parsing->options,
                             "more than %d result files: ask for fewer",
                             REQUEST_MAX_FILES);
    }
    request->files[request->file_count++] =
        (struct request_file){report_find(format), path};
    return true;
}

/* FORMAT=FILE with one of the formats that are no option of their own. */
static bool add_export(struct parsing *parsing, const char *value)
{
    const char *names[8];
    size_t count = 0;
    for (const struct report_format *format = report_formats(); format->name != NULL;
         format++) {
        if (format->option != NULL && strcmp(format->option, "export") == 0) {
            names[count++] = format->name;
        }
    }
    char name[32];
    size_t length = strcspn(value, "=");
    size_t index;
    textbuf_format(name, sizeof name, "%.*s", (int)length, value);
    if (!options_choice(&parsing->options, name, names, count, &index)) {
        return false;
    }
    return add_file(parsing, names[index],
                    value[length] == '=' ? value + length + 1 : "");
}

static bool parse_modes(struct parsing *parsing, const char *value)
{
    struct request *request = parsing->request;
    bool wanted[RESULTS_MODE_COUNT] = {false};
    char word[32];
    request->mode_count = 0;
    while (next_word(&value, word, sizeof word) > 0) {
        static const char *const NAMES[] = {"interp", "vm", "jit"};
        size_t index;
        if (!options_choice(&parsing->options, word, NAMES, RESULTS_MODE_COUNT,
                            &index)) {
            return false;
        }
        if (!ruff_mode_available((enum ruff_mode)index)) {
            return options_error(&parsing->options,
                                 "mode %s is not built in: use --mode=interp,vm", word);
        }
        wanted[index] = true;
    }
    /* Always from the simplest engine to the fastest, however they were named. */
    for (size_t i = 0; i < RESULTS_MODE_COUNT; i++) {
        if (wanted[i]) {
            request->modes[request->mode_count++] = (enum ruff_mode)i;
        }
    }
    return request->mode_count > 0 ||
           options_error(&parsing->options,
                         "--mode names no mode: give interp, vm or jit");
}

static bool parse_profiles(struct parsing *parsing, const char *value)
{
    static const char *const KINDS[] = {"cpu", "mem"};
    char word[32];
    while (next_word(&value, word, sizeof word) > 0) {
        size_t index;
        if (!options_choice(&parsing->options, word, KINDS, 2, &index)) {
            return false;
        }
        parsing->request->wants_cpu = parsing->request->wants_cpu || index == 0;
        parsing->request->wants_memory = parsing->request->wants_memory || index == 1;
    }
    return parsing->request->wants_cpu || parsing->request->wants_memory ||
           options_error(&parsing->options,
                         "--profile names nothing: give cpu, mem or both");
}

/* The next comma-separated word; one that is too long is cut, which no known word
 * survives. 0 at the end. */
static size_t next_word(const char **rest, char *word, size_t size)
{
    *rest += strspn(*rest, ", ");
    size_t length = strcspn(*rest, ",");
    textbuf_format(word, size, "%.*s", (int)length, *rest);
    *rest += length;
    return length;
}

static bool parse_seconds(struct parsing *parsing, const char *value, double *out)
{
    uint64_t ns;
    if (!options_duration(&parsing->options, value, &ns)) {
        return false;
    }
    if (ns == 0) {
        return options_error(&parsing->options,
                             "a time of 0 leaves no time: give seconds");
    }
    *out = (double)ns / 1e9;
    return true;
}

static bool parse_cpu(struct parsing *parsing, const char *value)
{
    uint64_t cpu;
    cpu_set_t allowed;
    if (!options_count(&parsing->options, value, 0, CPU_SETSIZE - 1, &cpu)) {
        return false;
    }
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 &&
        !CPU_ISSET((size_t)cpu, &allowed)) {
        return options_error(&parsing->options,
                             "CPU %s cannot be used here: choose one that nproc counts",
                             value);
    }
    parsing->request->settings.pin_cpu = (int)cpu;
    return true;
}

/* What was not given follows from what was; --processes and --time win over presets. */
static void settle(struct parsing *parsing)
{
    struct request *request = parsing->request;
    struct results_settings *settings = &request->settings;
    bool is_rigorous = parsing->is_rigorous;
    bool is_quick = settings->is_quick && !is_rigorous;
    settings->is_quick = is_quick;
    settings->processes = is_rigorous ? REQUEST_PROCESSES_RIGOROUS
                          : is_quick  ? REQUEST_PROCESSES_QUICK
                                      : REQUEST_PROCESSES;
    settings->time_s = is_rigorous ? REQUEST_SECONDS_RIGOROUS
                       : is_quick  ? REQUEST_SECONDS_QUICK
                                   : REQUEST_SECONDS;
    settings->resamples = is_quick ? BOOTSTRAP_RESAMPLES_QUICK : BOOTSTRAP_RESAMPLES;
    if (parsing->processes > 0) {
        settings->processes = (size_t)parsing->processes;
    }
    if (parsing->time_s > 0.0) {
        settings->time_s = parsing->time_s;
    }
    if (settings->counts_ops) {
        /* Counts need no repetition: one process, the fewest iterations. */
        settings->processes = 1;
        settings->iterations = 1;
        settings->has_warmup = true;
        settings->warmup = 1;
    }
    if (settings->max_memory == 0) {
        settings->max_memory = quarter_of_memory();
    }
    if (request->mode_count == 0) {
        add_all_modes(request);
    }
    if (!parsing->has_seed) {
        /* Short enough to be typed again. */
        uint32_t seed = 1;
        (void)os_random_bytes(&seed, sizeof seed);
        settings->seed = seed;
    }
    request->quiet = parsing->options.quiet;
    request->verbose = parsing->options.verbose > 0;
    request->color = parsing->options.color;
    request->paths = parsing->options.operands;
    request->path_count = parsing->options.operand_count;
}

/* A benchmark that allocates without end must not take the machine with it. 0 when the
 * system does not tell. */
static uint64_t quarter_of_memory(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    return pages > 0 ? (uint64_t)pages / 4 * os_page_bytes() : 0;
}

static void add_all_modes(struct request *request)
{
    for (int mode = RUFF_MODE_INTERP; mode <= RUFF_MODE_JIT; mode++) {
        if (ruff_mode_available((enum ruff_mode)mode)) {
            request->modes[request->mode_count++] = (enum ruff_mode)mode;
        }
    }
}

bool request_parse_simple(struct request *out, const char *command, int argc,
                          char **argv, int *exit_code)
{
    bool is_list = strcmp(command, "list") == 0;
    static const struct option_spec FILTER[] = {
        {OPT_FILTER, '\0', "filter", OPTION_VALUE, "REGEX",
         "Only benchmarks whose name matches."},
    };
    const struct options_command simple = {
        .program = COMMAND_PROGRAM,
        .name = command,
        .usage = is_list ? "list [OPTION...] [PATH...]" : "doctor [OPTION...]",
        .summary = is_list ? "Lists the benchmarks that would be measured."
                           : "Says what about this machine and build disturbs timings.",
        .specs = FILTER,
        .spec_count = is_list ? 1 : 0,
    };
    struct parsing parsing = {.request = out};
    set_defaults(out);
    if (!options_init(&parsing.options, &simple, argc, argv)) {
        *exit_code = COMMAND_INTERNAL;
        return false;
    }
    int id;
    const char *value;
    enum options_event event;
    while ((event = options_next(&parsing.options, &id, &value)) == OPTIONS_OPTION) {
        out->filter = value;
    }
    if (event == OPTIONS_EXIT) {
        *exit_code = parsing.options.exit_code;
        options_done(&parsing.options);
        return false;
    }
    settle(&parsing);
    options_done(&parsing.options);
    return true;
}
