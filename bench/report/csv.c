#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/report.h"

/* Columns of the contract; a cell without statistics leaves its numbers empty, so that
 * every row has the same number of fields for a strict reader. */
static const char HEADER[] =
    "name,mode,ok,processes,samples,mean_ns,median_ns,min_ns,max_ns,stddev_ns,mad_ns,"
    "ci95_low_ns,ci95_high_ns,allocations,bytes,ops,class,verdict\n";
enum {
    NUMBERS_AFTER_OK = 13
};

static void add_row(const struct results_cell *cell, struct strbuf *out);
static void add_field(struct strbuf *out, const char *text);
static void add_number(struct strbuf *out, double value);

bool csv_report(const struct results *results, const struct report_style *style,
                struct strbuf *out)
{
    (void)style;
    strbuf_append_str(out, HEADER);
    for (size_t i = 0; i < results->cell_count; i++) {
        add_row(&results->cells[i], out);
    }
    return !strbuf_failed(out);
}

static void add_row(const struct results_cell *cell, struct strbuf *out)
{
    add_field(out, cell->benchmark->name);
    strbuf_append_char(out, ',');
    strbuf_append_str(out, ruff_mode_name(cell->mode));
    if (cell->state != RESULTS_OK) {
        strbuf_append_str(out, ",false");
        for (int i = 0; i < NUMBERS_AFTER_OK; i++) {
            strbuf_append_char(out, ',');
        }
        strbuf_append_str(out, ",,\n");
        return;
    }
    strbuf_append_format(out, ",true,%zu,%zu", cell->process_count,
                         cell->samples.count);
    add_number(out, cell->summary.mean);
    add_number(out, cell->summary.median);
    add_number(out, cell->summary.min);
    add_number(out, cell->summary.max);
    add_number(out, cell->summary.stddev);
    add_number(out, cell->summary.mad);
    add_number(out, cell->has_interval ? cell->interval.low : (double)NAN);
    add_number(out, cell->has_interval ? cell->interval.high : (double)NAN);
    add_number(out, cell->work.allocations);
    add_number(out, cell->work.bytes);
    add_number(out, cell->work.ops > 0.0 ? cell->work.ops : (double)NAN);
    strbuf_append_char(out, ',');
    add_field(out, steady_class_name(cell->class));
    /* The verdict belongs to comparisons with a baseline. */
    strbuf_append_str(out, ",\n");
}

/* Quoted only where RFC 4180 asks for it. */
static void add_field(struct strbuf *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        strbuf_append_str(out, text);
        return;
    }
    strbuf_append_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            strbuf_append_char(out, '"');
        }
        strbuf_append_char(out, *text);
    }
    strbuf_append_char(out, '"');
}

/* A comma and the number; nothing for what does not exist. */
static void add_number(struct strbuf *out, double value)
{
    strbuf_append_char(out, ',');
    if (isfinite(value)) {
        strbuf_append_format(out, "%.12g", value);
    }
}
