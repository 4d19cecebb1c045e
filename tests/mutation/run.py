#!/usr/bin/env python3
"""Mutates the machine and what it reads with, and counts the mutants killed.

Usage: run.py [--count N] [--seed S] [--file F] [--jobs N] [--survivors]

Builds once, with every mutant inside, in build/mutation; README.md says how.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import random
import shutil
import sys
import threading
import time


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--count', type=int, default=1000,
                        help='mutants that are run (1000)')
    parser.add_argument('--seed', type=int, default=1,
                        help='of the sample (1)')
    parser.add_argument('--file', help='mutants of this source only')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    parser.add_argument('--survivors', action='store_true',
                        help='runs only what was not killed before and is not '
                        'equivalent')
    return parser.parse_args()


def _need_packages():
    try:
        import clang.cindex
        clang.cindex.Index.create()
        lacking = []
    except (ImportError, OSError):
        lacking = ['python3-clang-14', 'libclang1-14']
    try:
        import pytest  # noqa: F401: the corpora's tests import it
    except ImportError:
        lacking.append('python3-pytest')
    lacking += [package for tool, package in
                (('cmake', 'cmake'), ('ninja', 'ninja-build'),
                 ('clang++', 'clang')) if not shutil.which(tool)]
    if lacking:
        sys.exit('mutation: missing packages: %s' % ' '.join(lacking))


def sample(mutants, count, seed):
    """Numbers of `count` mutants, of every file its share and some at least.

    Which ones hangs on the mutants themselves: an edit changes few of them.
    """
    def rank(number):
        text = '%d\t%s' % (seed, mutants[number].text_key())
        return hashlib.sha256(text.encode()).digest()
    files = collections.defaultdict(list)
    for number in sorted(mutants, key=rank):
        files[mutants[number].file].append(number)
    chosen = []
    for numbers in files.values():
        share = max(8, round(count * len(numbers) / len(mutants)))
        chosen += [(place / share, number)
                   for place, number in enumerate(numbers)]
    return sorted(number for _, number in sorted(chosen)[:count])


class Run:
    """Runs mutants, those killers first that have killed cheaply before."""

    def __init__(self, mutants, killers):
        self.mutants = mutants
        self.killers = killers
        self.lock = threading.Lock()
        self.runs = collections.Counter()
        self.kills = collections.Counter()

    def order(self, number):
        file = self.mutants[number].file
        with self.lock:
            def worth(killer):
                place = (file, killer.name)
                return ((self.kills[place] + 0.2) / (self.runs[place] + 1) /
                        (0.05 + killer.seconds))
            return sorted((killer for killer in self.killers
                           if number in killer.reached),
                          key=worth, reverse=True)

    def kill(self, number):
        """Who killed the mutant, and how; None: nobody."""
        for killer in self.order(number):
            fault = killer.kill(number)
            place = (self.mutants[number].file, killer.name)
            with self.lock:
                self.runs[place] += 1
                self.kills[place] += fault is not None
            if fault is not None:
                return '%s: %s' % (killer.name, fault)
        return None


def _report(chosen, mutants, killed, reasons, reached):
    rows = collections.defaultdict(collections.Counter)
    survivors = []
    for number in chosen:
        mutant = mutants[number]
        row = rows[mutant.file]
        row['mutants'] += 1
        if killed[number]:
            row['killed'] += 1
        elif mutant.text_key() in reasons:
            row['equivalent'] += 1
        else:
            row['survivors'] += 1
            survivors.append((number, mutant))
    for number, mutant in survivors:
        print('survivor %d%s: %s' % (
            number, '' if number in reached else ' (not reached)', mutant))
    names = ('mutants', 'killed', 'equivalent', 'survivors')
    print('| file | %s |' % ' | '.join(names))
    print('|---' * 5 + '|')
    for file, row in sorted(rows.items()):
        print('| %s | %s |' % (file, ' | '.join(str(row[n]) for n in names)))
    total = collections.Counter()
    for row in rows.values():
        total.update(row)
    print('| all | %s |' % ' | '.join(str(total[n]) for n in names))
    rest = total['mutants'] - total['equivalent']
    print('killed: %.1f %% of %d that are not equivalent' % (
        100 * total['killed'] / max(rest, 1), rest))
    wrong = [mutants[number] for number in chosen
             if killed[number] and mutants[number].text_key() in reasons]
    for mutant in wrong:
        print('not equivalent, as it was killed: %s' % mutant)
    return not wrong and total['killed'] >= 0.95 * rest


def main():
    options = _arguments()
    _need_packages()
    import equivalents
    import killers
    import mutated_build
    build = mutated_build.MutatedBuild(mutated_build.ROOT / 'build/mutation')
    reasons = equivalents.read()
    build.prepare(killers.targets(), options.jobs)
    mutants = build.mutants
    stale = set(reasons) - {mutant.text_key() for mutant in mutants.values()}
    if stale:
        sys.exit('equivalents.tsv has what is no mutant: %s' % sorted(stale))

    cache = build.folder / 'cache'
    cache.mkdir(exist_ok=True)
    tests = killers.killers(build.out, cache)
    for test in tests:
        test.record(cache)
        print('%-24s %6.2f s, reaches %d mutants' % (
            test.name, test.seconds, len(test.reached)), flush=True)
    reached = frozenset().union(*(test.reached for test in tests))
    at_run_time = {number: mutant for number, mutant in mutants.items()
                   if number in reached or not mutant.constexpr}
    print('%d mutants, %d of them in functions that only the compiler '
          'evaluates' % (len(mutants), len(mutants) - len(at_run_time)))
    if options.file:
        at_run_time = {number: mutant for number, mutant in at_run_time.items()
                       if mutant.file == options.file}
    chosen = sample(at_run_time, options.count, options.seed)
    results = build.folder / 'results.json'
    before = {}
    if options.survivors:
        before = dict(json.loads(results.read_text()))
    run = Run(mutants, tests)
    killed = {number: before[key] for number in chosen
              if (key := mutants[number].text_key()) in before and
              (before[key] or key in reasons)}
    (build.folder / 'log.txt').write_text('')
    begin = time.monotonic()
    order = [number for number in chosen if number not in killed]
    random.Random(options.seed).shuffle(order)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for number, fault in zip(order, pool.map(run.kill, order)):
            killed[number] = fault
            with open(build.folder / 'log.txt', 'a') as log:
                log.write('%d %s -- %s\n' % (number, mutants[number], fault))
            if len(killed) % 50 == 0:
                print('%d of %d run in %d s' % (
                    len(killed), len(order), time.monotonic() - begin),
                    flush=True)
    results.write_text(json.dumps({mutants[number].text_key(): fault
                                   for number, fault in killed.items()}))
    return 0 if _report(chosen, mutants, killed, reasons, reached) else 1


if __name__ == '__main__':
    sys.exit(main())
