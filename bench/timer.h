/* The two clocks of a measurement, and what the kernel says about it.
 *
 * Wall time is CLOCK_MONOTONIC. CPU time is CLOCK_PROCESS_CPUTIME_ID: all threads of
 * the process, so that a compile thread is charged to the program that caused it. All
 * times are nanoseconds in unsigned 64 bits; their zero is arbitrary. Thread safe. */
#ifndef BENCH_TIMER_H
#define BENCH_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct timer_reading {
    uint64_t cpu_ns;
    uint64_t wall_ns;
};

/* A duration measured on both clocks, and the involuntary context switches within. */
struct timer_span {
    uint64_t cpu_ns;
    uint64_t wall_ns;
    uint64_t involuntary_switches;
};

struct timer {
    struct timer_reading start;
    uint64_t switches_at_start;
};

uint64_t timer_wall_now(void);
uint64_t timer_cpu_now(void);

/* For how long the calling thread was ready to run and had no CPU, since it began; 0 where
 * the kernel does not say. What a busy machine takes from a deadline. Opens a file of
 * /proc: some microseconds. */
uint64_t timer_waited_now(void);

/* The CPU clock is read last at the start and first at the end, so that the cost of
 * the other reads does not fall into the CPU span. */
void timer_start(struct timer *timer);
struct timer_span timer_stop(const struct timer *timer);

/* end − start, 0 when the clock seems to run backwards (suspended virtual machines). */
uint64_t timer_difference(uint64_t start_ns, uint64_t end_ns);

/* Cost of one reading of the CPU clock: median of `tries` back-to-back pairs. */
uint64_t timer_read_cost_ns(unsigned tries);

/* Iterations per sample so that the sample lasts at least target_ns, when one lasts
 * iteration_ns: ceil(target / iteration), 1 at least. Iterations that look shorter than
 * TIMER_SHORTEST_NS (no program starts and ends in that) count as that long, so that a
 * broken clock cannot ask for an endless batch. */
#define TIMER_SHORTEST_NS 100.0
uint32_t timer_batch(double iteration_ns, uint64_t target_ns);

#endif
