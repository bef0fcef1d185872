/* That a hard build really has the tiny sizes of base/sizing.h, seen in what the code does.
   Built and run with --enable-hard-tests only. */
#include "config.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <ruff.h>

#include "core_unit.h"
#include "idmap.h"
#include "live_table.h"
#include "ring.h"
#include "rprof_writer.h"

#include "base/arena.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/os_linux.h"
#include "base/vec.h"
#include "core/array.h"
#include "core/channel.h"
#include "core/collection.h"
#include "core/dict.h"
#include "core/heap_private.h"

VEC_DEFINE(int_vec, int);

/* ---- base ----------------------------------------------------------------------- */

START_TEST(test_growing_memory_of_base_begins_with_one)
{
    struct strbuf text;
    struct int_vec numbers;
    struct map map;
    strbuf_init(&text);
    int_vec_init(&numbers);
    map_init(&map, MAP_COPY_KEYS);
    ck_assert(strbuf_append_char(&text, 'a'));
    ck_assert_uint_eq(text.cap, 2);
    ck_assert(int_vec_push(&numbers, 1));
    ck_assert_uint_eq(numbers.cap, 1);
    ck_assert(map_put_u64(&map, "a", 1, 1));
    ck_assert_uint_eq(map.entry_cap, 1);
    strbuf_done(&text);
    int_vec_done(&numbers);
    map_done(&map);
}
END_TEST

START_TEST(test_blocks_of_an_arena_hold_few_pieces)
{
    _Alignas(ARENA_ALIGN) char given[4096];
    struct arena arena;
    arena_init_on(&arena, given, sizeof given);
    unsigned outside = 0, moves = 0;
    const char *before = given;
    for (int i = 0; i < 100; i++) {
        char *piece = arena_alloc(&arena, ARENA_ALIGN);
        ck_assert_ptr_nonnull(piece);
        outside += piece < given || piece >= given + sizeof given;
        moves += piece != before + ARENA_ALIGN;
        before = piece;
    }
    ck_assert_uint_ge(outside, 96);
    ck_assert_uint_ge(moves, 24);
    arena_done(&arena);
}
END_TEST

START_TEST(test_blocks_move_and_leave_junk)
{
    unsigned char *block = mem_alloc(24);
    ck_assert_ptr_nonnull(block);
    for (int i = 0; i < 24; i++)
        ck_assert_uint_eq(block[i], MEM_JUNK);
    memset(block, 'x', 24);
    const uintptr_t old = (uintptr_t)block;
    block = mem_realloc(block, 23);
    ck_assert_uint_ne((uintptr_t)block, old);
    for (int i = 0; i < 23; i++)
        ck_assert_uint_eq(block[i], 'x');
    mem_free(block);
}
END_TEST

START_TEST(test_transfers_are_short)
{
    int ends[2];
    char sent[100], got[100];
    memset(sent, 'x', sizeof sent);
    ck_assert_uint_le(os_transfer(SIZE_MAX), 13);
    ck_assert_uint_eq(os_transfer(3), 3);
    /* Not what the macro says but what the writer of recordings does. */
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_le(rprof_os_linux.write(ends[1], sent, sizeof sent), 13);
    ck_assert_int_eq(os_write_all(ends[1], sent, 50), 0);
    close(ends[1]);
    size_t n = 0;
    for (ssize_t part; (part = read(ends[0], got + n, sizeof got - n)) > 0;)
        n += (size_t)part;
    ck_assert_uint_ge(n, 51);
    ck_assert_uint_le(n, 63);
    close(ends[0]);
}
END_TEST

/* ---- core ----------------------------------------------------------------------- */

START_TEST(test_containers_begin_with_few_items)
{
    struct state *st = core_state(0);
    struct value array, queue, dict;
    ck_assert(array_make_empty(st, &array));
    ck_assert(array_push_take(st, &array, value_int(1)));
    ck_assert_uint_eq(ARRAY_OF(array)->capacity, 2);
    ck_assert(collection_make(st, VALUE_QUEUE, 0, &queue));
    ck_assert(collection_push_take(st, &queue, value_int(1)));
    ck_assert_uint_eq(COLLECTION_OF(queue)->capacity, 1);
    ck_assert(dict_make_empty(st, &dict));
    ck_assert(dict_set_take(st, &dict, value_int(7), value_int(1)));
    ck_assert_uint_eq(DICT_OF(dict)->capacity, 1);
    value_release(st, array);
    value_release(st, queue);
    value_release(st, dict);
    state_free(st);
}
END_TEST

START_TEST(test_two_items_are_many)
{
    struct state *st = core_state(0);
    struct value set, dict;
    bool has;
    ck_assert(collection_make(st, VALUE_SET, 0, &set));
    ck_assert(dict_make_empty(st, &dict));
    for (int64_t i = 2; i > 0; i--) {
        ck_assert(collection_add_take(st, &set, value_int(i)));
        ck_assert(dict_set_take(st, &dict, value_int(i), value_int(i)));
    }
    ck_assert(collection_has(st, COLLECTION_OF(set), value_int(2), &has));
    ck_assert(has);
    ck_assert_ptr_nonnull(COLLECTION_OF(set)->index);
    ck_assert_ptr_nonnull(DICT_OF(dict)->index);
    value_release(st, set);
    value_release(st, dict);
    state_free(st);
}
END_TEST

#if defined(HAVE_JEMALLOC) && !defined(RUFF_PLAIN_MALLOC)
START_TEST(test_fresh_memory_of_the_heap_is_junk)
{
    struct state *st = core_state(0);
    unsigned char *block = heap_alloc(st, 100000, HEAP_BUILTIN);
    ck_assert_ptr_nonnull(block);
    unsigned zeros = 0;
    for (size_t i = 0; i < 100000; i++)
        zeros += block[i] == 0;
    ck_assert_uint_eq(zeros, 0);
    heap_free(st, block, 100000);
    state_free(st);
}
END_TEST
#endif

START_TEST(test_chunks_of_the_heap_hold_few_cells)
{
    struct state *st = core_state(0);
    const struct heap_chunk *first = st->heap->chunks;
    void *blocks[100];
    for (int i = 0; i < 100; i++) {
        blocks[i] = heap_alloc(st, 64, HEAP_BUILTIN);
        ck_assert_ptr_nonnull(blocks[i]);
    }
    unsigned chunks = 0;
    for (const struct heap_chunk *c = st->heap->chunks; c != first; c = c->next)
        chunks++;
    ck_assert_uint_ge(chunks, 10);
    for (int i = 0; i < 100; i++)
        heap_free(st, blocks[i], 64);
    state_free(st);
}
END_TEST

START_TEST(test_a_block_of_the_heap_moves_within_its_class)
{
    struct state *st = core_state(0);
    char *block = heap_alloc(st, 33, HEAP_BUILTIN);
    ck_assert_ptr_nonnull(block);
    strcpy(block, "kept");
    const uintptr_t old = (uintptr_t)block;
    block = heap_realloc(st, block, 33, 34, HEAP_BUILTIN);
    ck_assert_uint_ne((uintptr_t)block, old);
    ck_assert_str_eq(block, "kept");
    heap_free(st, block, 34);
    state_free(st);
}
END_TEST

/* ---- programs ------------------------------------------------------------------- */

struct listener {
    unsigned writes;
    struct strbuf out;
};

static bool listen(void *context, int stream, const char *data, size_t len)
{
    struct listener *l = context;
    (void)stream;
    l->writes++;
    return strbuf_append(&l->out, data, len);
}

static void run(struct listener *l, const char *text)
{
    struct ruff_config config;
    ruff_config_init(&config);
    config.write = listen;
    config.write_context = l;
    struct ruff *r = ruff_new(&config);
    struct ruff_result result;
    struct ruff_program *program = NULL;
    ck_assert_ptr_nonnull(r);
    strbuf_init(&l->out);
    ck_assert_int_eq(ruff_load_text(r, "<test>", text, strlen(text), &program),
                     RUFF_OK);
    ck_assert_int_eq(ruff_run(r, program, NULL, &result), RUFF_OK);
    ruff_result_done(&result);
    ruff_program_free(program);
    ruff_free(r);
}

START_TEST(test_output_is_written_every_few_bytes)
{
    struct listener l = {.writes = 0};
    run(&l, "for i in range(0, 100) { print(i % 10) }");
    ck_assert_uint_eq(l.out.len, 200);
    ck_assert_uint_ge(l.writes, 15);
    strbuf_done(&l.out);
}
END_TEST

START_TEST(test_input_is_read_every_few_bytes)
{
    struct listener l = {.writes = 0};
    static const char lines[] = "first\nsecond\nthird\nfourth\n";
    int ends[2], left = -1;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    ck_assert_int_eq(os_write_all(ends[1], lines, strlen(lines)), 0);
    run(&l, "print(input(\"\"))");
    ck_assert_int_eq(ioctl(ends[0], FIONREAD, &left), 0);
    ck_assert_int_ge(left, 15);
    ck_assert_str_eq(strbuf_str(&l.out), "first\n");
    strbuf_done(&l.out);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

/* ---- profiler ------------------------------------------------------------------- */

START_TEST(test_tables_of_the_profiler_begin_small)
{
    struct live_table table;
    struct idmap map;
    struct ring ring;
    ck_assert(live_table_init(&table));
    ck_assert_uint_eq(table.size, 4);
    live_table_done(&table);
    idmap_init(&map);
    ck_assert_uint_eq(idmap_put(&map, 1, 2, 3), 3);
    ck_assert_uint_eq(map.room, 2);
    idmap_done(&map);
    /* A ring begins before its edge: the first record wraps. */
    ck_assert(ring_init(&ring, 4096));
    ck_assert_ptr_eq(ring_reserve(&ring, 64), ring.data);
    ring_done(&ring);
}
END_TEST

static unsigned recorded_blocks(const char *bytes, size_t n)
{
    unsigned blocks = 0;
    for (size_t i = 0; i + 4 <= n; i++)
        blocks += memcmp(bytes + i, "RBLK", 4) == 0;
    return blocks;
}

START_TEST(test_blocks_of_a_recording_hold_few_records)
{
    char path[] = "/tmp/sizing_test.XXXXXX";
    int fd = mkstemp(path);
    struct rprof_writer *writer = NULL;
    struct os_file file;
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(rprof_writer_open_fd(&writer, fd, NULL, NULL), RPROF_WRITER_OK);
    for (uint64_t i = 0; i < 200; i++) {
        rprof_writer_cause(writer, i, "cause");
        rprof_writer_tick(writer, i);
    }
    const struct rprof_ending ending = {.reason = RPROF_END_NORMAL};
    ck_assert_int_eq(rprof_writer_close(writer, &ending), RPROF_WRITER_OK);
    ck_assert_int_eq(os_read_file(path, 1 << 20, &file), 0);
    ck_assert_uint_ge(recorded_blocks(file.data, file.len), 5);
    os_file_done(&file);
    unlink(path);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_growing_memory_of_base_begins_with_one,
        test_blocks_of_an_arena_hold_few_pieces,
        test_blocks_move_and_leave_junk,
        test_transfers_are_short,
        test_containers_begin_with_few_items,
        test_two_items_are_many,
#if defined(HAVE_JEMALLOC) && !defined(RUFF_PLAIN_MALLOC)
        test_fresh_memory_of_the_heap_is_junk,
#endif
        test_chunks_of_the_heap_hold_few_cells,
        test_a_block_of_the_heap_moves_within_its_class,
        test_output_is_written_every_few_bytes,
        test_input_is_read_every_few_bytes,
        test_tables_of_the_profiler_begin_small,
        test_blocks_of_a_recording_hold_few_records,
        NULL,
    };
    return unit_run(unit_suite("sizing", tests));
}
