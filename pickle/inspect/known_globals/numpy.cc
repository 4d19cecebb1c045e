#include "pickle/inspect/known_globals/known_globals.h"

namespace pickle5::internal {

// Arrays, scalars and generators of NumPy 1 and 2, and what joblib writes in
// place of arrays.
const std::string_view kNumpyGlobals = R"(
joblib.numpy_pickle: NumpyArrayWrapper
numpy: bool bool_ broadcast byte bytes_ cdouble cfloat character clongdouble
numpy: clongfloat complex128 complex256 complex64 complex_ complexfloating
numpy: csingle datetime64 double dtype flatiter flexible float128 float16
numpy: float32 float64 float_ floating generic half inexact int16 int32 int64
numpy: int8 int_ intc integer intp long longcomplex longdouble longfloat
numpy: longlong matrix ndarray number object_ recarray record short
numpy: signedinteger single singlecomplex str_ string_ timedelta64 ubyte uint
numpy: uint16 uint32 uint64 uint8 uintc uintp ulong ulonglong unicode_
numpy: unsignedinteger ushort void void_
numpy._core.multiarray: _reconstruct scalar
numpy._core.numeric: _frombuffer
numpy._core.records: recarray record
numpy.core.multiarray: _reconstruct scalar
numpy.core.numeric: _frombuffer
numpy.core.records: recarray record
numpy.dtypes: BoolDType ByteDType BytesDType CLongDoubleDType Complex128DType
numpy.dtypes: Complex64DType DateTime64DType Float16DType Float32DType
numpy.dtypes: Float64DType Int16DType Int32DType Int64DType Int8DType IntDType
numpy.dtypes: LongDType LongDoubleDType LongLongDType ObjectDType ShortDType
numpy.dtypes: StrDType StringDType TimeDelta64DType UByteDType UInt16DType
numpy.dtypes: UInt32DType UInt64DType UInt8DType UIntDType ULongDType
numpy.dtypes: ULongLongDType UShortDType VoidDType
numpy.ma: MaskedArray
numpy.ma.core: MaskedArray MaskedConstant _mareconstruct
numpy.matrixlib.defmatrix: matrix
numpy.polynomial.chebyshev: Chebyshev
numpy.polynomial.hermite: Hermite
numpy.polynomial.hermite_e: HermiteE
numpy.polynomial.laguerre: Laguerre
numpy.polynomial.legendre: Legendre
numpy.polynomial.polynomial: Polynomial
numpy.random: Generator RandomState
numpy.random._bit_generator: SeedSequence __pyx_unpickle_SeedSequence
numpy.random._generator: Generator
numpy.random._mt19937: MT19937
numpy.random._pcg64: PCG64 PCG64DXSM
numpy.random._philox: Philox
numpy.random._pickle: __bit_generator_ctor __generator_ctor __randomstate_ctor
numpy.random._sfc64: SFC64
numpy.random.bit_generator: SeedSequence __pyx_unpickle_SeedSequence
numpy.random.mtrand: RandomState
numpy.rec: recarray record
)";

}  // namespace pickle5::internal
