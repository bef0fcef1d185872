#include "config.h"

#include "core_unit.h"

#include "base/hash.h"
#include "core/structs.h"

static struct value empty_struct(struct state *st, const char *name)
{
    struct value text = core_text(st, name), v;
    struct shape *shape = shape_root(st, STRING_OF(text));
    ck_assert_ptr_nonnull(shape);
    ck_assert(struct_make_take(st, shape, NULL, NULL, &v));
    value_release(st, text);
    return v;
}

static void set(struct state *st, struct value *s, const char *field, struct value v)
{
    struct value name = core_text(st, field);
    ck_assert(struct_set_take(st, s, STRING_OF(name), v));
    value_release(st, name);
}

START_TEST(test_structs_share_shapes)
{
    struct state *st = core_state(0);
    struct value a = empty_struct(st, "Point"), b = empty_struct(st, "Point");
    struct value c = empty_struct(st, "Other");
    set(st, &a, "x", value_int(1));
    set(st, &a, "y", value_int(2));
    set(st, &b, "x", value_int(3));
    set(st, &b, "y", value_int(4));
    set(st, &c, "x", value_int(5));
    ck_assert_ptr_eq(STRUCT_OF(a)->shape, STRUCT_OF(b)->shape);
    ck_assert_ptr_ne(STRUCT_OF(c)->shape, STRUCT_OF(a)->shape->parent);
    set(st, &b, "x", value_int(6));
    ck_assert_ptr_eq(STRUCT_OF(a)->shape, STRUCT_OF(b)->shape);
    ck_assert_str_eq(core_show_take(st, b), "Point { x: 6, y: 4 }");
    value_release(st, a);
    value_release(st, c);
    state_free(st);
}
END_TEST

START_TEST(test_structs_print_fields_in_byte_order)
{
    struct state *st = core_state(0);
    struct value a = empty_struct(st, "P");
    ck_assert_str_eq(core_show_take(st, value_retain(a)), "P {  }");
    set(st, &a, "b", value_int(1));
    set(st, &a, "aa", value_int(2));
    set(st, &a, "a", value_int(3));
    set(st, &a, "Z", core_text(st, "q"));
    ck_assert_str_eq(core_show_take(st, a), "P { Z: q, a: 3, aa: 2, b: 1 }");
    state_free(st);
}
END_TEST

START_TEST(test_structs_branch_and_grow)
{
    struct state *st = core_state(0);
    struct value base = empty_struct(st, "Wide");
    set(st, &base, "first", value_int(0));
    struct value a = value_retain(base), b = value_retain(base);
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", i);
        set(st, &a, name, value_int(i));
        snprintf(name, sizeof name, "g%d", i);
        set(st, &b, name, value_int(i));
    }
    ck_assert_uint_eq(STRUCT_OF(base)->shape->nfields, 1);
    ck_assert_uint_eq(STRUCT_OF(a)->shape->nfields, 101);
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", i);
        struct value key = core_text(st, name);
        ck_assert_int_eq(struct_find(st, STRUCT_OF(a), STRING_OF(key))->as.integer, i);
        ck_assert_ptr_null(struct_find(st, STRUCT_OF(b), STRING_OF(key)));
        ck_assert_ptr_null(struct_find(st, STRUCT_OF(base), STRING_OF(key)));
        value_release(st, key);
    }
    value_release(st, a);
    value_release(st, b);
    value_release(st, base);
    state_free(st);
}
END_TEST

START_TEST(test_structs_copy_when_shared_and_only_then)
{
    struct state *st = core_state(0);
    struct value a = empty_struct(st, "S");
    set(st, &a, "x", core_text(st, "text"));
    struct value b = value_retain(a);
    uint64_t copies = core_copies(st);
    set(st, &b, "x", value_int(1));
    set(st, &b, "x", value_int(2));
    ck_assert_uint_eq(core_copies(st), copies + 1);
    ck_assert_str_eq(core_show_take(st, a), "S { x: text }");
    ck_assert_str_eq(core_show_take(st, b), "S { x: 2 }");
    state_free(st);
}
END_TEST

START_TEST(test_structs_slot_failure_and_absence_differ)
{
    struct state *st = core_state(0);
    struct value a = empty_struct(st, "S"), x = core_text(st, "xx"),
                 y = core_text(st, "yy");
    set(st, &a, "xx", value_int(1));
    struct value b = value_retain(a);
    bool failed = true;
    ck_assert_ptr_null(struct_slot(st, &a, STRING_OF(y), &failed));
    ck_assert(!failed);
    heap_fail_after(st, 1);
    ck_assert_ptr_null(struct_slot(st, &a, STRING_OF(x), &failed));
    ck_assert(failed);
    ck_assert(!struct_set_take(st, &a, STRING_OF(y), value_int(2)));
    heap_fail_after(st, 0);
    error_clear(st);
    ck_assert_ptr_eq(a.as.object, b.as.object);
    *struct_slot(st, &a, STRING_OF(x), &failed) = value_int(3);
    ck_assert_str_eq(core_show_take(st, a), "S { xx: 3 }");
    ck_assert_str_eq(core_show_take(st, b), "S { xx: 1 }");
    value_release(st, x);
    value_release(st, y);
    state_free(st);
}
END_TEST

/* Shapes outlive programs, whose constants name the fields. */
START_TEST(test_structs_shapes_own_their_names)
{
    struct state *st = core_state(0);
    struct hash_key key = string_hash_key(st);
    struct string *name = string_constant_new(&key, "Name", 4);
    struct string *field = string_constant_new(&key, "field", 5);
    struct shape *shape = shape_with(st, shape_root(st, name), field);
    ck_assert_uint_eq(shape_slot(st, shape, field), 0);
    string_constant_free(name);
    string_constant_free(field);
    ck_assert_str_eq(STRING_OF(shape->struct_name)->data, "Name");
    ck_assert_str_eq(shape->names[0]->data, "field");
    state_free(st);
}
END_TEST

/* A name from the heap, used in two lists, one of one character, and an instance. */
START_TEST(test_structs_names_of_shapes_do_not_count_as_alive)
{
    struct state *st = core_state(0);
    uint64_t before = core_alive(st);
    struct value name = core_text(st, "Name"), field = core_text(st, "field"),
                 other = core_text(st, "other"), x = core_text(st, "x");
    struct shape *root = shape_root(st, STRING_OF(name));
    struct shape *first = shape_with(st, root, STRING_OF(field));
    ck_assert_ptr_nonnull(shape_with(st, first, STRING_OF(x)));
    ck_assert_ptr_nonnull(
        shape_with(st, shape_with(st, first, STRING_OF(other)), STRING_OF(x)));
    ck_assert_uint_eq(core_alive(st), before);
    struct struct_object *s = struct_new(st, first, NULL);
    ck_assert_uint_eq(core_alive(st), before + 1);
    value_release(st, struct_value(s));
    value_release(st, name);
    value_release(st, field);
    value_release(st, other);
    value_release(st, x);
    ck_assert_uint_eq(core_alive(st), before);
    state_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_structs_share_shapes,
        test_structs_print_fields_in_byte_order,
        test_structs_branch_and_grow,
        test_structs_copy_when_shared_and_only_then,
        test_structs_slot_failure_and_absence_differ,
        test_structs_shapes_own_their_names,
        test_structs_names_of_shapes_do_not_count_as_alive,
        NULL,
    };
    return unit_run(unit_suite("structs", tests));
}
