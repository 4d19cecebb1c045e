"""System calls that go wrong under a writer: an error, the old file intact."""
import errno
import os
import pathlib
import pickle
import resource
import shutil
import subprocess

import pytest

# Several writes of the 256 KiB buffer, and payloads past it.
OLD = ['old', b'o' * 9000]
NEW = {'bytes': [bytes([i]) * 70000 for i in range(12)],
       'ints': list(range(60000)), 'array': bytearray(300000)}


@pytest.fixture(scope='module')
def shim(tmp_path_factory):
    """The library that makes calls fail."""
    compiler = shutil.which('cc') or shutil.which('gcc')
    assert compiler, 'no C compiler'
    out = tmp_path_factory.mktemp('shim') / 'fault_shim.so'
    source = pathlib.Path(__file__).with_name('fault_shim.c')
    subprocess.run([compiler, '-O1', '-shared', '-fPIC', source, '-o', out],
                   check=True)
    return out


@pytest.fixture
def files(pkl5, tmp_path):
    """An old archive alone in its folder, and the pickle of a new object."""
    folder = tmp_path / 'folder'
    folder.mkdir()
    (tmp_path / 'old.pkl').write_bytes(pickle.dumps(OLD, 5))
    (tmp_path / 'new.pkl').write_bytes(pickle.dumps(NEW, 5))
    archive = folder / 'a.pkl5'
    pkl5('archive', tmp_path / 'old.pkl', archive)
    return archive, tmp_path / 'new.pkl'


def run(executable, shim, log, arguments, stdout=subprocess.PIPE, **faults):
    """The exit code, and how many faults there were."""
    log.write_bytes(b'')
    env = dict(os.environ, LD_PRELOAD=str(shim), FAULT_LOG=str(log),
               **{name: str(value) for name, value in faults.items()})
    done = subprocess.run([executable, *map(str, arguments)],
                          stdout=stdout, stderr=subprocess.PIPE, timeout=60,
                          env=env)
    assert done.returncode in (0, 1, 3, 4), (done.returncode, done.stderr)
    assert done.returncode == 0 or b'pkl5: ' in done.stderr
    return done.returncode, len(log.read_bytes())


@pytest.mark.skipif('asan' in os.environ.get('PKL5', ''),
                    reason='the sanitizer must be loaded first')
@pytest.mark.parametrize('append', [False, True])
def test_each_call_fails_once(pkl5, executable, shim, files, tmp_path, append):
    archive, new = files
    old = archive.read_bytes()
    log = tmp_path / 'log'
    command = ['archive', *['--append'][:append], new, archive]
    injected = 0
    for call, errors in (('write', (errno.EIO, errno.ENOSPC, errno.EDQUOT)),
                         ('sync', (errno.EIO, errno.ENOSPC)),
                         ('link', (errno.EIO, errno.EACCES))):
        for number in errors:
            for at in range(1, 200):
                archive.write_bytes(old)
                code, faults = run(executable, shim, log, command,
                                   FAULT_CALL=call, FAULT_KIND=number,
                                   FAULT_AT=at)
                if not faults:
                    break
                injected += faults
                if code == 0:
                    # A link that fails has another way to go.
                    assert call == 'link'
                elif archive.read_bytes() != old:
                    # Only the directory was not synced.
                    assert call == 'sync' and not append
                    pkl5('verify', archive)
                assert os.listdir(archive.parent) == ['a.pkl5']
    assert injected > (20 if append else 25)
    print('injected: %d failed calls, append=%s' % (injected, append))


@pytest.mark.skipif('asan' in os.environ.get('PKL5', ''),
                    reason='the sanitizer must be loaded first')
@pytest.mark.parametrize('append', [False, True])
@pytest.mark.parametrize('kind', ['short', errno.EINTR])
@pytest.mark.parametrize('call', ['write', 'read'])
def test_short_and_interrupted_calls_go_on(pkl5, executable, shim, files,
                                           tmp_path, append, kind, call):
    archive, new = files
    old = archive.read_bytes()
    command = ['archive', *['--append'][:append], new, archive]
    pkl5(*command)
    whole = archive.read_bytes()
    injected = 0
    for every in (2, 3, 5):
        archive.write_bytes(old)
        code, faults = run(executable, shim, tmp_path / 'log', command,
                           FAULT_CALL=call, FAULT_KIND=kind, FAULT_AT=every,
                           FAULT_EVERY=1)
        assert code == 0
        injected += faults
        assert archive.read_bytes() == whole
    assert injected > 0 or (call == 'read' and not append)
    print('injected: %d of %s on %s' % (injected, kind, call))


def _verbs(folder):
    """Commands over the files of a folder, and what they write; None: stdout."""
    new, archive, out = (folder / name for name in ('new.pkl', 'a.pkl5', 'out'))
    return {
        'load': (['load', '--format=json', new], None),
        'load an archive': (['load', '--format=repr', archive], None),
        'dis': (['dis', new], None),
        'verify': (['verify', new], None),
        'verify an archive': (['verify', archive], None),
        'scan': (['scan', new], None),
        'stat': (['stat', new], None),
        'convert': (['convert', '--protocol=2', new, out], out),
        'optimize': (['optimize', new, '-o', out], out),
        'archive': (['archive', new, out], out),
        'extract': (['extract', archive, '--path', "$['array']", '-o', out],
                    out),
        'dump': (['dump', folder / 'new.json', '-o', out], out),
    }


# What the default run has time for.
_QUICK = ('convert', 'dump', 'extract', 'load an archive', 'verify')


@pytest.mark.skipif('asan' in os.environ.get('PKL5', ''),
                    reason='the sanitizer must be loaded first')
@pytest.mark.parametrize('verb', [
    verb if verb in _QUICK else pytest.param(verb, marks=pytest.mark.long)
    for verb in sorted(_verbs(pathlib.Path()))])
def test_each_call_of_each_verb(executable, pkl5, shim, tmp_path, verb):
    folder = tmp_path / 'folder'
    folder.mkdir()
    (folder / 'new.pkl').write_bytes(pickle.dumps(NEW, 5))
    (folder / 'new.json').write_text('{"a": [1, 2.5, "text"]}')
    pkl5('archive', folder / 'new.pkl', folder / 'a.pkl5')
    command, out = _verbs(folder)[verb]
    written = out or tmp_path / 'stdout'
    names = sorted(os.listdir(folder))

    def once(**faults):
        """The exit code, the faults, what was written; the folder is clean."""
        written.write_bytes(b'old')
        with open(os.devnull if out else written, 'wb') as stdout:
            code, count = run(executable, shim, tmp_path / 'log', command,
                              stdout, **faults)
        made = written.read_bytes()
        if out:
            out.unlink()
        assert sorted(os.listdir(folder)) == names
        return code, count, made

    code, _, whole = once()
    assert code == 0
    injected = 0
    for call, kinds in (
            ('open', (errno.EIO, errno.EMFILE, errno.EACCES)),
            ('stat', (errno.EIO,)), ('map', (errno.ENOMEM, errno.EIO)),
            ('read', (errno.EIO, errno.EINTR, 'short')),
            ('write', (errno.ENOSPC, errno.EIO, errno.EINTR, 'short')),
            ('sync', (errno.EIO, errno.EINTR)),
            ('link', (errno.EIO, errno.ENOSPC))):
        for kind in kinds:
            for at in range(1, 100):
                code, faults, made = once(FAULT_CALL=call, FAULT_KIND=kind,
                                          FAULT_AT=at)
                if not faults:
                    break
                injected += 1
                where = (call, kind, at)
                if code == 0:
                    assert made == whole, where
                else:
                    assert kind not in ('short', errno.EINTR), where
                    assert code in (3, 4), where
                    assert not out or made in (b'old', whole), where
    assert injected > 4
    print('injected: %d failed calls of %s' % (injected, verb))


@pytest.mark.parametrize('append', [False, True])
def test_file_size_limit(executable, pkl5, files, append):
    archive, new = files
    old = archive.read_bytes()
    command = [executable, 'archive', *['--append'][:append], str(new),
               str(archive)]
    pkl5('archive', new, archive.parent / 'whole')
    whole = (archive.parent / 'whole').stat().st_size
    (archive.parent / 'whole').unlink()
    sizes = list(range(len(old) + 1, whole, whole // 40))
    for size in sizes:
        done = subprocess.run(
            command, capture_output=True, timeout=60,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                  (size, size)))
        assert done.returncode in (4, -25), done
        if done.returncode == 4 or not append:
            assert archive.read_bytes() == old
        if done.returncode == 4:
            pkl5('verify', archive)
        archive.write_bytes(old)
        assert os.listdir(archive.parent) == ['a.pkl5']
    print('injected: %d full disks by RLIMIT_FSIZE' % len(sizes))


def test_full_tmpfs(pkl5, executable, files, tmp_path):
    folder = tmp_path / 'tiny'
    folder.mkdir()
    mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'none',
                              str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip('no tmpfs can be mounted here')
    try:
        old_archive, new = files
        archive = folder / 'a.pkl5'
        old = old_archive.read_bytes()
        filler = folder / 'filler'
        faults = 0
        for free in range(16, 1000, 64):
            filler.write_bytes(b'')
            archive.write_bytes(old)
            filler.write_bytes(bytes((1008 - free) * 1024 - len(old)))
            for append in ([], ['--append']):
                done = pkl5('archive', *append, new, archive, code=4)
                assert b'No space left' in done.stderr
                assert archive.read_bytes() == old
                assert sorted(os.listdir(folder)) == ['a.pkl5', 'filler']
                faults += 1
        print('injected: %d full file systems' % faults)
    finally:
        subprocess.run(['umount', str(folder)], check=True)
