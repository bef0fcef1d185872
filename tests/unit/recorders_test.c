/* Sessions on programs with several threads: each has a row, samples and allocations of its
   own. The threads are real, each with a runtime of its own, and call the hooks of the main
   runtime as spawn, parallel_map and their kind do. */
#include "config.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "recording_fixture.h"
#include "runtime.h"
#include "unit.h"

/* Long enough for hundreds of samples at 4999 Hz; a busy machine makes it take longer, not
   have fewer. */
#define SPIN_CPU_NS UINT64_C(150000000)

/* The thread sanitizer holds signals back until the next call of the C library. */
#ifdef RUFF_TSAN
#    define FEWEST_SAMPLES 0u
#else
#    define FEWEST_SAMPLES 50u
#endif

struct worker {
    pthread_t thread;
    struct recording own;
    const struct ruff_intro_hooks *hooks; /* of the main runtime */
    const char *text;
    enum ruff_mode mode;
    unsigned ordinal;
    uint64_t cpu_ns; /* runs until so much is spent; 0: once */
    uint64_t allocated, objects, peak;
    void (*inside)(void); /* called before the end, or NULL */
};

static uint64_t thread_cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void *work(void *context)
{
    struct worker *w = context;
    struct ruff_stats before, after;

    recording_init(&w->own, w->mode, w->text);
    w->own.path[0] = '\0'; /* the profile is the main thread's */
    ruff_stats(w->own.r, &before);
    w->hooks->thread_started(w->hooks->context, w->own.r, w->ordinal);
    do {
        recording_run(&w->own);
    } while (thread_cpu_ns() < w->cpu_ns);
    if (w->inside != NULL)
        w->inside();
    w->hooks->thread_ended(w->hooks->context, w->own.r, w->ordinal);
    ruff_stats(w->own.r, &after);
    w->allocated = after.allocated_bytes - before.allocated_bytes;
    w->objects = after.allocations - before.allocations;
    w->peak = after.peak_bytes - before.live_bytes;
    recording_done(&w->own);
    return NULL;
}

static void start_workers(struct worker *w, unsigned n, const struct worker *like,
                          const struct recording *main)
{
    for (unsigned i = 0; i < n; i++) {
        w[i] = *like;
        w[i].hooks = &main->r->hooks;
        w[i].ordinal = i + 1;
        ck_assert_int_eq(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
    }
}

static void join_workers(struct worker *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        ck_assert_int_eq(pthread_join(w[i].thread, NULL), 0);
}

static struct ruffprof_session *start_session(
    struct recording *f, const struct ruffprof_session_config *config)
{
    struct ruffprof_session_error error;
    struct ruffprof_session *s = ruffprof_session_new(f->r, f->program, config, &error);

    ck_assert_msg(s != NULL, "%s", error.text);
    ck_assert(ruffprof_session_start(s));
    ruffprof_session_run(s, true);
    return s;
}

static struct model *end_session(struct recording *f, struct ruffprof_session *s,
                                 struct ruffprof_summary *summary)
{
    ruffprof_session_run(s, false);
    ruffprof_session_stop(s);
    ruffprof_session_finish(s, RUFFPROF_ENDED, summary);
    return recording_read(f);
}

static enum ruff_mode mode_of(int i)
{
    return i == 0 ? RUFF_MODE_VM : RUFF_MODE_INTERP;
}

/* ---- CPU ------------------------------------------------------------------------------- */

/* Samples at a frame of this name. */
static size_t samples_at(const struct model *m, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < m->sample_count; i++)
        n += strcmp(model_frame_name(m, m->nodes[m->samples[i].node].frame), name) == 0;
    return n;
}

static bool is_in_spin(const struct model *m, const struct model_sample *sample)
{
    const struct model_node *n = &m->nodes[sample->node];

    return strcmp(model_frame_name(m, n->frame), "spin") == 0;
}

START_TEST(test_each_thread_has_its_own_row_and_samples)
{
    enum {
        THREADS = 4
    };
    struct worker like = {
        .text = RECORDING_SPINNING, .mode = mode_of(_i), .cpu_ns = SPIN_CPU_NS};
    struct worker workers[THREADS];
    struct ruffprof_session_config config;
    struct ruffprof_summary summary;
    struct ruffprof_session *s;
    size_t in_spin[THREADS + 1] = {0}, sum = 0;
    struct recording f;
    struct model *m;

    recording_init(&f, like.mode, RECORDING_SPINNING);
    config = recording_cpu_config(&f);
    s = start_session(&f, &config);
    start_workers(workers, THREADS, &like, &f);
    recording_run(&f);
    join_workers(workers, THREADS);
    m = end_session(&f, s, &summary);
    ck_assert(model_complete(m));
    ck_assert_uint_eq(m->thread_count, THREADS + 1);
    ck_assert_uint_eq(summary.threads, THREADS + 1);
    ck_assert_uint_eq(m->sample_count, summary.samples);
    for (size_t i = 0; i < m->sample_count; i++)
        in_spin[m->samples[i].when.thread] += is_in_spin(m, &m->samples[i]);
    ck_assert_str_eq(model_name(m, m->threads[0].name), "main");
    ck_assert_uint_eq(m->threads[0].tid, (uint64_t)getpid());
    for (uint32_t t = 0; t < m->thread_count; t++) {
        const struct model_thread *thread = &m->threads[t];

        sum += thread->samples;
        ck_assert_uint_gt(thread->cpu_ns, 0);
        if (t == 0)
            continue;
        ck_assert_msg(strncmp(model_name(m, thread->name), "ruff-worker-", 12) == 0,
                      "%s", model_name(m, thread->name));
        ck_assert_uint_ne(thread->tid, m->threads[0].tid);
        ck_assert_uint_gt(thread->start_ns, 0);
        ck_assert_uint_gt(thread->end_ns, thread->start_ns);
        ck_assert_uint_ge(thread->samples, FEWEST_SAMPLES);
        ck_assert_uint_ge(thread->first_ns, thread->start_ns);
        ck_assert_uint_le(thread->last_ns, thread->end_ns);
        ck_assert_uint_ge(in_spin[t] * 2, thread->samples);
    }
    ck_assert_uint_eq(sum, m->sample_count);
    model_free(m);
    recording_done(&f);
}
END_TEST

static void spin_outside(void)
{
    uint64_t before = thread_cpu_ns();

    while (thread_cpu_ns() - before < SPIN_CPU_NS) {
    }
}

/* What a thread does outside all frames is its share of the scheduler's work; on the main
   thread it is set-up. */
START_TEST(test_work_between_tasks_is_shown)
{
    struct worker like = {.text = "let x := [1]\n", .inside = spin_outside};
    struct ruffprof_session_config config;
    struct ruffprof_summary summary;
    struct ruffprof_session *s;
    struct worker worker;
    struct recording f;
    struct model *m;

    recording_init(&f, RUFF_MODE_VM, RECORDING_SPINNING);
    config = recording_cpu_config(&f);
    s = start_session(&f, &config);
    start_workers(&worker, 1, &like, &f);
    spin_outside();
    join_workers(&worker, 1);
    m = end_session(&f, s, &summary);
    if (strcmp(summary.trigger, "timer") == 0) {
        ck_assert_uint_eq(samples_at(m, "[scheduler]"), 0);
    } else {
        ck_assert_uint_ge(samples_at(m, "[scheduler]"), FEWEST_SAMPLES);
        ck_assert_uint_eq(m->threads[0].samples, 0);
    }
    ck_assert_uint_eq(samples_at(m, "[idle]"), 0);
    model_free(m);
    recording_done(&f);
}
END_TEST

static size_t open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    size_t n = 0;

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder) != NULL)
        n++;
    closedir(folder);
    return n;
}

static size_t mapped_bytes(void)
{
    FILE *maps = fopen("/proc/self/statm", "r");
    size_t pages = 0;

    ck_assert_ptr_nonnull(maps);
    ck_assert_int_eq(fscanf(maps, "%zu", &pages), 1);
    fclose(maps);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* 400 threads, 4 together: as many descriptors and rings at the end as after the first. */
START_TEST(test_hundreds_of_threads_leave_nothing_behind)
{
    enum {
        THREADS = 4,
        ROUNDS = 100
    };
    struct worker like = {.text = "let x := [1, 2, 3]\n", .mode = RUFF_MODE_VM};
    struct ruffprof_session_config config;
    struct ruffprof_session *s;
    struct worker workers[THREADS];
    size_t files = 0, mapped = 0;
    struct recording f;
    struct model *m;

    recording_init(&f, RUFF_MODE_VM, RECORDING_SPINNING);
    config = recording_cpu_config(&f);
    config.mem = true;
    config.mem_mean_bytes = _i == 0 ? 0 : 64;
    s = start_session(&f, &config);
    for (unsigned i = 0; i < ROUNDS; i++) {
        start_workers(workers, THREADS, &like, &f);
        join_workers(workers, THREADS);
        if (i == 10) {
            files = open_files();
            mapped = mapped_bytes();
        }
    }
    ck_assert_uint_eq(open_files(), files);
    /* A recorder's rings are 2 MiB, its tables as much again; allocators' arenas vary. */
    ck_assert_uint_le(mapped_bytes(), mapped + (64u << 20));
    m = end_session(&f, s, NULL);
    ck_assert_uint_eq(m->thread_count, THREADS * ROUNDS + 1);
    for (uint32_t t = 1; t < m->thread_count; t++)
        ck_assert_uint_ge(m->threads[t].end_ns, m->threads[t].start_ns);
    model_free(m);
    recording_done(&f);
}
END_TEST

/* ---- memory ------------------------------------------------------------------------------- */

/* Counted exactly: as much as the runtimes say; nothing of a thread that has ended is alive; the
   peak is that of all together, not the sum of theirs. */
START_TEST(test_exact_counts_of_threads_add_up)
{
    enum {
        THREADS = 3,
        ROUNDS = 3
    };
    struct worker like = {.text = RECORDING_ALLOCATING, .mode = mode_of(_i)};
    double bytes = 0, objects = 0, live = 0, peak = 0, exact = 0, exact_objects = 0;
    struct ruffprof_session_config config;
    struct worker workers[THREADS];
    struct ruffprof_session *s;
    struct recording f;
    struct model *m;

    recording_init(&f, like.mode, "let nothing := 1\n");
    config = recording_memory_config(&f, 0);
    s = start_session(&f, &config);
    for (unsigned round = 0; round < ROUNDS; round++) {
        start_workers(workers, THREADS, &like, &f);
        join_workers(workers, THREADS);
        for (unsigned i = 0; i < THREADS; i++) {
            exact += (double)workers[i].allocated;
            exact_objects += (double)workers[i].objects;
        }
    }
    m = end_session(&f, s, NULL);
    ck_assert(m->alloc_exact);
    for (size_t i = 0; i < m->alloc_count; i++) {
        bytes += m->allocs[i].bytes;
        objects += m->allocs[i].objects;
        live += m->allocs[i].live_bytes;
        peak += m->allocs[i].peak_bytes;
    }
    ck_assert_uint_eq((uint64_t)bytes, (uint64_t)exact);
    ck_assert_uint_eq((uint64_t)objects, (uint64_t)exact_objects);
    ck_assert_int_eq((int64_t)live, 0);
    ck_assert_uint_ge((uint64_t)peak, workers[0].peak);
    ck_assert_uint_le((uint64_t)peak, THREADS * workers[0].peak);
    ck_assert_uint_eq(m->thread_count, THREADS * ROUNDS + 1);
    for (uint32_t t = 1; t < m->thread_count; t++)
        ck_assert_uint_eq((uint64_t)m->threads[t].alloc_bytes, workers[0].allocated);
    model_free(m);
    recording_done(&f);
}
END_TEST

START_TEST(test_sampled_objects_go_with_their_thread)
{
    enum {
        THREADS = 3
    };
    struct worker like = {.text = RECORDING_ALLOCATING, .mode = mode_of(_i)};
    struct ruffprof_session_config config;
    struct worker workers[THREADS];
    struct ruffprof_session *s;
    struct recording f;
    struct model *m;

    recording_init(&f, like.mode, "let nothing := 1\n");
    config = recording_memory_config(&f, 512);
    s = start_session(&f, &config);
    start_workers(workers, THREADS, &like, &f);
    join_workers(workers, THREADS);
    m = end_session(&f, s, NULL);
    for (uint32_t t = 1; t < m->thread_count; t++)
        ck_assert_uint_ge(m->threads[t].alloc_records, 50);
    for (size_t i = 0; i < m->alloc_count; i++)
        ck_assert_double_eq(m->allocs[i].live_bytes, 0);
    model_free(m);
    recording_done(&f);
}
END_TEST

/* ---- bad days ---------------------------------------------------------------------------------- */

/* Killed with threads at work: the file has their rows and samples. */
START_TEST(test_kill_leaves_the_threads_readable)
{
    enum {
        THREADS = 3
    };
    struct ruffprof_session_config config;
    struct recording f;
    struct model *m;
    int ready[2];
    pid_t child;
    char byte;

    recording_init(&f, RUFF_MODE_VM, RECORDING_SPINNING);
    config = recording_cpu_config(&f);
    ck_assert_int_eq(pipe(ready), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct worker like = {
            .text = RECORDING_SPINNING, .mode = RUFF_MODE_VM, .cpu_ns = UINT64_MAX};
        struct worker workers[THREADS];
        uint64_t before = thread_cpu_ns();

        start_session(&f, &config);
        start_workers(workers, THREADS, &like, &f);
        /* Two blocks' time on this thread: the others have had theirs. */
        while (thread_cpu_ns() - before < 2 * SPIN_CPU_NS) {
        }
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        join_workers(workers, THREADS);
        _exit(0);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    m = recording_read(&f);
    ck_assert(!model_complete(m));
    ck_assert_uint_eq(m->damage.damaged_blocks, 0);
    ck_assert_uint_eq(m->thread_count, THREADS + 1);
    for (uint32_t t = 1; t < m->thread_count; t++) {
        ck_assert(m->threads[t].named);
        ck_assert_uint_eq(m->threads[t].end_ns, 0);
        ck_assert_uint_ge(m->threads[t].samples, FEWEST_SAMPLES > 0 ? 1 : 0);
    }
    model_free(m);
    recording_done(&f);
    close(ready[0]);
    close(ready[1]);
}
END_TEST

/* No descriptor is left for a thread's event: a timer samples it, and the file says so. */
START_TEST(test_thread_without_its_event_falls_back)
{
    struct worker like = {
        .text = RECORDING_SPINNING, .mode = RUFF_MODE_VM, .cpu_ns = SPIN_CPU_NS};
    struct ruffprof_session_config config;
    struct ruffprof_summary summary;
    struct ruffprof_session *s;
    struct rlimit old, none;
    struct worker worker;
    struct recording f;
    const char *said;
    struct model *m;

    recording_init(&f, RUFF_MODE_VM, RECORDING_SPINNING);
    config = recording_cpu_config(&f);
    s = start_session(&f, &config);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
    none = old;
    none.rlim_cur = 0;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    start_workers(&worker, 1, &like, &f);
    join_workers(&worker, 1);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
    m = end_session(&f, s, &summary);
    ck_assert_uint_eq(m->thread_count, 2);
    ck_assert_uint_ge(m->threads[1].samples, FEWEST_SAMPLES / 2);
    said = model_meta(m, "thread_fallback");
    if (strcmp(summary.trigger, "timer") == 0)
        ck_assert_ptr_null(said); /* no better one here for the main thread either */
    else
        ck_assert_msg(said != NULL && strstr(said, "ruff-worker-1: timer") == said,
                      "%s", said != NULL ? said : "nothing");
    model_free(m);
    recording_done(&f);
}
END_TEST

/* Counted by a handler of the program's own, on any thread. */
static int foreign_signals;

static void on_foreign(int signal_number)
{
    (void)signal_number;
    __atomic_add_fetch(&foreign_signals, 1, __ATOMIC_RELAXED);
}

static void raise_trap(void)
{
    raise(SIGTRAP);
}

/* A second sampler must not take our own handler for what was there before. */
START_TEST(test_foreign_signal_in_a_thread_reaches_its_handler_once)
{
    struct worker like = {.text = RECORDING_SPINNING, .inside = raise_trap};
    struct ruffprof_session_config config;
    struct ruffprof_session *s;
    struct worker workers[3];
    struct recording f;

    signal(SIGTRAP, on_foreign);
    recording_init(&f, RUFF_MODE_VM, RECORDING_SPINNING);
    config = recording_cpu_config(&f);
    s = start_session(&f, &config);
    start_workers(workers, 3, &like, &f);
    join_workers(workers, 3);
    ck_assert_int_eq(__atomic_load_n(&foreign_signals, __ATOMIC_RELAXED), 3);
    model_free(end_session(&f, s, NULL));
    raise(SIGTRAP);
    ck_assert_int_eq(__atomic_load_n(&foreign_signals, __ATOMIC_RELAXED), 4);
    recording_done(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recorders");
    TCase *both = tcase_create("both"), *once = tcase_create("once");

    tcase_set_timeout(both, 240);
    tcase_set_timeout(once, 240);
    tcase_add_loop_test(both, test_each_thread_has_its_own_row_and_samples, 0, 2);
    tcase_add_loop_test(both, test_hundreds_of_threads_leave_nothing_behind, 0, 2);
    tcase_add_loop_test(both, test_exact_counts_of_threads_add_up, 0, 2);
    tcase_add_loop_test(both, test_sampled_objects_go_with_their_thread, 0, 2);
    tcase_add_test(once, test_work_between_tasks_is_shown);
    tcase_add_test(once, test_kill_leaves_the_threads_readable);
    tcase_add_test(once, test_thread_without_its_event_falls_back);
    tcase_add_test(once, test_foreign_signal_in_a_thread_reaches_its_handler_once);
    suite_add_tcase(suite, both);
    suite_add_tcase(suite, once);
    return unit_run(suite);
}
