/* Aligned columns for a terminal: collects cells, then writes them at their widest.
 *
 * Widths count code points, so accents and symbols align; colours add no width. A row may
 * end in a *tail*, running text that starts at its column, ignores the columns' widths and
 * is wrapped at TABLE_MAX_WIDTH. Failure to allocate is sticky and shows in table_write.
 * Not thread safe; no globals. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

#define TABLE_MAX_WIDTH   118
#define TABLE_MAX_COLUMNS 16

enum table_color {
    TABLE_PLAIN,
    TABLE_BOLD,
    TABLE_DIM,
    TABLE_GREEN,
    TABLE_RED,
    TABLE_YELLOW
};

enum table_row_kind {
    TABLE_CELLS,
    TABLE_HEADING,
    TABLE_RULE,
    TABLE_BLANK
};

/* Private part. */
struct table_cell {
    char *text; /* owned */
    enum table_color color;
};

struct table_row {
    enum table_row_kind kind;
    struct table_cell cells[TABLE_MAX_COLUMNS];
    size_t cell_count;
    bool has_tail; /* the last cell is running text */
};

struct table {
    const char *alignment; /* borrowed: one 'l' or 'r' per column */
    size_t columns;
    struct table_row *rows; /* owned */
    size_t row_count;
    size_t row_capacity;
    bool failed;
};

/* alignment: a literal such as "lrrr". */
void table_init(struct table *table, const char *alignment);
void table_done(struct table *table);

/* Starts a new row of cells. */
void table_row(struct table *table);
void table_cell(struct table *table, enum table_color color, const char *text);
void table_tail(struct table *table, enum table_color color, const char *text);

/* A line of its own, without columns; a line of dashes as wide as the table; an empty
 * line. */
void table_heading(struct table *table, enum table_color color, const char *text);
void table_rule(struct table *table);
void table_blank(struct table *table);

/* false: no memory. */
bool table_write(const struct table *table, bool color, struct strbuf *out);

/* Text in a colour, or plain when `color` is false. */
void table_paint(struct strbuf *out, bool color, enum table_color which,
                 const char *text);

#endif
