"""Recordings whose writer dies or whose disk is full: what reached the file is readable, is
said to be incomplete, and `--strict` refuses it.

100 recordings at 5 kHz, in turn in each engine and every third of a program whose threads come
and go all the time, are killed between 0 and 2 s after their start
(25 without RUFF_TEST_LONG); then 100 writers that do nothing but write blocks, a few bytes with
each call of the system, so that nearly all die inside of a block.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

RUFFPROF = os.environ["RUFFPROF_PROGRAM"]
FIXTURE = os.path.join(os.environ["top_builddir"], "tests/golden/rprof_fixture")
SCRIPT = os.path.join(os.environ["top_srcdir"], "suites/micro/dict_ops_simple.ruff")
THREADS = """
func spin(n) { let i := 0 while i < n { i := i + 1 } return i }
let k := 0
while k < 1000000 { await parallel_map([2000, 2000, 2000, 2000], spin) k := k + 1 }
"""
TRIALS = 100 if os.environ.get("RUFF_TEST_LONG") else 25
WRITERS = 100
HARD = "hard-tests" in subprocess.run([RUFFPROF, "--version"], capture_output=True, text=True,
                                      check=True).stdout
STORM_BLOCK = 5 if HARD else 5000  # samples of a block of the fixture
count = 0


def check(problems, name):
    global count
    count += 1
    print("%s %d - %s" % ("not ok" if problems else "ok", count, name))
    for problem in problems[:5]:
        print("# " + str(problem))
    sys.stdout.flush()


def info(path):
    """Exit code and facts of `info`, or its complaint."""
    done = subprocess.run([RUFFPROF, "info", "--json", path], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        return done.returncode, done.stderr
    return 0, json.loads(done.stdout)


def run(*arguments):
    return subprocess.run([RUFFPROF, *arguments], capture_output=True, text=True,
                          check=False)


def kill_after(arguments, seconds):
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait()


def kill_at(arguments, path, size):
    """Kills what writes the file when that has reached the size."""
    process = subprocess.Popen(arguments)
    while not os.path.exists(path) or os.path.getsize(path) < size:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()


def killed_recordings(folder, dice):
    problems, samples, unborn, torn = [], 0, 0, 0
    threads = os.path.join(folder, "threads.ruff")
    with open(threads, "w", encoding="utf-8") as file:
        file.write(THREADS)
    for trial in range(TRIALS):
        path = os.path.join(folder, "killed.rprof")
        if os.path.exists(path):
            os.unlink(path)
        kill_after([RUFFPROF, "record", "-F", "5000", "--repeat=10s", "-o", path,
                    "--mode=" + ("vm", "interp")[trial % 2],
                    threads if trial % 3 == 2 else SCRIPT], dice.uniform(0, 2))
        if not os.path.exists(path) or os.path.getsize(path) < 16:
            unborn += 1  # killed before the file had its header
            continue
        code, facts = info(path)
        if code != 0:
            problems.append("trial %d: exit %d: %s" % (trial, code, facts))
        elif facts["complete"] or not facts["truncated"]:
            problems.append("trial %d: said to be complete" % trial)
        else:
            samples += facts["samples"]
            torn += facts["damage"]["skipped_bytes"] > 0
        for command in (["report"], ["export", "--format=folded"]):
            done = run(*command, path)
            if done.returncode != 0:
                problems.append("trial %d: %s: %s" % (trial, command[0], done.stderr))
            elif command == ["report"] and "cut short" not in done.stderr:
                problems.append("trial %d: report does not say that it was cut" % trial)
    check(problems, "%d recordings killed within 2 s are readable" % TRIALS)
    print("# %d samples in all; %d were killed before the file began, %d inside of a block"
          % (samples, unborn, torn))
    check([] if samples > 0 else ["not one sample"], "and hold what was recorded")


def killed_writers(folder, dice):
    problems, torn = [], 0
    for trial in range(WRITERS):
        path = os.path.join(folder, "storm.rprof")
        if os.path.exists(path):
            os.unlink(path)
        kill_at([FIXTURE, "storm", path], path, dice.randrange(20000, 200000))
        code, facts = info(path)
        if code != 0:
            problems.append("trial %d: exit %d: %s" % (trial, code, facts))
        elif facts["samples"] % STORM_BLOCK != 0 or facts["complete"]:
            problems.append("trial %d: %d samples" % (trial, facts["samples"]))
        elif facts["damage"]["missing_blocks"] or facts["damage"]["damaged_blocks"]:
            problems.append("trial %d: %s" % (trial, facts["damage"]))
        else:
            torn += facts["damage"]["skipped_bytes"] > 0
    check(problems, "%d writers killed in the act leave whole blocks only" % WRITERS)
    check([] if torn >= WRITERS // 2 else ["%d of %d" % (torn, WRITERS)],
          "and most died inside of a block")
    print("# %d died inside of a block" % torn)


def full_disk(folder):
    """A file-size limit stands in for a full disk: writes fail in the same way."""
    path = os.path.join(folder, "full.rprof")
    command = 'trap "" XFSZ; ulimit -f 100; exec "$@"'
    done = subprocess.run(
        ["bash", "-c", command, "bash", RUFFPROF, "record", "-F", "5000", "--repeat=2s",
         "-o", path, SCRIPT], capture_output=True, text=True, check=False)
    check([] if done.returncode == 0 else [done.returncode, done.stderr],
          "the script's exit code wins when the disk is full")
    check([] if "incomplete" in done.stderr else [done.stderr],
          "record says that the file is incomplete")
    code, facts = info(path)
    good = code == 0 and not facts["complete"] and facts["lost"] > 0
    check([] if good else [code, facts], "info says what was lost")
    check([] if code == 0 and facts["meta"].get("write_error") else [facts],
          "and why")
    check([] if os.path.getsize(path) <= 100 * 1024 else [os.path.getsize(path)],
          "the end block fits into what there was")
    strict = run("report", "--strict", path)
    check([] if strict.returncode == 3 else [strict.returncode, strict.stderr],
          "--strict refuses it")
    strict = subprocess.run(
        ["bash", "-c", command, "bash", RUFFPROF, "record", "--strict", "-F", "5000",
         "--repeat=2s", "-o", path, SCRIPT], capture_output=True, text=True, check=False)
    check([] if strict.returncode == 5 else [strict.returncode, strict.stderr],
          "record --strict ends with 5")


def main():
    dice = random.Random(2026)
    with tempfile.TemporaryDirectory(prefix="ruff-faults.") as folder:
        killed_recordings(folder, dice)
        killed_writers(folder, dice)
        full_disk(folder)
    print("1..%d" % count)


main()
