#include "config.h"

#include "core_unit.h"

#include "base/prng.h"
#include "core/dict.h"

static struct value make(struct state *st)
{
    struct value d;
    ck_assert(dict_make_empty(st, &d));
    return d;
}

static void set(struct state *st, struct value *d, const char *key, int64_t v)
{
    ck_assert(dict_set_text_take(st, d, key, value_int(v)));
}

START_TEST(test_dict_int_and_text_keys_are_one_entry)
{
    struct state *st = core_state(0);
    struct value d = make(st), text = core_text(st, "12"), big = core_text(st, "012");
    ck_assert(dict_set_take(st, &d, value_int(12), value_int(1)));
    ck_assert(dict_set_take(st, &d, text, value_int(2)));
    ck_assert_uint_eq(DICT_OF(d)->len, 1);
    ck_assert_int_eq(dict_find(st, DICT_OF(d), text)->as.integer, 2);
    ck_assert_int_eq(dict_find_int(DICT_OF(d), 12)->as.integer, 2);
    ck_assert_ptr_null(dict_find(st, DICT_OF(d), big));
    ck_assert_str_eq(core_show_take(st, d), "{\"12\": 2}");
    value_release(st, text);
    value_release(st, big);
    state_free(st);
}
END_TEST

START_TEST(test_dict_order_is_numeric_only_for_decimals)
{
    struct state *st = core_state(0);
    struct value d = make(st);
    static const char *const numbers[] = {"10",
                                          "9",
                                          "-3",
                                          "0",
                                          "99999999999999999999",
                                          "-99999999999999999999",
                                          "100000000000000000000"};
    for (int i = 0; i < 7; i++)
        set(st, &d, numbers[i], i);
    struct value copy = value_retain(d);
    ck_assert_str_eq(
        core_show_take(st, copy),
        "{\"-99999999999999999999\": 5, \"-3\": 2, \"0\": 3, \"9\": 1, \"10\": 0, "
        "\"99999999999999999999\": 4, \"100000000000000000000\": 6}");
    set(st, &d, "a", 7);
    copy = value_retain(d);
    ck_assert_str_eq(
        core_show_take(st, copy),
        "{\"-3\": 2, \"-99999999999999999999\": 5, \"0\": 3, \"10\": 0, "
        "\"100000000000000000000\": 6, \"9\": 1, \"99999999999999999999\": 4, "
        "\"a\": 7}");
    struct value key = core_text(st, "a"), removed;
    bool found;
    ck_assert(dict_remove(st, &d, key, &found, &removed) && found);
    value_release(st, key);
    ck_assert_str_eq(
        core_show_take(st, d),
        "{\"-99999999999999999999\": 5, \"-3\": 2, \"0\": 3, \"9\": 1, \"10\": 0, "
        "\"99999999999999999999\": 4, \"100000000000000000000\": 6}");
    state_free(st);
}
END_TEST

START_TEST(test_dict_byte_order_on_request)
{
    struct state *st = core_state(0);
    struct value d = make(st);
    for (int64_t i = 8; i < 12; i++)
        ck_assert(dict_set_take(st, &d, value_int(i), value_int(i)));
    uint32_t *order = dict_sorted_bytes(st, DICT_OF(d));
    static const int64_t expected[] = {10, 11, 8, 9};
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(DICT_OF(d)->entries[order[i]].value.as.integer, expected[i]);
    dict_positions_free(st, order, DICT_OF(d));
    value_release(st, d);
    state_free(st);
}
END_TEST

START_TEST(test_dict_copies_when_shared_and_only_then)
{
    struct state *st = core_state(0);
    struct value a = make(st), removed;
    bool found;
    set(st, &a, "x", 1);
    set(st, &a, "y", 2);
    struct value b = value_retain(a);
    uint64_t copies = core_copies(st);
    ck_assert(dict_remove(st, &b, value_int(7), &found, &removed));
    ck_assert(!found);
    ck_assert_uint_eq(core_copies(st), copies);
    set(st, &b, "x", 3);
    set(st, &b, "z", 4);
    ck_assert_uint_eq(core_copies(st), copies + 1);
    ck_assert_str_eq(core_show_take(st, a), "{\"x\": 1, \"y\": 2}");
    ck_assert_str_eq(core_show_take(st, b), "{\"x\": 3, \"y\": 2, \"z\": 4}");
    state_free(st);
}
END_TEST

START_TEST(test_dict_merge_lets_the_second_win)
{
    struct state *st = core_state(0);
    struct value a = make(st), b = make(st);
    set(st, &a, "x", 1);
    set(st, &b, "x", 2);
    set(st, &b, "5", 3);
    ck_assert(dict_merge(st, &a, DICT_OF(b)));
    ck_assert(dict_merge(st, &a, DICT_OF(a)));
    ck_assert_str_eq(core_show_take(st, a), "{\"5\": 3, \"x\": 2}");
    value_release(st, b);
    state_free(st);
}
END_TEST

START_TEST(test_dict_failed_change_leaves_it_alone)
{
    struct state *st = core_state(0);
    struct value d = make(st), key = core_text(st, "another");
    for (int64_t i = 0; i < 8; i++)
        ck_assert(dict_set_take(st, &d, value_int(i), value_int(i)));
    struct value before = value_retain(d);
    for (uint64_t n = 1; n < 4; n++) {
        heap_fail_after(st, n);
        bool done = dict_set_take(st, &d, key, value_int(0));
        heap_fail_after(st, 0);
        ck_assert(!done);
        error_clear(st);
    }
    ck_assert_uint_eq(DICT_OF(before)->len, 8);
    value_release(st, before);
    heap_fail_after(st, 1);
    ck_assert(!dict_set_take(st, &d, key, value_int(0)));
    ck_assert_ptr_null(dict_sorted(st, DICT_OF(d)));
    heap_fail_after(st, 0);
    error_clear(st);
    ck_assert_uint_eq(DICT_OF(d)->len, 8);
    ck_assert_ptr_null(dict_find(st, DICT_OF(d), key));
    value_release(st, key);
    value_release(st, d);
    state_free(st);
}
END_TEST

START_TEST(test_dict_slot_is_unique)
{
    struct state *st = core_state(0);
    struct value d = make(st), key = core_text(st, "k");
    bool failed = true;
    ck_assert_ptr_null(dict_slot(st, &d, key, &failed));
    ck_assert(!failed);
    set(st, &d, "k", 1);
    struct value shared = value_retain(d);
    *dict_slot(st, &d, key, &failed) = value_int(2);
    ck_assert_str_eq(core_show_take(st, shared), "{\"k\": 1}");
    ck_assert_str_eq(core_show_take(st, d), "{\"k\": 2}");
    value_release(st, key);
    state_free(st);
}
END_TEST

enum {
    MODEL_KEYS = 300
};

static struct value model_key(struct state *st, unsigned k)
{
    char text[32];
    if (k % 3 == 0)
        return value_int((int64_t)k * 7 - 500);
    snprintf(text, sizeof text, k % 3 == 1 ? "key%u" : "a rather long key number %u",
             k);
    return core_text(st, text);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Walks must give exactly the model's keys, in byte order (there are text keys). */
static void check_walk(struct state *st, struct dict *d, const int64_t *model)
{
    char *keys[MODEL_KEYS];
    size_t n = 0;
    for (unsigned k = 0; k < MODEL_KEYS; k++) {
        if (model[k] < 0)
            continue;
        struct value key = model_key(st, k), text;
        ck_assert(dict_key_string(st, key, &text));
        keys[n++] = strdup(STRING_OF(text)->data);
        value_release(st, key);
        value_release(st, text);
    }
    qsort(keys, n, sizeof keys[0], compare_texts);
    const uint32_t *order = dict_sorted(st, d);
    ck_assert_uint_eq(d->len, n);
    for (size_t i = 0; i < n; i++) {
        char buf[24];
        size_t len;
        const char *text = dict_key_text(d->entries[order[i]].key, buf, &len);
        ck_assert_uint_eq(len, strlen(keys[i]));
        ck_assert_mem_eq(text, keys[i], len);
        free(keys[i]);
    }
}

START_TEST(test_dict_behaves_like_a_map)
{
    struct state *st = core_state(0);
    struct prng prng;
    prng_seed(&prng, 11);
    int64_t model[MODEL_KEYS];
    for (unsigned k = 0; k < MODEL_KEYS; k++)
        model[k] = -1;
    struct value d = make(st), removed;
    for (int round = 0; round < 40000; round++) {
        unsigned k = (unsigned)prng_below(&prng, MODEL_KEYS);
        /* Phases of growth and of shrinking. */
        bool grow = prng_below(&prng, 10) < (round / 4000 % 2 == 0 ? 8u : 2u);
        struct value key = model_key(st, k);
        struct value shared =
            prng_below(&prng, 200) == 0 ? value_retain(d) : value_null();
        if (grow) {
            model[k] = round;
            ck_assert(dict_set_take(st, &d, key, value_int(round)));
        } else {
            bool found;
            ck_assert(dict_remove(st, &d, key, &found, &removed));
            ck_assert_int_eq(found, model[k] >= 0);
            if (found)
                ck_assert_int_eq(removed.as.integer, model[k]);
            model[k] = -1;
        }
        value_release(st, shared);
        value_release(st, key);
        k = (unsigned)prng_below(&prng, MODEL_KEYS);
        key = model_key(st, k);
        struct value *v = dict_find(st, DICT_OF(d), key);
        ck_assert_int_eq(v != NULL, model[k] >= 0);
        if (v != NULL)
            ck_assert_int_eq(v->as.integer, model[k]);
        value_release(st, key);
        if (prng_below(&prng, 100) == 0 && DICT_OF(d)->string_keys > 0)
            check_walk(st, DICT_OF(d), model);
    }
    value_release(st, d);
    state_free(st);
}
END_TEST

START_TEST(test_dict_sorts_many_ints_and_texts)
{
    struct state *st = core_state(0);
    struct prng prng;
    prng_seed(&prng, 5);
    for (int texts = 0; texts < 2; texts++) {
        struct value d = make(st);
        for (int i = 0; i < 5000; i++) {
            char text[40];
            int64_t x = prng_between(&prng, -1000000, 1000000);
            snprintf(text, sizeof text, texts ? "a common prefix %lld" : "%lld",
                     (long long)x);
            set(st, &d, text, i);
        }
        const uint32_t *order = dict_sorted(st, DICT_OF(d));
        const struct dict_entry *entries = DICT_OF(d)->entries;
        for (size_t i = 1; i < DICT_OF(d)->len; i++) {
            struct value a = entries[order[i - 1]].key, b = entries[order[i]].key;
            if (texts)
                ck_assert_int_lt(string_compare(STRING_OF(a), STRING_OF(b)), 0);
            else
                ck_assert_int_lt(a.as.integer, b.as.integer);
        }
        value_release(st, d);
    }
    state_free(st);
}
END_TEST

START_TEST(test_dict_dense_until_another_key_comes)
{
    struct state *st = core_state(0);
    struct value removed;
    bool found;
    /* What ends density: a text, a far int, a removal in the middle, one at the end. */
    for (int how = 0; how < 4; how++) {
        struct value d = make(st);
        for (int64_t i = 0; i < 100; i++)
            ck_assert(dict_set_take(st, &d, value_int(i), value_int(-i)));
        ck_assert_ptr_null(DICT_OF(d)->index);
        ck_assert_ptr_null(dict_find_int(DICT_OF(d), 100));
        ck_assert_ptr_null(dict_find_int(DICT_OF(d), -1));
        if (how % 2 == 0)
            ck_assert_ptr_nonnull(dict_sorted(st, DICT_OF(d)));
        struct value shared = value_retain(d);
        if (how == 0)
            set(st, &d, "text", 1);
        else if (how == 1)
            ck_assert(dict_set_take(st, &d, value_int(1000), value_int(1)));
        else
            ck_assert(
                dict_remove(st, &d, value_int(how == 2 ? 50 : 99), &found, &removed));
        for (int64_t i = 0; i < 99; i++) {
            struct value *v = dict_find_int(DICT_OF(d), i);
            ck_assert_int_eq(v == NULL, how == 2 && i == 50);
            ck_assert(v == NULL || v->as.integer == -i);
        }
        ck_assert(dict_set_take(st, &d, value_int(99), value_int(7)));
        ck_assert(dict_set_take(st, &d, value_int(100), value_int(8)));
        ck_assert_int_eq(dict_find_int(DICT_OF(d), 99)->as.integer, 7);
        ck_assert_int_eq(dict_find_int(DICT_OF(d), 100)->as.integer, 8);
        ck_assert_uint_eq(DICT_OF(shared)->len, 100);
        const uint32_t *order = dict_sorted(st, DICT_OF(d));
        for (size_t i = 0; i < DICT_OF(d)->len; i++)
            ck_assert_uint_ne(DICT_OF(d)->entries[order[i]].key.kind, VALUE_UNSET);
        value_release(st, d);
        value_release(st, shared);
    }
    state_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_dict_int_and_text_keys_are_one_entry,
        test_dict_order_is_numeric_only_for_decimals,
        test_dict_byte_order_on_request,
        test_dict_copies_when_shared_and_only_then,
        test_dict_merge_lets_the_second_win,
        test_dict_failed_change_leaves_it_alone,
        test_dict_slot_is_unique,
        test_dict_behaves_like_a_map,
        test_dict_sorts_many_ints_and_texts,
        test_dict_dense_until_another_key_comes,
        NULL,
    };
    return unit_run(unit_suite("dict", tests));
}
