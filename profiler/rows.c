#include "config.h"

#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

/* A frame's or item's group while rows are made. */
struct grouping {
    struct model *model;
    const struct view *view;
    enum rows_by by;
    struct idmap index;
    struct row *rows; /* owned until handed over */
    size_t room;
    uint32_t count;
    uint32_t *of_frame; /* model frame → row; owned */
    uint32_t *of_node;  /* model node → row of its own frame; owned */
    uint32_t *of_item;  /* view item → row, for groups of whole items; owned */
    uint32_t *place;    /* row as numbered above → place after sorting; owned */
    double *tiers;      /* row × RPROF_TIER_COUNT totals; owned */
    bool failed;
};

static void group_items(struct grouping *grouping);
static void group_frames(struct grouping *grouping);
static void sum_nodes(struct grouping *grouping);
static bool estimate(struct rows *rows, const struct grouping *grouping,
                     const struct shares *shares);
static void sort_rows(struct grouping *grouping, enum rows_sort sort);

static bool per_item(enum rows_by by)
{
    return by == ROWS_BY_THREAD || by == ROWS_BY_CAUSE || by == ROWS_BY_OPCODE;
}

bool rows_init(struct rows *rows, struct model *model, const struct view *view,
               const struct shares *shares, enum rows_by by, enum rows_sort sort,
               uint32_t limit)
{
    memset(rows, 0, sizeof *rows);
    struct grouping grouping = {.model = model, .view = view, .by = by};
    idmap_init(&grouping.index);
    if (per_item(by)) {
        group_items(&grouping);
    } else {
        group_frames(&grouping);
        sum_nodes(&grouping);
    }
    bool good = !grouping.failed;
    if (good) {
        sort_rows(&grouping, sort);
        rows->rows = grouping.rows;
        rows->count = grouping.count;
        rows->shown = limit > 0 && limit < rows->count ? limit : rows->count;
        grouping.rows = NULL;
        good = estimate(rows, &grouping, shares);
    }
    idmap_done(&grouping.index);
    free(grouping.rows);
    free(grouping.of_frame);
    free(grouping.of_node);
    free(grouping.of_item);
    free(grouping.place);
    free(grouping.tiers);
    if (!good) {
        rows_done(rows);
    }
    return good;
}

void rows_done(struct rows *rows)
{
    free(rows->rows);
    memset(rows, 0, sizeof *rows);
}

/* -- Groups --------------------------------------------------------------- */

static uint32_t row_of(struct grouping *grouping, uint64_t a, uint64_t b,
                       const struct row *fresh)
{
    uint32_t known = idmap_get(&grouping->index, a, b);
    if (known != IDMAP_NONE) {
        return known;
    }
    void *rows = grouping->rows;
    if (!idmap_grow(&rows, &grouping->room, grouping->count, sizeof *grouping->rows) ||
        idmap_put(&grouping->index, a, b, grouping->count) == IDMAP_NONE) {
        grouping->rows = rows;
        grouping->failed = true;
        return 0;
    }
    grouping->rows = rows;
    grouping->rows[grouping->count] = *fresh;
    return grouping->count++;
}

static uint32_t put_name(struct grouping *grouping, const char *text)
{
    uint32_t name = idmap_names_put(&grouping->model->names, text, strlen(text));
    grouping->failed = grouping->failed || name == IDMAP_NONE;
    return name;
}

static uint32_t frame_row(struct grouping *grouping, const struct model_frame *frame)
{
    const struct model_function *function =
        &grouping->model->functions[frame->function];
    struct row row = {.function = MODEL_NONE};
    switch (grouping->by) {
    case ROWS_BY_FILE:
        row.name =
            function->file != 0 ? function->file : put_name(grouping, "[builtin]");
        return row_of(grouping, row.name, 0, &row);
    case ROWS_BY_TIER:
        row.name = put_name(grouping, rprof_tier_name(frame->tier));
        return row_of(grouping, row.name, 0, &row);
    case ROWS_BY_PLACE:
        row.name = row.file = function->file;
        row.line = frame->line;
        return row_of(grouping, function->file, frame->line, &row);
    case ROWS_BY_LINE:
        row.name = function->name;
        row.file = function->file;
        row.line = frame->line;
        row.function = frame->function;
        return row_of(grouping, frame->function, frame->line, &row);
    case ROWS_BY_FUNCTION:
    case ROWS_BY_OPCODE:
    case ROWS_BY_THREAD:
    case ROWS_BY_CAUSE: break;
    }
    row.name = function->name;
    row.file = function->file;
    row.line = function->line;
    row.function = frame->function;
    return row_of(grouping, frame->function, 0, &row);
}

static void group_frames(struct grouping *grouping)
{
    const struct model *model = grouping->model;
    size_t frames = model->frame_count > 0 ? model->frame_count : 1;
    size_t nodes = model->node_count > 0 ? model->node_count : 1;
    grouping->of_frame = calloc(frames, sizeof *grouping->of_frame);
    grouping->of_node = calloc(nodes, sizeof *grouping->of_node);
    if (grouping->of_frame == NULL || grouping->of_node == NULL) {
        grouping->failed = true;
        return;
    }
    for (uint32_t i = 0; !grouping->failed && i < model->frame_count; i++) {
        grouping->of_frame[i] = frame_row(grouping, &model->frames[i]);
    }
    for (uint32_t i = 0; !grouping->failed && i < model->node_count; i++) {
        grouping->of_node[i] = grouping->of_frame[model->nodes[i].frame];
    }
}

/* An item is one sample, except in folded text. */
static uint64_t samples_of(const struct view *view, const struct view_item *item)
{
    return view->model->folded ? view_whole(item->value) : 1;
}

static uint32_t item_row(struct grouping *grouping, const struct view_item *item)
{
    const struct model *model = grouping->model;
    const struct view *view = grouping->view;
    struct row row = {.function = MODEL_NONE};
    if (grouping->by == ROWS_BY_CAUSE) {
        uint32_t cause =
            view->metric == VIEW_CPU ? 0 : model->allocs[item->index].cause;
        row.name = cause != 0 ? cause : put_name(grouping, "[unknown]");
    } else if (grouping->by == ROWS_BY_OPCODE) {
        const struct model_frame *frame =
            &model->frames[model->nodes[item->node].frame];
        row.name = frame->opcode != 0 ? frame->opcode : put_name(grouping, "[none]");
    } else {
        struct strbuf name;
        strbuf_init(&name);
        model_thread_name(model, view_item_when(view, item)->thread, &name);
        row.name = put_name(grouping, strbuf_str(&name));
        strbuf_done(&name);
    }
    return row_of(grouping, row.name, 0, &row);
}

/* A row a sample belongs to as a whole: self and total are the same. */
static void group_items(struct grouping *grouping)
{
    const struct view *view = grouping->view;
    size_t items = view->item_count > 0 ? view->item_count : 1;
    grouping->of_item = calloc(items, sizeof *grouping->of_item);
    grouping->failed = grouping->of_item == NULL;
    for (size_t i = 0; !grouping->failed && i < view->item_count; i++) {
        uint32_t at = item_row(grouping, &view->items[i]);
        if (!grouping->failed) {
            grouping->of_item[i] = at;
            struct row *row = &grouping->rows[at];
            row->self += view->items[i].value;
            row->total += view->items[i].value;
            uint64_t count = samples_of(view, &view->items[i]);
            row->self_samples += count;
            row->total_samples += count;
        }
    }
}

/* -- Self and total ------------------------------------------------------- */

struct tally {
    double value;
    uint64_t samples;
};

/* Walks the contexts depth first and marks the nodes whose row is on their stack for the
 * first time: their subtrees add up to the row's total without counting twice. */
static bool mark_outermost(const struct grouping *grouping, uint8_t *outermost)
{
    const struct model *model = grouping->model;
    size_t nodes = model->node_count > 0 ? model->node_count : 1;
    uint32_t *first = malloc(nodes * sizeof *first);
    uint32_t *next = malloc(nodes * sizeof *next);
    uint32_t *open = calloc(grouping->count > 0 ? grouping->count : 1, sizeof *open);
    bool good = first != NULL && next != NULL && open != NULL;
    uint32_t root = MODEL_NONE;
    for (uint32_t i = 0; good && i < model->node_count; i++) {
        first[i] = MODEL_NONE;
        uint32_t parent = model->nodes[i].parent;
        uint32_t *list = parent == MODEL_NONE ? &root : &first[parent];
        next[i] = *list;
        *list = i;
    }
    for (uint32_t n = good ? root : MODEL_NONE; n != MODEL_NONE;) {
        outermost[n] = open[grouping->of_node[n]]++ == 0;
        if (first[n] != MODEL_NONE) {
            n = first[n];
            continue;
        }
        while (n != MODEL_NONE) {
            open[grouping->of_node[n]]--;
            if (next[n] != MODEL_NONE) {
                n = next[n];
                break;
            }
            n = model->nodes[n].parent;
        }
    }
    free(first);
    free(next);
    free(open);
    return good;
}

static void choose_tiers(struct grouping *grouping)
{
    for (uint32_t r = 0; r < grouping->count; r++) {
        const double *tiers = grouping->tiers + (size_t)r * RPROF_TIER_COUNT;
        unsigned best = 0;
        for (unsigned t = 0; t < RPROF_TIER_COUNT; t++) {
            best = tiers[t] > tiers[best] ? t : best;
        }
        grouping->rows[r].tier = (enum rprof_tier)best;
    }
}

static void sum_nodes(struct grouping *grouping)
{
    const struct model *model = grouping->model;
    const struct view *view = grouping->view;
    size_t nodes = model->node_count > 0 ? model->node_count : 1;
    struct tally *self = calloc(nodes, sizeof *self);
    struct tally *below = calloc(nodes, sizeof *below);
    uint8_t *outermost = calloc(nodes, 1);
    grouping->tiers =
        calloc((size_t)grouping->count * RPROF_TIER_COUNT + 1, sizeof *grouping->tiers);
    if (grouping->failed || self == NULL || below == NULL || outermost == NULL ||
        grouping->tiers == NULL || !mark_outermost(grouping, outermost)) {
        grouping->failed = true;
        goto done;
    }
    for (size_t i = 0; i < view->item_count; i++) {
        self[view->items[i].node].value += view->items[i].value;
        self[view->items[i].node].samples += samples_of(view, &view->items[i]);
    }
    for (uint32_t i = model->node_count; i-- > 0;) {
        uint32_t parent = model->nodes[i].parent;
        struct row *row = &grouping->rows[grouping->of_node[i]];
        below[i].value += self[i].value;
        below[i].samples += self[i].samples;
        row->self += self[i].value;
        row->self_samples += self[i].samples;
        if (outermost[i] != 0) {
            row->total += below[i].value;
            row->total_samples += below[i].samples;
        }
        enum rprof_tier tier = model->frames[model->nodes[i].frame].tier;
        /* By self, and a little by total so that pure callers have one too. */
        grouping->tiers[(size_t)grouping->of_node[i] * RPROF_TIER_COUNT + tier] +=
            self[i].value + below[i].value * 1e-9;
        if (parent != MODEL_NONE) {
            below[parent].value += below[i].value;
            below[parent].samples += below[i].samples;
        }
    }
    choose_tiers(grouping);
done:
    free(self);
    free(below);
    free(outermost);
}

/* -- Order ---------------------------------------------------------------- */

/* What a row is sorted by, with its name beside it: qsort has no context argument. */
struct sorting {
    double first, second;
    const char *name, *file;
    uint32_t line, row;
};

static int compare_sortings(const void *a, const void *b)
{
    const struct sorting *left = a, *right = b;
    if (left->first != right->first) {
        return left->first > right->first ? -1 : 1;
    }
    if (left->second != right->second) {
        return left->second > right->second ? -1 : 1;
    }
    int order = strcmp(left->name, right->name);
    order = order != 0 ? order : strcmp(left->file, right->file);
    return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

/* Sorts, and drops rows that nothing was counted for. */
static void sort_rows(struct grouping *grouping, enum rows_sort sort)
{
    size_t room = grouping->count > 0 ? grouping->count : 1;
    struct sorting *sortings = calloc(room, sizeof *sortings);
    struct row *sorted = calloc(room, sizeof *sorted);
    grouping->place = malloc(room * sizeof *grouping->place);
    if (sortings == NULL || sorted == NULL || grouping->place == NULL) {
        grouping->failed = true;
        free(sortings);
        free(sorted);
        return;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < grouping->count; i++) {
        const struct row *row = &grouping->rows[i];
        grouping->place[i] = MODEL_NONE;
        if (row->total_samples == 0) {
            continue;
        }
        bool total = sort == ROWS_SORT_TOTAL;
        sortings[kept++] =
            (struct sorting){.first = total ? row->total : row->self,
                             .second = total ? row->self : row->total,
                             .name = model_name(grouping->model, row->name),
                             .file = model_name(grouping->model, row->file),
                             .line = row->line,
                             .row = i};
    }
    if (kept > 1) {
        qsort(sortings, kept, sizeof *sortings, compare_sortings);
    }
    for (uint32_t i = 0; i < kept; i++) {
        sorted[i] = grouping->rows[sortings[i].row];
        grouping->place[sortings[i].row] = i;
    }
    free(sortings);
    free(grouping->rows);
    grouping->rows = sorted;
    grouping->count = kept;
}

/* -- Intervals ------------------------------------------------------------ */

/* Rows are handled 64 at a time: bit r of a node's mask says that row r is on its stack. */
#define BATCH          64
/* A multiple of it: nobody reads further, and a hostile file may have a million rows. */
#define RESAMPLED_ROWS 1024

struct batch {
    uint64_t *on_stack; /* per model node */
    uint64_t *own;      /* per model node: the row of its own frame */
    double *self, *total;
    uint64_t self_samples[BATCH], total_samples[BATCH];
    struct share shares[BATCH];
};

static uint64_t bit_of(uint32_t place, uint32_t first)
{
    bool inside = place != MODEL_NONE && place >= first && place - first < BATCH;
    return inside ? (uint64_t)1 << (place - first) : 0;
}

static void fill_masks(const struct grouping *grouping, uint32_t first,
                       struct batch *batch)
{
    const struct model *model = grouping->model;
    for (uint32_t i = 0; grouping->of_node != NULL && i < model->node_count; i++) {
        uint32_t parent = model->nodes[i].parent;
        batch->own[i] = bit_of(grouping->place[grouping->of_node[i]], first);
        batch->on_stack[i] =
            batch->own[i] | (parent == MODEL_NONE ? 0 : batch->on_stack[parent]);
    }
}

static void add_bits(uint64_t bits, double value, uint32_t unit, uint32_t units,
                     double *sums)
{
    while (bits != 0) {
        unsigned r = (unsigned)__builtin_ctzll(bits);
        sums[(size_t)r * units + unit] += value;
        bits &= bits - 1;
    }
}

static bool estimate_batch(struct rows *rows, const struct grouping *grouping,
                           const struct shares *shares, uint32_t first,
                           struct batch *batch)
{
    const struct view *view = grouping->view;
    uint32_t units = shares->units;
    uint32_t count = rows->shown - first < BATCH ? rows->shown - first : BATCH;
    memset(batch->self, 0, sizeof(double) * BATCH * units);
    memset(batch->total, 0, sizeof(double) * BATCH * units);
    fill_masks(grouping, first, batch);
    for (size_t i = 0; i < view->item_count; i++) {
        const struct view_item *item = &view->items[i];
        uint32_t unit = shares->unit_of[i];
        uint64_t own = batch->own[item->node], all = batch->on_stack[item->node];
        if (grouping->of_item != NULL) {
            own = all = bit_of(grouping->place[grouping->of_item[i]], first);
        }
        add_bits(own, item->value, unit, units, batch->self);
        add_bits(all, item->value, unit, units, batch->total);
    }
    for (uint32_t r = 0; r < count; r++) {
        batch->self_samples[r] = rows->rows[first + r].self_samples;
        batch->total_samples[r] = rows->rows[first + r].total_samples;
    }
    if (!shares_estimate(shares, view, batch->self, batch->self_samples, count,
                         batch->shares)) {
        return false;
    }
    for (uint32_t r = 0; r < count; r++) {
        rows->rows[first + r].self_share = batch->shares[r];
    }
    if (!shares_estimate(shares, view, batch->total, batch->total_samples, count,
                         batch->shares)) {
        return false;
    }
    for (uint32_t r = 0; r < count; r++) {
        rows->rows[first + r].total_share = batch->shares[r];
    }
    return true;
}

/* Rows beyond those that are resampled: Wilson's interval alone. */
static void estimate_rest(struct rows *rows, const struct view *view)
{
    for (uint32_t r = RESAMPLED_ROWS; r < rows->shown; r++) {
        struct row *row = &rows->rows[r];
        struct share *shares[] = {&row->self_share, &row->total_share};
        double values[] = {row->self, row->total};
        uint64_t samples[] = {row->self_samples, row->total_samples};
        for (unsigned k = 0; k < 2; k++) {
            double value = view->total > 0 ? values[k] / view->total : 0;
            *shares[k] = (struct share){.value = value < 0   ? 0
                                                 : value > 1 ? 1
                                                             : value,
                                        .few = samples[k] < SHARES_MIN_SAMPLES};
            shares_wilson(shares[k]->value, view->effective, &shares[k]->low,
                          &shares[k]->high);
        }
    }
}

static bool estimate(struct rows *rows, const struct grouping *grouping,
                     const struct shares *shares)
{
    const struct model *model = grouping->model;
    size_t nodes = model->node_count > 0 ? model->node_count : 1;
    struct batch *batch = calloc(1, sizeof *batch);
    bool good = batch != NULL;
    if (good) {
        batch->on_stack = calloc(nodes, sizeof *batch->on_stack);
        batch->own = calloc(nodes, sizeof *batch->own);
        batch->self = calloc((size_t)BATCH * shares->units, sizeof *batch->self);
        batch->total = calloc((size_t)BATCH * shares->units, sizeof *batch->total);
        good = batch->on_stack != NULL && batch->own != NULL && batch->self != NULL &&
               batch->total != NULL;
    }
    for (uint32_t first = 0; good && first < rows->shown && first < RESAMPLED_ROWS;
         first += BATCH) {
        good = estimate_batch(rows, grouping, shares, first, batch);
    }
    if (batch != NULL) {
        free(batch->on_stack);
        free(batch->own);
        free(batch->self);
        free(batch->total);
        free(batch);
    }
    estimate_rest(rows, grouping->view);
    return good;
}

/* -- Names ---------------------------------------------------------------- */

static const char *const by_names[] = {
    [ROWS_BY_FUNCTION] = "function", [ROWS_BY_PLACE] = "place",
    [ROWS_BY_LINE] = "line",         [ROWS_BY_FILE] = "file",
    [ROWS_BY_TIER] = "tier",         [ROWS_BY_OPCODE] = "opcode",
    [ROWS_BY_THREAD] = "thread",     [ROWS_BY_CAUSE] = "cause",
};

bool rows_by_parse(const char *text, enum rows_by *out)
{
    for (unsigned i = 0; i < sizeof by_names / sizeof by_names[0]; i++) {
        if (strcmp(text, by_names[i]) == 0) {
            *out = (enum rows_by)i;
            return true;
        }
    }
    return false;
}

const char *rows_by_name(enum rows_by by)
{
    return by_names[by];
}
