#ifndef RUFFPROF_ROWS_H
#define RUFFPROF_ROWS_H

/*
 * The lines of a flat report: a view grouped by function, line, file, tier, opcode,
 * thread or cause, with self and total. A recursive function's total counts every sample
 * once, however often the function is on its stack.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shares.h"
#include "view.h"

enum rows_by {
    ROWS_BY_FUNCTION,
    ROWS_BY_LINE,  /* of a function */
    ROWS_BY_PLACE, /* line of a file, whatever functions are on it; for annotate */
    ROWS_BY_FILE,
    ROWS_BY_TIER,
    ROWS_BY_OPCODE, /* of the innermost frame: self only */
    ROWS_BY_THREAD,
    ROWS_BY_CAUSE,
};

enum rows_sort {
    ROWS_SORT_SELF,
    ROWS_SORT_TOTAL
};

struct row {
    uint32_t name;     /* name index: what the row is called */
    uint32_t file;     /* name index; 0 = none */
    uint32_t line;     /* 0 = none */
    uint32_t function; /* model function for by function and line, else MODEL_NONE */
    enum rprof_tier tier;
    double self, total;
    uint64_t self_samples, total_samples;
    struct share self_share, total_share;
};

struct rows {
    struct row *rows; /* sorted; the first `shown` have shares */
    uint32_t count, shown;
};

/* Groups a view. `limit` = how many rows will be shown (0 = all); only those get
 * intervals. Names are added to the model when needed, hence not const. False when
 * memory is short. */
bool rows_init(struct rows *rows, struct model *model, const struct view *view,
               const struct shares *shares, enum rows_by by, enum rows_sort sort,
               uint32_t limit);
void rows_done(struct rows *rows);

bool rows_by_parse(const char *text, enum rows_by *out);
const char *rows_by_name(enum rows_by by);

#endif
