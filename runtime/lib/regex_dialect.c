#include "config.h"

#include "lib/regex_dialect.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"

enum {
    NO_ATOM = -1
};

struct translation {
    const char *in;
    size_t len, at;
    struct strbuf *out;
    bool unicode;
    bool extended; /* the x flag: white space and comments are skipped */
    unsigned depth;
    /* Where the last atom starts in `out`, for quantifiers; NO_ATOM: nothing to repeat. */
    ptrdiff_t atom;
    bool quantified; /* the atom carries a quantifier already */
    ptrdiff_t group_starts[REGEX_DIALECT_MAX_NESTING];
    bool group_extended[REGEX_DIALECT_MAX_NESTING];
};

static bool group_open(struct translation *t);
static bool group_close(struct translation *t);
static bool group_flags(struct translation *t);
static bool quantifier(struct translation *t);
static bool counted_quantifier(const char *in, size_t len, size_t *n);
static bool escape(struct translation *t, bool in_class);
static bool code_point_escape(struct translation *t, size_t digits);
static bool property_escape(struct translation *t);
static bool class(struct translation *t);
static bool class_items(struct translation *t, unsigned depth);
static void copy(struct translation *t, size_t n);
static void begin_atom(struct translation *t);

bool regex_dialect_translate(const char *pattern, size_t len, struct strbuf *out,
                             bool *unicode)
{
    struct translation t = {.in = pattern, .len = len, .out = out, .atom = NO_ATOM};
    while (t.at < t.len) {
        char c = t.in[t.at];
        bool ok = true;
        switch (c) {
        case '(': ok = group_open(&t); break;
        case ')': ok = group_close(&t); break;
        case '[': ok = class(&t); break;
        case '\\':
            begin_atom(&t);
            ok = escape(&t, false);
            break;
        case '*':
        case '+':
        case '?':
        case '{': ok = quantifier(&t); break;
        case '|':
            copy(&t, 1);
            t.atom = NO_ATOM;
            break;
        case '#':
            if (t.extended) {
                while (t.at < t.len && t.in[t.at] != '\n')
                    t.at++;
                break;
            }
            begin_atom(&t);
            /* PCRE2 is never in extended mode, but escaping costs nothing. */
            strbuf_append_char(t.out, '\\');
            copy(&t, 1);
            break;
        default:
            if (t.extended && isspace((unsigned char)c)) {
                t.at++;
                break;
            }
            begin_atom(&t);
            uint32_t point = 0;
            size_t n = utf8_decode(t.in + t.at, t.len - t.at, &point);
            if (n == 0)
                return false;
            copy(&t, n);
        }
        if (!ok)
            return false;
    }
    if (t.depth != 0 || strbuf_failed(out))
        return false;
    *unicode = t.unicode;
    return true;
}

/* ---- groups ---------------------------------------------------------------------- */

static bool group_open(struct translation *t)
{
    if (t->depth == REGEX_DIALECT_MAX_NESTING)
        return false;
    const char *in = t->in + t->at;
    size_t left = t->len - t->at;
    if (left >= 2 && in[1] == '*')
        return false;
    t->group_starts[t->depth] = (ptrdiff_t)t->out->len;
    t->group_extended[t->depth] = t->extended;
    if (left < 2 || in[1] != '?') {
        copy(t, 1);
    } else {
        size_t name = left >= 4 && in[2] == 'P' && in[3] == '<' ? 4
                      : left >= 3 && in[2] == '<'               ? 3
                                                                : 0;
        if (name == 0)
            return group_flags(t);
        if (left <= name || !(isalpha((unsigned char)in[name]) || in[name] == '_'))
            return false;
        size_t end = name;
        while (end < left && (isalnum((unsigned char)in[end]) || in[end] == '_'))
            end++;
        if (end == left || in[end] != '>')
            return false;
        copy(t, end + 1);
    }
    t->depth++;
    t->atom = NO_ATOM;
    return true;
}

static bool group_close(struct translation *t)
{
    if (t->depth == 0)
        return false;
    t->depth--;
    t->extended = t->group_extended[t->depth];
    copy(t, 1);
    t->atom = t->group_starts[t->depth];
    t->quantified = false;
    return true;
}

/* `(?flags)` and `(?flags:`; u becomes an option of the whole pattern, x is done here, U
   (swap greed) and R are not in the dialect. */
static bool group_flags(struct translation *t)
{
    size_t start = t->at;
    t->at += 2;
    strbuf_append_str(t->out, "(?");
    bool on = true, any = false;
    for (; t->at < t->len; t->at++) {
        char c = t->in[t->at];
        if (c == ')' || c == ':')
            break;
        switch (c) {
        case 'i':
        case 'm':
        case 's': strbuf_append_char(t->out, c); break;
        case 'u':
            if (on)
                t->unicode = true;
            break;
        case 'x': t->extended = on; break;
        case '-':
            if (!on)
                return false;
            on = false;
            strbuf_append_char(t->out, c);
            break;
        default: return false;
        }
        any = any || c != '-';
    }
    if (t->at == t->len)
        return false;
    char end = t->in[t->at];
    if (end == ')') {
        if (!any)
            return false;
        t->at++;
        if (t->out->data[t->out->len - 1] == '-' ||
            t->out->data[t->out->len - 1] == '?')
            strbuf_truncate(t->out, (size_t)t->group_starts[t->depth]);
        else
            strbuf_append_char(t->out, ')');
        t->atom = NO_ATOM;
        return true;
    }
    if (t->at > start + 2 && !any)
        return false;
    copy(t, 1);
    t->depth++;
    t->atom = NO_ATOM;
    return true;
}

/* ---- quantifiers ----------------------------------------------------------------- */

static bool quantifier(struct translation *t)
{
    size_t n = 1;
    if (t->atom == NO_ATOM)
        return false;
    if (t->in[t->at] == '{' && !counted_quantifier(t->in + t->at, t->len - t->at, &n))
        return false;
    if (t->quantified) {
        /* A repetition of a repetition: PCRE2 would read `a++` as possessive. */
        struct strbuf *out = t->out;
        size_t start = (size_t)t->atom, body = out->len - start;
        if (!strbuf_append_str(out, "(?:)"))
            return false;
        memmove(out->data + start + 3, out->data + start, body);
        memcpy(out->data + start, "(?:", 3);
        out->data[start + 3 + body] = ')';
    }
    copy(t, n);
    if (t->at < t->len && t->in[t->at] == '?')
        copy(t, 1);
    t->quantified = true;
    return true;
}

/* {m} {m,} {m,n} */
static bool counted_quantifier(const char *in, size_t len, size_t *n)
{
    size_t at = 1, digits = at;
    while (at < len && isdigit((unsigned char)in[at]))
        at++;
    if (at == digits)
        return false;
    if (at < len && in[at] == ',') {
        at++;
        while (at < len && isdigit((unsigned char)in[at]))
            at++;
    }
    if (at == len || in[at] != '}')
        return false;
    *n = at + 1;
    return true;
}

/* ---- escapes --------------------------------------------------------------------- */

static bool escape(struct translation *t, bool in_class)
{
    if (t->at + 1 >= t->len)
        return false;
    char c = t->in[t->at + 1];
    switch (c) {
    case 'd':
    case 'D':
    case 'w':
    case 'W':
    case 's':
    case 'S':
    case 'n':
    case 'r':
    case 't':
    case 'f':
    case 'a': copy(t, 2); return true;
    case 'b':
    case 'B':
    case 'A':
    case 'z':
        if (in_class)
            return false;
        copy(t, 2);
        return true;
    case 'v':
        /* PCRE2's \v is a class. */
        t->at += 2;
        return strbuf_append_str(t->out, "\\x0b");
    case 'x': return code_point_escape(t, 2);
    case 'u': return code_point_escape(t, 4);
    case 'U': return code_point_escape(t, 8);
    case 'p':
    case 'P': return property_escape(t);
    default:
        if ((unsigned char)c >= 0x80 || isalnum((unsigned char)c))
            return false;
        copy(t, 2);
        return true;
    }
}

/* \xHH \uHHHH \UHHHHHHHH and \x{...} */
static bool code_point_escape(struct translation *t, size_t digits)
{
    size_t at = t->at + 2;
    bool braces = at < t->len && t->in[at] == '{';
    uint32_t code = 0;
    size_t n = 0;
    if (braces)
        at++;
    while (at < t->len && isxdigit((unsigned char)t->in[at]) &&
           (braces || n < digits)) {
        char c = t->in[at++];
        uint32_t digit =
            c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 32) - 'a' + 10);
        if (code > UTF8_MAX_CODE_POINT)
            return false;
        code = code * 16 + digit;
        n++;
    }
    if (n == 0 || (!braces && n < digits))
        return false;
    if (braces && (at >= t->len || t->in[at++] != '}'))
        return false;
    if (code > UTF8_MAX_CODE_POINT || (code >= 0xD800 && code < 0xE000))
        return false;
    t->at = at;
    return strbuf_append_format(t->out, "\\x{%x}", (unsigned)code);
}

/* \pL \p{Greek} \P{..} \p{^..}; unknown names are PCRE2's to refuse. */
static bool property_escape(struct translation *t)
{
    size_t at = t->at + 2;
    if (at >= t->len)
        return false;
    if (t->in[at] != '{') {
        if (!isalpha((unsigned char)t->in[at]))
            return false;
        copy(t, 3);
        return true;
    }
    while (at < t->len && t->in[at] != '}')
        at++;
    if (at == t->len)
        return false;
    copy(t, at + 1 - t->at);
    return true;
}

/* ---- classes --------------------------------------------------------------------- */

static bool class(struct translation *t)
{
    begin_atom(t);
    return class_items(t, 0);
}

/* From `[` to its `]`. A nested class without `^` is a union, so its items join the outer
   one; set operations (&& -- ~~) and negated nested classes are not in the dialect. */
static bool class_items(struct translation *t, unsigned depth)
{
    if (depth == 0)
        strbuf_append_char(t->out, '[');
    t->at++;
    if (t->at < t->len && t->in[t->at] == '^') {
        if (depth > 0)
            return false;
        copy(t, 1);
    }
    bool first = true;
    while (t->at < t->len) {
        const char *in = t->in + t->at;
        size_t left = t->len - t->at;
        if (in[0] == ']' && !first) {
            t->at++;
            if (depth == 0)
                strbuf_append_char(t->out, ']');
            return true;
        }
        bool ok = true;
        if (in[0] == '[' && left >= 2 && in[1] == ':') {
            size_t end = 2;
            while (end < left && (isalpha((unsigned char)in[end]) || in[end] == '^'))
                end++;
            if (end + 1 >= left || in[end] != ':' || in[end + 1] != ']')
                return false;
            copy(t, end + 2);
        } else if (in[0] == '[') {
            ok = depth < REGEX_DIALECT_MAX_NESTING && class_items(t, depth + 1);
        } else if (in[0] == '\\') {
            ok = escape(t, true);
        } else if (left >= 2 && in[0] == in[1] &&
                   (in[0] == '&' || in[0] == '~' || (in[0] == '-' && !first))) {
            return false;
        } else if (in[0] == ']') {
            strbuf_append_char(t->out, '\\');
            copy(t, 1);
        } else {
            copy(t, 1);
        }
        if (!ok)
            return false;
        first = false;
    }
    return false;
}

/* ---- output ---------------------------------------------------------------------- */

static void copy(struct translation *t, size_t n)
{
    strbuf_append(t->out, t->in + t->at, n);
    t->at += n;
}

static void begin_atom(struct translation *t)
{
    t->atom = (ptrdiff_t)t->out->len;
    t->quantified = false;
}
