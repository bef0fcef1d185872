#include "config.h"

#include "worker.h"

#include <stdlib.h>
#include <string.h>

#include "profiled.h"
#include "program.h"
#include "protocol.h"
#include "series.h"
#include "stats.h"
#include "steady.h"
#include "timer.h"

/* The harness hears from us at least this often, between iterations. */
static const uint64_t TICK_NS = 500000000u;

struct worker {
    const struct job *job;
    struct program program;
    struct series series;
    struct series_times allocations;
    struct series_times bytes;
    struct series_times ops;
    int message_fd;
    uint64_t started_ns;
    uint64_t told_ns; /* when the harness last heard from us */
};

static bool measure(struct worker *worker);
static bool measure_startup(struct worker *worker);
static bool warm_up(struct worker *worker);
static bool is_warm(const struct worker *worker);
static uint32_t choose_batch(const struct worker *worker);
static bool measure_samples(struct worker *worker);
static bool is_measured(const struct worker *worker);
static bool measure_sample(struct worker *worker);
static bool run_batch(struct worker *worker, uint32_t batch, struct timer_span *span);
static bool finish_work(struct worker *worker);
static double median_or_zero(const struct series_times *times);
static void announce(struct worker *worker, enum protocol_phase phase);
static void tick(struct worker *worker);
static uint64_t elapsed_ns(const struct worker *worker);
static void worker_done(struct worker *worker);

/* ---- The run ----------------------------------------------------------------- */

int worker_run(const struct job *job, int message_fd)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL) {
        (void)protocol_send_failure(message_fd, "out of memory");
        return 1;
    }
    worker->job = job;
    worker->message_fd = message_fd;
    worker->started_ns = timer_wall_now();
    series_init(&worker->series);
    announce(worker, PROTOCOL_LOAD);
    bool ok = program_load(&worker->program, job);
    if (ok && job->pass == JOB_TIMED) {
        ok = measure(worker) && protocol_send_series(message_fd, &worker->series);
    } else if (ok) {
        struct protocol_profile profile;
        announce(worker, PROTOCOL_PROFILE);
        ok = profiled_run(&worker->program, job, message_fd, &profile) &&
             protocol_send_profile(message_fd, &profile);
    }
    if (!ok) {
        (void)protocol_send_failure(message_fd, worker->program.error[0] == '\0'
                                                    ? "out of memory"
                                                    : worker->program.error);
    }
    worker_done(worker);
    return ok ? 0 : 1;
}

static void worker_done(struct worker *worker)
{
    program_done(&worker->program);
    series_done(&worker->series);
    free(worker->allocations.values);
    free(worker->bytes.values);
    free(worker->ops.values);
    free(worker);
}

static bool measure(struct worker *worker)
{
    return measure_startup(worker) && warm_up(worker) && measure_samples(worker) &&
           finish_work(worker);
}

static bool measure_startup(struct worker *worker)
{
    announce(worker, PROTOCOL_STARTUP);
    struct timer_span span;
    if (!run_batch(worker, 1, &span)) {
        return false;
    }
    worker->series.startup_ns = (double)span.cpu_ns;
    worker->series.startup_wall_ns = (double)span.wall_ns;
    worker->series.output = worker->program.reference;
    return true;
}

/* ---- Warm-up ----------------------------------------------------------------- */

static bool warm_up(struct worker *worker)
{
    announce(worker, PROTOCOL_WARMUP);
    while (!is_warm(worker)) {
        struct timer_span span;
        if (!run_batch(worker, 1, &span) ||
            !series_times_add(&worker->series.warmup, (double)span.cpu_ns)) {
            return false;
        }
    }
    return true;
}

static bool is_warm(const struct worker *worker)
{
    const struct job *job = worker->job;
    const struct series_times *warmup = &worker->series.warmup;
    if (job->has_warmup) {
        return warmup->count >= job->warmup;
    }
    if (warmup->count < WORKER_MIN_WARMUP) {
        return false;
    }
    return steady_has_settled(warmup->values, warmup->count) ||
           (double)elapsed_ns(worker) >= WORKER_WARMUP_SHARE * (double)job->budget_ns ||
           warmup->count >= WORKER_MAX_SAMPLES;
}

/* The last few warm-up iterations tell how long one takes; the first iteration of the
 * process when there was no warm-up. */
static uint32_t choose_batch(const struct worker *worker)
{
    enum {
        LAST = 5
    };
    const struct series_times *warmup = &worker->series.warmup;
    size_t used = warmup->count < LAST ? warmup->count : LAST;
    if (used == 0) {
        return timer_batch(worker->series.startup_ns, WORKER_SAMPLE_NS);
    }
    double last[LAST];
    memcpy(last, warmup->values + warmup->count - used, used * sizeof *last);
    return timer_batch(stats_median_inplace(last, used), WORKER_SAMPLE_NS);
}

/* ---- Timing ------------------------------------------------------------------ */

static bool measure_samples(struct worker *worker)
{
    announce(worker, PROTOCOL_TIMED);
    worker->series.batch = worker->job->counts_ops ? 1 : choose_batch(worker);
    while (!is_measured(worker)) {
        if (!measure_sample(worker)) {
            return false;
        }
    }
    return true;
}

static bool is_measured(const struct worker *worker)
{
    size_t count = worker->series.samples.count;
    if (worker->job->iterations > 0) {
        return count >= worker->job->iterations;
    }
    return count >= WORKER_MIN_SAMPLES &&
           (elapsed_ns(worker) >= worker->job->budget_ns ||
            count >= WORKER_MAX_SAMPLES);
}

static bool measure_sample(struct worker *worker)
{
    double batch = (double)worker->series.batch;
    struct ruff_stats before;
    struct ruff_stats after;
    struct timer_span span;
    ruff_stats(worker->program.runtime, &before);
    if (!run_batch(worker, worker->series.batch, &span)) {
        return false;
    }
    ruff_stats(worker->program.runtime, &after);
    worker->series.interrupted += span.involuntary_switches > 0;
    return series_add_sample(&worker->series, (double)span.cpu_ns / batch,
                             (double)span.wall_ns / batch) &&
           series_times_add(&worker->allocations,
                            (double)(after.allocations - before.allocations) / batch) &&
           series_times_add(&worker->bytes,
                            (double)(after.allocated_bytes - before.allocated_bytes) /
                                batch) &&
           series_times_add(&worker->ops, (double)(after.ops - before.ops) / batch);
}

static bool run_batch(struct worker *worker, uint32_t batch, struct timer_span *span)
{
    struct timer timer;
    timer_start(&timer);
    for (uint32_t i = 0; i < batch; i++) {
        if (!program_run(&worker->program)) {
            return false;
        }
    }
    *span = timer_stop(&timer);
    tick(worker);
    return true;
}

static bool finish_work(struct worker *worker)
{
    worker->series.work = (struct series_work){
        .allocations = median_or_zero(&worker->allocations),
        .bytes = median_or_zero(&worker->bytes),
        .ops = median_or_zero(&worker->ops),
    };
    return true;
}

static double median_or_zero(const struct series_times *times)
{
    double median;
    return stats_median(times->values, times->count, &median) ? median : 0.0;
}

/* ---- Staying in touch -------------------------------------------------------- */

static void announce(struct worker *worker, enum protocol_phase phase)
{
    (void)protocol_send_phase(worker->message_fd, phase);
    worker->told_ns = timer_wall_now();
}

static void tick(struct worker *worker)
{
    uint64_t now_ns = timer_wall_now();
    if (timer_difference(worker->told_ns, now_ns) > TICK_NS) {
        (void)protocol_send_tick(worker->message_fd);
        worker->told_ns = now_ns;
    }
}

static uint64_t elapsed_ns(const struct worker *worker)
{
    return timer_difference(worker->started_ns, timer_wall_now());
}
