"""What one pickle may cost whoever loads it."""


class Limits:
    """Bounds for load(), loads() and Unpickler; None bounds nothing.

    max_opcodes  opcodes executed
    max_memo     objects in the memo
    max_payload  bytes of one str, bytes, bytearray or int with a length prefix
    max_line     bytes of one argument that is a line of text
    max_digits   digits of one int in text; None leaves it at the
                 interpreter's own limit

    max_key_depth  tuples and frozensets in one another, and objects of classes
                 that are written in C, such as deques; a NumPy array counts
                 for more, so that some 125 are the most where 1000 are
    max_key_work  what Python may do to hash and compare keys, items of sets
                 and arguments, in units of some 5 ns: an object each time that
                 it is hashed or compared, 128 bytes of text, 4 digits of an
                 int. 16 units for each byte that was read come in addition

    Where allow or on_call is given, None means 1000 and 100,000,000 for the
    last two.

    A pickle that goes beyond one is refused with UnpicklingError. The objects
    of a pickle take at most its bytes and some hundred bytes for each opcode,
    so that max_opcodes with the size of the input bounds the memory. What the
    classes and functions that it calls take is not bounded, nor the time for
    keys of classes that have a __hash__ or __eq__ of their own.
    """

    __slots__ = ("max_opcodes", "max_memo", "max_payload", "max_line",
                 "max_digits", "max_key_depth", "max_key_work")

    def __init__(self, *, max_opcodes=None, max_memo=None, max_payload=None,
                 max_line=None, max_digits=None, max_key_depth=None,
                 max_key_work=None):
        for name, value in zip(self.__slots__, (max_opcodes, max_memo,
                                                max_payload, max_line,
                                                max_digits, max_key_depth,
                                                max_key_work)):
            if value is not None:
                if not isinstance(value, int) or isinstance(value, bool):
                    raise TypeError(f"{name} must be an int or None, not "
                                    f"{type(value).__name__}")
                if not 0 <= value < 1 << 64:
                    raise ValueError(f"{name} is out of range: {value}")
            object.__setattr__(self, name, value)

    @classmethod
    def untrusted(cls):
        """For pickles from people one does not trust."""
        return cls(max_opcodes=100_000_000, max_memo=10_000_000,
                   max_payload=1 << 30, max_line=1 << 20, max_digits=4300,
                   max_key_depth=1000, max_key_work=100_000_000)

    def __setattr__(self, name, value):
        raise AttributeError("Limits cannot be changed")

    def _values(self):
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other):
        if not isinstance(other, Limits):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self):
        return hash(self._values())

    def __reduce__(self):
        return _make, self._values()

    def __repr__(self):
        given = ", ".join(f"{name}={value}" for name, value in
                          zip(self.__slots__, self._values())
                          if value is not None)
        return f"Limits({given})"


def _make(*values):
    return Limits(**dict(zip(Limits.__slots__, values)))
