#include "config.h"

#include "idmap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/sizing.h"

enum {
    FIRST_ROOM = SIZE_OR_TINY(16, 1),
    FIRST_NAME_BYTES = SIZE_OR_TINY(4096, 1),
};

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t hash_pair(const struct idmap *map, uint64_t a, uint64_t b)
{
    return mix(mix(a ^ map->secret) + b + 0x9e3779b97f4a7c15u);
}

void idmap_init(struct idmap *map)
{
    memset(map, 0, sizeof *map);
    const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);
    if (random != NULL) {
        memcpy(&map->secret, random, sizeof map->secret);
    }
}

void idmap_done(struct idmap *map)
{
    free(map->slots);
    memset(map, 0, sizeof *map);
}

static struct idmap_slot *find(const struct idmap *map, uint64_t a, uint64_t b)
{
    size_t at = (size_t)hash_pair(map, a, b) & (map->room - 1);
    while (map->slots[at].value != IDMAP_NONE &&
           (map->slots[at].a != a || map->slots[at].b != b)) {
        at = (at + 1) & (map->room - 1);
    }
    return &map->slots[at];
}

uint32_t idmap_get(const struct idmap *map, uint64_t a, uint64_t b)
{
    return map->room == 0 ? IDMAP_NONE : find(map, a, b)->value;
}

static bool enlarge(struct idmap *map)
{
    struct idmap bigger = {.room = map->room == 0 ? SIZE_OR_TINY(64, 2) : map->room * 2,
                           .used = map->used,
                           .secret = map->secret};
    bigger.slots = malloc(bigger.room * sizeof *bigger.slots);
    if (bigger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < bigger.room; i++) {
        bigger.slots[i] = (struct idmap_slot){.value = IDMAP_NONE};
    }
    for (size_t i = 0; i < map->room; i++) {
        if (map->slots[i].value != IDMAP_NONE) {
            *find(&bigger, map->slots[i].a, map->slots[i].b) = map->slots[i];
        }
    }
    free(map->slots);
    *map = bigger;
    return true;
}

uint32_t idmap_put(struct idmap *map, uint64_t a, uint64_t b, uint32_t value)
{
    if ((map->used + 1) * 3 > map->room * 2 && !enlarge(map)) {
        return IDMAP_NONE;
    }
    struct idmap_slot *slot = find(map, a, b);
    if (slot->value == IDMAP_NONE) {
        *slot = (struct idmap_slot){.a = a, .b = b, .value = value};
        map->used++;
    }
    return slot->value;
}

bool idmap_grow(void **array, size_t *room, size_t count, size_t size)
{
    if (count < *room) {
        return true;
    }
    size_t bigger = *room < FIRST_ROOM ? FIRST_ROOM : *room * 2;
    if (bigger <= count) {
        bigger = count + 1;
    }
    if (bigger > SIZE_MAX / 2 / size) {
        return false;
    }
    void *moved = realloc(*array, bigger * size);
    if (moved == NULL) {
        return false;
    }
    *array = moved;
    *room = bigger;
    return true;
}

/* -- Texts ---------------------------------------------------------------- */

bool idmap_names_init(struct names *names)
{
    memset(names, 0, sizeof *names);
    idmap_init(&names->index);
    if (idmap_names_put(names, "", 0) != 0) {
        idmap_names_done(names);
        return false;
    }
    return true;
}

void idmap_names_done(struct names *names)
{
    free(names->bytes);
    free(names->starts);
    free(names->next);
    idmap_done(&names->index);
    memset(names, 0, sizeof *names);
}

const char *idmap_names_get(const struct names *names, uint32_t index)
{
    return index < names->count ? names->bytes + names->starts[index] : "";
}

static uint64_t hash_text(const struct names *names, const char *bytes, size_t count)
{
    uint64_t hash = mix(names->index.secret ^ count);
    while (count > 0) {
        uint64_t part = 0;
        size_t n = count < 8 ? count : 8;
        for (size_t i = 0; i < n; i++) {
            uint8_t c = (uint8_t)(bytes[i] == '\0' ? ' ' : bytes[i]);
            part |= (uint64_t)c << (8 * i);
        }
        hash = mix(hash ^ part) + names->index.secret;
        bytes += n;
        count -= n;
    }
    return mix(hash);
}

/* Equal to a stored text, NUL bytes taken as the blanks they were stored as. */
static bool same_text(const char *stored, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char c = bytes[i] == '\0' ? ' ' : bytes[i];
        if (stored[i] != c) {
            return false;
        }
    }
    return stored[count] == '\0';
}

static bool make_room(struct names *names, size_t bytes)
{
    if (bytes > names->room - names->used) {
        size_t room =
            names->room < FIRST_NAME_BYTES ? FIRST_NAME_BYTES : names->room * 2;
        while (room - names->used < bytes) {
            room *= 2;
        }
        char *moved = realloc(names->bytes, room);
        if (moved == NULL) {
            return false;
        }
        names->bytes = moved;
        names->room = room;
    }
    if (names->count < names->starts_room) {
        return true;
    }
    size_t bigger =
        names->starts_room < FIRST_ROOM ? FIRST_ROOM : names->starts_room * 2;
    size_t *starts = realloc(names->starts, bigger * sizeof *starts);
    if (starts == NULL) {
        return false;
    }
    names->starts = starts;
    uint32_t *next = realloc(names->next, bigger * sizeof *next);
    if (next == NULL) {
        return false;
    }
    names->next = next;
    names->starts_room = bigger;
    return true;
}

uint32_t idmap_names_put(struct names *names, const char *bytes, size_t count)
{
    uint64_t hash = hash_text(names, bytes, count);
    uint32_t first = idmap_get(&names->index, hash, 0);
    for (uint32_t i = first; i != IDMAP_NONE; i = names->next[i]) {
        if (same_text(names->bytes + names->starts[i], bytes, count)) {
            return i;
        }
    }
    if (names->count >= IDMAP_NONE - 1 || !make_room(names, count + 1)) {
        return IDMAP_NONE;
    }
    uint32_t index = names->count;
    if (first == IDMAP_NONE) {
        if (idmap_put(&names->index, hash, 0, index) == IDMAP_NONE) {
            return IDMAP_NONE;
        }
        names->next[index] = IDMAP_NONE;
    } else {
        names->next[index] = names->next[first];
        names->next[first] = index;
    }
    names->starts[index] = names->used;
    for (size_t i = 0; i < count; i++) {
        names->bytes[names->used + i] = bytes[i] == '\0' ? ' ' : bytes[i];
    }
    names->bytes[names->used + count] = '\0';
    names->used += count + 1;
    names->count++;
    return index;
}
