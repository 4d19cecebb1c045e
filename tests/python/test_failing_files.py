"""dump() to files whose write() raises at any value, or changes what is being
written."""

import _pickle
import collections
import datetime
import importlib.util
import itertools
import pickle
import sys

import pytest

import object_maker
import pkl5

HERE = sys.modules[__name__]
# What goes to a file at once, about.
FRAME = 64 << 10
# Whether attributes are read where CPython keeps them.
READS_FIELDS = (3, 11) <= sys.version_info < (3, 14)
# Long enough to go to the file on their own.
LONG = tuple(letter * (FRAME + 10) for letter in "abc")


class File:
    """Its write() calls `act` the `countdown`-th time."""

    def __init__(self, countdown=0, act=None):
        self.countdown = countdown
        self.act = act
        self.data = b""
        self.calls = 0

    def write(self, data):
        self.calls += 1
        if self.calls == self.countdown:
            self.act()
        self.data += bytes(data)


def full():
    raise OSError("full")


def to_file(obj, file, protocol):
    pkl5.dump(obj, file, protocol)


def by_pickler(obj, file, protocol):
    pkl5.Pickler(file, protocol).dump(obj)


def with_hook(obj, file, protocol):
    class Pickler(pkl5.Pickler):
        def persistent_id(self, obj):
            return "id" if obj is Ellipsis else None

    Pickler(file, protocol).dump(obj)


def with_override(obj, file, protocol):
    class Pickler(pkl5.Pickler):
        def reducer_override(self, obj):
            return NotImplemented

    Pickler(file, protocol).dump(obj)


Point = collections.namedtuple("Point", "x y")


class Slotted:
    __slots__ = ("a", "b")


def instance(cls):
    made = cls()
    made.a, made.b = [1], "text"
    return made


def new_class(seen=True, name="Fresh", **attributes):
    """One that pickles find.

    All of its instances have their attributes in places that it assigns. If it
    was seen, these are read without a reduction.
    """
    made = type(name, (), {"__module__": __name__, **attributes})
    setattr(HERE, name, made)
    if seen:
        for _ in range(2):
            pkl5.dumps(made())
    return made


def reduced(*parts):
    """An object with this reduction, which is made anew each time."""
    class Reduced:
        def __reduce_ex__(self, protocol):
            return tuple(part() if getattr(part, "__name__", "") == "<lambda>"
                         else part for part in parts)

    return Reduced()


MAKERS = {
    "atoms": lambda: [None, True, 1, 2 ** 70, 2.5, "text", "\xe9\u20ac", b"ab",
                      bytearray(b"cd"), ...],
    "containers": lambda: [[1, 2], [3], (), (1,), (1, 2, 3, 4), {"a": 1},
                           {1: 2, (3,): [4]}, {1, 2}, frozenset([3])],
    "fields": lambda: [instance(cls) for cls in (new_class(),) * 2],
    "unseen": lambda: [instance(cls) for cls in (new_class(False),) * 2],
    "dict": lambda: [instance(object_maker.Plain)] * 2,
    "slots": lambda: [instance(Slotted), instance(Slotted)],
    "named tuples": lambda: [Point([1], "b"), Point(3, 4)],
    "globals": lambda: [int, Point, object_maker.Outer.Inner, len, type(None)],
    "reductions": lambda: [
        object_maker.WithKeywords(key=1), object_maker.WithState(5),
        object_maker.DictWithState(a=1), collections.OrderedDict(a=1),
        reduced(list, (), None, lambda: iter([1, 2])),
        reduced(dict, (), None, None, lambda: iter([(1, 2), (3, 4)])),
        reduced(object_maker.Plain, (), {"a": 1}, None, None,
                object_maker.set_state)],
    "dates": lambda: [datetime.date(2026, 1, i + 1) for i in range(5)],
    "views": lambda: [pickle.PickleBuffer(bytes(10)),
                      pickle.PickleBuffer(bytearray(10))],
}


@pytest.mark.parametrize("dump", [to_file, by_pickler, with_hook,
                                  with_override])
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("protocol", [1, 4])
def test_any_value_may_be_the_first_that_finds_the_file_full(
        name, protocol, dump):
    if name == "views":
        protocol = 5
    if protocol < 2 and name == "slots":
        pytest.skip("the protocol has none")
    whole = File()
    dump(MAKERS[name](), whole, protocol)
    for size in range(FRAME - len(whole.data) - 30, FRAME):
        file = File(1, full)
        with pytest.raises(OSError, match="full") as caught:
            dump(["x" * size, *MAKERS[name]()], file, protocol)
        assert not getattr(caught.value, "__notes__", [])
        assert file.data == b""
    # The same walker is well again.
    again = File()
    dump(MAKERS[name](), again, protocol)
    assert again.data == whole.data


LARGE = {
    "list": lambda: [*LONG, b"x" * FRAME], "tuple": lambda: (*LONG,),
    "dict": lambda: dict.fromkeys(LONG, b"y" * FRAME),
    "one in a dict": lambda: {LONG[0]: LONG[1]}, "set": lambda: set(LONG),
    "frozenset": lambda: frozenset(LONG), "array": lambda: bytearray(FRAME * 2),
    "ints": lambda: list(range(FRAME)),
    "floats": lambda: [float(i) for i in range(FRAME // 4)],
    "keys": lambda: dict.fromkeys(range(FRAME // 2)),
    "members": lambda: set(range(FRAME // 2)),
    "fields": lambda: long_attributes(new_class()),
    "slots": lambda: long_attributes(LongSlots),
    "dict of an instance": lambda: long_attributes(object_maker.Plain),
    "list items": lambda: reduced(list, (), None, lambda: iter(LONG)),
    "dict items": lambda: reduced(dict, (), None, None, lambda: iter(
        zip(LONG, LONG))),
}


class LongSlots:
    __slots__ = LONG


def long_attributes(cls):
    made = cls()
    for name in LONG:
        setattr(made, name, name.upper())
    return made


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_any_write_may_fail(name, protocol):
    if protocol < 2 and name == "slots":
        pytest.skip("the protocol has none")
    obj = LARGE[name]()
    whole = File()
    pkl5.dump(obj, whole, protocol)
    assert whole.data == pickle.dumps(obj, protocol)
    step = 1 if whole.calls < 10 else whole.calls // 10
    for countdown in range(1, whole.calls + 1, step):
        file = File(countdown, full)
        with pytest.raises(OSError, match="full"):
            pkl5.dump(LARGE[name](), file, protocol)
        assert whole.data.startswith(file.data)


# --- What write() changes ----------------------------------------------------


def every_change(make, change, protocol, module=pkl5):
    """What dumps gave whose n-th write() called change(object), n from 1."""
    for countdown in itertools.count(1):
        obj = make()
        file = File(countdown, lambda: change(obj))
        try:
            module.dump(obj, file, protocol)
        except RuntimeError as error:
            yield str(error)
        else:
            yield pickle.loads(file.data)
        if file.calls < countdown:
            return


@pytest.mark.parametrize("protocol", [1, 2, 4])
@pytest.mark.parametrize("kind, count", [
    (int, FRAME), (float, FRAME // 4), (str, FRAME // 4)])
def test_lists_that_are_cut_short(kind, count, protocol):
    values = [kind(i) for i in range(count)]
    for got in every_change(lambda: list(values), list.clear, protocol):
        assert got == values[:len(got)]


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_lists_that_grow(protocol):
    long = LONG[0]
    for many in ([long], [long, 1]):
        for got in every_change(lambda: list(many), lambda obj: obj.append(2),
                                protocol):
            assert got[:len(many)] == many and set(got[len(many):]) <= {2}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("make", [
    lambda: b"x" * 2 * FRAME, lambda: bytearray(2 * FRAME),
    lambda: "".join(["y"] * 2 * FRAME), lambda: "\u20ac" * FRAME])
def test_payloads_that_lose_their_container(make, protocol):
    """They live on until they are written, and in the memo."""
    for got in every_change(lambda: [make()], list.clear, protocol):
        assert got == [make()]


@pytest.mark.parametrize("make", [
    lambda: bytearray(2 * FRAME), lambda: pickle.PickleBuffer(bytes(2 * FRAME)),
    lambda: pickle.PickleBuffer(bytearray(2 * FRAME))])
def test_views_that_lose_their_container(make):
    """The memo does not outlive them."""
    for countdown in range(1, 6):
        obj = [make()]
        file = File(countdown, obj.clear)
        pickler = pkl5.Pickler(file, 5)
        pickler.dump(obj)
        others = [make() for _ in range(50)]
        kept = [entry[1] for entry in pickler.memo.copy().values()]
        assert type(make()) in map(type, kept)
        pickler.dump(others)
        pkl5.dump([make(), make()], File(1, others.clear), 5)


@pytest.mark.parametrize("protocol", [4, 5])
@pytest.mark.parametrize("make", [
    lambda size: "t" * size, lambda size: b"b" * size,
    lambda size: bytearray(size), lambda size: 1 << 8 * size])
def test_last_item_of_a_list_fills_a_frame(make, protocol):
    """Which ends with the next value, behind what closes the list."""
    for before, last in itertools.product((30000, 65000), (
            300, 1000, 35530, 50000, FRAME)):
        for count in (2, 999, 1000, 1001):
            obj = [make(before), *[None] * (count - 2), make(last)]
            assert pkl5.dumps(obj, protocol) == _pickle.dumps(obj, protocol)
            written = []
            for module in (_pickle, pkl5):
                file = File()
                module.dump(obj, file, protocol)
                written.append(file.data)
            assert written[0] == written[1]


def change_class(obj):
    type(obj).changed = getattr(type(obj), "changed", 0) + 1


def drop_attributes(obj):
    for name in LONG:
        if hasattr(obj, name):
            delattr(obj, name)


def empty_dict(obj):
    obj.__dict__ = {}


def drop_dict(obj):
    del obj.__dict__


def know_fewer_slots(obj):
    """The class is looked at anew meanwhile."""
    type(obj).__slotnames__ = []
    with pytest.raises(TypeError, match="cannot pickle"):
        pkl5.dumps(type(obj)(), 4)


def new_slots():
    return new_class(__slots__=LONG)


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("make, change", [
    *itertools.product([new_class], [drop_attributes, empty_dict,
                                               drop_dict, change_class]),
    *itertools.product([lambda: object_maker.Plain], [drop_attributes,
                                                      empty_dict, drop_dict]),
    *itertools.product([new_slots], [drop_attributes, change_class,
                                               know_fewer_slots])])
def test_instances_that_change(make, change, protocol):
    wanted = None
    refused = 0
    for got in every_change(lambda: long_attributes(make()), change, protocol):
        if type(got) is str:
            assert "changed" in got
            refused += 1
        else:
            wanted = got
    # The last was not changed.
    assert {name: getattr(wanted, name) for name in LONG} == {
        name: name.upper() for name in LONG}
    # What a __dict__ was before it was replaced is written, as by _pickle.
    if READS_FIELDS and change is not change_class:
        assert bool(refused) == (change is drop_attributes) or (
            make is not new_class)


def with_dict():
    made = instance(new_class(name=LONG[0]))
    vars(made)
    return made


@pytest.mark.parametrize("protocol", [4, 5])
@pytest.mark.parametrize("make, change", [
    (with_dict, drop_dict),
    (lambda: instance(new_class(name=LONG[0])), drop_dict),
    (lambda: instance(new_class(name=LONG[0], __slots__=("a", "b"))),
     change_class)])
def test_instances_that_change_before_their_state(make, change, protocol):
    """The name of the class is written first, and is long."""
    *results, last = every_change(make, change, protocol)
    assert (last.a, last.b) == ([1], "text")
    errors = {one for one in results if type(one) is str}
    assert errors <= {"attributes changed during iteration"}
    assert errors or change is drop_dict


@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize("make, change", [
    (new_class, drop_dict), (new_class, empty_dict),
    (lambda: new_class(__slots__=("a", "b", "c", "d")), change_class)])
def test_instances_that_change_between_attributes(make, change, protocol):
    """Each value fills a frame, which is written as the next name starts."""
    def filled():
        made = make()()
        for name in "abcd":
            setattr(made, name, name * (FRAME - 5))
        return made

    *results, last = every_change(filled, change, protocol)
    assert last.d == "d" * (FRAME - 5)
    # Others are written with what they had, as by _pickle.
    assert {one for one in results if type(one) is str} <= {
        "attributes changed during iteration"}


def test_file_that_is_full_where_the_first_date_stands():
    """Which is when their types are found."""
    spec = importlib.util.find_spec("pkl5._pkl5")
    obj = [None, datetime.date(2026, 1, 2)]
    for size in range(FRAME - 100, FRAME, 4):
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        with pytest.raises(OSError, match="full"):
            module.dump(["x" * size, *obj], File(1, full), 4)
        assert module.dumps(obj, 4) == pickle.dumps(obj, 4)


@pytest.mark.parametrize("protocol", [2, 4])
def test_writes_of_a_dict_that_changes(protocol):
    for change in (dict.clear, lambda obj: obj.update(more=1)):
        results = list(every_change(lambda: dict.fromkeys(LONG, b"v" * FRAME),
                                    change, protocol))
        assert results[-1] == dict.fromkeys(LONG, b"v" * FRAME)
        assert "dictionary changed size during iteration" in results


@pytest.mark.parametrize("protocol", [4, 5])
def test_writes_of_a_set_that_changes(protocol):
    for change in (set.clear, lambda obj: obj.add(1)):
        results = list(every_change(lambda: set(LONG), change, protocol))
        assert results[-1] == set(LONG)
        assert "set changed size during iteration" in results


def test_pickles_go_to_the_file_as_cpython_writes_them():
    for name in LARGE:
        obj = LARGE[name]()
        written = []
        for module in (_pickle, pkl5):
            file = File()
            module.dump(obj, file, 5)
            written.append(file.data)
        assert written[0] == written[1]
