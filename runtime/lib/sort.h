/*
 * sort.h - the builtin `sort` and its kernels: stable ascending order (language.md 21a.14).
 *
 * Packed ints and floats are sorted by a byte-wise radix sort from 128 items on. Everything
 * else is merge-sorted after runs made by insertion: strings on their first eight bytes as a
 * number and then on the whole, other arrays by ops_sort_order. All are stable, which shows
 * even among floats (0 and -0).
 */
#ifndef RUFF_LIB_SORT_H
#define RUFF_LIB_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/object.h"

/* A string with its first bytes in order, for comparing without a look at the object. */
struct sort_string {
    uint64_t prefix;
    struct string *string;
};

/* Sort items[0..n) with room for n more in `spare`. Allocate nothing. NaN comes last. False:
   interrupted (core/poll.h); then the items are all there in some order. */
bool sort_ints(struct state *st, int64_t *items, size_t n, int64_t *spare);
bool sort_floats(struct state *st, double *items, size_t n, double *spare);
bool sort_strings(struct state *st, struct sort_string *items, size_t n,
                  struct sort_string *spare);
bool sort_values(struct state *st, struct value *items, size_t n, struct value *spare);

/* Sort key of a string: its first eight bytes, big-endian, padded with zeros. */
uint64_t sort_string_prefix(const struct string *s);

#endif
