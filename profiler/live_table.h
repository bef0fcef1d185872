#ifndef RUFFPROF_LIVE_TABLE_H
#define RUFFPROF_LIVE_TABLE_H

/*
 * Recorded objects that are alive, by address. Open addressing with linear probing; removal
 * moves the followers up, so no tombstones pile up. Owner's thread only.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct live_entry {
    const void *address; /* NULL: free slot */
    uint64_t object;     /* the owner's */
    uint64_t born_bytes; /* bytes allocated by then */
};

struct live_table {
    struct live_entry *entries; /* owned */
    size_t size;                /* power of two */
    size_t used;
};

/* False without memory. */
bool live_table_init(struct live_table *t);
void live_table_done(struct live_table *t);
/* An entry of that address is replaced. False when the table cannot grow: not stored. */
bool live_table_put(struct live_table *t, struct live_entry entry);
/* Takes the entry out; false when there is none. */
bool live_table_take(struct live_table *t, const void *address, struct live_entry *out);

#endif
