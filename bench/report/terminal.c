#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "profiled.h"
#include "quantity.h"
#include "textbuf.h"

#include "base/diag.h"
#include "report/report.h"
#include "report/table.h"

/* Modes as rows call them, all equally wide. */
static const char *const SHORT_MODES[] = {
    [RUFF_MODE_INTERP] = "interp", [RUFF_MODE_VM] = "vm", [RUFF_MODE_JIT] = "jit"};

static void write_title(const struct results *results, const struct report_style *style,
                        struct strbuf *out);
static bool write_details(const struct results *results,
                          const struct report_style *style, struct strbuf *out);
static void add_details_header(struct table *table, const struct results *results,
                               const struct report_style *style);
static void add_cell_row(struct table *table, const struct results *results,
                         const struct results_cell *cell,
                         const struct report_style *style);
static void add_duration(struct table *table, enum table_color color, double ns);
static void add_interval(struct table *table, const struct results_cell *cell);
static void add_samples(struct table *table, const struct results_cell *cell);
static void add_class(struct table *table, enum steady_class class);
static bool write_comparison(const struct results *results,
                             const struct report_style *style, struct strbuf *out);
static void add_comparison_row(struct table *table, const struct results *results,
                               size_t benchmark);
static void add_total_row(struct table *table, const struct results *results);
static void add_geometric_row(struct table *table, const struct results *results);
static void add_speedup(struct table *table, const struct results_speedup *speedup);
static void format_range(char *out, size_t size,
                         const struct bootstrap_interval *interval, const char *mark);
static const struct results_cell *cell_in_mode(const struct results *results,
                                               size_t benchmark, enum ruff_mode mode);
static bool write_pictures(const struct results *results,
                           const struct report_style *style, struct strbuf *out);
static void add_picture(struct table *table, const struct results_cell *cell,
                        const struct results_profile *profile, bool is_memory);
static void write_summary(const struct results *results,
                          const struct report_style *style, struct strbuf *out);
static void write_notes(const struct results *results, const struct report_style *style,
                        struct strbuf *out);
static void write_spread_note(const struct results *results,
                              const struct report_style *style, struct strbuf *out);
static void write_note(struct strbuf *out, bool color, const char *text);

bool terminal_report(const struct results *results, const struct report_style *style,
                     struct strbuf *out)
{
    write_title(results, style, out);
    bool ok = write_details(results, style, out) &&
              write_comparison(results, style, out) &&
              write_pictures(results, style, out);
    write_summary(results, style, out);
    write_notes(results, style, out);
    return ok && !strbuf_failed(out);
}

static void write_title(const struct results *results, const struct report_style *style,
                        struct strbuf *out)
{
    const struct environment *env = &results->environment;
    char line[512];
    textbuf_format(line, sizeof line, "%s, %u processor%s, %s", env->cpu,
                   env->cpu_count, env->cpu_count == 1 ? "" : "s", env->kernel);
    table_paint(out, style->color, TABLE_DIM, line);
    strbuf_append_str(out, "\n\n");
}

/* ---- One row per benchmark and mode ------------------------------------------ */

static bool write_details(const struct results *results,
                          const struct report_style *style, struct strbuf *out)
{
    struct table table;
    table_init(&table, results->settings.counts_ops ? "lrrr" : "lrrrrrrrrlrr");
    add_details_header(&table, results, style);
    for (size_t i = 0; i < results->suite->count; i++) {
        char name[256];
        textbuf_format(name, sizeof name, "%s", results->suite->items[i].name);
        textbuf_make_printable(name);
        table_heading(&table, TABLE_BOLD, name);
        for (size_t j = 0; j < results->mode_count; j++) {
            add_cell_row(&table, results, results_cell_of(results, i, j), style);
        }
    }
    bool ok = table_write(&table, style->color, out);
    table_done(&table);
    return ok;
}

static void add_details_header(struct table *table, const struct results *results,
                               const struct report_style *style)
{
    static const char *const TIMES[] = {"",    "mean",    "median",        "min",
                                        "max", "stddev",  "95 % interval", "samples",
                                        "out", "warm-up", "allocs",        "bytes"};
    static const char *const OPS[] = {"", "operations", "allocs", "bytes"};
    (void)style;
    const char *const *names = results->settings.counts_ops ? OPS : TIMES;
    table_row(table);
    for (size_t i = 0; i < table->columns; i++) {
        table_cell(table, TABLE_DIM, names[i]);
    }
}

static void add_cell_row(struct table *table, const struct results *results,
                         const struct results_cell *cell,
                         const struct report_style *style)
{
    char mark[32];
    bool ok = cell->state == RESULTS_OK;
    textbuf_format(mark, sizeof mark, "%s %s",
                   ok                              ? "✓"
                   : cell->state == RESULTS_FAILED ? "✗"
                                                   : "–",
                   SHORT_MODES[cell->mode]);
    table_row(table);
    table_cell(table,
               ok                              ? TABLE_GREEN
               : cell->state == RESULTS_FAILED ? TABLE_RED
                                               : TABLE_DIM,
               mark);
    if (!ok) {
        char reason[RESULTS_ERROR_SIZE];
        textbuf_format(reason, sizeof reason, "%s",
                       cell->state == RESULTS_FAILED ? cell->error : "not run");
        textbuf_make_printable(reason);
        table_tail(table, cell->state == RESULTS_FAILED ? TABLE_RED : TABLE_DIM,
                   reason);
        return;
    }
    struct quantity count;
    struct quantity bytes;
    if (results->settings.counts_ops) {
        char ops[32];
        textbuf_format(ops, sizeof ops, "%.0f", cell->work.ops);
        table_cell(table, TABLE_BOLD, ops);
    } else {
        add_duration(table, TABLE_PLAIN, cell->summary.mean);
        add_duration(table, TABLE_BOLD, cell->summary.median);
        add_duration(table, TABLE_PLAIN, cell->summary.min);
        add_duration(table, TABLE_PLAIN, cell->summary.max);
        add_duration(table, TABLE_PLAIN, cell->summary.stddev);
        add_interval(table, cell);
        add_samples(table, cell);
        add_class(table, cell->class);
    }
    table_cell(table, TABLE_PLAIN, quantity_count(&count, cell->work.allocations));
    table_cell(table, TABLE_PLAIN, quantity_bytes(&bytes, cell->work.bytes));
    if (style->is_verbose && !results->settings.counts_ops) {
        char line[200];
        struct quantity startup;
        struct quantity wall;
        textbuf_format(line, sizeof line,
                       "first iteration %s, wall %s, samples of %u, %llu interrupted",
                       quantity_duration(&startup, cell->startup.median),
                       quantity_duration(&wall, cell->wall.median),
                       cell->processes[0].batch, (unsigned long long)cell->interrupted);
        table_row(table);
        table_cell(table, TABLE_PLAIN, "");
        table_tail(table, TABLE_DIM, line);
    }
}

static void add_duration(struct table *table, enum table_color color, double ns)
{
    struct quantity duration;
    table_cell(table, color, quantity_duration(&duration, ns));
}

static void add_interval(struct table *table, const struct results_cell *cell)
{
    struct quantity range;
    if (!cell->has_interval) {
        table_cell(table, TABLE_DIM, "–");
        return;
    }
    table_cell(
        table, TABLE_PLAIN,
        quantity_duration_range(&range, cell->interval.low, cell->interval.high));
}

/* Processes × samples of the typical process, then the outliers among all of them. */
static void add_samples(struct table *table, const struct results_cell *cell)
{
    char text[32];
    size_t processes = cell->process_count;
    textbuf_format(text, sizeof text, "%zu×%zu", processes,
                   (cell->samples.count + processes / 2) / processes);
    table_cell(table, TABLE_PLAIN, text);
    textbuf_format(text, sizeof text, "%zu", stats_outliers_total(&cell->outliers));
    table_cell(table, TABLE_PLAIN, text);
}

static void add_class(struct table *table, enum steady_class class)
{
    switch (class) {
    case STEADY_UNKNOWN: table_cell(table, TABLE_DIM, "–"); break;
    case STEADY_FLAT: table_cell(table, TABLE_PLAIN, "flat"); break;
    case STEADY_WARMUP: table_cell(table, TABLE_PLAIN, "warm-up"); break;
    case STEADY_SLOWDOWN: table_cell(table, TABLE_YELLOW, "slowdown"); break;
    case STEADY_NONE: table_cell(table, TABLE_YELLOW, "unsteady"); break;
    case STEADY_INCONSISTENT: table_cell(table, TABLE_YELLOW, "mixed"); break;
    }
}

/* ---- Engines side by side ---------------------------------------------------- */

static bool write_comparison(const struct results *results,
                             const struct report_style *style, struct strbuf *out)
{
    if (results->mode_count < 2 || results->settings.counts_ops) {
        return true;
    }
    struct table table;
    table_init(&table, "lrrrrrrrr");
    table_blank(&table);
    table_row(&table);
    table_cell(&table, TABLE_BOLD, "Median");
    for (int mode = RUFF_MODE_INTERP; mode <= RUFF_MODE_JIT; mode++) {
        table_cell(&table, TABLE_BOLD, results_mode_title((enum ruff_mode)mode));
    }
    table_cell(&table, TABLE_BOLD, "Speedup");
    table_cell(&table, TABLE_DIM, "95 % interval");
    /* The first iteration of a fresh process: what a short script feels. */
    for (size_t i = 0; i < results->mode_count; i++) {
        char title[32];
        textbuf_format(title, sizeof title, "first %s", SHORT_MODES[results->modes[i]]);
        table_cell(&table, TABLE_DIM, title);
    }
    table_rule(&table);
    for (size_t i = 0; i < results->suite->count; i++) {
        add_comparison_row(&table, results, i);
    }
    table_rule(&table);
    add_total_row(&table, results);
    add_geometric_row(&table, results);
    bool ok = table_write(&table, style->color, out);
    table_done(&table);
    return ok;
}

static void add_comparison_row(struct table *table, const struct results *results,
                               size_t benchmark)
{
    char name[256];
    textbuf_format(name, sizeof name, "%s", results->suite->items[benchmark].name);
    textbuf_make_printable(name);
    table_row(table);
    table_cell(table, TABLE_PLAIN, name);
    for (int mode = RUFF_MODE_INTERP; mode <= RUFF_MODE_JIT; mode++) {
        const struct results_cell *cell =
            cell_in_mode(results, benchmark, (enum ruff_mode)mode);
        if (cell == NULL || cell->state == RESULTS_NOT_RUN) {
            table_cell(table, TABLE_DIM, "–");
        } else if (cell->state == RESULTS_FAILED) {
            table_cell(table, TABLE_RED, "✗");
        } else {
            add_duration(table, TABLE_PLAIN, cell->summary.median);
        }
    }
    add_speedup(table, &results->speedups[benchmark]);
    for (size_t i = 0; i < results->mode_count; i++) {
        const struct results_cell *cell = results_cell_of(results, benchmark, i);
        add_duration(table, TABLE_DIM,
                     cell->state == RESULTS_OK ? cell->startup.median : (double)NAN);
    }
}

/* Sums over the benchmarks that ran well in every mode measured: other sums could not be
 * compared. */
static void add_total_row(struct table *table, const struct results *results)
{
    double totals[RESULTS_MODE_COUNT] = {0};
    size_t counted = 0;
    for (size_t i = 0; i < results->suite->count; i++) {
        bool is_whole = true;
        for (size_t j = 0; j < results->mode_count; j++) {
            is_whole = is_whole && results_cell_of(results, i, j)->state == RESULTS_OK;
        }
        for (size_t j = 0; j < results->mode_count && is_whole; j++) {
            const struct results_cell *cell = results_cell_of(results, i, j);
            totals[cell->mode] += cell->summary.median;
        }
        counted += is_whole;
    }
    char name[48];
    textbuf_format(name, sizeof name, "total (%zu)", counted);
    table_row(table);
    table_cell(table, TABLE_PLAIN, name);
    for (int mode = RUFF_MODE_INTERP; mode <= RUFF_MODE_JIT; mode++) {
        if (totals[mode] > 0.0) {
            add_duration(table, TABLE_PLAIN, totals[mode]);
        } else {
            table_cell(table, TABLE_DIM, "–");
        }
    }
}

static void add_geometric_row(struct table *table, const struct results *results)
{
    if (!results->geometric.exists) {
        return;
    }
    char name[48];
    textbuf_format(name, sizeof name, "geometric mean (%zu)",
                   results->geometric.benchmarks);
    table_row(table);
    table_cell(table, TABLE_BOLD, name);
    for (int mode = RUFF_MODE_INTERP; mode <= RUFF_MODE_JIT; mode++) {
        table_cell(table, TABLE_PLAIN, "");
    }
    add_speedup(table, &results->geometric);
}

/* Beside the colour stands a mark: "~" for a difference that may be none. */
static void add_speedup(struct table *table, const struct results_speedup *speedup)
{
    if (!speedup->exists) {
        table_cell(table, TABLE_DIM, "–");
        table_cell(table, TABLE_DIM, "–");
        return;
    }
    struct quantity ratio;
    enum table_color color = TABLE_PLAIN;
    const char *mark = "";
    switch (speedup->ratio.verdict) {
    case COMPARE_UNKNOWN: break;
    case COMPARE_FASTER: color = TABLE_GREEN; break;
    case COMPARE_SLOWER:
        color = TABLE_RED;
        mark = "  slower";
        break;
    case COMPARE_UNDECIDED:
        color = TABLE_YELLOW;
        mark = "  ~";
        break;
    }
    table_cell(table, color, quantity_ratio(&ratio, speedup->ratio.ratio));
    if (speedup->ratio.has_interval) {
        char range[96];
        format_range(range, sizeof range, &speedup->ratio.interval, mark);
        table_cell(table, TABLE_DIM, range);
    } else {
        table_cell(table, TABLE_DIM, "–");
    }
}

/* "3.90–4.10": two ratios without their sign. */
static void format_range(char *out, size_t size,
                         const struct bootstrap_interval *interval, const char *mark)
{
    struct quantity low;
    struct quantity high;
    quantity_ratio(&low, interval->low);
    quantity_ratio(&high, interval->high);
    textbuf_format(out, size, "%.*s–%.*s%s", (int)(strlen(low.text) - strlen("×")),
                   low.text, (int)(strlen(high.text) - strlen("×")), high.text, mark);
}

static const struct results_cell *cell_in_mode(const struct results *results,
                                               size_t benchmark, enum ruff_mode mode)
{
    for (size_t i = 0; i < results->mode_count; i++) {
        if (results->modes[i] == mode) {
            return results_cell_of(results, benchmark, i);
        }
    }
    return NULL;
}

/* ---- Flame graphs ------------------------------------------------------------ */

static bool write_pictures(const struct results *results,
                           const struct report_style *style, struct strbuf *out)
{
    struct table table;
    bool has_any = false;
    table_init(&table, "lrl");
    table_blank(&table);
    table_heading(&table, TABLE_BOLD, "Flame graphs");
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct results_cell *cell = &results->cells[i];
        add_picture(&table, cell, &cell->cpu, false);
        add_picture(&table, cell, &cell->memory, true);
        has_any = has_any || cell->cpu.was_asked || cell->memory.was_asked;
    }
    bool ok = !has_any || table_write(&table, style->color, out);
    table_done(&table);
    return ok;
}

static void add_picture(struct table *table, const struct results_cell *cell,
                        const struct results_profile *profile, bool is_memory)
{
    if (!profile->was_asked) {
        return;
    }
    table_row(table);
    if (!profile->ok) {
        char name[300];
        textbuf_format(name, sizeof name, "✗ %s %s %s", cell->benchmark->name,
                       SHORT_MODES[cell->mode], is_memory ? "mem" : "cpu");
        textbuf_make_printable(name);
        table_cell(table, TABLE_RED, name);
        table_cell(table, TABLE_PLAIN, "");
        table_tail(table, TABLE_RED, profile->error);
        return;
    }
    char found[64];
    char when[64];
    struct quantity bytes;
    struct quantity count;
    if (is_memory) {
        textbuf_format(found, sizeof found, "%s",
                       quantity_bytes(&bytes, (double)profile->bytes));
    } else {
        textbuf_format(found, sizeof found, "%s samples",
                       quantity_count(&count, (double)profile->samples));
    }
    /* The pass ends with enough samples or, which is to be said, with its time. */
    bool is_late = !is_memory && profile->samples < PROFILED_SAMPLES;
    textbuf_format(when, sizeof when, "in %s iterations%s",
                   quantity_count(&count, (double)profile->iterations),
                   is_late ? ", the limit of time" : "");
    struct strbuf path;
    strbuf_init(&path);
    diag_escape(&path, profile->path, strlen(profile->path));
    table_cell(table, TABLE_PLAIN, strbuf_str(&path));
    strbuf_done(&path);
    table_cell(table, TABLE_PLAIN, found);
    table_cell(table, TABLE_DIM, when);
}

/* ---- Summary ----------------------------------------------------------------- */

static void write_summary(const struct results *results,
                          const struct report_style *style, struct strbuf *out)
{
    struct quantity elapsed;
    char line[300];
    const char *separator = "";
    strbuf_append_char(out, '\n');
    if (results->ok_count > 0 || results->failed_count == 0) {
        textbuf_format(line, sizeof line, "✓ %zu ok", results->ok_count);
        table_paint(out, style->color, TABLE_GREEN, line);
        separator = "  ";
    }
    if (results->failed_count > 0) {
        textbuf_format(line, sizeof line, "%s✗ %zu failed", separator,
                       results->failed_count);
        table_paint(out, style->color, TABLE_RED, line);
        separator = "  ";
    }
    if (results->not_run_count > 0) {
        textbuf_format(line, sizeof line, "%s– %zu not run", separator,
                       results->not_run_count);
        table_paint(out, style->color, TABLE_YELLOW, line);
    }
    textbuf_format(
        line, sizeof line,
        "  ·  %zu benchmark%s × %zu mode%s × %zu process%s  ·  %s  ·  seed %llu\n",
        results->suite->count, results->suite->count == 1 ? "" : "s",
        results->mode_count, results->mode_count == 1 ? "" : "s",
        results->settings.processes, results->settings.processes == 1 ? "" : "es",
        quantity_duration(&elapsed, (double)results->elapsed_ns),
        (unsigned long long)results->settings.seed);
    strbuf_append_str(out, line);
}

static void write_notes(const struct results *results, const struct report_style *style,
                        struct strbuf *out)
{
    struct environment_warnings warnings;
    bool has_interval = true;
    bool is_unsteady = false;
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct results_cell *cell = &results->cells[i];
        has_interval =
            has_interval && (cell->state != RESULTS_OK || cell->has_interval);
        is_unsteady =
            is_unsteady ||
            (cell->state == RESULTS_OK &&
             (cell->class == STEADY_NONE || cell->class == STEADY_INCONSISTENT));
    }
    if (results->was_interrupted) {
        write_note(out, style->color, "interrupted: what was measured stands above");
    }
    if (!has_interval && !results->settings.counts_ops) {
        write_note(out, style->color,
                   "fewer than 5 processes: no interval, only min and max");
    }
    if (is_unsteady && !results->settings.counts_ops) {
        write_note(out, style->color,
                   "unsteady or mixed: no steady state to speak of; more --warmup or "
                   "--time may show one");
    }
    write_spread_note(results, style, out);
    environment_warn(&results->environment, &warnings);
    for (size_t i = 0; i < warnings.count; i++) {
        write_note(out, style->color, warnings.text[i]);
    }
}

/* Processes that differ much say that something outside the program decides: where code
 * and data lie, or a neighbour. The median hides it, so it is said. */
static void write_spread_note(const struct results *results,
                              const struct report_style *style, struct strbuf *out)
{
    enum {
        NAMED = 3
    };
    static const double WIDE = 0.10;
    char names[160] = "";
    size_t used = 0;
    size_t count = 0;
    for (size_t i = 0; i < results->cell_count; i++) {
        const struct results_cell *cell = &results->cells[i];
        if (cell->state != RESULTS_OK || results->settings.counts_ops ||
            cell->summary.max - cell->summary.min <= WIDE * cell->summary.median) {
            continue;
        }
        count++;
        if (count <= NAMED) {
            used += textbuf_format(names + used, sizeof names - used, "%s%s %s",
                                   count == 1 ? "" : ", ", cell->benchmark->name,
                                   SHORT_MODES[cell->mode]);
        }
    }
    if (count > NAMED) {
        textbuf_format(names + used, sizeof names - used, " and %zu more",
                       count - NAMED);
    }
    if (count > 0) {
        char line[300];
        textbuf_make_printable(names);
        textbuf_format(line, sizeof line,
                       "processes differ by more than 10 %%: %s: layout or a neighbour "
                       "decides, see min and max",
                       names);
        write_note(out, style->color, line);
    }
}

/* Broken at spaces; a continuation lies under the text. Bytes are counted for columns: a
 * line with marks of several bytes is a little shorter than it could be. */
static void write_note(struct strbuf *out, bool color, const char *text)
{
    enum {
        NOTE_BYTES = 116
    };
    table_paint(out, color, TABLE_YELLOW, "!");
    while (strlen(text) > NOTE_BYTES) {
        size_t length = NOTE_BYTES;
        while (length > 0 && text[length] != ' ') {
            length--;
        }
        if (length == 0) {
            break;
        }
        strbuf_append_char(out, ' ');
        strbuf_append(out, text, length);
        strbuf_append_str(out, "\n ");
        text += length + 1;
    }
    strbuf_append_char(out, ' ');
    strbuf_append_str(out, text);
    strbuf_append_char(out, '\n');
}
