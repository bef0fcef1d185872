"""Source text nested to the limits of language.md 21."""
from case import Case

EXPRESSION = 256
BLOCK = 128
FAR = 100000

# Rows: NAME, the program nested n deep, CONTEXT of the message.

EXPRESSION_ROWS = [
    ("parentheses", lambda n: "x := " + "(" * n + "1" + ")" * n, "grouped expression"),
    ("arrays", lambda n: "x := " + "[" * n + "1" + "]" * n, "array literal"),
    ("dicts", lambda n: "x := " + '{"a": ' * n + "1" + "}" * n, "dict literal"),
    ("struct literals", lambda n: "x := " + "P { x: " * n + "1" + "}" * n, "struct literal"),
    ("spreads", lambda n: "x := " + "[..." * n + "[]" + "]" * n, "array literal"),
    ("unary minus", lambda n: "x := " + "- " * n + "1", "unary expression"),
    ("not", lambda n: "x := " + "not " * n + "1", "unary expression"),
    ("!", lambda n: "x := " + "! " * n + "true", "unary expression"),
    ("calls", lambda n: "x := " + "abs(" * n + "1" + ")" * n, "call arguments"),
    ("calls of entries", lambda n: 'd := {"f": to_int}\nx := ' + "d.f(" * n + "1" + ")" * n,
     "call arguments"),
    ("conversions", lambda n: "x := " + "int(" * n + "1" + ")" * n, "call arguments"),
    ("results", lambda n: "x := " + "Ok(" * n + "1" + ")" * n, "call arguments"),
    ("indexes", lambda n: "x := [0]\ny := " + "x[" * n + "0" + "]" * n, "index"),
    ("interpolations", lambda n: "x := " + '"${' * n + "1" + '}"' * n, "interpolated string"),
    ("right operands", lambda n: "x := " + "1 + (" * n + "1" + ")" * n, "grouped expression"),
    ("right operands of and", lambda n: "x := " + "true and (" * n + "1" + ")" * n,
     "grouped expression"),
    ("yields", lambda n: "func* g() { " + "yield " * n + "1 }\nx := collect(g())", "yield"),
    ("patterns", lambda n: "let " + "[" * n + "a" + "]" * n + " := []", "pattern"),
    ("types", lambda n: "let a: " + "array<" * n + "int" + ">" * n + " := 1", "type"),
]
BLOCK_ROWS = [
    ("if", lambda n: "if true {" * n + "}" * n),
    ("else", lambda n: "if false {} else {" * n + "}" * n),
    ("while", lambda n: "while true {" * n + "break }" * n),
    ("loop", lambda n: "loop {" * n + "break }" * n),
    ("for", lambda n: "for x in 1 {" * n + "}" * n),
    ("func", lambda n: "func f() {" * n + "}" * n),
    ("async func", lambda n: "async func f() {" * n + "}" * n),
    ("lambdas", lambda n: "x := " + "func() { return " * n + "1" + "}" * n),
    ("try", lambda n: "try {" * n + "} except {}" * n),
    ("except", lambda n: "try { throw 1 } except {" * n + "}" * n),
    ("methods", lambda n: "struct S { func m() {" + "if true {" * (n - 1) + "}" * n + " }"),
    ("spawn", lambda n: "spawn {" + "if true {" * (n - 1) + "}" * n),
    ("matches in arms", lambda n: "if true {" * (n % 2) + "match 1 { default: " * (n // 2) + "print(1)" +
     "}" * (n // 2 + n % 2)),
]


def cases():
    rows = [(f"source nested in {name}", EXPRESSION, program,
             f"Maximum expression nesting depth of {EXPRESSION} exceeded while parsing {context}\n")
            for name, program, context in EXPRESSION_ROWS]
    rows += [(f"source nested in {name}", BLOCK, program,
              f"Maximum block nesting depth of {BLOCK} exceeded while parsing a ")
             for name, program in BLOCK_ROWS]
    for name, limit, program, message in rows:
        for n in (limit - 1, limit):
            yield Case(f"{name}, {n} deep", program(n) + '\nprint("end")\n', None)
        for n in (limit + 1, FAR):
            yield Case(f"{name}, {n} deep", program(n) + "\n", "", 3, f" error: {message}")


# ---- sizes --------------------------------------------------------------------------------

SOURCE_BYTES = 16 * 1024 * 1024
ITEMS = 1048576


def filled(n):
    """A program of n bytes."""
    text = 'print("end")\n#'
    return text + "x" * (n - len(text))


# Rows: NAME, limit, the program that reaches n, what is said one beyond.
SIZE_ROWS = [
    ("bytes of source", SOURCE_BYTES, filled,
     lambda n: f"Source size {n} bytes exceeds maximum allowed {SOURCE_BYTES} bytes\n"),
    ("elements of an array", ITEMS, lambda n: "x := [" + "0," * n + ']\nprint("end")\n',
     lambda n: f"Array literal exceeds maximum element count of {ITEMS}\n"),
    ("items of a dict", ITEMS, lambda n: "x := {" + "1:0," * n + '}\nprint("end")\n',
     lambda n: f"Dictionary literal exceeds maximum item count of {ITEMS}\n"),
    ("characters of a name", 256, lambda n: "é".join(["a"] * 128)[:255] + "é" * (n - 255) +
     ' := 1\nprint("end")\n', lambda n: "[RUFLEX008]"),
    ("characters of a string", ITEMS, lambda n: 'x := "' + "é" * n + '"\nprint("end")\n',
     lambda n: "[RUFLEX009]"),
    ("characters of a number", 512, lambda n: "x := 0." + "1" * (n - 2) + '\nprint("end")\n',
     lambda n: "[RUFLEX010]"),
]


def size_cases():
    for name, limit, program, message in SIZE_ROWS:
        for n in (limit - 1, limit):
            yield Case(f"{n} {name}", program(n), "end\n")
        yield Case(f"{limit + 1} {name}", program(limit + 1), "", 3, message(limit + 1))
