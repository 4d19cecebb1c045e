"""The package's surface."""

import _pickle
import io
import os
import pickle
import subprocess
import sys

import pytest

import pkl5
import tested_package


def test_has_every_name_of_pickle():
    missing = [name for name in vars(pickle)
               if not name.startswith("__") and not hasattr(pkl5, name)]
    assert not missing
    assert pkl5.PickleBuffer is pickle.PickleBuffer
    assert pkl5.PicklingError is pickle.PicklingError
    assert pkl5.UnpicklingError is pickle.UnpicklingError
    assert set(pickle.__all__) <= set(pkl5.__all__)


def test_install_and_uninstall():
    originals = {name: getattr(pickle, name) for name in pkl5._OWN}
    try:
        assert pkl5.install()
        assert pkl5.install()
        assert pickle.dumps is pkl5.dumps
        assert pickle.Unpickler is pkl5.Unpickler
    finally:
        pkl5.uninstall()
    assert originals == {name: getattr(pickle, name) for name in pkl5._OWN}


def test_environment_switches_it_off():
    code = ("import pickle, pkl5; dumps = pickle.dumps\n"
            "assert not pkl5.install() and pickle.dumps is dumps")
    subprocess.run([sys.executable, "-c", code], check=True,
                   env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR,
                        "PKL5_DISABLE": "1"})


def test_types_are_found_by_name():
    assert pkl5.loads(pkl5.dumps(pkl5.Pickler)) is pkl5.Pickler
    assert pkl5.Unpickler.__module__ == "pkl5"


def test_audit_event():
    code = """
import pkl5, sys
seen = []
sys.addaudithook(lambda event, args: seen.append(args)
                 if event == 'pickle.find_class' else None)
pkl5.loads(b'cbuiltins\\nstr\\n.')
assert seen == [('builtins', 'str')], seen
"""
    subprocess.run([sys.executable, "-c", code], check=True,
                   env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR})


def test_subinterpreters():
    code = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
import sys
for _ in range(3):
    one = interpreters.create()
    problem = interpreters.run_string(
        one, 'import sys; sys.path[:] = %r; import pkl5;'
        'assert pkl5.loads(pkl5.dumps([1, "a"])) == [1, "a"]' % sys.path)
    assert problem is None, problem
    interpreters.destroy(one)
import pkl5
assert pkl5.loads(pkl5.dumps({1: 2})) == {1: 2}
"""
    subprocess.run([sys.executable, "-c", code], check=True,
                   env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR})


# What each interpreter does, with a GIL of its own from 3.12 on.
WORK = """
import sys
sys.path[:] = %r
import datetime
import pkl5
for i in range(200):
    obj = [i, str(i), {"when": datetime.datetime(2026, 1, 1), i: (None, 1.5)},
           datetime.timedelta(i), {frozenset([i])}, b"x" * i]
    assert pkl5.loads(pkl5.dumps(obj)) == obj
    assert str(pkl5.tree(pkl5.dumps(i))) == str(i)
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="they share one GIL")
def test_subinterpreters_at_one_time():
    code = """
import threading
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
problems = []
def run():
    for _ in range(4):
        one = interpreters.create()
        try:
            problem = interpreters.run_string(one, WORK)
        except Exception as error:  # as 3.12 tells it
            problem = error
        problems.append(problem)
        interpreters.destroy(one)
threads = [threading.Thread(target=run) for _ in range(3)]
for thread in threads:
    thread.start()
exec(WORK)
for thread in threads:
    thread.join()
assert problems == [None] * 12, problems
"""
    subprocess.run([sys.executable, "-c",
                    f"WORK = {WORK % sys.path!r}\n{code}"], check=True,
                   env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR})


@pytest.mark.skipif(sys.version_info < (3, 14), reason="has no such pool")
def test_pool_of_interpreters():
    code = """
from concurrent.futures import InterpreterPoolExecutor
import pkl5
with InterpreterPoolExecutor(2) as pool:
    dumps = list(pool.map(pkl5.dumps, [[1, 2], {"a": None}]))
assert [pkl5.loads(one) for one in dumps] == [[1, 2], {"a": None}]
"""
    subprocess.run([sys.executable, "-c", code], check=True,
                   env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR})


def test_free_threaded_builds_are_refused():
    code = """
import sys
sys.abiflags = "t"
try:
    import pkl5
except ImportError as error:
    assert str(error) == ("pkl5 needs a CPython with the GIL: this one is a "
                          "free-threaded build"), error
else:
    raise AssertionError("imported")
assert "pkl5._pkl5" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True,
                   env={**os.environ, "PYTHONPATH": tested_package.PACKAGE_DIR})


def test_memo_goes_from_pickler_to_pickler():
    shared = ["shared"]
    results = []
    for module in (_pickle, pkl5):
        first = io.BytesIO()
        pickler = module.Pickler(first, 4)
        pickler.dump([shared, "x"])
        second = io.BytesIO()
        other = module.Pickler(second, 4)
        other.memo = pickler.memo
        other.dump([shared, "y"])
        third = io.BytesIO()
        last = module.Pickler(third, 4)
        last.memo = pickler.memo.copy()
        last.dump([shared, "z"])
        results.append((first.getvalue(), second.getvalue(), third.getvalue(),
                        {index for index, _ in pickler.memo.copy().values()}))
    assert results[0] == results[1]


def test_memo_of_unpicklers():
    data = pickle.dumps([["a"], "b"]) + pickle.dumps("c")
    results = []
    for module in (_pickle, pkl5):
        unpickler = module.Unpickler(io.BytesIO(data))
        loaded = [unpickler.load(), unpickler.load()]
        results.append((loaded, unpickler.memo.copy()))
        with pytest.raises(TypeError):
            unpickler.memo = []
    assert results[0] == results[1]
    unpickler = pkl5.Unpickler(io.BytesIO(b"h\x00."))
    unpickler.memo = {0: "d"}
    assert unpickler.memo.copy() == {0: "d"}
    assert unpickler.load() == "d"


@pytest.mark.parametrize("call", [
    lambda module: module.dumps(),
    lambda module: module.dumps(1, 2, 3),
    lambda module: module.dumps(1, protocol=6),
    lambda module: module.dumps(1, wrong=1),
    lambda module: module.dumps(1, obj=1),
    lambda module: module.dumps(1, 4, buffer_callback=print),
    lambda module: module.dump(1, 2),
    lambda module: module.loads(1),
    lambda module: module.loads(data=b"N."),
    lambda module: module.loads(b"N.", encoding=1),
    lambda module: module.loads(b"N.", buffers=1),
    lambda module: module.load(b"N."),
    lambda module: module.Pickler(),
    lambda module: module.Pickler(1),
    lambda module: module.Unpickler(1),
    lambda module: module.Pickler.__new__(module.Pickler).dump(1),
    lambda module: module.Unpickler.__new__(module.Unpickler).load(),
])
def test_wrong_calls(call):
    errors = []
    for module in (_pickle, pkl5):
        with pytest.raises(Exception) as caught:
            call(module)
        errors.append(caught.type)
    assert errors[0] is errors[1]
