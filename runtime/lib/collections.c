/* Sets, queues and stacks, language.md 19.5. */
#include "config.h"

#include "core/array.h"
#include "core/collection.h"
#include "core/poll.h"
#include "core/state.h"
#include "lib/argument.h"
#include "lib/builtins.h"

static bool check(struct state *st, const char *name, struct value v,
                  enum value_kind kind)
{
    if (v.kind == (uint32_t)kind)
        return true;
    return argument_raise(st, name,
                          kind == VALUE_SET     ? "a set"
                          : kind == VALUE_QUEUE ? "a queue"
                                                : "a stack");
}

static bool make(struct state *st, const char *name, enum value_kind kind,
                 const struct value *args, uint32_t nargs, struct value *result)
{
    struct array *a = NULL;
    if (nargs == 1 && !argument_array(st, name, args[0], &a))
        return false;
    size_t n = a != NULL ? a->len : 0;
    struct value out;
    if (!collection_make(st, kind, n, &out))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct value item = value_retain(array_get(a, i));
        bool ok = kind == VALUE_SET ? collection_add_take(st, &out, item)
                                    : collection_push_take(st, &out, item);
        if (!ok) {
            value_release(st, out);
            return false;
        }
    }
    *result = out;
    return true;
}

/* Takes one item out of args[0] by `remove`; gives `[new, item]`, null for an empty one. */
static bool take_out(struct state *st, struct value *args,
                     bool (*remove)(struct state *, struct value *, struct value *),
                     struct value *result)
{
    struct array *pair = argument_pair_new(st);
    if (pair == NULL)
        return false;
    struct value item = value_null();
    if (COLLECTION_OF(args[0])->len > 0 && !remove(st, &args[0], &item)) {
        object_release(st, &pair->head);
        return false;
    }
    pair->items.values[0] = value_take(&args[0]);
    pair->items.values[1] = item;
    *result = array_value(pair);
    return true;
}

static bool to_array(struct state *st, const char *name, struct value v,
                     enum value_kind kind, struct value *result)
{
    return check(st, name, v, kind) &&
           collection_to_array(st, COLLECTION_OF(v), result);
}

static bool size(struct state *st, const char *name, struct value v,
                 enum value_kind kind, size_t *out)
{
    if (!check(st, name, v, kind))
        return false;
    *out = COLLECTION_OF(v)->len;
    return true;
}

/* ---- sets ------------------------------------------------------------------------ */

bool collections_set(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    return make(st, "Set", VALUE_SET, args, nargs, result);
}

bool collections_set_add(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)nargs;
    if (!check(st, "set_add", args[0], VALUE_SET) ||
        !collection_add_take(st, &args[0], value_retain(args[1])))
        return false;
    *result = value_take(&args[0]);
    return true;
}

bool collections_set_remove(struct state *st, struct value *args, uint32_t nargs,
                            struct value *result)
{
    (void)nargs;
    bool found = false;
    if (!check(st, "set_remove", args[0], VALUE_SET) ||
        !collection_delete(st, &args[0], args[1], &found))
        return false;
    *result = value_take(&args[0]);
    return true;
}

bool collections_set_has(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)nargs;
    bool has = false;
    if (!check(st, "set_has", args[0], VALUE_SET) ||
        !collection_has(st, COLLECTION_OF(args[0]), args[1], &has))
        return false;
    *result = value_bool(has);
    return true;
}

bool collections_set_union(struct state *st, struct value *args, uint32_t nargs,
                           struct value *result)
{
    (void)nargs;
    if (!check(st, "set_union", args[0], VALUE_SET) ||
        !check(st, "set_union", args[1], VALUE_SET))
        return false;
    struct value out = value_retain(args[0]), item;
    for (size_t cursor = 0; collection_next(COLLECTION_OF(args[1]), &cursor, &item);) {
        if (!collection_add_take(st, &out, value_retain(item))) {
            value_release(st, out);
            return false;
        }
    }
    *result = out;
    return true;
}

/* Items of a that are (keep) or are not (!keep) in b. */
static bool select_items(struct state *st, const char *name, struct value *args,
                         bool keep, struct value *result)
{
    if (!check(st, name, args[0], VALUE_SET) || !check(st, name, args[1], VALUE_SET))
        return false;
    struct value out, item;
    if (!collection_make(st, VALUE_SET, 0, &out))
        return false;
    for (size_t cursor = 0; collection_next(COLLECTION_OF(args[0]), &cursor, &item);) {
        bool has = false;
        if (!collection_has(st, COLLECTION_OF(args[1]), item, &has) ||
            (has == keep && !collection_add_take(st, &out, value_retain(item)))) {
            value_release(st, out);
            return false;
        }
    }
    *result = out;
    return true;
}

bool collections_set_intersect(struct state *st, struct value *args, uint32_t nargs,
                               struct value *result)
{
    (void)nargs;
    return select_items(st, "set_intersect", args, true, result);
}

bool collections_set_difference(struct state *st, struct value *args, uint32_t nargs,
                                struct value *result)
{
    (void)nargs;
    return select_items(st, "set_difference", args, false, result);
}

bool collections_set_to_array(struct state *st, struct value *args, uint32_t nargs,
                              struct value *result)
{
    (void)nargs;
    return to_array(st, "set_to_array", args[0], VALUE_SET, result);
}

/* ---- queues ---------------------------------------------------------------------- */

bool collections_queue(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    return make(st, "Queue", VALUE_QUEUE, args, nargs, result);
}

bool collections_queue_enqueue(struct state *st, struct value *args, uint32_t nargs,
                               struct value *result)
{
    (void)nargs;
    if (!check(st, "queue_enqueue", args[0], VALUE_QUEUE) ||
        !collection_push_take(st, &args[0], value_retain(args[1])))
        return false;
    *result = value_take(&args[0]);
    return true;
}

bool collections_queue_dequeue(struct state *st, struct value *args, uint32_t nargs,
                               struct value *result)
{
    (void)nargs;
    return check(st, "queue_dequeue", args[0], VALUE_QUEUE) &&
           take_out(st, args, collection_shift, result);
}

bool collections_queue_peek(struct state *st, struct value *args, uint32_t nargs,
                            struct value *result)
{
    (void)nargs;
    if (!check(st, "queue_peek", args[0], VALUE_QUEUE))
        return false;
    const struct collection *c = COLLECTION_OF(args[0]);
    *result = c->len > 0 ? value_retain(collection_first(c)) : value_null();
    return true;
}

bool collections_queue_size(struct state *st, struct value *args, uint32_t nargs,
                            struct value *result)
{
    (void)nargs;
    size_t n = 0;
    if (!size(st, "queue_size", args[0], VALUE_QUEUE, &n))
        return false;
    *result = value_int((int64_t)n);
    return true;
}

bool collections_queue_is_empty(struct state *st, struct value *args, uint32_t nargs,
                                struct value *result)
{
    (void)nargs;
    size_t n = 0;
    if (!size(st, "queue_is_empty", args[0], VALUE_QUEUE, &n))
        return false;
    *result = value_bool(n == 0);
    return true;
}

bool collections_queue_to_array(struct state *st, struct value *args, uint32_t nargs,
                                struct value *result)
{
    (void)nargs;
    return to_array(st, "queue_to_array", args[0], VALUE_QUEUE, result);
}

/* ---- stacks ---------------------------------------------------------------------- */

bool collections_stack(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    return make(st, "Stack", VALUE_STACK, args, nargs, result);
}

bool collections_stack_push(struct state *st, struct value *args, uint32_t nargs,
                            struct value *result)
{
    (void)nargs;
    if (!check(st, "stack_push", args[0], VALUE_STACK) ||
        !collection_push_take(st, &args[0], value_retain(args[1])))
        return false;
    *result = value_take(&args[0]);
    return true;
}

bool collections_stack_pop(struct state *st, struct value *args, uint32_t nargs,
                           struct value *result)
{
    (void)nargs;
    return check(st, "stack_pop", args[0], VALUE_STACK) &&
           take_out(st, args, collection_pop, result);
}

bool collections_stack_peek(struct state *st, struct value *args, uint32_t nargs,
                            struct value *result)
{
    (void)nargs;
    if (!check(st, "stack_peek", args[0], VALUE_STACK))
        return false;
    const struct collection *c = COLLECTION_OF(args[0]);
    *result = c->len > 0 ? value_retain(collection_last(c)) : value_null();
    return true;
}

bool collections_stack_size(struct state *st, struct value *args, uint32_t nargs,
                            struct value *result)
{
    (void)nargs;
    size_t n = 0;
    if (!size(st, "stack_size", args[0], VALUE_STACK, &n))
        return false;
    *result = value_int((int64_t)n);
    return true;
}

bool collections_stack_is_empty(struct state *st, struct value *args, uint32_t nargs,
                                struct value *result)
{
    (void)nargs;
    size_t n = 0;
    if (!size(st, "stack_is_empty", args[0], VALUE_STACK, &n))
        return false;
    *result = value_bool(n == 0);
    return true;
}

bool collections_stack_to_array(struct state *st, struct value *args, uint32_t nargs,
                                struct value *result)
{
    (void)nargs;
    return to_array(st, "stack_to_array", args[0], VALUE_STACK, result);
}
