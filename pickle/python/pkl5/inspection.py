"""What is in a pickle, without loading it: nothing is imported or called."""

from collections import namedtuple as _namedtuple

from pkl5 import _pkl5

_CALLS = ("REDUCE", "NEWOBJ", "NEWOBJ_EX", "INST", "OBJ")
_LOOKUPS = ("GLOBAL", "STACK_GLOBAL", "INST", "EXT1", "EXT2", "EXT4")

Global = _namedtuple("Global", "name verdict reason")
Global.__doc__ = """A global that a pickle names, or what else stands for code.

verdict is 'safe', 'unknown' or 'dangerous', and reason says why it is not safe.
"""
Site = _namedtuple("Site", "offset opcode name")
Site.__doc__ = """Where a global is looked up, called or changed."""


class ScanReport:
    """What loading could do, as scan() found it.

    verdict  the worst of all: 'safe', 'unknown', 'unscanned' (a limit was
             reached, or bytes stand in the pickle), 'malformed' (no Python
             loads it, and it names nothing), 'dangerous'
    globals  a tuple of Global, each once
    sites    a tuple of Site, in the order of their opcodes
    pickles  how many there are that end in a STOP
    size     their bytes
    error    why what follows could not be scanned, or None
    """

    __slots__ = ("verdict", "globals", "sites", "pickles", "size", "error")

    def __init__(self, found):
        self.verdict, names, sites, self.pickles, self.size, self.error = found
        self.globals = tuple(Global(*name) for name in names)
        self.sites = tuple(Site(offset, opcode, names[index][0])
                           for offset, opcode, index in sites)

    @property
    def safe(self):
        """Whether nothing but what is known to be harmless is named."""
        return self.verdict == "safe"

    @property
    def calls(self):
        """The sites where something is called."""
        return tuple(site for site in self.sites if site.opcode in _CALLS)

    @property
    def lookups(self):
        """The sites where a global is looked up, and so imported."""
        return tuple(site for site in self.sites if site.opcode in _LOOKUPS)

    def __repr__(self):
        return (f"<ScanReport {self.verdict}: {len(self.globals)} globals, "
                f"{len(self.calls)} calls>")

    def __str__(self):
        lines = [self.verdict]
        lines += [f"  {name}: {verdict}" + (f", {reason}" if reason else "")
                  for name, verdict, reason in self.globals]
        lines += [f"  at byte {offset}: {opcode} {name}"
                  for offset, opcode, name in self.sites]
        if self.error:
            lines.append("  " + self.error)
        return "\n".join(lines)


def _bytes(data):
    return data if type(data) is bytes else bytes(memoryview(data))


def scan(data, *, allow=None, limits=None):
    """Judge the pickles that stand one behind another in ``data``.

    ``allow`` adds exact dotted names to those that are known to be harmless.
    """
    return ScanReport(_pkl5.scan(_bytes(data), allow, limits))


class Node(_pkl5.TreeNode):
    """One value of a pickle.

    ``kind`` says what it is: 'none', 'bool', 'int', 'float', 'str', 'bytes',
    'bytearray', 'list', 'tuple', 'dict', 'set', 'frozenset', 'global',
    'object', 'extension', 'persistent_id' or 'buffer'. ``value`` is that of a
    scalar. ``node[0]`` and ``node["key"]`` go down; of an object, ``node["x"]``
    is an attribute in its state. Nodes are equal if they are one object of the
    pickle.
    """

    __slots__ = ()

    @property
    def name(self):
        """'module.qualname' of a global, None of all else."""
        return f"{self.module}.{self.qualname}" if self.module else None

    @property
    def children(self):
        """All the nodes that this one refers to, as they stand in the pickle."""
        found = [*self.items]
        for pair in self.pairs:
            found += pair
        found += [node for node in (self.callable, self.args, self.kwargs,
                                    self.persistent_id) if node is not None]
        for _, nodes in self.posts:
            found += nodes
        return tuple(found)

    def walk(self):
        """Generate this node and all below it, shared ones once."""
        seen = set()
        waiting = [self]
        while waiting:
            node = waiting.pop()
            children = node.children
            if children or node.kind == "global":
                if node in seen:
                    continue
                seen.add(node)
            yield node
            waiting += reversed(children)

    def find(self, name):
        """Generate the objects of the class, and the globals, of this name."""
        for node in self.walk():
            if name in (node.class_name, node.name):
                yield node


def tree(data, *, limits=None):
    """The root Node of the first pickle in ``data``."""
    return _pkl5.tree(Node, _bytes(data), limits)
