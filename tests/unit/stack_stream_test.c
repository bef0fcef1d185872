/* Stacks through the ring: what comes out is what went in, and repeated parts cost nothing. */
#include "config.h"

#include <string.h>

#include "stack_stream.h"
#include "unit.h"

#define DEEP 10000u

/* Puts `depth` frames into the stream's capture; frame i from the root is function
   i + 1 at `where` (the leaf at `leaf`). */
static void capture(struct stack_stream *s, uint32_t depth, uint32_t leaf)
{
    for (uint32_t i = 0; i < depth; i++)
        s->scratch[depth - 1 - i] =
            (struct ruff_intro_frame){.function = i + 1,
                                      .where = i + 1 == depth ? leaf : 7,
                                      .tier = RUFF_INTRO_TIER_VM};
    s->captured = depth;
    s->captured_truncated = false;
}

static const struct stack_record *take(struct stack_stream *s,
                                       const struct stack_frame **frames,
                                       uint32_t *count)
{
    const struct stack_slice *slice;
    const struct stack_record *record = stack_stream_peek(s, frames, count, &slice);

    ck_assert_ptr_nonnull(record);
    stack_stream_pop(s, record);
    return record;
}

static void check_stack(const struct stack_frame *frames, uint32_t count,
                        uint32_t depth, uint32_t leaf)
{
    ck_assert_uint_eq(count, depth);
    for (uint32_t i = 0; i < depth; i++) {
        ck_assert_uint_eq(frames[i].function, i + 1);
        ck_assert_uint_eq(frames[i].where, i + 1 == depth ? leaf : 7);
    }
}

START_TEST(test_changing_depths_are_replayed)
{
    struct stack_facts facts = {.kind = STACK_SAMPLE, .time_ns = 5, .weight = 9};
    struct stack_stream s;

    ck_assert(stack_stream_init(&s, 1 << 16));
    for (uint32_t round = 0; round < 3000; round++) {
        uint32_t depth = 1 + (round * 7919) % 61, count;
        const struct stack_frame *frames;
        const struct stack_record *record;

        capture(&s, depth, round);
        ck_assert(stack_stream_put(&s, &facts));
        record = take(&s, &frames, &count);
        ck_assert_uint_eq(record->weight, 9);
        check_stack(frames, count, depth, round);
    }
    stack_stream_done(&s);
}
END_TEST

START_TEST(test_deep_stack_costs_its_difference_only)
{
    struct stack_facts facts = {.kind = STACK_SAMPLE};
    const struct stack_frame *frames;
    struct stack_stream s;
    uint32_t count;

    ck_assert(stack_stream_init(&s, 1 << 20));
    capture(&s, DEEP, 1);
    ck_assert(stack_stream_put(&s, &facts));
    ck_assert_uint_eq(take(&s, &frames, &count)->fresh, DEEP);
    check_stack(frames, count, DEEP, 1);
    capture(&s, DEEP, 2);
    ck_assert(stack_stream_put(&s, &facts));
    ck_assert_uint_eq(take(&s, &frames, &count)->fresh, 1);
    check_stack(frames, count, DEEP, 2);
    stack_stream_done(&s);
}
END_TEST

/* A record that was refused must not be what later ones build upon. */
START_TEST(test_lost_record_does_not_spoil_the_next)
{
    struct stack_facts facts = {.kind = STACK_SAMPLE};
    const struct stack_frame *frames;
    struct stack_stream s;
    uint32_t count;

    ck_assert(stack_stream_init(&s, 4096));
    capture(&s, 20, 1);
    ck_assert(stack_stream_put(&s, &facts));
    capture(&s, 500, 2); /* larger than half the ring */
    ck_assert(!stack_stream_put(&s, &facts));
    ck_assert_uint_eq(s.lost, 1);
    capture(&s, 21, 3);
    ck_assert(stack_stream_put(&s, &facts));
    take(&s, &frames, &count);
    check_stack(frames, count, 20, 1);
    take(&s, &frames, &count);
    ck_assert_uint_eq(count, 21);
    check_stack(frames, count, 21, 3);
    stack_stream_done(&s);
}
END_TEST

START_TEST(test_native_frames_stand_where_they_belong)
{
    /* Leaf first: two native, Ruff 3, Ruff 2, one native, Ruff 1; GC at the very leaf. */
    static const struct stack_native NATIVE[] = {
        {0x7f0000001111u, 0}, {0x7f0000002222u, 0}, {0x7f0000003333u, 2}};
    struct stack_facts facts = {.kind = STACK_SAMPLE,
                                .state = RUFF_INTRO_GC,
                                .native = NATIVE,
                                .native_count = 3};
    static const uint32_t EXPECTED[] = {1, 0x3333, 2, 3, 0x2222, 0x1111, RUFF_INTRO_GC};
    const struct stack_frame *frames;
    struct stack_stream s;
    uint32_t count;

    ck_assert(stack_stream_init(&s, 4096));
    for (int round = 0; round < 2; round++) {
        const struct stack_record *record;

        capture(&s, 3, 7);
        ck_assert(stack_stream_put(&s, &facts));
        record = take(&s, &frames, &count);
        ck_assert_uint_eq(record->fresh, round == 0 ? 7 : 0);
        ck_assert_uint_eq(count, 7);
        for (uint32_t i = 0; i < 7; i++)
            ck_assert_uint_eq(frames[i].function, EXPECTED[i]);
        ck_assert_uint_eq(frames[1].tier, STACK_TIER_NATIVE);
        ck_assert_uint_eq(frames[1].where, 0x7f00);
        ck_assert_uint_eq(frames[6].tier, STACK_TIER_STATE);
    }
    stack_stream_done(&s);
}
END_TEST

START_TEST(test_truncated_stack_is_flagged)
{
    struct stack_facts facts = {.kind = STACK_SAMPLE};
    const struct stack_frame *frames;
    struct stack_stream s;
    uint32_t count;

    ck_assert(stack_stream_init(&s, 1 << 20));
    capture(&s, STACK_STREAM_DEPTH, 1);
    s.captured_truncated = true;
    ck_assert(stack_stream_put(&s, &facts));
    ck_assert_uint_eq(take(&s, &frames, &count)->head.flags & STACK_TRUNCATED,
                      STACK_TRUNCATED);
    ck_assert_uint_eq(count, STACK_STREAM_DEPTH);
    ck_assert_uint_eq(s.truncated, 1);
    stack_stream_done(&s);
}
END_TEST

START_TEST(test_slice_follows_the_frames)
{
    uint64_t stack[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct stack_slice slice = {
        .pc = 99, .sp = (uintptr_t)stack, .bytes = sizeof stack};
    struct stack_facts facts = {.kind = STACK_SAMPLE, .slice = &slice};
    const struct stack_record *record;
    const struct stack_frame *frames;
    const struct stack_slice *got;
    struct stack_stream s;
    uint32_t count;

    ck_assert(stack_stream_init(&s, 4096));
    capture(&s, 3, 1);
    ck_assert(stack_stream_put(&s, &facts));
    record = stack_stream_peek(&s, &frames, &count, &got);
    ck_assert_ptr_nonnull(record);
    ck_assert_ptr_nonnull(got);
    ck_assert_uint_eq(got->pc, 99);
    ck_assert_mem_eq(got + 1, stack, sizeof stack);
    stack_stream_pop(&s, record);
    stack_stream_done(&s);
}
END_TEST

START_TEST(test_frees_carry_no_stack_and_keep_the_replay)
{
    struct stack_facts alloc = {
        .kind = STACK_ALLOC, .object = 1, .weight = 64, .detail = 2};
    struct stack_facts freed = {.kind = STACK_FREE, .object = 1, .weight = 10};
    const struct stack_record *record;
    const struct stack_frame *frames;
    struct stack_stream s;
    uint32_t count;

    ck_assert(stack_stream_init(&s, 4096));
    capture(&s, 4, 1);
    ck_assert(stack_stream_put(&s, &alloc));
    ck_assert(stack_stream_produce_bare(&s, &freed));
    capture(&s, 4, 2);
    ck_assert(stack_stream_put(&s, &alloc));
    ck_assert_uint_eq(take(&s, &frames, &count)->detail, 2);
    record = take(&s, &frames, &count);
    ck_assert_uint_eq(record->head.kind, STACK_FREE);
    ck_assert_uint_eq(record->object, 1);
    take(&s, &frames, &count);
    check_stack(frames, count, 4, 2);
    stack_stream_done(&s);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_changing_depths_are_replayed,
        test_deep_stack_costs_its_difference_only,
        test_lost_record_does_not_spoil_the_next,
        test_native_frames_stand_where_they_belong,
        test_truncated_stack_is_flagged,
        test_slice_follows_the_frames,
        test_frees_carry_no_stack_and_keep_the_replay,
        NULL,
    };
    return unit_run(unit_suite("stack_stream", tests));
}
