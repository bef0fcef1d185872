/*
 * compare.h - structural equality, identity of scalars, and the order of sort.
 *
 * No overloads here: `==` on a struct looks for op_eq before it comes (ops.h). Nothing
 * recurses on the data's depth; beyond VALUE_NESTING_LIMIT levels (print.h) compare_equal
 * raises `Maximum data nesting depth of N exceeded while comparing`.
 */
#ifndef RUFF_CORE_COMPARE_H
#define RUFF_CORE_COMPARE_H

#include "core/object.h"
#include "core/state.h"

/* Difference below which two finite numbers are equal when one is a float (section 6). */
#define COMPARE_EPSILON 2.220446049250313e-16

/* Structural ==. False only with an error set. */
bool compare_equal(struct state *st, struct value a, struct value b, bool *out);
/* == of numbers of which at least one is a float, the other converted. */
static inline bool compare_floats(double a, double b)
{
    double difference = a - b;
    /* a == b catches equal infinities, whose difference is NaN. */
    return a == b || (difference < COMPARE_EPSILON && difference > -COMPARE_EPSILON);
}
/* Same kind and value, scalars (null, bool, int, float, string) only. */
bool compare_identical(struct value a, struct value b);
/* Total preorder of `sort` (21a.14): numbers mixed, strings by bytes, NaN after all other
   numbers, other pairs equal. */
int compare_order(struct value a, struct value b);

#endif
