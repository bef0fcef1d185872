#include "config.h"

#include "view_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

/* Upside-down trees copy every stack; a stack's part beyond this depth is one frame. */
#define REVERSE_DEPTH 1000

/* A display node while the tree grows, before it is put into preorder. */
struct grown {
    uint32_t parent, function;
    double self;
    double by_tier[RPROF_TIER_COUNT];
};

struct grower {
    const struct view *view;
    struct grown *nodes; /* owned */
    uint32_t count;
    size_t room;
    struct idmap index; /* (parent + 1, function) → node */
    uint32_t *shown;    /* model node → node; owned; NULL when reversed */
    bool failed;
};

static void grow_downward(struct grower *grower);
static void grow_upward(struct grower *grower);
static bool into_preorder(struct view *view, struct grower *grower);

bool view_tree_build(struct view *view)
{
    struct grower grower = {.view = view};
    idmap_init(&grower.index);
    if (view->reverse) {
        grow_upward(&grower);
    } else {
        grow_downward(&grower);
    }
    bool good = !grower.failed && into_preorder(view, &grower);
    idmap_done(&grower.index);
    free(grower.nodes);
    free(grower.shown);
    return good;
}

/* -- Growing -------------------------------------------------------------- */

static uint32_t child(struct grower *grower, uint32_t parent, uint32_t function)
{
    uint64_t key = parent == MODEL_NONE ? 0 : (uint64_t)parent + 1;
    uint32_t known = idmap_get(&grower->index, key, function);
    if (known != IDMAP_NONE) {
        return known;
    }
    void *nodes = grower->nodes;
    if (grower->count >= MODEL_NONE - 1 ||
        !idmap_grow(&nodes, &grower->room, grower->count, sizeof *grower->nodes)) {
        grower->failed = true;
        return MODEL_NONE;
    }
    grower->nodes = nodes;
    grower->nodes[grower->count] =
        (struct grown){.parent = parent, .function = function};
    if (idmap_put(&grower->index, key, function, grower->count) == IDMAP_NONE) {
        grower->failed = true;
        return MODEL_NONE;
    }
    return grower->count++;
}

/* Sums of whole subtrees of the model: children come after their parents. */
static double *subtree_sums(const struct view *view)
{
    const struct model *model = view->model;
    double *sums = calloc(model->node_count > 0 ? model->node_count : 1, sizeof *sums);
    for (uint32_t i = model->node_count; sums != NULL && i-- > 0;) {
        sums[i] += view->node_self[i];
        if (model->nodes[i].parent != MODEL_NONE) {
            sums[model->nodes[i].parent] += sums[i];
        }
    }
    return sums;
}

/* Which model nodes carry items, or have descendants that do. Sums cannot tell: live
 * bytes may cancel. */
static uint8_t *used_nodes(const struct view *view)
{
    const struct model *model = view->model;
    uint8_t *used = calloc(model->node_count > 0 ? model->node_count : 1, 1);
    for (size_t i = 0; used != NULL && i < view->item_count; i++) {
        used[view->items[i].node] = 1;
    }
    for (uint32_t i = model->node_count; used != NULL && i-- > 0;) {
        if (used[i] != 0 && model->nodes[i].parent != MODEL_NONE) {
            used[model->nodes[i].parent] = 1;
        }
    }
    return used;
}

static void grow_downward(struct grower *grower)
{
    const struct view *view = grower->view;
    const struct model *model = view->model;
    double *sums = subtree_sums(view);
    uint8_t *used = used_nodes(view);
    uint32_t *shown =
        calloc(model->node_count > 0 ? model->node_count : 1, sizeof *shown);
    grower->failed = sums == NULL || used == NULL || shown == NULL;
    for (uint32_t i = 0; !grower->failed && i < model->node_count; i++) {
        shown[i] = MODEL_NONE;
        if (used[i] == 0) {
            continue;
        }
        const struct model_node *node = &model->nodes[i];
        const struct model_frame *frame = &model->frames[node->frame];
        uint32_t above = node->parent == MODEL_NONE ? MODEL_NONE : shown[node->parent];
        shown[i] = child(grower, above, frame->function);
        if (grower->failed) {
            break;
        }
        struct grown *grown = &grower->nodes[shown[i]];
        grown->self += view->node_self[i];
        grown->by_tier[frame->tier] += sums[i];
    }
    free(sums);
    free(used);
    grower->shown = shown;
}

static void grow_upward(struct grower *grower)
{
    const struct view *view = grower->view;
    const struct model *model = view->model;
    for (uint32_t i = 0; !grower->failed && i < model->node_count; i++) {
        double value = view->node_self[i];
        if (value == 0) {
            continue;
        }
        uint32_t at = MODEL_NONE;
        unsigned depth = 0;
        for (uint32_t n = i; n != MODEL_NONE && depth < REVERSE_DEPTH;
             n = model->nodes[n].parent, depth++) {
            const struct model_frame *frame = &model->frames[model->nodes[n].frame];
            at = child(grower, at, frame->function);
            if (grower->failed) {
                return;
            }
            grower->nodes[at].by_tier[frame->tier] += value;
        }
        grower->nodes[at].self += value;
    }
}

/* -- Preorder ------------------------------------------------------------- */

/* What siblings are sorted by: the name, then what tells functions of one name apart. */
struct order {
    uint32_t parent_key; /* parent + 1 */
    uint32_t node;
    const char *name, *file;
    uint32_t line;
};

static int compare_orders(const void *a, const void *b)
{
    const struct order *left = a, *right = b;
    if (left->parent_key != right->parent_key) {
        return left->parent_key < right->parent_key ? -1 : 1;
    }
    int order = strcmp(left->name, right->name);
    if (order == 0) {
        order = strcmp(left->file, right->file);
    }
    if (order == 0) {
        order = (left->line > right->line) - (left->line < right->line);
    }
    return order;
}

static enum rprof_tier main_tier(const struct grown *grown)
{
    unsigned best = RPROF_TIER_UNKNOWN;
    for (unsigned t = 0; t < RPROF_TIER_COUNT; t++) {
        if (grown->by_tier[t] > grown->by_tier[best]) {
            best = t;
        }
    }
    return (enum rprof_tier)best;
}

static void sort_siblings(const struct model *model, const struct grower *grower,
                          struct order *orders, uint32_t *first);
static void walk(struct view *view, const struct grower *grower,
                 const struct order *orders, const uint32_t *first, uint32_t *stack,
                 uint32_t *open, uint32_t *place);

static bool into_preorder(struct view *view, struct grower *grower)
{
    uint32_t count = grower->count;
    size_t room = count > 0 ? count : 1;
    struct order *orders = calloc(room, sizeof *orders);
    uint32_t *first = calloc((size_t)count + 2, sizeof *first); /* by parent_key */
    uint32_t *stack = calloc(room, sizeof *stack); /* position in `orders` per depth */
    uint32_t *open = calloc(room, sizeof *open);   /* preorder index per depth */
    uint32_t *place = calloc(room, sizeof *place); /* preorder index per node */
    view->nodes = calloc(room, sizeof *view->nodes);
    bool good = orders != NULL && first != NULL && stack != NULL && open != NULL &&
                place != NULL && view->nodes != NULL;
    if (good) {
        sort_siblings(view->model, grower, orders, first);
        walk(view, grower, orders, first, stack, open, place);
    }
    free(orders);
    free(first);
    free(stack);
    free(open);
    if (good && grower->shown != NULL) {
        for (uint32_t i = 0; i < view->model->node_count; i++) {
            uint32_t node = grower->shown[i];
            grower->shown[i] = node == MODEL_NONE ? MODEL_NONE : place[node];
        }
        view->node_of = grower->shown;
        grower->shown = NULL;
    }
    free(place);
    return good;
}

/* Sorts all nodes by parent and name; first[k] … first[k+1]−1 are then the children of
 * parent_key k. */
static void sort_siblings(const struct model *model, const struct grower *grower,
                          struct order *orders, uint32_t *first)
{
    uint32_t count = grower->count;
    for (uint32_t i = 0; i < count; i++) {
        const struct model_function *function =
            &model->functions[grower->nodes[i].function];
        uint32_t parent = grower->nodes[i].parent;
        orders[i] = (struct order){.parent_key = parent == MODEL_NONE ? 0 : parent + 1,
                                   .node = i,
                                   .name = model_name(model, function->name),
                                   .file = model_name(model, function->file),
                                   .line = function->line};
    }
    if (count > 1) {
        qsort(orders, count, sizeof *orders, compare_orders);
    }
    for (uint32_t i = 0; i < count; i++) {
        first[orders[i].parent_key + 1]++;
    }
    for (uint32_t k = 0; k <= count; k++) {
        first[k + 1] += first[k];
    }
}

/* Depth first over the sorted children; `stack` and `open` hold one entry a level. */
static void walk(struct view *view, const struct grower *grower,
                 const struct order *orders, const uint32_t *first, uint32_t *stack,
                 uint32_t *open, uint32_t *place)
{
    uint32_t count = grower->count;
    uint32_t depth = 0, at = 0;
    if (count > 0) {
        stack[0] = first[0];
    }
    while (count > 0) {
        uint32_t key = depth == 0 ? 0 : orders[stack[depth - 1]].node + 1;
        if (stack[depth] == first[key + 1]) { /* no sibling left */
            if (depth == 0) {
                break;
            }
            depth--;
            view->nodes[open[depth]].end = at;
            stack[depth]++;
            continue;
        }
        uint32_t node = orders[stack[depth]].node;
        const struct grown *grown = &grower->nodes[node];
        view->nodes[at] =
            (struct view_node){.parent = depth == 0 ? MODEL_NONE : open[depth - 1],
                               .function = grown->function,
                               .depth = depth,
                               .tier = main_tier(grown),
                               .self = view_whole(grown->self)};
        view->depth = depth + 1 > view->depth ? depth + 1 : view->depth;
        place[node] = at;
        open[depth] = at++;
        if (depth + 1 < count && first[node + 1] < first[node + 2]) {
            depth++;
            stack[depth] = first[node + 1];
        } else {
            view->nodes[open[depth]].end = at;
            stack[depth]++;
        }
    }
    view->node_count = at;
    for (uint32_t i = at; i-- > 0;) {
        struct view_node *shown = &view->nodes[i];
        shown->total += shown->self;
        if (shown->parent != MODEL_NONE) {
            view->nodes[shown->parent].total += shown->total;
        } else {
            view->shown += shown->total;
        }
    }
}

/* -- By what the user typed ------------------------------------------------ */

bool view_tree_find_threads(const struct model *model, const char *text,
                            uint8_t *wanted)
{
    bool any = false;
    for (uint32_t i = 0; i < model->thread_count; i++) {
        char tid[24];
        snprintf(tid, sizeof tid, "%llu", (unsigned long long)model->threads[i].tid);
        wanted[i] = strcmp(text, model_name(model, model->threads[i].name)) == 0 ||
                    strcmp(text, tid) == 0;
        any = any || wanted[i] != 0;
    }
    for (uint32_t i = 0; !any && i < model->thread_count; i++) {
        char id[24];
        snprintf(id, sizeof id, "%llu", (unsigned long long)model->threads[i].id);
        any = strcmp(text, id) == 0;
        wanted[i] = any;
    }
    return any;
}

void view_tree_list_threads(const struct model *model, const char *text,
                            struct strbuf *message)
{
    if (message == NULL) {
        return;
    }
    strbuf_append_format(message, "no thread '%s' in this profile; it has", text);
    for (uint32_t i = 0; i < model->thread_count && i < 20; i++) {
        const char *name = model_name(model, model->threads[i].name);
        strbuf_append_format(message, "%s %s%s%llu", i == 0 ? "" : ",", name,
                             name[0] != '\0' ? "/" : "",
                             (unsigned long long)model->threads[i].tid);
    }
    if (model->thread_count == 0) {
        strbuf_append_str(message, " none");
    }
}

bool view_tree_find_causes(const struct model *model, const char *text,
                           uint32_t *causes, struct strbuf *message)
{
    bool any = false;
    struct strbuf list;
    strbuf_init(&list);
    uint8_t *listed = calloc(model->names.count > 0 ? model->names.count : 1, 1);
    for (size_t i = 0; listed != NULL && i < model->alloc_count; i++) {
        uint32_t cause = model->allocs[i].cause;
        const char *name = model_name(model, cause);
        if (strstr(name, text) != NULL) {
            causes[cause] = 1;
            any = true;
        } else if (listed[cause] == 0 && name[0] != '\0') {
            strbuf_append_format(&list, "%s %s", list.len > 0 ? "," : "", name);
        }
        listed[cause] = 1;
    }
    if (!any && message != NULL) {
        strbuf_append_format(message, "no allocation was caused by '%s'; there are:%s",
                             text, list.len > 0 ? strbuf_str(&list) : " none");
    }
    free(listed);
    strbuf_done(&list);
    return any;
}
