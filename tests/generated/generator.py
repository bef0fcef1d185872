"""Random Ruff programs that do real work and end.

A program is made from a seed alone. Expressions are made for a wanted type, so most programs
run without an error; a small share of deliberately doubtful expressions (an index that may be
out of range, a division, a missing key, a throw) exercises the error paths, usually inside
`try`. Loops count a budget down, recursion an argument, so every program ends. How often a
line runs is estimated while it is written, so that nested loops with calls end soon as well.
"""
import random

import features

INT, FLOAT, STR, BOOL, ARR, FARR, SARR, DICT, POINT, FUNC, OPT = (
    "int", "float", "str", "bool", "arr", "farr", "sarr", "dict", "point", "func", "opt")
TYPES = [INT, FLOAT, STR, BOOL, ARR, SARR, DICT, POINT, FUNC, OPT]
# Estimated limits of one program: runs of a line through the loops around it, runs of all lines.
TIMES_MAX, COST_MAX = 8000, 300000
ITEMS = 8  # estimated length of an array, a dict or a text that is gone through
WORDS = ["ab", "x", "", "héé", "word", "a,b,c", "Zz", "  pad ", "0", "línea", "🙂"]


class Scope:
    def __init__(self, parent=None, function=False):
        self.parent, self.names, self.function = parent, {}, function

    def visible(self, kind, writable=False):
        found, scope = {}, self
        while scope:
            for name, (t, const) in scope.names.items():
                if name not in found:
                    found[name] = (t, const)
            scope = scope.parent
        return [n for n, (t, const) in found.items() if t == kind and not (writable and const)]


class Generator(features.Scenes):
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.counter = 0
        self.lines, self.indent = [], 0
        self.scope = Scope(function=True)
        self.functions = []   # (name, parameter types, result type, estimated cost of a call)
        self.times, self.cost = 1, 0  # runs of the current line; lines run by all so far
        self.generators = []  # names of int generators with one int parameter
        self.depth = 0
        self.in_function = self.in_loop = False
        self.danger = self.r.random() < 0.18

    # -- text ---------------------------------------------------------------------------
    def line(self, text):
        self.lines.append("    " * self.indent + text)
        self.cost += self.times

    def fresh(self, prefix="v"):
        self.counter += 1
        return f"{prefix}{self.counter}"

    def pick(self, *choices):
        return self.r.choice(choices)

    def chance(self, p):
        return self.r.random() < p

    # -- expressions --------------------------------------------------------------------
    def expr(self, kind, depth=0):
        names = self.scope.visible(kind)
        if names and self.chance(0.35 if depth < 2 else 0.7):
            return self.r.choice(names)
        if depth > 3:
            return self.leaf(kind)
        calls = [f for f in self.functions
                 if f[2] == kind and self.cost + self.times * f[3] <= COST_MAX]
        if calls and self.chance(0.12) and self.depth < 3:
            return self.call(self.r.choice(calls), depth)
        return getattr(self, "expr_" + kind)(depth + 1)

    def leaf(self, kind):
        r = self.r
        return {
            INT: lambda: str(r.choice([0, 1, 2, 3, 7, 10, 100, r.randrange(1000)])),
            FLOAT: lambda: r.choice(["0.5", "1.0", "2.25", "3.75", "10.0", "0.1"]),
            STR: lambda: f'"{r.choice(WORDS)}"',
            BOOL: lambda: r.choice(["true", "false"]),
            ARR: lambda: "[" + ", ".join(str(r.randrange(50)) for _ in range(r.randrange(5))) + "]",
            FARR: lambda: "[1.5, 2.5]",
            SARR: lambda: "[" + ", ".join(f'"{r.choice(WORDS)}"' for _ in range(r.randrange(4))) + "]",
            DICT: lambda: "{" + ", ".join(f'"{k}": {r.randrange(20)}' for k in r.sample("abcdefg", r.randrange(4))) + "}",
            POINT: lambda: f"Point {{ x: {r.randrange(20)}, y: {r.randrange(20)} }}",
            FUNC: lambda: f"func(q) {{ return q + {r.randrange(9)} }}",
            OPT: lambda: r.choice(["None", f"Some({r.randrange(9)})"]),
        }[kind]()

    def call(self, f, depth):
        self.cost += self.times * f[3]
        self.depth += 1
        args = ", ".join(self.expr(t, depth + 1) for t in f[1])
        self.depth -= 1
        return f"{f[0]}({args})"

    def expr_int(self, d):
        e = self.expr
        k = self.r.randrange(22)
        if k < 4:
            return f"({e(INT, d)} {self.pick('+', '-')} {e(INT, d)})"
        if k == 4:
            return f"(({e(INT, d)} * {e(INT, d)}) % {self.pick(97, 1009, 10007)})"
        if k == 5:
            return f"({e(INT, d)} {self.pick('/', '%')} {self.pick(2, 3, 7, 11)})"
        if k == 6:
            return f"len({e(self.pick(STR, ARR, SARR, DICT), d)})"
        if k == 7:
            return f"sum({e(ARR, d)})"
        if k == 8:
            return f"reduce({e(ARR, d)}, 0, func(acc, it) {{ return (acc + it) % 1009 }})"
        if k == 9:
            return f"{e(POINT, d)}.{self.pick('x', 'y')}"
        if k == 10:
            return f"{e(POINT, d)}.weigh({e(INT, d)})"
        if k == 11:
            return f"(get({e(DICT, d)}, \"{self.pick(*'abcdefg')}\", {e(INT, d)}))"
        if k == 12:
            return f"{e(FUNC, d)}({e(INT, d)})"
        if k == 13:
            return f"({e(INT, d)} |> {e(FUNC, d)})"
        if k == 14:
            return f"(({e(DICT, d)})?.{self.pick(*'abcdefg')} ?? {e(INT, d)})"
        if k == 15:
            return f"to_int({e(FLOAT, d)})"
        if k == 16:
            return f"index_of({e(STR, d)}, {e(STR, d)})"
        if k == 17:
            return f"bit_{self.pick('and', 'or', 'xor')}({e(INT, d)}, {e(INT, d)})"
        if k == 18 and self.danger:
            return f"{e(ARR, d)}[{e(INT, d)} % 6]"
        if k == 19 and self.danger:
            return f"({e(INT, d)} {self.pick('/', '%')} ({e(INT, d)} % 5))"
        if k == 20:
            return f"-{e(INT, d)}"
        return self.leaf(INT)

    def expr_float(self, d):
        e = self.expr
        k = self.r.randrange(8)
        if k < 3:
            return f"({e(FLOAT, d)} {self.pick('+', '-', '*')} {self.leaf(FLOAT)})"
        if k == 3:
            return f"({e(FLOAT, d)} {self.pick('+', '-')} {e(INT, d)})"
        if k == 4:
            return f"({e(FLOAT, d)} / {self.pick('2.0', '4', '0.5')})"
        if k == 5:
            return f"{self.pick('abs', 'floor', 'ceil', 'round')}({e(FLOAT, d)})"
        if k == 6:
            return f"{self.pick('min', 'max')}({e(FLOAT, d)}, {e(INT, d)})"
        return self.leaf(FLOAT)

    def expr_str(self, d):
        e = self.expr
        k = self.r.randrange(14)
        if k < 3:
            return f"({e(STR, d)} + {e(STR, d)})"
        if k == 3:
            return f"to_string({e(self.pick(*TYPES), d)})"
        if k == 4:
            # Nested interpolation would need care with quotes: names only.
            names = [n for t in TYPES for n in self.scope.visible(t)]
            inner = self.r.choice(names) if names else "1 + 2"
            return f'"<${{{inner}}}>"'
        if k == 5:
            return f"{self.pick('upper', 'lower', 'trim', 'str_reverse')}({e(STR, d)})"
        if k == 6:
            return f"substring({e(STR, d)}, {e(INT, d)}, {e(INT, d)})"
        if k == 7:
            return f"join({e(self.pick(SARR, ARR), d)}, \"{self.pick('-', ',', '')}\")"
        if k == 8:
            return f"replace({e(STR, d)}, {self.leaf(STR)}, {self.leaf(STR)})"
        if k == 9:
            return f"repeat({e(STR, d)}, {self.r.randrange(4)})"
        if k == 10:
            return f"type({e(self.pick(*TYPES), d)})"
        if k == 11:
            return f"pad_left({e(STR, d)}, {self.r.randrange(9)}, \"*\")"
        if k == 12 and self.danger:
            return f"{e(STR, d)}[{e(INT, d)} % 4]"
        return self.leaf(STR)

    def expr_bool(self, d):
        e = self.expr
        k = self.r.randrange(9)
        if k < 3:
            return f"({e(INT, d)} {self.pick('<', '<=', '>', '>=', '==', '!=')} {e(INT, d)})"
        if k == 3:
            return f"({e(STR, d)} {self.pick('<', '==', '!=', '>=')} {e(STR, d)})"
        if k == 4:
            return f"({e(BOOL, d)} {self.pick('&&', '||', 'and', 'or')} {e(BOOL, d)})"
        if k == 5:
            return f"{self.pick('!', 'not ')}{e(BOOL, d)}"
        if k == 6:
            t = self.pick(ARR, DICT, POINT, SARR, OPT)
            return f"({e(t, d)} == {e(t, d)})"
        if k == 7:
            return f"any({e(ARR, d)}, func(it) {{ return it > {e(INT, 3)} }})"
        return f"starts_with({e(STR, d)}, {self.leaf(STR)})"

    def expr_arr(self, d):
        e = self.expr
        k = self.r.randrange(16)
        if k < 2:
            return f"push({e(ARR, d)}, {e(INT, d)})"
        if k == 2:
            return f"map({e(ARR, d)}, func(it) {{ return (it {self.pick('+', '-')} {e(INT, 3)}) }})"
        if k == 3:
            return f"filter({e(ARR, d)}, func(it) {{ return it % {self.pick(2, 3)} == 0 }})"
        if k == 4:
            return f"{self.pick('sort', 'reverse', 'unique')}({e(ARR, d)})"
        if k == 5:
            return f"[...{e(ARR, d)}, {e(INT, d)}]"
        if k == 6:
            return f"range({self.r.randrange(8)})"
        if k == 7:
            return f"slice({e(ARR, d)}, {self.r.randrange(3)}, {self.r.randrange(6)})"
        if k == 8:
            return f"({e(ARR, d)} + {e(ARR, d)})"
        if k == 9:
            return f"{self.pick('take', 'skip')}({e(ARR, d)}, {self.r.randrange(4)})"
        if k == 10:
            return f"values({e(DICT, d)})"
        if k == 11 and self.generators:
            return f"collect({self.r.choice(self.generators)}({self.r.randrange(7)}))"
        if k == 12:
            return f"map({e(ARR, d)}, {e(FUNC, d)})"
        if k == 13 and self.generators:
            return f"{self.r.choice(self.generators)}(9).map(func(it) {{ return it * 2 }}).take({self.r.randrange(5)}).collect()"
        return "[" + ", ".join(e(INT, d) for _ in range(self.r.randrange(4))) + "]"

    def expr_farr(self, d):
        return self.leaf(FARR)

    def expr_sarr(self, d):
        e = self.expr
        k = self.r.randrange(6)
        if k == 0:
            return f"split({e(STR, d)}, \"{self.pick(',', 'a', ' ')}\")"
        if k == 1:
            return f"keys({e(DICT, d)})"
        if k == 2:
            return f"sort({e(SARR, d)})"
        if k == 3:
            return f"push({e(SARR, d)}, {e(STR, d)})"
        return self.leaf(SARR)

    def expr_dict(self, d):
        e = self.expr
        k = self.r.randrange(6)
        if k == 0:
            return f"merge({e(DICT, d)}, {e(DICT, d)})"
        if k == 1:
            return f"{{...{e(DICT, d)}, \"{self.pick(*'abcdefg')}\": {e(INT, d)}}}"
        if k == 2:
            return f"remove({e(DICT, d)}, \"{self.pick(*'abcdefg')}\")[0]"
        if k == 3:
            return f"{{{e(INT, d)}: {e(INT, d)}, \"{self.pick(*'abcdefg')}\": {e(INT, d)}}}"
        return self.leaf(DICT)

    def expr_point(self, d):
        e = self.expr
        k = self.r.randrange(5)
        if k == 0:
            return f"({e(POINT, d)} + {e(POINT, d)})"
        if k == 1:
            return f"{e(POINT, d)}.moved({e(INT, d)})"
        return f"Point {{ x: {e(INT, d)}, y: {e(INT, d)} }}"

    def expr_func(self, d):
        outer, self.scope = self.scope, Scope(self.scope, function=True)
        q = self.fresh("q")
        self.scope.names[q] = (INT, False)
        body = self.expr(INT, 2)
        self.scope = outer
        return f"func({q}) {{ return {body} }}"

    def expr_opt(self, d):
        return self.pick(f"Some({self.expr(INT, d)})", "None", f"half({self.expr(INT, d)})")

    # -- statements ---------------------------------------------------------------------
    def block(self, budget, scoped=True, names=()):
        outer = self.scope
        if scoped:
            self.scope = Scope(outer)
        for name, kind in names:
            self.scope.names[name] = (kind, False)
        self.indent += 1
        for _ in range(self.r.randrange(1, 4)):
            self.statement(budget)
        self.indent -= 1
        self.scope = outer

    def statement(self, budget):
        choices = [(self.let, 5), (self.assign, 6), (self.show, 2)]
        if budget > 0:
            choices += [(self.if_, 3), (self.while_, 3), (self.for_, 4), (self.match_, 1),
                        (self.try_, 2)]
        choices += [(self.path, 2), (self.destructure, 1), (self.grow, 3), (self.scene, 4)]
        if self.in_loop:
            choices += [(self.leave_loop, 1)]
        if self.danger:
            choices += [(self.throw, 1)]
        total = sum(w for _, w in choices)
        at = self.r.randrange(total)
        for f, w in choices:
            at -= w
            if at < 0:
                f(budget - 1)
                return

    def declare(self, name, kind, const=False):
        self.scope.names[name] = (kind, const)

    def let(self, _):
        kind = self.r.choice(TYPES)
        name = self.fresh()
        value = self.expr(kind)
        word = self.pick("let ", "mut ", "", "const ")
        self.line(f"{word}{name} {self.pick(':=', '=')} {value}")
        self.declare(name, kind, word == "const ")

    def assign(self, _):
        kind = self.r.choice([INT, INT, STR, ARR, FLOAT, DICT, POINT, FUNC, BOOL, OPT])
        names = self.scope.visible(kind, writable=True)
        if not names:
            return self.let(0)
        name = self.r.choice(names)
        if kind == INT:
            form = self.r.randrange(3)
            if form == 0:
                return self.line(f"{name} {self.pick('+=', '-=')} {self.expr(INT, 1)}")
            if form == 1:
                return self.line(f"{name} := ({name} * {self.r.randrange(2, 40)} + {self.expr(INT, 2)}) % 10007")
        if kind == STR:
            # Bounded: strings in loops must not explode.
            return self.line(f"{name} := substring({name} + {self.expr(STR, 2)}, 0, 40)")
        if kind == ARR:
            return self.line(f"{name} := take({self.expr(ARR, 1)}, 20)")
        self.line(f"{name} := {self.expr(kind, 1)}")

    def grow(self, _):
        names = self.scope.visible(ARR, writable=True)
        if not names:
            return self.let(0)
        name = self.r.choice(names)
        self.line(f"if len({name}) < 30 {{ {name} := push({name}, {self.expr(INT, 2)}) }}")

    def path(self, _):
        k = self.r.randrange(3)
        kind = [ARR, DICT, POINT][k]
        names = self.scope.visible(kind, writable=True)
        if not names:
            return self.let(0)
        name = self.r.choice(names)
        op = self.pick(":=", ":=", "+=")
        if k == 0:
            self.line(f"if len({name}) > 0 {{ {name}[{self.expr(INT, 3)} % 1] {op} {self.expr(INT, 2)} }}")
        elif k == 1:
            self.line(f'{name}["{self.pick(*"abc")}"] := {self.expr(INT, 2)}')
        else:
            self.line(f"{name}.{self.pick('x', 'y')} {op} {self.expr(INT, 2)}")

    def destructure(self, _):
        a, b, rest = self.fresh(), self.fresh(), self.fresh()
        self.line(f"let [{a}, {b}, ...{rest}] := [{self.expr(INT, 2)}, {self.expr(INT, 2)}, ...{self.expr(ARR, 2)}]")
        for name, kind in ((a, INT), (b, INT), (rest, ARR)):
            self.declare(name, kind)

    def show(self, _):
        self.line(f"print({', '.join(self.expr(self.r.choice(TYPES), 1) for _ in range(self.r.randrange(1, 4)))})")

    def if_(self, budget):
        self.line(f"if {self.expr(BOOL)} {{")
        self.block(budget)
        if self.chance(0.5):
            if self.chance(0.3):
                self.line(f"}} else if {self.expr(BOOL)} {{")
                self.block(budget)
            self.line("} else {")
            self.block(budget)
        self.line("}")

    def rounds(self, *choices):
        """How often a loop goes round: few times where much is around it."""
        return self.r.choice([n for n in choices if self.times * n <= TIMES_MAX] or [2])

    def loop(self, head, rounds, budget, names=(), step=None):
        self.line(head)
        was, self.in_loop = self.in_loop, True
        self.times *= rounds
        if step:
            self.indent += 1
            self.line(step)
            self.indent -= 1
        self.block(budget, names=names)
        self.in_loop = was
        self.times //= rounds
        self.line("}")

    def while_(self, budget):
        i = self.fresh("i")
        n = self.rounds(3, 10, 40, 120) if budget > 0 else self.rounds(2, 6, 20)
        self.line(f"let {i} := 0")
        self.declare(i, INT, True)
        self.loop(f"while {i} < {n} {{", n, budget, step=f"{i} := {i} + 1")

    def for_(self, budget):
        name = self.fresh("e")
        n = self.rounds(3, 12, 50)
        kind, over, n = self.pick((INT, str(n), n), (INT, self.expr(ARR, 1), ITEMS),
                                  (STR, self.expr(STR, 2), ITEMS),
                                  (STR, self.expr(DICT, 2), ITEMS),
                                  (STR, self.expr(SARR, 2), ITEMS))
        if self.chance(0.15):
            k, v = self.fresh("k"), self.fresh("v")
            return self.loop(f"for [{k}, {v}] in items({self.expr(DICT, 2)}) {{", ITEMS, budget,
                             names=((k, STR), (v, INT)))
        self.loop(f"for {name} in {over} {{", n, budget, names=((name, kind),))

    def leave_loop(self, _):
        self.line(f"if {self.expr(BOOL, 2)} {{ {self.pick('break', 'continue')} }}")

    def match_(self, budget):
        name = self.fresh("m")
        self.line(f"match {self.expr(OPT)} {{")
        self.indent += 1
        self.line(f"case Some({name}): {{")
        self.block(budget, names=((name, INT),))
        self.line("}")
        self.line("case None: {")
        self.block(budget)
        self.line("}")
        self.indent -= 1
        self.line("}")

    def try_(self, budget):
        name = self.fresh("err")
        self.line("try {")
        was, self.danger = self.danger, True
        self.block(budget)
        if self.chance(0.3):
            self.indent += 1
            self.line(self.pick('throw "boom"', "x_undefined", "[1][9]", '1 + "a"', 'error("e")',
                                "let zero := 0", "print(1 / (len([]) * 1))"))
            self.indent -= 1
        self.danger = was
        self.line(f"}} except {name} {{")
        self.indent += 1
        self.line(f"print({name}.message, {name}.line, {name}.stack)")
        self.indent -= 1
        self.line("}")

    def throw(self, _):
        self.line(f"if {self.expr(BOOL, 2)} {{ throw {self.expr(self.pick(STR, POINT), 2)} }}")

    # -- programs -----------------------------------------------------------------------
    def function(self):
        name = self.fresh("f")
        params = [(self.fresh("p"), self.r.choice([INT, INT, STR, ARR, BOOL, POINT]))
                  for _ in range(self.r.randrange(0, 4))]
        kind = self.r.choice([INT, INT, STR, ARR, POINT, BOOL, FUNC])
        outer, self.scope = self.scope, Scope(self.scope, function=True)
        loop, self.in_loop = self.in_loop, False
        around, self.times, self.cost = (self.times, self.cost), 1, 0
        for p, t in params:
            self.scope.names[p] = (t, False)
        self.line(f"func {name}({', '.join(p for p, _ in params)}) {{")
        self.indent += 1
        if params and params[0][1] == INT and self.chance(0.3) and kind == INT:
            p = params[0][0]
            rest = "".join(", " + q for q, _ in params[1:])
            self.line(f"if {p} > 0 and {p} < 60 {{ return ({name}({p} - {self.pick(1, 2)}{rest}) + {p}) % 1009 }}")
        for _ in range(self.r.randrange(1, 4)):
            self.statement(1)
        if self.chance(0.2):
            self.line(f"if {self.expr(BOOL, 2)} {{ return {self.expr(kind, 2)} }}")
        self.line(f"return {self.expr(kind, 1)}")
        self.indent -= 1
        self.line("}")
        self.scope, self.in_loop = outer, loop
        self.functions.append((name, [t for _, t in params], kind, self.cost))
        self.times, self.cost = around

    def generator_function(self):
        name, n, i = self.fresh("g"), self.fresh("n"), self.fresh("i")
        self.line(f"func* {name}({n}) {{")
        self.line(f"    let {i} := 0")
        self.line(f"    while {i} < {n} {{")
        self.line(f"        if {i} % {self.pick(2, 3)} == 0 {{ yield {i} * {self.pick(2, 3)} }}")
        self.line(f"        {i} := {i} + 1")
        self.line("    }")
        self.line(f"    yield {self.r.randrange(9)}")
        self.line("}")
        self.generators.append(name)

    def program(self):
        self.line("struct Point {")
        self.line("    x, y,")
        self.line("    func weigh(self, k) { return (self.x * k - self.y) % 1009 }")
        self.line("    func moved(d) { x := x + d; return Point { x: x, y: y } }")
        self.line("    func op_add(self, o) { return Point { x: (self.x + o.x) % 1009, y: (self.y + o.y) % 1009 } }")
        self.line("}")
        self.lines += features.DECLARATIONS.splitlines()
        self.line("func half(n) { if n % 2 == 0 { return Some(n / 2) }; return None }")
        for _ in range(self.r.randrange(1, 3)):
            self.line(f"g_int{self.counter} := {self.r.randrange(100)}")
            self.declare(f"g_int{self.counter}", INT)
            self.counter += 1
        if self.chance(0.5):
            self.generator_function()
        for _ in range(self.r.randrange(1, 4)):
            self.function()
        for _ in range(self.r.randrange(4, 10)):
            self.statement(3)
        # A counted main loop, so that most programs execute thousands of operations.
        i = self.fresh("i")
        self.line(f"let {i} := 0")
        self.declare(i, INT, True)
        n = self.rounds(60, 150, 300)
        self.loop(f"while {i} < {n} {{", n, 2, step=f"{i} := {i} + 1")
        for kind in TYPES:
            for name in self.scope.visible(kind)[:2]:
                self.line(f"print({name})")
        return "\n".join(self.lines) + "\n"


def program(seed):
    return Generator(seed).program()


if __name__ == "__main__":
    import sys

    sys.stdout.write(program(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
