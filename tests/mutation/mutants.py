#!/usr/bin/env python3
"""Do the tests notice a wrong token? Changes one token of core, lib or vm at a time in a copy
of the tree, builds, runs the tests of `make check` that are likeliest to notice first, and
stops at the first that fails.

usage: mutants.py --work DIR [--count N] [--seed S] [--only N,N...] [--shard I/N]
                  [--test FILE]... [--without FILE]... [--configure=OPTION]...

Mutants are numbered in the random order of the seed; N are judged. One that does not compile
or whose object code is the same is not counted. Each verdict is appended to DIR/results.SEED.tsv at
once: a run that is cut continues where it was. DIR holds a clone of the commit at which it was
made. --only judges some mutants again (survivors, after a test was written); --test takes a
new or changed test from this tree into DIR's. --shard judges each Nth mutant, so that N runs, each
in a DIR of its own, share the work. Prints the survivors at the end; exit code 1 when
fewer than 90 % are killed.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import draw  # noqa: E402
from builder import Builder, limited  # noqa: E402
from cover import Cover  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLOORS = ("core", "lib", "vm", "interp", "bytecode", "runtime")
LATE = ["tests/faults/oom.sh", "tests/cli/run.sh", "tests/cli/ruff.sh", "tests/cli/ruff_test.sh",
        "tests/cli/bad_input.sh", "tests/golden/disasm.sh"]
ENGINES = "tests/generated/compare_engines"
SCRIPT_CPU, TEST_CPU = 10, 120  # seconds of one process
WALL = 900
COLUMNS = ["number", "verdict", "stage", "detail", "seconds", "mutant", "source"]


def read(path, mode="r"):
    with open(path, mode, encoding=None if "b" in mode else "utf-8") as f:
        return f.read()


def write(path, data):
    with open(path, "wb" if isinstance(data, bytes) else "w",
              encoding=None if isinstance(data, bytes) else "utf-8") as f:
        f.write(data)


class Laboratory:
    """A copy of the tree with a build, in which one mutant at a time lives."""

    def __init__(self, work, tests, configure):
        self.work = os.path.abspath(work)
        self.tree = os.path.join(self.work, "tree")
        self.build = os.path.join(self.work, "build")
        if not os.path.exists(os.path.join(self.tree, "configure")):
            shutil.rmtree(self.tree, ignore_errors=True)
            subprocess.run(["git", "clone", "-q", TOP, self.tree], check=True)
            subprocess.run(["./autogen.sh"], cwd=self.tree, check=True, capture_output=True)
        self.builder = Builder(self.tree, self.build)
        self.builder.prepare(["CFLAGS=-O1", "CC=" + os.environ.get("CC", "gcc"), *configure])
        self.take_tests(tests)
        self.linked, self.rebuilt = set(), []
        self.env = dict(os.environ, top_srcdir=self.tree, top_builddir=self.build,
                        RUFF_PROGRAM=os.path.join(self.build, "ruff"),
                        RUFFPROF_PROGRAM=os.path.join(self.build, "ruffprof"),
                        RUFFBENCH_PROGRAM=os.path.join(self.build, "ruffbench"))
        self.env["srcdir"] = self.tree
        self.env.pop("RUFF_TEST_LONG", None)
        self.pending = os.path.join(self.work, "pending")
        if os.path.exists(self.pending):
            self.recover(read(self.pending))
        self.cover = Cover(self.tree, self.instrumented, self.work)

    def take_tests(self, tests):
        """Brings tests up to date; what is compiled is compiled again."""
        for name in tests:
            source, target = os.path.join(TOP, name), os.path.join(self.tree, name)
            if not os.path.exists(target) or read(source, "rb") != read(target, "rb"):
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy(source, target)
            if name.endswith(".c"):
                self.builder.make(name[:-2] + ".o")

    def recover(self, path):
        """After a cut: the sources and what was built from them are the originals again."""
        subprocess.run(["git", "checkout", "-q", "--", "runtime"], cwd=self.tree, check=True)
        if path in self.builder.compile:
            self.builder.compile_source(path)
            self.builder.replace_in_archives(self.builder.object_of(path))
        else:
            os.utime(os.path.join(self.tree, path))
            self.builder.rebuild(self.users(path))
        os.remove(self.pending)

    def instrumented(self):
        """`ruff` that tells which blocks ran, in a build of its own."""
        build = os.path.join(self.work, "cover")
        ruff = os.path.join(build, "ruff")
        if not os.path.exists(ruff):
            os.makedirs(build, exist_ok=True)
            cc = os.environ.get("CC", "gcc")
            subprocess.run([os.path.join(self.tree, "configure"), "CC=" + cc, "CFLAGS=-O1 -g1"],
                           cwd=build, check=True, stdout=subprocess.DEVNULL)
            runtime = os.path.join(build, "cover.o")
            subprocess.run([*cc.split(), "-O2", "-fPIC", "-c", "-o", runtime, os.path.join(
                self.tree, "tests/mutation/cover.c")], check=True)
            b = Builder(self.tree, build)
            # The dispatch loop does not bear calls at every block.
            b.make("runtime/vm/libvmloop_la-vm.lo", "CFLAGS=-O1 -g1")
            b.make("ruff", "CFLAGS=-O1 -g1 -fsanitize-coverage=trace-pc", f"LIBS={runtime} -lm")
        return ruff

    def place(self, mutant):
        """Builds it. Returns None, or why it is not counted."""
        b, source = self.builder, os.path.join(self.tree, mutant.path)
        self.original, self.path = read(source), mutant.path
        self.times = os.stat(source)
        write(self.pending, mutant.path)
        write(source, mutant.apply(self.original))
        if mutant.path.endswith(".h"):
            before = self.objects_of(mutant)
            if not b.rebuild(self.rebuilt):
                return "does not compile"
            return "same object code" if self.objects_of(mutant) == before else None
        unit = "runtime/vm/vm.c" if mutant.path.endswith(".inc") else mutant.path
        os.utime(source, ns=(self.times.st_atime_ns, self.times.st_mtime_ns))
        self.object = b.object_of(unit)
        self.code = read(os.path.join(self.build, self.object), "rb")
        if not b.compile_source(unit):
            return "does not compile"
        if read(os.path.join(self.build, self.object), "rb") == self.code:
            return "same object code"
        b.replace_in_archives(self.object)
        return None

    def objects_of(self, mutant):
        """Digests of all objects that include a header."""
        self.rebuilt = self.users(mutant.path)
        digest = {}
        for goal in self.rebuilt:
            folder, name = os.path.split(goal)
            path = os.path.join(folder, ".libs", name[:-3] + ".o") if name.endswith(".lo") else goal
            digest[goal] = hashlib.sha1(read(os.path.join(self.build, path), "rb")).hexdigest()
        return digest

    def users(self, header):
        return [g for g in self.builder.users_of("/" + header)
                if g.startswith(("runtime/", "tests/unit/", "tests/generated/"))]

    def remove(self):
        source = os.path.join(self.tree, self.path)
        write(source, self.original)
        if self.path.endswith(".h"):
            if not self.builder.rebuild(self.rebuilt):
                sys.exit(f"mutants.py: {self.path} restored does not compile")
        else:
            os.utime(source, ns=(self.times.st_atime_ns, self.times.st_mtime_ns))
            write(os.path.join(self.build, self.object), self.code)
            self.builder.replace_in_archives(self.object)
        self.linked.clear()
        os.remove(self.pending)

    def program(self, name):
        """Links a program with the mutant; False if that fails."""
        if name in self.linked:
            return True
        self.linked.add(name)
        return self.builder.link_program(name)

    # ---- stages: each returns the test that fails, or None -----------------------

    def run(self, command, cpu, stdin=b""):
        code, out = limited(command, self.build, WALL, cpu, self.env, stdin)
        # Scripts that speak TAP end with 0 whatever they say.
        return code == 0 and re.search("^not ok", out, re.M) is None, out

    def scripts(self, mutant):
        runner = os.path.join(self.tree, "tests/language/scripts.py")
        left = [p for p in self.cover.scripts(mutant) if p not in self.broken]
        while left:
            stdin = "\n".join(os.path.join(self.tree, p) for p in left).encode()
            good, out = self.run(["python3", runner, "-"], SCRIPT_CPU, stdin)
            if good:
                return None
            line = next((l for l in out.splitlines() if l.startswith("not ok ")), None)
            if line is None:
                return "no verdict: " + out[-80:]
            failed = line[len("not ok "):]
            # A failure must happen again: the machine may just have been busy.
            if not self.run(["python3", runner, "-"], SCRIPT_CPU, failed.encode())[0]:
                return os.path.relpath(failed, self.tree)
            left = left[left.index(os.path.relpath(failed, self.tree)) + 1:]
        return None

    def unit_tests(self, mutant):
        floor, name = mutant.path.split("/")[1:]
        stem = os.path.splitext(name)[0]
        tests = []
        for order, of in enumerate([floor, *[f for f in FLOORS if f != floor]]):
            path = os.path.join(self.tree, "tests/unit", of + ".mk")
            if os.path.exists(path):
                for line in read(path).splitlines():
                    if line.startswith("check_PROGRAMS += "):
                        test = line.split()[2]
                        near = stem in test or test[11:-5] in stem
                        tests.append((not near, order, test))
        for _, _, test in sorted(tests):
            if test in self.builder.link and test not in self.broken:
                if not self.program(test) or self.fails([os.path.join(self.build, test)]):
                    return test
        return None

    def fails(self, command):
        return not self.run(command, TEST_CPU)[0] and not self.run(command, TEST_CPU)[0]

    def python_test(self, *command):
        if command[0] in self.broken:
            return None
        test = os.path.join(self.tree, command[0])
        return command[0] if self.fails(["python3", test, *command[1:]]) else None

    def generated(self, _):
        if not self.program(ENGINES):
            return ENGINES
        return self.python_test("tests/generated/generated.py", "--count", "200") or \
            self.python_test("tests/generated/alive.py")

    def late(self, _):
        for program in ("tests/faults/oom", "ruffprof", "ruffbench"):
            self.program(program)
        for test in LATE:
            if test not in self.broken and self.fails(["bash", os.path.join(self.tree, test)]):
                return test
        return self.python_test("tests/generated/generated.py", "--seed", "201", "--count", "600")

    def judge(self, mutant, late):
        """(verdict, stage, detail); the mutant is built."""
        if not self.program("ruff"):
            return "killed", "link", ""
        stages = (("generated", self.generated), ("late", self.late)) if late else (
            ("scripts", self.scripts), ("unit", self.unit_tests))
        for name, stage in stages:
            test = stage(mutant)
            if test is not None:
                return "killed", name, test
        return "survived", "late" if late else "early", ""

    def find_broken(self, late):
        """Tests that fail with the unchanged tree judge nobody."""
        file = os.path.join(self.work, "broken.late.json" if late else "broken.json")
        self.broken = set()
        if not os.path.exists(file):
            for program in self.builder.link:
                self.program(program)
            failing = self.failing_late() if late else self.failing_early()
            write(file, json.dumps(sorted(failing)))
            self.linked.clear()
        self.broken = set(json.loads(read(file)))
        for test in sorted(self.broken):
            print(f"mutants.py: fails without a mutant, is left out: {test}", flush=True)

    def failing_early(self):
        runner = os.path.join(self.tree, "tests/language/scripts.py")
        left = [os.path.join(self.tree, p) for p in self.cover.every_script()]
        while left:
            good, out = self.run(["python3", runner, "-"], SCRIPT_CPU, "\n".join(left).encode())
            if good:
                break
            failed = next(l for l in out.splitlines() if l.startswith("not ok "))[7:]
            yield os.path.relpath(failed, self.tree)
            left = left[left.index(failed) + 1:]
        for test in self.builder.link:
            if test.startswith("tests/unit/") and self.fails([os.path.join(self.build, test)]):
                yield test
        if self.python_test("tests/generated/alive.py"):
            yield "tests/generated/alive.py"

    def failing_late(self):
        for test in LATE:
            if self.fails(["bash", os.path.join(self.tree, test)]):
                yield test


def results(file):
    """The last verdict of each mutant."""
    rows = {}
    if os.path.exists(file):
        for line in read(file).splitlines()[1:]:
            row = dict(zip(COLUMNS, line.split("\t")))
            rows[int(row["number"])] = row
    return rows


def summary(rows):
    counted = [r for r in rows.values() if r["verdict"] != "uncounted"]
    killed = [r for r in counted if r["verdict"] == "killed"]
    share = len(killed) / max(len(counted), 1)
    print(f"{len(killed)} of {len(counted)} killed ({100 * share:.1f} %), "
          f"{len(rows) - len(counted)} not counted")
    for stage in sorted({r["stage"] for r in killed}):
        print(f"  {stage}: {sum(r['stage'] == stage for r in killed)}")
    for row in counted:
        if row["verdict"] == "survived":
            print(f"  {row['number']}: {row['mutant']}    {row['source']}")
    return share


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--shard", default="0/1")
    parser.add_argument("--test", action="append", default=[])
    parser.add_argument("--configure", action="append", default=[])
    parser.add_argument("--without", action="append", default=[])
    args = parser.parse_args()
    # An exception, so that the processes of the test that runs are ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    lab = Laboratory(args.work, args.test, args.configure)
    file = os.path.join(lab.work, f"results.{args.seed}.tsv")
    if not os.path.exists(file):
        write(file, "\t".join(COLUMNS) + "\n")
    rows = results(file)
    only = {int(n) for n in args.only.split(",")} if args.only else None
    shard, shards = map(int, args.shard.split("/"))
    drawn = [m for m in draw.draw(lab.tree, args.seed, set(args.without))
             if m.number % shards == shard]

    def judge(mutant, late):
        start = time.monotonic()
        reason = lab.place(mutant)
        verdict = ("uncounted", "", reason) if reason else lab.judge(mutant, late)
        lab.remove()
        row = dict(zip(COLUMNS, [str(mutant.number), *verdict,
                                 f"{time.monotonic() - start:.0f}", str(mutant), mutant.source]))
        rows[mutant.number] = row
        with open(file, "a", encoding="utf-8") as f:
            f.write("\t".join(row[c].replace("\t", " ") for c in COLUMNS) + "\n")
        print(*[row[c] for c in COLUMNS], flush=True)

    lab.find_broken(late=False)
    for mutant in drawn:
        if only is None and sum(r["verdict"] != "uncounted" for r in rows.values()) >= args.count:
            break
        if mutant.number in only if only is not None else mutant.number not in rows:
            judge(mutant, late=False)
    # The slow tests see only what everything else has let pass.
    passed = [m for m in drawn if m.number in rows and rows[m.number]["stage"] == "early" and
              (only is None or m.number in only)]
    if passed:
        lab.find_broken(late=True)
    for mutant in passed:
        judge(mutant, late=True)
    return 0 if summary(rows) >= 0.9 else 1


if __name__ == "__main__":
    sys.exit(main())
