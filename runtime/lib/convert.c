#include "config.h"

#include "lib/convert.h"

#include <math.h>
#include <strings.h>

#include "base/numtext.h"
#include "core/array.h"
#include "core/bytes.h"
#include "core/function.h"
#include "core/ops.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/unicode.h"

/* Order of enum ast_convert, which ops_convert takes. */
enum target {
    TO_INT,
    TO_FLOAT,
    TO_STRING,
    TO_BOOL
};

static const char *type_name(struct value v);

/* ---- conversions ----------------------------------------------------------------- */

bool convert_to_string(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    (void)nargs;
    if (args[0].kind == VALUE_STRING) {
        *result = value_take(&args[0]);
        return true;
    }
    if (args[0].kind == VALUE_INT) {
        struct string *s = string_from_int(st, args[0].as.integer);
        if (s == NULL)
            return false;
        *result = string_value(s);
        return true;
    }
    return print_to_string(st, args[0], result);
}

bool convert_to_int(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    return ops_convert(st, TO_INT, args[0], result);
}

bool convert_to_float(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    return ops_convert(st, TO_FLOAT, args[0], result);
}

bool convert_to_bool(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    return ops_convert(st, TO_BOOL, args[0], result);
}

bool convert_is_truthy(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    (void)st;
    (void)nargs;
    *result = value_bool(ops_truthy(args[0]));
    return true;
}

static void trimmed(const struct string *s, const char **text, size_t *len)
{
    size_t lead = unicode_leading_space(s->data, s->len);
    *text = s->data + lead;
    *len = s->len - lead - unicode_trailing_space(*text, s->len - lead);
}

bool convert_parse_int(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    if (!argument_string(st, "parse_int", args[0], &s))
        return false;
    const char *text;
    size_t len;
    int64_t i = 0;
    trimmed(s, &text, &len);
    if (!convert_parse_integer(text, len, &i))
        return error_raise(st, "Cannot parse '%s' as integer", s->data);
    *result = value_int(i);
    return true;
}

bool convert_parse_float(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    if (!argument_string(st, "parse_float", args[0], &s))
        return false;
    const char *text;
    size_t len;
    double f = 0.0;
    trimmed(s, &text, &len);
    if (!convert_parse_number(text, len, &f))
        return error_raise(st, "Cannot parse '%s' as float", s->data);
    *result = value_float(f);
    return true;
}

bool convert_parse_integer(const char *text, size_t len, int64_t *out)
{
    return numtext_parse_i64(text, len, out) == NUMTEXT_OK;
}

bool convert_parse_number(const char *text, size_t len, double *out)
{
    if (numtext_parse_double(text, len, out) == NUMTEXT_OK)
        return true;
    size_t sign = len > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    bool negative = sign == 1 && text[0] == '-';
    const char *word = text + sign;
    size_t left = len - sign;
    if ((left == 3 && strncasecmp(word, "inf", 3) == 0) ||
        (left == 8 && strncasecmp(word, "infinity", 8) == 0)) {
        *out = negative ? -HUGE_VAL : HUGE_VAL;
        return true;
    }
    if (left == 3 && strncasecmp(word, "nan", 3) == 0) {
        *out = (double)NAN;
        return true;
    }
    return false;
}

/* ---- inspection ------------------------------------------------------------------ */

bool convert_type(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    return string_make_text(st, type_name(args[0]), result);
}

static const char *type_name(struct value v)
{
    switch ((enum value_kind)v.kind) {
    case VALUE_INT: return "int";
    case VALUE_FLOAT: return "float";
    case VALUE_BOOL: return "bool";
    case VALUE_STRING: return "string";
    case VALUE_ARRAY: return "array";
    case VALUE_DICT: return "dict";
    case VALUE_STRUCT: return "struct";
    case VALUE_BYTES: return "bytes";
    case VALUE_SET: return "set";
    case VALUE_QUEUE: return "queue";
    case VALUE_STACK: return "stack";
    case VALUE_FUNCTION: {
        uint32_t flags = FUNCTION_OF(v)->proto->flags;
        return (flags & PROTO_GENERATOR) != 0 ? "generatordef"
               : (flags & PROTO_ASYNC) != 0   ? "asyncfunction"
                                              : "function";
    }
    case VALUE_BUILTIN:
    case VALUE_METHOD: return "function";
    case VALUE_STRUCTDEF: return "structdef";
    case VALUE_TAGGED: return "tagged";
    case VALUE_OK:
    case VALUE_ERR: return "result";
    case VALUE_SOME:
    case VALUE_NONE: return "option";
    case VALUE_GENERATOR: return "generator";
    case VALUE_ITERATOR: return "iterator";
    case VALUE_CHANNEL: return "channel";
    case VALUE_PROMISE: return "promise";
    case VALUE_TASK: return "taskhandle";
    case VALUE_NULL:
    case VALUE_UNSET:
    case VALUE_CELL:
    case VALUE_ITER:
    case VALUE_KIND_COUNT: break;
    }
    return "null";
}

#define IS_KIND_DEFINE(name, condition)                                          \
    bool convert_is_##name(struct state *st, struct value *args, uint32_t nargs, \
                           struct value *result)                                 \
    {                                                                            \
        (void)st;                                                                \
        (void)nargs;                                                             \
        struct value v = args[0];                                                \
        *result = value_bool(condition);                                         \
        return true;                                                             \
    }

IS_KIND_DEFINE(int, v.kind == VALUE_INT)
IS_KIND_DEFINE(float, v.kind == VALUE_FLOAT)
IS_KIND_DEFINE(string, v.kind == VALUE_STRING)
IS_KIND_DEFINE(bool, v.kind == VALUE_BOOL)
IS_KIND_DEFINE(array, v.kind == VALUE_ARRAY)
IS_KIND_DEFINE(dict, v.kind == VALUE_DICT)
IS_KIND_DEFINE(null, v.kind == VALUE_NULL)
IS_KIND_DEFINE(function, call_is_callable(v))

/* ---- bytes and errors ------------------------------------------------------------ */

bool convert_bytes(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct array *a = NULL;
    if (!argument_array(st, "bytes", args[0], &a))
        return false;
    struct bytes *b = bytes_new(st, NULL, a->len);
    if (b == NULL)
        return false;
    for (size_t i = 0; i < a->len; i++) {
        struct value item = array_get(a, i);
        if (item.kind == VALUE_INT && item.as.integer >= 0 && item.as.integer <= 255) {
            b->data[i] = (uint8_t)item.as.integer;
            continue;
        }
        struct value text;
        object_release(st, &b->head);
        if (!print_to_string(st, item, &text))
            return false;
        error_raise(st, "bytes() requires integers in range 0-255, got %s",
                    STRING_OF(text)->data);
        value_release(st, text);
        return false;
    }
    *result = value_object(&b->head);
    return true;
}

bool convert_error(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    (void)result;
    return error_throw(st, args[0]);
}
