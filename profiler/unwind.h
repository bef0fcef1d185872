#ifndef RUFFPROF_UNWIND_H
#define RUFFPROF_UNWIND_H

/*
 * Unwinding outside the signal handler, by libunwind's remote interface: registers and stack
 * come from the slice that a sample carries, code and unwind tables from the memory of this
 * process, each address checked against the list of modules.
 *
 * Never in a handler: libunwind takes locks and walks the loader's lists there, and hung or
 * crashed in every configuration that was tried (notes/sampling.md). Used by the drain thread
 * with --unwind=libunwind, for samples whose address the call-frame table does not know, and
 * as the oracle of the tests. x86-64 only.
 */

#include <stdint.h>

#include "modules.h"
#include "stack_stream.h"

struct unwinder;

/* NULL without memory, or on a machine it is not made for. `modules` is borrowed. */
struct unwinder *unwinder_new(const struct modules *modules);
void unwinder_free(struct unwinder *u);
/* Code has come or gone: forgets what it cached. The old list is no longer used. */
void unwinder_set_modules(struct unwinder *u, const struct modules *modules);

/* All machine frames of the sample, leaf first: return addresses but the first. */
uint32_t unwinder_frames(struct unwinder *u, const struct stack_slice *slice,
                         const void *stack, uint64_t *pcs, uint32_t capacity);

/* A collector_unwind_fn; the context is a struct unwinder. Gives the leaf part: what stands
   before the first frame of an engine. */
uint32_t unwinder_leaf(void *context, const struct stack_slice *slice,
                       const void *stack, uint64_t *pcs, uint32_t capacity,
                       uint32_t *walked);

#endif
