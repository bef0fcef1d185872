/*
 * Pattern, text and replacement, any of them: the four builtins tell one story, and the
 * linear matcher, which a program meets only when PCRE2 gives up, finds what PCRE2 finds.
 */
#include "config.h"

#include <stdio.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "fuzz.h"
#include "library.h"

#include "lib/regex_dialect.h"
#include "lib/regex_linear.h"

enum {
    PATTERN,
    TEXT,
    REPLACEMENT
};

enum {
    /* Small, so that hostile patterns cost the search little; such a pair is left out. */
    MATCH_LIMIT = 20000
};

/* Where a match lies; `start` SIZE_MAX: nowhere. */
struct span {
    size_t start, end;
};

/* ---- the builtins ------------------------------------------------------------------- */

/* The text is the pieces with the matches between them. */
static void pieces_and_matches_are_text(struct state *st, struct value text,
                                        const struct array *pieces,
                                        const struct array *matches)
{
    struct strbuf whole;
    if (pieces->len != matches->len + 1)
        abort();
    strbuf_init(&whole);
    for (size_t i = 0; i < pieces->len; i++) {
        struct value piece = array_get(pieces, i);
        strbuf_append(&whole, STRING_OF(piece)->data, STRING_OF(piece)->len);
        if (i < matches->len) {
            struct value match = array_get(matches, i);
            strbuf_append(&whole, STRING_OF(match)->data, STRING_OF(match)->len);
        }
    }
    struct value made = library_string(st, strbuf_str(&whole), whole.len);
    library_must_equal(st, made, text);
    value_release(st, made);
    strbuf_done(&whole);
}

static void builtins_agree(const struct library *l)
{
    struct state *st = l->st;
    struct value args[3] = {l->parts[TEXT], l->parts[PATTERN], l->parts[REPLACEMENT]};
    struct value has = library_call(st, "regex_match", args, 2);
    struct value matches = library_call(st, "regex_find_all", args, 2);
    struct value pieces = library_call(st, "regex_split", args, 2);
    struct value replaced = library_call(st, "regex_replace", args, 3);
    args[2] = library_string(st, "${0}", 4);
    struct value same = library_call(st, "regex_replace", args, 3);
    /* null: too costly. */
    if (has.kind == VALUE_BOOL && matches.kind == VALUE_ARRAY) {
        if (has.as.boolean != (ARRAY_OF(matches)->len > 0))
            abort();
        if (pieces.kind == VALUE_ARRAY)
            pieces_and_matches_are_text(st, l->parts[TEXT], ARRAY_OF(pieces),
                                        ARRAY_OF(matches));
    }
    if (same.kind == VALUE_STRING)
        library_must_equal(st, same, l->parts[TEXT]);
    value_release(st, args[2]);
    value_release(st, same);
    value_release(st, matches);
    value_release(st, pieces);
    value_release(st, replaced);
}

/* ---- the two matchers --------------------------------------------------------------- */

/* Where a group or an assertion is repeated, an iteration may match nothing, and there the
   matchers are free in how long the match becomes. Says yes too often, never too seldom. */
static bool end_is_free(const struct strbuf *pattern)
{
    for (size_t i = 1; i < pattern->len; i++) {
        char before = pattern->data[i - 1];
        if (memchr("*+?{", pattern->data[i], 4) == NULL)
            continue;
        if (before == ')' || before == '^' || before == '$')
            return true;
        if (i > 1 && pattern->data[i - 2] == '\\' && memchr("bBAz", before, 4) != NULL)
            return true;
    }
    return false;
}

/* False when PCRE2 does not take the pattern or gives up. */
static bool backtracking(const struct strbuf *pattern, const struct string *text,
                         struct span *out)
{
    int code = 0;
    PCRE2_SIZE offset = 0;
    pcre2_compile_context *compile = pcre2_compile_context_create(NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    pcre2_set_newline(compile, PCRE2_NEWLINE_LF);
    pcre2_set_match_limit(limits, MATCH_LIMIT);
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern->data, pattern->len,
                                   PCRE2_UTF | PCRE2_DOLLAR_ENDONLY |
                                       PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C,
                                   &code, &offset, compile);
    int rc = PCRE2_ERROR_MATCHLIMIT;
    if (re != NULL) {
        pcre2_match_data *match = pcre2_match_data_create_from_pattern(re, NULL);
        rc = pcre2_match(re, (PCRE2_SPTR)text->data, text->len, 0, 0, match, limits);
        const size_t *ends = pcre2_get_ovector_pointer(match);
        *out = rc >= 0 ? (struct span){ends[0], ends[1]} : (struct span){SIZE_MAX, 0};
        pcre2_match_data_free(match);
        pcre2_code_free(re);
    }
    pcre2_match_context_free(limits);
    pcre2_compile_context_free(compile);
    return rc >= 0 || rc == PCRE2_ERROR_NOMATCH;
}

/* False when the matcher does not take the pattern. */
static bool linear(const struct strbuf *pattern, const struct string *text,
                   struct span *out)
{
    bool found = false;
    struct regex_linear *re = regex_linear_new(pattern->data, pattern->len);
    if (re == NULL)
        return false;
    size_t *ends = calloc(regex_linear_groups(re) + 1, 2 * sizeof(*ends));
    if (ends == NULL ||
        !regex_linear_find(re, text->data, text->len, 0, ends, &found, NULL))
        abort();
    *out = found ? (struct span){ends[0], ends[1]} : (struct span){SIZE_MAX, 0};
    free(ends);
    regex_linear_free(re);
    return true;
}

static void matchers_agree(const struct string *pattern, const struct string *text)
{
    struct strbuf translated;
    struct span ours, theirs;
    bool unicode = false;
    strbuf_init(&translated);
    if (regex_dialect_translate(pattern->data, pattern->len, &translated, &unicode) &&
        !unicode && strbuf_reserve(&translated, 1) &&
        backtracking(&translated, text, &theirs) && linear(&translated, text, &ours)) {
        if (ours.start != theirs.start ||
            (ours.end != theirs.end && !end_is_free(&translated))) {
            fprintf(stderr, "/%s/ on \"%s\": linear %zu-%zu, PCRE2 %zu-%zu\n",
                    pattern->data, text->data, ours.start, ours.end, theirs.start,
                    theirs.end);
            abort();
        }
    }
    strbuf_done(&translated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct library l;
    if (!library_open(&l, data, size))
        return 0;
    matchers_agree(STRING_OF(l.parts[PATTERN]), STRING_OF(l.parts[TEXT]));
    builtins_agree(&l);
    library_close(&l);
    return 0;
}
