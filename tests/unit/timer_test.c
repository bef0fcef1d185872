#include "config.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plan.h"
#include "quantity.h"
#include "timer.h"
#include "unit.h"

START_TEST(test_timer_difference_never_wraps)
{
    ck_assert_uint_eq(timer_difference(100, 350), 250);
    ck_assert_uint_eq(timer_difference(350, 100), 0);
    ck_assert_uint_eq(timer_difference(7, 7), 0);
}
END_TEST

START_TEST(test_timer_clocks_do_not_run_backwards)
{
    uint64_t wall = timer_wall_now();
    uint64_t cpu = timer_cpu_now();
    for (int i = 0; i < 1000; i++) {
        uint64_t next_wall = timer_wall_now();
        uint64_t next_cpu = timer_cpu_now();
        ck_assert_uint_ge(next_wall, wall);
        ck_assert_uint_ge(next_cpu, cpu);
        wall = next_wall;
        cpu = next_cpu;
    }
}
END_TEST

START_TEST(test_timer_span_counts_work_on_both_clocks)
{
    struct timer timer;
    timer_start(&timer);
    uint64_t until = timer_cpu_now() + 2000000;
    while (timer_cpu_now() < until) {
    }
    struct timer_span span = timer_stop(&timer);
    /* At least what was asked; nothing is said about at most. */
    ck_assert_uint_ge(span.cpu_ns, 2000000);
    ck_assert_uint_gt(span.wall_ns, 0);
}
END_TEST

START_TEST(test_timer_batch_reaches_the_target)
{
    ck_assert_uint_eq(timer_batch(250000.0, 1000000), 4);
    ck_assert_uint_eq(timer_batch(300000.0, 1000000), 4);
    ck_assert_uint_eq(timer_batch(1000000.0, 1000000), 1);
    ck_assert_uint_eq(timer_batch(5e9, 1000000), 1);
    ck_assert_uint_eq(timer_batch(0.0, 1000000), 10000);
}
END_TEST

START_TEST(test_timer_read_cost_is_plausible)
{
    ck_assert_uint_lt(timer_read_cost_ns(31), 1000000);
}
END_TEST

/* Two processes on one CPU: what the other one gets is waited for. */
START_TEST(test_timer_sees_time_without_a_cpu)
{
    if (access("/proc/thread-self/schedstat", R_OK) != 0) {
        ck_assert_uint_eq(timer_waited_now(), 0);
        return;
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((unsigned)sched_getcpu(), &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    int begun[2];
    char byte = 0;
    ck_assert_int_eq(pipe(begun), 0);
    pid_t other = fork();
    if (other == 0) {
        alarm(20); /* whatever becomes of the test */
        (void)!write(begun[1], "x", 1);
        for (;;) {
            (void)timer_cpu_now();
        }
    }
    ck_assert_int_gt(other, 0);
    ck_assert_int_eq(read(begun[0], &byte, 1), 1);
    uint64_t before = timer_waited_now();
    uint64_t until = timer_cpu_now() + 100000000;
    while (timer_cpu_now() < until) {
    }
    uint64_t waited = timer_difference(before, timer_waited_now());
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    close(begun[0]);
    close(begun[1]);
    ck_assert_uint_gt(waited, 1000000);
}
END_TEST

static const char *duration(double ns)
{
    static struct quantity quantity;
    return quantity_duration(&quantity, ns);
}

START_TEST(test_quantity_duration_chooses_the_unit)
{
    ck_assert_str_eq(duration(0.0), "0 ns");
    ck_assert_str_eq(duration(1.0), "1.000 ns");
    ck_assert_str_eq(duration(123.4), "123.4 ns");
    ck_assert_str_eq(duration(1234.5), "1.234 µs");
    ck_assert_str_eq(duration(12345678.0), "12.35 ms");
    ck_assert_str_eq(duration(1.5e9), "1.500 s");
    ck_assert_str_eq(duration(1234.56e9), "1235 s");
    ck_assert_str_eq(duration((double)__builtin_nan("")), "–");
}
END_TEST

START_TEST(test_quantity_duration_rounds_before_it_chooses)
{
    ck_assert_str_eq(duration(999.96), "1.000 µs");
    ck_assert_str_eq(duration(999.94), "999.9 ns");
    ck_assert_str_eq(duration(999999.0), "1.000 ms");
}
END_TEST

START_TEST(test_quantity_range_shares_the_unit)
{
    struct quantity q;
    ck_assert_str_eq(quantity_duration_range(&q, 1225000.0, 1245000.0),
                     "1.225–1.245 ms");
    ck_assert_str_eq(quantity_duration_range(&q, 990.0, 1010.0), "0.990–1.010 µs");
}
END_TEST

START_TEST(test_quantity_bytes_counts_and_ratios)
{
    struct quantity q;
    ck_assert_str_eq(quantity_bytes(&q, 0.0), "0 B");
    ck_assert_str_eq(quantity_bytes(&q, 1023.0), "1023 B");
    ck_assert_str_eq(quantity_bytes(&q, 1536.0), "1.50 KiB");
    ck_assert_str_eq(quantity_bytes(&q, 52428800.0), "50.0 MiB");
    ck_assert_str_eq(quantity_count(&q, 99999.0), "99999");
    ck_assert_str_eq(quantity_count(&q, 1234567.0), "1.23 M");
    ck_assert_str_eq(quantity_ratio(&q, 3.954), "3.95×");
    ck_assert_str_eq(quantity_ratio(&q, 0.9871), "0.987×");
    ck_assert_str_eq(quantity_ratio(&q, 123.4), "123×");
    ck_assert_uint_eq(quantity_width("3.95×"), 5);
}
END_TEST

START_TEST(test_plan_holds_every_job_once)
{
    enum {
        CELLS = 6,
        ROUNDS = 4
    };
    struct plan plan;
    ck_assert(plan_init(&plan, CELLS, 0, ROUNDS, 99));
    ck_assert_uint_eq(plan.count, CELLS * ROUNDS);
    int seen[CELLS][ROUNDS] = {{0}};
    for (size_t i = 0; i < plan.count; i++) {
        seen[plan.jobs[i].cell][plan.jobs[i].round]++;
        ck_assert_uint_eq(plan.jobs[i].round, i / CELLS);
    }
    for (int cell = 0; cell < CELLS; cell++) {
        for (int round = 0; round < ROUNDS; round++) {
            ck_assert_int_eq(seen[cell][round], 1);
        }
    }
    plan_done(&plan);
}
END_TEST

START_TEST(test_plan_is_a_function_of_its_seed)
{
    struct plan a;
    struct plan b;
    struct plan c;
    ck_assert(plan_init(&a, 16, 0, 3, 1) && plan_init(&b, 16, 0, 3, 1) &&
              plan_init(&c, 16, 0, 3, 2));
    bool differs = false;
    for (size_t i = 0; i < a.count; i++) {
        ck_assert_uint_eq(a.jobs[i].cell, b.jobs[i].cell);
        differs = differs || a.jobs[i].cell != c.jobs[i].cell;
    }
    ck_assert(differs);
    plan_done(&a);
    plan_done(&b);
    plan_done(&c);
    ck_assert(!plan_init(&a, SIZE_MAX / 2, 0, 4, 1));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_timer_difference_never_wraps,
        test_timer_clocks_do_not_run_backwards,
        test_timer_span_counts_work_on_both_clocks,
        test_timer_batch_reaches_the_target,
        test_timer_read_cost_is_plausible,
        test_timer_sees_time_without_a_cpu,
        test_quantity_duration_chooses_the_unit,
        test_quantity_duration_rounds_before_it_chooses,
        test_quantity_range_shares_the_unit,
        test_quantity_bytes_counts_and_ratios,
        test_plan_holds_every_job_once,
        test_plan_is_a_function_of_its_seed,
        NULL,
    };
    return unit_run(unit_suite("timer", tests));
}
