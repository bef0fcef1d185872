#include "config.h"

#include <string.h>

#include "front_text.h"
#include "unit.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "front/diagnostics.h"
#include "front/front.h"
#include "front/resolve.h"
#include "front/source.h"

static void check_tree(const char *text, const char *expected)
{
    char *got = front_text_tree(text);
    ck_assert_msg(strcmp(got, expected) == 0, "for:\n%s\ngot:\n%swanted:\n%s", text,
                  got, expected);
    mem_free(got);
}

START_TEST(test_resolve_hoisted_functions_are_certain_everywhere)
{
    check_tree("func f() { return g() }\n"
               "func g() { return x }\n"
               "x := 1\n"
               "print(x)",
               "main 0 <main> () locals 0 at 0-61\n"
               "  hoisted f@+g0 #1\n"
               "  hoisted g@+g1 #2\n"
               "  = x@+g2 1\n"
               "  (call print@<print> x@g2)\n"
               "func 1 f () locals 0 at 0-22\n"
               "  return (call g@g1)\n"
               "func 2 g () locals 0 at 24-44\n"
               "  return x@g2?\n"
               "globals: f g x\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_a_function_may_assign_a_global_or_make_a_local)
{
    check_tree("func f() { x := 1; while x < 3 { x := x + 1 }; return x }\n"
               "let x := 2",
               "main 0 <main> () locals 0 at 0-68\n"
               "  hoisted f@+g0 #1\n"
               "  let x@+g1  2\n"
               "func 1 f () locals 1 at 0-56 reset 0\n"
               "  = x@g1?+l0 1\n"
               "  while (< x@l0?,g1 3)\n"
               "    do\n"
               "      = x@l0?,g1+g1 (+ x@l0?,g1 1)\n"
               "  return x@l0?,g1\n"
               "globals: f x\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_captures_go_through_every_function_between)
{
    check_tree(
        "func f(a) { let b := a; return func() { b := b + a; return func() { return b } } }",
        "main 0 <main> () locals 0 at 0-82\n"
        "  hoisted f@+g0 #1\n"
        "func 1 f (a@+c0) locals 2 cell-params 0 at 0-81 cells 1\n"
        "  let b@+c1  a@c0\n"
        "  return #2\n"
        "lambda 2 <lambda> () locals 0 captures b=c1,a=c0 at 31-79\n"
        "  = b@u0+u0 (+ b@u0 a@u1)\n"
        "  return #3\n"
        "lambda 3 <lambda> () locals 0 captures b=u0 at 59-77\n"
        "  return b@u0\n"
        "globals: f\n"
        "exports:\n");
}
END_TEST

START_TEST(test_resolve_a_closure_sees_bindings_made_later)
{
    check_tree("func f() { let g := func() { return y }; y := 5; return g() }",
               "main 0 <main> () locals 0 at 0-61\n"
               "  hoisted f@+g0 #1\n"
               "func 1 f () locals 2 at 0-60 cells 1\n"
               "  let g@+l0  #2\n"
               "  = y@+c1 5\n"
               "  return (call g@l0)\n"
               "lambda 2 <lambda> () locals 0 captures y=c1 at 20-38\n"
               "  return y@u0?\n"
               "globals: f\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_loop_variables_get_a_cell_per_iteration)
{
    check_tree("for i in 3 { let g := func() { return i } }",
               "main 0 <main> () locals 4 at 0-43\n"
               "  for slot 0 i@+c3 in 3\n"
               "    do cells 3\n"
               "      let g@+l2  #1\n"
               "lambda 1 <lambda> () locals 0 captures i=c3 at 22-40\n"
               "  return i@u0\n"
               "globals:\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_arms_bind_in_the_surrounding_scope)
{
    check_tree("match q { case T::A(x): 1 default: x := 2 }\n"
               "print(x)",
               "main 0 <main> () locals 1 at 0-52\n"
               "  match slot 0 q@\n"
               "    case tag \"T::A\" x@+g0 unscoped\n"
               "      1\n"
               "    default unscoped\n"
               "      = x@g0?+g0 2\n"
               "  (call print@<print> x@g0)\n"
               "globals: x\n"
               "exports:\n");
    check_tree("match q { case T::A(x): 1 case T::B(x): return }\n"
               "print(x)",
               "main 0 <main> () locals 1 at 0-57\n"
               "  match slot 0 q@\n"
               "    case tag \"T::A\" x@+g0 unscoped\n"
               "      1\n"
               "    case tag \"T::B\" x@+g0 unscoped\n"
               "      return\n"
               "  (call print@<print> x@g0?)\n"
               "globals: x\n"
               "exports:\n");
    check_tree("match q { case T::A(x): 1 case _: throw \"x\" }\n"
               "print(x)",
               "main 0 <main> () locals 1 at 0-54\n"
               "  match slot 0 q@\n"
               "    case tag \"T::A\" x@+g0 unscoped\n"
               "      1\n"
               "    case any unscoped\n"
               "      throw \"x\"\n"
               "  (call print@<print> x@g0)\n"
               "globals: x\n"
               "exports:\n");
    check_tree(
        "match v { case A(n): print(n, n_1, n_2, n_03, m_1) case B(n_1): 1 }",
        "main 0 <main> () locals 1 at 0-67\n"
        "  match slot 0 v@\n"
        "    case tag bare \"A\" n@+g0 extra[1] n_1@+g1 extra[2] n_2@+g2 unscoped\n"
        "      (call print@<print> n@g0? n_1@g1? n_2@g2? n_03@ m_1@)\n"
        "    case tag bare \"B\" n_1@+g1 unscoped\n"
        "      1\n"
        "globals: n n_1 n_2\n"
        "exports:\n");
}
END_TEST

START_TEST(test_resolve_extra_payload_names_are_those_looked_up)
{
    check_tree(
        "func f() { match v { case A(n): 1 case B(n): const n_2 := 1 }; return "
        "func() { return n_2 + n_3 } }",
        "main 0 <main> () locals 0 at 0-99\n"
        "  hoisted f@+g0 #1\n"
        "func 1 f () locals 5 at 0-98 cells 2,3,4\n"
        "  match slot 1 v@\n"
        "    case tag bare \"A\" n@+l0 extra[2] n_2@+c2 conflict c3?! extra[3] n_3@+c4 "
        "unscoped\n"
        "      1\n"
        "    case tag bare \"B\" n@+l0 extra[2] n_2@+c2 conflict c3?! extra[3] n_3@+c4 "
        "unscoped\n"
        "      const n_2@+c3! conflict c2?  1\n"
        "  return #2\n"
        "lambda 2 <lambda> () locals 0 captures n_2=c2,n_2=c3,n_3=c4 at 70-96\n"
        "  return (+ n_2@u0?,u1?! n_3@u2?)\n"
        "globals: f\nexports:\n");
}
END_TEST

START_TEST(test_resolve_try_bodies_bind_in_the_surrounding_scope)
{
    check_tree("try { a := 1 } except e { a := 2 }\n"
               "print(a, e)",
               "main 0 <main> () locals 0 at 0-46\n"
               "  try\n"
               "    do unscoped\n"
               "      = a@+g0 1\n"
               "    except e@+g1 unscoped\n"
               "      = a@g0?+g0 2\n"
               "  (call print@<print> a@g0 e@g1?)\n"
               "globals: a e\n"
               "exports:\n");
    check_tree("try { a := 1 } except { return }\n"
               "print(a)",
               "main 0 <main> () locals 0 at 0-41\n"
               "  try\n"
               "    do unscoped\n"
               "      = a@+g0 1\n"
               "    except  unscoped\n"
               "      return\n"
               "  (call print@<print> a@g0)\n"
               "globals: a\n"
               "exports:\n");
    check_tree("try { a := 1; b := 1 } except { b := 2 }\n"
               "print(a, b)",
               "main 0 <main> () locals 0 at 0-52\n"
               "  try\n"
               "    do unscoped\n"
               "      = a@+g0 1\n"
               "      = b@+g1 1\n"
               "    except  unscoped\n"
               "      = b@g1?+g1 2\n"
               "  (call print@<print> a@g0? b@g1)\n"
               "globals: a b\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_const_conflicts_are_listed)
{
    check_tree("const c := 1\n"
               "let c := 2\n"
               "const c := 3\n"
               "c := 4",
               "main 0 <main> () locals 0 at 0-43\n"
               "  const c@+g0!  1\n"
               "  let c@+g1 conflict g0!  2\n"
               "  const c@+g0! conflict g0! conflict g1  3\n"
               "  = c@g1+g1 4\n"
               "globals: c c\n"
               "exports:\n");
    check_tree("let c := 1\n"
               "const c := 2",
               "main 0 <main> () locals 0 at 0-23\n"
               "  let c@+g0  1\n"
               "  const c@+g1! conflict g0  2\n"
               "globals: c c\n"
               "exports:\n");
    check_tree("const f := 1\n"
               "func f() {}",
               "main 0 <main> () locals 0 at 0-24\n"
               "  const f@+g1! conflict g0  1\n"
               "  hoisted f@+g0 #1\n"
               "func 1 f () locals 0 at 13-23\n"
               "globals: f f\n"
               "exports:\n");
    check_tree("func f(a) { const a := 1 }", "main 0 <main> () locals 0 at 0-26\n"
                                             "  hoisted f@+g0 #1\n"
                                             "func 1 f (a@+l0) locals 2 at 0-25\n"
                                             "  const a@+l1! conflict l0  1\n"
                                             "globals: f\n"
                                             "exports:\n");
    check_tree("match q { case T::A(x): 1 default: const x := 1 }\n"
               "let x := 2\n"
               "print(x)",
               "main 0 <main> () locals 1 at 0-69\n"
               "  match slot 0 q@\n"
               "    case tag \"T::A\" x@+g0 unscoped\n"
               "      1\n"
               "    default unscoped\n"
               "      const x@+g1! conflict g0?  1\n"
               "  let x@+g0 conflict g1?!  2\n"
               "  (call print@<print> x@g0)\n"
               "globals: x x\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_inner_scopes_shadow_constants)
{
    check_tree(
        "func f() { const k := 1; if true { let k := 2; k := 3 }; k := 4; k.x := 5 }",
        "main 0 <main> () locals 0 at 0-75\n"
        "  hoisted f@+g0 #1\n"
        "func 1 f () locals 2 at 0-74\n"
        "  const k@+l0!  1\n"
        "  if true\n"
        "    then\n"
        "      let k@+l1  2\n"
        "      = k@l1+l1 3\n"
        "  = k@l0!+l0! 4\n"
        "  = k@l0!+l0! .x 5\n"
        "globals: f\n"
        "exports:\n");
}
END_TEST

START_TEST(test_resolve_the_prelude_is_read_but_never_assigned)
{
    check_tree("sum := 0\n"
               "func f() { sum := 1; total += 1; len += 1 }",
               "main 0 <main> () locals 0 at 0-52\n"
               "  = sum@+g1 0\n"
               "  hoisted f@+g0 #1\n"
               "func 1 f () locals 2 at 9-51\n"
               "  = sum@g1?+l0 1\n"
               "  += total@+l0 1\n"
               "  += len@<len>+l1 1\n"
               "globals: f sum\n"
               "exports:\n");
    check_tree("print(PI)\n"
               "func f() { return E }\n"
               "E := 1",
               "main 0 <main> () locals 0 at 0-38\n"
               "  (call print@<print> 3.1415926535897931f)\n"
               "  hoisted f@+g0 #1\n"
               "  = E@+g1 1\n"
               "func 1 f () locals 0 at 10-30\n"
               "  return E@g1?,<E>\n"
               "globals: f E\n"
               "exports:\n");
    check_tree("println(append)", "main 0 <main> () locals 0 at 0-15\n"
                                  "  (call println@<print> append@<push>)\n"
                                  "globals:\n"
                                  "exports:\n");
}
END_TEST

START_TEST(test_resolve_promise_all_is_a_builtin_until_promise_is_bound)
{
    check_tree("func f() { let Promise := 1; return Promise.all }\n"
               "x := Promise.all(1)\n"
               "y := ps |> Promise.all()\n"
               "z := Promise.all",
               "main 0 <main> () locals 0 at 0-111\n"
               "  hoisted f@+g0 #1\n"
               "  = x@+g1 (call Promise@<Promise.all> 1)\n"
               "  = y@+g2 (pipe Promise@<Promise.all> ps@)\n"
               "  = z@+g3 Promise@<Promise.all>\n"
               "func 1 f () locals 1 at 0-48\n"
               "  let Promise@+l0  1\n"
               "  return (member Promise@l0 .all)\n"
               "globals: f x y z\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_methods_without_self_see_the_fields)
{
    check_tree(
        "struct S { v; func m() { v := w; let k := 1; const c := 2; return func() { return v + k } } func n(v) { return v } func o(a, self) { return v } }\n"
        "w := 1",
        "main 0 <main> () locals 0 at 0-152\n"
        "  struct S@+g0 v #1 #3 #4\n"
        "  = w@+g1 1\n"
        "method 1 S.m hidden-self (@+c0) locals 4 cell-params 0 at 14-90 cells 2,3\n"
        "  = v@s0? of c0+c2 w@s0?,g1? of c0\n"
        "  let k@+c3  1\n"
        "  const c@ of c0+l1! conflict s0?  2\n"
        "  return #2\n"
        "lambda 2 <lambda> () locals 0 captures v=c2,=c0,k=c3 at 66-88\n"
        "  return (+ v@u0?,s0 of u1 k@u2)\n"
        "method 3 S.n hidden-self (@+l0 v@+l1) locals 2 at 92-113\n"
        "  return v@l1\n"
        "method 4 S.o hidden-self (@+l0 a@+l1 self@+l2) locals 3 at 115-142\n"
        "  return v@\n"
        "globals: S w\n"
        "exports:\n");
}
END_TEST

START_TEST(test_resolve_field_defaults_are_functions_of_the_declaration_scope)
{
    check_tree("func f(a) { struct S { x := a, y := func() { return S {} } } }",
               "main 0 <main> () locals 0 at 0-62\n"
               "  hoisted f@+g0 #1\n"
               "func 1 f (a@+c0) locals 2 cell-params 0 at 0-61 cells 1\n"
               "  struct S@+c1 x=#2 y=#3\n"
               "default 2 x () locals 0 captures a=c0 at 28-28\n"
               "  return a@u0\n"
               "default 3 y () locals 0 captures S=c1 at 36-57\n"
               "  return #4\n"
               "lambda 4 <lambda> () locals 0 captures S=u0 at 36-57\n"
               "  return (struct S@u0)\n"
               "globals: f\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_dict_keys_fall_back_to_their_names)
{
    check_tree("x := {a: a, b: 1}\n"
               "func f(a) { return {a: 1, x: 2, y: 3, PI: 4} }\n"
               "y := 1",
               "main 0 <main> () locals 0 at 0-71\n"
               "  = x@+g1 (dict \"a\":a@ \"b\":1)\n"
               "  hoisted f@+g0 #1\n"
               "  = y@+g2 1\n"
               "func 1 f (a@+l0) locals 1 at 18-63\n"
               "  return (dict a@l0:1 x@g1?|:2 y@g2?|:3 \"PI\":4)\n"
               "globals: f x y\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_sibling_blocks_share_slots_that_nobody_asks_about)
{
    check_tree("if a { let x := 1; if b { let y := 2 } } else { let z := 3 }\n"
               "let w := 1",
               "main 0 <main> () locals 2 at 0-71\n"
               "  if a@\n"
               "    then\n"
               "      let x@+l0  1\n"
               "      if b@\n"
               "        then\n"
               "          let y@+l1  2\n"
               "    else\n"
               "      let z@+l0  3\n"
               "  let w@+g0  1\n"
               "globals: w\n"
               "exports:\n");
    check_tree(
        "func f() { if a { let x := 1 } ; if b { let y := 2; let z := func() { return y } } }",
        "main 0 <main> () locals 0 at 0-84\n"
        "  hoisted f@+g0 #1\n"
        "func 1 f () locals 2 at 0-83\n"
        "  if a@\n"
        "    then\n"
        "      let x@+l0  1\n"
        "  if b@\n"
        "    then cells 1\n"
        "      let y@+c1  2\n"
        "      let z@+l0  #2\n"
        "lambda 2 <lambda> () locals 0 captures y=c1 at 61-79\n"
        "  return y@u0\n"
        "globals: f\n"
        "exports:\n");
}
END_TEST

START_TEST(test_resolve_several_ignored_parameters_are_allowed)
{
    check_tree("func f(self, _, _) { return _ }",
               "main 0 <main> () locals 0 at 0-31\n"
               "  hoisted f@+g0 #1\n"
               "func 1 f (self@+l0 _@+l1 _@+l2) locals 3 at 0-30\n"
               "  return _@l2\n"
               "globals: f\n"
               "exports:\n");
    check_tree("for _ in 3 { [_, a] := b }\n"
               "let _ := 1\n"
               "_ := 2",
               "main 0 <main> () locals 3 at 0-44\n"
               "  for slot 0 _ in 3\n"
               "    do\n"
               "      destructure [_ a@+l2]  b@\n"
               "  let _  1\n"
               "  = _@+g0 2\n"
               "globals: _\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_spawned_blocks_are_functions)
{
    check_tree("spawn { x := 1; y := 2 }\n"
               "x := 0",
               "main 0 <main> () locals 0 at 0-31\n"
               "  spawn #1\n"
               "  = x@+g0 0\n"
               "spawn 1 <spawn> () locals 2 at 0-23\n"
               "  = x@g0?+l0 1\n"
               "  = y@+l1 2\n"
               "globals: x\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_only_declarations_are_certain_in_a_file_with_tests)
{
    check_tree("let x := 1\n"
               "test \"t\" { print(x, f, c) }\n"
               "func f() { return x }\n"
               "const c := x\n"
               "test_group \"g\" { let x := 2 test \"u\" { x } }",
               "main 0 <main> () locals 0 at 0-118\n"
               "  let x@+g1  1\n"
               "  test \"t\" #1\n"
               "  hoisted f@+g0 #2\n"
               "  const c@+g2!  x@g1?\n"
               "  test_group \"g\"\n"
               "    test \"u\" #3\n"
               "test 1 t () locals 0 at 11-37\n"
               "  (call print@<print> x@g1? f@g0 c@g2?!)\n"
               "func 2 f () locals 0 at 39-59\n"
               "  return x@g1?\n"
               "test 3 u () locals 0 at 102-115\n"
               "  x@g1?\n"
               "globals: f x c\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_a_nested_function_is_certain_in_itself)
{
    check_tree("func f() { func g() { return g } ; return g }",
               "main 0 <main> () locals 0 at 0-45\n"
               "  hoisted f@+g0 #1\n"
               "func 1 f () locals 1 at 0-44 cells 0\n"
               "  func g@+c0 #2\n"
               "  return g@c0\n"
               "func 2 g () locals 0 captures g=c0 at 11-31\n"
               "  return g@u0\n"
               "globals: f\n"
               "exports:\n");
    check_tree("let f := func() { return f }", "main 0 <main> () locals 0 at 0-28\n"
                                               "  let f@+g0  #1\n"
                                               "lambda 1 <lambda> () locals 0 at 9-27\n"
                                               "  return f@g0?\n"
                                               "globals: f\n"
                                               "exports:\n");
}
END_TEST

START_TEST(test_resolve_exports_have_slots)
{
    check_tree("export x\n"
               "export y := 1\n"
               "export const z := 2\n"
               "export func f() {}\n"
               "export let [a, ...b] := y",
               "main 0 <main> () locals 0 at 0-87\n"
               "  export x@\n"
               "    x@\n"
               "  export y@g1\n"
               "    = y@+g1 1\n"
               "  export z@g2!\n"
               "    const z@+g2!  2\n"
               "  export f@g0\n"
               "    hoisted f@+g0 #1\n"
               "  export a@g3 b@g4\n"
               "    let [a@+g3 ...b@+g4]  y@g1\n"
               "func 1 f () locals 0 at 50-60\n"
               "globals: f y z a b x\n"
               "exports: a@g3 b@g4 f@g0 x@g5 y@g1 z@g2\n");
}
END_TEST

START_TEST(test_resolve_engine_slots_are_apart_from_names)
{
    check_tree("func* g(n) { for i in n { yield i } }",
               "main 0 <main> () locals 0 at 0-37\n"
               "  hoisted g@+g0 #1\n"
               "func 1 g generator (n@+l0) locals 4 at 0-36\n"
               "  for slot 1 i@+l3 in n@l0\n"
               "    do\n"
               "      (yield i@l3)\n"
               "globals: g\n"
               "exports:\n");
    check_tree(
        "func f() { match a { case 1: { let b := 1; for c in b { match c { case 2: if d { let e := 1 } } } } } }",
        "main 0 <main> () locals 0 at 0-103\n"
        "  hoisted f@+g0 #1\n"
        "func 1 f () locals 7 at 0-102\n"
        "  match slot 1 a@\n"
        "    case literal 1 unscoped\n"
        "      let b@+l0  1\n"
        "      for slot 2 c@+l4 in b@l0\n"
        "        do\n"
        "          match slot 5 c@l4\n"
        "            case literal 2 unscoped\n"
        "              if d@\n"
        "                then\n"
        "                  let e@+l6  1\n"
        "globals: f\n"
        "exports:\n");
}
END_TEST

START_TEST(test_resolve_destructuring_assigns_visible_names)
{
    check_tree("a := 1\n"
               "[a, b] := [2, 3]\n"
               "func f() { [a, c] := 1; {d} := 2; for [a, d] in [] {} }",
               "main 0 <main> () locals 0 at 0-79\n"
               "  = a@+g1 1\n"
               "  destructure [a@g1+g1 b@+g2]  (array 2 3)\n"
               "  hoisted f@+g0 #1\n"
               "func 1 f () locals 7 at 24-78\n"
               "  destructure [a@g1?+l0 c@+l1]  1\n"
               "  destructure {d@+l2}  2\n"
               "  for slot 3 [a@+l5 d@+l6] in (array)\n"
               "    do\n"
               "globals: f a b\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_both_branches_may_end_a_function)
{
    check_tree("func f() { match x { case 1: return default: throw 2 }\n"
               " y := 1 }",
               "main 0 <main> () locals 0 at 0-64\n"
               "  hoisted f@+g0 #1\n"
               "func 1 f () locals 2 at 0-63\n"
               "  match slot 1 x@\n"
               "    case literal 1 unscoped\n"
               "      return\n"
               "    default unscoped\n"
               "      throw 2\n"
               "  = y@+l0 1\n"
               "globals: f\n"
               "exports:\n");
}
END_TEST

START_TEST(test_resolve_values_are_read_before_the_name_is_bound)
{
    check_tree("func f() { let x := x; return x }",
               "main 0 <main> () locals 0 at 0-33\n"
               "  hoisted f@+g0 #1\n"
               "func 1 f () locals 1 at 0-32\n"
               "  let x@+l0  x@\n"
               "  return x@l0\n"
               "globals: f\n"
               "exports:\n");
}
END_TEST

static size_t exports_of_shapes(void *context, const char *module, size_t len,
                                const char *const **names)
{
    static const char *const exported[] = {"area", "UNIT"};
    ck_assert_ptr_eq(context, exported[0] != NULL ? (void *)1 : NULL);
    if (len != 6 || memcmp(module, "shapes", 6) != 0)
        return 0;
    *names = exported;
    return 2;
}

START_TEST(test_resolve_asks_for_the_exports_of_a_module)
{
    struct resolve_input input = {.exports = exports_of_shapes, .context = (void *)1};
    const char *text = "import shapes\nimport other\narea(UNIT)";
    char *got = front_text_dump(text, strlen(text), &input);
    ck_assert_str_eq(got, "main 0 <main> () locals 0 at 0-37\n"
                          "  0: import all \"shapes\" area@+g0 UNIT@+g1\n"
                          "  14: import all \"other\"\n"
                          "  31: (call area@g0? UNIT@g1?)\n"
                          "globals: area UNIT\nexports:\n");
    mem_free(got);
}
END_TEST

START_TEST(test_resolve_continues_a_session)
{
    const struct resolve_global globals[] = {{"a", false}, {"b", true}};
    struct resolve_input input = {.globals = globals, .nglobals = 2};
    const char *text = "a := 1; b := 2; c := 3";
    char *got = front_text_dump(text, strlen(text), &input);
    ck_assert_str_eq(got, "main 0 <main> () locals 0 at 0-22\n"
                          "  2: = a@g0?+g0 1\n"
                          "  10: = b@g1?!+g2 2\n"
                          "  18: = c@+g3 3\n"
                          "globals: a b b c\nexports:\n");
    mem_free(got);
}
END_TEST

START_TEST(test_resolve_lists_globals_that_are_seen_from_outside)
{
    static const char text[] = "own := 1; own = own + 1\n"
                               "for i in [1] { own = i }\n"
                               "export shown := 2\n"
                               "func f(x) { return func() { return read + x } }\n"
                               "read := 3; written := 4; late := 5\n"
                               "f(own)\n"
                               "spawn { written := 6 }\n"
                               "func g() { f(late) }\n";
    struct diagnostics diags;
    struct strbuf names;
    struct ast_unit *unit = NULL;
    struct source *source = source_new("t.ruff", text, strlen(text));
    struct front_input input = {.source = source};
    diagnostics_init(&diags);
    strbuf_init(&names);
    ck_assert(front_parse(&input, &unit, &diags));
    ck_assert(front_resolve(unit, NULL, &diags));
    for (uint32_t i = 0; i < unit->nreached; i++) {
        ck_assert(i == 0 || unit->reached[i - 1] < unit->reached[i]);
        strbuf_append_format(&names, "%s ", unit->globals[unit->reached[i]]);
    }
    ck_assert_str_eq(strbuf_str(&names), "f shown read written late ");
    strbuf_done(&names);
    front_unit_free(unit);
    source_free(source);
    diagnostics_done(&diags);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        test_resolve_hoisted_functions_are_certain_everywhere,
        test_resolve_a_function_may_assign_a_global_or_make_a_local,
        test_resolve_captures_go_through_every_function_between,
        test_resolve_a_closure_sees_bindings_made_later,
        test_resolve_loop_variables_get_a_cell_per_iteration,
        test_resolve_arms_bind_in_the_surrounding_scope,
        test_resolve_extra_payload_names_are_those_looked_up,
        test_resolve_try_bodies_bind_in_the_surrounding_scope,
        test_resolve_const_conflicts_are_listed,
        test_resolve_inner_scopes_shadow_constants,
        test_resolve_the_prelude_is_read_but_never_assigned,
        test_resolve_promise_all_is_a_builtin_until_promise_is_bound,
        test_resolve_methods_without_self_see_the_fields,
        test_resolve_field_defaults_are_functions_of_the_declaration_scope,
        test_resolve_dict_keys_fall_back_to_their_names,
        test_resolve_sibling_blocks_share_slots_that_nobody_asks_about,
        test_resolve_several_ignored_parameters_are_allowed,
        test_resolve_spawned_blocks_are_functions,
        test_resolve_only_declarations_are_certain_in_a_file_with_tests,
        test_resolve_a_nested_function_is_certain_in_itself,
        test_resolve_exports_have_slots,
        test_resolve_engine_slots_are_apart_from_names,
        test_resolve_destructuring_assigns_visible_names,
        test_resolve_both_branches_may_end_a_function,
        test_resolve_values_are_read_before_the_name_is_bound,
        test_resolve_asks_for_the_exports_of_a_module,
        test_resolve_continues_a_session,
        test_resolve_lists_globals_that_are_seen_from_outside,
        NULL,
    };
    return unit_run(unit_suite("resolve", tests));
}
