/*
 * generator.h - generators of the tree walker: the body runs on a fiber of its own, which is
 * left at each `yield` and entered again at the next step.
 */
#ifndef RUFF_INTERP_GENERATOR_H
#define RUFF_INTERP_GENERATOR_H

#include "interp/node.h"

/* See struct engine in core/call.h. */
bool interp_generator_new(struct state *st, struct function *f, struct value *args,
                          struct value *out);
bool interp_generator_resume(struct state *st, struct value generator, bool *done,
                             struct value *item);
void interp_generator_free(struct state *st, struct object *generator);
void interp_generator_visit(const struct object *generator,
                            void (*visit)(void *context, struct object *child),
                            void *context);

/* `yield v` in the body that runs in `f`; v is taken. False: the body is being dropped. */
bool interp_generator_yield(struct interp_frame *f, struct value v);

#endif
