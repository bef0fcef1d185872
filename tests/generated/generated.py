#!/usr/bin/env python3
"""Random programs in all engines: they must agree. Speaks TAP.

usage: generated.py [--count N] [--seed S] [--first]   default 2000 programs; 100000 with
                                               RUFF_TEST_LONG=1; seeds S, S+1, ...
A disagreement is shrunk to a small script and printed; add it to tests/language/regression.
"""
import argparse
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import generator  # noqa: E402

COMPARE = os.path.join(os.environ.get("top_builddir", "."), "tests/generated/compare_engines")
BATCH = 100
TIMEOUT = 600


def compare(programs):
    """One line of compare_engines per program; a crash ends the list early."""
    data = b"".join(b"%d\n%s" % (len(p), p) for p in programs)
    p = subprocess.run([COMPARE], input=data, capture_output=True, timeout=TIMEOUT)
    rows = [line.split(" ", 2) for line in p.stdout.decode().splitlines()]
    return rows, p.returncode, p.stderr.decode("utf-8", "replace")[-2000:]


def is_bad(text):
    try:
        rows, code, _ = compare([text])
    except subprocess.TimeoutExpired:
        return True
    return code != 0 or any(row[1] != "ok" for row in rows)


def shrink(text):
    """Drops runs of lines as long as the program stays valid and bad."""
    lines, size = text.split(b"\n"), 16
    while size >= 1:
        at, changed = 0, False
        while at < len(lines):
            tried = lines[:at] + lines[at + size:]
            if is_bad(b"\n".join(tried)):
                lines, changed = tried, True
            else:
                at += size
        if not changed:
            size //= 2
    return b"\n".join(lines)


def first(seed, count):
    """Exit code 1 at the first program that is bad, which is not shrunk."""
    for start in range(seed, seed + count, 50):
        seeds = range(start, min(start + 50, seed + count))
        try:
            rows, code, _ = compare([generator.program(s).encode() for s in seeds])
        except subprocess.TimeoutExpired:
            rows, code = [], 1
        bad = [int(row[0]) for row in rows if row[1] != "ok"]
        if bad or code != 0:
            print(f"seed {start + (bad[0] if bad else min(len(rows), 49))} is bad")
            return 1
    return 0


def main():
    parser = argparse.ArgumentParser()
    default = 100000 if os.environ.get("RUFF_TEST_LONG") else 2000
    parser.add_argument("--count", type=int, default=default)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", action="store_true", help="only tell which seed is first")
    args = parser.parse_args()
    if args.first:
        return first(args.seed, args.count)
    bad, ended_well, ops, done = [], 0, [], 0
    for start in range(args.seed, args.seed + args.count, BATCH):
        seeds = list(range(start, min(start + BATCH, args.seed + args.count)))
        programs = [generator.program(s).encode() for s in seeds]
        rows, code, err = compare(programs)
        for row in rows:
            seed = seeds[int(row[0])]
            if row[1] != "ok":
                bad.append((seed, " ".join(row[1:])))
            else:
                exit_code, n = row[2].split()
                ended_well += exit_code == "0"
                ops.append(int(n))
                done += 1
        if code != 0:
            bad.append((seeds[min(len(rows), len(seeds) - 1)], f"crash, exit {code}: {err}"))
    print("1..3")
    print(f"{'ok' if not bad else 'not ok'} 1 - engines agree on {args.count} programs")
    for seed, what in bad[:5]:
        print(f"# seed {seed}: {what}".replace("\n", "\n# "))
        print("# " + shrink(generator.program(seed).encode()).decode().replace("\n", "\n# "))
    share = ended_well / done if done else 0
    print(f"{'ok' if share >= 0.8 else 'not ok'} 2 - most programs end without an error")
    print(f"# {100 * share:.1f} % of {done}")
    median = statistics.median(ops) if ops else 0
    print(f"{'ok' if median >= 5000 else 'not ok'} 3 - programs do real work")
    print(f"# median {median:.0f} operations")
    return 1 if bad or share < 0.8 or median < 5000 else 0


if __name__ == "__main__":
    sys.exit(main())
