/*
 * channel.h - channels: unbounded FIFO queues with reference semantics (language.md 18).
 *
 * This is the queue inside one isolate. Waiting, and channels shared by several threads,
 * are the affair of lib/tasks: it hangs its part on `shared` and answers
 * state->channel_receive when a queue is empty.
 */
#ifndef RUFF_CORE_CHANNEL_H
#define RUFF_CORE_CHANNEL_H

#include "core/object.h"

/* VALUE_CHANNEL: a ring of values. */
struct channel {
    struct object head;
    size_t len, capacity, start;
    struct value *items;
    void
        *shared; /* of lib/tasks; given to state->channel_free before the object goes */
    uint64_t gc_index; /* kept by the cycle collector */
};

#define CHANNEL_OF(v) ((struct channel *)(void *)(v).as.object)

/* An empty channel. On success *out is owned. False with an error set without memory. */
bool channel_new(struct state *st, struct value *out);
/* Appends `v` (taken, also on failure). */
bool channel_push_take(struct state *st, struct channel *c, struct value v);
/* Moves the oldest value to *out; false when there is none. */
bool channel_pop(struct channel *c, struct value *out);

/*
 * c.send(v) and c.receive(), arity checked: send gives true (through state->channel_send
 * when set); receive gives the oldest value, on an empty channel what
 * state->channel_receive says, null when that is not set. Used by call_method.
 */
bool channel_send(struct state *st, struct value c, struct value *args, uint32_t nargs,
                  struct value *result);
bool channel_receive(struct state *st, struct value c, uint32_t nargs,
                     struct value *result);

/* Tells the heap how to free and walk channels (state_new). */
void channel_register(struct state *st);

#endif
