/* Runs the plan: one fresh process after the other, whatever happens to them.
 *
 * A job whose process crashes, hangs, stops early or sends nonsense fails its cell with a
 * reason; the others go on, and further processes of a failed cell are not started. An
 * interrupt (descriptor, usually a signalfd) stops the run; what was measured stays.
 * Not thread safe; no globals. */
#ifndef BENCH_RUNNER_H
#define BENCH_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job.h"
#include "process.h"
#include "protocol.h"
#include "results.h"

struct runner_config {
    const char *program; /* started as `program --worker …` */
    int interrupt_fd;    /* −1 = none */
    const char *input;   /* file replayed as the programs' standard input, or NULL */
    /* Called before each process and about every 100 ms; may be NULL. */
    void (*progress)(void *context, const struct results_cell *cell, size_t done,
                     size_t total);
    void *progress_context;
};

/* Measures every cell. false: no memory in the harness. Interrupted runs return true
 * with results->was_interrupted set. Call results_finish afterwards. */
bool runner_measure(const struct runner_config *config, struct results *results);

/* What one process said and how it ended. */
struct runner_report {
    bool has_series;
    bool has_profile;
    bool has_failure;
    enum protocol_phase phase; /* the last one announced */
    char reason[PROTOCOL_REASON_SIZE];
    struct series series; /* owned when has_series */
    struct protocol_profile profile;
    struct process_outcome outcome;
};

/* Runs one job in a process of its own. false: the arguments did not fit into memory. The
 * caller ends *out with runner_report_done. */
bool runner_run_job(const struct runner_config *config, const struct job *job,
                    double timeout_s, int pin_cpu, void (*idle)(void *),
                    void *idle_context, struct runner_report *out);
void runner_report_done(struct runner_report *report);

/* One line: why the process gave no result ("crashed in warm-up: SIGSEGV …"). Valid
 * reports (has_series or has_profile, exit code 0) have no reason: false. */
bool runner_explain(const struct runner_report *report, double timeout_s, char *out,
                    size_t size);

#endif
