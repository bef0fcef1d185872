/*
 * async.h - async functions as tasks of the isolate that calls them (language.md 18): their
 * bodies share its variables.
 */
#ifndef RUFF_LIB_ASYNC_H
#define RUFF_LIB_ASYNC_H

#include "core/state.h"

/* Sets state->async_call. */
void async_attach(struct state *st);

#endif
