"""What can be seen of pickle's six functions and classes, side by side with
_pickle's own: names, signatures, attributes, types, and how they take calls."""

import _pickle
import copy
import gc
import inspect
import io
import pickle
import sys
import weakref

import pytest

import pkl5

FUNCTIONS = ("dump", "dumps", "load", "loads")
CLASSES = ("Pickler", "Unpickler")
# Arguments that only pkl5 has.
OWN_ARGUMENTS = {"reducers", "allow", "limits", "on_call", "mmap", "mode",
                 "verify"}
# What a class of the heap has, and a static one not.
OF_THE_HEAP = {"__module__", "__delattr__", "__getattribute__", "__setattr__"}


def both(name):
    return getattr(_pickle, name), getattr(pkl5, name)


def new(module, name):
    return getattr(module, name)(io.BytesIO(pickle.dumps([1])))


def outcome(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return type(error), str(error).replace("pkl5.", "_pickle.")


def parameters(function):
    return [(one.name, one.kind, one.default)
            for one in inspect.signature(function).parameters.values()
            if one.name not in OWN_ARGUMENTS]


@pytest.fixture
def installed():
    pkl5.install()
    yield
    pkl5.uninstall()


@pytest.mark.parametrize("name", FUNCTIONS + CLASSES)
def test_names_and_signatures(name):
    wanted, got = both(name)
    assert type(got) is type(wanted)
    assert got.__name__ == wanted.__name__
    assert got.__qualname__ == wanted.__qualname__
    assert parameters(got) == parameters(wanted)
    assert got.__doc__
    if name in FUNCTIONS:
        assert got.__text_signature__.startswith("($module, ")


def test_installed_they_are_called_as_those_of_pickle(installed):
    for name in FUNCTIONS + CLASSES:
        assert getattr(pickle, name).__module__ == "_pickle"
        assert getattr(pickle, name) is getattr(_pickle, name)
    assert repr(pickle.Pickler) == "<class '_pickle.Pickler'>"
    for name in set(vars(pickle)) - set(FUNCTIONS + CLASSES):
        if not name.startswith("__"):
            assert getattr(pkl5, name) is getattr(pickle, name)


@pytest.mark.parametrize("memo", [False, True])
@pytest.mark.parametrize("name", CLASSES)
def test_attributes_of_the_types(name, memo):
    wanted, got = (type(new(module, name).memo) if memo
                   else getattr(module, name) for module in (_pickle, pkl5))
    assert set(vars(wanted)) ^ set(vars(got)) <= OF_THE_HEAP
    for attribute in set(vars(wanted)) & set(vars(got)):
        one, other = vars(wanted)[attribute], vars(got)[attribute]
        if attribute in ("persistent_id", "persistent_load", "__module__"):
            continue
        assert type(other) is type(one), attribute
        assert (getattr(other, "__text_signature__", None)
                == getattr(one, "__text_signature__", None)), attribute
        assert repr(other).split(" at ")[0] == repr(one).split(" at ")[0] or (
            attribute == "__doc__")
    assert got.__basicsize__ > 0 and got.__itemsize__ == wanted.__itemsize__
    assert got.__dictoffset__ == wanted.__dictoffset__
    assert got.__weakrefoffset__ == wanted.__weakrefoffset__
    assert [base.__name__ for base in got.__mro__] == [
        base.__name__ for base in wanted.__mro__]
    basetype, has_gc = 1 << 10, 1 << 14
    for flag in (basetype, has_gc):
        assert got.__flags__ & flag == wanted.__flags__ & flag


@pytest.mark.skipif(sys.version_info < (3, 10), reason="heap types change")
@pytest.mark.parametrize("name", CLASSES)
def test_types_cannot_be_changed(name):
    for make in (lambda module: getattr(module, name),
                 lambda module: type(new(module, name).memo)):
        wanted, got = make(_pickle), make(pkl5)

        def change(cls):
            cls.extra = 1

        def remove(cls):
            del cls.__init__

        for act in (change, remove):
            kinds = [outcome(act, cls)[0] for cls in (wanted, got)]
            assert kinds == [TypeError, TypeError]


@pytest.mark.parametrize("name", CLASSES)
def test_memos_are_made_by_their_owners_only(name):
    for module in (_pickle, pkl5):
        cls = type(new(module, name).memo)
        for call in (cls, lambda: object.__new__(cls), lambda: cls.__new__(cls),
                     type("Derived", (cls,), {})):
            assert outcome(call)[0] is TypeError


ACTS = {
    "repr": lambda obj: repr(obj).split(" object at ")[0],
    "hash": lambda obj: hash(obj) == object.__hash__(obj),
    "dict": lambda obj: obj.__dict__,
    "new attribute": lambda obj: setattr(obj, "extra", 1),
    "missing": lambda obj: obj.missing,
    "weakref": lambda obj: type(weakref.ref(obj)),
    "tracked": gc.is_tracked,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "reduce": lambda obj: obj.__reduce__(),
    "pickled 0": lambda obj: _pickle.dumps(obj, 0),
    "pickled 4": lambda obj: _pickle.dumps(obj, 4),
    "bound pickled": lambda obj: _pickle.dumps(obj.__init__, 4),
    "delete memo": lambda obj: delattr(obj, "memo"),
    "memo of an int": lambda obj: setattr(obj, "memo", 5),
    "memo of None": lambda obj: setattr(obj, "memo", None),
    "memo of a dict": lambda obj: setattr(obj, "memo", {}),
    "memo's type": lambda obj: repr(obj.memo).split(" object at ")[0],
    "memo's hash": lambda obj: hash(obj.memo),
    "memo's copy": lambda obj: obj.memo.copy(),
    "memo's clear": lambda obj: obj.memo.clear(),
    "memo's reduce": lambda obj: obj.memo.__reduce__(),
    "memo pickled": lambda obj: _pickle.dumps(obj.memo),
    "memo copied": lambda obj: copy.copy(obj.memo),
    "memo's attribute": lambda obj: setattr(obj.memo, "extra", 1),
    "iter": iter, "len": len, "call": lambda obj: obj(),
    "lt": lambda obj: obj < obj,
    "init without arguments": lambda obj: obj.__init__(),
    "class": lambda obj: setattr(obj, "__class__", object),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("name", CLASSES)
def test_instances(name, act):
    wanted, got = (outcome(ACTS[act], new(module, name))
                   for module in (_pickle, pkl5))
    if isinstance(wanted, tuple) and wanted[0] is TypeError and "init" in act:
        assert got[0] is TypeError
    else:
        assert repr(got).replace("pkl5.", "_pickle.") == repr(wanted)


PICKLERS = {
    "bin": lambda p: p.bin, "fast": lambda p: p.fast,
    "set bin": lambda p: setattr(p, "bin", "x"),
    "set fast": lambda p: setattr(p, "fast", None),
    "true": lambda p: [setattr(p, "fast", True), p.fast],
    "delete fast": lambda p: delattr(p, "fast"),
    "dispatch_table": lambda p: p.dispatch_table,
    "delete dispatch_table": lambda p: delattr(p, "dispatch_table"),
    "set dispatch_table": lambda p: [setattr(p, "dispatch_table", {}),
                                     p.dispatch_table,
                                     delattr(p, "dispatch_table")],
    "memo entries": lambda p: setattr(p, "memo", {1: 2}),
    "memo's indices": lambda p: setattr(p, "memo", {1: ("a", 2)}),
    "dump": lambda p: p.dump(), "dump two": lambda p: p.dump(1, 2),
    "dump by name": lambda p: p.dump(obj=1),
    "clear_memo": lambda p: p.clear_memo(),
    "clear_memo of one": lambda p: p.clear_memo(1),
    "reducer_override": lambda p: p.reducer_override,
}


@pytest.mark.parametrize("act", PICKLERS)
def test_picklers(act):
    wanted, got = (outcome(PICKLERS[act], module.Pickler(io.BytesIO()))
                   for module in (_pickle, pkl5))
    assert got == wanted


UNPICKLERS = {
    "load": lambda u: u.load(), "load of one": lambda u: u.load(1),
    "find_class": lambda u: u.find_class("builtins", "len"),
    "no such": lambda u: u.find_class("builtins", "missing"),
    "memo's keys": lambda u: setattr(u, "memo", {"a": 1}),
    "memo of a list": lambda u: setattr(u, "memo", []),
}


@pytest.mark.parametrize("act", UNPICKLERS)
def test_unpicklers(act):
    wanted, got = (outcome(UNPICKLERS[act], new(module, "Unpickler"))
                   for module in (_pickle, pkl5))
    assert got == wanted
