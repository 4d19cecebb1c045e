"""What is raised for pickles that cannot be read or written."""

import _pickle
import io
import pickle
import struct

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


def frame(body, size=None):
    return (b"\x95" + struct.pack("<Q", len(body) if size is None else size)
            + body)


class Raw:
    """A file that cannot be read ahead."""

    def __init__(self, data):
        file = io.BytesIO(data)
        self.read, self.readline = file.read, file.readline


def everywhere(pickled):
    yield lambda: pkl5.loads(pickled)
    yield lambda: pkl5.load(io.BytesIO(pickled))
    yield lambda: pkl5.load(Raw(pickled))


@pytest.mark.parametrize("pickled", [
    frame(b"J\1\2") + b"\3\4.", frame(b"C\3a") + b"bc.",
    frame(b"X\3\0") + b"\0\0abc.", frame(b"\x96\3") + bytes(7) + b"abc.",
    frame(b"\x8a\2\1") + b"\0.", frame(b"I1") + b"2\n.",
    frame(b"cos\nge") + b"tpid\n.", frame(b"\x95\2\0") + bytes(6) + b"N.",
    # What is skipped where such a frame is read from a file: a call.
    frame(b"B\5") + b"\0\0\0" + b"N0." + b"cos\ngetpid\n)R."])
def test_arguments_do_not_go_over_the_end_of_a_frame(pickled):
    for load in everywhere(pickled):
        with pytest.raises(pickle.UnpicklingError, match="before end of frame"):
            load()


def test_frames_do_not_nest():
    for pickled in (frame(frame(b"N.") + b"."), frame(b"N" + frame(b"") + b".")):
        for load in everywhere(pickled):
            with pytest.raises(pickle.UnpicklingError,
                               match="before end of current frame"):
                load()
    # One may begin, as any part of an opcode, where another ends.
    for pickled in (frame(frame(b"N.")[:9]) + b"N.", frame(b"N") + frame(b"."),
                    frame(b"I") + b"12\n.", frame(b"C\3") + b"abc.",
                    frame(b"J") + b"\1\0\0\0.", frame(b"cos\n") + b"sep\n."):
        for load in everywhere(pickled):
            load()
