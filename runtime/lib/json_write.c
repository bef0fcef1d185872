#include "config.h"

#include <math.h>
#include <string.h>

#include "base/numtext.h"
#include "base/strbuf.h"
#include "core/array.h"
#include "core/dict.h"
#include "core/poll.h"
#include "core/print.h"
#include "core/state.h"
#include "core/string.h"
#include "lib/argument.h"
#include "lib/builtins.h"
#include "lib/json.h"

struct level {
    struct value container; /* borrowed from the value being written */
    uint32_t *order;        /* dict: positions in byte order */
    size_t next;
};

struct writer {
    struct state *st;
    struct strbuf *out;
    bool pretty;
    struct level *levels;
    size_t depth;
};

static bool write_value(struct writer *w, struct value v);
static bool open_container(struct writer *w, struct value v);
static void close_container(struct writer *w);
static bool scalar(struct writer *w, struct value v);
static bool number(struct writer *w, double f);
static void quoted(struct strbuf *out, const char *text, size_t len);
static void new_line(struct writer *w);
static bool to_text(struct state *st, struct value v, bool pretty,
                    struct value *result);

bool json_to_json(struct state *st, struct value *args, uint32_t nargs,
                  struct value *result)
{
    (void)nargs;
    return to_text(st, args[0], false, result);
}

bool json_to_json_pretty(struct state *st, struct value *args, uint32_t nargs,
                         struct value *result)
{
    (void)nargs;
    return to_text(st, args[0], true, result);
}

static bool to_text(struct state *st, struct value v, bool pretty, struct value *result)
{
    struct strbuf out;
    strbuf_init(&out);
    bool ok = json_write(st, &out, v, pretty) && string_make_strbuf(st, &out, result);
    strbuf_done(&out);
    return ok;
}

bool json_write(struct state *st, struct strbuf *out, struct value v, bool pretty)
{
    struct writer w = {.st = st, .out = out, .pretty = pretty};
    if (v.kind != VALUE_ARRAY && v.kind != VALUE_DICT)
        return scalar(&w, v);
    size_t bytes = JSON_MAX_DEPTH * sizeof(struct level);
    w.levels = heap_alloc(st, bytes, HEAP_BUILTIN);
    if (w.levels == NULL)
        return false;
    bool ok = write_value(&w, v);
    while (w.depth > 0)
        close_container(&w);
    heap_free(st, w.levels, bytes);
    return ok;
}

static bool write_value(struct writer *w, struct value v)
{
    if (!open_container(w, v))
        return false;
    for (uint64_t steps = 0; w->depth > 0; steps++) {
        if (!poll(w->st, steps))
            return false;
        struct level *top = &w->levels[w->depth - 1];
        bool dict = top->container.kind == VALUE_DICT;
        size_t len =
            dict ? DICT_OF(top->container)->len : ARRAY_OF(top->container)->len;
        if (top->next == len) {
            close_container(w);
            if (len > 0)
                new_line(w);
            strbuf_append_char(w->out, dict ? '}' : ']');
            continue;
        }
        if (top->next > 0)
            strbuf_append_char(w->out, ',');
        new_line(w);
        struct value item;
        if (dict) {
            const struct dict_entry *entry =
                &DICT_OF(top->container)->entries[top->order[top->next]];
            char digits[24];
            size_t n = 0;
            const char *text = dict_key_text(entry->key, digits, &n);
            quoted(w->out, text, n);
            strbuf_append_str(w->out, w->pretty ? ": " : ":");
            item = entry->value;
        } else {
            item = array_get(ARRAY_OF(top->container), top->next);
        }
        top->next++;
        bool nested = item.kind == VALUE_ARRAY || item.kind == VALUE_DICT;
        if (nested ? !open_container(w, item) : !scalar(w, item))
            return false;
    }
    return true;
}

static bool open_container(struct writer *w, struct value v)
{
    if (w->depth == JSON_MAX_DEPTH)
        return error_raise(w->st, "JSON value exceeds maximum nesting depth of %d",
                           JSON_MAX_DEPTH);
    struct level *level = &w->levels[w->depth];
    *level = (struct level){.container = v};
    if (v.kind == VALUE_DICT && DICT_OF(v)->len > 0) {
        level->order = dict_sorted_bytes(w->st, DICT_OF(v));
        if (level->order == NULL)
            return false;
    }
    w->depth++;
    strbuf_append_char(w->out, v.kind == VALUE_DICT ? '{' : '[');
    return true;
}

static void close_container(struct writer *w)
{
    struct level *level = &w->levels[--w->depth];
    if (level->order != NULL)
        dict_positions_free(w->st, level->order, DICT_OF(level->container));
}

static void new_line(struct writer *w)
{
    if (w->pretty) {
        strbuf_append_char(w->out, '\n');
        strbuf_append_repeat(w->out, ' ', 2 * w->depth);
    }
}

/* ---- scalars --------------------------------------------------------------------- */

static bool scalar(struct writer *w, struct value v)
{
    switch (v.kind) {
    case VALUE_NULL: strbuf_append_str(w->out, "null"); return true;
    case VALUE_BOOL:
        strbuf_append_str(w->out, v.as.bits != 0 ? "true" : "false");
        return true;
    case VALUE_INT: strbuf_append_i64(w->out, v.as.integer); return true;
    case VALUE_FLOAT: return number(w, v.as.number);
    case VALUE_STRING:
        quoted(w->out, STRING_OF(v)->data, STRING_OF(v)->len);
        return true;
    default: break;
    }
    struct strbuf text;
    strbuf_init(&text);
    if (print_debug(w->st, &text, v))
        error_raise(w->st, "Cannot convert %s to JSON", strbuf_str(&text));
    strbuf_done(&text);
    return false;
}

static bool number(struct writer *w, double f)
{
    char text[NUMTEXT_PLAIN_BYTES];
    if (!isfinite(f)) {
        numtext_double_plain(text, f);
        return error_raise(w->st, "Cannot convert non-finite float %s to JSON", text);
    }
    strbuf_append(w->out, text, numtext_double_json(text, f));
    return true;
}

static void quoted(struct strbuf *out, const char *text, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    strbuf_append_char(out, '"');
    size_t from = 0;
    for (size_t at = 0; at < len; at++) {
        unsigned char c = (unsigned char)text[at];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        strbuf_append(out, text + from, at - from);
        from = at + 1;
        char escape[6] = {'\\', (char)c};
        size_t n = 2;
        switch (c) {
        case '"':
        case '\\': break;
        case '\b': escape[1] = 'b'; break;
        case '\f': escape[1] = 'f'; break;
        case '\n': escape[1] = 'n'; break;
        case '\r': escape[1] = 'r'; break;
        case '\t': escape[1] = 't'; break;
        default:
            memcpy(escape + 1, "u00", 3);
            escape[4] = hex[c >> 4];
            escape[5] = hex[c & 15];
            n = 6;
        }
        strbuf_append(out, escape, n);
    }
    strbuf_append(out, text + from, len - from);
    strbuf_append_char(out, '"');
}
