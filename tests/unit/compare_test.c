#include "config.h"

#include <math.h>

#include "core_unit.h"

#include "core/array.h"
#include "core/boxed.h"
#include "core/collection.h"
#include "core/compare.h"
#include "core/dict.h"
#include "core/structs.h"

/* Compares both ways, releases both. */
static bool equal_take(struct state *st, struct value a, struct value b)
{
    bool ab = false, ba = false;
    ck_assert(compare_equal(st, a, b, &ab));
    ck_assert(compare_equal(st, b, a, &ba));
    ck_assert_int_eq(ab, ba);
    value_release(st, a);
    value_release(st, b);
    return ab;
}

static struct value list(struct state *st, const struct value *items, size_t n)
{
    struct value a;
    ck_assert(array_make(st, items, n, &a));
    return a;
}

START_TEST(test_compare_scalars)
{
    struct state *st = core_state(0);
    ck_assert(equal_take(st, value_null(), value_null()));
    ck_assert(!equal_take(st, value_null(), value_bool(false)));
    ck_assert(!equal_take(st, value_int(1), value_bool(true)));
    ck_assert(!equal_take(st, value_int(1), core_text(st, "1")));
    ck_assert(equal_take(st, value_int(3), value_float(3)));
    ck_assert(equal_take(st, value_float(0.3), value_float(0.1 + 0.2)));
    ck_assert(!equal_take(st, value_float(1), value_float(1 + 0x1p-52)));
    ck_assert(equal_take(st, value_float(0), value_float(-0.0)));
    ck_assert(!equal_take(st, value_float((double)NAN), value_float((double)NAN)));
    ck_assert(
        equal_take(st, value_float((double)INFINITY), value_float((double)INFINITY)));
    ck_assert(
        !equal_take(st, value_float((double)INFINITY), value_float(-(double)INFINITY)));
    ck_assert(!equal_take(st, value_int(INT64_MAX), value_int(INT64_MAX - 1)));
    ck_assert(equal_take(st, value_int(INT64_MAX), value_float(9223372036854775808.0)));
    ck_assert(equal_take(st, core_text(st, "abc"), core_text(st, "abc")));
    ck_assert(!equal_take(st, core_text(st, "abc"), core_text(st, "abd")));
    ck_assert(equal_take(st, value_none(), value_none()));
    state_free(st);
}
END_TEST

START_TEST(test_compare_arrays_across_representations)
{
    struct state *st = core_state(0);
    const struct value ints[] = {value_int(1), value_int(2)};
    const struct value floats[] = {value_float(1), value_float(2)};
    const struct value mixed[] = {value_int(1), value_null()};
    const struct value nans[] = {value_float((double)NAN)};
    ck_assert(equal_take(st, list(st, ints, 2), list(st, floats, 2)));
    ck_assert(equal_take(st, list(st, ints, 2), list(st, ints, 2)));
    ck_assert(!equal_take(st, list(st, ints, 2), list(st, ints, 1)));
    ck_assert(!equal_take(st, list(st, ints, 2), list(st, mixed, 2)));
    ck_assert(equal_take(st, list(st, ints, 0), list(st, floats, 0)));
    struct value a = list(st, nans, 1);
    ck_assert(!equal_take(st, a, value_retain(a)));
    state_free(st);
}
END_TEST

static struct value pair_dict(struct state *st, const char *a, const char *b)
{
    struct value d;
    ck_assert(dict_make_empty(st, &d));
    ck_assert(dict_set_text_take(st, &d, a, core_text(st, a)));
    ck_assert(dict_set_text_take(st, &d, b, core_text(st, b)));
    return d;
}

static struct value pair_struct(struct state *st, const char *a, const char *b)
{
    struct value name = core_text(st, "S"), first = core_text(st, a),
                 second = core_text(st, b), made;
    ck_assert(struct_make_take(st, shape_root(st, STRING_OF(name)), NULL, NULL, &made));
    ck_assert(struct_set_take(st, &made, STRING_OF(first), value_retain(first)));
    ck_assert(struct_set_take(st, &made, STRING_OF(second), value_retain(second)));
    value_release(st, name);
    value_release(st, first);
    value_release(st, second);
    return made;
}

START_TEST(test_compare_dicts_and_structs_in_any_order)
{
    struct state *st = core_state(0);
    ck_assert(equal_take(st, pair_dict(st, "a", "7"), pair_dict(st, "7", "a")));
    ck_assert(!equal_take(st, pair_dict(st, "a", "b"), pair_dict(st, "a", "c")));
    ck_assert(equal_take(st, pair_struct(st, "a", "b"), pair_struct(st, "b", "a")));
    ck_assert(!equal_take(st, pair_struct(st, "a", "b"), pair_struct(st, "a", "c")));
    ck_assert(!equal_take(st, pair_struct(st, "a", "b"), pair_dict(st, "a", "b")));
    state_free(st);
}
END_TEST

static struct value box(struct state *st, enum value_kind kind, struct value v)
{
    struct value out;
    ck_assert(boxed_make_take(st, kind, v, &out));
    return out;
}

static struct value tagged(struct state *st, const char *tag, int64_t payload)
{
    struct value out, text = core_text(st, tag), v = value_int(payload);
    ck_assert(tagged_make_take(st, STRING_OF(text), &v, 1, &out));
    value_release(st, text);
    return out;
}

START_TEST(test_compare_boxes_and_tags)
{
    struct state *st = core_state(0);
    ck_assert(equal_take(st, box(st, VALUE_OK, value_int(1)),
                         box(st, VALUE_OK, value_float(1))));
    ck_assert(!equal_take(st, box(st, VALUE_OK, value_int(1)),
                          box(st, VALUE_SOME, value_int(1))));
    ck_assert(equal_take(st, tagged(st, "A::B", 1), tagged(st, "A::B", 1)));
    ck_assert(!equal_take(st, tagged(st, "A::B", 1), tagged(st, "A::B", 2)));
    ck_assert(!equal_take(st, tagged(st, "A::B", 1), tagged(st, "A::C", 1)));
    state_free(st);
}
END_TEST

START_TEST(test_compare_sets_in_order_despite_holes)
{
    struct state *st = core_state(0);
    struct value a, b;
    bool found;
    ck_assert(collection_make(st, VALUE_SET, 0, &a));
    ck_assert(collection_make(st, VALUE_SET, 0, &b));
    for (int i = 0; i < 5; i++)
        ck_assert(collection_add_take(st, &a, value_int(i)));
    ck_assert(collection_delete(st, &a, value_int(2), &found) && found);
    for (int i = 0; i < 5; i++)
        ck_assert(i == 2 || collection_add_take(st, &b, value_int(i)));
    ck_assert(equal_take(st, value_retain(a), value_retain(b)));
    ck_assert(collection_add_take(st, &a, value_int(2)));
    ck_assert(collection_add_take(st, &b, value_int(7)));
    ck_assert(!equal_take(st, a, b));
    state_free(st);
}
END_TEST

static struct value nest(struct state *st, unsigned levels)
{
    struct value v = value_int(7);
    for (unsigned i = 0; i < levels; i++)
        ck_assert(array_make_take(st, &v, 1, &v));
    return v;
}

START_TEST(test_compare_deep_data_up_to_the_limit)
{
    struct state *st = core_state(0);
    ck_assert(equal_take(st, nest(st, 4096), nest(st, 4096)));
    /* Packed innermost arrays are compared without a level of their own. */
    ck_assert(
        equal_take(st, nest(st, VALUE_NESTING_LIMIT), nest(st, VALUE_NESTING_LIMIT)));
    struct value a = nest(st, VALUE_NESTING_LIMIT + 2),
                 b = nest(st, VALUE_NESTING_LIMIT + 2);
    bool out;
    ck_assert(!compare_equal(st, a, b, &out));
    ck_assert_str_eq(core_error_take(st),
                     "Maximum data nesting depth of 10000 exceeded while comparing");
    value_release(st, a);
    value_release(st, b);
    state_free(st);
}
END_TEST

START_TEST(test_compare_order_is_total)
{
    const struct value v[] = {
        value_float(-(double)INFINITY),
        value_int(INT64_MIN),
        value_float(-1.5),
        value_int(-1),
        value_float(-0.5),
        value_int(0),
        value_float(0.5),
        value_int(1),
        value_float(9007199254740992.0),
        value_int(9007199254740993),
        value_int(INT64_MAX),
        value_float(9223372036854775808.0),
        value_float((double)INFINITY),
        value_float((double)NAN),
    };
    size_t n = sizeof v / sizeof v[0];
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            int order = compare_order(v[i], v[k]);
            ck_assert_int_eq((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
    ck_assert_int_eq(compare_order(value_null(), value_int(3)), 0);
}
END_TEST

START_TEST(test_compare_identical_is_for_scalars_of_one_kind)
{
    struct state *st = core_state(0);
    struct value a = core_text(st, "text"), b = core_text(st, "text"), c = nest(st, 1);
    ck_assert(compare_identical(a, b));
    ck_assert(compare_identical(value_null(), value_null()));
    ck_assert(!compare_identical(value_int(1), value_float(1)));
    ck_assert(!compare_identical(c, c));
    value_release(st, a);
    value_release(st, b);
    value_release(st, c);
    state_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_compare_scalars,
        test_compare_arrays_across_representations,
        test_compare_dicts_and_structs_in_any_order,
        test_compare_boxes_and_tags,
        test_compare_sets_in_order_despite_holes,
        test_compare_deep_data_up_to_the_limit,
        test_compare_order_is_total,
        test_compare_identical_is_for_scalars_of_one_kind,
        NULL,
    };
    return unit_run(unit_suite("compare", tests));
}
