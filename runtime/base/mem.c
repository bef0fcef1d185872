#include "config.h"

#include "base/mem.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/sizing.h"

enum {
    FIRST_CAPACITY = SIZE_OR_TINY(8, 1)
};

static bool refused(void);
static void *spoilt(void *block);
static void *resized(void *block, size_t bytes);

void *mem_alloc(size_t bytes)
{
    return refused() ? NULL : spoilt(malloc(bytes == 0 ? 1 : bytes));
}

void *mem_alloc_zero(size_t count, size_t bytes)
{
    if (count == 0 || bytes == 0)
        count = bytes = 1;
    return refused() ? NULL : calloc(count, bytes);
}

void *mem_realloc(void *block, size_t bytes)
{
    return refused() ? NULL : resized(block, bytes == 0 ? 1 : bytes);
}

void *mem_realloc_array(void *block, size_t count, size_t bytes)
{
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total))
        return NULL;
    return mem_realloc(block, total);
}

char *mem_strndup(const char *bytes, size_t n)
{
    if (n == SIZE_MAX)
        return NULL;
    char *copy = mem_alloc(n + 1);
    if (copy == NULL)
        return NULL;
    if (n > 0)
        memcpy(copy, bytes, n);
    copy[n] = '\0';
    return copy;
}

void mem_free(void *block)
{
    free(spoilt(block));
}

size_t mem_grow(size_t capacity, size_t need)
{
    size_t grown = capacity < FIRST_CAPACITY ? FIRST_CAPACITY : capacity;
    while (grown < need) {
        if (grown > SIZE_MAX / 2)
            return need;
        grown *= 2;
    }
    return grown;
}

/* ---- the seam ----------------------------------------------------------------- */

#ifdef RUFF_HARD_TESTS

/* Per thread, so that a test does not disturb the threads of the code it tests. */
static _Thread_local int64_t fail_countdown = -1;
static _Thread_local bool fail_forever;
static _Thread_local bool has_failed;

bool mem_fail_after(int64_t after, bool forever)
{
    has_failed = false;
    fail_countdown = after < 0 ? -1 : after;
    fail_forever = forever;
    return true;
}

static bool refused(void)
{
    if (fail_countdown < 0)
        return false;
    if (fail_countdown > 0) {
        fail_countdown--;
        return false;
    }
    if (!fail_forever)
        fail_countdown = -1;
    has_failed = true;
    return true;
}

bool mem_has_failed(void)
{
    return has_failed;
}

/* What was never written and what was freed is junk, so that nobody gets by with either. */
static void *spoilt(void *block)
{
    if (block != NULL)
        memset(block, MEM_JUNK, malloc_usable_size(block));
    return block;
}

/* A block that changes its size moves, so that no pointer into the old one stays good. */
static void *resized(void *block, size_t bytes)
{
    void *moved = spoilt(malloc(bytes));
    if (block != NULL && moved != NULL) {
        size_t held = malloc_usable_size(block);
        memcpy(moved, block, held < bytes ? held : bytes);
        free(spoilt(block));
    }
    return moved;
}

#else

bool mem_fail_after(int64_t after, bool forever)
{
    (void)after;
    (void)forever;
    return false;
}

bool mem_has_failed(void)
{
    return false;
}

static bool refused(void)
{
    return false;
}

static void *spoilt(void *block)
{
    return block;
}

static void *resized(void *block, size_t bytes)
{
    return realloc(block, bytes);
}

#endif
