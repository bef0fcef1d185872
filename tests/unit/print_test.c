#include "config.h"

#include <math.h>

#include "core_unit.h"

#include "base/mem.h"
#include "core/array.h"
#include "core/boxed.h"
#include "core/builtin.h"
#include "core/bytes.h"
#include "core/collection.h"
#include "core/dict.h"

typedef bool (*print_fn)(struct state *st, struct strbuf *out, struct value v);

/* The text of one form; valid until the next call. Releases v. */
static const char *form_take(struct state *st, print_fn form, struct value v)
{
    static char text[512];
    struct strbuf sb;
    strbuf_init(&sb);
    ck_assert(form(st, &sb, v));
    snprintf(text, sizeof text, "%s", strbuf_str(&sb));
    strbuf_done(&sb);
    value_release(st, v);
    return text;
}

/* [1, "a\"b", {"k": [2.5]}, null, true] */
static struct value sample(struct state *st)
{
    struct value half = value_float(2.5), inner, d, list;
    ck_assert(array_make(st, &half, 1, &inner));
    ck_assert(dict_make_empty(st, &d));
    ck_assert(dict_set_text_take(st, &d, "k", inner));
    struct value items[] = {value_int(1), core_text(st, "a\"b\n"), d, value_null(),
                            value_bool(true)};
    ck_assert(array_make_take(st, items, 5, &list));
    return list;
}

START_TEST(test_print_display_form)
{
    struct state *st = core_state(0);
    ck_assert_str_eq(form_take(st, print_display, sample(st)),
                     "[1, a\"b\n, {\"k\": [2.5]}, null, true]");
    ck_assert_str_eq(form_take(st, print_display, value_float(5)), "5");
    ck_assert_str_eq(form_take(st, print_display, value_float(1e21)),
                     "1000000000000000000000");
    ck_assert_str_eq(form_take(st, print_display, value_float(-0.0)), "-0");
    ck_assert_str_eq(form_take(st, print_display, value_float((double)NAN)), "NaN");
    ck_assert_str_eq(form_take(st, print_display, value_none()), "None");
    static const struct builtin builtin = {.name = "len"};
    ck_assert_str_eq(form_take(st, print_display, value_builtin(&builtin)),
                     "<native function: len>");
    struct value v, tag = core_text(st, "E::V");
    struct value payload[] = {value_int(1), core_text(st, "x")};
    ck_assert(tagged_make_take(st, STRING_OF(tag), payload, 2, &v));
    ck_assert(boxed_make_take(st, VALUE_SOME, v, &v));
    ck_assert(boxed_make_take(st, VALUE_OK, v, &v));
    ck_assert_str_eq(form_take(st, print_display, v), "Ok(Some(E::V(1,x)))");
    ck_assert(tagged_make_take(st, STRING_OF(tag), NULL, 0, &v));
    ck_assert_str_eq(form_take(st, print_display, v), "E::V");
    ck_assert(bytes_make(st, "ab", 2, &v));
    ck_assert_str_eq(form_take(st, print_display, v), "<unknown>");
    ck_assert(array_make_empty(st, &v));
    ck_assert_str_eq(form_take(st, print_display, v), "[]");
    ck_assert(dict_make_empty(st, &v));
    ck_assert_str_eq(form_take(st, print_display, v), "{}");
    value_release(st, tag);
    state_free(st);
}
END_TEST

START_TEST(test_print_debug_form)
{
    struct state *st = core_state(0);
    struct value v;
    ck_assert_str_eq(form_take(st, print_debug, sample(st)), "Array[5]");
    ck_assert_str_eq(form_take(st, print_debug, core_text(st, "a\"\\\n\r\tb")),
                     "Str(\"a\\\"\\\\\\n\\r\\tb\")");
    ck_assert_str_eq(form_take(st, print_debug, value_float(3)), "Float(3)");
    ck_assert_str_eq(form_take(st, print_debug, value_null()), "Null");
    ck_assert(bytes_make(st, "ab", 2, &v));
    ck_assert_str_eq(form_take(st, print_debug, v), "Bytes(2 bytes)");
    ck_assert(collection_make(st, VALUE_SET, 0, &v));
    ck_assert_str_eq(form_take(st, print_debug, v), "Set{0 items}");
    ck_assert(boxed_make_take(st, VALUE_ERR, value_int(4), &v));
    ck_assert_str_eq(form_take(st, print_debug, v), "Err(Int(4))");
    ck_assert(dict_make_empty(st, &v));
    ck_assert_str_eq(form_take(st, print_debug, v), "Dict{0 keys}");
    state_free(st);
}
END_TEST

START_TEST(test_print_explicit_form)
{
    struct state *st = core_state(0);
    ck_assert_str_eq(
        form_take(st, print_explicit, sample(st)),
        "Array[Int(1), String(\"a\\\"b\\n\"), Dict{k: Array[Float(2.5)]}, Null, "
        "Bool(true)]");
    state_free(st);
}
END_TEST

static struct value nest(struct state *st, unsigned levels)
{
    struct value v = value_null();
    for (unsigned i = 0; i < levels; i++)
        ck_assert(array_make_take(st, &v, 1, &v));
    return v;
}

START_TEST(test_print_deep_data_up_to_the_limit)
{
    struct state *st = core_state(0);
    struct value v = nest(st, VALUE_NESTING_LIMIT), text;
    ck_assert(print_to_string(st, v, &text));
    ck_assert_uint_eq(STRING_OF(text)->len, 2 * VALUE_NESTING_LIMIT + 4);
    value_release(st, text);
    value_release(st, v);
    v = nest(st, VALUE_NESTING_LIMIT + 1);
    ck_assert(!print_to_string(st, v, &text));
    ck_assert_str_eq(core_error_take(st),
                     "Maximum data nesting depth of 10000 exceeded while printing");
    value_release(st, v);
    state_free(st);
}
END_TEST

START_TEST(test_print_of_shared_data_stops_at_the_memory_limit)
{
    struct state *st = core_state(10000000);
    struct value v = core_text(st, "0123456789"), text;
    for (int i = 0; i < 40; i++) { /* 2^40 copies of the text */
        struct value twice[] = {v, value_retain(v)};
        ck_assert(array_make_take(st, twice, 2, &v));
    }
    ck_assert(!print_to_string(st, v, &text));
    ck_assert_str_eq(core_error_take(st), "Memory limit of 10000000 bytes exceeded");
    value_release(st, v);
    state_free(st);
}
END_TEST

START_TEST(test_print_deep_data_survives_running_out_of_memory)
{
    struct state *st = core_state(0);
    struct value v = value_null(), list;
    for (int depth = 0; depth < 60; depth++) {
        ck_assert(array_make_take(st, &v, 1, &list));
        v = list;
    }
    for (int64_t after = 0; after < 20; after++) {
        struct strbuf sb;
        strbuf_init(&sb);
        mem_fail_after(after, false);
        bool ok = print_display(st, &sb, v);
        bool whole = !strbuf_failed(&sb);
        /* Without --enable-hard-tests nothing fails. */
        if (mem_fail_after(-1, false) && !ok)
            ck_assert_str_eq(core_error_take(st), "Cannot allocate memory");
        else if (ok && whole)
            ck_assert_uint_eq(sb.len, 2 * 60 + 4);
        strbuf_done(&sb);
    }
    value_release(st, v);
    state_free(st);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_print_display_form,
        test_print_debug_form,
        test_print_explicit_form,
        test_print_deep_data_up_to_the_limit,
        test_print_of_shared_data_stops_at_the_memory_limit,
        test_print_deep_data_survives_running_out_of_memory,
        NULL,
    };
    return unit_run(unit_suite("print", tests));
}
