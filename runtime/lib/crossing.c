#include "config.h"

#include "lib/crossing.h"

#include "base/mem.h"
#include "core/array.h"
#include "core/copy.h"
#include "core/dict.h"
#include "core/string.h"
#include "lib/lib_state.h"

enum {
    /* Deeper data is copied without a closer look. */
    PLAIN_DEPTH = 16
};

struct pair {
    struct instance *from, *to;
};

struct snapshot {
    struct pair *pairs;
    size_t len, capacity;
    uint32_t users;
    bool escaped;          /* a function over it has left */
    struct snapshot *next; /* list in lib_state */
};

static bool is_plain(struct value v, unsigned depth);
static bool copy_globals(struct state *st, struct copy *copy, struct snapshot *s,
                         size_t at);
static struct instance *same_instance(void *context, struct instance *i);
static struct instance *snapshot_instance(void *context, struct instance *i);
static bool same_channel(void *context, struct object *o, struct value *out);

struct snapshot_context {
    struct state *st;
    struct snapshot *snapshot;
};

/* ---- values ---------------------------------------------------------------------- */

bool crossing_copy(struct state *st, struct value v, struct value *out)
{
    if (is_plain(v, PLAIN_DEPTH)) {
        *out = value_retain(v);
        return true;
    }
    struct lib_state *lib = lib_state(st);
    struct copy copy;
    if (lib == NULL)
        return false;
    copy_init(&copy, st, st);
    copy.context = lib;
    copy.instance = same_instance;
    copy.channel = same_channel;
    bool ok = copy_value(&copy, v, out);
    copy_done(&copy);
    return ok;
}

/* Data without functions, handles and structs (whose definition holds functions). */
static bool is_plain(struct value v, unsigned depth)
{
    switch (v.kind) {
    case VALUE_STRING:
    case VALUE_BYTES:
    case VALUE_CHANNEL: return true;
    case VALUE_ARRAY: {
        const struct array *a = ARRAY_OF(v);
        if (array_rep(a) != ARRAY_VALUES)
            return true;
        if (depth == 0)
            return false;
        for (size_t i = 0; i < a->len; i++)
            if (!is_plain(a->items.values[i], depth - 1))
                return false;
        return true;
    }
    case VALUE_DICT: {
        const struct dict *d = DICT_OF(v);
        if (depth == 0)
            return false;
        for (size_t i = 0; i < d->used; i++)
            if (d->entries[i].key.kind != VALUE_UNSET &&
                !is_plain(d->entries[i].value, depth - 1))
                return false;
        return true;
    }
    default: return v.kind < VALUE_FIRST_OBJECT;
    }
}

/* Functions keep their globals; a snapshot they are part of must then keep them too. */
static struct instance *same_instance(void *context, struct instance *i)
{
    struct lib_state *lib = context;
    for (struct snapshot *s = lib->snapshots; s != NULL; s = s->next)
        for (size_t k = 0; k < s->len; k++)
            if (s->pairs[k].to == i)
                s->escaped = true;
    return i;
}

static bool same_channel(void *context, struct object *o, struct value *out)
{
    (void)context;
    object_retain(o);
    *out = value_object(o);
    return true;
}

/* ---- snapshots ------------------------------------------------------------------- */

bool crossing_snapshot(struct state *st, struct value f, struct value *out,
                       struct snapshot **snapshot)
{
    if (f.kind == VALUE_BUILTIN) {
        *out = f;
        *snapshot = NULL;
        return true;
    }
    struct lib_state *lib = lib_state(st);
    struct snapshot *s = lib != NULL ? mem_alloc_zero(1, sizeof(*s)) : NULL;
    if (s == NULL)
        return error_out_of_memory(st);
    s->users = 1;
    s->next = lib->snapshots;
    lib->snapshots = s;
    struct snapshot_context context = {st, s};
    struct copy copy;
    struct value made;
    copy_init(&copy, st, st);
    copy.context = &context;
    copy.instance = snapshot_instance;
    copy.channel = same_channel;
    bool ok = copy_value(&copy, f, &made);
    if (ok) {
        copy.stand_ins = true;
        /* Copying globals may meet functions of further modules. */
        for (size_t i = 0; ok && i < s->len; i++)
            ok = copy_globals(st, &copy, s, i);
        if (!ok)
            value_release(st, made);
    }
    copy_done(&copy);
    if (!ok) {
        crossing_release(st, s);
        return false;
    }
    *out = made;
    *snapshot = s;
    return true;
}

static struct instance *snapshot_instance(void *context, struct instance *i)
{
    struct snapshot_context *c = context;
    struct snapshot *s = c->snapshot;
    for (size_t k = 0; k < s->len; k++)
        if (s->pairs[k].from == i)
            return s->pairs[k].to;
    if (s->len == s->capacity) {
        size_t capacity = mem_grow(s->capacity, s->len + 1);
        struct pair *pairs = mem_realloc_array(s->pairs, capacity, sizeof(*pairs));
        if (pairs == NULL)
            return NULL;
        s->pairs = pairs;
        s->capacity = capacity;
    }
    struct instance *made = instance_new(c->st, i->unit);
    if (made == NULL)
        return NULL;
    made->import_state = i->import_state;
    made->snapshot = true;
    s->pairs[s->len++] = (struct pair){i, made};
    return made;
}

static bool copy_globals(struct state *st, struct copy *copy, struct snapshot *s,
                         size_t at)
{
    struct instance *from = s->pairs[at].from, *to = s->pairs[at].to;
    for (uint32_t g = 0; g < from->unit->nglobals; g++) {
        struct value v = from->globals[g], made;
        if (is_plain(v, PLAIN_DEPTH)) {
            to->globals[g] = value_retain(v);
            continue;
        }
        /* Loop cursors are not of the program and start anew. */
        if (v.kind == VALUE_ITER)
            continue;
        if (!copy_value(copy, v, &made))
            return false;
        value_set_take(st, &to->globals[g], made);
    }
    return true;
}

struct snapshot *crossing_retain(struct snapshot *snapshot)
{
    if (snapshot != NULL)
        snapshot->users++;
    return snapshot;
}

void crossing_release(struct state *st, struct snapshot *snapshot)
{
    if (snapshot == NULL || --snapshot->users > 0)
        return;
    struct lib_state *lib = st->lib;
    struct snapshot **link = &lib->snapshots;
    while (*link != snapshot)
        link = &(*link)->next;
    *link = snapshot->next;
    for (size_t i = 0; !snapshot->escaped && i < snapshot->len; i++) {
        struct instance *instance = snapshot->pairs[i].to;
        for (uint32_t g = 0; g < instance->unit->nglobals; g++)
            value_set_take(st, &instance->globals[g], value_unset());
    }
    mem_free(snapshot->pairs);
    mem_free(snapshot);
}
