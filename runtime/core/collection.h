/*
 * collection.h - sets, queues and stacks: collections by value.
 *
 * One layout for the three kinds: items[start .. used) in order. A set may have holes
 * (VALUE_UNSET) after removals, so walk with collection_next. Both ends are amortised O(1)
 * through a unique slot. A set finds members through a hash index that respects `==`
 * (floats are equal within 2.2e-16, ints and floats mix); the index only proposes
 * candidates, compare_equal decides.
 *
 * Value semantics and failure as in array.h: changing functions take the owning slot.
 */
#ifndef RUFF_CORE_COLLECTION_H
#define RUFF_CORE_COLLECTION_H

#include "core/object.h"
#include "core/state.h"

/* An empty collection; kind VALUE_SET, VALUE_QUEUE or VALUE_STACK. */
bool collection_make(struct state *st, enum value_kind kind, size_t capacity,
                     struct value *out);
bool collection_make_unique(struct state *st, struct value *slot);

/* Appends at the end (queue: enqueue, stack: push). Not for sets. */
bool collection_push_take(struct state *st, struct value *slot, struct value v);
/* Takes the newest item (stack) out; the collection must not be empty. */
bool collection_pop(struct state *st, struct value *slot, struct value *out);
/* Takes the oldest item (queue) out; the collection must not be empty. */
bool collection_shift(struct state *st, struct value *slot, struct value *out);
/* Borrowed first and last item of a collection that is not empty. */
struct value collection_first(const struct collection *c);
struct value collection_last(const struct collection *c);

/* Set: adds v unless an equal item is in it. */
bool collection_add_take(struct state *st, struct value *slot, struct value v);
/* Set: is an item equal to v in it? */
bool collection_has(struct state *st, struct collection *c, struct value v, bool *out);
/* Set: takes the first item equal to v out. */
bool collection_delete(struct state *st, struct value *slot, struct value v,
                       bool *found);

/* Next item in order, borrowed; *cursor starts at 0. False at the end. */
static inline bool collection_next(const struct collection *c, size_t *cursor,
                                   struct value *out)
{
    for (size_t i = c->start + *cursor; i < c->used; i++) {
        if (c->items[i].kind != VALUE_UNSET) {
            *cursor = i + 1 - c->start;
            *out = c->items[i];
            return true;
        }
    }
    return false;
}
/* All items in order as an array. */
bool collection_to_array(struct state *st, const struct collection *c,
                         struct value *out);

/* Frees the storage; children were released (object_free). */
void collection_free_storage(struct state *st, struct collection *c);

#endif
