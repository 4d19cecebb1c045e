"""The programs of README.md for Python and for a shell run as they stand.

The one for C++ is dump_and_load.cc, which readme_test.py compares and the build
runs.
"""

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST_LINES = 8


def program(language):
    blocks = re.findall(rf"```{language}\n(.*?)```",
                        (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 1
    return blocks[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the Python program has run: the shell's takes its file."""
    pytest.importorskip("numpy")
    folder = tmp_path_factory.mktemp("readme")
    subprocess.run([sys.executable, "-c", program("python")], check=True,
                   cwd=folder, env={**os.environ, "PYTHONPATH":
                                    os.environ["PICKLE5_PYTHON_DIR"]})
    return folder


@pytest.mark.parametrize("language", ["cpp", "python", "sh"])
def test_programs_are_short(language):
    lines = [line for line in program(language).splitlines() if line]
    assert 1 <= len(lines) <= MOST_LINES


def test_the_python_program_runs(folder):
    assert (folder / "model.pkl5").exists()


def test_the_shell_program_runs(folder):
    (folder / "bin").mkdir()
    (folder / "bin" / "pkl5").symlink_to(os.environ["PKL5"])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", program("sh")], cwd=folder,
        capture_output=True, text=True, check=False,
        env={**os.environ,
             "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"})
    assert done.returncode == 0, done.stderr
    assert "'step': 7" in done.stdout
    assert "\n7\n" in done.stdout
    assert (folder / "w.npy").exists()
    assert (folder / "bytes.html").exists()
