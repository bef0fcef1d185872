#include "config.h"

#include <string.h>

#include "unit.h"

#include "base/mem.h"
#include "base/strbuf.h"

START_TEST(test_strbuf_starts_as_the_empty_string)
{
    struct strbuf sb;
    strbuf_init(&sb);
    ck_assert_str_eq(strbuf_str(&sb), "");
    ck_assert(!strbuf_failed(&sb));
    strbuf_clear(&sb);
    strbuf_done(&sb);
    strbuf_done(&sb);
}
END_TEST

START_TEST(test_strbuf_appends_every_kind)
{
    struct strbuf sb;
    strbuf_init(&sb);
    strbuf_append(&sb, "ab", 2);
    strbuf_append_str(&sb, "cd");
    strbuf_append_char(&sb, '-');
    strbuf_append_i64(&sb, INT64_MIN);
    strbuf_append_char(&sb, ' ');
    strbuf_append_i64(&sb, 0);
    strbuf_append_u64(&sb, UINT64_MAX);
    strbuf_append_repeat(&sb, '.', 3);
    strbuf_append_format(&sb, "%s=%d", "x", 42);
    ck_assert_str_eq(strbuf_str(&sb), "abcd--9223372036854775808 0"
                                      "18446744073709551615...x=42");
    ck_assert_uint_eq(sb.len, strlen(sb.data));
    strbuf_done(&sb);
}
END_TEST

START_TEST(test_strbuf_format_longer_than_the_buffer)
{
    struct strbuf sb;
    strbuf_init(&sb);
    for (int width = 0; width < 300; width += 7) {
        strbuf_clear(&sb);
        ck_assert(strbuf_append_format(&sb, "<%*d>", width, 1));
        ck_assert_uint_eq(sb.len, (size_t)(width > 1 ? width : 1) + 2);
        ck_assert_int_eq(sb.data[sb.len - 1], '>');
        ck_assert_int_eq(sb.data[sb.len], '\0');
    }
    strbuf_done(&sb);
}
END_TEST

START_TEST(test_strbuf_holds_nul_bytes)
{
    struct strbuf sb;
    strbuf_init(&sb);
    strbuf_append(&sb, "a\0b", 3);
    ck_assert_uint_eq(sb.len, 3);
    ck_assert_mem_eq(sb.data, "a\0b", 4);
    strbuf_truncate(&sb, 1);
    ck_assert_str_eq(strbuf_str(&sb), "a");
    strbuf_done(&sb);
}
END_TEST

START_TEST(test_strbuf_utf8_replaces_what_is_no_code_point)
{
    struct strbuf sb;
    strbuf_init(&sb);
    strbuf_append_utf8(&sb, 'A');
    strbuf_append_utf8(&sb, 0xE9);
    strbuf_append_utf8(&sb, 0x20AC);
    strbuf_append_utf8(&sb, 0x1F600);
    strbuf_append_utf8(&sb, 0xD800);
    strbuf_append_utf8(&sb, 0x110000);
    ck_assert_str_eq(strbuf_str(&sb), "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"
                                      "\xEF\xBF\xBD\xEF\xBF\xBD");
    strbuf_done(&sb);
}
END_TEST

START_TEST(test_strbuf_failure_is_sticky_until_cleared)
{
    struct strbuf sb;
    strbuf_init(&sb);
    strbuf_append_str(&sb, "kept");
    ck_assert(!strbuf_reserve(&sb, SIZE_MAX));
    ck_assert(strbuf_failed(&sb));
    ck_assert(!strbuf_append_str(&sb, "lost"));
    ck_assert(!strbuf_append_format(&sb, "%d", 1));
    ck_assert_str_eq(strbuf_str(&sb), "kept");
    strbuf_clear(&sb);
    ck_assert(strbuf_append_str(&sb, "again"));
    ck_assert(!strbuf_reserve(&sb, SIZE_MAX - 2));
    ck_assert_ptr_null(strbuf_detach(&sb, NULL));
    ck_assert_ptr_null(sb.data);
}
END_TEST

START_TEST(test_strbuf_detach_of_nothing_is_the_empty_string)
{
    struct strbuf sb;
    strbuf_init(&sb);
    size_t len = 99;
    char *text = strbuf_detach(&sb, &len);
    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(len, 0);
    mem_free(text);
    strbuf_append_str(&sb, "x");
    text = strbuf_detach(&sb, NULL);
    ck_assert_str_eq(text, "x");
    mem_free(text);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_strbuf_starts_as_the_empty_string,
        test_strbuf_appends_every_kind,
        test_strbuf_format_longer_than_the_buffer,
        test_strbuf_holds_nul_bytes,
        test_strbuf_utf8_replaces_what_is_no_code_point,
        test_strbuf_failure_is_sticky_until_cleared,
        test_strbuf_detach_of_nothing_is_the_empty_string,
        NULL,
    };
    return unit_run(unit_suite("strbuf", tests));
}
