#ifndef RUFFPROF_SHARES_H
#define RUFFPROF_SHARES_H

/*
 * How sure a share is: 95 % intervals of part/whole from the recording itself.
 *
 * The unit of evidence is the run when there are at least 10, else the iteration when
 * there are at least 10, else a slice: the recording cut into 30 pieces of equal CPU
 * time, resampled in circular blocks of 3, because neighbouring slices are alike. The
 * bootstrap's percentile interval (2 000 resamples, fixed seed) is widened for few units by
 * t(u−1)·√(u/(u−1))/1.96 around the estimate, and is never narrower than Wilson's interval
 * for the number of samples. Method and coverage: notes/statistics-of-shares.md.
 *
 * Folded text keeps no times: Wilson's interval alone. Exact counts (no sampling) have a sampling error only across runs or iterations; with
 * fewer than 10 of those the share is exact for this recording and has no interval.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"

#define SHARES_MIN_UNITS   10
#define SHARES_SLICES      30
#define SHARES_MIN_SAMPLES 10
/* More units than this are joined with their neighbours: the interval does not change and
 * the work stays bounded. */
#define SHARES_MAX_UNITS   256

enum shares_unit {
    SHARES_RUNS,
    SHARES_ITERATIONS,
    SHARES_SLICED,
    SHARES_EXACT,
    SHARES_COUNTS,
};

struct share {
    double value;     /* 0 … 1 */
    double low, high; /* equal to value when exact */
    bool few;         /* fewer than 10 samples: low and high say little ("n<10") */
    bool exact;
};

/* The units of a view and their totals. */
struct shares {
    enum shares_unit unit;
    uint32_t units;      /* after joining */
    uint32_t unit_count; /* runs, iterations or slices before joining */
    uint16_t *unit_of;   /* per view item; owned */
    double *whole;       /* per unit: sum of the items' values; owned */
};

/* Wilson's 95 % interval for `share` of `n` independent samples; [0, 1] when n is 0. */
void shares_wilson(double share, double n, double *low, double *high);

/* Two-sided 95 % point of Student's t. */
double shares_t95(unsigned degrees);

/* False when memory is short. */
bool shares_init(struct shares *shares, const struct view *view);
void shares_done(struct shares *shares);

/*
 * The intervals of `count` rows at once. `parts[r * units + u]` is row r's value in unit
 * u; `samples[r]` its number of samples; `effective` and `total` those of the view.
 * False when memory is short.
 */
bool shares_estimate(const struct shares *shares, const struct view *view,
                     const double *parts, const uint64_t *samples, size_t count,
                     struct share *out);

/* "30 slices of CPU time; precision of this recording, other runs may differ". */
void shares_describe(const struct shares *shares, struct strbuf *out);
/* The share and its interval as the two columns of a text report, 22 wide. */
void share_append(const struct share *share, struct strbuf *out);

#endif
