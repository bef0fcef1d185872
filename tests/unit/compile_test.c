#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program_fixture.h"
#include "unit.h"

#include "base/mem.h"
#include "bytecode/chunk.h"
#include "bytecode/compile.h"
#include "bytecode/verify.h"

static const struct engine no_engine = {.name = "none"};

static struct program p;

static const char *listing(const char *text, const char *name)
{
    program_init(&p, &no_engine, text);
    return program_listing(&p, name, true);
}

START_TEST(test_compile_hot_loop_is_four_instructions)
{
    const char *text =
        listing("func f(n) { let i := 0; while i < n { i := i + 1 } return i }", "f");
    ck_assert_uint_eq(program_count(text, "JNLT"), 1);
    ck_assert_uint_eq(program_count(text, "LOOPLT"), 1);
    ck_assert_uint_eq(program_count(text, "ADDI        r1 r1 1"), 1);
    ck_assert_uint_eq(program_count(text, "\n"), 6);
    program_done(&p);
}
END_TEST

START_TEST(test_compile_variables_are_operands)
{
    const char *text = listing("func f(a, b) { return a + b }", "f");
    ck_assert_ptr_nonnull(strstr(text, "ADD         t0 r0! r1"));
    ck_assert_ptr_null(strstr(text, "MOVE"));
    program_done(&p);
}
END_TEST

START_TEST(test_compile_temporaries_are_taken)
{
    const char *text = listing("func f(a) { return a.x + a.y }", "f");
    ck_assert_ptr_nonnull(strstr(text, "t1! t2!"));
    ck_assert_ptr_nonnull(strstr(text, "RET         t0!"));
    program_done(&p);
}
END_TEST

START_TEST(test_compile_main_keeps_globals_in_registers)
{
    const char *text = listing("x := 1\nx := x + 1\n", "<main>");
    ck_assert_ptr_null(strstr(text, "GLOBAL"));
    ck_assert_ptr_nonnull(strstr(text, "ADDI        r0 r0 1"));
    program_done(&p);
}
END_TEST

START_TEST(test_compile_global_is_copied_before_code_that_may_change_it)
{
    const char *text =
        listing("func g() { x := 2; return 1 }\nx := 1\ny := x + g()\n", "<main>");
    ck_assert_ptr_nonnull(strstr(text, "MOVE"));
    program_done(&p);
}
END_TEST

START_TEST(test_compile_moving_builtin_knows_its_variable)
{
    const char *text =
        listing("func f(n) { let a := []; a := push(a, n); return a }", "f");
    ck_assert_uint_eq(program_count(text, "MOVEBUILTIN"), 1);
    ck_assert_ptr_nonnull(strstr(text, "EXT         r1"));
    program_done(&p);
}
END_TEST

START_TEST(test_compile_long_chain_needs_no_recursion)
{
    static char text[200000];
    strcpy(text, "func f(a) { return a");
    for (int i = 0; i < 4000; i++)
        strcat(text, " + a");
    strcat(text, " }");
    program_init(&p, &no_engine, text);
    struct chunk *c = bytecode_compile(p.st, program_proto(&p, "f"), true);
    ck_assert_ptr_nonnull(c);
    ck_assert_uint_le(c->nregs, 3);
    chunk_free(c);
    program_done(&p);
}
END_TEST

/* A loop body longer than a 16-bit distance. */
START_TEST(test_compile_far_jumps_take_the_long_form)
{
    size_t size = 40000 * 12 + 200;
    char *text = malloc(size);
    ck_assert_ptr_nonnull(text);
    char *at =
        text + sprintf(text, "func f(n) { let i := 0; let s := 0\nwhile i < n {\n");
    for (int i = 0; i < 40000; i++)
        at += sprintf(at, "s := s + i\n");
    sprintf(at, "i := i + 1 }\nfor k in n { if k > 1 { s := s + 1 } }\nreturn s }");
    program_init(&p, &no_engine, text);
    struct chunk *c = bytecode_compile(p.st, program_proto(&p, "f"), true);
    ck_assert_ptr_nonnull(c);
    ck_assert_uint_gt(c->ncode, 40000);
    struct verify_problem problem;
    ck_assert(verify_chunk(c, &problem));
    chunk_free(c);
    program_done(&p);
    free(text);
}
END_TEST

START_TEST(test_compile_too_many_registers_is_an_error_not_a_crash)
{
    size_t size = 40000 * 4 + 200;
    char *text = malloc(size);
    ck_assert_ptr_nonnull(text);
    char *at = text + sprintf(text, "func f(a) { return f(");
    for (int i = 0; i < 40000; i++)
        at += sprintf(at, "a, ");
    sprintf(at, "a) }");
    program_init(&p, &no_engine, text);
    ck_assert_ptr_null(bytecode_compile(p.st, program_proto(&p, "f"), true));
    ck_assert_int_eq(p.st->error.kind, ERROR_RAISED);
    /* Register 0 is the parameter, then come the callee and the arguments: `a` number 32 766 is
       one too many. What was compiled last is the one before it. */
    struct bytecode_refusal refusal;
    ck_assert(!bytecode_fits(p.st, program_proto(&p, "f"), &refusal));
    ck_assert_str_eq(refusal.why,
                     "it needs more than 32767 variables and values at once");
    ck_assert_uint_eq(refusal.offset,
                      (uint32_t)(strstr(text, "f(a, a") - text) + 2 + 3 * (32765 - 1));
    program_done(&p);
    free(text);
}
END_TEST

START_TEST(test_compile_is_deterministic)
{
    const char *source =
        "func f(a) { for x in a { try { print(x, \"s${x}\") } except e { } } }";
    program_init(&p, &no_engine, source);
    static char first[16384];
    strcpy(first, program_listing(&p, "f", true));
    ck_assert_str_eq(first, program_listing(&p, "f", true));
    program_done(&p);
}
END_TEST

START_TEST(test_compile_positions_are_of_the_operator)
{
    program_init(&p, &no_engine, "func f(a) {\n  return a *\n    2\n}");
    struct chunk *c = bytecode_compile(p.st, program_proto(&p, "f"), true);
    ck_assert_ptr_nonnull(c);
    ck_assert_uint_eq(c->code[0].op, OP_MULK);
    ck_assert_uint_eq(c->positions[0], 23);
    chunk_free(c);
    program_done(&p);
}
END_TEST

/* Effective in hard-tests builds; elsewhere every round compiles. */
START_TEST(test_compile_survives_lack_of_memory)
{
    program_init(
        &p, &no_engine,
        "struct S { x = 1, func m() { return x } }\n"
        "func f(a) { let g := func(y) { return a + y }; for [k, v] in a {\n"
        "  try { match k { case Ok(z): a.b[z] := \"t${v}\" } } except e { print(e) }\n"
        "  s := s + \"a\" + v } return S { x: g(1) } }");
    unsigned failed = 0;
    for (int after = 0; after < 120; after++) {
        mem_fail_after(after, false);
        struct chunk *c = bytecode_compile(p.st, program_proto(&p, "f"), true);
        mem_fail_after(-1, false);
        failed += c == NULL ? 1 : 0;
        chunk_free(c);
        error_clear(p.st);
    }
    if (mem_fail_after(-1, false))
        ck_assert_uint_gt(failed, 0);
    program_done(&p);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_compile_hot_loop_is_four_instructions,
        test_compile_variables_are_operands,
        test_compile_temporaries_are_taken,
        test_compile_main_keeps_globals_in_registers,
        test_compile_global_is_copied_before_code_that_may_change_it,
        test_compile_moving_builtin_knows_its_variable,
        test_compile_long_chain_needs_no_recursion,
        test_compile_far_jumps_take_the_long_form,
        test_compile_too_many_registers_is_an_error_not_a_crash,
        test_compile_is_deterministic,
        test_compile_positions_are_of_the_operator,
        test_compile_survives_lack_of_memory,
        NULL,
    };
    return unit_run(unit_suite("compile", tests));
}
