/*
 * hash_index.h - the open-addressing index of dicts and sets. Private to dict.c and
 * collection.c.
 *
 * A slot is 0 (empty) or names a position. An index of 2^k slots holds positions below
 * 2^k - 1, so k bits of a slot name the position and the upper 32 - k repeat those of the
 * hash: a search looks at an entry, which is seldom in the cache, only when they agree.
 */
#ifndef RUFF_CORE_HASH_INDEX_H
#define RUFF_CORE_HASH_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline uint32_t hash_index_slot(size_t mask, uint32_t hash, size_t position)
{
    return (hash & ~(uint32_t)mask) | (uint32_t)(position + 1);
}
/* May the slot, which is not empty, stand for something of this hash? */
static inline bool hash_index_fits(size_t mask, uint32_t hash, uint32_t slot)
{
    return ((slot ^ hash) & ~(uint32_t)mask) == 0;
}
static inline size_t hash_index_position(size_t mask, uint32_t slot)
{
    return (size_t)(slot & (uint32_t)mask) - 1;
}
/* Enters a position; there is a free slot. */
static inline void hash_index_put(uint32_t *index, size_t mask, uint32_t hash,
                                  size_t position)
{
    size_t at = hash & mask;
    while (index[at] != 0)
        at = (at + 1) & mask;
    index[at] = hash_index_slot(mask, hash, position);
}
/* Where the position, which is in the index, stands. */
static inline size_t hash_index_find(const uint32_t *index, size_t mask, uint32_t hash,
                                     size_t position)
{
    uint32_t slot = hash_index_slot(mask, hash, position);
    size_t at = hash & mask;
    while (index[at] != slot)
        at = (at + 1) & mask;
    return at;
}
/* True when what stands at `next` and belongs at `home` may move up to `hole`. */
static inline bool hash_index_moves(size_t mask, size_t home, size_t hole, size_t next)
{
    return ((next - home) & mask) >= ((next - hole) & mask);
}

#endif
