"""pkl5.safe: what libraries write loads, and what forges memory does not."""

import collections
import copyreg
import datetime
import importlib
import io
import pickle
import subprocess
import sys
import zipfile

import pytest

import pkl5
import tested_package
from pkl5 import Limits, UnpicklingError

numpy = pytest.importorskip("numpy")
UNTRUSTED = Limits.untrusted()
EIGHT = b"\0" * 8
CORE = "numpy._core" if numpy.__version__ >= "2" else "numpy.core"
FORGED = "objects would be made of the bytes"
CONTRADICTS = "the dtype contradicts itself"


class Call:
    """Is pickled as a call, and a state."""

    def __init__(self, func, *args, state=None):
        self.reduction = (func, args, *([] if state is None else [state]))

    def __reduce__(self):
        return self.reduction


def imported(name):
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def pickled(obj, protocol=4):
    return obj if type(obj) is bytes else pickle.dumps(obj, protocol)


def global_of(module, name):
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def operand(obj):
    """Without PROTO and STOP, and no frames."""
    return pickle.dumps(obj, 3)[2:-1]


def raw(module, name, *args):
    """A call of what pickle would name otherwise."""
    return (b"\x80\x04" + global_of(module, name) + operand(args) + b"R.")


def load(obj, allow=pkl5.safe.numpy, protocol=4):
    return pkl5.loads(pickled(obj, protocol), allow=allow, limits=UNTRUSTED)


def refuses(obj, text, **options):
    with pytest.raises(UnpicklingError, match=text):
        load(obj, **options)


def text_of(dtype):
    return Call(numpy.dtype, dtype, False, True)


def forged_dtype(size=8, fields=(), names=("a",), flags=0, alignment=1,
                 subarray=None, version=3):
    fields = {"a": (numpy.dtype("O"), 0)} if fields == () else fields
    return Call(numpy.dtype, "V8", False, True,
                state=(version, "|", subarray, names, fields, size, alignment,
                       flags))


# --- Lists -------------------------------------------------------------------

def test_lists_hold_nothing_that_runs_others():
    for name in pkl5.safe.__all__:
        names = getattr(pkl5.safe, name)
        assert isinstance(names, frozenset) and len(names) > 10
        for dotted in names:
            module, _, attribute = dotted.rpartition(".")
            assert module and attribute
            assert attribute not in (
                "getattr", "eval", "exec", "partial", "_load_from_bytes",
                "map", "filter", "reduce", "memmap", "load", "_Scorer",
                "methodcaller", "attrgetter", "itemgetter")
            assert module.split(".")[0] in (
                "_codecs", "_loss", "builtins", "collections", "copyreg",
                "datetime", "dateutil", "decimal", "numpy", "pandas", "pytz",
                "pyarrow", "scipy", "sklearn", "torch", "uuid", "zoneinfo")
    assert pkl5.safe.numpy < pkl5.safe.pandas
    assert pkl5.safe.numpy < pkl5.safe.sklearn
    with pytest.raises(AttributeError):
        pkl5.safe.polars


# --- Genuine -----------------------------------------------------------------

def arrays():
    record = numpy.dtype([("a", "O"), ("b", "i4"), ("c", "U3")], align=True)
    filled = numpy.zeros(2, record)
    filled[0] = ([1], 2, "x")
    titled = numpy.dtype({"names": ["x"], "formats": ["f8"], "offsets": [4],
                          "titles": ["t"], "itemsize": 20})
    dtypes = [numpy.dtype(text) for text in (
        "f8", ">i2", "U5", "S3", "V7", "M8[25s]", "m8", "O", "?", "c16", "U0")]
    dtypes += [record, titled, numpy.dtype(("i4", (2, 3))), numpy.dtype([]),
               numpy.dtype([("x", ("O", (2,))), ("y", record)]),
               numpy.dtype((numpy.record, [("a", "i1")])),
               numpy.dtype("i4", metadata={"a": 1})]
    yield from dtypes
    yield from (numpy.zeros((2, 3), dtype) for dtype in dtypes
                if dtype.subdtype is None)
    yield from (numpy.arange(6).reshape(2, 3), numpy.arange(3) * 1.5,
                numpy.arange(6).reshape(2, 3).T, numpy.zeros((0, 4)), filled,
                numpy.array(["x", None, [1], {2: 3}], object),
                numpy.array("2024-01-02", "M8[D]"), numpy.array(["a", "bcd"]),
                numpy.ma.array([1, 2, 3], mask=[0, 1, 0]),
                numpy.ma.array(["x", None], object, mask=[0, 1]),
                numpy.rec.array([(1, 2.5), (3, 4.5)]), numpy.matrix([[1, 2]]))
    yield from (numpy.float64(2.5), numpy.int8(3), numpy.str_("x"),
                numpy.bytes_(b"y"), numpy.datetime64("2024-01-02"),
                numpy.void(b"abc"), numpy.bool_(True), numpy.zeros(1, titled)[0])
    yield from (numpy.sin, numpy.add, numpy.float32, numpy.ndarray,
                numpy.polynomial.Polynomial([1, 2, 3]))


@pytest.mark.parametrize("protocol", range(2, 6))
def test_arrays(protocol):
    for obj in arrays():
        data = pickle.dumps([obj, {"k": obj}], protocol)
        loaded = load(data)
        assert repr(loaded) == repr(pickle.loads(data))
        assert type(loaded[0]) is type(obj) and loaded[0] is loaded[1]["k"]


@pytest.mark.parametrize("protocol", range(2, 6))
def test_generators(protocol):
    for name in ("PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM"):
        bits = getattr(numpy.random, name)(5)
        generator = numpy.random.Generator(bits)
        generator.standard_normal(700)
        loaded = load(generator, protocol=protocol)
        assert loaded.standard_normal(9).tolist() == (
            generator.standard_normal(9).tolist())
    legacy = numpy.random.RandomState(3)
    legacy.rand(700)
    loaded = load(legacy, protocol=protocol)
    assert loaded.rand(5).tolist() == legacy.rand(5).tolist()


def test_arrays_out_of_band():
    data = [numpy.arange(1000.0), numpy.arange(6).reshape(2, 3).T,
            numpy.array(["2024-01-02"], "M8[D]"), numpy.arange(100)[::3]]
    for reducers in (None, pkl5.numpy):
        buffers = []
        pickled = pkl5.dumps(data, 5, buffer_callback=buffers.append,
                             reducers=reducers)
        loaded = pkl5.loads(pickled, buffers=buffers, allow=pkl5.safe.numpy,
                            limits=UNTRUSTED)
        assert [array.tolist() for array in loaded] == [
            array.tolist() for array in data]


def test_strings_of_any_length():
    make = getattr(getattr(numpy, "dtypes", None), "StringDType", None)
    if make is None:
        pytest.skip("this NumPy has no StringDType")
    for dtype in (make(), make(na_object=None), make(coerce=False)):
        array = numpy.array(["a", "b" * 1000, ""], dtype)
        assert load(array).tolist() == array.tolist()
        refuses(Call(numpy.ndarray, (1,), dtype, b"\0" * 16), FORGED)
        refuses(Call(imported(CORE + ".multiarray.scalar"), dtype, b"\0" * 16),
                FORGED)


def frames(pandas):
    index = pandas.MultiIndex.from_product([["a", "b"], [1, 2]])
    times = pandas.date_range("2024-01-01", periods=4)
    frame = pandas.DataFrame({
        "i": [1, 2, 3, 4], "f": [0.5, None, 1.5, 2.5], "t": times,
        "c": pandas.Categorical(["x", "y", None, "x"]),
        "o": [None, "x", 5, [1]], "n": pandas.array([1, None, 3, 4], "Int64"),
        "b": pandas.array([True, None, False, True], "boolean"),
        "s": pandas.arrays.SparseArray([0, 0, 1, 0])})
    yield from (frame, frame.set_index(index), frame["c"], frame["i"], index,
                times, times.tz_localize("UTC"), pandas.NaT, pandas.NA,
                pandas.Timestamp("2024-01-02 03:04"), pandas.Timedelta("3s"),
                pandas.Period("2024-01", "M"), pandas.Interval(1, 2),
                pandas.interval_range(0, 3), pandas.RangeIndex(5),
                pandas.CategoricalIndex(["a", "b", "a"]),
                pandas.period_range("2024-01", periods=3, freq="M"),
                pandas.timedelta_range("1s", periods=3),
                pandas.offsets.MonthEnd(2), pandas.CategoricalDtype(["a"]))


def test_frames():
    pandas = pytest.importorskip("pandas")
    for obj in frames(pandas):
        for protocol in range(2, 6):
            loaded = load(obj, pkl5.safe.pandas, protocol)
            assert type(loaded) is type(obj) and repr(loaded) == repr(obj)


def estimators():
    from sklearn import (ensemble, linear_model, neighbors, neural_network,
                         pipeline, preprocessing, svm, tree)
    yield tree.DecisionTreeClassifier(max_depth=4, random_state=0)
    yield ensemble.RandomForestClassifier(3, random_state=0)
    yield ensemble.GradientBoostingClassifier(n_estimators=3, random_state=0)
    yield ensemble.HistGradientBoostingClassifier(max_iter=3)
    yield neighbors.KNeighborsClassifier(algorithm="kd_tree")
    yield neighbors.KNeighborsClassifier(algorithm="ball_tree")
    yield svm.SVC()
    yield neural_network.MLPClassifier((4,), max_iter=5)
    yield pipeline.make_pipeline(preprocessing.StandardScaler(),
                                 linear_model.LogisticRegression())


@pytest.mark.filterwarnings("ignore")
def test_estimators():
    pytest.importorskip("sklearn")
    from sklearn import datasets
    x, y = datasets.make_classification(60, random_state=0)
    for estimator in estimators():
        estimator.fit(x, y)
        for protocol in (2, 4, 5):
            loaded = load(estimator, pkl5.safe.sklearn, protocol)
            assert loaded.predict(x).tolist() == estimator.predict(x).tolist()


def sparse_matrices(sparse):
    dense = numpy.eye(4) + numpy.arange(4)
    for name in ("csr", "csc", "coo", "bsr", "dia", "lil", "dok"):
        yield getattr(sparse, name + "_matrix")(dense)
        if hasattr(sparse, name + "_array"):
            yield getattr(sparse, name + "_array")(dense)


def test_sparse_matrices():
    sparse = pytest.importorskip("scipy.sparse")
    for matrix in sparse_matrices(sparse):
        for protocol in (2, 5):
            loaded = load(matrix, pkl5.safe.sklearn, protocol)
            assert loaded.toarray().tolist() == matrix.toarray().tolist()


# --- Hostile -----------------------------------------------------------------

FORGERS = {
    "ndarray": lambda dtype: Call(numpy.ndarray, (1,), dtype, EIGHT),
    "ndarray.__new__": lambda dtype: raw(
        "numpy", "ndarray.__new__", numpy.ndarray, (1,), dtype, EIGHT),
    "__newobj__": lambda dtype: raw(
        "copyreg", "__newobj__", numpy.ndarray, (1,), dtype, EIGHT),
    "subclass": lambda dtype: Call(Inheriting, (1,), dtype, EIGHT),
    "bytearray": lambda dtype: Call(
        numpy.ndarray, (1,), dtype, bytearray(EIGHT)),
    "array": lambda dtype: Call(numpy.ndarray, (1,), dtype, numpy.zeros(1)),
    "_frombuffer": lambda dtype: Call(
        imported(CORE + ".numeric._frombuffer"), EIGHT, dtype, (1,), "C"),
    "frombuffer": lambda dtype: Call(numpy.frombuffer, EIGHT, dtype),
    "state": lambda dtype: Call(
        imported(CORE + ".multiarray._reconstruct"), numpy.ndarray, (0,), b"b",
        state=(1, (1,), dtype, False, EIGHT)),
    "scalar": lambda dtype: Call(
        imported(CORE + ".multiarray.scalar"), dtype, EIGHT),
    "masked": lambda dtype: Call(
        imported("numpy.ma.core._mareconstruct"), numpy.ma.MaskedArray,
        numpy.ndarray, (0,), "b",
        state=(1, (1,), dtype, False, EIGHT, b"\0", None)),
}
OBJECTS = {
    "record": text_of([("a", "O")]),
    "comma": text_of("O,"),
    "title": text_of([(("t", "a"), "O")]),
    "offset": text_of({"names": ["a"], "formats": ["O"], "offsets": [0],
                       "itemsize": 8}),
    "nested": text_of([("a", [("b", "O")])]),
    "subarray": text_of([("a", "O", (1,))]),
    "flags 0": forged_dtype(),
    "no NEEDS_INIT": forged_dtype(flags=3),
    "no LIST_PICKLE": forged_dtype(flags=0x39),
    "flags 63 of bytes": forged_dtype(fields={}, names=(), flags=63),
    "subarray with flags 0": forged_dtype(
        names=None, fields=None, subarray=(numpy.dtype("O"), (1,))),
}


class Inheriting(numpy.ndarray):
    """Of whose making numpy.ndarray takes care."""


ALLOW = pkl5.safe.numpy | {
    f"{__name__}.Inheriting", "copyreg.__newobj__", "copyreg._reconstructor",
    "numpy.frombuffer", "numpy.fromstring", "builtins.getattr",
    "numpy.lib.stride_tricks.as_strided",
    "numpy.lib._stride_tricks_impl.as_strided"}


@pytest.mark.parametrize("dtype", [*OBJECTS, "O", "numpy.dtype('O')"])
@pytest.mark.parametrize("forger", FORGERS)
def test_objects_are_not_made_of_bytes(forger, dtype):
    made = OBJECTS.get(dtype, numpy.dtype("O"))
    if dtype == "O":
        if forger in ("state", "scalar", "masked"):
            pytest.skip("it takes no text")
        made = "O"
    refuses(FORGERS[forger](made), f"{FORGED}|{CONTRADICTS}", allow=ALLOW)
    with pytest.raises(UnpicklingError, match=f"{FORGED}|{CONTRADICTS}"):
        pkl5.loads(pickled(FORGERS[forger](made)),
                   on_call=lambda *args: True)


@pytest.mark.parametrize("dtype", [
    forged_dtype(fields={"a": (numpy.dtype("f8"), 1000)}),
    forged_dtype(fields={"a": (numpy.dtype("f8"), 4)}),
    forged_dtype(fields={"a": (numpy.dtype("f8"), -8)}),
    forged_dtype(fields={"b": (numpy.dtype("f8"), 0)}),
    forged_dtype(fields={"a": (numpy.dtype("f8"), 0),
                         "b": (numpy.dtype("f8"), 1000)}),
    forged_dtype(fields={"a": (numpy.dtype("O"), 0),
                         "b": (numpy.dtype("i8"), 0)}, names=("a", "b"),
                 flags=63),
    forged_dtype(fields={"a": (numpy.dtype("O"), 0),
                         "b": (numpy.dtype("O"), 4)}, names=("a", "b"),
                 size=16, flags=63),
    forged_dtype(fields={"a": 5}), forged_dtype(fields=5),
    forged_dtype(names=5), forged_dtype(alignment=0),
    forged_dtype(alignment=3), forged_dtype(names=None, fields=None, size=-5),
    forged_dtype(names=None, fields=None,
                 subarray=(numpy.dtype("f8"), (1000,))),
    forged_dtype(names=None, fields=None, subarray=5),
    forged_dtype(names=None, fields=None, subarray=(numpy.dtype("f8"), -1)),
    forged_dtype(names=None),
    forged_dtype(version=1),
    Call(numpy.dtype, "U1", False, True,
         state=(3, "<", None, None, None, 5, 4, 8)),
    Call(numpy.dtype, "M8", False, True,
         state=(4, "<", None, None, None, -1, -1, 0, (None, (5, 5, 5, 5)))),
    Call(numpy.dtype, "f8", False, True, state=5),
    Call(numpy.dtype, "f8", False, True, state=()),
], ids=lambda call: repr(call.reduction[2])[:60])
def test_dtypes_agree_with_themselves(dtype):
    refuses(dtype, f"BUILD: ({CONTRADICTS}|the state is none)")


def test_arrays_hold_what_was_written():
    reconstruct = imported(CORE + ".multiarray._reconstruct")
    for call in (Call(numpy.ndarray, (5,), "i8"), Call(numpy.ndarray, 5),
                 Call(reconstruct, numpy.ndarray, (5,), "b"),
                 Call(reconstruct, numpy.ndarray, (1 << 40,), "b"),
                 Call(imported("numpy.ma.core._mareconstruct"),
                      numpy.ma.MaskedArray, numpy.ndarray, (5,), "b")):
        refuses(call, "nobody has written")
    for state in ((1, (2,), numpy.dtype("i8"), False, EIGHT),
                  (1, (1,), numpy.dtype("i8"), False, [5]),
                  (1, (-1,), numpy.dtype("i8"), False, EIGHT),
                  (1, (1 << 61, 8), numpy.dtype("i8"), False, b""),
                  (1, (2,), numpy.dtype("O"), False, [5]),
                  (1, 5, numpy.dtype("i8"), False, EIGHT),
                  (1, (1,), "i8", False, EIGHT), (), 5):
        refuses(Call(reconstruct, numpy.ndarray, (0,), b"b", state=state),
                "BUILD: the state is none that NumPy writes")
    for strides in ((1 << 40,), (-8,), (16,)):
        with pytest.raises(ValueError):
            load(Call(numpy.ndarray, (2,), "i8", EIGHT * 2, 0, strides))
    with pytest.raises((ValueError, TypeError)):
        load(Call(numpy.ndarray, (2,), "i8", EIGHT))


def test_objects_have_no_second_view():
    objects = numpy.array([None], object)
    refuses(Call(numpy.ndarray, (1,), "i8", objects), FORGED)
    refuses(Call(imported(CORE + ".numeric._frombuffer"), objects, "i8", (1,),
                 "C"), FORGED)
    record = numpy.zeros(1, [("O", "i8"), ("a", "O")])
    refuses(Call(numpy.ndarray, (2,), "i8", record), FORGED)
    assert load(Call(numpy.ndarray, (1,), "i8", numpy.zeros(1, "i8"))) == [0]


def test_functions_that_reach_further_are_not_called():
    array = numpy.zeros(1)
    as_strided = imported("numpy.lib.stride_tricks.as_strided")
    refuses(Call(as_strided, array, (100,), (8,)), "memory that it was not",
            allow=ALLOW | {as_strided.__module__ + ".as_strided"})
    methods = {"numpy.ndarray.view", "numpy.ndarray.__setstate__",
               "numpy.dtype.__setstate__"}
    for name, args in (("view", (array, "O")), ("__setstate__", (array, ()))):
        refuses(raw("numpy", "ndarray." + name, *args), "methods of arrays",
                allow=ALLOW | methods)
    refuses(Call(numpy.add, array, array), "named, not called",
            allow=ALLOW | {CORE + "._multiarray_umath.add"})
    refuses(Call(numpy.recarray, (1,), "O", EIGHT), "by _reconstruct only")
    refuses(Call(numpy.void, 1 << 40), "made of bytes")
    refuses(Call(bytearray, 1 << 40), "not made of a size")
    refuses(Call(copyreg._reconstructor, numpy.ndarray, object, None),
            "by its own functions only", allow=ALLOW | {"builtins.object"})
    for name in ("numpy._core", "numpy.core"):
        try:
            func = imported(name + "._ufunc_reconstruct")
        except (ImportError, AttributeError):
            continue
        refuses(Call(func, "os", "system"), "name no ufunc")
        assert load(Call(func, CORE + "._multiarray_umath", "sin")) is numpy.sin


@pytest.mark.parametrize("name, key", [("MT19937", "pos"),
                                       ("Philox", "buffer_pos")])
@pytest.mark.parametrize("at", [-1, 625, 1 << 30, 5.5])
def test_generators_point_into_their_state(name, key, at):
    bits = getattr(numpy.random, name)(5)
    state = bits.state
    (state["state"] if key == "pos" else state)[key] = at
    ctor = imported("numpy.random._pickle.__bit_generator_ctor")
    refuses(Call(ctor, name, state=state), "the generator's position|none that")
    if name == "MT19937":
        legacy = ("MT19937", state["state"]["key"], at, 0, 0.0)
        make = imported("numpy.random._pickle.__randomstate_ctor")
        refuses(Call(make, "MT19937", state=legacy), "the generator's position")


def test_generators_are_made_of_generators():
    module = "numpy.random._pickle."
    refuses(Call(imported(module + "__generator_ctor"), "x", collections.Counter),
            "no generators", allow=pkl5.safe.numpy | {"collections.Counter"})
    refuses(Call(imported(module + "__bit_generator_ctor"),
                 collections.OrderedDict), "no generators")


def test_codes_lie_in_their_levels():
    pandas = pytest.importorskip("pandas")
    index = pandas.MultiIndex.from_product([["a", "b"], [1, 2]])
    func, (cls, given), *_ = index.__reduce__()
    for code in (2, 1 << 20, -2):
        given["codes"] = [numpy.array([0, code]), numpy.array([0, 1])]
        refuses(Call(func, cls, given), "outside of its categories or levels",
                allow=pkl5.safe.pandas)
    refuses(Call(func, datetime.date, {}), "no Index", allow=pkl5.safe.pandas)
    reduction = pandas.Categorical(["a", "b"]).__reduce__()
    state = pickle.loads(pickle.dumps(reduction[2]))

    def spoilt(part):
        if isinstance(part, numpy.ndarray) and part.dtype.kind == "i":
            return part + 100
        if isinstance(part, (tuple, list)):
            return type(part)(map(spoilt, part))
        if isinstance(part, dict):
            return {key: spoilt(value) for key, value in part.items()}
        return part

    refuses(Call(*reduction[:1], *reduction[1], state=spoilt(state)),
            "outside of its categories or levels", allow=pkl5.safe.pandas)


def test_trees_point_into_themselves():
    pytest.importorskip("sklearn")
    from sklearn import datasets, tree
    x, y = datasets.make_classification(60, random_state=0)
    fitted = tree.DecisionTreeClassifier(random_state=0).fit(x, y).tree_
    func, args, state = fitted.__reduce__()
    for name, value in (("left_child", 1 << 20), ("right_child", -5),
                        ("left_child", 0), ("feature", 1 << 20),
                        ("feature", -7)):
        spoilt = {**state, "nodes": state["nodes"].copy()}
        spoilt["nodes"][name][0] = value
        refuses(Call(func, *args, state=spoilt), "outside of what|form a cycle",
                allow=pkl5.safe.sklearn)
    refuses(Call(func, *args, state={**state, "node_count": 1 << 20}),
            "outside of what", allow=pkl5.safe.sklearn)
    assert load(fitted, pkl5.safe.sklearn).predict(
        x.astype("f4")).tolist() == fitted.predict(x.astype("f4")).tolist()


def test_neighbors_point_into_their_data():
    neighbors = pytest.importorskip("sklearn.neighbors")
    for made in (neighbors.KDTree(numpy.eye(9)), neighbors.BallTree(
            numpy.eye(9))):
        func, args, state = made.__reduce__()
        for at, change in ((1, 100), (1, -100)):
            spoilt = list(state)
            spoilt[at] = numpy.asarray(spoilt[at]) + change
            refuses(Call(func, *args, state=tuple(spoilt)), "outside of what",
                    allow=pkl5.safe.sklearn)
        refuses(Call(func, datetime.date), "no class of the module",
                allow=pkl5.safe.sklearn | {"datetime.date"})


def test_sparse_matrices_point_into_themselves():
    sparse = pytest.importorskip("scipy.sparse")
    for matrix in sparse_matrices(sparse):
        if matrix.format not in ("csr", "csc", "bsr", "coo"):
            continue
        for name in ("indices", "indptr", "coords", "row"):
            state = dict(vars(matrix))
            if name not in state:
                continue
            part = state[name]
            state[name] = (tuple(one + 100 for one in part)
                           if type(part) is tuple else part + 100)
            cls = type(matrix)
            refuses(b"\x80\x04" + global_of(cls.__module__, cls.__name__) +
                    b")\x81" + operand(state) + b"b.", "outside of what",
                    allow=pkl5.safe.sklearn)


def loaded_tensors(torch, archive, data, storages):
    """What torch.load makes of the pickle, by pkl5."""
    untyped = getattr(torch, "UntypedStorage", None) or (
        torch.storage._UntypedStorage)
    typed = getattr(torch.storage, "TypedStorage", None) or (
        torch.storage._TypedStorage)

    class Unpickler(pkl5.Unpickler):
        def persistent_load(self, pid):
            raw = archive.read(storages + pid[2])
            return typed(wrap_storage=untyped.from_buffer(
                raw, dtype=torch.uint8, byte_order="little"),
                dtype=torch.float32)

    return Unpickler(io.BytesIO(data), allow=pkl5.safe.torch,
                     limits=UNTRUSTED).load()


@pytest.mark.filterwarnings("ignore")
def test_tensors_lie_in_their_storage():
    torch = pytest.importorskip("torch")
    state = torch.nn.Linear(3, 4).state_dict()
    file = io.BytesIO()
    torch.save(state, file)
    archive = zipfile.ZipFile(file)
    name = next(name for name in archive.namelist() if "data.pkl" in name)
    storages = name.replace("data.pkl", "data/")
    data = archive.read(name)
    loaded = loaded_tensors(torch, archive, data, storages)
    assert {key: value.tolist() for key, value in loaded.items()} == {
        key: value.tolist() for key, value in state.items()}
    shape = b"K\4K\3\x86"
    assert shape in data
    for spoilt in (b"K\x64K\3\x86", b"K\4K\x64\x86", b"K\5K\3\x86",
                   b"J\xff\xff\xff\xffK\3\x86"):
        with pytest.raises(UnpicklingError, match=(
                "outside of its storage|none of a tensor")):
            loaded_tensors(torch, archive, data.replace(shape, spoilt), storages)


def test_nothing_is_asked_without_the_libraries():
    """Loads without NumPy import none of the checks."""
    code = ("import sys; sys.path.insert(0, sys.argv[1]); import pkl5, pickle;"
            "pkl5.loads(pickle.dumps(__import__('datetime').date(2024, 1, 2)),"
            "allow=['datetime.date']);"
            "assert 'numpy' not in sys.modules;"
            "assert 'pkl5.safe' not in sys.modules")
    subprocess.run([sys.executable, "-c", code, tested_package.PACKAGE_DIR],
                   check=True)
