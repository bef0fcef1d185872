/*
 * conduit.h - what the ends of a channel share once it has left its isolate: a FIFO of
 * parcels for any number of threads (language.md 18).
 *
 * Counted by its users: channel objects of isolates, parcels. Whoever waits for a parcel is
 * told once, by a call from the sending thread; waiting itself is the affair of lib/tasks.
 */
#ifndef RUFF_CORE_CONDUIT_H
#define RUFF_CORE_CONDUIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/parcel.h"

struct conduit;

/* What one program has on its way between its isolates: outlives all of them. */
struct transit {
    struct parcel_account account;
    pthread_mutex_t lock;
    struct conduit *conduits; /* all, under the lock */
};

void transit_init(struct transit *t);
/* Empties every queue: parcels that hold their own conduit would live on. No isolate may be
   running. */
void transit_clear(struct transit *t);
/* There must be no conduit any more. */
void transit_done(struct transit *t);

/* Somebody who waits; embedded in the owner's struct, zeroed at first. */
struct conduit_waiter {
    /* Called once, under the conduit's lock and on the sender's thread: must not use the
       conduit. The waiter is out of the queue then. */
    void (*wake)(struct conduit_waiter *waiter);
    bool waits; /* private, under the conduit's lock */
    struct conduit_waiter *next, *previous;
};

/* One user; NULL when memory is out. */
struct conduit *conduit_new(struct transit *t);
/* Any thread. */
void conduit_retain(struct conduit *c);
void conduit_release(struct conduit *c);

/* Appends the parcel (taken, also on failure) and wakes the first who waits. False when
   memory is out. */
bool conduit_send_take(struct conduit *c, struct parcel p);
/* Moves the oldest parcel to *out. Without one: false, and the waiter (if not NULL) waits. */
bool conduit_receive(struct conduit *c, struct conduit_waiter *waiter,
                     struct parcel *out);
/* The waiter waits no longer; after this its wake is not called. If it had been woken for a
   parcel that is there still, the next one is. Harmless when it does not wait. */
void conduit_leave(struct conduit *c, struct conduit_waiter *waiter);
bool conduit_has_parcels(struct conduit *c);

#endif
