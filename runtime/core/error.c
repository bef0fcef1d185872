#include "config.h"

#include "core/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/sizing.h"
#include "base/strbuf.h"
#include "core/array.h"
#include "core/dict.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"
#include "core/structs.h"

/* Where an error was raised. A caught one carries the number of its origin (plus one) in
   struct_object.origin, so that it can be thrown again with its position. There are at most
   as many as positions in the program that ever failed. */
struct error_origin {
    const struct source_ref *source;
    uint32_t offset;
};

struct error_cache {
    struct value no_memory; /* message of error_out_of_memory */
    struct value no_stack;  /* empty array */
    struct value names[4];  /* strings: message, stack, line, cause */
    struct shape
        *shape; /* Error { message, stack, line }; NULL until the first catch */
    struct error_origin *origins;
    uint32_t norigins, capacity;
    uint32_t *index; /* open addressing over origins, 0 empty, else number + 1 */
    uint32_t index_mask;
};

enum error_field {
    FIELD_MESSAGE,
    FIELD_STACK,
    FIELD_LINE,
    FIELD_CAUSE
};

/* Names of functions seen while a stack is collected: recursion repeats a few. */
enum {
    NAME_CACHE_SIZE = SIZE_OR_TINY(16, 1)
};

static void set_raised(struct state *st, const struct frame *top, struct value message,
                       struct value stack);
static bool make_caught(struct state *st, struct value *out);

static bool vraise(struct state *st, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static bool collect_stack(struct state *st, const struct frame *top, struct value *out);
static uint32_t remember_origin(struct state *st, const struct error *e);
static bool throw_struct(struct state *st, struct value v);
static struct string *field_name(const struct state *st, enum error_field field);
static struct value field_of(struct state *st, const struct struct_object *s,
                             enum error_field field);

/* ---- raising ------------------------------------------------------------------------ */

bool error_raise(struct state *st, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vraise(st, format, args);
    va_end(args);
    return false;
}

static bool vraise(struct state *st, const char *format, va_list args)
{
    struct strbuf text;
    struct value message;
    strbuf_init(&text);
    strbuf_append_vformat(&text, format, args);
    bool made = string_make_strbuf(st, &text, &message);
    strbuf_done(&text);
    return made ? error_raise_take(st, message) : false;
}

bool error_raise_take(struct state *st, struct value message)
{
    const struct frame *top = st->top;
    struct value stack;
    error_clear(st);
    if (!collect_stack(st, top, &stack)) {
        /* The error at hand matters more than the names. */
        error_clear(st);
        stack = value_retain(st->errors->no_stack);
    }
    set_raised(st, top, message, stack);
    return false;
}

/* Takes `message` and `stack`. */
static void set_raised(struct state *st, const struct frame *top, struct value message,
                       struct value stack)
{
    error_clear(st);
    st->error = (struct error){
        .kind = ERROR_RAISED,
        .offset = top == NULL ? 0 : frame_offset(st, top),
        .source = top == NULL ? NULL : top->proto->source,
        .message = message,
        .stack = stack,
        .trace = value_retain(stack),
    };
}

bool error_out_of_memory(struct state *st)
{
    set_raised(st, st->top, value_retain(st->errors->no_memory),
               value_retain(st->errors->no_stack));
    return false;
}

bool error_exit(struct state *st, int code)
{
    error_clear(st);
    st->error = (struct error){.kind = ERROR_EXIT, .exit_code = code & 255};
    return false;
}

bool error_interrupt(struct state *st)
{
    error_clear(st);
    const struct frame *top = st->top;
    st->error = (struct error){
        .kind = ERROR_INTERRUPT,
        .offset = top == NULL ? 0 : frame_offset(st, top),
        .source = top == NULL ? NULL : top->proto->source,
    };
    return false;
}

bool error_cancel(struct state *st)
{
    error_clear(st);
    st->error = (struct error){.kind = ERROR_CANCEL};
    return false;
}

bool error_help(struct state *st, const char *format, ...)
{
    if (st->error.kind != ERROR_RAISED)
        return false;
    struct error saved = error_save(st);
    struct strbuf text;
    struct value help;
    va_list args;
    strbuf_init(&text);
    va_start(args, format);
    strbuf_append_vformat(&text, format, args);
    va_end(args);
    if (string_make_strbuf(st, &text, &help)) {
        value_release(st, saved.help);
        saved.help = help;
    }
    strbuf_done(&text);
    error_restore_take(st, saved);
    return false;
}

bool error_at(struct state *st, uint32_t offset)
{
    if (st->error.kind == ERROR_RAISED)
        st->error.offset = offset;
    return false;
}

/* Names of the active functions from `top` downwards, outermost first. */
static bool collect_stack(struct state *st, const struct frame *top, struct value *out)
{
    const struct proto *protos[NAME_CACHE_SIZE] = {NULL};
    struct value names[NAME_CACHE_SIZE] = {{.kind = VALUE_UNSET}};
    size_t count = 0;
    for (const struct frame *f = top; f != NULL; f = f->prev)
        count += (f->proto->flags & (PROTO_MAIN | PROTO_BLOCK)) == 0;
    if (count == 0) {
        *out = value_retain(st->errors->no_stack);
        return true;
    }
    struct array *stack = array_new(st, count);
    if (stack == NULL)
        return false;
    stack->head.reserved = ARRAY_VALUES;
    bool ok = true;
    /* Filled from the end, since frames are linked innermost first. */
    size_t at = count;
    for (const struct frame *f = top; f != NULL && ok; f = f->prev) {
        if ((f->proto->flags & (PROTO_MAIN | PROTO_BLOCK)) != 0)
            continue;
        size_t slot = f->proto->id % NAME_CACHE_SIZE;
        if (protos[slot] != f->proto) {
            struct value name;
            ok = string_make_text(st, f->proto->name, &name);
            if (!ok)
                break;
            value_release(st, names[slot]);
            protos[slot] = f->proto;
            names[slot] = name;
        }
        stack->items.values[--at] = value_retain(names[slot]);
    }
    for (size_t i = 0; i < NAME_CACHE_SIZE; i++)
        value_release(st, names[i]);
    if (!ok) {
        /* The array still has length 0: what stands at its end goes by hand. */
        for (size_t i = at; i < count; i++)
            value_release(st, stack->items.values[i]);
        value_release(st, array_value(stack));
        return false;
    }
    stack->len = count;
    *out = array_value(stack);
    return true;
}

/* ---- throw -------------------------------------------------------------------------- */

bool error_throw(struct state *st, struct value v)
{
    if (v.kind == VALUE_STRING)
        return error_raise_take(st, value_retain(v));
    if (v.kind == VALUE_STRUCT)
        return throw_struct(st, v);
    struct strbuf text;
    struct value message = value_unset();
    strbuf_init(&text);
    bool made = print_debug(st, &text, v) && string_make_strbuf(st, &text, &message);
    strbuf_done(&text);
    return made ? error_raise_take(st, message) : false;
}

static bool throw_struct(struct state *st, struct value v)
{
    const struct struct_object *s = STRUCT_OF(v);
    struct value message = field_of(st, s, FIELD_MESSAGE);
    struct value cause = field_of(st, s, FIELD_CAUSE);
    struct value text;
    if (message.kind == VALUE_STRING)
        text = value_retain(message);
    else if (!string_make_format(st, &text, "%s error",
                                 STRING_OF(struct_name(s))->data))
        return false;
    /* Kept over error_clear in raising, which may free what the struct came from. */
    value_retain(v);
    struct value stack = field_of(st, s, FIELD_STACK);
    bool is_rethrown = struct_is_error(s) && stack.kind == VALUE_ARRAY;
    if (is_rethrown)
        set_raised(st, st->top, text, value_retain(stack));
    else
        error_raise_take(st, text);
    st->error.cause = cause.kind == VALUE_UNSET ? cause : value_retain(cause);
    if (is_rethrown) {
        struct value line = field_of(st, s, FIELD_LINE);
        struct error *e = &st->error;
        e->rethrown = true;
        e->line = line.kind == VALUE_INT ? line.as.integer : 0;
        const struct source_ref *source;
        uint32_t offset;
        error_origin(st, s, &source, &offset);
        if (source != NULL) {
            e->source = source;
            e->offset = offset;
        }
    }
    value_release(st, v);
    return false;
}

/* ---- catching ----------------------------------------------------------------------- */

/* The shape of Error { message, stack, line }, which lives as long as the isolate. */
static struct shape *error_shape(struct state *st)
{
    struct error_cache *cache = st->errors;
    if (cache->shape != NULL)
        return cache->shape;
    struct string *name = string_new(st, "Error", 5);
    if (name == NULL)
        return NULL;
    struct shape *shape = shape_root(st, name);
    for (int i = FIELD_MESSAGE; i <= FIELD_LINE && shape != NULL; i++)
        shape = shape_with(st, shape, field_name(st, (enum error_field)i));
    object_release(st, &name->head);
    cache->shape = shape;
    return shape;
}

bool error_catch(struct state *st, struct value *out)
{
    if (st->error.kind != ERROR_RAISED)
        return false;
    /* Handlers within handlers can go on for long without a loop or a call. */
    if (state_interrupted(st))
        return error_interrupt(st);
    /* What filled the memory may be alive still: catching must work nevertheless. */
    heap_exceed_limit(st, true);
    bool ok = make_caught(st, out);
    heap_exceed_limit(st, false);
    return ok;
}

static bool make_caught(struct state *st, struct value *out)
{
    struct error e = error_save(st);
    int64_t line = e.line;
    if (line == 0) {
        uint32_t at, column;
        error_position(&e, &at, &column);
        line = at;
    }
    struct shape *shape = error_shape(st);
    struct struct_object *s = shape == NULL ? NULL : struct_new(st, shape, NULL);
    if (s == NULL) {
        /* The error that could not be caught stays; running out of memory is forgotten. */
        error_restore_take(st, e);
        return false;
    }
    s->fields[FIELD_MESSAGE] = value_retain(e.message);
    s->fields[FIELD_STACK] = value_retain(e.stack);
    s->fields[FIELD_LINE] = value_int(line);
    s->head.flags |= OBJECT_ERROR;
    s->origin = remember_origin(st, &e);
    struct value caught = struct_value(s);
    if (e.cause.kind != VALUE_UNSET &&
        !struct_set_take(st, &caught, field_name(st, FIELD_CAUSE),
                         value_retain(e.cause))) {
        value_release(st, caught);
        error_restore_take(st, e);
        return false;
    }
    st->error = e;
    error_clear(st);
    *out = caught;
    return true;
}

void error_clear(struct state *st)
{
    if (st->error.kind == ERROR_NONE)
        return;
    struct error old = error_save(st);
    value_release(st, old.message);
    value_release(st, old.stack);
    value_release(st, old.cause);
    value_release(st, old.trace);
    value_release(st, old.help);
}

struct error error_save(struct state *st)
{
    struct error e = st->error;
    st->error = (struct error){.kind = ERROR_NONE};
    return e;
}

void error_restore_take(struct state *st, struct error saved)
{
    error_clear(st);
    st->error = saved;
}

void error_position(const struct error *e, uint32_t *line, uint32_t *column)
{
    *line = 0;
    *column = 0;
    if (e->source == NULL || e->source->text == NULL)
        return;
    *line = source_ref_line(e->source, e->offset);
    *column = source_ref_column(e->source, e->offset);
}

/* ---- cache -------------------------------------------------------------------------- */

bool error_cache_init(struct state *st)
{
    static const char *const names[] = {"message", "stack", "line", "cause"};
    struct error_cache *cache = arena_alloc_zero(&st->home, 1, sizeof *cache);
    if (cache == NULL)
        return false;
    st->errors = cache;
    bool ok = string_make_text(st, "Cannot allocate memory", &cache->no_memory) &&
              array_make_empty(st, &cache->no_stack);
    for (int i = FIELD_MESSAGE; i <= FIELD_CAUSE && ok; i++) {
        ok = string_make_text(st, names[i], &cache->names[i]);
        if (ok)
            heap_keep(st, cache->names[i].as.object);
    }
    if (ok) {
        heap_keep(st, cache->no_memory.as.object);
        heap_keep(st, cache->no_stack.as.object);
    }
    return ok;
}

void error_cache_done(struct state *st)
{
    struct error_cache *cache = st->errors;
    if (cache == NULL)
        return;
    value_release(st, cache->no_memory);
    value_release(st, cache->no_stack);
    for (int i = FIELD_MESSAGE; i <= FIELD_CAUSE; i++)
        value_release(st, cache->names[i]);
    mem_free(cache->origins);
    mem_free(cache->index);
    st->errors = NULL;
}

static struct string *field_name(const struct state *st, enum error_field field)
{
    return STRING_OF(st->errors->names[field]);
}

/* Borrowed; unset when the field does not exist. */
static struct value field_of(struct state *st, const struct struct_object *s,
                             enum error_field field)
{
    const struct value *v = struct_find(st, s, field_name(st, field));
    return v == NULL ? value_unset() : *v;
}

static uint32_t origin_slot(const struct error_cache *cache,
                            const struct source_ref *source, uint32_t offset)
{
    uint64_t hash = hash_mix_u64((uint64_t)(uintptr_t)source ^ (uint64_t)offset << 40);
    uint32_t slot = (uint32_t)hash & cache->index_mask;
    for (; cache->index[slot] != 0; slot = (slot + 1) & cache->index_mask) {
        const struct error_origin *o = &cache->origins[cache->index[slot] - 1];
        if (o->source == source && o->offset == offset)
            break;
    }
    return slot;
}

/* Room for one more origin, the index at most half full. */
static bool grow_origins(struct error_cache *cache)
{
    if (cache->norigins < cache->capacity)
        return true;
    if (cache->capacity > UINT32_MAX / 8)
        return false;
    uint32_t capacity =
        cache->capacity == 0 ? SIZE_OR_TINY(16, 1) : cache->capacity * 2;
    struct error_origin *origins =
        mem_realloc_array(cache->origins, capacity, sizeof *origins);
    if (origins == NULL)
        return false;
    cache->origins = origins;
    uint32_t *index = mem_alloc_zero((size_t)capacity * 2, sizeof *index);
    if (index == NULL)
        return false;
    mem_free(cache->index);
    cache->index = index;
    cache->index_mask = capacity * 2 - 1;
    cache->capacity = capacity;
    for (uint32_t i = 0; i < cache->norigins; i++) {
        const struct error_origin *o = &origins[i];
        index[origin_slot(cache, o->source, o->offset)] = i + 1;
    }
    return true;
}

/* Number of the origin plus one; 0 (position forgotten) when memory is out. */
static uint32_t remember_origin(struct state *st, const struct error *e)
{
    struct error_cache *cache = st->errors;
    if (e->source == NULL || !grow_origins(cache))
        return 0;
    uint32_t slot = origin_slot(cache, e->source, e->offset);
    if (cache->index[slot] == 0) {
        cache->origins[cache->norigins] =
            (struct error_origin){.source = e->source, .offset = e->offset};
        cache->index[slot] = ++cache->norigins;
    }
    return cache->index[slot];
}

void error_origin(const struct state *st, const struct struct_object *s,
                  const struct source_ref **source, uint32_t *offset)
{
    bool known = s->origin != 0 && s->origin <= st->errors->norigins;
    *source = known ? st->errors->origins[s->origin - 1].source : NULL;
    *offset = known ? st->errors->origins[s->origin - 1].offset : 0;
}

void error_set_origin(struct state *st, struct struct_object *s,
                      const struct source_ref *source, uint32_t offset)
{
    const struct error e = {.source = source, .offset = offset};
    s->origin = remember_origin(st, &e);
}
