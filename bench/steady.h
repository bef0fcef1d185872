/* Warm-up classification of the series of times of one process, by change points.
 *
 * The method and its constants are derived in notes/statistics.md, section 6: optimal
 * partitioning on mean and variance with a penalty of 15 ln n a cut, outliers clipped
 * for detection only, segments compared with the last one. Pure functions; thread safe. */
#ifndef BENCH_STEADY_H
#define BENCH_STEADY_H

#include <stdbool.h>
#include <stddef.h>

enum steady_class {
    STEADY_UNKNOWN,     /* fewer than STEADY_MIN_COUNT values, or no memory */
    STEADY_FLAT,        /* the same level from the first value to the last */
    STEADY_WARMUP,      /* settles on a level that none before undercuts */
    STEADY_SLOWDOWN,    /* settles on a level slower than an earlier one */
    STEADY_NONE,        /* still changes in the last quarter */
    STEADY_INCONSISTENT /* of a set of processes: no class is shared by most */
};

#define STEADY_MIN_COUNT   8
#define STEADY_MIN_SEGMENT 3

/* Longer series are averaged in blocks of neighbours down to this length before cuts
 * are sought: the search is quadratic when nothing changes. */
#define STEADY_MAX_POINTS 500

/* Offsets of the first value of each segment: starts[0] is 0. */
struct steady_segments {
    size_t *starts; /* owned */
    size_t count;
    size_t length; /* of the series */
};

/* Optimal segmentation of the series, exactly as given (no clipping, no averaging).
 * false: fewer than 2 · STEADY_MIN_SEGMENT values, one not finite, or no memory. */
bool steady_find_segments(const double *values, size_t count,
                          struct steady_segments *out);
void steady_segments_done(struct steady_segments *segments);

/* Replaces values beyond 3 interquartile ranges of the up to 200 values around each by
 * the fence they crossed. false: no memory. */
bool steady_clip_outliers(const double *values, size_t count, double *out);

enum steady_class steady_classify(const double *values, size_t count);

/* The class that more than half of the classes share, else STEADY_INCONSISTENT;
 * STEADY_UNKNOWN for none. */
enum steady_class steady_common(const enum steady_class *classes, size_t count);

/* "flat", "warmup", "slowdown", "no steady state", "inconsistent", "unknown". */
const char *steady_class_name(enum steady_class class);
bool steady_class_from_name(const char *name, enum steady_class *out);

/* When may timing begin? True when the medians of the last `window` values and of the
 * `window` before them differ by less than 2 %. */
#define STEADY_WARMUP_WINDOW 4
bool steady_has_settled(const double *values, size_t count);

#endif
