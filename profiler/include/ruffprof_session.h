#ifndef RUFFPROF_SESSION_H
#define RUFFPROF_SESSION_H

/*
 * Recording a profile: a *session* samples one runtime and streams to a .rprof file, which is
 * readable at any moment (notes/profile-format.md).
 *
 *     struct ruffprof_session_config config;
 *     ruffprof_session_config_init(&config);
 *     config.output = "x.rprof";
 *     struct ruffprof_session *s = ruffprof_session_new(r, &config, &error);
 *     ruffprof_session_start(s);
 *     for each run:
 *         ruffprof_session_run(s, true);
 *         ... ruff_run(...) ...
 *         ruffprof_session_run(s, false);
 *     ruffprof_session_stop(s);
 *     ruffprof_session_finish(s, RUFFPROF_ENDED, &summary);
 *
 * All functions are to be called on the thread that runs the runtime. Threads that the program
 * starts (spawn, parallel_map and their kind) are recorded by themselves, each with samples,
 * allocations and a row in the file of its own. One session per process at a time (its signal
 * handlers belong to the process).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ruff.h>

struct ruffprof_session;

enum ruffprof_unwind {
    RUFFPROF_UNWIND_AUTO,
    RUFFPROF_UNWIND_FAST,
    RUFFPROF_UNWIND_LIBUNWIND
};

struct ruffprof_session_config {
    const char *output; /* file to create; an existing one is replaced */
    bool cpu;           /* sample where time goes */
    bool mem;           /* sample allocations */
    uint64_t
        mem_mean_bytes; /* mean distance of allocation samples; 0: count every one */
    const char *event;  /* "auto", or a name of `ruffprof list` */
    uint32_t freq_hz;   /* samples per second, 1..10000; default 997 */
    uint64_t count;     /* period in events or ns instead of a frequency; 0: unused */
    uint32_t jitter_percent; /* default 50 */
    uint32_t jitter_every;   /* default 1 */
    bool wall;               /* sample by wall time, sleeping included */
    bool native;             /* keep runtime and libc frames */
    enum ruffprof_unwind unwind;
    uint32_t stack_bytes;     /* stack slice for deferred unwinding; default 16 KiB */
    bool no_source;           /* leave the script's text out of the file */
    const char *mode;         /* "interp", "vm": a fact for the file */
    const char *command_line; /* or NULL */
    uint64_t seed;            /* of jitter and allocation sampling; 0: from the clock */
    uint64_t duration_ns; /* CPU sampling ends after so much wall time; 0: no limit */
};

void ruffprof_session_config_init(struct ruffprof_session_config *config);

struct ruffprof_session_error {
    enum ruff_status
        status;     /* RUFF_BAD_USAGE: unknown event; RUFF_IO_ERROR: the file */
    char text[320]; /* what is wrong: what to do about it */
};

/*
 * Opens the file and prepares everything, sampling still off. `r` and `program` (its source
 * goes into the file) are borrowed until finish. NULL: *error says why.
 */
struct ruffprof_session *ruffprof_session_new(
    struct ruff *r, const struct ruff_program *program,
    const struct ruffprof_session_config *config, struct ruffprof_session_error *error);
/*
 * Sampling of this thread on and off. Leave it on across short runs: a trigger that is armed
 * anew at each run would never fire in runs shorter than its period. Samples that fall
 * outside the script are dropped. False when the trigger refuses.
 */
bool ruffprof_session_start(struct ruffprof_session *s);
void ruffprof_session_stop(struct ruffprof_session *s);

/* A run of the program begins or ends; only time between the two counts. */
void ruffprof_session_run(struct ruffprof_session *s, bool begins);

/* CPU samples taken so far of this thread and of those that have ended. Any thread. */
uint64_t ruffprof_session_samples(const struct ruffprof_session *s);
/* CPU time of the program's threads inside runs, ns; between runs. */
uint64_t ruffprof_session_cpu_ns(const struct ruffprof_session *s);

/* Further marks in the stream; iterations count from 0 (shown from 1). */
void ruffprof_session_iteration(struct ruffprof_session *s, uint64_t index,
                                bool begins);
void ruffprof_session_phase(struct ruffprof_session *s, bool warmup);

/* A further fact for the file: keys of notes/profile-format.md. */
void ruffprof_session_fact(struct ruffprof_session *s, const char *key,
                           const char *value);

enum ruffprof_ending {
    RUFFPROF_ENDED, /* the program ended by itself */
    RUFFPROF_ENDED_SIGINT,
    RUFFPROF_ENDED_SIGTERM,
};

/* What the recording was like; texts are copies. */
struct ruffprof_summary {
    uint64_t samples, lost, alloc_samples, alloc_bytes;
    uint64_t duration_ns, cpu_ns;
    uint64_t runs;
    uint64_t threads; /* that ran Ruff code, one after another or together */
    uint64_t file_bytes;
    char event[64];
    char trigger[32];
    char fallback_reason[256]; /* "" when the best trigger for the event was used */
    char write_error[256];     /* "" when the file is whole */
    /* Functions with the largest own share, largest first; "" behind the last. */
    struct {
        char name[64];
        double share; /* 0..1 of samples, or of bytes in a memory-only recording */
    } hottest[3];
};

/* Stops, drains, completes the file and frees the session. `summary` may be NULL. */
void ruffprof_session_finish(struct ruffprof_session *s, enum ruffprof_ending ending,
                             struct ruffprof_summary *summary);

#endif
