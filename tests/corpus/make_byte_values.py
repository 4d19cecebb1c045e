"""Writes byte_values.tsv: what the pickles of byte_value_pickles.py become when
one of their bytes takes each of the 256 values.

    python3.13 make_byte_values.py REFERENCE_VM [NAME OFFSET]

REFERENCE_VM is the executable reference of strict mode, a Python module with
parse(data, encoding=, nbuffers=), to_json(tree) and PvmError(code, pos). What
compat mode is to do is asked of the C unpickler of the Python that runs this
(which prints SystemError for a BYTEARRAY8 that is cut short).
With NAME and OFFSET, prints the 256 outcomes at that byte instead.
"""
import hashlib
import importlib.util
import json
import pathlib
import pickle
import resource
import sys

_HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE))
sys.path.insert(0, str(_HERE.parents[1] / 'fuzz'))
# CPython takes memory on the word of a memo index.
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

import byte_value_pickles  # noqa: E402
import symbolic_unpickler  # noqa: E402

_HEADER = '''\
# Written by make_byte_values.py with CPython %s. A row of a pickle: name,
# encoding, buffers or none, its bytes. A row of a byte of it, for each in turn:
# the start of the SHA-256 of the 256 lines that strict mode gives (the
# canonical tree, or CODE@offset) when the byte is 0 to 255; which of them
# compat mode loads, as hex digits, the highest for 252 to 255.
'''


def _reference(path):
    spec = importlib.util.spec_from_file_location('reference', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _exceptions(mode):
    """{(name, offset, value): what this library does} where it is right."""
    rows = {}
    with open(_HERE / 'byte_value_exceptions.tsv', encoding='ascii') as lines:
        for line in lines:
            if line.startswith('#'):
                continue
            of, name, offset, value, here, reason = line.rstrip('\n').split('\t')
            assert reason
            if of == mode:
                rows[name, int(offset), int(value)] = here
    return rows


def _strict(reference, data, encoding, buffers):
    try:
        tree = reference.parse(data, encoding=encoding,
                               nbuffers=None if buffers else 0)[0]
    except reference.PvmError as error:
        return '%s@%d' % (error.code, error.pos)
    return json.dumps(reference.to_json(tree), sort_keys=True)


class _PythonUnpickler(pickle._Unpickler):
    """CPython's other unpickler, of which the memo is a dict."""

    find_class = symbolic_unpickler.Unpickler.find_class
    persistent_load = symbolic_unpickler.Unpickler.persistent_load


_UNKNOWN = 'ValueError: unregistered extension code '


def _compat(data, encoding, buffers):
    encoding = ('ASCII', 'latin1').index(encoding)
    symbolic_unpickler.forget_extensions()
    unpickler = symbolic_unpickler.Unpickler
    while True:
        given = None
        if buffers:
            given = iter(lambda: symbolic_unpickler.symbol('buffer', 0), None)
        loads, result = symbolic_unpickler.load(data, encoding, given,
                                                unpickler)
        if loads:
            return 'ok'
        if result.startswith(_UNKNOWN):
            symbolic_unpickler.register_extension(int(result[len(_UNKNOWN):]))
        elif (result.startswith('MemoryError') and
              unpickler is not _PythonUnpickler):
            unpickler = _PythonUnpickler
        else:
            return 'error'


class _Outcomes:
    """The 256 lines of one byte in one mode, exceptions put right."""

    def __init__(self, mode, ask):
        self._mode, self._ask = mode, ask
        self._exceptions = _exceptions(mode)

    def __call__(self, name, encoding, buffers, data, offset):
        lines = []
        for value in range(256):
            changed = bytearray(data)
            changed[offset] = value
            line = self._ask(bytes(changed), encoding, buffers)
            here = self._exceptions.pop((name, offset, value), line)
            if here is not line:
                assert here != line, (self._mode, name, offset, value)
            lines.append(here)
        return lines

    def end(self):
        assert not self._exceptions, self._exceptions


def main():
    reference = _reference(sys.argv[1])
    strict = _Outcomes('strict', lambda *case: _strict(reference, *case))
    compat = _Outcomes('compat', _compat)
    pickles = byte_value_pickles.base_pickles()
    if len(sys.argv) > 2:
        case = next(row for row in pickles if row[0] == sys.argv[2])
        for value, both in enumerate(zip(strict(*case, int(sys.argv[3])),
                                         compat(*case, int(sys.argv[3])))):
            print(value, *both)
        return
    with open(_HERE / 'byte_values.tsv', 'w', encoding='ascii') as out:
        out.write(_HEADER % sys.version.split()[0])
        for case in pickles:
            name, encoding, buffers, data = case
            print(name, encoding, 'buffers' if buffers else 'none',
                  data.hex(), sep='\t', file=out)
            for offset in range(len(data)):
                lines = ''.join(line + '\n' for line in strict(*case, offset))
                loads = sum((line == 'ok') << value for value, line in
                            enumerate(compat(*case, offset)))
                print(hashlib.sha256(lines.encode()).hexdigest()[:16],
                      '%064x' % loads, sep='\t', file=out)
    strict.end()
    compat.end()


if __name__ == '__main__':
    main()
