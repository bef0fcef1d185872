#include "config.h"

#include "pictures.h"

#include <stdio.h>
#include <stdlib.h>

struct progress_state {
    const struct runner_config *config;
    const struct results_cell *cell;
    size_t done;
    size_t total;
};

static bool make_one(const struct pictures_config *pictures,
                     const struct runner_config *config, struct results *results,
                     struct results_cell *cell, bool is_memory,
                     struct progress_state *progress);
static void take_report(struct results *results, struct runner_report *report,
                        struct results_profile *profile);
static char *title_of(const struct results_cell *cell, bool is_memory);
static void report_progress(void *context);

bool pictures_make(const struct pictures_config *pictures,
                   const struct runner_config *config, struct results *results)
{
    struct progress_state progress = {.config = config};
    for (size_t i = 0; i < results->cell_count; i++) {
        progress.total += results->cells[i].state == RESULTS_OK;
    }
    progress.total *= (size_t)pictures->wants_cpu + (size_t)pictures->wants_memory;
    for (size_t i = 0; i < results->cell_count; i++) {
        struct results_cell *cell = &results->cells[i];
        for (int kind = 0; kind < 2; kind++) {
            bool is_memory = kind == 1;
            bool is_wanted = is_memory ? pictures->wants_memory : pictures->wants_cpu;
            if (cell->state != RESULTS_OK || !is_wanted || results->was_interrupted) {
                continue;
            }
            progress.cell = cell;
            if (!make_one(pictures, config, results, cell, is_memory, &progress)) {
                return false;
            }
            progress.done++;
        }
    }
    return true;
}

static bool make_one(const struct pictures_config *pictures,
                     const struct runner_config *config, struct results *results,
                     struct results_cell *cell, bool is_memory,
                     struct progress_state *progress)
{
    const struct suite_benchmark *benchmark = cell->benchmark;
    struct results_profile *profile = is_memory ? &cell->memory : &cell->cpu;
    struct runner_report *report = malloc(sizeof *report);
    char *path = pictures_path(pictures->folder, benchmark, cell->mode, is_memory);
    char *title = title_of(cell, is_memory);
    bool ok = report != NULL && path != NULL && title != NULL;
    if (ok) {
        struct job job = {
            .pass = is_memory ? JOB_PROFILE_MEMORY : JOB_PROFILE_CPU,
            .path = benchmark->path,
            .function = benchmark->function == NULL ? "" : benchmark->function,
            .mode = cell->mode,
            .hash_seed = results->settings.seed + 1,
            .max_memory = results->settings.max_memory,
            .input = config->input == NULL ? "" : config->input,
            .svg = path,
            .title = title,
        };
        profile->was_asked = true;
        ok = runner_run_job(config, &job, results->settings.timeout_s,
                            results->settings.pin_cpu, report_progress, progress,
                            report);
        if (ok) {
            take_report(results, report, profile);
        }
        if (ok && profile->ok) {
            profile->path = path;
            path = NULL;
        }
        runner_report_done(report);
    }
    free(title);
    free(path);
    free(report);
    return ok;
}

static void take_report(struct results *results, struct runner_report *report,
                        struct results_profile *profile)
{
    if (report->outcome.end == PROCESS_INTERRUPTED) {
        results->was_interrupted = true;
    }
    profile->ok = !runner_explain(report, results->settings.timeout_s, profile->error,
                                  sizeof profile->error);
    profile->iterations = report->profile.iterations;
    profile->samples = report->profile.samples;
    profile->bytes = report->profile.bytes;
    profile->lost = report->profile.lost;
}

char *pictures_path(const char *folder, const struct suite_benchmark *benchmark,
                    enum ruff_mode mode, bool is_memory)
{
    char *path = NULL;
    int length =
        asprintf(&path, "%s/%s-%s.%s.%s.svg", folder, benchmark->suite, benchmark->name,
                 ruff_mode_name(mode), is_memory ? "mem" : "cpu");
    return length < 0 ? NULL : path;
}

static char *title_of(const struct results_cell *cell, bool is_memory)
{
    char *title = NULL;
    int length = asprintf(&title, "%s: %s (%s)", cell->benchmark->name,
                          is_memory ? "bytes allocated" : "CPU time",
                          ruff_mode_name(cell->mode));
    return length < 0 ? NULL : title;
}

static void report_progress(void *context)
{
    const struct progress_state *progress = context;
    if (progress->config->progress != NULL) {
        progress->config->progress(progress->config->progress_context, progress->cell,
                                   progress->done, progress->total);
    }
}
