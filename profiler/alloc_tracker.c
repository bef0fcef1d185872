#include "config.h"

#include "alloc_tracker.h"

#include <stdlib.h>
#include <time.h>

#include "live_table.h"

#define RING_BYTES ((size_t)8 << 20)

struct alloc_tracker {
    struct ruff *r;
    struct stack_stream stream;
    uint64_t mean_bytes, seed;
    void (*wait)(void *context);
    void *wait_context;
    struct live_table live; /* sampled objects */
    uint32_t next_object;
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

/* ---- hooks ------------------------------------------------------------------------------ */

static void on_alloc(void *context, const void *address, size_t size, unsigned cause)
{
    struct alloc_tracker *t = context;
    struct stack_facts facts = {.kind = STACK_ALLOC, .weight = size, .detail = cause};

    facts.time_ns = now_ns();
    if (t->next_object < UINT32_MAX &&
        live_table_put(&t->live, (struct live_entry){
                                     address, t->next_object + 1,
                                     (uint32_t)(allocated_bytes(t) / LIVE_TABLE_UNIT)}))
        facts.object = ++t->next_object;
    while (!stack_stream_produce(&t->stream, t->r, NULL, &facts)) {
        t->stream.lost--;
        t->wait(t->wait_context);
    }
}

static void on_free(void *context, const void *address, size_t size)
{
    struct alloc_tracker *t = context;
    struct stack_facts facts = {.kind = STACK_FREE};
    struct live_entry entry;

    (void)size;
    if (!live_table_take(&t->live, address, &entry))
        return;
    facts.time_ns = now_ns();
    facts.object = entry.object;
    facts.weight = live_entry_age(&entry, allocated_bytes(t));
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
    if (!live_table_init(&t->live) || !stack_stream_init(&t->stream, RING_BYTES)) {
        live_table_done(&t->live);
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
    live_table_done(&t->live);
    free(t);
}

struct stack_stream *alloc_tracker_stream(struct alloc_tracker *t)
{
    return &t->stream;
}
