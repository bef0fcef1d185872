#include "config.h"

#include "model_threads.h"

#include <stdlib.h>

#include "base/strbuf.h"

/* A hostile file can have as many threads as samples and a stack as deep as the file: their
 * product has no bound but this one (200 MB of nodes and their index). */
#define NODES_MAX (UINT32_C(4) << 20)

/* Copies of the old nodes, one for each thread that uses them. */
struct splitter {
    struct model *model;
    struct model_node *old; /* owned */
    uint32_t old_count;
    struct idmap copies; /* (thread + 1, old node + 1; 0 = the thread's own) → node */
    struct idmap names;  /* (name + 1, 0) → the first thread that has it */
    uint32_t *path;      /* scratch, owned: old nodes from a leaf upwards */
    enum model_status status;
};

static uint32_t add(struct splitter *s, uint32_t thread, uint64_t old, uint32_t parent,
                    uint32_t frame)
{
    uint32_t node = MODEL_NONE;
    if (s->model->node_count >= NODES_MAX) {
        s->status = MODEL_TOO_LARGE;
        return MODEL_NONE;
    }
    if (frame != MODEL_NONE) {
        node = model_add_node(s->model, parent, frame);
    }
    if (node == MODEL_NONE ||
        idmap_put(&s->copies, (uint64_t)thread + 1, old, node) == IDMAP_NONE) {
        s->status = MODEL_NO_MEMORY;
        return MODEL_NONE;
    }
    return node;
}

/* The thread whose tower this one shares: the runs of a repeated program start their threads
 * anew, under the same names. */
static uint32_t first_of_name(struct splitter *s, uint32_t thread)
{
    uint32_t first, name;
    if (thread >= s->model->thread_count ||
        model_name(s->model, s->model->threads[thread].name)[0] == '\0') {
        return thread;
    }
    name = s->model->threads[thread].name;
    first = idmap_get(&s->names, (uint64_t)name + 1, 0);
    if (first == IDMAP_NONE) {
        first = thread;
        if (idmap_put(&s->names, (uint64_t)name + 1, 0, thread) == IDMAP_NONE) {
            s->status = MODEL_NO_MEMORY;
        }
    }
    return first;
}

static uint32_t thread_node(struct splitter *s, uint32_t thread)
{
    struct model *model = s->model;
    uint32_t node = idmap_get(&s->copies, (uint64_t)thread + 1, 0);
    if (node != IDMAP_NONE) {
        return node;
    }
    struct strbuf name;
    strbuf_init(&name);
    strbuf_append_char(&name, '[');
    model_thread_name(model, thread, &name);
    strbuf_append_char(&name, ']');
    struct model_frame frame = {.tier = RPROF_TIER_UNKNOWN,
                                .function =
                                    model_add_function(model, strbuf_str(&name), "", 0),
                                .module = MODEL_NONE};
    strbuf_done(&name);
    return add(s, thread, 0, MODEL_NONE,
               frame.function != MODEL_NONE ? model_add_frame(model, &frame)
                                            : MODEL_NONE);
}

static uint32_t copy_of(struct splitter *s, uint32_t thread, uint32_t leaf)
{
    uint32_t count = 0, node = MODEL_NONE;
    for (uint32_t n = leaf; n != MODEL_NONE; n = s->old[n].parent) {
        node = idmap_get(&s->copies, (uint64_t)thread + 1, (uint64_t)n + 1);
        if (node != IDMAP_NONE) {
            break;
        }
        s->path[count++] = n;
    }
    if (count == 0) {
        return node;
    }
    if (s->old[s->path[count - 1]].parent == MODEL_NONE) {
        node = thread_node(s, thread);
    }
    while (count > 0 && s->status == MODEL_OK) {
        uint32_t n = s->path[--count];
        node = add(s, thread, (uint64_t)n + 1, node, s->old[n].frame);
    }
    return node;
}

enum model_status model_threads_split(struct model *model)
{
    struct splitter s = {.model = model, .status = MODEL_OK};
    if (model->folded) {
        return MODEL_OK;
    }
    s.old = model_take_nodes(model, &s.old_count);
    idmap_init(&s.copies);
    idmap_init(&s.names);
    s.path = calloc((size_t)s.old_count + 1, sizeof *s.path);
    if (s.path == NULL) {
        s.status = MODEL_NO_MEMORY;
    }
    for (size_t i = 0; i < model->sample_count && s.status == MODEL_OK; i++) {
        struct model_sample *sample = &model->samples[i];
        sample->node =
            copy_of(&s, first_of_name(&s, sample->when.thread), sample->node);
    }
    for (size_t i = 0; i < model->alloc_count && s.status == MODEL_OK; i++) {
        struct model_alloc *alloc = &model->allocs[i];
        alloc->node = copy_of(&s, first_of_name(&s, alloc->when.thread), alloc->node);
    }
    idmap_done(&s.copies);
    idmap_done(&s.names);
    free(s.path);
    free(s.old);
    return s.status;
}
