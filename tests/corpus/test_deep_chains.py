"""Every kind of object nested in itself by every one of its parts.

No way of looking at a loaded pickle may recurse on the stack.
"""
import pkl5_command
import pytest

_DEPTH = 200_000
# Of processor time: other tests run beside this one.
_SECONDS = 10
_CALL = b'cm\nf\n)R'  # m.f()


def _chains(n):
    """{name: a pickle with n levels}"""
    return {
        'list': b']' * n + b'a' * (n - 1) + b'.',
        'tuple': b')' + b'\x85' * n + b'.',
        'dict': b'}K\0' * n + b'N' + b's' * n + b'.',
        'tuple key': b'})' + b'\x85' * n + b'Ns.',
        'tuple in a set': b'\x8f()' + b'\x85' * n + b'\x90.',
        'equal tuple keys': b'})' + b'\x85' * n + b'q\0Nsh\0Ns.',
        'tuple shared at every level': b')' + b'2\x86' * n + b'.',
        'tuple key shared at every level': b'})' + b'2\x86' * n + b'Ns.',
        'frozenset': b'(' * n + b'\x91' * n + b'.',
        'callable': b'cm\nf\n' + b')R' * n + b'.',
        'class': b'cm\nf\n' + b')\x81' * n + b'.',
        'argument': b'cm\nf\n' * n + b')R' + b'\x85R' * (n - 1) + b'.',
        'argument of OBJ': b'(cm\nf\n' * n + b'o' * n + b'.',
        'argument of INST': b'(' * n + b'im\nf\n' * n + b'.',
        'keywords': b'cm\nf\n)}K\0' * n + b'N' + b's\x92' * n + b'.',
        'state': _CALL * n + b'b' * (n - 1) + b'.',
        'state of a name': b'cm\nf\n' * n + b'b' * (n - 1) + b'.',
        'state of an extension': b'\x82\1' * n + b'b' * (n - 1) + b'.',
        'state of a persistent id': b'NQ' * n + b'b' * (n - 1) + b'.',
        'list item': _CALL * n + b'a' * (n - 1) + b'.',
        'dict key': _CALL * n + b'Ns' * (n - 1) + b'.',
        'dict value': (_CALL + b'N') * (n - 1) + _CALL + b's' * (n - 1) + b'.',
        'set item': (_CALL + b'(') * (n - 1) + b'N' + b'\x90' * (n - 1) + b'.',
        'persistent id': b'N' + b'Q' * n + b'.',
        'dropped calls': _CALL + _CALL * n + b'0' * n + b'.',
        'many states': _CALL + b'Nb' * n + b'.',
    }


@pytest.fixture(scope='module')
def chains(tmp_path_factory):
    folder = tmp_path_factory.mktemp('chains')
    paths = {}
    for name, pickle in _chains(_DEPTH).items():
        paths[name] = str(folder / (name.replace(' ', '_') + '.pkl'))
        (folder / paths[name]).write_bytes(pickle)
    return paths


@pytest.mark.parametrize('command', [
    'load --format=tree', 'load --format=repr', 'load --format=repr --full',
    'load --format=json', 'verify', 'dis', 'stat',
    'convert --protocol 5', 'convert --protocol 0'])
def test_a_long_chain_is_no_trouble(chains, command, tmp_path):
    verb, *options = command.split()
    target = [str(tmp_path / 'out.pkl')] if verb == 'convert' else []
    costs = pkl5_command.measured([[verb, *options, path, *target]
                                   for path in chains.values()])
    faults = ['%s: wait status %d, %.1f s' % (name, cost['status'],
                                              cost['cpu_seconds'])
              for name, cost in zip(chains, costs)
              if cost['status'] != 0 or cost['cpu_seconds'] > _SECONDS]
    assert not faults, '\n'.join(faults)
