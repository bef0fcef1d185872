/*
 * A recording: a recorder for each thread that runs Ruff code, the drain thread, the file.
 */
#include "config.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <ruffprof_session.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <ruff_introspect.h>

#include "cfi.h"
#include "collector.h"
#include "events.h"
#include "process_memory.h"
#include "recorders.h"
#include "rprof_writer.h"
#include "unwind.h"
#include "walker.h"

#include "base/os_linux.h"

#define SOURCE_ID           1u
/* The drain thread looks this often. */
#define DRAIN_INTERVAL_NS   20000000
/* Looks for new modules are at least so far apart: some addresses have none. */
#define MODULES_INTERVAL_NS UINT64_C(500000000)

struct ruffprof_session {
    struct ruff *r;
    struct rprof_writer *writer;
    struct collector *collector;
    struct recorder_plan plan; /* the same for all threads */
    struct sampler_signals signals;
    struct recorders recorders;
    struct cfi *cfi;           /* NULL: no native frames wanted */
    struct unwinder *unwinder; /* NULL: nothing is left to libunwind */
    uint64_t modules_unknown, modules_looked_ns;
    char fallback[256];
    uint64_t started_ns, runs;
    uint64_t cpu_ns;           /* of the main thread, inside runs */
    uint64_t sampling_ends_ns; /* 0: no limit; the drain thread clears it when done */
    bool on;

    /* The drain thread; `lock` also guards writer, collector and ending. */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool ending, has_thread;
};

void ruffprof_session_config_init(struct ruffprof_session_config *config)
{
    *config = (struct ruffprof_session_config){
        .cpu = true,
        .mem_mean_bytes = 512u << 10,
        .event = "auto",
        .freq_hz = 997,
        .jitter_percent = 50,
        .jitter_every = 1,
        .stack_bytes = 16384,
    };
}

/* ---- draining ------------------------------------------------------------------------- */

/* Samples with addresses outside all known modules: code was loaded since. Caller holds the
   lock. */
static void look_for_modules(struct ruffprof_session *s)
{
    uint64_t now = os_monotonic_ns();
    struct modules *modules;

    if (s->cfi == NULL || collector_unknown(s->collector) == s->modules_unknown ||
        now - s->modules_looked_ns < MODULES_INTERVAL_NS)
        return;
    s->modules_unknown = collector_unknown(s->collector);
    s->modules_looked_ns = now;
    modules = modules_snapshot();
    if (modules == NULL)
        return;
    cfi_update(s->cfi, modules);
    if (s->unwinder != NULL)
        unwinder_set_modules(s->unwinder, modules);
    collector_take_modules(s->collector, modules);
}

/* Caller holds the lock. */
static void drain(struct ruffprof_session *s)
{
    recorders_drain(&s->recorders);
    look_for_modules(s);
    rprof_writer_tick(s->writer, os_monotonic_ns());
}

static void *drain_main(void *context)
{
    struct ruffprof_session *s = context;

    pthread_mutex_lock(&s->lock);
    while (!s->ending) {
        struct timespec until;

        drain(s);
        if (s->sampling_ends_ns != 0 && os_monotonic_ns() >= s->sampling_ends_ns) {
            s->sampling_ends_ns = 0;
            recorders_mute(&s->recorders);
        }
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += DRAIN_INTERVAL_NS;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&s->wake, &s->lock, &until);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static bool start_thread(struct ruffprof_session *s)
{
    sigset_t all, old;
    int error;

    /* No signal of the program may land on the drain thread. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    error = pthread_create(&s->thread, NULL, drain_main, s);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    s->has_thread = error == 0;
    return s->has_thread;
}

/* ---- facts about the recording ------------------------------------------------------------ */

static void write_machine(struct rprof_writer *w)
{
    struct utsname name;

    rprof_writer_meta(w, "producer", "ruffprof " RUFF_VERSION);
    rprof_writer_meta_number(w, "start_time", os_wall_ns());
    rprof_writer_meta_number(w, "cpus", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    if (uname(&name) == 0) {
        rprof_writer_meta(w, "host", name.nodename);
        rprof_writer_meta(w, "kernel", name.release);
    }
}

static const char *unwinder_name(enum ruffprof_unwind u)
{
    return u == RUFFPROF_UNWIND_LIBUNWIND ? "libunwind"
           : u == RUFFPROF_UNWIND_FAST    ? "fast"
                                          : "auto";
}

static void write_facts(struct ruffprof_session *s, const struct ruff_program *program,
                        const struct ruffprof_session_config *config)
{
    struct rprof_writer *w = s->writer;
    const char *path = ruff_program_path(program), *text;
    size_t len;

    text = ruff_program_text(program, &len);
    write_machine(w);
    rprof_writer_meta(w, "script", path);
    if (config->command_line != NULL)
        rprof_writer_meta(w, "command", config->command_line);
    if (config->mode != NULL)
        rprof_writer_meta(w, "mode", config->mode);
    rprof_writer_meta(w, "event",
                      config->cpu ? s->plan.sampler.trigger.event.name : "");
    rprof_writer_meta(w, "event_asked", config->event);
    rprof_writer_meta(w, "weight_unit",
                      s->plan.sampler.trigger.event.is_clock ? "ns" : "count");
    rprof_writer_meta(w, "trigger", recorder_trigger_name(s->recorders.main));
    if (s->fallback[0] != '\0')
        rprof_writer_meta(w, "fallback_reason", s->fallback);
    if (config->cpu && config->count == 0)
        rprof_writer_meta_number(w, "freq", config->freq_hz);
    rprof_writer_meta_number(w, "period", s->plan.sampler.trigger.period);
    rprof_writer_meta_number(w, "jitter_every", config->jitter_every);
    rprof_writer_meta(w, "unwinder", unwinder_name(config->unwind));
    rprof_writer_meta(w, "alloc_mode",
                      !config->mem                  ? "off"
                      : config->mem_mean_bytes == 0 ? "exact"
                                                    : "sampled");
    rprof_writer_meta_number(w, "alloc_mean", config->mem ? config->mem_mean_bytes : 0);
    if (config->wall)
        rprof_writer_meta(w, "wall", "1");
    rprof_writer_source(w, SOURCE_ID, path,
                        rprof_source_hash((const uint8_t *)text, len),
                        config->no_source ? NULL : text, len);
    rprof_writer_thread(w, RECORDERS_MAIN, "main", (uint64_t)gettid(), s->started_ns);
}

/* ---- making ------------------------------------------------------------------------------ */

/* The file that could not even take the header; nothing that was there before. */
static void forget_empty(const char *path)
{
    struct stat sb;

    if (lstat(path, &sb) == 0 && S_ISREG(sb.st_mode) && sb.st_size == 0)
        unlink(path);
}

static bool open_file(struct ruffprof_session *s, const char *path,
                      struct ruffprof_session_error *error)
{
    int code = 0;
    enum rprof_writer_status status = rprof_writer_open(&s->writer, path, NULL, &code);

    if (status == RPROF_WRITER_OK)
        return true;
    if (status != RPROF_WRITER_OPEN_FAILED)
        forget_empty(path);
    error->status = RUFF_IO_ERROR;
    if (status == RPROF_WRITER_NO_MEMORY)
        code = ENOMEM;
    snprintf(error->text, sizeof error->text,
             "cannot write %s: %s (os error %d): choose another file with -o", path,
             strerror(code), code);
    return false;
}

/* The events behind the first comma of the list. */
static bool find_extra(struct ruffprof_session *s, const char *names,
                       struct ruffprof_session_error *error)
{
    char *text = strdup(names), *save = NULL;
    bool ok = text != NULL;

    for (char *name = ok ? strtok_r(text, ",", &save) : NULL; ok && name != NULL;
         name = strtok_r(NULL, ",", &save)) {
        struct event_error wrong;
        char fallback[256];

        error->status = RUFF_BAD_USAGE;
        if (s->plan.extra_count == RECORDER_EXTRA_MAX) {
            snprintf(error->text, sizeof error->text,
                     "more than %u events to count: record twice", RECORDER_EXTRA_MAX);
            ok = false;
        } else if (!event_find(name, NULL, &s->plan.extra[s->plan.extra_count],
                               fallback, sizeof fallback, &wrong)) {
            snprintf(error->text, sizeof error->text, "%s", wrong.text);
            ok = false;
        } else {
            s->plan.extra_count++;
        }
    }
    free(text);
    return ok;
}

static void write_extra(struct ruffprof_session *s)
{
    for (size_t i = 0; i < s->plan.extra_count; i++) {
        char key[80];

        snprintf(key, sizeof key, "count %s", s->plan.extra[i].name);
        rprof_writer_meta_number(s->writer, key, s->plan.extra_sums[i]);
    }
}

/* What to sample and to count. */
static bool find_events(struct ruffprof_session *s, const char *events,
                        struct ruffprof_session_error *error)
{
    struct event_error wrong;
    char *names = strdup(events), *comma;
    bool ok;

    if (names == NULL)
        return false;
    comma = strchr(names, ',');
    if (comma != NULL)
        *comma = '\0';
    ok = event_find(names, NULL, &s->plan.sampler.trigger.event, s->fallback,
                    sizeof s->fallback, &wrong);
    if (!ok) {
        error->status = RUFF_BAD_USAGE;
        snprintf(error->text, sizeof error->text, "%s", wrong.text);
    } else if (comma != NULL) {
        ok = find_extra(s, comma + 1, error);
    }
    free(names);
    return ok;
}

static bool plan_sampling(struct ruffprof_session *s,
                          const struct ruffprof_session_config *config,
                          struct ruffprof_session_error *error)
{
    struct sampler_config *sc = &s->plan.sampler;
    struct trigger_config *tc = &sc->trigger;

    if (!find_events(s, config->event, error))
        return false;
    sc->signals = &s->signals;
    tc->period = config->count != 0 ? config->count : 1000000000u / config->freq_hz;
    if (config->count == 0 && !tc->event.is_clock &&
        tc->event.type == PERF_TYPE_SOFTWARE) {
        tc->period = 1;
        sc->adapt_hz = config->freq_hz;
    } else if (config->count == 0 && !tc->event.is_clock) {
        tc->frequency_hz = config->freq_hz;
    }
    tc->jitter_percent = config->jitter_percent;
    tc->jitter_every = config->jitter_every;
    tc->wall = config->wall;
    sc->keep_idle = config->wall;
    tc->seed = s->plan.seed;
    if (s->cfi != NULL && config->unwind != RUFFPROF_UNWIND_LIBUNWIND) {
        sc->walk = walker_walk;
        sc->walk_context = s->cfi;
    }
    if (s->cfi != NULL && config->unwind != RUFFPROF_UNWIND_FAST)
        sc->slice_bytes = config->stack_bytes;
#ifdef RUFF_TSAN
    tc->no_sigtrap = true;
    tc->late_signals = true;
#endif
    return true;
}

/* The recorder of this thread; what it cannot do is an error. */
static bool open_main(struct ruffprof_session *s, struct ruffprof_session_error *error)
{
    struct trigger_reason reason;
    enum recorder_status status;
    size_t used;

    status = recorders_open(&s->recorders, s->r, &reason);
    if (status == RECORDER_MEMORY)
        return false;
    if (status != RECORDER_OK) {
        error->status = RUFF_BAD_USAGE;
        if (status == RECORDER_NO_SAMPLER)
            snprintf(error->text, sizeof error->text, "cannot sample %s: %s",
                     s->plan.sampler.trigger.event.name, reason.text);
        else
            snprintf(error->text, sizeof error->text, "%s", reason.text);
        return false;
    }
    used = strlen(s->fallback);
    if (reason.text[0] != '\0')
        snprintf(s->fallback + used, sizeof s->fallback - used, "%s%s",
                 used > 0 ? "; " : "", reason.text);
    return true;
}

/* Tables for the handler, and libunwind for what is left to it. */
static bool prepare_unwinding(struct ruffprof_session *s,
                              const struct ruffprof_session_config *config)
{
    const struct modules *modules = collector_modules(s->collector);

    if (!cfi_update(s->cfi, modules))
        return false;
    if (config->unwind == RUFFPROF_UNWIND_FAST)
        return true;
    s->unwinder = unwinder_new(modules);
    if (s->unwinder != NULL)
        collector_set_unwinder(s->collector, unwinder_leaf, s->unwinder);
    return true;
}

/* Everything but the writer. */
static void session_free(struct ruffprof_session *s)
{
    if (s->has_thread) {
        pthread_mutex_lock(&s->lock);
        s->ending = true;
        pthread_cond_signal(&s->wake);
        pthread_mutex_unlock(&s->lock);
        pthread_join(s->thread, NULL);
    }
    recorders_done(&s->recorders);
    sampler_signals_done(&s->signals);
    collector_free(s->collector);
    unwinder_free(s->unwinder);
    cfi_free(s->cfi);
    pthread_cond_destroy(&s->wake);
    pthread_mutex_destroy(&s->lock);
}

static struct ruffprof_session *session_new(
    struct ruff *r, const struct ruffprof_session_config *config)
{
    struct ruffprof_session *s = calloc(1, sizeof *s);
    pthread_condattr_t attr;

    if (s == NULL)
        return NULL;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->wake, &attr);
    pthread_condattr_destroy(&attr);
    sampler_signals_init(&s->signals);
    s->r = r;
    s->plan.cpu = config->cpu;
    s->plan.memory = !config->mem                  ? RECORDER_NO_MEMORY
                     : config->mem_mean_bytes == 0 ? RECORDER_EXACT
                                                   : RECORDER_SAMPLED;
    s->plan.mem_mean_bytes = config->mem_mean_bytes;
    s->plan.seed = config->seed != 0 ? config->seed : os_monotonic_ns();
    s->plan.lock = &s->lock;
    recorders_init(&s->recorders, &s->plan);
    return s;
}

struct ruffprof_session *ruffprof_session_new(
    struct ruff *r, const struct ruff_program *program,
    const struct ruffprof_session_config *config, struct ruffprof_session_error *error)
{
    struct ruffprof_session *s = session_new(r, config);

    error->status = RUFF_NO_MEMORY;
    snprintf(error->text, sizeof error->text,
             "not enough memory to record: close other programs");
    if (s == NULL)
        return NULL;
    if (config->cpu &&
        (config->native || config->unwind == RUFFPROF_UNWIND_LIBUNWIND)) {
        s->cfi = cfi_new();
        if (s->cfi == NULL)
            goto fail;
    }
    if (config->cpu && !plan_sampling(s, config, error))
        goto fail;
    if (!open_main(s, error) || !open_file(s, config->output, error))
        goto fail;
    s->collector = collector_new(r, s->writer, ruff_program_path(program), SOURCE_ID);
    if (s->collector == NULL)
        goto fail;
    s->plan.writer = s->writer;
    s->plan.collector = s->collector;
    if (s->cfi != NULL && !prepare_unwinding(s, config))
        goto fail;
    s->started_ns = os_monotonic_ns();
    rprof_writer_origin(s->writer, s->started_ns);
    if (config->duration_ns != 0 && config->cpu)
        s->sampling_ends_ns = s->started_ns + config->duration_ns;
    write_facts(s, program, config);
    rprof_writer_flush(s->writer);
    if (!start_thread(s))
        goto fail;
    return s;
fail:
    session_free(s);
    if (s->writer != NULL)
        rprof_writer_abandon(s->writer);
    free(s);
    return NULL;
}

/* ---- recording ------------------------------------------------------------------------------- */

bool ruffprof_session_start(struct ruffprof_session *s)
{
    if (s->on)
        return true;
    s->on = true;
    return recorder_start(s->recorders.main, false);
}

void ruffprof_session_run(struct ruffprof_session *s, bool begins)
{
    uint64_t now = os_monotonic_ns();

    if (!begins)
        s->cpu_ns += recorder_clock_stops(s->recorders.main);
    pthread_mutex_lock(&s->lock);
    rprof_writer_mark(s->writer, now,
                      begins ? RPROF_MARK_RUN_BEGIN : RPROF_MARK_RUN_END, s->runs + 1);
    if (!begins)
        recorder_write_cpu_time(s->recorders.main, now);
    pthread_mutex_unlock(&s->lock);
    if (begins)
        recorder_clock_starts(s->recorders.main);
    else
        s->runs++;
}

void ruffprof_session_stop(struct ruffprof_session *s)
{
    if (!s->on)
        return;
    recorder_stop(s->recorders.main);
    s->on = false;
    pthread_mutex_lock(&s->lock);
    drain(s);
    pthread_mutex_unlock(&s->lock);
}

uint64_t ruffprof_session_samples(const struct ruffprof_session *s)
{
    return recorders_samples(&s->recorders);
}

uint64_t ruffprof_session_cpu_ns(const struct ruffprof_session *s)
{
    return s->cpu_ns + recorders_ended_cpu_ns(&s->recorders);
}

void ruffprof_session_iteration(struct ruffprof_session *s, uint64_t index, bool begins)
{
    uint64_t now = os_monotonic_ns();

    pthread_mutex_lock(&s->lock);
    /* Counters know no times: what they have belongs before the mark. */
    recorder_write_counts(s->recorders.main, now);
    /* In the file 0 means outside any iteration. */
    rprof_writer_mark(s->writer, now + 1,
                      begins ? RPROF_MARK_ITERATION_BEGIN : RPROF_MARK_ITERATION_END,
                      index + 1);
    pthread_mutex_unlock(&s->lock);
}

void ruffprof_session_phase(struct ruffprof_session *s, bool warmup)
{
    pthread_mutex_lock(&s->lock);
    rprof_writer_mark(s->writer, os_monotonic_ns(), RPROF_MARK_PHASE,
                      warmup ? RPROF_PHASE_WARMUP : RPROF_PHASE_STEADY);
    pthread_mutex_unlock(&s->lock);
}

void ruffprof_session_fact(struct ruffprof_session *s, const char *key,
                           const char *value)
{
    pthread_mutex_lock(&s->lock);
    rprof_writer_meta(s->writer, key, value);
    pthread_mutex_unlock(&s->lock);
}

/* What the process holds by its allocator's own count, and what of it is ours. */
static void write_memory(struct ruffprof_session *s)
{
    struct process_memory memory;

    if (process_memory_read(&memory)) {
        rprof_writer_meta_number(s->writer, "mem_allocated", memory.allocated);
        rprof_writer_meta_number(s->writer, "mem_active", memory.active);
        rprof_writer_meta_number(s->writer, "mem_resident", memory.resident);
        rprof_writer_meta_number(s->writer, "mem_retained", memory.retained);
    }
    rprof_writer_meta_number(s->writer, "mem_profiler",
                             recorders_bytes(&s->recorders) +
                                 (s->cfi != NULL ? cfi_bytes(s->cfi) : 0));
}

/* ---- the end ----------------------------------------------------------------------------------- */

static enum rprof_end_reason reason_of(enum ruffprof_ending ending)
{
    switch (ending) {
    case RUFFPROF_ENDED_SIGINT: return RPROF_END_SIGINT;
    case RUFFPROF_ENDED_SIGTERM: return RPROF_END_SIGTERM;
    case RUFFPROF_ENDED: break;
    }
    return RPROF_END_NORMAL;
}

static void summarize(const struct ruffprof_session *s, struct ruffprof_summary *out)
{
    struct collector_totals totals;
    int error = 0;

    memset(out, 0, sizeof *out);
    collector_totals(s->collector, &totals);
    out->samples = totals.samples;
    out->alloc_samples = totals.alloc_samples;
    out->alloc_bytes = totals.alloc_bytes;
    out->duration_ns = os_monotonic_ns() - s->started_ns;
    out->runs = s->runs;
    snprintf(out->event, sizeof out->event, "%s", s->plan.sampler.trigger.event.name);
    snprintf(out->fallback_reason, sizeof out->fallback_reason, "%s", s->fallback);
    snprintf(out->trigger, sizeof out->trigger, "%s",
             recorder_trigger_name(s->recorders.main));
    out->cpu_ns = ruffprof_session_cpu_ns(s);
    out->lost = recorders_lost(&s->recorders);
    out->threads = recorders_threads(&s->recorders);
    for (uint32_t i = 0; i < sizeof out->hottest / sizeof out->hottest[0]; i++) {
        const char *name = NULL;

        if (collector_hottest(s->collector, i, &name, &out->hottest[i].share) &&
            name != NULL)
            snprintf(out->hottest[i].name, sizeof out->hottest[i].name, "%s", name);
    }
    if (rprof_writer_status(s->writer, &error) != RPROF_WRITER_OK)
        snprintf(out->write_error, sizeof out->write_error, "%s", strerror(error));
}

void ruffprof_session_finish(struct ruffprof_session *s, enum ruffprof_ending ending,
                             struct ruffprof_summary *summary)
{
    struct rprof_ending end = {.reason = reason_of(ending)};
    struct ruffprof_summary facts;

    ruffprof_session_stop(s);
    pthread_mutex_lock(&s->lock);
    recorder_write_rest(s->recorders.main, os_monotonic_ns());
    recorders_write_facts(&s->recorders);
    write_memory(s);
    write_extra(s);
    rprof_writer_flush(s->writer);
    pthread_mutex_unlock(&s->lock);
    summarize(s, &facts);
    session_free(s);
    end.duration_ns = facts.duration_ns;
    facts.file_bytes = rprof_writer_bytes(s->writer);
    if (rprof_writer_close(s->writer, &end) != RPROF_WRITER_OK &&
        facts.write_error[0] == '\0')
        snprintf(facts.write_error, sizeof facts.write_error,
                 "the end could not be written");
    if (summary != NULL)
        *summary = facts;
    free(s);
}
