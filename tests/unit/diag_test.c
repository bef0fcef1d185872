#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#include "base/diag.h"
#include "base/os_linux.h"
#include "base/strbuf.h"

static void assert_escapes(const char *text, size_t n, const char *expected)
{
    struct strbuf out;
    strbuf_init(&out);
    ck_assert(diag_escape(&out, text, n));
    ck_assert_str_eq(strbuf_str(&out), expected);
    strbuf_done(&out);
}

START_TEST(test_diag_escape_shows_what_would_act)
{
    assert_escapes("plain é €", 12, "plain é €");
    assert_escapes("a\nb\tc\r", 6, "a\\nb\\tc\\r");
    assert_escapes("\x1b[31m\0\x7f", 7, "\\x1b[31m\\x00\\x7f");
    assert_escapes("\xFF\xC3", 2, "\\xff\\xc3");
    assert_escapes("\xC2\x9B", 2, "\\u{9b}");
    assert_escapes("\xE2\x80\xAE", 3, "\\u{202e}");
    assert_escapes("", 0, "");
}
END_TEST

START_TEST(test_diag_color_follows_option_and_environment)
{
    enum diag_color color = DIAG_COLOR_ALWAYS;
    ck_assert(!diag_color_parse("sometimes", &color));
    ck_assert_int_eq(color, DIAG_COLOR_ALWAYS);
    ck_assert(diag_color_parse("never", &color) && color == DIAG_COLOR_NEVER);
    ck_assert(diag_color_parse("auto", &color) && color == DIAG_COLOR_AUTO);
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    setenv("NO_COLOR", "1", 1);
    ck_assert(!diag_use_color(DIAG_COLOR_AUTO, file));
    ck_assert(diag_use_color(DIAG_COLOR_ALWAYS, file));
    unsetenv("NO_COLOR");
    ck_assert(!diag_use_color(DIAG_COLOR_AUTO, file));
    ck_assert(!diag_use_color(DIAG_COLOR_NEVER, file));
    fclose(file);
    ck_assert_str_eq(diag_style(false, DIAG_RED), "");
    ck_assert_str_eq(diag_style(true, DIAG_RED), "\x1b[31m");
}
END_TEST

START_TEST(test_diag_error_is_one_line)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    diag_error("ruff", "no file '%s': check the name", "a\nb");
    dup2(saved, STDERR_FILENO);
    close(ends[1]);
    struct os_file got;
    ck_assert_int_eq(os_read_fd(ends[0], 1000, &got), 0);
    ck_assert_str_eq(got.data, "ruff: no file 'a\\nb': check the name\n");
    os_file_done(&got);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_diag_escape_shows_what_would_act,
        test_diag_color_follows_option_and_environment,
        test_diag_error_is_one_line,
        NULL,
    };
    return unit_run(unit_suite("diag", tests));
}
