/*
 * heap_private.h - what heap.c, object.c, gc.c and string.c share of the allocator.
 */
#ifndef RUFF_CORE_HEAP_PRIVATE_H
#define RUFF_CORE_HEAP_PRIVATE_H

#include "core/heap.h"
#include "core/state.h"

/* Sizes up to this come from free lists, one per 16 bytes. */
#define HEAP_SMALL_MAX   512u
#define HEAP_CLASS_BYTES 16u
#define HEAP_CLASS_COUNT (HEAP_SMALL_MAX / HEAP_CLASS_BYTES + 1u)

/* A free cell; the first bytes of its memory. */
struct heap_cell {
    struct heap_cell *next;
};

/* Memory the small cells are cut from. */
struct heap_chunk {
    struct heap_chunk *next;
    size_t size;
};

/* Open-addressing set of the sampled blocks that have no object head. */
struct heap_sampled {
    void **slots; /* NULL: empty */
    size_t mask, count;
};

struct heap {
    struct heap_cell *cells[HEAP_CLASS_COUNT];
    char *bump, *bump_end; /* rest of the newest chunk */
    uint64_t live, peak;   /* bytes */
    uint64_t allocations, frees, objects;
    struct heap_sampled sampled;
    /* Objects whose count is zero and that wait for object_free's loop. */
    struct object *pending;
    bool draining;
    bool raising; /* an error is being made: the limit does not count */
    bool exceed;  /* allocations may go beyond the limit */
    bool due;     /* set by heap_slow: the allocation it let through is a sample */
    uint64_t published; /* bytes of this heap in st->parcels */
    /* The budget: st->budget started at budget_start when it was last set. */
    int64_t budget_start;
    uint64_t settled;    /* bytes allocated before that */
    int64_t sample_left; /* bytes to the next sample; INT64_MAX when nobody samples */
    uint64_t limit;      /* 0: none */
    uint64_t gc_at;      /* live bytes that make a collection worth while */
    uint64_t fail_after; /* test seam; 0: off */
    bool fail_once;      /* the seam switches itself off */
    uint64_t copies;
    struct heap_chunk *chunks;
    size_t next_chunk;
    const struct heap_kind *kinds[VALUE_KIND_COUNT];
};

/* Resizes an object; its head moves along. As heap_realloc. */
struct object *heap_object_realloc(struct state *st, struct object *o, size_t old_size,
                                   size_t new_size, enum heap_cause cause);

#endif
