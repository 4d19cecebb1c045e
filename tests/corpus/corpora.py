"""The golden and the hostile corpus, unpacked once and read as rows.

README.md says what the fields of a row mean.
"""
import hashlib
import json
import os
import pathlib
import shutil
import tarfile
import tempfile

_HERE = pathlib.Path(__file__).resolve().parent


class Corpus:
    """One unpacked corpus: its rows, and where the files of the rows are."""

    def __init__(self, name):
        self.root = _unpacked(name)
        with open(self.root / 'manifest.jsonl', encoding='utf-8') as lines:
            self.rows = [json.loads(line) for line in lines]

    def path(self, row):
        if 'file' in row:
            return str(self.root / row['file'])
        return str(self.root / 'cases' / (row['name'] + '.pkl'))

    def read(self, row):
        data = pathlib.Path(self.path(row)).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row['sha256']
        return data


def golden():
    """Real pickles; the rows of what a Python refused to write are left out."""
    corpus = Corpus('golden')
    corpus.rows = [row for row in corpus.rows if 'file' in row]
    return corpus


def hostile():
    return Corpus('hostile')


def everything():
    """Whether what the default run samples is to be tested in full."""
    return os.environ.get('PICKLE5_TEST_ALL', '') not in ('', '0')


def sanitized():
    """Whether pkl5 is built with sanitizers, which cost time and memory."""
    return os.environ.get('PICKLE5_SANITIZED', '') not in ('', '0')


def _unpacked(name):
    """The folder of a corpus: what the build unpacked, else a temporary one."""
    built = os.environ.get('PICKLE5_CORPUS_DIR')
    if built:
        return pathlib.Path(built, name)
    archive = _HERE / (name + '.tar.xz')
    base = pathlib.Path(tempfile.gettempdir())
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()[:16]
    folder = base / ('pickle5-corpus-' + digest)
    if not folder.is_dir():
        # A folder that exists is complete: it is renamed when all is there.
        partial = tempfile.mkdtemp(dir=base)
        with tarfile.open(archive, 'r:xz') as tar:
            tar.extractall(partial)
        try:
            os.rename(partial, folder)
        except OSError:
            shutil.rmtree(partial)
            if not folder.is_dir():
                raise
    return folder / name
