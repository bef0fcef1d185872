#include "config.h"

#include <string.h>

#include "program_fixture.h"
#include "unit.h"

#include "bytecode/chunk.h"
#include "bytecode/compile.h"
#include "core/call.h"
#include "core/heap.h"
#include "vm/engine.h"
#include "vm/vm.h"

static struct program p;

static void run(const struct engine *engine, const char *text)
{
    program_init(&p, engine, text);
    if (!program_run(&p))
        ck_abort_msg("%s", STRING_OF(p.st->error.message)->data);
}

static void expect_output(const char *text, const char *output)
{
    run(&vm_engine, text);
    ck_assert_str_eq(strbuf_str(&p.printed), output);
    /* Stacks are empty again and hold nothing counted. */
    ck_assert_ptr_null(p.st->top);
    ck_assert_ptr_null(p.st->activations);
    ck_assert_uint_eq(p.st->depth, 0);
    for (int i = 0; i < 1000; i++)
        ck_assert(!value_is_object(p.st->stack_base[i]));
    program_done(&p);
}

static uint64_t copies(void)
{
    struct heap_stats stats;
    heap_stats_read(p.st, &stats);
    return stats.copies;
}

START_TEST(test_vm_calls_share_one_run_of_the_loop)
{
    expect_output(
        "func fib(n) { if n <= 1 { return n } return fib(n - 1) + fib(n - 2) }\n"
        "print(fib(15))",
        "610\n");
}
END_TEST

#ifndef RUFF_HARD_TESTS /* there each instruction is entered anew */
static int activations_seen;

static bool count_activations(struct state *st, struct value *args, uint32_t nargs,
                              struct value *result)
{
    (void)args;
    (void)nargs;
    activations_seen = 0;
    for (const struct activation *a = st->activations; a != NULL; a = a->prev)
        activations_seen++;
    *result = value_null();
    return true;
}

START_TEST(test_vm_first_calls_nest_no_loop)
{
    program_init(&p, &vm_engine,
                 "func f() { print(1) }\nfunc g() { f() }\nfunc h() { g() }\nh()");
    for (uint32_t i = 0; i < p.st->nbuiltins; i++) {
        if (strcmp(p.builtins[i].name, "print") == 0)
            p.builtins[i].fn = count_activations;
    }
    ck_assert(program_run(&p));
    ck_assert_int_eq(activations_seen, 1);
    program_done(&p);
}
END_TEST
#endif

START_TEST(test_vm_depth_limit_is_exact)
{
    expect_output("func f(n) { if n == 0 { return 0 } return 1 + f(n - 1) }\n"
                  "print(f(19999))\n"
                  "try { f(20000) } except e { print(e.message) }\n"
                  "print(f(19999))\n",
                  "19999\n"
                  "Maximum call stack depth of 20000 exceeded while calling f\n"
                  "19999\n");
}
END_TEST

START_TEST(test_vm_error_unwinds_and_frees_temporaries)
{
    expect_output("func bad(x) { return [x, [x], \"t\" + \"u\", x[9]] }\n"
                  "func g(x) { return [\"before\" + \"x\", bad(x), 1] }\n"
                  "try { g([1, 2]) } except e { print(e.message, e.stack) }\n",
                  "Index out of bounds: 9 [g, bad]\n");
}
END_TEST

START_TEST(test_vm_push_moves_out_of_local)
{
    run(&vm_engine,
        "func f(n) { let a := []; for i in n { a := push(a, i) } return a }\n"
        "print(f(5))");
    ck_assert_uint_eq(copies(), 0);
    ck_assert_str_eq(strbuf_str(&p.printed), "[0, 1, 2, 3, 4]\n");
    program_done(&p);
}
END_TEST

START_TEST(test_vm_push_moves_out_of_global_cell_and_main_variable)
{
    run(&vm_engine, "g := []\n"
                    "func global() { g := push(g, 1) }\n"
                    "func cell() { let a := []; let f := func(x) { a := push(a, x) }\n"
                    "  f(1); f(2); a := push(a, 3); return a }\n"
                    "for i in 4 { global(); g := push(g, 2) }\n"
                    "print(g, cell())");
    ck_assert_uint_eq(copies(), 0);
    ck_assert_str_eq(strbuf_str(&p.printed), "[1, 2, 1, 2, 1, 2, 1, 2] [1, 2, 3]\n");
    program_done(&p);
}
END_TEST

START_TEST(test_vm_shared_array_is_copied_once)
{
    run(&vm_engine, "a := [1]\nb := a\na := push(a, 2)\na := push(a, 3)\nprint(a, b)");
    ck_assert_uint_eq(copies(), 1);
    ck_assert_str_eq(strbuf_str(&p.printed), "[1, 2, 3] [1]\n");
    program_done(&p);
}
END_TEST

START_TEST(test_vm_last_use_passes_the_only_reference)
{
    run(&vm_engine,
        "func set(a, i) { a[i] := i; if i == 0 { return a } return set(a, i - 1) }\n"
        "func f(n) { let a := []; for i in n { a := push(a, 9) } a := set(a, n - 1)\n"
        "  return a }\n"
        "print(f(4))");
    ck_assert_uint_eq(copies(), 0);
    ck_assert_str_eq(strbuf_str(&p.printed), "[0, 1, 2, 3]\n");
    program_done(&p);
}
END_TEST

START_TEST(test_vm_handler_sees_what_a_failing_call_was_given)
{
    expect_output("func bad(a) { a[0] := 5; throw \"x\" }\n"
                  "func f() { let a := [1]; try { a := bad(a) } except { return a } }\n"
                  "print(f())",
                  "[1]\n");
}
END_TEST

START_TEST(test_vm_push_moves_out_of_paths)
{
    run(&vm_engine,
        "struct Q { items, text, func add(self, x) {\n"
        "  self.items := push(self.items, x); self.text += \"x\"; return self } }\n"
        "func f(n) { let q := Q { items: [], text: \"\" }; for i in n { q := q.add(i) }\n"
        "  return q }\n"
        "func g(n) { let a := [[], []]; let d := {\"k\": {\"l\": []}}\n"
        "  for i in n { let u := i % 2; a[u] := push(a[u], i)\n"
        "    d.k.l := push(d.k.l, i); d[\"k\"][\"l\"] += [i] } return [a, d] }\n"
        "print(f(3), g(3))");
    ck_assert_uint_eq(copies(), 0);
    ck_assert_str_eq(strbuf_str(&p.printed),
                     "Q { items: [0, 1, 2], text: xxx } "
                     "[[[0, 2], [1]], {\"k\": {\"l\": [0, 0, 1, 1, 2, 2]}}]\n");
    program_done(&p);
}
END_TEST

START_TEST(test_vm_failed_path_move_puts_the_value_back)
{
    expect_output("d := {\"l\": 5, \"s\": \"a\"}\n"
                  "try { d.l := push(d.l, 1) } except e { print(e.message) }\n"
                  "try { d.s += 1 } except e { print(e.message) }\n"
                  "print(d)",
                  "push() requires an array\nInvalid binary operation: string + int\n"
                  "{\"l\": 5, \"s\": a}\n");
}
END_TEST

START_TEST(test_vm_failed_move_puts_the_value_back)
{
    expect_output("x := 5\ns := \"a\"\nfunc f() { s := s + 1 }\n"
                  "try { x := push(x, 1) } except e { print(e.message, x) }\n"
                  "try { f() } except e { print(e.message, s) }\n"
                  "try { s := s + nothere } except e { print(e.message, s) }\n",
                  "push() requires an array 5\n"
                  "Invalid binary operation: string + int a\n"
                  "Undefined variable: nothere a\n");
}
END_TEST

START_TEST(test_vm_store_through_unique_path_does_not_copy)
{
    run(&vm_engine, "a := [[1, 2], [3, 4]]\nd := {\"k\": [1]}\n"
                    "for i in 3 { a[1][0] := i; d.k[0] += 1; d[\"n\"] := i }\n"
                    "print(a, d)");
    ck_assert_uint_eq(copies(), 0);
    ck_assert_str_eq(strbuf_str(&p.printed),
                     "[[1, 2], [2, 4]] {\"k\": [4], \"n\": 2}\n");
    program_done(&p);
}
END_TEST

START_TEST(test_vm_store_of_a_value_into_itself)
{
    expect_output("struct S { x }\n"
                  "func f() { let a := [1]; a[0] := a; let s := S { x: 1 }; s.x := s\n"
                  "  print(a, s) }\nf()\n",
                  "[[1]] S { x: S { x: 1 } }\n");
}
END_TEST

START_TEST(test_vm_generator_keeps_temporaries_across_yield)
{
    expect_output("func* g(a) { let r := [a, yield 1, [yield 2]]; yield r }\n"
                  "for x in g(\"t\") { print(x) }",
                  "1\n2\n[t, null, [null]]\n");
}
END_TEST

START_TEST(test_vm_abandoned_generator_is_freed)
{
    expect_output("func* g() { let a := [1]; for x in [[1], [2]] { yield x } }\n"
                  "for x in g() { print(x); break }",
                  "[1]\n");
}
END_TEST

START_TEST(test_vm_inline_caches_follow_shapes)
{
    expect_output(
        "struct A { x, func m() { return x } }\nstruct B { y, x, func m() { return y } }\n"
        "for o in [A { x: 1 }, B { y: 2, x: 3 }, A { x: 4 }, {\"x\": 5}] { print(o.x) }\n"
        "for o in [A { x: 1 }, B { y: 2, x: 3 }, A { x: 4 }] { print(o.m()) }\n",
        "1\n3\n4\n5\n1\n2\n4\n");
}
END_TEST

/* What the first `op` of the function f noted while the text ran. */
static unsigned feedback(enum opcode op, const char *text)
{
    unsigned seen = INSN_TAKES;
    run(&vm_engine, text);
    const struct chunk *c = program_proto(&p, "f")->chunk;
    for (uint32_t i = 0; i < c->ncode && seen == INSN_TAKES; i++) {
        if (c->code[i].op == op)
            seen = c->code[i].d & (INSN_SAW_FLOAT | INSN_SAW_MIXED | INSN_SAW_OTHER);
    }
    program_done(&p);
    return seen;
}

START_TEST(test_vm_feedback_tells_what_was_seen_besides_ints)
{
    static const struct {
        enum opcode op;
        unsigned seen;
        const char *call;
    } cases[] = {
        {OP_ADD, 0, "add(1, 2)"},
        {OP_ADD, INSN_SAW_FLOAT, "add(1.5, 2.5)"},
        {OP_ADD, INSN_SAW_MIXED, "add(1, 2.5)"},
        {OP_ADD, INSN_SAW_OTHER, "add(\"a\", \"b\")"},
        {OP_INDEX, 0, "get([1], 0)"},
        {OP_INDEX, INSN_SAW_FLOAT, "get([1.5], 0)"},
        {OP_INDEX, INSN_SAW_MIXED, "get([\"a\"], 0)"},
        {OP_INDEX, INSN_SAW_OTHER, "get({\"a\": 1}, \"a\")"},
        {OP_SETINDEX, 0, "set([1], 0, 2)"},
        {OP_SETINDEX, INSN_SAW_FLOAT, "set([1.5], 0, 2.5)"},
        {OP_SETINDEX, INSN_SAW_MIXED, "set([\"a\"], 0, \"b\")"},
        {OP_SETINDEX, INSN_SAW_MIXED, "set(shared, 0, \"b\")"},
        {OP_SETINDEX, INSN_SAW_OTHER, "set({\"a\": 1}, \"a\", 2)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *call = cases[i].call;
        struct strbuf text;
        strbuf_init(&text);
        strbuf_append_format(&text, "shared := [\"a\"]\nfunc f%s\nf%s\n",
                             call[0] == 'a'   ? "(a, b) { return a + b }"
                             : call[0] == 'g' ? "(a, i) { return a[i] }"
                                              : "(a, i, v) { a[i] := v return a }",
                             call + 3);
        ck_assert_msg(feedback(cases[i].op, strbuf_str(&text)) == cases[i].seen, "%s",
                      call);
        strbuf_done(&text);
    }
}
END_TEST

START_TEST(test_vm_interrupt_stops_a_loop)
{
    program_init(&p, &vm_engine, "x := 0\nloop { x := x + 1 }");
    state_interrupt(p.st);
    ck_assert(!program_run(&p));
    ck_assert_int_eq(p.st->error.kind, ERROR_INTERRUPT);
    program_done(&p);
}
END_TEST

START_TEST(test_vm_counting_loop_counts_every_instruction)
{
    const char *text =
        "func f(n) { let i := 0; while i < n { i := i + 1 } return i }\nprint(f(10))";
    run(&vm_counting_engine, text);
    const struct chunk *c = program_proto(&p, "f")->chunk;
    ck_assert_ptr_nonnull(c->counts);
    for (uint32_t i = 0; i < c->ncode; i++) {
        if (c->code[i].op == OP_ADDI)
            ck_assert_uint_eq(c->counts[i], 10);
        if (c->code[i].op == OP_RET)
            ck_assert_uint_eq(c->counts[i], 1);
    }
    uint64_t ops = p.st->ops;
    ck_assert_uint_gt(ops, 20);
    program_done(&p);
    run(&vm_counting_engine, text);
    ck_assert_uint_eq(p.st->ops, ops);
    program_done(&p);
}
END_TEST

struct resume {
    uint32_t at;
    struct value result;
    bool ok;
};

static void resume_body(void *context)
{
    struct resume *r = context;
    struct function *f = program_function(&p, program_proto(&p, "f"));
    ck_assert(bytecode_ensure(p.st, f->proto));
    struct value registers[8];
    ck_assert_uint_le(f->proto->chunk->nregs, 8);
    for (int i = 0; i < 8; i++)
        registers[i] = value_int(100 + i);
    r->ok = vm_resume(p.st, f, r->at, registers, &r->result);
    object_release(p.st, &f->head);
}

START_TEST(test_vm_resume_enters_anywhere)
{
    program_init(&p, &vm_engine, "func f(a, b) { return a * 2 + b }");
    /* MULK t1 r0 2; ADD t0 t1 r1; RET t0 with registers 100, 101, 102, 103. */
    static const int64_t expected[] = {301, 204, 102};
    for (uint32_t at = 0; at < 3; at++) {
        struct resume r = {.at = at};
        state_enter_stack(p.st, resume_body, &r);
        ck_assert(r.ok);
        ck_assert_int_eq(r.result.as.integer, expected[at]);
    }
    program_done(&p);
}
END_TEST

static void call_g_body(void *context)
{
    struct resume *r = context;
    struct function *g = program_function(&p, program_proto(&p, "g"));
    r->ok = call_function(p.st, g, value_unset(), NULL, 0, &r->result);
    object_release(p.st, &g->head);
}

START_TEST(test_vm_only_a_new_run_forgets_inline_caches)
{
    run(&vm_engine, "struct P { x }\nfunc f(p) { return p.x }\nfunc g() { return 7 }\n"
                    "f(P { x: 1 })");
    const struct chunk *f = program_proto(&p, "f")->chunk;
    uint32_t shape = f->caches[0].shape;
    struct resume r = {.ok = false};
    ck_assert_uint_ne(shape, 0);
    state_enter_stack(p.st, call_g_body, &r);
    ck_assert(r.ok);
    ck_assert_int_eq(r.result.as.integer, 7);
    ck_assert_uint_eq(f->caches[0].shape, shape);
    program_done(&p);
}
END_TEST

static void resume_main_body(void *context)
{
    struct resume *r = context;
    struct function *f = program_function(&p, &p.unit.protos[0]);
    ck_assert(bytecode_ensure(p.st, f->proto));
    ck_assert(f->proto->chunk->globals_in_registers);
    struct value registers[8];
    ck_assert_uint_le(f->proto->chunk->nregs, 8);
    for (int i = 0; i < 8; i++)
        registers[i] = value_null();
    f->instance->globals[0] = value_int(41);
    r->ok = vm_resume(p.st, f, r->at, registers, &r->result);
    ck_assert_int_eq(f->instance->globals[0].as.integer, 42);
    object_release(p.st, &f->head);
}

START_TEST(test_vm_resumed_main_finds_its_globals_in_the_instance)
{
    program_init(&p, &vm_engine, "g := 5\ng := g + 1\nprint(g)");
    struct resume r = {.at = 1}; /* LOADI r0 5; ADDI r0 r0 1 */
    state_enter_stack(p.st, resume_main_body, &r);
    ck_assert(r.ok);
    ck_assert_str_eq(strbuf_str(&p.printed), "42\n");
    program_done(&p);
}
END_TEST

#ifdef RUFF_HARD_TESTS
/* Every kind of activation, and ways out of each. */
static const char everywhere[] =
    "let total := 0\n"
    "func add(a, b) { let s := a + b; total := total + s; return s }\n"
    "func fails(x) { try { let t := [x, \"a\" + \"b\", [x][x]]; return t }\n"
    "  except e { return e.message } }\n"
    "func* items(n) { let i := 0; while i < n { i := i + 1; yield [i, yield i] } }\n"
    "func counter() { let c := [0]; return func(x) { c := push(c, x); return c } }\n"
    "func twice(f, x) { return f(f(x)) }\n"
    "print(fails(0), fails(1))\n"
    "for x in items(2) { print(x) }\n"
    "let next := counter()\n"
    "next(1)\n"
    "print(next(2), twice(func(x) { return add(x, x) }, 3), total)\n";

/* What ran has been left, in every function. */
START_TEST(test_vm_hard_leaves_before_every_instruction)
{
    run(&vm_counting_engine, everywhere);
    ck_assert_str_eq(strbuf_str(&p.printed),
                     "[0, ab, 0] Index out of bounds: 1\n"
                     "1\n[1, null]\n2\n[2, null]\n[0, 1, 2] 12 18\n");
    uint32_t seen = 0;
    for (uint32_t k = 0; k < p.unit.nprotos; k++) {
        const struct chunk *c = p.unit.protos[k].chunk;
        ck_assert_ptr_nonnull(c);
        for (uint32_t i = 0; i < c->ncode; i++) {
            ck_assert_msg((c->resumes[i] > 0) == (c->counts[i] > 0), "%s at %u",
                          c->proto->name, i);
            seen += c->resumes[i] > 0 ? 1u : 0u;
        }
    }
    ck_assert_uint_gt(seen, 80);
    /* main runs once, its last instruction included. */
    const struct chunk *c = p.unit.protos[0].chunk;
    for (uint32_t i = 0; i < c->ncode; i++)
        ck_assert_uint_eq(c->resumes[i], c->counts[i]);
    program_done(&p);
}
END_TEST

/* Registers times instructions grow as the square: a program at the limit of registers took
   minutes when each of them was moved at each instruction. */
START_TEST(test_vm_hard_leaves_a_large_function_now_and_then)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_append_str(&text, "func f(x) {\n");
    for (int i = 0; i < 4000; i++)
        strbuf_append_format(&text, "let v%d := x\n", i);
    strbuf_append_str(&text, "return v3999 }\nprint(f(7))\n");
    run(&vm_engine, strbuf_str(&text));
    ck_assert_str_eq(strbuf_str(&p.printed), "7\n");
    const struct chunk *c = program_proto(&p, "f")->chunk;
    uint32_t left = 0;
    for (uint32_t i = 0; i < c->ncode; i++)
        left += c->resumes[i] > 0 ? 1u : 0u;
    ck_assert_uint_gt(c->ncode, 4000);
    ck_assert_uint_gt(left, 500);
    ck_assert_uint_lt(left, 2000);
    program_done(&p);
    strbuf_done(&text);
}
END_TEST

START_TEST(test_vm_hard_left_functions_are_called_inside_the_loop)
{
    run(&vm_counting_engine, "func whole(x) { return x + 1 }\n"
                             "func part(x) { if x > 100 { return 0 } return x }\n"
                             "for i in 5 { whole(i); part(i) }");
    const struct chunk *whole = program_proto(&p, "whole")->chunk;
    ck_assert(!chunk_is_fresh(whole));
    ck_assert_uint_eq(whole->resumes[0], 1);
    ck_assert_uint_eq(whole->counts[0], 5);
    const struct chunk *part = program_proto(&p, "part")->chunk;
    ck_assert(chunk_is_fresh(part));
    ck_assert_uint_eq(part->resumes[0], 5);
    program_done(&p);
}
END_TEST
#endif

START_TEST(test_vm_result_outlives_its_window)
{
    expect_output(
        "func f() { let a := [1]; return a }\nfunc g() { return [f(), f()] }\n"
        "x := g()\nx[0][0] := 9\nprint(x)",
        "[[9], [1]]\n");
}
END_TEST

START_TEST(test_vm_knows_its_own_text)
{
    ck_assert(!vm_is_loop_pc((uintptr_t)&run));
    ck_assert(!vm_is_loop_pc(0));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_vm_calls_share_one_run_of_the_loop,
#ifndef RUFF_HARD_TESTS
        test_vm_first_calls_nest_no_loop,
#endif
        test_vm_depth_limit_is_exact,
        test_vm_error_unwinds_and_frees_temporaries,
        test_vm_push_moves_out_of_local,
        test_vm_push_moves_out_of_global_cell_and_main_variable,
        test_vm_shared_array_is_copied_once,
        test_vm_last_use_passes_the_only_reference,
        test_vm_handler_sees_what_a_failing_call_was_given,
        test_vm_push_moves_out_of_paths,
        test_vm_failed_path_move_puts_the_value_back,
        test_vm_failed_move_puts_the_value_back,
        test_vm_store_through_unique_path_does_not_copy,
        test_vm_store_of_a_value_into_itself,
        test_vm_generator_keeps_temporaries_across_yield,
        test_vm_abandoned_generator_is_freed,
        test_vm_inline_caches_follow_shapes,
        test_vm_feedback_tells_what_was_seen_besides_ints,
        test_vm_interrupt_stops_a_loop,
        test_vm_counting_loop_counts_every_instruction,
        test_vm_resume_enters_anywhere,
        test_vm_only_a_new_run_forgets_inline_caches,
        test_vm_resumed_main_finds_its_globals_in_the_instance,
#ifdef RUFF_HARD_TESTS
        test_vm_hard_leaves_before_every_instruction,
        test_vm_hard_leaves_a_large_function_now_and_then,
        test_vm_hard_left_functions_are_called_inside_the_loop,
#endif
        test_vm_result_outlives_its_window,
        test_vm_knows_its_own_text,
        NULL,
    };
    return unit_run(unit_suite("vm", tests));
}
