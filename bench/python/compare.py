"""Compares pkl5 with _pickle of the interpreter that runs this.

usage: PYTHONPATH=<build>/python PYTHON compare.py [--repeats N] [--case NAME]

Each case is dumped and loaded by both in turns, with the garbage collector off;
freeing results is not timed. Prints a JSON object: for each case the least
seconds of pkl5 and of _pickle, and the most bytes that the case held beyond its
input, as tracemalloc counts them. Outputs must be identical.
"""

import _pickle
import argparse
import collections
import dataclasses
import datetime
import gc
import json
import random
import sys
import time
import tracemalloc

import pkl5


class Plain:
    def __init__(self, number):
        self.number = number
        self.text = str(number)


class Slotted:
    __slots__ = ("number", "text")

    def __init__(self, number):
        self.number = number
        self.text = str(number)


@dataclasses.dataclass
class Record:
    number: int
    text: str
    real: float


Pair = collections.namedtuple("Pair", "left right")


def pyperformance_dict():
    """The objects of pyperformance's pickle benchmarks are of this kind."""
    rng = random.Random(5)
    return [{"ads_flags": 0, "age": 18, "birthday": datetime.date(1980, 5, 7),
             "bulletin_count": 0, "comment_count": 0, "country": "BR",
             "encrypted_id": "G9urXXAJwjE", "favorite_count": 9,
             "first_name": "", "flags": rng.randrange(2 ** 40),
             "friend_count": 0, "gender": "", "gender_for_display": "",
             "id": 302935349, "is_custom_profile_icon": 0, "last_name": "",
             "locale_preference": "pt_BR", "member": 0,
             "tags": ["a", "b", "c", "d"], "profile_foo_id": 827119638}
            for _ in range(500)]


CASES = {
    "ints": lambda: [i * 1000 for i in range(100000)],
    "large ints": lambda: [2 ** 40 + i for i in range(100000)],
    "small ints": lambda: [i % 256 for i in range(100000)],
    "strings": lambda: [f"s{i:08d}" for i in range(50000)],
    "non-ASCII strings": lambda: [f"\u20ac\xe9{i:06d}" for i in range(50000)],
    "dicts": lambda: [{"a": i, "b": str(i), "c": 1.5, "d": None, "e": True}
                      for i in range(20000)],
    "one dict": lambda: {f"k{i}": i for i in range(100000)},
    "floats": lambda: [i * 1.1 for i in range(100000)],
    "nested tuples": lambda: [(i, (i, str(i))) for i in range(20000)],
    "small lists": lambda: [[i] for i in range(30000)],
    "instances": lambda: [Plain(i) for i in range(20000)],
    "dataclasses": lambda: [Record(i, str(i), 1.5) for i in range(20000)],
    "slots": lambda: [Slotted(i) for i in range(20000)],
    "namedtuples": lambda: [Pair(i, str(i)) for i in range(20000)],
    "sets": lambda: [{i, i + 1} for i in range(20000)],
    "tiny": lambda: {"id": 7, "tags": ["a", "b"]},
    "datetimes": lambda: [datetime.datetime(2020, 1, 1)
                          + datetime.timedelta(seconds=i)
                          for i in range(10000)],
    "bytes": lambda: b"x" * (64 << 20),
    "pyperformance": pyperformance_dict,
}


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
                start = time.perf_counter()
                for _ in range(calls):
                    result = function(*argument)
                seconds = (time.perf_counter() - start) / calls
                del result
                key = (module.__name__, name)
                least[key] = min(least.get(key, seconds), seconds)
    return least


def peak(function, *arguments):
    gc.collect()
    tracemalloc.start()
    result = function(*arguments)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del result
    return held


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--case", action="append", choices=CASES)
    arguments = parser.parse_args()
    gc.disable()
    results = {}
    for name in arguments.case or CASES:
        obj = CASES[name]()
        least = least_times(obj, arguments.repeats,
                            5000 if name == "tiny" else 1)
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
