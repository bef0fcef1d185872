/*
 * Statements that bind functions, struct definitions and imported names.
 */
#include "config.h"

#include <stdlib.h>

#include "interp/eval.h"

enum exec_status exec_func(struct interp_frame *f, struct node *n)
{
    const struct ast_stmt *s = n->data;
    struct function *made;

    node_at(f, n);
    made = interp_closure(f, s->as.func.func);
    if (made == NULL)
        return EXEC_STOPPED;
    return variable_declare_take(f, &s->as.func.name, value_object(&made->head))
               ? EXEC_NORMAL
               : EXEC_STOPPED;
}

/* Closures of the defaults and methods of a struct; NULL entries where there is none. */
struct struct_parts {
    const char **field_names;
    struct function **defaults;
    struct function **methods;
};

static void parts_done(struct state *st, const struct ast_stmt *s,
                       struct struct_parts *p)
{
    for (uint32_t i = 0; p->defaults != NULL && i < s->as.struct_decl.nfields; i++)
        if (p->defaults[i] != NULL)
            object_release(st, &p->defaults[i]->head);
    for (uint32_t i = 0; p->methods != NULL && i < s->as.struct_decl.nmethods; i++)
        if (p->methods[i] != NULL)
            object_release(st, &p->methods[i]->head);
    free(p->field_names);
    free(p->defaults);
    free(p->methods);
}

static bool parts_make(struct interp_frame *f, const struct ast_stmt *s,
                       struct struct_parts *p)
{
    uint32_t nfields = s->as.struct_decl.nfields, nmethods = s->as.struct_decl.nmethods;

    p->field_names = calloc(nfields + 1u, sizeof *p->field_names);
    p->defaults = calloc(nfields + 1u, sizeof *p->defaults);
    p->methods = calloc(nmethods + 1u, sizeof *p->methods);
    if (p->field_names == NULL || p->defaults == NULL || p->methods == NULL)
        return error_out_of_memory(f->st);
    for (uint32_t i = 0; i < nfields; i++) {
        const struct ast_struct_field *field = &s->as.struct_decl.fields[i];

        p->field_names[i] = field->name.bytes;
        if (field->init == NULL)
            continue;
        p->defaults[i] = interp_closure(f, field->init);
        if (p->defaults[i] == NULL)
            return false;
    }
    for (uint32_t i = 0; i < nmethods; i++) {
        p->methods[i] = interp_closure(f, s->as.struct_decl.methods[i]);
        if (p->methods[i] == NULL)
            return false;
    }
    return true;
}

enum exec_status exec_struct(struct interp_frame *f, struct node *n)
{
    const struct ast_stmt *s = n->data;
    struct struct_parts parts = {NULL, NULL, NULL};
    struct value def = value_unset();
    bool ok;

    node_at(f, n);
    ok = parts_make(f, s, &parts) &&
         structdef_new(f->st, s->as.struct_decl.name.name.text,
                       s->as.struct_decl.nfields, parts.field_names, parts.defaults,
                       s->as.struct_decl.nmethods, parts.methods, &def);
    parts_done(f->st, s, &parts);
    if (!ok)
        return EXEC_STOPPED;
    return variable_declare_take(f, &s->as.struct_decl.name, def) ? EXEC_NORMAL
                                                                  : EXEC_STOPPED;
}

/* `X::Y` needs no declaration; the name itself is bound so that it hides outer ones and can
   be exported. */
enum exec_status exec_enum(struct interp_frame *f, struct node *n)
{
    const struct ast_stmt *s = n->data;

    node_at(f, n);
    return variable_declare_take(f, &s->as.enum_decl.name, value_null()) ? EXEC_NORMAL
                                                                         : EXEC_STOPPED;
}

enum exec_status exec_import(struct interp_frame *f, struct node *n)
{
    const struct ast_stmt *s = n->data;
    struct instance *module;

    node_at(f, n);
    if (!f->st->import(f->st, f->base.proto->unit, s->as.import.module.bytes, &module))
        return EXEC_STOPPED;
    for (uint32_t i = 0; i < s->as.import.nnames; i++) {
        const struct ast_target_name *t = &s->as.import.names[i];
        struct value v;

        node_at(f, n);
        if (!f->st->import_symbol(f->st, module, t->name.text, s->as.import.all, &v))
            return EXEC_STOPPED;
        if (v.kind != VALUE_UNSET && !variable_declare_take(f, t, v))
            return EXEC_STOPPED;
    }
    return EXEC_NORMAL;
}

enum exec_status exec_spawn(struct interp_frame *f, struct node *n)
{
    const struct ast_stmt *s = n->data;
    struct function *block;
    bool ok;

    node_at(f, n);
    block = interp_closure(f, s->as.func.func);
    if (block == NULL)
        return EXEC_STOPPED;
    ok = f->st->spawn(f->st, block);
    object_release(f->st, &block->head);
    return ok ? EXEC_NORMAL : EXEC_STOPPED;
}
