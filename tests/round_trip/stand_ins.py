"""Compares pickles by what the real unpickler makes of them.

What a pickle imports is replaced by stand-ins. A stand-in remembers how it
came to be (a name, a call, `__new__`) and what was done to it (state, items),
so that any two pickles can be compared, whatever they import. What CPython's
pickler writes in place of an opcode that an old protocol lacks is resolved:
bytes, bytearrays, sets, dotted names and `__new__` with keywords compare equal
in every protocol.

Run as a program, it reads lines "ONE<tab>OTHER" of file names and prints a
line of JSON {"one", "other", "difference"} for each pair that differs. For
Python 3.8 and later.
"""
import _compat_pickle
import copyreg
import io
import itertools
import json
import pickle
import re
import struct
import sys

_CONSTRUCTORS = {'set': set, 'frozenset': frozenset, 'bytes': bytes,
                 'bytearray': bytearray}


class StandIn(type):
    """What stands for a class, a function or an object.

    Every stand-in is a class because NEWOBJ takes nothing else, and the result
    of any call may stand under NEWOBJ.

    kind, parts: how it came to be. steps: what was done to it since.
    """

    def __call__(cls, *args, **kwargs):
        return _called(cls, args, kwargs)

    def append(cls, item):
        cls.steps.append(('append', item))

    def extend(cls, items):
        cls.steps.extend(('append', item) for item in items)

    def add(cls, item):
        cls.steps.append(('add', item))

    def __setitem__(cls, key, value):
        cls.steps.append(('setitem', key, value))

    def __setstate__(cls, state):
        cls.steps.append(('state', state))


def _new(cls, *args, **kwargs):
    return _make(cls.log, 'new', cls, args, kwargs)


def _make(log, kind, *parts):
    made = StandIn('StandIn', (), {'__new__': _new, 'log': log, 'kind': kind,
                                   'parts': parts, 'steps': []})
    if kind != 'name':
        log.append(made)
    return made


def _named(value):
    """(module, name) of a stand-in for a name, else None."""
    if isinstance(value, StandIn) and value.kind == 'name':
        return value.parts
    return None


def _called(function, args, kwargs):
    name = _named(function)
    if name == ('copyreg', '__newobj__'):
        return _new(*args)
    if name == ('copyreg', '__newobj_ex__'):
        return _new(args[0], *args[1], **args[2])
    return _make(function.log, 'call', function, args, kwargs)


class _PartialNew:
    """functools.partial(cls.__new__, cls, ...), to be called with ()."""

    def __init__(self, function):
        self.function = function

    def __setstate__(self, state):
        _, self.args, self.kwargs, _ = state

    def __call__(self):
        return _new(*self.args, **self.kwargs)


class Loader(pickle.Unpickler):
    """One load. `log` lists the calls in the order they were made."""

    def __init__(self, data):
        super().__init__(io.BytesIO(data), encoding='latin1', buffers=(
            bytearray(b'buffer %d' % i) for i in itertools.count()))
        self.log = []
        self.names = {}

    def find_class(self, module, name):
        default = _compat_pickle.IMPORT_MAPPING.get(module, module), name
        module, name = _compat_pickle.NAME_MAPPING.get((module, name), default)
        if (module, name) == ('_codecs', 'encode'):
            return lambda text, codec: text.encode(codec)
        if (module, name) == ('builtins', 'getattr'):
            return self.attribute
        if (module, name) == ('functools', 'partial'):
            return self.partial
        if module == 'builtins' and name in _CONSTRUCTORS:
            return _CONSTRUCTORS[name]
        return self.named(module, name)

    def named(self, module, name):
        if (module, name) not in self.names:
            self.names[module, name] = _make(self.log, 'name', module, name)
        return self.names[module, name]

    def attribute(self, owner, name):
        full = _named(owner)
        if full:
            return self.named(full[0], full[1] + '.' + name)
        return _make(self.log, 'attribute', owner, name)

    def partial(self, function, *args):
        full = _named(function)
        if full and full[1].endswith('__new__') and not args:
            return _PartialNew(function)
        return _make(self.log, 'call', self.named('functools', 'partial'),
                     (function, *args), {})

    def persistent_load(self, pid):
        return _make(self.log, 'persistent', pid)


def _opened(value):
    """(what it is, its parts in order); no parts for an atom."""
    kind = type(value)
    if kind is StandIn:
        if value.kind == 'name':
            label, parts = list(value.parts), []
        elif value.kind in ('call', 'new'):
            function, args, kwargs = value.parts
            label = [len(args), *sorted(kwargs)]
            parts = [function, *args, *(kwargs[k] for k in sorted(kwargs))]
        else:
            label, parts = [], list(value.parts)
        label += [step[0] for step in value.steps]
        parts += [part for step in value.steps for part in step[1:]]
        return (value.kind, *label), parts
    if kind in (list, tuple):
        return (kind.__name__, len(value)), list(value)
    if kind is dict:
        return ('dict', len(value)), [x for pair in value.items()
                                      for x in pair]
    if kind in (set, frozenset):
        return (kind.__name__, len(value)), sorted(value, key=_description)
    if kind is float:
        return ('float', struct.pack('>d', value)), []
    if kind is memoryview:
        return ('memoryview', value.readonly, bytes(value)), []
    if kind is bytearray:
        return ('bytearray', bytes(value)), []
    assert kind in (type(None), bool, int, str, bytes) or callable(value), value
    return (kind.__name__, value if kind in (int, str, bytes, bool)
            else getattr(value, '__name__', None)), []


def _description(value, depth=4):
    """Orders the items of a set."""
    if depth == 0:
        return type(value).__name__
    if isinstance(value, (set, frozenset)):
        return repr(sorted(_description(item, depth - 1) for item in value))
    label, parts = _opened(value)
    return repr((label, [_description(part, depth - 1) for part in parts]))


def difference(one, other):
    """None if two Loaders loaded the same, else a sentence.

    The same means: equal, the same mutable and compound objects shared in the
    same places, and the same calls made in the same order.
    """
    todo = [('root', one.load(), other.load())]
    todo += [('call', x, y) for x, y in zip(one.log, other.log)]
    todo.reverse()
    if len(one.log) != len(other.log):
        return '%d calls, %d calls' % (len(one.log), len(other.log))
    there, back = {}, {}
    while todo:
        where, x, y = todo.pop()
        (x_label, x_parts), (y_label, y_parts) = _opened(x), _opened(y)
        if type(x) is not type(y) or x_label != y_label:
            return '%s: %.200r, %.200r' % (where, x_label, y_label)
        if not x_parts and type(x) not in (StandIn, list, dict, set,
                                           bytearray):
            continue
        if id(x) in there or id(y) in back:
            if there.get(id(x)) != id(y) or back.get(id(y)) != id(x):
                return '%s: sharing differs at %.200r' % (where, x_label)
            continue
        there[id(x)], back[id(y)] = id(y), id(x)
        todo += [(x_label[0], *pair) for pair in zip(x_parts, y_parts)][::-1]
    return None


def compare_files(one, other):
    with open(one, 'rb') as a, open(other, 'rb') as b:
        pickles = a.read(), b.read()
    try:
        return difference(*map(Loader, pickles))
    except Exception as error:  # whatever a pickle makes the loader raise
        unknown = re.match(r'unregistered extension code (\d+)$', str(error))
        if unknown:
            copyreg.add_extension('extension', unknown[1], int(unknown[1]))
            return compare_files(one, other)
        return '%s: %s' % (type(error).__name__, error)


def main():
    if hasattr(sys, 'set_int_max_str_digits'):
        sys.set_int_max_str_digits(0)
    for line in sys.stdin:
        one, other = line.rstrip('\n').split('\t')
        found = compare_files(one, other)
        if found:
            print(json.dumps({'one': one, 'other': other,
                              'difference': found}))


if __name__ == '__main__':
    main()
