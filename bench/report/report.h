/* The reports of a run: one table, one file each.
 *
 * A report is a pure function from finished results to text: no clock, no file, no
 * terminal, so golden tests hold for all of them. Which report goes where is the
 * command's business (ruffbench_main.c). Thread safe. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "results.h"

#include "base/strbuf.h"

struct report_style {
    bool color;      /* ANSI colours: only for a terminal */
    bool is_verbose; /* terminal: start-up, wall time and batch as well */
};

/* Appends the report to *out. false: no memory. */
typedef bool (*report_write_fn)(const struct results *results,
                                const struct report_style *style, struct strbuf *out);

struct report_format {
    const char *name; /* as in options: "json" */
    const char
        *option; /* "json": --json FILE; "export": --export=NAME=FILE; NULL = always */
    const char *help;
    report_write_fn write;
};

/* All formats; ends with name NULL. The first is the terminal's. */
const struct report_format *report_formats(void);

/* NULL when there is no such format. */
const struct report_format *report_find(const char *name);

bool terminal_report(const struct results *results, const struct report_style *style,
                     struct strbuf *out);
bool json_report(const struct results *results, const struct report_style *style,
                 struct strbuf *out);
bool csv_report(const struct results *results, const struct report_style *style,
                struct strbuf *out);
bool markdown_report(const struct results *results, const struct report_style *style,
                     struct strbuf *out);
bool go_report(const struct results *results, const struct report_style *style,
               struct strbuf *out);
bool exchange_bmf(const struct results *results, const struct report_style *style,
                  struct strbuf *out);
bool exchange_hyperfine(const struct results *results, const struct report_style *style,
                        struct strbuf *out);

#endif
