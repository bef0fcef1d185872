#include "config.h"

#include "core_unit.h"

#include "core/array.h"
#include "core/dict.h"
#include "core/function.h"
#include "core/gc.h"

static struct proto proto_of(uint32_t ncaptures)
{
    return (struct proto){.ncaptures = ncaptures, .name = "f", .profile_name = "f"};
}

/* A closure that is held by its own variable, which also holds `payload`. */
static struct cell *make_cycle(struct state *st, struct proto *proto,
                               struct value payload)
{
    struct cell *cell = cell_new_take(st, value_null());
    ck_assert_ptr_nonnull(cell);
    struct function *f = function_new(st, proto, NULL, &cell);
    ck_assert_ptr_nonnull(f);
    struct value items[] = {value_object(&f->head), payload}, list;
    ck_assert(array_make_take(st, items, 2, &list));
    cell->value = list;
    return cell;
}

START_TEST(test_gc_frees_a_closure_that_holds_itself)
{
    struct state *st = core_state(0);
    struct proto proto = proto_of(1);
    uint64_t alive = core_alive(st);
    struct cell *cell = make_cycle(st, &proto, core_text(st, "payload"));
    object_release(st, &cell->head);
    ck_assert_uint_gt(core_alive(st), alive);
    ck_assert_uint_eq(gc_collect(st), 3);
    ck_assert_uint_eq(core_alive(st), alive);
    state_free(st);
}
END_TEST

START_TEST(test_gc_keeps_what_is_in_use)
{
    struct state *st = core_state(0);
    struct proto proto = proto_of(1);
    struct cell *cell = make_cycle(st, &proto, value_null());
    uint64_t alive = core_alive(st);
    ck_assert_uint_eq(gc_collect(st), 0);
    /* In use only through a container that is outside of the cycle. */
    struct value outside = value_retain(cell->value);
    object_release(st, &cell->head);
    ck_assert_uint_eq(gc_collect(st), 0);
    ck_assert_uint_eq(core_alive(st), alive);
    ck_assert_uint_eq(array_get(ARRAY_OF(outside), 0).kind, VALUE_FUNCTION);
    value_release(st, outside);
    ck_assert_uint_eq(gc_collect(st), 3);
    state_free(st);
}
END_TEST

START_TEST(test_gc_keeps_many_that_are_in_use)
{
    enum {
        MANY = 5000
    };
    static struct cell *cells[MANY];
    struct state *st = core_state(0);
    struct proto proto = proto_of(1);
    uint64_t alive = core_alive(st);
    for (int i = 0; i < MANY; i++)
        cells[i] = make_cycle(st, &proto, value_int(i));
    ck_assert_uint_eq(gc_collect(st), 0);
    for (int i = 0; i < MANY; i++) {
        ck_assert_uint_eq(cells[i]->value.kind, VALUE_ARRAY);
        struct value payload = array_get(ARRAY_OF(cells[i]->value), 1);
        ck_assert_int_eq(payload.as.integer, i);
        /* Every second one is garbage from here on. */
        if (i % 2 == 0)
            object_release(st, &cells[i]->head);
    }
    ck_assert_uint_eq(gc_collect(st), 3 * (MANY / 2));
    for (int i = 1; i < MANY; i += 2) {
        ck_assert_uint_eq(cells[i]->value.kind, VALUE_ARRAY);
        object_release(st, &cells[i]->head);
    }
    ck_assert_uint_eq(gc_collect(st), 3 * (MANY / 2));
    ck_assert_uint_eq(core_alive(st), alive);
    state_free(st);
}
END_TEST

START_TEST(test_gc_follows_long_chains)
{
    struct state *st = core_state(0);
    struct proto proto = proto_of(1);
    uint64_t alive = core_alive(st);
    /* cell -> function -> cell -> ... -> first cell */
    struct cell *first = cell_new_take(st, value_null()), *last = first;
    object_retain(&first->head);
    for (int i = 0; i < 50000; i++) {
        struct function *f = function_new(st, &proto, NULL, &last);
        object_release(st, &last->head);
        last = cell_new_take(st, value_object(&f->head));
    }
    struct function *f = function_new(st, &proto, NULL, &last);
    first->value = value_object(&f->head);
    object_release(st, &last->head);
    object_release(st, &first->head);
    gc_collect(st);
    ck_assert_uint_eq(core_alive(st), alive);
    state_free(st);
}
END_TEST

START_TEST(test_gc_starts_by_itself_and_is_amortised)
{
    struct state *st = core_state(0);
    struct proto proto = proto_of(1);
    uint64_t peak = 0;
    for (int i = 0; i < 200000; i++) {
        struct cell *cell = make_cycle(st, &proto, value_null());
        object_release(st, &cell->head);
        if (core_alive(st) > peak)
            peak = core_alive(st);
    }
    struct gc_stats stats;
    gc_stats_read(st, &stats);
    ck_assert_uint_gt(stats.collections, 5);
    ck_assert_uint_lt(stats.visited, 200000 * 3 * 4);
    ck_assert_uint_lt(peak, 100000);
    state_free(st);
}
END_TEST

START_TEST(test_gc_makes_room_below_the_memory_limit)
{
    struct state *st = core_state(20000000);
    struct proto proto = proto_of(1);
    for (int i = 0; i < 200; i++) {
        struct array *big = array_new_ints(st, 100000);
        ck_assert_ptr_nonnull(big);
        struct cell *cell = make_cycle(st, &proto, array_value(big));
        object_release(st, &cell->head);
    }
    state_free(st);
}
END_TEST

START_TEST(test_gc_end_of_the_isolate_frees_cycles)
{
    struct state *st = core_state(0);
    struct proto proto = proto_of(1);
    struct cell *cell = make_cycle(st, &proto, value_null());
    object_release(st, &cell->head);
    state_free(st); /* the leak sanitizer judges */
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_gc_frees_a_closure_that_holds_itself,
        test_gc_keeps_what_is_in_use,
        test_gc_keeps_many_that_are_in_use,
        test_gc_follows_long_chains,
        test_gc_starts_by_itself_and_is_amortised,
        test_gc_makes_room_below_the_memory_limit,
        test_gc_end_of_the_isolate_frees_cycles,
        NULL,
    };
    return unit_run(unit_suite("gc", tests));
}
