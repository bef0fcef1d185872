#ifndef RUFFPROF_MODULES_H
#define RUFFPROF_MODULES_H

/*
 * The ELF files mapped into this process: a snapshot taken outside signal handlers. Tells
 * which file an address belongs to, with what a reader needs to find the file's symbols
 * later (path, build-id, load bias). Immutable once made; refreshed by making a new one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODULE_BUILD_ID_MAX 32u
/* Loadable segments kept of a file; linkers make four or five. */
#define MODULE_SEGMENTS     8u

struct module_map {
    char *path; /* "[vdso]" for the kernel's; owned */
    uint8_t build_id[MODULE_BUILD_ID_MAX];
    size_t build_id_bytes; /* 0: the file has none */
    uintptr_t bias;
    uintptr_t low, high; /* executable range in memory */
    struct {
        uintptr_t low, high;
    } segments[MODULE_SEGMENTS]; /* what may be read */
    size_t segment_count;
    const uint8_t *eh_frame_hdr; /* PT_GNU_EH_FRAME in memory, or NULL */
    size_t eh_frame_hdr_bytes;
};

struct modules {
    struct module_map *items; /* by ascending low */
    size_t count;
};

/* NULL without memory. */
struct modules *modules_snapshot(void);
void modules_free(struct modules *m);
/* Index of the module that holds `pc`, or SIZE_MAX. [signal-safe] */
size_t modules_find(const struct modules *m, uintptr_t pc);
/* Do the bytes lie in a readable segment of some module? */
bool modules_readable(const struct modules *m, uintptr_t address, size_t bytes);

#endif
