#include "config.h"

#include <string.h>

#include "core_unit.h"

#include "base/mem.h"
#include "core/array.h"
#include "core/boxed.h"
#include "core/bytes.h"
#include "core/channel.h"
#include "core/collection.h"
#include "core/conduit.h"
#include "core/dict.h"
#include "core/function.h"
#include "core/iter.h"
#include "core/parcel.h"
#include "core/promise.h"
#include "core/scope.h"
#include "core/structs.h"

struct fixture {
    struct state *from, *to;
    struct proto protos[1];
    struct unit unit;
    struct instance *from_instance, *to_instance;
    struct transit transit;
};

static const uint32_t reached_slots[] = {0, 1};

static void set_up(struct fixture *f)
{
    *f = (struct fixture){.from = core_state(0), .to = core_state(0)};
    f->unit.protos = f->protos;
    f->unit.nprotos = 1;
    f->unit.nglobals = 3;
    f->unit.reached = reached_slots;
    f->unit.nreached = 2;
    f->protos[0].unit = &f->unit;
    f->from_instance = instance_new(f->from, &f->unit);
    f->to_instance = instance_new(f->to, &f->unit);
    transit_init(&f->transit);
    f->from->parcels = f->to->parcels = &f->transit.account;
}

static void tear_down(struct fixture *f)
{
    instances_free(f->from);
    instances_free(f->to);
    mem_free(f->unit.late);
    /* Every parcel has been freed. */
    ck_assert_uint_eq(atomic_load(&f->transit.account.bytes), 0);
    channel_handles_free(f->from);
    channel_handles_free(f->to);
    transit_clear(&f->transit);
    transit_done(&f->transit);
    state_free(f->from);
    state_free(f->to);
}

/* Packs in one isolate and opens in the other. */
static bool cross(struct fixture *f, struct value v, struct value *out)
{
    struct parcel p;
    if (!parcel_pack(f->from, v, &p))
        return false;
    bool ok = parcel_open(f->to, &p, out);
    parcel_done(&p);
    return ok;
}

/* Copies, releases the original, and shows the copy. */
static const char *copied(struct fixture *f, struct value v)
{
    struct value out;
    ck_assert(cross(f, v, &out));
    value_release(f->from, v);
    return core_show_take(f->to, out);
}

START_TEST(test_parcel_containers)
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

START_TEST(test_parcel_collections_and_bytes)
{
    struct fixture f;
    set_up(&f);
    struct value set, bytes, out;
    bool has;
    ck_assert(collection_make(f.from, VALUE_SET, 0, &set));
    for (int i = 0; i < 20; i++)
        ck_assert(collection_add_take(f.from, &set, value_int(i)));
    ck_assert(collection_delete(f.from, &set, value_int(3), &has));
    ck_assert(cross(&f, set, &out));
    ck_assert_uint_eq(COLLECTION_OF(out)->len, 19);
    ck_assert(collection_has(f.to, COLLECTION_OF(out), value_int(7), &has) && has);
    ck_assert(collection_has(f.to, COLLECTION_OF(out), value_int(3), &has) && !has);
    value_release(f.to, out);
    ck_assert(bytes_make(f.from, "abc", 3, &bytes));
    ck_assert(cross(&f, bytes, &out));
    ck_assert_mem_eq(BYTES_OF(out)->data, "abc", 3);
    value_release(f.to, out);
    value_release(f.from, bytes);
    value_release(f.from, set);
    tear_down(&f);
}
END_TEST

START_TEST(test_parcel_keeps_shared_variables_shared)
{
    struct fixture f;
    set_up(&f);
    f.protos[0].ncaptures = 1;
    f.protos[0].name = "f";
    struct cell *cell = cell_new_take(f.from, value_int(5));
    struct function *a = function_new(f.from, &f.protos[0], f.from_instance, &cell);
    struct function *b = function_new(f.from, &f.protos[0], f.from_instance, &cell);
    /* A cycle: the variable holds one of its closures. */
    object_retain(&a->head);
    struct value items[] = {value_object(&a->head), value_object(&b->head)}, list, out;
    cell->value = value_object(&a->head);
    ck_assert(array_make_take(f.from, items, 2, &list));
    ck_assert(cross(&f, list, &out));
    struct function *x = FUNCTION_OF(array_get(ARRAY_OF(out), 0));
    struct function *y = FUNCTION_OF(array_get(ARRAY_OF(out), 1));
    ck_assert_ptr_eq(x->cells[0], y->cells[0]);
    ck_assert_ptr_ne(x->cells[0], cell);
    ck_assert_ptr_eq(x->cells[0]->value.as.object, x);
    ck_assert_ptr_eq(x->instance, f.to_instance);
    value_release(f.to, out);
    value_release(f.from, list);
    object_release(f.from, &cell->head);
    tear_down(&f);
}
END_TEST

START_TEST(test_parcel_struct_definitions_once)
{
    struct fixture f;
    set_up(&f);
    f.protos[0].name = "V.length";
    struct function *method = function_new(f.from, &f.protos[0], f.from_instance, NULL);
    const char *const fields[] = {"x"};
    struct function *const defaults[] = {NULL};
    struct value def, out, one = value_int(1), two = value_int(2), a, b, list;
    ck_assert(structdef_new(f.from, "V", 1, fields, defaults, 1, &method, &def));
    struct structdef *d = STRUCTDEF_OF(def);
    ck_assert(struct_make_take(f.from, d->shape, d, &one, &a));
    ck_assert(struct_make_take(f.from, d->shape, d, &two, &b));
    struct value items[] = {a, b};
    ck_assert(array_make_take(f.from, items, 2, &list));
    ck_assert(cross(&f, list, &out));
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

START_TEST(test_parcel_deep_data)
{
    struct fixture f;
    set_up(&f);
    struct value v = value_null(), out;
    for (int i = 0; i < 100000; i++)
        ck_assert(array_make_take(f.from, &v, 1, &v));
    ck_assert(cross(&f, v, &out));
    value_release(f.from, v);
    value_release(f.to, out);
    tear_down(&f);
}
END_TEST

START_TEST(test_parcel_names_what_cannot_be_sent)
{
    struct fixture f;
    set_up(&f);
    struct value promise, list, out;
    ck_assert(promise_new(f.from, &promise));
    ck_assert(array_make_take(f.from, &promise, 1, &list));
    ck_assert(!cross(&f, list, &out));
    ck_assert_str_eq(core_error_take(f.from), "Cannot send promise to another task");
    value_release(f.from, list);
    ck_assert_str_eq(parcel_unsendable(VALUE_TASK), "taskhandle");
    ck_assert_ptr_null(parcel_unsendable(VALUE_ARRAY));
    tear_down(&f);
}
END_TEST

START_TEST(test_parcel_without_memory_leaves_nothing)
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
        done = cross(&f, list, &out);
        heap_fail_after(f.to, 0);
        if (done)
            value_release(f.to, out);
        else
            error_clear(f.to);
        ck_assert_int_eq(f.to->error.kind, ERROR_NONE);
        ck_assert_uint_eq(core_alive(f.to), alive);
    }
    ck_assert(done);
    value_release(f.from, list);
    tear_down(&f);
}
END_TEST

/* Without --enable-hard-tests nothing fails. */
START_TEST(test_parcel_survives_running_out_of_memory)
{
    for (int64_t after = 0; after < 20; after++) {
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
        bool ok = cross(&f, list, &out);
        mem_fail_after(-1, false);
        if (ok) {
            ck_assert_uint_eq(ARRAY_OF(out)->len, 140);
            for (size_t i = 0; i < 140; i += 2) {
                struct value twin = array_get(ARRAY_OF(out), i + 1);
                ck_assert_ptr_eq(array_get(ARRAY_OF(out), i).as.object, twin.as.object);
            }
            value_release(f.to, out);
        } else {
            struct state *st = f.from->error.kind != ERROR_NONE ? f.from : f.to;
            ck_assert_str_eq(core_error_take(st), "Cannot allocate memory");
        }
        value_release(f.from, list);
        tear_down(&f);
    }
}
END_TEST

START_TEST(test_parcel_plain_values_need_no_body)
{
    struct fixture f;
    set_up(&f);
    struct parcel p;
    struct value out;
    ck_assert(parcel_pack(f.from, value_int(7), &p));
    ck_assert_ptr_null(p.body);
    ck_assert(parcel_open(f.to, &p, &out));
    ck_assert_int_eq(out.as.integer, 7);
    tear_down(&f);
}
END_TEST

START_TEST(test_parcel_is_opened_several_times)
{
    struct fixture f;
    set_up(&f);
    struct value text = core_text(f.from, "word"), a, b;
    struct parcel p, q;
    ck_assert(parcel_pack(f.from, text, &p));
    value_release(f.from, text);
    q = parcel_retain(p);
    ck_assert(parcel_open(f.to, &p, &a));
    parcel_done(&p);
    ck_assert(parcel_open(f.to, &q, &b));
    parcel_done(&q);
    ck_assert_ptr_ne(a.as.object, b.as.object);
    ck_assert_str_eq(core_show_take(f.to, a), "word");
    value_release(f.to, b);
    tear_down(&f);
}
END_TEST

static struct transit *current_transit;

static struct transit *transit_of(struct state *st)
{
    (void)st;
    return current_transit;
}

START_TEST(test_parcel_of_a_channel_moves_its_items)
{
    struct fixture f;
    set_up(&f);
    current_transit = &f.transit;
    f.from->transit = f.to->transit = transit_of;
    struct value c, here, there, back;
    struct parcel p;
    ck_assert(channel_new(f.from, &c));
    ck_assert(channel_push_take(f.from, CHANNEL_OF(c), value_int(1)));
    ck_assert(channel_push_take(f.from, CHANNEL_OF(c), core_text(f.from, "two")));
    ck_assert(cross(&f, c, &there));
    ck_assert_uint_eq(CHANNEL_OF(c)->len, 0);
    ck_assert_ptr_eq(CHANNEL_OF(c)->conduit, CHANNEL_OF(there)->conduit);
    ck_assert(conduit_receive(CHANNEL_OF(there)->conduit, NULL, &p));
    ck_assert_int_eq(p.plain.as.integer, 1);
    ck_assert(conduit_receive(CHANNEL_OF(there)->conduit, NULL, &p));
    ck_assert(parcel_open(f.to, &p, &here));
    parcel_done(&p);
    ck_assert_str_eq(core_show_take(f.to, here), "two");
    /* One object for it in each isolate: it equals itself when it comes back. */
    ck_assert(parcel_pack(f.to, there, &p));
    ck_assert(parcel_open(f.from, &p, &back));
    parcel_done(&p);
    ck_assert_ptr_eq(back.as.object, c.as.object);
    /* It may even hold itself. */
    ck_assert(parcel_pack(f.from, c, &p));
    ck_assert(conduit_send_take(CHANNEL_OF(c)->conduit, p));
    value_release(f.from, back);
    value_release(f.from, c);
    value_release(f.to, there);
    transit_clear(&f.transit);
    ck_assert_ptr_null(f.transit.conduits);
    tear_down(&f);
}
END_TEST

START_TEST(test_parcel_snapshot_brings_globals)
{
    struct fixture f;
    set_up(&f);
    struct value out, promise, function;
    struct parcel p;
    f.protos[0].name = "f";
    function =
        value_object(&function_new(f.from, &f.protos[0], f.from_instance, NULL)->head);
    ck_assert(promise_new(f.from, &promise));
    f.from_instance->globals[0] = value_int(5);
    f.from_instance->globals[1] = promise;
    f.from_instance->globals[2] = core_text(f.from, "large");
    ck_assert(parcel_pack_snapshot(f.from, function, &p));
    struct scope *scope = scope_new(f.to);
    f.to->scope = scope;
    ck_assert(parcel_open(f.to, &p, &out));
    f.to->scope = NULL;
    parcel_done(&p);
    struct instance *i = FUNCTION_OF(out)->instance;
    ck_assert_ptr_ne(i, f.to_instance);
    ck_assert_int_eq(i->globals[0].as.integer, 5);
    /* What may not cross raises only when it is used. */
    ck_assert_uint_eq(i->globals[1].kind, VALUE_PROMISE);
    ck_assert_int_eq(promise_status(PROMISE_OF(i->globals[1])), PROMISE_REJECTED);
    /* No function names it: there is one, that is all. */
    ck_assert_uint_eq(i->globals[2].kind, VALUE_NULL);
    /* Between two uses everything is as it was. */
    ck_assert(scope_freeze(f.to, scope));
    i->globals[0] = value_int(6);
    value_set_take(f.to, &i->globals[1], value_null());
    scope_restore(f.to, scope);
    ck_assert_int_eq(i->globals[0].as.integer, 5);
    ck_assert_uint_eq(i->globals[1].kind, VALUE_PROMISE);
    value_release(f.to, out);
    scope_release(f.to, scope);
    value_release(f.from, function);
    tear_down(&f);
}
END_TEST

START_TEST(test_parcel_message_takes_the_globals_of_the_other_side)
{
    struct fixture f;
    set_up(&f);
    struct value out, function;
    f.protos[0].name = "f";
    function =
        value_object(&function_new(f.from, &f.protos[0], f.from_instance, NULL)->head);
    ck_assert(cross(&f, function, &out));
    ck_assert_ptr_eq(FUNCTION_OF(out)->instance, f.to_instance);
    value_release(f.to, out);
    value_release(f.from, function);
    tear_down(&f);
}
END_TEST

/* A function that belongs to the instance, packed and opened; owned by `to`. */
static struct function *sent(struct fixture *f, struct instance *instance)
{
    struct value out,
        function =
            value_object(&function_new(f->from, &f->protos[0], instance, NULL)->head);
    ck_assert(cross(f, function, &out));
    value_release(f->from, function);
    return FUNCTION_OF(out);
}

START_TEST(test_parcel_message_sets_what_was_unset_before_the_first_task)
{
    struct fixture f;
    set_up(&f);
    f.protos[0].name = "f";
    struct value *from = f.from_instance->globals, *to = f.to_instance->globals;
    from[0] = core_text(f.from, "early");
    ck_assert(scope_before_tasks(f.from));
    ck_assert_uint_eq(f.unit.nlate, 1);
    /* Only the first call of a run looks. */
    from[1] = core_text(f.from, "late");
    ck_assert(scope_before_tasks(f.from));
    ck_assert_uint_eq(f.unit.nlate, 1);
    struct function *g = sent(&f, f.from_instance);
    ck_assert_ptr_eq(g->instance, f.to_instance);
    ck_assert_uint_eq(to[0].kind, VALUE_UNSET);
    ck_assert_str_eq(STRING_OF(to[1])->data, "late");
    object_release(f.to, &g->head);
    value_set_take(f.from, &from[1], value_int(2));
    g = sent(&f, f.from_instance);
    ck_assert_str_eq(STRING_OF(to[1])->data, "late");
    object_release(f.to, &g->head);
    tear_down(&f);
}
END_TEST

START_TEST(test_parcel_message_makes_a_guest_of_a_unit_nobody_knows)
{
    static const uint32_t reached[] = {1};
    struct fixture f;
    set_up(&f);
    struct proto protos[1] = {{.name = "g"}};
    struct unit other = {.protos = protos,
                         .nprotos = 1,
                         .nglobals = 2,
                         .reached = reached,
                         .nreached = 1};
    protos[0].unit = &other;
    f.from->has_tasks = true;
    struct instance *late = instance_new(f.from, &other);
    ck_assert(!late->common);
    late->globals[0] = core_text(f.from, "own");
    late->globals[1] = core_text(f.from, "reached");
    struct function *g = sent(&f, late), *again = sent(&f, late);
    struct instance *guest = g->instance;
    ck_assert_uint_eq(guest->origin, INSTANCE_GUEST);
    ck_assert_ptr_eq(again->instance, guest);
    ck_assert_uint_eq(guest->globals[0].kind, VALUE_UNSET);
    ck_assert_str_eq(STRING_OF(guest->globals[1])->data, "reached");
    /* An import makes its own, which then serves functions that come. */
    struct instance *own = scope_instance(f.to, &other);
    ck_assert_ptr_ne(own, guest);
    object_release(f.to, &again->head);
    again = sent(&f, late);
    ck_assert_ptr_eq(again->instance, own);
    object_release(f.to, &again->head);
    object_release(f.to, &g->head);
    tear_down(&f);
}
END_TEST

/* What is half open must not be found by the next message. */
START_TEST(test_parcel_guests_are_complete_or_unknown)
{
    bool done = false;
    for (uint64_t n = 1; !done && n < 50; n++) {
        struct fixture f;
        set_up(&f);
        struct proto protos[1] = {{.name = "g"}};
        struct unit other = {.protos = protos,
                             .nprotos = 1,
                             .nglobals = 2,
                             .reached = reached_slots,
                             .nreached = 2};
        protos[0].unit = &other;
        f.from->has_tasks = true;
        struct instance *late = instance_new(f.from, &other);
        struct value list, text = core_text(f.from, "in the list"), out;
        ck_assert(array_make_take(f.from, &text, 1, &list));
        late->globals[0] = list;
        late->globals[1] = core_text(f.from, "reached");
        struct value function =
            value_object(&function_new(f.from, protos, late, NULL)->head);
        heap_fail_once(f.to, n);
        done = cross(&f, function, &out);
        heap_fail_once(f.to, 0);
        if (!done) {
            error_clear(f.to);
            ck_assert_ptr_null(scope_find(f.to, &other));
            ck_assert(cross(&f, function, &out));
        }
        const struct instance *guest = FUNCTION_OF(out)->instance;
        ck_assert_str_eq(STRING_OF(array_get(ARRAY_OF(guest->globals[0]), 0))->data,
                         "in the list");
        ck_assert_str_eq(STRING_OF(guest->globals[1])->data, "reached");
        value_release(f.to, out);
        value_release(f.from, function);
        tear_down(&f);
    }
    ck_assert(done);
}
END_TEST

/* Each half looks at the flag: what is large must not hold up the end of a program. */
START_TEST(test_parcel_is_stopped_by_an_interrupt)
{
    struct fixture f;
    struct parcel p;
    struct value list, out;
    set_up(&f);
    /* Plain items in an array and records of their own. */
    for (int records = 0; records <= 1; records++) {
        ck_assert(array_make_empty(f.from, &list));
        for (int i = 0; i < 5000; i++)
            ck_assert(array_push_take(
                f.from, &list, records ? core_text(f.from, "record") : value_null()));
        ck_assert(parcel_pack(f.from, list, &p));
        state_interrupt(f.from);
        struct parcel none;
        ck_assert(!parcel_pack(f.from, list, &none));
        ck_assert_int_eq(f.from->error.kind, ERROR_INTERRUPT);
        ck_assert_ptr_null(none.body);
        error_clear(f.from);
        state_interrupt_clear(f.from);
        uint64_t alive = core_alive(f.to);
        state_interrupt(f.to);
        ck_assert(!parcel_open(f.to, &p, &out));
        ck_assert_int_eq(f.to->error.kind, ERROR_INTERRUPT);
        error_clear(f.to);
        state_interrupt_clear(f.to);
        ck_assert_uint_eq(core_alive(f.to), alive);
        ck_assert(parcel_open(f.to, &p, &out));
        value_release(f.to, out);
        parcel_done(&p);
        value_release(f.from, list);
    }
    tear_down(&f);
}
END_TEST

/* Something of each kind of record, owned by `from`; its function belongs to a late instance. */
static struct value one_of_each(struct fixture *f, struct instance *late)
{
    static const char *const fields[] = {"x"};
    struct value v[9], def, list, one = value_int(1),
                                  text = core_text(f->from, "payload");
    struct function *const defaults[] = {NULL};
    struct function *method = function_new(f->from, &f->protos[0], late, NULL);
    struct cell *cell = cell_new_take(f->from, core_text(f->from, "captured"));
    v[0] = core_text(f->from, "text");
    ck_assert(dict_make_empty(f->from, &v[1]));
    ck_assert(dict_set_text_take(f->from, &v[1], "key", core_text(f->from, "word")));
    ck_assert(structdef_new(f->from, "V", 1, fields, defaults, 1, &method, &def));
    ck_assert(struct_make_take(f->from, STRUCTDEF_OF(def)->shape, STRUCTDEF_OF(def),
                               &one, &v[2]));
    value_release(f->from, def);
    object_release(f->from, &method->head);
    v[3] = value_object(&bytes_new(f->from, "bytes", 5)->head);
    ck_assert(collection_make(f->from, VALUE_SET, 1, &v[4]));
    ck_assert(boxed_make_take(f->from, VALUE_OK, text, &v[5]));
    ck_assert(channel_new(f->from, &v[6]));
    f->protos[0].ncaptures = 1;
    v[7] = value_object(&function_new(f->from, &f->protos[0], late, &cell)->head);
    f->protos[0].ncaptures = 0;
    object_release(f->from, &cell->head);
    v[8] = value_object(&array_new_ints(f->from, 0)->head);
    ck_assert(array_make_take(f->from, v, 9, &list));
    return list;
}

/* The k-th request from now on fails, of base (in hard tests) or of the heap. */
static void refuse(struct state *st, bool base, unsigned k)
{
    if (base)
        (void)mem_fail_after((int64_t)k - 1, false);
    else
        heap_fail_once(st, k);
}

/* The call that packs, or the one that opens, or opens a snapshot, finds no memory at its k-th
   request. Afterwards the same works. */
START_TEST(test_parcel_of_everything_without_memory)
{
    for (unsigned way = 0; way < 8; way++) {
        bool base = (way & 1) != 0, opens = (way & 2) != 0, snapshot = (way & 4) != 0;
        bool done = false;
        for (unsigned k = 1; !done && k < 300; k++) {
            struct fixture f;
            struct parcel p;
            struct value out = value_null();
            set_up(&f);
            current_transit = &f.transit;
            f.from->transit = f.to->transit = transit_of;
            f.protos[0].name = "f";
            struct unit other = f.unit;
            other.late = NULL;
            f.from->has_tasks = true;
            struct value list = one_of_each(&f, instance_new(f.from, &other));
            struct scope *scope = snapshot ? scope_new(f.to) : NULL;
            f.to->scope = scope;
            uint64_t alive = core_alive(f.to);
            for (int again = 0; again < 2; again++) {
                struct state *victim = opens ? f.to : f.from;
                if (!opens && again == 0)
                    refuse(victim, base, k);
                bool ok = snapshot ? parcel_pack_snapshot(f.from, list, &p)
                                   : parcel_pack(f.from, list, &p);
                if (ok && opens && again == 0)
                    refuse(victim, base, k);
                bool opened = ok && parcel_open(f.to, &p, &out);
                bool refused = !opened;
                mem_fail_after(-1, false);
                heap_fail_after(victim, 0);
                if (again == 0)
                    done = !refused;
                ck_assert(!refused || again == 0);
                if (refused)
                    ck_assert_str_eq(core_error_take(ok ? f.to : f.from),
                                     "Cannot allocate memory");
                else
                    value_release(f.to, out);
                parcel_done(&p);
                if (refused && !snapshot)
                    ck_assert_uint_eq(core_alive(f.to), alive);
                /* A scope takes one snapshot. */
                if (snapshot) {
                    scope_release(f.to, scope);
                    f.to->scope = scope = scope_new(f.to);
                }
            }
            value_release(f.from, list);
            f.to->scope = NULL;
            scope_release(f.to, scope);
            tear_down(&f);
        }
        ck_assert_msg(done, "way %u", way);
    }
}
END_TEST

START_TEST(test_parcels_count_against_the_memory_limit)
{
    struct fixture f;
    set_up(&f);
    struct parcel p[64];
    struct value text;
    char data[1000];
    size_t n = 0;
    memset(data, 'x', sizeof data);
    ck_assert(string_make(f.from, data, sizeof data, &text));
    heap_set_limit(f.from, heap_live_bytes(f.from) + 20000);
    while (n < 64 && parcel_pack(f.from, text, &p[n]))
        n++;
    ck_assert_uint_ge(n, 15);
    ck_assert_uint_le(n, 20);
    ck_assert(strncmp(core_error_take(f.from), "Memory limit of ", 16) == 0);
    while (n > 0)
        parcel_done(&p[--n]);
    heap_set_limit(f.from, 0);
    value_release(f.from, text);
    tear_down(&f);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_parcel_containers,
        test_parcel_collections_and_bytes,
        test_parcel_keeps_shared_variables_shared,
        test_parcel_struct_definitions_once,
        test_parcel_deep_data,
        test_parcel_names_what_cannot_be_sent,
        test_parcel_without_memory_leaves_nothing,
        test_parcel_survives_running_out_of_memory,
        test_parcel_plain_values_need_no_body,
        test_parcel_is_opened_several_times,
        test_parcel_of_a_channel_moves_its_items,
        test_parcel_snapshot_brings_globals,
        test_parcel_message_takes_the_globals_of_the_other_side,
        test_parcel_message_sets_what_was_unset_before_the_first_task,
        test_parcel_message_makes_a_guest_of_a_unit_nobody_knows,
        test_parcel_guests_are_complete_or_unknown,
        test_parcel_is_stopped_by_an_interrupt,
        test_parcel_of_everything_without_memory,
        test_parcels_count_against_the_memory_limit,
        NULL,
    };
    return unit_run(unit_suite("parcel", tests));
}
