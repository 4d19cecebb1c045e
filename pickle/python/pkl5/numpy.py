"""Arrays out of band that NumPy itself keeps in-band.

``pkl5.dumps(obj, 5, buffer_callback=..., reducers=pkl5.numpy)`` hands to the
callback, beyond what NumPy does, the memory of

- arrays of datetime64 and timedelta64, and of structures with such fields,
- arrays that are not contiguous, at the price of one copy,
- instances of subclasses of ndarray that inherit its reduction.

Stock ``pickle.loads(data, buffers=...)`` loads them, without pkl5: what stands in
the pickle is a call of ``numpy.ndarray(shape, dtype, buffer, 0, None, order)``,
for subclasses of ``numpy.ndarray.__new__``.

What is loaded equals what NumPy's own form loads, but that it keeps its byte
order. It is writable if the buffer is that it is given: those of arrays that were
readonly are not, but for copies.

``dispatch_table`` can be given to a ``pickle.Pickler`` as well.
"""

import copyreg
import pickle

import numpy

__all__ = ["dispatch_table", "reduce"]

# Who changes one of these may want to see what NumPy gives to the others.
_INHERITED = ("__reduce__", "__reduce_ex__", "__setstate__")

# Of what these kinds of items hold nothing but their bytes counts.
_KINDS = frozenset("biufcmMSUV")


def reduce(array):
    """The reduction of an array, for protocol 5."""
    dtype = array.dtype
    if dtype.hasobject or dtype.kind not in _KINDS or not array.nbytes:
        return array.__reduce_ex__(5)
    cls = type(array)
    plain = array.view(numpy.ndarray)
    contiguous = plain.flags.c_contiguous or plain.flags.f_contiguous
    if cls is numpy.ndarray and contiguous and _exports(plain):
        return array.__reduce_ex__(5)
    order = "C"
    if not contiguous:
        plain = plain.copy("C")
    elif not plain.flags.c_contiguous:
        order = "F"
        plain = plain.T
    items = plain.reshape(-1).view(numpy.uint8)
    arguments = (array.shape, dtype, pickle.PickleBuffer(items), 0, None, order)
    if cls is numpy.ndarray:
        return numpy.ndarray, arguments
    # The class itself may want other arguments.
    return numpy.ndarray.__new__, (cls, *arguments)


def _exports(array):
    try:
        pickle.PickleBuffer(array).release()
    except (BufferError, ValueError):
        return False
    return True


class _DispatchTable(dict):
    """The live table of copyreg, and reduce() for the classes above."""

    def __missing__(self, cls):
        found = copyreg.dispatch_table.get(cls)
        if found is not None:
            return found
        if numpy.ndarray in cls.__mro__ and all(
                getattr(cls, name) is getattr(numpy.ndarray, name)
                for name in _INHERITED):
            return reduce
        raise KeyError(cls)


dispatch_table = _DispatchTable()
