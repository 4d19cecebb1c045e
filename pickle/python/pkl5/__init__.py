"""CPython's pickle, faster."""

from pkl5._pkl5 import (  # noqa: F401
    Pickler, Unpickler, dump, dumps, load, loads)
