"""The pkl5 command, run over many files at a time."""
import collections
import json
import os
import pathlib
import re
import subprocess
import sys

# Line length and argument count stay far below what a kernel takes.
_BATCH = 400

# tree: the text of the canonical tree, None if refused.
# error: {"code", "offset", "opcode", "message"}, None if loaded.
Loaded = collections.namedtuple('Loaded', 'tree error')

# arg: the text of the JSON, None if the opcode has no argument.
Listed = collections.namedtuple('Listed', 'pos opcode arg')

_LISTED = re.compile(r'\{"pos": (\d+), "opcode": "(\w+)"(?:, "arg": (.*))?\}')


def executable():
    """The command: $PKL5, else what `./dev build` leaves."""
    path = os.environ.get('PKL5')
    if not path:
        root = pathlib.Path(__file__).resolve().parents[2]
        path = str(root / 'build' / 'bin' / 'pkl5')
    assert os.access(path, os.X_OK), 'no pkl5 at %s: set PKL5' % path
    return path


def run(*arguments):
    """The finished process; a crash or a hang is a failure."""
    done = subprocess.run([executable(), *arguments], capture_output=True,
                          timeout=300)
    assert done.returncode in (0, 1, 2, 3, 4), (
        'exit %d of %s\n%s' % (done.returncode, arguments[:8],
                               done.stderr.decode(errors='replace')[-2000:]))
    return done


def load(paths, *options):
    """{path: Loaded} of `pkl5 load --format=tree`."""
    loaded = {}
    for start in range(0, len(paths), _BATCH):
        batch = list(paths[start:start + _BATCH])
        if len(batch) == 1:  # the form with one JSON line per file is wanted
            batch *= 2
        done = run('load', '--format=tree', *options, *batch)
        lines = done.stdout.decode('ascii').splitlines()
        assert len(lines) == len(batch), (
            '%d lines for %d files, exit %d\n%s' % (
                len(lines), len(batch), done.returncode,
                done.stderr.decode(errors='replace')[-2000:]))
        for path, line in zip(batch, lines):
            loaded[path] = _parsed(path, line)
    return loaded


def dis(paths):
    """{path: [Listed, ...]} of `pkl5 dis --json`."""
    listings = {}
    for start in range(0, len(paths), _BATCH):
        batch = paths[start:start + _BATCH]
        done = run('dis', '--json', *batch)
        assert done.returncode == 0, done.stderr[-2000:]
        lines = [Listed(int(pos), opcode, arg) for pos, opcode, arg in
                 (_LISTED.fullmatch(line).groups()
                  for line in done.stdout.decode('ascii').splitlines())]
        starts = [i for i, line in enumerate(lines) if line.pos == 0]
        assert len(starts) == len(batch)
        ends = starts[1:] + [len(lines)]
        for path, begin, end in zip(batch, starts, ends):
            listings[path] = lines[begin:end]
    return listings


def measured(commands):
    """What each command, a list of arguments, cost: see measured_run.py."""
    program = pathlib.Path(__file__).resolve().parent / 'measured_run.py'
    lines = [json.dumps([executable(), *command]) for command in commands]
    done = subprocess.run([sys.executable, '-I', '-S', str(program)],
                          input='\n'.join(lines), stdout=subprocess.PIPE,
                          check=True, text=True, timeout=1200)
    return [json.loads(line) for line in done.stdout.splitlines()]


def _parsed(path, line):
    # Python's own parser recurses, and trees may be deep: the tree's text is
    # cut out, not parsed.
    head = '{"file": %s, "tree": ' % json.dumps(path)
    if line.startswith(head):
        assert line.endswith('}'), line[-80:]
        return Loaded(line[len(head):-1], None)
    row = json.loads(line)
    assert set(row) == {'file', 'error'} and row['file'] == path, line[:300]
    assert {'code', 'offset', 'opcode', 'message'} <= set(row['error']), line
    return Loaded(None, row['error'])
