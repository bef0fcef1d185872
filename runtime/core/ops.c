/*
 * ops.c - what is left of ops.h after arith.c (operators), access.c (reading), path.c
 * (storing), destructure.c (patterns) and convert.c: truth, order, names, literals.
 */
#include "config.h"

#include "core/ops.h"

#include "base/sizing.h"
#include "base/strbuf.h"
#include "core/array.h"
#include "core/compare.h"
#include "core/dict.h"
#include "core/function.h"
#include "core/ops_fast.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"

enum {
    SCRATCH_KEEP_BYTES = SIZE_OR_TINY(1024 * 1024, 16)
};

/* ---- truth, equality, order --------------------------------------------------------- */

bool ops_truthy(struct value v)
{
    return ops_fast_truthy(v);
}

bool ops_equal(struct state *st, struct value a, struct value b, bool *out)
{
    return compare_equal(st, a, b, out);
}

bool ops_identical(struct value a, struct value b)
{
    return compare_identical(a, b);
}

int ops_sort_order(struct value a, struct value b)
{
    return compare_order(a, b);
}

/* ---- names -------------------------------------------------------------------------- */

const char *ops_type_name(struct value v)
{
    switch ((enum value_kind)v.kind) {
    case VALUE_UNSET:
    case VALUE_NULL: return "null";
    case VALUE_BOOL: return "bool";
    case VALUE_INT: return "int";
    case VALUE_FLOAT: return "float";
    case VALUE_STRING: return "string";
    case VALUE_ARRAY: return "array";
    case VALUE_DICT: return "dict";
    case VALUE_STRUCT: return "struct";
    case VALUE_BUILTIN: return "native_function";
    case VALUE_METHOD: return "function";
    case VALUE_FUNCTION:
        return (FUNCTION_OF(v)->proto->flags & (PROTO_ASYNC | PROTO_GENERATOR)) == 0
                   ? "function"
                   : "value";
    case VALUE_NONE:
    case VALUE_BYTES:
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK:
    case VALUE_STRUCTDEF:
    case VALUE_TAGGED:
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME:
    case VALUE_GENERATOR:
    case VALUE_ITERATOR:
    case VALUE_CHANNEL:
    case VALUE_PROMISE:
    case VALUE_TASK:
    case VALUE_CELL:
    case VALUE_ITER:
    case VALUE_KIND_COUNT: break;
    }
    return "value";
}

const char *ops_kind_name(struct value v)
{
    switch ((enum value_kind)v.kind) {
    case VALUE_UNSET:
    case VALUE_NULL: return "null";
    case VALUE_BOOL: return "bool";
    case VALUE_INT: return "int";
    case VALUE_FLOAT: return "float";
    case VALUE_STRING: return "string";
    case VALUE_ARRAY: return "array";
    case VALUE_DICT: return "dict";
    case VALUE_BYTES: return "bytes";
    case VALUE_SET: return "set";
    case VALUE_QUEUE: return "queue";
    case VALUE_STACK: return "stack";
    case VALUE_BUILTIN:
    case VALUE_METHOD: return "function";
    case VALUE_FUNCTION: {
        uint32_t flags = FUNCTION_OF(v)->proto->flags;
        if ((flags & PROTO_GENERATOR) != 0)
            return "generatordef";
        return (flags & PROTO_ASYNC) != 0 ? "asyncfunction" : "function";
    }
    case VALUE_GENERATOR: return "generator";
    case VALUE_ITERATOR: return "iterator";
    case VALUE_STRUCT: return "struct";
    case VALUE_STRUCTDEF: return "structdef";
    case VALUE_TAGGED: return "tagged";
    case VALUE_OK:
    case VALUE_ERR: return "result";
    case VALUE_SOME:
    case VALUE_NONE: return "option";
    case VALUE_CHANNEL: return "channel";
    case VALUE_PROMISE: return "promise";
    case VALUE_TASK: return "taskhandle";
    case VALUE_CELL:
    case VALUE_ITER:
    case VALUE_KIND_COUNT: break;
    }
    return "value";
}

bool ops_float_to_index(double f, int64_t *out)
{
    if (!isfinite(f))
        return false;
    /* 2^63 is the first double that does not fit. */
    if (f >= 9223372036854775808.0)
        *out = INT64_MAX;
    else if (f < -9223372036854775808.0)
        *out = INT64_MIN;
    else
        *out = (int64_t)f;
    return true;
}

/* ---- literals ----------------------------------------------------------------------- */

bool ops_interpolate(struct state *st, const struct value *parts, uint32_t n,
                     struct value *out)
{
    struct strbuf *text = st->scratch;
    strbuf_clear(text);
    for (uint32_t i = 0; i < n; i++) {
        struct value v = parts[i];
        if (v.kind == VALUE_STRING) {
            size_t len = STRING_OF(v)->len;
            /* The buffer is not the heap's: a huge text must still meet the limit. */
            if (len > SCRATCH_KEEP_BYTES && !heap_check_outside(st, text->len + len))
                return false;
            strbuf_append(text, STRING_OF(v)->data, len);
        } else if (v.kind == VALUE_INT)
            strbuf_append_i64(text, v.as.integer);
        else if (!print_display(st, text, v))
            return false;
    }
    bool ok = string_make_strbuf(st, text, out);
    /* One huge text must not be held for ever. */
    if (text->cap > SCRATCH_KEEP_BYTES)
        strbuf_done(text);
    return ok;
}

bool ops_spread_into_array(struct state *st, struct value *array, struct value items)
{
    if (items.kind != VALUE_ARRAY)
        return error_raise(st, "Can only spread arrays");
    return array_append(st, array, ARRAY_OF(items));
}

bool ops_spread_into_dict(struct state *st, struct value *dict, struct value items)
{
    if (items.kind != VALUE_DICT)
        return error_raise(st, "Can only spread dicts");
    return dict_merge(st, dict, DICT_OF(items));
}

bool ops_dict_literal_set_take(struct state *st, struct value *dict, struct value key,
                               struct value v)
{
    if (dict_is_key(key))
        return dict_set_take(st, dict, key, v);
    if (key.kind != VALUE_FLOAT) {
        value_release(st, v);
        return error_raise(st, "Dict keys must be strings");
    }
    struct value text;
    strbuf_clear(st->scratch);
    print_float(st->scratch, key.as.number);
    if (!string_make_strbuf(st, st->scratch, &text)) {
        value_release(st, v);
        return false;
    }
    bool ok = dict_set_take(st, dict, text, v);
    value_release(st, text);
    return ok;
}
