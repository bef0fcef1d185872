#ifndef RUFFPROF_PICTURE_H
#define RUFFPROF_PICTURE_H

/*
 * From a profile to a picture in one call: what `ruffprof flamegraph` draws, for programs
 * that embed the profiler. Not signal-safe; keeps no state.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ruff.h>

enum ruffprof_picture_status {
    RUFFPROF_PICTURE_OK = 0,
    RUFFPROF_PICTURE_DAMAGED, /* nothing of the profile can be read */
    RUFFPROF_PICTURE_IO,      /* the profile or the picture, see the message */
    RUFFPROF_PICTURE_NO_MEMORY
};

struct ruffprof_picture {
    const char *profile; /* .rprof file to read */
    const char *output;  /* SVG file; replaced when the picture is complete */
    const char *title;   /* headline; NULL = made of the script's name */
    bool memory;         /* bytes allocated instead of CPU samples */
};

/* What the picture shows. */
struct ruffprof_picture_result {
    uint64_t samples;  /* CPU samples in the profile, or allocation records */
    double bytes;      /* allocated; with memory only */
    double objects;    /* allocations; with memory only */
    bool complete;     /* the recording came to its end */
    char message[256]; /* one line about what failed or is missing; "" = nothing */
};

/*
 * Draws. An empty profile is a picture that says why it is empty. *result is written in
 * every case; on failure only its message means something, and an existing file at `output`
 * is left as it was.
 */
RUFF_API enum ruffprof_picture_status ruffprof_picture_draw(
    const struct ruffprof_picture *picture, struct ruffprof_picture_result *result);

#endif
