"""Code that runs while a pickle is being written or read."""

import _pickle
import copyreg
import gc
import io
import sys
import threading

import pytest

import pkl5


class Calls:
    """Calls something when it is pickled."""

    def __init__(self, function):
        self.function = function

    def __reduce__(self):
        self.function()
        return int, ()


class Kept:
    def __init__(self, first):
        self.first = first


def test_pickler_refuses_to_be_used_inside_itself():
    pickler = pkl5.Pickler(io.BytesIO())
    obj = Calls(lambda: pickler.dump(1))
    with pytest.raises(RuntimeError):
        pickler.dump(obj)
    for use in (pickler.clear_memo, pickler.memo.clear,
                lambda: pickler.__init__(io.BytesIO()),
                lambda: setattr(pickler, "memo", {})):
        with pytest.raises(RuntimeError):
            pickler.dump(Calls(use))
    pickler.dump([1])


def test_unpickler_refuses_to_be_used_inside_itself():
    class Unpickler(pkl5.Unpickler):
        def find_class(self, module, name):
            return self.load()

    with pytest.raises(RuntimeError):
        Unpickler(io.BytesIO(b"cos\nsystem\n.")).load()


def test_functions_inside_themselves():
    inner = []
    obj = [1, Calls(lambda: inner.append(pkl5.loads(pkl5.dumps([1, "a"])))), 2]
    assert pkl5.loads(pkl5.dumps(obj)) == [1, 0, 2]
    assert inner == [[1, "a"]]


@pytest.mark.parametrize("make", [
    lambda evil: [[str(i) for i in range(50)], evil, ["x" * 10]],
    lambda evil: {"a": ["y" * 20], "evil": evil, "b": [("z" * 9,)]},
    lambda evil: [{("k" * 5,): ["v" * 8]}, evil],
    lambda evil: ([["w" * 7]], evil, [["u" * 7]]),
])
@pytest.mark.parametrize("size", [10, 5000])
def test_objects_that_die_while_they_are_pickled(make, size):
    for protocol in range(6):
        holder = []

        def kill(holder=holder):
            obj = holder[0]
            while obj:
                obj.pop() if isinstance(obj, list) else obj.popitem()
                if isinstance(obj, list) and len(obj) == 1:
                    break
            gc.collect()
            # Their memory is used again.
            holder.append([str(i) * 3 for i in range(1000)])

        obj = make(Calls(kill))
        top = list(obj) if isinstance(obj, tuple) else obj
        if isinstance(top, list):
            top += [[str(i)] for i in range(size)]
        holder.append(top)
        try:
            pkl5.loads(pkl5.dumps(top, protocol))
        except RuntimeError as error:
            assert "changed size" in str(error)


def test_reference_taken_while_pickling_is_kept():
    """An object met again after foreign code made a second reference."""
    for module in (_pickle, pkl5):
        obj = [["inner"], None, None]

        def add():
            obj[2] = obj[0]

        obj[1] = Calls(add)
        loaded = module.loads(module.dumps(obj))
        assert loaded[0] is loaded[2]


def test_reducer_that_is_registered_while_pickling():
    def dumped(module):
        kept = Kept(1)
        register = Calls(lambda: copyreg.pickle(
            Kept, lambda kept: (Kept, (kept.first,))))
        try:
            return module.dumps([kept, Kept(2), register, Kept(3), kept], 5)
        finally:
            copyreg.dispatch_table.pop(Kept, None)

    assert dumped(pkl5) == dumped(_pickle)


def test_attributes_that_change_while_they_are_pickled():
    def outcome(module, change):
        kept = Kept(1)
        kept.second = Calls(lambda: change(kept))
        kept.third = ["a", "b"]
        try:
            return module.dumps([Kept(0), kept, kept.third, kept, kept], 5)
        except RuntimeError:
            return RuntimeError

    for change in (lambda kept: setattr(kept, "third", "another"),
                   lambda kept: setattr(kept, "first", 2),
                   lambda kept: setattr(kept, "fourth", 4),
                   lambda kept: delattr(kept, "third"),
                   lambda kept: vars(kept), lambda kept: vars(kept).clear(),
                   lambda kept: vars(kept).update(third=3)):
        assert outcome(pkl5, change) == outcome(_pickle, change)


def test_error_behind_a_dict_that_was_made_says_where():
    def notes(change):
        kept = Kept(1)
        kept.second = Calls(lambda: change(kept))
        kept.third = [Calls(lambda: 1 / 0)]
        with pytest.raises(ZeroDivisionError) as raised:
            pkl5.dumps([Kept(0), kept], 5)
        return getattr(raised.value, "__notes__", None)

    assert notes(vars) == notes(str)
    if sys.version_info >= (3, 11):
        assert any("'third'" in note for note in notes(vars))


class Whole:
    """Pickled as what it finds."""

    def __init__(self, find):
        self.find = find

    def __reduce__(self):
        return list, (self.find(),)


@pytest.mark.parametrize("depth", [1, 5, 150])
def test_dict_that_is_made_while_its_attributes_are_pickled(depth):
    def dumped(module, protocol):
        kept = Kept("f" * 3)
        kept.second = []
        inner = kept.second
        for _ in range(depth - 1):
            inner.append([])
            inner = inner[0]
        inner.append(Whole(lambda: [vars(kept), "new"]))
        kept.third = ["g" * 4, str(depth) * 3]
        after = Whole(lambda: vars(kept))
        return module.dumps([kept, after, kept.third], protocol)

    for protocol in (2, 4, 5):
        assert dumped(pkl5, protocol) == dumped(_pickle, protocol)


def test_write_may_change_what_is_written():
    class File:
        def __init__(self, target):
            self.target = target
            self.data = b""

        def write(self, chunk):
            self.data += bytes(chunk)
            self.target.clear()
            gc.collect()

    for obj in ([str(i) * 3 for i in range(30000)],
                {str(i): [str(i)] for i in range(20000)},
                {(str(i),): str(i) for i in range(20000)},
                set(map(str, range(20000)))):
        file = File(obj)
        try:
            pkl5.dump(obj, file)
        except RuntimeError as error:
            assert "changed size" in str(error)
        else:
            pkl5.loads(file.data)


def test_threads_use_the_functions_at_once():
    obj = [{"a": i, "b": [str(i)], "c": b"x" * 10} for i in range(500)]
    obj.append(b"y" * (2 << 20))
    pickled = _pickle.dumps(obj)
    wrong = []

    def work():
        for _ in range(20):
            if pkl5.dumps(obj) != pickled or pkl5.loads(pickled) != obj:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_writer_that_fails():
    class File:
        def __init__(self):
            self.left = 3

        def write(self, chunk):
            self.left -= 1
            if self.left < 0:
                raise OSError("full")

    obj = [str(i) * 10 for i in range(100000)]
    with pytest.raises(OSError, match="full"):
        pkl5.dump(obj, File())
    pickler = pkl5.Pickler(File())
    with pytest.raises(OSError, match="full"):
        pickler.dump(obj)
    assert pkl5.loads(pkl5.dumps(obj)) == obj
