/*
 * parcel_body.h - the inside of a packed value, for the two halves that write and read it.
 *
 * A body is one block: this head, the place of each record, the records. A record is a head
 * and 8-byte words. Inside of records a value that is an object has its number in as.bits.
 */
#ifndef RUFF_CORE_PARCEL_BODY_H
#define RUFF_CORE_PARCEL_BODY_H

#include "core/parcel.h"

struct conduit;
struct source_ref;
struct unit;

/* Kinds of records: those of values, and parts that are none. */
enum parcel_kind {
    PARCEL_INSTANCE = VALUE_KIND_COUNT,
    PARCEL_GLOBALS, /* the variables of an instance, or of several that share them */
    PARCEL_LATE,    /* variables of an instance that the other side may lack */
    PARCEL_SHAPE,
    PARCEL_STAND_IN, /* what may not cross, in a global */
};

enum {
    PARCEL_COMMON = 1, /* struct instance, common */
    PARCEL_GUEST = 2
};

struct parcel_record {
    uint16_t kind;
    uint16_t
        flags; /* arrays: representation; structs: OBJECT_ERROR; stand-ins: the kind;
                  instances: PARCEL_COMMON, PARCEL_GUEST */
    uint32_t
        extra; /* structs: offset of an error's origin; functions: number of the proto;
                       definitions: number of methods; instances: import_state */
    uint64_t count; /* items, bytes, fields, cells, globals ... */
    /* The words, by kind:
       string, bytes          the bytes, padded
       array, set, queue, stack, tagged, globals, method, boxed, cell
                              values; tagged: the tag first; method: function, receiver;
                              packed arrays: the numbers
       dict                   key and value of each entry
       struct                 pointer to the origin's source, shape, definition or unset,
                              values
       shape                  name of the struct, names of the fields
       definition             name, fields' names, defaults or unset, methods
       function               instance, cells
       instance               pointer to the unit's original; globals, late or unset
       late                   instance, then slot and value of each
       channel                pointer to the conduit (counted)
       stand-in               pointer to the name of the kind, constant text */
};

struct parcel_body {
    atomic_uint_least32_t users;
    uint32_t nrecords;
    struct parcel_account *account; /* NULL: not counted */
    size_t bytes;                   /* of the block */
    struct value root;
    uint32_t nchannels; /* conduits held */
    bool snapshot;      /* brings all instances, with their variables */
    bool late;          /* has such records */
    uint64_t words[]; /* nrecords places (indexes into this array), then the records */
};

static inline const struct parcel_record *parcel_record(const struct parcel_body *b,
                                                        uint64_t number)
{
    return (const struct parcel_record *)(const void *)&b->words[b->words[number]];
}
/* The words behind the head of a record. */
static inline const uint64_t *parcel_words(const struct parcel_record *r)
{
    return (const uint64_t *)(const void *)(r + 1);
}
static inline const struct value *parcel_values(const struct parcel_record *r)
{
    return (const struct value *)(const void *)(r + 1);
}

#define PARCEL_RECORD_WORDS (sizeof(struct parcel_record) / sizeof(uint64_t))
#define PARCEL_VALUE_WORDS  (sizeof(struct value) / sizeof(uint64_t))

_Static_assert(sizeof(struct parcel_record) == 16, "records are made of words");

#endif
