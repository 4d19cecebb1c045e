"""pkl5 list, and archives as the other verbs read them."""
import json
import os
import pathlib
import pickle
import sys

import pytest

numpy = pytest.importorskip('numpy')

ARRAYS = {'c': numpy.arange(1200.0).reshape(30, 40),
          'fortran': pickle.PickleBuffer(
              numpy.asfortranarray(numpy.ones((30, 40), '<i4'))),
          'readonly': numpy.frombuffer(bytes(8000))}


@pytest.fixture
def archives(pkl5, tmp_path):
    """Two archives: one of arrays, one of two objects without payloads."""
    head, arrays, plain = (tmp_path / name for name in (
        'head.pkl', 'arrays.pkl5', 'plain.pkl5'))
    head.write_bytes(pickle.dumps(ARRAYS, 5))
    pkl5('archive', head, arrays)
    head.write_bytes(pickle.dumps([1], 5) + pickle.dumps('two', 5))
    pkl5('archive', '--all', head, plain)
    return arrays, plain


def test_payloads(pkl5, archives):
    arrays, plain = archives
    table = pkl5('list', arrays).stdout.decode()
    assert table.startswith('object 0 at 0: ') and '3 payloads' in table
    payloads = json.loads(pkl5('list', '--json', arrays).stdout)[
        'objects'][0]['payloads']
    assert sorted(payload['length'] for payload in payloads) == [
        4800, 8000, 9600]
    for payload in payloads:
        assert len(payload['xxh3_128']) == 32
    table = pkl5('list', plain).stdout.decode()
    assert table.count('0 payloads') == 2 and 'layout' not in table


def test_layouts(pkl5, tmp_path):
    """Those that the Python package writes."""
    root = pathlib.Path(__file__).resolve().parents[2]
    sys.path.insert(0, os.environ.get('PICKLE5_PYTHON_DIR') or str(
        root / 'build' / 'release' / 'python'))
    try:
        package = pytest.importorskip('pkl5')
    finally:
        sys.path.pop(0)
    path = tmp_path / 'layouts.pkl5'
    package.dump(ARRAYS, path)
    table = pkl5('list', path).stdout.decode()
    assert 'd [30, 40]' in table and '[30, 40] Fortran' in table
    assert 'readonly' in table and 'writable' in table
    payloads = json.loads(pkl5('list', '--json', path).stdout)[
        'objects'][0]['payloads']
    layouts = [(payload['shape'], payload['order'], payload['itemsize'])
               for payload in payloads]
    assert layouts == [([30, 40], 'C', 8), ([30, 40], 'F', 4), ([1000], 'C', 8)]


def test_several_files(pkl5, archives, tmp_path):
    missing = tmp_path / 'missing'
    done = pkl5('list', *archives, missing, code=4)
    assert done.stdout.count(b'==> ') == 2 and b'No such' in done.stderr
    done = pkl5('list', '--json', *archives, missing, code=4)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 3 and not done.stderr
    assert 'No such file' in lines[2]['error']['message']


def test_bytes_that_belong_to_no_object(pkl5, archives):
    arrays, plain = archives
    data = bytearray(plain.read_bytes())
    second = json.loads(pkl5('list', '--json', plain).stdout)['objects'][1]
    # The index of the first object is damaged: it is no object any more.
    data[second['offset'] - 30] ^= 0xff
    damaged = plain.with_name('damaged.pkl5')
    damaged.write_bytes(data)
    for options in ([], ['--json']):
        pkl5('list', *options, damaged, code=None)
    torn = plain.with_name('torn.pkl5')
    torn.write_bytes(plain.read_bytes() + pickle.dumps('torn')[:9])
    assert b'belong to no object' in pkl5('list', torn).stdout
    found = json.loads(pkl5('list', '--json', torn).stdout)
    assert found['lost'] == [[plain.stat().st_size, torn.stat().st_size]]


@pytest.mark.parametrize('verb', ['load', 'verify', 'convert', 'list'])
def test_archives_on_the_standard_input(pkl5, archives, verb):
    out = ['-'] if verb == 'convert' else []
    for path in archives:
        data = path.read_bytes()
        piped = pkl5(verb, '-', *out, stdin=data).stdout
        assert piped.replace(b'-: ok', b'ok') == pkl5(
            verb, path, *out).stdout.replace(str(path).encode() + b': ok',
                                             b'ok')
        damaged = bytearray(data)
        damaged[-5] ^= 0xff
        pkl5(verb, '-', *out, stdin=bytes(damaged), code=None)


def test_archives_of_archives(pkl5, archives, tmp_path):
    out = tmp_path / 'out.pkl5'
    for path in archives:
        pkl5('convert', '--all', path, out)
        assert pkl5('list', out).stdout == pkl5('list', path).stdout
        pkl5('verify', out)
    pkl5('convert', '--archive', archives[1], tmp_path / 'other')
    pkl5('verify', tmp_path / 'other')
    bad = tmp_path / 'bad'
    bad.write_bytes(b'N.\xff.')
    pkl5('convert', '--all', bad, out, code=1)
