"""Verbs that read pickles from a pipe whose writer keeps it open."""
import gzip
import io
import lzma
import pickle
import select
import subprocess
import time
import zipfile
import zlib

import numpy
import pytest

VALUES = [None, 1, 'a', [1, 2], b'x' * 300, 'y' * 70000, b'z' * 70000,
          bytearray(5), {'a': (1.5, [True])}, ['\u20ac' * 40000]]


class Process:
    """A verb at work on a pipe that stays open."""

    def __init__(self, pkl5, *arguments, stdout=subprocess.PIPE):
        self.process = subprocess.Popen(
            [pkl5.executable, *arguments], stdin=subprocess.PIPE,
            stdout=stdout, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout,
                     self.process.stderr):
            if file is not None:
                file.close()

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def line(self):
        """The next line of the output, of a process that must not hang."""
        file = self.process.stdout
        ready, _, _ = select.select([file], [], [], 60)
        assert ready, 'it waits for more'
        return file.readline()

    def wait(self):
        code = self.process.wait(60)
        return code, self.process.stderr.read()


@pytest.mark.parametrize('protocol', range(6))
@pytest.mark.parametrize('flags', ((), ('--strict',)))
def test_load_ends_at_stop(pkl5, protocol, flags):
    for value in VALUES:
        with Process(pkl5, 'load', '--format=tree', *flags, '-') as process:
            process.write(pickle.dumps(value, protocol))
            assert process.line()
            assert process.wait() == (0, b'')


@pytest.mark.parametrize('protocol', range(6))
def test_load_all_shows_each_as_it_comes(pkl5, protocol):
    with Process(pkl5, 'load', '--all', '-') as process:
        for number in range(5):
            process.write(pickle.dumps([number], protocol))
            assert process.line() == b'[%d]\n' % number
        process.process.stdin.close()
        assert process.wait() == (0, b'')


def test_a_pickle_that_comes_in_pieces(pkl5):
    data = pickle.dumps([1, 'text', 2.5], 4)
    with Process(pkl5, 'load', '-') as process:
        for at in range(len(data)):
            process.write(data[at:at + 1])
            time.sleep(0.002)
        assert process.line() == b"[1, 'text', 2.5]\n"


def test_an_archive_that_comes_in_pieces(pkl5, tmp_path):
    source = tmp_path / 'source.pkl'
    source.write_bytes(pickle.dumps([1, 2], 5))
    archive = tmp_path / 'archive.pkl5'
    pkl5('archive', source, archive)
    data = archive.read_bytes()
    with Process(pkl5, 'load', '-') as process:
        for at in range(20):
            process.write(data[at:at + 1])
            time.sleep(0.002)
        process.write(data[20:])
        process.process.stdin.close()
        assert process.line() == b'[1, 2]\n'


def test_strict_sees_what_came_behind_the_pickle(pkl5):
    done = pkl5('load', '--strict', '-', stdin=pickle.dumps(1) + b'N.', code=1)
    assert b'bytes stand behind STOP' in done.stderr
    # What comes in the end of the stream is no more of it.
    done = pkl5('load', '--strict', '-', stdin=pickle.dumps(1))
    assert done.stdout == b'1\n'
    with Process(pkl5, 'load', '--strict', '-') as process:
        process.write(pickle.dumps(1) + b'N')
        assert process.wait()[0] == 1


@pytest.mark.parametrize('verb', (
    ('dis', '-'), ('dis', '--json', '-'), ('stat', '-'), ('optimize', '-', '-'),
    ('convert', '--protocol=2', '-', '-')))
@pytest.mark.parametrize('protocol', range(6))
def test_other_verbs_end_at_stop(pkl5, tmp_path, verb, protocol):
    data = pickle.dumps([1, 'text', 2.5, b'x' * 70000], protocol)
    wanted = pkl5(*verb, stdin=data).stdout
    with open(tmp_path / 'output', 'w+b') as output:
        with Process(pkl5, *verb, stdout=output) as process:
            process.write(data)
            assert process.wait() == (0, b'')
        output.seek(0)
        assert output.read() == wanted


def test_dis_of_what_is_no_pickle(pkl5):
    with Process(pkl5, 'dis', '-') as process:
        process.write(b'\x80\x02\xff')
        assert process.wait()[0] == 1


def _npy():
    file = io.BytesIO()
    numpy.save(file, numpy.array(['a', 2], dtype=object))
    return file.getvalue()


def _zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w') as archive:
        archive.writestr('a.pkl', pickle.dumps([1, 2]))
    return file.getvalue()


@pytest.mark.parametrize('verb', ('dis', 'stat', 'load'))
@pytest.mark.parametrize('data', [
    gzip.compress(pickle.dumps([1] * 40)), zlib.compress(pickle.dumps([1])),
    lzma.compress(pickle.dumps([1])), _npy(), _zip()],
    ids=['gzip', 'zlib', 'xz', 'npy', 'zip'])
def test_other_formats_are_read_to_their_end(pkl5, tmp_path, verb, data):
    path = tmp_path / 'file'
    path.write_bytes(data)
    wanted = pkl5(verb, path).stdout
    assert wanted
    with Process(pkl5, verb, '-') as process:
        for begin in range(0, len(data), 7):
            process.write(data[begin:begin + 7])
            time.sleep(0.0005)
        process.process.stdin.close()
        assert process.process.stdout.read() == wanted
        assert process.process.wait(60) == 0
