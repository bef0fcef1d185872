/*
 * Runs scripts with one allocation refused, for every allocation there is.
 *
 *     oom [--at=K] [--tasks] SCRIPT...
 *
 * For each script, engine, number k and way of failing (only the k-th allocation; the k-th
 * and all after it) a forked child loads and runs the script. It must end by itself, leave no
 * object alive, and then, with memory again, run the script once more as if nothing had
 * happened. A script says by `exit(9)` that a failure broke one of its promises.
 *
 * Allocations of values are counted from the loading of the script on. With --tasks those of
 * each of the program's threads are refused instead, counted from the start of the thread;
 * and, in a build with hard tests, those of base (parcels, jobs, stacks), once in the threads
 * and once in the main thread, there counted from the start of the program.
 *
 * Speaks TAP, one line a script. --at=K tries one k only.
 */
#include "config.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ruff.h>
#include <ruff_introspect.h>

#include "runtime.h"

#include "base/mem.h"
#include "base/os_linux.h"
#include "base/strbuf.h"
#include "core/heap.h"

enum {
    SCRIPT_MAX = 1 << 20,
    ALLOCATIONS_MAX = 1500,
    MISSES_MAX = 6, /* not one: which thread does what is luck */
    BROKEN_PROMISE = 9,
    CHILD_SECONDS = 60
};

/* How a child ends; a signal says the rest. */
enum verdict {
    FINE,
    NEVER_REFUSED =
        30, /* there are less than k of base's allocations, which nobody counts */
    LEAKED = 40,
    CHANGED,
    BROKEN,
    ODD_STATUS
};

/* Whose allocations are refused. */
enum victim {
    MAIN_VALUES,
    TASKS_VALUES,
    MAIN_BASE,
    TASKS_BASE
};

static const char *const VICTIMS[] = {"allocation", "a task's allocation",
                                      "base's allocation",
                                      "base's allocation in a task"};

struct outcome {
    struct strbuf out;
    enum ruff_status status;
    int code;
};

struct trial {
    const char *path, *text;
    size_t len;
    enum ruff_mode mode;
    enum victim victim;
    bool once;
};

/* What the hooks of threads know: set while no thread runs. */
struct watch {
    enum victim victim;
    bool once;
    uint64_t k;          /* 0: only count */
    uint64_t most;       /* allocations of one thread, while counting */
    uint64_t before[8];  /* by ordinal */
    atomic_bool refused; /* one of base */
};

static bool capture(void *context, int stream, const char *data, size_t len)
{
    (void)stream;
    return strbuf_append(context, data, len);
}

static struct ruff *make(enum ruff_mode mode, struct outcome *o)
{
    struct ruff_config config;
    ruff_config_init(&config);
    config.mode = mode;
    config.hash_seed = 1;
    config.write = capture;
    config.write_context = &o->out;
    config.input = "";
    strbuf_init(&o->out);
    return ruff_new(&config);
}

static void refuse_values(struct state *st, uint64_t k, bool once)
{
    if (once)
        heap_fail_once(st, k);
    else
        heap_fail_after(st, k);
}

static void refuse_base(uint64_t k, bool once)
{
    (void)mem_fail_after((int64_t)k - 1, !once);
}

static void stop_refusing_base(struct watch *w)
{
    if (mem_has_failed())
        atomic_store(&w->refused, true);
    (void)mem_fail_after(-1, false);
}

/* `w`: base's allocations are refused while the program runs. */
static void run(struct ruff *r, const struct trial *t, struct outcome *o,
                struct watch *w)
{
    struct ruff_program *p = NULL;
    strbuf_clear(&o->out);
    o->status = ruff_load_text(r, t->path, t->text, t->len, &p);
    o->code = (int)o->status;
    if (o->status != RUFF_OK)
        return;
    struct ruff_result result;
    if (w != NULL)
        refuse_base(w->k, w->once);
    o->status = ruff_run(r, p, NULL, &result);
    if (w != NULL)
        stop_refusing_base(w);
    o->code = result.exit_code;
    ruff_result_done(&result);
    ruff_program_free(p);
}

static uint64_t alive(const struct ruff *r)
{
    struct ruff_stats stats;
    ruff_stats(r, &stats);
    return stats.objects_alive;
}

/* ---- threads ------------------------------------------------------------------------ */

static uint64_t allocations(const struct ruff *r)
{
    struct ruff_stats stats;
    runtime_stats(r, &stats);
    return stats.allocations;
}

static void thread_started(void *context, struct ruff *isolate, unsigned ordinal)
{
    struct watch *w = context;
    if (w->k == 0 && ordinal < sizeof w->before / sizeof w->before[0])
        w->before[ordinal] = allocations(isolate);
    else if (w->victim == TASKS_VALUES)
        refuse_values(isolate->st, w->k, w->once);
    else if (w->victim == TASKS_BASE)
        refuse_base(w->k, w->once);
}

static void thread_ended(void *context, struct ruff *isolate, unsigned ordinal)
{
    struct watch *w = context;
    heap_fail_after(isolate->st, 0);
    if (w->victim == TASKS_BASE)
        stop_refusing_base(w);
    if (w->k != 0 || ordinal >= sizeof w->before / sizeof w->before[0])
        return;
    uint64_t count = allocations(isolate) - w->before[ordinal];
    pthread_mutex_lock(&isolate->root->lock);
    w->most = count > w->most ? count : w->most;
    pthread_mutex_unlock(&isolate->root->lock);
}

static void watch(struct ruff *r, struct watch *w)
{
    const struct ruff_intro_hooks hooks = {
        .context = w, .thread_started = thread_started, .thread_ended = thread_ended};
    ruff_intro_set_hooks(r, &hooks, 0, 1);
}

/* ---- trials ------------------------------------------------------------------------- */

static enum verdict try_one(const struct trial *t, uint64_t k,
                            const struct outcome *expected)
{
    struct outcome o;
    struct ruff *r = make(t->mode, &o);
    if (r == NULL)
        return ODD_STATUS;
    enum verdict verdict = FINE;
    uint64_t before = alive(r);
    struct watch w = {.victim = t->victim, .once = t->once, .k = k};
    if (t->victim != MAIN_VALUES)
        watch(r, &w);
    else
        refuse_values(r->st, k, t->once);
    run(r, t, &o, t->victim == MAIN_BASE ? &w : NULL);
    heap_fail_after(r->st, 0);
    ruff_intro_set_hooks(r, NULL, 0, 0);
    if (o.status == RUFF_INTERNAL_ERROR || o.status == RUFF_INTERRUPTED)
        verdict = ODD_STATUS;
    else if (o.status == RUFF_EXIT && o.code == BROKEN_PROMISE)
        verdict = BROKEN;
    if (verdict == FINE) {
        run(r, t, &o, NULL);
        if (alive(r) > before)
            verdict = LEAKED;
        else if (o.code != expected->code || o.out.len != expected->out.len ||
                 memcmp(strbuf_str(&o.out), strbuf_str(&expected->out), o.out.len) != 0)
            verdict = CHANGED;
    }
    if (verdict == FINE && (t->victim == MAIN_BASE || t->victim == TASKS_BASE) &&
        !atomic_load(&w.refused))
        verdict = NEVER_REFUSED;
    ruff_free(r);
    strbuf_done(&o.out);
    return verdict;
}

static const char *verdict_text(int status)
{
    if (WIFSIGNALED(status))
        return strsignal(WTERMSIG(status));
    switch (WEXITSTATUS(status)) {
    case FINE: return "fine";
    case LEAKED: return "objects stayed alive";
    case CHANGED: return "a second run did something else";
    case BROKEN: return "the script says that a promise was broken";
    case ODD_STATUS: return "ended with an internal error";
    default: return "a sanitizer complained";
    }
}

/* True when the child was fine; else says what it was. *misses counts trials one after the
   other in which nothing was refused. */
static bool try_in_child(const struct trial *t, uint64_t k,
                         const struct outcome *expected, unsigned *misses)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(CHILD_SECONDS);
        /* Through exit, where the leak checker looks. */
        exit((int)try_one(t, k, expected));
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        printf("# cannot fork\n");
        return false;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == NEVER_REFUSED) {
        ++*misses;
        return true;
    }
    *misses = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == FINE)
        return true;
    printf("# %s, %s, %s %" PRIu64 " %s: %s\n", t->path, ruff_mode_name(t->mode),
           VICTIMS[t->victim], k, t->once ? "fails" : "and all after it fail",
           verdict_text(status));
    return false;
}

/* The allocations of an undisturbed run, and what it does. A first run fills caches that
   stay, so each trial has a runtime of its own. */
static uint64_t measure(const struct trial *t, struct outcome *o)
{
    struct watch w = {.victim = t->victim};
    struct ruff *r = make(t->mode, o);
    if (r == NULL)
        return UINT64_MAX;
    uint64_t before = allocations(r);
    if (t->victim != MAIN_VALUES)
        watch(r, &w);
    run(r, t, o, NULL);
    uint64_t count = t->victim == MAIN_VALUES ? allocations(r) - before : w.most;
    ruff_free(r);
    return t->victim == MAIN_BASE || t->victim == TASKS_BASE ? ALLOCATIONS_MAX : count;
}

static bool try_victim(struct trial *t, uint64_t only, uint64_t *tried)
{
    static const enum ruff_mode modes[] = {RUFF_MODE_INTERP, RUFF_MODE_VM};
    bool fine = true;
    for (size_t m = 0; m < sizeof modes / sizeof modes[0]; m++) {
        struct outcome expected;
        t->mode = modes[m];
        uint64_t count = measure(t, &expected);
        if (count > ALLOCATIONS_MAX) {
            printf("# %s: %" PRIu64 " allocations are too many\n", t->path, count);
            fine = false;
        }
        unsigned misses = 0;
        for (uint64_t k = 1; k <= count && count <= ALLOCATIONS_MAX; k++) {
            if (misses >= MISSES_MAX)
                break;
            for (int once = 1; once >= 0; once--) {
                t->once = once != 0;
                if (only != 0 && only != k)
                    continue;
                fine = try_in_child(t, k, &expected, &misses) && fine;
                ++*tried;
            }
        }
        strbuf_done(&expected.out);
    }
    return fine;
}

static bool try_script(struct trial *t, bool tasks, uint64_t only, uint64_t *tried)
{
    bool fine = true;
    t->victim = tasks ? TASKS_VALUES : MAIN_VALUES;
    fine = try_victim(t, only, tried);
    if (!tasks || !mem_fail_after(-1, false))
        return fine;
    t->victim = MAIN_BASE;
    fine = try_victim(t, only, tried) && fine;
    t->victim = TASKS_BASE;
    return try_victim(t, only, tried) && fine;
}

int main(int argc, char **argv)
{
    uint64_t only = 0, tried = 0;
    bool tasks = false;
    int number = 0;
    for (int i = 1; i < argc; i++) {
        struct os_file file;
        if (strncmp(argv[i], "--at=", 5) == 0) {
            only = strtoull(argv[i] + 5, NULL, 10);
            continue;
        }
        if (strcmp(argv[i], "--tasks") == 0) {
            tasks = true;
            continue;
        }
        bool fine = os_read_file(argv[i], SCRIPT_MAX, &file) == 0;
        if (fine) {
            struct trial t = {.path = argv[i], .text = file.data, .len = file.len};
            fine = try_script(&t, tasks, only, &tried);
            os_file_done(&file);
        }
        printf("%s %d - %s\n", fine ? "ok" : "not ok", ++number, argv[i]);
    }
    printf("# %" PRIu64 " failures injected\n1..%d\n", tried, number);
    return EXIT_SUCCESS;
}
