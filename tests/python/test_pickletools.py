"""pkl5.pickletools against the standard library's pickletools."""

import io
import pickle
import pickletools
import sys

import pytest

import pkl5
import tested_package
from object_maker import Maker

sys.path.insert(0, str(tested_package.ROOT / "tests" / "corpus"))

import corpora  # noqa: E402

# The standard library is slow, and quadratic in the depth of marks.
MAX_SIZE = 60000
EVERY = 1 if corpora.everything() else 4


def operations(module, source):
    found = []
    try:
        for operation in module.genops(source):
            found.append(operation)
    except Exception as error:
        found.append((type(error), str(error)))
    return found


def shown(operation):
    """With ints that are too long for their decimal digits."""
    return [hex(part) if type(part) is int else repr(part)
            for part in operation]


def same_operations(got, wanted):
    assert [shown(operation) for operation in got] == [
        shown(operation) for operation in wanted]
    for mine, theirs in zip(got, wanted):
        # The very same OpcodeInfo, not one that looks alike.
        assert mine[0] is theirs[0]


def listing(module, source, *args):
    out = io.StringIO()
    try:
        module.dis(source, out, *args)
    except Exception as error:
        return out.getvalue(), type(error), str(error)
    return out.getvalue()


def optimized(module, source):
    try:
        return module.optimize(source)
    except Exception as error:
        return type(error), str(error)


def compare(data):
    same_operations(operations(pkl5.pickletools, data),
                    operations(pickletools, data))
    assert listing(pkl5.pickletools, data) == listing(pickletools, data)
    assert optimized(pkl5.pickletools, data) == optimized(pickletools, data)


@pytest.mark.parametrize("name", ["golden", "hostile"])
def test_corpus(name):
    corpus = getattr(corpora, name)()
    read = 0
    for row in corpus.rows[::EVERY]:
        data = corpus.read(row)
        if len(data) <= MAX_SIZE:
            compare(data)
            read += 1
    assert read > 100


def test_all_protocols():
    for seed in range(0, 400):
        try:
            data = pickle.dumps(Maker(seed).make(), seed % 6)
        except Exception:
            continue
        compare(data)
        compare(bytearray(data))


def test_the_fast_ways_are_taken():
    data = pickle.dumps([1, {"a": (2.5, b"x")}] * 2, 4)
    infos = pkl5.pickletools._INFOS
    for function in (pkl5._pkl5.disassemble, pkl5._pkl5.optimize):
        assert function(data, infos) is not None
        assert function(data[:-1], infos) is None
        with pytest.raises(TypeError):
            function(data, infos[1:])


@pytest.mark.filterwarnings("ignore:invalid escape:DeprecationWarning")
@pytest.mark.parametrize("data", [
    b"", b"N", b"\xff.", b"cos\n", b"cos\nsys", b"c\n\n.", b"I01\n.", b"I1_0\n.",
    b"F1_0\n.", b"S'a\\q'\n.", b"Sa\n.", b"V\\ud800\n.", b"Vx\\u12\n.",
    b"L9L\n.", b"Lx\n.", b"I" + b"9" * 5000 + b"\n.", b"K", b"T\xff\xff\xff\xff.",
    b"\x8b\xfe\xff\xff\xff.", b"\x8c\x02\xff\xff.", b"\x96" + b"\xff" * 8 + b".",
    b"\x8b\xd0\x07\x00\x00" + b"\x11" * 2000 + b".", b"Np0\nq\x00.", b"g0\n.",
    b"N0.", b"(.", b"((10.", b"P\xc3\xa9\n.", b"Ncos\n\xc3\xa9\n.",
    b"(" * 1200 + b"t" * 1200 + b".", b"NN."], ids=lambda data: repr(data[:9]))
def test_unusual(data):
    compare(data)


def test_options_of_dis():
    data = pickle.dumps([{"a": [1, (2, 3)]}] * 2, 4)
    for args in ((None, 2), (None, 4, 1), (None, 4, 30)):
        assert listing(pkl5.pickletools, data, *args) == listing(
            pickletools, data, *args)
    for memo in ({}, {0: "x"}, {9: None}):
        memos = [dict(memo), dict(memo)]
        assert listing(pkl5.pickletools, data, memos[0]) == listing(
            pickletools, data, memos[1])
        assert memos[0].keys() == memos[1].keys()


def test_dis_prints(capsys):
    data = pickle.dumps((1, "x"), 2)
    pickletools.dis(data)
    wanted = capsys.readouterr().out
    pkl5.pickletools.dis(data)
    assert capsys.readouterr().out == wanted


class Pipe:
    """A file that cannot seek."""

    def __init__(self, data):
        self._file = io.BytesIO(data)
        self.read = self._file.read
        self.readline = self._file.readline


def test_files_stand_behind_the_pickle():
    large = pickle.dumps([b"x" * 10000, "y" * 300000, list(range(5000))], 5)
    stream = b"skipped" + large + pickle.dumps([1, 2], 0) + large + b"rest"
    for opened in (io.BytesIO, Pipe):
        files = [opened(stream), opened(stream)]
        for file in files:
            file.read(7)
        for _ in range(3):
            same_operations(operations(pkl5.pickletools, files[0]),
                            operations(pickletools, files[1]))
        assert files[0].read() == files[1].read() == b"rest"


def test_file_of_a_generator_that_is_closed():
    file = io.BytesIO(pickle.dumps([1, 2, 3], 2))
    generator = pkl5.pickletools.genops(file)
    names = [next(generator)[0].name for _ in range(2)]
    assert names == ["PROTO", "EMPTY_LIST"]
    generator.close()
    assert file.tell() == 3
    assert listing(pkl5.pickletools, io.BytesIO(b"xx")) == listing(
        pickletools, io.BytesIO(b"xx"))


def test_wrong_sources():
    for source in (None, 5, "text", memoryview(b"N.")):
        for module in (pickletools, pkl5.pickletools):
            with pytest.raises(AttributeError):
                list(module.genops(source))

    class Odd(io.BytesIO):
        def read(self, size=-1):
            return "text"

    with pytest.raises(TypeError):
        list(pkl5.pickletools.genops(Odd(b"N.")))


def test_iterators_are_not_reentered():
    def read(size):
        return next(iterator)

    iterator = pkl5._pkl5.OpcodeIterator(b"", read, 0, pkl5.pickletools._INFOS)
    with pytest.raises(ValueError, match="already executing"):
        next(iterator)


def test_names():
    assert sys.modules["pkl5.pickletools"] is pkl5.pickletools
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        pkl5.missing
    for name in pickletools.__all__:
        assert hasattr(pkl5.pickletools, name)
    assert pkl5.pickletools.opcodes is pickletools.opcodes
