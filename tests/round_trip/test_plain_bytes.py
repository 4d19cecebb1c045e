"""Plain data: what CPython's pickler writes and what ours does, to the byte."""
import os
import pathlib
import subprocess

import corpora
import interpreters
import pkl5_command
import pytest
import reencoder

_HERE = pathlib.Path(__file__).resolve().parent


def _versions():
    if corpora.everything():
        return interpreters.VERSIONS
    return tuple(sorted({interpreters.running(), '3.13'}))


@pytest.fixture(scope='module', params=_versions())
def version(request):
    if interpreters.find(request.param) is None:
        pytest.skip('NOT TESTED: no CPython %s here' % request.param)
    return request.param


@pytest.fixture(scope='module')
def pickles(version, tmp_path_factory):
    """{name: [path of protocol 0, ... of protocol 5]} of one interpreter."""
    python = interpreters.find(version)
    folder = tmp_path_factory.mktemp('plain')
    subprocess.run([python, str(_HERE / 'plain_objects.py'), str(folder)],
                   check=True, timeout=300)
    names = sorted({path.stem for path in folder.iterdir()})
    return {name: [str(folder / ('%s.p%d' % (name, protocol)))
                   for protocol in range(6)] for name in names}


# In protocols 0 to 3 CPython 3.13 writes the class in a dotted name and the
# arguments of getattr without memoizing them. Once read, such a call is one
# like any other, and those are memoized. Before 3.13 it memoized them, too.
_DOTTED = ('dotted_names', 'nested_class', 'nested_classes')
# In protocols 2 and 3 a class with keywords is written by its __new__, and
# which class that belongs to is not said by newer protocols.
_KEYWORDS = ('newobj_ex', 'newobj_ex_state')
# Before 3.13 the text of one letter that bytes are lowered to could be another
# object than that text elsewhere; since then, and here, there is only one.
_LETTERS = ('one_letter_texts',)


def _before_3_13(version):
    return int(version.split('.')[1]) < 13


def _read_says_it(name, protocol, version):
    """Whether a pickle has all that it takes to write it again."""
    if name in _LETTERS and _before_3_13(version):
        return protocol > 2
    return protocol > 3 or name not in _DOTTED + _KEYWORDS


def _newest_says_it(name, protocol, version):
    """Whether protocol 5 has all that it takes to write an older one."""
    if name in _KEYWORDS:
        return protocol not in (2, 3)
    if name in _DOTTED + _LETTERS and _before_3_13(version):
        return protocol > 3
    return True


def _shown(path, at):
    return pathlib.Path(path).read_bytes()[max(0, at - 20):at + 40]


def _difference(wanted, got):
    """None if two files are the same, else a sentence."""
    if got.path is None:
        return got.message
    a, b = (pathlib.Path(path).read_bytes() for path in (wanted, got.path))
    if a == b:
        return None
    at = next((i for i, pair in enumerate(zip(a, b)) if pair[0] != pair[1]),
              min(len(a), len(b)))
    return '%d bytes, %d bytes, differ at %d:\n  wanted %r\n  got    %r' % (
        len(a), len(b), at, _shown(wanted, at), _shown(got.path, at))


def _compare(jobs, tmp_path):
    """jobs: (name, path to load, protocol, path of the bytes wanted)."""
    done = reencoder.reencode([job[1:3] for job in jobs], tmp_path)
    faults = []
    for name, path, protocol, wanted in jobs:
        fault = _difference(wanted, done[path, protocol])
        if fault:
            faults.append('%s, protocol %d: %s' % (name, protocol, fault))
    assert not faults, '%d pickles:\n%s' % (len(faults),
                                            '\n'.join(faults[:40]))


def test_dump_of_what_was_loaded_gives_the_same_bytes(
        pickles, version, tmp_path):
    _compare([(name, path, protocol, path)
              for name, paths in pickles.items()
              for protocol, path in enumerate(paths)
              if _read_says_it(name, protocol, version)], tmp_path)


def test_protocol_5_dumped_in_each_protocol_gives_cpythons_bytes(
        pickles, version, tmp_path):
    _compare([(name, paths[5], protocol, wanted)
              for name, paths in pickles.items()
              for protocol, wanted in enumerate(paths)
              if _newest_says_it(name, protocol, version)], tmp_path)


def test_cpython_loads_the_same_from_each_protocol(pickles, version, tmp_path):
    done = reencoder.reencode([(paths[5], protocol)
                               for paths in pickles.values()
                               if os.path.getsize(paths[5]) < 20_000
                               for protocol in range(6)], tmp_path)
    found = subprocess.run(
        [interpreters.find(version), str(_HERE / 'stand_ins.py')],
        input=''.join('%s\t%s\n' % (path, one.path)
                      for (path, _), one in done.items()),
        capture_output=True, text=True, check=True, timeout=600).stdout
    assert not found, found[:5000]


def test_convert_gives_the_same_bytes(pickles, tmp_path):
    """The command itself, a few objects only: a process each."""
    for name in ('records', 'identical', 'memo_300', 'recursive_tuples',
                 'sized_list_70000', 'bytearray_len_65536'):
        for protocol, wanted in enumerate(pickles[name]):
            target = str(tmp_path / ('%s.p%d' % (name, protocol)))
            done = pkl5_command.run('convert', pickles[name][5], target,
                                    '--protocol', str(protocol))
            assert done.returncode == 0, done.stderr
            fault = _difference(wanted, reencoder.Reencoded(target, ''))
            assert fault is None, '%s, protocol %d: %s' % (name, protocol,
                                                           fault)
