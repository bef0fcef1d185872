/* The reader: what the writer wrote comes back, and no file harms it. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rprof_reader.h"
#include "rprof_writer.h"
#include "unit.h"

static uint8_t file[1 << 18];
static size_t file_bytes;

/* A small recording with every kind of record, in three blocks and an end block. */
static void make_file(void)
{
    int fd = memfd_create("rprof", 0);
    ck_assert_int_ge(fd, 0);
    struct rprof_writer *w = NULL;
    ck_assert_int_eq(rprof_writer_open_fd(&w, dup(fd), NULL, NULL), RPROF_WRITER_OK);
    rprof_writer_meta(w, "mode", "vm");
    rprof_writer_meta_number(w, "freq", 997);
    rprof_writer_source(w, 1, "fib.ruff", 0x0123456789abcdefu, "let x := 1\n", 11);
    rprof_writer_function(w, 1, "<main>", 1, 1);
    rprof_writer_function(w, 2, "fib", 1, 3);
    rprof_writer_module(w, 1, "/usr/lib/libc.so.6", (const uint8_t *)"\1\2\0\3", 4,
                        4096, 8192, 65536);
    rprof_writer_frame(w, 1, RPROF_TIER_VM, 1, 9, 0);
    rprof_writer_frame(w, 2, RPROF_TIER_JIT, 2, 4, 1);
    rprof_writer_frame(w, 3, RPROF_TIER_NATIVE, 1, 0x1234, 0);
    rprof_writer_opcode(w, 1, "ADD");
    rprof_writer_node(w, 1, 0, 1);
    rprof_writer_node(w, 2, 1, 2);
    rprof_writer_node(w, 3, 2, 3);
    rprof_writer_thread(w, 1, "main", 4711, 3000);
    rprof_writer_thread_end(w, 1, 1450000);
    rprof_writer_cause(w, 1, "array growth");
    rprof_writer_counter(w, 1, "page-faults");
    rprof_writer_mark(w, 10, RPROF_MARK_RUN_BEGIN, 1);
    rprof_writer_flush(w);
    rprof_writer_sample(w, 1, 1000000, 2, 1003009);
    rprof_writer_values(w, (const uint64_t[]){7}, 1);
    rprof_writer_sample(w, 2, 900000, 3, 500000);
    rprof_writer_alloc(w, 1, 1100000, 2, 1, 4096, 5);
    rprof_writer_free(w, 1, 1200000, 5, 8192);
    rprof_writer_flush(w);
    struct rprof_counts counts = {
        .allocs = 4, .bytes = 64, .frees = 3, .freed_bytes = 48, .temporary_bytes = 16};
    rprof_writer_counts(w, 1, 1300000, 2, 1, &counts);
    rprof_writer_peak(w, 2, 2, 1, 2, 32);
    rprof_writer_lost(w, 1, 12, RPROF_LOST_BEHIND);
    rprof_writer_cpu_time(w, 1, 1400000, 1390000);
    rprof_writer_unwound(w, RPROF_UNWIND_LIBUNWIND, 99);
    struct rprof_ending end = {.reason = RPROF_END_SIGINT, .duration_ns = 1500000};
    ck_assert_int_eq(rprof_writer_close(w, &end), RPROF_WRITER_OK);
    ssize_t n = pread(fd, file, sizeof file, 0);
    ck_assert_int_gt(n, 0);
    file_bytes = (size_t)n;
    close(fd);
}

static struct rprof_record take(struct rprof_reader *reader, enum rprof_tag tag)
{
    struct rprof_record record;
    ck_assert(rprof_reader_next(reader, &record));
    ck_assert_int_eq(record.tag, tag);
    return record;
}

static void is_text(struct rprof_text text, const char *expected)
{
    ck_assert_uint_eq(text.count, strlen(expected));
    ck_assert_mem_eq(text.bytes, expected, text.count);
}

START_TEST(test_every_record_comes_back)
{
    make_file();
    struct rprof_reader reader;
    ck_assert_int_eq(rprof_reader_init(&reader, file, file_bytes), RPROF_READER_OK);
    struct rprof_record r = take(&reader, RPROF_META);
    is_text(r.u.meta.key, "mode");
    is_text(r.u.meta.value, "vm");
    r = take(&reader, RPROF_META);
    is_text(r.u.meta.value, "997");
    r = take(&reader, RPROF_SOURCE);
    ck_assert_uint_eq(r.id, 1);
    is_text(r.u.source.path, "fib.ruff");
    ck_assert(r.u.source.hash == 0x0123456789abcdefu);
    ck_assert_uint_eq(r.u.source.bytes, 11);
    r = take(&reader, RPROF_SOURCE_TEXT);
    ck_assert_uint_eq(r.u.source_text.offset, 0);
    is_text(r.u.source_text.piece, "let x := 1\n");
    r = take(&reader, RPROF_FUNCTION);
    is_text(r.u.function.name, "<main>");
    r = take(&reader, RPROF_FUNCTION);
    ck_assert_uint_eq(r.id, 2);
    ck_assert_uint_eq(r.u.function.line, 3);
    r = take(&reader, RPROF_MODULE);
    ck_assert_uint_eq(r.u.module.build_id.count, 4);
    ck_assert_uint_eq(r.u.module.bias, 4096);
    ck_assert_uint_eq(r.u.module.high, 65536);
    take(&reader, RPROF_FRAME);
    r = take(&reader, RPROF_FRAME);
    ck_assert_uint_eq(r.u.frame.tier, RPROF_TIER_JIT);
    ck_assert_uint_eq(r.u.frame.ref, 2);
    ck_assert_uint_eq(r.u.frame.position, 4);
    ck_assert_uint_eq(r.u.frame.opcode, 1);
    take(&reader, RPROF_FRAME);
    take(&reader, RPROF_OPCODE);
    take(&reader, RPROF_NODE);
    take(&reader, RPROF_NODE);
    r = take(&reader, RPROF_NODE);
    ck_assert_uint_eq(r.id, 3);
    ck_assert_uint_eq(r.u.node.parent, 2);
    ck_assert_uint_eq(r.u.node.frame, 3);
    r = take(&reader, RPROF_THREAD_NAME);
    is_text(r.u.thread_name.name, "main");
    ck_assert_uint_eq(r.u.thread_name.tid, 4711);
    ck_assert_uint_eq(r.time_ns, 3000);
    r = take(&reader, RPROF_THREAD_END);
    ck_assert_uint_eq(r.id, 1);
    ck_assert_uint_eq(r.time_ns, 1450000);
    r = take(&reader, RPROF_CAUSE);
    is_text(r.u.named.name, "array growth");
    take(&reader, RPROF_COUNTER);
    r = take(&reader, RPROF_MARK);
    ck_assert_uint_eq(r.time_ns, 10);
    ck_assert_uint_eq(r.u.mark.kind, RPROF_MARK_RUN_BEGIN);

    r = take(&reader, RPROF_SAMPLE);
    ck_assert_uint_eq(r.thread, 1);
    ck_assert_uint_eq(r.time_ns, 1000000);
    ck_assert_uint_eq(r.u.sample.node, 2);
    ck_assert_uint_eq(r.u.sample.weight, 1003009);
    r = take(&reader, RPROF_VALUES);
    ck_assert_uint_eq(r.u.values.count, 1);
    ck_assert_uint_eq(r.u.values.values[0], 7);
    r = take(&reader, RPROF_SAMPLE);
    ck_assert_uint_eq(r.thread, 2);
    ck_assert_uint_eq(r.time_ns, 900000);
    ck_assert_uint_eq(r.u.sample.weight, 500000);
    r = take(&reader, RPROF_ALLOC);
    ck_assert_uint_eq(r.thread, 1);
    ck_assert_uint_eq(r.time_ns, 1100000);
    ck_assert_uint_eq(r.u.alloc.size, 4096);
    ck_assert_uint_eq(r.u.alloc.object, 5);
    r = take(&reader, RPROF_FREE);
    ck_assert_uint_eq(r.u.freed.object, 5);
    ck_assert_uint_eq(r.u.freed.age, 8192);

    r = take(&reader, RPROF_COUNTS);
    ck_assert_uint_eq(r.time_ns, 1300000);
    ck_assert_uint_eq(r.u.counts.bytes, 64);
    ck_assert_uint_eq(r.u.counts.temporary_bytes, 16);
    r = take(&reader, RPROF_PEAK);
    ck_assert_uint_eq(r.u.peak.bytes, 32);
    r = take(&reader, RPROF_LOST);
    ck_assert_uint_eq(r.u.lost.samples, 12);
    r = take(&reader, RPROF_CPU_TIME);
    ck_assert_uint_eq(r.u.cpu_time.cpu_ns, 1390000);
    r = take(&reader, RPROF_UNWOUND);
    ck_assert_uint_eq(r.u.unwound.frames, 99);
    r = take(&reader, RPROF_END);
    ck_assert_uint_eq(r.u.end.reason, RPROF_END_SIGINT);
    ck_assert_uint_eq(r.u.end.samples, 2);
    ck_assert(!rprof_reader_next(&reader, &r));
    char text[256];
    ck_assert(!rprof_reader_complaint(rprof_reader_damage(&reader), text, sizeof text));
    ck_assert_str_eq(text, "");
}
END_TEST

/* Bytes of the example in notes/profile-format.md. */
START_TEST(test_example_of_the_note)
{
    struct rprof_writer *w = NULL;
    int fd = memfd_create("rprof", 0);
    ck_assert_int_eq(rprof_writer_open_fd(&w, dup(fd), NULL, NULL), RPROF_WRITER_OK);
    rprof_writer_meta(w, "mode", "vm");
    rprof_writer_flush(w);
    rprof_writer_abandon(w);
    static const uint8_t head[] = {0x89, 0x52, 0x50, 0x52, 0x4f, 0x46, 0x0d,
                                   0x0a, 1,    0,    1,    0,    0,    0,
                                   0,    0,    'R',  'B',  'L',  'K'};
    static const uint8_t payload[] = {0x40, 0x08, 0x04, 0x6d, 0x6f,
                                      0x64, 0x65, 0x02, 0x76, 0x6d};
    ck_assert_int_eq(pread(fd, file, sizeof file, 0), 50);
    ck_assert_mem_eq(file, head, sizeof head);
    ck_assert_mem_eq(file + 40, payload, sizeof payload);
    close(fd);
}
END_TEST

static size_t count_records(const uint8_t *bytes, size_t count,
                            struct rprof_damage *damage)
{
    struct rprof_reader reader;
    memset(damage, 0, sizeof *damage);
    if (rprof_reader_init(&reader, bytes, count) != RPROF_READER_OK) {
        return 0;
    }
    size_t records = 0;
    struct rprof_record record;
    while (rprof_reader_next(&reader, &record)) {
        records++;
    }
    *damage = *rprof_reader_damage(&reader);
    return records;
}

START_TEST(test_truncation_at_every_byte_gives_a_prefix_and_a_complaint)
{
    make_file();
    struct rprof_damage damage;
    size_t whole = count_records(file, file_bytes, &damage);
    size_t before = 0;
    for (size_t n = 0; n < file_bytes; n++) {
        /* A copy of exactly n bytes, so that a sanitizer sees a read behind it. */
        uint8_t *copy = malloc(n + 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, file, n);
        copy = realloc(copy, n > 0 ? n : 1);
        size_t records = count_records(copy, n, &damage);
        ck_assert_uint_ge(records, before);
        ck_assert_uint_lt(records, whole);
        ck_assert(!damage.ended);
        before = records;
        if (n >= RPROF_FILE_HEADER_BYTES) {
            char text[256];
            ck_assert(rprof_reader_complaint(&damage, text, sizeof text));
        }
        free(copy);
    }
}
END_TEST

START_TEST(test_any_flipped_bit_is_noticed_and_costs_one_block)
{
    make_file();
    struct rprof_damage damage;
    size_t whole = count_records(file, file_bytes, &damage);
    for (size_t at = RPROF_FILE_HEADER_BYTES; at < file_bytes; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            file[at] ^= (uint8_t)(1u << bit);
            size_t records = count_records(file, file_bytes, &damage);
            ck_assert_uint_lt(records, whole);
            ck_assert(damage.skipped_bytes > 0);
            file[at] ^= (uint8_t)(1u << bit);
        }
    }
    ck_assert_uint_eq(count_records(file, file_bytes, &damage), whole);
}
END_TEST

START_TEST(test_foreign_and_newer_files_are_named)
{
    struct rprof_reader reader;
    const uint8_t text[] = "<main>;fib 12\n";
    ck_assert_int_eq(rprof_reader_init(&reader, text, sizeof text - 1),
                     RPROF_READER_FOREIGN);
    ck_assert_int_eq(rprof_reader_init(&reader, text, 0), RPROF_READER_EMPTY);
    make_file();
    file[10] = 2;
    ck_assert_int_eq(rprof_reader_init(&reader, file, file_bytes), RPROF_READER_NEWER);
    file[10] = 1;
    ck_assert_int_eq(rprof_reader_init(&reader, file, 9), RPROF_READER_EMPTY);
}
END_TEST

/* Builds a file of one block with a correct checksum around any payload. */
static size_t wrap(uint8_t *out, const uint8_t *payload, size_t count)
{
    memset(out, 0, RPROF_FILE_HEADER_BYTES + RPROF_BLOCK_HEADER_BYTES);
    memcpy(out, RPROF_MAGIC, RPROF_MAGIC_BYTES);
    out[8] = out[10] = 1;
    uint8_t *h = out + RPROF_FILE_HEADER_BYTES;
    rprof_put_u32(h, RPROF_BLOCK_SYNC);
    h[4] = RPROF_BLOCK_DATA;
    rprof_put_u32(h + 12, (uint32_t)count);
    rprof_put_u32(h + 16, rprof_crc32c(payload, count));
    rprof_put_u32(h + 20, rprof_crc32c(h, 20));
    memcpy(h + RPROF_BLOCK_HEADER_BYTES, payload, count);
    return RPROF_FILE_HEADER_BYTES + RPROF_BLOCK_HEADER_BYTES + count;
}

START_TEST(test_hostile_lengths_are_refused)
{
    static const struct {
        uint8_t bytes[16];
        size_t count;
    } hostile[] = {
        {{RPROF_META, 0xff, 0xff, 0xff, 0xff, 0x0f}, 6}, /* record of 4 GiB */
        {{RPROF_META, 3, 0xff, 0xff, 0x7f}, 5},          /* text beyond record */
        {{RPROF_VALUES, 0xff, 0xff, 0x03}, 4},           /* 65535 counters */
        {{RPROF_SAMPLE, 0x80}, 2},                       /* varint cut */
        {{RPROF_SAMPLE, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
         12},                         /* varint of 11 bytes */
        {{13, 1, 2, 3}, 4},           /* unknown frequent tag */
        {{RPROF_SOURCE, 2, 1, 0}, 4}, /* hash missing */
        {{0, 0}, 2},                  /* tag 0 */
    };
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        uint8_t bytes[128];
        size_t n = wrap(bytes, hostile[i].bytes, hostile[i].count);
        struct rprof_damage damage;
        ck_assert_uint_eq(count_records(bytes, n, &damage), 0);
        ck_assert_uint_eq(damage.damaged_records, 1);
    }
}
END_TEST

START_TEST(test_records_of_later_versions_are_skipped)
{
    /* an unknown sized record, then META with a field more than we know */
    static const uint8_t payload[] = {79, 3,   1, 2,   3, RPROF_META, 6,
                                      1,  'k', 1, 'v', 9, 9};
    uint8_t bytes[128];
    size_t n = wrap(bytes, payload, sizeof payload);
    struct rprof_damage damage;
    ck_assert_uint_eq(count_records(bytes, n, &damage), 1);
    ck_assert_uint_eq(damage.unknown_records, 1);
    ck_assert_uint_eq(damage.damaged_records, 0);
}
END_TEST

/* Random payloads under a correct checksum: the reader must end, whatever they say. */
START_TEST(test_random_payloads_end)
{
    uint64_t state = 0x9e3779b97f4a7c15u;
    static uint8_t payload[512], bytes[600];
    for (unsigned round = 0; round < 20000; round++) {
        for (size_t i = 0; i < sizeof payload; i++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            payload[i] = (uint8_t)(i % 5 == 0 ? state % 90 : state);
        }
        size_t n = wrap(bytes, payload, sizeof payload);
        struct rprof_damage damage;
        count_records(bytes, n, &damage);
    }
}
END_TEST

START_TEST(test_varints_round_trip_at_their_edges)
{
    static const uint64_t edges[] = {
        0, 1, 127, 128, 16383, 16384, UINT64_MAX >> 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        uint8_t bytes[RPROF_VARINT_MAX];
        size_t n = rprof_varint_put(bytes, edges[i]);
        uint64_t back = 99;
        ck_assert_uint_eq(rprof_varint_get(bytes, n - 1, &back), 0);
        ck_assert_uint_eq(back, 99);
        ck_assert_uint_eq(rprof_varint_get(bytes, n, &back), n);
        ck_assert(back == edges[i]);
        ck_assert(rprof_unzigzag(rprof_zigzag(edges[i])) == edges[i]);
    }
    ck_assert_uint_eq(rprof_zigzag((uint64_t)-1), 1);
    ck_assert_uint_eq(rprof_zigzag(1), 2);
    /* CRC-32C of "123456789" is the published check value. */
    ck_assert_uint_eq(rprof_crc32c((const uint8_t *)"123456789", 9), 0xe3069283u);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_every_record_comes_back,
        test_example_of_the_note,
        test_truncation_at_every_byte_gives_a_prefix_and_a_complaint,
        test_any_flipped_bit_is_noticed_and_costs_one_block,
        test_foreign_and_newer_files_are_named,
        test_hostile_lengths_are_refused,
        test_records_of_later_versions_are_skipped,
        test_random_payloads_end,
        test_varints_round_trip_at_their_edges,
        NULL,
    };
    return unit_run(unit_suite("rprof_reader", tests));
}
