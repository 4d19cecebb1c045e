"""Every pickle of the golden corpus: its tree and its opcodes."""
import hashlib
import json

import pkl5_command
import pytest

_READ = ('--encoding=latin1', '--placeholder-buffers', '--max-digits=1000000')


@pytest.fixture(scope='module')
def loaded(golden):
    paths = [golden.path(row) for row in golden.rows]
    return pkl5_command.load(paths, *_READ)


def _report(faults):
    assert not faults, '%d files:\n%s' % (
        len(faults), '\n'.join('%s: %s' % fault for fault in faults[:60]))


def test_archive_is_what_its_manifest_says(golden):
    for row in golden.rows:
        assert len(golden.read(row)) == row['size']


def test_trees_are_the_reference_trees(golden, loaded):
    faults = []
    for row in golden.rows:
        got = loaded[golden.path(row)]
        if got.error:
            faults.append((row['file'], got.error))
        elif (hashlib.sha256(got.tree.encode()).hexdigest() !=
              row['pvm_sha256']):
            faults.append((row['file'], '%.300s\n  wanted %.300s' % (
                got.tree, json.dumps(row.get('pvm')))))
    _report(faults)


def test_strict_mode_accepts_every_genuine_pickle(golden, loaded):
    paths = [golden.path(row) for row in golden.rows]
    strict = pkl5_command.load(paths, '--strict', *_READ)
    _report([(row['file'], strict[golden.path(row)].error)
             for row in golden.rows
             if strict[golden.path(row)] != loaded[golden.path(row)]])


def _memo_size(listing):
    stored = set()
    for line in listing:
        if line.opcode == 'MEMOIZE':
            stored.add(len(stored))
        elif line.opcode in ('PUT', 'BINPUT', 'LONG_BINPUT'):
            stored.add(int(line.arg))
    return len(stored)


def test_dis_lists_the_opcodes_of_every_file(golden):
    listings = pkl5_command.dis([golden.path(row) for row in golden.rows])
    faults = []
    for row in golden.rows:
        listing = listings[golden.path(row)]
        opcodes = [line.opcode for line in listing]
        digest = hashlib.sha256('\n'.join(opcodes).encode()).hexdigest()
        if len(opcodes) != row['nops'] or digest != row['ops_sha256']:
            faults.append((row['file'], '%.300s' % opcodes))
        elif _memo_size(listing) != row['memo_size']:
            faults.append((row['file'], 'memo of %d, wanted %d' % (
                _memo_size(listing), row['memo_size'])))
        elif opcodes.count('NEXT_BUFFER') != row['nbuffers']:
            faults.append((row['file'], 'buffers'))
        elif listing[-1].pos != row['size'] - 1:
            faults.append((row['file'], 'STOP at %d' % listing[-1].pos))
    _report(faults)
