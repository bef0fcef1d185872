/*
 * async.h - async functions and spawn blocks as tasks (language.md 18).
 *
 * An async body shares the program's variables; a spawned block runs on a snapshot.
 */
#ifndef RUFF_LIB_ASYNC_H
#define RUFF_LIB_ASYNC_H

#include "core/state.h"

/* Sets state->async_call and state->spawn. */
void async_attach(struct state *st);

#endif
