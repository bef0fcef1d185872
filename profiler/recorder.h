#ifndef RUFFPROF_RECORDER_H
#define RUFFPROF_RECORDER_H

/*
 * All that is recorded of one thread that runs Ruff code: its sampler, its allocation tracker
 * or counters, its event counters, its row in the file. A session has one recorder for the
 * program's main thread and one for each thread that is alive beside it; they serve one thread
 * after another, so that rings and tables are made as often as threads are alive together, not
 * as often as they start.
 *
 * Life on the thread: recorder_attach, recorder_start, …, recorder_stop, recorder_end,
 * recorder_detach. The others say which lock they need.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <ruff_introspect.h>

#include "alloc_counts.h"
#include "collector.h"
#include "rprof_writer.h"
#include "sampler.h"

/* Events counted beside the one that samples. */
#define RECORDER_EXTRA_MAX 8u

enum recorder_memory {
    RECORDER_NO_MEMORY,
    RECORDER_SAMPLED,
    RECORDER_EXACT
};

/* The same for all threads of a session, which owns it. */
struct recorder_plan {
    bool cpu;
    struct sampler_config sampler; /* its seed is varied from thread to thread */
    enum recorder_memory memory;
    uint64_t mem_mean_bytes, seed;
    struct trigger_event extra[RECORDER_EXTRA_MAX];
    size_t extra_count;
    /* Of the runtimes of all threads; called with `context`. */
    void (*thread_started)(void *context, struct ruff *r, unsigned ordinal);
    void (*thread_ended)(void *context, struct ruff *r, unsigned ordinal);
    void *context;

    /* `lock` guards the two, which must stand before the first recorder is started. */
    pthread_mutex_t *lock;
    struct rprof_writer *writer;
    struct collector *collector;

    /* Shared by all threads; atomic. */
    struct alloc_peak peak;
    uint32_t next_object;
    uint64_t extra_sums[RECORDER_EXTRA_MAX]; /* of recorders that have ended */
};

struct recorder;

/* `main_thread`: with large rings. NULL without memory. */
struct recorder *recorder_new(struct recorder_plan *plan, bool main_thread);
/* Once it is detached. NULL is allowed. */
void recorder_free(struct recorder *rec);

enum recorder_status {
    RECORDER_OK = 0,
    RECORDER_MEMORY,     /* not of recorder_attach: there was none for a recorder */
    RECORDER_NO_SAMPLER, /* reason says why; the rest is recorded */
    RECORDER_NO_COUNTER, /* reason names the event and says why; the rest is recorded */
};

/* For the calling thread, which runs `r` and is `thread` in the file. Opens what it needs, all
   off. `reason` is "" or says what was refused, also when the status is OK. */
enum recorder_status recorder_attach(struct recorder *rec, struct ruff *r,
                                     uint64_t thread, struct trigger_reason *reason);
/* Hooks and counters on, sampling too unless `muted`. False when the trigger refuses. */
bool recorder_start(struct recorder *rec, bool muted);
/* Off again; may be started anew. */
void recorder_stop(struct recorder *rec);
/* The thread's runtime ends: its objects go with it. Stopped; without the lock. */
void recorder_release(struct recorder *rec);
/* Closes what attach opened. */
void recorder_detach(struct recorder *rec);

/* The clock of the thread starts and stops: only between the two its CPU time counts. On the
   thread. recorder_clock_stops returns the CPU time since, ns. */
void recorder_clock_starts(struct recorder *rec);
uint64_t recorder_clock_stops(struct recorder *rec);

/* -- Under the lock --------------------------------------------------------- */

/* Passes on what waits. */
void recorder_drain(struct recorder *rec);
/* On the thread: what an exact allocation profile has counted so far stands at this time. */
void recorder_write_counts(struct recorder *rec, uint64_t now_ns);
/* On the thread, clock stopped: its CPU time without what samples outside the script stood
   for. */
void recorder_write_cpu_time(struct recorder *rec, uint64_t now_ns);
/* On the thread, stopped: all that is left, without the peaks. */
void recorder_write_rest(struct recorder *rec, uint64_t now_ns);
/* Of all threads it served; at the end of the recording. */
void recorder_write_peaks(struct recorder *rec);
/* Sampling of this thread ends for good. */
void recorder_mute(struct recorder *rec);

/* -- Questions ---------------------------------------------------------------- */

const struct ruff *recorder_runtime(const struct recorder *rec);
uint64_t recorder_thread(const struct recorder *rec);
/* "none" without a sampler. */
const char *recorder_trigger_name(const struct recorder *rec);
/* Samples of the thread it serves, those lost, and the handler's time for them, ns. The first
   on any thread. */
uint64_t recorder_samples(const struct recorder *rec);
uint64_t recorder_lost(const struct recorder *rec);
uint64_t recorder_handler_ns(const struct recorder *rec);
/* 0: it has no sampler. */
uint32_t recorder_jitter_every(const struct recorder *rec);
/* Memory of its rings and tables. Under the lock. */
size_t recorder_bytes(const struct recorder *rec);

/* The recorder's place in a list of its owner. */
struct recorder **recorder_next(struct recorder *rec);

#endif
