#ifndef RUFFPROF_PROCESS_MEMORY_H
#define RUFFPROF_PROCESS_MEMORY_H

/*
 * The memory of this process as jemalloc counts it. Not in a signal handler: jemalloc locks.
 */

#include <stdbool.h>
#include <stdint.h>

struct process_memory {
    uint64_t allocated; /* bytes the program holds */
    uint64_t active;    /* in pages that hold some of them */
    uint64_t resident;  /* in memory, jemalloc's own included */
    uint64_t retained;  /* address space kept without memory behind it */
};

/* False where the program is not built with jemalloc (sanitizers). */
bool process_memory_read(struct process_memory *out);

#endif
