"""What the generator knows beyond expressions and plain statements: small scenes, each about
one part of the language, filled with random expressions.

`DECLARATIONS` opens every program; a scene is a method of `Scenes` that writes statements.
"""

INT, STR, BOOL, ARR, DICT, POINT, OPT = "int", "str", "bool", "arr", "dict", "point", "opt"

DECLARATIONS = """\
struct Box {
    items := [1, 2], label = "box", size: int := len("abc")
    func total(self) { return sum(self.items) % 1009 + self.size }
    func grown(self, v) { self.items := push(take(self.items, 6), v); self.size += 1; return self }
    func twice(self, v) { return self.grown(v).grown(v % 7) }
    func describe(self) { return "${self.label}:${self.total() * 2}${if_odd(self.size)}" }
    func doubled() { return size * 2 + len(items) }
    func later(self) { return func(k) { return self.total() + k } }
}
struct Vec {
    a, b
    func op_add(self, o) { return Vec { a: self.a + o.a, b: self.b } }
    func op_sub(self, o) { return Vec { a: self.a - o.a, b: self.b } }
    func op_mul(self, k) { return Vec { a: (self.a * k) % 1009, b: self.b } }
    func op_mod(self, k) { return self.a % k }
    func op_eq(self, o) { return self.a == o.a }
    func op_lt(self, o) { return self.a < o.a }
    func op_ge(self, o) { return self.a >= o.a }
    func op_neg(self) { return Vec { a: -self.a, b: self.b } }
    func op_not(self) { return self.a == 0 }
}
struct Flat {
    tag, y, x
    func weigh(self, k) { return (self.x + k) % 1009 }
}
func slope(s) { return s.x * 3 - s.y + s.weigh(2) }
func nested(a, b) { let c := 1; return func() { return func() { b := (b + a) % 1009; c += b; return a * 2 - b + c } } }
enum Shape { Dot, Line, Rect }
func if_odd(n) { if n % 2 == 1 { return "odd" } else { return "" } }
func area(s) {
    match s {
        case Shape::Rect(w, h): { return w * h % 1009 }
        case Shape::Line(w): return w
        case Shape::Dot: return 0
        case "text": return 1
        default: return -1
    }
}
func checked(n) { if n % 3 == 0 { return Err("bad ${n % 10}") }; return Ok(n / 2) }
func chain(n) { let a := checked(n)?; let b := checked(a + 1)?; return Ok(a + b) }
func tree(n) { if n <= 0 { return 1 }; return sum(map(range(n), func(i) { return tree(i) })) }
func early(xs, limit) {
    for x in xs {
        try {
            if x > limit { return x }
            if x == 13 { throw "thirteen" }
        } except e { return -x }
    }
    return null
}
func* careful(n) {
    for i in n {
        try {
            if i % 4 == 3 { throw "g${i}" }
            yield i
        } except e { yield e.message }
    }
}
func* endless(step) { let at := 0; loop { at := (at + step) % 1009; if at == 5 { continue }; yield at } }
async func later(n) { if n % 5 == 4 { throw "late" }; return n * 2 % 1009 }
func make_pair(k) { let t := k; return [func(d) { t := (t + d) % 1009; return t }, func() { return t * 2 }] }
""" + "\n".join(["func wide(n) {"] + [f"    let w{i} := n + {i}" for i in range(40)] +
                [f"    return ({' + '.join(f'w{i}' for i in range(0, 40, 3))}) % 10007", "}", ""])


class Scenes:
    """Mixed into the generator; uses its line, fresh, pick, chance, expr, declare and scope."""

    def scene(self, budget):
        scenes = [
            self.swap, self.dict_pattern, self.shared_variable, self.closure_per_iteration,
            self.boxes, self.operators, self.shapes, self.literal_match, self.question_mark,
            self.interpolated, self.deep_stores, self.collections, self.mixed_sort,
            self.recursive_map, self.shadowed, self.awaiting, self.yielding, self.edges,
            self.compound, self.local_function, self.constants, self.arity, self.bound,
            self.sequences, self.causes, self.loops, self.bytes_and_text, self.optional,
            self.long_literal, self.json, self.many_shapes, self.deep_closure,
        ]
        self.r.choice(scenes)(budget)

    def attempt(self, *lines):
        """Lines that may fail, in a try that prints how."""
        e = self.fresh("e")
        self.line("try {")
        for text in lines:
            self.line("    " + text)
        self.line(f"}} except {e} {{ print({e}.message, {e}.line) }}")

    def named(self, kind, prefix="s"):
        name = self.fresh(prefix)
        self.line(f"let {name} := {self.expr(kind, 2)}")
        self.declare(name, kind)
        return name

    def swap(self, _):
        a, b = self.named(INT), self.named(INT)
        if self.chance(0.5):
            c = self.named(INT)
            self.line(f"[{a}, {b}, {c}] := [{b}, {c} % 1009, {a}]")
        else:
            self.line(f"[{a}, {b}] := [{b}, {a} + {self.expr(INT, 3)}]")
        self.line(f"[{a}, _] := [{b} - {a}, 0]")

    def dict_pattern(self, _):
        a, b, rest, n = (self.fresh() for _ in range(4))
        self.line(f'let {{{a}, {b}, ...{rest}}} := {{"{a}": {self.expr(INT, 3)}, "z": {self.expr(INT, 3)}}}')
        self.line(f"print({a}, {b}, {rest})")
        self.line(f"let [[{n}, _], ..._{n}] := [[{self.expr(INT, 3)}, 1], 2, 3]")
        self.declare(a, INT)
        self.declare(n, INT)

    def shared_variable(self, _):
        n = self.named(INT)
        f, pair, first = self.fresh("fn"), self.fresh("pair"), self.fresh("fn")
        self.line(f"let {f} := func(q) {{ {n} := ({n} + q) % 1009; return {n} }}")
        self.line(f"let {pair} := make_pair({self.expr(INT, 3)})")
        self.line(f"let {first} := {pair}[0]")
        self.line(f"print({f}({self.expr(INT, 3)}), {first}(3), {pair}[1](), {first}({n}), {pair}[1](), {n})")
        self.declare(f, "func")
        self.declare(first, "func")

    def closure_per_iteration(self, _):
        fs, i, j = self.fresh("fs"), self.fresh("i"), self.fresh("j")
        self.line(f"let {fs} := []")
        self.line(f"for {i} in {self.r.randrange(1, 6)} {{")
        self.line(f"    let {j} := {i} * {self.r.randrange(9)}")
        self.line(f"    {fs} := push({fs}, func() {{ {j} := {j} + {i}; return {j} }})")
        self.line("}")
        self.line(f"for {i} in {fs} {{ {i}(); print({i}()) }}")
        self.line(f"print(map({fs}, func(f) {{ return f() }}))")

    def boxes(self, _):
        b, c = self.fresh("b"), self.fresh("b")
        fields = self.pick("", "items: [], ", "size: 1, ", 'label: "x", size: 4, ')
        self.line(f"let {b} := Box {{ {fields}extra: {self.expr(INT, 3)} }}")
        self.line(f"let {c} := {b}.{self.pick('grown', 'twice')}({self.expr(INT, 3)})")
        self.attempt(f"{b}.items[0 - len({b}.items)] := 5", f"{b}.size += 2")
        self.line(f"print({b}.total(), {c}.describe(), {b}.doubled(), {c}.items, {b} == {c}, {c}.later()(3))")

    def operators(self, _):
        v, w = self.fresh("v"), self.fresh("v")
        self.line(f"let {v} := Vec {{ a: {self.expr(INT, 3)} % 1009, b: [1] }}")
        self.line(f"let {w} := {v} {self.pick('+', '-')} Vec {{ a: {self.expr(INT, 3)} % 1009, b: 0 }}")
        self.line(f"{w} {self.pick('+=', '-=')} {v}")
        self.line(f"{w} *= {self.r.randrange(9)}")
        self.line(f"print({w}, {v} == {w}, {v} != {w}, {v} < {w}, {v} >= {w}, -{v}, !{w}, {v} % 7)")
        self.attempt(f"print({v} {self.pick('<=', '>', '/', '+')} {w})")

    def shapes(self, _):
        a, b, s = self.fresh("a"), self.fresh("b"), self.fresh("sh")
        shape = self.pick("Shape::Dot", f"Shape::Line({self.expr(INT, 3)} % 99)", "Shape::Other(1)",
                          f"Shape::Rect({self.expr(INT, 3)} % 99, {self.expr(INT, 3)} % 99)", '"text"')
        self.line(f"let {s} := {shape}")
        self.line(f"match {s} {{ case Shape::Rect({a}, {b}): print({a} - {b}); case Shape::Line({a}): "
                  f"{{ print({a}) }} default: print(area({s})) }}")
        self.line(f"print({s}, area({s}), {s} == Shape::Dot)")

    def literal_match(self, budget):
        self.line(f"match {self.pick(self.expr(INT, 2) + ' % 5', self.expr(STR, 2), self.expr(BOOL, 2))} {{")
        for text in ("0", "-1", '"x"', "true", "2.0", "null", "3"):
            if self.chance(0.6):
                self.line(f"case {text}: {{")
                self.block(0)
                self.line("}")
        if self.chance(0.5):
            self.line("case _: {")
            self.block(0)
            self.line("}")
        self.line("}")

    def question_mark(self, _):
        r, n, m = self.fresh("r"), self.fresh("n"), self.fresh("m")
        self.line(f"let {r} := chain({self.expr(INT, 2)})")
        self.line(f"match {r} {{ case Ok({n}): {{ print({n}) }} case Err({m}): {{ print({m}) }} }}")
        self.line(f"print({r}, map([1, 2, 3, 4], chain))")

    def interpolated(self, _):
        s = self.fresh("s")
        self.line(f'let {s} := "${{{self.expr(INT, 2)}}} and ${{{self.expr(BOOL, 2)}}}:${{{self.expr(ARR, 2)}}}"')
        self.line(f'print("<${{{s}}}> ${{len({s}) + 1}}", "${{"in${{1 + 1}}"}}")')

    def deep_stores(self, _):
        a, b = self.fresh("a"), self.fresh("a")
        i = self.expr(INT, 3)
        self.line(f'let {a} := {{"x": [Point {{ x: {i}, y: [1, {{"k": 2}}] }}, [3, [4]]], "n": {self.expr(DICT, 3)}}}')
        if self.chance(0.6):
            self.line(f"let {b} := {a}")
        else:
            b = a
        for _ in range(self.r.randrange(1, 4)):
            self.line(self.pick(
                f'{a}["x"][0].x += {self.expr(INT, 3)}', f'{a}["x"][0].y[1]["k"] := {self.expr(ARR, 3)}',
                f'{a}.x[1][1][-1] *= 2', f'{a}["n"]["{self.pick(*"abc")}"] := {self.expr(INT, 3)}',
                f'{a}["x"][1] := {b}["x"][1]', f'{a}["x"][0].z := {a}["x"]', f'{a}["x"][1.5][0] -= 1'))
        self.line(f"print({a} == {b}, {a}, {b})")
        self.attempt(self.pick(f'{a}["x"][7].x := 1', f'{a}["q"]["r"] := 1', f'{a}["x"].y := 1',
                               f'{a}["x"][0].x[0] := 1', f'{a}["x"][0].none += 1'), f"print({b})")

    def collections(self, _):
        s, q = self.fresh("set"), self.fresh("q")
        k = self.r.randrange(3)
        if k == 0:
            self.line(f"let {s} := Set({self.expr(ARR, 2)})")
            self.line(f"let {q} := set_add({s}, {self.expr(INT, 3)})")
            self.line(f"print(len({s}), set_has({q}, 3), set_to_array(set_union({s}, Set([1, 2]))), "
                      f"len(set_difference({q}, {s})), {s} == {q})")
        elif k == 1:
            self.line(f"let {q} := Queue({self.expr(ARR, 2)})")
            self.line(f"{q} := queue_enqueue({q}, {self.expr(STR, 3)})")
            self.line(f"print(queue_size({q}), queue_to_array({q}), queue_peek({q}), queue_dequeue({q})[1])")
        else:
            self.line(f"let {q} := Stack({self.expr(ARR, 2)})")
            self.line(f"{q} := stack_push({q}, {self.expr(INT, 3)})")
            self.line(f"for {s} in {q} {{ print({s}) }}")
            self.line(f"print(stack_size({q}), stack_to_array({q}), stack_pop({q})[1], stack_is_empty({q}))")

    def mixed_sort(self, _):
        items = ", ".join(self.pick("1", "2.5", '"b"', "true", "null", "[1]", "-3", "0.5", self.expr(INT, 3))
                          for _ in range(self.r.randrange(6)))
        self.attempt(f"print(sort([{items}]))", f"print(unique([{items}]), reverse([{items}]))")
        self.line(f"print(sort({self.expr(ARR, 2)}), sort([2.5, {self.expr(INT, 3)}, 1]))")

    def recursive_map(self, _):
        self.line(f"print(tree({self.r.randrange(6)}), early({self.expr(ARR, 2)}, {self.r.randrange(40)}))")

    def shadowed(self, _):
        k, v = self.pick("len", "sum", "print_", "type", "map"), self.fresh()
        self.line("if true {")
        self.line(f"    let {k} := {self.expr(INT, 3)}")
        self.line(f"    {k} := {k} + 1")
        self.line(f"    func abs(x) {{ return x + {k} }}")
        self.line(f"    let {v} := func() {{ {k} := {k} * 2; return abs({k}) }}")
        self.line(f"    print({k}, {v}(), {k})")
        self.line("}")

    def awaiting(self, _):
        p = self.fresh("p")
        self.line(f"let {p} := later({self.r.randrange(20)})")
        self.attempt(f"print(await {p}, await {self.expr(INT, 3)})",
                     f"print(await Promise.all([later({self.r.randrange(9)}), later({self.r.randrange(9)})]))")
        self.attempt(f"print(await {p})")

    def yielding(self, _):
        g, h, x = self.fresh("gen"), self.fresh("gen"), self.fresh("x")
        self.line(f"let {g} := careful({self.r.randrange(9)})")
        self.line(f"print(next({g}), next({g}), collect({g}), next({g}))")
        self.line(f"let {h} := endless({self.r.randrange(1, 9)})")
        self.line(f"for {x} in {h} {{ if {x} % {self.r.randrange(2, 7)} == 0 {{ break }} }}")
        self.line(f"print({h}.skip(2).filter(func(v) {{ return v % 2 == 0 }}).take(3).collect(), next({h}))")
        self.line(f"print(collect(take(map(endless(3), func(v) {{ return v + {self.expr(INT, 3)} }}), 2)))")

    def edges(self, _):
        big = self.pick("9223372036854775807", "(-9223372036854775807 - 1)", "4611686018427387904")
        self.attempt(f"print({big} {self.pick('+', '-', '*', '/', '%')} {self.pick('-1', '1', '2', self.expr(INT, 3))})")
        self.attempt(f"print(-{big}, {big} {self.pick('<', '==', '>=')} {self.pick('1.5', '9223372036854775808.0')})")
        self.attempt(f"print({self.pick('1.0', '0', '7')} {self.pick('/', '%')} {self.pick('0', '0.0', '2', '0.5')})")
        self.attempt(f"print({self.pick('1', 'null', '[1]', 'true', self.expr(STR, 3))} "
                     f"{self.pick('+', '-', '<', '*', '>=')} {self.pick('2', 'null', '[2]', 'false', self.expr(STR, 3))})")

    def compound(self, _):
        x = self.fresh("x")
        self.line(f"let {x} := {self.pick(self.expr(INT, 3), self.expr('float', 3))}")
        for _ in range(self.r.randrange(1, 4)):
            self.line(f"{x} {self.pick('+=', '-=')} {self.pick('1', '2', '0.5', self.expr(INT, 3))}")
            self.line(f"{x} {self.pick('/=', '%=')} {self.pick('3', '2.5', '7')}")
        self.line(f"print({x})")
        self.attempt(f"print({x})", f"{x} {self.pick('+=', '-=')} {self.pick('null', '[1]', 'true')}")
        self.line(f"let s{x} := {self.expr(STR, 3)}")
        self.line(f's{x} += "tail"; s{x} *= {self.r.randrange(3)}; print(s{x})')
        self.line(f"let a{x} := [{x}, 2.5]; a{x}[0] -= 1; a{x}[1] *= 2; a{x} += [1]; print(a{x})")

    def local_function(self, _):
        f, k = self.fresh("f"), self.fresh("k")
        self.line(f"if {self.expr(BOOL, 2)} or true {{")
        self.line(f"    let {k} := {self.expr(INT, 3)}")
        self.line(f"    func {f}(n) {{ if n <= 0 {{ return {k} }}; {k} := ({k} + n) % 1009; return {f}(n - 1) + 1 }}")
        self.line(f"    print({f}({self.r.randrange(12)}), {k})")
        self.line("}")

    def constants(self, _):
        c = self.fresh("C")
        self.line(f"const {c} := {self.expr(ARR, 2)}")
        self.attempt(self.pick(f"{c} := 1", f"{c}[0] := 1", f"func f_{c}() {{ {c} := 2 }}; f_{c}()",
                               f"print([{c}, {c}])"))
        self.declare(c, ARR, True)

    def arity(self, _):
        self.attempt(self.pick("tree()", "tree(1, 2)", "Box {}.total(1)", "(func(a, b) { })(1)", "len()", "null()",
                               '"x"()', "Box {}.missing()", "Box {}.nothing", "careful()", "[1].sum()", "push([1])"))

    def bound(self, _):
        m, d = self.fresh("m"), self.fresh("d")
        self.line(f"let {m} := {self.expr(POINT, 2)}.weigh")
        self.line(f'let {d} := {{"f": {m}, "g": func() {{ return {self.expr(INT, 3)} }}, "h": 1}}')
        self.line(f"print({m}({self.expr(INT, 3)}), {d}.f(2), {d}.g(), map([1, 2], {m}), {d}.none)")
        self.attempt(f"{d}.h()")

    def sequences(self, _):
        a = self.named(ARR)
        self.line(f"print(zip({a}, {self.expr(ARR, 3)}), enumerate({a}), chunk({a}, 2), windows({a}, 2))")
        self.line(f"print(find({a}, func(v) {{ return v > 3 }}), all({a}, func(v) {{ return v < {self.expr(INT, 3)} }}), "
                  f"flatten([[1], {a}]), {a}.map(func(v) {{ return [v] }}).len())")
        self.line(f"for [i{a}, v{a}] in enumerate({a}) {{ if i{a} == v{a} {{ continue }}; print(i{a}) }}")
        self.line(f"print(contains({a}, 3), index_of({a}, 2), insert({a}, 0, 9), concat({a}, [1]), range(1, 9, 3))")

    def causes(self, _):
        e = self.fresh("e")
        self.attempt(f'try {{ throw {self.pick(chr(34) + "inner" + chr(34), "Point { x: 1, y: 2 }", "[1]", "5")} }} '
                     f'except {e} {{ throw Fault {{ message: "outer", cause: {e} }} }}')
        self.attempt(f"map([1, 2], func(v) {{ if v == 2 {{ throw {self.expr(STR, 3)} }}; return v }})")
        self.attempt("print(reduce([1, 0], 6, func(a, b) { return a / b }))")

    def loops(self, budget):
        i, j = self.fresh("i"), self.fresh("j")
        self.line(f"let {i} := 0")
        self.declare(i, INT, True)
        self.line(f"loop {{ {i} += 1; if {i} > {self.r.randrange(2, 30)} {{ break }}; if {i} % 3 == 1 {{ continue }}")
        self.line(f"    for {j} in {self.r.randrange(4)} {{ if {j} == 2 {{ break }}; try {{ if {i} % 5 == 0 {{ continue }} }} except {{ }} }}")
        self.line("}")
        self.line(f"loop while {i} > 0 {{ {i} -= {self.r.randrange(1, 4)} }}")
        self.line(f"for {j} in {self.pick('2.5', '-3', '4', 'bytes([1, 255])')} {{ print({j}) }}")

    def bytes_and_text(self, _):
        s = self.named(STR)
        self.line(f"if len({s}) > 0 {{ print({s}[0], {s}[-1], {s}[0.5]) }}")
        self.line(f"print(words({s}), capitalize({s}), count_chars({s}), char_at({s}, 1), contains({s}, \"a\"))")
        self.line(f"let b{s} := bytes([1, 2, 250]); print(b{s}[2] + b{s}[-3], len(b{s}))")
        self.attempt(f"print({s}[99])", f"b{s}[0] := 1")

    def optional(self, _):
        d = self.named(DICT)
        self.line(f'print({d}?.a, null?.b, 5?.c, {d}.zz ?? "none", ({d}?.a ?? null) ?? {self.expr(INT, 3)}, None ?? 1)')
        self.line(f'print(has_key({d}, "a"), keys({d}), items({d}), {d} == {{...{d}}}, {{2: 3, 2.5: 4}})')
        self.attempt(f"print({{{d}: 1}})")

    def long_literal(self, _):
        n = self.fresh("n")
        if self.chance(0.2):
            self.line(f"let {n} := [{', '.join(str(i * 3) for i in range(70))}, {self.expr(INT, 3)}]")
            self.line(f"print(sum({n}), {n}[-1])")
        self.line(f"print(wide({self.expr(INT, 3)} % 1009))")

    def many_shapes(self, _):
        x, s = self.expr(INT, 3), self.fresh("s")
        self.line(f"for {s} in [Point {{ x: {x}, y: 5 }}, Flat {{ tag: 1, y: 2, x: {x} }}, "
                  f"{self.expr(POINT, 3)}, Flat {{ x: 4, tag: 2, y: {x} }}] {{ print(slope({s})) }}")

    def deep_closure(self, _):
        f = self.fresh("f")
        self.line(f"let {f} := nested({self.expr(INT, 3)}, {self.expr(INT, 3)})()")
        self.line(f"print({f}(), {f}())")

    def json(self, _):
        self.line(f"print(parse_json(to_json({self.expr(self.pick(ARR, DICT), 2)})), to_json([1.5, null, {self.expr(STR, 3)}]))")
        self.attempt(f"print(to_int({self.expr(STR, 3)}), parse_float(\"x\"))")
        self.line(f"print(format(\"{{}}-%s\", {self.expr(INT, 3)}))" if self.danger else "print(int(2.7), float(3), string([1]), bool(0))")
