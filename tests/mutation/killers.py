"""The tests that mutants are to fail."""
import hashlib
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

_HERE = pathlib.Path(__file__).resolve().parent
_MUTANTS = 1 << 18  # as in mutant.h
_MEMORY = 6 << 30

_PROGRAMS = {
    'pickle': ('class_resolver', 'decode_error', 'emitter', 'framer',
               'integer_text', 'machine', 'machine_memo', 'machine_ownership',
               'memo', 'opcode', 'scanner',
               'text_argument', 'utf8'),
    'value': ('canonical_tree', 'document_feeder', 'document_make', 'document',
              'equal', 'hash', 'identical', 'json_reader', 'json_writer',
              'literal', 'lowering', 'path', 'repr', 'value', 'value_builder',
              'value_writer'),
    'inspect': ('argument_value', 'disassembly', 'npy', 'optimize', 'scan',
                'statistics', 'verify'),
    'archive': ('archive',),
    'corpus': ('prefix', 'feed_corpus'),
    'faults': ('allocation_fault',),
}
# Seconds each, for the whole of the library at once.
_LEFT_OUT = {'value_writer': '*.AMillionLevels*', 'feed_corpus': '*ByteByByte*'}
_FUZZERS = ('load_compat', 'load_strict', 'round_trip', 'scan', 'stream')
_JUDGES = ('corpora', 'plain_bytes')


def targets():
    """What is to be built."""
    return ([name + '_test' for names in _PROGRAMS.values()
             for name in names] +
            [name + '_fuzzer' for name in _FUZZERS] +
            ['corpus_replay', 'reencode'])


class Killer:
    """A command that fails, crashes or hangs when a mutant is killed.

    made_of: the files whose change makes it another. reached: the numbers of
    mutants. seconds: what a run without a mutant takes.
    """

    def __init__(self, name, command, made_of):
        self.name = name
        self.command = command
        self.made_of = made_of
        self.reached = frozenset()
        self.seconds = 0.0

    def record(self, folder):
        """Runs without a mutant, unless it is what ran before."""
        digest = hashlib.sha256(repr(self.command).encode())
        for path in self.made_of:
            digest.update(path.read_bytes())
        known = folder / (self.name + '.json')
        if known.exists():
            before = json.loads(known.read_text())
            if before['digest'] == digest.hexdigest():
                self.seconds = before['seconds']
                self.reached = frozenset(before['reached'])
                return
        self._record(folder)
        known.write_text(json.dumps({'digest': digest.hexdigest(),
                                     'seconds': self.seconds,
                                     'reached': sorted(self.reached)}))

    def _record(self, folder):
        with tempfile.NamedTemporaryFile(dir=folder) as hits:
            hits.truncate(_MUTANTS)
            begin = time.monotonic()
            outcome = self._run({'PICKLE5_MUTANT_HITS': hits.name}, 600)
            self.seconds = time.monotonic() - begin
            assert outcome is None, '%s fails without a mutant: %s' % (
                self.name, outcome)
            self.reached = frozenset(
                i for i, byte in enumerate(hits.read()) if byte)

    def kill(self, number):
        """How the mutant fails, None if it does not."""
        return self._run({'PICKLE5_MUTANT': str(number)},
                         2 + 5 * self.seconds)

    def _run(self, environment, timeout):
        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        process = subprocess.Popen(
            self.command, env={**os.environ, **environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=limit)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            return 'timeout'
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        if status == 0:
            return None
        return 'signal %d' % -status if status < 0 else 'exit %d' % status


def killers(build, cache):
    """build: the build folder of the mutated library."""
    found = []
    for folder, names in _PROGRAMS.items():
        for name in names:
            program = build / 'tests' / folder / (name + '_test')
            found.append(Killer(name + '_test', [
                str(program), '--gtest_brief=1', '--gtest_fail_fast',
                '--gtest_filter=-' + _LEFT_OUT.get(name, '')],
                [program]))
    for name in _FUZZERS:
        program = build / 'fuzz' / (name + '_fuzzer')
        regressions = build.parent / 'tree/fuzz/regressions' / (
            name + '_fuzzer')
        found.append(Killer(name + '_fuzzer', [
            str(program), str(build / 'seeds'),
            *([str(regressions)] if regressions.exists() else [])], [program]))
    asked = [build / 'tests/mutation/corpus_replay',
             build / 'tests/round_trip/reencode']
    for name in _JUDGES:
        found.append(Killer(name, [
            sys.executable, '-B', str(_HERE / 'corpora_judge.py'), name,
            str(build), str(cache)], asked))
    return found
