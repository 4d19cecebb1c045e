"""Checks of the states of scikit-learn's and SciPy's classes whose own code,
written in C, follows indices without a look at bounds.
"""

import sys

import numpy

_OUTSIDE = "an index of the state lies outside of what it points into"


def _within(indices, count, least=0):
    """Whether all are indices of `count` things."""
    if not isinstance(indices, numpy.ndarray) or indices.dtype.kind not in "iu":
        return False
    return indices.size == 0 or (
        least <= int(indices.min()) and int(indices.max()) < count)


def _classes(module, *names):
    # No __getattr__, which may warn.
    known = getattr(sys.modules.get(module), "__dict__", {})
    return tuple(known[name] for name in names
                 if isinstance(known.get(name), type))


def _fields(nodes, *names):
    return (isinstance(nodes, numpy.ndarray) and
            all(name in (nodes.dtype.names or ()) for name in names))


def _tree_state(tree, state):
    """sklearn.tree._tree.Tree"""
    nodes = state.get("nodes") if type(state) is dict else None
    names = ("left_child", "right_child", "feature")
    if not _fields(nodes, *names) or nodes.ndim != 1:
        return "the state is none of a tree"
    count = state.get("node_count")
    if type(count) is not int or not 0 <= count <= len(nodes):
        return _OUTSIDE
    left, right, feature = (nodes[name] for name in names)
    inner = left != -1
    if not (_within(left, count, -1) and _within(right[inner], count) and
            _within(feature[inner], tree.n_features)):
        return _OUTSIDE
    # Children stand behind their parents, or walks would not end.
    places = numpy.arange(len(nodes))[inner]
    if (left[inner] <= places).any() or (right[inner] <= places).any():
        return "the nodes of the tree form a cycle"
    return None


def _predictor_state(predictor, state):
    """TreePredictor of histogram gradient boosting"""
    nodes = state.get("nodes") if type(state) is dict else None
    if not _fields(nodes, "left", "right", "is_leaf") or nodes.ndim != 1:
        return "the state is none of a predictor"
    places = numpy.arange(len(nodes))[nodes["is_leaf"] == 0]
    for name in ("left", "right"):
        children = nodes[name][places]
        if not _within(children, len(nodes)):
            return _OUTSIDE
        if (children <= places).any():
            return "the nodes of the tree form a cycle"
    return None


def _neighbors_state(tree, state):
    """KDTree and BallTree"""
    if type(state) is not tuple or len(state) < 7:
        return "the state is none of a tree of neighbors"
    data, indices, nodes = state[:3]
    if not isinstance(data, numpy.ndarray) or data.ndim != 2:
        return "the state is none of a tree of neighbors"
    if not _fields(nodes, "idx_start", "idx_end"):
        return "the state is none of a tree of neighbors"
    good = (_within(indices, len(data)) and len(indices) == len(data) and
            _within(nodes["idx_start"], len(data) + 1) and
            _within(nodes["idx_end"], len(data) + 1) and
            type(state[5]) is int and type(state[6]) is int and
            0 <= state[6] <= len(nodes))
    return None if good else _OUTSIDE


def _sparse_state(matrix, state):
    """The compressed and the coordinate formats"""
    if type(state) is tuple and len(state) == 2:
        state = state[0]
    if type(state) is not dict:
        return "the state is none of a sparse matrix"
    shape = state.get("_shape", state.get("shape"))
    if type(shape) is not tuple or not all(
            type(length) is int and length >= 0 for length in shape):
        return "the state is none of a sparse matrix"
    if "indptr" in state:
        return _compressed_state(matrix, state, shape)
    coordinates = state.get("coords")
    if coordinates is None and "row" in state:
        coordinates = (state["row"], state.get("col"))
    if coordinates is None:
        return None
    items = state.get("data")
    good = (type(coordinates) is tuple and len(coordinates) == len(shape) and
            isinstance(items, numpy.ndarray) and
            all(_within(indices, length) and len(indices) == len(items)
                for indices, length in zip(coordinates, shape)))
    return None if good else _OUTSIDE


def _compressed_state(matrix, state, shape):
    indptr, indices = state["indptr"], state.get("indices")
    data = state.get("data")
    if not isinstance(data, numpy.ndarray) or not isinstance(
            indices, numpy.ndarray) or indices.ndim != 1:
        return "the state is none of a sparse matrix"
    blocks = data.shape[1:] if data.ndim == 3 else (1, 1)
    if 0 in blocks:
        return _OUTSIDE
    major, minor = (shape[0] // blocks[0], shape[-1] // blocks[1])
    if len(shape) == 1:
        major = 1
    elif matrix.format == "csc":
        major, minor = minor, major
    good = (_within(indptr, len(indices) + 1) and len(indptr) == major + 1 and
            (numpy.diff(indptr) >= 0).all() and indptr[0] == 0 and
            indptr[-1] <= len(data) and _within(indices[:indptr[-1]], minor))
    return None if good else _OUTSIDE


def _new_object(func, args, kwargs):
    """newObj(cls) of the modules of neighbors calls cls.__new__(cls)."""
    cls = args[0] if len(args) == 1 and not kwargs else None
    module = getattr(func, "__module__", None)
    good = isinstance(cls, type) and str(cls.__module__).split(".")[0] == (
        str(module).split(".")[0])
    return None if good else "what would be made is no class of the module"


def of_call(target):
    if getattr(target, "__name__", None) == "newObj" and str(getattr(
            target, "__module__", "")).startswith("sklearn."):
        return _new_object
    return None


def of_state(cls):
    sparse = _classes("scipy.sparse._base", "_spbase", "spmatrix") + _classes(
        "scipy.sparse.base", "spmatrix")
    for classes, check in (
            (_classes("sklearn.tree._tree", "Tree"), _tree_state),
            (_classes("sklearn.ensemble._hist_gradient_boosting.predictor",
                      "TreePredictor"), _predictor_state),
            (_classes("sklearn.neighbors._kd_tree", "KDTree", "KDTree32",
                      "KDTree64") +
             _classes("sklearn.neighbors._ball_tree", "BallTree", "BallTree32",
                      "BallTree64"), _neighbors_state),
            (sparse, _sparse_state)):
        if classes and issubclass(cls, classes):
            return check
    return None
