"""Writes what this Python's _pickle makes of plain data.

For each object six records, a little-endian uint64 length and so many bytes:
its pickles of protocols 0 to 5. The data is the same in every run but for the
order of sets.
"""
import _pickle
import random
import struct
import sys

rng = random.Random(5)
shared = []

INTS = [0, 1, 255, 256, 65535, 65536, -1, -128, -129, 2**31 - 1, 2**31, -2**31,
        -2**31 - 1, 2**63 - 1, 2**63, -2**63, -2**63 - 1, 2**64, 10**30,
        -10**30, (1 << 2039) - 1, 1 << 2039, -(1 << 2039), 1 << 5000]
FLOATS = [0.0, -0.0, 1.0, 1.5, 1e16, 1e17, 123456789.123, 1e-5, 1e-4, 5e-324,
          float('inf'), -float('inf'), float('nan'), 1.7976931348623157e308]
ALPHABETS = ['abcxyz', 'a\u00e9\u0100', '\n\\\r\0\x1a\u20ac', '\U0001f600z',
             '\ud800q']
LENGTHS = [0, 1, 1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 255, 256, 300]


def text():
    alphabet = rng.choice(ALPHABETS)
    return ''.join(rng.choice(alphabet) for _ in range(rng.choice(LENGTHS)))


def octets():
    return bytes(rng.randrange(256) for _ in range(rng.choice(LENGTHS)))


def number():
    return rng.choice(INTS + [rng.randrange(-10**12, 10**12)])


def real():
    return rng.choice(FLOATS + [rng.random() * 10.0 ** rng.randrange(-30, 30)])


def key():
    return rng.choice([number, real, text, octets, lambda: None,
                       lambda: (1, text()), lambda: frozenset([text()])])()


def value(depth):
    if shared and rng.random() < 0.12:
        return rng.choice(shared)
    if depth == 0 or rng.random() < 0.5:
        return rng.choice([lambda: None, lambda: True, lambda: False, number,
                           real, text, text, octets, tuple])()
    size = rng.choice([0, 1, 1, 2, 3, 4, 5, 9])
    made = rng.choice([
        lambda: [value(depth - 1) for _ in range(size)],
        lambda: tuple(value(depth - 1) for _ in range(size)),
        lambda: {key(): value(depth - 1) for _ in range(size)},
        lambda: {key() for _ in range(size)},
        lambda: frozenset(key() for _ in range(size)),
        lambda: bytearray(octets()),
    ])()
    shared.append(made)
    if rng.random() < 0.1:
        inner = []
        made = rng.choice([(inner,), (inner,) * 5])
        inner.append(made)
        shared.append(inner)
    return made


def objects():
    for _ in range(200):
        yield value(5)
    for n in (0, 1, 2, 999, 1000, 1001, 2000, 2001):
        yield [list(range(n)), {i: i for i in range(n)}, set(range(n)),
               frozenset(range(n)), tuple(range(n))]
    for n in (65535, 65536, 65537, 65520, 131072):
        yield ['x' * n, b'x' * n, bytearray(n), 1, '\u20ac' * n]
        yield ['a' * 100, 'z' * (n - 109), list(range(10))]
    yield ['a', 1 << (8 * 65536), 'b']
    for n in range(65500, 65540, 3):
        yield ['a' * n, 1, [2, 'b']]
    for n in range(13100, 13115):
        yield [i + 70000 for i in range(n)]
    # chr() because the 'a' of a source file was another object before 3.12.
    yield [b'a', chr(97), bytearray(b'a'), b'\xe9', '\xe9', b'', bytearray()]
    recursive = {}
    recursive[1] = (recursive, 'x')
    yield recursive


if hasattr(sys, 'set_int_max_str_digits'):
    sys.set_int_max_str_digits(0)
for obj in objects():
    for protocol in range(6):
        data = _pickle.dumps(obj, protocol)
        sys.stdout.buffer.write(struct.pack('<Q', len(data)) + data)
