"""pkl5 dump."""
import json
import os
import pickle
import warnings

import pytest

numpy = pytest.importorskip('numpy')


def _loaded(path, **options):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        return pickle.loads(path.read_bytes(), **options)


def test_json(pkl5, tmp_path):
    value = {'a': [1, -2.5, None, True, 'h\xe9', 10**30], 'b': {'a': []}}
    text = json.dumps(value).encode()
    out = tmp_path / 'out.pkl'
    for protocol in range(6):
        pkl5('dump', '-o', out, '--protocol', protocol, stdin=text)
        assert _loaded(out) == value
        assert out.read_bytes() == pickle.dumps(json.loads(text), protocol)
    source = tmp_path / 'in.json'
    source.write_bytes(text)
    done = pkl5('dump', source, '-o', '-')
    assert pickle.loads(done.stdout) == value


def test_what_is_no_json_is_malformed(pkl5, tmp_path):
    out = tmp_path / 'out.pkl'
    out.write_bytes(b'as it was')
    pkl5('dump', '-o', out, stdin=b'[1,', code=1)
    assert out.read_bytes() == b'as it was'
    assert [path.name for path in tmp_path.iterdir()] == ['out.pkl']


def test_lossless_json_comes_back(pkl5, tmp_path, dumped):
    value = {'t': (1, 2), 1: b'x', 'f': float('inf')}
    shown = pkl5('load', '--format=json', '--lossless', dumped(value))
    out = tmp_path / 'out.pkl'
    pkl5('dump', '--lossless', '-o', out, stdin=shown.stdout)
    assert _loaded(out) == value
    # Without the flag a "$" key is a key.
    pkl5('dump', '-o', out, stdin=b'{"$ref": 1}')
    assert _loaded(out) == {'$ref': 1}


def test_raw(pkl5, tmp_path):
    source = tmp_path / 'in.bin'
    source.write_bytes(b'\x00\xff' * 3000)
    out = tmp_path / 'out.pkl'
    for protocol in range(6):
        pkl5('dump', '--raw', source, '-o', out, '--protocol', protocol)
        assert _loaded(out) == b'\x00\xff' * 3000
    pkl5('dump', '--raw', source, '-o', out,
         '--buffers', 'file:%s' % (tmp_path / 'out.buf'))
    assert len(out.read_bytes()) < 100
    assert bytes(_loaded(out, buffers=[source.read_bytes()])) == (
        source.read_bytes())
    assert b'6000 bytes' in pkl5('load', out, '--buffers',
                                 tmp_path / 'out.buf').stdout


ARRAYS = {
    'f8': numpy.arange(12, dtype='<f8').reshape(3, 4),
    'big_endian': numpy.arange(5, dtype='>i4'),
    'bool': numpy.array([True, False]),
    'complex': numpy.array([1 + 2j]),
    'fortran': numpy.asfortranarray(numpy.arange(12).reshape(3, 4)),
    'scalar': numpy.array(7),
    'empty': numpy.zeros((0, 3)),
    'datetime': numpy.array(['2020-01-01', 'NaT'], dtype='M8[ns]'),
    'timedelta': numpy.array([5], dtype='<m8[25s]'),
    'unicode': numpy.array(['h\xe9', 'x']),
    'bytes': numpy.array([b'ab', b'c']),
    'void': numpy.array([b'ab'], dtype='V2'),
    'fields': numpy.array([(1, 2.5, (3, 4))], dtype=[
        ('a', '<i4'), ('b', '<f8'), ('c', '<i2', (2,))]),
    'aligned': numpy.array([(1, 2.5)], dtype=numpy.dtype(
        [('a', 'u1'), ('b', '<f8')], align=True)),
    'nested': numpy.array([((1, 2), 3)], dtype=[
        ('a', [('x', 'u1'), ('y', '<u4')]), ('b', '<i8')]),
    'titles': numpy.array([(1,)], dtype=[(('title', 'a'), '<i4')]),
    'odd_names': numpy.array([(1,)], dtype=[("it's \\ \u20ac", '<i4')]),
}


@pytest.mark.filterwarnings('ignore:Stored array in format 3.0')
@pytest.mark.parametrize('name', ARRAYS)
def test_npy(pkl5, tmp_path, name):
    array = ARRAYS[name]
    source = tmp_path / 'array.npy'
    numpy.save(source, array)
    out = tmp_path / 'array.pkl'
    for protocol in range(6):
        pkl5('dump', source, '-o', out, '--protocol', protocol)
        _same(_loaded(out), array)
    pkl5('dump', source, '-o', out,
         '--buffers', 'file:%s' % (tmp_path / 'array.buf'))
    _same(_loaded(out, buffers=[bytearray(array.tobytes('A'))]), array)


def _same(loaded, array):
    assert type(loaded) is numpy.ndarray
    assert loaded.dtype.fields == array.dtype.fields
    assert loaded.dtype.str == array.dtype.str
    assert loaded.shape == array.shape
    assert loaded.flags.f_contiguous == array.flags.f_contiguous
    assert loaded.flags.writeable
    assert loaded.tobytes() == array.tobytes()


def test_npy_in_shared_memory(pkl5, tmp_path):
    array = numpy.arange(1000.0)
    source = tmp_path / 'array.npy'
    numpy.save(source, array)
    head = tmp_path / 'head.pkl'
    name = 'pkl5-test-%s' % tmp_path.name
    segment = '/dev/shm/' + name
    try:
        pkl5('dump', source, '-o', head, '--buffers', 'shm:' + name)
        whole = pkl5('convert', head, '-', '--from-buffers', 'shm:' + name)
        _same(pickle.loads(whole.stdout), array)
    finally:
        os.unlink(segment)


def test_npy_of_objects_is_refused(pkl5, tmp_path):
    source = tmp_path / 'array.npy'
    numpy.save(source, numpy.array([{}]), allow_pickle=True)
    done = pkl5('dump', source, '-o', tmp_path / 'out.pkl', code=1)
    assert b'Python objects' in done.stderr


def test_usage(pkl5, tmp_path):
    pkl5('dump', stdin=b'1', code=2)
    pkl5('dump', '-o', '-', '--protocol', 6, stdin=b'1', code=2)
    pkl5('dump', '-o', '-', '--buffers', 'nowhere', stdin=b'1', code=2)
    pkl5('dump', '-o', '-', '--buffers', 'shm:x', '--protocol', 4,
         stdin=b'1', code=2)
    pkl5('dump', '-o', tmp_path / 'no' / 'such', stdin=b'1', code=4)
