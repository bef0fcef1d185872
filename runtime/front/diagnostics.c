#include "config.h"

#include "front/diagnostics.h"

#include <stdarg.h>
#include <string.h>

#include "base/diag.h"
#include "base/excerpt.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "front/source.h"

struct code_row {
    const char *code, *label, *title;
    int exit_code;
    const char *help;
};

static const struct code_row code_rows[DIAGNOSTIC_CODES] = {
#define DIAGNOSTIC(name, code, label, title, exit_code, help) \
    [DIAGNOSTIC_##name] = {code, label, title, exit_code, help},
#include "lang/errors.def"
};

enum {
    EXIT_SYNTAX = 3,
    EXIT_INTERNAL = 6,
};

static bool has_syntax_error(const struct diagnostics *d);
static void render_one(const struct diagnostic *item, const struct source *source,
                       bool color, struct strbuf *out);

/* ---- collecting ---------------------------------------------------------------------- */

void diagnostics_init(struct diagnostics *d)
{
    *d = (struct diagnostics){.dropped = 0};
}

void diagnostics_done(struct diagnostics *d)
{
    for (size_t i = 0; i < d->items.len; i++)
        mem_free(d->items.data[i].message);
    diagnostic_vec_done(&d->items);
    diagnostics_init(d);
}

void diagnostics_add(struct diagnostics *d, enum diagnostic_code code, uint32_t offset,
                     const char *format, ...)
{
    if (d->items.len >= DIAGNOSTICS_MAX) {
        d->dropped++;
        return;
    }
    struct strbuf text;
    strbuf_init(&text);
    va_list args;
    va_start(args, format);
    strbuf_append_vformat(&text, format, args);
    va_end(args);
    struct diagnostic item = {.code = (uint8_t)code, .offset = offset};
    item.message = strbuf_detach(&text, NULL);
    if (item.message == NULL || !diagnostic_vec_push(&d->items, item)) {
        mem_free(item.message);
        d->out_of_memory = true;
    }
}

void diagnostics_drop_from(struct diagnostics *d, uint32_t offset)
{
    size_t kept = 0;
    for (size_t i = 0; i < d->items.len; i++) {
        if (d->items.data[i].offset < offset)
            d->items.data[kept++] = d->items.data[i];
        else
            mem_free(d->items.data[i].message);
    }
    d->items.len = kept;
    d->dropped = 0;
}

/* Insertion sort: nearly sorted already, and stable. */
void diagnostics_sort(struct diagnostics *d)
{
    for (size_t i = 1; i < d->items.len; i++) {
        struct diagnostic item = d->items.data[i];
        size_t at = i;
        for (; at > 0 && d->items.data[at - 1].offset > item.offset; at--)
            d->items.data[at] = d->items.data[at - 1];
        d->items.data[at] = item;
    }
}

bool diagnostics_empty(const struct diagnostics *d)
{
    return d->items.len == 0 && d->dropped == 0 && !d->out_of_memory;
}

int diagnostics_exit_code(const struct diagnostics *d)
{
    if (d->out_of_memory)
        return EXIT_INTERNAL;
    if (d->items.len == 0)
        return 0;
    return has_syntax_error(d) ? EXIT_SYNTAX
                               : code_rows[d->items.data[0].code].exit_code;
}

static bool has_syntax_error(const struct diagnostics *d)
{
    for (size_t i = 0; i < d->items.len; i++)
        if (code_rows[d->items.data[i].code].exit_code == EXIT_SYNTAX)
            return true;
    return false;
}

/* ---- text form ----------------------------------------------------------------------- */

bool diagnostics_render(const struct diagnostics *d, const struct source *source,
                        bool color, struct strbuf *out)
{
    bool syntax_only = has_syntax_error(d);
    for (size_t i = 0; i < d->items.len; i++) {
        const struct diagnostic *item = &d->items.data[i];
        if (!syntax_only || code_rows[item->code].exit_code == EXIT_SYNTAX)
            render_one(item, source, color, out);
    }
    if (d->dropped > 0)
        strbuf_append_format(out, "%llu more problems are not shown.\n",
                             (unsigned long long)d->dropped);
    if (d->out_of_memory)
        strbuf_append_str(out, "[RUFINT001] [parser] error: Out of memory\n");
    return !strbuf_failed(out);
}

static void render_one(const struct diagnostic *item, const struct source *source,
                       bool color, struct strbuf *out)
{
    const struct code_row *row = &code_rows[item->code];
    strbuf_append_format(out, "%s[%s] [%s] %s:%s ", color ? "\033[1;31m" : "",
                         row->code, row->label, row->title,
                         color ? "\033[0m\033[1m" : "");
    diag_escape(out, item->message, strlen(item->message));
    strbuf_append_format(out, "%s\n%s  --> %s", color ? "\033[0m" : "",
                         color ? "\033[34m" : "", color ? "\033[0m" : "");
    diag_escape(out, source->path, strlen(source->path));
    uint32_t line = source_line(source, item->offset);
    strbuf_append_format(out, ":%u:%u\n", line, source_column(source, item->offset));
    excerpt_append(out, source->text, source->len, item->offset, line, color);
    if (row->help[0] != '\0')
        strbuf_append_format(out, "  = help: %s\n", row->help);
}
