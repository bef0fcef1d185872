/* Triggers and events with a system that refuses on purpose: which back end is taken, what is
   said about the better ones, and how periods are drawn. */
#include "config.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "events.h"
#include "trigger.h"
#include "unit.h"

/* What the system answers; 0: it works. */
struct fake {
    int sigtrap_error, open_error, hardware_error, signal_error, timer_error;
    struct perf_event_attr last;
    uint64_t period;
    int opened, closed;
    bool on;
};
static struct fake fake;

static int fake_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group,
                     unsigned long flags)
{
    int error = attr->sigtrap                      ? fake.sigtrap_error
                : attr->type == PERF_TYPE_HARDWARE ? fake.hardware_error
                                                   : fake.open_error;

    (void)cpu;
    (void)group;
    (void)flags;
    ck_assert_int_eq(pid, 0);
    if (error == 0 && attr->type == PERF_TYPE_HARDWARE)
        error = fake.hardware_error;
    if (error != 0) {
        errno = error;
        return -1;
    }
    fake.last = *attr;
    fake.opened++;
    return 77;
}

static int answer(int error)
{
    errno = error;
    return error != 0 ? -1 : 0;
}

static int fake_set_signal(int fd, int signal, pid_t tid)
{
    (void)fd;
    (void)signal;
    (void)tid;
    return answer(fake.signal_error);
}

static int fake_enable(int fd, bool on)
{
    (void)fd;
    fake.on = on;
    return 0;
}

static int fake_set_period(int fd, uint64_t period)
{
    (void)fd;
    fake.period = period;
    return 0;
}

static int fake_read_count(int fd, uint64_t *count)
{
    (void)fd;
    *count = 0;
    return 0;
}

static int fake_timer_create(int signal, pid_t tid, timer_t *out)
{
    (void)signal;
    (void)tid;
    (void)out;
    return answer(fake.timer_error);
}

static int fake_timer_set(timer_t timer, uint64_t ns)
{
    (void)timer;
    fake.period = ns;
    return 0;
}

static int fake_close(int fd)
{
    (void)fd;
    fake.closed++;
    return 0;
}

static const struct trigger_os FAKE_OS = {
    .perf_event_open = fake_open,
    .set_signal = fake_set_signal,
    .enable = fake_enable,
    .set_period = fake_set_period,
    .read_count = fake_read_count,
    .timer_create = fake_timer_create,
    .timer_set = fake_timer_set,
    .close = fake_close,
};

static struct trigger_config task_clock(void)
{
    return (struct trigger_config){
        .event = {.name = "task-clock",
                  .type = PERF_TYPE_SOFTWARE,
                  .config = PERF_COUNT_SW_TASK_CLOCK,
                  .is_clock = true},
        .period = 1003009,
        .jitter_percent = 50,
        .jitter_every = 1,
        .seed = 42,
    };
}

START_TEST(test_sigtrap_is_the_first_choice)
{
    struct trigger_config config = task_clock();
    struct trigger_reason reason;
    struct trigger t;

    fake = (struct fake){0};
    ck_assert(trigger_open(&t, &config, 1, &FAKE_OS, &reason));
    ck_assert_int_eq(t.kind, TRIGGER_SIGTRAP);
    ck_assert_str_eq(reason.text, "");
    ck_assert(fake.last.sigtrap && fake.last.remove_on_exec);
    ck_assert(fake.last.exclude_kernel && fake.last.exclude_hv && fake.last.disabled);
    ck_assert_uint_eq(fake.last.sample_period, 1003009);
    trigger_close(&t);
    ck_assert_int_eq(fake.closed, 1);
}
END_TEST

START_TEST(test_old_kernel_without_sigtrap_gets_a_signal)
{
    struct trigger_config config = task_clock();
    struct trigger_reason reason;
    struct trigger t;

    fake = (struct fake){.sigtrap_error = EINVAL};
    ck_assert(trigger_open(&t, &config, 1, &FAKE_OS, &reason));
    ck_assert_int_eq(t.kind, TRIGGER_SIGNAL);
    ck_assert_ptr_nonnull(strstr(reason.text, "perf sigtrap"));
    ck_assert_int_eq(t.signal, trigger_signal_number());
    trigger_close(&t);
}
END_TEST

START_TEST(test_no_permission_falls_back_to_the_timer_and_says_why)
{
    static const int ERRORS[] = {EACCES, EPERM, ENOSYS};

    for (size_t i = 0; i < sizeof ERRORS / sizeof ERRORS[0]; i++) {
        struct trigger_config config = task_clock();
        struct trigger_reason reason;
        struct trigger t;

        fake = (struct fake){.sigtrap_error = ERRORS[i], .open_error = ERRORS[i]};
        ck_assert(trigger_open(&t, &config, 1, &FAKE_OS, &reason));
        ck_assert_int_eq(t.kind, TRIGGER_TIMER);
        ck_assert_ptr_nonnull(strstr(reason.text, ERRORS[i] == ENOSYS
                                                      ? "the kernel has no perf events"
                                                      : "perf_event_paranoid"));
        ck_assert(trigger_start(&t));
        ck_assert_uint_ge(fake.period, 1003009 / 2);
        t.has_timer = false; /* there is none to delete */
        trigger_close(&t);
    }
}
END_TEST

START_TEST(test_failed_signal_set_up_closes_its_event)
{
    struct trigger_config config = task_clock();
    struct trigger_reason reason;
    struct trigger t;

    fake = (struct fake){.sigtrap_error = EINVAL, .signal_error = EINVAL};
    ck_assert(trigger_open(&t, &config, 1, &FAKE_OS, &reason));
    ck_assert_int_eq(t.kind, TRIGGER_TIMER);
    ck_assert_int_eq(fake.opened, fake.closed);
}
END_TEST

START_TEST(test_counted_event_has_no_timer_to_fall_back_to)
{
    struct trigger_config config = task_clock();
    struct trigger_reason reason;
    struct trigger t;

    config.event.is_clock = false;
    fake = (struct fake){.sigtrap_error = EACCES, .open_error = EACCES};
    ck_assert(!trigger_open(&t, &config, 1, &FAKE_OS, &reason));
    ck_assert_str_ne(reason.text, "");
}
END_TEST

START_TEST(test_everything_refused_is_an_error)
{
    struct trigger_config config = task_clock();
    struct trigger_reason reason;
    struct trigger t;

    fake = (struct fake){
        .sigtrap_error = EMFILE, .open_error = EMFILE, .timer_error = EAGAIN};
    ck_assert(!trigger_open(&t, &config, 1, &FAKE_OS, &reason));
    ck_assert_ptr_nonnull(strstr(reason.text, "too many open files"));
}
END_TEST

START_TEST(test_wall_time_goes_to_the_timer_without_a_reason)
{
    struct trigger_config config = task_clock();
    struct trigger_reason reason;
    struct trigger t;

    config.wall = true;
    fake = (struct fake){0};
    ck_assert(trigger_open(&t, &config, 1, &FAKE_OS, &reason));
    ck_assert_int_eq(t.kind, TRIGGER_TIMER);
    ck_assert_str_eq(reason.text, "");
}
END_TEST

START_TEST(test_frequency_of_an_event_is_left_to_the_kernel)
{
    struct trigger_config config = task_clock();
    struct trigger_reason reason;
    struct trigger t;

    config.event.is_clock = false;
    config.frequency_hz = 997;
    fake = (struct fake){0};
    ck_assert(trigger_open(&t, &config, 1, &FAKE_OS, &reason));
    ck_assert(fake.last.freq);
    ck_assert_uint_eq(fake.last.sample_freq, 997);
    ck_assert(trigger_start(&t));
    ck_assert(fake.on);
    trigger_close(&t);
}
END_TEST

/* Uniform in ±50 %: mean is the period, deviation period / sqrt(12); each sample carries the
   period it stood for. */
START_TEST(test_periods_are_drawn_uniformly_and_sum_up)
{
    struct trigger_config config = task_clock();
    struct trigger_reason reason;
    struct trigger t;
    double sum = 0, squares = 0, n = 100000;
    uint64_t armed;

    fake = (struct fake){0};
    ck_assert(trigger_open(&t, &config, 1, &FAKE_OS, &reason));
    ck_assert(trigger_start(&t));
    armed = t.period;
    for (int i = 0; i < (int)n; i++) {
        uint64_t period = trigger_sampled(&t);

        ck_assert_uint_eq(period, armed);
        ck_assert_uint_ge(period, 1003009 / 2);
        ck_assert_uint_le(period, 1003009 * 3 / 2 + 1);
        sum += (double)period;
        squares += (double)period * (double)period;
        armed = fake.period;
    }
    ck_assert(fabs(sum / n / 1003009 - 1) < 0.004);
    ck_assert(fabs(sqrt(squares / n - sum / n * sum / n) / 1003009 - 1 / sqrt(12)) <
              0.004);
    trigger_set_period(&t, 2006018);
    trigger_sampled(&t);
    ck_assert_uint_ge(t.period, 1003009);
    trigger_close(&t);
}
END_TEST

/* Threads that live a tenth, 40 % or 3.7 of a period: what their samples stand for adds up to
   the time they lived. The deviation of the sum is below 2 % for the shortest. */
START_TEST(test_short_threads_get_their_share)
{
    static const double LIVES[] = {0.1, 0.4, 3.7};
    const double base = 1003009, life = LIVES[_i] * base, threads = 40000;
    struct trigger_config config = task_clock();
    struct trigger_reason reason;
    struct trigger t;
    double sum = 0;

    for (int i = 0; i < (int)threads; i++) {
        double now = 0;

        fake = (struct fake){0};
        config.seed = (uint64_t)i;
        ck_assert(trigger_open(&t, &config, 1, &FAKE_OS, &reason));
        ck_assert(trigger_start(&t));
        for (now = (double)fake.period; now <= life; now += (double)fake.period)
            sum += (double)trigger_sampled(&t);
        trigger_close(&t);
    }
    ck_assert_msg(fabs(sum / threads / life - 1) < 0.06, "%f of the time",
                  sum / threads / life);
}
END_TEST

START_TEST(test_dear_arming_is_done_seldom)
{
    struct trigger_config config = task_clock();
    struct trigger_reason reason;
    struct trigger t;
    unsigned armed = 0;
    uint64_t sum = 0, expected = 0;

    fake = (struct fake){0};
    ck_assert(trigger_open(&t, &config, 1, &FAKE_OS, &reason));
    ck_assert(trigger_start(&t));
    for (unsigned i = 0; i < 5; i++)
        trigger_redraw_seldom(&t);
    ck_assert_uint_eq(t.jitter_every, TRIGGER_JITTER_EVERY_MAX);
    sum += trigger_sampled(&t); /* the first period is armed for a part of it */
    expected += sum;
    for (unsigned i = 0; i < 4000; i++) {
        uint64_t before = fake.period;

        expected += before;
        sum += trigger_sampled(&t);
        armed += fake.period != before;
    }
    ck_assert_uint_eq(armed, 4000 / TRIGGER_JITTER_EVERY_MAX);
    ck_assert_uint_eq(sum, expected);
    trigger_close(&t);

    /* A timer is armed for each sample anyway. */
    config.wall = true;
    ck_assert(trigger_open(&t, &config, 1, &FAKE_OS, &reason));
    trigger_redraw_seldom(&t);
    ck_assert_uint_eq(t.jitter_every, 1);
    trigger_close(&t);
}
END_TEST

START_TEST(test_late_signals_get_no_short_period)
{
    struct trigger_config config = task_clock();
    struct trigger_reason reason;
    struct trigger t;

    config.late_signals = true;
    for (uint64_t i = 0; i < 1000; i++) {
        fake = (struct fake){0};
        config.seed = i;
        ck_assert(trigger_open(&t, &config, 1, &FAKE_OS, &reason));
        ck_assert(trigger_start(&t));
        ck_assert_uint_ge(fake.period, 1003009 / 2);
        ck_assert_uint_eq(fake.period, t.period);
        trigger_close(&t);
    }
}
END_TEST

START_TEST(test_foreign_signals_are_not_ours)
{
    struct trigger_config config = task_clock();
    struct trigger_reason reason;
    siginfo_t info;
    struct trigger t;

    fake = (struct fake){0};
    ck_assert(trigger_open(&t, &config, 1, &FAKE_OS, &reason));
    memset(&info, 0, sizeof info);
    info.si_code = 1; /* TRAP_BRKPT */
    ck_assert(!trigger_is_ours(&t, SIGTRAP, &info));
    info.si_code = 6; /* TRAP_PERF */
    ck_assert(trigger_is_ours(&t, SIGTRAP, &info));
    ck_assert(!trigger_is_ours(&t, SIGUSR1, &info));
}
END_TEST

/* ---- events --------------------------------------------------------------------------------- */

START_TEST(test_auto_takes_cycles_where_they_exist)
{
    struct trigger_event event;
    struct event_error error;
    char fallback[256];

    fake = (struct fake){0};
    ck_assert(event_find("auto", &FAKE_OS, &event, fallback, sizeof fallback, &error));
    ck_assert_str_eq(event.name, "cycles");
    ck_assert_str_eq(fallback, "");
}
END_TEST

START_TEST(test_auto_without_counters_takes_the_task_clock_and_says_why)
{
    struct trigger_event event;
    struct event_error error;
    char fallback[256];

    fake = (struct fake){.hardware_error = ENOENT};
    ck_assert(event_find("auto", &FAKE_OS, &event, fallback, sizeof fallback, &error));
    ck_assert_str_eq(event.name, "task-clock");
    ck_assert_ptr_nonnull(strstr(fallback, "no counter for it"));
    fake = (struct fake){.hardware_error = EACCES};
    ck_assert(event_find("auto", &FAKE_OS, &event, fallback, sizeof fallback, &error));
    ck_assert_ptr_nonnull(strstr(fallback, "not permitted"));
}
END_TEST

START_TEST(test_named_event_that_cannot_be_counted_is_an_error_with_a_cure)
{
    struct trigger_event event;
    struct event_error error;
    char fallback[256];

    fake = (struct fake){.hardware_error = ENOENT};
    ck_assert(
        !event_find("cycles", &FAKE_OS, &event, fallback, sizeof fallback, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "use task-clock"));
}
END_TEST

START_TEST(test_misspelt_event_gets_a_hint)
{
    struct trigger_event event;
    struct event_error error;
    char fallback[256];

    fake = (struct fake){0};
    ck_assert(
        !event_find("cycels", &FAKE_OS, &event, fallback, sizeof fallback, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "did you mean 'cycles'"));
}
END_TEST

START_TEST(test_names_of_libpfm_are_encoded)
{
    struct trigger_event event;
    struct event_error error;
    char fallback[256];

    fake = (struct fake){0};
    ck_assert(event_find("perf::MINOR-FAULTS:u", &FAKE_OS, &event, fallback,
                         sizeof fallback, &error));
    ck_assert_uint_eq(event.type, PERF_TYPE_SOFTWARE);
    ck_assert_uint_eq(event.config, PERF_COUNT_SW_PAGE_FAULTS_MIN);
    ck_assert(!event.is_clock);
}
END_TEST

static void count_row(void *context, const struct event_row *row)
{
    int *n = context;

    ck_assert(row->works == (row->cause == NULL));
    n[row->works ? 1 : 0]++;
}

START_TEST(test_list_says_what_works_and_why_not)
{
    int n[2] = {0, 0};

    fake = (struct fake){.hardware_error = ENOENT};
    ck_assert(event_list(&FAKE_OS, false, count_row, n));
    ck_assert_int_ge(n[0], 5);
    ck_assert_int_ge(n[1], 5);
}
END_TEST

/* Returns its own CPU time, at least 20 ms. */
static void *spin(void *context)
{
    uint64_t *spent = context;
    struct timespec t;

    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        *spent = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
    } while (*spent < 20000000);
    return NULL;
}

/* ruffprof stat counts what a program's threads do; a recorder counts its own thread only. */
START_TEST(test_counter_includes_threads_when_asked)
{
    struct trigger_event event;
    struct event_error error;
    char fallback[256];
    const char *cause;
    uint64_t counted = 0, spent = 0;
    pthread_t thread;
    int fd;

    ck_assert(
        event_find("task-clock", NULL, &event, fallback, sizeof fallback, &error));
    fd = event_open_counter(&event, _i == 1, &cause);
    if (fd < 0)
        return; /* no perf events here */
    trigger_os_linux.enable(fd, true);
    ck_assert_int_eq(pthread_create(&thread, NULL, spin, &spent), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    trigger_os_linux.enable(fd, false);
    ck_assert_int_eq(trigger_os_linux.read_count(fd, &counted), 0);
    trigger_os_linux.close(fd);
    if (_i == 1)
        ck_assert_uint_ge(counted, spent / 2);
    else
        ck_assert_uint_lt(counted, spent / 2);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_sigtrap_is_the_first_choice,
        test_old_kernel_without_sigtrap_gets_a_signal,
        test_no_permission_falls_back_to_the_timer_and_says_why,
        test_failed_signal_set_up_closes_its_event,
        test_counted_event_has_no_timer_to_fall_back_to,
        test_everything_refused_is_an_error,
        test_wall_time_goes_to_the_timer_without_a_reason,
        test_frequency_of_an_event_is_left_to_the_kernel,
        test_periods_are_drawn_uniformly_and_sum_up,
        test_dear_arming_is_done_seldom,
        test_late_signals_get_no_short_period,
        test_foreign_signals_are_not_ours,
        test_auto_takes_cycles_where_they_exist,
        test_auto_without_counters_takes_the_task_clock_and_says_why,
        test_named_event_that_cannot_be_counted_is_an_error_with_a_cure,
        test_misspelt_event_gets_a_hint,
        test_names_of_libpfm_are_encoded,
        test_list_says_what_works_and_why_not,
        NULL,
    };
    Suite *suite = unit_suite("trigger", tests);
    TCase *threads = tcase_create("threads");

    tcase_set_timeout(threads, 120);
    tcase_add_loop_test(threads, test_counter_includes_threads_when_asked, 0, 2);
    tcase_add_loop_test(threads, test_short_threads_get_their_share, 0, 3);
    suite_add_tcase(suite, threads);
    return unit_run(suite);
}
