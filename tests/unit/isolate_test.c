/* Threads of a program as tools and embedders see them. */
#include "config.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ruff.h>
#include <ruff_introspect.h>

#include "unit.h"

#include "base/os_linux.h"
#include "base/strbuf.h"

enum {
    THREADS_MAX = 64
};

/* Two items that wait for each other without ever giving their thread away: with one thread
   this would not end. */
static const char MEETING[] = "func meet(i) {\n"
                              "    shared_set(\"here\" + str(i), true)\n"
                              "    while !shared_has(\"here\" + str(1 - i)) { }\n"
                              "    print(\"met\")\n"
                              "    return i\n"
                              "}\n"
                              "print(await parallel_map([0, 1], meet))\n";

struct watcher {
    struct ruff *root;
    pthread_mutex_t lock;
    pid_t threads[THREADS_MAX];
    unsigned nstarted, nended, nalive, most;
    bool alive[THREADS_MAX];
    bool named; /* the function was found by its id on a thread */
    atomic_uint allocations;
    struct strbuf out;
};

static void on_alloc(void *context, const void *address, size_t size, unsigned cause)
{
    struct watcher *w = context;
    (void)address;
    (void)size;
    (void)cause;
    atomic_fetch_add(&w->allocations, 1);
}

static void thread_started(void *context, struct ruff *isolate, unsigned ordinal)
{
    struct watcher *w = context;
    const struct ruff_intro_hooks hooks = {.context = w, .alloc = on_alloc};
    char name[32] = "", expected[32];
    ck_assert_ptr_ne(isolate, w->root);
    ck_assert_int_eq(ruff_intro_state(isolate), RUFF_INTRO_IDLE);
    ruff_intro_set_hooks(isolate, &hooks, 0, 1);
    pthread_getname_np(pthread_self(), name, sizeof name);
    snprintf(expected, sizeof expected, "ruff-worker-%u", ordinal);
    ck_assert_str_eq(name, expected);
    pthread_mutex_lock(&w->lock);
    ck_assert_uint_ge(ordinal, 1);
    ck_assert_uint_lt(ordinal, THREADS_MAX);
    ck_assert(!w->alive[ordinal]);
    w->alive[ordinal] = true;
    w->threads[w->nstarted++ % THREADS_MAX] = (pid_t)syscall(SYS_gettid);
    if (++w->nalive > w->most)
        w->most = w->nalive;
    pthread_mutex_unlock(&w->lock);
}

static void thread_ended(void *context, struct ruff *isolate, unsigned ordinal)
{
    struct watcher *w = context;
    struct ruff_intro_function f;
    pthread_mutex_lock(&w->lock);
    for (uint32_t id = 1; id < 10; id++)
        w->named = w->named || (ruff_intro_function(isolate, id, &f) &&
                                strcmp(f.name, "meet") == 0);
    w->alive[ordinal] = false;
    w->nalive--;
    w->nended++;
    pthread_mutex_unlock(&w->lock);
}

static bool write_out(void *context, int stream, const char *data, size_t len)
{
    struct watcher *w = context;
    (void)stream;
    return strbuf_append(&w->out, data, len);
}

static struct ruff *watched(struct watcher *w, enum ruff_mode mode)
{
    struct ruff_config config;
    const struct ruff_intro_hooks hooks = {
        .context = w, .thread_started = thread_started, .thread_ended = thread_ended};
    memset(w, 0, sizeof *w);
    strbuf_init(&w->out);
    pthread_mutex_init(&w->lock, NULL);
    ruff_config_init(&config);
    config.mode = mode;
    config.write = write_out;
    config.write_context = w;
    w->root = ruff_new(&config);
    ck_assert_ptr_nonnull(w->root);
    ruff_intro_set_hooks(w->root, &hooks, 0, 1);
    return w->root;
}

static void end_watching(struct watcher *w)
{
    ruff_free(w->root);
    strbuf_done(&w->out);
    pthread_mutex_destroy(&w->lock);
}

static enum ruff_status run_text(struct ruff *r, const char *text)
{
    struct ruff_program *p = NULL;
    struct ruff_result result;
    ck_assert_int_eq(ruff_load_text(r, "t.ruff", text, strlen(text), &p), RUFF_OK);
    enum ruff_status status = ruff_run(r, p, NULL, &result);
    ruff_result_done(&result);
    ruff_program_free(p);
    return status;
}

START_TEST(test_isolate_items_run_on_several_threads)
{
    struct watcher w;
    if (os_cpu_count() < 2)
        return; /* one thread for work; then the items would wait for ever */
    for (int mode = RUFF_MODE_INTERP; mode <= RUFF_MODE_VM; mode++) {
        struct ruff *r = watched(&w, (enum ruff_mode)mode);
        /* The isolates are kept, the threads are not. */
        for (int run = 0; run < 3; run++) {
            strbuf_clear(&w.out);
            w.nstarted = w.nended = w.most = 0;
            w.named = false;
            ck_assert_int_eq(run_text(r, MEETING), RUFF_OK);
            ck_assert_str_eq(strbuf_str(&w.out), "met\nmet\n[0, 1]\n");
            ck_assert_uint_ge(w.most, 2);
            ck_assert_uint_eq(w.nended, w.nstarted);
            ck_assert_uint_eq(w.nalive, 0);
            ck_assert_int_ne(w.threads[0], w.threads[1]);
            ck_assert_int_ne(w.threads[0], (pid_t)syscall(SYS_gettid));
            ck_assert(w.named);
        }
        ck_assert_uint_gt(atomic_load(&w.allocations), 0);
        end_watching(&w);
    }
}
END_TEST

START_TEST(test_isolate_threads_only_for_work)
{
    struct watcher w;
    struct ruff *r = watched(&w, RUFF_MODE_VM);
    ck_assert_int_eq(run_text(r, "async func f() { await async_sleep(0) }\n"
                                 "c := channel(); c.send(1); c.receive()\n"
                                 "await f(); shared_set(\"k\", [1])\n"),
                     RUFF_OK);
    ck_assert_uint_eq(w.nstarted, 0);
    /* The pool size bounds them. */
    ck_assert_int_eq(run_text(r,
                              "set_task_pool_size(1)\n"
                              "await parallel_map(range(100), func(x) { return x })\n"),
                     RUFF_OK);
    ck_assert_uint_eq(w.nstarted, 1);
    end_watching(&w);
}
END_TEST

START_TEST(test_isolate_counters_are_summed)
{
    struct watcher w;
    struct ruff_stats before, after;
    struct ruff *r = watched(&w, RUFF_MODE_VM);
    ruff_stats(r, &before);
    ck_assert_int_eq(
        run_text(r, "await await_task(spawn_task(func() { let a := []; for i in 5000 { "
                    "a := push(a, str(i)) }; return 1 }))\n"),
        RUFF_OK);
    ruff_stats(r, &after);
    ck_assert_uint_ge(after.allocations - before.allocations, 5000);
    ck_assert_uint_eq(after.objects_alive, before.objects_alive);
    end_watching(&w);
}
END_TEST

/* The first program that an isolate ever runs, in the root and in a thread: names of fields and
   errors that no isolate has met stay in its tables and do not count. Was seen as four objects
   that cancel_running_task.ruff left, whenever another isolate than before met its error. */
START_TEST(test_isolate_names_are_no_objects_left_behind)
{
    static const char program[] =
        "struct Pair { first, second }\n"
        "func meet() {\n"
        "    let p := Pair { first: 1, second: Other { third: [2] } }\n"
        "    try { throw p } except e { return e.message }\n"
        "}\n";
    static const char in_task[] = "try { throw \"x\" } except e { }\n"
                                  "await await_task(spawn_task(meet))\n";
    char text[sizeof program + sizeof in_task];
    for (int mode = RUFF_MODE_INTERP; mode <= RUFF_MODE_VM; mode++) {
        for (unsigned threads = 0; threads <= 1; threads++) {
            struct watcher w;
            struct ruff_stats stats;
            struct ruff *r = watched(&w, (enum ruff_mode)mode);
            ruff_stats(r, &stats);
            ck_assert_uint_eq(stats.objects_alive, 0);
            snprintf(text, sizeof text, "%s%s", program,
                     threads != 0 ? in_task : "meet()\n");
            ck_assert_int_eq(run_text(r, text), RUFF_OK);
            ck_assert_uint_eq(w.nstarted, threads);
            ruff_stats(r, &stats);
            ck_assert_uint_eq(stats.objects_alive, 0);
            end_watching(&w);
        }
    }
}
END_TEST

START_TEST(test_isolate_run_ends_with_its_tasks)
{
    struct watcher w;
    struct ruff *r = watched(&w, RUFF_MODE_VM);
    /* Tasks that wait, that never wait, and that call exit. */
    ck_assert_int_eq(run_text(r, "c := channel()\nspawn { c.receive(); print(1) }\n"
                                 "spawn { loop { sleep(1) } }\nspawn { print(2) }\n"),
                     RUFF_OK);
    ck_assert_str_eq(strbuf_str(&w.out), "2\n");
    ck_assert_int_eq(run_text(r, "spawn { while true { } }\n"), RUFF_OK);
    ck_assert_int_eq(run_text(r, "spawn { exit(3) }\nwhile true { }\n"), RUFF_EXIT);
    /* The next run does not hear of it. */
    ck_assert_int_eq(run_text(r, "print(shared_has(\"k\"))\n"), RUFF_OK);
    ck_assert_uint_eq(w.nalive, 0);
    end_watching(&w);
}
END_TEST

/* A signal handler is in place before the run begins; what comes between is not lost, and does
   not reach the run after it. */
START_TEST(test_isolate_interrupt_before_the_run_stops_it)
{
    for (int mode = RUFF_MODE_INTERP; mode <= RUFF_MODE_VM; mode++) {
        struct watcher w;
        struct ruff *r = watched(&w, (enum ruff_mode)mode);
        ruff_interrupt(r);
        ck_assert_int_eq(run_text(r, "print(1)\nwhile true { }\n"), RUFF_INTERRUPTED);
        ck_assert_int_eq(run_text(r, "for i in range(9) { print(i) }\n"), RUFF_OK);
        /* Nor does an exit of a task that the program has not noticed. */
        ck_assert_int_eq(run_text(r, "spawn { exit(3) }\n"), RUFF_EXIT);
        ck_assert_int_eq(run_text(r, "for i in range(9) { print(i) }\n"), RUFF_OK);
        end_watching(&w);
    }
}
END_TEST

static void *interrupts(void *context)
{
    struct watcher *w = context;
    for (;;) {
        pthread_mutex_lock(&w->lock);
        bool started = w->nstarted > 0;
        pthread_mutex_unlock(&w->lock);
        if (started)
            break;
        usleep(1000);
    }
    ruff_interrupt(w->root);
    return NULL;
}

START_TEST(test_isolate_interrupt_stops_all)
{
    struct watcher w;
    pthread_t thread;
    struct ruff *r = watched(&w, RUFF_MODE_VM);
    ck_assert_int_eq(pthread_create(&thread, NULL, interrupts, &w), 0);
    ck_assert_int_eq(run_text(r, "await parallel_map([1, 2], func(x) { loop { } })\n"),
                     RUFF_INTERRUPTED);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(w.nalive, 0);
    end_watching(&w);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_isolate_items_run_on_several_threads,
        test_isolate_threads_only_for_work,
        test_isolate_counters_are_summed,
        test_isolate_names_are_no_objects_left_behind,
        test_isolate_interrupt_before_the_run_stops_it,
        test_isolate_run_ends_with_its_tasks,
        test_isolate_interrupt_stops_all,
        NULL,
    };
    return unit_run(unit_suite("isolate", tests));
}
