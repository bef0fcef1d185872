/*
 * bytes.h - byte strings. Value semantics and failure as in array.h.
 */
#ifndef RUFF_CORE_BYTES_H
#define RUFF_CORE_BYTES_H

#include "core/object.h"
#include "core/state.h"

#define BYTES_MAX ((size_t)1 << 40)

/* `len` bytes, copied from data, or zero when data is NULL. NULL with an error set. */
struct bytes *bytes_new(struct state *st, const void *data, size_t len);
bool bytes_make(struct state *st, const void *data, size_t len, struct value *out);
bool bytes_make_unique(struct state *st, struct value *slot);
/* Appends; data may lie inside the same object. */
bool bytes_append(struct state *st, struct value *slot, const void *data, size_t len);
/* Bytes [from, to), from <= to <= len. */
bool bytes_slice(struct state *st, const struct bytes *b, size_t from, size_t to,
                 struct value *out);
bool bytes_equal(const struct bytes *a, const struct bytes *b);

#endif
