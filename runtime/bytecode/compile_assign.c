#include "config.h"

#include "bytecode/compiler.h"

/* ---- assignment ----------------------------------------------------------------------- */

/* Steps whose index expressions have been evaluated into consecutive temporaries. */
struct steps {
    const struct ast_stmt *s;
    uint32_t first; /* of the index values */
    uint32_t path;  /* row */
};

static struct steps eval_steps(struct compiler *c, const struct ast_stmt *s)
{
    uint32_t n = s->as.assign.nsteps;
    struct steps steps = {.s = s, .first = c->top};
    steps.path = compile_path(c, n, s->offset);
    for (uint32_t i = 0; i < n; i++) {
        const struct ast_step *step = &s->as.assign.steps[i];
        if (step->index != NULL) {
            compile_expr_temp(c, step->index);
            compile_path_name(c, steps.path, i, NULL, 0, step->offset);
        } else {
            compile_path_name(c, steps.path, i, step->name.bytes, step->name.len,
                              step->offset);
        }
    }
    return steps;
}

/* Is the root certain to be one variable? */
static bool root_place(const struct compiler *c, const struct ast_target_name *t,
                       struct place *p)
{
    if (t->name.nvars == 0 || t->name.vars[0].maybe ||
        t->name.vars[0].kind == AST_VAR_SELF_FIELD)
        return false;
    *p = compile_name_place(c, &t->name.vars[0]);
    return true;
}

/*
 * Is the variable certain once `n` (a read of the same name) has been evaluated? Then a
 * store goes to it without further questions, although the name may be unset before.
 */
bool compile_certain_after_read(const struct ast_target_name *t,
                                const struct ast_name *n)
{
    return t->name.nvars > 0 && t->name.vars[0].kind != AST_VAR_SELF_FIELD &&
           !t->name.vars[0].is_const &&
           (!t->name.vars[0].maybe ||
            (t->name.nvars == 1 && n->nvars == 1 && n->builtin == AST_BUILTIN_NONE));
}

/* Path instruction on candidate `v`: dst := path, or path := src. */
static void path_on(struct compiler *c, enum opcode op, const struct steps *steps,
                    const struct ast_name *n, const struct ast_var *v, uint32_t reg)
{
    uint8_t take = op == OP_SETPATH ? compile_take(c, reg, INSN_TAKE_A) : 0;
    uint32_t first = steps->first < c->nregs ? steps->first : 0;
    struct place p;
    uint32_t path = steps->path;
    if (v->kind != AST_VAR_SELF_FIELD) {
        p = compile_name_place(c, v);
    } else {
        /* The field of the hidden receiver is the first step. */
        p = compile_name_place(c, &n->self[v->index]);
        uint32_t count = steps->s->as.assign.nsteps;
        path = compile_path(c, count + 1, n->offset);
        compile_path_name(c, path, 0, n->text, n->len, n->offset);
        for (uint32_t i = 0; i < count; i++) {
            const struct ast_step *step = &steps->s->as.assign.steps[i];
            compile_path_name(c, path, i + 1,
                              step->index == NULL ? step->name.bytes : NULL,
                              step->name.len, step->offset);
        }
    }
    compile_emit_abc(c, op, take, reg, first, path, steps->s->offset);
    compile_emit_ext(c, (uint8_t)p.kind, p.index, steps->s->offset);
}

/* Errors of the root variable of `path := e` come before the index expressions. */
static void check_root(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_target_name *t = &s->as.assign.target;
    struct jump_vec done = {.data = NULL};
    for (uint32_t i = 0; i < t->name.nvars; i++) {
        const struct ast_var *v = &t->name.vars[i];
        uint32_t unset = v->maybe ? compile_name_jump_unset(c, &t->name, v) : 0;
        if (v->is_const)
            compile_name_raise(c, "Cannot mutate const binding: %s", &t->name);
        else
            compile_jump_push(c, &done, compile_emit_jump(c, s->offset));
        if (!v->maybe) {
            compile_patch_all(c, &done, builder_here(&c->b));
            return;
        }
        compile_patch_here(c, unset);
    }
    compile_name_raise(c, "Undefined variable: %s", &t->name);
    compile_patch_all(c, &done, builder_here(&c->b));
}

/* The path instruction on the first candidate that is set. */
static void path_any(struct compiler *c, enum opcode op, const struct steps *steps,
                     uint32_t reg)
{
    const struct ast_target_name *t = &steps->s->as.assign.target;
    struct jump_vec done = {.data = NULL};
    bool certain = false;
    for (uint32_t i = 0; i < t->name.nvars && !certain; i++) {
        const struct ast_var *v = &t->name.vars[i];
        certain = !v->maybe;
        uint32_t unset = v->maybe ? compile_name_jump_unset(c, &t->name, v) : 0;
        if (op == OP_SETPATH && v->is_const)
            compile_name_raise(c, "Cannot mutate const binding: %s", &t->name);
        else
            path_on(c, op, steps, &t->name, v, reg);
        if (!certain) {
            compile_jump_push(c, &done, compile_emit_jump(c, steps->s->offset));
            compile_patch_here(c, unset);
        }
    }
    if (!certain)
        compile_name_raise(c, "Undefined variable: %s", &t->name);
    compile_patch_all(c, &done, builder_here(&c->b));
}

/* One step on a variable in a register: a[i] := v and a.f := v without a path row. */
static bool assign_one_step(struct compiler *c, const struct ast_stmt *s,
                            struct place root)
{
    if (root.kind != PLACE_LOCAL || s->as.assign.nsteps != 1)
        return false;
    const struct ast_step *step = &s->as.assign.steps[0];
    bool later = step->index != NULL && !compile_expr_is_quiet(step->index);
    uint32_t v = compile_expr_operand(c, s->as.assign.value, later);
    if (v == root.index) {
        /* `a[0] := a`: a second reference, or the store would go into its own value. */
        v = compile_temp(c);
        compile_emit_move(c, v, root.index, s->offset);
    }
    if (step->index == NULL) {
        compile_emit_abc(c, OP_SETFIELD, compile_take(c, v, INSN_TAKE_B), root.index, v,
                         compile_cache(c, step->name, step->offset), step->offset);
        return true;
    }
    uint32_t i = compile_expr_operand(c, step->index, false);
    uint8_t take =
        (uint8_t)(compile_take(c, i, INSN_TAKE_B) | compile_take(c, v, INSN_TAKE_C));
    compile_emit_abc(c, OP_SETINDEX, take, root.index, i, v, step->offset);
    return true;
}

static void assign_path(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_target_name *t = &s->as.assign.target;
    struct place root;
    bool certain = root_place(c, t, &root);
    bool is_const = certain && t->name.vars[0].is_const;
    if (certain && !is_const && assign_one_step(c, s, root))
        return;
    uint32_t v = compile_expr_operand(c, s->as.assign.value, true);
    if (is_const) {
        compile_name_raise(c, "Cannot mutate const binding: %s", &t->name);
        return;
    }
    if (!certain)
        check_root(c, s);
    struct steps steps = eval_steps(c, s);
    path_any(c, OP_SETPATH, &steps, v);
}

/* a[i] OP= e and a.f OP= e on a variable in a register. */
static bool compound_one_step(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_target_name *t = &s->as.assign.target;
    const struct ast_step *step = &s->as.assign.steps[0];
    struct place root;
    if (s->as.assign.nsteps != 1 || !root_place(c, t, &root) ||
        root.kind != PLACE_LOCAL || t->name.vars[0].is_const)
        return false;
    enum ast_operator op = (enum ast_operator)s->as.assign.op;
    const struct ast_expr *e = s->as.assign.value;
    if (step->index == NULL) {
        uint16_t cache = compile_cache(c, step->name, step->offset);
        uint32_t old = compile_temp(c);
        compile_emit_abc(c, OP_MEMBER, 0, old, root.index, cache, step->offset);
        compile_expr_binary(c, op, old, old, e, s->offset);
        compile_cache_again(c, cache, step->name, step->offset);
        compile_emit_abc(c, OP_SETFIELD, INSN_TAKE_B, root.index, old, cache,
                         step->offset);
        return true;
    }
    uint32_t i = compile_expr_operand(c, step->index, !compile_expr_is_quiet(e));
    uint32_t old = compile_temp(c);
    compile_emit_abc(c, OP_INDEX, 0, old, root.index, i, step->offset);
    compile_expr_binary(c, op, old, old, e, s->offset);
    uint8_t take = (uint8_t)(compile_take(c, i, INSN_TAKE_B) | INSN_TAKE_C);
    compile_emit_abc(c, OP_SETINDEX, take, root.index, i, old, step->offset);
    return true;
}

/* t OP= e with steps: indices, old value, e, operator, store. */
static void compound_path(struct compiler *c, const struct ast_stmt *s)
{
    if (compound_one_step(c, s))
        return;
    enum ast_operator op = (enum ast_operator)s->as.assign.op;
    struct steps steps = eval_steps(c, s);
    uint32_t old = compile_temp(c);
    path_any(c, OP_GETPATH, &steps, old);
    compile_expr_binary(c, op, old, old, s->as.assign.value, s->offset);
    path_any(c, OP_SETPATH, &steps, old);
}

/* x := x OP e through a variable outside of the registers, or one that `e` may change: the
   operator may grow the variable's storage in place. `n` is the read of x. */
static void into_place(struct compiler *c, enum ast_operator op, struct place p,
                       const struct ast_name *n, const struct ast_expr *e,
                       uint32_t op_at, uint32_t store_at)
{
    uint32_t old = compile_temp(c);
    compile_name_read(c, n, old);
    uint32_t r = compile_expr_operand(c, e, false);
    compile_emit_abc(c, OP_INTO, compile_take(c, r, INSN_TAKE_B), old, r, (uint32_t)op,
                     op_at);
    compile_emit_ext(c, (uint8_t)p.kind, p.index, op_at);
    compile_place_store(c, p, old, store_at);
}

static bool is_number(const struct ast_expr *e)
{
    return e->kind == AST_INT || e->kind == AST_FLOAT;
}

/* Is `n` a read of the variable that `t` assigns? */
bool compile_reads_target(const struct ast_target_name *t, const struct ast_name *n)
{
    return t->name.nvars > 0 && n->nvars > 0 &&
           n->vars[0].kind == t->name.vars[0].kind &&
           n->vars[0].index == t->name.vars[0].index;
}

/* The addends of `x + a + b ...` behind its leftmost operand, which must be a name; 0 when
   it is no such chain of at least two, or when numbers in it rule texts out. */
#define CHAIN_MAX 16u
static uint32_t chain_steps(const struct ast_expr *e, const struct ast_expr **steps)
{
    uint32_t count = 0;
    const struct ast_expr *p = e;
    for (; p->kind == AST_BINARY && p->as.binary.op == AST_OP_ADD;
         p = p->as.binary.left) {
        if (count == CHAIN_MAX || is_number(p->as.binary.right))
            return 0;
        count++;
    }
    if (p->kind != AST_NAME || count < 2)
        return 0;
    uint32_t at = count;
    for (p = e; at > 0; p = p->as.binary.left)
        steps[--at] = p;
    return count;
}

/*
 * x := x + a + b ... on one certain variable. Texts are gathered behind x first and then
 * appended to it in place, which gives the same text: x + a cannot fail when both are texts,
 * and an operand that is none fails with the same message. Other kinds go the usual way.
 */
static bool assign_chain(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_target_name *t = &s->as.assign.target;
    const struct ast_expr *steps[CHAIN_MAX];
    uint32_t count = chain_steps(s->as.assign.value, steps), x;
    if (count == 0 || t->ignore)
        return false;
    const struct ast_name *n = &steps[0]->as.binary.left->as.name;
    if (!compile_reads_target(t, n) || !compile_certain_after_read(t, n))
        return false;
    bool later = false;
    for (uint32_t i = 0; i < count; i++)
        later = later || !compile_expr_is_quiet(steps[i]->as.binary.right);
    bool in_register = compile_name_register(c, n, later, &x);
    if (!in_register) {
        x = compile_temp(c);
        compile_name_read(c, n, x);
    }
    struct place p = compile_name_place(c, &t->name.vars[0]);
    uint32_t sum = compile_temp(c);
    uint32_t a = compile_expr_operand(c, steps[0]->as.binary.right, false);
    uint8_t take =
        (uint8_t)(compile_take(c, x, INSN_TAKE_B) | compile_take(c, a, INSN_TAKE_C));
    compile_emit_abc(c, OP_ADDTEXT, take, sum, x, a, steps[0]->offset);
    uint32_t texts = compile_emit_jump(c, steps[0]->offset);
    for (uint32_t i = 1; i < count; i++) {
        uint32_t to = in_register && i + 1 == count ? x : sum;
        compile_expr_binary(c, AST_OP_ADD, to, sum, steps[i]->as.binary.right,
                            steps[i]->offset);
    }
    if (!in_register)
        compile_place_store(c, p, sum, s->offset);
    struct text_chain chain = {.s = s,
                               .count = count,
                               .x = x,
                               .text = compile_is_temp(c, a) ? a : sum,
                               .a = a,
                               .enter = texts,
                               .back = builder_here(&c->b),
                               .in_register = in_register};
    if (!text_chain_vec_push(&c->b.temp, &c->chains, chain))
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
    return true;
}

static void text_chain(struct compiler *c, const struct text_chain *chain)
{
    const struct ast_expr *steps[CHAIN_MAX];
    const struct ast_stmt *s = chain->s;
    uint32_t count = chain_steps(s->as.assign.value, steps);
    uint32_t at = steps[0]->offset, text = chain->text;
    struct place p = compile_name_place(c, &s->as.assign.target.name.vars[0]);
    compile_patch_here(c, chain->enter);
    /* Registers as they were: x and the first addend are below. */
    uint32_t top = c->top;
    c->top = text + 1;
    compile_emit_move(c, text, chain->a, s->offset);
    for (uint32_t i = 1; i < count; i++)
        compile_expr_binary(c, AST_OP_ADD, text, text, steps[i]->as.binary.right,
                            steps[i]->offset);
    if (chain->in_register) {
        compile_emit_abc(c, OP_ADD, INSN_TAKE_C, chain->x, chain->x, text, at);
    } else {
        compile_emit_abc(c, OP_INTO, INSN_TAKE_B, chain->x, text, OPS_ADD, at);
        compile_emit_ext(c, (uint8_t)p.kind, p.index, at);
        compile_place_store(c, p, chain->x, s->offset);
    }
    c->top = top;
    builder_patch(&c->b, compile_emit_jump(c, s->offset), chain->back);
}

void compile_text_chains(struct compiler *c, size_t from)
{
    /* Emitting one adds no other: its operands hold no statements. */
    for (size_t i = from; i < c->chains.len; i++)
        text_chain(c, &c->chains.data[i]);
    c->chains.len = from;
}

/* x := x + e, or x OP= e, on one certain variable that is not const. */
static bool assign_add(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_target_name *t = &s->as.assign.target;
    const struct ast_expr *e = s->as.assign.value;
    const struct ast_name *n = &t->name;
    enum ast_operator op = (enum ast_operator)s->as.assign.op;
    uint32_t op_at = s->offset, reg;
    if (t->ignore || t->name.nvars == 0)
        return false;
    const struct ast_var *v = &t->name.vars[0];
    if (!s->as.assign.compound) {
        if (e->kind != AST_BINARY || e->as.binary.op != AST_OP_ADD ||
            e->as.binary.left->kind != AST_NAME)
            return false;
        n = &e->as.binary.left->as.name;
        if (!compile_reads_target(t, n))
            return false;
        op = AST_OP_ADD;
        op_at = e->offset;
        e = e->as.binary.right;
    }
    if (!compile_certain_after_read(t, n))
        return false;
    if (compile_name_register(c, n, !compile_expr_is_quiet(e), &reg)) {
        compile_expr_binary(c, op, reg, reg, e, op_at);
        return true;
    }
    struct place p = compile_name_place(c, v);
    if (op == AST_OP_ADD && !is_number(e)) {
        into_place(c, op, p, n, e, op_at, s->offset);
        return true;
    }
    uint32_t old = compile_temp(c);
    compile_name_read(c, n, old);
    compile_expr_binary(c, op, old, old, e, op_at);
    compile_place_store(c, p, old, s->offset);
    return true;
}

void compile_pattern_assign(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_target_name *t = &s->as.assign.target;
    uint32_t top = c->top, reg;
    if (s->as.assign.nsteps > 0) {
        if (compile_moving_path(c, s))
            /* done */;
        else if (s->as.assign.compound)
            compound_path(c, s);
        else
            assign_path(c, s);
    } else if (!s->as.assign.compound && assign_chain(c, s)) {
        /* done */
    } else if (assign_add(c, s)) {
        /* done */
    } else if (s->as.assign.compound) {
        uint32_t old = compile_temp(c);
        compile_name_read(c, &t->name, old);
        compile_expr_binary(c, (enum ast_operator)s->as.assign.op, old, old,
                            s->as.assign.value, s->offset);
        compile_name_assign(c, t, old, s->offset);
    } else if (compile_call_moving(c, t, s->as.assign.value, s->offset)) {
        /* done */
    } else if (compile_name_direct(c, t, false, &reg)) {
        compile_expr_into(c, s->as.assign.value, reg);
    } else {
        compile_name_assign(c, t, compile_expr_temp(c, s->as.assign.value), s->offset);
    }
    c->top = top;
}
