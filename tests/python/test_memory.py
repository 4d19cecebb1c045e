"""How much memory dumping and loading take: by how much a child grows at the
most, as the kernel counts it."""

import json
import os
import subprocess
import sys

import pytest

import pkl5

MIB = 1 << 20
PREPARE = """
import ctypes, gc, io, json, sys, _pickle, pkl5
gc.disable()
class Plain:
    def __init__(self, i):
        self.number = i
        self.text = str(i)
def resident(field):
    with open('/proc/self/status') as status:
        return next(int(line.split()[1]) * 1024 for line in status
                    if line.startswith(field))
def grown(work, kept=False):
    '''By how many bytes at the most, and what work() gave.'''
    ctypes.CDLL(None).malloc_trim(0)
    with open('/proc/self/clear_refs', 'w') as clear:
        clear.write('5')
    before = resident('VmRSS')
    made = work()
    if kept:
        del made
        ctypes.CDLL(None).malloc_trim(0)
        return resident('VmRSS') - before, None
    return resident('VmHWM') - before, made
"""

pytestmark = pytest.mark.skipif(
    "asan" in pkl5._pkl5.__file__ or not os.access(
        "/proc/self/clear_refs", os.W_OK),
    reason="memory is the sanitizer's here, or cannot be counted")


def child(program):
    """What a program prints, behind PREPARE."""
    done = subprocess.run([sys.executable, "-c", PREPARE + program],
                          stdout=subprocess.PIPE, check=True,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(
                              path for path in sys.path if path)})
    return json.loads(done.stdout)


def test_strings_take_the_output_and_little_more():
    peak, size = child("""
data = [f's{i:08d}' for i in range(1000000)]
peak, made = grown(lambda: pkl5.dumps(data, 5))
print(json.dumps([peak, len(made)]))
""")
    assert peak <= size + 16 * MIB


@pytest.mark.parametrize("protocol", [2, 5])
def test_instances_keep_no_dict_that_was_made_for_the_dump(protocol):
    left = child("""
data = [Plain(i) for i in range(200000)]
pkl5.dumps(data[:1000], %d)
print(grown(lambda: pkl5.dumps(data, %d), kept=True)[0])
""" % (protocol, protocol))
    assert left <= 2 * MIB


def test_a_large_memo_is_given_back():
    left = child("""
data = [str(i) for i in range(1000000)]
shared = list(data)
pkl5.dumps(data[:1000])
print(grown(lambda: pkl5.dumps(data), kept=True)[0])
""")
    assert left <= 2 * MIB


DUMP_TO_FILE = """
data = %s
with open(%r, 'wb', buffering=0) as file:
    peak, _ = grown(lambda: %s.dump(data, file, 5))
    print(json.dumps([peak, file.tell()]))
"""


@pytest.mark.parametrize("made", [
    "[i * 1.5 for i in range(3000000)]",
    "[b'x' * 100000] * 10 + [bytes(100000 + i) for i in range(300)]"])
def test_a_file_takes_one_frame(made, tmp_path):
    peak, size = child(DUMP_TO_FILE % (made, str(tmp_path / "file"), "pkl5"))
    assert size >= 8 * MIB
    assert peak <= 2 * MIB


@pytest.mark.parametrize("made", [
    "[[i] for i in range(1000000)]", "[f's{i:08d}' for i in range(1000000)]"])
def test_a_file_takes_the_memo_and_one_frame(made, tmp_path):
    (ours, _), (theirs, _) = (
        child(DUMP_TO_FILE % (made, str(tmp_path / module), module))
        for module in ("pkl5", "_pickle"))
    # That of _pickle holds the same objects; ours has them in order too.
    assert ours <= theirs * 9 / 8 + MIB


@pytest.mark.parametrize("made", [
    "[i * 1.5 for i in range(1000000)]",
    "[f's{i:08d}' for i in range(300000)]",
    "[{'a': i, 'b': str(i), 'c': [i]} for i in range(100000)]",
    "[Plain(i) for i in range(100000)]",
    "[(i, (i,)) for i in range(200000)]",
    "bytes(64 << 20)"])
@pytest.mark.parametrize("from_file", [False, True])
def test_loading_takes_no_more_than_pickle_does(made, from_file):
    take = "load(io.BytesIO(data))" if from_file else "loads(data)"
    # Whether a block can grow where it lies is chance, for both.
    ours, theirs = (min(child("""
data = _pickle.dumps(%s, 5)
print(grown(lambda: %s.%s)[0])
""" % (made, module, take)) for _ in range(2))
                    for module in ("pkl5", "_pickle"))
    assert ours <= theirs * 1.1 + MIB
