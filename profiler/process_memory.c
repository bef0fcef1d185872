#include "config.h"

#include "process_memory.h"

#include <stddef.h>

#if defined(HAVE_JEMALLOC) && !defined(RUFF_PLAIN_MALLOC)

#    include <jemalloc/jemalloc.h>

static bool read_size(const char *name, uint64_t *out)
{
    size_t value, bytes = sizeof value;

    if (mallctl(name, &value, &bytes, NULL, 0) != 0)
        return false;
    *out = value;
    return true;
}

bool process_memory_read(struct process_memory *out)
{
    struct process_memory m;
    uint64_t epoch = 1;
    size_t bytes = sizeof epoch;

    /* The numbers are those of the last epoch: begin one. */
    if (mallctl("epoch", &epoch, &bytes, &epoch, sizeof epoch) != 0 ||
        !read_size("stats.allocated", &m.allocated) ||
        !read_size("stats.active", &m.active) ||
        !read_size("stats.resident", &m.resident) ||
        !read_size("stats.retained", &m.retained))
        return false;
    *out = m;
    return true;
}

#else

bool process_memory_read(struct process_memory *out)
{
    (void)out;
    return false;
}

#endif
