/* The text builtins on any text: results are valid UTF-8, and what undoes another does. */
#include "config.h"

#include "fuzz.h"
#include "library.h"

static void base64_round_trip(struct state *st, struct value text)
{
    struct value encoded = library_call_one(st, "encode_base64", text);
    struct value bytes = library_call_one(st, "decode_base64", encoded);
    struct value again = library_call_one(st, "encode_base64", bytes);
    library_must_equal(st, encoded, again);
    value_release(st, encoded);
    value_release(st, bytes);
    value_release(st, again);
}

static void reversed_twice(struct state *st, struct value text)
{
    struct value reversed = library_call_one(st, "str_reverse", text);
    struct value again = library_call_one(st, "str_reverse", reversed);
    library_must_equal(st, text, again);
    value_release(st, reversed);
    value_release(st, again);
}

static void split_and_joined(struct state *st, struct value text, struct value by)
{
    struct value pair[2] = {text, by};
    struct value parts[2] = {library_call(st, "split", pair, 2), by};
    struct value joined = library_call(st, "join", parts, 2);
    if (STRING_OF(by)->len > 0)
        library_must_equal(st, joined, text);
    value_release(st, joined);
    value_release(st, parts[0]);
}

/* A text is found where index_of says, and contains says the same. */
static void found_where_said(struct state *st, struct value text, struct value part)
{
    struct value pair[2] = {text, part};
    struct value at = library_call(st, "index_of", pair, 2);
    struct value has = library_call(st, "contains", pair, 2);
    if (at.kind != VALUE_INT || has.kind != VALUE_INT ||
        (at.as.integer >= 0) != (has.as.integer == 1))
        abort();
    if (at.as.integer >= 0) {
        struct value length = library_call_one(st, "len", part);
        struct value bounds[3] = {text, at,
                                  value_int(at.as.integer + length.as.integer)};
        struct value found = library_call(st, "substring", bounds, 3);
        library_must_equal(st, found, part);
        value_release(st, found);
    }
}

static void valid_and_released(struct state *st, struct value v)
{
    if (v.kind == VALUE_STRING && !utf8_valid(STRING_OF(v)->data, STRING_OF(v)->len))
        abort();
    value_release(st, v);
}

static void one_text(struct state *st, struct value text)
{
    static const char *const names[] = {
        "to_upper",      "to_lower",       "capitalize",  "slugify",
        "trim",          "trim_start",     "trim_end",    "to_camel_case",
        "to_snake_case", "to_kebab_case",  "words",       "lines",
        "parse_int",     "parse_float",    "to_int",      "to_float",
        "decode_base64", "sha256",         "md5",         "basename",
        "dirname",       "path_extension", "count_chars", "is_empty",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        valid_and_released(st, library_call_one(st, names[i], text));
}

static void several_texts(struct state *st, const struct value *parts)
{
    static const char *const two[] = {"starts_with", "ends_with", "parse_date",
                                      "join_path", "format"};
    for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++)
        valid_and_released(st, library_call(st, two[i], parts, 2));
    struct value length = library_call_one(st, "len", parts[1]);
    struct value padded[3] = {parts[0], length, parts[2]};
    valid_and_released(st, library_call(st, "replace", parts, 3));
    valid_and_released(st, library_call(st, "format", parts, 3));
    valid_and_released(st, library_call(st, "pad_left", padded, 3));
    valid_and_released(st, library_call(st, "pad_right", padded, 3));
    valid_and_released(st, library_call(st, "truncate", padded, 3));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct library l;
    if (!library_open(&l, data, size))
        return 0;
    base64_round_trip(l.st, l.parts[0]);
    reversed_twice(l.st, l.parts[0]);
    one_text(l.st, l.parts[0]);
    split_and_joined(l.st, l.parts[0], l.parts[1]);
    found_where_said(l.st, l.parts[0], l.parts[1]);
    several_texts(l.st, l.parts);
    library_close(&l);
    return 0;
}
