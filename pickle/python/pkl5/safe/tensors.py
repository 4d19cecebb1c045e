"""Checks of what makes PyTorch's tensors."""

_OUTSIDE = "the tensor lies outside of its storage"


def _numbers(values):
    return isinstance(values, (tuple, list)) and all(
        type(value) is int and 0 <= value < 1 << 62 for value in values)


def _rebuilt(func, args, kwargs):
    """_rebuild_tensor(storage, storage_offset, size, stride, ...)"""
    if kwargs or len(args) < 4:
        return "the arguments are none of a tensor"
    storage, offset, size, stride = args[:4]
    if not (_numbers([offset]) and _numbers(size) and _numbers(stride) and
            len(size) == len(stride)):
        return "the arguments are none of a tensor"
    if 0 in size:
        return None
    last = offset + sum((length - 1) * step
                        for length, step in zip(size, stride))
    try:
        good = (last + 1) * storage.element_size() <= storage.nbytes()
    except (AttributeError, TypeError):
        return "the first argument is no storage"
    return None if good else _OUTSIDE


def of_call(target):
    known = ("_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3",
             "_rebuild_qtensor")
    if getattr(target, "__module__", None) == "torch._utils" and getattr(
            target, "__name__", None) in known:
        return _rebuilt
    return None


def of_state(cls):
    return None
