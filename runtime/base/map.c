#include "config.h"

#include "base/map.h"

#include <string.h>

#include "base/mem.h"

struct map_entry {
    const char *key; /* NULL when removed */
    size_t key_len;
    uint64_t hash;
    uint64_t value;
};

/* Slots hold 32-bit numbers; 0 is taken by "empty". */
#define MAX_ENTRIES ((size_t)UINT32_MAX - 1)

static bool find(const struct map *map, const char *key, size_t n, uint64_t hash,
                 size_t *index);
static bool make_room(struct map *map);
static bool rebuild(struct map *map, size_t entry_cap);
static void place(struct map *map, size_t index);
static void release_key(const struct map *map, const char *key);

void map_init(struct map *map, enum map_keys keys)
{
    map_init_seeded(map, keys, hash_key_process());
}

void map_init_seeded(struct map *map, enum map_keys keys, struct hash_key key)
{
    *map = (struct map){.key = key, .keys = keys};
}

void map_done(struct map *map)
{
    for (size_t i = 0; i < map->used; i++)
        release_key(map, map->entries[i].key);
    mem_free(map->entries);
    mem_free(map->slots);
    map_init_seeded(map, map->keys, map->key);
}

bool map_reserve(struct map *map, size_t count)
{
    return count <= map->entry_cap ||
           (count < MAX_ENTRIES && rebuild(map, mem_grow(0, count)));
}

bool map_put(struct map *map, const char *key, size_t n, void *value)
{
    return map_put_u64(map, key, n, (uint64_t)(uintptr_t)value);
}

bool map_put_u64(struct map *map, const char *key, size_t n, uint64_t value)
{
    uint64_t hash = hash_bytes(&map->key, key, n);
    size_t index;
    if (find(map, key, n, hash, &index)) {
        map->entries[index].value = value;
        return true;
    }
    if (!make_room(map))
        return false;
    const char *stored = key;
    if (map->keys == MAP_COPY_KEYS) {
        stored = mem_strndup(key, n);
        if (stored == NULL)
            return false;
    } else if (key == NULL) {
        stored = ""; /* NULL marks removed entries */
    }
    map->entries[map->used] = (struct map_entry){stored, n, hash, value};
    place(map, map->used);
    map->used++;
    map->live++;
    return true;
}

void *map_get(const struct map *map, const char *key, size_t n)
{
    uint64_t value;
    return map_get_u64(map, key, n, &value) ? (void *)(uintptr_t)value : NULL;
}

bool map_get_u64(const struct map *map, const char *key, size_t n, uint64_t *value)
{
    size_t index;
    if (!find(map, key, n, hash_bytes(&map->key, key, n), &index))
        return false;
    *value = map->entries[index].value;
    return true;
}

bool map_has(const struct map *map, const char *key, size_t n)
{
    size_t index;
    return find(map, key, n, hash_bytes(&map->key, key, n), &index);
}

bool map_remove(struct map *map, const char *key, size_t n)
{
    size_t index;
    if (!find(map, key, n, hash_bytes(&map->key, key, n), &index))
        return false;
    /* The slot stays: it keeps later keys of the chain reachable until a rebuild. */
    release_key(map, map->entries[index].key);
    map->entries[index].key = NULL;
    map->live--;
    return true;
}

size_t map_count(const struct map *map)
{
    return map->live;
}

bool map_next(const struct map *map, size_t *cursor, struct map_item *item)
{
    while (*cursor < map->used) {
        const struct map_entry *entry = &map->entries[(*cursor)++];
        if (entry->key == NULL)
            continue;
        *item = (struct map_item){
            .key = entry->key,
            .key_len = entry->key_len,
            .value = (void *)(uintptr_t)entry->value,
            .value_u64 = entry->value,
        };
        return true;
    }
    return false;
}

/* ---- the table ---------------------------------------------------------------- */

static bool find(const struct map *map, const char *key, size_t n, uint64_t hash,
                 size_t *index)
{
    if (map->slot_count == 0)
        return false;
    size_t mask = map->slot_count - 1;
    for (size_t slot = (size_t)hash & mask; map->slots[slot] != 0;
         slot = (slot + 1) & mask) {
        size_t at = map->slots[slot] - 1;
        const struct map_entry *entry = &map->entries[at];
        if (entry->key != NULL && entry->hash == hash && entry->key_len == n &&
            (n == 0 || memcmp(entry->key, key, n) == 0)) {
            *index = at;
            return true;
        }
    }
    return false;
}

/* The table is rebuilt when the entries are full: larger, or at the same size when half of
   them were removed. */
static bool make_room(struct map *map)
{
    if (map->used < map->entry_cap)
        return true;
    if (map->live >= MAX_ENTRIES)
        return false;
    bool many_removed = map->used > 8 && map->live < map->used / 2;
    return rebuild(map, many_removed ? map->entry_cap : mem_grow(0, map->used + 1));
}

/* Half of the slots at most are taken; entry_cap is a power of two from mem_grow. */
static bool rebuild(struct map *map, size_t entry_cap)
{
    size_t slot_count = entry_cap * 2;
    struct map_entry *entries = mem_alloc_zero(entry_cap, sizeof *entries);
    uint32_t *slots = mem_alloc_zero(slot_count, sizeof *slots);
    if (entries == NULL || slots == NULL) {
        mem_free(entries);
        mem_free(slots);
        return false;
    }
    size_t live = 0;
    for (size_t i = 0; i < map->used; i++) {
        if (map->entries[i].key != NULL)
            entries[live++] = map->entries[i];
    }
    mem_free(map->entries);
    mem_free(map->slots);
    map->entries = entries;
    map->slots = slots;
    map->entry_cap = entry_cap;
    map->slot_count = slot_count;
    map->used = live;
    for (size_t i = 0; i < live; i++)
        place(map, i);
    return true;
}

static void place(struct map *map, size_t index)
{
    size_t mask = map->slot_count - 1;
    size_t slot = (size_t)map->entries[index].hash & mask;
    while (map->slots[slot] != 0)
        slot = (slot + 1) & mask;
    map->slots[slot] = (uint32_t)(index + 1);
}

static void release_key(const struct map *map, const char *key)
{
    if (map->keys == MAP_COPY_KEYS && key != NULL) {
        /* The map made this copy itself; const is for the readers. */
        mem_free((void *)(uintptr_t)key);
    }
}
