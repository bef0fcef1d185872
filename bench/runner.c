#include "config.h"

#include "runner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "textbuf.h"

/* With --precision, a cell may get up to this many times the processes asked for. */
enum {
    PRECISION_FACTOR = 3
};

struct progress_state {
    const struct runner_config *config;
    const struct results_cell *cell;
    size_t done;
    size_t total;
};

static bool run_rounds(const struct runner_config *config, struct results *results,
                       size_t first_round, size_t rounds);
static bool needs_more(const struct results *results, const struct results_cell *cell);
static void run_cell(const struct runner_config *config, struct results *results,
                     struct results_cell *cell, size_t round,
                     struct progress_state *progress);
static struct job job_for(const struct runner_config *config,
                          const struct results *results,
                          const struct results_cell *cell, size_t round);
static void report_progress(void *context);
static bool consume(void *context, const char *data, size_t length);
static void handle_message(void *context, struct protocol_message *message);
static const char *last_words(const struct process_outcome *outcome, char *out,
                              size_t size);

struct conversation {
    struct protocol_reader reader;
    struct runner_report *report;
};

/* ---- Rounds ------------------------------------------------------------------ */

bool runner_measure(const struct runner_config *config, struct results *results)
{
    size_t processes = results->settings.processes;
    bool ok = run_rounds(config, results, 0, processes);
    if (ok && results->settings.precision > 0.0) {
        size_t limit = processes * PRECISION_FACTOR;
        for (size_t round = processes; round < limit && ok; round++) {
            ok = results_finish(results);
            bool is_open = false;
            for (size_t i = 0; i < results->cell_count; i++) {
                is_open = is_open || needs_more(results, &results->cells[i]);
            }
            if (!ok || !is_open || results->was_interrupted) {
                break;
            }
            ok = run_rounds(config, results, round, 1);
        }
    }
    return ok;
}

static bool run_rounds(const struct runner_config *config, struct results *results,
                       size_t first_round, size_t rounds)
{
    struct plan plan;
    if (!plan_init(&plan, results->cell_count, first_round, rounds,
                   results->settings.seed)) {
        return false;
    }
    struct progress_state progress = {.config = config, .total = plan.count};
    for (size_t i = 0; i < plan.count && !results->was_interrupted; i++) {
        struct results_cell *cell = &results->cells[plan.jobs[i].cell];
        progress.cell = cell;
        progress.done = i;
        bool is_extra = plan.jobs[i].round >= results->settings.processes;
        if (cell->state != RESULTS_FAILED && (!is_extra || needs_more(results, cell))) {
            report_progress(&progress);
            run_cell(config, results, cell, plan.jobs[i].round, &progress);
        }
    }
    plan_done(&plan);
    return true;
}

static bool needs_more(const struct results *results, const struct results_cell *cell)
{
    double precision = results_precision(cell);
    return cell->state == RESULTS_OK &&
           (isnan(precision) || precision > results->settings.precision);
}

static void run_cell(const struct runner_config *config, struct results *results,
                     struct results_cell *cell, size_t round,
                     struct progress_state *progress)
{
    struct job job = job_for(config, results, cell, round);
    struct runner_report *report = malloc(sizeof *report);
    if (report == NULL) {
        results_fail(cell, "out of memory in the harness");
        return;
    }
    double timeout_s = results->settings.timeout_s;
    char reason[RESULTS_ERROR_SIZE];
    if (!runner_run_job(config, &job, timeout_s, results->settings.pin_cpu,
                        report_progress, progress, report)) {
        results_fail(cell, "out of memory in the harness");
    } else if (report->outcome.end == PROCESS_INTERRUPTED) {
        results->was_interrupted = true;
    } else if (runner_explain(report, timeout_s, reason, sizeof reason)) {
        results_fail(cell, "%s", reason);
    } else {
        (void)results_add(cell, &report->series);
    }
    runner_report_done(report);
    free(report);
}

static struct job job_for(const struct runner_config *config,
                          const struct results *results,
                          const struct results_cell *cell, size_t round)
{
    const struct results_settings *settings = &results->settings;
    const struct suite_benchmark *benchmark = cell->benchmark;
    double share_s = settings->time_s / (double)settings->processes;
    return (struct job){
        .pass = JOB_TIMED,
        .path = benchmark->path,
        .function = benchmark->function == NULL ? "" : benchmark->function,
        .mode = cell->mode,
        /* The same for all modes of a round, another one each round: the layout of
         * hashed data is sampled like that of the address space. 0 would be random. */
        .hash_seed = settings->seed + round + 1,
        .max_memory = settings->max_memory,
        .iterations = settings->iterations,
        .has_warmup = settings->has_warmup,
        .warmup = settings->warmup,
        .budget_ns = (uint64_t)(share_s * 1e9),
        .counts_ops = settings->counts_ops,
        .input = config->input == NULL ? "" : config->input,
        .svg = "",
        .title = "",
    };
}

static void report_progress(void *context)
{
    const struct progress_state *progress = context;
    if (progress->config->progress != NULL) {
        progress->config->progress(progress->config->progress_context, progress->cell,
                                   progress->done, progress->total);
    }
}

/* ---- One job ----------------------------------------------------------------- */

bool runner_run_job(const struct runner_config *config, const struct job *job,
                    double timeout_s, int pin_cpu, void (*idle)(void *),
                    void *idle_context, struct runner_report *out)
{
    *out = (struct runner_report){.phase = PROTOCOL_STARTING};
    series_init(&out->series);
    struct job_argv argv;
    if (!job_argv_init(&argv, config->program, job)) {
        return false;
    }
    struct conversation conversation = {.report = out};
    protocol_reader_init(&conversation.reader);
    struct process_spec spec = {
        .argv = argv.items,
        .input_fd = -1,
        .interrupt_fd = config->interrupt_fd,
        .pin_cpu = pin_cpu,
        .silence_ns = (uint64_t)(timeout_s * 1e9),
        .consume = consume,
        .consume_context = &conversation,
        .idle = idle,
        .idle_context = idle_context,
    };
    process_run(&spec, &out->outcome);
    protocol_reader_done(&conversation.reader);
    job_argv_done(&argv);
    return true;
}

void runner_report_done(struct runner_report *report)
{
    series_done(&report->series);
}

static bool consume(void *context, const char *data, size_t length)
{
    struct conversation *conversation = context;
    return protocol_feed(&conversation->reader, data, length, handle_message,
                         conversation->report);
}

static void handle_message(void *context, struct protocol_message *message)
{
    struct runner_report *report = context;
    switch (message->type) {
    case PROTOCOL_PHASE: report->phase = message->phase; break;
    case PROTOCOL_TICK: break;
    case PROTOCOL_FAILURE:
        report->has_failure = true;
        memcpy(report->reason, message->reason, sizeof report->reason);
        break;
    case PROTOCOL_SERIES:
        series_done(&report->series);
        series_take(&report->series, &message->series);
        report->has_series = true;
        break;
    case PROTOCOL_PROFILED:
        report->profile = message->profile;
        report->has_profile = true;
        break;
    }
}

/* ---- Reasons ----------------------------------------------------------------- */

bool runner_explain(const struct runner_report *report, double timeout_s, char *out,
                    size_t size)
{
    const struct process_outcome *outcome = &report->outcome;
    const char *when = protocol_phase_words(report->phase);
    char words[256];
    switch (outcome->end) {
    case PROCESS_NOT_STARTED:
        textbuf_format(out, size, "the worker could not be started: %s",
                       strerror(outcome->code));
        return true;
    case PROCESS_SILENT:
        textbuf_format(out, size, "timed out %s: no sign of life for %g s (--timeout)",
                       when, timeout_s);
        return true;
    case PROCESS_INTERRUPTED:
        textbuf_format(out, size, "interrupted %s", when);
        return true;
    case PROCESS_FLOODED:
        textbuf_format(out, size, "the worker's messages were damaged %s", when);
        return true;
    case PROCESS_SIGNALLED:
        textbuf_format(
            out, size, "crashed %s: SIG%s (%s)%s", when,
            sigabbrev_np(outcome->code) == NULL ? "?" : sigabbrev_np(outcome->code),
            strsignal(outcome->code), last_words(outcome, words, sizeof words));
        return true;
    case PROCESS_EXITED: break;
    }
    if (report->has_failure) {
        textbuf_format(out, size, "%s", report->reason);
        return true;
    }
    if ((!report->has_series && !report->has_profile) || outcome->code != 0) {
        textbuf_format(out, size, "ended %s with exit code %d%s", when, outcome->code,
                       last_words(outcome, words, sizeof words));
        return true;
    }
    return false;
}

/* ": " and the last line the process wrote to its standard error; "" without one. */
static const char *last_words(const struct process_outcome *outcome, char *out,
                              size_t size)
{
    const char *text = outcome->errors.text;
    size_t end = outcome->errors.length;
    while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == '\r')) {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && text[begin - 1] != '\n') {
        begin--;
    }
    if (begin == end) {
        out[0] = '\0';
        return out;
    }
    textbuf_format(out, size, ": %.*s", (int)(end - begin), text + begin);
    textbuf_make_printable(out);
    return out;
}
