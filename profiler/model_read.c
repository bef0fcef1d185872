/* Reading a `.rprof` file into a model: file → records → tables with checked references,
 * then what needs all of them: marks, freed objects, peaks, weights. */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "model_folded.h"
#include "symbols.h"

#include "base/os_linux.h"

/* Larger than any recording: an hour at 10 kHz is 350 MB. Stops a sparse file. */
#define FILE_MAX ((size_t)4 << 30)

struct mark {
    uint64_t time_ns, value;
    size_t order; /* in the file: keeps marks of one moment as they were written */
    enum rprof_mark kind;
};

struct freed {
    uint64_t time_ns, age;
    bool seen;
};

struct raw_function {
    uint32_t name, line;
    uint64_t source;
};

struct raw_frame {
    uint64_t ref, position, opcode;
    enum rprof_tier tier;
};

/* Everything only reading needs. All arrays owned. */
struct loader {
    struct model *model;
    bool failed; /* memory */
    bool symbolize;

    struct idmap sources, modules, functions, frames, nodes, threads, causes, opcodes;
    struct raw_function *raw_functions;
    struct raw_frame *raw_frames;
    uint32_t *cause_names, *opcode_names; /* name indexes */
    uint32_t function_count, frame_count, cause_count, opcode_count;
    size_t function_room, frame_room, cause_room, opcode_room;
    size_t source_room, module_room;

    /* Frames are made when a node first uses them: unused ones need no symbols. */
    uint32_t *frame_made; /* raw frame → model frame or MODEL_NONE */
    size_t frame_made_room;
    uint32_t unknown_frame, unknown_node;

    struct mark *marks;
    size_t mark_count, mark_room;

    /* Allocations by object id, until freed. */
    struct idmap objects; /* object → index into `allocs` */
    struct freed *freed;  /* per model->allocs entry */
    size_t freed_room;

    uint64_t last_ns, end_samples;
    uint64_t stated_lost;
};

static void take(struct loader *loader, const struct rprof_record *record);
static void settle(struct loader *loader, const struct rprof_damage *damage);
static void loader_done(struct loader *loader);

/* -- Entry ---------------------------------------------------------------- */

enum model_status model_read_file(struct model **out, const char *path, bool symbolize,
                                  int *error)
{
    struct os_file file;
    int problem = os_read_file(path, FILE_MAX, &file);
    if (problem != 0) {
        if (error != NULL) {
            *error = problem;
        }
        return problem == ENOMEM ? MODEL_NO_MEMORY : MODEL_IO;
    }
    enum model_status status =
        model_read_bytes(out, (const uint8_t *)file.data, file.len, symbolize);
    os_file_done(&file);
    return status;
}

enum model_status model_read_bytes(struct model **out, const uint8_t *bytes,
                                   size_t count, bool symbolize)
{
    struct rprof_reader reader;
    enum rprof_reader_status sound = rprof_reader_init(&reader, bytes, count);
    if (sound == RPROF_READER_FOREIGN) {
        return model_folded_read(out, bytes, count);
    }
    if (sound != RPROF_READER_OK) {
        return sound == RPROF_READER_NEWER ? MODEL_NEWER : MODEL_FOREIGN;
    }
    struct loader loader = {.model = model_new(),
                            .symbolize = symbolize,
                            .unknown_frame = MODEL_NONE,
                            .unknown_node = MODEL_NONE};
    if (loader.model == NULL) {
        return MODEL_NO_MEMORY;
    }
    struct idmap *maps[] = {&loader.sources, &loader.modules, &loader.functions,
                            &loader.frames,  &loader.nodes,   &loader.threads,
                            &loader.causes,  &loader.opcodes, &loader.objects};
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        idmap_init(maps[i]);
    }
    struct rprof_record record;
    uint64_t records = 0;
    while (!loader.failed && rprof_reader_next(&reader, &record)) {
        take(&loader, &record);
        records++;
    }
    if (!loader.failed) {
        settle(&loader, rprof_reader_damage(&reader));
    }
    bool failed = loader.failed;
    struct model *model = loader.model;
    loader_done(&loader);
    if (failed) {
        model_free(model);
        return MODEL_NO_MEMORY;
    }
    /* Only a header, or only rubble behind it: nothing to show. A recording killed in
     * its first moments has a header and nothing else, and that is readable. */
    if (records == 0 && model->damage.skipped_bytes > 0 &&
        count > RPROF_FILE_HEADER_BYTES + RPROF_BLOCK_HEADER_BYTES &&
        !model->damage.cut) {
        model_free(model);
        return MODEL_FOREIGN;
    }
    *out = model;
    return MODEL_OK;
}

static void loader_done(struct loader *loader)
{
    struct idmap *maps[] = {&loader->sources, &loader->modules, &loader->functions,
                            &loader->frames,  &loader->nodes,   &loader->threads,
                            &loader->causes,  &loader->opcodes, &loader->objects};
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        idmap_done(maps[i]);
    }
    free(loader->raw_functions);
    free(loader->raw_frames);
    free(loader->cause_names);
    free(loader->opcode_names);
    free(loader->frame_made);
    free(loader->marks);
    free(loader->freed);
}

/* -- Small helpers -------------------------------------------------------- */

static uint32_t name_of(struct loader *loader, struct rprof_text text)
{
    uint32_t name = idmap_names_put(&loader->model->names, text.bytes, text.count);
    loader->failed = loader->failed || name == IDMAP_NONE;
    return name;
}

static uint32_t small(uint64_t value)
{
    return value < MODEL_NONE ? (uint32_t)value : 0;
}

/* Registers `id`; true when it is new and `index` therefore valid for it. */
static bool define(struct loader *loader, struct idmap *map, uint64_t id,
                   uint32_t index)
{
    if (id == 0 || idmap_get(map, id, 0) != IDMAP_NONE) {
        return false;
    }
    if (idmap_put(map, id, 0, index) == IDMAP_NONE) {
        loader->failed = true;
        return false;
    }
    return true;
}

/* One more element in a table of the loader or the model; false when memory is short. */
static bool more(struct loader *loader, void *array_address, size_t *room, size_t count,
                 size_t size)
{
    void *array;
    memcpy(&array, array_address, sizeof array);
    if (count >= MODEL_NONE - 1 || !idmap_grow(&array, room, count, size)) {
        loader->failed = true;
        return false;
    }
    memcpy(array_address, &array, sizeof array);
    return true;
}

static uint32_t thread_of(struct loader *loader, uint64_t id)
{
    uint32_t index = idmap_get(&loader->threads, id, 1);
    if (index != IDMAP_NONE) {
        return index;
    }
    index = model_add_thread(loader->model, id);
    if (index == MODEL_NONE ||
        idmap_put(&loader->threads, id, 1, index) == IDMAP_NONE) {
        loader->failed = true;
        return 0;
    }
    return index;
}

/* -- Frames and nodes ----------------------------------------------------- */

static uint32_t add_frame(struct loader *loader, const struct model_frame *frame)
{
    uint32_t index = MODEL_NONE;
    if (frame->function != MODEL_NONE) {
        index = model_add_frame(loader->model, frame);
    }
    loader->failed = loader->failed || index == MODEL_NONE;
    return index;
}

static uint32_t unknown_frame(struct loader *loader)
{
    if (loader->unknown_frame == MODEL_NONE) {
        struct model_frame frame = {
            .tier = RPROF_TIER_UNKNOWN,
            .function = model_add_function(loader->model, "[unknown]", "", 0),
            .module = MODEL_NONE};
        loader->unknown_frame = add_frame(loader, &frame);
    }
    return loader->unknown_frame;
}

/* Where samples go whose stack was in a lost block. */
static uint32_t unknown_node(struct loader *loader)
{
    if (loader->unknown_node == MODEL_NONE) {
        uint32_t frame = unknown_frame(loader);
        if (frame != MODEL_NONE) {
            loader->unknown_node = model_add_node(loader->model, MODEL_NONE, frame);
        }
        loader->failed = loader->failed || loader->unknown_node == MODEL_NONE;
    }
    return loader->unknown_node;
}

static uint32_t script_function(struct loader *loader, const struct raw_frame *raw)
{
    struct model *model = loader->model;
    uint32_t index = idmap_get(&loader->functions, raw->ref, 0);
    if (index == IDMAP_NONE) {
        return model_add_function(model, rprof_tier_frame_name(raw->tier), "", 0);
    }
    const struct raw_function *known = &loader->raw_functions[index];
    uint32_t source = idmap_get(&loader->sources, known->source, 0);
    uint32_t path = source != IDMAP_NONE ? model->sources[source].path : 0;
    /* Copies: adding a function may move the names. */
    char *name = strdup(model_name(model, known->name));
    char *file = strdup(model_name(model, path));
    uint32_t function = MODEL_NONE;
    if (name != NULL && file != NULL) {
        function = model_add_function(model, name, file, known->line);
    }
    free(name);
    free(file);
    if (function != MODEL_NONE) {
        model->functions[function].source = source;
    }
    return function;
}

static uint32_t make_frame(struct loader *loader, uint32_t raw_index)
{
    const struct raw_frame *raw = &loader->raw_frames[raw_index];
    struct model_frame frame = {.tier = raw->tier, .module = MODEL_NONE};
    uint32_t opcode = idmap_get(&loader->opcodes, raw->opcode, 0);
    if (opcode != IDMAP_NONE) {
        frame.opcode = loader->opcode_names[opcode];
    }
    if (raw->tier == RPROF_TIER_NATIVE) {
        frame.module = idmap_get(&loader->modules, raw->ref, 0);
        frame.address = raw->position;
        /* The name comes with symbols_apply, when all modules are known. */
        frame.function = model_add_function(loader->model, "[unknown]", "", 0);
    } else {
        frame.line = small(raw->position);
        frame.function = script_function(loader, raw);
    }
    return add_frame(loader, &frame);
}

static void take_node(struct loader *loader, const struct rprof_record *record)
{
    if (record->id == 0 || idmap_get(&loader->nodes, record->id, 0) != IDMAP_NONE) {
        return;
    }
    uint32_t raw = idmap_get(&loader->frames, record->u.node.frame, 0);
    uint32_t frame = MODEL_NONE;
    if (raw == IDMAP_NONE) {
        frame = unknown_frame(loader);
    } else {
        if (loader->frame_made[raw] == MODEL_NONE) {
            loader->frame_made[raw] = make_frame(loader, raw);
        }
        frame = loader->frame_made[raw];
    }
    uint32_t parent = MODEL_NONE;
    if (record->u.node.parent != 0) {
        parent = idmap_get(&loader->nodes, record->u.node.parent, 0);
        if (parent == IDMAP_NONE) {
            parent = unknown_node(loader);
        }
    }
    if (loader->failed || frame == MODEL_NONE) {
        return;
    }
    uint32_t node = model_add_node(loader->model, parent, frame);
    if (node == MODEL_NONE ||
        idmap_put(&loader->nodes, record->id, 0, node) == IDMAP_NONE) {
        loader->failed = true;
    }
}

static uint32_t node_of(struct loader *loader, uint64_t id)
{
    uint32_t node = idmap_get(&loader->nodes, id, 0);
    return node != IDMAP_NONE ? node : unknown_node(loader);
}

/* -- Definitions ---------------------------------------------------------- */

static void take_source(struct loader *loader, const struct rprof_record *record)
{
    struct model *model = loader->model;
    uint32_t path = name_of(loader, record->u.source.path);
    if (!define(loader, &loader->sources, record->id, model->source_count) ||
        !more(loader, &model->sources, &loader->source_room, model->source_count,
              sizeof *model->sources)) {
        return;
    }
    model->sources[model->source_count++] = (struct model_source){
        .path = path, .hash = record->u.source.hash, .bytes = record->u.source.bytes};
}

/* Pieces come in order; one that does not continue the text is left out, so a text with a
 * hole simply ends there. */
static void take_source_text(struct loader *loader, const struct rprof_record *record)
{
    uint32_t index = idmap_get(&loader->sources, record->id, 0);
    if (index == IDMAP_NONE) {
        return;
    }
    struct model_source *source = &loader->model->sources[index];
    struct rprof_text piece = record->u.source_text.piece;
    if (record->u.source_text.offset != source->text_filled ||
        source->text_filled + piece.count > RPROF_SOURCE_MAX) {
        return;
    }
    size_t filled = (size_t)source->text_filled;
    char *text = realloc(source->text, filled + piece.count + 1);
    if (text == NULL) {
        loader->failed = true;
        return;
    }
    memcpy(text + filled, piece.bytes, piece.count);
    text[filled + piece.count] = '\0';
    source->text = text;
    source->text_filled += piece.count;
}

static void take_module(struct loader *loader, const struct rprof_record *record)
{
    struct model *model = loader->model;
    uint32_t path = name_of(loader, record->u.module.path);
    if (!define(loader, &loader->modules, record->id, model->module_count) ||
        !more(loader, &model->modules, &loader->module_room, model->module_count,
              sizeof *model->modules)) {
        return;
    }
    struct model_module *module = &model->modules[model->module_count++];
    *module = (struct model_module){.path = path,
                                    .bias = record->u.module.bias,
                                    .low = record->u.module.low,
                                    .high = record->u.module.high};
    struct rprof_text build_id = record->u.module.build_id;
    size_t count = build_id.count <= sizeof module->build_id ? build_id.count : 0;
    memcpy(module->build_id, build_id.bytes, count);
    module->build_id_bytes = (uint32_t)count;
}

static void take_function(struct loader *loader, const struct rprof_record *record)
{
    uint32_t name = name_of(loader, record->u.function.name);
    if (!define(loader, &loader->functions, record->id, loader->function_count) ||
        !more(loader, &loader->raw_functions, &loader->function_room,
              loader->function_count, sizeof *loader->raw_functions)) {
        return;
    }
    loader->raw_functions[loader->function_count++] =
        (struct raw_function){.name = name,
                              .source = record->u.function.source,
                              .line = small(record->u.function.line)};
}

static void take_frame(struct loader *loader, const struct rprof_record *record)
{
    if (!define(loader, &loader->frames, record->id, loader->frame_count) ||
        !more(loader, &loader->raw_frames, &loader->frame_room, loader->frame_count,
              sizeof *loader->raw_frames) ||
        !more(loader, &loader->frame_made, &loader->frame_made_room,
              loader->frame_count, sizeof *loader->frame_made)) {
        return;
    }
    uint64_t tier = record->u.frame.tier;
    loader->frame_made[loader->frame_count] = MODEL_NONE;
    loader->raw_frames[loader->frame_count++] = (struct raw_frame){
        .ref = record->u.frame.ref,
        .position = record->u.frame.position,
        .opcode = record->u.frame.opcode,
        .tier = tier < RPROF_TIER_COUNT ? (enum rprof_tier)tier : RPROF_TIER_UNKNOWN};
}

static void take_named(struct loader *loader, const struct rprof_record *record)
{
    bool cause = record->tag == RPROF_CAUSE;
    uint32_t **list = cause ? &loader->cause_names : &loader->opcode_names;
    uint32_t *count = cause ? &loader->cause_count : &loader->opcode_count;
    size_t *room = cause ? &loader->cause_room : &loader->opcode_room;
    uint32_t name = name_of(loader, record->u.named.name);
    if (define(loader, cause ? &loader->causes : &loader->opcodes, record->id,
               *count) &&
        more(loader, list, room, *count, sizeof **list)) {
        (*list)[(*count)++] = name;
    }
}

/* -- Events --------------------------------------------------------------- */

static void take_sample(struct loader *loader, const struct rprof_record *record)
{
    struct model_sample sample = {
        .when = {.time_ns = record->time_ns,
                 .thread = thread_of(loader, record->thread)},
        .node = node_of(loader, record->u.sample.node),
        .weight = record->u.sample.weight,
    };
    if (!loader->failed && !model_add_sample(loader->model, &sample)) {
        loader->failed = true;
    }
}

static uint32_t cause_of(const struct loader *loader, uint64_t id)
{
    uint32_t index = idmap_get(&loader->causes, id, 0);
    return index != IDMAP_NONE ? loader->cause_names[index] : 0;
}

static struct model_alloc alloc_of(struct loader *loader,
                                   const struct rprof_record *record, uint64_t node,
                                   uint64_t cause)
{
    return (struct model_alloc){
        .when = {.time_ns = record->time_ns,
                 .thread = thread_of(loader, record->thread)},
        .node = node_of(loader, node),
        .cause = cause_of(loader, cause),
    };
}

static void add_alloc(struct loader *loader, const struct model_alloc *alloc)
{
    size_t index = loader->model->alloc_count;
    if (loader->failed || !more(loader, &loader->freed, &loader->freed_room, index,
                                sizeof *loader->freed)) {
        return;
    }
    loader->freed[index] = (struct freed){.time_ns = 0};
    if (!model_add_alloc(loader->model, alloc)) {
        loader->failed = true;
    }
}

/* Sampled mode: objects and bytes are this allocation's own until `weigh` scales them. */
static void take_alloc(struct loader *loader, const struct rprof_record *record)
{
    struct model_alloc alloc =
        alloc_of(loader, record, record->u.alloc.node, record->u.alloc.cause);
    alloc.objects = alloc.live_objects = 1;
    alloc.bytes = alloc.live_bytes = (double)record->u.alloc.size;
    size_t index = loader->model->alloc_count;
    add_alloc(loader, &alloc);
    if (!loader->failed && record->u.alloc.object != 0 &&
        idmap_put(&loader->objects, record->u.alloc.object, 0, (uint32_t)index) ==
            IDMAP_NONE) {
        loader->failed = true;
    }
}

static void take_free(struct loader *loader, const struct rprof_record *record)
{
    uint32_t index = idmap_get(&loader->objects, record->u.freed.object, 0);
    if (index == IDMAP_NONE || loader->freed[index].seen) {
        return;
    }
    loader->freed[index] = (struct freed){
        .time_ns = record->time_ns, .age = record->u.freed.age, .seen = true};
}

static void take_counts(struct loader *loader, const struct rprof_record *record)
{
    struct model_alloc alloc =
        alloc_of(loader, record, record->u.counts.node, record->u.counts.cause);
    alloc.objects = (double)record->u.counts.allocs;
    alloc.bytes = (double)record->u.counts.bytes;
    alloc.live_objects = alloc.objects - (double)record->u.counts.frees;
    alloc.live_bytes = alloc.bytes - (double)record->u.counts.freed_bytes;
    alloc.temporary_bytes = (double)record->u.counts.temporary_bytes;
    add_alloc(loader, &alloc);
    loader->model->alloc_exact = true;
}

static void take_peak(struct loader *loader, const struct rprof_record *record)
{
    struct model_alloc alloc =
        alloc_of(loader, record, record->u.peak.node, record->u.peak.cause);
    alloc.peak_objects = (double)record->u.peak.objects;
    alloc.peak_bytes = (double)record->u.peak.bytes;
    add_alloc(loader, &alloc);
    loader->model->alloc_exact = true;
}

static void take_mark(struct loader *loader, const struct rprof_record *record)
{
    if (record->u.mark.kind < RPROF_MARK_RUN_BEGIN ||
        record->u.mark.kind > RPROF_MARK_PHASE ||
        !more(loader, &loader->marks, &loader->mark_room, loader->mark_count,
              sizeof *loader->marks)) {
        return;
    }
    loader->marks[loader->mark_count] =
        (struct mark){.time_ns = record->time_ns,
                      .value = record->u.mark.value,
                      .order = loader->mark_count,
                      .kind = (enum rprof_mark)record->u.mark.kind};
    loader->mark_count++;
}

static void take_end(struct loader *loader, const struct rprof_record *record)
{
    uint64_t reason = record->u.end.reason;
    loader->model->ended = reason >= RPROF_END_NORMAL && reason <= RPROF_END_SCRIPT_DIED
                               ? (enum rprof_end_reason)reason
                               : RPROF_END_NORMAL;
    loader->model->duration_ns = record->u.end.duration_ns;
    loader->end_samples = record->u.end.samples;
    loader->stated_lost = record->u.end.lost;
}

static void take(struct loader *loader, const struct rprof_record *record)
{
    struct model *model = loader->model;
    if (record->time_ns > loader->last_ns) {
        loader->last_ns = record->time_ns;
    }
    switch (record->tag) {
    case RPROF_NODE: take_node(loader, record); break;
    case RPROF_SAMPLE: take_sample(loader, record); break;
    case RPROF_ALLOC: take_alloc(loader, record); break;
    case RPROF_FREE: take_free(loader, record); break;
    case RPROF_COUNTS: take_counts(loader, record); break;
    case RPROF_PEAK: take_peak(loader, record); break;
    case RPROF_LOST: {
        uint64_t reason = record->u.lost.reason;
        model->lost_by_reason[reason < 8 ? reason : 0] += record->u.lost.samples;
        model->lost += record->u.lost.samples;
        break;
    }
    case RPROF_CPU_TIME: {
        uint32_t thread = thread_of(loader, record->thread);
        if (!loader->failed) {
            model->threads[thread].cpu_ns = record->u.cpu_time.cpu_ns;
        }
        break;
    }
    case RPROF_MARK: take_mark(loader, record); break;
    case RPROF_UNWOUND:
        if (record->u.unwound.unwinder < 8) {
            model->unwound[record->u.unwound.unwinder] += record->u.unwound.frames;
        }
        break;
    case RPROF_META:
        if (!model_set_meta(model, record->u.meta.key.bytes, record->u.meta.key.count,
                            record->u.meta.value.bytes, record->u.meta.value.count)) {
            loader->failed = true;
        }
        break;
    case RPROF_SOURCE: take_source(loader, record); break;
    case RPROF_SOURCE_TEXT: take_source_text(loader, record); break;
    case RPROF_MODULE: take_module(loader, record); break;
    case RPROF_FUNCTION: take_function(loader, record); break;
    case RPROF_FRAME: take_frame(loader, record); break;
    case RPROF_THREAD_NAME: {
        uint32_t thread = thread_of(loader, record->id);
        uint32_t name = name_of(loader, record->u.thread_name.name);
        if (!loader->failed) {
            model->threads[thread].name = name;
            model->threads[thread].tid = record->u.thread_name.tid;
        }
        break;
    }
    case RPROF_CAUSE:
    case RPROF_OPCODE: take_named(loader, record); break;
    case RPROF_END: take_end(loader, record); break;
    case RPROF_THREAD: /* the reader applied it */
    case RPROF_VALUES: /* shown by no report yet */
    case RPROF_COUNTER: /* likewise */ break;
    }
}

/* -- What needs the whole file -------------------------------------------- */

static int compare_marks(const void *a, const void *b)
{
    const struct mark *left = a, *right = b;
    if (left->time_ns != right->time_ns) {
        return left->time_ns < right->time_ns ? -1 : 1;
    }
    return (left->order > right->order) - (left->order < right->order);
}

/* The run, iteration and phase that hold from each mark on: `states[i]` from mark i. */
static struct model_when *mark_states(struct loader *loader)
{
    if (loader->mark_count == 0) {
        return NULL;
    }
    qsort(loader->marks, loader->mark_count, sizeof *loader->marks, compare_marks);
    struct model_when *states = calloc(loader->mark_count, sizeof *states);
    if (states == NULL) {
        loader->failed = true;
        return NULL;
    }
    struct model_when now = {.time_ns = 0};
    uint32_t runs = 0;
    for (size_t i = 0; i < loader->mark_count; i++) {
        const struct mark *mark = &loader->marks[i];
        uint32_t value = small(mark->value);
        switch (mark->kind) {
        case RPROF_MARK_RUN_BEGIN:
            now.run = value;
            runs++;
            break;
        case RPROF_MARK_RUN_END: now.run = 0; break;
        case RPROF_MARK_ITERATION_BEGIN:
            now.iteration = value;
            loader->model->iterations++;
            break;
        case RPROF_MARK_ITERATION_END: now.iteration = 0; break;
        case RPROF_MARK_PHASE:
            now.phase =
                value <= RPROF_PHASE_SETUP ? (enum rprof_phase)value : RPROF_PHASE_NONE;
            break;
        }
        states[i] = now;
    }
    loader->model->runs = runs > 1 ? runs : 1;
    return states;
}

static void apply_marks(const struct loader *loader, const struct model_when *states,
                        struct model_when *when)
{
    size_t low = 0, high = loader->mark_count; /* first mark after the moment */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (loader->marks[middle].time_ns <= when->time_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low > 0) {
        when->run = states[low - 1].run;
        when->iteration = states[low - 1].iteration;
        when->phase = states[low - 1].phase;
    }
}

/* How much one sampled allocation stands for: 1/(1 − e^(−size/mean)). */
static double weight_of(double size, double mean)
{
    if (mean <= 0 || size <= 0) {
        return 1;
    }
    return 1 / -expm1(-size / mean);
}

/* Freed again before this many more bytes were allocated = temporary. */
#define TEMPORARY_BYTES ((uint64_t)64 << 10)

/* Sampled mode: scales each sample, and follows frees to live, temporary and peak. */
static void weigh(struct loader *loader)
{
    struct model *model = loader->model;
    for (size_t i = 0; i < model->alloc_count; i++) {
        struct model_alloc *alloc = &model->allocs[i];
        double weight = weight_of(alloc->bytes, model->alloc_mean);
        bool freed = loader->freed[i].seen;
        bool temporary = freed && loader->freed[i].age <= TEMPORARY_BYTES;
        alloc->objects = weight;
        alloc->bytes *= weight;
        alloc->live_objects = freed ? 0 : alloc->objects;
        alloc->live_bytes = freed ? 0 : alloc->bytes;
        alloc->temporary_objects = temporary ? alloc->objects : 0;
        alloc->temporary_bytes = temporary ? alloc->bytes : 0;
    }
}

struct change {
    uint64_t time_ns;
    uint32_t alloc;
    bool birth;
};

static int compare_changes(const void *a, const void *b)
{
    const struct change *left = a, *right = b;
    if (left->time_ns != right->time_ns) {
        return left->time_ns < right->time_ns ? -1 : 1;
    }
    if (left->alloc != right->alloc) {
        return left->alloc < right->alloc ? -1 : 1;
    }
    return (int)right->birth - (int)left->birth; /* birth before death */
}

/* Replays births and deaths and marks what was alive when the most bytes were. */
static void find_peak(struct loader *loader)
{
    struct model *model = loader->model;
    size_t room = model->alloc_count * 2, count = 0;
    struct change *changes = room > 0 ? calloc(room, sizeof *changes) : NULL;
    if (changes == NULL) {
        loader->failed = loader->failed || room > 0;
        return;
    }
    for (size_t i = 0; i < model->alloc_count; i++) {
        changes[count++] = (struct change){.time_ns = model->allocs[i].when.time_ns,
                                           .alloc = (uint32_t)i,
                                           .birth = true};
        if (loader->freed[i].seen) {
            changes[count++] = (struct change){.time_ns = loader->freed[i].time_ns,
                                               .alloc = (uint32_t)i};
        }
    }
    qsort(changes, count, sizeof *changes, compare_changes);
    double live = 0, most = 0;
    size_t at_most = 0; /* number of changes up to the peak */
    for (size_t i = 0; i < count; i++) {
        double bytes = model->allocs[changes[i].alloc].bytes;
        live += changes[i].birth ? bytes : -bytes;
        if (live > most) {
            most = live;
            at_most = i + 1;
        }
    }
    for (size_t i = 0; i < at_most; i++) {
        struct model_alloc *alloc = &model->allocs[changes[i].alloc];
        alloc->peak_bytes = changes[i].birth ? alloc->bytes : 0;
        alloc->peak_objects = changes[i].birth ? alloc->objects : 0;
    }
    free(changes);
}

static void settle_memory(struct loader *loader)
{
    struct model *model = loader->model;
    const char *mode = model_meta(model, "alloc_mode");
    model->has_memory =
        model->alloc_count > 0 ||
        (mode != NULL && (strcmp(mode, "sampled") == 0 || strcmp(mode, "exact") == 0));
    if (mode != NULL && strcmp(mode, "exact") == 0) {
        model->alloc_exact = true;
    }
    model->alloc_mean =
        model->alloc_exact ? 0 : (double)model_meta_number(model, "alloc_mean", 0);
    if (!model->alloc_exact) {
        weigh(loader);
        find_peak(loader);
    }
    uint64_t late_ns = model->duration_ns - model->duration_ns / 10;
    for (size_t i = 0; i < model->alloc_count; i++) {
        model->allocs[i].late = model->allocs[i].when.time_ns > late_ns;
    }
}

static void settle(struct loader *loader, const struct rprof_damage *damage)
{
    struct model *model = loader->model;
    model->damage = *damage;
    if (model->ended == 0) {
        model->duration_ns = loader->last_ns;
    }
    if (loader->stated_lost > model->lost) {
        model->lost_by_reason[RPROF_LOST_WRITE_FAILED] +=
            loader->stated_lost - model->lost;
        model->lost = loader->stated_lost;
    }
    if (loader->end_samples > model->sample_count) {
        uint64_t unreadable = loader->end_samples - model->sample_count;
        model->lost += unreadable;
        model->lost_by_reason[0] += unreadable;
    }
    const char *event = model_meta(model, "event");
    model->has_cpu = model->sample_count > 0 || (event != NULL && event[0] != '\0');
    settle_memory(loader);
    struct model_when *states = mark_states(loader);
    if (states != NULL) {
        for (size_t i = 0; i < model->sample_count; i++) {
            apply_marks(loader, states, &model->samples[i].when);
        }
        for (size_t i = 0; i < model->alloc_count; i++) {
            apply_marks(loader, states, &model->allocs[i].when);
        }
        free(states);
    }
    if (!loader->failed && !symbols_apply(model, loader->symbolize)) {
        loader->failed = true;
    }
    if (!loader->failed) {
        model_finish(model);
    }
}
