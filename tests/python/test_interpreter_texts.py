"""Exceptions are those of the interpreter at hand: their types, their texts,
their notes, and what they were raised in the handling of."""

import _pickle
import copyreg
import io
import pickle
import struct
import sys
import types

import pytest

import pkl5

HAS_NOTES = sys.version_info >= (3, 14)  # of its own


def told(function, *args, **keywords):
    """What came of a call, in words."""
    try:
        made = function(*args, **keywords)
    except Exception as error:
        context = error.__context__
        return (type(error), str(error),
                getattr(error, "__notes__", None) if HAS_NOTES else None,
                context and (type(context), str(context)))
    return hex(made) if type(made) is int else repr(made)


def same(call):
    """What `call` comes to, with either module."""
    theirs = told(call, _pickle)
    assert told(call, pkl5) == theirs
    return theirs


def same_dumps(obj, protocols=range(6)):
    for protocol in protocols:
        same(lambda module: module.dumps(obj, protocol))


class Reduced:
    """An object that reduces to what it is told, iterators made anew."""

    def __init__(self, reduced):
        self.reduced = reduced

    def __reduce_ex__(self, protocol):
        if not isinstance(self.reduced, tuple):
            return self.reduced
        return tuple(iter([1]) if item is ITEMS else item
                     for item in self.reduced)

    def __repr__(self):
        return "<Reduced>"


ITEMS = object()


class Nowhere:
    """No class of it is found by its name."""


Nowhere.__qualname__ = "Elsewhere"


class Classless:
    def __getattribute__(self, name):
        if name == "__new__":
            raise AttributeError(name)
        return super().__getattribute__(name)

    def __repr__(self):
        return "<Classless>"


@pytest.mark.parametrize("reduced", [
    None, 1, [print, ()], (), (int,), (42, ()), (Classless(), ()), (print, []),
    (print, 42), (int, (), None, 1), (int, (), None, []),
    (int, (), None, None, 1), (int, (), None, None, {}),
    (int, (), None, None, None, 1), (int, (), None, None, None, None, None),
    (int, (), None, ITEMS), (int, (), None, None, ITEMS),
    (print, (1, Nowhere())), (Nowhere, ()),
    (int, (), Nowhere()), (int, (), Nowhere(), None, None, print),
    (int, (), 1, None, None, Nowhere),
    (copyreg.__newobj__, ()), (copyreg.__newobj__, [Reduced]),
    (copyreg.__newobj__, (1,)), (copyreg.__newobj__, (Classless(),)),
    (copyreg.__newobj__, (str,)), (copyreg.__newobj__, (Reduced, Nowhere())),
    (copyreg.__newobj_ex__, ()), (copyreg.__newobj_ex__, 42),
    (copyreg.__newobj_ex__, (1, (), {})),
    (copyreg.__newobj_ex__, (Classless(), (), {})),
    (copyreg.__newobj_ex__, (str, (), {})),
    (copyreg.__newobj_ex__, (Reduced, 42, {})),
    (copyreg.__newobj_ex__, (Reduced, (), [])),
    (copyreg.__newobj_ex__, (Reduced, (), {"a": Nowhere()})),
    (copyreg.__newobj_ex__, (Reduced, (Nowhere(),), {})),
], ids=repr)
def test_reductions(reduced):
    same_dumps(Reduced(reduced))
    same_dumps([1, {"key": Reduced(reduced)}])


class Tree:
    class Branch:
        pass


@pytest.mark.parametrize("module", [
    "present", "missing", "", "a.b", None, __name__, "builtins", "__main__"])
@pytest.mark.parametrize("name", [
    "Gone", "Tree", "Tree.Branch", "Tree.Branch.Leaf", "Tree.Leaf.Bud", "",
    ".", "Tree.", "<locals>", "Tree.<locals>.x", "f.<locals>.x", "len"])
def test_lookups(module, name):
    obj = Reduced(name)
    if module == "present":
        module = __name__
    obj.__module__ = module
    same_dumps(obj)


def test_local_objects():
    def local():
        pass

    same_dumps(local)
    same_dumps([local])
    del local.__module__
    same_dumps(local)
    local.__name__ = local.__qualname__
    same_dumps(local)
    local.__module__ = "missing"
    same_dumps(local)
    same_dumps(lambda: 1)
    same_dumps(type("Gone", (), {}))
    same_dumps(Nowhere)
    same_dumps(Nowhere())


def test_what_has_no_reduction():
    for obj in ((i for i in ()), io.BytesIO().getbuffer(), sys, sys._getframe(),
                memoryview(b"a"), open):
        same_dumps(obj)

    class Meta(type):
        __reduce_ex__ = None
        __reduce__ = None

    class Bare:
        __reduce_ex__ = 1

        def __repr__(self):
            return "<Bare>"

    class Refused:
        def __getattribute__(self, name):
            raise AttributeError(name)

    Bare.__module__ = Refused.__module__ = __name__
    same_dumps(Bare())
    same_dumps(Refused(), range(2, 6))


@pytest.mark.parametrize("name", ["nonascii\xff", "nonencodable\udbff"])
def test_names_that_have_no_bytes(name, monkeypatch):
    obj = Reduced(name)
    obj.__module__ = __name__
    monkeypatch.setitem(globals(), name, obj)
    same_dumps(obj)
    monkeypatch.setattr(Tree, name, obj, raising=False)
    obj.reduced = "Tree." + name
    same_dumps(obj)
    inside = Reduced("inside")
    inside.__module__ = name
    monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(inside=inside))
    same_dumps(inside)


def test_extension_codes(monkeypatch):
    key = (Tree.__module__, "Tree")
    for code in (object(), None, "1", 1.5, -1, 0, 2**31, 2**1000, -2**1000):
        monkeypatch.setitem(copyreg._extension_registry, key, code)
        same_dumps(Tree)


BIG = 1 << 63


@pytest.mark.parametrize("pickled", [
    b"I010\n.", b"I-010\n.", b"L010\n.", b"L-010L\n.", b"L0010L\n.",
    b"I0b10\n.", b"I0o10\n.", b"I0x10\n.", b"L0b10L\n.", b"L0o10L\n.",
    b"L0x10L\n.", b"I1_0\n.", b"L1_0L\n.", b"I 1\n.", b"I1 \n.", b"L 1L\n.",
    b"I+1\n.", b"L+1L\n.", b"I00\n.", b"I01\n.", b"I+0\n.", b"I 0\n.",
    b"I0 \n.", b"I+1\n.", b"I-0\n.", b"I-1\n.", b"I02\n.", b"I1\n.", b"I\n.",
    b"I001\n.", b"I\t1\n.", b"I1\0\n.", b"I01\0\n.", b"L01\0\n.", b"I0\n.",
    b"I\xb2\n.", b"L\n.", b"LL\n.", b"L1LL\n.", b"L1l\n.", b"I1L\n.", b"Ix\n.",
    b"I9223372036854775807\n.", b"I9223372036854775808\n.",
    b"I0x7fffffffffffffff\n.", b"I0x8000000000000000\n.",
    b"I08000000000000000000000000\n.", b"I-9223372036854775809\n.",
    b"I010000000000000000000000000\n.", b"L08\n.", b"I08\n.", b"I09\n.",
    b"L" + b"1" * 5000 + b"L\n.", b"I" + b"1" * 5000 + b"\n.",
    b"L0" + b"1" * 5000 + b"L\n.", b"L0x" + b"1" * 5000 + b"L\n.",
    b"I_1\n.", b"I1_\n.", b"I1__0\n.", b"L0_8L\n.", b"L0_7L\n.",
])
def test_text_integers(pickled):
    same(lambda module: module.loads(pickled))
    same(lambda module: module.load(io.BytesIO(pickled)))


@pytest.mark.parametrize("pickled", [
    b"cos\nmissing\n.", b"cmissing_module_x\nf\n.", b"cmath\nlog.spam\n.",
    b"cmath\nlog.<locals>.spam\n.", b"cmath\n<locals>\n.", b"cbuiltins\nint.mro\n.",
    b"\x80\x04cmath\nlog.spam\n.", b"\x80\x04cmath\nlog.<locals>.spam\n.",
    b"\x80\x04cmath\nspam\n.", b"\x80\x04cmath\n<locals>\n.",
    b"\x80\x04cbuiltins\nint.mro\n.", b"\x80\x04cbuiltins\nint.\n.",
    b"\x80\x04\x8c\x04math\x8c\x00\x93.", b"\x80\x04\x8c\x04math\x8c\x01.\x93.",
    b"\x80\x04\x8c\x00\x8c\x01a\x93.", b"\x8c\x04math\x8c\x03a.b\x93.",
    b"\x80\x04\x8c\x04mathN\x93.", b"\x80\x04\x8c\x02os\x8c\x06path.x\x93.",
])
def test_classes_that_are_not_found(pickled):
    same(lambda module: module.loads(pickled))


def long(code, size):
    return code + struct.pack("<Q", size) + b"....."


@pytest.mark.parametrize("pickled", [
    *(long(code, size) for code in (b"\x8d", b"\x8e", b"\x96", b"\x95")
      for size in (1 << 10, 1 << 40, BIG - 1, BIG - 10, BIG - 11, BIG,
                   2 * BIG - 1)),
    b"T\x00\x00\x00\x80.....", b"\x8b\x00\x00\x00\x80.....",
    b"X\xff\xff\xff\xff.....", b"B\xff\xff\xff\xff.....",
    b"T\xff\xff\xff\x7f.....", b"\x8b\xff\xff\xff\x7f.....", b"N\x95\x01\x02",
], ids=repr)
def test_lengths_that_lie(pickled):
    for load in (lambda module: module.loads(pickled),
                 lambda module: module.load(io.BytesIO(pickled))):
        theirs = told(load, _pickle)
        if theirs[0] is MemoryError or "too large" in theirs[1]:
            # Before 3.15 memory is taken on the word of a length.
            theirs = (pickle.UnpicklingError, "pickle data was truncated",
                      *theirs[2:])
        if pickled == b"T\x00\x00\x00\x80.....":
            # Patch releases before 3.13.18 take it for 2 GiB.
            theirs = (pickle.UnpicklingError,
                      "BINSTRING pickle has negative byte count", *theirs[2:])
        assert told(load, pkl5) == theirs


@pytest.mark.parametrize("pickled", [
    b"", b"N", b"K", b"!", b"\xff", b"'", b"h\x07.", b"j\x07\0\0\0.", b"g7\n.",
    b"\x80\x63.", b"0.", b"1.", b"t.", b"a.", b"(.", b"NNa.", b"N(Ne.",
    b"N(e.", b"NNNs.", b"}]Ns.", b"N(NNu.", b"N(u.", b"}(]Nu.", b"N(N\x90.",
    b"N(\x90.", b"\x8f(]\x90.", b"(K\x01d.", b"}(K\x01u.", b"Px\n.", b"P\xff\n.",
    b"K\x01Q.", b"\x82\x00.", b"\x82\x07.", b"\x84\xff\xff\xff\xff.", b"\x97.",
    b"N\x98.", b"N\x85R.", b"N)\x81.", b"cbuiltins\nint\nN\x81.", b"N)}\x92.",
    b"cbuiltins\nint\n)N\x92.", b"cbuiltins\nint\nN}\x92.",
    b"NK\x01b.", b"Np-1\n.", b"Nr\xff\xff\xff\xff.", b"S'x\n.", b"Sx\n.",
    b"S'\n.", b"NN.", b"cos\n", b"c\n\n.", b"i\n\n.", b"(ios\n", b"F1e999\n.",
    b"Fx\n.", b"V\\u1\n.",
], ids=repr)
def test_loads(pickled):
    theirs = told(_pickle.loads, pickled)
    if theirs[0] is not MemoryError:  # of a memo index, before 3.15
        assert told(pkl5.loads, pickled) == theirs
