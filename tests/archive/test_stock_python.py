"""Archives are pickles that every stock Python from 3.8 on loads."""
import ctypes
import ctypes.util
import importlib
import json
import pathlib
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


@pytest.fixture(scope='module')
def objects():
    """The module of objects that libraries have."""
    for library in 'numpy', 'pandas', 'sklearn':
        pytest.importorskip(library)
    return importlib.import_module('library_objects')


def test_library_objects_by_pickle_load(archived, objects):
    for name, value in objects.OBJECTS.items():
        with open(archived(value, name + '.pkl5'), 'rb') as file:
            loaded = pickle.load(file)
        assert objects.same(value, loaded), name


def test_library_objects_by_the_pure_reader(archived, objects):
    buffers = 0
    for name, value in objects.OBJECTS.items():
        data = archived(value, name + '.pkl5').read_bytes()
        (one,) = pure_reader.objects(data)
        assert objects.same(value, one.load()), name
        buffers += sum(payload.kind == 'buffer' for payload in one.payloads)
    assert buffers > 10


@pytest.mark.long
@pytest.mark.parametrize('version', ['3.8', '3.13'])
def test_library_objects_of_other_pythons(pkl5, tmp_path, version):
    """With the libraries that pip installs there: NumPy 1.24 and 2."""
    python = interpreters.find(version)
    if python is None:
        pytest.skip('no CPython %s' % version)
    subprocess.run([python, '-m', 'venv', tmp_path / 'venv'], check=True)
    python = tmp_path / 'venv/bin/python'
    installed = subprocess.run([python, '-m', 'pip', '-q', 'install', 'numpy',
                                'pandas', 'scikit-learn'],
                               capture_output=True, text=True)
    if installed.returncode != 0:
        pytest.skip('pip cannot install: ' + installed.stderr[-500:])
    program = pathlib.Path(__file__).with_name('library_objects.py')
    subprocess.run([python, program, 'dump', tmp_path], check=True)
    sources = sorted(tmp_path.glob('*.pkl'))
    for source in sources:
        pkl5('archive', source, source.with_suffix('.pkl5'))
    done = subprocess.run([python, '-W', 'error', program, 'check', tmp_path],
                          check=True, capture_output=True, text=True)
    assert done.stdout.split() == ['check', str(len(sources))]
    assert len(sources) > 10


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
