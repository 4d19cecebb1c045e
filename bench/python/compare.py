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
import functools
import gc
import json
import os
import sys
import time

import pkl5
from cases import AGAIN, CALLS, CASES, is_parity, missing, variants
from file_cases import FILE_CASES


def least_times(make, protocol, again, repeats, calls):
    """The least seconds of each module and operation.

    Unless the objects are dumped again they are new ones each time: a str keeps
    what one module, or one dump, has made of it.
    """
    objects = {module: make() for module in (pkl5, _pickle)} if again else {}
    pickled = _pickle.dumps(make(), protocol)
    if pkl5.dumps(make(), protocol) != pickled:
        sys.exit("the outputs differ")
    least = {}
    for repeat in range(repeats):
        # Nobody always runs behind the same one.
        for module in (pkl5, _pickle)[::1 if repeat % 2 else -1]:
            for name in ("dumps", "loads"):
                if name == "loads":
                    arguments = [(pickled,)] * calls
                elif again:
                    arguments = [(objects[module], protocol)] * calls
                else:
                    arguments = [(make(), protocol) for _ in range(calls)]
                function = getattr(module, name)
                start = time.process_time()
                for each in arguments:
                    result = function(*each)
                seconds = (time.process_time() - start) / calls
                del result, arguments
                key = (module.__name__, name)
                least[key] = min(least.get(key, seconds), seconds)
    return least


def resident(field):
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(field):
                return int(line.split()[1]) * 1024
    return 0


# Runs most of the code once.
WARM = [1, 1.5, None, b"bytes", ("text",), {"a": {5}}, "\xe9\u20ac" * 40]


def peak(module, operation, *arguments):
    """By how many bytes a process grows in the call, but for pages of code."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        function = getattr(module, operation)
        module.loads(module.dumps(WARM))
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
    parser.add_argument("--case", action="append",
                        choices=[*CASES, *FILE_CASES])
    arguments = parser.parse_args()
    gc.disable()
    results = {}
    for name in FILE_CASES:
        if not arguments.case or name in arguments.case:
            # Short ones: the least of more is a steady figure.
            results[name] = measure_file_case(name, 3 * arguments.repeats)
    for name, (case, protocol, again) in variants().items():
        if arguments.case and case not in arguments.case:
            continue
        if missing(case):
            print(f"bench: NOTE: no {missing(case)} for this Python: "
                  f"{name} is not measured", file=sys.stderr)
            continue
        # Equal objects, not the same ones: see least_times().
        make = CASES[case]
        if case not in AGAIN:
            make = functools.lru_cache(None)(make)
        least = least_times(make, protocol, again, arguments.repeats,
                            CALLS.get(case, 1))
        pickled = _pickle.dumps(make(), protocol)
        results[name] = {"parity": is_parity(name)}
        for operation, argument in (("dumps", (make(), protocol)),
                                    ("loads", (pickled,))):
            results[name][operation] = {
                "pkl5": least["pkl5", operation],
                "_pickle": least["_pickle", operation],
                "pkl5_peak": peak(pkl5, operation, *argument),
                "_pickle_peak": peak(_pickle, operation, *argument)}
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
