"""Lists of what the pickles of some libraries name, for ``allow``.

    pkl5.load(file, allow=pkl5.safe.sklearn | {"mine.Model"})

``numpy``, ``pandas``, ``sklearn`` (with scipy.sparse) and ``torch`` are
frozensets of dotted names. What these call with arguments of the pickle's
choice stays within what it was given: where a function or class of NumPy,
pandas, scikit-learn, SciPy, pyarrow or PyTorch trusts its arguments, the
modules beside this one look at them first. They do so for every list that
allows the function, under whatever name.

Functions that call what they are given, load files or import are on no list.
"""

import importlib as _importlib

__all__ = ["numpy", "pandas", "sklearn", "torch"]

_BASES = {"numpy": (), "pandas": ("numpy",), "sklearn": ("numpy",),
          "torch": ()}


def __getattr__(name):
    if name not in _BASES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    names = _importlib.import_module(f"{__name__}.{name}_names").NAMES
    found = {f"{module}.{word}" for module, words in names.items()
             for word in words.split()}
    for base in _BASES[name]:
        found |= __getattr__(base)
    found = frozenset(found)
    globals()[name] = found
    return found


def __dir__():
    return sorted({*globals(), *__all__})
