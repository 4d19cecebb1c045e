"""Picklers and Unpicklers as objects: arguments, attributes, memos, garbage."""

import _pickle
import contextlib
import functools
import gc
import io
import pickle
import sys
import types
import weakref

import pytest

import pkl5

PAIR = (_pickle, pkl5)


def outcome(function, *args, **options):
    try:
        return function(*args, **options)
    except Exception as error:
        return type(error)


class Wrong:
    """Its truth cannot be told."""

    def __bool__(self):
        raise ZeroDivisionError


FILE = io.BytesIO(b"N.")
CALLS = [
    ("dumps", (), {}), ("dumps", (1, 2, 3), {}), ("dumps", (1,), {"obj": 1}),
    ("dumps", (1,), {"protokoll": 2}), ("dumps", (1, "2"), {}),
    ("dumps", (1, 6), {}), ("dumps", (1, -1), {}), ("dumps", (1, 1 << 80), {}),
    ("dumps", (1,), {"fix_imports": Wrong()}), ("dumps", (), {"obj": 1}),
    ("dumps", (1, 4), {"buffer_callback": len}),
    ("dump", (), {}), ("dump", (1,), {}), ("dump", (1, FILE, 2, 3), {}),
    ("dump", (1, 2), {}), ("dump", (1, FILE), {"fix_imports": Wrong()}),
    ("loads", (), {}), ("loads", (b"N.", 1), {}), ("loads", (1,), {}),
    ("loads", ("N.",), {}), ("loads", (), {"data": b"N."}),
    ("loads", (b"N.",), {"encoding": 1}), ("loads", (b"N.",), {"errors": b"a"}),
    ("loads", (b"N.",), {"encoding": "a\0b"}),
    ("loads", (b"N.",), {"errors": "a\0b"}),
    ("loads", (b"N.",), {"encoding": "\ud800"}),
    ("loads", (b"N.",), {"fix_imports": Wrong()}),
    ("loads", (b"N.",), {"buffers": 1}), ("loads", (b"N.",), {"other": 1}),
    ("loads", (memoryview(b"N.N.")[::2],), {}),
    ("load", (), {}), ("load", (1,), {}), ("load", (FILE, 1), {}),
    ("load", (FILE,), {"encoding": None}), ("load", (FILE,), {"buffers": 1}),
    ("Pickler", (), {}), ("Pickler", (1,), {}), ("Pickler", (FILE, 9), {}),
    ("Pickler", (FILE, 1, True, None, 5), {}), ("Pickler", (FILE, "1"), {}),
    ("Pickler", (FILE,), {"fix_imports": Wrong()}),
    ("Pickler", (FILE,), {"other": 1}), ("Pickler", (FILE,), {"file": FILE}),
    ("Pickler", (FILE, 4), {"buffer_callback": len}),
    ("Unpickler", (), {}), ("Unpickler", (1,), {}),
    ("Unpickler", (FILE, 1), {}),
    ("Unpickler", (FILE,), {"fix_imports": Wrong()}),
    ("Unpickler", (FILE,), {"encoding": 1}),
    ("Unpickler", (FILE,), {"errors": "a\0b"}),
    ("Unpickler", (FILE,), {"errors": 1}),
    ("Unpickler", (FILE,), {"buffers": 1}),
    ("Unpickler", (FILE,), {"other": 1}),
]


@pytest.mark.parametrize("name, args, options", CALLS)
def test_wrong_arguments(name, args, options):
    wanted = outcome(getattr(_pickle, name), *args, **options)
    got = outcome(getattr(pkl5, name), *args, **options)
    assert isinstance(wanted, type) == isinstance(got, type)
    if isinstance(wanted, type) and issubclass(wanted, Exception):
        assert got is wanted


@pytest.mark.parametrize("name", ["Pickler", "Unpickler"])
def test_keywords_are_strings(name):
    for module in PAIR:
        call = functools.partial(len)
        call.__setstate__((getattr(module, name), (FILE,), {1: 2}, None))
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize("options", [
    {"mmap": Wrong()}, {"verify": Wrong()}, {"mode": 1}, {"mode": "w"},
    {"mode": "a\0b"}, {"other": 1}, {"limits": 1}, {"allow": 1},
    {"allow": [1]}, {"on_call": 1}, {"encoding": "a\0b"},
    {"limits": pkl5.Limits(max_memo=1), "allow": "os.path"}])
def test_wrong_arguments_of_our_own(options, tmp_path):
    path = tmp_path / "archive.pkl5"
    pkl5.dump([1], path)
    with pytest.raises((TypeError, ValueError, ZeroDivisionError,
                        AttributeError)):
        pkl5.load(str(path), **options)


def test_arguments_of_paths(tmp_path):
    path = str(tmp_path / "archive.pkl5")
    for options in ({"buffer_callback": len, "protocol": 5}, {"protocol": 4},
                    {"protocol": 6}, {"other": 1}):
        with pytest.raises((ValueError, TypeError)):
            pkl5.dump([1], path, **options)
    pkl5.dump([1], path, None)
    pkl5.dump([1], path, 5)
    assert pkl5.load(path, buffers=None, mode=None) == [1]
    with pytest.raises(ValueError, match="buffers"):
        pkl5.load(path, buffers=[])
    with pytest.raises(TypeError, match="'write'"):
        pkl5.dump([1], 5)
    for options in ({"mmap": True}, {"mode": "copy"}, {"verify": True}):
        with pytest.raises(TypeError, match="for paths"):
            pkl5.load(io.BytesIO(b"N."), **options)


class PathAndFile(str):
    """A path that can be read is a file."""

    file = io.BytesIO(b"N.")
    read = file.read
    readline = file.readline


class PathAndRead(str):
    read = io.BytesIO(b"N.").read


def test_what_is_path_and_file_is_a_file(tmp_path):
    path = tmp_path / "archive.pkl5"
    pkl5.dump("archive", path)
    assert pkl5.load(PathAndFile(path)) is None
    assert pkl5.load(PathAndRead(path)) == "archive"


def test_errors_of_paths(tmp_path):
    for path in (tmp_path / "a\0b", "a\0b", tmp_path / "no" / "such"):
        for function in (pkl5.load, lambda path: pkl5.dump(1, path)):
            with pytest.raises((OSError, ValueError)):
                function(path)

    class Path:
        def __fspath__(self):
            raise ZeroDivisionError

    for function in (pkl5.load, lambda path: pkl5.dump(1, path)):
        with pytest.raises(ZeroDivisionError):
            function(Path())


def test_a_pickler_that_is_set_up_again_starts_anew():
    for module in PAIR:
        first, second = io.BytesIO(), io.BytesIO()
        pickler = module.Pickler(first, 5)
        obj = ["a"]
        pickler.dump(obj)
        with contextlib.suppress(AttributeError):  # of 3.13.0's _pickle
            pickler.persistent_id = lambda obj: None
        pickler.__init__(second, 2)
        pickler.dump(obj)
        assert first.getvalue() == _pickle.dumps(obj, 5)
        assert second.getvalue() == _pickle.dumps(obj, 2)


def test_an_unpickler_that_is_set_up_again_starts_anew():
    for module in PAIR:
        unpickler = module.Unpickler(io.BytesIO(b"]q\x05."))
        assert unpickler.load() == [] and unpickler.memo.copy() == {5: []}
        unpickler.__init__(io.BytesIO(b"N."))
        assert unpickler.memo.copy() == {}
        assert unpickler.load() is None


def test_what_was_not_set_up_is_not_used():
    for name, method, error in (("Pickler", "dump", pickle.PicklingError),
                                ("Unpickler", "load", pickle.UnpicklingError)):
        cls = getattr(pkl5, name)
        made = cls.__new__(cls)
        with pytest.raises(error, match="__init__"):
            getattr(made, method)(*([1] if name == "Pickler" else []))
        assert gc.get_referents(made)
        with pytest.raises((TypeError, error)):
            made.__init__(1)


@pytest.mark.parametrize("fast", [0, 1])
def test_attributes(fast):
    for module in PAIR:
        pickler = module.Pickler(io.BytesIO(), 4)
        assert pickler.bin and not pickler.fast
        pickler.fast = fast
        assert pickler.fast == fast
        assert not hasattr(pickler, "dispatch_table")
        pickler.dispatch_table = {}
        assert pickler.dispatch_table == {}
        del pickler.dispatch_table
        assert not hasattr(pickler, "dispatch_table")
        with pytest.raises(AttributeError):
            pickler.other = 1
        assert sys.getsizeof(pickler) > 100
        assert sys.getsizeof(module.Unpickler(FILE)) > 100


def test_fast_picklers_refuse_deep_cycles():
    for make in (lambda item: [item], lambda item: {"k": item}):
        obj = last = make(None)
        for _ in range(60):
            obj = make(obj)
        for module in PAIR:
            file = io.BytesIO()
            pickler = module.Pickler(file)
            pickler.fast = True
            pickler.dump(obj)
            assert _pickle.loads(file.getvalue()) == obj
        if isinstance(last, list):
            last[0] = obj
        else:
            last["k"] = obj
        for module in PAIR:
            pickler = module.Pickler(io.BytesIO())
            pickler.fast = True
            with pytest.raises(ValueError, match="cyclic"):
                pickler.dump(obj)
        last.clear()


def test_hooks_set_on_instances():
    file = io.BytesIO()
    pickler = pkl5.Pickler(file)
    assert pickler.persistent_id(1) is None
    pickler.persistent_id = lambda obj: "id" if obj == 5 else None
    assert pickler.persistent_id(5) == "id"
    pickler.dump([5, 6])
    pickled = file.getvalue()
    unpickler = pkl5.Unpickler(io.BytesIO(pickled))
    with pytest.raises(pickle.UnpicklingError, match="persistent"):
        unpickler.persistent_load("id")
    with pytest.raises(pickle.UnpicklingError, match="persistent"):
        unpickler.load()
    unpickler = pkl5.Unpickler(io.BytesIO(pickled))
    unpickler.persistent_load = str.upper
    assert unpickler.persistent_load("x") == "X"
    assert unpickler.load() == ["ID", 6]
    for made, name in ((pickler, "persistent_id"),
                       (unpickler, "persistent_load")):
        delattr(made, name)
        with pytest.raises(AttributeError):
            delattr(made, name)
        with pytest.raises((AttributeError, TypeError)):
            setattr(made, "another", 1)
        assert callable(getattr(made, name))
    pickler.clear_memo()
    pickler.dump([5])
    assert file.getvalue().endswith(_pickle.dumps([5]))


def test_hooks_of_subclasses():
    class Slotted(pkl5.Pickler):
        __slots__ = ()

    class Guarded(pkl5.Pickler):
        def __getattribute__(self, name):
            if name == "persistent_id":
                return lambda obj: "found" if obj == 5 else None
            return super().__getattribute__(name)

    class Lacks(pkl5.Pickler):
        def __getattribute__(self, name):
            if name == "persistent_id":
                raise AttributeError(name)
            return super().__getattribute__(name)

    class Raises(pkl5.Pickler):
        def __getattr__(self, name):
            raise ZeroDivisionError(name)

    for cls, hooks in ((Slotted, False), (Guarded, True), (Lacks, False)):
        file = io.BytesIO()
        cls(file).dump([5])
        assert (b"found" in file.getvalue()) == hooks
    with pytest.raises(ZeroDivisionError, match="dispatch_table"):
        Raises(io.BytesIO())

    class WithDict(pkl5.Pickler):
        pass

    # A method of the type's own, but another pickler's.
    pickler = WithDict(io.BytesIO())
    vars(pickler)["persistent_id"] = pkl5.Pickler(FILE).persistent_id
    pickler.dump([5])
    vars(pickler)["persistent_id"] = pkl5.Unpickler(FILE).persistent_load
    with pytest.raises(pickle.UnpicklingError, match="persistent"):
        pickler.dump([5])

    class Override(pkl5.Pickler):
        @property
        def reducer_override(self):
            raise ZeroDivisionError("override")

        @property
        def persistent_id(self):
            raise ZeroDivisionError("id")

    with pytest.raises(ZeroDivisionError):
        Override(io.BytesIO()).dump(1)

    class Load(pkl5.Unpickler):
        @property
        def persistent_load(self):
            raise ZeroDivisionError("id")

    with pytest.raises(ZeroDivisionError, match="id"):
        Load(io.BytesIO(b"N.")).load()


@pytest.mark.parametrize("protocol", [0, 1, 4])
def test_hooks_that_raise(protocol):
    class Text:
        def __str__(self):
            raise ZeroDivisionError("text")

        def __reduce__(self):
            raise ZeroDivisionError("text")

    for answer, error in ((Text(), ZeroDivisionError),
                          ("\xe9", pickle.PicklingError),
                          (NotImplemented, None)):
        class Pickler(pkl5.Pickler):
            def persistent_id(self, obj):
                return answer if obj == 5 else None

        pickler = Pickler(io.BytesIO(), protocol)
        if error is None or (protocol and answer == "\xe9"):
            pickler.dump([5])
        else:
            with pytest.raises(error):
                pickler.dump([5])

    class Raises(pkl5.Pickler):
        def persistent_id(self, obj):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        Raises(io.BytesIO(), protocol).dump(5)

    class Refuses(pkl5.Pickler):
        def reducer_override(self, obj):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        Refuses(io.BytesIO(), protocol).dump(Wrong())


@pytest.mark.parametrize("memo", [
    1, {1: 2}, {1: ()}, {1: (1,)}, {1: ("a", 1)}, {1: (-5, 1)}, {1: (-1, 1)},
    {1: (1 << 40, 1)}, {1: (1 << 80, 1)}])
def test_wrong_memos_of_picklers(memo):
    pickler = pkl5.Pickler(io.BytesIO())
    pickler.dump(["kept"])
    before = pickler.memo.copy()
    with pytest.raises((TypeError, OverflowError)):
        pickler.memo = memo
    assert pickler.memo.copy() == before
    with pytest.raises(TypeError, match="deletion"):
        del pickler.memo


@pytest.mark.parametrize("memo", [
    1, {"a": 1}, {-1: 1}, {-1 << 80: 1}, {1 << 80: 1}])
def test_wrong_memos_of_unpicklers(memo):
    unpickler = pkl5.Unpickler(io.BytesIO(b"]q\x05."))
    unpickler.load()
    with pytest.raises((TypeError, ValueError, OverflowError)):
        unpickler.memo = memo
    assert unpickler.memo.copy() == {5: []}
    with pytest.raises(TypeError, match="deletion"):
        del unpickler.memo


def test_a_primed_memo_outlives_a_failed_dump():
    obj = ["known"]
    file = io.BytesIO()
    pickler = pkl5.Pickler(file, 2)
    pickler.memo = {id(obj): (0, obj)}
    with pytest.raises(TypeError):
        pickler.dump([obj, (item for item in ())])
    file.seek(0)
    file.truncate()
    pickler.dump(obj)
    assert file.getvalue() == b"\x80\x02h\x00."


def test_everything_is_seen_by_the_collector():
    class Node:
        pass

    for fill in (lambda made, node: setattr(made, "memo", {1: (1, node)}),
                 lambda made, node: setattr(made, "persistent_id", node),
                 lambda made, node: setattr(made, "dispatch_table", node)):
        node = Node()
        node.pickler = pkl5.Pickler(io.BytesIO())
        fill(node.pickler, node)
        node.memo = node.pickler.memo
        gone = weakref.ref(node)
        assert gc.get_referents(node.memo) and gc.get_referents(node.pickler)
        del node
        gc.collect()
        assert gone() is None
    node = Node()
    node.unpickler = pkl5.Unpickler(io.BytesIO(b"N."), allow=["os.path"],
                                    on_call=lambda *call: node)
    node.unpickler.persistent_load = lambda pid: node
    node.unpickler.memo = {1: node, 2: node}
    node.memo = node.unpickler.memo
    gone = weakref.ref(node)
    assert gc.get_referents(node.memo) and gc.get_referents(node.unpickler)
    del node
    gc.collect()
    assert gone() is None


def test_referrers_are_told():
    """A visit that has found what it looks for ends there."""
    found = ["looked for"]
    pickler = pkl5.Pickler(io.BytesIO())
    pickler.dump([found, ["behind it"]])
    primed = pkl5.Pickler(io.BytesIO())
    primed.memo = {1: (0, found), 2: (1, ["behind it"])}
    unpickler = pkl5.Unpickler(io.BytesIO())
    unpickler.memo = {0: found, 1: ["behind it"]}
    referrers = gc.get_referrers(found)
    for made in (pickler, primed, unpickler):
        assert any(made is referrer for referrer in referrers)
    for read in (io.BytesIO().read, io.BytesIO().readline):
        reader = pkl5.Unpickler(types.SimpleNamespace(
            read=read, readline=lambda: read))
        reader.memo = {0: found}
        assert any(reader is referrer for referrer in gc.get_referrers(read))
    for held in (pickle.PicklingError, pkl5.Pickler, _pickle.UnpicklingError):
        assert any(pkl5._pkl5 is referrer
                   for referrer in gc.get_referrers(held))


def test_names_of_python_2_are_kept_when_asked():
    written = []
    for module in PAIR:
        for fix_imports in (True, False):
            file = io.BytesIO()
            module.Pickler(file, 2, fix_imports).dump(range)
            written.append(file.getvalue())
    assert written[:2] == written[2:]
    assert b"__builtin__\nxrange" in written[2]
    assert b"builtins\nrange" in written[3]


def test_find_class_takes_two_names():
    unpickler = pkl5.Unpickler(FILE)
    assert unpickler.find_class("os", "sep") == "/"
    for args in ((), ("os",), ("os", "sep", 1)):
        with pytest.raises(TypeError):
            unpickler.find_class(*args)


def test_busy_objects_cannot_be_set_up():
    class Load(pkl5.Unpickler):
        def find_class(self, module, name):
            for use in (lambda: self.__init__(FILE), lambda: self.memo.clear(),
                        lambda: setattr(self, "memo", {})):
                with pytest.raises(RuntimeError):
                    use()
            gc.collect()
            return super().find_class(module, name)

    assert Load(io.BytesIO(b"cos\nsep\n.")).load() == "/"


def test_buffers_that_raise():
    def buffers():
        raise ZeroDivisionError("mine")
        yield

    for data in (b"\x97.", b"\x97\x98."):
        with pytest.raises(ZeroDivisionError, match="mine"):
            pkl5.loads(data, buffers=buffers())
        for given, error in (([], pickle.UnpicklingError), ([1], TypeError),
                             (None, pickle.UnpicklingError)):
            if given == [1] and b"\x98" not in data:
                assert pkl5.loads(data, buffers=given) == 1
            else:
                with pytest.raises(error):
                    pkl5.loads(data, buffers=given)
    assert pkl5.loads(b"\x97\x98.", buffers=[bytearray(b"a")]).readonly
    assert pkl5.loads(b"\x97\x98.", buffers=[b"a"]) == b"a"
