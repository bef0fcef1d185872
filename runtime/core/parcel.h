/*
 * parcel.h - a value on its way from one isolate to another (language.md 18).
 *
 * One isolate packs, another opens: a parcel belongs to no heap, so it may lie in a queue, be
 * opened by several threads at once, and outlive the isolate that packed it. Plain values
 * (numbers, booleans, null) need no memory. Everything else becomes one block of memory:
 * records that name each other by number, so that shared parts stay shared and cycles through
 * captured variables end.
 *
 * Generators, iterators, promises and task handles raise `Cannot send KIND to another task`
 * in the isolate that packs. Channels travel as what they share (conduit.h).
 *
 * A function takes its captured variables along; its globals are those of the side where it
 * is opened. Only those of units which that side may not know travel with it (scope.h). A
 * snapshot brings the globals of all units.
 */
#ifndef RUFF_CORE_PARCEL_H
#define RUFF_CORE_PARCEL_H

#include <stdatomic.h>

#include "core/scope.h"
#include "core/value.h"

struct parcel_body; /* counted; parcel_body.h */

struct parcel {
    struct value plain;       /* without body: the value itself, no object */
    struct parcel_body *body; /* NULL: plain */
};

/* Bytes of all bodies of a program and, under a memory limit, of its isolates' heaps.
   state->parcels points to the one they share. */
struct parcel_account {
    atomic_uint_least64_t bytes;
};

/* A parcel that holds nothing but null. */
static inline struct parcel parcel_none(void)
{
    return (struct parcel){.plain = value_null()};
}

/* A message. False with an error set, that of an interrupt too: packing and opening poll. The
   parcel is the caller's until parcel_done. */
bool parcel_pack(struct state *st, struct value v, struct parcel *out);
/*
 * `f` with the globals of all that `st` runs in, as they are now. What may not cross and stands
 * in a global raises its error only when it is used; in a captured variable it is an error at
 * once.
 */
bool parcel_pack_snapshot(struct state *st, struct value f, struct parcel *out);
/* Another owner. Any thread. */
struct parcel parcel_retain(struct parcel p);
/* Any thread; needs no isolate. */
void parcel_done(struct parcel *p);

/*
 * *out is owned by `st`. Functions get instances of st->scope, guests when they must; those of
 * a snapshot are new and enter that scope, which must be empty. False with an error set.
 */
bool parcel_open(struct state *st, const struct parcel *p, struct value *out);

/* Name of a kind that may not cross (`generator`, `promise` ...), NULL for the others. */
const char *parcel_unsendable(enum value_kind kind);

#endif
