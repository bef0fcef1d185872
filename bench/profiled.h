/* The profiled pass: the same program again, under the profiler, for pictures only.
 *
 * Its times are never mixed with measured ones. The CPU pass repeats the program until
 * PROFILED_SAMPLES samples are there or PROFILED_MAX_SECONDS have passed, without the time
 * in which it wanted a CPU and a busy machine gave it none; the memory pass counts every
 * allocation of PROFILED_MEMORY_ITERATIONS iterations exactly. Both write a flame graph as
 * SVG and leave the recording (.rprof) beside it. A program that allocates nothing gets a
 * picture that says so. */
#ifndef BENCH_PROFILED_H
#define BENCH_PROFILED_H

#include <stdbool.h>

#include "job.h"
#include "program.h"
#include "protocol.h"

#define PROFILED_SAMPLES           1000
#define PROFILED_MAX_SECONDS       20
#define PROFILED_MEMORY_ITERATIONS 5

/* Inside the worker, after program_load. Sends ticks on message_fd. false:
 * program->error says why; no picture was written. */
bool profiled_run(struct program *program, const struct job *job, int message_fd,
                  struct protocol_profile *out);

#endif
