#include "config.h"

#include "alloc_counts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "idmap.h"
#include "live_table.h"

/* New frames in one walk: every frame of the deepest stack, each with a builtin. */
#define FRAMES_MAX      40960u
/* An object freed before so many more bytes were allocated was temporary; the reader's
   limit for sampled objects is the same. */
#define TEMPORARY_BYTES ((uint64_t)64 << 10)
#define NO_SLOT         UINT32_MAX

/* A calling context; node 0 is the root. A parent's index is below its child's. */
struct context {
    uint32_t parent;
    struct stack_frame frame;
    uint32_t last_child; /* 0: none */
    uint32_t last_slot;  /* NO_SLOT: none */
    uint64_t in_file;    /* node id there; 0: not written */
};

struct counter {
    uint32_t context, cause;
    struct rprof_counts sum, written;
    uint64_t live_objects, live_bytes;
    uint64_t peak_objects, peak_bytes, peak_thread; /* as of `epoch` */
    uint64_t epoch; /* the highest total (most_bytes) known at the last change */
};

struct alloc_counts {
    const struct ruff *r;
    uint64_t thread;
    struct alloc_peak *peak;
    void (*write)(void *context);
    void *write_context;
    bool asked; /* any thread sets it, the hook clears it; relaxed */

    struct context *contexts; /* owned */
    size_t context_count, context_room;
    struct idmap children;    /* (parent and function, position and tier) -> context */
    struct counter *counters; /* owned */
    size_t counter_count, counter_room;
    struct idmap slots; /* (context, cause) -> counter */
    size_t in_file;     /* contexts below this one have a node in the file */
    struct live_table live;

    struct alloc_counts_totals totals;
    uint64_t live_bytes; /* of this thread */

    struct ruff_intro_frame *frames; /* scratch of FRAMES_MAX, mapped */
    uint32_t **memos;                /* scratch of FRAMES_MAX, mapped */
};

/* ---- contexts ---------------------------------------------------------------------------- */

static bool same_frame(const struct stack_frame *a, const struct stack_frame *b)
{
    return a->function == b->function && a->where == b->where && a->tier == b->tier;
}

/* The context of `frame` called from `parent`; the parent itself without memory. */
static uint32_t child_of(struct alloc_counts *t, uint32_t parent,
                         const struct stack_frame *frame)
{
    uint32_t last = t->contexts[parent].last_child, id;
    uint64_t a = (uint64_t)parent << 32 | frame->function;
    uint64_t b = (uint64_t)frame->tier << 32 | frame->where;

    if (last != 0 && same_frame(&t->contexts[last].frame, frame))
        return last;
    id = idmap_get(&t->children, a, b);
    if (id == IDMAP_NONE) {
        if (!idmap_grow((void **)&t->contexts, &t->context_room, t->context_count + 1,
                        sizeof *t->contexts) ||
            idmap_put(&t->children, a, b, (uint32_t)t->context_count) == IDMAP_NONE)
            return parent;
        id = (uint32_t)t->context_count++;
        t->contexts[id] =
            (struct context){.parent = parent, .frame = *frame, .last_slot = NO_SLOT};
    }
    t->contexts[parent].last_child = id;
    return id;
}

/* Where the runtime is now. */
static uint32_t current_context(struct alloc_counts *t)
{
    size_t n = ruff_intro_new_frames(t->r, t->frames, t->memos, FRAMES_MAX);
    uint32_t context = 0;

    while (n > 0) {
        const struct ruff_intro_frame *f = &t->frames[--n];
        struct stack_frame frame = {.function =
                                        f->function != 0 ? f->function : f->builtin,
                                    .where = f->function != 0 ? f->where : 0,
                                    .tier = f->tier};

        /* The word holds the caller's context + 1, so that 0 means unknown. */
        if (t->memos[n] != NULL) {
            if (*t->memos[n] != 0)
                context = *t->memos[n] - 1;
            else
                *t->memos[n] = context + 1;
        }
        context = child_of(t, context, &frame);
    }
    return context;
}

/* The highest total so far also names the moment of a counter's last change: it only grows. */
static uint64_t highest(const struct alloc_counts *t)
{
    return __atomic_load_n(&t->peak->most_bytes, __ATOMIC_RELAXED);
}

/* NO_SLOT without memory. */
static uint32_t slot_of(struct alloc_counts *t, uint32_t context, uint32_t cause)
{
    uint32_t slot = t->contexts[context].last_slot;

    if (slot != NO_SLOT && t->counters[slot].cause == cause)
        return slot;
    slot = idmap_get(&t->slots, context, cause);
    if (slot == IDMAP_NONE) {
        if (!idmap_grow((void **)&t->counters, &t->counter_room, t->counter_count + 1,
                        sizeof *t->counters) ||
            idmap_put(&t->slots, context, cause, (uint32_t)t->counter_count) ==
                IDMAP_NONE)
            return NO_SLOT;
        slot = (uint32_t)t->counter_count++;
        t->counters[slot] =
            (struct counter){.context = context, .cause = cause, .epoch = highest(t)};
    }
    t->contexts[context].last_slot = slot;
    return slot;
}

/* ---- hooks ---------------------------------------------------------------------------------- */

/* To be called before a counter's live part changes: what it was when the total was at its
   highest, if that has been since its last change. */
static void keep_peak(const struct alloc_counts *t, struct counter *c)
{
    uint64_t epoch = highest(t);

    if (c->epoch == epoch)
        return;
    c->peak_objects = c->live_objects;
    c->peak_bytes = c->live_bytes;
    c->peak_thread = t->thread;
    c->epoch = epoch;
}

static void add_live(struct alloc_counts *t, size_t size)
{
    uint64_t most = highest(t), live;

    t->live_bytes += size;
    live = __atomic_add_fetch(&t->peak->live_bytes, size, __ATOMIC_RELAXED);
    while (live > most &&
           !__atomic_compare_exchange_n(&t->peak->most_bytes, &most, live, true,
                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
    }
}

static void drop_live(struct alloc_counts *t, uint64_t bytes)
{
    t->live_bytes -= bytes;
    __atomic_sub_fetch(&t->peak->live_bytes, bytes, __ATOMIC_RELAXED);
}

void alloc_counts_allocated(struct alloc_counts *t, const void *address, size_t size,
                            unsigned cause)
{
    uint32_t slot = slot_of(t, current_context(t), cause);
    struct counter *c;

    t->totals.allocations++;
    t->totals.bytes += size;
    if (slot == NO_SLOT)
        return;
    c = &t->counters[slot];
    c->sum.allocs++;
    c->sum.bytes += size;
    if (live_table_put(&t->live, (struct live_entry){
                                     address, slot,
                                     (uint32_t)(t->totals.bytes / LIVE_TABLE_UNIT)})) {
        keep_peak(t, c);
        c->live_objects++;
        c->live_bytes += size;
        add_live(t, size);
    }
    if (__atomic_load_n(&t->asked, __ATOMIC_RELAXED)) {
        __atomic_store_n(&t->asked, false, __ATOMIC_RELAXED);
        t->write(t->write_context);
    }
}

void alloc_counts_freed(struct alloc_counts *t, const void *address, size_t size)
{
    struct live_entry entry;
    struct counter *c;

    if (!live_table_take(&t->live, address, &entry))
        return;
    c = &t->counters[entry.object];
    keep_peak(t, c);
    c->live_objects--;
    c->live_bytes -= size;
    drop_live(t, size);
    c->sum.frees++;
    c->sum.freed_bytes += size;
    if (live_entry_age(&entry, t->totals.bytes) <= TEMPORARY_BYTES)
        c->sum.temporary_bytes += size;
    t->totals.frees++;
    t->totals.freed_bytes += size;
}

void alloc_counts_release(struct alloc_counts *t)
{
    for (size_t i = 0; i < t->counter_count; i++) {
        struct counter *c = &t->counters[i];

        keep_peak(t, c);
        c->sum.frees += c->live_objects;
        c->sum.freed_bytes += c->live_bytes;
        t->totals.frees += c->live_objects;
        t->totals.freed_bytes += c->live_bytes;
        c->live_objects = c->live_bytes = 0;
    }
    drop_live(t, t->live_bytes);
    live_table_clear(&t->live, NULL, NULL);
}

/* ---- writing ---------------------------------------------------------------------------------- */

static struct rprof_counts since(const struct rprof_counts *now,
                                 const struct rprof_counts *then)
{
    return (struct rprof_counts){
        .allocs = now->allocs - then->allocs,
        .bytes = now->bytes - then->bytes,
        .frees = now->frees - then->frees,
        .freed_bytes = now->freed_bytes - then->freed_bytes,
        .temporary_bytes = now->temporary_bytes - then->temporary_bytes,
    };
}

void alloc_counts_write(struct alloc_counts *t, struct collector *c, uint64_t time_ns)
{
    for (; t->in_file < t->context_count; t->in_file++) {
        struct context *x = &t->contexts[t->in_file];

        x->in_file =
            t->in_file == 0
                ? 0
                : collector_child(c, t->contexts[x->parent].in_file, &x->frame);
    }
    for (size_t i = 0; i < t->counter_count; i++) {
        struct counter *k = &t->counters[i];
        const struct context *x = &t->contexts[k->context];
        struct rprof_counts add = since(&k->sum, &k->written);

        if (add.allocs != 0 || add.frees != 0)
            collector_counts(c, t->thread, time_ns, x->in_file, k->cause, &x->frame,
                             &add);
        k->written = k->sum;
    }
}

void alloc_counts_write_peaks(struct alloc_counts *t, struct collector *c)
{
    for (size_t i = 0; i < t->counter_count; i++) {
        struct counter *k = &t->counters[i];

        keep_peak(t, k);
        if (k->peak_objects != 0)
            collector_peak(c, k->peak_thread, t->contexts[k->context].in_file, k->cause,
                           k->peak_objects, k->peak_bytes);
    }
}

void alloc_counts_ask(struct alloc_counts *t)
{
    __atomic_store_n(&t->asked, true, __ATOMIC_RELAXED);
}

void alloc_counts_totals(const struct alloc_counts *t, struct alloc_counts_totals *out)
{
    *out = t->totals;
}

size_t alloc_counts_bytes(const struct alloc_counts *t)
{
    return t->context_room * sizeof *t->contexts +
           t->counter_room * sizeof *t->counters +
           t->live.size * sizeof *t->live.entries;
}

/* ---- life ---------------------------------------------------------------------------------------- */

static void *map_pages(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

struct alloc_counts *alloc_counts_new(struct alloc_peak *peak,
                                      void (*write)(void *context), void *context)
{
    struct alloc_counts *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->peak = peak;
    t->write = write;
    t->write_context = context;
    idmap_init(&t->children);
    idmap_init(&t->slots);
    t->frames = map_pages(FRAMES_MAX * sizeof *t->frames);
    t->memos = map_pages(FRAMES_MAX * sizeof(uint32_t *));
    if (t->frames == NULL || t->memos == NULL || !live_table_init(&t->live) ||
        !idmap_grow((void **)&t->contexts, &t->context_room, 1, sizeof *t->contexts)) {
        alloc_counts_free(t);
        return NULL;
    }
    t->contexts[0] = (struct context){.last_slot = NO_SLOT};
    t->context_count = 1;
    return t;
}

void alloc_counts_attach(struct alloc_counts *t, const struct ruff *r, uint64_t thread)
{
    t->r = r;
    t->thread = thread;
}

void alloc_counts_free(struct alloc_counts *t)
{
    if (t == NULL)
        return;
    if (t->frames != NULL)
        munmap(t->frames, FRAMES_MAX * sizeof *t->frames);
    if (t->memos != NULL)
        munmap(t->memos, FRAMES_MAX * sizeof(uint32_t *));
    live_table_done(&t->live);
    idmap_done(&t->children);
    idmap_done(&t->slots);
    free(t->contexts);
    free(t->counters);
    free(t);
}
