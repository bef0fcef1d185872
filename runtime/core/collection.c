#include "config.h"

#include "core/collection.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/sizing.h"
#include "core/array.h"
#include "core/compare.h"
#include "core/dict.h"
#include "core/error.h"
#include "core/hash_index.h"
#include "core/heap.h"
#include "core/poll.h"
#include "core/string.h"
#include "core/structs.h"

/* Sets of at most this many items are searched without an index. */
#define SET_LINEAR_MAX          SIZE_OR_TINY(8u, 1u)
#define COLLECTION_MIN_CAPACITY SIZE_OR_TINY(4u, 1u)
#define COLLECTION_MAX_ITEMS    ((size_t)UINT32_MAX - 1)
#define NOT_FOUND               SIZE_MAX
/* Parts of a container that its hash looks at. */
#define HASHED_PARTS            16u

/* ---- storage -------------------------------------------------------------------------- */

static size_t index_bytes(const struct collection *c)
{
    return c->index == NULL ? 0 : (c->index_mask + 1) * sizeof *c->index;
}

static void drop_index(struct state *st, struct collection *c)
{
    heap_free(st, c->index, index_bytes(c));
    c->index = NULL;
    c->index_mask = 0;
}

void collection_free_storage(struct state *st, struct collection *c)
{
    drop_index(st, c);
    heap_free(st, c->items, c->capacity * sizeof *c->items);
    heap_object_free(st, &c->head, sizeof *c);
}

static struct collection *alloc_collection(struct state *st, enum value_kind kind,
                                           size_t capacity)
{
    struct object *o =
        heap_object(st, sizeof(struct collection), kind, HEAP_COLLECTION);
    if (o == NULL)
        return NULL;
    struct collection *c = (struct collection *)(void *)o;
    *c = (struct collection){.head = *o};
    if (capacity == 0)
        return c;
    c->items = heap_alloc(st, capacity * sizeof *c->items, HEAP_COLLECTION);
    if (c->items == NULL) {
        object_release(st, o);
        return NULL;
    }
    c->capacity = capacity;
    return c;
}

bool collection_make(struct state *st, enum value_kind kind, size_t capacity,
                     struct value *out)
{
    struct collection *c = alloc_collection(st, kind, capacity);
    if (c == NULL)
        return false;
    *out = value_object(&c->head);
    return true;
}

bool collection_make_unique(struct state *st, struct value *slot)
{
    struct collection *c = COLLECTION_OF(*slot);
    if (c->head.refs == 1)
        return true;
    struct collection *copy =
        alloc_collection(st, (enum value_kind)c->head.kind, c->len + c->len / 2 + 1);
    if (copy == NULL)
        return false;
    struct value item;
    for (size_t cursor = 0; collection_next(c, &cursor, &item);)
        copy->items[copy->used++] = value_retain(item);
    copy->len = copy->used;
    heap_count_copy(st);
    value_set_take(st, slot, value_object(&copy->head));
    return true;
}

/* Moves the items to the front without holes; the index is made again when needed. */
static void compact(struct state *st, struct collection *c)
{
    size_t to = 0;
    for (size_t i = c->start; i < c->used; i++) {
        if (c->items[i].kind != VALUE_UNSET)
            c->items[to++] = c->items[i];
    }
    c->start = 0;
    c->used = to;
    drop_index(st, c);
}

/* Room for one item more in a unique collection. */
static bool make_room(struct state *st, struct collection *c)
{
    if (c->used < c->capacity)
        return true;
    /* Half empty: moving down costs less than the removals that made the room. */
    if (c->len <= c->capacity / 2 && c->capacity > 0) {
        compact(st, c);
        return true;
    }
    size_t capacity = c->capacity == 0 ? COLLECTION_MIN_CAPACITY : 2 * c->capacity;
    if (capacity > COLLECTION_MAX_ITEMS)
        return error_out_of_memory(st);
    struct value *items = heap_realloc(st, c->items, c->capacity * sizeof *items,
                                       capacity * sizeof *items, HEAP_COLLECTION);
    if (items == NULL)
        return false;
    c->items = items;
    c->capacity = capacity;
    return true;
}

/* ---- ends ----------------------------------------------------------------------------- */

bool collection_push_take(struct state *st, struct value *slot, struct value v)
{
    if (!collection_make_unique(st, slot) || !make_room(st, COLLECTION_OF(*slot))) {
        value_release(st, v);
        return false;
    }
    struct collection *c = COLLECTION_OF(*slot);
    c->items[c->used++] = v;
    c->len++;
    return true;
}

static void reset_when_empty(struct state *st, struct collection *c)
{
    if (c->len == 0) {
        c->start = c->used = 0;
        drop_index(st, c);
    }
}

bool collection_pop(struct state *st, struct value *slot, struct value *out)
{
    if (!collection_make_unique(st, slot))
        return false;
    struct collection *c = COLLECTION_OF(*slot);
    *out = c->items[--c->used];
    c->len--;
    reset_when_empty(st, c);
    return true;
}

bool collection_shift(struct state *st, struct value *slot, struct value *out)
{
    if (!collection_make_unique(st, slot))
        return false;
    struct collection *c = COLLECTION_OF(*slot);
    *out = c->items[c->start++];
    c->len--;
    reset_when_empty(st, c);
    return true;
}

struct value collection_first(const struct collection *c)
{
    struct value item = value_null();
    size_t cursor = 0;
    collection_next(c, &cursor, &item);
    return item;
}

struct value collection_last(const struct collection *c)
{
    for (size_t i = c->used; i > c->start; i--) {
        if (c->items[i - 1].kind != VALUE_UNSET)
            return c->items[i - 1];
    }
    return value_null();
}

bool collection_to_array(struct state *st, const struct collection *c,
                         struct value *out)
{
    struct array *a = array_new(st, c->len);
    if (a == NULL)
        return false;
    struct value made = array_value(a), item;
    for (size_t cursor = 0; collection_next(c, &cursor, &item);) {
        item.unused = 0;
        if (!poll(st, cursor) || !array_push_take(st, &made, value_retain(item))) {
            value_release(st, made);
            return false;
        }
    }
    *out = made;
    return true;
}

/* ---- hashes that respect == ----------------------------------------------------------- */

static uint32_t mix(uint64_t bits)
{
    uint64_t mixed = hash_mix_u64(bits);
    return (uint32_t)(mixed ^ mixed >> 32);
}

/*
 * Numbers are equal within 2^-52. From 4 on the neighbours of a double are farther away, so
 * its bits can be hashed. Below, numbers go to buckets 2^-50 wide: those within the
 * tolerance are in the same bucket or in neighbouring ones, and who searches looks into the
 * buckets of x - 2^-52 and x + 2^-52.
 */
static uint32_t hash_double(double x)
{
    uint64_t bits;
    if (!(fabs(x) < 4.0)) {
        memcpy(&bits, &x, sizeof bits);
        return mix(bits);
    }
    return mix((uint64_t)(int64_t)floor(x * 0x1p50));
}

static double number_of(struct value v)
{
    return v.kind == VALUE_INT ? (double)v.as.integer : v.as.number;
}

/* Hash of a part of a container: equal parts give equal hashes, whatever the tolerance. */
static uint32_t hash_part(struct state *st, struct value v)
{
    switch (v.kind) {
    case VALUE_INT:
    case VALUE_FLOAT: return fabs(number_of(v)) >= 4.0 ? hash_double(number_of(v)) : 1;
    case VALUE_STRING: return string_hash(st, STRING_OF(v));
    case VALUE_BOOL: return mix(v.kind * 2u + v.as.boolean);
    default: return mix(v.kind);
    }
}

static uint32_t hash_parts(struct state *st, uint32_t hash, const struct value *parts,
                           size_t n)
{
    for (size_t i = 0; i < n && i < HASHED_PARTS; i++)
        hash = hash * 31 + hash_part(st, parts[i]);
    return hash;
}

static uint32_t hash_container(struct state *st, struct value v)
{
    uint32_t hash = mix(v.kind);
    switch (v.kind) {
    case VALUE_ARRAY: {
        const struct array *a = ARRAY_OF(v);
        for (size_t i = 0; i < a->len && i < HASHED_PARTS; i++)
            hash = hash * 31 + hash_part(st, array_get(a, i));
        return hash + (uint32_t)a->len;
    }
    case VALUE_DICT: {
        /* Keys in any order: a sum. */
        const struct dict *d = DICT_OF(v);
        for (size_t i = 0; i < d->used && d->len <= HASHED_PARTS; i++) {
            const struct dict_entry *entry = &d->entries[i];
            if (entry->key.kind != VALUE_UNSET)
                hash += mix(hash_part(st, entry->key) ^
                            (uint64_t)hash_part(st, entry->value) << 32);
        }
        return hash + (uint32_t)d->len;
    }
    case VALUE_STRUCT: {
        /* Fields in any order: a sum. */
        const struct struct_object *s = STRUCT_OF(v);
        hash += string_hash(st, STRING_OF(struct_name(s))) + s->shape->nfields;
        for (uint32_t i = 0; i < s->shape->nfields && s->shape->nfields <= HASHED_PARTS;
             i++)
            hash += mix(string_hash(st, s->shape->names[i]) ^
                        (uint64_t)hash_part(st, s->fields[i]) << 32);
        return hash;
    }
    case VALUE_TAGGED: {
        const struct tagged *t = TAGGED_OF(v);
        hash += string_hash(st, STRING_OF(t->tag)) + t->count;
        return hash_parts(st, hash, t->payload, t->count);
    }
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME: return hash_parts(st, hash, &BOXED_OF(v)->payload, 1);
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK: return hash + (uint32_t)COLLECTION_OF(v)->len;
    case VALUE_BYTES: {
        const struct bytes *b = BYTES_OF(v);
        for (size_t i = 0; i < b->len && i < 4 * HASHED_PARTS; i++)
            hash = hash * 31 + b->data[i];
        return hash + (uint32_t)b->len;
    }
    default: return mix(v.as.bits); /* identity */
    }
}

/* The hash an item is filed under. */
static uint32_t hash_item(struct state *st, struct value v)
{
    switch (v.kind) {
    case VALUE_INT:
    case VALUE_FLOAT: return hash_double(number_of(v));
    case VALUE_STRING: return string_hash(st, STRING_OF(v));
    case VALUE_NULL:
    case VALUE_NONE: return mix(v.kind);
    case VALUE_BOOL: return hash_part(st, v);
    default: return hash_container(st, v);
    }
}

/* The one or two hashes under which something equal to v may be filed. */
static unsigned search_hashes(struct state *st, struct value v, uint32_t hashes[2])
{
    if (v.kind != VALUE_INT && v.kind != VALUE_FLOAT) {
        hashes[0] = hash_item(st, v);
        return 1;
    }
    double x = number_of(v);
    if (!(fabs(x) < 4.0)) {
        hashes[0] = hash_double(x);
        return 1;
    }
    hashes[0] = hash_double(x - 0x1p-52);
    hashes[1] = hash_double(x + 0x1p-52);
    return hashes[0] == hashes[1] ? 1 : 2;
}

/* ---- sets ----------------------------------------------------------------------------- */

static void index_item(struct collection *c, size_t i)
{
    hash_index_put(c->index, c->index_mask, c->items[i].unused, i);
}

/* Gives a set an index when it is worth one, or a larger one. Without memory the set stays
   as it is and is searched item by item. */
static bool ensure_index(struct state *st, struct collection *c)
{
    if (c->len <= SET_LINEAR_MAX)
        return true;
    if (c->index != NULL && (c->used + 1) * 3 <= (c->index_mask + 1) * 2)
        return true;
    size_t slots = SIZE_OR_TINY(32, 2);
    while (slots < 3 * (c->used + 1))
        slots *= 2;
    uint32_t *index = heap_alloc(st, slots * sizeof *index, HEAP_COLLECTION);
    if (index == NULL)
        return false;
    drop_index(st, c);
    memset(index, 0, slots * sizeof *index);
    c->index = index;
    c->index_mask = slots - 1;
    for (size_t i = c->start; i < c->used; i++) {
        if (c->items[i].kind == VALUE_UNSET)
            continue;
        c->items[i].unused = hash_item(st, c->items[i]);
        index_item(c, i);
    }
    return true;
}

static bool search_all(struct state *st, const struct collection *c, struct value v,
                       size_t *found)
{
    *found = NOT_FOUND;
    for (size_t i = c->start; i < c->used && *found == NOT_FOUND; i++) {
        bool equal;
        if (c->items[i].kind == VALUE_UNSET)
            continue;
        if (!poll(st, i) || !compare_equal(st, c->items[i], v, &equal))
            return false;
        if (equal)
            *found = i;
    }
    return true;
}

/* Position of the first item equal to v. */
static bool search(struct state *st, struct collection *c, struct value v,
                   size_t *found)
{
    if (!ensure_index(st, c))
        return false;
    if (c->index == NULL)
        return search_all(st, c, v, found);
    uint32_t hashes[2];
    unsigned n = search_hashes(st, v, hashes);
    *found = NOT_FOUND;
    for (unsigned k = 0; k < n; k++) {
        for (size_t at = hashes[k] & c->index_mask; c->index[at] != 0;
             at = (at + 1) & c->index_mask) {
            size_t i = hash_index_position(c->index_mask, c->index[at]);
            bool equal;
            if (!hash_index_fits(c->index_mask, hashes[k], c->index[at]) ||
                i >= *found || c->items[i].unused != hashes[k])
                continue;
            if (!poll(st, i) || !compare_equal(st, c->items[i], v, &equal))
                return false;
            if (equal)
                *found = i;
        }
    }
    return true;
}

bool collection_has(struct state *st, struct collection *c, struct value v, bool *out)
{
    size_t found;
    if (!search(st, c, v, &found))
        return false;
    *out = found != NOT_FOUND;
    return true;
}

bool collection_add_take(struct state *st, struct value *slot, struct value v)
{
    size_t found;
    if (!search(st, COLLECTION_OF(*slot), v, &found)) {
        value_release(st, v);
        return false;
    }
    if (found != NOT_FOUND) {
        value_release(st, v);
        return true;
    }
    if (!collection_push_take(st, slot, v))
        return false;
    struct collection *c = COLLECTION_OF(*slot);
    if (c->index != NULL) {
        c->items[c->used - 1].unused = hash_item(st, v);
        index_item(c, c->used - 1);
    }
    return true;
}

/* Takes item i out of the index; what was displaced by it moves up. */
static void unindex(struct collection *c, size_t i)
{
    size_t mask = c->index_mask;
    size_t hole = hash_index_find(c->index, mask, c->items[i].unused, i);
    for (size_t next = (hole + 1) & mask; c->index[next] != 0;
         next = (next + 1) & mask) {
        size_t home = c->items[hash_index_position(mask, c->index[next])].unused & mask;
        if (hash_index_moves(mask, home, hole, next)) {
            c->index[hole] = c->index[next];
            hole = next;
        }
    }
    c->index[hole] = 0;
}

bool collection_delete(struct state *st, struct value *slot, struct value v,
                       bool *found)
{
    size_t i;
    if (!search(st, COLLECTION_OF(*slot), v, &i))
        return false;
    if (i == NOT_FOUND) {
        *found = false;
        return true;
    }
    if (COLLECTION_OF(*slot)->head.refs != 1) {
        if (!collection_make_unique(st, slot) ||
            !search(st, COLLECTION_OF(*slot), v, &i))
            return false;
    }
    struct collection *c = COLLECTION_OF(*slot);
    struct value item = c->items[i];
    if (c->index != NULL)
        unindex(c, i);
    c->items[i] = value_unset();
    c->len--;
    while (c->start < c->used && c->items[c->start].kind == VALUE_UNSET)
        c->start++;
    while (c->used > c->start && c->items[c->used - 1].kind == VALUE_UNSET)
        c->used--;
    reset_when_empty(st, c);
    *found = true;
    value_release(st, item);
    return true;
}
