#include "config.h"

#include "job.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Order of the hidden command's arguments. */
enum argument {
    ARG_PROGRAM,
    ARG_COMMAND,
    ARG_PASS,
    ARG_MODE,
    ARG_PATH,
    ARG_FUNCTION,
    ARG_HASH_SEED,
    ARG_MAX_MEMORY,
    ARG_ITERATIONS,
    ARG_WARMUP, /* "auto" or a number */
    ARG_BUDGET,
    ARG_OPS,
    ARG_INPUT,
    ARG_SVG,
    ARG_TITLE,
    ARG_COUNT
};
_Static_assert(ARG_COUNT < JOB_ARGV_SIZE, "the array ends with NULL");

static const char *const PASSES[] = {
    [JOB_TIMED] = "timed",
    [JOB_PROFILE_CPU] = "cpu",
    [JOB_PROFILE_MEMORY] = "mem",
};

static bool set_argument(struct job_argv *argv, enum argument index, const char *text);
static bool set_number(struct job_argv *argv, enum argument index, uint64_t number);
static bool parse_number(const char *text, uint64_t *out);
bool job_argv_init(struct job_argv *argv, const char *program, const struct job *job)
{
    *argv = (struct job_argv){{NULL}};
    bool ok = set_argument(argv, ARG_PROGRAM, program) &&
              set_argument(argv, ARG_COMMAND, JOB_COMMAND) &&
              set_argument(argv, ARG_PASS, PASSES[job->pass]) &&
              set_argument(argv, ARG_MODE, ruff_mode_name(job->mode)) &&
              set_argument(argv, ARG_PATH, job->path) &&
              set_argument(argv, ARG_FUNCTION, job->function) &&
              set_number(argv, ARG_HASH_SEED, job->hash_seed) &&
              set_number(argv, ARG_MAX_MEMORY, job->max_memory) &&
              set_number(argv, ARG_ITERATIONS, job->iterations) &&
              (job->has_warmup ? set_number(argv, ARG_WARMUP, job->warmup)
                               : set_argument(argv, ARG_WARMUP, "auto")) &&
              set_number(argv, ARG_BUDGET, job->budget_ns) &&
              set_number(argv, ARG_OPS, job->counts_ops) &&
              set_argument(argv, ARG_INPUT, job->input) &&
              set_argument(argv, ARG_SVG, job->svg) &&
              set_argument(argv, ARG_TITLE, job->title);
    if (!ok) {
        job_argv_done(argv);
    }
    return ok;
}

void job_argv_done(struct job_argv *argv)
{
    for (size_t i = 0; i < ARG_COUNT; i++) {
        free(argv->items[i]);
        argv->items[i] = NULL;
    }
}

static bool set_argument(struct job_argv *argv, enum argument index, const char *text)
{
    argv->items[index] = strdup(text);
    return argv->items[index] != NULL;
}

static bool set_number(struct job_argv *argv, enum argument index, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    return set_argument(argv, index, text);
}

bool job_parse(int argc, char **argv, struct job *out)
{
    if (argc != ARG_COUNT || strcmp(argv[ARG_COMMAND], JOB_COMMAND) != 0) {
        return false;
    }
    struct job job = {
        .path = argv[ARG_PATH],
        .function = argv[ARG_FUNCTION],
        .has_warmup = strcmp(argv[ARG_WARMUP], "auto") != 0,
        .input = argv[ARG_INPUT],
        .svg = argv[ARG_SVG],
        .title = argv[ARG_TITLE],
    };
    size_t pass = 0;
    while (pass < sizeof PASSES / sizeof *PASSES &&
           strcmp(argv[ARG_PASS], PASSES[pass]) != 0) {
        pass++;
    }
    uint64_t iterations;
    uint64_t warmup = 0;
    uint64_t ops;
    if (pass == sizeof PASSES / sizeof *PASSES ||
        !ruff_mode_parse(argv[ARG_MODE], &job.mode) ||
        !parse_number(argv[ARG_HASH_SEED], &job.hash_seed) ||
        !parse_number(argv[ARG_MAX_MEMORY], &job.max_memory) ||
        !parse_number(argv[ARG_ITERATIONS], &iterations) ||
        (job.has_warmup && !parse_number(argv[ARG_WARMUP], &warmup)) ||
        !parse_number(argv[ARG_BUDGET], &job.budget_ns) ||
        !parse_number(argv[ARG_OPS], &ops)) {
        return false;
    }
    job.pass = (enum job_pass)pass;
    job.iterations = (size_t)iterations;
    job.warmup = (size_t)warmup;
    job.counts_ops = ops != 0;
    *out = job;
    return true;
}

static bool parse_number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0') {
        return false;
    }
    *out = value;
    return true;
}
