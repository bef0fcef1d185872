/*
 * convert.c - int(x), float(x), string(x), bool(x) and the number syntax of strings
 * (ops.h).
 */
#include "config.h"

#include <stdlib.h>
#include <strings.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "core/ops.h"
#include "core/ops_fast.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"

static bool to_int(struct state *st, struct value v, struct value *out);
static bool to_float(struct state *st, struct value v, struct value *out);
static bool to_bool(struct value v);
static bool raise_convert(struct state *st, struct value v, const char *target);
static void trim(const char **text, size_t *len);

bool ops_convert(struct state *st, unsigned to, struct value v, struct value *out)
{
    switch ((enum ops_conversion)to) {
    case OPS_TO_INT: return to_int(st, v, out);
    case OPS_TO_FLOAT: return to_float(st, v, out);
    case OPS_TO_STRING: return print_to_string(st, v, out);
    case OPS_TO_BOOL: *out = value_bool(to_bool(v)); return true;
    }
    return false;
}

static bool to_int(struct state *st, struct value v, struct value *out)
{
    int64_t i;
    switch (v.kind) {
    case VALUE_INT: *out = v; return true;
    case VALUE_BOOL: *out = value_int(v.as.boolean ? 1 : 0); return true;
    case VALUE_FLOAT:
        if (!ops_float_to_index(v.as.number, &i))
            i = v.as.number > 0 ? INT64_MAX : v.as.number < 0 ? INT64_MIN : 0;
        *out = value_int(i);
        return true;
    case VALUE_STRING:
        if (!ops_parse_int(STRING_OF(v)->data, STRING_OF(v)->len, &i))
            break;
        *out = value_int(i);
        return true;
    default: break;
    }
    return raise_convert(st, v, "int");
}

static bool to_float(struct state *st, struct value v, struct value *out)
{
    double f;
    switch (v.kind) {
    case VALUE_INT: *out = value_float((double)v.as.integer); return true;
    case VALUE_FLOAT: *out = v; return true;
    case VALUE_BOOL: *out = value_float(v.as.boolean ? 1.0 : 0.0); return true;
    case VALUE_STRING:
        if (!ops_parse_float(STRING_OF(v)->data, STRING_OF(v)->len, &f))
            break;
        *out = value_float(f);
        return true;
    default: break;
    }
    return raise_convert(st, v, "float");
}

static bool to_bool(struct value v)
{
    if (v.kind != VALUE_STRING)
        return ops_fast_truthy(v);
    const struct string *s = STRING_OF(v);
    if (s->len == 5 && strncasecmp(s->data, "false", 5) == 0)
        return false;
    return s->len != 0 && !(s->len == 1 && s->data[0] == '0');
}

static bool raise_convert(struct state *st, struct value v, const char *target)
{
    if (v.kind != VALUE_STRING) {
        const char *kind = v.kind == VALUE_ARRAY  ? "array"
                           : v.kind == VALUE_DICT ? "dict"
                           : v.kind == VALUE_NULL ? "null"
                                                  : "value";
        return error_raise(st, "Cannot convert %s to %s", kind, target);
    }
    struct strbuf text;
    struct value message;
    strbuf_init(&text);
    strbuf_append_str(&text, "Cannot convert '");
    strbuf_append(&text, STRING_OF(v)->data, STRING_OF(v)->len);
    strbuf_append_format(&text, "' to %s", target);
    bool made = string_make_strbuf(st, &text, &message);
    strbuf_done(&text);
    return made && error_raise_take(st, message);
}

/* ---- number syntax ------------------------------------------------------------------ */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool ops_parse_int(const char *text, size_t len, int64_t *out)
{
    trim(&text, &len);
    size_t at = len > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    bool negative = at == 1 && text[0] == '-';
    if (at == len)
        return false;
    /* Counted downwards, since the smallest int has no positive counterpart. */
    int64_t value = 0;
    for (; at < len; at++) {
        if (!is_digit(text[at]) || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, text[at] - '0', &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return true;
}

/* Length of the run of digits at `at`. */
static size_t digits(const char *text, size_t len, size_t at)
{
    size_t n = 0;
    while (at + n < len && is_digit(text[at + n]))
        n++;
    return n;
}

static bool is_word(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

bool ops_parse_float(const char *text, size_t len, double *out)
{
    trim(&text, &len);
    size_t at = len > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    double sign = at == 1 && text[0] == '-' ? -1.0 : 1.0;
    if (is_word(text + at, len - at, "inf") ||
        is_word(text + at, len - at, "infinity")) {
        *out = sign * (double)INFINITY;
        return true;
    }
    if (is_word(text + at, len - at, "nan")) {
        *out = (double)NAN;
        return true;
    }
    /* The syntax is checked here because strtod takes more: hexadecimal, nan(...). */
    size_t whole = digits(text, len, at);
    at += whole;
    size_t fraction = 0;
    if (at < len && text[at] == '.') {
        fraction = digits(text, len, at + 1);
        at += 1 + fraction;
    }
    if (whole + fraction == 0)
        return false;
    if (at < len && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        if (at < len && (text[at] == '-' || text[at] == '+'))
            at++;
        size_t exponent = digits(text, len, at);
        if (exponent == 0)
            return false;
        at += exponent;
    }
    if (at != len)
        return false;
    /* Stops at `len` by itself: there stands the NUL or white space. */
    *out = strtod(text, NULL);
    return true;
}

/* White_Space of Unicode. */
static bool is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
           c == 0x202F || c == 0x205F || c == 0x3000;
}

static void trim(const char **text, size_t *len)
{
    uint32_t c;
    while (*len > 0) {
        size_t n = utf8_decode(*text, *len, &c);
        if (n == 0 || !is_space(c))
            break;
        *text += n;
        *len -= n;
    }
    while (*len > 0) {
        size_t start = utf8_retreat(*text, *len);
        if (utf8_decode(*text + start, *len - start, &c) == 0 || !is_space(c))
            break;
        *len = start;
    }
}
