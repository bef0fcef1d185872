#include "config.h"

#include "core_unit.h"

#include "base/mem.h"
#include "core/array.h"
#include "core/boxed.h"
#include "core/bytes.h"
#include "core/collection.h"
#include "core/copy.h"
#include "core/dict.h"
#include "core/function.h"
#include "core/iter.h"
#include "core/promise.h"
#include "core/structs.h"

struct fixture {
    struct state *from, *to;
    struct copy copy;
    struct instance from_instance, to_instance;
};

static struct instance *map_instance(void *context, struct instance *i)
{
    struct fixture *f = context;
    return i == &f->from_instance ? &f->to_instance : NULL;
}

static void set_up(struct fixture *f)
{
    *f = (struct fixture){.from = core_state(0), .to = core_state(0)};
    copy_init(&f->copy, f->from, f->to);
    f->copy.context = f;
    f->copy.instance = map_instance;
}

static void tear_down(struct fixture *f)
{
    copy_done(&f->copy);
    state_free(f->from);
    state_free(f->to);
}

/* Copies, releases the original, and shows the copy. */
static const char *copied(struct fixture *f, struct value v)
{
    struct value out;
    ck_assert(copy_value(&f->copy, v, &out));
    value_release(f->from, v);
    return core_show_take(f->to, out);
}

START_TEST(test_copy_containers)
{
    struct fixture f;
    set_up(&f);
    struct state *st = f.from;
    struct value d, s, list, name = core_text(st, "Point"), x = core_text(st, "x");
    ck_assert(dict_make_empty(st, &d));
    ck_assert(dict_set_text_take(st, &d, "text", core_text(st, "word")));
    ck_assert(dict_set_take(st, &d, value_int(4), value_float(2.5)));
    ck_assert(struct_make_take(st, shape_root(st, STRING_OF(name)), NULL, NULL, &s));
    ck_assert(struct_set_take(st, &s, STRING_OF(x), d));
    struct value boxed, tag = core_text(st, "E::V"), payload = value_retain(s);
    ck_assert(tagged_make_take(st, STRING_OF(tag), &payload, 1, &boxed));
    ck_assert(boxed_make_take(st, VALUE_OK, boxed, &boxed));
    struct value items[] = {s, boxed, value_int(3), value_null()};
    ck_assert(array_make_take(st, items, 4, &list));
    value_release(st, name);
    value_release(st, x);
    value_release(st, tag);
    ck_assert_str_eq(copied(&f, list),
                     "[Point { x: {\"4\": 2.5, \"text\": word} }, "
                     "Ok(E::V(Point { x: {\"4\": 2.5, \"text\": word} })), 3, null]");
    tear_down(&f);
}
END_TEST

START_TEST(test_copy_collections_and_bytes)
{
    struct fixture f;
    set_up(&f);
    struct value set, bytes, out;
    bool has;
    ck_assert(collection_make(f.from, VALUE_SET, 0, &set));
    for (int i = 0; i < 20; i++)
        ck_assert(collection_add_take(f.from, &set, value_int(i)));
    ck_assert(collection_delete(f.from, &set, value_int(3), &has));
    ck_assert(copy_value(&f.copy, set, &out));
    ck_assert_uint_eq(COLLECTION_OF(out)->len, 19);
    ck_assert(collection_has(f.to, COLLECTION_OF(out), value_int(7), &has) && has);
    ck_assert(collection_has(f.to, COLLECTION_OF(out), value_int(3), &has) && !has);
    value_release(f.to, out);
    ck_assert(bytes_make(f.from, "abc", 3, &bytes));
    ck_assert(copy_value(&f.copy, bytes, &out));
    ck_assert_mem_eq(BYTES_OF(out)->data, "abc", 3);
    value_release(f.to, out);
    value_release(f.from, bytes);
    value_release(f.from, set);
    tear_down(&f);
}
END_TEST

START_TEST(test_copy_keeps_shared_variables_shared)
{
    struct fixture f;
    set_up(&f);
    struct proto proto = {.ncaptures = 1, .name = "f"};
    struct cell *cell = cell_new_take(f.from, value_int(5));
    struct function *a = function_new(f.from, &proto, &f.from_instance, &cell);
    struct function *b = function_new(f.from, &proto, &f.from_instance, &cell);
    /* A cycle: the variable holds one of its closures. */
    object_retain(&a->head);
    struct value items[] = {value_object(&a->head), value_object(&b->head)}, list, out;
    cell->value = value_object(&a->head);
    ck_assert(array_make_take(f.from, items, 2, &list));
    ck_assert(copy_value(&f.copy, list, &out));
    struct function *x = FUNCTION_OF(array_get(ARRAY_OF(out), 0));
    struct function *y = FUNCTION_OF(array_get(ARRAY_OF(out), 1));
    ck_assert_ptr_eq(x->cells[0], y->cells[0]);
    ck_assert_ptr_ne(x->cells[0], cell);
    ck_assert_ptr_eq(x->cells[0]->value.as.object, x);
    ck_assert_ptr_eq(x->instance, &f.to_instance);
    value_release(f.to, out);
    value_release(f.from, list);
    object_release(f.from, &cell->head);
    tear_down(&f);
}
END_TEST

START_TEST(test_copy_struct_definitions_once)
{
    struct fixture f;
    set_up(&f);
    struct proto proto = {.name = "V.length"};
    struct function *method = function_new(f.from, &proto, &f.from_instance, NULL);
    const char *const fields[] = {"x"};
    struct function *const defaults[] = {NULL};
    struct value def, out, one = value_int(1), two = value_int(2), a, b, list;
    ck_assert(structdef_new(f.from, "V", 1, fields, defaults, 1, &method, &def));
    struct structdef *d = STRUCTDEF_OF(def);
    ck_assert(struct_make_take(f.from, d->shape, d, &one, &a));
    ck_assert(struct_make_take(f.from, d->shape, d, &two, &b));
    struct value items[] = {a, b};
    ck_assert(array_make_take(f.from, items, 2, &list));
    ck_assert(copy_value(&f.copy, list, &out));
    struct struct_object *x = STRUCT_OF(array_get(ARRAY_OF(out), 0));
    struct struct_object *y = STRUCT_OF(array_get(ARRAY_OF(out), 1));
    ck_assert_ptr_eq(x->def, y->def);
    ck_assert_ptr_ne(x->def, d);
    ck_assert_ptr_eq(x->shape, x->def->shape);
    ck_assert_ptr_eq(x->def->methods[0]->def, x->def);
    ck_assert_str_eq(core_show_take(f.to, out), "[V { x: 1 }, V { x: 2 }]");
    value_release(f.from, list);
    value_release(f.from, def);
    object_release(f.from, &method->head);
    tear_down(&f);
}
END_TEST

START_TEST(test_copy_deep_data)
{
    struct fixture f;
    set_up(&f);
    struct value v = value_null(), out;
    for (int i = 0; i < 100000; i++)
        ck_assert(array_make_take(f.from, &v, 1, &v));
    ck_assert(copy_value(&f.copy, v, &out));
    value_release(f.from, v);
    copy_done(&f.copy);
    value_release(f.to, out);
    tear_down(&f);
}
END_TEST

START_TEST(test_copy_names_what_cannot_be_sent)
{
    struct fixture f;
    set_up(&f);
    struct value promise, list, out;
    ck_assert(promise_new(f.from, &promise));
    ck_assert(array_make_take(f.from, &promise, 1, &list));
    ck_assert(!copy_value(&f.copy, list, &out));
    ck_assert_str_eq(core_error_take(f.from), "Cannot send promise to another task");
    value_release(f.from, list);
    struct proto proto = {.name = "f"};
    struct function *stranger = function_new(f.from, &proto, NULL, NULL);
    ck_assert(!copy_value(&f.copy, value_object(&stranger->head), &out));
    ck_assert_str_eq(core_error_take(f.from), "Cannot send function to another task");
    object_release(f.from, &stranger->head);
    ck_assert_str_eq(copy_unsendable(VALUE_TASK), "taskhandle");
    ck_assert_ptr_null(copy_unsendable(VALUE_ARRAY));
    tear_down(&f);
}
END_TEST

START_TEST(test_copy_without_memory_leaves_nothing)
{
    struct fixture f;
    set_up(&f);
    struct value d, out, list;
    ck_assert(dict_make_empty(f.from, &d));
    ck_assert(dict_set_text_take(f.from, &d, "text", core_text(f.from, "some word")));
    ck_assert(array_make_take(f.from, &d, 1, &list));
    uint64_t alive = core_alive(f.to);
    bool done = false;
    for (uint64_t n = 1; !done && n < 100; n++) {
        heap_fail_after(f.to, n);
        done = copy_value(&f.copy, list, &out);
        heap_fail_after(f.to, 0);
        if (done)
            value_release(f.to, out);
        else
            error_clear(f.from);
        copy_done(&f.copy);
        ck_assert_int_eq(f.to->error.kind, ERROR_NONE);
        ck_assert_uint_eq(core_alive(f.to), alive);
    }
    ck_assert(done);
    value_release(f.from, list);
    tear_down(&f);
}
END_TEST

/* Without --enable-hard-tests nothing fails. */
START_TEST(test_copy_survives_running_out_of_memory)
{
    for (int64_t after = 0; after < 12; after++) {
        struct fixture f;
        struct value list, item, out;
        set_up(&f);
        ck_assert(array_make_empty(f.from, &list));
        for (int i = 0; i < 70; i++) {
            ck_assert(array_make_empty(f.from, &item));
            ck_assert(array_push_take(f.from, &list, value_retain(item)));
            ck_assert(array_push_take(f.from, &list, item));
        }
        mem_fail_after(after, false);
        bool ok = copy_value(&f.copy, list, &out);
        mem_fail_after(-1, false);
        if (ok) {
            ck_assert_uint_eq(ARRAY_OF(out)->len, 140);
            for (size_t i = 0; i < 140; i += 2) {
                struct value twin = array_get(ARRAY_OF(out), i + 1);
                ck_assert_ptr_eq(array_get(ARRAY_OF(out), i).as.object, twin.as.object);
            }
            value_release(f.to, out);
        } else {
            ck_assert_str_eq(core_error_take(f.from), "Cannot allocate memory");
        }
        value_release(f.from, list);
        tear_down(&f);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_copy_containers,
        test_copy_collections_and_bytes,
        test_copy_keeps_shared_variables_shared,
        test_copy_struct_definitions_once,
        test_copy_deep_data,
        test_copy_names_what_cannot_be_sent,
        test_copy_without_memory_leaves_nothing,
        test_copy_survives_running_out_of_memory,
        NULL,
    };
    return unit_run(unit_suite("copy", tests));
}
