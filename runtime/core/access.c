/*
 * access.c - reading parts of values: the index, member and `?` operators of ops.h.
 */
#include "config.h"

#include "core/access.h"

#include <inttypes.h>

#include "base/strbuf.h"
#include "core/array.h"
#include "core/bytes.h"
#include "core/call.h"
#include "core/dict.h"
#include "core/ops.h"
#include "core/ops_fast.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"
#include "core/structs.h"

/* ---- index -------------------------------------------------------------------------- */

bool access_sequence_index(struct value i, int64_t *out)
{
    if (i.kind == VALUE_INT) {
        *out = i.as.integer;
        return true;
    }
    return i.kind == VALUE_FLOAT && ops_float_to_index(i.as.number, out);
}

bool access_raise_bounds(struct state *st, struct value i)
{
    if (i.kind == VALUE_INT)
        return error_raise(st, "Index out of bounds: %" PRId64, i.as.integer);
    struct strbuf text;
    strbuf_init(&text);
    print_float(&text, i.as.number);
    error_raise(st, "Index out of bounds: %s", strbuf_str(&text));
    strbuf_done(&text);
    return false;
}

bool access_raise_missing_key(struct state *st, struct value key)
{
    if (key.kind == VALUE_INT)
        return error_raise(st, "Missing map key: %" PRId64, key.as.integer);
    struct strbuf text;
    struct value message;
    strbuf_init(&text);
    strbuf_append_str(&text, "Missing map key: ");
    print_quoted(&text, STRING_OF(key)->data, STRING_OF(key)->len);
    bool made = string_make_strbuf(st, &text, &message);
    strbuf_done(&text);
    return made && error_raise_take(st, message);
}

/* Position of `i` in a sequence of `len` items. */
static bool position(struct state *st, struct value i, size_t len, size_t *at)
{
    int64_t index;
    if (!access_sequence_index(i, &index))
        return error_raise(st, "Invalid index operation");
    if (!array_position(len, index, at))
        return access_raise_bounds(st, i);
    return true;
}

bool ops_index(struct state *st, struct value a, struct value i, struct value *out)
{
    size_t at;
    switch (a.kind) {
    case VALUE_ARRAY:
        if (!position(st, i, ARRAY_OF(a)->len, &at))
            return false;
        *out = value_retain(array_get(ARRAY_OF(a), at));
        return true;
    case VALUE_STRING: {
        if (!position(st, i, STRING_OF(a)->chars, &at))
            return false;
        struct string *c = string_char_at(st, STRING_OF(a), at);
        if (c == NULL)
            return false;
        *out = string_value(c);
        return true;
    }
    case VALUE_BYTES:
        if (!position(st, i, BYTES_OF(a)->len, &at))
            return false;
        *out = value_int(BYTES_OF(a)->data[at]);
        return true;
    case VALUE_DICT: {
        if (!dict_is_key(i))
            break;
        const struct value *entry = dict_find(st, DICT_OF(a), i);
        if (entry == NULL)
            return access_raise_missing_key(st, i);
        *out = value_retain(*entry);
        return true;
    }
    default: break;
    }
    return error_raise(st, "Invalid index operation");
}

/* ---- members ------------------------------------------------------------------------ */

bool ops_member(struct state *st, struct value a, struct string *name,
                struct value *out)
{
    if (a.kind == VALUE_DICT) {
        const struct value *entry = dict_find_string(st, DICT_OF(a), name);
        *out = entry == NULL ? value_null() : value_retain(*entry);
        return true;
    }
    if (a.kind != VALUE_STRUCT)
        return call_raise_no_member(st, name);
    const struct struct_object *s = STRUCT_OF(a);
    const struct value *field = struct_find(st, s, name);
    if (field != NULL) {
        *out = value_retain(*field);
        return true;
    }
    struct function *method = s->def == NULL ? NULL : structdef_method(s->def, name);
    if (method == NULL)
        return call_raise_no_field(st, a, name);
    struct value bound = bound_method_new(st, a, method);
    if (bound.kind == VALUE_UNSET)
        return false;
    *out = bound;
    return true;
}

bool ops_optional_member(struct state *st, struct value a, struct string *name,
                         struct value *out)
{
    const struct value *v = NULL;
    if (a.kind == VALUE_DICT)
        v = dict_find_string(st, DICT_OF(a), name);
    else if (a.kind == VALUE_STRUCT)
        v = struct_find(st, STRUCT_OF(a), name);
    *out = v == NULL ? value_null() : value_retain(*v);
    return true;
}

/* ---- ? ------------------------------------------------------------------------------ */

bool ops_try(struct state *st, struct value v, bool *returns, struct value *out)
{
    switch (v.kind) {
    case VALUE_OK:
    case VALUE_SOME:
        *returns = false;
        *out = value_retain(BOXED_OF(v)->payload);
        return true;
    case VALUE_ERR:
    case VALUE_NONE:
        *returns = true;
        *out = value_retain(v);
        return true;
    default: return error_raise(st, "Try operator requires Result or Option");
    }
}
