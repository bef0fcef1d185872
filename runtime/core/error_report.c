#include "config.h"

#include <string.h>

#include "base/diag.h"
#include "base/excerpt.h"
#include "base/strbuf.h"
#include "core/array.h"
#include "core/error.h"
#include "core/function.h"
#include "core/string.h"

/* The same colours as for syntax diagnostics: what failed stands out, where is quiet. */
#define ERROR_COLOR "\033[1;91m"
#define PLACE_COLOR "\033[94m"
#define PLAIN       "\033[0m"

static void append_position(struct strbuf *out, const struct error *e, bool color);
static void append_calls(struct strbuf *out, const struct error *e);

bool error_report(const struct error *e, bool color, struct strbuf *out)
{
    if (color)
        strbuf_append_str(out, ERROR_COLOR);
    strbuf_append_str(out, "[RUFVM001] [vm] Runtime Error: ");
    if (color)
        strbuf_append_str(out, PLAIN);
    error_append_message(e, out);
    strbuf_append_char(out, '\n');
    append_position(out, e, color);
    if (e->help.kind == VALUE_STRING) {
        strbuf_append_str(out, "  = help: ");
        strbuf_append(out, STRING_OF(e->help)->data, STRING_OF(e->help)->len);
        strbuf_append_char(out, '\n');
    }
    append_calls(out, e);
    return !strbuf_failed(out);
}

bool error_append_message(const struct error *e, struct strbuf *out)
{
    if (e->message.kind != VALUE_STRING)
        return true;
    return diag_escape_nul(out, STRING_OF(e->message)->data,
                           STRING_OF(e->message)->len);
}

static void append_position(struct strbuf *out, const struct error *e, bool color)
{
    uint32_t line, column;
    error_position(e, &line, &column);
    if (line == 0)
        return;
    if (color)
        strbuf_append_str(out, PLACE_COLOR);
    strbuf_append_str(out, "  --> ");
    if (color)
        strbuf_append_str(out, PLAIN);
    diag_escape(out, e->source->path, strlen(e->source->path));
    strbuf_append_format(out, ":%u:%u\n", line, column);
    excerpt_append(out, e->source->text, e->source->len, e->offset, line, color);
}

/* Innermost first. Names are read with care: a program may have thrown a caught error whose
   `stack` it has changed. */
static void append_calls(struct strbuf *out, const struct error *e)
{
    if (e->trace.kind != VALUE_ARRAY || ARRAY_OF(e->trace)->len == 0)
        return;
    const struct array *stack = ARRAY_OF(e->trace);
    strbuf_append_str(out, "\nCall stack:\n");
    for (size_t i = 0; i < stack->len; i++) {
        struct value name = array_get(stack, stack->len - 1 - i);
        strbuf_append_format(out, "  %zu at ", i);
        if (name.kind == VALUE_STRING)
            diag_escape(out, STRING_OF(name)->data, STRING_OF(name)->len);
        else
            strbuf_append_char(out, '?');
        strbuf_append_char(out, '\n');
    }
}
