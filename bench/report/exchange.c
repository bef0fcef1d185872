#include "config.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "report/report.h"

/* JSON formats of other tools, so that their dashboards and scripts read our results. */

static json_t *measure(const struct results_cell *cell);
static json_t *hyperfine_result(const struct results_cell *cell);
static bool dump(json_t *root, struct strbuf *out);

static const double NS_PER_SECOND = 1e9;

/* Bencher Metric Format: one object, NAME/MODE → measure → value with its interval, ns. */
bool exchange_bmf(const struct results *results, const struct report_style *style,
                  struct strbuf *out)
{
    (void)style;
    json_t *root = json_object();
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct results_cell *cell = &results->cells[i];
        struct strbuf name;
        strbuf_init(&name);
        strbuf_append_format(&name, "%s/%s", cell->benchmark->name,
                             ruff_mode_name(cell->mode));
        if (cell->state == RESULTS_OK) {
            /* A name that is no UTF-8 is left out: JSON cannot hold it. */
            (void)json_object_set_new(root, strbuf_str(&name), measure(cell));
        }
        strbuf_done(&name);
    }
    return dump(root, out);
}

static json_t *measure(const struct results_cell *cell)
{
    json_t *latency = json_pack("{s:f}", "value", cell->summary.median);
    if (cell->has_interval) {
        (void)json_object_set_new(latency, "lower_value",
                                  json_real(cell->interval.low));
        (void)json_object_set_new(latency, "upper_value",
                                  json_real(cell->interval.high));
    }
    return json_pack("{s:o}", "latency", latency);
}

/* hyperfine's --export-json (1.x): seconds of wall time, one per process. Its `user` is our
 * CPU time with the system's share inside, because one clock measures both. */
bool exchange_hyperfine(const struct results *results, const struct report_style *style,
                        struct strbuf *out)
{
    (void)style;
    json_t *list = json_array();
    for (size_t i = 0; i < results->cell_count; i++) {
        if (results->cells[i].state == RESULTS_OK) {
            (void)json_array_append_new(list, hyperfine_result(&results->cells[i]));
        }
    }
    return dump(json_pack("{s:o}", "results", list), out);
}

static json_t *hyperfine_result(const struct results_cell *cell)
{
    struct strbuf command;
    json_t *times = json_array();
    json_t *codes = json_array();
    strbuf_init(&command);
    strbuf_append_format(&command, "ruff run --mode=%s %s", ruff_mode_name(cell->mode),
                         cell->benchmark->path);
    for (size_t i = 0; i < cell->process_count; i++) {
        (void)json_array_append_new(
            times, json_real(cell->processes[i].median_wall_ns / NS_PER_SECOND));
        (void)json_array_append_new(codes, json_integer(0));
    }
    const struct stats_summary *wall = &cell->wall;
    json_t *result = json_pack(
        "{s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o}", "mean", wall->mean / NS_PER_SECOND,
        "median", wall->median / NS_PER_SECOND, "min", wall->min / NS_PER_SECOND, "max",
        wall->max / NS_PER_SECOND, "user", cell->summary.mean / NS_PER_SECOND, "system",
        0.0, "times", times, "exit_codes", codes);
    json_t *text = json_string(strbuf_str(&command));
    (void)json_object_set_new(result, "command",
                              text == NULL ? json_string("ruff run") : text);
    (void)json_object_set_new(
        result, "stddev",
        isnan(wall->stddev) ? json_null() : json_real(wall->stddev / NS_PER_SECOND));
    strbuf_done(&command);
    return result;
}

/* Takes the root. */
static bool dump(json_t *root, struct strbuf *out)
{
    enum {
        DIGITS = 15
    };
    char *text = root == NULL
                     ? NULL
                     : json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));
    json_decref(root);
    if (text == NULL) {
        return false;
    }
    strbuf_append_str(out, text);
    strbuf_append_char(out, '\n');
    free(text);
    return !strbuf_failed(out);
}
