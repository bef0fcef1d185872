/*
 * A bump allocator: many small pieces, freed together. For trees, tables and names whose
 * life ends at one moment; not for what grows or is freed alone.
 *
 * An arena belongs to one thread at a time. In sanitizer builds every piece is a block of
 * its own, so that ASan sees a step over its end.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

/* Private part: read nothing here but through the functions. Owns all blocks. */
struct arena {
    struct arena_block *blocks; /* newest first */
    char *next;                 /* first free byte of the newest block */
    char *limit;                /* end of the newest block */
    size_t used_bytes;          /* handed out, padding included */
};

/* What a piece is aligned to: enough for any type and for 16-byte values. */
enum {
    ARENA_ALIGN = 16
};

/* An empty arena; takes no memory until the first piece. Cannot fail. */
void arena_init(struct arena *arena);

/* The same, with memory of the caller's for the first pieces: `bytes` at `memory`, aligned to
   ARENA_ALIGN, that live as long as the arena. Sanitizer builds do without it. */
void arena_init_on(struct arena *arena, void *memory, size_t bytes);

/* `bytes` uninitialised bytes, aligned to ARENA_ALIGN, valid until arena_clear or
   arena_done. 0 bytes give a valid unique pointer. NULL without memory; the arena stays
   usable. */
void *arena_alloc(struct arena *arena, size_t bytes);

/* count * bytes zeroed bytes; NULL on overflow or without memory. */
void *arena_alloc_zero(struct arena *arena, size_t count, size_t bytes);

/* A copy of `n` bytes; a NUL is put behind them, so names can be used as C strings. */
char *arena_strdup(struct arena *arena, const char *bytes, size_t n);

/* A copy of `bytes` bytes without a NUL. */
void *arena_memdup(struct arena *arena, const void *data, size_t bytes);

/* A copy of the `bytes` bytes at `data` with room for `grown` in all; the old piece is given
   up. For tables that grow and die with the arena. NULL without memory. */
void *arena_grow(struct arena *arena, const void *data, size_t bytes, size_t grown);

/* Bytes handed out since the last clear, padding included. */
size_t arena_used_bytes(const struct arena *arena);

/* Forgets every piece; keeps one block for reuse (not memory of the caller's). */
void arena_clear(struct arena *arena);

/* Frees all memory and leaves an empty arena. Harmless on an empty one. */
void arena_done(struct arena *arena);

#endif
