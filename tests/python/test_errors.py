"""What is raised for pickles that cannot be read or written."""

import _pickle
import io

import pytest

import pkl5

BAD = [b"", b"N", b"\x80", b"\x80\x06N.", b"!", b"'", b"0.", b"1.", b"t.", b"a.",
       b"(.", b"h\x05.", b"j\x05\x00\x00\x00.", b"g9\n.", b"I12x\n.", b"I\n.",
       b"Lx\n.", b"Fx\n.", b"F1e999\n.", b"Sx\n.", b"S'\\x'\n.", b"V\\u1\n.",
       b"cos\n", b"c\n\n.", b"cmissing_module_x\nf\n.", b"cos\nmissing\n.",
       b"Px\n.", b"K\x01Q.", b"\x82\x00.", b"\x82\x07.", b"\x97.", b"\x98.",
       b"N\x85R.", b"N)\x81.", b"NN\x93.", b"}]Ns.", b"NNN\x92.", b"]N(1u.",
       b"(N.", b"\x8c\x02\xff\xff.", b"\x95\xff\x00\x00\x00\x00\x00\x00\x00N.",
       b"\x8a\x05a.", b"\x8b\xff\xff\xff\xff.", b"T\xff\xff\xff\xff.",
       b"U\x01\xff.", b"Nb.", b"p0\n.",
       b"Np-1\n.", b"Np9223372036854775808\n.", b"Np-9223372036854775809\n.",
       b"g9223372036854775808\n.", b"g-1\n.", b"Npx\n.", b"gx\n.",
       b"(d.", b"(K\x01d.", b"N(K\x01u.", b"\x8f(]\x90.",
       b"B\xff\xff\xff\x7fa."]


def outcome(function, *args):
    try:
        return repr(function(*args))
    except BaseException as error:
        return type(error)


@pytest.mark.parametrize("pickled", BAD)
def test_same_exception(pickled):
    assert outcome(pkl5.loads, pickled) == outcome(_pickle.loads, pickled)
    assert outcome(pkl5.load, io.BytesIO(pickled)) == outcome(
        _pickle.load, io.BytesIO(pickled))


def test_messages():
    for pickled, text in ((b"", "Ran out of input"), (b"N", "Ran out"),
                          (b"K", "pickle data was truncated"),
                          (b"!", "invalid load key, '!'"),
                          (b"\xff", r"invalid load key, '\\xff'"),
                          (b"h\x07.", "Memo value not found at index 7"),
                          (b"\x80\x63.", "unsupported pickle protocol: 99")):
        with pytest.raises(Exception, match=text):
            pkl5.loads(pickled)


class Wrong:
    def __init__(self, reduced):
        self.reduced = reduced

    def __reduce_ex__(self, protocol):
        return self.reduced


ITEMS = object()


def fresh(reduced):
    """With new iterators, as each can be used once."""
    if not isinstance(reduced, tuple):
        return reduced
    return tuple(iter([1]) if item is ITEMS else item for item in reduced)


def __newobj__(*args):
    return None


def __newobj_ex__(*args):
    return None


@pytest.mark.parametrize("reduced", [
    None, 1, (), (1,), (int,), (1, ()), (int, 1), (int, (), None, 1),
    (int, (), None, None, 1), (int, (), None, None, None, 1),
    (int, (), None, None, None, None, None), "missing_name", "a.<locals>.b",
    (int, (), None, ITEMS), (int, (), None, None, ITEMS),
    (__newobj__, ()), (__newobj__, (1,)), (__newobj__, (int,)),
    (__newobj_ex__, ()), (__newobj_ex__, (1, (), {})),
    (__newobj_ex__, (int, 1, {})), (__newobj_ex__, (int, (), 1)),
])
def test_wrong_reductions(reduced):
    for protocol in range(6):
        for wrap in (lambda obj: obj, lambda obj: [obj, "x"]):
            assert outcome(pkl5.dumps, wrap(Wrong(fresh(reduced))),
                           protocol) == outcome(
                _pickle.dumps, wrap(Wrong(fresh(reduced))), protocol)


def test_what_cannot_be_pickled():
    def local():
        pass

    for obj in (local, lambda: 1, (i for i in ()), io.BytesIO().getbuffer(),
                open, type("Gone", (), {}), [local], {"k": (local,)}):
        for protocol in range(6):
            assert outcome(pkl5.dumps, obj, protocol) == outcome(
                _pickle.dumps, obj, protocol)
    assert pkl5.dumps([1]) == _pickle.dumps([1])
