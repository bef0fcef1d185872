#include "config.h"

#include "steady.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

/* notes/statistics.md, section 6, gives the reason for each. */
static const double PENALTY_FACTOR = 15.0;
static const double VARIANCE_FLOOR = 0.001;
static const double EQUIVALENT = 0.01;
static const double TAIL = 0.25;
static const double SETTLED = 0.02;
#define CLIP_WINDOW 200
#define LOG_2_PI    1.8378770664093453

/* Sums over prefixes, so that the cost of any segment takes constant time. The values
 * are shifted by their mean first: the difference of two large sums of squares would
 * lose the digits that matter. */
struct prefix {
    double *sum;
    double *squares;
    double floor_variance;
};

struct level {
    double mean;
    double stddev;
    size_t start;
};

static bool prefix_init(struct prefix *prefix, const double *values, size_t count);
static void prefix_done(struct prefix *prefix);
static double segment_cost(const struct prefix *prefix, size_t begin, size_t end);
static bool optimal_cuts(const struct prefix *prefix, size_t count, size_t *previous);
static bool collect_segments(const size_t *previous, size_t count,
                             struct steady_segments *out);
static double *shortened(const double *values, size_t count, size_t *out_count);
static double clip(double value, const struct stats_fences *fences);
static struct level level_of(const double *values, size_t begin, size_t end);
static bool is_equivalent(const struct level *level, const struct level *last);
static enum steady_class classify_segments(const double *values,
                                           const struct steady_segments *segments);

/* ---- Segmentation ------------------------------------------------------------ */

bool steady_find_segments(const double *values, size_t count,
                          struct steady_segments *out)
{
    if (count < (size_t)2 * STEADY_MIN_SEGMENT || !stats_all_finite(values, count)) {
        return false;
    }
    bool ok = false;
    struct prefix prefix = {0};
    size_t *previous = calloc(count + 1, sizeof *previous);
    if (previous == NULL || !prefix_init(&prefix, values, count)) {
        goto done;
    }
    ok = optimal_cuts(&prefix, count, previous) &&
         collect_segments(previous, count, out);
done:
    prefix_done(&prefix);
    free(previous);
    return ok;
}

void steady_segments_done(struct steady_segments *segments)
{
    free(segments->starts);
    *segments = (struct steady_segments){0};
}

static bool prefix_init(struct prefix *prefix, const double *values, size_t count)
{
    prefix->sum = malloc((count + 1) * sizeof *prefix->sum);
    prefix->squares = malloc((count + 1) * sizeof *prefix->squares);
    double median;
    if (prefix->sum == NULL || prefix->squares == NULL ||
        !stats_median(values, count, &median)) {
        return false;
    }
    double mean = stats_mean(values, count);
    double floor_stddev = fabs(median) * VARIANCE_FLOOR;
    prefix->floor_variance = floor_stddev * floor_stddev;
    if (!(prefix->floor_variance > 0.0)) {
        prefix->floor_variance = 1e-12;
    }
    prefix->sum[0] = 0.0;
    prefix->squares[0] = 0.0;
    for (size_t i = 0; i < count; i++) {
        double shifted = values[i] - mean;
        prefix->sum[i + 1] = prefix->sum[i] + shifted;
        prefix->squares[i + 1] = prefix->squares[i] + shifted * shifted;
    }
    return true;
}

static void prefix_done(struct prefix *prefix)
{
    free(prefix->sum);
    free(prefix->squares);
}

/* −2 log-likelihood of a normal with its own mean and variance for [begin, end). */
static double segment_cost(const struct prefix *prefix, size_t begin, size_t end)
{
    double n = (double)(end - begin);
    double sum = prefix->sum[end] - prefix->sum[begin];
    double squares = prefix->squares[end] - prefix->squares[begin];
    double variance = (squares - sum * sum / n) / n;
    if (!(variance > prefix->floor_variance)) {
        variance = prefix->floor_variance;
    }
    return n * (LOG_2_PI + log(variance) + 1.0);
}

/* Optimal partitioning: best[t] is the least cost of the first t values, each cut
 * paying the penalty; previous[t] is the start of the last segment of that solution.
 * PELT's pruning is left out: it gains nothing on the series that matter (one level,
 * no cut) and is exact only without a least segment length. */
static bool optimal_cuts(const struct prefix *prefix, size_t count, size_t *previous)
{
    double penalty = PENALTY_FACTOR * log((double)count);
    double *best = malloc((count + 1) * sizeof *best);
    if (best == NULL) {
        return false;
    }
    best[0] = -penalty;
    for (size_t t = 1; t <= count; t++) {
        best[t] = (double)INFINITY;
        for (size_t s = 0; s + STEADY_MIN_SEGMENT <= t; s++) {
            double cost = best[s] + segment_cost(prefix, s, t) + penalty;
            if (cost < best[t]) {
                best[t] = cost;
                previous[t] = s;
            }
        }
    }
    free(best);
    return true;
}

static bool collect_segments(const size_t *previous, size_t count,
                             struct steady_segments *out)
{
    size_t segment_count = 0;
    for (size_t t = count; t > 0; t = previous[t]) {
        segment_count++;
    }
    size_t *starts = malloc(segment_count * sizeof *starts);
    if (starts == NULL) {
        return false;
    }
    size_t index = segment_count;
    for (size_t t = count; t > 0; t = previous[t]) {
        starts[--index] = previous[t];
    }
    *out = (struct steady_segments){starts, segment_count, count};
    return true;
}

/* ---- Outliers, for detection only -------------------------------------------- */

bool steady_clip_outliers(const double *values, size_t count, double *out)
{
    size_t window = count < CLIP_WINDOW ? count : CLIP_WINDOW;
    double *sorted = malloc((window == 0 ? 1 : window) * sizeof *sorted);
    if (sorted == NULL) {
        return false;
    }
    struct stats_fences fences = {0};
    size_t fenced_at = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t begin = i < window / 2 ? 0 : i - window / 2;
        if (begin + window > count) {
            begin = count - window;
        }
        if (begin != fenced_at) {
            memcpy(sorted, values + begin, window * sizeof *sorted);
            stats_sort(sorted, window);
            fences = stats_fences_sorted(sorted, window);
            fenced_at = begin;
        }
        out[i] = clip(values[i], &fences);
    }
    free(sorted);
    return true;
}

static double clip(double value, const struct stats_fences *fences)
{
    if (value < fences->low_severe) {
        return fences->low_severe;
    }
    return value > fences->high_severe ? fences->high_severe : value;
}

/* ---- Classes ----------------------------------------------------------------- */

enum steady_class steady_classify(const double *values, size_t count)
{
    if (count < STEADY_MIN_COUNT || !stats_all_finite(values, count)) {
        return STEADY_UNKNOWN;
    }
    enum steady_class class = STEADY_UNKNOWN;
    size_t length = 0;
    double *clipped = NULL;
    struct steady_segments segments = {0};
    double *series = shortened(values, count, &length);
    if (series == NULL) {
        goto done;
    }
    clipped = malloc(length * sizeof *clipped);
    if (clipped != NULL && steady_clip_outliers(series, length, clipped) &&
        steady_find_segments(clipped, length, &segments)) {
        class = classify_segments(clipped, &segments);
    }
done:
    steady_segments_done(&segments);
    free(clipped);
    free(series);
    return class;
}

/* A copy of the series in which each value stands for a block of neighbours, at most
 * STEADY_MAX_POINTS of them. */
static double *shortened(const double *values, size_t count, size_t *out_count)
{
    size_t block = (count + STEADY_MAX_POINTS - 1) / STEADY_MAX_POINTS;
    size_t length = (count + block - 1) / block;
    double *series = malloc(length * sizeof *series);
    if (series == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < length; i++) {
        size_t begin = i * block;
        size_t size = begin + block > count ? count - begin : block;
        series[i] = stats_mean(values + begin, size);
    }
    *out_count = length;
    return series;
}

static enum steady_class classify_segments(const double *values,
                                           const struct steady_segments *segments)
{
    size_t last_index = segments->count - 1;
    struct level last =
        level_of(values, segments->starts[last_index], segments->length);
    double tail = (double)segments->length * (1.0 - TAIL);
    bool has_change = false;
    bool has_faster = false;
    for (size_t i = 0; i < last_index; i++) {
        struct level level =
            level_of(values, segments->starts[i], segments->starts[i + 1]);
        if (is_equivalent(&level, &last)) {
            continue;
        }
        if ((double)segments->starts[i + 1] > tail) {
            return STEADY_NONE;
        }
        has_change = true;
        has_faster = has_faster || level.mean < last.mean;
    }
    if (!has_change) {
        return STEADY_FLAT;
    }
    return has_faster ? STEADY_SLOWDOWN : STEADY_WARMUP;
}

static struct level level_of(const double *values, size_t begin, size_t end)
{
    double stddev = stats_stddev(values + begin, end - begin);
    return (struct level){
        .mean = stats_mean(values + begin, end - begin),
        .stddev = isnan(stddev) ? 0.0 : stddev,
        .start = begin,
    };
}

static bool is_equivalent(const struct level *level, const struct level *last)
{
    double tolerance = fabs(last->mean) * EQUIVALENT;
    if (last->stddev > tolerance) {
        tolerance = last->stddev;
    }
    return fabs(level->mean - last->mean) <= tolerance;
}

enum steady_class steady_common(const enum steady_class *classes, size_t count)
{
    size_t votes[STEADY_INCONSISTENT + 1] = {0};
    for (size_t i = 0; i < count; i++) {
        votes[classes[i]]++;
    }
    for (size_t class = 0; class <= STEADY_INCONSISTENT; class ++) {
        if (votes[class] * 2 > count) {
            return (enum steady_class) class;
        }
    }
    return count == 0 ? STEADY_UNKNOWN : STEADY_INCONSISTENT;
}

static const char *const CLASS_NAMES[] = {
    [STEADY_UNKNOWN] = "unknown",      [STEADY_FLAT] = "flat",
    [STEADY_WARMUP] = "warmup",        [STEADY_SLOWDOWN] = "slowdown",
    [STEADY_NONE] = "no steady state", [STEADY_INCONSISTENT] = "inconsistent",
};

const char *steady_class_name(enum steady_class class)
{
    return CLASS_NAMES[class];
}

bool steady_class_from_name(const char *name, enum steady_class *out)
{
    for (size_t i = 0; i < sizeof CLASS_NAMES / sizeof *CLASS_NAMES; i++) {
        if (strcmp(name, CLASS_NAMES[i]) == 0) {
            *out = (enum steady_class)i;
            return true;
        }
    }
    return false;
}

/* ---- When to begin timing ---------------------------------------------------- */

bool steady_has_settled(const double *values, size_t count)
{
    enum {
        WINDOW = STEADY_WARMUP_WINDOW
    };
    if (count < (size_t)2 * WINDOW) {
        return false;
    }
    double before[WINDOW];
    double after[WINDOW];
    memcpy(before, values + count - (size_t)2 * WINDOW, sizeof before);
    memcpy(after, values + count - WINDOW, sizeof after);
    double earlier = stats_median_inplace(before, WINDOW);
    double later = stats_median_inplace(after, WINDOW);
    return fabs(later - earlier) <= SETTLED * later;
}
