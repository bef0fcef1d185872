/* What one fresh process measured: the raw times of one benchmark in one mode.
 *
 * A series is filled by the worker (or from its message), then finished once, which
 * computes the process's median and its warm-up class. Raw values are kept: every
 * statistic can be recomputed from them. Times are nanoseconds per iteration, CPU time
 * of the process unless called wall. Not thread safe; no globals. */
#ifndef BENCH_SERIES_H
#define BENCH_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "steady.h"

/* Upper bound of values accepted in one phase; far above what a budget yields, so that a
 * broken worker cannot make the harness allocate without end. */
#define SERIES_MAX_COUNT 1000000u

/* A growing array of times. Private part: use series_times_add. */
struct series_times {
    double *values; /* owned */
    size_t count;
    size_t capacity;
};

/* Deterministic work of one iteration (notes/statistics.md, section 7). */
struct series_work {
    double allocations;
    double bytes;
    double ops; /* 0 when the engine does not count, or was not asked to */
};

/* Fingerprint of what one iteration printed. `head` holds the first bytes, so that a
 * difference can be shown; it may be cut inside a character. */
#define SERIES_HEAD_SIZE 512
struct series_output {
    uint64_t hash;
    uint64_t bytes;
    size_t head_length;
    char head[SERIES_HEAD_SIZE];
};

struct series {
    double startup_ns; /* first iteration of the process */
    double startup_wall_ns;
    struct series_times warmup;
    struct series_times samples;
    struct series_times wall; /* beside samples, same length */
    uint32_t batch;           /* iterations averaged in one sample */
    uint64_t interrupted;     /* samples with an involuntary context switch */
    struct series_work work;
    struct series_output output;
    /* set by series_finish */
    double median_ns;
    double median_wall_ns;
    enum steady_class class;
};

void series_init(struct series *series);
void series_done(struct series *series);

/* Moves the contents; *from is empty afterwards. */
void series_take(struct series *to, struct series *from);

/* false: SERIES_MAX_COUNT reached or no memory; nothing is added. */
bool series_times_add(struct series_times *times, double ns);
bool series_add_sample(struct series *series, double cpu_ns, double wall_ns);

/* Computes median and class from warm-up and samples. false: no sample, a time that is
 * not finite or negative, lengths that differ, or no memory. */
bool series_finish(struct series *series);

bool series_output_equal(const struct series_output *a, const struct series_output *b);

#endif
