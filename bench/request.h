/* What the user asked for: the options of `ruffbench [OPTION...] [PATH...]`, checked.
 *
 * Parsing prints its own errors. Not thread safe (getopt_long); no globals of ours. */
#ifndef BENCH_REQUEST_H
#define BENCH_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include <ruff.h>

#include "results.h"

#include "base/options.h"
#include "report/report.h"

#define REQUEST_MAX_FILES 16

struct request_file {
    const struct report_format *format;
    const char *path; /* "-" = stdout */
};

struct request {
    struct results_settings settings;
    enum ruff_mode modes[RESULTS_MODE_COUNT];
    size_t mode_count;
    const char *filter; /* NULL = all */
    const char *input;  /* file replayed as standard input, NULL = empty */
    const char *folder; /* of flame graphs */
    struct request_file files[REQUEST_MAX_FILES]; /* reports to write */
    size_t file_count;
    bool wants_cpu;
    bool wants_memory;
    bool quiet;
    bool verbose;
    enum diag_color color;
    char **paths; /* borrowed from argv */
    int path_count;
};

#define REQUEST_PROCESSES          10
#define REQUEST_PROCESSES_QUICK    5
#define REQUEST_PROCESSES_RIGOROUS 30
#define REQUEST_SECONDS            3.0
#define REQUEST_SECONDS_QUICK      1.0
#define REQUEST_SECONDS_RIGOROUS   30.0
#define REQUEST_TIMEOUT_SECONDS    60.0
#define REQUEST_FOLDER             "ruffbench-out"

/* true: go on with *out. false: leave with *exit_code (help was printed, or an error). */
bool request_parse(struct request *out, int argc, char **argv, int *exit_code);

/* `list` and `doctor` take the common options and paths only. */
bool request_parse_simple(struct request *out, const char *command, int argc,
                          char **argv, int *exit_code);

#endif
