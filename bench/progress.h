/* One line of progress on a terminal, for work that lasts.
 *
 * Draws on stderr, only on a terminal, only after 500 ms and at most ten times a second,
 * and wipes the line when done. Not thread safe; no globals. */
#ifndef BENCH_PROGRESS_H
#define BENCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool is_enabled;
    bool is_drawn;
    uint64_t start_ns;
    uint64_t drawn_ns;
};

void progress_init(struct progress *progress, bool is_enabled);

/* `done` of `total` parts are finished; `label` names what runs now. */
void progress_show(struct progress *progress, const char *label, size_t done,
                   size_t total);
void progress_clear(struct progress *progress);

/* The text of the line, without control sequences, for a time since the start. */
#define PROGRESS_LINE_SIZE 256
void progress_format(char *line, const char *label, size_t done, size_t total,
                     uint64_t elapsed_ns);

#endif
