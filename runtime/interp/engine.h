/*
 * engine.h - the tree walker, as the top floor uses it.
 */
#ifndef RUFF_INTERP_ENGINE_H
#define RUFF_INTERP_ENGINE_H

#include "core/call.h"

/* Put into state->engine by the top floor. */
extern const struct engine interp_engine;
/* The same, adding to state->ops: see count.h. */
extern const struct engine interp_counting_engine;

/* Frees proto->interp_code; NULL is fine. */
void interp_code_free(struct interp_code *code);

#endif
