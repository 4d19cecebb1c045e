"""Fixtures: the pkl5 command, and pickles that this Python wrote."""
import os
import pathlib
import pickle
import subprocess

import pytest


@pytest.fixture(scope='session')
def executable():
    """The command: $PKL5, else what `./dev build` leaves."""
    root = pathlib.Path(__file__).resolve().parents[2]
    path = os.environ.get('PKL5') or str(root / 'build' / 'bin' / 'pkl5')
    assert os.access(path, os.X_OK), 'no pkl5 at %s: set PKL5' % path
    return path


@pytest.fixture(scope='session')
def pkl5(executable):
    """pkl5(*arguments, code=0, stdin=b'') runs it and checks its exit code."""
    def run(*arguments, code=0, stdin=b'', **options):
        done = subprocess.run([executable, *map(str, arguments)], input=stdin,
                              stdout=options.pop('stdout', subprocess.PIPE),
                              stderr=subprocess.PIPE, timeout=120, **options)
        assert code in (None, done.returncode), (done.returncode, done.stderr)
        return done

    run.executable = executable
    return run


@pytest.fixture
def dumped(tmp_path):
    """dumped(value, name, **options): the path of a pickle of value."""
    def write(value, name='value.pkl', **options):
        path = tmp_path / name
        path.write_bytes(pickle.dumps(value, **options))
        return path

    return write
