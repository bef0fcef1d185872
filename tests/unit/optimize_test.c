#include "config.h"

#include <string.h>

#include "program_fixture.h"
#include "unit.h"

static const struct engine no_engine = {.name = "none"};

static struct program p;

static const char *listing(const char *text, const char *name, bool optimized)
{
    program_init(&p, &no_engine, text);
    return program_listing(&p, name, optimized);
}

START_TEST(test_optimize_folds_numbers_and_texts)
{
    const char *text =
        listing("func f() { return [1 + 2 * 3, \"a\" + \"b\", -(4), 1 < 2, 7 / 2.0] }",
                "f", true);
    ck_assert_ptr_nonnull(strstr(text, "LOADI       t1 7"));
    ck_assert_ptr_nonnull(strstr(text, "\"ab\""));
    ck_assert_ptr_nonnull(strstr(text, "LOADI       t3 -4"));
    ck_assert_ptr_nonnull(strstr(text, "true"));
    ck_assert_ptr_nonnull(strstr(text, "3.5f"));
    program_done(&p);
}
END_TEST

START_TEST(test_optimize_declines_what_raises)
{
    const char *text = listing("func f() { return [1 / 0, 1 % 0, 1 + \"a\", -\"a\", !5,"
                               " 9223372036854775807 + 1] }",
                               "f", true);
    ck_assert_uint_eq(program_count(text, "DIVK"), 1);
    ck_assert_uint_eq(program_count(text, "MODK"), 1);
    ck_assert_uint_eq(program_count(text, "ADDK"), 1);
    ck_assert_uint_eq(program_count(text, "ADDI"), 1);
    ck_assert_uint_eq(program_count(text, "NEG"), 1);
    ck_assert_uint_eq(program_count(text, "NOT"), 1);
    ck_assert_int_eq(p.st->error.kind, ERROR_NONE);
    program_done(&p);
}
END_TEST

START_TEST(test_optimize_keeps_the_sign_of_zero)
{
    const char *text = listing("func f() { return [0.0, -(0.0)] }", "f", true);
    ck_assert_ptr_nonnull(strstr(text, " 0f"));
    ck_assert_ptr_nonnull(strstr(text, " -0f"));
    program_done(&p);
}
END_TEST

START_TEST(test_optimize_removes_code_after_return)
{
    const char *source = "func f() { return 1; print(\"never\") }";
    ck_assert_ptr_nonnull(strstr(listing(source, "f", false), "never"));
    ck_assert_ptr_null(strstr(program_listing(&p, "f", true), "never"));
    program_done(&p);
}
END_TEST

START_TEST(test_optimize_threads_jumps)
{
    const char *source =
        "func f(a, b) { while a { if b { continue } else { a := 0 } } }";
    const char *text = listing(source, "f", true);
    /* No jump leads to an unconditional one. */
    ck_assert_uint_le(program_count(text, "JMP"),
                      program_count(program_listing(&p, "f", false), "JMP"));
    program_done(&p);
}
END_TEST

START_TEST(test_optimize_drops_resets_nobody_tests)
{
    const char *source = "func f() { let a := 1; return a }";
    ck_assert_ptr_null(strstr(listing(source, "f", true), "UNSET"));
    program_done(&p);
}
END_TEST

START_TEST(test_optimize_keeps_resets_that_are_tested)
{
    const char *source = "func f(b) { if b { a := 1 } else { a := 2; x := 3 }"
                         " try { y := b.z } except { } return y }";
    ck_assert_ptr_nonnull(strstr(listing(source, "f", true), "CHECK"));
    ck_assert_ptr_nonnull(strstr(program_listing(&p, "f", true), "UNSET"));
    program_done(&p);
}
END_TEST

START_TEST(test_optimize_handlers_follow_their_code)
{
    const char *source = "func f(a) { return 0; try { a() } except e { return e } }";
    ck_assert_ptr_null(strstr(listing(source, "f", true), "handler"));
    ck_assert_ptr_nonnull(strstr(program_listing(&p, "f", false), "handler"));
    program_done(&p);
}
END_TEST

START_TEST(test_optimize_last_use_is_taken)
{
    const char *text =
        listing("func f(a) { a := g(a); return a }\nfunc g(x) { return x }", "f", true);
    ck_assert_ptr_nonnull(strstr(text, "MOVE        t1 r0!"));
    program_done(&p);
}
END_TEST

START_TEST(test_optimize_a_later_read_keeps_the_value)
{
    const char *text =
        listing("func f(a, g) { let b := g(a); return [a, b] }", "f", true);
    ck_assert_ptr_nonnull(strstr(text, "MOVE        t1 r0\n"));
    program_done(&p);
}
END_TEST

START_TEST(test_optimize_a_loop_reads_again)
{
    const char *text = listing("func f(a, g) { while g() { g(a) } }", "f", true);
    ck_assert_ptr_null(strstr(text, "r0!"));
    ck_assert_ptr_null(strstr(text, "r1!"));
    program_done(&p);
}
END_TEST

START_TEST(test_optimize_a_handler_reads_again)
{
    const char *text = listing(
        "func f(a, g) { try { a := g(a) } except { return a } return 0 }", "f", true);
    ck_assert_ptr_null(strstr(text, "r0!"));
    program_done(&p);
}
END_TEST

START_TEST(test_optimize_globals_in_registers_are_never_taken)
{
    const char *text =
        listing("func g(x) { return a }\na := [1]\na := g(a)\n", "<main>", true);
    ck_assert_ptr_null(strstr(text, "r1!"));
    program_done(&p);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_optimize_folds_numbers_and_texts,
        test_optimize_declines_what_raises,
        test_optimize_keeps_the_sign_of_zero,
        test_optimize_removes_code_after_return,
        test_optimize_threads_jumps,
        test_optimize_drops_resets_nobody_tests,
        test_optimize_keeps_resets_that_are_tested,
        test_optimize_handlers_follow_their_code,
        test_optimize_last_use_is_taken,
        test_optimize_a_later_read_keeps_the_value,
        test_optimize_a_loop_reads_again,
        test_optimize_a_handler_reads_again,
        test_optimize_globals_in_registers_are_never_taken,
        NULL,
    };
    return unit_run(unit_suite("optimize", tests));
}
