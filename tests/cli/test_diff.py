"""pkl5 diff: where two graphs differ, and its exit codes."""
import collections
import json
import pathlib
import pickle

import pytest

DATA = pathlib.Path(__file__).resolve().parent / 'data'


@pytest.fixture
def diff(pkl5, tmp_path):
    """diff(a, b): the lines of the differences between two objects."""
    def run(a, b, *options, protocol=5):
        paths = tmp_path / 'a.pkl', tmp_path / 'b.pkl'
        for path, value in zip(paths, (a, b)):
            if not isinstance(value, bytes) or not value.startswith(b'\x80'):
                value = pickle.dumps(value, protocol)
            path.write_bytes(value)
        done = pkl5('diff', *options, *paths, code=None)
        lines = done.stdout.decode().splitlines()
        assert done.returncode == (1 if lines else 0), done.stderr
        return lines
    return run


class Point:
    """An object with attributes."""

    def __init__(self, x):
        self.x = x


def test_scalars_by_path(diff):
    a = {'layers': [{'bias': 1}, {'bias': 3}], 'name': 'x'}
    b = {'layers': [{'bias': 1}, {'bias': 4}], 'name': 'y'}
    assert diff(a, b) == ['$.layers[1].bias: int 3 != int 4',
                          "$.name: str 'x' != str 'y'"]
    assert diff(a, a) == []
    for x, y, shown in [(1, 1.0, 'int 1 != float 1.0'),
                        (True, 1, 'bool True != int 1'),
                        (None, [], 'None != list of 0'),
                        (0.0, -0.0, 'float 0.0 != float -0.0'),
                        (b'a', bytearray(b'a'),
                         "bytes b'a' != bytearray(b'a')"),
                        ({1}, frozenset([1]), 'set of 1 != frozenset of 1'),
                        (10**40, 10**41, None)]:
        found, = diff(x, y)
        assert shown is None or found == '$: ' + shown
    assert diff(float('nan'), float('nan')) == []


def test_missing_and_extra(diff):
    assert diff({'a': 1, 'b': 2}, {'b': 2, 'c': [3]}) == [
        '$.a: only in the first: int 1',
        '$.c: only in the second: list of 1']
    assert diff([1, 2, 3], [1]) == ['$[1]: only in the first: int 2',
                                    '$[2]: only in the first: int 3']
    assert diff((), (None,)) == ['$[0]: only in the second: None']
    assert diff({1, 2}, {2, 3}) and len(diff({1, 2}, {2, 3})) == 2


def test_order_and_protocol_do_not_count(diff):
    assert diff({'a': 1, 'b': 2}, {'b': 2, 'a': 1}) == []
    assert diff({1, 2, 3}, {3, 2, 1}) == []
    value = [list(range(3000)), {i: str(i) for i in range(3000)}, 1.5]
    assert diff(pickle.dumps(value, 2), pickle.dumps(value, 5)) == []
    assert diff({(1, (2, 'x')): 3}, {(1, (2, 'x')): 4}) == [
        '$.@value[0]: int 3 != int 4']
    assert diff({1: 0}, {True: 0}) == ['$.@key[0]: int 1 != bool True']


def test_long_text_is_told_by_its_place(diff):
    a = 'x' * 1000 + '\xe9' + 'tail'
    found, = diff(a, 'x' * 1000 + '\xea' + 'tail')
    assert found == ("$: str of 1006 bytes with '\xe9tail' != str of 1006 "
                     "bytes with '\xeatail' (at byte 1000)")
    assert diff(a.encode(), a.encode()) == []


def test_objects(diff):
    assert diff(Point(1), Point(1)) == []
    assert diff(Point(1), Point([2])) == ['$.x: int 1 != list of 1'] or (
        diff(Point(1), Point([2])) == ['$.@state.x: int 1 != list of 1'])
    a = collections.OrderedDict(a=1, b=2)
    b = collections.OrderedDict(b=3, a=1)
    found, = diff(a, b)
    assert found.endswith(': int 2 != int 3')
    assert diff(a, collections.OrderedDict(b=2, a=1)) == []
    found = diff(collections.deque([1]), collections.deque([1, 2]))
    assert len(found) == 1 and 'only in the second: int 2' in found[0]
    assert diff(pickle.PickleError, pickle.PicklingError) == [
        '$: global _pickle.PickleError != global _pickle.PicklingError']


def test_sharing_counts_where_it_matters(diff):
    shared = [[1]] * 2
    assert diff(shared, [[1], [1]]) == [
        '$[1]: list of 1 (shared with another place in the first only)']
    assert diff([[1], [1]], shared) == [
        '$[1]: list of 1 (shared with another place in the second only)']
    text = ('%s' % 1) * 300
    assert diff([text, text], [text, text[:150] + text[150:]]) == []
    assert diff([(1,)] * 2, [(1,), (1,)]) == []


def test_cycles(diff):
    def ring(length, last):
        first = node = []
        for _ in range(length - 1):
            node.append([])
            node = node[0]
        node += [first] + last
        return first
    assert diff(ring(1, []), ring(1, [])) == []
    assert len(diff(ring(1, []), ring(2, []))) <= 2
    assert diff(ring(3, []), ring(3, [5])) == [
        '$[0][0][1]: only in the second: int 5']


def test_a_million_levels(diff):
    def deep(inner):
        return b'\x80\x04' + b']' * 1000000 + inner + b'a' * 1000000 + b'.'
    assert diff(deep(b'N'), deep(b'N')) == []
    found, = diff(deep(b'N'), deep(b'K\x01'))
    assert found.endswith(': None != int 1') and len(found) < 2000
    assert '999800 steps' in found


def test_a_dag_of_many_paths_is_quick(diff):
    def dag(leaf):
        value = [leaf]
        for _ in range(200):
            value = [value, value]
        return value
    assert diff(dag(1), dag(1)) == []
    assert len(diff(dag(1), dag(2))) == 1


def test_max_and_quiet_and_json(pkl5, diff, dumped):
    a, b = dumped(list(range(500)), 'a'), dumped(list(range(1, 501)), 'b')
    lines = pkl5('diff', a, b, code=1).stdout.splitlines()
    assert len(lines) == 101 and lines[-1] == b'... 400 more'
    assert len(pkl5('diff', '--max', '3', a, b,
                    code=1).stdout.splitlines()) == 4
    assert pkl5('diff', '-q', a, b, code=1).stdout == b''
    first = json.loads(pkl5('diff', '--json', a, b,
                            code=1).stdout.splitlines()[0])
    assert first == {'path': '$[0]', 'first': 'int 0', 'second': 'int 1',
                     'note': None}
    assert pkl5('diff', '--path', '$[0]', a, a).stdout == b''


def test_errors_are_trouble(pkl5, dumped, tmp_path):
    good = dumped(1)
    bad = tmp_path / 'bad'
    bad.write_bytes(b'\x80\x04')
    for pair in ((good, bad), (bad, good), (good, tmp_path / 'missing')):
        assert pkl5('diff', *pair, code=2).stderr
    pkl5('diff', '--path', '$[3]', good, good, code=2)
    pkl5('diff', good, code=2)
    pkl5('diff', '--max-depth=1', dumped([[[]]], 'deep'), good, code=2)


def test_arrays(pkl5, diff, tmp_path):
    numpy = pytest.importorskip('numpy')
    w = numpy.arange(12.0).reshape(3, 4)
    other = w.copy()
    other[0, 1] = 7
    other[2, 3] = -1
    assert diff({'w': w}, {'w': w.copy()}) == []
    assert diff({'w': w}, {'w': other}) == [
        "$.w: 1.0 != 7.0 (at [0, 1] of array '<f8' (3, 4), 2 of 12 items "
        'differ)']
    assert diff(w, numpy.asfortranarray(w)) == []
    assert len(diff(other, numpy.asfortranarray(w))) == 1
    assert diff(w, w.astype('f4')) == [
        "$: array '<f8' (3, 4) != array '<f4' (3, 4)"]
    numpy.save(tmp_path / 'w.npy', w)
    numpy.savez(tmp_path / 'w.npz', w=w)
    joblib = DATA / 'arrays.joblib'
    pkl5('diff', '--path', '$.w', tmp_path / 'w.npz', joblib)
    (tmp_path / 'w.pkl').write_bytes(pickle.dumps(w, 5))
    assert pkl5('diff', tmp_path / 'w.npy', tmp_path / 'w.pkl').stdout == b''
    assert pkl5('diff', joblib, DATA / 'arrays_protocol2.joblib').stdout == b''
