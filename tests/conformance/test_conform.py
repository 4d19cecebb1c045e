"""The runner, with implementations that answer wrongly."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

_HERE = pathlib.Path(__file__).resolve().parent
_CPYTHON = [sys.executable, '-W', 'ignore',
            str(_HERE / 'adapters' / 'cpython.py')]
_READ_WITH = '--read-with=' + ' '.join([*_CPYTHON, '--plain'])
_ONE = {'t': 'int', 'v': '1'}

# Answers each question with its first argument.
_PARROT = 'import sys\nfor _ in sys.stdin: print(sys.argv[1], flush=True)'


def _pkl5():
    path = os.environ.get('PKL5') or str(
        _HERE.parents[1] / 'build' / 'bin' / 'pkl5')
    assert os.access(path, os.X_OK), 'no pkl5 at %s: set PKL5' % path
    return path


def _conform(command, *options):
    return subprocess.run([_pkl5(), 'conform', *options, '--', *command],
                          capture_output=True, text=True, timeout=300)


@pytest.fixture
def cases(tmp_path):
    def write(*rows):
        path = tmp_path / 'cases.jsonl'
        path.write_text('\n'.join(json.dumps(row) for row in rows))
        return '--cases=%s' % path
    return write


def _case(level='required', **wanted):
    return {'level': level, 'name': 'one', 'hex': '4b012e', **wanted}


def _answered(cases, case, answer, *options):
    if not isinstance(answer, str):
        answer = json.dumps(answer)
    return _conform([sys.executable, '-c', _PARROT, answer], cases(case),
                    *options)


def test_cpython_passes_all_that_is_required_of_readers_and_writers():
    for level in ('required', 'write'):
        done = _conform(_CPYTHON, '--level', level, _READ_WITH)
        assert done.returncode == 0, done.stdout[-2000:]
        assert ', 0 failed, 0 skipped' in done.stdout


@pytest.mark.parametrize('answer,passes', [
    ({'tree': _ONE}, True),
    ({'tree': {'t': 'number', 'v': '1'}}, True),
    ({'tree': {'t': 'int', 'v': '2'}}, False),
    ({'tree': {'t': 'float', 'v': '1'}}, False),
    ({'accepted': True}, False),
    ({'error': 'malformed'}, False),
    ('no json', False),
    ('', False),
])
def test_a_tree_is_compared(cases, answer, passes):
    done = _answered(cases, _case(tree=_ONE), answer)
    assert (done.returncode == 0) == passes, done.stdout


def _float(bits):
    return {'t': 'float', 'bits': bits}


def _items(kind, *items):
    return {'t': kind, 'items': list(items)}


def _steps(*steps):
    return {'t': 'reduce', 'func': {'t': 'none'}, 'args': _items('tuple'),
            'post': list(steps)}


_TWO = {'t': 'int', 'v': '2'}
_HALF = _float('3fe0000000000000')
_NAN = _float('7ff8000000000000')


@pytest.mark.parametrize('wanted,given,passes', [
    (_HALF, {'t': 'number', 'v': '0.5'}, True),
    (_HALF, {'t': 'number', 'v': '0.25'}, False),
    (_NAN, {'t': 'number', 'v': 'nan'}, True),
    (_NAN, {'t': 'number', 'v': '1'}, False),
    (_NAN, _float('fff8000000000001'), True),
    (_NAN, _HALF, False),
    ({'t': 'str', 'v': '1'}, {'t': 'number', 'v': '1'}, False),
    (_items('list', _ONE), _items('array', _ONE), True),
    (_items('tuple', _ONE), _items('array', _ONE), True),
    (_items('set', _ONE), _items('array', _ONE), False),
    (_items('list', _ONE), _items('array', _TWO), False),
    (_items('list', _ONE), _items('list', _ONE, _ONE), False),
    (_items('list', _ONE), {'t': 'list', 'items': 1}, False),
    (_items('list', _ONE), {'t': 'list'}, False),
    (_items('list', _ONE), {'t': 'list', 'other': [_ONE]}, False),
    (_items('list', _ONE), _items('list', 1), False),
    (_items('set', _ONE, _TWO), _items('set', _TWO, _ONE), True),
    (_items('frozenset', _ONE, _TWO), _items('frozenset', _TWO, _ONE), True),
    (_items('set', _ONE, _TWO), _items('set', _ONE, _ONE), False),
    ({'t': 'set', 'items': 1}, {'t': 'set', 'items': 1}, True),
    ({'t': 'dict'}, {'t': 'dict'}, True),
    (_items('list', _ONE), _items('list', {'t': 'ref', 'id': 7}), False),
    (_steps(['append', [_ONE]], ['append', [_TWO]]),
     _steps(['append', [_ONE, _TWO]]), True),
    (_steps(['append', [_ONE]], ['setitem', [[_ONE, _TWO]]]),
     _steps(['append', [_ONE]], ['setitem', [[_ONE, _TWO]]]), True),
    (_steps(['append', [_ONE]], ['state', _TWO]),
     _steps(['append', [_ONE, _TWO]]), False),
    (_steps(['append', [_TWO, _ONE]]),
     _steps(['append', [_ONE]], ['append', [_TWO]]), False),
    ({**_steps(), 'post': 1}, {**_steps(), 'post': 2}, False),
])
def test_trees_match(cases, wanted, given, passes):
    done = _answered(cases, _case(tree=wanted), {'tree': given})
    assert (done.returncode == 0) == passes, done.stdout


def test_the_depths_of_a_large_tree_are_compared_by_acceptance(cases):
    def nested(depth, inner):
        for _ in range(depth):
            inner = _items('list', inner)
        return inner
    for depth, code in ((100, 1), (300, 0)):
        done = _answered(cases, _case(tree=nested(depth, _ONE)),
                         {'tree': nested(depth, _TWO)})
        assert done.returncode == code, depth
    for size, code in ((1000, 1), (25000, 0)):
        ones = [1] * size
        done = _answered(cases, _case(tree=_items('list', *ones, _ONE)),
                         {'tree': _items('list', *ones, _TWO)})
        assert done.returncode == code, size


def test_order_of_a_dict_and_missing_ids_do_not_matter(cases):
    pairs = [[_ONE, {'t': 'none'}], [{'t': 'int', 'v': '2'}, _ONE]]
    wanted = {'t': 'dict', 'id': 0, 'items': pairs}
    given = {'t': 'dict', 'items': pairs[::-1]}
    assert _answered(cases, _case(tree=wanted), {'tree': given}).returncode == 0
    done = _answered(cases, _case(tree=wanted, identity=True), {'tree': given})
    assert done.returncode == 1


def test_what_is_shared_may_be_written_out_unless_identity_is_asked(cases):
    inner = {'t': 'list', 'items': [_ONE]}
    wanted = {'t': 'list', 'id': 0,
              'items': [{**inner, 'id': 1}, {'t': 'ref', 'id': 1}]}
    given = {'tree': {'t': 'list', 'items': [inner, inner]}}
    assert _answered(cases, _case(tree=wanted), given).returncode == 0
    assert _answered(cases, _case(tree=wanted, identity=True),
                     given).returncode == 1


def test_the_class_of_an_error_matters_in_strict_mode_only(cases):
    for level, code in (('required', 0), ('strict', 1)):
        done = _answered(cases, _case(level, error='truncated'),
                         {'error': 'malformed'})
        assert done.returncode == code
    done = _answered(cases, _case('required', error='malformed'),
                     {'tree': _ONE})
    assert done.returncode == 1 and 'accepted what is malformed' in done.stdout


def test_what_is_written_is_read_back(cases):
    case = _case('write', tree=_ONE)
    assert _answered(cases, case, {'pickle': '4b012e'}).returncode == 0
    assert _answered(cases, case, {'pickle': '4b022e'}).returncode == 1
    assert _answered(cases, case, {'pickle': '4B012E'}).returncode == 0
    assert _answered(cases, case, {'pickle': '4b'}).returncode == 1


@pytest.mark.parametrize('written', ['4b012', '4b012e2', '4b012g', '4b 1 2e',
                                     '-', '0x4b012e'])
def test_what_is_written_are_hexadecimal_digits(cases, written):
    done = _answered(cases, _case('write', tree=_ONE), {'pickle': written})
    assert done.returncode == 1
    assert 'wrote no hexadecimal bytes: ' + written in done.stdout


@pytest.mark.parametrize('answer', [
    {'pickle': 5}, {'pickle': None}, {'pickle': ['4b012e']},
    {'error': 5, 'message': 'm'}, {'error': 'malformed', 'message': [1]}])
def test_members_that_are_no_text(cases, answer):
    done = _answered(cases, _case('write', tree=_ONE), answer)
    assert done.returncode == 1 and '0 passed, 6 failed' in done.stdout


def test_what_is_written_is_read_with_cpython(cases):
    case = _case('write', tree=_ONE)
    for written, passes in (('4b012e', True), ('4b022e', False), ('4b', False)):
        done = _answered(cases, case, {'pickle': written}, _READ_WITH)
        assert (done.returncode == 0) == passes, done.stdout


_LATIN1 = {'t': 'bytes', 'len': 3, 'hex': '61e97f'}


@pytest.mark.parametrize('written,wanted,passes', [
    (b'c_codecs\nencode\n(Va\\u00e9\x7f\nVlatin1\ntR.', _LATIN1, True),
    (b'c__builtin__\nbytearray\n(Va\\u00e9\x7f\nVlatin-1\ntR.', _LATIN1,
     True),
    (b'c__builtin__\nbytes\n)R.', {'t': 'bytes', 'len': 0, 'hex': ''}, True),
    (b'c_codecs\nencode\n(Va\ntR.', {'t': 'bytes', 'len': 1, 'hex': '61'},
     False),
    (b'c_codecs\ndecode\n(Va\nVlatin1\ntR.',
     {'t': 'bytes', 'len': 1, 'hex': '61'}, False),
    (b'c_codecs\nencode\n(]Vlatin1\ntR.',
     {'t': 'bytes', 'len': 1, 'hex': '61'}, False),
    (b'c__builtin__\nbytes\n(K\x01tR.', {'t': 'bytes', 'len': 0, 'hex': ''},
     False),
])
def test_calls_that_stand_for_bytes(cases, written, wanted, passes):
    done = _answered(cases, _case('write', tree=wanted),
                     {'pickle': written.hex()})
    assert (done.returncode == 0) == passes, done.stdout


@pytest.mark.parametrize('answer,fault', [
    ({'tree': _ONE}, ''),
    ({'tree': _TWO}, 'wrote what is read as another object: 4b012e'),
    ({'error': 'malformed', 'message': 'I will not'}, 'I will not'),
    ('no json', 'does not load: no json'),
    (None, 'the other reader ended without an answer'),
])
def test_what_the_other_reader_says_is_told(cases, tmp_path, answer, fault):
    text = answer if isinstance(answer, str) else json.dumps(answer)
    program = tmp_path / 'reader.py'
    program.write_text('' if answer is None else
                       'import sys\nfor _ in sys.stdin: print(%r, flush=True)'
                       % text)
    done = _answered(cases, _case('write', tree=_ONE), {'pickle': '4b012e'},
                     '--read-with=%s %s' % (sys.executable, program))
    assert done.returncode == bool(fault) and fault in done.stdout, done.stdout


def test_what_only_the_other_reader_refuses_fails(cases, tmp_path):
    program = tmp_path / 'unwilling.py'
    program.write_text("import sys\n"
                       "for _ in sys.stdin: print('{}', flush=True)")
    done = _answered(cases, _case('write', tree=_ONE), {'pickle': '4b012e'},
                     '--read-with=%s %s' % (sys.executable, program))
    assert done.returncode == 1 and 'other reader' in done.stdout


def test_expected_failures_must_match_both_ways(cases, tmp_path):
    listed = tmp_path / 'expected.txt'
    listed.write_text('required/one  # because\n')
    option = '--expected-failures=%s' % listed
    failing, passing = {'error': 'malformed'}, {'tree': _ONE}
    case = _case(tree=_ONE)
    assert _answered(cases, case, failing, option).returncode == 0
    done = _answered(cases, case, passing, option)
    assert done.returncode == 1 and 'did not fail' in done.stdout


def test_an_implementation_that_dies_fails_that_case_only(cases):
    rows = [dict(_case(tree=_ONE), name=str(i)) for i in range(3)]
    program = ('import sys\nfor line in sys.stdin: print(%r, flush=True); '
               'sys.exit(1)' % json.dumps({'tree': _ONE}))
    done = _conform([sys.executable, '-c', program], cases(*rows),
                    '--format=json')
    levels = json.loads(done.stdout)['levels']
    assert levels['required']['passed'] >= 1
    assert sum(levels['required'].values()) == 3
    assert json.loads(done.stdout)['as_expected'] == (done.returncode == 0)


def test_markdown_has_a_column_a_level(cases):
    done = _answered(cases, _case(tree=_ONE), {'skip': 'cannot'},
                     '--format=markdown', '--name=nobody')
    assert done.stdout.splitlines() == [
        '| | required | compat | strict | write |', '|---|---|---|---|---|',
        '| nobody | 0 of 0, 1 - | 0 of 0 | 0 of 0 | 0 of 0 |']


@pytest.mark.parametrize('row', [
    'no json', '[]', '1', '{}',
    '{"name": "one", "hex": "4e2e"}', '{"level": "required", "hex": "4e2e"}',
    '{"level": "required", "name": 1, "hex": "4e2e"}',
    '{"level": "required", "name": "one"}',
    '{"level": "required", "name": "one", "hex": 4}',
])
def test_a_row_that_is_no_case_is_told_by_its_line(tmp_path, row):
    path = tmp_path / 'cases.jsonl'
    path.write_text('%s\n\n%s\n' % (json.dumps(_case(tree=_ONE)), row))
    done = _conform(['true'], '--cases=%s' % path)
    assert done.returncode not in (0, 4) and 'line 3' in done.stderr


def test_files_that_are_not_there_are_named(cases, tmp_path):
    missing = str(tmp_path / 'missing')
    for option in ('--cases=', '--expected-failures='):
        options = [] if option == '--cases=' else [cases(_case(tree=_ONE))]
        done = _conform(['true'], *options, option + missing)
        assert done.returncode == 4 and missing in done.stderr, option


def test_an_error_without_a_class_is_told_as_it_is(cases):
    done = _answered(cases, _case('strict', error='truncated'), {'error': 1})
    assert done.returncode == 1
    done = _answered(cases, _case('strict', error='truncated'),
                     {'error': 'truncated'})
    assert done.returncode == 0


def test_a_program_that_is_not_there_is_an_error_of_its_own(cases):
    done = _conform(['/no/such/program'], cases(_case(tree=_ONE)))
    assert done.returncode not in (0, 1) and '/no/such/program' in done.stderr


def test_lines_that_are_no_cases_are_named(tmp_path):
    path = tmp_path / 'cases.jsonl'
    path.write_text('{"level": "required"}\n')
    done = _conform(['true'], '--cases=%s' % path)
    assert done.returncode == 1 and 'line 1' in done.stderr
