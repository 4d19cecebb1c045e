"""The verbs that read open what pkl5 scan opens."""
import bz2
import gzip
import io
import json
import lzma
import pathlib
import pickle
import zipfile
import zlib

import pytest

numpy = pytest.importorskip('numpy')

DATA = pathlib.Path(__file__).resolve().parent / 'data'
W = numpy.arange(12.0).reshape(3, 4)
SHOWN_W = ('array([[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], '
           "[8.0, 9.0, 10.0, 11.0]], shape=(3, 4), dtype='<f8')")
PACKERS = [gzip.compress, zlib.compress, bz2.compress, lzma.compress]


def _zip(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def _npy(array, **options):
    file = io.BytesIO()
    numpy.save(file, array, **options)
    return file.getvalue()


@pytest.fixture
def show(pkl5, tmp_path):
    """show(bytes, *options): the text of pkl5 load, of a file and of a pipe."""
    def run(data, *options):
        path = tmp_path / 'shown'
        path.write_bytes(data)
        shown = pkl5('load', *options, path).stdout.decode()
        assert pkl5('load', *options, '-',
                    stdin=data).stdout.decode() == shown
        return shown.rstrip('\n')
    return run


@pytest.fixture
def converted(pkl5, tmp_path):
    """converted(bytes, *options): the object that pkl5 convert writes."""
    def run(data, *options):
        path = tmp_path / 'converted'
        path.write_bytes(data)
        return pickle.loads(pkl5('convert', *options, path, '-').stdout)
    return run


@pytest.mark.parametrize('array, shown', [
    (W, SHOWN_W),
    (numpy.asfortranarray(W), SHOWN_W),
    (numpy.arange(3, dtype='>i2'), "array([0, 1, 2], shape=(3,), dtype='>i2')"),
    (numpy.array(5, 'u1'), "array(5, shape=(), dtype='|u1')"),
    (numpy.zeros((0, 3), 'f4'), "array([], shape=(0, 3), dtype='<f4')"),
    (numpy.array([True, False]),
     "array([True, False], shape=(2,), dtype='|b1')"),
    (numpy.array([0.1, numpy.inf], 'f4'),
     "array([0.1, inf], shape=(2,), dtype='<f4')"),
    (numpy.array([1, -0.0, numpy.nan], 'f2'),
     "array([1.0, -0.0, nan], shape=(3,), dtype='<f2')"),
    (numpy.array([1 + 2j]), "array([(1.0+2.0j)], shape=(1,), dtype='<c16')"),
    (numpy.array([0.5], 'longdouble'),
     "array([0.5], shape=(1,), dtype='<f16')"),
    (numpy.array(['x', 'h\xe9']),
     "array(['x', 'h\xe9'], shape=(2,), dtype='<U2')"),
    (numpy.array([b'x', b'yz']),
     "array([b'x', b'yz'], shape=(2,), dtype='|S2')"),
    (numpy.array(['1970-01-03', 'NaT'], 'M8[D]'),
     "array([2, NaT], shape=(2,), dtype='<M8[D]')"),
    (numpy.array([(1, (2, 3))], [('a', 'i1'), ('b', '<u2', (2,))]),
     "array([(1, [2, 3])], shape=(1,), dtype=[('a', '|i1'), "
     "('b', '<u2', (2,)), ])"),
    (numpy.zeros(1, numpy.dtype([('a', 'i1'), ('b', '<f8')], align=True)),
     "array([(0, 0.0)], shape=(1,), dtype=[('a', '|i1'), ('', '|V7'), "
     "('b', '<f8'), ])"),
])
def test_npy(show, converted, pkl5, tmp_path, array, shown):
    data = _npy(array)
    assert show(data) == shown
    got = converted(data)
    assert got.dtype == array.dtype and got.tobytes() == array.tobytes()
    # As NumPy pickles it, in each protocol.
    for protocol in (0, 2, 5):
        assert show(pickle.dumps(array, protocol)) == shown
    path = tmp_path / 'a.npy'
    path.write_bytes(data)
    out = tmp_path / 'out.npy'
    pkl5('extract', path, '-o', out)
    again = numpy.load(out)
    assert again.dtype == array.dtype and again.tobytes() == array.tobytes()
    assert b'ok, %d bytes' % len(data) in pkl5('verify', path).stdout
    assert b'holds no pickle' in pkl5('dis', path, code=1).stderr


def test_long_arrays_are_elided(show):
    data = _npy(numpy.arange(60).reshape(30, 2))
    assert '[48, 49], ... 10 more], shape=(30, 2)' in show(data)
    assert '[58, 59]], shape' in show(data, '--full')
    text = _npy(numpy.array(['x' * 1000]))
    assert " ... 800 more], shape=(1,), dtype='<U1000')" in show(text)


def test_formats_of_arrays(show):
    data = _npy(W)
    assert json.loads(show(data, '--format=json'))['$callable'] == {
        '$global': ['numpy', 'ndarray']}
    assert json.loads(show(data, '--format=tree'))['func']['name'] == 'ndarray'


def test_npy_of_objects(show, converted, pkl5):
    data = _npy(numpy.array([{1: 2}, None], dtype=object), allow_pickle=True)
    assert '[{1: 2}, None]' in show(data)
    assert converted(data).tolist() == [{1: 2}, None]
    listing = pkl5('dis', '-', stdin=data).stdout
    assert listing.split()[0] == b'%d:' % (len(data) - len(
        data[data.index(b'\n') + 1:]))
    pkl5('verify', '-', stdin=data)


def test_npz_is_a_dict(show, converted, pkl5, tmp_path):
    for save in (numpy.savez, numpy.savez_compressed):
        file = io.BytesIO()
        save(file, w=W, n=numpy.arange(3), **{'\xe9': numpy.ones(1)})
        data = file.getvalue()
        assert show(data).startswith("{'w': " + SHOWN_W + ", 'n': array([0, ")
        assert "'\xe9': array([1.0]" in show(data)
        assert show(data, '--path', '$.w') == SHOWN_W
        for name in ('n', 'n.npy'):
            assert show(data, '--member', name) == (
                "array([0, 1, 2], shape=(3,), dtype='<i8')")
        assert list(converted(data)) == ['w', 'n', '\xe9']
        path = tmp_path / 'a.npz'
        path.write_bytes(data)
        out = tmp_path / 'w.npy'
        pkl5('extract', path, '--path', '$.w', '-o', out)
        assert (numpy.load(out) == W).all()
        stat = json.loads(pkl5('stat', '--json', path).stdout)
        assert stat['buffer_bytes'] == W.nbytes + 24 + 8
        members = json.loads(pkl5('list', '--json', path).stdout)['members']
        assert [member['name'] for member in members] == [
            'w.npy', 'n.npy', '\xe9.npy']
        assert b'w.npy' in pkl5('list', path).stdout
        error = pkl5('load', '--member', 'x', path, code=1).stderr
        assert b'no member is called x; there are w.npy, n.npy' in error


@pytest.mark.parametrize('name', ['arrays.joblib', 'arrays_protocol2.joblib',
                                  'arrays.joblib.lz4'])
@pytest.mark.parametrize('pack', [None] + PACKERS)
def test_joblib(converted, pkl5, tmp_path, name, pack):
    data = (DATA / name).read_bytes()
    data = data if pack is None else pack(data)
    path = tmp_path / 'dump'
    path.write_bytes(data)
    shown = pkl5('load', path).stdout.decode()
    assert shown.startswith("{'w': " + SHOWN_W)
    assert '[{\'k\': 1}, None]' in shown and "'again': #1#" in shown
    assert pkl5('load', path, '--path', '$.f').stdout.decode() == (
        SHOWN_W + '\n')
    got = converted(data)
    assert (got['w'] == W).all() and (got['f'] == W).all()
    assert got['f'].flags.f_contiguous and got['again'] is got['n']
    assert got['o'].tolist() == [{'k': 1}, None]
    pkl5('verify', path)
    assert b'STOP' in pkl5('dis', path).stdout
    assert json.loads(pkl5('stat', '--json', path).stdout)['buffers'] == 3


def test_dis_of_joblib_has_the_offsets_of_the_file(pkl5):
    path = DATA / 'arrays.joblib'
    data = path.read_bytes()
    lines = pkl5('dis', '--json', path).stdout.splitlines()
    for line in map(json.loads, lines):
        if line['opcode'] in ('BUILD', 'STOP', 'NEWOBJ'):
            assert data[line['pos']] in b'b.\x81'
    assert json.loads(lines[-1])['pos'] == len(data) - 1


def test_a_joblib_dump_cut_short_is_an_error(pkl5):
    data = (DATA / 'arrays.joblib').read_bytes()
    for size in range(1, len(data), 31):
        for verb in ('load', 'verify', 'dis'):
            pkl5(verb, '-', stdin=data[:size], code=1)


@pytest.mark.parametrize('pack', PACKERS)
def test_compressed(show, pkl5, pack):
    data = pack(pickle.dumps([1]) + pickle.dumps([2]))
    assert show(data) == '[1]' and show(data, '--all') == '[1]\n[2]'
    assert show(pack(data)) == '[1]'
    assert pkl5('dis', '--all', '-', stdin=data).stdout.count(b'STOP') == 2
    assert b'2 pickles' in pkl5('verify', '--all', '-', stdin=data).stdout
    error = pkl5('load', '-', stdin=data[:-9], code=1).stderr
    assert b'broken' in error or b'E_TRUNCATED' in error


def test_zstd(pkl5):
    shown = pkl5('load', DATA / 'pickle.zst').stdout.decode()
    assert shown == "{'x': [1, 2, 3], 'w': %s}\n" % SHOWN_W


def test_torch_zip(show, pkl5, tmp_path):
    data = _zip({'model/data.pkl': pickle.dumps({'w': 1}, 2),
                 'model/data/0': pickle.dumps('a storage', 2),
                 'model/version': b'3\n'})
    assert show(data) == "{'w': 1}"
    assert show(data, '--member', 'data/0') == "'a storage'"
    assert show(gzip.compress(data)) == "{'w': 1}"
    path = tmp_path / 'model.pt'
    path.write_bytes(data)
    assert b'verify' not in pkl5('verify', path).stdout
    assert pkl5('dis', path).stdout.count(b'STOP') == 1
    assert b'model/data/0' in pkl5('list', path).stdout


def test_zip_of_pickles(show, pkl5):
    data = _zip({'a.pkl': pickle.dumps(1), 'b.pkl': pickle.dumps([2]),
                 'readme.txt': b'text'})
    assert show(data) == "{'a.pkl': 1, 'b.pkl': [2]}"
    assert show(_zip({'a.pkl': pickle.dumps(1)})) == '1'
    listing = pkl5('dis', '-', stdin=data).stdout
    assert b'==> -:a.pkl <==' in listing and listing.count(b'STOP') == 2
    error = pkl5('load', '-', stdin=_zip({'readme.txt': b'text'}), code=1)
    assert b'holds no pickle' in error.stderr
    error = pkl5('load', '-', stdin=_zip({'a.pkl': b'\xff', 'b.pkl': b'N.'}),
                 code=1)
    assert b'a.pkl: ' in error.stderr


def test_torch_legacy(pkl5):
    path = DATA / 'torch_legacy.pt'
    assert pkl5('load', path).stdout == b"{'a': 1}\n"
    assert pkl5('load', '-', stdin=path.read_bytes()).stdout == b"{'a': 1}\n"
    every = pkl5('load', '--all', path).stdout.splitlines()
    assert len(every) == 5 and every[4] == b"['0']"
    assert b'5 pickles' in pkl5('verify', path).stdout


def test_a_wrong_checksum_is_an_error(pkl5):
    data = bytearray(_zip({'a.pkl': pickle.dumps(1), 'b.pkl': b'N.'}))
    for magic, at in ((b'PK\3\4', 14), (b'PK\1\2', 16)):
        data[data.index(magic) + at] ^= 1
    assert b'CRC' in pkl5('load', '-', stdin=bytes(data), code=1).stderr


@pytest.mark.parametrize('pack', [gzip.compress, zlib.compress])
def test_bombs_reach_the_limit(pkl5, pack):
    bomb = pack(b'\0' * (100 << 20))
    assert 256 * len(bomb) < 36 << 20
    assert b'64 MiB' in pkl5('load', '-', stdin=bomb, code=3).stderr


def test_nesting_is_limited(pkl5):
    nested = pickle.dumps(1)
    for _ in range(4):
        nested = zlib.compress(nested)
    assert pkl5('load', '-', stdin=nested).stdout == b'1\n'
    nested = zlib.compress(nested)
    assert b'too deep' in pkl5('load', '-', stdin=nested, code=3).stderr


@pytest.mark.parametrize('data, name', [
    (b'\x89HDF\r\n\x1a\n' + bytes(64), b'an HDF5 file'),
    (b'PAR1' + bytes(64), b'a Parquet file'),
    (b'\x89PNG\r\n\x1a\n', b'a PNG image'),
    (b'%PDF-1.7', b'a PDF file'),
    (b'{"a": 1}', b'JSON text'),
    (b'\x7fELF' + bytes(60), b'an ELF file'),
    (b'\x02\0\0\0\0\0\0\0{}', None),
    (b'\x08\0\0\0\0\0\0\0{"a": 1}', b'a safetensors file'),
    (b'x.txt' + bytes(252) + b'ustar\x0000', b'a tar archive'),
])
def test_other_formats_are_named(pkl5, tmp_path, data, name):
    path = tmp_path / 'file.pkl'
    path.write_bytes(data)
    for verb in ('load', 'verify', 'dis', 'stat'):
        error = pkl5(verb, path, code=1).stderr
        assert (name or b'E_') in error, error


def test_what_only_begins_like_bzip2_is_a_pickle(show):
    data = b'BZh\0\0' + bytes(0x685a) + b'.'
    assert show(data, '--path', '$').startswith("b'\\x00")
