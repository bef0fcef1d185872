#include "config.h"

#include "ring.h"

#include <string.h>
#include <sys/mman.h>

#include "base/sizing.h"

static size_t round_up(size_t bytes)
{
    return (bytes + 7u) & ~(size_t)7u;
}

bool ring_init(struct ring *r, size_t size_bytes)
{
    size_t size = 4096;
    void *p;

    while (size < size_bytes)
        size *= 2;
    memset(r, 0, sizeof *r);
    p = mmap(NULL, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p == MAP_FAILED)
        return false;
    r->data = p;
    r->size = size;
    r->head = r->tail = r->reserved = SIZE_OR_TINY(0, size - 8);
    return true;
}

void ring_done(struct ring *r)
{
    if (r->data != NULL)
        munmap(r->data, r->size);
    memset(r, 0, sizeof *r);
}

static struct ring_record *at(const struct ring *r, uint64_t position)
{
    return (struct ring_record *)(void *)(r->data + (position & (r->size - 1)));
}

struct ring_record *ring_reserve(struct ring *r, size_t bytes)
{
    uint64_t head = r->head, to_end, need = round_up(bytes);
    uint64_t tail = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
    struct ring_record *record;

    if (need > r->size / 2)
        return NULL;
    to_end = r->size - (head & (r->size - 1));
    if (to_end < need) {
        if (head + to_end + need - tail > r->size)
            return NULL;
        record = at(r, head);
        record->bytes = (uint32_t)to_end;
        record->kind = RING_FILLER;
        head += to_end;
    } else if (head + need - tail > r->size) {
        return NULL;
    }
    record = at(r, head);
    record->bytes = (uint32_t)need;
    r->reserved = head;
    return record;
}

void ring_commit(struct ring *r, struct ring_record *record, size_t bytes)
{
    size_t used = round_up(bytes);

    if (used < record->bytes)
        record->bytes = (uint32_t)used;
    __atomic_store_n(&r->head, r->reserved + record->bytes, __ATOMIC_RELEASE);
}

const struct ring_record *ring_peek(struct ring *r)
{
    uint64_t head = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE);

    while (r->tail != head) {
        const struct ring_record *record = at(r, r->tail);

        if (record->kind != RING_FILLER)
            return record;
        __atomic_store_n(&r->tail, r->tail + record->bytes, __ATOMIC_RELEASE);
    }
    return NULL;
}

void ring_pop(struct ring *r, const struct ring_record *record)
{
    __atomic_store_n(&r->tail, r->tail + record->bytes, __ATOMIC_RELEASE);
}

unsigned ring_fill_percent(const struct ring *r)
{
    uint64_t head = __atomic_load_n(&r->head, __ATOMIC_RELAXED);
    uint64_t tail = __atomic_load_n(&r->tail, __ATOMIC_RELAXED);

    return (unsigned)((head - tail) * 100 / r->size);
}
