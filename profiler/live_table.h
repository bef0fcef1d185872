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
    uint32_t object;     /* the owner's */
    uint32_t born; /* bytes allocated by then, in units of LIVE_TABLE_UNIT; wraps */
};
#define LIVE_TABLE_UNIT 256u

struct live_table {
    struct live_entry *entries; /* owned */
    size_t size;                /* power of two */
    size_t used;
};

/* How many bytes were allocated since an object that is gone was born; `allocated_bytes` is
   the sum now. Exact to LIVE_TABLE_UNIT. */
static inline uint64_t live_entry_age(const struct live_entry *e,
                                      uint64_t allocated_bytes)
{
    return (uint64_t)((uint32_t)(allocated_bytes / LIVE_TABLE_UNIT) - e->born) *
           LIVE_TABLE_UNIT;
}

/* False without memory. */
bool live_table_init(struct live_table *t);
void live_table_done(struct live_table *t);
/* An entry of that address is replaced. False when the table cannot grow: not stored. */
bool live_table_put(struct live_table *t, struct live_entry entry);
/* Takes all entries out, in no order; `each` may be NULL. */
void live_table_clear(struct live_table *t,
                      void (*each)(void *context, const struct live_entry *entry),
                      void *context);
/* Takes the entry out; false when there is none. */
bool live_table_take(struct live_table *t, const void *address, struct live_entry *out);

#endif
