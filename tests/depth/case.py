"""A program of tests/depth and what must come of it. Used by calls, data and source."""


class Case:
    """`out` is the text on standard output, None for whatever the engines agree on; `err` is
    part of standard error, None when nothing may stand there."""

    def __init__(self, name, source, out, code=0, err=None):
        self.name, self.source, self.out, self.code, self.err = name, source, out, code, err


def attempt(expression):
    return f"try {{ print({expression}) }} except e {{ print(e.message) }}\n"
