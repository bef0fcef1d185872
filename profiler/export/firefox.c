/*
 * The Firefox Profiler's processed format, frozen at version 62 (spec/formats.md 5): later
 * front ends upgrade it when they load it. Categories are tiers; script frames are marked
 * as such, so that the "JavaScript" filter of its call tree separates script from native.
 */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/strbuf.h"
#include "export/exporter.h"

#define PROCESSED_VERSION 62

static const char *const category_colors[RPROF_TIER_COUNT] = {
    [RPROF_TIER_UNKNOWN] = "grey",     [RPROF_TIER_INTERP] = "yellow",
    [RPROF_TIER_VM] = "orange",        [RPROF_TIER_JIT] = "green",
    [RPROF_TIER_INLINED] = "green",    [RPROF_TIER_BUILTIN] = "blue",
    [RPROF_TIER_NATIVE] = "lightblue", [RPROF_TIER_GC] = "purple",
    [RPROF_TIER_COMPILE] = "brown",    [RPROF_TIER_DEOPT] = "red",
    [RPROF_TIER_IDLE] = "transparent", [RPROF_TIER_SCHEDULER] = "magenta",
};

struct document {
    const struct view *view;
    const struct model *model;
    struct json_writer json;
    struct strbuf text;
};

static void begin(struct document *d, const char *key, bool object)
{
    if (key != NULL) {
        json_writer_key(&d->json, key);
    }
    if (object) {
        json_writer_begin_object(&d->json);
    } else {
        json_writer_begin_array(&d->json);
    }
}

static void empty_list(struct document *d, const char *key)
{
    begin(d, key, false);
    json_writer_end_array(&d->json);
}

/* A column that holds the same number (or null) in every row. */
static void constant(struct document *d, const char *key, size_t rows, int64_t value,
                     bool null)
{
    begin(d, key, false);
    for (size_t i = 0; i < rows; i++) {
        if (null) {
            json_writer_null(&d->json);
        } else {
            json_writer_i64(&d->json, value);
        }
    }
    json_writer_end_array(&d->json);
}

static bool is_script(enum rprof_tier tier)
{
    return tier >= RPROF_TIER_INTERP && tier <= RPROF_TIER_INLINED;
}

/* -- meta ----------------------------------------------------------------- */

static void write_categories(struct document *d)
{
    begin(d, "categories", false);
    for (unsigned t = 0; t < RPROF_TIER_COUNT; t++) {
        begin(d, NULL, true);
        json_writer_key_string(&d->json, "name",
                               t == 0 ? "Other" : rprof_tier_name((enum rprof_tier)t));
        json_writer_key_string(&d->json, "color", category_colors[t]);
        begin(d, "subcategories", false);
        json_writer_string(&d->json, "Other");
        json_writer_end_array(&d->json);
        json_writer_end_object(&d->json);
    }
    json_writer_end_array(&d->json);
}

static void write_meta(struct document *d)
{
    const struct model *model = d->model;
    uint64_t freq = model_meta_number(model, "freq", 0);
    const char *script = model_meta(model, "script");
    begin(d, "meta", true);
    json_writer_key_u64(&d->json, "version", 24);
    json_writer_key_u64(&d->json, "preprocessedProfileVersion", PROCESSED_VERSION);
    json_writer_key_double(&d->json, "interval", freq > 0 ? 1000.0 / (double)freq : 1);
    json_writer_key_double(&d->json, "startTime",
                           (double)(model_meta_number(model, "start_time", 0) / 1000) /
                               1000.0);
    json_writer_key_u64(&d->json, "processType", 0);
    strbuf_clear(&d->text);
    exporter_clean_name(&d->text, script != NULL ? script : "ruff");
    json_writer_key_string(&d->json, "product", strbuf_str(&d->text));
    json_writer_key_bool(&d->json, "debug", false);
    empty_list(d, "pausedRanges");
    begin(d, "extensions", true);
    json_writer_key_u64(&d->json, "length", 0);
    empty_list(d, "id");
    empty_list(d, "name");
    empty_list(d, "baseURL");
    json_writer_end_object(&d->json);
    write_categories(d);
    empty_list(d, "markerSchema");
    begin(d, "sampleUnits", true);
    json_writer_key_string(&d->json, "time", "ms");
    json_writer_key_string(&d->json, "eventDelay", "ms");
    json_writer_key_string(&d->json, "threadCPUDelta", "ns");
    json_writer_end_object(&d->json);
    json_writer_key_bool(&d->json, "symbolicated", true);
    json_writer_key_bool(&d->json, "sourceCodeIsNotOnSearchfox", true);
    json_writer_key_bool(&d->json, "usesOnlyOneStackType", true);
    json_writer_key_string(&d->json, "importedFrom", "ruffprof " RUFF_VERSION);
    json_writer_end_object(&d->json);
}

/* -- shared: strings, frames, functions, stacks ------------------------------ */

/* The string table holds all names of the model under their own indexes. */
static void write_strings(struct document *d)
{
    begin(d, "stringArray", false);
    for (uint32_t i = 0; i < d->model->names.count; i++) {
        strbuf_clear(&d->text);
        exporter_clean_name(&d->text, model_name(d->model, i));
        json_writer_string(&d->json, strbuf_str(&d->text));
    }
    json_writer_end_array(&d->json);
}

static void write_frames(struct document *d)
{
    const struct model *model = d->model;
    size_t rows = model->frame_count;
    begin(d, "frameTable", true);
    begin(d, "address", false);
    for (uint32_t i = 0; i < rows; i++) {
        bool native = model->frames[i].module != MODEL_NONE;
        json_writer_i64(&d->json,
                        native ? (int64_t)(model->frames[i].address & INT64_MAX) : -1);
    }
    json_writer_end_array(&d->json);
    constant(d, "inlineDepth", rows, 0, false);
    begin(d, "category", false);
    for (uint32_t i = 0; i < rows; i++) {
        json_writer_u64(&d->json, (uint64_t)model->frames[i].tier);
    }
    json_writer_end_array(&d->json);
    constant(d, "subcategory", rows, 0, false);
    begin(d, "func", false);
    for (uint32_t i = 0; i < rows; i++) {
        json_writer_u64(&d->json, model->frames[i].function);
    }
    json_writer_end_array(&d->json);
    constant(d, "nativeSymbol", rows, 0, true);
    constant(d, "innerWindowID", rows, 0, false);
    begin(d, "line", false);
    for (uint32_t i = 0; i < rows; i++) {
        if (model->frames[i].line > 0) {
            json_writer_u64(&d->json, model->frames[i].line);
        } else {
            json_writer_null(&d->json);
        }
    }
    json_writer_end_array(&d->json);
    constant(d, "column", rows, 0, true);
    json_writer_key_u64(&d->json, "length", rows);
    json_writer_end_object(&d->json);
}

/* Which functions ran as script, and which file names there are. */
static void write_functions(struct document *d, const uint8_t *script,
                            const uint32_t *source_of)
{
    const struct model *model = d->model;
    size_t rows = model->function_count;
    static const char *const flags[] = {"isJS", "relevantForJS"};
    begin(d, "funcTable", true);
    begin(d, "name", false);
    for (uint32_t i = 0; i < rows; i++) {
        json_writer_u64(&d->json, model->functions[i].name);
    }
    json_writer_end_array(&d->json);
    for (unsigned f = 0; f < 2; f++) {
        begin(d, flags[f], false);
        for (uint32_t i = 0; i < rows; i++) {
            json_writer_bool(&d->json, f == 0 && script[i] != 0);
        }
        json_writer_end_array(&d->json);
    }
    constant(d, "resource", rows, -1, false);
    begin(d, "source", false);
    for (uint32_t i = 0; i < rows; i++) {
        if (model->functions[i].file != 0) {
            json_writer_u64(&d->json, source_of[model->functions[i].file]);
        } else {
            json_writer_null(&d->json);
        }
    }
    json_writer_end_array(&d->json);
    begin(d, "lineNumber", false);
    for (uint32_t i = 0; i < rows; i++) {
        if (model->functions[i].line > 0) {
            json_writer_u64(&d->json, model->functions[i].line);
        } else {
            json_writer_null(&d->json);
        }
    }
    json_writer_end_array(&d->json);
    constant(d, "columnNumber", rows, 0, true);
    json_writer_key_u64(&d->json, "length", rows);
    json_writer_end_object(&d->json);
}

static void write_stacks(struct document *d)
{
    const struct model *model = d->model;
    begin(d, "stackTable", true);
    begin(d, "frame", false);
    for (uint32_t i = 0; i < model->node_count; i++) {
        json_writer_u64(&d->json, model->nodes[i].frame);
    }
    json_writer_end_array(&d->json);
    begin(d, "prefix", false);
    for (uint32_t i = 0; i < model->node_count; i++) {
        if (model->nodes[i].parent != MODEL_NONE) {
            json_writer_u64(&d->json, model->nodes[i].parent);
        } else {
            json_writer_null(&d->json);
        }
    }
    json_writer_end_array(&d->json);
    json_writer_key_u64(&d->json, "length", model->node_count);
    json_writer_end_object(&d->json);
}

static void empty_table(struct document *d, const char *key, const char *const *columns)
{
    begin(d, key, true);
    for (; *columns != NULL; columns++) {
        empty_list(d, *columns);
    }
    json_writer_key_u64(&d->json, "length", 0);
    json_writer_end_object(&d->json);
}

/* `source_of`[name] − the row of a file in the table of sources; filled here. */
static void write_sources(struct document *d, uint32_t *source_of)
{
    const struct model *model = d->model;
    uint32_t rows = 0;
    for (uint32_t i = 0; i < model->names.count; i++) {
        source_of[i] = MODEL_NONE;
    }
    begin(d, "sources", true);
    begin(d, "filename", false);
    for (uint32_t i = 0; i < model->function_count; i++) {
        uint32_t file = model->functions[i].file;
        if (file != 0 && source_of[file] == MODEL_NONE) {
            source_of[file] = rows++;
            json_writer_u64(&d->json, file);
        }
    }
    json_writer_end_array(&d->json);
    constant(d, "id", rows, 0, true);
    constant(d, "startLine", rows, 1, false);
    constant(d, "startColumn", rows, 1, false);
    constant(d, "sourceMapURL", rows, 0, true);
    json_writer_key_u64(&d->json, "length", rows);
    json_writer_end_object(&d->json);
}

static bool write_shared(struct document *d)
{
    static const char *const resource[] = {"lib", "name", "host", "type", NULL};
    static const char *const symbols[] = {"libIndex", "address", "name", "functionSize",
                                          NULL};
    const struct model *model = d->model;
    uint32_t *source_of = calloc(model->names.count, sizeof *source_of);
    uint8_t *script = calloc((size_t)model->function_count + 1, 1);
    bool good = source_of != NULL && script != NULL;
    if (good) {
        for (uint32_t i = 0; i < model->frame_count; i++) {
            script[model->frames[i].function] |= is_script(model->frames[i].tier);
        }
        begin(d, "shared", true);
        write_strings(d);
        write_sources(d, source_of);
        write_frames(d);
        write_functions(d, script, source_of);
        write_stacks(d);
        empty_table(d, "resourceTable", resource);
        empty_table(d, "nativeSymbols", symbols);
        json_writer_end_object(&d->json);
    }
    free(source_of);
    free(script);
    return good;
}

/* -- threads -------------------------------------------------------------- */

static void write_samples(struct document *d, const uint32_t *order, size_t count)
{
    const struct view *view = d->view;
    bool cpu = view->metric == VIEW_CPU;
    begin(d, "samples", true);
    begin(d, "stack", false);
    for (size_t i = 0; i < count; i++) {
        json_writer_u64(&d->json, view->items[order[i]].node);
    }
    json_writer_end_array(&d->json);
    begin(d, "time", false);
    for (size_t i = 0; i < count; i++) {
        const struct model_when *when = view_item_when(view, &view->items[order[i]]);
        json_writer_double(&d->json, (double)when->time_ns / 1e6);
    }
    json_writer_end_array(&d->json);
    begin(d, "weight", false);
    for (size_t i = 0; i < count; i++) {
        double value = view->items[order[i]].value;
        int64_t weight = (int64_t)view_whole(fabs(value)) * (value < 0 ? -1 : 1);
        json_writer_i64(&d->json, cpu && !d->model->folded ? 1 : weight);
    }
    json_writer_end_array(&d->json);
    json_writer_key_string(&d->json, "weightType", cpu ? "samples" : "bytes");
    json_writer_key_u64(&d->json, "length", count);
    json_writer_end_object(&d->json);
}

static void write_thread(struct document *d, const struct view_threads *threads,
                         uint32_t thread, bool main_thread)
{
    static const char *const markers[] = {"data",  "name",     "startTime", "endTime",
                                          "phase", "category", NULL};
    const struct model *model = d->model;
    const char *script = model_meta(model, "script");
    const struct model_thread none = {.name = 0}, *known = thread < model->thread_count
                                                               ? &model->threads[thread]
                                                               : &none;
    struct strbuf name;
    strbuf_init(&name);
    model_thread_name(model, thread, &name);
    strbuf_clear(&d->text);
    exporter_clean_name(&d->text, strbuf_str(&name));
    strbuf_done(&name);
    begin(d, NULL, true);
    json_writer_key_string(&d->json, "name", strbuf_str(&d->text));
    json_writer_key_bool(&d->json, "isMainThread", main_thread);
    json_writer_key_string(&d->json, "pid", "1");
    json_writer_key_u64(&d->json, "tid", known->tid);
    strbuf_clear(&d->text);
    exporter_clean_name(&d->text, script != NULL ? script : "ruff");
    json_writer_key_string(&d->json, "processName", strbuf_str(&d->text));
    json_writer_key_string(&d->json, "processType", "default");
    json_writer_key_u64(&d->json, "processStartupTime", 0);
    json_writer_key_null(&d->json, "processShutdownTime");
    json_writer_key_double(&d->json, "registerTime", (double)known->start_ns / 1e6);
    if (known->end_ns > 0) {
        json_writer_key_double(&d->json, "unregisterTime", (double)known->end_ns / 1e6);
    } else {
        json_writer_key_null(&d->json, "unregisterTime");
    }
    empty_list(d, "pausedRanges");
    empty_table(d, "markers", markers);
    write_samples(d, threads->order + threads->starts[thread],
                  threads->starts[thread + 1] - threads->starts[thread]);
    json_writer_end_object(&d->json);
}

static bool write_threads(struct document *d)
{
    struct view_threads threads;
    if (!view_threads_init(&threads, d->view)) {
        return false;
    }
    begin(d, "threads", false);
    bool first = true;
    uint32_t last = d->model->thread_count;
    for (uint32_t t = 0; t <= last; t++) {
        if (threads.starts[t] < threads.starts[t + 1] || (t == last && first)) {
            write_thread(d, &threads, t, first);
            first = false;
        }
    }
    json_writer_end_array(&d->json);
    view_threads_done(&threads);
    return true;
}

bool export_firefox(const struct export_job *job, FILE *out)
{
    struct document d = {.view = job->view, .model = job->model};
    strbuf_init(&d.text);
    json_writer_init_stream(&d.json, out, JSON_COMPACT);
    json_writer_begin_object(&d.json);
    write_meta(&d);
    empty_list(&d, "libs");
    empty_list(&d, "pages");
    empty_list(&d, "profilerOverhead");
    empty_list(&d, "counters");
    bool good = write_shared(&d) && write_threads(&d);
    json_writer_end_object(&d.json);
    good = json_writer_finish(&d.json) && good && !strbuf_failed(&d.text);
    strbuf_done(&d.text);
    fputc('\n', out);
    return good;
}
