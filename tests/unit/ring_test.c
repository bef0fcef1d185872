/* The byte ring: order, wrapping, refusal when full. */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "ring.h"
#include "unit.h"

#define SMALL_RING 4096

struct item {
    struct ring_record head;
    uint64_t number;
    uint8_t filling[];
};

static bool push(struct ring *r, uint64_t number, size_t extra)
{
    struct item *item = (struct item *)(void *)ring_reserve(r, sizeof *item + extra);

    if (item == NULL)
        return false;
    item->head.kind = 1;
    item->number = number;
    memset(item->filling, (int)(number & 0xff), extra);
    ring_commit(r, &item->head, sizeof *item + extra);
    return true;
}

static bool pop(struct ring *r, uint64_t number, size_t extra)
{
    const struct ring_record *record = ring_peek(r);
    const struct item *item = (const struct item *)(const void *)record;
    bool same;

    if (record == NULL)
        return false;
    same =
        item->number == number && record->bytes == ((sizeof *item + extra + 7) & ~7u);
    for (size_t i = 0; i < extra; i++)
        same = same && item->filling[i] == (number & 0xff);
    ring_pop(r, record);
    return same;
}

START_TEST(test_records_come_out_in_order_across_the_end)
{
    struct ring r;
    uint64_t in = 0, out = 0;

    ck_assert(ring_init(&r, SMALL_RING));
    for (int round = 0; round < 2000; round++) {
        for (int i = 0; i < 7; i++, in++)
            ck_assert(push(&r, in, (in * 37) % 200));
        for (int i = 0; i < 7; i++, out++)
            ck_assert(pop(&r, out, (out * 37) % 200));
        ck_assert_ptr_null(ring_peek(&r));
    }
    ring_done(&r);
}
END_TEST

START_TEST(test_full_ring_refuses_newest_and_keeps_the_rest)
{
    struct ring r;
    uint64_t in = 0, out = 0;

    ck_assert(ring_init(&r, SMALL_RING));
    while (push(&r, in, 40))
        in++;
    ck_assert_uint_ge(in, 60);
    ck_assert_uint_ge(ring_fill_percent(&r), 95);
    while (out < in)
        ck_assert(pop(&r, out++, 40));
    ck_assert(push(&r, 1, 40));
    ring_done(&r);
}
END_TEST

START_TEST(test_record_larger_than_half_is_refused)
{
    struct ring r;

    ck_assert(ring_init(&r, SMALL_RING));
    ck_assert_ptr_null(ring_reserve(&r, SMALL_RING / 2 + 8));
    ck_assert_ptr_nonnull(ring_reserve(&r, SMALL_RING / 2));
    ring_done(&r);
}
END_TEST

START_TEST(test_size_is_rounded_to_a_power_of_two)
{
    struct ring r;

    ck_assert(ring_init(&r, 5000));
    ck_assert_uint_eq(r.size, 8192);
    ring_done(&r);
}
END_TEST

static void *consume(void *context)
{
    uint64_t next = 0;

    while (next < 200000) {
        if (ring_peek(context) == NULL) {
            sched_yield();
            continue;
        }
        if (!pop(context, next, next % 90))
            return NULL;
        next++;
    }
    return context;
}

START_TEST(test_two_threads_lose_nothing)
{
    struct ring r;
    pthread_t thread;
    void *result;

    ck_assert(ring_init(&r, SMALL_RING));
    ck_assert_int_eq(pthread_create(&thread, NULL, consume, &r), 0);
    for (uint64_t i = 0; i < 200000; i++)
        while (!push(&r, i, i % 90))
            sched_yield();
    pthread_join(thread, &result);
    ck_assert_ptr_nonnull(result);
    ring_done(&r);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_records_come_out_in_order_across_the_end,
        test_full_ring_refuses_newest_and_keeps_the_rest,
        test_record_larger_than_half_is_refused,
        test_size_is_rounded_to_a_power_of_two,
        test_two_threads_lose_nothing,
        NULL,
    };
    return unit_run(unit_suite("ring", tests));
}
