#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#include "base/os_linux.h"
#include "base/strbuf.h"

static char *scratch_folder(void)
{
    static char folder[] = "/tmp/os-test-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    return folder;
}

static void assert_holds(const char *path, const char *text)
{
    struct os_file file;
    ck_assert_int_eq(os_read_file(path, 1000, &file), 0);
    ck_assert_uint_eq(file.len, strlen(text));
    ck_assert_str_eq(file.data, text);
    os_file_done(&file);
}

START_TEST(test_os_clocks_advance)
{
    uint64_t start = os_monotonic_ns();
    os_sleep_ns(2000000);
    ck_assert_uint_ge(os_monotonic_ns() - start, 2000000);
    uint64_t cpu = os_thread_cpu_ns(), process = os_process_cpu_ns();
    volatile unsigned sink = 0;
    while (os_thread_cpu_ns() == cpu)
        sink = sink + 1;
    ck_assert_uint_gt(os_process_cpu_ns(), process);
    ck_assert_uint_gt(os_wall_ns(), UINT64_C(1600000000000000000));
}
END_TEST

START_TEST(test_os_facts)
{
    ck_assert_int_eq(os_gettid(), getpid());
    ck_assert_uint_ge(os_cpu_count(), 1);
    ck_assert_uint_ge(os_page_bytes(), 4096);
    int pipe_ends[2];
    ck_assert_int_eq(pipe(pipe_ends), 0);
    ck_assert(!os_is_tty(pipe_ends[0]));
    char bytes[16] = {0}, zeros[16] = {0};
    ck_assert(os_random_bytes(bytes, sizeof bytes));
    ck_assert_mem_ne(bytes, zeros, sizeof bytes);
    struct strbuf text;
    strbuf_init(&text);
    os_append_error(&text, ENOENT);
    ck_assert_str_eq(strbuf_str(&text), "No such file or directory (os error 2)");
    strbuf_clear(&text);
    ck_assert_int_eq(os_executable_path(&text), 0);
    ck_assert_ptr_nonnull(strstr(strbuf_str(&text), "os_linux_test"));
    strbuf_clear(&text);
    ck_assert_int_eq(os_sibling_program(&text, "os_linux", "no_such"), ENOENT);
    ck_assert_uint_eq(text.len, 0);
    ck_assert_int_eq(os_sibling_program(&text, "os_linux", "os_linux"), 0);
    ck_assert_ptr_nonnull(strstr(strbuf_str(&text), "os_linux_test"));
    strbuf_done(&text);
}
END_TEST

START_TEST(test_os_read_file_limits_and_errors)
{
    char *folder = scratch_folder();
    char path[64];
    snprintf(path, sizeof path, "%s/f", folder);
    struct os_file file = {NULL, 7};
    ck_assert_int_eq(os_read_file(path, 1000, &file), ENOENT);
    ck_assert_int_eq(os_read_file(folder, 1000, &file), EISDIR);
    ck_assert_uint_eq(file.len, 7);
    ck_assert_int_eq(os_write_file_atomic(path, "12345", 5), 0);
    ck_assert_int_eq(os_read_file(path, 4, &file), EFBIG);
    ck_assert_int_eq(os_read_file("/dev/zero", 100000, &file), EFBIG);
    assert_holds(path, "12345");
    ck_assert_int_eq(os_write_file_atomic(path, NULL, 0), 0);
    assert_holds(path, "");
    ck_assert_int_eq(os_read_file("/proc/self/status", 1 << 20, &file), 0);
    ck_assert_uint_gt(file.len, 100);
    os_file_done(&file);
    unlink(path);
    rmdir(folder);
}
END_TEST

START_TEST(test_os_atomic_file_appears_only_when_committed)
{
    char *folder = scratch_folder();
    char path[64], link_path[64];
    snprintf(path, sizeof path, "%s/report", folder);
    snprintf(link_path, sizeof link_path, "%s/link", folder);
    struct os_atomic_file file;
    ck_assert_int_eq(os_atomic_open(&file, path), 0);
    fputs("new", file.stream);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(os_atomic_commit(&file), 0);
    assert_holds(path, "new");

    ck_assert_int_eq(os_atomic_open(&file, path), 0);
    fputs("given up", file.stream);
    os_atomic_abort(&file);
    assert_holds(path, "new");

    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(symlink("report", link_path), 0);
    ck_assert_int_eq(os_write_file_atomic(link_path, "through", 7), 0);
    assert_holds(path, "through");
    struct stat status;
    ck_assert_int_eq(lstat(link_path, &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0640);
    unlink(link_path);
    unlink(path);
    /* Nothing temporary is left behind. */
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(test_os_atomic_file_reports_failures)
{
    struct os_atomic_file file;
    ck_assert_int_eq(os_atomic_open(&file, "/nonexistent/x"), ENOENT);
    ck_assert_int_eq(os_atomic_open(&file, "/tmp"), EISDIR);
    ck_assert_int_eq(os_write_file_atomic("/dev/null", "x", 1), 0);
    ck_assert_int_eq(os_write_file_atomic("/dev/full", "x", 1), ENOSPC);
    ck_assert_int_eq(os_write_all(-1, "x", 1), EBADF);
}
END_TEST

START_TEST(test_os_reserve_gives_zeros_or_nothing)
{
    const size_t bytes = (size_t)64 << 20;
    char *p = os_reserve(bytes);
    ck_assert_ptr_nonnull(p);
    ck_assert(p[0] == 0 && p[bytes - 1] == 0);
    p[0] = p[bytes - 1] = 1;
    ck_assert_int_eq(munmap(p, bytes), 0);
    errno = 0;
    ck_assert_ptr_null(os_reserve(SIZE_MAX / 2));
    ck_assert_int_eq(errno, ENOMEM);
}
END_TEST

START_TEST(test_os_stack_is_usable_to_its_ends)
{
    struct os_stack stack;
    ck_assert_int_eq(os_stack_map(&stack, 1000), 0);
    ck_assert_uint_ge(stack.bytes, 1000);
    ck_assert_uint_eq(stack.bytes % os_page_bytes(), 0);
    stack.base[0] = 1;
    stack.base[stack.bytes - 1] = 1;
    os_stack_unmap(&stack);
    os_stack_unmap(&stack);
    ck_assert_int_eq(os_stack_map(&stack, 0), ENOMEM);
    ck_assert_int_eq(os_stack_map(&stack, SIZE_MAX), ENOMEM);
    /* Far more address space than memory costs nothing. */
    ck_assert_int_eq(os_stack_map(&stack, (size_t)1 << 36), 0);
    os_stack_unmap(&stack);
}
END_TEST

START_TEST(test_os_stack_guard_faults)
{
    struct os_stack stack;
    ck_assert_int_eq(os_stack_map(&stack, 4096), 0);
    /* The sanitizers' handlers would turn the signal into an exit. */
    signal(SIGSEGV, SIG_DFL);
    *(volatile char *)(stack.base - 1) = 1;
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_os_clocks_advance,
        test_os_facts,
        test_os_read_file_limits_and_errors,
        test_os_atomic_file_appears_only_when_committed,
        test_os_atomic_file_reports_failures,
        test_os_reserve_gives_zeros_or_nothing,
        test_os_stack_is_usable_to_its_ends,
        NULL,
    };
    Suite *suite = unit_suite("os_linux", tests);
    TCase *faults = tcase_create("faults");
    tcase_add_test_raise_signal(faults, test_os_stack_guard_faults, SIGSEGV);
    suite_add_tcase(suite, faults);
    return unit_run(suite);
}
