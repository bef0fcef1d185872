/*
 * ops.h - the meaning of every operator and access, once for all engines.
 *
 * Operands are borrowed, results owned. Each function returns false with an error set. The
 * engine publishes the position of the operation before calling. Fast paths for ints and
 * floats may stand in the engines (ops_fast.h gives them as inline functions); they must not
 * add meanings.
 */
#ifndef RUFF_CORE_OPS_H
#define RUFF_CORE_OPS_H

#include "core/object.h"

/* Binary and unary operators; same order as enum ast_operator (asserted at the top floor). */
enum ops_operator {
    OPS_ADD,
    OPS_SUB,
    OPS_MUL,
    OPS_DIV,
    OPS_MOD,
    OPS_EQ,
    OPS_NE,
    OPS_LT,
    OPS_LE,
    OPS_GT,
    OPS_GE,
    OPS_NEG,
    OPS_NOT,
    OPS_NOT_WORD,
};

/*
 * Methods that overload an operator, 13.4: bits of structdef.operators, same order as enum
 * ops_operator. ops_overload_names[OPS_OVERLOAD_ADD] is "op_add".
 */
enum ops_overload {
    OPS_OVERLOAD_ADD,
    OPS_OVERLOAD_SUB,
    OPS_OVERLOAD_MUL,
    OPS_OVERLOAD_DIV,
    OPS_OVERLOAD_MOD,
    OPS_OVERLOAD_EQ,
    OPS_OVERLOAD_NE,
    OPS_OVERLOAD_LT,
    OPS_OVERLOAD_LE,
    OPS_OVERLOAD_GT,
    OPS_OVERLOAD_GE,
    OPS_OVERLOAD_NEG,
    OPS_OVERLOAD_NOT,
    OPS_OVERLOAD_COUNT
};
extern const char *const ops_overload_names[OPS_OVERLOAD_COUNT];
/* The overload `op` of struct `a`, or NULL (also when `a` is no struct); borrowed. */
struct function *ops_overload(struct value a, enum ops_overload op);

/* Any binary operator, struct overloads included (13.4). */
bool ops_binary(struct state *st, enum ops_operator op, struct value a, struct value b,
                struct value *out);
bool ops_unary(struct state *st, enum ops_operator op, struct value a,
               struct value *out);
/*
 * *target := *target OP b, growing a unique string or array in place (amortised O(1)). On
 * failure *target is unchanged.
 */
bool ops_binary_into(struct state *st, enum ops_operator op, struct value *target,
                     struct value b);

bool ops_truthy(struct value v);
/* Structural ==, no overloads. False only when data is nested too deep or memory is out. */
bool ops_equal(struct state *st, struct value a, struct value b, bool *out);
/* Same kind and value, scalars only (19.4 remove, unique, index_of). */
bool ops_identical(struct value a, struct value b);
/* Total preorder of `sort` (21a.14): negative, 0, positive. */
int ops_sort_order(struct value a, struct value b);

/* a[i] */
bool ops_index(struct state *st, struct value a, struct value i, struct value *out);
/* a.f and a?.f */
bool ops_member(struct state *st, struct value a, struct string *name,
                struct value *out);
bool ops_optional_member(struct state *st, struct value a, struct string *name,
                         struct value *out);

/* One step of an assignment path. */
struct ops_step {
    struct value index;  /* unset: a field step */
    struct string *name; /* field step */
    uint32_t offset;     /* position for errors */
};

/* *container[index] := v (v taken, also on failure). Copies *container first when shared. */
bool ops_set_index_take(struct state *st, struct value *container, struct value index,
                        struct value v);
bool ops_set_field_take(struct state *st, struct value *container, struct string *name,
                        struct value v);
/* Stores through nsteps >= 1 steps; shared containers on the way are copied. `v` taken. */
bool ops_set_path_take(struct state *st, struct value *root,
                       const struct ops_step *steps, uint32_t nsteps, struct value v);
/* Reads through the same steps (for compound assignment). */
bool ops_get_path(struct state *st, struct value root, const struct ops_step *steps,
                  uint32_t nsteps, struct value *out);

/*
 * Postfix `?`: *returns is set when the enclosing function must return *out at once, else
 * *out is the payload.
 */
bool ops_try(struct state *st, struct value v, bool *returns, struct value *out);
/* Joins display forms of n values into one string (interpolation). */
bool ops_interpolate(struct state *st, const struct value *parts, uint32_t n,
                     struct value *out);
/* Appends the elements of a spread to an array under construction (owned, unique). */
bool ops_spread_into_array(struct state *st, struct value *array, struct value items);
bool ops_spread_into_dict(struct state *st, struct value *dict, struct value items);
/* Key of a dict literal entry (4.1); stores key: v into the unique *dict; v taken. */
bool ops_dict_literal_set_take(struct state *st, struct value *dict, struct value key,
                               struct value v);
/* int(x) float(x) string(x) bool(x) and to_int ...; order of enum ast_convert. */
enum ops_conversion {
    OPS_TO_INT,
    OPS_TO_FLOAT,
    OPS_TO_STRING,
    OPS_TO_BOOL
};
bool ops_convert(struct state *st, unsigned to, struct value v, struct value *out);
/*
 * The whole text as a number, white space around it ignored: decimal digits with an optional
 * sign that fit an int; a decimal float with optional fraction and exponent, `inf`, `NaN`.
 * False when it is something else. text[len] must be readable.
 */
bool ops_parse_int(const char *text, size_t len, int64_t *out);
bool ops_parse_float(const char *text, size_t len, double *out);

/* Destructuring (8.1), all total: item i or null; rest from i; entry or null; rest. */
bool ops_destructure_item(struct state *st, struct value v, uint32_t i,
                          struct value *out);
bool ops_destructure_rest(struct state *st, struct value v, uint32_t from,
                          struct value *out);
bool ops_destructure_key(struct state *st, struct value v, struct string *key,
                         struct value *out);
bool ops_destructure_rest_dict(struct state *st, struct value v,
                               struct string *const *taken, uint32_t ntaken,
                               struct value *out);

/* match (14.4): does `v` have this tag? Bare tags also equal strings. */
bool ops_match_tag(struct value v, const struct string *tag, bool bare);
/* Payload value i of a tagged/ok/err/some value, or null; owned. */
struct value ops_match_payload(struct value v, uint32_t i);

/* Name used by operator messages: int float bool string ... value (section 6). */
const char *ops_type_name(struct value v);
/* What type(v) says (section 4). */
const char *ops_kind_name(struct value v);

/*
 * The float as an int, truncated; false for NaN, infinities. Out of range saturates. For
 * counts, indexes and positions.
 */
bool ops_float_to_index(double f, int64_t *out);

#endif
