"""`python -m pkl5` and `python -m pkl5.pickletools` are as the standard
library's modules, whose arguments and output differ between versions."""

import os
import pickle
import re
import subprocess
import sys

import pytest

import tested_package

PAIRS = (("pickle", "pkl5"), ("pickletools", "pkl5.pickletools"))


def run(module, *arguments, given=b"", folder=None):
    done = subprocess.run(
        [sys.executable, "-B", "-m", module, *arguments], input=given,
        cwd=folder, capture_output=True, timeout=120,
        env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR,
             "NO_COLOR": "1"})
    # argparse names the program, and a traceback the lines that it is from.
    usage = re.sub(rb"(pickle(tools)?|__main__)\.py|python\S* -m \S+", b"PROGRAM",
                   done.stderr)
    usage = re.sub(rb"\s+", b" ", usage)
    if b"Traceback" in usage:
        usage = usage.split()[-1]
    output = re.sub(rb"(pickle(tools)?|__main__)\.py|python\S* -m \S+", b"PROGRAM",
                    done.stdout)
    if output.startswith(b"usage"):
        output = re.sub(rb"\s+", b" ", output)
    return done.returncode, output, usage


@pytest.fixture
def folder(tmp_path):
    data = {"a": [1, 2.0, 3 + 4j], "b": ("text", b"bytes"), "c": "x" * 100}
    for protocol in (0, 2, 5):
        (tmp_path / f"p{protocol}.pkl").write_bytes(pickle.dumps(data, protocol))
    (tmp_path / "twice.pkl").write_bytes(pickle.dumps([1]) + pickle.dumps([2]))
    (tmp_path / "bad.pkl").write_bytes(b"\x80\x04K")
    return tmp_path


@pytest.mark.parametrize("theirs, ours", PAIRS)
@pytest.mark.parametrize("arguments", [
    (), ("p0.pkl",), ("p2.pkl", "p5.pkl"), ("-",), ("bad.pkl",), ("--unknown",),
    ("-h",), ("missing.pkl",), ("-a", "p5.pkl"), ("-m", "twice.pkl", "p0.pkl"),
    ("-l", "2", "-p", "{name}:", "p2.pkl", "-"), ("-o", "out", "p5.pkl"),
])
def test_command_lines(theirs, ours, arguments, folder):
    given = (folder / "p5.pkl").read_bytes()
    wanted = run(theirs, *arguments, given=given, folder=folder)
    out = folder / "out"
    written = out.read_bytes() if out.exists() else None
    out.unlink(missing_ok=True)
    assert run(ours, *arguments, given=given, folder=folder) == wanted
    assert (out.read_bytes() if out.exists() else None) == written


def test_reads_with_pkl5(folder):
    done = subprocess.run(
        [sys.executable, "-B", "-c",
         "import pickle, pkl5\n"
         "def refused(*args): raise AssertionError\n"
         "pickle.load = pickle.loads = refused\n"
         "pkl5._main(['p5.pkl'])"], cwd=folder, capture_output=True,
        env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"{'a': [1, 2.0, (3+4j)]")


def test_import_is_lazy():
    """What the standard library's module does without is not imported."""
    def imported(module):
        done = subprocess.run(
            [sys.executable, "-S", "-B", "-c",
             f"import {module}, sys; print(*sys.modules)"],
            capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR})
        return {name for name in done.stdout.split()
                if not name.startswith("pkl5")}

    for name in ("re", "inspect", "ast", "argparse", "dataclasses", "typing"):
        assert name not in imported("pkl5") - imported("pickle"), name
