#include "config.h"

#include "core/bytes.h"

#include <string.h>

#include "core/error.h"
#include "core/heap.h"

static struct bytes *alloc_bytes(struct state *st, size_t capacity)
{
    if (capacity > BYTES_MAX) {
        error_out_of_memory(st);
        return NULL;
    }
    struct object *o = heap_object(st, sizeof(struct bytes), VALUE_BYTES, HEAP_BYTES);
    if (o == NULL)
        return NULL;
    struct bytes *b = (struct bytes *)(void *)o;
    b->len = 0;
    b->capacity = 0;
    b->data = NULL;
    if (capacity > 0) {
        b->data = heap_alloc(st, capacity, HEAP_BYTES);
        if (b->data == NULL) {
            object_release(st, o);
            return NULL;
        }
        b->capacity = capacity;
    }
    return b;
}

struct bytes *bytes_new(struct state *st, const void *data, size_t len)
{
    struct bytes *b = alloc_bytes(st, len);
    if (b == NULL)
        return NULL;
    if (len > 0 && data != NULL)
        memcpy(b->data, data, len);
    else if (len > 0)
        memset(b->data, 0, len);
    b->len = len;
    return b;
}

bool bytes_make(struct state *st, const void *data, size_t len, struct value *out)
{
    struct bytes *b = bytes_new(st, data, len);
    if (b == NULL)
        return false;
    *out = value_object(&b->head);
    return true;
}

bool bytes_make_unique(struct state *st, struct value *slot)
{
    struct bytes *b = BYTES_OF(*slot);
    if (b->head.refs == 1)
        return true;
    struct bytes *copy = bytes_new(st, b->data, b->len);
    if (copy == NULL)
        return false;
    heap_count_copy(st);
    value_set_take(st, slot, value_object(&copy->head));
    return true;
}

bool bytes_append(struct state *st, struct value *slot, const void *data, size_t len)
{
    if (len == 0)
        return true;
    struct bytes *b = BYTES_OF(*slot);
    if (len > BYTES_MAX - b->len)
        return error_out_of_memory(st);
    size_t need = b->len + len;
    if (b->head.refs != 1 || need > b->capacity) {
        /* A new block in any case: data may point into the old one. */
        struct bytes *grown = alloc_bytes(st, need + b->len / 2 + 16);
        if (grown == NULL)
            return false;
        if (b->len > 0)
            memcpy(grown->data, b->data, b->len);
        memcpy(grown->data + b->len, data, len);
        grown->len = need;
        value_set_take(st, slot, value_object(&grown->head));
        return true;
    }
    memcpy(b->data + b->len, data, len);
    b->len = need;
    return true;
}

bool bytes_slice(struct state *st, const struct bytes *b, size_t from, size_t to,
                 struct value *out)
{
    return bytes_make(st, to > from ? b->data + from : NULL, to - from, out);
}

bool bytes_equal(const struct bytes *a, const struct bytes *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}
