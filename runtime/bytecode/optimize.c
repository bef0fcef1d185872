#include "config.h"

#include "bytecode/optimize.h"

#include <string.h>

#include "base/arena.h"
#include "bytecode/chunk.h"
#include "bytecode/liveness.h"
#include "core/ops_fast.h"
#include "front/ast.h"

/* Longest text made by folding: code must not grow beyond the source by much. */
#define FOLD_MAX_TEXT 4096u
/* Levels of the tree a fold looks down; deeper constants are computed at run time. */
#define FOLD_LEVELS   8u

static bool fold(struct state *st, const struct ast_expr *e, unsigned levels,
                 struct value *out);

/* ---- folding -------------------------------------------------------------------------- */

static bool fold_numbers(enum ast_operator op, struct value a, struct value b,
                         struct value *out)
{
    bool truth = false;
    switch (op) {
    case AST_OP_ADD: return ops_fast_add(a, b, out);
    case AST_OP_SUB: return ops_fast_sub(a, b, out);
    case AST_OP_MUL: return ops_fast_mul(a, b, out);
    case AST_OP_DIV: return ops_fast_div(a, b, out);
    case AST_OP_MOD: return ops_fast_mod(a, b, out);
    case AST_OP_EQ:
    case AST_OP_NE:
        if (!ops_fast_eq(a, b, &truth))
            return false;
        *out = value_bool(truth == (op == AST_OP_EQ));
        return true;
    case AST_OP_LT:
        if (!ops_fast_lt(a, b, &truth))
            return false;
        break;
    case AST_OP_LE:
        if (!ops_fast_le(a, b, &truth))
            return false;
        break;
    case AST_OP_GT:
        if (!ops_fast_gt(a, b, &truth))
            return false;
        break;
    case AST_OP_GE:
        if (!ops_fast_ge(a, b, &truth))
            return false;
        break;
    case AST_OP_NEG:
    case AST_OP_NOT:
    case AST_OP_NOT_WORD: return false;
    }
    *out = value_bool(truth);
    return true;
}

/* Operands are borrowed. */
static bool fold_binary(struct state *st, enum ast_operator op, struct value a,
                        struct value b, struct value *out)
{
    if (ops_is_number(a) && ops_is_number(b))
        return fold_numbers(op, a, b, out);
    if (a.kind != VALUE_STRING || b.kind != VALUE_STRING)
        return false;
    bool joins =
        op == AST_OP_ADD && STRING_OF(a)->len + STRING_OF(b)->len <= FOLD_MAX_TEXT;
    bool compares = op >= AST_OP_EQ && op <= AST_OP_GE;
    if (!joins && !compares)
        return false;
    if (ops_binary(st, (enum ops_operator)op, a, b, out))
        return true;
    error_clear(st);
    return false;
}

static bool fold_unary(enum ast_operator op, struct value a, struct value *out)
{
    if (op == AST_OP_NEG)
        return ops_fast_neg(a, out);
    if (op == AST_OP_NOT && a.kind != VALUE_BOOL)
        return false;
    *out = value_bool(!ops_truthy(a));
    return true;
}

static bool fold_tree(struct state *st, const struct ast_expr *e, unsigned levels,
                      struct value *out)
{
    struct value a, b;
    if (!fold(st, e->kind == AST_UNARY ? e->as.unary.operand : e->as.binary.left,
              levels - 1, &a))
        return false;
    bool ok;
    if (e->kind == AST_UNARY) {
        ok = fold_unary((enum ast_operator)e->as.unary.op, a, out);
    } else {
        ok = fold(st, e->as.binary.right, levels - 1, &b);
        if (ok) {
            ok = fold_binary(st, (enum ast_operator)e->as.binary.op, a, b, out);
            value_release(st, b);
        }
    }
    value_release(st, a);
    return ok;
}

static bool fold(struct state *st, const struct ast_expr *e, unsigned levels,
                 struct value *out)
{
    switch (e->kind) {
    case AST_NULL: *out = value_null(); return true;
    case AST_TRUE: *out = value_bool(true); return true;
    case AST_FALSE: *out = value_bool(false); return true;
    case AST_INT: *out = value_int(e->as.integer); return true;
    case AST_FLOAT: *out = value_float(e->as.number); return true;
    case AST_STRING:
        if (e->as.string.len > FOLD_MAX_TEXT)
            return false;
        if (string_make(st, e->as.string.bytes, e->as.string.len, out))
            return true;
        error_clear(st);
        return false;
    case AST_UNARY:
    case AST_BINARY: return levels > 0 && fold_tree(st, e, levels, out);
    default: return false;
    }
}

bool optimize_fold(struct state *st, const struct ast_expr *e, struct value *out)
{
    return e->kind != AST_STRING && fold(st, e, FOLD_LEVELS, out);
}

bool optimize_fold_step(struct state *st, const struct ast_expr *e, struct value *v)
{
    struct value right, result;
    if (!fold(st, e->as.binary.right, FOLD_LEVELS, &right))
        return false;
    bool ok = fold_binary(st, (enum ast_operator)e->as.binary.op, *v, right, &result);
    value_release(st, right);
    if (!ok)
        return false;
    value_release(st, *v);
    *v = result;
    return true;
}

/* ---- bytecode ------------------------------------------------------------------------- */

#define MARK_TARGET  0x01u /* some jump or handler leads here */
#define MARK_REACHED 0x02u
#define MARK_REMOVED 0x04u
#define MARK_PINNED  0x08u

static uint32_t insn_words(const struct insn *i)
{
    return (opcode_table[i->op].flags & OPCODE_EXT) != 0 ? 2 : 1;
}

/* Jumps to an unconditional jump go where that one goes. The bound stops endless loops. */
static void thread_jumps(struct chunk *c)
{
    for (uint32_t i = 0; i < c->ncode; i += insn_words(&c->code[i])) {
        for (unsigned hops = 0; hops < 8; hops++) {
            uint32_t target = chunk_jump_target(c->code, i);
            if (target >= c->ncode || c->code[target].op != OP_JMP || target == i)
                break;
            if (!chunk_set_jump(c->code, i, chunk_jump_target(c->code, target)))
                break;
        }
    }
}

static void mark_targets(const struct chunk *c, uint8_t *marks)
{
    for (uint32_t i = 0; i < c->ncode; i += insn_words(&c->code[i])) {
        uint32_t target = chunk_jump_target(c->code, i);
        if (target < c->ncode)
            marks[target] |= MARK_TARGET;
        if ((opcode_table[c->code[i].op].flags & OPCODE_SKIPS) != 0) {
            /* The skipped jump must stay, and what follows it is led to. */
            marks[i + 1] |= MARK_PINNED;
            marks[i + 2] |= MARK_TARGET;
        }
    }
    for (uint32_t i = 0; i < c->nhandlers; i++) {
        marks[c->handlers[i].target] |= MARK_TARGET;
        marks[c->handlers[i].start] |= MARK_TARGET;
        if (c->handlers[i].end < c->ncode)
            marks[c->handlers[i].end] |= MARK_TARGET;
    }
}

/* Follows the code from `from`; `work` has room for all instructions. */
static void reach(const struct chunk *c, uint8_t *marks, uint32_t *work, uint32_t from)
{
    size_t n = 0;
    work[n++] = from;
    while (n > 0) {
        uint32_t i = work[--n];
        while (i < c->ncode && (marks[i] & MARK_REACHED) == 0) {
            marks[i] |= MARK_REACHED;
            uint32_t target = chunk_jump_target(c->code, i);
            if (target < c->ncode && (marks[target] & MARK_REACHED) == 0)
                work[n++] = target;
            uint8_t flags = opcode_table[c->code[i].op].flags;
            if ((flags & OPCODE_SKIPS) != 0 && i + 2 < c->ncode &&
                (marks[i + 2] & MARK_REACHED) == 0)
                work[n++] = i + 2;
            if ((flags & OPCODE_ENDS) != 0)
                break;
            uint32_t words = insn_words(&c->code[i]);
            if (words == 2)
                marks[i + 1] |= MARK_REACHED;
            i += words;
        }
    }
}

static bool handler_is_live(const struct chunk *c, const uint8_t *marks,
                            const struct chunk_handler *h)
{
    for (uint32_t i = h->start; i < h->end && i < c->ncode; i++) {
        if ((marks[i] & MARK_REACHED) != 0)
            return true;
    }
    return false;
}

static void remove_unreached(const struct chunk *c, uint8_t *marks, uint32_t *work)
{
    reach(c, marks, work, 0);
    /* Inner handlers stand first; one may only become live through an outer one's target,
       so go on until nothing changes. */
    bool changed = true;
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < c->nhandlers; i++) {
            const struct chunk_handler *h = &c->handlers[i];
            if ((marks[h->target] & MARK_REACHED) == 0 &&
                handler_is_live(c, marks, h)) {
                reach(c, marks, work, h->target);
                changed = true;
            }
        }
    }
    for (uint32_t i = 0; i < c->ncode; i++) {
        if ((marks[i] & MARK_REACHED) == 0)
            marks[i] |= MARK_REMOVED;
    }
}

static bool is_set_test(const struct insn *i)
{
    return i->op == OP_CHECK || i->op == OP_JSET || i->op == OP_JUNSET;
}

/* A variable that no instruction tests for being set needs no reset. */
static void remove_resets(struct chunk *c, uint8_t *marks, struct arena *temp)
{
    uint8_t *tested = arena_alloc_zero(temp, c->nregs + 1, 1);
    if (tested == NULL)
        return;
    for (uint32_t i = 0; i < c->ncode; i += insn_words(&c->code[i])) {
        uint8_t op = c->code[i].op;
        if (is_set_test(&c->code[i]))
            tested[REG_INDEX(c->code[i].a)] = 1;
        if (op == OP_MOVE && i + 1 < c->ncode && is_set_test(&c->code[i + 1]))
            tested[REG_INDEX(c->code[i].b)] = 1;
    }
    for (uint32_t i = 0; i < c->ncode; i += insn_words(&c->code[i])) {
        if (c->code[i].op != OP_UNSET)
            continue;
        uint32_t first = REG_INDEX(c->code[i].a), n = c->code[i].b;
        while (n > 0 && !tested[first]) {
            first++;
            n--;
        }
        while (n > 0 && !tested[first + n - 1])
            n--;
        c->code[i].a = REG_OPERAND(first);
        c->code[i].b = (uint16_t)n;
        if (n == 0)
            marks[i] |= MARK_REMOVED;
    }
}

static void peephole(struct chunk *c, uint8_t *marks)
{
    for (uint32_t i = 0; i < c->ncode; i += insn_words(&c->code[i])) {
        struct insn *a = &c->code[i];
        if ((marks[i] & MARK_REMOVED) != 0)
            continue;
        if (a->op == OP_JMP && a->x == 1 && (marks[i] & MARK_PINNED) == 0) {
            marks[i] |= MARK_REMOVED;
            continue;
        }
        if (i + 1 >= c->ncode || insn_words(a) != 1 ||
            (marks[i + 1] & MARK_TARGET) != 0)
            continue;
        struct insn *move = &c->code[i + 1];
        if (move->op == OP_MOVE && (move->d & INSN_TAKE_B) != 0 && move->b == a->a &&
            opcode_table[a->op].a == OPERAND_WRITE && a->op != OP_UNSET &&
            a->op != OP_FORPREP && a->op != OP_MOVE) {
            a->a = move->a;
            marks[i + 1] |= MARK_REMOVED;
        }
    }
}

static void compact(struct chunk *c, const uint8_t *marks, uint32_t *moved)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->ncode; i++) {
        moved[i] = n;
        if ((marks[i] & MARK_REMOVED) == 0)
            n++;
    }
    moved[c->ncode] = n;
    /* Jumps first, while old indices are still known. Distances only shrink. */
    for (uint32_t i = 0; i < c->ncode; i++) {
        if ((marks[i] & MARK_REMOVED) != 0)
            continue;
        uint32_t target = chunk_jump_target(c->code, i);
        if (target == UINT32_MAX)
            continue;
        struct insn *insn = &c->code[i];
        int64_t distance = (int64_t)moved[target] - (int64_t)moved[i];
        if (opcode_table[insn->op].b == OPERAND_XJUMP)
            insn->x = (int32_t)distance;
        else
            insn->c = (uint16_t)(int16_t)distance;
    }
    for (uint32_t i = 0; i < c->ncode; i++) {
        if ((marks[i] & MARK_REMOVED) == 0) {
            c->code[moved[i]] = c->code[i];
            c->positions[moved[i]] = c->positions[i];
        }
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < c->nhandlers; i++) {
        struct chunk_handler h = c->handlers[i];
        h.start = moved[h.start];
        h.end = moved[h.end];
        h.target = moved[h.target];
        if (h.start < h.end)
            c->handlers[kept++] = h;
    }
    c->nhandlers = kept;
    c->ncode = n;
}

void optimize_chunk(struct chunk *c, struct arena *temp)
{
    uint8_t *marks = arena_alloc_zero(temp, c->ncode, 1);
    /* Each instruction adds itself and what it skips to at most. */
    uint32_t *work = arena_alloc(temp, ((size_t)c->ncode * 2 + 2) * sizeof *work);
    if (marks != NULL && work != NULL) {
        thread_jumps(c);
        remove_unreached(c, marks, work);
        mark_targets(c, marks);
        remove_resets(c, marks, temp);
        peephole(c, marks);
        compact(c, marks, work);
    }
    liveness_mark_last_uses(c, temp);
}
