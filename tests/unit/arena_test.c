#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

#include "base/arena.h"
#include "base/mem.h"

START_TEST(test_arena_pieces_are_aligned_and_apart)
{
    struct arena arena;
    arena_init(&arena);
    char *previous = NULL;
    for (size_t n = 0; n < 300; n++) {
        char *piece = arena_alloc(&arena, n);
        ck_assert_ptr_nonnull(piece);
        ck_assert_uint_eq((uintptr_t)piece % ARENA_ALIGN, 0);
        ck_assert_ptr_ne(piece, previous);
        memset(piece, (int)n, n);
        previous = piece;
    }
    ck_assert_uint_ge(arena_used_bytes(&arena), 300 * 299 / 2);
    arena_done(&arena);
}
END_TEST

START_TEST(test_arena_keeps_contents_across_blocks)
{
    enum {
        COUNT = 2000
    };
    struct arena arena;
    arena_init(&arena);
    const char *names[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char name[32];
        int n = snprintf(name, sizeof name, "name %d", i);
        names[i] = arena_strdup(&arena, name, (size_t)n);
    }
    for (int i = 0; i < COUNT; i++) {
        char name[32];
        snprintf(name, sizeof name, "name %d", i);
        ck_assert_str_eq(names[i], name);
    }
    arena_done(&arena);
}
END_TEST

START_TEST(test_arena_gives_pieces_larger_than_a_block)
{
    struct arena arena;
    arena_init(&arena);
    enum {
        LARGE = 5 << 20
    };
    char *piece = arena_alloc_zero(&arena, LARGE, 1);
    ck_assert_ptr_nonnull(piece);
    ck_assert_int_eq(piece[LARGE - 1], 0);
    ck_assert_ptr_nonnull(arena_alloc(&arena, 1));
    arena_done(&arena);
}
END_TEST

START_TEST(test_arena_refuses_impossible_sizes)
{
    struct arena arena;
    arena_init(&arena);
    ck_assert_ptr_null(arena_alloc(&arena, SIZE_MAX));
    ck_assert_ptr_null(arena_alloc_zero(&arena, SIZE_MAX / 2, 3));
    ck_assert_ptr_null(arena_strdup(&arena, "x", SIZE_MAX));
    ck_assert_ptr_nonnull(arena_alloc(&arena, 16));
    arena_done(&arena);
}
END_TEST

START_TEST(test_arena_clear_reuses_and_done_is_repeatable)
{
    struct arena arena;
    arena_init(&arena);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            ck_assert_ptr_nonnull(arena_memdup(&arena, "0123456789", 10));
        arena_clear(&arena);
        ck_assert_uint_eq(arena_used_bytes(&arena), 0);
    }
    arena_done(&arena);
    arena_done(&arena);
    arena_clear(&arena);
}
END_TEST

START_TEST(test_arena_survives_a_failed_allocation)
{
    struct arena arena;
    arena_init(&arena);
    if (mem_fail_after(0, false)) {
        ck_assert_ptr_null(arena_alloc(&arena, 10));
        ck_assert_uint_eq(arena_used_bytes(&arena), 0);
    }
    ck_assert_ptr_nonnull(arena_alloc(&arena, 10));
    arena_done(&arena);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_arena_pieces_are_aligned_and_apart,
        test_arena_keeps_contents_across_blocks,
        test_arena_gives_pieces_larger_than_a_block,
        test_arena_refuses_impossible_sizes,
        test_arena_clear_reuses_and_done_is_repeatable,
        test_arena_survives_a_failed_allocation,
        NULL,
    };
    return unit_run(unit_suite("arena", tests));
}
