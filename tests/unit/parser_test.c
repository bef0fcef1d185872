#include "config.h"

#include <stdio.h>
#include <string.h>

#include "front_text.h"
#include "unit.h"

#include "base/mem.h"

static void check_main(const char *text, const char *expected)
{
    char *got = front_text_main(text);
    ck_assert_msg(strcmp(got, expected) == 0, "for:\n%s\ngot:\n%swanted:\n%s", text,
                  got, expected);
    mem_free(got);
}

START_TEST(test_parser_reads_precedence)
{
    check_main("1 + 2 * 3 - 4 / 5 % 6", "(- (+ 1 (* 2 3)) (% (/ 4 5) 6))\n");
    check_main("a < b == c > d && e or f ?? g |> h",
               "(pipe h@ (?? (or (and (== (< a@ b@) (> c@ d@)) e@) f@) g@))\n");
    check_main("-a.b * c", "(* (- (member a@ .b)) c@)\n");
    check_main("-x?", "(- (try x@))\n");
    check_main("not a == b", "(== (not a@) b@)\n");
    check_main("x := not y and z", "= x@+g0 (and (not y@) z@)\n");
    check_main("a - b - c", "(- (- a@ b@) c@)\n");
    check_main("a ?? b ?? c", "(?? (?? a@ b@) c@)\n");
    check_main("await await p", "(await (await p@))\n");
    check_main("!a.b(c)[d]", "(! (index (method a@ .b c@) d@))\n");
}
END_TEST

START_TEST(test_parser_reads_line_breaks)
{
    check_main("a\n(b)\n[c]", "a@\n"
                              "b@\n"
                              "(array c@)\n");
    check_main("a\n.b\n.c()\n+ d\n- e", "(- (+ (method (member a@ .b) .c) d@) e@)\n");
    check_main("return\nx", "return x@\n");
    check_main("x := f() ?? g()\n[y]", "= x@+g0 (?? (call f@) (call g@))\n"
                                       "(array y@)\n");
    check_main("x := P\n{}", "= x@+g0 P@\n"
                             "(dict)\n");
    check_main("len(x)\n-1", "(- (call len@<len> x@) 1)\n");
    check_main("a;;b c", "a@\n"
                         "b@\n"
                         "c@\n");
}
END_TEST

START_TEST(test_parser_reads_pipes)
{
    check_main("x |> f", "(pipe f@ x@)\n");
    check_main("x |> f(1)", "(pipe f@ x@ 1)\n");
    check_main("x |> (f(1))", "(pipe (call f@ 1) x@)\n");
    check_main("x |> o.m(1)", "(method x@ |> o@ .m 1)\n");
    check_main("x |> f(1)?", "(pipe (try (call f@ 1)) x@)\n");
    check_main("1 |> f |> g(2)", "(pipe g@ (pipe f@ 1) 2)\n");
}
END_TEST

START_TEST(test_parser_reads_throw)
{
    check_main("throw -1", "throw (- 1)\n");
    check_main("throw (a) + 1", "throw (+ a@ 1)\n");
    check_main("throw\n5", "throw@\n"
                           "5\n");
    check_main("y := throw(1) + 2", "= y@+g0 (+ (throw 1) 2)\n");
    check_main("throw := 1; throw + 2", "= throw@+g0 1\n"
                                        "(+ throw@g0 2)\n");
}
END_TEST

START_TEST(test_parser_reads_heads)
{
    check_main("if ready { }", "if ready@\n"
                               "then\n");
    check_main("match v { }", "match slot 0 v@\n");
    check_main("for x in xs { }", "for slot 0 x@+l2 in xs@\n"
                                  "do\n");
    check_main("if (P {}).x == f(P { a: 1 }) { }",
               "if (== (member (struct P@) .x) (call f@ (struct P@ a:1)))\n"
               "then\n");
    check_main("if P {} {}", "if P@\n"
                             "then\n"
                             "(dict)\n");
    check_main("while func() { return P {} }() { }", "while (call #1)\n"
                                                     "do\n");
    check_main("loop while a {}\nloop { break }", "while a@\n"
                                                  "do\n"
                                                  "loop\n"
                                                  "do\n"
                                                  "break\n");
}
END_TEST

START_TEST(test_parser_reads_structs_and_dicts)
{
    check_main("x := P {}", "= x@+g0 (struct P@)\n");
    check_main("p {a: 1}", "(struct p@ a:1)\n");
    check_main("{a: 1}", "(dict \"a\":1)\n");
    check_main(
        "x := {a: b, \"c\": d, 1: 2, (e): 3, f(): 4, self: 5, ...g}",
        "= x@+g0 (dict \"a\":b@ \"c\":d@ 1:2 e@:3 (call f@):4 \"self\":5 ...g@)\n");
    check_main("{\"a\": 1}[\"a\"]", "(index (dict \"a\":1) \"a\")\n");
    check_main("[1, 2,]", "(array 1 2)\n");
}
END_TEST

START_TEST(test_parser_reads_targets)
{
    check_main("{a, b} := d", "destructure {a@+g0 b@+g1}  d@\n");
    check_main("{} := d", "destructure {}  d@\n");
    check_main("[a, [b, {c}], ...d] := e",
               "destructure [a@+g0 [b@+g1 {c@+g2}] ...d@+g3]  e@\n");
    check_main("[a ...d] := e", "destructure [a@+g0 ...d@+g1]  e@\n");
    check_main("a.b.c[1].d := 2", "= a@+l0 .b .c [1] .d 2\n");
    check_main("self.x.if := 1", "= self@+l0 .x .if 1\n");
    check_main("x.y += 1", "+= x@+l0 .y 1\n");
    check_main("[a, _, _] := b", "destructure [a@+g0 _ _]  b@\n");
}
END_TEST

START_TEST(test_parser_reads_types)
{
    check_main("let x: int? = 5", "let x@+g0  5\n");
    check_main("let f: func<int, list<int[]>> := g", "let f@+g0  g@\n");
    check_main("let x: list<int>= 1", "let x@+g0  1\n");
    check_main("func f(a, b: int,) -> list<int>? { }", "hoisted f@+g0 #1\n");
    check_main("const c: E = 1", "const c@+g0!  1\n");
}
END_TEST

START_TEST(test_parser_reads_calls)
{
    check_main("func(a) { return a }(1)", "(call #1 1)\n");
    check_main("f(a, b,)", "(call f@ a@ b@)\n");
    check_main("x.int(1).if", "(member (method x@ .int 1) .if)\n");
    check_main("bool(x) + string(y)", "(+ (bool x@) (string y@))\n");
    check_main("async func() {}\nasync func f() {}", "#1\n"
                                                     "hoisted f@+g0 #2\n");
}
END_TEST

START_TEST(test_parser_reads_tagged_values)
{
    check_main("E::A", "(tagged E::A)\n");
    check_main("E::A(1, 2)", "(tagged E::A 1 2)\n");
    check_main(
        "Result::Ok(1); Option::None; Option::None(); Option::Some(2); Result::Err(3)",
        "(Ok 1)\n"
        "None\n"
        "None\n"
        "(Some 2)\n"
        "(Err 3)\n");
    check_main("Result::Other", "(tagged Result::Other)\n");
    check_main("Ok(1); Err(2); Some(3); None", "(Ok 1)\n"
                                               "(Err 2)\n"
                                               "(Some 3)\n"
                                               "None\n");
    check_main("a.Ok", "(member a@ .Ok)\n");
}
END_TEST

START_TEST(test_parser_reads_words_as_names)
{
    check_main("test := 1; test(2)\ntest_setup := 3", "= test@+g0 1\n"
                                                      "(call test@g0 2)\n"
                                                      "= test_setup@+g1 3\n");
    check_main("test_group + test_teardown", "(+ test_group@ test_teardown@)\n");
    check_main("x.throw.None", "(member (member x@ .throw) .None)\n");
}
END_TEST

START_TEST(test_parser_reads_imports)
{
    check_main("import m; from a.b import c, d", "import all \"m\"\n"
                                                 "import \"a.b\" c@+g0 d@+g1\n");
}
END_TEST

static void check_errors(const char *text, const char *expected)
{
    char *got = front_text_errors(text, strlen(text));
    ck_assert_msg(strcmp(got, expected) == 0, "for:\n%s\ngot:\n%swanted:\n%s", text,
                  got, expected);
    mem_free(got);
}

/* A syntax error at LINE:COLUMN with this message and nothing else. */
static void check_error(const char *text, const char *position_and_message)
{
    char expected[512];
    snprintf(expected, sizeof expected, "RUFPARSE001 %s\n", position_and_message);
    check_errors(text, expected);
}

/* `count` times open, then middle, then `count` times close. */
static char *nest(const char *open, size_t count, const char *middle, const char *close)
{
    size_t o = strlen(open), m = strlen(middle), c = strlen(close);
    char *text = mem_alloc((o + c) * count + m + 1);
    ck_assert_ptr_nonnull(text);
    char *at = text;
    for (size_t i = 0; i < count; i++, at += o)
        memcpy(at, open, o);
    memcpy(at, middle, m);
    at += m;
    for (size_t i = 0; i < count; i++, at += c)
        memcpy(at, close, c);
    *at = '\0';
    return text;
}

/* `depth` of these nest well; one more has an error with this text. */
static void check_depth(const char *open, const char *middle, const char *close,
                        size_t depth, const char *message)
{
    for (size_t extra = 0; extra < 2; extra++) {
        char *text = nest(open, depth + extra, middle, close);
        char *got = front_text_errors(text, strlen(text));
        if (extra == 0)
            ck_assert_str_eq(got, "");
        else
            ck_assert_msg(strstr(got, message) != NULL, "no '%s' in %s", message, got);
        mem_free(got);
        mem_free(text);
    }
}

START_TEST(test_parser_limits_the_nesting_of_expressions)
{
    const char *message =
        "Maximum expression nesting depth of 256 exceeded while parsing ";
    check_depth("(", "1", ")", 256, message);
    check_depth("[", "1", "]", 256, message);
    check_depth("x := {a: ", "1", "}", 1, "");
    check_depth("f(", "1", ")", 256, message);
    check_depth("!", "x", "", 256, message);
    check_depth("- ", "x", "", 256, message);
    check_depth("not ", "x", "", 256, message);
    check_depth("await ", "x", "", 256, message);
    check_depth("a[", "1", "]", 256, message);
    check_depth("\"${", "1", "}\"", 256, message);
    check_depth("P {a: ", "1", "}", 256, message);
    check_depth("Ok(", "1", ")", 256, message);
    check_depth("let x: ", "int = 1", "", 1, "");
}
END_TEST

START_TEST(test_parser_limits_the_nesting_of_blocks)
{
    const char *message = "Maximum block nesting depth of 128 exceeded while parsing ";
    check_depth("if x { ", "", "}", 128, message);
    check_depth("while x {", "", "}", 128, message);
    check_depth("for x in y {", "", "}", 128, message);
    check_depth("func f() {", "", "}", 128, message);
    check_depth("try {", "", "} except e { }", 128, message);
    check_depth("spawn {", "", "}", 128, message);
    check_depth("match x { case 1: {", "", "}}", 64, message);
}
END_TEST

START_TEST(test_parser_survives_absurd_depth)
{
    static const char *const openers[] = {
        "(",
        "[",
        "{a:",
        "f(",
        "!",
        "-",
        "a.b(",
        "\"${",
        "if x {",
        "func() {",
        "P {a: ",
        "match x { case 1: ",
        "try {",
        "struct S { func m(self) {",
        "x := [",
        "let [",
        "case ",
        "let x: a<",
        "{...",
        "yield ",
        "await ",
        "for [",
        "x |> (",
        "return (",
        "throw ",
        "test \"a\" {",
        "test_group \"a\" {",
    };
    for (size_t i = 0; i < sizeof openers / sizeof openers[0]; i++) {
        char *text = nest(openers[i], 20000, "", "");
        char *got = front_text_errors(text, strlen(text));
        ck_assert_str_ne(got, "");
        mem_free(got);
        mem_free(text);
    }
}
END_TEST

START_TEST(test_parser_bounds_the_height_of_chains)
{
    static const char *const links[] = {" + 1", ".a",    "(1)", "[1]",
                                        "(1)?", " |> f", "?.a"};
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        char *text = nest("", 1000, "x", links[i]);
        char *got = front_text_errors(text, strlen(text));
        ck_assert_str_eq(got, "");
        mem_free(got);
        got = front_text_main(text);
        ck_assert_str_ne(got, "");
        mem_free(got);
        mem_free(text);
        text = nest("", 50000, "x", links[i]);
        got = front_text_errors(text, strlen(text));
        ck_assert_ptr_nonnull(
            strstr(got, "Expression chains more than 4096 operations"));
        mem_free(got);
        mem_free(text);
    }
}
END_TEST

START_TEST(test_parser_bounds_else_if_chains)
{
    char *text = nest("", 1000, "if a { }", " else if b { }");
    check_errors(text, "");
    char *got = front_text_tree(text);
    ck_assert_str_ne(got, "");
    mem_free(got);
    mem_free(text);
    text = nest("", 100000, "if a { }", " else if b { }");
    got = front_text_errors(text, strlen(text));
    ck_assert_ptr_nonnull(strstr(got, "More than 1024 'else if' in a row"));
    mem_free(got);
    mem_free(text);
}
END_TEST

START_TEST(test_parser_limits_the_elements_of_literals)
{
    char *text = nest("", 1048577, "x := [", "1,");
    char *got = front_text_errors(text, strlen(text));
    ck_assert_str_eq(
        got, "RUFPARSE001 1:2097159 Array literal exceeds maximum element count "
             "of 1048576\n");
    mem_free(got);
    mem_free(text);
    text = nest("", 1048577, "x := {", "1:1,");
    got = front_text_errors(text, strlen(text));
    ck_assert_str_eq(got,
                     "RUFPARSE001 1:4194311 Dictionary literal exceeds maximum item "
                     "count of 1048576\n");
    mem_free(got);
    mem_free(text);
}
END_TEST

START_TEST(test_parser_names_what_is_missing)
{
    check_error("f(1, 2", "1:7 Expected ')' after arguments but found end of file");
    check_error("x := [1, 2\ny := 3",
                "2:1 Expected ']' after array elements but found 'y'");
    check_error("if x y", "1:6 Expected '{' after if condition but found 'y'");
    check_error("func f() {",
                "1:11 Expected '}' to close the block but found end of file");
    check_error("let x 1", "1:7 Expected ':=' before the initial value but found '1'");
    check_error("for x of y {}",
                "1:7 Expected 'in' after loop variable but found 'of'");
    check_error("try { }",
                "1:8 Expected 'except' after try block but found end of file");
    check_error("x := ", "1:6 Expected an expression but found end of file");
    check_error("a.1", "1:3 Expected a name after '.' but found '1'");
    check_error("func (a, 1) {}", "1:10 Expected a parameter name but found '1'");
    check_error("Ok", "1:3 Expected '(' after Ok but found end of file");
    check_error("struct S { 1 }",
                "1:12 Expected a field name, 'func' or '}' but found '1'");
    check_error("match x { 1 }",
                "1:11 Expected 'case', 'default' or '}' in match but found '1'");
    check_error("impl", "1:1 Expected a statement but found 'impl'");
}
END_TEST

START_TEST(test_parser_refuses_bad_targets)
{
    check_error("1 := 2", "1:1 Invalid assignment target");
    check_error("f() := 2", "1:1 Invalid assignment target");
    check_error("a + b := 2", "1:1 Invalid assignment target");
    check_error("(a) := 2", "1:1 Invalid assignment target");
    check_error("a?.b := 2", "1:1 Invalid assignment target");
    check_error("[a, 1] := 2", "1:5 Invalid assignment target");
    check_error("[a, b] += 2", "1:1 Invalid assignment target");
    const char *chained =
        "Chained assignment is not supported; split the assignment into "
        "separate statements";
    char expected[256];
    snprintf(expected, sizeof expected, "1:8 %s", chained);
    check_error("a := b := 1", expected);
    snprintf(expected, sizeof expected, "1:11 %s", chained);
    check_error("let a = b = 1", expected);
}
END_TEST

START_TEST(test_parser_refuses_what_the_reference_forbids)
{
    check_error("func f(a, a) {}", "1:11 Duplicate declaration in the same scope: a");
    check_error("match x { default: 1 case 2: 3 }",
                "1:22 'default' must be the last arm");
    check_error("match x { case \"a${1}\": 1 }",
                "1:16 A string pattern must not contain interpolation");
    check_error("test \"a${1}\" { }", "1:6 A test name must not contain interpolation");
    check_error("import \"m${1}\"", "1:8 A module name must not contain interpolation");
    check_error("f(...a)", "1:3 Spread is not supported in arguments");
    check_error("x := throw 5",
                "1:6 'throw' inside an expression needs parentheses: throw(e)");
    check_error("Ok(1, 2)", "1:5 Expected ')' after argument but found ','");
    check_error("match x { case Ok(a, b): 1 }",
                "1:16 Too many names in the pattern for Ok");
    check_error("if x { export y := 1 }",
                "1:8 'export' is allowed at the top level only");
    check_error("export print(1)",
                "1:8 'export' needs a declaration, an assignment or a name");
    check_error("a ? b : c", "1:7 Expected a statement but found ':'");
}
END_TEST

START_TEST(test_parser_goes_on_after_errors)
{
    check_errors("let x := \n"
                 "let y := 3 +\n"
                 "func f( {\n"
                 "    a b ) c\n"
                 "}\n"
                 "if z { w ] }\n"
                 "ok := 1\n"
                 "foo(1, 2\n"
                 "let q := )\n",
                 "RUFPARSE001 2:1 Expected an expression but found 'let'\n"
                 "RUFPARSE001 3:6 Expected '(' before parameters but found 'f'\n"
                 "RUFPARSE001 6:10 Expected a statement but found ']'\n"
                 "RUFPARSE001 9:1 Expected ')' after arguments but found 'let'\n"
                 "RUFPARSE001 9:10 Expected an expression but found ')'\n");
}
END_TEST

START_TEST(test_parser_finds_jumps_and_yields_out_of_place)
{
    check_errors("break\nfor x in y { break; func() { continue } }\nif x { continue }",
                 "RUFVM001 1:1 break can only be used inside a loop\n"
                 "RUFVM001 2:30 continue can only be used inside a loop\n"
                 "RUFVM001 3:8 continue can only be used inside a loop\n");
    check_errors(
        "loop { match x { case 1: break default: { try { continue } except { } } } }",
        "");
    check_errors("loop { spawn { break } }",
                 "RUFVM001 1:16 break can only be used inside a loop\n");
    check_errors("func* g() { yield 1; func() { yield 2 } }\nyield",
                 "RUFVM001 1:31 Yield can only be used inside generator functions\n"
                 "RUFVM001 2:1 Yield can only be used inside generator functions\n");
    check_errors(
        "struct S { func* m(self) { yield 1 } }",
        "RUFVM001 1:12 Generator methods are not supported for structs: S.m\n");
}
END_TEST

START_TEST(test_parser_places_nodes_where_the_reference_says)
{
    char *got = front_text_dump(
        "let a := 1\na.b := c\nf(1)\nx.y(2)\nif a { return }\n1 + 2", 48, NULL);
    static const char *const starts[] = {
        "  0: let",      "  15: =",  "  21: (call",
        "  28: (method", "  32: if", "      39: return"};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        ck_assert_msg(strstr(got, starts[i]) != NULL, "no '%s' in %s", starts[i], got);
    mem_free(got);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_parser_reads_precedence,
        test_parser_reads_line_breaks,
        test_parser_reads_pipes,
        test_parser_reads_throw,
        test_parser_reads_heads,
        test_parser_reads_structs_and_dicts,
        test_parser_reads_targets,
        test_parser_reads_types,
        test_parser_reads_calls,
        test_parser_reads_tagged_values,
        test_parser_reads_words_as_names,
        test_parser_reads_imports,
        test_parser_limits_the_nesting_of_expressions,
        test_parser_limits_the_nesting_of_blocks,
        test_parser_survives_absurd_depth,
        test_parser_bounds_the_height_of_chains,
        test_parser_bounds_else_if_chains,
        test_parser_limits_the_elements_of_literals,
        test_parser_names_what_is_missing,
        test_parser_refuses_bad_targets,
        test_parser_refuses_what_the_reference_forbids,
        test_parser_goes_on_after_errors,
        test_parser_finds_jumps_and_yields_out_of_place,
        test_parser_places_nodes_where_the_reference_says,
        NULL,
    };
    return unit_run(unit_suite("parser", tests));
}
