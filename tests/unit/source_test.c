#include "config.h"

#include <string.h>

#include "unit.h"

#include "front/source.h"

static struct source *make(const char *text)
{
    struct source *s = source_new("dir/x.ruff", text, strlen(text));
    ck_assert_ptr_nonnull(s);
    return s;
}

START_TEST(test_source_maps_offsets_to_lines_and_columns)
{
    struct source *s = make("ab\ncd\r\n\nx");
    ck_assert_str_eq(s->path, "dir/x.ruff");
    ck_assert_uint_eq(s->nlines, 4);
    ck_assert_uint_eq(source_line(s, 0), 1);
    ck_assert_uint_eq(source_line(s, 2), 1);
    ck_assert_uint_eq(source_line(s, 3), 2);
    ck_assert_uint_eq(source_column(s, 4), 2);
    ck_assert_uint_eq(source_line(s, 7), 3);
    ck_assert_uint_eq(source_line(s, 8), 4);
    ck_assert_uint_eq(source_line(s, 999), 4);
    ck_assert_uint_eq(source_column(s, 999), 2);
    source_free(s);
}
END_TEST

START_TEST(test_source_counts_columns_in_characters)
{
    struct source *s = make("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z");
    ck_assert_uint_eq(source_column(s, 2), 2);
    ck_assert_uint_eq(source_column(s, 5), 3);
    ck_assert_uint_eq(source_column(s, 9), 4);
    source_free(s);
}
END_TEST

START_TEST(test_source_gives_lines_without_their_breaks)
{
    struct source *s = make("ab\r\n\nlast");
    size_t len = 0;
    ck_assert_mem_eq(source_line_text(s, 1, &len), "ab", 2);
    ck_assert_uint_eq(len, 2);
    source_line_text(s, 2, &len);
    ck_assert_uint_eq(len, 0);
    ck_assert_mem_eq(source_line_text(s, 3, &len), "last", 4);
    ck_assert_uint_eq(len, 4);
    source_free(s);
}
END_TEST

START_TEST(test_source_of_nothing_has_one_line)
{
    struct source *s = make("");
    ck_assert_uint_eq(s->nlines, 1);
    ck_assert_uint_eq(source_line(s, 0), 1);
    ck_assert_uint_eq(source_column(s, 0), 1);
    source_free(s);
    source_free(NULL);
}
END_TEST

static Suite *source_suite(void)
{
    const TTest *const tests[] = {
        test_source_maps_offsets_to_lines_and_columns,
        test_source_counts_columns_in_characters,
        test_source_gives_lines_without_their_breaks,
        test_source_of_nothing_has_one_line,
        NULL,
    };
    return unit_suite("source", tests);
}

int main(void)
{
    return unit_run(source_suite());
}
