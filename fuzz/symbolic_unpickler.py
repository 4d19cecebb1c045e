"""CPython's own C unpickler, kept from importing or calling anything.

What a pickle names or calls becomes a symbol, which takes whatever a pickle can
do to it and remembers it, but for keyword arguments, which CPython copies. A
symbol is a class, because NEWOBJ asks for one; its hash does not depend on its
address, so that sets are ordered alike.
"""
import _pickle
import copyreg
import gc
import io
import struct

_ENCODINGS = ('ASCII', 'latin1', 'utf-8', 'bytes')


class Symbols(type):
    """The class of symbols: what CPython finds on one."""

    def __call__(cls, *args):
        return symbol('reduce', cls, *args)

    def __hash__(cls):
        return cls.stable_hash

    def __setitem__(cls, key, value):
        cls.posts.append(('setitem', key, value))

    def __buffer__(cls, flags):  # looked at since Python 3.12
        return memoryview(b'')

    @property
    def __setstate__(cls):
        return lambda state: cls.posts.append(('state', state))

    @property
    def extend(cls):
        return lambda items: cls.posts.extend(('append', x) for x in items)

    @property
    def append(cls):
        return lambda item: cls.posts.append(('append', item))

    @property
    def add(cls):
        return lambda item: cls.posts.append(('additem', item))


def _new(cls, *args, **kwargs):
    return symbol('newobj', cls, *args)


# Classes are slow to make: each load gives out those of the loads before again.
_symbols = []
_given_out = 0


def symbol(kind, *parts):
    """A new symbol: of a name, of a call or of a persistent id. It is one until
    the next load."""
    global _given_out
    if _given_out == len(_symbols):
        _symbols.append(Symbols('S', (), {'__new__': _new}))
    made = _symbols[_given_out]
    _given_out += 1
    first = parts[0]
    if type(first) is Symbols:
        stable_hash = first.stable_hash + 1
    else:
        stable_hash = hash(parts) if kind == 'global' else 1
    made.kind, made.parts, made.posts = kind, parts, []
    made.stable_hash = stable_hash
    return made


class Unpickler(_pickle.Unpickler):
    """CPython's, of which all classes are symbols."""

    def find_class(self, module, name):
        if not module or not name or '\0' in module + name:
            raise ImportError('no module or attribute can have the name')
        return symbol('global', module, name)

    def persistent_load(self, pid):
        return symbol('persid', pid)


_loads = 0


def load(data, encoding, buffers=None, unpickler=Unpickler):
    """(True, object) or (False, what the exception says)."""
    global _given_out, _loads
    _given_out = 0
    _loads += 1
    if _loads % 5000 == 0:  # pickles make cycles
        gc.collect()
    try:
        file = io.BufferedReader(io.BytesIO(data), len(data) + 1)
        return True, unpickler(file, encoding=_ENCODINGS[encoding],
                               buffers=buffers).load()
    except (Exception, MemoryError) as error:
        return False, '%s: %s' % (type(error).__name__, error)


def register_extension(code):
    """Lets EXT1, EXT2 and EXT4 find the code."""
    copyreg._inverted_registry[code] = ('extension', str(code))


def forget_extensions():
    copyreg._inverted_registry.clear()
    copyreg._extension_cache.clear()


class _Raw(str):
    """Text of the tree itself, not of a str in it."""


def _parts(x):
    """What a tree says of an object, and then what is in it."""
    kind = type(x)
    if kind is Symbols:
        yield _Raw('<' + x.kind)
        yield from x.parts
        for post in x.posts:
            yield _Raw('|' + post[0])
            yield from post[1:]
    elif kind is dict:
        yield _Raw('{')
        for key, value in x.items():
            yield key
            yield value
    else:
        yield _Raw(kind.__name__ + '(')
        yield from x
    yield _Raw(')')


def tree(root):
    """Everything that a pickle can say of an object, as one text."""
    out = []
    seen = {}
    todo = [iter((root,))]
    while todo:
        for x in todo[-1]:
            if type(x) is memoryview:  # READONLY_BUFFER of a bytearray
                x = x.obj
            kind = type(x)
            if kind is _Raw:
                out.append(x)
            elif kind is int:
                out.append('%x' % x)
            elif kind is float:
                out.append(struct.pack('>d', x).hex())
            elif kind is str or kind is bytes or x is None or kind is bool:
                out.append(ascii(x))
            elif kind in (tuple, frozenset) and not x:
                out.append(kind.__name__)
            elif id(x) in seen:
                out.append('#%d' % seen[id(x)])
            else:
                seen[id(x)] = len(seen)
                if kind is bytearray:
                    out.append(ascii(x))
                else:
                    todo.append(_parts(x))
                    break
        else:
            todo.pop()
    return ' '.join(out)
