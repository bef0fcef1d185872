#include "config.h"

#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

/* Far above what a recording writes. */
#define META_MAX 1024

/* Which of `rooms` belongs to which table. */
enum {
    FUNCTIONS,
    FRAMES,
    NODES,
    THREADS,
    SAMPLES,
    ALLOCS,
    METAS
};

/* -- Life ----------------------------------------------------------------- */

struct model *model_new(void)
{
    struct model *model = calloc(1, sizeof *model);
    if (model == NULL || !idmap_names_init(&model->names)) {
        free(model);
        return NULL;
    }
    idmap_init(&model->function_index);
    model->runs = 1;
    return model;
}

void model_free(struct model *model)
{
    if (model == NULL) {
        return;
    }
    for (uint32_t i = 0; i < model->source_count; i++) {
        free(model->sources[i].text);
    }
    idmap_names_done(&model->names);
    idmap_done(&model->function_index);
    free(model->sources);
    free(model->modules);
    free(model->functions);
    free(model->frames);
    free(model->nodes);
    free(model->threads);
    free(model->samples);
    free(model->allocs);
    free(model->metas);
    free(model);
}

/* -- Building ------------------------------------------------------------- */

/* The same through a typed pointer: the array's address cannot be a void ** portably. */
#define GROW(array, kind, count) \
    model_grow(model, (void *)(array), (kind), (count), sizeof *(array))

static void *model_grow(struct model *model, void *array, unsigned kind, size_t count,
                        size_t size)
{
    void *grown = array;
    if (count >= MODEL_NONE - 1 ||
        !idmap_grow(&grown, &model->rooms[kind], count, size)) {
        return NULL;
    }
    return grown;
}

uint32_t model_add_function(struct model *model, const char *name, const char *file,
                            uint32_t line)
{
    const char *shown = name[0] != '\0' ? name : "[unknown]";
    uint32_t name_index = idmap_names_put(&model->names, shown, strlen(shown));
    uint32_t file_index = idmap_names_put(&model->names, file, strlen(file));
    if (name_index == IDMAP_NONE || file_index == IDMAP_NONE) {
        return MODEL_NONE;
    }
    uint64_t place = (uint64_t)file_index << 32 | line;
    uint32_t known = idmap_get(&model->function_index, name_index, place);
    if (known != IDMAP_NONE) {
        return known;
    }
    struct model_function *grown =
        GROW(model->functions, FUNCTIONS, model->function_count);
    if (grown == NULL) {
        return MODEL_NONE;
    }
    model->functions = grown;
    uint32_t index = model->function_count;
    if (idmap_put(&model->function_index, name_index, place, index) == IDMAP_NONE) {
        return MODEL_NONE;
    }
    model->functions[index] = (struct model_function){
        .name = name_index, .file = file_index, .source = MODEL_NONE, .line = line};
    model->function_count++;
    return index;
}

uint32_t model_add_frame(struct model *model, const struct model_frame *frame)
{
    struct model_frame *grown = GROW(model->frames, FRAMES, model->frame_count);
    if (grown == NULL) {
        return MODEL_NONE;
    }
    model->frames = grown;
    model->frames[model->frame_count] = *frame;
    return model->frame_count++;
}

uint32_t model_add_node(struct model *model, uint32_t parent, uint32_t frame)
{
    struct model_node *grown = GROW(model->nodes, NODES, model->node_count);
    if (grown == NULL) {
        return MODEL_NONE;
    }
    model->nodes = grown;
    uint32_t depth = parent == MODEL_NONE ? 0 : model->nodes[parent].depth + 1;
    model->nodes[model->node_count] =
        (struct model_node){.parent = parent, .frame = frame, .depth = depth};
    return model->node_count++;
}

struct model_node *model_take_nodes(struct model *model, uint32_t *count)
{
    struct model_node *nodes = model->nodes;
    *count = model->node_count;
    model->nodes = NULL;
    model->node_count = 0;
    model->rooms[NODES] = 0;
    return nodes;
}

bool model_add_sample(struct model *model, const struct model_sample *sample)
{
    struct model_sample *grown = GROW(model->samples, SAMPLES, model->sample_count);
    if (grown == NULL) {
        return false;
    }
    model->samples = grown;
    model->samples[model->sample_count++] = *sample;
    return true;
}

bool model_add_alloc(struct model *model, const struct model_alloc *alloc)
{
    struct model_alloc *grown = GROW(model->allocs, ALLOCS, model->alloc_count);
    if (grown == NULL) {
        return false;
    }
    model->allocs = grown;
    model->allocs[model->alloc_count++] = *alloc;
    return true;
}

uint32_t model_add_thread(struct model *model, uint64_t id)
{
    struct model_thread *grown = GROW(model->threads, THREADS, model->thread_count);
    if (grown == NULL) {
        return MODEL_NONE;
    }
    model->threads = grown;
    model->threads[model->thread_count] =
        (struct model_thread){.id = id, .first_ns = UINT64_MAX};
    return model->thread_count++;
}

bool model_set_meta(struct model *model, const char *key, size_t key_bytes,
                    const char *value, size_t value_bytes)
{
    struct model_meta meta = {.key = idmap_names_put(&model->names, key, key_bytes),
                              .value =
                                  idmap_names_put(&model->names, value, value_bytes)};
    if (meta.key == IDMAP_NONE || meta.value == IDMAP_NONE) {
        return false;
    }
    for (uint32_t i = 0; i < model->meta_count; i++) {
        if (model->metas[i].key == meta.key) {
            model->metas[i].value = meta.value;
            return true;
        }
    }
    if (model->meta_count >= META_MAX) {
        return true; /* the search above is linear: a hostile file must not make it n² */
    }
    struct model_meta *grown = GROW(model->metas, METAS, model->meta_count);
    if (grown == NULL) {
        return false;
    }
    model->metas = grown;
    model->metas[model->meta_count++] = meta;
    return true;
}

/* -- The end of building ---------------------------------------------------- */

static int compare_when(const struct model_when *a, const struct model_when *b)
{
    if (a->time_ns != b->time_ns) {
        return a->time_ns < b->time_ns ? -1 : 1;
    }
    return (a->thread > b->thread) - (a->thread < b->thread);
}

static int compare_samples(const void *a, const void *b)
{
    const struct model_sample *left = a, *right = b;
    int order = compare_when(&left->when, &right->when);
    return order != 0 ? order : (left->node > right->node) - (left->node < right->node);
}

static int compare_allocs(const void *a, const void *b)
{
    const struct model_alloc *left = a, *right = b;
    int order = compare_when(&left->when, &right->when);
    if (order == 0) {
        order = (left->node > right->node) - (left->node < right->node);
    }
    if (order == 0) {
        order = (left->cause > right->cause) - (left->cause < right->cause);
    }
    return order != 0 ? order
                      : (left->bytes > right->bytes) - (left->bytes < right->bytes);
}

/* Jitter of ±50 % makes the longest period three times the shortest; more than that means
 * that the rate itself was changed while recording. Zero weights are not periods. */
static bool weights_vary(const struct model *model)
{
    uint64_t low = UINT64_MAX, high = 0;
    for (size_t i = 0; i < model->sample_count; i++) {
        uint64_t weight = model->samples[i].weight;
        if (weight > 0) {
            low = weight < low ? weight : low;
            high = weight > high ? weight : high;
        }
    }
    return high > 0 && high / low >= 4;
}

static void sum_threads(struct model *model)
{
    for (uint32_t t = 0; t < model->thread_count; t++) {
        struct model_thread *thread = &model->threads[t];
        thread->samples = thread->alloc_records = 0;
        thread->alloc_bytes = thread->alloc_objects = 0;
        thread->sampled_ns = thread->last_ns = 0;
        thread->first_ns = UINT64_MAX;
    }
    for (size_t i = 0; i < model->sample_count; i++) {
        const struct model_sample *sample = &model->samples[i];
        uint64_t time_ns = sample->when.time_ns;
        if (sample->when.thread < model->thread_count) {
            struct model_thread *thread = &model->threads[sample->when.thread];
            thread->samples++;
            thread->sampled_ns += sample->weight;
            thread->first_ns = time_ns < thread->first_ns ? time_ns : thread->first_ns;
            thread->last_ns = time_ns > thread->last_ns ? time_ns : thread->last_ns;
        }
    }
    for (size_t i = 0; i < model->alloc_count; i++) {
        const struct model_alloc *alloc = &model->allocs[i];
        if (alloc->when.thread < model->thread_count) {
            struct model_thread *thread = &model->threads[alloc->when.thread];
            thread->alloc_records++;
            thread->alloc_bytes += alloc->bytes;
            thread->alloc_objects += alloc->objects;
        }
    }
}

void model_finish(struct model *model)
{
    if (model->sample_count > 1) {
        qsort(model->samples, model->sample_count, sizeof *model->samples,
              compare_samples);
    }
    if (model->alloc_count > 1) {
        qsort(model->allocs, model->alloc_count, sizeof *model->allocs, compare_allocs);
    }
    model->weights_vary = !model->folded && weights_vary(model);
    model->has_cpu = model->has_cpu || model->sample_count > 0;
    model->has_memory = model->has_memory || model->alloc_count > 0;
    sum_threads(model);
}

/* -- Questions ------------------------------------------------------------ */

const char *model_meta(const struct model *model, const char *key)
{
    for (uint32_t i = 0; i < model->meta_count; i++) {
        if (strcmp(idmap_names_get(&model->names, model->metas[i].key), key) == 0) {
            return idmap_names_get(&model->names, model->metas[i].value);
        }
    }
    return NULL;
}

uint64_t model_meta_number(const struct model *model, const char *key,
                           uint64_t otherwise)
{
    const char *text = model_meta(model, key);
    if (text == NULL || text[0] < '0' || text[0] > '9') {
        return otherwise;
    }
    char *end = NULL;
    unsigned long long value = strtoull(text, &end, 10);
    return end != text && (*end == '\0' || *end == '.') ? (uint64_t)value : otherwise;
}

const char *model_name(const struct model *model, uint32_t name)
{
    return idmap_names_get(&model->names, name);
}

const char *model_frame_name(const struct model *model, uint32_t frame)
{
    return model_name(model, model->functions[model->frames[frame].function].name);
}

void model_thread_name(const struct model *model, uint32_t index, struct strbuf *out)
{
    const char *name = "";
    if (index < model->thread_count) {
        name = model_name(model, model->threads[index].name);
    }
    if (name[0] != '\0') {
        strbuf_append_str(out, name);
    } else if (index < model->thread_count) {
        const struct model_thread *thread = &model->threads[index];
        strbuf_append_format(
            out, "thread %llu",
            (unsigned long long)(thread->tid != 0 ? thread->tid : thread->id));
    } else {
        strbuf_append_str(out, "[unknown]");
    }
}

bool model_complete(const struct model *model)
{
    if (model->folded) {
        return true;
    }
    return model->ended != 0 && model->ended != RPROF_END_WRITE_FAILED &&
           model->damage.missing_blocks == 0 && model->damage.damaged_blocks == 0;
}

bool model_complaint(const struct model *model, struct strbuf *out)
{
    if (model->folded) {
        unsigned long long odd = model->damage.damaged_records;
        if (odd > 0) {
            strbuf_append_format(out, "%llu line%s not of the form 'frame;frame COUNT'",
                                 odd, odd == 1 ? " is" : "s are");
        }
        return odd > 0;
    }
    if (model->ended == RPROF_END_WRITE_FAILED) {
        const char *why = model_meta(model, "write_error");
        strbuf_append_format(
            out,
            "the file could not be written to its end (%s): %llu samples are missing",
            why != NULL ? why : "write error", (unsigned long long)model->lost);
        return true;
    }
    char text[512];
    bool any = rprof_reader_complaint(&model->damage, text, sizeof text);
    strbuf_append_str(out, text);
    return any;
}

uint64_t model_samples(const struct model *model)
{
    uint64_t sum = 0;
    for (size_t i = 0; model->folded && i < model->sample_count; i++) {
        sum += model->samples[i].weight;
    }
    return model->folded ? sum : model->sample_count;
}

double model_alloc_bytes(const struct model *model)
{
    double sum = 0;
    for (size_t i = 0; i < model->alloc_count; i++) {
        sum += model->allocs[i].bytes;
    }
    return sum;
}

double model_alloc_objects(const struct model *model)
{
    double sum = 0;
    for (size_t i = 0; i < model->alloc_count; i++) {
        sum += model->allocs[i].objects;
    }
    return sum;
}
