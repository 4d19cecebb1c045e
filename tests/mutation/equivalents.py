"""The mutants that provably change nothing that can be observed.

equivalents.tsv, a mutant a line: file, function, line of the source, what the
mutant replaces, by what, which of those that are alike so far (from 0), and why
it changes nothing. Line numbers are not in it, so that it outlives edits.
"""
import pathlib

_PATH = pathlib.Path(__file__).resolve().parent / 'equivalents.tsv'


def read():
    """{Mutant.text_key(): reason}"""
    reasons = {}
    for number, line in enumerate(_PATH.read_text().splitlines(), 1):
        if not line or line.startswith('#'):
            continue
        fields = line.split('\t')
        assert len(fields) == 7 and fields[6], 'line %d of %s' % (number,
                                                                 _PATH.name)
        key = '\t'.join(fields[:6])
        assert key not in reasons, 'line %d is there twice' % number
        reasons[key] = fields[6]
    return reasons
