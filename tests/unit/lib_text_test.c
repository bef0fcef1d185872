/* The pure parts of text, unicode, times, paths, csv, base64, hashes and loop. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

#include "base/strbuf.h"
#include "lib/base64.h"
#include "lib/csv.h"
#include "lib/hashes.h"
#include "lib/loop.h"
#include "lib/paths.h"
#include "lib/text.h"
#include "lib/times.h"
#include "lib/unicode.h"

static struct strbuf out;

static const char *taken(bool ok)
{
    static char text[256];
    ck_assert(ok);
    snprintf(text, sizeof(text), "%s", strbuf_str(&out));
    strbuf_done(&out);
    return text;
}

static const char *upper(const char *s)
{
    return taken(unicode_append_upper(&out, s, strlen(s)));
}

static const char *lower(const char *s)
{
    return taken(unicode_append_lower(&out, s, strlen(s), 0, strlen(s)));
}

START_TEST(test_unicode_case)
{
    ck_assert_str_eq(upper("stra\u00dfe \u00e9\u0142"), "STRASSE \u00c9\u0141");
    ck_assert_str_eq(upper("\ufb03"), "FFI");
    ck_assert_str_eq(upper("\u0436\u03c9"), "\u0416\u03a9");
    ck_assert_str_eq(lower("\u00c9\u0416"), "\u00e9\u0436");
    ck_assert_str_eq(lower("\u039f\u03a3 \u03a3\u0391"), "\u03bf\u03c2 \u03c3\u03b1");
    ck_assert_str_eq(lower("\u0130"), "i\u0307");
    /* In parts: what stands around a part decides on the sigma at its end. */
    ck_assert(unicode_append_lower(&out, "\u039f\u03a3\u0391", 6, 0, 4));
    ck_assert_str_eq(taken(unicode_append_lower(&out, "\u039f\u03a3\u0391", 6, 4, 6)),
                     "\u03bf\u03c3\u03b1");
    ck_assert(unicode_is_alnum(0x4e2d) && unicode_is_alnum('7') &&
              !unicode_is_alnum('_'));
    ck_assert(unicode_is_upper(0x416) && !unicode_is_upper(0x436));
    ck_assert(unicode_is_space(0x3000) && !unicode_is_space(0x200b));
    ck_assert_uint_eq(unicode_leading_space("\u00a0 a", 4), 3);
    ck_assert_uint_eq(unicode_trailing_space("a\u2003", 4), 3);
}
END_TEST

static const char *slug(const char *s)
{
    return taken(text_append_slug(&out, s, strlen(s), NULL));
}

static const char *snake(const char *s)
{
    return taken(text_append_snake(&out, s, strlen(s), '_', NULL));
}

START_TEST(test_text_identifiers)
{
    ck_assert_str_eq(slug("  A  B "), "a-b");
    ck_assert_str_eq(slug("a    b"), "a--b");
    ck_assert_str_eq(slug("a-b"), "ab");
    ck_assert_str_eq(slug("***"), "");
    ck_assert_str_eq(snake("fooBar"), "foo_bar");
    ck_assert_str_eq(snake("Foo Bar"), "foo_bar");
    ck_assert_str_eq(snake("__a--b!c  "), "a_bc");
    ck_assert_str_eq(snake("parseJSONText"), "parse_jsontext");
    ck_assert_str_eq(taken(text_append_camel(&out, "foo-bar BAZ", 11, NULL)),
                     "fooBarBaz");
}
END_TEST

START_TEST(test_times_calendar)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } known[] = {
        {0, "1970-01-01 00:00:00"},
        {951782400, "2000-02-29 00:00:00"},
        {-1, "1969-12-31 23:59:59"},
        {4102444799, "2099-12-31 23:59:59"},
        {-62135596800, "0001-01-01 00:00:00"},
        {1700000000, "2023-11-14 22:13:20"},
    };
    static const char format[] = "YYYY-MM-DD HH:mm:ss";
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        int64_t back = 0;
        times_append_date(&out, known[i].seconds, format, strlen(format));
        ck_assert_str_eq(taken(true), known[i].text);
        ck_assert_ptr_null(times_parse_date(known[i].text, strlen(known[i].text),
                                            format, strlen(format), &back));
        ck_assert_int_eq(back, known[i].seconds);
    }
    int64_t untouched = 7;
    ck_assert_ptr_nonnull(
        times_parse_date("2024-13-01", 10, "YYYY-MM-DD", 10, &untouched));
    ck_assert_ptr_nonnull(
        times_parse_date("2024-1-01", 9, "YYYY-MM-DD", 10, &untouched));
    ck_assert_int_eq(untouched, 7);
}
END_TEST

typedef void (*part_fn)(const char *path, size_t len, const char **start, size_t *n);

static const char *part(part_fn fn, const char *path)
{
    static char text[64];
    const char *start = NULL;
    size_t n = 0;
    fn(path, strlen(path), &start, &n);
    ck_assert_uint_lt(n, sizeof(text));
    memcpy(text, start, n);
    text[n] = '\0';
    return text;
}

START_TEST(test_paths_parts)
{
    ck_assert_str_eq(part(paths_dirname_of, "a/b/c"), "a/b");
    ck_assert_str_eq(part(paths_dirname_of, "a/b//"), "a");
    ck_assert_str_eq(part(paths_dirname_of, "x"), "");
    ck_assert_str_eq(part(paths_dirname_of, "/"), "/");
    ck_assert_str_eq(part(paths_dirname_of, "/x"), "/");
    ck_assert_str_eq(part(paths_basename_of, "a/b.txt/"), "b.txt");
    ck_assert_str_eq(part(paths_basename_of, "/"), "");
    ck_assert_str_eq(part(paths_extension_of, "a/b.tar.gz"), "gz");
    ck_assert_str_eq(part(paths_extension_of, ".bashrc"), "");
    ck_assert_str_eq(part(paths_extension_of, "a.b/c"), "");
    ck_assert_str_eq(part(paths_extension_of, ".."), "");
    ck_assert_str_eq(part(paths_extension_of, "a."), "");
}
END_TEST

START_TEST(test_csv_fields)
{
    static const char text[] = "a,\"b\"\"c\",\r\n\r\nlast";
    static const struct {
        enum csv_step step;
        const char *field;
        bool quoted;
    } expected[] = {{CSV_FIELD, "a", false},
                    {CSV_FIELD, "b\"c", true},
                    {CSV_LAST_FIELD, "", false},
                    {CSV_LAST_FIELD, "last", false},
                    {CSV_END, "", false}};
    struct csv_reader r = {.text = text, .len = strlen(text)};
    for (size_t i = 0; i < 5; i++) {
        bool quoted = false;
        ck_assert_int_eq(csv_next(&r, &out, &quoted), expected[i].step);
        ck_assert_int_eq(quoted, expected[i].quoted);
        ck_assert_str_eq(strbuf_str(&out), expected[i].field);
    }
    strbuf_done(&out);
    bool integer = false;
    ck_assert(csv_is_number("-12", 3, &integer) && integer);
    ck_assert(csv_is_number("0.50", 4, &integer) && !integer);
    ck_assert(!csv_is_number("007", 3, &integer) && !csv_is_number("1.", 2, &integer));
    ck_assert(!csv_is_number("", 0, &integer) && !csv_is_number("-", 1, &integer));
}
END_TEST

START_TEST(test_base64_vectors)
{
    /* RFC 4648, section 10. */
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        char text[16] = "";
        uint8_t back[16];
        size_t n = strlen(vectors[i][0]), back_len = 99;
        base64_encode((const uint8_t *)vectors[i][0], n, text);
        text[base64_encoded_length(n)] = '\0';
        ck_assert_str_eq(text, vectors[i][1]);
        ck_assert_ptr_null(base64_decode(text, strlen(text), back, &back_len));
        ck_assert_uint_eq(back_len, n);
        ck_assert_mem_eq(back, vectors[i][0], n);
    }
    uint8_t bytes[16];
    size_t len = 7;
    static const char *const bad[] = {
        "Zg=", "Zg", "Z===", "Zh==", "Zm9v!mFy", "Zg==Zg==", "===="};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_ptr_nonnull(base64_decode(bad[i], strlen(bad[i]), bytes, &len));
    ck_assert_uint_eq(len, 7);
}
END_TEST

static const char *hex(const uint8_t *bytes, size_t n)
{
    static char text[80];
    for (size_t i = 0; i < n; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

START_TEST(test_hashes_vectors)
{
    /* FIPS 180-4 examples, RFC 1321 A.5, and lengths around the padding's edge. */
    static const char long_text[] =
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    uint8_t sum[HASHES_SHA256_BYTES];
    hashes_sha256_sum(NULL, 0, sum);
    ck_assert_str_eq(
        hex(sum, 32),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    hashes_sha256_sum(long_text, 56, sum);
    ck_assert_str_eq(
        hex(sum, 32),
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    hashes_md5_sum("message digest", 14, sum);
    ck_assert_str_eq(hex(sum, 16), "f96b697d7cb7938d525a2f31aaf161d0");
    hashes_md5_sum(
        "12345678901234567890123456789012345678901234567890123456789012345678901234"
        "567890",
        80, sum);
    ck_assert_str_eq(hex(sum, 16), "57edf4a22be3c955ac49da2e2107b67a");
}
END_TEST

START_TEST(test_loop_order_and_cancel)
{
    struct loop loop;
    int marks[6];
    void *context = NULL;
    uint64_t deadline = 0;
    struct loop_timer *timers[6];
    loop_init(&loop);
    static const uint64_t times[6] = {50, 10, 30, 10, 40, 20};
    for (int i = 0; i < 6; i++) {
        timers[i] = loop_add(&loop, times[i], &marks[i]);
        ck_assert_ptr_nonnull(timers[i]);
    }
    loop_cancel(&loop, timers[5]);
    ck_assert(loop_deadline(&loop, &deadline));
    ck_assert_uint_eq(deadline, 10);
    ck_assert(!loop_take_due(&loop, 9, &context));
    static const int order[] = {1, 3, 2, 4, 0};
    for (int i = 0; i < 5; i++) {
        ck_assert(loop_take_any(&loop, &context));
        ck_assert_ptr_eq(context, &marks[order[i]]);
    }
    ck_assert(!loop_deadline(&loop, &deadline));
    loop_done(&loop);
}
END_TEST

/* Timers that are cancelled long before they are due do not pile up. */
START_TEST(test_loop_drops_cancelled_timers)
{
    struct loop loop;
    void *context = NULL;
    int last = 0;
    loop_init(&loop);
    ck_assert_ptr_nonnull(loop_add(&loop, 500, &last));
    for (uint64_t i = 0; i < 10000; i++) {
        struct loop_timer *timer = loop_add(&loop, 1000 - i % 7, NULL);
        ck_assert_ptr_nonnull(timer);
        loop_cancel(&loop, timer);
    }
    ck_assert_uint_lt(loop.len, 200);
    for (uint64_t i = 0; i < 100; i++)
        ck_assert_ptr_nonnull(loop_add(&loop, 100 + i * 37 % 100, NULL));
    for (int i = 0; i < 100; i++) {
        ck_assert(loop_take_any(&loop, &context));
        ck_assert_ptr_null(context);
    }
    ck_assert(loop_take_any(&loop, &context));
    ck_assert_ptr_eq(context, &last);
    ck_assert(!loop_take_any(&loop, &context));
    loop_done(&loop);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_unicode_case,
        test_text_identifiers,
        test_times_calendar,
        test_paths_parts,
        test_csv_fields,
        test_base64_vectors,
        test_hashes_vectors,
        test_loop_order_and_cancel,
        test_loop_drops_cancelled_timers,
        NULL,
    };
    return unit_run(unit_suite("lib_text", tests));
}
