"""A build whose objects are replaced one at a time: the commands that make would run are
recorded once and repeated without make and libtool, which costs a fifth."""
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

MEMORY = 4 << 30
PROGRAMS = re.compile(r"(tests/\w+/\w+|ruff|ruffprof|ruffbench)$")


def memory_of(session):
    """Resident bytes of all processes of a session."""
    total = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
                fields = f.read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            total += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return total


def kill_group(p):
    try:
        os.killpg(p.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def limited(command, folder, wall, cpu=None, env=None, stdin=b""):
    """Runs in a session of its own, which is killed as a whole after `wall` seconds or when it
    holds more than MEMORY bytes; each process may use `cpu` seconds. Returns (exit code or
    None, output). Address space is no measure here: stacks of fibers are reserved, not used."""
    if cpu is not None:
        command = ["prlimit", f"--cpu={cpu}", "--core=0", "--", *command]
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as sink:
        source.write(stdin)
        source.seek(0)
        p = subprocess.Popen(command, cwd=folder, env=env, stdin=source, stdout=sink,
                             stderr=subprocess.STDOUT, start_new_session=True)
        end, code, pause = time.monotonic() + wall, None, 0.02
        try:
            while code is None and time.monotonic() < end:
                try:
                    code = p.wait(pause)
                except subprocess.TimeoutExpired:
                    pause = min(2 * pause, 1)
                    if pause == 1 and memory_of(p.pid) > MEMORY:
                        break
        finally:
            kill_group(p)  # with what a test left behind
            p.wait()
        sink.seek(0)
        return code, sink.read().decode("utf-8", "replace")


class Builder:
    def __init__(self, tree, build):
        self.tree, self.build = tree, build

    def make(self, *goals, jobs=2):
        code, out = limited(["make", f"-j{jobs}", "V=1", *goals], self.build, 3600)
        if code != 0:
            sys.exit(f"mutants.py: make {' '.join(goals)} fails:\n{out[-3000:]}")
        return out

    def prepare(self, configure):
        """Configures and builds once, and records the commands."""
        record = os.path.join(self.build, "commands.json")
        if not os.path.exists(record):
            shutil.rmtree(self.build, ignore_errors=True)
            os.makedirs(self.build)
            subprocess.run([os.path.join(self.tree, "configure"), *configure], cwd=self.build,
                           check=True, stdout=subprocess.DEVNULL)
            log = self.make() + self.make("check", "TESTS=")
            compile_, link = {}, {}
            for line in log.splitlines():
                line = line.strip()
                m = re.match(r"libtool: (compile|link): +((?:ccache )?\S*gcc .*)$", line)
                if m and m[1] == "compile":
                    source = re.search(r" -c (\S+\.c) ", m[2] + " ")[1]
                    source = os.path.relpath(source, self.tree)
                    compile_[source] = m[2].replace("ccache ", "", 1)
                elif m and " -o " in m[2]:
                    program = re.search(r" -o (\S+)", m[2])[1]
                    if PROGRAMS.match(program):
                        link[program] = m[2].replace("ccache ", "", 1)
            with open(record + ".new", "w", encoding="utf-8") as f:
                json.dump({"compile": compile_, "link": link}, f, indent=1)
            os.rename(record + ".new", record)
        with open(record, encoding="utf-8") as f:
            data = json.load(f)
        self.compile, self.link = data["compile"], data["link"]

    def object_of(self, source):
        return re.search(r" -o (\S+\.o)", self.compile[source])[1]

    def archives_of(self, obj):
        folder = os.path.dirname(obj)
        for name in sorted(os.listdir(os.path.join(self.build, folder))):
            if name.endswith(".a"):
                path = os.path.join(folder, name)
                p = subprocess.run(["ar", "t", path], cwd=self.build, capture_output=True,
                                   text=True, check=True)
                if os.path.basename(obj) in p.stdout.split():
                    yield path

    def compile_source(self, source):
        """True if it compiles. The dependency file stays as it was."""
        command = re.sub(r" -MT \S+ -MD -MP -MF \S+", " ", self.compile[source]) + " -w"
        code, _ = limited(["bash", "-c", command], self.build, 600)
        return code == 0

    def replace_in_archives(self, obj):
        for archive in self.archives_of(obj):
            subprocess.run(["ar", "r", archive, obj], cwd=self.build, check=True,
                           capture_output=True)

    def link_program(self, program):
        """Removes the old one first: a program that does not link must not be run."""
        try:
            os.remove(os.path.join(self.build, program))
        except FileNotFoundError:
            pass
        code, _ = limited(["bash", "-c", self.link[program]], self.build, 600)
        return code == 0

    def users_of(self, header):
        """What make would rebuild when a header changes, as goals for make."""
        for folder, _, files in os.walk(self.build):
            if os.path.basename(folder) == ".deps":
                for name in sorted(files):
                    with open(os.path.join(folder, name), encoding="utf-8") as f:
                        if header in f.read():
                            goal, kind = os.path.splitext(name)
                            yield os.path.join(
                                os.path.relpath(os.path.dirname(folder), self.build),
                                goal + {".Plo": ".lo", ".Po": ".o"}[kind])

    def rebuild(self, goals):
        """True if they compile; archives are brought up to date."""
        code, _ = limited(["make", "-s", "-j2", *goals], self.build, 3600)
        if code != 0:
            return False
        for goal in goals:
            if goal.endswith(".lo"):
                folder, name = os.path.split(goal)
                self.replace_in_archives(os.path.join(folder, ".libs", name[:-3] + ".o"))
        return True
