"""Objects that are saved by name, and names that are looked up."""

import _compat_pickle
import _pickle
import copyreg
import importlib.util
import io
import os
import pickle
import subprocess
import sys
import types

import pytest

import pkl5
import tested_package
from object_maker import Outer

HERE = sys.modules[__name__]


def outcome(function, *args, **options):
    try:
        return function(*args, **options)
    except Exception as error:
        return type(error), str(error)


def same(function, *args, message=True, **options):
    """What both modules do; where they raise, with the same words."""
    wanted = outcome(getattr(_pickle, function), *args, **options)
    got = outcome(getattr(pkl5, function), *args, **options)
    if not message and type(wanted) is tuple:
        assert got[0] == wanted[0]
    else:
        assert got == wanted
    return got


class Plain:
    pass


class Reduced:
    """Is saved by the name that it was made with."""

    def __init__(self, name):
        self.name = name

    def __reduce__(self):
        return self.name


def moved(name, module=__name__, qualname=None):
    """A class that says that it stands somewhere."""
    made = type(name, (), {})
    made.__module__ = module
    if qualname is not None:
        made.__qualname__ = qualname
    return made


@pytest.mark.parametrize("code", ["5", None, 0, -1, 1 << 31, 1 << 80, 5.0])
def test_wrong_extension_codes(code, monkeypatch):
    monkeypatch.setitem(copyreg._extension_registry, (__name__, "Plain"), code)
    got = same("dumps", Plain, 2, message=False)
    assert issubclass(got[0], Exception)
    assert same("dumps", Plain, 1) and same("dumps", Outer, 2)


@pytest.mark.parametrize("entry", [
    None, (), ("a",), ("a", "b", "c"), (b"a", "b"), ("a", 2)])
def test_wrong_entries_of_the_inverted_registry(entry, monkeypatch):
    monkeypatch.setitem(copyreg._inverted_registry, 77, entry)
    got = same("loads", b"\x82M.", message=False)
    assert got[0] is ValueError


def test_extension_that_is_gone():
    assert same("loads", b"\x83\x05\x05.") == (
        ValueError, "unregistered extension code 1285")


class Unequal(int):
    """As a key it finds its place, and raises there."""

    __hash__ = int.__hash__

    def __eq__(self, other):
        raise ZeroDivisionError("mine")


@pytest.mark.parametrize("table", ["_extension_cache", "_inverted_registry"])
def test_keys_of_a_registry_may_raise(table, monkeypatch):
    monkeypatch.setitem(getattr(copyreg, table), Unequal(78), None)
    for module in (_pickle, pkl5):
        with pytest.raises(ZeroDivisionError, match="mine"):
            module.loads(b"\x82N.")


def test_names_are_mapped_only_if_wanted():
    for protocol in range(6):
        for fix in (True, False):
            for obj in (range, map, print, pickle.PicklingError, OSError):
                pickled = same("dumps", obj, protocol, fix_imports=fix)
                assert same("loads", pickled, fix_imports=fix) is obj
    assert same("loads", b"cUserDict\nUserDict\n.", fix_imports=False,
                message=False)[0] is ModuleNotFoundError


@pytest.mark.parametrize("table, key, value", [
    ("REVERSE_NAME_MAPPING", (__name__, "Plain"), "a"),
    ("REVERSE_NAME_MAPPING", (__name__, "Plain"), ("a",)),
    ("REVERSE_NAME_MAPPING", (__name__, "Plain"), (b"a", "b")),
    ("REVERSE_NAME_MAPPING", (__name__, "Plain"), ("a", b"b")),
    ("REVERSE_IMPORT_MAPPING", __name__, b"a"),
    ("NAME_MAPPING", (__name__, "Plain"), "a"),
    ("NAME_MAPPING", (__name__, "Plain"), ("a", 1)),
    ("NAME_MAPPING", (__name__, "Plain"), ("a", "b", "c")),
    ("IMPORT_MAPPING", __name__, None)])
def test_wrong_entries_of_the_mappings(table, key, value, monkeypatch):
    pickled = pickle.dumps(Plain, 2)
    monkeypatch.setitem(getattr(_compat_pickle, table), key, value)
    function, argument = (("dumps", Plain) if table.startswith("REVERSE")
                          else ("loads", pickled))
    options = {"protocol": 2} if function == "dumps" else {}
    got = same(function, argument, **options, message=False)
    assert got[0] is RuntimeError
    if function == "loads":
        with pytest.raises((RuntimeError, pickle.UnpicklingError)):
            pkl5.loads(pickled, allow=[f"{__name__}.Plain"])


def test_names_that_old_protocols_cannot_have(monkeypatch):
    made = moved("Cl\xe4sse")
    monkeypatch.setattr(HERE, "Cl\xe4sse", made, raising=False)
    other = types.ModuleType("m\xf6dule")
    monkeypatch.setitem(sys.modules, "m\xf6dule", other)
    other.Plain = moved("Plain", "m\xf6dule")
    for obj in (made, other.Plain):
        for protocol in range(6):
            got = same("dumps", obj, protocol, message=False)
            if protocol < 3:
                assert got[0] is pickle.PicklingError
            else:
                assert pkl5.loads(got) is obj


def test_objects_that_are_not_at_their_place():
    for obj in (moved("Plain"), moved("gone"), moved("a", "no_such_module"),
                moved("Plain", qualname="Plain.<locals>.a"),
                Reduced("missing"), Reduced("Plain"), Reduced("Plain.missing")):
        for protocol in range(6):
            got = same("dumps", obj, protocol, message=False)
            assert issubclass(got[0], (pickle.PicklingError, AttributeError))


class Nameless(type):
    """A metaclass whose classes lack the names that it is told."""

    def __getattribute__(cls, name):
        if name in type.__getattribute__(cls, "lacks"):
            raise type.__getattribute__(cls, "error")(name)
        return type.__getattribute__(cls, name)


@pytest.mark.parametrize("error", [AttributeError, ZeroDivisionError])
@pytest.mark.parametrize("lacks", [
    ("__qualname__",), ("__qualname__", "__name__"), ("__module__",)])
def test_classes_that_lack_a_name(lacks, error, monkeypatch):
    made = Nameless("made", (), {"lacks": lacks, "error": error})
    monkeypatch.setattr(HERE, "made", made, raising=False)
    for protocol in (0, 2, 4):
        got = same("dumps", made, protocol, message=False)
        assert type(got) is bytes or got[0] is error


def test_modules_are_searched_for_what_names_none(monkeypatch):
    """Modules that are None, __main__, or raise, stand in sys.modules too."""
    def function():
        pass

    class Raises:
        def __getattr__(self, name):
            raise ZeroDivisionError(name)

    function.__module__ = None
    function.__qualname__ = "function_of_no_module"
    for name in ("a_module_that_is_none", "__main__"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            assert same("dumps", function, message=False)[0] in (
                pickle.PicklingError, AttributeError)
    holder = types.ModuleType("holder_of_it")
    holder.function_of_no_module = function
    monkeypatch.setitem(sys.modules, "holder_of_it", holder)
    for protocol in range(6):
        assert pkl5.loads(same("dumps", function, protocol)) is function
    holder.function_of_no_module = None
    monkeypatch.setitem(sys.modules, "a_module_that_raises", Raises())
    assert same("dumps", function, message=False)[0] is ZeroDivisionError


def test_sys_modules_may_be_missing(monkeypatch):
    def function():
        pass

    function.__module__ = None
    function.__qualname__ = "function_of_no_module"
    wanted = {}
    for module in (_pickle, pkl5):
        with monkeypatch.context() as patch:
            patch.delattr(sys, "modules")
            try:
                module.dumps(function)
            except RuntimeError as error:
                wanted[module] = str(error)
    # Its text has changed within 3.13.
    assert all("sys.modules" in wanted[module] for module in (_pickle, pkl5))


def test_local_names_are_not_looked_up():
    pickled = b"\x80\x04\x8c\x02os\x8c\x0ca.<locals>.b\x93."
    got = same("loads", pickled, message=False)
    assert got[0] is AttributeError and "<locals>" in got[1]


def test_names_of_modules_that_raise(monkeypatch):
    class Raises(types.ModuleType):
        def __getattr__(self, name):
            raise ZeroDivisionError(name)

    monkeypatch.setitem(sys.modules, "raises", Raises("raises"))
    for pickled in (b"craises\na\n.", b"\x80\x04\x8c\x06raises\x8c\x03a.b\x93.",
                    b"\x80\x04\x8c\x06raises\x8c\x01a\x93.",
                    b"\x80\x04\x8c\x00\x8c\x00\x93.",
                    b"\x80\x04\x8c\x01aN\x93.",
                    b"\x80\x04\x8c\x02os\x8c\x01.\x93."):
        assert type(same("loads", pickled, message=False)) is tuple


def test_nested_names_as_later_versions_write_them(monkeypatch):
    """Before protocol 4 CPython has come to chain getattr() from the module."""
    fake = types.ModuleType("_pickle")
    vars(fake).update(vars(_pickle))
    fake.dumps = lambda obj, protocol: b"\x86R."
    spec = importlib.util.find_spec("pkl5._pkl5")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "_pickle", fake)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    for obj, depth in ((Outer.Inner, 1), (Deep.Deeper.Deepest, 2)):
        for protocol in range(4):
            pickled = module.dumps([obj, obj], protocol)
            assert pickle.loads(pickled) == [obj, obj]
            assert pickled.count(b"getattr") == 1
            assert pickled.count(b"R") == depth
            assert pickled.count(b"tR" if protocol < 2 else b"\x86R") == depth
        assert module.dumps(obj, 4) == pickle.dumps(obj, 4)
    bad = moved("Plain", qualname="Missing.Plain")
    with pytest.raises(pickle.PicklingError):
        module.dumps(bad, 1)
    monkeypatch.setattr(HERE, "\xc4u\xdferes", Outer, raising=False)
    inner = moved("Inner", qualname="\xc4u\xdferes.Inner")
    monkeypatch.setattr(Outer, "Inner", inner)
    for protocol in range(3):
        with pytest.raises(pickle.PicklingError, match="identifier"):
            module.dumps(inner, protocol)
    assert pickle.loads(module.dumps(inner, 3)) is inner

    class Pickler(module.Pickler):
        def persistent_id(self, obj):
            if obj == refused:
                raise ZeroDivisionError("mine")

    obj = Deep.Deeper.Deepest
    for refused in (getattr, "Deeper", "Deepest"):
        for protocol in range(4):
            pickler = Pickler(io.BytesIO(), protocol)
            with pytest.raises(ZeroDivisionError, match="mine"):
                pickler.dump(obj)


class Deep:
    class Deeper:
        class Deepest:
            pass


AUDITED = """
import sys
import pkl5
refused = []
def hook(event, args):
    if event == "pickle.find_class" and refused:
        raise ZeroDivisionError(args)
sys.addaudithook(hook)
assert pkl5.loads(b"cos\\nsep\\n.") == "/"
refused.append(1)
try:
    pkl5.loads(b"cos\\nsep\\n.")
except ZeroDivisionError as error:
    assert error.args == (("os", "sep"),)
else:
    sys.exit("was not refused")
"""


def test_audit_hooks_may_refuse():
    done = subprocess.run(
        [sys.executable, "-c", AUDITED], capture_output=True, text=True,
        env={**os.environ,
             "PYTHONPATH": tested_package.PACKAGE_DIR})
    assert done.returncode == 0, done.stderr


def test_reductions_nested_too_deep():
    class Nested:
        def __reduce__(self):
            return list, ((Nested(),),)

    for module in (_pickle, pkl5):
        with pytest.raises(RecursionError):
            module.dumps(Nested())
        with pytest.raises(RecursionError):
            module.Pickler(io.BytesIO()).dump(Nested())


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("name", ["Plain", "Outer.Inner"])
def test_names_at_the_end_of_the_depth(name, protocol):
    """A name counts as a level where it may be found through others."""
    cls = Plain if name == "Plain" else Outer.Inner

    def nested(depth):
        made = cls
        for _ in range(depth):
            made = Wrapped(made)
        return made

    limit = max(sys.getrecursionlimit(), 10000)
    outcomes = []
    for depth in range(limit - 2, limit + 3):
        try:
            outcomes.append(unwrapped(pkl5.dumps(nested(depth), protocol), cls))
        except RecursionError:
            outcomes.append(None)
    deepest = outcomes.count(True)
    assert 0 < deepest < len(outcomes)
    assert outcomes == [True] * deepest + [None] * (len(outcomes) - deepest)
    assert unwrapped(pkl5.dumps(nested(10), protocol), cls)


class Wrapped:
    def __init__(self, inner):
        self.inner = inner

    def __reduce__(self):
        return Wrapped, (self.inner,)


def unwrapped(data, cls):
    made = pkl5.loads(data)
    while type(made) is Wrapped:
        made = made.inner
    return made is cls


class Counts(str):
    """Its hash is told `left` times."""

    left = 0

    def __hash__(self):
        if Counts.left == 0:
            raise ZeroDivisionError("hash")
        Counts.left -= 1
        return str.__hash__(self)

    def __eq__(self, other):
        return str(self) == other


@pytest.mark.parametrize("protocol", [0, 2])
def test_names_of_modules_whose_hash_raises(protocol, monkeypatch):
    """However often it was told before."""
    made = moved("Counted", Counts(__name__))
    monkeypatch.setattr(HERE, "Counted", made, raising=False)
    monkeypatch.setitem(copyreg._extension_registry, ("a", "b"), 5)
    raised = 0
    for Counts.left in range(30):
        try:
            data = pkl5.dumps(made, protocol)
        except (ZeroDivisionError, pickle.PicklingError):
            raised += 1
        else:
            Counts.left = 99
            assert pickle.loads(data) is made
            break
    else:
        raise AssertionError("its hash is asked for without end")
    assert raised


def test_persistent_ids_nested_too_deep():
    class Pickler(pkl5.Pickler):
        def persistent_id(self, obj):
            return [object()] if type(obj) is not list else None

    with pytest.raises(RecursionError):
        Pickler(io.BytesIO()).dump(object())


class Private:
    class __Inner:
        class __Core:
            pass

        def __method(self):
            pass

        @classmethod
        def __of_class(cls):
            pass

        @staticmethod
        def __static():
            pass

    class ___Three:
        pass

    class __Special__:
        pass

    class _One:
        class __Inner:
            pass


class _Underscored:
    class __Inner:
        pass


def test_private_names():
    inner = Private._Private__Inner
    for obj in (inner, inner._Inner__Core, inner._Inner__method,
                inner()._Inner__method, inner._Inner__of_class,
                inner._Inner__static, Private._Private___Three, Private.__Special__,
                Private._One, Private._One._One__Inner,
                _Underscored._Underscored__Inner, inner()):
        for protocol in range(6):
            same("dumps", obj, protocol)
