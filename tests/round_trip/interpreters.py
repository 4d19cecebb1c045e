"""The CPythons that are there to be asked."""
import functools
import os
import pathlib
import shutil
import subprocess
import sys

# The pickler of 3.15 batches otherwise.
VERSIONS = ('3.8', '3.9', '3.10', '3.11', '3.12', '3.13', '3.14')


@functools.lru_cache(maxsize=None)
def find(version):
    """Path of CPython `version`, None if it is not there.

    Looked for: the running one, $PYENV_ROOT, PATH.
    """
    root = pathlib.Path(os.environ.get('PYENV_ROOT',
                                       pathlib.Path.home() / '.pyenv'))
    candidates = [sys.executable, '/usr/bin/python3']
    candidates += sorted(map(str, root.glob('versions/%s.*/bin/python3' %
                                            version)), reverse=True)
    candidates.append(shutil.which('python' + version))
    for candidate in candidates:
        if candidate and _version(candidate) == version:
            return candidate
    return None


@functools.lru_cache(maxsize=None)
def _version(executable):
    code = ('import sys; print("%s %d.%d" % (sys.implementation.name, '
            '*sys.version_info[:2]))')
    try:
        done = subprocess.run([executable, '-c', code], capture_output=True,
                              text=True, timeout=60)
    except OSError:
        return None
    name, _, version = done.stdout.strip().partition(' ')
    return version if name == 'cpython' else None


def running():
    return '%d.%d' % sys.version_info[:2]


def newest():
    """The newest version that is there."""
    return [version for version in VERSIONS if find(version)][-1]
