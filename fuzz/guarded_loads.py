"""pkl5.loads() and load() with allow=() and limits, watched by an audit hook."""
import _pickle
import gc
import io
import sys

import _pkl5
from limits import Limits

# As Limits.untrusted(), but that a run of the target may not take seconds.
LIMITS = Limits(max_opcodes=1_000_000, max_memo=1_000_000, max_payload=1 << 30,
                max_line=1 << 20, max_digits=4300, max_key_depth=1000,
                max_key_work=1_000_000)
_ENCODINGS = ("ASCII", "latin1", "utf-8", "bytes")
_events = None


def _hook(event, args):
    if _events is not None:
        _events.append(event)


sys.addaudithook(_hook)
gc.disable()


def load(data, choice):
    """(what was loaded or None, the exception or None, audit events)"""
    global _events
    encoding = _ENCODINGS[choice & 3]
    file = io.BytesIO(data) if choice & 4 else None
    loaded = failed = None
    _events = events = []
    try:
        if file is not None:
            loaded = _pkl5.load(file, encoding=encoding, allow=(),
                                limits=LIMITS)
        else:
            loaded = _pkl5.loads(data, encoding=encoding, allow=(),
                                 limits=LIMITS)
    except Exception as error:
        failed = repr(error)
    _events = None
    return loaded, failed, events


def differs(data, choice, loaded):
    """Whether CPython makes something else of what was loaded here."""
    try:
        stock = _pickle.loads(data, encoding=_ENCODINGS[choice & 3])
    except Exception:  # cpython_fuzzer knows the differences
        return False
    try:
        return _pickle.dumps(stock, 5) != _pickle.dumps(loaded, 5)
    except (RecursionError, TypeError):  # deep, or a READONLY_BUFFER
        return False


def collect():
    gc.collect()
