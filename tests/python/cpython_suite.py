"""Runs CPython's own tests of pickle over pkl5 in the place of _pickle.

usage: PYTHONPATH=<build>/python PYTHON cpython_suite.py [-v] [SUBSTRING...]

The interpreter must have its test package. Nothing of it is edited: before
test.test_pickle is imported, `_pickle` in sys.modules becomes a module with the
classes and functions of pkl5, and so do the names that `pickle` took from it,
so that every test class for the C implementation tests pkl5. The two classes
that look into structures of _pickle.c, SizeofTests and HeapTypesTests, are left
out. SUBSTRINGs choose tests by their ids.

Prints the number of tests that passed, failed and were skipped, and the
failures; exits with 1 if there are any.
"""

import importlib
import io
import sys
import types
import unittest
import warnings

NAMES = ("Pickler", "Unpickler", "dump", "dumps", "load", "loads")
LEFT_OUT = ("SizeofTests", "HeapTypesTests", "CompatPickleTests")


def substitute():
    import _pickle
    import pickle
    import pkl5
    stand_in = types.ModuleType("_pickle")
    vars(stand_in).update(vars(_pickle))
    for name in NAMES:
        setattr(stand_in, name, getattr(pkl5, name))
        setattr(pickle, name, getattr(pkl5, name))
    sys.modules["_pickle"] = stand_in
    return pkl5


def is_for_c(name):
    return not name.startswith("Py") and name not in LEFT_OUT


def use_command_line(module, name, main):
    """Lets the CommandLineTest of a module call `main` for `name`._main()."""
    test_class = getattr(module, "CommandLineTest", None)  # from 3.14 on
    if test_class is None:
        return []
    stand_in = types.ModuleType(name)
    vars(stand_in).update(vars(getattr(module, name)), _main=main)
    setattr(module, name, stand_in)
    return [test_class]


def collect(pkl5):
    module = importlib.import_module("test.test_pickle")
    classes = [value for name, value in sorted(vars(module).items())
               if isinstance(value, type)
               and issubclass(value, unittest.TestCase)
               and value.__module__ == module.__name__ and is_for_c(name)]
    for owner, name in ((module.CPicklerTests, "pickler"),
                        (module.CDispatchTableTests, "pickler_class")):
        if getattr(owner, name) is not pkl5.Pickler:
            sys.exit(f"{owner.__name__} does not test pkl5")
    for name in ("dump", "dumps", "load", "loads"):
        setattr(module.CPickleTests, name, staticmethod(getattr(pkl5, name)))
    for name, test in (("test.test_picklebuffer", "PickleBufferTest"),
                       ("test.test_pickletools", "OptimizedPickleTests")):
        classes.append(getattr(importlib.import_module(name), test))
    from pkl5 import pickletools
    use_command_line(module, "pickle", pkl5._main)
    classes += use_command_line(importlib.import_module("test.test_pickletools"),
                                "pickletools", pickletools._main)
    loader = unittest.TestLoader()
    for test_class in classes:
        yield from loader.loadTestsFromTestCase(test_class)


def main(arguments):
    verbose = "-v" in arguments
    wanted = [text for text in arguments if text != "-v"]
    warnings.simplefilter("ignore")
    tests = [test for test in collect(substitute())
             if not wanted or any(text in test.id() for text in wanted)]
    result = unittest.TestResult()
    bad = {}
    passed = skipped = 0
    output = sys.stdout
    sys.stdout = io.StringIO()
    try:
        for test in tests:
            before = (len(result.failures) + len(result.errors)
                      + len(result.unexpectedSuccesses))
            skips = len(result.skipped)
            test.run(result)
            if (len(result.failures) + len(result.errors)
                    + len(result.unexpectedSuccesses)) != before:
                bad[test.id()] = (result.failures + result.errors)[-1:]
            elif len(result.skipped) != skips:
                skipped += 1
            else:
                passed += 1
    finally:
        sys.stdout = output
    print(f"{passed} passed, {len(bad)} failed, {skipped} skipped")
    for name, entries in bad.items():
        text = entries[0][1] if entries else "unexpected success"
        print("FAILED", name, text if verbose else text.splitlines()[-1])
    return 1 if bad or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
