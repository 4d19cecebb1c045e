"""The progress bar, for a terminal that waits for more than a second."""
import os
import pickle
import pty
import re
import subprocess
import time

import pytest


@pytest.fixture
def large(tmp_path):
    path = tmp_path / 'large.pkl'
    path.write_bytes(pickle.dumps(list(range(500000)), 2))
    assert path.stat().st_size > 1 << 20
    return path


def shown(executable, path, seconds):
    """What a terminal shows while nobody takes the output for a time."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([executable, 'dis', str(path)], stderr=theirs,
                               stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE)
    os.close(theirs)
    time.sleep(seconds)
    process.stdout.read()
    assert process.wait(timeout=60) == 0
    text = b''
    try:
        while chunk := os.read(ours, 4096):
            text += chunk
    except OSError:  # how Linux tells the end
        pass
    os.close(ours)
    return text.decode()


def test_bar_tells_how_far_the_file_was_read(executable, large):
    text = shown(executable, large, 1.8)
    bars = re.findall(r'\r(\S+) \[(#*)( *)\] +(\d+) %', text)
    assert bars and bars[0][0] == str(large)
    for _, done, left, percent in bars:
        assert len(done) + len(left) == 40
        assert abs(len(done) - int(percent) * 0.4) <= 1
    assert text.endswith('\r\x1b[K')  # and is gone in the end


def test_nothing_is_shown_of_what_is_quick_or_small(executable, large,
                                                    tmp_path):
    small = tmp_path / 'small.pkl'
    small.write_bytes(pickle.dumps(['x' * 100000] * 9))
    assert shown(executable, small, 1.3) == ''
