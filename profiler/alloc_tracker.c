#include "config.h"

#include "alloc_tracker.h"

#include <stdlib.h>
#include <time.h>

#include "live_table.h"

#include "base/os_linux.h"

struct alloc_tracker {
    const struct ruff *r;
    struct stack_stream stream;
    void (*wait)(void *context);
    void *wait_context;
    struct live_table live; /* sampled objects */
    uint32_t *next_object;  /* shared by all threads; atomic */
};

static uint64_t allocated_bytes(const struct alloc_tracker *t)
{
    struct ruff_stats stats;

    ruff_stats(t->r, &stats);
    return stats.allocated_bytes;
}

/* ---- hooks ------------------------------------------------------------------------------ */

/* An identity no other object of the recording has; 0 when there are no more. */
static uint32_t new_object(struct alloc_tracker *t)
{
    uint32_t id = __atomic_load_n(t->next_object, __ATOMIC_RELAXED);

    do {
        if (id == UINT32_MAX)
            return 0;
    } while (!__atomic_compare_exchange_n(t->next_object, &id, id + 1, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return id + 1;
}

void alloc_tracker_allocated(struct alloc_tracker *t, const void *address, size_t size,
                             unsigned cause)
{
    struct stack_facts facts = {.kind = STACK_ALLOC, .weight = size, .detail = cause};
    struct live_entry entry = {.address = address,
                               .object = new_object(t),
                               .born =
                                   (uint32_t)(allocated_bytes(t) / LIVE_TABLE_UNIT)};

    facts.time_ns = os_monotonic_ns();
    if (entry.object != 0 && live_table_put(&t->live, entry))
        facts.object = entry.object;
    while (!stack_stream_produce(&t->stream, t->r, NULL, &facts)) {
        t->stream.lost--;
        t->wait(t->wait_context);
    }
}

static void put_free(struct alloc_tracker *t, const struct live_entry *entry)
{
    struct stack_facts facts = {.kind = STACK_FREE,
                                .time_ns = os_monotonic_ns(),
                                .object = entry->object,
                                .weight = live_entry_age(entry, allocated_bytes(t))};

    while (!stack_stream_produce_bare(&t->stream, &facts)) {
        t->stream.lost--;
        t->wait(t->wait_context);
    }
}

void alloc_tracker_freed(struct alloc_tracker *t, const void *address)
{
    struct live_entry entry;

    if (live_table_take(&t->live, address, &entry))
        put_free(t, &entry);
}

static void release(void *context, const struct live_entry *entry)
{
    put_free(context, entry);
}

void alloc_tracker_release(struct alloc_tracker *t)
{
    live_table_clear(&t->live, release, t);
}

/* ---- life --------------------------------------------------------------------------------- */

struct alloc_tracker *alloc_tracker_new(size_t ring_bytes, uint32_t *next_object,
                                        void (*wait)(void *context), void *context)
{
    struct alloc_tracker *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->next_object = next_object;
    t->wait = wait;
    t->wait_context = context;
    if (!live_table_init(&t->live) || !stack_stream_init(&t->stream, ring_bytes)) {
        live_table_done(&t->live);
        free(t);
        return NULL;
    }
    return t;
}

void alloc_tracker_free(struct alloc_tracker *t)
{
    if (t == NULL)
        return;
    stack_stream_done(&t->stream);
    live_table_done(&t->live);
    free(t);
}

void alloc_tracker_attach(struct alloc_tracker *t, const struct ruff *r)
{
    t->r = r;
    stack_stream_reset(&t->stream);
    live_table_clear(&t->live, NULL, NULL);
}

struct stack_stream *alloc_tracker_stream(struct alloc_tracker *t)
{
    return &t->stream;
}
