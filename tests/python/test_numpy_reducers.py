"""reducers=pkl5.numpy: arrays that NumPy keeps in-band go out of band."""

import copyreg
import io
import pickle
import subprocess
import sys

import pytest

import pkl5
import tested_package

numpy = pytest.importorskip("numpy")


class Inheriting(numpy.ndarray):
    finalized = 0

    def __new__(cls, extra, *, keyword):
        return super().__new__(cls, 2)

    def __array_finalize__(self, obj):
        self.finalized = 1 + getattr(obj, "finalized", 0)


class WithSetState(numpy.ndarray):
    def __setstate__(self, state):
        super().__setstate__(state)
        self.restored = True


class WithReduce(numpy.ndarray):
    def __reduce__(self):
        return WithReduce, (self.shape,)


def base():
    return numpy.arange(2 * 3 * 4).reshape(2, 3, 4)


def readonly(array):
    array.flags.writeable = False
    return array


OUT_OF_BAND = {
    "datetime64": lambda: base().astype("M8[ns]"),
    "timedelta64": lambda: base().astype("m8[D]"),
    "big-endian datetime64": lambda: base().astype(">M8[25s]"),
    "NaT": lambda: numpy.array(["NaT", "2026-01-01"], "M8[D]"),
    "one datetime64": lambda: numpy.array("2026-01-01", "M8[D]"),
    "Fortran datetime64": lambda: numpy.asfortranarray(base().astype("M8[s]")),
    "readonly datetime64": lambda: readonly(base().astype("M8[s]")),
    "structure": lambda: numpy.ones(5, [("when", "M8[s]"), ("x", "f8", 3)]),
    "strided": lambda: base()[:, ::2],
    "reversed": lambda: base()[::-1],
    "strided datetime64": lambda: base().astype("M8[s]")[..., 1],
    "strided text": lambda: numpy.array(["a", "bcd", "e"])[::2],
    "broadcast": lambda: numpy.broadcast_to(numpy.arange(3.), (4, 3)),
    "matrix": lambda: numpy.matrix([[1, 2], [3, 4]]),
    "recarray": lambda: numpy.rec.array([(1, 2.)], dtype=[("a", "i4"),
                                                        ("b", "f8")]),
    "subclass": lambda: base().view(Inheriting),
    "strided subclass": lambda: base().view(Inheriting)[:, ::2],
    "plain": lambda: base(),
    "Fortran": lambda: numpy.asfortranarray(base()),
}
IN_BAND = {
    "objects": lambda: numpy.array([1, "x", None], dtype=object),
    "structure with objects": lambda: numpy.zeros(3, [("a", object)]),
    "empty": lambda: numpy.zeros((0, 3), "M8[s]"),
    "masked": lambda: numpy.ma.array([1, 2, 3], mask=[0, 1, 0]),
    "with a __setstate__": lambda: base().view(WithSetState),
    "with a __reduce__": lambda: base().view(WithReduce),
    "scalar": lambda: numpy.datetime64("2026-01-01"),
    "others": lambda: [1, {"a": (2.5, None)}, {3}, len, Inheriting],
}


def assert_same(one, other):
    assert type(one) is type(other)
    if isinstance(one, numpy.ndarray):
        # NumPy gives others the byte order of the machine.
        native = one.dtype.newbyteorder("=")
        assert native == other.dtype.newbyteorder("=")
        assert one.shape == other.shape
        assert one.astype(native).tobytes() == other.astype(native).tobytes()
        assert one.flags.f_contiguous == other.flags.f_contiguous
        assert getattr(one, "finalized", 0) == getattr(other, "finalized", 0)


def dump(obj, reducers=pkl5.numpy):
    buffers = []
    data = pkl5.dumps(obj, 5, buffer_callback=buffers.append,
                      reducers=reducers)
    return data, buffers


@pytest.mark.parametrize("name", OUT_OF_BAND)
def test_out_of_band(name):
    array = OUT_OF_BAND[name]()
    data, buffers = dump(array)
    assert sum(buffer.raw().nbytes for buffer in buffers) == array.nbytes
    assert len(data) < 500
    default = pickle.loads(pickle.dumps(array, 5))
    for loads in (pickle.loads, pkl5.loads, pickle._loads):
        loaded = loads(data, buffers=buffers)
        assert_same(loaded, default)
        assert loaded.dtype == array.dtype
        copies = [bytearray(buffer.raw()) for buffer in buffers]
        assert loads(data, buffers=copies).flags.writeable == (
            not buffers[0].raw().readonly)
    in_band = pkl5.dumps(array, 5, reducers=pkl5.numpy)
    assert_same(pickle.loads(in_band), default)


@pytest.mark.parametrize("name", ["datetime64", "Fortran datetime64", "matrix",
                                  "subclass"])
def test_memory_is_not_copied(name):
    array = OUT_OF_BAND[name]()
    data, buffers = dump(array)
    assert numpy.shares_memory(pickle.loads(data, buffers=buffers), array)


def test_readonly_arrays_stay_readonly():
    data, buffers = dump(OUT_OF_BAND["readonly datetime64"]())
    assert buffers[0].raw().readonly
    assert not pickle.loads(data, buffers=buffers).flags.writeable
    data, buffers = dump(OUT_OF_BAND["broadcast"]())
    assert pickle.loads(data, buffers=buffers).flags.writeable


@pytest.mark.parametrize("name", IN_BAND)
def test_in_band(name):
    obj = IN_BAND[name]()
    data, buffers = dump(obj)
    assert not buffers
    assert data == pickle.dumps(obj, 5)
    assert data == pkl5.dumps(obj, 5)


def test_nothing_changes_without_asking():
    array = OUT_OF_BAND["datetime64"]()
    for obj in (array, [array, OUT_OF_BAND["strided"]()]):
        data, buffers = dump(obj, reducers=None)
        assert not buffers and data == pickle.dumps(obj, 5)
    assert pkl5.install()
    try:
        assert pickle.dumps(array, 5) == pkl5.dumps(array, 5)
    finally:
        pkl5.uninstall()


def test_shared_arrays_stay_one():
    array = OUT_OF_BAND["datetime64"]()
    data, buffers = dump([array, array])
    assert len(buffers) == 1
    first, second = pickle.loads(data, buffers=buffers)
    assert first is second


def test_copyreg_comes_first():
    class Registered(numpy.ndarray):
        pass

    copyreg.pickle(Registered, lambda array: (numpy.zeros, (3,)))
    try:
        data, buffers = dump(base().view(Registered))
        assert not buffers and pickle.loads(data).tolist() == [0, 0, 0]
    finally:
        del copyreg.dispatch_table[Registered]


def test_dispatch_table_of_picklers():
    array = OUT_OF_BAND["strided datetime64"]()
    written = []
    for module in (pickle, pkl5):
        file = io.BytesIO()
        buffers = []
        pickler = module.Pickler(file, 5, buffer_callback=buffers.append)
        pickler.dispatch_table = pkl5.numpy.dispatch_table
        pickler.dump([array, 1, {2}])
        written.append(file.getvalue())
        loaded = pickle.loads(file.getvalue(), buffers=buffers)
        assert_same(loaded[0], pickle.loads(pickle.dumps(array, 5)))
    assert written[0] == written[1]


def test_files_and_archives(tmp_path):
    array = OUT_OF_BAND["datetime64"]()
    large = numpy.arange(10000).astype("M8[us]").reshape(100, 100).T
    path = tmp_path / "dates.pkl5"
    pkl5.dump([array, large], path, reducers=pkl5.numpy)
    with open(path, "rb") as file:
        stock = pickle.load(file)
    loaded = pkl5.load(path, mmap=True, verify=True)
    for one, other, wanted in zip(stock, loaded, (array, large)):
        assert_same(one, wanted)
        assert_same(other, wanted)
    kept = loaded[1]
    while isinstance(kept, numpy.ndarray):
        kept = kept.base
    assert type(kept).__module__ == "pkl5._pkl5"
    with open(tmp_path / "plain", "wb") as file:
        pkl5.dump(array, file, 5, reducers=pkl5.numpy)
    assert_same(pickle.loads((tmp_path / "plain").read_bytes()), array)


def test_frames_of_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({
        "when": pandas.date_range("2026-01-01", periods=3000),
        "lasted": pandas.to_timedelta(range(3000), "s"),
        "number": numpy.arange(3000.), "text": ["text"] * 3000})
    data, buffers = dump(frame)
    out_of_band = sum(buffer.raw().nbytes for buffer in buffers)
    assert out_of_band >= 3 * 8 * 3000
    assert pickle.loads(data, buffers=buffers).equals(frame)


def test_protocol_5_is_needed():
    for protocol in (None, 4):
        with pytest.raises(ValueError, match="protocol >= 5"):
            pkl5.dumps([], protocol, reducers=pkl5.numpy)
        with pytest.raises(ValueError, match="protocol >= 5"):
            pkl5.dump([], io.BytesIO(), protocol, reducers=pkl5.numpy)
    with pytest.raises(AttributeError):
        pkl5.dumps([], 5, reducers=object())


def test_numpy_is_imported_when_it_is_asked_for():
    code = ("import sys, pkl5; assert 'numpy' not in sys.modules; pkl5.numpy; "
            "assert 'numpy' in sys.modules; "
            "assert not hasattr(pkl5, 'nothing')")
    subprocess.run([sys.executable, "-c", code], check=True,
                   env={"PYTHONPATH": tested_package.PACKAGE_DIR})
