#include "config.h"

#include "core/call.h"
#include "core/gc.h"
#include "core/iter.h"
#include "core/state.h"

static bool step_map(struct state *st, struct iterator *it, bool *done,
                     struct value *item);
static bool step_filter(struct state *st, struct iterator *it, bool *done,
                        struct value *item);
static bool step_take(struct state *st, struct iterator *it, bool *done,
                      struct value *item);
static bool step_skip(struct state *st, struct iterator *it, bool *done,
                      struct value *item);

bool iterator_new(struct state *st, enum iterator_stage stage, struct value source,
                  struct value function, int64_t count, struct value *out)
{
    uint32_t depth = 1;
    if (source.kind == VALUE_ITERATOR)
        depth += ITERATOR_OF(source)->depth;
    if (depth > ITERATOR_DEPTH_LIMIT)
        return error_raise(
            st, "Maximum data nesting depth of %u exceeded while chaining iterators",
            ITERATOR_DEPTH_LIMIT);
    struct object *o =
        heap_object(st, sizeof(struct iterator), VALUE_ITERATOR, HEAP_ITERATOR);
    if (o == NULL)
        return false;
    struct iterator *it = (struct iterator *)(void *)o;
    it->head.reserved = (uint16_t)stage;
    it->depth = depth;
    it->done = false;
    it->running = false;
    it->count = count;
    it->source = value_retain(source);
    it->function = value_retain(function);
    *out = value_object(o);
    return true;
}

/* Ends it: what it held is free at once, not only when the last reference goes. */
static void finish(struct state *st, struct iterator *it)
{
    it->done = true;
    value_set_take(st, &it->source, value_null());
    value_set_take(st, &it->function, value_null());
}

bool iterator_step(struct state *st, struct value v, bool *done, struct value *item)
{
    struct iterator *it = ITERATOR_OF(v);
    if (it->running)
        return error_raise(st, "Generator is already running");
    if (it->done) {
        *done = true;
        return true;
    }
    /* The callback may drop the last reference to the iterator that calls it. */
    value_retain(v);
    it->running = true;
    bool ok = false;
    *done = false;
    switch ((enum iterator_stage)it->head.reserved) {
    case ITERATOR_MAP: ok = step_map(st, it, done, item); break;
    case ITERATOR_FILTER: ok = step_filter(st, it, done, item); break;
    case ITERATOR_TAKE: ok = step_take(st, it, done, item); break;
    case ITERATOR_SKIP: ok = step_skip(st, it, done, item); break;
    case ITERATOR_REFUSE:
        it->running = false;
        ok = error_raise(st, "%s", STRING_OF(it->function)->data);
        value_release(st, v);
        return ok;
    }
    it->running = false;
    if (!ok || *done)
        finish(st, it);
    value_release(st, v);
    return ok;
}

/* Calls the iterator's function with a borrowed item. */
static bool apply(struct state *st, struct iterator *it, struct value x,
                  struct value *result)
{
    struct value args[1] = {value_retain(x)};
    bool ok = call_value(st, it->function, args, 1, result);
    value_release(st, args[0]);
    return ok;
}

static bool step_map(struct state *st, struct iterator *it, bool *done,
                     struct value *item)
{
    struct value x;
    if (!iter_step(st, it->source, done, &x))
        return false;
    if (*done)
        return true;
    bool ok = apply(st, it, x, item);
    value_release(st, x);
    return ok;
}

static bool step_filter(struct state *st, struct iterator *it, bool *done,
                        struct value *item)
{
    for (;;) {
        struct value x, verdict;
        if (!iter_step(st, it->source, done, &x))
            return false;
        if (*done)
            return true;
        if (!apply(st, it, x, &verdict)) {
            value_release(st, x);
            return false;
        }
        bool keep = ops_truthy(verdict);
        value_release(st, verdict);
        if (keep) {
            *item = x;
            return true;
        }
        value_release(st, x);
    }
}

/* Never asks for an item after the n-th. */
static bool step_take(struct state *st, struct iterator *it, bool *done,
                      struct value *item)
{
    if (it->count <= 0) {
        *done = true;
        return true;
    }
    it->count--;
    return iter_step(st, it->source, done, item);
}

static bool step_skip(struct state *st, struct iterator *it, bool *done,
                      struct value *item)
{
    for (; it->count > 0; it->count--) {
        struct value x;
        if (!iter_step(st, it->source, done, &x))
            return false;
        if (*done)
            return true;
        value_release(st, x);
    }
    return iter_step(st, it->source, done, item);
}

static void iterator_free(struct state *st, struct object *o)
{
    struct iterator *it = (struct iterator *)(void *)o;
    value_release(st, it->source);
    value_release(st, it->function);
    heap_object_free(st, o, sizeof *it);
}

static void iterator_visit(const struct object *o, gc_visit_fn visit, void *context)
{
    const struct iterator *it = (const struct iterator *)(const void *)o;
    if (value_is_object(it->source))
        visit(context, it->source.as.object);
    if (value_is_object(it->function))
        visit(context, it->function.as.object);
}

void iterator_register(struct state *st)
{
    static const struct heap_kind kind = {.free = iterator_free,
                                          .visit = iterator_visit};
    heap_set_kind(st, VALUE_ITERATOR, &kind);
}
