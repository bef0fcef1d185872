#include "config.h"

#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_json.h"
#include "report_tree.h"

#include "base/diag.h"
#include "base/strbuf.h"

static void write_header(const struct view *view, const struct shares *shares,
                         const struct report_options *options, FILE *out);
static void write_table(const struct model *model, const struct view *view,
                        const struct rows *rows, const struct report_options *options,
                        FILE *out);

bool report_write(struct model *model, const struct view *view,
                  const struct report_options *options, FILE *out)
{
    struct shares shares;
    struct rows rows;
    if (!shares_init(&shares, view)) {
        return false;
    }
    bool good = true;
    if (options->json || options->shape == REPORT_FLAT) {
        good = rows_init(&rows, model, view, &shares, options->by, options->sort,
                         options->limit);
        if (good) {
            if (options->json) {
                good = report_json(model, view, &shares, &rows, options, out);
            } else {
                write_header(view, &shares, options, out);
                write_table(model, view, &rows, options, out);
            }
            rows_done(&rows);
        }
    } else {
        write_header(view, &shares, options, out);
        good = report_tree(view, options, out);
    }
    shares_done(&shares);
    return good && ferror(out) == 0;
}

bool report_hottest(struct model *model, const struct view *view, struct strbuf *out)
{
    struct shares shares;
    struct rows rows;
    if (!shares_init(&shares, view)) {
        return false;
    }
    bool good =
        rows_init(&rows, model, view, &shares, ROWS_BY_FUNCTION, ROWS_SORT_SELF, 3);
    for (uint32_t i = 0; good && i < rows.shown && rows.rows[i].self > 0; i++) {
        const char *name = model_name(model, rows.rows[i].name);
        strbuf_append_str(out, i > 0 ? ", " : "");
        diag_escape(out, name, strlen(name));
        strbuf_append_format(out, " %.1f %%", 100 * rows.rows[i].self_share.value);
    }
    if (good) {
        rows_done(&rows);
    }
    shares_done(&shares);
    return good;
}

/* -- Numbers -------------------------------------------------------------- */

void report_value(const struct view *view, double value, struct strbuf *out)
{
    static const char *const sizes[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    static const char *const times[] = {"ns", "µs", "ms", "s"};
    if (view->value == VIEW_BYTES) {
        unsigned unit = 0;
        while (fabs(value) >= 1024 && unit < 4) {
            value /= 1024;
            unit++;
        }
        strbuf_append_format(out, unit == 0 ? "%.0f %s" : "%.1f %s", value,
                             sizes[unit]);
    } else if (view->value == VIEW_TIME) {
        unsigned unit = 0;
        while (value >= 1000 && unit < 3) {
            value /= 1000;
            unit++;
        }
        strbuf_append_format(out, unit == 0 ? "%.0f %s" : "%.2f %s", value,
                             times[unit]);
    } else {
        strbuf_append_format(out, "%.0f", value);
    }
}

/* -- Header --------------------------------------------------------------- */

static void fact(FILE *out, const char *label, const char *value)
{
    if (value != NULL && value[0] != '\0') {
        struct strbuf text;
        strbuf_init(&text);
        diag_escape(&text, value, strlen(value));
        fprintf(out, "%s%s", label, strbuf_str(&text));
        strbuf_done(&text);
    }
}

/* Lost samples and the kernel's part: never silently dropped. */
static void write_losses(const struct view *view, FILE *out)
{
    static const char *const reasons[] = {
        "unreadable",   "ring full",    "drain behind",   "walk failed",
        "asynchronous", "write failed", "reason unknown", "reason unknown"};
    const struct model *model = view->model;
    if (model->lost == 0) {
        return;
    }
    fprintf(out, "lost      %" PRIu64 " samples (", model->lost);
    const char *comma = "";
    for (unsigned i = 0; i < 8; i++) {
        if (model->lost_by_reason[i] > 0) {
            fprintf(out, "%s%s %" PRIu64, comma, reasons[i], model->lost_by_reason[i]);
            comma = ", ";
        }
    }
    fputs(")\n", out);
}

static void write_recording(const struct view *view, FILE *out)
{
    const struct model *model = view->model;
    struct strbuf text;
    strbuf_init(&text);
    if (view->metric == VIEW_CPU) {
        double count = model->folded ? view->total : (double)view->item_count;
        fprintf(out, "%.0f sample%s", count, count >= 1 && count < 2 ? "" : "s");
        double ns = 0;
        for (size_t i = 0; i < view->item_count; i++) {
            ns += view_item_weight_ns(view, &view->items[i]);
        }
        const char *unit = model_meta(model, "weight_unit");
        if (ns > 0 && !model->folded && (unit == NULL || strcmp(unit, "count") != 0)) {
            fprintf(out, " for %.3f s of CPU time", ns / 1e9);
        }
        fact(out, ", event ", model_meta(model, "event"));
        fact(out, ", ", model_meta(model, "freq"));
        fputs(model_meta(model, "freq") != NULL ? " Hz" : "", out);
        fact(out, ", trigger ", model_meta(model, "trigger"));
    } else {
        report_value(view, view->total, &text);
        fprintf(out, "%s%s %s", strbuf_str(&text),
                view->value == VIEW_OBJECTS ? " objects" : "",
                view_metric_words(view->metric));
        if (model->alloc_exact) {
            fputs(", every allocation counted", out);
        } else {
            fprintf(out, ", estimated from %zu samples, one every %.0f bytes",
                    view->item_count, model->alloc_mean);
        }
    }
    fact(out, ", mode ", model_meta(model, "mode"));
    if (model->runs > 1) {
        fprintf(out, ", %" PRIu32 " runs", model->runs);
    }
    if (model->iterations > 0) {
        fprintf(out, ", %" PRIu32 " iterations", model->iterations);
    }
    fputc('\n', out);
    strbuf_done(&text);
}

static void write_header(const struct view *view, const struct shares *shares,
                         const struct report_options *options, FILE *out)
{
    const struct model *model = view->model;
    struct strbuf text;
    strbuf_init(&text);
    if (view->item_count == 0) {
        view_explain_empty(view, &text);
        fprintf(out, "%s\n", strbuf_str(&text));
        strbuf_done(&text);
        return;
    }
    fact(out, "profile   ", model_meta(model, "script"));
    fputs(model_meta(model, "script") != NULL ? "\n" : "", out);
    fputs("recorded  ", out);
    write_recording(view, out);
    fact(out, "fallback  ", model_meta(model, "fallback_reason"));
    fputs(model_meta(model, "fallback_reason") != NULL ? "\n" : "", out);
    write_losses(view, out);
    if (options->shape == REPORT_FLAT) {
        shares_describe(shares, &text);
        fprintf(out, "shares    %s\n", strbuf_str(&text));
    }
    fputc('\n', out);
    strbuf_done(&text);
}

/* -- The flat table --------------------------------------------------------- */

static void place_text(const struct model *model, const struct row *row,
                       enum rows_by by, struct strbuf *out)
{
    const char *name = model_name(model, row->name);
    diag_escape(out, name, strlen(name));
    const char *file = model_name(model, row->file);
    if (file[0] == '\0' || (by != ROWS_BY_FUNCTION && by != ROWS_BY_LINE)) {
        return;
    }
    const char *slash = strrchr(file, '/');
    const char *base = slash != NULL && slash[1] != '\0' ? slash + 1 : file;
    strbuf_append_str(out, "  (");
    diag_escape(out, base, strlen(base));
    if (row->line > 0) {
        strbuf_append_format(out, ":%" PRIu32, row->line);
    }
    strbuf_append_char(out, ')');
}

static void write_table(const struct model *model, const struct view *view,
                        const struct rows *rows, const struct report_options *options,
                        FILE *out)
{
    if (view->item_count == 0) {
        return;
    }
    const char *bold = diag_style(options->color, DIAG_BOLD);
    const char *dim = diag_style(options->color, DIAG_DIM);
    const char *plain = diag_style(options->color, DIAG_PLAIN);
    bool tiers = options->by == ROWS_BY_FUNCTION || options->by == ROWS_BY_LINE;
    const char *unit = view->value == VIEW_SAMPLES   ? "SAMPLES"
                       : view->value == VIEW_BYTES   ? "BYTES"
                       : view->value == VIEW_OBJECTS ? "OBJECTS"
                                                     : "TIME";
    fprintf(out, "%s%10s  %-22s  %-22s  %s%s%s\n", bold, unit, "   SELF        95 %",
            "  TOTAL        95 %", tiers ? "TIER      " : "", rows_by_name(options->by),
            plain);
    struct strbuf value, self, total, place;
    strbuf_init(&value);
    strbuf_init(&self);
    strbuf_init(&total);
    strbuf_init(&place);
    for (uint32_t i = 0; i < rows->shown; i++) {
        const struct row *row = &rows->rows[i];
        strbuf_clear(&value);
        strbuf_clear(&self);
        strbuf_clear(&total);
        strbuf_clear(&place);
        report_value(view, options->sort == ROWS_SORT_TOTAL ? row->total : row->self,
                     &value);
        share_append(&row->self_share, &self);
        share_append(&row->total_share, &total);
        place_text(model, row, options->by, &place);
        bool hot = row->self_share.value >= 0.1;
        fprintf(out, "%10s  %s%s%s  %s  ", strbuf_str(&value),
                diag_style(options->color && hot, DIAG_RED), strbuf_str(&self), plain,
                strbuf_str(&total));
        if (tiers) {
            fprintf(out, "%s%-9s%s ", dim, rprof_tier_name(row->tier), plain);
        }
        fprintf(out, "%s\n", strbuf_str(&place));
    }
    if (rows->shown < rows->count) {
        fprintf(out, "%s… %" PRIu32 " more (--limit 0 shows all)%s\n", dim,
                rows->count - rows->shown, plain);
    }
    double share = 0, kernel = view_kernel_ns(view, &share);
    if (kernel > 0) {
        fprintf(out,
                "%10s  %6.2f %% of the CPU time, %.1f ms, in the kernel: not in the "
                "shares above  [kernel]\n",
                "", 100 * share, kernel / 1e6);
    }
    strbuf_done(&value);
    strbuf_done(&self);
    strbuf_done(&total);
    strbuf_done(&place);
}
