/*
 * A typed growable array, generated:
 *
 *     VEC_DEFINE(token_vec, struct token);
 *
 * defines `struct token_vec { struct token *data; size_t len, cap; }` and these functions,
 * all static inline; element types are copied by assignment:
 *
 *     void token_vec_init(v)                  empty; takes no memory
 *     bool token_vec_reserve(v, cap)          room for `cap` elements in all; false: no memory
 *     bool token_vec_push(v, item)            appends; false: no memory, v unchanged
 *     struct token *token_vec_push_slot(v)    appends an uninitialised element; NULL: no memory
 *     bool token_vec_append(v, items, count)  appends `count` elements
 *     bool token_vec_insert(v, at, item)      at <= len; the rest moves up
 *     void token_vec_remove(v, at)            at < len; the rest moves down
 *     struct token token_vec_pop(v)           len > 0
 *     struct token *token_vec_last(v)         len > 0; valid until the next growth
 *     void token_vec_clear(v)                 len = 0, memory kept
 *     void token_vec_done(v)                  frees; leaves an empty vector
 *     struct token *token_vec_detach(v)       data goes to the caller (mem_free), v is empty
 *
 * data and len may be read directly; data dies at the next call that grows.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"

/* Not every user calls every function. */
#define VEC_FUNCTION __attribute__((unused)) static inline

#define VEC_DEFINE(name, type)                                                       \
    struct name {                                                                    \
        type *data;                                                                  \
        size_t len;                                                                  \
        size_t cap;                                                                  \
    };                                                                               \
    VEC_FUNCTION void name##_init(struct name *v)                                    \
    {                                                                                \
        *v = (struct name){.data = NULL};                                            \
    }                                                                                \
    VEC_FUNCTION bool name##_reserve(struct name *v, size_t cap)                     \
    {                                                                                \
        if (cap <= v->cap)                                                           \
            return true;                                                             \
        size_t grown = mem_grow(v->cap, cap);                                        \
        type *data = mem_realloc_array(v->data, grown, sizeof(type));                \
        if (data == NULL)                                                            \
            return false;                                                            \
        v->data = data;                                                              \
        v->cap = grown;                                                              \
        return true;                                                                 \
    }                                                                                \
    VEC_FUNCTION type *name##_push_slot(struct name *v)                              \
    {                                                                                \
        if (v->len == v->cap && !name##_reserve(v, v->len + 1))                      \
            return NULL;                                                             \
        return &v->data[v->len++];                                                   \
    }                                                                                \
    VEC_FUNCTION bool name##_push(struct name *v, type item)                         \
    {                                                                                \
        if (v->len == v->cap && !name##_reserve(v, v->len + 1))                      \
            return false;                                                            \
        v->data[v->len++] = item;                                                    \
        return true;                                                                 \
    }                                                                                \
    VEC_FUNCTION bool name##_append(struct name *v, const type *items, size_t count) \
    {                                                                                \
        if (count == 0)                                                              \
            return true;                                                             \
        if (count > SIZE_MAX - v->len || !name##_reserve(v, v->len + count))         \
            return false;                                                            \
        memcpy(v->data + v->len, items, count * sizeof(type));                       \
        v->len += count;                                                             \
        return true;                                                                 \
    }                                                                                \
    VEC_FUNCTION bool name##_insert(struct name *v, size_t at, type item)            \
    {                                                                                \
        assert(at <= v->len && "vec: insert behind the end");                        \
        if (v->len == v->cap && !name##_reserve(v, v->len + 1))                      \
            return false;                                                            \
        memmove(v->data + at + 1, v->data + at, (v->len - at) * sizeof(type));       \
        v->data[at] = item;                                                          \
        v->len++;                                                                    \
        return true;                                                                 \
    }                                                                                \
    VEC_FUNCTION void name##_remove(struct name *v, size_t at)                       \
    {                                                                                \
        assert(at < v->len && "vec: remove behind the end");                         \
        v->len--;                                                                    \
        memmove(v->data + at, v->data + at + 1, (v->len - at) * sizeof(type));       \
    }                                                                                \
    VEC_FUNCTION type name##_pop(struct name *v)                                     \
    {                                                                                \
        assert(v->len > 0 && "vec: pop from an empty vector");                       \
        return v->data[--v->len];                                                    \
    }                                                                                \
    VEC_FUNCTION type *name##_last(struct name *v)                                   \
    {                                                                                \
        assert(v->len > 0 && "vec: last of an empty vector");                        \
        return &v->data[v->len - 1];                                                 \
    }                                                                                \
    VEC_FUNCTION void name##_clear(struct name *v)                                   \
    {                                                                                \
        v->len = 0;                                                                  \
    }                                                                                \
    VEC_FUNCTION void name##_done(struct name *v)                                    \
    {                                                                                \
        mem_free(v->data);                                                           \
        name##_init(v);                                                              \
    }                                                                                \
    VEC_FUNCTION type *name##_detach(struct name *v)                                 \
    {                                                                                \
        type *data = v->data;                                                        \
        name##_init(v);                                                              \
        return data;                                                                 \
    }                                                                                \
    struct name

#endif
