#include "config.h"

#include "core/structs.h"

#include <string.h>

#include "base/hash.h"
#include "base/sizing.h"
#include "core/error.h"
#include "core/heap.h"

/* Shapes of at most this many fields are searched without the list's index. */
#define SHAPE_LINEAR_MAX SIZE_OR_TINY(8u, 1u)
#define ROOT_SLOTS_MIN   SIZE_OR_TINY(64u, 2u)

/*
 * The names of a chain of shapes, each of which has one field more than the last: shapes
 * share the array and read only their first nfields names. A second child of a shape starts
 * a list of its own. Arrays that were outgrown stay until the table goes, because shapes
 * point into them; together they are not larger than the last one.
 */
struct shape_names {
    struct shape_names *next; /* all lists of the table */
    struct string **names;
    uint32_t len, capacity;
    uint32_t *index; /* open addressing by hash: slot + 1, NULL for few names */
    uint32_t index_mask;
    struct shape_block *old; /* outgrown arrays */
};

struct shape_block {
    struct shape_block *next;
    void *data;
    size_t size;
};

struct shape_table {
    struct shape *shapes; /* all of them, by `next` */
    struct shape_names *lists;
    struct shape **roots; /* open addressing by struct name */
    size_t root_mask, root_len;
};

bool shape_table_init(struct state *st)
{
    struct shape_table *t = heap_alloc(st, sizeof *t, HEAP_STRUCT);
    if (t == NULL)
        return false;
    *t = (struct shape_table){0};
    st->shapes = t;
    return true;
}

static void free_names(struct state *st, struct shape_names *list)
{
    for (uint32_t i = 0; i < list->len; i++)
        object_release(st, &list->names[i]->head);
    while (list->old != NULL) {
        struct shape_block *block = list->old;
        list->old = block->next;
        heap_free(st, block->data, block->size);
        heap_free(st, block, sizeof *block);
    }
    heap_free(st, list->names, list->capacity * sizeof(struct string *));
    if (list->index != NULL)
        heap_free(st, list->index, (list->index_mask + 1) * sizeof *list->index);
    heap_free(st, list, sizeof *list);
}

void shape_table_done(struct state *st)
{
    struct shape_table *t = st->shapes;
    if (t == NULL)
        return;
    while (t->shapes != NULL) {
        struct shape *shape = t->shapes;
        t->shapes = shape->next;
        value_release(st, shape->struct_name);
        heap_free(st, shape->sorted, shape->nfields * sizeof *shape->sorted);
        heap_free(st, shape, sizeof *shape);
    }
    while (t->lists != NULL) {
        struct shape_names *list = t->lists;
        t->lists = list->next;
        free_names(st, list);
    }
    if (t->roots != NULL)
        heap_free(st, t->roots, (t->root_mask + 1) * sizeof(struct shape *));
    heap_free(st, t, sizeof *t);
    st->shapes = NULL;
}

/* ---- names ---------------------------------------------------------------------------- */

static void index_name(struct state *st, struct shape_names *list, uint32_t slot)
{
    uint32_t at = string_hash(st, list->names[slot]) & list->index_mask;
    while (list->index[at] != 0)
        at = (at + 1) & list->index_mask;
    list->index[at] = slot + 1;
}

/* Keeps the index at most half full. */
static bool grow_index(struct state *st, struct shape_names *list)
{
    if (list->len < SHAPE_LINEAR_MAX)
        return true;
    uint32_t size = list->index == NULL ? 0 : list->index_mask + 1;
    if ((list->len + 1) * 2 <= size)
        return true;
    uint32_t wanted = size == 0 ? 4 * SHAPE_LINEAR_MAX : 2 * size;
    uint32_t *index = heap_alloc(st, wanted * sizeof *index, HEAP_STRUCT);
    if (index == NULL)
        return false;
    memset(index, 0, wanted * sizeof *index);
    if (list->index != NULL)
        heap_free(st, list->index, size * sizeof *index);
    list->index = index;
    list->index_mask = wanted - 1;
    for (uint32_t i = 0; i < list->len; i++)
        index_name(st, list, i);
    return true;
}

static bool grow_names(struct state *st, struct shape_names *list)
{
    if (list->len < list->capacity)
        return true;
    uint32_t capacity = list->capacity == 0 ? SIZE_OR_TINY(4, 1) : 2 * list->capacity;
    struct shape_block *block = NULL;
    if (list->capacity > 0) {
        block = heap_alloc(st, sizeof *block, HEAP_STRUCT);
        if (block == NULL)
            return false;
    }
    struct string **names =
        heap_alloc(st, capacity * sizeof(struct string *), HEAP_STRUCT);
    if (names == NULL) {
        heap_free(st, block, sizeof *block);
        return false;
    }
    if (block != NULL) {
        memcpy(names, list->names, list->len * sizeof(struct string *));
        *block = (struct shape_block){.next = list->old,
                                      .data = list->names,
                                      .size = list->capacity * sizeof(struct string *)};
        list->old = block;
    }
    list->names = names;
    list->capacity = capacity;
    return true;
}

/* `name` for keeping: shapes outlive the programs whose constants immortal strings are. */
static struct string *keep_name(struct state *st, struct string *name)
{
    struct string *kept = name;
    if (name->head.refs >= 0)
        object_retain(&name->head);
    else
        kept = string_new(st, name->data, name->len);
    if (kept == NULL)
        return NULL;
    string_hash(st, kept);
    heap_keep(st, &kept->head);
    return kept;
}

/* Appends a name. */
static bool add_name(struct state *st, struct shape_names *list, struct string *name)
{
    if (!grow_names(st, list) || !grow_index(st, list))
        return false;
    struct string *kept = keep_name(st, name);
    if (kept == NULL)
        return false;
    list->names[list->len] = kept;
    if (list->index != NULL)
        index_name(st, list, list->len);
    list->len++;
    return true;
}

/* Takes the last name off again, before any shape counts it. */
static void drop_name(struct state *st, struct shape_names *list)
{
    struct string *name = list->names[--list->len];
    if (list->index != NULL) {
        /* The latest entry ends every chain it is part of. */
        uint32_t at = string_hash(st, name) & list->index_mask;
        while (list->index[at] != list->len + 1)
            at = (at + 1) & list->index_mask;
        list->index[at] = 0;
    }
    object_release(st, &name->head);
}

static struct shape_names *new_list(struct state *st)
{
    struct shape_names *list = heap_alloc(st, sizeof *list, HEAP_STRUCT);
    if (list == NULL)
        return NULL;
    *list = (struct shape_names){.next = st->shapes->lists};
    st->shapes->lists = list;
    return list;
}

/* The list for a child of `shape`: its own when nobody has extended that yet, else a copy
   of the names it has. */
static struct shape_names *list_to_extend(struct state *st, struct shape *shape)
{
    if (shape->list->len == shape->nfields)
        return shape->list;
    struct shape_names *list = new_list(st);
    for (uint32_t i = 0; list != NULL && i < shape->nfields; i++) {
        /* A list without memory for all stays in the table and is not used. */
        if (!add_name(st, list, shape->names[i]))
            return NULL;
    }
    return list;
}

/* ---- shapes --------------------------------------------------------------------------- */

/* struct_name is kept by the shape, one count of it taken on success. */
static struct shape *new_shape(struct state *st, struct shape_names *list,
                               uint32_t nfields, struct value struct_name)
{
    if (st->next_shape_id == UINT32_MAX) {
        error_out_of_memory(st);
        return NULL;
    }
    struct shape *shape = heap_alloc(st, sizeof *shape, HEAP_STRUCT);
    if (shape == NULL)
        return NULL;
    *shape = (struct shape){
        .id = ++st->next_shape_id,
        .nfields = nfields,
        .names = list->names,
        .struct_name = struct_name,
        .list = list,
        .next = st->shapes->shapes,
    };
    st->shapes->shapes = shape;
    return shape;
}

static size_t root_at(struct state *st, const struct shape_table *t,
                      struct string *name)
{
    size_t at = string_hash(st, name) & t->root_mask;
    while (t->roots[at] != NULL &&
           !string_equal(STRING_OF(t->roots[at]->struct_name), name))
        at = (at + 1) & t->root_mask;
    return at;
}

static bool grow_roots(struct state *st, struct shape_table *t)
{
    size_t size = t->roots == NULL ? 0 : t->root_mask + 1;
    if (size > 0 && (t->root_len + 1) * 2 <= size)
        return true;
    size_t wanted = size == 0 ? ROOT_SLOTS_MIN : 2 * size;
    struct shape **old = t->roots;
    struct shape **roots = heap_alloc(st, wanted * sizeof(struct shape *), HEAP_STRUCT);
    if (roots == NULL)
        return false;
    memset(roots, 0, wanted * sizeof(struct shape *));
    t->roots = roots;
    t->root_mask = wanted - 1;
    for (size_t i = 0; i < size; i++) {
        if (old[i] != NULL)
            t->roots[root_at(st, t, STRING_OF(old[i]->struct_name))] = old[i];
    }
    if (old != NULL)
        heap_free(st, old, size * sizeof(struct shape *));
    return true;
}

struct shape *shape_root(struct state *st, struct string *struct_name)
{
    struct shape_table *t = st->shapes;
    if (!grow_roots(st, t))
        return NULL;
    size_t at = root_at(st, t, struct_name);
    if (t->roots[at] != NULL)
        return t->roots[at];
    struct shape_names *list = new_list(st);
    struct string *name = list == NULL ? NULL : keep_name(st, struct_name);
    if (name == NULL)
        return NULL;
    struct shape *shape = new_shape(st, list, 0, string_value(name));
    if (shape == NULL) {
        object_release(st, &name->head);
        return NULL;
    }
    t->roots[at] = shape;
    t->root_len++;
    return shape;
}

struct shape *shape_with(struct state *st, struct shape *shape, struct string *name)
{
    for (struct shape *child = shape->child; child != NULL; child = child->sibling) {
        if (string_equal(child->names[shape->nfields], name))
            return child;
    }
    if (shape->nfields >= STRUCT_MAX_FIELDS) {
        error_out_of_memory(st);
        return NULL;
    }
    struct shape_names *list = list_to_extend(st, shape);
    if (list == NULL || !add_name(st, list, name))
        return NULL;
    struct shape *child = new_shape(st, list, shape->nfields + 1, shape->struct_name);
    if (child == NULL) {
        drop_name(st, list);
        return NULL;
    }
    value_retain(child->struct_name);
    child->parent = shape;
    child->sibling = shape->child;
    shape->child = child;
    return child;
}

static uint32_t linear_slot(const struct shape *shape, const struct string *name,
                            uint32_t hash)
{
    for (uint32_t i = 0; i < shape->nfields; i++) {
        const struct string *own = shape->names[i];
        if (own == name || (own->hash == hash && string_equal(own, name)))
            return i;
    }
    return SHAPE_NO_SLOT;
}

uint32_t shape_slot(struct state *st, const struct shape *shape, struct string *name)
{
    const struct shape_names *list = shape->list;
    uint32_t hash = string_hash(st, name);
    if (shape->nfields <= SHAPE_LINEAR_MAX || list->index == NULL)
        return linear_slot(shape, name, hash);
    uint32_t at = hash & list->index_mask;
    for (; list->index[at] != 0; at = (at + 1) & list->index_mask) {
        uint32_t slot = list->index[at] - 1;
        /* Names beyond nfields belong to larger shapes of the list. */
        if (string_equal(list->names[slot], name))
            return slot < shape->nfields ? slot : SHAPE_NO_SLOT;
    }
    return SHAPE_NO_SLOT;
}

/* Heap sort of slots by name: no memory, no recursion, O(n log n) for any input. */
static void sift(uint32_t *slots, size_t root, size_t n, struct string *const *names)
{
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= n)
            return;
        if (child + 1 < n &&
            string_compare(names[slots[child]], names[slots[child + 1]]) < 0)
            child++;
        if (string_compare(names[slots[root]], names[slots[child]]) >= 0)
            return;
        uint32_t swap = slots[root];
        slots[root] = slots[child];
        slots[child] = swap;
        root = child;
    }
}

const uint32_t *shape_sorted(struct state *st, struct shape *shape)
{
    static const uint32_t nothing[1] = {0};
    size_t n = shape->nfields;
    if (n == 0)
        return nothing;
    if (shape->sorted != NULL)
        return shape->sorted;
    uint32_t *slots = heap_alloc(st, n * sizeof *slots, HEAP_STRUCT);
    if (slots == NULL)
        return NULL;
    for (uint32_t i = 0; i < shape->nfields; i++)
        slots[i] = i;
    for (size_t i = n / 2; i-- > 0;)
        sift(slots, i, n, shape->names);
    for (size_t end = n; end-- > 1;) {
        uint32_t swap = slots[0];
        slots[0] = slots[end];
        slots[end] = swap;
        sift(slots, 0, end, shape->names);
    }
    shape->sorted = slots;
    return slots;
}

/* ---- instances ------------------------------------------------------------------------ */

/* An instance that has outgrown its inline fields keeps their number in the first of them,
   or, when there was none, this bit in head.reserved. */
#define STRUCT_NO_INLINE 0x1u

static struct struct_object *alloc_struct(struct state *st, struct shape *shape,
                                          struct structdef *def, enum heap_cause cause)
{
    uint32_t n = shape->nfields;
    struct object *o =
        heap_object(st, sizeof(struct struct_object) + n * sizeof(struct value),
                    VALUE_STRUCT, cause);
    if (o == NULL)
        return NULL;
    struct struct_object *s = (struct struct_object *)(void *)o;
    s->shape = shape;
    s->def = def;
    s->capacity = n;
    s->origin = 0;
    s->fields = s->inline_fields;
    if (def != NULL)
        object_retain(&def->head);
    return s;
}

void struct_free_storage(struct state *st, struct struct_object *s)
{
    size_t inline_capacity = s->capacity;
    if (s->fields != s->inline_fields) {
        inline_capacity = (s->head.reserved & STRUCT_NO_INLINE) != 0
                              ? 0
                              : (size_t)s->inline_fields[0].as.integer;
        heap_free(st, s->fields, s->capacity * sizeof *s->fields);
    }
    heap_object_free(st, &s->head, sizeof *s + inline_capacity * sizeof(struct value));
}

struct struct_object *struct_new(struct state *st, struct shape *shape,
                                 struct structdef *def)
{
    struct struct_object *s = alloc_struct(st, shape, def, HEAP_STRUCT);
    for (uint32_t i = 0; s != NULL && i < shape->nfields; i++)
        s->fields[i] = value_unset();
    return s;
}

bool struct_make_take(struct state *st, struct shape *shape, struct structdef *def,
                      struct value *fields, struct value *out)
{
    struct struct_object *s = alloc_struct(st, shape, def, HEAP_STRUCT);
    if (s == NULL) {
        for (uint32_t i = 0; i < shape->nfields; i++)
            value_release(st, fields[i]);
        return false;
    }
    for (uint32_t i = 0; i < shape->nfields; i++)
        s->fields[i] = fields[i];
    *out = struct_value(s);
    return true;
}

static struct struct_object *copy_struct(struct state *st,
                                         const struct struct_object *s)
{
    struct struct_object *copy = alloc_struct(st, s->shape, s->def, HEAP_COPY_ON_WRITE);
    if (copy == NULL)
        return NULL;
    for (uint32_t i = 0; i < s->shape->nfields; i++)
        copy->fields[i] = value_retain(s->fields[i]);
    copy->head.flags |= s->head.flags & OBJECT_ERROR;
    copy->origin = s->origin;
    return copy;
}

bool struct_make_unique(struct state *st, struct value *slot)
{
    struct struct_object *s = STRUCT_OF(*slot);
    if (s->head.refs == 1)
        return true;
    struct struct_object *copy = copy_struct(st, s);
    if (copy == NULL)
        return false;
    heap_count_copy(st);
    value_set_take(st, slot, struct_value(copy));
    return true;
}

/* Room for one field more in a unique instance. */
static bool grow_fields(struct state *st, struct struct_object *s)
{
    if (s->shape->nfields < s->capacity)
        return true;
    uint32_t capacity =
        s->capacity < 2 ? SIZE_OR_TINY(4, s->capacity + 1) : 2 * s->capacity;
    bool apart = s->fields != s->inline_fields;
    struct value *fields =
        apart ? heap_realloc(st, s->fields, s->capacity * sizeof *fields,
                             capacity * sizeof *fields, HEAP_STRUCT)
              : heap_alloc(st, capacity * sizeof *fields, HEAP_STRUCT);
    if (fields == NULL)
        return false;
    if (!apart && s->shape->nfields > 0)
        memcpy(fields, s->fields, s->shape->nfields * sizeof *fields);
    if (!apart && s->capacity == 0)
        s->head.reserved |= STRUCT_NO_INLINE;
    else if (!apart)
        s->inline_fields[0] = value_int(s->capacity);
    s->fields = fields;
    s->capacity = capacity;
    return true;
}

bool struct_add_take(struct state *st, struct value *slot, struct shape *next,
                     struct value v)
{
    if (!struct_make_unique(st, slot) || !grow_fields(st, STRUCT_OF(*slot))) {
        value_release(st, v);
        return false;
    }
    struct struct_object *s = STRUCT_OF(*slot);
    s->fields[s->shape->nfields] = v;
    s->shape = next;
    return true;
}

bool struct_set_take(struct state *st, struct value *slot, struct string *name,
                     struct value v)
{
    struct shape *shape = STRUCT_OF(*slot)->shape;
    uint32_t at = shape_slot(st, shape, name);
    if (at == SHAPE_NO_SLOT) {
        struct shape *next = shape_with(st, shape, name);
        if (next == NULL) {
            value_release(st, v);
            return false;
        }
        return struct_add_take(st, slot, next, v);
    }
    if (!struct_make_unique(st, slot)) {
        value_release(st, v);
        return false;
    }
    value_set_take(st, &STRUCT_OF(*slot)->fields[at], v);
    return true;
}

struct value *struct_slot(struct state *st, struct value *slot, struct string *name,
                          bool *failed)
{
    *failed = false;
    uint32_t at = shape_slot(st, STRUCT_OF(*slot)->shape, name);
    if (at == SHAPE_NO_SLOT)
        return NULL;
    if (!struct_make_unique(st, slot)) {
        *failed = true;
        return NULL;
    }
    return &STRUCT_OF(*slot)->fields[at];
}
