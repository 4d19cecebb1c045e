"""Checks of what makes NumPy's arrays, dtypes, scalars and generators.

NumPy trusts its pickles: dtypes whose flags say that they hold no objects where
they do, objects whose addresses are bytes of the pickle, indices into the state
of a generator.
"""

import math
import sys

import numpy

# Flags of a dtype that must be those of its parts, ITEM_REFCOUNT and
# LIST_PICKLE, and NEEDS_INIT, which must then be there too.
_PARTS_FLAGS = 0x03
_NEEDS_INIT = 0x08
_ALIGNMENTS = frozenset((1, 2, 4, 8, 16, 32, 64))
_DEEPEST = 32
_LARGEST_ITEM = 1 << 16

_FORGED = "objects would be made of the bytes of the pickle"
_UNWRITTEN = "the array would show memory that nobody has written"
_BAD_DTYPE = "the dtype contradicts itself"
_BAD_STATE = "the state is none that NumPy writes"


def _find(modules, name):
    """What the first of the modules that is imported has under the name."""
    for module in modules:
        # No __getattr__, which may warn.
        found = getattr(sys.modules.get(module), "__dict__", {}).get(name)
        if found is not None:
            return found
    return None


_CORES = ("numpy._core.", "numpy.core.")


def _core(module, name):
    return _find([core + module for core in _CORES], name)


# --- dtypes ------------------------------------------------------------------

def flaw(dtype, depth=0):
    """What is wrong with a dtype, None if nothing is."""
    if depth > _DEEPEST or dtype.itemsize < 0:
        return _BAD_DTYPE
    if dtype.alignment not in _ALIGNMENTS:
        return _BAD_DTYPE
    flags = dtype.flags & _PARTS_FLAGS
    if flags and not dtype.flags & _NEEDS_INIT:
        return _BAD_DTYPE
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        if flaw(base, depth + 1) or any(length < 0 for length in shape):
            return _BAD_DTYPE
        good = (base.itemsize * math.prod(shape) == dtype.itemsize and
                flags == base.flags & _PARTS_FLAGS)
        return None if good else _BAD_DTYPE
    if dtype.names is not None or dtype.fields is not None:
        return _flaw_of_fields(dtype, flags, depth)
    if dtype.kind == "U" and dtype.itemsize % 4:
        return _BAD_DTYPE
    if dtype.kind in "SUV" or dtype.kind in "biufcmM":
        return _BAD_DTYPE if flags else None
    return None


def _flaw_of_fields(dtype, flags, depth):
    fields = dtype.fields or {}
    names = dtype.names
    if names is None or any(name not in fields for name in names):
        return _BAD_DTYPE
    of_parts = 0
    spans = []
    for name in names:
        part, offset = fields[name][:2]
        if flaw(part, depth + 1) or offset < 0:
            return _BAD_DTYPE
        if offset + part.itemsize > dtype.itemsize:
            return _BAD_DTYPE
        of_parts |= part.flags & _PARTS_FLAGS
        if part.itemsize:
            spans.append((offset, offset + part.itemsize, part.hasobject))
    # Titles name fields once more.
    for entry in fields.values():
        if not any(entry[0] is fields[name][0] and entry[1] == fields[name][1]
                   for name in names):
            return _BAD_DTYPE
    if of_parts != flags:
        return _BAD_DTYPE
    if not of_parts:
        return None
    end, end_of_objects = 0, 0
    for start, stop, hasobject in sorted(spans):
        if start < end_of_objects or (hasobject and start < end):
            return _BAD_DTYPE
        end = max(end, stop)
        if hasobject:
            end_of_objects = max(end_of_objects, stop)
    return None


def _dtype_call(cls, args, kwargs):
    try:
        made = cls(*args, **kwargs)
    except Exception:  # so it will again
        return None
    return flaw(made) if isinstance(made, numpy.dtype) else None


def _is_shape(shape):
    return type(shape) is tuple and all(
        type(length) is int and 0 <= length < 1 << 62 for length in shape)


def _is_text(text):
    return type(text) in (str, bytes)


def _dtype_state(dtype, state):
    """(3, order, subarray, names, fields, size, alignment, flags[, metadata])
    """
    if type(state) is not tuple or len(state) not in (8, 9):
        return _BAD_STATE
    version, order, subarray, names, fields, size, alignment, flags = state[:8]
    if type(version) is not int or version not in (3, 4) or not _is_text(order):
        return _BAD_STATE
    if subarray is not None:
        if type(subarray) is not tuple or len(subarray) != 2:
            return _BAD_STATE
        base, shape = subarray
        if not isinstance(base, numpy.dtype) or flaw(base):
            return _BAD_DTYPE
        if type(shape) is not int and not _is_shape(shape):
            return _BAD_STATE
    if (names is None) != (fields is None):
        return _BAD_STATE
    if names is not None:
        if type(names) is not tuple or not all(map(_is_text, names)):
            return _BAD_STATE
        if type(fields) is not dict or len(set(names)) != len(names):
            return _BAD_STATE
        for entry in fields.values():
            if (type(entry) is not tuple or len(entry) not in (2, 3) or
                    not isinstance(entry[0], numpy.dtype) or
                    type(entry[1]) is not int or not 0 <= entry[1] < 1 << 31):
                return _BAD_STATE
    if any(type(number) is not int or not -1 <= number < 1 << 31
           for number in (size, alignment)) or type(flags) is not int:
        return _BAD_STATE
    metadata = state[8] if len(state) == 9 else None
    if dtype.kind in "mM":
        if metadata is not None and not _is_unit(metadata):
            return _BAD_STATE
    elif metadata is not None and type(metadata) is not dict:
        return _BAD_STATE
    try:
        made = numpy.dtype(dtype, copy=True)
        made.__setstate__(state)
    except Exception:  # so it will again
        return None
    return flaw(made)


def _is_unit(metadata):
    """(metadata or None, (unit, number, denominator, event))"""
    if type(metadata) is not tuple or len(metadata) != 2:
        return False
    unit = metadata[1]
    return (type(unit) is tuple and len(unit) == 4 and _is_text(unit[0]) and
            all(type(number) is int for number in unit[1:]))


# --- Arrays ------------------------------------------------------------------

def _holds_objects(buffer):
    """Whether writing to the buffer could change the address of an object."""
    if isinstance(buffer, numpy.ndarray):
        return buffer.dtype.hasobject
    if type(buffer) in (bytes, bytearray):
        return False
    try:
        with memoryview(buffer) as view:
            return any("O" in part for part in
                       (view.format or "B").split(":")[::2])
    except (TypeError, BufferError, ValueError):
        return True


def _from_buffer(dtype, buffer):
    try:
        dtype = numpy.dtype(dtype)
    except Exception:  # so it will again
        return None
    rule = flaw(dtype)
    if rule is not None:
        return rule
    if dtype.hasobject or dtype.kind == "T" or _holds_objects(buffer):
        return _FORGED
    return None


_ARRAY_ARGUMENTS = ("shape", "dtype", "buffer", "offset", "strides", "order")


def _named(names, args, kwargs):
    """The arguments by name; None if there are too many."""
    if len(args) > len(names):
        return None
    given = dict(zip(names, args))
    given.update(kwargs)
    return given


def _array_call(cls, args, kwargs):
    if cls.__new__ is not numpy.ndarray.__new__:
        return _subclass_call(cls, args, kwargs)
    given = _named(_ARRAY_ARGUMENTS, args, kwargs)
    if given is None:
        return None
    dtype = given.get("dtype", float)
    if given.get("buffer") is not None:
        # Bounds of shape, offset and strides are checked by ndarray itself.
        return _from_buffer(dtype, given["buffer"])
    return _empty(given.get("shape"), dtype)


def _empty(shape, dtype):
    try:
        rule = flaw(numpy.dtype(dtype))
    except Exception:  # so it will again
        return None
    shape = (shape,) if type(shape) is int else shape
    if rule is None and (not _is_shape(shape) or 0 not in shape):
        return _UNWRITTEN
    return rule


def _subclass_call(cls, args, kwargs):
    """A class's own __new__ takes what it wants."""
    for base in (numpy.recarray, numpy.memmap, _find(
            ("numpy.char", "numpy"), "chararray")):
        if base is not None and issubclass(cls, base):
            return f"{cls.__name__} is made by _reconstruct only"
    values = (*args, *kwargs.values())
    if any(isinstance(value, numpy.dtype) and flaw(value) for value in values):
        return _BAD_DTYPE
    if issubclass(cls, numpy.void) and not all(
            isinstance(value, bytes) for value in values):
        return "numpy.void is made of bytes"
    return None


def _reconstruct(func, args, kwargs):
    given = _named(("subtype", "shape", "dtype"), args, kwargs)
    if given is None:
        return None
    return _empty(given.get("shape"), given.get("dtype", float))


def _mareconstruct(func, args, kwargs):
    given = _named(("subtype", "baseclass", "baseshape", "basetype"), args,
                   kwargs)
    if given is None or len(given) != 4:
        return None
    masked = _find(("numpy.ma",), "MaskedArray")
    subtype, baseclass = given["subtype"], given["baseclass"]
    if not (isinstance(subtype, type) and issubclass(subtype, masked) and
            isinstance(baseclass, type) and
            issubclass(baseclass, numpy.ndarray)):
        return "the classes are none of masked arrays"
    return _empty(given["baseshape"], given["basetype"])


def _frombuffer(func, args, kwargs):
    given = _named(("buffer", "dtype"), args[:2], kwargs)
    buffer = given.get("buffer", given.get("buf", given.get("string")))
    return _from_buffer(given.get("dtype", float), buffer)


def _scalar(func, args, kwargs):
    given = _named(("dtype", "obj"), args, kwargs)
    if given is None or not isinstance(given.get("dtype"), numpy.dtype):
        return None
    dtype, value = given["dtype"], given.get("obj")
    rule = flaw(dtype)
    if rule is not None:
        return rule
    if dtype.hasobject or dtype.kind == "T":
        good = type(value) is numpy.ndarray and value.dtype == dtype
        return None if good else _FORGED
    if "obj" not in given:
        return _UNWRITTEN
    return None


def _array_state(array, state):
    """([version,] shape, dtype, is_fortran, items)"""
    if type(state) is not tuple:
        return _BAD_STATE
    masked = _find(("numpy.ma",), "MaskedArray")
    if masked is not None and isinstance(array, masked):
        state = state[:5]
    if len(state) == 5 and type(state[0]) is int:
        state = state[1:]
    if len(state) != 4:
        return _BAD_STATE
    shape, dtype, _, items = state
    if not _is_shape(shape) or not isinstance(dtype, numpy.dtype):
        return _BAD_STATE
    rule = flaw(dtype)
    if rule is not None:
        return rule
    count = math.prod(shape)
    if dtype.hasobject or dtype.kind == "T":
        if type(items) is not list:
            return _FORGED
        if dtype.itemsize > _LARGEST_ITEM:
            return "an item takes more memory than it has in the pickle"
        return None if len(items) == count else _BAD_STATE
    if not _is_text(items) or len(items) != count * dtype.itemsize:
        return _BAD_STATE
    return None


def _subclass_state(array, state):
    """A class's own __setstate__ takes what it wants."""
    parts = [state]
    for _ in range(4):
        inner = []
        for part in parts:
            if isinstance(part, numpy.dtype) and flaw(part):
                return _BAD_DTYPE
            if type(part) is not tuple:
                continue
            inner += part
            for at, dtype in enumerate(part):
                if isinstance(dtype, numpy.dtype) and 0 < at < len(part) - 2:
                    rule = _array_state(None, part[at - 1:at + 3])
                    if rule is not None:
                        return rule
        parts = inner
    return None


# --- Generators of random numbers --------------------------------------------

def _generator_state(generator, state):
    parts = [state]
    for _ in range(3):
        inner = []
        for part in parts:
            if type(part) is tuple:
                inner += part
            elif type(part) is dict:
                inner += part.values()
                for name, most in (("pos", 624), ("buffer_pos", 4)):
                    at = part.get(name, 0)
                    if not isinstance(at, (int, numpy.integer)):
                        return _BAD_STATE
                    if not 0 <= at <= most:
                        return "the generator's position is outside its state"
        parts = inner
    # RandomState's old form.
    if type(state) is tuple and len(state) in (3, 5):
        at = state[2]
        if not isinstance(at, (int, numpy.integer)) or not 0 <= at <= 624:
            return "the generator's position is outside its state"
    return None


def _generator_call(func, args, kwargs):
    bits = _find(("numpy.random",), "BitGenerator")
    ctor = _find(("numpy.random._pickle",), "__bit_generator_ctor")
    first, *others = (*args, *kwargs.values()) or (None,)
    good = isinstance(first, (str, bits)) or (
        isinstance(first, type) and issubclass(first, bits))
    if not (first is None or good) or any(other is not ctor
                                          for other in others):
        return "the arguments are no generators"
    return None


# --- Others ------------------------------------------------------------------

def _ufunc(func, args, kwargs):
    given = _named(("module", "name"), args, kwargs) or {}
    module = sys.modules.get(given.get("module"))
    name = given.get("name")
    if module is None or not isinstance(name, str) or not isinstance(
            vars(module).get(name), numpy.ufunc):
        return "the arguments name no ufunc"
    return None


def _never(func, args, kwargs):
    return "the function gives access to memory that it was not given"


def _not_called(func, args, kwargs):
    return "ufuncs are named, not called"


def _array_method(func, args, kwargs):
    return "methods of arrays, dtypes and scalars are not called"


def _array_new(func, args, kwargs):
    cls = args[0] if args else None
    check = of_call(cls) if isinstance(cls, type) else None
    return "no class is given" if check is None else check(cls, args[1:],
                                                           kwargs)


def _functions():
    checks = [
        (_core("multiarray", "_reconstruct"), _reconstruct),
        (_core("multiarray", "scalar"), _scalar),
        (_core("numeric", "_frombuffer"), _frombuffer),
        (numpy.frombuffer, _frombuffer),
        (numpy.fromstring, _frombuffer),
        (_find(("numpy.ma.core",), "_mareconstruct"), _mareconstruct),
        (_find(("numpy.lib._stride_tricks_impl", "numpy.lib.stride_tricks"),
               "as_strided"), _never),
        (_find(("numpy.ctypeslib", "numpy.ctypeslib._ctypeslib"), "as_array"),
         _never),
    ]
    # Two functions where NumPy 1's name is kept.
    for module in ("numpy._core", "numpy.core"):
        checks.append((_find((module,), "_ufunc_reconstruct"), _ufunc))
    for name in ("__bit_generator_ctor", "__generator_ctor",
                 "__randomstate_ctor"):
        checks.append((_find(("numpy.random._pickle",), name),
                       _generator_call))
    return {id(func): (func, check) for func, check in checks
            if func is not None}


_KINDS = (numpy.ndarray, numpy.dtype, numpy.generic)


def of_call(target):
    if isinstance(target, type):
        if issubclass(target, numpy.ndarray):
            return _array_call
        if issubclass(target, numpy.dtype):
            return _dtype_call
        return _subclass_call if issubclass(target, numpy.generic) else None
    if isinstance(target, numpy.ufunc):
        return _not_called
    found = _functions().get(id(target))
    if found is not None:
        return found[1]
    owner = getattr(target, "__objclass__", None)
    if owner is None:
        owner = getattr(target, "__self__", None)
        owner = owner if isinstance(owner, type) else type(owner)
    if not issubclass(owner, _KINDS):
        return None
    new = getattr(target, "__name__", None) == "__new__"
    return _array_new if new else _array_method


def of_state(cls):
    if issubclass(cls, numpy.dtype):
        return _dtype_state
    if issubclass(cls, numpy.ndarray):
        masked = _find(("numpy.ma",), "MaskedArray")
        known = {numpy.ndarray.__setstate__,
                 getattr(masked, "__setstate__", None)}
        return _array_state if cls.__setstate__ in known else _subclass_state
    bits = _find(("numpy.random",), "BitGenerator")
    legacy = _find(("numpy.random",), "RandomState")
    if bits is not None and issubclass(cls, (bits, legacy)):
        return _generator_state
    return None
