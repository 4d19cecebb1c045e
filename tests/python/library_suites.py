"""Runs the pickle-related tests of libraries with and without pkl5.install().

usage: library_suites.py [--python EXE] [--venv DIR] [LIBRARY...]

A virtual environment gets the libraries from the package index, and the source
distributions of those whose packages hold no tests. Each library's tests run
twice: as they are, and in processes that call pkl5.install() when they start
(children too, by a .pth file in the environment). Tells every test whose
outcome differs; exits with 1 if one does.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tarfile

import tested_package

# Library: what is installed for it, which tests are taken, and how they are
# selected. Paths are inside the installed package, or in the source
# distribution where `source` is set.
LIBRARIES = {
    "numpy": {
        "packages": ["numpy"], "module": "numpy",
        "paths": ["_core/tests/test_multiarray.py",
                  "_core/tests/test_regression.py",
                  "_core/tests/test_dtype.py", "ma/tests/test_core.py",
                  "ma/tests/test_old_ma.py", "random/tests/test_direct.py",
                  "random/tests/test_generator_mt19937.py",
                  "random/tests/test_smoke.py", "_core/tests/test_records.py",
                  "_core/tests/test_ufunc.py", "_core/tests/test_errstate.py",
                  "matrixlib/tests/test_matrix_linalg.py"],
        "select": "pickle or Pickle or copy"},
    "pandas": {
        "packages": ["pandas"], "module": "pandas",
        "paths": ["tests/io/test_pickle.py", "tests/io/test_common.py",
                  "tests/frame/test_subclass.py",
                  "tests/series/test_subclass.py",
                  "tests/tseries/offsets/test_offsets.py",
                  "tests/indexes/test_common.py", "tests/scalar",
                  "tests/indexes/multi", "tests/arrays/test_datetimes.py",
                  "tests/internals"],
        "select": "pickle or Pickle"},
    "scikit-learn": {
        "packages": ["scikit-learn"], "module": "sklearn",
        "paths": ["tests/test_base.py", "tree/tests/test_tree.py",
                  "ensemble/tests/test_forest.py", "utils/tests/test_bunch.py",
                  "metrics/tests/test_dist_metrics.py",
                  "linear_model/tests/test_sgd.py",
                  "neighbors/tests/test_neighbors_tree.py",
                  "feature_extraction/tests/test_text.py"],
        "select": "pickle or Pickle"},
    "joblib": {
        "packages": ["joblib"], "module": "joblib",
        "paths": ["test/test_numpy_pickle.py",
                  "test/test_numpy_pickle_utils.py", "test/test_hashing.py",
                  "test/test_memory.py", "test/test_cloudpickle_wrapper.py"],
        "select": ""},
    "pyarrow": {
        "packages": ["pyarrow"], "module": "pyarrow",
        "paths": ["tests/test_array.py", "tests/test_table.py",
                  "tests/test_types.py", "tests/test_schema.py",
                  "tests/test_scalars.py", "tests/test_io.py",
                  "tests/test_extension_type.py", "tests/test_compute.py",
                  "tests/test_dataset.py"],
        "select": "pickle or Pickle or pickling"},
    "loky": {
        "packages": ["loky", "psutil", "cloudpickle"], "source": "loky",
        "paths": ["tests/test_reusable_executor.py",
                  "tests/test_process_executor_loky.py",
                  "tests/test_cloudpickle_wrapper.py"],
        "select": "pickl or serial or reduce or wrap"},
    "dill": {
        "packages": ["dill"], "source": "dill",
        # Programs, each of which checks things as it runs.
        "programs": "dill/tests/test_*.py"},
}
# Chosen so that what a suite needs besides is there.
TOOLS = ["pytest", "pytest-timeout", "hypothesis"]
SITE = "pkl5_installed_for_suites"


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True,
                          **options)


def prepare(arguments, libraries):
    """The interpreter of the environment."""
    python = arguments.venv / "bin" / "python"
    if not python.exists():
        run(arguments.python, "-m", "venv", arguments.venv)
    wanted = {package for library in libraries
              for package in LIBRARIES[library]["packages"]}
    run(python, "-m", "pip", "install", "-q", *TOOLS, *sorted(wanted))
    site = pathlib.Path(subprocess.run(
        [python, "-c", "import sysconfig as s; print(s.get_path('purelib'))"],
        check=True, stdout=subprocess.PIPE, text=True).stdout.strip())
    # Read by every interpreter of the environment as it starts.
    (site / f"{SITE}.pth").write_text(
        "import os; os.environ.get('PKL5_SUITES') and "
        "__import__('pkl5').install()\n")
    return python, site


def source_of(arguments, library):
    """The unpacked source distribution."""
    folder = arguments.venv / "sources" / library
    if not folder.exists():
        folder.mkdir(parents=True)
        run(arguments.venv / "bin" / "python", "-m", "pip", "download", "-q",
            "--no-deps", "--no-binary", ":all:", "-d", folder, library)
        for archive in folder.glob("*.tar.gz"):
            with tarfile.open(archive) as packed:
                packed.extractall(folder)
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    return unpacked


PLUGIN = '''
import json, os, pickle
outcomes = {}
def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        if outcomes.get(report.nodeid) != "failed":
            outcomes[report.nodeid] = report.outcome
def pytest_sessionfinish(session):
    import _pickle
    with open(os.environ["PKL5_OUTCOMES"], "w") as file:
        json.dump({"outcomes": outcomes,
                   "installed": pickle.dumps is not _pickle.dumps}, file)
'''


def outcomes_of_programs(arguments, python, library, environment):
    base = source_of(arguments, library)
    outcomes = {}
    for path in sorted(base.glob(LIBRARIES[library]["programs"])):
        done = subprocess.run([str(python), path.name], cwd=path.parent,
                              env=environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
        outcomes[path.name] = "failed" if done.returncode else "passed"
    return [base], outcomes


def outcomes_of(arguments, python, site, library, installed):
    spec = LIBRARIES[library]
    report = arguments.venv / f"{library}-{'with' if installed else 'without'}"
    plugins = arguments.venv / "plugins"
    plugins.mkdir(exist_ok=True)
    (plugins / "outcome_plugin.py").write_text(PLUGIN)
    environment = {
        **os.environ, "PKL5_OUTCOMES": str(report),
        "PYTHONPATH": os.pathsep.join((str(plugins),
                                       tested_package.PACKAGE_DIR)),
        "PKL5_SUITES": "1" if installed else "",
        # One run must not leave the other anything to find.
        "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    if "programs" in spec:
        return outcomes_of_programs(arguments, python, library, environment)
    if "source" in spec:
        base = source_of(arguments, library)
    else:
        base = site / spec["module"]
    paths = [base / path for path in spec["paths"] if (base / path).exists()]
    if not paths:
        return None, {}
    report.unlink(missing_ok=True)
    with open(f"{report}.log", "w") as log:
        subprocess.run(
            [str(python), "-m", "pytest", "-q", "-p", "outcome_plugin", "-p",
             "no:cacheprovider", "-p", "no:randomly", "--timeout", "300",
             "-o", "addopts=", "-W", "ignore", "-k", spec["select"],
             *map(str, paths)], cwd=arguments.venv, env=environment,
            stdout=log, stderr=subprocess.STDOUT)
    if not report.exists():
        sys.exit(f"suites: {library}: no tests were run: see {report}.log")
    found = json.loads(report.read_text())
    if found["installed"] != installed:
        sys.exit(f"suites: {library}: pkl5 was {'not ' * installed}installed")
    return paths, found["outcomes"]


def compare(arguments, python, site, library):
    """Whether all is the same."""
    paths, without = outcomes_of(arguments, python, site, library, False)
    if paths is None:
        print(f"suites: {library}: NOTE: its package holds no tests")
        return True
    _, installed = outcomes_of(arguments, python, site, library, True)
    counts = {outcome: sum(found == outcome for found in without.values())
              for outcome in ("passed", "failed", "skipped")}
    different = [name for name in sorted(set(without) | set(installed))
                 if without.get(name) != installed.get(name)]
    print(f"suites: {library}: {counts['passed']} pass, {counts['failed']} "
          f"fail and {counts['skipped']} are skipped without pkl5; "
          f"{len(different)} differ with it", flush=True)
    for name in different:
        print(f"suites: {library}: {name}: {without.get(name)} without, "
              f"{installed.get(name)} with pkl5")
    return not different and counts["passed"] > 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library", nargs="*", metavar="LIBRARY",
                        help=f"of {', '.join(LIBRARIES)} (default: all)")
    parser.add_argument("--python", default=sys.executable,
                        help="for which pkl5 was built (default: this one)")
    parser.add_argument("--venv", type=pathlib.Path,
                        default=tested_package.ROOT / "build" / "suites")
    arguments = parser.parse_args()
    libraries = arguments.library or list(LIBRARIES)
    for library in set(libraries) - set(LIBRARIES):
        parser.error(f"no library {library}")
    arguments.venv = arguments.venv.resolve()
    python, site = prepare(arguments, libraries)
    good = [compare(arguments, python, site, library) for library in libraries]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
