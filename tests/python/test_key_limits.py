"""What Python hashes and compares while it loads is bounded.

Each of these pickles ends the interpreter or takes hours where nothing is
bounded, so that they are loaded by a child.
"""

import collections
import functools
import io
import json
import os
import pickle
import subprocess
import sys

import pytest

import pkl5
import pkl5.safe
import tested_package
from pkl5 import Limits, UnpicklingError

HERE = __name__


class Items(list):
    pass


CHILD = """
import json, sys, threading
sys.path.insert(0, sys.argv[1])
sys.path.append(sys.argv[3])
import pkl5
options = json.loads(sys.argv[2])
if "limits" in options:
    options["limits"] = (pkl5.Limits.untrusted() if options["limits"] is True
                         else pkl5.Limits(**options["limits"]))
data = sys.stdin.buffer.read()
def load():
    try:
        print("loaded", type(pkl5.loads(data, **options)).__name__)
    except pkl5.UnpicklingError as error:
        print(error)
# As small a stack as threads may well have.
threading.stack_size(1 << 20)
thread = threading.Thread(target=load)
thread.start()
thread.join()
"""
UNTRUSTED = {"allow": [], "limits": True}
MODULUS = (1 << 61) - 1  # of the hashes of numbers


def load(data, options):
    done = subprocess.run(
        [sys.executable, "-c", CHILD, tested_package.PACKAGE_DIR,
         json.dumps(options), os.path.dirname(__file__)],
        input=data, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout.decode().strip()


def long(number):
    """LONG1"""
    size = (number.bit_length() + 8) // 8
    return b"\x8a" + bytes([size]) + number.to_bytes(size, "little")


DEEP = b")" + b"\x85" * 150_000
# A tuple of two that are the same one, 60 times.
SHARED = b")" + b"2\x86" * 60
COLLIDING = [long(5 + i * MODULUS) for i in range(100_000)]


@pytest.mark.parametrize("options", [
    UNTRUSTED, {"allow": []}, {"limits": True},
    {"limits": {"max_key_depth": 1000}}], ids=str)
@pytest.mark.parametrize("data", [
    b"\x80\x04}" + DEEP + b"Ns.",
    b"\x80\x04}(" + DEEP + b"Nu.",
    b"(" + DEEP + b"Nd.",
    b"\x80\x04\x8f(" + DEEP + b"\x90.",
    b"\x80\x04(" + DEEP + b"\x91.",
    # In frozensets.
    b"\x80\x04}" + b"(" * 1200 + b"\x91" * 1200 + b"Ns."],
    ids=["SETITEM", "SETITEMS", "DICT", "ADDITEMS", "FROZENSET",
         "frozensets"])
def test_deep_keys(data, options):
    assert load(data, options).endswith(
        "tuples or frozensets are nested beyond max_key_depth")


@pytest.mark.parametrize("options", [UNTRUSTED, {"allow": []}], ids=str)
@pytest.mark.parametrize("data", [
    b"\x80\x04}" + SHARED + b"Ns.",
    b"\x80\x04}(" + SHARED + b"Nu.",
    b"(" + SHARED + b"Nd.",
    b"\x80\x04\x8f(" + SHARED + b"\x90.",
    b"\x80\x04(" + SHARED + b"\x91."],
    ids=["SETITEM", "SETITEMS", "DICT", "ADDITEMS", "FROZENSET"])
def test_keys_that_share_their_parts(data, options):
    assert load(data, options).endswith(
        "hashing and comparing keys takes more than max_key_work")


@pytest.mark.parametrize("data", [
    b"\x80\x04}(" + b"".join(key + b"N" for key in COLLIDING) + b"u.",
    b"\x80\x04}" + b"".join(key + b"Ns" for key in COLLIDING) + b".",
    b"(" + b"".join(key + b"N" for key in COLLIDING) + b"d.",
    b"\x80\x04\x8f(" + b"".join(COLLIDING) + b"\x90.",
    b"\x80\x04(" + b"".join(COLLIDING) + b"\x91.",
    b"\x80\x04\x8f(" + b"".join(key + b"\x85" for key in COLLIDING) + b"\x90.",
    # The last of a thousand, again and again.
    b"\x80\x04}(" + b"".join(key + b"N" for key in COLLIDING[:3000]) + b"u"
    + COLLIDING[2999] + b"\x94" + b"Ns" + b"h\x00Ns" * 300_000 + b".",
    # Ints of 5000 bytes that differ in the last.
    b"\x80\x04\x8f(" + b"".join(
        b"\x8b\x88\x13\0\0" + (i * MODULUS).to_bytes(16, "little") +
        b"\0" * 4983 + b"\1" for i in range(4000)) + b"\x90."],
    ids=["SETITEMS", "SETITEM", "DICT", "ADDITEMS", "FROZENSET", "tuples",
         "again", "long"])
def test_keys_with_chosen_hashes(data):
    assert load(data, UNTRUSTED).endswith(
        "hashing and comparing keys takes more than max_key_work")


@pytest.mark.parametrize("data, allow", [
    (b"cbuiltins\nset\n]" + DEEP + b"a\x85R.", "builtins.set"),
    (b"cbuiltins\nfrozenset\n(" + DEEP + b"t\x85R.", "builtins.frozenset"),
    (b"ccollections\nOrderedDict\n]((" + DEEP + b"Nle\x85R.",
     "collections.OrderedDict"),
    (b"ccollections\nOrderedDict\n)R" + DEEP + b"Ns.",
     "collections.OrderedDict"),
    (b"ccollections\nOrderedDict\n)R(" + DEEP + b"Nu.",
     "collections.OrderedDict"),
    (b"cfractions\nFraction\n)\x81" + DEEP + b"b.", "fractions.Fraction"),
    (b"cfractions\nFraction\n)\x81}X\x01\0\0\0n" + DEEP + b"sb.",
     "fractions.Fraction"),
], ids=["set", "frozenset", "list of lists", "SETITEM", "SETITEMS",
        "state", "state in a dict"])
def test_allowed_calls_are_given_no_deep_keys(data, allow):
    assert load(data, {"allow": [allow]}).endswith("beyond max_key_depth")


@pytest.mark.parametrize("data, allow", [
    (b"cbuiltins\nset\n](" + b"".join(COLLIDING) + b"e\x85R.", "builtins.set"),
    (b"ccollections\nOrderedDict\n](" +
     b"".join(key + b"N\x86" for key in COLLIDING) + b"e\x85R.",
     "collections.OrderedDict"),
    (b"ccollections\nOrderedDict\n)R(" +
     b"".join(key + b"N" for key in COLLIDING) + b"u.",
     "collections.OrderedDict"),
    (b"cbuiltins\nset\n]" + SHARED + b"a\x85R.", "builtins.set"),
    # In what is neither a list nor a tuple.
    (b"cbuiltins\nset\n(ccollections\ndeque\n)R(" + b"".join(COLLIDING) +
     b"etR.", ["builtins.set", "collections.deque"]),
    (b"cbuiltins\nset\n(c%b\nItems\n)R(" % HERE.encode() +
     b"".join(COLLIDING) + b"etR.", ["builtins.set", HERE + ".Items"]),
    (b"cbuiltins\nset\n(cbuiltins\niter\n(ccollections\ndeque\n)R(" +
     b"".join(COLLIDING) + b"etRtR.",
     ["builtins.set", "builtins.iter", "collections.deque"]),
    # 2000 are allowed in one set, and cost as much in the next.
    (b"cbuiltins\ndict\nq\0}(" + b"".join(
        key + b"N" for key in COLLIDING[:2000]) +
     b"uq\x010cbuiltins\nset\nq\x020" + b"h\2h\1\x85R0" * 20_000 + b"N.",
     ["builtins.dict", "builtins.set"]),
], ids=["set", "pairs", "SETITEMS", "shared", "deque", "list subclass",
        "iterator", "dict"])
def test_allowed_calls_are_given_no_costly_keys(data, allow):
    allow = [allow] if isinstance(allow, str) else allow
    assert load(data, {"allow": allow}).endswith("more than max_key_work")


@pytest.mark.parametrize("name", ["ndarray", "recarray"])
def test_arrays_of_costly_keys(name):
    numpy = pytest.importorskip("numpy")
    array = numpy.empty(50_000, object)
    array[:] = [i * MODULUS for i in range(len(array))]
    array = array.view(getattr(numpy, name))
    data = (b"\x80\4cbuiltins\nset\n" + pickle.dumps(array, 2)[2:-1] +
            b"\x85R.")
    assert load(data, {"allow": sorted(pkl5.safe.numpy)}
                ).endswith("more than max_key_work")


@pytest.mark.parametrize("items", [
    [0.0] * 30_000, [-1.0, -2.0] * 20_000, [(0, 1.5)] * 10_000,
    [2.5j, -1j] * 10_000, [(i & 1, 2.5) for i in range(20_000)]],
    ids=["floats", "two floats", "pairs", "complex", "equal pairs"])
def test_equal_items_are_one_key(items):
    """They cost no more than to be found."""
    data = pickle.dumps(items, 4)[2:-1]
    for deque in (b"", b"cbuiltins\nlist\n"):
        made = deque + data + (b"\x85R" if deque else b"")
        loaded = pkl5.loads(b"\x80\4ccollections\ndeque\n" + made + b"\x85R.",
                            allow=["collections.deque", "builtins.list",
                                   "builtins.complex"])
        assert list(loaded) == items


def test_a_list_that_changes_is_measured_again():
    """It is known from the first call, and by no size different."""
    data = (b"cbuiltins\nset\nq\0]q\1(" + b"K\1" * 100 + b"e0" +
            b"h\0h\1\x85R0" + b"h\1K\0" + DEEP + b"s0" + b"h\0h\1\x85R.")
    assert load(data, {"allow": ["builtins.set"]}).endswith(
        "beyond max_key_depth")
    # One that holds it is, too.
    data = (b"cbuiltins\nlist\nq\0]q\1(" + b"K\1" * 100 + b"e0" +
            b"]h\1aq\x020h\0h\2\x85R0" + b"h\1" + DEEP + b"a0" +
            b"h\0h\2\x85R.")
    assert load(data, {"allow": ["builtins.list"]}).endswith(
        "beyond max_key_depth")


@pytest.mark.parametrize("data", [
    b"ccollections\ndeque\nq\0)R" + b"h\0)R" * 200_000 + b"a" * 200_000 + b".",
    b"ccollections\ndeque\nq\x000" + b"h\0(" * 200_000 + b"N" +
    b"l\x85R" * 200_000 + b".",
    b"ccollections\ndeque\nq\x000" + b"h\0" * 200_000 + b")" +
    b"\x85R" * 200_000 + b"."], ids=["APPEND", "list", "tuple"])
def test_nests_that_end_by_recursion(data):
    """A deque ends by ending its items, without Python's trashcan."""
    assert load(data, {"allow": ["collections.deque"]}).endswith(
        "collections.deque are nested beyond max_key_depth")


PARTIAL = b"\x80\x04cfunctools\npartial\nq\0cbuiltins\nlen\nq\1"
PLAIN = b"ctypes\nSimpleNamespace\nq\3"


@pytest.mark.parametrize("step", [
    b"h\0h\1\x85R(h\2)}Ntbq\2",
    # In the arguments, the keywords and the attributes.
    b"h\0h\1\x85R(h\1h\2\x85}Ntbq\2",
    b"h\0h\1\x85R(h\1)}X\1\0\0\0kh\2sNtbq\2",
    b"h\0h\1\x85R(h\1)}}X\1\0\0\0kh\2]h\2a\x86stbq\2",
    b"h\3)R}X\1\0\0\0kh\2sbq\2", b"h\3)RN}X\1\0\0\0k]h\2as\x86bq\2",
], ids=["function", "arguments", "keywords", "attributes", "dict", "slots"])
def test_states_that_end_by_recursion(step):
    data = (PARTIAL + PLAIN + b"(h\0h\1\x85Rq\2" + step * 200_000 + b"h\2.")
    assert load(data, {"allow": [
        "functools.partial", "builtins.len", "types.SimpleNamespace"]}
    ).endswith("are nested beyond max_key_depth")


def test_states_of_arrays_that_end_by_recursion():
    pytest.importorskip("numpy")
    data = (b"\x80\4cnumpy.core.multiarray\n_reconstruct\nq\0cnumpy\nndarray\n"
            b"q\1cnumpy\ndtype\nX\2\0\0\0O8K\0K\1\x87R(K\3X\1\0\0\0|NNN"
            b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK?tbq\x020Nq\x030")
    step = b"h\0h\1K\0\x85C\1b\x87R(K\1K\1\x85h\2\x89]h\3atbq\x030"
    allow = sorted(pkl5.safe.numpy)
    assert load(data + step * 50_000 + b"h\3.", {"allow": allow}).endswith(
        "numpy.ndarray are nested beyond max_key_depth")
    assert load(data + step * 100 + b"h\3.", {"allow": allow}
                ) == "loaded ndarray"


def test_many_states_are_nested_in_none():
    """Beside one another, or in lists: both are deep in nothing."""
    partial = functools.partial(len)
    flat = [functools.partial(len, [partial]) for _ in range(5000)]
    flat.append(collections.deque(flat))
    data = pickle.dumps(flat, 4)
    loaded = pkl5.loads(data, allow=["functools.partial", "builtins.len",
                                     "collections.deque"])
    assert len(loaded) == 5001 and loaded[0].args[0][0].func is len


def test_persistent_ids_are_keys():
    class Unpickler(pkl5.Unpickler):
        def persistent_load(self, pid):
            raise AssertionError("not reached")

    for data in (DEEP + b"Q.", SHARED + b"Q."):
        with pytest.raises(UnpicklingError, match="max_key"):
            Unpickler(io.BytesIO(b"\x80\x04" + data), allow=()).load()


def test_limits_are_exact():
    def nested(levels):
        key = ()
        for _ in range(levels - 1):
            key = (key,)
        return pkl5.dumps({key: 1}, 4)

    limits = Limits(max_key_depth=50)
    assert pkl5.loads(nested(50), limits=limits) == pickle.loads(nested(50))
    with pytest.raises(UnpicklingError, match="SETITEM: tuples or frozensets"):
        pkl5.loads(nested(51), limits=limits)
    # Without a guard nothing is bounded.
    assert len(pkl5.loads(nested(1500))) == 1
    wide = pickle.dumps({tuple(range(1000)): 1})
    with pytest.raises(UnpicklingError, match="max_key_work"):
        pkl5.loads(wide, limits=Limits(max_key_work=0))


@pytest.mark.parametrize("data", [
    {(i, str(i), (i, -i)): i for i in range(20_000)},
    {frozenset((i, (i,))) for i in range(5000)},
    {1.5 * i for i in range(20_000)},
    {i << 40 for i in range(50_000)},
    {(None, True, 2.5, 3 + 0j, b"x" * 1000, "y" * 1000, 10**4000): 1},
    [{"k" * 5000: 1}] * 1000,
    (((((((((("deep",),),),),),),),),),),
    collections.OrderedDict(((i, i), i) for i in range(5000)),
    collections.Counter("hello"),
], ids=lambda data: type(data).__name__)
def test_genuine_keys(data):
    for protocol in range(6):
        allow = ["collections.OrderedDict", "collections.Counter",
                 "builtins.set", "builtins.frozenset", "builtins.complex",
                 "_codecs.encode", "builtins.bytes"]
        assert pkl5.loads(pickle.dumps(data, protocol), allow=allow,
                          limits=Limits.untrusted()) == data


def test_containers_that_hold_themselves_are_measured():
    loop = []
    loop.append((loop, [loop] * 100))
    data = pickle.dumps(collections.deque([loop, loop]), 4)
    loaded = pkl5.loads(data, allow=["collections.deque"])
    assert loaded[0] is loaded[1] and loaded[0][0][0] is loaded[0]


def test_limits_of_keys_are_values():
    limits = Limits(max_key_depth=5, max_key_work=6)
    assert repr(limits) == "Limits(max_key_depth=5, max_key_work=6)"
    assert pickle.loads(pickle.dumps(limits)) == limits != Limits()
    for wrong in ("5", -1):
        with pytest.raises((TypeError, ValueError)):
            Limits(max_key_work=wrong)
