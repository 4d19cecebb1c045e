"""The objects that are pickled, by name.

Those of libraries are there where the library is: missing() says which is not.
"""

import collections
import dataclasses
import datetime
import importlib.util
import random

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


def profile(rng):
    """Of the shape of the objects in pyperformance's pickle benchmarks: some
    30 short fields, most of them small ints and short strings."""
    fields = {f"count_{i}": rng.randrange(10) for i in range(10)}
    fields |= {f"name_{i}": "x" * rng.randrange(12) for i in range(10)}
    fields |= {f"time_{i}": rng.randrange(2 ** 30) for i in range(8)}
    fields |= {"flags": rng.randrange(2 ** 40), "tags": list("abcdefg"),
               "born": datetime.date(1980, 5, 7)}
    return fields


def pyperformance_pickle():
    """What its pickle and unpickle work on: a dict, a tuple, three dicts."""
    rng = random.Random(5)
    return [profile(rng), (list(range(265867233, 265867233 + 22000000, 500000)),
                           60), [profile(rng) for _ in range(3)]]


def arrays():
    import numpy
    return [numpy.arange(i, i + 16.) for i in range(1000)]


def frame():
    """A DataFrame with numbers, dates, and a column of strings as objects."""
    import numpy
    import pandas
    rng = random.Random(5)
    size = 50000
    text = numpy.array([f"{rng.randrange(10 ** 9)} text" for _ in range(size)],
                       dtype=object)
    return pandas.DataFrame({
        "i": numpy.arange(size), "x": numpy.arange(size) * 1.5,
        "when": pandas.date_range("2026-01-01", periods=size, freq="s"),
        "text": pandas.Series(text, dtype=object)})


def forest():
    import numpy
    from sklearn.ensemble import RandomForestRegressor
    points = numpy.random.default_rng(5).random((500, 8))
    return RandomForestRegressor(50, random_state=0).fit(
        points, points.sum(axis=1))


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
    "dates": lambda: [datetime.date(2020, 1, 1) + datetime.timedelta(i)
                      for i in range(10000)],
    "ndarrays": arrays,
    "DataFrame": frame,
    "forest": forest,
    "profiles": lambda: [profile(random.Random(i)) for i in range(500)],
    "perf pickle": pyperformance_pickle,
    "perf pickle_dict": lambda: {key: dict.fromkeys(range(10))
                                 for key in range(100)},
    "perf pickle_list": lambda: [[list(range(10)), list(range(10))]
                                 for _ in range(10)],
}


def repeated(text, size):
    return lambda: (text * size)[:size]


# Where the lead is least: dumps that mostly copy or encode. They have a table
# and a mean of their own.
PARITY_CASES = {
    f"{kind} {size // 1000}k": repeated(text, size)
    for kind, text in {
        "Latin-1": "\xe9", "euro": "\u20ac", "emoji": "\U0001f600",
        "mixed": "stra\xdfe \u20ac5 "}.items()
    for size in (10000, 100000)}
PARITY_CASES |= {
    "ints to ints": lambda: {i: i + 1 for i in range(100000)},
    "ints to dicts": lambda: [{i: {i: None}} for i in range(20000)],
    "sets of strings": lambda: [{str(i), str(i + 1)} for i in range(20000)],
    "one set": lambda: set(range(100000)),
    "large bytes": lambda: bytes(range(256)) * 400,
    "small bytes": lambda: [b"%d \xe9" % i for i in range(10000)],
}
CASES |= PARITY_CASES
# What runs so often in a row, to be measurable.
CALLS = {"tiny": 5000, "perf pickle": 300, "perf pickle_dict": 200,
         "perf pickle_list": 500}
CALLS |= {name: 20 for name in PARITY_CASES if name.endswith("0k")}
# A text is dumped anew, or again: the interpreter keeps its UTF-8. "again"
# stands behind the name.
AGAIN = [name for name in PARITY_CASES if name.endswith("0k")]
# Protocols other than 5 in which cases are measured too; theirs stand behind
# the name.
PROTOCOLS = {
    **{name: (0, 2) for name in PARITY_CASES if name.endswith(" 10k")},
    "large bytes": (0, 1, 2), "small bytes": (0, 2), "DataFrame": (2,),
}
LIBRARIES = {"ndarrays": "numpy", "DataFrame": "pandas", "forest": "sklearn"}


def variants():
    """All that is measured: {name: (case, protocol, again)}."""
    found = {}
    for case in CASES:
        found[case] = case, 5, case not in AGAIN
        if case in AGAIN:
            found[f"{case} again"] = case, 5, True
        for protocol in PROTOCOLS.get(case, ()):
            found[f"{case} protocol {protocol}"] = (case, protocol,
                                                    case not in AGAIN)
    return found


def is_parity(name):
    """Whether what is measured has its place in the table of its own."""
    case, protocol, _ = variants()[name]
    return case in PARITY_CASES or protocol != 5


def missing(case):
    """The library that a case needs and that is not there, or None."""
    library = LIBRARIES.get(case)
    if library is None or importlib.util.find_spec(library) is not None:
        return None
    return library
