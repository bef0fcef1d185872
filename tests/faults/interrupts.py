#!/usr/bin/env python3
"""Ctrl-C wherever a program may be: it ends at once, by the signal, says where it was stopped
in one line, and nothing that it printed, recorded or measured is lost.

Every script says `ready` on stderr once it is about to do what it shall be stopped in.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

RUFF = os.environ.get("RUFF_PROGRAM", "ruff")
RUFFPROF = os.environ.get("RUFFPROF_PROGRAM", "ruffprof")
RUFFBENCH = os.environ.get("RUFFBENCH_PROGRAM", "ruffbench")
MODES = os.environ.get("RUFF_MODES", "interp,vm").split(",")
PATIENCE = 120 # seconds after which a program counts as one that does not end

HEAD = """func fib(n) { if n < 2 { return n } return fib(n - 1) + fib(n - 2) }
func down(n) { return down(n + 1) }
func* numbers() { let i := 0  loop { yield i  i += 1 } }
async func later(c) { await async_sleep(600000)  c.send(1) }
values := map(range(60000), func(i) { return [i] })
print("printed")
eprint("ready")
"""
SCRIPTS = [
    ("a loop", "while true { }"),
    ("a loop of calls", "loop { fib(5) }"),
    ("a recursion", "fib(60)"),
    ("a deep recursion again and again", "loop { try { down(0) } except e { } }"),
    ("a handler that catches all", 'loop { try { throw "x" } except e { } }'),
    ("a generator", "for n in numbers() { }"),
    ("a lazy sequence", "next(numbers().filter(func(n) { return false }))"),
    ("a callback", "map(range(1000000), func(n) { return fib(30) })"),
    ("a long builtin", "unique(values)"),
    ("sleep", "sleep(600000)"),
    ("await", "await async_sleep(600000)"),
    ("receive", "c := channel()  p := later(c)  print(c.receive())"),
    ("a spawned block", "spawn { loop { } }  await async_sleep(600000)"),
    ("input", 'input("")'),
    ("a file that does not come", 'read_file("pipe")'),
]


class Tap:
    count = 0

    def check(self, name, problem):
        self.count += 1
        print(f"{'not ok' if problem else 'ok'} {self.count} - {name}", flush=True)
        if problem:
            print("# " + str(problem).replace("\n", "\n# "))


def start(command, folder):
    """The program, once it is ready. Started as from a shell: SIGINT ends it."""
    child = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    lines = []
    while True:
        line = child.stderr.readline()
        if line == "ready\n" or line == "":
            break
        lines.append(line)
    time.sleep(0.1)
    return child, "".join(lines)


def interrupt(command, folder, number=signal.SIGINT):
    """Exit code, standard output and error of a program that is interrupted when ready."""
    child, before = start(command, folder)
    child.send_signal(number)
    try:
        out, err = child.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        return "no end", "", ""
    return child.returncode, out, before + err


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        f.write(text)


def run_stops(tap, folder):
    for name, text in SCRIPTS:
        write(folder, "script.ruff", HEAD + text + "\n")
        for mode in MODES:
            code, out, err = interrupt([RUFF, f"--mode={mode}", "script.ruff"], folder)
            good = code == -signal.SIGINT and out == "printed\n" and err.count("\n") == 1 and \
                err.startswith("ruff: stopped by SIGINT at script.ruff:") and \
                err.endswith(": what it printed is complete\n")
            tap.check(f"{mode}: Ctrl-C in {name}", None if good else f"{code} {out!r} {err!r}")
    code, out, err = interrupt([RUFF, "script.ruff"], folder, signal.SIGTERM)
    good = code == -signal.SIGTERM and out == "printed\n" and "stopped by SIGTERM" in err
    tap.check("SIGTERM says its name", None if good else f"{code} {out!r} {err!r}")


def record_keeps(tap, folder):
    """A recording is complete and can be read, whatever the script was doing."""
    for name, text in SCRIPTS:
        if name not in ("a loop", "a recursion", "a long builtin", "receive", "input"):
            continue
        write(folder, "script.ruff", HEAD + text + "\n")
        for mode in MODES:
            command = [RUFFPROF, "record", f"--mode={mode}", "-o", "p.rprof", "script.ruff"]
            code, out, err = interrupt(command, folder)
            info = subprocess.run([RUFFPROF, "info", "--json", "p.rprof"], cwd=folder, text=True,
                                  capture_output=True)
            report = subprocess.run([RUFFPROF, "report", "p.rprof"], cwd=folder, text=True,
                                    capture_output=True)
            good = code == 128 + signal.SIGINT and out == "printed\n" and \
                "ruffprof: stopped by SIGINT at script.ruff:" in err and \
                info.returncode == 0 and json.loads(info.stdout)["complete"] and \
                report.returncode == 0
            tap.check(f"{mode}: a recording interrupted in {name} is complete", None if good else
                      f"{code} {out!r} {err!r} {info.stdout} {info.stderr} {report.stderr}")


def bench_reports(tap, folder):
    """Of two benchmarks, one that has been measured and one that is running."""
    os.mkdir(os.path.join(folder, "suite"))
    write(folder, "suite/quick.ruff", "result := 1\n")
    write(folder, "suite/slow.ruff", "while true { }\n")
    # Processes are interleaved by chance: with this seed the quick one comes first.
    child = subprocess.Popen(
        [RUFFBENCH, "suite", "--seed=1", "-i", "1", "-w", "1", "--processes=1", "--mode=vm",
         "--json", "r.json"], cwd=folder, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    wait_for_script(child.pid, "slow.ruff")
    child.send_signal(signal.SIGINT)
    try:
        out, err = child.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
    with open(os.path.join(folder, "r.json"), encoding="utf-8") as f:
        result = json.load(f)
    cells = {b["name"]: b for b in result["benchmarks"]}
    good = child.returncode == 128 + signal.SIGINT and result["interrupted"] and \
        cells["quick"]["ok"] and not cells["slow"]["ok"] and \
        "interrupted: what was measured stands above" in out
    tap.check("ruffbench reports what was measured before Ctrl-C",
              None if good else f"{child.returncode} {out} {err} {cells}")


def bench_profiled_pass(tap, folder):
    """Everything is measured, and the profiled pass is running."""
    os.mkdir(os.path.join(folder, "profiled"))
    # The worker's command line says which pass it is.
    write(folder, "profiled/last.ruff",
          'if contains(read_file("/proc/self/cmdline"), "--worker\\0cpu\\0") {\n'
          '    write_file("pass", "begun")\n    while true { }\n}\n')
    child = subprocess.Popen(
        [RUFFBENCH, "profiled", "-i", "1", "-w", "1", "--processes=1", "--mode=vm",
         "--profile", "cpu", "--json", "p.json"], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    begun = os.path.join(folder, "pass")
    for _ in range(1200):
        if os.path.exists(begun):
            break
        time.sleep(0.1)
    workers = children(child.pid)
    child.send_signal(signal.SIGINT)
    try:
        out, err = child.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        out, err = child.communicate()
    left = [w for w in workers if os.path.exists(f"/proc/{w}")]
    with open(os.path.join(folder, "p.json"), encoding="utf-8") as f:
        result = json.load(f)
    good = child.returncode == 128 + signal.SIGINT and result["interrupted"] and workers and \
        not left and result["benchmarks"][0]["ok"] and \
        "interrupted: what was measured stands above" in out
    tap.check("ruffbench keeps what was measured when Ctrl-C stops the profiled pass",
              None if good else f"{child.returncode} {out} {err} {workers} {left} {result}")


def children(parent):
    """Process ids of its children."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8") as f:
                if entry.isdigit() and int(f.read().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(entry))
        except OSError:
            pass
    return found


def wait_for_script(parent, name):
    """Until a child of the process works on the script: its CPU time grows."""
    for _ in range(1200):
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8") as f:
                    fields = f.read().rpartition(")")[2].split()
                if int(fields[1]) == parent and int(fields[11]) > 20: # ppid, ticks in user mode
                    return
            except OSError:
                pass
        time.sleep(0.1)
    raise RuntimeError(f"{name} was never started")


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.mkfifo(os.path.join(folder, "pipe"))
        run_stops(tap, folder)
        record_keeps(tap, folder)
        bench_reports(tap, folder)
        bench_profiled_pass(tap, folder)
    print(f"1..{tap.count}")


sys.exit(main())
