"""What pickles of NumPy name: modules, and the names in them.
"""

NAMES = {
    "_codecs":
        "encode",
    "builtins":
        "bytearray bytes complex frozenset range set slice",
    "collections":
        "OrderedDict",
    "numpy":
        "abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan"
        " arctan2 arctanh asin asinh atan atan2 atanh bitwise_and"
        " bitwise_count bitwise_invert bitwise_left_shift bitwise_not"
        " bitwise_or bitwise_right_shift bitwise_xor bool bytes_ cbrt ceil"
        " clongdouble complex128 complex64 conj conjugate copysign cos cosh"
        " datetime64 deg2rad degrees divide divmod dtype equal exp exp2 expm1"
        " fabs float16 float32 float64 float_power floor floor_divide fmax"
        " fmin fmod frexp gcd generic greater greater_equal heaviside hypot"
        " int16 int32 int64 int8 invert isfinite isinf isnan isnat lcm ldexp"
        " left_shift less less_equal log log10 log1p log2 logaddexp"
        " logaddexp2 logical_and logical_not logical_or logical_xor"
        " longdouble longlong matmul matrix matvec maximum minimum mod modf"
        " multiply ndarray negative nextafter not_equal object_ positive pow"
        " power rad2deg radians recarray reciprocal record remainder"
        " right_shift rint sign signbit sin sinh spacing sqrt square str_"
        " string_ subtract tan tanh timedelta64 true_divide trunc uint16"
        " uint32 uint64 uint8 ulonglong vecdot vecmat void",
    "numpy._core":
        "_ufunc_reconstruct",
    "numpy._core._internal":
        "_convert_to_stringdtype_kwargs",
    "numpy._core._multiarray_umath":
        "abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan"
        " arctan2 arctanh asin asinh atan atan2 atanh bitwise_and"
        " bitwise_count bitwise_invert bitwise_left_shift bitwise_not"
        " bitwise_or bitwise_right_shift bitwise_xor cbrt ceil conj conjugate"
        " copysign cos cosh deg2rad degrees divide divmod equal exp exp2"
        " expm1 fabs float_power floor floor_divide fmax fmin fmod frexp gcd"
        " greater greater_equal heaviside hypot invert isfinite isinf isnan"
        " isnat lcm ldexp left_shift less less_equal log log10 log1p log2"
        " logaddexp logaddexp2 logical_and logical_not logical_or logical_xor"
        " matmul matvec maximum minimum mod modf multiply negative nextafter"
        " not_equal positive pow power rad2deg radians reciprocal remainder"
        " right_shift rint sign signbit sin sinh spacing sqrt square subtract"
        " tan tanh true_divide trunc vecdot vecmat",
    "numpy._core.multiarray":
        "_reconstruct scalar",
    "numpy._core.numeric":
        "_frombuffer",
    "numpy.core":
        "_ufunc_reconstruct",
    "numpy.core._multiarray_umath":
        "abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan"
        " arctan2 arctanh asin asinh atan atan2 atanh bitwise_and"
        " bitwise_count bitwise_invert bitwise_left_shift bitwise_not"
        " bitwise_or bitwise_right_shift bitwise_xor cbrt ceil conj conjugate"
        " copysign cos cosh deg2rad degrees divide divmod equal exp exp2"
        " expm1 fabs float_power floor floor_divide fmax fmin fmod frexp gcd"
        " greater greater_equal heaviside hypot invert isfinite isinf isnan"
        " isnat lcm ldexp left_shift less less_equal log log10 log1p log2"
        " logaddexp logaddexp2 logical_and logical_not logical_or logical_xor"
        " matmul matvec maximum minimum mod modf multiply negative nextafter"
        " not_equal positive pow power rad2deg radians reciprocal remainder"
        " right_shift rint sign signbit sin sinh spacing sqrt square subtract"
        " tan tanh true_divide trunc vecdot vecmat",
    "numpy.core.multiarray":
        "_reconstruct scalar",
    "numpy.core.numeric":
        "_frombuffer",
    "numpy.dtypes":
        "BoolDType ByteDType BytesDType CLongDoubleDType Complex128DType"
        " Complex64DType DateTime64DType Float16DType Float32DType"
        " Float64DType Int16DType Int32DType Int64DType Int8DType IntDType"
        " LongDType LongDoubleDType LongLongDType ObjectDType ShortDType"
        " StrDType StringDType TimeDelta64DType UByteDType UInt16DType"
        " UInt32DType UInt64DType UInt8DType UIntDType ULongDType"
        " ULongLongDType UShortDType VoidDType",
    "numpy.ma":
        "MaskedArray",
    "numpy.ma.core":
        "MaskedArray MaskedConstant _mareconstruct mvoid",
    "numpy.ndarray":
        "__new__",
    "numpy.polynomial.chebyshev":
        "Chebyshev",
    "numpy.polynomial.hermite":
        "Hermite",
    "numpy.polynomial.hermite_e":
        "HermiteE",
    "numpy.polynomial.laguerre":
        "Laguerre",
    "numpy.polynomial.legendre":
        "Legendre",
    "numpy.polynomial.polynomial":
        "Polynomial",
    "numpy.random":
        "__RandomState_ctor",
    "numpy.random._mt19937":
        "MT19937",
    "numpy.random._pcg64":
        "PCG64 PCG64DXSM",
    "numpy.random._philox":
        "Philox",
    "numpy.random._pickle":
        "__bit_generator_ctor __generator_ctor __randomstate_ctor",
    "numpy.random._sfc64":
        "SFC64",
    "numpy.random.bit_generator":
        "SeedSequence __pyx_unpickle_SeedSequence",
    "numpy.rec":
        "recarray record",
}
