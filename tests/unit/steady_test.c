#include "config.h"

#include <stdlib.h>

#include "series.h"
#include "steady.h"
#include "unit.h"

#include "base/prng.h"

enum {
    LENGTH = 120
};

/* Fills [begin, end) with a level and one per cent of normal noise. */
static void fill(struct prng *prng, double *values, size_t begin, size_t end,
                 double level)
{
    for (size_t i = begin; i < end; i++) {
        values[i] = level * (1.0 + 0.01 * prng_normal(prng));
    }
}

START_TEST(test_steady_finds_the_cut)
{
    struct prng prng;
    double values[LENGTH];
    prng_seed(&prng, 11);
    fill(&prng, values, 0, 40, 200.0);
    fill(&prng, values, 40, LENGTH, 100.0);
    struct steady_segments segments;
    ck_assert(steady_find_segments(values, LENGTH, &segments));
    ck_assert_uint_eq(segments.count, 2);
    ck_assert_uint_eq(segments.starts[0], 0);
    ck_assert_uint_eq(segments.starts[1], 40);
    steady_segments_done(&segments);
}
END_TEST

START_TEST(test_steady_constant_series_is_one_segment)
{
    double values[LENGTH];
    for (size_t i = 0; i < LENGTH; i++) {
        values[i] = 1000.0;
    }
    struct steady_segments segments;
    ck_assert(steady_find_segments(values, LENGTH, &segments));
    ck_assert_uint_eq(segments.count, 1);
    steady_segments_done(&segments);
    ck_assert_int_eq(steady_classify(values, LENGTH), STEADY_FLAT);
}
END_TEST

START_TEST(test_steady_classes_of_labelled_series)
{
    /* 100 series of each kind; the goal of the design is 95 % agreement. */
    struct prng prng;
    prng_seed(&prng, 2026);
    int right[4] = {0};
    for (int round = 0; round < 100; round++) {
        double values[LENGTH];
        fill(&prng, values, 0, LENGTH, 100.0);
        right[0] += steady_classify(values, LENGTH) == STEADY_FLAT;
        fill(&prng, values, 0, 30, 130.0);
        right[1] += steady_classify(values, LENGTH) == STEADY_WARMUP;
        fill(&prng, values, 0, 30, 80.0);
        right[2] += steady_classify(values, LENGTH) == STEADY_SLOWDOWN;
        fill(&prng, values, 0, 105, 100.0);
        fill(&prng, values, 105, LENGTH, 140.0);
        right[3] += steady_classify(values, LENGTH) == STEADY_NONE;
    }
    for (int kind = 0; kind < 4; kind++) {
        ck_assert_int_ge(right[kind], 95);
    }
}
END_TEST

START_TEST(test_steady_hiccups_are_no_phases)
{
    struct prng prng;
    double values[LENGTH];
    prng_seed(&prng, 5);
    fill(&prng, values, 0, LENGTH, 100.0);
    values[20] = 900.0;
    values[77] = 5000.0;
    values[118] = 700.0;
    ck_assert_int_eq(steady_classify(values, LENGTH), STEADY_FLAT);
}
END_TEST

START_TEST(test_steady_clip_moves_outliers_to_the_fence)
{
    /* Quartiles 2.5 and 6.5 of 1..7 and 100: fence 6.5 + 3 * ... by hand: sorted
       1 2 3 4 5 6 7 100, q1 = 2.75, q3 = 6.25, fence 6.25 + 10.5. */
    static const double values[] = {1, 2, 3, 4, 5, 6, 7, 100};
    double out[8];
    ck_assert(steady_clip_outliers(values, 8, out));
    ck_assert_double_eq(out[6], 7.0);
    ck_assert_double_eq_tol(out[7], 16.75, 1e-12);
}
END_TEST

START_TEST(test_steady_short_series_are_unknown)
{
    static const double values[] = {1, 2, 3, 4, 5, 6, 7};
    ck_assert_int_eq(steady_classify(values, 7), STEADY_UNKNOWN);
    ck_assert_int_eq(steady_classify(values, 0), STEADY_UNKNOWN);
}
END_TEST

START_TEST(test_steady_long_series_are_shortened)
{
    enum {
        LONG = 20000
    };
    struct prng prng;
    double *values = malloc(LONG * sizeof *values);
    ck_assert_ptr_nonnull(values);
    prng_seed(&prng, 3);
    fill(&prng, values, 0, 4000, 150.0);
    fill(&prng, values, 4000, LONG, 100.0);
    ck_assert_int_eq(steady_classify(values, LONG), STEADY_WARMUP);
    free(values);
}
END_TEST

START_TEST(test_steady_common_needs_a_majority)
{
    static const enum steady_class most[] = {STEADY_FLAT, STEADY_WARMUP, STEADY_FLAT};
    static const enum steady_class split[] = {STEADY_FLAT, STEADY_WARMUP};
    ck_assert_int_eq(steady_common(most, 3), STEADY_FLAT);
    ck_assert_int_eq(steady_common(split, 2), STEADY_INCONSISTENT);
    ck_assert_int_eq(steady_common(split, 0), STEADY_UNKNOWN);
}
END_TEST

START_TEST(test_steady_names_round_trip)
{
    for (int i = STEADY_UNKNOWN; i <= STEADY_INCONSISTENT; i++) {
        enum steady_class class = STEADY_UNKNOWN;
        ck_assert(
            steady_class_from_name(steady_class_name((enum steady_class)i), &class));
        ck_assert_int_eq(class, i);
    }
    enum steady_class class = STEADY_FLAT;
    ck_assert(!steady_class_from_name("fast", &class));
    ck_assert_int_eq(class, STEADY_FLAT);
}
END_TEST

START_TEST(test_steady_settles_when_two_windows_agree)
{
    static const double falling[] = {9, 8, 7, 6, 5, 4, 3, 2};
    static const double settled[] = {90, 50, 20, 10, 10.1, 10, 9.9, 10.1, 10, 9.9, 10};
    ck_assert(!steady_has_settled(falling, 8));
    ck_assert(!steady_has_settled(settled, 7));
    ck_assert(steady_has_settled(settled, 11));
}
END_TEST

START_TEST(test_series_finish_computes_median_and_class)
{
    struct series series;
    series_init(&series);
    series.startup_ns = 500.0;
    for (int i = 0; i < 4; i++) {
        ck_assert(series_times_add(&series.warmup, 100.0));
    }
    ck_assert(!series_finish(&series));
    for (int i = 0; i < 9; i++) {
        ck_assert(series_add_sample(&series, 96.0 + (double)i, 200.0 + (double)i));
    }
    ck_assert(series_finish(&series));
    ck_assert_double_eq(series.median_ns, 100.0);
    ck_assert_double_eq(series.median_wall_ns, 204.0);
    ck_assert_int_eq(series.class, STEADY_FLAT);
    series.samples.values[0] = -1.0;
    ck_assert(!series_finish(&series));
    struct series other;
    series_take(&other, &series);
    ck_assert_uint_eq(series.samples.count, 0);
    ck_assert_uint_eq(other.samples.count, 9);
    series_done(&other);
    series_done(&series);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_steady_finds_the_cut,
        test_steady_constant_series_is_one_segment,
        test_steady_classes_of_labelled_series,
        test_steady_hiccups_are_no_phases,
        test_steady_clip_moves_outliers_to_the_fence,
        test_steady_short_series_are_unknown,
        test_steady_long_series_are_shortened,
        test_steady_common_needs_a_majority,
        test_steady_names_round_trip,
        test_steady_settles_when_two_windows_agree,
        test_series_finish_computes_median_and_class,
        NULL,
    };
    return unit_run(unit_suite("steady", tests));
}
