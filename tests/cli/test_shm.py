"""pkl5 shm and pkl5 doctor."""
import json
import os
import pathlib
import pickle
import subprocess
import time

import pytest

SHM = pathlib.Path('/dev/shm')


def _listed(pkl5):
    lines = pkl5('shm', 'list', '--json').stdout.splitlines()
    return {segment['name']: segment for segment in map(json.loads, lines)}


@pytest.fixture
def persistent(pkl5, tmp_path):
    """The name of an object that `pkl5 dump` made."""
    name = 'pickle5-cli-%d' % os.getpid()
    source = tmp_path / 'in.bin'
    source.write_bytes(b'x' * 100000)
    pkl5('dump', '--raw', source, '-o', tmp_path / 'out.pkl',
         '--buffers', 'shm:' + name)
    yield name
    (SHM / name).unlink(missing_ok=True)


@pytest.fixture
def abandoned(persistent):
    """The name of an object whose owner is dead."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    name = 'pickle5-owned-%d-1-%x' % (child, os.getpid())
    (SHM / name).write_bytes((SHM / persistent).read_bytes())
    yield name
    (SHM / name).unlink(missing_ok=True)


@pytest.fixture
def owned(persistent):
    """The name of an object whose owner, this process, lives."""
    stat = pathlib.Path('/proc/self/stat').read_text()
    name = 'pickle5-owned-%d-%s-%x' % (
        os.getpid(), stat[stat.rindex(')'):].split()[20], os.getpid())
    (SHM / name).write_bytes((SHM / persistent).read_bytes())
    yield name
    (SHM / name).unlink(missing_ok=True)


def test_what_a_living_process_owns_stays(pkl5, owned):
    segment = _listed(pkl5)['/' + owned]
    assert segment['kind'] == 'owned' and segment['owner'] == os.getpid()
    for options in (['--dry-run'], []):
        assert owned not in pkl5('shm', 'clean', *options).stdout.decode()
    assert (SHM / owned).exists()


def test_list_tells_persistent_from_abandoned(pkl5, persistent, abandoned):
    listed = _listed(pkl5)
    assert listed['/' + persistent]['kind'] == 'persistent'
    assert listed['/' + persistent]['owner'] is None
    assert listed['/' + persistent]['bytes'] >= 100000
    assert listed['/' + abandoned]['kind'] == 'abandoned'
    table = pkl5('shm', 'list').stdout.decode()
    assert 'KIND' in table.splitlines()[0]
    assert '/' + persistent in table


def test_clean_removes_only_what_is_abandoned(pkl5, persistent, abandoned):
    shown = pkl5('shm', 'clean', '--dry-run').stdout.decode().split()
    assert '/' + abandoned in shown and '/' + persistent not in shown
    assert (SHM / abandoned).exists()
    removed = pkl5('shm', 'clean').stdout.decode().split()
    assert '/' + abandoned in removed
    assert not (SHM / abandoned).exists()
    assert (SHM / persistent).exists()


def test_rm(pkl5, persistent):
    pkl5('shm', 'rm', persistent)
    assert not (SHM / persistent).exists()
    assert b'No such file' in pkl5('shm', 'rm', persistent, code=4).stderr


def test_rm_leaves_what_is_not_ours(pkl5):
    other = SHM / ('other-program-%d' % os.getpid())
    other.write_bytes(b'something else')
    try:
        assert b'not shared memory that holds' in pkl5(
            'shm', 'rm', other.name, code=1).stderr
        assert other.exists()
    finally:
        other.unlink()


def test_shm_needs_a_verb(pkl5):
    pkl5('shm', code=2)


def test_killed_dump_leaves_nothing(executable, tmp_path):
    before = set(os.listdir(SHM))
    source = tmp_path / 'in.bin'
    source.write_bytes(b'x' * (64 << 20))
    for delay in range(8):
        name = 'pickle5-killed-%d-%d' % (os.getpid(), delay)
        with subprocess.Popen([executable, 'dump', '--raw', source, '-o',
                               tmp_path / 'out.pkl', '--buffers',
                               'shm:' + name]) as process:
            time.sleep(delay / 200)
            process.kill()
        # It is there as a whole, or not at all.
        if (SHM / name).exists():
            assert (SHM / name).stat().st_size > 64 << 20
            (SHM / name).unlink()
    left = {name for name in set(os.listdir(SHM)) - before
            if name.startswith('pickle5-killed-')}
    assert left == set()


def test_doctor(pkl5):
    found = json.loads(pkl5('doctor', '--json').stdout)
    assert found['transport'] in ('arena', 'memfd', 'named', 'stream')
    facts = {fact['name']: fact for fact in found['facts']}
    assert {'memfd', 'fd_passing', 'arena', 'broker', 'named', 'dev_shm',
            'huge_pages', 'cgroup_memory', 'seccomp'} <= set(facts)
    if facts['arena']['fine']:
        assert found['transport'] == 'arena'
    table = pkl5('doctor').stdout.decode()
    assert table.splitlines()[-1].endswith(found['transport'])
    for name in facts:
        assert name in table


def test_buffers_come_back_from_shared_memory(pkl5, persistent, tmp_path):
    shown = pkl5('load', '--format=json', tmp_path / 'out.pkl', '--buffers',
                 SHM / persistent)
    assert shown.stdout
    assert b'x' * 100000 not in (tmp_path / 'out.pkl').read_bytes()
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads((tmp_path / 'out.pkl').read_bytes())


def test_full_output(pkl5, persistent):
    with open('/dev/full', 'wb') as full:
        pkl5('doctor', code=4, stdout=full)
        pkl5('doctor', '--json', code=4, stdout=full)
        pkl5('shm', 'list', code=4, stdout=full)
