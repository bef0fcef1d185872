#!/usr/bin/env python3
"""Programs just below, at and beyond each limit of size, generated, in every engine.

The limits are those of notes/semantics.md and section 21 of the reference. A program of size
N runs and prints what it should in every engine, and `ruff check` finds nothing wrong; beyond a
limit all of them refuse it before anything runs: the same text, the same place, exit code 3.

usage: size_limits.py [PATTERN]   only limits whose name contains PATTERN
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile

RUFF = os.environ.get("RUFF_PROGRAM", "ruff")
MODES = os.environ.get("RUFF_MODES", "interp,vm").split(",")
TIMEOUT = 300

# Registers of a function: variables, and values held at once. What the programs below hold
# besides the N things they are about is subtracted where they are listed.
REGISTERS = 32767


def many(n, form, sep=", "):
    return sep.join(form % {"i": i} for i in range(n))


# ---- programs: size -> text, expected output ------------------------------------------------

def locals_of_function(n):
    return ("func f() {\n" + many(n, "let v%(i)d := %(i)d", "\n") +
            f"\nreturn v0 + v{n - 1}\n}}\nprint(f())\n", f"{n - 1}\n")


def globals_of_main(n):
    return (many(n, "let v%(i)d := %(i)d", "\n") +
            f"\nfunc f() {{ return v{n - 1} }}\nprint(v0 + v{n - 1}, f())\n", f"{n - 1} {n - 1}\n")


def builtin_arguments(n):
    return "print(" + many(n, "7") + ")\n", " ".join(["7"] * n) + "\n"


def function_arguments(n):
    return ("func f(a) { return a }\ntry { f(" + many(n, "7") + ") } except e { print(e.message) }\n",
            f"f expects 1 arguments, got {n}\n")


def method_arguments(n):
    return ("struct S { func m(self, a) { return a } }\nlet s := S {}\n"
            "try { s.m(" + many(n, "7") + ") } except e { print(e.message) }\n",
            f"S.m expects 1 arguments, got {n}\n")


def nested_arguments(n):
    # Calls in calls: each level holds its callee and three values.
    text = "func f(a, b, c, d) { return d + 1 }\nprint("
    return text + "f(1, 2, 3, " * n + "0" + ")" * n + ")\n", f"{n}\n"


def payload_values(n):
    return (f"enum E {{ V }}\nlet e := E::V({many(n, '%(i)d')})\n"
            "match e { case E::V(a, b): { print(a, b) } }\n", "0 1\n")


def payload_bindings(n):
    return (f"enum E {{ V }}\nlet e := E::V(5, 6)\nmatch e {{ case E::V({many(n, 'b%(i)d')}): "
            f"{{ print(b0, b1, b{n - 1}) }} }}\n", "5 6 null\n")


def declared_fields(n):
    return (f"struct S {{ {many(n, 'f%(i)d')} }}\nlet s := S {{ f{n - 1}: 4 }}\n"
            f"print(s.f{n - 1})\n", "4\n")


def given_fields(n):
    return f"let s := S {{ {many(n, 'f%(i)d: %(i)d')} }}\nprint(s.f0, s.f{n - 1})\n", f"0 {n - 1}\n"


def stored_paths(n):
    return ("let d := {\"a\": {\"b\": 0}}\n" + many(n, "d.a.b := %(i)d", "\n") +
            "\nd.a.b += 1\nprint(d.a.b)\n", f"{n}\n")


def struct_literals(n):
    return ("struct S { x }\nlet s := null\n" + many(n, "s := S { x: %(i)d }", "\n") +
            "\nprint(s)\n", f"S {{ x: {n - 1} }}\n")


def struct_definitions(n):
    return (many(n, "struct S%(i)d { x }", "\n") +
            f"\nprint(S0 {{ x: 1 }}, S{n - 1} {{ x: 2 }})\n", f"S0 {{ x: 1 }} S{n - 1} {{ x: 2 }}\n")


def accesses_of_one_name(n):
    return ("struct S { x }\nlet s := S { x: 3 }\nlet t := 0\n" + many(n, "t := s.x", "\n") +
            "\nprint(t)\n", "3\n")


def accesses_of_many_names(n):
    # The last accesses find no inline cache of their own: a struct of each shape, all forms.
    return ("let d := {}\nlet t := 0\n" + many(n, "t := d.n%(i)d", "\n") + """
struct P { x, y, s, l, func sum(self) { return self.x + self.y } }
struct Q { y, x }
let p := P { x: 1, y: 2, s: "s", l: [] }
for o in [p, Q { x: 3, y: 4 }, p] { print(o.x, o.y, o?.x, d?.none) }
for i in 2 { p.x := 10; p.y += 20; p.s += "t"; p.l := push(p.l, i); print(p.sum(), p) }
""", "1 2 1 null\n3 4 3 null\n1 2 1 null\n32 P { l: [0], s: st, x: 10, y: 22 }\n"
            "52 P { l: [0, 1], s: stt, x: 10, y: 42 }\n")


def methods_of_many_names(n):
    return (f"struct S {{ func m{n - 1}(self) {{ return 9 }} }}\nlet s := S {{}}\n"
            "if false {\n" + many(n - 1, "s.m%(i)d()", "\n") + f"\n}}\nprint(s.m{n - 1}())\n", "9\n")


def constants(n):
    # Each use of a constant of the last rows: an operand, a key, a tag, a bare field.
    return ("let t := 0.5\n" + many(n, "t := %(i)d.25", "\n") +
            f"\nprint(t, t + {n}.75, t < {n}.5, {n}.125 + t)\nlet {{last}} := {{\"last\": 3}}\n"
            "enum T { V }\nmatch T::V { case T::V: { print(last) } }\n",
            f"{n - 1}.25 {2 * n} true {2 * n - 1}.375\n3\n")


def constants_of_method(n):
    return ("struct S { field, func m() { let t := 0.5\n" + many(n, "t := %(i)d.25", "\n") +
            "\nreturn field } }\nprint(S { field: 6 }.m())\n", "6\n")


def pattern_items(n):
    return (f"let [{many(n - 1, '_')}, last, ...rest] := range(0, {n + 2})\nprint(last, rest)\n",
            f"{n - 1} [{n}, {n + 1}]\n")


def pattern_keys(n):
    return (f"let {{{many(n, 'k%(i)d')}, ...rest}} := {{\"k0\": 1, \"k{n - 1}\": 2, \"r\": 3}}\n"
            f"print(k0, k{n - 1}, rest)\n", "1 2 {\"r\": 3}\n")


def array_elements(n):
    return f"let a := [{many(n, '%(i)d')}]\nprint(len(a), a[{n - 1}])\n", f"{n} {n - 1}\n"


def dict_entries(n):
    return f"let d := {{{many(n, '%(i)d: 1')}}}\nprint(len(d))\n", f"{n}\n"


def interpolated_parts(n):
    return "let x := 4\nprint(len(\"" + "${x}" * n + "\"))\n", f"{n}\n"


def body(n):
    return many(n, "t := t + x", "\n")


def for_body(n):
    return f"let t := 0\nlet x := 1\nfor i in 2 {{\n{body(n)}\n}}\nprint(t)\n", f"{2 * n}\n"


def while_body(n):
    return (f"let t := 0\nlet x := 1\nlet i := 0\nwhile i < 2 {{ i := i + 1\n{body(n)}\n}}\nprint(t)\n",
            f"{2 * n}\n")


def if_body(n):
    return f"let t := 0\nlet x := 1\nif x < 1 {{\n{body(n)}\n}} else {{ t := 5 }}\nprint(t)\n", "5\n"


def functions(n):
    return many(n, "func f%(i)d() { return %(i)d }", "\n") + f"\nprint(f{n - 1}())\n", f"{n - 1}\n"


def captured_variables(n):
    # Two functions of variables: the lambda refers to all of them.
    return ("func f() {\n" + many(n, "let v%(i)d := 1", "\n") + "\nlet sum := 0\nlet g := func() {\n" +
            many(n, "sum += v%(i)d", "\n") + "\nreturn sum }\nreturn g()\n}\nprint(f())\n", f"{n}\n")


def handlers(n):
    return "let t := 0\n" + many(n, "try { t := t + 1 } except e { }", "\n") + "\nprint(t)\n", f"{n}\n"


def named_imports(n):
    return (f"from m import {many(n, 's%(i)d')}\nprint(s0, s{n - 1})\n", f"0 {n - 1}\n",
            many(n, "export s%(i)d := %(i)d", "\n") + "\n")


def whole_import(n):
    return (f"import m\nprint(s0, s{n - 1})\n", f"0 {n - 1}\n",
            many(n, "export s%(i)d := %(i)d", "\n") + "\n")


def identifier_characters(n):
    return f"let {'v' * n} := 1\nprint({'v' * n})\n", "1\n"


def string_characters(n):
    return f"print(len(\"{'s' * n}\"))\n", f"{n}\n"


def number_characters(n):
    return f"print(0.{'0' * (n - 3)}1 < 1)\n", "true\n"


def source_bytes(n):
    head = "print(1)\n# "
    return head + "c" * (n - len(head)), "1\n"


def expression_nesting(n):
    return "let a := " + "[" * n + "1" + "]" * n + "\nprint(a)\n", "[" * n + "1" + "]" * n + "\n"


def block_nesting(n):
    return "let t := 0\n" + "if true { " * n + "t := 1" + " }" * n + "\nprint(t)\n", "1\n"


def else_ifs(n):
    return ("let x := -1\nif x == 0 { print(0) }" + many(n, " else if x == %(i)d { print(1) }", "") +
            " else { print(2) }\n", "2\n")


def parameters(n):
    return (f"func f({many(n, 'p%(i)d')}) {{ return p{n - 1} }}\nprint(f({many(n, '%(i)d')}))\n",
            f"{n - 1}\n")


def chained_operations(n):
    return "let x := 1\nlet y := x" + " - x" * n + "\nprint(y)\n", f"{1 - n}\n"


EVERY = None  # no limit: the sizes around it once had one
# name, program, size, largest size that runs
LIMITS = [
    (locals_of_function, REGISTERS - 1, REGISTERS - 1),
    (globals_of_main, 4096, EVERY),
    (globals_of_main, REGISTERS, EVERY),
    (builtin_arguments, REGISTERS - 1, REGISTERS - 1),
    (function_arguments, REGISTERS - 3, REGISTERS - 3),
    (method_arguments, REGISTERS - 5, REGISTERS - 5),
    (nested_arguments, 255, 255),
    (payload_values, REGISTERS - 5, REGISTERS - 5),
    (payload_bindings, 65536, EVERY),
    (declared_fields, REGISTERS - 3, REGISTERS - 3),
    (given_fields, REGISTERS - 2, REGISTERS - 2),
    (stored_paths, 65536, EVERY),
    (struct_literals, 65536, EVERY),
    (struct_definitions, 65536, EVERY),
    (accesses_of_one_name, 65536, EVERY),
    (accesses_of_many_names, 65535, EVERY),
    (methods_of_many_names, 65536, EVERY),
    (constants, 32767, EVERY),
    (constants_of_method, 32767, EVERY),
    (constants_of_method, 65536, EVERY),
    (pattern_items, 65536, EVERY),
    (pattern_keys, 32767, EVERY),
    (pattern_keys, 65536, EVERY),
    (array_elements, 1048576, 1048576),
    (dict_entries, 1048576, 1048576),
    (interpolated_parts, 200000, EVERY),
    (for_body, 32767, EVERY),
    (while_body, 32767, EVERY),
    (if_body, 32767, EVERY),
    (functions, 65536, EVERY),
    (captured_variables, 10000, EVERY),
    (handlers, 65536, EVERY),
    (named_imports, REGISTERS, REGISTERS),
    (whole_import, REGISTERS, REGISTERS),
    (identifier_characters, 256, 256),
    (string_characters, 1048576, 1048576),
    (number_characters, 512, 512),
    (source_bytes, 16777216, 16777216),
    (expression_nesting, 256, 256),
    (block_nesting, 128, 128),
    (else_ifs, 1024, 1024),
    (parameters, 255, 255),
    (chained_operations, 4096, 4096),
]


# ---- running -------------------------------------------------------------------------------

def ruff(folder, *arguments):
    p = subprocess.run([RUFF, *arguments], cwd=folder, env=dict(os.environ, NO_COLOR="1"),
                       timeout=TIMEOUT, capture_output=True)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def short(text):
    return text if len(text) < 300 else text[:150] + " ... " + text[-150:]


def problems(case):
    program, n, limit = case
    text, output, *module = program(n)
    runs = limit is None or n <= limit
    with tempfile.TemporaryDirectory() as folder:
        for name, content in [("p.ruff", text)] + [("m.ruff", m) for m in module]:
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(content)
        results = {mode: ruff(folder, "run", f"--mode={mode}", "p.ruff") for mode in MODES}
        checked = ruff(folder, "check", "p.ruff")
    want = (0, output) if runs else (3, "")
    for mode, (code, out, err) in results.items():
        if (code, out) != want or bool(err) == runs:
            yield f"{mode}: exit code {code}, stdout {short(out)!r}, stderr {short(err)!r}"
        if (code, out, err) != results[MODES[0]]:
            yield f"{mode} differs from {MODES[0]}"
    if checked[0] != want[0] or checked[2] != results[MODES[0]][2]:
        yield f"check: exit code {checked[0]}, stderr {short(checked[2])!r}"


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    cases = [(program, n, limit) for program, size, limit in LIMITS
             if pattern in program.__name__ for n in (size - 1, size, size + 1)]
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        found = pool.map(lambda case: list(problems(case)), cases)
        for number, (case, wrong) in enumerate(zip(cases, found), 1):
            program, n, limit = case
            runs = "runs" if limit is None or n <= limit else "is refused"
            print(f"{'not ok' if wrong else 'ok'} {number} - {program.__name__}: {n} {runs}", flush=True)
            for p in wrong:
                print("# " + p.replace("\n", "\\n"))
            failed += bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
