#include "config.h"

#include "front/lexer.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/numtext.h"
#include "base/utf8.h"
#include "front/diagnostics.h"
#include "front/letters.h"
#include "front/names.h"
#include "front/source.h"

static const char *const kind_texts[TOKEN_KINDS] = {
#define TOKEN(name, text)       [TOKEN_##name] = text,
#define PUNCTUATION(name, text) [TOKEN_##name] = text,
#define KEYWORD(name, text)     [TOKEN_##name] = text,
#include "lang/tokens.def"
};

static bool skip_blank(struct lexer *lx);
static void truncate_text(struct lexer *lx, enum diagnostic_code code, uint32_t offset,
                          const char *message);
static struct token lex_word(struct lexer *lx, struct token t);
static struct token lex_number(struct lexer *lx, struct token t);
static struct token lex_string(struct lexer *lx, struct token t, struct lexer_hole hole,
                               bool resumed);
static enum token_kind punctuation(const struct lexer *lx, uint32_t *length);
static uint32_t word_end(const struct lexer *lx, uint32_t at);

/* ---- life ---------------------------------------------------------------------------- */

void lexer_init(struct lexer *lx, const struct source *source, struct arena *arena,
                struct names *names, struct diagnostics *diags)
{
    *lx = (struct lexer){
        .source = source,
        .arena = arena,
        .names = names,
        .diags = diags,
        .end = (uint32_t)source->len,
        .truncated_at = UINT32_MAX,
    };
    lexer_hole_vec_init(&lx->holes);
    strbuf_init(&lx->buffer);
    const char *text = source->text, *stop = text + source->len;
    for (const char *at = text; (at = memchr(at, '\0', (size_t)(stop - at))) != NULL;
         at++)
        diagnostics_add(diags, DIAGNOSTIC_NUL, (uint32_t)(at - text),
                        "Null byte is not allowed in source");
    for (size_t at = utf8_valid_prefix(text, source->len); at < source->len;
         at++, at += utf8_valid_prefix(text + at, source->len - at))
        diagnostics_add(diags, DIAGNOSTIC_CHARACTER, (uint32_t)at,
                        "Invalid UTF-8 byte in source");
}

void lexer_done(struct lexer *lx)
{
    lexer_hole_vec_done(&lx->holes);
    strbuf_done(&lx->buffer);
}

const char *lexer_kind_text(enum token_kind kind)
{
    return kind_texts[kind];
}

bool lexer_is_word(enum token_kind kind)
{
    return kind >= TOKEN_LET && kind < TOKEN_KINDS;
}

/* ---- tokens -------------------------------------------------------------------------- */

struct token lexer_next(struct lexer *lx)
{
    for (;;) {
        bool first = skip_blank(lx);
        struct token t = {
            .kind = TOKEN_END, .first = first, .offset = lx->at, .end = lx->at};
        if (lx->at >= lx->end) {
            if (lx->holes.len > 0)
                truncate_text(lx, DIAGNOSTIC_UNTERMINATED, lx->holes.data[0].dollar,
                              "Unterminated interpolated string expression");
            return t;
        }
        unsigned char c = (unsigned char)lx->source->text[lx->at];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
            return lex_word(lx, t);
        if (c >= '0' && c <= '9')
            return lex_number(lx, t);
        if (c == '"') {
            lx->at++;
            return lex_string(lx, t, (struct lexer_hole){.quote = t.offset}, false);
        }
        struct lexer_hole *hole =
            lx->holes.len > 0 ? lexer_hole_vec_last(&lx->holes) : NULL;
        if (hole != NULL && c == '}' && hole->braces == 0) {
            struct lexer_hole closed = lexer_hole_vec_pop(&lx->holes);
            lx->at++;
            return lex_string(lx, t, closed, true);
        }
        uint32_t length = 0;
        enum token_kind kind = punctuation(lx, &length);
        if (length > 0) {
            if (hole != NULL && kind == TOKEN_LEFT_BRACE)
                hole->braces++;
            if (hole != NULL && kind == TOKEN_RIGHT_BRACE)
                hole->braces--;
            lx->at += length;
            t.kind = (uint8_t)kind;
            t.end = lx->at;
            return t;
        }
        uint32_t code_point = 0;
        size_t n =
            utf8_decode(lx->source->text + lx->at, lx->end - lx->at, &code_point);
        if (n > 0 && c != '\0')
            diagnostics_add(lx->diags, DIAGNOSTIC_CHARACTER, lx->at,
                            "Unexpected character '%.*s'", (int)n,
                            lx->source->text + lx->at);
        lx->at += n > 0 ? (uint32_t)n : 1;
    }
}

/* Skips white space and comments; true when a line break was among it. */
static bool skip_blank(struct lexer *lx)
{
    const char *text = lx->source->text;
    bool line_break = lx->at == 0;
    while (lx->at < lx->end) {
        char c = text[lx->at];
        char next = lx->at + 1 < lx->end ? text[lx->at + 1] : '\0';
        if (c == '\n') {
            line_break = true;
            lx->at++;
        } else if (c == ' ' || c == '\t' || c == '\r') {
            lx->at++;
        } else if (c == '#' || (c == '/' && next == '/')) {
            const char *stop = memchr(text + lx->at, '\n', lx->end - lx->at);
            lx->at = stop != NULL ? (uint32_t)(stop - text) : lx->end;
        } else if (c == '/' && next == '*') {
            uint32_t open = lx->at;
            lx->at += 2;
            while (lx->at + 1 < lx->end &&
                   !(text[lx->at] == '*' && text[lx->at + 1] == '/')) {
                line_break = line_break || text[lx->at] == '\n';
                lx->at++;
            }
            if (lx->at + 1 >= lx->end) {
                truncate_text(lx, DIAGNOSTIC_OPEN_COMMENT, open,
                              "Unterminated block comment");
                return line_break;
            }
            lx->at += 2;
        } else {
            break;
        }
    }
    return line_break;
}

/* Nothing sensible can be said about the text behind an opener that is never closed. */
static void truncate_text(struct lexer *lx, enum diagnostic_code code, uint32_t offset,
                          const char *message)
{
    if (lx->holes.len > 0) {
        code = DIAGNOSTIC_UNTERMINATED;
        offset = lx->holes.data[0].dollar;
        message = "Unterminated interpolated string expression";
    }
    lx->at = lx->end;
    lx->holes.len = 0;
    if (lx->truncated_at != UINT32_MAX)
        return;
    lx->truncated_at = offset;
    diagnostics_drop_from(lx->diags, offset);
    diagnostics_add(lx->diags, code, offset, "%s", message);
}

/* ---- words and numbers --------------------------------------------------------------- */

static struct token lex_word(struct lexer *lx, struct token t)
{
    t.end = lx->at = word_end(lx, lx->at);
    const char *text = lx->source->text + t.offset;
    size_t len = t.end - t.offset;
    if (len > LEXER_MAX_IDENTIFIER && utf8_count(text, len) > LEXER_MAX_IDENTIFIER) {
        diagnostics_add(lx->diags, DIAGNOSTIC_IDENTIFIER_LENGTH, t.offset,
                        "Identifier exceeds maximum length of %d characters",
                        LEXER_MAX_IDENTIFIER);
        len = LEXER_MAX_IDENTIFIER;
    }
    const struct name *name = names_intern(lx->names, text, len);
    if (name == NULL) {
        lx->out_of_memory = true;
        lx->at = lx->end;
        return t;
    }
    t.kind = (uint8_t)name->token;
    t.as.name = name;
    return t;
}

static uint32_t word_end(const struct lexer *lx, uint32_t at)
{
    const char *text = lx->source->text;
    while (at < lx->end) {
        uint32_t c = (unsigned char)text[at];
        size_t n = 1;
        if (c >= 0x80)
            n = utf8_decode(text + at, lx->end - at, &c);
        if (n == 0 || !letters_continue_identifier(c))
            break;
        at += (uint32_t)n;
    }
    return at;
}

static uint32_t digits_end(const struct lexer *lx, uint32_t at)
{
    while (at < lx->end && lx->source->text[at] >= '0' && lx->source->text[at] <= '9')
        at++;
    return at;
}

static bool read_float(const char *text, size_t len, double *out)
{
    double value = 0;
    if (numtext_parse_double(text, len, &value) != NUMTEXT_OK || !isfinite(value))
        return false;
    *out = value;
    return true;
}

static struct token lex_number(struct lexer *lx, struct token t)
{
    uint32_t end = digits_end(lx, lx->at);
    t.kind = TOKEN_INT;
    t.as.integer = 0;
    if (end < lx->end && lx->source->text[end] == '.' &&
        digits_end(lx, end + 1) > end + 1) {
        end = digits_end(lx, end + 1);
        t.kind = TOKEN_FLOAT;
        t.as.number = 0;
    }
    uint32_t letters = word_end(lx, end);
    t.end = lx->at = letters;
    const char *text = lx->source->text + t.offset;
    size_t len = t.end - t.offset;
    if (len > LEXER_MAX_NUMBER)
        diagnostics_add(lx->diags, DIAGNOSTIC_NUMBER_LENGTH, t.offset,
                        "Numeric literal exceeds maximum length of %d characters",
                        LEXER_MAX_NUMBER);
    else if (letters > end)
        diagnostics_add(lx->diags, DIAGNOSTIC_NUMBER_MALFORMED, t.offset,
                        "Malformed numeric literal: %.*s", (int)len, text);
    else if (t.kind == TOKEN_INT
                 ? numtext_parse_i64(text, len, &t.as.integer) != NUMTEXT_OK
                 : !read_float(text, len, &t.as.number))
        diagnostics_add(lx->diags, DIAGNOSTIC_NUMBER_OVERFLOW, t.offset,
                        "Numeric literal overflow: %.*s", (int)len, text);
    return t;
}

/* ---- strings ------------------------------------------------------------------------- */

/* Appends what the escape at lx->at (the backslash) stands for and moves behind it. False
   at the end of the text. */
static bool lex_escape(struct lexer *lx)
{
    static const char letters[] = "ntr\\\"$0", values[] = "\n\t\r\\\"$";
    if (lx->at + 1 >= lx->end)
        return false;
    const char *c = lx->source->text + lx->at + 1;
    const char *known = *c != '\0' ? strchr(letters, *c) : NULL;
    if (known != NULL) {
        strbuf_append_char(&lx->buffer, values[known - letters]);
        lx->at += 2;
        return true;
    }
    uint32_t code_point = 0;
    size_t n = utf8_decode(c, lx->end - lx->at - 1, &code_point);
    if (n == 0)
        n = 1;
    diagnostics_add(lx->diags, DIAGNOSTIC_ESCAPE, lx->at + 1,
                    "Invalid escape sequence: \\\\%.*s", (int)n, c);
    lx->at += 1 + (uint32_t)n;
    return true;
}

/*
 * From behind the opening quote (or, `resumed`, behind the `}` of a hole) to the closing
 * quote or the next `${`.
 */
static struct token lex_string(struct lexer *lx, struct token t, struct lexer_hole hole,
                               bool resumed)
{
    const char *text = lx->source->text;
    uint32_t from = lx->at;
    strbuf_clear(&lx->buffer);
    bool closed = false;
    while (lx->at < lx->end) {
        uint32_t span = lx->at;
        while (span < lx->end && text[span] != '"' && text[span] != '\\' &&
               text[span] != '$')
            span++;
        strbuf_append(&lx->buffer, text + lx->at, span - lx->at);
        lx->at = span;
        if (span >= lx->end)
            break;
        bool opens_hole =
            text[span] == '$' && span + 1 < lx->end && text[span + 1] == '{';
        if (text[span] == '"' || opens_hole) {
            closed = true;
            break;
        }
        if (text[span] == '$') {
            strbuf_append_char(&lx->buffer, '$');
            lx->at++;
        } else if (!lex_escape(lx)) {
            break;
        }
    }
    if (!closed) {
        truncate_text(lx, DIAGNOSTIC_UNTERMINATED, hole.quote,
                      "Unterminated string literal");
        t.end = t.offset = lx->truncated_at;
        return t;
    }
    hole.chars += (uint32_t)utf8_count(text + from, lx->at - from);
    bool more = text[lx->at] == '$';
    if (hole.chars > LEXER_MAX_STRING && !more)
        diagnostics_add(lx->diags, DIAGNOSTIC_STRING_LENGTH, hole.quote,
                        "String literal exceeds maximum length of %d characters",
                        LEXER_MAX_STRING);
    hole.dollar = lx->at;
    hole.braces = 0;
    lx->at += more ? 2 : 1;
    t.end = lx->at;
    t.kind = more ? (resumed ? TOKEN_STRING_MIDDLE : TOKEN_STRING_HEAD)
                  : (resumed ? TOKEN_STRING_TAIL : TOKEN_STRING);
    t.as.string.len = (uint32_t)lx->buffer.len;
    t.as.string.bytes =
        arena_strdup(lx->arena, strbuf_str(&lx->buffer), lx->buffer.len);
    if (t.as.string.bytes == NULL || strbuf_failed(&lx->buffer) ||
        (more && !lexer_hole_vec_push(&lx->holes, hole))) {
        lx->out_of_memory = true;
        lx->at = lx->end;
        t.kind = TOKEN_END;
    }
    return t;
}

/* ---- punctuation --------------------------------------------------------------------- */

/* The longest spelling of the table that stands at lx->at; *length 0 when there is none. */
static enum token_kind punctuation(const struct lexer *lx, uint32_t *length)
{
    char c[4] = {0};
    memcpy(c, lx->source->text + lx->at, lx->end - lx->at < 3 ? lx->end - lx->at : 3);
    enum token_kind kind = TOKEN_END;
#define PUNCTUATION(name, text)                          \
    if (c[0] == text[0] && sizeof(text) - 1 > *length && \
        memcmp(c, text, sizeof(text) - 1) == 0) {        \
        kind = TOKEN_##name;                             \
        *length = sizeof(text) - 1;                      \
    }
#include "lang/tokens.def"
    return kind;
}

bool lexer_pattern_follows(const struct lexer *lx, uint32_t offset)
{
    struct lexer ahead = {.source = lx->source, .at = offset, .end = lx->end};
    struct diagnostics ignored;
    diagnostics_init(&ignored);
    ahead.diags = &ignored;
    ahead.truncated_at = UINT32_MAX;
    uint32_t depth = 0;
    bool found = false;
    for (;;) {
        skip_blank(&ahead);
        if (ahead.at >= ahead.end)
            break;
        uint32_t length = 0;
        enum token_kind kind = punctuation(&ahead, &length);
        if (depth == 0 && ahead.at > offset) {
            found = kind == TOKEN_COLON_ASSIGN || kind == TOKEN_ASSIGN;
            break;
        }
        uint32_t word = word_end(&ahead, ahead.at);
        if (word > ahead.at) {
            ahead.at = word;
            continue;
        }
        if (kind == TOKEN_LEFT_BRACKET || kind == TOKEN_LEFT_BRACE)
            depth++;
        else if (kind == TOKEN_RIGHT_BRACKET || kind == TOKEN_RIGHT_BRACE)
            depth--;
        else if (kind != TOKEN_COMMA && kind != TOKEN_ELLIPSIS)
            break;
        ahead.at += length;
    }
    diagnostics_done(&ignored);
    return found;
}
