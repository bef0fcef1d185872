#include "config.h"

#include "alloc_tracker.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RING_BYTES  ((size_t)8 << 20)
#define TABLE_START 1024u

/* A sampled object that is alive. */
struct live {
    const void *address; /* NULL: free slot */
    uint64_t object;
    uint64_t born_bytes; /* bytes the runtime had allocated by then */
};

struct alloc_tracker {
    struct ruff *r;
    struct stack_stream stream;
    uint64_t mean_bytes, seed;
    void (*wait)(void *context);
    void *wait_context;
    struct live *table; /* open addressing, linear probing; size is a power of two */
    size_t size, used;
    uint64_t next_object;
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t allocated_bytes(const struct alloc_tracker *t)
{
    struct ruff_stats stats;

    ruff_stats(t->r, &stats);
    return stats.allocated_bytes;
}

/* ---- the table of live samples ------------------------------------------------------- */

static size_t home(const struct alloc_tracker *t, const void *address)
{
    return (size_t)(((uintptr_t)address >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) &
           (t->size - 1);
}

static void table_put(struct alloc_tracker *t, struct live entry)
{
    size_t i = home(t, entry.address);

    while (t->table[i].address != NULL && t->table[i].address != entry.address)
        i = (i + 1) & (t->size - 1);
    if (t->table[i].address == NULL)
        t->used++;
    t->table[i] = entry;
}

static bool table_grow(struct alloc_tracker *t)
{
    struct live *old = t->table;
    size_t old_size = t->size;
    struct live *table = calloc(old_size * 2, sizeof *table);

    if (table == NULL)
        return false;
    t->table = table;
    t->size = old_size * 2;
    t->used = 0;
    for (size_t i = 0; i < old_size; i++)
        if (old[i].address != NULL)
            table_put(t, old[i]);
    free(old);
    return true;
}

/* Takes an entry out; the ones behind it move up, so that no tombstones pile up. */
static bool table_take(struct alloc_tracker *t, const void *address, struct live *out)
{
    size_t mask = t->size - 1, i = home(t, address), hole;

    while (t->table[i].address != address) {
        if (t->table[i].address == NULL)
            return false;
        i = (i + 1) & mask;
    }
    *out = t->table[i];
    hole = i;
    for (;;) {
        size_t wanted;

        i = (i + 1) & mask;
        if (t->table[i].address == NULL)
            break;
        wanted = home(t, t->table[i].address);
        if (((i - wanted) & mask) >= ((i - hole) & mask)) {
            t->table[hole] = t->table[i];
            hole = i;
        }
    }
    t->table[hole].address = NULL;
    t->used--;
    return true;
}

/* ---- hooks ------------------------------------------------------------------------------ */

static void on_alloc(void *context, const void *address, size_t size, unsigned cause)
{
    struct alloc_tracker *t = context;
    struct stack_facts facts = {.kind = STACK_ALLOC, .weight = size, .detail = cause};

    facts.time_ns = now_ns();
    if (t->used * 2 < t->size || table_grow(t)) {
        facts.object = ++t->next_object;
        table_put(t, (struct live){address, facts.object, allocated_bytes(t)});
    }
    while (!stack_stream_produce(&t->stream, t->r, NULL, &facts)) {
        t->stream.lost--;
        t->wait(t->wait_context);
    }
}

static void on_free(void *context, const void *address, size_t size)
{
    struct alloc_tracker *t = context;
    struct stack_facts facts = {.kind = STACK_FREE};
    struct live entry;

    (void)size;
    if (!table_take(t, address, &entry))
        return;
    facts.time_ns = now_ns();
    facts.object = entry.object;
    facts.weight = allocated_bytes(t) - entry.born_bytes;
    while (!stack_stream_produce_bare(&t->stream, &facts)) {
        t->stream.lost--;
        t->wait(t->wait_context);
    }
}

/* ---- life --------------------------------------------------------------------------------- */

struct alloc_tracker *alloc_tracker_new(struct ruff *r, uint64_t mean_bytes,
                                        uint64_t seed, void (*wait)(void *context),
                                        void *context)
{
    struct alloc_tracker *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->r = r;
    t->mean_bytes = mean_bytes;
    t->seed = seed;
    t->wait = wait;
    t->wait_context = context;
    t->size = TABLE_START;
    t->table = calloc(t->size, sizeof *t->table);
    if (t->table == NULL || !stack_stream_init(&t->stream, RING_BYTES)) {
        free(t->table);
        free(t);
        return NULL;
    }
    return t;
}

void alloc_tracker_start(struct alloc_tracker *t)
{
    const struct ruff_intro_hooks hooks = {
        .context = t, .alloc = on_alloc, .free = on_free};

    ruff_intro_set_hooks(t->r, &hooks, t->mean_bytes, t->seed);
}

void alloc_tracker_stop(struct alloc_tracker *t)
{
    ruff_intro_set_hooks(t->r, NULL, 0, 0);
}

void alloc_tracker_free(struct alloc_tracker *t)
{
    if (t == NULL)
        return;
    stack_stream_done(&t->stream);
    free(t->table);
    free(t);
}

struct stack_stream *alloc_tracker_stream(struct alloc_tracker *t)
{
    return &t->stream;
}
