#include "config.h"

#include "core/channel.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/sizing.h"
#include "core/conduit.h"
#include "core/gc.h"
#include "core/parcel.h"
#include "core/state.h"

enum {
    FIRST_CAPACITY = SIZE_OR_TINY(8, 1)
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
    c->conduit = NULL;
    c->waiting = NULL;
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

/* ---- sharing ------------------------------------------------------------------------ */

/* The isolate's handles by conduit; NULL with an error set. */
static struct map *handles_of(struct state *st)
{
    if (st->channels == NULL) {
        st->channels = mem_alloc_zero(1, sizeof *st->channels);
        if (st->channels == NULL)
            error_out_of_memory(st);
        else
            map_init(st->channels, MAP_COPY_KEYS);
    }
    return st->channels;
}

static bool enter_handle(struct state *st, struct channel *c, struct conduit *conduit)
{
    struct map *handles = handles_of(st);
    if (handles == NULL)
        return false;
    if (!map_put(handles, (const char *)&conduit, sizeof conduit, c))
        return error_out_of_memory(st);
    c->conduit = conduit;
    conduit_retain(conduit);
    return true;
}

static void drop_handle(struct state *st, struct channel *c)
{
    if (c->conduit == NULL)
        return;
    map_remove(st->channels, (const char *)&c->conduit, sizeof c->conduit);
    conduit_release(c->conduit);
    c->conduit = NULL;
}

void channel_handles_free(struct state *st)
{
    struct map_item item;
    if (st->channels == NULL)
        return;
    /* What the heap drops without running destructors. */
    for (size_t cursor = 0; map_next(st->channels, &cursor, &item);) {
        struct channel *c = item.value;
        conduit_release(c->conduit);
        c->conduit = NULL;
    }
    map_done(st->channels);
    mem_free(st->channels);
    st->channels = NULL;
}

/* The items, which stay until all have crossed. */
static bool fill_conduit(struct state *st, const struct channel *c)
{
    for (size_t i = 0; i < c->len; i++) {
        struct parcel p;
        if (!parcel_pack(st, c->items[(c->start + i) % c->capacity], &p))
            return false;
        if (!conduit_send_take(c->conduit, p))
            return error_out_of_memory(st);
    }
    return true;
}

struct conduit *channel_share(struct state *st, struct channel *c)
{
    struct value v;
    if (c->conduit != NULL)
        return c->conduit;
    /* Channels may lie in channels, and each packs its items below this frame. */
    if ((char *)__builtin_frame_address(0) < st->c_stack_limit) {
        error_raise(st, "Maximum data nesting depth exceeded while sending a channel");
        return NULL;
    }
    struct transit *transit = st->transit != NULL ? st->transit(st) : NULL;
    struct conduit *conduit = transit == NULL ? NULL : conduit_new(transit);
    if (conduit == NULL) {
        if (st->error.kind == ERROR_NONE)
            error_out_of_memory(st);
        return NULL;
    }
    bool ok = enter_handle(st, c, conduit);
    conduit_release(conduit);
    if (ok && !fill_conduit(st, c)) {
        drop_handle(st, c);
        ok = false;
    }
    if (!ok)
        return NULL;
    while (channel_pop(c, &v))
        value_release(st, v);
    if (st->channel_shared != NULL)
        st->channel_shared(st, c);
    return conduit;
}

bool channel_open(struct state *st, struct conduit *conduit, struct value *out)
{
    struct map *handles = handles_of(st);
    if (handles == NULL)
        return false;
    struct channel *c = map_get(handles, (const char *)&conduit, sizeof conduit);
    if (c != NULL) {
        *out = value_object(&c->head);
        value_retain(*out);
        return true;
    }
    if (!channel_new(st, out))
        return false;
    if (enter_handle(st, CHANNEL_OF(*out), conduit))
        return true;
    value_release(st, *out);
    return false;
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
    if (st->channel_free != NULL && c->waiting != NULL)
        st->channel_free(st, c->waiting);
    channel_clear(st, o);
    drop_handle(st, c);
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
