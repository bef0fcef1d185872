/*
 * dict.h - maps from text to values in one canonical order.
 *
 * Keys are strings to programs. A key that is a canonical int64 decimal (`0`, `-7`, `42`) is
 * kept as VALUE_INT, so `d[1]` and `d["1"]` are one entry; all functions normalise the keys
 * they are given. Entries stand in insertion order with a hash index beside them; what
 * programs see is the canonical order (language.md 4.1), made on demand and kept: a walk
 * after k insertions costs O(n + k log k).
 *
 * Value semantics and failure as in array.h: changing functions take the owning slot.
 * String keys carry their hash in value.unused. While the keys are 0, 1, 2 ... in order of
 * insertion, position and key agree and there is no index (a *dense* dict).
 */
#ifndef RUFF_CORE_DICT_H
#define RUFF_CORE_DICT_H

#include "core/object.h"
#include "core/state.h"
#include "core/string.h"

/* Positions are 32 bits wide in the index. */
#define DICT_MAX_ENTRIES ((size_t)UINT32_MAX - 1)

/* An empty dict with room for `capacity` entries; owned. NULL with an error set. */
struct dict *dict_new(struct state *st, size_t capacity);
bool dict_make_empty(struct state *st, struct value *out);

static inline struct value dict_value(struct dict *d)
{
    return (struct value){.as.object = &d->head, .kind = VALUE_DICT};
}

/* True when `key` may be used as a key: string or int. */
static inline bool dict_is_key(struct value key)
{
    return key.kind == VALUE_STRING || key.kind == VALUE_INT;
}
/* The value under a key, borrowed until the dict changes; NULL when absent. Never fails. */
struct value *dict_find_int(const struct dict *d, int64_t key);
struct value *dict_find_string(struct state *st, const struct dict *d,
                               struct string *key);
static inline struct value *dict_find(struct state *st, const struct dict *d,
                                      struct value key)
{
    if (key.kind == VALUE_INT)
        return dict_find_int(d, key.as.integer);
    return dict_find_string(st, d, (struct string *)(void *)key.as.object);
}

/* The value under the key of another dict's entry, NULL when absent. */
struct value *dict_find_stored(const struct dict *d, const struct value *key);

/* Makes *slot (a dict) the only owner of its storage, copying when shared. */
bool dict_make_unique(struct state *st, struct value *slot);
/* Stores key: v; key (string or int) is borrowed, v taken. */
bool dict_set_take(struct state *st, struct value *slot, struct value key,
                   struct value v);
/* The same for a C text. */
bool dict_set_text_take(struct state *st, struct value *slot, const char *key,
                        struct value v);
/* The slot of an existing entry for a store through a path; makes unique. NULL without an
   error when the key is absent; *failed tells the error case apart. */
struct value *dict_slot(struct state *st, struct value *slot, struct value key,
                        bool *failed);
/* Takes an entry out: *found, and if so *removed is owned. An absent key copies nothing. */
bool dict_remove(struct state *st, struct value *slot, struct value key, bool *found,
                 struct value *removed);
/* Stores all entries of `b` (later ones win). */
bool dict_merge(struct state *st, struct value *slot, const struct dict *b);
struct dict *dict_copy(struct state *st, const struct dict *d);

/*
 * Positions into d->entries in canonical order, d->len of them, all live; borrowed until the
 * dict changes. NULL with an error set when memory is out; for an empty dict a pointer that
 * must not be read. Does not count as a change: shared dicts may be walked.
 */
const uint32_t *dict_sorted(struct state *st, struct dict *d);
/* The same in byte order of the keys' text (to_json); the caller frees it with
   dict_positions_free. */
uint32_t *dict_sorted_bytes(struct state *st, const struct dict *d);
void dict_positions_free(struct state *st, uint32_t *positions, const struct dict *d);

/* Entry as the program sees it: the key as a string value, owned. */
bool dict_key_string(struct state *st, struct value key, struct value *out);
/* Text of a key for printing: points into the key or into buf. */
const char *dict_key_text(struct value key, char buf[24], size_t *len);

/* Frees the storage; children were released (object_free). */
void dict_free_storage(struct state *st, struct dict *d);

#endif
