/* The order of measurement: benchmark × mode × process, interleaved and shuffled.
 *
 * Round r holds process r of every cell, in an order drawn from the seed: a slow drift
 * of the machine then widens every cell instead of favouring one (notes/statistics.md,
 * section 1). Cells are numbered benchmark · modes + mode. The same arguments give the
 * same plan on every machine. Thread safe. */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan_job {
    size_t cell;
    size_t round;
};

struct plan {
    struct plan_job *jobs; /* owned */
    size_t count;
};

/* false: no memory or a product that does not fit. */
bool plan_init(struct plan *plan, size_t cell_count, size_t first_round, size_t rounds,
               uint64_t seed);
void plan_done(struct plan *plan);

#endif
