#ifndef RUFFPROF_EVENTS_H
#define RUFFPROF_EVENTS_H

/*
 * From the name of an event to what the kernel is asked for, and which events this machine
 * can count. Names are those of libpfm4 ("cycles", "perf::MINOR-FAULTS:u"); "auto" and the
 * clocks "task-clock", "cpu-clock" are known without it (libpfm4 takes 2 ms to start).
 */

#include <stdbool.h>
#include <stddef.h>

#include "trigger.h"

struct event_error {
    char text[256]; /* what is wrong: what to do about it */
};

/*
 * "auto": CPU cycles when this machine has them for user code, else the task clock (then
 * `fallback` says why, else it is ""). Any other name must be countable here.
 */
bool event_find(const char *name, const struct trigger_os *os,
                struct trigger_event *out, char *fallback, size_t fallback_size,
                struct event_error *error);

/*
 * Opens a counter of the calling thread, switched off and at 0; the kernel's part is counted
 * where that is allowed. `threads`: and of the threads it starts from now on, and of theirs.
 * −1: *cause says why, constant text.
 */
int event_open_counter(const struct trigger_event *event, bool threads,
                       const char **cause);

/* One row of `ruffprof list`. */
struct event_row {
    const char *name;
    const char *about;
    bool works;
    const char *cause; /* why not; NULL when it works */
    const char *cure;  /* what to do about it; NULL when nothing */
};

/* Calls `row` for every event worth naming; with `all` for every event libpfm4 knows for
   this machine. False when libpfm4 does not start (then only built-in rows came). */
bool event_list(const struct trigger_os *os, bool all,
                void (*row)(void *context, const struct event_row *row), void *context);

#endif
