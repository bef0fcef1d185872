/* The order of one worker process: what to run, how long, in which engine.
 *
 * The harness turns it into the arguments of the hidden command `ruffbench --worker …`,
 * the worker reads it back. No globals; thread safe. */
#ifndef BENCH_JOB_H
#define BENCH_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ruff.h>

#define JOB_COMMAND "--worker"

enum job_pass {
    JOB_TIMED,
    JOB_PROFILE_CPU,
    JOB_PROFILE_MEMORY
};

struct job {
    enum job_pass pass;
    const char *path;
    const char *function; /* "" = the whole program */
    enum ruff_mode mode;
    uint64_t hash_seed;
    uint64_t max_memory; /* bytes of script values; 0 = no limit */
    size_t iterations;   /* timed samples; 0 = until the budget is used */
    bool has_warmup;
    size_t warmup;
    uint64_t budget_ns; /* of wall time for this process */
    bool counts_ops;    /* count operations: one iteration, its time is worthless */
    const char *input;  /* file replayed as standard input; "" = empty */
    const char *svg;    /* profiled passes: picture to write */
    const char *title;  /* of the picture */
};

/* Arguments of one worker: argv[0] is `program`. Owned strings; ends with NULL. */
#define JOB_ARGV_SIZE 20
struct job_argv {
    char *items[JOB_ARGV_SIZE];
};

/* false: no memory. */
bool job_argv_init(struct job_argv *argv, const char *program, const struct job *job);
void job_argv_done(struct job_argv *argv);

/* Reads the arguments back; strings are borrowed from argv. false: not made by
 * job_argv_init. */
bool job_parse(int argc, char **argv, struct job *out);

#endif
