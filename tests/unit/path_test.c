#include "config.h"

#include <math.h>
#include <string.h>

#include "engine_fixture.h"
#include "unit.h"

#include "core/array.h"
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
#define S(x) fixture_string(st, x)

/* [[1, 2], [3, 4]] */
static struct value grid(void)
{
    struct value rows;
    ck_assert(array_make_empty(st, &rows));
    ck_assert(array_push_take(st, &rows, fixture_ints(st, (int64_t[]){1, 2}, 2)));
    ck_assert(array_push_take(st, &rows, fixture_ints(st, (int64_t[]){3, 4}, 2)));
    return rows;
}

static struct ops_step index_step(struct value i, uint32_t offset)
{
    return (struct ops_step){.index = i, .offset = offset};
}

static struct ops_step field_step(struct value name, uint32_t offset)
{
    return (struct ops_step){
        .index = value_unset(), .name = STRING_OF(name), .offset = offset};
}

/* Stores through one index step; `i` taken. */
static bool set_index(struct value *container, struct value i, struct value v)
{
    bool ok = ops_set_index_take(st, container, i, v);
    value_release(st, i);
    return ok;
}

static bool set_field(struct value *container, const char *name, struct value v)
{
    struct value key = S(name);
    bool ok = ops_set_field_take(st, container, STRING_OF(key), v);
    value_release(st, key);
    return ok;
}

START_TEST(test_path_single_stores)
{
    setup();
    struct value a = fixture_ints(st, (int64_t[]){1, 2, 3}, 3), d;
    ck_assert(set_index(&a, I(-1), S("x")));
    ck_assert(set_index(&a, value_float(0.5), I(9)));
    ck_assert_str_eq(fixture_text(st, a), "[9, 2, x]");
    ck_assert(!set_index(&a, I(3), S("dropped")));
    fixture_expect_error(st, "Index out of bounds: 3");
    ck_assert(!set_index(&a, S("0"), I(1)));
    fixture_expect_error(st, "Invalid index assignment: unsupported array index type");
    ck_assert(!set_index(&a, value_float((double)NAN), I(1)));
    fixture_expect_error(st, "Invalid index assignment: unsupported array index type");
    ck_assert(!set_field(&a, "f", I(1)));
    fixture_expect_error(st, "Cannot set field on non-struct value");
    ck_assert(dict_make_empty(st, &d));
    ck_assert(set_index(&d, I(1), I(1)));
    ck_assert(set_index(&d, S("1"), I(2)));
    ck_assert(set_field(&d, "f", I(3)));
    ck_assert_str_eq(fixture_text(st, d), "{\"1\": 2, \"f\": 3}");
    ck_assert(!set_index(&d, value_null(), I(1)));
    fixture_expect_error(st, "Invalid index assignment: unsupported dict key type");
    struct value s = S("text"), p = fixture_struct(st, "P", NULL, 0);
    ck_assert(!set_index(&s, I(0), I(1)));
    fixture_expect_error(st, "Invalid index assignment");
    ck_assert(set_field(&p, "made", I(1)));
    ck_assert_str_eq(fixture_text(st, p), "P { made: 1 }");
    ck_assert(!set_index(&p, S("made"), I(1)));
    fixture_expect_error(st, "Invalid index assignment");
    value_release(st, a);
    value_release(st, d);
    value_release(st, s);
    value_release(st, p);
    teardown();
}
END_TEST

START_TEST(test_path_unique_is_changed_in_place)
{
    setup();
    struct value g = grid();
    struct object *outer = g.as.object, *inner = ARRAY_OF(g)->items.values[1].as.object;
    struct ops_step steps[2] = {index_step(I(1), 5), index_step(I(0), 8)};
    struct heap_stats before, after;
    heap_stats_read(st, &before);
    ck_assert(ops_set_path_take(st, &g, steps, 2, I(30)));
    heap_stats_read(st, &after);
    ck_assert_uint_eq(before.copies, after.copies);
    ck_assert_uint_eq(before.allocations, after.allocations);
    ck_assert_ptr_eq(g.as.object, outer);
    ck_assert_ptr_eq(ARRAY_OF(g)->items.values[1].as.object, inner);
    ck_assert_str_eq(fixture_text(st, g), "[[1, 2], [30, 4]]");
    value_release(st, g);
    teardown();
}
END_TEST

START_TEST(test_path_shared_parts_are_copied_once)
{
    setup();
    struct value g = grid(), alias = value_retain(g);
    struct value row = value_retain(ARRAY_OF(g)->items.values[0]);
    struct ops_step steps[2] = {index_step(I(0), 5), index_step(I(0), 8)};
    struct heap_stats before, after;
    heap_stats_read(st, &before);
    ck_assert(ops_set_path_take(st, &g, steps, 2, I(10)));
    ck_assert(ops_set_path_take(st, &g, steps, 2, I(11)));
    heap_stats_read(st, &after);
    ck_assert_uint_eq(after.copies - before.copies, 2);
    ck_assert_str_eq(fixture_text(st, g), "[[11, 2], [3, 4]]");
    ck_assert_str_eq(fixture_text(st, alias), "[[1, 2], [3, 4]]");
    ck_assert_str_eq(fixture_text(st, row), "[1, 2]");
    value_release(st, row);
    value_release(st, alias);
    value_release(st, g);
    teardown();
}
END_TEST

START_TEST(test_path_value_may_contain_the_root)
{
    setup();
    struct value g = grid();
    struct ops_step steps[2] = {index_step(I(0), 5), index_step(I(0), 8)};
    ck_assert(ops_set_path_take(st, &g, steps, 2, value_retain(g)));
    ck_assert_str_eq(fixture_text(st, g), "[[[[1, 2], [3, 4]], 2], [3, 4]]");
    value_release(st, g);
    teardown();
}
END_TEST

START_TEST(test_path_mixed_steps)
{
    setup();
    struct value d, rows = S("rows"), name = S("name"), out;
    struct value p = fixture_struct(st, "P", NULL, 0);
    ck_assert(set_field(&p, "rows", grid()));
    ck_assert(dict_make_empty(st, &d));
    ck_assert(set_index(&d, S("p"), p));
    struct value key = S("p");
    struct ops_step steps[4] = {index_step(key, 1), field_step(rows, 2),
                                index_step(I(1), 3), index_step(I(1), 4)};
    ck_assert(ops_get_path(st, d, steps, 4, &out));
    ck_assert_int_eq(out.as.integer, 4);
    ck_assert(ops_set_path_take(st, &d, steps, 4, I(44)));
    ck_assert_str_eq(fixture_text(st, d), "{\"p\": P { rows: [[1, 2], [3, 44]] }}");
    steps[1] = field_step(name, 2);
    ck_assert(ops_set_path_take(st, &d, steps, 2, S("n")));
    ck_assert_str_eq(fixture_text(st, d),
                     "{\"p\": P { name: n, rows: [[1, 2], [3, 44]] }}");
    value_release(st, key);
    value_release(st, rows);
    value_release(st, name);
    value_release(st, d);
    teardown();
}
END_TEST

static void expect_failure(struct value *root, const struct ops_step *steps, uint32_t n,
                           const char *message, uint32_t offset)
{
    ck_assert(!ops_set_path_take(st, root, steps, n, S("dropped")));
    ck_assert_uint_eq(st->error.offset, offset);
    fixture_expect_error(st, message);
}

START_TEST(test_path_errors_name_the_step_that_failed)
{
    setup();
    struct value g = grid(), d, key = S("a"), f = S("f");
    struct ops_step steps[3] = {index_step(I(7), 5), index_step(I(0), 8),
                                index_step(I(0), 11)};
    expect_failure(&g, steps, 2, "Index out of bounds: 7", 5);
    steps[0] = index_step(key, 5);
    expect_failure(&g, steps, 2, "Invalid index operation", 5);
    steps[0] = index_step(I(0), 5);
    expect_failure(&g, steps, 3, "Invalid index assignment", 11);
    steps[2] = field_step(f, 11);
    expect_failure(&g, steps, 3, "Cannot set field on non-struct value", 11);
    steps[0] = field_step(f, 5);
    expect_failure(&g, steps, 2,
                   "Cannot access field or method 'f' on non-struct value", 5);
    ck_assert_str_eq(fixture_text(st, g), "[[1, 2], [3, 4]]");

    ck_assert(dict_make_empty(st, &d));
    steps[0] = index_step(key, 5);
    expect_failure(&d, steps, 2, "Missing map key: \"a\"", 5);
    /* An absent entry read as a member is null, which has no fields. */
    steps[0] = field_step(f, 5);
    steps[1] = field_step(f, 8);
    expect_failure(&d, steps, 2, "Cannot set field on non-struct value", 8);
    struct value p = fixture_struct(st, "P", NULL, 0);
    expect_failure(&p, steps, 2, "Field not found: f", 5);
    struct value s = S("text");
    steps[0] = index_step(I(0), 5);
    steps[1] = index_step(I(0), 8);
    expect_failure(&s, steps, 2, "Invalid index assignment", 8);
    value_release(st, s);
    value_release(st, p);
    value_release(st, d);
    value_release(st, g);
    value_release(st, key);
    value_release(st, f);
    teardown();
}
END_TEST

START_TEST(test_path_failing_allocation_changes_nothing)
{
    setup();
    struct value g = grid(), alias = value_retain(g);
    struct ops_step steps[2] = {index_step(I(0), 5), index_step(I(0), 8)};
    for (uint64_t n = 1; n <= 4; n++) {
        heap_fail_after(st, n);
        if (!ops_set_path_take(st, &g, steps, 2, I(10)))
            error_clear(st);
        heap_fail_after(st, 0);
        ck_assert_str_eq(fixture_text(st, alias), "[[1, 2], [3, 4]]");
    }
    value_release(st, alias);
    value_release(st, g);
    teardown();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_path_single_stores,
        test_path_unique_is_changed_in_place,
        test_path_shared_parts_are_copied_once,
        test_path_value_may_contain_the_root,
        test_path_mixed_steps,
        test_path_errors_name_the_step_that_failed,
        test_path_failing_allocation_changes_nothing,
        NULL,
    };
    return unit_run(unit_suite("path", tests));
}
