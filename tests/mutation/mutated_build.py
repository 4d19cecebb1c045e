"""A build folder with a copy of the repository whose sources are mutated."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess

import mutator
import schemata

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A number of a mutant is its file's place times this, plus its own.
_BLOCK = 4096
_SOURCES = (
    'pickle/protocol/decode_error.*',
    'pickle/emitter/emitter.*',
    'pickle/emitter/framer.*',
    'pickle/inspect/argument_value.*',
    'pickle/inspect/check_builder.*',
    'pickle/text/integer_text.*',
    'pickle/protocol/limits.h',
    'pickle/machine/machine*.h',
    'pickle/emitter/memo.h',
    'pickle/protocol/opcode.h',
    'pickle/machine/ops/*.h',
    'pickle/protocol/scanner.*',
    'pickle/text/text_argument.*',
    'pickle/text/utf8.*',
    'pickle/value/value_builder.*',
)
# Nothing is deduced from what a mutant does that no program may do.
_FLAGS = ('-O1 -w -fwrapv -fno-finite-loops -fno-strict-aliasing '
          '-fno-delete-null-pointer-checks -ferror-limit=0 '
          '-fno-caret-diagnostics -ftemplate-backtrace-limit=1')
_MESSAGE = re.compile(
    r'^(\S+?):(\d+):(\d+): (fatal error|error|note): (.*)$', re.M)


def source_names():
    return sorted(str(path.relative_to(ROOT))
                  for pattern in _SOURCES for path in ROOT.glob(pattern))


def _write_if_changed(path, content):
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class MutatedBuild:
    """mutants: {number: Mutant} of all that compile."""

    def __init__(self, folder):
        self.folder = folder
        self.tree = folder / 'tree'
        self.out = folder / 'out'
        self.names = source_names()
        self.mutants = {}
        self.schemata = {}
        self.dropped_path = folder / 'dropped.json'
        self.dropped = set()
        if self.dropped_path.exists():
            self.dropped = {tuple(key) for key in
                            json.loads(self.dropped_path.read_text())}

    def prepare(self, targets, jobs):
        """Builds the targets with every mutant that compiles."""
        self.find()
        self.copy()
        self.configure()
        self.drop_what_does_not_compile(jobs)
        self.make(targets, jobs)

    def find(self):
        texts = {name: mutator.visible((ROOT / name).read_text())
                 for name in self.names}
        found = mutator.find(ROOT, self.names,
                             ['-xc++', '-std=c++20', '-I%s' % ROOT], texts)
        for place, name in enumerate(self.names):
            assert len(found[name]) < _BLOCK
            for i, mutant in enumerate(found[name]):
                if mutant.key() not in self.dropped:
                    self.mutants[place * _BLOCK + i] = mutant
        self.texts = texts

    def copy(self):
        """The repository as it stands, but for the mutated sources."""
        listed = subprocess.run(
            ['git', 'ls-files', '-z', '--cached', '--others',
             '--exclude-standard'], cwd=ROOT, check=True,
            capture_output=True).stdout.decode().split('\0')
        kept = {name for name in listed if name and (ROOT / name).is_file()}
        for name in kept - set(self.names):
            _write_if_changed(self.tree / name, (ROOT / name).read_bytes())
        for path in self.tree.rglob('*'):
            if path.is_file() and str(path.relative_to(self.tree)) not in kept:
                path.unlink()
        self.write()

    def write(self):
        for name in self.names:
            numbered = [(number, mutant)
                        for number, mutant in self.mutants.items()
                        if mutant.file == name]
            self.schemata[name] = schemata.Schemata(self.texts[name], numbered)
            _write_if_changed(self.tree / name,
                              self.schemata[name].text.encode())

    def configure(self):
        environment = dict(os.environ, CXX='clang++', CC='clang')
        subprocess.run(
            ['cmake', '-G', 'Ninja', '-S', str(self.tree), '-B', str(self.out),
             '-DPICKLE5_CLI=ON', '-DPICKLE5_TESTS=ON',
             '-DCMAKE_BUILD_TYPE=None', '-DCMAKE_CXX_FLAGS=' + _FLAGS],
            check=True, env=environment, stdout=subprocess.DEVNULL)

    def drop_what_does_not_compile(self, jobs):
        """Costs no code: the compilation would tell the same, but late."""
        checked = self.folder / 'checked'
        if checked.exists() and checked.read_text() == self.digest():
            return
        commands = json.loads(
            (self.out / 'compile_commands.json').read_text())
        mine = [(entry['directory'], re.sub(r' -o \S+', ' -fsyntax-only',
                                            entry['command']))
                for entry in commands
                if 'pickle5_objects' in entry['command'] and self.is_near(
                    os.path.relpath(entry['file'], self.tree))]
        def check(unit):
            return subprocess.run(unit[1].replace('ccache ', '', 1),
                                  shell=True, cwd=unit[0],
                                  capture_output=True, text=True).stderr
        while True:
            with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
                messages = '\n'.join(pool.map(check, mine))
            if not self.drop(messages):
                checked.write_text(self.digest())
                return

    def digest(self):
        return hashlib.sha256(''.join(
            self.schemata[name].text for name in self.names
        ).encode()).hexdigest()

    def is_near(self, name):
        """Mutated itself, or an instance of the mutated templates."""
        return name in self.names or name in (
            'pickle/value/loader.cc', 'pickle/inspect/scan_builder.cc',
            'pickle/inspect/verify.cc', 'pickle/value/value_walker.cc')

    def drop(self, messages):
        """Whether mutants went because of a compiler's messages."""
        gone = set()
        blamed = True  # whether a mutant was found for the last error
        for file, line, column, kind, _ in _MESSAGE.findall(messages):
            if kind == 'note' and blamed:
                continue
            name = os.path.relpath(file, self.tree)
            numbers = self.schemata[name].at(int(line), int(column)) \
                if name in self.schemata else ()
            blamed = bool(numbers)
            gone.update(numbers)
        gone &= set(self.mutants)
        assert gone or ' error: ' not in messages, messages[:5000]
        for number in sorted(gone):
            self.dropped.add(self.mutants.pop(number).key())
        self.dropped_path.write_text(json.dumps(sorted(self.dropped)))
        if gone:
            print('dropped %d mutants that do not compile' % len(gone),
                  flush=True)
            self.write()
        return bool(gone)

    def make(self, targets, jobs):
        while True:
            done = subprocess.run(
                ['ninja', '-C', str(self.out), '-j', str(jobs), '-k', '0',
                 *targets], capture_output=True, text=True)
            if done.returncode == 0:
                return
            if not self.drop(done.stdout):
                raise SystemExit(done.stdout[-5000:] + done.stderr)
