#include "config.h"

#include "plan.h"

#include <stdlib.h>

#include "base/prng.h"

static void shuffle(struct plan_job *jobs, size_t count, struct prng *prng);

bool plan_init(struct plan *plan, size_t cell_count, size_t first_round, size_t rounds,
               uint64_t seed)
{
    if (cell_count != 0 && rounds > SIZE_MAX / sizeof(struct plan_job) / cell_count) {
        return false;
    }
    size_t count = cell_count * rounds;
    struct plan_job *jobs = malloc((count == 0 ? 1 : count) * sizeof *jobs);
    if (jobs == NULL) {
        return false;
    }
    struct prng prng;
    prng_seed(&prng, seed + first_round);
    for (size_t round = 0; round < rounds; round++) {
        struct plan_job *first = jobs + round * cell_count;
        for (size_t cell = 0; cell < cell_count; cell++) {
            first[cell] = (struct plan_job){cell, first_round + round};
        }
        shuffle(first, cell_count, &prng);
    }
    *plan = (struct plan){jobs, count};
    return true;
}

void plan_done(struct plan *plan)
{
    free(plan->jobs);
    *plan = (struct plan){0};
}

/* Fisher and Yates. */
static void shuffle(struct plan_job *jobs, size_t count, struct prng *prng)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)prng_below(prng, i);
        struct plan_job kept = jobs[i - 1];
        jobs[i - 1] = jobs[other];
        jobs[other] = kept;
    }
}
