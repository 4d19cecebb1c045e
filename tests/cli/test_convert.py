"""pkl5 convert."""
import os
import pickle

import pytest

numpy = pytest.importorskip('numpy')

VALUE = {'array': numpy.arange(10000.0), 'bytes': b'x' * 5000, 'n': [1, 2.5],
         'small': b'y'}


def _same(loaded):
    assert list(loaded) == list(VALUE)
    assert numpy.array_equal(loaded['array'], VALUE['array'])
    for key in ('bytes', 'n', 'small'):
        assert loaded[key] == VALUE[key]


@pytest.mark.parametrize('read', range(6))
def test_any_protocol_to_any(pkl5, dumped, tmp_path, read):
    source = dumped(VALUE, protocol=read)
    out = tmp_path / 'out.pkl'
    for write in range(6):
        pkl5('convert', source, out, '--protocol', write)
        _same(pickle.loads(out.read_bytes()))


def test_out_of_band_and_back(pkl5, dumped, tmp_path):
    source = dumped(VALUE, protocol=5)
    head = tmp_path / 'head.pkl'
    buffers = tmp_path / 'value.buf'
    pkl5('convert', source, head, '--buffers', 'file:%s' % buffers)
    assert head.stat().st_size < 1000
    assert buffers.stat().st_size > 85000
    back = tmp_path / 'back.pkl'
    pkl5('convert', head, back, '--from-buffers', buffers)
    assert back.read_bytes() == source.read_bytes()


def test_shared_memory_and_back(pkl5, dumped, tmp_path):
    source = dumped(VALUE, protocol=5)
    head = tmp_path / 'head.pkl'
    name = 'pkl5-convert-%d' % os.getpid()
    try:
        pkl5('convert', source, head, '--buffers', 'shm:' + name)
        back = pkl5('convert', head, '-', '--from-buffers', 'shm:' + name)
    finally:
        os.unlink('/dev/shm/' + name)
    _same(pickle.loads(back.stdout))


def test_cpython_loads_what_went_out_of_band(pkl5, dumped, tmp_path):
    array = numpy.arange(10000.0)
    head = tmp_path / 'head.pkl'
    pkl5('convert', dumped(array, protocol=5), head,
         '--buffers', 'file:%s' % (tmp_path / 'value.buf'))
    loaded = pickle.loads(head.read_bytes(),
                          buffers=[bytearray(array.tobytes())])
    assert numpy.array_equal(loaded, array)


def test_threshold(pkl5, dumped, tmp_path):
    source = dumped([b'x' * 100, b'y' * 300], protocol=5)
    place = 'file:%s' % (tmp_path / 'value.buf')
    counts = {}
    for threshold in (50, 200, 1000):
        done = pkl5('convert', source, '-', '--buffers', place,
                    '--threshold', threshold)
        counts[threshold] = done.stdout.count(b'\x97\x98')
    assert counts == {50: 2, 200: 1, 1000: 0}


def test_every_pickle_of_a_stream(pkl5):
    stream = pickle.dumps([1], 2) + pickle.dumps('x', 0)
    done = pkl5('convert', '--all', '--protocol', 4, '-', '-', stdin=stream)
    assert done.stdout == pickle.dumps([1], 4) + pickle.dumps('x', 4)
    done = pkl5('convert', '--protocol', 4, '-', '-', stdin=stream)
    assert done.stdout == pickle.dumps([1], 4)


def test_in_place(pkl5, dumped):
    path = dumped(VALUE, protocol=2)
    pkl5('convert', path, path, '--protocol', 5)
    _same(pickle.loads(path.read_bytes()))


def test_the_output_appears_whole_or_not_at_all(pkl5, tmp_path):
    out = tmp_path / 'out.pkl'
    out.write_bytes(b'as it was')
    pkl5('convert', '-', out, stdin=b'N', code=1)
    assert out.read_bytes() == b'as it was'
    assert os.listdir(tmp_path) == ['out.pkl']
    with open('/dev/full', 'wb') as full:
        pkl5('convert', '-', '-', stdin=pickle.dumps('x'), code=4,
             stdout=full)


def test_usage(pkl5, dumped):
    pkl5('convert', dumped(1), code=2)
    pkl5('convert', dumped(1), '-', '--protocol', 6, code=2)
    pkl5('convert', dumped(1), '-', '--protocol', 4, '--buffers', 'shm:x',
         code=2)
