"""load() from pipes and sockets whose writer keeps them open and waits.

Each load runs in a child process, which is killed if it hangs.
"""

import os
import subprocess
import sys

import pytest

import tested_package

# Writes pickles of each protocol into a pipe or socket that stays open, and
# loads them as they come.
CHILD = r"""
import array, os, pickle, queue, socket, sys, threading
from decimal import Decimal
import pkl5

class Plain:
    def __init__(self, file):
        self.read, self.readline = file.read, file.readline

class WithReadinto(Plain):
    def __init__(self, file):
        super().__init__(file)
        self.readinto = file.readinto

def pipe():
    reading, writing = os.pipe()
    return reading, lambda data: os.write(writing, data)

def opened(**keywords):
    reading, write = pipe()
    return open(reading, "rb", **keywords), write

def raw():
    return opened(buffering=0)

def buffered():
    return opened()

def small_buffer():
    return opened(buffering=5)

def plain():
    file, write = opened()
    return Plain(file), write

def with_readinto():
    file, write = opened()
    return WithReadinto(file), write

def made(**keywords):
    left, right = socket.socketpair()
    keep.append(left)
    return left.makefile(**keywords), right.sendall

def socket_file():
    return made(mode="rb")

def socket_raw():
    return made(mode="rb", buffering=0)

def socket_both():
    return made(mode="rwb")

class Fields:
    def __init__(self):
        self.field = 1

class Slots:
    __slots__ = ("slot",)

def values():
    shared = []
    # Lines of raw files are read byte by byte.
    large = 70000 if protocol else 7000
    if protocol > 1:
        slots = Slots()
        slots.slot = 1
        yield slots
    yield from [None, True, 7, 300, 1 << 20, 1 << 70, 1 << 3000, 1.5, "", "a",
                "text" * 10, "\u20ac" * 300, b"", b"b" * 9, b"b" * 300,
                bytearray(b"c" * 9), (), (1,), (1, 2, 3, 4), [], [1], [1, 2],
                {}, {1: 2}, {1: 2, 3: 4}, set(), {1, 2}, frozenset({1}), len,
                Decimal("1.5"), Fields(), [shared, shared],
                array.array("i", [1]), ["x" * 5000], "y" * 5000, b"z" * 5000,
                "x" * large, b"x" * large, bytearray(large),
                ["\u20ac" * large, list(range(large // 2))]]

# Opcodes at the end that picklers never write there, and frames.
EXTRAS = [b"I1\n.", b"L1L\n.", b"F1.5\n.", b"S'a'\n.", b"Va\n.",
          b"cos\npath\n.", b"(i__main__\nFields\n.", b"(lp0\n.",
          b"]q\x00.", b"]r\x00\x00\x00\x00.",
          b"]p0\n0g0\n.", b"]q\x000h\x00.", b"]q\x000j\x00\x00\x00\x00.",
          b"U\x01a.", b"T\x01\x00\x00\x00a.", b"N2.", b"N(1.", b"NN0.",
          b"(c__main__\nFields\no.", b"K\x01\x85.", b"\x80\x04\x95"
          b"\x02\0\0\0\0\0\0\0N.", b"\x80\x05N.", b"]\x94.", b"\x95"
          b"\x01\0\0\0\0\0\0\0N.", b"\x8f(K\x01\x90.", b"(K\x01\x91."]

keep = []
pickles = EXTRAS
for protocol in range(6):
    pickles += [pickle.dumps(value, protocol) for value in values()]
file, write = globals()[sys.argv[1]]()
keep.append(file)
# At times two are there already, and at times a part of the next one.
if sys.argv[2] == "stream":
    unpickler = pkl5.Unpickler(file)
    load = unpickler.load
else:
    load = lambda: pkl5.load(file)
came = 0
waiting = queue.SimpleQueue()

def send():
    while True:
        write_all(waiting.get())

def write_all(data):
    while data:
        data = data[write(data) or len(data):]

threading.Thread(target=send, daemon=True).start()
for first, second in zip(pickles, pickles[1:] + pickles[:1]):
    cut = len(second) // 2
    sent = first + second + first + second[:cut]
    waiting.put(sent)
    for _ in range(3):
        load()
        came += 1
    waiting.put(second[cut:])
    load()
    came += 1
print(came == 4 * len(pickles))
# No thread waits for the open ends.
sys.stdout.flush()
os._exit(0)
"""

KINDS = ("raw", "buffered", "small_buffer", "plain", "with_readinto",
         "socket_file", "socket_raw", "socket_both")


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR})


@pytest.mark.parametrize("how", ("load", "stream"))
@pytest.mark.parametrize("kind", KINDS)
def test_pickles_of_an_open_file_are_loaded_as_they_come(kind, how):
    done = run(CHILD, kind, how)
    assert done.stdout == "True\n", done.stderr


TWO = r"""
import os, pickle, sys
import pkl5
reading, writing = os.pipe()
file = open(reading, "rb")
value = "x" * int(sys.argv[2])
for _ in range(2):
    os.write(writing, pickle.dumps(value, int(sys.argv[1])))
assert pkl5.load(file) == value
assert pkl5.load(file) == value
os.write(writing, b"rest")
assert file.read(4) == b"rest"
print("done")
"""


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("size", (1, 1000, 4000, 5000, 20000))
def test_two_pickles_in_an_open_pipe(protocol, size):
    assert run(TWO, protocol, size).stdout == "done\n"


TERMINAL = r"""
import os, pty, tty
import pkl5
leading, following = pty.openpty()
tty.setraw(following)
file = open(following, "rb")
os.write(leading, b"(lp0\nI1\naI2\na.")
print(pkl5.load(file))
"""


def test_a_terminal_is_asked_for_no_more():
    assert run(TERMINAL).stdout == "[1, 2]\n"


NOT_NOW = r"""
import _pickle, os, pickle, sys
import pkl5
def outcome(module, data, **keywords):
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.write(writing, data)
    file = open(reading, "rb", **keywords)
    try:
        result = module.load(file)
    except Exception as error:
        result = type(error), str(error)
    os.write(writing, b"rest")
    return result, file.read(4)
long = pickle.dumps(["x" * 6000, b"y" * 6000], 4)
for data in (b"", b"N", b"N.", b"I1", b"I1\n.", long, long[:3], long[:20],
             long[:7000], pickle.dumps("x" * 9000, 2)[:5000],
             pickle.dumps(b"x" * 70000, 4)[:5000]):
    for keywords in ({}, {"buffering": 0}):
        theirs = outcome(_pickle, data, **keywords)
        ours = outcome(pkl5, data, **keywords)
        assert ours == theirs, (data[:20], len(data), keywords, ours, theirs)
print("done")
"""


def test_nonblocking_files_give_what_is_there():
    done = run(NOT_NOW)
    assert done.stdout == "done\n", done.stderr
