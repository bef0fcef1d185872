#!/usr/bin/env python3
"""Runs every script below this folder in every engine and speaks TAP.

Expectations are comments anywhere in the script:

    # expect: TEXT            the next line of standard output is TEXT (exactly)
    # expect error: MESSAGE   ends by the uncaught error MESSAGE, exit code 4
    # expect at: LINE:COLUMN  position of that error (or of the first diagnostic)
    # expect stack: f, g      names of the call stack, innermost first
    # expect stderr: TEXT     standard error contains the line TEXT
    # expect exit: N          exit code (default 0; 4 with an error)
    # expect any output       standard output is not compared with anything but the engines
    # args: A B               arguments of the script
    # stdin: TEXT             a line of standard input (repeatable)
    # files: OTHER            a script that only others import: not run by itself

Whatever a script expects, its engines must agree byte for byte in standard output, standard
error and exit code.

usage: scripts.py [PATTERN]   runs only scripts whose path contains PATTERN
       scripts.py -           runs the paths on standard input and stops at the first failure
"""
import concurrent.futures
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RUFF = os.environ.get("RUFF_PROGRAM", "ruff")
MODES = os.environ.get("RUFF_MODES", "interp,vm").split(",")
TIMEOUT = 600 # a net for endless loops: seconds of a busy machine, under a sanitizer
# FEATURE of a build (ruff --version), SCRIPT: why not there. tests/skips.txt lists them, too.
SKIPPED = {
    ("tsan", "limits/async_recursion_never_crashes.ruff"):
        "TSan splits its tables at each stack given back, beyond the mappings of a process",
}
DIRECTIVE = re.compile(r"^\s*(?:#|//)\s*(expect(?: error| at| stack| stderr| exit| any output)?|args|stdin|files)(?::\s?(.*))?$")


class Expectation:
    def __init__(self, path):
        self.stdout, self.stderr, self.args, self.stdin = [], [], [], []
        self.error = self.at = self.stack = self.exit = None
        self.any_output = self.helper = False
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as f:
            # Only a line feed ends a line here: expectations may hold other separators.
            for line in f.read().split("\n"):
                m = DIRECTIVE.match(line.rstrip("\r"))
                if m:
                    self.take(m[1], m[2] or "")

    def take(self, kind, text):
        if kind == "expect":
            self.stdout.append(text)
        elif kind == "expect error":
            self.error = text
        elif kind == "expect at":
            self.at = text.strip()
        elif kind == "expect stack":
            self.stack = [n.strip() for n in text.split(",") if n.strip()]
        elif kind == "expect stderr":
            self.stderr.append(text)
        elif kind == "expect exit":
            self.exit = int(text)
        elif kind == "expect any output":
            self.any_output = True
        elif kind == "args":
            self.args = text.split()
        elif kind == "stdin":
            self.stdin.append(text + "\n")
        elif kind == "files":
            self.helper = True

    def problems(self, code, out, err):
        want = self.exit if self.exit is not None else 4 if self.error is not None else 0
        if code != want:
            yield f"exit code {code}, expected {want}"
        text = "".join(line + "\n" for line in self.stdout)
        if not self.any_output and out != text:
            yield f"stdout {out!r}, expected {text!r}"
        if self.error is not None and f"Runtime Error: {self.error}\n" not in err:
            yield f"error {self.error!r} not in stderr"
        if self.at is not None:
            m = re.search(r"^  --> .*?:(\d+:\d+)$", err, re.M)
            if not m or m[1] != self.at:
                yield f"position {m[1] if m else 'missing'}, expected {self.at}"
        if self.stack is not None:
            names = re.findall(r"^  \d+ at (.*)$", err, re.M)
            if names != self.stack:
                yield f"call stack {names}, expected {self.stack}"
        lines = err.split("\n")
        for line in self.stderr:
            if line not in lines:
                yield f"line {line!r} not in stderr"


def run(path, mode, e, more_env=None):
    folder, name = os.path.split(path)
    command = [RUFF, "run", f"--mode={mode}", name, *e.args]
    env = dict(os.environ, NO_COLOR="1", **(more_env or {}))
    try:
        p = subprocess.run(command, cwd=folder, env=env, timeout=TIMEOUT, capture_output=True,
                           input="".join(e.stdin).encode("utf-8", "surrogateescape"))
    except subprocess.TimeoutExpired:
        return None, "", f"still running after {TIMEOUT} s"
    return (p.returncode, p.stdout.decode("utf-8", "surrogateescape"),
            p.stderr.decode("utf-8", "surrogateescape"))


def skipped_here():
    """Script -> reason, for the build of RUFF."""
    p = subprocess.run([RUFF, "--version"], capture_output=True, text=True, check=True)
    features = p.stdout.split()
    return {script: why for (feature, script), why in SKIPPED.items() if feature in features}


def check(path):
    e = Expectation(path)
    problems, first = [], None
    for mode in MODES:
        result = run(path, mode, e)
        shown = f" stderr {result[2][-600:]!r}"
        problems += [f"{mode}: {p}{shown}" for p in e.problems(*result)]
        if first is None:
            first = result
        elif result != first:
            problems.append(f"{mode} differs from {MODES[0]}: {result!r} against {first!r}")
    return problems


def scripts(pattern):
    for folder, folders, files in os.walk(HERE):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            if name.endswith(".ruff") and pattern in path and not Expectation(path).helper:
                yield path


def first_failure(paths):
    """For tests/mutation: one after the other, in the order given."""
    for path in paths:
        problems = check(path)
        if problems:
            print(f"not ok {path}\n" + "\n".join(problems))
            return 1
    return 0


def main():
    if sys.argv[1:] == ["-"]:
        return first_failure(sys.stdin.read().split())
    paths = list(scripts(sys.argv[1] if len(sys.argv) > 1 else ""))
    skipped = skipped_here()
    print(f"1..{len(paths)}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        def run_or_skip(path):
            return [] if os.path.relpath(path, HERE) in skipped else check(path)

        for number, (path, problems) in enumerate(zip(paths, pool.map(run_or_skip, paths)), 1):
            name = os.path.relpath(path, HERE)
            if name in skipped:
                print(f"ok {number} - {name} # SKIP {skipped[name]}", flush=True)
                continue
            print(f"{'not ok' if problems else 'ok'} {number} - {name}", flush=True)
            for p in problems:
                print("# " + p.replace("\n", "\\n"))
            failed += bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
