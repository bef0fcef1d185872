#include "config.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

#include "base/map.h"
#include "base/mem.h"

enum {
    COUNT = 5000
};

static size_t key_of(int i, char key[16])
{
    return (size_t)snprintf(key, 16, "key%d", i);
}

static void fill(struct map *map, int count)
{
    char key[16];
    for (int i = 0; i < count; i++) {
        size_t n = key_of(i, key);
        ck_assert(map_put_u64(map, key, n, (uint64_t)i));
    }
}

START_TEST(test_map_finds_what_was_put)
{
    struct map map;
    map_init(&map, MAP_COPY_KEYS);
    fill(&map, COUNT);
    ck_assert_uint_eq(map_count(&map), COUNT);
    char key[16];
    for (int i = 0; i < COUNT; i++) {
        uint64_t value = 0;
        ck_assert(map_get_u64(&map, key, key_of(i, key), &value));
        ck_assert_uint_eq(value, (uint64_t)i);
    }
    uint64_t untouched = 77;
    ck_assert(!map_get_u64(&map, "key", 3, &untouched));
    ck_assert_uint_eq(untouched, 77);
    ck_assert_ptr_null(map_get(&map, "absent", 6));
    map_done(&map);
}
END_TEST

START_TEST(test_map_replaces_and_keeps_the_first_position)
{
    struct map map;
    map_init(&map, MAP_BORROW_KEYS);
    int a, b;
    ck_assert(map_put(&map, "x", 1, &a));
    ck_assert(map_put(&map, "y", 1, NULL));
    ck_assert(map_put(&map, "x", 1, &b));
    ck_assert_uint_eq(map_count(&map), 2);
    ck_assert_ptr_eq(map_get(&map, "x", 1), &b);
    ck_assert(map_has(&map, "y", 1));
    size_t cursor = 0;
    struct map_item item;
    ck_assert(map_next(&map, &cursor, &item));
    ck_assert_mem_eq(item.key, "x", 1);
    ck_assert_ptr_eq(item.value, &b);
    map_done(&map);
}
END_TEST

START_TEST(test_map_walks_in_order_of_insertion)
{
    struct map map;
    map_init(&map, MAP_COPY_KEYS);
    fill(&map, 100);
    ck_assert(map_remove(&map, "key50", 5));
    size_t cursor = 0;
    struct map_item item;
    uint64_t expected = 0;
    while (map_next(&map, &cursor, &item)) {
        if (expected == 50)
            expected++;
        ck_assert_uint_eq(item.value_u64, expected);
        ck_assert_uint_eq(strlen(item.key), item.key_len);
        expected++;
    }
    ck_assert_uint_eq(expected, 100);
    map_done(&map);
}
END_TEST

START_TEST(test_map_remove_and_put_again_many_times)
{
    struct map map;
    map_init(&map, MAP_COPY_KEYS);
    char key[16];
    for (int i = 0; i < 20000; i++) {
        ck_assert(map_put_u64(&map, key, key_of(i, key), (uint64_t)i));
        if (i >= 10)
            ck_assert(map_remove(&map, key, key_of(i - 10, key)));
    }
    ck_assert_uint_eq(map_count(&map), 10);
    ck_assert(!map_remove(&map, "key3", 4));
    ck_assert(map_has(&map, "key19999", 8));
    ck_assert_uint_le(map.slot_count, 1024);
    map_done(&map);
}
END_TEST

START_TEST(test_map_takes_empty_and_binary_keys)
{
    struct map map;
    map_init_seeded(&map, MAP_BORROW_KEYS, hash_key_from_seed(0));
    ck_assert(map_put_u64(&map, NULL, 0, 1));
    ck_assert(map_put_u64(&map, "a\0b", 3, 2));
    ck_assert(map_put_u64(&map, "a\0c", 3, 3));
    uint64_t value;
    ck_assert(map_get_u64(&map, "", 0, &value) && value == 1);
    ck_assert(map_get_u64(&map, "a\0b", 3, &value) && value == 2);
    ck_assert(map_get_u64(&map, "a\0c", 3, &value) && value == 3);
    map_done(&map);
}
END_TEST

START_TEST(test_map_failed_put_leaves_it_unchanged)
{
    for (int64_t after = 0; after < 4; after++) {
        struct map map;
        map_init(&map, MAP_COPY_KEYS);
        fill(&map, 8);
        if (mem_fail_after(after, true)) {
            bool put = map_put_u64(&map, "extra", 5, 1);
            mem_fail_after(-1, false);
            ck_assert(put == (after >= 3));
            ck_assert(map_has(&map, "extra", 5) == put);
        }
        ck_assert(map_has(&map, "key7", 4));
        ck_assert(map_put_u64(&map, "extra", 5, 1));
        map_done(&map);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_map_finds_what_was_put,
        test_map_replaces_and_keeps_the_first_position,
        test_map_walks_in_order_of_insertion,
        test_map_remove_and_put_again_many_times,
        test_map_takes_empty_and_binary_keys,
        test_map_failed_put_leaves_it_unchanged,
        NULL,
    };
    return unit_run(unit_suite("map", tests));
}
