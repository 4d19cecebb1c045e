"""pkl5 dis, verify, optimize and stat."""
import io
import json
import pickle
import pickletools

import pytest

VALUES = [
    None, [1, (2.5, 'x'), {'k': b'bytes'}], 10**40, {1, 2}, 'h\xe9\u20ac',
    [[]] * 3, pickle.PickleError, Exception('x'), list(range(3000)),
    'x' * 70000,
]


@pytest.mark.parametrize('protocol', range(6))
def test_dis_is_pickletools(pkl5, dumped, protocol):
    for value in VALUES:
        path = dumped(value, protocol=protocol)
        wanted = io.StringIO()
        pickletools.dis(path.read_bytes(), wanted)
        assert pkl5('dis', path).stdout.decode() == wanted.getvalue()


def test_dis_json(pkl5, dumped):
    path = dumped([1, 'x', b'y'], protocol=4)
    lines = pkl5('dis', '--json', path).stdout.splitlines()
    got = [json.loads(line) for line in lines]
    wanted = [{'pos': pos, 'opcode': opcode.name,
               'arg': {'bytes': arg.hex()} if isinstance(arg, bytes) else arg}
              for opcode, arg, pos in pickletools.genops(path.read_bytes())]
    assert got == wanted


def test_dis_of_a_damaged_pickle_shows_what_it_can(pkl5):
    done = pkl5('dis', '-', stdin=b'\x80\x04N\xff', code=1)
    assert done.stdout.splitlines() == [
        b'    0: \\x80 PROTO      4', b'    2: N    NONE']
    assert b'E_BAD_OPCODE at byte 3' in done.stderr


def test_dis_all(pkl5):
    two = pickle.dumps(None, 0) + pickle.dumps(None, 0)
    assert pkl5('dis', '-', stdin=two).stdout.count(b'STOP') == 1
    assert pkl5('dis', '--all', '-', stdin=two).stdout.count(b'STOP') == 2


def test_all_ends_where_a_pickle_is_cut_short(pkl5):
    done = pkl5('dis', '--all', '-', stdin=b'N.(K', code=1)
    assert done.stdout.count(b'STOP') == 1
    assert done.stdout.splitlines()[-1].split()[:2] == [b'2:', b'(']
    assert b'E_TRUNCATED' in done.stderr


def test_verify(pkl5, dumped, tmp_path):
    good = dumped(VALUES, protocol=5)
    done = pkl5('verify', good)
    assert done.stdout.decode() == '%s: ok, %d bytes\n' % (
        good, good.stat().st_size)
    bad = tmp_path / 'bad.pkl'
    bad.write_bytes(b'N.N')
    assert b'E_TRAILING at byte 1' in pkl5('verify', bad, code=1).stderr
    done = pkl5('verify', '--json', good, bad, code=1)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0] == {'file': str(good), 'pickles': 1,
                        'bytes': good.stat().st_size}
    assert lines[1]['error']['code'] == 'E_TRAILING'
    assert pkl5('verify', '--quiet', good).stdout == b''
    pkl5('verify', '--max-opcodes=3', good, code=3)
    pkl5('verify', tmp_path / 'missing', code=4)
    assert b'2 pickles' in pkl5('verify', '--all', '-',
                                stdin=b'N.N.').stdout


@pytest.mark.parametrize('protocol', range(6))
def test_optimize_is_pickletools(pkl5, dumped, tmp_path, protocol):
    out = tmp_path / 'out.pkl'
    for value in VALUES:
        path = dumped(value, protocol=protocol)
        pkl5('optimize', path, out)
        assert out.read_bytes() == pickletools.optimize(path.read_bytes())
    assert pkl5('optimize', path).stdout == out.read_bytes()


def test_optimize_all(pkl5):
    two = b'(lp0\nNa.' + b'(lp0\ng0\na.'
    assert pkl5('optimize', '-', stdin=two).stdout == b'(lNa.'
    assert pkl5('optimize', '--all', '-',
                stdin=two).stdout == b'(lNa.(lp0\ng0\na.'


def test_optimize_leaves_the_output_on_error(pkl5, tmp_path):
    out = tmp_path / 'out.pkl'
    out.write_bytes(b'as it was')
    pkl5('optimize', '-', out, stdin=b'N', code=1)
    assert out.read_bytes() == b'as it was'


def test_stat(pkl5, dumped):
    path = dumped({'big': 'x' * 100000, 'small': [1, 2]}, protocol=5)
    stat = json.loads(pkl5('stat', '--json', path).stdout)
    assert stat['pickle_bytes'] == path.stat().st_size
    assert sum(row['bytes'] for row in stat['opcodes']) == path.stat().st_size
    assert stat['paths'][1]['name'] == '$.big'
    table = pkl5('stat', path).stdout.decode()
    assert '$.big' in table and 'BINUNICODE' in table


def test_help_has_examples(pkl5):
    assert pkl5('--version').stdout.startswith(b'pkl5 ')
    assert b'Exit codes' in pkl5('--help').stdout
    for verb in ('load', 'dump', 'dis', 'verify', 'convert', 'optimize',
                 'stat'):
        shown = pkl5(verb, '--help').stdout.decode()
        assert 'Examples:\n' in shown and 'pkl5 ' + verb in shown
    pkl5(code=2)
    pkl5('fly', code=2)
    pkl5('load', code=2)
