"""Recordings whose writer dies or whose disk is full: what reached the file is readable, is
said to be incomplete, and `--strict` refuses it.

100 recordings at 5 kHz are killed between 0 and 2 s after their start (25 without
RUFF_TEST_LONG), and 100 writers that do nothing but write blocks, so that some die inside
a write.
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
TRIALS = 100 if os.environ.get("RUFF_TEST_LONG") else 25
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


def killed_recordings(folder, dice):
    problems, samples, unborn = [], 0, 0
    for trial in range(TRIALS):
        path = os.path.join(folder, "killed.rprof")
        if os.path.exists(path):
            os.unlink(path)
        kill_after([RUFFPROF, "record", "-F", "5000", "--repeat=10s", "-o", path, SCRIPT],
                   dice.uniform(0, 2))
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
    check(problems, "%d recordings killed within 2 s are readable" % TRIALS)
    print("# %d samples in all; %d were killed before the file began" % (samples, unborn))
    check([] if samples > 0 else ["not one sample"], "and hold what was recorded")
    if unborn < TRIALS:
        last = run("report", path) if os.path.exists(path) else None
        check([] if last is None or (last.returncode == 0 and "cut short" in last.stderr)
              else [last.stderr], "report says that the recording was cut short")


def killed_writers(folder, dice):
    problems, torn = [], 0
    for trial in range(100):
        path = os.path.join(folder, "storm.rprof")
        if os.path.exists(path):
            os.unlink(path)
        kill_after([FIXTURE, "storm", path], dice.uniform(0.005, 0.06))
        if not os.path.exists(path) or os.path.getsize(path) < 16:
            continue
        code, facts = info(path)
        if code != 0:
            problems.append("trial %d: exit %d: %s" % (trial, code, facts))
        elif facts["samples"] % 5000 != 0 or facts["complete"]:
            problems.append("trial %d: %d samples" % (trial, facts["samples"]))
        elif facts["damage"]["missing_blocks"] or facts["damage"]["damaged_blocks"]:
            problems.append("trial %d: %s" % (trial, facts["damage"]))
        else:
            torn += facts["damage"]["skipped_bytes"] > 0
    check(problems, "100 writers killed in the act leave whole blocks only")
    print("# %d died inside the write of a block" % torn)


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
