/*
 * copy.h - deep copies of values from one isolate into another.
 *
 * Used where a value crosses to another task (language.md section 18). Shared parts stay
 * shared and captured variables keep their identity within one `struct copy`, so a snapshot
 * of several variables is made with one. Generators, iterators, promises and task handles
 * raise `Cannot send KIND to another task` in the isolate that sends.
 *
 * Both isolates must be at rest: the caller owns them for the time of the call.
 */
#ifndef RUFF_CORE_COPY_H
#define RUFF_CORE_COPY_H

#include "core/function.h"
#include "core/object.h"
#include "core/state.h"

/* The caller fills the first section; the rest is private to copy.c. */
struct copy {
    struct state *from, *to;
    void *context;
    /* The instance of `to` that stands for `i`; NULL raises `Cannot send function ...`. */
    struct instance *(*instance)(void *context, struct instance *i);
    /* A handle in `to` for the channel object `o`; false: unsendable. NULL: unsendable. */
    bool (*channel)(void *context, struct object *o, struct value *out);
    /* What may not cross is copied as a handle that raises the error once it is used. */
    bool stand_ins;
    /* private */
    struct copy_seen *seen;
};

/* Clears the callbacks; set them afterwards. Takes no memory. */
void copy_init(struct copy *c, struct state *from, struct state *to);
/* *out is owned by `to`. False with an error set in `from`. */
bool copy_value(struct copy *c, struct value v, struct value *out);
void copy_done(struct copy *c);

/* Name of a kind that may not cross (`generator`, `promise` ...), NULL for the others. */
const char *copy_unsendable(enum value_kind kind);

#endif
