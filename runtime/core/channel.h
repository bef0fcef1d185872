/*
 * channel.h - channels: unbounded FIFO queues with reference semantics (language.md 18).
 *
 * A channel begins as a queue inside one isolate. When it is sent to another task its items
 * move to a conduit, and from then on it is a handle: each isolate has one object for a
 * conduit, so that a channel equals itself wherever it went. Waiting is the affair of
 * lib/tasks: it hangs its part on `waiting` and answers state->channel_receive when the
 * queue is empty.
 */
#ifndef RUFF_CORE_CHANNEL_H
#define RUFF_CORE_CHANNEL_H

#include "core/object.h"

struct conduit;

/* VALUE_CHANNEL: a ring of values, or a handle without any. */
struct channel {
    struct object head;
    size_t len, capacity, start;
    struct value *items;
    struct conduit *conduit; /* counted; NULL: never left this isolate */
    /* Of lib/tasks; given to state->channel_free before the object goes. */
    void *waiting;
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
 * The conduit of a channel that is about to be sent, borrowed; its items move there, and
 * state->channel_shared is told. NULL with an error set.
 */
struct conduit *channel_share(struct state *st, struct channel *c);
/* The isolate's channel over the conduit, owned. False with an error set. */
bool channel_open(struct state *st, struct conduit *conduit, struct value *out);

/*
 * c.send(v) and c.receive(), arity checked: send gives true (through state->channel_send
 * when set); receive gives the oldest value, on an empty channel what
 * state->channel_receive says, null when that is not set. Used by call_method.
 */
bool channel_send(struct state *st, struct value c, struct value *args, uint32_t nargs,
                  struct value *result);
bool channel_receive(struct state *st, struct value c, uint32_t nargs,
                     struct value *result);

/* The isolate ends (state_free). */
void channel_handles_free(struct state *st);
/* Tells the heap how to free and walk channels (state_new). */
void channel_register(struct state *st);

#endif
