/*
 * dict_order.h - the canonical order of a dict's entries (language.md 4.1): the part of
 * dict.c that sorts. Private to dict*.c.
 *
 * d->order lists the positions of the entries below d->order_used that were live, sorted;
 * entries beyond are the tail. A walk sorts the tail (k log k) and merges it in. The order is
 * numeric while every key is a decimal integer of any length, else by bytes; DICT_NUMERIC in
 * head.reserved says which of them d->order is.
 */
#ifndef RUFF_CORE_DICT_ORDER_H
#define RUFF_CORE_DICT_ORDER_H

#include "core/object.h"
#include "core/state.h"

#define DICT_NUMERIC 0x1u
/* dict.c: entry i has the int key i and none was removed; needs no index. */
#define DICT_DENSE   0x4u

/* Forgets the order. */
void dict_order_drop(struct state *st, struct dict *d);
/* Gives a copy of `from`, with equal positions, the same order; without memory it has none. */
void dict_order_copy(struct state *st, struct dict *d, const struct dict *from);
/* The entry at `position` has been removed; the last entry may be used again. */
void dict_order_removed(struct state *st, struct dict *d, size_t position);
/* Room for `capacity` entries (dict.c). */
bool dict_reserve(struct state *st, struct dict *d, size_t capacity);
/* Fills the index anew (dict.c). */
void dict_reindex(struct dict *d);

#endif
