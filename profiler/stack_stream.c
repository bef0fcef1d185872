#include "config.h"

#include "stack_stream.h"

#include <string.h>
#include <sys/mman.h>

static void *map_pages(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

#define SCRATCH_BYTES (STACK_STREAM_DEPTH * sizeof(struct ruff_intro_frame))
/* The runtime's, the native ones, and a state. */
#define FRAMES_MAX    (STACK_STREAM_DEPTH + STACK_STREAM_NATIVE + 1)
#define NODES_BYTES   (FRAMES_MAX * sizeof(uint64_t))
#define STACK_BYTES   (FRAMES_MAX * sizeof(struct stack_frame))

bool stack_stream_init(struct stack_stream *s, size_t ring_bytes)
{
    memset(s, 0, sizeof *s);
    s->scratch = map_pages(SCRATCH_BYTES);
    s->last = map_pages(STACK_BYTES);
    s->replay = map_pages(STACK_BYTES);
    s->nodes = map_pages(NODES_BYTES);
    if (s->scratch == NULL || s->last == NULL || s->replay == NULL ||
        s->nodes == NULL || !ring_init(&s->ring, ring_bytes)) {
        stack_stream_done(s);
        return false;
    }
    /* The first pages are touched here, so that a shallow stack faults in no handler. */
    memset(s->scratch, 0, 16384);
    memset(s->last, 0, 16384);
    return true;
}

void stack_stream_done(struct stack_stream *s)
{
    if (s->scratch != NULL)
        munmap(s->scratch, SCRATCH_BYTES);
    if (s->last != NULL)
        munmap(s->last, STACK_BYTES);
    if (s->replay != NULL)
        munmap(s->replay, STACK_BYTES);
    if (s->nodes != NULL)
        munmap(s->nodes, NODES_BYTES);
    ring_done(&s->ring);
    memset(s, 0, sizeof *s);
}

void stack_stream_reset(struct stack_stream *s)
{
    s->captured = 0;
    s->last_count = s->replay_count = 0;
    s->lost = s->truncated = 0;
}

size_t stack_stream_bytes(const struct stack_stream *s)
{
    return s->ring.size +
           s->last_count * (sizeof *s->last + sizeof *s->replay + sizeof *s->nodes) +
           s->captured * sizeof *s->scratch;
}

/* ---- producer: signal-safe ----------------------------------------------------------- */

static struct stack_frame to_frame(const struct ruff_intro_frame *f)
{
    return (struct stack_frame){
        .function = f->function != 0 ? f->function : f->builtin,
        .where = f->function != 0 ? f->where : 0,
        .tier = f->tier,
    };
}

static bool same_frame(const struct stack_frame *a, const struct stack_frame *b)
{
    return a->function == b->function && a->where == b->where && a->tier == b->tier;
}

/* The captured, the native and the state frames as one stack, from the root. */
struct merge {
    const struct ruff_intro_frame *frames;
    const struct stack_facts *facts;
    size_t ruff;     /* captured frames still to come */
    uint32_t native; /* native frames still to come */
};

static struct stack_frame merge_next(struct merge *m)
{
    if (m->native > 0 && m->facts->native[m->native - 1].after >= m->ruff) {
        uint64_t pc = m->facts->native[--m->native].pc;

        return (struct stack_frame){.function = (uint32_t)pc,
                                    .where = (uint32_t)(pc >> 32),
                                    .tier = STACK_TIER_NATIVE};
    }
    if (m->ruff > 0)
        return to_frame(&m->frames[--m->ruff]);
    return (struct stack_frame){.function = m->facts->state, .tier = STACK_TIER_STATE};
}

/* Other functions' frames are copied, red zones and all. */
__attribute__((no_sanitize("address", "thread"))) static void copy_stack(uint8_t *to,
                                                                         uintptr_t from,
                                                                         uint32_t bytes)
{
    const volatile uint64_t *words = (const volatile uint64_t *)from;
    uint64_t *out = (uint64_t *)(void *)to;

    for (uint32_t i = 0; i < bytes / sizeof *out; i++)
        out[i] = words[i];
}

const struct ruff_intro_frame *stack_stream_capture(
    struct stack_stream *s, const struct ruff *r,
    const struct ruff_intro_registers *regs, size_t *count)
{
    s->captured = ruff_intro_frames(r, regs, s->scratch, STACK_STREAM_DEPTH,
                                    &s->captured_truncated);
    *count = s->captured;
    return s->scratch;
}

/* Reserves a record with room for `fresh` frames, `bytes` in all, and fills its head. */
static struct stack_record *reserve(struct stack_stream *s,
                                    const struct stack_facts *facts, size_t bytes)
{
    struct stack_record *record =
        (struct stack_record *)(void *)ring_reserve(&s->ring, bytes);

    if (record == NULL) {
        __atomic_store_n(&s->lost, s->lost + 1, __ATOMIC_RELAXED);
        return NULL;
    }
    record->head.kind = (uint16_t)facts->kind;
    record->head.flags = 0;
    record->time_ns = facts->time_ns;
    record->weight = facts->weight;
    record->object = facts->object;
    record->detail = facts->detail;
    record->common = record->fresh = 0;
    record->native = facts->native_count;
    return record;
}

bool stack_stream_put(struct stack_stream *s, const struct stack_facts *facts)
{
    struct merge m = {s->scratch, facts, s->captured, facts->native_count};
    uint32_t total =
        (uint32_t)s->captured + facts->native_count + (facts->state != 0 ? 1 : 0);
    uint32_t common = 0, limit = s->last_count < total ? s->last_count : total;
    size_t bytes, slice_bytes = 0;
    struct stack_record *record;
    struct stack_frame f = {0};
    bool differs = false;

    while (common < limit && !differs) {
        f = merge_next(&m);
        differs = !same_frame(&f, &s->last[common]);
        common += differs ? 0 : 1;
    }
    if (facts->slice != NULL)
        slice_bytes = sizeof *facts->slice + facts->slice->bytes;
    bytes = sizeof *record + (total - common) * sizeof record->frames[0];
    bytes = (bytes + 7u) & ~(size_t)7u;
    record = reserve(s, facts, bytes + slice_bytes);
    if (record == NULL)
        return false;
    record->common = common;
    record->fresh = total - common;
    for (uint32_t i = common; i < total; i++) {
        s->last[i] = differs ? f : merge_next(&m);
        differs = false;
    }
    s->last_count = total;
    memcpy(record->frames, s->last + common, record->fresh * sizeof record->frames[0]);
    if (slice_bytes != 0) {
        uint8_t *at = (uint8_t *)record + bytes;

        record->head.flags |= STACK_SLICE;
        memcpy(at, facts->slice, sizeof *facts->slice);
        copy_stack(at + sizeof *facts->slice, facts->slice->sp, facts->slice->bytes);
    }
    if (s->captured_truncated) {
        record->head.flags |= STACK_TRUNCATED;
        s->truncated++;
    }
    ring_commit(&s->ring, &record->head, bytes + slice_bytes);
    return true;
}

bool stack_stream_produce(struct stack_stream *s, const struct ruff *r,
                          const struct ruff_intro_registers *regs,
                          const struct stack_facts *facts)
{
    size_t count;

    stack_stream_capture(s, r, regs, &count);
    return stack_stream_put(s, facts);
}

bool stack_stream_produce_bare(struct stack_stream *s, const struct stack_facts *facts)
{
    struct stack_record *record = reserve(s, facts, sizeof *record);

    if (record == NULL)
        return false;
    record->native = 0;
    ring_commit(&s->ring, &record->head, sizeof *record);
    return true;
}

/* ---- consumer --------------------------------------------------------------------------- */

const struct stack_record *stack_stream_peek(struct stack_stream *s,
                                             const struct stack_frame **frames,
                                             uint32_t *count,
                                             const struct stack_slice **slice)
{
    const struct stack_record *record =
        (const struct stack_record *)(const void *)ring_peek(&s->ring);

    *slice = NULL;
    if (record == NULL)
        return NULL;
    if (record->head.kind != STACK_FREE) {
        memcpy(s->replay + record->common, record->frames,
               record->fresh * sizeof record->frames[0]);
        s->replay_count = record->common + record->fresh;
    }
    if (record->head.flags & STACK_SLICE) {
        size_t offset = sizeof *record + record->fresh * sizeof record->frames[0];

        offset = (offset + 7u) & ~(size_t)7u;
        *slice = (const struct stack_slice *)(const void *)((const uint8_t *)record +
                                                            offset);
    }
    *frames = s->replay;
    *count = s->replay_count;
    return record;
}

void stack_stream_pop(struct stack_stream *s, const struct stack_record *record)
{
    ring_pop(&s->ring, &record->head);
}
