"""The verdicts of pkl5 scan over both corpora."""
import json
import subprocess

import pkl5_command
import pytest

# The classes that the golden pickles were made with.
_OWN = ('BytesSub DC DictSub FalseState FrozenDC GetState HashCycle IntSub '
        'ListSub MyError2 NewArgs Node Num OldStyleInitArgs Outer Outer.Inner '
        'Outer.Inner.Deep Perm Plain Point REDUCE_STR ReduceList ReduceSetter '
        'SlotDC func set_state Kl\xe4sse').split()


def _scan(paths, *options):
    verdicts = {}
    for start in range(0, len(paths), 500):
        part = [str(path) for path in paths[start:start + 500]]
        done = subprocess.run(
            [pkl5_command.executable(), 'scan', '--json', *options, *part],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
        assert not done.stderr, done.stderr
        for line in done.stdout.splitlines():
            report = json.loads(line)
            verdicts[report['file']] = report
    assert len(verdicts) == len(paths)
    return verdicts


def _names(report):
    return [name for member in report['members'] for name in member['names']
            if name['verdict'] != 'safe']


def test_hostile_verdicts(hostile):
    rows = [row for row in hostile.rows if row.get('scan')]
    assert len(rows) > 100
    reports = _scan([hostile.path(row) for row in rows])
    right = {'dangerous': ('dangerous', 'malformed'), 'safe': ('safe',),
             'suspicious': ('unknown', 'malformed', 'dangerous')}
    wrong = [(row['name'], reports[str(hostile.path(row))]['verdict'])
             for row in rows
             if reports[str(hostile.path(row))]['verdict']
             not in right[row['scan']]]
    assert not wrong


def test_every_hostile_case_has_a_verdict(hostile):
    for report in _scan([hostile.path(row) for row in hostile.rows]).values():
        assert report['verdict'] in ('safe', 'unknown', 'unscanned',
                                     'malformed', 'dangerous')


@pytest.fixture(scope='module')
def own_classes(tmp_path_factory):
    path = tmp_path_factory.mktemp('scan') / 'own.txt'
    path.write_text('\n'.join(f'golden_types.{name}' for name in _OWN),
                    encoding='utf-8')
    return path


# What is not known of a genuine pickle, and why that is right.
_UNKNOWN = ('cloudpickle.', 'the result of cloudpickle.',  # code in the pickle
            'builtins.getattr', 'the result of builtins.getattr',  # methods
            'the result of __builtin__.getattr',
            'extension code')  # the registry has the name


def test_no_golden_file_is_dangerous(golden, own_classes):
    paths = [golden.path(row) for row in golden.rows if 'file' in row]
    reports = _scan(paths, '--allow', str(own_classes))
    for path, report in reports.items():
        assert report['verdict'] in ('safe', 'unknown'), (path, report)
        for name in _names(report):
            assert name['name'].startswith(_UNKNOWN), (path, name)
