#include "config.h"

#include <math.h>

#include "core_unit.h"

#include "base/prng.h"
#include "core/array.h"
#include "core/heap.h"

#ifndef ASAN_EXIT_CODE
#    define ASAN_EXIT_CODE 1
#endif

/* ---- counting ------------------------------------------------------------------------- */

START_TEST(test_heap_counts_every_byte)
{
    struct state *st = core_state(0);
    struct heap_stats before, after;
    heap_stats_read(st, &before);
    char *p = heap_alloc(st, 100, HEAP_BUILTIN);
    char *q = heap_alloc(st, 100000, HEAP_BUILTIN);
    p = heap_realloc(st, p, 100, 5000, HEAP_BUILTIN);
    heap_stats_read(st, &after);
    ck_assert_uint_eq(after.allocations - before.allocations, 3);
    ck_assert_uint_eq(after.frees - before.frees, 1);
    ck_assert_uint_eq(after.allocated_bytes - before.allocated_bytes, 105100);
    ck_assert_uint_eq(after.freed_bytes - before.freed_bytes, 100);
    ck_assert_uint_eq(heap_live_bytes(st), after.allocated_bytes - after.freed_bytes);
    heap_free(st, p, 5000);
    heap_free(st, q, 100000);
    heap_stats_read(st, &after);
    ck_assert_uint_eq(after.allocated_bytes - after.freed_bytes,
                      before.allocated_bytes - before.freed_bytes);
    ck_assert_uint_ge(after.peak_bytes, 105000);
    state_free(st);
}
END_TEST

START_TEST(test_heap_blocks_keep_their_content_when_resized)
{
    struct state *st = core_state(0);
    static const size_t sizes[] = {1,   15,   16,  17,  40, 511, 512,
                                   513, 4096, 600, 512, 30, 2};
    size_t size = sizes[0];
    unsigned char *p = heap_alloc(st, size, HEAP_BUILTIN);
    p[0] = 7;
    for (size_t i = 1; i < sizeof sizes / sizeof sizes[0]; i++) {
        p = heap_realloc(st, p, size, sizes[i], HEAP_BUILTIN);
        ck_assert_uint_eq(p[0], 7);
        size = sizes[i];
        memset(p + 1, 0xEE, size - 1);
    }
    heap_free(st, p, size);
    state_free(st);
}
END_TEST

START_TEST(test_heap_deep_data_is_freed_without_recursion)
{
    struct state *st = core_state(0);
    uint64_t alive = core_alive(st);
    struct value v = value_null();
    for (int i = 0; i < 1000000; i++)
        ck_assert(array_make_take(st, &v, 1, &v));
    value_release(st, v);
    ck_assert_uint_eq(core_alive(st), alive);
    state_free(st);
}
END_TEST

/* ---- limits --------------------------------------------------------------------------- */

START_TEST(test_heap_limit_is_a_catchable_error)
{
    struct state *st = core_state(1000000);
    struct value v, tail = core_text(st, "0123456789012345678901234567890123456789");
    ck_assert(string_make_text(st, "0123456789", &v));
    while (string_append(st, &v, STRING_OF(tail)))
        ck_assert_uint_le(heap_live_bytes(st), 1000000);
    ck_assert_str_eq(core_error_take(st), "Memory limit of 1000000 bytes exceeded");
    ck_assert_uint_gt(STRING_OF(v)->len, 10000);
    value_release(st, tail);
    value_release(st, v);
    /* What was released may be used again. */
    void *p = heap_alloc(st, 900000, HEAP_BUILTIN);
    ck_assert_ptr_nonnull(p);
    heap_free(st, p, 900000);
    ck_assert_ptr_null(heap_alloc(st, 1000001, HEAP_BUILTIN));
    error_clear(st);
    state_free(st);
}
END_TEST

START_TEST(test_heap_limit_is_exact)
{
    struct state *st = core_state(0);
    uint64_t live = heap_live_bytes(st);
    heap_set_limit(st, live + 3000);
    void *p = heap_alloc(st, 1000, HEAP_BUILTIN);
    void *q = heap_alloc(st, 2000, HEAP_BUILTIN);
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_nonnull(q);
    ck_assert_ptr_null(heap_alloc(st, 1, HEAP_BUILTIN));
    error_clear(st);
    heap_free(st, p, 1000);
    p = heap_alloc(st, 1000, HEAP_BUILTIN);
    ck_assert_ptr_nonnull(p);
    heap_free(st, p, 1000);
    heap_free(st, q, 2000);
    state_free(st);
}
END_TEST

START_TEST(test_heap_fails_from_the_nth_allocation_on)
{
    struct state *st = core_state(0);
    heap_fail_after(st, 3);
    void *p = heap_alloc(st, 10, HEAP_BUILTIN);
    void *q = heap_alloc(st, 10, HEAP_BUILTIN);
    ck_assert_ptr_nonnull(p);
    ck_assert_ptr_nonnull(q);
    for (int i = 0; i < 3; i++) {
        ck_assert_ptr_null(heap_alloc(st, 10, HEAP_BUILTIN));
        ck_assert_int_eq(st->error.kind, ERROR_RAISED);
        error_clear(st);
    }
    heap_fail_after(st, 0);
    heap_free(st, p, 10);
    heap_free(st, q, 10);
    p = heap_alloc(st, 10, HEAP_BUILTIN);
    ck_assert_ptr_nonnull(p);
    heap_free(st, p, 10);
    state_free(st);
}
END_TEST

START_TEST(test_heap_refuses_absurd_sizes)
{
    struct state *st = core_state(0);
    struct heap_stats before, after;
    heap_stats_read(st, &before);
    ck_assert_ptr_null(heap_alloc(st, (size_t)1 << 60, HEAP_BUILTIN));
    error_clear(st);
    heap_stats_read(st, &after);
    ck_assert_uint_eq(after.allocations, before.allocations);
    ck_assert_uint_eq(after.allocated_bytes - after.freed_bytes,
                      before.allocated_bytes - before.freed_bytes);
    state_free(st);
}
END_TEST

/* ---- samples -------------------------------------------------------------------------- */

struct watcher {
    struct prng prng;
    double mean; /* 0: every allocation */
    uint64_t samples, bytes, freed, freed_bytes;
    double estimate; /* of all bytes allocated */
};

static void on_alloc(void *context, struct state *st, void *p, size_t size,
                     enum heap_cause cause)
{
    struct watcher *w = context;
    (void)st;
    ck_assert_ptr_nonnull(p);
    ck_assert_int_lt((int)cause, HEAP_CAUSE_COUNT);
    w->samples++;
    w->bytes += size;
    if (w->mean > 0)
        w->estimate += (double)size / (1 - exp(-(double)size / w->mean));
}

static void on_free(void *context, struct state *st, void *p, size_t size)
{
    struct watcher *w = context;
    (void)st;
    (void)p;
    w->freed++;
    w->freed_bytes += size;
}

static int64_t next_sample(void *context)
{
    struct watcher *w = context;
    return w->mean > 0 ? (int64_t)ceil(prng_exponential(&w->prng, w->mean)) : 1;
}

static void watch(struct state *st, struct watcher *w)
{
    prng_seed(&w->prng, 1);
    st->hooks.context = w;
    st->hooks.alloc = on_alloc;
    st->hooks.free_sampled = on_free;
    st->hooks.next_sample = next_sample;
    heap_hooks_changed(st);
}

static void unwatch(struct state *st)
{
    st->hooks.alloc = NULL;
    st->hooks.next_sample = NULL;
    heap_hooks_changed(st);
}

START_TEST(test_heap_reports_every_allocation_and_its_free)
{
    struct state *st = core_state(0);
    struct watcher w = {.mean = 0};
    struct heap_stats before, after;
    struct value tail = core_text(st, "0123456789012345678901234567");
    watch(st, &w);
    heap_stats_read(st, &before);
    struct value list;
    ck_assert(array_make_empty(st, &list));
    for (int i = 0; i < 1000; i++) {
        struct value s = core_text(st, "some text");
        ck_assert(string_append(st, &s, STRING_OF(tail)));
        ck_assert(array_push_take(st, &list, s));
    }
    value_release(st, list);
    heap_stats_read(st, &after);
    unwatch(st);
    ck_assert_uint_eq(w.samples, after.allocations - before.allocations);
    ck_assert_uint_eq(w.bytes, after.allocated_bytes - before.allocated_bytes);
    ck_assert_uint_eq(w.freed, w.samples);
    ck_assert_uint_eq(w.freed_bytes, w.bytes);
    value_release(st, tail);
    state_free(st);
}
END_TEST

START_TEST(test_heap_samples_estimate_the_bytes)
{
    struct state *st = core_state(0);
    struct watcher w = {.mean = 4096};
    struct heap_stats before, after;
    watch(st, &w);
    heap_stats_read(st, &before);
    for (int i = 0; i < 200000; i++) {
        size_t size = 16 + (size_t)(i % 50) * 40;
        void *p = heap_alloc(st, size, HEAP_BUILTIN);
        heap_free(st, p, size);
    }
    heap_stats_read(st, &after);
    unwatch(st);
    double truth = (double)(after.allocated_bytes - before.allocated_bytes);
    /* About 49 000 samples: a deviation of 0.5 %; six of them. */
    ck_assert_double_lt(fabs(w.estimate / truth - 1), 0.03);
    ck_assert_uint_eq(w.freed, w.samples);
    state_free(st);
}
END_TEST

/* ---- sanitizers ----------------------------------------------------------------------- */

#ifdef RUFF_ASAN
START_TEST(test_heap_use_after_free_is_seen)
{
    struct state *st = core_state(0);
    volatile char *p = heap_alloc(st, 24, HEAP_BUILTIN);
    p[0] = 1;
    heap_free(st, (char *)(uintptr_t)p, 24);
    p[0] = 2; /* the sanitizer ends the process here */
    exit(EXIT_SUCCESS);
}
END_TEST
#endif

int main(void)
{
    const TTest *const tests[] = {
        test_heap_counts_every_byte,
        test_heap_blocks_keep_their_content_when_resized,
        test_heap_deep_data_is_freed_without_recursion,
        test_heap_limit_is_a_catchable_error,
        test_heap_limit_is_exact,
        test_heap_fails_from_the_nth_allocation_on,
        test_heap_refuses_absurd_sizes,
        test_heap_reports_every_allocation_and_its_free,
        test_heap_samples_estimate_the_bytes,
        NULL,
    };
    Suite *suite = unit_suite("heap", tests);
#ifdef RUFF_ASAN
    TCase *sanitizer = tcase_create("sanitizer");
    tcase_add_exit_test(sanitizer, test_heap_use_after_free_is_seen, ASAN_EXIT_CODE);
    suite_add_tcase(suite, sanitizer);
#endif
    return unit_run(suite);
}
