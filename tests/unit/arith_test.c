#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine_fixture.h"
#include "unit.h"

#include "core/array.h"
#include "core/dict.h"
#include "core/ops.h"
#include "core/ops_fast.h"
#include "core/string.h"
#include "core/structs.h"

static struct state *st;

static void setup(void)
{
    st = fixture_state(NULL, 0);
}

static void teardown(void)
{
    fixture_free(st);
}

/* Display form of a OP b (both taken), or the error's message. */
static const char *binary(struct value a, enum ops_operator op, struct value b)
{
    static char text[256];
    struct value out;
    if (ops_binary(st, op, a, b, &out)) {
        snprintf(text, sizeof text, "%s", fixture_text(st, out));
        value_release(st, out);
    } else {
        snprintf(text, sizeof text, "%s", fixture_message(st));
        error_clear(st);
    }
    value_release(st, a);
    value_release(st, b);
    return text;
}

static const char *unary(enum ops_operator op, struct value a)
{
    static char text[256];
    struct value out;
    if (ops_unary(st, op, a, &out)) {
        snprintf(text, sizeof text, "%s", fixture_text(st, out));
        value_release(st, out);
    } else {
        snprintf(text, sizeof text, "%s", fixture_message(st));
        error_clear(st);
    }
    value_release(st, a);
    return text;
}

#define I(x) value_int(x)
#define F(x) value_float(x)
#define S(x) fixture_string(st, x)
#define B(x) value_bool(x)

START_TEST(test_arith_ints_are_checked)
{
    setup();
    ck_assert_str_eq(binary(I(2), OPS_ADD, I(3)), "5");
    ck_assert_str_eq(binary(I(7), OPS_DIV, I(-2)), "-3");
    ck_assert_str_eq(binary(I(-7), OPS_MOD, I(2)), "-1");
    ck_assert_str_eq(binary(I(INT64_MAX), OPS_ADD, I(1)),
                     "Integer overflow: 9223372036854775807 + 1");
    ck_assert_str_eq(binary(I(INT64_MIN), OPS_SUB, I(1)),
                     "Integer overflow: -9223372036854775808 - 1");
    ck_assert_str_eq(binary(I(INT64_MAX), OPS_MUL, I(-2)),
                     "Integer overflow: 9223372036854775807 * -2");
    ck_assert_str_eq(binary(I(INT64_MIN), OPS_DIV, I(-1)),
                     "Integer overflow: -9223372036854775808 / -1");
    ck_assert_str_eq(binary(I(INT64_MIN), OPS_MOD, I(-1)),
                     "Integer overflow: -9223372036854775808 % -1");
    ck_assert_str_eq(binary(I(1), OPS_DIV, I(0)), "Division by zero");
    ck_assert_str_eq(binary(I(1), OPS_MOD, I(0)), "Modulo by zero");
    teardown();
}
END_TEST

START_TEST(test_arith_floats_and_mixtures)
{
    setup();
    ck_assert_str_eq(binary(F(1.5), OPS_ADD, I(1)), "2.5");
    ck_assert_str_eq(binary(I(3), OPS_DIV, F(2)), "1.5");
    ck_assert_str_eq(binary(F(-7.5), OPS_MOD, I(2)), "-1.5");
    ck_assert_str_eq(binary(F(1), OPS_DIV, F(0)), "Division by zero");
    ck_assert_str_eq(binary(F(1), OPS_MOD, F(-0.0)), "Modulo by zero");
    ck_assert_str_eq(binary(F(1e308), OPS_MUL, I(10)), "inf");
    teardown();
}
END_TEST

START_TEST(test_arith_strings_and_arrays)
{
    setup();
    ck_assert_str_eq(binary(S("ab"), OPS_ADD, S("c")), "abc");
    ck_assert_str_eq(binary(S("ab"), OPS_MUL, I(3)), "ababab");
    ck_assert_str_eq(binary(I(2), OPS_MUL, S("x")), "xx");
    ck_assert_str_eq(binary(S("ab"), OPS_MUL, I(-1)), "");
    struct value a = fixture_ints(st, (int64_t[]){1, 2}, 2);
    ck_assert_str_eq(binary(value_retain(a), OPS_ADD, a), "[1, 2, 1, 2]");
    teardown();
}
END_TEST

START_TEST(test_arith_rejects_other_kinds_by_name)
{
    setup();
    ck_assert_str_eq(binary(S("n="), OPS_ADD, I(5)),
                     "Invalid binary operation: string + int");
    ck_assert_str_eq(binary(B(true), OPS_SUB, F(1)),
                     "Invalid binary operation: bool - float");
    ck_assert_str_eq(binary(value_null(), OPS_MUL, value_none()),
                     "Invalid binary operation: null * value");
    ck_assert_str_eq(
        binary(fixture_ints(st, NULL, 0), OPS_LT, fixture_struct(st, "P", NULL, 0)),
        "Invalid binary operation: array < struct");
    ck_assert_str_eq(binary(S("x"), OPS_MUL, F(2)),
                     "Invalid binary operation: string * float");
    ck_assert_str_eq(binary(B(true), OPS_GE, I(1)),
                     "Invalid binary operation: bool >= int");
    teardown();
}
END_TEST

START_TEST(test_arith_comparison)
{
    setup();
    ck_assert_str_eq(binary(I(1), OPS_LT, F(1.5)), "true");
    ck_assert_str_eq(binary(F((double)NAN), OPS_LE, F(1)), "false");
    ck_assert_str_eq(binary(F((double)NAN), OPS_GE, F(1)), "false");
    ck_assert_str_eq(binary(S("a"), OPS_LT, S("b")), "true");
    ck_assert_str_eq(binary(S("b"), OPS_LE, S("b")), "true");
    ck_assert_str_eq(binary(S("\xc3\xa9"), OPS_GT, S("z")), "true");
    ck_assert_str_eq(binary(I(2), OPS_GE, I(3)), "false");
    teardown();
}
END_TEST

START_TEST(test_arith_equality)
{
    setup();
    ck_assert_str_eq(binary(I(1), OPS_EQ, F(1)), "true");
    ck_assert_str_eq(binary(F(0.1 + 0.2), OPS_EQ, F(0.3)), "true");
    ck_assert_str_eq(binary(F(1e-17), OPS_EQ, I(0)), "true");
    ck_assert_str_eq(binary(F((double)INFINITY), OPS_EQ, F((double)INFINITY)), "true");
    ck_assert_str_eq(binary(F((double)INFINITY), OPS_EQ, F(1e308)), "false");
    ck_assert_str_eq(binary(F((double)NAN), OPS_EQ, F((double)NAN)), "false");
    ck_assert_str_eq(binary(F((double)NAN), OPS_NE, F((double)NAN)), "true");
    ck_assert_str_eq(binary(I(1), OPS_EQ, S("1")), "false");
    ck_assert_str_eq(binary(B(true), OPS_EQ, I(1)), "false");
    ck_assert_str_eq(binary(value_null(), OPS_EQ, B(false)), "false");
    ck_assert_str_eq(binary(value_null(), OPS_EQ, value_null()), "true");
    ck_assert_str_eq(binary(S("x"), OPS_NE, S("x")), "false");
    struct value a = fixture_ints(st, (int64_t[]){1}, 1);
    struct value b = fixture_ints(st, (int64_t[]){1}, 1);
    ck_assert_str_eq(binary(a, OPS_EQ, b), "true");
    teardown();
}
END_TEST

START_TEST(test_arith_unary)
{
    setup();
    ck_assert_str_eq(unary(OPS_NEG, I(5)), "-5");
    ck_assert_str_eq(unary(OPS_NEG, F(0)), "-0");
    ck_assert_str_eq(unary(OPS_NEG, I(INT64_MIN)),
                     "Integer overflow: -(-9223372036854775808)");
    ck_assert_str_eq(unary(OPS_NEG, S("x")), "Invalid unary operation: - string");
    ck_assert_str_eq(unary(OPS_NOT, B(true)), "false");
    ck_assert_str_eq(unary(OPS_NOT, I(1)), "Invalid unary operation: ! int");
    ck_assert_str_eq(unary(OPS_NOT_WORD, S("")), "true");
    ck_assert_str_eq(unary(OPS_NOT_WORD, value_none()), "false");
    teardown();
}
END_TEST

/* ---- overloads ---------------------------------------------------------------------- */

static bool says_add(struct state *s, struct value *slots, struct value *result)
{
    (void)slots;
    *result = fixture_string(s, "added");
    return true;
}

static bool says_seven(struct state *s, struct value *slots, struct value *result)
{
    (void)s;
    (void)slots;
    *result = value_int(7);
    return true;
}

START_TEST(test_arith_overloads_win_for_the_left_operand)
{
    setup();
    struct fake m[4];
    fixture_proto(&m[0], "P.op_add", 2, PROTO_METHOD | PROTO_SELF, 0, says_add);
    fixture_proto(&m[1], "P.op_eq", 2, PROTO_METHOD | PROTO_SELF, 0, says_seven);
    fixture_proto(&m[2], "P.op_neg", 1, PROTO_METHOD | PROTO_SELF, 0, says_seven);
    fixture_proto(&m[3], "P.op_not", 1, PROTO_METHOD | PROTO_SELF, 0, says_add);
    struct value p = fixture_struct(st, "P", m, 4);
    ck_assert_str_eq(binary(value_retain(p), OPS_ADD, I(1)), "added");
    ck_assert_str_eq(binary(value_retain(p), OPS_EQ, value_retain(p)), "7");
    /* Without op_ne, != is the negation of structural equality. */
    ck_assert_str_eq(binary(value_retain(p), OPS_NE, value_retain(p)), "false");
    ck_assert_str_eq(binary(I(1), OPS_ADD, value_retain(p)),
                     "Invalid binary operation: int + struct");
    ck_assert_str_eq(binary(value_retain(p), OPS_SUB, I(1)),
                     "Invalid binary operation: struct - int");
    ck_assert_str_eq(unary(OPS_NEG, value_retain(p)), "7");
    ck_assert_str_eq(unary(OPS_NOT, value_retain(p)), "added");
    ck_assert_str_eq(unary(OPS_NOT_WORD, value_retain(p)), "false");
    value_release(st, p);
    teardown();
}
END_TEST

/* ---- in place ----------------------------------------------------------------------- */

START_TEST(test_arith_into_grows_unique_strings_in_place)
{
    setup();
    struct value s = S("a string that is long enough"), piece = S("x");
    struct heap_stats before, after;
    ck_assert(ops_binary_into(st, OPS_ADD, &s, piece));
    heap_stats_read(st, &before);
    for (int i = 0; i < 10000; i++)
        ck_assert(ops_binary_into(st, OPS_ADD, &s, piece));
    heap_stats_read(st, &after);
    ck_assert_uint_eq(STRING_OF(s)->len, 28 + 10001);
    ck_assert_uint_lt(after.allocations - before.allocations, 100);
    ck_assert(ops_binary_into(st, OPS_ADD, &s, s));
    ck_assert_uint_eq(STRING_OF(s)->len, 2 * (28 + 10001));
    struct value shared = value_retain(s);
    ck_assert(ops_binary_into(st, OPS_ADD, &s, piece));
    ck_assert_uint_ne(STRING_OF(shared)->len, STRING_OF(s)->len);
    value_release(st, shared);
    value_release(st, s);
    value_release(st, piece);
    teardown();
}
END_TEST

START_TEST(test_arith_into_leaves_the_target_on_failure)
{
    setup();
    struct value a = fixture_ints(st, (int64_t[]){1, 2}, 2);
    ck_assert(ops_binary_into(st, OPS_ADD, &a, a));
    ck_assert_str_eq(fixture_text(st, a), "[1, 2, 1, 2]");
    ck_assert(!ops_binary_into(st, OPS_ADD, &a, I(1)));
    fixture_expect_error(st, "Invalid binary operation: array + int");
    ck_assert_str_eq(fixture_text(st, a), "[1, 2, 1, 2]");
    value_release(st, a);
    struct value n = I(INT64_MAX);
    ck_assert(!ops_binary_into(st, OPS_ADD, &n, I(1)));
    error_clear(st);
    ck_assert_int_eq(n.as.integer, INT64_MAX);
    ck_assert(ops_binary_into(st, OPS_SUB, &n, I(1)));
    ck_assert_int_eq(n.as.integer, INT64_MAX - 1);
    teardown();
}
END_TEST

/* ---- fast paths --------------------------------------------------------------------- */

START_TEST(test_arith_fast_paths_agree_with_the_operators)
{
    setup();
    const struct value samples[] = {
        I(0),           I(1),         I(-1),    I(7),
        I(INT64_MAX),   I(INT64_MIN), F(0),     F(-0.0),
        F(1.5),         F(-2.5),      F(1e300), F((double)INFINITY),
        F((double)NAN), B(true),      B(false), value_null(),
        value_none(),
    };
    enum {
        COUNT = sizeof samples / sizeof *samples
    };
    for (int i = 0; i < COUNT * COUNT; i++) {
        struct value a = samples[i / COUNT], b = samples[i % COUNT], fast, slow;
        bool (*const arith[])(struct value, struct value, struct value *) = {
            ops_fast_add, ops_fast_sub, ops_fast_mul, ops_fast_div, ops_fast_mod};
        for (int op = OPS_ADD; op <= OPS_MOD; op++) {
            if (!arith[op](a, b, &fast))
                continue;
            ck_assert(ops_binary(st, (enum ops_operator)op, a, b, &slow));
            ck_assert_uint_eq(fast.kind, slow.kind);
            ck_assert_mem_eq(&fast.as, &slow.as, sizeof fast.as);
        }
        bool (*const compare[])(struct value, struct value, bool *) = {
            ops_fast_eq, NULL, ops_fast_lt, ops_fast_le, ops_fast_gt, ops_fast_ge};
        for (int op = OPS_EQ; op <= OPS_GE; op++) {
            bool r;
            if (op == OPS_NE || !compare[op - OPS_EQ](a, b, &r))
                continue;
            ck_assert(ops_binary(st, (enum ops_operator)op, a, b, &slow));
            ck_assert(slow.as.boolean == r);
        }
    }
    teardown();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_arith_ints_are_checked,
        test_arith_floats_and_mixtures,
        test_arith_strings_and_arrays,
        test_arith_rejects_other_kinds_by_name,
        test_arith_comparison,
        test_arith_equality,
        test_arith_unary,
        test_arith_overloads_win_for_the_left_operand,
        test_arith_into_grows_unique_strings_in_place,
        test_arith_into_leaves_the_target_on_failure,
        test_arith_fast_paths_agree_with_the_operators,
        NULL,
    };
    return unit_run(unit_suite("arith", tests));
}
