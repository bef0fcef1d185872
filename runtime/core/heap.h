/*
 * heap.h - the one allocator of an isolate.
 *
 * Every byte a script's values use passes here, with its cause. Small sizes come from free
 * lists in the isolate, large ones from jemalloc with sized free. In sanitizer builds
 * (RUFF_PLAIN_MALLOC) each is one plain malloc.
 *
 * One signed budget per isolate is decremented by every allocation and tested by sign; when
 * it goes below zero heap_slow decides what was due: an allocation sample, the memory limit,
 * a cycle collection (design.md §3). Sizes are the bytes asked for.
 */
#ifndef RUFF_CORE_HEAP_H
#define RUFF_CORE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/sizing.h"
#include "core/value.h"

/* Memory for small objects that an isolate has from the start; none in sanitizer builds, where
   every object is one malloc. */
#ifdef RUFF_PLAIN_MALLOC
#    define HEAP_FIRST_BYTES 0u
#else
#    define HEAP_FIRST_BYTES SIZE_OR_TINY(64u * 1024u, 64u)
#endif

/* Why memory was asked for; shown by the allocation profile. Rows of lang/causes.def. */
enum heap_cause {
    HEAP_STRING,
    HEAP_STRING_CONCAT,
    HEAP_STRING_GROW,
    HEAP_ARRAY,
    HEAP_ARRAY_GROW,
    HEAP_ARRAY_WIDEN,
    HEAP_COPY_ON_WRITE,
    HEAP_DICT,
    HEAP_DICT_GROW,
    HEAP_STRUCT,
    HEAP_CLOSURE,
    HEAP_CELL,
    HEAP_BOX,
    HEAP_ITERATOR,
    HEAP_GENERATOR,
    HEAP_COLLECTION,
    HEAP_BYTES,
    HEAP_BUILTIN,
    HEAP_CAUSE_COUNT
};

/* Words for reports, e.g. "array growth"; constant text. */
const char *heap_cause_name(enum heap_cause cause);

/* NULL with an error set (limit reached or system out of memory). */
void *heap_alloc(struct state *st, size_t size, enum heap_cause cause);
void heap_free(struct state *st, void *p, size_t size);
/* On failure the old block is unchanged and NULL is returned with an error set. */
void *heap_realloc(struct state *st, void *p, size_t old_size, size_t new_size,
                   enum heap_cause cause);
/* heap_alloc of an object with refs 1 and the head filled. */
struct object *heap_object(struct state *st, size_t size, enum value_kind kind,
                           enum heap_cause cause);

/* The object, owned by a table that lives as long as the isolate (names of fields, texts of
   errors), does not count as alive any more: it is no trace of the program that happened to
   make it. Harmless for immortal objects and for a second table. */
void heap_keep(struct state *st, struct object *o);

/* Exact counters of the isolate. */
struct heap_stats {
    uint64_t allocations, frees;
    uint64_t allocated_bytes, freed_bytes;
    uint64_t peak_bytes;
    uint64_t copies;        /* copy-on-write copies of containers */
    uint64_t objects_alive; /* but those kept */
};
void heap_stats_read(const struct state *st, struct heap_stats *out);
/* Bytes of values alive now. */
uint64_t heap_live_bytes(const struct state *st);

/* Bytes the values of the script may use, together with those of the program's other isolates
   and of parcels; 0 = no limit. Going beyond raises
   `Memory limit of N bytes exceeded`, after a collection of cycles did not help. */
void heap_set_limit(struct state *st, uint64_t bytes);
/* Under a limit: tells the other isolates how much of it this one uses now. */
void heap_publish(struct state *st);
/* While allowed, allocations go beyond the limit: for the few objects of a caught error. */
void heap_exceed_limit(struct state *st, bool allowed);

/* Raises the limit's error when `bytes` of memory held elsewhere for the script (a buffer
   of text under construction) would go beyond it together with the heap. */
bool heap_check_outside(struct state *st, size_t bytes);

/*
 * Makes and drops the heap of an isolate with all that hangs on it (immortal strings,
 * shapes, collector). st->hash_key must be set before. heap_done frees what is left alive
 * without running any destructor. heap_init: false when memory is out.
 */
bool heap_init(struct state *st);
void heap_done(struct state *st);

/* Tells the heap that st->hooks changed: the next allocation draws a fresh distance. */
void heap_hooks_changed(struct state *st);
/* Counts a copy-on-write copy. */
void heap_count_copy(struct state *st);

/* Behaviour of object kinds that core does not define itself (gc.h). */
struct heap_kind;
void heap_set_kind(struct state *st, enum value_kind kind, const struct heap_kind *ops);
const struct heap_kind *heap_kind(const struct state *st, uint32_t kind);

/* To be called by a kind's free in place of heap_free: also tells the profiler. */
void heap_object_free(struct state *st, struct object *o, size_t size);

/* Test seam: the n-th allocation from now fails (1 = the next), and all after it until
   called with 0. Works in every build. */
void heap_fail_after(struct state *st, uint64_t n);
/* The same, but only the n-th fails. */
void heap_fail_once(struct state *st, uint64_t n);

#endif
