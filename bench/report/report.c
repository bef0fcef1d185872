#include "config.h"

#include "report/report.h"

#include <string.h>

static const struct report_format FORMATS[] = {
    {"terminal", NULL, "tables for people", terminal_report},
    {"json", "json", "every number and every raw sample", json_report},
    {"csv", "csv", "one row per benchmark and mode", csv_report},
    {"markdown", "markdown", "the comparison table for a page", markdown_report},
    {"go", "export", "benchmark text for benchstat", go_report},
    {"bmf", "export", "Bencher Metric Format", exchange_bmf},
    {"hyperfine", "export", "hyperfine's JSON", exchange_hyperfine},
    {NULL, NULL, NULL, NULL},
};

const struct report_format *report_formats(void)
{
    return FORMATS;
}

const struct report_format *report_find(const char *name)
{
    for (const struct report_format *format = FORMATS; format->name != NULL; format++) {
        if (strcmp(format->name, name) == 0) {
            return format;
        }
    }
    return NULL;
}
