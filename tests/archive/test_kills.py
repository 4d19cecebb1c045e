"""Writers that are killed: the file is the old or the new one, never torn."""
import os
import pickle
import random
import signal
import subprocess
import time

import pytest

DEFAULT, LONG = 200, 800
SIZES = (3000, 70000, 400000, 2000000)


def kill_at_random(command, folder, rng, longest):
    """Whether the command was killed in its work."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    time.sleep(rng.random() ** 2 * longest)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def time_of(command):
    start = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - start


def objects(tmp_path, pkl5):
    """For each size the pickle and the archive of an object."""
    made = []
    for i, size in enumerate(SIZES):
        source = tmp_path / ('%d.pkl' % i)
        source.write_bytes(pickle.dumps(
            [i, bytearray(os.urandom(size)), list(range(size // 100))], 5))
        archive = tmp_path / ('%d.pkl5' % i)
        pkl5('archive', source, archive)
        made.append((source, archive.read_bytes()))
    return made


def replace(executable, pkl5, tmp_path, times):
    rng = random.Random(times)
    made = objects(tmp_path, pkl5)
    folder = tmp_path / 'folder'
    folder.mkdir()
    path = folder / 'a.pkl5'
    killed = changed = abandoned = 0
    before = None
    while killed < times:
        source, after = made[rng.randrange(len(made))]
        command = [executable, 'archive', source, path]
        longest = 1.2 * time_of([executable, 'archive', source,
                                 tmp_path / 'timed.pkl5'])
        if not kill_at_random(command, folder, rng, longest):
            before = path.read_bytes()
            assert before == after
            continue
        killed += 1
        found = path.read_bytes() if path.exists() else None
        assert found in (before, after), 'torn'
        changed += found == after
        before = found
        # Killed between link and rename: there until the next writer.
        left = set(os.listdir(folder)) - {'a.pkl5'}
        assert left <= {'.a.pkl5.pickle5-tmp'}, left
        abandoned += bool(left)
    pkl5('archive', made[0][0], path)
    assert os.listdir(folder) == ['a.pkl5']
    print('injected: %d kills of writers, %d after the rename, '
          '%d names left to the next writer' % (killed, changed, abandoned))


def append(executable, pkl5, tmp_path, times):
    rng = random.Random(times)
    made = objects(tmp_path, pkl5)
    path = tmp_path / 'a.pkl5'
    pkl5('archive', made[0][0], path)
    whole = [0]
    killed = torn = 0
    longest = 0.02
    while killed < times:
        if len(whole) > 12:
            pkl5('archive', made[0][0], path)
            whole = [0]
        which = rng.randrange(len(made))
        command = [executable, 'archive', '--append', made[which][0], path]
        if not kill_at_random(command, tmp_path, rng, longest):
            longest *= 0.95
            whole.append(which)
            continue
        longest = min(longest * 1.02, 1)
        killed += 1
        # A reader finds all objects that were whole, and perhaps the new one.
        listed = pkl5('load', '--all', '--format=json', '--path', '$[0]', path)
        found = [int(line) for line in listed.stdout.split()]
        assert found in (whole, whole + [which]), 'torn'
        whole = found
        torn += pkl5('verify', path, code=None).returncode
    done = pkl5('archive', '--append', made[1][0], path)
    assert done.returncode == 0
    pkl5('verify', path)
    print('injected: %d kills of appending writers, %d torn ends' % (killed,
                                                                     torn))


def test_killed_writers_leave_the_old_file_or_the_new_one(executable, pkl5,
                                                          tmp_path):
    replace(executable, pkl5, tmp_path, DEFAULT // 2)


def test_killed_appending_writers_leave_whole_objects(executable, pkl5,
                                                      tmp_path):
    append(executable, pkl5, tmp_path, DEFAULT // 2)


@pytest.mark.long
def test_many_killed_writers(executable, pkl5, tmp_path):
    replace(executable, pkl5, tmp_path, LONG // 2)


@pytest.mark.long
def test_many_killed_appending_writers(executable, pkl5, tmp_path):
    append(executable, pkl5, tmp_path, LONG // 2)
