"""pkl5.pickletools against the standard library's pickletools."""

import gc
import io
import pickle
import pickletools
import sys
import weakref

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


@pytest.mark.parametrize("data", [
    b"", b"N", b"K", b"(K\x01", b"\xff", b"cos\nsys", b"X\x05\0\0\0abc"])
def test_files_that_end_early(data):
    """After one read() or many."""
    class File(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 1) if size > 0 else size)

    wanted = operations(pickletools, io.BytesIO(data))
    for make in (io.BytesIO, File):
        same_operations(operations(pkl5.pickletools, make(data)), wanted)


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


INFOS = pkl5.pickletools._INFOS


@pytest.mark.parametrize("arguments", [
    (), (b"N.",), ("N.", INFOS), (b"N.", list(INFOS)), (b"N.", INFOS[1:]),
    (b"N.", INFOS, 1)])
def test_wrong_arguments(arguments):
    for function in (pkl5._pkl5.disassemble, pkl5._pkl5.optimize):
        with pytest.raises(TypeError):
            function(*arguments)


@pytest.mark.parametrize("arguments", [
    (), ("", None, 0, INFOS), (b"", None, 0, []), (b"", None, 0, INFOS[1:]),
    (b"", None, "0", INFOS)])
def test_wrong_arguments_of_iterators(arguments):
    with pytest.raises((TypeError, ValueError)):
        pkl5._pkl5.OpcodeIterator(*arguments)


def test_descriptions_that_are_something_else():
    """The reader of an argument is asked for what is no plain one."""
    class Info:
        arg = None

    class Broken:
        @property
        def arg(self):
            raise ZeroDivisionError("arg")

    class Reader:
        @staticmethod
        def reader(file):
            file.seek(-1 << 80)

    class Seeks:
        arg = Reader

    class Silent(io.BytesIO):
        def tell(self):
            return "text"

    wanted = {Info: [None], Broken: ZeroDivisionError, Seeks: Exception}
    for kind, result in wanted.items():
        infos = list(INFOS)
        infos[ord("I")] = kind()
        iterator = pkl5._pkl5.OpcodeIterator(b"I 5\n.", None, 0, tuple(infos))
        if result == [None]:
            assert next(iterator)[1] is None
        else:
            with pytest.raises(result):
                next(iterator)
    # Where the scanner finds nothing, the description may know more.
    infos = list(INFOS)
    infos[ord("T")] = Info()
    iterator = pkl5._pkl5.OpcodeIterator(b"T\xff\xff\xff\xff.", None, 0,
                                         tuple(infos))
    assert next(iterator)[1:] == (None, 0)


@pytest.mark.parametrize("line", [
    b"a\x01b", b"a~b", b"a\x7fb", b"\xe9", b"a\\b", b"", b" ", b"a b"])
def test_lines_of_names(line):
    for data in (b"c" + line + b"\nname\n.", b"cmodule\n" + line + b"\n.",
                 b"P" + line + b"\n.", b"i" + line + b"\n" + line + b"\n."):
        outcomes = []
        for module in (pickletools, pkl5.pickletools):
            try:
                outcomes.append(list(module.genops(data)))
            except Exception as error:
                outcomes.append((type(error), str(error)))
        assert repr(outcomes[0]) == repr(outcomes[1])


def test_everything_is_seen_by_the_collector():
    class Node:
        def read(self, size):
            return b""

    node = Node()
    node.iterator = pkl5._pkl5.OpcodeIterator(b"", node.read, 0, INFOS)
    gone = weakref.ref(node)
    assert gc.get_referents(node.iterator)
    del node
    gc.collect()
    assert gone() is None


def test_names():
    assert sys.modules["pkl5.pickletools"] is pkl5.pickletools
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        pkl5.missing
    for name in pickletools.__all__:
        assert hasattr(pkl5.pickletools, name)
    assert pkl5.pickletools.opcodes is pickletools.opcodes
