#include "config.h"

#include <string.h>

#include "front_text.h"
#include "unit.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "front/front.h"

static void check(const char *text, const char *expected)
{
    char *got = front_text_dump(text, strlen(text), NULL);
    ck_assert_str_eq(got, expected);
    mem_free(got);
}

START_TEST(test_diagnostics_have_the_form_of_the_reference)
{
    check("let x := 1\nlet y = ]\n",
          "[RUFPARSE001] [parser] error: Expected an expression "
          "but found ']'\n"
          "  --> t.ruff:2:9\n"
          "   |\n"
          " 2 | let y = ]\n"
          "   |         ^\n"
          "  = help: Fix the parse error and rerun Ruff.\n");
    check("\t\"\\q\"", "[RUFLEX005] [lexer] error: Invalid escape sequence: \\\\q\n"
                       "  --> t.ruff:1:4\n"
                       "   |\n"
                       " 1 |  \"\\q\"\n"
                       "   |    ^\n"
                       "  = help: Fix the lexical error in source and run again.\n");
}
END_TEST

START_TEST(test_diagnostics_tell_early_errors_like_runtime_errors)
{
    check("break\n",
          "[RUFVM001] [vm] Runtime Error: break can only be used inside a loop\n"
          "  --> t.ruff:1:1\n"
          "   |\n"
          " 1 | break\n"
          "   | ^\n");
}
END_TEST

START_TEST(test_diagnostics_escape_what_steers_a_terminal)
{
    check("y \x1b", "[RUFLEX001] [lexer] error: Unexpected character '\\x1b'\n"
                    "  --> t.ruff:1:3\n"
                    "   |\n"
                    " 1 | y \\x1b\n"
                    "   |   ^\n"
                    "  = help: Fix the lexical error in source and run again.\n");
}
END_TEST

static int exit_code(const char *text)
{
    struct source *source = source_new("t", text, strlen(text));
    struct diagnostics diags;
    struct ast_unit *unit = NULL;
    diagnostics_init(&diags);
    bool good = front_parse(&(struct front_input){.source = source}, &unit, &diags);
    ck_assert(good == diagnostics_empty(&diags));
    int code = diagnostics_exit_code(&diags);
    diagnostics_done(&diags);
    front_unit_free(unit);
    source_free(source);
    return code;
}

START_TEST(test_diagnostics_choose_the_exit_code)
{
    ck_assert_int_eq(exit_code("x := 1"), 0);
    ck_assert_int_eq(exit_code("x := "), 3);
    ck_assert_int_eq(exit_code("x := @1"), 3);
    ck_assert_int_eq(exit_code("continue"), 4);
    ck_assert_int_eq(exit_code("continue; x := "), 3);
}
END_TEST

START_TEST(test_diagnostics_leave_early_errors_out_beside_syntax_errors)
{
    char *got = front_text_dump("break; )", 8, NULL);
    ck_assert_ptr_null(strstr(got, "RUFVM001"));
    ck_assert_ptr_nonnull(strstr(got, "RUFPARSE001"));
    mem_free(got);
}
END_TEST

START_TEST(test_diagnostics_are_bounded_in_number)
{
    struct diagnostics d;
    struct strbuf out;
    struct source *source = source_new("t", "x", 1);
    diagnostics_init(&d);
    strbuf_init(&out);
    for (uint32_t i = 0; i < DIAGNOSTICS_MAX + 5; i++)
        diagnostics_add(&d, DIAGNOSTIC_SYNTAX, 0, "m%u", i);
    ck_assert_uint_eq(d.items.len, DIAGNOSTICS_MAX);
    ck_assert_uint_eq(d.dropped, 5);
    ck_assert(diagnostics_render(&d, source, true, &out));
    ck_assert_ptr_nonnull(strstr(strbuf_str(&out), "5 more problems are not shown.\n"));
    strbuf_done(&out);
    diagnostics_done(&d);
    source_free(source);
}
END_TEST

START_TEST(test_diagnostics_sort_by_offset_and_drop_a_tail)
{
    struct diagnostics d;
    diagnostics_init(&d);
    diagnostics_add(&d, DIAGNOSTIC_SYNTAX, 7, "c");
    diagnostics_add(&d, DIAGNOSTIC_SYNTAX, 3, "a");
    diagnostics_add(&d, DIAGNOSTIC_SYNTAX, 3, "b");
    diagnostics_sort(&d);
    ck_assert_str_eq(d.items.data[0].message, "a");
    ck_assert_str_eq(d.items.data[1].message, "b");
    ck_assert_str_eq(d.items.data[2].message, "c");
    diagnostics_drop_from(&d, 7);
    ck_assert_uint_eq(d.items.len, 2);
    diagnostics_done(&d);
}
END_TEST

START_TEST(test_diagnostics_refuse_a_source_that_is_too_large)
{
    size_t len = SOURCE_MAX_BYTES + 1;
    char *text = mem_alloc_zero(1, len);
    ck_assert_ptr_nonnull(text);
    memset(text, ' ', len);
    char *got = front_text_errors(text, len);
    ck_assert_str_eq(got, "RUFPARSE001 1:1 Source size 16777217 bytes exceeds maximum "
                          "allowed 16777216 bytes\n");
    mem_free(got);
    got = front_text_errors(text, len - 1);
    ck_assert_str_eq(got, "");
    mem_free(got);
    mem_free(text);
}
END_TEST

static Suite *diagnostics_suite(void)
{
    const TTest *const tests[] = {
        test_diagnostics_have_the_form_of_the_reference,
        test_diagnostics_tell_early_errors_like_runtime_errors,
        test_diagnostics_escape_what_steers_a_terminal,
        test_diagnostics_choose_the_exit_code,
        test_diagnostics_leave_early_errors_out_beside_syntax_errors,
        test_diagnostics_are_bounded_in_number,
        test_diagnostics_sort_by_offset_and_drop_a_tail,
        test_diagnostics_refuse_a_source_that_is_too_large,
        NULL,
    };
    return unit_suite("diagnostics", tests);
}

int main(void)
{
    return unit_run(diagnostics_suite());
}
