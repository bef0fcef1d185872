#ifndef RUFFPROF_COLLECTOR_H
#define RUFFPROF_COLLECTOR_H

/*
 * From streams to the profile file: interns stacks into nodes, frames and functions, each
 * defined in the file before its first use, and writes samples and allocations. Used by the
 * drain thread only (and by whoever finishes the session after it has ended).
 */

#include <stdbool.h>
#include <stdint.h>

#include <ruff_introspect.h>

#include "modules.h"
#include "rprof_writer.h"
#include "stack_stream.h"

struct collector;

/* All borrowed for its life; `r` until collector_use. `source` is the id of the script's source in the file. */
struct collector *collector_new(const struct ruff *r, struct rprof_writer *writer,
                                const char *script, uint64_t source);
void collector_free(struct collector *c);

/* Unwinds a sample that carries a stack slice; gives the native pcs to show, leaf first, and
   how many frames were *walked to find them. */
typedef uint32_t (*collector_unwind_fn)(void *context, const struct stack_slice *slice,
                                        const void *stack, uint64_t *pcs,
                                        uint32_t capacity, uint32_t *walked);
void collector_set_unwinder(struct collector *c, collector_unwind_fn unwind,
                            void *context);

/*
 * Modules for naming native frames; taken over. Those it had are freed (file ids of modules
 * it knew are kept); collector_new makes a first list.
 */
void collector_take_modules(struct collector *c, struct modules *modules);
/* The list in use; borrowed until the next collector_take_modules. */
const struct modules *collector_modules(const struct collector *c);
/* Native addresses so far that lay in no module: a reason to make a new list. */
uint64_t collector_unknown(const struct collector *c);

/* The runtime that explains the function ids and positions of what comes next: each thread has
   one of its own. Ids mean the same in all of them, but only a thread's own knows the code that
   it has compiled. Borrowed until the next call. */
void collector_use(struct collector *c, const struct ruff *r);
/* What an allocation outside all frames belongs to: [idle], for a program's main thread, or
   [scheduler], for one that it has started. */
void collector_outside(struct collector *c, enum rprof_tier tier);

/* Takes everything that waits in a stream of `thread`. Returns records taken. */
uint64_t collector_drain(struct collector *c, struct stack_stream *stream,
                         uint64_t thread);

/* Node of `frame` called from node `parent` (0: outermost); defines what is new. */
uint64_t collector_child(struct collector *c, uint64_t parent,
                         const struct stack_frame *frame);
/* Counters of an exact allocation profile; `leaf` is the node's frame. Node 0 stands for
   what was allocated outside the script. */
void collector_counts(struct collector *c, uint64_t thread, uint64_t time_ns,
                      uint64_t node, uint32_t cause, const struct stack_frame *leaf,
                      const struct rprof_counts *add);
void collector_peak(struct collector *c, uint64_t thread, uint64_t node, uint32_t cause,
                    uint64_t objects, uint64_t bytes);

struct collector_totals {
    uint64_t samples, alloc_samples, alloc_bytes;
};
/* The function with the rank-th largest own weight (rank from 0): samples, or bytes when
   there are no samples. False when there are not so many. The name is borrowed. */
bool collector_hottest(const struct collector *c, uint32_t rank, const char **name,
                       double *share);
void collector_totals(const struct collector *c, struct collector_totals *out);

#endif
