#!/usr/bin/env python3
"""Checks that every rule of the language reference has a script; speaks TAP.

The lists are coverage/*.tsv, one file per group of sections. A line has three columns
separated by a tab; lines that start with `#` and empty lines are skipped:

    SECTION   number of the section of the reference (7.2, 21a)
    ROW       the table row, sentence or message, in a few words
    SCRIPT    path of a script that shows it, relative to this folder

A row may stand on several lines, a script may serve several rows. It is an error when a row
has no script, when a script does not exist, and when a script stands in no list; regression/
needs no entries, its scripts stand for bugs instead of rules.

usage: coverage.py [--sections]   also prints the number of rows for each section
"""
import collections
import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SECTION = re.compile(r"^\d+[a-z]?(\.\d+)?$")


def entries(path, problems):
    """Yields (section, row, script) of one list; what is malformed goes to problems."""
    name = os.path.relpath(path, HERE)
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            columns = line.split("\t")
            if len(columns) != 3 or not SECTION.match(columns[0]) or not columns[1]:
                problems.append(f"{name}:{number}: expected SECTION, ROW and SCRIPT")
                continue
            yield f"{name}:{number}", *columns


def existing():
    for folder, folders, files in os.walk(HERE):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".ruff"):
                yield os.path.relpath(os.path.join(folder, name), HERE)


def main():
    scripts, malformed, missing = set(existing()), [], []
    listed, rows = set(), collections.defaultdict(set)
    for path in sorted(glob.glob(os.path.join(HERE, "coverage", "*.tsv"))):
        for where, section, row, script in entries(path, malformed):
            rows[section, row].add(script)
            listed.add(script)
            if script and script not in scripts:
                missing.append(f"{where}: {script} does not exist")
    empty = [f"{s} {r}" for (s, r), found in sorted(rows.items()) if not found & scripts]
    unlisted = sorted(s for s in scripts - listed if not s.startswith("regression" + os.sep))
    checks = [
        ("lists have three columns", malformed),
        ("listed scripts exist", missing),
        (f"each of {len(rows)} rows has a script", empty),
        (f"each of {len(scripts)} scripts is listed", unlisted),
    ]
    print(f"1..{len(checks)}")
    for number, (name, problems) in enumerate(checks, 1):
        print(f"{'not ok' if problems else 'ok'} {number} - {name}")
        for p in problems:
            print(f"# {p}")
    if "--sections" in sys.argv[1:]:
        for section, n in collections.Counter(s for s, _ in rows).items():
            print(f"# {section}: {n} rows")
    return any(problems for _, problems in checks)


if __name__ == "__main__":
    sys.exit(main())
