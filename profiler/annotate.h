#ifndef RUFFPROF_ANNOTATE_H
#define RUFFPROF_ANNOTATE_H

/* A script's source with the share of every line beside it. The text comes from the
 * profile; when that was made with --no-source, from the file, if it is still the same. */

#include <stdbool.h>
#include <stdio.h>

#include "view.h"

struct annotate_options {
    bool color;
    bool all; /* every line of every file; otherwise lines near those with samples */
};

/* Writes the sources of a view, the one with most samples first. False when memory is
 * short or the stream failed. */
bool annotate_write(struct model *model, const struct view *view,
                    const struct annotate_options *options, FILE *out);

#endif
