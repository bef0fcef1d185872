#include "config.h"

#include <string.h>

#include "bytecode/compiler.h"
#include "bytecode/optimize.h"

static void expr_kind_into(struct compiler *c, const struct ast_expr *e, uint32_t dst);
static void binary_chain(struct compiler *c, const struct ast_expr *e, uint32_t dst);

/* ---- entry points --------------------------------------------------------------------- */

void compile_expr_into(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    uint32_t top = c->top;
    if (compile_enter(c))
        expr_kind_into(c, e, dst);
    compile_leave(c);
    c->top = top;
}

uint32_t compile_expr_temp(struct compiler *c, const struct ast_expr *e)
{
    uint32_t reg = compile_temp(c);
    compile_expr_into(c, e, reg);
    return reg;
}

uint32_t compile_expr_operand(struct compiler *c, const struct ast_expr *e,
                              bool later_code)
{
    uint32_t reg;
    if (e->kind == AST_NAME && compile_name_register(c, &e->as.name, later_code, &reg))
        return reg;
    return compile_expr_temp(c, e);
}

void compile_expr_effect(struct compiler *c, const struct ast_expr *e)
{
    uint32_t top = c->top;
    uint32_t reg = compile_expr_temp(c, e);
    if (e->kind != AST_THROW && e->kind != AST_YIELD)
        compile_emit_abc(c, OP_DROP, 0, reg, 0, 0, e->offset);
    c->top = top;
}

uint32_t compile_expr_list(struct compiler *c, struct ast_expr *const *items,
                           uint32_t count)
{
    uint32_t first = c->top;
    for (uint32_t i = 0; i < count; i++)
        compile_expr_temp(c, items[i]);
    return first;
}

/* Bounded, so that asking at every level of a deep tree stays cheap. */
static bool quiet_within(const struct ast_expr *e, unsigned levels)
{
    switch ((enum ast_expr_kind)e->kind) {
    case AST_NULL:
    case AST_TRUE:
    case AST_FALSE:
    case AST_INT:
    case AST_FLOAT:
    case AST_STRING:
    case AST_NAME:
    case AST_NONE:
    case AST_FUNC: return true;
    case AST_INDEX:
        return levels > 0 && quiet_within(e->as.index.object, levels - 1) &&
               quiet_within(e->as.index.index, levels - 1);
    case AST_MEMBER:
    case AST_OPTIONAL:
        return levels > 0 && quiet_within(e->as.member.object, levels - 1);
    case AST_OK:
    case AST_ERR:
    case AST_SOME: return levels > 0 && quiet_within(e->as.unary.operand, levels - 1);
    /* Operators may be overloaded, calls may do anything. */
    case AST_INTERPOLATION:
    case AST_ARRAY:
    case AST_DICT:
    case AST_STRUCT:
    case AST_UNARY:
    case AST_BINARY:
    case AST_AND:
    case AST_OR:
    case AST_COALESCE:
    case AST_PIPE:
    case AST_CALL:
    case AST_METHOD:
    case AST_TRY:
    case AST_AWAIT:
    case AST_YIELD:
    case AST_TAGGED:
    case AST_CONVERT:
    case AST_THROW:
    case AST_SPREAD: break;
    }
    return false;
}

bool compile_expr_is_quiet(const struct ast_expr *e)
{
    return quiet_within(e, 4);
}

/* ---- constants ------------------------------------------------------------------------ */

/* Loads a folded value, which is released. */
static void load_folded(struct compiler *c, struct value v, uint32_t dst,
                        uint32_t position)
{
    if (v.kind == VALUE_STRING)
        compile_emit_text(c, dst, STRING_OF(v)->data, STRING_OF(v)->len, position);
    else
        compile_emit_constant(c, dst, v, position);
    value_release(c->st, v);
}

/* ---- operators ------------------------------------------------------------------------ */

static const enum opcode binary_ops[] = {
    [AST_OP_ADD] = OP_ADD, [AST_OP_SUB] = OP_SUB, [AST_OP_MUL] = OP_MUL,
    [AST_OP_DIV] = OP_DIV, [AST_OP_MOD] = OP_MOD, [AST_OP_EQ] = OP_EQ,
    [AST_OP_NE] = OP_NE,   [AST_OP_LT] = OP_LT,   [AST_OP_LE] = OP_LE,
    [AST_OP_GT] = OP_GT,   [AST_OP_GE] = OP_GE,
};

static bool is_arithmetic(enum ast_operator op)
{
    return op <= AST_OP_MOD;
}

bool compile_expr_constant(struct compiler *c, const struct ast_expr *e,
                           struct value *number, uint32_t *k)
{
    struct value v;
    *number = value_null();
    if (e->kind == AST_STRING) {
        *k = builder_string(&c->b, e->as.string.bytes, e->as.string.len);
        return true;
    }
    if (!optimize_fold(c->st, e, &v))
        return false;
    if (v.kind == VALUE_STRING) {
        *k = builder_string(&c->b, STRING_OF(v)->data, STRING_OF(v)->len);
        value_release(c->st, v);
        return true;
    }
    *number = v;
    bool is_short =
        v.kind == VALUE_INT && v.as.integer >= INT16_MIN && v.as.integer <= INT16_MAX;
    *k = is_short ? UINT32_MAX : builder_constant(&c->b, v);
    return true;
}

/* dst := left OP constant, in the short forms; false: there is none. */
static bool binary_constant(struct compiler *c, enum ast_operator op, uint32_t dst,
                            uint32_t left, const struct ast_expr *right,
                            uint32_t position)
{
    struct value v;
    uint32_t k;
    if (!is_arithmetic(op) || !compile_expr_constant(c, right, &v, &k))
        return false;
    uint8_t take = compile_take(c, left, INSN_TAKE_B);
    if (k == UINT32_MAX) {
        uint32_t imm = (uint32_t)(int32_t)v.as.integer;
        if (op == AST_OP_ADD || op == AST_OP_SUB) {
            compile_emit_abc(c, op == AST_OP_ADD ? OP_ADDI : OP_SUBI, take, dst, left,
                             imm, position);
            return true;
        }
        if (op == AST_OP_MOD && v.as.integer > 0) {
            compile_emit_abc(c, OP_MODI, take, dst, left, imm, position);
            return true;
        }
        k = builder_constant(&c->b, v);
    }
    if (k > REG_MAX)
        return false;
    enum opcode code = (enum opcode)(OP_ADDK + (int)(op - AST_OP_ADD));
    compile_emit_abc(c, code, take, dst, left, k, position);
    return true;
}

_Static_assert(OP_MODK - OP_ADDK == AST_OP_MOD - AST_OP_ADD, "order of arithmetic");

void compile_expr_binary(struct compiler *c, enum ast_operator op, uint32_t dst,
                         uint32_t left, const struct ast_expr *right, uint32_t position)
{
    if (binary_constant(c, op, dst, left, right, position))
        return;
    uint32_t top = c->top;
    uint32_t r = compile_expr_operand(c, right, false);
    uint8_t take =
        (uint8_t)(compile_take(c, left, INSN_TAKE_B) | compile_take(c, r, INSN_TAKE_C));
    compile_emit_abc(c, binary_ops[op], take, dst, left, r, position);
    c->top = top;
}

/*
 * dst := constant OP right, for a number and an operator whose operands may change places.
 * False: not of that kind. The temporary of the right operand may be dst.
 */
static bool binary_swapped(struct compiler *c, struct value left,
                           const struct ast_expr *step, uint32_t dst)
{
    enum ast_operator op = (enum ast_operator)step->as.binary.op;
    if ((op != AST_OP_ADD && op != AST_OP_MUL) ||
        (left.kind != VALUE_INT && left.kind != VALUE_FLOAT))
        return false;
    uint32_t top = c->top;
    bool is_short = op == AST_OP_ADD && left.kind == VALUE_INT &&
                    left.as.integer >= INT16_MIN && left.as.integer <= INT16_MAX;
    uint32_t k = is_short ? 0 : builder_constant(&c->b, left);
    if (k > REG_MAX)
        return false;
    uint32_t r = compile_expr_operand(c, step->as.binary.right, false);
    uint8_t d = (uint8_t)(compile_take(c, r, INSN_TAKE_B) | INSN_SWAPPED);
    if (is_short)
        compile_emit_abc(c, OP_ADDI, d, dst, r, (uint32_t)(int32_t)left.as.integer,
                         step->offset);
    else
        compile_emit_abc(c, op == AST_OP_ADD ? OP_ADDK : OP_MULK, d, dst, r, k,
                         step->offset);
    c->top = top;
    return true;
}

/*
 * A chain of operators that leans to the left is walked from its first operand upwards, so
 * that `a + b + c ...` of any length needs no recursion. Each step's result goes into one
 * temporary, the last one's to dst.
 */
static void binary_chain(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    uint32_t count = 0;
    const struct ast_expr *first = e;
    for (; first->kind == AST_BINARY; first = first->as.binary.left)
        count++;
    const struct ast_expr *few[16];
    const struct ast_expr **steps = few;
    if (count > 16)
        steps = arena_alloc(&c->b.temp, count * sizeof *steps);
    if (steps == NULL) {
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
        return;
    }
    uint32_t at = count;
    for (const struct ast_expr *p = e; p->kind == AST_BINARY; p = p->as.binary.left)
        steps[--at] = p;
    uint32_t i = 0;
    struct value v;
    bool constant = optimize_fold(c->st, steps[0], &v);
    if (constant)
        i = 1;
    while (constant && i < count && optimize_fold_step(c->st, steps[i], &v))
        i++;
    uint32_t slot = c->top;
    if (constant && i == count) {
        load_folded(c, v, dst, e->offset);
        return;
    }
    uint32_t left = slot;
    if (!constant && (first->kind == AST_INT || first->kind == AST_FLOAT)) {
        v = first->kind == AST_INT ? value_int(first->as.integer)
                                   : value_float(first->as.number);
        constant = true;
    }
    if (constant &&
        binary_swapped(c, v, steps[i], i + 1 == count ? dst : compile_temp(c))) {
        if (++i == count)
            return;
    } else if (constant) {
        left = c->top > slot ? slot : compile_temp(c);
        load_folded(c, v, left, first->offset);
    } else {
        left = compile_expr_operand(c, first,
                                    !compile_expr_is_quiet(steps[0]->as.binary.right));
    }
    for (; i < count; i++) {
        uint32_t to = dst;
        if (i + 1 < count) {
            c->top = compile_is_temp(c, left) ? left + 1 : slot;
            to = compile_is_temp(c, left) ? left : compile_temp(c);
        }
        compile_expr_binary(c, (enum ast_operator)steps[i]->as.binary.op, to, left,
                            steps[i]->as.binary.right, steps[i]->offset);
        left = to;
    }
}

static void unary(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    enum opcode op = OP_NEG;
    if (e->as.unary.op == AST_OP_NOT)
        op = OP_NOT;
    else if (e->as.unary.op == AST_OP_NOT_WORD)
        op = OP_NOTWORD;
    uint32_t r = compile_expr_operand(c, e->as.unary.operand, false);
    compile_emit_abc(c, op, compile_take(c, r, INSN_TAKE_B), dst, r, 0, e->offset);
}

/* a && b, a || b: always a bool. */
static void logic(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    struct jump_vec falses = {.data = NULL};
    compile_jump_if(c, e, false, &falses);
    compile_emit_constant(c, dst, value_bool(true), e->offset);
    uint32_t end = compile_emit_jump(c, e->offset);
    compile_patch_all(c, &falses, builder_here(&c->b));
    compile_emit_constant(c, dst, value_bool(false), e->offset);
    compile_patch_here(c, end);
}

static void coalesce(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    uint32_t to = compile_is_temp(c, dst) ? dst : compile_temp(c);
    compile_expr_into(c, e->as.binary.left, to);
    uint32_t end = compile_emit_ax(c, OP_JNOTNULL, 0, to, 0, e->offset);
    compile_expr_into(c, e->as.binary.right, to);
    compile_patch_here(c, end);
    compile_emit_move(c, dst, to, e->offset);
}

/* dst := OP operand, for the opcodes of the form (WRITE, READ, extra). */
static void apply(struct compiler *c, enum opcode op, const struct ast_expr *operand,
                  uint32_t extra, uint32_t dst, uint32_t position)
{
    uint32_t r = compile_expr_operand(c, operand, false);
    compile_emit_abc(c, op, compile_take(c, r, INSN_TAKE_B), dst, r, extra, position);
}

static void yield(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    uint32_t r;
    if (e->as.unary.operand != NULL) {
        r = compile_expr_operand(c, e->as.unary.operand, false);
    } else {
        r = compile_temp(c);
        compile_emit_constant(c, r, value_null(), e->offset);
    }
    compile_emit_abc(c, OP_YIELD, compile_take(c, r, INSN_TAKE_B), dst, r, 0,
                     e->offset);
}

static void throw_into(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    uint32_t r = compile_expr_operand(c, e->as.unary.operand, false);
    compile_emit_abc(c, OP_THROW, compile_take(c, r, INSN_TAKE_A), r, 0, 0, e->offset);
    /* Never reached; keeps the register written on every path. */
    compile_emit_constant(c, dst, value_null(), e->offset);
}

static void index_expr(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    const struct ast_expr *index = e->as.index.index;
    uint32_t object =
        compile_expr_operand(c, e->as.index.object, !compile_expr_is_quiet(index));
    uint32_t i = compile_expr_operand(c, index, false);
    uint8_t take = (uint8_t)(compile_take(c, object, INSN_TAKE_B) |
                             compile_take(c, i, INSN_TAKE_C));
    compile_emit_abc(c, OP_INDEX, take, dst, object, i, e->offset);
}

static void member(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    uint32_t object = compile_expr_operand(c, e->as.member.object, false);
    struct ast_string name = e->as.member.name;
    compile_emit_abc(c, e->kind == AST_MEMBER ? OP_MEMBER : OP_OPTMEMBER,
                     compile_take(c, object, INSN_TAKE_B), dst, object,
                     compile_cache(c, name, e->offset), e->offset);
}

static void tagged(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    struct ast_string name = e->as.tagged.enum_name, variant = e->as.tagged.variant;
    uint32_t len = name.len + 2 + variant.len;
    char *text = arena_alloc(&c->b.temp, len);
    if (text == NULL) {
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
        return;
    }
    memcpy(text, name.bytes, name.len);
    memcpy(text + name.len, "::", 2);
    memcpy(text + name.len + 2, variant.bytes, variant.len);
    uint32_t first =
        compile_expr_list(c, e->as.tagged.args.items, e->as.tagged.args.count);
    if (e->as.tagged.args.count == 0)
        first = 0;
    compile_emit_abc(c, OP_TAGGED, 0, dst, first, e->as.tagged.args.count, e->offset);
    compile_emit_ext(c, 0, builder_string(&c->b, text, len), e->offset);
}

/* ---- all kinds ------------------------------------------------------------------------ */

static void expr_kind_into(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    switch ((enum ast_expr_kind)e->kind) {
    case AST_NULL: compile_emit_constant(c, dst, value_null(), e->offset); return;
    case AST_TRUE: compile_emit_constant(c, dst, value_bool(true), e->offset); return;
    case AST_FALSE: compile_emit_constant(c, dst, value_bool(false), e->offset); return;
    case AST_INT:
        compile_emit_constant(c, dst, value_int(e->as.integer), e->offset);
        return;
    case AST_FLOAT:
        compile_emit_constant(c, dst, value_float(e->as.number), e->offset);
        return;
    case AST_STRING:
        compile_emit_text(c, dst, e->as.string.bytes, e->as.string.len, e->offset);
        return;
    case AST_INTERPOLATION: compile_interpolation(c, e, dst); return;
    case AST_NAME: compile_name_read(c, &e->as.name, dst); return;
    case AST_ARRAY: compile_array(c, e, dst); return;
    case AST_DICT: compile_dict(c, e, dst); return;
    case AST_STRUCT: compile_struct(c, e, dst); return;
    case AST_FUNC: compile_closure(c, dst, e->as.func, e->offset); return;
    case AST_UNARY: {
        struct value v;
        if (optimize_fold(c->st, e, &v))
            load_folded(c, v, dst, e->offset);
        else
            unary(c, e, dst);
        return;
    }
    case AST_BINARY: binary_chain(c, e, dst); return;
    case AST_AND:
    case AST_OR: logic(c, e, dst); return;
    case AST_COALESCE: coalesce(c, e, dst); return;
    case AST_PIPE:
    case AST_CALL: compile_call(c, e, dst); return;
    case AST_METHOD: compile_call_method(c, e, dst); return;
    case AST_INDEX: index_expr(c, e, dst); return;
    case AST_MEMBER:
    case AST_OPTIONAL: member(c, e, dst); return;
    case AST_TRY: apply(c, OP_TRY, e->as.unary.operand, 0, dst, e->offset); return;
    case AST_AWAIT: apply(c, OP_AWAIT, e->as.unary.operand, 0, dst, e->offset); return;
    case AST_YIELD: yield(c, e, dst); return;
    case AST_OK:
        apply(c, OP_BOX, e->as.unary.operand, VALUE_OK, dst, e->offset);
        return;
    case AST_ERR:
        apply(c, OP_BOX, e->as.unary.operand, VALUE_ERR, dst, e->offset);
        return;
    case AST_SOME:
        apply(c, OP_BOX, e->as.unary.operand, VALUE_SOME, dst, e->offset);
        return;
    case AST_NONE: compile_emit_constant(c, dst, value_none(), e->offset); return;
    case AST_TAGGED: tagged(c, e, dst); return;
    case AST_CONVERT:
        apply(c, OP_CONVERT, e->as.convert.operand, e->as.convert.to, dst, e->offset);
        return;
    case AST_THROW: throw_into(c, e, dst); return;
    case AST_SPREAD: break; /* only inside array and dict literals, handled there */
    }
}
