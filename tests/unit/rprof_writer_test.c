/* The writer: block limits, and what it leaves behind when the disk fails. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "rprof_reader.h"
#include "rprof_writer.h"
#include "unit.h"

/* A disk in memory that takes `fake_limit` bytes (more of a file's reserve once it was
 * allocated), in writes of at most `fake_step`. */
static uint8_t fake_disk[1 << 20];
static size_t fake_size, fake_at, fake_limit, fake_reserved, fake_step;
static int fake_writes, fake_interrupts;

static int fake_open(const char *path, int flags, mode_t mode)
{
    (void)path, (void)flags, (void)mode;
    fake_size = fake_at = fake_reserved = 0;
    return 77;
}

static ssize_t fake_write(int fd, const void *bytes, size_t count)
{
    ck_assert_int_eq(fd, 77);
    fake_writes++;
    if (fake_interrupts > 0) {
        fake_interrupts--;
        errno = EINTR;
        return -1;
    }
    size_t limit = fake_limit > fake_reserved ? fake_limit : fake_reserved;
    size_t n = count < fake_step ? count : fake_step;
    if (fake_at + n > limit) {
        n = fake_at < limit ? limit - fake_at : 0;
    }
    if (n == 0 && count > 0) {
        errno = ENOSPC;
        return -1;
    }
    memcpy(fake_disk + fake_at, bytes, n);
    fake_at += n;
    if (fake_at > fake_size) {
        fake_size = fake_at;
    }
    return (ssize_t)n;
}

static off_t fake_lseek(int fd, off_t offset, int whence)
{
    (void)fd;
    if (whence == SEEK_SET) {
        fake_at = (size_t)offset;
    }
    return (off_t)fake_at;
}

static int fake_ftruncate(int fd, off_t length)
{
    (void)fd;
    fake_size = (size_t)length;
    return 0;
}

static int fake_fallocate(int fd, int mode, off_t offset, off_t length)
{
    (void)fd, (void)mode;
    size_t end = (size_t)(offset + length);
    if (end > fake_limit) {
        errno = ENOSPC;
        return -1;
    }
    if (end > fake_reserved) {
        fake_reserved = end;
    }
    return 0;
}

static int fake_no_fallocate(int fd, int mode, off_t offset, off_t length)
{
    (void)fd, (void)mode, (void)offset, (void)length;
    errno = EOPNOTSUPP;
    return -1;
}

static int fake_close(int fd)
{
    (void)fd;
    return 0;
}

static const struct rprof_os fake = {
    .open = fake_open,
    .write = fake_write,
    .lseek = fake_lseek,
    .ftruncate = fake_ftruncate,
    .fallocate = fake_fallocate,
    .close = fake_close,
};

static void fresh_disk(size_t limit)
{
    fake_limit = limit;
    fake_step = SIZE_MAX;
    fake_writes = fake_interrupts = 0;
}

static struct rprof_writer *opened(const struct rprof_os *os)
{
    struct rprof_writer *writer = NULL;
    ck_assert_int_eq(rprof_writer_open(&writer, "x.rprof", os, NULL), RPROF_WRITER_OK);
    return writer;
}

static const struct rprof_ending normal = {.reason = RPROF_END_NORMAL,
                                           .duration_ns = 42};

/* Counts SAMPLE records of the fake disk; the end record goes to `*end`. */
static uint64_t read_back(struct rprof_record *end, struct rprof_damage *damage)
{
    struct rprof_reader reader;
    ck_assert_int_eq(rprof_reader_init(&reader, fake_disk, fake_size), RPROF_READER_OK);
    uint64_t samples = 0;
    struct rprof_record record;
    memset(end, 0, sizeof *end);
    while (rprof_reader_next(&reader, &record)) {
        samples += record.tag == RPROF_SAMPLE;
        if (record.tag == RPROF_END) {
            *end = record;
        }
    }
    *damage = *rprof_reader_damage(&reader);
    return samples;
}

START_TEST(test_end_block_states_totals)
{
    fresh_disk(sizeof fake_disk);
    struct rprof_writer *writer = opened(&fake);
    for (unsigned i = 0; i < 10; i++) {
        rprof_writer_sample(writer, 1, i * 1000u, 1, 1000);
    }
    rprof_writer_lost(writer, 1, 3, RPROF_LOST_RING_FULL);
    rprof_writer_alloc(writer, 1, 5, 1, 2, 48, 9);
    ck_assert_int_eq(rprof_writer_close(writer, &normal), RPROF_WRITER_OK);
    struct rprof_record end;
    struct rprof_damage damage;
    ck_assert_uint_eq(read_back(&end, &damage), 10);
    ck_assert_uint_eq(end.u.end.samples, 10);
    ck_assert_uint_eq(end.u.end.lost, 3);
    ck_assert_uint_eq(end.u.end.alloc_samples, 1);
    ck_assert_uint_eq(end.u.end.alloc_bytes, 48);
    ck_assert_uint_eq(end.u.end.duration_ns, 42);
    ck_assert_uint_eq(end.u.end.reason, RPROF_END_NORMAL);
    ck_assert(damage.ended);
    ck_assert_uint_eq(damage.skipped_bytes, 0);
}
END_TEST

START_TEST(test_tick_writes_after_250_ms_and_not_before)
{
    fresh_disk(sizeof fake_disk);
    struct rprof_writer *writer = opened(&fake);
    uint64_t header = rprof_writer_bytes(writer);
    rprof_writer_sample(writer, 1, 0, 1, 1);
    rprof_writer_tick(writer, 1000);
    rprof_writer_tick(writer, 1000 + RPROF_BLOCK_NS - 1);
    ck_assert_uint_eq(rprof_writer_bytes(writer), header);
    rprof_writer_tick(writer, 1000 + RPROF_BLOCK_NS);
    ck_assert_uint_gt(rprof_writer_bytes(writer), header);
    rprof_writer_abandon(writer);
}
END_TEST

START_TEST(test_tick_writes_at_the_size_of_a_block)
{
    fresh_disk(sizeof fake_disk);
    struct rprof_writer *writer = opened(&fake);
    uint64_t header = rprof_writer_bytes(writer);
    for (unsigned i = 0; rprof_writer_bytes(writer) == header; i++) {
        ck_assert_uint_lt(i, 8000); /* about 9 bytes each */
        rprof_writer_sample(writer, 1, i * 1000000u, i, i % 2 ? 900000 : 1100000);
        rprof_writer_tick(writer, 1);
    }
    uint64_t first = rprof_writer_bytes(writer) - header;
    ck_assert_uint_ge(first, RPROF_BLOCK_BYTES);
    ck_assert_uint_le(first, RPROF_BLOCK_BYTES + 64);
    rprof_writer_abandon(writer);
}
END_TEST

START_TEST(test_interrupted_and_short_writes_are_continued)
{
    fresh_disk(sizeof fake_disk);
    fake_step = 7;
    fake_interrupts = 3;
    struct rprof_writer *writer = opened(&fake);
    for (unsigned i = 0; i < 100; i++) {
        rprof_writer_sample(writer, 1, i, 1, 1);
    }
    ck_assert_int_eq(rprof_writer_close(writer, &normal), RPROF_WRITER_OK);
    struct rprof_record end;
    struct rprof_damage damage;
    ck_assert_uint_eq(read_back(&end, &damage), 100);
    ck_assert_int_gt(fake_writes, 20);
}
END_TEST

/* A flush after each 100 samples makes blocks of as many, unless a block ends before. */
#define PER_BLOCK (RPROF_BLOCK_BYTES > 4096 ? 100u : 1u)

/* The disk fills at every possible byte: what was whole stays readable, and with a
 * reserve the end block always says what was lost. */
START_TEST(test_full_disk_at_every_byte_keeps_whole_blocks_and_says_so)
{
    for (size_t limit = RPROF_FILE_HEADER_BYTES + RPROF_RESERVE_BYTES; limit < 6000;
         limit += 1) {
        fresh_disk(limit);
        struct rprof_writer *writer = opened(&fake);
        for (unsigned block = 0; block < 5; block++) {
            for (unsigned i = 0; i < 100; i++) {
                rprof_writer_sample(writer, 1, i * 1000000u, i, 1000000 + i * 999u);
            }
            rprof_writer_flush(writer);
        }
        int error = 0;
        enum rprof_writer_status status = rprof_writer_status(writer, &error);
        ck_assert_int_eq(rprof_writer_close(writer, &normal), status);
        struct rprof_record end;
        struct rprof_damage damage;
        uint64_t samples = read_back(&end, &damage);
        ck_assert_uint_eq(samples % PER_BLOCK, 0);
        ck_assert(damage.ended);
        ck_assert_uint_eq(damage.skipped_bytes, 0);
        ck_assert_uint_eq(end.u.end.samples, samples);
        ck_assert_uint_eq(end.u.end.lost, 500 - samples);
        if (samples < 500) {
            ck_assert_int_eq(status, RPROF_WRITER_WRITE_FAILED);
            ck_assert_int_eq(error, ENOSPC);
            ck_assert_uint_eq(end.u.end.reason, RPROF_END_WRITE_FAILED);
        }
    }
}
END_TEST

/* A disk that was full a few bytes behind a whole block took the recording's end away: the
 * reserve had not been had, and the torn rest was too small. */
START_TEST(test_full_disk_just_behind_a_block_says_so)
{
    for (size_t limit = RPROF_FILE_HEADER_BYTES + RPROF_RESERVE_BYTES; limit < 15000;
         limit += 1) {
        fresh_disk(limit);
        struct rprof_writer *writer = opened(&fake);
        for (unsigned i = 0; i < 2000; i++) {
            rprof_writer_sample(writer, 1, i * 1000000u, i, 1000000 + i * 999u);
            if (i % 100 == 99) {
                rprof_writer_flush(writer);
            }
        }
        rprof_writer_close(writer, &normal);
        struct rprof_record end;
        struct rprof_damage damage;
        uint64_t samples = read_back(&end, &damage);
        ck_assert_msg(damage.ended, "no end on a disk of %zu bytes", limit);
        ck_assert_uint_eq(end.u.end.samples, samples);
        ck_assert_uint_eq(end.u.end.lost, 2000 - samples);
        ck_assert_uint_eq(end.u.end.reason, RPROF_END_WRITE_FAILED);
    }
}
END_TEST

/* A limit of the file's size, which fallocate with the size kept does not know, was the same. */
START_TEST(test_file_size_limit_just_behind_a_block_says_so)
{
    struct rlimit usual;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &usual), 0);
    for (rlim_t size = RPROF_FILE_HEADER_BYTES + RPROF_RESERVE_BYTES; size < 10000;
         size += 11) {
        int fd = memfd_create("rprof", 0);
        ck_assert_int_ge(fd, 0);
        struct rprof_writer *writer = NULL;
        ck_assert_int_eq(rprof_writer_open_fd(&writer, dup(fd), NULL, NULL),
                         RPROF_WRITER_OK);
        /* No assertion below the limit: Check writes to files. */
        const struct rlimit limit = {.rlim_cur = size, .rlim_max = usual.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
        for (unsigned i = 0; i < 2000; i++) {
            rprof_writer_sample(writer, 1, i * 1000000u, i, 1000000 + i * 999u);
            if (i % 100 == 99) {
                rprof_writer_flush(writer);
            }
        }
        enum rprof_writer_status status = rprof_writer_close(writer, &normal);
        setrlimit(RLIMIT_FSIZE, &usual);
        ck_assert_int_eq(status, RPROF_WRITER_WRITE_FAILED);
        ssize_t got = pread(fd, fake_disk, sizeof fake_disk, 0);
        ck_assert_int_gt(got, 0);
        fake_size = (size_t)got;
        struct rprof_record end;
        struct rprof_damage damage;
        uint64_t samples = read_back(&end, &damage);
        ck_assert_msg(damage.ended, "no end in a file of %zu bytes", (size_t)size);
        ck_assert_uint_eq(end.u.end.lost, 2000 - samples);
        close(fd);
    }
}
END_TEST

START_TEST(test_full_disk_without_reserve_stays_readable)
{
    struct rprof_os os = fake;
    os.fallocate = fake_no_fallocate;
    for (size_t limit = RPROF_FILE_HEADER_BYTES; limit < 4000; limit += 7) {
        fresh_disk(limit);
        struct rprof_writer *writer = opened(&os);
        for (unsigned block = 0; block < 5; block++) {
            for (unsigned i = 0; i < 100; i++) {
                rprof_writer_sample(writer, 1, i * 1000000u, i, 1000000 + i * 999u);
            }
            rprof_writer_flush(writer);
        }
        rprof_writer_close(writer, &normal);
        struct rprof_record end;
        struct rprof_damage damage;
        ck_assert_uint_eq(read_back(&end, &damage) % PER_BLOCK, 0);
    }
}
END_TEST

START_TEST(test_failed_writer_counts_what_it_cannot_keep)
{
    fresh_disk(RPROF_FILE_HEADER_BYTES + RPROF_RESERVE_BYTES);
    struct rprof_writer *writer = opened(&fake);
    for (unsigned i = 0; i < 200000; i++) {
        rprof_writer_sample(writer, 1, i * 1000000ull, i, 1000000 + i);
        rprof_writer_tick(writer, i * 1000000ull);
    }
    ck_assert_int_eq(rprof_writer_close(writer, &normal), RPROF_WRITER_WRITE_FAILED);
    struct rprof_record end;
    struct rprof_damage damage;
    uint64_t samples = read_back(&end, &damage);
    ck_assert_uint_eq(end.u.end.samples, samples);
    ck_assert_uint_eq(end.u.end.lost, 200000 - samples);
}
END_TEST

START_TEST(test_open_failure_leaves_out_untouched)
{
    struct rprof_writer *writer = NULL;
    int error = 0;
    ck_assert_int_eq(rprof_writer_open(&writer, "/no/such/folder/x", NULL, &error),
                     RPROF_WRITER_OPEN_FAILED);
    ck_assert_int_eq(error, ENOENT);
    ck_assert_ptr_null(writer);
    fresh_disk(3); /* not even the file header fits */
    ck_assert_int_eq(rprof_writer_open(&writer, "x", &fake, &error),
                     RPROF_WRITER_WRITE_FAILED);
    ck_assert_int_eq(error, ENOSPC);
    ck_assert_ptr_null(writer);
}
END_TEST

START_TEST(test_real_file_is_written_and_cut_to_size)
{
    int fd = memfd_create("rprof", 0);
    ck_assert_int_ge(fd, 0);
    struct rprof_writer *writer = NULL;
    ck_assert_int_eq(rprof_writer_open_fd(&writer, dup(fd), NULL, NULL),
                     RPROF_WRITER_OK);
    rprof_writer_sample(writer, 1, 0, 1, 1);
    rprof_writer_flush(writer);
    ck_assert_int_eq(rprof_writer_close(writer, &normal), RPROF_WRITER_OK);
    off_t size = lseek(fd, 0, SEEK_END);
    ck_assert_int_lt(size, 200);
    ck_assert_int_eq(pread(fd, fake_disk, (size_t)size, 0), size);
    fake_size = (size_t)size;
    struct rprof_record end;
    struct rprof_damage damage;
    ck_assert_uint_eq(read_back(&end, &damage), 1);
    close(fd);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_end_block_states_totals,
        test_tick_writes_after_250_ms_and_not_before,
        test_tick_writes_at_the_size_of_a_block,
        test_interrupted_and_short_writes_are_continued,
        test_full_disk_at_every_byte_keeps_whole_blocks_and_says_so,
        test_full_disk_just_behind_a_block_says_so,
        test_file_size_limit_just_behind_a_block_says_so,
        test_full_disk_without_reserve_stays_readable,
        test_failed_writer_counts_what_it_cannot_keep,
        test_open_failure_leaves_out_untouched,
        test_real_file_is_written_and_cut_to_size,
        NULL,
    };
    return unit_run(unit_suite("rprof_writer", tests));
}
