/*
 * Statements that decide what runs next: blocks, conditions, loops, match, try.
 */
#include "config.h"

#include "core/array.h"
#include "core/iter.h"
#include "interp/eval.h"

enum exec_status exec_nothing(struct interp_frame *f, struct node *n)
{
    (void)f;
    (void)n;
    return EXEC_NORMAL;
}

enum exec_status exec_break(struct interp_frame *f, struct node *n)
{
    (void)f;
    (void)n;
    return EXEC_BREAK;
}

enum exec_status exec_continue(struct interp_frame *f, struct node *n)
{
    (void)f;
    (void)n;
    return EXEC_CONTINUE;
}

enum exec_status exec_block(struct interp_frame *f, struct node *n)
{
    struct node **items = n->items;

    for (uint32_t i = 0, count = n->nitems; i < count; i++) {
        enum exec_status status;

        f->base.at.offset = items[i]->offset;
        status = node_exec(f, items[i]);
        if (__builtin_expect(status != EXEC_NORMAL, 0))
            return status;
    }
    return EXEC_NORMAL;
}

/* Entry of a scope that has variables which must start unset, or be cells of their own. */
static bool enter_scope(struct interp_frame *f, const struct ast_block *block)
{
    for (uint32_t i = 0; i < block->nreset; i++)
        value_set_take(f->st, &f->base.slots[block->reset_slots[i]], value_unset());
    for (uint32_t i = 0; i < block->ncells; i++) {
        struct cell *c = cell_new_take(f->st, value_unset());

        if (c == NULL)
            return false;
        value_set_take(f->st, &f->base.slots[block->cell_slots[i]],
                       value_object(&c->head));
    }
    return true;
}

enum exec_status exec_scoped_block(struct interp_frame *f, struct node *n)
{
    return enter_scope(f, n->data) ? exec_block(f, n) : EXEC_STOPPED;
}

enum exec_status exec_expr(struct interp_frame *f, struct node *n)
{
    struct value v = node_eval(f, n->x);

    if (node_stopped(v))
        return exec_stopped(f);
    value_release(f->st, v);
    return EXEC_NORMAL;
}

enum exec_status exec_return(struct interp_frame *f, struct node *n)
{
    struct value v = n->x != NULL ? node_eval(f, n->x) : value_null();

    if (node_stopped(v))
        return exec_stopped(f);
    f->result = v;
    return EXEC_RETURN;
}

enum exec_status exec_throw(struct interp_frame *f, struct node *n)
{
    struct value v = node_eval(f, n->x);

    if (node_stopped(v))
        return exec_stopped(f);
    node_at(f, n);
    error_throw(f->st, v);
    value_release(f->st, v);
    return EXEC_STOPPED;
}

enum exec_status exec_if(struct interp_frame *f, struct node *n)
{
    int t = n->x->test(f, n->x);

    if (t > 0)
        return node_exec(f, n->y);
    if (t < 0)
        return exec_stopped(f);
    return n->z != NULL ? node_exec(f, n->z) : EXEC_NORMAL;
}

/* Asked at every backward jump. True: stop. */
static inline bool interrupted(struct interp_frame *f)
{
    return __builtin_expect(state_interrupted(f->st), 0) && !error_interrupt(f->st);
}

enum exec_status exec_while(struct interp_frame *f, struct node *n)
{
    for (;;) {
        enum exec_status status;

        if (n->x != NULL) {
            int t = n->x->test(f, n->x);

            if (t <= 0)
                return t == 0 ? EXEC_NORMAL : exec_stopped(f);
        }
        status = node_exec(f, n->y);
        if (status != EXEC_NORMAL && status != EXEC_CONTINUE)
            return status == EXEC_BREAK ? EXEC_NORMAL : status;
        if (interrupted(f))
            return EXEC_STOPPED;
        f->base.at.offset = n->offset;
    }
}

/* One round of a `for`: the scope is entered here because the variable lives in it. */
static enum exec_status for_round(struct interp_frame *f, struct node *n,
                                  struct value item)
{
    const struct ast_stmt *s = n->data;
    const struct ast_pattern *p = s->as.for_stmt.pattern;
    bool ok;

    if (!enter_scope(f, s->as.for_stmt.body)) {
        value_release(f->st, item);
        return EXEC_STOPPED;
    }
    if (p->kind == AST_PATTERN_NAME) {
        ok = variable_declare_take(f, &p->name, item);
    } else {
        ok = exec_pattern_bind(f, p, item);
        value_release(f->st, item);
    }
    return ok ? exec_block(f, n->y) : EXEC_STOPPED;
}

static enum exec_status for_ints(struct interp_frame *f, struct node *n, int64_t limit)
{
    for (int64_t i = 0; i < limit; i++) {
        enum exec_status status = for_round(f, n, value_int(i));

        if (status != EXEC_NORMAL && status != EXEC_CONTINUE)
            return status == EXEC_BREAK ? EXEC_NORMAL : status;
        if (interrupted(f))
            return EXEC_STOPPED;
        f->base.at.offset = n->offset;
    }
    return EXEC_NORMAL;
}

static enum exec_status for_iter(struct interp_frame *f, struct node *n,
                                 struct value iter)
{
    for (;;) {
        enum exec_status status;
        struct value item;
        bool done = false;

        node_at(f, n);
        if (!iter_next(f->st, iter, &done, &item))
            return EXEC_STOPPED;
        if (done)
            return EXEC_NORMAL;
        status = for_round(f, n, item);
        if (status != EXEC_NORMAL && status != EXEC_CONTINUE)
            return status == EXEC_BREAK ? EXEC_NORMAL : status;
        if (interrupted(f))
            return EXEC_STOPPED;
    }
}

enum exec_status exec_for(struct interp_frame *f, struct node *n)
{
    struct value over = node_eval(f, n->x), iter;
    enum exec_status status;
    bool ok;

    if (node_stopped(over))
        return exec_stopped(f);
    if (over.kind == VALUE_INT)
        return for_ints(f, n, over.as.integer);
    node_at(f, n);
    ok = iter_new(f->st, over, &iter);
    value_release(f->st, over);
    if (!ok)
        return EXEC_STOPPED;
    status = for_iter(f, n, iter);
    value_release(f->st, iter);
    return status;
}

enum exec_status exec_match(struct interp_frame *f, struct node *n)
{
    const struct ast_stmt *s = n->data;
    struct value subject = node_eval(f, n->x);
    struct node *chosen = n->y;
    enum exec_status status;

    if (node_stopped(subject))
        return exec_stopped(f);
    for (uint32_t i = 0; i < n->nitems; i++) {
        /* items[i]: y is the body, x the literal, constant the tag */
        struct node *arm = n->items[i];
        int fits = exec_pattern_match(f, &s->as.match.cases[i], arm->x, arm->constant,
                                      subject);

        if (fits < 0) {
            value_release(f->st, subject);
            return exec_stopped(f);
        }
        if (fits) {
            chosen = arm->y;
            break;
        }
    }
    /* The subject goes before the arm runs, so that a payload bound there is unique. */
    value_release(f->st, subject);
    status = chosen != NULL ? node_exec(f, chosen) : EXEC_NORMAL;
    return status;
}

enum exec_status exec_try(struct interp_frame *f, struct node *n)
{
    const struct ast_stmt *s = n->data;
    enum exec_status status = node_exec(f, n->x);
    struct value error;

    if (status != EXEC_STOPPED)
        return status;
    if (!error_catch(f->st, &error))
        return EXEC_STOPPED;
    if (s->as.try_stmt.error_name == NULL)
        value_release(f->st, error);
    else if (!variable_declare_take(f, s->as.try_stmt.error_name, error))
        return EXEC_STOPPED;
    return node_exec(f, n->y);
}
