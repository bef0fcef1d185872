#include "config.h"

#include "program_fixture.h"
#include "unit.h"

#include "bytecode/chunk.h"
#include "bytecode/compile.h"
#include "bytecode/verify.h"

static const struct engine no_engine = {.name = "none"};

static struct program p;
static struct chunk *c;

static void setup_text(const char *text, const char *name)
{
    program_init(&p, &no_engine, text);
    c = bytecode_compile(p.st, program_proto(&p, name), true);
    ck_assert_ptr_nonnull(c);
    struct verify_problem problem;
    ck_assert(verify_chunk(c, &problem));
}

static void expect(enum verify_refusal refusal, uint32_t index)
{
    struct verify_problem problem = {.refusal = VERIFY_OK};
    ck_assert(!verify_chunk(c, &problem));
    ck_assert_int_eq(problem.refusal, refusal);
    ck_assert_uint_eq(problem.index, index);
    ck_assert_ptr_nonnull(verify_text(problem.refusal));
    chunk_free(c);
    program_done(&p);
}

#define SUM "func f(a, b) { return a + b }"

START_TEST(test_verify_unknown_opcode)
{
    setup_text(SUM, "f");
    c->code[0].op = OPCODE_COUNT;
    expect(VERIFY_OPCODE, 0);
}
END_TEST

START_TEST(test_verify_register_outside)
{
    setup_text(SUM, "f");
    c->code[0].c = REG_OPERAND(c->nregs);
    expect(VERIFY_REGISTER, 0);
}
END_TEST

START_TEST(test_verify_odd_operand)
{
    setup_text(SUM, "f");
    c->code[0].b = 1;
    expect(VERIFY_REGISTER, 0);
}
END_TEST

START_TEST(test_verify_constant_outside)
{
    setup_text("func f() { return \"x\" }", "f");
    c->code[0].x = (int32_t)c->nconstants;
    expect(VERIFY_CONSTANT, 0);
}
END_TEST

START_TEST(test_verify_jump_outside)
{
    setup_text("func f(a) { if a { return 1 } return 2 }", "f");
    c->code[0].x = (int32_t)c->ncode;
    expect(VERIFY_JUMP, 0);
}
END_TEST

START_TEST(test_verify_jump_into_second_word)
{
    setup_text("func f(a) { if a { a.b.c := 1 } return E::A }", "f");
    uint32_t ext = 0;
    while (c->code[ext].op != OP_EXT)
        ext++;
    c->code[0].x = (int32_t)ext;
    expect(VERIFY_JUMP, 0);
}
END_TEST

START_TEST(test_verify_missing_second_word)
{
    setup_text("func f() { return E::A }", "f");
    c->code[1].op = OP_LOADNULL;
    expect(VERIFY_EXT, 0);
}
END_TEST

START_TEST(test_verify_stray_second_word)
{
    setup_text(SUM, "f");
    c->code[0].op = OP_EXT;
    expect(VERIFY_EXT, 0);
}
END_TEST

START_TEST(test_verify_run_off_the_end)
{
    setup_text(SUM, "f");
    c->ncode = 1;
    expect(VERIFY_END, 0);
}
END_TEST

START_TEST(test_verify_table_index)
{
    setup_text("func f(a) { return a.x }", "f");
    c->code[0].c = (uint16_t)c->ncaches;
    expect(VERIFY_TABLE, 0);
}
END_TEST

START_TEST(test_verify_upper_bits_of_a_wide_operand)
{
    setup_text("func f(a) { a.x.y := 1 }", "f");
    uint32_t at = 0;
    while (c->code[at].op != OP_SETPATH)
        at++;
    ck_assert_uint_eq(insn_wide(&c->code[at]), 0);
    c->code[at].d |= insn_wide_d(1u << 16);
    ck_assert_uint_eq(insn_wide(&c->code[at]), 1u << 16);
    expect(VERIFY_TABLE, at);
}
END_TEST

START_TEST(test_verify_global_slot)
{
    setup_text("x := 1\nfunc f() { return x }", "f");
    c->code[0].x = 99;
    expect(VERIFY_GLOBAL, 0);
}
END_TEST

START_TEST(test_verify_take_mark)
{
    setup_text("func f(a) { return a[0] }", "f");
    uint32_t i = 0;
    while (c->code[i].op != OP_INDEX)
        i++;
    c->code[i].d |= INSN_TAKE_A;
    expect(VERIFY_TAKE, i);
}
END_TEST

START_TEST(test_verify_handler)
{
    setup_text("func f(a) { try { a() } except e { return e } }", "f");
    c->handlers[0].target = c->ncode;
    expect(VERIFY_HANDLER, 0);
}
END_TEST

START_TEST(test_verify_empty)
{
    setup_text(SUM, "f");
    c->ncode = 0;
    expect(VERIFY_EMPTY, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_verify_unknown_opcode,
        test_verify_register_outside,
        test_verify_odd_operand,
        test_verify_constant_outside,
        test_verify_jump_outside,
        test_verify_jump_into_second_word,
        test_verify_missing_second_word,
        test_verify_stray_second_word,
        test_verify_run_off_the_end,
        test_verify_table_index,
        test_verify_upper_bits_of_a_wide_operand,
        test_verify_global_slot,
        test_verify_take_mark,
        test_verify_handler,
        test_verify_empty,
        NULL,
    };
    return unit_run(unit_suite("verify", tests));
}
