#include "pickle/inspect/known_globals/known_globals.h"

namespace pickle5::internal {

// Frames, indexes and extension arrays of pandas 1 to 3, and what those over
// Arrow need of pyarrow.
const std::string_view kPandasGlobals = R"(
pandas: ArrowDtype BooleanDtype Categorical CategoricalDtype CategoricalIndex
pandas: DataFrame DateOffset DatetimeIndex DatetimeTZDtype Float32Dtype
pandas: Float64Dtype Index Int16Dtype Int32Dtype Int64Dtype Int8Dtype Interval
pandas: IntervalDtype IntervalIndex MultiIndex Period PeriodDtype PeriodIndex
pandas: RangeIndex Series SparseDtype StringDtype Timedelta TimedeltaIndex
pandas: Timestamp UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype
pandas._libs.arrays: __pyx_unpickle_NDArrayBacked
pandas._libs.hashtable: __pyx_unpickle_HashTable
pandas._libs.index: __pyx_unpickle_BaseMultiIndexCodesEngine
pandas._libs.index: __pyx_unpickle_BoolEngine __pyx_unpickle_Complex128Engine
pandas._libs.index: __pyx_unpickle_Complex64Engine
pandas._libs.index: __pyx_unpickle_DatetimeEngine
pandas._libs.index: __pyx_unpickle_ExtensionEngine
pandas._libs.index: __pyx_unpickle_Float32Engine __pyx_unpickle_Float64Engine
pandas._libs.index: __pyx_unpickle_IndexEngine __pyx_unpickle_Int16Engine
pandas._libs.index: __pyx_unpickle_Int32Engine __pyx_unpickle_Int64Engine
pandas._libs.index: __pyx_unpickle_Int8Engine __pyx_unpickle_MaskedBoolEngine
pandas._libs.index: __pyx_unpickle_MaskedComplex128Engine
pandas._libs.index: __pyx_unpickle_MaskedComplex64Engine
pandas._libs.index: __pyx_unpickle_MaskedFloat32Engine
pandas._libs.index: __pyx_unpickle_MaskedFloat64Engine
pandas._libs.index: __pyx_unpickle_MaskedIndexEngine
pandas._libs.index: __pyx_unpickle_MaskedInt16Engine
pandas._libs.index: __pyx_unpickle_MaskedInt32Engine
pandas._libs.index: __pyx_unpickle_MaskedInt64Engine
pandas._libs.index: __pyx_unpickle_MaskedInt8Engine
pandas._libs.index: __pyx_unpickle_MaskedUInt16Engine
pandas._libs.index: __pyx_unpickle_MaskedUInt32Engine
pandas._libs.index: __pyx_unpickle_MaskedUInt64Engine
pandas._libs.index: __pyx_unpickle_MaskedUInt8Engine
pandas._libs.index: __pyx_unpickle_ObjectEngine __pyx_unpickle_PeriodEngine
pandas._libs.index: __pyx_unpickle_SharedEngine __pyx_unpickle_StringEngine
pandas._libs.index: __pyx_unpickle_StringObjectEngine
pandas._libs.index: __pyx_unpickle_TimedeltaEngine __pyx_unpickle_UInt16Engine
pandas._libs.index: __pyx_unpickle_UInt32Engine __pyx_unpickle_UInt64Engine
pandas._libs.index: __pyx_unpickle_UInt8Engine
pandas._libs.indexing: __pyx_unpickle_NDFrameIndexerBase
pandas._libs.internals: BlockPlacement _unpickle_block
pandas._libs.interval: Interval __pyx_unpickle_Float64ClosedBothIntervalNode
pandas._libs.interval: __pyx_unpickle_Float64ClosedLeftIntervalNode
pandas._libs.interval: __pyx_unpickle_Float64ClosedNeitherIntervalNode
pandas._libs.interval: __pyx_unpickle_Float64ClosedRightIntervalNode
pandas._libs.interval: __pyx_unpickle_Int64ClosedBothIntervalNode
pandas._libs.interval: __pyx_unpickle_Int64ClosedLeftIntervalNode
pandas._libs.interval: __pyx_unpickle_Int64ClosedNeitherIntervalNode
pandas._libs.interval: __pyx_unpickle_Int64ClosedRightIntervalNode
pandas._libs.interval: __pyx_unpickle_IntervalMixin
pandas._libs.interval: __pyx_unpickle_IntervalNode __pyx_unpickle_IntervalTree
pandas._libs.interval: __pyx_unpickle_Uint64ClosedBothIntervalNode
pandas._libs.interval: __pyx_unpickle_Uint64ClosedLeftIntervalNode
pandas._libs.interval: __pyx_unpickle_Uint64ClosedNeitherIntervalNode
pandas._libs.interval: __pyx_unpickle_Uint64ClosedRightIntervalNode
pandas._libs.missing: NAType _NA __pyx_unpickle_C_NAType
pandas._libs.properties: __pyx_unpickle_AxisProperty
pandas._libs.properties: __pyx_unpickle_CachedProperty
pandas._libs.sparse: __pyx_unpickle_BlockMerge __pyx_unpickle_BlockUnion
pandas._libs.sparse: __pyx_unpickle_SparseIndex
pandas._libs.tslibs.base: __pyx_unpickle_ABCTimestamp
pandas._libs.tslibs.nattype: NaTType __nat_unpickle __pyx_unpickle__NaT
pandas._libs.tslibs.nattype: _nat_unpickle
pandas._libs.tslibs.offsets: BDay BHalfYearBegin BHalfYearEnd BMonthBegin
pandas._libs.tslibs.offsets: BMonthEnd BQuarterBegin BQuarterEnd BYearBegin
pandas._libs.tslibs.offsets: BYearEnd BaseOffset BusinessDay BusinessHour
pandas._libs.tslibs.offsets: BusinessMixin BusinessMonthBegin BusinessMonthEnd
pandas._libs.tslibs.offsets: CBMonthBegin CBMonthEnd CDay CustomBusinessDay
pandas._libs.tslibs.offsets: CustomBusinessHour CustomBusinessMonthBegin
pandas._libs.tslibs.offsets: CustomBusinessMonthEnd DateOffset Day Easter
pandas._libs.tslibs.offsets: FY5253 FY5253Mixin FY5253Quarter HalfYearBegin
pandas._libs.tslibs.offsets: HalfYearEnd HalfYearOffset Hour LastWeekOfMonth
pandas._libs.tslibs.offsets: Micro Milli Minute MonthBegin MonthEnd
pandas._libs.tslibs.offsets: MonthOffset Nano QuarterBegin QuarterEnd
pandas._libs.tslibs.offsets: QuarterOffset RelativeDeltaOffset Second
pandas._libs.tslibs.offsets: SemiMonthBegin SemiMonthEnd SemiMonthOffset
pandas._libs.tslibs.offsets: SingleConstructorOffset Tick Week WeekOfMonth
pandas._libs.tslibs.offsets: WeekOfMonthMixin YearBegin YearEnd YearOffset
pandas._libs.tslibs.offsets: _CustomBusinessMonth _CustomBusinessMonthBegin
pandas._libs.tslibs.offsets: _CustomBusinessMonthEnd _YearEnd
pandas._libs.tslibs.offsets: __pyx_unpickle_BaseOffset
pandas._libs.tslibs.offsets: __pyx_unpickle_RelativeDeltaOffset
pandas._libs.tslibs.period: Period __pyx_unpickle_PeriodMixin
pandas._libs.tslibs.timedeltas: Timedelta __pyx_unpickle__Timedelta
pandas._libs.tslibs.timedeltas: _timedelta_unpickle
pandas._libs.tslibs.timestamps: Timestamp _unpickle_timestamp
pandas.api.extensions: ExtensionArray ExtensionDtype
pandas.api.typing: DataFrameGroupBy DatetimeIndexResamplerGroupBy FrozenList
pandas.api.typing: PeriodIndexResamplerGroupBy Resampler SeriesGroupBy
pandas.api.typing: TimedeltaIndexResamplerGroupBy
pandas.arrays: ArrowExtensionArray ArrowStringArray BooleanArray Categorical
pandas.arrays: DatetimeArray FloatingArray IntegerArray IntervalArray
pandas.arrays: NumpyExtensionArray PandasArray PeriodArray SparseArray
pandas.arrays: StringArray TimedeltaArray
pandas.core.arrays._mixins: NDArrayBackedExtensionArray
pandas.core.arrays.arrow.array: ArrowExtensionArray
pandas.core.arrays.arrow.dtype: ArrowDtype
pandas.core.arrays.base: ExtensionArray ExtensionArrayNaResult
pandas.core.arrays.boolean: BooleanArray BooleanDtype
pandas.core.arrays.categorical: Categorical CategoricalAccessor
pandas.core.arrays.datetimelike: DatelikeOps DatetimeLikeArrayMixin
pandas.core.arrays.datetimelike: TimelikeOps
pandas.core.arrays.datetimes: DatetimeArray
pandas.core.arrays.floating: Float32Dtype Float64Dtype FloatingArray
pandas.core.arrays.floating: FloatingDtype
pandas.core.arrays.integer: Int16Dtype Int32Dtype Int64Dtype Int8Dtype
pandas.core.arrays.integer: IntegerArray IntegerDtype UInt16Dtype UInt32Dtype
pandas.core.arrays.integer: UInt64Dtype UInt8Dtype
pandas.core.arrays.interval: IntervalArray
pandas.core.arrays.masked: BaseMaskedArray
pandas.core.arrays.numeric: NumericArray NumericDtype
pandas.core.arrays.numpy_: PandasArray
pandas.core.arrays.period: PeriodArray
pandas.core.arrays.sparse.array: SparseArray
pandas.core.arrays.sparse.dtype: SparseDtype
pandas.core.arrays.string_: BaseStringArray StringArray StringDtype
pandas.core.arrays.string_arrow: ArrowStringArray
pandas.core.arrays.timedeltas: TimedeltaArray
pandas.core.base: PandasObject
pandas.core.dtypes.base: ExtensionDtype StorageExtensionDtype
pandas.core.dtypes.dtypes: BaseMaskedDtype CategoricalDtype DatetimeTZDtype
pandas.core.dtypes.dtypes: IntervalDtype NumpyEADtype PandasDtype
pandas.core.dtypes.dtypes: PandasExtensionDtype PeriodDtype
pandas.core.frame: DataFrame
pandas.core.generic: NDFrame
pandas.core.groupby.generic: DataFrameGroupBy SeriesGroupBy
pandas.core.groupby.groupby: BaseGroupBy GroupBy GroupByPlot
pandas.core.indexes.accessors: ArrowTemporalProperties
pandas.core.indexes.accessors: CombinedDatetimelikeProperties
pandas.core.indexes.accessors: DatetimeProperties PeriodProperties Properties
pandas.core.indexes.accessors: TimedeltaProperties
pandas.core.indexes.base: Index _new_Index
pandas.core.indexes.category: CategoricalIndex
pandas.core.indexes.datetimelike: DatetimeIndexOpsMixin DatetimeTimedeltaMixin
pandas.core.indexes.datetimes: DatetimeIndex _new_DatetimeIndex
pandas.core.indexes.extension: ExtensionIndex NDArrayBackedExtensionIndex
pandas.core.indexes.frozen: FrozenList
pandas.core.indexes.interval: IntervalIndex _new_IntervalIndex
pandas.core.indexes.multi: MultiIndex
pandas.core.indexes.numeric: Float64Index Int64Index IntegerIndex NumericIndex
pandas.core.indexes.numeric: UInt64Index
pandas.core.indexes.period: PeriodIndex _new_PeriodIndex
pandas.core.indexes.range: RangeIndex
pandas.core.indexes.timedeltas: TimedeltaIndex _new_TimedeltaIndex
pandas.core.internals.api: _DatetimeTZBlock
pandas.core.internals.array_manager: ArrayManager BaseArrayManager
pandas.core.internals.array_manager: SingleArrayManager
pandas.core.internals.base: DataManager SingleDataManager
pandas.core.internals.blocks: Block CategoricalBlock DatetimeLikeBlock
pandas.core.internals.blocks: DatetimeTZBlock EABackedBlock ExtensionBlock
pandas.core.internals.blocks: NDArrayBackedExtensionBlock NumericBlock
pandas.core.internals.blocks: NumpyBlock ObjectBlock new_block
pandas.core.internals.managers: BaseBlockManager BlockManager
pandas.core.internals.managers: SingleBlockManager
pandas.core.resample: DatetimeIndexResampler DatetimeIndexResamplerGroupby
pandas.core.resample: PeriodIndexResampler PeriodIndexResamplerGroupby
pandas.core.resample: Resampler TimedeltaIndexResampler
pandas.core.resample: TimedeltaIndexResamplerGroupby _GroupByMixin
pandas.core.series: Series
pyarrow.lib: _restore_array py_buffer type_for_alias
)";

}  // namespace pickle5::internal
