"""The functions and classes of pickle, pickled themselves: while installed they
come out as _pickle's own, and a process without pkl5 loads them."""

import base64
import functools
import json
import os
import pathlib
import subprocess
import sys

import pytest

import tested_package

NAMES = ("Pickler", "Unpickler", "dump", "dumps", "load", "loads")

# Prints {name: pickles} of what holds the functions and classes by reference.
WRITER = """
import base64, copyreg, functools, json, sys
import {first}
if {installs}:
    import pkl5
    assert pkl5.install()
{then}

def held():
    for name in {names}:
        yield name, getattr(pickle, name)
        yield "partial " + name, functools.partial(getattr(pickle, name), b"N.")
    for cls in (pickle.Pickler, pickle.Unpickler):
        for name in ("__init__", "memo"):
            if name == "__init__":
                yield cls.__name__ + "." + name, getattr(cls, name)
    yield "task", {{"task": (pickle.loads, (b"N.",)), "again": pickle.loads}}

found = {{}}
for name, value in held():
    found[name] = [base64.b64encode(dumps(value, protocol)).decode()
                   for protocol in range(6)]
json.dump(found, sys.stdout)
"""

PICKLERS = {
    "own": "import pickle; from pickle import dumps",
    "own, of _pickle": "import _pickle, pickle; from _pickle import dumps",
    "python": "import pickle; from pickle import _dumps as dumps",
}
EARLY = {
    "stock": "pickle; from pickle import dumps",
    "derived": """pickle, io
class Derived(pickle.Pickler):
    pass
def dumps(value, protocol):
    file = io.BytesIO()
    Derived(file, protocol).dump(value)
    return file.getvalue()""",
}


def run(code, **environment):
    env = {key: value for key, value in os.environ.items()
           if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", code], env={**env,
                          **environment}, check=True, stdout=subprocess.PIPE)
    return done.stdout


def written(installs, first="sys", then=""):
    return json.loads(run(
        WRITER.format(names=NAMES, first=first, installs=installs, then=then),
        PYTHONPATH=tested_package.PACKAGE_DIR))


@functools.lru_cache
def wanted():
    return written(False, then=PICKLERS["own"])


def loads_without_pkl5(pickles):
    code = ("import base64, json, pickle, sys\n"
            f"for text in json.loads({json.dumps(json.dumps(pickles))}):\n"
            "    value = pickle.loads(base64.b64decode(text))\n"
            "    if isinstance(value, dict):\n"
            "        assert value['task'][0] is value['again']\n"
            "assert 'pkl5' not in sys.modules\n")
    run(code)


@pytest.mark.parametrize("pickler", PICKLERS)
def test_installed_they_come_out_as_those_of_pickle(pickler):
    assert written(True, then=PICKLERS[pickler]) == wanted()


@pytest.mark.parametrize("pickler", EARLY)
def test_picklers_from_before_write_the_same(pickler):
    assert written(True, first=EARLY[pickler]) == wanted()


def test_they_load_where_there_is_no_pkl5():
    found = written(True, then=PICKLERS["own"])
    assert all(b"pkl5" not in base64.b64decode(text)
               for texts in found.values() for text in texts)
    loads_without_pkl5(sum(found.values(), []))


def test_extension_codes_are_those_of_the_names():
    code = ("import copyreg, pickle, pkl5\n"
            "copyreg.add_extension('_pickle', 'loads', 200)\n"
            "pkl5.install()\n"
            "assert pickle.dumps(pickle.loads, 2) == b'\\x80\\x02\\x82\\xc8.'\n"
            "assert pickle.loads(b'\\x80\\x02\\x82\\xc8.') is pickle.loads\n")
    run(code, PYTHONPATH=tested_package.PACKAGE_DIR)


LIFE = """
import pickle, _pickle, io, types
early = {name: getattr(pickle, name) for name in names}
early_dumps = pickle.dumps
import pkl5
own = {name: getattr(pkl5, name) for name in names}

def check(module, picklers, values):
    for name, value in values.items():
        for dumps in picklers:
            for protocol in range(6):
                assert pickle.loads(dumps(value, protocol)) is getattr(
                    module, name), (name, dumps, protocol)

def names_of(values):
    return {value.__module__ for value in values.values()}

# Not installed: each is what it is.
check(pkl5, (early_dumps, pickle._dumps, pkl5.dumps), own)
check(_pickle, (early_dumps, pickle._dumps, pkl5.dumps), early)
assert names_of(own) == {"pkl5"} and names_of(early) == {"_pickle"}

for _ in range(2):
    pkl5.install()
    pkl5.install()
    assert names_of(own) == {"_pickle"} == names_of(early)
    assert all(getattr(_pickle, name) is own[name] for name in names)
    check(pkl5, (early_dumps, pickle._dumps, pkl5.dumps), own)
    # Those from before are as good as those in their place.
    check(pkl5, (pkl5.dumps,), early)

    class Derived(pickle.Pickler):
        pass

    globals()["Derived"] = Derived
    assert pickle.loads(pickle.dumps(Derived)) is Derived
    for call in (lambda: pickle.dumps(pickle.Pickler(io.BytesIO())),
                 lambda: pickle.dumps(pickle.Pickler(io.BytesIO()).dump)):
        try:
            call()
        except TypeError as error:
            assert "annot pickle" in str(error) and "Pickler" in str(error)
        else:
            assert False
    pkl5.uninstall()

check(pkl5, (early_dumps, pickle._dumps, pkl5.dumps), own)
check(_pickle, (early_dumps, pickle._dumps, pkl5.dumps), early)
assert all(getattr(_pickle, name) is early[name] for name in names)

# What another module has put in their place counts.
pkl5.install()
_pickle.loads = pickle.loads = types.SimpleNamespace()
try:
    pkl5.dumps(pkl5.loads)
except pickle.PicklingError as error:
    assert "not the same object" in str(error)
else:
    assert False
for value in (pkl5.scan, pkl5.tree, pkl5.install):
    assert pkl5.loads(pkl5.dumps(value)) is value
    assert value.__module__.startswith("pkl5")
"""


def test_they_are_found_under_their_names_at_any_time():
    run(f"names = {NAMES!r}\n" + LIFE, PYTHONPATH=tested_package.PACKAGE_DIR)


@pytest.mark.parametrize("early", [False, True])
def test_closures(early):
    """Of cloudpickle, which writes functions that are not found by name."""
    cloudpickle = pytest.importorskip("cloudpickle")
    folder = str(pathlib.Path(cloudpickle.__file__).resolve().parents[1])
    imports = ["import cloudpickle", "import pkl5; pkl5.install()"]
    code = "\n".join(imports if early else imports[::-1]) + """
import base64, pickle, sys
def made():
    loads, Unpickler = pickle.loads, pickle.Unpickler
    return lambda data: (loads(data), Unpickler)
data = cloudpickle.dumps(made())
assert b"pkl5" not in data
sys.stdout.write(base64.b64encode(data).decode())
"""
    data = run(code, PYTHONPATH=os.pathsep.join(
        [tested_package.PACKAGE_DIR, folder])).decode()
    run("import base64, pickle, sys\n"
        f"found = pickle.loads(base64.b64decode({data!r}))(b'N.')\n"
        "assert found == (None, pickle.Unpickler)\n"
        "assert 'pkl5' not in sys.modules\n", PYTHONPATH=folder)
