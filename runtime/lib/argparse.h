/*
 * argparse.h - the ArgParser struct of 19.10. Its methods are no builtins: call_method finds
 * them through state->native_method.
 *
 * The instance has one field `arguments`, an array of dicts with the keys of add_argument.
 */
#ifndef RUFF_LIB_ARGPARSE_H
#define RUFF_LIB_ARGPARSE_H

#include "core/state.h"
#include "core/string.h"

/* state->native_method. */
bool argparse_method(struct state *st, struct value object, const struct string *name,
                     struct value *args, uint32_t nargs, bool *handled,
                     struct value *result);

#endif
