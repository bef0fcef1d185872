#ifndef RUFFPROF_REPORT_H
#define RUFFPROF_REPORT_H

/*
 * A profile as text for people or JSON for scripts: the flat table (functions, lines,
 * files, tiers, opcodes, threads, causes), the call tree, the callers.
 */

#include <stdbool.h>
#include <stdio.h>

#include "rows.h"
#include "view.h"

enum report_shape {
    REPORT_FLAT,
    REPORT_TREE,    /* from the outermost frame inwards */
    REPORT_CALLERS, /* from the innermost outwards; wants a reversed view */
};

struct report_options {
    enum report_shape shape;
    enum rows_by by;
    enum rows_sort sort;
    uint32_t limit; /* rows; 0 = all */
    bool color;
    bool json;
};

/* Writes the report of a view. False when memory is short or the stream failed. The model
 * gains names (of rows), nothing else. */
bool report_write(struct model *model, const struct view *view,
                  const struct report_options *options, FILE *out);

/* The three functions with most self value, in one line: "fib 81.0 %, <main> 12.3 %". For
 * the summary of a recording; "" when there is nothing. False when memory is short. */
bool report_hottest(struct model *model, const struct view *view, struct strbuf *out);

#endif
