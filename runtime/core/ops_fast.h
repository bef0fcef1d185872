/*
 * ops_fast.h - the common cases of operators, inline, for the engines.
 *
 * ops_fast_X returns true when it has done the whole operation on ints and floats, false
 * when the engine must call the function of ops.h (other kinds, and everything that ends in
 * an error). No meaning is defined here that ops.h does not have.
 */
#ifndef RUFF_CORE_OPS_FAST_H
#define RUFF_CORE_OPS_FAST_H

#include <math.h>

#include "core/object.h"

/* Two floats closer than this are equal, language.md section 6: one unit in the last place
   of 1.0. */
#define OPS_EPSILON 2.220446049250313e-16

static inline bool ops_float_equal(double a, double b)
{
    /* The first test serves the infinities, whose difference is NaN. */
    return a == b || fabs(a - b) < OPS_EPSILON;
}

static inline bool ops_is_number(struct value v)
{
    return v.kind == VALUE_INT || v.kind == VALUE_FLOAT;
}

/* Of an int or a float. */
static inline double ops_number(struct value v)
{
    return v.kind == VALUE_INT ? (double)v.as.integer : v.as.number;
}

#define OPS_FAST_ARITH(name, overflow, op)                             \
    static inline bool ops_fast_##name(struct value a, struct value b, \
                                       struct value *out)              \
    {                                                                  \
        if (a.kind == VALUE_INT && b.kind == VALUE_INT) {              \
            int64_t r;                                                 \
            if (overflow(a.as.integer, b.as.integer, &r))              \
                return false;                                          \
            *out = value_int(r);                                       \
            return true;                                               \
        }                                                              \
        if (!ops_is_number(a) || !ops_is_number(b))                    \
            return false;                                              \
        *out = value_float(ops_number(a) op ops_number(b));            \
        return true;                                                   \
    }                                                                  \
    struct value

OPS_FAST_ARITH(add, __builtin_add_overflow, +);
OPS_FAST_ARITH(sub, __builtin_sub_overflow, -);
OPS_FAST_ARITH(mul, __builtin_mul_overflow, *);
#undef OPS_FAST_ARITH

static inline bool ops_fast_div(struct value a, struct value b, struct value *out)
{
    if (a.kind == VALUE_INT && b.kind == VALUE_INT) {
        /* 0 raises, and -1 may overflow. */
        if ((uint64_t)b.as.integer + 1 <= 1)
            return false;
        *out = value_int(a.as.integer / b.as.integer);
        return true;
    }
    if (!ops_is_number(a) || !ops_is_number(b) || ops_number(b) == 0.0)
        return false;
    *out = value_float(ops_number(a) / ops_number(b));
    return true;
}

static inline bool ops_fast_mod(struct value a, struct value b, struct value *out)
{
    if (a.kind != VALUE_INT || b.kind != VALUE_INT || (uint64_t)b.as.integer + 1 <= 1)
        return false;
    *out = value_int(a.as.integer % b.as.integer);
    return true;
}

static inline bool ops_fast_neg(struct value a, struct value *out)
{
    if (a.kind == VALUE_INT && a.as.integer != INT64_MIN) {
        *out = value_int(-a.as.integer);
        return true;
    }
    if (a.kind != VALUE_FLOAT)
        return false;
    *out = value_float(-a.as.number);
    return true;
}

#define OPS_FAST_COMPARE(name, op)                                                \
    static inline bool ops_fast_##name(struct value a, struct value b, bool *out) \
    {                                                                             \
        if (a.kind == VALUE_INT && b.kind == VALUE_INT) {                         \
            *out = a.as.integer op b.as.integer;                                  \
            return true;                                                          \
        }                                                                         \
        if (!ops_is_number(a) || !ops_is_number(b))                               \
            return false;                                                         \
        *out = ops_number(a) op ops_number(b);                                    \
        return true;                                                              \
    }                                                                             \
    struct value

OPS_FAST_COMPARE(lt, <);
OPS_FAST_COMPARE(le, <=);
OPS_FAST_COMPARE(gt, >);
OPS_FAST_COMPARE(ge, >=);
#undef OPS_FAST_COMPARE

/* == for kinds without content; != is its negation. */
static inline bool ops_fast_eq(struct value a, struct value b, bool *out)
{
    if (a.kind == b.kind) {
        switch (a.kind) {
        case VALUE_INT: *out = a.as.integer == b.as.integer; return true;
        case VALUE_FLOAT: *out = ops_float_equal(a.as.number, b.as.number); return true;
        case VALUE_BOOL: *out = a.as.boolean == b.as.boolean; return true;
        case VALUE_NULL:
        case VALUE_NONE: *out = true; return true;
        default: return false;
        }
    }
    if (ops_is_number(a) && ops_is_number(b)) {
        *out = ops_float_equal(ops_number(a), ops_number(b));
        return true;
    }
    /* Kinds differ: equal never, unless a struct on the left overloads ==. */
    if (a.kind == VALUE_STRUCT)
        return false;
    *out = false;
    return true;
}

static inline bool ops_fast_truthy(struct value v)
{
    switch (v.kind) {
    case VALUE_UNSET:
    case VALUE_NULL: return false;
    case VALUE_BOOL: return v.as.boolean;
    case VALUE_INT: return v.as.integer != 0;
    case VALUE_FLOAT: return v.as.number != 0.0;
    case VALUE_STRING: return STRING_OF(v)->len != 0;
    case VALUE_ARRAY: return ARRAY_OF(v)->len != 0;
    case VALUE_DICT: return DICT_OF(v)->len != 0;
    default: return true;
    }
}

/*
 * a[i] for an array and an int inside its bounds (negative ones count from the end); the
 * item is retained.
 */
static inline bool ops_fast_index(struct value a, struct value i, struct value *out)
{
    if (a.kind != VALUE_ARRAY || i.kind != VALUE_INT)
        return false;
    const struct array *array = ARRAY_OF(a);
    int64_t at = i.as.integer;
    if (at < 0)
        at += (int64_t)array->len;
    if ((uint64_t)at >= array->len)
        return false;
    switch (array->head.reserved) {
    case ARRAY_INTS: *out = value_int(array->items.ints[at]); return true;
    case ARRAY_FLOATS: *out = value_float(array->items.floats[at]); return true;
    default: *out = value_retain(array->items.values[at]); return true;
    }
}

#endif
