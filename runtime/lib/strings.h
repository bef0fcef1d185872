/*
 * strings.h - what other builtins use of the string family.
 */
#ifndef RUFF_LIB_STRINGS_H
#define RUFF_LIB_STRINGS_H

#include "core/object.h"
#include "core/state.h"

/* Array of the lines of `s`: split at LF, a CR before it dropped, no empty last line. */
bool strings_make_lines(struct state *st, struct string *s, struct value *result);

#endif
