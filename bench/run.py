"""Runs a suite and reports ratios; see README.md.

Usage: run.py SUITE --build-dir DIR [--json FILE] [--python EXE]... [...]
"""

import argparse
import hashlib
import pathlib
import statistics
import subprocess
import sys
import tempfile

import machine
import report
from buffers import suite as buffers_suite
from python import suite as python_suite
from server import Contestant, Server

BENCH = pathlib.Path(__file__).resolve().parent
SUITES = ("core", "buffers", "python")
PREFERRED_PYTHONS = ("3.11.7", "3.13.0")
FALLBACK_PYTHON = "/usr/bin/python3"

# What is compared with whom: our operation, and theirs.
OPERATIONS = (("load", "load"), ("load_fresh", "load"), ("dump", "dump"))
# Not measured against load_fresh: they keep their memory too.
REUSING_PEERS = ("monolith", "simdjson", "scan")
# A Document that only refers to its input takes less than can be measured.
LEAST_PEAK = 4096


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("--build-dir", type=pathlib.Path, required=True,
                        help=argparse.SUPPRESS)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE",
                        help="write the ratios there")
    parser.add_argument("--python", action="append", metavar="EXE",
                        help="measure this CPython; may be repeated (default: "
                        f"pyenv's {' and '.join(PREFERRED_PYTHONS)})")
    parser.add_argument("--case", action="append", metavar="NAME",
                        help="only this case; may be repeated")
    parser.add_argument("--repeats", type=int, default=9, metavar="N",
                        help="interleaved repeats (default: 9)")
    parser.add_argument("--results", action="store_true",
                        help="write bench/RESULTS.md, or that of the suite")
    arguments = parser.parse_args()
    if arguments.results and arguments.case:
        parser.error("--results is for all cases")
    if arguments.repeats < 1:
        parser.error("--repeats must be 1 or more")
    return arguments


def default_pythons():
    versions = pathlib.Path.home() / ".pyenv/versions"
    found = []
    for version in PREFERRED_PYTHONS:
        exe = versions / version / "bin/python3"
        if exe.exists():
            found.append(str(exe))
        else:
            print(f"bench: NOTE: no CPython {version} in {versions}")
    if not found:
        print("bench: NOTE: ****************************************\n"
              f"bench: NOTE: measuring against {FALLBACK_PYTHON} instead:\n"
              "bench: NOTE: ratios are not comparable with published ones\n"
              "bench: NOTE: ****************************************")
        found = [FALLBACK_PYTHON]
    return found


def make_data(suite, build_dir, python):
    """The folder of the suite's data, which is written if it is not there."""
    generator = BENCH / suite / "cases.py"
    digest = hashlib.sha256(generator.read_bytes()).hexdigest()[:16]
    folder = (build_dir / "bench" / suite
              / f"{machine.python_version(python)}-{digest}")
    # Written last.
    if not (folder / "cases.tsv").exists():
        print("bench: writing the data", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([python, generator, folder], check=True)
    return folder


def read_cases(folder):
    """Name -> (number of elements, what an element is)."""
    cases = {}
    for line in (folder / "cases.tsv").read_text().splitlines():
        name, count, element = line.split("\t")
        cases[name] = int(count), element
    return cases


class Suite:
    def __init__(self, arguments, pythons):
        self.name = arguments.suite
        self.repeats = arguments.repeats
        self.pythons = pythons
        self.program = arguments.build_dir / "bin" / f"{self.name}_server"
        self.python_program = BENCH / self.name / "cpython.py"
        self.folder = make_data(self.name, arguments.build_dir, pythons[0])
        self.cases = read_cases(self.folder)
        unknown = set(arguments.case or ()) - set(self.cases)
        if unknown:
            sys.exit(f"bench: no case {', '.join(sorted(unknown))}")
        if arguments.case:
            self.cases = {case: self.cases[case] for case in arguments.case}

    def __enter__(self):
        ours = Server([str(self.program), str(self.folder)])
        self.servers = [ours]
        self.ours = Contestant("pickle5", ours, "pickle5")
        self.peers = []
        for python in self.pythons:
            server = Server([python, str(self.python_program),
                             str(self.folder)])
            self.servers.append(server)
            peer = f"cpython-{machine.python_version(python)}"
            self.peers.append(Contestant(peer, server, "nogc"))
            self.peers.append(Contestant(f"{peer}-gc", server, "gc"))
        self.peers += [Contestant(name, ours, name) for name in REUSING_PEERS]
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.close()

    def measure(self, case):
        """Yields the rows of a case."""
        elements = self.cases[case][0]
        for operation, theirs in OPERATIONS:
            if not self.ours.prepare(operation, case):
                continue
            peers = [peer for peer in self.peers
                     if not (operation == "load_fresh"
                             and peer.peer in REUSING_PEERS)
                     and peer.prepare(theirs, case)]
            if operation == "dump":
                self.check_dumps(case, peers)
            entrants = [(self.ours, operation)]
            entrants += [(peer, theirs) for peer in peers]
            medians = self.interleave(entrants)
            for peer, median in zip(peers, medians[1:]):
                yield report.Row(case, operation, peer.peer,
                                 medians[0] / elements, median / elements,
                                 "ns")
            for server in self.servers:
                server.ask("forget")
        yield from self.measure_peak(case)

    def interleave(self, entrants):
        times = [[] for _ in entrants]
        for repeat in range(self.repeats):
            # Nobody always runs behind the same one.
            for i in range(len(entrants)):
                which = (i + repeat) % len(entrants)
                contestant, operation = entrants[which]
                times[which].append(contestant.run(operation))
        return [statistics.median(samples) for samples in times]

    def check_dumps(self, case, peers):
        """Everybody must write the same bytes."""
        with tempfile.TemporaryDirectory() as folder:
            ours = pathlib.Path(folder) / "ours"
            theirs = pathlib.Path(folder) / "theirs"
            self.ours.save("dump", ours)
            for peer in peers:
                peer.save("dump", theirs)
                if ours.read_bytes() != theirs.read_bytes():
                    sys.exit(f"bench: {case}: our dump is not {peer.peer}'s")

    def measure_peak(self, case):
        elements = self.cases[case][0]
        path = self.folder / f"{case}.pkl"
        ours = max(LEAST_PEAK, int(machine.output(self.program, "--peak",
                                                  path)))
        for python in self.pythons:
            theirs = int(machine.output(python, self.python_program, "--peak",
                                        path))
            peer = f"cpython-{machine.python_version(python)}"
            yield report.Row(case, "peak_memory", peer, ours / elements,
                             theirs / elements, "B")


def main():
    arguments = parse_arguments()
    if arguments.suite == "buffers":
        buffers_suite.run(arguments, BENCH / "buffers" / "RESULTS.md")
        return
    if arguments.suite == "python":
        python_suite.main(arguments, arguments.python or [FALLBACK_PYTHON])
        return
    pythons = arguments.python or default_pythons()
    rows = []
    with Suite(arguments, pythons) as suite:
        print(report.text_line(report.HEADINGS))
        for case in suite.cases:
            for row in suite.measure(case):
                print(report.text_line(row.cells()), flush=True)
                rows.append(row)
    if arguments.json:
        report.write_json(arguments.json, suite.name, rows)
    if arguments.results:
        legend = ", ".join(f"`{case}` {count:,} x {element}"
                           for case, (count, element) in suite.cases.items())
        facts = machine.describe(arguments.build_dir, suite.program, pythons)
        report.write_results(BENCH / "RESULTS.md", suite.name, facts, legend,
                             arguments.repeats, rows)


if __name__ == "__main__":
    main()
