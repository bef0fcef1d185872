#include "config.h"

#include <math.h>

#include "stats.h"
#include "unit.h"

START_TEST(test_stats_summary_of_eight_values)
{
    /* Sum 40, mean 5; squared deviations 9+1+1+1+0+0+4+16 = 32, 32/7; deviations from
       the median 4.5: 2.5 .5 .5 .5 .5 .5 2.5 4.5. Quartiles at 1.75 and 5.25. */
    static const double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    struct stats_summary s;
    ck_assert(stats_summarize(values, 8, &s));
    ck_assert_uint_eq(s.count, 8);
    ck_assert_double_eq(s.mean, 5.0);
    ck_assert_double_eq(s.median, 4.5);
    ck_assert_double_eq(s.min, 2.0);
    ck_assert_double_eq(s.max, 9.0);
    ck_assert_double_eq_tol(s.stddev, 2.138089935299395, 1e-15);
    ck_assert_double_eq(s.mad, 0.5);
    ck_assert_double_eq(s.lower_quartile, 4.0);
    ck_assert_double_eq(s.upper_quartile, 5.5);
}
END_TEST

START_TEST(test_stats_single_value_has_no_spread)
{
    double value = 7.0;
    struct stats_summary s;
    ck_assert(stats_summarize(&value, 1, &s));
    ck_assert_double_eq(s.median, 7.0);
    ck_assert_double_eq(s.mad, 0.0);
    ck_assert(isnan(s.stddev));
}
END_TEST

START_TEST(test_stats_rejected_input_leaves_result_alone)
{
    static const double values[] = {1.0, (double)INFINITY};
    struct stats_summary s = {.count = 99};
    ck_assert(!stats_summarize(values, 0, &s));
    ck_assert(!stats_summarize(values, 2, &s));
    ck_assert_uint_eq(s.count, 99);
}
END_TEST

START_TEST(test_stats_identical_values)
{
    static const double values[] = {3, 3, 3, 3, 3};
    struct stats_summary s;
    struct stats_outliers o;
    ck_assert(stats_summarize(values, 5, &s));
    ck_assert_double_eq(s.stddev, 0.0);
    ck_assert(stats_count_outliers(values, 5, &o));
    ck_assert_uint_eq(stats_outliers_total(&o), 0);
}
END_TEST

START_TEST(test_stats_percentile_interpolates)
{
    /* R: quantile(c(10, 20, 30, 40), type = 7). */
    static const double sorted[] = {10, 20, 30, 40};
    ck_assert_double_eq_tol(stats_percentile_sorted(sorted, 4, 0.0), 10.0, 1e-12);
    ck_assert_double_eq_tol(stats_percentile_sorted(sorted, 4, 0.25), 17.5, 1e-12);
    ck_assert_double_eq_tol(stats_percentile_sorted(sorted, 4, 0.9), 37.0, 1e-12);
    ck_assert_double_eq_tol(stats_percentile_sorted(sorted, 4, 1.0), 40.0, 1e-12);
    ck_assert_double_eq_tol(stats_percentile_sorted(sorted, 1, 0.5), 10.0, 1e-12);
}
END_TEST

START_TEST(test_stats_outliers_by_fence)
{
    /* Quartiles of the nine: 3 and 7, range 4; fences −9 −3 13 19. */
    static const double values[] = {1, 2, 3, 4, 5, 6, 7, 14, 20};
    struct stats_outliers o;
    ck_assert(stats_count_outliers(values, 9, &o));
    ck_assert_uint_eq(o.high_mild, 1);
    ck_assert_uint_eq(o.high_severe, 1);
    ck_assert_uint_eq(o.low_mild + o.low_severe, 0);
    static const double low[] = {-20, -4, 3, 4, 5, 6, 7, 8, 9};
    ck_assert(stats_count_outliers(low, 9, &o));
    /* Quartiles 3 and 7 again. */
    ck_assert_uint_eq(o.low_mild, 1);
    ck_assert_uint_eq(o.low_severe, 1);
}
END_TEST

START_TEST(test_stats_selection_agrees_with_sorting)
{
    /* A few thousand arrays with many ties, from a small generator. */
    unsigned state = 1;
    for (int round = 0; round < 5000; round++) {
        double values[25];
        double sorted[25];
        state = state * 1103515245u + 12345u;
        size_t count = 1 + (state >> 16) % 25;
        for (size_t i = 0; i < count; i++) {
            state = state * 1103515245u + 12345u;
            values[i] = sorted[i] = (double)((state >> 16) % 9);
        }
        stats_sort(sorted, count);
        ck_assert_double_eq(stats_median_inplace(values, count),
                            stats_median_sorted(sorted, count));
    }
}
END_TEST

START_TEST(test_stats_stddev_keeps_digits_of_large_means)
{
    static const double values[] = {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16};
    ck_assert_double_eq_tol(stats_stddev(values, 4), sqrt(30.0), 1e-9);
}
END_TEST

START_TEST(test_stats_geometric_mean)
{
    static const double values[] = {1, 2, 4, 8};
    double mean = -1.0;
    ck_assert(stats_geometric_mean(values, 4, &mean));
    ck_assert_double_eq_tol(mean, 2.8284271247461903, 1e-14);
    static const double bad[] = {1, 0};
    mean = -1.0;
    ck_assert(!stats_geometric_mean(bad, 2, &mean));
    ck_assert(!stats_geometric_mean(values, 0, &mean));
    ck_assert_double_eq(mean, -1.0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_stats_summary_of_eight_values,
        test_stats_single_value_has_no_spread,
        test_stats_rejected_input_leaves_result_alone,
        test_stats_identical_values,
        test_stats_percentile_interpolates,
        test_stats_outliers_by_fence,
        test_stats_selection_agrees_with_sorting,
        test_stats_stddev_keeps_digits_of_large_means,
        test_stats_geometric_mean,
        NULL,
    };
    return unit_run(unit_suite("stats", tests));
}
