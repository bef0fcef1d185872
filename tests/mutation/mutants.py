#!/usr/bin/env python3
"""Do the tests notice a wrong token? Changes one token of core, lib or vm at a time in a copy
of the tree, builds, runs the tests, and counts the mutants nobody noticed.

usage: mutants.py [--count N] [--seed S] [--work DIR] [--tests "TEST..."]

A mutant is killed when it does not compile, when a test fails, or when the tests hang. By
default the quick, deterministic tests judge (language scripts, generated programs, unit tests
of the three folders); `--tests all` is the whole of `make check`. Not part of `make check`:
200 mutants take hours. Prints one line per mutant and the survivors at the end; exit code 1
when fewer than 90 % are killed.
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ["runtime/core", "runtime/lib", "runtime/vm"]
SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||",
         "||": "&&", "+": "-", "-": "+", "*": "+", "++": "--", "true": "false",
         "false": "true", "0": "1", "1": "2"}
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|//.*|/\*.*?\*/|[A-Za-z_]\w*|\d+\w*|'
                   r"->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%]=|.", re.S)
# Where a changed token means nothing or something else: assertions and hints.
BORING = re.compile(r"^\s*#|assert|likely|_Static_assert|^\s*static const|return .*_raise")
UNITS = ["arith", "path", "call", "error", "iter", "string", "array", "dict", "structs",
         "collection", "gc", "print", "compare", "copy", "vm", "lib_builtins", "lib_text",
         "lib_formats"]


def candidates():
    found = []
    for folder in FOLDERS:
        for name in sorted(os.listdir(os.path.join(TOP, folder))):
            if not name.endswith((".c", ".inc")):
                continue
            path = os.path.join(folder, name)
            text = open(os.path.join(TOP, path), encoding="utf-8").read()
            line_at = 0
            for m in TOKEN.finditer(text):
                if m[0] == "\n":
                    line_at = m.end()
                # Pointer stars and casts are not arithmetic.
                if m[0] in SWAPS and not (m[0] == "*" and text[m.end():m.end() + 1] != " "):
                    line = text[line_at:text.find("\n", line_at)]
                    if not BORING.search(line):
                        found.append((path, m.start(), m[0]))
    return found


def run(command, folder, timeout):
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, timeout=timeout,
                              stdin=subprocess.DEVNULL).returncode
    except subprocess.TimeoutExpired:
        return -1


def judge(build, tests):
    if run(["make", "-s"], build, 900) != 0:
        return "does not compile"
    command = ["make", "-s", "check"] if tests == ["all"] else \
        ["make", "-s", "check", "TESTS=" + " ".join(tests)]
    code = run(command, build, 900)
    return None if code == 0 else "hangs" if code == -1 else "a test fails"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work")
    parser.add_argument("--tests")
    args = parser.parse_args()
    work = args.work or tempfile.mkdtemp(prefix="mutants.")
    tree, build = os.path.join(work, "tree"), os.path.join(work, "build")
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(["git", "clone", "-q", TOP, tree], check=True)
    os.makedirs(build, exist_ok=True)
    for command in (["./autogen.sh"],):
        subprocess.run(command, cwd=tree, check=True, capture_output=True)
    subprocess.run([os.path.join("..", "tree", "configure"), "CFLAGS=-g -O1"], cwd=build,
                   check=True, capture_output=True)
    exists = {os.path.splitext(n)[0] for n in os.listdir(os.path.join(tree, "tests/unit"))}
    tests = args.tests.split() if args.tests else (
        ["tests/language/scripts.py", "tests/generated/generated.py"] +
        [f"tests/unit/{u}_test" for u in UNITS if f"{u}_test" in exists])
    why = judge(build, tests)
    if why:
        sys.exit(f"mutants.py: the unchanged tree fails: {why}")
    choices = candidates()
    random.Random(args.seed).shuffle(choices)
    killed, survivors = 0, []
    for number, (path, at, token) in enumerate(choices[:args.count], 1):
        full = os.path.join(tree, path)
        text = open(full, encoding="utf-8").read()
        line = text.count("\n", 0, at) + 1
        with open(full, "w", encoding="utf-8") as f:
            f.write(text[:at] + SWAPS[token] + text[at + len(token):])
        why = judge(build, tests)
        with open(full, "w", encoding="utf-8") as f:
            f.write(text)
        what = f"{path}:{line}: {token} -> {SWAPS[token]}"
        killed += why is not None
        if why is None:
            survivors.append(f"{what}    {text.splitlines()[line - 1].strip()}")
        print(f"{number:4d} {'killed, ' + why if why else 'SURVIVED'}: {what}", flush=True)
    total = killed + len(survivors)
    print(f"{killed} of {total} killed ({100 * killed / max(total, 1):.1f} %); survivors:")
    print("\n".join(survivors))
    return 0 if total and killed / total >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
