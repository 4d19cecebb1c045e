"""Rewrites a source so that it holds all of its mutants, one alive at a time.

`a < b` becomes `(Is(7) ? ((a) <= (b)) : (a < b))`. What a mutant puts in place
of an expression is free of other mutants, so the text grows little.
"""
import bisect
import collections

_IS = '::pickle5::mutation::Is(%d)'
INCLUDE = '#include "tests/mutation/mutant.h"\n'


class Schemata:
    """text: the rewritten source. numbered: [(number, Mutant), ...]."""

    def __init__(self, text, numbered):
        self.source = text.encode()
        self.sites = collections.defaultdict(list)
        for number, mutant in numbered:
            self.sites[mutant.start, mutant.end].append((number, mutant))
        self.spans = []  # (start, end, numbers): what belongs to mutants
        self.out = bytearray(INCLUDE.encode())
        self._write_range(0, len(self.source),
                          sorted(self.sites, key=lambda s: (s[0], -s[1])))
        self.text = self.out.decode()
        self.line_starts = [0] + [i + 1 for i, byte in enumerate(self.out)
                                  if byte == 10]

    def _write(self, text):
        self.out += text.encode()

    def _write_range(self, start, end, sites):
        """The source from start to end, with the sites within it."""
        at = start
        while sites:
            site = sites[0]
            self.out += self.source[at:site[0]]
            count = bisect.bisect_left(sites, (site[1],))
            self._write_site(site, sites[1:count])
            sites = sites[count:]
            at = site[1]
        self.out += self.source[at:end]

    def _write_site(self, site, inner):
        begin = len(self.out)
        mutants = self.sites[site]
        for number, mutant in mutants:
            if mutant.text is None:
                at = len(self.out)
                self._write('(%s ? (void)0 : (void)(' % (_IS % number))
                self.spans.append((at, len(self.out), (number,)))
        for number, mutant in mutants:
            if mutant.text is not None:
                at = len(self.out)
                self._write('(%s ? (%s) : ' % (_IS % number, mutant.text))
                self.spans.append((at, len(self.out), (number,)))
        self._write('(')
        self._write_range(*site, inner)
        self._write(')')
        self._write(''.join('))' if mutant.text is None else ')'
                            for _, mutant in mutants))
        self.spans.append((begin, len(self.out),
                           tuple(number for number, _ in mutants)))

    def at(self, line, column):
        """The numbers of the mutants that a compiler's message is about."""
        offset = self.line_starts[line - 1] + column - 1
        around = [span for span in self.spans if span[0] <= offset < span[1]]
        if not around:
            return ()
        return min(around, key=lambda span: span[1] - span[0])[2]
