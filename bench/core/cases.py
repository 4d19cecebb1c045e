"""The data of the core suite, from a seeded generator.

Usage: cases.py FOLDER

Writes FOLDER/CASE.pkl for every case (protocol 5), FOLDER/CASE.json for those
that JSON can say, and FOLDER/cases.tsv: name, elements, what an element is.
"""

import dataclasses
import json
import pathlib
import pickle
import random
import sys

# The module that the pickle of an Account names.
MODULE = "cases"

TREE_KEYS = ("id", "name", "kind", "items", "value", "next", "flags", "meta")


@dataclasses.dataclass
class Account:
    id: int
    name: str
    balance: float
    active: bool


Account.__module__ = MODULE


def ints(_):
    return list(range(1_000_000))


def mixed_ints(rng):
    return [rng.choice((rng.randrange(256), rng.randrange(2**31),
                        rng.randrange(-2**62, 2**62)))
            for _ in range(1_000_000)]


def floats(rng):
    return [rng.random() for _ in range(1_000_000)]


def strings(rng):
    return [f"key_{i}" for i in rng.sample(range(10**9), 300_000)]


def records(_):
    return [{"id": i, "name": f"user{i}", "score": i * .5,
             "active": bool(i & 1), "tags": ["a", "b", str(i)], "note": None}
            for i in range(100_000)]


def tuples(_):
    return [(i, (i + 1, (i + 2,))) for i in range(200_000)]


def tree(rng, depth):
    if depth == 0:
        return rng.choice((
            lambda: rng.randrange(10**6), rng.random,
            lambda: f"v{rng.randrange(10**9)}", lambda: True, lambda: None))()
    size = rng.randrange(2, 7)
    if rng.random() < .5:
        return [tree(rng, depth - 1) for _ in range(size)]
    return {key: tree(rng, depth - 1)
            for key in rng.sample(TREE_KEYS, size)}


def trees(rng):
    return [tree(rng, 4) for _ in range(1000)]


def count_nodes(value):
    if isinstance(value, dict):
        return 1 + sum(map(count_nodes, value.values()))
    if isinstance(value, list):
        return 1 + sum(map(count_nodes, value))
    return 1


def shared_lists(rng):
    lists = [[i, i + 1, i + 2] for i in range(1000)]
    return [rng.choice(lists) for _ in range(1_000_000)]


def shared_strings(rng):
    words = [f"word_{i}" for i in rng.sample(range(10**6), 1000)]
    return [rng.choice(words) for _ in range(1_000_000)]


def dataclass_instances(rng):
    return [Account(i, f"account{i}", rng.random() * 1e4, bool(i % 3))
            for i in range(100_000)]


def buffer(rng):
    size = 64 << 20
    return rng.getrandbits(8 * size).to_bytes(size, "little")


# Generator, how its elements are counted, what one is, whether JSON has it.
CASES = (
    (ints, len, "int", True),
    (mixed_ints, len, "int", True),
    (floats, len, "float", True),
    (strings, len, "str", True),
    (records, len, "dict", True),
    (tuples, len, "nest of three tuples", True),
    (trees, count_nodes, "node", True),
    (shared_lists, len, "reference", False),
    (shared_strings, len, "reference", True),
    (dataclass_instances, len, "instance", False),
    (buffer, lambda _: 1, "buffer", False),
)


def main(folder):
    sys.modules[MODULE] = sys.modules[__name__]
    rows = []
    for make, count, element, as_json in CASES:
        name = make.__name__
        value = make(random.Random(f"pickle5 {name}"))
        with open(folder / f"{name}.pkl", "wb") as file:
            pickle.dump(value, file, protocol=5)
        if as_json:
            with open(folder / f"{name}.json", "w", encoding="ascii") as file:
                json.dump(value, file)
        rows.append(f"{name}\t{count(value)}\t{element}\n")
    (folder / "cases.tsv").write_text("".join(rows), encoding="ascii")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
