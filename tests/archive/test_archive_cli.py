"""pkl5 archive, list, extract, verify, and archives for the other verbs."""
import collections
import json
import pickle

import pytest

VALUE = {'bytes': b'x' * 5000, 'text': 's' * 3000, 'array': bytearray(4000),
         'n': [1, 2.5, None]}


@pytest.fixture
def source(tmp_path):
    path = tmp_path / 'value.pkl'
    path.write_bytes(pickle.dumps(VALUE, protocol=5))
    return path


@pytest.fixture
def archive(pkl5, source, tmp_path):
    path = tmp_path / 'value.pkl5'
    pkl5('archive', source, path)
    return path


def test_archive_of_an_archive_is_the_same(pkl5, archive, tmp_path):
    other = tmp_path / 'other.pkl5'
    pkl5('archive', archive, other)
    assert other.read_bytes() == archive.read_bytes()


def test_archive_reads_and_writes_streams(pkl5, source, archive):
    done = pkl5('archive', '-', '-', input=source.read_bytes())
    assert done.stdout == archive.read_bytes()
    done = pkl5('archive', '-', '-', input=archive.read_bytes())
    assert done.stdout == archive.read_bytes()


def test_archive_all_takes_every_pickle(pkl5, tmp_path):
    log = tmp_path / 'log.pkl'
    log.write_bytes(b''.join(pickle.dumps(i, protocol=i) for i in range(6)))
    pkl5('archive', '--all', log, tmp_path / 'log.pkl5')
    done = pkl5('load', '--all', tmp_path / 'log.pkl5')
    assert done.stdout == b'0\n1\n2\n3\n4\n5\n'
    pkl5('archive', '--all', tmp_path / 'log.pkl5', tmp_path / 'log2.pkl5')
    done = pkl5('convert', '--all', '--protocol', 0, tmp_path / 'log2.pkl5',
                '-')
    assert done.stdout == b''.join(pickle.dumps(i, 0) for i in range(6))


def test_load_shows_what_the_pickle_holds(pkl5, source, archive):
    for option in ('--format=json', '--format=tree', '--full'):
        assert (pkl5('load', option, archive).stdout
                == pkl5('load', option, source).stdout)
    assert pkl5('load', '--path', '$.n', archive).stdout == b'[1, 2.5, None]\n'
    assert pkl5('load', '-', input=archive.read_bytes()).stdout


def test_convert_to_an_archive_and_back(pkl5, source, archive, tmp_path):
    out = tmp_path / 'out.pkl5'
    pkl5('convert', source, out)
    assert out.read_bytes() == archive.read_bytes()
    back = tmp_path / 'back.pkl'
    pkl5('convert', out, back)
    assert back.read_bytes() == source.read_bytes()
    pkl5('convert', '--archive', source, back)
    assert back.read_bytes() == archive.read_bytes()


def test_dump_writes_archives(pkl5, tmp_path):
    numpy = pytest.importorskip('numpy')
    array = numpy.arange(5000.).reshape(50, 100)
    numpy.save(tmp_path / 'a.npy', array)
    pkl5('dump', tmp_path / 'a.npy', '-o', tmp_path / 'a.pkl5')
    with open(tmp_path / 'a.pkl5', 'rb') as file:
        assert numpy.array_equal(pickle.load(file), array)
    (row,) = json.loads(pkl5('list', '--json', tmp_path / 'a.pkl5').stdout)[
        'objects']
    assert [p['kind'] for p in row['payloads']] == ['buffer']
    pkl5('extract', tmp_path / 'a.pkl5', '-o', tmp_path / 'b.npy')
    assert numpy.array_equal(numpy.load(tmp_path / 'b.npy'), array)


def test_list_is_a_table(pkl5, archive):
    lines = pkl5('list', archive).stdout.decode().splitlines()
    assert lines[0].startswith('object 0 at 0: ')
    assert [line.split()[3] for line in lines[2:]] == [
        'bytes', 'str', 'bytearray']


def test_extract_writes_bytes_and_text(pkl5, archive, source):
    for path in (archive, source):
        done = pkl5('extract', path, '--path', '$.bytes', '-o', '-')
        assert done.stdout == VALUE['bytes']
        done = pkl5('extract', path, '--path', '$.text', '-o', '-')
        assert done.stdout.decode() == VALUE['text']
        pkl5('extract', path, '--path', '$.n', '-o', '-', code=1)
        pkl5('extract', path, '--path', '$.none', '-o', '-', code=1)


@pytest.mark.parametrize('protocol', range(6))
def test_extract_finds_what_is_like_a_dict(pkl5, tmp_path, protocol):
    items = {'conv1.weight': b'w' * 3000, 'b': 'text'}
    counted = collections.defaultdict(bytes)
    counted.update(items)
    for value in (collections.OrderedDict(items), counted,
                  collections.UserDict(items), collections.Counter(items)):
        source = tmp_path / 'state.pkl'
        source.write_bytes(pickle.dumps(value, protocol=protocol))
        done = pkl5('extract', source, '--path', "$['b']", '-o', '-')
        assert done.stdout == b'text', type(value)
        done = pkl5('load', source, '--path', '$.b')
        assert done.stdout == b"'text'\n", type(value)
    if protocol >= 3:
        done = pkl5('extract', source, '--path', "$['conv1.weight']",
                    '-o', '-')
        assert done.stdout == items['conv1.weight']


@pytest.mark.parametrize('protocol', [2, 5])
def test_stat_and_json_show_what_is_like_a_dict(pkl5, tmp_path, protocol):
    value = collections.OrderedDict({'conv1.weight': 'w' * 3000, 'n': 1})
    source = tmp_path / 'state.pkl'
    source.write_bytes(pickle.dumps(value, protocol=protocol))
    rows = json.loads(pkl5('stat', '--json', source).stdout)['paths']
    assert "$['conv1.weight']" in [row['name'] for row in rows]
    tree = json.loads(pkl5('load', '--format=json', source).stdout)
    assert tree['$entries'] == value
    assert pkl5('load', source).stdout.startswith(
        b"collections.OrderedDict({'conv1.weight': 'www")


@pytest.mark.parametrize('protocol', range(6))
def test_extract_writes_arrays_as_numpy_does(pkl5, tmp_path, protocol):
    numpy = pytest.importorskip('numpy')
    arrays = {
        'f8': numpy.arange(60.).reshape(3, 4, 5),
        'fortran': numpy.asfortranarray(numpy.arange(60.).reshape(6, 10)),
        'scalar': numpy.array(7),
        'empty': numpy.zeros((0, 3), 'u2'),
        'bool': numpy.array([True, False]),
        'big': numpy.arange(5, dtype='>i4'),
        'text': numpy.array(['a', 'bcd']),
        'bytes': numpy.array([b'a', b'bcd']),
        'dates': numpy.arange(9).astype('M8[25s]'),
        'fields': numpy.zeros(3, [('a', '<i4'), ('b', '>f8', (2, 3)),
                                  ('\u00e9', [('c', 'S5')])]),
        'gaps': numpy.zeros(3, numpy.dtype({
            'names': ['a', 'b'], 'formats': ['<i2', '<f4'],
            'offsets': [2, 8], 'itemsize': 16})),
    }
    source = tmp_path / 'arrays.pkl'
    source.write_bytes(pickle.dumps(arrays, protocol=protocol))
    for name, array in arrays.items():
        out = tmp_path / 'out.npy'
        pkl5('extract', source, '--path', '$.' + name, '-o', out)
        loaded = numpy.load(out)
        assert loaded.dtype == array.dtype, name
        assert loaded.shape == array.shape, name
        assert numpy.array_equal(loaded, array), name


def test_extract_refuses_arrays_of_objects(pkl5, tmp_path):
    numpy = pytest.importorskip('numpy')
    source = tmp_path / 'array.pkl'
    source.write_bytes(pickle.dumps(numpy.array([1, 'x', None], object), 5))
    out = tmp_path / 'out.npy'
    done = pkl5('extract', source, '-o', out, code=1)
    assert b'Python objects' in done.stderr
    assert not out.exists()


def test_verify_names_the_damaged_payload(pkl5, archive):
    pkl5('verify', archive)
    data = bytearray(archive.read_bytes())
    (row,) = json.loads(pkl5('list', '--json', archive).stdout)['objects']
    data[row['payloads'][1]['offset'] + 100] ^= 1
    archive.write_bytes(data)
    done = pkl5('verify', archive, code=1)
    assert b'object 0: payload 1 (str of 3000 bytes' in done.stderr
    (line,) = pkl5('verify', '--json', archive, code=1).stdout.splitlines()
    assert 'payload 1' in json.loads(line)['error']['message']


def test_torn_end_is_told_and_dropped(pkl5, source, archive):
    whole = archive.read_bytes()
    archive.write_bytes(whole + whole[:-1])
    done = pkl5('verify', archive, code=1)
    assert b'belong to no object' in done.stderr
    listed = json.loads(pkl5('list', '--json', archive).stdout)
    assert listed['lost'] == [[len(whole), 2 * len(whole) - 1]]
    assert len(listed['objects']) == 1
    pkl5('archive', '--append', source, archive)
    pkl5('verify', archive)
    assert len(json.loads(pkl5('list', '--json', archive).stdout)[
        'objects']) == 2


def test_object_picks_one(pkl5, tmp_path):
    for i in range(3):
        (tmp_path / 'a.pkl').write_bytes(pickle.dumps(b'%d' % i, 5))
        pkl5('archive', '--append', tmp_path / 'a.pkl', tmp_path / 'a.pkl5')
    done = pkl5('extract', '--object', 2, tmp_path / 'a.pkl5', '-o', '-')
    assert done.stdout == b'2'
    pkl5('extract', '--object', 3, tmp_path / 'a.pkl5', '-o', '-', code=1)


def test_exit_codes(pkl5, source, archive, tmp_path):
    pkl5('archive', source, code=2)
    pkl5('archive', '--append', source, '-', code=2)
    pkl5('list', source, code=1)
    pkl5('list', tmp_path / 'none', code=4)
    pkl5('archive', '--append', source, source, code=1)
    pkl5('convert', '--archive', '--protocol', 4, source, archive, code=2)
    pkl5('load', '--max-payload', 100, archive, code=3)
    pkl5('archive', source, tmp_path / 'no' / 'such.pkl5', code=4)


@pytest.mark.parametrize('verb', ['archive', 'list', 'extract'])
def test_help_shows_examples(pkl5, verb):
    assert b'Examples:\n  pkl5 ' + verb.encode() in pkl5(verb, '--help').stdout
