"""CPython's `_pickle` as a contestant of the core suite.

Usage: cpython.py FOLDER          answers commands, see ../server.py
       cpython.py --peak FILE     prints the bytes that loading FILE takes
"""

import gc
import pathlib
import sys
import time
from _pickle import dumps, loads

import cases  # noqa: F401  pickles name it

# A repetition of less time is made of several runs.
LEAST_NS = 20_000_000


def timed(function, *arguments):
    """What it returned and the nanoseconds, by the clocks of contestant.h."""
    thread = time.thread_time_ns()
    wall = time.perf_counter_ns()
    result = function(*arguments)
    wall = time.perf_counter_ns() - wall
    thread = time.thread_time_ns() - thread
    return result, min(wall, thread)


class Load:
    """Loads the pickle; the objects are freed outside the measurement."""

    def __init__(self, pickled):
        self.pickled = pickled

    def run(self):
        return timed(loads, self.pickled)[1]


class Dump:
    """Dumps what the pickle holds; the bytes are freed outside as well."""

    def __init__(self, pickled):
        self.value = loads(pickled)

    def run(self):
        return timed(dumps, self.value, 5)[1]

    def output(self):
        return dumps(self.value, 5)


class Server:
    def __init__(self, folder):
        self.folder = folder
        self.contestants = {}

    def prepare(self, name, operation, case):
        kind = {"load": Load, "dump": Dump}.get(operation)
        if kind is None:
            return "none"
        pickled = (self.folder / f"{case}.pkl").read_bytes()
        self.contestants[name, operation] = kind(pickled)
        return "ok"

    def run(self, name, operation):
        contestant = self.contestants[name, operation]
        collected = name == "gc"
        gc.collect()
        if collected:
            gc.enable()
        total = runs = 0
        while total < LEAST_NS:
            total += contestant.run()
            runs += 1
        gc.disable()
        return f"ok {total / runs}"

    def save(self, name, operation, path):
        output = self.contestants[name, operation].output()
        pathlib.Path(path).write_bytes(output)
        return "ok"

    def forget(self):
        self.contestants.clear()
        return "ok"


def serve(folder):
    gc.disable()
    server = Server(folder)
    for line in sys.stdin:
        command, *arguments = line.split()
        print(getattr(server, command)(*arguments), flush=True)


def peak_resident():
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmHWM in /proc/self/status")


def peak(path):
    gc.disable()
    pickled = pathlib.Path(path).read_bytes()
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")
    before = peak_resident()
    value = loads(pickled)
    print(peak_resident() - before)
    return value


if __name__ == "__main__":
    if sys.argv[1] == "--peak":
        peak(sys.argv[2])
    else:
        serve(pathlib.Path(sys.argv[1]))
