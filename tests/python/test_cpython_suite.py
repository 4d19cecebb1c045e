"""CPython's own tests of pickle, with each interpreter there is a build for."""

import os
import pathlib
import subprocess
import sys
import sysconfig

import pytest

import tested_package

HERE = pathlib.Path(__file__).resolve().parent
PYENV = pathlib.Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
# The fewest tests that must pass with these versions.
FEWEST = {"3.11.7": 660, "3.13.0": 709}
NEWER = {(3, 14): 810, (3, 15): 870}


def suffix_of(version):
    tag = "".join(version.split(".")[:2])
    return f"cpython-{tag}-"


def has_build(version):
    return any(suffix_of(version) in path.name for path in
               (pathlib.Path(tested_package.PACKAGE_DIR) / "pkl5").glob("_pkl5.*"))


def interpreters():
    found = {}
    if (pathlib.Path(sysconfig.get_path("stdlib")) / "test"
            / "pickletester.py").exists():
        found["%d.%d.%d" % sys.version_info[:3]] = sys.executable
    for version in FEWEST:
        python = PYENV / "versions" / version / "bin" / "python"
        if python.exists():
            found.setdefault(version, str(python))
    return {version: python for version, python in found.items()
            if has_build(version)}


@pytest.mark.skipif(not interpreters(),
                    reason="no interpreter with a test package and a build")
@pytest.mark.parametrize("version", interpreters())
def test_passes(version):
    run = subprocess.run(
        [interpreters()[version], "-X", "faulthandler",
         str(HERE / "cpython_suite.py")],
        env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR},
        capture_output=True, text=True, timeout=500)
    assert run.returncode == 0, run.stdout + run.stderr
    passed = int(run.stdout.split()[0])
    minor = tuple(map(int, version.split(".")[:2]))
    assert passed >= FEWEST.get(version, NEWER.get(minor, 600)), run.stdout
