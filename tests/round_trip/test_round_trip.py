"""Every golden pickle written in every protocol."""
import json
import pathlib
import re
import subprocess

import corpora
import interpreters
import pkl5_command
import pytest
import reencoder

_HERE = pathlib.Path(__file__).resolve().parent
_READ = ('--encoding=latin1', '--placeholder-buffers', '--max-digits=1000000')
_PROTOCOLS = range(6)


@pytest.fixture(scope='module')
def golden():
    return corpora.golden()


@pytest.fixture(scope='module')
def written(golden, tmp_path_factory):
    """{(path, protocol): Reencoded}"""
    return reencoder.reencode(
        [(golden.path(row), protocol) for row in golden.rows
         for protocol in _PROTOCOLS], tmp_path_factory.mktemp('reencoded'))


@pytest.fixture(scope='module')
def trees(golden):
    loaded = pkl5_command.load([golden.path(row) for row in golden.rows],
                               *_READ)
    return {row['file']: loaded[golden.path(row)].tree for row in golden.rows}


def _report(faults):
    assert not faults, '%d pickles:\n%s' % (
        len(faults), '\n'.join('%s, protocol %d: %s' % fault
                               for fault in faults[:60]))


def _waits_for_buffers(row):
    # The files are read without their buffers, and only protocol 5 can say
    # that something is missing.
    return row['nbuffers'] > 0


def test_only_missing_buffers_cannot_be_written(golden, written):
    faults = []
    for row in golden.rows:
        for protocol in _PROTOCOLS:
            message = written[golden.path(row), protocol].message
            refused = protocol < 5 and _waits_for_buffers(row)
            if bool(message) != refused:
                faults.append((row['file'], protocol, message or 'written'))
    _report(faults)


def _loses_nan(protocol, tree):
    """Whether there is a NaN that the text "nan" is not."""
    return protocol == 0 and re.search(
        '"bits": "(fff[8-f]|7ff[8-f](?!0{12}))', tree)


def _has_opcodes(protocol, row, tree):
    """Whether all of a tree can be said in a protocol without stand-ins."""
    if _loses_nan(protocol, tree):
        return False
    lacking = {5: '', 4: 'bytearray|buffer',
               3: 'bytearray|buffer|set|frozenset|newobj_ex',
               2: 'bytearray|buffer|set|frozenset|newobj_ex|bytes'}
    lacking[0] = lacking[1] = lacking[2] + '|newobj'
    if lacking[protocol] and re.search('"t": "(%s)"' % lacking[protocol],
                                       tree):
        return False
    if '"module": ' not in tree:
        return True
    if protocol == 0 and re.search(r'\["(append|setitem)", ', tree):
        return False  # one opcode for each item
    if protocol < 4 and re.search(r'"name": "[^"]*\.', tree):
        return False
    # Names of Python 2 on one side, of Python 3 on the other.
    return (row['proto'] < 3) == (protocol < 3)


def test_trees_are_kept_where_the_protocol_has_the_opcodes(
        golden, written, trees):
    jobs = [(row, protocol) for row in golden.rows for protocol in _PROTOCOLS
            if written[golden.path(row), protocol].path and
            _has_opcodes(protocol, row, trees[row['file']])]
    assert len(jobs) > 3 * len(golden.rows)
    loaded = pkl5_command.load(
        [written[golden.path(row), protocol].path for row, protocol in jobs],
        '--strict', *_READ)
    faults = []
    for row, protocol in jobs:
        got = loaded[written[golden.path(row), protocol].path]
        if got.tree != trees[row['file']]:
            faults.append((row['file'], protocol, '%.300s\n  wanted %.300s' % (
                got.tree or got.error, trees[row['file']])))
    _report(faults)


def test_all_that_is_written_is_read_in_strict_mode(golden, written):
    outputs = [one.path for one in written.values() if one.path]
    loaded = pkl5_command.load(outputs, '--strict', *_READ)
    faults = [(path, protocol, loaded[one.path].error)
              for (path, protocol), one in written.items()
              if one.path and loaded[one.path].error]
    _report(faults)


@pytest.fixture(scope='module')
def pairs(golden, written, trees):
    """Lines of what is to load to the same."""
    return ''.join(
        '%s\t%s\n' % (golden.path(row), written[golden.path(row), i].path)
        for row in golden.rows for i in _PROTOCOLS
        if written[golden.path(row), i].path and
        not _loses_nan(i, trees[row['file']]))


def _compared_by_cpython(program, version, pairs):
    python = interpreters.find(version)
    if python is None:
        pytest.skip('NOT TESTED: no CPython %s here' % version)
    done = subprocess.run([python, str(_HERE / program)], input=pairs,
                          capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def _difference_report(found, written):
    jobs = {one.path: job for job, one in written.items()}
    _report([(*jobs[row['other']], row['difference']) for row in found])


@pytest.mark.parametrize(
    'version', interpreters.VERSIONS if corpora.everything() else
    sorted({interpreters.running(), interpreters.newest()}))
def test_cpython_loads_the_same_with_stand_ins(written, pairs, version):
    _difference_report(
        _compared_by_cpython('stand_ins.py', version, pairs), written)


def test_cpython_loads_equal_objects(written, pairs):
    *found, total = _compared_by_cpython(
        'real_objects.py', interpreters.running(), pairs)
    assert total['compared'] > 10_000
    _difference_report(found, written)


def _says_all(row):
    """Whether a pickle is of today's C pickler and tells all it takes to write
    it again.

    One of protocols 0 to 3 does not tell which calls of getattr were dotted
    names, that 3.13 memoizes less of; nor one of protocols 0 to 2 that a text
    of one letter was two objects, which it could be before 3.13.
    """
    if row['impl'] != 'c' or row['py'] in ('2.7', '3.6'):
        return False
    if row['py'] == '3.13':
        return row['proto'] > 3 or row['name'] not in ('nested_deep',
                                                       'nested_inst')
    return row['proto'] > 2 or row['name'] not in ('np_struct',
                                                   'np_struct_align')


def test_the_pickles_of_the_c_pickler_come_out_as_they_went_in(
        golden, written):
    faults = []
    for row in filter(_says_all, golden.rows):
        got = written[golden.path(row), row['proto']]
        if got.path is None:
            continue
        output = pathlib.Path(got.path).read_bytes()
        if output != golden.read(row):
            faults.append((row['file'], row['proto'], '%.200r\n  wanted %.200r'
                           % (output, golden.read(row))))
    _report(faults)
