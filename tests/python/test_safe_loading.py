"""allow, limits and on_call: what a pickle may name, call and cost."""

import builtins
import collections
import copyreg
import datetime
import gc
import io
import os
import pickle
import sys
import tracemalloc
import types
import weakref

import pytest

import pkl5
from pkl5 import Limits, UnpicklingError

HERE = __name__
effects = []


class Plain:
    kind = "original"

    def __init__(self, value=None):
        self.value = value

    def __eq__(self, other):
        return vars(self) == vars(other)


class Filled:
    """Takes items of every sort."""

    @classmethod
    def extend(cls, items):
        effects.append(("extend", items))

    @classmethod
    def add(cls, item):
        effects.append(("add", item))


def function(*args):
    effects.append(args)
    return args


def maker():
    return function


REGISTRY = {}
NAMES = []


@pytest.fixture(autouse=True)
def nothing_happens():
    effects.clear()
    yield
    assert Plain.kind == "original" and not REGISTRY and not NAMES


def from_bytes(data, **options):
    return pkl5.loads(data, **options)


def from_file(data, **options):
    return pkl5.load(io.BytesIO(data), **options)


def from_unpickler(data, **options):
    return pkl5.Unpickler(io.BytesIO(data), **options).load()


def from_subclass(data, **options):
    class Unpickler(pkl5.Unpickler):
        def find_class(self, module, name):
            effects.append(("find_class", module, name))
            return super().find_class(module, name)

    return Unpickler(io.BytesIO(data), **options).load()


EVERY_WAY = pytest.mark.parametrize(
    "load", [from_bytes, from_file, from_unpickler, from_subclass])


def call(module, name, arguments=b")"):
    """GLOBAL, arguments, REDUCE."""
    return f"c{module}\n{name}\n".encode() + arguments + b"R."


@EVERY_WAY
def test_data_needs_no_list(load):
    data = [1, "x", {"k": (2.5, None, b"b")}, {3}, frozenset([4]), True]
    for protocol in range(4, 6):
        assert load(pickle.dumps(data, protocol), allow=()) == data


@EVERY_WAY
@pytest.mark.parametrize("protocol", range(6))
def test_allowed_names(load, protocol):
    data = pickle.dumps([Plain(1), collections.OrderedDict(a=1),
                         datetime.date(2024, 1, 2)], protocol)
    allow = [f"{HERE}.Plain", "collections.OrderedDict", "datetime.date",
             "copyreg._reconstructor", "builtins.object", "_codecs.encode"]
    wanted = pickle.loads(data)
    assert load(data, allow=allow) == wanted
    assert load(data, allow=iter(allow)) == wanted
    for missing in allow[:3]:
        with pytest.raises(UnpicklingError, match=(
                rf"at byte \d+: \w*GLOBAL: {missing} is not allowed")):
            load(data, allow=[name for name in allow if name != missing])


@EVERY_WAY
def test_nothing_else_is_imported(load):
    sys.modules.pop("this", None)
    for data in (b"cthis\ns\n.", b"\x80\x04\x8c\x04this\x8c\x01s\x93.",
                 b"(ithis\ns\n."):
        with pytest.raises(UnpicklingError, match="this.s is not allowed"):
            load(data, allow=["this", "this.ss", "sthis.s", "x.y"][1:])
    assert "this" not in sys.modules
    assert effects == []


def test_refusals_tell_the_place():
    cases = {
        call("os", "system"): "at byte 0: GLOBAL: os.system is not allowed",
        b"N0" + b"(ios\nsystem\n.": "at byte 3: INST: os.system",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.":
            "at byte 14: STACK_GLOBAL: os.system is not allowed",
        call(HERE, "function", b")R)"):
            "REDUCE: what is called, of type tuple, is no allowed global",
    }
    for data, text in cases.items():
        with pytest.raises(UnpicklingError) as caught:
            pkl5.loads(data, allow=[f"{HERE}.function"])
        assert text in str(caught.value)


def test_only_globals_are_called():
    allow = [f"{HERE}.maker", f"{HERE}.Plain", "builtins.getattr"]
    # What a call gave, an attribute, a persistent object.
    for data in (b"c" + HERE.encode() + b"\nmaker\n)R)R.",
                 b"cbuiltins\ngetattr\n(c" + HERE.encode() +
                 b"\nPlain\nS'__init__'\ntR(NtR."):
        with pytest.raises(UnpicklingError, match="is no allowed global"):
            pkl5.loads(data, allow=allow)

    class Unpickler(pkl5.Unpickler):
        def persistent_load(self, pid):
            return function

    for code in (b"Pid\n)R.", b"Pid\n)\x81.", b"(Pid\no."):
        with pytest.raises(UnpicklingError):
            Unpickler(io.BytesIO(code), allow=[f"{HERE}.function"]).load()
    assert effects == []


@EVERY_WAY
def test_globals_are_not_changed(load):
    here = HERE.encode()
    allow = [f"{HERE}.{name}" for name in
             ("Plain", "REGISTRY", "NAMES", "Filled", "function")]
    cases = [
        b"c" + here + b"\nPlain\n(N}(S'kind'\nS'changed'\nuN0tb.",
        b"c" + here + b"\nPlain\nN}S'kind'\nS'changed'\ns\x86b.",
        b"c" + here + b"\nREGISTRY\nS'k'\nNs.",
        b"c" + here + b"\nREGISTRY\n(S'k'\nNu.",
        b"c" + here + b"\nNAMES\nNa.",
        b"c" + here + b"\nNAMES\n(NNe.",
        b"c" + here + b"\nFilled\n(NNe.",
        b"c" + here + b"\nFilled\n(NN\x90.",
        b"c" + here + b"\nfunction\n}S'x'\nNsb.",
    ]
    for data in cases:
        with pytest.raises(UnpicklingError, match=(
                "would be changed|is a list, which")):
            load(data, allow=allow)
    assert [effect for effect in effects if effect[0] != "find_class"] == []


def test_classes_made_by_calls_are_not_changed():
    data = (b"cbuiltins\ntype\n(c" + HERE.encode() +
            b"\nmaker\ntRN}S'x'\nNs\x86b.")
    with pytest.raises(UnpicklingError, match="would be changed"):
        pkl5.loads(data, allow=["builtins.type", f"{HERE}.maker"])


@pytest.mark.parametrize("data, kind", [
    (b"cimportlib\nimport_module\n(S'os'\ntR}S'sep'\nS'x'\nsb.", "module"),
    (b"cbuiltins\ngetattr\n(c" + HERE.encode() +
     b"\nPlain\nS'__init__'\ntR}S'x'\nNsb.", "function")])
def test_modules_and_functions_that_a_call_gave_are_not_changed(data, kind):
    allow = ["importlib.import_module", "builtins.getattr", f"{HERE}.Plain"]
    with pytest.raises(UnpicklingError, match=(
            f"BUILD: a global, .* of type {kind}, would be changed")):
        pkl5.loads(data, allow=allow)
    assert os.sep == "/" and not vars(Plain.__init__)


def test_names_of_python_2():
    data = b"c__builtin__\nset\n((lK\x01atR."
    assert pkl5.loads(data, allow=["builtins.set"]) == {1}
    with pytest.raises(UnpicklingError, match="builtins.set is not allowed"):
        pkl5.loads(data, allow=["__builtin__.set"])
    with pytest.raises(UnpicklingError, match="__builtin__.set is not"):
        pkl5.loads(data, allow=["builtins.set"], fix_imports=False)


def test_extension_codes():
    copyreg.add_extension(HERE, "Plain", 200)
    try:
        data = pickle.dumps(Plain(7), 2)
        assert b"\x82\xc8" in data
        # Whether it was looked up before or not.
        for _ in range(2):
            with pytest.raises(UnpicklingError, match="EXT1: .*Plain is not"):
                pkl5.loads(data, allow=["builtins.set"])
            assert pkl5.loads(data, allow=[f"{HERE}.Plain"]) == Plain(7)
            assert pkl5.loads(data) == Plain(7)
    finally:
        copyreg.remove_extension(HERE, "Plain", 200)


def test_list_holds_for_every_pickle_of_an_unpickler():
    file = io.BytesIO()
    pickler = pickle.Pickler(file, 4)
    for obj in (Plain, Plain(1), [1, Plain]):
        pickler.dump(obj)
    pickler.dump(Filled)
    file.seek(0)
    unpickler = pkl5.Unpickler(file, allow=[f"{HERE}.Plain"])
    assert unpickler.load() is Plain
    assert unpickler.load() == Plain(1)
    assert unpickler.load() == [1, Plain]
    with pytest.raises(UnpicklingError, match="Filled is not allowed"):
        unpickler.load()
    # A memo from elsewhere was given by nobody on the list.
    unpickler = pkl5.Unpickler(io.BytesIO(b"h\x00)R."), allow=["a.b"])
    unpickler.memo = {0: function}
    with pytest.raises(UnpicklingError, match="no allowed global"):
        unpickler.load()
    # Called anew without a list it has none.
    unpickler.__init__(io.BytesIO(pickle.dumps(Filled)))
    assert unpickler.load() is Filled


@EVERY_WAY
def test_on_call_sees_every_call(load):
    here = HERE.encode()
    asked = []

    def on_call(func, args, kwargs):
        asked.append((func, args, kwargs))
        return True

    one = b"c" + here + b"\nPlain\n"
    data = (b"(" + b"c" + here + b"\nfunction\n(K\x01tR" + one + b")\x81" +
            one + b")}S'k'\nK\x02s\x92" + b"(K\x03i" + here + b"\nPlain\n" +
            b"(" + one + b"K\x04ol.")
    load(data, on_call=on_call)
    assert asked == [(function, (1,), {}), (Plain, (), {}),
                     (Plain, (), {"k": 2}), (Plain, (3,), {}),
                     (Plain, (4,), {})]


@EVERY_WAY
def test_on_call_refuses(load):
    data = call(HERE, "function", b"(K\x05t")
    for answer in (False, None, 0):
        with pytest.raises(UnpicklingError, match=(
                r"at byte \d+: REDUCE: on_call refused the call of a function")):
            load(data, on_call=lambda func, args, kwargs: answer)
    with pytest.raises(UnpicklingError, match="the call of the class Plain"):
        load(pickle.dumps(Plain(1), 4), on_call=lambda *args: False)

    def raises(func, args, kwargs):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        load(data, on_call=raises)
    assert [effect for effect in effects if effect[0] != "find_class"] == []
    asked = []
    with pytest.raises(UnpicklingError, match="no tuple"):
        load(call(HERE, "function", b"N"), on_call=asked.append)
    # What is not on the list is not asked for.
    with pytest.raises(UnpicklingError, match="not allowed"):
        load(data, allow=["a.b"], on_call=asked.append)
    assert asked == []


@EVERY_WAY
def test_limits(load):
    cases = [
        ("max_opcodes", 4, b"NN0.", b"NNN00.", "too many opcodes"),
        ("max_memo", 2, b"Np0\np1\n.", b"Np0\np1\np2\n.", "too many memo"),
        ("max_payload", 3, b"U\x03abc.", b"U\x04abcd.", "over the limit"),
        ("max_line", 4, b"I1234\n.", b"I12345\n.", "line is over the limit"),
        ("max_payload", 100000, pickle.dumps(b"x" * 100000),
         pickle.dumps(b"x" * 100001), "over the limit"),
    ]
    for name, limit, good, bad, text in cases:
        limits = Limits(**{name: limit})
        load(good, limits=limits)
        load(bad)
        with pytest.raises(UnpicklingError, match=f"at byte \\d+: .*{text}"):
            load(bad, limits=limits)
    with pytest.raises(ValueError):
        load(b"L1234L\n.", limits=Limits(max_digits=3))
    assert load(b"L1234L\n.", limits=Limits(max_digits=4)) == 1234
    if hasattr(sys, "get_int_max_str_digits"):
        many = b"I" + b"9" * 5000 + b"\n."
        with pytest.raises(ValueError):
            load(many, limits=Limits(max_opcodes=10))
        assert load(many, limits=Limits(max_digits=5000)) == int(10**5000 - 1)
    data = pickle.dumps([Plain(1), {2: "x"}] * 3)
    assert load(data, limits=Limits.untrusted()) == pickle.loads(data)


@pytest.mark.parametrize("options", [
    {"allow": ()}, {"limits": Limits.untrusted()}], ids=["allow", "limits"])
def test_lengths_are_not_believed_from_files(options):
    for code in (b"\x96", b"\x8e"):
        data = b"\x80\x05" + code + (200 << 20).to_bytes(8, "little") + b"x"
        tracemalloc.start()
        try:
            with pytest.raises(UnpicklingError, match="truncated"):
                from_file(data, **options)
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
        finally:
            tracemalloc.stop()
    large = b"x" * (5 << 20)
    assert from_file(pickle.dumps(large, 5), **options) == large


def test_limits_are_values():
    limits = Limits(max_memo=5, max_line=0)
    assert repr(limits) == "Limits(max_memo=5, max_line=0)"
    assert limits == Limits(max_line=0, max_memo=5) != Limits()
    assert hash(limits) == hash(Limits(max_line=0, max_memo=5))
    assert limits != 5
    assert pickle.loads(pickle.dumps(limits)) == limits
    with pytest.raises(AttributeError):
        limits.max_memo = 6
    for wrong in (-1, 1 << 64):
        with pytest.raises(ValueError):
            Limits(max_memo=wrong)
    for wrong in ("5", 1.5, True):
        with pytest.raises(TypeError):
            Limits(max_memo=wrong)


@EVERY_WAY
def test_wrong_arguments(load):
    data = pickle.dumps(1)
    for options, error in (({"allow": "a.b"}, TypeError),
                           ({"allow": 5}, TypeError),
                           ({"allow": [5]}, TypeError),
                           ({"allow": ["set"]}, ValueError),
                           ({"allow": [".set"]}, ValueError),
                           ({"allow": ["builtins."]}, ValueError),
                           ({"limits": 5}, AttributeError),
                           ({"on_call": 5}, TypeError)):
        with pytest.raises(error):
            load(data, **options)
    assert load(data, allow=None, limits=None, on_call=None) == 1


@EVERY_WAY
@pytest.mark.parametrize("limit, error", [
    ("5", TypeError), (1.5, TypeError), (-1, OverflowError),
    (1 << 64, OverflowError)])
def test_limits_that_are_no_limits(load, limit, error):
    """Whatever has the attributes is a Limits."""
    names = ("max_opcodes", "max_memo", "max_payload", "max_line", "max_digits")
    for name in names:
        limits = types.SimpleNamespace(**dict.fromkeys(names))
        assert load(b"N.", limits=limits) is None
        setattr(limits, name, limit)
        with pytest.raises(error):
            load(b"N.", limits=limits)


def test_unpicklers_in_cycles_are_collected():
    class Hook:
        def __call__(self, func, args, kwargs):
            return True

    hook = Hook()
    hook.unpickler = pkl5.Unpickler(
        io.BytesIO(pickle.dumps(Plain(1))), allow=[f"{HERE}.Plain"],
        on_call=hook)
    assert hook.unpickler.load() == Plain(1)
    gone = weakref.ref(hook)
    del hook
    gc.collect()
    assert gone() is None


def test_references_are_even():
    data = pickle.dumps([Plain(1), Plain])
    bad = call(HERE, "maker")
    before = sys.getrefcount(Plain), sys.getrefcount(maker)
    for _ in range(100):
        pkl5.loads(data, allow=[f"{HERE}.Plain"])
        with pytest.raises(UnpicklingError):
            pkl5.loads(bad, allow=[f"{HERE}.Plain"])
        with pytest.raises(UnpicklingError):
            pkl5.loads(bad[:-1] + b")R.", allow=[f"{HERE}.maker"])
    gc.collect()
    after = sys.getrefcount(Plain), sys.getrefcount(maker)
    assert [new - old for old, new in zip(before, after)] < [5, 5]


def test_builtins_are_left_alone():
    with pytest.raises(UnpicklingError):
        pkl5.loads(call("builtins", "eval", b"(S'1'\nt"), allow=())
    assert builtins.eval is eval
