#include "config.h"

#include "core/promise.h"

#include <assert.h>

#include "core/call.h"
#include "core/gc.h"
#include "core/state.h"
#include "core/string.h"

static bool settle_take(struct state *st, struct promise *p, enum promise_status status,
                        struct value v);

/* ---- promises ----------------------------------------------------------------------- */

bool promise_new(struct state *st, struct value *out)
{
    struct object *o =
        heap_object(st, sizeof(struct promise), VALUE_PROMISE, HEAP_BUILTIN);
    if (o == NULL)
        return false;
    struct promise *p = (struct promise *)(void *)o;
    p->head.reserved = PROMISE_PENDING;
    p->value = value_unset();
    p->waiters = NULL;
    if (!gc_track(st, o, &p->gc_index)) {
        heap_object_free(st, o, sizeof *p);
        return false;
    }
    *out = value_object(o);
    return true;
}

bool promise_resolved_take(struct state *st, struct value v, struct value *out)
{
    if (!promise_new(st, out)) {
        value_release(st, v);
        return false;
    }
    promise_resolve_take(st, PROMISE_OF(*out), v);
    return true;
}

bool promise_rejected_take(struct state *st, struct value message, struct value *out)
{
    if (!promise_new(st, out)) {
        value_release(st, message);
        return false;
    }
    promise_reject_take(st, PROMISE_OF(*out), message);
    return true;
}

bool promise_resolve_take(struct state *st, struct promise *p, struct value v)
{
    return settle_take(st, p, PROMISE_RESOLVED, v);
}

bool promise_reject_take(struct state *st, struct promise *p, struct value message)
{
    assert(message.kind == VALUE_STRING && "promise: rejected without a text");
    return settle_take(st, p, PROMISE_REJECTED, message);
}

bool promise_reject_pending(struct state *st, struct promise *p)
{
    if (st->error.kind != ERROR_RAISED)
        return false;
    struct value message = value_retain(st->error.message);
    error_clear(st);
    promise_reject_take(st, p, message);
    return true;
}

static bool settle_take(struct state *st, struct promise *p, enum promise_status status,
                        struct value v)
{
    if (promise_status(p) != PROMISE_PENDING) {
        value_release(st, v);
        return false;
    }
    p->value = v;
    p->head.reserved = (uint16_t)status;
    if (st->promise_settled != NULL)
        st->promise_settled(st, p);
    return true;
}

bool promise_outcome(struct state *st, struct value v, struct value *out)
{
    if (v.kind != VALUE_PROMISE) {
        *out = value_retain(v);
        return true;
    }
    const struct promise *p = PROMISE_OF(v);
    switch (promise_status(p)) {
    case PROMISE_PENDING: return error_raise(st, "Deadlock: no task can make progress");
    case PROMISE_RESOLVED: *out = value_retain(p->value); return true;
    case PROMISE_REJECTED: break;
    }
    struct value message;
    if (!string_make_text(st, "Promise rejected: ", &message))
        return false;
    if (!string_append(st, &message, STRING_OF(p->value))) {
        value_release(st, message);
        return false;
    }
    return error_raise_take(st, message);
}

bool promise_await(struct state *st, struct value v, struct value *out)
{
    if (st->await != NULL)
        return st->await(st, v, out);
    return promise_outcome(st, v, out);
}

bool promise_run_now(struct state *st, struct function *f, struct value *args,
                     struct value *out)
{
    struct value promise, result;
    if (!promise_new(st, &promise))
        return false;
    if (st->engine->call(st, f, args, &result)) {
        promise_resolve_take(st, PROMISE_OF(promise), result);
    } else if (!promise_reject_pending(st, PROMISE_OF(promise))) {
        value_release(st, promise);
        return false;
    }
    *out = promise;
    return true;
}

static void promise_free(struct state *st, struct object *o)
{
    struct promise *p = (struct promise *)(void *)o;
    assert(p->waiters == NULL && "promise: freed while somebody waits");
    gc_untrack(st, p->gc_index);
    value_release(st, p->value);
    heap_object_free(st, o, sizeof *p);
}

static void promise_visit(const struct object *o, gc_visit_fn visit, void *context)
{
    const struct promise *p = (const struct promise *)(const void *)o;
    if (value_is_object(p->value))
        visit(context, p->value.as.object);
}

static void promise_clear(struct state *st, struct object *o)
{
    struct promise *p = (struct promise *)(void *)o;
    value_set_take(st, &p->value, value_null());
}

/* ---- task handles ------------------------------------------------------------------- */

bool task_new(struct state *st, struct value promise, void *job, struct value *out)
{
    struct object *o = heap_object(st, sizeof(struct task), VALUE_TASK, HEAP_BUILTIN);
    if (o == NULL)
        return false;
    struct task *t = (struct task *)(void *)o;
    t->promise = value_retain(promise);
    t->job = job;
    *out = value_object(o);
    return true;
}

static void task_free(struct state *st, struct object *o)
{
    struct task *t = (struct task *)(void *)o;
    if (st->task_free != NULL && t->job != NULL)
        st->task_free(st, t->job);
    value_release(st, t->promise);
    heap_object_free(st, o, sizeof *t);
}

static void task_visit(const struct object *o, gc_visit_fn visit, void *context)
{
    const struct task *t = (const struct task *)(const void *)o;
    if (value_is_object(t->promise))
        visit(context, t->promise.as.object);
}

void promise_register(struct state *st)
{
    static const struct heap_kind promise = {
        .free = promise_free, .visit = promise_visit, .clear = promise_clear};
    static const struct heap_kind task = {.free = task_free, .visit = task_visit};
    heap_set_kind(st, VALUE_PROMISE, &promise);
    heap_set_kind(st, VALUE_TASK, &task);
}
