#include "config.h"

#include "bytecode/compiler.h"

/* ---- destructuring -------------------------------------------------------------------- */

static void bind_name(struct compiler *c, const struct ast_target_name *t,
                      bool declares, uint32_t src, uint32_t position)
{
    if (declares)
        compile_name_declare(c, t, src, position);
    else
        compile_name_assign(c, t, src, position);
}

static void bind_array(struct compiler *c, const struct ast_pattern *p, uint32_t src)
{
    uint32_t top = c->top;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct ast_pattern *item = p->items[i];
        if (item->kind == AST_PATTERN_NAME && item->name.ignore)
            continue;
        uint32_t r = compile_temp(c);
        compile_emit_abc(c, OP_ITEM, 0, r, src, i, p->offset);
        compile_pattern_bind(c, item, r);
        c->top = top;
    }
    if (p->rest != NULL && !p->rest->ignore) {
        uint32_t r = compile_temp(c);
        compile_emit_abc(c, OP_REST, 0, r, src, p->count, p->offset);
        bind_name(c, p->rest, p->declares, r, p->offset);
        c->top = top;
    }
}

static void bind_dict(struct compiler *c, const struct ast_pattern *p, uint32_t src)
{
    uint32_t top = c->top;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct ast_name *name = &p->items[i]->name.name;
        uint32_t r = compile_temp(c);
        uint32_t k = builder_string(&c->b, name->text, name->len);
        compile_emit_abc(c, OP_ENTRY, 0, r, src, k, p->offset);
        compile_pattern_bind(c, p->items[i], r);
        c->top = top;
    }
    if (p->rest != NULL && !p->rest->ignore) {
        uint32_t taken = compile_path(c, p->count, p->offset);
        for (uint32_t i = 0; i < p->count; i++) {
            const struct ast_name *name = &p->items[i]->name.name;
            compile_path_name(c, taken, i, name->text, name->len, p->offset);
        }
        uint32_t r = compile_temp(c);
        compile_emit_abc(c, OP_RESTENTRIES, 0, r, src, taken, p->offset);
        bind_name(c, p->rest, p->declares, r, p->offset);
        c->top = top;
    }
}

/* Binds the temporary src, which is taken. */
void compile_pattern_bind(struct compiler *c, const struct ast_pattern *p, uint32_t src)
{
    if (!compile_enter(c)) {
        compile_leave(c);
        return;
    }
    switch ((enum ast_pattern_kind)p->kind) {
    case AST_PATTERN_NAME: bind_name(c, &p->name, p->declares, src, p->offset); break;
    case AST_PATTERN_ARRAY:
        bind_array(c, p, src);
        compile_emit_abc(c, OP_DROP, 0, src, 0, 0, p->offset);
        break;
    case AST_PATTERN_DICT:
        bind_dict(c, p, src);
        compile_emit_abc(c, OP_DROP, 0, src, 0, 0, p->offset);
        break;
    }
    compile_leave(c);
}

void compile_pattern_let(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_pattern *p = s->as.let.pattern;
    uint32_t top = c->top, reg;
    if (p->kind == AST_PATTERN_NAME &&
        compile_name_direct(c, &p->name, p->declares, &reg))
        compile_expr_into(c, s->as.let.value, reg);
    else
        compile_pattern_bind(c, p, compile_expr_temp(c, s->as.let.value));
    c->top = top;
}
