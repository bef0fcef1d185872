#include "config.h"

#include "report/table.h"

#include <stdlib.h>
#include <string.h>

#include "quantity.h"

#include "base/sizing.h"

/* Blanks between columns and before the first. */
enum {
    GAP = 2,
    INDENT = 2
};

static const char *const ESCAPES[] = {
    [TABLE_PLAIN] = "",         [TABLE_BOLD] = "\033[1m", [TABLE_DIM] = "\033[2m",
    [TABLE_GREEN] = "\033[32m", [TABLE_RED] = "\033[31m", [TABLE_YELLOW] = "\033[33m",
};

static struct table_row *new_row(struct table *table, enum table_row_kind kind);
static void add_cell(struct table *table, enum table_color color, const char *text,
                     bool is_tail);
static void measure(const struct table *table, size_t *widths);
static void write_cells(const struct table *table, const struct table_row *row,
                        const size_t *widths, bool color, struct strbuf *out);
static void write_tail(struct strbuf *out, bool color, const struct table_cell *cell,
                       size_t column);
static void pad(struct strbuf *out, size_t count);

void table_init(struct table *table, const char *alignment)
{
    *table = (struct table){.alignment = alignment, .columns = strlen(alignment)};
}

void table_done(struct table *table)
{
    for (size_t i = 0; i < table->row_count; i++) {
        for (size_t j = 0; j < table->rows[i].cell_count; j++) {
            free(table->rows[i].cells[j].text);
        }
    }
    free(table->rows);
}

/* ---- Collecting -------------------------------------------------------------- */

void table_row(struct table *table)
{
    (void)new_row(table, TABLE_CELLS);
}

void table_rule(struct table *table)
{
    (void)new_row(table, TABLE_RULE);
}

void table_blank(struct table *table)
{
    (void)new_row(table, TABLE_BLANK);
}

void table_heading(struct table *table, enum table_color color, const char *text)
{
    (void)new_row(table, TABLE_HEADING);
    add_cell(table, color, text, false);
}

void table_cell(struct table *table, enum table_color color, const char *text)
{
    add_cell(table, color, text, false);
}

void table_tail(struct table *table, enum table_color color, const char *text)
{
    add_cell(table, color, text, true);
}

static struct table_row *new_row(struct table *table, enum table_row_kind kind)
{
    if (table->row_count == table->row_capacity) {
        size_t capacity =
            table->row_capacity == 0 ? SIZE_OR_TINY(32, 1) : table->row_capacity * 2;
        struct table_row *rows = realloc(table->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            table->failed = true;
            return NULL;
        }
        table->rows = rows;
        table->row_capacity = capacity;
    }
    struct table_row *row = &table->rows[table->row_count++];
    *row = (struct table_row){.kind = kind};
    return row;
}

static void add_cell(struct table *table, enum table_color color, const char *text,
                     bool is_tail)
{
    if (table->failed) {
        return;
    }
    struct table_row *row = &table->rows[table->row_count - 1];
    char *copy = strdup(text);
    if (copy == NULL || row->cell_count == TABLE_MAX_COLUMNS) {
        free(copy);
        table->failed = true;
        return;
    }
    row->cells[row->cell_count++] = (struct table_cell){copy, color};
    row->has_tail = is_tail;
}

/* ---- Writing ----------------------------------------------------------------- */

bool table_write(const struct table *table, bool color, struct strbuf *out)
{
    size_t widths[TABLE_MAX_COLUMNS] = {0};
    measure(table, widths);
    size_t total = 0;
    for (size_t i = 0; i < table->columns; i++) {
        total += widths[i] == 0 ? 0 : widths[i] + (i == 0 ? 0 : GAP);
    }
    for (size_t i = 0; i < table->row_count; i++) {
        const struct table_row *row = &table->rows[i];
        switch (row->kind) {
        case TABLE_CELLS: write_cells(table, row, widths, color, out); break;
        case TABLE_HEADING:
            table_paint(out, color, row->cells[0].color, row->cells[0].text);
            break;
        case TABLE_RULE:
            pad(out, INDENT);
            strbuf_append_str(out, color ? ESCAPES[TABLE_DIM] : "");
            for (size_t dash = 0; dash < total; dash++) {
                strbuf_append_str(out, "─");
            }
            strbuf_append_str(out, color ? "\033[0m" : "");
            break;
        case TABLE_BLANK: break;
        }
        strbuf_append_char(out, '\n');
    }
    return !table->failed && !strbuf_failed(out);
}

static void measure(const struct table *table, size_t *widths)
{
    for (size_t i = 0; i < table->row_count; i++) {
        const struct table_row *row = &table->rows[i];
        size_t counted = row->cell_count - (row->has_tail ? 1 : 0);
        for (size_t j = 0; row->kind == TABLE_CELLS && j < counted; j++) {
            size_t width = quantity_width(row->cells[j].text);
            widths[j] = width > widths[j] ? width : widths[j];
        }
    }
}

static void write_cells(const struct table *table, const struct table_row *row,
                        const size_t *widths, bool color, struct strbuf *out)
{
    size_t column = INDENT;
    size_t due = INDENT; /* blanks not written yet: none at the end of a line */
    for (size_t i = 0; i < row->cell_count; i++) {
        const struct table_cell *cell = &row->cells[i];
        due += i == 0 ? 0 : GAP;
        column += i == 0 ? 0 : GAP;
        if (row->has_tail && i + 1 == row->cell_count) {
            pad(out, due);
            write_tail(out, color, cell, column);
            return;
        }
        size_t width = quantity_width(cell->text);
        size_t blanks = widths[i] - width;
        bool is_right = i < table->columns && table->alignment[i] == 'r';
        if (width > 0) {
            pad(out, due + (is_right ? blanks : 0));
            table_paint(out, color, cell->color, cell->text);
            due = is_right ? 0 : blanks;
        } else {
            due += blanks;
        }
        column += widths[i];
    }
}

/* Wraps at blanks; continuation lines start under the first. */
static void write_tail(struct strbuf *out, bool color, const struct table_cell *cell,
                       size_t column)
{
    const char *text = cell->text;
    size_t room = column + 40 < TABLE_MAX_WIDTH ? TABLE_MAX_WIDTH - column : 40;
    strbuf_append_str(out, color ? ESCAPES[cell->color] : "");
    while (quantity_width(text) > room) {
        size_t width = 0;
        const char *end = text;
        const char *blank = NULL;
        while (width <= room) {
            blank = *end == ' ' ? end : blank;
            end++;
            width += ((unsigned char)*end & 0xC0u) != 0x80u;
        }
        if (blank == NULL || blank == text) {
            break;
        }
        strbuf_append(out, text, (size_t)(blank - text));
        strbuf_append_char(out, '\n');
        pad(out, column);
        text = blank + 1;
    }
    strbuf_append_str(out, text);
    strbuf_append_str(out, color && cell->color != TABLE_PLAIN ? "\033[0m" : "");
}

void table_paint(struct strbuf *out, bool color, enum table_color which,
                 const char *text)
{
    bool paint = color && which != TABLE_PLAIN;
    strbuf_append_str(out, paint ? ESCAPES[which] : "");
    strbuf_append_str(out, text);
    strbuf_append_str(out, paint ? "\033[0m" : "");
}

static void pad(struct strbuf *out, size_t count)
{
    strbuf_append_repeat(out, ' ', count);
}
