#include "config.h"

#include <string.h>

#include "quantity.h"

#include "report/report.h"

static void add_header(const struct results *results, struct strbuf *out);
static void add_row(const struct results *results, size_t benchmark,
                    struct strbuf *out);
static void add_cell(const struct results_cell *cell, struct strbuf *out);
static void add_speedup(const struct results_speedup *speedup, struct strbuf *out);
static void add_text(struct strbuf *out, const char *text);
static void add_failures(const struct results *results, struct strbuf *out);
static void add_machine(const struct results *results, struct strbuf *out);

/* GitHub's tables: medians with half the interval, speedups with their interval. */
bool markdown_report(const struct results *results, const struct report_style *style,
                     struct strbuf *out)
{
    (void)style;
    add_header(results, out);
    for (size_t i = 0; i < results->suite->count; i++) {
        add_row(results, i, out);
    }
    if (results->geometric.exists) {
        strbuf_append_format(out, "| **geometric mean** (%zu)",
                             results->geometric.benchmarks);
        for (size_t i = 0; i < results->mode_count; i++) {
            strbuf_append_str(out, " |");
        }
        strbuf_append_str(out, " | ");
        add_speedup(&results->geometric, out);
        strbuf_append_str(out, " |\n");
    }
    add_failures(results, out);
    add_machine(results, out);
    return !strbuf_failed(out);
}

static void add_header(const struct results *results, struct strbuf *out)
{
    strbuf_append_str(out, "| Benchmark");
    for (size_t i = 0; i < results->mode_count; i++) {
        strbuf_append_format(out, " | %s", results_mode_title(results->modes[i]));
    }
    strbuf_append_str(out, results->mode_count > 1 ? " | Speedup |\n|:--" : " |\n|:--");
    for (size_t i = 0; i < results->mode_count; i++) {
        strbuf_append_str(out, "|--:");
    }
    strbuf_append_str(out, results->mode_count > 1 ? "|--:|\n" : "|\n");
}

static void add_row(const struct results *results, size_t benchmark, struct strbuf *out)
{
    strbuf_append_str(out, "| ");
    add_text(out, results->suite->items[benchmark].name);
    for (size_t i = 0; i < results->mode_count; i++) {
        strbuf_append_str(out, " | ");
        add_cell(results_cell_of(results, benchmark, i), out);
    }
    if (results->mode_count > 1) {
        strbuf_append_str(out, " | ");
        add_speedup(&results->speedups[benchmark], out);
    }
    strbuf_append_str(out, " |\n");
}

static void add_cell(const struct results_cell *cell, struct strbuf *out)
{
    struct quantity median;
    switch (cell->state) {
    case RESULTS_NOT_RUN: strbuf_append_str(out, "–"); return;
    case RESULTS_FAILED: strbuf_append_str(out, "✗"); return;
    case RESULTS_OK: break;
    }
    strbuf_append_str(out, quantity_duration(&median, cell->summary.median));
    if (cell->has_interval) {
        strbuf_append_format(out, " ± %.1f %%", results_precision(cell));
    }
}

static void add_speedup(const struct results_speedup *speedup, struct strbuf *out)
{
    if (!speedup->exists) {
        strbuf_append_str(out, "–");
        return;
    }
    struct quantity ratio;
    struct quantity low;
    struct quantity high;
    strbuf_append_str(out, quantity_ratio(&ratio, speedup->ratio.ratio));
    if (speedup->ratio.has_interval) {
        strbuf_append_format(out, " [%s, %s]",
                             quantity_ratio(&low, speedup->ratio.interval.low),
                             quantity_ratio(&high, speedup->ratio.interval.high));
    }
}

/* A bar ends a column, the rest would be markup. */
static void add_text(struct strbuf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\|*_`<>[]", *text) != NULL) {
            strbuf_append_char(out, '\\');
        }
        strbuf_append_char(out, *text == '\n' || *text == '\r' ? ' ' : *text);
    }
}

static void add_failures(const struct results *results, struct strbuf *out)
{
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct results_cell *cell = &results->cells[i];
        if (cell->state != RESULTS_FAILED) {
            continue;
        }
        strbuf_append_str(out, "\n- ✗ ");
        add_text(out, cell->benchmark->name);
        strbuf_append_format(out, " (%s): ", ruff_mode_name(cell->mode));
        add_text(out, cell->error);
    }
    if (results->failed_count > 0) {
        strbuf_append_char(out, '\n');
    }
}

static void add_machine(const struct results *results, struct strbuf *out)
{
    strbuf_append_format(
        out, "\nMedian of per-process medians, %zu process%s, seed %llu; ",
        results->settings.processes, results->settings.processes == 1 ? "" : "es",
        (unsigned long long)results->settings.seed);
    add_text(out, results->environment.cpu);
    strbuf_append_format(out, ", ruff %s.\n", results->environment.version);
}
