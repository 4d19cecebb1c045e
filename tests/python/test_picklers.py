"""Instances under a Pickler: hooks, tables and memos see what _pickle shows."""

import _pickle
import collections
import copyreg
import io

import pytest

import pkl5
from object_maker import Plain, Record

Point = collections.namedtuple("Point", "x y")


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a = a
        self.b = b


class Empty:
    pass


def plain(**fields):
    made = Plain.__new__(Plain)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def objects():
    shared = plain(c=[1])
    loop = plain(me=None)
    loop.me = [loop]
    return [plain(a=1, b="x"), Slotted([1], "y"), Point(1, ("z",)), Empty(),
            Point((), ()), [shared, shared], loop, plain(p=Point(1, shared)),
            {"k": Slotted(shared, None)}, Point]


def written(module, dumps, protocol=5, prepare=lambda pickler: None,
            base=None):
    """The bytes of several dumps of one Pickler."""
    file = io.BytesIO()
    pickler = (base or module.Pickler)(file, protocol)
    prepare(pickler)
    for obj in dumps():
        pickler.dump(obj)
    return file.getvalue(), pickler


def compare(dumps, **options):
    for protocol in (2, 4, 5):
        wanted, _ = written(_pickle, dumps, protocol, **options)
        got, _ = written(pkl5, dumps, protocol, **options)
        assert got == wanted


def test_instances():
    compare(objects)


def test_dict_of_an_instance_follows_it():
    def dumps():
        instance = plain(a=1, b=[2])
        yield instance
        yield [instance, vars(instance)]
        yield Empty()
    compare(dumps)


def test_private_tables():
    def reduce_plain(obj):
        return Empty, ()

    for table in ({}, {Plain: reduce_plain}, {Point: reduce_plain},
                  collections.ChainMap({Slotted: reduce_plain},
                                       copyreg.dispatch_table)):
        compare(objects, prepare=lambda pickler, table=table: setattr(
            pickler, "dispatch_table", table))


@pytest.mark.parametrize("refused", [(), (Plain,), (type,), (Slotted, Point)])
def test_reducer_override_is_asked_as_before(refused):
    calls = {}
    for module in (_pickle, pkl5):
        class Pickler(module.Pickler):
            asked = calls.setdefault(module.__name__, [])

            def reducer_override(self, obj):
                self.asked.append(obj if isinstance(obj, type) else type(obj))
                if type(obj) in refused and obj is not Empty:
                    return Empty, ()
                return NotImplemented

        calls[module.__name__ + " bytes"] = written(module, objects,
                                                    base=Pickler)[0]
    assert calls["pkl5"] == calls["_pickle"]
    assert calls["pkl5 bytes"] == calls["_pickle bytes"]


def test_persistent_id_sees_the_same_objects():
    seen = {}
    for module in (_pickle, pkl5):
        class Pickler(module.Pickler):
            ids = seen.setdefault(module.__name__, [])

            def persistent_id(self, obj):
                self.ids.append(obj if isinstance(obj, (int, str))
                                else type(obj))
                return "empty" if isinstance(obj, Empty) else None

        seen[module.__name__ + " bytes"] = written(module, objects,
                                                   base=Pickler)[0]
    assert seen["pkl5"] == seen["_pickle"]
    assert seen["pkl5 bytes"] == seen["_pickle bytes"]


def test_memos_hold_as_many_entries():
    made = objects()
    memos = [written(module, lambda: made)[1].memo.copy()
             for module in (_pickle, pkl5)]
    wanted, got = [sorted(index for index, _ in memo.values())
                   for memo in memos]
    assert got == wanted
    for key, (index, obj) in memos[1].items():
        assert key == id(obj)
    # What comes next has the same indices.
    streams = []
    for module, memo in zip((_pickle, pkl5), memos):
        file = io.BytesIO()
        pickler = module.Pickler(file, 5)
        pickler.memo = memo
        pickler.dump([made, "new"])
        streams.append(file.getvalue())
    assert streams[1] == streams[0]


def test_a_failed_dump_leaves_a_memo_that_works():
    def dumps(pickler, stop):
        pickler.dump([plain(a=1), Point(1, 2)])
        with pytest.raises(Exception):
            pickler.dump([Slotted(1, 2), stop])
        pickler.dump("end")

    file = io.BytesIO()
    dumps(pkl5.Pickler(file, 5), lambda: None)
    whole = pkl5.dumps([plain(a=1), Point(1, 2)], 5)
    assert file.getvalue().startswith(whole)
    end = file.getvalue().index(pkl5.dumps("end", 5))
    assert pkl5.loads(file.getvalue()[end:]) == "end"


def test_keys_of_a_table_may_raise():
    class Raises:
        def __hash__(self):
            return hash(Slotted)

        def __eq__(self, other):
            raise ZeroDivisionError

    for module in (_pickle, pkl5):
        with pytest.raises(ZeroDivisionError):
            written(module, lambda: [Slotted(1, 2)], prepare=lambda pickler:
                    setattr(pickler, "dispatch_table", {Raises(): None}))


def test_dataclasses():
    compare(lambda: [Record(1, "a"), [Record(2, "b", Record(3, "c"))]])
