/*
 * The end of objects: object_free and the constructors too small for a file of their own
 * (cells and boxes).
 */
#include "config.h"

#include "core/object.h"

#include "core/array.h"
#include "core/boxed.h"
#include "core/bytes.h"
#include "core/collection.h"
#include "core/dict.h"
#include "core/function.h"
#include "core/gc.h"
#include "core/heap_private.h"
#include "core/string.h"
#include "core/structs.h"

static void free_one(struct state *st, struct object *o);

/*
 * Objects that wait to be freed form a list through their heads: a dead object needs no
 * count, so `refs` and the upper 12 bits of `reserved` hold the address of the next one,
 * which has 44 significant bits (48-bit addresses, 16-byte alignment). No memory is needed
 * and no C stack, however deep the data.
 */
static void pending_push(struct heap *h, struct object *o)
{
    uint64_t link = (uint64_t)(uintptr_t)h->pending >> 4;
    o->refs = (int32_t)(uint32_t)link;
    o->reserved = (uint16_t)((o->reserved & 0xFu) | (uint16_t)((link >> 32) << 4));
    h->pending = o;
}

static struct object *pending_pop(struct heap *h)
{
    struct object *o = h->pending;
    uint64_t link = (uint32_t)o->refs | (uint64_t)(o->reserved >> 4) << 32;
    h->pending = (struct object *)(uintptr_t)(link << 4);
    o->refs = 0;
    o->reserved &= 0xFu;
    return o;
}

void object_free(struct state *st, struct object *o)
{
    if (o->kind == VALUE_STRING) {
        string_free(st, (struct string *)(void *)o);
        return;
    }
    struct heap *h = st->heap;
    if (h->draining) {
        pending_push(h, o);
        return;
    }
    h->draining = true;
    free_one(st, o);
    while (h->pending != NULL)
        free_one(st, pending_pop(h));
    h->draining = false;
}

static void release_values(struct state *st, const struct value *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        value_release(st, items[i]);
}

static void free_array(struct state *st, struct array *a)
{
    enum array_rep rep = array_rep(a);
    if (rep == ARRAY_VALUES)
        release_values(st, a->items.values, a->len);
    heap_free(st, a->items.raw, a->capacity * array_item_size(rep));
    heap_object_free(st, &a->head, sizeof *a);
}

static void free_dict(struct state *st, struct dict *d)
{
    for (size_t i = 0; i < d->used; i++) {
        value_release(st, d->entries[i].key);
        value_release(st, d->entries[i].value);
    }
    dict_free_storage(st, d);
}

static void free_struct(struct state *st, struct struct_object *s)
{
    release_values(st, s->fields, s->shape->nfields);
    if (s->def != NULL)
        object_release(st, &s->def->head);
    struct_free_storage(st, s);
}

static void free_collection(struct state *st, struct collection *c)
{
    if (c->used > c->start)
        release_values(st, c->items + c->start, c->used - c->start);
    collection_free_storage(st, c);
}

static void free_function(struct state *st, struct function *f)
{
    for (uint32_t i = 0; i < f->ncells; i++)
        object_release(st, &f->cells[i]->head);
    heap_object_free(st, &f->head, sizeof *f + f->ncells * sizeof f->cells[0]);
}

static void free_method(struct state *st, struct bound_method *m)
{
    value_release(st, m->receiver);
    object_release(st, &m->function->head);
    heap_object_free(st, &m->head, sizeof *m);
}

static void free_tagged(struct state *st, struct tagged *t)
{
    value_release(st, t->tag);
    release_values(st, t->payload, t->count);
    heap_object_free(st, &t->head, sizeof *t + t->count * sizeof t->payload[0]);
}

static void free_boxed(struct state *st, struct boxed *b)
{
    value_release(st, b->payload);
    heap_object_free(st, &b->head, sizeof *b);
}

static void free_cell(struct state *st, struct cell *c)
{
    gc_untrack(st, c->gc_index);
    value_release(st, c->value);
    heap_object_free(st, &c->head, sizeof *c);
}

static void free_bytes(struct state *st, struct bytes *b)
{
    heap_free(st, b->data, b->capacity);
    heap_object_free(st, &b->head, sizeof *b);
}

static void free_one(struct state *st, struct object *o)
{
    switch ((enum value_kind)o->kind) {
    case VALUE_ARRAY: free_array(st, (struct array *)(void *)o); break;
    case VALUE_DICT: free_dict(st, (struct dict *)(void *)o); break;
    case VALUE_STRUCT: free_struct(st, (struct struct_object *)(void *)o); break;
    case VALUE_BYTES: free_bytes(st, (struct bytes *)(void *)o); break;
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK: free_collection(st, (struct collection *)(void *)o); break;
    case VALUE_FUNCTION: free_function(st, (struct function *)(void *)o); break;
    case VALUE_METHOD: free_method(st, (struct bound_method *)(void *)o); break;
    case VALUE_STRUCTDEF: structdef_free(st, (struct structdef *)(void *)o); break;
    case VALUE_TAGGED: free_tagged(st, (struct tagged *)(void *)o); break;
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME: free_boxed(st, (struct boxed *)(void *)o); break;
    case VALUE_CELL: free_cell(st, (struct cell *)(void *)o); break;
    case VALUE_GENERATOR:
    case VALUE_ITERATOR:
    case VALUE_CHANNEL:
    case VALUE_PROMISE:
    case VALUE_TASK:
    case VALUE_ITER: {
        const struct heap_kind *kind = heap_kind(st, o->kind);
        if (kind != NULL)
            kind->free(st, o);
        break;
    }
    case VALUE_UNSET:
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_FLOAT:
    case VALUE_NONE:
    case VALUE_BUILTIN:
    case VALUE_STRING:
    case VALUE_KIND_COUNT: break;
    }
}

/* ---- constructors --------------------------------------------------------------------- */

struct cell *cell_new_take(struct state *st, struct value v)
{
    struct object *o = heap_object(st, sizeof(struct cell), VALUE_CELL, HEAP_CELL);
    if (o == NULL) {
        value_release(st, v);
        return NULL;
    }
    struct cell *c = (struct cell *)(void *)o;
    c->value = v;
    if (!gc_track(st, o, &c->gc_index)) {
        heap_object_free(st, o, sizeof *c);
        value_release(st, v);
        return NULL;
    }
    return c;
}

bool boxed_make_take(struct state *st, enum value_kind kind, struct value payload,
                     struct value *out)
{
    struct object *o = heap_object(st, sizeof(struct boxed), kind, HEAP_BOX);
    if (o == NULL) {
        value_release(st, payload);
        return false;
    }
    ((struct boxed *)(void *)o)->payload = payload;
    *out = value_object(o);
    return true;
}

bool tagged_make_take(struct state *st, struct string *tag, struct value *payload,
                      uint32_t n, struct value *out)
{
    struct object *o = heap_object(st, sizeof(struct tagged) + n * sizeof(struct value),
                                   VALUE_TAGGED, HEAP_BOX);
    if (o == NULL) {
        release_values(st, payload, n);
        return false;
    }
    struct tagged *t = (struct tagged *)(void *)o;
    object_retain(&tag->head);
    t->tag = string_value(tag);
    t->count = n;
    for (uint32_t i = 0; i < n; i++)
        t->payload[i] = payload[i];
    *out = value_object(o);
    return true;
}
