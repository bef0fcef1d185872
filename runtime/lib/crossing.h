/*
 * crossing.h - values that leave a task and stay in the isolate (language.md 18): messages of
 * a channel that no other task has yet.
 */
#ifndef RUFF_LIB_CROSSING_H
#define RUFF_LIB_CROSSING_H

#include "core/state.h"

/*
 * The value as the other side sees it, owned: plain data shared, because copy-on-write makes
 * it a copy; what closures and structs refer to copied. False with `Cannot send KIND to
 * another task` when a generator, iterator, promise or task handle is in it.
 */
bool crossing_copy(struct state *st, struct value v, struct value *out);

#endif
