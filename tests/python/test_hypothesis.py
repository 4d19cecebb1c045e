"""pkl5 against _pickle, over objects that hypothesis makes.

PICKLE5_EXAMPLES says how many; the long run takes 200,000.
"""

import _pickle
import array
import collections
import dataclasses
import datetime
import enum
import functools
import io
import operator
import os
import pathlib
import random
import re
import types
import zlib

import pytest

hypothesis = pytest.importorskip(
    "hypothesis", reason="hypothesis is not there: NO OBJECT OF ITS WAS TRIED")
from hypothesis import HealthCheck, settings, strategies as st  # noqa: E402

import pkl5  # noqa: E402

EXAMPLES = int(os.environ.get("PICKLE5_EXAMPLES") or (
    200000 if os.environ.get("PICKLE5_LONG_TESTS") else 600))
PER_DRAW = 20
tried = [0]


@dataclasses.dataclass
class Data:
    first: object
    second: object = None


@dataclasses.dataclass(frozen=True)
class Frozen:
    first: object
    rest: tuple = ()


@dataclasses.dataclass
class SlottedData:
    __slots__ = ("first", "second")
    first: object
    second: object


class Slots:
    __slots__ = ("a", "b", "_c")


class MoreSlots(Slots):
    __slots__ = ("d", "__dict__")


class PrivateSlot:
    __slots__ = ("__private",)

    def __init__(self, value):
        self.__private = value


class Plain:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class GetState(Plain):
    def __getstate__(self):
        return (dict(self.__dict__), "state")

    def __setstate__(self, state):
        self.__dict__.update(state[0])


class NewArgs(str):
    def __new__(cls, text, more):
        self = super().__new__(cls, text)
        self.more = more
        return self

    def __getnewargs__(self):
        return str(self), self.more


class NewArgsEx(tuple):
    def __new__(cls, *items, more=None):
        self = super().__new__(cls, items)
        self.more = more
        return self

    def __getnewargs_ex__(self):
        return tuple(self), {"more": self.more}


class ListOf(list):
    pass


class DictOf(dict):
    pass


class SetOf(set):
    pass


class IntOf(int):
    pass


class FloatOf(float):
    pass


class BytesOf(bytes):
    pass


class Sequence:
    """Reduces with all six fields."""

    def __init__(self):
        self.items = []
        self.mapping = {}
        self.state = None

    def append(self, item):
        self.items.append(item)

    def extend(self, items):
        self.items.extend(items)

    def __setitem__(self, key, value):
        self.mapping[key] = value

    def __reduce__(self):
        return (Sequence, (), self.state, iter(self.items),
                iter(self.mapping.items()), set_state)


def set_state(target, state):
    target.state = state


class Problem(Exception):
    def __init__(self, first, second=None):
        super().__init__(first)
        self.second = second


Pair = collections.namedtuple("Pair", "left right")
Triple = collections.namedtuple("Triple", "a b c", defaults=(None, ()))


class Color(enum.Enum):
    RED = "red"
    BLUE = (1, 2)


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 300


class Options(enum.Flag):
    A = enum.auto()
    B = enum.auto()


class Outer:
    class Inner:
        @staticmethod
        def function():
            pass


TIMEZONES = st.sampled_from((
    None, datetime.timezone.utc,
    datetime.timezone(datetime.timedelta(hours=5, minutes=30), "name")))

HASHABLE_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-2, 300),
    st.integers(-(2 ** 70), 2 ** 70).map(lambda number: number ** 5),
    st.floats(allow_nan=False), st.complex_numbers(allow_nan=False),
    st.text(max_size=40),
    st.text("ab\xe9\u20ac\U0001f600\ud800\n\\\0", max_size=300),
    st.sampled_from(("x", "y", "a" * 255, "a" * 256, "\u20ac" * 86)),
    st.binary(max_size=300), st.integers(0, 2 ** 16).map(bytes),
    st.decimals(allow_nan=False), st.fractions(), st.uuids(),
    st.dates(), st.times(timezones=TIMEZONES),
    st.datetimes(timezones=TIMEZONES), st.timedeltas(), st.ip_addresses(),
    st.sampled_from((
        ..., NotImplemented, Color.RED, Color.BLUE, Level.HIGH,
        Options.A | Options.B, Options(0), int, type(None), Outer.Inner,
        Outer.Inner.function, len, "".join, str.upper,
        datetime.timezone.utc, re.IGNORECASE, Problem, collections.Counter,
        pathlib.PurePosixPath("a/b"), pathlib.PureWindowsPath("c:/x"),
        range(1, 10, 3), frozenset(), (), b"", "")))
LEAVES = st.one_of(
    HASHABLE_LEAVES,
    st.binary(max_size=400).map(bytearray),
    st.lists(st.integers(-100, 100)).map(lambda items: array.array("i", items)),
    st.builds(slice, st.integers(), st.none(), st.integers()),
    st.text("ab.*", max_size=5).map(re.escape).map(re.compile),
    st.integers(0, 50).map(random.Random),
    st.binary(max_size=100).map(io.BytesIO),
    st.text(max_size=50).map(io.StringIO),
    st.binary(max_size=3000).map(lambda data: pkl5.PickleBuffer(data)),
    st.just([]), st.just({}), st.builds(object),
    # Hashed by its identity: in a set it would find a new place.
    st.just(operator.itemgetter(1)))
HASHABLE = st.recursive(HASHABLE_LEAVES, lambda inner: st.one_of(
    st.tuples(inner, inner), st.frozensets(inner, max_size=3),
    st.builds(Pair, inner, inner), st.builds(Frozen, inner)), max_leaves=4)
NAMES = ("a", "b", "name", "_hidden", "x" * 30)


def slots(cls, *values):
    made = cls()
    for name, value in zip(("a", "b", "_c", "d"), values):
        if hasattr(cls, name):
            setattr(made, name, value)
    return made


def subclass(cls, contents, attributes):
    made = cls(contents)
    made.__dict__.update(attributes)
    return made


def sequence(items, mapping, state):
    made = Sequence()
    made.items, made.mapping, made.state = items, mapping, state
    return made


def with_cause(error, cause):
    error.__cause__ = cause if isinstance(cause, BaseException) else None
    return error


def cycle(inner, kind):
    """Something that contains itself."""
    if kind == 0:
        made = [inner]
        made.append(made)
    elif kind == 1:
        made = {"inner": inner}
        made["self"] = made
    elif kind == 2:
        made = Plain(inner=inner)
        made.me = made
    elif kind == 3:
        made = ([inner],)
        made[0].append(made)
    elif kind == 4:
        made = collections.deque([inner])
        made.append(made)
    else:
        made = Data(inner)
        made.second = {"back": [made]}
    return made


class Composer:
    """Objects made of values that hypothesis has drawn; some are met twice."""

    def __init__(self, seed, leaves, keys):
        self.random = random.Random(seed)
        self.leaves = leaves
        self.keys = keys
        self.left = self.random.choice((2, 6, 20, 60))

    def make(self, depth=0):
        self.left -= 1
        if self.left < 0 or depth > 6 or self.random.random() < 0.3:
            return self.random.choice(self.leaves)
        made = self.random.choice(NODES)(self, depth + 1)
        if self.random.random() < 0.3:
            self.leaves = [*self.leaves, made]
        return made

    def items(self, depth):
        return [self.make(depth) for _ in range(self.random.randrange(5))]

    def some_keys(self):
        return self.random.sample(self.keys,
                                  self.random.randrange(len(self.keys) + 1))

    def mapping(self, depth):
        return {key: self.make(depth) for key in self.some_keys()}

    def attributes(self, depth):
        return {name: self.make(depth) for name in NAMES
                if self.random.random() < 0.4}

    def many(self):
        """About as many as go into one batch."""
        return self.random.randrange(998, 1003)


# Each takes a Composer and a depth.
NODES = (
    lambda to, n: to.items(n),
    lambda to, n: tuple(to.items(n)),
    lambda to, n: to.mapping(n),
    lambda to, n: to.attributes(n),
    lambda to, n: set(to.some_keys()),
    lambda to, n: frozenset(to.some_keys()),
    lambda to, n: collections.deque(to.items(n), 7),
    lambda to, n: collections.OrderedDict(to.mapping(n)),
    lambda to, n: collections.defaultdict(list, to.mapping(n)),
    lambda to, n: collections.Counter(to.some_keys()),
    lambda to, n: collections.ChainMap(to.mapping(n), to.mapping(n)),
    lambda to, n: types.SimpleNamespace(**to.attributes(n)),
    lambda to, n: Data(to.make(n), to.make(n)),
    lambda to, n: Frozen(to.make(n), tuple(to.items(n))),
    lambda to, n: SlottedData(to.make(n), to.make(n)),
    lambda to, n: Pair(to.make(n), to.make(n)),
    lambda to, n: Triple(to.make(n)),
    lambda to, n: slots(Slots, *to.items(n)),
    lambda to, n: slots(MoreSlots, *to.items(n)),
    lambda to, n: PrivateSlot(to.make(n)),
    lambda to, n: Plain(**to.attributes(n)),
    lambda to, n: GetState(**to.attributes(n)),
    lambda to, n: NewArgs("text", to.make(n)),
    lambda to, n: NewArgsEx(*to.items(n), more=to.make(n)),
    lambda to, n: subclass(ListOf, to.items(n), to.attributes(n)),
    lambda to, n: subclass(DictOf, to.mapping(n), to.attributes(n)),
    lambda to, n: subclass(SetOf, to.some_keys(), to.attributes(n)),
    lambda to, n: subclass(IntOf, to.random.getrandbits(40), to.attributes(n)),
    lambda to, n: subclass(FloatOf, to.random.random(), to.attributes(n)),
    lambda to, n: subclass(BytesOf, b"bytes", to.attributes(n)),
    lambda to, n: sequence(to.items(n), to.mapping(n), to.make(n)),
    lambda to, n: Problem(to.make(n), to.make(n)),
    lambda to, n: with_cause(OSError(2, "text"), to.make(n)),
    lambda to, n: functools.partial(Data, to.make(n), second=to.make(n)),
    lambda to, n: iter(to.items(n)),
    lambda to, n: cycle(to.make(n), to.random.randrange(6)),
    lambda to, n: [to.make(n)] * to.random.choice((2, 3, to.many())),
    lambda to, n: dict.fromkeys(range(to.many()), to.make(n)),
    lambda to, n: set(range(to.many())),
)


def outcome(function, *arguments, **keywords):
    try:
        return function(*arguments, **keywords)
    except Exception as error:
        return type(error), str(error) if type(error) is TypeError else ""


def assert_same_dump(obj, protocol):
    wanted = outcome(_pickle.dumps, obj, protocol)
    assert outcome(pkl5.dumps, obj, protocol) == wanted
    results = []
    for module in (_pickle, pkl5):
        buffers = []
        file = io.BytesIO()
        pickler = module.Pickler(
            file, protocol,
            buffer_callback=buffers.append if protocol == 5 else None)
        done = outcome(pickler.dump, obj)
        if done is not None:
            # How much of it was written already is nobody's to tell.
            results.append(done)
            continue
        # Once more: all of it is in the memo.
        pickler.dump(obj)
        results.append((file.getvalue(), len(buffers)))
    assert results[0] == results[1]
    return wanted


def given_objects(function):
    """function(obj, protocol) for EXAMPLES objects, PER_DRAW a draw."""
    @settings(max_examples=max(EXAMPLES // PER_DRAW, 1), deadline=None,
              database=None, suppress_health_check=list(HealthCheck),
              derandomize=not os.environ.get("PICKLE5_EXAMPLES"))
    @hypothesis.given(st.lists(LEAVES, min_size=1, max_size=6),
                      st.lists(HASHABLE, max_size=5, unique=True),
                      st.integers(0, 2 ** 30))
    def test(leaves, keys, seed):
        for i in range(PER_DRAW):
            function(Composer(seed + i, leaves, keys).make(), i % 6)

    return test


def check_object(obj, protocol):
    tried[0] += 1
    pickled = assert_same_dump(obj, protocol)
    if not isinstance(pickled, bytes):
        return
    wanted = outcome(_pickle.loads, pickled)
    loaded = outcome(pkl5.loads, pickled)
    from_file = outcome(pkl5.load, io.BytesIO(pickled))
    # Equal graphs pickle alike.
    for one in (loaded, from_file):
        assert type(one) is type(wanted)
        assert outcome(_pickle.dumps, one, 5) == outcome(_pickle.dumps, wanted,
                                                         5)


def check_damaged(obj, protocol):
    pickled = outcome(_pickle.dumps, obj, protocol)
    if not isinstance(pickled, bytes):
        return
    cut = pickled[:zlib.crc32(pickled) % len(pickled)]
    for loads in (_pickle.loads, pkl5.loads):
        with pytest.raises(Exception):
            loads(cut)


def test_objects():
    tried[0] = 0
    given_objects(check_object)()
    print(f"tried: {tried[0]} objects")
    assert tried[0] >= EXAMPLES // 2


def test_cut_pickles():
    given_objects(check_damaged)()
