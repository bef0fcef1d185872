#include "config.h"

#include "base/json_writer.h"

#include <assert.h>
#include <string.h>

#include "base/numtext.h"
#include "base/strbuf.h"
#include "base/utf8.h"

static void init(struct json_writer *w, enum json_writer_layout layout);
static void put(struct json_writer *w, const char *bytes, size_t n);
static void put_str(struct json_writer *w, const char *text);
static void put_quoted(struct json_writer *w, const char *text, size_t n);
static void new_line(struct json_writer *w);
static void before_item(struct json_writer *w);
static void before_value(struct json_writer *w);
static void begin(struct json_writer *w, bool is_object);
static void end(struct json_writer *w, bool is_object);
static size_t plain_run(const char *text, size_t n);
static size_t escape_of(unsigned char c, char out[8]);

void json_writer_init_stream(struct json_writer *w, FILE *stream,
                             enum json_writer_layout layout)
{
    init(w, layout);
    w->stream = stream;
}

void json_writer_init_strbuf(struct json_writer *w, struct strbuf *string,
                             enum json_writer_layout layout)
{
    init(w, layout);
    w->string = string;
}

static void init(struct json_writer *w, enum json_writer_layout layout)
{
    memset(w, 0, sizeof *w);
    w->pretty = layout == JSON_PRETTY;
}

bool json_writer_finish(struct json_writer *w)
{
    assert((w->depth == 0 || w->failed) && "json_writer: something is still open");
    if (w->pretty)
        put(w, "\n", 1);
    return !w->failed;
}

/* ---- structure ---------------------------------------------------------------- */

void json_writer_begin_object(struct json_writer *w)
{
    begin(w, true);
}

void json_writer_end_object(struct json_writer *w)
{
    end(w, true);
}

void json_writer_begin_array(struct json_writer *w)
{
    begin(w, false);
}

void json_writer_end_array(struct json_writer *w)
{
    end(w, false);
}

void json_writer_key(struct json_writer *w, const char *key)
{
    json_writer_key_n(w, key, strlen(key));
}

void json_writer_key_n(struct json_writer *w, const char *key, size_t n)
{
    assert((w->failed || (w->levels[w->depth].is_object && !w->after_key)) &&
           "json_writer: a key outside an object, or two in a row");
    before_item(w);
    put_quoted(w, key, n);
    put_str(w, w->pretty ? ": " : ":");
    w->after_key = true;
}

static void begin(struct json_writer *w, bool is_object)
{
    before_value(w);
    if (w->depth == JSON_WRITER_MAX_DEPTH) {
        w->failed = true;
        return;
    }
    put(w, is_object ? "{" : "[", 1);
    w->depth++;
    w->levels[w->depth].is_object = is_object;
    w->levels[w->depth].has_items = false;
}

static void end(struct json_writer *w, bool is_object)
{
    if (w->failed)
        return;
    assert(w->depth > 0 && w->levels[w->depth].is_object == is_object &&
           !w->after_key && "json_writer: the end does not match what is open");
    bool had_items = w->levels[w->depth].has_items;
    w->depth--;
    if (had_items)
        new_line(w);
    put(w, is_object ? "}" : "]", 1);
}

/* The comma before the second and later items, and the line they stand on. */
static void before_item(struct json_writer *w)
{
    if (w->levels[w->depth].has_items)
        put(w, ",", 1);
    w->levels[w->depth].has_items = true;
    if (w->depth > 0)
        new_line(w);
}

static void before_value(struct json_writer *w)
{
    assert((w->failed || w->after_key || !w->levels[w->depth].is_object) &&
           "json_writer: a value without a key inside an object");
    if (!w->after_key)
        before_item(w);
    w->after_key = false;
}

static void new_line(struct json_writer *w)
{
    if (!w->pretty)
        return;
    put(w, "\n", 1);
    for (unsigned i = 0; i < w->depth; i++)
        put(w, "  ", 2);
}

/* ---- values ------------------------------------------------------------------- */

void json_writer_string(struct json_writer *w, const char *text)
{
    if (text == NULL)
        json_writer_null(w);
    else
        json_writer_string_n(w, text, strlen(text));
}

void json_writer_string_n(struct json_writer *w, const char *text, size_t n)
{
    before_value(w);
    put_quoted(w, text, n);
}

void json_writer_i64(struct json_writer *w, int64_t value)
{
    char text[NUMTEXT_I64_BYTES];
    before_value(w);
    put(w, text, numtext_i64(text, value));
}

void json_writer_u64(struct json_writer *w, uint64_t value)
{
    char text[NUMTEXT_I64_BYTES];
    before_value(w);
    put(w, text, numtext_u64(text, value));
}

void json_writer_double(struct json_writer *w, double value)
{
    char text[NUMTEXT_JSON_BYTES];
    before_value(w);
    put(w, text, numtext_double_json(text, value));
}

void json_writer_bool(struct json_writer *w, bool value)
{
    before_value(w);
    put_str(w, value ? "true" : "false");
}

void json_writer_null(struct json_writer *w)
{
    before_value(w);
    put_str(w, "null");
}

void json_writer_key_string(struct json_writer *w, const char *key, const char *text)
{
    json_writer_key(w, key);
    json_writer_string(w, text);
}

void json_writer_key_i64(struct json_writer *w, const char *key, int64_t value)
{
    json_writer_key(w, key);
    json_writer_i64(w, value);
}

void json_writer_key_u64(struct json_writer *w, const char *key, uint64_t value)
{
    json_writer_key(w, key);
    json_writer_u64(w, value);
}

void json_writer_key_double(struct json_writer *w, const char *key, double value)
{
    json_writer_key(w, key);
    json_writer_double(w, value);
}

void json_writer_key_bool(struct json_writer *w, const char *key, bool value)
{
    json_writer_key(w, key);
    json_writer_bool(w, value);
}

void json_writer_key_null(struct json_writer *w, const char *key)
{
    json_writer_key(w, key);
    json_writer_null(w);
}

/* ---- strings ------------------------------------------------------------------ */

bool json_writer_quote(struct strbuf *out, const char *text, size_t n)
{
    struct json_writer w;
    json_writer_init_strbuf(&w, out, JSON_COMPACT);
    put_quoted(&w, text, n);
    return !w.failed;
}

static void put_quoted(struct json_writer *w, const char *text, size_t n)
{
    put(w, "\"", 1);
    while (n > 0) {
        size_t run = plain_run(text, n);
        put(w, text, run);
        text += run;
        n -= run;
        if (n == 0)
            break;
        char escape[8];
        unsigned char c = (unsigned char)*text;
        uint32_t ignored;
        if (c < 0x80) {
            put(w, escape, escape_of(c, escape));
            run = 1;
        } else {
            run = utf8_decode(text, n, &ignored);
            if (run > 0) {
                put(w, text, run);
            } else {
                put_str(w, "\xEF\xBF\xBD");
                run = 1;
            }
        }
        text += run;
        n -= run;
    }
    put(w, "\"", 1);
}

/* Bytes that stand for themselves and need no look at their neighbours. */
static size_t plain_run(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && (unsigned char)text[i] >= 0x20 && (unsigned char)text[i] < 0x80 &&
           text[i] != '"' && text[i] != '\\')
        i++;
    return i;
}

static size_t escape_of(unsigned char c, char out[8])
{
    static const char names[] = "\b\f\n\r\t\"\\";
    static const char letters[] = "bfnrt\"\\";
    const char *at = c == 0 ? NULL : strchr(names, c);
    if (at == NULL)
        return (size_t)snprintf(out, 8, "\\u%04x", (unsigned)c);
    out[0] = '\\';
    out[1] = letters[at - names];
    return 2;
}

static void put_str(struct json_writer *w, const char *text)
{
    put(w, text, strlen(text));
}

static void put(struct json_writer *w, const char *bytes, size_t n)
{
    if (w->failed)
        return;
    if (w->stream != NULL)
        w->failed = fwrite(bytes, 1, n, w->stream) != n;
    else
        w->failed = !strbuf_append(w->string, bytes, n);
}
