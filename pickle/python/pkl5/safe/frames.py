"""Checks of what makes the objects of pandas and pyarrow."""

import sys

import numpy

_OUTSIDE = "a code lies outside of its categories or levels"


def _new_index(func, args, kwargs):
    """_new_Index(cls, d) and its likes call cls.__new__(cls, **d)."""
    pandas = sys.modules["pandas"]
    cls = args[0] if args else None
    if kwargs or not (isinstance(cls, type) and issubclass(cls, pandas.Index)):
        return "what would be made is no Index"
    given = args[1] if len(args) == 2 else None
    if issubclass(cls, pandas.MultiIndex) and type(given) is dict:
        levels = given.get("levels")
        codes = given.get("codes", given.get("labels"))
        return _outside(codes, levels)
    return None


def _outside(codes, levels):
    try:
        pairs = list(zip(codes, levels, strict=True)) if sys.version_info >= (
            3, 10) else list(zip(codes, levels))
        for code, level in pairs:
            code = numpy.asarray(code)
            if code.size and not -1 <= code.min() <= code.max() < len(level):
                return _OUTSIDE
    except (TypeError, ValueError):
        return "codes or levels are none"
    return None


def _parts(state):
    """What stands in the state's tuples and dicts."""
    parts = []
    inner = [state]
    for _ in range(3):
        outer, inner = inner, []
        for part in outer:
            if type(part) is tuple:
                inner += part
            elif type(part) is dict:
                inner += part.values()
            else:
                parts.append(part)
    return parts


def _categorical_state(categorical, state):
    pandas = sys.modules["pandas"]
    parts = _parts(state)
    dtypes = [part for part in parts if isinstance(
        part, pandas.CategoricalDtype)]
    codes = [part for part in parts if isinstance(part, numpy.ndarray) and
             part.dtype.kind in "iu"]
    if len(dtypes) != 1:
        return None
    categories = dtypes[0].categories
    return _outside(codes, [() if categories is None else categories]
                    * len(codes))


def _multi_index_state(index, state):
    if type(state) is not dict or "levels" not in state:
        return None
    return _outside(state.get("codes", state.get("labels")), state["levels"])


def _restored(func, args, kwargs):
    """pyarrow trusts the buffers that it is given."""
    try:
        func(*args, **kwargs).validate(full=True)
    except Exception as error:
        return f"the array is invalid: {error}"
    return None


def of_call(target):
    module = str(getattr(target, "__module__", ""))
    if isinstance(target, type):
        return None
    name = str(getattr(target, "__name__", ""))
    if module.startswith("pandas.") and name.startswith("_new_"):
        return _new_index
    if module.startswith("pyarrow.") and name == "_restore_array":
        return _restored
    return None


def of_state(cls):
    pandas = sys.modules.get("pandas")
    if not hasattr(pandas, "MultiIndex"):
        return None
    if issubclass(cls, pandas.Categorical):
        return _categorical_state
    return _multi_index_state if issubclass(cls, pandas.MultiIndex) else None
