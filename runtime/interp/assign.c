/*
 * Statements that bind and store: let, assignment, compound assignment, paths.
 *
 * Order of evaluation is language.md 21a.15: plain `t := e` evaluates e, then the index
 * expressions, then stores; `t OP= e` evaluates the index expressions, reads the old value,
 * then e, then stores. A const target is refused right after the right side.
 */
#include "config.h"

#include <alloca.h>

#include "core/array.h"
#include "core/ops_fast.h"
#include "core/string.h"
#include "core/structs.h"
#include "interp/eval.h"

enum exec_status exec_let_local(struct interp_frame *f, struct node *n)
{
    struct value v = node_eval(f, n->x);

    if (node_stopped(v))
        return exec_stopped(f);
    value_set_take(f->st, &f->base.slots[n->a], v);
    return EXEC_NORMAL;
}

enum exec_status exec_assign_global(struct interp_frame *f, struct node *n)
{
    struct value v = node_eval(f, n->x);

    if (node_stopped(v))
        return exec_stopped(f);
    value_set_take(f->st, &f->globals[n->a], v);
    return EXEC_NORMAL;
}

enum exec_status exec_let(struct interp_frame *f, struct node *n)
{
    const struct ast_stmt *s = n->data;
    const struct ast_pattern *p = s->as.let.pattern;
    struct value v = node_eval(f, n->x);
    bool ok;

    if (node_stopped(v))
        return exec_stopped(f);
    if (p->kind == AST_PATTERN_NAME && p->declares) {
        ok = variable_declare_take(f, &p->name, v);
    } else {
        ok = exec_pattern_bind(f, p, v);
        value_release(f->st, v);
    }
    return ok ? EXEC_NORMAL : EXEC_STOPPED;
}

enum exec_status exec_assign_name(struct interp_frame *f, struct node *n)
{
    const struct ast_stmt *s = n->data;
    struct value v = node_eval(f, n->x);

    if (node_stopped(v))
        return exec_stopped(f);
    return variable_assign_take(f, &s->as.assign.target, v) ? EXEC_NORMAL
                                                            : EXEC_STOPPED;
}

/* ---- x := x OP e -------------------------------------------------------------------------- */

/* *place := *place OP r, r taken. */
static enum exec_status update_take(struct interp_frame *f, struct node *n,
                                    struct value *place, struct value r)
{
    bool ok;

    if (place->kind == VALUE_INT && r.kind == VALUE_INT) {
        int64_t i;

        if (n->op == OPS_ADD &&
            !__builtin_add_overflow(place->as.integer, r.as.integer, &i)) {
            place->as.integer = i;
            return EXEC_NORMAL;
        }
        if (n->op == OPS_SUB &&
            !__builtin_sub_overflow(place->as.integer, r.as.integer, &i)) {
            place->as.integer = i;
            return EXEC_NORMAL;
        }
    }
    /* An operator method may assign the variable it was read from: hold the old value, which
       costs a copy, only where that can happen. */
    node_at(f, n);
    if (place->kind == VALUE_STRUCT) {
        struct value old = value_retain(*place), out = value_unset();

        ok = ops_binary(f->st, (enum ops_operator)n->op, old, r, &out);
        value_release(f->st, old);
        if (ok)
            value_set_take(f->st, place, out);
    } else {
        ok = ops_binary_into(f->st, (enum ops_operator)n->op, place, r);
    }
    value_release(f->st, r);
    return ok ? EXEC_NORMAL : EXEC_STOPPED;
}

/*
 * The variable is read before the right side runs. When the right side cannot change it (a
 * local slot) the place itself serves as the read; a global or cell may be changed by a call
 * on the right, which is noticed by comparing.
 */
enum exec_status exec_update_local(struct interp_frame *f, struct node *n)
{
    struct value r = node_eval(f, n->x);

    if (node_stopped(r))
        return exec_stopped(f);
    return update_take(f, n, &f->base.slots[n->a], r);
}

static enum exec_status update_shared(struct interp_frame *f, struct node *n,
                                      struct value *place)
{
    struct value old = *place, r;

    if (n->b != 0) {
        /* The right side is free of calls: nothing can change the variable meanwhile. */
        r = node_eval(f, n->x);
        if (node_stopped(r))
            return exec_stopped(f);
        return update_take(f, n, place, r);
    }
    value_retain(old);
    r = node_eval(f, n->x);
    if (node_stopped(r)) {
        value_release(f->st, old);
        return exec_stopped(f);
    }
    if (place->kind == old.kind && place->as.bits == old.as.bits) {
        value_release(f->st, old);
        return update_take(f, n, place, r);
    }
    /* It was changed: a failing operator must leave it so. */
    enum exec_status status = update_take(f, n, &old, r);
    if (status == EXEC_NORMAL)
        value_set_take(f->st, place, old);
    else
        value_release(f->st, old);
    return status;
}

enum exec_status exec_update_global(struct interp_frame *f, struct node *n)
{
    return update_shared(f, n, &f->globals[n->a]);
}

enum exec_status exec_update_name(struct interp_frame *f, struct node *n)
{
    const struct ast_stmt *s = n->data;
    struct value l, r, out = value_unset(), *place;
    bool ok, is_const = false;

    place = variable_find(f, &s->as.assign.target.name, &is_const);
    if (place != NULL && !is_const)
        return update_shared(f, n, place);
    l = variable_read(f, &s->as.assign.target.name);
    if (node_stopped(l))
        return EXEC_STOPPED;
    r = node_eval(f, n->x);
    if (node_stopped(r)) {
        value_release(f->st, l);
        return exec_stopped(f);
    }
    if (is_const) {
        /* Refused right after the right side. */
        value_release(f->st, l);
        return variable_assign_take(f, &s->as.assign.target, r) ? EXEC_NORMAL
                                                                : EXEC_STOPPED;
    }
    node_at(f, n);
    ok = ops_binary(f->st, (enum ops_operator)n->op, l, r, &out);
    value_release(f->st, l);
    value_release(f->st, r);
    if (!ok)
        return EXEC_STOPPED;
    return variable_assign_take(f, &s->as.assign.target, out) ? EXEC_NORMAL
                                                              : EXEC_STOPPED;
}

/* ---- x := f(x, ...) ------------------------------------------------------------------------- */

static enum exec_status move_into(struct interp_frame *f, struct node *n,
                                  struct value *place)
{
    struct value v = eval_call_moving(f, n->x, place);

    if (node_stopped(v))
        return exec_stopped(f);
    value_set_take(f->st, place, v);
    return EXEC_NORMAL;
}

enum exec_status exec_move_local(struct interp_frame *f, struct node *n)
{
    return move_into(f, n, &f->base.slots[n->a]);
}

enum exec_status exec_move_global(struct interp_frame *f, struct node *n)
{
    return move_into(f, n, &f->globals[n->a]);
}

enum exec_status exec_move_name(struct interp_frame *f, struct node *n)
{
    const struct ast_stmt *s = n->data;
    bool is_const = false;
    struct value *place = variable_find(f, &s->as.assign.target.name, &is_const), v;

    if (place != NULL && !is_const)
        return move_into(f, n, place);
    v = node_eval(f, n->x);
    if (node_stopped(v))
        return exec_stopped(f);
    return variable_assign_take(f, &s->as.assign.target, v) ? EXEC_NORMAL
                                                            : EXEC_STOPPED;
}

/* ---- paths -------------------------------------------------------------------------------------- */

enum exec_status exec_index_local(struct interp_frame *f, struct node *n)
{
    struct value v = node_eval(f, n->x), index, *place = &f->base.slots[n->a];
    bool ok;

    if (node_stopped(v))
        return exec_stopped(f);
    index = node_eval(f, n->y);
    if (node_stopped(index)) {
        value_release(f->st, v);
        return exec_stopped(f);
    }
    node_at(f, n);
    ok = ops_set_index_take(f->st, place, index, v);
    value_release(f->st, index);
    return ok ? EXEC_NORMAL : EXEC_STOPPED;
}

static void release_steps(struct interp_frame *f, struct ops_step *steps,
                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        value_release(f->st, steps[i].index);
}

/* Evaluates the index expressions (n->items, NULL for a field step). */
static bool path_steps(struct interp_frame *f, struct node *n, struct ops_step *steps)
{
    const struct ast_stmt *s = n->data;

    for (uint32_t i = 0; i < n->nitems; i++) {
        steps[i].index = value_unset();
        steps[i].name = NULL;
        steps[i].offset = s->as.assign.steps[i].offset;
        if (s->as.assign.steps[i].index == NULL) {
            steps[i].name = STRING_OF(n->items[i]->constant);
            continue;
        }
        steps[i].index = node_eval(f, n->items[i]);
        if (node_stopped(steps[i].index)) {
            release_steps(f, steps, i);
            return false;
        }
    }
    return true;
}

/* Stores v (taken) at steps below the root variable; a hidden receiver's field gets one more
   step in front. */
static bool store(struct interp_frame *f, struct node *n, struct ops_step *steps,
                  struct value v)
{
    const struct ast_stmt *s = n->data;
    struct ops_step *path = steps + 1;
    uint32_t count = n->nitems;
    bool field = false;
    struct value *place = variable_place(f, &s->as.assign.target.name, &field);

    if (place == NULL) {
        value_release(f->st, v);
        return false;
    }
    if (field) {
        path = steps;
        count++;
    }
    node_at(f, n);
    return ops_set_path_take(f->st, place, path, count, v);
}

enum exec_status exec_path(struct interp_frame *f, struct node *n)
{
    const struct ast_stmt *s = n->data;
    const struct ast_name *root = &s->as.assign.target.name;
    struct ops_step *steps = alloca((n->nitems + 1) * sizeof *steps);
    struct value v = value_unset(), old = value_unset(), base;
    bool ok, field;

    /* steps[0] is for a field of the hidden receiver; n->constant is the root's name. */
    steps[0] = (struct ops_step){
        .index = value_unset(), .name = STRING_OF(n->constant), .offset = n->offset};
    if (!s->as.assign.compound) {
        v = node_eval(f, n->x);
        if (node_stopped(v))
            return exec_stopped(f);
        if (variable_place(f, root, &field) == NULL || !path_steps(f, n, steps + 1)) {
            value_release(f->st, v);
            return exec_stopped(f);
        }
    } else {
        if (!path_steps(f, n, steps + 1))
            return exec_stopped(f);
        /* The prelude is not searched for what is stored into. */
        if (!variable_is_set(f, root)) {
            variable_place(f, root, &field);
            release_steps(f, steps + 1, n->nitems);
            return EXEC_STOPPED;
        }
        base = variable_read(f, root);
        ok = !node_stopped(base);
        if (ok) {
            ok = ops_get_path(f->st, base, steps + 1, n->nitems, &old);
            value_release(f->st, base);
        }
        if (!ok) {
            release_steps(f, steps + 1, n->nitems);
            return EXEC_STOPPED;
        }
        v = node_eval(f, n->x);
        if (node_stopped(v) || variable_place(f, root, &field) == NULL) {
            value_release(f->st, old);
            value_release(f->st, v);
            release_steps(f, steps + 1, n->nitems);
            return exec_stopped(f);
        }
        node_at(f, n);
        ok = ops_binary(f->st, (enum ops_operator)n->op, old, v, &base);
        value_release(f->st, old);
        value_release(f->st, v);
        if (!ok) {
            release_steps(f, steps + 1, n->nitems);
            return EXEC_STOPPED;
        }
        v = base;
    }
    ok = store(f, n, steps, v);
    release_steps(f, steps + 1, n->nitems);
    return ok ? EXEC_NORMAL : EXEC_STOPPED;
}
