/* speedscope's JSON: one sampled profile a thread, samples in order of time, weights in ns
 * (CPU) or bytes (spec/formats.md 4). Frames are functions, whatever line they were at. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/strbuf.h"
#include "export/exporter.h"

static void write_frames(struct json_writer *json, const struct model *model,
                         struct strbuf *text)
{
    json_writer_key(json, "shared");
    json_writer_begin_object(json);
    json_writer_key(json, "frames");
    json_writer_begin_array(json);
    for (uint32_t i = 0; i < model->function_count; i++) {
        const struct model_function *function = &model->functions[i];
        const char *file = model_name(model, function->file);
        strbuf_clear(text);
        exporter_clean_name(text, model_name(model, function->name));
        json_writer_begin_object(json);
        json_writer_key_string(json, "name", strbuf_str(text));
        if (file[0] != '\0') {
            json_writer_key_string(json, "file", file);
        }
        if (function->line > 0) {
            json_writer_key_u64(json, "line", function->line);
        }
        json_writer_end_object(json);
    }
    json_writer_end_array(json);
    json_writer_end_object(json);
}

static const char *unit_of(const struct view *view)
{
    const char *unit = model_meta(view->model, "weight_unit");
    if (view->value == VIEW_BYTES) {
        return "bytes";
    }
    bool counts = unit != NULL && strcmp(unit, "count") == 0;
    return view->metric == VIEW_CPU && !counts ? "nanoseconds" : "none";
}

/* A sample's position on the time axis is the sum of the weights before it, and these
 * must not be negative. */
static double weight_of(const struct view *view, const struct view_item *item)
{
    double weight = view_item_weight_ns(view, item);
    return weight > 0 ? weight : 0;
}

static void write_stack(struct json_writer *json, const struct model *model,
                        uint32_t node, uint32_t *scratch)
{
    size_t count = 0;
    for (uint32_t n = node; n != MODEL_NONE; n = model->nodes[n].parent) {
        scratch[count++] = model->frames[model->nodes[n].frame].function;
    }
    json_writer_begin_array(json);
    while (count > 0) {
        json_writer_u64(json, scratch[--count]);
    }
    json_writer_end_array(json);
}

static void write_thread(struct json_writer *json, const struct view *view,
                         const struct view_threads *threads, uint32_t thread,
                         uint32_t *scratch)
{
    const struct model *model = view->model;
    size_t first = threads->starts[thread], end = threads->starts[thread + 1];
    double sum = 0;
    for (size_t i = first; i < end; i++) {
        sum += weight_of(view, &view->items[threads->order[i]]);
    }
    struct strbuf known, name;
    strbuf_init(&known);
    strbuf_init(&name);
    model_thread_name(model, thread, &known);
    exporter_clean_name(&name, strbuf_str(&known));
    json_writer_begin_object(json);
    json_writer_key_string(json, "type", "sampled");
    json_writer_key_string(json, "name", strbuf_str(&name));
    json_writer_key_string(json, "unit", unit_of(view));
    json_writer_key_u64(json, "startValue", 0);
    json_writer_key_double(json, "endValue", sum);
    json_writer_key(json, "samples");
    json_writer_begin_array(json);
    for (size_t i = first; i < end; i++) {
        write_stack(json, model, view->items[threads->order[i]].node, scratch);
    }
    json_writer_end_array(json);
    json_writer_key(json, "weights");
    json_writer_begin_array(json);
    for (size_t i = first; i < end; i++) {
        json_writer_double(json, weight_of(view, &view->items[threads->order[i]]));
    }
    json_writer_end_array(json);
    json_writer_end_object(json);
    strbuf_done(&known);
    strbuf_done(&name);
}

bool export_speedscope(const struct export_job *job, FILE *out)
{
    const struct view *view = job->view;
    const struct model *model = view->model;
    uint32_t deepest = 0;
    for (uint32_t i = 0; i < model->node_count; i++) {
        deepest = model->nodes[i].depth > deepest ? model->nodes[i].depth : deepest;
    }
    uint32_t *scratch = calloc((size_t)deepest + 1, sizeof *scratch);
    struct view_threads threads;
    if (scratch == NULL || !view_threads_init(&threads, view)) {
        free(scratch);
        return false;
    }
    struct json_writer json;
    struct strbuf text;
    strbuf_init(&text);
    json_writer_init_stream(&json, out, JSON_COMPACT);
    json_writer_begin_object(&json);
    json_writer_key_string(&json, "$schema",
                           "https://www.speedscope.app/file-format-schema.json");
    json_writer_key_string(&json, "exporter", "ruffprof@" RUFF_VERSION);
    const char *script = model_meta(model, "script");
    exporter_clean_name(&text, script != NULL ? script : "profile");
    json_writer_key_string(&json, "name", strbuf_str(&text));
    write_frames(&json, model, &text);
    json_writer_key(&json, "profiles");
    json_writer_begin_array(&json);
    bool any = false;
    for (uint32_t t = 0; t <= model->thread_count; t++) {
        if (threads.starts[t] < threads.starts[t + 1]) {
            write_thread(&json, view, &threads, t, scratch);
            any = true;
        }
    }
    if (!any) {
        write_thread(&json, view, &threads, 0,
                     scratch); /* the list must not be empty */
    }
    json_writer_end_array(&json);
    json_writer_end_object(&json);
    fputc('\n', out);
    bool good = json_writer_finish(&json) && !strbuf_failed(&text);
    strbuf_done(&text);
    free(scratch);
    view_threads_done(&threads);
    return good;
}
