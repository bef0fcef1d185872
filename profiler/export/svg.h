#ifndef RUFFPROF_SVG_H
#define RUFFPROF_SVG_H

/* The flame graph as an `<svg>` element, for the SVG file and the HTML page. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "export/exporter.h"

/* Writes the element, its style and script included; false when memory is short. */
bool svg_write(const struct export_job *job, FILE *out);

/* Text for XML or HTML: only characters XML 1.0 allows, the five special ones escaped. */
void svg_escape(struct strbuf *out, const char *text);

/* 1234567 → "1,234,567". */
void svg_append_count(struct strbuf *out, uint64_t value);

#endif
