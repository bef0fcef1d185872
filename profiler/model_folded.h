#ifndef RUFFPROF_MODEL_FOLDED_H
#define RUFFPROF_MODEL_FOLDED_H

/* Folded stacks (`frame;frame COUNT`, spec/formats.md 1) read into a model, so that the
 * reports and pictures work on other profilers' output too. Such text has no times, tiers,
 * lines or threads; a count is one model sample whose weight is the count. */

#include <stddef.h>
#include <stdint.h>

#include "model.h"

/* MODEL_FOREIGN when no line is of the format. Lines that are not are counted in
 * `damage.damaged_records`. */
enum model_status model_folded_read(struct model **out, const uint8_t *bytes,
                                    size_t count);

#endif
