/*
 * jobs.h - functions run by other isolates (language.md 18): spawn, spawn_task, parallel_map.
 *
 * A job carries its function as a snapshot parcel to whichever isolate takes it (pool.h); its
 * outcome comes back as a parcel by mail. The builtins of the same section are here.
 */
#ifndef RUFF_LIB_JOBS_H
#define RUFF_LIB_JOBS_H

#include "core/state.h"

/* Sets state->spawn and state->task_free. */
void jobs_attach(struct state *st);
/* The isolate's run ends: forgets the jobs whose outcome it waits for. */
void jobs_end_run(struct state *st);

/* An optional limit of parallel tasks, argument `at`; by default the pool size. False with an
   error set. */
bool jobs_limit(struct state *st, const char *name, const struct value *args,
                uint32_t nargs, uint32_t at, int64_t *limit);

#endif
