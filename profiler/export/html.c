/* The interactive page: the flame graph with the table of functions under it, one file
 * without references to the network. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "rows.h"

#include "base/strbuf.h"
#include "export/exporter.h"
#include "export/svg.h"

static const char style[] =
    "<style>\nbody{margin:0;background:#fdfcfa;color:#1b1b1f;font:14px \"Segoe UI\",Roboto,"
    "\"Helvetica Neue\",\"DejaVu Sans\",Verdana,sans-serif}\n"
    "main{padding:8px 24px 40px}\ntable{border-collapse:collapse}\n"
    "td,th{padding:4px 14px 4px 0;border-bottom:1px solid #e6e1d8}\n"
    "th{text-align:left;font-weight:600}\ntd.n,th.n{text-align:right;"
    "font-variant-numeric:tabular-nums}\ntd.i{color:#6a6a75}\n"
    "td.f{font-family:\"DejaVu Sans Mono\",Menlo,Consolas,monospace;font-size:13px}\n"
    "p{color:#5c5c66}\n</style>\n";

static void append_share(struct strbuf *out, const struct share *share)
{
    strbuf_append_format(out, "<td class=\"n\">%.2f %%</td><td class=\"i\">",
                         100 * share->value);
    if (share->exact) {
        strbuf_append_str(out, "exact");
    } else if (share->few) {
        strbuf_append_str(out, "n&lt;10");
    } else {
        strbuf_append_format(out, "%.1f – %.1f", 100 * share->low, 100 * share->high);
    }
    strbuf_append_str(out, "</td>");
}

static void append_rows(const struct model *model, const struct rows *rows,
                        struct strbuf *out)
{
    for (uint32_t i = 0; i < rows->shown; i++) {
        const struct row *row = &rows->rows[i];
        strbuf_append_str(out, "<tr><td class=\"n\">");
        svg_append_count(out, view_whole(row->self));
        strbuf_append_str(out, "</td>");
        append_share(out, &row->self_share);
        append_share(out, &row->total_share);
        strbuf_append_format(out, "<td class=\"i\">%s</td><td class=\"f\">",
                             rprof_tier_name(row->tier));
        svg_escape(out, model_name(model, row->name));
        const char *file = model_name(model, row->file);
        if (file[0] != '\0') {
            const char *slash = strrchr(file, '/');
            strbuf_append_str(out, " <span style=\"color:#8a8a94\">");
            svg_escape(out, slash != NULL && slash[1] != '\0' ? slash + 1 : file);
            if (row->line > 0) {
                strbuf_append_format(out, ":%" PRIu32, row->line);
            }
            strbuf_append_str(out, "</span>");
        }
        strbuf_append_str(out, "</td></tr>\n");
    }
}

static bool write_table(const struct export_job *job, FILE *out)
{
    const struct view *view = job->view;
    struct shares shares;
    struct rows rows;
    if (!shares_init(&shares, view)) {
        return false;
    }
    if (!rows_init(&rows, job->model, view, &shares, ROWS_BY_FUNCTION, ROWS_SORT_SELF,
                   100)) {
        shares_done(&shares);
        return false;
    }
    struct strbuf text;
    strbuf_init(&text);
    strbuf_append_format(&text,
                         "<table><tr><th class=\"n\">%s</th><th class=\"n\">self</th>"
                         "<th>95 %%</th><th class=\"n\">total</th><th>95 %%</th>"
                         "<th>tier</th><th>function</th></tr>\n",
                         view_unit(view));
    append_rows(job->model, &rows, &text);
    double share = 0, kernel = view_kernel_ns(view, &share);
    if (kernel > 0) {
        strbuf_append_format(
            &text,
            "<tr><td class=\"n\">%.1f ms</td><td class=\"n\">%.2f %%"
            "</td><td class=\"i\" colspan=\"3\">of the CPU time, not in "
            "the shares above</td><td class=\"i\">kernel</td>"
            "<td class=\"f\">[kernel]</td></tr>\n",
            kernel / 1e6, 100 * share);
    }
    strbuf_append_str(&text, "</table>\n<p>");
    shares_describe(&shares, &text);
    strbuf_append_str(&text, "</p>\n");
    fwrite(strbuf_str(&text), 1, text.len, out);
    bool good = !strbuf_failed(&text);
    strbuf_done(&text);
    rows_done(&rows);
    shares_done(&shares);
    return good;
}

bool export_html(const struct export_job *job, FILE *out)
{
    struct strbuf title;
    strbuf_init(&title);
    const char *script = model_meta(job->model, "script");
    svg_escape(&title, job->style.title != NULL ? job->style.title
                       : script != NULL         ? script
                                                : "profile");
    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<title>%s</title>\n%s</head>\n<body>\n<div>\n",
            strbuf_str(&title), style);
    strbuf_done(&title);
    bool good = svg_write(job, out);
    fputs("</div>\n<main>\n", out);
    good = good && (job->view->item_count == 0 || write_table(job, out));
    fputs("</main>\n</body>\n</html>\n", out);
    return good;
}
