"""Calls nested L deep (language.md 11.6) through everything that can call."""
from case import Case, attempt

LIMIT = 20000

# Rows: NAME, calls besides those of the recursion (f(n) makes n + 1), an expression of n that
# gives n, the function named in the message, declarations. A step of a generator and a default
# of a field count as calls.

F = "func f(n) { if n == 0 { return 0 } return 1 + f(n - 1) }\n"


def operator(method, expression):
    return (f"struct S {{ v, func {method}(self, o) {{ if self.v == 0 {{ return 0 }}"
            f" t := S {{ v: self.v - 1 }}  return 1 + ({expression}) }} }}\n")


def unary(method, symbol):
    return (f"struct S {{ v, func {method}(self) {{ if self.v == 0 {{ return 0 }}"
            f" t := S {{ v: self.v - 1 }}  return 1 + ({symbol}t) }} }}\n")


BINARY = [("op_add", "+"), ("op_sub", "-"), ("op_mul", "*"), ("op_div", "/"), ("op_mod", "%"),
          ("op_eq", "=="), ("op_ne", "!="), ("op_lt", "<"), ("op_gt", ">"), ("op_le", "<="),
          ("op_ge", ">=")]
UNARY = [("op_neg", "-"), ("op_not", "!")]

ROWS = [
    ("a function", 0, "f(n)", "f", F),
    ("two functions in turn", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } return 1 + g(n - 1) }\n"
     "func g(n) { if n == 0 { return 0 } return 1 + f(n - 1) }\n"),
    ("a lambda", 0, "f(n)", "<lambda>",
     "f := func(n) { if n == 0 { return 0 } return 1 + f(n - 1) }\n"),
    ("a closure over the count", 0, "f()", "f",
     "func f() { if k == 0 { return 0 } k -= 1  return 1 + f() }\nk := 0\n"),
    ("many parameters", 0, "f(n, 1, 2, 3, 4, 5, 6, 7, 8, 9)", "f",
     "func f(n, a, b, c, d, e, g, h, i, j) { if n == 0 { return 0 }"
     " return a + f(n - a, a, b, c, d, e, g, h, i, j) }\n"),
    ("a call in the tail", 0, "f(n, 0)", "f",
     "func f(n, sum) { if n == 0 { return sum } return f(n - 1, sum + 1) }\n"),
    ("an argument", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } return int(to_string(f(n - 1) + 1)) }\n"),
    ("the condition of an if", 0, "f(n)", "f",
     "func f(n) { if n > 0 { if f(n - 1) >= 0 { return n } } return 0 }\n"),
    ("the condition of a while", 0, "f(n)", "f",
     "func f(n) { while n > 0 and f(n - 1) >= 0 { return n } return 0 }\n"),
    ("the list of a for", 0, "f(n)[0]", "f",
     "func f(n) { if n > 0 { for x in f(n - 1) { return [x + 1] } } return [0] }\n"),
    ("the subject of a match", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } match f(n - 1) { case -1: return 0 default: return n } }\n"),
    ("an interpolation", 0, "len(f(n))", "f",
     'func f(n) { if n == 0 { return "" } return "${f(n - 1)}x" }\n'),
    ("an array literal", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } return [1 + f(n - 1)][0] }\n"),
    ("a spread", 0, "f(n)[0]", "f",
     "func f(n) { if n == 0 { return [0] } return [1 + [...f(n - 1)][0]] }\n"),
    ("a dict literal", 0, "f(n)", "f",
     'func f(n) { if n == 0 { return 0 } return {"a": 1 + f(n - 1)}["a"] }\n'),
    ("a struct literal", 0, "f(n)", "f",
     "struct P { x }\nfunc f(n) { if n == 0 { return 0 } return 1 + (P { x: f(n - 1) }).x }\n"),
    ("a default of a field", LIMIT // 2, "f(n)", "f",
     "struct P { x = f(k) }\n"
     "func f(n) { if n == 0 { return 0 } k := n - 1  return 1 + (P {}).x }\nk := 0\n"),
    ("an index", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } return [n, n, n][f(n - 1) % 3] }\n"),
    ("a stored element", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } let a := [0]  a[0] += 1 + f(n - 1)  return a[0] }\n"),
    ("a destructured value", 0, "f(n)[0]", "f",
     "func f(n) { if n == 0 { return [0] } let [x, ...r] := f(n - 1)  return [x + 1] }\n"),
    ("the right side of and", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } if true and f(n - 1) >= 0 { return n } return -1 }\n"),
    ("the right side of ??", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } return 1 + (null ?? f(n - 1)) }\n"),
    ("a pipe", 0, "n |> f", "f",
     "func f(n) { if n == 0 { return 0 } return 1 + (n - 1 |> f) }\n"),
    ("the ? of a result", 0, "f(n)?", "f",
     "func f(n) { if n == 0 { return Ok(0) } x := f(n - 1)?  return Ok(x + 1) }\n"),
    ("a try at every level", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } try { return 1 + f(n - 1) } except e { throw e } }\n"),
    ("handlers", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } if n % 500 > 0 { return 1 + f(n - 1) }"
     ' try { throw "x" } except e { return 1 + f(n - 1) } }\n'),
    ("a method", 0, "(S {}).f(n)", "S.f",
     "struct S { func f(self, n) { if n == 0 { return 0 } return 1 + self.f(n - 1) } }\n"),
    ("a method of fields", 0, "(S { n: n }).f()", "S.f",
     "struct S { n, func f() { if n == 0 { return 0 } return 1 + (S { n: n - 1 }).f() } }\n"),
    ("a bound method", 0, "f(n)", "S.m",
     "struct S { func m(self, n) { if n == 0 { return 0 } g := self.m  return 1 + g(n - 1) } }\n"
     "f := (S {}).m\n"),
    ("a function in a field", 0, "s.f(n)", "<lambda>",
     "s := S { f: func(n) { if n == 0 { return 0 } return 1 + s.f(n - 1) } }\n"),
    ("a function in a dict", 0, "d.f(n)", "<lambda>",
     'd := {"f": func(n) { if n == 0 { return 0 } return 1 + d.f(n - 1) }}\n'),
    ("map", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } return 1 + map([n - 1], f)[0] }\n"),
    ("map as a method", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } return 1 + [n - 1].map(f)[0] }\n"),
    ("filter", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } filter([n - 1], f)  return n }\n"),
    ("reduce", 0, "f(0, n)", "f",
     "func f(a, n) { if n == 0 { return 0 } return 1 + reduce([n - 1], 0, f) }\n"),
    ("find", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } find([n - 1], f)  return n }\n"),
    ("any", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } any([n - 1], f)  return n }\n"),
    ("all", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } all([n - 1], f)  return n }\n"),
    ("callbacks of three kinds", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } if n % 3 == 0 { return 1 + map([n - 1], f)[0] }"
     " if n % 3 == 1 { any([n - 1], f)  return n }  filter([n - 1], f)  return n }\n"),
    ("a lazy map", 0, "f(n)", "one",
     "func* one(n) { yield n }\n"
     "func f(n) { if n == 0 { return 0 } it := one(n - 1).map(f)  return 1 + collect(it)[0] }\n"),
    ("a lazy filter", 0, "f(n)", "one",
     "func f(n) { if n == 0 { return 0 } collect(one(n - 1).filter(f))  return n }\n"
     "func* one(n) { yield n }\n"),
    ("a generator in a for", 0, "collect(g(n))[0]", "g",
     "func* g(n) { if n > 0 { for x in g(n - 1) { yield x + 1 } } else { yield 0 } }\n"),
    ("a generator in collect", 0, "collect(g(n))[0]", "g",
     "func* g(n) { if n == 0 { yield 0 } else { yield collect(g(n - 1))[0] + 1 } }\n"),
    ("a function and a generator in turn", 0, "f(n)", "f",
     "func f(n) { if n == 0 { return 0 } return 1 + collect(g(n - 1))[0] }\n"
     "func* g(n) { if n == 0 { yield 0 } else { yield 1 + f(n - 1) } }\n"),
    ("a function in a generator", 1, "collect(g(n))[0]", "f",
     F + "func* g(n) { yield f(n) }\n"),
    ("an async function that calls", 1, "await h(n)", "f", F + "async func h(n) { return f(n) }\n"),
    ("an async method", 1, "await (S {}).h(n)", "f",
     F + "struct S { async func h(self, n) { return f(n) } }\n"),
    ("map in an async function", 1, "await h(n)", "f",
     "func f(n) { if n == 0 { return 0 } return 1 + map([n - 1], f)[0] }\n"
     "async func h(n) { return f(n) }\n"),
    ("an async function after it has waited", 1, "await h(n)", "f",
     F + "async func h(n) { await async_sleep(0)  return f(n) }\n"),
    ("a generator in an async function", 2, "await h(n)", "f",
     F + "func* g(n) { yield f(n) }\nasync func h(n) { return collect(g(n))[0] }\n"),
    ("parallel_map", 0, "(await parallel_map([n], f))[0]", "f", F),
    ("a task", 1, "await await_task(spawn_task(func() { return f(n) }))", "f", F),
    ("two modules in turn", 0, "f(n)", "f", "from depth_a import f, give\ngive(f)\n"),
    ("a function of a module", 0, "other(n)", "other", "from depth_a import other\n"),
] + [
    (f"the operator {symbol}", 0, f"(S {{ v: n }}) {symbol} 0", f"S.{method}",
     operator(method, f"t {symbol} o")) for method, symbol in BINARY
] + [
    (f"the unary operator {symbol}", 0, f"{symbol}(S {{ v: n }})", f"S.{method}",
     unary(method, symbol)) for method, symbol in UNARY
] + [
    ("an operator that assigns", 0, "(S { v: n }) + 0", "S.op_add",
     "struct S { v, func op_add(self, o) { if self.v == 0 { return 0 }"
     " t := S { v: self.v - 1 }  t += o  return 1 + t } }\n"),
]

MODULES = {
    "depth_a.ruff":
        "from depth_b import g, take\n"
        "export func f(n) { if n == 0 { return 0 } return 1 + g(n - 1) }\n"
        "export func give(h) { take(h) }\n"
        "export func other(n) { if n == 0 { return 0 } return 1 + other(n - 1) }\n",
    "depth_b.ruff":
        "back := null\n"
        "export func take(h) { back := h }\n"
        "export func g(n) { if n == 0 { return 0 } return 1 + back(n - 1) }\n",
}


def message(expression, callee):
    return (("Promise rejected: " if "await" in expression else "") +
            f"Maximum call stack depth of {LIMIT} exceeded while calling {callee}")


# Calls nested as deep in their function's text as source may be.
FAT_ROWS = [
    ("arguments of arguments", 0, "f(n)", "f",
     "func id(a, b, c) { return c }\n"
     "func f(n) { if n == 0 { return 0 } return 1 + " + "id(1, 2, " * 250 + "f(n - 1)" +
     ")" * 250 + " }\n"),
    ("arguments inside loops", 0, "f(n)", "f",
     "func id(a) { return a }\n"
     "func f(n) { if n == 0 { return 0 } " + "for x in [1] { " * 126 + "return 1 + " +
     "id(" * 250 + "f(n - 1)" + ")" * 250 + "}" * 126 + " }\n"),
]


def cases():
    return expand(ROWS)


def fat_cases():
    return expand(FAT_ROWS)


def expand(rows):
    for name, extra, expression, callee, head in rows:
        deepest = LIMIT - 1 - extra
        source, out = head, ""
        # The last level shows that an error gives back the depth it had.
        for n in (deepest - 1, deepest, deepest + 1, deepest):
            source += f"n := {n}  k := n\n" + attempt(expression)
            out += (str(n) if n <= deepest else message(expression, callee)) + "\n"
        yield Case(f"calls through {name}", source, out)
        yield Case(f"calls through {name}, nobody catches",
                   f"{head}n := {deepest + 1}  k := n\nprint({expression})\n", "", 4,
                   f"Runtime Error: {message(expression, callee)}\n")
