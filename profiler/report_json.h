#ifndef RUFFPROF_REPORT_JSON_H
#define RUFFPROF_REPORT_JSON_H

/* `report --format=json` and `info --json`. */

#include <stdbool.h>
#include <stdio.h>

#include "report.h"

/* One object: "facts" (as in info), the view, and "rows" with self and total, each
 * {"value", "share", "ci95": [low, high], "samples", "few"}. */
bool report_json(struct model *model, const struct view *view,
                 const struct shares *shares, const struct rows *rows,
                 const struct report_options *options, FILE *out);

struct json_writer;

/* The members of an object of facts about a profile (cli.md), without its braces. */
void report_facts(struct json_writer *json, const struct model *model);
/* The member "thread_table": one object per thread, in the order of their coming; times since
 * the recording started. */
void report_threads(struct json_writer *json, const struct model *model);

#endif
