/*
 * nesting.h - the explicit stack of walks through containers in containers. Private to
 * print.c and compare.c: they must not recurse on the depth of data.
 */
#ifndef RUFF_CORE_NESTING_H
#define RUFF_CORE_NESTING_H

#include "base/sizing.h"
#include "core/object.h"

#define NESTING_INLINE SIZE_OR_TINY(24u, 1u)

struct nesting_level {
    struct value a, b; /* borrowed: the container (and its opposite) being walked */
    size_t at;         /* the walker's own position in it */
    const void *order; /* the walker's own: the order of its parts */
};

struct nesting {
    struct nesting_level *levels;
    size_t len, capacity;
    struct nesting_level room[NESTING_INLINE];
};

void nesting_init(struct nesting *n);
void nesting_done(struct nesting *n);
/* The new level; NULL with `Maximum data nesting depth of N exceeded while CONTEXT`, or an
   interrupt, or without memory. */
struct nesting_level *nesting_push(struct state *st, struct nesting *n, struct value a,
                                   struct value b, const char *context);

#endif
