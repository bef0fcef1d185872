#include "config.h"

#include "lib/text.h"

#include <string.h>

#include "base/sizing.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "core/poll.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/unicode.h"

/* Looks at `stop` are this many bytes apart. */
#define STOP_BYTES SIZE_OR_TINY((size_t)64 * 1024, (size_t)3)

typedef bool (*append_fn)(struct strbuf *out, const char *text, size_t len,
                          text_stop stop);

static bool converted(struct state *st, const char *name, struct value v,
                      append_fn append, struct value *result);
static bool ascii_case(struct state *st, const struct string *s, bool upper,
                       struct value *result);

static bool stopped(text_stop stop, size_t at, size_t *next);
static bool append_upper_part(struct strbuf *out, const char *text, size_t from,
                              size_t to, text_stop stop);
static bool append_lower_part(struct strbuf *out, const char *text, size_t len,
                              size_t from, size_t to, text_stop stop);

/* ---- case ------------------------------------------------------------------------ */

static bool append_upper(struct strbuf *out, const char *text, size_t len,
                         text_stop stop)
{
    return append_upper_part(out, text, 0, len, stop);
}

static bool append_lower(struct strbuf *out, const char *text, size_t len,
                         text_stop stop)
{
    return append_lower_part(out, text, len, 0, len, stop);
}

bool text_to_upper(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    if (args[0].kind == VALUE_STRING && STRING_OF(args[0])->is_ascii)
        return ascii_case(st, STRING_OF(args[0]), true, result);
    return converted(st, "to_upper", args[0], append_upper, result);
}

bool text_to_lower(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    if (args[0].kind == VALUE_STRING && STRING_OF(args[0])->is_ascii)
        return ascii_case(st, STRING_OF(args[0]), false, result);
    return converted(st, "to_lower", args[0], append_lower, result);
}

bool text_capitalize(struct state *st, struct value *args, uint32_t nargs,
                     struct value *result)
{
    (void)nargs;
    return converted(st, "capitalize", args[0], text_append_capitalized, result);
}

bool text_slugify(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    return converted(st, "slugify", args[0], text_append_slug, result);
}

bool text_to_camel_case(struct state *st, struct value *args, uint32_t nargs,
                        struct value *result)
{
    (void)nargs;
    return converted(st, "to_camel_case", args[0], text_append_camel, result);
}

static bool append_snake(struct strbuf *out, const char *text, size_t len,
                         text_stop stop)
{
    return text_append_snake(out, text, len, '_', stop);
}

bool text_to_snake_case(struct state *st, struct value *args, uint32_t nargs,
                        struct value *result)
{
    (void)nargs;
    return converted(st, "to_snake_case", args[0], append_snake, result);
}

static bool append_kebab(struct strbuf *out, const char *text, size_t len,
                         text_stop stop)
{
    return text_append_snake(out, text, len, '-', stop);
}

bool text_to_kebab_case(struct state *st, struct value *args, uint32_t nargs,
                        struct value *result)
{
    (void)nargs;
    return converted(st, "to_kebab_case", args[0], append_kebab, result);
}

static bool converted(struct state *st, const char *name, struct value v,
                      append_fn append, struct value *result)
{
    struct string *s = NULL;
    if (!argument_string(st, name, v, &s))
        return false;
    struct strbuf out;
    strbuf_init(&out);
    bool whole = append(&out, s->data, s->len, &st->interrupt);
    bool ok = (whole || poll_now(st)) && string_make_strbuf(st, &out, result);
    strbuf_done(&out);
    return ok;
}

static bool ascii_case(struct state *st, const struct string *s, bool upper,
                       struct value *result)
{
    struct string *out = string_new_uninit(st, s->len);
    if (out == NULL)
        return false;
    unsigned char first = upper ? 'a' : 'A';
    for (size_t i = 0; i < s->len;) {
        if (!poll_now(st)) {
            object_release(st, &out->head);
            return false;
        }
        for (size_t end = poll_block(i, s->len); i < end; i++) {
            unsigned char c = (unsigned char)s->data[i];
            out->data[i] = (char)((unsigned char)(c - first) < 26 ? c ^ 32 : c);
        }
    }
    string_seal(out, s->len);
    *result = string_value(out);
    return true;
}

bool text_append_capitalized(struct strbuf *out, const char *text, size_t len,
                             text_stop stop)
{
    size_t first = utf8_advance(text, len, 1);
    return unicode_append_upper(out, text, first) &&
           append_lower_part(out, text + first, len - first, 0, len - first, stop);
}

static bool stopped(text_stop stop, size_t at, size_t *next)
{
    if (__builtin_expect(at < *next, 1))
        return false;
    *next = at + STOP_BYTES;
    return stop != NULL && __atomic_load_n(stop, __ATOMIC_RELAXED) != 0;
}

/* Where the characters of the block that begins at `from` end. */
static size_t block_end(const char *text, size_t from, size_t to)
{
    if (to - from <= STOP_BYTES)
        return to;
    size_t end = from + STOP_BYTES;
    while (end < to && ((unsigned char)text[end] & 0xC0) == 0x80)
        end++;
    return end;
}

static bool append_upper_part(struct strbuf *out, const char *text, size_t from,
                              size_t to, text_stop stop)
{
    if (!strbuf_reserve(out, to - from))
        return false;
    for (size_t next = 0, end; from < to; from = end) {
        end = block_end(text, from, to);
        if (stopped(stop, from, &next) ||
            !unicode_append_upper(out, text + from, end - from))
            return false;
    }
    return true;
}

static bool append_lower_part(struct strbuf *out, const char *text, size_t len,
                              size_t from, size_t to, text_stop stop)
{
    if (!strbuf_reserve(out, to - from))
        return false;
    for (size_t next = 0, end; from < to; from = end) {
        end = block_end(text, from, to);
        if (stopped(stop, from, &next) ||
            !unicode_append_lower(out, text, len, from, end))
            return false;
    }
    return true;
}

/* ---- identifiers ----------------------------------------------------------------- */

bool text_append_slug(struct strbuf *out, const char *text, size_t len, text_stop stop)
{
    struct strbuf kept, lower;
    strbuf_init(&kept);
    strbuf_init(&lower);
    bool ok = append_lower_part(&lower, text, len, 0, len, stop);
    const char *from = strbuf_str(&lower);
    for (size_t at = 0, next = 0; ok && at < lower.len;) {
        if (stopped(stop, at, &next)) {
            ok = false;
            break;
        }
        uint32_t c = 0;
        size_t n = utf8_decode(from + at, lower.len - at, &c);
        if (n == 0)
            break;
        if (unicode_is_alnum(c))
            strbuf_append(&kept, from + at, n);
        else if (c == '_' || unicode_is_space(c))
            strbuf_append_char(&kept, '-');
        at += n;
    }
    /* One pass of `--` -> `-`, so four hyphens become two; then the ends. */
    const char *data = strbuf_str(&kept);
    size_t start = out->len;
    for (size_t at = 0; at < kept.len; at++) {
        strbuf_append_char(out, data[at]);
        if (data[at] == '-' && at + 1 < kept.len && data[at + 1] == '-')
            at++;
    }
    if (!strbuf_failed(out)) {
        while (out->len > start && out->data[out->len - 1] == '-')
            strbuf_truncate(out, out->len - 1);
        size_t lead = 0;
        while (start + lead < out->len && out->data[start + lead] == '-')
            lead++;
        if (lead > 0) {
            memmove(out->data + start, out->data + start + lead,
                    out->len - start - lead);
            strbuf_truncate(out, out->len - lead);
        }
    }
    ok = ok && !strbuf_failed(&kept) && !strbuf_failed(out);
    out->failed = !ok;
    strbuf_done(&kept);
    strbuf_done(&lower);
    return ok;
}

bool text_append_camel(struct strbuf *out, const char *text, size_t len, text_stop stop)
{
    bool first_word = true;
    for (size_t at = 0, next = 0; at < len;) {
        uint32_t c = 0;
        if (stopped(stop, at, &next))
            return false;
        size_t n = utf8_decode(text + at, len - at, &c);
        if (n == 0)
            break;
        if (!unicode_is_alnum(c)) {
            at += n;
            continue;
        }
        size_t end = at + n;
        while (end < len && (n = utf8_decode(text + end, len - end, &c)) > 0 &&
               unicode_is_alnum(c))
            end += n;
        size_t word = end - at;
        bool ok = first_word ? append_lower_part(out, text + at, word, 0, word, stop)
                             : text_append_capitalized(out, text + at, word, stop);
        if (!ok)
            return false;
        first_word = false;
        at = end;
    }
    return !strbuf_failed(out);
}

bool text_append_snake(struct strbuf *out, const char *text, size_t len, char joiner,
                       text_stop stop)
{
    size_t start = out->len;
    bool after_upper = false, first = true;
    for (size_t at = 0, next = 0; at < len;) {
        uint32_t c = 0;
        if (stopped(stop, at, &next))
            return false;
        size_t n = utf8_decode(text + at, len - at, &c);
        if (n == 0)
            break;
        bool joined = out->len > start && out->data[out->len - 1] == joiner;
        bool upper = unicode_is_upper(c);
        if (upper) {
            if (!first && !after_upper && !joined)
                strbuf_append_char(out, joiner);
            unicode_append_lower(out, text + at, n, 0, n);
        } else if (unicode_is_alnum(c)) {
            strbuf_append(out, text + at, n);
        } else if ((c == '_' || c == '-' || unicode_is_space(c)) && !joined) {
            strbuf_append_char(out, joiner);
        }
        after_upper = upper;
        first = false;
        at += n;
    }
    if (strbuf_failed(out))
        return false;
    while (out->len > start && out->data[out->len - 1] == joiner)
        strbuf_truncate(out, out->len - 1);
    size_t lead = 0;
    while (start + lead < out->len && out->data[start + lead] == joiner)
        lead++;
    if (lead > 0) {
        memmove(out->data + start, out->data + start + lead, out->len - start - lead);
        strbuf_truncate(out, out->len - lead);
    }
    return true;
}

/* ---- layout ---------------------------------------------------------------------- */

static bool pad(struct state *st, const char *name, struct value *args, bool left,
                struct value *result)
{
    struct string *s = NULL, *fill = NULL;
    int64_t width = 0;
    if (!argument_string(st, name, args[0], &s) ||
        !argument_integer(st, name, args[1], &width) ||
        !argument_string(st, name, args[2], &fill))
        return false;
    if (width <= 0 || (uint64_t)width <= s->chars) {
        *result = value_retain(args[0]);
        return true;
    }
    const char *c = fill->len > 0 ? fill->data : " ";
    size_t n = fill->len > 0 ? utf8_advance(fill->data, fill->len, 1) : 1;
    size_t count = (size_t)width - s->chars;
    if (count > (STRING_MAX_BYTES - s->len) / n)
        return error_out_of_memory(st);
    size_t total = s->len + count * n;
    struct string *out = string_new_uninit(st, total);
    if (out == NULL)
        return false;
    char *padding = left ? out->data : out->data + s->len;
    memcpy(left ? out->data + count * n : out->data, s->data, s->len);
    if (n == 1) {
        memset(padding, c[0], count);
    } else {
        for (size_t i = 0; i < count; i++)
            memcpy(padding + i * n, c, n);
    }
    string_seal(out, total);
    *result = string_value(out);
    return true;
}

bool text_pad_left(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    return pad(st, "pad_left", args, true, result);
}

bool text_pad_right(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    return pad(st, "pad_right", args, false, result);
}

bool text_truncate(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct string *s = NULL, *suffix = NULL;
    int64_t n = 0;
    if (!argument_string(st, "truncate", args[0], &s) ||
        !argument_integer(st, "truncate", args[1], &n) ||
        !argument_string(st, "truncate", args[2], &suffix))
        return false;
    n = n < 0 ? 0 : n;
    if (s->chars <= (uint64_t)n) {
        *result = value_retain(args[0]);
        return true;
    }
    size_t keep = (uint64_t)n > suffix->chars ? (size_t)n - suffix->chars : 0;
    struct string *head = string_slice(st, s, 0, keep);
    if (head == NULL)
        return false;
    struct string *out = string_concat(st, head, suffix);
    object_release(st, &head->head);
    if (out == NULL)
        return false;
    *result = string_value(out);
    return true;
}

/* ---- format ---------------------------------------------------------------------- */

static bool format_argument(struct state *st, struct strbuf *out, char conversion,
                            struct value v)
{
    switch (conversion) {
    case 'd':
        if (v.kind == VALUE_BOOL)
            strbuf_append_char(out, v.as.bits != 0 ? '1' : '0');
        else if (argument_is_number(v))
            strbuf_append_i64(out, v.kind == VALUE_INT
                                       ? v.as.integer
                                       : argument_truncate(v.as.number));
        else
            return error_raise(st, "format() requires a number for placeholder %%d");
        return true;
    case 'f':
        if (!argument_is_number(v))
            return error_raise(st, "format() requires a number for placeholder %%f");
        return print_display(st, out, v);
    default: break;
    }
    switch (v.kind) {
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_FLOAT:
    case VALUE_STRING: return print_display(st, out, v);
    case VALUE_ARRAY:
        return strbuf_append_str(out, "[Array]") || error_out_of_memory(st);
    case VALUE_DICT: return strbuf_append_str(out, "{Dict}") || error_out_of_memory(st);
    default: return print_debug(st, out, v);
    }
}

bool text_format(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    struct string *template = NULL;
    if (!argument_string(st, "format", args[0], &template))
        return false;
    struct strbuf out;
    strbuf_init(&out);
    uint32_t used = 1;
    bool ok = true;
    const char *at = template->data, *end = at + template->len;
    while (ok && at < end) {
        const char *percent = memchr(at, '%', (size_t)(end - at));
        const char *stop = percent != NULL ? percent : end;
        strbuf_append(&out, at, (size_t)(stop - at));
        if (percent == NULL)
            break;
        char conversion = percent + 1 < end ? percent[1] : '\0';
        at = percent + 2;
        if (conversion == '%') {
            strbuf_append_char(&out, '%');
        } else if (conversion == 's' || conversion == 'd' || conversion == 'f') {
            if (used == nargs)
                ok = error_raise(st, "format() missing argument for placeholder %%%c",
                                 conversion);
            else
                ok = format_argument(st, &out, conversion, args[used++]);
        } else {
            strbuf_append_char(&out, '%');
            at = percent + 1;
        }
    }
    ok = ok && string_make_strbuf(st, &out, result);
    strbuf_done(&out);
    return ok;
}
