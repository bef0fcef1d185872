#include "config.h"

#include <stdint.h>

#include "unit.h"

#include "base/vec.h"

VEC_DEFINE(int_vec, int);

START_TEST(test_vec_push_pop_and_last)
{
    struct int_vec v;
    int_vec_init(&v);
    for (int i = 0; i < 1000; i++)
        ck_assert(int_vec_push(&v, i));
    ck_assert_uint_eq(v.len, 1000);
    ck_assert_int_eq(*int_vec_last(&v), 999);
    for (int i = 999; i >= 0; i--)
        ck_assert_int_eq(int_vec_pop(&v), i);
    ck_assert_uint_eq(v.len, 0);
    int_vec_done(&v);
}
END_TEST

START_TEST(test_vec_insert_and_remove_keep_order)
{
    struct int_vec v;
    int_vec_init(&v);
    const int start[] = {1, 3};
    ck_assert(int_vec_append(&v, start, 2));
    ck_assert(int_vec_insert(&v, 1, 2));
    ck_assert(int_vec_insert(&v, 0, 0));
    ck_assert(int_vec_insert(&v, 4, 4));
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(v.data[i], i);
    int_vec_remove(&v, 4);
    int_vec_remove(&v, 0);
    ck_assert_uint_eq(v.len, 3);
    ck_assert_int_eq(v.data[0], 1);
    ck_assert_int_eq(v.data[2], 3);
    int_vec_done(&v);
}
END_TEST

START_TEST(test_vec_refuses_sizes_that_overflow)
{
    struct int_vec v;
    int_vec_init(&v);
    ck_assert(int_vec_push(&v, 7));
    ck_assert(!int_vec_reserve(&v, SIZE_MAX));
    volatile size_t huge = SIZE_MAX; /* hides the number from -Wstringop-overflow */
    ck_assert(!int_vec_append(&v, v.data, huge));
    ck_assert_uint_eq(v.len, 1);
    ck_assert_int_eq(v.data[0], 7);
    int_vec_done(&v);
}
END_TEST

START_TEST(test_vec_failed_push_leaves_it_unchanged)
{
    struct int_vec v;
    int_vec_init(&v);
    while (v.len < v.cap || v.cap == 0)
        ck_assert(int_vec_push(&v, 1));
    size_t len = v.len;
    if (mem_fail_after(0, false)) {
        ck_assert(!int_vec_push(&v, 2));
        ck_assert_uint_eq(v.len, len);
    }
    ck_assert(int_vec_push(&v, 2));
    ck_assert_int_eq(*int_vec_last(&v), 2);
    int_vec_done(&v);
}
END_TEST

START_TEST(test_vec_detach_gives_the_data_away)
{
    struct int_vec v;
    int_vec_init(&v);
    int *slot = int_vec_push_slot(&v);
    ck_assert_ptr_nonnull(slot);
    *slot = 5;
    int *data = int_vec_detach(&v);
    ck_assert_int_eq(data[0], 5);
    ck_assert_uint_eq(v.len, 0);
    ck_assert_uint_eq(v.cap, 0);
    mem_free(data);
    int_vec_done(&v);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_vec_push_pop_and_last,           test_vec_insert_and_remove_keep_order,
        test_vec_refuses_sizes_that_overflow, test_vec_failed_push_leaves_it_unchanged,
        test_vec_detach_gives_the_data_away,  NULL,
    };
    return unit_run(unit_suite("vec", tests));
}
