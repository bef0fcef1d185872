/*
 * Callgrind's text format for KCachegrind and callgrind_annotate (spec/formats.md 9): self
 * cost by function and line, and for each call site the inclusive cost of what it called.
 * A recursive call's inclusive cost counts every sample once, not once a level. Sampling
 * knows no call counts: `calls=1` everywhere, and `desc` says so.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "export/exporter.h"

struct cost {
    uint64_t a, b; /* samples and ns, or objects and bytes */
};

/* Self cost (callee MODEL_NONE) or a call, of one function at one line. */
struct entry {
    uint32_t function, line, callee;
    struct cost cost;
};

struct tables {
    const struct view *view;
    struct cost *self, *total; /* per model node; owned */
    struct entry *entries;     /* owned */
    size_t room, count;
    struct idmap index; /* (function and line, callee) → entry */
    uint32_t *open; /* per entry: how often its call is on the stack walked; owned */
    size_t open_room;
    struct strbuf text;
    bool failed;
};

static struct entry *entry_of(struct tables *tables, uint32_t function, uint32_t line,
                              uint32_t callee)
{
    uint64_t place = (uint64_t)function << 32 | line;
    uint32_t known = idmap_get(&tables->index, place, callee);
    if (known != IDMAP_NONE) {
        return &tables->entries[known];
    }
    void *entries = tables->entries, *open = tables->open;
    bool grown =
        idmap_grow(&entries, &tables->room, tables->count, sizeof(struct entry));
    tables->entries = entries;
    grown =
        grown && idmap_grow(&open, &tables->open_room, tables->count, sizeof(uint32_t));
    tables->open = open;
    if (!grown || tables->count >= IDMAP_NONE - 1 ||
        idmap_put(&tables->index, place, callee, (uint32_t)tables->count) ==
            IDMAP_NONE) {
        tables->failed = true;
        return NULL;
    }
    tables->open[tables->count] = 0;
    tables->entries[tables->count] =
        (struct entry){.function = function, .line = line, .callee = callee};
    return &tables->entries[tables->count++];
}

static void sum_nodes(struct tables *tables)
{
    const struct view *view = tables->view;
    const struct model *model = view->model;
    for (size_t i = 0; i < view->item_count; i++) {
        const struct view_item *item = &view->items[i];
        struct cost *self = &tables->self[item->node];
        if (view->metric == VIEW_CPU) {
            self->a++;
            self->b += model->samples[item->index].weight;
        } else {
            const struct model_alloc *alloc = &model->allocs[item->index];
            self->a += view_whole(alloc->objects);
            self->b += view_whole(item->value);
        }
    }
    for (uint32_t i = model->node_count; i-- > 0;) {
        uint32_t parent = model->nodes[i].parent;
        tables->total[i].a += tables->self[i].a;
        tables->total[i].b += tables->self[i].b;
        if (parent != MODEL_NONE) {
            tables->total[parent].a += tables->total[i].a;
            tables->total[parent].b += tables->total[i].b;
        }
    }
}

/* The call that leads from a node's parent to it; NULL for the outermost. */
static struct entry *call_to(struct tables *tables, uint32_t node)
{
    const struct model *model = tables->view->model;
    uint32_t parent = model->nodes[node].parent;
    if (parent == MODEL_NONE) {
        return NULL;
    }
    const struct model_frame *caller = &model->frames[model->nodes[parent].frame];
    const struct model_frame *callee = &model->frames[model->nodes[node].frame];
    return entry_of(tables, caller->function, caller->line, callee->function);
}

static void enter(struct tables *tables, uint32_t node)
{
    struct entry *call = call_to(tables, node);
    if (call != NULL && tables->open[call - tables->entries]++ == 0) {
        call->cost.a += tables->total[node].a;
        call->cost.b += tables->total[node].b;
    }
    const struct model *model = tables->view->model;
    const struct model_frame *frame = &model->frames[model->nodes[node].frame];
    struct entry *own = tables->self[node].a > 0 || tables->self[node].b > 0
                            ? entry_of(tables, frame->function, frame->line, MODEL_NONE)
                            : NULL;
    if (own != NULL) {
        own->cost.a += tables->self[node].a;
        own->cost.b += tables->self[node].b;
    }
}

static void leave(struct tables *tables, uint32_t node)
{
    struct entry *call = call_to(tables, node);
    if (call != NULL) {
        tables->open[call - tables->entries]--;
    }
}

/* Depth first over the model's contexts, skipping those nothing was counted in. */
static void walk(struct tables *tables, const uint32_t *first, const uint32_t *next,
                 uint32_t root)
{
    const struct model *model = tables->view->model;
    for (uint32_t n = root; n != MODEL_NONE && !tables->failed;) {
        bool counted = tables->total[n].a > 0 || tables->total[n].b > 0;
        if (counted) {
            enter(tables, n);
            if (first[n] != MODEL_NONE) {
                n = first[n];
                continue;
            }
            leave(tables, n);
        }
        while (n != MODEL_NONE && next[n] == MODEL_NONE) {
            n = model->nodes[n].parent;
            if (n != MODEL_NONE) {
                leave(tables, n);
            }
        }
        n = n != MODEL_NONE ? next[n] : MODEL_NONE;
    }
}

static void collect(struct tables *tables)
{
    const struct model *model = tables->view->model;
    size_t nodes = model->node_count > 0 ? model->node_count : 1;
    uint32_t *first = malloc(nodes * sizeof *first);
    uint32_t *next = malloc(nodes * sizeof *next);
    uint32_t root = MODEL_NONE;
    tables->failed = tables->failed || first == NULL || next == NULL;
    for (uint32_t i = 0; !tables->failed && i < model->node_count; i++) {
        uint32_t parent = model->nodes[i].parent;
        first[i] = MODEL_NONE;
        uint32_t *list = parent == MODEL_NONE ? &root : &first[parent];
        next[i] = *list;
        *list = i;
    }
    if (!tables->failed) {
        walk(tables, first, next, root);
    }
    free(first);
    free(next);
}

/* -- Writing -------------------------------------------------------------- */

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    if (left->function != right->function) {
        return left->function < right->function ? -1 : 1;
    }
    /* Self cost first, then calls by line. */
    bool left_self = left->callee == MODEL_NONE,
         right_self = right->callee == MODEL_NONE;
    if (left_self != right_self) {
        return left_self ? -1 : 1;
    }
    if (left->line != right->line) {
        return left->line < right->line ? -1 : 1;
    }
    return (left->callee > right->callee) - (left->callee < right->callee);
}

/* `fn=(3) name`: the number is the function's, so repeating the name is allowed. */
static void write_place(struct tables *tables, const char *prefix, uint32_t function,
                        FILE *out)
{
    const struct model *model = tables->view->model;
    const struct model_function *facts = &model->functions[function];
    struct strbuf *text = &tables->text;
    const char *file = model_name(model, facts->file);
    strbuf_clear(text);
    exporter_clean_name(text, file[0] != '\0' ? file : "[builtin]");
    fprintf(out, "%s=%s\n", prefix[0] == 'c' ? "cfi" : "fl", strbuf_str(text));
    strbuf_clear(text);
    exporter_clean_name(text, model_name(model, facts->name));
    fprintf(out, "%s=(%" PRIu32 ") %s\n", prefix, function + 1, strbuf_str(text));
}

static void write_entries(struct tables *tables, FILE *out)
{
    const struct model *model = tables->view->model;
    uint32_t current = MODEL_NONE;
    for (size_t i = 0; i < tables->count; i++) {
        const struct entry *entry = &tables->entries[i];
        if (entry->function != current) {
            current = entry->function;
            fputc('\n', out);
            write_place(tables, "fn", current, out);
        }
        if (entry->callee != MODEL_NONE) {
            write_place(tables, "cfn", entry->callee, out);
            fprintf(out, "calls=1 %" PRIu32 "\n", model->functions[entry->callee].line);
        }
        fprintf(out, "%" PRIu32 " %" PRIu64 " %" PRIu64 "\n", entry->line,
                entry->cost.a, entry->cost.b);
    }
}

static void write_header(struct tables *tables, FILE *out)
{
    const struct view *view = tables->view;
    const char *command = model_meta(view->model, "command");
    struct cost sum = {0, 0};
    for (uint32_t i = 0; i < view->model->node_count; i++) {
        sum.a += tables->self[i].a;
        sum.b += tables->self[i].b;
    }
    exporter_clean_name(&tables->text, command != NULL ? command : "ruff");
    fprintf(out,
            "# callgrind format\nversion: 1\ncreator: ruffprof " RUFF_VERSION
            "\ncmd: %s\npart: 1\n"
            "desc: Calls: not counted, every calls=1 stands for a sampled call site\n"
            "positions: line\nevents: %s\nsummary: %" PRIu64 " %" PRIu64 "\n",
            strbuf_str(&tables->text),
            view->metric == VIEW_CPU ? "Samples Nanoseconds" : "Objects Bytes", sum.a,
            sum.b);
}

bool export_callgrind(const struct export_job *job, FILE *out)
{
    const struct model *model = job->view->model;
    size_t nodes = model->node_count > 0 ? model->node_count : 1;
    struct tables tables = {.view = job->view};
    strbuf_init(&tables.text);
    idmap_init(&tables.index);
    tables.self = calloc(nodes, sizeof *tables.self);
    tables.total = calloc(nodes, sizeof *tables.total);
    tables.failed = tables.self == NULL || tables.total == NULL;
    if (!tables.failed) {
        sum_nodes(&tables);
        collect(&tables);
    }
    if (!tables.failed) {
        if (tables.count > 1) {
            qsort(tables.entries, tables.count, sizeof *tables.entries,
                  compare_entries);
        }
        write_header(&tables, out);
        write_entries(&tables, out);
    }
    bool good = !tables.failed && !strbuf_failed(&tables.text);
    strbuf_done(&tables.text);
    idmap_done(&tables.index);
    free(tables.self);
    free(tables.total);
    free(tables.entries);
    free(tables.open);
    return good;
}
