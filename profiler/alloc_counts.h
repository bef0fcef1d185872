#ifndef RUFFPROF_ALLOC_COUNTS_H
#define RUFFPROF_ALLOC_COUNTS_H

/*
 * Exact allocation profile of one runtime: counters of every (calling context, cause), for
 * allocations and frees. Nothing is written per allocation.
 *
 * The calling contexts form a tree. A frame of the runtime keeps the node of its caller in a
 * word of its own, so that only the activations that are new since the last allocation are
 * walked; a node remembers its last child and its last counter. The peak of each counter is
 * found without a scan: a counter that changes for the first time after a new highest total
 * keeps what it was at that moment. The total is that of all threads of the recording.
 *
 * One of these serves one thread after another, so that a context is written once for all of
 * them. Everything runs on the thread of the runtime; alloc_counts_ask on any.
 */

#include <stdbool.h>
#include <stdint.h>

#include <ruff_introspect.h>

#include "collector.h"

/* What is alive in all threads together; one per recording, all zero at first. Atomic, relaxed:
   which of two allocations at the same moment made the peak does not matter. */
struct alloc_peak {
    uint64_t live_bytes;
    uint64_t most_bytes; /* the highest there was */
};

struct alloc_counts;

/* `write` is called by alloc_counts_allocated after alloc_counts_ask, to have
   alloc_counts_write called. `peak` is shared. NULL without memory. */
struct alloc_counts *alloc_counts_new(struct alloc_peak *peak,
                                      void (*write)(void *context), void *context);
void alloc_counts_free(struct alloc_counts *t);

/* The runtime whose hooks call the two functions below from now on, and its thread's id in
   the file. */
void alloc_counts_attach(struct alloc_counts *t, const struct ruff *r, uint64_t thread);
/* What the hooks of the runtime are to call (ruff_intro_set_hooks, mean 0). */
void alloc_counts_allocated(struct alloc_counts *t, const void *address, size_t size,
                            unsigned cause);
void alloc_counts_freed(struct alloc_counts *t, const void *address, size_t size);
/* The runtime ends and takes all its objects with it. Hooks off. */
void alloc_counts_release(struct alloc_counts *t);

/* Asks for the counters to be written at the next allocation. */
void alloc_counts_ask(struct alloc_counts *t);
/* Passes what has changed since the last call to the collector. */
void alloc_counts_write(struct alloc_counts *t, struct collector *c, uint64_t time_ns);
/* The peaks, under the threads that had them. At the end of the recording, after the last
   alloc_counts_write. */
void alloc_counts_write_peaks(struct alloc_counts *t, struct collector *c);

/* What was seen in all. */
struct alloc_counts_totals {
    uint64_t allocations, bytes, frees, freed_bytes;
};
void alloc_counts_totals(const struct alloc_counts *t, struct alloc_counts_totals *out);
/* Memory of its tables. */
size_t alloc_counts_bytes(const struct alloc_counts *t);

#endif
