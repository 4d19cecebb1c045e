"""Each allocation of a call fails in turn: an exception, and nothing else."""

import builtins
import collections
import copyreg
import ctypes
import datetime
import gc
import importlib.util
import io
import os
import pathlib
import pickle
import shutil
import subprocess
import sys
import types

import pytest

import object_maker
import pkl5
from pkl5 import pickletools

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="older interpreters do not stand it: "
    "calls of Python functions give a SystemError, without pkl5 too")
SHIM = "PICKLE5_NO_MEMORY_SHIM"
if SHIM in os.environ:
    _refuse_memory = ctypes.CDLL(None).refuse_memory
    _refuse_memory.argtypes = [ctypes.c_long, ctypes.c_long]
    _refuse_memory.restype = None

    def allow_memory():
        _refuse_memory(0, 0)

    refuse_memory = _refuse_memory
else:
    _testcapi = pytest.importorskip("_testcapi")
    refuse_memory = _testcapi.set_nomemory
    allow_memory = _testcapi.remove_mem_hooks

# What _pickle makes of a failure in what it calls, sys.modules included.
REFUSALS = (MemoryError, pickle.PicklingError, pickle.UnpicklingError,
            RuntimeError)
# So many calls in a row must succeed before all allocations were reached.
SUCCESSES = 4


def attempts(function, length):
    """What calls gave whose n-th allocation and those behind it failed.

    Where a call failed: the exception. Of one allocation at a time also those
    fail that the interpreter has blocks ready for.
    """
    refuse, allow = refuse_memory, allow_memory
    given, successes, first = [], 0, 0
    while successes < SUCCESSES:
        if length == 1:
            gc.collect()
        refuse(first, first + length)
        try:
            result = function()
        except BaseException as error:
            allow()
            given.append(error.with_traceback(None))
            successes = 0
        else:
            allow()
            given.append(result)
            successes += 1
        first += 1
    return given


def refuse(function, allowed=()):
    """What the call gives in spite of one or two allocations that fail."""
    function()
    results = []
    for length in (1, 2):
        gc.collect()
        gc.freeze()  # what is there need not be looked at each time
        given = attempts(function, length)
        gc.unfreeze()
        failures = [one for one in given if isinstance(one, BaseException)]
        # The C library is not asked by all.
        assert failures or SHIM in os.environ
        for failure in failures:
            assert isinstance(failure, (*REFUSALS, *allowed)), repr(failure)
        results += [one for one in given if not isinstance(one, BaseException)]
    assert results
    return results


Named = collections.namedtuple("Named", "a b")
INSTANCE = object_maker.Plain()
vars(INSTANCE).update({"a": [1], "b": "text", "c": None})
SLOTTED = object_maker.Slotted()
SLOTTED.first = SLOTTED.second = (1, "a")
MIXED = object_maker.SlottedAndDict()
MIXED.first = MIXED.more = 3
LIST_WITH_STATE = object_maker.ListWithState([1, 2, 3])
LIST_WITH_STATE.state = "s"
SETTER = object_maker.Setter()
SETTER.a = 1
CYCLE = [1]
CYCLE += [CYCLE, {"c": CYCLE}, (CYCLE,)]
TUPLE_CYCLE = ([],)
TUPLE_CYCLE[0].append(TUPLE_CYCLE)

OBJECTS = {
    "atoms": [None, True, ..., NotImplemented, 1, -5, 2 ** 40, 2 ** 100,
              -(2 ** 3000), 1.5, "a", "text", "\xe9", "\u20ac", "\ud800"],
    "bytes": [b"", b"a", b"bytes" * 100, bytearray(), bytearray(b"array")],
    "containers": [[], [1], list(range(300)), (), (1,), (1, 2, 3, 4, 5), {},
                   {1: 2}, dict.fromkeys(range(300)), {1, 2}, set(),
                   frozenset((1, 2))],
    "cycles": [CYCLE, TUPLE_CYCLE],
    "types": [int, type(None), type(...), collections.OrderedDict,
              object_maker.Outer.Inner, len, "".join, str.upper, [].append],
    "instances": [INSTANCE, SLOTTED, MIXED, Named(1, "b"),
                  object_maker.Record(1, "a", [2])],
    "reductions": [LIST_WITH_STATE, SETTER, object_maker.WithState(1),
                   object_maker.DictWithState(a=1), object_maker.Color.RED,
                   object_maker.WithKeywords(key=1),
                   object_maker.WithNewArgs(1, 2), 1 + 2j, range(5),
                   slice(1, 2), datetime.datetime(2020, 1, 1),
                   datetime.timezone.utc, types.SimpleNamespace(a=1),
                   collections.deque([1]), collections.OrderedDict(a=1)],
}
PAYLOADS = {"bytes": b"x" * 70000, "text": "y" * 70000,
            "array": bytearray(70000), "view": pickle.PickleBuffer(b"z" * 3000)}
# Only protocol 2 and above write slots.
PAIRS = [(name, protocol) for name in OBJECTS for protocol in range(6)
         if protocol > 1 or name != "instances"]


@pytest.mark.parametrize("name, protocol", PAIRS)
def test_dumps(name, protocol):
    obj = OBJECTS[name]
    expected = pickle.dumps(obj, protocol)
    for given in refuse(lambda: pkl5.dumps(obj, protocol)):
        assert given == expected
    assert pkl5.dumps(obj, protocol) == expected


@pytest.mark.parametrize("name, protocol", PAIRS)
def test_loads(name, protocol):
    pickled = pickle.dumps(OBJECTS[name], protocol)
    expected = pickle.dumps(pkl5.loads(pickled), protocol)
    for given in refuse(lambda: pkl5.loads(pickled)):
        assert len(pickle.dumps(given, protocol)) == len(expected)


@pytest.mark.parametrize("pickled", [
    b"(K\x01K\x02l.", b"(K\x01K\x02K\x03K\x04d.", b"(" + b"N" * 50 + b"t.",
    b"(" + b"N" * 50 + b"\x91.", b"(K\x01K\x02icollections\nCounter\n.",
    b"(cobject_maker\nReduced\nK\x01K\x02o.",
    b"(cobject_maker\nReduced\n" + b"K\x01" * 50 + b"o.",
    b"(" + b"K\x01" * 50 + b"l.",
    b"cobject_maker\nReduced\n)\x81}\x8c\x01aK\x01sb.",
    b"cobject_maker\nSlotted\n)\x81N}\x8c\x05firstK\x01s\x86b.",
    b"\x8c\x05text\xe9.", b"V\\u1\n.", b"U\x03a\xe9b.", b"S'abc'\n.",
    b"ccollections\ndeque\n)R(K\x01K\x02e."])
def test_pickles_of_old_and_odd_forms(pickled):
    def load():
        try:
            return pkl5.loads(pickled)
        except (UnicodeDecodeError, TypeError):
            return "refused"

    wanted = repr(load())
    for given in refuse(load):
        assert repr(given).split(" object at")[0] == wanted.split(
            " object at")[0]


def test_fast_picklers():
    obj = []
    for _ in range(70):
        obj = [obj]

    def dump():
        pickler = pkl5.Pickler(io.BytesIO())
        pickler.fast = True
        pickler.dump(obj)
        return True

    assert all(refuse(dump))


@pytest.mark.skipif(SHIM in os.environ or not hasattr(
    sys.modules.get("_testcapi"), "unicode_legacy_string"),
    reason="needs a str of the old kind")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_texts_that_are_not_ready():
    texts = iter([_testcapi.unicode_legacy_string("text") for _ in range(99)])

    def dump():
        return pkl5.dumps(next(texts))

    assert set(refuse(dump)) == {pickle.dumps("text")}


def test_dump_to_a_file():
    def dump():
        file = io.BytesIO()
        pkl5.dump(PAYLOADS, file, 5)
        return file.getvalue()

    expected = pickle.loads(pickle.dumps(PAYLOADS, 5))
    for given in refuse(dump):
        assert pickle.loads(given) == expected


class Unbuffered:
    """A file with nothing but the methods that it must have."""

    def __init__(self, data):
        file = io.BytesIO(data)
        self.read = file.read
        self.readline = file.readline


@pytest.mark.parametrize("protocol", (0, 2, 5))
@pytest.mark.parametrize("make", (
    io.BytesIO, Unbuffered, lambda data: io.BufferedReader(io.BytesIO(data))))
def test_load_from_a_file(make, protocol):
    obj = [OBJECTS["atoms"], OBJECTS["bytes"], "y" * 70000,
           *(b"x" * size for size in (300, 70000)), bytearray(70000)]
    pickled = pickle.dumps(obj, protocol)
    for given in refuse(lambda: pkl5.load(make(pickled))):
        assert given == obj


def test_archive(tmp_path):
    path = str(tmp_path / "archive.pkl5")
    expected = pickle.loads(pickle.dumps(PAYLOADS, 5))

    def dump():
        pkl5.dump(PAYLOADS, path)
        return path

    for given in refuse(dump):
        assert given == path
    for options in ({}, {"mmap": True}, {"mmap": True, "mode": "r"}):
        for given in refuse(lambda: pkl5.load(path, **options)):
            assert given == expected


def test_buffers_out_of_band():
    obj = [pickle.PickleBuffer(b"one"), pickle.PickleBuffer(bytearray(b"two"))]

    def dump():
        buffers = []
        return pkl5.dumps(obj, 5, buffer_callback=buffers.append)

    pickled = dump()
    for given in refuse(dump):
        assert given == pickled
    buffers = [bytearray(b"one"), bytearray(b"two")]
    for given in refuse(lambda: pkl5.loads(pickled, buffers=buffers)):
        assert [bytes(item) for item in given] == buffers


class Hooked(pkl5.Pickler):
    def persistent_id(self, obj):
        return ("id", obj.imag) if type(obj) is complex else None

    def reducer_override(self, obj):
        return NotImplemented


class Unhooked(pkl5.Unpickler):
    def find_class(self, module, name):
        return super().find_class(module, name)

    def persistent_load(self, pid):
        return pid


@pytest.mark.parametrize("protocol", range(6))
def test_hooks(protocol):
    obj = [2j, INSTANCE, LIST_WITH_STATE, object_maker.Outer.Inner, print]

    def dump():
        file = io.BytesIO()
        pickler = Hooked(file, protocol)
        pickler.dispatch_table = copyreg.dispatch_table
        pickler.dump(obj)
        return file.getvalue()

    pickled = dump()
    for given in refuse(dump):
        assert given == pickled
    # pickle.Unpickler gives a SystemError too: the call of super() makes it.
    allowed = (SystemError,) if sys.version_info >= (3, 13) else ()
    for given in refuse(lambda: Unhooked(io.BytesIO(pickled)).load(), allowed):
        assert given[0] in (("id", 2.0), "('id', 2.0)")
        assert given[2:] == obj[2:]


def test_memo():
    obj = [["a"], "text", (1, 2)]

    def dump():
        file = io.BytesIO()
        pickler = pkl5.Pickler(file)
        pickler.dump(obj)
        pickler.memo = dict(pickler.memo.copy())
        pickler.memo = pickler.memo
        function, arguments = pickler.memo.__reduce__()
        return file.getvalue(), len(function(*arguments))

    expected = dump()
    for given in refuse(dump):
        assert given == expected

    def load():
        unpickler = pkl5.Unpickler(io.BytesIO(expected[0]))
        loaded = unpickler.load()
        unpickler.memo = unpickler.memo.copy()
        unpickler.memo = unpickler.memo
        return loaded, len(unpickler.memo.copy())

    for given in refuse(load):
        assert given == (obj, expected[1])


def test_guarded_load():
    pickled = pickle.dumps([collections.deque([1]), {"a": INSTANCE}])
    allow = ["collections.deque", "object_maker.Plain"]
    limits = pkl5.Limits.untrusted()

    # Not made in load(): CPython 3.13.0 crashes when it cannot make a function.
    def on_call(*_):
        return True

    def load():
        return pkl5.loads(pickled, allow=allow, limits=limits, on_call=on_call)

    for given in refuse(load):
        assert given[0] == collections.deque([1])
        assert vars(given[1]["a"]) == vars(INSTANCE)


@pytest.mark.parametrize("code", [5, 70000])
def test_extensions(code):
    copyreg.add_extension("object_maker", "Plain", code)
    try:
        expected = pickle.dumps(INSTANCE, 2)

        def dump():
            return pkl5.dumps(INSTANCE, 2)

        def load():
            copyreg.clear_extension_cache()
            return pkl5.loads(expected)

        for given in refuse(dump):
            assert given == expected
        for given in refuse(load):
            assert vars(given) == vars(INSTANCE)
    finally:
        copyreg.remove_extension("object_maker", "Plain", code)


LARGE = {"list": list(range(40000)), "text": ["t" * 30000, "u" * 50000, 1],
         "keys": {"k" * 100000: "l" * 100000, "m": b"n" * 200000},
         "array": bytearray(100000), "one": b"o" * 300000}


@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("protocol", [2, 5])
def test_large_results(name, protocol):
    """What is beyond the block that the writer keeps."""
    expected = pickle.dumps(LARGE[name], protocol)
    for given in refuse(lambda: pkl5.dumps(LARGE[name], protocol)):
        assert given == expected


class ManyArguments:
    def __new__(cls, *args, key):
        made = super().__new__(cls)
        made.args = args, key
        return made

    def __getnewargs_ex__(self):
        return self.args[0], {"key": self.args[1]}


@pytest.mark.parametrize("protocol", range(2, 6))
def test_keywords_of_new(protocol):
    made = ManyArguments(*range(50), key="k")
    for given in refuse(lambda: pkl5.dumps(made, protocol)):
        assert pickle.loads(given).args == made.args


def test_set_up():
    """Encodings that are long need memory of their own."""
    data, long = b"U\x03a\xe9b.", "x" * 100

    def load():
        unpickler = pkl5.Unpickler(io.BytesIO(data), encoding="latin1",
                                   errors=long)
        return unpickler.load(), pkl5.load(io.BytesIO(data), errors=long,
                                           encoding="latin1")

    for given in refuse(load):
        assert given == ("a\xe9b",) * 2


def test_instances_of_a_pickler_that_goes_on():
    """Their attributes go to a __dict__ first."""
    cls = type(INSTANCE)
    wanted = {"a": 1, "b": [2]}

    def dump():
        made = cls()
        made.a, made.b = 1, [2]
        file = io.BytesIO()
        pkl5.Pickler(file, 4).dump(made)
        return file.getvalue()

    for given in refuse(dump):
        assert vars(pickle.loads(given)) == wanted


def test_memos_of_what_is_no_more():
    """Stand-ins are made for it, and ints for its place."""
    def dump():
        pickler = pkl5.Pickler(io.BytesIO())
        pickler.dump([Named(i, str(i)) for i in range(5)])
        return pickler.memo.copy()

    count = len(dump())
    for given in refuse(dump):
        assert len(given) == count
    for indices in (range(1000, 1020), (1, 1 << 40)):
        memo = dict.fromkeys(indices, "value")

        def set_memo():
            unpickler = pkl5.Unpickler(io.BytesIO(b"N."))
            unpickler.memo = memo
            return unpickler.memo.copy()

        for given in refuse(set_memo):
            assert given == memo


@pytest.mark.skipif(sys.version_info >= (3, 12),
                    reason="the interpreter's own compiler does not stand it")
def test_import():
    """One more module of the kind: what was made of it is dropped."""
    spec = importlib.util.find_spec("pkl5._pkl5")

    def make():
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    for module in refuse(make, (ImportError, SystemError)):
        assert module.loads(module.dumps([1, INSTANCE]))[0] == 1
    assert make().loads(b"K\x05.") == 5


unnamed = eval("lambda: 0")


def test_notes():
    """The error of the object stays where no note of its place can be made."""
    instance, setter = object_maker.Plain(), object_maker.Setter()
    instance.attribute = collections.OrderedDict(a=[{"k": (1, unnamed)}])
    setter.attribute = unnamed
    for obj in (instance, {frozenset([unnamed])}, setter, Named(1, unnamed),
                object_maker.Record(1, unnamed)):

        def dump():
            try:
                pkl5.dumps(obj)
            except pickle.PicklingError as error:
                return str(error)

        assert "lambda" in dump()
        for given in refuse(dump):
            assert not given or given.startswith("Can't pickle <")


@pytest.mark.parametrize("protocol", (0, 1, 5))
def test_pickletools(protocol):
    pickled = pickle.dumps([OBJECTS["atoms"], INSTANCE, b"x", {}], protocol)
    operations = list(pickletools.genops(pickled))

    file = io.BytesIO(pickled)

    def places(source):
        file.seek(0)
        return [place for _, _, place in pickletools.genops(source)]

    for source in (pickled, file):
        for given in refuse(lambda: places(source)):
            assert given == [place for _, _, place in operations]
    listing, optimized = io.StringIO(), pickletools.optimize(pickled)
    pickletools.dis(pickled, listing)
    infos = pickletools._INFOS
    for function, expected in ((pkl5._pkl5.disassemble, listing.getvalue()),
                               (pkl5._pkl5.optimize, optimized)):

        def write():
            written = function(pickled, infos)
            if written is None:  # the standard library is to do it
                raise MemoryError
            return written

        for given in refuse(write):
            assert given == expected


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning")
def test_inspection():
    pickled = pickle.dumps([LIST_WITH_STATE, bytearray(b"a"), {1: True}, 2.5,
                            INSTANCE], 5)
    # Not through the module inspection, whose generator expressions are
    # functions: CPython 3.13.0 crashes when it cannot make one.
    scan = pkl5._pkl5.scan
    report = scan(pickled, ["a.b"], None)
    for given in refuse(lambda: scan(pickled, ["a.b"], None)):
        assert given == report
    many = pickle.dumps([function for function in vars(builtins).values()
                         if isinstance(function, types.BuiltinFunctionType)])
    report = scan(many, ["a.b"], None)
    for given in refuse(lambda: scan(many, ["a.b"], None)):
        assert given == report
    names = [name for name in dir(pkl5.inspection.Node) if name[0] != "_"]

    def visit():
        count = 0
        for node in pkl5.tree(pickled).walk():
            for name in names:
                getattr(node, name)
            count += bool(node.text() + repr(node) + node.canonical())
        root = pkl5.tree(pickled)
        return count, root[1].value, root[0]["state"].value

    expected = visit()
    for given in refuse(visit):
        assert given == expected


class Pieces:
    """Gives one after the other. No function is made for it, see above."""

    def __init__(self, *pieces):
        self.left = iter(pieces)

    def read(self, size):
        return next(self.left, b"")


def test_looking_at_small_pickles():
    """Few allocations are the interpreter's own."""
    pickled = pickle.dumps([1, {"a": Named(2, (3,))}], 4)
    infos = pickletools._INFOS
    module = pkl5._pkl5
    listing, optimized = io.StringIO(), pickletools.optimize(pickled)
    pickletools.dis(pickled, listing)
    report = module.scan(pickled, ["a.b"], None)
    root = pkl5.tree(pickled)
    text, canonical = root.text(), root.canonical()
    for first in range(60):
        refuse_memory(first, first + 1)
        try:
            given = module.scan(pickled, ["a.b"], None)
        except MemoryError:
            given = report
        allow_memory()
        assert given == report or given[0] == "unscanned"
    for look, expected in (
            (lambda: module.disassemble(pickled, infos), listing.getvalue()),
            (lambda: module.optimize(pickled, infos), optimized),
            (lambda: pkl5.tree(pickled).text(), text),
            (root.text, text), (root.canonical, canonical),
            (lambda: [kind for kind, _ in root[1]["a"].posts], []),
            (lambda: root[1].pairs[0][0].value, "a"),
            (lambda: list(module.OpcodeIterator(
                pickled, None, 0, infos))[-1][0].name, "STOP"),
            (lambda: [place for _, _, place in module.OpcodeIterator(
                b"", Pieces(b"(X\x0a\x00", b"\x00\x00", b"0123456789t.").read,
                0, infos)], [0, 1, 16, 17])):
        for given in refuse(look):
            # None: the standard library is to do it.
            assert given in (expected, None)


def test_bytearrays_are_not_held():
    array = bytearray(5000)
    for obj in (array, pickle.PickleBuffer(array)):
        refuse(lambda: pkl5.dumps([obj, [array]], 5))
        refuse(lambda: pkl5.dump([obj, [array]], io.BytesIO(), 5))
    pickled = bytearray(pickle.dumps([1, "text", (2,)]))
    refuse(lambda: pkl5.loads(pickled))
    del obj
    for held in (array, pickled):
        held.append(1)  # BufferError if anybody holds it


@pytest.mark.skipif(SHIM in os.environ, reason="is run by itself")
@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""),
                    reason="the sanitizer must be loaded first")
def test_memory_of_the_c_library(tmp_path):
    """The same where malloc() refuses, and so C++'s operator new."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    assert compiler, "no C compiler"
    shim = tmp_path / "no_memory_shim.so"
    source = pathlib.Path(__file__).with_name("no_memory_shim.c")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", source, "-o", shim],
                   check=True)
    # The others ask it for little, and take long.
    tests = "not (inspection or pickletools or load_from_a_file)"
    done = subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "-k", tests, __file__], capture_output=True, text=True, timeout=600,
        env={**os.environ, "LD_PRELOAD": str(shim), SHIM: "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
