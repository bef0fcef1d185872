#include "config.h"

#include "core/parcel.h"

#include <stddef.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/sizing.h"
#include "core/array.h"
#include "core/bytes.h"
#include "core/channel.h"
#include "core/collection.h"
#include "core/conduit.h"
#include "core/dict.h"
#include "core/error.h"
#include "core/parcel_body.h"
#include "core/poll.h"
#include "core/state.h"
#include "core/string.h"
#include "core/structs.h"

enum {
    FIRST_SOURCES = SIZE_OR_TINY(16, 1),
    FIRST_WORDS = SIZE_OR_TINY(128, 1),
};

#define NOT_WRITTEN UINT64_MAX

/* What gets a record: an object, or a part that is none (an instance, variables, a shape). */
struct source {
    const void *at;
    uint32_t kind;
    uint32_t nglobals;       /* PARCEL_GLOBALS */
    const struct unit *unit; /* PARCEL_GLOBALS: whose; NULL: of several */
};

struct packer {
    struct state *st;
    bool snapshot;
    bool in_globals; /* what may not cross becomes a stand-in */
    bool late;       /* there are variables that the other side may lack */
    struct source *sources;
    size_t nsources, source_capacity;
    uint32_t *slots; /* open addressing by address: number + 1 */
    size_t mask, nslots;
    uint64_t *places; /* by number; same capacity as sources */
    uint64_t *words;
    size_t nwords, word_capacity;
    uint32_t nchannels;
    /* Enough for a small message. */
    struct source first_sources[FIRST_SOURCES];
    uint64_t first_places[FIRST_SOURCES];
    uint64_t first_words[FIRST_WORDS];
};

static bool pack(struct state *st, struct value v, bool snapshot, struct parcel *out);
static bool write_all(struct packer *p);
static void drop_channels(const struct parcel_body *b);

/* ---- life --------------------------------------------------------------------------- */

bool parcel_pack(struct state *st, struct value v, struct parcel *out)
{
    return pack(st, v, false, out);
}

bool parcel_pack_snapshot(struct state *st, struct value f, struct parcel *out)
{
    return pack(st, f, true, out);
}

struct parcel parcel_retain(struct parcel p)
{
    if (p.body != NULL)
        atomic_fetch_add_explicit(&p.body->users, 1, memory_order_relaxed);
    return p;
}

void parcel_done(struct parcel *p)
{
    struct parcel_body *b = p->body;
    *p = parcel_none();
    if (b == NULL || atomic_fetch_sub_explicit(&b->users, 1, memory_order_acq_rel) != 1)
        return;
    drop_channels(b);
    if (b->account != NULL)
        atomic_fetch_sub_explicit(&b->account->bytes, b->bytes, memory_order_relaxed);
    mem_free(b);
}

static void drop_channels(const struct parcel_body *b)
{
    for (uint32_t i = 0, left = b->nchannels; left > 0; i++) {
        const struct parcel_record *r = parcel_record(b, i);
        if (r->kind != VALUE_CHANNEL)
            continue;
        conduit_release((struct conduit *)(uintptr_t)parcel_words(r)[0]);
        left--;
    }
}

const char *parcel_unsendable(enum value_kind kind)
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

static void packer_init(struct packer *p, struct state *st, bool snapshot)
{
    p->st = st;
    p->snapshot = snapshot;
    p->in_globals = p->late = false;
    p->sources = p->first_sources;
    p->places = p->first_places;
    p->nsources = 0;
    p->source_capacity = FIRST_SOURCES;
    p->slots = NULL;
    p->mask = p->nslots = 0;
    p->words = p->first_words;
    p->nwords = 0;
    p->word_capacity = FIRST_WORDS;
    p->nchannels = 0;
}

static void packer_done(struct packer *p)
{
    if (p->sources != p->first_sources)
        mem_free(p->sources);
    if (p->places != p->first_places)
        mem_free(p->places);
    if (p->words != p->first_words)
        mem_free(p->words);
    mem_free(p->slots);
}

static struct value encode_plain(struct value v)
{
    v.unused = 0;
    return v;
}

/* One block of what has been written; NULL with an error set. */
static struct parcel_body *make_body(struct packer *p, struct value root)
{
    struct state *st = p->st;
    size_t nwords = p->nsources + p->nwords;
    size_t bytes = sizeof(struct parcel_body) + nwords * sizeof(uint64_t);
    if (!heap_check_outside(st, bytes))
        return NULL;
    struct parcel_body *b = mem_alloc(bytes);
    if (b == NULL) {
        error_out_of_memory(st);
        return NULL;
    }
    atomic_init(&b->users, 1);
    b->nrecords = (uint32_t)p->nsources;
    b->account = st->parcels;
    b->bytes = bytes;
    b->root = root;
    b->nchannels = p->nchannels;
    b->snapshot = p->snapshot;
    b->late = p->late;
    for (size_t i = 0; i < p->nsources; i++)
        b->words[i] = p->nsources + p->places[i];
    memcpy(b->words + p->nsources, p->words, p->nwords * sizeof(uint64_t));
    if (b->account != NULL)
        atomic_fetch_add_explicit(&b->account->bytes, bytes, memory_order_relaxed);
    return b;
}

/* The channels of records that never became a body. */
static void abandon_channels(const struct packer *p)
{
    for (size_t i = 0; i < p->nsources; i++) {
        if (p->places[i] == NOT_WRITTEN)
            continue;
        const struct parcel_record *r =
            (const struct parcel_record *)(const void *)&p->words[p->places[i]];
        if (r->kind == VALUE_CHANNEL)
            conduit_release((struct conduit *)(uintptr_t)parcel_words(r)[0]);
    }
}

/* ---- numbers -------------------------------------------------------------------------- */

static size_t home_of(const struct packer *p, const void *at)
{
    return (size_t)hash_mix_u64((uint64_t)(uintptr_t)at) & p->mask;
}

static void enter(struct packer *p, size_t number)
{
    size_t at = home_of(p, p->sources[number].at);
    while (p->slots[at] != 0)
        at = (at + 1) & p->mask;
    p->slots[at] = (uint32_t)number + 1;
    p->nslots++;
}

/* The table of what others may refer to, at most half full. */
static bool grow_slots(struct packer *p)
{
    if (p->slots != NULL && 2 * p->nslots < p->mask)
        return true;
    size_t size = p->slots == NULL ? SIZE_OR_TINY(64, 2) : 2 * (p->mask + 1);
    uint32_t *slots = mem_alloc_zero(size, sizeof *slots);
    if (slots == NULL)
        return false;
    uint32_t *old = p->slots;
    size_t nold = old == NULL ? 0 : p->mask + 1;
    p->slots = slots;
    p->mask = size - 1;
    p->nslots = 0;
    for (size_t i = 0; i < nold; i++) {
        if (old[i] != 0)
            enter(p, old[i] - 1);
    }
    mem_free(old);
    return true;
}

static bool grow_sources(struct packer *p)
{
    if (p->nsources < p->source_capacity)
        return true;
    size_t capacity = 2 * p->source_capacity;
    bool fresh = p->sources == p->first_sources;
    if (capacity > UINT32_MAX / 2)
        return false;
    struct source *sources =
        mem_realloc_array(fresh ? NULL : p->sources, capacity, sizeof *sources);
    if (sources == NULL)
        return false;
    if (fresh)
        memcpy(sources, p->first_sources, sizeof p->first_sources);
    p->sources = sources;
    fresh = p->places == p->first_places;
    uint64_t *places =
        mem_realloc_array(fresh ? NULL : p->places, capacity, sizeof *places);
    if (places == NULL)
        return false;
    if (fresh)
        memcpy(places, p->first_places, sizeof p->first_places);
    p->places = places;
    p->source_capacity = capacity;
    return true;
}

static bool find_source(const struct packer *p, const void *at, size_t *number)
{
    for (size_t i = p->slots == NULL ? 0 : home_of(p, at);
         p->slots != NULL && p->slots[i] != 0; i = (i + 1) & p->mask) {
        if (p->sources[p->slots[i] - 1].at == at) {
            *number = p->slots[i] - 1;
            return true;
        }
    }
    return false;
}

/* The number of something; it gets a record when it is new. An object of one owner was
   reached from that owner and will not be met again: it needs no place in the table. */
static bool number_of(struct packer *p, const void *at, uint32_t kind, bool once,
                      size_t *number)
{
    if (!once && find_source(p, at, number))
        return true;
    if (!grow_sources(p) || (!once && !grow_slots(p)))
        return error_out_of_memory(p->st);
    *number = p->nsources++;
    p->sources[*number] = (struct source){.at = at, .kind = kind};
    p->places[*number] = NOT_WRITTEN;
    if (!once)
        enter(p, *number);
    return true;
}

/* A value as it stands in a record. */
static bool encode(struct packer *p, struct value v, struct value *out)
{
    size_t number = 0;
    if (!value_is_object(v)) {
        *out = encode_plain(v);
        return true;
    }
    bool once = v.as.object->refs == 1 && v.kind != VALUE_FUNCTION;
    if (!number_of(p, v.as.object, v.kind, once, &number))
        return false;
    *out = (struct value){.as.bits = number, .kind = v.kind};
    return true;
}

static bool encode_part(struct packer *p, const void *at, enum parcel_kind kind,
                        struct value *out)
{
    size_t number = 0;
    if (!number_of(p, at, kind, false, &number))
        return false;
    *out = (struct value){.as.bits = number, .kind = kind};
    return true;
}

/* ---- words ---------------------------------------------------------------------------- */

/* Room for `n` words; zeroed. NULL with an error set. The pointer is good until the next. */
static uint64_t *add_words(struct packer *p, size_t n)
{
    if (n > p->word_capacity - p->nwords) {
        size_t capacity = p->word_capacity;
        bool fresh = p->words == p->first_words;
        while (n > capacity - p->nwords) {
            if (capacity > SIZE_MAX / sizeof(uint64_t) / 4) {
                error_out_of_memory(p->st);
                return NULL;
            }
            capacity *= 2;
        }
        uint64_t *words =
            mem_realloc_array(fresh ? NULL : p->words, capacity, sizeof *words);
        if (words == NULL) {
            error_out_of_memory(p->st);
            return NULL;
        }
        if (fresh)
            memcpy(words, p->first_words, p->nwords * sizeof *words);
        p->words = words;
        p->word_capacity = capacity;
    }
    uint64_t *at = p->words + p->nwords;
    memset(at, 0, n * sizeof *at);
    p->nwords += n;
    return at;
}

static bool add_record(struct packer *p, struct parcel_record r)
{
    uint64_t *words = add_words(p, PARCEL_RECORD_WORDS);
    if (words != NULL)
        memcpy(words, &r, sizeof r);
    return words != NULL;
}

static bool add_pointer(struct packer *p, const void *at)
{
    uint64_t *word = add_words(p, 1);
    if (word != NULL)
        *word = (uint64_t)(uintptr_t)at;
    return word != NULL;
}

static bool add_encoded(struct packer *p, struct value encoded)
{
    uint64_t *words = add_words(p, PARCEL_VALUE_WORDS);
    if (words != NULL)
        memcpy(words, &encoded, sizeof encoded);
    return words != NULL;
}

static bool add_value(struct packer *p, struct value v)
{
    struct value encoded;
    return encode(p, v, &encoded) && add_encoded(p, encoded);
}

static bool add_values(struct packer *p, const struct value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!poll(p->st, i) || !add_value(p, values[i]))
            return false;
    }
    return true;
}

static bool add_bytes(struct packer *p, const void *data, size_t n)
{
    uint64_t *words = add_words(p, n / sizeof(uint64_t) + 1);
    if (words != NULL && n > 0)
        memcpy(words, data, n);
    return words != NULL;
}

/* ---- records -------------------------------------------------------------------------- */

static bool write_array(struct packer *p, const struct array *a)
{
    enum array_rep rep = array_rep(a);
    if (!add_record(p, (struct parcel_record){.kind = VALUE_ARRAY,
                                              .flags = (uint16_t)rep,
                                              .count = a->len}))
        return false;
    if (rep == ARRAY_VALUES)
        return add_values(p, a->items.values, a->len);
    return add_bytes(p, a->items.raw, a->len * sizeof(int64_t));
}

static bool write_dict(struct packer *p, const struct dict *d)
{
    bool ok =
        add_record(p, (struct parcel_record){.kind = VALUE_DICT, .count = d->len});
    for (size_t i = 0; ok && i < d->used; i++) {
        ok = poll(p->st, i);
        if (ok && d->entries[i].key.kind != VALUE_UNSET)
            ok = add_value(p, d->entries[i].key) && add_value(p, d->entries[i].value);
    }
    return ok;
}

static bool write_struct(struct packer *p, const struct struct_object *s)
{
    const struct source_ref *origin = NULL;
    uint32_t offset = 0;
    struct value shape;
    if (struct_is_error(s))
        error_origin(p->st, s, &origin, &offset);
    return encode_part(p, s->shape, PARCEL_SHAPE, &shape) &&
           add_record(p, (struct parcel_record){.kind = VALUE_STRUCT,
                                                .flags = s->head.flags & OBJECT_ERROR,
                                                .extra = offset,
                                                .count = s->shape->nfields}) &&
           add_pointer(p, origin) && add_encoded(p, shape) &&
           add_value(p, s->def == NULL ? value_unset() : value_object(&s->def->head)) &&
           add_values(p, s->fields, s->shape->nfields);
}

static bool write_shape(struct packer *p, const struct shape *s)
{
    bool ok = add_record(p, (struct parcel_record){.kind = PARCEL_SHAPE,
                                                   .count = s->nfields}) &&
              add_value(p, s->struct_name);
    for (uint32_t i = 0; ok && i < s->nfields; i++)
        ok = add_value(p, value_object(&s->names[i]->head));
    return ok;
}

static bool write_collection(struct packer *p, const struct collection *c)
{
    struct value item;
    bool ok =
        add_record(p, (struct parcel_record){.kind = c->head.kind, .count = c->len});
    for (size_t cursor = 0; ok && collection_next(c, &cursor, &item);)
        ok = poll(p->st, cursor) && add_value(p, item);
    return ok;
}

static bool write_function(struct packer *p, const struct function *f)
{
    struct value instance;
    bool ok = encode_part(p, f->instance, PARCEL_INSTANCE, &instance) &&
              add_record(p, (struct parcel_record){.kind = VALUE_FUNCTION,
                                                   .extra = f->proto->index,
                                                   .count = f->ncells}) &&
              add_encoded(p, instance);
    for (uint32_t i = 0; ok && i < f->ncells; i++)
        ok = add_value(p, value_object(&f->cells[i]->head));
    return ok;
}

static bool add_functions(struct packer *p, struct function *const *functions,
                          uint32_t n)
{
    bool ok = true;
    for (uint32_t i = 0; ok && i < n; i++)
        ok = add_value(p, functions[i] == NULL ? value_unset()
                                               : value_object(&functions[i]->head));
    return ok;
}

static bool write_structdef(struct packer *p, const struct structdef *def)
{
    return add_record(p, (struct parcel_record){.kind = VALUE_STRUCTDEF,
                                                .extra = def->nmethods,
                                                .count = def->nfields}) &&
           add_value(p, def->name) && add_values(p, def->field_names, def->nfields) &&
           add_functions(p, def->defaults, def->nfields) &&
           add_functions(p, def->methods, def->nmethods);
}

static bool write_method(struct packer *p, const struct bound_method *m)
{
    return add_record(p, (struct parcel_record){.kind = VALUE_METHOD}) &&
           add_value(p, value_object(&m->function->head)) && add_value(p, m->receiver);
}

static bool write_tagged(struct packer *p, const struct tagged *t)
{
    return add_record(
               p, (struct parcel_record){.kind = VALUE_TAGGED, .count = t->count}) &&
           add_value(p, t->tag) && add_values(p, t->payload, t->count);
}

/* The instances of a session share one array of variables; the newest sees most of it. */
static bool refer_to_globals(struct packer *p, const struct instance *i,
                             struct value *out)
{
    if (!encode_part(p, i->globals, PARCEL_GLOBALS, out))
        return false;
    struct source *s = &p->sources[out->as.bits];
    if (s->nglobals < i->unit->nglobals)
        s->nglobals = i->unit->nglobals;
    s->unit = i->unit->shared_globals ? NULL : i->unit;
    return true;
}

/* The slots whose values may be missing where the message is opened. */
static const uint32_t *late_slots(const struct instance *i, uint32_t *n)
{
    const struct unit *original = unit_original(i->unit);
    *n = i->common ? original->nlate : original->nreached;
    return i->common ? original->late : original->reached;
}

static bool has_late(const struct instance *i)
{
    uint32_t n = 0, at = 0;
    const uint32_t *slots = late_slots(i, &n);
    while (at < n && i->globals[slots[at]].kind == VALUE_UNSET)
        at++;
    return at < n || !i->common;
}

static bool write_instance(struct packer *p, const struct instance *i)
{
    struct value globals = value_unset();
    if (p->snapshot) {
        if (!refer_to_globals(p, i, &globals))
            return false;
    } else if (has_late(i)) {
        p->late = true;
        if (!encode_part(p, &i->globals, PARCEL_LATE, &globals))
            return false;
    }
    unsigned flags = (i->common ? PARCEL_COMMON : 0u) |
                     (i->origin == INSTANCE_GUEST ? PARCEL_GUEST : 0u);
    return add_record(p, (struct parcel_record){.kind = PARCEL_INSTANCE,
                                                .flags = (uint16_t)flags,
                                                .extra = i->import_state,
                                                .count = i->unit->nglobals}) &&
           add_pointer(p, unit_original(i->unit)) && add_encoded(p, globals);
}

/* What only the top level itself can see crosses as null: to be set is all that matters. */
static bool write_globals(struct packer *p, const struct source *s)
{
    const struct value *globals = s->at;
    const struct unit *unit = s->unit;
    uint32_t n = s->nglobals, at = 0;
    bool ok = add_record(p, (struct parcel_record){.kind = PARCEL_GLOBALS, .count = n});
    for (uint32_t i = 0; ok && i < n; i++) {
        struct value v = globals[i];
        bool seen = unit == NULL || (at < unit->nreached && unit->reached[at] == i);
        at += seen;
        /* Loop cursors are not of the program and start anew. */
        if (v.kind == VALUE_ITER)
            v = value_unset();
        else if (!seen && v.kind != VALUE_UNSET)
            v = value_null();
        ok = add_value(p, v);
    }
    return ok;
}

static bool write_late(struct packer *p, const struct instance *i)
{
    uint32_t n = 0, count = 0;
    const uint32_t *slots = late_slots(i, &n);
    size_t number = 0;
    for (uint32_t at = 0; at < n; at++)
        count += i->globals[slots[at]].kind != VALUE_UNSET;
    (void)find_source(p, i, &number);
    bool ok =
        add_record(p, (struct parcel_record){.kind = PARCEL_LATE, .count = count}) &&
        add_encoded(p, (struct value){.as.bits = number, .kind = PARCEL_INSTANCE});
    for (uint32_t at = 0; ok && at < n; at++) {
        struct value v = i->globals[slots[at]];
        if (v.kind != VALUE_UNSET)
            ok = add_value(p, value_int(slots[at])) && add_value(p, v);
    }
    return ok;
}

static bool write_channel(struct packer *p, struct channel *c)
{
    struct conduit *conduit = channel_share(p->st, c);
    uint64_t *words = conduit == NULL ? NULL : add_words(p, PARCEL_RECORD_WORDS + 1);
    if (words == NULL)
        return false;
    const struct parcel_record r = {.kind = VALUE_CHANNEL};
    memcpy(words, &r, sizeof r);
    words[PARCEL_RECORD_WORDS] = (uint64_t)(uintptr_t)conduit;
    conduit_retain(conduit);
    p->nchannels++;
    return true;
}

static bool write_other(struct packer *p, const struct object *o)
{
    const char *name = parcel_unsendable((enum value_kind)o->kind);
    if (p->in_globals && name != NULL)
        return add_record(p, (struct parcel_record){.kind = PARCEL_STAND_IN,
                                                    .flags = o->kind}) &&
               add_pointer(p, name);
    return error_raise(p->st, "Cannot send %s to another task",
                       name != NULL ? name : "value");
}

static bool write_record(struct packer *p, size_t number)
{
    struct source s = p->sources[number];
    void *at = (void *)(uintptr_t)s.at;
    struct value v = {.as.object = at, .kind = s.kind};
    switch (s.kind) {
    case VALUE_STRING:
        return add_record(p, (struct parcel_record){.kind = VALUE_STRING,
                                                    .count = STRING_OF(v)->len}) &&
               add_bytes(p, STRING_OF(v)->data, STRING_OF(v)->len);
    case VALUE_BYTES:
        return add_record(p, (struct parcel_record){.kind = VALUE_BYTES,
                                                    .count = BYTES_OF(v)->len}) &&
               add_bytes(p, BYTES_OF(v)->data, BYTES_OF(v)->len);
    case VALUE_ARRAY: return write_array(p, ARRAY_OF(v));
    case VALUE_DICT: return write_dict(p, DICT_OF(v));
    case VALUE_STRUCT: return write_struct(p, STRUCT_OF(v));
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK: return write_collection(p, COLLECTION_OF(v));
    case VALUE_FUNCTION: return write_function(p, FUNCTION_OF(v));
    case VALUE_METHOD: return write_method(p, METHOD_OF(v));
    case VALUE_STRUCTDEF: return write_structdef(p, STRUCTDEF_OF(v));
    case VALUE_TAGGED: return write_tagged(p, TAGGED_OF(v));
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME:
        return add_record(p, (struct parcel_record){.kind = (uint16_t)v.kind}) &&
               add_value(p, BOXED_OF(v)->payload);
    case VALUE_CELL:
        return add_record(p, (struct parcel_record){.kind = VALUE_CELL}) &&
               add_value(p, CELL_OF(v)->value);
    case VALUE_CHANNEL: return write_channel(p, CHANNEL_OF(v));
    case PARCEL_INSTANCE: return write_instance(p, at);
    case PARCEL_GLOBALS: return write_globals(p, &s);
    case PARCEL_LATE:
        return write_late(
            p, (const struct instance *)(const void *)((const char *)s.at -
                                                       offsetof(struct instance,
                                                                globals)));
    case PARCEL_SHAPE: return write_shape(p, at);
    default: return write_other(p, at);
    }
}

/* Variables of instances come last, so that what can be reached without them is written
   while it still must be sendable. */
static bool write_all(struct packer *p)
{
    size_t later[FIRST_SOURCES], *waiting = later;
    size_t nwaiting = 0, capacity = FIRST_SOURCES, next = 0, from = 0;
    bool ok = true;
    while (ok && (next < p->nsources || from < nwaiting)) {
        size_t number = next;
        if (next < p->nsources) {
            next++;
            if (p->sources[number].kind == PARCEL_GLOBALS ||
                p->sources[number].kind == PARCEL_LATE) {
                if (nwaiting == capacity) {
                    size_t *grown = mem_realloc_array(waiting == later ? NULL : waiting,
                                                      2 * capacity, sizeof *grown);
                    ok = grown != NULL || error_out_of_memory(p->st);
                    if (!ok)
                        break;
                    if (waiting == later)
                        memcpy(grown, later, sizeof later);
                    waiting = grown;
                    capacity *= 2;
                }
                waiting[nwaiting++] = number;
                continue;
            }
        } else {
            number = waiting[from++];
            p->in_globals = true;
        }
        size_t place = p->nwords;
        ok = poll(p->st, number) && write_record(p, number);
        if (ok)
            p->places[number] = place;
    }
    if (waiting != later)
        mem_free(waiting);
    return ok;
}

/* A task that is started sees what its starter sees, whether or not its function can reach it:
   functions that it is sent will find their variables. */
static bool add_instances(struct packer *p)
{
    struct value encoded;
    for (struct instance *i = scope_next(p->st, NULL); i != NULL;
         i = scope_next(p->st, i)) {
        if (i->origin != INSTANCE_HIDDEN &&
            !encode_part(p, i, PARCEL_INSTANCE, &encoded))
            return false;
    }
    return true;
}

static bool pack(struct state *st, struct value v, bool snapshot, struct parcel *out)
{
    struct packer p;
    struct value root;
    *out = parcel_none();
    if (!value_is_object(v)) {
        out->plain = encode_plain(v);
        return true;
    }
    packer_init(&p, st, snapshot);
    size_t number = 0;
    /* The caller may hold the only count, and a variable refer to the object as well. */
    bool ok = (!snapshot || scope_before_tasks(st)) &&
              number_of(&p, v.as.object, v.kind, false, &number);
    root = (struct value){.as.bits = number, .kind = v.kind};
    ok = ok && (!snapshot || add_instances(&p)) && write_all(&p);
    if (ok)
        out->body = make_body(&p, root);
    if (out->body == NULL)
        abandon_channels(&p);
    packer_done(&p);
    return out->body != NULL;
}
