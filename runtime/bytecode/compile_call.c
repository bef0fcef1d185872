#include "config.h"

#include <string.h>

#include "bytecode/compiler.h"
#include "core/builtin.h"

/* ---- calls ---------------------------------------------------------------------------- */

/* Builtin calls carry the count in D and the row in 16 bits. */
static bool builtin_fits(int32_t row, uint32_t nargs)
{
    return row >= 0 && row <= UINT16_MAX && nargs <= UINT8_MAX;
}

/* The first of `count` registers a call is laid out in; dst itself when it is the newest
   temporary, which saves a move. */
static uint32_t call_base(struct compiler *c, uint32_t dst, uint32_t count)
{
    if (compile_is_temp(c, dst) && dst + 1 == c->top) {
        compile_temps(c, count - 1);
        return dst;
    }
    return compile_temps(c, count);
}

static void call_builtin_expr(struct compiler *c, const struct ast_expr *e, int32_t row,
                              uint32_t dst)
{
    const struct ast_list *args = &e->as.call.args;
    uint32_t first = compile_expr_list(c, args->items, args->count);
    compile_emit_abc(c, OP_CALLBUILTIN, (uint8_t)args->count, dst,
                     args->count > 0 ? first : 0, (uint32_t)row, e->offset);
}

void compile_call(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    const struct ast_call *call = &e->as.call;
    if (call->callee->kind == AST_NAME) {
        int32_t row = compile_name_builtin(&call->callee->as.name);
        if (builtin_fits(row, call->args.count)) {
            call_builtin_expr(c, e, row, dst);
            return;
        }
    }
    uint32_t base, done = 0;
    if (call->is_pipe) {
        base = call_base(c, dst, 2);
        compile_expr_into(c, call->args.items[0], base + 1);
        compile_expr_into(c, call->callee, base);
        done = 1;
    } else {
        base = call_base(c, dst, 1);
        compile_expr_into(c, call->callee, base);
    }
    for (uint32_t i = done; i < call->args.count; i++)
        compile_expr_temp(c, call->args.items[i]);
    compile_emit_abc(c, OP_CALL, 0, base, call->args.count, call->is_pipe ? 1 : 0,
                     e->offset);
    compile_emit_move(c, dst, base, e->offset);
}

void compile_call_method(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    const struct ast_method *call = &e->as.method;
    uint32_t base, count = call->args.count;
    if (call->pipe_first != NULL) {
        base = call_base(c, dst, 3);
        compile_expr_into(c, call->pipe_first, base + 2);
        count++;
    } else {
        base = call_base(c, dst, 2);
    }
    compile_expr_into(c, call->object, base + 1);
    for (uint32_t i = 0; i < call->args.count; i++)
        compile_expr_temp(c, call->args.items[i]);
    compile_emit_abc(c, OP_CALLMETHOD, call->pipe_first != NULL ? 1 : 0, base, count,
                     compile_cache(c, call->name, e->offset), e->offset);
    compile_emit_move(c, dst, base, e->offset);
}

bool compile_call_moving(struct compiler *c, const struct ast_target_name *t,
                         const struct ast_expr *value, uint32_t position)
{
    if (value->kind != AST_CALL || t->ignore || t->name.nvars == 0)
        return false;
    const struct ast_call *call = &value->as.call;
    const struct ast_var *v = &t->name.vars[0];
    if (v->is_const || v->kind == AST_VAR_SELF_FIELD ||
        call->callee->kind != AST_NAME || call->args.count == 0 ||
        call->args.items[0]->kind != AST_NAME)
        return false;
    int32_t row = compile_name_builtin(&call->callee->as.name);
    const struct ast_name *first = &call->args.items[0]->as.name;
    if (!builtin_fits(row, call->args.count) ||
        (c->st->builtins[row].flags & BUILTIN_MOVES_FIRST) == 0 || first->nvars == 0 ||
        first->vars[0].kind != v->kind || first->vars[0].index != v->index)
        return false;
    /* A name that may be unset is certain once the argument has been read. */
    if (v->maybe &&
        (t->name.nvars > 1 || first->nvars > 1 || first->builtin != AST_BUILTIN_NONE))
        return false;
    uint32_t top = c->top;
    uint32_t args = compile_expr_list(c, call->args.items, call->args.count);
    struct place p = compile_name_place(c, v);
    uint32_t dst = p.kind == PLACE_LOCAL ? p.index : args;
    compile_emit_abc(c, OP_MOVEBUILTIN, (uint8_t)call->args.count, dst, args,
                     (uint32_t)row, value->offset);
    compile_emit_ext(c, (uint8_t)p.kind, p.index, value->offset);
    if (p.kind != PLACE_LOCAL)
        compile_place_store(c, p, args, position);
    c->top = top;
    return true;
}

/* ---- literals that gather values ------------------------------------------------------ */

static bool has_spread(const struct ast_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i]->kind == AST_SPREAD)
            return true;
    }
    return false;
}

void compile_array(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    const struct ast_list *list = &e->as.list;
    if (list->count <= COMPILE_BATCH && !has_spread(list)) {
        uint32_t first = compile_expr_list(c, list->items, list->count);
        compile_emit_abc(c, OP_ARRAY, 0, dst, list->count > 0 ? first : 0, list->count,
                         e->offset);
        return;
    }
    uint32_t to = compile_is_temp(c, dst) ? dst : compile_temp(c);
    compile_emit_abc(c, OP_ARRAY, 0, to, 0, 0, e->offset);
    uint32_t i = 0, top = c->top;
    while (i < list->count) {
        const struct ast_expr *item = list->items[i];
        if (item->kind == AST_SPREAD) {
            uint32_t r = compile_expr_operand(c, item->as.unary.operand, false);
            compile_emit_abc(c, OP_SPREADARRAY, compile_take(c, r, INSN_TAKE_B), to, r,
                             0, item->offset);
            i++;
        } else {
            uint32_t n = 0;
            while (i + n < list->count && n < COMPILE_BATCH &&
                   list->items[i + n]->kind != AST_SPREAD)
                n++;
            uint32_t first = compile_expr_list(c, list->items + i, n);
            compile_emit_abc(c, OP_APPEND, 0, to, first, n, e->offset);
            i += n;
        }
        c->top = top;
    }
    compile_emit_move(c, dst, to, e->offset);
}

/* A key that is a bare name: the variable's value, or the name itself when it is unset. */
static uint32_t fallback_key(struct compiler *c, const struct ast_expr *key)
{
    const struct ast_name *n = &key->as.name;
    uint32_t r = compile_temp(c);
    compile_name_read_own(c, n, r);
    uint32_t set = compile_emit_ax(c, OP_JSET, 0, r, 0, key->offset);
    compile_emit_text(c, r, n->text, n->len, key->offset);
    compile_patch_here(c, set);
    return r;
}

void compile_dict(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    uint32_t to = compile_is_temp(c, dst) ? dst : compile_temp(c);
    compile_emit_abc(c, OP_DICT, 0, to, 0, 0, e->offset);
    uint32_t top = c->top;
    for (uint32_t i = 0; i < e->as.dict.count; i++) {
        const struct ast_dict_entry *entry = &e->as.dict.entries[i];
        if (entry->key == NULL) {
            uint32_t r = compile_expr_operand(c, entry->value, false);
            compile_emit_abc(c, OP_SPREADDICT, compile_take(c, r, INSN_TAKE_B), to, r,
                             0, entry->value->offset);
        } else {
            uint32_t key =
                entry->key_name_fallback
                    ? fallback_key(c, entry->key)
                    : compile_expr_operand(c, entry->key,
                                           !compile_expr_is_quiet(entry->value));
            uint32_t value = compile_expr_operand(c, entry->value, false);
            uint8_t take = (uint8_t)(compile_take(c, key, INSN_TAKE_B) |
                                     compile_take(c, value, INSN_TAKE_C));
            compile_emit_abc(c, OP_DICTSET, take, to, key, value, entry->key->offset);
        }
        c->top = top;
    }
    compile_emit_move(c, dst, to, e->offset);
}

void compile_struct(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    uint32_t count = e->as.struct_lit.count;
    const struct ast_name *name = &e->as.struct_lit.name;
    uint32_t first = compile_temp(c);
    compile_name_read_own(c, name, first);
    struct chunk_literal row = {.count = count};
    row.names = arena_alloc_zero(c->b.arena, count, sizeof(struct string *));
    row.slots = arena_alloc_zero(c->b.arena, count, sizeof(uint32_t));
    if (row.names == NULL || row.slots == NULL) {
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
        return;
    }
    row.name = builder_string_at(&c->b, builder_string(&c->b, name->text, name->len));
    for (uint32_t i = 0; i < count; i++) {
        const struct ast_field_init *field = &e->as.struct_lit.fields[i];
        compile_expr_temp(c, field->value);
        row.names[i] = builder_string_at(
            &c->b, builder_string(&c->b, field->name.bytes, field->name.len));
    }
    if (!literal_vec_push(&c->b.temp, &c->b.literals, row))
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
    compile_emit_abc(c, OP_STRUCT, 0, dst, first, (uint32_t)c->b.literals.len - 1,
                     e->offset);
}

void compile_interpolation(struct compiler *c, const struct ast_expr *e, uint32_t dst)
{
    const struct ast_list *parts = &e->as.list;
    uint32_t top = c->top;
    if (parts->count <= COMPILE_BATCH) {
        uint32_t first = compile_expr_list(c, parts->items, parts->count);
        compile_emit_abc(c, OP_CONCAT, 0, dst, parts->count > 0 ? first : 0,
                         parts->count, e->offset);
        return;
    }
    /* Batches; each begins with the text so far. */
    uint32_t text = compile_temp(c);
    compile_emit_text(c, text, "", 0, e->offset);
    for (uint32_t i = 0; i < parts->count;) {
        uint32_t n =
            parts->count - i < COMPILE_BATCH ? parts->count - i : COMPILE_BATCH;
        compile_expr_list(c, parts->items + i, n);
        i += n;
        compile_emit_abc(c, OP_CONCAT, 0, i < parts->count ? text : dst, text, n + 1,
                         e->offset);
        c->top = text + 1;
    }
    c->top = top;
}
