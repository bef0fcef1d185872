/*
 * The allocator of floor 0: malloc with one seam for tests.
 *
 * Everything in base allocates through these calls; the values of the language do not
 * (core/heap). In a build with --enable-hard-tests the n-th call can be made to fail, a block
 * is filled with junk (MEM_JUNK) when it is made and when it is freed, and moves whenever it
 * changes its size; in all others the calls are malloc, realloc and free and nothing else.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What hard tests fill memory with that holds nothing. */
#define MEM_JUNK 0xDD

/* `bytes` uninitialised bytes, or NULL without memory. 0 gives a block of one byte, so
   that NULL always means failure. Release with mem_free. Thread-safe, not signal-safe. */
void *mem_alloc(size_t bytes);

/* The same, filled with zeros; NULL also when count * bytes overflows. */
void *mem_alloc_zero(size_t count, size_t bytes);

/* Changes the size of a block (or makes one from NULL). On failure NULL is returned and
   the old block stays as it was. */
void *mem_realloc(void *block, size_t bytes);

/* An array of count * bytes bytes; NULL on overflow too. The old block stays on failure. */
void *mem_realloc_array(void *block, size_t count, size_t bytes);

/* A copy of `n` bytes with a NUL behind them; NULL without memory. */
char *mem_strndup(const char *bytes, size_t n);

/* Releases a block of this module; NULL is ignored. */
void mem_free(void *block);

/* Test seam. In a hard-tests build: the next `after` calls of this thread succeed, the one
   after them fails, and with `forever` all later ones too. A negative `after` turns it
   off. In other builds it does nothing and returns false. */
bool mem_fail_after(int64_t after, bool forever);

/* In a hard-tests build: has a call of this thread failed since mem_fail_after? */
bool mem_has_failed(void);

/* The capacity to grow to when at least `need` elements must fit: twice the old one, at
   least 8 (1 in hard tests); never overflows (saturates at `need`). */
size_t mem_grow(size_t capacity, size_t need);

#endif
