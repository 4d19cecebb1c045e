"""pkl5 load."""
import json
import pickle
import subprocess

import pytest


def test_repr_is_pythons(pkl5, dumped):
    value = {'a': [1, 2.5, None, True], 'b': (b'x\x00', 'h\xe9', -10**30),
             'c': bytearray(b'z'), 'd': frozenset([1])}
    done = pkl5('load', '--full', dumped(value, protocol=5))
    assert done.stdout.decode() == repr(value) + '\n'
    for protocol in range(6):
        done = pkl5('load', dumped([1, 2.5, 'x'], protocol=protocol))
        assert done.stdout == b"[1, 2.5, 'x']\n"


def test_long_things_are_elided_unless_full(pkl5, dumped):
    path = dumped(list(range(10000)))
    assert len(pkl5('load', path).stdout) < 1000
    assert pkl5('load', '--full', path).stdout.decode().strip() == repr(
        list(range(10000)))


def test_cycles_and_sharing_are_shown(pkl5, dumped):
    value = []
    value.append(value)
    assert pkl5('load', dumped(value)).stdout == b'#1=[#1#]\n'


def test_json(pkl5, dumped):
    value = {'a': [1, 2.5, None, True, 'h\xe9', 10**30]}
    done = pkl5('load', '--format=json', dumped(value))
    assert json.loads(done.stdout) == value
    lossless = pkl5('load', '--format=json', '--lossless', dumped((1,)))
    assert json.loads(lossless.stdout) == {'$tuple': [1]}


def test_a_small_dag_makes_small_json(pkl5, dumped):
    value = []
    for _ in range(100):
        value = [value, value]
    assert len(pkl5('load', '--format=json', dumped(value)).stdout) < 10000


def test_path(pkl5, dumped):
    path = dumped({'users': [{'name': 'x'}, {'name': 'y'}]})
    assert pkl5('load', '--path', '$.users[1].name', path).stdout == b"'y'\n"
    assert pkl5('load', '--path', '$.users[5]', path, code=1).stdout == b''
    pkl5('load', '--path', 'users', path, code=2)


def test_tree_of_several_files_is_json_lines(pkl5, dumped, tmp_path):
    good = dumped(1)
    bad = tmp_path / 'bad.pkl'
    bad.write_bytes(b'\x80\x04\x8c')
    missing = tmp_path / 'missing.pkl'
    done = pkl5('load', '--format=tree', good, bad, missing, code=4)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0] == {'file': str(good), 'tree': {'t': 'int', 'v': '1'}}
    assert lines[1]['file'] == str(bad)
    error = lines[1]['error']
    assert (error['code'], error['offset'], error['opcode']) == (
        'E_TRUNCATED', 2, 'SHORT_BINUNICODE')
    assert lines[2]['error']['code'] is None
    assert 'No such file' in lines[2]['error']['message']
    assert done.stdout.startswith(b'{"file": "')


def test_one_file_says_its_error_on_stderr(pkl5, tmp_path):
    path = tmp_path / 'bad.pkl'
    path.write_bytes(b'Nh\x07.')
    done = pkl5('load', '--format=tree', path, code=1)
    assert done.stdout == b''
    assert b'E_MEMO_MISSING at byte 1: BINGET' in done.stderr


def test_strict_and_trailing_bytes(pkl5, tmp_path):
    path = tmp_path / 'two.pkl'
    path.write_bytes(pickle.dumps(1) + pickle.dumps([2]))
    assert pkl5('load', path).stdout == b'1\n'
    assert b'E_TRAILING' in pkl5('load', '--strict', path, code=1).stderr
    assert pkl5('load', '--all', path).stdout == b'1\n[2]\n'
    assert pkl5('load', '--all', '--strict', path).stdout == b'1\n[2]\n'


def test_standard_input(executable, pkl5, dumped):
    two = pickle.dumps('a') + pickle.dumps('b')
    assert pkl5('load', '-', stdin=two).stdout == b"'a'\n"
    assert pkl5('load', '--all', '-', stdin=two).stdout == b"'a'\n'b'\n"
    with open(dumped('c'), 'rb') as file:
        shown = subprocess.run([executable, 'load', '-'],
                               stdin=file, capture_output=True, check=True)
    assert shown.stdout == b"'c'\n"
    pkl5('load', '-', stdin=b'', code=1)


def test_encodings_of_python2_strings(pkl5, tmp_path):
    path = tmp_path / 'py2.pkl'
    path.write_bytes(b'U\x01\xe9.')
    assert b'E_ENCODING' in pkl5('load', path, code=1).stderr
    assert pkl5('load', '--encoding=latin1', path).stdout.decode() == (
        "'\xe9'\n")
    assert pkl5('load', '--encoding=bytes', path).stdout == b"b'\\xe9'\n"
    pkl5('load', '--encoding=utf-8', path, code=1)
    pkl5('load', '--encoding=klingon', path, code=2)


@pytest.mark.parametrize('flag, value, code', [
    ('--max-depth=2', [[[]]], 'L_DEPTH'),
    ('--max-memo=1', [[], []], 'L_MEMO'),
    ('--max-memory=1000', list(range(10000)), 'L_MEMORY'),
    ('--max-payload=10', 'x' * 11, 'L_PAYLOAD'),
    ('--max-frame=10', 'x' * 20, 'L_FRAME'),
    ('--max-opcodes=5', list(range(10)), 'L_OPCODES'),
])
def test_limits(pkl5, dumped, flag, value, code):
    path = dumped(value, protocol=4)
    done = pkl5('load', '--strict', flag, path, code=3)
    assert code.encode() in done.stderr


def test_limits_of_text(pkl5, dumped):
    path = dumped(10**50, protocol=0)
    assert b'L_DIGITS' in pkl5('load', '--max-digits=50', path, code=3).stderr
    assert b'L_LINE' in pkl5('load', '--max-line=9', path, code=3).stderr
    pkl5('load', '--untrusted', path)


def test_buffers(pkl5, tmp_path):
    buffers = []
    data = pickle.dumps([pickle.PickleBuffer(b'first'),
                         pickle.PickleBuffer(bytearray(b'second'))],
                        protocol=5, buffer_callback=buffers.append)
    path = tmp_path / 'head.pkl'
    path.write_bytes(data)
    names = []
    for i, buffer in enumerate(buffers):
        names += ['--buffers', tmp_path / ('%d.raw' % i)]
        names[-1].write_bytes(buffer.raw())
    assert b'E_NO_BUFFER' in pkl5('load', path, code=1).stderr
    assert b'buffer 1' in pkl5('load', '--placeholder-buffers', path).stdout
    assert b'6 bytes' in pkl5('load', path, *names).stdout
    pkl5('load', path, '--buffers', tmp_path / 'none.raw', code=4)


def test_failed_writes_are_io_errors(pkl5, dumped):
    with open('/dev/full', 'wb') as full:
        done = pkl5('load', dumped([1]), code=4, stdout=full)
    assert b'No space left' in done.stderr


def test_a_reader_that_goes_away_is_an_io_error(executable, dumped):
    path = dumped(list(range(200000)))
    process = subprocess.Popen([executable, 'load', '--full', path],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait(timeout=60) == 4
    process.stderr.close()
