/* Exporters through the public header: every format agrees on the totals, hostile names
 * break none, sinks that fail are told. Stored outputs: tests/golden. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ruffprof.h>

#include "rprof_writer.h"
#include "unit.h"

#include "base/strbuf.h"
#include "export/exporter.h"

static char path[] = "/tmp/ruff-export-XXXXXX";

/* 3 samples in main, 5 below it in a function with a hostile name. */
static void make_profile(const char *hostile)
{
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    struct rprof_writer *w = NULL;
    ck_assert_int_eq(rprof_writer_open_fd(&w, fd, NULL, NULL), RPROF_WRITER_OK);
    rprof_writer_meta(w, "event", "task-clock");
    rprof_writer_meta(w, "script", hostile);
    rprof_writer_source(w, 1, "x.ruff", 0, NULL, 0);
    rprof_writer_function(w, 1, "main", 1, 1);
    rprof_writer_function(w, 2, hostile, 1, 2);
    rprof_writer_frame(w, 1, RPROF_TIER_VM, 1, 1, 0);
    rprof_writer_frame(w, 2, RPROF_TIER_VM, 2, 2, 0);
    rprof_writer_node(w, 1, 0, 1);
    rprof_writer_node(w, 2, 1, 2);
    for (unsigned i = 0; i < 8; i++) {
        rprof_writer_sample(w, 1, 1000 * (i + 1), i < 3 ? 1 : 2, 1000);
    }
    struct rprof_ending end = {.reason = RPROF_END_NORMAL, .duration_ns = 9000};
    ck_assert_int_eq(rprof_writer_close(w, &end), RPROF_WRITER_OK);
}

static bool collect(void *user, const void *bytes, size_t count)
{
    return strbuf_append(user, bytes, count);
}

static void export_text(const char *format, struct strbuf *out)
{
    ruffprof_profile *profile = NULL;
    ck_assert_int_eq(ruffprof_profile_open(&profile, path, NULL), RUFFPROF_OK);
    ck_assert_int_eq(ruffprof_export(profile, format, NULL, collect, out, NULL, 0),
                     RUFFPROF_OK);
    ruffprof_profile_free(profile);
    strbuf_append_char(out, '\0');
}

START_TEST(test_folded_replaces_what_the_format_cannot_say)
{
    static const struct {
        const char *name, *line;
    } cases[] = {{"a;b", "main;a:b 5\n"},
                 {"f 12", "main;f_12 5\n"},
                 {"f 1.5", "main;f_1.5 5\n"},
                 {"a\nb\tc", "main;a b c 5\n"},
                 {"esc\x1b[31m", "main;esc\xef\xbf\xbd[31m 5\n"},
                 {"bad\xff", "main;bad\xef\xbf\xbd 5\n"},
                 {"<lambda:7>", "main;<lambda:7> 5\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strbuf out;
        strbuf_init(&out);
        make_profile(cases[i].name);
        export_text("folded", &out);
        const char *second = strchr(strbuf_str(&out), '\n');
        ck_assert_ptr_nonnull(second);
        ck_assert_int_eq(strncmp(strbuf_str(&out), "main 3\n", 7), 0);
        ck_assert_str_eq(second + 1, cases[i].line);
        strbuf_done(&out);
        unlink(path);
    }
}
END_TEST

START_TEST(test_svg_escapes_names_and_titles)
{
    struct strbuf out;
    strbuf_init(&out);
    make_profile("<script>alert(\"1\")</script>&'\x01");
    export_text("svg", &out);
    const char *text = strbuf_str(&out);
    ck_assert_ptr_null(strstr(text, "<script>alert"));
    ck_assert_ptr_null(strchr(text, '\x01'));
    ck_assert_ptr_nonnull(strstr(
        text, "<title>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"
              "\xef\xbf\xbd (5 samples, 62.50%)</title>"));
    ck_assert_ptr_nonnull(strstr(text, "<title>all (8 samples, 100%)</title>"));
    strbuf_done(&out);
    unlink(path);
}
END_TEST

START_TEST(test_every_format_is_deterministic_and_not_empty)
{
    size_t count = 0;
    const struct exporter *table = exporter_table(&count);
    make_profile("f");
    for (size_t i = 0; i < count; i++) {
        struct strbuf first, second;
        strbuf_init(&first);
        strbuf_init(&second);
        export_text(table[i].name, &first);
        export_text(table[i].name, &second);
        ck_assert_uint_gt(first.len, 10);
        ck_assert_uint_eq(first.len, second.len);
        ck_assert_mem_eq(first.data, second.data, first.len);
        strbuf_done(&first);
        strbuf_done(&second);
    }
    unlink(path);
}
END_TEST

START_TEST(test_formats_agree_on_totals)
{
    make_profile("f");
    struct strbuf out;
    strbuf_init(&out);
    export_text("callgrind", &out);
    ck_assert_ptr_nonnull(strstr(strbuf_str(&out), "summary: 8 8000\n"));
    ck_assert_ptr_nonnull(strstr(strbuf_str(&out), "calls=1 2\n1 5 5000\n"));
    strbuf_clear(&out);
    export_text("speedscope", &out);
    ck_assert_ptr_nonnull(strstr(strbuf_str(&out), "\"endValue\":8000"));
    strbuf_clear(&out);
    export_text("json", &out);
    ck_assert_ptr_nonnull(strstr(strbuf_str(&out), "\"total\": 8"));
    strbuf_done(&out);
    unlink(path);
}
END_TEST

static bool refuse(void *user, const void *bytes, size_t count)
{
    (void)user, (void)bytes, (void)count;
    return false;
}

START_TEST(test_failing_sinks_and_wrong_options_are_told)
{
    make_profile("f");
    ruffprof_profile *profile = NULL;
    char message[128] = "";
    ck_assert_int_eq(ruffprof_profile_open(&profile, path, NULL), RUFFPROF_OK);
    ck_assert_int_eq(ruffprof_export(profile, "svg", NULL, refuse, NULL, NULL, 0),
                     RUFFPROF_IO);
    ck_assert_int_eq(
        ruffprof_export(profile, "png", NULL, refuse, NULL, message, sizeof message),
        RUFFPROF_BAD_OPTION);
    ck_assert_ptr_nonnull(strstr(message, "png"));
    struct ruffprof_view view = {.focus = "("};
    ck_assert_int_eq(ruffprof_export(profile, "svg", &view, refuse, NULL, message, 8),
                     RUFFPROF_BAD_OPTION);
    ck_assert_uint_eq(strlen(message), 7);
    int error = 0;
    ck_assert_int_eq(
        ruffprof_flamegraph_write(profile, NULL, "/no/such/folder/x.svg", &error),
        RUFFPROF_IO);
    ck_assert_int_ne(error, 0);
    struct ruffprof_facts facts;
    ruffprof_profile_facts(profile, &facts);
    ck_assert_uint_eq(facts.samples, 8);
    ck_assert(facts.complete);
    ck_assert_str_eq(ruffprof_profile_meta(profile, "event"), "task-clock");
    ck_assert_ptr_null(ruffprof_profile_meta(profile, "nothing"));
    char hottest[64];
    ck_assert_int_eq(ruffprof_profile_hottest(profile, NULL, hottest, sizeof hottest),
                     RUFFPROF_OK);
    ck_assert_str_eq(hottest, "f 62.5 %, main 37.5 %");
    ruffprof_profile_free(profile);
    unlink(path);
}
END_TEST

START_TEST(test_format_is_guessed_from_the_name)
{
    static const struct {
        const char *path, *format;
    } cases[] = {{"x.svg", "svg"},
                 {"a/b.folded", "folded"},
                 {"x.collapsedstack.txt", "folded"},
                 {"x.speedscope.json", "speedscope"},
                 {"x.json", "json"},
                 {"out/callgrind.out.4711", "callgrind"},
                 {"x.html", "html"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct exporter *found = exporter_guess(cases[i].path);
        ck_assert_ptr_nonnull(found);
        ck_assert_str_eq(found->name, cases[i].format);
    }
    ck_assert_ptr_null(exporter_guess("x.txt"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_folded_replaces_what_the_format_cannot_say,
        test_svg_escapes_names_and_titles,
        test_every_format_is_deterministic_and_not_empty,
        test_formats_agree_on_totals,
        test_failing_sinks_and_wrong_options_are_told,
        test_format_is_guessed_from_the_name,
        NULL,
    };
    return unit_run(unit_suite("export", tests));
}
