"""Compares pickles by the objects that this interpreter makes of them.

Reads lines "ONE<tab>OTHER" of file names. Where ONE loads, OTHER must load to
an equal object. Prints a line of JSON {"one", "other", "difference"} for each
pair that differs, and at last {"compared": number of pairs}.
"""
import json
import pickle
import struct
import sys
import types
import warnings

_BY_IDENTITY = (type, types.FunctionType, types.BuiltinFunctionType,
                types.ModuleType)
_ATOMS = (type(None), type(...), type(NotImplemented), bool, int, str, bytes,
          bytearray, complex)


def _parts(value):
    """What an object is made of: equal objects have equal parts."""
    if type(value) in (list, tuple):
        return value
    if type(value) is dict:
        return [part for pair in value.items() for part in pair]
    if type(value) in (set, frozenset):
        return sorted(value, key=repr)
    if type(value) is memoryview:
        return [value.readonly, bytes(value)]
    reduced = value.__reduce_ex__(4)
    if isinstance(reduced, str):
        return [reduced]
    parts = list(reduced) + [None] * (6 - len(reduced))
    parts[3] = None if parts[3] is None else list(parts[3])
    parts[4] = None if parts[4] is None else list(parts[4])
    return parts


def difference(one, other):
    """None if two objects are equal, else a sentence."""
    todo = [(one, other)]
    seen = {}  # id pairs, with the objects to keep them alive
    while todo:
        x, y = todo.pop()
        if type(x) is not type(y):
            return '%s, %s' % (type(x).__name__, type(y).__name__)
        if isinstance(x, _BY_IDENTITY) or x is y:
            if x is not y:
                return '%.100r is not %.100r' % (x, y)
        elif type(x) is float:
            if struct.pack('>d', x) != struct.pack('>d', y):
                return '%r, %r' % (x, y)
        elif type(x) in _ATOMS:
            if x != y:
                return '%.100r, %.100r' % (x, y)
        elif (id(x), id(y)) not in seen:
            seen[id(x), id(y)] = x, y
            x_parts, y_parts = _parts(x), _parts(y)
            if len(x_parts) != len(y_parts):
                return 'lengths %d, %d' % (len(x_parts), len(y_parts))
            todo += zip(x_parts, y_parts)
            seen[id(x_parts), id(y_parts)] = x_parts, y_parts
    return None


def _load(path):
    # As many as any file asks for.
    buffers = [bytearray(b'buffer %d' % i) for i in range(64)]
    with open(path, 'rb') as file:
        return pickle.load(file, encoding='latin1', buffers=buffers)


def main():
    warnings.simplefilter('ignore')
    if hasattr(sys, 'set_int_max_str_digits'):
        sys.set_int_max_str_digits(0)
    compared = 0
    loaded = None, None
    for line in sys.stdin:
        one, other = line.rstrip('\n').split('\t')
        if loaded[0] != one:
            try:
                loaded = one, _load(one)
            except Exception:  # needs what is not installed here
                loaded = one, None
                continue
        elif loaded[1] is None:
            continue
        compared += 1
        try:
            found = difference(loaded[1], _load(other))
        except Exception as error:
            found = '%s: %s' % (type(error).__name__, error)
        if found:
            print(json.dumps({'one': one, 'other': other,
                              'difference': found}))
    print(json.dumps({'compared': compared}))


if __name__ == '__main__':
    main()
