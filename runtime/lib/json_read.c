#include "config.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "core/array.h"
#include "core/dict.h"
#include "core/poll.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/convert.h"
#include "lib/json.h"

struct level {
    struct value container; /* array or dict, owned, unique */
    struct value key;       /* dict: of the value that comes, owned; null before it */
};

struct reader {
    struct state *st;
    const char *text;
    size_t len, at;
    struct strbuf scratch; /* strings with escapes */
    struct level *levels;
    size_t depth;
};

static bool read_document(struct reader *r, struct value *out);
static bool scalar(struct reader *r, struct value *out);
static bool string(struct reader *r, struct value *out);
static bool string_escape(struct reader *r);
static bool hex4(struct reader *r, uint32_t *out);
static bool number(struct reader *r, struct value *out);
static bool key(struct reader *r);
static bool store_take(struct reader *r, struct value v);
static bool push_level(struct reader *r, bool dict);
static void skip_space(struct reader *r);
static bool fail(struct reader *r, const char *what);

bool json_parse_json(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    if (!argument_string(st, "parse_json", args[0], &s))
        return false;
    return json_read(st, s->data, s->len, result);
}

bool json_read(struct state *st, const char *text, size_t len, struct value *out)
{
    struct reader r = {.st = st, .text = text, .len = len};
    size_t bytes = JSON_MAX_DEPTH * sizeof(struct level);
    r.levels = heap_alloc(st, bytes, HEAP_BUILTIN);
    if (r.levels == NULL)
        return false;
    strbuf_init(&r.scratch);
    bool ok = read_document(&r, out);
    while (r.depth > 0) {
        r.depth--;
        value_release(st, r.levels[r.depth].container);
        value_release(st, r.levels[r.depth].key);
    }
    strbuf_done(&r.scratch);
    heap_free(st, r.levels, bytes);
    return ok;
}

/* One value and white space. A value that is complete is stored into its container, whose
   end may complete it in turn. */
static bool read_document(struct reader *r, struct value *out)
{
    for (uint64_t values = 0;; values++) {
        if (!poll(r->st, values))
            return false;
        skip_space(r);
        struct value v;
        char c = r->at < r->len ? r->text[r->at] : '\0';
        if (c == '[' || c == '{') {
            if (!push_level(r, c == '{'))
                return false;
            r->at++;
            skip_space(r);
            if (r->at < r->len && r->text[r->at] == (c == '[' ? ']' : '}')) {
                r->at++;
                v = value_take(&r->levels[--r->depth].container);
            } else {
                if (c == '{' && !key(r))
                    return false;
                continue;
            }
        } else if (!scalar(r, &v)) {
            return false;
        }
        for (;;) {
            skip_space(r);
            if (r->depth == 0) {
                if (r->at < r->len) {
                    value_release(r->st, v);
                    return fail(r, "trailing characters");
                }
                *out = v;
                return true;
            }
            if (!store_take(r, v))
                return false;
            struct level *top = &r->levels[r->depth - 1];
            bool dict = top->container.kind == VALUE_DICT;
            char next = r->at < r->len ? r->text[r->at] : '\0';
            if (next == ',') {
                r->at++;
                if (dict && !key(r))
                    return false;
                break;
            }
            if (next != (dict ? '}' : ']'))
                return fail(r, dict ? "expected `,` or `}`" : "expected `,` or `]`");
            r->at++;
            v = value_take(&top->container);
            r->depth--;
        }
    }
}

static bool push_level(struct reader *r, bool dict)
{
    if (r->depth == JSON_MAX_DEPTH)
        return fail(r, "recursion limit exceeded");
    struct level *level = &r->levels[r->depth];
    level->key = value_null();
    bool ok = dict ? dict_make_empty(r->st, &level->container)
                   : array_make_empty(r->st, &level->container);
    r->depth += ok;
    return ok;
}

static bool store_take(struct reader *r, struct value v)
{
    struct level *top = &r->levels[r->depth - 1];
    if (top->container.kind == VALUE_ARRAY)
        return array_push_take(r->st, &top->container, v);
    bool ok = dict_set_take(r->st, &top->container, top->key, v);
    value_set_take(r->st, &top->key, value_null());
    return ok;
}

/* `"key" :` */
static bool key(struct reader *r)
{
    skip_space(r);
    if (r->at == r->len || r->text[r->at] != '"')
        return fail(r, "expected a string key");
    struct value text;
    if (!string(r, &text))
        return false;
    r->levels[r->depth - 1].key = text;
    skip_space(r);
    if (r->at == r->len || r->text[r->at] != ':')
        return fail(r, "expected `:`");
    r->at++;
    return true;
}

/* ---- scalars --------------------------------------------------------------------- */

static bool word(struct reader *r, const char *text)
{
    size_t n = strlen(text);
    if (r->len - r->at < n || memcmp(r->text + r->at, text, n) != 0)
        return false;
    r->at += n;
    return true;
}

static bool scalar(struct reader *r, struct value *out)
{
    if (r->at == r->len)
        return fail(r, "unexpected end of input");
    switch (r->text[r->at]) {
    case '"': return string(r, out);
    case 't':
        *out = value_bool(true);
        return word(r, "true") || fail(r, "expected a value");
    case 'f':
        *out = value_bool(false);
        return word(r, "false") || fail(r, "expected a value");
    case 'n':
        *out = value_null();
        return word(r, "null") || fail(r, "expected a value");
    default: return number(r, out);
    }
}

static bool is_digit(const struct reader *r)
{
    return r->at < r->len && r->text[r->at] >= '0' && r->text[r->at] <= '9';
}

static bool number(struct reader *r, struct value *out)
{
    size_t start = r->at;
    bool integer = true;
    if (r->at < r->len && r->text[r->at] == '-')
        r->at++;
    if (!is_digit(r))
        return fail(r, r->at > start ? "invalid number" : "expected a value");
    if (r->text[r->at] == '0') {
        r->at++;
        if (is_digit(r))
            return fail(r, "invalid number");
    }
    while (is_digit(r))
        r->at++;
    if (r->at < r->len && r->text[r->at] == '.') {
        integer = false;
        r->at++;
        if (!is_digit(r))
            return fail(r, "invalid number");
        while (is_digit(r))
            r->at++;
    }
    if (r->at < r->len && (r->text[r->at] == 'e' || r->text[r->at] == 'E')) {
        integer = false;
        r->at++;
        if (r->at < r->len && (r->text[r->at] == '+' || r->text[r->at] == '-'))
            r->at++;
        if (!is_digit(r))
            return fail(r, "invalid number");
        while (is_digit(r))
            r->at++;
    }
    int64_t i = 0;
    double f = 0.0;
    if (integer && convert_parse_integer(r->text + start, r->at - start, &i)) {
        *out = value_int(i);
        return true;
    }
    if (!convert_parse_number(r->text + start, r->at - start, &f))
        return error_out_of_memory(r->st);
    if (f - f != 0.0)
        return fail(r, "number out of range");
    *out = value_float(f);
    return true;
}

/* ---- strings --------------------------------------------------------------------- */

/* From the opening quote to behind the closing one. Text without escapes is not copied
   twice. */
static bool string(struct reader *r, struct value *out)
{
    size_t start = ++r->at;
    bool plain = true;
    strbuf_clear(&r->scratch);
    for (;;) {
        size_t from = r->at;
        while (r->at < r->len) {
            unsigned char c = (unsigned char)r->text[r->at];
            if (c == '"' || c == '\\' || c < 0x20)
                break;
            r->at++;
        }
        if (r->at == r->len)
            return fail(r, "unterminated string");
        if (r->text[r->at] == '"' && plain) {
            r->at++;
            return string_make(r->st, r->text + start, r->at - 1 - start, out);
        }
        strbuf_append(&r->scratch, r->text + from, r->at - from);
        if (r->text[r->at] == '"') {
            r->at++;
            return string_make_strbuf(r->st, &r->scratch, out);
        }
        if (r->text[r->at] != '\\')
            return fail(r, "control character in string");
        plain = false;
        if (!string_escape(r))
            return false;
    }
}

static bool string_escape(struct reader *r)
{
    r->at++;
    if (r->at == r->len)
        return fail(r, "unterminated string");
    char c = r->text[r->at++];
    switch (c) {
    case '"':
    case '\\':
    case '/': break;
    case 'b': c = '\b'; break;
    case 'f': c = '\f'; break;
    case 'n': c = '\n'; break;
    case 'r': c = '\r'; break;
    case 't': c = '\t'; break;
    case 'u': {
        uint32_t unit = 0, low = 0;
        if (!hex4(r, &unit))
            return false;
        if (unit >= 0xDC00 && unit < 0xE000)
            return fail(r, "lone surrogate");
        if (unit >= 0xD800 && unit < 0xDC00) {
            if (!word(r, "\\u"))
                return fail(r, "lone surrogate");
            if (!hex4(r, &low))
                return false;
            if (low < 0xDC00 || low >= 0xE000)
                return fail(r, "lone surrogate");
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        }
        strbuf_append_utf8(&r->scratch, unit);
        return true;
    }
    default: r->at--; return fail(r, "invalid escape");
    }
    strbuf_append_char(&r->scratch, c);
    return true;
}

static bool hex4(struct reader *r, uint32_t *out)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++, r->at++) {
        char c = r->at < r->len ? r->text[r->at] : '\0';
        if (c >= '0' && c <= '9')
            unit = unit << 4 | (uint32_t)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            unit = unit << 4 | (uint32_t)((c | 32) - 'a' + 10);
        else
            return fail(r, "invalid escape");
    }
    *out = unit;
    return true;
}

/* ---- helpers --------------------------------------------------------------------- */

static void skip_space(struct reader *r)
{
    while (r->at < r->len && (r->text[r->at] == ' ' || r->text[r->at] == '\t' ||
                              r->text[r->at] == '\n' || r->text[r->at] == '\r'))
        r->at++;
}

static bool fail(struct reader *r, const char *what)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < r->at && i < r->len; i++) {
        if (r->text[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)r->text[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    return error_raise(r->st, "JSON parse error: %s at line %zu column %zu", what, line,
                       column);
}
