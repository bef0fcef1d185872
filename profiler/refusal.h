#ifndef PROFILER_REFUSAL_H
#define PROFILER_REFUSAL_H

/*
 * What an errno of perf_event_open(2) means to a user, and what he can do about it: half
 * sentences without capital or full stop. The texts are constants, except that an errno
 * which the call is not known to give has strerror(3)'s. Not async-signal-safe.
 */
const char *refusal_cause(int error);
/* NULL when no advice would help. */
const char *refusal_cure(int error);

#endif
