#include "config.h"

#include "timer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "stats.h"

static uint64_t clock_now(clockid_t clock);
static uint64_t involuntary_switches(void);

uint64_t timer_wall_now(void)
{
    return clock_now(CLOCK_MONOTONIC);
}

uint64_t timer_cpu_now(void)
{
    return clock_now(CLOCK_PROCESS_CPUTIME_ID);
}

/* The second of three numbers: time on a CPU, time ready without one, turns. */
uint64_t timer_waited_now(void)
{
    FILE *file = fopen("/proc/thread-self/schedstat", "re");
    if (file == NULL) {
        return 0;
    }
    uint64_t waited_ns = 0;
    if (fscanf(file, "%*u %" SCNu64, &waited_ns) != 1) {
        waited_ns = 0;
    }
    fclose(file);
    return waited_ns;
}

static uint64_t clock_now(clockid_t clock)
{
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void timer_start(struct timer *timer)
{
    timer->switches_at_start = involuntary_switches();
    timer->start.wall_ns = timer_wall_now();
    timer->start.cpu_ns = timer_cpu_now();
}

struct timer_span timer_stop(const struct timer *timer)
{
    uint64_t cpu_ns = timer_cpu_now();
    uint64_t wall_ns = timer_wall_now();
    uint64_t switches = involuntary_switches();
    return (struct timer_span){
        .cpu_ns = timer_difference(timer->start.cpu_ns, cpu_ns),
        .wall_ns = timer_difference(timer->start.wall_ns, wall_ns),
        .involuntary_switches = timer_difference(timer->switches_at_start, switches),
    };
}

static uint64_t involuntary_switches(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0 || usage.ru_nivcsw < 0) {
        return 0;
    }
    return (uint64_t)usage.ru_nivcsw;
}

uint64_t timer_difference(uint64_t start_ns, uint64_t end_ns)
{
    return end_ns > start_ns ? end_ns - start_ns : 0;
}

uint64_t timer_read_cost_ns(unsigned tries)
{
    enum {
        MOST = 101
    };
    double costs[MOST];
    unsigned count = tries == 0 ? 1 : tries > MOST ? MOST : tries;
    for (unsigned i = 0; i < count; i++) {
        uint64_t first = timer_cpu_now();
        uint64_t second = timer_cpu_now();
        costs[i] = (double)timer_difference(first, second);
    }
    return (uint64_t)stats_median_inplace(costs, count);
}

uint32_t timer_batch(double iteration_ns, uint64_t target_ns)
{
    double length_ns =
        iteration_ns > TIMER_SHORTEST_NS ? iteration_ns : TIMER_SHORTEST_NS;
    double batch = ceil((double)target_ns / length_ns);
    return batch < 1.0 ? 1u : batch > (double)UINT32_MAX ? UINT32_MAX : (uint32_t)batch;
}
