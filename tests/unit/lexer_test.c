#include "config.h"

#include <string.h>

#include "front_text.h"
#include "unit.h"

#include "base/mem.h"

static void check_errors(const char *text, const char *expected)
{
    char *got = front_text_errors(text, strlen(text));
    ck_assert_msg(strcmp(got, expected) == 0, "for:\n%s\ngot:\n%swanted:\n%s", text,
                  got, expected);
    mem_free(got);
}

static void check_main(const char *text, const char *expected)
{
    char *got = front_text_main(text);
    ck_assert_msg(strcmp(got, expected) == 0, "for:\n%s\ngot:\n%swanted:\n%s", text,
                  got, expected);
    mem_free(got);
}

/* `count` copies of `piece` between head and tail. */
static char *repeat(const char *head, const char *piece, size_t count, const char *tail)
{
    size_t h = strlen(head), n = strlen(piece), t = strlen(tail);
    char *text = mem_alloc(h + n * count + t + 1);
    ck_assert_ptr_nonnull(text);
    memcpy(text, head, h);
    for (size_t i = 0; i < count; i++)
        memcpy(text + h + i * n, piece, n);
    memcpy(text + h + n * count, tail, t + 1);
    return text;
}

START_TEST(test_lexer_skips_comments_and_blanks)
{
    check_main("# a\n1 // b\n/// c\n/* d /* e */ 2 /* \n */ 3\t\r\n4", "1\n2\n3\n4\n");
    check_main("\"# no // comment /* here\"", "\"# no // comment /* here\"\n");
    check_main("", "");
}
END_TEST

START_TEST(test_lexer_reads_numbers)
{
    check_main("0 007 9223372036854775807", "0\n7\n9223372036854775807\n");
    check_main("1.5 0.1 100.0", "1.5f\n0.10000000000000001f\n100f\n");
    check_main("5.x", "(member 5 .x)\n");
    check_main("-5", "(- 5)\n");
    check_errors("9223372036854775808",
                 "RUFLEX006 1:1 Numeric literal overflow: 9223372036854775808\n");
    check_errors("x := 12ab", "RUFLEX007 1:6 Malformed numeric literal: 12ab\n");
    check_errors("1.5_0", "RUFLEX007 1:1 Malformed numeric literal: 1.5_0\n");
    check_errors("0x10", "RUFLEX007 1:1 Malformed numeric literal: 0x10\n");
    check_errors("1e5", "RUFLEX007 1:1 Malformed numeric literal: 1e5\n");
    char *text = repeat("", "1", 400, ".0");
    char *got = front_text_errors(text, strlen(text));
    ck_assert_int_eq(strncmp(got, "RUFLEX006 1:1 ", 14), 0);
    mem_free(got);
    mem_free(text);
}
END_TEST

START_TEST(test_lexer_limits_the_length_of_numbers)
{
    char *text = repeat("0.", "1", 510, "");
    check_errors(text, "");
    mem_free(text);
    text = repeat("0.", "1", 511, "");
    check_errors(text, "RUFLEX010 1:1 Numeric literal exceeds maximum length of 512 "
                       "characters\n");
    mem_free(text);
}
END_TEST

START_TEST(test_lexer_limits_the_length_of_identifiers)
{
    char *text = repeat("", "a", 256, "");
    check_errors(text, "");
    mem_free(text);
    text = repeat("x := ", "a", 257, "");
    check_errors(text,
                 "RUFLEX008 1:6 Identifier exceeds maximum length of 256 characters\n");
    mem_free(text);
    text = repeat("a", "\xc3\xa4", 255, "");
    check_errors(text, "");
    mem_free(text);
}
END_TEST

START_TEST(test_lexer_limits_the_length_of_strings)
{
    char *text = repeat("\"", "a", 1048576, "\"");
    check_errors(text, "");
    mem_free(text);
    text = repeat("\"", "a", 1048577, "\"");
    check_errors(text, "RUFLEX009 1:1 String literal exceeds maximum length of 1048576 "
                       "characters\n");
    mem_free(text);
}
END_TEST

START_TEST(test_lexer_reads_unicode_identifiers)
{
    check_main("a\xc3\xa4\xce\xb2\xd9\xa3 := 1; a\xc3\xa4\xce\xb2\xd9\xa3",
               "= a\xc3\xa4\xce\xb2\xd9\xa3@+g0 1\na\xc3\xa4\xce\xb2\xd9\xa3@g0\n");
    check_errors("\xc3\xa4 := 1",
                 "RUFLEX001 1:1 Unexpected character '\xc3\xa4'\n"
                 "RUFPARSE001 1:3 Expected a statement but found ':='\n");
}
END_TEST

START_TEST(test_lexer_reports_bad_characters)
{
    check_errors("x := 1 @ \n$", "RUFLEX001 1:8 Unexpected character '@'\n"
                                 "RUFLEX001 2:1 Unexpected character '$'\n");
    check_errors("a | b", "RUFLEX001 1:3 Unexpected character '|'\n");
    check_errors("'x'", "RUFLEX001 1:1 Unexpected character '''\n"
                        "RUFLEX001 1:3 Unexpected character '''\n");
    check_errors("# \xff", "RUFLEX001 1:3 Invalid UTF-8 byte in source\n");
    char *got = front_text_errors("x\0y\"\0\"", 6);
    ck_assert_str_eq(got, "RUFLEX002 1:2 Null byte is not allowed in source\n"
                          "RUFLEX002 1:5 Null byte is not allowed in source\n");
    mem_free(got);
}
END_TEST

START_TEST(test_lexer_decodes_escapes)
{
    check_main("\"a\\n\\t\\r\\\\\\\"\\$\\0b\"",
               "\"a\\x0a\\x09\\x0d\\x5c\\x22$\\x00b\"\n");
    check_main("\"two\nlines\r\n\"", "\"two\\x0alines\\x0d\\x0a\"\n");
    check_main("\"\\${x} $ $x\"", "\"${x} $ $x\"\n");
    check_errors("\"ab\\q\"", "RUFLEX005 1:5 Invalid escape sequence: \\\\q\n");
    check_errors("\"\\\xc3\xa4\"",
                 "RUFLEX005 1:3 Invalid escape sequence: \\\\\xc3\xa4\n");
}
END_TEST

START_TEST(test_lexer_reports_what_is_never_closed_once)
{
    check_errors("x := \"abc\n@ y", "RUFLEX003 1:6 Unterminated string literal\n");
    check_errors("\"", "RUFLEX003 1:1 Unterminated string literal\n");
    check_errors("\"\\", "RUFLEX003 1:1 Unterminated string literal\n");
    check_errors("if x { /* abc", "RUFLEX004 1:8 Unterminated block comment\n");
    check_errors("/*/", "RUFLEX004 1:1 Unterminated block comment\n");
    check_errors("@ \"", "RUFLEX001 1:1 Unexpected character '@'\n"
                         "RUFLEX003 1:3 Unterminated string literal\n");
    check_errors("x := \"a ${b",
                 "RUFLEX003 1:9 Unterminated interpolated string expression\n");
    check_errors("x := \"a ${b\"\ny := 1",
                 "RUFLEX003 1:9 Unterminated interpolated string expression\n");
    check_errors("x := \"a ${ /* b }\"",
                 "RUFLEX003 1:9 Unterminated interpolated string expression\n");
}
END_TEST

START_TEST(test_lexer_interpolates_with_ordinary_tokens)
{
    check_main("\"a${1}b\"", "(interpolation \"a\" 1 \"b\")\n");
    check_main("\"${1}${2}\"", "(interpolation 1 2)\n");
    check_main("\"${ {\"a\": 1}[\"a\"] }\"",
               "(interpolation (index (dict \"a\":1) \"a\"))\n");
    check_main("\"${\"}\"}\"", "(interpolation \"}\")\n");
    check_main("\"${\"in ${1 + 2} er\"}!\"",
               "(interpolation (interpolation \"in \" (+ 1 2) \" er\") \"!\")\n");
    check_main("\"${1 /* } */ + 2}\"", "(interpolation (+ 1 2))\n");
    check_main("\"${1 // }\n}\"", "(interpolation 1)\n");
    check_errors("\"${1 2}\"",
                 "RUFPARSE001 1:6 Invalid interpolated string expression\n");
    check_errors("\"${}\"", "RUFPARSE001 1:4 Invalid interpolated string expression\n");
    check_errors("\"${x := 1}\"",
                 "RUFPARSE001 1:6 Invalid interpolated string expression\n");
}
END_TEST

START_TEST(test_lexer_takes_the_longest_operator)
{
    check_main("a ?? b", "(?? a@ b@)\n");
    check_main("a?.b", "(optional a@ .b)\n");
    check_main("a<=b", "(<= a@ b@)\n");
    check_main("a!=b", "(!= a@ b@)\n");
    check_main("[...a]", "(array (... a@))\n");
    check_main("a|>b", "(pipe b@ a@)\n");
}
END_TEST

static Suite *lexer_suite(void)
{
    const TTest *const tests[] = {
        test_lexer_skips_comments_and_blanks,
        test_lexer_reads_numbers,
        test_lexer_limits_the_length_of_numbers,
        test_lexer_limits_the_length_of_identifiers,
        test_lexer_limits_the_length_of_strings,
        test_lexer_reads_unicode_identifiers,
        test_lexer_reports_bad_characters,
        test_lexer_decodes_escapes,
        test_lexer_reports_what_is_never_closed_once,
        test_lexer_interpolates_with_ordinary_tokens,
        test_lexer_takes_the_longest_operator,
        NULL,
    };
    return unit_suite("lexer", tests);
}

int main(void)
{
    return unit_run(lexer_suite());
}
