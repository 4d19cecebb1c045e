"""Places of files after loads, and at the time foreign code runs in them."""

import _pickle
import io
import os
import pickle

import pytest

import pkl5


class Kept:
    """Reduced to a call of note() while it is loaded."""

    def __init__(self, value):
        self.value = value

    def __reduce__(self):
        return note, (self.value,), {"state": self.value}

    def __setstate__(self, state):
        note(state)


noted = []
file = None


def note(value):
    noted.append((str(value), file.tell()))
    return Kept(value)


def read_on(size):
    return file.read(size)


class ReadsOn:
    """Reads on in the file that it is loaded from."""

    def __init__(self, size):
        self.size = size

    def __reduce__(self):
        return read_on, (self.size,)


def outcome(module, make, data, loads=1, same=False):
    """What loads give, and where the file is after each of them."""
    global file
    noted.clear()
    file = make(data)
    found = []
    unpickler = module.Unpickler(file) if same else None
    for _ in range(loads):
        try:
            result = unpickler.load() if same else module.load(file)
            found.append(result.value if isinstance(result, Kept) else result)
        except Exception as error:
            found.append((type(error), str(error)))
        found.append(file.tell())
    with file:
        return found, list(noted)


def on_disk(tmp_path, **keywords):
    def make(data):
        path = tmp_path / "pickle"
        path.write_bytes(data)
        return open(path, "rb", **keywords)
    return make


class Derived(io.BytesIO):
    pass


def with_own_read(data):
    made = io.BytesIO(data)
    made.read = lambda size: io.BytesIO.read(made, size)
    return made


def kinds(tmp_path):
    return (io.BytesIO, Derived, with_own_read, on_disk(tmp_path),
            on_disk(tmp_path, buffering=0), on_disk(tmp_path, buffering=7))


VALUES = [1, "text", ["a" * 300] * 3, [Kept(1), "b" * 200, Kept("c" * 200)],
          list(range(3000)), "d" * 5000, b"e" * 5000, ["f" * 9000, Kept(2)],
          "g" * 100000, b"h" * 100000, bytearray(200), "\u20ac" * 50000,
          [[[[Kept(i)] for i in range(40)]]]]


@pytest.mark.parametrize("protocol", range(6))
def test_places_after_loads_and_in_them(protocol, tmp_path):
    for value in VALUES:
        data = pickle.dumps(value, protocol)
        for make in kinds(tmp_path):
            for same in (False, True):
                theirs = outcome(_pickle, make, data * 3 + b"rest", 3, same)
                ours = outcome(pkl5, make, data * 3 + b"rest", 3, same)
                assert ours[0] == theirs[0] or type(value) is list
                assert ours[0][1::2] == theirs[0][1::2]
                # A file that is peeked stands anywhere in between.
                if not hasattr(make(b""), "peek"):
                    assert ours[1] == theirs[1]


BROKEN = [b"", b"N", b"\x80", b"\x80\x06N.", b"\x80\x02\xff", b"h\x09.", b"I1",
          b"Ix\n.", b"cos\nnone\n.", b"cnone\nnone\n.", b"R.", b"0.", b"NR.",
          b"K\x01K\x02\x86.", b"(K\x01.", b"X\x01\0\0\0\xff.", b"\x82\x09.",
          b"X\x05\0\0\0ab", b"C\x05ab", b"\x8e\x05\0\0\0\0\0\0\0ab", 
          b"NQ.", b"\x80\x04\x95\x05\0\0\0\0\0\0\0N.", b"Na.", b"N(e.",
          b"\x80\x04\x95\x09\0\0\0\0\0\0\0N.NNNNNN.",
          b"\x80\x04\x95\x09\0\0\0\0\0\0\0h\x09NNNNNN.",
          b"\x80\x04\x95\x0b\0\0\0\0\0\0\0cos\nnone\n.N" + b"N." * 40]


@pytest.mark.parametrize("data", BROKEN)
def test_places_after_errors(data, tmp_path):
    for make in kinds(tmp_path):
        theirs = outcome(_pickle, make, data + b"rest")
        ours = outcome(pkl5, make, data + b"rest")
        assert ours[0][1] == theirs[0][1], make
        if isinstance(theirs[0][0], tuple):
            assert ours[0][0][0] is theirs[0][0][0]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("size", (0, 4, 300))
def test_code_may_read_on_in_memory(protocol, size):
    """As libraries do that put data behind the opcode that asks for it."""
    pickled = pickle.dumps([ReadsOn(size), "after"], protocol)
    if protocol < 4:
        at = pickled.index(b"R") + 1
        pickled = pickled[:at] + b"d" * size + pickled[at:]
    else:
        pickled += b"d" * size
    theirs = outcome(_pickle, io.BytesIO, pickled + b"rest")
    ours = outcome(pkl5, io.BytesIO, pickled + b"rest")
    assert ours == theirs
    assert ours[0][0] == [b"d" * size, "after"]


@pytest.mark.parametrize("act", (
    lambda: file.close(), lambda: file.seek(0, os.SEEK_END),
    lambda: file.truncate(0), lambda: file.write(b"NNN")))
@pytest.mark.parametrize("protocol", (0, 2, 4))
def test_code_may_change_the_memory(protocol, act, monkeypatch):
    monkeypatch.setitem(globals(), "note", lambda value: act())
    data = b"c" + __name__.encode() + b"\nnote\n(I1\ntR0]N\x61."
    if protocol:
        data = b"\x80" + bytes([protocol]) + data
    if protocol == 4:
        data = (data[:2] + b"\x95" + (len(data) - 2).to_bytes(8, "little")
                + data[2:])
    results = []
    for module in (_pickle, pkl5):
        global file
        file = io.BytesIO(data + b"0" * 300)
        try:
            results.append(module.load(file))
        except Exception as error:
            results.append((type(error), str(error)))
    assert results[0] == results[1]


def test_after_a_frame_that_is_cut_short():
    data = pickle.dumps(list(range(100)), 4)[:-5]
    places = []
    for module in (_pickle, pkl5):
        file = io.BytesIO(data)
        with pytest.raises(pickle.UnpicklingError):
            module.load(file)
        places.append(file.tell())
    assert places == [len(data)] * 2
