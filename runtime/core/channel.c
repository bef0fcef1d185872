#include "config.h"

#include "core/channel.h"

#include "core/gc.h"
#include "core/state.h"

enum {
    FIRST_CAPACITY = 8
};

static bool grow(struct state *st, struct channel *c);

/* ---- the queue ---------------------------------------------------------------------- */

bool channel_new(struct state *st, struct value *out)
{
    struct object *o =
        heap_object(st, sizeof(struct channel), VALUE_CHANNEL, HEAP_BUILTIN);
    if (o == NULL)
        return false;
    struct channel *c = (struct channel *)(void *)o;
    c->len = 0;
    c->capacity = 0;
    c->start = 0;
    c->items = NULL;
    c->shared = NULL;
    if (!gc_track(st, o, &c->gc_index)) {
        heap_object_free(st, o, sizeof *c);
        return false;
    }
    *out = value_object(o);
    return true;
}

bool channel_push_take(struct state *st, struct channel *c, struct value v)
{
    if (c->len == c->capacity && !grow(st, c)) {
        value_release(st, v);
        return false;
    }
    c->items[(c->start + c->len) % c->capacity] = v;
    c->len++;
    return true;
}

bool channel_pop(struct channel *c, struct value *out)
{
    if (c->len == 0)
        return false;
    *out = c->items[c->start];
    c->start = (c->start + 1) % c->capacity;
    c->len--;
    return true;
}

/* A new block with the items from its beginning. */
static bool grow(struct state *st, struct channel *c)
{
    if (c->capacity > SIZE_MAX / sizeof(struct value) / 2)
        return error_out_of_memory(st);
    size_t capacity = c->capacity == 0 ? (size_t)FIRST_CAPACITY : c->capacity * 2;
    struct value *items = heap_alloc(st, capacity * sizeof *items, HEAP_COLLECTION);
    if (items == NULL)
        return false;
    for (size_t i = 0; i < c->len; i++)
        items[i] = c->items[(c->start + i) % c->capacity];
    if (c->items != NULL)
        heap_free(st, c->items, c->capacity * sizeof *items);
    c->items = items;
    c->capacity = capacity;
    c->start = 0;
    return true;
}

/* ---- methods ------------------------------------------------------------------------ */

bool channel_send(struct state *st, struct value v, struct value *args, uint32_t nargs,
                  struct value *result)
{
    if (nargs != 1)
        return error_raise(st, "Channel.send expects 1 arguments, got %u", nargs);
    struct channel *c = CHANNEL_OF(v);
    struct value item = value_take(&args[0]);
    bool ok = st->channel_send != NULL ? st->channel_send(st, c, item)
                                       : channel_push_take(st, c, item);
    if (ok)
        *result = value_bool(true);
    return ok;
}

bool channel_receive(struct state *st, struct value v, uint32_t nargs,
                     struct value *result)
{
    if (nargs != 0)
        return error_raise(st, "Channel.receive expects 0 arguments, got %u", nargs);
    struct channel *c = CHANNEL_OF(v);
    if (channel_pop(c, result))
        return true;
    if (st->channel_receive != NULL)
        return st->channel_receive(st, c, result);
    *result = value_null();
    return true;
}

/* ---- what the heap must know -------------------------------------------------------- */

static void channel_clear(struct state *st, struct object *o)
{
    struct channel *c = (struct channel *)(void *)o;
    struct value v;
    while (channel_pop(c, &v))
        value_release(st, v);
}

static void channel_free(struct state *st, struct object *o)
{
    struct channel *c = (struct channel *)(void *)o;
    gc_untrack(st, c->gc_index);
    if (st->channel_free != NULL && c->shared != NULL)
        st->channel_free(st, c->shared);
    channel_clear(st, o);
    if (c->items != NULL)
        heap_free(st, c->items, c->capacity * sizeof *c->items);
    heap_object_free(st, o, sizeof *c);
}

static void channel_visit(const struct object *o, gc_visit_fn visit, void *context)
{
    const struct channel *c = (const struct channel *)(const void *)o;
    for (size_t i = 0; i < c->len; i++) {
        struct value v = c->items[(c->start + i) % c->capacity];
        if (value_is_object(v))
            visit(context, v.as.object);
    }
}

void channel_register(struct state *st)
{
    static const struct heap_kind kind = {
        .free = channel_free, .visit = channel_visit, .clear = channel_clear};
    heap_set_kind(st, VALUE_CHANNEL, &kind);
}
