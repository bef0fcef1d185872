#include "config.h"

#include <string.h>

#include "engine_fixture.h"
#include "unit.h"

#include "base/strbuf.h"
#include "core/array.h"
#include "core/call.h"
#include "core/error.h"
#include "core/poll.h"
#include "core/string.h"
#include "core/structs.h"

static bool raise_here(struct state *st, struct value *slots, struct value *result)
{
    (void)slots;
    (void)result;
    return error_raise(st, "boom %d", 7);
}

/* Calls the function in its first parameter. */
static bool call_first(struct state *st, struct value *slots, struct value *result)
{
    return call_value(st, slots[0], NULL, 0, result);
}

/* outer -> inner -> error at the offset of inner (line 3, column 5). */
static void fail_in_two_calls(struct state *st, struct fake *outer, struct fake *inner)
{
    fixture_proto(inner, "inner", 0, 0, 26, raise_here);
    fixture_proto(outer, "outer", 1, 0, 15, call_first);
    struct value args[1] = {fixture_function(st, inner)};
    struct value f = fixture_function(st, outer), result;
    ck_assert(!call_value(st, f, args, 1, &result));
    value_release(st, f);
    value_release(st, args[0]);
}

START_TEST(test_error_records_message_position_and_stack)
{
    struct state *st = fixture_state(NULL, 0);
    struct fake outer, inner;
    fail_in_two_calls(st, &outer, &inner);
    uint32_t line, column;
    error_position(&st->error, &line, &column);
    ck_assert_str_eq(fixture_message(st), "boom 7");
    ck_assert_uint_eq(line, 3);
    ck_assert_uint_eq(column, 5);
    ck_assert_str_eq(fixture_text(st, st->error.stack), "[outer, inner]");
    fixture_free(st);
}
END_TEST

START_TEST(test_error_at_top_level_has_an_empty_stack)
{
    struct state *st = fixture_state(NULL, 0);
    error_raise(st, "x");
    ck_assert_str_eq(fixture_text(st, st->error.stack), "[]");
    uint32_t line, column;
    error_position(&st->error, &line, &column);
    ck_assert_uint_eq(line, 0);
    fixture_free(st);
}
END_TEST

START_TEST(test_error_is_caught_as_a_struct)
{
    struct state *st = fixture_state(NULL, 0);
    struct fake outer, inner;
    struct value caught;
    fail_in_two_calls(st, &outer, &inner);
    ck_assert(error_catch(st, &caught));
    ck_assert_uint_eq(st->error.kind, ERROR_NONE);
    ck_assert_str_eq(fixture_text(st, caught),
                     "Error { line: 3, message: boom 7, stack: [outer, inner] }");
    ck_assert(struct_is_error(STRUCT_OF(caught)));
    value_release(st, caught);
    fixture_free(st);
}
END_TEST

START_TEST(test_error_rethrown_keeps_everything)
{
    struct state *st = fixture_state(NULL, 0);
    struct fake outer, inner;
    struct value caught, again;
    fail_in_two_calls(st, &outer, &inner);
    ck_assert(error_catch(st, &caught));
    error_throw(st, caught);
    ck_assert(st->error.rethrown);
    uint32_t line, column;
    error_position(&st->error, &line, &column);
    ck_assert_uint_eq(line, 3);
    ck_assert_uint_eq(column, 5);
    ck_assert(error_catch(st, &again));
    ck_assert_str_eq(fixture_text(st, again),
                     "Error { line: 3, message: boom 7, stack: [outer, inner] }");
    value_release(st, again);
    /* The mark and the position travel with copies. */
    struct value copy = value_retain(caught);
    ck_assert(struct_make_unique(st, &copy));
    error_throw(st, copy);
    error_position(&st->error, &line, &column);
    ck_assert_uint_eq(column, 5);
    error_clear(st);
    value_release(st, copy);
    value_release(st, caught);
    fixture_free(st);
}
END_TEST

START_TEST(test_error_remembers_many_positions)
{
    enum {
        SOURCES = 10,
        OFFSETS = 30
    };
    struct state *st = fixture_state(NULL, 0);
    struct source_ref sources[SOURCES];
    struct value caught[SOURCES * OFFSETS];
    for (uint32_t i = 0; i < SOURCES * OFFSETS; i++) {
        sources[i % SOURCES] = fixture_source;
        error_raise(st, "number %u", (unsigned)i);
        st->error.source = &sources[i % SOURCES];
        st->error.offset = i / SOURCES;
        ck_assert(error_catch(st, &caught[i]));
    }
    for (uint32_t i = 0; i < SOURCES * OFFSETS; i++) {
        error_throw(st, caught[i]);
        ck_assert_ptr_eq(st->error.source, &sources[i % SOURCES]);
        ck_assert_uint_eq(st->error.offset, i / SOURCES);
        error_clear(st);
        value_release(st, caught[i]);
    }
    fixture_free(st);
}
END_TEST

static struct value make_struct(struct state *st, const char *name, const char *field,
                                struct value v)
{
    struct value n = fixture_string(st, name), f = fixture_string(st, field), out;
    ck_assert(struct_make_take(st, shape_root(st, STRING_OF(n)), NULL, NULL, &out));
    ck_assert(struct_set_take(st, &out, STRING_OF(f), v));
    value_release(st, n);
    value_release(st, f);
    return out;
}

static void expect_throw(struct state *st, struct value v, const char *message)
{
    ck_assert(!error_throw(st, v));
    fixture_expect_error(st, message);
    value_release(st, v);
}

START_TEST(test_error_throw_makes_messages)
{
    struct state *st = fixture_state(NULL, 0);
    expect_throw(st, fixture_string(st, "plain"), "plain");
    expect_throw(st, value_int(5), "Int(5)");
    expect_throw(st, value_null(), "Null");
    expect_throw(st, make_struct(st, "Bad", "message", fixture_string(st, "m")), "m");
    expect_throw(st, make_struct(st, "Bad", "message", value_int(1)), "Bad error");
    expect_throw(st, make_struct(st, "Bad", "code", value_int(1)), "Bad error");
    fixture_free(st);
}
END_TEST

START_TEST(test_error_throw_hands_on_the_cause)
{
    struct state *st = fixture_state(NULL, 0);
    struct value v = make_struct(st, "Bad", "cause", fixture_string(st, "why")), caught;
    error_throw(st, v);
    value_release(st, v);
    ck_assert(error_catch(st, &caught));
    ck_assert_str_eq(fixture_text(st, caught),
                     "Error { cause: why, line: 0, message: Bad error, stack: [] }");
    error_throw(st, caught);
    value_release(st, caught);
    ck_assert_str_eq(fixture_text(st, st->error.cause), "why");
    fixture_free(st);
}
END_TEST

START_TEST(test_error_a_look_alike_is_thrown_anew)
{
    struct state *st = fixture_state(NULL, 0);
    struct value v = make_struct(st, "Error", "message", fixture_string(st, "mine"));
    error_throw(st, v);
    ck_assert(!st->error.rethrown);
    ck_assert_str_eq(fixture_message(st), "mine");
    value_release(st, v);
    fixture_free(st);
}
END_TEST

START_TEST(test_error_exit_and_interrupt_are_not_caught)
{
    struct state *st = fixture_state(NULL, 0);
    struct value caught;
    ck_assert(!error_exit(st, 259));
    ck_assert(!error_catch(st, &caught));
    ck_assert_int_eq(st->error.exit_code, 3);
    error_interrupt(st);
    ck_assert(!error_catch(st, &caught));
    error_cancel(st);
    ck_assert(!error_catch(st, &caught));
    ck_assert_uint_eq(st->error.kind, ERROR_CANCEL);
    fixture_free(st);
}
END_TEST

START_TEST(test_error_undefined_outside_of_any_function)
{
    static const struct builtin builtins[] = {{.name = "print"}, {.name = "push"}};
    struct state *st = fixture_state(builtins, 2);
    ck_assert(!error_undefined(st, "prnt"));
    ck_assert_str_eq(fixture_message(st), "Undefined variable: prnt");
    ck_assert_str_eq(STRING_OF(st->error.help)->data, "did you mean 'print'?");
    error_clear(st);
    fixture_free(st);
}
END_TEST

START_TEST(test_error_poll_looks_once_in_its_stride)
{
    struct state *st = fixture_state(NULL, 0);
    ck_assert(poll(st, 0));
    st->interrupt = 1;
    for (uint64_t step = 1; step < POLL_STEPS; step++)
        ck_assert(poll(st, step));
    for (uint64_t step = 0; step < 4 * (uint64_t)POLL_STEPS; step += POLL_STEPS) {
        ck_assert(!poll(st, step));
        ck_assert_uint_eq(st->error.kind, ERROR_INTERRUPT);
        error_clear(st);
    }
    size_t block = poll_block(0, SIZE_MAX);
    ck_assert_uint_ge(block, POLL_STEPS);
    ck_assert_uint_eq(poll_block(7, SIZE_MAX), 7 + block);
    ck_assert_uint_eq(poll_block(7, 7 + block), 7 + block);
    ck_assert_uint_eq(poll_block(7, 6 + block), 6 + block);
    fixture_free(st);
}
END_TEST

START_TEST(test_error_save_and_restore)
{
    struct state *st = fixture_state(NULL, 0);
    error_raise(st, "first");
    struct error saved = error_save(st);
    ck_assert_uint_eq(st->error.kind, ERROR_NONE);
    error_raise(st, "second");
    error_restore_take(st, saved);
    fixture_expect_error(st, "first");
    fixture_free(st);
}
END_TEST

static void expect_report(struct state *st, bool color, const char *text)
{
    struct strbuf out;
    strbuf_init(&out);
    ck_assert(error_report(&st->error, color, &out));
    ck_assert_str_eq(strbuf_str(&out), text);
    strbuf_done(&out);
}

START_TEST(test_error_report_has_the_form_of_the_language)
{
    struct state *st = fixture_state(NULL, 0);
    struct fake outer, inner;
    fail_in_two_calls(st, &outer, &inner);
    expect_report(st, false,
                  "[RUFVM001] [vm] Runtime Error: boom 7\n"
                  "  --> t.ruff:3:5\n"
                  "   |\n"
                  " 3 | let c := 3\n"
                  "   |     ^\n"
                  "\n"
                  "Call stack:\n"
                  "  0 at inner\n"
                  "  1 at outer\n");
    error_help(st, "did you mean '%s'?", "x");
    expect_report(st, false,
                  "[RUFVM001] [vm] Runtime Error: boom 7\n"
                  "  --> t.ruff:3:5\n"
                  "   |\n"
                  " 3 | let c := 3\n"
                  "   |     ^\n"
                  "  = help: did you mean 'x'?\n"
                  "\n"
                  "Call stack:\n"
                  "  0 at inner\n"
                  "  1 at outer\n");
    fixture_free(st);
}
END_TEST

START_TEST(test_error_report_without_position)
{
    struct state *st = fixture_state(NULL, 0);
    error_raise(st, "early");
    expect_report(st, false, "[RUFVM001] [vm] Runtime Error: early\n");
    expect_report(st, true, "\033[1;91m[RUFVM001] [vm] Runtime Error: \033[0mearly\n");
    fixture_free(st);
}
END_TEST

static bool reads_missing(struct state *st, struct value *slots, struct value *result)
{
    (void)slots;
    (void)result;
    return error_undefined(st, "totl");
}

START_TEST(test_error_undefined_hints_at_globals_that_are_set)
{
    struct state *st = fixture_state(NULL, 0);
    const char *const names[] = {"total", "tot"};
    struct unit unit = {.nglobals = 2, .global_names = names};
    struct instance *instance = instance_new(st, &unit);
    struct fake f;
    struct value result;
    fixture_proto(&f, "f", 0, 0, 11, reads_missing);
    struct value fn = fixture_function(st, &f);
    FUNCTION_OF(fn)->instance = instance;
    ck_assert(!call_value(st, fn, NULL, 0, &result));
    ck_assert_uint_eq(st->error.help.kind, VALUE_UNSET);
    instance->globals[0] = value_int(1);
    ck_assert(!call_value(st, fn, NULL, 0, &result));
    ck_assert_str_eq(fixture_text(st, st->error.help), "did you mean 'total'?");
    fixture_expect_error(st, "Undefined variable: totl");
    value_release(st, fn);
    instances_free(st);
    fixture_free(st);
}
END_TEST

static bool recurse(struct state *st, struct value *slots, struct value *result)
{
    struct value args[1] = {value_retain(slots[0])};
    bool ok = call_value(st, slots[0], args, 1, result);
    value_release(st, args[0]);
    return ok;
}

struct deep {
    struct state *st;
    struct value f;
};

static void go_deep(void *context)
{
    struct deep *d = context;
    struct value args[1] = {value_retain(d->f)}, result;
    ck_assert(!call_value(d->st, d->f, args, 1, &result));
    value_release(d->st, args[0]);
}

START_TEST(test_error_of_depth_lists_all_frames)
{
    struct deep d = {.st = fixture_state(NULL, 0)};
    struct fake f;
    fixture_proto(&f, "deep", 1, 0, 0, recurse);
    d.f = fixture_function(d.st, &f);
    state_enter_stack(d.st, go_deep, &d);
    ck_assert_str_eq(fixture_message(d.st),
                     "Maximum call stack depth of 20000 exceeded while calling deep");
    ck_assert_uint_eq(ARRAY_OF(d.st->error.stack)->len, CALL_DEPTH_LIMIT);
    ck_assert_uint_eq(d.st->depth, 0);
    value_release(d.st, d.f);
    fixture_free(d.st);
}
END_TEST

START_TEST(test_error_survives_failing_allocations)
{
    struct state *st = fixture_state(NULL, 0);
    struct fake outer, inner;
    struct value caught;
    fail_in_two_calls(st, &outer, &inner);
    heap_fail_after(st, 1);
    ck_assert(!error_catch(st, &caught));
    ck_assert_str_eq(fixture_message(st), "boom 7");
    error_raise(st, "no room for this");
    ck_assert_uint_eq(st->error.kind, ERROR_RAISED);
    ck_assert_str_eq(fixture_message(st), "Cannot allocate memory");
    heap_fail_after(st, 0);
    ck_assert(error_catch(st, &caught));
    value_release(st, caught);
    fixture_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_error_records_message_position_and_stack,
        test_error_at_top_level_has_an_empty_stack,
        test_error_is_caught_as_a_struct,
        test_error_rethrown_keeps_everything,
        test_error_remembers_many_positions,
        test_error_throw_makes_messages,
        test_error_throw_hands_on_the_cause,
        test_error_a_look_alike_is_thrown_anew,
        test_error_exit_and_interrupt_are_not_caught,
        test_error_undefined_outside_of_any_function,
        test_error_poll_looks_once_in_its_stride,
        test_error_save_and_restore,
        test_error_report_has_the_form_of_the_language,
        test_error_report_without_position,
        test_error_undefined_hints_at_globals_that_are_set,
        test_error_of_depth_lists_all_frames,
        test_error_survives_failing_allocations,
        NULL,
    };
    return unit_run(unit_suite("error", tests));
}
