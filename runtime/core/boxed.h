/*
 * boxed.h - Ok, Err, Some and enum values: immutable boxes around a payload.
 */
#ifndef RUFF_CORE_BOXED_H
#define RUFF_CORE_BOXED_H

#include "core/object.h"
#include "core/state.h"

/* kind VALUE_OK, VALUE_ERR or VALUE_SOME; payload taken, also on failure. */
bool boxed_make_take(struct state *st, enum value_kind kind, struct value payload,
                     struct value *out);
/* Status::Done(a, b): tag is the full text, borrowed; n payload values are taken. */
bool tagged_make_take(struct state *st, struct string *tag, struct value *payload,
                      uint32_t n, struct value *out);

#endif
