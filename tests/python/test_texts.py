"""Texts of every kind, length and number of dumps: the bytes of _pickle."""

import _pickle
import io
import random

import pytest

import pkl5

PROTOCOLS = range(6)
# Around what vectors hold, short forms, files' payloads and frames.
LENGTHS = [*range(1, 70), *range(82, 88), *range(120, 132), *range(250, 262),
           1000, 5461, 5462, 8191, 8192, 16383, 16384, 21845, 21846, 32767,
           32768, 65535, 65536, 65537, 100000, 300000]
ALPHABETS = {
    "ascii": "abc \n\\", "latin1": "\xe9\xff\x80", "german": "stra\xdfe \xfc",
    "two bytes": "\u0100\u07ff", "russian": "\u041f\u0440\u0438 ,",
    "euro": "\u20ac\u0800\uffff", "mixed": "a\xe9\u20ac\\ ",
    "emoji": "\U0001f600\U0010ffff", "all": "a\xe9\u20ac\U0001f600\n\r\x1a\0",
    "surrogates": "\ud800\udfff", "one in many": "abcdefghijklm\udc80",
    "wide surrogates": "a\ud83d\U0001f600"}


def text_of(alphabet, length):
    rng = random.Random(length)
    return "".join(rng.choices(alphabet, k=length))


@pytest.mark.parametrize("kind", ALPHABETS)
def test_dumped_once_and_again(kind):
    """What a str keeps of its first dumps changes nothing."""
    for length in LENGTHS:
        for protocol in PROTOCOLS:
            text = text_of(ALPHABETS[kind], length)
            got = [pkl5.dumps(text, protocol) for _ in range(3)]
            wanted = _pickle.dumps(text, protocol)
            assert got == [wanted] * 3
            # Its UTF-8 is there by now.
            assert pkl5.dumps(text, protocol) == wanted
            assert pkl5.loads(wanted) == text


@pytest.mark.parametrize("kind", ALPHABETS)
def test_of_one_repeated_character(kind):
    for character in ALPHABETS[kind]:
        for length in LENGTHS:
            text = character * length
            for protocol in (0, 2, 4, 5):
                assert (pkl5.dumps(text, protocol)
                        == _pickle.dumps(text, protocol))


class Chunks(list):
    def write(self, chunk):
        self.append(bytes(chunk))


@pytest.mark.parametrize("kind", ALPHABETS)
def test_in_files(kind):
    """Also the same calls of write() behind 64 KiB."""
    for protocol in PROTOCOLS:
        for length in (5, 300, 6000, 20000, 40000, 70000):
            text = text_of(ALPHABETS[kind], length)
            obj = [text, text, {text: [text[1:]]}]
            written = []
            for module in (pkl5, _pickle):
                file = Chunks()
                module.dump(obj, file, protocol)
                written.append(file)
            assert b"".join(written[0]) == b"".join(written[1])
            if protocol >= 4 and len(text.encode(
                    "utf-8", "surrogatepass")) >= 1 << 16:
                assert written[0] == written[1]


def test_many_in_one_pickle():
    """Texts that die and others that come in their places."""
    rng = random.Random(5)
    for _ in range(20):
        texts = [text_of(rng.choice(list(ALPHABETS.values())),
                         rng.choice(LENGTHS[:90])) for _ in range(500)]
        for protocol in PROTOCOLS:
            assert (pkl5.dumps([texts, texts[::2]], protocol)
                    == _pickle.dumps([texts, texts[::2]], protocol))


def test_long_texts_take_no_more_memory_for_one_dump():
    """The UTF-8 stays in a str that is dumped twice, not in others."""
    import sys
    for text in ("\xe9" * 1000, "\u20ac" * 1000, "\U0001f600" * 1000):
        fresh = text[:-1] + text[0]
        before = sys.getsizeof(fresh)
        pkl5.dumps([fresh])
        pkl5.dumps([fresh[:500]])
        after_one = sys.getsizeof(fresh)
        for _ in range(3):
            pkl5.dumps([fresh])
        grown = sys.getsizeof(fresh) - before
        assert after_one == before
        assert grown == len(fresh.encode()) + 1


@pytest.mark.parametrize("length", [1, 15, 16, 255, 256, 70000])
def test_bytes_before_protocol_3(length):
    """They are Latin-1 texts there."""
    rng = random.Random(length)
    data = bytes(rng.randrange(256) for _ in range(length))
    for protocol in PROTOCOLS:
        for obj in (data, [data, data], [data[i:] for i in range(5)],
                    bytearray(data)):
            pickled = pkl5.dumps(obj, protocol)
            assert pickled == _pickle.dumps(obj, protocol)
            assert pkl5.loads(pickled) == obj
    file = io.BytesIO()
    pkl5.dump(data, file, 2)
    assert file.getvalue() == _pickle.dumps(data, 2)
