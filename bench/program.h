/* A loaded program and how to run it once: what worker and profiled pass share.
 *
 * One iteration is the whole program in fresh globals or, for a bench_NAME() function,
 * one call after the top level has run once. Its output must be the same as that of the
 * first iteration. Not thread safe; no globals. */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include <ruff.h>

#include "job.h"
#include "protocol.h"
#include "sink.h"

#include "base/os_linux.h"

struct program {
    struct ruff *runtime;         /* owned */
    struct ruff_program *program; /* owned */
    const char *function;         /* borrowed; NULL = whole program */
    bool is_begun;                /* the top level has run: ruff_run_end is due */
    struct sink sink;
    struct os_file input; /* owned */
    bool has_reference;
    struct series_output reference; /* of the first iteration */
    char error[PROTOCOL_REASON_SIZE];
};

/* Makes the runtime and loads the file; for a function, runs the top level as well.
 * false: program->error says why. Call program_done either way. The struct must not move
 * afterwards: the runtime holds a pointer to the sink. */
bool program_load(struct program *program, const struct job *job);
void program_done(struct program *program);

/* One iteration. What it printed is compared with the first one (three integers: the
 * comparison may stay inside a timed span). false: it failed or printed something else;
 * program->error says why. */
bool program_run(struct program *program);

#endif
