#include "config.h"

#include <stdarg.h>
#include <string.h>

#include "base/strbuf.h"
#include "bytecode/compiler.h"
#include "core/builtin.h"

static void self_register(struct compiler *c, const struct ast_name *n,
                          const struct ast_var *v, uint32_t *reg);
static void store_candidate(struct compiler *c, const struct ast_name *n,
                            const struct ast_var *v, uint32_t src, uint32_t position);

struct place compile_name_place(const struct compiler *c, const struct ast_var *v)
{
    switch (v->kind) {
    case AST_VAR_LOCAL: return (struct place){PLACE_LOCAL, c->local_base + v->index};
    case AST_VAR_CELL: return (struct place){PLACE_CELL, c->local_base + v->index};
    case AST_VAR_CAPTURE: return (struct place){PLACE_CAPTURE, v->index};
    case AST_VAR_GLOBAL:
    case AST_VAR_SELF_FIELD: break;
    }
    return (struct place){c->globals_in_registers ? PLACE_LOCAL : PLACE_GLOBAL,
                          v->index};
}

static void place_get(struct compiler *c, struct place p, uint32_t dst,
                      uint32_t position)
{
    switch (p.kind) {
    case PLACE_LOCAL: compile_emit_move(c, dst, p.index, position); return;
    case PLACE_CELL:
        compile_emit_abc(c, OP_GETCELL, 0, dst, p.index, 0, position);
        return;
    case PLACE_CAPTURE:
        compile_emit_ax(c, OP_GETCAPTURE, 0, dst, (int32_t)p.index, position);
        return;
    case PLACE_GLOBAL:
        compile_emit_ax(c, OP_GETGLOBAL, 0, dst, (int32_t)p.index, position);
        return;
    }
}

void compile_place_store(struct compiler *c, struct place p, uint32_t src,
                         uint32_t position)
{
    uint8_t take_a = compile_take(c, src, INSN_TAKE_A);
    switch (p.kind) {
    case PLACE_LOCAL: compile_emit_move(c, p.index, src, position); return;
    case PLACE_CELL:
        compile_emit_abc(c, OP_SETCELL, compile_take(c, src, INSN_TAKE_B), p.index, src,
                         0, position);
        return;
    case PLACE_CAPTURE:
        compile_emit_ax(c, OP_SETCAPTURE, take_a, src, (int32_t)p.index, position);
        return;
    case PLACE_GLOBAL:
        compile_emit_ax(c, OP_SETGLOBAL, take_a, src, (int32_t)p.index, position);
        return;
    }
}

/* ---- reading -------------------------------------------------------------------------- */

void compile_name_get(struct compiler *c, const struct ast_name *n,
                      const struct ast_var *v, uint32_t dst)
{
    if (v->kind != AST_VAR_SELF_FIELD) {
        place_get(c, compile_name_place(c, v), dst, n->offset);
        return;
    }
    uint32_t top = c->top, self;
    self_register(c, n, v, &self);
    compile_emit_abc(c, OP_GETSELF, compile_take(c, self, INSN_TAKE_B), dst, self,
                     builder_string(&c->b, n->text, n->len), n->offset);
    c->top = top;
}

/* A register with the hidden receiver. */
static void self_register(struct compiler *c, const struct ast_name *n,
                          const struct ast_var *v, uint32_t *reg)
{
    struct place p = compile_name_place(c, &n->self[v->index]);
    if (p.kind == PLACE_LOCAL) {
        *reg = p.index;
        return;
    }
    *reg = compile_temp(c);
    place_get(c, p, *reg, n->offset);
}

/* A function or a constant of the prelude. */
static void load_builtin(struct compiler *c, int32_t row, uint32_t dst,
                         uint32_t position)
{
    struct value v = row < AST_BUILTIN_NONE ? value_float(ast_builtin_constant(row))
                                            : value_builtin(&c->st->builtins[row]);
    compile_emit_ax(c, OP_LOADK, 0, dst, (int32_t)builder_constant(&c->b, v), position);
}

static void emit_check(struct compiler *c, uint32_t reg, const struct ast_name *n)
{
    compile_emit_ax(c, OP_CHECK, 0, reg,
                    (int32_t)builder_string(&c->b, n->text, n->len), n->offset);
}

int32_t compile_name_builtin(const struct ast_name *n)
{
    return n->nvars == 0 && n->builtin >= 0 ? n->builtin : -1;
}

/* Emits the reads of all candidates; the jumps taken when one is set go to `done`. True when
   the last one is certain to be set. */
static bool read_candidates(struct compiler *c, const struct ast_name *n, uint32_t dst,
                            struct jump_vec *done)
{
    for (uint32_t i = 0; i < n->nvars; i++) {
        compile_name_get(c, n, &n->vars[i], dst);
        if (!n->vars[i].maybe)
            return true;
        bool last = i + 1 == n->nvars && n->builtin == AST_BUILTIN_NONE;
        if (!last)
            compile_jump_push(c, done,
                              compile_emit_ax(c, OP_JSET, 0, dst, 0, n->offset));
    }
    return false;
}

void compile_name_read(struct compiler *c, const struct ast_name *n, uint32_t dst)
{
    if (n->nvars == 0 && n->builtin == AST_BUILTIN_NONE) {
        compile_name_raise(c, "Undefined variable: %s", n);
        return;
    }
    if (n->nvars == 1 && n->builtin == AST_BUILTIN_NONE && n->vars[0].maybe) {
        struct place p = compile_name_place(c, &n->vars[0]);
        if (n->vars[0].kind == AST_VAR_GLOBAL && p.kind == PLACE_GLOBAL) {
            compile_emit_ax(c, OP_GETGLOBALC, 0, dst, (int32_t)p.index, n->offset);
            return;
        }
        if (n->vars[0].kind != AST_VAR_SELF_FIELD && p.kind == PLACE_LOCAL) {
            emit_check(c, p.index, n);
            compile_emit_move(c, dst, p.index, n->offset);
            return;
        }
    }
    if (n->nvars == 0) {
        load_builtin(c, n->builtin, dst, n->offset);
        return;
    }
    if (!n->vars[0].maybe) {
        compile_name_get(c, n, &n->vars[0], dst);
        return;
    }
    /* A variable is written by the last instruction only. */
    uint32_t top = c->top;
    uint32_t to = compile_is_temp(c, dst) ? dst : compile_temp(c);
    struct jump_vec done = {.data = NULL};
    if (!read_candidates(c, n, to, &done)) {
        if (n->builtin != AST_BUILTIN_NONE)
            load_builtin(c, n->builtin, to, n->offset);
        else
            emit_check(c, to, n);
    }
    compile_patch_all(c, &done, builder_here(&c->b));
    compile_emit_move(c, dst, to, n->offset);
    c->top = top;
}

void compile_name_read_own(struct compiler *c, const struct ast_name *n, uint32_t dst)
{
    /* As if a builtin followed: every candidate is tested, the optimizer counts on it. */
    struct ast_name own = *n;
    own.builtin = 0;
    struct jump_vec done = {.data = NULL};
    if (n->nvars == 0)
        compile_emit_abc(c, OP_UNSET, 0, dst, 1, 0, n->offset);
    else
        read_candidates(c, &own, dst, &done);
    compile_patch_all(c, &done, builder_here(&c->b));
}

bool compile_name_register(struct compiler *c, const struct ast_name *n,
                           bool later_code, uint32_t *reg)
{
    if (n->nvars == 0 || n->vars[0].kind == AST_VAR_SELF_FIELD)
        return false;
    const struct ast_var *v = &n->vars[0];
    struct place p = compile_name_place(c, v);
    if (p.kind != PLACE_LOCAL || (v->kind == AST_VAR_GLOBAL && later_code))
        return false;
    if (v->maybe) {
        if (n->nvars > 1 || n->builtin != AST_BUILTIN_NONE)
            return false;
        emit_check(c, p.index, n);
    }
    *reg = p.index;
    return true;
}

/* ---- storing -------------------------------------------------------------------------- */

void compile_name_raise(struct compiler *c, const char *format,
                        const struct ast_name *n)
{
    struct strbuf text;
    strbuf_init(&text);
    const char *percent = strstr(format, "%s");
    strbuf_append(&text, format, (size_t)(percent - format));
    strbuf_append(&text, n->text, n->len);
    strbuf_append_str(&text, percent + 2);
    if (strbuf_failed(&text))
        builder_refuse(&c->b, BUILDER_NO_MEMORY);
    else
        compile_emit_ax(c, OP_RAISE, 0, 0,
                        (int32_t)builder_string(&c->b, text.data, text.len), n->offset);
    strbuf_done(&text);
}

bool compile_name_direct(const struct compiler *c, const struct ast_target_name *t,
                         bool declares, uint32_t *reg)
{
    const struct ast_var *v = &t->create;
    if (t->ignore)
        return false;
    if (declares || t->name.nvars == 0) {
        if (t->nconflicts > 0)
            return false;
    } else {
        v = &t->name.vars[0];
        if (v->maybe || v->is_const)
            return false;
    }
    if (v->kind == AST_VAR_SELF_FIELD)
        return false;
    struct place p = compile_name_place(c, v);
    *reg = p.index;
    return p.kind == PLACE_LOCAL;
}

uint32_t compile_name_jump_unset(struct compiler *c, const struct ast_name *n,
                                 const struct ast_var *v)
{
    if (v->kind != AST_VAR_SELF_FIELD) {
        struct place p = compile_name_place(c, v);
        if (p.kind == PLACE_LOCAL)
            return compile_emit_ax(c, OP_JUNSET, 0, p.index, 0, n->offset);
    }
    /* The probe is dropped on the way that goes on; unset needs no dropping. */
    uint32_t top = c->top;
    uint32_t probe = compile_temp(c);
    compile_name_get(c, n, v, probe);
    uint32_t jump = compile_emit_ax(c, OP_JUNSET, 0, probe, 0, n->offset);
    compile_emit_abc(c, OP_DROP, 0, probe, 0, 0, n->offset);
    c->top = top;
    return jump;
}

static void store_candidate(struct compiler *c, const struct ast_name *n,
                            const struct ast_var *v, uint32_t src, uint32_t position)
{
    if (v->kind != AST_VAR_SELF_FIELD) {
        compile_place_store(c, compile_name_place(c, v), src, position);
        return;
    }
    struct place self = compile_name_place(c, &n->self[v->index]);
    if (self.kind == PLACE_LOCAL) {
        compile_emit_abc(
            c, OP_SETFIELD, compile_take(c, src, INSN_TAKE_B), self.index, src,
            compile_cache(c, (struct ast_string){n->text, n->len}, position), position);
        return;
    }
    uint32_t path = compile_path(c, 1, position);
    compile_path_name(c, path, 0, n->text, n->len, position);
    compile_emit_abc(c, OP_SETPATH, compile_take(c, src, INSN_TAKE_A), src, src, path,
                     position);
    compile_emit_ext(c, (uint8_t)self.kind, self.index, position);
}

static void create(struct compiler *c, const struct ast_target_name *t, uint32_t src,
                   uint32_t position)
{
    for (uint32_t i = 0; i < t->nconflicts; i++) {
        const struct ast_var *v = &t->conflicts[i];
        uint32_t unset = v->maybe ? compile_name_jump_unset(c, &t->name, v) : 0;
        compile_name_raise(c, "Duplicate declaration in the same scope: %s", &t->name);
        if (v->maybe)
            compile_patch_here(c, unset);
    }
    store_candidate(c, &t->name, &t->create, src, position);
}

void compile_name_declare(struct compiler *c, const struct ast_target_name *t,
                          uint32_t src, uint32_t position)
{
    if (!t->ignore)
        create(c, t, src, position);
    else if (compile_is_temp(c, src))
        compile_emit_abc(c, OP_DROP, 0, src, 0, 0, position);
}

void compile_name_assign(struct compiler *c, const struct ast_target_name *t,
                         uint32_t src, uint32_t position)
{
    if (t->ignore) {
        compile_name_declare(c, t, src, position);
        return;
    }
    struct jump_vec done = {.data = NULL};
    bool certain = false;
    for (uint32_t i = 0; i < t->name.nvars && !certain; i++) {
        const struct ast_var *v = &t->name.vars[i];
        uint32_t unset = v->maybe ? compile_name_jump_unset(c, &t->name, v) : 0;
        if (v->is_const)
            compile_name_raise(c, "Cannot reassign const binding: %s", &t->name);
        else
            store_candidate(c, &t->name, v, src, position);
        certain = !v->maybe;
        if (!certain) {
            if (!v->is_const)
                compile_jump_push(c, &done, compile_emit_jump(c, position));
            compile_patch_here(c, unset);
        }
    }
    if (!certain)
        create(c, t, src, position);
    compile_patch_all(c, &done, builder_here(&c->b));
}
