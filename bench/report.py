"""Rows of a run as tables and as JSON."""

import json

BIAS = """\
Bias: the cases and the programs that measure them are ours, and so is one of
the contestants. A Document is not a graph of Python objects: what a program
does with the result afterwards is not measured here. Ours is measured with a
Document, a memo and an output that are kept (`load_fresh`: without), simdjson
with a parser that is kept, CPython with its garbage collector off and, as
`-gc`, on. simdjson reads the same data as JSON, which is another and mostly
longer text. CPythons built without profile-guided optimization, as pyenv
builds them by default, are slower than those of most distributions.
"""

HEADINGS = ("case", "op", "peer", "ours", "peer's", "ratio")


class Row:
    """One comparison; amounts are nanoseconds or bytes per element."""

    def __init__(self, case, op, peer, ours, theirs, unit):
        self.case = case
        self.op = op
        self.peer = peer
        self.ours = ours
        self.theirs = theirs
        self.unit = unit

    @property
    def ratio(self):
        return self.theirs / self.ours

    def cells(self):
        return (self.case, self.op, self.peer,
                f"{self.ours:.4g} {self.unit}",
                f"{self.theirs:.4g} {self.unit}",
                f"{self.ratio:.4g}")


def write_json(path, suite, rows):
    records = [{"suite": suite, "case": row.case, "op": row.op,
                "peer": row.peer, "ratio": row.ratio} for row in rows]
    path.write_text(json.dumps(records, indent=1) + "\n", encoding="ascii")


def text_line(cells):
    return ("{:<20} {:<11} {:<18}".format(*cells[:3])
            + "".join(f" {cell:>13}" for cell in cells[3:]))


def markdown_table(headings, rows):
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write_results(path, suite, facts, legend, repeats, rows):
    parts = [
        f"# Results of the `{suite}` suite\n\n",
        f"Written by `./dev bench {suite} --results`; see README.md.\n\n",
        markdown_table(("what", "which"), facts),
        f"\nMedians of {repeats} interleaved repeats. `ratio` is the peer's"
        " time, or memory, divided by ours: above 1, ours is better. ns and"
        " B are per element: " + legend + ".\n\n", BIAS, "\n",
        markdown_table(HEADINGS, [row.cells() for row in rows])]
    path.write_text("".join(parts), encoding="utf-8")
