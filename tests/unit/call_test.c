#include "config.h"

#include <string.h>

#include "engine_fixture.h"
#include "unit.h"

#include "core/array.h"
#include "core/call.h"
#include "core/channel.h"
#include "core/dict.h"
#include "core/promise.h"
#include "core/string.h"
#include "core/structs.h"

/* ---- builtins ----------------------------------------------------------------------- */

static const struct builtin *seen;
static uint8_t seen_tool;

static bool builtin_map(struct state *st, struct value *args, uint32_t nargs,
                        struct value *result)
{
    seen_tool = st->tool_state;
    ck_assert_uint_eq(nargs, 2);
    ck_assert_uint_eq(args[0].kind, VALUE_ARRAY);
    struct value item[1] = {value_int(20)};
    return call_value(st, args[1], item, 1, result);
}

static bool builtin_len(struct state *st, struct value *args, uint32_t nargs,
                        struct value *result)
{
    (void)nargs;
    seen = st->top == NULL ? NULL : st->top->builtin;
    *result = value_int(args[0].kind == VALUE_INT ? args[0].as.integer + 1 : 99);
    return true;
}

static const struct builtin builtins[] = {
    {.name = "map",
     .fn = builtin_map,
     .min_args = 2,
     .max_args = 2,
     .arity = BUILTIN_ARITY_SINGULAR,
     .id = 0},
    {.name = "len",
     .fn = builtin_len,
     .min_args = 1,
     .max_args = 1,
     .arity = BUILTIN_ARITY_SINGULAR,
     .id = 1},
    {.name = "print",
     .fn = builtin_len,
     .min_args = 1,
     .max_args = BUILTIN_VARIADIC,
     .arity = BUILTIN_ARITY_PLAIN,
     .id = 2},
    {.name = "input",
     .fn = builtin_len,
     .min_args = 0,
     .max_args = 1,
     .arity = BUILTIN_ARITY_PLAIN,
     .id = 3},
    {.name = "abs",
     .fn = builtin_len,
     .min_args = 1,
     .max_args = 1,
     .arity = BUILTIN_ARITY_MATH,
     .id = 4},
    {.name = "pow",
     .fn = builtin_len,
     .min_args = 2,
     .max_args = 2,
     .arity = BUILTIN_ARITY_MATH,
     .id = 5},
    {.name = "keys",
     .fn = builtin_len,
     .min_args = 1,
     .max_args = 1,
     .arity = BUILTIN_ARITY_FREE,
     .id = 6},
};
enum {
    MAP,
    LEN,
    PRINT,
    INPUT,
    ABS,
    POW,
    KEYS,
    COUNT
};

static struct state *new_state(void)
{
    return fixture_state(builtins, COUNT);
}

/* ---- bodies ------------------------------------------------------------------------- */

static bool sum(struct state *st, struct value *slots, struct value *result)
{
    (void)st;
    *result = value_int(slots[0].as.integer + slots[1].as.integer);
    return true;
}

static bool first(struct state *st, struct value *slots, struct value *result)
{
    (void)st;
    *result = value_take(&slots[0]);
    return true;
}

static bool second(struct state *st, struct value *slots, struct value *result)
{
    (void)st;
    *result = value_take(&slots[1]);
    return true;
}

static bool fails(struct state *st, struct value *slots, struct value *result)
{
    (void)slots;
    (void)result;
    return error_raise(st, "failed");
}

static struct value call(struct state *st, struct value f, struct value *args,
                         uint32_t n)
{
    struct value result;
    ck_assert_msg(call_value(st, f, args, n, &result), "%s", fixture_message(st));
    return result;
}

static struct value method(struct state *st, struct value object, const char *name,
                           struct value *args, uint32_t n, bool *ok)
{
    struct value key = fixture_string(st, name), result = value_unset();
    *ok = call_method(st, object, STRING_OF(key), args, n, &result);
    value_release(st, key);
    return result;
}

static void expect_method_error(struct state *st, struct value object, const char *name,
                                const char *message)
{
    struct value args[1] = {value_null()};
    bool ok;
    method(st, object, name, args + 1, 0, &ok);
    ck_assert(!ok);
    fixture_expect_error(st, message);
}

/* ---- functions ---------------------------------------------------------------------- */

START_TEST(test_call_passes_arguments_and_moves_them)
{
    struct state *st = new_state();
    struct fake f;
    fixture_proto(&f, "first", 1, 0, 0, first);
    struct value fn = fixture_function(st, &f);
    struct value args[1] = {fixture_string(st, "moved along")};
    struct value r = call(st, fn, args, 1);
    ck_assert_uint_eq(args[0].kind, VALUE_NULL);
    ck_assert(value_is_unique(r));
    value_release(st, r);
    value_release(st, fn);
    fixture_free(st);
}
END_TEST

START_TEST(test_call_checks_arity_of_functions)
{
    struct state *st = new_state();
    struct fake f;
    struct value args[2] = {value_int(1), value_int(2)}, r;
    fixture_proto(&f, "sum", 2, 0, 0, sum);
    struct value fn = fixture_function(st, &f);
    ck_assert_int_eq(call(st, fn, args, 2).as.integer, 3);
    ck_assert(!call_value(st, fn, args, 1, &r));
    fixture_expect_error(st, "sum expects 2 arguments, got 1");
    fixture_proto(&f, "<lambda>", 1, PROTO_LAMBDA, 0, first);
    ck_assert(!call_value(st, fn, args, 2, &r));
    fixture_expect_error(st, "<lambda> expects 1 arguments, got 2");
    value_release(st, fn);
    fixture_free(st);
}
END_TEST

START_TEST(test_call_rejects_what_is_not_callable)
{
    struct state *st = new_state();
    struct value r;
    ck_assert(!call_value(st, value_int(1), NULL, 0, &r));
    fixture_expect_error(st, "Cannot call non-function; the value being called is not "
                             "callable. Pass a function, closure, or imported callable "
                             "value instead.");
    ck_assert(!call_raise_not_callable(st, true));
    fixture_expect_error(st, "Pipe operator requires a function on the right side");
    ck_assert(!call_is_callable(value_null()));
    ck_assert(call_is_callable(value_builtin(&builtins[LEN])));
    fixture_free(st);
}
END_TEST

START_TEST(test_call_main_is_not_counted)
{
    struct state *st = new_state();
    struct fake f;
    struct value r;
    fixture_proto(&f, "<main>", 0, PROTO_MAIN, 0, fails);
    struct value fn = fixture_function(st, &f);
    ck_assert(!call_main(st, FUNCTION_OF(fn), &r));
    ck_assert_uint_eq(st->depth_limit, CALL_DEPTH_LIMIT);
    ck_assert_str_eq(fixture_text(st, st->error.stack), "[]");
    value_release(st, fn);
    fixture_free(st);
}
END_TEST

START_TEST(test_call_generator_and_async_functions)
{
    struct state *st = new_state();
    struct fake f;
    fixture_proto(&f, "g", 1, PROTO_GENERATOR, 0, NULL);
    struct value fn = fixture_function(st, &f);
    struct value args[1] = {value_int(2)}, r = call(st, fn, args, 1);
    ck_assert_uint_eq(r.kind, VALUE_GENERATOR);
    value_release(st, r);
    value_release(st, fn);

    struct fake a;
    fixture_proto(&a, "a", 1, PROTO_ASYNC, 0, first);
    fn = fixture_function(st, &a);
    args[0] = value_int(5);
    r = call(st, fn, args, 1);
    ck_assert_uint_eq(r.kind, VALUE_PROMISE);
    struct value out;
    ck_assert(promise_await(st, r, &out));
    ck_assert_int_eq(out.as.integer, 5);
    value_release(st, r);
    value_release(st, fn);

    struct fake bad;
    fixture_proto(&bad, "bad", 0, PROTO_ASYNC, 0, fails);
    fn = fixture_function(st, &bad);
    r = call(st, fn, NULL, 0);
    ck_assert(!promise_await(st, r, &out));
    fixture_expect_error(st, "Promise rejected: failed");
    value_release(st, r);
    value_release(st, fn);
    fixture_free(st);
}
END_TEST

/* ---- builtins ----------------------------------------------------------------------- */

static void expect_builtin_arity(struct state *st, int b, uint32_t nargs,
                                 const char *text)
{
    struct value args[3] = {value_null(), value_null(), value_null()}, r;
    ck_assert(!call_builtin(st, &builtins[b], args, nargs, &r));
    fixture_expect_error(st, text);
}

START_TEST(test_call_checks_arity_of_builtins)
{
    struct state *st = new_state();
    expect_builtin_arity(st, MAP, 1, "map expects 2 arguments, got 1");
    expect_builtin_arity(st, LEN, 2, "len expects 1 argument, got 2");
    expect_builtin_arity(st, PRINT, 0, "print expects at least 1 arguments, got 0");
    expect_builtin_arity(st, INPUT, 2, "input expects 0 to 1 arguments, got 2");
    expect_builtin_arity(st, ABS, 0, "abs() expects 1 argument");
    expect_builtin_arity(st, POW, 1, "pow() expects 2 arguments");
    expect_builtin_arity(st, KEYS, 0, "keys() expects 1 argument, got 0");
    fixture_free(st);
}
END_TEST

static bool use_map(struct state *st, struct value *slots, struct value *result)
{
    struct value args[2] = {value_retain(slots[0]), value_builtin(&builtins[LEN])};
    bool ok = call_builtin(st, &builtins[MAP], args, 2, result);
    ck_assert_ptr_null(st->top->builtin);
    value_release(st, args[0]);
    return ok;
}

START_TEST(test_call_publishes_the_running_builtin)
{
    struct state *st = new_state();
    struct fake f;
    fixture_proto(&f, "f", 1, 0, 0, use_map);
    struct value fn = fixture_function(st, &f);
    struct value args[1] = {fixture_ints(st, NULL, 0)};
    st->tool_state = STATE_VM;
    seen = NULL;
    ck_assert_int_eq(call(st, fn, args, 1).as.integer, 21);
    ck_assert_ptr_eq(seen, &builtins[LEN]);
    ck_assert_uint_eq(seen_tool, STATE_BUILTIN);
    ck_assert_uint_eq(st->tool_state, STATE_VM);
    value_release(st, fn);
    fixture_free(st);
}
END_TEST

/* ---- methods ------------------------------------------------------------------------ */

START_TEST(test_call_method_of_a_struct)
{
    struct state *st = new_state();
    struct fake m[2];
    bool ok;
    fixture_proto(&m[0], "P.me", 1, PROTO_METHOD | PROTO_SELF, 0, first);
    fixture_proto(&m[1], "P.arg", 2, PROTO_METHOD | PROTO_HIDDEN_SELF, 0, second);
    struct value p = fixture_struct(st, "P", m, 2);
    struct value args[2] = {value_null(), value_null()};
    struct value r = method(st, p, "me", args + 1, 0, &ok);
    ck_assert(ok && r.as.object == p.as.object);
    value_release(st, r);
    args[1] = value_int(4);
    r = method(st, p, "arg", args + 1, 1, &ok);
    ck_assert(ok);
    ck_assert_int_eq(r.as.integer, 4);
    ck_assert_uint_eq(args[0].kind, VALUE_NULL);
    expect_method_error(st, p, "arg", "P.arg expects 1 arguments, got 0");
    value_release(st, p);
    fixture_free(st);
}
END_TEST

START_TEST(test_call_bound_method_with_many_arguments)
{
    struct state *st = new_state();
    struct fake m;
    fixture_proto(&m, "P.m", 10, PROTO_METHOD | PROTO_SELF, 0, first);
    struct value p = fixture_struct(st, "P", &m, 1), bound, args[9];
    struct value key = fixture_string(st, "m");
    ck_assert(ops_member(st, p, STRING_OF(key), &bound));
    for (int i = 0; i < 9; i++)
        args[i] = fixture_string(st, "argument");
    struct value r = call(st, bound, args, 9);
    ck_assert_ptr_eq(r.as.object, p.as.object);
    value_release(st, r);
    value_release(st, key);
    value_release(st, bound);
    value_release(st, p);
    fixture_free(st);
}
END_TEST

START_TEST(test_call_method_of_a_field)
{
    struct state *st = new_state();
    struct fake m, f;
    bool ok;
    fixture_proto(&m, "P.len", 1, PROTO_METHOD | PROTO_SELF, 0, first);
    fixture_proto(&f, "f", 1, 0, 0, first);
    struct value p = fixture_struct(st, "P", &m, 1), key = fixture_string(st, "apply");
    ck_assert(struct_set_take(st, &p, STRING_OF(key), fixture_function(st, &f)));
    struct value args[2] = {value_null(), value_int(8)};
    struct value r = method(st, p, "apply", args + 1, 1, &ok);
    ck_assert(ok);
    ck_assert_int_eq(r.as.integer, 8);
    expect_method_error(st, p, "nothing", "Field not found: nothing");
    value_release(st, key);
    value_release(st, p);
    fixture_free(st);
}
END_TEST

START_TEST(test_call_method_hints_at_the_right_name)
{
    struct state *st = new_state();
    struct fake m;
    bool ok;
    fixture_proto(&m, "P.length", 1, PROTO_METHOD | PROTO_SELF, 0, first);
    struct value p = fixture_struct(st, "P", &m, 1);
    struct value args[1] = {value_null()};
    method(st, p, "lenght", args + 1, 0, &ok);
    ck_assert(!ok);
    ck_assert_str_eq(fixture_text(st, st->error.help), "did you mean 'length'?");
    fixture_expect_error(st, "Field not found: lenght");
    value_release(st, p);
    fixture_free(st);
}
END_TEST

START_TEST(test_call_method_of_dict_and_sequences)
{
    struct state *st = new_state();
    struct fake f;
    bool ok;
    fixture_proto(&f, "f", 1, 0, 0, first);
    struct value d, args[2] = {value_null(), value_int(3)};
    ck_assert(dict_make_empty(st, &d));
    ck_assert(dict_set_text_take(st, &d, "f", fixture_function(st, &f)));
    ck_assert(dict_set_text_take(st, &d, "len", value_int(1)));
    struct value r = method(st, d, "f", args + 1, 1, &ok);
    ck_assert(ok);
    ck_assert_int_eq(r.as.integer, 3);
    /* An entry that cannot be called does not hide the builtin. */
    r = method(st, d, "len", args + 1, 0, &ok);
    ck_assert(ok);
    ck_assert_int_eq(r.as.integer, 99);
    expect_method_error(st, d, "g",
                        "Cannot access field or method 'g' on non-struct value");
    value_release(st, d);
    struct value xs = fixture_ints(st, NULL, 0);
    args[1] = value_builtin(&builtins[LEN]);
    r = method(st, xs, "map", args + 1, 1, &ok);
    ck_assert(ok);
    ck_assert_int_eq(r.as.integer, 21);
    expect_method_error(st, xs, "push",
                        "Cannot access field or method 'push' on non-struct value");
    value_release(st, xs);
    expect_method_error(st, value_int(1), "len",
                        "Cannot access field or method 'len' on non-struct value");
    fixture_free(st);
}
END_TEST

START_TEST(test_call_method_of_a_channel)
{
    struct state *st = new_state();
    bool ok;
    struct value c, args[2] = {value_null(), value_int(1)};
    ck_assert(channel_new(st, &c));
    for (int i = 0; i < 20; i++) {
        args[1] = value_int(i);
        ck_assert(method(st, c, "send", args + 1, 1, &ok).as.boolean && ok);
    }
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(method(st, c, "receive", args + 1, 0, &ok).as.integer, i);
    ck_assert_uint_eq(method(st, c, "receive", args + 1, 0, &ok).kind, VALUE_NULL);
    expect_method_error(st, c, "send", "Channel.send expects 1 arguments, got 0");
    expect_method_error(st, c, "close", "Channel has no method 'close'");
    args[1] = fixture_string(st, "left in the queue");
    method(st, c, "send", args + 1, 1, &ok);
    value_release(st, c);
    fixture_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_call_passes_arguments_and_moves_them,
        test_call_checks_arity_of_functions,
        test_call_rejects_what_is_not_callable,
        test_call_main_is_not_counted,
        test_call_generator_and_async_functions,
        test_call_checks_arity_of_builtins,
        test_call_publishes_the_running_builtin,
        test_call_method_of_a_struct,
        test_call_bound_method_with_many_arguments,
        test_call_method_of_a_field,
        test_call_method_hints_at_the_right_name,
        test_call_method_of_dict_and_sequences,
        test_call_method_of_a_channel,
        NULL,
    };
    return unit_run(unit_suite("call", tests));
}
