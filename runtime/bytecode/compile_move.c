/*
 * compile_move.c - `P := push(P, v)`, `P := P + e` and `P += e` where P is a path such as
 * `self.items` or `graph[node]`.
 *
 * As for plain variables, the place the value was read from lets go of it for the time of
 * the operation when it holds the only other reference (MOVEBUILTIN, INTO), so appending to
 * a list inside of a container is amortised O(1). The index values of the path are
 * evaluated once, so they must be such that a second evaluation could not differ.
 */
#include "config.h"

#include <string.h>

#include "bytecode/compiler.h"
#include "core/builtin.h"

/* Steps of a path that is worth the trouble. */
#define MOVE_MAX_STEPS 8u

struct spot {
    const struct ast_stmt *s;
    const struct ast_expr *read; /* P on the right side; NULL for `P += e` */
    struct place root;
    bool one_step;  /* of a variable in a register: no path instructions needed */
    uint32_t first; /* register of the first index value */
    uint32_t row;   /* path with the positions of the target */
    uint16_t cache;
};

/* ---- is it the same path? ------------------------------------------------------------- */

static bool same_text(struct ast_string a, struct ast_string b)
{
    return a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0;
}

/* Literals, and variables nobody but this function can change. */
static bool is_stable(const struct ast_expr *e)
{
    return e->kind == AST_INT || e->kind == AST_STRING ||
           (e->kind == AST_NAME && e->as.name.nvars > 0 &&
            e->as.name.vars[0].kind == AST_VAR_LOCAL && !e->as.name.vars[0].maybe);
}

static bool same_index(const struct ast_expr *a, const struct ast_expr *b)
{
    if (a->kind != b->kind || !is_stable(a) || !is_stable(b))
        return false;
    if (a->kind == AST_INT)
        return a->as.integer == b->as.integer;
    if (a->kind == AST_STRING)
        return same_text(a->as.string, b->as.string);
    return a->as.name.vars[0].index == b->as.name.vars[0].index;
}

/* Does `e` read the path that `s` assigns? Gives the root name of `e`. */
static const struct ast_name *reads_path(const struct ast_stmt *s,
                                         const struct ast_expr *e)
{
    for (uint32_t i = s->as.assign.nsteps; i-- > 0;) {
        const struct ast_step *step = &s->as.assign.steps[i];
        if (step->index != NULL) {
            if (e->kind != AST_INDEX || !same_index(step->index, e->as.index.index))
                return NULL;
            e = e->as.index.object;
        } else {
            if (e->kind != AST_MEMBER || !same_text(step->name, e->as.member.name))
                return NULL;
            e = e->as.member.object;
        }
    }
    if (e->kind != AST_NAME || !compile_reads_target(&s->as.assign.target, &e->as.name))
        return NULL;
    return &e->as.name;
}

static bool steps_are_stable(const struct ast_stmt *s)
{
    for (uint32_t i = 0; i < s->as.assign.nsteps; i++) {
        const struct ast_expr *index = s->as.assign.steps[i].index;
        if (index != NULL && !is_stable(index))
            return false;
    }
    return true;
}

/* ---- the spot ------------------------------------------------------------------------- */

/* Evaluates the index values and makes the path. False: beyond what an EXT word can hold. */
static bool open_spot(struct compiler *c, struct spot *spot, const struct ast_name *n)
{
    const struct ast_stmt *s = spot->s;
    uint32_t count = s->as.assign.nsteps;
    const struct ast_var *v = &s->as.assign.target.name.vars[0];
    spot->root = compile_name_place(c, v);
    if (spot->root.index > UINT16_MAX || c->b.paths.len + 2 > UINT16_MAX)
        return false;
    const struct ast_step *step = &s->as.assign.steps[0];
    spot->one_step = count == 1 && spot->root.kind == PLACE_LOCAL;
    /* A root that may be unset is checked by reading it. */
    if (v->maybe) {
        uint32_t probe = compile_temp(c);
        compile_name_read(c, n, probe);
        compile_emit_abc(c, OP_DROP, 0, probe, 0, 0, n->offset);
        c->top = probe;
    }
    spot->row = compile_path(c, count, s->offset);
    spot->first = 0;
    bool any = false;
    for (uint32_t i = 0; i < count; i++) {
        step = &s->as.assign.steps[i];
        compile_path_name(c, spot->row, i,
                          step->index == NULL ? step->name.bytes : NULL, step->name.len,
                          step->offset);
        if (step->index == NULL)
            continue;
        uint32_t reg = spot->one_step ? compile_expr_operand(c, step->index, false)
                                      : compile_expr_temp(c, step->index);
        if (!any)
            spot->first = reg;
        any = true;
    }
    step = &s->as.assign.steps[0];
    if (spot->one_step && step->index == NULL)
        spot->cache = builder_cache(&c->b, step->name.bytes, step->name.len);
    return true;
}

/* The path with the positions of the expression that reads it. */
static uint32_t read_row(struct compiler *c, const struct spot *spot)
{
    const struct ast_stmt *s = spot->s;
    if (spot->read == NULL)
        return spot->row;
    uint32_t count = s->as.assign.nsteps;
    uint32_t row = compile_path(c, count, s->offset);
    const struct ast_expr *e = spot->read;
    for (uint32_t i = count; i-- > 0;) {
        const struct ast_step *step = &s->as.assign.steps[i];
        compile_path_name(c, row, i, step->index == NULL ? step->name.bytes : NULL,
                          step->name.len, e->offset);
        e = step->index != NULL ? e->as.index.object : e->as.member.object;
    }
    return row;
}

static void read_spot(struct compiler *c, const struct spot *spot, uint32_t dst)
{
    const struct ast_step *step = &spot->s->as.assign.steps[0];
    uint32_t at = spot->read != NULL ? spot->read->offset : step->offset;
    if (!spot->one_step) {
        compile_emit_abc(c, OP_GETPATH, 0, dst, spot->first, read_row(c, spot),
                         spot->s->offset);
        compile_emit_ext(c, (uint8_t)spot->root.kind, spot->root.index,
                         spot->s->offset);
    } else if (step->index == NULL) {
        compile_cache_again(c, spot->cache, step->name, at);
        compile_emit_abc(c, OP_MEMBER, 0, dst, spot->root.index, spot->cache, at);
    } else {
        compile_emit_abc(c, OP_INDEX, 0, dst, spot->root.index, spot->first, at);
    }
}

/* Stores the temporary src, which is taken, as are the index values. */
static void write_spot(struct compiler *c, const struct spot *spot, uint32_t src)
{
    const struct ast_step *step = &spot->s->as.assign.steps[0];
    uint32_t at = spot->one_step ? step->offset : spot->s->offset;
    if (!spot->one_step) {
        compile_emit_abc(c, OP_SETPATH, INSN_TAKE_A, src, spot->first, spot->row, at);
        compile_emit_ext(c, (uint8_t)spot->root.kind, spot->root.index, at);
    } else if (step->index == NULL) {
        compile_cache_again(c, spot->cache, step->name, at);
        compile_emit_abc(c, OP_SETFIELD, INSN_TAKE_B, spot->root.index, src,
                         spot->cache, at);
    } else {
        uint8_t take =
            (uint8_t)(compile_take(c, spot->first, INSN_TAKE_B) | INSN_TAKE_C);
        compile_emit_abc(c, OP_SETINDEX, take, spot->root.index, spot->first, src, at);
    }
}

/* The EXT word that names the spot. */
static void emit_spot(struct compiler *c, const struct spot *spot, uint32_t position)
{
    struct insn ext = {.op = OP_EXT, .d = (uint8_t)spot->root.kind};
    ext.a = (uint16_t)(spot->row + 1);
    ext.x = (int32_t)(spot->root.index | spot->first << 16);
    builder_emit(&c->b, ext, position);
}

/* ---- the statements ------------------------------------------------------------------- */

static bool is_number(const struct ast_expr *e)
{
    return e->kind == AST_INT || e->kind == AST_FLOAT;
}

/* P := builtin(P, ...) */
static bool moving_call(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_expr *e = s->as.assign.value;
    const struct ast_call *call = &e->as.call;
    if (e->kind != AST_CALL || call->callee->kind != AST_NAME ||
        call->args.count == 0 || call->args.count > UINT8_MAX)
        return false;
    int32_t row = compile_name_builtin(&call->callee->as.name);
    if (row < 0 || row > UINT16_MAX ||
        (c->st->builtins[row].flags & BUILTIN_MOVES_FIRST) == 0)
        return false;
    struct spot spot = {.s = s, .read = call->args.items[0]};
    const struct ast_name *n = reads_path(s, spot.read);
    if (n == NULL || !compile_certain_after_read(&s->as.assign.target, n) ||
        !open_spot(c, &spot, n))
        return false;
    uint32_t args = compile_temp(c);
    read_spot(c, &spot, args);
    compile_expr_list(c, call->args.items + 1, call->args.count - 1);
    compile_emit_abc(c, OP_MOVEBUILTIN, (uint8_t)call->args.count, args, args,
                     (uint32_t)row, e->offset);
    emit_spot(c, &spot, e->offset);
    write_spot(c, &spot, args);
    return true;
}

/* P := P + e, P += e */
static bool moving_add(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_expr *e = s->as.assign.value;
    const struct ast_name *n = &s->as.assign.target.name;
    struct spot spot = {.s = s};
    uint32_t op_at = s->offset;
    if (!s->as.assign.compound) {
        if (e->kind != AST_BINARY || e->as.binary.op != AST_OP_ADD)
            return false;
        spot.read = e->as.binary.left;
        n = reads_path(s, spot.read);
        op_at = e->offset;
        e = e->as.binary.right;
    } else if (s->as.assign.op != AST_OP_ADD || !steps_are_stable(s)) {
        return false;
    }
    if (n == NULL || is_number(e) ||
        !compile_certain_after_read(&s->as.assign.target, n) || !open_spot(c, &spot, n))
        return false;
    uint32_t old = compile_temp(c);
    read_spot(c, &spot, old);
    uint32_t r = compile_expr_operand(c, e, false);
    compile_emit_abc(c, OP_INTO, compile_take(c, r, INSN_TAKE_B), old, r, OPS_ADD,
                     op_at);
    emit_spot(c, &spot, op_at);
    write_spot(c, &spot, old);
    return true;
}

bool compile_moving_path(struct compiler *c, const struct ast_stmt *s)
{
    if (s->as.assign.nsteps > MOVE_MAX_STEPS || s->as.assign.target.ignore)
        return false;
    return (!s->as.assign.compound && moving_call(c, s)) || moving_add(c, s);
}
