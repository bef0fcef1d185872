/* Descriptive statistics of small sets of measurements.
 *
 * Pure functions over arrays of doubles; no state, no output. Not here: intervals
 * (bootstrap.h), change points (steady.h). The formulas and the reasons for choosing
 * them are in notes/statistics.md, section 2.
 *
 * Values may have any unit; results have the same one. Inputs must be finite: callers
 * check with stats_all_finite where values come from outside. Thread safe. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>

/* Five numbers and their friends. `stddev` divides by count − 1 and is NAN for a
 * single value: a spread that does not exist is not zero. `mad` is the plain median of
 * the absolute deviations from the median. */
struct stats_summary {
    size_t count;
    double mean;
    double median;
    double min;
    double max;
    double stddev;
    double mad;
    double lower_quartile;
    double upper_quartile;
};

/* Counts of values outside Tukey's fences: mild beyond 1.5 interquartile ranges,
 * severe beyond 3 (a severe one is not counted as mild). */
struct stats_outliers {
    size_t low_severe;
    size_t low_mild;
    size_t high_mild;
    size_t high_severe;
};

enum stats_label {
    STATS_INSIDE,
    STATS_LOW_SEVERE,
    STATS_LOW_MILD,
    STATS_HIGH_MILD,
    STATS_HIGH_SEVERE
};

/* Tukey's fences of one set. */
struct stats_fences {
    double low_severe;
    double low_mild;
    double high_mild;
    double high_severe;
};

bool stats_all_finite(const double *values, size_t count);

/* Sorts ascending, in place. */
void stats_sort(double *values, size_t count);

double stats_mean(const double *values, size_t count);

/* Sample standard deviation (divisor count − 1); NAN when count < 2. Two passes, so
 * that a small spread around a large mean keeps its digits. */
double stats_stddev(const double *values, size_t count);

/* Of values sorted ascending, count ≥ 1. */
double stats_median_sorted(const double *sorted, size_t count);

/* Percentile by linear interpolation at (count − 1)·fraction of values sorted
 * ascending; 0 ≤ fraction ≤ 1, count ≥ 1. */
double stats_percentile_sorted(const double *sorted, size_t count, double fraction);

/* Median of values in any order, which are re-ordered by the call (selection instead
 * of a full sort: the bootstrap calls this 10 000 times). count ≥ 1. */
double stats_median_inplace(double *values, size_t count);

/* Median of values in any order, left untouched. false: count is 0 or no memory. */
bool stats_median(const double *values, size_t count, double *out);

/* false: count is 0, a value is not finite, or no memory; *out is then untouched. */
bool stats_summarize(const double *values, size_t count, struct stats_summary *out);

/* Fences of values sorted ascending, count ≥ 1. */
struct stats_fences stats_fences_sorted(const double *sorted, size_t count);
enum stats_label stats_label(const struct stats_fences *fences, double value);

/* false: count is 0 or no memory. */
bool stats_count_outliers(const double *values, size_t count,
                          struct stats_outliers *out);
size_t stats_outliers_total(const struct stats_outliers *outliers);

/* exp(mean of logs). false: count is 0 or a value is not above 0. */
bool stats_geometric_mean(const double *values, size_t count, double *out);

#endif
