"""Prints a pprof profile as text after checking the format's rules, with the standard
library only: ids are unique and not zero, references exist, string 0 is empty, every sample
has as many values as there are types.

    pprof_decode.py FILE
"""

import gzip
import sys


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size, "a field is cut"
        else:
            raise AssertionError("wire type %d" % (key & 7))
        yield key >> 3, value


def numbers(value):
    """A repeated scalar: packed, or one value."""
    if isinstance(value, int):
        return [value]
    result, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        result.append(number)
    return result


def message(data, repeated=()):
    result = {}
    for field, value in fields(data):
        if field in repeated:
            result.setdefault(field, []).append(value)
        else:
            assert field not in result, "field %d twice" % field
            result[field] = value
    return result


def unique(messages):
    ids = [m.get(1, 0) for m in messages]
    assert 0 not in ids and len(set(ids)) == len(ids), "ids"
    return {m[1]: m for m in messages}


def main(path):
    with gzip.open(path) as file:
        data = file.read()
    profile = message(data, (1, 2, 3, 4, 5, 6, 13))
    strings = [s.decode() for s in profile[6]]
    assert strings[0] == "" and len(set(strings)) == len(strings), "string table"
    types = [message(t) for t in profile[1]]
    names = ["%s/%s" % (strings[t[1]], strings[t[2]]) for t in types]
    functions = unique([message(f) for f in profile.get(5, [])])
    mappings = unique([message(m) for m in profile.get(3, [])])
    locations = unique([message(x, (4,)) for x in profile.get(4, [])])
    shown = {}
    for number, location in locations.items():
        assert location.get(2, 0) in mappings or location.get(2, 0) == 0, "mapping"
        line = message(location[4][0])
        shown[number] = strings[functions[line[1]][2]]
    print("types", *names)
    print("default", strings[profile[14]])
    period = message(profile[11])
    print("period", profile.get(12, 0), strings[period[1]], strings[period[2]])
    for comment in [n for part in profile.get(13, []) for n in numbers(part)]:
        print("comment", strings[comment])
    totals = [0] * len(types)
    for sample in profile.get(2, []):
        sample = message(sample, (3,))
        values = numbers(sample[2])
        assert len(values) == len(types), "values"
        totals = [a + b for a, b in zip(totals, values)]
        stack = [shown[n] for n in reversed(numbers(sample[1]))]
        labels = []
        for label in (message(x) for x in sample.get(3, [])):
            value = strings[label[2]] if 2 in label else label.get(3, 0)
            labels.append("%s=%s" % (strings[label[1]], value))
        print(";".join(stack), *values, *sorted(labels))
    print("totals", *totals)


main(sys.argv[1])
