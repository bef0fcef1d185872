/*
 * The flame graph: one SVG file that draws without scripts and is interactive with them
 * (flame.js). Geometry and conventions of spec/formats.md 2; every byte follows from the
 * profile, so the same profile gives the same picture.
 */
#include "config.h"

#include "export/svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report_tree.h"

#include "base/strbuf.h"
#include "base/utf8.h"
#include "export/flame_assets.h"
#include "export/svg_color.h"
#include "export/svg_legend.h"

#define PAD           10
#define ROW           18
#define HEAD          78 /* title, subtitle, legend */
#define FOOT          34 /* details */
#define CHAR_WIDTH    7.24
#define DEFAULT_WIDTH 1200
/* Browsers stop drawing far below the depths a recursive program reaches. */
#define MAX_LEVELS    1000
#define MIN_PIXELS    0.1

struct picture {
    const struct export_job *job;
    const struct view *view;
    struct svg_legend legend;
    FILE *out;
    double width, min_value; /* pixels; units of the view */
    uint32_t levels;         /* rows drawn, the root's included */
    bool cut;                /* frames too deep to be drawn */
    struct strbuf text;      /* scratch */
};

static void write_head(struct picture *picture);
static void write_frames(struct picture *picture);
static void write_lines(FILE *out, const char *const *lines);
static uint32_t count_levels(struct picture *picture);

bool export_svg(const struct export_job *job, FILE *out)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
    return svg_write(job, out);
}

bool svg_write(const struct export_job *job, FILE *out)
{
    const struct svg_style *style = &job->style;
    struct picture picture = {.job = job, .view = job->view, .out = out};
    strbuf_init(&picture.text);
    picture.width = style->width > 0 ? style->width : DEFAULT_WIDTH;
    double percent = style->min_percent > 0
                         ? style->min_percent
                         : 100 * MIN_PIXELS / (picture.width - 2 * PAD);
    picture.min_value = (double)job->view->shown * percent / 100;
    picture.levels = count_levels(&picture);
    bool good = svg_legend_init(&picture.legend, job);
    if (good) {
        write_head(&picture);
        write_frames(&picture);
        fputs("<script><![CDATA[\n", out);
        write_lines(out, flame_js);
        fputs("]]></script>\n</svg>\n", out);
        good = !strbuf_failed(&picture.text);
    }
    svg_legend_done(&picture.legend);
    strbuf_done(&picture.text);
    return good;
}

/* -- Text ----------------------------------------------------------------- */

void svg_escape(struct strbuf *out, const char *text)
{
    struct strbuf clean;
    strbuf_init(&clean);
    exporter_clean_name(&clean, text);
    for (size_t i = 0; i < clean.len; i++) {
        switch (clean.data[i]) {
        case '&': strbuf_append_str(out, "&amp;"); break;
        case '<': strbuf_append_str(out, "&lt;"); break;
        case '>': strbuf_append_str(out, "&gt;"); break;
        case '"': strbuf_append_str(out, "&quot;"); break;
        case '\'': strbuf_append_str(out, "&#39;"); break;
        default: strbuf_append_char(out, clean.data[i]); break;
        }
    }
    if (strbuf_failed(&clean)) {
        out->failed = true;
    }
    strbuf_done(&clean);
}

void svg_append_count(struct strbuf *out, uint64_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) {
            strbuf_append_char(out, ',');
        }
        strbuf_append_char(out, digits[i]);
    }
}

/* Columns a code point takes in a monospace font (the same tables as flame.js). */
static unsigned columns(uint32_t c)
{
    bool joined =
        c >= 0x300 &&
        (c <= 0x36f || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe00 && c <= 0xfe0f));
    bool wide = c >= 0x1100 &&
                (c <= 0x115f || (c >= 0x2e80 && c <= 0xa4cf) ||
                 (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
                 (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
                 (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd));
    return joined ? 0 : wide ? 2 : 1;
}

/* Cuts a clean name to `room` columns, ".." included; fewer than three characters are not
 * worth drawing. Returns the columns used. */
static unsigned fit_label(struct strbuf *name, double room)
{
    unsigned all = 0, used = 0;
    size_t cut = 0;
    for (size_t at = 0; at < name->len;) {
        uint32_t c = 0;
        size_t n = utf8_decode(name->data + at, name->len - at, &c);
        if (n == 0) {
            break;
        }
        all += columns(c);
        at += n;
        if (all + 2 <= room) {
            used = all;
            cut = at;
        }
    }
    if (all <= room) {
        return all;
    }
    if (room < 5) {
        strbuf_truncate(name, 0);
        return 0;
    }
    strbuf_truncate(name, cut);
    strbuf_append_str(name, "..");
    return used + 2;
}

static void flush_text(struct picture *picture)
{
    fwrite(strbuf_str(&picture->text), 1, picture->text.len, picture->out);
    strbuf_truncate(&picture->text, 0);
}

static void write_lines(FILE *out, const char *const *lines)
{
    for (; *lines != NULL; lines++) {
        fputs(*lines, out);
    }
}

/* -- Head ----------------------------------------------------------------- */

static void append_title(const struct export_job *job, struct strbuf *out)
{
    static const char *const kinds[] = {
        [VIEW_CPU] = "CPU",
        [VIEW_ALLOC] = "allocated memory",
        [VIEW_LIVE] = "live memory",
        [VIEW_PEAK] = "peak memory",
        [VIEW_TEMPORARY] = "temporary memory",
        [VIEW_LEAK] = "leaked memory",
    };
    if (job->style.title != NULL) {
        svg_escape(out, job->style.title);
        return;
    }
    const char *script = model_meta(job->model, "script");
    if (script != NULL && script[0] != '\0') {
        const char *slash = strrchr(script, '/');
        svg_escape(out, slash != NULL && slash[1] != '\0' ? slash + 1 : script);
        strbuf_append_str(out, " — ");
    }
    strbuf_append_str(out, kinds[job->view->metric]);
    strbuf_append_str(out, job->style.invert ? " icicle graph" : " flame graph");
}

static void append_fact(struct strbuf *out, const char *before, const char *fact)
{
    if (fact != NULL && fact[0] != '\0') {
        strbuf_append_str(out, " · ");
        strbuf_append_str(out, before);
        svg_escape(out, fact);
    }
}

static void append_subtitle(const struct picture *picture, struct strbuf *out)
{
    const struct view *view = picture->view;
    const struct model *model = view->model;
    svg_append_count(out, view->shown);
    strbuf_append_format(out, " %s", view_unit(view));
    if (view->value == VIEW_BYTES && view->shown >= 1024) {
        strbuf_append_str(out, " (");
        report_value(view, (double)view->shown, out);
        strbuf_append_char(out, ')');
    }
    if (view->metric == VIEW_CPU) {
        const char *freq = model_meta(model, "freq");
        if (freq != NULL && freq[0] != '\0') {
            append_fact(out, "", freq);
            strbuf_append_str(out, " Hz");
        }
        append_fact(out, "", model_meta(model, "event"));
        if (model->lost > 0) {
            strbuf_append_str(out, " · ");
            svg_append_count(out, model->lost);
            strbuf_append_str(out, " lost");
        }
    } else if (model->alloc_exact) {
        strbuf_append_str(out, " · exact");
    } else {
        strbuf_append_format(out, " · estimated from %zu samples", view->item_count);
    }
    append_fact(out, "", model_meta(model, "mode"));
    if (model->iterations > 0) {
        strbuf_append_str(out, " · ");
        svg_append_count(out, model->iterations);
        strbuf_append_str(out, model->iterations == 1 ? " iteration" : " iterations");
    } else if (model->runs > 1) {
        strbuf_append_str(out, " · ");
        svg_append_count(out, model->runs);
        strbuf_append_str(out, " runs");
    }
    if (view->reverse) {
        strbuf_append_str(out, " · from the leaves");
    }
    if (picture->cut) {
        strbuf_append_format(out, " · frames below level %d are not drawn", MAX_LEVELS);
    }
    if (!model_complete(model)) {
        strbuf_append_str(out, " · incomplete recording");
    }
}

static void write_button(FILE *out, const char *id, const char *classes, int x,
                         int width, const char *label)
{
    fprintf(out,
            "<g id=\"%s\" class=\"%s\"><rect x=\"%d\" y=\"9\" width=\"%d\" "
            "height=\"22\" rx=\"4\"/><text x=\"%d\" y=\"24\">%s</text></g>\n",
            id, classes, x, width, x + width / 2, label);
}

static double picture_height(const struct picture *picture)
{
    return HEAD + FOOT + (double)picture->levels * ROW;
}

static void write_head(struct picture *picture)
{
    FILE *out = picture->out;
    const struct svg_style *style = &picture->job->style;
    double width = picture->width, height = picture_height(picture);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"flame\" version=\"1.1\" "
            "width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
            "data-total=\"%" PRIu64 "\" data-unit=\"%s\" data-width=\"%.0f\" "
            "data-row=\"%d\" data-top=\"%d\" data-levels=\"%" PRIu32
            "\" data-inverted=\"%d\" data-fluid=\"%d\">\n<style>\n",
            width, height, width, height, picture->view->shown,
            view_unit(picture->view), width, ROW, HEAD, picture->levels,
            style->invert ? 1 : 0, style->width == 0 ? 1 : 0);
    write_lines(out, flame_css);
    fprintf(out,
            "</style>\n<defs><linearGradient id=\"paper\" x1=\"0\" y1=\"0\" x2=\"0\" "
            "y2=\"1\"><stop offset=\"0\" stop-color=\"#fdfcfa\"/><stop offset=\"1\" "
            "stop-color=\"%s\"/></linearGradient></defs>\n"
            "<rect id=\"background\" width=\"%.0f\" height=\"%.0f\" "
            "fill=\"url(#paper)\"/>\n",
            picture->view->metric == VIEW_CPU ? "#f7efe2" : "#e8f3e8", width, height);
    strbuf_append_format(&picture->text, "<text id=\"title\" x=\"%.0f\" y=\"25\">",
                         width / 2);
    append_title(picture->job, &picture->text);
    strbuf_append_format(&picture->text,
                         "</text>\n<text id=\"subtitle\" x=\"%.0f\" y=\"44\">",
                         width / 2);
    append_subtitle(picture, &picture->text);
    strbuf_append_str(&picture->text, "</text>\n");
    svg_legend_append(&picture->legend, &picture->text, PAD, 62, width - 2 * PAD);
    flush_text(picture);
    write_button(out, "unzoom", "button hide", PAD, 90, "Reset Zoom");
    fprintf(out, "<g id=\"right\" transform=\"translate(%.0f,0)\">\n", width - 1200);
    write_button(out, "search", "button", 1058, 100, "Search");
    write_button(out, "ignorecase", "button", 1162, 28, "ic");
    fputs("</g>\n", out);
    fprintf(out, "<text id=\"details\" x=\"%d\" y=\"%.0f\"> </text>\n", PAD,
            height - 12);
    fprintf(out, "<text id=\"matched\" x=\"%.0f\" y=\"%.0f\"> </text>\n", width - PAD,
            height - 12);
}

/* -- Frames --------------------------------------------------------------- */

static uint32_t count_levels(struct picture *picture)
{
    const struct view *view = picture->view;
    uint32_t levels = view->shown > 0 ? 1 : 3;
    for (uint32_t i = 0; i < view->node_count;) {
        const struct view_node *node = &view->nodes[i];
        if ((double)node->total < picture->min_value || node->total == 0) {
            i = node->end;
            continue;
        }
        if (node->depth + 2 > MAX_LEVELS) {
            picture->cut = true;
            i = node->end;
            continue;
        }
        levels = node->depth + 2 > levels ? node->depth + 2 : levels;
        i++;
    }
    return levels;
}

static void append_percent(struct strbuf *out, uint64_t part, uint64_t whole)
{
    strbuf_append_format(out, "%.2f%%", 100 * (double)part / (double)whole);
}

/* One frame: a group with its sample units, tooltip, box and label. */
static void write_frame(struct picture *picture, const char *name, uint64_t x,
                        uint64_t value, uint32_t level, struct svg_rgb color)
{
    const struct view *view = picture->view;
    struct strbuf *text = &picture->text;
    double scale = (picture->width - 2 * PAD) / (double)view->shown;
    double left = PAD + (double)x * scale, wide = (double)value * scale;
    uint32_t row = picture->job->style.invert ? level : picture->levels - 1 - level;
    double top = HEAD + (double)row * ROW;

    strbuf_append_format(text,
                         "<g class=\"f\" data-x=\"%" PRIu64 "\" data-w=\"%" PRIu64
                         "\" data-y=\"%" PRIu32 "\"><title>",
                         x, value, level);
    svg_escape(text, name);
    strbuf_append_str(text, " (");
    svg_append_count(text, value);
    strbuf_append_format(text, " %s, ", view_unit(view));
    if (level == 0) {
        strbuf_append_str(text, "100%");
    } else {
        append_percent(text, value, view->shown);
    }
    strbuf_append_format(
        text,
        ")</title><rect x=\"%.2f\" y=\"%.0f\" width=\"%.2f\" height=\"%d\" rx=\"2\" "
        "fill=\"rgb(%u,%u,%u)\"/><text x=\"%.2f\" y=\"%.0f\"",
        left, top, wide, ROW - 1, color.r, color.g, color.b, left + 4, top + 13);
    struct strbuf label;
    strbuf_init(&label);
    exporter_clean_name(&label, name);
    unsigned used = fit_label(&label, floor((wide - 7) / CHAR_WIDTH));
    if (used > 0 && !utf8_is_ascii(strbuf_str(&label), label.len)) {
        /* Fallback fonts have other widths; this keeps the label inside its box. */
        strbuf_append_format(text,
                             " textLength=\"%.2f\" lengthAdjust=\"spacingAndGlyphs\"",
                             used * CHAR_WIDTH);
    }
    strbuf_append_char(text, '>');
    svg_escape(text, strbuf_str(&label));
    strbuf_append_str(text, "</text></g>\n");
    if (strbuf_failed(&label)) {
        text->failed = true;
    }
    strbuf_done(&label);
    flush_text(picture);
}

static void write_empty(struct picture *picture)
{
    strbuf_append_format(&picture->text, "<text id=\"empty\" x=\"%.0f\" y=\"%.0f\">",
                         picture->width / 2, HEAD + 1.5 * ROW);
    struct strbuf words;
    strbuf_init(&words);
    view_explain_empty(picture->view, &words);
    svg_escape(&picture->text, strbuf_str(&words));
    strbuf_done(&words);
    strbuf_append_str(&picture->text, "</text>\n");
    flush_text(picture);
}

static void write_frames(struct picture *picture)
{
    const struct view *view = picture->view;
    FILE *out = picture->out;
    if (view->shown == 0) {
        write_empty(picture);
        fputs("<g id=\"frames\"></g>\n", out);
        return;
    }
    fputs("<g id=\"frames\">\n", out);
    write_frame(picture, "all", 0, view->shown, 0, svg_color_hsl(30, 12, 88));
    /* Where the next frame of each level starts, in units of the view. */
    uint64_t *starts = calloc((size_t)view->depth + 1, sizeof *starts);
    if (starts == NULL) {
        picture->text.failed = true;
        return;
    }
    for (uint32_t i = 0; i < view->node_count;) {
        const struct view_node *node = &view->nodes[i];
        uint64_t x = starts[node->depth];
        starts[node->depth] += node->total;
        starts[node->depth + 1] = x;
        if ((double)node->total < picture->min_value || node->total == 0 ||
            node->depth + 2 > MAX_LEVELS) {
            i = node->end;
            continue;
        }
        write_frame(picture, view_node_name(view, i), x, node->total, node->depth + 1,
                    svg_legend_color(&picture->legend, i));
        i++;
    }
    free(starts);
    fputs("</g>\n", out);
}
