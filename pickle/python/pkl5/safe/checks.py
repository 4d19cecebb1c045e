"""What LoadGuard asks for before it lets a call or a state through.

of_call(object) gives the check of a callable, of_state(type) that of the states
of a type's instances; None where there is nothing to check. The callable or
type counts, not the name by which a pickle found it. A check of calls takes
(callable, args, kwargs), one of states (instance, state), and gives the rule
that is broken, or None. It runs before the call, with arguments from the pickle.

Only modules that are imported already are asked: what is not imported can
have made nothing.
"""

import copyreg
import importlib
import sys

# Which module checks what which library defines.
_CHECKERS = (("numpy", "pkl5.safe.arrays"),
             ("pandas", "pkl5.safe.frames"),
             ("scipy.sparse", "pkl5.safe.estimators"),
             ("sklearn", "pkl5.safe.estimators"),
             ("pyarrow", "pkl5.safe.frames"),
             ("torch", "pkl5.safe.tensors"))

_MAKERS = tuple(getattr(copyreg, name) for name in (
    "__newobj__", "__newobj_ex__", "_reconstructor"))


def _checkers():
    names = dict.fromkeys(checker for library, checker in _CHECKERS
                          if library in sys.modules)
    return [importlib.import_module(name) for name in names]


def of_call(target):
    if any(target is maker for maker in _MAKERS):
        return _made_by_copyreg
    if target is bytes or target is bytearray:
        return _no_size
    for checker in _checkers():
        check = checker.of_call(target)
        if check is not None:
            return check
    return None


def of_state(cls):
    for checker in _checkers():
        check = checker.of_state(cls)
        if check is not None:
            return check
    return None


def _made_by_copyreg(func, args, kwargs):
    """copyreg's functions call a class that is an argument."""
    if kwargs or not args:
        return None
    classes = args[:2] if func is copyreg._reconstructor else args[:1]
    for cls in classes:
        check = of_call(cls)
        if check is None:
            continue
        if func is copyreg.__newobj__:
            rule = check(cls, args[1:], {})
        elif func is copyreg.__newobj_ex__ and len(args) == 3:
            rule = check(cls, tuple(args[1]), dict(args[2]))
        else:
            rule = f"{cls!r} is made by its own functions only"
        if rule is not None:
            return rule
    return None


def _no_size(func, args, kwargs):
    """A number makes so many bytes."""
    if any(not isinstance(value, (bytes, bytearray, str, list, tuple,
                                  memoryview))
           for value in (*args, *kwargs.values())):
        return f"{func.__name__} is not made of a size"
    return None
