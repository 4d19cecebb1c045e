"""The import of pkl5._pkl5 over a standard library that is not as usual."""

import gc
import importlib
import importlib.util
import sys
import types

import pytest

import pkl5

SPEC = importlib.util.find_spec("pkl5._pkl5")
USED = [("_pickle", "PicklingError"), ("_pickle", "UnpicklingError"),
        ("_pickle", "dumps"), ("copyreg", "dispatch_table"),
        ("copyreg", "_extension_registry"), ("copyreg", "_inverted_registry"),
        ("copyreg", "_extension_cache"), ("copyreg", "_slotnames"),
        ("_compat_pickle", "NAME_MAPPING"),
        ("_compat_pickle", "IMPORT_MAPPING"),
        ("_compat_pickle", "REVERSE_NAME_MAPPING"),
        ("_compat_pickle", "REVERSE_IMPORT_MAPPING"), ("codecs", "encode"),
        ("codecs", "Codec"), ("functools", "partial"), ("builtins", "getattr"),
        ("collections", "namedtuple")]


def make():
    """One more module."""
    module = importlib.util.module_from_spec(SPEC)
    SPEC.loader.exec_module(module)
    return module


def without(name):
    """A copy of a module that lacks a name."""
    module = sys.modules[name[0]]
    copied = types.ModuleType(name[0])
    vars(copied).update(vars(module))
    delattr(copied, name[1])
    return copied


def test_modules_are_independent():
    first, second = make(), make()
    assert first.Pickler is not second.Pickler
    obj = [1, ("a", {"b": pkl5.Limits})]
    pickled = first.dumps(obj)
    del first
    gc.collect()
    assert pickled == second.dumps(obj) and second.loads(pickled) == obj


def test_module_that_is_never_executed():
    module = importlib.util.module_from_spec(SPEC)
    gc.collect()
    assert not hasattr(module, "Pickler")
    del module
    gc.collect()


@pytest.mark.parametrize("name", sorted({name for name, _ in USED}))
def test_module_that_cannot_be_imported(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=name):
        make()


@pytest.mark.parametrize("name", USED, ids=".".join)
def test_attribute_that_is_missing(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name[0], without(name))
    with pytest.raises(AttributeError, match=name[1]):
        make()


@pytest.mark.parametrize("name", [
    name for name in USED if isinstance(
        getattr(importlib.import_module(name[0]), name[1]), dict)],
    ids=".".join)
def test_table_that_is_no_dict(name, monkeypatch):
    module = without(name)
    setattr(module, name[1], [])
    monkeypatch.setitem(sys.modules, name[0], module)
    with pytest.raises(RuntimeError, match=f"{name[1]} should be a dict, not"):
        make()


def test_names_that_are_something_else(monkeypatch):
    for name, value in (("namedtuple", lambda *arguments: None),
                        ("namedtuple", lambda *arguments: types.SimpleNamespace(
                            __getnewargs__=len))):
        module = without(("collections", name))
        setattr(module, name, value)
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "collections", module)
            if value() is None:
                with pytest.raises(AttributeError, match="__getnewargs__"):
                    make()
            else:
                assert make().dumps([1]) == pkl5.dumps([1])
    codecs = without(("codecs", "Codec"))
    codecs.Codec = type("Codec", (), {})
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "codecs", codecs)
        with pytest.raises(AttributeError, match="encode"):
            make()
        codecs.Codec.encode = (item for item in ())
        with pytest.raises(TypeError, match="pickle"):
            make()


def test_instances_where_no_int_limit_is(monkeypatch):
    monkeypatch.delattr(sys, "get_int_max_str_digits", raising=False)
    module = make()
    assert module.loads(b"L" + b"7" * 6000 + b"L\n.") % 10 == 7
