#include "config.h"

#include <string.h>

#include "unit.h"

#include "base/strbuf.h"
#include "base/utf8.h"

START_TEST(test_utf8_round_trips_every_code_point)
{
    for (uint32_t cp = 0; cp <= UTF8_MAX_CODE_POINT; cp++) {
        char bytes[UTF8_MAX_BYTES];
        size_t n = utf8_encode(cp, bytes);
        if (cp >= 0xD800 && cp <= 0xDFFF) {
            ck_assert_uint_eq(n, 0);
            continue;
        }
        uint32_t back = 0;
        if (utf8_decode(bytes, n, &back) != n || back != cp)
            ck_abort_msg("U+%04X does not survive", cp);
        if (utf8_decode(bytes, n - 1, &back) != 0)
            ck_abort_msg("U+%04X is accepted when cut", cp);
    }
    char bytes[UTF8_MAX_BYTES];
    ck_assert_uint_eq(utf8_encode(UTF8_MAX_CODE_POINT + 1, bytes), 0);
}
END_TEST

START_TEST(test_utf8_decode_refuses_and_leaves_the_result)
{
    const char *const bad[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF",
        "\xE0\x80\x80",
        "\xE0\x9F\xBF",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xF0\x80\x80\x80",
        "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xFF",
        "\xC3(",
        "\xE2\x82(",
        "\xE2(\xA1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t cp = 12345;
        ck_assert_uint_eq(utf8_decode(bad[i], strlen(bad[i]), &cp), 0);
        ck_assert_uint_eq(cp, 12345);
        ck_assert(!utf8_valid(bad[i], strlen(bad[i])));
    }
    uint32_t cp = 1;
    ck_assert_uint_eq(utf8_decode("", 0, &cp), 0);
}
END_TEST

START_TEST(test_utf8_valid_prefix_stops_at_the_first_fault)
{
    ck_assert_uint_eq(utf8_valid_prefix("0123456789\xFFxyz", 14), 10);
    ck_assert_uint_eq(utf8_valid_prefix("01234567\xC3\xA9\xE2\x82", 12), 10);
    ck_assert(utf8_valid("", 0));
    ck_assert(utf8_is_ascii("0123456789", 10));
    ck_assert(!utf8_is_ascii("01234567\xC3\xA9", 10));
    ck_assert(!utf8_is_ascii("\xC3\xA9", 2));
}
END_TEST

START_TEST(test_utf8_count_and_advance_agree_at_every_offset)
{
    const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"
                        "bcdefghijkl\xC3\xA9\xC3\xA9mnop\xF0\x9F\x98\x80";
    size_t n = sizeof text - 1;
    ck_assert_uint_eq(utf8_count(text, n), 22);
    size_t at = 0;
    for (size_t count = 0; count <= 22; count++) {
        ck_assert_uint_eq(utf8_advance(text, n, count), at);
        ck_assert_uint_eq(utf8_count(text, at), count);
        uint32_t cp;
        size_t length = utf8_decode(text + at, n - at, &cp);
        if (length > 0)
            ck_assert_uint_eq(utf8_retreat(text, at + length), at);
        at += length;
    }
    ck_assert_uint_eq(at, n);
    ck_assert_uint_eq(utf8_advance(text, n, 1000), n);
    ck_assert_uint_eq(utf8_advance("", 0, 3), 0);
}
END_TEST

START_TEST(test_utf8_replaces_maximal_parts)
{
    struct strbuf out;
    strbuf_init(&out);
    /* The example of the Unicode standard, table 3-8. */
    const char bad[] = "a\xF1\x80\x80\xE1\x80\xC2"
                       "b\x80"
                       "c\x80\xBF"
                       "d";
    ck_assert(utf8_replace_invalid(&out, bad, sizeof bad - 1));
    ck_assert_str_eq(strbuf_str(&out), "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
                                       "b\xEF\xBF\xBD"
                                       "c\xEF\xBF\xBD\xEF\xBF\xBD"
                                       "d");
    strbuf_clear(&out);
    ck_assert(utf8_replace_invalid(&out, "fine", 4));
    ck_assert_str_eq(strbuf_str(&out), "fine");
    strbuf_clear(&out);
    ck_assert(utf8_replace_invalid(&out, "\xE2\x82", 2));
    ck_assert_str_eq(strbuf_str(&out), "\xEF\xBF\xBD");
    strbuf_done(&out);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_utf8_round_trips_every_code_point,
        test_utf8_decode_refuses_and_leaves_the_result,
        test_utf8_valid_prefix_stops_at_the_first_fault,
        test_utf8_count_and_advance_agree_at_every_offset,
        test_utf8_replaces_maximal_parts,
        NULL,
    };
    return unit_run(unit_suite("utf8", tests));
}
