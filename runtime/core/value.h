/*
 * value.h - the 16-byte tagged value every engine and builtin works with.
 *
 * A value is a kind and a payload. Kinds below VALUE_STRING are inline; from VALUE_STRING on
 * the payload points to a reference-counted object (object.h). Copying a value that is kept
 * needs value_retain, dropping it value_release; whoever calls a function with a plain
 * `struct value` parameter keeps ownership unless the name says `_take`.
 *
 * Counts are not atomic: a value belongs to one isolate (state.h). A negative count marks an
 * immortal object (program constants), which any thread may read.
 */
#ifndef RUFF_CORE_VALUE_H
#define RUFF_CORE_VALUE_H

#include <stdbool.h>
#include <stdint.h>

struct state;
struct builtin;
struct object;

enum value_kind {
    VALUE_UNSET, /* a variable slot without a binding; never visible to a program */
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_NONE,    /* the empty option */
    VALUE_BUILTIN, /* static row of the builtin table, never freed */
    /* From here on `object` is valid and counted. */
    VALUE_STRING,
    VALUE_ARRAY,
    VALUE_DICT,
    VALUE_STRUCT,
    VALUE_BYTES,
    VALUE_SET,
    VALUE_QUEUE,
    VALUE_STACK,
    VALUE_FUNCTION, /* closure over a prototype; async and generator ones too */
    VALUE_METHOD,   /* bound method: receiver + function */
    VALUE_STRUCTDEF,
    VALUE_TAGGED,
    VALUE_OK,
    VALUE_ERR,
    VALUE_SOME,
    VALUE_GENERATOR,
    VALUE_ITERATOR,
    VALUE_CHANNEL,
    VALUE_PROMISE,
    VALUE_TASK,
    VALUE_CELL, /* captured variable; never visible to a program */
    VALUE_ITER, /* engines' loop cursor; never visible to a program */
    VALUE_KIND_COUNT
};

/* First kind whose payload is a counted object. */
#define VALUE_FIRST_OBJECT VALUE_STRING

struct value {
    union {
        int64_t integer;
        double number;
        bool boolean;
        struct object *object;
        const struct builtin *builtin;
        uint64_t bits;
    } as;
    uint32_t kind; /* enum value_kind */
    uint32_t unused;
};

_Static_assert(sizeof(struct value) == 16, "engines index registers by 16 bytes");

/* Head of every counted object: 8 bytes. */
struct object {
    int32_t refs;  /* negative: immortal */
    uint8_t kind;  /* enum value_kind, equal to the kind of values that point here */
    uint8_t flags; /* OBJECT_* */
    uint16_t
        reserved; /* low 4 bits: the kind's own use (array representation); the rest 0 */
};

_Static_assert(sizeof(struct object) == 8, "object head");

#define OBJECT_SAMPLED 0x01u /* the allocation profiler wants to hear of the free */
#define OBJECT_KEPT    0x04u /* belongs to the isolate now (heap_keep) */
#define OBJECT_ERROR \
    0x02u /* a struct that is a caught exception (language.md 21a.10) */

static inline struct value value_unset(void)
{
    return (struct value){.kind = VALUE_UNSET};
}
static inline struct value value_null(void)
{
    return (struct value){.kind = VALUE_NULL};
}
static inline struct value value_bool(bool b)
{
    return (struct value){.as.bits = b ? 1u : 0u, .kind = VALUE_BOOL};
}
static inline struct value value_int(int64_t i)
{
    return (struct value){.as.integer = i, .kind = VALUE_INT};
}
static inline struct value value_float(double f)
{
    return (struct value){.as.number = f, .kind = VALUE_FLOAT};
}
static inline struct value value_none(void)
{
    return (struct value){.kind = VALUE_NONE};
}
static inline struct value value_builtin(const struct builtin *b)
{
    return (struct value){.as.builtin = b, .kind = VALUE_BUILTIN};
}
/* The value that points to `o`; ownership of one count goes with it. */
static inline struct value value_object(struct object *o)
{
    return (struct value){.as.object = o, .kind = o->kind};
}
static inline bool value_is_object(struct value v)
{
    return v.kind >= VALUE_FIRST_OBJECT;
}

/* Frees an object whose count has reached zero, without recursing on depth (heap.c). */
void object_free(struct state *st, struct object *o);

static inline void object_retain(struct object *o)
{
    if (o->refs >= 0)
        o->refs++;
}
static inline void object_release(struct state *st, struct object *o)
{
    if (o->refs > 0 && --o->refs == 0)
        object_free(st, o);
}
static inline struct value value_retain(struct value v)
{
    if (value_is_object(v))
        object_retain(v.as.object);
    return v;
}
static inline void value_release(struct state *st, struct value v)
{
    if (value_is_object(v))
        object_release(st, v.as.object);
}
/* True when the storage behind `v` may be changed in place: exactly one reference. */
static inline bool value_is_unique(struct value v)
{
    return value_is_object(v) && v.as.object->refs == 1;
}
/* Moves a value out of `slot`, leaving null there. */
static inline struct value value_take(struct value *slot)
{
    struct value v = *slot;
    *slot = value_null();
    return v;
}
/* Replaces the content of an owned slot; takes ownership of `v`. Safe when releasing the old
   value runs arbitrary destructors: the slot is written first. */
static inline void value_set_take(struct state *st, struct value *slot, struct value v)
{
    struct value old = *slot;
    *slot = v;
    value_release(st, old);
}

#endif
