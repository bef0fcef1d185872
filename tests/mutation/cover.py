"""Which script reaches which line: an instrumented `ruff` runs every script of tests/language
once, and a mutant is shown only to the scripts that enter its function, those that come
nearest to its line first."""
import collections
import concurrent.futures
import importlib.util
import json
import os
import re
import subprocess

UNSEEN = {"runtime/vm/vm.c", "runtime/vm/vm_loop.inc", "runtime/vm/vm_macros.h"}
PLACE = re.compile(r"(runtime/(?:core|lib|vm)/[\w.]+):(\d+)")


def load_runner(tree, ruff):
    """tests/language/scripts.py as a module."""
    os.environ["RUFF_PROGRAM"] = ruff
    spec = importlib.util.spec_from_file_location(
        "language_scripts", os.path.join(tree, "tests/language/scripts.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def places(ruff, offsets):
    """For each offset the lines it stands for, inlined functions included."""
    listed = sorted(offsets)
    p = subprocess.run(["addr2line", "-e", ruff, "-i", "-a"], text=True, capture_output=True,
                       input="".join(f"{o - 1:#x}\n" for o in listed), check=True)
    found, at = collections.defaultdict(set), -1
    for line in p.stdout.splitlines():
        if line.startswith("0x"):
            at += 1
        m = PLACE.search(line)
        if m:
            found[listed[at]].add((m[1], int(m[2])))
    return found


def measure(tree, ruff, work):
    runner = load_runner(tree, ruff)
    names = list(runner.scripts(""))

    def blocks(path):
        seen, e = set(), runner.Expectation(path)
        for mode in runner.MODES:
            file = os.path.join(work, "blocks." + str(abs(hash((path, mode)))))
            runner.run(path, mode, e, {"COVER": file})
            if os.path.exists(file):
                with open(file, "rb") as f:
                    seen.update(m.start() for m in re.finditer(b"\x01", f.read()))
                os.remove(file)
        return seen

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        reached = list(pool.map(blocks, names))
    where = places(ruff, set().union(*reached))
    lines = collections.defaultdict(lambda: collections.defaultdict(list))
    for script, seen in enumerate(reached):
        for file, line in set().union(*(where[o] for o in seen if o in where)):
            lines[file][line].append(script)
    return {"scripts": [os.path.relpath(n, tree) for n in names],
            "size": [len(seen) for seen in reached], "lines": lines}


class Cover:
    def __init__(self, tree, instrumented, work):
        file = os.path.join(work, "cover.json")
        if not os.path.exists(file):
            with open(file + ".new", "w", encoding="utf-8") as f:
                json.dump(measure(tree, instrumented(), work), f)
            os.rename(file + ".new", file)
        with open(file, encoding="utf-8") as f:
            self.data = json.load(f)
        self.tree = tree

    def function(self, mutant):
        """First and last line of the function around a mutant; braces stand in column 1."""
        with open(os.path.join(self.tree, mutant.path), encoding="utf-8") as f:
            text = f.read().split("\n")
        first = mutant.line
        while first > 1 and not text[first - 1].startswith("{"):
            first -= 1
            if text[first - 1].startswith("}"):
                return 1, len(text)  # a table or a macro
        last = mutant.line
        while last < len(text) and not text[last - 1].startswith("}"):
            last += 1
        return (first, last) if text[first - 1].startswith("{") else (1, len(text))

    def scripts(self, mutant):
        """The scripts to show a mutant to, best first; all for what is not instrumented."""
        if mutant.path in UNSEEN:
            return list(self.every_script())
        first, last = self.function(mutant)
        reached = {int(line): s for line, s in self.data["lines"].get(mutant.path, {}).items()
                   if first <= int(line) <= last}
        size = self.data["size"]
        order = {}
        # Lines at or before the mutant from the nearest back, then those behind it.
        for line in sorted(reached, key=lambda n: (n > mutant.line, abs(n - mutant.line))):
            for script in sorted(reached[line], key=lambda s: size[s]):
                order.setdefault(script)
        known = set(self.data["scripts"])
        new = [s for s in self.every_script() if s not in known]
        return new + [self.data["scripts"][s] for s in order]

    def every_script(self):
        for folder, folders, files in os.walk(os.path.join(self.tree, "tests/language")):
            folders.sort()
            for name in sorted(files):
                if name.endswith(".ruff"):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8", errors="replace") as f:
                        if not re.search(r"^\s*# files:", f.read(), re.M):
                            yield os.path.relpath(path, self.tree)
