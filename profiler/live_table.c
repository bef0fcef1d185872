#include "config.h"

#include "live_table.h"

#include <stdlib.h>

#include "base/sizing.h"

#define TABLE_START SIZE_OR_TINY(1024u, 4u)

/* Neighbours in memory are neighbours in the table (eight slots, two cache lines), because
   programs allocate and free in runs; the groups are scattered. */
static size_t home(const struct live_table *t, const void *address)
{
    uint64_t a = (uint64_t)(uintptr_t)address;
    uint64_t group = ((a >> 7) * UINT64_C(0x9e3779b97f4a7c15)) >> 24;

    return (size_t)(group << 3 | (a >> 4 & 7u)) & (t->size - 1);
}

bool live_table_init(struct live_table *t)
{
    t->size = TABLE_START;
    t->used = 0;
    t->entries = calloc(t->size, sizeof *t->entries);
    return t->entries != NULL;
}

void live_table_done(struct live_table *t)
{
    free(t->entries);
    t->entries = NULL;
}

static void insert(struct live_table *t, struct live_entry entry)
{
    size_t i = home(t, entry.address);

    while (t->entries[i].address != NULL && t->entries[i].address != entry.address)
        i = (i + 1) & (t->size - 1);
    if (t->entries[i].address == NULL)
        t->used++;
    t->entries[i] = entry;
}

static bool grow(struct live_table *t)
{
    struct live_entry *old = t->entries,
                      *entries = calloc(t->size * 2, sizeof *entries);
    size_t old_size = t->size;

    if (entries == NULL)
        return false;
    t->entries = entries;
    t->size = old_size * 2;
    t->used = 0;
    for (size_t i = 0; i < old_size; i++)
        if (old[i].address != NULL)
            insert(t, old[i]);
    free(old);
    return true;
}

bool live_table_put(struct live_table *t, struct live_entry entry)
{
    if (t->used * 3 >= t->size * 2 && !grow(t))
        return false;
    insert(t, entry);
    return true;
}

void live_table_clear(struct live_table *t,
                      void (*each)(void *context, const struct live_entry *entry),
                      void *context)
{
    for (size_t i = 0; t->used > 0 && i < t->size; i++) {
        if (t->entries[i].address == NULL)
            continue;
        if (each != NULL)
            each(context, &t->entries[i]);
        t->entries[i].address = NULL;
    }
    t->used = 0;
}

bool live_table_take(struct live_table *t, const void *address, struct live_entry *out)
{
    size_t mask = t->size - 1, i = home(t, address), hole;

    while (t->entries[i].address != address) {
        if (t->entries[i].address == NULL)
            return false;
        i = (i + 1) & mask;
    }
    *out = t->entries[i];
    hole = i;
    for (;;) {
        size_t wanted;

        i = (i + 1) & mask;
        if (t->entries[i].address == NULL)
            break;
        wanted = home(t, t->entries[i].address);
        if (((i - wanted) & mask) >= ((i - hole) & mask)) {
            t->entries[hole] = t->entries[i];
            hole = i;
        }
    }
    t->entries[hole].address = NULL;
    t->used--;
    return true;
}
