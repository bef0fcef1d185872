#include "config.h"

#include "bootstrap.h"

#include <math.h>
#include <stdlib.h>

#include "stats.h"

#include "base/prng.h"

static const double LOW_TAIL = 0.025;
static const double HIGH_TAIL = 0.975;

static bool side_is_usable(const double *values, size_t count);
static bool pair_is_usable(const struct bootstrap_pair *pair);
static size_t widest_side(const struct bootstrap_pair *pairs, size_t pair_count);
static double resampled_median(struct prng *prng, const double *values, size_t count,
                               double *scratch);
static double resampled_log_ratio(struct prng *prng, const struct bootstrap_pair *pair,
                                  double *scratch);
static struct bootstrap_interval interval_of(double *estimates, size_t count);

bool bootstrap_median(const double *values, size_t count, size_t resamples,
                      uint64_t seed, struct bootstrap_interval *out)
{
    if (count < BOOTSTRAP_MIN_COUNT || resamples == 0 ||
        !stats_all_finite(values, count)) {
        return false;
    }
    double *estimates = malloc(resamples * sizeof *estimates);
    double *scratch = malloc(count * sizeof *scratch);
    bool ok = estimates != NULL && scratch != NULL;
    if (ok) {
        struct prng prng;
        prng_seed(&prng, seed);
        for (size_t i = 0; i < resamples; i++) {
            estimates[i] = resampled_median(&prng, values, count, scratch);
        }
        *out = interval_of(estimates, resamples);
    }
    free(scratch);
    free(estimates);
    return ok;
}

bool bootstrap_ratio(const struct bootstrap_pair *pair, size_t resamples, uint64_t seed,
                     struct bootstrap_interval *out)
{
    return bootstrap_geometric(pair, 1, resamples, seed, out);
}

bool bootstrap_geometric(const struct bootstrap_pair *pairs, size_t pair_count,
                         size_t resamples, uint64_t seed,
                         struct bootstrap_interval *out)
{
    if (pair_count == 0 || resamples == 0) {
        return false;
    }
    for (size_t i = 0; i < pair_count; i++) {
        if (!pair_is_usable(&pairs[i])) {
            return false;
        }
    }
    double *estimates = malloc(resamples * sizeof *estimates);
    double *scratch = malloc(widest_side(pairs, pair_count) * sizeof *scratch);
    bool ok = estimates != NULL && scratch != NULL;
    if (ok) {
        struct prng prng;
        prng_seed(&prng, seed);
        for (size_t i = 0; i < resamples; i++) {
            double sum = 0.0;
            for (size_t j = 0; j < pair_count; j++) {
                sum += resampled_log_ratio(&prng, &pairs[j], scratch);
            }
            estimates[i] = sum / (double)pair_count;
        }
        struct bootstrap_interval logs = interval_of(estimates, resamples);
        *out = (struct bootstrap_interval){exp(logs.low), exp(logs.high)};
    }
    free(scratch);
    free(estimates);
    return ok;
}

static bool pair_is_usable(const struct bootstrap_pair *pair)
{
    return side_is_usable(pair->numerator, pair->numerator_count) &&
           side_is_usable(pair->denominator, pair->denominator_count);
}

static bool side_is_usable(const double *values, size_t count)
{
    if (count < BOOTSTRAP_MIN_COUNT) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!(values[i] > 0.0) || !isfinite(values[i])) {
            return false;
        }
    }
    return true;
}

static size_t widest_side(const struct bootstrap_pair *pairs, size_t pair_count)
{
    size_t widest = 0;
    for (size_t i = 0; i < pair_count; i++) {
        if (pairs[i].numerator_count > widest) {
            widest = pairs[i].numerator_count;
        }
        if (pairs[i].denominator_count > widest) {
            widest = pairs[i].denominator_count;
        }
    }
    return widest;
}

static double resampled_log_ratio(struct prng *prng, const struct bootstrap_pair *pair,
                                  double *scratch)
{
    double above =
        resampled_median(prng, pair->numerator, pair->numerator_count, scratch);
    double below =
        resampled_median(prng, pair->denominator, pair->denominator_count, scratch);
    return log(above / below);
}

static double resampled_median(struct prng *prng, const double *values, size_t count,
                               double *scratch)
{
    for (size_t i = 0; i < count; i++) {
        scratch[i] = values[prng_below(prng, count)];
    }
    return stats_median_inplace(scratch, count);
}

static struct bootstrap_interval interval_of(double *estimates, size_t count)
{
    stats_sort(estimates, count);
    return (struct bootstrap_interval){
        .low = stats_percentile_sorted(estimates, count, LOW_TAIL),
        .high = stats_percentile_sorted(estimates, count, HIGH_TAIL),
    };
}
