"""Builds pkl5 for several CPythons and runs its tests in each.

usage: interpreter_matrix.py [VERSION...]

The versions are 3.9 to 3.15 unless others are named; those that are not there
are told and passed over. `./dev root sid interpreters` runs it where Debian's
newest are. Each gets a virtual environment with pytest, NumPy and hypothesis,
from the package index; of the latter two only what has a wheel for it. Says
which have passed; exits with 1 if one has not, or if none was found.
"""

import argparse
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "round_trip"))

import interpreters  # noqa: E402

VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15")


def build(pythons, folder):
    options = {"CMAKE_BUILD_TYPE": "Release", "PICKLE5_PYTHON": "ON",
               "PICKLE5_CLI": "OFF", "PICKLE5_TESTS": "OFF",
               "PICKLE5_INSTALL": "OFF",
               "PICKLE5_PYTHON_INTERPRETERS": ";".join(pythons)}
    subprocess.run(["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja",
                    *(f"-D{name}={value}" for name, value in options.items())],
                   check=True, stdout=subprocess.DEVNULL)
    targets = ["_pkl5", *(f"_pkl5_{i}" for i in range(1, len(pythons)))]
    subprocess.run(["cmake", "--build", folder, "--target", *targets],
                   check=True)


def environment(python, folder):
    """The interpreter of a virtual environment with what the tests use."""
    inside = folder / "bin" / "python"
    if not inside.exists():
        subprocess.run([python, "-m", "venv", folder], check=True)
        install = [inside, "-m", "pip", "install", "-q"]
        subprocess.run([*install, "pytest"], check=True)
        for package in ("numpy", "hypothesis"):
            if subprocess.run([*install, "--only-binary", ":all:",
                               package]).returncode:
                print(f"interpreters: NOTE: no {package} for {python}")
    return inside


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("version", nargs="*", default=VERSIONS)
    parser.add_argument("--build-dir", type=pathlib.Path,
                        default=ROOT / "build" / "interpreters")
    arguments = parser.parse_args()
    pythons = {}
    for version in arguments.version:
        pythons[version] = interpreters.find(version)
        if pythons[version] is None:
            print(f"interpreters: NOTE: no CPython {version} here")
            del pythons[version]
    if not pythons:
        sys.exit("interpreters: none of these is here")
    build(list(pythons.values()), arguments.build_dir)
    failed = []
    for version, python in pythons.items():
        inside = environment(python, arguments.build_dir / f"venv-{version}")
        print(f"interpreters: {version}: {python}", flush=True)
        done = subprocess.run(
            [inside, "-B", "-m", "pytest", "-q", "-rs", "-p",
             "no:cacheprovider", "-m", "not long",
             "-o", "markers=long: runs for minutes",
             ROOT / "tests" / "python"],
            env={**os.environ, "PICKLE5_PYTHON_DIR":
                 str(arguments.build_dir / "python")})
        if done.returncode:
            failed.append(version)
    print(f"interpreters: tried: {' '.join(pythons)}; "
          f"failed: {' '.join(failed) or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
