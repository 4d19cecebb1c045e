"""Fixtures: the pkl5 command, and archives that it makes."""
import os
import pathlib
import pickle
import subprocess
import sys

import pytest

_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_TESTS / 'round_trip'))


@pytest.fixture(scope='session')
def executable():
    """The command: $PKL5, else what `./dev build` leaves."""
    path = os.environ.get('PKL5') or str(_TESTS.parent / 'build/bin/pkl5')
    assert os.access(path, os.X_OK), 'no pkl5 at %s: set PKL5' % path
    return path


@pytest.fixture(scope='session')
def pkl5(executable):
    """pkl5(*arguments, code=0, **options): the finished process, whose exit
    code is checked unless it is None."""
    def run(*arguments, code=0, **options):
        done = subprocess.run([executable, *map(str, arguments)],
                              capture_output=True, timeout=120, **options)
        assert code in (None, done.returncode), (done.returncode,
                                                 done.stderr)
        return done

    return run


@pytest.fixture
def archived(pkl5, tmp_path):
    """archived(value, name): the path of an archive of value, buffers out of
    band in between, as a program would write them."""
    def write(value, name='value.pkl5'):
        buffers = []
        head = tmp_path / (name + '.head')
        head.write_bytes(pickle.dumps(value, protocol=5,
                                      buffer_callback=buffers.append))
        given = []
        for i, buffer in enumerate(buffers):
            path = tmp_path / ('%s.%d' % (name, i))
            path.write_bytes(buffer.raw())
            given += ['--from-buffers', path]
        path = tmp_path / name
        pkl5('archive', head, path, *given)
        return path

    return write
