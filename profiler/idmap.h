#ifndef RUFFPROF_IDMAP_H
#define RUFFPROF_IDMAP_H

/*
 * Small tables for readers of profiles: a hash map from a pair of 64-bit numbers to a
 * dense 32-bit index, and a list of interned texts. Ids in files are the writer's (and a
 * hostile writer's may be anything); everything behind the reader uses dense indexes.
 * Hashing is keyed with a per-process secret, so no file can choose its collisions;
 * nothing iterates the tables, so results never depend on it. One thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IDMAP_NONE UINT32_MAX

struct idmap_slot {
    uint64_t a, b;
    uint32_t value; /* IDMAP_NONE = free */
};

struct idmap {
    /* private part */
    struct idmap_slot *slots;
    size_t room, used; /* room is a power of two or 0 */
    uint64_t secret;
};

/* `{0}` is an empty map too. */
void idmap_init(struct idmap *map);
void idmap_done(struct idmap *map);

/* The index stored for (a, b), or IDMAP_NONE. */
uint32_t idmap_get(const struct idmap *map, uint64_t a, uint64_t b);

/* Stores `value` (not IDMAP_NONE) unless (a, b) is there already; gives the stored value.
 * IDMAP_NONE when memory is short. */
uint32_t idmap_put(struct idmap *map, uint64_t a, uint64_t b, uint32_t value);

/* Texts with dense indexes from 0 on. Index 0 is always "". */
struct names {
    /* private part */
    char *bytes; /* owned; terminated texts one after the other */
    size_t used, room;
    size_t *starts; /* owned; `count` of them */
    uint32_t count;
    size_t starts_room;
    struct idmap index; /* hash of a text → first index of that hash */
    uint32_t *next;     /* owned; chains texts of one hash */
};

bool idmap_names_init(struct names *names);
void idmap_names_done(struct names *names);

/* The index of this text, added when new. NUL bytes inside become blanks. IDMAP_NONE when
 * memory is short. */
uint32_t idmap_names_put(struct names *names, const char *bytes, size_t count);

/* The text of an index; valid until the next `idmap_names_put`. Out of range: "". */
const char *idmap_names_get(const struct names *names, uint32_t index);

/* Grows `*array` so that it holds `count` + 1 elements of `size` bytes; `*room` is in
 * elements. False when memory is short (the array is then unchanged). */
bool idmap_grow(void **array, size_t *room, size_t count, size_t size);

#endif
