#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pictures.h"
#include "progress.h"
#include "runner.h"
#include "unit.h"

/* The fake worker lies beside this test. */
static const char *fake_worker(void)
{
    static char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 32);
    ck_assert_int_gt(length, 0);
    path[length] = '\0';
    /* libtool may put the program itself into .libs. */
    char *folder = strrchr(path, '/');
    strcpy(folder, "/fake_worker");
    if (access(path, X_OK) != 0) {
        strcpy(folder, "/../fake_worker");
    }
    ck_assert_int_eq(access(path, X_OK), 0);
    return path;
}

static const struct results_settings SETTINGS = {.seed = 7,
                                                 .processes = 5,
                                                 .time_s = 1.0,
                                                 .timeout_s = 0.3,
                                                 .pin_cpu = -1,
                                                 .resamples = 500};
static const enum ruff_mode MODES[] = {RUFF_MODE_INTERP, RUFF_MODE_VM};

/* A suite of files that need not exist: the fake worker looks at names only. */
static void make_suite(struct suite *suite, const char *const *names, size_t count)
{
    static char folder[] = "/tmp/runner_test.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    suite_init(suite);
    for (size_t i = 0; i < count; i++) {
        char path[256];
        struct suite_error error;
        snprintf(path, sizeof path, "%s/%s.ruff", folder, names[i]);
        FILE *file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        ck_assert_int_eq(fclose(file), 0);
        ck_assert_int_eq(suite_add_path(suite, path, NULL, NULL, &error), SUITE_OK);
    }
}

static void measure(const char *const *names, size_t count, struct suite *suite,
                    struct results *results)
{
    struct runner_config config = {.program = fake_worker(), .interrupt_fd = -1};
    make_suite(suite, names, count);
    ck_assert(results_init(results, suite, MODES, 2, &SETTINGS));
    ck_assert(runner_measure(&config, results));
    ck_assert(results_finish(results));
}

START_TEST(test_runner_good_cells_have_statistics)
{
    static const char *const names[] = {"good"};
    struct suite suite;
    struct results results;
    measure(names, 1, &suite, &results);
    const struct results_cell *interp = results_cell_of(&results, 0, 0);
    ck_assert_int_eq(interp->state, RESULTS_OK);
    ck_assert_uint_eq(interp->process_count, 5);
    ck_assert_double_eq(interp->summary.median, 404.0);
    ck_assert_double_eq(interp->summary.stddev, 0.0);
    ck_assert_double_eq(interp->samples.min, 400.0);
    ck_assert_double_eq(interp->samples.max, 408.0);
    ck_assert_uint_eq(interp->samples.count, 45);
    ck_assert_double_eq(interp->startup.median, 5000.0);
    ck_assert(interp->has_interval);
    ck_assert_double_eq(interp->interval.low, 404.0);
    ck_assert(results.speedups[0].exists);
    ck_assert_double_eq_tol(results.speedups[0].ratio.ratio, 404.0 / 104.0, 1e-12);
    ck_assert_int_eq(results.speedups[0].ratio.verdict, COMPARE_FASTER);
    ck_assert(!results.geometric.exists);
    ck_assert_uint_eq(results.ok_count, 2);
    results_done(&results);
    suite_done(&suite);
}
END_TEST

static void expect_failure(const char *name, const char *reason)
{
    const char *names[] = {name, "good"};
    struct suite suite;
    struct results results;
    measure(names, 2, &suite, &results);
    const struct results_cell *cell = results_cell_of(&results, 0, 0);
    ck_assert_int_eq(cell->state, RESULTS_FAILED);
    ck_assert_str_eq(cell->error, reason);
    ck_assert_uint_eq(cell->process_count, 0);
    /* The others go on. */
    ck_assert_int_eq(results_cell_of(&results, 1, 0)->state, RESULTS_OK);
    ck_assert_int_eq(results_cell_of(&results, 1, 1)->state, RESULTS_OK);
    ck_assert_uint_eq(results.failed_count, 2);
    results_done(&results);
    suite_done(&suite);
}

START_TEST(test_runner_reports_a_crash)
{
    expect_failure("crash", "crashed in warm-up: SIGSEGV (Segmentation fault)");
}
END_TEST

START_TEST(test_runner_reports_a_hang)
{
    expect_failure("hang",
                   "timed out in warm-up: no sign of life for 0.3 s (--timeout)");
}
END_TEST

START_TEST(test_runner_reports_an_exit_code_with_the_last_words)
{
    expect_failure("exit3", "ended in warm-up with exit code 3: no luck today?[2J");
}
END_TEST

START_TEST(test_runner_reports_an_early_end)
{
    expect_failure("vanish", "ended in warm-up with exit code 0");
}
END_TEST

START_TEST(test_runner_reports_nonsense)
{
    expect_failure("nonsense", "the worker's messages were damaged in warm-up");
}
END_TEST

START_TEST(test_runner_passes_the_reason_on)
{
    expect_failure("fail", "runtime error: no such thing");
}
END_TEST

START_TEST(test_runner_slow_but_alive_is_no_hang)
{
    static const char *const names[] = {"tick"};
    struct suite suite;
    struct results results;
    struct runner_config config = {.program = fake_worker(), .interrupt_fd = -1};
    struct results_settings settings = SETTINGS;
    settings.processes = 1;
    settings.timeout_s = 0.5;
    make_suite(&suite, names, 1);
    ck_assert(results_init(&results, &suite, MODES, 1, &settings));
    ck_assert(runner_measure(&config, &results));
    ck_assert(results_finish(&results));
    ck_assert_uint_eq(results.ok_count, 1);
    ck_assert(!results.cells[0].has_interval);
    results_done(&results);
    suite_done(&suite);
}
END_TEST

START_TEST(test_runner_megabytes_of_output_do_no_harm)
{
    static const char *const names[] = {"print"};
    struct suite suite;
    struct results results;
    measure(names, 1, &suite, &results);
    ck_assert_uint_eq(results.ok_count, 2);
    results_done(&results);
    suite_done(&suite);
}
END_TEST

START_TEST(test_runner_modes_that_disagree_fail)
{
    static const char *const names[] = {"differ"};
    struct suite suite;
    struct results results;
    measure(names, 1, &suite, &results);
    ck_assert_int_eq(results_cell_of(&results, 0, 0)->state, RESULTS_OK);
    const struct results_cell *vm = results_cell_of(&results, 0, 1);
    ck_assert_int_eq(vm->state, RESULTS_FAILED);
    ck_assert_str_eq(vm->error,
                     "output differs in line 2: \"2\", but \"1\" in mode interp");
    ck_assert(!results.speedups[0].exists);
    results_done(&results);
    suite_done(&suite);
}
END_TEST

START_TEST(test_runner_missing_worker_is_said)
{
    static const char *const names[] = {"good"};
    struct suite suite;
    struct results results;
    struct runner_config config = {.program = "/nonexistent/worker",
                                   .interrupt_fd = -1};
    make_suite(&suite, names, 1);
    ck_assert(results_init(&results, &suite, MODES, 1, &SETTINGS));
    ck_assert(runner_measure(&config, &results));
    ck_assert(results_finish(&results));
    ck_assert_str_eq(results.cells[0].error,
                     "the worker could not be started: No such file or directory");
    results_done(&results);
    suite_done(&suite);
}
END_TEST

START_TEST(test_runner_interrupt_keeps_what_was_measured)
{
    static const char *const names[] = {"good"};
    int fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq((int)write(fds[1], "x", 1), 1);
    struct suite suite;
    struct results results;
    struct runner_config config = {.program = fake_worker(), .interrupt_fd = fds[0]};
    make_suite(&suite, names, 1);
    ck_assert(results_init(&results, &suite, MODES, 2, &SETTINGS));
    ck_assert(runner_measure(&config, &results));
    ck_assert(results_finish(&results));
    ck_assert(results.was_interrupted);
    ck_assert_uint_eq(results.failed_count, 0);
    results_done(&results);
    suite_done(&suite);
}
END_TEST

START_TEST(test_job_survives_the_command_line)
{
    struct job job = {.pass = JOB_PROFILE_MEMORY,
                      .path = "a b/\xff.ruff",
                      .function = "bench_x",
                      .mode = RUFF_MODE_VM,
                      .hash_seed = UINT64_MAX,
                      .max_memory = 123456789,
                      .iterations = 20,
                      .has_warmup = true,
                      .warmup = 0,
                      .budget_ns = 300000000,
                      .counts_ops = true,
                      .input = "",
                      .svg = "out/x.svg",
                      .title = "x: \"y\""};
    struct job_argv argv;
    struct job back;
    ck_assert(job_argv_init(&argv, "/bin/true", &job));
    int argc = 0;
    while (argv.items[argc] != NULL) {
        argc++;
    }
    ck_assert(job_parse(argc, argv.items, &back));
    ck_assert_int_eq(back.pass, job.pass);
    ck_assert_str_eq(back.path, job.path);
    ck_assert_str_eq(back.function, job.function);
    ck_assert_int_eq(back.mode, job.mode);
    ck_assert_uint_eq(back.hash_seed, job.hash_seed);
    ck_assert_uint_eq(back.max_memory, 123456789);
    ck_assert_uint_eq(back.iterations, 20);
    ck_assert(back.has_warmup);
    ck_assert_uint_eq(back.warmup, 0);
    ck_assert(back.counts_ops);
    ck_assert_str_eq(back.title, job.title);
    ck_assert(!job_parse(argc - 1, argv.items, &back));
    job_argv_done(&argv);
}
END_TEST

START_TEST(test_pictures_are_named_by_suite_benchmark_and_mode)
{
    char suite[] = "micro";
    char name[] = "sorts.quick";
    struct suite_benchmark benchmark = {.suite = suite, .name = name};
    char *path = pictures_path("out", &benchmark, RUFF_MODE_INTERP, false);
    ck_assert_str_eq(path, "out/micro-sorts.quick.interp.cpu.svg");
    free(path);
    path = pictures_path("out", &benchmark, RUFF_MODE_VM, true);
    ck_assert_str_eq(path, "out/micro-sorts.quick.vm.mem.svg");
    free(path);
}
END_TEST

START_TEST(test_progress_line)
{
    char line[PROGRESS_LINE_SIZE];
    progress_format(line, "fib\nvm", 5, 20, 10000000000u);
    ck_assert_str_eq(line, "██████░░░░░░░░░░░░░░░░░░ 5/20  30 s left  fib?vm");
    progress_format(line, "fib vm", 0, 0, 0);
    ck_assert_str_eq(line, "░░░░░░░░░░░░░░░░░░░░░░░░ 0/0  fib vm");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_runner_good_cells_have_statistics,
        test_runner_reports_a_crash,
        test_runner_reports_a_hang,
        test_runner_reports_an_exit_code_with_the_last_words,
        test_runner_reports_an_early_end,
        test_runner_reports_nonsense,
        test_runner_passes_the_reason_on,
        test_runner_slow_but_alive_is_no_hang,
        test_runner_megabytes_of_output_do_no_harm,
        test_runner_modes_that_disagree_fail,
        test_runner_missing_worker_is_said,
        test_runner_interrupt_keeps_what_was_measured,
        test_job_survives_the_command_line,
        test_pictures_are_named_by_suite_benchmark_and_mode,
        test_progress_line,
        NULL,
    };
    return unit_run(unit_suite("runner", tests));
}
