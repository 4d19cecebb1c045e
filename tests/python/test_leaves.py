"""Dates and arrays, which are written without their reductions: the bytes are
those of _pickle."""

import _pickle
import copyreg
import datetime
import importlib.util
import io

import pytest

import pkl5


class OwnDatetime(datetime.datetime):
    pass


class Zone(datetime.tzinfo):
    def utcoffset(self, when):
        return datetime.timedelta(hours=1)


ZONE = Zone()
DATES = [
    datetime.datetime(2026, 1, 2, 3, 4, 5, 678901),
    datetime.datetime(1, 1, 1), datetime.datetime.max,
    datetime.datetime(2026, 10, 25, 2, 30, fold=1),
    datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc),
    datetime.datetime(2026, 10, 25, 2, 30, tzinfo=ZONE, fold=1),
    datetime.date(2026, 1, 2), datetime.date.min, datetime.date.max,
    datetime.time(1, 2, 3, 4), datetime.time(2, 30, fold=1),
    datetime.time(23, tzinfo=datetime.timezone.utc),
    datetime.time(2, 30, tzinfo=ZONE, fold=1),
    datetime.timedelta(1, 2, 3), datetime.timedelta.min,
    datetime.timedelta(days=-1), datetime.timezone.utc,
    datetime.timezone(datetime.timedelta(hours=2)),
    OwnDatetime(2026, 1, 1), ZONE,
]


def copies(values):  # equal ones, made anew
    return [copy for value in values for copy in (
        value, type(value).__reduce_ex__(value, 5)[0](
            *type(value).__reduce_ex__(value, 5)[1]))]


def assert_same(obj, protocols=range(6)):
    for protocol in protocols:
        wanted = _pickle.dumps(obj, protocol)
        assert pkl5.dumps(obj, protocol) == wanted
        file = io.BytesIO()
        pkl5.dump(obj, file, protocol)
        assert file.getvalue() == wanted
        file = io.BytesIO()
        pickler = pkl5.Pickler(file, protocol)
        pickler.dump(obj)
        assert file.getvalue() == wanted


def test_dates():
    assert_same(DATES)
    assert_same(DATES + DATES)
    assert_same(copies(DATES))
    assert_same([[value] for value in copies(DATES)])
    assert_same({value: (value, value) for value in copies(DATES)})
    assert_same([datetime.datetime(2026, 1, 1)
                 + datetime.timedelta(seconds=i) for i in range(9000)])


def test_dates_behind_what_has_one_reference():
    # The names of the classes must not be told apart from what the text is.
    assert_same([["a", str(i), datetime.date(2026, 1, 1), str(i) + "b",
                  datetime.timedelta(i)] for i in range(200)])


def test_registered_reducers_are_asked():
    date = datetime.date(2026, 1, 2)
    values = [date, datetime.date(2026, 1, 3)]
    copyreg.pickle(datetime.date, lambda date: (str, (date.isoformat(),)))
    try:
        assert_same(values)
        assert pkl5.loads(pkl5.dumps(values)) == ["2026-01-02", "2026-01-03"]
    finally:
        del copyreg.dispatch_table[datetime.date]
    assert_same(values)


def test_a_reducer_that_is_registered_meanwhile_is_asked():
    class Registers:
        def __reduce__(self):
            copyreg.pickle(datetime.date, lambda date: (str, ("told",)))
            return str, ("registered",)

    date = datetime.date(2026, 1, 2)
    for module in (pkl5, _pickle):
        try:
            loaded = _pickle.loads(module.dumps(
                [date, Registers(), datetime.date(2026, 1, 3)], 5))
        finally:
            del copyreg.dispatch_table[datetime.date]
        assert loaded == [date, "registered", "told"]


@pytest.mark.parametrize("missing", ["datetime_CAPI", None])
def test_dates_where_their_types_are_not_told(missing, monkeypatch):
    """As _datetime tells C: once for each module that is imported."""
    spec = importlib.util.find_spec("pkl5._pkl5")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if missing:
        monkeypatch.delattr(datetime, missing)
    for _ in range(2):
        assert module.dumps(DATES[:18], 5) == _pickle.dumps(DATES[:18], 5)


def arrays(numpy):
    rng = numpy.random.default_rng(1)
    made = [numpy.arange(i, i + 5.) for i in range(20)]
    made += [numpy.arange(i) for i in range(6)]
    made += [numpy.array(i) for i in range(4)]
    made += [numpy.zeros((2,) * ndim) for ndim in range(8)]
    made += [numpy.zeros((0, 3)), numpy.zeros((3, 0), order="F")]
    made += [rng.random((4, 5)), rng.random((4, 5)).T, rng.random((4, 6))[::2],
             numpy.asfortranarray(rng.random((4, 5))), rng.random(40)[:0:-1]]
    made += [numpy.frombuffer(bytes(size), "u1") for size in (0, 8, 255, 256)]
    made += [numpy.frombuffer(bytes(range(8)) * size) for size in (1, 3, 100)]
    made += [numpy.zeros(size) for size in (8000, 8191, 8192, 8193, 140000)]
    made += [numpy.array(["a", "bc"]), numpy.array([b"x", b"yz"]),
             numpy.array([1, "x", None], dtype=object),
             numpy.array([True, False]), numpy.array([1 + 2j]),
             numpy.zeros(3, [("a", "<i4"), ("b", ">f8")]),
             numpy.zeros(3, "V5"), numpy.arange(4).astype(">i2"),
             numpy.arange(4).astype("M8[s]"), numpy.arange(4).astype("m8[D]"),
             numpy.zeros((2, 3), "i4"), numpy.zeros((2, 3), numpy.dtype("i4")),
             numpy.matrix([[1, 2]]), numpy.float64(1.5),
             numpy.ma.array([1, 2], mask=[0, 1])]
    return made


def test_arrays():
    numpy = pytest.importorskip("numpy")
    made = arrays(numpy)
    assert_same(made)
    assert_same(made + made)
    assert_same([array.copy() for array in made] + made[::-1])
    assert_same([{"a": array, "b": [array.copy()], "c": "text"}
                 for array in made], range(4, 6))
    for _ in range(3):
        assert_same(arrays(numpy) * 2, [5])


def rebuilt(buffer, dtype, shape, order):
    return "rebuilt", shape


def test_reducers_of_others_are_not_taken_for_numpys():
    """Not even once they are no longer registered."""
    numpy = pytest.importorskip("numpy")
    array = numpy.arange(4.)

    def reduce(array):
        return rebuilt, (_pickle.PickleBuffer(array), array.dtype, array.shape,
                         "C")

    class Reducers:
        dispatch_table = {numpy.ndarray: reduce}

    obj = [rebuilt, array.dtype, "C", array, numpy.arange(3.)]
    pkl5.dumps(array, 5, reducers=Reducers)
    assert_same(obj, [5])
    copyreg.pickle(numpy.ndarray, reduce)
    try:
        assert_same([array, *obj], [5])
    finally:
        del copyreg.dispatch_table[numpy.ndarray]
    assert_same(obj, [5])


def test_arrays_out_of_band():
    numpy = pytest.importorskip("numpy")
    made = arrays(numpy) + arrays(numpy)
    results = []
    for module in (_pickle, pkl5):
        buffers = []
        data = module.dumps(made, 5, buffer_callback=buffers.append)
        results.append((data, [bytes(buffer.raw()) for buffer in buffers]))
    assert results[0] == results[1]


def test_arrays_of_temporary_objects():
    numpy = pytest.importorskip("numpy")

    class Fresh:
        def __reduce__(self):
            return list, ([numpy.arange(3.), datetime.date(2026, 1, 1),
                           numpy.ones(200000)],)

    assert_same([Fresh() for _ in range(8)], [5])


def test_loads_gives_them_back():
    assert pkl5.loads(pkl5.dumps(DATES[:18], 5)) == DATES[:18]
    assert [getattr(value, "fold", 0) for value in pkl5.loads(
        pkl5.dumps(DATES, 5))] == [getattr(value, "fold", 0) for value in DATES]
