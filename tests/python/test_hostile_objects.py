"""Objects that raise, lie or change while they are pickled or filled."""

import _pickle
import array
import collections
import copyreg
import functools
import io
import pickle
import sys

import pytest

import pkl5
from object_maker import Plain, Slotted

HERE = sys.modules[__name__]
PAIR = (_pickle, pkl5)


def outcome(function, *args, **options):
    try:
        return function(*args, **options)
    except Exception as error:
        return type(error), str(error)


def same_dump(make, protocols=range(6)):
    """Both modules write, or raise, the same of what make() gives.

    What they say of it depends on the version of CPython.
    """
    got = None
    for protocol in protocols:
        wanted, got = (outcome(module.dumps, make(), protocol)
                       for module in PAIR)
        assert type(got) is type(wanted)
        if type(got) is tuple:
            assert got[0] is wanted[0]
        else:
            assert got == wanted
    return got


def same_load(data):
    """Both modules load, or raise, the same of the pickle."""
    wanted, got = (outcome(module.loads, data) for module in PAIR)
    if type(wanted) is not tuple:
        assert repr(got) == repr(wanted)
    else:
        assert got[0] is wanted[0]
    streamed = outcome(pkl5.load, io.BytesIO(data))
    assert repr(streamed) == repr(got)
    return got


class Reduced:
    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce_ex__(self, protocol):
        return tuple(part() if callable(part) and part.__name__ == "fresh"
                     else part for part in self.reduced)


def fails(error=ZeroDivisionError):
    raise error("mine")


class Raises:
    """Its attribute of that name raises."""

    def __init__(self, name, error=ZeroDivisionError):
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "error", error)

    def __getattribute__(self, name):
        if name == object.__getattribute__(self, "name"):
            raise object.__getattribute__(self, "error")(name)
        return object.__getattribute__(self, name)

    def __call__(self):
        return None


class NoReducers(Raises):
    """Lacks all that could reduce it."""

    def __getattribute__(self, name):
        if name in ("__reduce_ex__", object.__getattribute__(self, "name")):
            raise AttributeError(name)
        return object.__getattribute__(self, name)


def test_attributes_that_raise():
    for name in ("__reduce_ex__", "__reduce__", "__class__", "__getstate__"):
        for error in (ZeroDivisionError, AttributeError):
            assert outcome(pkl5.dumps, Raises(name, error))
    assert same_dump(lambda: Raises("__reduce_ex__"))[0] is ZeroDivisionError
    got = outcome(pkl5.dumps, NoReducers("__reduce__"))
    assert got[0] is pickle.PicklingError and (
        "can't pickle 'NoReducers' object" if sys.version_info < (3, 14)
        else f"Can't pickle {__name__}.NoReducers object") in got[1]
    same_dump(lambda: NoReducers("__nothing__"))


def test_reducer_found_by_its_second_name():
    class Second:
        def __getattribute__(self, name):
            if name == "__reduce_ex__":
                raise AttributeError
            if name == "__reduce__":
                return self
            return object.__getattribute__(self, name)

        def __call__(self):
            return int, (5,)

    assert same_dump(Second) == pickle.dumps(Reduced(int, (5,)), 5)

    class Raising(Second):
        def __getattribute__(self, name):
            if name == "__reduce__":
                raise ZeroDivisionError
            return super().__getattribute__(name)

    assert same_dump(Raising)[0] is ZeroDivisionError


def __newobj__(*args):
    return None


def __newobj_ex__(*args):
    return None


class Direct:
    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce_ex__(self, protocol):
        return self.reduced


class NoName:
    def __call__(self):
        return None


class Keyed:
    def __new__(cls, *args, **options):
        return object.__new__(cls)


def without(hidden):
    """A metaclass: looking the name up on its classes raises."""
    class Meta(type):
        def __getattribute__(cls, name):
            if name == hidden:
                raise ZeroDivisionError(name)
            return type.__getattribute__(cls, name)

    return Meta


class Hidden(metaclass=without("__new__")):
    pass


def test_calls_that_cannot_be_written():
    for callable_, args in (
            (__newobj_ex__, (Keyed, (), {1: 2})),
            (__newobj_ex__, (Hidden, (), {})),
            (__newobj_ex__, (Keyed, (1, 2), {"a": 3})),
            (Raises("__name__"), ()), (Raises("__name__", AttributeError), ()),
            (__newobj__, (Keyed, 1))):
        same_dump(lambda: Reduced(callable_, args))
    for nameless in (functools.partial(list), NoName()):
        for callable_ in (nameless, nameless.__call__):
            same_dump(lambda: Direct(callable_, ()))
    named = Raises("other")
    object.__setattr__(named, "__name__", 5)
    same_dump(lambda: Reduced(named, ()))


@pytest.mark.parametrize("error", [AttributeError, ZeroDivisionError])
def test_class_that_is_not_told(error):
    class Masked:
        def __getattribute__(self, name):
            if name == "__class__":
                raise error(name)
            return object.__getattribute__(self, name)

        def __reduce_ex__(self, protocol):
            return copyreg.__newobj__, (Masked,)

    Masked.__qualname__ = "Masked"
    Masked.__module__ = __name__
    HERE.Masked = Masked
    try:
        same_dump(Masked)
    finally:
        del HERE.Masked


def items_that_fail(count, make=lambda i: i):
    def fresh():
        for i in range(count):
            yield make(i)
        fails()
    return fresh


@pytest.mark.parametrize("count", [0, 1, 2, 3, 999, 1000, 1001, 1002])
def test_items_that_raise(count):
    assert same_dump(lambda: Reduced(
        list, (), None, items_that_fail(count)))[0] is ZeroDivisionError
    assert same_dump(lambda: Reduced(
        dict, (), None, None, items_that_fail(count, lambda i: (i, i)))
    )[0] is ZeroDivisionError


@pytest.mark.parametrize("pair", [1, (), (1,), (1, 2, 3), [1, 2]])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_items_that_are_no_pairs(place, pair):
    def fresh():
        return iter([(i, i) for i in range(place)] + [pair, (8, 8)])

    got = same_dump(lambda: Reduced(dict, (), None, None, fresh),
                    protocols=range(1, 6))
    assert got[0] is TypeError


def test_tables_that_raise():
    class Table:
        def __init__(self, error):
            self.error = error

        def __getitem__(self, key):
            raise self.error(key)

    for error in (ZeroDivisionError, KeyError):
        outcomes = []
        for module in PAIR:
            pickler = module.Pickler(io.BytesIO())
            pickler.dispatch_table = Table(error)
            outcomes.append(outcome(pickler.dump, 1 + 2j))
        assert outcomes[0] == outcomes[1]

    class Key(type):
        def __hash__(cls):
            raise ZeroDivisionError("hash")

    class Unhashable(metaclass=Key):
        pass

    class Options:
        @property
        def dispatch_table(self):
            raise ZeroDivisionError

    for module in PAIR:
        with pytest.raises(ZeroDivisionError):
            module.dumps(Unhashable())
    with pytest.raises(ZeroDivisionError):
        pkl5.dumps(1, 5, reducers=Options())


def test_buffers_that_cannot_be_pickled():
    released = pickle.PickleBuffer(b"x")
    released.release()
    strided = pickle.PickleBuffer(memoryview(b"abcdef")[::2])
    for view in (released, strided):
        got = same_dump(lambda: view, protocols=(5,))
        assert issubclass(got[0], Exception)

    # What a callback, or the truth of its answer, releases is written.
    class Releases:
        def __init__(self, view, answer):
            self.view, self.answer = view, answer

        def __bool__(self):
            self.view.release()
            return self.answer

    for answer in (True, False):
        for obj in (b"bytes", bytearray(b"bytes")):
            whole = pkl5.dumps(pickle.PickleBuffer(obj), 5,
                               buffer_callback=lambda view: answer)
            assert whole == pkl5.dumps(
                pickle.PickleBuffer(obj), 5,
                buffer_callback=lambda view: view.release() or answer)
            assert whole == pkl5.dumps(
                pickle.PickleBuffer(obj), 5,
                buffer_callback=lambda view: Releases(view, answer))

    def resizes(view):
        resized.extend(bytes(1000))

    resized = bytearray(b"bytes")
    with pytest.raises(BufferError):
        pkl5.dumps(pickle.PickleBuffer(resized), 5, buffer_callback=resizes)
    for callback in (lambda view: fails(), lambda view: Untold()):
        outcomes = []
        for module in PAIR:
            view = pickle.PickleBuffer(b"bytes")
            outcomes.append(outcome(module.dumps, view, 5,
                                    buffer_callback=callback))
        assert outcomes[0] == outcomes[1]
    matrix = memoryview(bytes(range(12))).cast("B", (3, 4))
    floats = array.array("d", [1, 2])
    for obj in (matrix, floats, b"", memoryview(b"x")[0:0]):
        same_dump(lambda: pickle.PickleBuffer(obj), protocols=(5,))


def test_buffers_of_odd_shapes(tmp_path):
    testbuffer = pytest.importorskip("_testbuffer")

    def made(shape, flags, count=4):
        return testbuffer.ndarray(list(range(count)), shape=shape, flags=flags)

    suboffsets = made([2, 2], testbuffer.ND_PIL)
    got = same_dump(lambda: pickle.PickleBuffer(suboffsets), protocols=(5,))
    assert got[0] is pickle.PicklingError
    path = tmp_path / "buffer.pkl5"
    for exporter in (made([4], 0), made([2, 2], 0),
                     made([2, 2], testbuffer.ND_FORTRAN),
                     made([4], testbuffer.ND_WRITABLE),
                     made([], testbuffer.ND_SCALAR, 1),
                     memoryview(b"x").cast("B", ()), b"plain"):
        same_dump(lambda: pickle.PickleBuffer(exporter), protocols=(5,))
        view = pickle.PickleBuffer(exporter)
        pkl5.dump(view, path)
        assert bytes(pkl5.load(path, verify=True)) == bytes(view.raw())


def test_what_protocols_have_no_room_for():
    """Nobody reads the 4 GiB, which are zero, and so are no memory."""
    try:
        huge = bytes(1 << 32)
    except MemoryError:
        pytest.skip("no memory")
    with pytest.raises(OverflowError, match="4 GiB"):
        pkl5.dumps(huge, 3)
    with pytest.raises(OverflowError):
        pkl5.dump([1, huge], io.BytesIO(), 3)
    assert pkl5.dumps([1], 3) == pickle.dumps([1], 3)


class Untold:
    def __bool__(self):
        raise ZeroDivisionError("truth")


def test_large_bytes_are_copied_from_memory():
    for value in (b"x" * (3 << 20), bytearray(3 << 20), "y" * (3 << 20)):
        assert pkl5.loads(pickle.dumps(value, 5)) == value


def test_numbers_at_the_edges():
    for bits in (7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 2039, 2040, 2048):
        for value in (1 << bits, (1 << bits) - 1, -(1 << bits),
                      -(1 << bits) - 1, 1 - (1 << bits)):
            assert pkl5.loads(same_dump(lambda: value)) == value


def test_texts_at_the_edges():
    for text in ("\udc80", "a\ud800b", "\ud83d\ude00", "\U0001f600" * 90,
                 "x" * 255, "x" * 256, "\xe9" * 127, "\xe9" * 128,
                 "\\\n\r\0\x1a"):
        assert pkl5.loads(same_dump(lambda: [text, text])) == [text, text]
        same_dump(lambda: [text[:-1] + text[-1:]])


@pytest.mark.parametrize("make", [
    lambda: Plain(), lambda: Slotted()], ids=["plain", "slotted"])
def test_attributes_that_come_and_go(make):
    """A write() that changes the instance that is being written."""
    class File:
        def __init__(self):
            self.data = b""

        def write(self, data):
            self.data += bytes(data)
            for obj in changed:
                for name in ("first", "second", "third"):
                    if hasattr(obj, name):
                        delattr(obj, name)

    for protocol in range(2, 6):
        changed = [make() for _ in range(4)]
        for obj in changed:
            obj.first, obj.second = "x" * 70000, "y" * 70000
            if type(obj) is Plain:
                obj.third = 5
        file = File()
        try:
            pkl5.dump(changed, file, protocol)
        except RuntimeError as error:
            assert "changed" in str(error)
        else:
            pkl5.loads(file.data)


# Each is large enough for a frame of its own, so that write() is called.
LONG_NAMES = tuple(letter * 70000 for letter in "abc")


class LongSlots:
    __slots__ = LONG_NAMES


class CallsBack:
    """A file: the n-th write() calls something."""

    def __init__(self, countdown, function):
        self.countdown = countdown
        self.function = function
        self.data = b""

    def write(self, data):
        self.data += bytes(data)
        self.countdown -= 1
        if self.countdown == 0:
            self.function()


def change_class(obj):
    type(obj).changed = getattr(type(obj), "changed", 0) + 1


def drop_attributes(obj):
    for name in LONG_NAMES:
        if hasattr(obj, name):
            delattr(obj, name)


def drop_dict(obj):
    if hasattr(obj, "__dict__"):
        obj.__dict__ = {}


@pytest.mark.parametrize("change", [change_class, drop_attributes, drop_dict])
@pytest.mark.parametrize("make", [Plain, LongSlots])
@pytest.mark.parametrize("protocol", [2, 3, 5])
def test_instances_that_change_at_any_value(make, change, protocol):
    outcomes = set()
    for countdown in range(1, 24):
        objects = [make(), make()]
        for obj in objects:
            for name in LONG_NAMES:
                setattr(obj, name, name.upper())
        file = CallsBack(countdown, lambda: [change(obj) for obj in objects])
        try:
            pkl5.dump(objects, file, protocol)
        except RuntimeError as error:
            assert "changed" in str(error)
            outcomes.add("refused")
        else:
            assert len(pkl5.loads(file.data)) == 2
            outcomes.add("written")
    assert "written" in outcomes


Named = collections.namedtuple("Named", "a b")
Nothing = collections.namedtuple("Nothing", "")


def test_named_tuples_in_themselves_and_empty_ones():
    one = Named([], 1)
    one.a.append(one)
    deep = Named([[Named([], 2)]], one)
    deep.a[0][0].a.append(deep)
    for obj in (one, deep, [one, deep, one], Nothing(), [Nothing()] * 2):
        same_dump(lambda: obj, protocols=range(6))


@pytest.mark.parametrize("name", [
    "__reduce_ex__", "__getstate__", "\xe9", "__module__", "", "_", "__x"])
def test_special_names_among_attributes(name):
    """They may stand for methods of the class, and are asked for."""
    value = (lambda *args: (int, ())) if name[-2:] == "__" else 5

    def with_dict():
        obj = Plain()
        obj.a = 1
        obj.__dict__[name] = value
        return obj

    def without_dict():
        obj = Plain()
        obj.a = 1
        setattr(obj, name, value)
        return obj

    same_dump(with_dict)
    same_dump(without_dict)


def test_attributes_that_are_not_as_usual():

    def keyed():
        obj = Plain()
        obj.__dict__[5] = 6
        return obj

    class Odd(dict):
        pass

    def odd():
        obj = Plain()
        obj.__dict__ = Odd(a=1)
        return obj

    same_dump(keyed)
    outcome(pkl5.dumps, odd())


# --- Loading -----------------------------------------------------------------


class Filled:
    """What is called is there, fails, or is missing."""

    def __init__(self, *missing):
        self.missing = missing

    def __getattribute__(self, name):
        if name in object.__getattribute__(self, "__dict__").get("missing", ()):
            raise AttributeError(name)
        return object.__getattribute__(self, name)

    def append(self, item):
        if item == 5:
            fails()

    def extend(self, items):
        if 5 in items:
            fails()

    def add(self, item):
        if item == 5:
            fails()

    def __setitem__(self, key, value):
        if value == 5:
            fails()

    def __repr__(self):
        return "Filled"


def call(args):
    """The opcodes of Filled(*args)."""
    return (f"c{__name__}\nFilled\n(".encode()
            + b"".join(b"\x8c" + bytes([len(arg)]) + arg.encode()
                       for arg in args) + b"tR")


@pytest.mark.parametrize("missing", [
    (), ("extend",), ("extend", "append"), ("add",), ("append", "add")])
@pytest.mark.parametrize("fill", [
    b"K\x01a", b"K\x05a", b"(e", b"(K\x01K\x05K\x02e", b"(K\x01K\x02e",
    b"K\x01K\x05s", b"(K\x01K\x02K\x03K\x05K\x06K\x07u", b"(u",
    b"(\x90", b"(K\x01K\x05K\x02\x90", b"(K\x01\x90"])
def test_filling(missing, fill):
    same_load(b"\x80\x04" + call(missing) + fill + b".")


class Raising:
    @property
    def extend(self):
        raise ZeroDivisionError("extend")

    @property
    def __setstate__(self):
        raise ZeroDivisionError("setstate")

    def __repr__(self):
        return "Raising"


class Frozen:
    __slots__ = ("a",)

    def __setattr__(self, name, value):
        raise ZeroDivisionError("setattr")

    def __repr__(self):
        return "Frozen"


class Odd:
    """Its __dict__ is what nobody expects."""

    @property
    def __dict__(self):
        return Unsettable()

    def __repr__(self):
        return "Odd"


class Unsettable:
    def __setitem__(self, key, value):
        raise ZeroDivisionError("dict")


class OwnSetState:
    """Only some instances have a __setstate__."""

    def __init__(self, *given):
        if given:
            self.__setstate__ = lambda state: vars(self).update(done=state)

    def __repr__(self):
        return repr(sorted(vars(self)))


class Old(metaclass=without("__getinitargs__")):
    pass


class Asked:
    __getinitargs__ = None

    def __repr__(self):
        return "Asked"


class Unhashed(str):
    def __hash__(self):
        if hashing:
            raise ZeroDivisionError("hash")
        return 1


hashing = []


def made(name):
    return b"c" + __name__.encode() + b"\n" + name + b"\n)R"


STATE = b"}\x8c\x01aK\x01s"


@pytest.mark.parametrize("data", [
    made(b"Raising") + b"K\x01a.", made(b"Raising") + b"(K\x01K\x02e.",
    made(b"Raising") + b"Nb.", made(b"Raising") + STATE + b"b.",
    made(b"Filled") + b"Nb.", made(b"Filled") + b"K\x01b.",
    made(b"Filled") + b"K\x01N\x86b.", made(b"Filled") + b"NN\x86b.",
    made(b"Filled") + b"NK\x01\x86b.", made(b"Filled") + b"N}\x86b.",
    made(b"Filled") + STATE + b"K\x01N\x87b.",
    made(b"Filled") + b"K\x01K\x02K\x03\x87b.",
    made(b"Frozen") + b"N" + STATE + b"\x86b.", made(b"Frozen") + STATE + b"b.",
    made(b"Frozen") + STATE + b"N\x86b.", made(b"Odd") + STATE + b"b.",
    made(b"Odd") + STATE + b"N\x86b.", made(b"OwnSetState") + STATE + b"b.",
    made(b"OwnSetState") + b"}K\x01K\x01sb.",
    made(b"OwnSetState")[:-2] + b"K\x01\x85R" + STATE + b"b.",
    made(b"OwnSetState") + STATE + b"b" + STATE + b"b.",
    b"K\x01" + STATE + b"b.", b"N}b.", b"]}b.",
    b"(c" + __name__.encode() + b"\nOld\no.",
    b"(c" + __name__.encode() + b"\nAsked\no.",
    b"(i" + __name__.encode() + b"\nOld\n.",
    b"cos\n\n.", b"(ios\n\n.", b"c\n\n.", b"(ios\nmissing\n.",
    b"(K\x01ios\nsep\n.", b"(cos\nsep\nK\x01o.",
    b"ctypes\nGeneratorType\n)\x81.", b"ctypes\nGeneratorType\n)}\x92.",
    b"cbuiltins\nint\nN\x81.", b"cbuiltins\nint\n)N\x92.",
    b"cbuiltins\nint\nN}\x92.", b"K\x01)\x81.", b"K\x01)}\x92.",
    b"cbuiltins\nint\n(K\x01K\x02K\x03t\x81.", b"K\x01)R.",
    b"cbuiltins\nint\nK\x01R.", b"(]K\x01d.", b"(]l.", b"(d.", b"(l.",
    b"(]]d.", b"(]\x91.", b"(\x91.", b"\x8f(]\x90.", b"}(]]u.", b"}]]s.",
    b"K\x01Q.", b"PID\n.", b"P\xe9\n.", b"K\x01\x97\x98.", b"U\x01\xe9.",
    b"U\x01a.", b"S'a'\n.", b"S'a\n.", b"S\"a\"\n.", b"Sa\n.", b"S'\n.",
    b"S''\n.", b"S'\\xe9'\n.", b"S\"\\x\"\n.", b"S'\\x'\n.", b"Sxax\n.",
    b"S\n.", b"V\\ud800\n.",
    b"I01\n.", b"I00\n.", b"I 5\n.", b"I5 \n.", b"I0x10\n.", b"I\xb2\n.",
    b"L5\n.", b"L5L\n.", b"LL\n.", b"F1.5\n.", b"Fnan\n.", b"F1_0\n.", b"F\n.",
    b"F1e400\n.", b"\x8a\x00.", b"\x8b\x00\x00\x00\x00.",
    b"g5\n.", b"g-5\n.", b"ga\n.", b"p\nN.",
    b"h\xff.", b"j\xff\xff\xff\xff.", b"\x94.", b"(\x94.", b"\xff.", b"'.",
    b"\\.", b"~.", b"\x7f.", b"2.", b"(2.", b"0.", b"(0N.", b"(N1N.", b"1.",
    b"Nr\x01\x00\x00\x00j\x01\x00\x00\x00.", b"\x80\x06N.", b"\x80\xffN."],
    ids=repr)
def test_pickles(data):
    same_load(data)


def test_classes_that_change_while_their_instances_are_made():
    def change(cls):
        if hasattr(cls, "__setstate__"):
            del cls.__setstate__
        else:
            cls.__setstate__ = lambda self, state: None
        return None

    HERE.change, HERE.Changed = change, type("Changed", (), {
        "__repr__": lambda self: repr(vars(self)), "__module__": __name__})
    try:
        name = __name__.encode()
        one = b"c" + name + b"\nChanged\n)\x81" + STATE + b"b"
        swap = b"c" + name + b"\nchange\nc" + name + b"\nChanged\n\x85R"
        data = b"(" + one + one + swap + one + swap + one + b"l."
        got = same_load(data)
        assert repr(got) == "[{'a': 1}, {'a': 1}, None, {}, None, {'a': 1}]"
    finally:
        del HERE.change, HERE.Changed


def test_keys_of_a_state_may_raise():
    data = (made(b"OwnSetState") + b"(c" + __name__.encode()
            + b"\nUnhashed\n)RK\x01dc" + __name__.encode()
            + b"\nhashing\nK\x01a0b.")
    for module in PAIR:
        hashing.clear()
        with pytest.raises(ZeroDivisionError, match="hash"):
            module.loads(data)
    hashing.clear()


def test_more_types_than_are_remembered():
    kinds = [type(f"Kind{i}", (), {"__module__": __name__})
             for i in range(4200)]
    for i, kind in enumerate(kinds):
        setattr(HERE, f"Kind{i}", kind)
    try:
        objects = [kind() for kind in kinds]
        for i, obj in enumerate(objects):
            obj.number = i
        for _ in range(2):
            assert pkl5.dumps(objects) == pickle.dumps(objects)
    finally:
        for i in range(len(kinds)):
            delattr(HERE, f"Kind{i}")


def slotnames(value):
    """A class that says what its slots are."""
    cls = type("Slotnames", (), {"__slots__": ("a",), "__module__": __name__})
    cls.__slotnames__ = value
    return cls


@pytest.mark.parametrize("value", [
    5, ["a", "b"], ["a", 5], ["missing"], ["__doc__"], ("a",)])
def test_classes_whose_slots_are_told_wrong(value):
    HERE.Slotnames = slotnames(value)
    try:
        for cls in (HERE.Slotnames, collections.OrderedDict):
            obj = cls()
            if cls is HERE.Slotnames:
                obj.a = 5
            same_dump(lambda: obj, protocols=(2, 4, 5))
    finally:
        del HERE.Slotnames
