"""Archives whose index and pickle contradict one another, with right digests:
nobody but their writer is to blame."""

import ctypes
import ctypes.util
import pickle
import sys

import pytest

import pkl5
import tested_package

sys.path.insert(0, str(tested_package.ROOT / "tests" / "archive"))

import pure_reader  # noqa: E402

SIZE = 3000
LENGTH4 = SIZE.to_bytes(4, "little")
LENGTH8 = SIZE.to_bytes(8, "little")
# The opcode of its payload, with the length, is the last before it.
VALUES = {"bytes": (b"x" * SIZE, b"B" + LENGTH4),
          "str": ("s" * SIZE, b"X" + LENGTH4),
          "bytearray": (bytearray(b"y" * SIZE), b"\x96" + LENGTH8),
          "buffer": (pickle.PickleBuffer(bytearray(b"z" * SIZE)),
                     b"\x96" + LENGTH8)}
INVALID = pickle.UnpicklingError
PLACE = r"at byte \d+: no opcode takes the payload that stands there"


def digest(data):
    """XXH3-128 in canonical form."""
    name = ctypes.util.find_library("xxhash")
    if name is None:
        pytest.skip("no libxxhash")

    class Hash(ctypes.Structure):
        _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]

    function = ctypes.CDLL(name).XXH3_128bits
    function.restype = Hash
    function.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    found = function(data, len(data))
    return found.high.to_bytes(8, "big") + found.low.to_bytes(8, "big")


def forged(data, header):
    """The archive of one payload with other opcodes before it."""
    data = bytearray(data)
    (one,) = pure_reader.objects(bytes(data))
    end = one.payloads[0].offset
    data[end - len(header):end] = header
    (one,) = pure_reader.objects(bytes(data))
    footer = len(data) - 65
    index = data.rindex(one.in_band_digest, 0, footer) - 16
    data[index + 16:index + 32] = digest(b"".join(one.parts()))
    data[footer + 48:footer + 64] = digest(
        bytes(data[index:footer]) + bytes(data[footer:footer + 48]))
    (one,) = pure_reader.objects(bytes(data), digest)
    one.verify(digest)
    return bytes(data)


def load(tmp_path, kind, header):
    path = tmp_path / "value.pkl5"
    value, own = VALUES[kind]
    pkl5.dump(value, path)
    (one,) = pure_reader.objects(path.read_bytes())
    assert bytes(one.pickle[:one.payloads[0].offset]).endswith(own)
    path.write_bytes(forged(path.read_bytes(), header))
    loaded = [pkl5.load(path, verify=True), pkl5.load(path, mmap=True),
              pkl5.load(path, mmap=True, mode="r")]
    assert loaded[0] == loaded[1] == loaded[2]
    return loaded[0]


@pytest.mark.parametrize("kind, header, made", [
    ("bytes", b"X" + LENGTH4, "x" * SIZE), ("str", b"B" + LENGTH4, b"s" * SIZE),
    ("bytes", b"0\x8e" + LENGTH8, b"x" * SIZE),
    ("str", b"0\x8d" + LENGTH8, "s" * SIZE),
    ("bytes", b"0\x8d" + LENGTH8, "x" * SIZE)])
def test_opcodes_that_take_the_payload_as_well(tmp_path, kind, header, made):
    """The opcode tells the type, not the index."""
    if header[:1] == b"0":
        # Four bytes less of padding make room for the longer length.
        header = padding(tmp_path, kind) + header
    assert load(tmp_path, kind, header) == made


def padding(tmp_path, kind):
    """SHORT_BINBYTES and what it holds before a payload, less four bytes."""
    path = tmp_path / "value.pkl5"
    pkl5.dump(VALUES[kind][0], path)
    (one,) = pure_reader.objects(path.read_bytes())
    before = bytes(one.pickle[:one.payloads[0].offset])
    at = before.rindex(b"C", 0, -len(VALUES[kind][1]) - 1)
    size = before[at + 1]
    assert before[at + 2 + size:at + 3 + size] == b"0" and size >= 4
    return b"C" + bytes([size - 4]) + bytes(size - 4)


@pytest.mark.parametrize("kind, header", [
    ("bytes", b"T" + LENGTH4),
    ("bytes", b"B" + (SIZE + 1).to_bytes(4, "little")),
    ("bytes", b"B" + (SIZE - 1).to_bytes(4, "little")), ("bytes", b"NNNNN"),
    ("bytes", b"NNNN."), ("bytes", b"C\x03..."), ("str", b"NNN\x8c\x40"),
    ("bytearray", b"\x8e" + LENGTH8), ("buffer", b"\x8e" + LENGTH8),
    ("buffer", b"NNNNX" + LENGTH4), ("buffer", b"NNNNB" + LENGTH4),
    ("buffer", b"\x8d" + LENGTH8), ("buffer", b"B" + LENGTH4 + b"NNNN"),
    ("buffer", b"\x96" + LENGTH8[:7] + b"\1")],
    ids=lambda part: part if type(part) is str else repr(part[:5]))
def test_opcodes_that_do_not_take_the_payload(tmp_path, kind, header):
    with pytest.raises(INVALID, match=PLACE):
        load(tmp_path, kind, header)


@pytest.mark.parametrize("header, text", [
    (b"NNNN\xff", "invalid load key, '\\\\xff'"),
    (b"tNNNN", "could not find MARK"),
    (b"Nh\x20NN", "Memo value not found at index 32")])
def test_pickles_that_fail_before_the_payload(tmp_path, header, text):
    with pytest.raises(INVALID, match=text):
        load(tmp_path, "bytes", header)
