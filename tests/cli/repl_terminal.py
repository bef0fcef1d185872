#!/usr/bin/env python3
"""ruff repl on a terminal: what only shows with line editing, prompts and Ctrl-C."""
import os
import pty
import re
import select
import signal
import sys
import tempfile
import termios
import time

RUFF = os.environ["RUFF_PROGRAM"]
PROMPT = "ruff> "
LONG = 60  # seconds; only a broken program takes that long
count = 0


def check(name, good, seen):
    global count
    count += 1
    print("%s %d - %s" % ("ok" if good else "not ok", count, name))
    if not good:
        for line in seen.splitlines():
            print("# " + ascii(line))


class Terminal:
    """A session; what it shows, without escape sequences, is in .seen."""

    def __init__(self, mode, home):
        self.seen = ""
        self.raw = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(HOME=home, TERM="xterm", LC_ALL="C")
            os.execv(RUFF, [RUFF, "repl", "--mode=" + mode])

    def read(self):
        """Takes what is there; False when the session has ended."""
        if not select.select([self.fd], [], [], 0.1)[0]:
            return True
        try:
            more = os.read(self.fd, 65536)
        except OSError:
            more = b""
        self.raw += more
        text = self.raw.decode("utf-8", "replace").replace("\r", "")
        self.seen = re.sub("\033\\[[0-9;?]*[A-Za-z]", "", text)
        return more != b""

    def until(self, text):
        """Waits for `text`, takes it and what stands before it."""
        end = time.monotonic() + LONG
        while text not in self.seen and time.monotonic() < end and self.read():
            pass
        if text not in self.seen:
            return None
        before, _, self.seen = self.seen.partition(text)
        self.raw = self.seen.encode()
        return before

    def interrupt(self, text):
        """Ctrl-C until `text` is shown: one that comes just before the editor begins to read
        is seen with the next key only."""
        end = time.monotonic() + LONG
        while text not in self.seen and time.monotonic() < end:
            self.keys("\x03")
            again = time.monotonic() + 1
            while text not in self.seen and time.monotonic() < again and self.read():
                pass
        return self.until(text)

    def keys(self, text):
        os.write(self.fd, text.encode())

    def wait_for_editor(self):
        """Waits until keys reach the editor: before, Ctrl-D is text to the terminal driver."""
        end = time.monotonic() + LONG
        while termios.tcgetattr(self.fd)[3] & termios.ICANON and time.monotonic() < end:
            self.read()

    def ends(self):
        """The exit code of a session that ends by itself, else None."""
        end = time.monotonic() + LONG
        while time.monotonic() < end and self.read():
            pass
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid != 0:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.05)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return None


def session(mode):
    with tempfile.TemporaryDirectory() as home:
        t = Terminal(mode, home)
        t.until(PROMPT)
        t.keys("len(\"h\u00e9\u00e9\u65e5\u672c\")\n")
        got = t.until("\n5\n")
        check(mode + ": text beyond ASCII can be typed in any locale", got is not None, t.seen)
        t.until(PROMPT)
        t.keys("if true {\n")
        t.until("....> ")
        check(mode + ": Ctrl-C drops an unfinished piece and stays",
              t.interrupt("\n" + PROMPT) is not None, t.seen)
        t.keys("print(\"be\" + \"gun\") loop {}\n")
        got = t.until("begun\n")
        check(mode + ": a line of output is seen while the piece runs", got is not None, t.seen)
        check(mode + ": Ctrl-C stops a running piece",
              t.interrupt("\n" + PROMPT) is not None, t.seen)
        t.keys("\n")
        t.keys("40 + 2\n")
        check(mode + ": the session goes on", t.until("\n42\n") is not None, t.seen)
        t.until(PROMPT)
        t.keys("if true {\n")
        t.until("....> ")
        t.wait_for_editor()
        t.keys("\x04")
        got = t.ends()
        check(mode + ": the end of input says what was left unfinished",
              got == 0 and "Expected '}'" in t.seen, "%s\n%s" % (got, t.seen))
        with open(os.path.join(home, ".ruff_history"), encoding="utf-8") as history:
            text = history.read()
        check(mode + ": history is kept", "40" in text, text)
        t = Terminal(mode, home)
        t.until(PROMPT)
        t.keys("\x1b[A\x1b[A\n")
        check(mode + ": and taken up by the next session", t.until("\n42\n") is not None, t.seen)
        t.until(PROMPT)
        t.keys("exit(7)\n")
        check(mode + ": exit leaves with its code", t.ends() == 7, t.seen)


def main():
    for mode in ("interp", "vm"):
        session(mode)
    print("1..%d" % count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
