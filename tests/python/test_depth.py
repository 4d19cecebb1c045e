"""Nesting costs memory, not the C stack."""

import pytest

import pkl5

DEPTH = 1000000


def nested_list():
    obj = []
    for _ in range(DEPTH):
        obj = [obj]
    return obj


def depth_of(obj):
    depth = 0
    while obj:
        obj = obj[0] if isinstance(obj, (list, tuple)) else obj["k"]
        depth += 1
    return depth


@pytest.mark.parametrize("wrap", [lambda obj: [obj], lambda obj: (obj,),
                                  lambda obj: {"k": obj}],
                         ids=["list", "tuple", "dict"])
def test_deep_containers(wrap):
    obj = []
    for _ in range(DEPTH):
        obj = wrap(obj)
    pickled = pkl5.dumps(obj, 5)
    assert depth_of(pkl5.loads(pickled)) == DEPTH


def test_deep_instances():
    class_chain = Node(None)
    for _ in range(2000):
        class_chain = Node(class_chain)
    loaded = pkl5.loads(pkl5.dumps(class_chain))
    depth = 0
    while loaded is not None:
        loaded = loaded.next
        depth += 1
    assert depth == 2001


class Node:
    def __init__(self, following):
        self.next = following


class Endless:
    def __reduce__(self):
        return Endless, (Endless(),)


class EndlessState:
    def __reduce__(self):
        return EndlessState, (), EndlessState()


@pytest.mark.parametrize("endless", [Endless, EndlessState])
@pytest.mark.parametrize("protocol", range(6))
def test_endless_reductions(endless, protocol):
    with pytest.raises(RecursionError):
        pkl5.dumps(endless(), protocol)
    assert pkl5.loads(pkl5.dumps([1])) == [1]
