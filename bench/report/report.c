#include "config.h"

#include "report/report.h"

#include <string.h>

static const struct report_format FORMATS[] = {
    {"terminal", NULL, "tables for people", report_terminal},
    {"json", "json", "every number and every raw sample", report_json},
    {"csv", "csv", "one row per benchmark and mode", report_csv},
    {"markdown", "markdown", "the comparison table for a page", report_markdown},
    {"go", "export", "benchmark text for benchstat", report_go},
    {"bmf", "export", "Bencher Metric Format", report_bmf},
    {"hyperfine", "export", "hyperfine's JSON", report_hyperfine},
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
