/* Builtins of language.md 18 inside one isolate, on the scheduler of tasks.h; those that run
   functions in others are in jobs.c. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "core/array.h"
#include "core/channel.h"
#include "core/promise.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/files.h"
#include "lib/jobs.h"
#include "lib/pool.h"
#include "lib/tasks.h"

#define OWNER_OF(member_pointer, type, member) \
    ((type *)(void *)((char *)(member_pointer)-offsetof(type, member)))

/* Rejects with a text and the message of another rejection behind it. */
static void reject_with(struct state *st, struct promise *p, const char *text,
                        struct value message)
{
    struct value joined;
    if (!string_make_format(st, &joined, "%s%s", text, STRING_OF(message)->data)) {
        error_clear(st);
        joined = value_retain(message);
    }
    promise_reject_take(st, p, joined);
}

bool futures_channel(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)args;
    (void)nargs;
    return channel_new(st, result);
}

bool futures_get_task_pool_size(struct state *st, struct value *args, uint32_t nargs,
                                struct value *result)
{
    int64_t size = 0;
    bool ok = jobs_limit(st, "get_task_pool_size", args, nargs, 0, &size);
    *result = value_int(size);
    return ok;
}

bool futures_set_task_pool_size(struct state *st, struct value *args, uint32_t nargs,
                                struct value *result)
{
    (void)nargs;
    int64_t n = 0;
    struct pool *pool = NULL;
    if (!argument_integer(st, "set_task_pool_size", args[0], &n))
        return false;
    if (n <= 0)
        return argument_raise(st, "set_task_pool_size", "a positive size");
    pool = pool_of(st);
    if (pool == NULL)
        return false;
    *result = value_int(pool_size(pool));
    pool_set_size(pool, n);
    return true;
}

/* ---- sleep and timeout ----------------------------------------------------------- */

struct sleeper {
    struct tasks_timer timer;
    struct value promise;
};

static void sleeper_fired(struct state *st, struct tasks_timer *timer, bool due)
{
    struct sleeper *s = OWNER_OF(timer, struct sleeper, timer);
    if (due)
        promise_resolve_take(st, PROMISE_OF(s->promise), value_null());
    value_release(st, s->promise);
    mem_free(s);
}

/* A number of milliseconds >= 0. */
static bool milliseconds(struct state *st, const char *name, struct value v,
                         int64_t *ms)
{
    if (!argument_integer(st, name, v, ms))
        return false;
    if (*ms < 0)
        return error_raise(st, "%s() requires non-negative milliseconds, got %lld",
                           name, (long long)*ms);
    return true;
}

bool futures_async_sleep(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)nargs;
    int64_t ms = 0;
    struct value promise;
    if (!milliseconds(st, "async_sleep", args[0], &ms) || !promise_new(st, &promise))
        return false;
    struct sleeper *s = mem_alloc_zero(1, sizeof(*s));
    if (s != NULL)
        s->timer.fired = sleeper_fired;
    if (s == NULL || !tasks_set_timer(st, &s->timer, ms)) {
        mem_free(s);
        value_release(st, promise);
        return error_out_of_memory(st);
    }
    s->promise = value_retain(promise);
    *result = promise;
    return true;
}

struct timeout {
    struct tasks_timer timer;
    struct tasks_waiter waiter;
    struct value promise;
    int64_t ms;
};

static void timeout_free(struct state *st, struct timeout *t)
{
    tasks_unwait(st, &t->waiter);
    tasks_clear_timer(st, &t->timer);
    value_release(st, t->promise);
    mem_free(t);
}

static void timeout_fired(struct state *st, struct tasks_timer *timer, bool due)
{
    struct timeout *t = OWNER_OF(timer, struct timeout, timer);
    struct value message;
    if (due &&
        string_make_format(st, &message, "Timeout after %lldms", (long long)t->ms))
        promise_reject_take(st, PROMISE_OF(t->promise), message);
    else if (due)
        promise_reject_pending(st, PROMISE_OF(t->promise));
    timeout_free(st, t);
}

/* Gives `to` the outcome of the settled `from`. */
static void follow(struct state *st, struct promise *to, const struct promise *from)
{
    if (promise_status(from) == PROMISE_RESOLVED)
        promise_resolve_take(st, to, value_retain(from->value));
    else
        promise_reject_take(st, to, value_retain(from->value));
}

static void timeout_settled(struct state *st, struct tasks_waiter *waiter,
                            struct promise *promise)
{
    struct timeout *t = OWNER_OF(waiter, struct timeout, waiter);
    if (promise != NULL)
        follow(st, PROMISE_OF(t->promise), promise);
    timeout_free(st, t);
}

bool futures_async_timeout(struct state *st, struct value *args, uint32_t nargs,
                           struct value *result)
{
    (void)nargs;
    int64_t ms = 0;
    struct value promise;
    if (!milliseconds(st, "async_timeout", args[1], &ms))
        return false;
    if (args[0].kind != VALUE_PROMISE)
        return argument_raise(st, "async_timeout", "a promise");
    if (promise_status(PROMISE_OF(args[0])) != PROMISE_PENDING) {
        *result = value_retain(args[0]);
        return true;
    }
    if (!promise_new(st, &promise))
        return false;
    struct timeout *t = mem_alloc_zero(1, sizeof(*t));
    if (t == NULL) {
        value_release(st, promise);
        return error_out_of_memory(st);
    }
    t->ms = ms;
    t->timer.fired = timeout_fired;
    t->waiter.settled = timeout_settled;
    t->promise = value_retain(promise);
    if (!tasks_set_timer(st, &t->timer, ms) ||
        !tasks_wait(st, &t->waiter, PROMISE_OF(args[0]))) {
        timeout_free(st, t);
        value_release(st, promise);
        return false;
    }
    *result = promise;
    return true;
}

/* ---- Promise.all ----------------------------------------------------------------- */

/* Waits for the elements one after the other: all have been started anyway, and the lowest
   rejected index is the first rejection met. */
struct all {
    struct tasks_waiter waiter;
    struct value elements; /* array of promises */
    struct value promise;
    size_t next; /* elements before it are resolved */
};

static void all_free(struct state *st, struct all *all)
{
    value_release(st, all->elements);
    value_release(st, all->promise);
    mem_free(all);
}

static void all_resolve(struct state *st, struct all *all)
{
    struct array *elements = ARRAY_OF(all->elements);
    struct value list;
    bool ok = array_make_empty(st, &list);
    for (size_t i = 0; ok && i < elements->len; i++) {
        ok = array_push_take(st, &list,
                             value_retain(PROMISE_OF(array_get(elements, i))->value));
        if (!ok)
            value_release(st, list);
    }
    if (ok)
        promise_resolve_take(st, PROMISE_OF(all->promise), list);
    else
        promise_reject_pending(st, PROMISE_OF(all->promise));
}

/* Goes on to the next element that is pending; at the end or at a rejection settles and
   frees. */
static void all_advance(struct state *st, struct all *all)
{
    struct array *elements = ARRAY_OF(all->elements);
    for (; all->next < elements->len; all->next++) {
        struct promise *p = PROMISE_OF(array_get(elements, all->next));
        if (promise_status(p) == PROMISE_PENDING) {
            if (tasks_wait(st, &all->waiter, p))
                return;
            promise_reject_pending(st, PROMISE_OF(all->promise));
            break;
        }
        if (promise_status(p) == PROMISE_REJECTED) {
            char text[64];
            snprintf(text, sizeof(text), "Promise %zu rejected: ", all->next);
            reject_with(st, PROMISE_OF(all->promise), text, p->value);
            break;
        }
    }
    if (all->next == elements->len)
        all_resolve(st, all);
    all_free(st, all);
}

static void all_settled(struct state *st, struct tasks_waiter *waiter,
                        struct promise *promise)
{
    struct all *all = OWNER_OF(waiter, struct all, waiter);
    if (promise != NULL)
        all_advance(st, all);
    else
        all_free(st, all);
}

bool futures_promise_all(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    int64_t limit = 0;
    if (args[0].kind != VALUE_ARRAY)
        return error_raise(st, "Promise.all() requires an array of promises");
    if (!jobs_limit(st, "Promise.all", args, nargs, 1, &limit))
        return false;
    struct array *a = ARRAY_OF(args[0]);
    for (size_t i = 0; i < a->len; i++)
        if (array_get(a, i).kind != VALUE_PROMISE)
            return error_raise(st, "Promise.all() array element %zu is not a Promise",
                               i);
    struct value promise;
    if (!promise_new(st, &promise))
        return false;
    struct all *all = mem_alloc_zero(1, sizeof(*all));
    if (all == NULL) {
        value_release(st, promise);
        return error_out_of_memory(st);
    }
    all->waiter.settled = all_settled;
    all->elements = value_retain(args[0]);
    all->promise = value_retain(promise);
    all_advance(st, all);
    *result = promise;
    return true;
}

/* ---- files ----------------------------------------------------------------------- */

/* The text of a file; 0 or errno, EILSEQ for bad UTF-8. */
static int read_text(const char *path, struct strbuf *out)
{
    int code = files_read(path, 0, SIZE_MAX, out);
    return code == 0 && !utf8_valid(strbuf_str(out), out->len) ? EILSEQ : code;
}

static bool failed(struct state *st, const char *what, const char *path, int code,
                   struct value *message)
{
    char text[ARGUMENT_OS_ERROR_BYTES];
    return string_make_format(st, message, "Failed to %s file '%s': %s", what, path,
                              argument_os_error(code, text, sizeof(text)));
}

/* Reads path `v`: *text, or *message (the other is null). False with an error set. */
static bool read_one(struct state *st, const char *name, struct value v,
                     struct value *text, struct value *message)
{
    const char *path = files_path(st, name, v);
    if (path == NULL)
        return false;
    struct strbuf data;
    strbuf_init(&data);
    *text = *message = value_null();
    int code = read_text(path, &data);
    bool ok = code == 0 ? string_make_strbuf(st, &data, text)
                        : failed(st, "read", path, code, message);
    strbuf_done(&data);
    return ok;
}

static bool write_one(struct state *st, const char *name, struct value path_value,
                      struct value content, struct value *message)
{
    const char *path = files_path(st, name, path_value);
    struct string *s = NULL;
    if (path == NULL || !argument_string(st, name, content, &s))
        return false;
    int code = files_write(path, O_CREAT | O_TRUNC, s->data, s->len);
    *message = value_null();
    return code == 0 || failed(st, "write", path, code, message);
}

bool futures_async_read_file(struct state *st, struct value *args, uint32_t nargs,
                             struct value *result)
{
    (void)nargs;
    struct value text, message;
    if (!read_one(st, "async_read_file", args[0], &text, &message))
        return false;
    return message.kind == VALUE_STRING ? promise_rejected_take(st, message, result)
                                        : promise_resolved_take(st, text, result);
}

bool futures_async_write_file(struct state *st, struct value *args, uint32_t nargs,
                              struct value *result)
{
    (void)nargs;
    struct value message;
    if (!write_one(st, "async_write_file", args[0], args[1], &message))
        return false;
    return message.kind == VALUE_STRING
               ? promise_rejected_take(st, message, result)
               : promise_resolved_take(st, value_bool(true), result);
}

bool futures_async_read_files(struct state *st, struct value *args, uint32_t nargs,
                              struct value *result)
{
    int64_t limit = 0;
    struct array *paths = NULL;
    struct value list;
    if (!argument_array(st, "async_read_files", args[0], &paths) ||
        !jobs_limit(st, "async_read_files", args, nargs, 1, &limit) ||
        !array_make_empty(st, &list))
        return false;
    for (size_t i = 0; i < paths->len; i++) {
        struct value text, message = value_null();
        bool ok =
            read_one(st, "async_read_files", array_get(paths, i), &text, &message) &&
            (message.kind == VALUE_STRING || array_push_take(st, &list, text));
        if (!ok || message.kind == VALUE_STRING) {
            value_release(st, list);
            return ok && promise_rejected_take(st, message, result);
        }
    }
    return promise_resolved_take(st, list, result);
}

bool futures_async_write_files(struct state *st, struct value *args, uint32_t nargs,
                               struct value *result)
{
    int64_t limit = 0;
    struct array *paths = NULL, *texts = NULL;
    struct value list;
    if (!argument_array(st, "async_write_files", args[0], &paths) ||
        !argument_array(st, "async_write_files", args[1], &texts) ||
        !jobs_limit(st, "async_write_files", args, nargs, 2, &limit))
        return false;
    if (paths->len != texts->len)
        return argument_raise(st, "async_write_files", "as many contents as paths");
    if (!array_make_empty(st, &list))
        return false;
    for (size_t i = 0; i < paths->len; i++) {
        struct value message = value_null();
        bool ok = write_one(st, "async_write_files", array_get(paths, i),
                            array_get(texts, i), &message) &&
                  (message.kind == VALUE_STRING ||
                   array_push_take(st, &list, value_bool(true)));
        if (!ok || message.kind == VALUE_STRING) {
            value_release(st, list);
            return ok && promise_rejected_take(st, message, result);
        }
    }
    return promise_resolved_take(st, list, result);
}
