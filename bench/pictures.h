/* The profiled pass as the harness sees it: one process per benchmark, mode and kind,
 * after everything was timed, each leaving a flame graph in the output folder.
 *
 * What happens inside such a process is profiled.h's business. Not thread safe. */
#ifndef BENCH_PICTURES_H
#define BENCH_PICTURES_H

#include <stdbool.h>

#include "results.h"
#include "runner.h"

struct pictures_config {
    bool wants_cpu;
    bool wants_memory;
    const char *folder; /* exists */
};

/* Fills the profiles of every cell that was measured well. A pass that fails marks its
 * own picture only. false: no memory; interrupts set results->was_interrupted. */
bool pictures_make(const struct pictures_config *pictures,
                   const struct runner_config *config, struct results *results);

/* FOLDER/SUITE-NAME.MODE.cpu.svg or .mem.svg; the caller frees it. NULL: no memory. */
char *pictures_path(const char *folder, const struct suite_benchmark *benchmark,
                    enum ruff_mode mode, bool is_memory);

#endif
