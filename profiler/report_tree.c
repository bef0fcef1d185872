#include "config.h"

#include "report_tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/strbuf.h"

/* Indentation stops growing here: deeper lines say their level instead. */
#define INDENT_MAX 40
/* Branches below this share of the whole are summed up in one line each. */
#define SMALLEST   0.005

struct entry {
    uint32_t node;
    uint64_t total;
    const char *name;
};

struct painter {
    const struct view *view;
    FILE *out;
    bool color;
    uint32_t left; /* lines that may still be printed; UINT32_MAX = no limit */
    struct strbuf line;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    if (left->total != right->total) {
        return left->total > right->total ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

static void indent(struct painter *painter, uint32_t depth)
{
    uint32_t columns = depth < INDENT_MAX ? depth : INDENT_MAX;
    strbuf_append_repeat(&painter->line, ' ', (size_t)columns * 2);
    if (depth > INDENT_MAX) {
        strbuf_append_format(&painter->line, "[%" PRIu32 "] ", depth);
    }
}

static void print_node(struct painter *painter, uint32_t index)
{
    const struct view *view = painter->view;
    const struct view_node *node = &view->nodes[index];
    const char *name = view_node_name(view, index);
    struct strbuf value;
    strbuf_init(&value);
    report_value(view, (double)node->total, &value);
    double total = 100 * (double)node->total / (double)view->shown;
    double self = 100 * (double)node->self / (double)view->shown;
    strbuf_clear(&painter->line);
    strbuf_append_format(&painter->line, "%6.2f %%", total);
    if (!view->reverse) {
        strbuf_append_format(&painter->line, " %6.2f %%", self);
    }
    strbuf_append_format(&painter->line, "  %10s  ", strbuf_str(&value));
    indent(painter, node->depth);
    strbuf_append_str(&painter->line,
                      diag_style(painter->color && total >= 10, DIAG_BOLD));
    diag_escape(&painter->line, name, strlen(name));
    strbuf_append_str(&painter->line, diag_style(painter->color, DIAG_PLAIN));
    if (node->tier != RPROF_TIER_UNKNOWN) { /* threads, and frames of folded text */
        strbuf_append_format(
            &painter->line, "%s  [%s]%s", diag_style(painter->color, DIAG_DIM),
            rprof_tier_name(node->tier), diag_style(painter->color, DIAG_PLAIN));
    }
    strbuf_append_char(&painter->line, '\n');
    fputs(strbuf_str(&painter->line), painter->out);
    strbuf_done(&value);
}

/* The children of a node (or the outermost ones) with enough value, the largest first, are
 * pushed in reverse onto the stack of nodes to print. */
static bool push_children(const struct view *view, uint32_t from, uint32_t to,
                          uint32_t **stack, size_t *room, size_t *used)
{
    size_t count = 0;
    for (uint32_t i = from; i < to; i = view->nodes[i].end) {
        count++;
    }
    struct entry *entries = calloc(count > 0 ? count : 1, sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    count = 0;
    for (uint32_t i = from; i < to; i = view->nodes[i].end) {
        if ((double)view->nodes[i].total >= SMALLEST * (double)view->shown) {
            entries[count++] = (struct entry){.node = i,
                                              .total = view->nodes[i].total,
                                              .name = view_node_name(view, i)};
        }
    }
    if (count > 1) {
        qsort(entries, count, sizeof *entries, compare_entries);
    }
    bool good = true;
    for (size_t k = count; good && k-- > 0;) {
        void *grown = *stack;
        good = idmap_grow(&grown, room, *used, sizeof **stack);
        *stack = grown;
        if (good) {
            (*stack)[(*used)++] = entries[k].node;
        }
    }
    free(entries);
    return good;
}

bool report_tree(const struct view *view, const struct report_options *options,
                 FILE *out)
{
    if (view->node_count == 0 || view->shown == 0) {
        return true;
    }
    struct painter painter = {.view = view,
                              .out = out,
                              .color = options->color,
                              .left = options->limit > 0 ? options->limit : UINT32_MAX};
    strbuf_init(&painter.line);
    fprintf(out, "%s%8s%s  %10s  %s%s\n", diag_style(options->color, DIAG_BOLD),
            "TOTAL", view->reverse ? "" : "     SELF", view_unit(view),
            view->reverse ? "function, called by" : "function",
            diag_style(options->color, DIAG_PLAIN));
    uint32_t *stack = NULL;
    size_t room = 0, used = 0;
    bool good = push_children(view, 0, view->node_count, &stack, &room, &used);
    while (good && used > 0 && painter.left > 0) {
        uint32_t node = stack[--used];
        print_node(&painter, node);
        painter.left -= painter.left != UINT32_MAX;
        good =
            push_children(view, node + 1, view->nodes[node].end, &stack, &room, &used);
    }
    if (good && used > 0) {
        fputs("… more (--limit 0 shows all)\n", out);
    }
    free(stack);
    good = good && !strbuf_failed(&painter.line);
    strbuf_done(&painter.line);
    return good;
}
