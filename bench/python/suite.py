"""The suite `python`: pkl5 against _pickle of the same interpreter."""

import hashlib
import json
import math
import os
import pathlib
import shutil
import subprocess

import machine

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
HEADINGS = ("case", "operation", "pkl5 us", "_pickle us", "faster",
            "peak memory")


def cached(build_dir, variable):
    """The value of a variable of a CMake build."""
    for line in (build_dir / "CMakeCache.txt").read_text().splitlines():
        name, _, value = line.partition("=")
        if name.partition(":")[0] == variable:
            return value
    return ""


def configured_for(python, build_dir):
    """The folder of a build of pkl5 for exactly this interpreter: the build's
    own, or one with its compiler and options."""
    executable = pathlib.Path(shutil.which(python) or python).absolute()
    first = cached(build_dir, "PICKLE5_PYTHON_INTERPRETERS").split(";")[0]
    if os.path.realpath(executable) == os.path.realpath(first):
        return build_dir
    name = hashlib.sha256(str(executable).encode()).hexdigest()[:8]
    folder = (build_dir / "bench" / "python"
              / f"{machine.python_version(executable)}-{name}")
    options = {"PICKLE5_PYTHON": "ON", "PICKLE5_CLI": "OFF",
               "PICKLE5_TESTS": "OFF", "PICKLE5_INSTALL": "OFF",
               "PICKLE5_PYTHON_INTERPRETERS": executable}
    for same in ("CMAKE_BUILD_TYPE", "CMAKE_CXX_COMPILER", "CMAKE_CXX_FLAGS"):
        options[same] = cached(build_dir, same)
    subprocess.run(["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja",
                    *(f"-D{name}={value}" for name, value in options.items())],
                   check=True, stdout=subprocess.DEVNULL)
    return folder


def built_package(python, build_dir):
    """The folder of the package pkl5, built for the interpreter."""
    print(f"bench: building pkl5 for {python}", flush=True)
    folder = configured_for(python, build_dir)
    subprocess.run(["cmake", "--build", folder, "-j", str(os.cpu_count()),
                    "--target", "_pkl5"], check=True)
    return folder / "python"


def measure(python, package_dir, arguments):
    command = [python, str(HERE / "compare.py"),
               "--repeats", str(arguments.repeats)]
    for case in arguments.case or ():
        command += ["--case", case]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=True,
                         env={**os.environ, "PYTHONPATH": str(package_dir)})
    return json.loads(run.stdout)


def show(results):
    """The table, and behind it that of the cases where the lead is least."""
    for parity in (False, True):
        part = {case: {operation: found for operation, found in row.items()
                       if operation != "parity"}
                for case, row in results.items()
                if row.get("parity", False) == parity}
        if part:
            show_table(part)


def show_table(results):
    print("{:<24} {:<10} {:>10} {:>10} {:>7} {:>12}".format(*HEADINGS))
    logarithms = {"dumps": [], "loads": []}
    file_logarithms = []  # of file_cases.py, whose operations are others
    for case, operations in results.items():
        for operation, found in operations.items():
            ratio = found["_pickle"] / found["pkl5"]
            logarithms.get(operation, file_logarithms).append(math.log(ratio))
            memory = found["pkl5_peak"] / max(found["_pickle_peak"], 1)
            print(f"{case:<24} {operation:<10} {found['pkl5'] * 1e6:>10.1f} "
                  f"{found['_pickle'] * 1e6:>10.1f} {ratio:>6.2f}x "
                  f"{memory:>11.2f}x", flush=True)
    logarithms["files"] = file_logarithms
    for operation, values in logarithms.items():
        if not values:
            continue
        mean = math.exp(sum(values) / len(values))
        print(f"geometric mean of {operation}: {mean:.2f}x")
    for case, operations in results.items():
        for operation, found in operations.items():
            if found["_pickle"] < 0.95 * found["pkl5"]:
                print(f"below parity: {case}, {operation}")


def main(arguments, pythons):
    packages = {python: built_package(python, arguments.build_dir)
                for python in pythons}
    everything = {}
    for python, package_dir in packages.items():
        print(f"{python}: pkl5 against _pickle, in protocol 5 unless named")
        everything[python] = measure(python, package_dir, arguments)
        show(everything[python])
    if arguments.json:
        arguments.json.write_text(json.dumps(everything, indent=1) + "\n")
