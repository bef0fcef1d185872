#!/usr/bin/env python3
"""Writes runtime/lib/unicode_tables.def from Python's Unicode data.

usage: scripts/unicode-tables.py > runtime/lib/unicode_tables.def

Rows: UNICODE_UPPER/LOWER(first, last, step, delta) maps every step-th code point of
first..last to itself plus delta; UNICODE_UPPER_SPECIAL(c, a, b, d) maps one code point to two
or three (0: none); UNICODE_FOLD(c, f) says that c folds to f, which is not its lower case, and
UNICODE_FOLD_MORE(f, c) that c folds to f and is not its upper case; UNICODE_ALNUM(first, last) and UNICODE_CAPITAL(first, last, step) are
ranges of letters and digits, and of upper-case letters. All sorted by code point.
"""
import sys
import unicodedata

LIMIT = 0x110000
ROWS = (
    ("UNICODE_UPPER", "first, last, step, delta"),
    ("UNICODE_LOWER", "first, last, step, delta"),
    ("UNICODE_UPPER_SPECIAL", "c, a, b, d"),
    ("UNICODE_FOLD", "c, f"),
    ("UNICODE_FOLD_MORE", "f, c"),
    ("UNICODE_ALNUM", "first, last"),
    ("UNICODE_CAPITAL", "first, last, step"),
)


def single(text):
    return ord(text) if len(text) == 1 else None


def lower_of(c):
    """As unicode_lower of unicode.h."""
    return ord("i") if c == 0x130 else single(chr(c).lower()) or c


def fold_of(c):
    """The lower-case letter for all that differ from c in case only (simple case folding)."""
    folded = chr(c).casefold()
    if len(folded) == 1:
        return lower_of(ord(folded))
    low = chr(c).lower()
    return ord(low) if len(low) == 1 and low.casefold() == folded else c


def runs(mapping):
    """Groups {code point: delta} into [first, last, step, delta] with step 1 or 2."""
    rows = []
    for c in sorted(mapping):
        delta = mapping[c]
        if rows:
            first, last, step, d = rows[-1]
            gap = c - last
            if d == delta and gap in (1, 2) and (first == last or gap == step):
                rows[-1] = [first, c, gap, d]
                continue
        rows.append([c, c, 1, delta])
    return rows


def ranges(test):
    rows = []
    for c in range(LIMIT):
        if test(c):
            if rows and rows[-1][1] == c - 1:
                rows[-1][1] = c
            else:
                rows.append([c, c])
    return rows


def main():
    upper, lower, special, fold, more = {}, {}, [], [], []
    for c in range(128, LIMIT):
        if 0xD800 <= c < 0xE000:
            continue
        text = chr(c)
        up = text.upper()
        if len(up) > 1:
            special.append((c, [ord(x) for x in up] + [0] * (3 - len(up))))
        elif single(up) not in (None, c):
            upper[c] = ord(up) - c
        low = text.lower()
        if len(low) == 1 and ord(low) != c:
            lower[c] = ord(low) - c
        f = fold_of(c)
        if f != lower_of(c):
            fold.append((c, f))
        if f != c and c != (single(chr(f).upper()) or f):
            more.append((f, c))
    print("/* Made by scripts/unicode-tables.py from Unicode %s; do not edit. */"
          % unicodedata.unidata_version)
    print("/* The includer defines the rows it wants; all are undefined at the end. */")
    for name, parameters in ROWS:
        print("#ifndef %s\n#define %s(%s)\n#endif" % (name, name, parameters))
    for name, mapping in (("UPPER", upper), ("LOWER", lower)):
        for first, last, step, delta in runs(mapping):
            print("UNICODE_%s(0x%04X, 0x%04X, %d, %d)" % (name, first, last, step, delta))
    for c, out in special:
        print("UNICODE_UPPER_SPECIAL(0x%04X, 0x%04X, 0x%04X, 0x%04X)" % (c, *out))
    for row in fold:
        print("UNICODE_FOLD(0x%04X, 0x%04X)" % row)
    for row in sorted(more):
        print("UNICODE_FOLD_MORE(0x%04X, 0x%04X)" % row)
    for first, last in ranges(lambda c: unicodedata.category(chr(c))[0] in "LN"):
        print("UNICODE_ALNUM(0x%04X, 0x%04X)" % (first, last))
    capitals = {c: 0 for c in range(LIMIT) if unicodedata.category(chr(c)) == "Lu"}
    for first, last, step, _ in runs(capitals):
        print("UNICODE_CAPITAL(0x%04X, 0x%04X, %d)" % (first, last, step))
    for name, _ in ROWS:
        print("#undef %s" % name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
