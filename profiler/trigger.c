#include "config.h"

#include "trigger.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "refusal.h"

#ifndef TRAP_PERF
#    define TRAP_PERF 6
#endif
#ifndef sigev_notify_thread_id
#    define sigev_notify_thread_id _sigev_un._tid
#endif

/* ---- the system ---------------------------------------------------------------- */

static int linux_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu,
                                 int group, unsigned long flags)
{
    return (int)syscall(SYS_perf_event_open, attr, pid, cpu, group, flags);
}

static int linux_set_signal(int fd, int signal, pid_t tid)
{
    struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = tid};

    if (fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK) < 0 || fcntl(fd, F_SETSIG, signal) < 0)
        return -1;
    return fcntl(fd, F_SETOWN_EX, &owner) < 0 ? -1 : 0;
}

static int linux_enable(int fd, bool on)
{
    return ioctl(fd, on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0);
}

static int linux_set_period(int fd, uint64_t period)
{
    return ioctl(fd, PERF_EVENT_IOC_PERIOD, &period);
}

static int linux_read_count(int fd, uint64_t *count)
{
    return read(fd, count, sizeof *count) == (ssize_t)sizeof *count ? 0 : -1;
}

static int linux_timer_create(int signal, pid_t tid, timer_t *out)
{
    struct sigevent event;

    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signal;
    event.sigev_notify_thread_id = tid;
    return timer_create(CLOCK_MONOTONIC, &event, out);
}

static int linux_timer_set(timer_t timer, uint64_t ns)
{
    struct itimerspec when = {{0, 0}, {0, 0}};

    /* One shot: the next period is drawn by the handler. */
    when.it_value.tv_sec = (time_t)(ns / 1000000000u);
    when.it_value.tv_nsec = (long)(ns % 1000000000u);
    return timer_settime(timer, 0, &when, NULL);
}

static int linux_close(int fd)
{
    return close(fd);
}

const struct trigger_os trigger_os_linux = {
    .perf_event_open = linux_perf_event_open,
    .set_signal = linux_set_signal,
    .enable = linux_enable,
    .set_period = linux_set_period,
    .read_count = linux_read_count,
    .timer_create = linux_timer_create,
    .timer_set = linux_timer_set,
    .close = linux_close,
};

/* ---- opening ----------------------------------------------------------------------- */

const char *trigger_kind_name(enum trigger_kind kind)
{
    static const char *const NAMES[] = {"perf-sigtrap", "perf-signal", "timer"};

    return kind < TRIGGER_KIND_COUNT ? NAMES[kind] : "unknown";
}

int trigger_signal_number(void)
{
    return SIGRTMIN + 3;
}

static void fill_attr(struct perf_event_attr *attr, const struct trigger_config *config)
{
    memset(attr, 0, sizeof *attr);
    attr->size = sizeof *attr;
    attr->type = config->event.type;
    attr->config = config->event.config;
    attr->config1 = config->event.config1;
    attr->config2 = config->event.config2;
    attr->disabled = 1;
    /* Without this an unprivileged user is refused (perf_event_paranoid 2 and above). */
    attr->exclude_kernel = 1;
    attr->exclude_hv = 1;
    attr->exclude_user = config->event.exclude_user ? 1 : 0;
    if (config->frequency_hz != 0) {
        attr->freq = 1;
        attr->sample_freq = config->frequency_hz;
    } else {
        attr->sample_period = config->period;
    }
}

static bool open_sigtrap(struct trigger *t, const struct trigger_config *config)
{
    struct perf_event_attr attr;

    fill_attr(&attr, config);
    attr.sigtrap = 1;
    attr.remove_on_exec = 1; /* the kernel demands it with sigtrap */
    t->fd = t->os->perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    t->signal = SIGTRAP;
    return t->fd >= 0;
}

static bool open_signal(struct trigger *t, const struct trigger_config *config,
                        pid_t tid)
{
    struct perf_event_attr attr;
    int error;

    fill_attr(&attr, config);
    attr.wakeup_events = 1;
    t->fd = t->os->perf_event_open(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    t->signal = trigger_signal_number();
    if (t->fd < 0)
        return false;
    if (t->os->set_signal(t->fd, t->signal, tid) == 0)
        return true;
    error = errno;
    t->os->close(t->fd);
    t->fd = -1;
    errno = error;
    return false;
}

static bool open_timer(struct trigger *t, pid_t tid)
{
    t->signal = trigger_signal_number();
    t->has_timer = t->os->timer_create(t->signal, tid, &t->timer) == 0;
    return t->has_timer;
}

static void explain(struct trigger_reason *reason, const char *what, int error)
{
    size_t used = strlen(reason->text);
    const char *cure = refusal_cure(error);

    snprintf(reason->text + used, sizeof reason->text - used, "%s%s: %s%s%s%s",
             used > 0 ? "; " : "", what, refusal_cause(error), cure != NULL ? " (" : "",
             cure != NULL ? cure : "", cure != NULL ? ")" : "");
}

/* Threads' seeds are near each other; their periods must not be (splitmix64). Never 0. */
static uint64_t scramble(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) | 1u;
}

bool trigger_open(struct trigger *t, const struct trigger_config *config, pid_t tid,
                  const struct trigger_os *os, struct trigger_reason *reason)
{
    memset(t, 0, sizeof *t);
    reason->text[0] = '\0';
    t->fd = -1;
    t->os = os != NULL ? os : &trigger_os_linux;
    t->period = t->base_period = config->period;
    t->jitter_percent = config->frequency_hz != 0 ? 0 : config->jitter_percent;
    t->jitter_every = config->jitter_every != 0 ? config->jitter_every : 1;
    t->until_jitter = t->jitter_every;
    t->by_kernel = config->frequency_hz != 0;
    t->late_signals = config->late_signals;
    t->random = scramble(config->seed);
    if (!config->wall) {
        if (!config->no_sigtrap) {
            t->kind = TRIGGER_SIGTRAP;
            if (open_sigtrap(t, config))
                return true;
            explain(reason, "perf sigtrap", errno);
        }
        t->kind = TRIGGER_SIGNAL;
        if (open_signal(t, config, tid))
            return true;
        explain(reason, "perf signal", errno);
        /* A timer counts time and nothing else. */
        if (!config->event.is_clock)
            return false;
    }
    t->kind = TRIGGER_TIMER;
    if (open_timer(t, tid))
        return true;
    explain(reason, "timer", errno);
    return false;
}

void trigger_close(struct trigger *t)
{
    if (t->fd >= 0)
        t->os->close(t->fd);
    if (t->has_timer)
        timer_delete(t->timer);
    t->fd = -1;
    t->has_timer = false;
}

/* ---- on and off, and each sample ------------------------------------------------------ */

/* xorshift64*, uniform in 0 … n − 1. */
static uint64_t random_below(struct trigger *t, uint64_t n)
{
    uint64_t x = t->random;

    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    t->random = x;
    return (uint64_t)(((__uint128_t)(x * UINT64_C(0x2545f4914f6cdd1d)) * n) >> 64);
}

/* Next period: uniform in [base·(1−j), base·(1+j)]. */
static uint64_t draw_period(struct trigger *t)
{
    uint64_t span = t->base_period * 2 * t->jitter_percent / 100;

    if (t->jitter_percent == 0)
        return t->base_period;
    return t->base_period - span / 2 + random_below(t, span + 1);
}

/*
 * The thread starts somewhere inside a period, not at its beginning: else one that lives
 * shorter than a period would never be sampled, and a program of many such threads hardly. A
 * moment lies in a long period more likely than in a short one, in proportion to its length
 * (the inspection paradox), and anywhere in it. Weights then add up to the time lived on
 * average, however short that was.
 */
static void draw_first(struct trigger *t)
{
    uint64_t longest = t->base_period + t->base_period * t->jitter_percent / 100 + 1;

    do {
        t->period = draw_period(t);
    } while (random_below(t, longest) >= t->period);
    t->armed = t->late_signals ? t->period : 1 + random_below(t, t->period);
}

static bool arm(struct trigger *t)
{
    if (t->has_timer)
        return t->os->timer_set(t->timer, t->armed) == 0;
    return t->os->set_period(t->fd, t->armed) == 0;
}

bool trigger_start(struct trigger *t)
{
    t->until_jitter = 1;
    if (t->by_kernel) {
        t->period = t->armed = t->base_period;
    } else {
        draw_first(t);
        if (!arm(t))
            return false;
    }
    return t->has_timer || t->os->enable(t->fd, true) == 0;
}

void trigger_stop(struct trigger *t)
{
    if (t->has_timer)
        t->os->timer_set(t->timer, 0);
    else if (t->fd >= 0)
        t->os->enable(t->fd, false);
}

uint64_t trigger_sampled(struct trigger *t)
{
    uint64_t period = t->period;

    if (--t->until_jitter == 0) {
        t->period = draw_period(t);
        t->until_jitter = t->jitter_every;
        if (t->period != t->armed || t->has_timer) {
            t->armed = t->period;
            arm(t);
        }
    } else if (t->has_timer) {
        arm(t);
    }
    return period;
}

void trigger_set_period(struct trigger *t, uint64_t period)
{
    t->base_period = period;
    t->until_jitter = 1;
}

void trigger_redraw_seldom(struct trigger *t)
{
    if (!t->has_timer && t->jitter_percent != 0 &&
        t->jitter_every * 2 <= TRIGGER_JITTER_EVERY_MAX)
        t->jitter_every *= 2;
}

bool trigger_is_ours(const struct trigger *t, int signal, const siginfo_t *info)
{
    if (signal != t->signal)
        return false;
    if (t->kind == TRIGGER_SIGTRAP)
        return info->si_code == TRAP_PERF;
    if (t->kind == TRIGGER_TIMER)
        return info->si_code == SI_TIMER;
    return info->si_fd == t->fd;
}
