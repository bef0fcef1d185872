/* Ratios of medians with bootstrap intervals: speedups of one mode over another.
 *
 * The numbers compared are one per process (notes/statistics.md, section 4). A ratio
 * counts as different from 1 only when its interval excludes 1; without an interval
 * nothing is concluded. Thread safe. */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bootstrap.h"

enum compare_verdict {
    COMPARE_UNKNOWN,  /* fewer than 5 processes on a side */
    COMPARE_FASTER,   /* interval above 1 */
    COMPARE_SLOWER,   /* interval below 1 */
    COMPARE_UNDECIDED /* interval contains 1 */
};

/* `ratio` above 1 means that the denominator's side is faster: baseline / candidate. */
struct compare_ratio {
    double ratio;
    bool has_interval;
    struct bootstrap_interval interval;
    enum compare_verdict verdict;
};

/* false: a side is empty or holds a value not above 0, or no memory. */
bool compare_medians(const struct bootstrap_pair *pair, size_t resamples, uint64_t seed,
                     struct compare_ratio *out);

/* Geometric mean of the ratios of all pairs, with an interval when every pair has
 * enough processes. false: no pair, or as above for any pair. */
bool compare_geometric(const struct bootstrap_pair *pairs, size_t pair_count,
                       size_t resamples, uint64_t seed, struct compare_ratio *out);

#endif
