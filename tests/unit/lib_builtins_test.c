/*
 * Builtins called with arguments written in JSON: `{"push", "[[1, 2], 3]", "[1, 2, 3]"}`
 * says that push([1, 2], 3) is displayed as [1, 2, 3]. Errors are shown as `! MESSAGE`.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "engine_fixture.h"
#include "unit.h"

#include "core/array.h"
#include "core/bytes.h"
#include "core/call.h"
#include "core/dict.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/string.h"
#include "lib/builtins.h"
#include "lib/json.h"
#include "lib/lib_state.h"

struct example {
    const char *name, *args, *expected;
};

static struct state *st;

static bool write_nowhere(void *context, int stream, const char *data, size_t len)
{
    (void)context;
    (void)stream;
    (void)data;
    (void)len;
    return true;
}

static void setup(void)
{
    static char one[] = "one", two[] = "--two";
    static char *script_args[] = {one, two};
    st = fixture_state(builtins_table, BUILTINS_COUNT);
    lib_state_attach(st);
    st->write = write_nowhere;
    st->argc = 2;
    st->argv = script_args;
}

static void teardown(void)
{
    lib_state_free(st);
    fixture_free(st);
}

/* Calls with the items of the array `list`; gives the display form or `! MESSAGE`. */
static const char *call(const char *name, struct value list)
{
    static char text[4096];
    const struct builtin *b = builtins_find(name, strlen(name));
    ck_assert_msg(b != NULL, "no builtin %s", name);
    struct value args[8], result = value_null();
    uint32_t n = (uint32_t)ARRAY_OF(list)->len;
    ck_assert_uint_le(n, 8);
    for (uint32_t i = 0; i < n; i++)
        args[i] = value_retain(array_get(ARRAY_OF(list), i));
    value_release(st, list);
    if (call_builtin(st, b, args, n, &result)) {
        snprintf(text, sizeof(text), "%s", fixture_text(st, result));
        value_release(st, result);
    } else {
        snprintf(text, sizeof(text), "! %s", fixture_message(st));
        error_clear(st);
    }
    for (uint32_t i = 0; i < n; i++)
        value_release(st, args[i]);
    return text;
}

static struct value json(const char *text)
{
    struct value v = value_null();
    ck_assert_msg(json_read(st, text, strlen(text), &v), "%s", text);
    return v;
}

/*
 * The same call with all allocations from the n-th on failing, for every n until it
 * succeeds: it fails with an error or gives the result, the arguments are as they were, and
 * nothing leaks (teardown).
 */
static void check_without_memory(const struct example *e)
{
    const struct builtin *b = builtins_find(e->name, strlen(e->name));
    for (uint64_t n = 1;; n++) {
        ck_assert_uint_lt(n, 10000);
        struct value list = json(e->args), args[8], result = value_null();
        uint32_t count = (uint32_t)ARRAY_OF(list)->len;
        char before[4096], after[4096];
        snprintf(before, sizeof(before), "%s", fixture_text(st, list));
        /* Anew: what was shown once has its keys in order. */
        value_release(st, list);
        list = json(e->args);
        for (uint32_t i = 0; i < count; i++)
            args[i] = value_retain(array_get(ARRAY_OF(list), i));
        value_release(st, list);
        heap_fail_after(st, n);
        bool ok = call_builtin(st, b, args, count, &result);
        heap_fail_after(st, 0);
        ck_assert_msg(ok == (st->error.kind == ERROR_NONE), "%s%s, allocation %d: %s",
                      e->name, e->args, (int)n, ok ? "hides the error" : "no error");
        if (ok) {
            const char *got = fixture_text(st, result);
            ck_assert_msg(strcmp(got, e->expected) == 0,
                          "%s%s, allocation %d: got `%s`", e->name, e->args, (int)n,
                          got);
            value_release(st, result);
        } else if (st->error.kind == ERROR_RAISED) {
            ck_assert(array_make(st, args, count, &list));
            snprintf(after, sizeof(after), "%s", fixture_text(st, list));
            value_release(st, list);
            if (strcmp(before, after) != 0)
                ck_abort_msg("%s%s, allocation %d: arguments are %s", e->name, e->args,
                             (int)n, after);
        }
        bool expected = ok || (e->expected[0] == '!' &&
                               strcmp(fixture_message(st), e->expected + 2) == 0);
        error_clear(st);
        for (uint32_t i = 0; i < count; i++)
            value_release(st, args[i]);
        if (expected)
            return;
    }
}

static void check(const struct example *examples)
{
    setup();
    for (; examples->name != NULL; examples++) {
        const char *got = call(examples->name, json(examples->args));
        ck_assert_msg(strcmp(got, examples->expected) == 0,
                      "%s%s: got `%s`, expected `%s`", examples->name, examples->args,
                      got, examples->expected);
        check_without_memory(examples);
    }
    teardown();
}

START_TEST(test_builtins_table_is_sound)
{
    for (uint32_t i = 0; i < BUILTINS_COUNT; i++) {
        const struct builtin *b = &builtins_table[i];
        ck_assert_uint_eq(b->id, i);
        ck_assert(b->fn != NULL);
        ck_assert(b->max_args == BUILTIN_VARIADIC || b->min_args <= b->max_args);
        ck_assert_ptr_eq(builtins_find(b->name, strlen(b->name)), b);
    }
    ck_assert_str_eq(builtins_find("println", 7)->name, "print");
    ck_assert_str_eq(builtins_find("await_all", 9)->name, "Promise.all");
    ck_assert_ptr_null(builtins_find("pushx", 5));
    ck_assert_ptr_eq(builtins_find("pushx", 4), builtins_find("push", 4));
}
END_TEST

START_TEST(test_builtins_strings)
{
    static const struct example examples[] = {
        {"len", "[\"h\u00e9llo\"]", "5"},
        {"len", "[[1,2,3]]", "3"},
        {"len", "[5]",
         "! len() requires an array, dict, bytes, set, queue, stack, or string"},
        {"contains", "[\"hello\", \"ell\"]", "1"},
        {"contains", "[\"hello\", \"\"]", "1"},
        {"contains", "[\"hello\", \"x\"]", "0"},
        {"contains", "[[1, 2.0, \"a\"], 2]", "false"},
        {"contains", "[[1, 2, 3], 2]", "true"},
        {"contains", "[{\"a\": 1}, \"a\"]", "true"},
        {"index_of", "[\"h\u00e9llo\", \"llo\"]", "2"},
        {"index_of", "[\"abc\", \"x\"]", "-1"},
        {"index_of", "[[5, 6], 6]", "1"},
        {"index_of", "[[5.0, 6.0], 6]", "-1"},
        {"starts_with", "[\"abc\", \"ab\"]", "true"},
        {"ends_with", "[\"abc\", \"bc\"]", "true"},
        {"ends_with", "[\"c\", \"bc\"]", "false"},
        {"trim", "[\" \\u00a0 a b\\n\"]", "a b"},
        {"trim_start", "[\"  a \"]", "a "},
        {"trim_end", "[\"  a \"]", "  a"},
        {"substring", "[\"hello\", 1, 3]", "el"},
        {"substring", "[\"hello\", -2, 99]", "hello"},
        {"substring", "[\"hello\", 3, 3]", ""},
        {"substring", "[\"hello\", 9, 12]", ""},
        {"char_at", "[\"h\u00e9\", 1]", "\u00e9"},
        {"char_at", "[\"abc\", -1]", "a"},
        {"char_at", "[\"abc\", 3]", ""},
        {"str_reverse", "[\"a\u00e9b\"]", "b\u00e9a"},
        {"split", "[\"a,b,,c\", \",\"]", "[a, b, , c]"},
        {"split", "[\"\", \",\"]", "[]"},
        {"split", "[\"ab\", \"\"]", "[, a, b, ]"},
        {"split", "[\"a--b\", \"--\"]", "[a, b]"},
        {"lines", "[\"a\\r\\nb\\n\\nc\\n\"]", "[a, b, , c]"},
        {"words", "[\"  a  b\\tc \"]", "[a, b, c]"},
        {"join", "[[\"a\", \"b\"], \"-\"]", "a-b"},
        {"join", "[[1, 2.5, true, null, \"x\", [1]], \", \"]",
         "1, 2.5, true, Null, x, Array[1]"},
        {"join", "[[], \",\"]", ""},
        {"repeat", "[\"ab\", 3]", "ababab"},
        {"repeat", "[\"ab\", -1]", ""},
        {"replace", "[\"banana\", \"an\", \"-\"]", "b--a"},
        {"replace", "[\"abc\", \"\", \"-\"]", "-a-b-c-"},
        {"replace", "[\"aaa\", \"aa\", \"b\"]", "ba"},
        {"replace", "[\"abc\", \"x\", \"y\"]", "abc"},
        {"is_empty", "[\"\"]", "true"},
        {"count_chars", "[\"\u00e9\u00e9\"]", "2"},
        {"to_upper", "[\"stra\u00dfe\"]", "STRASSE"},
        {"to_lower", "[\"\u0391\u03a3\"]", "\u03b1\u03c2"},
        {"capitalize", "[\"hELLO wORLD\"]", "Hello world"},
        {"pad_left", "[\"7\", 3, \"0\"]", "007"},
        {"pad_right", "[\"7\", 3, \"\"]", "7  "},
        {"pad_left", "[\"1234\", 3, \"0\"]", "1234"},
        {"truncate", "[\"hello world\", 8, \"...\"]", "hello..."},
        {"truncate", "[\"hello\", 5, \"...\"]", "hello"},
        {"truncate", "[\"hello\", 2, \"...\"]", "..."},
        {"slugify", "[\"Hello, World! It's_fine -- ok\"]", "hello-world-its-fine-ok"},
        {"to_camel_case", "[\"hello big_world\"]", "helloBigWorld"},
        {"to_snake_case", "[\"helloWorld HTTPServer\"]", "hello_world_httpserver"},
        {"to_snake_case", "[\"aZzA9AZ[@`{\"]", "a_zz_a9_az"},
        {"to_kebab_case", "[\"helloWorld\"]", "hello-world"},
        {"format", "[\"%s is %d and %f%% %x\", \"a\", 2.9, 2]", "a is 2 and 2% %x"},
        {"format", "[\"%s %s %s\", [1], {}, null]", "[Array] {Dict} null"},
        {"format", "[\"%d\"]", "! format() missing argument for placeholder %d"},
        {"push", "[[1]]", "! push expects 2 arguments, got 1"},
        {"trim", "[]", "! trim expects 1 arguments, got 0"},
        {NULL, NULL, NULL},
    };
    check(examples);
}
END_TEST

START_TEST(test_builtins_regular_expressions)
{
    static const struct example examples[] = {
        {"regex_match", "[\"abc123\", \"\\\\d+\"]", "true"},
        {"regex_match", "[\"abc\", \"(\"]", "false"},
        {"regex_match", "[\"aa\", \"(a)\\\\1\"]", "false"},
        {"regex_find_all", "[\"a1 b22 c\", \"[a-z]\\\\d+\"]", "[a1, b22]"},
        {"regex_find_all", "[\"abc\", \"x*\"]", "[, , , ]"},
        {"regex_find_all", "[\"abab\", \"a|ab\"]", "[a, a]"},
        {"regex_find_all", "[\"x\", \"[\"]", "[]"},
        {"regex_replace",
         "[\"john smith\", \"(\\\\w+) (?P<last>\\\\w+)\", \"$last, ${1}$$\"]",
         "smith, john$"},
        {"regex_replace", "[\"abc\", \"(?i)B\", \"[$0]\"]", "a[b]c"},
        {"regex_replace", "[\"aaa\", \"a*?\", \"-\"]", "-a-a-a-"},
        {"regex_replace", "[\"abc\", \"(\", \"-\"]", "abc"},
        {"regex_split", "[\"a1b22c\", \"(\\\\d)+\"]", "[a, b, c]"},
        {"regex_split", "[\"abc\", \")\"]", "[abc]"},
        {NULL, NULL, NULL},
    };
    check(examples);
}
END_TEST

START_TEST(test_builtins_arrays)
{
    static const struct example examples[] = {
        {"range", "[3]", "[0, 1, 2]"},
        {"range", "[5, 1, -2]", "[5, 3]"},
        {"range", "[1, 1]", "[]"},
        {"range", "[1, 2, 0]", "! range() step cannot be zero"},
        {"range", "[]", "! range() requires 1, 2, or 3 arguments"},
        {"range", "[\"a\"]", "! range() requires numeric arguments"},
        {"push", "[[1, 2], \"x\"]", "[1, 2, x]"},
        {"pop", "[[1, 2]]", "[[1], 2]"},
        {"pop", "[[]]", "[[], 0]"},
        {"insert", "[[1, 3], 1, 2]", "[1, 2, 3]"},
        {"insert", "[[1], 2, 9]",
         "! insert() index 2 out of bounds for array of length 1"},
        {"remove", "[[1, 2, 1], 1]", "[2, 1]"},
        {"remove", "[[1, 2], 1.0]", "[1, 2]"},
        {"remove", "[{\"a\": 1, \"b\": 2}, \"a\"]", "[{\"b\": 2}, 1]"},
        {"remove", "[{\"a\": 1}, \"x\"]", "[{\"a\": 1}, 0]"},
        {"remove_at", "[[1, 2, 3], 1]", "[[1, 3], 2]"},
        {"remove_at", "[[1], 1]",
         "! remove_at() index 1 out of bounds for array of length 1"},
        {"clear", "[[1]]", "[]"},
        {"clear", "[{\"a\": 1}]", "{}"},
        {"slice", "[[1, 2, 3, 4], 1, -1]", "[2, 3]"},
        {"slice", "[[1, 2, 3], -99, 99]", "[1, 2, 3]"},
        {"slice", "[[1, 2, 3], 2, 1]", "[]"},
        {"concat", "[[1, 2], [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]]",
         "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]"},
        {"concat", "[[1], [\"a\"]]", "[1, a]"},
        {"reverse", "[[1, 2, 3]]", "[3, 2, 1]"},
        {"flatten", "[[1, [2, [3]], []]]", "[1, 2, [3]]"},
        {"sort", "[[3, 1.5, 2]]", "[1.5, 2, 3]"},
        {"sort", "[[\"b\", \"ab\", \"a\", \"abcdefghij\", \"abcdefghi\"]]",
         "[a, ab, abcdefghi, abcdefghij, b]"},
        {"sort", "[[9223372036854775807, -1, 0]]", "[-1, 0, 9223372036854775807]"},
        {"unique", "[[1, 2, 1, 1.0, \"1\", [1], [1]]]", "[1, 2, 1, 1, [1]]"},
        {"sum", "[[1, \"x\", 2]]", "3"},
        {"sum", "[[1, 0.5, 2]]", "3.5"},
        {"sum", "[[9223372036854775807, 1]]",
         "! Integer overflow: 9223372036854775807 + 1"},
        {"chunk", "[[1, 2, 3], 2]", "[[1, 2], [3]]"},
        {"chunk", "[[1, 2], 0]", "[[1, 2]]"},
        {"windows", "[[1, 2, 3], 2]", "[[1, 2], [2, 3]]"},
        {"windows", "[[1], 2]", "[]"},
        {"zip", "[[1, 2], [\"a\"]]", "[[1, a]]"},
        {"enumerate", "[[\"a\", \"b\"]]", "[[0, a], [1, b]]"},
        {"take", "[[1, 2, 3], 2]", "[1, 2]"},
        {"take", "[[1, 2, 3], -1]", "[]"},
        {"skip", "[[1, 2, 3], 2]", "[3]"},
        {"skip", "[[1], 5]", "[]"},
        {"collect", "[[1]]", "[1]"},
        {"collect", "[1]", "! collect() expects an iterator or array"},
        {"map", "[1, 2]", "! map expects an array and a function"},
        {"reduce", "[[], 1, 2]",
         "! reduce expects an array, an initial value, and a function"},
        {"len", "[]", "! len expects 1 arguments, got 0"},
        {"reverse", "[]", "! reverse expects 1 argument, got 0"},
        {NULL, NULL, NULL},
    };
    check(examples);
}
END_TEST

START_TEST(test_builtins_dicts)
{
    static const struct example examples[] = {
        {"keys", "[{\"b\": 1, \"a\": 2}]", "[a, b]"},
        {"keys", "[{\"10\": 1, \"9\": 2}]", "[9, 10]"},
        {"keys", "[5]", "[]"},
        {"values", "[{\"b\": 1, \"a\": 2}]", "[2, 1]"},
        {"items", "[{\"b\": 1, \"a\": 2}]", "[[a, 2], [b, 1]]"},
        {"items", "[{\"100\": 1, \"x\": 2}]", "[[100, 1], [x, 2]]"},
        {"has_key", "[{\"1\": 1}, 1]", "1"},
        {"has_key", "[{\"1\": 1}, \"x\"]", "0"},
        {"has_key", "[[], \"x\"]", "0"},
        {"get", "[{\"a\": 1}, \"a\"]", "1"},
        {"get", "[{\"a\": 1}, \"b\"]", "null"},
        {"get", "[{\"a\": 1}, \"b\", 7]", "7"},
        {"get_default", "[{\"a\": 1}, \"b\", 7]", "7"},
        {"get_default", "[[], \"b\", 7]",
         "! get_default() requires a dict, a key and a default"},
        {"merge", "[{\"a\": 1, \"b\": 1}, {\"b\": 2}]", "{\"a\": 1, \"b\": 2}"},
        {"merge", "[{\"a\": 1}, 5]", "{}"},
        {"invert", "[{\"a\": 1, \"b\": 1, \"c\": [], \"d\": true}]",
         "{\"1\": b, \"true\": d}"},
        {NULL, NULL, NULL},
    };
    check(examples);
}
END_TEST

START_TEST(test_builtins_math)
{
    static const struct example examples[] = {
        {"abs", "[-42]", "42"},
        {"round", "[2.5]", "3"},
        {"round", "[-0.4]", "-0"},
        {"sqrt", "[-1]", "! sqrt() domain error: value must be >= 0"},
        {"log", "[0]", "! log() domain error: value must be > 0"},
        {"pow", "[2, 10]", "1024"},
        {"min", "[\"a\", 1]", "! min() expects numeric arguments"},
        {"min", "[1]", "! min() expects 2 arguments"},
        {"abs", "[]", "! abs() expects 1 argument"},
        {"bit_and", "[6, 3]", "2"},
        {"bit_not", "[0]", "-1"},
        {"bit_shl", "[1, 63]", "-9223372036854775808"},
        {"bit_shr", "[-8, 1]", "-4"},
        {"bit_shl", "[1, 64]", "! bit_shl() expects a shift amount between 0 and 63"},
        {"random_choice", "[[]]", "0"},
        {"random_int", "[3, 3]", "3"},
        {NULL, NULL, NULL},
    };
    check(examples);
}
END_TEST

START_TEST(test_builtins_output_and_arguments)
{
    static const struct example examples[] = {
        {"args", "[]", "[one, --two]"},
        {"debug", "[]", "null"},
        {"debug", "[{\"b\": 1, \"a\": [2]}, 2.5]", "null"},
        {"print", "[{\"b\": 1, \"a\": [2]}, 2.5]", "null"},
        {"eprint", "[{\"b\": 1, \"a\": [2]}, 2.5]", "null"},
        {"sleep", "[0]", "0"},
        {"sleep", "[-1]", "! sleep() requires non-negative milliseconds"},
        {NULL, NULL, NULL},
    };
    check(examples);
}
END_TEST

START_TEST(test_builtins_conversions)
{
    static const struct example examples[] = {
        {"to_string", "[[1, \"a\"]]", "[1, a]"},
        {"to_int", "[\" 42 \"]", "42"},
        {"to_int", "[\"x\"]", "! Cannot convert 'x' to int"},
        {"to_int", "[[]]", "! Cannot convert array to int"},
        {"to_float", "[\"1e3\"]", "1000"},
        {"to_bool", "[\"FALSE\"]", "false"},
        {"to_bool", "[\"no\"]", "true"},
        {"parse_int", "[\"-7\"]", "-7"},
        {"parse_int", "[\"7.5\"]", "! Cannot parse '7.5' as integer"},
        {"parse_float", "[\"abc\"]", "! Cannot parse 'abc' as float"},
        {"type", "[[]]", "array"},
        {"type", "[1.5]", "float"},
        {"is_null", "[null]", "true"},
        {"bytes", "[[256]]", "! bytes() requires integers in range 0-255, got 256"},
        {"error", "[\"boom\"]", "! boom"},
        {"assert", "[true]", "true"},
        {"assert", "[0, \"no\"]", "! no"},
        {"assert", "[false]", "! Assertion failed"},
        {"assert", "[false, [1, {\"a\": 2}]]", "! [1, {\"a\": 2}]"},
        {"assert_equal", "[5, 10]", "! Assertion failed: expected Int(10), got Int(5)"},
        {"assert_equal", "[\"a\", \"a\"]", "true"},
        {"assert_true", "[false]", "! Assertion failed: expected true, got false"},
        {"assert_true", "[1]", "! assert_true requires a boolean argument"},
        {"assert_contains", "[[1, 2], 3]",
         "! Assertion failed: Array[2] does not contain Int(3)"},
        {"assert_contains", "[\"abc\", \"b\"]", "true"},
        {"exit", "[3]", "! "},
        {NULL, NULL, NULL},
    };
    check(examples);
}
END_TEST

START_TEST(test_builtins_data_formats)
{
    static const struct example examples[] = {
        {"parse_csv", "[\"name,age\\nAnn,30\\n\\\"B, \\\"\\\"b\\\"\\\"\\\",007\\n\"]",
         "[{\"age\": 30, \"name\": Ann}, {\"age\": 007, \"name\": B, \"b\"}]"},
        {"parse_csv", "[\"a,b\\n1\\n1,2,3\\n\"]",
         "[{\"a\": 1, \"b\": }, {\"a\": 1, \"b\": 2}]"},
        {"to_csv", "[[{\"b\": 1, \"a\": \"x,y\"}, {\"a\": \"q\\\"\"}]]",
         "a,b\n\"x,y\",1\n\"q\"\"\",\n"},
        {"to_csv", "[[]]", ""},
        {"encode_base64", "[\"hello\"]", "aGVsbG8="},
        {"decode_base64", "[\"aGVsbG8\"]", "! Base64 decode error: invalid length"},
        {"sha256", "[\"abc\"]",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"md5", "[\"\"]", "d41d8cd98f00b204e9800998ecf8427e"},
        {"format_date", "[0, \"YYYY-MM-DD HH:mm:ss\"]", "1970-01-01 00:00:00"},
        {"parse_date", "[\"2024-02-29\", \"YYYY-MM-DD\"]", "1709164800"},
        {"parse_date", "[\"2023-02-29\", \"YYYY-MM-DD\"]",
         "! parse_date failed: day out of range"},
        {"format_duration", "[1234]", "1.23s"},
        {"format_duration", "[1.234]", "1.23ms"},
        {"format_duration", "[0.0001]", "100ns"},
        {"elapsed", "[1, 3.5]", "2.5"},
        {"join_path", "[\"a\", \"\"]", "a/"},
        {"join_path", "[\"a\", \"/b\", \"c\"]", "/b/c"},
        {"read_file", "[\"/nonexistent/x\"]",
         "! Cannot read file '/nonexistent/x': No such file or directory (os error 2)"},
        {"env_required", "[\"RUFF_NO_SUCH\"]",
         "! Required environment variable 'RUFF_NO_SUCH' is not set"},
        {"env_int", "[\"RUFF_NO_SUCH\"]",
         "! Environment variable 'RUFF_NO_SUCH' not found"},
        {"env_or", "[\"RUFF_NO_SUCH\", \"d\"]", "d"},
        {NULL, NULL, NULL},
    };
    check(examples);
}
END_TEST

START_TEST(test_builtins_json)
{
    static const struct example examples[] = {
        {"parse_json", "[\"[1, -2.5e1, true, null, \\\"\\\\u0041\\\\n\\\", {}]\"]",
         "[1, -25, true, null, A\n, {}]"},
        {"parse_json", "[\"{\\\"a\\\": [1, {\\\"b\\\": []}]}\"]",
         "{\"a\": [1, {\"b\": []}]}"},
        {"parse_json", "[\"\\\"\\\\ud83d\\\\ude00\\\"\"]", "\U0001F600"},
        {"parse_json", "[\"\\\"\\\\ud83d\\\"\"]",
         "! JSON parse error: lone surrogate at line 1 column 8"},
        {"parse_json", "[\"[1,]\"]",
         "! JSON parse error: expected a value at line 1 column 4"},
        {"parse_json", "[\"01\"]",
         "! JSON parse error: invalid number at line 1 column 2"},
        {"parse_json", "[\"1 2\"]",
         "! JSON parse error: trailing characters at line 1 column 3"},
        {"parse_json", "[\"\"]",
         "! JSON parse error: unexpected end of input at line 1 column 1"},
        {"parse_json", "[\"99999999999999999999\"]", "100000000000000000000"},
        {"parse_json", "[5]", "! parse_json() requires a string"},
        {"to_json",
         "[{\"b\": [1, 2.0, \"q\\\"\\u0001\"], \"a\": null, \"10\": 1, \"9\": {}}]",
         "{\"10\":1,\"9\":{},\"a\":null,\"b\":[1,2.0,\"q\\\"\\u0001\"]}"},
        {"to_json", "[1e16]", "1e16"},
        {"to_json", "[1e300]", "1e300"},
        {"to_json", "[0.00001]", "0.00001"},
        {"to_json", "[0.0000015]", "1.5e-6"},
        {"to_json_pretty", "[{\"a\": [1, 2], \"b\": {}, \"c\": []}]",
         "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}"},
        {NULL, NULL, NULL},
    };
    check(examples);
}
END_TEST

START_TEST(test_builtins_json_depth_is_limited)
{
    setup();
    char text[2 * (JSON_MAX_DEPTH + 1) + 3];
    for (size_t depth = JSON_MAX_DEPTH; depth <= JSON_MAX_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct value v = value_null();
        bool ok = json_read(st, text, 2 * depth, &v);
        ck_assert_int_eq(ok, depth == JSON_MAX_DEPTH);
        if (ok) {
            struct value list;
            ck_assert(array_make(st, &v, 1, &list));
            ck_assert_uint_eq(strlen(call("to_json", list)), 2 * depth);
            /* One level more. */
            struct value outer, args;
            ck_assert(array_make(st, &v, 1, &outer));
            ck_assert(array_make_take(st, &outer, 1, &args));
            ck_assert_str_eq(call("to_json", args),
                             "! JSON value exceeds maximum nesting depth of 512");
            value_release(st, v);
        } else {
            error_clear(st);
        }
    }
    teardown();
}
END_TEST

/* push into a unique array keeps its storage, into a shared one copies. */
START_TEST(test_builtins_push_moves_when_unique)
{
    setup();
    const struct builtin *push = builtins_find("push", 4);
    const int64_t items[] = {1, 2, 3};
    struct value args[2] = {fixture_ints(st, items, 3), value_int(4)}, result;
    ck_assert(array_reserve(st, &args[0], 8));
    struct object *before = args[0].as.object;
    ck_assert(call_builtin(st, push, args, 2, &result));
    ck_assert_ptr_eq(result.as.object, before);
    ck_assert_uint_eq(args[0].kind, VALUE_NULL);
    args[0] = value_retain(result);
    struct value second;
    ck_assert(call_builtin(st, push, args, 2, &second));
    ck_assert_ptr_ne(second.as.object, result.as.object);
    ck_assert_uint_eq(ARRAY_OF(result)->len, 4);
    ck_assert_uint_eq(ARRAY_OF(second)->len, 5);
    value_release(st, args[0]);
    value_release(st, result);
    value_release(st, second);
    teardown();
}
END_TEST

START_TEST(test_builtins_random_sequence_repeats_after_a_seed)
{
    setup();
    char first[64], again[64];
    call("set_random_seed", json("[7]"));
    snprintf(first, sizeof(first), "%s", call("random_id", json("[20]")));
    call("set_random_seed", json("[7]"));
    snprintf(again, sizeof(again), "%s", call("random_id", json("[20]")));
    ck_assert_str_eq(first, again);
    ck_assert_uint_eq(strlen(first), 20);
    ck_assert_str_ne(first, call("random_id", json("[20]")));
    teardown();
}
END_TEST

static bool double_it(struct state *state, struct value *slots, struct value *result)
{
    (void)state;
    *result = value_int(2 * slots[0].as.integer);
    return true;
}

static bool is_even(struct state *state, struct value *slots, struct value *result)
{
    (void)state;
    *result = value_int(slots[0].as.integer % 2 == 0);
    return true;
}

static bool fail_at_three(struct state *state, struct value *slots,
                          struct value *result)
{
    *result = value_null();
    return slots[0].as.integer != 3 || error_raise(state, "three");
}

/* name(list, f) */
static const char *with_callback(const char *name, const char *list, struct fake *fake)
{
    struct value args[2] = {json(list), fixture_function(st, fake)}, both;
    ck_assert(array_make_take(st, args, 2, &both));
    return call(name, both);
}

START_TEST(test_builtins_callbacks)
{
    setup();
    struct fake twice, even, three;
    fixture_proto(&twice, "twice", 1, 0, 0, double_it);
    fixture_proto(&even, "even", 1, 0, 0, is_even);
    fixture_proto(&three, "three", 1, 0, 0, fail_at_three);
    ck_assert_str_eq(with_callback("map", "[1, 2, 3]", &twice), "[2, 4, 6]");
    ck_assert_str_eq(with_callback("filter", "[1, 2, 3, 4]", &even), "[2, 4]");
    ck_assert_str_eq(with_callback("find", "[1, 2, 3, 4]", &even), "2");
    ck_assert_str_eq(with_callback("find", "[1, 3]", &even), "0");
    ck_assert_str_eq(with_callback("any", "[1, 3]", &even), "false");
    ck_assert_str_eq(with_callback("all", "[2, 4]", &even), "true");
    ck_assert_str_eq(with_callback("map", "[1, 2, 3, 4]", &three), "! three");
    ck_assert_str_eq(with_callback("any", "[1, 2, 3, 4]", &three), "! three");
    teardown();
}
END_TEST

/* Calls while an interrupt is pending: was it the interrupt that ended the call? */
static bool is_interrupted(const char *name, struct value first, const char *more)
{
    const struct builtin *b = builtins_find(name, strlen(name));
    struct value rest = json(more), args[8] = {value_retain(first)}, result;
    uint32_t n = 1 + (uint32_t)ARRAY_OF(rest)->len;
    for (uint32_t i = 1; i < n; i++)
        args[i] = value_retain(array_get(ARRAY_OF(rest), i - 1));
    value_release(st, rest);
    state_interrupt(st);
    bool ok = call_builtin(st, b, args, n, &result);
    state_interrupt_clear(st);
    if (ok)
        value_release(st, result);
    for (uint32_t i = 0; i < n; i++)
        value_release(st, args[i]);
    bool stopped = !ok && st->error.kind == ERROR_INTERRUPT;
    error_clear(st);
    return stopped;
}

static struct value repeated(const char *text, int64_t count)
{
    struct value one = value_null();
    ck_assert(string_make(st, text, strlen(text), &one));
    struct string *many = string_repeat(st, STRING_OF(one), count);
    ck_assert_ptr_nonnull(many);
    value_release(st, one);
    return string_value(many);
}

START_TEST(test_builtins_stop_when_interrupted)
{
    static const struct {
        const char *name, *more;
    } calls[] = {
        {"to_upper", "[]"},
        {"to_lower", "[]"},
        {"capitalize", "[]"},
        {"slugify", "[]"},
        {"to_camel_case", "[]"},
        {"to_snake_case", "[]"},
        {"to_kebab_case", "[]"},
        {"str_reverse", "[]"},
        {"words", "[]"},
        {"split", "[\"-\"]"},
        {"replace", "[\"\", \"x\"]"},
        {"replace", "[\"-\", \"x\"]"},
        {"regex_match", "[\"z\"]"},
        {"sha256", "[]"},
        {"md5", "[]"},
        {"encode_base64", "[]"},
    };
    setup();
    struct value ascii = repeated("aB-9 ", 100000),
                 wide = repeated("a\u00c9-9 ", 100000);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        ck_assert_msg(is_interrupted(calls[i].name, ascii, calls[i].more), "%s",
                      calls[i].name);
        ck_assert_msg(is_interrupted(calls[i].name, wide, calls[i].more), "%s",
                      calls[i].name);
    }
    ck_assert(!is_interrupted("len", ascii, "[]"));
    struct value encoded = repeated("abcd", 100000);
    ck_assert(is_interrupted("decode_base64", encoded, "[]"));
    /* Keys that are not in order, with one beginning. */
    struct value dict = json("{}");
    for (int i = 0; i < 2000; i++) {
        struct value key = value_null();
        ck_assert(string_make_format(st, &key, "a long beginning %d", i * 7919 % 2000));
        ck_assert(dict_set_take(st, &dict, key, value_null()));
        value_release(st, key);
    }
    ck_assert(is_interrupted("keys", dict, "[]"));
    ck_assert(is_interrupted("to_json", dict, "[]"));
    value_release(st, dict);
    value_release(st, encoded);
    value_release(st, ascii);
    value_release(st, wide);
    teardown();
}
END_TEST

START_TEST(test_builtins_base64_in_blocks)
{
    setup();
    /* More than one block of the decoder, padding where none may be. */
    struct value text = repeated("Zm9v", 20000), bad = repeated("Zm8=", 20000);
    struct value result = value_null();
    const struct builtin *decode = builtins_find("decode_base64", 13);
    const struct builtin *encode = builtins_find("encode_base64", 13);
    ck_assert(call_builtin(st, decode, &text, 1, &result));
    ck_assert_uint_eq(BYTES_OF(result)->len, 60000);
    struct value back = value_null();
    ck_assert(call_builtin(st, encode, &result, 1, &back));
    ck_assert_str_eq(STRING_OF(back)->data, STRING_OF(text)->data);
    ck_assert(!call_builtin(st, decode, &bad, 1, &result));
    ck_assert_str_eq(fixture_message(st), "Base64 decode error: invalid character");
    error_clear(st);
    value_release(st, back);
    value_release(st, result);
    value_release(st, text);
    value_release(st, bad);
    teardown();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_builtins_table_is_sound,
        test_builtins_strings,
        test_builtins_regular_expressions,
        test_builtins_arrays,
        test_builtins_dicts,
        test_builtins_math,
        test_builtins_output_and_arguments,
        test_builtins_conversions,
        test_builtins_data_formats,
        test_builtins_json,
        test_builtins_json_depth_is_limited,
        test_builtins_push_moves_when_unique,
        test_builtins_random_sequence_repeats_after_a_seed,
        test_builtins_callbacks,
        test_builtins_stop_when_interrupted,
        test_builtins_base64_in_blocks,
        NULL,
    };
    return unit_run(unit_suite("lib_builtins", tests));
}
