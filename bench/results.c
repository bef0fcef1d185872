#include "config.h"

#include "results.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "textbuf.h"

#include "base/sizing.h"

static void cell_done(struct results_cell *cell);
static bool finish_cell(const struct results *results, struct results_cell *cell);
static bool collect(const struct results_cell *cell,
                    double (*pick)(const struct series *), double *scratch,
                    struct stats_summary *out);
static bool pool_samples(const struct results_cell *cell, struct stats_summary *out);
static bool add_outliers(struct results_cell *cell);
static void compare_outputs(struct results *results, size_t benchmark);
static void fail_with_difference(struct results_cell *cell, const char *than_what,
                                 const struct series_output *expected,
                                 const struct series_output *got);
static size_t quote_line(const struct series_output *output, size_t line, char *out,
                         size_t size);
static bool finish_speedups(struct results *results);
static bool find_pair(const struct results *results, size_t benchmark,
                      const struct results_cell **base,
                      const struct results_cell **best);
static double *medians_of(const struct results_cell *cell);

static double pick_median(const struct series *series);
static double pick_wall(const struct series *series);
static double pick_startup(const struct series *series);
static double pick_allocations(const struct series *series);
static double pick_bytes(const struct series *series);
static double pick_ops(const struct series *series);

bool results_init(struct results *results, const struct suite *suite,
                  const enum ruff_mode *modes, size_t mode_count,
                  const struct results_settings *settings)
{
    *results = (struct results){
        .suite = suite, .settings = *settings, .mode_count = mode_count};
    memcpy(results->modes, modes, mode_count * sizeof *modes);
    results->cell_count = suite->count * mode_count;
    size_t allocated = results->cell_count == 0 ? 1 : results->cell_count;
    results->cells = calloc(allocated, sizeof *results->cells);
    results->speedups = calloc(allocated, sizeof *results->speedups);
    if (results->cells == NULL || results->speedups == NULL) {
        results_done(results);
        return false;
    }
    for (size_t i = 0; i < results->cell_count; i++) {
        results->cells[i].benchmark = &suite->items[i / mode_count];
        results->cells[i].mode = modes[i % mode_count];
    }
    return true;
}

void results_done(struct results *results)
{
    for (size_t i = 0; results->cells != NULL && i < results->cell_count; i++) {
        cell_done(&results->cells[i]);
    }
    free(results->cells);
    free(results->speedups);
    *results = (struct results){0};
}

static void cell_done(struct results_cell *cell)
{
    for (size_t i = 0; i < cell->process_count; i++) {
        series_done(&cell->processes[i]);
    }
    free(cell->processes);
    free(cell->cpu.path);
    free(cell->memory.path);
}

struct results_cell *results_cell(struct results *results, size_t benchmark,
                                  size_t mode)
{
    return &results->cells[benchmark * results->mode_count + mode];
}

const struct results_cell *results_cell_of(const struct results *results,
                                           size_t benchmark, size_t mode)
{
    return &results->cells[benchmark * results->mode_count + mode];
}

/* ---- Collecting -------------------------------------------------------------- */

bool results_add(struct results_cell *cell, struct series *series)
{
    if (cell->state == RESULTS_FAILED) {
        return true;
    }
    if (cell->process_count == cell->process_capacity) {
        size_t capacity = cell->process_capacity == 0 ? SIZE_OR_TINY(16, 1)
                                                      : cell->process_capacity * 2;
        struct series *processes =
            realloc(cell->processes, capacity * sizeof *processes);
        if (processes == NULL) {
            results_fail(cell, "out of memory in the harness");
            return false;
        }
        cell->processes = processes;
        cell->process_capacity = capacity;
    }
    cell->state = RESULTS_OK;
    series_take(&cell->processes[cell->process_count++], series);
    const struct series_output *first = &cell->processes[0].output;
    const struct series_output *last = &cell->processes[cell->process_count - 1].output;
    if (!series_output_equal(first, last)) {
        fail_with_difference(cell, "in another process", first, last);
    }
    return true;
}

void results_fail(struct results_cell *cell, const char *format, ...)
{
    if (cell->state == RESULTS_FAILED) {
        return;
    }
    cell->state = RESULTS_FAILED;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cell->error, sizeof cell->error, format, arguments);
    va_end(arguments);
}

/* ---- Statistics -------------------------------------------------------------- */

bool results_finish(struct results *results)
{
    for (size_t i = 0; i < results->suite->count; i++) {
        compare_outputs(results, i);
    }
    results->ok_count = 0;
    results->failed_count = 0;
    results->not_run_count = 0;
    for (size_t i = 0; i < results->cell_count; i++) {
        struct results_cell *cell = &results->cells[i];
        if (cell->state == RESULTS_OK && !finish_cell(results, cell)) {
            return false;
        }
        results->ok_count += cell->state == RESULTS_OK;
        results->failed_count += cell->state == RESULTS_FAILED;
        results->not_run_count += cell->state == RESULTS_NOT_RUN;
    }
    return finish_speedups(results);
}

static bool finish_cell(const struct results *results, struct results_cell *cell)
{
    size_t count = cell->process_count;
    double *scratch = malloc(count * sizeof *scratch);
    enum steady_class *classes = malloc(count * sizeof *classes);
    struct stats_summary allocations;
    struct stats_summary bytes;
    struct stats_summary ops;
    bool ok = scratch != NULL && classes != NULL &&
              collect(cell, pick_allocations, scratch, &allocations) &&
              collect(cell, pick_bytes, scratch, &bytes) &&
              collect(cell, pick_ops, scratch, &ops) &&
              collect(cell, pick_wall, scratch, &cell->wall) &&
              collect(cell, pick_startup, scratch, &cell->startup) &&
              collect(cell, pick_median, scratch, &cell->summary) &&
              pool_samples(cell, &cell->samples) && add_outliers(cell);
    if (ok) {
        cell->work = (struct series_work){allocations.median, bytes.median, ops.median};
        /* scratch still holds the medians: collected last. */
        cell->has_interval =
            bootstrap_median(scratch, count, results->settings.resamples,
                             results->settings.seed, &cell->interval);
        cell->interrupted = 0;
        for (size_t i = 0; i < count; i++) {
            classes[i] = cell->processes[i].class;
            cell->interrupted += cell->processes[i].interrupted;
        }
        cell->class = steady_common(classes, count);
    }
    free(classes);
    free(scratch);
    return ok;
}

static bool collect(const struct results_cell *cell,
                    double (*pick)(const struct series *), double *scratch,
                    struct stats_summary *out)
{
    for (size_t i = 0; i < cell->process_count; i++) {
        scratch[i] = pick(&cell->processes[i]);
    }
    return stats_summarize(scratch, cell->process_count, out);
}

static bool pool_samples(const struct results_cell *cell, struct stats_summary *out)
{
    size_t count = 0;
    for (size_t i = 0; i < cell->process_count; i++) {
        count += cell->processes[i].samples.count;
    }
    double *all = malloc((count == 0 ? 1 : count) * sizeof *all);
    if (all == NULL) {
        return false;
    }
    size_t used = 0;
    for (size_t i = 0; i < cell->process_count; i++) {
        const struct series_times *samples = &cell->processes[i].samples;
        memcpy(all + used, samples->values, samples->count * sizeof *all);
        used += samples->count;
    }
    bool ok = stats_summarize(all, count, out);
    free(all);
    return ok;
}

static bool add_outliers(struct results_cell *cell)
{
    cell->outliers = (struct stats_outliers){0};
    for (size_t i = 0; i < cell->process_count; i++) {
        const struct series_times *samples = &cell->processes[i].samples;
        struct stats_outliers found;
        if (!stats_count_outliers(samples->values, samples->count, &found)) {
            return false;
        }
        cell->outliers.low_severe += found.low_severe;
        cell->outliers.low_mild += found.low_mild;
        cell->outliers.high_mild += found.high_mild;
        cell->outliers.high_severe += found.high_severe;
    }
    return true;
}

static double pick_median(const struct series *series)
{
    return series->median_ns;
}

static double pick_wall(const struct series *series)
{
    return series->median_wall_ns;
}

static double pick_startup(const struct series *series)
{
    return series->startup_ns;
}

static double pick_allocations(const struct series *series)
{
    return series->work.allocations;
}

static double pick_bytes(const struct series *series)
{
    return series->work.bytes;
}

static double pick_ops(const struct series *series)
{
    return series->work.ops;
}

double results_precision(const struct results_cell *cell)
{
    if (!cell->has_interval || !(cell->summary.median > 0.0)) {
        return (double)NAN;
    }
    return 50.0 * (cell->interval.high - cell->interval.low) / cell->summary.median;
}

/* ---- Outputs of the modes ---------------------------------------------------- */

/* The first mode that ran well sets the expectation: the tree walker, when it takes
 * part. */
static void compare_outputs(struct results *results, size_t benchmark)
{
    const struct results_cell *expected = NULL;
    for (size_t i = 0; i < results->mode_count; i++) {
        struct results_cell *cell = results_cell(results, benchmark, i);
        if (cell->state != RESULTS_OK) {
            continue;
        }
        if (expected == NULL) {
            expected = cell;
            continue;
        }
        const struct series_output *got = &cell->processes[0].output;
        if (!series_output_equal(&expected->processes[0].output, got)) {
            char than_what[32];
            textbuf_format(than_what, sizeof than_what, "in mode %s",
                           ruff_mode_name(expected->mode));
            fail_with_difference(cell, than_what, &expected->processes[0].output, got);
        }
    }
}

static void fail_with_difference(struct results_cell *cell, const char *than_what,
                                 const struct series_output *expected,
                                 const struct series_output *got)
{
    size_t common = expected->head_length < got->head_length ? expected->head_length
                                                             : got->head_length;
    size_t at = 0;
    size_t line = 1;
    while (at < common && expected->head[at] == got->head[at]) {
        line += expected->head[at] == '\n';
        at++;
    }
    if (at == common && expected->bytes == got->bytes) {
        results_fail(cell, "output differs from that %s somewhere after byte %zu",
                     than_what, at);
    } else if (at == common && common == SERIES_HEAD_SIZE) {
        results_fail(cell, "output differs: %llu bytes, but %llu %s",
                     (unsigned long long)got->bytes,
                     (unsigned long long)expected->bytes, than_what);
    } else {
        char now[96];
        char then[96];
        (void)quote_line(got, line, now, sizeof now);
        (void)quote_line(expected, line, then, sizeof then);
        results_fail(cell, "output differs in line %zu: \"%s\", but \"%s\" %s", line,
                     now, then, than_what);
    }
}

/* Line number `line` of the head, control bytes escaped, cut to fit. */
static size_t quote_line(const struct series_output *output, size_t line, char *out,
                         size_t size)
{
    size_t at = 0;
    for (size_t current = 1; current < line && at < output->head_length; at++) {
        current += output->head[at] == '\n';
    }
    enum {
        LONGEST_ESCAPE = 4
    };
    size_t used = 0;
    while (at < output->head_length && output->head[at] != '\n' &&
           used + LONGEST_ESCAPE < size) {
        unsigned char byte = (unsigned char)output->head[at++];
        if (byte < 0x20 || byte == 0x7f) {
            used += textbuf_format(out + used, size - used, "\\x%02x", byte);
        } else {
            out[used++] = (char)byte;
        }
    }
    out[used] = '\0';
    return used;
}

/* ---- Speedups ---------------------------------------------------------------- */

static bool finish_speedups(struct results *results)
{
    size_t benchmarks = results->suite->count;
    struct bootstrap_pair *pairs =
        calloc(benchmarks == 0 ? 1 : benchmarks, sizeof *pairs);
    if (pairs == NULL) {
        return false;
    }
    bool ok = true;
    size_t used = 0;
    results->geometric = (struct results_speedup){0};
    for (size_t i = 0; i < benchmarks && ok; i++) {
        struct results_speedup *speedup = &results->speedups[i];
        const struct results_cell *base;
        const struct results_cell *best;
        *speedup = (struct results_speedup){0};
        if (!find_pair(results, i, &base, &best)) {
            continue;
        }
        double *above = medians_of(base);
        double *below = medians_of(best);
        ok = above != NULL && below != NULL;
        struct bootstrap_pair pair = {above, base->process_count, below,
                                      best->process_count};
        speedup->base = base->mode;
        speedup->best = best->mode;
        speedup->exists =
            ok && compare_medians(&pair, results->settings.resamples,
                                  results->settings.seed, &speedup->ratio);
        /* Only benchmarks measured in the slowest *and* the fastest engine enter the
         * mean: others would change it without any change of speed. */
        if (speedup->exists && base->mode == results->modes[0] &&
            best->mode == results->modes[results->mode_count - 1]) {
            pairs[used++] = pair;
        } else {
            free(above);
            free(below);
        }
    }
    if (ok && used > 1) {
        results->geometric = (struct results_speedup){
            .base = results->modes[0],
            .best = results->modes[results->mode_count - 1],
            .benchmarks = used,
        };
        results->geometric.exists =
            compare_geometric(pairs, used, results->settings.resamples,
                              results->settings.seed, &results->geometric.ratio);
    }
    for (size_t i = 0; i < used; i++) {
        free((void *)(uintptr_t)pairs[i].numerator);
        free((void *)(uintptr_t)pairs[i].denominator);
    }
    free(pairs);
    return ok;
}

/* Slowest and fastest engine by design among those that ran well: modes are kept in that
 * order. */
static bool find_pair(const struct results *results, size_t benchmark,
                      const struct results_cell **base,
                      const struct results_cell **best)
{
    const struct results_cell *first = NULL;
    const struct results_cell *last = NULL;
    for (size_t i = 0; i < results->mode_count; i++) {
        const struct results_cell *cell = results_cell_of(results, benchmark, i);
        if (cell->state == RESULTS_OK) {
            first = first == NULL ? cell : first;
            last = cell;
        }
    }
    if (first == NULL || first == last) {
        return false;
    }
    *base = first;
    *best = last;
    return true;
}

static double *medians_of(const struct results_cell *cell)
{
    double *medians = malloc(cell->process_count * sizeof *medians);
    for (size_t i = 0; medians != NULL && i < cell->process_count; i++) {
        medians[i] = cell->processes[i].median_ns;
    }
    return medians;
}

const char *results_mode_title(enum ruff_mode mode)
{
    switch (mode) {
    case RUFF_MODE_INTERP: return "Interpreter";
    case RUFF_MODE_VM: return "VM";
    case RUFF_MODE_JIT: return "JIT";
    }
    return "";
}
