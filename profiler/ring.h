#ifndef RUFFPROF_RING_H
#define RUFFPROF_RING_H

/*
 * Byte ring from one producer (a signal handler or an allocation hook) to one consumer (the
 * drain thread). Records are contiguous, 8-byte aligned and start with their size; one that
 * would cross the end is preceded by a filler. When there is no room the record is refused
 * and the producer counts it as lost: it never waits.
 *
 * ring_reserve and ring_commit are signal-safe; everything was touched by ring_init, so no
 * page fault happens in a handler. In hard tests a ring begins just before its edge, which its
 * first record crosses: it cannot be tiny, because it must hold the deepest stack.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring_record {
    uint32_t bytes; /* of the whole record, this head included; multiple of 8 */
    uint16_t kind;  /* of the owner; RING_FILLER is taken */
    uint16_t flags;
};

#define RING_FILLER 0xffffu

struct ring {
    uint8_t *data;     /* owned */
    uint64_t size;     /* power of two */
    uint64_t head;     /* bytes produced; written by the producer, release */
    uint64_t tail;     /* bytes consumed; written by the consumer, release */
    uint64_t reserved; /* producer's: head after the record under construction */
};

/* size_bytes is rounded up to a power of two. False without memory. */
bool ring_init(struct ring *r, size_t size_bytes);
void ring_done(struct ring *r);

/* Room for a record of `bytes` (head included), or NULL. The head's size is filled in. */
struct ring_record *ring_reserve(struct ring *r, size_t bytes);
/* Publishes the record reserved last, cut to `bytes` when that is less. */
void ring_commit(struct ring *r, struct ring_record *record, size_t bytes);

/* Oldest record, or NULL when empty. Stays valid until ring_pop. */
const struct ring_record *ring_peek(struct ring *r);
void ring_pop(struct ring *r, const struct ring_record *record);
/* Share of the ring in use, 0..100. */
unsigned ring_fill_percent(const struct ring *r);

#endif
