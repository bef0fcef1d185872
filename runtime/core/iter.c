#include "config.h"

#include "core/iter.h"

#include <math.h>

#include "base/utf8.h"
#include "core/array.h"
#include "core/bytes.h"
#include "core/call.h"
#include "core/collection.h"
#include "core/dict.h"
#include "core/gc.h"
#include "core/state.h"
#include "core/string.h"

static bool cursor_new(struct state *st, enum iter_mode mode, int64_t end,
                       struct value source, struct value *out);
static bool next_char(struct state *st, struct iter *it, bool *done,
                      struct value *item);
static bool next_key(struct state *st, struct iter *it, bool *done, struct value *item);
static bool next_member(struct iter *it, bool *done, struct value *item);

/* ---- cursors ------------------------------------------------------------------------ */

bool iter_new(struct state *st, struct value v, struct value *out)
{
    switch ((enum value_kind)v.kind) {
    case VALUE_INT: return cursor_new(st, ITER_RANGE, v.as.integer, value_null(), out);
    case VALUE_FLOAT: {
        /* NaN and -inf give nothing, inf more than anybody can count. */
        int64_t end = 0;
        if (!ops_float_to_index(v.as.number, &end) && v.as.number > 0)
            end = INT64_MAX;
        return cursor_new(st, ITER_RANGE, end, value_null(), out);
    }
    case VALUE_ARRAY: return cursor_new(st, ITER_ARRAY, 0, v, out);
    case VALUE_STRING: return cursor_new(st, ITER_STRING, 0, v, out);
    case VALUE_DICT: return cursor_new(st, ITER_DICT, 0, v, out);
    case VALUE_BYTES: return cursor_new(st, ITER_BYTES, 0, v, out);
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK: return cursor_new(st, ITER_COLLECTION, 0, v, out);
    case VALUE_GENERATOR:
    case VALUE_ITERATOR: return cursor_new(st, ITER_STEPS, 0, v, out);
    case VALUE_FUNCTION: {
        if ((FUNCTION_OF(v)->proto->flags & PROTO_GENERATOR) == 0)
            break;
        struct value generator;
        if (!call_function(st, FUNCTION_OF(v), value_unset(), NULL, 0, &generator))
            return false;
        bool ok = cursor_new(st, ITER_STEPS, 0, generator, out);
        value_release(st, generator);
        return ok;
    }
    case VALUE_UNSET:
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_NONE:
    case VALUE_BUILTIN:
    case VALUE_STRUCT:
    case VALUE_METHOD:
    case VALUE_STRUCTDEF:
    case VALUE_TAGGED:
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME:
    case VALUE_CHANNEL:
    case VALUE_PROMISE:
    case VALUE_TASK:
    case VALUE_CELL:
    case VALUE_ITER:
    case VALUE_KIND_COUNT: break;
    }
    return error_raise(st, "Cannot iterate over non-iterable type");
}

static bool cursor_new(struct state *st, enum iter_mode mode, int64_t end,
                       struct value source, struct value *out)
{
    struct object *o = heap_object(st, sizeof(struct iter), VALUE_ITER, HEAP_ITERATOR);
    if (o == NULL)
        return false;
    struct iter *it = (struct iter *)(void *)o;
    it->head.reserved = (uint16_t)mode;
    it->at = 0;
    it->end = end;
    it->source = value_retain(source);
    *out = value_object(o);
    return true;
}

bool iter_next(struct state *st, struct value iter, bool *done, struct value *item)
{
    struct iter *it = ITER_OF(iter);
    *done = false;
    switch ((enum iter_mode)it->head.reserved) {
    case ITER_RANGE:
        *done = it->at >= it->end;
        if (!*done)
            *item = value_int(it->at++);
        return true;
    case ITER_ARRAY: {
        const struct array *a = ARRAY_OF(it->source);
        *done = (size_t)it->at >= a->len;
        if (!*done)
            *item = value_retain(array_get(a, (size_t)it->at++));
        return true;
    }
    case ITER_STRING: return next_char(st, it, done, item);
    case ITER_DICT: return next_key(st, it, done, item);
    case ITER_BYTES: {
        const struct bytes *b = BYTES_OF(it->source);
        *done = (size_t)it->at >= b->len;
        if (!*done)
            *item = value_int(b->data[it->at++]);
        return true;
    }
    case ITER_COLLECTION: return next_member(it, done, item);
    case ITER_STEPS: return iter_step(st, it->source, done, item);
    }
    return true;
}

static bool next_char(struct state *st, struct iter *it, bool *done, struct value *item)
{
    const struct string *s = STRING_OF(it->source);
    size_t at = (size_t)it->at;
    if (at >= s->len) {
        *done = true;
        return true;
    }
    unsigned char first = (unsigned char)s->data[at];
    if (first < 0x80) {
        it->at++;
        struct string *c = string_ascii(st, first);
        object_retain(&c->head);
        *item = string_value(c);
        return true;
    }
    uint32_t code_point;
    size_t n = utf8_decode(s->data + at, s->len - at, &code_point);
    if (n == 0)
        n = 1;
    if (!string_make(st, s->data + at, n, item))
        return false;
    it->at += (int64_t)n;
    return true;
}

static bool next_key(struct state *st, struct iter *it, bool *done, struct value *item)
{
    struct dict *d = DICT_OF(it->source);
    if ((size_t)it->at >= d->len) {
        *done = true;
        return true;
    }
    const uint32_t *order = dict_sorted(st, d);
    if (order == NULL || !dict_key_string(st, d->entries[order[it->at]].key, item))
        return false;
    it->at++;
    return true;
}

static bool next_member(struct iter *it, bool *done, struct value *item)
{
    size_t cursor = (size_t)it->at;
    struct value v;
    if (!collection_next(COLLECTION_OF(it->source), &cursor, &v)) {
        *done = true;
        return true;
    }
    it->at = (int64_t)cursor;
    *item = value_retain(v);
    return true;
}

/* ---- generators --------------------------------------------------------------------- */

bool generator_new(struct state *st, struct function *f, void *body, struct value *out)
{
    struct object *o =
        heap_object(st, sizeof(struct generator), VALUE_GENERATOR, HEAP_GENERATOR);
    if (o == NULL)
        return false;
    struct generator *g = (struct generator *)(void *)o;
    object_retain(&f->head);
    g->function = f;
    g->status = GENERATOR_FRESH;
    g->nparams = f->proto->nparams;
    g->body = body;
    g->engine = st->engine;
    *out = value_object(o);
    return true;
}

static bool generator_step(struct state *st, struct value v, bool *done,
                           struct value *item)
{
    struct generator *g = GENERATOR_OF(v);
    if (g->status == GENERATOR_RUNNING)
        return error_raise(st, "Generator is already running");
    if (g->status == GENERATOR_DONE) {
        *done = true;
        return true;
    }
    /* The body may drop the last reference to its own generator. */
    value_retain(v);
    g->status = GENERATOR_RUNNING;
    *done = false;
    bool ok = g->engine->generator_resume(st, v, done, item);
    if (ok && !*done) {
        g->status = GENERATOR_SUSPENDED;
    } else {
        g->status = GENERATOR_DONE;
        if (g->body != NULL)
            g->engine->generator_free(st, &g->head);
    }
    value_release(st, v);
    return ok;
}

bool iter_step(struct state *st, struct value v, bool *done, struct value *item)
{
    if (v.kind == VALUE_GENERATOR)
        return generator_step(st, v, done, item);
    return iterator_step(st, v, done, item);
}

bool iter_collect(struct state *st, struct value v, struct value *out)
{
    if (v.kind == VALUE_ARRAY) {
        *out = value_retain(v);
        return true;
    }
    if (v.kind != VALUE_GENERATOR && v.kind != VALUE_ITERATOR)
        return error_raise(st, "collect() expects an iterator or array");
    struct value array;
    if (!array_make_empty(st, &array))
        return false;
    for (;;) {
        bool done;
        struct value item;
        if (!iter_step(st, v, &done, &item))
            break;
        if (done) {
            *out = array;
            return true;
        }
        if (!array_push_take(st, &array, item))
            break;
    }
    value_release(st, array);
    return false;
}

/* ---- what the heap must know -------------------------------------------------------- */

static void iter_free(struct state *st, struct object *o)
{
    struct iter *it = (struct iter *)(void *)o;
    value_release(st, it->source);
    heap_object_free(st, o, sizeof *it);
}

static void iter_visit(const struct object *o, gc_visit_fn visit, void *context)
{
    const struct iter *it = (const struct iter *)(const void *)o;
    if (value_is_object(it->source))
        visit(context, it->source.as.object);
}

static void generator_free(struct state *st, struct object *o)
{
    struct generator *g = (struct generator *)(void *)o;
    if (g->body != NULL) {
        /* Unwinding the body may count the object up and down again; it must not be freed
           a second time when it comes back to zero. */
        o->refs = 1;
        g->status = GENERATOR_RUNNING;
        g->engine->generator_free(st, o);
        o->refs = 0;
    }
    object_release(st, &g->function->head);
    heap_object_free(st, o, sizeof *g);
}

static void generator_visit(const struct object *o, gc_visit_fn visit, void *context)
{
    const struct generator *g = (const struct generator *)(const void *)o;
    visit(context, &g->function->head);
    if (g->body != NULL && g->engine->generator_visit != NULL)
        g->engine->generator_visit(o, visit, context);
}

void iter_register(struct state *st)
{
    static const struct heap_kind cursor = {.free = iter_free, .visit = iter_visit};
    static const struct heap_kind generator = {.free = generator_free,
                                               .visit = generator_visit};
    /* What an engine does not show is taken to be in use. */
    static const struct heap_kind opaque = {.free = generator_free};
    bool shown = st->engine != NULL && st->engine->generator_visit != NULL;
    heap_set_kind(st, VALUE_ITER, &cursor);
    heap_set_kind(st, VALUE_GENERATOR, shown ? &generator : &opaque);
}
