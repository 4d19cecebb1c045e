"""Instances that are reduced as object does, or seem to be: the bytes, or the
error, are those of _pickle."""

import _pickle
import collections
import io
import pickle
import sys

import pytest

import pkl5

HERE = sys.modules[__name__]


def outcome(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return type(error)


def same_dump(make, protocols=range(6)):
    """Both modules write, or raise, the same of what make() gives."""
    got = None
    for protocol in protocols:
        wanted, got = (outcome(module.dumps, make(), protocol)
                       for module in (_pickle, pkl5))
        assert got == wanted
    return got


@pytest.fixture
def new_class(monkeypatch):
    """Makes classes that pickles find: new_class(bases, attributes).

    No instance of them has been seen: where their attributes stand is open.
    """
    def make(bases=(), attributes=None, metaclass=type):
        made = metaclass("Made", bases,
                         {"__module__": __name__, **(attributes or {})})
        monkeypatch.setattr(HERE, "Made", made, raising=False)
        return made
    return make


def filled(cls, **attributes):
    made = cls()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


# --- Attributes --------------------------------------------------------------


def drop_dict(instance):
    del instance.__dict__


def drop_and_set(instance):
    del instance.__dict__
    instance.c = 3


def ask_for_dict(instance):
    vars(instance)


def drop_attribute(instance):
    del instance.a


def drop_all(instance):
    del instance.a, instance.b


@pytest.mark.parametrize("change", [
    drop_dict, drop_and_set, ask_for_dict, drop_attribute, drop_all])
def test_attributes_that_were_changed(new_class, change):
    cls = new_class()

    def make():
        made = filled(cls, a=1, b=[2])
        change(made)
        return made

    loaded = pickle.loads(same_dump(make))
    assert type(loaded) is cls and vars(loaded) == vars(make())


@pytest.mark.parametrize("name", [
    "__reduce_ex__", "__getstate__", "__reduce__", "__x", "_", "\xe9"])
def test_special_names_in_places_of_the_class(new_class, name):
    """They may stand for methods of the class, and are asked for."""
    cls = new_class()
    value = (lambda *args: (int, ())) if name[-2:] == "__" else 5
    same_dump(lambda: filled(cls, a=1, **{name: value}))


def test_more_attributes_than_the_class_has_places_for(new_class):
    cls = new_class()
    names = [f"a{i}" for i in range(60)]
    for count in (1, 29, 30, 31, 60):
        made = filled(cls, **dict.fromkeys(names[:count], 1))
        loaded = pickle.loads(same_dump(lambda: made))
        assert list(vars(loaded)) == names[:count]


def flat_and_other_values():
    shared = "shared " + str(len(sys.path))
    return [0, -1, 255, 1 << 29, 1 << 30, 1 << 31, 1 << 70, 1.5, True, False,
            None, "", str(12345), "x" * 255, "x" * 256, "\xe9", shared, shared,
            "a", b"bytes", (), [1], {"a": "b"}, [shared]]


@pytest.mark.parametrize("ask", [False, True])
@pytest.mark.parametrize("name", ["a", "\xe9t\xe9", "n" * 300])
def test_attributes_of_every_kind(new_class, ask, name):
    """Alone, and before, between and behind others."""
    cls = new_class()

    def make():
        for value in flat_and_other_values():
            for attributes in ({name: value}, {name: value, "b": 1},
                               {"b": "text", name: value},
                               {"b": 1, name: value, "c": value}):
                made = filled(cls, **attributes)
                if ask:
                    vars(made)
                yield made
        yield cls()

    same_dump(lambda: list(make()))
    same_dump(lambda: (made := list(make()), [vars(each) for each in made]))
    same_dump(lambda: [(vars(each), each) for each in make()])


def test_a_dict_with_more_attributes_than_a_batch(new_class):
    cls = new_class()
    for count in (999, 1000, 1001, 2000):
        same_dump(lambda: [
            filled(cls, **{f"a{i}": i for i in range(count)}) for _ in "ab"])


def test_names_that_only_their_class_refers_to(new_class):
    """One reference, and as many dicts as there are instances."""
    cls = new_class()

    def make(ask):
        made = [filled(cls, **{"_".join(["name", str(id(cls)), kind]): value})
                for value in (1, [2], "three") for kind in "ab"]
        for instance in made[:ask]:
            vars(instance)
        sys._clear_type_cache()
        return made

    for ask in (0, 3, 6):
        same_dump(lambda: make(ask))
        same_dump(lambda: [vars(each) for each in make(ask)])
        for module in (_pickle, pkl5):
            file = io.BytesIO()
            module.dump(make(ask), file, 5)
            assert file.getvalue() == _pickle.dumps(make(ask), 5)


def test_picklers_that_go_on_write_the_dict_once(new_class):
    """The __dict__ may be met in the next pickle."""
    made = filled(new_class(), a=1, b="text")
    written = []
    for module in (_pickle, pkl5):
        file = io.BytesIO()
        pickler = module.Pickler(file, 4)
        pickler.dump(made)
        pickler.dump(made.__dict__)
        written.append(file.getvalue())
    assert written[0] == written[1]
    unpickler = pkl5.Unpickler(io.BytesIO(written[1]))
    loaded = unpickler.load()
    assert unpickler.load() == {"a": 1, "b": "text"} == vars(loaded)


def test_attributes_of_a_class_that_c_made():
    """Its __dict__ stands where no class of Python's has one."""
    testcapi = pytest.importorskip("_testcapi")
    cls = getattr(testcapi, "HeapCTypeWithDict", None)
    if cls is None:
        pytest.skip("no such class here")
    for make in (cls, lambda: filled(cls), lambda: filled(cls, a=1, b=[2])):
        same_dump(make, range(2, 6))
        for protocol in range(2, 6):
            loaded = pkl5.loads(pkl5.dumps(make(), protocol))
            assert type(loaded) is cls
            assert vars(loaded) == vars(make())


class Meddler:
    """Changes instances while they, or others of their class, are dumped."""

    def __init__(self, change):
        self.change = change

    def __reduce__(self):
        self.change()
        return int, ()


def meddling(cls, change):
    """Instances of which the second one meddles with the third one."""
    third = filled(cls, a=3, b=["c"])
    second = filled(cls, a=Meddler(lambda: change(cls, third)), b=2)
    return [filled(cls, a=1, b=2), second, third, filled(cls, b=1, a=2)]


def more_names(cls, instance):
    for i in range(5):
        setattr(cls(), f"more{i}", i)


def too_many_names(cls, instance):
    for i in range(40):
        setattr(instance, f"many{i}", i)


def new_dict(cls, instance):
    instance.__dict__ = {"other": [1], "names": "x"}


def own_dict_back(cls, instance):
    vars(instance).clear()
    instance.z = 5


def gone_and_back(cls, instance):
    del instance.a
    instance.c = 6
    instance.a = 7


@pytest.mark.parametrize("change", [
    more_names, too_many_names, new_dict, own_dict_back, gone_and_back,
    lambda cls, instance: vars(instance)])
def test_instances_that_change_during_the_dump(new_class, change):
    cls = new_class()
    same_dump(lambda: meddling(cls, change), range(2, 6))


@pytest.mark.parametrize("slots", [("s",), ()])
def test_subclasses_with_slots_of_classes_with_a_dict(new_class, monkeypatch,
                                                      slots):
    monkeypatch.setattr(HERE, "Base", new_class(), raising=False)
    HERE.Base.__qualname__ = HERE.Base.__name__ = "Base"
    cls = new_class((HERE.Base,), {"__slots__": slots})
    made = [filled(cls, a=1, b="x"), filled(HERE.Base, a=2), cls()]
    if slots:
        made[0].s = 5
    same_dump(lambda: made, range(2, 6))


# --- Classes -----------------------------------------------------------------


def as_int(self):
    return int


def own_setter(self, name, value):
    object.__setattr__(self, name, value)


@pytest.mark.parametrize("attributes", [
    {"__class__": property(as_int)}, {"__getstate__": lambda self: {"x": 5}},
    {"__getnewargs__": lambda self: ()}, {"__getnewargs_ex__": lambda self: (
        (), {})}, {"__reduce__": lambda self: (int, ())},
    {"__reduce_ex__": lambda self, protocol: (int, ())},
    {"__getattribute__": object.__getattribute__},
    {"__getattr__": lambda self, name: 5}, {"__setattr__": own_setter}],
    ids=lambda attributes: next(iter(attributes)))
def test_classes_that_reduce_on_their_own(new_class, attributes):
    cls = new_class((), attributes)
    same_dump(cls)
    same_dump(lambda: filled(cls, a=1))


def test_state_of_a_class_with_its_own_getattribute(new_class):
    asked = []

    def ask(self, name):
        asked.append(name)
        return object.__getattribute__(self, name)

    cls = new_class((), {"__getattribute__": ask})
    loaded = pkl5.loads(pickle.dumps(filled(cls, a=1), 2))
    asked.clear()
    loaded = pkl5.loads(pickle.dumps(loaded, 2))
    assert "__setstate__" in asked and "__dict__" in asked
    assert loaded.a == 1


@pytest.mark.parametrize("base", [property, staticmethod, io.BytesIO, set,
                                  collections.deque, slice, range])
def test_classes_over_what_holds_more(new_class, base):
    """What C keeps in an instance is no attribute."""
    try:
        cls = new_class((base,))
    except TypeError:
        pytest.skip(f"{base} is no base")
    same_dump(lambda: cls(()) if base is staticmethod else cls())


@pytest.mark.parametrize("names", [["fget"], ["fget", "__doc__"], []])
def test_slots_that_are_members_of_c(new_class, names):
    cls = new_class((property,), {"__slots__": (), "__slotnames__": names})
    same_dump(cls)


@pytest.mark.parametrize("slots", [5, (5,), ("a", 5)])
def test_slots_that_became_nonsense(new_class, slots):
    cls = new_class((), {"__slots__": ("a",)})
    cls.__slots__ = slots
    got = same_dump(lambda: filled(cls, a=1), range(2, 6))
    assert issubclass(got, (AttributeError, TypeError))


def test_no_slots_at_all(new_class):
    cls = new_class((), {"__slots__": ()})
    same_dump(cls)
    assert type(pkl5.loads(pkl5.dumps(cls()))) is cls


# --- Named tuples ------------------------------------------------------------

Point = collections.namedtuple("Point", "x y")


def backwards(self):
    return iter((self[1], self[0]))


@pytest.mark.parametrize("attributes", [
    {}, {"__slots__": ()}, {"__iter__": backwards, "__slots__": ()},
    {"__slotnames__": ["x"], "__slots__": ()},
    {"__slotnames__": ("x",), "__slots__": ()},
    {"__getnewargs__": lambda self: (1, 2), "__slots__": ()}], ids=str)
def test_classes_over_named_tuples(new_class, attributes):
    cls = new_class((Point,), attributes)
    same_dump(lambda: cls("a", "b"))


def test_tuples_that_only_look_like_named_ones(new_class):
    cls = new_class((tuple,), {
        "__slots__": (), "__getnewargs__": lambda self: ("ab",)})
    assert tuple(pickle.loads(same_dump(lambda: cls((1, 2))))) == ("a", "b")


# --- Loading -----------------------------------------------------------------


def test_names_of_attributes_become_one(new_class):
    """Also one that no program has named so far."""
    cls = new_class()
    name = "_".join(["attribute", "of", "no", "other", str(id(cls))])
    pickled = (b"\x80\x04(" + b"".join(
        b"c" + __name__.encode() + b"\nMade\n)\x81}" + key + b"K\x01sb"
        for key in (b"\x8c" + bytes([len(name)]) + name.encode() + b"\x94",
                    b"h\x00", b"h\x00")) + b"l.")
    loaded = pkl5.loads(pickled)
    keys = [next(iter(vars(instance))) for instance in loaded]
    assert keys == [name] * 3
    assert all(key is sys.intern(name) for key in keys)
