"""Archives are pickles that every stock Python from 3.8 on loads."""
import ctypes
import ctypes.util
import json
import pickle
import random
import subprocess
import textwrap

import interpreters
import pure_reader
import pytest

PLAIN = {'bytes': b'x' * 5000, 'bytearray': bytearray(range(256)) * 20,
         'str': '\u00e9' * 3000, 'large': bytes(range(256)) * 8192,
         'ints': list(range(70000)), 'nested': [{'a': (1, 2.5, None)}] * 3,
         'small': b'q', 'same': [b'y' * 4000, bytes(b'y' * 4000)]}


def stock(version, script, *paths):
    """What a Python of that version prints."""
    python = interpreters.find(version)
    if python is None:
        pytest.skip('no CPython %s' % version)
    done = subprocess.run([python, '-c', textwrap.dedent(script),
                           *map(str, paths)],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize('version', ['3.8', '3.11', '3.12', '3.13'])
@pytest.mark.parametrize('load', ['pickle.load(open(path, "rb"))',
                                  'pickle.loads(open(path, "rb").read())',
                                  'pickle._load(open(path, "rb"))'])
def test_plain_data(pkl5, tmp_path, version, load):
    source = tmp_path / 'value.pkl'
    source.write_bytes(pickle.dumps(PLAIN, protocol=5))
    archive = tmp_path / 'value.pkl5'
    pkl5('archive', source, archive)
    script = '''
        import pickle, sys
        path = sys.argv[1]
        loaded = %s
        assert loaded == pickle.load(open(sys.argv[2], "rb"))
        assert type(loaded["bytearray"]) is bytearray
        assert loaded["same"][0] is loaded["same"][1]
        print("equal")''' % load
    assert stock(version, script, archive, source) == 'equal'


def test_a_loop_of_loads_walks_an_appended_archive(pkl5, tmp_path):
    archive = tmp_path / 'value.pkl5'
    for i in range(3):
        source = tmp_path / 'value.pkl'
        source.write_bytes(pickle.dumps([i, b'x' * 3000], protocol=5))
        pkl5('archive', '--append', source, archive)
    with open(archive, 'rb') as file:
        for i in range(3):
            assert pickle.load(file) == [i, b'x' * 3000]
            index = pickle.load(file)
            assert type(index) is bytes and index[-64:-56] == b'PKL5FOOT'
        assert not file.read()


def libraries():
    """Objects as NumPy, pandas and scikit-learn have them."""
    numpy = pytest.importorskip('numpy')
    pandas = pytest.importorskip('pandas')
    linear_model = pytest.importorskip('sklearn.linear_model')
    ensemble = pytest.importorskip('sklearn.ensemble')
    rng = numpy.random.default_rng(1)
    x = rng.random((400, 20))
    y = x @ rng.random(20)
    return {
        'array': rng.random((300, 400)),
        'fortran': numpy.asfortranarray(rng.random((70, 90))),
        'readonly': numpy.frombuffer(bytes(8000)),
        'structured': numpy.zeros(500, [('a', '<i4'), ('b', '>f8')]),
        'dates': numpy.arange(1000).astype('M8[ns]'),
        'strings': numpy.array(['a', 'bcd'] * 2000),
        'objects': numpy.array([1, 'x', None] * 10, dtype=object),
        'empty': numpy.zeros((0, 4)),
        'frame': pandas.DataFrame({
            'i': numpy.arange(2000), 'f': rng.random(2000),
            's': ['text'] * 2000,
            'c': pandas.Categorical(['u', 'v'] * 1000),
            't': pandas.date_range('2026-01-01', periods=2000)}),
        'series': pandas.Series(rng.random(1000), name='s'),
        'ridge': linear_model.Ridge().fit(x, y),
        'forest': ensemble.RandomForestRegressor(
            5, random_state=0).fit(x, y),
    }, x


def same(one, other, x):
    """Whether two of those are equal."""
    import numpy
    if hasattr(one, 'predict'):
        return numpy.array_equal(one.predict(x), other.predict(x))
    if hasattr(one, 'equals'):
        return one.equals(other)
    return (one.dtype == other.dtype and one.shape == other.shape
            and one.flags.f_contiguous == other.flags.f_contiguous
            and numpy.array_equal(one, other))


def test_library_objects_by_pickle_load(archived):
    values, x = libraries()
    for name, value in values.items():
        with open(archived(value, name + '.pkl5'), 'rb') as file:
            loaded = pickle.load(file)
        assert same(value, loaded, x), name


def test_library_objects_by_the_pure_reader(archived):
    values, x = libraries()
    buffers = 0
    for name, value in values.items():
        data = archived(value, name + '.pkl5').read_bytes()
        (one,) = pure_reader.objects(data)
        assert same(value, one.load(), x), name
        buffers += sum(payload.kind == 'buffer' for payload in one.payloads)
    assert buffers > 10


def test_the_pure_reader_copies_no_array(archived):
    numpy = pytest.importorskip('numpy')
    data = bytearray(archived(numpy.arange(10000.)).read_bytes())
    (one,) = pure_reader.objects(data)
    array = one.load()
    array[0] = 42
    offset = one.begin + one.payloads[0].offset
    assert bytes(data[offset:offset + 8]) == numpy.float64(42).tobytes()


@pytest.fixture(scope='module')
def digest():
    """XXH3-128 in canonical form, of the library that everybody uses."""
    name = ctypes.util.find_library('xxhash')
    assert name, 'no libxxhash'

    class Hash(ctypes.Structure):
        _fields_ = [('low', ctypes.c_uint64), ('high', ctypes.c_uint64)]

    function = ctypes.CDLL(name).XXH3_128bits
    function.restype = Hash
    function.argtypes = [ctypes.c_char_p, ctypes.c_size_t]

    def of(data):
        found = function(data, len(data))
        return found.high.to_bytes(8, 'big') + found.low.to_bytes(8, 'big')

    return of


def test_the_pure_reader_reads_what_list_shows(pkl5, tmp_path, digest):
    archive = tmp_path / 'value.pkl5'
    for value in (PLAIN, [1], {'b': bytearray(3000)}):
        source = tmp_path / 'value.pkl'
        source.write_bytes(pickle.dumps(value, protocol=5))
        pkl5('archive', '--append', source, archive)
    data = archive.read_bytes()
    listed = json.loads(pkl5('list', '--json', archive).stdout)['objects']
    found = pure_reader.objects(data, digest)
    assert len(listed) == len(found) == 3
    for one, row in zip(found, listed):
        one.verify(digest)
        assert one.begin == row['offset']
        assert [(one.begin + p.offset, p.length, p.kind, p.readonly,
                 p.digest.hex()) for p in one.payloads] == [
            (p['offset'], p['length'], p['kind'], p['readonly'],
             p['xxh3_128']) for p in row['payloads']]
        for payload in one.payloads:
            aligned = 4096 if payload.length >= 1 << 20 else 64
            assert (one.begin + payload.offset) % aligned == 0


def test_the_pure_reader_finds_flipped_bits(pkl5, tmp_path, digest):
    source = tmp_path / 'value.pkl'
    source.write_bytes(pickle.dumps({'b': b'x' * 2500, 's': 's' * 2100}, 5))
    archive = tmp_path / 'value.pkl5'
    pkl5('archive', source, archive)
    data = bytearray(archive.read_bytes())
    rng = random.Random(1)
    flips = rng.sample(range(len(data)), 500)
    for at in flips:
        data[at] ^= 1 << rng.randrange(8)
        flipped = bytes(data)
        with pytest.raises(pure_reader.Damaged):
            for one in pure_reader.objects(flipped, digest):
                one.verify(digest)
        data = bytearray(archive.read_bytes())
    print('injected: %d flipped bits' % len(flips))
