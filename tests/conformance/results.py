"""Builds the adapters, asks every implementation, and writes RESULTS.md.

What they write is read with CPython, too.

Usage: results.py [--build-dir DIR] [NAME...]

DIR is a build folder with pkl5 and pickle5_adapter. Adapters are built below
DIR/conformance with the ordinary clients of their languages; what has no
toolchain stands in the matrix as such.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys

_HERE = pathlib.Path(__file__).resolve().parent
_LEVELS = ('required', 'compat', 'strict', 'write')
# For what takes as much memory as a length in the input says.
_LIMITED = ['prlimit', '--as=%d' % (3 << 30)]


class Unavailable(Exception):
    """Why an implementation cannot be asked."""


def _run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        lines = (done.stderr + done.stdout).strip().splitlines()
        raise Unavailable('%s failed: %s' % (
            command[0], lines[-1][:200] if lines else done.returncode))
    return done.stdout


def _copied(name, build):
    """A folder to build in: the sources stay as they are."""
    folder = build / 'conformance' / name
    shutil.copytree(_HERE / 'adapters' / name, folder, dirs_exist_ok=True)
    return folder


def _need(tool):
    if shutil.which(tool) is None:
        raise Unavailable('no %s on this machine' % tool)


def _pickle5(build):
    return [str(build / 'tests' / 'conformance' / 'pickle5_adapter')], 'HEAD'


def _python():
    return shutil.which('python3', path='/usr/bin') or sys.executable


def _cpython(*options):
    def make(_):
        python = _python()
        version = _run(python, '--version').split()[1]
        return [*_LIMITED, python, '-W', 'ignore',
                str(_HERE / 'adapters' / 'cpython.py'), *options], version
    return make


def _serde_pickle(build):
    _need('cargo')
    folder = _copied('serde_pickle', build)
    _run('cargo', 'build', '--release', cwd=folder)
    tree = _run('cargo', 'tree', '--depth', '1', cwd=folder)
    version = tree.split('serde-pickle v')[1].split()[0]
    return [str(folder / 'target/release/serde-pickle-adapter')], version


def _go(name, module):
    def make(build):
        _need('go')
        folder = _copied(name, build)
        _run('go', 'get', module + '@latest', cwd=folder)
        _run('go', 'build', '-o', 'adapter', '.', cwd=folder)
        version = _run('go', 'list', '-m', module, cwd=folder).split()[1]
        return [*_LIMITED, str(folder / 'adapter')], version
    return make


def _razorvine(build):
    _need('mvn')
    folder = _copied('razorvine', build)
    _run('mvn', '-q', 'package', 'dependency:copy-dependencies', cwd=folder)
    path = '%s:%s/*' % (folder / 'target/classes', folder / 'target/dependency')
    jar = next((folder / 'target/dependency').glob('pickle-*.jar'))
    return ['java', '-cp', path, 'Adapter'], jar.stem.split('-')[1]


def _javascript(library):
    def make(build):
        _need('npm')
        folder = _copied('javascript', build)
        _run('npm', 'install', '--no-audit', '--no-fund', cwd=folder)
        manifest = folder / 'node_modules' / library / 'package.json'
        version = json.loads(manifest.read_text())['version']
        return ['node', '--no-deprecation', str(folder / 'main.js'),
                library], version
    return make


_IMPLEMENTATIONS = {
    'libpickle5': _pickle5,
    'CPython `_pickle`': _cpython(),
    'CPython `pickle.py`': _cpython('--pure'),
    'serde-pickle (Rust)': _serde_pickle,
    'og-rek (Go)': _go('og_rek', 'github.com/kisielk/og-rek'),
    'gopickle (Go)': _go('gopickle', 'github.com/nlpodyssey/gopickle'),
    'razorvine (Java)': _razorvine,
    'pickleparser (JavaScript)': _javascript('pickleparser'),
    'jpickle (JavaScript)': _javascript('jpickle'),
}


def _cell(counts):
    asked = counts['passed'] + counts['failed']
    if not asked:
        return '-'
    return '%d of %d' % (counts['passed'], asked)


def _asked(name, build):
    """The report of one implementation, with its version."""
    command, version = _IMPLEMENTATIONS[name](build)
    done = subprocess.run(
        [str(build / 'bin' / 'pkl5'), 'conform', '--name', name, '--format',
         'json', '--read-with', '%s -W ignore %s --plain' % (
             _python(), _HERE / 'adapters' / 'cpython.py'), '--', *command], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    report = json.loads(done.stdout)
    report['version'] = version
    return report


def _samples(report, most=6):
    """Failures of the level required, one for each way of failing."""
    chosen, seen = [], set()
    for failure in report['failures']:
        level, case = failure['id'].split('/', 1)
        way = (case.split('_')[0], failure['reason'][:14])
        if level in ('required', 'write') and way not in seen:
            seen.add(way)
            chosen.append('- `%s`: %s' % (
                failure['id'], failure['reason'].replace('`', "'")[:160]))
    more = len(chosen) - most
    return chosen[:most] + (['- and %d ways more' % more] if more > 0 else [])


def _page(reports, unavailable):
    lines = [
        '# What implementations make of pickles', '',
        'Made by `python3 tests/conformance/results.py`; how they are asked and '
        'what the', 'levels are stands in [PROTOCOL.md](PROTOCOL.md). "-": not '
        'asked, it has no such', 'operation. Who has no strict mode fails what '
        'only a strict one refuses. What is', 'written has to load in CPython '
        'to an equal object.', '',
        '| implementation | version | %s |' % ' | '.join(_LEVELS),
        '|---|---|%s' % ('---|' * len(_LEVELS))]
    empty = {'passed': 0, 'failed': 0}
    for report in reports:
        cells = [_cell(report['levels'].get(level, empty)) for level in _LEVELS]
        lines.append('| %s | %s | %s |' % (
            report['name'], report['version'], ' | '.join(cells)))
    for name, why in unavailable:
        lines.append('| **%s** | **NOT ASKED: %s** | %s |' % (
            name, why, ' | '.join('-' for _ in _LEVELS)))
    lines += ['', '## Failures of what every reader and writer must do', '']
    for report in reports:
        samples = _samples(report)
        if samples:
            lines += ['**%s**' % report['name'], *samples, '']
    return '\n'.join(lines).rstrip() + '\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--build-dir', type=pathlib.Path,
                        default=_HERE.parents[1] / 'build' / 'release')
    parser.add_argument('names', nargs='*', metavar='NAME',
                        help='only these; prints instead of writing')
    arguments = parser.parse_args()
    reports, unavailable = [], []
    for name in arguments.names or _IMPLEMENTATIONS:
        print('asking', name, file=sys.stderr, flush=True)
        try:
            reports.append(_asked(name, arguments.build_dir.resolve()))
        except Unavailable as why:
            print('NOT ASKED', name, why, file=sys.stderr)
            unavailable.append((name, why))
    page = _page(reports, unavailable)
    if arguments.names:
        print(page)
    else:
        (_HERE / 'RESULTS.md').write_text(page, encoding='utf-8')


if __name__ == '__main__':
    main()
