/*
 * What the targets for the library share: an isolate in which builtins are called on pieces
 * of the input, and the proof that nothing stays alive. Header only, since each target is
 * one file.
 */
#ifndef LIBRARY_H
#define LIBRARY_H

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "core/array.h"
#include "core/call.h"
#include "core/compare.h"
#include "core/heap.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/builtins.h"
#include "lib/lib_state.h"

enum {
    LIBRARY_INPUT_MAX = 4096,
    LIBRARY_PARTS_MAX = 8,
    /* Divides an input into parts: never part of a valid text, while NUL may be. */
    LIBRARY_DIVIDER = 0xFF
};

/* Owned: the parts are strings, made valid UTF-8; those the input lacks are empty. */
struct library {
    struct state *st;
    struct value parts[LIBRARY_PARTS_MAX];
    size_t nparts;
    uint64_t objects; /* alive when all parts stand */
};

static inline struct value library_string(struct state *st, const char *text,
                                          size_t len)
{
    struct value v = value_null();
    if (!string_make(st, text, len, &v))
        abort();
    return v;
}

static inline uint64_t library_objects(const struct library *l)
{
    struct heap_stats stats;
    heap_stats_read(l->st, &stats);
    return stats.objects_alive;
}

/* False for an input that is not to be used. */
static inline bool library_open(struct library *l, const uint8_t *data, size_t size)
{
    const struct state_config config = {
        .builtins = builtins_table, .nbuiltins = BUILTINS_COUNT, .hash_seed = 1};
    if (size > LIBRARY_INPUT_MAX)
        return false;
    l->st = state_new(&config);
    if (l->st == NULL)
        return false;
    l->nparts = 0;
    for (size_t i = 0; i < LIBRARY_PARTS_MAX; i++) {
        const uint8_t *end = size > 0 ? memchr(data, LIBRARY_DIVIDER, size) : NULL;
        size_t n = end != NULL ? (size_t)(end - data) : size;
        struct strbuf valid;
        strbuf_init(&valid);
        utf8_replace_invalid(&valid, (const char *)data, n);
        l->parts[i] = library_string(l->st, strbuf_str(&valid), valid.len);
        strbuf_done(&valid);
        l->nparts += i == 0 || size > 0;
        n += end != NULL;
        data += n;
        size -= n;
    }
    l->objects = library_objects(l);
    return true;
}

/* Every value made since library_open must have been released. */
static inline void library_close(struct library *l)
{
    if (library_objects(l) != l->objects)
        abort();
    for (size_t i = 0; i < LIBRARY_PARTS_MAX; i++)
        value_release(l->st, l->parts[i]);
    lib_state_free(l->st);
    state_free(l->st);
}

/* Calls a builtin; the result is null when it raised. */
static inline struct value library_call(struct state *st, const char *name,
                                        const struct value *given, uint32_t n)
{
    struct value args[4], result = value_null();
    for (uint32_t i = 0; i < n; i++)
        args[i] = value_retain(given[i]);
    if (!call_builtin(st, builtins_find(name, strlen(name)), args, n, &result)) {
        error_clear(st);
        result = value_null();
    }
    for (uint32_t i = 0; i < n; i++)
        value_release(st, args[i]);
    return result;
}

static inline struct value library_call_one(struct state *st, const char *name,
                                            struct value v)
{
    return library_call(st, name, &v, 1);
}

static inline void library_must_equal(struct state *st, struct value a, struct value b)
{
    bool equal = false;
    if (!compare_equal(st, a, b, &equal) || !equal)
        abort();
}

#endif
