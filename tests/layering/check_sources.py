"""Checks what the sources may include and what their headers may show.

Usage: check_sources.py ROOT

Prints one line "path:line: what is wrong" for each finding and exits with 1
if there is any.
"""

import pathlib
import re
import sys

MAX_LINES = 800

FOLDERS = ("buffers", "pickle", "tests", "fuzz", "bench")
SOURCE_SUFFIXES = (".h", ".cc", ".c", ".py", ".sh", ".cmake")

# Room -> the rooms of this project that it may include beside itself. A room is
# a folder of buffers/ or pickle/; "buffers" and "pickle" are the files that stand
# in those folders themselves.
SYSTEM = {"buffers"}
BYTES = SYSTEM | {"buffers/system"}
DIGESTS = BYTES | {"buffers/bytes"}
PLACES = DIGESTS | {"buffers/digests"}
STREAMS = PLACES | {"buffers/filters", "buffers/files"}
ARENA = STREAMS | {"buffers/streams"}
BUFFERS = ARENA | {"buffers/arena"}
PROTOCOL = BUFFERS | {"pickle"}
TEXT = PROTOCOL | {"pickle/protocol"}
DRIVERS = TEXT | {"pickle/text"}
VALUE = DRIVERS | {"pickle/emitter", "pickle/machine"}
SHOW = VALUE | {"pickle/value"}
NUMPY = SHOW | {"pickle/show", "pickle/archive"}
INSPECT = NUMPY | {"pickle/numpy"}
TOOLS = INSPECT | {"pickle/inspect"}
ALLOWED = {
    "buffers": set(),
    "buffers/system": SYSTEM,
    "buffers/bytes": BYTES,
    "buffers/digests": DIGESTS,
    "buffers/filters": PLACES,
    "buffers/files": PLACES,
    "buffers/streams": STREAMS,
    "buffers/arena": ARENA,
    # The umbrella pickle5.h names the public headers of all rooms.
    "umbrella": (TOOLS - {"pickle/machine"}),
    "pickle": BUFFERS,
    "pickle/protocol": PROTOCOL,
    "pickle/text": TEXT,
    "pickle/emitter": DRIVERS,
    "pickle/machine": DRIVERS,
    "pickle/value": VALUE,
    "pickle/show": SHOW,
    "pickle/archive": SHOW,
    "pickle/numpy": NUMPY,
    "pickle/inspect": INSPECT,
    # Verbs have no logic of their own: the machine is below them.
    "pickle/cli": (TOOLS - {"pickle/machine"}) | {"umbrella"},
    # Objects of Python are dumped and loaded with no Value in between.
    "pickle/python": VALUE | {"pickle/archive", "pickle/python/dump",
                              "pickle/python/load"},
    "pickle/python/dump": VALUE | {"pickle/archive", "pickle/python"},
    "pickle/python/load": VALUE | {"pickle/archive", "pickle/python"},
    "pickle/python/look": TOOLS | {"pickle/python", "pickle/python/load"},
}

# Pairs that must not meet through any chain of includes either.
NEVER_REACHES = (("pickle/emitter", "pickle/machine"),
                 ("pickle/machine", "pickle/emitter"),
                 ("pickle/python/dump", "pickle/value"),
                 ("pickle/python/load", "pickle/value"),
                 ("buffers", "pickle/protocol"))

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
ABSL_TYPE = re.compile(
    r"\babsl::(string_view|optional|nullopt(_t)?|make_optional|any|any_cast|"
    r"make_any|variant|monostate|visit|Span|MakeSpan|MakeConstSpan)\b")
ABSL_TYPE_HEADER = re.compile(
    r"^absl/(strings/string_view|types/(optional|any|variant|span))\.h$")
CLI_LIBRARY = re.compile(r"^(CLI/|nlohmann/)")


def room_of(path):
    """The room of a source, or None where everything may be included."""
    parts = path.parts
    if parts[0] not in ("buffers", "pickle"):
        return None
    if path.name == "pickle5.h":
        return "umbrella"
    for length in (3, 2):
        room = "/".join(parts[:-1][:length])
        if room in ALLOWED:
            return room
    return "/".join(parts[:-1])


def without_comments(line):
    return line.split("//", 1)[0]


class Checker:
    """Reads every source once, then applies the rules to it."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.findings = []
        self.lines = {}
        for folder in FOLDERS:
            for path in sorted((self.root / folder).rglob("*")):
                if path.suffix in SOURCE_SUFFIXES and path.is_file():
                    name = path.relative_to(self.root)
                    self.lines[name] = path.read_text(
                        encoding="utf-8").splitlines()

    def report(self, path, line, text):
        self.findings.append(f"{path}:{line}: {text}")

    def includes(self, path):
        """Yields (line number, is quoted, name)."""
        if path.suffix not in (".h", ".cc", ".c"):
            return
        for number, line in enumerate(self.lines[path], 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match[1] == '"', match[2]

    def check_include(self, path, number, quoted, name):
        room = room_of(path)
        if name == "Python.h" and room and not room.startswith("pickle/python"):
            self.report(path, number, "Python.h outside pickle/python")
        if room and path.suffix == ".h" and room != "pickle/cli":
            if CLI_LIBRARY.match(name):
                self.report(path, number, f"{name} in a public header")
            if ABSL_TYPE_HEADER.match(name):
                self.report(path, number, f"{name} in a public header")
        if not quoted:
            if room and name.startswith(("buffers/", "pickle/", "pickle5/")):
                self.report(path, number, f"project include <{name}>")
            return
        target = pathlib.Path(name)
        if target not in self.lines:
            if room and (target.parts[0] in FOLDERS
                          or (path.parent / target) in self.lines):
                self.report(path, number,
                            f'"{name}" is not a path from the root')
            return
        target_room = room_of(target)
        if room and target_room != room and (
                target_room not in ALLOWED.get(room, ())):
            self.report(path, number,
                        f'{room} includes {target_room or target.parts[0]}'
                        f' ("{name}")')

    def reachable(self, path):
        """Yields (source, the include chain to it) by breadth."""
        seen = {path}
        queue = [(path, [])]
        while queue:
            current, chain = queue.pop(0)
            for _, quoted, name in self.includes(current):
                target = pathlib.Path(name)
                if quoted and target in self.lines and target not in seen:
                    seen.add(target)
                    queue.append((target, chain + [name]))
                    yield target, chain + [name]

    def check_reach(self, path):
        for source, forbidden in NEVER_REACHES:
            if room_of(path) != source:
                continue
            for target, chain in self.reachable(path):
                if room_of(target) == forbidden:
                    self.report(path, 1, f"{source} reaches {forbidden}: "
                                + " -> ".join(chain))
                    break

    def check_header_types(self, path):
        if path.suffix != ".h" or room_of(path) in (None, "pickle/cli"):
            return
        for number, line in enumerate(self.lines[path], 1):
            match = ABSL_TYPE.search(without_comments(line))
            if match:
                self.report(path, number, f"{match[0]} in a public header")

    def check_text(self, path):
        lines = self.lines[path]
        if len(lines) > MAX_LINES:
            self.report(path, len(lines), f"more than {MAX_LINES} lines")
        if path.suffix in (".h", ".cc", ".c"):
            for number, line in enumerate(lines, 1):
                if not line.isascii():
                    self.report(path, number, "not ASCII")

    def run(self):
        for path in self.lines:
            for number, quoted, name in self.includes(path):
                self.check_include(path, number, quoted, name)
            self.check_reach(path)
            self.check_header_types(path)
            self.check_text(path)
        return self.findings


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    checker = Checker(arguments[1])
    if not checker.lines:
        print(f"{arguments[1]}: no sources", file=sys.stderr)
        return 2
    findings = checker.run()
    for finding in findings:
        print(finding)
    print(f"{len(checker.lines)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
