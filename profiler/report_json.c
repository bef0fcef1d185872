#include "config.h"

#include "report_json.h"

#include <string.h>

#include "base/json_writer.h"
#include "base/strbuf.h"

static void fact(struct json_writer *json, const struct model *model, const char *key)
{
    const char *value = model_meta(model, key);
    if (value != NULL && value[0] != '\0') {
        json_writer_key_string(json, key, value);
    } else {
        json_writer_key_null(json, key);
    }
}

static void number_fact(struct json_writer *json, const struct model *model,
                        const char *key)
{
    uint64_t value = model_meta_number(model, key, UINT64_MAX);
    if (value != UINT64_MAX) {
        json_writer_key_u64(json, key, value);
    } else {
        json_writer_key_null(json, key);
    }
}

/* Those every script may rely on first, then all the recording says about itself. */
void report_facts(struct json_writer *json, const struct model *model)
{
    const struct rprof_damage *damage = &model->damage;
    json_writer_key_u64(json, "samples", model_samples(model));
    json_writer_key_u64(json, "lost", model->lost);
    json_writer_key_bool(json, "truncated", !model_complete(model));
    json_writer_key_bool(json, "complete", model_complete(model));
    json_writer_key_u64(json, "duration_ns", model->duration_ns);
    fact(json, model, "event");
    fact(json, model, "trigger");
    fact(json, model, "fallback_reason");
    number_fact(json, model, "freq");
    fact(json, model, "unwinder");
    json_writer_key_u64(json, "runs", model->runs);
    json_writer_key_u64(json, "iterations", model->iterations);
    /* Every allocation is a sample of an exact recording, whose records are sums. */
    json_writer_key_u64(json, "alloc_samples",
                        model->alloc_exact ? view_whole(model_alloc_objects(model))
                                           : (uint64_t)model->alloc_count);
    json_writer_key_u64(json, "alloc_bytes", view_whole(model_alloc_bytes(model)));
    json_writer_key_u64(json, "alloc_objects", view_whole(model_alloc_objects(model)));
    const char *mode = model_meta(model, "alloc_mode");
    json_writer_key_string(json, "alloc_mode", mode != NULL ? mode : "off");
    json_writer_key_string(json, "ended",
                           model->ended != 0 ? rprof_end_reason_name(model->ended)
                                             : "cut short");
    json_writer_key(json, "frames_unwound");
    json_writer_begin_object(json);
    json_writer_key_u64(json, "fast", model->unwound[RPROF_UNWIND_FAST]);
    json_writer_key_u64(json, "libunwind", model->unwound[RPROF_UNWIND_LIBUNWIND]);
    json_writer_key_u64(json, "runtime", model->unwound[RPROF_UNWIND_RUNTIME]);
    json_writer_end_object(json);
    json_writer_key(json, "lost_by_reason");
    json_writer_begin_object(json);
    static const char *const reasons[] = {"unreadable",   "ring_full",
                                          "drain_behind", "walk_failed",
                                          "asynchronous", "write_failed"};
    for (unsigned i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        json_writer_key_u64(json, reasons[i], model->lost_by_reason[i]);
    }
    json_writer_end_object(json);
    json_writer_key(json, "damage");
    json_writer_begin_object(json);
    json_writer_key_u64(json, "damaged_blocks", damage->damaged_blocks);
    json_writer_key_u64(json, "missing_blocks", damage->missing_blocks);
    json_writer_key_u64(json, "skipped_bytes", damage->skipped_bytes);
    json_writer_key_u64(json, "damaged_records", damage->damaged_records);
    json_writer_key_u64(json, "unknown_records", damage->unknown_records);
    json_writer_end_object(json);
    json_writer_key_u64(json, "threads", model->thread_count);
    json_writer_key_u64(json, "functions", model->function_count);
    json_writer_key_u64(json, "contexts", model->node_count);
    json_writer_key(json, "meta");
    json_writer_begin_object(json);
    for (uint32_t i = 0; i < model->meta_count; i++) {
        json_writer_key_string(json, model_name(model, model->metas[i].key),
                               model_name(model, model->metas[i].value));
    }
    json_writer_end_object(json);
}

void report_threads(struct json_writer *json, const struct model *model)
{
    struct strbuf name;
    strbuf_init(&name);
    json_writer_key(json, "thread_table");
    json_writer_begin_array(json);
    for (uint32_t i = 0; i < model->thread_count; i++) {
        const struct model_thread *thread = &model->threads[i];
        strbuf_clear(&name);
        model_thread_name(model, i, &name);
        json_writer_begin_object(json);
        json_writer_key_u64(json, "id", thread->id);
        json_writer_key_u64(json, "tid", thread->tid);
        json_writer_key_string(json, "name", strbuf_str(&name));
        json_writer_key_u64(json, "start_ns", thread->start_ns);
        if (thread->end_ns > 0) {
            json_writer_key_u64(json, "end_ns", thread->end_ns);
        } else {
            json_writer_key_null(json, "end_ns");
        }
        json_writer_key_u64(json, "samples", thread->samples);
        json_writer_key_u64(json, "lost", thread->lost);
        json_writer_key_u64(json, "cpu_ns", thread->cpu_ns);
        json_writer_key_u64(json, "alloc_bytes", view_whole(thread->alloc_bytes));
        json_writer_key_u64(json, "alloc_objects", view_whole(thread->alloc_objects));
        json_writer_end_object(json);
    }
    json_writer_end_array(json);
    strbuf_done(&name);
}

static void write_share(struct json_writer *json, const char *key, double value,
                        uint64_t samples, const struct share *share)
{
    json_writer_key(json, key);
    json_writer_begin_object(json);
    json_writer_key_double(json, "value", value);
    json_writer_key_u64(json, "samples", samples);
    json_writer_key_double(json, "share", share->value);
    json_writer_key(json, "ci95");
    json_writer_begin_array(json);
    json_writer_double(json, share->low);
    json_writer_double(json, share->high);
    json_writer_end_array(json);
    json_writer_key_bool(json, "few", share->few);
    json_writer_key_bool(json, "exact", share->exact);
    json_writer_end_object(json);
}

static void write_row(struct json_writer *json, const struct model *model,
                      const struct row *row)
{
    json_writer_begin_object(json);
    json_writer_key_string(json, "name", model_name(model, row->name));
    if (row->file != 0) {
        json_writer_key_string(json, "file", model_name(model, row->file));
    }
    if (row->line != 0) {
        json_writer_key_u64(json, "line", row->line);
    }
    if (row->function != MODEL_NONE) {
        json_writer_key_string(json, "tier", rprof_tier_name(row->tier));
    }
    write_share(json, "self", row->self, row->self_samples, &row->self_share);
    write_share(json, "total", row->total, row->total_samples, &row->total_share);
    json_writer_end_object(json);
}

bool report_json(struct model *model, const struct view *view,
                 const struct shares *shares, const struct rows *rows,
                 const struct report_options *options, FILE *out)
{
    struct json_writer json;
    struct strbuf text;
    strbuf_init(&text);
    json_writer_init_stream(&json, out, JSON_PRETTY);
    json_writer_begin_object(&json);
    json_writer_key_u64(&json, "schema", 1);
    json_writer_key(&json, "facts");
    json_writer_begin_object(&json);
    report_facts(&json, model);
    json_writer_end_object(&json);
    json_writer_key_string(&json, "metric", view_metric_name(view->metric));
    json_writer_key_string(&json, "unit", view_unit(view));
    json_writer_key_double(&json, "total", view->total);
    json_writer_key_string(&json, "by", rows_by_name(options->by));
    shares_describe(shares, &text);
    json_writer_key_string(&json, "intervals", strbuf_str(&text));
    if (view->item_count == 0) {
        strbuf_clear(&text);
        view_explain_empty(view, &text);
        json_writer_key_string(&json, "empty", strbuf_str(&text));
    }
    double share = 0, kernel = view_kernel_ns(view, &share);
    if (kernel > 0) {
        json_writer_key(&json, "kernel");
        json_writer_begin_object(&json);
        json_writer_key_double(&json, "ns", kernel);
        json_writer_key_double(&json, "share_of_cpu_time", share);
        json_writer_end_object(&json);
    }
    json_writer_key(&json, "rows");
    json_writer_begin_array(&json);
    for (uint32_t i = 0; i < rows->shown; i++) {
        write_row(&json, model, &rows->rows[i]);
    }
    json_writer_end_array(&json);
    json_writer_end_object(&json);
    strbuf_done(&text);
    return json_writer_finish(&json);
}
