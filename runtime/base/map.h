/*
 * A hash map from bytes to a pointer or a 64-bit number, for the tools and the front end:
 * names, paths, interned strings. The dicts of the language are core/dict.
 *
 * Walks are in the order of insertion, so output made from a map is the same in every run.
 * Keys are copied or borrowed, as chosen at init; values are never touched. Belongs to one
 * thread at a time.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

enum map_keys {
    MAP_COPY_KEYS,   /* the map copies each key and frees it */
    MAP_BORROW_KEYS, /* the caller keeps the key's bytes alive as long as the entry */
};

struct map_entry; /* private */

/* Private part. Owns entries, slots and, with MAP_COPY_KEYS, the keys. */
struct map {
    struct map_entry *entries; /* in order of insertion; removed ones have a NULL key */
    uint32_t *slots; /* open addressing; 0 = empty, else index of the entry + 1 */
    size_t used;     /* entries, removed ones included */
    size_t live;     /* entries without the removed ones */
    size_t entry_cap;
    size_t slot_count; /* a power of two, or 0 before the first put */
    struct hash_key key;
    enum map_keys keys;
};

/* An empty map; takes no memory. The hash key is the process's; see map_init_seeded. */
void map_init(struct map *map, enum map_keys keys);

/* The same with a fixed hash key, for tests of collisions. */
void map_init_seeded(struct map *map, enum map_keys keys, struct hash_key key);

/* Frees the map (not what the values point to). Harmless on an empty one. */
void map_done(struct map *map);

/* Makes room for `count` keys at once. False without memory, the map unchanged. */
bool map_reserve(struct map *map, size_t count);

/* Adds or replaces. False without memory, the map unchanged. */
bool map_put(struct map *map, const char *key, size_t n, void *value);
bool map_put_u64(struct map *map, const char *key, size_t n, uint64_t value);

/* The value of the key; NULL when absent (or stored as NULL: see map_has). */
void *map_get(const struct map *map, const char *key, size_t n);

/* True and *value when the key is there; false, *value untouched, when not. */
bool map_get_u64(const struct map *map, const char *key, size_t n, uint64_t *value);

bool map_has(const struct map *map, const char *key, size_t n);

/* Removes the key; false when it was not there. */
bool map_remove(struct map *map, const char *key, size_t n);

/* Number of keys. */
size_t map_count(const struct map *map);

/* What a walk shows. `key` is valid until the entry goes, and has a NUL behind it with
   MAP_COPY_KEYS. */
struct map_item {
    const char *key;
    size_t key_len;
    void *value;
    uint64_t value_u64;
};

/* A walk in the order of insertion: start with *cursor = 0; false at the end. Removing
   the current key during a walk is allowed, adding is not. */
bool map_next(const struct map *map, size_t *cursor, struct map_item *item);

#endif
