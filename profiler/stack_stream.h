#ifndef RUFFPROF_STACK_STREAM_H
#define RUFFPROF_STACK_STREAM_H

/*
 * Stacks on their way from the sampled thread to the drain thread.
 *
 * The producer (a signal handler, or the allocation hook) copies the runtime's frames, keeps
 * what the last record of this stream had in common with them counted from the root, and
 * puts only the rest into the ring: a deep recursion costs its walk, not its bytes. The
 * consumer replays that. One producer and one consumer per stream; the handler and the
 * allocation hook have a stream each, because one may interrupt the other.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <ruff_introspect.h>

#include "ring.h"

/* Frames kept of one stack; deeper ones lose their root end and are flagged. */
#define STACK_STREAM_DEPTH  24576u
/* Native frames kept of one stack. */
#define STACK_STREAM_NATIVE 256u

enum stack_kind {
    STACK_SAMPLE = 1,
    STACK_ALLOC = 2,
    STACK_FREE = 3
};

#define STACK_TRUNCATED 0x0001u
/* A stack slice and registers follow the frames (struct stack_slice). */
#define STACK_SLICE     0x0002u

/* One frame in the ring. A native frame has kind NATIVE and its pc in the two words. */
struct stack_frame {
    uint32_t
        function; /* prototype id; builtin row when tier is BUILTIN; low half of a pc */
    uint32_t where; /* position in it; high half of a pc */
    uint8_t tier;   /* enum ruff_intro_tier, or STACK_TIER_* */
    uint8_t unused[3];
};
#define STACK_TIER_NATIVE 0x80u
#define STACK_TIER_STATE \
    0x81u /* pseudo frame: `function` is enum ruff_intro_state or … */
/* … this: a thread of the program at work between tasks. */
#define STACK_STATE_SCHEDULER 0x100u

/* Fixed part of a record; `fresh` frames follow, the one nearest the root first. */
struct stack_record {
    struct ring_record head; /* kind: enum stack_kind; flags: STACK_* */
    uint64_t time_ns;        /* monotonic */
    uint64_t weight;         /* SAMPLE: period; ALLOC, FREE: size in bytes */
    uint64_t object;         /* ALLOC, FREE: identity */
    uint32_t common;         /* frames kept from the record before, from the root */
    uint32_t fresh;
    uint32_t detail; /* ALLOC: cause */
    uint32_t native; /* how many of `fresh`, at its end, are native */
    struct stack_frame frames[];
};

/* What deferred unwinding needs; stands behind the frames, `bytes` of stack from sp upwards
   behind it. */
struct stack_slice {
    uint64_t pc, sp, fp;
    uint64_t registers[16]; /* DWARF order on x86-64 */
    uint32_t bytes;
    uint32_t unused;
};

struct stack_stream {
    struct ring ring;
    /* Producer's. */
    struct ruff_intro_frame *scratch; /* captured frames, leaf first */
    size_t captured;
    bool captured_truncated;
    struct stack_frame *last; /* of the last record, root first */
    uint32_t last_count;
    uint64_t lost; /* refused for want of room; producer writes, anybody reads */
    uint64_t truncated;
    /* Consumer's. */
    struct stack_frame *replay; /* root first */
    uint64_t *nodes;            /* the consumer's own word for each frame of `replay` */
    uint32_t replay_count;
};

bool stack_stream_init(struct stack_stream *s, size_t ring_bytes);
void stack_stream_done(struct stack_stream *s);
/* For the next thread: nothing lost, nothing in common. Empty, and nobody produces. */
void stack_stream_reset(struct stack_stream *s);
/* Memory it holds: the ring and the part of the stacks that was used. */
size_t stack_stream_bytes(const struct stack_stream *s);

/* A native frame among the runtime's: `after` of those, counted from the leaf, are nearer to
   the leaf than it is. */
struct stack_native {
    uintptr_t pc;
    uint32_t after;
};

/* Facts of a record to be produced. */
struct stack_facts {
    enum stack_kind kind;
    uint64_t time_ns, weight, object;
    uint32_t detail;
    /* A state of the runtime shown as a frame at the leaf: GC or COMPILE of enum
       ruff_intro_state, or STACK_STATE_SCHEDULER; 0: none. */
    uint32_t state;
    /* Native frames, leaf first, `after` ascending; may be none. */
    const struct stack_native *native;
    uint32_t native_count;
    /* Registers and how much of the stack to copy from sp upwards; NULL: nothing. */
    const struct stack_slice *slice;
};

/* Takes the runtime's frames for the record that is produced next: leaf first, borrowed
   until the next capture. [signal-safe] */
const struct ruff_intro_frame *stack_stream_capture(
    struct stack_stream *s, const struct ruff *r,
    const struct ruff_intro_registers *regs, size_t *count);
/* Produces a record of the captured frames. False when the ring is full (the loss is
   counted). [signal-safe] */
bool stack_stream_put(struct stack_stream *s, const struct stack_facts *facts);
/* Both in one. [signal-safe] */
bool stack_stream_produce(struct stack_stream *s, const struct ruff *r,
                          const struct ruff_intro_registers *regs,
                          const struct stack_facts *facts);
/* A record without a stack (STACK_FREE). [signal-safe] */
bool stack_stream_produce_bare(struct stack_stream *s, const struct stack_facts *facts);

/* Next record with its whole stack, root first, or NULL. Valid until stack_stream_pop. */
const struct stack_record *stack_stream_peek(struct stack_stream *s,
                                             const struct stack_frame **frames,
                                             uint32_t *count,
                                             const struct stack_slice **slice);
void stack_stream_pop(struct stack_stream *s, const struct stack_record *record);

#endif
