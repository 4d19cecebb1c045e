"""The builds of pkl5 that `./dev bench python --python EXE` measures."""

import pathlib
import shutil
import sys
import sysconfig

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

from python import suite  # noqa: E402

pytestmark = pytest.mark.skipif(
    not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists(),
    reason=f"{sys.executable} has no headers")


@pytest.fixture
def build(tmp_path):
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / "CMakeCache.txt").write_text(
        f"PICKLE5_PYTHON_INTERPRETERS:STRING={sys.executable}\n"
        "CMAKE_BUILD_TYPE:STRING=Release\n"
        f"CMAKE_CXX_COMPILER:STRING={shutil.which('g++')}\n")
    return folder


def test_the_interpreter_of_the_build(build, tmp_path):
    assert suite.configured_for(sys.executable, build) == build
    link = tmp_path / "link"
    link.symlink_to(sys.executable)
    assert suite.configured_for(str(link), build) == build


@pytest.mark.skipif(not shutil.which("g++"), reason="no g++")
def test_another_interpreter_gets_a_build_of_its_own(build, tmp_path):
    other = tmp_path / "python3"
    shutil.copy(sys.executable, other)
    folder = suite.configured_for(str(other), build)
    assert folder != build and build in folder.parents
    assert suite.cached(folder, "PICKLE5_PYTHON_INTERPRETERS") == str(other)
    assert suite.cached(folder, "CMAKE_BUILD_TYPE") == "Release"
    assert suite.cached(folder, "PICKLE5_WERROR") == "OFF"
