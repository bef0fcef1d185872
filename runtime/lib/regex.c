#include "config.h"

#include "lib/regex.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "core/array.h"
#include "core/poll.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/lib_state.h"
#include "lib/regex_dialect.h"
#include "lib/regex_linear.h"

/* One cached pattern; `code` NULL: a bad one. Owns all. */
struct pattern {
    char *text;
    size_t len;
    pcre2_code *code;
    pcre2_match_data *match;
    char *translated; /* what PCRE2 compiled */
    size_t translated_len;
    bool unicode;
    uint32_t uses;
    bool jit_tried;
    struct regex_linear *linear; /* once PCRE2 has given up on this pattern */
    size_t *ends;                /* of the linear matcher's groups */
};

struct regex_cache {
    struct pattern patterns[REGEX_CACHE_SLOTS];
    pcre2_match_context *context;
    pcre2_compile_context *compile_context;
};

/* A walk over the non-overlapping matches of a text. */
struct matches {
    struct state *st;
    const struct string *text;
    struct pattern *pattern;
    pcre2_match_context *context;
    size_t at;          /* where the next search starts */
    size_t last_end;    /* end of the match before; SIZE_MAX: none */
    size_t start, end;  /* the match */
    const size_t *ends; /* start and end of each group, SIZE_MAX: took no part */
    uint32_t nends;     /* groups, the whole match included */
};

static struct regex_cache *cache_of(struct state *st);
static bool pattern_of(struct state *st, const struct string *text, size_t subject_len,
                       struct pattern **out);
static bool compile(struct state *st, struct regex_cache *cache, struct pattern *p);
static void pattern_done(struct pattern *p);
static bool begin(struct state *st, const char *name, struct value *args,
                  struct matches *m);
static bool next_match(struct matches *m, bool *found);
static bool append_replacement(struct matches *m, struct strbuf *out,
                               const struct string *by);

/* ---- builtins -------------------------------------------------------------------- */

bool regex_match(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    struct matches m;
    bool found = false;
    if (!begin(st, "regex_match", args, &m) || !next_match(&m, &found))
        return false;
    *result = value_bool(found);
    return true;
}

bool regex_find_all(struct state *st, struct value *args, uint32_t nargs,
                    struct value *result)
{
    (void)nargs;
    struct matches m;
    struct value list;
    if (!begin(st, "regex_find_all", args, &m) || !array_make_empty(st, &list))
        return false;
    for (;;) {
        bool found = false;
        struct value piece;
        bool ok = next_match(&m, &found);
        if (ok && !found) {
            *result = list;
            return true;
        }
        ok = ok && string_make(st, m.text->data + m.start, m.end - m.start, &piece) &&
             array_push_take(st, &list, piece);
        if (!ok) {
            value_release(st, list);
            return false;
        }
    }
}

bool regex_split(struct state *st, struct value *args, uint32_t nargs,
                 struct value *result)
{
    (void)nargs;
    struct matches m;
    struct value list;
    if (!begin(st, "regex_split", args, &m) || !array_make_empty(st, &list))
        return false;
    size_t from = 0;
    for (;;) {
        bool found = false;
        struct value piece;
        bool ok = next_match(&m, &found);
        size_t to = found ? m.start : m.text->len;
        ok = ok && string_make(st, m.text->data + from, to - from, &piece) &&
             array_push_take(st, &list, piece);
        if (!ok) {
            value_release(st, list);
            return false;
        }
        if (!found)
            break;
        from = m.end;
    }
    *result = list;
    return true;
}

bool regex_replace(struct state *st, struct value *args, uint32_t nargs,
                   struct value *result)
{
    (void)nargs;
    struct matches m;
    struct string *by = NULL;
    if (!argument_string(st, "regex_replace", args[2], &by) ||
        !begin(st, "regex_replace", args, &m))
        return false;
    struct strbuf out;
    strbuf_init(&out);
    size_t from = 0;
    bool ok = true;
    for (;;) {
        bool found = false;
        ok = next_match(&m, &found);
        if (!ok || !found)
            break;
        strbuf_append(&out, m.text->data + from, m.start - from);
        ok = append_replacement(&m, &out, by);
        if (!ok)
            break;
        from = m.end;
    }
    if (ok && m.last_end == SIZE_MAX) {
        *result = value_retain(args[0]);
    } else if (ok) {
        strbuf_append(&out, m.text->data + from, m.text->len - from);
        ok = string_make_strbuf(st, &out, result);
    }
    strbuf_done(&out);
    return ok;
}

/* ---- matching -------------------------------------------------------------------- */

/* A bad pattern gives a walk without matches. */
static bool begin(struct state *st, const char *name, struct value *args,
                  struct matches *m)
{
    struct string *text = NULL, *pattern = NULL;
    if (!argument_string(st, name, args[0], &text) ||
        !argument_string(st, name, args[1], &pattern))
        return false;
    struct regex_cache *cache = cache_of(st);
    *m = (struct matches){.st = st, .text = text, .last_end = SIZE_MAX};
    if (cache == NULL || !pattern_of(st, pattern, text->len, &m->pattern))
        return false;
    m->context = cache->context;
    return true;
}

/* The pattern has cost PCRE2 too much: from now on the linear matcher has it. */
static bool give_up(struct matches *m)
{
    struct pattern *p = m->pattern;
    if (!p->unicode)
        p->linear = regex_linear_new(p->translated, p->translated_len);
    if (p->linear != NULL) {
        size_t groups = (size_t)regex_linear_groups(p->linear) + 1;
        p->ends = mem_alloc_zero(groups, 2 * sizeof(*p->ends));
        if (p->ends == NULL)
            return error_out_of_memory(m->st);
        return true;
    }
    return error_raise(m->st, "Regular expression '%s' is too costly for this text",
                       p->text);
}

/* First match from m->at on. */
static bool match_once(struct matches *m, bool *found)
{
    struct pattern *p = m->pattern;
    const struct string *text = m->text;
    _Static_assert(sizeof(PCRE2_SIZE) == sizeof(size_t) && PCRE2_UNSET == SIZE_MAX,
                   "both matchers give the same positions");
    if (p->linear == NULL) {
        /* Strings are valid UTF-8 (core/string.h), so PCRE2 need not check. */
        PCRE2_SPTR subject = (PCRE2_SPTR)text->data;
        int rc = pcre2_match(p->code, subject, text->len, m->at, PCRE2_NO_UTF_CHECK,
                             p->match, m->context);
        if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
            rc = pcre2_match(p->code, subject, text->len, m->at,
                             PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, p->match, m->context);
        *found = rc >= 0;
        m->ends = pcre2_get_ovector_pointer(p->match);
        m->nends = pcre2_get_ovector_count(p->match);
        if (rc >= 0 || rc == PCRE2_ERROR_NOMATCH)
            return true;
        if (rc != PCRE2_ERROR_MATCHLIMIT && rc != PCRE2_ERROR_DEPTHLIMIT &&
            rc != PCRE2_ERROR_HEAPLIMIT)
            return error_out_of_memory(m->st);
        if (!give_up(m))
            return false;
    }
    m->ends = p->ends;
    m->nends = regex_linear_groups(p->linear) + 1;
    return regex_linear_find(p->linear, text->data, text->len, m->at, p->ends, found,
                             &m->st->interrupt) ||
           (poll_now(m->st) && error_out_of_memory(m->st));
}

/* An empty match that touches the one before is skipped, as the dialect's home does. */
static bool next_match(struct matches *m, bool *found)
{
    *found = false;
    while (m->pattern->code != NULL && m->at <= m->text->len) {
        bool hit = false;
        if (!poll_now(m->st) || !match_once(m, &hit))
            return false;
        if (!hit)
            return true;
        m->start = m->ends[0];
        m->end = m->ends[1];
        if (m->start == m->end && m->start == m->last_end) {
            if (m->at == m->text->len)
                return true;
            m->at += utf8_advance(m->text->data + m->at, m->text->len - m->at, 1);
            continue;
        }
        m->last_end = m->end;
        m->at = m->end;
        *found = true;
        return true;
    }
    return true;
}

/* ---- replacement ----------------------------------------------------------------- */

static void append_group(struct matches *m, struct strbuf *out, uint32_t group)
{
    if (group >= m->nends)
        return;
    size_t start = m->ends[2 * (size_t)group], end = m->ends[2 * (size_t)group + 1];
    if (start != SIZE_MAX && end != SIZE_MAX && start < end)
        strbuf_append(out, m->text->data + start, end - start);
}

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

/* $1 ${1} $name ${name} $$; a reference to no group is empty, a lone $ stays. */
static bool append_replacement(struct matches *m, struct strbuf *out,
                               const struct string *by)
{
    for (size_t at = 0; at < by->len;) {
        const char *dollar = memchr(by->data + at, '$', by->len - at);
        size_t to = dollar != NULL ? (size_t)(dollar - by->data) : by->len;
        strbuf_append(out, by->data + at, to - at);
        if (dollar == NULL)
            break;
        at = to + 1;
        if (at < by->len && by->data[at] == '$') {
            strbuf_append_char(out, '$');
            at++;
            continue;
        }
        bool braces = at < by->len && by->data[at] == '{';
        size_t name = at + (braces ? 1 : 0), end = name;
        while (end < by->len && is_word(by->data[end]))
            end++;
        if (end == name || end - name > 128 ||
            (braces && (end == by->len || by->data[end] != '}'))) {
            strbuf_append_char(out, '$');
            continue;
        }
        char text[129];
        memcpy(text, by->data + name, end - name);
        text[end - name] = '\0';
        if (strspn(text, "0123456789") == end - name) {
            append_group(m, out, end - name > 6 ? UINT32_MAX : (uint32_t)atoi(text));
        } else {
            int group =
                pcre2_substring_number_from_name(m->pattern->code, (PCRE2_SPTR)text);
            if (group > 0)
                append_group(m, out, (uint32_t)group);
        }
        at = end + (braces ? 1 : 0);
    }
    return strbuf_failed(out) ? error_out_of_memory(m->st) : true;
}

/* ---- cache ----------------------------------------------------------------------- */

static struct regex_cache *cache_of(struct state *st)
{
    struct lib_state *lib = lib_state(st);
    if (lib == NULL || lib->regexes != NULL)
        return lib != NULL ? lib->regexes : NULL;
    struct regex_cache *cache = mem_alloc_zero(1, sizeof(*cache));
    if (cache != NULL) {
        cache->context = pcre2_match_context_create(NULL);
        cache->compile_context = pcre2_compile_context_create(NULL);
    }
    if (cache == NULL || cache->context == NULL || cache->compile_context == NULL) {
        regex_cache_free(cache);
        error_out_of_memory(st);
        return NULL;
    }
    pcre2_set_match_limit(cache->context, REGEX_MATCH_LIMIT);
    pcre2_set_newline(cache->compile_context, PCRE2_NEWLINE_LF);
    lib->regexes = cache;
    return cache;
}

void regex_cache_free(struct regex_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < REGEX_CACHE_SLOTS; i++)
        pattern_done(&cache->patterns[i]);
    pcre2_match_context_free(cache->context);
    pcre2_compile_context_free(cache->compile_context);
    mem_free(cache);
}

/* Direct-mapped by the string's hash: a program that goes round more patterns than slots
   only compiles more often. */
static bool pattern_of(struct state *st, const struct string *text, size_t subject_len,
                       struct pattern **out)
{
    struct regex_cache *cache = cache_of(st);
    if (cache == NULL)
        return false;
    uint32_t hash = (uint32_t)text->len;
    for (size_t i = 0; i < text->len; i++)
        hash = (hash ^ (unsigned char)text->data[i]) * 16777619U;
    struct pattern *p = &cache->patterns[(hash ^ hash >> 16) % REGEX_CACHE_SLOTS];
    if (p->text == NULL || p->len != text->len ||
        memcmp(p->text, text->data, p->len) != 0) {
        pattern_done(p);
        p->text = mem_strndup(text->data, text->len);
        p->len = text->len;
        if (p->text == NULL)
            return error_out_of_memory(st);
        if (!compile(st, cache, p)) {
            pattern_done(p);
            return false;
        }
    }
    p->uses++;
    if (p->code != NULL && !p->jit_tried &&
        (p->uses >= REGEX_JIT_USES || subject_len >= REGEX_JIT_TEXT_BYTES)) {
        p->jit_tried = true;
        (void)pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
    }
    *out = p;
    return true;
}

/* False only when memory is out; a bad pattern leaves code NULL. */
static bool compile(struct state *st, struct regex_cache *cache, struct pattern *p)
{
    struct strbuf translated;
    bool unicode = false, ok = true;
    strbuf_init(&translated);
    if (regex_dialect_translate(p->text, p->len, &translated, &unicode)) {
        int code = 0;
        PCRE2_SIZE offset = 0;
        uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX |
                           PCRE2_NEVER_BACKSLASH_C;
        if (unicode)
            options |= PCRE2_UCP;
        p->code = pcre2_compile((PCRE2_SPTR)strbuf_str(&translated), translated.len,
                                options, &code, &offset, cache->compile_context);
        if (p->code != NULL) {
            p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
            p->unicode = unicode;
            p->translated = strbuf_detach(&translated, &p->translated_len);
            ok = p->match != NULL && p->translated != NULL;
        }
    } else {
        ok = !strbuf_failed(&translated);
    }
    strbuf_done(&translated);
    return ok ? true : error_out_of_memory(st);
}

static void pattern_done(struct pattern *p)
{
    pcre2_match_data_free(p->match);
    pcre2_code_free(p->code);
    regex_linear_free(p->linear);
    mem_free(p->ends);
    mem_free(p->translated);
    mem_free(p->text);
    *p = (struct pattern){.text = NULL};
}
