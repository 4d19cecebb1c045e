"""The batches that items are written in, at their edges: as `_pickle` of the
interpreter at hand has them."""

import _pickle
import collections
import io
import sys

import pytest

import pkl5

SIZES = (0, 1, 2, 3, 999, 1000, 1001, 1002, 1999, 2000, 2001, 2002, 3000, 3001)


class Items:
    """Reduces to a call and items, from iterators that are made anew."""

    def __init__(self, items=None, pairs=None):
        self.items, self.pairs = items, pairs

    def __reduce__(self):
        return (list if self.pairs is None else dict, (), None,
                None if self.items is None else iter(self.items),
                None if self.pairs is None else iter(self.pairs))


class List(list):
    pass


class Dict(dict):
    pass


class Set(set):
    pass


class FrozenSet(frozenset):
    pass


MAKERS = {
    "list": lambda size: list(range(size)),
    "list of str": lambda size: [str(i) for i in range(size)],
    "list of lists": lambda size: [[i] for i in range(size)],
    "tuple": lambda size: tuple(range(size)),
    "dict": lambda size: dict.fromkeys(range(size)),
    "dict of str": lambda size: {str(i): i for i in range(size)},
    "dict of lists": lambda size: {str(i): [i] for i in range(size)},
    "set": lambda size: set(range(size)),
    "frozenset": lambda size: frozenset(range(size)),
    "list subclass": lambda size: List(range(size)),
    "dict subclass": lambda size: Dict.fromkeys(range(size)),
    "set subclass": lambda size: Set(range(size)),
    "frozenset subclass": lambda size: FrozenSet(range(size)),
    "OrderedDict": lambda size: collections.OrderedDict.fromkeys(range(size)),
    "defaultdict": lambda size: collections.defaultdict(
        int, dict.fromkeys(range(size), 1)),
    "deque": lambda size: collections.deque(range(size)),
    "list items": lambda size: Items(items=list(range(size))),
    "dict items": lambda size: Items(pairs=[(i, i) for i in range(size)]),
    "in a list": lambda size: [dict.fromkeys(range(size)), set(range(size)), 1],
    "long str": lambda size: ["x" * 300 + str(i) for i in range(size)],
    "payloads": lambda size: {i: b"x" * (70000 if i % 999 == 0 else 9)
                              for i in range(size)},
}


def dump(module, obj, protocol, **attributes):
    file = io.BytesIO()
    pickler = module.Pickler(file, protocol)
    for name, value in attributes.items():
        setattr(pickler, name, value)
    pickler.dump(obj)
    return file.getvalue()


@pytest.mark.parametrize("kind", MAKERS)
def test_batches(kind):
    for size in SIZES:
        obj = MAKERS[kind](size)
        for protocol in range(6):
            assert pkl5.dumps(obj, protocol) == _pickle.dumps(obj, protocol), (
                size, protocol)
            assert dump(pkl5, obj, protocol) == dump(_pickle, obj, protocol)
            if not isinstance(obj, Items):
                assert pkl5.loads(pkl5.dumps(obj, protocol)) == obj


@pytest.mark.parametrize("kind", ["list", "dict", "set", "dict of str"])
def test_batches_without_a_memo(kind):
    for size in SIZES:
        obj = MAKERS[kind](size)
        for protocol in range(6):
            assert dump(pkl5, obj, protocol, fast=True) == dump(
                _pickle, obj, protocol, fast=True)


class Grows:
    """Changes its container when it is saved."""

    def __init__(self, change):
        self.change = change

    def __reduce__(self):
        self.change()
        return int, ()

    def __hash__(self):
        return 1


def outcome(module, make, protocol):
    try:
        return module.dumps(make(), protocol)
    except RuntimeError as error:
        return str(error), getattr(error, "__notes__", None)


def growing_list(size, at, change):
    items = list(range(size))
    items[at] = Grows(lambda: items.extend(range(change)) if change > 0
                      else items.__delitem__(slice(change, None)))
    return items


def growing_dict(size, at, change):
    items = dict.fromkeys(range(size), 7)

    def apply():
        for number in range(change):
            items["new", number] = 8
        for key in list(items)[change:] if change < 0 else ():
            del items[key]

    items[at] = Grows(apply)
    return items


def growing_set(size, at, change):
    items = set(range(100, 99 + size))
    items.add(Grows(lambda: items.update(range(-change, 0)) if change > 0
                    else items.discard(100)))
    return items


@pytest.mark.parametrize("make", [growing_list, growing_dict, growing_set])
@pytest.mark.parametrize("size, at", [
    (1, 0), (2, 0), (2, 1), (3, 0), (1000, 999), (1001, 999), (1001, 1000),
    (1002, 0), (1002, 999), (1002, 1001), (2001, 2000)])
@pytest.mark.parametrize("change", [1, 2, 1000, -1])
def test_containers_that_change(make, size, at, change):
    for protocol in range(6):
        theirs = outcome(_pickle, lambda: make(size, at, change), protocol)
        ours = outcome(pkl5, lambda: make(size, at, change), protocol)
        if sys.version_info < (3, 14) and isinstance(theirs, tuple):
            theirs, ours = theirs[0], ours[0]  # without the notes of 3.14
        assert ours == theirs
