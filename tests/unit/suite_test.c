#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "environment.h"
#include "suite.h"
#include "unit.h"

/* Every test runs in a process and a folder of its own. */
static void enter_folder(void)
{
    static char folder[] = "/tmp/suite_test.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void two_functions(void *context, const char *path, suite_add_fn add,
                          void *add_context)
{
    (void)context;
    if (strstr(path, "funcs") != NULL) {
        add(add_context, "bench_push");
        add(add_context, "bench_sort");
    }
}

START_TEST(test_suite_folder_is_listed_in_byte_order)
{
    enter_folder();
    ck_assert_int_eq(mkdir("demo", 0700), 0);
    ck_assert_int_eq(mkdir("demo/helpers.ruff", 0700), 0);
    write_file("demo/b.ruff", "");
    write_file("demo/a.ruff", "");
    write_file("demo/B.ruff", "");
    write_file("demo/notes.txt", "");
    write_file("demo/.hidden.ruff", "");
    struct suite suite;
    struct suite_error error;
    suite_init(&suite);
    ck_assert_int_eq(suite_add_path(&suite, "demo/", NULL, NULL, &error), SUITE_OK);
    ck_assert_uint_eq(suite.count, 3);
    ck_assert_str_eq(suite.items[0].name, "B");
    ck_assert_str_eq(suite.items[1].name, "a");
    ck_assert_str_eq(suite.items[2].name, "b");
    ck_assert_str_eq(suite.items[2].path, "demo/b.ruff");
    ck_assert_str_eq(suite.items[2].suite, "demo");
    ck_assert_ptr_null(suite.items[2].function);
    suite_done(&suite);
}
END_TEST

START_TEST(test_suite_functions_are_benchmarks_of_their_own)
{
    enter_folder();
    write_file("funcs.ruff", "");
    struct suite suite;
    struct suite_error error;
    suite_init(&suite);
    ck_assert_int_eq(suite_add_path(&suite, "funcs.ruff", two_functions, NULL, &error),
                     SUITE_OK);
    ck_assert_uint_eq(suite.count, 2);
    ck_assert_str_eq(suite.items[0].name, "funcs.push");
    ck_assert_str_eq(suite.items[1].function, "bench_sort");
    suite_done(&suite);
}
END_TEST

START_TEST(test_suite_errors_say_what_to_do)
{
    enter_folder();
    ck_assert_int_eq(mkdir("outer", 0700), 0);
    ck_assert_int_eq(mkdir("outer/inner", 0700), 0);
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    struct suite suite;
    struct suite_error error;
    suite_init(&suite);
    ck_assert_int_eq(suite_add_path(&suite, "nothing", NULL, NULL, &error),
                     SUITE_NOT_FOUND);
    ck_assert_str_eq(error.text,
                     "cannot open 'nothing': it does not exist: name a .ruff "
                     "file or a folder");
    ck_assert_int_eq(suite_add_path(&suite, "outer", NULL, NULL, &error),
                     SUITE_NO_PROGRAMS);
    ck_assert_str_eq(error.text, "no .ruff files in folder 'outer': name a folder that "
                                 "holds some, such as inner");
    ck_assert_int_eq(suite_add_path(&suite, "pipe", NULL, NULL, &error),
                     SUITE_NOT_A_PROGRAM);
    ck_assert_uint_eq(suite.count, 0);
    suite_done(&suite);
}
END_TEST

START_TEST(test_suite_filter_keeps_matches)
{
    enter_folder();
    ck_assert_int_eq(mkdir("demo", 0700), 0);
    write_file("demo/fib.ruff", "");
    write_file("demo/fib_big.ruff", "");
    write_file("demo/sort.ruff", "");
    struct suite suite;
    struct suite_error error;
    suite_init(&suite);
    ck_assert_int_eq(suite_add_path(&suite, "demo", NULL, NULL, &error), SUITE_OK);
    ck_assert(!suite_filter(&suite, "(", &error));
    ck_assert_uint_eq(suite.count, 3);
    ck_assert(suite_filter(&suite, "^fib", &error));
    ck_assert_uint_eq(suite.count, 2);
    ck_assert(suite_filter(&suite, "big$", &error));
    ck_assert_str_eq(suite.items[0].name, "fib_big");
    suite_done(&suite);
}
END_TEST

START_TEST(test_suite_resolves_names_in_suites)
{
    enter_folder();
    ck_assert_int_eq(mkdir("suites", 0700), 0);
    ck_assert_int_eq(mkdir("suites/own_suite_xyz", 0700), 0);
    write_file("./suites/own_suite_xyz/one_bench_xyz.ruff", "");
    write_file("here.ruff", "");
    bool elsewhere = false;
    char *path = suite_resolve("one_bench_xyz.ruff", &elsewhere);
    ck_assert_str_eq(path, "./suites/own_suite_xyz/one_bench_xyz.ruff");
    ck_assert(elsewhere);
    free(path);
    path = suite_resolve("one_bench_xyz", &elsewhere);
    ck_assert_str_eq(path, "./suites/own_suite_xyz/one_bench_xyz.ruff");
    free(path);
    path = suite_resolve("own_suite_xyz", &elsewhere);
    ck_assert_str_eq(path, "./suites/own_suite_xyz");
    free(path);
    path = suite_resolve("here.ruff", &elsewhere);
    ck_assert_str_eq(path, "here.ruff");
    ck_assert(!elsewhere);
    free(path);
    path = suite_resolve("./one_bench_xyz.ruff", &elsewhere);
    ck_assert_str_eq(path, "./one_bench_xyz.ruff");
    free(path);
}
END_TEST

START_TEST(test_environment_of_an_unknown_machine_invents_nothing)
{
    enter_folder();
    struct environment env;
    environment_read(&env, "/tmp/there-is-no-such-root");
    ck_assert_str_eq(env.cpu, "not available");
    ck_assert(!env.has_governor);
    ck_assert_int_eq(env.aslr, -1);
    ck_assert_uint_eq(env.memory_bytes, 0);
    ck_assert(!(env.load[0] >= 0.0));
    ck_assert_uint_ge(env.cpu_count, 1);
}
END_TEST

START_TEST(test_environment_reads_and_warns)
{
    enter_folder();
    char root[128];
    ck_assert_ptr_nonnull(getcwd(root, sizeof root));
    ck_assert_int_eq(
        system("mkdir -p proc/sys/kernel sys/devices/system/cpu/cpu0/cpufreq "
               "etc"),
        0);
    write_file("proc/cpuinfo", "processor\t: 0\nmodel name\t: Example CPU\n"
                               "flags\t\t: fpu hypervisor sse\nprocessor\t: 1\n"
                               "model name\t: Other CPU\n");
    write_file("proc/loadavg", "1000.50 0.25 0.10 1/100 1\n");
    write_file("proc/meminfo", "MemTotal:        2048 kB\nMemFree: 1 kB\n");
    write_file("proc/sys/kernel/randomize_va_space", "0\n");
    write_file("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    write_file("etc/os-release", "NAME=x\nPRETTY_NAME=\"Example 12\"\n");
    struct environment env;
    environment_read(&env, root);
    ck_assert_str_eq(env.cpu, "Example CPU");
    ck_assert(env.is_virtual);
    ck_assert_double_eq(env.load[0], 1000.5);
    ck_assert_double_eq(env.load[2], 0.1);
    ck_assert_uint_eq(env.memory_bytes, 2097152);
    ck_assert_int_eq(env.aslr, 0);
    ck_assert_str_eq(env.governor, "powersave");
    ck_assert_str_eq(env.system, "Example 12");
    snprintf(env.flags, sizeof env.flags, "-g -O2");
    struct environment_warnings warnings;
    environment_warn(&env, &warnings);
    size_t governor = 0;
    size_t load = 0;
    size_t layout = 0;
    size_t build = 0;
    for (size_t i = 0; i < warnings.count; i++) {
        governor += strstr(warnings.text[i], "powersave") != NULL;
        load += strstr(warnings.text[i], "load is 1000.50") != NULL;
        layout += strstr(warnings.text[i], "address randomisation") != NULL;
        build += strstr(warnings.text[i], "built without") != NULL;
    }
    ck_assert_uint_eq(governor, 1);
    ck_assert_uint_eq(load, 1);
    ck_assert_uint_eq(layout, 1);
    ck_assert_uint_eq(build, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_suite_folder_is_listed_in_byte_order,
        test_suite_functions_are_benchmarks_of_their_own,
        test_suite_errors_say_what_to_do,
        test_suite_filter_keeps_matches,
        test_suite_resolves_names_in_suites,
        test_environment_of_an_unknown_machine_invents_nothing,
        test_environment_reads_and_warns,
        NULL,
    };
    return unit_run(unit_suite("suite", tests));
}
