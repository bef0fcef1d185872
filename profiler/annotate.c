#include "config.h"

#include "annotate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

#include "base/diag.h"
#include "base/os_linux.h"
#include "base/strbuf.h"

/* Lines shown around each line with samples. */
#define CONTEXT 2

/* One source file and the rows on it. */
struct sheet {
    const struct model *model;
    const struct annotate_options *options;
    const struct row **by_line; /* owned; index = line, NULL = nothing there */
    uint32_t lines;             /* of the text; by_line has one more entry */
    const char *text;           /* borrowed, or from `file` */
    struct os_file file;        /* owned */
};

static bool find_text(struct sheet *sheet, uint32_t source);
static void write_sheet(const struct sheet *sheet, uint32_t source, double self,
                        FILE *out);

/* -- Files, hottest first --------------------------------------------------- */

struct ranked {
    uint32_t source;
    double self;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    if (left->self != right->self) {
        return left->self > right->self ? -1 : 1;
    }
    return (left->source > right->source) - (left->source < right->source);
}

static bool annotate_source(const struct model *model, const struct rows *rows,
                            const struct annotate_options *options,
                            const struct ranked *ranked, FILE *out)
{
    struct sheet sheet = {.model = model, .options = options};
    uint32_t path = model->sources[ranked->source].path;
    if (!find_text(&sheet, ranked->source)) {
        struct strbuf name;
        strbuf_init(&name);
        diag_escape(&name, model_name(model, path), strlen(model_name(model, path)));
        fprintf(out,
                "%s: the profile does not hold its text, and the file is gone or was "
                "changed\n\n",
                strbuf_str(&name));
        strbuf_done(&name);
        return true;
    }
    sheet.by_line = calloc((size_t)sheet.lines + 1, sizeof *sheet.by_line);
    if (sheet.by_line == NULL) {
        os_file_done(&sheet.file);
        return false;
    }
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->rows[i];
        if (row->file == path && row->line > 0 && row->line <= sheet.lines) {
            sheet.by_line[row->line] = row;
        }
    }
    write_sheet(&sheet, ranked->source, ranked->self, out);
    free(sheet.by_line);
    os_file_done(&sheet.file);
    return true;
}

bool annotate_write(struct model *model, const struct view *view,
                    const struct annotate_options *options, FILE *out)
{
    struct shares shares;
    struct rows rows;
    if (view->item_count == 0) {
        struct strbuf why;
        strbuf_init(&why);
        view_explain_empty(view, &why);
        fprintf(out, "%s\n", strbuf_str(&why));
        strbuf_done(&why);
        return true;
    }
    if (!shares_init(&shares, view)) {
        return false;
    }
    if (!rows_init(&rows, model, view, &shares, ROWS_BY_PLACE, ROWS_SORT_SELF, 0)) {
        shares_done(&shares);
        return false;
    }
    size_t count = model->source_count;
    struct ranked *ranked = calloc(count > 0 ? count : 1, sizeof *ranked);
    bool good = ranked != NULL;
    for (uint32_t i = 0; good && i < count; i++) {
        ranked[i].source = i;
        for (uint32_t r = 0; r < rows.count; r++) {
            bool here = rows.rows[r].file == model->sources[i].path;
            ranked[i].self += here ? rows.rows[r].self_share.value : 0;
        }
    }
    if (good && count > 1) {
        qsort(ranked, count, sizeof *ranked, compare_ranked);
    }
    for (uint32_t i = 0; good && i < count; i++) {
        good = annotate_source(model, &rows, options, &ranked[i], out);
    }
    if (count == 0) {
        fputs("this profile names no source files\n", out);
    }
    free(ranked);
    rows_done(&rows);
    shares_done(&shares);
    return good && ferror(out) == 0;
}

/* -- Text ----------------------------------------------------------------- */

static bool find_text(struct sheet *sheet, uint32_t index)
{
    const struct model_source *source = &sheet->model->sources[index];
    if (source->text != NULL && source->text_filled == source->bytes) {
        sheet->text = source->text;
    } else if (source->bytes <= RPROF_SOURCE_MAX &&
               os_read_file(model_name(sheet->model, source->path), RPROF_SOURCE_MAX,
                            &sheet->file) == 0) {
        uint64_t hash =
            rprof_source_hash((const uint8_t *)sheet->file.data, sheet->file.len);
        if (hash != source->hash) {
            os_file_done(&sheet->file);
            return false;
        }
        sheet->text = sheet->file.data;
    } else {
        return false;
    }
    for (const char *c = sheet->text; *c != '\0'; c++) {
        sheet->lines += *c == '\n' || c[1] == '\0';
    }
    return true;
}

/* -- Lines ---------------------------------------------------------------- */

static bool near_samples(const struct sheet *sheet, uint32_t line)
{
    uint32_t from = line > CONTEXT ? line - CONTEXT : 1;
    uint32_t to = sheet->lines - line > CONTEXT ? line + CONTEXT : sheet->lines;
    for (uint32_t i = from; i <= to; i++) {
        if (sheet->by_line[i] != NULL) {
            return true;
        }
    }
    return sheet->options->all;
}

static void write_line(const struct sheet *sheet, uint32_t line, const char *text,
                       size_t count, struct strbuf *buffer, FILE *out)
{
    const struct row *row = sheet->by_line[line];
    bool color = sheet->options->color;
    bool hot = row != NULL && row->self_share.value >= 0.1;
    strbuf_clear(buffer);
    strbuf_append_str(buffer, diag_style(color && hot, DIAG_RED));
    if (row != NULL) {
        share_append(&row->self_share, buffer);
        strbuf_append_format(buffer, "  %6.2f %%", 100 * row->total_share.value);
    } else {
        strbuf_append_repeat(buffer, ' ', 32);
    }
    strbuf_append_format(buffer, "  %5" PRIu32 " │ ", line);
    for (size_t i = 0; i < count; i++) {
        if (text[i] == '\t') {
            strbuf_append_str(buffer, "    ");
        } else if ((unsigned char)text[i] >= 0x20 && (unsigned char)text[i] < 0x7f) {
            strbuf_append_char(buffer, text[i]);
        } else {
            size_t part = 1;
            while (i + part < count && (text[i + part] & 0xc0) == 0x80) {
                part++;
            }
            diag_escape(buffer, text + i, part);
            i += part - 1;
        }
    }
    strbuf_append_str(buffer, diag_style(color && hot, DIAG_PLAIN));
    fprintf(out, "%s\n", strbuf_str(buffer));
}

static void write_sheet(const struct sheet *sheet, uint32_t source, double self,
                        FILE *out)
{
    const char *path = model_name(sheet->model, sheet->model->sources[source].path);
    bool color = sheet->options->color;
    struct strbuf buffer;
    strbuf_init(&buffer);
    diag_escape(&buffer, path, strlen(path));
    fprintf(out, "%s%s%s  %.2f %% of the whole in its own lines\n",
            diag_style(color, DIAG_BOLD), strbuf_str(&buffer),
            diag_style(color, DIAG_PLAIN), 100 * self);
    fprintf(out, "%s    SELF          95 %%     TOTAL   line%s\n",
            diag_style(color, DIAG_BOLD), diag_style(color, DIAG_PLAIN));
    bool gap = false;
    const char *at = sheet->text;
    for (uint32_t line = 1; line <= sheet->lines; line++) {
        size_t count = strcspn(at, "\n");
        if (near_samples(sheet, line)) {
            write_line(sheet, line, at, count, &buffer, out);
            gap = true;
        } else if (gap) {
            fprintf(out, "%38s ⋮\n", "");
            gap = false;
        }
        at += count + (at[count] == '\n');
    }
    fputc('\n', out);
    strbuf_done(&buffer);
}
