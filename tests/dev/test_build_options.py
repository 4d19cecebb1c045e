"""How CMake is configured: warnings of a user's build, refused interpreters."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRESETS = {preset["name"]: preset for preset in json.loads(
    (ROOT / "CMakePresets.json").read_text())["configurePresets"]}


def variables(name):
    """The cache variables of a preset, those it inherits included."""
    preset = PRESETS[name]
    inherited = preset.get("inherits", [])
    result = {}
    for parent in [inherited] if isinstance(inherited, str) else inherited:
        result.update(variables(parent))
    return {**result, **preset.get("cacheVariables", {})}


def configure(folder, *options):
    return subprocess.run(
        ["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja",
         "-DPICKLE5_PYTHON=ON", "-DPICKLE5_CLI=OFF", "-DPICKLE5_TESTS=OFF",
         "-DPICKLE5_INSTALL=OFF", *options], capture_output=True, text=True)


def test_warnings_are_errors_in_the_presets_of_developers_only():
    visible = {name for name, preset in PRESETS.items()
               if not preset.get("hidden")}
    checked = {name for name in visible
               if variables(name).get("PICKLE5_WERROR") == "ON"}
    assert visible - checked == {"release"}


def test_warnings_are_no_errors_for_users(tmp_path):
    done = configure(tmp_path,
                     f"-DPICKLE5_PYTHON_INTERPRETERS={sys.executable}")
    if "no Python.h" in done.stderr:
        pytest.skip(f"{sys.executable} has no headers")
    assert done.returncode == 0, done.stderr
    commands = (tmp_path / "compile_commands.json").read_text()
    assert "-Wall" in commands and "-Werror" not in commands


def test_demo_build_and_install_turn_errors_off():
    dev = (ROOT / "dev").read_text()
    for command in ("build", "demo", "install"):
        body = re.search(rf"^cmd_{command}\(\) {{\n(.*?)^}}", dev,
                         re.MULTILINE | re.DOTALL)[1]
        assert "build_for_use" in body
        assert not re.search(r"^ *build ", body, re.MULTILINE)
    assert "CONFIGURE=(-DPICKLE5_WERROR=OFF)" in dev


def test_free_threaded_interpreters_are_refused(tmp_path):
    include = tmp_path / "include"
    include.mkdir()
    (include / "Python.h").touch()
    python = tmp_path / "python3.14t"
    python.write_text("#!/bin/sh\n"
                      f"printf '{include};.cpython-314t-x86_64.so;1'\n")
    python.chmod(0o755)
    done = configure(tmp_path / "build",
                     f"-DPICKLE5_PYTHON_INTERPRETERS={python}")
    assert done.returncode != 0
    assert "needs a CPython with the GIL" in " ".join(done.stderr.split())
