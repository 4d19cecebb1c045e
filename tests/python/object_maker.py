"""Random objects of builtin and common standard library types, from a seed."""

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import pathlib
import random
import types
import uuid


class Plain:
    pass


class WithState:
    def __init__(self, value):
        self.value = value

    def __getstate__(self):
        return [self.value, "state"]

    def __setstate__(self, state):
        self.value = state[0]


class Slotted:
    __slots__ = ("first", "second")


class SlottedAndDict(Slotted):
    pass


class WithNewArgs(tuple):
    def __new__(cls, *args):
        return super().__new__(cls, args)

    def __getnewargs__(self):
        return tuple(self)


class WithKeywords:
    def __new__(cls, *, key=None):
        self = super().__new__(cls)
        self.key = key
        return self

    def __getnewargs_ex__(self):
        return (), {"key": self.key}


class ListWithState(list):
    pass


class DictWithState(dict):
    pass


class Reduced:
    def __init__(self, *args):
        self.args = args

    def __reduce__(self):
        return Reduced, self.args


class Setter:
    def __reduce__(self):
        return Setter, (), dict(vars(self)), None, None, set_state


def set_state(target, state):
    vars(target).update(state)


@dataclasses.dataclass
class Record:
    number: int
    text: str
    more: object = None


Pair = collections.namedtuple("Pair", "left right")


class Color(enum.Enum):
    RED = 1
    GREEN = "green"


class Flags(enum.IntFlag):
    A = 1
    B = 2


class Outer:
    class Inner:
        pass


SINGLE = (None, True, False, ..., NotImplemented, int, dict, type(None), len,
          Plain, Outer.Inner, Outer, collections.OrderedDict, set_state,
          "".join, [].append, str.upper, datetime.timezone.utc, Color.RED,
          Color.GREEN, Flags.A | Flags.B, 0, -1, 255, 256, 65535, 65536,
          -(2 ** 31), 2 ** 31, 2 ** 63, -(2 ** 63), 2 ** 64, -(2 ** 2040), 0.0,
          -0.0, float("inf"), 1e300, "", "a", "\xe9", "\u20ac", "\ud800",
          b"", (), frozenset(), range(5), slice(1, None), 1 + 2j)


class Maker:
    """Makes one object per seed; parts of it may be shared or cyclic."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.made = []
        self.left = self.random.choice((3, 10, 40, 200))

    def make(self, depth=0):
        rng = self.random
        self.left -= 1
        if self.made and rng.random() < 0.15:
            return rng.choice(self.made)
        if self.left < 0 or depth > 8 or rng.random() < 0.35:
            made = self.leaf()
        else:
            made = self.node(depth + 1)
        if rng.random() < 0.4:
            self.made.append(made)
        return made

    def text(self):
        rng = self.random
        size = rng.choice((0, 1, 3, 10, 255, 256, 300))
        alphabet = rng.choice(("ab", "a\n\\\0\x1a", "a\xe9", "\u20ac\U0001f600",
                               "x\udc80"))
        return "".join(rng.choice(alphabet) for _ in range(size))

    def leaf(self):
        rng = self.random
        kind = rng.randrange(16)
        if kind == 0:
            return rng.choice(SINGLE)
        if kind == 1:
            return rng.randrange(-(2 ** rng.randrange(1, 100)),
                                 2 ** rng.randrange(1, 100))
        if kind == 2:
            return rng.random() * 10 ** rng.randrange(-10, 10)
        if kind == 3:
            return bytes(rng.randrange(256) for _ in range(rng.choice(
                (0, 1, 5, 255, 256, 1000))))
        if kind == 4:
            return bytearray(self.text().encode("utf-8", "surrogatepass"))
        if kind == 5:
            return datetime.datetime(2000, 1, 1) + datetime.timedelta(
                seconds=rng.randrange(10 ** 9))
        if kind == 6:
            return rng.choice((
                datetime.date(2020, 1, 1), datetime.time(1, 2, 3),
                datetime.timedelta(1, 2, 3), decimal.Decimal("1.50"),
                fractions.Fraction(1, 3), uuid.UUID(int=7),
                pathlib.PurePosixPath("/a/b"), array.array("i", [1, 2]),
                types.SimpleNamespace(a=1), KeyError("x", 1),
                functools.partial(int, base=2)))
        return self.text()

    def items(self, depth, most=6):
        return [self.make(depth) for _ in range(self.random.randrange(most))]

    def keys(self):
        rng = self.random
        return [rng.choice((self.text(), rng.randrange(100), (1, self.text()),
                            None, b"k", Color.RED)) for _ in range(
                                rng.randrange(6))]

    def fill(self, target, depth):
        for name in ("x", "y", "longer_name")[:self.random.randrange(4)]:
            setattr(target, name, self.make(depth))
        return target

    def node(self, depth):
        kind = self.random.randrange(20)
        if kind < 4:
            made = []
            self.made.append(made)
            made.extend(self.items(depth))
            return made
        if kind < 6:
            return tuple(self.items(depth))
        if kind < 9:
            made = {}
            self.made.append(made)
            for key in self.keys():
                made[key] = self.make(depth)
            return made
        if kind == 9:
            return set(self.keys())
        if kind == 10:
            return frozenset(self.keys())
        return self.instance(kind, depth)

    def instance(self, kind, depth):
        if kind == 11:
            made = Plain()
            self.made.append(made)
            return self.fill(made, depth)
        if kind == 12:
            made = SlottedAndDict() if self.random.random() < .5 else Slotted()
            made.first = self.make(depth)
            return made
        if kind == 13:
            return Record(self.random.randrange(1000), self.text(),
                          self.make(depth))
        if kind == 14:
            return Pair(self.make(depth), self.make(depth))
        if kind == 15:
            return self.random.choice((
                WithState, Reduced,
                lambda item: WithKeywords(key=item)))(self.make(depth))
        if kind == 16:
            return self.random.choice((
                WithNewArgs, lambda *items: collections.deque(items)))(
                    *self.items(depth))
        if kind == 17:
            made = self.random.choice((
                collections.OrderedDict, DictWithState,
                lambda: collections.defaultdict(list)))()
            self.made.append(made)
            for key in self.keys():
                made[key] = self.make(depth)
            return made
        if kind == 18:
            made = ListWithState(self.items(depth))
            return self.fill(made, depth)
        return self.fill(Setter(), depth)
