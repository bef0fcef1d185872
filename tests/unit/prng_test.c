#include "config.h"

#include <math.h>

#include "unit.h"

#include "base/prng.h"

enum {
    DRAWS = 200000
};

START_TEST(test_prng_matches_values_of_another_implementation)
{
    struct prng prng;
    prng_seed(&prng, 42);
    ck_assert_uint_eq(prng_u64(&prng), UINT64_C(0x15780B2E0C2EC716));
    ck_assert_uint_eq(prng_u64(&prng), UINT64_C(0x6104D9866D113A7E));
    for (int i = 2; i < 999; i++)
        prng_u64(&prng);
    ck_assert_uint_eq(prng_u64(&prng), UINT64_C(0x8DE5848C61AB8968));
}
END_TEST

START_TEST(test_prng_double_is_uniform_in_the_half_open_unit)
{
    struct prng prng;
    prng_seed(&prng, 1);
    double sum = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = prng_double(&prng);
        ck_assert(x >= 0.0 && x < 1.0);
        sum += x;
        squares += x * x;
    }
    /* Five standard errors of the mean and of the mean square. */
    ck_assert_double_eq_tol(sum / DRAWS, 0.5, 5 * 0.2887 / sqrt(DRAWS));
    ck_assert_double_eq_tol(squares / DRAWS, 1.0 / 3, 5 * 0.2981 / sqrt(DRAWS));
}
END_TEST

START_TEST(test_prng_below_is_uniform_and_within_limit)
{
    struct prng prng;
    prng_seed(&prng, 2);
    int counts[7] = {0};
    for (int i = 0; i < DRAWS; i++)
        counts[prng_below(&prng, 7)]++;
    double chi2 = 0;
    for (int i = 0; i < 7; i++) {
        double expected = DRAWS / 7.0, d = counts[i] - expected;
        chi2 += d * d / expected;
    }
    ck_assert_double_lt(chi2, 22.46); /* p = 0.001 at 6 degrees of freedom */
    ck_assert_uint_eq(prng_below(&prng, 0), 0);
    ck_assert_uint_eq(prng_below(&prng, 1), 0);
    for (int i = 0; i < 1000; i++)
        ck_assert_uint_lt(prng_below(&prng, UINT64_MAX / 2 + 2), UINT64_MAX / 2 + 2);
}
END_TEST

START_TEST(test_prng_between_reaches_both_ends)
{
    struct prng prng;
    prng_seed(&prng, 3);
    int low = 0, high = 0;
    for (int i = 0; i < 1000; i++) {
        int64_t x = prng_between(&prng, -1, 1);
        ck_assert(x >= -1 && x <= 1);
        low += x == -1;
        high += x == 1;
    }
    ck_assert(low > 0 && high > 0);
    ck_assert_int_eq(prng_between(&prng, 5, 5), 5);
    prng_between(&prng, INT64_MIN, INT64_MAX);
}
END_TEST

START_TEST(test_prng_exponential_and_normal_have_their_moments)
{
    struct prng prng;
    prng_seed(&prng, 4);
    double exponential = 0, normal = 0, squares = 0;
    for (int i = 0; i < DRAWS; i++) {
        double e = prng_exponential(&prng, 3.0), z = prng_normal(&prng);
        ck_assert(e >= 0.0 && isfinite(e) && isfinite(z));
        exponential += e;
        normal += z;
        squares += z * z;
    }
    ck_assert_double_eq_tol(exponential / DRAWS, 3.0, 5 * 3.0 / sqrt(DRAWS));
    ck_assert_double_eq_tol(normal / DRAWS, 0.0, 5 / sqrt(DRAWS));
    ck_assert_double_eq_tol(squares / DRAWS, 1.0, 5 * sqrt(2) / sqrt(DRAWS));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_prng_matches_values_of_another_implementation,
        test_prng_double_is_uniform_in_the_half_open_unit,
        test_prng_below_is_uniform_and_within_limit,
        test_prng_between_reaches_both_ends,
        test_prng_exponential_and_normal_have_their_moments,
        NULL,
    };
    return unit_run(unit_suite("prng", tests));
}
