#include "config.h"

#include "core_unit.h"

#include "core/function.h"
#include "core/ops.h"
#include "core/structs.h"

START_TEST(test_function_lines_and_columns)
{
    static const char text[] = "ab\n\xC3\xA9x\n\nlast";
    static const uint32_t starts[] = {0, 3, 7, 8};
    const struct source_ref s = {.path = "x",
                                 .text = text,
                                 .len = sizeof text - 1,
                                 .line_starts = starts,
                                 .nlines = 4};
    ck_assert_uint_eq(source_ref_line(&s, 0), 1);
    ck_assert_uint_eq(source_ref_line(&s, 2), 1);
    ck_assert_uint_eq(source_ref_line(&s, 3), 2);
    ck_assert_uint_eq(source_ref_line(&s, 7), 3);
    ck_assert_uint_eq(source_ref_line(&s, 1000), 4);
    ck_assert_uint_eq(source_ref_column(&s, 1), 2);
    ck_assert_uint_eq(source_ref_column(&s, 5), 2);
    ck_assert_uint_eq(source_ref_column(&s, 1000), 5);
    /* A source without text has a first line. */
    const struct source_ref none = {.path = "x", .text = ""};
    ck_assert_uint_eq(source_ref_line(&none, 0), 1);
    ck_assert_uint_eq(source_ref_line(&none, 5), 1);
    ck_assert_uint_eq(source_ref_column(&none, 5), 1);
}
END_TEST

static struct function *plain(struct state *st, struct proto *proto)
{
    struct function *f = function_new(st, proto, NULL, NULL);
    ck_assert_ptr_nonnull(f);
    return f;
}

START_TEST(test_function_struct_definition)
{
    struct state *st = core_state(0);
    uint64_t alive = core_alive(st);
    struct proto add = {.name = "V.op_add"}, length = {.name = "V.length"},
                 fallback = {.name = "<lambda>"};
    struct function *methods[] = {plain(st, &add), plain(st, &length)};
    struct function *defaults[] = {NULL, plain(st, &fallback)};
    const char *const fields[] = {"x", "y"};
    struct value def;
    ck_assert(structdef_new(st, "V", 2, fields, defaults, 2, methods, &def));
    struct structdef *d = STRUCTDEF_OF(def);
    struct value name = core_text(st, "length"), other = core_text(st, "x");
    ck_assert_ptr_eq(structdef_method(d, STRING_OF(name)), methods[1]);
    ck_assert_ptr_null(structdef_method(d, STRING_OF(other)));
    ck_assert_uint_eq(d->operators, 1u << OPS_OVERLOAD_ADD);
    ck_assert_uint_eq(d->shape->nfields, 2);
    ck_assert_ptr_eq(methods[0]->def, d);

    /* The definition goes first; its method lives on in a bound method. */
    struct value bound = bound_method_new(st, value_int(1), methods[0]);
    for (int i = 0; i < 2; i++)
        object_release(st, &methods[i]->head);
    object_release(st, &defaults[1]->head);
    value_release(st, def);
    ck_assert_ptr_null(METHOD_OF(bound)->function->def);
    value_release(st, bound);
    value_release(st, name);
    value_release(st, other);
    /* Names live on in the shapes. */
    ck_assert_uint_le(core_alive(st), alive + 3);
    state_free(st);
}
END_TEST

START_TEST(test_function_failed_definition_releases_everything)
{
    struct state *st = core_state(0);
    struct proto proto = {.name = "V.method"};
    struct function *method = plain(st, &proto);
    const char *const fields[] = {"first field", "second field"};
    struct function *defaults[] = {method, NULL};
    bool done = false;
    uint64_t n = 1;
    for (; !done && n < 100; n++) {
        struct value def;
        heap_fail_after(st, n);
        done = structdef_new(st, "A struct", 2, fields, defaults, 1, &method, &def);
        heap_fail_after(st, 0);
        if (done)
            value_release(st, def);
        else
            error_clear(st);
        ck_assert_int_eq(method->head.refs, 1);
        ck_assert_ptr_null(method->def);
    }
    ck_assert(done);
    ck_assert_uint_gt(n, 4);
    object_release(st, &method->head);
    state_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_function_lines_and_columns,
        test_function_struct_definition,
        test_function_failed_definition_releases_everything,
        NULL,
    };
    return unit_run(unit_suite("function", tests));
}
