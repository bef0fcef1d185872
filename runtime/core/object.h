/*
 * object.h - layouts of the counted objects and access to their parts.
 *
 * Only layouts and one-line accessors: what may be done with each kind is in string.h,
 * array.h, dict.h, structs.h, collection.h, function.h, iter.h. Layouts are public to the
 * engines because their fast paths read them (style rule 7).
 */
#ifndef RUFF_CORE_OBJECT_H
#define RUFF_CORE_OBJECT_H

#include <stddef.h>

#include "core/value.h"

/* Immutable to programs; grown in place only while its count is 1 (string.h). */
struct string {
    struct object head;
    uint32_t hash;     /* 0: not computed yet (a computed 0 is stored as 1) */
    uint32_t is_ascii; /* 1: len == chars, code point i is byte i */
    size_t len;        /* bytes */
    size_t chars;      /* code points */
    size_t capacity;   /* bytes usable in data, the final NUL not counted */
    char data[];       /* UTF-8, NUL-terminated */
};

/* What the items of an array are. Widened on demand, never narrowed in place. */
enum array_rep {
    ARRAY_VALUES,
    ARRAY_INTS,
    ARRAY_FLOATS
};

struct array {
    struct object head; /* head.reserved: enum array_rep */
    size_t len;
    size_t capacity; /* in items */
    union {
        struct value *values;
        int64_t *ints;
        double *floats;
        void *raw;
    } items;
};

/* A dict entry; an empty slot of a removed entry has key.kind == VALUE_UNSET. */
struct dict_entry {
    struct value key; /* VALUE_INT for canonical int64 decimals, else VALUE_STRING */
    struct value value;
};

/* Compact table: entries in insertion order plus an index of 32-bit positions (dict.h). */
struct dict {
    struct object head;
    size_t len;      /* live entries */
    size_t used;     /* entries filled, removed ones included */
    size_t capacity; /* entries allocated */
    struct dict_entry *entries;
    uint32_t
        *index; /* open addressing; 0 empty, else position + 1; NULL: few entries */
    size_t index_mask;
    size_t string_keys; /* live keys that are strings */
    uint64_t seed;      /* of the hashes of int keys; the isolate's */
    /* private to dict_order.c: positions in canonical order, or NULL */
    uint32_t *order;
    uint32_t order_len;      /* positions in `order` */
    uint32_t order_used;     /* entries below are covered; those beyond form the tail */
    uint32_t order_capacity; /* positions allocated */
};

/* Field layout of struct instances, shared by instances made the same way (structs.h). */
struct shape {
    uint32_t id; /* unique in the isolate, never reused: inline caches compare it */
    uint32_t nfields;
    struct string **names;    /* by slot; immortal or owned by the shape table */
    struct value struct_name; /* string */
    /* private to structs.c; use shape_sorted, shape_slot, shape_with */
    uint32_t *sorted; /* slots in ascending byte order of name, made on demand */
    struct shape_names *list;
    struct shape *parent, *child, *sibling, *next;
};

struct struct_object {
    struct object head; /* flags: OBJECT_ERROR */
    struct shape *shape;
    struct structdef *def; /* counted; NULL when the name was not declared */
    uint32_t capacity;     /* fields allocated */
    uint32_t origin; /* OBJECT_ERROR: where it was raised (error.c); copied along */
    struct value
        *fields; /* shape->nfields of them; inline_fields or a block of its own */
    struct value inline_fields[];
};

struct bytes {
    struct object head;
    size_t len, capacity;
    uint8_t *data;
};

/* set, queue and stack: items[start .. used) in order; sets may have holes (collection.h). */
struct collection {
    struct object head;
    size_t len; /* items, holes not counted */
    size_t capacity, start, used;
    struct value *items;
    uint32_t *index; /* set: hash_index.h, NULL until it pays */
    size_t index_mask;
};

/* Status::Done(a, b): `tag` is the full text "Status::Done". */
struct tagged {
    struct object head;
    uint32_t count;
    struct value tag; /* string */
    struct value payload[];
};

/* VALUE_OK, VALUE_ERR, VALUE_SOME */
struct boxed {
    struct object head;
    struct value payload;
};

/* VALUE_CELL: a captured variable. Unset until its declaration has run. */
struct cell {
    struct object head;
    struct value value;
    uint64_t gc_index; /* kept by the cycle collector */
};

#define STRING_OF(v)     ((struct string *)(void *)(v).as.object)
#define ARRAY_OF(v)      ((struct array *)(void *)(v).as.object)
#define DICT_OF(v)       ((struct dict *)(void *)(v).as.object)
#define STRUCT_OF(v)     ((struct struct_object *)(void *)(v).as.object)
#define BYTES_OF(v)      ((struct bytes *)(void *)(v).as.object)
#define COLLECTION_OF(v) ((struct collection *)(void *)(v).as.object)
#define TAGGED_OF(v)     ((struct tagged *)(void *)(v).as.object)
#define BOXED_OF(v)      ((struct boxed *)(void *)(v).as.object)
#define CELL_OF(v)       ((struct cell *)(void *)(v).as.object)

#endif
