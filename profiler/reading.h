#ifndef RUFFPROF_READING_H
#define RUFFPROF_READING_H

/*
 * What the reading commands (report, flamegraph, export, info) have in common: the options
 * that select, finding and opening the profile, saying what is wrong with it, and writing
 * the result to a file or stdout. Prints its own messages.
 */

#include <stdbool.h>
#include <stdio.h>

#include "model.h"
#include "view.h"

#include "base/options.h"

/* Exit codes of readers (spec/cli.md). */
enum reading_exit {
    READING_OK = 0,
    READING_USAGE = 2,
    READING_DAMAGED = 3,
    READING_IO = 5,
    READING_INTERNAL = 6,
};

/* Ids of the shared options; a command's own start at 0. */
enum reading_option {
    READING_MEM = 100,
    READING_VALUE,
    READING_CAUSE,
    READING_EVENT,
    READING_FOCUS,
    READING_IGNORE,
    READING_THREAD,
    READING_THREADS,
    READING_PHASE,
    READING_ITERATION,
    READING_KERNEL,
    READING_STRICT,
    READING_NO_SYMBOLS,
};

/* Rows for a command's option table: those that select what is shown … */
#define READING_FILTERS                                                                  \
    {READING_MEM, '\0',                                                                  \
     "mem",       OPTION_OPTIONAL,                                                       \
     "WHAT",      "Show memory: alloc (default), live, peak, temporary or leak."},       \
        {READING_VALUE, '\0',                                                            \
         "value",       OPTION_VALUE,                                                    \
         "UNIT",        "Count samples or time (CPU), bytes or objects (memory)."},      \
        {READING_CAUSE, '\0',   "cause",                                                 \
         OPTION_VALUE,  "TEXT", "Only allocations whose cause contains TEXT."},          \
        {READING_EVENT, '\0',                                                            \
         "event",       OPTION_VALUE,                                                    \
         "NAME",        "The event whose samples are shown; must be the recorded one."}, \
        {READING_FOCUS, '\0',    "focus",                                                \
         OPTION_VALUE,  "REGEX", "Only stacks with a matching function."},               \
        {READING_IGNORE, '\0',    "ignore",                                              \
         OPTION_VALUE,   "REGEX", "Drop stacks with a matching function."},              \
        {READING_THREAD, '\0',                                                           \
         "thread",       OPTION_VALUE,                                                   \
         "NAME",         "Only the threads of this name, or the one with this id."},     \
        {READING_PHASE, '\0',                                                            \
         "phase",       OPTION_VALUE,                                                    \
         "PHASE",       "Only this part of a benchmark: steady, warmup or all."},        \
        {READING_ITERATION, '\0',   "iteration",                                         \
         OPTION_VALUE,      "N..M", "Only these iterations of a benchmark."},            \
        READING_COMMON
/* … and those every reader has. */
#define READING_COMMON                                                              \
    {READING_STRICT, '\0',                                                          \
     "strict",       OPTION_FLAG,                                                   \
     NULL,           "A damaged or incomplete profile is an error (exit code 3)."}, \
    {                                                                               \
        READING_NO_SYMBOLS, '\0', "no-symbols", OPTION_FLAG, NULL,                  \
            "Leave native frames as module+0xOFFSET."                               \
    }
#define READING_THREADS_OPTION                                        \
    {                                                                 \
        READING_THREADS, '\0', "threads", OPTION_FLAG, NULL,          \
            "Show threads apart: a frame [NAME] is the root of each." \
    }
#define READING_KERNEL_OPTION                                           \
    {                                                                   \
        READING_KERNEL, '\0', "kernel", OPTION_FLAG, NULL,              \
            "Include the time spent in the kernel as a frame [kernel]." \
    }

struct reading {
    /* Options. */
    struct view_filter filter;
    bool memory; /* --mem was given */
    bool kernel, strict, no_symbols, threads;
    const char *event;

    /* Results; owned. */
    struct model *model;
    struct view *view;
    char *path;
};

void reading_init(struct reading *reading);
void reading_done(struct reading *reading);

/* Takes one of the shared options; false after printing what is wrong with it. */
bool reading_option(struct reading *reading, struct options *options, int id,
                    const char *value);

/* Opens the profile named by the operands (none = the newest *.rprof here). Returns
 * READING_OK or the exit code, after printing why. */
int reading_open(struct reading *reading, struct options *options);

/* Builds the view the options ask for. Likewise. */
int reading_select(struct reading *reading, struct options *options);

/* Where the result goes. */
struct reading_output {
    FILE *stream;
    /* private part */
    struct os_atomic_file *file;
    const char *path;
};

/* `path` NULL or "-" = stdout. False after printing why. */
bool reading_output_open(struct reading_output *output, const char *path);
/* Completes (`good`) or discards the file; gives the exit code. Prints. */
int reading_output_close(struct reading_output *output, bool good);

#endif
