/*
 * argument.h - what the bodies of builtins share: checking arguments and making results.
 *
 * Checks borrow the value and raise `NAME() requires WHAT`. Pointers they give are valid
 * while the caller holds the value.
 */
#ifndef RUFF_LIB_ARGUMENT_H
#define RUFF_LIB_ARGUMENT_H

#include <stddef.h>

#include "core/object.h"
#include "core/state.h"

/* Raises `NAME() requires WHAT`; always false. */
bool argument_raise(struct state *st, const char *name, const char *what);

bool argument_string(struct state *st, const char *name, struct value v,
                     struct string **out);
/* A string or bytes. */
bool argument_blob(struct state *st, const char *name, struct value v,
                   const void **data, size_t *len);
bool argument_array(struct state *st, const char *name, struct value v,
                    struct array **out);
bool argument_dict(struct state *st, const char *name, struct value v,
                   struct dict **out);
bool argument_bytes(struct state *st, const char *name, struct value v,
                    struct bytes **out);
/* An int, or a float truncated toward zero (saturating, NaN is 0). */
bool argument_integer(struct state *st, const char *name, struct value v, int64_t *out);

static inline bool argument_is_number(struct value v)
{
    return v.kind == VALUE_INT || v.kind == VALUE_FLOAT;
}
static inline double argument_number(struct value v)
{
    return v.kind == VALUE_INT ? (double)v.as.integer : v.as.number;
}
/* Truncation of argument_integer. */
int64_t argument_truncate(double f);

/* `[a, b]`, both taken (also on failure). */
bool argument_pair_take(struct state *st, struct value a, struct value b,
                        struct value *result);
/* An array of two nulls to be filled in place (items.values[0] and [1]), for bodies that
   must not fail once they have changed an argument. NULL with an error set. */
struct array *argument_pair_new(struct state *st);

/* Text of errno `code` with its number: `No such file or directory (os error 2)`. */
const char *argument_os_error(int code, char *buffer, size_t size);

enum {
    ARGUMENT_OS_ERROR_BYTES = 160
};

/* Text from outside (arguments, environment, file names) as a string: what is no UTF-8 is
   replaced, because strings must be valid. */
bool argument_outside_text(struct state *st, const char *text, size_t len,
                           struct value *result);

#endif
