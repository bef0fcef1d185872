/* Strings, language.md 19.3: searching, cutting, joining. Case and layout are in text.c. */
#include "config.h"

#include "lib/strings.h"

#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "core/array.h"
#include "core/dict.h"
#include "core/ops.h"
#include "core/poll.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/search.h"
#include "lib/unicode.h"

static bool push_piece(struct state *st, struct value *list, struct string *s,
                       size_t from, size_t to);
static bool finish_list(struct state *st, bool ok, struct value list,
                        struct value *result);

/* ---- inspection ------------------------------------------------------------------ */

bool strings_len(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    size_t n = 0;
    switch (args[0].kind) {
    case VALUE_STRING: n = STRING_OF(args[0])->chars; break;
    case VALUE_ARRAY: n = ARRAY_OF(args[0])->len; break;
    case VALUE_DICT: n = DICT_OF(args[0])->len; break;
    case VALUE_BYTES: n = BYTES_OF(args[0])->len; break;
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK: n = COLLECTION_OF(args[0])->len; break;
    default:
        return error_raise(
            st, "len() requires an array, dict, bytes, set, queue, stack, or string");
    }
    *result = value_int((int64_t)n);
    return true;
}

bool strings_is_empty(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    if (!argument_string(st, "is_empty", args[0], &s))
        return false;
    *result = value_bool(s->len == 0);
    return true;
}

bool strings_count_chars(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    if (!argument_string(st, "count_chars", args[0], &s))
        return false;
    *result = value_int((int64_t)s->chars);
    return true;
}

/* ---- searching ------------------------------------------------------------------- */

static bool array_position_of(const struct array *a, struct value x, size_t *at)
{
    if (array_rep(a) == ARRAY_INTS) {
        if (x.kind != VALUE_INT)
            return false;
        for (size_t i = 0; i < a->len; i++) {
            if (a->items.ints[i] == x.as.integer) {
                *at = i;
                return true;
            }
        }
        return false;
    }
    for (size_t i = 0; i < a->len; i++) {
        if (ops_identical(array_get(a, i), x)) {
            *at = i;
            return true;
        }
    }
    return false;
}

bool strings_contains(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    size_t at = 0;
    switch (args[0].kind) {
    case VALUE_STRING: {
        struct string *s = STRING_OF(args[0]), *t = NULL;
        if (args[1].kind != VALUE_STRING)
            return argument_raise(st, "contains", "two strings");
        t = STRING_OF(args[1]);
        *result = value_int(search_find(s->data, s->len, t->data, t->len) != NULL);
        return true;
    }
    case VALUE_ARRAY:
        *result = value_bool(array_position_of(ARRAY_OF(args[0]), args[1], &at));
        return true;
    case VALUE_DICT:
        *result = value_bool(dict_is_key(args[1]) &&
                             dict_find(st, DICT_OF(args[0]), args[1]) != NULL);
        return true;
    default: return argument_raise(st, "contains", "a string, array or dict");
    }
}

bool strings_index_of(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    size_t at = 0;
    if (args[0].kind == VALUE_ARRAY) {
        bool found = array_position_of(ARRAY_OF(args[0]), args[1], &at);
        *result = value_int(found ? (int64_t)at : -1);
        return true;
    }
    if (args[0].kind != VALUE_STRING || args[1].kind != VALUE_STRING)
        return argument_raise(st, "index_of", "two strings, or an array and a value");
    struct string *s = STRING_OF(args[0]), *t = STRING_OF(args[1]);
    const char *hit = search_find(s->data, s->len, t->data, t->len);
    if (hit == NULL)
        *result = value_int(-1);
    else
        *result = value_int((int64_t)string_chars_before(s, (size_t)(hit - s->data)));
    return true;
}

bool strings_starts_with(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)nargs;
    struct string *s = NULL, *t = NULL;
    if (!argument_string(st, "starts_with", args[0], &s) ||
        !argument_string(st, "starts_with", args[1], &t))
        return false;
    *result = value_bool(t->len <= s->len && memcmp(s->data, t->data, t->len) == 0);
    return true;
}

bool strings_ends_with(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    (void)nargs;
    struct string *s = NULL, *t = NULL;
    if (!argument_string(st, "ends_with", args[0], &s) ||
        !argument_string(st, "ends_with", args[1], &t))
        return false;
    *result = value_bool(t->len <= s->len &&
                         memcmp(s->data + (s->len - t->len), t->data, t->len) == 0);
    return true;
}

/* ---- cutting --------------------------------------------------------------------- */

static bool trim(struct state *st, const char *name, struct value v, bool start,
                 bool end, struct value *result)
{
    struct string *s = NULL;
    if (!argument_string(st, name, v, &s))
        return false;
    size_t from = start ? unicode_leading_space(s->data, s->len) : 0;
    size_t cut = end ? unicode_trailing_space(s->data + from, s->len - from) : 0;
    if (from == 0 && cut == 0) {
        *result = value_retain(v);
        return true;
    }
    struct string *cutout = string_slice_bytes(st, s, from, s->len - cut);
    if (cutout == NULL)
        return false;
    *result = string_value(cutout);
    return true;
}

bool strings_trim(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    return trim(st, "trim", args[0], true, true, result);
}

bool strings_trim_start(struct state *st, struct value *args, uint32_t nargs,
                        struct value *result)
{
    (void)nargs;
    return trim(st, "trim_start", args[0], true, false, result);
}

bool strings_trim_end(struct state *st, struct value *args, uint32_t nargs,
                      struct value *result)
{
    (void)nargs;
    return trim(st, "trim_end", args[0], false, true, result);
}

bool strings_substring(struct state *st, struct value *args, uint32_t nargs,
                       struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    int64_t a = 0, b = 0;
    if (!argument_string(st, "substring", args[0], &s) ||
        !argument_integer(st, "substring", args[1], &a) ||
        !argument_integer(st, "substring", args[2], &b))
        return false;
    int64_t chars = (int64_t)s->chars;
    a = a < 0 ? 0 : a;
    b = b < 0 ? 0 : b > chars ? chars : b;
    if (a >= b)
        a = b = 0;
    struct string *cutout = string_slice(st, s, (size_t)a, (size_t)b);
    if (cutout == NULL)
        return false;
    *result = string_value(cutout);
    return true;
}

bool strings_char_at(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    int64_t i = 0;
    if (!argument_string(st, "char_at", args[0], &s) ||
        !argument_integer(st, "char_at", args[1], &i))
        return false;
    i = i < 0 ? 0 : i;
    struct string *c =
        (uint64_t)i < s->chars ? string_char_at(st, s, (size_t)i) : string_empty(st);
    if (c == NULL)
        return false;
    *result = string_value(c);
    return true;
}

bool strings_str_reverse(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    if (!argument_string(st, "str_reverse", args[0], &s))
        return false;
    struct string *out = string_new_uninit(st, s->len);
    if (out == NULL)
        return false;
    for (size_t end = s->len, steps = 0; end > 0;) {
        size_t start = s->is_ascii ? end - 1 : utf8_retreat(s->data, end);
        if (!poll(st, steps++)) {
            object_release(st, &out->head);
            return false;
        }
        memcpy(out->data + (s->len - end), s->data + start, end - start);
        end = start;
    }
    string_seal(out, s->len);
    *result = string_value(out);
    return true;
}

/* ---- splitting ------------------------------------------------------------------- */

bool strings_split(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct string *s = NULL, *sep = NULL;
    if (!argument_string(st, "split", args[0], &s) ||
        !argument_string(st, "split", args[1], &sep))
        return false;
    struct value list;
    if (!array_make_empty(st, &list))
        return false;
    bool ok = true;
    if (sep->len == 0) {
        /* "", each character, "". */
        ok = push_piece(st, &list, s, 0, 0);
        for (size_t at = 0; ok && at < s->len;) {
            uint32_t c = 0;
            size_t n = utf8_decode(s->data + at, s->len - at, &c);
            n = n == 0 ? 1 : n;
            ok = push_piece(st, &list, s, at, at + n);
            at += n;
        }
        ok = ok && push_piece(st, &list, s, 0, 0);
        return finish_list(st, ok, list, result);
    }
    size_t from = 0;
    for (;;) {
        const char *hit =
            search_find(s->data + from, s->len - from, sep->data, sep->len);
        size_t to = hit != NULL ? (size_t)(hit - s->data) : s->len;
        ok = push_piece(st, &list, s, from, to);
        if (!ok || hit == NULL)
            break;
        from = to + sep->len;
    }
    return finish_list(st, ok, list, result);
}

bool strings_lines(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    if (!argument_string(st, "lines", args[0], &s))
        return false;
    return strings_make_lines(st, s, result);
}

bool strings_make_lines(struct state *st, struct string *s, struct value *result)
{
    struct value list;
    if (!array_make_empty(st, &list))
        return false;
    bool ok = true;
    for (size_t from = 0; ok && from < s->len;) {
        const char *lf = memchr(s->data + from, '\n', s->len - from);
        size_t next = lf != NULL ? (size_t)(lf - s->data) + 1 : s->len;
        size_t to = lf != NULL ? next - 1 : s->len;
        if (lf != NULL && to > from && s->data[to - 1] == '\r')
            to--;
        ok = push_piece(st, &list, s, from, to);
        from = next;
    }
    return finish_list(st, ok, list, result);
}

bool strings_words(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    if (!argument_string(st, "words", args[0], &s))
        return false;
    struct value list;
    if (!array_make_empty(st, &list))
        return false;
    bool ok = true;
    size_t at = 0;
    while (ok) {
        at += unicode_leading_space(s->data + at, s->len - at);
        size_t from = at;
        uint32_t c = 0;
        size_t n = 0;
        while (at < s->len && (n = utf8_decode(s->data + at, s->len - at, &c)) > 0 &&
               !unicode_is_space(c))
            at += n;
        if (at == from)
            break;
        ok = push_piece(st, &list, s, from, at);
    }
    return finish_list(st, ok, list, result);
}

static bool push_piece(struct state *st, struct value *list, struct string *s,
                       size_t from, size_t to)
{
    if (!poll(st, ARRAY_OF(*list)->len))
        return false;
    struct string *piece = string_slice_bytes(st, s, from, to);
    return piece != NULL && array_push_take(st, list, string_value(piece));
}

static bool finish_list(struct state *st, bool ok, struct value list,
                        struct value *result)
{
    if (!ok) {
        value_release(st, list);
        return false;
    }
    *result = list;
    return true;
}

/* ---- joining --------------------------------------------------------------------- */

static bool join_strings(struct state *st, const struct array *a,
                         const struct string *sep, struct value *result);
static bool join_mixed(struct state *st, const struct array *a,
                       const struct string *sep, struct value *result);

bool strings_join(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    struct array *a = NULL;
    struct string *sep = NULL;
    if (!argument_array(st, "join", args[0], &a) ||
        !argument_string(st, "join", args[1], &sep))
        return false;
    if (array_rep(a) == ARRAY_VALUES) {
        size_t i = 0;
        while (i < a->len && a->items.values[i].kind == VALUE_STRING)
            i++;
        if (i == a->len)
            return join_strings(st, a, sep, result);
    }
    return join_mixed(st, a, sep, result);
}

/* Measured, then written once. */
static bool join_strings(struct state *st, const struct array *a,
                         const struct string *sep, struct value *result)
{
    size_t total = a->len > 1 ? sep->len * (a->len - 1) : 0;
    for (size_t i = 0; i < a->len; i++)
        total += STRING_OF(a->items.values[i])->len;
    struct string *out = string_new_uninit(st, total);
    if (out == NULL)
        return false;
    char *to = out->data;
    for (size_t i = 0; i < a->len; i++) {
        const struct string *s = STRING_OF(a->items.values[i]);
        if (!poll(st, i)) {
            object_release(st, &out->head);
            return false;
        }
        if (i > 0 && sep->len > 0) {
            memcpy(to, sep->data, sep->len);
            to += sep->len;
        }
        memcpy(to, s->data, s->len);
        to += s->len;
    }
    string_seal(out, total);
    *result = string_value(out);
    return true;
}

static bool join_mixed(struct state *st, const struct array *a,
                       const struct string *sep, struct value *result)
{
    struct strbuf out;
    strbuf_init(&out);
    bool ok = true;
    for (size_t i = 0; ok && i < a->len; i++) {
        struct value v = array_get(a, i);
        if (!poll(st, i)) {
            ok = false;
            break;
        }
        if (i > 0)
            strbuf_append(&out, sep->data, sep->len);
        switch (v.kind) {
        case VALUE_INT: strbuf_append_i64(&out, v.as.integer); break;
        case VALUE_STRING:
            strbuf_append(&out, STRING_OF(v)->data, STRING_OF(v)->len);
            break;
        case VALUE_FLOAT:
        case VALUE_BOOL: ok = print_display(st, &out, v); break;
        default: ok = print_debug(st, &out, v); break;
        }
    }
    ok = ok && string_make_strbuf(st, &out, result);
    strbuf_done(&out);
    return ok;
}

bool strings_repeat(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    struct string *s = NULL;
    int64_t n = 0;
    if (!argument_string(st, "repeat", args[0], &s) ||
        !argument_integer(st, "repeat", args[1], &n))
        return false;
    struct string *out = string_repeat(st, s, n);
    if (out == NULL)
        return false;
    *result = string_value(out);
    return true;
}

/* ---- replacing ------------------------------------------------------------------- */

static bool replace_empty(struct state *st, const struct string *s,
                          const struct string *by, struct value *result);

bool strings_replace(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    struct string *s = NULL, *old = NULL, *by = NULL;
    if (!argument_string(st, "replace", args[0], &s) ||
        !argument_string(st, "replace", args[1], &old) ||
        !argument_string(st, "replace", args[2], &by))
        return false;
    if (old->len == 0)
        return replace_empty(st, s, by, result);
    size_t count = 0;
    const char *end = s->data + s->len;
    for (const char *at = s->data;; count++) {
        const char *hit = search_find(at, (size_t)(end - at), old->data, old->len);
        if (!poll(st, count))
            return false;
        if (hit == NULL)
            break;
        at = hit + old->len;
    }
    if (count == 0) {
        *result = value_retain(args[0]);
        return true;
    }
    size_t kept = s->len - count * old->len;
    if (by->len > 0 && count > (STRING_MAX_BYTES - kept) / by->len)
        return error_out_of_memory(st);
    size_t total = kept + count * by->len;
    struct string *out = string_new_uninit(st, total);
    if (out == NULL)
        return false;
    char *to = out->data;
    const char *at = s->data;
    for (; count > 0; count--) {
        const char *hit = search_find(at, (size_t)(end - at), old->data, old->len);
        if (!poll(st, count)) {
            object_release(st, &out->head);
            return false;
        }
        memcpy(to, at, (size_t)(hit - at));
        to += hit - at;
        memcpy(to, by->data, by->len);
        to += by->len;
        at = hit + old->len;
    }
    memcpy(to, at, (size_t)(end - at));
    string_seal(out, total);
    *result = string_value(out);
    return true;
}

/* Before every character and at the end. */
static bool replace_empty(struct state *st, const struct string *s,
                          const struct string *by, struct value *result)
{
    if (by->len > 0 && s->chars + 1 > (STRING_MAX_BYTES - s->len) / by->len)
        return error_out_of_memory(st);
    size_t total = s->len + (s->chars + 1) * by->len;
    struct string *out = string_new_uninit(st, total);
    if (out == NULL)
        return false;
    char *to = out->data;
    memcpy(to, by->data, by->len);
    to += by->len;
    for (size_t at = 0, steps = 0; at < s->len;) {
        uint32_t c = 0;
        size_t n = utf8_decode(s->data + at, s->len - at, &c);
        if (!poll(st, steps++)) {
            object_release(st, &out->head);
            return false;
        }
        n = n == 0 ? 1 : n;
        memcpy(to, s->data + at, n);
        to += n;
        at += n;
        if ((size_t)(to - out->data) + by->len > total)
            break; /* only on text that is no UTF-8 */
        memcpy(to, by->data, by->len);
        to += by->len;
    }
    string_seal(out, (size_t)(to - out->data));
    *result = string_value(out);
    return true;
}
