#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "base/strbuf.h"
#include "base/utf8.h"
#include "core/array.h"
#include "core/call.h"
#include "core/compare.h"
#include "core/heap.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/builtins.h"
#include "lib/json.h"
#include "lib/lib_state.h"

/* Calls a builtin; the result is null when it raised. */
static struct value call(struct state *st, const char *name, const struct value *given,
                         uint32_t n)
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

static struct value call_one(struct state *st, const char *name, struct value v)
{
    return call(st, name, &v, 1);
}

static void must_equal(struct state *st, struct value a, struct value b)
{
    bool equal = false;
    if (!compare_equal(st, a, b, &equal) || !equal)
        abort();
}

/* What was written reads back as the same value. */
static void json_round_trip(struct state *st, struct value text)
{
    struct value v = value_null(), again = value_null();
    struct strbuf out;
    strbuf_init(&out);
    if (json_read(st, STRING_OF(text)->data, STRING_OF(text)->len, &v)) {
        if (!json_write(st, &out, v, STRING_OF(text)->len % 2 == 0) ||
            !json_read(st, strbuf_str(&out), out.len, &again))
            abort();
        must_equal(st, v, again);
    }
    error_clear(st);
    value_release(st, v);
    value_release(st, again);
    strbuf_done(&out);
}

static void base64_round_trip(struct state *st, struct value text)
{
    struct value encoded = call_one(st, "encode_base64", text);
    struct value bytes = call_one(st, "decode_base64", encoded);
    struct value again = call_one(st, "encode_base64", bytes);
    must_equal(st, encoded, again);
    value_release(st, encoded);
    value_release(st, bytes);
    value_release(st, again);
}

/* Text and pattern, or text and separator, are the halves around the first NUL. */
static void two_texts(struct state *st, struct value text, struct value other)
{
    static const char *const names[] = {"regex_match", "regex_find_all", "regex_split",
                                        "contains",    "index_of",       "parse_date"};
    struct value pair[3] = {text, other, other};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        value_release(st, call(st, names[i], pair, 2));
    value_release(st, call(st, "regex_replace", pair, 3));
    value_release(st, call(st, "replace", pair, 3));
    struct value parts[2] = {call(st, "split", pair, 2), other};
    struct value joined = call(st, "join", parts, 2);
    if (STRING_OF(other)->len > 0)
        must_equal(st, joined, text);
    value_release(st, joined);
    value_release(st, parts[0]);
}

static void one_text(struct state *st, struct value text)
{
    static const char *const names[] = {
        "parse_csv",     "to_upper",    "to_lower",      "capitalize",
        "slugify",       "trim",        "to_camel_case", "to_snake_case",
        "to_kebab_case", "words",       "lines",         "str_reverse",
        "parse_int",     "parse_float", "decode_base64", "sha256",
        "md5",           "basename",    "dirname",       "path_extension",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct value v = call_one(st, names[i], text);
        if (v.kind == VALUE_STRING &&
            !utf8_valid(STRING_OF(v)->data, STRING_OF(v)->len))
            abort();
        value_release(st, v);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4096)
        return 0;
    const struct state_config config = {
        .builtins = builtins_table, .nbuiltins = BUILTINS_COUNT, .hash_seed = 1};
    struct state *st = state_new(&config);
    if (st == NULL)
        return 0;
    struct strbuf valid;
    strbuf_init(&valid);
    utf8_replace_invalid(&valid, (const char *)data, size);
    const char *all = strbuf_str(&valid);
    const char *nul = memchr(all, '\0', valid.len);
    size_t first = nul != NULL ? (size_t)(nul - all) : valid.len / 2;
    while (first > 0 && ((unsigned char)all[first] & 0xC0) == 0x80)
        first--;
    size_t second = nul != NULL ? first + 1 : first;
    struct value whole, text, other;
    if (string_make(st, all, valid.len, &whole) && string_make(st, all, first, &text) &&
        string_make(st, all + second, valid.len - second, &other)) {
        json_round_trip(st, whole);
        base64_round_trip(st, whole);
        one_text(st, whole);
        two_texts(st, text, other);
        value_release(st, whole);
        value_release(st, text);
        value_release(st, other);
    }
    strbuf_done(&valid);
    lib_state_free(st);
    state_free(st);
    return 0;
}
