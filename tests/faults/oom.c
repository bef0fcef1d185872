/*
 * Runs scripts with one allocation refused, for every allocation there is.
 *
 *     oom [--at=K] SCRIPT...
 *
 * For each script, engine, number k and way of failing (only the k-th allocation; the k-th
 * and all after it) a forked child loads and runs the script. It must end by itself, leave no
 * object alive, and then, with memory again, run the script once more as if nothing had
 * happened. A script says by `exit(9)` that a failure broke one of its promises.
 *
 * Allocations are counted from the loading of the script on. Speaks TAP, one line a script.
 * --at=K tries one k only.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ruff.h>

#include "runtime.h"

#include "base/os_linux.h"
#include "base/strbuf.h"
#include "core/heap.h"

enum {
    SCRIPT_MAX = 1 << 20,
    ALLOCATIONS_MAX = 1500,
    BROKEN_PROMISE = 9,
    CHILD_SECONDS = 60
};

/* How a child ends; a signal says the rest. */
enum verdict {
    FINE,
    LEAKED = 40,
    CHANGED,
    BROKEN,
    ODD_STATUS
};

struct outcome {
    struct strbuf out;
    enum ruff_status status;
    int code;
};

struct trial {
    const char *path, *text;
    size_t len;
    enum ruff_mode mode;
    bool once;
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

static void run(struct ruff *r, const struct trial *t, struct outcome *o)
{
    struct ruff_program *p = NULL;
    strbuf_clear(&o->out);
    o->status = ruff_load_text(r, t->path, t->text, t->len, &p);
    o->code = (int)o->status;
    if (o->status != RUFF_OK)
        return;
    struct ruff_result result;
    o->status = ruff_run(r, p, NULL, &result);
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

static enum verdict try_one(const struct trial *t, uint64_t k,
                            const struct outcome *expected)
{
    struct outcome o;
    struct ruff *r = make(t->mode, &o);
    if (r == NULL)
        return ODD_STATUS;
    enum verdict verdict = FINE;
    uint64_t before = alive(r);
    if (t->once)
        heap_fail_once(r->st, k);
    else
        heap_fail_after(r->st, k);
    run(r, t, &o);
    heap_fail_after(r->st, 0);
    if (o.status == RUFF_INTERNAL_ERROR || o.status == RUFF_INTERRUPTED)
        verdict = ODD_STATUS;
    else if (o.status == RUFF_EXIT && o.code == BROKEN_PROMISE)
        verdict = BROKEN;
    if (verdict == FINE) {
        run(r, t, &o);
        if (alive(r) > before)
            verdict = LEAKED;
        else if (o.code != expected->code || o.out.len != expected->out.len ||
                 memcmp(strbuf_str(&o.out), strbuf_str(&expected->out), o.out.len) != 0)
            verdict = CHANGED;
    }
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

/* True when the child was fine; else says what it was. */
static bool try_in_child(const struct trial *t, uint64_t k,
                         const struct outcome *expected)
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
    if (WIFEXITED(status) && WEXITSTATUS(status) == FINE)
        return true;
    printf("# %s, %s, allocation %" PRIu64 " %s: %s\n", t->path,
           ruff_mode_name(t->mode), k, t->once ? "fails" : "and all after it fail",
           verdict_text(status));
    return false;
}

/* The allocations of an undisturbed run, and what it does. A first run fills caches that
   stay, so each trial has a runtime of its own. */
static uint64_t measure(const struct trial *t, struct outcome *o)
{
    struct ruff_stats before, after;
    struct ruff *r = make(t->mode, o);
    if (r == NULL)
        return UINT64_MAX;
    ruff_stats(r, &before);
    run(r, t, o);
    ruff_stats(r, &after);
    ruff_free(r);
    return after.allocations - before.allocations;
}

static bool try_script(struct trial *t, uint64_t only, uint64_t *tried)
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
        for (uint64_t k = 1; k <= count && count <= ALLOCATIONS_MAX; k++) {
            t->once = true;
            if (only == 0 || only == k)
                fine = try_in_child(t, k, &expected) && fine;
            t->once = false;
            if (only == 0 || only == k)
                fine = try_in_child(t, k, &expected) && fine;
            *tried += 2;
        }
        strbuf_done(&expected.out);
    }
    return fine;
}

int main(int argc, char **argv)
{
    uint64_t only = 0, tried = 0;
    int number = 0;
    for (int i = 1; i < argc; i++) {
        struct os_file file;
        if (strncmp(argv[i], "--at=", 5) == 0) {
            only = strtoull(argv[i] + 5, NULL, 10);
            continue;
        }
        bool fine = os_read_file(argv[i], SCRIPT_MAX, &file) == 0;
        if (fine) {
            struct trial t = {.path = argv[i], .text = file.data, .len = file.len};
            fine = try_script(&t, only, &tried);
            os_file_done(&file);
        }
        printf("%s %d - %s\n", fine ? "ok" : "not ok", ++number, argv[i]);
    }
    printf("# %" PRIu64 " failures injected\n1..%d\n", tried, number);
    return EXIT_SUCCESS;
}
