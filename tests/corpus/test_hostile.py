"""Every hostile case in strict and in compat mode."""
import hashlib
import json
import pathlib

import corpora
import pkl5_command
import pytest

_HERE = pathlib.Path(__file__).resolve().parent
# The rule is 1 s. Machines that run many tests at once are given time, the
# slowest case is shown.
_SECONDS = 5.0
_MIB = 1 << 20


@pytest.fixture(scope='module')
def strict(hostile):
    return pkl5_command.load([hostile.path(row) for row in hostile.rows],
                             '--strict')


@pytest.fixture(scope='module')
def compat(hostile):
    return pkl5_command.load([hostile.path(row) for row in hostile.rows])


def _tree_fault(row, loaded):
    if 'pvm_sha256' not in row:
        return None
    if hashlib.sha256(loaded.tree.encode()).hexdigest() == row['pvm_sha256']:
        return None
    return 'tree %.300s, wanted %.300s' % (loaded.tree,
                                           json.dumps(row.get('pvm')))


def _strict_fault(row, loaded):
    expected = row['expected']
    if loaded.error is None:
        # error-or-limit without a code: nested persistent ids, which CPython
        # refuses for want of a persistent_load and which are data here.
        if expected.startswith('ok') or 'strict_code' not in row:
            return _tree_fault(row, loaded)
        return 'loaded, wanted %s@%d' % (row['strict_code'], row['strict_pos'])
    got = (loaded.error['code'], loaded.error['offset'])
    if expected.endswith('-or-limit') and got[0].startswith('L_'):
        return None
    if 'strict_code' not in row:
        return 'refused with %s@%d' % got
    if got == (row['strict_code'], row['strict_pos']):
        return None
    return '%s@%d, wanted %s@%d' % (*got, row['strict_code'],
                                    row['strict_pos'])


def _report(faults):
    assert not faults, '%d cases:\n%s' % (
        len(faults), '\n'.join('%s: %s' % fault for fault in faults[:100]))


def test_strict_gives_the_reference_outcome_code_and_offset(hostile, strict):
    faults = []
    for row in hostile.rows:
        fault = _strict_fault(row, strict[hostile.path(row)])
        if fault:
            faults.append((row['name'], fault))
    _report(faults)


def _exceptions():
    reasons = {}
    with open(_HERE / 'compat_exceptions.tsv', encoding='utf-8') as lines:
        for line in lines:
            if line.startswith('#'):
                continue
            name, reason = line.rstrip('\n').split('\t')
            assert name not in reasons and reason
            reasons[name] = reason
    return reasons


def test_compat_gives_the_outcome_of_cpython(hostile, compat):
    exceptions = _exceptions()
    faults = []
    for row in hostile.rows:
        wanted = row['cpython313']['outcome']
        listed = exceptions.pop(row['name'], None)
        if wanted not in ('ok', 'error'):  # not run there, or it hung
            if listed:
                faults.append((row['name'], 'listed, but CPython did not run'))
            continue
        error = compat[hostile.path(row)].error
        got = 'error' if error else 'ok'
        if got == wanted and listed:
            faults.append((row['name'], 'agrees with CPython: unlist it'))
        elif got != wanted and not listed:
            faults.append((row['name'], 'CPython %s %s: %s, here %s' % (
                wanted, row['cpython313'].get('exc', ''),
                row['cpython313'].get('msg', ''), error or 'ok')))
    faults += [(name, 'listed, but there is no such case')
               for name in exceptions]
    _report(faults)


def test_compat_trees_equal_strict_trees(hostile, strict, compat):
    faults = []
    for row in hostile.rows:
        one, other = (mode[hostile.path(row)].tree for mode in (strict, compat))
        # Whether compat mode loads it at all is another test's question.
        if one and other and one != other:
            faults.append((row['name'], '%.200s | %.200s' % (one, other)))
    _report(faults)


@pytest.mark.parametrize('options', [
    '--format=tree --strict', '--format=tree', '--format=repr',
    '--format=repr --full', '--format=json'])
def test_no_case_takes_much_time_or_memory(hostile, options):
    """Every case with limits of its own, one process each."""
    rows = [row for row in hostile.rows
            if 'limits' in row or row['size'] > 50_000]
    costs = pkl5_command.measured([
        ['load', *options.split(), hostile.path(row)] for row in rows])
    faults = []
    for row, cost in zip(rows, costs):
        allowed = 64 * _MIB + 256 * row['size']
        if cost['seconds'] > _SECONDS:
            faults.append((row['name'], '%.2f s' % cost['seconds']))
        elif cost['status'] & 0x7f:
            faults.append((row['name'], 'signal %d' % (cost['status'] & 0x7f)))
        if cost['peak_kib'] * 1024 > allowed and not corpora.sanitized():
            faults.append((row['name'], '%d KiB, allowed %d' % (
                cost['peak_kib'], allowed // 1024)))
    slowest = max(zip(costs, rows), key=lambda pair: pair[0]['seconds'])
    largest = max(zip(costs, rows), key=lambda pair: (
        pair[0]['peak_kib'] / (64 * 1024 + pair[1]['size'] / 4)))
    print('\n%s, %d cases: slowest %.2f s (%s), closest to its memory bound '
          '%d KiB (%s)%s' % (
              options, len(rows), slowest[0]['seconds'], slowest[1]['name'],
              largest[0]['peak_kib'], largest[1]['name'],
              ', memory not judged (sanitizers)' if corpora.sanitized()
              else ''))
    _report(faults)
