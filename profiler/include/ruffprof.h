#ifndef RUFFPROF_H
#define RUFFPROF_H

/*
 * The profiler as a library: what other programs (ruffbench first) may use of it.
 *
 * Two halves. A *session* records a running program into a `.rprof` file; a *profile* is
 * such a file read back, from which reports and pictures are made. The halves share only
 * the file, so either may be used without the other, in another process, or later.
 *
 * All functions return RUFFPROF_OK (0) or what went wrong; out-parameters are written only
 * on success. Nothing here prints.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RUFFPROF_API_VERSION 1

enum ruffprof_status {
    RUFFPROF_OK = 0,
    RUFFPROF_NO_MEMORY,
    RUFFPROF_IO,         /* a file could not be opened, read or written */
    RUFFPROF_FOREIGN,    /* not a profile, or nothing of it is readable */
    RUFFPROF_NEWER,      /* a profile of a later version */
    RUFFPROF_BAD_OPTION, /* an unknown format, a bad regular expression, no such thread */
    RUFFPROF_UNAVAILABLE, /* this machine or build cannot do it; the message says why */
};

/* One sentence about a status. Constant text. */
const char *ruffprof_status_text(enum ruffprof_status status);

/* ======================== Profiles ==================================== */

/* A profile in memory. Used by one thread at a time. */
typedef struct ruffprof_profile ruffprof_profile;

/*
 * Reads a profile. A damaged or unfinished one is RUFFPROF_OK: what is readable of it is
 * there, `complete` in the facts is false. `*os_error` (may be NULL) gets the errno of
 * RUFFPROF_IO.
 */
enum ruffprof_status ruffprof_profile_open(ruffprof_profile **out, const char *path,
                                           int *os_error);

/* Releases a profile and everything borrowed from it. NULL is allowed. */
void ruffprof_profile_free(ruffprof_profile *profile);

/* The figures of `ruffprof info`. Memory figures are estimates when allocations were
 * sampled. */
struct ruffprof_facts {
    uint64_t samples;     /* CPU samples in the file */
    uint64_t lost;        /* samples that were due and are not there */
    uint64_t duration_ns; /* of the recording */
    uint32_t runs;        /* at least 1 */
    uint32_t iterations;  /* marked ones; 0 = none */
    uint64_t alloc_records;
    uint64_t alloc_bytes, alloc_objects; /* all that were allocated */
    bool has_cpu, has_memory;            /* what was recorded */
    bool alloc_exact;                    /* every allocation counted, none estimated */
    bool complete;                       /* ended in order and nothing is missing */
};

void ruffprof_profile_facts(const ruffprof_profile *profile,
                            struct ruffprof_facts *out);

/* A fact the recording says about itself ("event", "trigger", "fallback_reason", "mode", …:
 * notes/profile-format.md), or NULL. Valid until the profile is freed. */
const char *ruffprof_profile_meta(const ruffprof_profile *profile, const char *key);

/* What is shown. All-zero = every CPU sample (of a memory-only profile: every byte
 * allocated). Texts are borrowed during the call. */
enum ruffprof_metric {
    RUFFPROF_CPU,
    RUFFPROF_ALLOCATED,
    RUFFPROF_LIVE,      /* not freed before the recording ended */
    RUFFPROF_PEAK,      /* alive when the most was */
    RUFFPROF_TEMPORARY, /* freed again almost at once */
    RUFFPROF_LEAKED,    /* live, and not from the last tenth of the recording */
};

enum ruffprof_unit {
    RUFFPROF_DEFAULT_UNIT, /* samples; bytes for memory */
    RUFFPROF_SAMPLES,
    RUFFPROF_TIME,
    RUFFPROF_BYTES,
    RUFFPROF_OBJECTS,
};

enum ruffprof_phase {
    RUFFPROF_ALL_PHASES,
    RUFFPROF_WARMUP,
    RUFFPROF_STEADY,
    RUFFPROF_SETUP,
};

enum ruffprof_color {
    RUFFPROF_COLOR_DEFAULT, /* tier for CPU, cause for memory */
    RUFFPROF_COLOR_TIER,
    RUFFPROF_COLOR_NAME,
    RUFFPROF_COLOR_CAUSE,
};

struct ruffprof_view {
    enum ruffprof_metric metric;
    enum ruffprof_unit unit;
    enum ruffprof_phase phase;
    uint32_t first_iteration, last_iteration; /* last 0 = all */
    const char *thread;                       /* name or kernel id; NULL = all */
    const char *focus, *ignore; /* regular expressions on frame names; NULL = none */
    const char *cause;          /* part of an allocation's cause; NULL = all */
    bool reverse;               /* stacks upside down */

    /* Pictures only. */
    const char *title;  /* NULL = made of the script's name */
    uint32_t width;     /* pixels; 0 = 1200, following the window */
    double min_percent; /* narrower frames are left out; 0 = a tenth of a pixel */
    bool invert;        /* root at the top */
    enum ruffprof_color color;
};

/* Receives the bytes of an export in order; false stops it (RUFFPROF_IO). */
typedef bool (*ruffprof_sink)(void *user, const void *bytes, size_t count);

/*
 * Writes a profile in one of the formats of `ruffprof export` ("folded", "svg", "html",
 * "pprof", "speedscope", "firefox", "callgrind", "json") to a sink. `view` NULL =
 * all-zero. An empty profile gives a valid empty document (a picture that says "no
 * samples" or "0 bytes allocated").
 * `message` (may be NULL; `message_bytes` of room, always terminated) says what is wrong
 * with an option. The same profile and view give the same bytes every time.
 */
enum ruffprof_status ruffprof_export(ruffprof_profile *profile, const char *format,
                                     const struct ruffprof_view *view,
                                     ruffprof_sink sink, void *user, char *message,
                                     size_t message_bytes);

/* The same into a file, which appears only when complete. `*os_error` may be NULL. */
enum ruffprof_status ruffprof_export_file(ruffprof_profile *profile, const char *format,
                                          const struct ruffprof_view *view,
                                          const char *path, int *os_error);

/* A flame graph as an SVG file: ruffprof_export_file with "svg". */
enum ruffprof_status ruffprof_flamegraph_write(ruffprof_profile *profile,
                                               const struct ruffprof_view *view,
                                               const char *path, int *os_error);

/* One line for a summary, "fib 81.0 %, <main> 12.3 %": the three functions with most self
 * value; "" when the view is empty. Always terminated. */
enum ruffprof_status ruffprof_profile_hottest(ruffprof_profile *profile,
                                              const struct ruffprof_view *view,
                                              char *out, size_t room);

#ifdef __cplusplus
}
#endif

#endif
