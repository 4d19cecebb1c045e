"""Whether a mutated library still reads and writes as the corpora say.

Usage: corpora_judge.py corpora|plain_bytes BUILD_FOLDER CACHE_FOLDER

Judges by the tests of tests/corpus and tests/round_trip, by way of programs
that take many files. What is the same as without a mutant needs no judgement.
Exits with 1 if a test fails.
"""
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

_TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(_TESTS / 'corpus'), str(_TESTS / 'round_trip')]


def _ask(build, questions):
    done = subprocess.run(
        [str(build / 'tests/mutation/corpus_replay')],
        input=''.join('\t'.join(question) + '\n' for question in questions),
        capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(questions)
    return answers


def _loaded(answer):
    import pkl5_command
    kind, rest = answer.split(' ', 1)
    if kind == 'tree':
        return pkl5_command.Loaded(rest, None)
    code, offset = rest.rsplit(' ', 1)
    return pkl5_command.Loaded(None, {'code': code, 'offset': int(offset)})


def judge_corpora(build, cache):
    import corpora
    files = {'golden': corpora.golden(), 'hostile': corpora.hostile()}
    questions = [(mode, name, corpus.path(row))
                 for name, corpus in files.items()
                 for mode in ('strict', 'compat') for row in corpus.rows]
    answers = _ask(build, questions)
    digest = hashlib.sha256('\n'.join(answers).encode()).hexdigest()
    known = cache / 'corpora.sha256'
    if known.exists() and known.read_text() == digest:
        return
    loaded = {}
    for (mode, name, path), answer in zip(questions, answers):
        loaded.setdefault((name, mode), {})[path] = _loaded(answer)
    import test_golden
    import test_hostile
    golden, hostile = files['golden'], files['hostile']
    test_golden.test_trees_are_the_reference_trees(
        golden, loaded['golden', 'compat'])
    assert loaded['golden', 'strict'] == loaded['golden', 'compat']
    strict, compat = loaded['hostile', 'strict'], loaded['hostile', 'compat']
    test_hostile.test_strict_gives_the_reference_outcome_code_and_offset(
        hostile, strict)
    test_hostile.test_compat_gives_the_outcome_of_cpython(hostile, compat)
    test_hostile.test_compat_trees_equal_strict_trees(hostile, strict, compat)
    if 'PICKLE5_MUTANT' not in os.environ:
        known.write_text(digest)


def judge_plain_bytes(build, cache):
    import interpreters
    import test_plain_bytes
    folder = cache / 'plain'
    if not folder.exists():
        partial = cache / 'partial'
        partial.mkdir()
        subprocess.run([sys.executable,
                        str(_TESTS / 'round_trip' / 'plain_objects.py'),
                        str(partial)], check=True)
        partial.rename(folder)
    pickles = {name: [str(folder / ('%s.p%d' % (name, protocol)))
                      for protocol in range(6)]
               for name in sorted({path.stem for path in folder.iterdir()})}
    for test in (
            test_plain_bytes.
            test_dump_of_what_was_loaded_gives_the_same_bytes,
            test_plain_bytes.
            test_protocol_5_dumped_in_each_protocol_gives_cpythons_bytes):
        with tempfile.TemporaryDirectory(dir=cache) as target:
            test(pickles, interpreters.running(), target)


def main():
    what, build, cache = sys.argv[1], *map(pathlib.Path, sys.argv[2:])
    os.environ['PICKLE5_CORPUS_DIR'] = str(build / 'tests/corpus')
    os.environ['PICKLE5_REENCODE'] = str(build / 'tests/round_trip/reencode')
    {'corpora': judge_corpora, 'plain_bytes': judge_plain_bytes}[what](
        build, cache)


if __name__ == '__main__':
    main()
