/*
 * Operators of the tree walker. The hot ones exist once per operand form, so that
 * `n - 1` or `a < b` on locals is one call; everything that is not int or float goes to
 * core/ops.
 */
#include "config.h"

#include "core/ops_fast.h"
#include "interp/eval.h"

/* Where an operand comes from; decides at compile time of this file. */
enum operand {
    ANY,
    LOCAL,
    CONST
};

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* Ends an operation that has no fast path. Operands flagged owned are released. */
static __attribute__((noinline)) struct value binary_slow(struct interp_frame *f,
                                                          struct node *n,
                                                          struct value l,
                                                          struct value r, bool own_l,
                                                          bool own_r)
{
    struct state *st = f->st;
    struct value out = value_unset();
    bool ok;

    node_at(f, n);
    if (own_l && n->op == OPS_ADD) {
        /* A temporary on the left may grow in place. */
        ok = ops_binary_into(st, OPS_ADD, &l, r);
        if (ok)
            out = l;
        else
            value_release(st, l);
    } else {
        ok = ops_binary(st, (enum ops_operator)n->op, l, r, &out);
        if (own_l)
            value_release(st, l);
    }
    if (own_r)
        value_release(st, r);
    return ok ? out : value_unset();
}

static int truth_of_take(struct interp_frame *f, struct value v)
{
    bool truth;

    if (node_stopped(v))
        return -1;
    if (v.kind == VALUE_BOOL)
        return v.as.boolean ? 1 : 0;
    truth = ops_truthy(v);
    value_release(f->st, v);
    return truth ? 1 : 0;
}

int test_any(struct interp_frame *f, struct node *n)
{
    return truth_of_take(f, node_eval(f, n));
}

/* Fetches operands; false when one stopped (nothing is left to release then). */
static ALWAYS_INLINE bool fetch(struct interp_frame *f, struct node *n, enum operand lm,
                                enum operand rm, struct value *l, struct value *r)
{
    if (lm == LOCAL) {
        *l = f->base.slots[n->a];
    } else {
        *l = node_eval(f, n->x);
        if (node_stopped(*l))
            return false;
    }
    if (rm == LOCAL) {
        *r = f->base.slots[n->b];
    } else if (rm == CONST) {
        *r = n->constant;
    } else {
        *r = node_eval(f, n->y);
        if (node_stopped(*r)) {
            if (lm == ANY)
                value_release(f->st, *l);
            return false;
        }
    }
    return true;
}

static ALWAYS_INLINE bool arith_fast(uint32_t op, struct value l, struct value r,
                                     struct value *out)
{
    int64_t i;

    if (l.kind == VALUE_INT && r.kind == VALUE_INT) {
        bool overflow =
            op == OPS_ADD   ? __builtin_add_overflow(l.as.integer, r.as.integer, &i)
            : op == OPS_SUB ? __builtin_sub_overflow(l.as.integer, r.as.integer, &i)
                            : __builtin_mul_overflow(l.as.integer, r.as.integer, &i);
        if (__builtin_expect(overflow, 0))
            return false;
        *out = value_int(i);
        return true;
    }
    if (l.kind == VALUE_FLOAT && r.kind == VALUE_FLOAT) {
        *out = value_float(op == OPS_ADD   ? l.as.number + r.as.number
                           : op == OPS_SUB ? l.as.number - r.as.number
                                           : l.as.number * r.as.number);
        return true;
    }
    return false;
}

static ALWAYS_INLINE struct value arith(struct interp_frame *f, struct node *n,
                                        uint32_t op, enum operand lm, enum operand rm)
{
    struct value l, r, out;

    if (!fetch(f, n, lm, rm, &l, &r))
        return value_unset();
    if (arith_fast(op, l, r, &out))
        return out;
    return binary_slow(f, n, l, r, lm == ANY, rm == ANY);
}

/* Division and remainder of positive ints; the rest has edge cases that live in core. */
static ALWAYS_INLINE struct value divide(struct interp_frame *f, struct node *n,
                                         uint32_t op, enum operand lm, enum operand rm)
{
    struct value l, r;

    if (!fetch(f, n, lm, rm, &l, &r))
        return value_unset();
    if (l.kind == VALUE_INT && r.kind == VALUE_INT && r.as.integer > 0)
        return value_int(op == OPS_DIV ? l.as.integer / r.as.integer
                                       : l.as.integer % r.as.integer);
    return binary_slow(f, n, l, r, lm == ANY, rm == ANY);
}

/* 1, 0: decided; -1: not a fast case. */
static ALWAYS_INLINE int compare_fast(uint32_t op, struct value l, struct value r)
{
    if (l.kind == VALUE_INT && r.kind == VALUE_INT) {
        int64_t a = l.as.integer, b = r.as.integer;
        switch (op) {
        case OPS_EQ: return a == b;
        case OPS_NE: return a != b;
        case OPS_LT: return a < b;
        case OPS_LE: return a <= b;
        case OPS_GT: return a > b;
        case OPS_GE: return a >= b;
        default: return -1;
        }
    }
    if (l.kind == VALUE_FLOAT && r.kind == VALUE_FLOAT) {
        double a = l.as.number, b = r.as.number;
        switch (op) {
        case OPS_LT: return a < b;
        case OPS_LE: return a <= b;
        case OPS_GT: return a > b;
        case OPS_GE: return a >= b;
        default: return -1;
        }
    }
    return -1;
}

static ALWAYS_INLINE struct value compare(struct interp_frame *f, struct node *n,
                                          uint32_t op, enum operand lm, enum operand rm)
{
    struct value l, r;
    int fast;

    if (!fetch(f, n, lm, rm, &l, &r))
        return value_unset();
    fast = compare_fast(op, l, r);
    if (__builtin_expect(fast >= 0, 1))
        return value_bool(fast != 0);
    return binary_slow(f, n, l, r, lm == ANY, rm == ANY);
}

static ALWAYS_INLINE int compare_test(struct interp_frame *f, struct node *n,
                                      uint32_t op, enum operand lm, enum operand rm)
{
    struct value l, r;
    int fast;

    if (!fetch(f, n, lm, rm, &l, &r))
        return -1;
    fast = compare_fast(op, l, r);
    if (__builtin_expect(fast >= 0, 1))
        return fast;
    return truth_of_take(f, binary_slow(f, n, l, r, lm == ANY, rm == ANY));
}

/* One routine per operator and operand form. */
#define FORMS(MAKE, name, op)                  \
    MAKE(name##_any_any, op, ANY, ANY)         \
    MAKE(name##_any_local, op, ANY, LOCAL)     \
    MAKE(name##_any_const, op, ANY, CONST)     \
    MAKE(name##_local_any, op, LOCAL, ANY)     \
    MAKE(name##_local_local, op, LOCAL, LOCAL) \
    MAKE(name##_local_const, op, LOCAL, CONST)

#define MAKE_ARITH(name, op, lm, rm)                                 \
    static struct value name(struct interp_frame *f, struct node *n) \
    {                                                                \
        return arith(f, n, op, lm, rm);                              \
    }
#define MAKE_DIVIDE(name, op, lm, rm)                                \
    static struct value name(struct interp_frame *f, struct node *n) \
    {                                                                \
        return divide(f, n, op, lm, rm);                             \
    }
#define MAKE_COMPARE(name, op, lm, rm)                               \
    static struct value name(struct interp_frame *f, struct node *n) \
    {                                                                \
        return compare(f, n, op, lm, rm);                            \
    }                                                                \
    static int name##_test(struct interp_frame *f, struct node *n)   \
    {                                                                \
        return compare_test(f, n, op, lm, rm);                       \
    }

FORMS(MAKE_ARITH, add, OPS_ADD)
FORMS(MAKE_ARITH, sub, OPS_SUB)
FORMS(MAKE_ARITH, mul, OPS_MUL)
FORMS(MAKE_DIVIDE, div, OPS_DIV)
FORMS(MAKE_DIVIDE, mod, OPS_MOD)
FORMS(MAKE_COMPARE, eq, OPS_EQ)
FORMS(MAKE_COMPARE, ne, OPS_NE)
FORMS(MAKE_COMPARE, lt, OPS_LT)
FORMS(MAKE_COMPARE, le, OPS_LE)
FORMS(MAKE_COMPARE, gt, OPS_GT)
FORMS(MAKE_COMPARE, ge, OPS_GE)

#define EVAL_ROW(name)                                                  \
    {                                                                   \
        {name##_any_any, name##_any_local, name##_any_const},           \
            {name##_local_any, name##_local_local, name##_local_const}, \
    }
#define TEST_ROW(name)                                                                 \
    {                                                                                  \
        {name##_any_any_test, name##_any_local_test, name##_any_const_test},           \
            {name##_local_any_test, name##_local_local_test, name##_local_const_test}, \
    }
#define NO_TESTS                         \
    {                                    \
        {test_any, test_any, test_any},  \
        {                                \
            test_any, test_any, test_any \
        }                                \
    }

/* Indexed by operator, left form (any, local), right form (any, local, const). */
static const eval_fn EVALS[][2][3] = {
    [OPS_ADD] = EVAL_ROW(add), [OPS_SUB] = EVAL_ROW(sub), [OPS_MUL] = EVAL_ROW(mul),
    [OPS_DIV] = EVAL_ROW(div), [OPS_MOD] = EVAL_ROW(mod), [OPS_EQ] = EVAL_ROW(eq),
    [OPS_NE] = EVAL_ROW(ne),   [OPS_LT] = EVAL_ROW(lt),   [OPS_LE] = EVAL_ROW(le),
    [OPS_GT] = EVAL_ROW(gt),   [OPS_GE] = EVAL_ROW(ge),
};
static const test_fn TESTS[][2][3] = {
    [OPS_ADD] = NO_TESTS,    [OPS_SUB] = NO_TESTS,    [OPS_MUL] = NO_TESTS,
    [OPS_DIV] = NO_TESTS,    [OPS_MOD] = NO_TESTS,    [OPS_EQ] = TEST_ROW(eq),
    [OPS_NE] = TEST_ROW(ne), [OPS_LT] = TEST_ROW(lt), [OPS_LE] = TEST_ROW(le),
    [OPS_GT] = TEST_ROW(gt), [OPS_GE] = TEST_ROW(ge),
};

void eval_binary_choose(struct node *n)
{
    unsigned left = n->x->run.eval == eval_local ? 1 : 0;
    unsigned right = n->y->run.eval == eval_local      ? 1
                     : n->y->run.eval == eval_constant ? 2
                                                       : 0;

    /* With the right side free to do anything, a local on the left may be borrowed all the
       same: no expression can assign a slot that is not a cell. */
    if (left)
        n->a = n->x->a;
    if (right == 1)
        n->b = n->y->a;
    if (right == 2)
        n->constant = n->y->constant;
    n->run.eval = EVALS[n->op][left][right];
    n->test = TESTS[n->op][left][right];
}

/* ---- unary and logic ------------------------------------------------------------------ */

struct value eval_negate(struct interp_frame *f, struct node *n)
{
    struct value v = node_eval(f, n->x), out = value_unset();
    int64_t i;
    bool ok;

    if (node_stopped(v))
        return v;
    if (n->op == OPS_NEG && v.kind == VALUE_INT &&
        !__builtin_sub_overflow((int64_t)0, v.as.integer, &i))
        return value_int(i);
    node_at(f, n);
    ok = ops_unary(f->st, (enum ops_operator)n->op, v, &out);
    value_release(f->st, v);
    return ok ? out : value_unset();
}

int test_not_word(struct interp_frame *f, struct node *n)
{
    int t = n->x->test(f, n->x);

    return t < 0 ? -1 : !t;
}

struct value eval_not_word(struct interp_frame *f, struct node *n)
{
    int t = test_not_word(f, n);

    return t < 0 ? value_unset() : value_bool(t != 0);
}

int test_and(struct interp_frame *f, struct node *n)
{
    int t = n->x->test(f, n->x);

    return t <= 0 ? t : n->y->test(f, n->y);
}

int test_or(struct interp_frame *f, struct node *n)
{
    int t = n->x->test(f, n->x);

    return t != 0 ? t : n->y->test(f, n->y);
}

struct value eval_test(struct interp_frame *f, struct node *n)
{
    int t = n->test(f, n);

    return t < 0 ? value_unset() : value_bool(t != 0);
}

struct value eval_coalesce(struct interp_frame *f, struct node *n)
{
    struct value v = node_eval(f, n->x);

    return v.kind == VALUE_NULL ? node_eval(f, n->y) : v;
}

struct value eval_convert(struct interp_frame *f, struct node *n)
{
    struct value v = node_eval(f, n->x), out = value_unset();
    bool ok;

    if (node_stopped(v))
        return v;
    node_at(f, n);
    ok = ops_convert(f->st, n->op, v, &out);
    value_release(f->st, v);
    return ok ? out : value_unset();
}

struct value eval_try(struct interp_frame *f, struct node *n)
{
    struct value v = node_eval(f, n->x), out = value_unset();
    bool leaves = false, ok;

    if (node_stopped(v))
        return v;
    node_at(f, n);
    ok = ops_try(f->st, v, &leaves, &out);
    value_release(f->st, v);
    if (!ok)
        return value_unset();
    if (!leaves)
        return out;
    f->result = out;
    f->returning = true;
    return value_unset();
}
