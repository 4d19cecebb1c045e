"""The suite `python`: pkl5 against _pickle of the same interpreter."""

import json
import math
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
HEADINGS = ("case", "operation", "pkl5 us", "_pickle us", "faster",
            "peak memory")


def suffix_of(python):
    return subprocess.run(
        [python, "-c", "import sysconfig as s; "
         "print(s.get_config_var('EXT_SUFFIX'), end='')"],
        capture_output=True, text=True, check=True).stdout


def measure(python, package_dir, arguments):
    command = [python, str(HERE / "compare.py"),
               "--repeats", str(arguments.repeats)]
    for case in arguments.case or ():
        command += ["--case", case]
    run = subprocess.run(command, stdout=subprocess.PIPE, check=True,
                         env={**os.environ, "PYTHONPATH": str(package_dir)})
    return json.loads(run.stdout)


def show(results):
    print("{:<18} {:<10} {:>10} {:>10} {:>7} {:>12}".format(*HEADINGS))
    logarithms = {"dumps": [], "loads": []}
    for case, operations in results.items():
        for operation, found in operations.items():
            ratio = found["_pickle"] / found["pkl5"]
            logarithms[operation].append(math.log(ratio))
            memory = found["pkl5_peak"] / max(found["_pickle_peak"], 1)
            print(f"{case:<18} {operation:<10} {found['pkl5'] * 1e6:>10.1f} "
                  f"{found['_pickle'] * 1e6:>10.1f} {ratio:>6.2f}x "
                  f"{memory:>11.2f}x", flush=True)
    for operation, values in logarithms.items():
        mean = math.exp(sum(values) / len(values))
        print(f"geometric mean of {operation}: {mean:.2f}x")


def main(arguments, pythons):
    package_dir = arguments.build_dir / "python"
    everything = {}
    for python in pythons:
        if not list((package_dir / "pkl5").glob("_pkl5" + suffix_of(python))):
            sys.exit(f"bench: no build of pkl5 for {python}: add it to "
                     "PICKLE5_PYTHON_INTERPRETERS")
        print(f"{python}: pkl5 against _pickle, protocol 5")
        everything[python] = measure(python, package_dir, arguments)
        show(everything[python])
    if arguments.json:
        arguments.json.write_text(json.dumps(everything, indent=1) + "\n")
