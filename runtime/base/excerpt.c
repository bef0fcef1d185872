#include "config.h"

#include "base/excerpt.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"

/* More than is ever shown on one side, so that a line of megabytes costs no more than a
   long one and is still seen to be cut. */
enum {
    REACH_BYTES = (EXCERPT_MAX_CHARS + 8) * UTF8_MAX_BYTES
};

#define GUTTER_COLOR "\033[94m"
#define CARET_COLOR  "\033[91m"
#define PLAIN        "\033[0m"

/* The line around the position, already made harmless. */
struct excerpt_line {
    struct strbuf text;
    size_t caret; /* characters before the position */
};

static void clean_line(struct excerpt_line *line, const char *text, size_t begin,
                       size_t end, size_t offset);
static size_t append_clean(struct strbuf *out, const char *bytes, size_t n,
                           size_t *consumed);
static void cut_line(struct excerpt_line *line);
static void append_gutter(struct strbuf *out, int width, const char *label, bool color);

bool excerpt_append(struct strbuf *out, const char *text, size_t len, size_t offset,
                    uint32_t line, bool color)
{
    if (offset > len)
        offset = len;
    size_t begin = offset;
    while (begin > 0 && text[begin - 1] != '\n' && offset - begin < REACH_BYTES)
        begin--;
    while (begin < offset && ((unsigned char)text[begin] & 0xC0u) == 0x80u)
        begin++;
    size_t end = offset;
    while (end < len && text[end] != '\n' && end - offset < REACH_BYTES)
        end++;
    if (end > begin && text[end - 1] == '\r' && end - 1 >= offset)
        end--;

    struct excerpt_line shown;
    strbuf_init(&shown.text);
    clean_line(&shown, text, begin, end, offset);
    cut_line(&shown);

    char label[16];
    int width = snprintf(label, sizeof label, "%2u", line);
    append_gutter(out, width, "", color);
    strbuf_append_char(out, '\n');
    append_gutter(out, width, label, color);
    strbuf_append_char(out, ' ');
    strbuf_append(out, strbuf_str(&shown.text), shown.text.len);
    strbuf_append_char(out, '\n');
    append_gutter(out, width, "", color);
    strbuf_append_repeat(out, ' ', shown.caret + 1);
    strbuf_append_str(out, color ? CARET_COLOR "^" PLAIN "\n" : "^\n");
    bool ok = !strbuf_failed(&shown.text) && !strbuf_failed(out);
    strbuf_done(&shown.text);
    return ok;
}

/* `label` right-aligned in `width`, a space and the bar. */
static void append_gutter(struct strbuf *out, int width, const char *label, bool color)
{
    if (color)
        strbuf_append_str(out, GUTTER_COLOR);
    strbuf_append_format(out, "%*s |", width, label);
    if (color)
        strbuf_append_str(out, PLAIN);
}

static void clean_line(struct excerpt_line *line, const char *text, size_t begin,
                       size_t end, size_t offset)
{
    size_t chars = 0;
    line->caret = 0;
    for (size_t at = begin; at < end;) {
        size_t consumed;
        size_t made = append_clean(&line->text, text + at, end - at, &consumed);
        if (at < offset)
            line->caret = chars + made;
        chars += made;
        at += consumed;
    }
}

/* Code points that move or reverse what follows: C1 controls, line and paragraph
   separators, direction marks. */
static bool steers_terminal(uint32_t c)
{
    return (c >= 0x80 && c <= 0x9F) || (c >= 0x200E && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/* Appends one code point; gives the characters written and the bytes read. */
static size_t append_clean(struct strbuf *out, const char *bytes, size_t n,
                           size_t *consumed)
{
    unsigned char first = (unsigned char)bytes[0];
    *consumed = 1;
    if (first == '\t') {
        strbuf_append_char(out, ' ');
        return 1;
    }
    if (first >= 0x20 && first < 0x7F) {
        strbuf_append_char(out, bytes[0]);
        return 1;
    }
    size_t before = out->len;
    uint32_t c;
    size_t bytes_of_c = utf8_decode(bytes, n, &c);
    if (first < 0x80 || bytes_of_c == 0) {
        strbuf_append_format(out, "\\x%02x", first);
        return out->len - before;
    }
    *consumed = bytes_of_c;
    if (steers_terminal(c)) {
        strbuf_append_format(out, "\\u{%x}", c);
        return out->len - before;
    }
    strbuf_append(out, bytes, bytes_of_c);
    return 1;
}

/* Keeps EXCERPT_MAX_CHARS around the caret. */
static void cut_line(struct excerpt_line *line)
{
    const char *text = strbuf_str(&line->text);
    size_t chars = utf8_count(text, line->text.len);
    if (chars <= EXCERPT_MAX_CHARS)
        return;
    size_t first =
        line->caret > EXCERPT_MAX_CHARS / 2 ? line->caret - EXCERPT_MAX_CHARS / 2 : 0;
    if (first > chars - EXCERPT_MAX_CHARS)
        first = chars - EXCERPT_MAX_CHARS;
    size_t from = utf8_advance(text, line->text.len, first);
    size_t to =
        from + utf8_advance(text + from, line->text.len - from, EXCERPT_MAX_CHARS);
    struct strbuf cut;
    strbuf_init(&cut);
    if (first > 0)
        strbuf_append_str(&cut, "...");
    strbuf_append(&cut, text + from, to - from);
    if (to < line->text.len)
        strbuf_append_str(&cut, "...");
    line->caret = line->caret - first + (first > 0 ? 3 : 0);
    strbuf_done(&line->text);
    line->text = cut;
}
