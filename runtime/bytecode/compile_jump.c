#include "config.h"

#include "bytecode/compiler.h"
#include "bytecode/optimize.h"

/* Comparisons in the order of opcodes.def. */
enum comparison {
    CMP_LT,
    CMP_LE,
    CMP_GT,
    CMP_GE,
    CMP_EQ,
    CMP_NE,
    CMP_COUNT
};

_Static_assert(OP_JNE - OP_JLT == CMP_NE && OP_JNNE - OP_JNLT == CMP_NE, "plain jumps");
_Static_assert(OP_JNLT - OP_JLT == CMP_COUNT, "negated after plain");
_Static_assert(OP_JNNEI - OP_JLTI == 2 * CMP_COUNT - 1, "immediate jumps");
_Static_assert(OP_JNNEK - OP_JLTK == 2 * CMP_COUNT - 1, "constant jumps");
_Static_assert(OP_LOOPGE - OP_LOOPLT == CMP_GE && OP_LOOPGEI - OP_LOOPLTI == CMP_GE &&
                   OP_LOOPGEK - OP_LOOPLTK == CMP_GE,
               "loop jumps");

static const uint8_t comparisons[] = {
    [AST_OP_LT] = CMP_LT, [AST_OP_LE] = CMP_LE, [AST_OP_GT] = CMP_GT,
    [AST_OP_GE] = CMP_GE, [AST_OP_EQ] = CMP_EQ, [AST_OP_NE] = CMP_NE,
};

static bool is_comparison(const struct ast_expr *e)
{
    return e->kind == AST_BINARY && e->as.binary.op >= AST_OP_EQ;
}

uint32_t compile_jump_short(struct compiler *c, struct insn i, uint32_t position)
{
    if (!c->long_jumps)
        return builder_emit(&c->b, i, position);
    /* Over the way that goes on: when the short jump is taken it lands on the long one. */
    i.c = 2;
    builder_emit(&c->b, i, position);
    compile_emit_ax(c, OP_JMP, 0, 0, 2, position);
    return compile_emit_jump(c, position);
}

/* The fused compare and jump of `e`. `family` is the opcode of its register form with LT;
   the immediate and constant forms follow at the given distances. */
static uint32_t compare(struct compiler *c, const struct ast_expr *e, enum opcode rr,
                        enum opcode ri, enum opcode rk)
{
    uint32_t top = c->top;
    const struct ast_expr *right = e->as.binary.right;
    int which = comparisons[e->as.binary.op];
    uint32_t a =
        compile_expr_operand(c, e->as.binary.left, !compile_expr_is_quiet(right));
    struct insn i = {.d = compile_take(c, a, INSN_TAKE_A), .a = REG_OPERAND(a)};
    struct value v;
    uint32_t k = 0;
    bool constant = compile_expr_constant(c, right, &v, &k);
    if (constant && k == UINT32_MAX) {
        i.op = (uint8_t)((int)ri + which);
        i.b = (uint16_t)(int16_t)v.as.integer;
    } else if (constant && k <= REG_MAX) {
        i.op = (uint8_t)((int)rk + which);
        i.b = REG_OPERAND(k);
    } else {
        uint32_t b = compile_expr_operand(c, right, false);
        i.op = (uint8_t)((int)rr + which);
        i.b = REG_OPERAND(b);
        i.d |= compile_take(c, b, INSN_TAKE_B);
    }
    c->top = top;
    return compile_jump_short(c, i, e->offset);
}

static void jump_value(struct compiler *c, const struct ast_expr *e, bool sense,
                       struct jump_vec *out)
{
    struct value v;
    if (optimize_fold(c->st, e, &v)) {
        if (ops_truthy(v) == sense)
            compile_jump_push(c, out, compile_emit_jump(c, e->offset));
        value_release(c->st, v);
        return;
    }
    uint32_t top = c->top;
    uint32_t r = compile_expr_operand(c, e, false);
    c->top = top;
    compile_jump_push(c, out,
                      compile_emit_ax(c, sense ? OP_JT : OP_JF,
                                      compile_take(c, r, INSN_TAKE_A), r, 0,
                                      e->offset));
}

void compile_jump_if(struct compiler *c, const struct ast_expr *e, bool sense,
                     struct jump_vec *out)
{
    if (!compile_enter(c)) {
        compile_leave(c);
        return;
    }
    bool both = e->kind == AST_AND || e->kind == AST_OR;
    if (both && (e->kind == AST_OR) == sense) {
        /* Either side decides alone. */
        compile_jump_if(c, e->as.binary.left, sense, out);
        compile_jump_if(c, e->as.binary.right, sense, out);
    } else if (both) {
        struct jump_vec skip = {.data = NULL};
        compile_jump_if(c, e->as.binary.left, !sense, &skip);
        compile_jump_if(c, e->as.binary.right, sense, out);
        compile_patch_all(c, &skip, builder_here(&c->b));
    } else if (e->kind == AST_UNARY && e->as.unary.op == AST_OP_NOT_WORD) {
        compile_jump_if(c, e->as.unary.operand, !sense, out);
    } else if (is_comparison(e)) {
        compile_jump_push(c, out,
                          compare(c, e, sense ? OP_JLT : OP_JNLT,
                                  sense ? OP_JLTI : OP_JNLTI,
                                  sense ? OP_JLTK : OP_JNLTK));
    } else {
        jump_value(c, e, sense, out);
    }
    compile_leave(c);
}

void compile_jump_loop(struct compiler *c, const struct ast_expr *e, uint32_t target,
                       uint32_t position)
{
    if (e != NULL && is_comparison(e) && e->as.binary.op >= AST_OP_LT) {
        builder_patch(&c->b, compare(c, e, OP_LOOPLT, OP_LOOPLTI, OP_LOOPLTK), target);
        return;
    }
    struct jump_vec exits = {.data = NULL};
    if (e != NULL)
        compile_jump_if(c, e, false, &exits);
    uint32_t back = compile_emit_ax(c, OP_LOOP, 0, 0, 0, position);
    builder_patch(&c->b, back, target);
    compile_patch_all(c, &exits, builder_here(&c->b));
}
