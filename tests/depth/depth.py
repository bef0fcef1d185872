#!/usr/bin/env python3
"""Runs programs that nest exactly to a limit of language.md, one level less and one more.

The rows stand in calls.py (the depth of calls through everything that can call), data.py (the
nesting of values while they are walked) and source.py (the nesting and the size of text). Every program
runs in every engine; the engines must agree byte for byte and with what the row expects. The
C stack has to suffice in the build at hand, so this is worth running where frames are fat:
without optimisation (unoptimised.sh) and under sanitizers.

usage: depth.py [PATTERN]     only programs whose name contains PATTERN
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True # the source tree is nobody's cache
import calls  # noqa: E402
import data  # noqa: E402
import source  # noqa: E402

RUFF = os.environ.get("RUFF_PROGRAM", "ruff")
MODES = os.environ.get("RUFF_MODES", "interp,vm").split(",")
TIMEOUT = 300


def run(folder, number, case):
    """What is wrong with the case; empty when nothing is."""
    name = f"depth_{number}.ruff"
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        f.write(case.source)
    problems, first = [], None
    for mode in MODES:
        try:
            done = subprocess.run([RUFF, f"--mode={mode}", name], cwd=folder, text=True,
                                  capture_output=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            problems.append(f"{mode}: no end after {TIMEOUT} s")
            continue
        got = done.returncode, done.stdout, done.stderr
        if done.returncode != case.code:
            problems.append(f"{mode}: exit code {done.returncode}, expected {case.code}")
        if case.out is not None and done.stdout != case.out:
            problems.append(f"{mode}: {difference(done.stdout, case.out)}")
        if case.err is None and done.stderr or case.err is not None and case.err not in done.stderr:
            problems.append(f"{mode}: stderr {done.stderr[:400]!r}, expected {case.err!r}")
        first = first or got
        if got != first:
            problems.append(f"{mode}: differs from {MODES[0]}")
    return problems


def difference(got, wanted):
    for number, (a, b) in enumerate(zip(got.split("\n"), wanted.split("\n")), 1):
        if a != b:
            return f"line {number} of the output is {a[:200]!r}, expected {b[:200]!r}"
    return f"{len(got)} bytes of output, expected {len(wanted)}"


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    tables = (calls.cases, data.cases, source.cases, source.size_cases)
    cases = [c for table in tables for c in table() if pattern in c.name]
    if os.environ.get("RUFF_TEST_LONG"):
        cases += [c for c in calls.fat_cases() if pattern in c.name]
    # Each may take a GiB or three where frames are fat: one after the other.
    workers = 1 if os.environ.get("RUFF_TEST_LONG") else os.cpu_count()
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for name, text in calls.MODULES.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        results = pool.map(lambda pair: run(folder, *pair), enumerate(cases))
        failed = 0
        for number, (case, problems) in enumerate(zip(cases, results), 1):
            print(f"{'not ok' if problems else 'ok'} {number} - {case.name}", flush=True)
            for problem in problems:
                print(f"# {problem}")
            failed += bool(problems)
    print(f"1..{len(cases)}")
    return 1 if failed else 0


sys.exit(main())
