/* Sessions on real programs: what the file says is what happened. */
#include "config.h"

#include <math.h>
#include <ruffprof_session.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ruff.h>
#include <ruff_introspect.h>

#include "alloc_counts.h"
#include "collector.h"
#include "live_table.h"
#include "model.h"
#include "process_memory.h"
#include "recording_fixture.h"
#include "rprof_writer.h"
#include "unit.h"

#include "base/prng.h"

/* ---- memory ------------------------------------------------------------------------------- */

static void nothing_to_write(void *context)
{
    (void)context;
}

static void count_alloc(void *context, const void *address, size_t size, unsigned cause)
{
    alloc_counts_allocated(context, address, size, cause);
}

static void count_free(void *context, const void *address, size_t size)
{
    alloc_counts_freed(context, address, size);
}

START_TEST(test_exact_counts_equal_the_runtimes_own)
{
    enum ruff_mode mode = _i == 0 ? RUFF_MODE_VM : RUFF_MODE_INTERP;
    struct alloc_peak peak = {0, 0};
    struct ruff_intro_hooks hooks = {.alloc = count_alloc, .free = count_free};
    struct alloc_counts_totals seen;
    struct ruff_stats before, after;
    struct alloc_counts *counts;
    struct recording f;

    recording_init(&f, mode, RECORDING_ALLOCATING);
    counts = alloc_counts_new(&peak, nothing_to_write, NULL);
    ck_assert_ptr_nonnull(counts);
    alloc_counts_attach(counts, f.r, 1);
    ruff_stats(f.r, &before);
    hooks.context = counts;
    ruff_intro_set_hooks(f.r, &hooks, 0, 0);
    recording_run(&f);
    ruff_intro_set_hooks(f.r, NULL, 0, 0);
    ruff_stats(f.r, &after);
    alloc_counts_totals(counts, &seen);
    ck_assert_uint_ge(seen.allocations, 5000);
    ck_assert_uint_eq(seen.allocations, after.allocations - before.allocations);
    ck_assert_uint_eq(seen.bytes, after.allocated_bytes - before.allocated_bytes);
    /* What is freed but was made before is not ours to count. */
    ck_assert_uint_eq(seen.bytes - seen.freed_bytes,
                      after.live_bytes - before.live_bytes);
    ck_assert_uint_eq(peak.most_bytes, after.peak_bytes - before.live_bytes);
    ck_assert_uint_eq(peak.live_bytes, after.live_bytes - before.live_bytes);
    alloc_counts_free(counts);
    recording_done(&f);
}
END_TEST

/* Two threads' counters: 100 + 200 bytes alive together are the peak, whatever each has alone
   before and after; what the second still has when it ends is no part of a later one. */
START_TEST(test_peak_is_that_of_all_threads_together)
{
    static char objects[4];
    struct alloc_peak peak = {0, 0};
    struct alloc_counts *first, *second;
    struct rprof_ending end = {.reason = RPROF_END_NORMAL};
    struct rprof_writer *w = NULL;
    struct collector *c;
    double of[2] = {0, 0};
    struct recording f;
    struct model *m;

    recording_init(&f, RUFF_MODE_VM, RECORDING_SPINNING);
    ck_assert_int_eq(rprof_writer_open(&w, f.path, NULL, NULL), RPROF_WRITER_OK);
    c = collector_new(f.r, w, "program.ruff", 1);
    first = alloc_counts_new(&peak, nothing_to_write, NULL);
    second = alloc_counts_new(&peak, nothing_to_write, NULL);
    alloc_counts_attach(first, f.r, 1);
    alloc_counts_attach(second, f.r, 2);
    alloc_counts_allocated(first, &objects[0], 250, 0);
    alloc_counts_freed(first, &objects[0], 250);
    alloc_counts_allocated(first, &objects[1], 100, 0);
    alloc_counts_allocated(second, &objects[2], 200, 0);
    alloc_counts_freed(first, &objects[1], 100);
    ck_assert_uint_eq(peak.live_bytes, 200);
    alloc_counts_release(second);
    ck_assert_uint_eq(peak.live_bytes, 0);
    /* The next thread it serves has not taken part in the peak. */
    alloc_counts_write(second, c, 1);
    alloc_counts_attach(second, f.r, 3);
    alloc_counts_allocated(second, &objects[3], 290, 0);
    ck_assert_uint_eq(peak.most_bytes, 300);
    alloc_counts_write(first, c, 2);
    alloc_counts_write(second, c, 3);
    alloc_counts_write_peaks(first, c);
    alloc_counts_write_peaks(second, c);
    ck_assert_int_eq(rprof_writer_close(w, &end), RPROF_WRITER_OK);
    m = recording_read(&f);
    for (size_t i = 0; i < m->alloc_count; i++) {
        if (m->allocs[i].peak_bytes == 0)
            continue;
        ck_assert_uint_le(m->threads[m->allocs[i].when.thread].id, 2);
        of[m->threads[m->allocs[i].when.thread].id - 1] += m->allocs[i].peak_bytes;
    }
    ck_assert_double_eq(of[0], 100);
    ck_assert_double_eq(of[1], 200);
    model_free(m);
    alloc_counts_free(first);
    alloc_counts_free(second);
    collector_free(c);
    recording_done(&f);
}
END_TEST

START_TEST(test_exact_file_holds_the_same_sums)
{
    struct ruff_stats before, after;
    struct ruffprof_summary summary;
    struct ruffprof_session_config config;
    double bytes = 0, objects = 0, live = 0, peak = 0;
    struct model *m;
    struct recording f;

    recording_init(&f, _i == 0 ? RUFF_MODE_VM : RUFF_MODE_INTERP, RECORDING_ALLOCATING);
    config = recording_memory_config(&f, 0);
    ruff_stats(f.r, &before);
    m = recording_make(&f, &config, 1, 0, &summary);
    ruff_stats(f.r, &after);
    for (size_t i = 0; i < m->alloc_count; i++) {
        bytes += m->allocs[i].bytes;
        objects += m->allocs[i].objects;
        live += m->allocs[i].live_bytes;
        peak += m->allocs[i].peak_bytes;
    }
    ck_assert(m->alloc_exact);
    ck_assert(model_complete(m));
    ck_assert_uint_eq((uint64_t)bytes, after.allocated_bytes - before.allocated_bytes);
    ck_assert_uint_eq((uint64_t)objects, after.allocations - before.allocations);
    ck_assert_uint_eq((uint64_t)live, after.live_bytes - before.live_bytes);
    ck_assert_uint_eq((uint64_t)peak, after.peak_bytes - before.live_bytes);
    ck_assert_uint_eq(summary.alloc_bytes, (uint64_t)bytes);
    model_free(m);
    recording_done(&f);
}
END_TEST

/* Estimates from samples scatter about the exact value with a relative deviation of
   sqrt(mean / total); the mean of many recordings must lie within 4 of its own. */
START_TEST(test_sampled_bytes_are_unbiased)
{
    enum {
        RECORDINGS = 60,
        MEAN = 16384
    };
    struct ruffprof_session_config config;
    struct ruff_stats before, after;
    double sum = 0, exact, deviation;
    struct recording f;

    recording_init(&f, RUFF_MODE_VM, RECORDING_ALLOCATING);
    config = recording_memory_config(&f, MEAN);
    recording_run(&f);
    ruff_stats(f.r, &before);
    recording_run(&f);
    ruff_stats(f.r, &after);
    exact = (double)(after.allocated_bytes - before.allocated_bytes);
    for (uint64_t i = 0; i < RECORDINGS; i++) {
        struct model *m;

        config.seed = 1000 + i;
        m = recording_make(&f, &config, 1, 0, NULL);
        sum += model_alloc_bytes(m);
        model_free(m);
    }
    deviation = sqrt(MEAN / exact / RECORDINGS);
    fprintf(stderr,
            "# mean of %d recordings is %+.2f %% of %.0f bytes, deviation %.2f %%\n",
            RECORDINGS, 100 * (sum / RECORDINGS / exact - 1), exact, 100 * deviation);
    ck_assert(fabs(sum / RECORDINGS / exact - 1) < 4 * deviation);
    recording_done(&f);
}
END_TEST

START_TEST(test_allocations_are_charged_to_their_function)
{
    struct ruffprof_session_config config;
    struct ruffprof_summary summary;
    struct model *m;
    struct recording f;

    recording_init(&f, _i == 0 ? RUFF_MODE_VM : RUFF_MODE_INTERP,
                   "func small() { return [1] }\n"
                   "func big(n) { let a := [] let i := 0\n"
                   "    while i < n { a := push(a, small()) i := i + 1 } return a }\n"
                   "let kept := big(3000)\n");
    config = recording_memory_config(&f, 0);
    m = recording_make(&f, &config, 1, 0, &summary);
    ck_assert_str_eq(summary.hottest[0].name, "small");
    ck_assert_str_eq(summary.hottest[1].name, "push");
    model_free(m);
    recording_done(&f);
}
END_TEST

START_TEST(test_live_table_keeps_what_is_put)
{
    static char places[5000];
    bool there[5000] = {false};
    struct live_table t;
    struct prng random;
    struct live_entry e;
    size_t n = 0;

    prng_seed(&random, 3);
    ck_assert(live_table_init(&t));
    for (int i = 0; i < 200000; i++) {
        size_t k = (size_t)prng_below(&random, 5000);

        if (there[k]) {
            ck_assert(live_table_take(&t, &places[k], &e));
            ck_assert_uint_eq(e.object, k);
            n--;
        } else {
            ck_assert(!live_table_take(&t, &places[k], &e));
            ck_assert(
                live_table_put(&t, (struct live_entry){&places[k], (uint32_t)k, 0}));
            n++;
        }
        there[k] = !there[k];
        ck_assert_uint_eq(t.used, n);
    }
    live_table_done(&t);
}
END_TEST

START_TEST(test_process_memory_grows_with_what_is_held)
{
    struct process_memory before, after;
    void *volatile held; /* else clang leaves malloc out: nobody reads the block */

    if (!process_memory_read(&before))
        return; /* built without jemalloc */
    held = malloc(32u << 20);
    ck_assert_ptr_nonnull(held);
    memset(held, 1, 32u << 20);
    ck_assert(process_memory_read(&after));
    ck_assert_uint_ge(after.allocated, before.allocated + (32u << 20));
    ck_assert_uint_ge(after.resident, before.resident + (32u << 20));
    free(held);
}
END_TEST

/* ---- CPU ------------------------------------------------------------------------------------- */

START_TEST(test_samples_lie_in_the_script)
{
    struct ruffprof_session_config config;
    struct ruffprof_summary summary;
    size_t in_spin = 0;
    struct model *m;
    struct recording f;

    recording_init(&f, _i == 0 ? RUFF_MODE_VM : RUFF_MODE_INTERP, RECORDING_SPINNING);
    config = recording_cpu_config(&f);
    m = recording_make(&f, &config, 3, 300, &summary);
    ck_assert(model_complete(m));
    ck_assert_uint_eq(m->sample_count, summary.samples);
    ck_assert_uint_eq(m->runs, summary.runs);
    for (size_t i = 0; i < m->sample_count; i++) {
        const struct model_node *n = &m->nodes[m->samples[i].node];

        in_spin += strcmp(model_frame_name(m, n->frame), "spin") == 0;
        ck_assert_uint_ge(m->samples[i].when.run, 1);
    }
    ck_assert_uint_ge(in_spin * 10, m->sample_count * 9);
    ck_assert_str_eq(summary.hottest[0].name, "spin");
    model_free(m);
    recording_done(&f);
}
END_TEST

static size_t native_samples(const struct model *m)
{
    size_t n = 0;

    for (size_t i = 0; i < m->sample_count; i++)
        n += m->frames[m->nodes[m->samples[i].node].frame].tier == RPROF_TIER_NATIVE;
    return n;
}

/* A program that is mostly in builtins: native leaves with each unwinder, none without. */
START_TEST(test_native_frames_come_from_the_unwinder_asked_for)
{
    static const char TEXT[] =
        "let s := repeat(\"Abc dE\", 500)\n"
        "let i := 0\n"
        "while i < 200 { to_upper(s) split(s, \" \") i := i + 1 }\n";
    static const enum ruffprof_unwind UNWIND[] = {
        RUFFPROF_UNWIND_AUTO, RUFFPROF_UNWIND_FAST, RUFFPROF_UNWIND_LIBUNWIND};

    for (int native = 0; native < 2; native++) {
        for (size_t i = 0; i < 3; i++) {
            struct ruffprof_session_config config;
            struct recording f;
            struct model *m;
            bool by_libunwind = UNWIND[i] == RUFFPROF_UNWIND_LIBUNWIND;

            recording_init(&f, _i == 0 ? RUFF_MODE_VM : RUFF_MODE_INTERP, TEXT);
            config = recording_cpu_config(&f);
            config.native = native == 1;
            config.unwind = UNWIND[i];
            m = recording_make(&f, &config, 1, 150, NULL);
#if defined(__x86_64__)
            if (native == 1 || by_libunwind)
                ck_assert_uint_ge(native_samples(m) * 2, m->sample_count);
#    ifdef RUFF_TSAN
            /* Signals arrive in its library, whose code AUTO leaves to libunwind. */
            bool is_open = UNWIND[i] == RUFFPROF_UNWIND_AUTO;
#    else
            bool is_open = false;
#    endif
            ck_assert(is_open || (m->unwound[RPROF_UNWIND_LIBUNWIND] >=
                                  m->sample_count) == by_libunwind);
            ck_assert((m->unwound[RPROF_UNWIND_FAST] > 0) ==
                      (native == 1 && !by_libunwind));
#endif
            if (native == 0 && !by_libunwind)
                ck_assert_uint_eq(native_samples(m), 0);
            model_free(m);
            recording_done(&f);
        }
    }
}
END_TEST

START_TEST(test_unknown_event_is_bad_usage)
{
    struct ruffprof_session_config config;
    struct ruffprof_session_error error;
    struct recording f;

    recording_init(&f, RUFF_MODE_VM, RECORDING_SPINNING);
    config = recording_cpu_config(&f);
    config.event = "no-such-event";
    ck_assert_ptr_null(ruffprof_session_new(f.r, f.program, &config, &error));
    ck_assert_int_eq(error.status, RUFF_BAD_USAGE);
    config.event = "auto";
    config.output = "/no/such/folder/x.rprof";
    ck_assert_ptr_null(ruffprof_session_new(f.r, f.program, &config, &error));
    ck_assert_int_eq(error.status, RUFF_IO_ERROR);
    recording_done(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("recording");
    TCase *both = tcase_create("engines"), *once = tcase_create("once");

    tcase_set_timeout(both, 240);
    tcase_set_timeout(once, 240);
    tcase_add_loop_test(both, test_exact_counts_equal_the_runtimes_own, 0, 2);
    tcase_add_loop_test(both, test_exact_file_holds_the_same_sums, 0, 2);
    tcase_add_loop_test(both, test_allocations_are_charged_to_their_function, 0, 2);
    tcase_add_loop_test(both, test_samples_lie_in_the_script, 0, 2);
    tcase_add_loop_test(both, test_native_frames_come_from_the_unwinder_asked_for, 0,
                        2);
    tcase_add_test(once, test_peak_is_that_of_all_threads_together);
    tcase_add_test(once, test_sampled_bytes_are_unbiased);
    tcase_add_test(once, test_live_table_keeps_what_is_put);
    tcase_add_test(once, test_process_memory_grows_with_what_is_held);
    tcase_add_test(once, test_unknown_event_is_bad_usage);
    suite_add_tcase(suite, both);
    suite_add_tcase(suite, once);
    return unit_run(suite);
}
