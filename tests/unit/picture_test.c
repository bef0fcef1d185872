#include "config.h"

#include <ruffprof_picture.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

#include "base/os_linux.h"

/* Each test has a process and a folder of its own. */
static void enter_folder(void)
{
    static char folder[] = "/tmp/picture_test.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

START_TEST(test_picture_of_folded_text)
{
    enter_folder();
    static const char stacks[] = "<main>;fib;fib 70\n<main>;other 30\n";
    ck_assert_int_eq(os_write_file_atomic("x.folded", stacks, strlen(stacks)), 0);
    const struct ruffprof_picture picture = {
        .profile = "x.folded", .output = "x.svg", .title = "a title & more"};
    struct ruffprof_picture_result result;
    ck_assert_int_eq(ruffprof_picture_draw(&picture, &result), RUFFPROF_PICTURE_OK);
    ck_assert_uint_eq(result.samples, 100);
    struct os_file svg;
    ck_assert_int_eq(os_read_file("x.svg", 1 << 20, &svg), 0);
    ck_assert_ptr_nonnull(strstr(svg.data, "<svg"));
    ck_assert_ptr_nonnull(strstr(svg.data, "a title &amp; more"));
    ck_assert_ptr_nonnull(strstr(svg.data, "fib"));
    os_file_done(&svg);
}
END_TEST

START_TEST(test_picture_failures_leave_the_old_one)
{
    enter_folder();
    ck_assert_int_eq(os_write_file_atomic("old.svg", "old", 3), 0);
    ck_assert_int_eq(os_write_file_atomic("x.rprof", "\0\1\2\3", 4), 0);
    struct ruffprof_picture picture = {.profile = "none.rprof", .output = "old.svg"};
    struct ruffprof_picture_result result;
    ck_assert_int_eq(ruffprof_picture_draw(&picture, &result), RUFFPROF_PICTURE_IO);
    ck_assert_str_eq(result.message,
                     "cannot read 'none.rprof': No such file or directory");
    picture.profile = "x.rprof";
    ck_assert_int_eq(ruffprof_picture_draw(&picture, &result),
                     RUFFPROF_PICTURE_DAMAGED);
    ck_assert_str_ne(result.message, "");
    struct os_file svg;
    ck_assert_int_eq(os_read_file("old.svg", 100, &svg), 0);
    ck_assert_str_eq(svg.data, "old");
    os_file_done(&svg);
}
END_TEST

START_TEST(test_picture_that_cannot_be_written_is_said)
{
    enter_folder();
    ck_assert_int_eq(os_write_file_atomic("x.folded", "a;b 1\n", 6), 0);
    const struct ruffprof_picture picture = {.profile = "x.folded",
                                             .output = "no/such/folder/x.svg"};
    struct ruffprof_picture_result result;
    ck_assert_int_eq(ruffprof_picture_draw(&picture, &result), RUFFPROF_PICTURE_IO);
    ck_assert_str_eq(result.message,
                     "cannot write 'no/such/folder/x.svg': No such file or directory");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_picture_of_folded_text,
        test_picture_failures_leave_the_old_one,
        test_picture_that_cannot_be_written_is_said,
        NULL,
    };
    return unit_run(unit_suite("picture", tests));
}
