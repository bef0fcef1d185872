/*
 * destructure.c - taking values apart: patterns of assignments and match arms (ops.h).
 */
#include "config.h"

#include "core/array.h"
#include "core/dict.h"
#include "core/ops.h"
#include "core/state.h"
#include "core/string.h"

/* ---- destructuring ------------------------------------------------------------------ */

bool ops_destructure_item(struct state *st, struct value v, uint32_t i,
                          struct value *out)
{
    (void)st;
    if (v.kind == VALUE_ARRAY && i < ARRAY_OF(v)->len)
        *out = value_retain(array_get(ARRAY_OF(v), i));
    else
        *out = value_null();
    return true;
}

bool ops_destructure_rest(struct state *st, struct value v, uint32_t from,
                          struct value *out)
{
    if (v.kind != VALUE_ARRAY || from >= ARRAY_OF(v)->len)
        return array_make_empty(st, out);
    return array_slice(st, ARRAY_OF(v), from, ARRAY_OF(v)->len, out);
}

bool ops_destructure_key(struct state *st, struct value v, struct string *key,
                         struct value *out)
{
    const struct value *entry = NULL;
    if (v.kind == VALUE_DICT)
        entry = dict_find_string(st, DICT_OF(v), key);
    *out = entry == NULL ? value_null() : value_retain(*entry);
    return true;
}

bool ops_destructure_rest_dict(struct state *st, struct value v,
                               struct string *const *taken, uint32_t ntaken,
                               struct value *out)
{
    if (v.kind != VALUE_DICT)
        return dict_make_empty(st, out);
    struct value rest = value_retain(v);
    for (uint32_t i = 0; i < ntaken; i++) {
        bool found;
        struct value removed;
        if (!dict_remove(st, &rest, string_value(taken[i]), &found, &removed)) {
            value_release(st, rest);
            return false;
        }
        if (found)
            value_release(st, removed);
    }
    *out = rest;
    return true;
}

/* ---- match -------------------------------------------------------------------------- */

bool ops_match_tag(struct value v, const struct string *tag, bool bare)
{
    if (v.kind == VALUE_TAGGED)
        return string_equal(STRING_OF(TAGGED_OF(v)->tag), tag);
    return bare && v.kind == VALUE_STRING && string_equal(STRING_OF(v), tag);
}

struct value ops_match_payload(struct value v, uint32_t i)
{
    if (v.kind == VALUE_TAGGED && i < TAGGED_OF(v)->count)
        return value_retain(TAGGED_OF(v)->payload[i]);
    if ((v.kind == VALUE_OK || v.kind == VALUE_ERR || v.kind == VALUE_SOME) && i == 0)
        return value_retain(BOXED_OF(v)->payload);
    return value_null();
}
