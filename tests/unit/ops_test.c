#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine_fixture.h"
#include "unit.h"

#include "core/array.h"
#include "core/boxed.h"
#include "core/bytes.h"
#include "core/dict.h"
#include "core/ops.h"
#include "core/string.h"
#include "core/structs.h"

static struct state *st;

static void setup(void)
{
    st = fixture_state(NULL, 0);
}

static void teardown(void)
{
    fixture_free(st);
}

#define I(x) value_int(x)
#define F(x) value_float(x)
#define S(x) fixture_string(st, x)

/* Display form of an owned result, or the pending error's message. */
static const char *outcome(bool ok, struct value out)
{
    static char text[256];
    if (ok) {
        snprintf(text, sizeof text, "%s", fixture_text(st, out));
        value_release(st, out);
    } else {
        snprintf(text, sizeof text, "%s", fixture_message(st));
        error_clear(st);
    }
    return text;
}

/* a[i]; i is taken. */
static const char *at(struct value a, struct value i)
{
    struct value out = value_null();
    bool ok = ops_index(st, a, i, &out);
    const char *text = outcome(ok, out);
    value_release(st, i);
    return text;
}

static const char *member(struct value a, const char *name)
{
    struct value key = S(name), out = value_null();
    bool ok = ops_member(st, a, STRING_OF(key), &out);
    const char *text = outcome(ok, out);
    value_release(st, key);
    return text;
}

START_TEST(test_ops_index_of_sequences)
{
    setup();
    struct value a = fixture_ints(st, (int64_t[]){10, 20, 30}, 3), s = S("a\xc3\xa9z"),
                 b;
    ck_assert(bytes_make(st, "\x05\xff", 2, &b));
    ck_assert_str_eq(at(a, I(0)), "10");
    ck_assert_str_eq(at(a, I(-1)), "30");
    ck_assert_str_eq(at(a, F(1.9)), "20");
    ck_assert_str_eq(at(a, F(-0.9)), "10");
    ck_assert_str_eq(at(a, I(3)), "Index out of bounds: 3");
    ck_assert_str_eq(at(a, I(-4)), "Index out of bounds: -4");
    ck_assert_str_eq(at(a, F(3.5)), "Index out of bounds: 3.5");
    ck_assert_str_eq(at(a, I(INT64_MIN)), "Index out of bounds: -9223372036854775808");
    ck_assert_str_eq(at(a, F((double)NAN)), "Invalid index operation");
    ck_assert_str_eq(at(a, S("0")), "Invalid index operation");
    ck_assert_str_eq(at(s, I(1)), "\xc3\xa9");
    ck_assert_str_eq(at(s, I(-1)), "z");
    ck_assert_str_eq(at(s, I(3)), "Index out of bounds: 3");
    ck_assert_str_eq(at(b, I(1)), "255");
    ck_assert_str_eq(at(value_null(), I(0)), "Invalid index operation");
    value_release(st, a);
    value_release(st, s);
    value_release(st, b);
    teardown();
}
END_TEST

START_TEST(test_ops_index_of_dicts)
{
    setup();
    struct value d;
    ck_assert(dict_make_empty(st, &d));
    ck_assert(dict_set_take(st, &d, I(1), S("one")));
    ck_assert_str_eq(at(d, I(1)), "one");
    ck_assert_str_eq(at(d, S("1")), "one");
    ck_assert_str_eq(at(d, I(2)), "Missing map key: 2");
    ck_assert_str_eq(at(d, S("a\"b")), "Missing map key: \"a\\\"b\"");
    ck_assert_str_eq(at(d, F(1)), "Invalid index operation");
    ck_assert_str_eq(member(d, "1"), "one");
    ck_assert_str_eq(member(d, "none"), "null");
    value_release(st, d);
    teardown();
}
END_TEST

START_TEST(test_ops_member_of_structs)
{
    setup();
    struct fake m;
    fixture_proto(&m, "P.area", 1, PROTO_METHOD | PROTO_SELF, 0, NULL);
    struct value p = fixture_struct(st, "P", &m, 1), key = S("x"), out;
    ck_assert(struct_set_take(st, &p, STRING_OF(key), I(5)));
    ck_assert_str_eq(member(p, "x"), "5");
    value_release(st, key);
    key = S("area");
    ck_assert(ops_member(st, p, STRING_OF(key), &out));
    ck_assert_uint_eq(out.kind, VALUE_METHOD);
    value_release(st, out);
    /* ?. sees fields only. */
    ck_assert(ops_optional_member(st, p, STRING_OF(key), &out));
    ck_assert_uint_eq(out.kind, VALUE_NULL);
    ck_assert(ops_optional_member(st, I(1), STRING_OF(key), &out));
    ck_assert_uint_eq(out.kind, VALUE_NULL);
    value_release(st, key);
    ck_assert_str_eq(member(p, "y"), "Field not found: y");
    ck_assert_str_eq(member(I(1), "y"),
                     "Cannot access field or method 'y' on non-struct value");
    value_release(st, p);
    teardown();
}
END_TEST

START_TEST(test_ops_try)
{
    setup();
    struct value ok, err, out;
    bool returns;
    ck_assert(boxed_make_take(st, VALUE_OK, I(5), &ok));
    ck_assert(boxed_make_take(st, VALUE_ERR, I(6), &err));
    ck_assert(ops_try(st, ok, &returns, &out));
    ck_assert(!returns && out.as.integer == 5);
    ck_assert(ops_try(st, err, &returns, &out));
    ck_assert(returns && out.as.object == err.as.object);
    value_release(st, out);
    ck_assert(ops_try(st, value_none(), &returns, &out));
    ck_assert(returns && out.kind == VALUE_NONE);
    ck_assert(!ops_try(st, I(1), &returns, &out));
    fixture_expect_error(st, "Try operator requires Result or Option");
    value_release(st, ok);
    value_release(st, err);
    teardown();
}
END_TEST

START_TEST(test_ops_interpolate_and_spread)
{
    setup();
    struct value parts[4] = {S("n="), I(-5), F(2.5),
                             fixture_ints(st, (int64_t[]){1}, 1)};
    struct value out, array, dict;
    ck_assert(ops_interpolate(st, parts, 4, &out));
    ck_assert_str_eq(STRING_OF(out)->data, "n=-52.5[1]");
    value_release(st, out);
    ck_assert(ops_interpolate(st, parts, 0, &out));
    ck_assert_uint_eq(STRING_OF(out)->len, 0);
    value_release(st, out);

    ck_assert(array_make_empty(st, &array));
    ck_assert(array_push_take(st, &array, S("x")));
    ck_assert(ops_spread_into_array(st, &array, parts[3]));
    ck_assert_str_eq(fixture_text(st, array), "[x, 1]");
    ck_assert(!ops_spread_into_array(st, &array, I(1)));
    fixture_expect_error(st, "Can only spread arrays");
    ck_assert(dict_make_empty(st, &dict));
    ck_assert(!ops_spread_into_dict(st, &dict, array));
    fixture_expect_error(st, "Can only spread dicts");
    ck_assert(ops_dict_literal_set_take(st, &dict, F(1.5), I(1)));
    ck_assert(ops_dict_literal_set_take(st, &dict, F(2), I(2)));
    ck_assert(ops_dict_literal_set_take(st, &dict, I(2), I(3)));
    ck_assert_str_eq(fixture_text(st, dict), "{\"1.5\": 1, \"2\": 3}");
    ck_assert(!ops_dict_literal_set_take(st, &dict, value_null(), S("dropped")));
    fixture_expect_error(st, "Dict keys must be strings");
    ck_assert(ops_spread_into_dict(st, &dict, dict));
    value_release(st, dict);
    value_release(st, array);
    value_release(st, parts[0]);
    value_release(st, parts[3]);
    teardown();
}
END_TEST

/* v is taken. */
static const char *convert(unsigned to, struct value v)
{
    struct value out = value_null();
    bool ok = ops_convert(st, to, v, &out);
    const char *text = outcome(ok, out);
    value_release(st, v);
    return text;
}

START_TEST(test_ops_convert_to_int)
{
    setup();
    ck_assert_str_eq(convert(OPS_TO_INT, F(-2.9)), "-2");
    ck_assert_str_eq(convert(OPS_TO_INT, F(1e300)), "9223372036854775807");
    ck_assert_str_eq(convert(OPS_TO_INT, F(-(double)INFINITY)), "-9223372036854775808");
    ck_assert_str_eq(convert(OPS_TO_INT, F((double)NAN)), "0");
    ck_assert_str_eq(convert(OPS_TO_INT, S(" \t+42\xc2\xa0")), "42");
    ck_assert_str_eq(convert(OPS_TO_INT, S("-9223372036854775808")),
                     "-9223372036854775808");
    ck_assert_str_eq(convert(OPS_TO_INT, S("9223372036854775808")),
                     "Cannot convert '9223372036854775808' to int");
    ck_assert_str_eq(convert(OPS_TO_INT, S("4 2")), "Cannot convert '4 2' to int");
    ck_assert_str_eq(convert(OPS_TO_INT, S("")), "Cannot convert '' to int");
    ck_assert_str_eq(convert(OPS_TO_INT, S("-")), "Cannot convert '-' to int");
    ck_assert_str_eq(convert(OPS_TO_INT, value_bool(true)), "1");
    ck_assert_str_eq(convert(OPS_TO_INT, value_null()), "Cannot convert null to int");
    ck_assert_str_eq(convert(OPS_TO_INT, fixture_ints(st, NULL, 0)),
                     "Cannot convert array to int");
    ck_assert_str_eq(convert(OPS_TO_INT, value_none()), "Cannot convert value to int");
    teardown();
}
END_TEST

START_TEST(test_ops_convert_to_float)
{
    setup();
    ck_assert_str_eq(convert(OPS_TO_FLOAT, S(" -1.5e2 ")), "-150");
    ck_assert_str_eq(convert(OPS_TO_FLOAT, S(".5")), "0.5");
    ck_assert_str_eq(convert(OPS_TO_FLOAT, S("5.")), "5");
    ck_assert_str_eq(convert(OPS_TO_FLOAT, S("-inf")), "-inf");
    ck_assert_str_eq(convert(OPS_TO_FLOAT, S("NaN")), "NaN");
    ck_assert_str_eq(convert(OPS_TO_FLOAT, S("0x10")),
                     "Cannot convert '0x10' to float");
    ck_assert_str_eq(convert(OPS_TO_FLOAT, S("1e")), "Cannot convert '1e' to float");
    ck_assert_str_eq(convert(OPS_TO_FLOAT, S(".")), "Cannot convert '.' to float");
    ck_assert_str_eq(convert(OPS_TO_FLOAT, I(3)), "3");
    teardown();
}
END_TEST

START_TEST(test_ops_convert_to_bool_and_string)
{
    setup();
    ck_assert_str_eq(convert(OPS_TO_BOOL, S("FALSE")), "false");
    ck_assert_str_eq(convert(OPS_TO_BOOL, S("0")), "false");
    ck_assert_str_eq(convert(OPS_TO_BOOL, S("")), "false");
    ck_assert_str_eq(convert(OPS_TO_BOOL, S("no")), "true");
    ck_assert_str_eq(convert(OPS_TO_BOOL, F((double)NAN)), "true");
    ck_assert_str_eq(convert(OPS_TO_STRING, F(5)), "5");
    teardown();
}
END_TEST

START_TEST(test_ops_destructure)
{
    setup();
    struct value a = fixture_ints(st, (int64_t[]){1, 2, 3}, 3), out, d;
    ck_assert(ops_destructure_item(st, a, 1, &out) && out.as.integer == 2);
    ck_assert(ops_destructure_item(st, a, 3, &out) && out.kind == VALUE_NULL);
    ck_assert(ops_destructure_item(st, I(1), 0, &out) && out.kind == VALUE_NULL);
    ck_assert_str_eq(outcome(ops_destructure_rest(st, a, 1, &out), out), "[2, 3]");
    ck_assert_str_eq(outcome(ops_destructure_rest(st, a, 9, &out), out), "[]");
    ck_assert_str_eq(outcome(ops_destructure_rest(st, I(1), 0, &out), out), "[]");
    ck_assert(dict_make_empty(st, &d));
    ck_assert(dict_set_text_take(st, &d, "a", I(1)));
    ck_assert(dict_set_text_take(st, &d, "b", I(2)));
    struct value k = S("a"), z = S("zz");
    struct string *keys[2] = {STRING_OF(k), STRING_OF(z)};
    ck_assert(ops_destructure_key(st, d, keys[0], &out) && out.as.integer == 1);
    ck_assert(ops_destructure_key(st, d, keys[1], &out) && out.kind == VALUE_NULL);
    ck_assert_str_eq(outcome(ops_destructure_rest_dict(st, d, keys, 2, &out), out),
                     "{\"b\": 2}");
    ck_assert_str_eq(outcome(ops_destructure_rest_dict(st, I(1), keys, 2, &out), out),
                     "{}");
    ck_assert_str_eq(fixture_text(st, d), "{\"a\": 1, \"b\": 2}");
    value_release(st, k);
    value_release(st, z);
    value_release(st, d);
    value_release(st, a);
    teardown();
}
END_TEST

START_TEST(test_ops_match)
{
    setup();
    struct value tag = S("E::T"), bare = S("T"), t, ok, payload[2] = {I(1), I(2)};
    ck_assert(tagged_make_take(st, STRING_OF(tag), payload, 2, &t));
    ck_assert(ops_match_tag(t, STRING_OF(tag), false));
    ck_assert(!ops_match_tag(t, STRING_OF(bare), true));
    ck_assert(ops_match_tag(bare, STRING_OF(bare), true));
    ck_assert(!ops_match_tag(bare, STRING_OF(bare), false));
    ck_assert(!ops_match_tag(I(1), STRING_OF(bare), true));
    ck_assert_int_eq(ops_match_payload(t, 1).as.integer, 2);
    ck_assert_uint_eq(ops_match_payload(t, 2).kind, VALUE_NULL);
    ck_assert(boxed_make_take(st, VALUE_OK, I(9), &ok));
    ck_assert_int_eq(ops_match_payload(ok, 0).as.integer, 9);
    ck_assert_uint_eq(ops_match_payload(ok, 1).kind, VALUE_NULL);
    value_release(st, ok);
    value_release(st, t);
    value_release(st, tag);
    value_release(st, bare);
    teardown();
}
END_TEST

START_TEST(test_ops_names)
{
    setup();
    struct value a = fixture_ints(st, NULL, 0);
    ck_assert_str_eq(ops_kind_name(a), "array");
    ck_assert_str_eq(ops_kind_name(value_none()), "option");
    ck_assert_str_eq(ops_kind_name(value_null()), "null");
    ck_assert_str_eq(ops_type_name(value_none()), "value");
    value_release(st, a);
    teardown();
}
END_TEST

/* Runs `work` with the n-th allocation failing, for every n until it succeeds. What was
   made must be gone again afterwards (teardown checks). */
static void with_failing_allocations(bool (*work)(void))
{
    for (uint64_t n = 1; n < 500; n++) {
        heap_fail_after(st, n);
        bool ok = work();
        heap_fail_after(st, 0);
        if (ok)
            return;
        ck_assert_uint_eq(st->error.kind, ERROR_RAISED);
        error_clear(st);
    }
    ck_abort_msg("never succeeds");
}

static struct value shared_dict, shared_array, shared_key;

static bool work_on_dict(void)
{
    struct value d = value_retain(shared_dict), out, rest;
    struct string *keys[1] = {STRING_OF(shared_key)};
    bool ok = ops_set_field_take(st, &d, keys[0], value_retain(shared_array)) &&
              ops_spread_into_dict(st, &d, shared_dict) &&
              ops_dict_literal_set_take(st, &d, F(0.25), value_retain(shared_key));
    if (ok && ops_destructure_rest_dict(st, d, keys, 1, &rest)) {
        value_release(st, rest);
        ok = ops_interpolate(st, &d, 1, &out);
        if (ok)
            value_release(st, out);
    } else {
        ok = false;
    }
    value_release(st, d);
    return ok;
}

static bool work_on_array(void)
{
    struct value a = value_retain(shared_array), out = value_null();
    struct ops_step steps[2] = {{.index = I(1)}, {.index = shared_key}};
    bool ok = ops_set_path_take(st, &a, steps, 2, value_retain(shared_array)) &&
              ops_binary_into(st, OPS_ADD, &a, shared_array) &&
              ops_binary(st, OPS_ADD, a, shared_array, &out);
    if (ok) {
        value_release(st, out);
        ok = ops_destructure_rest(st, a, 1, &out);
    }
    if (ok)
        value_release(st, out);
    value_release(st, a);
    return ok;
}

static bool work_on_errors(void)
{
    struct value caught;
    struct value text = value_null();
    error_throw(st, shared_key);
    if (!error_catch(st, &caught))
        return false;
    error_throw(st, caught);
    value_release(st, caught);
    if (!error_catch(st, &caught))
        return false;
    bool ok = ops_convert(st, OPS_TO_STRING, caught, &text);
    value_release(st, caught);
    value_release(st, text);
    return ok;
}

START_TEST(test_ops_survive_every_failing_allocation)
{
    setup();
    shared_key = S("a key that is long");
    shared_array = fixture_ints(st, (int64_t[]){1, 2, 3}, 3);
    ck_assert(dict_make_empty(st, &shared_dict));
    ck_assert(dict_set_text_take(st, &shared_dict, "x", I(1)));
    ck_assert(array_set_take(st, &shared_array, 1, value_retain(shared_dict)));
    with_failing_allocations(work_on_dict);
    with_failing_allocations(work_on_array);
    with_failing_allocations(work_on_errors);
    ck_assert_str_eq(fixture_text(st, shared_array), "[1, {\"x\": 1}, 3]");
    value_release(st, shared_key);
    value_release(st, shared_array);
    value_release(st, shared_dict);
    teardown();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_ops_index_of_sequences,
        test_ops_index_of_dicts,
        test_ops_member_of_structs,
        test_ops_try,
        test_ops_interpolate_and_spread,
        test_ops_convert_to_int,
        test_ops_convert_to_float,
        test_ops_convert_to_bool_and_string,
        test_ops_destructure,
        test_ops_match,
        test_ops_names,
        test_ops_survive_every_failing_allocation,
        NULL,
    };
    return unit_run(unit_suite("ops", tests));
}
