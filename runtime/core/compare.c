#include "config.h"

#include "core/compare.h"

#include <math.h>
#include <string.h>

#include "core/array.h"
#include "core/bytes.h"
#include "core/collection.h"
#include "core/dict.h"
#include "core/nesting.h"
#include "core/poll.h"
#include "core/string.h"
#include "core/structs.h"

enum verdict {
    DIFFERENT,
    EQUAL,
    INSIDE, /* equal if their parts are */
};

/* Where a walk through two containers stands. */
enum step {
    STEP_PAIR,
    STEP_END,
    STEP_DIFFERENT
};

static bool is_number(struct value v)
{
    return v.kind == VALUE_INT || v.kind == VALUE_FLOAT;
}

static double as_double(struct value v)
{
    return v.kind == VALUE_INT ? (double)v.as.integer : v.as.number;
}

static enum verdict verdict_of(bool equal)
{
    return equal ? EQUAL : DIFFERENT;
}

static bool floats_equal(const struct array *a, const struct array *b)
{
    for (size_t i = 0; i < a->len; i++) {
        if (!compare_floats(a->items.floats[i], b->items.floats[i]))
            return false;
    }
    return true;
}

static enum verdict look_at_arrays(const struct array *a, const struct array *b)
{
    if (a->len != b->len)
        return DIFFERENT;
    if (a->len == 0)
        return EQUAL;
    if (array_rep(a) != array_rep(b) || array_rep(a) == ARRAY_VALUES)
        return INSIDE;
    if (array_rep(a) == ARRAY_FLOATS)
        return verdict_of(floats_equal(a, b));
    return verdict_of(memcmp(a->items.ints, b->items.ints, a->len * sizeof(int64_t)) ==
                      0);
}

static enum verdict look_at_structs(const struct struct_object *a,
                                    const struct struct_object *b)
{
    if (a->shape == b->shape)
        return a->shape->nfields == 0 ? EQUAL : INSIDE;
    if (a->shape->nfields != b->shape->nfields ||
        !string_equal(STRING_OF(struct_name(a)), STRING_OF(struct_name(b))))
        return DIFFERENT;
    return a->shape->nfields == 0 ? EQUAL : INSIDE;
}

static enum verdict look_at_tagged(const struct tagged *a, const struct tagged *b)
{
    if (a->count != b->count || !string_equal(STRING_OF(a->tag), STRING_OF(b->tag)))
        return DIFFERENT;
    return a->count == 0 ? EQUAL : INSIDE;
}

/* Decides what can be decided without looking into containers. */
static enum verdict look(struct value a, struct value b)
{
    if (is_number(a) && is_number(b)) {
        if (a.kind == VALUE_INT && b.kind == VALUE_INT)
            return verdict_of(a.as.integer == b.as.integer);
        return verdict_of(compare_floats(as_double(a), as_double(b)));
    }
    if (a.kind != b.kind)
        return DIFFERENT;
    switch ((enum value_kind)a.kind) {
    case VALUE_UNSET:
    case VALUE_NULL:
    case VALUE_NONE: return EQUAL;
    case VALUE_BOOL: return verdict_of(a.as.boolean == b.as.boolean);
    case VALUE_STRING: return verdict_of(string_equal(STRING_OF(a), STRING_OF(b)));
    case VALUE_BYTES: return verdict_of(bytes_equal(BYTES_OF(a), BYTES_OF(b)));
    case VALUE_ARRAY: return look_at_arrays(ARRAY_OF(a), ARRAY_OF(b));
    case VALUE_DICT:
        if (DICT_OF(a)->len != DICT_OF(b)->len)
            return DIFFERENT;
        return DICT_OF(a)->len == 0 ? EQUAL : INSIDE;
    case VALUE_STRUCT: return look_at_structs(STRUCT_OF(a), STRUCT_OF(b));
    case VALUE_TAGGED: return look_at_tagged(TAGGED_OF(a), TAGGED_OF(b));
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK:
        if (COLLECTION_OF(a)->len != COLLECTION_OF(b)->len)
            return DIFFERENT;
        return COLLECTION_OF(a)->len == 0 ? EQUAL : INSIDE;
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME: return INSIDE;
    case VALUE_INT:
    case VALUE_FLOAT:
    case VALUE_BUILTIN:
    case VALUE_FUNCTION:
    case VALUE_METHOD:
    case VALUE_STRUCTDEF:
    case VALUE_GENERATOR:
    case VALUE_ITERATOR:
    case VALUE_CHANNEL:
    case VALUE_PROMISE:
    case VALUE_TASK:
    case VALUE_CELL:
    case VALUE_ITER:
    case VALUE_KIND_COUNT: break;
    }
    return verdict_of(a.as.bits == b.as.bits);
}

static enum step next_dict(struct nesting_level *level, struct value *a,
                           struct value *b)
{
    const struct dict *d = DICT_OF(level->a);
    while (level->at < d->used) {
        const struct dict_entry *entry = &d->entries[level->at++];
        if (entry->key.kind == VALUE_UNSET)
            continue;
        const struct value *other = dict_find_stored(DICT_OF(level->b), &entry->key);
        if (other == NULL)
            return STEP_DIFFERENT;
        *a = entry->value;
        *b = *other;
        return STEP_PAIR;
    }
    return STEP_END;
}

static enum step next_field(struct state *st, struct nesting_level *level,
                            struct value *a, struct value *b)
{
    const struct struct_object *x = STRUCT_OF(level->a), *y = STRUCT_OF(level->b);
    uint32_t slot = (uint32_t)level->at++;
    if (slot == x->shape->nfields)
        return STEP_END;
    uint32_t other =
        x->shape == y->shape ? slot : shape_slot(st, y->shape, x->shape->names[slot]);
    if (other == SHAPE_NO_SLOT)
        return STEP_DIFFERENT;
    *a = x->fields[slot];
    *b = y->fields[other];
    return STEP_PAIR;
}

static enum step next_member(struct nesting_level *level, struct value *a,
                             struct value *b)
{
    /* The two cursors differ when the sets have holes: `at` walks a, `order` walks b. */
    size_t other = (size_t)(uintptr_t)level->order;
    if (!collection_next(COLLECTION_OF(level->a), &level->at, a))
        return STEP_END;
    if (!collection_next(COLLECTION_OF(level->b), &other, b))
        return STEP_DIFFERENT;
    level->order = (const void *)(uintptr_t)other;
    return STEP_PAIR;
}

/* The next pair of parts of the two containers. */
static enum step next_pair(struct state *st, struct nesting_level *level,
                           struct value *a, struct value *b)
{
    switch (level->a.kind) {
    case VALUE_ARRAY:
        if (level->at == ARRAY_OF(level->a)->len)
            return STEP_END;
        *a = array_get(ARRAY_OF(level->a), level->at);
        *b = array_get(ARRAY_OF(level->b), level->at++);
        return STEP_PAIR;
    case VALUE_DICT: return next_dict(level, a, b);
    case VALUE_STRUCT: return next_field(st, level, a, b);
    case VALUE_TAGGED:
        if (level->at == TAGGED_OF(level->a)->count)
            return STEP_END;
        *a = TAGGED_OF(level->a)->payload[level->at];
        *b = TAGGED_OF(level->b)->payload[level->at++];
        return STEP_PAIR;
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK: return next_member(level, a, b);
    default: /* a box: one part */
        if (level->at++ == 1)
            return STEP_END;
        *a = BOXED_OF(level->a)->payload;
        *b = BOXED_OF(level->b)->payload;
        return STEP_PAIR;
    }
}

/* Compares the parts of two containers. */
static bool walk(struct state *st, struct value a, struct value b, bool *out)
{
    struct nesting n;
    nesting_init(&n);
    bool ok = nesting_push(st, &n, a, b, "comparing") != NULL;
    bool equal = true;
    uint64_t steps = 0;
    while (ok && equal && n.len > 0) {
        if (!poll(st, ++steps)) {
            ok = false;
            break;
        }
        switch (next_pair(st, &n.levels[n.len - 1], &a, &b)) {
        case STEP_END: n.len--; break;
        case STEP_DIFFERENT: equal = false; break;
        case STEP_PAIR: {
            enum verdict verdict = look(a, b);
            if (verdict == INSIDE)
                ok = nesting_push(st, &n, a, b, "comparing") != NULL;
            else
                equal = verdict == EQUAL;
            break;
        }
        }
    }
    nesting_done(&n);
    if (ok)
        *out = equal;
    return ok;
}

bool compare_equal(struct state *st, struct value a, struct value b, bool *out)
{
    enum verdict verdict = look(a, b);
    if (verdict == INSIDE)
        return walk(st, a, b, out);
    *out = verdict == EQUAL;
    return true;
}

bool compare_identical(struct value a, struct value b)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case VALUE_NULL: return true;
    case VALUE_BOOL: return a.as.boolean == b.as.boolean;
    case VALUE_INT: return a.as.integer == b.as.integer;
    case VALUE_FLOAT: return a.as.number == b.as.number;
    case VALUE_STRING: return string_equal(STRING_OF(a), STRING_OF(b));
    default: return false;
    }
}

static int compare_doubles(double a, double b)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

/* Exact order of an int and a finite float: converting the int to double would make distinct
   ints beyond 2^53 equal to one float and the order no order. */
static int compare_mixed(int64_t i, double f)
{
    if (isnan(f))
        return -1;
    if (f >= 9223372036854775808.0)
        return -1;
    if (f < -9223372036854775808.0)
        return 1;
    int64_t whole = (int64_t)f;
    if (i != whole)
        return i < whole ? -1 : 1;
    double rest = f - (double)whole;
    return (rest < 0.0) - (rest > 0.0);
}

int compare_order(struct value a, struct value b)
{
    if (a.kind == VALUE_INT && b.kind == VALUE_INT)
        return (a.as.integer > b.as.integer) - (a.as.integer < b.as.integer);
    if (a.kind == VALUE_FLOAT && b.kind == VALUE_FLOAT)
        return compare_doubles(a.as.number, b.as.number);
    if (a.kind == VALUE_INT && b.kind == VALUE_FLOAT)
        return compare_mixed(a.as.integer, b.as.number);
    if (a.kind == VALUE_FLOAT && b.kind == VALUE_INT)
        return -compare_mixed(b.as.integer, a.as.number);
    if (a.kind == VALUE_STRING && b.kind == VALUE_STRING)
        return string_compare(STRING_OF(a), STRING_OF(b));
    return 0;
}
