"""CPython's pickle, on the C++ core of libpickle5.

Everything that ``pickle`` has is here under the same name. ``Pickler``,
``Unpickler``, ``dump``, ``dumps``, ``load`` and ``loads`` are this package's
own; the rest is the standard library's, exceptions and ``PickleBuffer``
included.
"""

import _pickle as _accelerator
import importlib as _importlib
import os as _os
import pickle as _stdlib
import sys as _sys

if "t" in getattr(_sys, "abiflags", ""):
    raise ImportError("pkl5 needs a CPython with the GIL: this one is a "
                      "free-threaded build")

from pkl5 import _pkl5
from pkl5.limits import Limits

_OWN = ("Pickler", "Unpickler", "dump", "dumps", "load", "loads")

# The names without underscores and those with one that other libraries use.
globals().update({_name: _value for _name, _value in vars(_stdlib).items()
                  if not _name.startswith("__") and _name not in _OWN})

Pickler = _pkl5.Pickler
Unpickler = _pkl5.Unpickler
dump = _pkl5.dump
dumps = _pkl5.dumps
load = _pkl5.load
loads = _pkl5.loads

__all__ = [*_stdlib.__all__, "Limits", "install", "scan", "tree", "uninstall"]

# What install() has replaced in the standard library's modules, by module and
# name.
_replaced = {}


def install():
    """Make users of ``pickle`` get this package's functions and classes.

    Replaces ``Pickler``, ``Unpickler``, ``dump``, ``dumps``, ``load`` and
    ``loads`` in the modules ``pickle`` and ``_pickle``. That reaches every use
    as an attribute of the module, earlier imports of the module included. It
    does not reach names that were imported from it before, classes that were
    derived from its classes before, or other processes that do not call
    install() themselves.

    While they are installed their ``__module__`` is ``"_pickle"``: pickles name
    them as they name the functions and classes that they stand for, and are
    loaded where there is no pkl5.

    Returns whether the functions are installed: not if the environment has
    PKL5_DISABLE=1.
    """
    if _os.environ.get("PKL5_DISABLE") == "1":
        return False
    for module in (_accelerator, _stdlib):
        for name in _OWN:
            current = getattr(module, name)
            if current is not globals()[name]:
                _replaced[module, name] = current
                setattr(module, name, globals()[name])
    _pkl5._set_module("_pickle")
    return True


def uninstall():
    """Undo install(), but for names that others have replaced since."""
    _pkl5._set_module("pkl5")
    while _replaced:
        (module, name), original = _replaced.popitem()
        if getattr(module, name) is globals()[name]:
            setattr(module, name, original)


def _main(args=None):
    """Do as ``python -m pickle`` of this interpreter does."""
    from pkl5 import command_line
    command_line.run(_stdlib, {"load": load}, args)


def __getattr__(name):
    """What few need is imported when it is asked for."""
    if name in ("inspection", "numpy", "pickletools", "safe"):
        return _importlib.import_module("pkl5." + name)
    if name in ("scan", "tree"):
        return getattr(_importlib.import_module("pkl5.inspection"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
