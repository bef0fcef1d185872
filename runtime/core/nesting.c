#include "config.h"

#include "core/nesting.h"

#include <string.h>

#include "base/mem.h"
#include "core/error.h"
#include "core/print.h"
#include "core/state.h"

void nesting_init(struct nesting *n)
{
    n->levels = n->room;
    n->len = 0;
    n->capacity = NESTING_INLINE;
}

void nesting_done(struct nesting *n)
{
    if (n->levels != n->room)
        mem_free(n->levels);
}

static bool grow(struct nesting *n)
{
    size_t capacity = 2 * n->capacity;
    bool inside = n->levels == n->room;
    struct nesting_level *levels =
        mem_realloc_array(inside ? NULL : n->levels, capacity, sizeof *levels);
    if (levels == NULL)
        return false;
    if (inside)
        memcpy(levels, n->room, sizeof n->room);
    n->levels = levels;
    n->capacity = capacity;
    return true;
}

struct nesting_level *nesting_push(struct state *st, struct nesting *n, struct value a,
                                   struct value b, const char *context)
{
    if (n->len == VALUE_NESTING_LIMIT) {
        error_raise(st, "Maximum data nesting depth of %u exceeded while %s",
                    VALUE_NESTING_LIMIT, context);
        return NULL;
    }
    /* Shared parts make a walk exponentially longer than the data is large. */
    if (state_interrupted(st)) {
        error_interrupt(st);
        return NULL;
    }
    if (n->len == n->capacity && !grow(n)) {
        error_out_of_memory(st);
        return NULL;
    }
    struct nesting_level *level = &n->levels[n->len++];
    *level = (struct nesting_level){.a = a, .b = b};
    return level;
}
