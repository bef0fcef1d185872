#include "config.h"

#include "lib/argument.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "core/array.h"
#include "core/string.h"

bool argument_raise(struct state *st, const char *name, const char *what)
{
    return error_raise(st, "%s() requires %s", name, what);
}

bool argument_string(struct state *st, const char *name, struct value v,
                     struct string **out)
{
    if (v.kind != VALUE_STRING)
        return argument_raise(st, name, "a string");
    *out = STRING_OF(v);
    return true;
}

bool argument_blob(struct state *st, const char *name, struct value v,
                   const void **data, size_t *len)
{
    if (v.kind == VALUE_STRING) {
        *data = STRING_OF(v)->data;
        *len = STRING_OF(v)->len;
        return true;
    }
    if (v.kind != VALUE_BYTES)
        return argument_raise(st, name, "a string or bytes");
    *data = BYTES_OF(v)->data;
    *len = BYTES_OF(v)->len;
    return true;
}

bool argument_array(struct state *st, const char *name, struct value v,
                    struct array **out)
{
    if (v.kind != VALUE_ARRAY)
        return argument_raise(st, name, "an array");
    *out = ARRAY_OF(v);
    return true;
}

bool argument_dict(struct state *st, const char *name, struct value v,
                   struct dict **out)
{
    if (v.kind != VALUE_DICT)
        return argument_raise(st, name, "a dict");
    *out = DICT_OF(v);
    return true;
}

bool argument_bytes(struct state *st, const char *name, struct value v,
                    struct bytes **out)
{
    if (v.kind != VALUE_BYTES)
        return argument_raise(st, name, "bytes");
    *out = BYTES_OF(v);
    return true;
}

bool argument_integer(struct state *st, const char *name, struct value v, int64_t *out)
{
    if (v.kind == VALUE_INT)
        *out = v.as.integer;
    else if (v.kind == VALUE_FLOAT)
        *out = argument_truncate(v.as.number);
    else
        return argument_raise(st, name, "a number");
    return true;
}

int64_t argument_truncate(double f)
{
    if (f >= 0x1p63)
        return INT64_MAX;
    if (f <= -0x1p63)
        return INT64_MIN;
    return f == f ? (int64_t)f : 0;
}

bool argument_pair_take(struct state *st, struct value a, struct value b,
                        struct value *result)
{
    struct value items[2] = {a, b};
    return array_make_take(st, items, 2, result);
}

struct array *argument_pair_new(struct state *st)
{
    struct array *pair = array_new(st, 2);
    if (pair != NULL) {
        pair->items.values[0] = value_null();
        pair->items.values[1] = value_null();
        pair->len = 2;
    }
    return pair;
}

const char *argument_os_error(int code, char *buffer, size_t size)
{
    char text[ARGUMENT_OS_ERROR_BYTES];
    snprintf(buffer, size, "%s (os error %d)", strerror_r(code, text, sizeof(text)),
             code);
    return buffer;
}

bool argument_outside_text(struct state *st, const char *text, size_t len,
                           struct value *result)
{
    if (utf8_valid(text, len))
        return string_make(st, text, len, result);
    struct strbuf valid;
    strbuf_init(&valid);
    utf8_replace_invalid(&valid, text, len);
    bool ok = string_make_strbuf(st, &valid, result);
    strbuf_done(&valid);
    return ok;
}
