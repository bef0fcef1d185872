#include "config.h"

#include "core/function.h"

#include <string.h>

#include "core/error.h"
#include "core/heap.h"
#include "core/ops.h"
#include "core/state.h"
#include "core/string.h"
#include "core/structs.h"

/* ---- positions ------------------------------------------------------------------------ */

uint32_t source_ref_line(const struct source_ref *s, uint32_t offset)
{
    uint32_t low = 0, high = s->nlines;
    /* The last line that starts at or before the offset. */
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (s->line_starts[mid] <= offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low == 0 ? 1 : low;
}

uint32_t source_ref_column(const struct source_ref *s, uint32_t offset)
{
    if (s->nlines == 0)
        return 1;
    uint32_t column = 1;
    uint32_t end = offset < s->len ? offset : (uint32_t)s->len;
    for (uint32_t i = s->line_starts[source_ref_line(s, offset) - 1]; i < end; i++)
        column += ((unsigned char)s->text[i] & 0xC0) != 0x80;
    return column;
}

/* ---- closures ------------------------------------------------------------------------- */

struct function *function_new(struct state *st, struct proto *proto,
                              struct instance *instance, struct cell *const *cells)
{
    uint32_t n = proto->ncaptures;
    struct object *o =
        heap_object(st, sizeof(struct function) + n * sizeof(struct cell *),
                    VALUE_FUNCTION, HEAP_CLOSURE);
    if (o == NULL)
        return NULL;
    struct function *f = (struct function *)(void *)o;
    f->ncells = n;
    f->proto = proto;
    f->instance = instance;
    f->def = NULL;
    for (uint32_t i = 0; i < n; i++) {
        object_retain(&cells[i]->head);
        f->cells[i] = cells[i];
    }
    return f;
}

struct value bound_method_new(struct state *st, struct value receiver,
                              struct function *f)
{
    struct object *o =
        heap_object(st, sizeof(struct bound_method), VALUE_METHOD, HEAP_CLOSURE);
    if (o == NULL)
        return value_unset();
    struct bound_method *m = (struct bound_method *)(void *)o;
    m->receiver = value_retain(receiver);
    object_retain(&f->head);
    m->function = f;
    return value_object(o);
}

/* ---- struct definitions --------------------------------------------------------------- */

/* Bytes of the block that holds the four lists of a definition. */
static size_t lists_size(uint32_t nfields, uint32_t nmethods)
{
    return ((size_t)nfields + nmethods) *
           (sizeof(struct value) + sizeof(struct function *));
}

/* What a method is called in its struct: its prototype is named `S.m`. */
static const char *method_name(const char *struct_name, const struct function *method)
{
    const char *name = method->proto->name;
    size_t len = strlen(struct_name);
    return strncmp(name, struct_name, len) == 0 && name[len] == '.' ? name + len + 1
                                                                    : name;
}

static uint32_t overload_bit(const char *name)
{
    for (uint32_t i = 0; i < OPS_OVERLOAD_COUNT; i++) {
        if (strcmp(ops_overload_names[i], name) == 0)
            return 1u << i;
    }
    return 0;
}

/* A definition with empty lists of full size: safe to release at any moment. */
static struct structdef *alloc_def(struct state *st, uint32_t nfields,
                                   uint32_t nmethods)
{
    struct object *o =
        heap_object(st, sizeof(struct structdef), VALUE_STRUCTDEF, HEAP_CLOSURE);
    if (o == NULL)
        return NULL;
    struct structdef *def = (struct structdef *)(void *)o;
    *def = (struct structdef){.head = *o, .name = value_null()};
    size_t size = lists_size(nfields, nmethods);
    if (size == 0)
        return def;
    char *block = heap_alloc(st, size, HEAP_CLOSURE);
    if (block == NULL) {
        object_release(st, o);
        return NULL;
    }
    memset(block, 0, size); /* unset values and NULL functions */
    def->nfields = nfields;
    def->nmethods = nmethods;
    def->field_names = (struct value *)(void *)block;
    def->method_names = def->field_names + nfields;
    def->defaults = (struct function **)(void *)(def->method_names + nmethods);
    def->methods = def->defaults + nfields;
    return def;
}

_Static_assert(VALUE_UNSET == 0, "zeroed lists hold unset values");

void structdef_free(struct state *st, struct structdef *def)
{
    for (uint32_t i = 0; i < def->nfields; i++) {
        value_release(st, def->field_names[i]);
        if (def->defaults[i] != NULL)
            object_release(st, &def->defaults[i]->head);
    }
    for (uint32_t i = 0; i < def->nmethods; i++) {
        value_release(st, def->method_names[i]);
        if (def->methods[i] == NULL)
            continue;
        /* A method may outlive its definition as the function of a bound method. */
        if (def->methods[i]->def == def)
            def->methods[i]->def = NULL;
        object_release(st, &def->methods[i]->head);
    }
    value_release(st, def->name);
    heap_free(st, def->field_names, lists_size(def->nfields, def->nmethods));
    heap_object_free(st, &def->head, sizeof *def);
}

static bool fill_fields(struct state *st, struct structdef *def,
                        const char *const *field_names,
                        struct function *const *defaults)
{
    struct shape *shape = shape_root(st, STRING_OF(def->name));
    for (uint32_t i = 0; shape != NULL && i < def->nfields; i++) {
        if (!string_make_text(st, field_names[i], &def->field_names[i]))
            return false;
        struct string *name = STRING_OF(def->field_names[i]);
        string_hash(st, name);
        if (defaults[i] != NULL) {
            object_retain(&defaults[i]->head);
            def->defaults[i] = defaults[i];
        }
        if (shape_slot(st, shape, name) == SHAPE_NO_SLOT)
            shape = shape_with(st, shape, name);
    }
    def->shape = shape;
    return shape != NULL;
}

static bool fill_methods(struct state *st, struct structdef *def, const char *name,
                         struct function *const *methods)
{
    for (uint32_t i = 0; i < def->nmethods; i++) {
        const char *own = method_name(name, methods[i]);
        if (!string_make_text(st, own, &def->method_names[i]))
            return false;
        string_hash(st, STRING_OF(def->method_names[i]));
        object_retain(&methods[i]->head);
        def->methods[i] = methods[i];
        def->methods[i]->def = def;
        def->operators |= overload_bit(own);
    }
    return true;
}

bool structdef_new(struct state *st, const char *name, uint32_t nfields,
                   const char *const *field_names, struct function *const *defaults,
                   uint32_t nmethods, struct function *const *methods,
                   struct value *out)
{
    if (st->next_structdef_id == UINT32_MAX)
        return error_out_of_memory(st);
    struct structdef *def = alloc_def(st, nfields, nmethods);
    if (def == NULL)
        return false;
    def->id = ++st->next_structdef_id;
    if (!string_make_text(st, name, &def->name) ||
        !fill_fields(st, def, field_names, defaults) ||
        !fill_methods(st, def, name, methods)) {
        object_release(st, &def->head);
        return false;
    }
    *out = value_object(&def->head);
    return true;
}

struct function *structdef_method(const struct structdef *def,
                                  const struct string *name)
{
    /* The last of two methods of one name wins. */
    for (uint32_t i = def->nmethods; i-- > 0;) {
        if (string_equal(STRING_OF(def->method_names[i]), name))
            return def->methods[i];
    }
    return NULL;
}
