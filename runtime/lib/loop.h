/*
 * loop.h - timers of the event loop: a binary heap of deadlines.
 *
 * Knows no clock and no task: the caller says what time it is. Timers of one deadline fire
 * in the order they were added. A cancelled timer neither fires nor counts; it stays in the
 * heap until it comes up or half of the heap is cancelled.
 */
#ifndef RUFF_LIB_LOOP_H
#define RUFF_LIB_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop_timer; /* opaque; owned by the loop */

/* Private part. */
struct loop {
    struct loop_timer **timers;
    size_t len, capacity;
    size_t cancelled; /* of `len` */
    uint64_t sequence;
};

void loop_init(struct loop *loop);
/* Drops all timers; what their contexts point to is the caller's. */
void loop_done(struct loop *loop);

/* A timer at `deadline_ns`. It lives until it fires or loop_done; NULL when memory is out. */
struct loop_timer *loop_add(struct loop *loop, uint64_t deadline_ns, void *context);
/* The timer will not fire; the pointer must not be used again. */
void loop_cancel(struct loop *loop, struct loop_timer *timer);
/* True with the deadline of the next timer that will fire. */
bool loop_deadline(struct loop *loop, uint64_t *deadline_ns);
/* Takes out the next timer that is due at `now_ns` and gives its context; false: none. */
bool loop_take_due(struct loop *loop, uint64_t now_ns, void **context);
/* Takes out any timer, due or not (to drop contexts at the end); false: none. */
bool loop_take_any(struct loop *loop, void **context);

#endif
