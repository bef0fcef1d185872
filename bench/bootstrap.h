/* Percentile bootstrap intervals, reproducible from a seed.
 *
 * The values resampled are always one number per process (notes/statistics.md,
 * sections 1, 3 and 4), never single iterations. The same values, seed and number of
 * resamples give the same interval to the last bit, on every machine.
 *
 * Not here: what an interval means for a verdict (compare.h). Thread safe. */
#ifndef BENCH_BOOTSTRAP_H
#define BENCH_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Below 5 values even [min, max] covers the median with less than 94 %: an interval
 * called "95 %" would be untrue. */
#define BOOTSTRAP_MIN_COUNT 5

/* An endpoint's Monte-Carlo error is about 0.5 % of the interval's width with 10 000
 * resamples and 0.8 % with 2 000. */
#define BOOTSTRAP_RESAMPLES       10000
#define BOOTSTRAP_RESAMPLES_QUICK 2000

struct bootstrap_interval {
    double low;
    double high;
};

/* Values of the two sides of one ratio; borrowed during the call. */
struct bootstrap_pair {
    const double *numerator;
    size_t numerator_count;
    const double *denominator;
    size_t denominator_count;
};

/* 95 % interval of the median. false: fewer than BOOTSTRAP_MIN_COUNT values, no
 * resamples, or no memory; *out is then untouched. */
bool bootstrap_median(const double *values, size_t count, size_t resamples,
                      uint64_t seed, struct bootstrap_interval *out);

/* 95 % interval of median(numerator) / median(denominator), both sides resampled
 * independently, percentiles taken on the log scale. All values must be above 0.
 * false: as above for either side, or a value not above 0. */
bool bootstrap_ratio(const struct bootstrap_pair *pair, size_t resamples, uint64_t seed,
                     struct bootstrap_interval *out);

/* 95 % interval of the geometric mean of the pairs' ratios. false: no pair, or as
 * above for any pair. */
bool bootstrap_geometric(const struct bootstrap_pair *pairs, size_t pair_count,
                         size_t resamples, uint64_t seed,
                         struct bootstrap_interval *out);

#endif
