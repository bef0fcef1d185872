/*
 * engine.h - which engine runs a mode, and what every engine needs in an isolate.
 */
#ifndef RUFF_ENGINE_H
#define RUFF_ENGINE_H

#include <stdbool.h>

#include <ruff.h>

struct engine;
struct state;

/* NULL when the mode is not built in. `counting`: the build that counts operations. */
const struct engine *engine_of_mode(enum ruff_mode mode, bool counting);
/* Fills the services of state.h that engines provide, whichever runs. */
void engine_attach(struct state *st);

#endif
