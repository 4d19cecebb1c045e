"""The reencode program: many pickles, each in any protocols, in one process."""
import collections
import os
import pathlib
import subprocess

# path: of the pickle written, None if refused. message: why.
Reencoded = collections.namedtuple('Reencoded', 'path message')


def executable():
    path = os.environ.get('PICKLE5_REENCODE')
    if not path:
        root = pathlib.Path(__file__).resolve().parents[2]
        path = str(root / 'build/tests/round_trip/reencode')
    assert os.access(path, os.X_OK), (
        'no reencode at %s: set PICKLE5_REENCODE' % path)
    return path


def reencode(jobs, folder):
    """{(path, protocol): Reencoded} of (path, protocol) jobs."""
    targets = {job: str(pathlib.Path(folder, '%d.p%d' % (i, job[1])))
               for i, job in enumerate(jobs)}
    lines = ['%d\t%s\t%s\n' % (protocol, path, target)
             for (path, protocol), target in targets.items()]
    done = subprocess.run([executable()], input=''.join(lines), text=True,
                          capture_output=True, timeout=600)
    assert done.returncode == 0, 'exit %d\n%s' % (done.returncode,
                                                  done.stderr[-2000:])
    messages = done.stdout.splitlines()
    assert len(messages) == len(targets), done.stderr[-2000:]
    return {job: Reencoded(None if message else target, message)
            for (job, target), message in zip(targets.items(), messages)}
