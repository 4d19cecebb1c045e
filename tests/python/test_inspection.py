"""pkl5.scan and pkl5.tree: what is in a pickle, without loading it."""

import collections
import datetime
import gc
import io
import json
import os
import pickle
import sys

import pytest

import pkl5
from pkl5 import Limits

HERE = __name__


class Plain:
    def __init__(self, **fields):
        vars(self).update(fields)


class Evil:
    def __reduce__(self):
        return os.system, ("exit 3",)


# --- scan --------------------------------------------------------------------


def test_safe_pickles():
    for obj in ([1, {"a": 2.5}], collections.OrderedDict(a=1),
                datetime.date(2024, 1, 2)):
        report = pkl5.scan(pickle.dumps(obj))
        assert report.verdict == "safe" and report.safe
        assert report.error is None and report.pickles == 1
        assert report.size == len(pickle.dumps(obj))
    assert pkl5.scan(pickle.dumps([1])).globals == ()


def test_dangerous_pickles():
    data = pickle.dumps([1, Evil()], 4)
    report = pkl5.scan(data)
    assert report.verdict == "dangerous" and not report.safe
    (found,) = report.globals
    assert found.name in ("os.system", "posix.system")
    assert found.verdict == "dangerous" and found.reason
    assert [site.opcode for site in report.sites] == ["STACK_GLOBAL", "REDUCE"]
    (call,) = report.calls
    assert call == (data.index(b"R", 30), "REDUCE", found.name)
    (lookup,) = report.lookups
    assert data[lookup.offset:lookup.offset + 1] == b"\x93"
    assert repr(report) == "<ScanReport dangerous: 1 globals, 1 calls>"
    lines = str(report).splitlines()
    assert lines[0] == "dangerous" and found.name in lines[1]
    assert lines[-1] == f"  at byte {call.offset}: REDUCE {found.name}"


def test_names_that_are_allowed_by_the_caller():
    data = pickle.dumps(Plain(a=1))
    assert pkl5.scan(data).verdict == "unknown"
    assert pkl5.scan(data, allow=[f"{HERE}.Plain"]).verdict == "safe"
    assert pkl5.scan(data, allow=[f"{HERE}.Plai"]).verdict == "unknown"
    for wrong in ("a.b", 5, [5]):
        with pytest.raises(TypeError):
            pkl5.scan(data, allow=wrong)


def test_what_cannot_be_scanned():
    report = pkl5.scan(b"\xff")
    assert report.verdict == "malformed" and "at byte 0" in report.error
    assert str(report).splitlines()[-1].strip() == report.error
    report = pkl5.scan(pickle.dumps(list(range(100))),
                       limits=Limits(max_opcodes=20))
    assert report.verdict == "unscanned" and "opcodes" in report.error
    report = pkl5.scan(pickle.dumps(1) + pickle.dumps(Evil()))
    assert report.pickles == 2 and report.verdict == "dangerous"
    with pytest.raises(TypeError):
        pkl5.scan("text")


def test_nothing_is_imported():
    sys.modules.pop("this", None)
    for data in (b"cthis\ns\n.", bytearray(b"cthis\ns\n)R."),
                 memoryview(b"\x80\x04\x8c\x04this\x8c\x01s\x93.")):
        assert not pkl5.scan(data).safe
        assert pkl5.tree(data).kind in ("global", "object")
    assert "this" not in sys.modules


# --- tree --------------------------------------------------------------------


def test_scalars():
    for obj in (None, True, False, 0, -5, 1 << 70, -(1 << 4000), 2.5,
                float("inf"), "", "x", "\u20ac\U0001f600", "\ud800", b"", b"\xff",
                bytearray(b"ab")):
        node = pkl5.tree(pickle.dumps(obj, 5))
        assert node.kind == ("none" if obj is None else type(obj).__name__)
        assert node.value == obj and type(node.value) is type(obj)
        assert node.children == () and len(node) == 0
        assert node.module is node.callable is node.state is None
        assert node.form is node.persistent_id is node.buffer_index is None


def test_containers():
    root = pkl5.tree(pickle.dumps([1, (2, 3), {"k": [4], 5: None}, {6},
                                   frozenset([7])]))
    assert root.kind == "list" and len(root) == 5 and root.value is None
    assert [node.kind for node in root.items] == [
        "int", "tuple", "dict", "set", "frozenset"]
    assert root[1][0].value == 2 and root[-1].items[0].value == 7
    table = root[2]
    assert len(table) == 2
    assert [(key.value, value.kind) for key, value in table.pairs] == [
        ("k", "list"), (5, "none")]
    assert table["k"][0].value == 4 and table[5].kind == "none"
    assert [node.value for node in table.children] == ["k", None, 5, None]
    for key, error in ((9, IndexError), ("k", KeyError), (1.5, TypeError)):
        with pytest.raises(error):
            root[key]
    for key in ("missing", 6):
        with pytest.raises(KeyError):
            table[key]


def test_objects():
    root = pkl5.tree(pickle.dumps([Plain(a=1, b=[2]), Plain, Evil()], 4))
    obj, cls, evil = root.items
    assert obj.kind == "object" and obj.form == "newobj"
    assert obj.class_name == f"{HERE}.Plain"
    assert obj.callable == cls and obj.args.kind == "tuple"
    assert obj.kwargs is None
    assert obj.state["a"].value == 1 and obj["b"][0].value == 2
    assert [(kind, len(nodes)) for kind, nodes in obj.posts] == [("state", 1)]
    assert cls.kind == "global" and cls.name == f"{HERE}.Plain"
    assert (cls.module, cls.qualname) == (HERE, "Plain")
    assert evil.form == "reduce" and evil.args[0].value == "exit 3"
    ordered = pkl5.tree(pickle.dumps(collections.OrderedDict(a=1)))
    ((kind, nodes),) = ordered.posts
    assert kind == "setitem" and [node.value for node in nodes] == ["a", 1]


def test_what_has_no_meaning_without_its_reader():
    assert pkl5.tree(b"Pabc\n.").persistent_id.value == "abc"
    assert pkl5.tree(b"\x82\x07.").extension_code == 7
    root = pkl5.tree(b"\x80\x05](\x97\x97\x98e.")
    assert [node.buffer_index for node in root.items] == [0, 1]
    assert [node.kind for node in root.items] == ["buffer"] * 2
    root = pkl5.tree(b"cos\nsystem\n(S'x'\ntR0N.")
    assert root.kind == "none"
    assert [node.class_name for node in root.effects] == ["os.system"]


def test_sharing_and_cycles():
    shared = [1]
    loop = [shared, shared]
    loop.append(loop)
    root = pkl5.tree(pickle.dumps(loop))
    assert root[0] == root[1] and hash(root[0]) == hash(root[1])
    assert root[2] == root and root[0] != root
    assert root != pkl5.tree(pickle.dumps(loop)) and root != 5
    assert [node.kind for node in root.walk()] == ["list", "list", "int"]
    assert repr(root) == "#1=[#2=[1], #2#, #1#]"


def test_walk_and_find():
    data = pickle.dumps({"x": [Plain(a=Plain(b=1))], "y": (Plain, Evil())}, 4)
    root = pkl5.tree(data)
    found = list(root.find(f"{HERE}.Plain"))
    assert [node.kind for node in found].count("object") == 2
    assert [node.kind for node in found].count("global") == 1
    names = {node.name for node in root.walk() if node.kind == "global"}
    assert names == {f"{HERE}.Plain", f"{os.name}.system"}
    assert names == {name for name, _, _ in pkl5.scan(data).globals}


def test_depth():
    obj = None
    for _ in range(100000):
        obj = [obj]
    root = pkl5.tree(pkl5.dumps(obj))
    assert sum(1 for _ in root.walk()) == 100001
    assert "[...]" in repr(root)
    assert root.text() == "[" * 100000 + "None" + "]" * 100000


def test_texts():
    root = pkl5.tree(pickle.dumps({"long": list(range(1000))}))
    assert root.text() == repr({"long": list(range(1000))})
    assert len(repr(root)) < 500
    tree = json.loads(root.canonical())
    assert tree["t"] == "dict" and len(tree["items"][0][1]["items"]) == 1000
    again = pkl5.tree(pickle.dumps({"long": list(range(1000))}, 2))
    assert again.canonical() == root.canonical()


def test_bad_pickles():
    for data in (b"", b"\xff", b"N", b"(.", b"h\x00."):
        with pytest.raises(pkl5.UnpicklingError, match="at byte"):
            pkl5.tree(data)
    with pytest.raises(pkl5.UnpicklingError, match="too many opcodes"):
        pkl5.tree(pickle.dumps([1, 2, 3]), limits=Limits(max_opcodes=3))
    assert pkl5.tree(pickle.dumps(1) + b"rest").value == 1


def test_lifetime():
    data = pickle.dumps(["x" * 100000, b"y" * 100000])
    before = sys.getrefcount(data)
    leaf = pkl5.tree(data)[0]
    gc.collect()
    assert sys.getrefcount(data) == before + 1
    assert leaf.value == "x" * 100000
    del leaf
    assert sys.getrefcount(data) == before
    changing = bytearray(data)
    root = pkl5.tree(changing)
    changing.clear()
    assert root[1].value == b"y" * 100000


def test_nodes_are_not_made_by_hand():
    for cls in (pkl5.inspection.Node, pkl5._pkl5.TreeNode):
        with pytest.raises(TypeError):
            cls()
    for wrong in (int, object):
        with pytest.raises(TypeError):
            pkl5._pkl5.tree(wrong, b"N.", None)


def test_wrong_arguments():
    for arguments in ((), ("N.", None, None), (b"N.", 5, None),
                      (b"N.", [5], None), (b"N.", ["a.\ud800"], None),
                      (b"N.", None, 5), (b"N.", "a.b", None)):
        with pytest.raises((TypeError, ValueError, AttributeError)):
            pkl5._pkl5.scan(*arguments)
    node = pkl5.inspection.Node
    for arguments in ((), (5, b"N.", None), (node, "N.", None),
                      (node, b"N.", 5)):
        with pytest.raises((TypeError, AttributeError)):
            pkl5._pkl5.tree(*arguments)
    root = pkl5.tree(pickle.dumps({1: "a"}))
    for key in (1 << 80, None, "\udcff", "b"):
        with pytest.raises((TypeError, OverflowError, KeyError)):
            root[key]
    assert root == root and not root != root and root != 5
    assert bool(pkl5.tree(b"].")) and len(pkl5.tree(b"].")) == 0
    with pytest.raises(TypeError):
        root < root


def test_nodes_do_not_leak():
    data = pickle.dumps([Plain(a=1)] * 3)

    def use():
        for node in pkl5.tree(data).walk():
            (node.value, node.posts, node.pairs, repr(node), node.state)
        str(pkl5.scan(data))

    use()
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(200):
        use()
    gc.collect()
    assert sys.getallocatedblocks() - before < 100


def test_files_that_hold_several():
    file = io.BytesIO(pickle.dumps(1) + pickle.dumps([2]))
    data = file.getvalue()
    first = pkl5.scan(data)
    assert first.pickles == 2 and first.size == len(data)
