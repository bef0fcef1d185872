#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "base/json_writer.h"
#include "base/strbuf.h"

static void write_sample(struct json_writer *w)
{
    json_writer_begin_object(w);
    json_writer_key_string(w, "name", "fib");
    json_writer_key_i64(w, "low", INT64_MIN);
    json_writer_key_u64(w, "high", UINT64_MAX);
    json_writer_key_double(w, "mean", 0.1);
    json_writer_key_bool(w, "ok", true);
    json_writer_key_null(w, "error");
    json_writer_key(w, "samples");
    json_writer_begin_array(w);
    json_writer_double(w, 5);
    json_writer_double(w, (double)NAN);
    json_writer_begin_object(w);
    json_writer_end_object(w);
    json_writer_begin_array(w);
    json_writer_end_array(w);
    json_writer_end_array(w);
    json_writer_end_object(w);
}

START_TEST(test_json_writer_compact)
{
    struct strbuf out;
    strbuf_init(&out);
    struct json_writer w;
    json_writer_init_strbuf(&w, &out, JSON_COMPACT);
    write_sample(&w);
    ck_assert(json_writer_finish(&w));
    ck_assert_str_eq(strbuf_str(&out),
                     "{\"name\":\"fib\",\"low\":-9223372036854775808,"
                     "\"high\":18446744073709551615,\"mean\":0.1,\"ok\":true,"
                     "\"error\":null,\"samples\":[5.0,null,{},[]]}");
    strbuf_done(&out);
}
END_TEST

START_TEST(test_json_writer_pretty)
{
    struct strbuf out;
    strbuf_init(&out);
    struct json_writer w;
    json_writer_init_strbuf(&w, &out, JSON_PRETTY);
    json_writer_begin_object(&w);
    json_writer_key(&w, "a");
    json_writer_begin_array(&w);
    json_writer_i64(&w, 1);
    json_writer_i64(&w, 2);
    json_writer_end_array(&w);
    json_writer_key(&w, "b");
    json_writer_begin_object(&w);
    json_writer_end_object(&w);
    json_writer_end_object(&w);
    ck_assert(json_writer_finish(&w));
    ck_assert_str_eq(strbuf_str(&out),
                     "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}\n");
    strbuf_done(&out);
}
END_TEST

START_TEST(test_json_writer_escapes_and_repairs_strings)
{
    struct strbuf out;
    strbuf_init(&out);
    const char text[] = "q\"b\\/\b\f\n\r\t\x01\x1f\x7f é\xFF\xE2\x82\0z";
    ck_assert(json_writer_quote(&out, text, sizeof text - 1));
    ck_assert_str_eq(strbuf_str(&out),
                     "\"q\\\"b\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f é"
                     "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\\u0000z\"");
    strbuf_done(&out);
}
END_TEST

START_TEST(test_json_writer_stream_gives_the_same_bytes)
{
    struct strbuf out;
    strbuf_init(&out);
    struct json_writer w;
    json_writer_init_strbuf(&w, &out, JSON_PRETTY);
    write_sample(&w);
    ck_assert(json_writer_finish(&w));
    char *bytes = NULL;
    size_t n = 0;
    FILE *stream = open_memstream(&bytes, &n);
    json_writer_init_stream(&w, stream, JSON_PRETTY);
    write_sample(&w);
    ck_assert(json_writer_finish(&w));
    fclose(stream);
    ck_assert_str_eq(bytes, strbuf_str(&out));
    free(bytes);
    strbuf_done(&out);
}
END_TEST

START_TEST(test_json_writer_tells_of_a_full_disk)
{
    FILE *full = fopen("/dev/full", "w");
    ck_assert_ptr_nonnull(full);
    setvbuf(full, NULL, _IONBF, 0);
    struct json_writer w;
    json_writer_init_stream(&w, full, JSON_COMPACT);
    write_sample(&w);
    ck_assert(!json_writer_finish(&w));
    fclose(full);
}
END_TEST

START_TEST(test_json_writer_too_deep_is_a_failure)
{
    struct strbuf out;
    strbuf_init(&out);
    struct json_writer w;
    json_writer_init_strbuf(&w, &out, JSON_COMPACT);
    for (int i = 0; i < JSON_WRITER_MAX_DEPTH + 10; i++)
        json_writer_begin_array(&w);
    for (int i = 0; i < JSON_WRITER_MAX_DEPTH + 10; i++)
        json_writer_end_array(&w);
    ck_assert(!json_writer_finish(&w));
    strbuf_done(&out);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_json_writer_compact,
        test_json_writer_pretty,
        test_json_writer_escapes_and_repairs_strings,
        test_json_writer_stream_gives_the_same_bytes,
        test_json_writer_tells_of_a_full_disk,
        test_json_writer_too_deep_is_a_failure,
        NULL,
    };
    return unit_run(unit_suite("json_writer", tests));
}
