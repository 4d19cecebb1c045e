"""Where a dump failed: the notes that CPython 3.14 gives its exceptions."""

import collections
import io
import sys

import pytest

import pkl5

HAS_NOTES = sys.version_info >= (3, 11)
HERE = __name__


class Plain:
    def __init__(self, **fields):
        vars(self).update(fields)


class Attributes:
    """Its instances have no __dict__ until somebody asks for it."""

    def __init__(self, a, b):
        self.a = a
        self.b = b


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a = a
        self.b = b


Point = collections.namedtuple("Point", "x y")


class List(list):
    pass


class Dict(dict):
    pass


class Reduced:
    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce_ex__(self, protocol):
        return self.reduced[0] if len(self.reduced) == 1 else self.reduced


class Raises:
    def __reduce__(self):
        raise KeyError("mine")


def bad():
    """What no pickler can find again."""
    return lambda: None


def __newobj__(*args):
    """As copyreg's."""


def __newobj_ex__(*args):
    """As copyreg's."""


def setter(obj, state):
    """A state setter."""


def failed(obj, protocol=5, dump=pkl5.dumps):
    with pytest.raises(Exception) as caught:
        dump(obj, protocol)
    return caught.value


def notes(obj, protocol=5, dump=pkl5.dumps):
    """Without "when serializing"."""
    error = failed(obj, protocol, dump)
    lines = (getattr(error, "__notes__", []) if HAS_NOTES
             else str(error).split("\n")[1:])
    start = "when serializing "
    assert all(line.startswith(start) for line in lines)
    return [line[len(start):] for line in lines]


def dump_to_file(obj, protocol):
    pkl5.dump(obj, io.BytesIO(), protocol)


def dump_by_pickler(obj, protocol):
    pkl5.Pickler(io.BytesIO(), protocol).dump(obj)


def dump_with_hook(obj, protocol):
    class Pickler(pkl5.Pickler):
        def persistent_id(self, obj):
            return None
    Pickler(io.BytesIO(), protocol).dump(obj)


EVERY_WAY = pytest.mark.parametrize(
    "dump", [pkl5.dumps, dump_to_file, dump_by_pickler, dump_with_hook])
EVERY_PROTOCOL = pytest.mark.parametrize("protocol", range(6))


@EVERY_WAY
@EVERY_PROTOCOL
def test_containers(protocol, dump):
    def found(obj):
        return notes(obj, protocol, dump)

    assert found(bad()) == []
    assert found([1, "x", bad(), 2]) == ["list item 2"]
    assert found([bad()]) == ["list item 0"]
    assert found([0] * 2500 + [bad()]) == ["list item 2500"]
    assert found((1, [2.5, bad()])) == ["list item 1", "tuple item 1"]
    assert found((1, 2, 3, 4, bad())) == ["tuple item 4"]
    assert found({"a": 1, "b": bad()}) == ["dict item 'b'"]
    assert found({"a": {2: bad()}}) == ["dict item 2", "dict item 'a'"]
    assert found({("k", None): bad(), 1: 2}) == ["dict item ('k', None)"]
    # A key has no note of its own.
    assert found({bad(): 1}) == []
    assert found({"a": 1, (1, bad()): 1}) == ["tuple item 1"]


@pytest.mark.parametrize("made", [set, frozenset])
def test_sets(made):
    name = made.__name__
    for protocol in (4, 5):
        assert notes({"k": made([1, (2, bad())])}, protocol) == [
            "tuple item 1", f"{name} element", "dict item 'k'"]
        assert notes(made([bad()]), protocol) == [f"{name} element"]
    assert notes(made([bad()]), 3) == ["list item 0", "tuple item 0",
                                       f"{name} reconstructor arguments"]


@EVERY_WAY
@EVERY_PROTOCOL
def test_instances(protocol, dump):
    def found(obj):
        return notes(obj, protocol, dump)

    assert found(Plain(a=1, b=bad())) == [
        "dict item 'b'", f"{HERE}.Plain state", f"{HERE}.Plain object"]
    assert found([Attributes([bad()], 2)]) == [
        "list item 0", "dict item 'a'", f"{HERE}.Attributes state",
        f"{HERE}.Attributes object", "list item 0"]
    instance = Attributes(1, bad())
    vars(instance)
    assert found(instance)[0] == "dict item 'b'"
    if protocol >= 2:
        assert found(Slotted(1, {3: bad()})) == [
            "dict item 3", "dict item 'b'", "tuple item 1",
            f"{HERE}.Slotted state", f"{HERE}.Slotted object"]
        assert found(Point(1, bad())) == [
            "tuple item 1", f"{HERE}.Point __new__ arguments",
            f"{HERE}.Point object"]


def test_classes_that_are_not_found():
    class Local:
        pass

    class LocalSlots:
        __slots__ = ("a",)

    name = f"{HERE}.{Local.__qualname__}"
    assert notes([Local()]) == [f"{name} class", f"{name} object",
                                "list item 0"]
    slots = f"{HERE}.{LocalSlots.__qualname__}"
    assert notes(LocalSlots()) == [f"{slots} class", f"{slots} object"]
    assert notes(Local(), 1) == ["tuple item 0",
                                 f"{name} reconstructor arguments",
                                 f"{name} object"]


@EVERY_PROTOCOL
def test_subclasses_of_containers(protocol):
    name = f"{HERE}.Reduced"
    for index in (0, 1, 1000, 2000):
        items = iter([0] * index + [bad()])
        assert notes(Reduced(List, (), None, items), protocol) == [
            f"{name} item {index}", f"{name} object"]
        items = iter([*enumerate(range(index)), ("k", bad())])
        assert notes(Reduced(Dict, (), None, None, items), protocol) == [
            f"{name} item 'k'", f"{name} object"]
    if protocol >= 2:
        assert notes(List([1, bad()]), protocol) == [
            f"{HERE}.List item 1", f"{HERE}.List object"]
        assert notes(Dict({(1, bad()): 2}), protocol) == [
            "tuple item 1", f"{HERE}.Dict object"]
    wrong = Reduced(Plain, (), None, None, iter([(1, 2), (bad(), 2, 3)]))
    assert notes(wrong, protocol) == [
        f"{HERE}.Reduced object"] or not HAS_NOTES

    def raises_later():
        yield 1
        raise KeyError

    assert notes(Reduced(Plain, (), None, raises_later()), protocol) == [
        f"{HERE}.Reduced object"] or not HAS_NOTES


REDUCED = [
    ((bad(), ()), ["reconstructor"]),
    ((Plain, (1, bad())), ["tuple item 1", "reconstructor arguments"]),
    ((Plain, (), bad()), ["state"]),
    ((Plain, (), [bad()]), ["list item 0", "state"]),
    ((Plain, (), 1, None, None, bad()), ["state setter"]),
    ((Plain, (), bad(), None, None, setter), ["state"]),
    ((Plain, (), None, None, None, None), None),
    ((1, ()), []), ((Plain, 1), []), ((Plain,), None), ((Plain, (), 1, 2), []),
]


@EVERY_PROTOCOL
def test_reductions(protocol):
    for reduced, parts in REDUCED:
        if parts is not None:
            assert notes(Reduced(*reduced), protocol) == [
                part if " item " in part else f"{HERE}.Reduced {part}"
                for part in parts] + [f"{HERE}.Reduced object"], reduced
    assert notes(Reduced(5), protocol) == [f"{HERE}.Reduced object"]
    assert notes([Reduced("missing")], protocol) == ["list item 0"]
    # What a reducer raises is not of the object's making.
    error = failed([Raises()], protocol)
    assert type(error) is KeyError and error.args == ("mine",)
    if HAS_NOTES:
        assert error.__notes__ == ["when serializing list item 0"]
    else:
        assert str(error) == "'mine'"


def test_new_functions():
    name = f"{HERE}.Reduced"
    for protocol in range(2, 6):
        assert notes(Reduced(__newobj__, (Reduced, bad())), protocol) == [
            "tuple item 0", f"{name} __new__ arguments", f"{name} object"]
        parts = notes(Reduced(__newobj_ex__, (Reduced, (bad(),), {})), protocol)
        assert parts[-2:] == [
            f"{name} __new__ arguments" if protocol >= 4
            else f"{name} reconstructor", f"{name} object"]
        if protocol >= 4:
            made = Reduced(__newobj_ex__, (Reduced, (), {"k": bad()}))
            assert notes(made, protocol) == [
                "dict item 'k'", f"{name} __new__ arguments", f"{name} object"]
        assert notes(Reduced(__newobj__, ()), protocol) == [f"{name} object"]


@pytest.mark.skipif(not HAS_NOTES, reason="exceptions have no notes")
def test_changes_under_way():
    class Grows:
        def __init__(self, container):
            self.container = container

        def __reduce__(self):
            self.container[len(self.container)] = 1
            return Plain, ()

    container = {}
    container.update({"a": Grows(container), "b": 2})
    error = failed([container])
    assert "changed size" in str(error)
    assert error.__notes__ == ["when serializing list item 0"]


class Changes:
    """Cannot be reduced, and calls something before it tells."""

    def __init__(self, change):
        self.change = change

    def __reduce__(self):
        self.change()
        raise KeyError("mine")


@pytest.mark.skipif(not HAS_NOTES, reason="exceptions have no notes")
def test_what_is_gone_when_it_fails_is_not_named():
    table = {"a": 1, "b": 2}
    table["a"] = Changes(table.clear)
    assert notes([table]) == ["list item 0"]

    state, whole = f"{HERE}.Attributes state", f"{HERE}.Attributes object"
    for change, named in (
            (lambda: delattr(instance, "a"), []),
            (lambda: vars(instance), ["dict item 'b'"]),
            (lambda: vars(instance).pop("a"), []),
            (lambda: delattr(instance, "__dict__"), [])):
        for first in range(2):  # the class is known the second time
            instance = Attributes(1, Changes(change))
            found = notes(instance)
            assert found[-2:] == [state, whole]
            # Where attributes are read from their dict the key is known.
            assert found[:-2] in (named, ["dict item 'b'"]) or not first

    slotted = Slotted(1, None)
    slotted.b = Changes(lambda: setattr(Slotted, "changed", 1))
    assert notes(slotted)[-2:] == [f"{HERE}.Slotted state",
                                   f"{HERE}.Slotted object"]


@EVERY_PROTOCOL
def test_names_of_classes(protocol):
    """As %T of CPython 3.13 tells them."""
    if not HAS_NOTES:
        pytest.skip("exceptions have no notes")
    for module, name in (("builtins", "Named"), ("__main__", "Named"),
                         (5, "Named"), ("a.b", "a.b.Named")):
        made = type("Named", (), {"__reduce__": lambda self: 5})
        made.__module__ = module
        assert notes(made(), protocol) == [f"{name} object"]


@pytest.mark.parametrize("protocol", [2, 3])
def test_hooks_that_fail_inside_a_partial(protocol):
    """Which has no arguments of its own, and is asked for an id as well."""
    class Pickler(pkl5.Pickler):
        def persistent_id(self, obj):
            if obj == ():
                raise KeyError("mine")

    obj = Reduced(__newobj_ex__, (Plain, (1,), {"k": 2}))
    found = notes(obj, protocol,
                  lambda obj, protocol: Pickler(io.BytesIO(), protocol).dump(
                      obj))
    assert found == [f"{HERE}.Reduced reconstructor",
                     f"{HERE}.Reduced object"] or not HAS_NOTES


@pytest.mark.skipif(not HAS_NOTES, reason="exceptions have no notes")
def test_depth_is_told_in_part():
    made = bad()
    for _ in range(100000):
        made = [made]
    found = notes(made)
    assert len(found) == 1001
    assert found[500] == "99000 levels more"
    assert set(found[:500] + found[501:]) == {"list item 0"}


def test_notes_that_cannot_be_made():
    class Odd:
        def __repr__(self):
            raise ZeroDivisionError

        def __reduce__(self):
            return Plain, ()

        def __hash__(self):
            return 1

    assert notes([{Odd(): bad()}]) == ["list item 0"]

    class Refuses(Exception):
        def add_note(self, note):
            raise ZeroDivisionError

    class RaisesIt:
        def __reduce__(self):
            raise Refuses("mine")

    assert failed([RaisesIt()]).args == ("mine",)


def test_files_that_fail():
    class File:
        def write(self, data):
            raise OSError("full")

    for dump in (pkl5.dump, lambda obj, file: pkl5.Pickler(file).dump(obj)):
        with pytest.raises(OSError, match="full") as caught:
            dump([[b"x" * 200000], 1], File())
        assert not getattr(caught.value, "__notes__", [])


def test_successful_dumps_still_work_after_failures():
    wanted = pkl5.dumps([1, Point(2, 3)])
    for _ in range(3):
        failed({"a": [Slotted(1, bad())]})
        assert pkl5.dumps([1, Point(2, 3)]) == wanted


class RaisesAgain:
    def __init__(self, error):
        self.error = error

    def __reduce__(self):
        raise self.error


@pytest.mark.skipif(not HAS_NOTES, reason="exceptions have no notes")
def test_notes_of_an_exception_that_is_raised_again():
    error = KeyError("mine")
    error.add_note("of its own")
    for i in range(100):
        place = [0] * i + [{"k": RaisesAgain(error)}]
        assert failed(place) is error
        assert error.__notes__ == [
            "of its own", "when serializing dict item 'k'",
            f"when serializing list item {i}"]
    # What others have added since stays.
    error.add_note("of others")
    failed([RaisesAgain(error)])
    assert error.__notes__[0::3] == ["of its own", "of others"]
    assert error.__notes__[4:] == ["when serializing list item 0"]


@pytest.mark.skipif(not HAS_NOTES, reason="exceptions have no notes")
def test_dumps_inside_dumps_say_both():
    class Nests:
        def __init__(self, obj):
            self.obj = obj

        def __reduce__(self):
            return Plain, (pkl5.dumps(self.obj),)

    error = KeyError("mine")
    inner = {"inner": RaisesAgain(error)}
    for _ in range(100):
        assert failed([0, Nests(inner)]) is error
        assert error.__notes__ == ["when serializing dict item 'inner'",
                                   "when serializing list item 1"]
    failed([0, Nests([Nests(inner)])])
    assert error.__notes__ == ["when serializing dict item 'inner'",
                               "when serializing list item 0",
                               "when serializing list item 1"]


@pytest.mark.skipif(not HAS_NOTES, reason="exceptions have no notes")
def test_exceptions_that_are_raised_in_turn_get_no_notes_without_end():
    errors = [KeyError(i) for i in range(3)]
    for i in range(3000):
        failed([0] * (i % 7) + [RaisesAgain(errors[i % 3])])
    for error in errors:
        assert 0 < len(error.__notes__) <= 1000


@pytest.mark.skipif(not HAS_NOTES, reason="exceptions have no notes")
def test_notes_that_are_no_list_stay():
    for notes_before in (("a tuple",), None, 5):
        error = KeyError("mine")
        error.__notes__ = notes_before
        failed([RaisesAgain(error)])
        assert error.__notes__ == notes_before


@pytest.mark.skipif(not HAS_NOTES, reason="exceptions have no notes")
def test_notes_that_repeat_themselves_are_made_once():
    made = bad()
    for _ in range(100):
        made = Attributes([made], 2)
    error = failed(made)
    assert len(error.__notes__) == 400
    assert len({id(note) for note in error.__notes__}) == 4
