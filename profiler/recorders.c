#include "config.h"

#include "recorders.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/os_linux.h"

static void thread_started(void *context, struct ruff *isolate, unsigned ordinal);
static void thread_ended(void *context, struct ruff *isolate, unsigned ordinal);

/* ---- life -------------------------------------------------------------------------------- */

void recorders_init(struct recorders *rs, struct recorder_plan *plan)
{
    memset(rs, 0, sizeof *rs);
    rs->plan = plan;
    rs->threads = RECORDERS_MAIN;
    plan->thread_started = thread_started;
    plan->thread_ended = thread_ended;
    plan->context = rs;
}

enum recorder_status recorders_open(struct recorders *rs, struct ruff *r,
                                    struct trigger_reason *reason)
{
    rs->main = recorder_new(rs->plan, true);
    if (rs->main == NULL)
        return RECORDER_MEMORY;
    return recorder_attach(rs->main, r, RECORDERS_MAIN, reason);
}

static void free_list(struct recorder *list)
{
    while (list != NULL) {
        struct recorder *next = *recorder_next(list);

        recorder_free(list);
        list = next;
    }
}

void recorders_done(struct recorders *rs)
{
    if (rs->main != NULL)
        recorder_detach(rs->main);
    recorder_free(rs->main);
    free_list(rs->live);
    free_list(rs->idle);
    rs->main = rs->live = rs->idle = NULL;
}

/* ---- threads that come --------------------------------------------------------------------- */

/* A recorder that waits, or a new one. NULL without memory. */
static struct recorder *take(struct recorders *rs)
{
    struct recorder *rec;

    pthread_mutex_lock(rs->plan->lock);
    rec = rs->idle;
    if (rec != NULL)
        rs->idle = *recorder_next(rec);
    pthread_mutex_unlock(rs->plan->lock);
    return rec != NULL ? rec : recorder_new(rs->plan, false);
}

/* Said once: hundreds of threads would say the same. Caller holds the lock. */
static void say_fallback(struct recorders *rs, const char *name,
                         const struct recorder *rec,
                         const struct trigger_reason *reason)
{
    const char *trigger = recorder_trigger_name(rec);
    char text[320];

    if (rs->said_fallback || strcmp(trigger, recorder_trigger_name(rs->main)) == 0)
        return;
    rs->said_fallback = true;
    snprintf(text, sizeof text, "%s: %s (%s)", name, trigger, reason->text);
    rprof_writer_meta(rs->plan->writer, "thread_fallback", text);
}

/* On the new thread, before its first Ruff code. A thread that cannot be sampled, or not in
   the best way, runs all the same. */
static void thread_started(void *context, struct ruff *isolate, unsigned ordinal)
{
    struct recorders *rs = context;
    struct recorder *rec = take(rs);
    struct trigger_reason reason;
    char name[32];
    uint64_t id = __atomic_add_fetch(&rs->threads, 1, __ATOMIC_RELAXED);
    bool muted;

    snprintf(name, sizeof name, "ruff-worker-%u", ordinal);
    if (rec != NULL)
        recorder_attach(rec, isolate, id, &reason);
    pthread_mutex_lock(rs->plan->lock);
    rprof_writer_thread(rs->plan->writer, id, name, (uint64_t)gettid(),
                        os_monotonic_ns());
    if (rec != NULL) {
        if (rs->plan->cpu)
            say_fallback(rs, name, rec, &reason);
        *recorder_next(rec) = rs->live;
        rs->live = rec;
    } else {
        rs->unrecorded++;
    }
    muted = rs->muted;
    pthread_mutex_unlock(rs->plan->lock);
    if (rec == NULL)
        return;
    recorder_clock_starts(rec);
    recorder_start(rec, muted);
}

/* ---- and go ----------------------------------------------------------------------------------- */

/* NULL: the thread is not recorded. */
static struct recorder *find_live(const struct recorders *rs, const struct ruff *r)
{
    struct recorder *rec;

    pthread_mutex_lock(rs->plan->lock);
    rec = rs->live;
    while (rec != NULL && recorder_runtime(rec) != r)
        rec = *recorder_next(rec);
    pthread_mutex_unlock(rs->plan->lock);
    return rec;
}

/* Caller holds the lock. */
static void drop_live(struct recorders *rs, struct recorder *rec)
{
    struct recorder **at = &rs->live;

    while (*at != rec)
        at = recorder_next(*at);
    *at = *recorder_next(rec);
}

/* Everything of the thread goes into the file while its runtime is there to explain it. Caller
   holds the lock. */
static void finish(struct recorders *rs, struct recorder *rec, uint64_t cpu_ns)
{
    struct rprof_writer *writer = rs->plan->writer;
    uint64_t now = os_monotonic_ns();

    recorder_write_rest(rec, now);
    recorder_write_cpu_time(rec, now);
    rprof_writer_thread_end(writer, recorder_thread(rec), now);
    rprof_writer_tick(writer, now);
    rs->lost += recorder_lost(rec);
    rs->handler_ns += recorder_handler_ns(rec);
    __atomic_add_fetch(&rs->samples, recorder_samples(rec), __ATOMIC_RELAXED);
    __atomic_add_fetch(&rs->cpu_ns, cpu_ns, __ATOMIC_RELAXED);
    drop_live(rs, rec);
}

/* On the thread, after its last Ruff code. */
static void thread_ended(void *context, struct ruff *isolate, unsigned ordinal)
{
    struct recorders *rs = context;
    struct recorder *rec = find_live(rs, isolate);
    uint64_t cpu_ns;

    (void)ordinal;
    if (rec == NULL)
        return;
    recorder_stop(rec);
    cpu_ns = recorder_clock_stops(rec);
    recorder_release(rec);
    pthread_mutex_lock(rs->plan->lock);
    finish(rs, rec, cpu_ns);
    pthread_mutex_unlock(rs->plan->lock);
    recorder_detach(rec);
    pthread_mutex_lock(rs->plan->lock);
    *recorder_next(rec) = rs->idle;
    rs->idle = rec;
    pthread_mutex_unlock(rs->plan->lock);
}

/* ---- all of them -------------------------------------------------------------------------------- */

void recorders_drain(struct recorders *rs)
{
    recorder_drain(rs->main);
    for (struct recorder *rec = rs->live; rec != NULL; rec = *recorder_next(rec))
        recorder_drain(rec);
}

void recorders_mute(struct recorders *rs)
{
    rs->muted = true;
    recorder_mute(rs->main);
    for (struct recorder *rec = rs->live; rec != NULL; rec = *recorder_next(rec))
        recorder_mute(rec);
}

void recorders_write_facts(struct recorders *rs)
{
    struct rprof_writer *writer = rs->plan->writer;
    uint64_t samples = recorders_samples(rs),
             ns = recorder_handler_ns(rs->main) + rs->handler_ns;

    recorder_write_peaks(rs->main);
    for (struct recorder *rec = rs->idle; rec != NULL; rec = *recorder_next(rec))
        recorder_write_peaks(rec);
    if (rs->plan->cpu) {
        rprof_writer_meta_number(writer, "handler_ns", samples > 0 ? ns / samples : 0);
        if (recorder_jitter_every(rs->main) != 0)
            rprof_writer_meta_number(writer, "jitter_every",
                                     recorder_jitter_every(rs->main));
    }
    if (rs->unrecorded > 0)
        rprof_writer_meta_number(writer, "threads_unrecorded", rs->unrecorded);
}

/* ---- questions ------------------------------------------------------------------------------------ */

uint64_t recorders_samples(const struct recorders *rs)
{
    return recorder_samples(rs->main) + __atomic_load_n(&rs->samples, __ATOMIC_RELAXED);
}

uint64_t recorders_ended_cpu_ns(const struct recorders *rs)
{
    return __atomic_load_n(&rs->cpu_ns, __ATOMIC_RELAXED);
}

uint64_t recorders_lost(const struct recorders *rs)
{
    return recorder_lost(rs->main) + rs->lost;
}

uint64_t recorders_threads(const struct recorders *rs)
{
    return __atomic_load_n(&rs->threads, __ATOMIC_RELAXED);
}

size_t recorders_bytes(const struct recorders *rs)
{
    size_t bytes = recorder_bytes(rs->main);

    for (struct recorder *rec = rs->live; rec != NULL; rec = *recorder_next(rec))
        bytes += recorder_bytes(rec);
    for (struct recorder *rec = rs->idle; rec != NULL; rec = *recorder_next(rec))
        bytes += recorder_bytes(rec);
    return bytes;
}
