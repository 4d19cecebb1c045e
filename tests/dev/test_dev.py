"""The script ./dev: its commands, its usage and what it refuses."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEV = ROOT / "dev"


def run(*arguments, **environment):
    return subprocess.run([DEV, *arguments], capture_output=True, text=True,
                          env={**os.environ, **environment})


def commands():
    return set(re.findall(r"^cmd_(\w+)\(\)", DEV.read_text(), re.MULTILINE))


def test_usage_names_each_command():
    usage = run("help")
    assert usage.returncode == 0
    named = re.findall(r"^  ([a-z]+)(?: |$)", usage.stdout, re.MULTILINE)
    assert sorted(named) == sorted(commands())


def test_each_command_can_be_called():
    dispatch = DEV.read_text().rpartition("case ${1-help} in")[2]
    called = set(re.findall(r"\w+", dispatch.partition(")")[0]))
    assert called == commands()


@pytest.mark.parametrize("arguments, problem", [
    (["root"], "which suite"), (["root", "../x", "test"], "which suite"),
    (["root", "trixie"], "which command"), (["fuzz"], "how many minutes"),
    (["lint", "--most"], "unknown option"), (["bench"], "which suite")])
def test_bad_arguments_are_refused(arguments, problem):
    done = run(*arguments)
    assert done.returncode == 1
    assert done.stderr.startswith(f"dev: {arguments[0]}: ")
    assert problem in done.stderr


def test_unknown_command():
    done = run("tset")
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")


@pytest.mark.parametrize("compiler, package", [
    ("g++", "g++"), ("g++-13", "g++-13"), ("clang++", "clang"),
    ("clang++-19", "clang-19")])
def test_packages_of_compilers(compiler, package):
    function = re.search(r"^package_of\(\).*$", DEV.read_text(), re.MULTILINE)
    done = subprocess.run(
        ["bash", "-c", f"say() {{ printf '%s\\n' \"$*\"; }}; {function[0]}; "
         f"package_of {compiler}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == package


def test_workflow_calls_known_commands():
    workflow = (ROOT / ".github" / "workflows" / "checks.yml").read_text()
    called = re.findall(r"^ *- command: (.*)$", workflow, re.MULTILINE)
    assert called
    for line in called:
        words = line.split()
        if words[0] == "root":
            words = words[2:]
        assert words[0] in commands(), line
    assert re.findall(r"run: *(.*)", workflow) == [
        "./dev ${{ matrix.command }}"]
