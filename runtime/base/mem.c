#include "config.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static bool refused(void);

void *mem_alloc(size_t bytes)
{
    return refused() ? NULL : malloc(bytes == 0 ? 1 : bytes);
}

void *mem_alloc_zero(size_t count, size_t bytes)
{
    if (count == 0 || bytes == 0)
        count = bytes = 1;
    return refused() ? NULL : calloc(count, bytes);
}

void *mem_realloc(void *block, size_t bytes)
{
    return refused() ? NULL : realloc(block, bytes == 0 ? 1 : bytes);
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
    free(block);
}

size_t mem_grow(size_t capacity, size_t need)
{
    size_t grown = capacity < 8 ? 8 : capacity;
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

bool mem_fail_after(int64_t after, bool forever)
{
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
    return true;
}

#else

bool mem_fail_after(int64_t after, bool forever)
{
    (void)after;
    (void)forever;
    return false;
}

static bool refused(void)
{
    return false;
}

#endif
