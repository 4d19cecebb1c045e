"""The standard library's pickletools, with genops, dis and optimize in C++.

The three give what the standard library's give: the same tuples, with its own
OpcodeInfo objects, the same text, the same bytes, and the same exceptions.
Every other name is the standard library's.
"""

import pickletools as _stdlib
import sys as _sys
import types as _types

from pkl5 import _pkl5

globals().update({_name: _value for _name, _value in vars(_stdlib).items()
                  if not _name.startswith("__")})

__all__ = _stdlib.__all__

# By opcode byte.
_INFOS = tuple(_stdlib.code2op.get(chr(_code)) for _code in range(256))


def genops(pickle):
    """Generate (opcode, arg, pos) for all the opcodes in a pickle.

    ``pickle`` is bytes, a bytearray, or a file open for reading. Of a file that
    can seek more is read than is needed at first; once the generator ends, in
    whatever way, the file stands behind the last opcode that was generated.
    """
    if isinstance(pickle, (bytes, bytearray)):
        yield from _pkl5.OpcodeIterator(bytes(pickle), None, 0, _INFOS)
        return
    try:
        seekable = pickle.seekable()
    except AttributeError:
        seekable = False
    if not seekable:
        # What follows the pickle must be left to others.
        yield from _stdlib.genops(pickle)
        return
    operations = _pkl5.OpcodeIterator(b"", pickle.read, pickle.tell(), _INFOS)
    try:
        yield from operations
    finally:
        pickle.seek(operations.place)


# The standard library's own code, over the generator above: for what follows
# options that change the text, and for errors at their place in it.
_dis = _types.FunctionType(_stdlib.dis.__code__,
                           {**vars(_stdlib), "genops": genops}, "dis",
                           _stdlib.dis.__defaults__)


def _has_colors(out):
    """Whether the standard library colors what it writes there: from 3.15 on."""
    get_theme = getattr(_stdlib, "get_theme", None)
    return get_theme is not None and bool(
        get_theme(tty_file=out).pickletools.reset)


def dis(pickle, out=None, memo=None, indentlevel=4, annotate=0):
    """Produce a symbolic disassembly of a pickle, as pickletools.dis() does."""
    text = None
    if (isinstance(pickle, (bytes, bytearray)) and memo is None
            and indentlevel == 4 and not annotate and not _has_colors(out)):
        text = _pkl5.disassemble(bytes(pickle), _INFOS)
    if text is None:
        _dis(pickle, out, memo, indentlevel, annotate)
    else:
        (_sys.stdout if out is None else out).write(text)


def optimize(p):
    """Optimize a pickle by removing unused PUT opcodes."""
    optimized = None
    if isinstance(p, (bytes, bytearray)):
        optimized = _pkl5.optimize(bytes(p), _INFOS)
    return _stdlib.optimize(p) if optimized is None else optimized


def _main(args=None):
    """Do as ``python -m pickletools`` of this interpreter does."""
    from pkl5 import command_line
    command_line.run(_stdlib, {"dis": dis}, args)


if __name__ == "__main__":
    _main()
