#ifndef RUFFPROF_TRIGGER_H
#define RUFFPROF_TRIGGER_H

/*
 * What makes a thread take a sample: a perf event of its own that signals it, or a timer.
 *
 * One trigger per sampled thread. trigger_open tries the back ends in the order of
 * design.md §4 and keeps the first that works:
 *
 *   sigtrap  perf_event_open with attr.sigtrap: a SIGTRAP at return to user mode (cheapest)
 *   signal   perf_event_open with O_ASYNC, F_SETSIG, F_SETOWN_EX: a real-time signal
 *   timer    timer_create(CLOCK_MONOTONIC, SIGEV_THREAD_ID): wall time, the same signal
 *
 * ITIMER_PROF and CPU-time timers are never used: they are bound to the kernel's tick
 * (250 Hz) and divide time wrongly between threads.
 *
 * The period is redrawn at every sample (uniform in ±jitter), because a fixed period
 * mis-reports a program that works in step with it; each sample carries its own period. The
 * first comes after a part of its period only, so that threads that live shorter than that get
 * their share.
 */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct perf_event_attr;

enum trigger_kind {
    TRIGGER_SIGTRAP,
    TRIGGER_SIGNAL,
    TRIGGER_TIMER,
    TRIGGER_KIND_COUNT
};

/* "perf-sigtrap", "perf-signal", "timer". */
const char *trigger_kind_name(enum trigger_kind kind);

/* The operating system as triggers see it; tests replace entries. Each behaves like the
   call of its name (−1 and errno). */
struct trigger_os {
    int (*perf_event_open)(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
                           unsigned long flags);
    int (*set_signal)(int fd, int signal,
                      pid_t tid); /* O_ASYNC, F_SETSIG, F_SETOWN_EX */
    int (*enable)(int fd, bool on);
    int (*set_period)(int fd, uint64_t period);
    int (*read_count)(int fd, uint64_t *count);
    int (*timer_create)(int signal, pid_t tid, timer_t *out);
    int (*timer_set)(timer_t timer, uint64_t ns);
    int (*close)(int fd);
};

extern const struct trigger_os trigger_os_linux;

enum {
    TRIGGER_JITTER_EVERY_MAX = 4
};

/* What to count. */
struct trigger_event {
    char name[64]; /* as shown: "task-clock", "cycles", "perf::MINOR-FAULTS:u" */
    uint32_t type; /* perf_event_attr.type */
    uint64_t config, config1, config2;
    bool exclude_user;
    bool is_clock; /* the period is nanoseconds; else it is a number of events */
};

struct trigger_config {
    struct trigger_event event;
    uint64_t period; /* ns or events; of a frequency: 1e9 / Hz for clocks */
    uint32_t
        frequency_hz; /* for events that are no clock: adapt the period to this rate;
                                0: fixed period */
    uint32_t jitter_percent; /* 0..99, default 50 */
    uint32_t jitter_every;   /* redraw at each Nth sample to begin with, 1.. */
    bool wall;               /* timer only: samples while the thread sleeps, too */
    bool no_sigtrap;         /* TSan builds, programs under a debugger */
    /* Signals may be held back (TSan builds): no short first period, which the event would
       repeat until the handler runs; queued signals have an end, and then SIGIO kills. */
    bool late_signals;
    uint64_t seed;
};

/* State of one thread's trigger; the handler of that thread is the only writer while on. */
struct trigger {
    enum trigger_kind kind;
    int fd;
    timer_t timer;
    bool has_timer, late_signals;
    bool by_kernel;  /* the rate is the kernel's business */
    int signal;      /* what the handler must be installed for */
    uint64_t period; /* what the sample that comes next stands for */
    uint64_t armed;  /* when it comes; differs from `period` at the first only */
    uint64_t base_period;
    uint64_t random;
    uint32_t jitter_percent, jitter_every, until_jitter;
    const struct trigger_os *os;
};

/* Why a better back end was not used; one sentence, "" when the best one was. */
struct trigger_reason {
    char text[240];
};

/* The signal used by TRIGGER_SIGNAL and TRIGGER_TIMER. */
int trigger_signal_number(void);

/*
 * Prepares the trigger of thread `tid` of this process, switched off. False when no back
 * end works; reason says why in either case.
 */
bool trigger_open(struct trigger *t, const struct trigger_config *config, pid_t tid,
                  const struct trigger_os *os, struct trigger_reason *reason);
void trigger_close(struct trigger *t);
bool trigger_start(struct trigger *t);
void trigger_stop(struct trigger *t);

/*
 * To be called by the handler for each sample: returns the period the sample stands for and
 * arms the next. [signal-safe]
 */
uint64_t trigger_sampled(struct trigger *t);
/* New base period, e.g. when the handler costs too much. [signal-safe] */
void trigger_set_period(struct trigger *t, uint64_t period);
/* Arming is dear: redraw the period at half as many samples, down to each
   TRIGGER_JITTER_EVERY_MAX-th. Nothing for a timer, which must be armed each time, nor for a
   fixed period. [signal-safe] */
void trigger_redraw_seldom(struct trigger *t);
/* Is this signal ours? Others (a debugger's SIGTRAP) must be passed on. [signal-safe] */
bool trigger_is_ours(const struct trigger *t, int signal, const siginfo_t *info);

#endif
