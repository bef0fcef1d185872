/* Everything one run of the harness found: the model behind every report.
 *
 * A *cell* is one benchmark in one mode. Cells collect series as processes end; finishing
 * computes statistics, compares the modes' output and forms the speedups. Reports read
 * this and nothing else. Times are nanoseconds per iteration. Not thread safe; no
 * globals. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ruff.h>

#include "bootstrap.h"
#include "compare.h"
#include "environment.h"
#include "series.h"
#include "stats.h"
#include "suite.h"

#define RESULTS_MODE_COUNT 3 /* interp, vm, jit */
#define RESULTS_ERROR_SIZE 700

/* A picture of the profiled pass. */
struct results_profile {
    bool was_asked;
    bool ok;
    char *path; /* of the SVG; owned */
    uint64_t iterations;
    uint64_t samples; /* CPU samples, or allocations counted */
    uint64_t bytes;   /* allocated, memory only */
    uint64_t lost;
    char error[RESULTS_ERROR_SIZE];
};

enum results_state {
    RESULTS_NOT_RUN, /* interrupted before its first process ended */
    RESULTS_OK,
    RESULTS_FAILED
};

struct results_cell {
    const struct suite_benchmark *benchmark; /* borrowed from the suite */
    enum ruff_mode mode;
    enum results_state state;
    char error[RESULTS_ERROR_SIZE]; /* RESULTS_FAILED: one line */
    struct series *processes;       /* owned */
    size_t process_count;
    size_t process_capacity;
    /* set by results_finish for RESULTS_OK */
    struct stats_summary summary; /* of the per-process medians */
    struct stats_summary samples; /* of all timed samples, pooled */
    struct stats_summary wall;    /* of the per-process medians of wall time */
    struct stats_summary startup; /* of the first iterations */
    bool has_interval;
    struct bootstrap_interval interval; /* 95 %, of the median */
    struct stats_outliers outliers;     /* per process, summed */
    enum steady_class class;
    struct series_work work; /* medians */
    uint64_t interrupted;    /* samples with an involuntary switch */
    struct results_profile cpu;
    struct results_profile memory;
};

/* Speedups of one benchmark, or of all (geometric mean). `first` and `last` are the
 * slowest and fastest engine by design among those measured well. */
struct results_speedup {
    bool exists;
    enum ruff_mode base;
    enum ruff_mode best;
    struct compare_ratio ratio;
    size_t benchmarks; /* in a geometric mean */
};

struct results_settings {
    uint64_t seed;
    size_t processes;
    size_t iterations; /* per process; 0 = calibrated */
    bool has_warmup;
    size_t warmup;
    double time_s;    /* budget per cell */
    double precision; /* percent; 0 = none asked */
    double timeout_s;
    uint64_t max_memory; /* bytes of a program's values; 0 = no limit */
    int pin_cpu;         /* −1 = none */
    size_t resamples;
    bool is_quick;
    bool counts_ops;
};

struct results {
    const struct suite *suite; /* borrowed */
    struct results_settings settings;
    struct environment environment;
    enum ruff_mode modes[RESULTS_MODE_COUNT];
    size_t mode_count;
    struct results_cell *cells; /* owned; [benchmark · mode_count + mode] */
    size_t cell_count;
    uint64_t elapsed_ns; /* wall time of the whole run */
    bool was_interrupted;
    /* set by results_finish */
    struct results_speedup *speedups; /* owned; one per benchmark */
    struct results_speedup geometric;
    size_t ok_count;
    size_t failed_count;
    size_t not_run_count;
};

/* false: no memory. The suite must outlive the results. */
bool results_init(struct results *results, const struct suite *suite,
                  const enum ruff_mode *modes, size_t mode_count,
                  const struct results_settings *settings);
void results_done(struct results *results);

struct results_cell *results_cell(struct results *results, size_t benchmark,
                                  size_t mode);
const struct results_cell *results_cell_of(const struct results *results,
                                           size_t benchmark, size_t mode);

/* Takes the series of one more process. A cell that failed stays failed; output that
 * differs from the cell's first process fails it. false: no memory (the cell fails). */
bool results_add(struct results_cell *cell, struct series *series);

/* The first reason stays. */
void results_fail(struct results_cell *cell, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Statistics of every cell, the modes' outputs against each other, speedups, counts.
 * May be called again after more series were added. false: no memory. */
bool results_finish(struct results *results);

/* Half the interval's width in percent of the median; NAN without an interval. Needs the
 * cell's statistics (results_finish). */
double results_precision(const struct results_cell *cell);

/* "Interpreter", "VM", "JIT". */
const char *results_mode_title(enum ruff_mode mode);

#endif
