#include "config.h"

#include "base/arena.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/sizing.h"

struct arena_block {
    _Alignas(ARENA_ALIGN) struct arena_block *older;
    size_t bytes; /* of the payload behind this header */
};

/* Small enough that a tiny module costs little, large enough that malloc is rare. */
enum {
    FIRST_BLOCK_BYTES = SIZE_OR_TINY(4096 - sizeof(struct arena_block), 32),
    LAST_BLOCK_BYTES = SIZE_OR_TINY(1 << 20, 64),
    /* Memory of the caller's that is used; tiny: the rest is left alone. */
    GIVEN_BYTES_MAX = SIZE_OR_TINY(INT_MAX, 64),
};

static void *alloc_in_new_block(struct arena *arena, size_t bytes);
static char *payload(struct arena_block *block);

void arena_init(struct arena *arena)
{
    *arena = (struct arena){.blocks = NULL};
}

void arena_init_on(struct arena *arena, void *memory, size_t bytes)
{
    arena_init(arena);
#ifdef RUFF_PLAIN_MALLOC
    (void)memory;
    (void)bytes;
#else
    arena->next = memory;
    arena->limit = arena->next + (bytes < GIVEN_BYTES_MAX ? bytes : GIVEN_BYTES_MAX);
#endif
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    if (bytes > PTRDIFF_MAX)
        return NULL;
    size_t padded = (bytes + (ARENA_ALIGN - 1)) & ~(size_t)(ARENA_ALIGN - 1);
    if (padded == 0)
        padded = ARENA_ALIGN;
#ifdef RUFF_PLAIN_MALLOC
    return alloc_in_new_block(arena, bytes == 0 ? 1 : bytes);
#else
    if (padded > (size_t)(arena->limit - arena->next))
        return alloc_in_new_block(arena, padded);
    void *piece = arena->next;
    arena->next += padded;
    arena->used_bytes += padded;
    return piece;
#endif
}

void *arena_alloc_zero(struct arena *arena, size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total))
        return NULL;
    void *piece = arena_alloc(arena, total);
    if (piece != NULL)
        memset(piece, 0, total);
    return piece;
}

char *arena_strdup(struct arena *arena, const char *bytes, size_t n)
{
    char *copy = n < PTRDIFF_MAX ? arena_alloc(arena, n + 1) : NULL;
    if (copy == NULL)
        return NULL;
    if (n > 0)
        memcpy(copy, bytes, n);
    copy[n] = '\0';
    return copy;
}

void *arena_memdup(struct arena *arena, const void *data, size_t bytes)
{
    void *copy = arena_alloc(arena, bytes);
    if (copy != NULL && bytes > 0)
        memcpy(copy, data, bytes);
    return copy;
}

void *arena_grow(struct arena *arena, const void *data, size_t bytes, size_t grown)
{
    void *piece = arena_alloc(arena, grown);
    if (piece != NULL && bytes > 0)
        memcpy(piece, data, bytes);
    return piece;
}

size_t arena_used_bytes(const struct arena *arena)
{
    return arena->used_bytes;
}

void arena_clear(struct arena *arena)
{
    struct arena_block *kept = arena->blocks;
    if (kept == NULL) {
        arena_init(arena);
        return;
    }
    while (kept->older != NULL) {
        struct arena_block *older = kept->older;
        kept->older = older->older;
        mem_free(older);
    }
#ifdef RUFF_PLAIN_MALLOC
    arena_done(arena);
#else
    arena->next = payload(kept);
    arena->limit = arena->next + kept->bytes;
    arena->used_bytes = 0;
#endif
}

void arena_done(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *older = arena->blocks->older;
        mem_free(arena->blocks);
        arena->blocks = older;
    }
    arena_init(arena);
}

/* ---- blocks ------------------------------------------------------------------- */

/* A piece larger than a block gets one of its own size; the rest of the block before it
   is given up, which costs at most half of what is used. */
static void *alloc_in_new_block(struct arena *arena, size_t bytes)
{
    size_t block_bytes = bytes;
#ifndef RUFF_PLAIN_MALLOC
    size_t usual = arena->blocks == NULL ? FIRST_BLOCK_BYTES : arena->blocks->bytes * 2;
    if (usual > LAST_BLOCK_BYTES)
        usual = LAST_BLOCK_BYTES;
    if (usual > block_bytes)
        block_bytes = usual;
#endif
    struct arena_block *block = mem_alloc(sizeof *block + block_bytes);
    if (block == NULL)
        return NULL;
    block->older = arena->blocks;
    block->bytes = block_bytes;
    arena->blocks = block;
    arena->next = payload(block) + bytes;
    arena->limit = payload(block) + block_bytes;
    arena->used_bytes += bytes;
    return payload(block);
}

static char *payload(struct arena_block *block)
{
    return (char *)(block + 1);
}
