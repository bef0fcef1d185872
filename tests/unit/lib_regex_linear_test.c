/*
 * The linear matcher against PCRE2: both get the same translated pattern and must find the
 * same match. Captures are compared where the table says so; both engines are free in what
 * a group keeps from an iteration that matched nothing.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "unit.h"

#include "base/mem.h"
#include "base/prng.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "lib/regex_dialect.h"
#include "lib/regex_linear.h"
#include "lib/unicode.h"

/* "0-3 1-2 -" for match and groups, "none", or "refused". */
static void describe(char *out, size_t size, const size_t *ends, size_t groups)
{
    size_t at = 0;
    out[0] = '\0';
    for (size_t g = 0; g <= groups; g++) {
        const char *space = g > 0 ? " " : "";
        if (ends[2 * g] == SIZE_MAX)
            at += (size_t)snprintf(out + at, size - at, "%s-", space);
        else
            at += (size_t)snprintf(out + at, size - at, "%s%zu-%zu", space, ends[2 * g],
                                   ends[2 * g + 1]);
    }
}

static void linear(const struct strbuf *pattern, const char *text, char *out,
                   size_t size)
{
    size_t ends[32];
    bool found = false;
    struct regex_linear *re = regex_linear_new(pattern->data, pattern->len);
    snprintf(out, size, re == NULL ? "refused" : "none");
    if (re == NULL)
        return;
    ck_assert(regex_linear_find(re, text, strlen(text), 0, ends, &found, NULL));
    if (found)
        describe(out, size, ends, regex_linear_groups(re));
    regex_linear_free(re);
}

static bool backtracking(const struct strbuf *pattern, const char *text, char *out,
                         size_t size)
{
    int code = 0;
    PCRE2_SIZE offset = 0;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_code *re =
        pcre2_compile((PCRE2_SPTR)pattern->data, pattern->len,
                      PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX, &code,
                      &offset, context);
    pcre2_compile_context_free(context);
    if (re == NULL)
        return false;
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(re, NULL);
    int rc = pcre2_match(re, (PCRE2_SPTR)text, strlen(text), 0, 0, match, NULL);
    snprintf(out, size, "none");
    if (rc >= 0)
        describe(out, size, pcre2_get_ovector_pointer(match),
                 pcre2_get_ovector_count(match) - 1);
    pcre2_match_data_free(match);
    pcre2_code_free(re);
    return rc >= 0 || rc == PCRE2_ERROR_NOMATCH;
}

static void compare(const char *pattern, const char *text, bool groups)
{
    struct strbuf translated;
    char ours[512], theirs[512];
    bool unicode = false;
    strbuf_init(&translated);
    ck_assert_msg(
        regex_dialect_translate(pattern, strlen(pattern), &translated, &unicode), "%s",
        pattern);
    strbuf_reserve(&translated, 1);
    if (backtracking(&translated, text, theirs, sizeof(theirs))) {
        linear(&translated, text, ours, sizeof(ours));
        if (!groups) {
            ours[strcspn(ours, " ")] = '\0';
            theirs[strcspn(theirs, " ")] = '\0';
        }
        ck_assert_msg(strcmp(ours, theirs) == 0, "/%s/ on \"%s\": %s, PCRE2 %s",
                      pattern, text, ours, theirs);
    }
    strbuf_done(&translated);
}

START_TEST(test_linear_agrees_on_examples)
{
    static const char *const examples[][2] = {
        {"", ""},
        {"abc", "xabcabc"},
        {"a|ab|abc", "abc"},
        {"(a|ab)(c|bcd)(d*)", "abcd"},
        {"a+?b*", "aaab"},
        {"a{2,3}", "aaaa"},
        {"a{2,}?", "aaaa"},
        {"(ab){0,2}c", "ababababc"},
        {"x{0}y", "xy"},
        {"^b$|(?m)^b$", "a\nb\nc"},
        {"\\bfoo\\b", "afoo foo"},
        {"\\Boo", "foo"},
        {"[^a-c]+", "abcdefabc"},
        {"[\\d_]+[^\\W]", "x12_ab"},
        {"[[:alpha:]]+[[:digit:][:space:]]", "ab1"},
        {"[a\\-z]+", "b-az"},
        {"[]x]+", "a]x]"},
        {"(?i)straSSE", "xSTRAsse"},
        {"(?i)[a-c]+", "xABCd"},
        {"a(?i:b)c", "aBc"},
        {"a(?i)b|c", "C"},
        {".+", "a\nb"},
        {"(?s).+", "a\nb"},
        {"\u00e9+.", "a\u00e9\u00e9\u4e2db"},
        {"\\x{e9}\\u4e2d", "\u00e9\u4e2d"},
        {"(a)|(b)", "b"},
        {"(a)(?:b)(?i:c)", "xabC"},
        {"(?P<x>\\d+)-(?P<y>\\d+)", "a 12-345"},
        {"((a)(b)?)+", "abaab"},
        {"a++b", "aaab"},
        {"\\.\\*\\t", "x.*\t"},
        {"[a-\\d]+", "x-a9"},
        {"(?i)[a-z]\\d+|k", "\u017f9"},
        {"(?i)k", "\u212a"},
        {"(?i)[\u212a]+", "kK\u212a"},
        {"(?i)\\W+", "s\u017f"},
        {"(?i)[\\W]+", "s\u017fk"},
        {"(?i)[^\\W]+", "\u017fs"},
        {"(?i)[[:upper:]]+", "\u017faB"},
        {"(?i)[[:^lower:]]+", "aB1\u017f"},
        {"(?i)[[:word:]]+", "\u017fs"},
    };
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        compare(examples[i][0], examples[i][1], true);
}
END_TEST

/* ---- case -------------------------------------------------------------------------- */

static void compare_letter(const char *before, uint32_t letter, const char *after,
                           const char *text)
{
    struct strbuf pattern;
    strbuf_init(&pattern);
    strbuf_append_format(&pattern, "(?i)%s\\x{%x}%s", before, (unsigned)letter, after);
    compare(strbuf_str(&pattern), text, true);
    strbuf_done(&pattern);
}

/* Every letter that has a case matches its variants, the Kelvin sign a k and the long s an s,
   and nothing else that has a case. */
START_TEST(test_linear_folds_case_like_pcre2)
{
    uint32_t cased[3000], variants[UNICODE_MAX_VARIANTS];
    size_t n = 0;
    for (uint32_t c = 'A'; c <= UTF8_MAX_CODE_POINT; c++) {
        if ((c < 0xD800 || c >= 0xE000) && unicode_case_variants(c, variants) > 1) {
            ck_assert_uint_lt(n, sizeof(cased) / sizeof(cased[0]));
            cased[n++] = c;
        }
    }
    ck_assert_uint_gt(n, 2500);
    for (size_t i = 0; i < n; i++) {
        struct strbuf same, other;
        unsigned count = unicode_case_variants(cased[i], variants);
        strbuf_init(&same);
        strbuf_init(&other);
        for (unsigned k = 0; k < count; k++)
            strbuf_append_utf8(&same, variants[k]);
        for (size_t k = 0; k < n; k++)
            if (unicode_fold(cased[k]) != variants[0])
                strbuf_append_utf8(&other, cased[k]);
        compare_letter("^", cased[i], "+$", strbuf_str(&same));
        compare_letter("^[", cased[i], "]+$", strbuf_str(&same));
        compare_letter("", cased[i], "", strbuf_str(&other));
        strbuf_done(&same);
        strbuf_done(&other);
    }
}
END_TEST

/* ---- random patterns --------------------------------------------------------------- */

static bool random_alternatives(struct prng *prng, struct strbuf *out, int depth);

/* Appends an atom; true when it can match nothing. */
static bool random_atom(struct prng *prng, struct strbuf *out, int depth)
{
    static const char *const atoms[] = {"a",      "b",    "A",    "\u00e9",
                                        ".",      "[ab]", "[^a]", "\\w",
                                        "[a-c_]", "\\d",  "\\W",  "\\x{e9}"};
    static const char *const assertions[] = {"^", "$", "\\b", "\\B"};
    static const char *const opens[] = {"(", "(?:", "(?i:", "(?s:", "(?m:"};
    uint64_t kind = prng_below(prng, 12);
    if (kind == 0) {
        strbuf_append_str(out, assertions[prng_below(prng, 4)]);
        return true;
    }
    if (kind > 4 || depth == 0) {
        strbuf_append_str(out, atoms[prng_below(prng, 12)]);
        return false;
    }
    strbuf_append_str(out, opens[prng_below(prng, 5)]);
    bool empty = random_alternatives(prng, out, depth - 1);
    strbuf_append_char(out, ')');
    return empty;
}

static bool random_alternatives(struct prng *prng, struct strbuf *out, int depth)
{
    static const char *const quantifiers[] = {"*",  "+",   "?",     "*?",   "+?",
                                              "??", "{2}", "{1,3}", "{2,}", "{0,2}?"};
    bool any_empty = false;
    for (uint64_t alternative = 0;; alternative++) {
        bool empty = true;
        for (uint64_t n = 1 + prng_below(prng, 3); n > 0; n--) {
            bool atom_empty = random_atom(prng, out, depth);
            /* What can match nothing is not repeated: there the engines are free. */
            if (!atom_empty && prng_below(prng, 3) == 0) {
                size_t q = (size_t)prng_below(prng, 10);
                strbuf_append_str(out, quantifiers[q]);
                atom_empty = strchr("*?{", quantifiers[q][0]) != NULL &&
                             strcmp(quantifiers[q], "{2}") != 0 &&
                             strcmp(quantifiers[q], "{1,3}") != 0 &&
                             strcmp(quantifiers[q], "{2,}") != 0;
            }
            empty = empty && atom_empty;
        }
        any_empty = any_empty || empty;
        if (alternative == 2 || prng_below(prng, 3) != 0)
            return any_empty;
        strbuf_append_char(out, '|');
    }
}

START_TEST(test_linear_agrees_on_random_patterns)
{
    static const char *const letters[] = {"a", "b", "A",  "c",     "_",
                                          "1", " ", "\n", "\u00e9"};
    struct prng prng;
    prng_seed(&prng, 11);
    for (int i = 0; i < 20000; i++) {
        struct strbuf pattern, text;
        strbuf_init(&pattern);
        strbuf_init(&text);
        random_alternatives(&prng, &pattern, 2);
        for (uint64_t n = prng_below(&prng, 12); n > 0; n--)
            strbuf_append_str(&text, letters[prng_below(&prng, 9)]);
        compare(strbuf_str(&pattern), strbuf_str(&text), false);
        strbuf_done(&pattern);
        strbuf_done(&text);
    }
}
END_TEST

/* Patterns on which backtracking takes exponential time. */
START_TEST(test_linear_does_not_backtrack)
{
    static const char *const patterns[] = {"^(a+)+$", "^(a|aa)+$", "^(a*)*b",
                                           "(x+x+)+y", "^(?:a?){30}a{30}b"};
    char text[5002], out[64];
    memset(text, 'a', 5000);
    memcpy(text + 5000, "!", 2);
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct strbuf pattern;
        strbuf_init(&pattern);
        strbuf_append_str(&pattern, patterns[i]);
        linear(&pattern, text, out, sizeof(out));
        ck_assert_str_eq(out, "none");
        strbuf_done(&pattern);
    }
}
END_TEST

START_TEST(test_linear_refuses_long_programs_and_properties)
{
    static const char *const patterns[] = {"a{40000}", "(?:(?:a{100}){100}){100}",
                                           "\\pL", "[\\p{Greek}]"};
    char out[64];
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct strbuf pattern;
        strbuf_init(&pattern);
        strbuf_append_str(&pattern, patterns[i]);
        linear(&pattern, "a", out, sizeof(out));
        ck_assert_str_eq(out, "refused");
        strbuf_done(&pattern);
    }
}
END_TEST

/* Whether a pattern of `n` times a and then `tail` is taken. */
static bool takes(size_t n, const char *tail)
{
    struct strbuf pattern;
    strbuf_init(&pattern);
    for (size_t i = 0; i < n; i++)
        strbuf_append_char(&pattern, 'a');
    strbuf_append_str(&pattern, tail);
    struct regex_linear *re = regex_linear_new(strbuf_str(&pattern), pattern.len);
    strbuf_done(&pattern);
    regex_linear_free(re);
    return re != NULL;
}

START_TEST(test_linear_limit_of_programs_is_exact)
{
    ck_assert(takes(REGEX_LINEAR_MAX_PROGRAM, ""));
    ck_assert(!takes(REGEX_LINEAR_MAX_PROGRAM + 1, ""));
    /* One instruction more for the choice. */
    ck_assert(takes(REGEX_LINEAR_MAX_PROGRAM - 1, "?"));
    ck_assert(!takes(REGEX_LINEAR_MAX_PROGRAM, "?"));
}
END_TEST

/* Without --enable-hard-tests nothing fails. */
START_TEST(test_linear_says_when_memory_is_out)
{
    for (int64_t after = 0; after < 40; after++) {
        size_t ends[4] = {0};
        bool found = false, ok = false;
        mem_fail_after(after, false);
        struct regex_linear *re = regex_linear_new("a(b+)", 5);
        if (re != NULL)
            ok = regex_linear_find(re, "xabb", 4, 0, ends, &found, NULL);
        mem_fail_after(-1, false);
        if (ok) {
            ck_assert(found);
            ck_assert_uint_eq(ends[0], 1);
            ck_assert_uint_eq(ends[1], 4);
            ck_assert_uint_eq(ends[2], 2);
            ck_assert_uint_eq(ends[3], 4);
        }
        regex_linear_free(re);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_linear_agrees_on_examples,
        test_linear_folds_case_like_pcre2,
        test_linear_agrees_on_random_patterns,
        test_linear_does_not_backtrack,
        test_linear_refuses_long_programs_and_properties,
        test_linear_limit_of_programs_is_exact,
        test_linear_says_when_memory_is_out,
        NULL,
    };
    return unit_run(unit_suite("lib_regex_linear", tests));
}
