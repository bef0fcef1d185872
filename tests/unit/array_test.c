#include "config.h"

#include "core_unit.h"

#include "base/prng.h"
#include "core/array.h"
#include "core/bytes.h"

static struct value make_ints(struct state *st, int64_t n)
{
    struct value a;
    ck_assert(array_make_empty(st, &a));
    for (int64_t i = 0; i < n; i++)
        ck_assert(array_push_take(st, &a, value_int(i)));
    return a;
}

START_TEST(test_array_packs_one_kind_and_widens)
{
    struct state *st = core_state(0);
    struct value a = make_ints(st, 3);
    ck_assert_int_eq(array_rep(ARRAY_OF(a)), ARRAY_INTS);
    ck_assert(array_push_take(st, &a, value_float(2.5)));
    ck_assert_int_eq(array_rep(ARRAY_OF(a)), ARRAY_VALUES);
    ck_assert(array_push_take(st, &a, core_text(st, "word")));
    ck_assert(array_set_take(st, &a, 0, value_bool(true)));
    ck_assert_str_eq(core_show_take(st, a), "[true, 1, 2, 2.5, word]");
    struct value floats[] = {value_float(1), value_float(2)};
    ck_assert(array_make_take(st, floats, 2, &a));
    ck_assert_int_eq(array_rep(ARRAY_OF(a)), ARRAY_FLOATS);
    ck_assert(array_set_take(st, &a, 1, value_int(7)));
    ck_assert_uint_eq(array_get(ARRAY_OF(a), 0).kind, VALUE_FLOAT);
    ck_assert_uint_eq(array_get(ARRAY_OF(a), 1).kind, VALUE_INT);
    value_release(st, a);
    state_free(st);
}
END_TEST

START_TEST(test_array_emptied_takes_another_kind)
{
    struct state *st = core_state(0);
    struct value a = make_ints(st, 5), removed;
    while (ARRAY_OF(a)->len > 0)
        ck_assert(array_remove(st, &a, ARRAY_OF(a)->len - 1, &removed));
    for (int i = 0; i < 20; i++)
        ck_assert(array_push_take(st, &a, value_float(i)));
    ck_assert_int_eq(array_rep(ARRAY_OF(a)), ARRAY_FLOATS);
    while (ARRAY_OF(a)->len > 0)
        ck_assert(array_remove(st, &a, 0, &removed));
    for (int i = 0; i < 20; i++)
        ck_assert(array_push_take(st, &a, value_null()));
    ck_assert_uint_eq(ARRAY_OF(a)->len, 20);
    value_release(st, a);
    state_free(st);
}
END_TEST

START_TEST(test_array_copies_when_shared_and_only_then)
{
    struct state *st = core_state(0);
    struct value a = make_ints(st, 4);
    uint64_t copies = core_copies(st);
    ck_assert(array_set_take(st, &a, 0, value_int(9)));
    ck_assert(array_push_take(st, &a, value_int(4)));
    ck_assert_uint_eq(core_copies(st), copies);
    struct value b = value_retain(a);
    ck_assert(array_set_take(st, &b, 1, value_int(8)));
    ck_assert_uint_eq(core_copies(st), copies + 1);
    ck_assert(array_set_take(st, &b, 2, value_int(7)));
    ck_assert_uint_eq(core_copies(st), copies + 1);
    ck_assert_str_eq(core_show_take(st, a), "[9, 1, 2, 3, 4]");
    ck_assert_str_eq(core_show_take(st, b), "[9, 8, 7, 3, 4]");
    state_free(st);
}
END_TEST

START_TEST(test_array_push_is_amortised)
{
    struct state *st = core_state(0);
    struct heap_stats stats;
    struct value a = make_ints(st, 1000000);
    heap_stats_read(st, &stats);
    ck_assert_uint_lt(stats.allocations, 100);
    ck_assert_uint_lt(stats.allocated_bytes, 64000000);
    value_release(st, a);
    state_free(st);
}
END_TEST

START_TEST(test_array_failed_change_leaves_it_alone)
{
    struct state *st = core_state(0);
    struct value a = make_ints(st, 4), b = value_retain(a);
    struct value text = core_text(st, "a text");
    for (uint64_t n = 1; n <= 2; n++) {
        heap_fail_after(st, n);
        ck_assert(!array_push_take(st, &a, value_retain(text)));
        heap_fail_after(st, 0);
        error_clear(st);
        ck_assert_ptr_eq(a.as.object, b.as.object);
        ck_assert_int_eq(text.as.object->refs, 1);
    }
    value_release(st, b);
    heap_fail_after(st, 1);
    ck_assert(!array_set_take(st, &a, 0, value_retain(text)));
    ck_assert(!array_insert_take(st, &a, 0, value_retain(text)));
    ck_assert_ptr_null(array_slot(st, &a, 1));
    heap_fail_after(st, 0);
    error_clear(st);
    ck_assert_int_eq(text.as.object->refs, 1);
    ck_assert_str_eq(core_show_take(st, a), "[0, 1, 2, 3]");
    value_release(st, text);
    state_free(st);
}
END_TEST

START_TEST(test_array_insert_remove_slice_and_join)
{
    struct state *st = core_state(0);
    struct value a = make_ints(st, 3), b, c, removed;
    ck_assert(array_insert_take(st, &a, 0, core_text(st, "first")));
    ck_assert(array_insert_take(st, &a, 4, value_null()));
    ck_assert(array_remove(st, &a, 1, &removed));
    ck_assert_int_eq(removed.as.integer, 0);
    ck_assert(array_slice(st, ARRAY_OF(a), 1, 4, &b));
    ck_assert(array_concat(st, ARRAY_OF(a), ARRAY_OF(b), &c));
    ck_assert_str_eq(core_show_take(st, c), "[first, 1, 2, null, 1, 2, null]");
    ck_assert(array_append(st, &b, ARRAY_OF(b)));
    ck_assert(array_append(st, &b, ARRAY_OF(a)));
    ck_assert_str_eq(core_show_take(st, b),
                     "[1, 2, null, 1, 2, null, first, 1, 2, null]");
    c = make_ints(st, 2);
    ck_assert(array_append(st, &c, ARRAY_OF(a)));
    ck_assert_str_eq(core_show_take(st, c), "[0, 1, first, 1, 2, null]");
    ck_assert(array_make_empty(st, &c));
    b = make_ints(st, 2);
    ck_assert(array_append(st, &c, ARRAY_OF(b)));
    ck_assert_int_eq(array_rep(ARRAY_OF(c)), ARRAY_INTS);
    value_release(st, a);
    value_release(st, b);
    value_release(st, c);
    state_free(st);
}
END_TEST

START_TEST(test_array_slot_leads_to_a_unique_item)
{
    struct state *st = core_state(0);
    struct value inner = make_ints(st, 2), outer;
    ck_assert(array_make(st, &inner, 1, &outer));
    struct value *slot = array_slot(st, &outer, 0);
    ck_assert_ptr_nonnull(slot);
    ck_assert(array_set_take(st, slot, 0, value_int(5)));
    ck_assert_str_eq(core_show_take(st, inner), "[0, 1]");
    ck_assert_str_eq(core_show_take(st, outer), "[[5, 1]]");
    state_free(st);
}
END_TEST

START_TEST(test_array_positions_count_from_both_ends)
{
    size_t at = 77;
    ck_assert(array_position(3, -1, &at) && at == 2);
    ck_assert(array_position(3, 0, &at) && at == 0);
    ck_assert(!array_position(3, 3, &at));
    ck_assert(!array_position(3, -4, &at));
    ck_assert(!array_position(3, INT64_MIN, &at));
    ck_assert(!array_position(0, 0, &at));
    ck_assert_uint_eq(at, 0);
}
END_TEST

/* Random changes against a plain list of ints; strings make it widen at some point. */
START_TEST(test_array_behaves_like_a_list)
{
    struct state *st = core_state(0);
    struct prng prng;
    prng_seed(&prng, 3);
    int64_t model[400];
    size_t n = 0;
    struct value a, removed;
    ck_assert(array_make_empty(st, &a));
    for (int round = 0; round < 20000; round++) {
        int64_t x = prng_between(&prng, -100, 100);
        uint64_t what = prng_below(&prng, 4);
        struct value shared =
            prng_below(&prng, 50) == 0 ? value_retain(a) : value_null();
        if (what == 0 && n < 400) {
            size_t i = (size_t)prng_below(&prng, n + 1);
            memmove(model + i + 1, model + i, (n++ - i) * sizeof model[0]);
            model[i] = x;
            ck_assert(array_insert_take(st, &a, i, value_int(x)));
        } else if (what == 1 && n < 400) {
            model[n++] = x;
            ck_assert(array_push_take(st, &a, value_int(x)));
        } else if (what == 2 && n > 0) {
            size_t i = (size_t)prng_below(&prng, n);
            ck_assert(array_remove(st, &a, i, &removed));
            ck_assert_int_eq(removed.as.integer, model[i]);
            memmove(model + i, model + i + 1, (--n - i) * sizeof model[0]);
        } else if (n > 0) {
            size_t i = (size_t)prng_below(&prng, n);
            ck_assert(array_set_take(st, &a, i,
                                     round % 1000 == 0 ? core_text(st, "long text")
                                                       : value_int(x)));
            ck_assert(array_set_take(st, &a, i, value_int(x)));
            model[i] = x;
        }
        value_release(st, shared);
        ck_assert_uint_eq(ARRAY_OF(a)->len, n);
    }
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(array_get(ARRAY_OF(a), i).as.integer, model[i]);
    value_release(st, a);
    state_free(st);
}
END_TEST

START_TEST(test_bytes_append_and_slice_by_value)
{
    struct state *st = core_state(0);
    struct value a, b;
    ck_assert(bytes_make(st, "abc", 3, &a));
    struct value shared = value_retain(a);
    ck_assert(bytes_append(st, &a, BYTES_OF(a)->data, 3));
    ck_assert_uint_eq(BYTES_OF(shared)->len, 3);
    for (int i = 0; i < 100; i++)
        ck_assert(bytes_append(st, &a, "z", 1));
    ck_assert_uint_eq(BYTES_OF(a)->len, 106);
    ck_assert(bytes_slice(st, BYTES_OF(a), 2, 7, &b));
    ck_assert_mem_eq(BYTES_OF(b)->data, "cabcz", 5);
    ck_assert(bytes_make_unique(st, &shared));
    ck_assert(!bytes_equal(BYTES_OF(a), BYTES_OF(b)));
    value_release(st, a);
    value_release(st, b);
    value_release(st, shared);
    ck_assert(bytes_make(st, NULL, 0, &a));
    ck_assert(bytes_slice(st, BYTES_OF(a), 0, 0, &b));
    ck_assert(bytes_equal(BYTES_OF(a), BYTES_OF(b)));
    value_release(st, a);
    value_release(st, b);
    state_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_array_packs_one_kind_and_widens,
        test_array_emptied_takes_another_kind,
        test_array_copies_when_shared_and_only_then,
        test_array_push_is_amortised,
        test_array_failed_change_leaves_it_alone,
        test_array_insert_remove_slice_and_join,
        test_array_slot_leads_to_a_unique_item,
        test_array_positions_count_from_both_ends,
        test_array_behaves_like_a_list,
        test_bytes_append_and_slice_by_value,
        NULL,
    };
    return unit_run(unit_suite("array", tests));
}
