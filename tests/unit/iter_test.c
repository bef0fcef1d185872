#include "config.h"

#include <math.h>
#include <string.h>

#include "engine_fixture.h"
#include "unit.h"

#include "core/array.h"
#include "core/bytes.h"
#include "core/call.h"
#include "core/collection.h"
#include "core/dict.h"
#include "core/iter.h"
#include "core/string.h"

/* Walks `v` (taken) and compares the items, printed as an array. */
static void expect_items(struct state *st, struct value v, const char *text)
{
    struct value cursor, all;
    ck_assert_msg(iter_new(st, v, &cursor), "%s", fixture_message(st));
    value_release(st, v);
    ck_assert(array_make_empty(st, &all));
    for (;;) {
        bool done;
        struct value item;
        ck_assert_msg(iter_next(st, cursor, &done, &item), "%s", fixture_message(st));
        if (done)
            break;
        ck_assert(array_push_take(st, &all, item));
    }
    ck_assert_str_eq(fixture_text(st, all), text);
    value_release(st, all);
    value_release(st, cursor);
}

START_TEST(test_iter_numbers)
{
    struct state *st = fixture_state(NULL, 0);
    expect_items(st, value_int(3), "[0, 1, 2]");
    expect_items(st, value_int(0), "[]");
    expect_items(st, value_int(-2), "[]");
    expect_items(st, value_float(2.9), "[0, 1]");
    expect_items(st, value_float((double)NAN), "[]");
    expect_items(st, value_float(-1e300), "[]");
    fixture_free(st);
}
END_TEST

START_TEST(test_iter_containers)
{
    struct state *st = fixture_state(NULL, 0);
    struct value d, b, q;
    expect_items(st, fixture_ints(st, (int64_t[]){4, 5}, 2), "[4, 5]");
    expect_items(st, fixture_string(st, "a\xc3\xa9\xe2\x82\xac!"),
                 "[a, \xc3\xa9, \xe2\x82\xac, !]");
    ck_assert(dict_make_empty(st, &d));
    ck_assert(dict_set_text_take(st, &d, "10", value_int(1)));
    ck_assert(dict_set_text_take(st, &d, "9", value_int(1)));
    expect_items(st, value_retain(d), "[9, 10]");
    ck_assert(dict_set_text_take(st, &d, "x", value_int(1)));
    expect_items(st, d, "[10, 9, x]");
    ck_assert(bytes_make(st, "\x01\xff", 2, &b));
    expect_items(st, b, "[1, 255]");
    ck_assert(collection_make(st, VALUE_QUEUE, 0, &q));
    ck_assert(collection_push_take(st, &q, value_int(7)));
    ck_assert(collection_push_take(st, &q, value_int(8)));
    expect_items(st, q, "[7, 8]");
    fixture_free(st);
}
END_TEST

START_TEST(test_iter_walks_a_snapshot)
{
    struct state *st = fixture_state(NULL, 0);
    struct value a = fixture_ints(st, (int64_t[]){1, 2, 3}, 3), cursor, item;
    bool done;
    ck_assert(iter_new(st, a, &cursor));
    ck_assert(array_push_take(st, &a, value_int(4)));
    ck_assert(ops_set_index_take(st, &a, value_int(1), value_int(9)));
    ck_assert(iter_next(st, cursor, &done, &item));
    ck_assert(iter_next(st, cursor, &done, &item));
    ck_assert_int_eq(item.as.integer, 2);
    ck_assert(iter_next(st, cursor, &done, &item));
    ck_assert(iter_next(st, cursor, &done, &item));
    ck_assert(done);
    value_release(st, cursor);
    value_release(st, a);
    fixture_free(st);
}
END_TEST

START_TEST(test_iter_rejects_the_rest)
{
    struct state *st = fixture_state(NULL, 0);
    struct value cursor;
    ck_assert(!iter_new(st, value_null(), &cursor));
    fixture_expect_error(st, "Cannot iterate over non-iterable type");
    ck_assert(!iter_new(st, value_bool(true), &cursor));
    fixture_expect_error(st, "Cannot iterate over non-iterable type");
    fixture_free(st);
}
END_TEST

/* A generator of 0 .. n-1. */
static struct value counter(struct state *st, struct fake *f, int64_t n)
{
    fixture_proto(f, "g", 1, PROTO_GENERATOR, 0, NULL);
    struct value fn = fixture_function(st, f), args[1] = {value_int(n)}, g;
    ck_assert(call_value(st, fn, args, 1, &g));
    value_release(st, fn);
    return g;
}

START_TEST(test_iter_generators)
{
    struct state *st = fixture_state(NULL, 0);
    struct fake f, h;
    struct value g = counter(st, &f, 2), item;
    bool done;
    expect_items(st, value_retain(g), "[0, 1]");
    ck_assert(iter_step(st, g, &done, &item));
    ck_assert(done);
    ck_assert_uint_eq(GENERATOR_OF(g)->status, GENERATOR_DONE);
    value_release(st, g);
    /* A generator function is called first. */
    fixture_proto(&h, "h", 0, PROTO_GENERATOR, 0, NULL);
    expect_items(st, fixture_function(st, &h), "[0, 1, 2]");
    struct value cursor;
    struct value fn = fixture_function(st, &f);
    ck_assert(!iter_new(st, fn, &cursor));
    fixture_expect_error(st, "g expects 1 arguments, got 0");
    value_release(st, fn);
    fixture_free(st);
}
END_TEST

static bool ask_itself(struct state *st, struct value *slots, struct value *result)
{
    bool done;
    return iter_step(st, slots[0], &done, result);
}

START_TEST(test_iter_generator_that_asks_for_itself_is_exhausted)
{
    struct state *st = fixture_state(NULL, 0);
    struct fake f;
    struct value g = counter(st, &f, 2), item;
    bool done;
    f.body = ask_itself;
    ck_assert(!iter_step(st, g, &done, &item));
    fixture_expect_error(st, "Generator is already running");
    ck_assert(iter_step(st, g, &done, &item));
    ck_assert(done);
    value_release(st, g);
    fixture_free(st);
}
END_TEST

/* ---- lazy stages -------------------------------------------------------------------- */

static bool square(struct state *st, struct value *slots, struct value *result)
{
    (void)st;
    *result = value_int(slots[0].as.integer * slots[0].as.integer);
    return true;
}

static bool odd(struct state *st, struct value *slots, struct value *result)
{
    (void)st;
    *result = value_int(slots[0].as.integer % 2);
    return true;
}

static bool fail_at_three(struct state *st, struct value *slots, struct value *result)
{
    if (slots[0].as.integer == 3)
        return error_raise(st, "three");
    *result = value_bool(true);
    return true;
}

/* Adds a stage to `source`, which is taken. */
static struct value stage(struct state *st, enum iterator_stage kind,
                          struct value source, struct value function, int64_t count)
{
    struct value out;
    ck_assert(iterator_new(st, kind, source, function, count, &out));
    value_release(st, source);
    return out;
}

START_TEST(test_iter_stages_pull_on_demand)
{
    struct state *st = fixture_state(NULL, 0);
    struct fake g, s, o;
    fixture_proto(&s, "square", 1, 0, 0, square);
    fixture_proto(&o, "odd", 1, 0, 0, odd);
    struct value square_fn = fixture_function(st, &s),
                 odd_fn = fixture_function(st, &o);
    struct value it = counter(st, &g, INT64_MAX);
    it = stage(st, ITERATOR_FILTER, it, odd_fn, 0);
    it = stage(st, ITERATOR_SKIP, it, value_null(), 2);
    it = stage(st, ITERATOR_MAP, it, square_fn, 0);
    it = stage(st, ITERATOR_TAKE, it, value_null(), 3);
    struct value all;
    ck_assert(iter_collect(st, it, &all));
    ck_assert_str_eq(fixture_text(st, all), "[25, 49, 81]");
    value_release(st, all);
    value_release(st, it);
    value_release(st, square_fn);
    value_release(st, odd_fn);
    fixture_free(st);
}
END_TEST

START_TEST(test_iter_take_asks_for_no_more_than_it_takes)
{
    struct state *st = fixture_state(NULL, 0);
    struct fake f;
    struct value g = counter(st, &f, 10), item;
    bool done;
    struct value it = stage(st, ITERATOR_TAKE, value_retain(g), value_null(), 2);
    expect_items(st, it, "[0, 1]");
    ck_assert(iter_step(st, g, &done, &item));
    ck_assert_int_eq(item.as.integer, 2);
    value_release(st, g);
    expect_items(st, stage(st, ITERATOR_TAKE, counter(st, &f, 5), value_null(), -1),
                 "[]");
    expect_items(st, stage(st, ITERATOR_SKIP, counter(st, &f, 2), value_null(), 5),
                 "[]");
    expect_items(st, stage(st, ITERATOR_SKIP, counter(st, &f, 2), value_null(), -5),
                 "[0, 1]");
    fixture_free(st);
}
END_TEST

START_TEST(test_iter_error_in_a_callback_exhausts)
{
    struct state *st = fixture_state(NULL, 0);
    struct fake g, f;
    fixture_proto(&f, "check", 1, 0, 0, fail_at_three);
    struct value fn = fixture_function(st, &f), all, item;
    struct value it = stage(st, ITERATOR_FILTER, counter(st, &g, 9), fn, 0);
    bool done;
    ck_assert(!iter_collect(st, it, &all));
    fixture_expect_error(st, "three");
    ck_assert(iter_step(st, it, &done, &item));
    ck_assert(done);
    value_release(st, it);
    value_release(st, fn);
    fixture_free(st);
}
END_TEST

START_TEST(test_iter_chains_have_a_limit)
{
    struct state *st = fixture_state(NULL, 0);
    struct fake g;
    struct value it = counter(st, &g, 3), next;
    for (uint32_t i = 0; i < ITERATOR_DEPTH_LIMIT; i++)
        it = stage(st, ITERATOR_SKIP, it, value_null(), 0);
    ck_assert(!iterator_new(st, ITERATOR_SKIP, it, value_null(), 0, &next));
    fixture_expect_error(
        st, "Maximum data nesting depth of 4096 exceeded while chaining iterators");
    expect_items(st, it, "[0, 1, 2]");
    fixture_free(st);
}
END_TEST

START_TEST(test_iter_collect_of_other_kinds)
{
    struct state *st = fixture_state(NULL, 0);
    struct value a = fixture_ints(st, (int64_t[]){1}, 1), out;
    ck_assert(iter_collect(st, a, &out));
    ck_assert_ptr_eq(out.as.object, a.as.object);
    value_release(st, out);
    value_release(st, a);
    ck_assert(!iter_collect(st, value_int(1), &out));
    fixture_expect_error(st, "collect() expects an iterator or array");
    fixture_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_iter_numbers,
        test_iter_containers,
        test_iter_walks_a_snapshot,
        test_iter_rejects_the_rest,
        test_iter_generators,
        test_iter_generator_that_asks_for_itself_is_exhausted,
        test_iter_stages_pull_on_demand,
        test_iter_take_asks_for_no_more_than_it_takes,
        test_iter_error_in_a_callback_exhausts,
        test_iter_chains_have_a_limit,
        test_iter_collect_of_other_kinds,
        NULL,
    };
    return unit_run(unit_suite("iter", tests));
}
