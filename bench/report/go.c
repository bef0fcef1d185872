#include "config.h"

#include <ctype.h>
#include <string.h>

#include "report/report.h"

static void add_cell(const struct results *results, const struct results_cell *cell,
                     struct strbuf *out);
static void add_name(struct strbuf *out, const char *name);
static void add_value(struct strbuf *out, const char *text);

/* Go's benchmark text (golang.org/design/14313), for benchstat. One line per process: lines
 * of one name are separate samples to it, and iterations of one process are none. */
bool go_report(const struct results *results, const struct report_style *style,
               struct strbuf *out)
{
    (void)style;
    strbuf_append_str(out, "ruff-version: ");
    add_value(out, results->environment.version);
    strbuf_append_str(out, "cpu: ");
    add_value(out, results->environment.cpu);
    strbuf_append_str(out, "Unit operations/op better=lower assume=exact\n");
    for (size_t i = 0; i < results->cell_count; i++) {
        if (results->cells[i].state == RESULTS_OK) {
            add_cell(results, &results->cells[i], out);
        }
    }
    return !strbuf_failed(out);
}

static void add_cell(const struct results *results, const struct results_cell *cell,
                     struct strbuf *out)
{
    for (size_t i = 0; i < cell->process_count; i++) {
        const struct series *series = &cell->processes[i];
        strbuf_append_str(out, "Benchmark");
        add_name(out, cell->benchmark->name);
        strbuf_append_format(out, "/mode=%s %zu %.15g ns/op %.0f B/op %.0f allocs/op",
                             ruff_mode_name(cell->mode),
                             series->samples.count * series->batch, series->median_ns,
                             series->work.bytes, series->work.allocations);
        if (results->settings.counts_ops) {
            strbuf_append_format(out, " %.0f operations/op", series->work.ops);
        }
        strbuf_append_char(out, '\n');
    }
}

/* fib_recursive → FibRecursive: a name starts with an upper-case letter and has no blank. */
static void add_name(struct strbuf *out, const char *name)
{
    bool is_start = true;
    if (!isalpha((unsigned char)name[0])) {
        strbuf_append_char(out, 'X');
    }
    for (; *name != '\0'; name++) {
        unsigned char byte = (unsigned char)*name;
        if (byte < 0x80 && !isalnum(byte)) {
            is_start = true;
        } else {
            strbuf_append_char(out, (char)(is_start ? toupper(byte) : byte));
            is_start = false;
        }
    }
}

static void add_value(struct strbuf *out, const char *text)
{
    strbuf_append(out, text, strcspn(text, "\r\n"));
    strbuf_append_char(out, '\n');
}
