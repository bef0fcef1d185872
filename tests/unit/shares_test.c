/* Intervals of shares: closed forms against values worked out by hand, the bootstrap
 * against known distributions. */
#include "config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shares.h"
#include "unit.h"

#include "base/prng.h"
#include "base/strbuf.h"

static void near_to(double value, double expected, double tolerance)
{
    ck_assert_msg(fabs(value - expected) <= tolerance, "%.6f is not %.6f ± %g", value,
                  expected, tolerance);
}

START_TEST(test_wilson_matches_hand_computed_values)
{
    /* p = 1/2, n = 10: centre (0.5 + 0.19207) / 1.38415 = 0.5,
     * half = 1.95996/1.38415 · sqrt(0.025 + 0.0096036) = 0.26341 */
    double low = -1, high = -1;
    shares_wilson(0.5, 10, &low, &high);
    near_to(low, 0.236593, 2e-6);
    near_to(high, 0.763407, 2e-6);
    /* p = 0, n = 20: upper end z²/(n + z²) = 3.841459/23.841459 */
    shares_wilson(0, 20, &low, &high);
    near_to(low, 0, 0);
    near_to(high, 0.161125, 2e-6);
    /* p = 1 mirrors p = 0. */
    shares_wilson(1, 20, &low, &high);
    near_to(low, 1 - 0.161125, 2e-6);
    near_to(high, 1, 0);
    /* 30 of 1000 */
    shares_wilson(0.03, 1000, &low, &high);
    near_to(low, 0.021093, 2e-6);
    near_to(high, 0.042504, 2e-6);
    shares_wilson(0.5, 0, &low, &high);
    near_to(low, 0, 0);
    near_to(high, 1, 0);
}
END_TEST

START_TEST(test_t_matches_tables)
{
    near_to(shares_t95(1), 12.706, 1e-9);
    near_to(shares_t95(9), 2.262, 1e-9);
    near_to(shares_t95(29), 2.045, 1e-9);
    near_to(shares_t95(40), 2.0211, 5e-4);
    near_to(shares_t95(120), 1.9799, 5e-4);
    near_to(shares_t95(1000000), 1.95996, 1e-4);
}
END_TEST

/* A model of two functions; samples are added by `add`. */
static struct model *two_functions(void)
{
    struct model *model = model_new();
    ck_assert_ptr_nonnull(model);
    for (unsigned i = 0; i < 2; i++) {
        struct model_frame frame = {
            .tier = RPROF_TIER_VM,
            .function = model_add_function(model, i == 0 ? "a" : "b", "x.ruff", i + 1),
            .module = MODEL_NONE};
        ck_assert_uint_eq(
            model_add_node(model, MODEL_NONE, model_add_frame(model, &frame)), i);
    }
    model_add_thread(model, 1);
    return model;
}

static void add(struct model *model, uint64_t time_ns, uint32_t node, uint32_t run,
                uint32_t iteration)
{
    struct model_sample sample = {
        .when = {.time_ns = time_ns, .run = run, .iteration = iteration},
        .node = node,
        .weight = 1000};
    ck_assert(model_add_sample(model, &sample));
}

static struct view *cpu_view(const struct model *model)
{
    struct view_filter filter = {.metric = VIEW_CPU};
    struct view *view = NULL;
    ck_assert_int_eq(view_new(&view, model, &filter, NULL), VIEW_OK);
    return view;
}

/* The share of node 0 and its interval. */
static struct share share_of_a(const struct view *view, enum shares_unit *unit)
{
    struct shares shares;
    ck_assert(shares_init(&shares, view));
    double *parts = calloc(shares.units, sizeof *parts);
    ck_assert_ptr_nonnull(parts);
    uint64_t samples = 0;
    for (size_t i = 0; i < view->item_count; i++) {
        if (view->items[i].node == 0) {
            parts[shares.unit_of[i]] += view->items[i].value;
            samples++;
        }
    }
    struct share share;
    ck_assert(shares_estimate(&shares, view, parts, &samples, 1, &share));
    if (unit != NULL) {
        *unit = shares.unit;
    }
    free(parts);
    shares_done(&shares);
    return share;
}

START_TEST(test_runs_are_the_unit_from_ten_on)
{
    for (uint32_t runs = 9; runs <= 10; runs++) {
        struct model *model = two_functions();
        for (uint32_t r = 1; r <= runs; r++) {
            for (uint32_t i = 0; i < 20; i++) {
                add(model, r * 1000 + i, i % 2, r, 0);
            }
        }
        model_finish(model);
        struct view *view = cpu_view(model);
        enum shares_unit unit;
        struct share share = share_of_a(view, &unit);
        ck_assert_int_eq(unit, runs >= 10 ? SHARES_RUNS : SHARES_SLICED);
        near_to(share.value, 0.5, 1e-12);
        view_free(view);
        model_free(model);
    }
}
END_TEST

START_TEST(test_iterations_are_the_unit_when_runs_are_few)
{
    struct model *model = two_functions();
    for (uint32_t i = 1; i <= 12; i++) {
        for (uint32_t k = 0; k < 10; k++) {
            add(model, i * 1000 + k, k % 2, 1, i);
        }
    }
    model_finish(model);
    struct view *view = cpu_view(model);
    enum shares_unit unit;
    share_of_a(view, &unit);
    ck_assert_int_eq(unit, SHARES_ITERATIONS);
    view_free(view);
    model_free(model);
}
END_TEST

START_TEST(test_interval_is_never_narrower_than_wilson)
{
    /* Every slice has exactly half its samples in a: the bootstrap alone would say
     * 50 % ± 0, which no 300 samples can show. */
    struct model *model = two_functions();
    for (uint32_t i = 0; i < 300; i++) {
        add(model, i, i % 2, 0, 0);
    }
    model_finish(model);
    struct view *view = cpu_view(model);
    struct share share = share_of_a(view, NULL);
    double low = 0, high = 0;
    shares_wilson(0.5, 300, &low, &high);
    near_to(share.low, low, 1e-9);
    near_to(share.high, high, 1e-9);
    ck_assert(!share.few);
    view_free(view);
    model_free(model);
}
END_TEST

START_TEST(test_runs_that_differ_widen_the_interval)
{
    /* Ten runs, alternately 90 % and 10 % in a: 2000 samples, but only ten witnesses. */
    struct model *model = two_functions();
    for (uint32_t r = 1; r <= 10; r++) {
        for (uint32_t i = 0; i < 200; i++) {
            uint32_t in_a = r % 2 == 0 ? 180 : 20;
            add(model, r * 1000 + i, i < in_a ? 0 : 1, r, 0);
        }
    }
    model_finish(model);
    struct view *view = cpu_view(model);
    struct share share = share_of_a(view, NULL);
    near_to(share.value, 0.5, 1e-12);
    /* The mean of ten ±0.4 has a standard error of 0.133: about ±0.30 with t(9). */
    ck_assert(share.high - share.low > 0.45);
    ck_assert(share.high - share.low < 0.75);
    view_free(view);
    model_free(model);
}
END_TEST

START_TEST(test_under_ten_samples_say_so)
{
    struct model *model = two_functions();
    for (uint32_t i = 0; i < 100; i++) {
        add(model, i, i < 9 ? 0 : 1, 0, 0);
    }
    model_finish(model);
    struct view *view = cpu_view(model);
    ck_assert(share_of_a(view, NULL).few);
    view_free(view);
    model_free(model);
}
END_TEST

START_TEST(test_same_profile_gives_same_interval)
{
    struct model *model = two_functions();
    struct prng prng;
    prng_seed(&prng, 7);
    for (uint32_t i = 0; i < 500; i++) {
        add(model, i, prng_double(&prng) < 0.3 ? 0 : 1, 0, 0);
    }
    model_finish(model);
    struct view *view = cpu_view(model);
    struct share first = share_of_a(view, NULL), second = share_of_a(view, NULL);
    ck_assert_mem_eq(&first, &second, sizeof first);
    view_free(view);
    model_free(model);
}
END_TEST

/* 200 recordings of 400 independent samples with a true share of 30 %: the interval must
 * contain it in at least 93 % of them (seeds are fixed, so this is no gamble), and must
 * not be so wide that it says nothing. */
START_TEST(test_intervals_cover_the_truth)
{
    struct prng prng;
    prng_seed(&prng, 2026);
    unsigned covered = 0;
    double width = 0;
    for (unsigned trial = 0; trial < 200; trial++) {
        struct model *model = two_functions();
        for (uint32_t i = 0; i < 400; i++) {
            add(model, i, prng_double(&prng) < 0.3 ? 0 : 1, 0, 0);
        }
        model_finish(model);
        struct view *view = cpu_view(model);
        struct share share = share_of_a(view, NULL);
        covered += share.low <= 0.3 && share.high >= 0.3;
        width += share.high - share.low;
        view_free(view);
        model_free(model);
    }
    ck_assert_uint_ge(covered, 186);
    ck_assert(width / 200 < 0.15); /* Wilson's is 0.0895 wide */
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_wilson_matches_hand_computed_values,
        test_t_matches_tables,
        test_runs_are_the_unit_from_ten_on,
        test_iterations_are_the_unit_when_runs_are_few,
        test_interval_is_never_narrower_than_wilson,
        test_runs_that_differ_widen_the_interval,
        test_under_ten_samples_say_so,
        test_same_profile_gives_same_interval,
        test_intervals_cover_the_truth,
        NULL,
    };
    return unit_run(unit_suite("shares", tests));
}
