#!/usr/bin/env python3
"""Every script of tests/language, in every engine in one process: as many objects are alive
after a run as were before. Speaks TAP, one line a folder."""
import os
import subprocess
import sys

TOP = os.environ.get("top_srcdir", ".")
COMPARE = os.path.abspath(os.path.join(os.environ.get("top_builddir", "."),
                                       "tests/generated/compare_engines"))
TIMEOUT = 600
sys.dont_write_bytecode = True # the source tree is nobody's cache
sys.path.insert(0, os.path.join(TOP, "tests/language"))
import scripts  # noqa: E402


def problems(folder, names):
    texts = [open(os.path.join(folder, n), "rb").read() for n in names]
    data = b"".join(b"%d\n%s" % (len(t), t) for t in texts)
    p = subprocess.run([COMPARE], input=data, capture_output=True, cwd=folder, timeout=TIMEOUT)
    rows = [line.split(" ", 2) for line in p.stdout.decode("utf-8", "replace").splitlines()]
    seen = 0
    for row in rows:
        seen = max(seen, int(row[0]) + 1)
        # Output may tell the time; only what stays alive counts here.
        if row[1] == "leaks":
            yield f"{names[int(row[0])]}: {row[2]} objects stay alive"
    if p.returncode != 0 or seen < len(names):
        last = names[min(seen, len(names) - 1)]
        yield f"{last}: ends with {p.returncode} {p.stderr[-500:].decode('utf-8', 'replace')}"


def main():
    root = os.path.join(TOP, "tests/language")
    folders = {}
    left_out = scripts.skipped_here()
    for folder, _, files in os.walk(root):
        below = os.path.relpath(folder, root)
        names = sorted(n for n in files
                       if n.endswith(".ruff") and os.path.join(below, n) not in left_out)
        if names:
            folders[folder] = names
    print(f"1..{len(folders)}", flush=True)
    failed = 0
    for number, (folder, names) in enumerate(sorted(folders.items()), 1):
        found = list(problems(folder, names))
        failed += bool(found)
        print(f"{'not ok' if found else 'ok'} {number} - {os.path.relpath(folder, root)}, "
              f"{len(names)} scripts", flush=True)
        for text in found:
            print("# " + text.replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
