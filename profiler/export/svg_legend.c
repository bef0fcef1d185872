#include "config.h"

#include "export/svg_legend.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "export/svg.h"

static bool rank_causes(struct svg_legend *legend);
static bool assign_causes(struct svg_legend *legend, const uint32_t *rank_of);

/* Memory is coloured by cause unless asked otherwise, CPU by tier. A reversed view has no
 * way back from frames to allocations: names it is. */
bool svg_legend_init(struct svg_legend *legend, const struct export_job *job)
{
    memset(legend, 0, sizeof *legend);
    legend->job = job;
    legend->scheme = job->style.color;
    bool cpu = job->view->metric == VIEW_CPU;
    if (legend->scheme == SVG_BY_DEFAULT) {
        legend->scheme = cpu ? SVG_BY_TIER : SVG_BY_CAUSE;
        if (job->model->folded) {
            legend->scheme = SVG_BY_NAME; /* such text knows neither tiers nor causes */
        }
    }
    if ((cpu || job->view->node_of == NULL) && legend->scheme == SVG_BY_CAUSE) {
        legend->scheme = SVG_BY_NAME;
    }
    return legend->scheme != SVG_BY_CAUSE || rank_causes(legend);
}

void svg_legend_done(struct svg_legend *legend)
{
    free(legend->cause_rank);
    free(legend->cause_names);
    free(legend->cause_values);
    memset(legend, 0, sizeof *legend);
}

/* -- Causes --------------------------------------------------------------- */

struct ranking {
    double value;
    const char *text;
    uint32_t name;
};

static int compare_rankings(const void *a, const void *b)
{
    const struct ranking *left = a, *right = b;
    if (left->value != right->value) {
        return left->value > right->value ? -1 : 1;
    }
    return strcmp(left->text, right->text);
}

static bool rank_causes(struct svg_legend *legend)
{
    const struct view *view = legend->job->view;
    const struct model *model = view->model;
    double *sums = calloc(model->names.count, sizeof *sums);
    uint32_t *rank_of = calloc(model->names.count, sizeof *rank_of);
    struct ranking *rankings = calloc(model->names.count, sizeof *rankings);
    bool good = sums != NULL && rank_of != NULL && rankings != NULL;
    uint32_t count = 0;
    for (size_t i = 0; good && i < view->item_count; i++) {
        sums[model->allocs[view->items[i].index].cause] += view->items[i].value;
    }
    for (uint32_t i = 0; good && i < model->names.count; i++) {
        if (sums[i] > 0) {
            rankings[count++] = (struct ranking){
                .value = sums[i], .text = model_name(model, i), .name = i};
        }
    }
    if (good && count > 1) {
        qsort(rankings, count, sizeof *rankings, compare_rankings);
    }
    legend->cause_names = calloc((size_t)count + 1, sizeof *legend->cause_names);
    legend->cause_values = calloc((size_t)count + 1, sizeof *legend->cause_values);
    good = good && legend->cause_names != NULL && legend->cause_values != NULL;
    for (uint32_t i = 0; good && i < count; i++) {
        legend->cause_names[i] = rankings[i].name;
        legend->cause_values[i] = rankings[i].value;
        rank_of[rankings[i].name] = i;
    }
    legend->cause_count = count;
    good = good && assign_causes(legend, rank_of);
    free(sums);
    free(rank_of);
    free(rankings);
    return good;
}

/* Colours tell ten causes apart; the rest share the tenth. */
#define CAUSES 10

static bool assign_causes(struct svg_legend *legend, const uint32_t *rank_of)
{
    const struct view *view = legend->job->view;
    size_t nodes = view->node_count > 0 ? view->node_count : 1;
    double *sums = calloc(nodes * CAUSES, sizeof *sums);
    legend->cause_rank = calloc(nodes, sizeof *legend->cause_rank);
    if (sums == NULL || legend->cause_rank == NULL) {
        free(sums);
        return false;
    }
    for (size_t i = 0; i < view->item_count; i++) {
        const struct view_item *item = &view->items[i];
        uint32_t node = view->node_of[item->node];
        uint32_t rank = rank_of[view->model->allocs[item->index].cause];
        if (node != MODEL_NONE) {
            sums[(size_t)node * CAUSES + (rank < CAUSES ? rank : CAUSES - 1)] +=
                item->value;
        }
    }
    for (uint32_t i = view->node_count; i-- > 0;) {
        const double *own = sums + (size_t)i * CAUSES;
        uint32_t parent = view->nodes[i].parent;
        for (unsigned c = 0; c < CAUSES; c++) {
            legend->cause_rank[i] =
                own[c] > own[legend->cause_rank[i]] ? c : legend->cause_rank[i];
            if (parent != MODEL_NONE) {
                sums[(size_t)parent * CAUSES + c] += own[c];
            }
        }
    }
    free(sums);
    return true;
}

/* -- Colours and legend ----------------------------------------------------- */

struct svg_rgb svg_legend_color(const struct svg_legend *legend, uint32_t node)
{
    const struct view *view = legend->job->view;
    const char *name = view_node_name(view, node);
    if (legend->scheme == SVG_BY_CAUSE && legend->cause_rank != NULL) {
        return svg_color_cause(legend->cause_rank[node], name);
    }
    if (legend->scheme == SVG_BY_TIER) {
        return svg_color_tier(view->nodes[node].tier, name);
    }
    return svg_color_name(name, view->metric != VIEW_CPU);
}

struct entry {
    const char *label;
    struct svg_rgb color;
    double value;
};

static size_t tier_entries(const struct svg_legend *legend, struct entry *entries)
{
    static const char *const labels[RPROF_TIER_COUNT] = {
        "unknown", "interpreter", "VM",      "JIT",   "inlined", "builtin",
        "native",  "GC",          "compile", "deopt", "idle",    "scheduler"};
    const struct view *view = legend->job->view;
    const struct model *model = view->model;
    double sums[RPROF_TIER_COUNT] = {0};
    for (size_t i = 0; i < view->item_count; i++) {
        const struct model_node *node = &model->nodes[view->items[i].node];
        sums[model->frames[node->frame].tier] += view->items[i].value;
    }
    size_t count = 0;
    for (unsigned t = 0; t < RPROF_TIER_COUNT; t++) {
        if (sums[t] > 0) {
            entries[count++] =
                (struct entry){.label = labels[t],
                               .color = svg_color_tier((enum rprof_tier)t, NULL),
                               .value = sums[t]};
        }
    }
    return count;
}

static size_t cause_entries(const struct svg_legend *legend, struct entry *entries)
{
    size_t count = 0;
    for (uint32_t i = 0; i < legend->cause_count && i < CAUSES; i++) {
        const char *name = model_name(legend->job->model, legend->cause_names[i]);
        entries[count++] = (struct entry){.label = name[0] != '\0' ? name : "unknown",
                                          .color = svg_color_cause(i, NULL),
                                          .value = legend->cause_values[i]};
    }
    return count;
}

/* Pixels of one entry in a proportional font, judged by its letters. */
static double label_width(const struct entry *entry, double total)
{
    double share = 100 * entry->value / total;
    double wide = 16 + 14 + 6.4 * (share >= 10 ? 5 : 4) + 4;
    for (const char *c = entry->label; *c != '\0'; c++) {
        bool capital = *c >= 'A' && *c <= 'Z', slim = strchr("iljtf ", *c) != NULL;
        wide += capital ? 7.6 : slim ? 4.0 : 6.5;
    }
    return wide;
}

void svg_legend_append(const struct svg_legend *legend, struct strbuf *out, double x,
                       double y, double room)
{
    struct entry entries[RPROF_TIER_COUNT > CAUSES ? RPROF_TIER_COUNT : CAUSES];
    size_t count = 0;
    const struct view *view = legend->job->view;
    if (view->total <= 0) {
        return;
    }
    if (legend->scheme == SVG_BY_TIER) {
        count = tier_entries(legend, entries);
    } else if (legend->scheme == SVG_BY_CAUSE) {
        count = cause_entries(legend, entries);
    }
    strbuf_append_str(out, "<g id=\"legend\">\n");
    double at = x;
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = &entries[i];
        double wide = label_width(entry, view->total);
        if (at + wide > x + room) {
            break;
        }
        strbuf_append_format(out,
                             "<rect x=\"%.0f\" y=\"%.0f\" width=\"11\" height=\"11\" "
                             "rx=\"2\" fill=\"rgb(%u,%u,%u)\"/><text x=\"%.0f\" "
                             "y=\"%.0f\">",
                             at, y - 9, entry->color.r, entry->color.g, entry->color.b,
                             at + 16, y + 0.0);
        svg_escape(out, entry->label);
        strbuf_append_format(out, " %.1f%%</text>\n", 100 * entry->value / view->total);
        at += wide;
    }
    strbuf_append_str(out, "</g>\n");
}
