#include "config.h"

#include <math.h>

#include "core_unit.h"

#include "base/prng.h"
#include "core/array.h"
#include "core/collection.h"
#include "core/compare.h"

static struct value make(struct state *st, enum value_kind kind)
{
    struct value c;
    ck_assert(collection_make(st, kind, 0, &c));
    return c;
}

/* Items as an array's display form; valid until the next call. */
static const char *items(struct state *st, struct value c)
{
    struct value a;
    ck_assert(collection_to_array(st, COLLECTION_OF(c), &a));
    return core_show_take(st, a);
}

START_TEST(test_collection_queue_is_first_in_first_out)
{
    struct state *st = core_state(0);
    struct value q = make(st, VALUE_QUEUE), out;
    int64_t next = 0, expected = 0;
    for (int round = 0; round < 5000; round++) {
        for (int i = 0; i < 3; i++)
            ck_assert(collection_push_take(st, &q, value_int(next++)));
        for (int i = 0; i < (round < 2500 ? 2 : 3) && COLLECTION_OF(q)->len > 0; i++) {
            ck_assert(collection_shift(st, &q, &out));
            ck_assert_int_eq(out.as.integer, expected++);
        }
    }
    ck_assert_uint_eq(COLLECTION_OF(q)->len, (size_t)(next - expected));
    ck_assert_int_eq(collection_last(COLLECTION_OF(q)).as.integer, next - 1);
    struct heap_stats stats;
    heap_stats_read(st, &stats);
    ck_assert_uint_lt(stats.allocations, 200);
    value_release(st, q);
    state_free(st);
}
END_TEST

START_TEST(test_collection_stack_by_value)
{
    struct state *st = core_state(0);
    struct value s = make(st, VALUE_STACK), out;
    for (int i = 0; i < 4; i++)
        ck_assert(collection_push_take(st, &s, value_int(i)));
    struct value old = value_retain(s);
    ck_assert(collection_pop(st, &s, &out));
    ck_assert_int_eq(out.as.integer, 3);
    ck_assert_str_eq(items(st, old), "[0, 1, 2, 3]");
    ck_assert_str_eq(items(st, s), "[0, 1, 2]");
    value_release(st, old);
    value_release(st, s);
    state_free(st);
}
END_TEST

static void add(struct state *st, struct value *set, struct value v)
{
    ck_assert(collection_add_take(st, set, v));
}

static bool has(struct state *st, struct value set, struct value v)
{
    bool out;
    ck_assert(collection_has(st, COLLECTION_OF(set), v, &out));
    return out;
}

START_TEST(test_collection_set_uses_the_equality_of_the_language)
{
    struct state *st = core_state(0);
    struct value s = make(st, VALUE_SET);
    for (int i = -30; i < 30; i++)
        add(st, &s, value_int(i)); /* large enough for the index */
    size_t len = COLLECTION_OF(s)->len;
    for (int i = -30; i < 30; i++)
        add(st, &s, value_float(i));
    add(st, &s, value_float(1 + 1e-16));
    add(st, &s, value_float(nextafter(1.0, 0.0)));
    add(st, &s, value_float(5e-324));
    add(st, &s, value_float(-0.0));
    ck_assert_uint_eq(COLLECTION_OF(s)->len, len);
    add(st, &s, value_float(nextafter(1.0, 2.0)));
    ck_assert_uint_eq(COLLECTION_OF(s)->len, len + 1);
    add(st, &s, value_float((double)NAN));
    add(st, &s, value_float((double)NAN));
    ck_assert_uint_eq(COLLECTION_OF(s)->len, len + 3);
    ck_assert(!has(st, s, value_float((double)NAN)));
    ck_assert(!has(st, s, value_bool(true)));
    add(st, &s, value_float((double)INFINITY));
    ck_assert(has(st, s, value_float((double)INFINITY)));
    ck_assert(!has(st, s, value_float(-(double)INFINITY)));
    value_release(st, s);
    state_free(st);
}
END_TEST

START_TEST(test_collection_set_holds_containers)
{
    struct state *st = core_state(0);
    struct value s = make(st, VALUE_SET), found;
    for (int i = 0; i < 40; i++) {
        struct value pair[] = {value_int(i), value_float(i * 0.5)}, array;
        ck_assert(array_make(st, pair, 2, &array));
        add(st, &s, value_retain(array));
        add(st, &s, array);
        add(st, &s, core_text(st, i % 2 ? "odd" : "even"));
    }
    ck_assert_uint_eq(COLLECTION_OF(s)->len, 42);
    struct value pair[] = {value_float(7), value_float(3.5)};
    ck_assert(array_make(st, pair, 2, &found));
    ck_assert(has(st, s, found));
    value_release(st, found);
    value_release(st, s);
    state_free(st);
}
END_TEST

/* The reference: search item by item with the language's equality. */
static size_t linear(struct state *st, const struct value *model, size_t n,
                     struct value v)
{
    for (size_t i = 0; i < n; i++) {
        bool equal;
        ck_assert(compare_equal(st, model[i], v, &equal));
        if (equal)
            return i;
    }
    return SIZE_MAX;
}

static struct value random_number(struct prng *prng)
{
    int64_t base = prng_between(prng, -12, 12);
    switch (prng_below(prng, 5)) {
    case 0: return value_int(base);
    case 1: return value_float((double)base / 4);
    case 2:
        return value_float((double)base / 4 +
                           0x1p-53 * (double)prng_between(prng, -4, 4));
    case 3: return value_float(0x1p-52 * (double)base);
    default: return value_int(base * ((int64_t)1 << 53) + prng_between(prng, -1, 1));
    }
}

START_TEST(test_collection_set_agrees_with_linear_search)
{
    struct state *st = core_state(0);
    struct prng prng;
    prng_seed(&prng, 9);
    struct value s = make(st, VALUE_SET), model[800];
    size_t n = 0;
    for (int round = 0; round < 20000; round++) {
        struct value v = random_number(&prng);
        size_t at = linear(st, model, n, v);
        ck_assert_int_eq(has(st, s, v), at != SIZE_MAX);
        if (prng_below(&prng, 3) > 0) {
            add(st, &s, v);
            if (at == SIZE_MAX)
                model[n++] = v;
        } else {
            bool found;
            ck_assert(collection_delete(st, &s, v, &found));
            ck_assert_int_eq(found, at != SIZE_MAX);
            if (found)
                memmove(model + at, model + at + 1, (--n - at) * sizeof model[0]);
        }
        ck_assert_uint_eq(COLLECTION_OF(s)->len, n);
    }
    struct value item;
    size_t i = 0;
    for (size_t cursor = 0; collection_next(COLLECTION_OF(s), &cursor, &item); i++)
        ck_assert(item.kind == model[i].kind && item.as.bits == model[i].as.bits);
    ck_assert_uint_eq(i, n);
    value_release(st, s);
    state_free(st);
}
END_TEST

START_TEST(test_collection_failed_change_leaves_it_alone)
{
    struct state *st = core_state(0);
    struct value s = make(st, VALUE_SET);
    for (int i = 0; i < 8; i++)
        add(st, &s, value_int(i));
    struct value old = value_retain(s);
    for (uint64_t n = 1; n < 3; n++) {
        bool found;
        heap_fail_after(st, n);
        ck_assert(!collection_add_take(st, &s, value_int(100)));
        heap_fail_after(st, 0);
        error_clear(st);
        heap_fail_after(st, n);
        ck_assert(!collection_delete(st, &s, value_int(3), &found));
        heap_fail_after(st, 0);
        error_clear(st);
    }
    ck_assert_ptr_eq(s.as.object, old.as.object);
    ck_assert_str_eq(items(st, s), "[0, 1, 2, 3, 4, 5, 6, 7]");
    value_release(st, old);
    value_release(st, s);
    state_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_collection_queue_is_first_in_first_out,
        test_collection_stack_by_value,
        test_collection_set_uses_the_equality_of_the_language,
        test_collection_set_holds_containers,
        test_collection_set_agrees_with_linear_search,
        test_collection_failed_change_leaves_it_alone,
        NULL,
    };
    return unit_run(unit_suite("collection", tests));
}
