"""Every verb: files that cannot be read, outputs that cannot be written."""
import os
import pathlib
import pickle
import shutil
import subprocess

import pytest

# What reads a FILE.
READERS = {
    'load': ['load'], 'load json': ['load', '--format=json'],
    'load tree': ['load', '--format=tree'],
    'dis': ['dis'], 'dis json': ['dis', '--json'], 'verify': ['verify'],
    'stat': ['stat'], 'stat json': ['stat', '--json'],
    'optimize': ['optimize'], 'scan': ['scan'], 'scan json': ['scan', '--json'],
    'list': ['list'], 'convert': ['convert'], 'archive': ['archive'],
    'extract': ['extract'], 'dump': ['dump'], 'dump raw': ['dump', '--raw'],
}
SEVERAL = ('load', 'load json', 'load tree', 'dis', 'dis json', 'verify',
           'stat', 'stat json', 'scan', 'scan json', 'list')
# Their text of many small opcodes or globals is larger than what is buffered.
LONG = ('load', 'load json', 'load tree', 'dis', 'dis json', 'scan',
        'scan json', 'optimize', 'convert')


def output_of(verb, out):
    """The arguments behind FILE that name an output."""
    if verb in ('convert', 'archive', 'optimize'):
        return [out]
    return ['-o', out] if verb in ('extract', 'dump', 'dump raw') else []


def fitting(verb, folder):
    """A file that the verb takes."""
    path = folder / 'fitting'
    path.write_bytes(b'[1]' if verb == 'dump' else pickle.dumps(b'bytes' * 9))
    return path


@pytest.fixture
def archive(pkl5, tmp_path):
    source = tmp_path / 'source.pkl'
    source.write_bytes(pickle.dumps(bytearray(5000), 5))
    pkl5('archive', source, tmp_path / 'archive.pkl5')
    return tmp_path / 'archive.pkl5'


@pytest.mark.parametrize('verb', READERS)
def test_input_that_cannot_be_read(executable, pkl5, tmp_path, verb):
    for path, said in ((tmp_path / 'missing', b'No such file'),
                       (tmp_path, b'Is a directory')):
        done = pkl5(*READERS[verb], path, *output_of(verb, '-'), code=4)
        assert said in done.stderr + done.stdout
    command = ' '.join([executable, *READERS[verb], '-', *output_of(verb, '-')])
    for redirection in ('<&-', '>&-', '0>/dev/null', '0>%s/empty' % tmp_path):
        done = subprocess.run(['sh', '-c', '%s %s' % (command, redirection)],
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60)
        # 7: nothing was scanned.
        empty = (0,) if verb == 'dump raw' else (1, 7)
        assert done.returncode in (4, *empty), (redirection, done)


@pytest.mark.parametrize('verb', READERS)
def test_output_that_cannot_be_written(pkl5, tmp_path, archive, verb):
    path = archive if verb == 'list' else fitting(verb, tmp_path)
    with open('/dev/full', 'wb') as full:
        done = pkl5(*READERS[verb], path, *output_of(verb, '-'), code=4,
                    stdout=full)
    assert b'No space left' in done.stderr
    for out in (tmp_path / 'no' / 'such', tmp_path, '/dev/full'):
        if output_of(verb, out):
            pkl5(*READERS[verb], path, *output_of(verb, out), code=4)


@pytest.mark.parametrize('verb', LONG)
def test_long_output_that_cannot_be_written(pkl5, tmp_path, verb):
    names = b''.join(b'cmodule%d\nname\n0' % i for i in range(20000))
    ints = pickle.dumps(list(range(1000000, 1040000)), 0)
    path = tmp_path / 'long.pkl'
    path.write_bytes(names + b'N.' if verb.startswith('scan') else ints)
    options = ['--full'] if verb == 'load' else []
    several = [path] * 3 if verb in SEVERAL else [path]
    with open('/dev/full', 'wb') as full:
        for files in ([path], several):
            # 5: what was found counts more.
            code = 5 if verb.startswith('scan') else 4
            done = subprocess.run(
                [pkl5.executable, *READERS[verb], *options, *files,
                 *output_of(verb, '-')], stdout=full, stderr=subprocess.PIPE,
                timeout=60)
            assert done.returncode in (code, 4)
            assert b'No space left' in done.stderr


@pytest.mark.parametrize('verb', ('load', 'dis'))
def test_second_heading_that_cannot_be_written(pkl5, tmp_path, verb):
    """The text of the first file all but fills the buffer."""
    path = tmp_path / 'text.pkl'
    arguments = [*READERS[verb], *(['--full'] if verb == 'load' else []), path]
    path.write_bytes(pickle.dumps('x' * 200000, 3))
    one = len(pkl5(*arguments, path).stdout) // 2
    size = 200000 + (256 << 10) - 5 - one
    path.write_bytes(pickle.dumps('x' * size, 3))
    assert len(pkl5(*arguments, path).stdout) == 2 * ((256 << 10) - 5)
    with open('/dev/full', 'wb') as full:
        done = pkl5(*arguments, path, code=4, stdout=full)
    assert b'No space left' in done.stderr


def test_rest_of_a_file_on_the_standard_input(executable, tmp_path):
    path = tmp_path / 'two.pkl'
    path.write_bytes(pickle.dumps('first') + pickle.dumps('second'))
    for skipped, shown in ((len(pickle.dumps('first')), b"'second'\n"),
                           (0, b"'first'\n"), (1000, b'')):
        with open(path, 'rb') as file:
            os.lseek(file.fileno(), skipped, os.SEEK_SET)
            done = subprocess.run([executable, 'load', '-'], stdin=file,
                                  capture_output=True, timeout=60)
        assert done.stdout == shown
        assert done.returncode == (0 if shown else 1)


@pytest.mark.parametrize('verb', SEVERAL)
def test_other_files_are_still_read(pkl5, tmp_path, archive, verb):
    good = archive if verb == 'list' else fitting(verb, tmp_path)
    done = pkl5(*READERS[verb], tmp_path / 'missing', good, good, code=4)
    alone = pkl5(*READERS[verb], good).stdout
    if verb in ('load json', 'load tree'):  # one line for each file
        alone = alone.strip()
    assert done.stdout.count(alone) == 2


@pytest.mark.parametrize('verb', (
    'load', 'convert', 'archive', 'extract', 'stat'))
def test_buffers_that_cannot_be_read(pkl5, tmp_path, verb):
    path = fitting(verb, tmp_path)
    option = {'convert': '--from-buffers', 'archive': '--from-buffers'}.get(
        verb, '--buffers')
    damaged = tmp_path / 'damaged'
    place = 'file:%s' % damaged
    head = tmp_path / 'head.pkl'
    head.write_bytes(pickle.dumps(b'x' * 5000))
    pkl5('convert', head, tmp_path / 'out.pkl', '--buffers', place)
    pkl5('load', tmp_path / 'out.pkl', '--buffers', damaged)
    data = bytearray(damaged.read_bytes())
    data[data.index(b'x' * 5000) - 20] ^= 1
    damaged.write_bytes(data)
    for place, code in ((tmp_path / 'missing', 4), ('shm:pkl5-no-such', 4),
                        ('shm:', 1), (tmp_path, 1), (damaged, 1)):
        done = pkl5(*READERS[verb], path, *output_of(verb, '-'), option, place,
                    code=code)
        assert done.stderr.startswith(b'pkl5: ')


@pytest.mark.parametrize('verb', ('convert', 'dump raw'))
def test_places_that_cannot_be_made(pkl5, tmp_path, verb):
    path = fitting(verb, tmp_path)
    for place in ('file:%s/no/such' % tmp_path, 'shm:a/b', 'file:/dev/full'):
        done = subprocess.run(
            [pkl5.executable, *READERS[verb], path, *output_of(verb, '-'),
             '--buffers', place, '--threshold', '1'], capture_output=True,
            timeout=60)
        assert done.returncode in (1, 4)
        assert done.stderr.startswith(b'pkl5: buffers: ')


@pytest.mark.parametrize('verb', READERS)
def test_malformed_input(pkl5, tmp_path, verb):
    path = tmp_path / 'bad'
    path.write_bytes(b'\x80\x04]\xff.')
    if verb == 'dump raw':
        return
    done = pkl5(*READERS[verb], path, *output_of(verb, '-'), code=1)
    assert b'bad' in done.stderr + done.stdout


def test_malformed_pickles_behind_good_ones(pkl5, tmp_path):
    path = tmp_path / 'two'
    path.write_bytes(b'N.' + b'\xff.')
    for verb in ('load', 'dis', 'stat', 'verify', 'optimize', 'convert',
                 'archive'):
        pkl5(*READERS[verb], path, *output_of(verb, '-'),
             code=1 if verb == 'verify' else 0)
        pkl5(*READERS[verb], '--all', path, *output_of(verb, '-'), code=1)


def test_usage(pkl5, tmp_path, dumped):
    path = dumped(1)
    for arguments in (['extract', path], ['archive', path],
                      ['archive', '--append', path, '-'],
                      ['extract', path, '-o', '-', '--path', 'x'],
                      ['scan', path, '--allow', tmp_path / 'missing'],
                      ['convert', path, '-', '--archive', '--protocol', 4],
                      ['convert', path, '-', '--archive', '--buffers', 'shm:x'],
                      ['dump', path, '-o', '-', '--archive', '--protocol', 3],
                      ['dump', path, '-o', '-', '--buffers', 'file:'],
                      ['shm', 'rm'], ['conform'], ['conform', '--level', 'x']):
        assert pkl5(*arguments, code=2).stderr


def test_nothing_at_the_path(pkl5, dumped):
    for path in ('$.a', '$[7]'):
        for verb in ('load', 'extract'):
            pkl5(verb, dumped([1]), *output_of(verb, '-'), '--path', path,
                 code=1)
    pkl5('extract', dumped([1]), '-o', '-', code=1)
    pkl5('extract', dumped(b'x'), '-o', '-', '--object', 3, code=1)


@pytest.mark.skipif('san/' in os.environ.get('PKL5', ''),
                    reason='the sanitizer has allocators of its own')
@pytest.mark.parametrize('verb', ('load json', 'scan', 'archive'))
def test_no_memory(executable, tmp_path, verb):
    """From some allocation on all fail: it says so, and does not crash."""
    compiler = shutil.which('cc') or shutil.which('gcc')
    assert compiler, 'no C compiler'
    shim = tmp_path / 'no_memory_shim.so'
    source = pathlib.Path(__file__).parents[1] / 'python' / 'no_memory_shim.c'
    subprocess.run([compiler, '-O1', '-shared', '-fPIC', source, '-o', shim],
                   check=True)
    path = fitting(verb, tmp_path)
    codes = []
    # Before main() C++ itself has allocated, and ends there without memory.
    for first in range(1000, 60000, 211):
        done = subprocess.run(
            [executable, *READERS[verb], path, *output_of(verb, '-')],
            env={**os.environ, 'LD_PRELOAD': str(shim),
                 'REFUSE_MEMORY': '%d,%d' % (first, 1 << 40)},
            capture_output=True, timeout=60)
        codes.append(done.returncode)
        if done.returncode == 0:
            break
        assert done.returncode == 3, (first, done)
        assert b'memory' in done.stderr
    assert codes[-1] == 0 and 3 in codes
