/*
 * recording_fixture.h - a runtime with a program and a place for its profile, for tests of
 * sessions. Everything asserts.
 */
#ifndef RECORDING_FIXTURE_H
#define RECORDING_FIXTURE_H

#include <ruffprof_session.h>
#include <stdint.h>

#include <ruff.h>

#include "model.h"

struct recording {
    struct ruff *r;
    struct ruff_program *program;
    char path[64]; /* of the profile; removed by recording_done */
};

/* Allocates in every way: growth, recursion, callbacks, closures, dicts, generators, errors. */
extern const char RECORDING_ALLOCATING[];
/* Nearly all time is spent in `spin`, below `outer`. */
extern const char RECORDING_SPINNING[];

void recording_init(struct recording *f, enum ruff_mode mode, const char *text);
void recording_done(struct recording *f);
/* Runs the program, which must end well. */
void recording_run(struct recording *f);
struct model *recording_read(const struct recording *f);

/* Records `runs` runs, more until there are `samples`, and reads the file. */
struct model *recording_make(struct recording *f,
                             const struct ruffprof_session_config *config,
                             uint64_t runs, uint64_t samples,
                             struct ruffprof_summary *summary);

/* Memory only, a sample every `mean` bytes; 0: every allocation. */
struct ruffprof_session_config recording_memory_config(const struct recording *f,
                                                       uint64_t mean);
/* CPU only, at 4999 Hz. */
struct ruffprof_session_config recording_cpu_config(const struct recording *f);

#endif
