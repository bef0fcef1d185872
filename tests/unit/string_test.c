#include "config.h"

#include "core_unit.h"

#include "base/hash.h"

START_TEST(test_string_counts_code_points)
{
    struct state *st = core_state(0);
    struct value v = core_text(st, "h\xC3\xA9llo \xE2\x82\xAC\xF0\x9F\x98\x80");
    struct string *s = STRING_OF(v);
    ck_assert_uint_eq(s->chars, 8);
    ck_assert_uint_eq(s->len, 14);
    ck_assert(!s->is_ascii);
    ck_assert_uint_eq(string_byte_offset(st, s, 2), 3);
    ck_assert_uint_eq(string_byte_offset(st, s, 8), 14);
    ck_assert_uint_eq(string_byte_offset(st, s, 7), 10);
    ck_assert_uint_eq(string_byte_offset(st, s, 1), 1);
    ck_assert_uint_eq(string_byte_offset(st, s, 0), 0);
    ck_assert_str_eq(core_show_take(st, string_value(string_char_at(st, s, 1))),
                     "\xC3\xA9");
    ck_assert_str_eq(core_show_take(st, string_value(string_slice(st, s, 1, 3))),
                     "\xC3\xA9l");
    ck_assert_uint_eq(string_chars_before(s, 10), 7);
    value_release(st, v);
    state_free(st);
}
END_TEST

START_TEST(test_string_ascii_characters_allocate_nothing)
{
    struct state *st = core_state(0);
    struct value v = core_text(st, "hello");
    uint64_t alive = core_alive(st);
    struct string *l = string_char_at(st, STRING_OF(v), 2);
    ck_assert_ptr_eq(l, string_char_at(st, STRING_OF(v), 3));
    ck_assert_str_eq(l->data, "l");
    ck_assert_uint_eq(core_alive(st), alive);
    object_release(st, &l->head);
    object_release(st, &l->head);
    ck_assert_int_lt(l->head.refs, 0);
    value_release(st, v);
    state_free(st);
}
END_TEST

START_TEST(test_string_append_in_place_only_when_unique)
{
    struct state *st = core_state(0);
    struct value a = core_text(st, "abc"), x = core_text(st, "x");
    struct value shared = value_retain(a);
    uint32_t hash = string_hash(st, STRING_OF(a));
    ck_assert(string_append(st, &a, STRING_OF(x)));
    ck_assert_str_eq(STRING_OF(shared)->data, "abc");
    ck_assert_str_eq(STRING_OF(a)->data, "abcx");
    ck_assert_uint_ne(string_hash(st, STRING_OF(a)), hash);
    ck_assert_uint_eq(string_hash(st, STRING_OF(shared)), hash);
    for (int i = 0; i < 10000; i++)
        ck_assert(string_append(st, &a, STRING_OF(x)));
    struct heap_stats stats;
    heap_stats_read(st, &stats);
    ck_assert_uint_eq(STRING_OF(a)->len, 10004);
    ck_assert_uint_lt(stats.allocations, 100);
    /* To itself. */
    ck_assert(string_append(st, &shared, STRING_OF(shared)));
    ck_assert_str_eq(core_show_take(st, shared), "abcabc");
    value_release(st, a);
    value_release(st, x);
    state_free(st);
}
END_TEST

START_TEST(test_string_append_failure_changes_nothing)
{
    struct state *st = core_state(0);
    struct value a = core_text(st, "0123456789"), b = core_text(st, "some more text");
    heap_fail_after(st, 1);
    ck_assert(!string_append(st, &a, STRING_OF(b)));
    heap_fail_after(st, 0);
    error_clear(st);
    ck_assert_str_eq(core_show_take(st, a), "0123456789");
    value_release(st, b);
    state_free(st);
}
END_TEST

static struct value number(struct state *st, int64_t i)
{
    struct string *s = string_from_int(st, i);
    ck_assert_ptr_nonnull(s);
    return string_value(s);
}

START_TEST(test_string_from_int_reads_back)
{
    struct state *st = core_state(0);
    static const int64_t numbers[] = {
        0, 1, 9, 10, 99, 100, -1, -10, 1234, INT64_MAX, INT64_MIN, -1000000, 42};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char text[32];
        int64_t back = 0;
        snprintf(text, sizeof text, "%lld", (long long)numbers[i]);
        struct value v = number(st, numbers[i]);
        ck_assert_str_eq(STRING_OF(v)->data, text);
        ck_assert(string_to_canonical_int(STRING_OF(v), &back));
        ck_assert_int_eq(back, numbers[i]);
        value_release(st, v);
    }
    state_free(st);
}
END_TEST

START_TEST(test_string_canonical_ints_are_told_from_other_texts)
{
    struct state *st = core_state(0);
    static const char *const others[] = {"",
                                         "-",
                                         "-0",
                                         "01",
                                         "+1",
                                         "1.0",
                                         " 1",
                                         "a",
                                         "1a",
                                         "--1",
                                         "9223372036854775808",
                                         "-9223372036854775809",
                                         "123456789012345678901"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        int64_t out = 5;
        struct value v = core_text(st, others[i]);
        ck_assert_msg(!string_to_canonical_int(STRING_OF(v), &out), "%s", others[i]);
        ck_assert_int_eq(out, 5);
        ck_assert_int_eq(string_is_decimal(STRING_OF(v)), i >= 10);
        value_release(st, v);
    }
    state_free(st);
}
END_TEST

START_TEST(test_string_constants_have_the_hash_of_their_text)
{
    struct state *st = core_state(0);
    struct hash_key key = string_hash_key(st);
    struct string *constant = string_constant_new(&key, "field", 5);
    struct value v = core_text(st, "field");
    ck_assert_uint_eq(constant->hash, string_hash(st, STRING_OF(v)));
    ck_assert(string_equal(constant, STRING_OF(v)));
    value_release(st, v);
    string_constant_free(constant);
    state_free(st);
}
END_TEST

START_TEST(test_string_order_repeat_and_search)
{
    struct state *st = core_state(0);
    struct value a = core_text(st, "ab"), b = core_text(st, "abc"),
                 c = core_text(st, "b");
    ck_assert_int_lt(string_compare(STRING_OF(a), STRING_OF(b)), 0);
    ck_assert_int_gt(string_compare(STRING_OF(c), STRING_OF(b)), 0);
    ck_assert_int_eq(string_compare(STRING_OF(a), STRING_OF(a)), 0);
    struct value r = string_value(string_repeat(st, STRING_OF(a), 5));
    ck_assert_str_eq(STRING_OF(r)->data, "ababababab");
    ck_assert_uint_eq(string_find(STRING_OF(r), STRING_OF(c), 2), 3);
    ck_assert_uint_eq(string_find(STRING_OF(a), STRING_OF(b), 0), SIZE_MAX);
    ck_assert_uint_eq(string_find(STRING_OF(r), STRING_OF(c), 100), SIZE_MAX);
    ck_assert_str_eq(
        core_show_take(st, string_value(string_repeat(st, STRING_OF(a), -3))), "");
    ck_assert_ptr_null(string_repeat(st, STRING_OF(a), INT64_MAX));
    error_clear(st);
    value_release(st, a);
    value_release(st, b);
    value_release(st, c);
    value_release(st, r);
    state_free(st);
}
END_TEST

START_TEST(test_string_format_takes_any_length)
{
    struct state *st = core_state(0);
    struct value v;
    ck_assert(string_make_format(st, &v, "%d-%s", 7, "x"));
    ck_assert_str_eq(core_show_take(st, v), "7-x");
    ck_assert(string_make_format(st, &v, "%0500d", 1));
    ck_assert_uint_eq(STRING_OF(v)->len, 500);
    value_release(st, v);
    state_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_string_counts_code_points,
        test_string_ascii_characters_allocate_nothing,
        test_string_append_in_place_only_when_unique,
        test_string_append_failure_changes_nothing,
        test_string_from_int_reads_back,
        test_string_canonical_ints_are_told_from_other_texts,
        test_string_constants_have_the_hash_of_their_text,
        test_string_order_repeat_and_search,
        test_string_format_takes_any_length,
        NULL,
    };
    return unit_run(unit_suite("string", tests));
}
