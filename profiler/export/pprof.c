/*
 * pprof's profile.proto, gzipped (spec/formats.md 3). Messages are packed one at a time
 * into the compressed stream, so memory does not grow with the profile. CPU profiles carry
 * samples and nanoseconds; memory profiles the four values of a Go heap profile. Samples
 * of one stack and thread are one message; its labels tell thread and tier.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "rprof_format.h"

#include "base/strbuf.h"
#include "export/exporter.h"
#include "export/gzip.h"
#include "export/profile.pb-c.h"

#define VALUES_MAX 4

/* Field numbers of Profile whose messages are written one by one. */
enum {
    F_SAMPLE_TYPE = 1,
    F_SAMPLE = 2,
    F_MAPPING = 3,
    F_LOCATION = 4,
    F_FUNCTION = 5,
    F_STRING = 6,
};

struct stack {
    uint32_t node, thread;
    double values[VALUES_MAX];
};

struct packer {
    const struct export_job *job;
    const struct model *model;
    struct gzip gzip;
    struct names strings; /* the string table: index 0 is "" in both */
    struct strbuf scratch;
    struct stack *stacks; /* owned */
    size_t stack_count, stack_room;
    struct idmap stack_index; /* (node, thread) → stack */
    unsigned value_count;
    bool failed;
};

/* -- Packing -------------------------------------------------------------- */

static int64_t string_of(struct packer *packer, const char *text)
{
    strbuf_clear(&packer->scratch);
    exporter_clean_name(&packer->scratch, text);
    uint32_t index = idmap_names_put(&packer->strings, strbuf_str(&packer->scratch),
                                     packer->scratch.len);
    packer->failed = packer->failed || index == IDMAP_NONE;
    return index == IDMAP_NONE ? 0 : (int64_t)index;
}

/* A length-delimited field: its key, its size, its bytes. */
static void put_field(struct packer *packer, unsigned field, const void *bytes,
                      size_t count)
{
    uint8_t head[2 * RPROF_VARINT_MAX];
    size_t n = rprof_varint_put(head, (uint64_t)field << 3 | 2);
    n += rprof_varint_put(head + n, count);
    gzip_write(&packer->gzip, head, n);
    gzip_write(&packer->gzip, bytes, count);
}

static void put_message(struct packer *packer, unsigned field,
                        const ProtobufCMessage *message)
{
    size_t count = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(count > 0 ? count : 1);
    if (bytes == NULL) {
        packer->failed = true;
        return;
    }
    protobuf_c_message_pack(message, bytes);
    if (field == 0) {
        gzip_write(&packer->gzip, bytes, count); /* fields of Profile itself */
    } else {
        put_field(packer, field, bytes, count);
    }
    free(bytes);
}

/* -- Collecting ----------------------------------------------------------- */

static struct stack *stack_of(struct packer *packer, uint32_t node, uint32_t thread)
{
    uint32_t known = idmap_get(&packer->stack_index, node, thread);
    if (known != IDMAP_NONE) {
        return &packer->stacks[known];
    }
    void *stacks = packer->stacks;
    if (!idmap_grow(&stacks, &packer->stack_room, packer->stack_count,
                    sizeof *packer->stacks) ||
        idmap_put(&packer->stack_index, node, thread, (uint32_t)packer->stack_count) ==
            IDMAP_NONE) {
        packer->stacks = stacks;
        packer->failed = true;
        return NULL;
    }
    packer->stacks = stacks;
    packer->stacks[packer->stack_count] =
        (struct stack){.node = node, .thread = thread};
    return &packer->stacks[packer->stack_count++];
}

/* Adds the values of one view as the k-th value of its stacks. */
static void collect(struct packer *packer, enum view_metric metric,
                    enum view_value value, unsigned k)
{
    struct view_filter filter = *packer->job->filter;
    filter.metric = metric;
    filter.value = value;
    filter.reverse = false;
    struct view *view = NULL;
    if (view_new(&view, packer->model, &filter, NULL) != VIEW_OK) {
        packer->failed = true;
        return;
    }
    for (size_t i = 0; i < view->item_count && !packer->failed; i++) {
        const struct view_item *item = &view->items[i];
        struct stack *stack =
            stack_of(packer, item->node, view_item_when(view, item)->thread);
        if (stack != NULL) {
            stack->values[k] += item->value;
        }
    }
    view_free(view);
}

/* -- The parts of a profile ------------------------------------------------- */

static void put_type(struct packer *packer, const char *type, const char *unit)
{
    Pprof__ValueType message;
    pprof__value_type__init(&message);
    message.type = string_of(packer, type);
    message.unit = string_of(packer, unit);
    put_message(packer, F_SAMPLE_TYPE, &message.base);
    packer->value_count++;
}

static bool counts_events(const struct model *model)
{
    const char *unit = model_meta(model, "weight_unit");
    return unit != NULL && strcmp(unit, "count") == 0;
}

static void put_types_and_collect(struct packer *packer)
{
    if (packer->job->view->metric == VIEW_CPU) {
        const char *event = model_meta(packer->model, "event");
        bool events = counts_events(packer->model);
        put_type(packer, "samples", "count");
        put_type(packer, events && event != NULL ? event : "cpu",
                 events ? "count" : "nanoseconds");
        collect(packer, VIEW_CPU, VIEW_SAMPLES, 0);
        collect(packer, VIEW_CPU, VIEW_TIME, 1);
        return;
    }
    put_type(packer, "alloc_objects", "count");
    put_type(packer, "alloc_space", "bytes");
    put_type(packer, "inuse_objects", "count");
    put_type(packer, "inuse_space", "bytes");
    collect(packer, VIEW_ALLOC, VIEW_OBJECTS, 0);
    collect(packer, VIEW_ALLOC, VIEW_BYTES, 1);
    collect(packer, VIEW_LIVE, VIEW_OBJECTS, 2);
    collect(packer, VIEW_LIVE, VIEW_BYTES, 3);
}

static void put_stack(struct packer *packer, const struct stack *stack,
                      uint64_t *locations)
{
    const struct model *model = packer->model;
    Pprof__Sample message;
    pprof__sample__init(&message);
    for (uint32_t n = stack->node; n != MODEL_NONE; n = model->nodes[n].parent) {
        locations[message.n_location_id++] = (uint64_t)model->nodes[n].frame + 1;
    }
    message.location_id = locations;
    int64_t values[VALUES_MAX];
    int64_t any = 0;
    for (unsigned k = 0; k < packer->value_count; k++) {
        values[k] = (int64_t)view_whole(stack->values[k]);
        any |= values[k];
    }
    if (any == 0) {
        return;
    }
    message.n_value = packer->value_count;
    message.value = values;
    Pprof__Label labels[3], *list[3];
    for (unsigned i = 0; i < 3; i++) {
        pprof__label__init(&labels[i]);
        list[i] = &labels[i];
    }
    labels[0].key = string_of(packer, "tier");
    labels[0].str = string_of(
        packer, rprof_tier_name(model->frames[model->nodes[stack->node].frame].tier));
    message.n_label = 1;
    if (stack->thread < model->thread_count) {
        const struct model_thread *thread = &model->threads[stack->thread];
        labels[1].key = string_of(packer, "thread");
        struct strbuf name;
        strbuf_init(&name);
        model_thread_name(model, stack->thread, &name);
        labels[1].str = string_of(packer, strbuf_str(&name));
        strbuf_done(&name);
        labels[2].key = string_of(packer, "thread_id");
        labels[2].num = (int64_t)(thread->tid & INT64_MAX);
        message.n_label = 3;
    }
    message.label = list;
    put_message(packer, F_SAMPLE, &message.base);
}

static void put_stacks(struct packer *packer)
{
    uint32_t deepest = 0;
    for (uint32_t i = 0; i < packer->model->node_count; i++) {
        uint32_t depth = packer->model->nodes[i].depth;
        deepest = depth > deepest ? depth : deepest;
    }
    uint64_t *locations = calloc((size_t)deepest + 1, sizeof *locations);
    packer->failed = packer->failed || locations == NULL;
    for (size_t i = 0; i < packer->stack_count && !packer->failed; i++) {
        put_stack(packer, &packer->stacks[i], locations);
    }
    free(locations);
}

static void put_mappings(struct packer *packer)
{
    const struct model *model = packer->model;
    for (uint32_t i = 0; i < model->module_count; i++) {
        const struct model_module *module = &model->modules[i];
        char build_id[2 * sizeof module->build_id + 1] = "";
        for (uint32_t b = 0; b < module->build_id_bytes; b++) {
            snprintf(build_id + 2 * (size_t)b, 3, "%02x", module->build_id[b]);
        }
        Pprof__Mapping message;
        pprof__mapping__init(&message);
        message.id = (uint64_t)i + 1;
        message.memory_start = module->low;
        message.memory_limit = module->high;
        message.filename = string_of(packer, model_name(model, module->path));
        message.build_id = string_of(packer, build_id);
        message.has_functions = 1; /* else pprof runs addr2line on the file */
        message.has_filenames = 1;
        message.has_line_numbers = 1;
        put_message(packer, F_MAPPING, &message.base);
    }
}

static void put_locations(struct packer *packer)
{
    const struct model *model = packer->model;
    for (uint32_t i = 0; i < model->frame_count; i++) {
        const struct model_frame *frame = &model->frames[i];
        Pprof__Line line, *lines[1] = {&line};
        pprof__line__init(&line);
        line.function_id = (uint64_t)frame->function + 1;
        line.line = frame->line;
        Pprof__Location message;
        pprof__location__init(&message);
        message.id = (uint64_t)i + 1;
        if (frame->module < model->module_count) {
            message.mapping_id = (uint64_t)frame->module + 1;
            message.address = frame->address + model->modules[frame->module].bias;
        }
        message.n_line = 1;
        message.line = lines;
        put_message(packer, F_LOCATION, &message.base);
    }
    for (uint32_t i = 0; i < model->function_count; i++) {
        const struct model_function *function = &model->functions[i];
        Pprof__Function message;
        pprof__function__init(&message);
        message.id = (uint64_t)i + 1;
        message.name = string_of(packer, model_name(model, function->name));
        /* No system_name: were it the same, pprof would demangle the name, and take
         * `<main>` for the arguments of a C++ template. */
        message.filename = string_of(packer, model_name(model, function->file));
        message.start_line = function->line;
        put_message(packer, F_FUNCTION, &message.base);
    }
}

/* Profile's own fields: times, period, comments. */
static void put_facts(struct packer *packer)
{
    static const char *const keys[] = {"command", "event",           "trigger",
                                       "mode",    "fallback_reason", "alloc_mode"};
    const struct model *model = packer->model;
    bool cpu = packer->job->view->metric == VIEW_CPU;
    Pprof__Profile message;
    pprof__profile__init(&message);
    message.time_nanos =
        (int64_t)(model_meta_number(model, "start_time", 0) & INT64_MAX);
    message.duration_nanos = (int64_t)(model->duration_ns & INT64_MAX);
    message.default_sample_type = string_of(packer, cpu ? "cpu" : "alloc_space");
    message.period = cpu ? (int64_t)(model_meta_number(model, "period", 0) & INT64_MAX)
                         : (int64_t)view_whole(model->alloc_mean);
    Pprof__ValueType period;
    pprof__value_type__init(&period);
    period.type = string_of(packer, cpu ? "cpu" : "space");
    period.unit = string_of(packer, !cpu                   ? "bytes"
                                    : counts_events(model) ? "count"
                                                           : "nanoseconds");
    message.period_type = &period;
    int64_t comments[8];
    message.comment = comments;
    comments[message.n_comment++] = string_of(packer, "ruffprof " RUFF_VERSION);
    struct strbuf text;
    strbuf_init(&text);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *value = model_meta(model, keys[i]);
        if (value != NULL && value[0] != '\0') {
            strbuf_clear(&text);
            strbuf_append_format(&text, "%s: %s", keys[i], value);
            comments[message.n_comment++] = string_of(packer, strbuf_str(&text));
        }
    }
    strbuf_clear(&text);
    strbuf_append_format(&text, "lost: %llu", (unsigned long long)model->lost);
    comments[message.n_comment++] = string_of(packer, strbuf_str(&text));
    strbuf_done(&text);
    put_message(packer, 0, &message.base);
}

bool export_pprof(const struct export_job *job, FILE *out)
{
    struct packer packer = {.job = job, .model = job->model};
    if (!idmap_names_init(&packer.strings)) {
        return false;
    }
    if (!gzip_init(&packer.gzip, out)) {
        idmap_names_done(&packer.strings);
        return false;
    }
    strbuf_init(&packer.scratch);
    idmap_init(&packer.stack_index);
    put_types_and_collect(&packer);
    put_stacks(&packer);
    put_mappings(&packer);
    put_locations(&packer);
    put_facts(&packer);
    for (uint32_t i = 0; i < packer.strings.count; i++) {
        const char *text = idmap_names_get(&packer.strings, i);
        put_field(&packer, F_STRING, text, strlen(text));
    }
    bool good = gzip_finish(&packer.gzip);
    good = good && !packer.failed && !strbuf_failed(&packer.scratch);
    strbuf_done(&packer.scratch);
    idmap_done(&packer.stack_index);
    idmap_names_done(&packer.strings);
    free(packer.stacks);
    return good;
}
