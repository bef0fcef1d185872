#include "config.h"

#include "shares.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/prng.h"
#include "base/strbuf.h"

#define RESAMPLES 2000
#define BLOCK     3
#define SEED      UINT64_C(0x5275666653686172) /* the same profile, the same interval */
#define Z95       1.959963984540054

static bool assign_units(struct shares *shares, const struct view *view);
static uint16_t *draw_counts(const struct shares *shares);

/* -- Closed forms --------------------------------------------------------- */

void shares_wilson(double share, double n, double *low, double *high)
{
    if (n <= 0) {
        *low = 0;
        *high = 1;
        return;
    }
    double z2 = Z95 * Z95;
    double centre = (share + z2 / (2 * n)) / (1 + z2 / n);
    double half = Z95 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n));
    *low = share <= 0 ? 0 : fmax(0, centre - half);
    *high = share >= 1 ? 1 : fmin(1, centre + half);
}

double shares_t95(unsigned degrees)
{
    static const double table[] = {
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
        2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
        2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
    if (degrees == 0) {
        return table[0];
    }
    if (degrees <= sizeof table / sizeof table[0]) {
        return table[degrees - 1];
    }
    /* Cornish-Fisher's first terms: within 0.001 from 30 degrees on. */
    double d = degrees;
    return Z95 + (Z95 * Z95 * Z95 + Z95) / (4 * d) +
           (5 * pow(Z95, 5) + 16 * pow(Z95, 3) + 3 * Z95) / (96 * d * d);
}

/* -- Units ---------------------------------------------------------------- */

bool shares_init(struct shares *shares, const struct view *view)
{
    memset(shares, 0, sizeof *shares);
    size_t items = view->item_count > 0 ? view->item_count : 1;
    shares->unit_of = calloc(items, sizeof *shares->unit_of);
    shares->whole = calloc(SHARES_MAX_UNITS, sizeof *shares->whole);
    if (shares->unit_of == NULL || shares->whole == NULL ||
        !assign_units(shares, view)) {
        shares_done(shares);
        return false;
    }
    for (size_t i = 0; i < view->item_count; i++) {
        shares->whole[shares->unit_of[i]] += view->items[i].value;
    }
    return true;
}

void shares_done(struct shares *shares)
{
    free(shares->unit_of);
    free(shares->whole);
    memset(shares, 0, sizeof *shares);
}

/* Numbers the distinct runs (or iterations of runs) among the items by first appearance;
 * `numbers` gets one per item. MODEL_NONE when memory is short. */
static uint32_t number_units(const struct view *view, bool iterations,
                             uint32_t *numbers)
{
    struct idmap seen;
    idmap_init(&seen);
    uint32_t count = 0;
    for (size_t i = 0; i < view->item_count; i++) {
        const struct model_when *when = view_item_when(view, &view->items[i]);
        uint64_t second = iterations ? when->iteration : 0;
        uint32_t known = idmap_put(&seen, when->run, second, count);
        if (known == IDMAP_NONE) {
            count = MODEL_NONE;
            break;
        }
        count += known == count ? 1u : 0u;
        numbers[i] = known;
    }
    idmap_done(&seen);
    return count;
}

/* Slices of equal CPU time: by the weights for CPU samples, by the values otherwise. */
static void slice(const struct view *view, uint32_t *numbers)
{
    double whole = 0, so_far = 0;
    for (size_t i = 0; i < view->item_count; i++) {
        whole += fabs(view_item_weight_ns(view, &view->items[i]));
    }
    for (size_t i = 0; i < view->item_count; i++) {
        double weight = fabs(view_item_weight_ns(view, &view->items[i]));
        double middle = whole > 0 ? (so_far + weight / 2) / whole : 0;
        double number = floor(middle * SHARES_SLICES);
        numbers[i] = (uint32_t)fmin(fmax(number, 0), SHARES_SLICES - 1);
        so_far += weight;
    }
}

static bool assign_units(struct shares *shares, const struct view *view)
{
    size_t items = view->item_count > 0 ? view->item_count : 1;
    uint32_t *numbers = calloc(items, sizeof *numbers);
    if (numbers == NULL) {
        return false;
    }
    shares->unit = SHARES_RUNS;
    uint32_t count = number_units(view, false, numbers);
    if (count != MODEL_NONE && count < SHARES_MIN_UNITS) {
        shares->unit = SHARES_ITERATIONS;
        count = number_units(view, true, numbers);
    }
    if (count != MODEL_NONE && count < SHARES_MIN_UNITS) {
        bool exact = view->metric != VIEW_CPU && view->model->alloc_exact;
        shares->unit = view->model->folded ? SHARES_COUNTS
                       : exact             ? SHARES_EXACT
                                           : SHARES_SLICED;
        count = SHARES_SLICES;
        slice(view, numbers);
    }
    bool good = count != MODEL_NONE;
    if (good) {
        shares->unit_count = count;
        shares->units = count < SHARES_MAX_UNITS ? count : SHARES_MAX_UNITS;
        for (size_t i = 0; i < view->item_count; i++) {
            shares->unit_of[i] =
                (uint16_t)((uint64_t)numbers[i] * shares->units / count);
        }
    }
    free(numbers);
    return good;
}

/* -- The bootstrap -------------------------------------------------------- */

/* How often each unit is drawn in each resample: RESAMPLES rows of `units` numbers.
 * Shared by all rows of a report, so that their intervals belong together. */
static uint16_t *draw_counts(const struct shares *shares)
{
    uint32_t units = shares->units;
    uint16_t *counts = calloc((size_t)RESAMPLES * units, sizeof *counts);
    if (counts == NULL) {
        return NULL;
    }
    struct prng prng;
    prng_seed(&prng, SEED);
    uint32_t length = shares->unit == SHARES_SLICED ? BLOCK : 1;
    for (size_t r = 0; r < RESAMPLES; r++) {
        uint16_t *row = counts + r * units;
        for (uint32_t drawn = 0; drawn < units;) {
            uint32_t start = (uint32_t)prng_below(&prng, units);
            for (uint32_t i = 0; i < length && drawn < units; i++, drawn++) {
                row[(start + i) % units]++;
            }
        }
    }
    return counts;
}

static int compare_doubles(const void *a, const void *b)
{
    double left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return (left > right) - (left < right);
}

/* The resampled shares of one row, sorted; `ratios` holds RESAMPLES numbers. */
static size_t resample(const struct shares *shares, const uint16_t *counts,
                       const double *part, double *ratios)
{
    size_t kept = 0;
    for (size_t r = 0; r < RESAMPLES; r++) {
        const uint16_t *row = counts + r * shares->units;
        double sum = 0, whole = 0;
        for (uint32_t u = 0; u < shares->units; u++) {
            sum += row[u] * part[u];
            whole += row[u] * shares->whole[u];
        }
        if (whole > 0) {
            ratios[kept++] = sum / whole;
        }
    }
    qsort(ratios, kept, sizeof *ratios, compare_doubles);
    return kept;
}

static double clamp(double value)
{
    return fmin(1, fmax(0, value));
}

static void widen(struct share *share, double low, double high, unsigned units)
{
    double u = units;
    double factor = shares_t95(units - 1) / Z95 * sqrt(u / (u - 1));
    low = share->value - (share->value - low) * factor;
    high = share->value + (high - share->value) * factor;
    share->low = fmin(share->low, clamp(low));
    share->high = fmax(share->high, clamp(high));
}

bool shares_estimate(const struct shares *shares, const struct view *view,
                     const double *parts, const uint64_t *samples, size_t count,
                     struct share *out)
{
    uint16_t *counts = draw_counts(shares);
    double *ratios = calloc(RESAMPLES, sizeof *ratios);
    bool good = counts != NULL && ratios != NULL;
    bool exact = view->metric != VIEW_CPU && view->model->alloc_exact;
    for (size_t r = 0; good && r < count; r++) {
        const double *part = parts + r * shares->units;
        double sum = 0;
        for (uint32_t u = 0; u < shares->units; u++) {
            sum += part[u];
        }
        struct share *share = &out[r];
        *share =
            (struct share){.value = view->total > 0 ? clamp(sum / view->total) : 0};
        share->low = share->high = share->value;
        share->few = !exact && samples[r] < SHARES_MIN_SAMPLES;
        share->exact = exact && shares->unit == SHARES_EXACT;
        if (share->exact || view->total <= 0) {
            continue;
        }
        if (!exact) {
            shares_wilson(share->value, view->effective, &share->low, &share->high);
        }
        if (shares->unit == SHARES_COUNTS) {
            continue;
        }
        size_t kept = resample(shares, counts, part, ratios);
        if (kept >= 40 && shares->units > 1) {
            widen(share, ratios[kept / 40], ratios[kept - 1 - kept / 40],
                  shares->units);
        }
    }
    free(counts);
    free(ratios);
    return good;
}

void shares_describe(const struct shares *shares, struct strbuf *out)
{
    switch (shares->unit) {
    case SHARES_RUNS:
        strbuf_append_format(out, "95 %% intervals from %u runs", shares->unit_count);
        break;
    case SHARES_ITERATIONS:
        strbuf_append_format(out, "95 %% intervals from %u iterations",
                             shares->unit_count);
        break;
    case SHARES_SLICED:
        strbuf_append_format(out,
                             "95 %% intervals from %u slices: precision of this "
                             "recording; other runs may differ",
                             shares->unit_count);
        break;
    case SHARES_COUNTS:
        strbuf_append_str(out,
                          "95 % intervals from the number of samples alone: folded "
                          "text keeps no times");
        break;
    case SHARES_EXACT:
        strbuf_append_str(out, "exact counts of this recording; other runs may differ");
        break;
    }
}

/* "71.43 % ±3.1" would hide that intervals are lopsided: both ends are shown. */
void share_append(const struct share *share, struct strbuf *out)
{
    strbuf_append_format(out, "%6.2f %%", 100 * share->value);
    if (share->exact) {
        strbuf_append_format(out, " %13s", "exact");
    } else if (share->few) {
        strbuf_append_format(out, " %13s", "n<10");
    } else {
        strbuf_append_format(out, " %5.1f – %5.1f", 100 * share->low,
                             100 * share->high);
    }
}
