"""Reads .pkl5 archives with nothing but Python, as ARCHIVE_FORMAT.md says.

Written from that text alone: it shows that the text suffices.
"""
import pickle
import struct

START = b'\x80\x05C\x08PKL5ARCH0'
MAGIC = b'PKL5FOOT'
FOOTER = struct.Struct('<8sIIQQ16s16s')
HEAD = struct.Struct('<QII16s')
ENTRY = struct.Struct('<QQIIQQII16s')
MUST_KNOW = 0xffff0000
READONLY, LAYOUT, FORTRAN = 1, 2, 4
KINDS = {1: 'bytes', 2: 'bytearray', 3: 'str', 4: 'buffer'}
NEXT_BUFFER, READONLY_BUFFER = b'\x97', b'\x98'


class Damaged(Exception):
    """Bytes that are not as the format says."""


def check(condition, what):
    if not condition:
        raise Damaged(what)


class Payload:
    """An entry of the index, and its bytes as a view of the file."""

    def __init__(self, index, at, pickle_bytes):
        (self.offset, self.length, self.flags, dimensions, self.itemsize,
         format_length, kind, size, self.digest) = ENTRY.unpack_from(index, at)
        check(not self.flags & MUST_KNOW, 'flags of a later version')
        check(size % 8 == 0 and at + size <= len(index), 'entry length')
        self.kind = KINDS.get(kind, 'other')
        self.readonly = bool(self.flags & READONLY)
        self.next = at + size
        at += ENTRY.size
        check(at + 8 * dimensions + format_length <= self.next, 'layout')
        self.shape = struct.unpack_from('<%dQ' % dimensions, index, at)
        at += 8 * dimensions
        self.format = bytes(index[at:at + format_length]).decode()
        check(self.offset + self.length <= len(pickle_bytes), 'place')
        self.bytes = pickle_bytes[self.offset:self.offset + self.length]


class Object:
    """The object that ends at `end` of the bytes of an archive."""

    def __init__(self, archive, end, digest=None):
        check(end >= 65 and archive[end - 1:end] == b'.', 'no STOP')
        footer = archive[end - 65:end - 1]
        (magic, version, flags, pickle_length, index_length, _,
         index_digest) = FOOTER.unpack(footer)
        check(magic == MAGIC, 'no footer')
        check(version == 1 and not flags & MUST_KNOW, 'a later version')
        self.begin = end - pickle_length - index_length - 76
        check(self.begin >= 0, 'lengths')
        self.pickle = archive[self.begin:self.begin + pickle_length]
        check(self.pickle[:13] == START, 'no start')
        check(archive[end - index_length - 76:end - index_length - 65]
              == b'\x80\x05\x8e' + struct.pack('<Q', index_length + 64),
              'no index pickle')
        index = archive[end - 65 - index_length:end - 65]
        if digest:
            check(digest(bytes(index) + bytes(footer[:48])) == index_digest,
                  'index')
        count, at, flags, self.in_band_digest = HEAD.unpack_from(index)
        check(not flags & MUST_KNOW, 'flags of a later version')
        self.payloads = []
        for _ in range(count):
            self.payloads.append(Payload(index, at, self.pickle))
            at = self.payloads[-1].next
        check(at == len(index), 'index length')

    def parts(self):
        """The in-band bytes before each payload, and behind the last."""
        at = 0
        for payload in self.payloads:
            yield self.pickle[at:payload.offset]
            at = payload.offset + payload.length
        yield self.pickle[at:]

    def verify(self, digest):
        check(digest(b''.join(self.parts())) == self.in_band_digest, 'in-band')
        for i, payload in enumerate(self.payloads):
            check(digest(bytes(payload.bytes)) == payload.digest,
                  'payload %d' % i)

    @staticmethod
    def header_size(part, payload):
        """Of the opcode, with its length, that takes a buffer's bytes."""
        for opcodes, length in ((b'\x8e\x96', '<Q'), (b'B', '<I')):
            size = 1 + struct.calcsize(length)
            if (bytes(part[-size:-size + 1]) in opcodes and payload.length
                    == struct.unpack(length, part[1 - size:])[0]):
                return size
        raise Damaged('opcode')

    def load(self):
        """The object; its buffers are views of the archive, not copied."""
        pieces = []
        buffers = []
        for part, payload in zip(self.parts(), self.payloads):
            if payload.kind == 'buffer':
                pieces += [part[:-self.header_size(part, payload)],
                           NEXT_BUFFER]
                if payload.readonly:
                    pieces.append(READONLY_BUFFER)
                buffers.append(payload.bytes)
            else:
                pieces += [part, payload.bytes]
        pieces.append(list(self.parts())[-1])
        return pickle.loads(b''.join(pieces), buffers=buffers)


def objects(archive, digest=None):
    """The objects of an archive, given as bytes or a memoryview."""
    archive = memoryview(archive)
    found = []
    end = len(archive)
    while end:
        found.append(Object(archive, end, digest))
        end = found[-1].begin
    return found[::-1]
