"""Nothing that is dumped or loaded is kept afterwards."""

import gc
import io
import sys

import pytest

import pkl5
from object_maker import Maker, Plain, Record


def blocks():
    gc.collect()
    return sys.getallocatedblocks()


def grows(work, rounds=6, repeats=20):
    """How many blocks a call of work() leaves behind, at the least."""
    work()
    least = None
    for _ in range(rounds):
        before = blocks()
        for _ in range(repeats):
            work()
        growth = blocks() - before
        least = growth if least is None else min(least, growth)
    return least / repeats


def everything():
    return [Maker(seed).make() for seed in range(30)]


def picklable():
    found = []
    for obj in everything():
        try:
            for protocol in (0, 2, 5):
                pkl5.dumps(obj, protocol)
        except Exception:
            continue
        found.append(obj)
    return found


def fail(function, *args):
    with pytest.raises(Exception):
        function(*args)


class Refuses:
    def __reduce__(self):
        raise ValueError


OBJECTS = picklable()
PICKLES = [pkl5.dumps(obj, protocol) for obj in OBJECTS
           for protocol in (0, 2, 5)]
FAILING = [["a" * 5, {"k": [Plain(), Refuses()]}], {Record(1, "x").text:
                                                    (Refuses(), 1)}]
DAMAGED = [pickled[:len(pickled) // 2] for pickled in PICKLES]


@pytest.mark.parametrize("work", [
    lambda: [pkl5.dumps(obj) for obj in OBJECTS],
    lambda: [pkl5.dumps(obj, 0) for obj in OBJECTS],
    lambda: [pkl5.dump(obj, io.BytesIO(), 5) for obj in OBJECTS],
    lambda: [pkl5.loads(pickled) for pickled in PICKLES],
    lambda: [pkl5.load(io.BytesIO(pickled)) for pickled in PICKLES],
    lambda: [fail(pkl5.dumps, obj) for obj in FAILING],
    lambda: [fail(pkl5.loads, pickled) for pickled in DAMAGED],
    lambda: pkl5.Pickler(io.BytesIO()).dump(OBJECTS),
    lambda: pkl5.Pickler(io.BytesIO()).memo.copy(),
    lambda: pkl5.dumps([Plain()], 5,
                       buffer_callback=lambda buffer: None),
], ids=["dumps", "dumps0", "dump", "loads", "load", "dumps fails",
        "loads fails", "Pickler", "memo", "callback"])
def test_no_leak(work):
    # A reference lost per object would be dozens; free lists take a few.
    assert grows(work) < 4


def test_reference_counts():
    shared = ["text" * 3, object()]
    items = [shared[0]] * 3 + [Plain()]
    before = [sys.getrefcount(item) for item in (shared[0], items[3], items)]
    for _ in range(100):
        pkl5.dumps(items)
        pkl5.dump(items, io.BytesIO())
    assert before == [sys.getrefcount(item) for item in
                      (shared[0], items[3], items)]


def test_pickler_in_a_cycle_is_collected():
    class Pickler(pkl5.Pickler):
        pass

    class Unpickler(pkl5.Unpickler):
        pass

    gc.collect()
    for _ in range(10):
        pickler = Pickler(io.BytesIO())
        pickler.me = pickler
        pickler.dump([Plain])
        unpickler = Unpickler(io.BytesIO(b"N."))
        unpickler.me = unpickler
        unpickler.load()
    del pickler, unpickler
    gc.collect()
    assert not [obj for obj in gc.get_objects() if type(obj) in (Pickler,
                                                                Unpickler)]
