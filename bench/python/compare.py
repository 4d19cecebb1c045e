"""Compares pkl5 with _pickle of the interpreter that runs this.

usage: PYTHONPATH=<build>/python PYTHON compare.py [--repeats N] [--case NAME]

Each case is dumped and loaded by both in turns, with the garbage collector
off; freeing results is not timed, and time is the processor's. Prints a JSON
object: for each case the least seconds of pkl5 and of _pickle, and by how much
the memory of a process (resident set) grew at the most. Outputs must be
identical.
"""

import _pickle
import argparse
import ctypes
import gc
import json
import os
import sys
import time

import pkl5
from cases import CALLS, CASES, missing
from file_cases import FILE_CASES


def least_times(obj, repeats, calls):
    pickled = _pickle.dumps(obj, 5)
    if pkl5.dumps(obj, 5) != pickled:
        sys.exit("the outputs differ")
    least = {}
    for repeat in range(repeats):
        # Nobody always runs behind the same one.
        for module in (pkl5, _pickle)[::1 if repeat % 2 else -1]:
            for name, argument in (("dumps", (obj, 5)), ("loads", (pickled,))):
                function = getattr(module, name)
                start = time.process_time()
                for _ in range(calls):
                    result = function(*argument)
                seconds = (time.process_time() - start) / calls
                del result
                key = (module.__name__, name)
                least[key] = min(least.get(key, seconds), seconds)
    return least


def resident(field):
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(field):
                return int(line.split()[1]) * 1024
    return 0


def peak(function, *arguments):
    """By how many bytes a process grows in the call."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        ctypes.CDLL(None).malloc_trim(0)
        with open("/proc/self/clear_refs", "w") as clear:
            clear.write("5")
        before = resident("VmRSS")
        result = function(*arguments)
        os.write(writing, str(resident("VmHWM") - before).encode())
        os._exit(result is None)
    os.close(writing)
    with open(reading) as pipe:
        grown = pipe.read()
    os.waitpid(child, 0)
    # A few pages say nothing.
    return max(int(grown), 1 << 18)


def measure_file_case(name, repeats):
    """The row of a case of file_cases.py."""
    operation, prepare, work = FILE_CASES[name]
    least = {}
    for repeat in range(repeats):
        for module in (pkl5, _pickle)[::1 if repeat % 2 else -1]:
            prepared = prepare()
            start = time.process_time()
            result = work(module, prepared)
            seconds = time.process_time() - start
            del result
            least[module] = min(least.get(module, seconds), seconds)
    return {operation: {
        "pkl5": least[pkl5], "_pickle": least[_pickle],
        "pkl5_peak": peak(work, pkl5, prepare()),
        "_pickle_peak": peak(work, _pickle, prepare())}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--case", action="append", choices=[*CASES, *FILE_CASES])
    arguments = parser.parse_args()
    gc.disable()
    results = {}
    for name in arguments.case or [*CASES, *FILE_CASES]:
        if name in FILE_CASES:
            # Short ones: the least of more is a steady figure.
            results[name] = measure_file_case(name, 3 * arguments.repeats)
            continue
        if missing(name):
            print(f"bench: NOTE: no {missing(name)} for this Python: "
                  f"{name} is not measured", file=sys.stderr)
            continue
        obj = CASES[name]()
        least = least_times(obj, arguments.repeats, CALLS.get(name, 1))
        pickled = _pickle.dumps(obj, 5)
        results[name] = {
            operation: {
                "pkl5": least["pkl5", operation],
                "_pickle": least["_pickle", operation],
                "pkl5_peak": peak(getattr(pkl5, operation), argument),
                "_pickle_peak": peak(getattr(_pickle, operation), argument)}
            for operation, argument in (("dumps", obj), ("loads", pickled))}
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
