#include "config.h"

#include <string.h>

#include "unit.h"

#include "base/excerpt.h"
#include "base/strbuf.h"

/* The excerpt of a NUL-terminated text, valid until the next call. */
static const char *excerpt(const char *text, size_t offset, uint32_t line, bool color)
{
    static struct strbuf out;
    strbuf_done(&out);
    ck_assert(excerpt_append(&out, text, strlen(text), offset, line, color));
    return strbuf_str(&out);
}

START_TEST(test_excerpt_puts_caret_under_the_offset)
{
    ck_assert_str_eq(excerpt("a\nlet x := 1 +\nb", 13, 2, false),
                     "   |\n 2 | let x := 1 +\n   |            ^\n");
    ck_assert_str_eq(excerpt("x", 0, 12, false), "   |\n12 | x\n   | ^\n");
}
END_TEST

START_TEST(test_excerpt_widens_the_gutter_for_long_numbers)
{
    ck_assert_str_eq(excerpt("x", 0, 1234, false), "     |\n1234 | x\n     | ^\n");
}
END_TEST

START_TEST(test_excerpt_shows_the_end_of_the_text)
{
    ck_assert_str_eq(excerpt("ab", 2, 1, false), "   |\n 1 | ab\n   |   ^\n");
    ck_assert_str_eq(excerpt("ab\n", 99, 2, false), "   |\n 2 | \n   | ^\n");
    ck_assert_str_eq(excerpt("", 0, 1, false), "   |\n 1 | \n   | ^\n");
}
END_TEST

START_TEST(test_excerpt_drops_the_carriage_return)
{
    ck_assert_str_eq(excerpt("ab\r\ncd", 1, 1, false), "   |\n 1 | ab\n   |  ^\n");
}
END_TEST

START_TEST(test_excerpt_makes_bytes_harmless)
{
    ck_assert_str_eq(excerpt("\ta\033[0m!", 6, 1, false),
                     "   |\n 1 |  a\\x1b[0m!\n   |          ^\n");
    ck_assert_str_eq(excerpt("\xff!", 1, 1, false), "   |\n 1 | \\xff!\n   |     ^\n");
    ck_assert_str_eq(excerpt("\xe2\x80\xae!", 3, 1, false),
                     "   |\n 1 | \\u{202e}!\n   |         ^\n");
}
END_TEST

START_TEST(test_excerpt_counts_characters_not_bytes)
{
    ck_assert_str_eq(excerpt("\xc3\xa9\xc3\xa9x", 4, 1, false),
                     "   |\n 1 | \xc3\xa9\xc3\xa9x\n   |   ^\n");
}
END_TEST

START_TEST(test_excerpt_cuts_long_lines_around_the_offset)
{
    static char text[1001];
    memset(text, 'a', 1000);
    text[500] = '!';
    const char *got = excerpt(text, 500, 1, false);
    const char *source = strchr(got, '\n') + 1;
    const char *caret = strchr(source, '\n') + 1;
    ck_assert_uint_eq((size_t)(caret - source), 5 + 3 + EXCERPT_MAX_CHARS + 3 + 1);
    ck_assert_int_eq(source[strcspn(caret, "^")], '!');
    ck_assert_ptr_nonnull(strstr(source, "aaa...\n"));
    got = excerpt(text, 999, 1, false);
    ck_assert_ptr_null(strstr(got, "a...\n"));
}
END_TEST

START_TEST(test_excerpt_colors_gutter_and_caret)
{
    ck_assert_str_eq(excerpt("x", 0, 1, true),
                     "\033[94m   |\033[0m\n\033[94m 1 |\033[0m x\n"
                     "\033[94m   |\033[0m \033[91m^\033[0m\n");
}
END_TEST

static Suite *excerpt_suite(void)
{
    const TTest *const tests[] = {
        test_excerpt_puts_caret_under_the_offset,
        test_excerpt_widens_the_gutter_for_long_numbers,
        test_excerpt_shows_the_end_of_the_text,
        test_excerpt_drops_the_carriage_return,
        test_excerpt_makes_bytes_harmless,
        test_excerpt_counts_characters_not_bytes,
        test_excerpt_cuts_long_lines_around_the_offset,
        test_excerpt_colors_gutter_and_caret,
        NULL,
    };
    return unit_suite("excerpt", tests);
}

int main(void)
{
    return unit_run(excerpt_suite());
}
