#ifndef RUFFPROF_MODEL_SETTLE_H
#define RUFFPROF_MODEL_SETTLE_H

/* The second half of reading a profile: what can be said only when the whole file was seen.
 * Marks are applied to samples by time, allocations get their weights, frees make live,
 * temporary and peak bytes. A part of model_read.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct model_mark {
    uint64_t time_ns, value;
    size_t order; /* in the file: keeps marks of one moment as they were written */
    enum rprof_mark kind;
};

/* What became of an allocation; by the model's index of it. */
struct model_freed {
    uint64_t time_ns, age;
    bool seen;
};

/* Collected while the records were taken. */
struct model_settle {
    struct model_mark *marks; /* owned */
    size_t mark_count, mark_room;
    struct model_freed *freed; /* one per model->allocs entry; owned */
    size_t freed_room;
    uint64_t first_ns, last_ns; /* of any record; the clock does not start at 0 */
    uint64_t end_samples, stated_lost; /* from the end block; 0 without one */
};

/* Completes the model (model_finish excepted). False when memory is short. */
bool model_settle(struct model *model, struct model_settle *settle,
                  const struct rprof_damage *damage);
void model_settle_done(struct model_settle *settle);

#endif
