"""The buffers suite: what hand-over costs, as multiples of the least cost.

Every program prints rows of five words separated by tabs: case, what is
measured (seconds, or ..._bytes), ours, the peer's, and the most that ours may
be as a multiple of the peer's; a sixth may name a peer of the row's own. A
program is one line in PROGRAMS; it takes --repeats N and --case NAME.
"""

import json
import subprocess

import machine
import report

# The program, and the peer of its rows of seconds.
PROGRAMS = (("hand_over_bench", "memcpy"), ("archive_bench", "memcpy"))

HEADINGS = ("case", "what", "peer", "ours", "peer's", "ratio", "at most", "")

BIAS = """\
Bias: the programs that measure are ours. A ratio above 1 is what hand-over
costs more than its peer; of the repeats the least time counts, on both sides.
The receiver reads one number of every cache line before it replies.
"""


class Row:
    def __init__(self, line, peer):
        self.case, self.what, ours, theirs, gate, *named = line.split("\t")
        self.ours, self.theirs, self.gate = map(float, (ours, theirs, gate))
        self.peer = (named[0] if named else
                     peer if self.what == "seconds" else "data")

    @property
    def ratio(self):
        return self.ours / self.theirs

    @property
    def kept(self):
        return self.ratio <= self.gate

    def cells(self):
        if self.what == "seconds":
            amounts = [f"{self.ours * 1e3:.4g} ms",
                       f"{self.theirs * 1e3:.4g} ms"]
        else:
            amounts = [f"{self.ours / 2**20:.4g} MiB",
                       f"{self.theirs / 2**20:.4g} MiB"]
        return (self.case, self.what, self.peer, *amounts,
                f"{self.ratio:.3g}", f"{self.gate:g}",
                "kept" if self.kept else "MISSED")

    def record(self):
        return {"suite": "buffers", "case": self.case, "op": self.what,
                "peer": self.peer, "ratio": self.ratio, "gate": self.gate}


def text_line(cells):
    return ("{:<18} {:<23} {:<16}".format(*cells[:3])
            + "{:>11} {:>11} {:>8} {:>8}  {}".format(*cells[3:]))


def measure(arguments):
    """Yields the rows of all programs, as they come."""
    options = ["--repeats", str(arguments.repeats)]
    for case in arguments.case or ():
        options += ["--case", case]
    for program, peer in PROGRAMS:
        command = [str(arguments.build_dir / "bin" / program), *options]
        with subprocess.Popen(command, stdout=subprocess.PIPE,
                              text=True) as process:
            for line in process.stdout:
                yield Row(line.rstrip("\n"), peer)
        if process.returncode != 0:
            raise SystemExit(f"bench: {program} ended with "
                             f"{process.returncode}")


def run(arguments, results):
    rows = []
    print(text_line(HEADINGS))
    for row in measure(arguments):
        print(text_line(row.cells()), flush=True)
        rows.append(row)
    if arguments.json:
        arguments.json.write_text(
            json.dumps([row.record() for row in rows], indent=1) + "\n",
            encoding="ascii")
    if arguments.results:
        parts = ["# Results of the `buffers` suite\n\n",
                 "Written by `./dev bench buffers --results`; see README.md."
                 "\n\n",
                 report.markdown_table(
                     ("what", "which"),
                     machine.describe_machine(arguments.build_dir)),
                 f"\nThe least of {arguments.repeats} repeats.\n\n", BIAS,
                 "\n",
                 report.markdown_table(HEADINGS,
                                       [row.cells() for row in rows])]
        results.write_text("".join(parts), encoding="utf-8")
