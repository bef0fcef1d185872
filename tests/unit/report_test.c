#include "config.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#include "report/report.h"
#include "report/table.h"

/* A run made by hand: two benchmarks, two engines, five processes of nine samples each.
   `loops` is 4 × faster in the VM; `strings` fails in the VM. */

static struct suite_benchmark items[2];
static const struct suite suite = {.items = items, .count = 2};

static void add_process(struct results_cell *cell, double ns)
{
    struct series series;
    series_init(&series);
    series.startup_ns = ns * 3.0;
    series.startup_wall_ns = ns * 3.5;
    series.batch = 4;
    series.work = (struct series_work){12.0, 2048.0, 0.0};
    series.output.hash = 42;
    series.output.bytes = 3;
    ck_assert(series_times_add(&series.warmup, ns * 1.01));
    ck_assert(series_times_add(&series.warmup, ns));
    for (int i = -4; i <= 4; i++) {
        ck_assert(series_add_sample(&series, ns + (double)i, ns + 100.0));
    }
    ck_assert(series_finish(&series));
    ck_assert(results_add(cell, &series));
}

static void make_results(struct results *results, size_t processes)
{
    static char micro[] = "micro";
    static char loops[] = "loops";
    static char strings[] = "strings|x";
    static char path[] = "micro/loops.ruff";
    static const enum ruff_mode modes[] = {RUFF_MODE_INTERP, RUFF_MODE_VM};
    const struct results_settings settings = {.seed = 7,
                                              .processes = processes,
                                              .time_s = 3.0,
                                              .timeout_s = 60.0,
                                              .pin_cpu = -1,
                                              .resamples = 1000};
    items[0] = (struct suite_benchmark){path, micro, loops, NULL};
    items[1] = (struct suite_benchmark){path, micro, strings, NULL};
    ck_assert(results_init(results, &suite, modes, 2, &settings));
    for (size_t i = 0; i < processes; i++) {
        double shift = (double)i * 10000.0;
        add_process(results_cell(results, 0, 0), 1200000.0 + shift);
        add_process(results_cell(results, 0, 1), 300000.0 + shift / 4.0);
        add_process(results_cell(results, 1, 0), 5000.0);
    }
    results_fail(results_cell(results, 1, 1), "crashed in warm-up: SIGSEGV (%s)",
                 "Segmentation fault");
    struct environment *env = &results->environment;
    snprintf(env->cpu, sizeof env->cpu, "Example CPU");
    snprintf(env->kernel, sizeof env->kernel, "Linux 6.1");
    snprintf(env->version, sizeof env->version, "0.1.0");
    snprintf(env->flags, sizeof env->flags, "-O2");
    env->cpu_count = 2;
    env->aslr = 2;
    results->elapsed_ns = 12345678900;
    ck_assert(results_finish(results));
}

static char *written(const char *format, const struct results *results, bool color)
{
    struct report_style style = {.color = color};
    struct strbuf out;
    strbuf_init(&out);
    ck_assert(report_find(format)->write(results, &style, &out));
    char *text = strdup(strbuf_str(&out));
    strbuf_done(&out);
    return text;
}

START_TEST(test_report_terminal_tables)
{
    static const char expected[] =
        "Example CPU, 2 processors, Linux 6.1\n"
        "\n"
        "                mean    median       min       max    stddev   95 % interval  "
        "samples  out  warm-up  allocs     bytes\n"
        "loops\n"
        "  ✓ interp  1.220 ms  1.220 ms  1.200 ms  1.240 ms  15.81 µs  1.200–1.240 ms  "
        "    5×9    0  flat         12  2.00 KiB\n"
        "  ✓ vm      305.0 µs  305.0 µs  300.0 µs  310.0 µs  3.953 µs  300.0–310.0 µs  "
        "    5×9    0  flat         12  2.00 KiB\n"
        "strings|x\n"
        "  ✓ interp  5.000 µs  5.000 µs  5.000 µs  5.000 µs      0 ns  5.000–5.000 µs  "
        "    5×9    0  flat         12  2.00 KiB\n"
        "  ✗ vm      crashed in warm-up: SIGSEGV (Segmentation fault)\n"
        "\n"
        "  Median     Interpreter        VM  JIT  Speedup  95 % interval  first interp  "
        "first vm\n"
        "  ─────────────────────────────────────────────────────────────────────────────"
        "────────\n"
        "  loops         1.220 ms  305.0 µs    –    4.00×      3.90–4.10      3.660 ms  "
        "915.0 µs\n"
        "  strings|x     5.000 µs         ✗    –        –              –      15.00 µs  "
        "       –\n"
        "  ─────────────────────────────────────────────────────────────────────────────"
        "────────\n"
        "  total (1)     1.220 ms  305.0 µs    –\n"
        "\n"
        "✓ 3 ok  ✗ 1 failed  ·  2 benchmarks × 2 modes × 5 processes  ·  12.35 s  ·  "
        "seed 7\n";
    struct results results;
    make_results(&results, 5);
    char *text = written("terminal", &results, false);
    ck_assert_str_eq(text, expected);
    free(text);
    results_done(&results);
}
END_TEST

START_TEST(test_report_terminal_lines_fit)
{
    struct results results;
    make_results(&results, 10);
    results.cells[3].state = RESULTS_OK;
    results_fail(&results.cells[3], "%0300d words and words and words", 7);
    char *text = written("terminal", &results, false);
    size_t width = 0;
    for (const char *byte = text; *byte != '\0'; byte++) {
        width = *byte == '\n' ? 0 : width + (((unsigned char)*byte & 0xC0u) != 0x80u);
        /* One word of 300 digits cannot be wrapped. */
        ck_assert(width <= 120 || strstr(text, "0000") != NULL);
    }
    free(text);
    results_done(&results);
}
END_TEST

START_TEST(test_report_terminal_few_processes_have_no_interval)
{
    struct results results;
    make_results(&results, 3);
    char *text = written("terminal", &results, false);
    ck_assert_ptr_nonnull(
        strstr(text, "! fewer than 5 processes: no interval, only min and max\n"));
    ck_assert_ptr_nonnull(strstr(text, "    4.00×              –  "));
    free(text);
    results_done(&results);
}
END_TEST

START_TEST(test_report_terminal_says_when_processes_differ)
{
    struct results results;
    make_results(&results, 5);
    char *text = written("terminal", &results, false);
    ck_assert_ptr_null(strstr(text, "differ by more"));
    free(text);
    add_process(results_cell(&results, 0, 1), 420000.0);
    ck_assert(results_finish(&results));
    text = written("terminal", &results, false);
    ck_assert_ptr_nonnull(
        strstr(text, "! processes differ by more than 10 %: loops vm: layout or"));
    free(text);
    results_done(&results);
}
END_TEST

START_TEST(test_report_colors_only_when_asked)
{
    struct results results;
    make_results(&results, 5);
    char *plain = written("terminal", &results, false);
    char *colored = written("terminal", &results, true);
    ck_assert_ptr_null(strchr(plain, '\033'));
    ck_assert_ptr_nonnull(strstr(colored, "\033[32m✓ interp\033[0m"));
    free(plain);
    free(colored);
    results_done(&results);
}
END_TEST

START_TEST(test_report_csv)
{
    static const char expected[] =
        "name,mode,ok,processes,samples,mean_ns,median_ns,min_ns,max_ns,stddev_ns,mad_ns,"
        "ci95_low_ns,ci95_high_ns,allocations,bytes,ops,class,verdict\n"
        "loops,interp,true,5,45,1220000,1220000,1200000,1240000,15811.3883008,10000,"
        "1200000,1240000,12,2048,,flat,\n"
        "loops,vm,true,5,45,305000,305000,300000,310000,3952.84707521,2500,"
        "300000,310000,12,2048,,flat,\n"
        "strings|x,interp,true,5,45,5000,5000,5000,5000,0,0,5000,5000,12,2048,,flat,\n"
        "strings|x,vm,false,,,,,,,,,,,,,,,\n";
    struct results results;
    make_results(&results, 5);
    char *text = written("csv", &results, false);
    ck_assert_str_eq(text, expected);
    free(text);
    results_done(&results);
}
END_TEST

START_TEST(test_report_csv_quotes_names)
{
    static char odd[] = "a,\"b\"";
    struct results results;
    make_results(&results, 5);
    items[0].name = odd;
    char *text = written("csv", &results, false);
    ck_assert_ptr_nonnull(strstr(text, "\n\"a,\"\"b\"\"\",interp,true,"));
    free(text);
    results_done(&results);
}
END_TEST

START_TEST(test_report_markdown)
{
    static const char expected[] =
        "| Benchmark | Interpreter | VM | Speedup |\n"
        "|:--|--:|--:|--:|\n"
        "| loops | 1.220 ms ± 1.6 % | 305.0 µs ± 1.6 % | 4.00× [3.90×, 4.10×] |\n"
        "| strings\\|x | 5.000 µs ± 0.0 % | ✗ | – |\n"
        "\n"
        "- ✗ strings\\|x (vm): crashed in warm-up: SIGSEGV (Segmentation fault)\n"
        "\n"
        "Median of per-process medians, 5 processes, seed 7; Example CPU, ruff 0.1.0.\n";
    struct results results;
    make_results(&results, 5);
    char *text = written("markdown", &results, false);
    ck_assert_str_eq(text, expected);
    free(text);
    results_done(&results);
}
END_TEST

static double number_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    ck_assert_msg(json_is_number(value), "%s is no number", key);
    return json_number_value(value);
}

START_TEST(test_report_json_has_the_contract_s_keys)
{
    struct results results;
    make_results(&results, 5);
    char *text = written("json", &results, false);
    json_t *root = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(root);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "schema")), 1);
    ck_assert(json_is_object(json_object_get(root, "environment")));
    const json_t *benchmarks = json_object_get(root, "benchmarks");
    ck_assert_uint_eq(json_array_size(benchmarks), 4);
    const json_t *loops = json_array_get(benchmarks, 0);
    ck_assert_str_eq(json_string_value(json_object_get(loops, "name")), "loops");
    ck_assert_str_eq(json_string_value(json_object_get(loops, "mode")), "interp");
    ck_assert_str_eq(json_string_value(json_object_get(loops, "unit")), "ns");
    ck_assert(json_is_true(json_object_get(loops, "ok")));
    ck_assert(json_is_null(json_object_get(loops, "error")));
    ck_assert(json_is_null(json_object_get(loops, "verdict")));
    ck_assert(json_is_null(json_object_get(loops, "ops")));
    ck_assert_double_eq(number_at(loops, "mean"), 1220000.0);
    ck_assert_double_eq(number_at(loops, "median"), 1220000.0);
    ck_assert_double_eq(number_at(loops, "min"), 1200000.0);
    ck_assert_double_eq(number_at(loops, "max"), 1240000.0);
    ck_assert_double_eq_tol(number_at(loops, "stddev"), 15811.388300841896, 1e-6);
    ck_assert_double_eq(number_at(loops, "mad"), 10000.0);
    ck_assert_double_eq(number_at(loops, "sample_min"), 1199996.0);
    ck_assert_double_eq(number_at(loops, "allocations"), 12.0);
    ck_assert_double_eq(number_at(loops, "bytes"), 2048.0);
    ck_assert_uint_eq(json_array_size(json_object_get(loops, "ci95")), 2);
    const json_t *processes = json_object_get(loops, "processes");
    ck_assert_uint_eq(json_array_size(processes), 5);
    const json_t *first = json_array_get(processes, 0);
    ck_assert_double_eq(number_at(first, "startup"), 3600000.0);
    ck_assert_uint_eq(json_array_size(json_object_get(first, "warmup")), 2);
    ck_assert_uint_eq(json_array_size(json_object_get(first, "samples")), 9);
    ck_assert_str_eq(json_string_value(json_object_get(first, "class")), "flat");
    const json_t *failed = json_array_get(benchmarks, 3);
    ck_assert(json_is_false(json_object_get(failed, "ok")));
    ck_assert(json_is_string(json_object_get(failed, "error")));
    ck_assert_ptr_null(json_object_get(failed, "mean"));
    json_decref(root);
    free(text);
    results_done(&results);
}
END_TEST

START_TEST(test_report_json_survives_names_that_are_no_text)
{
    static char odd[] = "bad\xff\xfename";
    struct results results;
    make_results(&results, 3);
    items[0].name = odd;
    char *text = written("json", &results, false);
    json_t *root = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(root);
    const json_t *loops = json_array_get(json_object_get(root, "benchmarks"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(loops, "name")), "bad??name");
    ck_assert(json_is_null(json_object_get(loops, "ci95")));
    json_decref(root);
    free(text);
    results_done(&results);
}
END_TEST

START_TEST(test_report_go_has_a_line_per_process)
{
    static const char expected[] =
        "ruff-version: 0.1.0\n"
        "cpu: Example CPU\n"
        "Unit operations/op better=lower assume=exact\n"
        "BenchmarkLoops/mode=interp 36 1200000 ns/op 2048 B/op 12 allocs/op\n"
        "BenchmarkLoops/mode=vm 36 300000 ns/op 2048 B/op 12 allocs/op\n"
        "BenchmarkStringsX/mode=interp 36 5000 ns/op 2048 B/op 12 allocs/op\n";
    struct results results;
    make_results(&results, 1);
    char *text = written("go", &results, false);
    ck_assert_str_eq(text, expected);
    free(text);
    results_done(&results);
}
END_TEST

START_TEST(test_report_bmf)
{
    struct results results;
    make_results(&results, 5);
    char *text = written("bmf", &results, false);
    json_t *root = json_loads(text, 0, NULL);
    ck_assert_uint_eq(json_object_size(root), 3);
    const json_t *latency =
        json_object_get(json_object_get(root, "loops/vm"), "latency");
    ck_assert_double_eq(number_at(latency, "value"), 305000.0);
    ck_assert_double_eq(number_at(latency, "lower_value"), 300000.0);
    ck_assert_double_eq(number_at(latency, "upper_value"), 310000.0);
    json_decref(root);
    free(text);
    results_done(&results);
}
END_TEST

START_TEST(test_report_hyperfine_is_in_seconds_of_wall_time)
{
    struct results results;
    make_results(&results, 1);
    char *text = written("hyperfine", &results, false);
    json_t *root = json_loads(text, 0, NULL);
    const json_t *first = json_array_get(json_object_get(root, "results"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "command")),
                     "ruff run --mode=interp micro/loops.ruff");
    ck_assert_double_eq_tol(number_at(first, "mean"), 0.0012001, 1e-12);
    ck_assert_double_eq_tol(number_at(first, "user"), 0.0012, 1e-12);
    ck_assert(json_is_null(json_object_get(first, "stddev")));
    ck_assert_uint_eq(json_array_size(json_object_get(first, "times")), 1);
    json_decref(root);
    free(text);
    results_done(&results);
}
END_TEST

START_TEST(test_report_pictures_are_listed)
{
    struct results results;
    make_results(&results, 5);
    struct results_profile *cpu = &results.cells[0].cpu;
    struct results_profile *memory = &results.cells[0].memory;
    *cpu = (struct results_profile){.was_asked = true,
                                    .ok = true,
                                    .path = strdup("out/micro-loops.interp.cpu.svg"),
                                    .iterations = 800,
                                    .samples = 1003};
    *memory = (struct results_profile){.was_asked = true};
    snprintf(memory->error, sizeof memory->error, "disk full");
    char *text = written("terminal", &results, false);
    ck_assert_ptr_nonnull(strstr(text, "\nFlame graphs\n"));
    ck_assert_ptr_nonnull(strstr(
        text, "  out/micro-loops.interp.cpu.svg  1003 samples  in 800 iterations\n"));
    ck_assert_ptr_nonnull(strstr(text, "  ✗ loops interp mem"));
    ck_assert_ptr_nonnull(strstr(text, "disk full\n"));
    free(text);
    results_done(&results);
}
END_TEST

START_TEST(test_report_formats_are_found_by_name)
{
    ck_assert_ptr_nonnull(report_find("json"));
    ck_assert_ptr_null(report_find("yaml"));
    ck_assert_str_eq(report_formats()[0].name, "terminal");
}
END_TEST

START_TEST(test_table_wraps_tails_under_their_column)
{
    struct table table;
    struct strbuf out;
    char tail[200];
    memset(tail, 'x', sizeof tail - 1);
    tail[sizeof tail - 1] = '\0';
    tail[100] = ' ';
    tail[110] = ' ';
    strbuf_init(&out);
    table_init(&table, "lr");
    table_row(&table);
    table_cell(&table, TABLE_PLAIN, "µ");
    table_tail(&table, TABLE_RED, tail);
    ck_assert(table_write(&table, false, &out));
    /* Column 5: 113 fit, so the cut is at the blank of position 110. */
    const char *newline = strchr(strbuf_str(&out), '\n');
    ck_assert_ptr_nonnull(newline);
    ck_assert_int_eq((int)(newline - strbuf_str(&out)), 2 + 2 + 2 + 110);
    ck_assert_int_eq(strncmp(newline + 1, "     x", 6), 0);
    strbuf_done(&out);
    table_done(&table);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_report_terminal_tables,
        test_report_terminal_lines_fit,
        test_report_terminal_few_processes_have_no_interval,
        test_report_terminal_says_when_processes_differ,
        test_report_colors_only_when_asked,
        test_report_csv,
        test_report_csv_quotes_names,
        test_report_markdown,
        test_report_json_has_the_contract_s_keys,
        test_report_json_survives_names_that_are_no_text,
        test_report_go_has_a_line_per_process,
        test_report_bmf,
        test_report_hyperfine_is_in_seconds_of_wall_time,
        test_report_pictures_are_listed,
        test_report_formats_are_found_by_name,
        test_table_wraps_tails_under_their_column,
        NULL,
    };
    return unit_run(unit_suite("report", tests));
}
