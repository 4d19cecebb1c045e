"""The command lines of the standard library's pickle and pickletools.

What they take and print differs between versions, so that their own code is
run, with functions of this package in place of theirs.
"""

import ast
import inspect
import sys
import types


def _is_main_block(node):
    return (isinstance(node, ast.If) and isinstance(node.test, ast.Compare)
            and isinstance(node.test.left, ast.Name)
            and node.test.left.id == "__name__")


def _main_block(module):
    """The code under ``if __name__ == "__main__"`` of a module."""
    tree = ast.parse(inspect.getsource(module))
    tree.body = [statement for node in tree.body if _is_main_block(node)
                 for statement in node.body]
    return compile(tree, module.__file__, "exec")


def run(module, functions, args=None):
    """Do as ``python -m MODULE ARGS`` does, with ``functions`` by their names.

    ``args`` are those of the process unless they are given.
    """
    names = {**vars(module), **functions, "__name__": "__main__"}
    main = getattr(module, "_main", None)  # before 3.14 and 3.15: the block
    if main is not None:
        names["_main"] = types.FunctionType(main.__code__, names, "_main",
                                            main.__defaults__)
        names["_main"](args)
        return
    before = sys.argv
    if args is not None:
        sys.argv = [sys.argv[0], *args]
    try:
        exec(_main_block(module), names)
    finally:
        sys.argv = before
