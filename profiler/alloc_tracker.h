#ifndef RUFFPROF_ALLOC_TRACKER_H
#define RUFFPROF_ALLOC_TRACKER_H

/*
 * Allocation samples of one runtime: gives every sampled object an identity and puts its
 * stack into a stream; the free of a sampled object follows under the same identity, with its
 * age in bytes. Every allocation counted: alloc_counts.h.
 *
 * Everything runs on the thread of the runtime, inside its allocator, not in a signal
 * handler. When the stream is full the hook waits for the drain thread: memory profiles
 * lose nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#include <ruff_introspect.h>

#include "stack_stream.h"

struct alloc_tracker;

/*
 * `next_object` counts the objects of all threads of a recording; it is shared. `wait` is
 * called while the stream is full and must let the consumer run. NULL without memory. A
 * tracker serves one thread after another.
 */
struct alloc_tracker *alloc_tracker_new(size_t ring_bytes, uint32_t *next_object,
                                        void (*wait)(void *context), void *context);
void alloc_tracker_free(struct alloc_tracker *t);

/* The runtime whose hooks call the two functions below from now on; the stream is empty. */
void alloc_tracker_attach(struct alloc_tracker *t, const struct ruff *r);
/* What the hooks of the runtime are to call (ruff_intro_set_hooks, mean above 0). */
void alloc_tracker_allocated(struct alloc_tracker *t, const void *address, size_t size,
                             unsigned cause);
void alloc_tracker_freed(struct alloc_tracker *t, const void *address);
/* The runtime ends and takes all its objects with it. On its thread, hooks off. */
void alloc_tracker_release(struct alloc_tracker *t);

struct stack_stream *alloc_tracker_stream(struct alloc_tracker *t);

#endif
