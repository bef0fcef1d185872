#ifndef RUFFPROF_REPORT_TREE_H
#define RUFFPROF_REPORT_TREE_H

/* The call tree (or, of a reversed view, the callers) as indented text, and values as
 * people read them. Parts of report.c. */

#include <stdbool.h>
#include <stdio.h>

#include "report.h"

bool report_tree(const struct view *view, const struct report_options *options,
                 FILE *out);

/* Appends "12.3 KiB", "4.56 ms" or "789", as the view's unit asks. */
void report_value(const struct view *view, double value, struct strbuf *out);

#endif
