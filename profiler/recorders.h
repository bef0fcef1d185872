#ifndef RUFFPROF_RECORDERS_H
#define RUFFPROF_RECORDERS_H

/*
 * The recorders of a session: one for the thread that runs the program, one for each thread
 * the program has started and that is alive, and those that wait for the next. Follows the
 * threads by the runtime's hooks and keeps their table in the file.
 *
 * "The lock" is that of the plan. A part of session.c.
 */

#include <stdbool.h>
#include <stdint.h>

#include <ruff_introspect.h>

#include "recorder.h"

/* The main thread's id in the file; the others' follow. */
#define RECORDERS_MAIN 1u

struct recorders {
    struct recorder_plan *plan;
    struct recorder *main; /* owned */
    /* private part: under the lock, but for the atomic ones */
    struct recorder *live, *idle; /* lists, owned */
    uint64_t threads;             /* the last id given; atomic */
    uint64_t unrecorded;          /* threads for which there was no memory */
    bool muted, said_fallback;
    /* Of threads that have ended. */
    uint64_t samples, cpu_ns; /* atomic */
    uint64_t lost, handler_ns;
};

/* Makes the plan call its own hooks for threads. */
void recorders_init(struct recorders *rs, struct recorder_plan *plan);
/* No thread but this one is left. */
void recorders_done(struct recorders *rs);

/* Attaches the main recorder to this thread, which runs `r`. */
enum recorder_status recorders_open(struct recorders *rs, struct ruff *r,
                                    struct trigger_reason *reason);

/* Under the lock: passes on what waits in all of them. */
void recorders_drain(struct recorders *rs);
/* Under the lock: sampling ends for good, in threads to come as well. */
void recorders_mute(struct recorders *rs);
/* Under the lock, at the end of the recording: peaks, and facts about the handler. */
void recorders_write_facts(struct recorders *rs);

/* Samples of the main thread and of those that have ended. Any thread. */
uint64_t recorders_samples(const struct recorders *rs);
/* CPU time of the threads that have ended, ns. Any thread. */
uint64_t recorders_ended_cpu_ns(const struct recorders *rs);
/* Samples that found no room, main thread and ended ones. Under the lock. */
uint64_t recorders_lost(const struct recorders *rs);
/* Threads so far, the main one included. Any thread. */
uint64_t recorders_threads(const struct recorders *rs);
/* Memory of rings and tables. Under the lock. */
size_t recorders_bytes(const struct recorders *rs);

#endif
