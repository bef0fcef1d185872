#include "config.h"

#include "recorder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alloc_tracker.h"
#include "events.h"

#include "base/os_linux.h"

/* Rings of the main thread. A worker's holds the deepest stack, and all samples between two
   looks of the drain thread; with stack slices (16 KiB a sample) it is as large as the main
   thread's. */
#define SAMPLE_RING_BYTES  ((size_t)4 << 20)
#define ALLOC_RING_BYTES   ((size_t)8 << 20)
#define WORKER_RING_BYTES  ((size_t)1 << 20)
/* Exact allocation counters are written this often. */
#define COUNTS_INTERVAL_NS UINT64_C(200000000)
/* Distance of the threads' seeds: any odd number. */
#define SEED_STEP          UINT64_C(0x9e3779b97f4a7c15)

struct recorder {
    struct recorder_plan *plan;
    struct recorder *next;
    bool main_thread;
    struct ruff *r;
    uint64_t thread;
    struct sampler *sampler;       /* NULL: memory only */
    struct alloc_tracker *tracker; /* NULL: no allocation samples */
    struct alloc_counts *counts;   /* NULL: no exact allocation profile */
    int extra[RECORDER_EXTRA_MAX]; /* descriptors; count while it is on */
    size_t extra_count;
    bool sampling, on;
    uint64_t reported_lost; /* under the lock */
    uint64_t counts_asked_ns;
    /* CPU time; owner's. */
    uint64_t clock_started_ns, cpu_ns;
    uint64_t outside_started, outside_ns; /* weight of samples outside the script */
    uint64_t script_cpu_ns;               /* cpu_ns without it; never goes back */
};

/* ---- hooks of the runtime ------------------------------------------------------------------ */

static void on_sampled_alloc(void *context, const void *address, size_t size,
                             unsigned cause)
{
    struct recorder *rec = context;

    alloc_tracker_allocated(rec->tracker, address, size, cause);
}

static void on_sampled_free(void *context, const void *address, size_t size)
{
    struct recorder *rec = context;

    (void)size;
    alloc_tracker_freed(rec->tracker, address);
}

static void on_counted_alloc(void *context, const void *address, size_t size,
                             unsigned cause)
{
    struct recorder *rec = context;

    alloc_counts_allocated(rec->counts, address, size, cause);
}

static void on_counted_free(void *context, const void *address, size_t size)
{
    struct recorder *rec = context;

    alloc_counts_freed(rec->counts, address, size);
}

/* A thread is announced to the hooks of the runtime that started it; which recorder that has
   does not matter. */
static void on_thread_started(void *context, struct ruff *r, unsigned ordinal)
{
    const struct recorder *rec = context;

    rec->plan->thread_started(rec->plan->context, r, ordinal);
}

static void on_thread_ended(void *context, struct ruff *r, unsigned ordinal)
{
    const struct recorder *rec = context;

    rec->plan->thread_ended(rec->plan->context, r, ordinal);
}

static void set_hooks(struct recorder *rec)
{
    const struct recorder_plan *plan = rec->plan;
    struct ruff_intro_hooks hooks = {.context = rec};

    if (plan->thread_started != NULL) {
        hooks.thread_started = on_thread_started;
        hooks.thread_ended = on_thread_ended;
    }
    if (rec->tracker != NULL) {
        hooks.alloc = on_sampled_alloc;
        hooks.free = on_sampled_free;
    } else if (rec->counts != NULL) {
        hooks.alloc = on_counted_alloc;
        hooks.free = on_counted_free;
    }
    ruff_intro_set_hooks(rec->r, &hooks,
                         rec->tracker != NULL ? plan->mem_mean_bytes : 0,
                         plan->seed + rec->thread * SEED_STEP);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* The allocation hook's way to let room be made. */
static void drain_now(void *context)
{
    struct recorder *rec = context;

    pthread_mutex_lock(rec->plan->lock);
    recorder_drain(rec);
    pthread_mutex_unlock(rec->plan->lock);
}

/* Caller holds the lock. */
static void use_collector(struct recorder *rec)
{
    struct collector *c = rec->plan->collector;

    if (rec->r != NULL) /* between threads there is nothing to explain */
        collector_use(c, rec->r);
    collector_outside(c, rec->main_thread ? RPROF_TIER_IDLE : RPROF_TIER_SCHEDULER);
}

/* Caller holds the lock. */
static void write_counts(struct recorder *rec, uint64_t now_ns)
{
    use_collector(rec);
    alloc_counts_write(rec->counts, rec->plan->collector, now_ns);
}

static void write_counts_now(void *context)
{
    struct recorder *rec = context;

    pthread_mutex_lock(rec->plan->lock);
    write_counts(rec, os_monotonic_ns());
    pthread_mutex_unlock(rec->plan->lock);
}

static bool make_memory(struct recorder *rec, bool main_thread)
{
    struct recorder_plan *plan = rec->plan;

    switch (plan->memory) {
    case RECORDER_NO_MEMORY: return true;
    case RECORDER_SAMPLED:
        rec->tracker =
            alloc_tracker_new(main_thread ? ALLOC_RING_BYTES : WORKER_RING_BYTES,
                              &plan->next_object, drain_now, rec);
        return rec->tracker != NULL;
    case RECORDER_EXACT:
        rec->counts = alloc_counts_new(&plan->peak, write_counts_now, rec);
        return rec->counts != NULL;
    }
    return false;
}

struct recorder *recorder_new(struct recorder_plan *plan, bool main_thread)
{
    struct recorder *rec = calloc(1, sizeof *rec);
    bool large = main_thread || plan->sampler.slice_bytes != 0;

    if (rec == NULL)
        return NULL;
    rec->plan = plan;
    rec->main_thread = main_thread;
    if (plan->cpu)
        rec->sampler = sampler_new(large ? SAMPLE_RING_BYTES : WORKER_RING_BYTES);
    if ((plan->cpu && rec->sampler == NULL) || !make_memory(rec, main_thread)) {
        recorder_free(rec);
        return NULL;
    }
    return rec;
}

void recorder_free(struct recorder *rec)
{
    if (rec == NULL)
        return;
    sampler_free(rec->sampler);
    alloc_tracker_free(rec->tracker);
    alloc_counts_free(rec->counts);
    free(rec);
}

static enum recorder_status open_extra(struct recorder *rec,
                                       struct trigger_reason *reason)
{
    const struct recorder_plan *plan = rec->plan;

    for (size_t i = 0; i < plan->extra_count; i++) {
        const char *cause = NULL;
        int fd = event_open_counter(&plan->extra[i], false, &cause);

        if (fd < 0) {
            snprintf(reason->text, sizeof reason->text,
                     "event '%s' cannot be counted: %s", plan->extra[i].name, cause);
            return RECORDER_NO_COUNTER;
        }
        rec->extra[rec->extra_count++] = fd;
    }
    return RECORDER_OK;
}

enum recorder_status recorder_attach(struct recorder *rec, struct ruff *r,
                                     uint64_t thread, struct trigger_reason *reason)
{
    struct sampler_config config = rec->plan->sampler;

    reason->text[0] = '\0';
    rec->r = r;
    rec->thread = thread;
    rec->reported_lost = 0;
    rec->cpu_ns = rec->outside_ns = rec->script_cpu_ns = 0;
    rec->sampling = false;
    if (rec->tracker != NULL)
        alloc_tracker_attach(rec->tracker, r);
    if (rec->counts != NULL)
        alloc_counts_attach(rec->counts, r, thread);
    if (rec->sampler != NULL) {
        config.trigger.seed += thread * SEED_STEP;
        config.keep_scheduler = !rec->main_thread;
        rec->sampling = sampler_attach(rec->sampler, &config, r, reason);
        if (!rec->sampling)
            return RECORDER_NO_SAMPLER;
    }
    return open_extra(rec, reason);
}

bool recorder_start(struct recorder *rec, bool muted)
{
    if (rec->on)
        return true;
    rec->on = true;
    set_hooks(rec);
    for (size_t i = 0; i < rec->extra_count; i++)
        trigger_os_linux.enable(rec->extra[i], true);
    return !rec->sampling || muted || sampler_start(rec->sampler);
}

void recorder_stop(struct recorder *rec)
{
    if (!rec->on)
        return;
    if (rec->sampling)
        sampler_stop(rec->sampler);
    for (size_t i = 0; i < rec->extra_count; i++)
        trigger_os_linux.enable(rec->extra[i], false);
    ruff_intro_set_hooks(rec->r, NULL, 0, 0);
    rec->on = false;
}

void recorder_release(struct recorder *rec)
{
    if (rec->tracker != NULL)
        alloc_tracker_release(rec->tracker);
    if (rec->counts != NULL)
        alloc_counts_release(rec->counts);
}

void recorder_detach(struct recorder *rec)
{
    if (rec->sampling)
        sampler_detach(rec->sampler);
    rec->sampling = false;
    for (size_t i = 0; i < rec->extra_count; i++)
        trigger_os_linux.close(rec->extra[i]);
    rec->extra_count = 0;
    rec->r = NULL;
}

/* ---- CPU time ----------------------------------------------------------------------------------- */

void recorder_clock_starts(struct recorder *rec)
{
    rec->outside_started = rec->sampling ? sampler_outside_weight(rec->sampler) : 0;
    rec->clock_started_ns = os_thread_cpu_ns();
}

/* Making and dropping the globals of a run is no time of the script: samples there were
   dropped, and what they stood for must not look like time in the kernel. */
uint64_t recorder_clock_stops(struct recorder *rec)
{
    uint64_t spent = os_thread_cpu_ns() - rec->clock_started_ns, script;

    rec->cpu_ns += spent;
    if (rec->sampling && rec->plan->sampler.trigger.event.is_clock)
        rec->outside_ns += sampler_outside_weight(rec->sampler) - rec->outside_started;
    script = rec->cpu_ns > rec->outside_ns ? rec->cpu_ns - rec->outside_ns : 0;
    if (script > rec->script_cpu_ns)
        rec->script_cpu_ns = script;
    return spent;
}

/* ---- under the lock -------------------------------------------------------------------------------- */

void recorder_drain(struct recorder *rec)
{
    const struct recorder_plan *plan = rec->plan;

    use_collector(rec);
    if (rec->sampler != NULL) {
        struct stack_stream *stream = sampler_stream(rec->sampler);
        uint64_t lost = recorder_lost(rec);

        collector_drain(plan->collector, stream, rec->thread);
        if (lost > rec->reported_lost)
            rprof_writer_lost(plan->writer, rec->thread, lost - rec->reported_lost,
                              RPROF_LOST_RING_FULL);
        rec->reported_lost = lost;
    }
    if (rec->tracker != NULL)
        collector_drain(plan->collector, alloc_tracker_stream(rec->tracker),
                        rec->thread);
    if (rec->counts != NULL) {
        uint64_t now = os_monotonic_ns();

        if (now - rec->counts_asked_ns >= COUNTS_INTERVAL_NS) {
            rec->counts_asked_ns = now;
            alloc_counts_ask(rec->counts);
        }
    }
}

void recorder_write_counts(struct recorder *rec, uint64_t now_ns)
{
    if (rec->counts != NULL)
        write_counts(rec, now_ns);
}

void recorder_write_cpu_time(struct recorder *rec, uint64_t now_ns)
{
    rprof_writer_cpu_time(rec->plan->writer, rec->thread, now_ns, rec->script_cpu_ns);
}

void recorder_write_rest(struct recorder *rec, uint64_t now_ns)
{
    struct recorder_plan *plan = rec->plan;
    uint64_t asynchronous = rec->sampling ? sampler_asynchronous(rec->sampler) : 0;

    if (rec->counts != NULL)
        write_counts(rec, now_ns);
    recorder_drain(rec);
    if (asynchronous != 0)
        rprof_writer_lost(plan->writer, rec->thread, asynchronous,
                          RPROF_LOST_ASYNCHRONOUS);
    for (size_t i = 0; i < rec->extra_count; i++) {
        uint64_t count;

        if (trigger_os_linux.read_count(rec->extra[i], &count) == 0)
            plan->extra_sums[i] += count;
    }
}

void recorder_write_peaks(struct recorder *rec)
{
    if (rec->counts == NULL)
        return;
    use_collector(rec);
    alloc_counts_write_peaks(rec->counts, rec->plan->collector);
}

void recorder_mute(struct recorder *rec)
{
    if (rec->sampling)
        sampler_mute(rec->sampler);
}

/* ---- questions -------------------------------------------------------------------------------------- */

const struct ruff *recorder_runtime(const struct recorder *rec)
{
    return rec->r;
}

uint64_t recorder_thread(const struct recorder *rec)
{
    return rec->thread;
}

const char *recorder_trigger_name(const struct recorder *rec)
{
    return rec->sampling ? sampler_trigger_name(rec->sampler) : "none";
}

uint64_t recorder_samples(const struct recorder *rec)
{
    return rec->sampling ? sampler_samples(rec->sampler) : 0;
}

uint64_t recorder_lost(const struct recorder *rec)
{
    const struct stack_stream *stream =
        rec->sampler != NULL ? sampler_stream(rec->sampler) : NULL;

    return stream != NULL ? __atomic_load_n(&stream->lost, __ATOMIC_RELAXED) : 0;
}

uint32_t recorder_jitter_every(const struct recorder *rec)
{
    return rec->sampling ? sampler_jitter_every(rec->sampler) : 0;
}

uint64_t recorder_handler_ns(const struct recorder *rec)
{
    return rec->sampling ? sampler_handler_ns(rec->sampler) : 0;
}

size_t recorder_bytes(const struct recorder *rec)
{
    return (rec->sampler != NULL ? stack_stream_bytes(sampler_stream(rec->sampler))
                                 : 0) +
           (rec->tracker != NULL
                ? stack_stream_bytes(alloc_tracker_stream(rec->tracker))
                : 0) +
           (rec->counts != NULL ? alloc_counts_bytes(rec->counts) : 0);
}

struct recorder **recorder_next(struct recorder *rec)
{
    return &rec->next;
}
