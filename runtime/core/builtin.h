/*
 * builtin.h - what a builtin is. The table itself is lib/builtins.c over lang/builtins.def;
 * core and the engines reach it through state->builtins.
 */
#ifndef RUFF_CORE_BUILTIN_H
#define RUFF_CORE_BUILTIN_H

#include "core/value.h"

/*
 * Body of a builtin. args[0..nargs) belong to the caller, who releases what is left in them
 * afterwards; the body may move a value out with value_take, and may grow an argument's
 * storage in place when its count is 1, but only after the last thing that can fail, so a
 * failed call leaves every argument as it was. On success *result is owned by the caller.
 * Returns false with an error set (error.h). The arity has been checked.
 */
typedef bool (*builtin_fn)(struct state *st, struct value *args, uint32_t nargs,
                           struct value *result);

/* Wording of the arity error, language.md 19.0. */
enum builtin_arity {
    BUILTIN_ARITY_PLAIN,    /* triangle: NAME expects N arguments, got M */
    BUILTIN_ARITY_SINGULAR, /* square: NAME expects N argument(s), got M; singular for 1 */
    BUILTIN_ARITY_MATH,     /* NAME() expects 1 argument / N arguments */
    BUILTIN_ARITY_FREE,     /* other: a sentence that starts with the name */
};

#define BUILTIN_MOVES_FIRST \
    0x01u /* pays when args[0] is unique: `x := f(x, ..)` moves */
#define BUILTIN_VARIADIC (-1)

struct builtin {
    const char *name; /* canonical */
    builtin_fn fn;
    int16_t min_args, max_args; /* max BUILTIN_VARIADIC: no upper bound */
    uint8_t arity;              /* enum builtin_arity */
    uint8_t flags;              /* BUILTIN_* */
    uint16_t id;                /* row in lang/builtins.def */
};

#endif
