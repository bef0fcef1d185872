/*
 * array.h - ordered lists with packed representations.
 *
 * An array holds int64 items, doubles or values (head.reserved: enum array_rep). Storing an
 * item of another kind widens it to values once; an empty array takes the kind of its first
 * item. Programs cannot see the representation.
 *
 * Value semantics: functions that change an array take the `struct value *` slot that owns
 * it and copy the storage first when it is shared (copy-on-write, counted in the heap's
 * statistics); through a unique slot they change in place. The appended capacity grows by
 * half to double, so pushing is amortised O(1). On failure (false, error set) the slot is
 * unchanged. `_take` parameters are consumed in any case.
 */
#ifndef RUFF_CORE_ARRAY_H
#define RUFF_CORE_ARRAY_H

#include "core/object.h"
#include "core/state.h"

#define ARRAY_MAX_ITEMS ((size_t)1 << 36)

/* An empty array with room for `capacity` values; owned. NULL with an error set. */
struct array *array_new(struct state *st, size_t capacity);
/* Arrays of `len` zeroed items for the caller to fill through items.ints / .floats. */
struct array *array_new_ints(struct state *st, size_t len);
struct array *array_new_floats(struct state *st, size_t len);
/* An array of n values, which are taken (also on failure); packed when all are of one kind. */
bool array_make_take(struct state *st, struct value *items, size_t n,
                     struct value *out);
/* The same from borrowed values. */
bool array_make(struct state *st, const struct value *items, size_t n,
                struct value *out);
bool array_make_empty(struct state *st, struct value *out);

static inline enum array_rep array_rep(const struct array *a)
{
    return (enum array_rep)a->head.reserved;
}
static inline struct value array_value(struct array *a)
{
    return (struct value){.as.object = &a->head, .kind = VALUE_ARRAY};
}
/* Item i < len, borrowed: valid while the array is not changed. */
static inline struct value array_get(const struct array *a, size_t i)
{
    switch (array_rep(a)) {
    case ARRAY_INTS: return value_int(a->items.ints[i]);
    case ARRAY_FLOATS: return value_float(a->items.floats[i]);
    case ARRAY_VALUES: break;
    }
    return a->items.values[i];
}
/*
 * Position of program index `index` (negative from the end) in a sequence of `len`; false
 * when it lies outside.
 */
static inline bool array_position(size_t len, int64_t index, size_t *out)
{
    uint64_t at = (uint64_t)index;
    if (index < 0)
        at += len;
    if (at >= len)
        return false;
    *out = (size_t)at;
    return true;
}

/* Makes *slot (an array) the only owner of its storage, copying when shared. */
bool array_make_unique(struct state *st, struct value *slot);
/* Room for `extra` more items after the present ones; makes unique. */
bool array_reserve(struct state *st, struct value *slot, size_t extra);

/* Slow part of array_push_take. */
bool array_push_slow_take(struct state *st, struct value *slot, struct value v);
/* Appends v to the array in *slot. */
static inline bool array_push_take(struct state *st, struct value *slot, struct value v)
{
    struct array *a = ARRAY_OF(*slot);
    if (a->head.refs == 1 && a->len < a->capacity) {
        uint32_t rep = a->head.reserved;
        if (rep == ARRAY_INTS && v.kind == VALUE_INT) {
            a->items.ints[a->len++] = v.as.integer;
            return true;
        }
        if (rep == ARRAY_FLOATS && v.kind == VALUE_FLOAT) {
            a->items.floats[a->len++] = v.as.number;
            return true;
        }
        if (rep == ARRAY_VALUES && a->len > 0) {
            a->items.values[a->len++] = v;
            return true;
        }
    }
    return array_push_slow_take(st, slot, v);
}

bool array_set_slow_take(struct state *st, struct value *slot, size_t i,
                         struct value v);
/* Replaces item i < len. */
static inline bool array_set_take(struct state *st, struct value *slot, size_t i,
                                  struct value v)
{
    struct array *a = ARRAY_OF(*slot);
    if (a->head.refs == 1) {
        uint32_t rep = a->head.reserved;
        if (rep == ARRAY_INTS && v.kind == VALUE_INT) {
            a->items.ints[i] = v.as.integer;
            return true;
        }
        if (rep == ARRAY_FLOATS && v.kind == VALUE_FLOAT) {
            a->items.floats[i] = v.as.number;
            return true;
        }
        if (rep == ARRAY_VALUES) {
            value_set_take(st, &a->items.values[i], v);
            return true;
        }
    }
    return array_set_slow_take(st, slot, i, v);
}
/* Puts v before item i <= len. */
bool array_insert_take(struct state *st, struct value *slot, size_t i, struct value v);
/* Takes item i < len out: *removed is owned. */
bool array_remove(struct state *st, struct value *slot, size_t i,
                  struct value *removed);
/* Appends all items of `b`; b may be the same object. */
bool array_append(struct state *st, struct value *slot, const struct array *b);
/* A pointer to item i < len of *slot for stores through a path: makes unique and widens to
   values. NULL with an error set. Valid until the array changes. */
struct value *array_slot(struct state *st, struct value *slot, size_t i);
/* Widens a unique array to values. */
bool array_widen(struct state *st, struct array *a);

/* New array of items [from, to), from <= to <= len. */
bool array_slice(struct state *st, const struct array *a, size_t from, size_t to,
                 struct value *out);
/* a + b. */
bool array_concat(struct state *st, const struct array *a, const struct array *b,
                  struct value *out);

/* Bytes of one item. */
static inline size_t array_item_size(enum array_rep rep)
{
    return rep == ARRAY_VALUES ? sizeof(struct value) : sizeof(int64_t);
}

#endif
