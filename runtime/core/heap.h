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

#include "core/value.h"

/* Why memory was asked for; shown by the allocation profile. Rows of lang/causes.def. */
enum heap_cause {
    HEAP_STRING, HEAP_STRING_CONCAT, HEAP_STRING_GROW, HEAP_ARRAY, HEAP_ARRAY_GROW,
    HEAP_ARRAY_WIDEN, HEAP_COPY_ON_WRITE, HEAP_DICT, HEAP_DICT_GROW, HEAP_STRUCT,
    HEAP_CLOSURE, HEAP_CELL, HEAP_BOX, HEAP_ITERATOR, HEAP_GENERATOR, HEAP_COLLECTION,
    HEAP_BYTES, HEAP_BUILTIN, HEAP_CAUSE_COUNT
};

/* NULL with an error set (limit reached or system out of memory). */
void *heap_alloc(struct state *st, size_t size, enum heap_cause cause);
void heap_free(struct state *st, void *p, size_t size);
/* On failure the old block is unchanged and NULL is returned with an error set. */
void *heap_realloc(struct state *st, void *p, size_t old_size, size_t new_size,
                   enum heap_cause cause);
/* heap_alloc of an object with refs 1 and the head filled. */
struct object *heap_object(struct state *st, size_t size, enum value_kind kind,
                           enum heap_cause cause);

/* Exact counters of the isolate. */
struct heap_stats {
    uint64_t allocations, frees;
    uint64_t allocated_bytes, freed_bytes;
    uint64_t peak_bytes;
    uint64_t copies; /* copy-on-write copies of containers */
    uint64_t objects_alive;
};
void heap_stats_read(const struct state *st, struct heap_stats *out);

/* Bytes the script's values may use; 0 = no limit. */
void heap_set_limit(struct state *st, uint64_t bytes);

#endif
