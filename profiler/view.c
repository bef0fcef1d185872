#include "config.h"

#include "view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "view_tree.h"

#include "base/strbuf.h"

static bool select_items(struct view *view, const struct view_filter *filter,
                         const uint8_t *dropped, const uint8_t *threads,
                         uint32_t *causes);
static bool drop_nodes(const struct model *model, const struct pattern *focus,
                       const struct pattern *ignore, uint8_t *dropped);

enum view_status view_new(struct view **out, const struct model *model,
                          const struct view_filter *filter, struct strbuf *message)
{
    enum view_status status = VIEW_NO_MEMORY;
    struct pattern *focus = NULL, *ignore = NULL;
    uint8_t *dropped = NULL, *threads = NULL;
    uint32_t *causes = NULL;
    struct view *view = calloc(1, sizeof *view);
    if (view == NULL) {
        return VIEW_NO_MEMORY;
    }
    view->model = model;
    view->metric = filter->metric;
    view->value = filter->value;
    view->reverse = filter->reverse;
    view->by_phase = filter->by_phase;
    view->by_iteration = filter->iteration_high != 0;
    view->filtered = view->by_phase || view->by_iteration || filter->focus != NULL ||
                     filter->ignore != NULL || filter->thread != NULL ||
                     filter->cause != NULL;
    if (view->value == VIEW_DEFAULT) {
        view->value = filter->metric == VIEW_CPU ? VIEW_SAMPLES : VIEW_BYTES;
    }
    if ((filter->focus != NULL && !pattern_new(&focus, filter->focus, message)) ||
        (filter->ignore != NULL && !pattern_new(&ignore, filter->ignore, message))) {
        status = VIEW_BAD_REGEX;
        goto fail;
    }
    threads = calloc((size_t)model->thread_count + 1, 1);
    if (threads == NULL) {
        goto fail;
    }
    if (filter->thread != NULL &&
        !view_tree_find_threads(model, filter->thread, threads)) {
        view_tree_list_threads(model, filter->thread, message);
        status = VIEW_UNKNOWN_THREAD;
        goto fail;
    }
    causes = calloc(model->names.count > 0 ? model->names.count : 1, sizeof *causes);
    dropped = calloc(model->node_count > 0 ? model->node_count : 1, 1);
    if (causes == NULL || dropped == NULL ||
        !drop_nodes(model, focus, ignore, dropped)) {
        goto fail;
    }
    if (filter->cause != NULL &&
        !view_tree_find_causes(model, filter->cause, causes, message)) {
        status = VIEW_UNKNOWN_CAUSE;
        goto fail;
    }
    if (!select_items(view, filter, dropped, filter->thread != NULL ? threads : NULL,
                      filter->cause != NULL ? causes : NULL) ||
        !view_tree_build(view)) {
        goto fail;
    }
    *out = view;
    view = NULL;
    status = VIEW_OK;
fail:
    free(causes);
    free(threads);
    free(dropped);
    pattern_free(focus);
    pattern_free(ignore);
    view_free(view);
    return status;
}

void view_free(struct view *view)
{
    if (view != NULL) {
        free(view->items);
        free(view->node_self);
        free(view->nodes);
        free(view->node_of);
        free(view);
    }
}

/* -- Selection ------------------------------------------------------------ */

/* A node is dropped when no frame of its stack is in focus, or one is to be ignored. Both
 * are inherited from the parent, so one pass in order decides all. */
static bool drop_nodes(const struct model *model, const struct pattern *focus,
                       const struct pattern *ignore, uint8_t *dropped)
{
    enum {
        IN_FOCUS = 1,
        IGNORED = 2
    };
    if (focus == NULL && ignore == NULL) {
        return true;
    }
    uint8_t *facts = calloc(model->function_count > 0 ? model->function_count : 1, 1);
    uint8_t *state = calloc(model->node_count > 0 ? model->node_count : 1, 1);
    bool good = facts != NULL && state != NULL;
    for (uint32_t i = 0; good && i < model->function_count; i++) {
        const char *name = model_name(model, model->functions[i].name);
        if (focus != NULL && pattern_matches(focus, name)) {
            facts[i] |= IN_FOCUS;
        }
        if (ignore != NULL && pattern_matches(ignore, name)) {
            facts[i] |= IGNORED;
        }
    }
    for (uint32_t i = 0; good && i < model->node_count; i++) {
        const struct model_node *node = &model->nodes[i];
        uint8_t above = node->parent != MODEL_NONE ? state[node->parent] : 0;
        state[i] = above | facts[model->frames[node->frame].function];
        dropped[i] =
            (focus != NULL && (state[i] & IN_FOCUS) == 0) || (state[i] & IGNORED) != 0;
    }
    free(facts);
    free(state);
    return good;
}

static bool when_selected(const struct view_filter *filter,
                          const struct model_when *when, const uint8_t *threads)
{
    if (threads != NULL && threads[when->thread] == 0) {
        return false;
    }
    if (filter->by_phase && when->phase != filter->phase) {
        return false;
    }
    return filter->iteration_high == 0 || (when->iteration >= filter->iteration_low &&
                                           when->iteration <= filter->iteration_high);
}

static double alloc_value(const struct view *view, const struct model_alloc *alloc)
{
    bool objects = view->value == VIEW_OBJECTS;
    switch (view->metric) {
    case VIEW_CPU:
    case VIEW_ALLOC: return objects ? alloc->objects : alloc->bytes;
    case VIEW_LIVE: return objects ? alloc->live_objects : alloc->live_bytes;
    case VIEW_PEAK: return objects ? alloc->peak_objects : alloc->peak_bytes;
    case VIEW_TEMPORARY:
        return objects ? alloc->temporary_objects : alloc->temporary_bytes;
    case VIEW_LEAK:
        return alloc->late ? 0 : objects ? alloc->live_objects : alloc->live_bytes;
    }
    return 0;
}

static double sample_value(const struct view *view, const struct model_sample *sample)
{
    bool weighted = view->value == VIEW_TIME || view->model->folded;
    return weighted ? (double)sample->weight : 1;
}

static bool select_items(struct view *view, const struct view_filter *filter,
                         const uint8_t *dropped, const uint8_t *threads,
                         uint32_t *causes)
{
    const struct model *model = view->model;
    bool cpu = view->metric == VIEW_CPU;
    size_t most = cpu ? model->sample_count : model->alloc_count;
    view->items = calloc(most > 0 ? most : 1, sizeof *view->items);
    view->node_self =
        calloc(model->node_count > 0 ? model->node_count : 1, sizeof *view->node_self);
    if (view->items == NULL || view->node_self == NULL) {
        return false;
    }
    double squares = 0;
    for (size_t i = 0; i < most; i++) {
        const struct model_when *when =
            cpu ? &model->samples[i].when : &model->allocs[i].when;
        uint32_t node = cpu ? model->samples[i].node : model->allocs[i].node;
        if (dropped[node] != 0 || !when_selected(filter, when, threads) ||
            (!cpu && causes != NULL && causes[model->allocs[i].cause] == 0)) {
            continue;
        }
        double value = cpu ? sample_value(view, &model->samples[i])
                           : alloc_value(view, &model->allocs[i]);
        if (value == 0 && !cpu) {
            continue;
        }
        view->items[view->item_count++] =
            (struct view_item){.node = node, .index = (uint32_t)i, .value = value};
        view->node_self[node] += value;
        view->total += value;
        squares += value * value;
    }
    view->effective = squares > 0 ? view->total * view->total / squares : 0;
    if (model->folded) {
        view->effective = view->total; /* counts of equal samples */
    }
    return true;
}

/* -- Questions ------------------------------------------------------------ */

uint64_t view_whole(double value)
{
    static const double most = 9007199254740992.0;
    return !(value >= 0.5) ? 0
           : value >= most ? (uint64_t)most
                           : (uint64_t)(value + 0.5);
}

const char *view_node_name(const struct view *view, uint32_t node)
{
    const struct model *model = view->model;
    return model_name(model, model->functions[view->nodes[node].function].name);
}

const char *view_unit(const struct view *view)
{
    switch (view->value) {
    case VIEW_TIME: return "ns";
    case VIEW_BYTES: return "bytes";
    case VIEW_OBJECTS: return "objects";
    case VIEW_DEFAULT:
    case VIEW_SAMPLES: break;
    }
    return "samples";
}

double view_item_weight_ns(const struct view *view, const struct view_item *item)
{
    return view->metric == VIEW_CPU ? (double)view->model->samples[item->index].weight
                                    : item->value;
}

const struct model_when *view_item_when(const struct view *view,
                                        const struct view_item *item)
{
    return view->metric == VIEW_CPU ? &view->model->samples[item->index].when
                                    : &view->model->allocs[item->index].when;
}

bool view_threads_init(struct view_threads *threads, const struct view *view)
{
    uint32_t count = view->model->thread_count;
    threads->starts = calloc((size_t)count + 3, sizeof *threads->starts);
    threads->order =
        calloc(view->item_count > 0 ? view->item_count : 1, sizeof *threads->order);
    if (threads->starts == NULL || threads->order == NULL) {
        view_threads_done(threads);
        return false;
    }
    /* Counted two places up, summed, and moved one place down as the items are put. */
    for (size_t i = 0; i < view->item_count; i++) {
        uint32_t thread = view_item_when(view, &view->items[i])->thread;
        threads->starts[(thread < count ? thread : count) + 2]++;
    }
    for (uint32_t t = 2; t < count + 3; t++) {
        threads->starts[t] += threads->starts[t - 1];
    }
    for (size_t i = 0; i < view->item_count; i++) {
        uint32_t thread = view_item_when(view, &view->items[i])->thread;
        threads->order[threads->starts[(thread < count ? thread : count) + 1]++] =
            (uint32_t)i;
    }
    return true;
}

void view_threads_done(struct view_threads *threads)
{
    free(threads->starts);
    free(threads->order);
    *threads = (struct view_threads){.order = NULL};
}

static const char *const metric_names[] = {
    [VIEW_CPU] = "cpu",   [VIEW_ALLOC] = "alloc",         [VIEW_LIVE] = "live",
    [VIEW_PEAK] = "peak", [VIEW_TEMPORARY] = "temporary", [VIEW_LEAK] = "leak",
};

const char *view_metric_name(enum view_metric metric)
{
    return metric_names[metric];
}

const char *view_metric_words(enum view_metric metric)
{
    static const char *const words[] = {
        [VIEW_CPU] = "sampled",         [VIEW_ALLOC] = "allocated",
        [VIEW_LIVE] = "left alive",     [VIEW_PEAK] = "alive at the peak",
        [VIEW_TEMPORARY] = "temporary", [VIEW_LEAK] = "leaked",
    };
    return words[metric];
}

double view_kernel_ns(const struct view *view, double *share)
{
    const struct model *model = view->model;
    const char *unit = model_meta(model, "weight_unit");
    if (model->folded || view->metric != VIEW_CPU ||
        view->item_count != model->sample_count ||
        (unit != NULL && strcmp(unit, "ns") != 0)) {
        return 0;
    }
    double kernel = 0, user = 0;
    for (uint32_t i = 0; i < model->thread_count; i++) {
        double sampled = (double)model->threads[i].sampled_ns;
        double clock = (double)model->threads[i].cpu_ns;
        user += sampled;
        /* Also when negative: of many short threads a few have a sample, which stands for the
         * others as well. */
        kernel += clock > 0 ? clock - sampled : 0;
    }
    double n = (double)model->sample_count;
    if (n > 0) {
        kernel -= (double)model->lost * user / n; /* those were not in the kernel */
    }
    if (n == 0 || kernel <= 2 * user / sqrt(n)) {
        return 0;
    }
    *share = kernel / (kernel + user);
    return kernel;
}

/* A recording that knows no parts is not one whose part is empty. */
static void explain_filters(const struct view *view, struct strbuf *out)
{
    bool has_phase = false;
    for (size_t i = 0; i < view->model->sample_count && !has_phase; i++) {
        has_phase = view->model->samples[i].when.phase != RPROF_PHASE_NONE;
    }
    for (size_t i = 0; i < view->model->alloc_count && !has_phase; i++) {
        has_phase = view->model->allocs[i].when.phase != RPROF_PHASE_NONE;
    }
    if (view->by_iteration && view->model->iterations == 0) {
        strbuf_append_str(out, "no iterations are marked in this recording");
    } else if (view->by_phase && !has_phase) {
        strbuf_append_str(out, "no phases are marked in this recording");
    } else {
        strbuf_append_str(out, "the filters leave none");
    }
}

static void explain_memory(const struct view *view, struct strbuf *out)
{
    const struct model *model = view->model;
    if (!model->has_memory) {
        strbuf_append_str(out, "no memory was recorded (ruffprof record --mem)");
        return;
    }
    if (view->filtered && model->alloc_count > 0) {
        strbuf_append_str(out, "no allocations: ");
        explain_filters(view, out);
        return;
    }
    strbuf_append_format(out, "0 bytes %s", view_metric_words(view->metric));
    uint32_t rounds = model->iterations > 0 ? model->iterations : model->runs;
    if (model->iterations > 0 || model->runs > 1) {
        strbuf_append_format(out, " in %u %s%s", rounds,
                             model->iterations > 0 ? "iteration" : "run",
                             rounds == 1 ? "" : "s");
    }
    if (!model->alloc_exact && model->alloc_mean > 0) {
        strbuf_append_format(out, " (sampled every %.0f bytes)", model->alloc_mean);
    }
}

void view_explain_empty(const struct view *view, struct strbuf *out)
{
    const struct model *model = view->model;
    if (view->metric != VIEW_CPU) {
        explain_memory(view, out);
        return;
    }
    strbuf_append_str(out, "no samples");
    const char *reason = model_meta(model, "empty_reason");
    if (model->sample_count > 0) {
        strbuf_append_str(out, ": ");
        explain_filters(view, out);
    } else if (reason != NULL && reason[0] != '\0') {
        strbuf_append_format(out, ": %s", reason);
    } else if (!model->has_cpu) {
        strbuf_append_str(out, ": CPU time was not recorded");
    } else if (model->duration_ns > 0) {
        strbuf_append_format(out, ": the recording took %.1f ms",
                             (double)model->duration_ns / 1e6);
    }
}
