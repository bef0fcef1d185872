/* Folded stacks: `frame;frame;frame COUNT`, outermost first (spec/formats.md 1). */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "export/exporter.h"

/* The format has no escapes: `;` separates frames, and a name that ends in blank and digits
 * would be read as one more count. */
static void append_frame(struct strbuf *out, const char *name)
{
    size_t start = out->len;
    exporter_clean_name(out, name);
    if (strbuf_failed(out)) {
        return;
    }
    for (size_t i = start; i < out->len; i++) {
        if (out->data[i] == ';') {
            out->data[i] = ':';
        }
    }
    size_t end = out->len;
    while (end > start && ((out->data[end - 1] >= '0' && out->data[end - 1] <= '9') ||
                           out->data[end - 1] == '.')) {
        end--;
    }
    if (end < out->len && end > start && out->data[end - 1] == ' ') {
        out->data[end - 1] = '_';
    }
    while (out->len > start && out->data[out->len - 1] == ' ') {
        strbuf_truncate(out, out->len - 1);
    }
}

bool export_folded(const struct export_job *job, FILE *out)
{
    const struct view *view = job->view;
    struct strbuf path;
    strbuf_init(&path);
    /* How much of the path belongs to the frames above each level. */
    size_t *lengths = calloc((size_t)view->depth + 1, sizeof *lengths);
    for (uint32_t i = 0; lengths != NULL && i < view->node_count; i++) {
        const struct view_node *node = &view->nodes[i];
        if (node->total == 0) {
            continue;
        }
        strbuf_truncate(&path, lengths[node->depth]);
        if (node->depth > 0) {
            strbuf_append_char(&path, ';');
        }
        append_frame(&path, view_node_name(view, i));
        lengths[node->depth + 1] = path.len;
        if (node->self > 0) {
            fwrite(strbuf_str(&path), 1, path.len, out);
            fprintf(out, " %" PRIu64 "\n", node->self);
        }
    }
    bool good = lengths != NULL && !strbuf_failed(&path);
    free(lengths);
    strbuf_done(&path);
    return good;
}
