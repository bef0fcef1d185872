#include "config.h"

#include "series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"

#include "base/sizing.h"

static bool times_are_valid(const struct series_times *times);
static bool classify(struct series *series);

void series_init(struct series *series)
{
    *series = (struct series){.batch = 1};
}

void series_done(struct series *series)
{
    free(series->warmup.values);
    free(series->samples.values);
    free(series->wall.values);
    series_init(series);
}

void series_take(struct series *to, struct series *from)
{
    *to = *from;
    series_init(from);
}

bool series_times_add(struct series_times *times, double ns)
{
    if (times->count >= SERIES_MAX_COUNT) {
        return false;
    }
    if (times->count == times->capacity) {
        size_t capacity =
            times->capacity == 0 ? SIZE_OR_TINY(64, 1) : times->capacity * 2;
        double *values = realloc(times->values, capacity * sizeof *values);
        if (values == NULL) {
            return false;
        }
        times->values = values;
        times->capacity = capacity;
    }
    times->values[times->count++] = ns;
    return true;
}

bool series_add_sample(struct series *series, double cpu_ns, double wall_ns)
{
    if (!series_times_add(&series->samples, cpu_ns)) {
        return false;
    }
    if (!series_times_add(&series->wall, wall_ns)) {
        series->samples.count--;
        return false;
    }
    return true;
}

bool series_finish(struct series *series)
{
    if (series->samples.count == 0 || series->wall.count != series->samples.count ||
        !(series->startup_ns >= 0.0) || !isfinite(series->startup_ns) ||
        !times_are_valid(&series->warmup) || !times_are_valid(&series->samples) ||
        !times_are_valid(&series->wall)) {
        return false;
    }
    double median;
    double median_wall;
    if (!stats_median(series->samples.values, series->samples.count, &median) ||
        !stats_median(series->wall.values, series->wall.count, &median_wall) ||
        !classify(series)) {
        return false;
    }
    series->median_ns = median;
    series->median_wall_ns = median_wall;
    return true;
}

static bool times_are_valid(const struct series_times *times)
{
    for (size_t i = 0; i < times->count; i++) {
        if (!isfinite(times->values[i]) || times->values[i] < 0.0) {
            return false;
        }
    }
    return true;
}

/* The class looks at the whole life of the process: warm-up, then samples. */
static bool classify(struct series *series)
{
    size_t warmup = series->warmup.count;
    size_t count = warmup + series->samples.count;
    double *all = malloc(count * sizeof *all);
    if (all == NULL) {
        return false;
    }
    if (warmup > 0) {
        memcpy(all, series->warmup.values, warmup * sizeof *all);
    }
    memcpy(all + warmup, series->samples.values, series->samples.count * sizeof *all);
    series->class = steady_classify(all, count);
    free(all);
    return true;
}

bool series_output_equal(const struct series_output *a, const struct series_output *b)
{
    return a->hash == b->hash && a->bytes == b->bytes;
}
