/* Arrays, language.md 19.4, without callbacks (higher.c) and sort (sort.c). */
#include "config.h"

#include <string.h>

#include "base/sizing.h"
#include "core/array.h"
#include "core/bytes.h"
#include "core/compare.h"
#include "core/dict.h"
#include "core/ops.h"
#include "core/poll.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"

static bool remove_from_dict(struct state *st, struct value *args,
                             struct value *result);
static int64_t clamp_position(int64_t at, size_t len);

/* ---- making ---------------------------------------------------------------------- */

bool arrays_range(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    if (nargs < 1 || nargs > 3)
        return error_raise(st, "range() requires 1, 2, or 3 arguments");
    int64_t numbers[3];
    for (uint32_t i = 0; i < nargs; i++) {
        if (!argument_is_number(args[i]))
            return error_raise(st, "range() requires numeric arguments");
        numbers[i] = args[i].kind == VALUE_INT ? args[i].as.integer
                                               : argument_truncate(args[i].as.number);
    }
    int64_t start = nargs > 1 ? numbers[0] : 0;
    int64_t stop = nargs > 1 ? numbers[1] : numbers[0];
    int64_t step = nargs > 2 ? numbers[2] : 1;
    if (step == 0)
        return error_raise(st, "range() step cannot be zero");
    uint64_t count = 0;
    if (step > 0 && start < stop)
        count = ((uint64_t)stop - (uint64_t)start - 1) / (uint64_t)step + 1;
    else if (step < 0 && start > stop)
        count = ((uint64_t)start - (uint64_t)stop - 1) / (0 - (uint64_t)step) + 1;
    if (count == 0)
        return array_make_empty(st, result);
    if (count > ARRAY_MAX_ITEMS)
        return error_out_of_memory(st);
    struct array *a = array_new_ints(st, (size_t)count);
    if (a == NULL)
        return false;
    uint64_t next = (uint64_t)start;
    for (size_t i = 0; i < a->len;) {
        if (!poll_now(st)) {
            object_release(st, &a->head);
            return false;
        }
        for (size_t end = poll_block(i, a->len); i < end; i++, next += (uint64_t)step)
            a->items.ints[i] = (int64_t)next;
    }
    *result = array_value(a);
    return true;
}

bool arrays_array(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    return array_make(st, args, nargs, result);
}

/* ---- changed copies -------------------------------------------------------------- */

bool arrays_push(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    if (args[0].kind != VALUE_ARRAY)
        return argument_raise(st, "push", "an array");
    if (!array_push_take(st, &args[0], value_retain(args[1])))
        return false;
    *result = value_take(&args[0]);
    return true;
}

bool arrays_pop(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    struct array *a = NULL;
    if (!argument_array(st, "pop", args[0], &a))
        return false;
    struct array *pair = argument_pair_new(st);
    if (pair == NULL)
        return false;
    struct value removed = value_int(0);
    if (a->len > 0 && !array_remove(st, &args[0], a->len - 1, &removed)) {
        object_release(st, &pair->head);
        return false;
    }
    pair->items.values[0] = value_take(&args[0]);
    pair->items.values[1] = removed;
    *result = array_value(pair);
    return true;
}

bool arrays_insert(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct array *a = NULL;
    int64_t i = 0;
    if (!argument_array(st, "insert", args[0], &a) ||
        !argument_integer(st, "insert", args[1], &i))
        return false;
    if (i < 0 || (uint64_t)i > a->len)
        return error_raise(st,
                           "insert() index %lld out of bounds for array of length %zu",
                           (long long)i, a->len);
    if (!array_insert_take(st, &args[0], (size_t)i, value_retain(args[2])))
        return false;
    *result = value_take(&args[0]);
    return true;
}

bool arrays_remove(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    if (args[0].kind == VALUE_DICT)
        return remove_from_dict(st, args, result);
    if (args[0].kind != VALUE_ARRAY)
        return argument_raise(st, "remove", "an array or dict");
    struct array *a = ARRAY_OF(args[0]);
    for (size_t i = 0; i < a->len; i++) {
        if (!poll(st, i))
            return false;
        if (!ops_identical(array_get(a, i), args[1]))
            continue;
        struct value removed;
        if (!array_remove(st, &args[0], i, &removed))
            return false;
        value_release(st, removed);
        break;
    }
    *result = value_take(&args[0]);
    return true;
}

static bool remove_from_dict(struct state *st, struct value *args, struct value *result)
{
    struct array *pair = argument_pair_new(st);
    if (pair == NULL)
        return false;
    struct value removed = value_int(0);
    bool found = false;
    if (dict_is_key(args[1]) && !dict_remove(st, &args[0], args[1], &found, &removed)) {
        object_release(st, &pair->head);
        return false;
    }
    pair->items.values[0] = value_take(&args[0]);
    pair->items.values[1] = found ? removed : value_int(0);
    *result = array_value(pair);
    return true;
}

bool arrays_remove_at(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    struct array *a = NULL;
    int64_t i = 0;
    if (!argument_array(st, "remove_at", args[0], &a) ||
        !argument_integer(st, "remove_at", args[1], &i))
        return false;
    if (i < 0 || (uint64_t)i >= a->len)
        return error_raise(
            st, "remove_at() index %lld out of bounds for array of length %zu",
            (long long)i, a->len);
    struct array *pair = argument_pair_new(st);
    if (pair == NULL)
        return false;
    struct value removed;
    if (!array_remove(st, &args[0], (size_t)i, &removed)) {
        object_release(st, &pair->head);
        return false;
    }
    pair->items.values[0] = value_take(&args[0]);
    pair->items.values[1] = removed;
    *result = array_value(pair);
    return true;
}

bool arrays_clear(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    if (args[0].kind == VALUE_DICT)
        return dict_make_empty(st, result);
    if (args[0].kind == VALUE_ARRAY)
        return array_make_empty(st, result);
    return argument_raise(st, "clear", "an array or dict");
}

bool arrays_slice(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    if (args[0].kind != VALUE_ARRAY && args[0].kind != VALUE_BYTES)
        return argument_raise(st, "slice", "an array or bytes");
    int64_t from = 0, to = 0;
    if (!argument_integer(st, "slice", args[1], &from) ||
        !argument_integer(st, "slice", args[2], &to))
        return false;
    size_t len =
        args[0].kind == VALUE_ARRAY ? ARRAY_OF(args[0])->len : BYTES_OF(args[0])->len;
    from = clamp_position(from, len);
    to = clamp_position(to, len);
    if (to < from)
        to = from;
    if (from == 0 && (size_t)to == len) {
        *result = value_take(&args[0]);
        return true;
    }
    if (args[0].kind == VALUE_BYTES)
        return bytes_slice(st, BYTES_OF(args[0]), (size_t)from, (size_t)to, result);
    return array_slice(st, ARRAY_OF(args[0]), (size_t)from, (size_t)to, result);
}

static int64_t clamp_position(int64_t at, size_t len)
{
    int64_t n = (int64_t)len;
    if (at < 0)
        at = at < -n ? 0 : at + n;
    return at > n ? n : at;
}

bool arrays_concat(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct array *a = NULL, *b = NULL;
    if (!argument_array(st, "concat", args[0], &a) ||
        !argument_array(st, "concat", args[1], &b))
        return false;
    if (!value_is_unique(args[0]))
        return array_concat(st, a, b, result);
    if (!array_append(st, &args[0], b))
        return false;
    *result = value_take(&args[0]);
    return true;
}

bool arrays_reverse(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    if (args[0].kind != VALUE_ARRAY)
        return argument_raise(st, "reverse", "an array");
    if (!array_make_unique(st, &args[0]))
        return false;
    struct array *a = ARRAY_OF(args[0]);
    for (size_t i = 0, j = a->len; i + 1 < j; i++) {
        j--;
        if (array_rep(a) == ARRAY_VALUES) {
            struct value swap = a->items.values[i];
            a->items.values[i] = a->items.values[j];
            a->items.values[j] = swap;
        } else {
            /* Doubles are moved as their bits. */
            int64_t swap = a->items.ints[i];
            a->items.ints[i] = a->items.ints[j];
            a->items.ints[j] = swap;
        }
    }
    *result = value_take(&args[0]);
    return true;
}

bool arrays_flatten(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    struct array *a = NULL;
    if (!argument_array(st, "flatten", args[0], &a))
        return false;
    if (array_rep(a) != ARRAY_VALUES) {
        *result = value_take(&args[0]);
        return true;
    }
    struct value out;
    if (!array_make_empty(st, &out))
        return false;
    for (size_t i = 0; i < a->len; i++) {
        struct value item = a->items.values[i];
        bool ok = item.kind == VALUE_ARRAY
                      ? array_append(st, &out, ARRAY_OF(item))
                      : array_push_take(st, &out, value_retain(item));
        if (!ok || !poll(st, i)) {
            value_release(st, out);
            return false;
        }
    }
    *result = out;
    return true;
}

/* ---- unique ---------------------------------------------------------------------- */

/* Equal values hash equal; containers only by kind and size, so that a row of them costs
   comparisons, not wrong answers. */
static uint64_t unique_hash(struct state *st, struct value v)
{
    uint64_t h = v.kind;
    switch (v.kind) {
    case VALUE_INT:
    case VALUE_BOOL: h += v.as.bits * 31; break;
    case VALUE_FLOAT: h += (v.as.number == 0.0 ? 0 : v.as.bits) * 31; break;
    case VALUE_STRING: h += (uint64_t)string_hash(st, STRING_OF(v)) << 8; break;
    case VALUE_ARRAY: h += (uint64_t)ARRAY_OF(v)->len << 8; break;
    case VALUE_DICT: h += (uint64_t)DICT_OF(v)->len << 8; break;
    default: break;
    }
    h ^= h >> 31;
    h *= UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 29;
}

static bool unique_same(struct state *st, struct value a, struct value b, bool *same)
{
    *same = false;
    if (a.kind != b.kind)
        return true;
    if (a.kind < VALUE_FIRST_OBJECT || a.kind == VALUE_STRING) {
        *same = a.kind == VALUE_NONE || ops_identical(a, b);
        return true;
    }
    return compare_equal(st, a, b, same);
}

bool arrays_unique(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct array *a = NULL;
    if (!argument_array(st, "unique", args[0], &a))
        return false;
    if (a->len < 2) {
        *result = value_take(&args[0]);
        return true;
    }
    size_t slots = SIZE_OR_TINY(16, 2);
    while (slots < a->len * 2)
        slots *= 2;
    size_t bytes = slots * sizeof(size_t);
    size_t *table = heap_alloc(st, bytes, HEAP_BUILTIN); /* position + 1 in `out` */
    if (table == NULL)
        return false;
    memset(table, 0, bytes);
    struct value out = value_null();
    bool ok = array_make_empty(st, &out);
    size_t steps = 0;
    for (size_t i = 0; ok && i < a->len; i++) {
        struct value item = array_get(a, i);
        bool same = false;
        size_t at = (size_t)unique_hash(st, item) & (slots - 1);
        ok = poll(st, i);
        while (ok && table[at] != 0 && !same) {
            ok = poll(st, steps++) &&
                 unique_same(st, array_get(ARRAY_OF(out), table[at] - 1), item, &same);
            if (!same)
                at = (at + 1) & (slots - 1);
        }
        if (!ok || same)
            continue;
        ok = array_push_take(st, &out, value_retain(item));
        if (ok)
            table[at] = ARRAY_OF(out)->len;
    }
    heap_free(st, table, bytes);
    if (!ok) {
        value_release(st, out);
        return false;
    }
    *result = out;
    return true;
}

/* ---- sums and shapes ------------------------------------------------------------- */

bool arrays_sum(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    struct array *a = NULL;
    if (!argument_array(st, "sum", args[0], &a))
        return false;
    struct value sum = value_int(0);
    for (size_t i = 0; i < a->len; i++) {
        struct value item = array_get(a, i);
        if (!poll(st, i))
            return false;
        if (!argument_is_number(item))
            continue;
        if (sum.kind == VALUE_INT && item.kind == VALUE_INT) {
            int64_t next = 0;
            if (__builtin_add_overflow(sum.as.integer, item.as.integer, &next))
                return error_raise(st, "Integer overflow: %lld + %lld",
                                   (long long)sum.as.integer,
                                   (long long)item.as.integer);
            sum.as.integer = next;
        } else {
            sum = value_float(argument_number(sum) + argument_number(item));
        }
    }
    *result = sum;
    return true;
}

/* Pushes [from, to) of `a` as an array of its own. */
static bool push_slice(struct state *st, struct value *list, const struct array *a,
                       size_t from, size_t to)
{
    struct value part;
    return array_slice(st, a, from, to, &part) && array_push_take(st, list, part);
}

static bool list_result(struct state *st, bool ok, struct value list,
                        struct value *result)
{
    if (!ok) {
        value_release(st, list);
        return false;
    }
    *result = list;
    return true;
}

bool arrays_chunk(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    struct array *a = NULL;
    int64_t n = 0;
    if (!argument_array(st, "chunk", args[0], &a) ||
        !argument_integer(st, "chunk", args[1], &n))
        return false;
    if (n <= 0)
        return array_make(st, args, 1, result);
    struct value list;
    if (!array_make_empty(st, &list))
        return false;
    bool ok = true;
    for (size_t from = 0; ok && from < a->len;) {
        size_t left = a->len - from;
        size_t size = (uint64_t)n < left ? (size_t)n : left;
        ok = poll_now(st) && push_slice(st, &list, a, from, from + size);
        from += size;
    }
    return list_result(st, ok, list, result);
}

bool arrays_windows(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    struct array *a = NULL;
    int64_t n = 0;
    if (!argument_array(st, "windows", args[0], &a) ||
        !argument_integer(st, "windows", args[1], &n))
        return false;
    struct value list;
    if (!array_make_empty(st, &list))
        return false;
    bool ok = true;
    if (n > 0 && (uint64_t)n <= a->len)
        for (size_t from = 0; ok && from + (size_t)n <= a->len; from++)
            ok = poll_now(st) && push_slice(st, &list, a, from, from + (size_t)n);
    return list_result(st, ok, list, result);
}

bool arrays_zip(struct state *st, struct value *args, uint32_t nargs,
                struct value *result)
{
    (void)nargs;
    struct array *a = NULL, *b = NULL;
    if (!argument_array(st, "zip", args[0], &a) ||
        !argument_array(st, "zip", args[1], &b))
        return false;
    size_t n = a->len < b->len ? a->len : b->len;
    struct value list;
    if (!array_make_empty(st, &list))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        struct value items[2] = {array_get(a, i), array_get(b, i)}, pair;
        ok = poll(st, i) && array_make(st, items, 2, &pair) &&
             array_push_take(st, &list, pair);
    }
    return list_result(st, ok, list, result);
}

bool arrays_enumerate(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    struct array *a = NULL;
    if (!argument_array(st, "enumerate", args[0], &a))
        return false;
    struct value list;
    if (!array_make_empty(st, &list))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < a->len; i++) {
        struct value items[2] = {value_int((int64_t)i), array_get(a, i)}, pair;
        ok = poll(st, i) && array_make(st, items, 2, &pair) &&
             array_push_take(st, &list, pair);
    }
    return list_result(st, ok, list, result);
}
