"""Names, bytes and shapes that are made to mislead the command."""
import binascii
import bz2
import functools
import gzip
import json
import lzma
import os
import pickle
import re
import struct
import zipfile

import numpy
import pytest


@pytest.mark.parametrize('name', [b'x\xff', b'\xc3', b'a\xe2\x82',
                                  b'\xf0\x9f\x98', b'\xe9t\xe9', b'\xff\xfe'])
@pytest.mark.parametrize('verb', [
    ('verify', '--json'), ('scan', '--json'), ('load', '--format=json'),
    ('load', '--format=tree'), ('list', '--json')])
def test_names_that_are_no_utf8(pkl5, tmp_path, verb, name):
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, 'wb') as file:
        file.write(b'N.')
    second = ['/dev/null'] if verb[0] == 'load' else []
    done = pkl5(*verb, os.fsdecode(path), *second, code=None)
    assert done.returncode >= 0, done.returncode
    line = json.loads(done.stdout.splitlines()[0])
    assert os.fsencode(line['file']) == path


def test_title_of_a_treemap_that_is_no_utf8(pkl5, tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b'x\xff')
    with open(path, 'wb') as file:
        file.write(pickle.dumps([1]))
    page = pkl5('stat', '--html', '-', os.fsdecode(path)).stdout.decode()
    title = re.search(r'"title":("[^"]*")', page).group(1)
    assert os.fsencode(json.loads(title)) == path


def _str(text):
    return b'X' + struct.pack('<I', len(text)) + text.encode()


def _int(value):
    return b'J' + struct.pack('<i', value)


def _dtype(code, order, fields=None, unit=None):
    """Opcodes of a numpy.dtype with one field 'a', as NumPy pickles it."""
    names = b'N'
    if fields is not None:
        names = b'(' + _str('a') + b't'
        fields = b'}(' + _str('a') + b'(' + fields + _int(0) + b'tu'
    unit = b'' if unit is None else (
        b'}(' + _str(unit) + _int(1) * 3 + b't\x86')
    return (b'cnumpy\ndtype\n(' + _str(code) + b'\x89\x88tR(' + _int(3) +
            _str(order) + b'N' + names + (fields or b'N') + _int(8) +
            _int(-1) + _int(0) + unit + b'tb')


def _array(dtype, data=bytes(8), items=1):
    """A pickle of an array, as NumPy makes it in protocol 3."""
    return (b'\x80\x03cnumpy.core.multiarray\n_reconstruct\n('
            b'cnumpy\nndarray\n(' + _int(0) + b'tC\x01btR(' + _int(1) +
            b'(' + _int(items) + b't' + dtype + b'\x89C' +
            bytes([len(data)]) + data + b'tb.')


GOOD_DTYPES = [
    _dtype('f8', '<'), _dtype('f8', '>'), _dtype('i8', '='),
    _dtype('V8', '|'), _dtype('M8', '<', unit='ns'),
    _dtype('m8', '<', unit='generic'), _dtype('V8', '|', _dtype('f8', '<')),
]
BAD_DTYPES = [
    _dtype('f8', "<f100'), ('b', '<"), _dtype('f8', 'x'), _dtype('f8', '<<'),
    _dtype('V8', '|', _dtype('f8', "<V100'), ('b', '<")),
    _dtype('V8', '|', _dtype('f8', '<f100[')),
    _dtype('M8', '<', unit="ns]'), ('b', '<V999"), _dtype('M8', '<', unit='x'),
    _dtype('V8', '|', _dtype('M8', '<', unit="ns]'), ('b', '<V999")),
    _dtype("f8['), ('b', '<V9", '<'), _dtype('f8[ns]', '<'),
    _dtype('M8[ns]\'), ("b", \'V9]', '<'), _dtype('f 8', '<'),
    _dtype('f+8', '<'), _dtype('U4611686018427387906', '<'),
]


@pytest.mark.parametrize('dtype', GOOD_DTYPES, ids=range(len(GOOD_DTYPES)))
def test_dtypes_of_pickles(pkl5, tmp_path, dtype):
    path, other = tmp_path / 'a.pkl', tmp_path / 'b.pkl'
    path.write_bytes(_array(dtype))
    other.write_bytes(_array(dtype, b'\1' * 8))
    assert pkl5('load', path).stdout.startswith(b'array([')
    assert b'1 item differs' in pkl5('diff', path, other, code=None).stdout
    pkl5('extract', path, '-o', tmp_path / 'a.npy')
    numpy.load(tmp_path / 'a.npy')


@pytest.mark.parametrize('dtype', BAD_DTYPES, ids=range(len(BAD_DTYPES)))
def test_dtypes_that_are_forged(pkl5, tmp_path, dtype):
    path, other = tmp_path / 'a.pkl', tmp_path / 'b.pkl'
    path.write_bytes(_array(dtype))
    other.write_bytes(_array(dtype, b'\1' * 8))
    assert not pkl5('load', path).stdout.startswith(b'array([')
    pkl5('diff', path, other, code=1)
    pkl5('extract', path, '-o', tmp_path / 'a.npy', code=1)
    assert not (tmp_path / 'a.npy').exists()


def _npy(descr, shape, fortran=False):
    header = b"{'descr': %s, 'fortran_order': %r, 'shape': %r, }\n" % (
        descr.encode(), fortran, shape)
    return b'\x93NUMPY\1\0' + struct.pack('<H', len(header)) + header


@pytest.mark.parametrize('descr', [
    "'|V0'", "'|S0'", "'<U0'", '[]', "[('a', '|V0', (50, 50))]",
    "[('a', " + 20 * '(' + "'|S0'" + 20 * ', (50,))' + ')]'])
def test_items_without_bytes(pkl5, tmp_path, descr):
    paths = tmp_path / 'c.npy', tmp_path / 'f.npy'
    for fortran, path in enumerate(paths):
        path.write_bytes(_npy(descr, (2**20, 2**20), bool(fortran)))
        assert len(pkl5('load', '--full', path).stdout) < 20000
    assert pkl5('diff', *paths).stdout == b''


PACKS = [gzip.compress, bz2.compress, lzma.compress,
         functools.partial(lzma.compress, format=lzma.FORMAT_ALONE)]


@pytest.mark.parametrize('pack', PACKS, ids=range(len(PACKS)))
def test_uuencoded_text_in_what_is_packed(pkl5, pack):
    # Loaders take the text for a str, and run what stands behind it.
    text = (b'\nbegin 644 a\n' + binascii.b2a_uu(b'\x80\x04N.' + b'N.' * 10) +
            b'`\nend\n')
    data = pack(b'U' + bytes([len(text)]) + text +
                b'0cos\nsystem\n(Vtrue\ntR.\n')
    assert b'os.system' in pkl5('scan', '-', stdin=data, code=6).stdout
    assert b'os.system' in pkl5('load', '-', stdin=data).stdout


@pytest.mark.parametrize('program, data', [
    ('lrzip', b'LRZI\0\6'), ('lzop', b'\x89LZO\0\r\n\x1a\n'),
    ('grzip', b'GRZipII\0\x02\x04:)')])
def test_no_program_is_started(pkl5, tmp_path, program, data):
    started = tmp_path / 'started'
    script = tmp_path / program
    script.write_text('#!/bin/sh\ntouch %s\n' % started)
    script.chmod(0o755)
    environment = dict(os.environ, PATH='%s:/usr/bin:/bin' % tmp_path)
    for verb in 'scan', 'load':
        done = pkl5(verb, '-', stdin=gzip.compress(data + bytes(60)),
                    code=1, env=environment)
        assert b'program' not in done.stderr
    assert not started.exists()


@pytest.mark.parametrize('pack', PACKS, ids=range(len(PACKS)))
def test_each_layer_counts(pkl5, pack):
    packed = pickle.dumps(1)
    for _ in range(4):
        packed = pack(packed)
    assert pkl5('load', '-', stdin=packed).stdout == b'1\n'
    packed = pack(packed)
    assert b'too deep' in pkl5('load', '-', stdin=packed, code=3).stderr
    assert b'too deep' in pkl5('scan', '-', stdin=packed, code=7).stdout


def test_a_truncated_file_is_told(pkl5):
    packed = gzip.compress(pickle.dumps(1))[:-9]
    assert b'truncated' in pkl5('load', '-', stdin=packed, code=1).stderr
    assert b'truncated' in pkl5('scan', '-', stdin=packed, code=7).stdout
    # The bytes in front of the end may have been run.
    packed = gzip.compress(b'cos\nsystem\n(Vtrue\ntR.')[:-9]
    pkl5('load', '-', stdin=packed, code=1)
    assert pkl5('scan', '-', stdin=packed, code=None).returncode in (6, 7)
    # A reserved flag, of which Python takes no notice.
    flagged = bytearray(gzip.compress(pickle.dumps(1)))
    flagged[3] |= 0x80
    for packed in gzip.compress(b''), flagged:
        assert b'no content' in pkl5('load', '-', stdin=packed, code=1).stderr
        assert b'no content' in pkl5('scan', '-', stdin=packed, code=7).stdout


BAD_NAME = 'a\x1b[31m\nsafe.pkl: safe\x9b\u202e'
SHOWN_NAME = b'a\\x1b[31m\\nsafe.pkl: safe\\x9b\\u202e'


def _is_plain(done):
    output = done.stdout + done.stderr
    assert b'\nsafe.pkl' not in output and b'\x1b' not in output
    assert '\x9b' not in output.decode() and '\u202e' not in output.decode()
    return output


@pytest.mark.parametrize('verb', ['scan', 'load', 'stat', 'dis', 'verify'])
def test_names_of_globals_are_escaped(pkl5, verb):
    name = BAD_NAME.encode()
    data = b'\x80\x04\x8c\x02os\x8c' + bytes([len(name)]) + name + b'\x93)R.'
    output = _is_plain(pkl5(verb, '-', stdin=data, code=None))
    assert SHOWN_NAME in output or verb == 'verify'


@pytest.mark.parametrize('verb', ['scan', 'load', 'stat', 'dis', 'list'])
def test_names_of_members_are_escaped(pkl5, tmp_path, verb):
    path = tmp_path / 'a.zip'
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr(BAD_NAME + '.pkl', b'N.')
        archive.writestr('b.pkl', b'N.')
    assert SHOWN_NAME in _is_plain(pkl5(verb, path))
    output = _is_plain(pkl5('load', path, '--member', 'none', code=1))
    assert SHOWN_NAME in output


@pytest.mark.parametrize('name', [BAD_NAME.encode(), b'\xff\x9b', b'\x1b[2J'])
@pytest.mark.parametrize('verb', ['scan', 'load', 'stat', 'dis', 'verify'])
def test_names_of_files_are_escaped(pkl5, tmp_path, verb, name):
    path = os.path.join(os.fsencode(tmp_path), name)
    with open(path, 'wb') as file:
        file.write(b'N.')
    _is_plain(pkl5(verb, os.fsdecode(path), os.fsdecode(path)))
    os.remove(path)
    _is_plain(pkl5(verb, os.fsdecode(path), code=4))


def test_printable_names_stay(pkl5, tmp_path):
    path = tmp_path / "caf\xe9 'x\\y'.pkl"
    path.write_bytes(b'N.')
    assert path.name.encode() + b': safe' in pkl5('scan', path).stdout


@pytest.mark.parametrize('verb', ['load', 'stat'])
def test_pickles_that_only_name_joblib(pkl5, tmp_path, verb):
    path = tmp_path / 'several.pkl'
    wrapper = b'cjoblib.numpy_pickle\nNumpyArrayWrapper\n'
    path.write_bytes(wrapper + b')\x81}(Vshape\nNub.' + wrapper + b'.K\x01.')
    pkl5(verb, path)
    pkl5(verb, '--all', path)
    if verb == 'load':
        assert pkl5(verb, '--all', path).stdout.splitlines()[-1] == b'1'


def test_verify_of_a_packed_archive(pkl5, tmp_path):
    path = tmp_path / 'a.pkl'
    path.write_bytes(pickle.dumps(['text', b'x' * 100]))
    archive = tmp_path / 'a.pkl5'
    pkl5('convert', path, archive)
    data = archive.read_bytes()
    wanted = pkl5('verify', '-', stdin=data).stdout
    assert b': ok' in wanted
    assert pkl5('verify', '-', stdin=gzip.compress(data)).stdout == wanted
    at = data.index(b'x' * 100)
    broken = data[:at] + b'y' + data[at + 1:]
    done = pkl5('verify', '-', stdin=gzip.compress(broken), code=None)
    assert done.returncode == pkl5('verify', '-', stdin=broken,
                                   code=None).returncode != 0
