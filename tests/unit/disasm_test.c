#include "config.h"

#include <string.h>

#include "program_fixture.h"
#include "unit.h"

#include "bytecode/chunk.h"
#include "bytecode/compile.h"
#include "bytecode/disasm.h"

static const struct engine no_engine = {.name = "none"};

static struct program p;

START_TEST(test_disasm_lists_index_line_operands)
{
    program_init(&p, &no_engine, "func f(n) {\n  return n + 1\n}");
    ck_assert_str_eq(program_listing(&p, "f", true),
                     "function f: 1 variables, 2 registers\n"
                     "    0  line 2    ADDI        t0 r0 1\n"
                     "    1  line 2    RET         t0!\n");
    program_done(&p);
}
END_TEST

START_TEST(test_disasm_shows_meaning_on_request)
{
    program_init(&p, &no_engine, "func f(n) { return n }");
    struct chunk *c = bytecode_compile(p.st, program_proto(&p, "f"), true);
    struct strbuf sb;
    strbuf_init(&sb);
    ck_assert(disasm_chunk(c, true, &sb));
    ck_assert_ptr_nonnull(strstr(strbuf_str(&sb), "; return a"));
    strbuf_done(&sb);
    chunk_free(c);
    program_done(&p);
}
END_TEST

START_TEST(test_disasm_escapes_and_cuts_texts)
{
    program_init(
        &p, &no_engine,
        "func f() { return \"a\\n\\\"b\\\\0123456789012345678901234567890123456789\" }");
    const char *text = program_listing(&p, "f", true);
    ck_assert_ptr_nonnull(strstr(text, "\"a\\x0a\\\"b\\\\"));
    ck_assert_ptr_nonnull(strstr(text, "...\""));
    program_done(&p);
}
END_TEST

START_TEST(test_disasm_shows_jump_targets_and_handlers)
{
    program_init(&p, &no_engine, "func f(a) { try { while a { a() } } except e { } }");
    const char *text = program_listing(&p, "f", true);
    ck_assert_ptr_nonnull(strstr(text, "->"));
    ck_assert_ptr_nonnull(strstr(text, "handler 0.."));
    program_done(&p);
}
END_TEST

START_TEST(test_disasm_shows_counts_when_there_are_any)
{
    program_init(&p, &no_engine, "func f(n) { return n }");
    struct chunk *c = bytecode_compile(p.st, program_proto(&p, "f"), true);
    ck_assert(chunk_start_counting(c));
    c->counts[0] = 12345;
    struct strbuf sb;
    strbuf_init(&sb);
    ck_assert(disasm_chunk(c, false, &sb));
    ck_assert_ptr_nonnull(strstr(strbuf_str(&sb), "     12345 RET"));
    strbuf_done(&sb);
    chunk_free(c);
    program_done(&p);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_disasm_lists_index_line_operands,
        test_disasm_shows_meaning_on_request,
        test_disasm_escapes_and_cuts_texts,
        test_disasm_shows_jump_targets_and_handlers,
        test_disasm_shows_counts_when_there_are_any,
        NULL,
    };
    return unit_run(unit_suite("disasm", tests));
}
