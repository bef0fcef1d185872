#include "config.h"

#include "core/array.h"

#include <string.h>

#include "base/sizing.h"
#include "core/error.h"
#include "core/heap.h"

/* Items of the first growth; packed arrays get twice as many in the same bytes. */
#define ARRAY_MIN_CAPACITY SIZE_OR_TINY(4u, 1u)
/* Arrays below this double when they grow, larger ones add half. */
#define ARRAY_DOUBLE_MAX   ((size_t)1 << 20)

static enum array_rep rep_for(struct value v)
{
    switch (v.kind) {
    case VALUE_INT: return ARRAY_INTS;
    case VALUE_FLOAT: return ARRAY_FLOATS;
    default: return ARRAY_VALUES;
    }
}

/* True when `v` may be stored as an item of representation `rep`. */
static bool rep_holds(enum array_rep rep, struct value v)
{
    return rep == ARRAY_VALUES || rep == rep_for(v);
}

/* Writes item i, which holds nothing that needs a release. */
static void put(struct array *a, size_t i, struct value v)
{
    switch (array_rep(a)) {
    case ARRAY_INTS: a->items.ints[i] = v.as.integer; break;
    case ARRAY_FLOATS: a->items.floats[i] = v.as.number; break;
    case ARRAY_VALUES: a->items.values[i] = v; break;
    }
}

static void *item_at(const struct array *a, size_t i)
{
    return (char *)a->items.raw + i * array_item_size(array_rep(a));
}

/* ---- making --------------------------------------------------------------------------- */

/* An array of that representation with room for `capacity` items. */
static struct array *alloc_array(struct state *st, enum array_rep rep, size_t capacity,
                                 enum heap_cause cause)
{
    if (capacity > ARRAY_MAX_ITEMS) {
        error_out_of_memory(st);
        return NULL;
    }
    /* The bytes of packed items must do for whole values, see adopt_rep. */
    if (rep != ARRAY_VALUES)
        capacity = (capacity + 1) & ~(size_t)1;
    struct object *o = heap_object(st, sizeof(struct array), VALUE_ARRAY, HEAP_ARRAY);
    if (o == NULL)
        return NULL;
    struct array *a = (struct array *)(void *)o;
    a->head.reserved = (uint16_t)rep;
    a->len = 0;
    a->capacity = 0;
    a->items.raw = NULL;
    if (capacity > 0) {
        a->items.raw = heap_alloc(st, capacity * array_item_size(rep), cause);
        if (a->items.raw == NULL) {
            object_release(st, o);
            return NULL;
        }
        a->capacity = capacity;
    }
    return a;
}

struct array *array_new(struct state *st, size_t capacity)
{
    return alloc_array(st, ARRAY_VALUES, capacity, HEAP_ARRAY);
}

struct array *array_new_ints(struct state *st, size_t len)
{
    struct array *a = alloc_array(st, ARRAY_INTS, len, HEAP_ARRAY);
    if (a == NULL)
        return NULL;
    if (len > 0)
        memset(a->items.raw, 0, len * sizeof(int64_t));
    a->len = len;
    return a;
}

struct array *array_new_floats(struct state *st, size_t len)
{
    struct array *a = array_new_ints(st, len);
    if (a != NULL)
        a->head.reserved = ARRAY_FLOATS; /* all bits zero is 0.0 */
    return a;
}

bool array_make_empty(struct state *st, struct value *out)
{
    struct array *a = array_new(st, 0);
    if (a == NULL)
        return false;
    *out = array_value(a);
    return true;
}

bool array_make_take(struct state *st, struct value *items, size_t n, struct value *out)
{
    enum array_rep rep = n > 0 ? rep_for(items[0]) : ARRAY_VALUES;
    for (size_t i = 1; i < n && rep != ARRAY_VALUES; i++) {
        if (items[i].kind != items[0].kind)
            rep = ARRAY_VALUES;
    }
    struct array *a = alloc_array(st, rep, n, HEAP_ARRAY);
    if (a == NULL) {
        for (size_t i = 0; i < n; i++)
            value_release(st, items[i]);
        return false;
    }
    if (rep == ARRAY_VALUES && n > 0) {
        memcpy(a->items.values, items, n * sizeof *items);
    } else {
        for (size_t i = 0; i < n; i++)
            a->items.ints[i] = items[i].as.integer; /* the bits, for floats too */
    }
    a->len = n;
    *out = array_value(a);
    return true;
}

bool array_make(struct state *st, const struct value *items, size_t n,
                struct value *out)
{
    struct array *a = array_new(st, n);
    if (a == NULL)
        return false;
    struct value made = array_value(a);
    for (size_t i = 0; i < n; i++) {
        if (!array_push_take(st, &made, value_retain(items[i]))) {
            value_release(st, made);
            return false;
        }
    }
    *out = made;
    return true;
}

/* Retains items [from, to). */
static void retain_items(const struct array *a, size_t from, size_t to)
{
    if (array_rep(a) != ARRAY_VALUES)
        return;
    for (size_t i = from; i < to; i++)
        value_retain(a->items.values[i]);
}

/* A new array of items [from, to) with room for `spare` more. */
static struct array *copy_range(struct state *st, const struct array *a, size_t from,
                                size_t to, size_t spare, enum heap_cause cause)
{
    size_t n = to - from;
    struct array *b = alloc_array(st, array_rep(a), n + spare, cause);
    if (b == NULL)
        return NULL;
    if (n > 0)
        memcpy(b->items.raw, item_at(a, from), n * array_item_size(array_rep(a)));
    b->len = n;
    retain_items(b, 0, n);
    return b;
}

bool array_slice(struct state *st, const struct array *a, size_t from, size_t to,
                 struct value *out)
{
    struct array *b = copy_range(st, a, from, to, 0, HEAP_ARRAY);
    if (b == NULL)
        return false;
    *out = array_value(b);
    return true;
}

/* ---- changing ------------------------------------------------------------------------- */

/* make_unique with room for `spare` more items in a copy. */
static bool own(struct state *st, struct value *slot, size_t spare)
{
    struct array *a = ARRAY_OF(*slot);
    if (a->head.refs == 1)
        return true;
    struct array *copy = copy_range(st, a, 0, a->len, spare, HEAP_COPY_ON_WRITE);
    if (copy == NULL)
        return false;
    heap_count_copy(st);
    value_set_take(st, slot, array_value(copy));
    return true;
}

bool array_make_unique(struct state *st, struct value *slot)
{
    return own(st, slot, 0);
}

/* Spare items to add to a copy that is made in order to append `extra`. */
static size_t spare_for(const struct array *a, size_t extra)
{
    size_t spare = a->len / 2 + ARRAY_MIN_CAPACITY;
    return spare > extra ? spare : extra;
}

/* Gives a unique array room for `extra` more items. */
static bool grow(struct state *st, struct array *a, size_t extra)
{
    if (extra <= a->capacity - a->len)
        return true;
    size_t item = array_item_size(array_rep(a));
    size_t min =
        item == sizeof(struct value) ? ARRAY_MIN_CAPACITY : 2 * ARRAY_MIN_CAPACITY;
    size_t wanted = a->capacity < ARRAY_DOUBLE_MAX ? 2 * a->capacity
                                                   : a->capacity + a->capacity / 2;
    if (extra > ARRAY_MAX_ITEMS - a->len)
        return error_out_of_memory(st);
    if (wanted < a->len + extra)
        wanted = a->len + extra;
    if (wanted < min)
        wanted = min;
    wanted = (wanted + 1) & ~(size_t)1;
    void *items = heap_realloc(st, a->items.raw, a->capacity * item, wanted * item,
                               HEAP_ARRAY_GROW);
    if (items == NULL)
        return false;
    a->items.raw = items;
    a->capacity = wanted;
    return true;
}

/* An empty array takes over the representation that suits `v`; its bytes stay. */
static void adopt_rep(struct array *a, struct value v)
{
    enum array_rep rep = rep_for(v);
    size_t bytes = a->capacity * array_item_size(array_rep(a));
    a->head.reserved = (uint16_t)rep;
    a->capacity = bytes / array_item_size(rep);
}

bool array_widen(struct state *st, struct array *a)
{
    enum array_rep rep = array_rep(a);
    if (rep == ARRAY_VALUES)
        return true;
    size_t capacity = a->len + a->len / 4 + ARRAY_MIN_CAPACITY;
    struct value *values = heap_alloc(st, capacity * sizeof *values, HEAP_ARRAY_WIDEN);
    if (values == NULL)
        return false;
    for (size_t i = 0; i < a->len; i++)
        values[i] = array_get(a, i);
    heap_free(st, a->items.raw, a->capacity * array_item_size(rep));
    a->items.values = values;
    a->capacity = capacity;
    a->head.reserved = ARRAY_VALUES;
    return true;
}

/* Makes *slot ready to receive v as one more item (`extra` 1) or in place of one (0). */
static struct array *prepare(struct state *st, struct value *slot, struct value v,
                             size_t extra)
{
    if (!own(st, slot, extra > 0 ? spare_for(ARRAY_OF(*slot), extra) : 0))
        return NULL;
    struct array *a = ARRAY_OF(*slot);
    if (a->len == 0)
        adopt_rep(a, v);
    else if (!rep_holds(array_rep(a), v) && !array_widen(st, a))
        return NULL;
    return grow(st, a, extra) ? a : NULL;
}

bool array_reserve(struct state *st, struct value *slot, size_t extra)
{
    return own(st, slot, extra) && grow(st, ARRAY_OF(*slot), extra);
}

bool array_push_slow_take(struct state *st, struct value *slot, struct value v)
{
    struct array *a = prepare(st, slot, v, 1);
    if (a == NULL) {
        value_release(st, v);
        return false;
    }
    put(a, a->len++, v);
    return true;
}

bool array_set_slow_take(struct state *st, struct value *slot, size_t i, struct value v)
{
    struct array *a = prepare(st, slot, v, 0);
    if (a == NULL) {
        value_release(st, v);
        return false;
    }
    if (array_rep(a) == ARRAY_VALUES)
        value_set_take(st, &a->items.values[i], v);
    else
        put(a, i, v);
    return true;
}

bool array_insert_take(struct state *st, struct value *slot, size_t i, struct value v)
{
    struct array *a = prepare(st, slot, v, 1);
    if (a == NULL) {
        value_release(st, v);
        return false;
    }
    memmove(item_at(a, i + 1), item_at(a, i),
            (a->len - i) * array_item_size(array_rep(a)));
    put(a, i, v);
    a->len++;
    return true;
}

bool array_remove(struct state *st, struct value *slot, size_t i, struct value *removed)
{
    if (!own(st, slot, 0))
        return false;
    struct array *a = ARRAY_OF(*slot);
    *removed = array_get(a, i); /* its count moves to the caller */
    a->len--;
    memmove(item_at(a, i), item_at(a, i + 1),
            (a->len - i) * array_item_size(array_rep(a)));
    return true;
}

struct value *array_slot(struct state *st, struct value *slot, size_t i)
{
    if (!own(st, slot, 0) || !array_widen(st, ARRAY_OF(*slot)))
        return NULL;
    return &ARRAY_OF(*slot)->items.values[i];
}

/* ---- joining -------------------------------------------------------------------------- */

/* Copies all items of b behind those of the unique array a, which has room and a
   representation that holds them. */
static void append_items(struct array *a, const struct array *b)
{
    size_t n = b->len;
    if (n == 0)
        return;
    if (array_rep(a) == array_rep(b)) {
        memcpy(item_at(a, a->len), b->items.raw, n * array_item_size(array_rep(a)));
        retain_items(a, a->len, a->len + n);
    } else {
        for (size_t i = 0; i < n; i++)
            a->items.values[a->len + i] = value_retain(array_get(b, i));
    }
    a->len += n;
}

bool array_append(struct state *st, struct value *slot, const struct array *b)
{
    size_t n = b->len;
    if (n == 0)
        return true;
    if (ARRAY_OF(*slot) == b) {
        /* Growing would move the items that are being read. */
        struct value joined;
        if (!array_concat(st, b, b, &joined))
            return false;
        value_set_take(st, slot, joined);
        return true;
    }
    if (!own(st, slot, spare_for(ARRAY_OF(*slot), n)))
        return false;
    struct array *a = ARRAY_OF(*slot);
    if (a->len == 0 && array_rep(a) != array_rep(b))
        adopt_rep(a, array_get(b, 0));
    if (array_rep(a) != array_rep(b) && !array_widen(st, a))
        return false;
    if (!grow(st, a, n))
        return false;
    append_items(a, b);
    return true;
}

bool array_concat(struct state *st, const struct array *a, const struct array *b,
                  struct value *out)
{
    enum array_rep rep = array_rep(a);
    if (a->len == 0)
        rep = array_rep(b);
    else if (b->len > 0 && array_rep(b) != rep)
        rep = ARRAY_VALUES;
    if (b->len > ARRAY_MAX_ITEMS - a->len)
        return error_out_of_memory(st);
    struct array *joined = alloc_array(st, rep, a->len + b->len, HEAP_ARRAY);
    if (joined == NULL)
        return false;
    append_items(joined, a);
    append_items(joined, b);
    *out = array_value(joined);
    return true;
}
