#include "config.h"

#include "compare.h"

#include <math.h>

#include "stats.h"

static bool log_ratio_of(const struct bootstrap_pair *pair, double *out);
static enum compare_verdict verdict_of(const struct compare_ratio *ratio);

bool compare_medians(const struct bootstrap_pair *pair, size_t resamples, uint64_t seed,
                     struct compare_ratio *out)
{
    return compare_geometric(pair, 1, resamples, seed, out);
}

bool compare_geometric(const struct bootstrap_pair *pairs, size_t pair_count,
                       size_t resamples, uint64_t seed, struct compare_ratio *out)
{
    if (pair_count == 0) {
        return false;
    }
    double sum = 0.0;
    for (size_t i = 0; i < pair_count; i++) {
        double log_ratio;
        if (!log_ratio_of(&pairs[i], &log_ratio)) {
            return false;
        }
        sum += log_ratio;
    }
    struct compare_ratio result = {.ratio = exp(sum / (double)pair_count)};
    result.has_interval =
        bootstrap_geometric(pairs, pair_count, resamples, seed, &result.interval);
    result.verdict = verdict_of(&result);
    *out = result;
    return true;
}

static bool log_ratio_of(const struct bootstrap_pair *pair, double *out)
{
    double above;
    double below;
    if (!stats_median(pair->numerator, pair->numerator_count, &above) ||
        !stats_median(pair->denominator, pair->denominator_count, &below) ||
        !(above > 0.0) || !(below > 0.0)) {
        return false;
    }
    *out = log(above / below);
    return isfinite(*out);
}

static enum compare_verdict verdict_of(const struct compare_ratio *ratio)
{
    if (!ratio->has_interval) {
        return COMPARE_UNKNOWN;
    }
    if (ratio->interval.low > 1.0) {
        return COMPARE_FASTER;
    }
    if (ratio->interval.high < 1.0) {
        return COMPARE_SLOWER;
    }
    return COMPARE_UNDECIDED;
}
