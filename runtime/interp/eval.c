/*
 * Expressions that name, build or take apart values.
 */
#include "config.h"

#include "interp/eval.h"

#include <alloca.h>

#include "core/array.h"
#include "core/boxed.h"
#include "core/dict.h"
#include "core/string.h"
#include "core/structs.h"
#include "interp/generator.h"

/* ---- names -------------------------------------------------------------------------------- */

struct value eval_constant(struct interp_frame *f, struct node *n)
{
    (void)f;
    return n->constant;
}

struct value eval_local(struct interp_frame *f, struct node *n)
{
    return value_retain(f->base.slots[n->a]);
}

struct value eval_cell(struct interp_frame *f, struct node *n)
{
    return value_retain(CELL_OF(f->base.slots[n->a])->value);
}

struct value eval_capture(struct interp_frame *f, struct node *n)
{
    return value_retain(f->base.function->cells[n->a]->value);
}

struct value eval_global(struct interp_frame *f, struct node *n)
{
    return value_retain(f->globals[n->a]);
}

struct value eval_global_maybe(struct interp_frame *f, struct node *n)
{
    struct value v = f->globals[n->a];

    if (__builtin_expect(v.kind == VALUE_UNSET, 0))
        return variable_read(f, n->data);
    return value_retain(v);
}

struct value eval_name(struct interp_frame *f, struct node *n)
{
    return variable_read(f, n->data);
}

/* ---- literals ------------------------------------------------------------------------------ */

struct value eval_interpolation(struct interp_frame *f, struct node *n)
{
    struct value *parts = alloca((n->nitems + 1) * sizeof *parts);
    struct value out = value_unset();
    uint32_t made = 0;
    bool ok;

    parts[0] = value_unset();
    for (; made < n->nitems; made++) {
        parts[made] = node_eval(f, n->items[made]);
        if (node_stopped(parts[made]))
            break;
    }
    ok = made == n->nitems;
    if (ok) {
        node_at(f, n);
        ok = ops_interpolate(f->st, parts, n->nitems, &out);
    }
    for (uint32_t i = 0; i < made; i++)
        value_release(f->st, parts[i]);
    return ok ? out : value_unset();
}

struct value eval_spread(struct interp_frame *f, struct node *n)
{
    return node_eval(f, n->x);
}

struct value eval_array(struct interp_frame *f, struct node *n)
{
    struct array *made = array_new(f->st, n->nitems);
    struct value out, item;

    if (made == NULL)
        return value_unset();
    out = array_value(made);
    for (uint32_t i = 0; i < n->nitems; i++) {
        bool ok;

        item = node_eval(f, n->items[i]);
        if (node_stopped(item))
            goto stopped;
        if (n->items[i]->run.eval == eval_spread) {
            node_at(f, n->items[i]);
            ok = ops_spread_into_array(f->st, &out, item);
            value_release(f->st, item);
        } else {
            ok = array_push_take(f->st, &out, item);
        }
        if (!ok)
            goto stopped;
    }
    return out;
stopped:
    value_release(f->st, out);
    return value_unset();
}

/* A key that is an identifier: the variable's value, or its own name when unbound. */
struct value eval_key_name(struct interp_frame *f, struct node *n)
{
    return variable_is_set(f, n->data) ? node_eval(f, n->x) : n->constant;
}

/* One entry of a dict literal; items are key, value. */
static bool dict_entry(struct interp_frame *f, struct node *key, struct node *value,
                       struct value *dict)
{
    struct value k, v;
    bool ok;

    if (key == NULL) {
        v = node_eval(f, value);
        if (node_stopped(v))
            return false;
        node_at(f, value);
        ok = ops_spread_into_dict(f->st, dict, v);
        value_release(f->st, v);
        return ok;
    }
    k = node_eval(f, key);
    if (node_stopped(k))
        return false;
    v = node_eval(f, value);
    if (node_stopped(v)) {
        value_release(f->st, k);
        return false;
    }
    node_at(f, key);
    ok = ops_dict_literal_set_take(f->st, dict, k, v);
    value_release(f->st, k);
    return ok;
}

struct value eval_dict(struct interp_frame *f, struct node *n)
{
    struct dict *made = dict_new(f->st, n->nitems / 2);
    struct value out;

    if (made == NULL)
        return value_unset();
    out = dict_value(made);
    for (uint32_t i = 0; i < n->nitems; i += 2) {
        if (!dict_entry(f, n->items[i], n->items[i + 1], &out)) {
            value_release(f->st, out);
            return value_unset();
        }
    }
    return out;
}

struct value eval_tagged(struct interp_frame *f, struct node *n)
{
    struct value *payload = alloca((n->nitems + 1) * sizeof *payload);
    struct value out = value_unset();

    for (uint32_t i = 0; i < n->nitems; i++) {
        payload[i] = node_eval(f, n->items[i]);
        if (node_stopped(payload[i])) {
            while (i > 0)
                value_release(f->st, payload[--i]);
            return value_unset();
        }
    }
    node_at(f, n);
    if (!tagged_make_take(f->st, STRING_OF(n->constant), payload, n->nitems, &out))
        return value_unset();
    return out;
}

struct value eval_boxed(struct interp_frame *f, struct node *n)
{
    struct value payload = node_eval(f, n->x), out = value_unset();

    if (node_stopped(payload))
        return payload;
    node_at(f, n);
    if (!boxed_make_take(f->st, (enum value_kind)n->op, payload, &out))
        return value_unset();
    return out;
}

/* ---- struct literals ------------------------------------------------------------------------ */

/*
 * n->items are the field values in source order, n->y->items[i]->constant the field names,
 * n->constant the struct's name. n->b: some field is given twice.
 */
static bool literal_has(const struct node *n, const struct string *name)
{
    for (uint32_t i = 0; i < n->nitems; i++)
        if (string_equal(STRING_OF(n->y->items[i]->constant), name))
            return true;
    return false;
}

/* The definition a literal uses, counted, or NULL. */
static struct structdef *literal_definition(struct interp_frame *f,
                                            const struct ast_name *name)
{
    struct value v;

    if (!variable_is_set(f, name))
        return NULL;
    v = variable_read(f, name);
    if (v.kind == VALUE_STRUCTDEF)
        return STRUCTDEF_OF(v);
    value_release(f->st, v);
    return NULL;
}

static struct shape *literal_shape(struct interp_frame *f, struct node *n,
                                   const struct structdef *def)
{
    struct shape *shape = shape_root(f->st, STRING_OF(n->constant));

    for (uint32_t i = 0; shape != NULL && i < n->nitems; i++)
        shape = shape_with(f->st, shape, STRING_OF(n->y->items[i]->constant));
    for (uint32_t i = 0; shape != NULL && def != NULL && i < def->nfields; i++)
        if (def->defaults[i] != NULL && !literal_has(n, STRING_OF(def->field_names[i])))
            shape = shape_with(f->st, shape, STRING_OF(def->field_names[i]));
    return shape;
}

/* A field given twice: the later one wins; takes values[0..count). */
static bool literal_by_name(struct interp_frame *f, struct node *n,
                            struct structdef *def, struct value *values, uint32_t count,
                            struct value *out)
{
    struct shape *root = shape_root(f->st, STRING_OF(n->constant));
    struct struct_object *made = root != NULL ? struct_new(f->st, root, def) : NULL;
    struct value s;
    uint32_t at = 0;
    bool ok = made != NULL;

    s = ok ? struct_value(made) : value_null();
    for (; ok && at < n->nitems; at++)
        ok = struct_set_take(f->st, &s, STRING_OF(n->y->items[at]->constant),
                             values[at]);
    for (uint32_t i = 0; ok && def != NULL && i < def->nfields; i++)
        if (def->defaults[i] != NULL && !literal_has(n, STRING_OF(def->field_names[i])))
            ok = struct_set_take(f->st, &s, STRING_OF(def->field_names[i]),
                                 values[at++]);
    if (ok) {
        *out = s;
        return true;
    }
    for (; at < count; at++)
        value_release(f->st, values[at]);
    value_release(f->st, s);
    return false;
}

struct value eval_struct(struct interp_frame *f, struct node *n)
{
    const struct ast_expr *e = n->data;
    struct structdef *def = literal_definition(f, &e->as.struct_lit.name);
    uint32_t room = n->nitems + (def != NULL ? def->nfields : 0), count = 0;
    struct value *values = alloca((room + 1) * sizeof *values);
    struct value out = value_unset();
    struct shape *shape;
    bool ok = true;

    for (; count < n->nitems; count++) {
        values[count] = node_eval(f, n->items[count]);
        if (node_stopped(values[count]))
            goto stopped;
    }
    for (uint32_t i = 0; def != NULL && i < def->nfields; i++) {
        if (def->defaults[i] == NULL || literal_has(n, STRING_OF(def->field_names[i])))
            continue;
        node_at(f, n);
        if (!call_function(f->st, def->defaults[i], value_unset(), NULL, 0,
                           &values[count]))
            goto stopped;
        count++;
    }
    node_at(f, n);
    if (n->b != 0) {
        ok = literal_by_name(f, n, def, values, count, &out);
    } else {
        uint32_t id = def != NULL ? def->id : UINT32_MAX;

        if (n->cache_id != id) {
            shape = literal_shape(f, n, def);
            if (shape == NULL)
                goto stopped;
            n->cache = shape;
            n->cache_id = id;
        }
        ok = struct_make_take(f->st, (struct shape *)(uintptr_t)n->cache, def, values,
                              &out);
    }
    if (def != NULL)
        object_release(f->st, &def->head);
    return ok ? out : value_unset();
stopped:
    while (count > 0)
        value_release(f->st, values[--count]);
    if (def != NULL)
        object_release(f->st, &def->head);
    return value_unset();
}

/* ---- access --------------------------------------------------------------------------------- */

static struct value index_slow(struct interp_frame *f, struct node *n, struct value a,
                               struct value i)
{
    struct value out = value_unset();

    node_at(f, n);
    return ops_index(f->st, a, i, &out) ? out : value_unset();
}

/* a and i borrowed. */
static inline struct value index_of(struct interp_frame *f, struct node *n,
                                    struct value a, struct value i)
{
    size_t at;

    if (a.kind == VALUE_ARRAY && i.kind == VALUE_INT &&
        array_position(ARRAY_OF(a)->len, i.as.integer, &at))
        return value_retain(array_get(ARRAY_OF(a), at));
    return index_slow(f, n, a, i);
}

struct value eval_index(struct interp_frame *f, struct node *n)
{
    struct value a = node_eval(f, n->x), i, out;

    if (node_stopped(a))
        return a;
    i = node_eval(f, n->y);
    if (node_stopped(i)) {
        value_release(f->st, a);
        return i;
    }
    out = index_of(f, n, a, i);
    value_release(f->st, a);
    value_release(f->st, i);
    return out;
}

struct value eval_index_local(struct interp_frame *f, struct node *n)
{
    struct value i = node_eval(f, n->y), out;

    if (node_stopped(i))
        return i;
    out = index_of(f, n, f->base.slots[n->a], i);
    value_release(f->st, i);
    return out;
}

/* Field of `a` (borrowed) through the node's cache: cache_id is a shape, b the field. */
static inline struct value member_of(struct interp_frame *f, struct node *n,
                                     struct value a)
{
    struct value out = value_unset();

    if (a.kind == VALUE_STRUCT) {
        const struct struct_object *s = STRUCT_OF(a);

        if (__builtin_expect(s->shape->id == n->cache_id, 1))
            return value_retain(s->fields[n->b]);
        n->b = shape_slot(f->st, s->shape, STRING_OF(n->constant));
        n->cache_id = n->b < s->shape->nfields ? s->shape->id : 0;
    }
    node_at(f, n);
    return ops_member(f->st, a, STRING_OF(n->constant), &out) ? out : value_unset();
}

struct value eval_member(struct interp_frame *f, struct node *n)
{
    struct value a = node_eval(f, n->x), out;

    if (node_stopped(a))
        return a;
    out = member_of(f, n, a);
    value_release(f->st, a);
    return out;
}

struct value eval_member_local(struct interp_frame *f, struct node *n)
{
    return member_of(f, n, f->base.slots[n->a]);
}

struct value eval_optional(struct interp_frame *f, struct node *n)
{
    struct value a = node_eval(f, n->x), out = value_unset();
    bool ok;

    if (node_stopped(a))
        return a;
    node_at(f, n);
    ok = ops_optional_member(f->st, a, STRING_OF(n->constant), &out);
    value_release(f->st, a);
    return ok ? out : value_unset();
}

/* ---- functions and control ------------------------------------------------------------------- */

struct function *interp_closure(struct interp_frame *f, const struct ast_function *fn)
{
    struct proto *proto = &f->base.proto->unit->protos[fn->id];
    struct cell **cells = alloca((fn->ncaptures + 1) * sizeof *cells);

    for (uint32_t i = 0; i < fn->ncaptures; i++) {
        const struct ast_capture *c = &fn->captures[i];

        cells[i] = c->from_capture ? f->base.function->cells[c->index]
                                   : CELL_OF(f->base.slots[c->index]);
    }
    return function_new(f->st, proto, f->base.function->instance, cells);
}

struct value eval_closure(struct interp_frame *f, struct node *n)
{
    struct function *made;

    node_at(f, n);
    made = interp_closure(f, n->data);
    return made != NULL ? value_object(&made->head) : value_unset();
}

struct value eval_await(struct interp_frame *f, struct node *n)
{
    struct value v = node_eval(f, n->x), out = value_unset();
    bool ok;

    if (node_stopped(v))
        return v;
    node_at(f, n);
    ok = f->st->await(f->st, v, &out);
    value_release(f->st, v);
    return ok ? out : value_unset();
}

struct value eval_yield(struct interp_frame *f, struct node *n)
{
    struct value v = n->x != NULL ? node_eval(f, n->x) : value_null();

    if (node_stopped(v))
        return v;
    node_at(f, n);
    return interp_generator_yield(f, v) ? value_null() : value_unset();
}

struct value eval_throw(struct interp_frame *f, struct node *n)
{
    struct value v = node_eval(f, n->x);

    if (node_stopped(v))
        return v;
    node_at(f, n);
    error_throw(f->st, v);
    value_release(f->st, v);
    return value_unset();
}
