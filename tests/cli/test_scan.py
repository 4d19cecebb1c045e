"""pkl5 scan: verdicts, exit codes, and what it finds inside archives."""
import base64
import bz2
import gzip
import io
import json
import lzma
import pickle
import struct
import zipfile
import zlib

import numpy
import pytest

SAFE, MALFORMED, IO, UNKNOWN, DANGEROUS, UNSCANNED = 0, 1, 4, 5, 6, 7

EVIL = b'cos\nsystem\n(Vtrue\ntR.'
STRANGE = b'cshop\nItem\n)R.'


@pytest.fixture
def scan(pkl5, tmp_path):
    """scan(bytes, code): the only member's name, verdict and error."""
    def run(data, code):
        path = tmp_path / 'scanned'
        path.write_bytes(data)
        report = json.loads(pkl5('scan', '--json', path, code=code).stdout)
        member, = report['members']
        assert report['verdict'] == member['verdict']
        return member
    return run


def test_exit_codes_and_text(pkl5, tmp_path):
    def file(name, data):
        path = tmp_path / name
        path.write_bytes(data)
        return path
    safe = file('safe', pickle.dumps([1]))
    unknown = file('unknown', STRANGE)
    evil = file('evil', EVIL)
    malformed = file('malformed', b'(')
    assert pkl5('scan', safe).stdout.endswith(b'safe: safe\n')
    assert pkl5('scan', '-q', safe).stdout == b''
    done = pkl5('scan', unknown, safe, code=UNKNOWN)
    assert b'shop.Item is not on the allow-list (unknown)' in done.stdout
    assert b'os.system' in pkl5('scan', safe, evil, unknown,
                                code=DANGEROUS).stdout
    pkl5('scan', malformed, unknown, code=MALFORMED)
    pkl5('scan', tmp_path / 'none', code=IO)
    pkl5('scan', tmp_path / 'none', evil, code=DANGEROUS)


def test_allow(pkl5, tmp_path):
    allowed = tmp_path / 'allowed'
    allowed.write_text('shop.Item\n')
    pkl5('scan', '--allow', allowed, '-', stdin=STRANGE)
    allowed.write_text('shop Item\n')
    assert b'line 1' in pkl5('scan', '--allow', allowed, '-', stdin=STRANGE,
                             code=2).stderr


@pytest.mark.parametrize('pack', [gzip.compress, zlib.compress, bz2.compress,
                                  lzma.compress])
def test_compressed(scan, pack):
    assert scan(pack(pickle.dumps({1})), SAFE)['verdict'] == 'safe'
    assert scan(pack(pack(EVIL)), DANGEROUS)['verdict'] == 'dangerous'


def _zip(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, 'w') as archive:
        for name, data in members.items():
            archive.writestr(name.replace('__', '/').replace('_', '.'), data)
    return file.getvalue()


def test_zip_as_torch_writes_it(scan):
    state = (b'\x80\x02ccollections\nOrderedDict\n)R(X\x01\x00\x00\x00w'
             b'ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storage'
             b'ctorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01'
             b'tQK\x00K\x01\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtRu.')
    member = scan(_zip(model__data_pkl=state, model__data__0=b'(((('), SAFE)
    assert member['member'] == 'model/data.pkl'
    scan(_zip(model__data_pkl=EVIL, model__data__0=b'(((('), DANGEROUS)
    assert scan(_zip(readme_txt=b'hello'), UNSCANNED)['error']


def _flipped(data, magic, at):
    changed = bytearray(data)
    changed[changed.index(magic) + at] ^= 1
    return bytes(changed)


@pytest.mark.parametrize('magic,checksum', [(b'PK\3\4', 14), (b'PK\1\2', 16)])
def test_a_wrong_checksum_hides_nothing(pkl5, tmp_path, magic, checksum):
    path = tmp_path / 'model.pt'
    path.write_bytes(_flipped(_zip(model__data_pkl=EVIL), magic, checksum))
    pkl5('scan', path, code=DANGEROUS)


def test_what_is_cut_short_hides_nothing(pkl5, tmp_path):
    path = tmp_path / 'model.pkl.z'
    path.write_bytes(zlib.compress(EVIL)[:-3])
    pkl5('scan', path, code=DANGEROUS)


def test_a_member_of_two_names_is_seen(pkl5, tmp_path):
    path = tmp_path / 'model.pt'
    for data, code in ((EVIL, DANGEROUS), (b'N.', UNSCANNED)):
        data = _zip(a_pkl=b'N.', model__data_pkl=data)
        path.write_bytes(data.replace(b'model/data.pkl', b'model/data.bin', 1))
        pkl5('scan', path, code=code)


def _zip64(data):
    """The zip, its one member's offset and its directory as zip64 has them."""
    begin, end = data.index(b'PK\1\2'), data.index(b'PK\5\6')
    entry = bytearray(data[begin:end])
    extra = struct.pack('<HHIHHQ', 9, 4, 0, 1, 8,
                        struct.unpack_from('<I', entry, 42)[0])
    struct.pack_into('<H', entry, 30, len(extra))
    struct.pack_into('<I', entry, 42, 0xffffffff)
    entry += extra
    return (data[:begin] + entry
            + struct.pack('<4sQHHIIQQQQ', b'PK\6\6', 44, 45, 45, 0, 0, 1, 1,
                          len(entry), begin)
            + struct.pack('<4sIQI', b'PK\6\7', 0, begin + len(entry), 1)
            + struct.pack('<4s4H2IH', b'PK\5\6', 0, 0, 1, 1, 0xffffffff,
                          0xffffffff, 0))


def test_zip64_is_read(scan):
    scan(_zip64(_zip(a_pkl=b'N.')), SAFE)
    scan(_zip64(_zip(a_pkl=EVIL)), DANGEROUS)
    scan(b'in front' + _zip(a_pkl=b'N.'), MALFORMED)


def _patched(data, magic, at, value):
    """With two bytes behind the last of these magic bytes in their place."""
    changed = bytearray(data)
    struct.pack_into('<H', changed, changed.rindex(magic) + at, value)
    return bytes(changed)


_GOOD = _zip(a_pkl=b'N.')
_GOOD64 = _zip64(_GOOD)


_BROKEN = {
    'no member': _zip(),
    'short end': _GOOD[:-4],
    'long tail': _GOOD + bytes(70000),
    'large directory': _patched(_GOOD, b'PK\5\6', 12, 0xffff),
    'far directory': _patched(_GOOD, b'PK\5\6', 16, 0xffff),
    'directory begins late': _patched(_GOOD, b'PK\5\6', 12, 45),
    'long name': _patched(_GOOD, b'PK\1\2', 28, 0xffff),
    'wrong place': _patched(_GOOD, b'PK\1\2', 42, 1),
    'far place': _patched(_GOOD, b'PK\1\2', 42, 0xfff0),
    'no zip64 end': _patched(_GOOD64, b'PK\6\6', 0, 0),
    'large zip64 directory': _patched(_GOOD64, b'PK\6\6', 42, 1),
    'short zip64 field': _GOOD64.replace(b'\1\0\x08\0', b'\1\0\x04\0'),
    'no zip64 field': _GOOD64.replace(b'\1\0\x08\0', b'\2\0\x08\0'),
    'long field': _GOOD64.replace(b'\1\0\x08\0', b'\2\0\xff\0'),
}


@pytest.mark.parametrize('broken', _BROKEN.values(), ids=_BROKEN)
def test_a_zip_whose_directory_is_broken_is_unscanned(pkl5, tmp_path, broken):
    path = tmp_path / 'broken.zip'
    path.write_bytes(broken)
    report = json.loads(pkl5('scan', '--json', path, code=UNSCANNED).stdout)
    assert any(member.get('error') for member in report['members'])


@pytest.mark.parametrize('data,code', [
    (b'\x80\x04N.', SAFE),
    (b'\x80\x04' + EVIL + b'.', DANGEROUS),
    (zlib.compress(EVIL + b'.'), DANGEROUS),
    (b'\x80\x06' + EVIL + b'.', UNSCANNED),
    (b'N', UNSCANNED),
])
def test_members_without_a_suffix_are_known_by_their_first_bytes(scan, data,
                                                                 code):
    member = scan(_zip(member=data), code)
    assert member['member'] == ('' if code == UNSCANNED else 'member')


def test_members_of_archives_in_archives_are_named(scan):
    inner = _zip(b_pkl=EVIL)
    assert scan(_zip(a_zip=inner), DANGEROUS)['member'] == 'a.zip/b.pkl'


def test_a_member_that_does_not_unpack_is_told(pkl5, tmp_path):
    path = tmp_path / 'models.zip'
    path.write_bytes(_zip(a_pkl=gzip.compress(b'N.' * 9)[:-6], b_pkl=EVIL))
    report = json.loads(pkl5('scan', '--json', path, code=None).stdout)
    assert report['verdict'] != 'safe'
    assert any('broken' in member['error']['message']
               for member in report['members'] if member.get('error'))


def test_a_bomb_of_zlib_is_not_unpacked(scan):
    bomb = zlib.compress(zlib.compress(bytes(80 << 20), 9), 9)
    assert '64 MiB' in scan(bomb, UNSCANNED)['error']['message']


def test_npy_and_npz(scan, pkl5, tmp_path):
    numbers, objects = tmp_path / 'n.npy', tmp_path / 'o.npy'
    numpy.save(numbers, numpy.arange(3))
    numpy.save(objects, numpy.array([1, 'x', None], dtype=object))
    pkl5('scan', numbers, objects)
    header = objects.read_bytes()
    evil = header[:header.index(b'\n') + 1] + EVIL
    scan(evil, DANGEROUS)
    path = tmp_path / 'both.npz'
    numpy.savez_compressed(path, a=numpy.arange(3),
                           b=numpy.array([{}], dtype=object))
    report = json.loads(pkl5('scan', '--json', path).stdout)
    assert [m['member'] for m in report['members']] == ['a.npy', 'b.npy']
    scan(_zip(evil_npy=evil), DANGEROUS)
    scan(_zip(evil=evil), DANGEROUS)  # numpy.load goes by what is inside


def test_what_cannot_be_opened_is_unscanned(scan):
    good = pickle.dumps('good')
    assert 'broken' in scan(gzip.compress(good)[:-12],
                            UNSCANNED)['error']['message']
    assert 'broken' in scan(zlib.compress(good)[:-6],
                            UNSCANNED)['error']['message']
    scan(b'PK\x03\x04 not a zip', UNSCANNED)
    nested = pickle.dumps(1)
    for _ in range(6):
        nested = zlib.compress(nested)
    assert 'deep' in scan(nested, UNSCANNED)['error']['message']


def test_a_bomb_is_not_unpacked(scan):
    bomb = gzip.compress(gzip.compress(bytes(1 << 30), 9), 9)
    assert '64 MiB' in scan(bomb, UNSCANNED)['error']['message']


# What joblib 1.6 wrote of {'tree': fields, 'names': objects, 'x': doubles,
# 'again': [ints]}, zlib-compressed.
_JOBLIB = zlib.decompress(base64.b64decode(
    'eNqFU0tr20AQliybuGkeNmmTQ5tLD3kcIsgl9FBwim9ZqkAP7SmIlbzJKlk9WK3aGhpID3'
    'ZsWOiho/+Zf+DsSrKR60LnoJlZvtn55hvtQzPvmUZh93Akm4ITAnLnNvZY4NlRFiZDNwn8'
    'O6ZOu45OP3KOh185ThLC4Q8c/wJd2E4zz2c4TUG2iiqQa9EAa6wCyVZKcUIANUYqjvlAlU'
    'qzr+KBGKpz2p5HCmt9OT2D6eQRPsMRsqT5ExzZZORaKPg3zDICY92S7tKubATv69AP4DjO'
    'xUxZ8UGGAA8ZY6B7Gntdw9L9fyDbY8hQB5moozK5jhmLv7thiBOYyDelFsVELmbBTRSSSL'
    'jeUJAUUCfzWvqemfEfyz9VgZIJh6qUNksF6Rpdpy+1QHSTbtFtTfiyTvj1MuGeokgPpvRQ'
    '935o5b/n9+4WRG3Xjzmxw4yJoNyC3HA58eMoFTzzRbGU1UUhYwR904OyqVnQsWq7WaJUrG'
    'aF1PRK/Q4mBoeoxM6P57zMHyuzIms8n/YdPZiUs2zO6ras3lOvCs5L1658p/KvzvOThb74'
    'BgcRXP3d1Voo/HbR88VKv+pNGI3K48x+BjB7H2c='))


def test_arrays_of_joblib_are_passed_over(scan):
    member = scan(_JOBLIB, SAFE)
    assert {name['name'] for name in member['names']} == {
        'joblib.numpy_pickle.NumpyArrayWrapper', 'numpy.ndarray', 'numpy.dtype',
        'numpy._core.multiarray._reconstruct'}
    for pack in gzip.compress, zlib.compress, bz2.compress, lzma.compress:
        scan(pack(_JOBLIB), SAFE)


_EVIL_CALL = b'cos\nsystem\n(Vtrue\ntR'


def _array(data=b'12345678', dtype=b'f8', shape=b'K\1\x85', alignment=b'N',
           size=b'J\xff\xff\xff\xff', make=b'cjoblib.numpy_pickle\n'
           b'NumpyArrayWrapper\n)\x81', more=b''):
    """A wrapper with its state, and what stands behind it."""
    return (make + b'}(Vshape\n' + shape + b'Vdtype\ncnumpy\ndtype\n(V' + dtype +
            b'\n\x89\x88tR(K\3V<\nNNN' + size + b'J\xff\xff\xff\xffK\0tb'
            b'Vnumpy_array_alignment_bytes\n' + alignment + more + b'ub' + data)


@pytest.mark.parametrize('arrays,code', [
    (_array(), SAFE),
    (_array(dtype=b'S3', data=b'abc', size=b'K\3'), SAFE),
    (_array(shape=b'K\0\x85', data=b''), SAFE),
    (_array(shape=b')'), SAFE),
    (_array(alignment=b'K\x10', data=b'\2\xff\xff12345678'), SAFE),
    (_array(dtype=b'O8', data=pickle.dumps([1, None])), SAFE),
    # What joblib runs, and what pickle.load would run.
    (_array() + _EVIL_CALL, DANGEROUS),
    (_array(dtype=b'O8', data=_EVIL_CALL + b'.'), DANGEROUS),
    (_array(data=_EVIL_CALL, dtype=b'S%d' % len(_EVIL_CALL),
            size=b'K' + bytes([len(_EVIL_CALL)])), DANGEROUS),
    # It is not certain how far joblib would read.
    (_array(data=b'1234'), UNSCANNED),
    (_array(shape=b'J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86'), UNSCANNED),
    (_array(shape=b'(' + b'J\xff\xff\xff\x7f' * 3 + b't'), UNSCANNED),
    (_array(shape=b'K\1'), UNSCANNED),
    (_array(shape=b'J\xff\xff\xff\xff\x85'), UNSCANNED),
    (_array(dtype=b'z8'), UNSCANNED),
    (_array(dtype=b'S3', data=b'abc', size=b'K\4'), UNSCANNED),
    (_array(dtype=b'f8', size=b'K\4'), UNSCANNED),
    (_array(dtype=b'f08'), UNSCANNED),
    (_array(alignment=b'K\x10', data=b'\xff12345678'), UNSCANNED),
    (_array(more=b'Vshape\nK\0\x85'), UNSCANNED),
    (_array(more=b'Vread\nN'), UNSCANNED),
    (_array(more=b'K\1N'), UNSCANNED),
    (_array(make=b'ccopyreg\n_reconstructor\n(cjoblib.numpy_pickle\n'
            b'NumpyArrayWrapper\ncbuiltins\nobject\nNtR'), UNSCANNED),
    (_array(make=b'cjoblib.numpy_pickle\nNumpyArrayWrapper\n)R'), UNSCANNED),
    (_array(make=b'cjoblib.numpy_pickle\nNumpyArrayWrapper\n2)\x81'),
     UNSCANNED),
    (_array(data=b'12345678}b'), UNSCANNED),
    (_array(dtype=b'O8', data=_array() + b'.'), UNSCANNED),
    (_array() + b'h\x63', UNSCANNED),
])
def test_joblib_where_it_is_certain(scan, arrays, code):
    scan(b'\x80\2(' + arrays + b't.', code)


def test_what_stands_around_arrays_of_joblib(scan):
    whole = b'\x80\2(' + _array() + b't.'
    scan(whole + pickle.dumps(1), SAFE)
    scan(whole + EVIL + b'.', DANGEROUS)
    scan(b'\x80\2(' + _array(alignment=b'K\x10', data=b''), UNSCANNED)
    # What pickle.load would do with a class that joblib only names.
    changed = b'cdecimal\nDecimal\n}b'
    size = b'K' + bytes([len(changed)])
    member = scan(b'\x80\2(cdecimal\nDecimal\n' + _array(
        data=changed, dtype=b'S%d' % len(changed), size=size) + b't.',
                  DANGEROUS)
    found, = (name for name in member['names']
              if name['name'] == 'decimal.Decimal')
    assert found['verdict'] == 'dangerous' and 'changed' in found['reason']


def test_a_frame_over_an_array_of_joblib(scan):
    array = _array()
    whole = b'\x95' + len(array).to_bytes(8, 'little') + array
    scan(b'\x80\4(' + whole + b't.', UNSCANNED)
    upto = b'\x95' + (len(array) - 8).to_bytes(8, 'little') + array
    scan(b'\x80\4(' + upto + b't.', SAFE)
