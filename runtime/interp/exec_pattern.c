/*
 * Destructuring and match patterns.
 */
#include "config.h"

#include <stdlib.h>

#include "core/string.h"
#include "interp/eval.h"

static bool bind_name_take(struct interp_frame *f, const struct ast_pattern *p,
                           const struct ast_target_name *t, struct value v)
{
    return p->declares ? variable_declare_take(f, t, v) : variable_assign_take(f, t, v);
}

static bool bind_array(struct interp_frame *f, const struct ast_pattern *p,
                       struct value v)
{
    struct value item;

    for (uint32_t i = 0; i < p->count; i++) {
        bool ok;

        if (!ops_destructure_item(f->st, v, i, &item))
            return false;
        ok = exec_pattern_bind(f, p->items[i], item);
        value_release(f->st, item);
        if (!ok)
            return false;
    }
    if (p->rest == NULL)
        return true;
    return ops_destructure_rest(f->st, v, p->count, &item) &&
           bind_name_take(f, p, p->rest, item);
}

static bool bind_dict(struct interp_frame *f, const struct ast_pattern *p,
                      struct value v)
{
    struct string **keys = calloc(p->count + 1u, sizeof *keys);
    struct value item;
    bool ok = keys != NULL || error_out_of_memory(f->st);

    for (uint32_t i = 0; ok && i < p->count; i++) {
        const struct ast_target_name *t = &p->items[i]->name;

        keys[i] = string_new(f->st, t->name.text, t->name.len);
        ok = keys[i] != NULL && ops_destructure_key(f->st, v, keys[i], &item) &&
             bind_name_take(f, p, t, item);
    }
    if (ok && p->rest != NULL)
        ok = ops_destructure_rest_dict(f->st, v, keys, p->count, &item) &&
             bind_name_take(f, p, p->rest, item);
    for (uint32_t i = 0; keys != NULL && i < p->count; i++)
        if (keys[i] != NULL)
            object_release(f->st, &keys[i]->head);
    free(keys);
    return ok;
}

bool exec_pattern_bind(struct interp_frame *f, const struct ast_pattern *p,
                       struct value v)
{
    switch ((enum ast_pattern_kind)p->kind) {
    case AST_PATTERN_NAME: return bind_name_take(f, p, &p->name, value_retain(v));
    case AST_PATTERN_ARRAY: return bind_array(f, p, v);
    case AST_PATTERN_DICT: return bind_dict(f, p, v);
    }
    return false;
}

/* Binds payload values of a tag pattern; see ast.h for `extra`. */
static bool bind_payload(struct interp_frame *f, const struct ast_case *c,
                         struct value v)
{
    for (uint32_t i = 0; i < c->nbindings; i++)
        if (!variable_declare_take(f, &c->bindings[i], ops_match_payload(v, i)))
            return false;
    for (uint32_t i = 0; i < c->nextra; i++) {
        /* x_1 exists only when the payload has that value. */
        if (v.kind == VALUE_TAGGED && c->extra_index[i] < TAGGED_OF(v)->count &&
            !variable_declare_take(f, &c->extra[i],
                                   ops_match_payload(v, c->extra_index[i])))
            return false;
    }
    return true;
}

int exec_pattern_match(struct interp_frame *f, const struct ast_case *c,
                       struct node *literal, struct value tag, struct value v)
{
    struct value want;
    bool equal = false;

    switch ((enum ast_case_kind)c->kind) {
    case AST_CASE_ANY: return 1;
    case AST_CASE_NONE: return v.kind == VALUE_NONE;
    case AST_CASE_LITERAL:
        want = node_eval(f, literal);
        if (node_stopped(want))
            return -1;
        if (!ops_equal(f->st, v, want, &equal)) {
            value_release(f->st, want);
            return -1;
        }
        value_release(f->st, want);
        return equal ? 1 : 0;
    case AST_CASE_OK:
        if (v.kind != VALUE_OK)
            return 0;
        break;
    case AST_CASE_ERR:
        if (v.kind != VALUE_ERR)
            return 0;
        break;
    case AST_CASE_SOME:
        if (v.kind != VALUE_SOME)
            return 0;
        break;
    case AST_CASE_TAG:
        if (!ops_match_tag(v, STRING_OF(tag), c->bare_tag))
            return 0;
        if (v.kind == VALUE_STRING)
            return 1;
        break;
    }
    return bind_payload(f, c, v) ? 1 : -1;
}
