/*
 * gc.h - collector of reference cycles.
 *
 * Counting frees everything but cycles, and a cycle must pass through a *tracked* object:
 * one whose content can change while others refer to it (captured-variable cells,
 * channels, promises). Collection is trial deletion from the tracked objects: what is
 * referred to only from inside the graph below them is garbage; its tracked objects are
 * emptied and counting frees the rest. Work is proportional to that graph, and the next
 * collection waits until the tracked objects have doubled, so the cost is amortised.
 *
 * A collection may happen at any allocation (heap_slow). It is safe there because every
 * object in use is counted by someone outside of the graph.
 */
#ifndef RUFF_CORE_GC_H
#define RUFF_CORE_GC_H

#include <stddef.h>

#include "core/object.h"

struct gc;

typedef void (*gc_visit_fn)(void *context, struct object *child);

/*
 * What the collector and object_free must know about kinds that lib or an engine define
 * (generators, iterators, channels ...). Registered once per isolate by heap_set_kind.
 */
struct heap_kind {
    /* Releases children and frees the storage of an object whose count is zero. */
    void (*free)(struct state *st, struct object *o);
    /* Calls visit once for every counted reference `o` holds. NULL: opaque, whatever it
       holds is taken to be in use. */
    void (*visit)(const struct object *o, gc_visit_fn visit, void *context);
    /* Drops the references of a garbage object. Needed for tracked kinds only. */
    void (*clear)(struct state *st, struct object *o);
};

bool gc_init(struct state *st);
void gc_done(struct state *st);

/*
 * Registers a new object; *index is a field of the object that the collector keeps. Raises
 * and returns false without memory. The object must be complete.
 */
bool gc_track(struct state *st, struct object *o, uint64_t *index);
/* To be called by the kind's free. */
void gc_untrack(struct state *st, uint64_t index);

/* Collects now; returns the number of objects found to be garbage. */
size_t gc_collect(struct state *st);

struct gc_stats {
    uint64_t collections;
    uint64_t collected; /* objects */
    uint64_t visited;   /* objects looked at, all collections */
    uint64_t tracked;   /* at present */
};
void gc_stats_read(const struct state *st, struct gc_stats *out);

#endif
