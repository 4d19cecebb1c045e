"""Answers `pkl5 conform` with the pickle module of the interpreter that runs it.

Usage: cpython.py [--pure] [--plain]

--pure takes the pure-Python unpickler and pickler. --plain calls what stands in
for plain data in old protocols, so that the object is the real one, and refuses
other globals; without it, all that a pickle names or calls is a symbol.
"""
import binascii
import codecs
import hashlib
import io
import json
import pickle
import struct
import sys

_LONG_INT = 512
_LONG_TEXT = 256


class Symbols(type):
    """The class of what a pickle names or calls, which remembers what is done
    to it."""

    def __call__(cls, *args):
        return _symbol('reduce', func=cls, args=args)

    def __setitem__(cls, key, value):
        cls.post.append(['setitem', [(key, value)]])

    def __setstate__(cls, state):
        cls.post.append(['state', state])

    def extend(cls, items):
        cls.post.append(['append', list(items)])

    def append(cls, item):
        cls.post.append(['append', [item]])

    def add(cls, item):
        cls.post.append(['additem', [item]])


def _new(cls, *args, **kwargs):
    if kwargs:
        return _symbol('newobj_ex', func=cls, args=args, kwargs=kwargs)
    return _symbol('newobj', func=cls, args=args)


def _symbol(kind, **parts):
    return Symbols('S', (), {'kind': kind, 'parts': parts, 'post': [],
                             '__new__': _new})


class _Tree:
    """The canonical tree of an object."""

    def __init__(self):
        self.ids = {}
        self.kept = []

    def _known(self, x, node):
        if id(x) in self.ids:
            return {'t': 'ref', 'id': self.ids[id(x)]}
        node['id'] = self.ids[id(x)] = len(self.ids)
        self.kept.append(x)
        return None

    def of(self, x):
        kind = type(x)
        if kind is memoryview:
            x, kind = x.obj, type(x.obj)
        if x is None:
            return {'t': 'none'}
        if kind is bool:
            return {'t': 'bool', 'v': x}
        if kind is int:
            return _int_node(x)
        if kind is float:
            return {'t': 'float', 'bits': struct.pack('>d', x).hex()}
        if kind is str:
            return _text_node(x)
        if kind is bytes:
            return _bytes_node('bytes', x)
        if kind is tuple and not x:
            return {'t': 'tuple', 'items': []}
        if kind is Symbols and x.kind == 'global' and not x.post:
            return self._parts(x, {'t': x.kind})
        node = {'t': kind.__name__}
        return self._known(x, node) or self._compound(x, kind, node)

    def _compound(self, x, kind, node):
        if kind is bytearray:
            node.update(_bytes_node('bytearray', x))
        elif kind is dict:
            node['items'] = [[self.of(k), self.of(v)] for k, v in x.items()]
        elif kind is Symbols:
            node['t'] = x.kind
            self._parts(x, node)
            if x.post:
                node['post'] = [self._post(*step) for step in x.post]
        else:
            node['items'] = [self.of(item) for item in x]
        return node

    def _parts(self, x, node):
        for name, part in x.parts.items():
            if x.kind == 'global':
                node[name] = part
            else:
                node[name] = self.of(part)
        return node

    def _post(self, kind, value):
        if kind == 'state':
            return [kind, self.of(value)]
        if kind == 'setitem':
            return [kind, [[self.of(k), self.of(v)] for k, v in value]]
        return [kind, [self.of(item) for item in value]]


def _int_node(x):
    if x.bit_length() <= _LONG_INT:
        return {'t': 'int', 'v': str(x)}
    data = x.to_bytes(x.bit_length() // 8 + 1, 'little', signed=True)
    return {'t': 'int', 'le_len': len(data),
            'le_sha256': hashlib.sha256(data).hexdigest()}


def _text_node(x):
    data = x.encode('utf-8', 'surrogatepass')
    node = {'t': 'str', 'cp': len(x)}
    if len(data) > _LONG_TEXT:
        node.update(u8len=len(data), sha256=hashlib.sha256(data).hexdigest())
    elif any('\ud800' <= c <= '\udfff' for c in x):
        node['u8hex'] = data.hex()
    else:
        node['v'] = x
    return node


def _bytes_node(kind, x):
    node = {'t': kind, 'len': len(x)}
    if len(x) > _LONG_TEXT:
        node['sha256'] = hashlib.sha256(x).hexdigest()
    else:
        node['hex'] = x.hex()
    return node


def _called_bytes(*args):
    # Python finds a bytearray equal to bytes: the call stands in for them.
    return bytes(bytearray(*args))


_PLAIN = {'_codecs.encode': codecs.encode, '__builtin__.set': set,
          '__builtin__.bytes': bytes, '__builtin__.frozenset': frozenset,
          '__builtin__.bytearray': _called_bytes}


def _plain_unpickler(base):

    class Unpickler(base):

        def find_class(self, module, name):
            # An overridden find_class is given Python 2's names.
            module = module.replace('builtins', '__builtin__')
            dotted = '%s.%s' % (module, name)
            if dotted not in _PLAIN:
                raise pickle.UnpicklingError('%s is not plain data' % dotted)
            return _PLAIN[dotted]

    return Unpickler


def _unpickler(base):

    class Unpickler(base):

        def find_class(self, module, name):
            return _symbol('global', module=module, name=name)

        def persistent_load(self, pid):
            return _symbol('persid', pid=pid)

    return Unpickler


def _answer(question, unpickler, dumps):
    verb, word, text = question.split(' ')
    data = b'' if text == '-' else binascii.unhexlify(text)
    try:
        loaded = unpickler(io.BytesIO(data)).load()
        if verb == 'accept':
            return {'accepted': True}
        if verb == 'dump':
            return {'pickle': dumps(loaded, int(word)).hex()}
        return {'tree': _Tree().of(loaded)}
    except EOFError as error:
        return {'error': 'truncated', 'message': str(error)}
    except Exception as error:
        return {'error': 'malformed',
                'message': '%s: %s' % (type(error).__name__, error)}


def main():
    sys.setrecursionlimit(20_000)
    pure = '--pure' in sys.argv
    make = _plain_unpickler if '--plain' in sys.argv else _unpickler
    unpickler = make(pickle._Unpickler if pure else pickle.Unpickler)
    dumps = pickle._dumps if pure else pickle.dumps
    for line in sys.stdin:
        print(json.dumps(_answer(line.rstrip('\n'), unpickler, dumps)),
              flush=True)


if __name__ == '__main__':
    main()
