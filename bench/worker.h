/* Inside one worker process: load a program once, warm it up, time it, report.
 *
 * The harness starts `ruffbench --worker …` (a hidden command) for every benchmark, mode and round; the worker answers on descriptor
 * PROCESS_MESSAGE_FD in the words of protocol.h. A worker that dies says nothing; the
 * harness sees that.
 *
 * One iteration is the whole program in fresh globals, or one call of a bench_NAME()
 * function. Output is discarded after it was hashed and must be the same in every
 * iteration. No globals. */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include "job.h"

/* Samples last at least this long, by batching iterations (notes/statistics.md, 5). */
#define WORKER_SAMPLE_NS 1000000u

/* Share of the time budget that warming up may take when its length is not fixed. */
#define WORKER_WARMUP_SHARE 0.3
#define WORKER_MIN_WARMUP   2
#define WORKER_MIN_SAMPLES  3
#define WORKER_MAX_SAMPLES  10000

/* The worker's main: reports on message_fd; 0 when a series or a profile was sent, 1
 * when a failure was. */
int worker_run(const struct job *job, int message_fd);

#endif
