#include "config.h"

#include "core/heap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#if defined(HAVE_JEMALLOC) && !defined(RUFF_PLAIN_MALLOC)
#    include <jemalloc/jemalloc.h>
#    define HEAP_JEMALLOC 1
#endif

#include "base/hash.h"
#include "base/mem.h"
#include "base/sizing.h"
#include "core/error.h"
#include "core/gc.h"
#include "core/heap_private.h"
#include "core/parcel.h"
#include "core/string.h"
#include "core/structs.h"

#ifdef HEAP_JEMALLOC
/* Read by jemalloc when the process starts. One arena: an isolate is one thread, and the
   helper threads allocate little (notes/globals.md). */
#    ifdef RUFF_HARD_TESTS
const char *malloc_conf =
    "narenas:1,junk:true"; /* what is fresh or freed is no value */
#    else
const char *malloc_conf = "narenas:1";
#    endif
#endif

/* Longest distance between two looks at the limit and the collector. */
#define HEAP_LOOK_BYTES       ((int64_t)1 << 30)
/* Room to the limit that is not worth dividing among isolates. */
#define HEAP_SHARED_MIN_BYTES 4096u
/* Live bytes below which bytes alone do not start a collection. */
#define HEAP_GC_MIN_BYTES     SIZE_OR_TINY((uint64_t)32 << 20, (uint64_t)64 << 10)
/* Chunks hold the largest cell at least; the first comes behind HEAP_FIRST_BYTES. */
#define HEAP_TINY_CHUNK       ((size_t)HEAP_SMALL_MAX + HEAP_CLASS_BYTES)
#define HEAP_FIRST_CHUNK      SIZE_OR_TINY((size_t)64 << 10, HEAP_TINY_CHUNK)
#define HEAP_LAST_CHUNK       SIZE_OR_TINY((size_t)1 << 20, HEAP_TINY_CHUNK)
/* Beyond this a size is a mistake of ours or an attack, and sums could overflow. */
#define HEAP_MAX_SIZE         ((size_t)1 << 46)

#define unlikely(x) __builtin_expect(!!(x), 0)

static void *take_refill(struct heap *h, size_t size);
static bool slow(struct state *st, size_t size, size_t credit);
static bool sampled_add(struct heap *h, void *p);
static bool sampled_forget(struct heap *h, const void *p);
static void draw_sample(struct state *st);
static void set_budget(struct state *st);

/* ---- memory of the system ------------------------------------------------------------ */

static void *system_alloc(size_t size)
{
#ifdef HEAP_JEMALLOC
    return mallocx(size, 0);
#else
    return malloc(size);
#endif
}

static void system_free(void *p, size_t size)
{
#ifdef HEAP_JEMALLOC
    sdallocx(p, size, 0);
#else
    (void)size;
    free(p);
#endif
}

#ifndef RUFF_HARD_TESTS
static void *system_realloc(void *p, size_t size)
{
#    ifdef HEAP_JEMALLOC
    return rallocx(p, size, 0);
#    else
    return realloc(p, size);
#    endif
}
#endif

static inline bool is_small(size_t size)
{
#ifdef RUFF_PLAIN_MALLOC
    (void)size;
    return false;
#else
    return size <= HEAP_SMALL_MAX;
#endif
}

static inline size_t class_of(size_t size)
{
    return (size + HEAP_CLASS_BYTES - 1) / HEAP_CLASS_BYTES;
}

/* A block without any accounting; NULL when the system has no memory. */
static inline void *take(struct heap *h, size_t size)
{
    if (is_small(size)) {
        struct heap_cell *cell = h->cells[class_of(size)];
        if (unlikely(cell == NULL))
            return take_refill(h, size);
        h->cells[class_of(size)] = cell->next;
        return cell;
    }
    return system_alloc(size);
}

static inline void give(struct heap *h, void *p, size_t size)
{
#ifdef RUFF_HARD_TESTS
    memset(p, MEM_JUNK, size);
#endif
    if (is_small(size)) {
        struct heap_cell *cell = p;
        cell->next = h->cells[class_of(size)];
        h->cells[class_of(size)] = cell;
    } else {
        system_free(p, size);
    }
}

/* Cuts a cell from the newest chunk. */
static void *take_refill(struct heap *h, size_t size)
{
    size_t bytes = class_of(size) * HEAP_CLASS_BYTES;
    if (bytes == 0)
        bytes = HEAP_CLASS_BYTES;
    size_t left = (size_t)(h->bump_end - h->bump);
    if (left < bytes) {
        struct heap_chunk *chunk = system_alloc(h->next_chunk);
        if (chunk == NULL)
            return NULL;
        /* The rest of the old chunk serves its own class. */
        if (left >= HEAP_CLASS_BYTES) {
            struct heap_cell *cell = (struct heap_cell *)(void *)h->bump;
            cell->next = h->cells[left / HEAP_CLASS_BYTES];
            h->cells[left / HEAP_CLASS_BYTES] = cell;
        }
        chunk->next = h->chunks;
        chunk->size = h->next_chunk;
        h->chunks = chunk;
        h->bump = (char *)chunk + HEAP_CLASS_BYTES;
        h->bump_end = (char *)chunk + chunk->size;
        if (h->next_chunk < HEAP_LAST_CHUNK)
            h->next_chunk *= 2;
    }
    void *p = h->bump;
    h->bump += bytes;
    return p;
}

_Static_assert(sizeof(struct heap_chunk) <= HEAP_CLASS_BYTES, "chunk head is one cell");

/* ---- allocation ----------------------------------------------------------------------- */

/* Counts `size` bytes as alive. */
static inline void count_alive(struct heap *h, size_t size)
{
    h->allocations++;
    h->live += size;
    if (h->live > h->peak)
        h->peak = h->live;
}

static inline void count_freed(struct heap *h, size_t size)
{
    h->frees++;
    h->live -= size;
}

/* The bytes were asked for but not given. */
static void *refuse(struct state *st, size_t size)
{
    st->budget += (int64_t)size;
    error_out_of_memory(st);
    return NULL;
}

/* Tells the profiler of a block without an object head. */
static void sample_block(struct state *st, void *p, size_t size, enum heap_cause cause)
{
    struct heap *h = st->heap;
    if (h->due && sampled_add(h, p))
        st->hooks.alloc(st->hooks.context, st, p, size, cause);
    h->due = false;
}

void *heap_alloc(struct state *st, size_t size, enum heap_cause cause)
{
    struct heap *h = st->heap;
    bool looked = false;
    st->budget -= (int64_t)size;
    if (unlikely(st->budget < 0)) {
        if (!slow(st, size, 0))
            return NULL;
        looked = true;
    }
    void *p = take(h, size);
    if (unlikely(p == NULL))
        return refuse(st, size);
    count_alive(h, size);
    if (unlikely(looked))
        sample_block(st, p, size, cause);
    return p;
}

void heap_free(struct state *st, void *p, size_t size)
{
    if (p == NULL)
        return;
    struct heap *h = st->heap;
    if (unlikely(h->sampled.count != 0) && sampled_forget(h, p) &&
        st->hooks.free_sampled != NULL)
        st->hooks.free_sampled(st->hooks.context, st, p, size);
    count_freed(h, size);
    give(h, p, size);
}

/* Moves or resizes the bytes; no accounting. NULL: the old block is as it was. */
static void *resize(struct heap *h, void *p, size_t old_size, size_t new_size)
{
#ifndef RUFF_HARD_TESTS /* there every block moves, so that no pointer into it stays good */
    if (is_small(old_size) && is_small(new_size) &&
        class_of(old_size) == class_of(new_size))
        return p;
    if (!is_small(old_size) && !is_small(new_size))
        return system_realloc(p, new_size);
#endif
    void *q = take(h, new_size);
    if (q == NULL)
        return NULL;
    memcpy(q, p, old_size < new_size ? old_size : new_size);
    give(h, p, old_size);
    return q;
}

void *heap_realloc(struct state *st, void *p, size_t old_size, size_t new_size,
                   enum heap_cause cause)
{
    if (p == NULL)
        return heap_alloc(st, new_size, cause);
    struct heap *h = st->heap;
    bool looked = false;
    st->budget -= (int64_t)new_size;
    if (unlikely(st->budget < 0)) {
        if (!slow(st, new_size, old_size))
            return NULL;
        looked = true;
    }
    /* The address is the name of the sample, so the old one is forgotten before it can be
       given to someone else. */
    bool was_sampled = unlikely(h->sampled.count != 0) && sampled_forget(h, p);
    if (unlikely(was_sampled) && st->hooks.free_sampled != NULL)
        st->hooks.free_sampled(st->hooks.context, st, p, old_size);
    void *q = resize(h, p, old_size, new_size);
    if (unlikely(q == NULL)) {
        h->due = was_sampled && st->hooks.alloc != NULL;
        sample_block(st, p, old_size, cause); /* alive after all */
        return refuse(st, new_size);
    }
    count_freed(h, old_size);
    count_alive(h, new_size);
    if (unlikely(looked))
        sample_block(st, q, new_size, cause);
    return q;
}

static void sample_object(struct state *st, struct object *o, size_t size,
                          enum heap_cause cause)
{
    struct heap *h = st->heap;
    if (h->due) {
        o->flags |= OBJECT_SAMPLED;
        st->hooks.alloc(st->hooks.context, st, o, size, cause);
    }
    h->due = false;
}

struct object *heap_object(struct state *st, size_t size, enum value_kind kind,
                           enum heap_cause cause)
{
    struct heap *h = st->heap;
    bool looked = false;
    st->budget -= (int64_t)size;
    if (unlikely(st->budget < 0)) {
        if (!slow(st, size, 0))
            return NULL;
        looked = true;
    }
    struct object *o = take(h, size);
    if (unlikely(o == NULL))
        return refuse(st, size);
    count_alive(h, size);
    h->objects++;
    *o = (struct object){.refs = 1, .kind = (uint8_t)kind};
    if (unlikely(looked))
        sample_object(st, o, size, cause);
    return o;
}

void heap_object_free(struct state *st, struct object *o, size_t size)
{
    struct heap *h = st->heap;
    if (unlikely((o->flags & OBJECT_SAMPLED) != 0) && st->hooks.free_sampled != NULL)
        st->hooks.free_sampled(st->hooks.context, st, o, size);
    count_freed(h, size);
    h->objects -= (o->flags & OBJECT_KEPT) == 0;
    give(h, o, size);
}

void heap_keep(struct state *st, struct object *o)
{
    if (o->refs < 0 || (o->flags & OBJECT_KEPT) != 0)
        return;
    o->flags |= OBJECT_KEPT;
    st->heap->objects--;
}

struct object *heap_object_realloc(struct state *st, struct object *o, size_t old_size,
                                   size_t new_size, enum heap_cause cause)
{
    struct heap *h = st->heap;
    bool looked = false;
    st->budget -= (int64_t)new_size;
    if (unlikely(st->budget < 0)) {
        if (!slow(st, new_size, old_size))
            return NULL;
        looked = true;
    }
    bool was_sampled = (o->flags & OBJECT_SAMPLED) != 0;
    if (unlikely(was_sampled)) {
        o->flags &= (uint8_t)~OBJECT_SAMPLED;
        if (st->hooks.free_sampled != NULL)
            st->hooks.free_sampled(st->hooks.context, st, o, old_size);
    }
    struct object *q = resize(h, o, old_size, new_size);
    if (unlikely(q == NULL)) {
        h->due = was_sampled && st->hooks.alloc != NULL;
        sample_object(st, o, old_size, cause); /* alive after all */
        return refuse(st, new_size);
    }
    count_freed(h, old_size);
    count_alive(h, new_size);
    if (unlikely(looked))
        sample_object(st, q, new_size, cause);
    return q;
}

/* ---- the budget ----------------------------------------------------------------------- */

void heap_exceed_limit(struct state *st, bool allowed)
{
    st->heap->exceed = allowed;
}

/* The message itself must not hit the limit. */
static bool raise_limit(struct state *st)
{
    st->heap->raising = true;
    error_raise(st, "Memory limit of %" PRIu64 " bytes exceeded", st->heap->limit);
    st->heap->raising = false;
    return false;
}

/* Bytes of the program's other isolates and of what is between them, which has the limit in
   common; tells them this one's. */
static uint64_t others(struct state *st)
{
    struct heap *h = st->heap;
    if (st->parcels == NULL)
        return 0;
    uint64_t change = h->live - h->published;
    h->published = h->live;
    /* Sums of unsigned numbers wrap to the right ones. */
    return atomic_fetch_add_explicit(&st->parcels->bytes, change,
                                     memory_order_relaxed) +
           change - h->live;
}

void heap_publish(struct state *st)
{
    if (st->heap->limit != 0)
        (void)others(st);
}

static void withdraw_bytes(struct state *st)
{
    struct heap *h = st->heap;
    if (st->parcels != NULL)
        atomic_fetch_sub_explicit(&st->parcels->bytes, h->published,
                                  memory_order_relaxed);
    h->published = 0;
}

bool heap_check_outside(struct state *st, size_t bytes)
{
    const struct heap *h = st->heap;
    if (h->limit == 0 || h->live + bytes + others(st) <= h->limit)
        return true;
    return raise_limit(st);
}

/*
 * The budget is used up by a request of `size` bytes that will give back `credit`: finds
 * out what was due and sets a new budget, from which the request has been taken. h->due
 * tells that the request is a sample. False, with an error set and nothing taken, when the
 * request must fail.
 */
static bool slow(struct state *st, size_t size, size_t credit)
{
    struct heap *h = st->heap;
    int64_t used = h->budget_start - st->budget; /* this request included */
    h->settled += (uint64_t)used;
    if (h->sample_left != INT64_MAX)
        h->sample_left -= used;
    st->budget = h->budget_start = 0;

    bool refused = size > HEAP_MAX_SIZE;
    bool over = false;
    if (h->fail_after != 0 && !h->raising) {
        if (h->fail_after > 1) {
            h->fail_after--;
        } else {
            refused = true;
            h->fail_after = h->fail_once ? 0 : 1;
        }
    }
    if (!refused && !h->raising) {
        uint64_t wanted = h->live + size - credit;
        uint64_t elsewhere = h->limit != 0 ? others(st) : 0;
        over = h->limit != 0 && !h->exceed && wanted + elsewhere > h->limit;
        if ((over || wanted > h->gc_at) && !h->draining) {
            gc_collect(st);
            uint64_t twice = 2 * h->live;
            h->gc_at = twice > HEAP_GC_MIN_BYTES ? twice : HEAP_GC_MIN_BYTES;
            wanted = h->live + size - credit;
            over = h->limit != 0 && !h->exceed && wanted + elsewhere > h->limit;
        }
    }
    if (refused || over) {
        h->settled -= size;
        if (h->sample_left != INT64_MAX)
            h->sample_left += (int64_t)size;
        set_budget(st);
        if (over)
            return raise_limit(st);
        return error_out_of_memory(st);
    }
    h->due = false;
    if (h->sample_left <= 0) {
        h->due = st->hooks.alloc != NULL;
        draw_sample(st);
    }
    set_budget(st);
    /* The caller adds the request to `live` only after this: its part of the room to the
       limit is gone, too. */
    int64_t growth = size > credit ? (int64_t)(size - credit) : 0;
    st->budget -= st->budget < growth ? st->budget : growth;
    h->budget_start = st->budget;
    return true;
}

/* Bytes to the next sample. */
static void draw_sample(struct state *st)
{
    struct heap *h = st->heap;
    h->sample_left = INT64_MAX;
    if (st->hooks.alloc != NULL && st->hooks.next_sample != NULL) {
        int64_t distance = st->hooks.next_sample(st->hooks.context);
        h->sample_left = distance > 0 ? distance : 1;
    }
}

/* Sets the budget to the nearest event; an event at distance d happens at the allocation
   that makes the sum reach d, hence the - 1. */
static void set_budget(struct state *st)
{
    struct heap *h = st->heap;
    int64_t budget = HEAP_LOOK_BYTES;
    if (h->sample_left - 1 < budget)
        budget = h->sample_left - 1;
    uint64_t room = h->gc_at > h->live ? h->gc_at - h->live : 0;
    if (h->limit != 0) {
        uint64_t used = h->live + others(st);
        uint64_t to_limit = h->limit > used ? h->limit - used : 0;
        /* Others use up the same room: look again before it can be gone. */
        if (st->parcels != NULL && to_limit > 2 * HEAP_SHARED_MIN_BYTES)
            to_limit = to_limit / 8 + HEAP_SHARED_MIN_BYTES;
        if (to_limit < room)
            room = to_limit;
    }
    if (room < (uint64_t)budget)
        budget = (int64_t)room;
    if (h->fail_after != 0)
        budget = 0;
    st->budget = h->budget_start = budget;
}

/* Brings the sums up to date and sets a fresh budget. */
static void settle(struct state *st)
{
    struct heap *h = st->heap;
    int64_t used = h->budget_start - st->budget;
    h->settled += (uint64_t)used;
    if (h->sample_left != INT64_MAX)
        h->sample_left -= used;
    set_budget(st);
}

void heap_set_limit(struct state *st, uint64_t bytes)
{
    st->heap->limit = bytes;
    if (bytes == 0)
        withdraw_bytes(st);
    settle(st);
}

void heap_hooks_changed(struct state *st)
{
    settle(st);
    draw_sample(st);
    set_budget(st);
}

void heap_fail_after(struct state *st, uint64_t n)
{
    st->heap->fail_after = n;
    st->heap->fail_once = false;
    settle(st);
}

void heap_fail_once(struct state *st, uint64_t n)
{
    st->heap->fail_after = n;
    st->heap->fail_once = true;
    settle(st);
}

/* ---- sampled blocks ------------------------------------------------------------------- */

static size_t sampled_home(const struct heap_sampled *t, const void *p)
{
    return (size_t)hash_mix_u64((uint64_t)(uintptr_t)p) & t->mask;
}

/* The table is the tool's memory, not the script's. */
static bool sampled_grow(struct heap_sampled *t)
{
    struct heap_sampled old = *t;
    size_t size = old.slots == NULL ? SIZE_OR_TINY(64, 2) : 2 * (old.mask + 1);
    void **slots = calloc(size, sizeof *slots);
    if (slots == NULL)
        return false;
    t->slots = slots;
    t->mask = size - 1;
    for (size_t i = 0; old.slots != NULL && i <= old.mask; i++) {
        if (old.slots[i] == NULL)
            continue;
        size_t at = sampled_home(t, old.slots[i]);
        while (t->slots[at] != NULL)
            at = (at + 1) & t->mask;
        t->slots[at] = old.slots[i];
    }
    free(old.slots);
    return true;
}

static bool sampled_add(struct heap *h, void *p)
{
    struct heap_sampled *t = &h->sampled;
    if ((t->slots == NULL || t->count * 2 > t->mask) && !sampled_grow(t))
        return false;
    size_t at = sampled_home(t, p);
    while (t->slots[at] != NULL)
        at = (at + 1) & t->mask;
    t->slots[at] = p;
    t->count++;
    return true;
}

/* Removes p; entries behind it move up so that no tombstones are needed. */
static bool sampled_forget(struct heap *h, const void *p)
{
    struct heap_sampled *t = &h->sampled;
    size_t at = sampled_home(t, p);
    while (t->slots[at] != p) {
        if (t->slots[at] == NULL)
            return false;
        at = (at + 1) & t->mask;
    }
    size_t hole = at;
    for (;;) {
        at = (at + 1) & t->mask;
        if (t->slots[at] == NULL)
            break;
        size_t home = sampled_home(t, t->slots[at]);
        if (((at - home) & t->mask) >= ((at - hole) & t->mask)) {
            t->slots[hole] = t->slots[at];
            hole = at;
        }
    }
    t->slots[hole] = NULL;
    t->count--;
    return true;
}

/* ---- statistics ----------------------------------------------------------------------- */

void heap_stats_read(const struct state *st, struct heap_stats *out)
{
    const struct heap *h = st->heap;
    uint64_t allocated = h->settled + (uint64_t)(h->budget_start - st->budget);
    *out = (struct heap_stats){
        .allocations = h->allocations,
        .frees = h->frees,
        .allocated_bytes = allocated,
        .freed_bytes = allocated - h->live,
        .peak_bytes = h->peak,
        .copies = h->copies,
        .objects_alive = h->objects,
    };
}

uint64_t heap_live_bytes(const struct state *st)
{
    return st->heap->live;
}

void heap_count_copy(struct state *st)
{
    st->heap->copies++;
}

/* ---- life ----------------------------------------------------------------------------- */

void heap_set_kind(struct state *st, enum value_kind kind, const struct heap_kind *ops)
{
    st->heap->kinds[kind] = ops;
}

const struct heap_kind *heap_kind(const struct state *st, uint32_t kind)
{
    return st->heap->kinds[kind];
}

bool heap_init(struct state *st)
{
    struct heap *h = arena_alloc_zero(&st->home, 1, sizeof *h);
    if (h == NULL)
        return false;
#ifndef RUFF_PLAIN_MALLOC
    h->bump = arena_alloc(&st->home, HEAP_FIRST_BYTES);
    if (h->bump == NULL)
        return false;
    h->bump_end = h->bump + HEAP_FIRST_BYTES;
#endif
    h->next_chunk = HEAP_FIRST_CHUNK;
    h->gc_at = HEAP_GC_MIN_BYTES;
    h->sample_left = INT64_MAX;
    st->heap = h;
    draw_sample(st);
    set_budget(st);
    st->strings = string_table_new(st);
    if (st->strings == NULL)
        goto fail_strings;
    if (!gc_init(st))
        goto fail_gc;
    if (!shape_table_init(st))
        goto fail_shapes;
    return true;
fail_shapes:
    gc_done(st);
fail_gc:
fail_strings:
    st->heap = NULL;
    return false;
}

void heap_done(struct state *st)
{
    struct heap *h = st->heap;
    if (h == NULL)
        return;
    withdraw_bytes(st);
    gc_done(st);
    shape_table_done(st);
    st->strings = NULL;
    while (h->chunks != NULL) {
        struct heap_chunk *chunk = h->chunks;
        h->chunks = chunk->next;
        system_free(chunk, chunk->size);
    }
    free(h->sampled.slots);
    st->heap = NULL;
}
