"""Pickler.fast and Pickler.bin: both are obeyed at once, also when they are set
in the middle of a dump."""

import _pickle
import collections
import io

import pytest

import pkl5


class Plain:
    def __init__(self, **fields):
        vars(self).update(fields)


class Fields:
    def __init__(self, a, b):
        self.a = a
        self.b = b


class Slotted:
    __slots__ = ("a", "b")


protocol_at_work = 5
Point = collections.namedtuple("Point", "x y")


class Sets:
    """Sets attributes of the pickler when it is reduced."""

    def __init__(self, pickler, **values):
        self.values = pickler, values

    def __reduce__(self):
        pickler, values = self.values
        for name, value in values.items():
            setattr(pickler, name, value)
        return list, ()


def slotted(a, b):
    if protocol_at_work < 2:
        return Fields(a, b)  # slots are for later protocols
    made = Slotted()
    made.a, made.b = a, b
    return made


def whole(between):
    """Of all kinds, each before, around and behind what is between."""
    shared = ["shared"]
    values = [
        1, -1, 255, 256, 65536, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63,
        2**2000, 1.5, -0.0, True, None, "", "text", "\xe9\n", "\U0001f600",
        "long" * 100, b"bytes", bytearray(b"more"), (), (1,), (1, 2, 3, 4), [],
        {}, [1, 2], {"a": 1}, {"a": 1, "b": 2}, {1, 2}, frozenset([3]),
        shared, shared, range(3), Plain(a=shared), Fields(shared, "s"),
        slotted("x", shared), Point(shared, 1), len, Plain,
        collections.OrderedDict(a=1),
    ]
    return [values, [between, shared], (shared, between), {"k": between},
            Plain(a=1, b=between, c=shared), Fields(between, shared),
            Fields([1], between), slotted(between, "s"),
            Point(1, [between]), values, Fields(1, 2), slotted(3, 4),
            [[[["deep"]]]]]


def written(module, make, protocol, before=(), override=False, repeat=False):
    global protocol_at_work
    protocol_at_work = protocol

    class Pickler(module.Pickler):
        if override:
            def reducer_override(self, obj):
                if obj is Fields:
                    override(self)
                return NotImplemented

    file = io.BytesIO()
    pickler = (Pickler if override else module.Pickler)(file, protocol)
    for name, value in dict(before).items():
        setattr(pickler, name, value)
    made = make(pickler)
    for _ in range(1 + repeat):
        try:
            pickler.dump(made)
        except ValueError as error:
            return str(error)[:60]
    return file.getvalue()


def same(make, protocol, **options):
    wanted, got = (written(module, make, protocol, **options)
                   for module in (_pickle, pkl5))
    assert got == wanted
    return got


EVERY_PROTOCOL = pytest.mark.parametrize("protocol", range(6))
FORMS = [{"fast": 1}, {"fast": 0}, {"bin": 0}, {"bin": 1}, {"bin": 5},
         {"fast": 1, "bin": 0}, {"fast": 1, "bin": 1}]


@EVERY_PROTOCOL
@pytest.mark.parametrize("before", FORMS)
def test_set_before(protocol, before):
    data = same(lambda pickler: whole(None), protocol, before=before)
    assert len(pkl5.loads(data)) == len(whole(None))


@EVERY_PROTOCOL
@pytest.mark.parametrize("values", FORMS)
def test_set_by_a_reducer(protocol, values):
    data = same(lambda pickler: whole(Sets(pickler, **values)), protocol)
    assert len(pkl5.loads(data)) == len(whole(None))
    same(lambda pickler: [Fields(Sets(pickler, **values), [1]),
                          slotted(Sets(pickler), Sets(pickler, fast=0)),
                          "again", "again"], protocol, before={"fast": 1})


@EVERY_PROTOCOL
@pytest.mark.parametrize("values", FORMS)
def test_set_by_reducer_override(protocol, values):
    def override(pickler):
        for name, value in values.items():
            setattr(pickler, name, value)

    same(lambda pickler: whole(None), protocol, override=override)


@EVERY_PROTOCOL
@pytest.mark.parametrize("values", FORMS)
def test_set_by_persistent_id(protocol, values):
    def make(pickler):
        def persistent_id(obj):
            if obj == "text":
                for name, value in values.items():
                    setattr(pickler, name, value)
            return "id" if obj == (1,) else None

        pickler.persistent_id = persistent_id
        return whole(None)

    same(make, protocol)


@EVERY_PROTOCOL
def test_on_and_off_again(protocol):
    same(lambda pickler: [["a"], Sets(pickler, fast=1), ["b"], "b", ("c", "b"),
                          Sets(pickler, fast=0), ["b"], "b", "d", "d"],
         protocol)
    same(lambda pickler: [1, "a", Sets(pickler, bin=0), 2, "a", "b",
                          Sets(pickler, bin=1), 3, "b", "c"], protocol)


@EVERY_PROTOCOL
def test_the_next_pickle(protocol):
    """The memo holds what was entered before, and no more."""
    same(lambda pickler: [["a"], Sets(pickler, fast=1), ["b"]], protocol,
         repeat=True)


def test_cycles_are_refused():
    def make(pickler):
        made = []
        made.append([Sets(pickler, fast=1), made])
        deep = made
        for _ in range(60):
            deep = [deep]
        cycle = []
        cycle.append(cycle)
        return [Sets(pickler, fast=1), cycle]

    assert "cyclic" in same(make, 4)
