/*
 * The receiving half of parcels. A record becomes a shell first - the container at full size,
 * its parts null - and is filled when all shells that its parts need can be made on demand: no
 * recursion on depth, and cycles end.
 */
#include "config.h"

#include <string.h>

#include "base/mem.h"
#include "base/sizing.h"
#include "core/array.h"
#include "core/boxed.h"
#include "core/bytes.h"
#include "core/channel.h"
#include "core/collection.h"
#include "core/dict.h"
#include "core/error.h"
#include "core/iter.h"
#include "core/parcel_body.h"
#include "core/poll.h"
#include "core/promise.h"
#include "core/state.h"
#include "core/string.h"
#include "core/structs.h"

enum {
    FIRST_MADE = SIZE_OR_TINY(16, 1)
};

/* What a record has become: an object (counted), or a part. */
union made {
    struct object *object;
    struct instance *instance;
    struct value *globals;
    struct shape *shape;
    void *any; /* NULL: not yet */
};

struct opener {
    struct state *st;
    const struct parcel_body *body;
    union made *made; /* by number */
};

static union made *shell(struct opener *o, uint64_t number);
static void set_late(struct opener *o, const struct parcel_record *r);
static bool fill(struct opener *o, const struct parcel_record *r, union made made);

bool parcel_open(struct state *st, const struct parcel *p, struct value *out)
{
    union made first[FIRST_MADE] = {{NULL}};
    if (p->body == NULL) {
        *out = p->plain;
        return true;
    }
    struct opener o = {.st = st, .body = p->body, .made = first};
    uint32_t n = p->body->nrecords;
    if (n > FIRST_MADE)
        o.made = mem_alloc_zero(n, sizeof *o.made);
    if (o.made == NULL)
        return error_out_of_memory(st);
    union made *root = shell(&o, p->body->root.as.bits);
    bool ok = root != NULL;
    for (uint32_t i = 0; ok && i < n; i++) {
        union made *made = poll(st, i) ? shell(&o, i) : NULL;
        ok = made != NULL && fill(&o, parcel_record(p->body, i), *made);
    }
    if (ok) {
        for (uint32_t i = 0; p->body->late && i < n; i++)
            set_late(&o, parcel_record(p->body, i));
        *out = (struct value){.as.object = root->object, .kind = root->object->kind};
        object_retain(root->object);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint16_t kind = parcel_record(p->body, i)->kind;
        if (o.made[i].any != NULL &&
            (kind < PARCEL_INSTANCE || kind == PARCEL_STAND_IN))
            object_release(st, o.made[i].object);
    }
    if (o.made != first)
        mem_free(o.made);
    return ok;
}

/* ---- parts ---------------------------------------------------------------------------- */

/* A value of a record, counted. */
static bool decode(struct opener *o, struct value encoded, struct value *out)
{
    if (!value_is_object(encoded)) {
        *out = encoded;
        return true;
    }
    const union made *made = shell(o, encoded.as.bits);
    if (made == NULL)
        return false;
    object_retain(made->object);
    *out = value_object(made->object);
    return true;
}

/* The object of a value that is one; borrowed. NULL with an error set. */
static struct object *object_at(struct opener *o, struct value encoded)
{
    const union made *made = shell(o, encoded.as.bits);
    return made == NULL ? NULL : made->object;
}

static bool fill_slot(struct opener *o, struct value encoded, struct value *slot)
{
    struct value v;
    if (!decode(o, encoded, &v))
        return false;
    value_set_take(o->st, slot, v);
    return true;
}

static bool fill_slots(struct opener *o, const struct value *encoded, size_t n,
                       struct value *slots)
{
    for (size_t i = 0; i < n; i++) {
        if (!poll(o->st, i) || !fill_slot(o, encoded[i], &slots[i]))
            return false;
    }
    return true;
}

/* ---- shells --------------------------------------------------------------------------- */

static struct object *array_shell(struct opener *o, const struct parcel_record *r)
{
    size_t n = (size_t)r->count;
    if (r->flags != ARRAY_VALUES) {
        struct array *a = r->flags == ARRAY_INTS ? array_new_ints(o->st, n)
                                                 : array_new_floats(o->st, n);
        if (a != NULL && n > 0)
            memcpy(a->items.raw, parcel_words(r), n * sizeof(int64_t));
        return a == NULL ? NULL : &a->head;
    }
    struct array *a = array_new(o->st, n);
    if (a == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        a->items.values[i] = value_null();
    a->len = n;
    return &a->head;
}

/* All keys with null values, in the order of the record. */
static struct object *dict_shell(struct opener *o, const struct parcel_record *r)
{
    struct dict *d = dict_new(o->st, (size_t)r->count);
    if (d == NULL)
        return NULL;
    struct value slot = dict_value(d);
    const struct value *entries = parcel_values(r);
    for (uint64_t i = 0; i < r->count; i++) {
        struct value key = value_null();
        bool ok = poll(o->st, i) && decode(o, entries[2 * i], &key);
        if (ok) {
            ok = dict_set_take(o->st, &slot, key, value_null());
            value_release(o->st, key);
        }
        if (!ok) {
            value_release(o->st, slot);
            return NULL;
        }
    }
    return slot.as.object;
}

static struct shape *shape_shell(struct opener *o, const struct parcel_record *r)
{
    const struct value *names = parcel_values(r);
    struct object *name = object_at(o, names[0]);
    struct shape *s =
        name == NULL ? NULL : shape_root(o->st, (struct string *)(void *)name);
    for (uint64_t i = 1; s != NULL && i <= r->count; i++) {
        name = object_at(o, names[i]);
        s = name == NULL ? NULL : shape_with(o->st, s, (struct string *)(void *)name);
    }
    return s;
}

/* The words of a struct: origin, shape, definition, values. */
static struct object *struct_shell(struct opener *o, const struct parcel_record *r)
{
    const struct source_ref *origin =
        (const struct source_ref *)(uintptr_t)parcel_words(r)[0];
    const struct value *values =
        (const struct value *)(const void *)(parcel_words(r) + 1);
    const union made *shape = shell(o, values[0].as.bits);
    struct object *def = NULL;
    if (shape == NULL)
        return NULL;
    if (value_is_object(values[1])) {
        def = object_at(o, values[1]);
        if (def == NULL)
            return NULL;
    }
    struct struct_object *s =
        struct_new(o->st, shape->shape, (struct structdef *)(void *)def);
    if (s == NULL)
        return NULL;
    s->head.flags |= r->flags & OBJECT_ERROR;
    if (r->flags & OBJECT_ERROR)
        error_set_origin(o->st, s, origin, r->extra);
    return &s->head;
}

static struct object *collection_shell(struct opener *o, const struct parcel_record *r)
{
    struct value v;
    if (!collection_make(o->st, (enum value_kind)r->kind, (size_t)r->count, &v))
        return NULL;
    struct collection *c = COLLECTION_OF(v);
    for (uint64_t i = 0; i < r->count; i++)
        c->items[i] = value_null();
    c->len = c->used = (size_t)r->count;
    return &c->head;
}

static struct object *tagged_shell(struct opener *o, const struct parcel_record *r)
{
    struct object *tag = object_at(o, parcel_values(r)[0]);
    struct value *nulls = mem_alloc_zero((size_t)r->count + 1, sizeof *nulls);
    struct value v;
    if (tag == NULL || nulls == NULL) {
        mem_free(nulls);
        return NULL;
    }
    for (uint64_t i = 0; i < r->count; i++)
        nulls[i] = value_null();
    bool ok = tagged_make_take(o->st, (struct string *)(void *)tag, nulls,
                               (uint32_t)r->count, &v);
    mem_free(nulls);
    return ok ? v.as.object : NULL;
}

/* For functions of a message, whose unit nobody knows here: unset variables. */
static struct instance *make_guest(struct state *st, const struct unit *original)
{
    struct scope *scope = scope_for_guests(st);
    struct unit *unit = scope == NULL ? NULL : state_unit(st, original);
    struct value *globals =
        unit == NULL ? NULL : scope_globals(st, scope, unit->nglobals);
    struct instance *i = globals == NULL ? NULL : scope_add(st, scope, unit, globals);
    if (i != NULL)
        i->origin = INSTANCE_HIDDEN;
    return i;
}

/* The words of an instance: the unit's original, its variables. */
static struct instance *instance_shell(struct opener *o, const struct parcel_record *r)
{
    const struct unit *original = (const struct unit *)(uintptr_t)parcel_words(r)[0];
    struct value globals;
    memcpy(&globals, parcel_words(r) + 1, sizeof globals);
    if (globals.kind != PARCEL_GLOBALS) {
        struct instance *known = scope_find(o->st, original);
        if (known != NULL)
            return known;
        return globals.kind == PARCEL_LATE ? make_guest(o->st, original)
                                           : scope_instance(o->st, original);
    }
    struct unit *unit = state_unit(o->st, original);
    const union made *values = unit == NULL ? NULL : shell(o, globals.as.bits);
    struct instance *i =
        values == NULL ? NULL : scope_add(o->st, o->st->scope, unit, values->globals);
    if (i == NULL)
        return NULL;
    i->import_state = (uint8_t)r->extra;
    i->origin = (r->flags & PARCEL_GUEST) != 0 ? INSTANCE_GUEST : INSTANCE_OWN;
    i->common = (r->flags & PARCEL_COMMON) != 0;
    return i;
}

static struct instance *instance_of_late(struct opener *o,
                                         const struct parcel_record *r)
{
    const union made *instance = shell(o, parcel_values(r)[0].as.bits);
    return instance == NULL ? NULL : instance->instance;
}

/* When everything is complete: a variable is seen by others at once. Cannot fail, because all
   shells are made. */
static void set_late(struct opener *o, const struct parcel_record *r)
{
    const struct value *values = parcel_values(r) + 1;
    if (r->kind != PARCEL_LATE)
        return;
    struct instance *i = instance_of_late(o, r);
    for (uint64_t at = 0; at < r->count; at++) {
        struct value *slot = &i->globals[values[2 * at].as.integer];
        if (slot->kind == VALUE_UNSET)
            (void)decode(o, values[2 * at + 1], slot);
    }
    if (i->origin == INSTANCE_HIDDEN)
        i->origin = INSTANCE_GUEST;
}

static struct object *function_shell(struct opener *o, const struct parcel_record *r)
{
    const struct value *values = parcel_values(r);
    const union made *instance = shell(o, values[0].as.bits);
    struct cell **cells = mem_alloc_zero((size_t)r->count + 1, sizeof *cells);
    bool ok = instance != NULL && cells != NULL;
    for (uint64_t i = 0; ok && i < r->count; i++) {
        cells[i] = (struct cell *)(void *)object_at(o, values[i + 1]);
        ok = cells[i] != NULL;
    }
    struct function *f = NULL;
    if (ok) {
        struct instance *in = instance->instance;
        f = function_new(o->st, &in->unit->protos[r->extra], in, cells);
    }
    mem_free(cells);
    return f == NULL ? NULL : &f->head;
}

/* The functions of a definition, borrowed; false with an error set. */
static bool functions_at(struct opener *o, const struct value *encoded, uint64_t n,
                         struct function **out)
{
    for (uint64_t i = 0; i < n; i++) {
        out[i] = NULL;
        if (!value_is_object(encoded[i]))
            continue;
        out[i] = (struct function *)(void *)object_at(o, encoded[i]);
        if (out[i] == NULL)
            return false;
    }
    return true;
}

static struct object *structdef_shell(struct opener *o, const struct parcel_record *r)
{
    const struct value *values = parcel_values(r);
    uint32_t nfields = (uint32_t)r->count, nmethods = r->extra;
    struct object *name = object_at(o, values[0]);
    struct function **functions =
        mem_alloc_zero((size_t)nfields + nmethods + 1, sizeof *functions);
    const char **names = mem_alloc_zero((size_t)nfields + 1, sizeof *names);
    struct value def;
    bool ok = name != NULL && functions != NULL && names != NULL;
    for (uint32_t i = 0; ok && i < nfields; i++) {
        struct object *field = object_at(o, values[1 + i]);
        ok = field != NULL;
        if (ok)
            names[i] = ((struct string *)(void *)field)->data;
    }
    ok = ok && functions_at(o, values + 1 + nfields, nfields + nmethods, functions) &&
         structdef_new(o->st, ((struct string *)(void *)name)->data, nfields, names,
                       functions, nmethods, functions + nfields, &def);
    mem_free(functions);
    mem_free(names);
    return ok ? def.as.object : NULL;
}

static struct object *method_shell(struct opener *o, const struct parcel_record *r)
{
    struct object *f = object_at(o, parcel_values(r)[0]);
    if (f == NULL)
        return NULL;
    struct value v =
        bound_method_new(o->st, value_null(), (struct function *)(void *)f);
    return v.kind == VALUE_UNSET ? NULL : v.as.object;
}

/* Cells of a snapshot are variables of its scope. */
static struct object *cell_shell(struct opener *o)
{
    struct cell *c = cell_new_take(o->st, value_unset());
    if (c == NULL)
        return NULL;
    if (o->body->snapshot && !scope_add_cell(o->st, o->st->scope, c)) {
        object_release(o->st, &c->head);
        return NULL;
    }
    return &c->head;
}

/* A handle that raises `Cannot send KIND ...` where the original would have been used. */
static struct object *stand_in(struct opener *o, const struct parcel_record *r)
{
    struct state *st = o->st;
    struct value text, promise, made;
    const char *name = (const char *)(uintptr_t)parcel_words(r)[0];
    if (!string_make_format(st, &text, "Cannot send %s to another task", name))
        return NULL;
    if (r->flags == VALUE_GENERATOR || r->flags == VALUE_ITERATOR) {
        bool ok = iterator_new(st, ITERATOR_REFUSE, value_null(), text, 0, &made);
        value_release(st, text);
        return ok ? made.as.object : NULL;
    }
    if (!promise_rejected_take(st, text, &promise))
        return NULL;
    if (r->flags == VALUE_PROMISE)
        return promise.as.object;
    bool ok = task_new(st, promise, NULL, &made);
    value_release(st, promise);
    return ok ? made.as.object : NULL;
}

static struct object *new_object(struct opener *o, const struct parcel_record *r)
{
    struct state *st = o->st;
    const char *text = (const char *)parcel_words(r);
    struct string *s = NULL;
    struct bytes *b = NULL;
    struct value v;
    switch (r->kind) {
    case VALUE_STRING:
        s = string_new(st, text, (size_t)r->count);
        return s == NULL ? NULL : &s->head;
    case VALUE_BYTES:
        b = bytes_new(st, text, (size_t)r->count);
        return b == NULL ? NULL : &b->head;
    case VALUE_ARRAY: return array_shell(o, r);
    case VALUE_DICT: return dict_shell(o, r);
    case VALUE_STRUCT: return struct_shell(o, r);
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK: return collection_shell(o, r);
    case VALUE_FUNCTION: return function_shell(o, r);
    case VALUE_METHOD: return method_shell(o, r);
    case VALUE_STRUCTDEF: return structdef_shell(o, r);
    case VALUE_TAGGED: return tagged_shell(o, r);
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME:
        return boxed_make_take(st, (enum value_kind)r->kind, value_null(), &v)
                   ? v.as.object
                   : NULL;
    case VALUE_CELL: return cell_shell(o);
    case VALUE_CHANNEL:
        return channel_open(st, (struct conduit *)(uintptr_t)parcel_words(r)[0], &v)
                   ? v.as.object
                   : NULL;
    default: return stand_in(o, r);
    }
}

/* The shell of a record; NULL with an error set. */
static union made *shell(struct opener *o, uint64_t number)
{
    union made *made = &o->made[number];
    if (made->any != NULL)
        return made;
    const struct parcel_record *r = parcel_record(o->body, number);
    union made fresh = {NULL};
    switch (r->kind) {
    case PARCEL_INSTANCE: fresh.instance = instance_shell(o, r); break;
    case PARCEL_GLOBALS:
        fresh.globals = scope_globals(o->st, o->st->scope, (size_t)r->count);
        break;
    case PARCEL_LATE: fresh.instance = instance_of_late(o, r); break;
    case PARCEL_SHAPE: fresh.shape = shape_shell(o, r); break;
    default: fresh.object = new_object(o, r); break;
    }
    if (fresh.any == NULL) {
        if (o->st->error.kind == ERROR_NONE)
            error_out_of_memory(o->st);
        return NULL;
    }
    *made = fresh;
    return made;
}

/* ---- filling -------------------------------------------------------------------------- */

static bool fill_dict(struct opener *o, const struct parcel_record *r, struct dict *d)
{
    const struct value *entries = parcel_values(r);
    for (uint64_t i = 0; i < r->count; i++) {
        if (!poll(o->st, i) || !fill_slot(o, entries[2 * i + 1], &d->entries[i].value))
            return false;
    }
    return true;
}

/* Gives the shell of the record its parts. */
static bool fill(struct opener *o, const struct parcel_record *r, union made made)
{
    const struct value *values = parcel_values(r);
    const struct value v = {.as.object = made.object, .kind = r->kind};
    size_t n = (size_t)r->count;
    switch (r->kind) {
    case VALUE_ARRAY:
        return r->flags != ARRAY_VALUES ||
               fill_slots(o, values, n, ARRAY_OF(v)->items.values);
    case VALUE_DICT: return fill_dict(o, r, DICT_OF(v));
    case VALUE_STRUCT:
        values = (const struct value *)(const void *)(parcel_words(r) + 1);
        return fill_slots(o, values + 2, n, STRUCT_OF(v)->fields);
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK: return fill_slots(o, values, n, COLLECTION_OF(v)->items);
    case VALUE_METHOD: return fill_slot(o, values[1], &METHOD_OF(v)->receiver);
    case VALUE_TAGGED: return fill_slots(o, values + 1, n, TAGGED_OF(v)->payload);
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME: return fill_slot(o, values[0], &BOXED_OF(v)->payload);
    case VALUE_CELL: return fill_slot(o, values[0], &CELL_OF(v)->value);
    case PARCEL_GLOBALS: return fill_slots(o, values, n, made.globals);
    default: return true;
    }
}
