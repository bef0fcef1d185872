/* The calling-context tree and the recording's facts, for scripts. The tree is a flat list
 * in preorder, because nested objects would be as deep as the program recursed. */
#include "config.h"

#include "report_json.h"

#include "base/json_writer.h"
#include "base/strbuf.h"
#include "export/exporter.h"

static void write_node(struct json_writer *json, const struct view *view,
                       uint32_t index)
{
    const struct model *model = view->model;
    const struct view_node *node = &view->nodes[index];
    const struct model_function *function = &model->functions[node->function];
    json_writer_begin_object(json);
    json_writer_key_string(json, "name", model_name(model, function->name));
    if (function->file != 0) {
        json_writer_key_string(json, "file", model_name(model, function->file));
    }
    if (function->line != 0) {
        json_writer_key_u64(json, "line", function->line);
    }
    json_writer_key_string(json, "tier", rprof_tier_name(node->tier));
    if (node->parent != MODEL_NONE) {
        json_writer_key_u64(json, "parent", node->parent);
    } else {
        json_writer_key_null(json, "parent");
    }
    json_writer_key_u64(json, "self", node->self);
    json_writer_key_u64(json, "total", node->total);
    json_writer_end_object(json);
}

bool export_json(const struct export_job *job, FILE *out)
{
    const struct view *view = job->view;
    struct json_writer json;
    json_writer_init_stream(&json, out, JSON_PRETTY);
    json_writer_begin_object(&json);
    json_writer_key_u64(&json, "schema", 1);
    json_writer_key(&json, "facts");
    json_writer_begin_object(&json);
    report_facts(&json, view->model);
    json_writer_end_object(&json);
    json_writer_key_string(&json, "metric", view_metric_name(view->metric));
    json_writer_key_string(&json, "unit", view_unit(view));
    json_writer_key_u64(&json, "total", view->shown);
    if (view->shown == 0) {
        struct strbuf why;
        strbuf_init(&why);
        view_explain_empty(view, &why);
        json_writer_key_string(&json, "empty", strbuf_str(&why));
        strbuf_done(&why);
    }
    json_writer_key(&json, "nodes");
    json_writer_begin_array(&json);
    for (uint32_t i = 0; i < view->node_count; i++) {
        write_node(&json, view, i);
    }
    json_writer_end_array(&json);
    json_writer_end_object(&json);
    return json_writer_finish(&json);
}
