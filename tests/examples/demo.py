"""A tour: a real NumPy pickle, its buffers moved out and back.

CPython makes the pickle; pkl5 shows it without Python, moves its arrays to a
file and to shared memory and back; CPython loads what came back and compares.
Run by ./dev demo; the command is $PKL5.
"""

import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import time

import numpy as np

MIB = 1 << 20


def make_model():
    """About 96 MiB of arrays between small objects, one of them shared."""
    random = np.random.default_rng(5)
    embedding = random.standard_normal((4 * MIB, 2))
    return {
        "name": "demo",
        "embedding": embedding,
        "layers": [
            {"weights": random.standard_normal((1024, 1024)).astype("f4"),
             "bias": np.zeros(1024, dtype="f4"), "activation": name}
            for name in ("relu", "relu", "tanh", "softmax")
        ],
        "counts": np.arange(2 * MIB, dtype=np.int64).reshape(-1, 64),
        "tied": embedding,
    }


def same(left, right):
    """Whether both are equal, arrays down to type, shape and bytes."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and np.array_equal(left, right)
    if isinstance(left, dict):
        return list(left) == list(right) and all(
            same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


class Tour:

    def __init__(self, command, folder):
        self.command = command
        self.folder = folder

    def say(self, text):
        print(f"\n# {text}", flush=True)

    def pkl5(self, *arguments):
        """Shows and runs one command line, and ends the tour if it fails."""
        print("$ pkl5", *arguments, flush=True)
        start = time.perf_counter()
        subprocess.run([self.command, *arguments], cwd=self.folder, check=True)
        print(f"  ({time.perf_counter() - start:.3f} s)", flush=True)

    def size(self, name):
        size = os.path.getsize(self.folder / name)
        print(f"  {name}: {size:,} bytes", flush=True)

    def confirm(self, name, model):
        with open(self.folder / name, "rb") as file:
            loaded = pickle.load(file)
        if not same(loaded, model):
            sys.exit(f"{name}: CPython loads something else")
        if loaded["tied"] is not loaded["embedding"]:
            sys.exit(f"{name}: the shared array is not shared any more")
        print(f"  CPython {sys.version.split()[0]} loads {name}: equal")


def run(tour, shm):
    model = make_model()
    tour.say(f"CPython pickles a model of NumPy {np.__version__} arrays.")
    with open(tour.folder / "model.pkl", "wb") as file:
        pickle.dump(model, file, protocol=5)
    tour.size("model.pkl")

    tour.say("What is in it? No Python runs, no class is imported.")
    tour.pkl5("load", "model.pkl", "--path", "$.layers[3].activation")
    tour.pkl5("stat", "model.pkl", "--rows", "6")

    tour.say("The arrays move to a file; a small pickle stays.")
    tour.pkl5("convert", "model.pkl", "head.pkl",
              "--buffers", "file:arrays.buf")
    tour.size("head.pkl")
    tour.size("arrays.buf")
    tour.pkl5("load", "head.pkl", "--buffers", "arrays.buf",
              "--path", "$.name")
    tour.pkl5("convert", "head.pkl", "from_file.pkl",
              "--from-buffers", "arrays.buf")
    tour.confirm("from_file.pkl", model)

    tour.say("The same through shared memory.")
    tour.pkl5("convert", "model.pkl", "shm_head.pkl", "--buffers", shm)
    tour.pkl5("load", "shm_head.pkl", "--buffers", shm, "--path", "$.name")
    tour.pkl5("convert", "shm_head.pkl", "from_shm.pkl",
              "--from-buffers", shm)
    tour.confirm("from_shm.pkl", model)


def main():
    name = f"pkl5-demo-{os.getpid()}"
    command = os.path.abspath(os.environ["PKL5"])
    try:
        with tempfile.TemporaryDirectory(prefix="pkl5-demo-") as folder:
            run(Tour(command, pathlib.Path(folder)), f"shm:{name}")
    finally:
        pathlib.Path("/dev/shm", name).unlink(missing_ok=True)
    print("\nEverything came back equal.")


if __name__ == "__main__":
    main()
