#include "config.h"

#include "core/dict.h"

#include <string.h>

#include "base/hash.h"
#include "base/sizing.h"
#include "core/dict_order.h"
#include "core/error.h"
#include "core/hash_index.h"
#include "core/heap.h"

/* Dicts of at most this many entries are searched without an index. */
#define DICT_LINEAR_MAX   SIZE_OR_TINY(8u, 1u)
#define DICT_MIN_CAPACITY SIZE_OR_TINY(4u, 1u)
#define NOT_FOUND         SIZE_MAX

/* Keyed by the isolate's secret, so that nobody can choose keys that collide. */
static inline uint32_t hash_int(uint64_t seed, int64_t key)
{
    uint64_t mixed = ((uint64_t)key ^ seed) * UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ mixed >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return (uint32_t)(mixed >> 32);
}

static uint64_t seed_of(const struct state *st)
{
    uint64_t seed;
    memcpy(&seed, st->hash_key, sizeof seed);
    return seed;
}

static inline bool is_dense(const struct dict *d)
{
    return (d->head.reserved & DICT_DENSE) != 0;
}

/* A key as it is stored: ints for canonical decimals; strings carry their hash in
   `unused`. */
static struct value normalise(struct state *st, struct value key)
{
    int64_t number;
    if (key.kind == VALUE_INT)
        return key;
    struct string *s = (struct string *)(void *)key.as.object;
    if (string_to_canonical_int(s, &number))
        return value_int(number);
    key.unused = string_hash(st, s);
    return key;
}

static inline uint32_t hash_of(const struct dict *d, const struct value *key)
{
    return key->kind == VALUE_INT ? hash_int(d->seed, key->as.integer) : key->unused;
}

static inline bool same_text(const struct value *stored, const struct value *key)
{
    if (stored->kind != VALUE_STRING || stored->unused != key->unused)
        return false;
    if (stored->as.object == key->as.object)
        return true;
    const struct string *a = (const struct string *)(void *)stored->as.object;
    const struct string *b = (const struct string *)(void *)key->as.object;
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static inline bool same_key(const struct value *stored, const struct value *key)
{
    if (key->kind == VALUE_INT)
        return stored->as.integer == key->as.integer && stored->kind == VALUE_INT;
    return same_text(stored, key);
}

/* Position of a normalised key in d->entries, or NOT_FOUND. */
static size_t locate(const struct dict *d, const struct value *key)
{
    if (is_dense(d)) {
        bool inside = key->kind == VALUE_INT && (uint64_t)key->as.integer < d->used;
        return inside ? (size_t)key->as.integer : NOT_FOUND;
    }
    if (d->index == NULL) {
        for (size_t i = 0; i < d->used; i++) {
            if (same_key(&d->entries[i].key, key))
                return i;
        }
        return NOT_FOUND;
    }
    uint32_t hash = hash_of(d, key);
    size_t mask = d->index_mask;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        uint32_t slot = d->index[at];
        if (slot == 0)
            return NOT_FOUND;
        size_t i = hash_index_position(mask, slot);
        if (hash_index_fits(mask, hash, slot) && same_key(&d->entries[i].key, key))
            return i;
    }
}

/* ---- making --------------------------------------------------------------------------- */

struct dict *dict_new(struct state *st, size_t capacity)
{
    struct object *o = heap_object(st, sizeof(struct dict), VALUE_DICT, HEAP_DICT);
    if (o == NULL)
        return NULL;
    struct dict *d = (struct dict *)(void *)o;
    *d = (struct dict){.head = *o, .seed = seed_of(st)};
    d->head.reserved = DICT_DENSE;
    if (capacity > 0 && !dict_reserve(st, d, capacity)) {
        object_release(st, o);
        return NULL;
    }
    return d;
}

bool dict_make_empty(struct state *st, struct value *out)
{
    struct dict *d = dict_new(st, 0);
    if (d == NULL)
        return false;
    *out = dict_value(d);
    return true;
}

static size_t index_bytes(const struct dict *d)
{
    return d->index == NULL ? 0 : (d->index_mask + 1) * sizeof *d->index;
}

void dict_free_storage(struct state *st, struct dict *d)
{
    dict_order_drop(st, d);
    heap_free(st, d->index, index_bytes(d));
    heap_free(st, d->entries, d->capacity * sizeof *d->entries);
    heap_object_free(st, &d->head, sizeof *d);
}

struct dict *dict_copy(struct state *st, const struct dict *d)
{
    struct dict *copy = dict_new(st, 0);
    if (copy == NULL)
        return NULL;
    copy->head.reserved = d->head.reserved & DICT_DENSE;
    if (!dict_reserve(st, copy, d->len)) {
        object_release(st, &copy->head);
        return NULL;
    }
    for (size_t i = 0; i < d->used; i++) {
        const struct dict_entry *entry = &d->entries[i];
        if (entry->key.kind == VALUE_UNSET)
            continue;
        copy->entries[copy->used++] = *entry;
        value_retain(entry->key);
        value_retain(entry->value);
    }
    copy->len = copy->used;
    copy->string_keys = d->string_keys;
    /* The canonical order of the original holds for the copy when no entry moved. */
    if (d->len == d->used)
        dict_order_copy(st, copy, d);
    dict_reindex(copy);
    return copy;
}

bool dict_make_unique(struct state *st, struct value *slot)
{
    struct dict *d = DICT_OF(*slot);
    if (d->head.refs == 1)
        return true;
    struct dict *copy = dict_copy(st, d);
    if (copy == NULL)
        return false;
    heap_count_copy(st);
    value_set_take(st, slot, dict_value(copy));
    return true;
}

/* ---- room ----------------------------------------------------------------------------- */

/* Enters entries [from, used) into the index. */
static void index_entries(struct dict *d, size_t from)
{
    for (size_t i = from; i < d->used; i++) {
        if (d->entries[i].key.kind == VALUE_UNSET)
            continue;
        hash_index_put(d->index, d->index_mask, hash_of(d, &d->entries[i].key), i);
    }
}

void dict_reindex(struct dict *d)
{
    if (d->index == NULL)
        return;
    memset(d->index, 0, index_bytes(d));
    index_entries(d, 0);
}

/* Moves live entries to the front. */
static void compact(struct state *st, struct dict *d)
{
    size_t to = 0;
    dict_order_drop(st, d);
    for (size_t i = 0; i < d->used; i++) {
        if (d->entries[i].key.kind != VALUE_UNSET)
            d->entries[to++] = d->entries[i];
    }
    d->used = to;
    dict_reindex(d);
}

/* Slots of the index for that many entries: filled at most to two thirds. */
static size_t index_slots(size_t capacity)
{
    size_t slots = SIZE_OR_TINY(16, 2);
    while (slots * 2 < capacity * 3)
        slots *= 2;
    return slots;
}

bool dict_reserve(struct state *st, struct dict *d, size_t capacity)
{
    if (capacity <= d->capacity)
        return true;
    if (capacity > DICT_MAX_ENTRIES)
        return error_out_of_memory(st);
    uint32_t *index = NULL;
    size_t slots = 0;
    if (capacity > DICT_LINEAR_MAX && !is_dense(d)) {
        slots = index_slots(capacity);
        if (d->index == NULL || slots > d->index_mask + 1) {
            index = heap_alloc(st, slots * sizeof *index, HEAP_DICT_GROW);
            if (index == NULL)
                return false;
        }
    }
    struct dict_entry *entries = heap_realloc(
        st, d->entries, d->capacity * sizeof *entries, capacity * sizeof *entries,
        d->entries == NULL ? HEAP_DICT : HEAP_DICT_GROW);
    if (entries == NULL) {
        heap_free(st, index, slots * sizeof *index);
        return false;
    }
    d->entries = entries;
    d->capacity = capacity;
    if (index != NULL) {
        heap_free(st, d->index, index_bytes(d));
        d->index = index;
        d->index_mask = slots - 1;
        dict_reindex(d);
    }
    return true;
}

/* Gives a dense dict the index it will need when its keys are no longer its positions. */
static bool end_density(struct state *st, struct dict *d)
{
    if (d->capacity > DICT_LINEAR_MAX) {
        size_t slots = index_slots(d->capacity);
        uint32_t *index = heap_alloc(st, slots * sizeof *index, HEAP_DICT_GROW);
        if (index == NULL)
            return false;
        d->index = index;
        d->index_mask = slots - 1;
        dict_reindex(d);
    }
    d->head.reserved &= (uint16_t)~DICT_DENSE;
    return true;
}

/* Room for one more entry in a unique dict. */
static bool make_room(struct state *st, struct dict *d)
{
    if (d->used < d->capacity)
        return true;
    /* Many holes: the same memory does for twice the live entries. */
    if (d->used - d->len > d->capacity / 4) {
        compact(st, d);
        return true;
    }
    size_t wanted =
        d->capacity < DICT_MIN_CAPACITY ? DICT_MIN_CAPACITY : 2 * d->capacity;
    if (wanted > DICT_MAX_ENTRIES && d->capacity < DICT_MAX_ENTRIES)
        wanted = DICT_MAX_ENTRIES;
    return dict_reserve(st, d, wanted);
}

/* ---- reading -------------------------------------------------------------------------- */

struct value *dict_find_int(const struct dict *d, int64_t key)
{
    struct value normal = value_int(key);
    size_t at = locate(d, &normal);
    return at == NOT_FOUND ? NULL : &d->entries[at].value;
}

struct value *dict_find_string(struct state *st, const struct dict *d,
                               struct string *key)
{
    struct value normal = normalise(st, string_value(key));
    size_t at = locate(d, &normal);
    return at == NOT_FOUND ? NULL : &d->entries[at].value;
}

struct value *dict_find_stored(const struct dict *d, const struct value *key)
{
    size_t at = locate(d, key);
    return at == NOT_FOUND ? NULL : &d->entries[at].value;
}

/* ---- changing ------------------------------------------------------------------------- */

/* Appends a normalised key that is absent; the dict is unique. v is taken on success. */
static bool append_entry(struct state *st, struct dict *d, struct value key,
                         struct value v)
{
    if (is_dense(d) && !(key.kind == VALUE_INT && key.as.integer == (int64_t)d->used) &&
        !end_density(st, d))
        return false;
    if (!make_room(st, d))
        return false;
    size_t i = d->used++;
    d->len++;
    d->entries[i] = (struct dict_entry){.key = value_retain(key), .value = v};
    if (key.kind == VALUE_STRING)
        d->string_keys++;
    if (d->index != NULL)
        index_entries(d, i);
    return true;
}

bool dict_set_take(struct state *st, struct value *slot, struct value key,
                   struct value v)
{
    struct value normal = normalise(st, key);
    if (!dict_make_unique(st, slot)) {
        value_release(st, v);
        return false;
    }
    struct dict *d = DICT_OF(*slot);
    size_t at = locate(d, &normal);
    if (at != NOT_FOUND) {
        value_set_take(st, &d->entries[at].value, v);
        return true;
    }
    if (!append_entry(st, d, normal, v)) {
        value_release(st, v);
        return false;
    }
    return true;
}

bool dict_set_text_take(struct state *st, struct value *slot, const char *key,
                        struct value v)
{
    struct value name;
    if (!string_make_text(st, key, &name)) {
        value_release(st, v);
        return false;
    }
    bool done = dict_set_take(st, slot, name, v);
    value_release(st, name);
    return done;
}

struct value *dict_slot(struct state *st, struct value *slot, struct value key,
                        bool *failed)
{
    struct value normal = normalise(st, key);
    *failed = false;
    size_t at = locate(DICT_OF(*slot), &normal);
    if (at == NOT_FOUND)
        return NULL;
    if (DICT_OF(*slot)->head.refs != 1) {
        /* The copy may lie closer together. */
        if (!dict_make_unique(st, slot)) {
            *failed = true;
            return NULL;
        }
        at = locate(DICT_OF(*slot), &normal);
    }
    return &DICT_OF(*slot)->entries[at].value;
}

/* Takes position `at` out of the index; what was displaced by it moves up. */
static void unindex(struct dict *d, size_t at)
{
    size_t mask = d->index_mask;
    size_t hole = hash_index_find(d->index, mask, hash_of(d, &d->entries[at].key), at);
    for (size_t next = (hole + 1) & mask; d->index[next] != 0;
         next = (next + 1) & mask) {
        size_t i = hash_index_position(mask, d->index[next]);
        size_t home = hash_of(d, &d->entries[i].key) & mask;
        if (hash_index_moves(mask, home, hole, next)) {
            d->index[hole] = d->index[next];
            hole = next;
        }
    }
    d->index[hole] = 0;
}

bool dict_remove(struct state *st, struct value *slot, struct value key, bool *found,
                 struct value *removed)
{
    struct value normal = normalise(st, key);
    if (locate(DICT_OF(*slot), &normal) == NOT_FOUND) {
        *found = false;
        return true;
    }
    if (!dict_make_unique(st, slot))
        return false;
    struct dict *d = DICT_OF(*slot);
    size_t at = locate(d, &normal);
    if (is_dense(d) && (at + 1 != d->used || at < d->order_used) && !end_density(st, d))
        return false;
    struct dict_entry entry = d->entries[at];
    if (d->index != NULL)
        unindex(d, at);
    if (entry.key.kind == VALUE_STRING)
        d->string_keys--;
    d->entries[at].key = value_unset();
    d->entries[at].value = value_null();
    d->len--;
    dict_order_removed(st, d, at);
    /* A position in the kept order must not name another entry later. */
    if (at + 1 == d->used && at >= d->order_used)
        d->used--;
    *found = true;
    *removed = entry.value;
    value_release(st, entry.key);
    return true;
}

bool dict_merge(struct state *st, struct value *slot, const struct dict *b)
{
    if (b->len == 0 || DICT_OF(*slot) == b)
        return true;
    if (!dict_make_unique(st, slot))
        return false;
    struct dict *d = DICT_OF(*slot);
    for (size_t i = 0; i < b->used; i++) {
        const struct dict_entry *entry = &b->entries[i];
        if (entry->key.kind == VALUE_UNSET)
            continue;
        size_t at = locate(d, &entry->key);
        struct value v = value_retain(entry->value);
        if (at != NOT_FOUND) {
            value_set_take(st, &d->entries[at].value, v);
        } else if (!append_entry(st, d, entry->key, v)) {
            value_release(st, v);
            return false;
        }
    }
    return true;
}

/* ---- keys ----------------------------------------------------------------------------- */

bool dict_key_string(struct state *st, struct value key, struct value *out)
{
    if (key.kind == VALUE_STRING) {
        key.unused = 0;
        *out = value_retain(key);
        return true;
    }
    struct string *s = string_from_int(st, key.as.integer);
    if (s == NULL)
        return false;
    *out = string_value(s);
    return true;
}

const char *dict_key_text(struct value key, char buf[24], size_t *len)
{
    if (key.kind == VALUE_STRING) {
        *len = STRING_OF(key)->len;
        return STRING_OF(key)->data;
    }
    return string_int_text(key.as.integer, buf, len);
}
