#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine_fixture.h"
#include "unit.h"

#include "core/fiber.h"
#include "core/state.h"

struct trace {
    struct state *st;
    char text[64];
    size_t len;
    struct fiber *other;
    double number;
};

static void note(struct trace *t, char c)
{
    t->text[t->len++] = c;
    t->text[t->len] = '\0';
}

static void twice(void *context)
{
    struct trace *t = context;
    note(t, 'a');
    fiber_yield(t->st);
    note(t, 'b');
    fiber_yield(t->st);
    note(t, 'c');
}

START_TEST(test_fiber_runs_in_turns)
{
    struct trace t = {.st = fixture_state(NULL, 0)};
    struct fiber *f = fiber_new(t.st, twice, &t);
    ck_assert(!fiber_done(f) && !fiber_running(f));
    for (int i = 0; i < 3; i++) {
        note(&t, '.');
        fiber_resume(t.st, f);
    }
    ck_assert_str_eq(t.text, ".a.b.c");
    ck_assert(fiber_done(f));
    fiber_free(t.st, f);
    fixture_free(t.st);
}
END_TEST

static void outer(void *context)
{
    struct trace *t = context;
    struct fiber *self = t->st->fiber;
    ck_assert(fiber_running(self));
    ck_assert_ptr_null(fiber_resumer(self));
    char *limit = t->st->c_stack_limit;
    fiber_resume(t->st, t->other);
    ck_assert_ptr_eq(t->st->fiber, self);
    ck_assert_ptr_eq(t->st->c_stack_limit, limit);
    note(t, 'o');
    fiber_resume(t->st, t->other);
}

static void inner(void *context)
{
    struct trace *t = context;
    char *here = __builtin_frame_address(0), *low, *high;
    ck_assert_ptr_nonnull(fiber_resumer(t->st->fiber));
    state_stack_bounds(t->st, &low, &high);
    ck_assert(here > low && here < high);
    ck_assert(t->st->c_stack_limit > low && t->st->c_stack_limit < high);
    note(t, 'i');
    fiber_yield(t->st);
    note(t, 'j');
}

START_TEST(test_fiber_resumes_another_fiber)
{
    struct trace t = {.st = fixture_state(NULL, 0)};
    struct fiber *f = fiber_new(t.st, outer, &t);
    t.other = fiber_new(t.st, inner, &t);
    fiber_resume(t.st, f);
    ck_assert_str_eq(t.text, "ioj");
    ck_assert_ptr_null(t.st->fiber);
    ck_assert_ptr_null(t.st->c_stack_limit);
    fiber_free(t.st, t.other);
    fiber_free(t.st, f);
    fixture_free(t.st);
}
END_TEST

static void compute(void *context)
{
    struct trace *t = context;
    double sum = t->number;
    for (int i = 0; i < 5; i++) {
        sum = sum * 1.5 + i;
        fiber_yield(t->st);
    }
    t->number = sum;
}

START_TEST(test_fiber_keeps_registers_of_each_side)
{
    struct trace a = {.st = fixture_state(NULL, 0), .number = 1.0};
    struct trace b = {.st = a.st, .number = 2.0};
    struct fiber *fa = fiber_new(a.st, compute, &a), *fb = fiber_new(a.st, compute, &b);
    volatile double mine = 0.0;
    while (!fiber_done(fa)) {
        fiber_resume(a.st, fa);
        mine = mine * 2.0 + 1.0;
        fiber_resume(a.st, fb);
    }
    ck_assert_double_eq(a.number, 1.0 * 7.59375 + 4 + 4.5 + 4.5 + 3.375);
    ck_assert_double_eq(b.number - a.number, 7.59375);
    ck_assert_double_eq(mine, 63.0);
    fiber_free(a.st, fa);
    fiber_free(a.st, fb);
    fixture_free(a.st);
}
END_TEST

START_TEST(test_fiber_reuses_stacks)
{
    struct state *st = fixture_state(NULL, 0);
    struct trace t = {.st = st};
    char *low = NULL, *high = NULL;
    for (int i = 0; i < 100; i++) {
        char *l, *h;
        struct fiber *f = fiber_new(st, twice, &t);
        fiber_bounds(f, &l, &h);
        ck_assert(low == NULL || (l == low && h == high));
        low = l;
        high = h;
        t.len = 0;
        fiber_resume(st, f);
        fiber_free(st, f);
    }
    fixture_free(st);
}
END_TEST

START_TEST(test_fiber_many_at_once)
{
    enum {
        COUNT = 2000
    };
    struct state *st = fixture_state(NULL, 0);
    struct trace t = {.st = st};
    struct fiber **all = calloc(COUNT, sizeof *all);
    ck_assert_ptr_nonnull(all);
    for (int i = 0; i < COUNT; i++) {
        all[i] = fiber_new(st, twice, &t);
        ck_assert_ptr_nonnull(all[i]);
        t.len = 0;
        fiber_resume(st, all[i]);
    }
    ck_assert_uint_eq(fiber_pool_live(st->fibers), COUNT);
    for (int i = 0; i < COUNT; i++) {
        t.len = 0;
        fiber_resume(st, all[i]);
        fiber_free(st, all[i]);
    }
    ck_assert_uint_eq(fiber_pool_live(st->fibers), 0);
    free(all);
    fixture_free(st);
}
END_TEST

START_TEST(test_fiber_suspended_ones_go_with_the_pool)
{
    struct state *st = fixture_state(NULL, 0);
    struct trace t = {.st = st};
    fiber_resume(st, fiber_new(st, twice, &t));
    fixture_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_fiber_runs_in_turns,
        test_fiber_resumes_another_fiber,
        test_fiber_keeps_registers_of_each_side,
        test_fiber_reuses_stacks,
        test_fiber_many_at_once,
        test_fiber_suspended_ones_go_with_the_pool,
        NULL,
    };
    return unit_run(unit_suite("fiber", tests));
}
