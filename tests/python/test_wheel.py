"""The wheel that ./dev wheel makes, where there is nothing but Python."""

import os
import subprocess

import pytest

import tested_package

pytestmark = pytest.mark.long

CHECK = r"""
import pathlib, pickle, sys
import pkl5
value = {"a": [1, 2.5, "text"], "b": pickle.PickleBuffer(bytearray(5000))}
assert pkl5.dumps(value, 5) == pickle.dumps(value, 5)
assert pkl5.loads(pickle.dumps([1, 2])) == [1, 2]
path = pathlib.Path(sys.argv[1], "value.pkl5")
pkl5.dump(value, path)
assert bytes(pkl5.load(path, mmap=True, verify=True)["b"]) == bytes(5000)
libraries = set()
with open("/proc/self/maps") as maps:
    for line in maps:
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and ".so" in fields[5]:
            libraries.add(fields[5].strip())
home = str(pathlib.Path(pkl5.__file__).parents[1])
own = [library for library in libraries if library.startswith(home)]
others = [library for library in libraries if not library.startswith(home)]
assert any("_pkl5" in library for library in own)
for name in ("absl", "xxhash", "zstd", "lz4"):
    assert not any(name in library for library in others), others
print(len(own), "libraries of its own")
"""


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True,
                          stdout=subprocess.PIPE, text=True, **options).stdout


@pytest.fixture(scope="module")
def wheel():
    """The wheel of this tree, made anew."""
    made = subprocess.run([str(tested_package.ROOT / "dev"), "wheel"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if made.returncode and "No matching distribution" in made.stdout:
        pytest.skip("NO WHEEL WAS TRIED: its tools cannot be installed")
    assert made.returncode == 0, made.stdout
    (found,) = (tested_package.ROOT / "build" / "wheel").glob("*.whl")
    return found


def test_wheel(wheel, tmp_path):
    assert "manylinux" in wheel.name
    run("/usr/bin/python3", "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    # Nothing of this process: no LD_LIBRARY_PATH, no PYTHONPATH.
    clean = {"PATH": os.defpath, "HOME": str(tmp_path)}
    run(python, "-m", "pip", "install", "-q", "--no-index", "--no-deps", wheel,
        env=clean)
    print(run(python, "-I", "-c", CHECK, tmp_path, env=clean, cwd=tmp_path))
    installed = run(python, "-m", "pip", "show", "-f", "pkl5", env=clean)
    for name in ("pkl5/__init__.pyi", "pkl5/py.typed", "pkl5/numpy.py"):
        assert name in installed
