#ifndef RUFFPROF_EXPORTER_H
#define RUFFPROF_EXPORTER_H

/*
 * The table of formats a profile can be written in. An exporter reads a model and views of
 * it and writes to a stream; it knows nothing of files, options or terminals. To add one:
 * a file with one function, a row in exporter.c, a golden file (CONTRIBUTING.md).
 *
 * The same job gives the same bytes every time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "view.h"

struct strbuf;

/* How a flame graph is drawn. All-zero is the default picture. */
struct svg_style {
    const char *title; /* NULL = made of the script's name */
    uint32_t width;    /* pixels; 0 = 1200, growing with the window */
    double
        min_percent; /* frames narrower than this share are left out; 0 = 0.1 pixel */
    bool invert;     /* root at the top */
    enum {
        SVG_BY_DEFAULT,
        SVG_BY_TIER,
        SVG_BY_NAME,
        SVG_BY_CAUSE
    } color;
};

struct export_job {
    struct model *model;
    const struct view *view;          /* what folded, SVG and callgrind show */
    const struct view_filter *filter; /* for formats that need more than one view */
    struct svg_style style;
};

struct exporter {
    const char *name;     /* "folded" */
    const char *suffixes; /* ".folded .collapsedstack.txt": guessed from a file name */
    const char *description; /* for --help */
    bool (*write)(const struct export_job *job, FILE *out);
};

/* All formats; `*count` of them. Constant. */
const struct exporter *exporter_table(size_t *count);
/* By name, or NULL. */
const struct exporter *exporter_find(const char *name);
/* By the end of a file name, or NULL. */
const struct exporter *exporter_guess(const char *path);

/*
 * Writes the job in one format. True when every byte was taken by the stream (not
 * flushed) and memory sufficed.
 */
bool exporter_write(const struct exporter *exporter, const struct export_job *job,
                    FILE *out);

/* -- Shared by the exporters ------------------------------------------------ */

/* A frame name as valid UTF-8 without control characters, appended to `out`. */
void exporter_clean_name(struct strbuf *out, const char *name);

bool export_folded(const struct export_job *job, FILE *out);
bool export_svg(const struct export_job *job, FILE *out);
bool export_html(const struct export_job *job, FILE *out);
bool export_speedscope(const struct export_job *job, FILE *out);
bool export_callgrind(const struct export_job *job, FILE *out);
bool export_pprof(const struct export_job *job, FILE *out);
bool export_firefox(const struct export_job *job, FILE *out);
bool export_json(const struct export_job *job, FILE *out);

#endif
