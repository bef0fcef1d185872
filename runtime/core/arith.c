/*
 * arith.c - binary and unary operators of ops.h.
 */
#include "config.h"

#include <inttypes.h>

#include "core/array.h"
#include "core/call.h"
#include "core/compare.h"
#include "core/ops.h"
#include "core/ops_fast.h"
#include "core/state.h"
#include "core/string.h"

const char *const ops_overload_names[OPS_OVERLOAD_COUNT] = {
    "op_add", "op_sub", "op_mul", "op_div", "op_mod", "op_eq",  "op_ne",
    "op_lt",  "op_le",  "op_gt",  "op_ge",  "op_neg", "op_not",
};
_Static_assert((int)OPS_OVERLOAD_GE == (int)OPS_GE &&
                   (int)OPS_OVERLOAD_NOT == (int)OPS_NOT,
               "overloads follow the operators");

static const char *const symbols[] = {
    [OPS_ADD] = "+", [OPS_SUB] = "-",        [OPS_MUL] = "*", [OPS_DIV] = "/",
    [OPS_MOD] = "%", [OPS_EQ] = "==",        [OPS_NE] = "!=", [OPS_LT] = "<",
    [OPS_LE] = "<=", [OPS_GT] = ">",         [OPS_GE] = ">=", [OPS_NEG] = "-",
    [OPS_NOT] = "!", [OPS_NOT_WORD] = "not",
};

static bool arith(struct state *st, enum ops_operator op, struct value a,
                  struct value b, struct value *out);
static bool arith_ints(struct state *st, enum ops_operator op, int64_t a, int64_t b,
                       struct value *out);
static bool arith_floats(struct state *st, enum ops_operator op, double a, double b,
                         struct value *out);
static bool arith_objects(struct state *st, enum ops_operator op, struct value a,
                          struct value b, struct value *out);
static bool compare(struct state *st, enum ops_operator op, struct value a,
                    struct value b, struct value *out);
static bool equality(struct state *st, enum ops_operator op, struct value a,
                     struct value b, struct value *out);
static bool raise_binary(struct state *st, enum ops_operator op, struct value a,
                         struct value b);

/* ---- overloads ---------------------------------------------------------------------- */

struct function *ops_overload(struct value a, enum ops_overload op)
{
    if (a.kind != VALUE_STRUCT)
        return NULL;
    const struct structdef *def = STRUCT_OF(a)->def;
    if (def == NULL || (def->operators & 1u << op) == 0)
        return NULL;
    for (uint32_t i = 0; i < def->nmethods; i++) {
        if (string_equal_text(STRING_OF(def->method_names[i]), ops_overload_names[op]))
            return def->methods[i];
    }
    return NULL;
}

/* True when `a` overloads the operator; *ok and *out then tell what the method gave. */
static bool overloaded(struct state *st, enum ops_operator op, struct value a,
                       struct value b, uint32_t nargs, struct value *out, bool *ok)
{
    struct function *method = ops_overload(a, (enum ops_overload)op);
    if (method == NULL)
        return false;
    struct value args[2] = {value_null(), value_null()};
    if (nargs == 1)
        args[1] = value_retain(b);
    object_retain(&method->head);
    *ok = call_function_in_place(st, method, a, args + 1, nargs, out);
    object_release(st, &method->head);
    value_release(st, args[1]);
    return true;
}

/* ---- entries ------------------------------------------------------------------------ */

bool ops_binary(struct state *st, enum ops_operator op, struct value a, struct value b,
                struct value *out)
{
    bool ok;
    if (a.kind == VALUE_STRUCT && overloaded(st, op, a, b, 1, out, &ok))
        return ok;
    switch (op) {
    case OPS_ADD:
    case OPS_SUB:
    case OPS_MUL:
    case OPS_DIV:
    case OPS_MOD: return arith(st, op, a, b, out);
    case OPS_EQ:
    case OPS_NE: return equality(st, op, a, b, out);
    case OPS_LT:
    case OPS_LE:
    case OPS_GT:
    case OPS_GE: return compare(st, op, a, b, out);
    case OPS_NEG:
    case OPS_NOT:
    case OPS_NOT_WORD: break;
    }
    return raise_binary(st, op, a, b);
}

bool ops_unary(struct state *st, enum ops_operator op, struct value a,
               struct value *out)
{
    bool ok;
    if (op == OPS_NOT_WORD) {
        *out = value_bool(!ops_fast_truthy(a));
        return true;
    }
    if (a.kind == VALUE_STRUCT && overloaded(st, op, a, value_null(), 0, out, &ok))
        return ok;
    if (op == OPS_NEG) {
        if (ops_fast_neg(a, out))
            return true;
        if (a.kind == VALUE_INT)
            return error_raise(st, "Integer overflow: -(%" PRId64 ")", a.as.integer);
    } else if (a.kind == VALUE_BOOL) {
        *out = value_bool(!a.as.boolean);
        return true;
    }
    return error_raise(st, "Invalid unary operation: %s %s", symbols[op],
                       ops_type_name(a));
}

bool ops_binary_into(struct state *st, enum ops_operator op, struct value *target,
                     struct value b)
{
    if (op == OPS_ADD && target->kind == b.kind) {
        if (b.kind == VALUE_STRING)
            return string_append(st, target, STRING_OF(b));
        if (b.kind == VALUE_ARRAY)
            return array_append(st, target, ARRAY_OF(b));
    }
    struct value result;
    if (!ops_binary(st, op, *target, b, &result))
        return false;
    value_set_take(st, target, result);
    return true;
}

/* ---- arithmetic --------------------------------------------------------------------- */

static bool arith(struct state *st, enum ops_operator op, struct value a,
                  struct value b, struct value *out)
{
    if (a.kind == VALUE_INT && b.kind == VALUE_INT)
        return arith_ints(st, op, a.as.integer, b.as.integer, out);
    if (ops_is_number(a) && ops_is_number(b))
        return arith_floats(st, op, ops_number(a), ops_number(b), out);
    return arith_objects(st, op, a, b, out);
}

static bool arith_ints(struct state *st, enum ops_operator op, int64_t a, int64_t b,
                       struct value *out)
{
    int64_t r = 0;
    bool overflow = false;
    if (op == OPS_ADD) {
        overflow = __builtin_add_overflow(a, b, &r);
    } else if (op == OPS_SUB) {
        overflow = __builtin_sub_overflow(a, b, &r);
    } else if (op == OPS_MUL) {
        overflow = __builtin_mul_overflow(a, b, &r);
    } else if (b == 0) {
        return error_raise(st, op == OPS_DIV ? "Division by zero" : "Modulo by zero");
    } else if (a == INT64_MIN && b == -1) {
        overflow = true;
    } else {
        r = op == OPS_DIV ? a / b : a % b;
    }
    if (overflow)
        return error_raise(st, "Integer overflow: %" PRId64 " %s %" PRId64, a,
                           symbols[op], b);
    *out = value_int(r);
    return true;
}

static bool arith_floats(struct state *st, enum ops_operator op, double a, double b,
                         struct value *out)
{
    double r;
    if (op == OPS_ADD)
        r = a + b;
    else if (op == OPS_SUB)
        r = a - b;
    else if (op == OPS_MUL)
        r = a * b;
    else if (b == 0.0)
        return error_raise(st, op == OPS_DIV ? "Division by zero" : "Modulo by zero");
    else if (op == OPS_DIV)
        r = a / b;
    else
        r = fmod(a, b);
    *out = value_float(r);
    return true;
}

static bool arith_objects(struct state *st, enum ops_operator op, struct value a,
                          struct value b, struct value *out)
{
    struct string *s = NULL;
    if (op == OPS_ADD && a.kind == VALUE_ARRAY && b.kind == VALUE_ARRAY)
        return array_concat(st, ARRAY_OF(a), ARRAY_OF(b), out);
    if (op == OPS_ADD && a.kind == VALUE_STRING && b.kind == VALUE_STRING)
        s = string_concat(st, STRING_OF(a), STRING_OF(b));
    else if (op == OPS_MUL && a.kind == VALUE_STRING && b.kind == VALUE_INT)
        s = string_repeat(st, STRING_OF(a), b.as.integer);
    else if (op == OPS_MUL && a.kind == VALUE_INT && b.kind == VALUE_STRING)
        s = string_repeat(st, STRING_OF(b), a.as.integer);
    else
        return raise_binary(st, op, a, b);
    if (s == NULL)
        return false;
    *out = string_value(s);
    return true;
}

/* ---- comparison --------------------------------------------------------------------- */

static bool equality(struct state *st, enum ops_operator op, struct value a,
                     struct value b, struct value *out)
{
    bool equal;
    if (!ops_fast_eq(a, b, &equal) && !compare_equal(st, a, b, &equal))
        return false;
    *out = value_bool(equal == (op == OPS_EQ));
    return true;
}

static bool holds(enum ops_operator op, int order)
{
    switch (op) {
    case OPS_LT: return order < 0;
    case OPS_LE: return order <= 0;
    case OPS_GT: return order > 0;
    default: return order >= 0;
    }
}

static bool compare(struct state *st, enum ops_operator op, struct value a,
                    struct value b, struct value *out)
{
    bool r;
    if (a.kind == VALUE_STRING && b.kind == VALUE_STRING) {
        *out = value_bool(holds(op, string_compare(STRING_OF(a), STRING_OF(b))));
        return true;
    }
    bool done = op == OPS_LT   ? ops_fast_lt(a, b, &r)
                : op == OPS_LE ? ops_fast_le(a, b, &r)
                : op == OPS_GT ? ops_fast_gt(a, b, &r)
                               : ops_fast_ge(a, b, &r);
    if (!done)
        return raise_binary(st, op, a, b);
    *out = value_bool(r);
    return true;
}

static bool raise_binary(struct state *st, enum ops_operator op, struct value a,
                         struct value b)
{
    return error_raise(st, "Invalid binary operation: %s %s %s", ops_type_name(a),
                       symbols[op], ops_type_name(b));
}
