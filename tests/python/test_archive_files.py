"""pkl5.dump() and pkl5.load() of paths: .pkl5 archives."""

import io
import os
import pathlib
import pickle
import random
import resource
import signal
import subprocess
import sys
import threading

import pytest

import pkl5
import tested_package

sys.path.insert(0, str(tested_package.ROOT / "tests" / "round_trip"))

import interpreters  # noqa: E402

PLAIN = {"bytes": b"x" * 5000, "bytearray": bytearray(range(256)) * 20,
         "text": "\u00e9" * 3000, "ascii": "a" * 4000,
         "surrogate": "\udc80" * 900,
         "large": bytes(range(256)) * 8192, "ints": list(range(70000)),
         "nested": [{"a": (1, 2.5, None)}] * 3, "small": b"q",
         "equal": [b"y" * 4000, bytes(bytearray(b"y" * 4000))]}
WAYS = ({}, {"mmap": True}, {"mmap": True, "mode": "r"},
        {"mmap": True, "mode": "c"}, {"mmap": True, "mode": "copy"},
        {"mode": "copy"}, {"verify": True}, {"mmap": True, "verify": True})


def extent_of(address):
    """The file whose mapping holds the address; None if none does."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            fields = line.split(maxsplit=5)
            first, last = (int(part, 16) for part in fields[0].split("-"))
            if first <= address < last:
                return fields[5].strip() if len(fields) == 6 else None
    return None


def arrays(numpy):
    rng = numpy.random.default_rng(7)
    return {"floats": rng.random((300, 400)),
            "fortran": numpy.asfortranarray(rng.random((70, 90))),
            "large": numpy.arange(1 << 19),
            "readonly": numpy.frombuffer(bytes(8000)),
            "structured": numpy.zeros(500, [("a", "<i4"), ("b", ">f8")]),
            "dates": numpy.arange(1000).astype("M8[ns]"),
            "objects": numpy.array([1, "x", None] * 10, dtype=object),
            "small": numpy.arange(3), "none": numpy.zeros((0, 4))}


@pytest.mark.parametrize("ways", WAYS, ids=str)
def test_plain_data(tmp_path, ways):
    path = tmp_path / "plain.pkl5"
    pkl5.dump(PLAIN, path)
    loaded = pkl5.load(path, **ways)
    assert loaded == PLAIN
    assert [type(value) for value in loaded.values()] == [
        type(value) for value in PLAIN.values()]
    loaded["bytearray"][0] = 1
    with open(path, "rb") as file:
        assert pickle.load(file) == PLAIN


@pytest.mark.parametrize("ways", WAYS, ids=str)
def test_arrays(tmp_path, ways):
    numpy = pytest.importorskip("numpy")
    path = str(tmp_path / "arrays.pkl5")
    values = arrays(numpy)
    pkl5.dump(values, path)
    with open(path, "rb") as file:
        stock = pickle.load(file)
    loaded = pkl5.load(path, **ways)
    for name, value in values.items():
        for other in (stock[name], loaded[name]):
            assert other.dtype == value.dtype and other.shape == value.shape
            assert numpy.array_equal(other, value), name
            assert other.flags.f_contiguous == value.flags.f_contiguous
    mapped = ways.get("mmap") and ways.get("mode") != "copy"
    for name in ("floats", "fortran", "large", "structured", "readonly"):
        array = loaded[name]
        address = array.__array_interface__["data"][0]
        assert extent_of(address) == (path if mapped else None), name
        assert address % 64 == 0
        assert array.flags.writeable == (name != "readonly"
                                         and ways.get("mode") != "r")


def test_what_is_written_stays_in_the_process(tmp_path):
    numpy = pytest.importorskip("numpy")
    path = tmp_path / "array.pkl5"
    pkl5.dump(numpy.arange(4000.), path)
    before = path.read_bytes()
    one = pkl5.load(path, mmap=True)
    other = pkl5.load(path, mmap=True)
    one[:] = -1
    assert other[0] == 0 and path.read_bytes() == before
    readonly = pkl5.load(path, mmap=True, mode="r")
    with pytest.raises(ValueError):
        readonly[0] = 1


def test_arrays_outlive_the_file_and_its_name(tmp_path):
    numpy = pytest.importorskip("numpy")
    path = tmp_path / "array.pkl5"
    pkl5.dump([numpy.arange(5000), numpy.ones(5000)], path)
    first, second = pkl5.load(path, mmap=True)
    pkl5.dump("another", path)
    path.unlink()
    del second
    assert first.sum() == 5000 * 4999 // 2
    del first
    with open("/proc/self/maps") as maps:
        assert str(path) not in maps.read()


def test_loading_does_not_read_the_arrays(tmp_path):
    numpy = pytest.importorskip("numpy")
    path = tmp_path / "array.pkl5"
    pkl5.dump([numpy.ones(1 << 20) for _ in range(8)], path)
    before = resource.getrusage(resource.RUSAGE_SELF)
    loaded = pkl5.load(path, mmap=True)
    after = resource.getrusage(resource.RUSAGE_SELF)
    # 64 MiB are 16,384 pages.
    assert after.ru_minflt - before.ru_minflt < 2000
    assert loaded[7][-1] == 1


def test_pickle_buffers_come_as_views(tmp_path):
    path = tmp_path / "views.pkl5"
    small = pickle.PickleBuffer(bytearray(b"few"))
    large = pickle.PickleBuffer(bytearray(b"l" * 3000))
    readonly = pickle.PickleBuffer(b"r" * 3000)
    pkl5.dump([small, large, readonly, large], path)
    loaded = pkl5.load(path, mmap=True)
    assert [type(value) for value in loaded] == [
        bytearray, memoryview, memoryview, memoryview]
    assert not loaded[1].readonly and loaded[2].readonly
    assert loaded[1] is loaded[3] and bytes(loaded[1]) == b"l" * 3000
    with open(path, "rb") as file:
        assert pickle.load(file) == [b"few", b"l" * 3000, b"r" * 3000,
                                     b"l" * 3000]


@pytest.mark.parametrize("version", ["3.8", "3.11", "3.13"])
def test_stock_python_reads_it(tmp_path, version):
    python = interpreters.find(version)
    if python is None:
        pytest.skip(f"no CPython {version}")
    path = tmp_path / "plain.pkl5"
    pkl5.dump({**PLAIN, "buffer": pickle.PickleBuffer(bytearray(9000))}, path)
    code = ("import pickle, sys\n"
            "loaded = pickle.load(open(sys.argv[1], 'rb'))\n"
            "assert loaded.pop('buffer') == bytearray(9000)\n"
            "sys.stdout.buffer.write(pickle.dumps(loaded, 5))")
    found = subprocess.run([python, "-c", code, path], check=True,
                           stdout=subprocess.PIPE).stdout
    assert pickle.loads(found) == PLAIN


def test_paths_that_are_no_str(tmp_path):
    class Path:
        def __init__(self, path):
            self.path = path

        def __fspath__(self):
            return self.path

    name = os.fsencode(tmp_path) + b"/\xff.pkl5"
    pkl5.dump([1], Path(name))
    assert pkl5.load(Path(name), mmap=True) == [1]
    assert pkl5.load(os.fsdecode(name)) == [1]


def test_a_file_that_is_a_path_too_is_a_file(tmp_path):
    class File(io.BytesIO):
        def __fspath__(self):
            return str(tmp_path / "never")

    file = File()
    pkl5.dump([1], file)
    file.seek(0)
    assert pkl5.load(file) == [1]
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("call, error", [
    (lambda path: pkl5.load(path + "no"), FileNotFoundError),
    (lambda path: pkl5.load("a\0b"), ValueError),
    (lambda path: pkl5.load(os.path.dirname(path)), pickle.UnpicklingError),
    (lambda path: pkl5.load(path, mode="w"), ValueError),
    (lambda path: pkl5.load(path, mode=1), TypeError),
    (lambda path: pkl5.load(path, mode="r"), ValueError),
    (lambda path: pkl5.load(path, buffers=[]), ValueError),
    (lambda path: pkl5.load(io.BytesIO(b"N."), mmap=True), TypeError),
    (lambda path: pkl5.load(io.BytesIO(b"N."), verify=True), TypeError),
    (lambda path: pkl5.load(path.encode()), TypeError),
    (lambda path: pkl5.dump(1, path, 4), ValueError),
    (lambda path: pkl5.dump(1, path, buffer_callback=print), ValueError),
    (lambda path: pkl5.dump(1, path + "/no"), NotADirectoryError),
    (lambda path: pkl5.dump(lambda: 1, path), (AttributeError,
                                               pickle.PicklingError)),
])
def test_wrong_calls(tmp_path, call, error):
    path = tmp_path / "value.pkl5"
    pkl5.dump("old", path)
    with pytest.raises(error):
        call(str(path))
    assert pkl5.load(path, verify=True) == "old"
    assert os.listdir(tmp_path) == ["value.pkl5"]


def test_other_pickles_are_refused(tmp_path):
    path = tmp_path / "plain.pkl"
    path.write_bytes(pickle.dumps([1]))
    with pytest.raises(pickle.UnpicklingError, match="not an archive"):
        pkl5.load(path)
    path.write_bytes(b"")
    with pytest.raises(pickle.UnpicklingError, match="not an archive"):
        pkl5.load(path, mmap=True)


def test_exceptions_of_reducers_pass(tmp_path):
    class Bad:
        def __reduce__(self):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        pkl5.dump([b"x" * 5000, Bad()], tmp_path / "value.pkl5")
    assert not os.listdir(tmp_path)


def test_temporary_objects(tmp_path):
    class Fresh:
        def __init__(self, *args):
            self.args = args

        def __reduce__(self):
            return list, ([b"f" * 3000, "\u20ac" * 2000, bytearray(4000)],)

    path = tmp_path / "value.pkl5"
    pkl5.dump([Fresh() for _ in range(50)], path)
    wanted = [[b"f" * 3000, "\u20ac" * 2000, bytearray(4000)]] * 50
    assert pkl5.load(path, mmap=True, verify=True) == wanted


def test_damage_is_found(tmp_path):
    path = tmp_path / "value.pkl5"
    value = {"a": b"x" * 2500, "b": "s" * 2100,
             "c": pickle.PickleBuffer(bytearray(range(256)) * 12)}
    pkl5.dump(value, path)
    data = path.read_bytes()
    rng = random.Random(11)
    for _ in range(300):
        broken = bytearray(data)
        broken[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(broken)
        for mapped in (False, True):
            with pytest.raises(pickle.UnpicklingError):
                pkl5.load(path, mmap=mapped, verify=True)
    for length in rng.sample(range(len(data)), 100):
        path.write_bytes(data[:length])
        with pytest.raises(pickle.UnpicklingError):
            pkl5.load(path, mmap=True)


def test_damage_of_a_payload_is_named(tmp_path):
    path = tmp_path / "value.pkl5"
    pkl5.dump(pickle.PickleBuffer(bytearray(b"Z" * 5000)), path)
    data = bytearray(path.read_bytes())
    data[data.index(b"Z" * 5000) + 77] ^= 4
    path.write_bytes(data)
    assert bytes(pkl5.load(path, mmap=True))[77] == ord("Z") ^ 4
    with pytest.raises(pickle.UnpicklingError, match="payload 0 .*digest"):
        pkl5.load(path, mmap=True, verify=True)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    code = """
import errno, resource, signal, sys, pkl5
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
for big in (b"x" * (1 << 20), list(range(100000)), b"y" * (4 << 20)):
    try:
        pkl5.dump(big, sys.argv[1])
    except OSError as error:
        assert error.errno == errno.EFBIG, error
        assert error.filename == sys.argv[1]
    else:
        raise AssertionError
"""
    path = tmp_path / "value.pkl5"
    pkl5.dump("old", path)
    subprocess.run([sys.executable, "-c", code, path], check=True,
                   env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR})
    assert pkl5.load(path, verify=True) == "old"
    assert os.listdir(tmp_path) == ["value.pkl5"]


def test_killed_writers_leave_a_whole_file(tmp_path):
    code = """
import sys, pkl5
value = [sys.argv[2], b"p" * (1 << 20), bytearray(1 << 16), list(range(1000))]
pkl5.dump(value, sys.argv[1])
print("ready", flush=True)
while True:
    pkl5.dump(value, sys.argv[1])
"""
    path = tmp_path / "value.pkl5"
    pkl5.dump(["first"], path)
    rng = random.Random(3)
    for i in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", code, path, str(i)], stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR})
        assert writer.stdout.readline() == b"ready\n"
        try:
            writer.wait(rng.random() * 0.1)
        except subprocess.TimeoutExpired:
            pass
        writer.send_signal(signal.SIGKILL)
        assert writer.wait() == -signal.SIGKILL
        writer.stdout.close()
        assert pkl5.load(path, mmap=True, verify=True)[0] == str(i)
    # A name that a kill between link and rename left goes with the next write.
    pkl5.dump(["last"], path)
    assert os.listdir(tmp_path) == ["value.pkl5"]


def runs_beside(work):
    """Whether another thread gets on during work(), which alone lets it."""
    turns = []
    stop = threading.Event()
    started = threading.Event()

    def run():
        started.set()
        while not stop.wait(0.0002):
            turns.append(None)

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    try:
        # Nobody has to give the interpreter up to others.
        sys.setswitchinterval(1000)
        before = len(turns)
        work()
        return len(turns) > before
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()


def test_other_threads_run_meanwhile(tmp_path):
    path = tmp_path / "value.pkl5"
    large = bytearray(b"x" * (48 << 20))
    buffer = pickle.PickleBuffer(large)
    for work in (lambda: pkl5.dumps(large, 5),
                 lambda: pkl5.dump(buffer, path),
                 lambda: pkl5.load(path, mmap=True, verify=True),
                 lambda: pkl5.load(path)):
        # It may find no processor free.
        assert any(runs_beside(work) for _ in range(50))


def test_paths_work_after_install(tmp_path):
    path = pathlib.Path(tmp_path, "value.pkl5")
    assert pkl5.install()
    try:
        pickle.dump([b"x" * 3000], path)
        assert pickle.load(path, mmap=True) == [b"x" * 3000]
    finally:
        pkl5.uninstall()
