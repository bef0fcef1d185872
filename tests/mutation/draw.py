"""Which tokens can be changed, and to what. Only code: no comments, strings, preprocessor
lines, assertions, branch hints or code that only the hard-test build has."""
import os
import random
import re

FOLDERS = ["runtime/core", "runtime/lib", "runtime/vm"]
SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
         "&&": "||", "||": "&&", "!": " ",
         "+": "-", "-": "+", "*": "+", "/": "*", "%": "/", "++": "--", "--": "++",
         "+=": "-=", "-=": "+=", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "|",
         "true": "false", "false": "true", "break": "continue", "continue": "break"}
NUMBER = re.compile(r"([01])([uUlL]*)$")
# Pointers, addresses and signs are written without a space behind them.
SPACED = {"*", "&"}
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|->|\+\+|--|<<=|>>=|<<|>>|[<>=!+\-*/%&|^]=|&&|\|\||.",
                   re.S)
HIDDEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#[^\n]*", re.M)
HARD = re.compile(r"^[ \t]*#[ \t]*if\w*[^\n]*RUFF_HARD_TESTS.*?^[ \t]*#[ \t]*(?:else|endif)",
                  re.M | re.S)
ASSERT = re.compile(r"\b(?:assert|static_assert|_Static_assert)\s*\(")
HINT = re.compile(r"__builtin_expect[^;{\n]*,\s*([01])\)")


def blank(text, start, end):
    return text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]


def code_only(text):
    """The text with everything blanked that is not code a test could judge."""
    for pattern in (HIDDEN, HARD, DIRECTIVE):
        for m in list(pattern.finditer(text)):
            text = blank(text, m.start(), m.end())
    for m in list(HINT.finditer(text)):
        text = blank(text, m.start(1), m.end(1))
    for m in list(ASSERT.finditer(text)):
        depth, end = 1, m.end()
        while depth > 0:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        text = blank(text, m.start(), end)
    return text


def change(token, following):
    number = NUMBER.match(token)
    if number:
        return str(int(number[1]) + 1) + number[2]
    if token in SPACED and following != " ":
        return None
    return SWAPS.get(token)


class Mutant:
    def __init__(self, path, text, at, old, new):
        self.path, self.at, self.old, self.new = path, at, old, new
        self.line = text.count("\n", 0, at) + 1
        self.column = at - text.rfind("\n", 0, at)
        self.source = text.split("\n")[self.line - 1].strip()
        self.number = 0

    def __str__(self):
        return f"{self.path}:{self.line}:{self.column}: {self.old} -> {self.new.strip() or '(nothing)'}"

    def apply(self, text):
        return text[:self.at] + self.new + text[self.at + len(self.old):]


def mutants(tree, leave_out):
    for folder in FOLDERS:
        for name in sorted(os.listdir(os.path.join(tree, folder))):
            path = f"{folder}/{name}"
            if not name.endswith((".c", ".h", ".inc")) or path in leave_out:
                continue
            with open(os.path.join(tree, path), encoding="utf-8") as f:
                text = f.read()
            code = code_only(text)
            for m in TOKEN.finditer(code):
                new = change(m[0], code[m.end():m.end() + 1])
                if new is not None:
                    yield Mutant(path, text, m.start(), m[0], new)


def draw(tree, seed, leave_out):
    """All mutants in the random order of the seed, numbered from 1."""
    found = list(mutants(tree, leave_out))
    random.Random(seed).shuffle(found)
    for number, mutant in enumerate(found, 1):
        mutant.number = number
    return found
