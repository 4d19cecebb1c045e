"""Loads from files, and the making of picklers and unpicklers, by name.

A case is an operation, a function that prepares what it works on, and one that
takes a module, pkl5 or _pickle, and what was prepared, and works.
"""

import _pickle
import io
import itertools
import pathlib
import tempfile

SMALL = 2000
# Files live as long as this process.
FOLDER = tempfile.TemporaryDirectory()
NUMBERS = itertools.count()


def file_of(data):
    path = pathlib.Path(FOLDER.name) / str(next(NUMBERS))
    path.write_bytes(data)
    return lambda: open(path, "rb")


def memory_of(data):
    return lambda: io.BytesIO(data)


class Plain:
    """With no more than it must have."""

    def __init__(self, data):
        file = io.BytesIO(data)
        self.read, self.readline = file.read, file.readline


def small_pickles(protocol):
    return b"".join(_pickle.dumps({"id": i, "tags": ["a", "b"]}, protocol)
                    for i in range(SMALL))


def text(size, protocol):
    return _pickle.dumps("x" * size, protocol)


def used_heap(opened):
    """Opens a file in a heap with as much free as used."""
    kept = [b"x" * 3000 for _ in range(20000)][::2]
    return opened(), kept


def load_one(module, file):
    return module.load(file)


def load_in_used_heap(module, prepared):
    return module.load(prepared[0])


def load_small(module, file):
    for _ in range(SMALL):
        result = module.load(file)
    return result


def load_with_unpickler(module, file):
    load = module.Unpickler(file).load
    for _ in range(SMALL):
        result = load()
    return result


def make_picklers(module, file):
    for _ in range(SMALL):
        result = module.Pickler(file, 5)
    return result


def dump_with_picklers(module, file):
    for _ in range(SMALL):
        module.Pickler(file, 5).dump(None)
    return file


def make_unpicklers(module, file):
    for _ in range(SMALL):
        result = module.Unpickler(file)
    return result


FILE_CASES = {
    "file: text 100 KB": ("load", file_of(text(100_000, 5)), load_one),
    "file: text 100 KB, 2": ("load", file_of(text(100_000, 2)), load_one),
    "file: text 5 MB": ("load", file_of(text(5_000_000, 5)), load_one),
    "used heap: 5 MB": (
        "load", lambda: used_heap(FIVE_MB), load_in_used_heap),
    "BytesIO: 5 MB, 2": ("load", memory_of(text(5_000_000, 2)), load_one),
    "BytesIO: small": ("load", memory_of(small_pickles(5)), load_small),
    "BytesIO: small, 2": ("load", memory_of(small_pickles(2)), load_small),
    "file: small": ("load", file_of(small_pickles(5)), load_small),
    "file: small, 2": ("load", file_of(small_pickles(2)), load_small),
    "Unpickler: small, 2": (
        "load", memory_of(small_pickles(2)), load_with_unpickler),
    "plain: small, 2": (
        "load", lambda: Plain(small_pickles(2)), load_small),
    "Pickler()": ("make", io.BytesIO, make_picklers),
    "Pickler().dump": ("dump", io.BytesIO, dump_with_picklers),
    "Unpickler()": ("make", io.BytesIO, make_unpicklers),
}
FIVE_MB = file_of(text(5_000_000, 2))
