#ifndef RUFFPROF_ALLOC_TRACKER_H
#define RUFFPROF_ALLOC_TRACKER_H

/*
 * Allocation samples of one runtime: installs the runtime's hooks, gives every sampled
 * object an identity and puts its stack into a stream; the free of a sampled object follows
 * under the same identity, with its age in bytes.
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
 * mean_bytes > 0 (every allocation: alloc_counts.h). `wait` is called while the stream is full and must
 * let the consumer run. NULL without memory. Off until alloc_tracker_start.
 */
struct alloc_tracker *alloc_tracker_new(struct ruff *r, uint64_t mean_bytes,
                                        uint64_t seed, void (*wait)(void *context),
                                        void *context);
void alloc_tracker_start(struct alloc_tracker *t);
void alloc_tracker_stop(struct alloc_tracker *t);
void alloc_tracker_free(struct alloc_tracker *t);
struct stack_stream *alloc_tracker_stream(struct alloc_tracker *t);

#endif
