/*
 * Expressions: one node each, its routine chosen for the form of its operands.
 */
#include "config.h"

#include "interp/build.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/sizing.h"
#include "core/string.h"
#include "interp/count.h"
#include "interp/engine.h"
#include "interp/eval.h"

struct node *build_node(struct builder *b, uint32_t offset)
{
    struct node *n =
        b->counts ? count_node_new(b) : arena_alloc_zero(&b->code->arena, 1, sizeof *n);

    if (n == NULL) {
        b->failed = true;
        n = &b->spare;
    }
    n->offset = offset;
    return n;
}

struct node *build_expr_node(struct builder *b, uint32_t offset)
{
    struct node *n = build_node(b, offset);

    n->test = test_any;
    return n;
}

struct node **build_list(struct builder *b, uint32_t count)
{
    struct node **list =
        arena_alloc_zero(&b->code->arena, count + 1u, sizeof(struct node *));

    if (list == NULL)
        b->failed = true;
    return list;
}

struct value build_string(struct builder *b, const char *bytes, size_t len)
{
    struct interp_code *code = b->code;
    struct hash_key key = string_hash_key(b->st);
    struct string *s = NULL;

    if (code->nconstants == code->constants_capacity) {
        uint32_t capacity = code->constants_capacity * 2 + SIZE_OR_TINY(8, 1);
        struct value *grown = realloc(code->constants, capacity * sizeof *grown);

        if (grown != NULL) {
            code->constants = grown;
            code->constants_capacity = capacity;
        }
    }
    if (code->nconstants < code->constants_capacity)
        s = string_constant_new(&key, bytes, len);
    if (s == NULL) {
        b->failed = true;
        return value_null();
    }
    code->constants[code->nconstants++] = string_value(s);
    return string_value(s);
}

static struct value build_text(struct builder *b, struct ast_string s)
{
    return build_string(b, s.bytes, s.len);
}

const struct ast_var *build_sole_var(const struct ast_name *name, bool write)
{
    const struct ast_var *v = name->vars;

    if (name->nvars != 1 || v->maybe || v->kind == AST_VAR_SELF_FIELD ||
        (write && v->is_const))
        return NULL;
    return v;
}

static struct node *build_constant(struct builder *b, uint32_t offset, struct value v)
{
    struct node *n = build_expr_node(b, offset);

    n->run.eval = eval_constant;
    n->constant = v;
    return n;
}

static struct node *build_name(struct builder *b, const struct ast_name *name)
{
    struct node *n = build_expr_node(b, name->offset);
    const struct ast_var *v = build_sole_var(name, false);

    n->data = name;
    n->run.eval = eval_name;
    if (name->nvars == 1 && name->vars[0].kind == AST_VAR_GLOBAL &&
        name->vars[0].maybe) {
        n->run.eval = eval_global_maybe;
        n->a = name->vars[0].index;
        return n;
    }
    if (v == NULL)
        return n;
    n->a = v->index;
    switch (v->kind) {
    case AST_VAR_LOCAL: n->run.eval = eval_local; break;
    case AST_VAR_CELL: n->run.eval = eval_cell; break;
    case AST_VAR_CAPTURE: n->run.eval = eval_capture; break;
    case AST_VAR_GLOBAL: n->run.eval = eval_global; break;
    case AST_VAR_SELF_FIELD: break;
    }
    return n;
}

static void build_items(struct builder *b, struct node *n, const struct ast_list *list)
{
    n->items = build_list(b, list->count);
    if (n->items == NULL)
        return;
    n->nitems = list->count;
    for (uint32_t i = 0; i < list->count; i++)
        n->items[i] = build_expr(b, list->items[i]);
}

static struct node *build_unary(struct builder *b, const struct ast_expr *e,
                                eval_fn eval)
{
    struct node *n = build_expr_node(b, e->offset);

    n->run.eval = eval;
    if (e->as.unary.operand != NULL)
        n->x = build_expr(b, e->as.unary.operand);
    return n;
}

static struct node *build_box(struct builder *b, const struct ast_expr *e,
                              enum value_kind kind)
{
    struct node *n = build_unary(b, e, eval_boxed);

    n->op = kind;
    return n;
}

static struct node *build_operands(struct builder *b, const struct ast_expr *e)
{
    struct node *n = build_expr_node(b, e->offset);

    n->x = build_expr(b, e->as.binary.left);
    n->y = build_expr(b, e->as.binary.right);
    return n;
}

static struct node *build_logic(struct builder *b, const struct ast_expr *e,
                                test_fn test)
{
    struct node *n = build_operands(b, e);

    n->run.eval = eval_test;
    n->test = test;
    return n;
}

static struct node *build_index(struct builder *b, const struct ast_expr *e)
{
    struct node *n = build_expr_node(b, e->offset);

    n->x = build_expr(b, e->as.index.object);
    n->y = build_expr(b, e->as.index.index);
    n->run.eval = eval_index;
    if (n->x->run.eval == eval_local) {
        n->run.eval = eval_index_local;
        n->a = n->x->a;
    }
    return n;
}

static struct node *build_member(struct builder *b, const struct ast_expr *e)
{
    struct node *n = build_expr_node(b, e->offset);

    n->x = build_expr(b, e->as.member.object);
    n->constant = build_text(b, e->as.member.name);
    n->run.eval = e->kind == AST_OPTIONAL ? eval_optional : eval_member;
    if (e->kind == AST_MEMBER && n->x->run.eval == eval_local) {
        n->run.eval = eval_member_local;
        n->a = n->x->a;
    }
    return n;
}

static struct node *build_dict(struct builder *b, const struct ast_expr *e)
{
    struct node *n = build_expr_node(b, e->offset);
    uint32_t count = e->as.dict.count;

    n->run.eval = eval_dict;
    n->items = build_list(b, count * 2);
    if (n->items == NULL)
        return n;
    n->nitems = count * 2;
    for (uint32_t i = 0; i < count; i++) {
        const struct ast_dict_entry *entry = &e->as.dict.entries[i];

        n->items[2 * i + 1] = build_expr(b, entry->value);
        if (entry->key == NULL)
            continue;
        n->items[2 * i] = build_expr(b, entry->key);
        if (entry->key_name_fallback && entry->key->kind == AST_NAME) {
            struct node *key = build_expr_node(b, entry->key->offset);

            key->run.eval = eval_key_name;
            key->x = n->items[2 * i];
            key->data = &entry->key->as.name;
            key->constant =
                build_string(b, entry->key->as.name.text, entry->key->as.name.len);
            n->items[2 * i] = key;
        }
    }
    return n;
}

static struct node *build_struct(struct builder *b, const struct ast_expr *e)
{
    struct node *n = build_expr_node(b, e->offset);
    uint32_t count = e->as.struct_lit.count;

    n->run.eval = eval_struct;
    n->data = e;
    n->constant =
        build_string(b, e->as.struct_lit.name.text, e->as.struct_lit.name.len);
    n->y = build_expr_node(b, e->offset);
    n->items = build_list(b, count);
    n->y->items = build_list(b, count);
    if (n->items == NULL || n->y->items == NULL)
        return n;
    n->nitems = n->y->nitems = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct ast_field_init *field = &e->as.struct_lit.fields[i];

        n->items[i] = build_expr(b, field->value);
        n->y->items[i] = build_constant(b, e->offset, build_text(b, field->name));
        for (uint32_t j = 0; j < i && n->b == 0; j++) {
            const struct ast_string *other = &e->as.struct_lit.fields[j].name;

            if (other->len == field->name.len &&
                memcmp(other->bytes, field->name.bytes, other->len) == 0)
                n->b = 1;
        }
    }
    return n;
}

static struct node *build_tagged(struct builder *b, const struct ast_expr *e)
{
    struct node *n = build_expr_node(b, e->offset);
    const struct ast_string *type = &e->as.tagged.enum_name,
                            *tag = &e->as.tagged.variant;
    size_t len = (size_t)type->len + 2 + tag->len;
    char *text = arena_alloc(&b->code->arena, len + 1);

    n->run.eval = eval_tagged;
    if (text == NULL) {
        b->failed = true;
        return n;
    }
    memcpy(text, type->bytes, type->len);
    memcpy(text + type->len, "::", 2);
    memcpy(text + type->len + 2, tag->bytes, tag->len);
    n->constant = build_string(b, text, len);
    build_items(b, n, &e->as.tagged.args);
    return n;
}

static struct node *build_call(struct builder *b, const struct ast_expr *e)
{
    struct node *n = build_expr_node(b, e->offset);

    n->run.eval = e->as.call.is_pipe ? eval_pipe : eval_call;
    n->x = build_expr(b, e->as.call.callee);
    build_items(b, n, &e->as.call.args);
    return n;
}

static struct node *build_method(struct builder *b, const struct ast_expr *e)
{
    struct node *n = build_expr_node(b, e->offset);

    n->run.eval = eval_method;
    n->x = build_expr(b, e->as.method.object);
    n->constant = build_text(b, e->as.method.name);
    if (e->as.method.pipe_first != NULL)
        n->y = build_expr(b, e->as.method.pipe_first);
    build_items(b, n, &e->as.method.args);
    return n;
}

static struct node *build_binary(struct builder *b, const struct ast_expr *e)
{
    struct node *n = build_operands(b, e);

    n->op = e->as.binary.op;
    if (!b->failed)
        eval_binary_choose(n);
    return n;
}

static struct node *build_interpolation(struct builder *b, const struct ast_expr *e)
{
    struct node *n = build_expr_node(b, e->offset);

    n->run.eval = eval_interpolation;
    build_items(b, n, &e->as.list);
    return n;
}

static struct node *build_convert(struct builder *b, const struct ast_expr *e)
{
    struct node *n = build_expr_node(b, e->offset);

    n->run.eval = eval_convert;
    n->op = e->as.convert.to;
    n->x = build_expr(b, e->as.convert.operand);
    return n;
}

static struct node *build_operator(struct builder *b, const struct ast_expr *e)
{
    struct node *n;

    if (e->as.unary.op == AST_OP_NOT_WORD) {
        n = build_unary(b, e, eval_not_word);
        n->test = test_not_word;
        return n;
    }
    n = build_unary(b, e, eval_negate);
    n->op = e->as.unary.op;
    if (e->as.unary.op == AST_OP_NEG && n->x->run.eval == eval_constant &&
        n->x->constant.kind == VALUE_INT)
        return build_constant(b, e->offset, value_int(-n->x->constant.as.integer));
    return n;
}

struct node *build_expr(struct builder *b, const struct ast_expr *e)
{
    struct node *n;

    switch ((enum ast_expr_kind)e->kind) {
    case AST_NULL: return build_constant(b, e->offset, value_null());
    case AST_TRUE: return build_constant(b, e->offset, value_bool(true));
    case AST_FALSE: return build_constant(b, e->offset, value_bool(false));
    case AST_INT: return build_constant(b, e->offset, value_int(e->as.integer));
    case AST_FLOAT: return build_constant(b, e->offset, value_float(e->as.number));
    case AST_STRING: return build_constant(b, e->offset, build_text(b, e->as.string));
    case AST_NONE: return build_constant(b, e->offset, value_none());
    case AST_INTERPOLATION: return build_interpolation(b, e);
    case AST_NAME: return build_name(b, &e->as.name);
    case AST_ARRAY:
        n = build_expr_node(b, e->offset);
        n->run.eval = eval_array;
        build_items(b, n, &e->as.list);
        return n;
    case AST_DICT: return build_dict(b, e);
    case AST_STRUCT: return build_struct(b, e);
    case AST_FUNC:
        n = build_expr_node(b, e->offset);
        n->run.eval = eval_closure;
        n->data = e->as.func;
        return n;
    case AST_UNARY: return build_operator(b, e);
    case AST_BINARY: return build_binary(b, e);
    case AST_AND: return build_logic(b, e, test_and);
    case AST_OR: return build_logic(b, e, test_or);
    case AST_COALESCE:
        n = build_operands(b, e);
        n->run.eval = eval_coalesce;
        return n;
    case AST_PIPE:
    case AST_CALL: return build_call(b, e);
    case AST_METHOD: return build_method(b, e);
    case AST_INDEX: return build_index(b, e);
    case AST_MEMBER:
    case AST_OPTIONAL: return build_member(b, e);
    case AST_TRY: return build_unary(b, e, eval_try);
    case AST_AWAIT: return build_unary(b, e, eval_await);
    case AST_YIELD: return build_unary(b, e, eval_yield);
    case AST_OK: return build_box(b, e, VALUE_OK);
    case AST_ERR: return build_box(b, e, VALUE_ERR);
    case AST_SOME: return build_box(b, e, VALUE_SOME);
    case AST_TAGGED: return build_tagged(b, e);
    case AST_CONVERT: return build_convert(b, e);
    case AST_THROW: return build_unary(b, e, eval_throw);
    case AST_SPREAD: return build_unary(b, e, eval_spread);
    }
    return build_constant(b, e->offset, value_null());
}

/* ---- functions ------------------------------------------------------------------------------ */

void build_release_constants(struct interp_code *code)
{
    for (uint32_t i = 0; i < code->nconstants; i++)
        string_constant_free(STRING_OF(code->constants[i]));
    free(code->constants);
    code->constants = NULL;
    code->nconstants = 0;
}

struct interp_code *build_function(struct state *st, struct proto *p)
{
    struct interp_code *code = calloc(1, sizeof *code);
    struct builder b = {
        .st = st,
        .proto = p,
        .code = code,
        .counts = st->engine == &interp_counting_engine,
    };
    const struct ast_function *fn = p->ast;

    if (code == NULL) {
        error_out_of_memory(st);
        return NULL;
    }
    arena_init(&code->arena);
    code->body = build_block(&b, fn->body);
    code->hoisted = build_list(&b, fn->nhoisted);
    if (code->hoisted != NULL) {
        code->nhoisted = fn->nhoisted;
        for (uint32_t i = 0; i < fn->nhoisted; i++) {
            code->hoisted[i] = build_node(&b, fn->hoisted[i]->offset);
            code->hoisted[i]->run.exec = exec_func;
            code->hoisted[i]->data = fn->hoisted[i];
        }
    }
    code->needs_prologue = fn->nhoisted != 0 || fn->ncell_params != 0;
    if (b.failed) {
        build_release_constants(code);
        arena_done(&code->arena);
        free(code);
        error_out_of_memory(st);
        return NULL;
    }
    count_nodes(&b);
    return code;
}
