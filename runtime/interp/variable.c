/*
 * Variables with more than one candidate binding, constants, and fields of a hidden
 * receiver. The single-candidate cases have routines of their own in eval.c and assign.c.
 */
#include "config.h"

#include "core/builtin.h"
#include "core/string.h"
#include "core/structs.h"
#include "interp/eval.h"

/* Slot of a candidate that is set, or NULL. SELF_FIELD candidates are not handled here. */
static struct value *set_slot(struct interp_frame *f, const struct ast_var *v)
{
    struct value *slot = interp_slot(f, v);

    return slot->kind == VALUE_UNSET ? NULL : slot;
}

/*
 * The receiver of a method without `self` that the SELF_FIELD candidate `v` speaks of, when
 * it has the field NAME; else NULL. *field is borrowed from it.
 */
static struct value *self_with_field(struct interp_frame *f,
                                     const struct ast_name *name,
                                     const struct ast_var *v, struct value *field)
{
    struct value *receiver = interp_slot(f, &name->self[v->index]), *found = NULL;
    struct string *key;

    if (receiver->kind != VALUE_STRUCT)
        return NULL;
    key = string_new(f->st, name->text, name->len);
    if (key == NULL) {
        error_clear(f->st);
        return NULL;
    }
    found = struct_find(f->st, STRUCT_OF(*receiver), key);
    object_release(f->st, &key->head);
    if (found == NULL)
        return NULL;
    *field = *found;
    return receiver;
}

static bool set_self_field_take(struct interp_frame *f, const struct ast_name *name,
                                struct value *receiver, struct value v)
{
    struct string *key = string_new(f->st, name->text, name->len);
    bool ok;

    if (key == NULL) {
        value_release(f->st, v);
        return false;
    }
    ok = struct_set_take(f->st, receiver, key, v);
    object_release(f->st, &key->head);
    return ok;
}

struct value variable_read(struct interp_frame *f, const struct ast_name *name)
{
    for (uint32_t i = 0; i < name->nvars; i++) {
        const struct ast_var *v = &name->vars[i];

        if (v->kind == AST_VAR_SELF_FIELD) {
            struct value field;

            if (self_with_field(f, name, v, &field) != NULL)
                return value_retain(field);
        } else {
            struct value *slot = set_slot(f, v);

            if (slot != NULL)
                return value_retain(*slot);
        }
    }
    if (name->builtin >= 0)
        return value_builtin(&f->st->builtins[name->builtin]);
    if (name->builtin < AST_BUILTIN_NONE)
        return value_float(ast_builtin_constant(name->builtin));
    f->base.at.offset = name->offset;
    error_undefined(f->st, name->text);
    return value_unset();
}

bool variable_is_set(struct interp_frame *f, const struct ast_name *name)
{
    struct value field;

    for (uint32_t i = 0; i < name->nvars; i++) {
        const struct ast_var *v = &name->vars[i];

        if (v->kind == AST_VAR_SELF_FIELD) {
            if (self_with_field(f, name, v, &field) != NULL)
                return true;
        } else if (set_slot(f, v) != NULL) {
            return true;
        }
    }
    return false;
}

static bool conflicts(struct interp_frame *f, const struct ast_target_name *t,
                      const struct ast_var *v)
{
    struct value field;

    return v->kind == AST_VAR_SELF_FIELD
               ? self_with_field(f, &t->name, v, &field) != NULL
               : set_slot(f, v) != NULL;
}

bool variable_declare_take(struct interp_frame *f, const struct ast_target_name *t,
                           struct value v)
{
    if (t->ignore) {
        value_release(f->st, v);
        return true;
    }
    for (uint32_t i = 0; i < t->nconflicts; i++) {
        if (conflicts(f, t, &t->conflicts[i])) {
            value_release(f->st, v);
            f->base.at.offset = t->name.offset;
            return error_raise(f->st, "Duplicate declaration in the same scope: %s",
                               t->name.text);
        }
    }
    value_set_take(f->st, interp_slot(f, &t->create), v);
    return true;
}

static bool raise_const(struct interp_frame *f, const struct ast_name *name,
                        const char *verb)
{
    f->base.at.offset = name->offset;
    return error_raise(f->st, "Cannot %s const binding: %s", verb, name->text);
}

bool variable_assign_take(struct interp_frame *f, const struct ast_target_name *t,
                          struct value v)
{
    const struct ast_name *name = &t->name;

    if (t->ignore) {
        value_release(f->st, v);
        return true;
    }
    for (uint32_t i = 0; i < name->nvars; i++) {
        const struct ast_var *var = &name->vars[i];

        if (var->kind == AST_VAR_SELF_FIELD) {
            struct value field, *receiver = self_with_field(f, name, var, &field);

            if (receiver != NULL)
                return set_self_field_take(f, name, receiver, v);
        } else {
            struct value *slot = set_slot(f, var);

            if (slot == NULL)
                continue;
            if (var->is_const) {
                value_release(f->st, v);
                return raise_const(f, name, "reassign");
            }
            value_set_take(f->st, slot, v);
            return true;
        }
    }
    return variable_declare_take(f, t, v);
}

struct value *variable_find(struct interp_frame *f, const struct ast_name *name,
                            bool *is_const)
{
    for (uint32_t i = 0; i < name->nvars; i++) {
        struct value *slot;

        if (name->vars[i].kind == AST_VAR_SELF_FIELD)
            return NULL;
        slot = set_slot(f, &name->vars[i]);
        if (slot != NULL) {
            *is_const = name->vars[i].is_const;
            return slot;
        }
    }
    return NULL;
}

struct value *variable_place(struct interp_frame *f, const struct ast_name *name,
                             bool *field_of_self)
{
    *field_of_self = false;
    for (uint32_t i = 0; i < name->nvars; i++) {
        const struct ast_var *var = &name->vars[i];

        if (var->kind == AST_VAR_SELF_FIELD) {
            struct value field, *receiver = self_with_field(f, name, var, &field);

            if (receiver != NULL) {
                *field_of_self = true;
                return receiver;
            }
        } else {
            struct value *slot = set_slot(f, var);

            if (slot == NULL)
                continue;
            if (var->is_const) {
                raise_const(f, name, "mutate");
                return NULL;
            }
            return slot;
        }
    }
    f->base.at.offset = name->offset;
    error_undefined(f->st, name->text);
    return NULL;
}
