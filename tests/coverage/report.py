"""Tells which lines and branches of a source tree were never executed.

Usage: report.py EXPORT ROOT OUT

EXPORT is what `llvm-cov export -skip-functions` printed. Of the files below
ROOT in it, OUT/files.txt gets a table, those with most to do first, and
OUT/uncovered.txt each line that was not executed and each condition that was
never true or never false. Prints the sums.

A template counts once, not once for each instantiation: a line of it was
executed if any of them executed it. What the compiler decided (`if constexpr`)
is no branch, and neither is a condition in a macro of a system header, as
ABSL_PREDICT_TRUE() is: clang does not look into those.
"""

import collections
import json
import pathlib
import sys

Segment = collections.namedtuple(
    "Segment", "line column count has_count is_entry is_gap")


def line_counts(segments):
    """{line: times executed} of the lines that have code.

    As llvm-cov counts, but that a gap, which stands behind code that does not
    go on (a macro with an assert() is such), says nothing of a line where other
    code goes on.
    """
    counts = {}
    by_line = collections.defaultdict(list)
    for segment in segments:
        by_line[segment.line].append(segment)
    before = None
    for line in range(segments[0].line, segments[-1].line + 1):
        here = by_line.get(line, ())
        in_gap = before is None or before.is_gap
        found = [s.count for s in here if s.has_count and not s.is_gap
                 and (s.is_entry or in_gap)]
        if not in_gap and before.has_count:
            found.append(before.count)
        skipped = here and here[0].is_entry and not here[0].has_count
        if found and not skipped:
            counts[line] = max(found)
        if here:
            before = here[-1]
    return counts


def count_at(segments, line, column):
    """How often the place was reached, or None if it has no code."""
    found = None
    for segment in segments:
        if (segment.line, segment.column) > (line, column):
            break
        found = segment
    return found.count if found and found.has_count else None


def branches(file, segments):
    """[(line, column, times true, times false)], sorted."""
    sums = collections.defaultdict(lambda: [0, 0])
    for branch in file["branches"]:
        sums[tuple(branch[:4])][0] += branch[4]
        sums[tuple(branch[:4])][1] += branch[5]
    return [(place[0], place[1], yes, no)
            for place, (yes, no) in sorted(sums.items())
            if yes or no or not count_at(segments, place[0], place[1])]


class FileCoverage:
    """What of one file was executed."""

    def __init__(self, name, file):
        self.name = name
        segments = [Segment(*s) for s in file["segments"]]
        self.lines = line_counts(segments)
        self.branches = branches(file, segments)

    @property
    def lines_missed(self):
        return sum(1 for count in self.lines.values() if not count)

    @property
    def branches_total(self):
        return 2 * len(self.branches)

    @property
    def branches_missed(self):
        return sum((not yes) + (not no) for _, _, yes, no in self.branches)

    def uncovered(self, text):
        """The lines of a report on it, `text` being its lines."""
        never = {line: "never reached" for line, count in self.lines.items()
                 if not count}
        sides = collections.defaultdict(list)
        for line, column, yes, no in self.branches:
            if line not in never and not (yes and no):
                side = "true" if no else "false" if yes else "true or false"
                sides[line].append(f"column {column} never {side}")
        notes = {line: ", ".join(said) for line, said in sides.items()} | never
        for line, said in sorted(notes.items()):
            source = text[line - 1].rstrip() if line <= len(text) else ""
            yield f"{line:5} {source}\n" if said == "never reached" else (
                f"{line:5} {source}\n      ^ {said}\n")


def percent(missed, total):
    return 100 * (total - missed) / total if total else 100


def summary(files):
    lines = sum(len(file.lines) for file in files)
    missed = sum(file.lines_missed for file in files)
    sides = sum(file.branches_total for file in files)
    sides_missed = sum(file.branches_missed for file in files)
    return (f"lines {percent(missed, lines):.2f} % ({missed} of {lines} not "
            f"executed), branches {percent(sides_missed, sides):.2f} % "
            f"({sides_missed} of {sides} not taken)")


def load(export, root):
    """The files below `root` in what llvm-cov exported."""
    root = pathlib.Path(root).resolve()
    files = []
    for entry in export["data"][0]["files"]:
        path = pathlib.Path(entry["filename"])
        if path.is_relative_to(root) and entry["segments"]:
            files.append(FileCoverage(str(path.relative_to(root)), entry))
    return sorted(files, key=lambda file: (
        -file.lines_missed - file.branches_missed, file.name))


def main(export_path, root, out):
    with open(export_path, encoding="utf-8") as file:
        files = load(json.load(file), root)
    out = pathlib.Path(out)
    with open(out / "files.txt", "w", encoding="utf-8") as table:
        table.write("lines missed     branches missed  file\n")
        for file in files:
            table.write(
                f"{file.lines_missed:5} of {len(file.lines):5}  "
                f"{file.branches_missed:5} of {file.branches_total:5}   "
                f"{file.name}\n")
    with open(out / "uncovered.txt", "w", encoding="utf-8") as report:
        for file in files:
            text = (pathlib.Path(root) / file.name).read_text().splitlines()
            told = list(file.uncovered(text))
            if told:
                report.write(f"{file.name}\n{''.join(told)}\n")
    print(summary(files))


if __name__ == "__main__":
    main(*sys.argv[1:])
