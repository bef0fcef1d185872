/*
 * access.h - what access.c (reading) and path.c (storing) share.
 */
#ifndef RUFF_CORE_ACCESS_H
#define RUFF_CORE_ACCESS_H

#include "core/value.h"

/* The int or finite float as a position; false for every other value. */
bool access_sequence_index(struct value i, int64_t *out);
/* `Index out of bounds: I` and `Missing map key: K`; always false. */
bool access_raise_bounds(struct state *st, struct value i);
bool access_raise_missing_key(struct state *st, struct value key);

#endif
