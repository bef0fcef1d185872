/*
 * structs.h - struct instances and their shapes.
 *
 * A shape lists field names by slot; instances that got the same fields in the same order
 * from the same struct name share it. Shapes live as long as the isolate, ids are never
 * reused: a cache keyed by (shape id) -> slot stays right for ever. Adding a field moves an
 * instance along a transition to the next shape; fields are never removed.
 *
 * Value semantics and failure as in array.h: changing functions take the owning slot.
 */
#ifndef RUFF_CORE_STRUCTS_H
#define RUFF_CORE_STRUCTS_H

#include "core/function.h"
#include "core/object.h"
#include "core/state.h"
#include "core/string.h"

#define SHAPE_NO_SLOT     UINT32_MAX
/* Fields of one struct: slots are 32 bits, sizes must not overflow. */
#define STRUCT_MAX_FIELDS ((uint32_t)1 << 24)

/* The shape without fields of a struct name; owned by the table. NULL with an error set. */
struct shape *shape_root(struct state *st, struct string *struct_name);
/* `shape` with the field `name` appended (which it must not have). NULL with an error. */
struct shape *shape_with(struct state *st, struct shape *shape, struct string *name);
/* Slot of a field, SHAPE_NO_SLOT when absent. */
uint32_t shape_slot(struct state *st, const struct shape *shape, struct string *name);
/* Slots in ascending byte order of field name (made once and kept). NULL with an error set;
   for a shape without fields a pointer that must not be read. */
const uint32_t *shape_sorted(struct state *st, struct shape *shape);

/* An instance of `shape` (def counted, may be NULL) whose fields are taken, also on
   failure. fields: shape->nfields values in slot order. */
bool struct_make_take(struct state *st, struct shape *shape, struct structdef *def,
                      struct value *fields, struct value *out);
/* The same with all fields unset, for the caller to fill before anyone sees it. */
struct struct_object *struct_new(struct state *st, struct shape *shape,
                                 struct structdef *def);

static inline struct value struct_value(struct struct_object *s)
{
    return (struct value){.as.object = &s->head, .kind = VALUE_STRUCT};
}
static inline bool struct_is_error(const struct struct_object *s)
{
    return (s->head.flags & OBJECT_ERROR) != 0;
}
/* The struct's name, a borrowed string value. */
static inline struct value struct_name(const struct struct_object *s)
{
    return s->shape->struct_name;
}
/* The field, borrowed until the struct changes; NULL when it does not exist. */
static inline struct value *struct_find(struct state *st, const struct struct_object *s,
                                        struct string *name)
{
    uint32_t slot = shape_slot(st, s->shape, name);
    return slot == SHAPE_NO_SLOT ? NULL : &s->fields[slot];
}

bool struct_make_unique(struct state *st, struct value *slot);
/* Inserts or replaces a field, declared or not; v taken. */
bool struct_set_take(struct state *st, struct value *slot, struct string *name,
                     struct value v);
/* Appends a field that moves the instance to `next` (= shape_with of its shape); v taken. */
bool struct_add_take(struct state *st, struct value *slot, struct shape *next,
                     struct value v);
/* The slot of an existing field for a store through a path; makes unique. NULL without an
   error when the field does not exist; *failed tells the error case apart. */
struct value *struct_slot(struct state *st, struct value *slot, struct string *name,
                          bool *failed);

/* Frees the storage; children were released (object_free). */
void struct_free_storage(struct state *st, struct struct_object *s);

/* The isolate's shapes (heap_init, heap_done). */
bool shape_table_init(struct state *st);
void shape_table_done(struct state *st);

#endif
