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
 * keeps what it was at that moment.
 *
 * Hooks and alloc_counts_write run on the thread of the runtime; alloc_counts_ask on any.
 */

#include <stdbool.h>
#include <stdint.h>

#include <ruff_introspect.h>

#include "collector.h"

struct alloc_counts;

/* `write` is called from a hook after alloc_counts_ask, to have alloc_counts_write called.
   NULL without memory. Off until alloc_counts_start. */
struct alloc_counts *alloc_counts_new(struct ruff *r, void (*write)(void *context),
                                      void *context);
void alloc_counts_start(struct alloc_counts *t);
void alloc_counts_stop(struct alloc_counts *t);
void alloc_counts_free(struct alloc_counts *t);

/* Asks for the counters to be written at the next allocation. */
void alloc_counts_ask(struct alloc_counts *t);
/* Passes what has changed since the last call to the collector; `last`: the peaks, too. */
void alloc_counts_write(struct alloc_counts *t, struct collector *c, uint64_t thread,
                        uint64_t time_ns, bool last);

/* What was seen in all. */
struct alloc_counts_totals {
    uint64_t allocations, bytes, frees, freed_bytes, peak_bytes;
};
void alloc_counts_totals(const struct alloc_counts *t, struct alloc_counts_totals *out);
/* Memory of its tables. */
size_t alloc_counts_bytes(const struct alloc_counts *t);

#endif
