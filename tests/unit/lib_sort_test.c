#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "base/prng.h"
#include "core/state.h"
#include "lib/sort.h"

static int compare_ints(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Sizes around the limits of the methods, values over the whole range. */
START_TEST(test_sort_ints_agrees_with_qsort)
{
    /* All a sort asks the isolate is whether to stop. */
    static struct state idle;
    struct state *st = &idle;
    static const size_t sizes[] = {0, 1, 2, 11, 12, 13, 127, 128, 129, 1000, 4097};
    struct prng prng;
    prng_seed(&prng, 1);
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        for (unsigned shift = 0; shift < 64; shift += 21) {
            size_t n = sizes[s];
            static int64_t items[4097], expected[4097], spare[4097];
            for (size_t i = 0; i < n; i++)
                items[i] = (int64_t)prng_u64(&prng) >> shift;
            memcpy(expected, items, n * sizeof(*items));
            qsort(expected, n, sizeof(*expected), compare_ints);
            ck_assert(sort_ints(st, items, n, spare));
            ck_assert_mem_eq(items, expected, n * sizeof(*items));
        }
    }
}
END_TEST

START_TEST(test_sort_floats_puts_nan_last_and_keeps_zeros)
{
    /* All a sort asks the isolate is whether to stop. */
    static struct state idle;
    struct state *st = &idle;
    double items[] = {1.5, (double)NAN, -0.0, 0.0, -HUGE_VAL, -0.0, HUGE_VAL, -1.0};
    double spare[8];
    ck_assert(sort_floats(st, items, 8, spare));
    ck_assert_double_infinite(items[0]);
    ck_assert_double_eq(items[1], -1.0);
    ck_assert(signbit(items[2]) && !signbit(items[3]) && signbit(items[4]));
    ck_assert_double_eq(items[5], 1.5);
    ck_assert_double_infinite(items[6]);
    ck_assert_double_nan(items[7]);
}
END_TEST

/* Keys collide often; the payload tells the order before. */
START_TEST(test_sort_values_is_stable)
{
    /* All a sort asks the isolate is whether to stop. */
    static struct state idle;
    struct state *st = &idle;
    enum {
        COUNT = 500
    };
    struct value items[COUNT], spare[COUNT];
    struct prng prng;
    prng_seed(&prng, 2);
    for (uint32_t i = 0; i < COUNT; i++) {
        items[i] = value_int((int64_t)prng_below(&prng, 20));
        items[i].unused = i;
    }
    ck_assert(sort_values(st, items, COUNT, spare));
    for (size_t i = 1; i < COUNT; i++) {
        ck_assert_int_le(items[i - 1].as.integer, items[i].as.integer);
        if (items[i - 1].as.integer == items[i].as.integer)
            ck_assert_uint_lt(items[i - 1].unused, items[i].unused);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_sort_ints_agrees_with_qsort,
        test_sort_floats_puts_nan_last_and_keeps_zeros,
        test_sort_values_is_stable,
        NULL,
    };
    return unit_run(unit_suite("lib_sort", tests));
}
