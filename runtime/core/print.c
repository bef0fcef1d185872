#include "config.h"

#include "core/print.h"

#include <string.h>

#include "base/numtext.h"
#include "base/strbuf.h"
#include "core/array.h"
#include "core/builtin.h"
#include "core/dict.h"
#include "core/error.h"
#include "core/function.h"
#include "core/heap.h"
#include "core/iter.h"
#include "core/nesting.h"
#include "core/poll.h"
#include "core/string.h"
#include "core/structs.h"

enum form {
    FORM_DISPLAY,
    FORM_DEBUG,
    FORM_EXPLICIT
};

struct printer {
    struct state *st;
    struct strbuf *out;
    enum form form;
    struct nesting nesting;
};

static bool begin(struct printer *p, struct value v);
static bool next_part(struct printer *p, struct nesting_level *level);

/* ---- forms ---------------------------------------------------------------------------- */

static bool print_value(struct state *st, struct strbuf *out, struct value v,
                        enum form form)
{
    struct printer p = {.st = st, .out = out, .form = form};
    nesting_init(&p.nesting);
    bool ok = begin(&p, v);
    for (uint64_t parts = 0; ok && p.nesting.len > 0; parts++)
        ok = poll(st, parts) && next_part(&p, &p.nesting.levels[p.nesting.len - 1]);
    nesting_done(&p.nesting);
    if (ok && strbuf_failed(out))
        return error_out_of_memory(st);
    return ok;
}

bool print_display(struct state *st, struct strbuf *out, struct value v)
{
    if (v.kind == VALUE_STRING)
        return strbuf_append(out, STRING_OF(v)->data, STRING_OF(v)->len) ||
               error_out_of_memory(st);
    return print_value(st, out, v, FORM_DISPLAY);
}

bool print_debug(struct state *st, struct strbuf *out, struct value v)
{
    return print_value(st, out, v, FORM_DEBUG);
}

bool print_explicit(struct state *st, struct strbuf *out, struct value v)
{
    return print_value(st, out, v, FORM_EXPLICIT);
}

bool print_to_string(struct state *st, struct value v, struct value *out)
{
    switch (v.kind) {
    case VALUE_STRING: *out = value_retain(v); return true;
    case VALUE_INT: {
        struct string *s = string_from_int(st, v.as.integer);
        if (s == NULL)
            return false;
        *out = string_value(s);
        return true;
    }
    case VALUE_FLOAT: {
        char text[NUMTEXT_PLAIN_BYTES];
        size_t len = numtext_double_plain(text, v.as.number);
        return string_make(st, text, len, out);
    }
    default: break;
    }
    struct strbuf sb;
    strbuf_init(&sb);
    bool ok = print_display(st, &sb, v) && string_make_strbuf(st, &sb, out);
    strbuf_done(&sb);
    return ok;
}

bool print_float(struct strbuf *out, double f)
{
    char text[NUMTEXT_PLAIN_BYTES];
    size_t len = numtext_double_plain(text, f);
    return strbuf_append(out, text, len);
}

bool print_quoted(struct strbuf *out, const char *text, size_t len)
{
    strbuf_append_char(out, '"');
    size_t start = 0;
    for (size_t i = 0; i < len; i++) {
        const char *escape = NULL;
        switch (text[i]) {
        case '"': escape = "\\\""; break;
        case '\\': escape = "\\\\"; break;
        case '\n': escape = "\\n"; break;
        case '\r': escape = "\\r"; break;
        case '\t': escape = "\\t"; break;
        default: continue;
        }
        strbuf_append(out, text + start, i - start);
        strbuf_append_str(out, escape);
        start = i + 1;
    }
    strbuf_append(out, text + start, len - start);
    return strbuf_append_char(out, '"');
}

/* ---- leaves --------------------------------------------------------------------------- */

static void put(struct printer *p, const char *text)
{
    strbuf_append_str(p->out, text);
}

static void put_string(struct printer *p, const struct string *s)
{
    strbuf_append(p->out, s->data, s->len);
}

static void put_int(struct printer *p, int64_t i)
{
    char buf[24];
    size_t len;
    const char *text = string_int_text(i, buf, &len);
    strbuf_append(p->out, text, len);
}

/* `NAME(N UNIT)` with the brackets given. */
static void put_count(struct printer *p, const char *before, size_t n,
                      const char *after)
{
    put(p, before);
    strbuf_append_u64(p->out, n);
    put(p, after);
}

/* Pushes a container whose parts follow. */
static bool enter(struct printer *p, struct value v)
{
    return heap_check_outside(p->st, p->out->len) &&
           nesting_push(p->st, &p->nesting, v, value_null(), "printing") != NULL;
}

static bool display_function(struct printer *p, const struct function *f)
{
    if ((f->proto->flags & PROTO_GENERATOR) == 0)
        put(p, "<unknown>");
    else
        put_count(p, "<generator function with ", f->proto->nparams, " params>");
    return true;
}

static bool display_generator(struct printer *p, const struct generator *g)
{
    put_count(p,
              g->status == GENERATOR_DONE ? "<exhausted generator (" : "<generator (",
              g->nparams, " params)>");
    return true;
}

static bool begin_box(struct printer *p, struct value v)
{
    put(p, v.kind == VALUE_OK ? "Ok(" : v.kind == VALUE_ERR ? "Err(" : "Some(");
    return enter(p, v);
}

static bool begin_tagged(struct printer *p, struct value v)
{
    put_string(p, STRING_OF(TAGGED_OF(v)->tag));
    if (TAGGED_OF(v)->count == 0)
        return true;
    put(p, "(");
    return enter(p, v);
}

static bool begin_struct(struct printer *p, struct value v)
{
    struct struct_object *s = STRUCT_OF(v);
    put_string(p, STRING_OF(struct_name(s)));
    put(p, " { ");
    const uint32_t *order = shape_sorted(p->st, s->shape);
    if (order == NULL || !enter(p, v))
        return false;
    p->nesting.levels[p->nesting.len - 1].order = order;
    return true;
}

static bool begin_dict(struct printer *p, struct value v, const char *open)
{
    put(p, open);
    const uint32_t *order = dict_sorted(p->st, DICT_OF(v));
    if (order == NULL || !enter(p, v))
        return false;
    p->nesting.levels[p->nesting.len - 1].order = order;
    return true;
}

static bool begin_array(struct printer *p, struct value v, const char *open)
{
    put(p, open);
    return enter(p, v);
}

static bool begin_display(struct printer *p, struct value v)
{
    switch ((enum value_kind)v.kind) {
    case VALUE_NULL: put(p, "null"); return true;
    case VALUE_BOOL: put(p, v.as.boolean ? "true" : "false"); return true;
    case VALUE_INT: put_int(p, v.as.integer); return true;
    case VALUE_FLOAT: print_float(p->out, v.as.number); return true;
    case VALUE_NONE: put(p, "None"); return true;
    case VALUE_BUILTIN:
        put(p, "<native function: ");
        put(p, v.as.builtin->name);
        put(p, ">");
        return true;
    case VALUE_STRING: put_string(p, STRING_OF(v)); return true;
    case VALUE_ARRAY: return begin_array(p, v, "[");
    case VALUE_DICT: return begin_dict(p, v, "{");
    case VALUE_STRUCT: return begin_struct(p, v);
    case VALUE_TAGGED: return begin_tagged(p, v);
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME: return begin_box(p, v);
    case VALUE_FUNCTION: return display_function(p, FUNCTION_OF(v));
    case VALUE_GENERATOR: return display_generator(p, GENERATOR_OF(v));
    case VALUE_ITERATOR: put(p, "<iterator>"); return true;
    case VALUE_UNSET:
    case VALUE_BYTES:
    case VALUE_SET:
    case VALUE_QUEUE:
    case VALUE_STACK:
    case VALUE_METHOD:
    case VALUE_STRUCTDEF:
    case VALUE_CHANNEL:
    case VALUE_PROMISE:
    case VALUE_TASK:
    case VALUE_CELL:
    case VALUE_ITER:
    case VALUE_KIND_COUNT: break;
    }
    put(p, "<unknown>");
    return true;
}

/* What the two debugging forms have in common: kinds shown by a word or by their size. */
static bool begin_debug_other(struct printer *p, struct value v)
{
    switch ((enum value_kind)v.kind) {
    case VALUE_BYTES: put_count(p, "Bytes(", BYTES_OF(v)->len, " bytes)"); return true;
    case VALUE_SET: put_count(p, "Set{", COLLECTION_OF(v)->len, " items}"); return true;
    case VALUE_QUEUE:
        put_count(p, "Queue(", COLLECTION_OF(v)->len, " items)");
        return true;
    case VALUE_STACK:
        put_count(p, "Stack(", COLLECTION_OF(v)->len, " items)");
        return true;
    case VALUE_BUILTIN:
    case VALUE_FUNCTION:
    case VALUE_METHOD: put(p, "Function"); return true;
    case VALUE_STRUCTDEF:
        put(p, "StructDef(");
        put_string(p, STRING_OF(STRUCTDEF_OF(v)->name));
        put(p, ")");
        return true;
    case VALUE_GENERATOR: put(p, "Generator"); return true;
    case VALUE_ITERATOR: put(p, "Iterator"); return true;
    case VALUE_CHANNEL: put(p, "Channel"); return true;
    case VALUE_PROMISE: put(p, "Promise"); return true;
    case VALUE_TASK: put(p, "TaskHandle"); return true;
    case VALUE_TAGGED: return begin_tagged(p, v);
    case VALUE_OK:
    case VALUE_ERR:
    case VALUE_SOME: return begin_box(p, v);
    case VALUE_NONE: put(p, "None"); return true;
    case VALUE_UNSET:
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_FLOAT:
    case VALUE_STRING:
    case VALUE_ARRAY:
    case VALUE_DICT:
    case VALUE_STRUCT:
    case VALUE_CELL:
    case VALUE_ITER:
    case VALUE_KIND_COUNT: break;
    }
    put(p, "Unknown");
    return true;
}

static bool begin_debug(struct printer *p, struct value v)
{
    bool is_explicit = p->form == FORM_EXPLICIT;
    switch (v.kind) {
    case VALUE_NULL: put(p, "Null"); return true;
    case VALUE_BOOL: put(p, v.as.boolean ? "Bool(true)" : "Bool(false)"); return true;
    case VALUE_INT:
        put(p, "Int(");
        put_int(p, v.as.integer);
        put(p, ")");
        return true;
    case VALUE_FLOAT:
        put(p, "Float(");
        print_float(p->out, v.as.number);
        put(p, ")");
        return true;
    case VALUE_STRING:
        put(p, is_explicit ? "String(" : "Str(");
        print_quoted(p->out, STRING_OF(v)->data, STRING_OF(v)->len);
        put(p, ")");
        return true;
    case VALUE_ARRAY:
        if (is_explicit)
            return begin_array(p, v, "Array[");
        put_count(p, "Array[", ARRAY_OF(v)->len, "]");
        return true;
    case VALUE_DICT:
        if (is_explicit)
            return begin_dict(p, v, "Dict{");
        put_count(p, "Dict{", DICT_OF(v)->len, " keys}");
        return true;
    case VALUE_STRUCT:
        if (!is_explicit)
            return begin_struct(p, v);
        put(p, "Struct(");
        put_string(p, STRING_OF(struct_name(STRUCT_OF(v))));
        put(p, ")");
        return true;
    default: return begin_debug_other(p, v);
    }
}

/* Writes a leaf, or the opening of a container and pushes it. */
static bool begin(struct printer *p, struct value v)
{
    return p->form == FORM_DISPLAY ? begin_display(p, v) : begin_debug(p, v);
}

/* ---- parts of containers -------------------------------------------------------------- */

static bool end(struct printer *p, const char *close)
{
    put(p, close);
    p->nesting.len--;
    return true;
}

static bool next_item(struct printer *p, struct nesting_level *level)
{
    const struct array *a = ARRAY_OF(level->a);
    if (level->at == a->len)
        return end(p, "]");
    if (level->at > 0)
        put(p, ", ");
    return begin(p, array_get(a, level->at++));
}

static bool next_entry(struct printer *p, struct nesting_level *level)
{
    const struct dict *d = DICT_OF(level->a);
    if (level->at == d->len)
        return end(p, "}");
    if (level->at > 0)
        put(p, ", ");
    const uint32_t *order = level->order;
    const struct dict_entry *entry = &d->entries[order[level->at++]];
    char buf[24];
    size_t len;
    const char *key = dict_key_text(entry->key, buf, &len);
    const char *quote = p->form == FORM_DISPLAY ? "\"" : "";
    put(p, quote);
    strbuf_append(p->out, key, len);
    put(p, quote);
    put(p, ": ");
    return begin(p, entry->value);
}

static bool next_field(struct printer *p, struct nesting_level *level)
{
    const struct struct_object *s = STRUCT_OF(level->a);
    if (level->at == s->shape->nfields)
        return end(p, " }");
    if (level->at > 0)
        put(p, ", ");
    const uint32_t *order = level->order;
    uint32_t slot = order[level->at++];
    put_string(p, s->shape->names[slot]);
    put(p, ": ");
    return begin(p, s->fields[slot]);
}

static bool next_payload(struct printer *p, struct nesting_level *level)
{
    const struct tagged *t = TAGGED_OF(level->a);
    if (level->at == t->count)
        return end(p, ")");
    if (level->at > 0)
        put(p, ",");
    return begin(p, t->payload[level->at++]);
}

/* Writes the next part of the newest container, or its end. Pushing may move `level`. */
static bool next_part(struct printer *p, struct nesting_level *level)
{
    switch (level->a.kind) {
    case VALUE_ARRAY: return next_item(p, level);
    case VALUE_DICT: return next_entry(p, level);
    case VALUE_STRUCT: return next_field(p, level);
    case VALUE_TAGGED: return next_payload(p, level);
    default: /* a box: one part */
        if (level->at++ == 1)
            return end(p, ")");
        return begin(p, BOXED_OF(level->a)->payload);
    }
}
