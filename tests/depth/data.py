"""Values nested to the limit of core/print.h (language.md 21: at least 4096), and JSON."""
from case import Case, attempt

LIMIT = 10000
JSON_LIMIT = 512

# Rows: NAME, a value of one level, one more level around v, whether its depth is printed
# (sets, queues and stacks read <unknown>).
CONTAINERS = [
    ("arrays", "[\"x\"]", "[v]", True),
    ("dicts", '{"k": 1}', '{"k": v}', True),
    ("structs", "S { f: 1 }", "S { f: v }", True),
    ("results", "Ok(1)", "Ok(v)", True),
    ("errors", "Err(1)", "Err(v)", True),
    ("options", "Some(1)", "Some(v)", True),
    ("tagged values", "T::A(1)", "T::A(v)", True),
    ("containers by turns", "[\"x\"]", 'turn(i, v)', True),
    ("sets", "Set([1])", "Set([v])", False),
    ("queues", "queue_enqueue(Queue([]), 1)", "queue_enqueue(Queue([]), v)", False),
    ("stacks", "stack_push(Stack([]), 1)", "stack_push(Stack([]), v)", False),
]

# What walks a value v (w is another of the same shape): NAME, expression, its result, and the
# words of the message one level beyond; None: there is no limit, any depth is handled.
PRINTS = [
    ("printed", "len(to_string(v)) > 0", "true", "printing"),
    ("interpolated", 'len("${v}") > 0', "true", "printing"),
]
WALKS = [
    ("compared", "v == w", "true", "comparing"),
    ("compared by !=", "v != w", "false", "comparing"),
    ("made unique", "len(unique([v, w]))", "1", "comparing"),
    ("put into a set", "len(Set([v, w]))", "1", "comparing"),
    ("asserted to be equal", "assert_equal(v, w)", "true", "comparing"),
    ("sorted", "len(sort([v, w]))", "2", None),
    ("copied to a task", "task_of(v)", "1", None),
    ("shared", 'shared_set("depth", v)', "true", None),
    ("sent", "sent(v)", "1", None),
    ("matched", "matched(v)", "1", None),
    ("thrown", "thrown(v)", "1", None),
    ("destructured", "destructured(v)", "1", None),
    ("stored into", "stored(v)", "1", None),
    ("freed", "1", "1", None),
]
HEAD = """struct S { f }
func turn(i, v) { if i % 3 == 0 { return S { f: v } } if i % 3 == 1 { return [v] } return {"k": v} }
func build(n) { let v := INNER  for i in n - 1 { v := OUTER } return v }
func task_of(v) { return await await_task(spawn_task(func() { x := v  return 1 })) }
func sent(v) { c := channel()  c.send(v)  x := c.receive()  return 1 }
func matched(v) { match v { case 2: return 2 case Ok(x): return 1 default: return 1 } }
func thrown(v) { try { throw v } except e { return 1 } }
func destructured(v) { let [a, ...b] := [v]  let {k, ...r} := {"k": a}  return 1 }
func stored(v) { let a := [v]  let b := a  b[0] := [a]  return 1 }
"""

# Rows: NAME, one more level around v, what opens and closes a level in JSON.
JSON_SHAPES = [
    ("arrays", "[v]", "[", "]"),
    ("objects", '{"k": v}', '{\\"k\\":', "}"),
]


def cases():
    for name, inner, outer, is_printed in CONTAINERS:
        source, out = HEAD.replace("INNER", inner).replace("OUTER", outer), ""
        for n in (LIMIT - 1, LIMIT, LIMIT + 1, 3 * LIMIT):
            source += f"v := build({n})  w := build({n})\n"
            for _, expression, result, context in (PRINTS if is_printed else []) + WALKS:
                source += attempt(expression)
                out += result if n <= LIMIT or context is None else (
                    f"Maximum data nesting depth of {LIMIT} exceeded while {context}")
                out += "\n"
        yield Case(f"nested {name}", source, out)
    for name, outer, opening, closing in JSON_SHAPES:
        source = f"func build(n) {{ let v := 1  for i in n {{ v := {outer} }} return v }}\n"
        out = ""
        for n in (JSON_LIMIT - 1, JSON_LIMIT, JSON_LIMIT + 1, 100000):
            source += f'text := "{opening}" * {n} + "1" + "{closing}" * {n}\n'
            source += attempt(f"to_json(build({n})) == text")
            source += (f"try {{ print(parse_json(text) == build({n})) }}"
                       ' except e { print(starts_with(e.message, "JSON parse error: ")) }\n')
            out += "true\n" if n <= JSON_LIMIT else (
                f"JSON value exceeds maximum nesting depth of {JSON_LIMIT}\n")
            out += "true\n"
        yield Case(f"nested JSON {name}", source, out)
