#include "config.h"

#include "core/copy.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "core/array.h"
#include "core/boxed.h"
#include "core/bytes.h"
#include "core/collection.h"
#include "core/dict.h"
#include "core/error.h"
#include "core/iter.h"
#include "core/promise.h"
#include "core/string.h"
#include "core/structs.h"

struct copy_entry {
    struct object *source;
    struct value made; /* counted */
};

/*
 * A copy is made as a shell first - the container at full size, its parts null - and entered
 * here, which is also the list of shells still to be filled: no recursion on depth, and
 * cycles through captured variables end. Entries hold one count of each copy, so an
 * abandoned one is released like any other.
 */
struct copy_seen {
    struct copy_entry *entries;
    size_t len, capacity;
    size_t filled;   /* entries below have their parts */
    uint32_t *slots; /* open addressing by source: entry + 1 */
    size_t mask;
};

static bool shell(struct copy *c, struct value v, struct value *out);
static bool fill(struct copy *c, struct value source, struct value made);

void copy_init(struct copy *c, struct state *from, struct state *to)
{
    *c = (struct copy){.from = from, .to = to};
}

void copy_done(struct copy *c)
{
    struct copy_seen *seen = c->seen;
    if (seen == NULL)
        return;
    for (size_t i = 0; i < seen->len; i++)
        value_release(c->to, seen->entries[i].made);
    mem_free(seen->entries);
    mem_free(seen->slots);
    mem_free(seen);
    c->seen = NULL;
}

bool copy_value(struct copy *c, struct value v, struct value *out)
{
    struct value made;
    if (!shell(c, v, &made))
        return false;
    struct copy_seen *seen = c->seen;
    while (seen != NULL && seen->filled < seen->len) {
        struct copy_entry entry = seen->entries[seen->filled++];
        if (!fill(c, value_object(entry.source), entry.made)) {
            /* Nothing may be left half filled for the next value of this copy. */
            seen->filled = seen->len;
            value_release(c->to, made);
            return false;
        }
    }
    *out = made;
    return true;
}

const char *copy_unsendable(enum value_kind kind)
{
    switch (kind) {
    case VALUE_GENERATOR: return "generator";
    case VALUE_ITERATOR: return "iterator";
    case VALUE_PROMISE: return "promise";
    case VALUE_TASK: return "taskhandle";
    case VALUE_UNSET:
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_FLOAT:
    case VALUE_NONE:
    case VALUE_BUILTIN:
    case VALUE_STRING:
    case VALUE_ARRAY:
    case VALUE_DICT:
    case VALUE_STRUCT:
    case VALUE_BYTES:
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK:
    case VALUE_FUNCTION:
    case VALUE_METHOD:
    case VALUE_STRUCTDEF:
    case VALUE_TAGGED:
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME:
    case VALUE_CHANNEL:
    case VALUE_CELL:
    case VALUE_ITER:
    case VALUE_KIND_COUNT: break;
    }
    return NULL;
}

/* ---- what was seen -------------------------------------------------------------------- */

/* Memory ran out: in our own tables, or in the isolate that receives. */
static bool no_memory(struct copy *c)
{
    error_clear(c->to);
    return error_out_of_memory(c->from);
}

static size_t home_of(const struct copy_seen *seen, const struct object *source)
{
    return (size_t)hash_mix_u64((uint64_t)(uintptr_t)source) & seen->mask;
}

static const struct copy_entry *find(const struct copy *c, const struct object *source)
{
    const struct copy_seen *seen = c->seen;
    if (seen == NULL || seen->slots == NULL)
        return NULL;
    for (size_t at = home_of(seen, source); seen->slots[at] != 0;
         at = (at + 1) & seen->mask) {
        const struct copy_entry *entry = &seen->entries[seen->slots[at] - 1];
        if (entry->source == source)
            return entry;
    }
    return NULL;
}

static void enter(struct copy_seen *seen, size_t i)
{
    size_t at = home_of(seen, seen->entries[i].source);
    while (seen->slots[at] != 0)
        at = (at + 1) & seen->mask;
    seen->slots[at] = (uint32_t)i + 1;
}

static bool grow(struct copy *c)
{
    if (c->seen == NULL) {
        c->seen = mem_alloc_zero(1, sizeof *c->seen);
        if (c->seen == NULL)
            return false;
    }
    struct copy_seen *seen = c->seen;
    if (seen->len < seen->capacity)
        return true;
    size_t capacity = seen->capacity == 0 ? 32 : 2 * seen->capacity;
    struct copy_entry *entries =
        capacity > UINT32_MAX / 2
            ? NULL
            : mem_realloc_array(seen->entries, capacity, sizeof *entries);
    if (entries == NULL)
        return false;
    seen->entries = entries;
    uint32_t *slots = mem_alloc_zero(2 * capacity, sizeof *slots);
    if (slots == NULL)
        return false;
    mem_free(seen->slots);
    seen->slots = slots;
    seen->mask = 2 * capacity - 1;
    seen->capacity = capacity;
    for (size_t i = 0; i < seen->len; i++)
        enter(seen, i);
    return true;
}

/* Makes room for one note, so that `note` cannot fail. */
static bool reserve_note(struct copy *c)
{
    return grow(c) || no_memory(c);
}

/* Remembers that `made` (one count of which is taken) is the copy of `source`. */
static void note(struct copy *c, struct object *source, struct object *made)
{
    struct copy_seen *seen = c->seen;
    seen->entries[seen->len] =
        (struct copy_entry){.source = source, .made = value_object(made)};
    enter(seen, seen->len);
    seen->len++;
}

/* ---- shells --------------------------------------------------------------------------- */

static struct array *array_shell(struct copy *c, const struct array *a)
{
    if (array_rep(a) == ARRAY_INTS || array_rep(a) == ARRAY_FLOATS) {
        struct array *b = array_rep(a) == ARRAY_INTS ? array_new_ints(c->to, a->len)
                                                     : array_new_floats(c->to, a->len);
        if (b != NULL && a->len > 0)
            memcpy(b->items.raw, a->items.raw, a->len * sizeof(int64_t));
        return b;
    }
    struct array *b = array_new(c->to, a->len);
    for (size_t i = 0; b != NULL && i < a->len; i++)
        b->items.values[i] = value_null();
    if (b != NULL)
        b->len = a->len;
    return b;
}

/* All keys with null values, in the order of the source's entries. */
static struct dict *dict_shell(struct copy *c, const struct dict *d)
{
    struct dict *made = dict_new(c->to, d->len);
    if (made == NULL)
        return NULL;
    struct value slot = dict_value(made);
    for (size_t i = 0; i < d->used; i++) {
        struct value key = d->entries[i].key;
        if (key.kind == VALUE_UNSET)
            continue;
        struct value copied = key;
        bool ok = key.kind != VALUE_STRING || string_make(c->to, STRING_OF(key)->data,
                                                          STRING_OF(key)->len, &copied);
        ok = ok && dict_set_take(c->to, &slot, copied, value_null());
        if (key.kind == VALUE_STRING && copied.as.object != key.as.object)
            value_release(c->to, copied);
        if (!ok) {
            value_release(c->to, slot);
            return NULL;
        }
    }
    return made;
}

static struct struct_object *struct_shell(struct copy *c, const struct struct_object *s)
{
    struct value name, def = value_null();
    if (s->def != NULL && !shell(c, value_object(&s->def->head), &def))
        return NULL;
    const struct string *text = STRING_OF(struct_name(s));
    if (!string_make(c->to, text->data, text->len, &name)) {
        value_release(c->to, def);
        return NULL;
    }
    struct shape *shape = shape_root(c->to, STRING_OF(name));
    value_release(c->to, name);
    for (uint32_t i = 0; shape != NULL && i < s->shape->nfields; i++) {
        struct value field;
        text = s->shape->names[i];
        if (!string_make(c->to, text->data, text->len, &field)) {
            shape = NULL;
            break;
        }
        shape = shape_with(c->to, shape, STRING_OF(field));
        value_release(c->to, field);
    }
    struct struct_object *made = NULL;
    if (shape != NULL)
        made = struct_new(c->to, shape, s->def == NULL ? NULL : STRUCTDEF_OF(def));
    if (made != NULL) {
        made->head.flags |= s->head.flags & OBJECT_ERROR;
        made->origin = s->origin;
    }
    value_release(c->to, def);
    return made;
}

static struct object *collection_shell(struct copy *c, const struct collection *source)
{
    struct value made;
    if (!collection_make(c->to, (enum value_kind)source->head.kind, source->len, &made))
        return NULL;
    struct collection *copied = COLLECTION_OF(made);
    for (size_t i = 0; i < source->len; i++)
        copied->items[i] = value_null();
    copied->len = copied->used = source->len;
    return &copied->head;
}

static struct object *tagged_shell(struct copy *c, const struct tagged *t)
{
    struct value tag, made;
    const struct string *text = STRING_OF(t->tag);
    struct value *nulls = mem_alloc_zero((size_t)t->count + 1, sizeof *nulls);
    if (nulls == NULL || !string_make(c->to, text->data, text->len, &tag)) {
        mem_free(nulls);
        return NULL;
    }
    for (uint32_t i = 0; i < t->count; i++)
        nulls[i] = value_null();
    bool ok = tagged_make_take(c->to, STRING_OF(tag), nulls, t->count, &made);
    value_release(c->to, tag);
    mem_free(nulls);
    return ok ? made.as.object : NULL;
}

static bool unsendable(struct copy *c, const char *kind)
{
    return error_raise(c->from, "Cannot send %s to another task", kind);
}

/* A closure over shells of its variables. */
static struct object *function_shell(struct copy *c, const struct function *f)
{
    struct instance *instance =
        c->instance == NULL ? NULL : c->instance(c->context, f->instance);
    if (instance == NULL) {
        unsendable(c, "function");
        return NULL;
    }
    struct cell **cells = mem_alloc_zero((size_t)f->ncells + 1, sizeof *cells);
    uint32_t n = 0;
    bool ok = cells != NULL;
    for (; ok && n < f->ncells; n++) {
        struct value cell;
        ok = shell(c, value_object(&f->cells[n]->head), &cell);
        if (!ok)
            break;
        cells[n] = CELL_OF(cell);
    }
    struct function *made = ok ? function_new(c->to, f->proto, instance, cells) : NULL;
    for (uint32_t i = 0; i < n; i++)
        object_release(c->to, &cells[i]->head);
    mem_free(cells);
    return made == NULL ? NULL : &made->head;
}

/* Copies of n functions (NULL entries stay); NULL when one fails. */
static struct function **copy_functions(struct copy *c,
                                        struct function *const *functions, uint32_t n)
{
    struct function **made = mem_alloc_zero((size_t)n + 1, sizeof *made);
    for (uint32_t i = 0; made != NULL && i < n; i++) {
        struct value f;
        if (functions[i] == NULL)
            continue;
        if (!shell(c, value_object(&functions[i]->head), &f)) {
            for (uint32_t k = 0; k < i; k++) {
                if (made[k] != NULL)
                    object_release(c->to, &made[k]->head);
            }
            mem_free(made);
            return NULL;
        }
        made[i] = FUNCTION_OF(f);
    }
    return made;
}

static void drop_functions(struct copy *c, struct function **functions, uint32_t n)
{
    for (uint32_t i = 0; functions != NULL && i < n; i++) {
        if (functions[i] != NULL)
            object_release(c->to, &functions[i]->head);
    }
    mem_free(functions);
}

static struct object *structdef_shell(struct copy *c, const struct structdef *def)
{
    struct function **defaults = copy_functions(c, def->defaults, def->nfields);
    struct function **methods =
        defaults == NULL ? NULL : copy_functions(c, def->methods, def->nmethods);
    const char **names = mem_alloc_zero((size_t)def->nfields + 1, sizeof *names);
    struct value made;
    bool ok = methods != NULL && names != NULL;
    for (uint32_t i = 0; ok && i < def->nfields; i++)
        names[i] = STRING_OF(def->field_names[i])->data;
    ok = ok && structdef_new(c->to, STRING_OF(def->name)->data, def->nfields, names,
                             defaults, def->nmethods, methods, &made);
    drop_functions(c, defaults, def->nfields);
    drop_functions(c, methods, def->nmethods);
    mem_free(names);
    return ok ? made.as.object : NULL;
}

static struct object *method_shell(struct copy *c, const struct bound_method *m)
{
    struct value function;
    if (!shell(c, value_object(&m->function->head), &function))
        return NULL;
    struct value made = bound_method_new(c->to, value_null(), FUNCTION_OF(function));
    value_release(c->to, function);
    return made.kind == VALUE_UNSET ? NULL : made.as.object;
}

static struct object *head_of(void *object)
{
    return object;
}

/* A handle that raises `Cannot send KIND ...` where the original would have been used. */
static struct object *stand_in(struct copy *c, enum value_kind kind, const char *name)
{
    struct value text, promise, made;
    if (!string_make_format(c->to, &text, "Cannot send %s to another task", name))
        return NULL;
    if (kind == VALUE_GENERATOR || kind == VALUE_ITERATOR) {
        bool ok = iterator_new(c->to, ITERATOR_REFUSE, value_null(), text, 0, &made);
        value_release(c->to, text);
        return ok ? made.as.object : NULL;
    }
    if (!promise_rejected_take(c->to, text, &promise))
        return NULL;
    if (kind == VALUE_PROMISE)
        return promise.as.object;
    bool ok = task_new(c->to, promise, NULL, &made);
    value_release(c->to, promise);
    return ok ? made.as.object : NULL;
}

/* The shell of an object that was not seen before; NULL on failure. */
static struct object *new_shell(struct copy *c, struct value v)
{
    struct value made;
    switch (v.kind) {
    case VALUE_STRING:
        return head_of(string_new(c->to, STRING_OF(v)->data, STRING_OF(v)->len));
    case VALUE_ARRAY: return head_of(array_shell(c, ARRAY_OF(v)));
    case VALUE_DICT: return head_of(dict_shell(c, DICT_OF(v)));
    case VALUE_STRUCT: return head_of(struct_shell(c, STRUCT_OF(v)));
    case VALUE_BYTES:
        return head_of(bytes_new(c->to, BYTES_OF(v)->data, BYTES_OF(v)->len));
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK: return collection_shell(c, COLLECTION_OF(v));
    case VALUE_FUNCTION: return function_shell(c, FUNCTION_OF(v));
    case VALUE_METHOD: return method_shell(c, METHOD_OF(v));
    case VALUE_STRUCTDEF: return structdef_shell(c, STRUCTDEF_OF(v));
    case VALUE_TAGGED: return tagged_shell(c, TAGGED_OF(v));
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME:
        return boxed_make_take(c->to, (enum value_kind)v.kind, value_null(), &made)
                   ? made.as.object
                   : NULL;
    case VALUE_CELL: return head_of(cell_new_take(c->to, value_unset()));
    case VALUE_CHANNEL:
        if (c->channel != NULL && c->channel(c->context, v.as.object, &made))
            return made.as.object;
        unsendable(c, "channel");
        return NULL;
    default: {
        const char *kind = copy_unsendable((enum value_kind)v.kind);
        if (c->stand_ins && kind != NULL)
            return stand_in(c, (enum value_kind)v.kind, kind);
        unsendable(c, kind != NULL ? kind : "value");
        return NULL;
    }
    }
}

/* The copy of v, owned; containers may still be empty. */
static bool shell(struct copy *c, struct value v, struct value *out)
{
    if (!value_is_object(v)) {
        v.unused = 0;
        *out = v;
        return true;
    }
    const struct copy_entry *entry = find(c, v.as.object);
    if (entry != NULL) {
        *out = value_retain(entry->made);
        return true;
    }
    struct object *made = new_shell(c, v);
    if (made == NULL) {
        /* Failures of the sender are raised already; the rest is memory. */
        return c->from->error.kind != ERROR_NONE ? false : no_memory(c);
    }
    if (!reserve_note(c)) {
        object_release(c->to, made);
        return false;
    }
    note(c, v.as.object, made);
    *out = value_retain(value_object(made));
    return true;
}

/* ---- parts ---------------------------------------------------------------------------- */

static bool fill_slot(struct copy *c, struct value source, struct value *slot)
{
    struct value made;
    if (!shell(c, source, &made))
        return false;
    value_set_take(c->to, slot, made);
    return true;
}

static bool fill_slots(struct copy *c, const struct value *sources, size_t n,
                       struct value *slots)
{
    for (size_t i = 0; i < n; i++) {
        if (!fill_slot(c, sources[i], &slots[i]))
            return false;
    }
    return true;
}

static bool fill_dict(struct copy *c, const struct dict *source, struct dict *made)
{
    size_t to = 0;
    for (size_t i = 0; i < source->used; i++) {
        if (source->entries[i].key.kind != VALUE_UNSET &&
            !fill_slot(c, source->entries[i].value, &made->entries[to++].value))
            return false;
    }
    return true;
}

static bool fill_collection(struct copy *c, const struct collection *source,
                            struct collection *made)
{
    struct value item;
    size_t to = 0;
    for (size_t cursor = 0; collection_next(source, &cursor, &item);) {
        if (!fill_slot(c, item, &made->items[to++]))
            return false;
    }
    return true;
}

/* Copies the parts of `source` into its shell. */
static bool fill(struct copy *c, struct value source, struct value made)
{
    switch (source.kind) {
    case VALUE_ARRAY:
        if (array_rep(ARRAY_OF(source)) != ARRAY_VALUES)
            return true;
        return fill_slots(c, ARRAY_OF(source)->items.values, ARRAY_OF(source)->len,
                          ARRAY_OF(made)->items.values);
    case VALUE_DICT: return fill_dict(c, DICT_OF(source), DICT_OF(made));
    case VALUE_STRUCT:
        return fill_slots(c, STRUCT_OF(source)->fields,
                          STRUCT_OF(source)->shape->nfields, STRUCT_OF(made)->fields);
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK:
        return fill_collection(c, COLLECTION_OF(source), COLLECTION_OF(made));
    case VALUE_METHOD:
        return fill_slot(c, METHOD_OF(source)->receiver, &METHOD_OF(made)->receiver);
    case VALUE_TAGGED:
        return fill_slots(c, TAGGED_OF(source)->payload, TAGGED_OF(source)->count,
                          TAGGED_OF(made)->payload);
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME:
        return fill_slot(c, BOXED_OF(source)->payload, &BOXED_OF(made)->payload);
    case VALUE_CELL: return fill_slot(c, CELL_OF(source)->value, &CELL_OF(made)->value);
    default: return true;
    }
}
