#include "config.h"

#include <stdlib.h>

#include "fuzz.h"

#include "base/strbuf.h"
#include "base/utf8.h"
#include "front/ast_dump.h"
#include "front/front.h"

static void show_diagnostics(const struct diagnostics *diags,
                             const struct source *source);

/* Any text either becomes a resolved tree that can be printed, or is refused with at least
   one diagnostic, whose rendering is valid text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source *source = source_new("fuzz.ruff", (const char *)data, size);
    if (source == NULL)
        return 0;
    struct diagnostics diags;
    diagnostics_init(&diags);
    struct ast_unit *unit = NULL;
    const struct front_input input = {.source = source};
    if (!front_parse(&input, &unit, &diags)) {
        if (unit != NULL || diagnostics_empty(&diags))
            abort();
        show_diagnostics(&diags, source);
    } else if (front_resolve(unit, NULL, &diags)) {
        struct strbuf dump;
        strbuf_init(&dump);
        if (!ast_dump(unit, &dump))
            abort();
        strbuf_done(&dump);
    }
    front_unit_free(unit);
    diagnostics_done(&diags);
    source_free(source);
    return 0;
}

static void show_diagnostics(const struct diagnostics *diags,
                             const struct source *source)
{
    struct strbuf text;
    strbuf_init(&text);
    if (!diagnostics_render(diags, source, false, &text) || text.len == 0 ||
        !utf8_valid(text.data, text.len))
        abort();
    strbuf_done(&text);
}
