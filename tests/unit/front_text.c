#include "config.h"

#include "front_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "front/ast_dump.h"
#include "front/front.h"

static const char *const codes[] = {
#define DIAGNOSTIC(name, code, label, title, exit_code, help) code,
#include "lang/errors.def"
};

static char *detach(struct strbuf *out)
{
    char *text = strbuf_detach(out, NULL);
    if (text == NULL)
        abort();
    return text;
}

char *front_text_dump(const char *text, size_t len, const struct resolve_input *input)
{
    struct source *source = source_new("t.ruff", text, len);
    struct front_input in = {.source = source};
    struct diagnostics diags;
    struct ast_unit *unit = NULL;
    struct strbuf out;
    diagnostics_init(&diags);
    strbuf_init(&out);
    strbuf_append_str(&out, "");
    if (front_parse(&in, &unit, &diags) && front_resolve(unit, input, &diags))
        ast_dump(unit, &out);
    else
        diagnostics_render(&diags, source, false, &out);
    diagnostics_done(&diags);
    front_unit_free(unit);
    source_free(source);
    return detach(&out);
}

/* Appends one line of a dump without `OFFSET: `. */
static void append_line(struct strbuf *out, const char *line, size_t len, int indent)
{
    size_t at = 0;
    while (at < len && line[at] == ' ')
        at++;
    size_t digits = at;
    while (digits < len && isdigit((unsigned char)line[digits]))
        digits++;
    if (indent)
        strbuf_append(out, line, at);
    if (digits > at && digits + 1 < len && line[digits] == ':' &&
        line[digits + 1] == ' ')
        at = digits + 2;
    strbuf_append(out, line + at, len - at);
    strbuf_append_char(out, '\n');
}

static char *strip(char *dump, int main_only)
{
    struct strbuf out;
    strbuf_init(&out);
    strbuf_append_str(&out, "");
    int inside = !main_only;
    for (char *line = dump; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        int indented = line[0] == ' ' || line[0] == '[';
        if (main_only && !indented && inside)
            break;
        if (!main_only || indented)
            append_line(&out, line, len, !main_only);
        inside = 1;
        line += len + (line[len] == '\n');
    }
    mem_free(dump);
    return detach(&out);
}

char *front_text_tree(const char *text)
{
    return strip(front_text_dump(text, strlen(text), NULL), 0);
}

char *front_text_main(const char *text)
{
    return strip(front_text_dump(text, strlen(text), NULL), 1);
}

char *front_text_errors(const char *text, size_t len)
{
    struct source *source = source_new("t.ruff", text, len);
    struct front_input in = {.source = source};
    struct diagnostics diags;
    struct ast_unit *unit = NULL;
    struct strbuf out;
    diagnostics_init(&diags);
    strbuf_init(&out);
    strbuf_append_str(&out, "");
    front_parse(&in, &unit, &diags);
    for (size_t i = 0; i < diags.items.len; i++) {
        const struct diagnostic *d = &diags.items.data[i];
        strbuf_append_format(&out, "%s %u:%u %s\n", codes[d->code],
                             source_line(source, d->offset),
                             source_column(source, d->offset), d->message);
    }
    diagnostics_done(&diags);
    front_unit_free(unit);
    source_free(source);
    return detach(&out);
}
