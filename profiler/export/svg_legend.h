#ifndef RUFFPROF_SVG_LEGEND_H
#define RUFFPROF_SVG_LEGEND_H

/* Which colour each frame of a picture has, and the legend that explains it. */

#include <stdbool.h>
#include <stdint.h>

#include "export/exporter.h"
#include "export/svg_color.h"

struct svg_legend {
    /* private part */
    const struct export_job *job;
    unsigned scheme;       /* as struct svg_style's color, after falling back */
    uint32_t *cause_rank;  /* by view node: the cause of most of its value; owned */
    uint32_t *cause_names; /* by rank: name index; owned */
    double *cause_values;  /* by rank; owned */
    uint32_t cause_count;
};

bool svg_legend_init(struct svg_legend *legend, const struct export_job *job);
void svg_legend_done(struct svg_legend *legend);

/* The colour of a view node. */
struct svg_rgb svg_legend_color(const struct svg_legend *legend, uint32_t node);

/* Appends the legend as SVG, from (x, y) on and at most `room` pixels wide. */
void svg_legend_append(const struct svg_legend *legend, struct strbuf *out, double x,
                       double y, double room);

#endif
