"""Writes plain objects with the C pickler, each in protocols 0 to 5.

    python plain_objects.py FOLDER

makes FOLDER/NAME.pN. For Python 3.8 and later.
"""
import collections
import copyreg
import fractions
import json.decoder
import pathlib
import pickle
import sys


def _ints():
    values = []
    for bits in (0, 7, 8, 15, 16, 30, 31, 32, 33, 60, 62, 63, 64, 65, 127, 128,
                 511, 512, 2039, 2040, 2041, 8 * 255 + 7, 8 * 256, 8 * 257):
        for offset in (-2, -1, 0, 1):
            values += [(1 << bits) + offset, -(1 << bits) + offset]
    return values


def _floats():
    return [0.0, -0.0, 1.0, -1.5, 0.1, 1 / 3, 1e16, 1e17, 1e22, 1e23, 1e-4,
            1e-5, 123456789.0, 1.7976931348623157e308, 5e-324,
            2.2250738585072014e-308, float('inf'), float('-inf'),
            float('nan'), 2.0 ** 53, 2.0 ** 63, 1e15 + 0.5]


def _strings():
    return ['', 'a', '\0', '\n', '\r', '\x1a', '\\', '\\u0041', 'a\\nb\n',
            '\x7f', '\x80', '\xff', '\xe9t\xe9', '\u0100', '\ud7ff', '\ud800',
            '\udfff', '\ud83d\ude00'[:1], '\ud800\udc00', '\ue000', '\uffff',
            '\U00010000', '\U0001f600', '\U0010ffff', 'x\udc80y', '\u20ac' * 85,
            '\u20ac' * 86, '\u2028']


def _byte_strings():
    return [b'', b'a', b'\0', b'\xff', b'\n', b"'", b'\\', bytes(range(256))]


def _memo(count):
    strings = ['s%d' % i for i in range(count)]
    return strings + strings[::7] + strings[-1:]


def _recursive_tuple():
    inner = []
    outer = (inner,)
    inner.append(outer)
    return outer


def _recursive_tuples():
    one, two = [], {}
    a = (1, one, two)
    b = (a, one, two, a)
    one.append(b)
    two['a'] = a
    two['b'] = b
    return [a, b, one]


def _recursive_list():
    items = []
    items.append(items)
    return items


def _recursive_dict():
    items = {}
    items['self'] = items
    items['list'] = [items]
    return items


def _nested(depth):
    value = []
    for i in range(depth):
        value = [value, (i,), {i: value}][: 1 + i % 3]
    return value


def _frames(size):
    """Opcodes that reach a frame's target in steps of different sizes."""
    return ['%0*d' % (size, i) for i in range(140_000 // size)]


def _identical():
    text, data, items = 'shared text', b'shared bytes', [1]
    pair, frozen = (text, data), frozenset([7])
    grown = bytearray(b'shared bytearray')
    unique = {3}
    return [text, text, data, data, items, items, pair, pair, {text: items},
            (pair, pair), frozen, frozen, grown, grown, unique, unique,
            (), (), [[], []], None, True, 1, 1, 1.5, 1.5]


def _plain():
    objects = {'none': None, 'true': True, 'false': False}
    for kind, values in (('int', _ints()), ('float', _floats()),
                         ('str', _strings()), ('bytes', _byte_strings())):
        objects[kind + '_all'] = values
        for i, value in enumerate(values):
            objects['%s_%d' % (kind, i)] = value
    for i, value in enumerate(_byte_strings()):
        objects['bytearray_%d' % i] = bytearray(value)
    for size in (0, 1, 2, 3, 4, 999, 1000, 1001, 2000, 2001):
        objects['list_%d' % size] = list(range(size))
        objects['tuple_%d' % size] = tuple(range(size))
        objects['dict_%d' % size] = {i: -i for i in range(size)}
        objects['dict_str_%d' % size] = {'k%d' % i: i for i in range(size)}
        objects['set_%d' % size] = set(range(size))
        objects['frozenset_%d' % size] = frozenset(range(size))
    return objects


def _sized():
    objects = {}
    for size in (255, 256, 257, 65535, 65536, 65537, 70000):
        objects['str_len_%d' % size] = 'x' * size
        objects['str_wide_len_%d' % size] = '\u20ac' * (size // 3) + 'y' * (
            size % 3)
        objects['bytes_len_%d' % size] = b'x' * size
        objects['bytearray_len_%d' % size] = bytearray(b'x' * size)
        objects['sized_list_%d' % size] = [1, 'x' * size, 2, b'x' * size, 3]
    for size in (65525, 65526, 65527, 65528, 65529, 65530, 65531, 65532, 65533,
                 65534):
        objects['sized_str_%d' % size] = ['a', 'x' * size, 'b']
        objects['sized_bytes_%d' % size] = ('a', b'x' * size, [b'b'])
    for size in (3, 7, 100, 250, 256, 1000, 30000, 60000):
        objects['frames_%d' % size] = _frames(size)
    return objects


def _structured():
    return {
        'memo_255': _memo(255), 'memo_256': _memo(256), 'memo_257': _memo(257),
        'memo_300': _memo(300), 'memo_70000': _memo(70_000),
        'recursive_tuple': _recursive_tuple(),
        'recursive_tuples': _recursive_tuples(),
        'recursive_list': _recursive_list(),
        'recursive_dict': _recursive_dict(),
        'nested': _nested(150), 'nested_deep': _nested(450)[0],
        'identical': _identical(),
        'records': [{'id': i, 'name': 'user %d' % i, 'score': i / 7,
                     'tags': ['x', 'y'], 'ok': i % 2 == 0, 'none': None}
                    for i in range(1500)],
        'set_mixed': {1, 'a', b'b', (1, 2), frozenset([3]), None, 2.5},
        'frozenset_nested': frozenset([frozenset(), frozenset([1]),
                                       frozenset([frozenset([2])])]),
        'set_str': {'k%d' % i for i in range(1500)},
        'dict_keys': {1: 'int', 2.5: 'float', (1, (2,)): 'tuple', None: 'none',
                      b'b': 'bytes', frozenset([1]): 'frozenset'},
        'tuples': [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((),), ((), ())],
        'bytearrays': [bytearray(), bytearray(b'a'), bytearray(300)],
        'types': [int, str, bytes, bytearray, set, frozenset, dict, list,
                  object, range, len, Exception, KeyError, type(None)],
        'one_letter_texts': ['a', b'a', 'a', b'\xe9', '\xe9', bytearray(b'a')],
        'empties': ['', b'', bytearray(), [], (), {}, set(), frozenset(), b'',
                    frozenset()],
    }


class Constructed:
    """An object that a pickler takes apart the same way in every protocol.

    Its constructor takes the tuple that __reduce_ex__ is to return, but for
    lists and dicts where iterators must stand.
    """

    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce_ex__(self, protocol):
        items = [part if part is None or i not in (3, 4) else iter(part)
                 for i, part in enumerate(self.reduced)]
        return tuple(items)

    class Inner:
        def method(self):
            pass


class WithNew(Constructed):
    """NEWOBJ is written for objects of the very class that it names."""

    def __new__(cls, *args):
        return super().__new__(cls)


def _effect(target, state):
    pass


def _objects():
    """Objects, and what old protocols have no opcode for."""
    cls = Constructed
    new = WithNew(copyreg.__newobj__, (WithNew, 1, 'a'), {'state': 1})
    shared = cls(WithNew, (1,), {'a': [1]})
    return {
        'reduce': cls(WithNew, ()),
        'reduce_state': cls(WithNew, (1, 2), {'a': 1}),
        'reduce_items': cls(list, (), None, [1, 2, 3], [(1, 2)]),
        'newobj': new, 'newobj_twice': [new, new],
        'newobj_ex': WithNew(copyreg.__newobj_ex__,
                             (WithNew, (1, 'a'), {'k': 2})),
        'newobj_ex_state': [WithNew(copyreg.__newobj_ex__,
                                    (WithNew, (i,), {'k': i}), {'a': i})
                            for i in range(3)],
        'nested_class': Constructed.Inner,
        'nested_classes': [Constructed.Inner, Constructed.Inner.method,
                           Constructed.Inner],
        'dotted_names': [json.decoder.JSONDecoder.decode, Constructed,
                         Constructed.Inner, 'Inner', 'Constructed'],
        'objects_shared': [shared, shared, (shared,), {1: shared}],
        'ordered': collections.OrderedDict([(1, 2), ('a', b'b')]),
        'renamed_names': [collections.UserList, ImportError, range,
                          fractions.Fraction],
    }


def _setters():
    cls = Constructed
    return {
        'setter': cls(WithNew, (1,), {'a': 1}, None, None, _effect),
        'setters': [cls(WithNew, (1,), [i], None, None, _effect)
                    for i in range(3)],
    }


def objects():
    return {**_plain(), **_sized(), **_structured(), **_objects(),
            **_setters()}


def main(folder):
    for name, value in objects().items():
        for protocol in range(6):
            data = pickle.dumps(value, protocol)
            path = pathlib.Path(folder, '%s.p%d' % (name, protocol))
            path.write_bytes(data)


if __name__ == '__main__':
    main(sys.argv[1])
