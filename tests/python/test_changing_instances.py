"""Instances that change while they are pickled, and slots of every form: the
bytes are those of _pickle, and what it survives is survived."""

import _pickle
import copyreg
import gc
import io
import sys
import weakref

import pytest

import pkl5

HERE = sys.modules[__name__]
PROTOCOLS = range(6)


def outcome(function):
    try:
        return function()
    except Exception as error:
        return type(error), str(error)


def dump_to_file(module, obj, protocol):
    file = io.BytesIO()
    module.dump(obj, file, protocol)
    return file.getvalue()


def dump_by_pickler(module, obj, protocol):
    file = io.BytesIO()
    module.Pickler(file, protocol).dump(obj)
    return file.getvalue()


class Override:
    """A reducer_override that calls back for each object."""

    def __init__(self, call):
        self.call = call

    def __call__(self, module, obj, protocol):
        call = self.call

        class Pickler(module.Pickler):
            def reducer_override(self, obj):
                call(obj)
                return NotImplemented

        file = io.BytesIO()
        Pickler(file, protocol).dump(obj)
        return file.getvalue()


WAYS = [lambda module, obj, protocol: module.dumps(obj, protocol),
        dump_to_file, dump_by_pickler]


def same(make, ways=WAYS, protocols=PROTOCOLS):
    for dump in ways:
        for protocol in protocols:
            wanted, got = (outcome(lambda: dump(module, make(), protocol))
                           for module in (_pickle, pkl5))
            assert got == wanted, protocol


class Calls:
    """Calls something when it is reduced."""

    def __init__(self, function):
        self.function = function

    def __reduce__(self):
        self.function()
        return list, ()


class Plain:
    pass


class Slotted:
    __slots__ = ("a", "b", "c")


def replace_dict(obj):
    obj.__dict__ = {"x": 1, "y": [2], "z": 3}


def replace_by_fewer(obj):
    obj.__dict__ = {}


def drop_dict(obj):
    del obj.__dict__


def swap_and_change(obj):
    obj.c = "changed"
    obj.__dict__ = {"a": obj}


def add_and_remove(obj):
    obj.d = 5
    del obj.d


def remove_and_add(obj):
    del obj.a
    obj.d = 5


def add(obj):
    obj.d = 5


def clear(obj):
    vars(obj).clear()


def change_class(obj):
    obj.__class__ = Other


class Other:
    pass


CHANGES = [replace_dict, replace_by_fewer, drop_dict, swap_and_change,
           add_and_remove, add, clear, change_class]


@pytest.mark.parametrize("place", ["a", "b", "c"])
@pytest.mark.parametrize("change", CHANGES)
def test_dict_that_is_replaced_under_way(change, place):
    def make(asked):
        made = Plain()
        made.a, made.b, made.c = "first", ["second"], "third"
        setattr(made, place, Calls(lambda: change(made)))
        if asked:
            vars(made)
        return [made, Plain(), made]

    if change is clear and sys.version_info < (3, 12):
        pytest.skip("_pickle reads what is gone")
    for asked in (False, True):
        same(lambda: make(asked))
        same(lambda: make(asked)[0])


def test_single_attribute():
    for change in (replace_dict, drop_dict, swap_and_change, change_class):
        def make():
            made = Plain()
            made.a = Calls(lambda: change(made))
            return [made, made]

        same(make)


def test_deep_chains_of_open_instances():
    def make():
        opened = []
        inner = Calls(lambda: [replace_dict(each) for each in opened])
        for i in range(300):
            made = Plain()
            made.a, made.b, made.c = i, inner, str(i)
            opened.append(made)
            inner = made
        return inner

    same(make, ways=WAYS[:1], protocols=(2, 5))


def change_slots(obj):
    for name in Slotted.__slots__:
        setattr(obj, name, "changed")


def drop_slots(obj):
    for name in Slotted.__slots__:
        if hasattr(obj, name):
            delattr(obj, name)


def change_their_class(obj):
    Slotted.changed = getattr(Slotted, "changed", 0) + 1


@pytest.mark.parametrize("place", ["a", "b", "c"])
@pytest.mark.parametrize("change", [
    change_slots, drop_slots, change_their_class])
def test_slots_that_change_under_way(change, place):
    def make(names):
        made = Slotted()
        for name in names:
            setattr(made, name, [name])
        setattr(made, place, Calls(lambda: change(made)))
        return [made, Slotted(), made, "a", "b", "c"]

    for names in ("", "a", "abc", "c"):
        same(lambda: make(names), protocols=range(2, 6))


def test_reducer_override_that_changes_what_is_open():
    """It sees the class before the attributes."""
    for change in (replace_dict, drop_dict):
        def make_plain():
            made = Plain()
            made.a, made.b = ["x"], 5
            return made

        def dump(module, obj, protocol):
            return Override(lambda seen: seen is Plain and change(obj))(
                module, obj, protocol)

        same(make_plain, ways=[dump], protocols=range(2, 6))
    for change in (change_slots, drop_slots):
        def make_slotted():
            made = Slotted()
            made.a, made.c = ["x"], 5
            return made

        def dump(module, obj, protocol):
            return Override(lambda seen: seen is Slotted and change(obj))(
                module, obj, protocol)

        same(make_slotted, ways=[dump], protocols=range(2, 6))


class CallsBack:
    """A file whose n-th write() calls something."""

    def __init__(self, countdown, function):
        self.countdown = countdown
        self.function = function
        self.data = b""

    def write(self, data):
        self.data += bytes(data)
        self.countdown -= 1
        if self.countdown == 0:
            self.function()


@pytest.mark.parametrize("change", [replace_dict, drop_dict, change_class])
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_writes_that_replace_dicts_are_survived(change, protocol):
    for countdown in range(1, 12):
        objects = []
        for _ in range(2):
            made = Plain()
            for letter in "abc":
                setattr(made, letter * 70000, letter.upper() * 70000)
            objects.append(made)
        file = CallsBack(countdown, lambda: [change(o) for o in objects])
        pkl5.dump(objects, file, protocol)
        assert len(pkl5.loads(file.data)) == 2


# --- Instances that are taken out of their container -------------------------


class Taken:
    pass


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("dump", WAYS)
def test_finalizers_that_take_out_what_is_looked_at(dump, known):
    """The cycle collector runs while a __dict__ is made or a class is seen."""
    old = gc.get_threshold()

    class Cycle:
        def __init__(self, holder):
            self.me = self
            self.holder = holder

        def __del__(self):
            if self.holder:
                # Their memory is used again.
                self.holder[:] = ["gone"] * len(self.holder)
                self.holder.append([str(i) for i in range(100)])

    if known:
        made = Taken()
        made.a = 1
        pkl5.dumps(made)
    try:
        for threshold in (*range(1, 12), 15, 20, 30, 45):
            gc.collect()
            if not known:
                cls = type("Taken", (), {"__module__": __name__})
                HERE.Taken = cls
            holder = []
            for i in range(3):
                made = Taken()
                made.a, made.b = [str(i)], i * 1.5
                holder.append(made)
            dead = weakref.ref(made)
            del made
            Cycle(holder)
            gc.set_threshold(threshold, 10, 10)
            data = dump(pkl5, holder, 5)
            gc.set_threshold(0)
            pkl5.loads(data)
            gc.set_threshold(*old)
            gc.collect()
            assert dead() is None or dead() in holder
    finally:
        gc.set_threshold(*old)


# --- Slots ---------------------------------------------------------------------


def classes():
    """name: a class with slots, and the attributes of an instance."""
    class A:
        __slots__ = ("x",)

    class Redefined(A):
        __slots__ = ("x", "y")

    class Three(Redefined):
        __slots__ = ("y", "z", "x")

    class Empty(Three):
        __slots__ = ()

    class Mixin:
        __slots__ = ()

    class Several(Mixin, Three):
        __slots__ = ("x",)

    class WithDict(Redefined):
        pass

    class DictSlot(A):
        __slots__ = ("x", "__dict__")

    class WeakSlot(A):
        __slots__ = ("x", "__weakref__")

    class _Mangled:
        __slots__ = ("__x", "_y", "__z__")

        def fill(self):
            self.__x = 1

    class Mangled(_Mangled):
        __slots__ = ("__x", "__z__", "_y")

        def fill(self):
            super().fill()
            self.__x = 2

    class __(A):
        __slots__ = ("__x", "x")

    class Single(A):
        __slots__ = "x"

    class Shadowed(A):
        x = property(lambda self: 5)
        __slots__ = ("y",)

    class Shadows(A):
        __slots__ = ("y",)
        x = "of the class"

    class DictAbove(Plain):
        __slots__ = ("x",)

    class DictBelow(DictAbove):
        __slots__ = ("x", "y")

    class Unicode(A):
        __slots__ = ("x", "\xe9", "e\u0301")

    return [value for value in locals().values() if isinstance(value, type)]


@pytest.mark.parametrize("cls", classes(), ids=lambda cls: cls.__name__)
def test_slots_of_every_form(cls, monkeypatch):
    for each in cls.__mro__[:-1]:
        each.__module__, each.__qualname__ = __name__, each.__name__
        monkeypatch.setattr(HERE, each.__name__, each, raising=False)

    def make(names):
        made = cls()
        if hasattr(cls, "fill"):
            made.fill()
        for name in names:
            try:
                setattr(made, name, [name])
            except AttributeError:
                pass
        return [made, "x", "y", made]

    for names in ([], ["x"], ["y", "x"], ["z", "_y", "__z__", "\xe9"],
                  ["x", "y", "z", "other", "__x", "e\u0301"]):
        same(lambda: make(names))


@pytest.mark.parametrize("change", [
    lambda names: names.append("y"), lambda names: names.append("x"),
    lambda names: names.clear(), lambda names: names.reverse(),
    lambda names: names.append(5), lambda names: names.insert(0, "missing"),
    lambda names: names.__setitem__(slice(None), ["y"])])
@pytest.mark.parametrize("slots", [("x", "y"), (), None])
def test_cache_of_slot_names(change, slots, monkeypatch):
    """copyreg keeps a list with the class, which is what counts."""
    body = {"__module__": __name__}
    if slots is not None:
        body["__slots__"] = slots
    cls = type("Cached", (), body)
    monkeypatch.setattr(HERE, "Cached", cls, raising=False)

    def make():
        made = cls()
        for name in slots or ("x", "y"):
            if slots != ():
                setattr(made, name, [name])
        return [made, made]

    same(make)
    change(copyreg._slotnames(cls))
    same(make)
    cls.__slotnames__ = None
    same(make)
    del cls.__slotnames__
    same(make)
