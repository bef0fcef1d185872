#include "config.h"

#include "stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double MILD_FENCE = 1.5;
static const double SEVERE_FENCE = 3.0;

static int compare_doubles(const void *left, const void *right);
static double *sorted_copy(const double *values, size_t count);
static double median_of_deviations(const double *sorted, size_t count, double center,
                                   double *scratch);
static void select_nth(double *values, size_t count, size_t nth);
static void swap_doubles(double *a, double *b);

bool stats_all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return false;
        }
    }
    return true;
}

void stats_sort(double *values, size_t count)
{
    if (count > 1) {
        qsort(values, count, sizeof *values, compare_doubles);
    }
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

double stats_mean(const double *values, size_t count)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
    }
    return count == 0 ? (double)NAN : sum / (double)count;
}

double stats_stddev(const double *values, size_t count)
{
    if (count < 2) {
        return (double)NAN;
    }
    double mean = stats_mean(values, count);
    double squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        double deviation = values[i] - mean;
        squares += deviation * deviation;
    }
    return sqrt(squares / (double)(count - 1));
}

double stats_median_sorted(const double *sorted, size_t count)
{
    size_t middle = count / 2;
    if (count % 2 == 1) {
        return sorted[middle];
    }
    return sorted[middle - 1] + (sorted[middle] - sorted[middle - 1]) / 2.0;
}

double stats_percentile_sorted(const double *sorted, size_t count, double fraction)
{
    double position = (double)(count - 1) * fraction;
    size_t below = (size_t)position;
    if (below + 1 >= count) {
        return sorted[count - 1];
    }
    double weight = position - (double)below;
    return sorted[below] + weight * (sorted[below + 1] - sorted[below]);
}

double stats_median_inplace(double *values, size_t count)
{
    size_t middle = count / 2;
    select_nth(values, count, middle);
    if (count % 2 == 1) {
        return values[middle];
    }
    /* Selection leaves everything below `middle` no larger than it, so the other
     * middle value is the largest of the lower part. */
    double lower = values[0];
    for (size_t i = 1; i < middle; i++) {
        if (values[i] > lower) {
            lower = values[i];
        }
    }
    return lower + (values[middle] - lower) / 2.0;
}

bool stats_median(const double *values, size_t count, double *out)
{
    if (count == 0) {
        return false;
    }
    double *sorted = sorted_copy(values, count);
    if (sorted == NULL) {
        return false;
    }
    *out = stats_median_sorted(sorted, count);
    free(sorted);
    return true;
}

bool stats_summarize(const double *values, size_t count, struct stats_summary *out)
{
    if (count == 0 || !stats_all_finite(values, count)) {
        return false;
    }
    double *sorted = sorted_copy(values, count);
    double *scratch = malloc(count * sizeof *scratch);
    bool ok = sorted != NULL && scratch != NULL;
    if (ok) {
        double median = stats_median_sorted(sorted, count);
        *out = (struct stats_summary){
            .count = count,
            .mean = stats_mean(sorted, count),
            .median = median,
            .min = sorted[0],
            .max = sorted[count - 1],
            .stddev = stats_stddev(sorted, count),
            .mad = median_of_deviations(sorted, count, median, scratch),
            .lower_quartile = stats_percentile_sorted(sorted, count, 0.25),
            .upper_quartile = stats_percentile_sorted(sorted, count, 0.75),
        };
    }
    free(scratch);
    free(sorted);
    return ok;
}

static double *sorted_copy(const double *values, size_t count)
{
    double *copy = malloc(count * sizeof *copy);
    if (copy != NULL) {
        memcpy(copy, values, count * sizeof *copy);
        stats_sort(copy, count);
    }
    return copy;
}

static double median_of_deviations(const double *sorted, size_t count, double center,
                                   double *scratch)
{
    for (size_t i = 0; i < count; i++) {
        scratch[i] = fabs(sorted[i] - center);
    }
    return stats_median_inplace(scratch, count);
}

/* ---- Outliers ---------------------------------------------------------------- */

struct stats_fences stats_fences_sorted(const double *sorted, size_t count)
{
    double lower = stats_percentile_sorted(sorted, count, 0.25);
    double upper = stats_percentile_sorted(sorted, count, 0.75);
    double range = upper - lower;
    return (struct stats_fences){
        .low_severe = lower - SEVERE_FENCE * range,
        .low_mild = lower - MILD_FENCE * range,
        .high_mild = upper + MILD_FENCE * range,
        .high_severe = upper + SEVERE_FENCE * range,
    };
}

enum stats_label stats_label(const struct stats_fences *fences, double value)
{
    if (value < fences->low_severe) {
        return STATS_LOW_SEVERE;
    }
    if (value < fences->low_mild) {
        return STATS_LOW_MILD;
    }
    if (value > fences->high_severe) {
        return STATS_HIGH_SEVERE;
    }
    if (value > fences->high_mild) {
        return STATS_HIGH_MILD;
    }
    return STATS_INSIDE;
}

bool stats_count_outliers(const double *values, size_t count,
                          struct stats_outliers *out)
{
    if (count == 0) {
        return false;
    }
    double *sorted = sorted_copy(values, count);
    if (sorted == NULL) {
        return false;
    }
    struct stats_fences fences = stats_fences_sorted(sorted, count);
    struct stats_outliers found = {0};
    for (size_t i = 0; i < count; i++) {
        switch (stats_label(&fences, sorted[i])) {
        case STATS_INSIDE: break;
        case STATS_LOW_SEVERE: found.low_severe++; break;
        case STATS_LOW_MILD: found.low_mild++; break;
        case STATS_HIGH_MILD: found.high_mild++; break;
        case STATS_HIGH_SEVERE: found.high_severe++; break;
        }
    }
    free(sorted);
    *out = found;
    return true;
}

size_t stats_outliers_total(const struct stats_outliers *outliers)
{
    return outliers->low_severe + outliers->low_mild + outliers->high_mild +
           outliers->high_severe;
}

bool stats_geometric_mean(const double *values, size_t count, double *out)
{
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (!(values[i] > 0.0) || !isfinite(values[i])) {
            return false;
        }
        sum += log(values[i]);
    }
    if (count == 0) {
        return false;
    }
    *out = exp(sum / (double)count);
    return true;
}

/* ---- Selection --------------------------------------------------------------- */

/* Hoare's quickselect with the middle element as pivot: afterwards values[nth] is the
 * one a full sort would put there, everything before is no larger. */
static void select_nth(double *values, size_t count, size_t nth)
{
    size_t low = 0;
    size_t high = count - 1;
    while (low < high) {
        double pivot = values[low + (high - low) / 2];
        size_t i = low;
        size_t j = high;
        for (;;) {
            while (values[i] < pivot) {
                i++;
            }
            while (pivot < values[j]) {
                j--;
            }
            if (i >= j) {
                break;
            }
            swap_doubles(&values[i], &values[j]);
            i++;
            j--;
        }
        /* Now [low, j] ≤ pivot ≤ [j + 1, high]; when i met j on the pivot itself, that
         * element belongs to both. */
        if (nth <= j) {
            high = j;
        } else {
            low = j + 1;
        }
    }
}

static void swap_doubles(double *a, double *b)
{
    double old = *a;
    *a = *b;
    *b = old;
}
