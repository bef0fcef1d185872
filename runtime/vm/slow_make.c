#include "config.h"

#include <string.h>

#include "base/mem.h"
#include "core/array.h"
#include "core/boxed.h"
#include "core/call.h"
#include "core/dict.h"
#include "core/structs.h"
#include "vm/slow_private.h"

/* Captured cells and similar lists up to this length live in the C frame. */
#define SMALL_LIST 16u

/* Values in registers have been taken by someone. */
static void forget(struct value *regs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        regs[i].kind = VALUE_NULL;
}

/* ---- arrays and dicts ----------------------------------------------------------------- */

bool slow_make_array(struct state *st, struct value *regs, struct insn *pc)
{
    struct value *first = slow_register(regs, pc->b), out;
    bool ok = pc->c == 0 ? array_make_empty(st, &out)
                         : array_make_take(st, first, pc->c, &out);
    if (pc->c != 0)
        forget(first, pc->c);
    if (ok)
        value_set_take(st, slow_register(regs, pc->a), out);
    return ok;
}

bool slow_make_append(struct state *st, struct value *regs, struct insn *pc)
{
    struct value *a = slow_register(regs, pc->a), *first = slow_register(regs, pc->b);
    for (uint32_t i = 0; i < pc->c; i++) {
        if (!array_push_take(st, a, value_take(&first[i])))
            return false;
    }
    return true;
}

bool slow_make_spread(struct state *st, struct value *regs, struct insn *pc)
{
    struct value *a = slow_register(regs, pc->a), b = *slow_register(regs, pc->b);
    bool ok = pc->op == OP_SPREADARRAY ? ops_spread_into_array(st, a, b)
                                       : ops_spread_into_dict(st, a, b);
    if (ok)
        slow_take_b(st, regs, pc);
    return ok;
}

bool slow_make_dict(struct state *st, struct value *regs, struct insn *pc)
{
    struct value out;
    if (!dict_make_empty(st, &out))
        return false;
    value_set_take(st, slow_register(regs, pc->a), out);
    return true;
}

bool slow_make_entry(struct state *st, struct value *regs, struct insn *pc)
{
    struct value *c = slow_register(regs, pc->c);
    if (!ops_dict_literal_set_take(st, slow_register(regs, pc->a),
                                   *slow_register(regs, pc->b), value_retain(*c)))
        return false;
    slow_take_b(st, regs, pc);
    slow_take_c(st, regs, pc);
    return true;
}

/* ---- boxes and texts ------------------------------------------------------------------ */

bool slow_make_box(struct state *st, struct value *regs, struct insn *pc)
{
    struct value out, payload = value_retain(*slow_register(regs, pc->b));
    if (!boxed_make_take(st, (enum value_kind)pc->c, payload, &out))
        return false;
    slow_take_b(st, regs, pc);
    value_set_take(st, slow_register(regs, pc->a), out);
    return true;
}

bool slow_make_tagged(struct state *st, struct value *regs, struct insn *pc)
{
    struct value *first = slow_register(regs, pc->b), out;
    struct string *tag = STRING_OF(st->top->chunk->constants[pc[1].x]);
    bool ok = tagged_make_take(st, tag, first, pc->c, &out);
    if (pc->c != 0)
        forget(first, pc->c);
    if (ok)
        value_set_take(st, slow_register(regs, pc->a), out);
    return ok;
}

bool slow_make_concat(struct state *st, struct value *regs, struct insn *pc)
{
    struct value *first = slow_register(regs, pc->b), out;
    if (!ops_interpolate(st, first, pc->c, &out))
        return false;
    for (uint32_t i = 0; i < pc->c; i++)
        value_set_take(st, &first[i], value_null());
    value_set_take(st, slow_register(regs, pc->a), out);
    return true;
}

bool slow_make_converted(struct state *st, struct value *regs, struct insn *pc)
{
    struct value out;
    if (!ops_convert(st, pc->c, *slow_register(regs, pc->b), &out))
        return false;
    slow_take_b(st, regs, pc);
    value_set_take(st, slow_register(regs, pc->a), out);
    return true;
}

/* ---- functions ------------------------------------------------------------------------ */

bool slow_make_closure(struct state *st, struct value *regs, struct insn *pc)
{
    const struct chunk_closure *row = &st->top->chunk->closures[pc->x];
    struct function *maker = st->top->function;
    struct cell *small[SMALL_LIST] = {NULL}, **cells = small;
    if (row->count > SMALL_LIST) {
        cells = mem_alloc(row->count * sizeof *cells);
        if (cells == NULL)
            return error_out_of_memory(st);
    }
    for (uint32_t i = 0; i < row->count; i++) {
        uint32_t index = row->captures[i].index;
        cells[i] =
            row->captures[i].from_capture ? maker->cells[index] : CELL_OF(regs[index]);
    }
    struct function *f = function_new(st, row->proto, maker->instance, cells);
    if (cells != small)
        mem_free(cells);
    if (f == NULL)
        return false;
    value_set_take(st, slow_register(regs, pc->a), value_object(&f->head));
    return true;
}

/* Functions of a run of registers; null gives NULL. */
static void functions_of(const struct value *regs, uint32_t n, struct function **out)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = regs[i].kind == VALUE_FUNCTION ? FUNCTION_OF(regs[i]) : NULL;
}

bool slow_make_structdef(struct state *st, struct value *regs, struct insn *pc)
{
    const struct chunk_structdef *row = &st->top->chunk->structdefs[insn_wide(pc)];
    struct value *first = slow_register(regs, pc->b), out;
    uint32_t n = row->nfields + row->nmethods;
    struct function *small[SMALL_LIST] = {NULL}, **list = small;
    if (n > SMALL_LIST) {
        list = mem_alloc(n * sizeof *list);
        if (list == NULL)
            return error_out_of_memory(st);
    }
    functions_of(first, n, list);
    bool ok = structdef_new(st, row->name, row->nfields, row->field_names, list,
                            row->nmethods, list + row->nfields, &out);
    if (list != small)
        mem_free(list);
    if (!ok)
        return false;
    for (uint32_t i = 0; i < n; i++)
        value_set_take(st, &first[i], value_null());
    value_set_take(st, slow_register(regs, pc->a), out);
    return true;
}

/* ---- struct instances ----------------------------------------------------------------- */

/* The given fields are all there is: moved to their slots. */
static bool make_cached(struct state *st, const struct chunk_literal *row,
                        struct structdef *def, struct value *fields, struct value *out)
{
    struct struct_object *s = struct_new(st, row->shape, def);
    if (s == NULL)
        return false;
    for (uint32_t i = 0; i < row->count; i++)
        s->fields[row->slots[i]] = fields[i];
    forget(fields, row->count);
    *out = struct_value(s);
    return true;
}

/* Can instances of this literal be made by make_cached? The given fields must be distinct
   and the declared ones without default must not matter: either all declared fields are
   given, or none of the missing ones has a default. */
static void fill_cache(struct state *st, struct chunk_literal *row,
                       struct structdef *def)
{
    row->def = def->id;
    row->state = LITERAL_GENERIC;
    if (row->count != def->nfields || def->shape->nfields != row->count)
        return;
    for (uint32_t i = 0; i < row->count; i++) {
        row->slots[i] = shape_slot(st, def->shape, row->names[i]);
        if (row->slots[i] == SHAPE_NO_SLOT)
            return;
        for (uint32_t k = 0; k < i; k++) {
            if (row->slots[k] == row->slots[i])
                return;
        }
    }
    row->shape = def->shape;
    row->state = LITERAL_CACHED;
}

static bool is_given(const struct chunk_literal *row, const struct string *name)
{
    for (uint32_t i = 0; i < row->count; i++) {
        if (string_equal(row->names[i], name))
            return true;
    }
    return false;
}

/* Given fields in source order, then missing defaults in declaration order. */
static bool make_generic(struct state *st, const struct chunk_literal *row,
                         struct structdef *def, struct value *fields, struct value *out)
{
    struct string *name = def != NULL ? STRING_OF(def->name) : row->name;
    struct shape *root = shape_root(st, name);
    struct struct_object *s = root == NULL ? NULL : struct_new(st, root, def);
    if (s == NULL)
        return false;
    struct value made = struct_value(s);
    bool ok = true;
    for (uint32_t i = 0; ok && i < row->count; i++)
        ok = struct_set_take(st, &made, row->names[i], value_take(&fields[i]));
    for (uint32_t i = 0; ok && def != NULL && i < def->nfields; i++) {
        struct string *field = STRING_OF(def->field_names[i]);
        if (def->defaults[i] == NULL || is_given(row, field))
            continue;
        struct value v;
        ok = call_function(st, def->defaults[i], value_unset(), NULL, 0, &v) &&
             struct_set_take(st, &made, field, v);
    }
    if (ok)
        *out = made;
    else
        value_release(st, made);
    return ok;
}

bool slow_make_struct(struct state *st, struct value *regs, struct insn *pc)
{
    struct chunk_literal *row = &st->top->chunk->literals[insn_wide(pc)];
    struct value *first = slow_register(regs, pc->b), out;
    struct structdef *def =
        first->kind == VALUE_STRUCTDEF ? STRUCTDEF_OF(*first) : NULL;
    if (def != NULL && row->def != def->id)
        fill_cache(st, row, def);
    bool ok = def != NULL && row->state == LITERAL_CACHED
                  ? make_cached(st, row, def, first + 1, &out)
                  : make_generic(st, row, def, first + 1, &out);
    if (!ok)
        return false;
    value_set_take(st, first, value_null());
    value_set_take(st, slow_register(regs, pc->a), out);
    return true;
}
