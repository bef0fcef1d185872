#include "config.h"

#include <string.h>

#include "base/strbuf.h"
#include "bytecode/compiler.h"

/* ---- blocks --------------------------------------------------------------------------- */

void compile_stmt_open_scope(struct compiler *c, const struct ast_block *b,
                             uint32_t skip)
{
    uint32_t i = 0;
    while (i < b->nreset) {
        /* Neighbours share an instruction. */
        uint32_t first = c->local_base + b->reset_slots[i], n = 1;
        i++;
        if (first == skip)
            continue;
        while (i < b->nreset && c->local_base + b->reset_slots[i] == first + n &&
               first + n != skip && n < UINT16_MAX) {
            n++;
            i++;
        }
        compile_emit_abc(c, OP_UNSET, 0, first, n, 0, c->fn->offset);
    }
    for (i = 0; i < b->ncells; i++)
        compile_emit_abc(c, OP_NEWCELL, 0, c->local_base + b->cell_slots[i], 0, 0,
                         c->fn->offset);
}

void compile_stmt_block(struct compiler *c, const struct ast_block *b)
{
    if (b->scoped)
        compile_stmt_open_scope(c, b, UINT32_MAX);
    for (uint32_t i = 0; i < b->count; i++)
        compile_stmt(c, b->stmts[i]);
}

/* ---- declarations --------------------------------------------------------------------- */

void compile_stmt_function(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_target_name *t = &s->as.func.name;
    uint32_t top = c->top, reg;
    if (compile_name_direct(c, t, true, &reg)) {
        compile_closure(c, reg, s->as.func.func, s->offset);
    } else {
        reg = compile_temp(c);
        compile_closure(c, reg, s->as.func.func, s->offset);
        compile_name_declare(c, t, reg, s->offset);
    }
    c->top = top;
}

/* The method that makes a struct impossible (language.md 12.1), or NULL. */
static const struct ast_function *generator_method(const struct ast_stmt *s)
{
    for (uint32_t i = 0; i < s->as.struct_decl.nmethods; i++) {
        if (s->as.struct_decl.methods[i]->is_generator)
            return s->as.struct_decl.methods[i];
    }
    return NULL;
}

static void reject_generator_method(struct compiler *c, const struct ast_stmt *s,
                                    const struct ast_function *method)
{
    struct strbuf text;
    strbuf_init(&text);
    const struct ast_name *name = &s->as.struct_decl.name.name;
    const char *own = strrchr(method->name, '.');
    strbuf_append_str(&text, "Generator methods are not supported for structs: ");
    strbuf_append(&text, name->text, name->len);
    strbuf_append_char(&text, '.');
    strbuf_append_str(&text, own == NULL ? method->name : own + 1);
    if (strbuf_failed(&text))
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
    else
        compile_emit_ax(c, OP_RAISE, 0, 0,
                        (int32_t)builder_string(&c->b, text.data, text.len), s->offset);
    strbuf_done(&text);
}

static uint32_t structdef_row(struct compiler *c, const struct ast_stmt *s)
{
    struct chunk_structdef row = {.nfields = s->as.struct_decl.nfields,
                                  .nmethods = s->as.struct_decl.nmethods};
    const struct ast_name *name = &s->as.struct_decl.name.name;
    row.name = arena_strdup(c->b.arena, name->text, name->len);
    row.field_names = arena_alloc_zero(c->b.arena, row.nfields, sizeof(const char *));
    bool ok = row.name != NULL && row.field_names != NULL;
    for (uint32_t i = 0; ok && i < row.nfields; i++) {
        struct ast_string field = s->as.struct_decl.fields[i].name;
        row.field_names[i] = arena_strdup(c->b.arena, field.bytes, field.len);
        ok = row.field_names[i] != NULL;
    }
    if (!ok || !structdef_vec_push(&c->b.temp, &c->b.structdefs, row)) {
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
        return 0;
    }
    return (uint32_t)c->b.structdefs.len - 1;
}

static void stmt_struct(struct compiler *c, const struct ast_stmt *s)
{
    const struct ast_function *wrong = generator_method(s);
    if (wrong != NULL) {
        reject_generator_method(c, s, wrong);
        return;
    }
    uint32_t top = c->top;
    uint32_t row = structdef_row(c, s);
    uint32_t result = compile_temp(c);
    uint32_t first = c->top;
    for (uint32_t i = 0; i < s->as.struct_decl.nfields; i++) {
        uint32_t r = compile_temp(c);
        const struct ast_function *init = s->as.struct_decl.fields[i].init;
        if (init != NULL)
            compile_closure(c, r, init, s->offset);
        else
            compile_emit_constant(c, r, value_null(), s->offset);
    }
    for (uint32_t i = 0; i < s->as.struct_decl.nmethods; i++)
        compile_closure(c, compile_temp(c), s->as.struct_decl.methods[i], s->offset);
    compile_emit_abc(c, OP_STRUCTDEF, 0, result, c->top > first ? first : 0, row,
                     s->offset);
    compile_name_declare(c, &s->as.struct_decl.name, result, s->offset);
    c->top = top;
}

/* `X::Y` needs no declaration; the name itself is bound so that it hides outer ones. */
static void stmt_enum(struct compiler *c, const struct ast_stmt *s)
{
    uint32_t top = c->top;
    uint32_t r = compile_temp(c);
    compile_emit_constant(c, r, value_null(), s->offset);
    compile_name_declare(c, &s->as.enum_decl.name, r, s->offset);
    c->top = top;
}

static void stmt_import(struct compiler *c, const struct ast_stmt *s)
{
    uint32_t top = c->top, n = s->as.import.nnames;
    struct ast_string module = s->as.import.module;
    uint32_t path = compile_path(c, n, s->offset);
    for (uint32_t i = 0; i < n; i++) {
        const struct ast_name *name = &s->as.import.names[i].name;
        compile_path_name(c, path, i, name->text, name->len, name->offset);
    }
    /* The instruction names a register even when nothing is imported. */
    uint32_t first = compile_temps(c, n > 0 ? n : 1);
    compile_emit_abc(c, OP_IMPORT, 0, first, n, path, s->offset);
    compile_emit_ext(c, s->as.import.all,
                     builder_string(&c->b, module.bytes, module.len), s->offset);
    for (uint32_t i = 0; i < n; i++) {
        /* `import m` leaves alone what the module did not reach. */
        uint32_t unset = s->as.import.all
                             ? compile_emit_ax(c, OP_JUNSET, 0, first + i, 0, s->offset)
                             : 0;
        compile_name_declare(c, &s->as.import.names[i], first + i, s->offset);
        if (s->as.import.all)
            compile_patch_here(c, unset);
    }
    c->top = top;
}

/* ---- simple statements ---------------------------------------------------------------- */

static void stmt_return(struct compiler *c, const struct ast_stmt *s)
{
    if (s->as.expr == NULL) {
        compile_emit_abc(c, OP_RETNULL, 0, 0, 0, 0, s->offset);
        return;
    }
    uint32_t top = c->top;
    uint32_t r = compile_expr_operand(c, s->as.expr, false);
    compile_emit_abc(c, OP_RET, compile_take(c, r, INSN_TAKE_A), r, 0, 0, s->offset);
    c->top = top;
}

static void stmt_throw(struct compiler *c, const struct ast_stmt *s)
{
    uint32_t top = c->top;
    uint32_t r = compile_expr_operand(c, s->as.expr, false);
    compile_emit_abc(c, OP_THROW, compile_take(c, r, INSN_TAKE_A), r, 0, 0, s->offset);
    c->top = top;
}

static void stmt_spawn(struct compiler *c, const struct ast_stmt *s)
{
    uint32_t top = c->top;
    uint32_t r = compile_temp(c);
    compile_closure(c, r, s->as.func.func, s->offset);
    compile_emit_abc(c, OP_SPAWN, INSN_TAKE_A, r, 0, 0, s->offset);
    c->top = top;
}

static void stmt_kind(struct compiler *c, const struct ast_stmt *s)
{
    switch ((enum ast_stmt_kind)s->kind) {
    case AST_STMT_EXPR: compile_expr_effect(c, s->as.expr); return;
    case AST_STMT_LET:
    case AST_STMT_DESTRUCTURE: compile_pattern_let(c, s); return;
    case AST_STMT_ASSIGN: compile_pattern_assign(c, s); return;
    case AST_STMT_FUNC:
        if (!s->as.func.hoisted)
            compile_stmt_function(c, s);
        return;
    case AST_STMT_STRUCT: stmt_struct(c, s); return;
    case AST_STMT_ENUM: stmt_enum(c, s); return;
    case AST_STMT_IMPORT: stmt_import(c, s); return;
    case AST_STMT_EXPORT: compile_stmt(c, s->as.export.stmt); return;
    case AST_STMT_RETURN: stmt_return(c, s); return;
    case AST_STMT_THROW: stmt_throw(c, s); return;
    case AST_STMT_IF: compile_if(c, s); return;
    case AST_STMT_WHILE: compile_while(c, s); return;
    case AST_STMT_FOR: compile_for(c, s); return;
    case AST_STMT_MATCH: compile_match(c, s); return;
    case AST_STMT_TRY: compile_try(c, s); return;
    case AST_STMT_BREAK:
    case AST_STMT_CONTINUE: compile_break(c, s); return;
    case AST_STMT_SPAWN: stmt_spawn(c, s); return;
    case AST_STMT_TEST: return; /* collected by `ruff test`, skipped by a run */
    }
}

void compile_stmt(struct compiler *c, const struct ast_stmt *s)
{
    if (compile_enter(c))
        stmt_kind(c, s);
    compile_leave(c);
}
