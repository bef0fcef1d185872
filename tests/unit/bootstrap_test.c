#include "config.h"

#include <math.h>

#include "bootstrap.h"
#include "compare.h"
#include "unit.h"

#include "base/prng.h"

static double choose(int n, int k)
{
    double value = 1.0;
    for (int i = 1; i <= k; i++) {
        value = value * (double)(n - k + i) / (double)i;
    }
    return value;
}

/* P(median* <= x(k)) of n resampled values, n odd: at least (n+1)/2 of n draws are among
   the k smallest. */
static double exact_cdf(int n, int k)
{
    double p = (double)k / (double)n;
    double sum = 0.0;
    for (int j = (n + 1) / 2; j <= n; j++) {
        sum += choose(n, j) * pow(p, j) * pow(1.0 - p, n - j);
    }
    return sum;
}

START_TEST(test_bootstrap_median_agrees_with_exact_distribution)
{
    /* With 11 values the exact distribution of the resampled median first reaches
       2.5 % and 97.5 % at these order statistics. */
    enum {
        N = 11
    };
    double values[N];
    int low = 0;
    int high = 0;
    for (int k = 1; k <= N; k++) {
        values[k - 1] = (double)k * 10.0;
        low = low == 0 && exact_cdf(N, k) >= 0.025 ? k : low;
        high = high == 0 && exact_cdf(N, k) >= 0.975 ? k : high;
    }
    struct bootstrap_interval interval;
    ck_assert(bootstrap_median(values, N, BOOTSTRAP_RESAMPLES, 42, &interval));
    ck_assert_double_eq(interval.low, (double)low * 10.0);
    ck_assert_double_eq(interval.high, (double)high * 10.0);
}
END_TEST

START_TEST(test_bootstrap_is_reproducible)
{
    static const double values[] = {5.1, 5.3, 4.9, 5.8, 5.0, 5.2};
    struct bootstrap_interval a;
    struct bootstrap_interval b;
    ck_assert(bootstrap_median(values, 6, 1000, 7, &a));
    ck_assert(bootstrap_median(values, 6, 1000, 7, &b));
    ck_assert_double_eq(a.low, b.low);
    ck_assert_double_eq(a.high, b.high);
    ck_assert_double_le(a.low, 5.15);
    ck_assert_double_ge(a.high, 5.15);
}
END_TEST

START_TEST(test_bootstrap_refuses_fewer_than_five)
{
    static const double values[] = {1, 2, 3, 4};
    struct bootstrap_interval interval = {-1, -1};
    ck_assert(!bootstrap_median(values, 4, 1000, 1, &interval));
    struct bootstrap_pair pair = {values, 4, values, 4};
    ck_assert(!bootstrap_ratio(&pair, 1000, 1, &interval));
    ck_assert_double_eq(interval.low, -1.0);
}
END_TEST

START_TEST(test_bootstrap_ratio_of_constants_is_exact)
{
    static const double slow[] = {8, 8, 8, 8, 8};
    static const double fast[] = {2, 2, 2, 2, 2};
    struct bootstrap_pair pair = {slow, 5, fast, 5};
    struct compare_ratio ratio;
    ck_assert(compare_medians(&pair, 500, 3, &ratio));
    ck_assert_double_eq_tol(ratio.ratio, 4.0, 1e-12);
    ck_assert(ratio.has_interval);
    ck_assert_double_eq_tol(ratio.interval.low, 4.0, 1e-12);
    ck_assert_double_eq_tol(ratio.interval.high, 4.0, 1e-12);
    ck_assert_int_eq(ratio.verdict, COMPARE_FASTER);
}
END_TEST

START_TEST(test_compare_verdicts)
{
    static const double a[] = {10.0, 10.1, 9.9, 10.2, 9.8, 10.0};
    static const double b[] = {10.1, 10.0, 9.9, 10.1, 9.9, 10.0};
    static const double c[] = {20.0, 20.1, 19.9, 20.2, 19.8, 20.0};
    struct compare_ratio ratio;
    struct bootstrap_pair same = {a, 6, b, 6};
    ck_assert(compare_medians(&same, 2000, 5, &ratio));
    ck_assert_int_eq(ratio.verdict, COMPARE_UNDECIDED);
    struct bootstrap_pair slower = {a, 6, c, 6};
    ck_assert(compare_medians(&slower, 2000, 5, &ratio));
    ck_assert_int_eq(ratio.verdict, COMPARE_SLOWER);
    struct bootstrap_pair few = {a, 3, c, 3};
    ck_assert(compare_medians(&few, 2000, 5, &ratio));
    ck_assert_int_eq(ratio.verdict, COMPARE_UNKNOWN);
    ck_assert(!ratio.has_interval);
    ck_assert_double_eq_tol(ratio.ratio, 0.5, 1e-12);
}
END_TEST

START_TEST(test_compare_geometric_mean_of_two_and_eight_is_four)
{
    static const double sixteen[] = {16, 16, 16, 16, 16};
    static const double eight[] = {8, 8, 8, 8, 8};
    static const double two[] = {2, 2, 2, 2, 2};
    const struct bootstrap_pair pairs[] = {{sixteen, 5, eight, 5},
                                           {sixteen, 5, two, 5}};
    struct compare_ratio ratio;
    ck_assert(compare_geometric(pairs, 2, 500, 1, &ratio));
    ck_assert_double_eq_tol(ratio.ratio, 4.0, 1e-12);
    ck_assert_double_eq_tol(ratio.interval.low, 4.0, 1e-12);
    ck_assert(!compare_geometric(pairs, 0, 500, 1, &ratio));
}
END_TEST

START_TEST(test_compare_refuses_zero_times)
{
    static const double zero[] = {0, 0, 0, 0, 0};
    static const double one[] = {1, 1, 1, 1, 1};
    struct bootstrap_pair pair = {one, 5, zero, 5};
    struct compare_ratio ratio = {.ratio = -1.0};
    ck_assert(!compare_medians(&pair, 100, 1, &ratio));
    ck_assert_double_eq(ratio.ratio, -1.0);
}
END_TEST

/* 10 processes: a common level, 1 % between processes, now and then one that was
   disturbed (3 % of them slower by 5 to 40 %): the model of notes/statistics.md. */
static void draw_processes(struct prng *prng, double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        values[i] = 1000.0 * (1.0 + 0.01 * prng_normal(prng));
        if (prng_double(prng) < 0.03) {
            values[i] *= 1.05 + 0.35 * prng_double(prng);
        }
    }
}

START_TEST(test_bootstrap_interval_covers_the_median)
{
    enum {
        EXPERIMENTS = 1000,
        PROCESSES = 10,
        RESAMPLES = 500
    };
    struct prng prng;
    prng_seed(&prng, 1);
    int covered = 0;
    for (int i = 0; i < EXPERIMENTS; i++) {
        double values[PROCESSES];
        struct bootstrap_interval interval;
        draw_processes(&prng, values, PROCESSES);
        ck_assert(
            bootstrap_median(values, PROCESSES, RESAMPLES, (uint64_t)i, &interval));
        /* The true median: 1.5 % of the values were lifted across it. */
        covered += interval.low <= 1000.4 && interval.high >= 1000.4;
    }
    ck_assert_int_ge(covered, 930);
    ck_assert_int_le(covered, 990);
}
END_TEST

START_TEST(test_compare_seldom_sees_what_is_not_there)
{
    enum {
        EXPERIMENTS = 1000,
        PROCESSES = 10,
        RESAMPLES = 500
    };
    struct prng prng;
    prng_seed(&prng, 2);
    int alarms = 0;
    int found = 0;
    for (int i = 0; i < EXPERIMENTS; i++) {
        double a[PROCESSES];
        double b[PROCESSES];
        struct compare_ratio ratio;
        draw_processes(&prng, a, PROCESSES);
        draw_processes(&prng, b, PROCESSES);
        const struct bootstrap_pair same = {a, PROCESSES, b, PROCESSES};
        ck_assert(compare_medians(&same, RESAMPLES, (uint64_t)i, &ratio));
        alarms += ratio.verdict != COMPARE_UNDECIDED;
        for (int j = 0; j < PROCESSES; j++) {
            b[j] /= 1.05;
        }
        ck_assert(compare_medians(&same, RESAMPLES, (uint64_t)i, &ratio));
        found += ratio.verdict == COMPARE_FASTER;
    }
    /* Nominal 5 %; of differences of 5 % at 1 % between processes few are missed. */
    ck_assert_int_le(alarms, 60);
    ck_assert_int_ge(found, 970);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_bootstrap_median_agrees_with_exact_distribution,
        test_bootstrap_is_reproducible,
        test_bootstrap_refuses_fewer_than_five,
        test_bootstrap_ratio_of_constants_is_exact,
        test_compare_verdicts,
        test_compare_geometric_mean_of_two_and_eight_is_four,
        test_compare_refuses_zero_times,
        test_bootstrap_interval_covers_the_median,
        test_compare_seldom_sees_what_is_not_there,
        NULL,
    };
    return unit_run(unit_suite("bootstrap", tests));
}
