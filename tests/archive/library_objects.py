"""Objects as NumPy, pandas and scikit-learn have them; the same ones always.

Also a program, for Pythons of other versions: `dump DIR` pickles each of them
into DIR/NAME.pkl with protocol 5; `check DIR` loads DIR/NAME.pkl5 by
pickle.load and says whether it is equal.
"""
import pathlib
import pickle
import sys

import numpy
import pandas
from sklearn import ensemble, linear_model

_RNG = numpy.random.default_rng(1)
_X = _RNG.random((400, 20))
_Y = _X @ _RNG.random(20)

OBJECTS = {
    'array': _RNG.random((300, 400)),
    'fortran': numpy.asfortranarray(_RNG.random((70, 90))),
    'readonly': numpy.frombuffer(bytes(8000)),
    'structured': numpy.zeros(500, [('a', '<i4'), ('b', '>f8')]),
    'dates': numpy.arange(1000).astype('M8[ns]'),
    'strings': numpy.array(['a', 'bcd'] * 2000),
    'objects': numpy.array([1, 'x', None] * 10, dtype=object),
    'empty': numpy.zeros((0, 4)),
    'frame': pandas.DataFrame({
        'i': numpy.arange(2000), 'f': _RNG.random(2000),
        's': ['text'] * 2000,
        'c': pandas.Categorical(['u', 'v'] * 1000),
        't': pandas.date_range('2026-01-01', periods=2000)}),
    'series': pandas.Series(_RNG.random(1000), name='s'),
    'ridge': linear_model.Ridge().fit(_X, _Y),
    'forest': ensemble.RandomForestRegressor(5, random_state=0).fit(_X, _Y),
}


def same(one, other):
    """Whether two of those are equal."""
    if type(one) is not type(other):
        return False
    if hasattr(one, 'predict'):
        return numpy.array_equal(one.predict(_X), other.predict(_X))
    if hasattr(one, 'equals'):
        return one.equals(other)
    return (one.dtype == other.dtype and one.shape == other.shape
            and one.flags.f_contiguous == other.flags.f_contiguous
            and numpy.array_equal(one, other))


def _main(verb, directory):
    directory = pathlib.Path(directory)
    for name, value in OBJECTS.items():
        if verb == 'dump':
            (directory / (name + '.pkl')).write_bytes(
                pickle.dumps(value, protocol=5))
            continue
        with open(directory / (name + '.pkl5'), 'rb') as file:
            assert same(value, pickle.load(file)), name
    print(verb, len(OBJECTS))


if __name__ == '__main__':
    _main(*sys.argv[1:])
