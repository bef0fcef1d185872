#include "config.h"

#include <string.h>

#include "bytecode/compiler.h"

/* ---- if ------------------------------------------------------------------------------- */

/* `else if` chains are walked in a loop: they may be long. */
void compile_if(struct compiler *c, const struct ast_stmt *s)
{
    struct jump_vec ends = {.data = NULL};
    for (;;) {
        struct jump_vec falses = {.data = NULL};
        compile_jump_if(c, s->as.if_stmt.condition, false, &falses);
        compile_stmt_block(c, s->as.if_stmt.then_block);
        const struct ast_block *other = s->as.if_stmt.else_block;
        if (other != NULL)
            compile_jump_push(c, &ends, compile_emit_jump(c, s->offset));
        compile_patch_all(c, &falses, builder_here(&c->b));
        if (other == NULL)
            break;
        bool chain = other->count == 1 && other->stmts[0]->kind == AST_STMT_IF &&
                     other->nreset == 0 && other->ncells == 0;
        if (!chain) {
            compile_stmt_block(c, other);
            break;
        }
        s = other->stmts[0];
    }
    compile_patch_all(c, &ends, builder_here(&c->b));
}

/* ---- loops ---------------------------------------------------------------------------- */

static void loop_enter(struct compiler *c, struct loop *l)
{
    *l = (struct loop){.outer = c->loop};
    c->loop = l;
}

static void loop_body(struct compiler *c, struct loop *l, const struct ast_block *body)
{
    for (uint32_t i = 0; i < body->count; i++)
        compile_stmt(c, body->stmts[i]);
    compile_patch_all(c, &l->continues, builder_here(&c->b));
    c->loop = l->outer;
}

/* The condition stands before the loop and again at its end, so that an iteration costs one
   jump. */
void compile_while(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_expr *condition = s->as.while_stmt.condition;
    const struct ast_block *body = s->as.while_stmt.body;
    struct loop l;
    struct jump_vec exits = {.data = NULL};
    if (condition != NULL)
        compile_jump_if(c, condition, false, &exits);
    uint32_t start = builder_here(&c->b);
    if (body->scoped)
        compile_stmt_open_scope(c, body, UINT32_MAX);
    loop_enter(c, &l);
    loop_body(c, &l, body);
    compile_jump_loop(c, condition, start, s->offset);
    compile_patch_all(c, &exits, builder_here(&c->b));
    compile_patch_all(c, &l.breaks, builder_here(&c->b));
}

void compile_for(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_pattern *p = s->as.for_stmt.pattern;
    const struct ast_block *body = s->as.for_stmt.body;
    uint32_t cursor = c->local_base + s->as.for_stmt.iter_slot, top = c->top;
    uint32_t source = compile_expr_operand(c, s->as.for_stmt.iterable, false);
    compile_emit_abc(c, OP_FORPREP, compile_take(c, source, INSN_TAKE_B), cursor,
                     source, 0, s->offset);
    c->top = top;
    uint32_t enter = compile_emit_jump(c, s->offset);
    uint32_t start = builder_here(&c->b);
    uint32_t item = 0;
    bool direct =
        p->kind == AST_PATTERN_NAME && compile_name_direct(c, &p->name, true, &item);
    if (!direct)
        item = compile_temp(c);
    if (body->scoped)
        compile_stmt_open_scope(c, body, item);
    if (!direct)
        compile_pattern_bind(c, p, item);
    c->top = top;
    struct loop l;
    loop_enter(c, &l);
    loop_body(c, &l, body);
    compile_patch_here(c, enter);
    struct insn next = {.op = OP_FORNEXT, .a = REG_OPERAND(cursor)};
    next.b = REG_OPERAND(item);
    builder_patch(&c->b, compile_jump_short(c, next, s->offset), start);
    compile_patch_all(c, &l.breaks, builder_here(&c->b));
    compile_emit_abc(c, OP_DROP, 0, cursor, 0, 0, s->offset);
}

void compile_break(struct compiler *c, const struct ast_stmt *s)
{
    if (c->loop == NULL) {
        /* The resolver reports these; a chunk stays well formed without it. */
        const char *text = s->kind == AST_STMT_BREAK
                               ? "break can only be used inside a loop"
                               : "continue can only be used inside a loop";
        uint32_t k = builder_string(&c->b, text, strlen(text));
        compile_emit_ax(c, OP_RAISE, 0, 0, (int32_t)k, s->offset);
        return;
    }
    struct jump_vec *to =
        s->kind == AST_STMT_BREAK ? &c->loop->breaks : &c->loop->continues;
    compile_jump_push(c, to, compile_emit_jump(c, s->offset));
}

/* ---- match ---------------------------------------------------------------------------- */

static enum value_kind case_value_kind(const struct ast_case *p)
{
    switch ((enum ast_case_kind)p->kind) {
    case AST_CASE_OK: return VALUE_OK;
    case AST_CASE_ERR: return VALUE_ERR;
    case AST_CASE_SOME: return VALUE_SOME;
    case AST_CASE_NONE: return VALUE_NONE;
    case AST_CASE_ANY:
    case AST_CASE_LITERAL:
    case AST_CASE_TAG: break;
    }
    return VALUE_UNSET;
}

/* Jumps to the next case go to `misses`. */
static void case_test(struct compiler *c, const struct ast_case *p, uint32_t subject,
                      struct jump_vec *misses)
{
    if (p->kind == AST_CASE_ANY)
        return;
    uint32_t top = c->top;
    uint32_t r = compile_temp(c);
    if (p->kind == AST_CASE_LITERAL) {
        compile_expr_into(c, p->literal, r);
        compile_emit_abc(c, OP_SAME, INSN_TAKE_C, r, subject, r, p->offset);
    } else if (p->kind == AST_CASE_TAG) {
        uint32_t k = builder_string(&c->b, p->tag.bytes, p->tag.len);
        compile_emit_abc(c, OP_ISTAG, p->bare_tag ? 1 : 0, r, subject, k, p->offset);
    } else {
        compile_emit_abc(c, OP_ISKIND, 0, r, subject, case_value_kind(p), p->offset);
    }
    compile_jump_push(c, misses,
                      compile_emit_ax(c, OP_JF, INSN_TAKE_A, r, 0, p->offset));
    c->top = top;
}

/* `absent`: when the payload value counts as absent and nothing is bound. */
static void bind_payload(struct compiler *c, const struct ast_case *p,
                         const struct ast_target_name *t, uint32_t subject, uint32_t i,
                         enum insn_payload absent)
{
    if (t->ignore)
        return;
    uint32_t top = c->top, unset = 0;
    uint32_t r = compile_temp(c);
    compile_emit_abc(c, OP_PAYLOAD, (uint8_t)absent, r, subject, i, p->offset);
    if (absent != PAYLOAD_NULL)
        unset = compile_emit_ax(c, OP_JUNSET, 0, r, 0, p->offset);
    compile_name_declare(c, t, r, p->offset);
    if (absent != PAYLOAD_NULL)
        compile_patch_here(c, unset);
    c->top = top;
}

void compile_match(struct compiler *c, const struct ast_stmt *s)
{
    uint32_t subject = c->local_base + s->as.match.subject_slot;
    compile_expr_into(c, s->as.match.subject, subject);
    struct jump_vec ends = {.data = NULL};
    for (uint32_t i = 0; i < s->as.match.ncases; i++) {
        const struct ast_case *p = &s->as.match.cases[i];
        struct jump_vec misses = {.data = NULL};
        case_test(c, p, subject, &misses);
        for (uint32_t k = 0; k < p->nbindings; k++)
            bind_payload(c, p, &p->bindings[k], subject, k,
                         p->bare_tag ? PAYLOAD_NOT_OF_TEXT : PAYLOAD_NULL);
        for (uint32_t k = 0; k < p->nextra; k++)
            bind_payload(c, p, &p->extra[k], subject, p->extra_index[k],
                         PAYLOAD_PRESENT);
        /* The arm must not hold a second reference to what it may change. */
        compile_emit_abc(c, OP_DROP, 0, subject, 0, 0, p->offset);
        compile_stmt_block(c, p->body);
        compile_jump_push(c, &ends, compile_emit_jump(c, p->offset));
        compile_patch_all(c, &misses, builder_here(&c->b));
    }
    compile_emit_abc(c, OP_DROP, 0, subject, 0, 0, s->offset);
    if (s->as.match.default_block != NULL)
        compile_stmt_block(c, s->as.match.default_block);
    compile_patch_all(c, &ends, builder_here(&c->b));
}

/* ---- try ------------------------------------------------------------------------------ */

void compile_try(struct compiler *c, const struct ast_stmt *s)
{
    uint32_t top = c->top;
    struct chunk_handler row = {.start = builder_here(&c->b)};
    size_t chains = c->chains.len;
    compile_stmt_block(c, s->as.try_stmt.body);
    uint32_t end = compile_emit_jump(c, s->offset);
    compile_text_chains(c, chains);
    row.end = builder_here(&c->b);
    row.target = builder_here(&c->b);
    row.reg = compile_temp(c);
    /* The jump alone cannot fail. */
    if (row.end > row.start + 1 && !handler_vec_push(&c->b.temp, &c->b.handlers, row))
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
    if (s->as.try_stmt.error_name != NULL)
        compile_name_declare(c, s->as.try_stmt.error_name, row.reg, s->offset);
    else
        compile_emit_abc(c, OP_DROP, 0, row.reg, 0, 0, s->offset);
    c->top = top;
    compile_stmt_block(c, s->as.try_stmt.handler);
    compile_patch_here(c, end);
}
