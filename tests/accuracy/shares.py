"""Profiles of programs whose true shares are known, in both engines.

A share is accepted within 0.5 points plus 3.5 standard deviations of its samples, so a
right profiler fails about once in two thousand comparisons, and no time is asserted.
"""

import json
import math
import os
import subprocess
import sys
import tempfile

RUFFPROF = os.environ["RUFFPROF_PROGRAM"]
SECONDS = 10 if os.environ.get("RUFF_TEST_LONG") else 3
count = 0


def check(problems, name):
    global count
    count += 1
    print("%s %d - %s" % ("not ok" if problems else "ok", count, name))
    for problem in problems:
        print("# " + str(problem))
    sys.stdout.flush()


def worker(name, units):
    """A function whose loop runs `units` times, whatever its name."""
    return """
func %s() {
    let sum := 0
    let i := 0
    while i < %d {
        sum := sum + i %% 7
        i := i + 1
    }
    return sum
}
""" % (name, units)


def program(functions, rounds):
    text = "".join(worker(name, units) for name, units in functions)
    text += "\nlet round := 0\nwhile round < %d {\n" % rounds
    text += "".join("    %s()\n" % name for name, _ in functions)
    return text + "    round := round + 1\n}\n"


def record(folder, name, text, *options):
    script, profile = os.path.join(folder, name + ".ruff"), os.path.join(folder, "p.rprof")
    with open(script, "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run([RUFFPROF, "record", "-q", "-o", profile, *options, script], check=True,
                   stdout=subprocess.DEVNULL)
    return profile


def report(profile, *options):
    done = subprocess.run([RUFFPROF, "report", "--format=json", "--limit=0", *options,
                           profile], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def compare(rows, truth, samples):
    """The shares that are further from the truth than sampling explains."""
    problems = []
    for name, expected in truth.items():
        row = next((r for r in rows if r["name"] == name), None)
        got = row["self"]["share"] if row else 0.0
        allowed = 0.005 + 3.5 * math.sqrt(expected * (1 - expected) / samples)
        if abs(got - expected) > allowed:
            problems.append("%s: %.2f %% for %.2f ± %.2f" % (
                name, 100 * got, 100 * expected, 100 * allowed))
    return problems


# Truth is known in units of work, samples count time. On a shared machine, and in a process
# where one of two equal loops runs slower than the other (notes/2026-11-24-two-speeds.md), the
# time of a unit differs within a run. A sampler that is wrong is wrong in every process: each
# comparison gets three.
ATTEMPTS = 3


def attempt(once):
    """Repeats once() -> (problems, samples) until it has no problem."""
    for _ in range(ATTEMPTS):
        problems, samples = once()
        if not problems:
            break
    return problems, samples


def cpu(folder, mode, name, functions, rounds):
    total = sum(units for _, units in functions)
    truth = {name: units / total for name, units in functions}

    def once():
        profile = record(folder, name, program(functions, rounds), "--mode=" + mode,
                         "--repeat=%ds" % SECONDS)
        result = report(profile)
        samples = result["facts"]["samples"]
        return compare(result["rows"], truth, samples), samples

    problems, samples = attempt(once)
    check(problems, "%s: %s, %d samples" % (mode, name, samples))


def lines(folder, mode):
    """Two loops in one function: told apart by line."""
    text = """
func both() {
    let sum := 0
    let i := 0
    while i < 2000 { sum := sum + i % 7; i := i + 1 }
    let k := 0
    while k < 8000 { sum := sum + k % 7; k := k + 1 }
    return sum
}
let round := 0
while round < 30 {
    both()
    round := round + 1
}
""".replace("; ", "\n")
    def once():
        profile = record(folder, "lines", text, "--mode=" + mode, "--repeat=%ds" % SECONDS)
        result = report(profile, "--by=line")
        samples = result["facts"]["samples"]
        # After the replacement the loops stand on the lines 5–6 and 8–9.
        first = sum(r["self"]["share"] for r in result["rows"] if r.get("line") in (5, 6))
        allowed = 0.005 + 3.5 * math.sqrt(0.2 * 0.8 / samples)
        return ([] if abs(first - 0.2) <= allowed else
                ["%.2f %% for 20.00 ± %.2f" % (100 * first, 100 * allowed)]), samples

    problems, samples = attempt(once)
    check(problems, "%s: lines of one function, %d samples" % (mode, samples))


def memory(folder, mode):
    """Sampled bytes estimate the exact ones, function by function."""
    text = """
func few(k) {
    let a := []
    let i := 0
    while i < 100 { a := push(a, to_string(i + k)); i := i + 1 }
    return a
}
func many(k) {
    let a := []
    let i := 0
    while i < 400 { a := push(a, to_string(i + k)); i := i + 1 }
    return a
}
let round := 0
while round < 200 {
    few(round)
    many(round)
    round := round + 1
}
""".replace("; ", "\n")
    exact = report(record(folder, "mem", text, "--mode=" + mode, "--mem=exact"),
                   "--mem", "--sort=total")
    mean = 16384
    sampled = report(record(folder, "mem", text, "--mode=" + mode, "--mem=%d" % mean,
                            "--repeat=5"), "--mem", "--sort=total")
    problems = []
    for name in ("few", "many"):
        truth = next(r for r in exact["rows"] if r["name"] == name)["total"]["value"] * 5
        row = next((r for r in sampled["rows"] if r["name"] == name), None)
        got = row["total"]["value"] if row else 0.0
        # The estimate's relative deviation is √(mean / bytes).
        allowed = truth * (0.01 + 3.5 * math.sqrt(mean / truth))
        if abs(got - truth) > allowed:
            problems.append("%s: %.0f for %.0f ± %.0f bytes" % (name, got, truth, allowed))
    check(problems, "%s: sampled bytes estimate the exact ones" % mode)


def main():
    ladder = [("step%d" % k, 400 * k) for k in range(1, 11)]
    with tempfile.TemporaryDirectory(prefix="ruff-accuracy.") as folder:
        for mode in ("interp", "vm"):
            cpu(folder, mode, "30 and 70 percent", [("small", 3000), ("large", 7000)], 30)
            cpu(folder, mode, "a ladder of ten functions", ladder, 15)
            lines(folder, mode)
            memory(folder, mode)
    print("1..%d" % count)


main()
