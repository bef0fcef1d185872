#include "config.h"

#include <string.h>

#include "unit.h"

#include "base/strbuf.h"
#include "lib/regex_dialect.h"

/* The translation, or "refused". */
static const char *translate(const char *pattern)
{
    static struct strbuf out;
    bool unicode = false;
    strbuf_done(&out);
    strbuf_init(&out);
    if (!regex_dialect_translate(pattern, strlen(pattern), &out, &unicode))
        return "refused";
    if (unicode)
        strbuf_append_str(&out, " unicode");
    return strbuf_str(&out);
}

START_TEST(test_dialect_keeps_what_it_shares_with_pcre2)
{
    static const char *const patterns[] = {
        "a|b*",
        "(a)(?:b)(?P<n>c)(?<m>d)",
        "[a-z\\d_]{2,3}?",
        "^\\w+\\b$",
        "\\pL\\p{Greek}",
        "[[:alpha:]x]",
        "(?i)a(?s-i:b)",
        "\\.\\{",
        "",
        "a||b",
        "[^]a]",
        "\\A.\\z",
    };
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        const char *expected =
            strcmp(patterns[i], "[^]a]") == 0 ? "[^\\]a]" : patterns[i];
        ck_assert_str_eq(translate(patterns[i]), expected);
    }
}
END_TEST

START_TEST(test_dialect_translates_what_differs)
{
    ck_assert_str_eq(translate("a++"), "(?:a+)+");
    ck_assert_str_eq(translate("(ab)*?+"), "(?:(ab)*?)+");
    ck_assert_str_eq(translate("\\v"), "\\x0b");
    ck_assert_str_eq(translate("\\u00e9"), "\\x{e9}");
    ck_assert_str_eq(translate("\\x411"), "\\x{41}1");
    ck_assert_str_eq(translate("\\x{41}1"), "\\x{41}1");
    ck_assert_str_eq(translate("\\x{10fFfF}"), "\\x{10ffff}");
    ck_assert_str_eq(translate("\\ud7ff\\ue000"), "\\x{d7ff}\\x{e000}");
    ck_assert_str_eq(translate("\\U0001f600"), "\\x{1f600}");
    ck_assert_str_eq(translate("[a[bc]]"), "[abc]");
    ck_assert_str_eq(translate("(?u)\\w"), "\\w unicode");
    ck_assert_str_eq(translate("(?x) a # b\n c"), "ac");
}
END_TEST

START_TEST(test_dialect_refuses_what_is_not_in_it)
{
    static const char *const patterns[] = {
        "(a)\\1",    "\\k<n>",      "(?=a)",       "(?!a)",
        "(?<=a)",    "(?<!a)",      "(?>a)",       "(?R)",
        "(?1)",      "(?|a)",       "(*ACCEPT)",   "\\K",
        "\\Qa\\E",   "\\h",         "\\R",         "\\0",
        "(",         ")",           "[",           "[]",
        "[z&&y]",    "*a",          "a{",          "a{,2}",
        "a{2",       "\\",          "(?z)",        "(?i",
        "(?P<1a>b)", "a|*",         "\\x4",        "[\\b]",
        "\\u{d800}", "(?P=n)",      "(?#c)",       "(?",
        "(?i--s)",   "(?i--a",      "(?--a",       "(?-)",
        "\\x{}",     "\\x{41",      "\\x{110000}", "\\x{ffffffffffffffff41}",
        "\\u12g4",   "\\U0000dfff", "a{2,3",       "a{2;3}",
        "\\xg1",     "\\u004",
    };
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
        ck_assert_msg(strcmp(translate(patterns[i]), "refused") == 0, "%s",
                      patterns[i]);
}
END_TEST

START_TEST(test_dialect_limits_nesting)
{
    char pattern[2 * (REGEX_DIALECT_MAX_NESTING + 1) + 1];
    for (size_t depth = REGEX_DIALECT_MAX_NESTING;
         depth <= REGEX_DIALECT_MAX_NESTING + 1; depth++) {
        memset(pattern, '(', depth);
        memset(pattern + depth, ')', depth);
        pattern[2 * depth] = '\0';
        ck_assert_int_eq(strcmp(translate(pattern), "refused") == 0,
                         depth > REGEX_DIALECT_MAX_NESTING);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_dialect_keeps_what_it_shares_with_pcre2,
        test_dialect_translates_what_differs,
        test_dialect_refuses_what_is_not_in_it,
        test_dialect_limits_nesting,
        NULL,
    };
    return unit_run(unit_suite("lib_regex_dialect", tests));
}
