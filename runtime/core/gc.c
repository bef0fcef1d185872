#include "config.h"

#include "core/gc.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/sizing.h"
#include "core/array.h"
#include "core/error.h"
#include "core/function.h"
#include "core/heap_private.h"
#include "core/state.h"

/* Tracked objects below which no collection starts by itself. */
#define GC_MIN_TRACKED SIZE_OR_TINY(10000u, 16u)

struct gc_entry {
    struct object *object;
    uint64_t *index; /* where the object keeps its position in the table */
};

/* An object of the graph below the tracked ones. */
struct gc_node {
    struct object *object;
    uint32_t internal; /* counted references from inside the graph */
    bool live;
};

struct gc {
    struct gc_entry *entries;
    size_t len, capacity;
    size_t threshold; /* tracked objects that start a collection */
    bool collecting;
    uint64_t collections, collected, visited;
};

/* One collection's graph: nodes in order of discovery plus an index by address. */
struct graph {
    struct gc_node *nodes;
    size_t len, capacity;
    uint32_t *slots; /* node + 1; 0 empty */
    size_t mask;
    uint32_t *work; /* nodes found live whose children are still to be marked */
    size_t work_len;
    bool failed; /* no memory: the collection is given up */
};

static void visit_children(const struct state *st, const struct object *o,
                           gc_visit_fn visit, void *context);

bool gc_init(struct state *st)
{
    st->gc = arena_alloc_zero(&st->home, 1, sizeof *st->gc);
    if (st->gc == NULL)
        return false;
    st->gc->threshold = GC_MIN_TRACKED;
    return true;
}

bool gc_track(struct state *st, struct object *o, uint64_t *index)
{
    struct gc *gc = st->gc;
    if (gc->len >= gc->threshold && !st->heap->draining) {
        gc_collect(st);
        size_t twice = 2 * gc->len;
        gc->threshold = twice > GC_MIN_TRACKED ? twice : GC_MIN_TRACKED;
    }
    if (gc->len == gc->capacity) {
        size_t capacity = gc->capacity == 0 ? SIZE_OR_TINY(64, 1) : 2 * gc->capacity;
        struct gc_entry *entries = realloc(gc->entries, capacity * sizeof *entries);
        if (entries == NULL) {
            error_out_of_memory(st);
            return false;
        }
        gc->entries = entries;
        gc->capacity = capacity;
    }
    *index = gc->len;
    gc->entries[gc->len++] = (struct gc_entry){.object = o, .index = index};
    return true;
}

void gc_untrack(struct state *st, uint64_t index)
{
    struct gc *gc = st->gc;
    struct gc_entry last = gc->entries[--gc->len];
    gc->entries[index] = last;
    *last.index = index;
}

/* ---- the graph ------------------------------------------------------------------------ */

/* Kinds that refer to no other object. */
static bool is_leaf(const struct object *o)
{
    switch (o->kind) {
    case VALUE_STRING:
    case VALUE_BYTES: return true;
    case VALUE_ARRAY: return o->reserved != ARRAY_VALUES;
    default: return false;
    }
}

static size_t home_of(const struct graph *g, const struct object *o)
{
    return (size_t)hash_mix_u64((uint64_t)(uintptr_t)o) & g->mask;
}

static bool graph_grow(struct graph *g)
{
    size_t capacity = g->capacity == 0 ? SIZE_OR_TINY(1024, 1) : 2 * g->capacity;
    struct gc_node *nodes = realloc(g->nodes, capacity * sizeof *nodes);
    if (nodes == NULL)
        return false;
    g->nodes = nodes;
    g->capacity = capacity;
    free(g->slots);
    g->mask = 2 * capacity - 1;
    g->slots = calloc(g->mask + 1, sizeof *g->slots);
    if (g->slots == NULL || capacity > UINT32_MAX / 2)
        return false;
    for (size_t i = 0; i < g->len; i++) {
        size_t at = home_of(g, g->nodes[i].object);
        while (g->slots[at] != 0)
            at = (at + 1) & g->mask;
        g->slots[at] = (uint32_t)i + 1;
    }
    return true;
}

/* The node of `o`, NULL when absent. */
static struct gc_node *graph_find(const struct graph *g, const struct object *o)
{
    if (g->slots == NULL)
        return NULL;
    for (size_t at = home_of(g, o); g->slots[at] != 0; at = (at + 1) & g->mask) {
        struct gc_node *node = &g->nodes[g->slots[at] - 1];
        if (node->object == o)
            return node;
    }
    return NULL;
}

static struct gc_node *graph_add(struct graph *g, struct object *o)
{
    struct gc_node *node = graph_find(g, o);
    if (node != NULL)
        return node;
    if (g->len == g->capacity && !graph_grow(g)) {
        g->failed = true;
        return NULL;
    }
    size_t at = home_of(g, o);
    while (g->slots[at] != 0)
        at = (at + 1) & g->mask;
    g->slots[at] = (uint32_t)g->len + 1;
    node = &g->nodes[g->len++];
    *node = (struct gc_node){.object = o};
    return node;
}

static void count_child(void *context, struct object *child)
{
    struct graph *g = context;
    if (g->failed || child->refs < 0 || is_leaf(child))
        return;
    struct gc_node *node = graph_add(g, child);
    if (node != NULL)
        node->internal++;
}

static void mark_node(struct graph *g, struct gc_node *node)
{
    if (node->live)
        return;
    node->live = true;
    g->work[g->work_len++] = (uint32_t)(node - g->nodes);
}

static void mark_child(void *context, struct object *child)
{
    struct graph *g = context;
    struct gc_node *node = graph_find(g, child);
    if (node != NULL)
        mark_node(g, node);
}

/* Finds everything below the tracked objects and what of it is referred to from outside. */
static void graph_build(struct graph *g, const struct state *st)
{
    const struct gc *gc = st->gc;
    for (size_t i = 0; i < gc->len && !g->failed; i++)
        graph_add(g, gc->entries[i].object);
    for (size_t i = 0; i < g->len && !g->failed; i++)
        visit_children(st, g->nodes[i].object, count_child, g);
    if (g->failed || g->len == 0)
        return;
    g->work = malloc(g->len * sizeof *g->work);
    if (g->work == NULL) {
        g->failed = true;
        return;
    }
    for (size_t i = 0; i < g->len; i++) {
        if ((int64_t)g->nodes[i].object->refs > (int64_t)g->nodes[i].internal)
            mark_node(g, &g->nodes[i]);
    }
    while (g->work_len > 0) {
        struct object *o = g->nodes[g->work[--g->work_len]].object;
        visit_children(st, o, mark_child, g);
    }
}

/* Empties a tracked object; what it referred to is released. */
static void clear_tracked(struct state *st, struct object *o)
{
    if (o->kind == VALUE_CELL) {
        value_set_take(st, &((struct cell *)(void *)o)->value, value_unset());
        return;
    }
    const struct heap_kind *kind = heap_kind(st, o->kind);
    if (kind != NULL && kind->clear != NULL)
        kind->clear(st, o);
}

/* Empties and drops the tracked objects of `list`, which holds a count on each. */
static void break_cycles(struct state *st, struct object **list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        clear_tracked(st, list[i]);
    for (size_t i = 0; i < n; i++)
        object_release(st, list[i]);
}

size_t gc_collect(struct state *st)
{
    struct gc *gc = st->gc;
    if (gc->collecting || gc->len == 0)
        return 0;
    gc->collecting = true;
    uint8_t outer_tool = st->tool_state;
    st->tool_state = STATE_GC;
    struct graph g = {0};
    struct object **garbage = malloc(gc->len * sizeof(struct object *));
    size_t ngarbage = 0, found = 0;
    graph_build(&g, st);
    if (garbage != NULL && !g.failed) {
        /* Tracked objects come first in the list of nodes, in the order of the table. */
        for (size_t i = 0; i < gc->len; i++) {
            if (!g.nodes[i].live && g.nodes[i].object->refs > 0) {
                object_retain(g.nodes[i].object);
                garbage[ngarbage++] = g.nodes[i].object;
            }
        }
        for (size_t i = 0; i < g.len; i++)
            found += !g.nodes[i].live;
    }
    gc->collections++;
    gc->visited += g.len;
    free(g.nodes);
    free(g.slots);
    free(g.work);
    if (ngarbage > 0) {
        gc->collected += found;
        break_cycles(st, garbage, ngarbage);
    }
    free(garbage);
    st->tool_state = outer_tool;
    gc->collecting = false;
    return ngarbage > 0 ? found : 0;
}

void gc_done(struct state *st)
{
    struct gc *gc = st->gc;
    if (gc == NULL)
        return;
    /* Whatever is tracked now is garbage: nobody runs any more. */
    gc->collecting = true;
    struct object **all = malloc((gc->len + 1) * sizeof(struct object *));
    size_t n = 0;
    for (size_t i = 0; all != NULL && i < gc->len; i++) {
        object_retain(gc->entries[i].object);
        all[n++] = gc->entries[i].object;
    }
    if (all != NULL)
        break_cycles(st, all, n);
    free(all);
    free(gc->entries);
    st->gc = NULL;
}

void gc_stats_read(const struct state *st, struct gc_stats *out)
{
    const struct gc *gc = st->gc;
    *out = (struct gc_stats){
        .collections = gc->collections,
        .collected = gc->collected,
        .visited = gc->visited,
        .tracked = gc->len,
    };
}

/* ---- children ------------------------------------------------------------------------- */

static void visit_value(struct value v, gc_visit_fn visit, void *context)
{
    if (value_is_object(v))
        visit(context, v.as.object);
}

static void visit_values(const struct value *items, size_t n, gc_visit_fn visit,
                         void *context)
{
    for (size_t i = 0; i < n; i++)
        visit_value(items[i], visit, context);
}

static void visit_dict(const struct dict *d, gc_visit_fn visit, void *context)
{
    for (size_t i = 0; i < d->used; i++) {
        if (d->entries[i].key.kind != VALUE_UNSET)
            visit_value(d->entries[i].value, visit, context);
    }
}

static void visit_function(const struct function *f, gc_visit_fn visit, void *context)
{
    for (uint32_t i = 0; i < f->ncells; i++)
        visit(context, &f->cells[i]->head);
}

static void visit_structdef(const struct structdef *def, gc_visit_fn visit,
                            void *context)
{
    for (uint32_t i = 0; i < def->nfields; i++) {
        if (def->defaults[i] != NULL)
            visit(context, &def->defaults[i]->head);
    }
    for (uint32_t i = 0; i < def->nmethods; i++)
        visit(context, &def->methods[i]->head);
}

static void visit_struct(const struct struct_object *s, gc_visit_fn visit,
                         void *context)
{
    visit_values(s->fields, s->shape->nfields, visit, context);
    if (s->def != NULL)
        visit(context, &s->def->head);
}

static void visit_children(const struct state *st, const struct object *o,
                           gc_visit_fn visit, void *context)
{
    const void *p = o;
    switch ((enum value_kind)o->kind) {
    case VALUE_ARRAY: {
        const struct array *a = p;
        if (array_rep(a) == ARRAY_VALUES)
            visit_values(a->items.values, a->len, visit, context);
        break;
    }
    case VALUE_DICT: visit_dict(p, visit, context); break;
    case VALUE_STRUCT: visit_struct(p, visit, context); break;
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK: {
        const struct collection *c = p;
        if (c->used > c->start)
            visit_values(c->items + c->start, c->used - c->start, visit, context);
        break;
    }
    case VALUE_FUNCTION: visit_function(p, visit, context); break;
    case VALUE_METHOD: {
        const struct bound_method *m = p;
        visit_value(m->receiver, visit, context);
        visit(context, &m->function->head);
        break;
    }
    case VALUE_STRUCTDEF: visit_structdef(p, visit, context); break;
    case VALUE_TAGGED: {
        const struct tagged *t = p;
        visit_values(t->payload, t->count, visit, context);
        break;
    }
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME:
        visit_value(((const struct boxed *)p)->payload, visit, context);
        break;
    case VALUE_CELL:
        visit_value(((const struct cell *)p)->value, visit, context);
        break;
    case VALUE_GENERATOR:
    case VALUE_ITERATOR:
    case VALUE_CHANNEL:
    case VALUE_PROMISE:
    case VALUE_TASK:
    case VALUE_ITER: {
        const struct heap_kind *kind = heap_kind(st, o->kind);
        if (kind != NULL && kind->visit != NULL)
            kind->visit(o, visit, context);
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
    case VALUE_BYTES:
    case VALUE_KIND_COUNT: break;
    }
}
