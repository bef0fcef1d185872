/*
 * Statements. Assignments get the routine that fits their target: a certain local or global
 * slot, an update in place, a call that may move the variable, or the general form.
 */
#include "config.h"

#include "core/string.h"
#include "interp/build.h"
#include "interp/eval.h"

struct node *build_block(struct builder *b, const struct ast_block *block)
{
    struct node *n = build_node(b, 0);

    n->run.exec = block->scoped && (block->nreset != 0 || block->ncells != 0)
                      ? exec_scoped_block
                      : exec_block;
    n->data = block;
    n->items = build_list(b, block->count);
    if (n->items == NULL)
        return n;
    n->nitems = block->count;
    for (uint32_t i = 0; i < block->count; i++)
        n->items[i] = build_stmt(b, block->stmts[i]);
    return n;
}

/* The sole slot an assignment or declaration stores into; NULL: decide at run time. */
static const struct ast_var *sole_target(const struct ast_target_name *t, bool declares)
{
    if (t->ignore)
        return NULL;
    if (!declares && t->name.nvars != 0)
        return build_sole_var(&t->name, true);
    return t->nconflicts == 0 ? &t->create : NULL;
}

static bool same_var(const struct ast_var *a, const struct ast_var *b)
{
    return a != NULL && b != NULL && a->kind == b->kind && a->index == b->index;
}

/* Is `e` a read of the name that `t` assigns? */
static bool reads_target(const struct ast_expr *e, const struct ast_target_name *t)
{
    const struct ast_name *name = &e->as.name;

    if (e->kind != AST_NAME || t->name.nvars == 0 || name->nvars != t->name.nvars)
        return false;
    for (uint32_t i = 0; i < name->nvars; i++)
        if (!same_var(&name->vars[i], &t->name.vars[i]) ||
            name->vars[i].kind == AST_VAR_SELF_FIELD)
            return false;
    return true;
}

/* Cannot run Ruff code, so it cannot change a variable. */
static bool is_simple(const struct ast_expr *e)
{
    return e->kind == AST_NAME || e->kind == AST_INT || e->kind == AST_STRING ||
           e->kind == AST_FLOAT;
}

static bool is_arithmetic(unsigned op)
{
    return op <= AST_OP_MOD;
}

static struct node *build_update(struct builder *b, const struct ast_stmt *s,
                                 unsigned op, uint32_t offset,
                                 const struct ast_expr *right)
{
    struct node *n = build_node(b, offset);
    const struct ast_var *v = build_sole_var(&s->as.assign.target.name, true);

    n->op = op;
    n->data = s;
    n->x = build_expr(b, right);
    n->b = is_simple(right) ? 1 : 0;
    n->run.exec = exec_update_name;
    if (v != NULL && v->kind == AST_VAR_LOCAL)
        n->run.exec = exec_update_local;
    if (v != NULL && v->kind == AST_VAR_GLOBAL)
        n->run.exec = exec_update_global;
    if (v != NULL)
        n->a = v->index;
    return n;
}

static struct node *build_move(struct builder *b, const struct ast_stmt *s)
{
    struct node *n = build_node(b, s->offset);
    const struct ast_var *v = build_sole_var(&s->as.assign.target.name, true);

    n->data = s;
    n->x = build_expr(b, s->as.assign.value);
    n->run.exec = exec_move_name;
    if (v != NULL && v->kind == AST_VAR_LOCAL)
        n->run.exec = exec_move_local;
    if (v != NULL && v->kind == AST_VAR_GLOBAL)
        n->run.exec = exec_move_global;
    if (v != NULL)
        n->a = v->index;
    return n;
}

/* `t := value` with the routine that fits the target. */
static struct node *build_store(struct builder *b, const struct ast_stmt *s,
                                const struct ast_target_name *t, bool declares,
                                const struct ast_expr *value, exec_fn general)
{
    struct node *n = build_node(b, s->offset);
    const struct ast_var *v = sole_target(t, declares);

    n->data = s;
    n->x = build_expr(b, value);
    n->run.exec = general;
    if (v == NULL)
        return n;
    n->a = v->index;
    if (v->kind == AST_VAR_LOCAL)
        n->run.exec = exec_let_local;
    if (v->kind == AST_VAR_GLOBAL)
        n->run.exec = exec_assign_global;
    return n;
}

static struct node *build_path(struct builder *b, const struct ast_stmt *s)
{
    struct node *n = build_node(b, s->offset);
    const struct ast_name *root = &s->as.assign.target.name;
    const struct ast_var *v = build_sole_var(root, true);
    uint32_t count = s->as.assign.nsteps;

    n->data = s;
    n->op = s->as.assign.op;
    n->x = build_expr(b, s->as.assign.value);
    n->constant = build_string(b, root->text, root->len);
    if (count == 1 && s->as.assign.steps[0].index != NULL && !s->as.assign.compound &&
        v != NULL && v->kind == AST_VAR_LOCAL) {
        n->run.exec = exec_index_local;
        n->a = v->index;
        n->y = build_expr(b, s->as.assign.steps[0].index);
        n->offset = s->as.assign.steps[0].offset;
        return n;
    }
    n->run.exec = exec_path;
    n->items = build_list(b, count);
    if (n->items == NULL)
        return n;
    n->nitems = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct ast_step *step = &s->as.assign.steps[i];

        if (step->index != NULL) {
            n->items[i] = build_expr(b, step->index);
        } else {
            n->items[i] = build_node(b, step->offset);
            n->items[i]->constant = build_string(b, step->name.bytes, step->name.len);
        }
    }
    return n;
}

static struct node *build_assign(struct builder *b, const struct ast_stmt *s)
{
    const struct ast_target_name *t = &s->as.assign.target;
    const struct ast_expr *value = s->as.assign.value;

    if (s->as.assign.nsteps != 0)
        return build_path(b, s);
    if (s->as.assign.compound)
        return build_update(b, s, s->as.assign.op, s->offset, value);
    if (value->kind == AST_BINARY && is_arithmetic(value->as.binary.op) &&
        reads_target(value->as.binary.left, t))
        return build_update(b, s, value->as.binary.op, value->offset,
                            value->as.binary.right);
    if (value->kind == AST_CALL && !value->as.call.is_pipe &&
        value->as.call.args.count > 0 && reads_target(value->as.call.args.items[0], t))
        return build_move(b, s);
    return build_store(b, s, t, false, value, exec_assign_name);
}

static struct node *build_let(struct builder *b, const struct ast_stmt *s)
{
    const struct ast_pattern *p = s->as.let.pattern;

    if (p->kind == AST_PATTERN_NAME && p->declares)
        return build_store(b, s, &p->name, true, s->as.let.value, exec_let);
    {
        struct node *n = build_node(b, s->offset);

        n->data = s;
        n->x = build_expr(b, s->as.let.value);
        n->run.exec = exec_let;
        return n;
    }
}

static struct node *build_match(struct builder *b, const struct ast_stmt *s)
{
    struct node *n = build_node(b, s->offset);

    n->data = s;
    n->run.exec = exec_match;
    n->x = build_expr(b, s->as.match.subject);
    if (s->as.match.default_block != NULL)
        n->y = build_block(b, s->as.match.default_block);
    n->items = build_list(b, s->as.match.ncases);
    if (n->items == NULL)
        return n;
    n->nitems = s->as.match.ncases;
    for (uint32_t i = 0; i < n->nitems; i++) {
        const struct ast_case *c = &s->as.match.cases[i];
        struct node *arm = build_node(b, c->offset);

        arm->y = build_block(b, c->body);
        if (c->literal != NULL)
            arm->x = build_expr(b, c->literal);
        if (c->kind == AST_CASE_TAG)
            arm->constant = build_string(b, c->tag.bytes, c->tag.len);
        n->items[i] = arm;
    }
    return n;
}

struct node *build_stmt(struct builder *b, const struct ast_stmt *s)
{
    struct node *n;

    switch ((enum ast_stmt_kind)s->kind) {
    case AST_STMT_LET:
    case AST_STMT_DESTRUCTURE: return build_let(b, s);
    case AST_STMT_ASSIGN: return build_assign(b, s);
    case AST_STMT_MATCH: return build_match(b, s);
    case AST_STMT_EXPORT: return build_stmt(b, s->as.export.stmt);
    default: break;
    }
    n = build_node(b, s->offset);
    n->data = s;
    switch ((enum ast_stmt_kind)s->kind) {
    case AST_STMT_EXPR:
        n->run.exec = exec_expr;
        n->x = build_expr(b, s->as.expr);
        break;
    case AST_STMT_FUNC:
        n->run.exec = s->as.func.hoisted ? exec_nothing : exec_func;
        break;
    case AST_STMT_STRUCT: n->run.exec = exec_struct; break;
    case AST_STMT_IMPORT: n->run.exec = exec_import; break;
    case AST_STMT_RETURN:
        n->run.exec = exec_return;
        if (s->as.expr != NULL)
            n->x = build_expr(b, s->as.expr);
        break;
    case AST_STMT_THROW:
        n->run.exec = exec_throw;
        n->x = build_expr(b, s->as.expr);
        break;
    case AST_STMT_IF:
        n->run.exec = exec_if;
        n->x = build_expr(b, s->as.if_stmt.condition);
        n->y = build_block(b, s->as.if_stmt.then_block);
        if (s->as.if_stmt.else_block != NULL)
            n->z = build_block(b, s->as.if_stmt.else_block);
        break;
    case AST_STMT_WHILE:
        n->run.exec = exec_while;
        if (s->as.while_stmt.condition != NULL)
            n->x = build_expr(b, s->as.while_stmt.condition);
        n->y = build_block(b, s->as.while_stmt.body);
        break;
    case AST_STMT_FOR:
        n->run.exec = exec_for;
        n->x = build_expr(b, s->as.for_stmt.iterable);
        n->y = build_block(b, s->as.for_stmt.body);
        break;
    case AST_STMT_TRY:
        n->run.exec = exec_try;
        n->x = build_block(b, s->as.try_stmt.body);
        n->y = build_block(b, s->as.try_stmt.handler);
        break;
    case AST_STMT_BREAK: n->run.exec = exec_break; break;
    case AST_STMT_CONTINUE: n->run.exec = exec_continue; break;
    case AST_STMT_SPAWN: n->run.exec = exec_spawn; break;
    case AST_STMT_ENUM: n->run.exec = exec_enum; break;
    case AST_STMT_TEST:
    case AST_STMT_LET:
    case AST_STMT_DESTRUCTURE:
    case AST_STMT_ASSIGN:
    case AST_STMT_MATCH:
    case AST_STMT_EXPORT: n->run.exec = exec_nothing; break;
    }
    return n;
}
