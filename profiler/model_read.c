/* Reading a `.rprof` file into a model: file → records → tables with checked references,
 * then what needs all of them (model_settle.c). */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "model_folded.h"
#include "model_settle.h"
#include "symbols.h"

#include "base/os_linux.h"

/* Larger than any recording: an hour at 10 kHz is 350 MB. Stops a sparse file. */
#define FILE_MAX ((size_t)4 << 30)

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

    /* Allocations by object id, until freed. */
    struct idmap objects; /* object → index into `allocs` */
    struct model_settle settle;
};

static void take(struct loader *loader, const struct rprof_record *record);
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
    struct loader loader = {
        .model = model_new(), .unknown_frame = MODEL_NONE, .unknown_node = MODEL_NONE};
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
        loader.failed =
            !model_settle(loader.model, &loader.settle, rprof_reader_damage(&reader)) ||
            !symbols_apply(loader.model, symbolize);
    }
    if (!loader.failed) {
        model_finish(loader.model);
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
    model_settle_done(&loader->settle);
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
    if (loader->failed ||
        !more(loader, &loader->settle.freed, &loader->settle.freed_room, index,
              sizeof *loader->settle.freed)) {
        return;
    }
    loader->settle.freed[index] = (struct model_freed){.time_ns = 0};
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
    if (index == IDMAP_NONE || loader->settle.freed[index].seen) {
        return;
    }
    loader->settle.freed[index] = (struct model_freed){
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
        !more(loader, &loader->settle.marks, &loader->settle.mark_room,
              loader->settle.mark_count, sizeof *loader->settle.marks)) {
        return;
    }
    loader->settle.marks[loader->settle.mark_count] =
        (struct model_mark){.time_ns = record->time_ns,
                            .value = record->u.mark.value,
                            .order = loader->settle.mark_count,
                            .kind = (enum rprof_mark)record->u.mark.kind};
    loader->settle.mark_count++;
}

static void take_thread(struct loader *loader, const struct rprof_record *record)
{
    uint32_t index = thread_of(loader, record->id);
    uint32_t name = name_of(loader, record->u.thread_name.name);
    if (loader->failed || loader->model->threads[index].named) {
        return; /* the first one counts */
    }
    struct model_thread *thread = &loader->model->threads[index];
    thread->named = true;
    thread->name = name;
    thread->tid = record->u.thread_name.tid;
    thread->start_ns = record->time_ns;
}

/* An end before the start, or of a thread whose start was lost, is no fact. */
static void take_thread_end(struct loader *loader, const struct rprof_record *record)
{
    uint32_t index = thread_of(loader, record->id);
    if (loader->failed || !loader->model->threads[index].named ||
        record->time_ns < loader->model->threads[index].start_ns) {
        return;
    }
    loader->model->threads[index].end_ns = record->time_ns;
}

static void take_end(struct loader *loader, const struct rprof_record *record)
{
    uint64_t reason = record->u.end.reason;
    loader->model->ended = reason >= RPROF_END_NORMAL && reason <= RPROF_END_SCRIPT_DIED
                               ? (enum rprof_end_reason)reason
                               : RPROF_END_NORMAL;
    loader->model->duration_ns = record->u.end.duration_ns;
    loader->settle.end_samples = record->u.end.samples;
    loader->settle.stated_lost = record->u.end.lost;
}

static void take(struct loader *loader, const struct rprof_record *record)
{
    struct model *model = loader->model;
    struct model_settle *settle = &loader->settle;
    if (record->time_ns > settle->last_ns) {
        settle->last_ns = record->time_ns;
    }
    if (record->time_ns != 0 &&
        (settle->first_ns == 0 || record->time_ns < settle->first_ns)) {
        settle->first_ns = record->time_ns;
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
        uint32_t thread = thread_of(loader, record->thread);
        if (!loader->failed) {
            model->threads[thread].lost += record->u.lost.samples;
        }
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
    case RPROF_THREAD_NAME: take_thread(loader, record); break;
    case RPROF_THREAD_END: take_thread_end(loader, record); break;
    case RPROF_CAUSE:
    case RPROF_OPCODE: take_named(loader, record); break;
    case RPROF_END: take_end(loader, record); break;
    case RPROF_THREAD: /* the reader applied it */
    case RPROF_VALUES: /* shown by no report yet */
    case RPROF_COUNTER: /* likewise */ break;
    }
}
