/*
 * Array functions with callbacks and their lazy forms, language.md 19.4 and 12.2.
 *
 * The array cannot change under a callback: args[0] holds a count, so a store through any
 * variable copies first.
 */
#include "config.h"

#include "core/array.h"
#include "core/boxed.h"
#include "core/iter.h"
#include "core/ops.h"
#include "core/poll.h"
#include "core/state.h"
#include "lib/argument.h"
#include "lib/builtins.h"

static bool is_lazy(struct value v)
{
    return v.kind == VALUE_GENERATOR || v.kind == VALUE_ITERATOR;
}

static bool check(struct state *st, const char *name, const struct value *args)
{
    if ((args[0].kind == VALUE_ARRAY || is_lazy(args[0])) && call_is_callable(args[1]))
        return true;
    return error_raise(st, "%s expects an array and a function", name);
}

/* f(item); `item` is borrowed, *out owned. */
static bool call_one(struct state *st, struct value f, struct value item,
                     struct value *out)
{
    struct value argument = value_retain(item);
    bool ok = call_value(st, f, &argument, 1, out);
    value_release(st, argument);
    return ok;
}

/* Truth of f(item). */
static bool test_one(struct state *st, struct value f, struct value item, bool *out)
{
    struct value answer;
    if (!call_one(st, f, item, &answer))
        return false;
    *out = answer.kind == VALUE_BOOL ? answer.as.bits != 0 : ops_truthy(answer);
    value_release(st, answer);
    return true;
}

/* A walk over an array, or the remaining items of a generator or iterator. Items are owned
   by the caller. */
struct walk {
    struct value source;
    size_t at;
};

static bool walk_next(struct state *st, struct walk *w, bool *done, struct value *item)
{
    if (w->source.kind != VALUE_ARRAY)
        return iter_step(st, w->source, done, item);
    struct array *a = ARRAY_OF(w->source);
    *done = w->at == a->len;
    if (!*done) {
        /* A builtin as callback runs without a call of the engine. */
        if (!poll(st, w->at))
            return false;
        *item = value_retain(array_get(a, w->at++));
    }
    return true;
}

/* ---- map and filter -------------------------------------------------------------- */

bool higher_map(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    if (!check(st, "map", args))
        return false;
    if (is_lazy(args[0]))
        return iterator_new(st, ITERATOR_MAP, args[0], args[1], 0, result);
    struct array *a = ARRAY_OF(args[0]);
    struct array *mapped = array_new(st, a->len);
    if (mapped == NULL)
        return false;
    struct value list = array_value(mapped);
    for (size_t i = 0; i < a->len; i++) {
        struct value item;
        if (!poll(st, i) || !call_one(st, args[1], array_get(a, i), &item) ||
            !array_push_take(st, &list, item)) {
            value_release(st, list);
            return false;
        }
    }
    *result = list;
    return true;
}

bool higher_filter(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    if (!check(st, "filter", args))
        return false;
    if (is_lazy(args[0]))
        return iterator_new(st, ITERATOR_FILTER, args[0], args[1], 0, result);
    struct array *a = ARRAY_OF(args[0]);
    struct value list;
    if (!array_make_empty(st, &list))
        return false;
    for (size_t i = 0; i < a->len; i++) {
        bool keep = false;
        if (!poll(st, i) || !test_one(st, args[1], array_get(a, i), &keep) ||
            (keep && !array_push_take(st, &list, value_retain(array_get(a, i))))) {
            value_release(st, list);
            return false;
        }
    }
    *result = list;
    return true;
}

/* ---- searching ------------------------------------------------------------------- */

/* The first item whose test gives `wanted`; *found tells, *item is then owned. */
static bool search(struct state *st, const struct value *args, bool wanted, bool *found,
                   struct value *item)
{
    struct walk w = {.source = args[0]};
    for (;;) {
        bool done = false, answer = false;
        struct value candidate = value_null();
        if (!walk_next(st, &w, &done, &candidate))
            return false;
        if (done) {
            *found = false;
            return true;
        }
        if (!test_one(st, args[1], candidate, &answer)) {
            value_release(st, candidate);
            return false;
        }
        if (answer == wanted) {
            *found = true;
            *item = candidate;
            return true;
        }
        value_release(st, candidate);
    }
}

bool higher_find(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    bool found = false;
    struct value item = value_null();
    if (!check(st, "find", args) || !search(st, args, true, &found, &item))
        return false;
    *result = found ? item : value_int(0);
    return true;
}

bool higher_any(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    bool found = false;
    struct value item = value_null();
    if (!check(st, "any", args) || !search(st, args, true, &found, &item))
        return false;
    value_release(st, item);
    *result = value_bool(found);
    return true;
}

bool higher_all(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    bool found = false;
    struct value item = value_null();
    if (!check(st, "all", args) || !search(st, args, false, &found, &item))
        return false;
    value_release(st, item);
    *result = value_bool(!found);
    return true;
}

/* ---- reduce ---------------------------------------------------------------------- */

bool higher_reduce(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    bool last = call_is_callable(args[2]);
    if ((args[0].kind != VALUE_ARRAY && !is_lazy(args[0])) ||
        (!last && !call_is_callable(args[1])))
        return error_raise(st,
                           "reduce expects an array, an initial value, and a function");
    struct value f = last ? args[2] : args[1];
    struct value folded = value_retain(last ? args[1] : args[2]);
    struct walk w = {.source = args[0]};
    for (;;) {
        bool done = false;
        struct value pair[2] = {value_null(), value_null()}, next = value_null();
        if (!walk_next(st, &w, &done, &pair[1])) {
            value_release(st, folded);
            return false;
        }
        if (done)
            break;
        /* The accumulator is moved, so that a callback may grow it in place. */
        pair[0] = folded;
        bool ok = call_value(st, f, pair, 2, &next);
        value_release(st, pair[0]);
        value_release(st, pair[1]);
        if (!ok)
            return false;
        folded = next;
    }
    *result = folded;
    return true;
}

/* ---- take, skip, collect, next --------------------------------------------------- */

bool higher_take(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    int64_t n = 0;
    if (args[0].kind != VALUE_ARRAY && !is_lazy(args[0]))
        return argument_raise(st, "take", "an array or iterator");
    if (!argument_integer(st, "take", args[1], &n))
        return false;
    n = n < 0 ? 0 : n;
    if (is_lazy(args[0]))
        return iterator_new(st, ITERATOR_TAKE, args[0], value_null(), n, result);
    struct array *a = ARRAY_OF(args[0]);
    if ((uint64_t)n >= a->len) {
        *result = value_take(&args[0]);
        return true;
    }
    return array_slice(st, a, 0, (size_t)n, result);
}

bool higher_skip(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    int64_t n = 0;
    if (args[0].kind != VALUE_ARRAY && !is_lazy(args[0]))
        return argument_raise(st, "skip", "an array or iterator");
    if (!argument_integer(st, "skip", args[1], &n))
        return false;
    n = n < 0 ? 0 : n;
    if (is_lazy(args[0]))
        return iterator_new(st, ITERATOR_SKIP, args[0], value_null(), n, result);
    struct array *a = ARRAY_OF(args[0]);
    if (n == 0) {
        *result = value_take(&args[0]);
        return true;
    }
    size_t from = (uint64_t)n < a->len ? (size_t)n : a->len;
    return array_slice(st, a, from, a->len, result);
}

bool higher_collect(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    return iter_collect(st, args[0], result);
}

bool higher_next(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    if (!is_lazy(args[0]))
        return error_raise(st, "next() expects an iterator");
    bool done = false;
    struct value item = value_null();
    if (!iter_step(st, args[0], &done, &item))
        return false;
    if (done) {
        *result = value_none();
        return true;
    }
    return boxed_make_take(st, VALUE_SOME, item, result);
}
