"""allow, on_call: only what the load made is changed, and only methods of
classes are called."""

import collections
import enum
import gc
import io
import logging
import pickle
import sys
import types

import pytest

import pkl5
from pkl5 import UnpicklingError

HERE = __name__
effects = []


class Colour(enum.Enum):
    RED = 1


class Plain:
    pass


class Slotted:
    __slots__ = ("value", "__dict__")


class Singleton:
    _instance = None

    def __new__(cls):
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance


class Borg:
    shared = {"kind": "original"}

    def __new__(cls):
        self = super().__new__(cls)
        self.__dict__ = cls.shared
        return self


class AttributeDict(dict):
    def __init__(self, *args):
        super().__init__(*args)
        self.__dict__ = self


class Filled:
    """Takes items of every sort by methods of its own."""

    def __init__(self):
        self.items = []

    def append(self, item):
        self.items.append(item)

    def add(self, item):
        self.items.append(item)

    def __setitem__(self, key, value):
        self.items.append((key, value))

    def __setstate__(self, state):
        self.items.append(state)

    def __reduce__(self):
        return Filled, (), self.items


class Forwarding:
    """Finds methods only when it is asked for them."""

    def __getattr__(self, name):
        if name in ("append", "extend", "add", "__setstate__"):
            return function
        raise AttributeError(name)


NAMES = ["original"]
REGISTRY = {"original": 1}
SET = {1}
MADE = Plain()


def function(*args):
    effects.append(args)


def identity(obj):
    return obj


def kept(name):
    return globals()[name]


def member(obj, name):
    return getattr(obj, name)


@pytest.fixture(autouse=True)
def nothing_happens():
    effects.clear()
    Singleton()
    yield
    assert effects == [] and NAMES == ["original"] and SET == {1}
    assert REGISTRY == {"original": 1} and Borg.shared == {"kind": "original"}
    assert vars(MADE) == {} and vars(Singleton._instance) == {}
    assert Colour.RED.value == 1 and Plain.__dict__.get("kind") is None


def one(name):
    return f"c{HERE}\n{name}\n".encode()


def call(name, *strings):
    return one(name) + b"(" + b"".join(
        b"S'%s'\n" % string.encode() for string in strings) + b"tR"


ALLOW = [f"{HERE}.{name}" for name in (
    "Colour", "Plain", "Slotted", "Singleton", "Borg", "Filled", "function",
    "identity", "kept", "member", "NAMES", "REGISTRY", "SET", "MADE",
    "Forwarding", "AttributeDict")] + [
        "logging.getLogger", "functools.partial", "collections.OrderedDict"]
FILLINGS = {
    "BUILD": b"}S'kind'\nS'changed'\nsb.",
    "slots": b"N}S'kind'\nS'changed'\ns\x86b.",
    "SETITEM": b"S'kind'\nS'changed'\ns.",
    "SETITEMS": b"(S'kind'\nS'changed'\nu.",
    "APPEND": b"Na.",
    "APPENDS": b"(NNe.",
    "ADDITEMS": b"(NN\x90.",
}
RULES = pytest.mark.parametrize("options", [
    {"allow": ALLOW}, {"on_call": lambda func, args, kwargs: True}],
    ids=["allow", "on_call"])


def loads(data, **options):
    return pkl5.loads(b"\x80\x04" + data, **options)


@RULES
@pytest.mark.parametrize("filling", FILLINGS)
@pytest.mark.parametrize("target", [
    one("Colour") + b"K\1\x85R", call("Singleton"), one("Singleton") + b")\x81",
    call("kept", "NAMES"), call("kept", "REGISTRY"), call("kept", "SET"),
    call("kept", "MADE"), call("kept", "Plain"), one("NAMES"), one("REGISTRY"),
    one("SET"), one("MADE"), one("Plain"), one("function"),
    b"clogging\ngetLogger\n(S'pkl5.test'\ntR",
    one("member") + one("Colour") + b"S'RED'\n\x86R",
    one("member") + one("Borg") + b"S'shared'\n\x86R",
    one("identity") + one("MADE") + b"\x85R",
], ids=repr)
def test_what_was_there_before_is_not_changed(target, filling, options):
    with pytest.raises(UnpicklingError, match=rf"at byte \d+: {filling[:5]}.*"
                       if filling != "slots" else "BUILD") as caught:
        loads(target + FILLINGS[filling], **options)
    assert "would be changed" in str(caught.value)
    # It may be loaded.
    loads(target + b".", **options)


@RULES
def test_dicts_that_instances_share_are_not_changed(options):
    for filling in ("BUILD", "slots"):
        with pytest.raises(UnpicklingError, match="would be changed|no attr"):
            loads(one("Borg") + b")\x81" + FILLINGS["BUILD"], **options)


@RULES
@pytest.mark.parametrize("name", ["__class__", "__dict__"])
def test_classes_of_instances_are_not_changed(name, options):
    data = (one("Plain") + b")\x81N}S'" + name.encode() + b"'\n" +
            one("Slotted") + b"s\x86b.")
    with pytest.raises(UnpicklingError, match=f"BUILD: {name} of an instance"):
        loads(data, **options)


@RULES
@pytest.mark.parametrize("method, filling", [
    ("__setstate__", b"K\5b."), ("append", b"K\5a."), ("append", b"(K\5K\6e."),
    ("extend", b"K\5a."), ("extend", b"(K\5K\6e."), ("add", b"(K\5\x90.")])
@pytest.mark.parametrize("value", [
    one("function"),
    b"cfunctools\npartial\n" + one("function") + b"\x85R"],
    ids=["function", "partial"])
def test_methods_of_instances_are_not_called(method, filling, value, options):
    given = b"(S'" + method.encode() + b"'\n" + value + b"d"
    for made in (one("Plain") + b")R", one("Plain") + b")\x81",
                 b"ccollections\nOrderedDict\n)R"):
        for state in (given + b"b", b"N" + given + b"\x86b"):
            with pytest.raises((UnpicklingError, AttributeError)):
                loads(made + state + filling, **options)
    with pytest.raises((UnpicklingError, AttributeError)):
        loads(one("Forwarding") + b")\x81" + filling, **options)


def test_methods_of_instances_are_called_without_a_guard():
    data = (one("Plain") + b")R(S'append'\n" + one("function") + b"dbK\5a.")
    assert type(loads(data)) is Plain
    assert effects == [(5,)]
    effects.clear()


@RULES
def test_what_the_load_made_is_filled(options):
    filled = loads(one("Filled") + b")R" + b"K\1a(K\2K\3eK\4K\5s(K\6\x90K\7b.",
                   **options)
    assert filled.items == [1, 2, 3, (4, 5), 6, 7]
    plain = loads(one("Plain") + b")\x81" + FILLINGS["BUILD"], **options)
    assert vars(plain) == {"kind": "changed"}
    slotted = loads(one("Slotted") + b")\x81}S'x'\nK\1s}S'value'\nK\2s\x86b.",
                    **options)
    assert slotted.x == 1 and slotted.value == 2
    # By a function that gives back what it was given.
    given = loads(one("identity") + one("Plain") + b")\x81\x85R" +
                  FILLINGS["BUILD"], **options)
    assert given.kind == "changed"
    listed = loads(one("identity") + b"]\x85RK\1a.", **options)
    assert listed == [1]
    own = loads(one("AttributeDict") + b")RS'a'\nK\1s}S'b'\nK\2sb.", **options)
    assert own == {"a": 1, "b": 2} and own.b == 2


@RULES
def test_what_others_hand_in_is_not_changed(options):
    class Unpickler(pkl5.Unpickler):
        def persistent_load(self, pid):
            return {"list": NAMES, "dict": REGISTRY, "plain": MADE,
                    "new": []}[pid]

    for pid, filling in (("list", b"Na."), ("list", b"(NNe."),
                         ("dict", b"NNs."), ("plain", FILLINGS["BUILD"])):
        data = b"\x80\x04S'" + pid.encode() + b"'\nQ" + filling
        with pytest.raises(UnpicklingError, match="would be changed"):
            Unpickler(io.BytesIO(data), **options).load()
    data = b"\x80\x04S'new'\nQNa."
    assert Unpickler(io.BytesIO(data), **options).load() == [None]

    for data in (b"h\0Na.", b"h\1" + FILLINGS["BUILD"]):
        unpickler = pkl5.Unpickler(io.BytesIO(data), **options)
        unpickler.memo = {0: NAMES, 1: MADE}
        with pytest.raises(UnpicklingError, match="would be changed"):
            unpickler.load()
    buffer = bytearray(b"abc")
    with pytest.raises(UnpicklingError, match="would be changed"):
        pkl5.loads(b"\x80\x05\x97K\0K\1s.", buffers=[buffer], **options)
    assert buffer == b"abc"


@pytest.mark.parametrize("options", [{}, {"allow": ()}], ids=str)
def test_errors_of_missing_methods_are_those_of_cpython(options):
    for data in (b"K\1K\2a.", b"K\1(K\2K\3e.", b"N(K\1\x90."):
        with pytest.raises(AttributeError) as stock:
            pickle.loads(b"\x80\x04" + data)
        with pytest.raises(AttributeError) as caught:
            loads(data, **options)
        assert str(caught.value) == str(stock.value)


def test_memo_of_the_pickle_before_may_be_filled():
    file = io.BytesIO(b"\x80\x04]\x94.h\0K\1a.")
    unpickler = pkl5.Unpickler(file, allow=())
    first = unpickler.load()
    assert unpickler.load() is first == [1]


def test_references_are_even():
    data = (b"\x80\x04(" + call("kept", "MADE") + one("MADE") +
            one("Colour") + b"K\1\x85R" + call("kept", "NAMES") + b"t.")
    watched = (MADE, NAMES, Colour.RED, Plain)
    gc.collect()
    before = [sys.getrefcount(obj) for obj in watched]
    for _ in range(100):
        pkl5.loads(data, allow=ALLOW)
        with pytest.raises(UnpicklingError):
            pkl5.loads(data[:-2] + b"NNs.", allow=ALLOW)
    gc.collect()
    after = [sys.getrefcount(obj) for obj in watched]
    assert all(new - old < 10 for old, new in zip(before, after))


@RULES
def test_genuine_objects(options):
    options = dict(options)
    if "allow" in options:
        options["allow"] = [*ALLOW, "collections.deque", "datetime.date",
                            "collections.defaultdict", "builtins.list",
                            "types.SimpleNamespace", "decimal.Decimal",
                            "builtins.set", "copyreg._reconstructor",
                            "builtins.object", "_codecs.encode",
                            "collections.Counter", "builtins.getattr"]
    import datetime
    import decimal
    namespace = types.SimpleNamespace(x=1)
    data = [collections.deque([1, 2], 5), collections.OrderedDict(a=1),
            collections.defaultdict(list, {1: [2]}), datetime.date(2024, 1, 2),
            decimal.Decimal("1.5"), {1, 2}, namespace, Colour.RED,
            collections.Counter("abc")]
    ordered = collections.OrderedDict(b=2)
    ordered.extra = [namespace, namespace]
    data.append(ordered)
    for protocol in range(6):
        loaded = pkl5.loads(pickle.dumps(data, protocol), **options)
        assert loaded == data and loaded[-1].extra[0] is loaded[6]
        assert loaded[7] is Colour.RED


def test_loggers_stay_as_they_are():
    logger = logging.getLogger("pkl5.test")
    data = b"clogging\ngetLogger\n(S'pkl5.test'\ntR}S'level'\nK\1sb."
    for options in ({"allow": ["logging.getLogger"]},
                    {"on_call": lambda *args: True}):
        with pytest.raises(UnpicklingError, match="would be changed"):
            pkl5.loads(data, **options)
    assert logger.level == 0
