#include "config.h"

#include "vm/slow.h"

#include <string.h>

#include "base/mem.h"
#include "core/array.h"
#include "core/boxed.h"
#include "core/builtin.h"
#include "core/call.h"
#include "core/dict.h"
#include "core/iter.h"
#include "core/ops_fast.h"
#include "core/structs.h"
#include "vm/slow_private.h"

/* ---- registers ------------------------------------------------------------------------ */

void slow_clear(struct state *st, struct value *regs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct value v = regs[i];
        if (value_is_object(v)) {
            regs[i].kind = VALUE_NULL;
            object_release(st, v.as.object);
        }
    }
}

static struct value *variable_of(struct state *st, struct value *regs,
                                 const struct insn *ext)
{
    struct function *f = st->top->function;
    uint32_t index = insn_ext_index(ext);
    switch ((enum insn_place)ext->d) {
    case PLACE_LOCAL: return &regs[index];
    case PLACE_CELL: return &CELL_OF(regs[index])->value;
    case PLACE_CAPTURE: return &f->cells[index]->value;
    case PLACE_GLOBAL: break;
    }
    return &f->instance->globals[index];
}

/* One step down, while nothing else refers to the container. */
static struct value *step_inside(struct state *st, struct value *slot,
                                 struct string *name, struct value index)
{
    size_t at;
    if (!value_is_unique(*slot))
        return NULL;
    if (slot->kind == VALUE_STRUCT)
        return name == NULL ? NULL : struct_find(st, STRUCT_OF(*slot), name);
    if (slot->kind == VALUE_DICT) {
        struct value key = name != NULL ? string_value(name) : index;
        return dict_is_key(key) ? dict_find(st, DICT_OF(*slot), key) : NULL;
    }
    if (slot->kind != VALUE_ARRAY || index.kind != VALUE_INT ||
        array_rep(ARRAY_OF(*slot)) != ARRAY_VALUES ||
        !array_position(ARRAY_OF(*slot)->len, index.as.integer, &at))
        return NULL;
    return &ARRAY_OF(*slot)->items.values[at];
}

struct value *slow_variable(struct state *st, struct value *regs,
                            const struct insn *ext)
{
    struct value *slot = variable_of(st, regs, ext);
    if (ext->a == 0)
        return slot;
    const struct chunk_path *path = &st->top->chunk->paths[ext->a - 1];
    const struct value *index = &regs[insn_ext_first(ext)];
    for (uint32_t i = 0; i < path->count && slot != NULL; i++) {
        bool by_name = path->names[i] != NULL;
        slot = step_inside(st, slot, path->names[i], by_name ? value_unset() : *index);
        index += by_name ? 0 : 1;
    }
    return slot;
}

/* ---- operators ------------------------------------------------------------------------ */

static void note_kinds(struct insn *pc, struct value a, struct value b)
{
    if (ops_is_number(a) && ops_is_number(b))
        pc->d |= a.kind == b.kind ? INSN_SAW_FLOAT : INSN_SAW_MIXED;
    else
        pc->d |= INSN_SAW_OTHER;
}

/* An overload runs code of the program, which may rebind the variable an operand is in. */
static bool guarded_binary(struct state *st, enum ops_operator op, struct value a,
                           struct value b, struct value *out)
{
    if (a.kind != VALUE_STRUCT)
        return ops_binary(st, op, a, b, out);
    value_retain(a);
    value_retain(b);
    bool ok = ops_binary(st, op, a, b, out);
    value_release(st, a);
    value_release(st, b);
    return ok;
}

/* The common number pairs the loop leaves to us: mixed ones, float comparisons. */
static bool number_binary(enum ops_operator op, struct value a, struct value b,
                          struct value *out)
{
    bool truth = false;
    switch (op) {
    case OPS_ADD: return ops_fast_add(a, b, out);
    case OPS_SUB: return ops_fast_sub(a, b, out);
    case OPS_MUL: return ops_fast_mul(a, b, out);
    case OPS_DIV: return ops_fast_div(a, b, out);
    case OPS_MOD: return ops_fast_mod(a, b, out);
    case OPS_EQ:
    case OPS_NE:
        if (!ops_fast_eq(a, b, &truth))
            return false;
        *out = value_bool(truth == (op == OPS_EQ));
        return true;
    case OPS_LT:
        if (!ops_fast_lt(a, b, &truth))
            return false;
        break;
    case OPS_LE:
        if (!ops_fast_le(a, b, &truth))
            return false;
        break;
    case OPS_GT:
        if (!ops_fast_gt(a, b, &truth))
            return false;
        break;
    case OPS_GE:
        if (!ops_fast_ge(a, b, &truth))
            return false;
        break;
    case OPS_NEG:
    case OPS_NOT:
    case OPS_NOT_WORD: return false;
    }
    *out = value_bool(truth);
    return true;
}

/* a := b OP right where b is the only owner or is overwritten: its storage may grow. */
static bool arith_into(struct state *st, struct value *regs, struct insn *pc,
                       enum ops_operator op, struct value right)
{
    struct value *b = slow_register(regs, pc->b);
    if (!ops_binary_into(st, op, b, right))
        return false;
    slow_take_c(st, regs, pc);
    if (pc->a != pc->b)
        value_set_take(st, slow_register(regs, pc->a), value_take(b));
    return true;
}

bool slow_arith(struct state *st, struct value *regs, struct insn *pc,
                enum ops_operator op, struct value right)
{
    struct value left = *slow_register(regs, pc->b), out;
    note_kinds(pc, left, right);
    if ((pc->d & INSN_SWAPPED) != 0) {
        struct value constant = right;
        right = left;
        left = constant;
    } else if (op == OPS_ADD &&
               (left.kind == VALUE_STRING || left.kind == VALUE_ARRAY) &&
               (pc->a == pc->b || (pc->d & INSN_TAKE_B) != 0))
        return arith_into(st, regs, pc, op, right);
    if (!number_binary(op, left, right, &out) &&
        !guarded_binary(st, op, left, right, &out))
        return false;
    slow_finish(st, regs, pc, out);
    return true;
}

bool slow_unary(struct state *st, struct value *regs, struct insn *pc,
                enum ops_operator op)
{
    struct value b = *slow_register(regs, pc->b), out;
    pc->d |= INSN_SAW_OTHER;
    value_retain(b);
    bool ok = ops_unary(st, op, b, &out);
    value_release(st, b);
    if (ok)
        slow_finish(st, regs, pc, out);
    return ok;
}

bool slow_jump(struct state *st, struct value *regs, struct insn *pc,
               enum ops_operator op, struct value right, bool *truth)
{
    struct value left = *slow_register(regs, pc->a), out;
    note_kinds(pc, left, right);
    if (left.kind == VALUE_STRING && right.kind == VALUE_STRING &&
        (op == OPS_EQ || op == OPS_NE))
        out = value_bool(string_equal(STRING_OF(left), STRING_OF(right)) ==
                         (op == OPS_EQ));
    else if (!number_binary(op, left, right, &out) &&
             !guarded_binary(st, op, left, right, &out))
        return false;
    *truth = ops_truthy(out);
    value_release(st, out);
    slow_take_a(st, regs, pc);
    if (opcode_table[pc->op].b == OPERAND_READ)
        slow_take_b(st, regs, pc);
    return true;
}

bool slow_into(struct state *st, struct value *regs, struct insn *pc)
{
    struct value *a = slow_register(regs, pc->a);
    struct value b = *slow_register(regs, pc->b);
    enum ops_operator op = (enum ops_operator)pc->c;
    if (a->kind == VALUE_STRING || a->kind == VALUE_ARRAY) {
        /* a is a copy of the variable; when only these two refer to the storage, the
           variable lets go for the time of the operation. */
        struct value *variable = slow_variable(st, regs, pc + 1);
        bool moved = variable != NULL && variable != a && variable->kind == a->kind &&
                     variable->as.object == a->as.object && a->as.object->refs == 2;
        if (moved) {
            variable->kind = VALUE_NULL;
            a->as.object->refs = 1;
        }
        if (!ops_binary_into(st, op, a, b)) {
            if (moved)
                *variable = value_retain(*a);
            return false;
        }
    } else {
        struct value left = *a, out;
        if (!number_binary(op, left, b, &out) && !guarded_binary(st, op, left, b, &out))
            return false;
        value_set_take(st, a, out);
    }
    slow_take_b(st, regs, pc);
    return true;
}

/* ---- one instruction ------------------------------------------------------------------ */

static bool same(struct state *st, struct value *regs, struct insn *pc)
{
    bool equal;
    if (!ops_equal(st, *slow_register(regs, pc->b), *slow_register(regs, pc->c),
                   &equal))
        return false;
    slow_finish(st, regs, pc, value_bool(equal));
    return true;
}

static bool raise_constant(struct state *st, struct value *regs, struct insn *pc)
{
    (void)regs;
    static const char undefined[] = "Undefined variable: ";
    struct value text = st->top->chunk->constants[pc->x];
    /* The common text comes with a hint, the same in every engine. */
    if (strncmp(STRING_OF(text)->data, undefined, sizeof undefined - 1) == 0)
        return error_undefined(st, STRING_OF(text)->data + sizeof undefined - 1);
    return error_raise_take(st, text);
}

static bool raise_undefined(struct state *st, const char *name)
{
    return error_undefined(st, name);
}

static bool check(struct state *st, struct value *regs, struct insn *pc)
{
    (void)regs;
    if (pc->op == OP_GETGLOBALC)
        return raise_undefined(st, st->top->proto->unit->global_names[pc->x]);
    return raise_undefined(st, STRING_OF(st->top->chunk->constants[pc->x])->data);
}

static bool new_cell(struct state *st, struct value *regs, struct insn *pc)
{
    struct value *a = slow_register(regs, pc->a);
    bool wrap = pc->op == OP_WRAPCELL;
    struct cell *cell = cell_new_take(st, wrap ? value_take(a) : value_unset());
    if (cell == NULL)
        return false;
    value_set_take(st, a, value_object(&cell->head));
    return true;
}

static bool get_self(struct state *st, struct value *regs, struct insn *pc)
{
    struct value receiver = *slow_register(regs, pc->b);
    struct string *name = STRING_OF(st->top->chunk->constants[insn_wide(pc)]);
    struct value out = value_unset();
    if (receiver.kind == VALUE_STRUCT) {
        const struct value *field = struct_find(st, STRUCT_OF(receiver), name);
        if (field != NULL)
            out = value_retain(*field);
    }
    slow_finish(st, regs, pc, out);
    return true;
}

static bool throw_value(struct state *st, struct value *regs, struct insn *pc)
{
    return error_throw(st, *slow_register(regs, pc->a));
}

static bool await_value(struct state *st, struct value *regs, struct insn *pc)
{
    struct value out;
    struct value v = value_retain(*slow_register(regs, pc->b));
    bool ok = promise_await(st, v, &out);
    value_release(st, v);
    if (ok)
        slow_finish(st, regs, pc, out);
    return ok;
}

static bool spawn(struct state *st, struct value *regs, struct insn *pc)
{
    struct function *f = FUNCTION_OF(*slow_register(regs, pc->a));
    bool ok;
    if (st->spawn != NULL) {
        ok = st->spawn(st, f);
    } else {
        struct value out;
        ok = call_function(st, f, value_unset(), NULL, 0, &out);
        if (ok)
            value_release(st, out);
    }
    if (ok)
        slow_take_a(st, regs, pc);
    return ok;
}

static bool prepare_for(struct state *st, struct value *regs, struct insn *pc)
{
    struct value *a = slow_register(regs, pc->a);
    struct value source = *slow_register(regs, pc->b), cursor;
    struct value at = value_int(0);
    int64_t end = 0;
    if (source.kind == VALUE_INT) {
        cursor = source;
    } else if (source.kind == VALUE_FLOAT) {
        /* NaN and -inf give nothing, inf more than anybody can count. */
        if (!ops_float_to_index(source.as.number, &end) && source.as.number > 0)
            end = INT64_MAX;
        cursor = value_int(end);
    } else if (source.kind == VALUE_ARRAY) {
        cursor = value_retain(source);
    } else {
        value_retain(source);
        bool ok = iter_new(st, source, &cursor);
        value_release(st, source);
        if (!ok)
            return false;
        at = value_unset();
    }
    slow_take_b(st, regs, pc);
    value_set_take(st, &a[0], cursor);
    value_set_take(st, &a[1], at);
    return true;
}

bool slow_next(struct state *st, struct value *regs, struct insn *pc, bool *done)
{
    struct value *a = slow_register(regs, pc->a);
    struct value item;
    /* `break` in a nested call may have emptied the cursor. */
    if (a->kind != VALUE_ITER) {
        *done = true;
        return true;
    }
    if (!iter_next(st, *a, done, &item))
        return false;
    if (*done)
        value_set_take(st, a, value_null());
    else
        value_set_take(st, slow_register(regs, pc->b), item);
    return true;
}

bool slow_try(struct state *st, struct value *regs, struct insn *pc, bool *returns,
              struct value *out)
{
    struct value v;
    if (!ops_try(st, *slow_register(regs, pc->b), returns, &v))
        return false;
    if (*returns) {
        slow_take_b(st, regs, pc);
        *out = v;
    } else {
        slow_finish(st, regs, pc, v);
    }
    return true;
}

static bool import(struct state *st, struct value *regs, struct insn *pc)
{
    const struct chunk *c = st->top->chunk;
    const struct chunk_path *symbols = &c->paths[insn_wide(pc)];
    struct value *a = slow_register(regs, pc->a);
    struct instance *module;
    const char *name = STRING_OF(c->constants[pc[1].x])->data;
    if (!st->import(st, c->proto->unit, name, &module))
        return false;
    for (uint32_t i = 0; i < symbols->count; i++) {
        struct value v;
        if (!st->import_symbol(st, module, symbols->names[i]->data, pc[1].d != 0, &v))
            return false;
        value_set_take(st, &a[i], v);
    }
    return true;
}

/* ---- access --------------------------------------------------------------------------- */

static bool member(struct state *st, struct value *regs, struct insn *pc)
{
    struct inline_cache *cache = &st->top->chunk->caches[pc->c];
    struct value object = *slow_register(regs, pc->b), out;
    bool ok = pc->op == OP_MEMBER ? ops_member(st, object, cache->name, &out)
                                  : ops_optional_member(st, object, cache->name, &out);
    if (!ok)
        return false;
    if (object.kind == VALUE_STRUCT) {
        const struct shape *shape = STRUCT_OF(object)->shape;
        uint32_t slot = shape_slot(st, shape, cache->name);
        if (slot != SHAPE_NO_SLOT) {
            cache->slot = slot;
            cache->shape = shape->id;
        }
    }
    slow_finish(st, regs, pc, out);
    return true;
}

/* The accesses that found no row of their own share the last one, each for one instruction. */
static bool name_cache(struct state *st, struct value *regs, struct insn *pc)
{
    (void)regs;
    const struct chunk *c = st->top->chunk;
    c->caches[c->ncaches - 1] =
        (struct inline_cache){.name = STRING_OF(c->constants[pc->x])};
    return true;
}

static bool set_field(struct state *st, struct value *regs, struct insn *pc)
{
    struct inline_cache *cache = &st->top->chunk->caches[pc->c];
    struct value *a = slow_register(regs, pc->a), *b = slow_register(regs, pc->b);
    /* One more count, so that a failing store leaves the operand as it was. */
    if (!ops_set_field_take(st, a, cache->name, value_retain(*b)))
        return false;
    slow_take_b(st, regs, pc);
    if (a->kind == VALUE_STRUCT) {
        cache->slot = shape_slot(st, STRUCT_OF(*a)->shape, cache->name);
        cache->shape = STRUCT_OF(*a)->shape->id;
    }
    return true;
}

static bool set_index(struct state *st, struct value *regs, struct insn *pc)
{
    struct value *a = slow_register(regs, pc->a);
    struct value index = *slow_register(regs, pc->b);
    struct value v = *slow_register(regs, pc->c);
    pc->d |= a->kind == VALUE_ARRAY ? INSN_SAW_MIXED : INSN_SAW_OTHER;
    if (!ops_set_index_take(st, a, index, value_retain(v)))
        return false;
    slow_take_b(st, regs, pc);
    slow_take_c(st, regs, pc);
    return true;
}

static bool get_index(struct state *st, struct value *regs, struct insn *pc)
{
    struct value out;
    pc->d |= INSN_SAW_OTHER;
    if (!ops_index(st, *slow_register(regs, pc->b), *slow_register(regs, pc->c), &out))
        return false;
    slow_finish(st, regs, pc, out);
    return true;
}

#define SMALL_PATH 8u

/* Steps of path row `row`; their index values stand in registers from `first` on. */
static void fill_steps(const struct chunk_path *row, const struct value *first,
                       struct ops_step *steps)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < row->count; i++) {
        steps[i] = (struct ops_step){.name = row->names[i], .offset = row->offsets[i]};
        steps[i].index = row->names[i] == NULL ? first[at++] : value_unset();
    }
}

static bool path(struct state *st, struct value *regs, struct insn *pc)
{
    const struct chunk_path *row = &st->top->chunk->paths[insn_wide(pc)];
    struct value *first = slow_register(regs, pc->b), *a = slow_register(regs, pc->a);
    struct value *root = slow_variable(st, regs, pc + 1);
    struct ops_step small[SMALL_PATH], *steps = small;
    if (row->count > SMALL_PATH) {
        steps = mem_alloc(row->count * sizeof *steps);
        if (steps == NULL)
            return error_out_of_memory(st);
    }
    fill_steps(row, first, steps);
    struct value out = value_null();
    bool ok, get = pc->op == OP_GETPATH;
    if (get)
        ok = ops_get_path(st, *root, steps, row->count, &out);
    else
        ok = ops_set_path_take(st, root, steps, row->count, value_retain(*a));
    if (steps != small)
        mem_free(steps);
    if (!ok)
        return false;
    if (get) {
        value_set_take(st, a, out);
        return true;
    }
    slow_take_a(st, regs, pc);
    uint32_t indices = 0;
    for (uint32_t i = 0; i < row->count; i++)
        indices += row->names[i] == NULL ? 1u : 0u;
    slow_clear(st, first, indices);
    return true;
}

/* ---- patterns ------------------------------------------------------------------------- */

static struct value payload(struct value v, const struct insn *pc)
{
    uint32_t i = insn_wide(pc), unset = pc->d & INSN_TAKES;
    bool absent = (unset == PAYLOAD_NOT_OF_TEXT && v.kind == VALUE_STRING) ||
                  (unset == PAYLOAD_PRESENT &&
                   (v.kind != VALUE_TAGGED || i >= TAGGED_OF(v)->count));
    return absent ? value_unset() : ops_match_payload(v, i);
}

static bool pattern(struct state *st, struct value *regs, struct insn *pc)
{
    struct value b = *slow_register(regs, pc->b), out = value_null();
    const struct chunk *c = st->top->chunk;
    uint32_t operand = insn_wide(pc);
    bool ok = true;
    switch ((enum opcode)pc->op) {
    case OP_ITEM: ok = ops_destructure_item(st, b, operand, &out); break;
    case OP_REST: ok = ops_destructure_rest(st, b, operand, &out); break;
    case OP_ENTRY:
        ok = ops_destructure_key(st, b, STRING_OF(c->constants[operand]), &out);
        break;
    case OP_RESTENTRIES:
        ok = ops_destructure_rest_dict(st, b, c->paths[operand].names,
                                       c->paths[operand].count, &out);
        break;
    case OP_ISTAG:
        out = value_bool(ops_match_tag(b, STRING_OF(c->constants[operand]),
                                       (pc->d & INSN_TAKES) != 0));
        break;
    default: out = payload(b, pc); break;
    }
    if (ok)
        value_set_take(st, slow_register(regs, pc->a), out);
    return ok;
}

/* ---- all by opcode -------------------------------------------------------------------- */

const slow_fn slow_functions[OPCODE_COUNT] = {
    [OP_CHECK] = check,
    [OP_GETGLOBALC] = check,
    [OP_RAISE] = raise_constant,
    [OP_NEWCELL] = new_cell,
    [OP_WRAPCELL] = new_cell,
    [OP_GETSELF] = get_self,
    [OP_SAME] = same,
    [OP_ARRAY] = slow_make_array,
    [OP_APPEND] = slow_make_append,
    [OP_SPREADARRAY] = slow_make_spread,
    [OP_SPREADDICT] = slow_make_spread,
    [OP_DICT] = slow_make_dict,
    [OP_DICTSET] = slow_make_entry,
    [OP_BOX] = slow_make_box,
    [OP_TAGGED] = slow_make_tagged,
    [OP_CONCAT] = slow_make_concat,
    [OP_CONVERT] = slow_make_converted,
    [OP_CLOSURE] = slow_make_closure,
    [OP_STRUCTDEF] = slow_make_structdef,
    [OP_STRUCT] = slow_make_struct,
    [OP_INDEX] = get_index,
    [OP_SETINDEX] = set_index,
    [OP_MEMBER] = member,
    [OP_OPTMEMBER] = member,
    [OP_SETFIELD] = set_field,
    [OP_CACHENAME] = name_cache,
    [OP_GETPATH] = path,
    [OP_SETPATH] = path,
    [OP_CALLBUILTIN] = slow_builtin,
    [OP_MOVEBUILTIN] = slow_builtin,
    [OP_AWAIT] = await_value,
    [OP_THROW] = throw_value,
    [OP_SPAWN] = spawn,
    [OP_FORPREP] = prepare_for,
    [OP_ITEM] = pattern,
    [OP_REST] = pattern,
    [OP_ENTRY] = pattern,
    [OP_RESTENTRIES] = pattern,
    [OP_ISTAG] = pattern,
    [OP_PAYLOAD] = pattern,
    [OP_IMPORT] = import,
};
