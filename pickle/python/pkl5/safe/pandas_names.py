"""What pickles of pandas name beyond those of NumPy.
"""

NAMES = {
    "datetime":
        "date datetime time timedelta timezone",
    "dateutil.relativedelta":
        "relativedelta",
    "dateutil.tz._tzfile":
        "_unpickle tzfile",
    "decimal":
        "Decimal",
    "pandas":
        "ArrowDtype BooleanDtype Categorical CategoricalDtype"
        " CategoricalIndex DataFrame DateOffset DatetimeIndex DatetimeTZDtype"
        " Float32Dtype Float64Dtype Index Int16Dtype Int32Dtype Int64Dtype"
        " Int8Dtype Interval IntervalDtype IntervalIndex MultiIndex NA Period"
        " PeriodDtype PeriodIndex RangeIndex Series SparseDtype StringDtype"
        " Timedelta TimedeltaIndex Timestamp UInt16Dtype UInt32Dtype"
        " UInt64Dtype UInt8Dtype",
    "pandas._libs.arrays":
        "__pyx_unpickle_NDArrayBacked",
    "pandas._libs.internals":
        "_unpickle_block",
    "pandas._libs.interval":
        "Interval __pyx_unpickle_IntervalMixin",
    "pandas._libs.missing":
        "NA NAType",
    "pandas._libs.sparse":
        "BlockIndex IntIndex",
    "pandas._libs.tslibs.nattype":
        "__nat_unpickle _nat_unpickle",
    "pandas._libs.tslibs.offsets":
        "BDay BHalfYearBegin BHalfYearEnd BMonthBegin BMonthEnd BQuarterBegin"
        " BQuarterEnd BYearBegin BYearEnd BaseOffset BusinessDay BusinessHour"
        " BusinessMixin BusinessMonthBegin BusinessMonthEnd CBMonthBegin"
        " CBMonthEnd CDay CustomBusinessDay CustomBusinessHour"
        " CustomBusinessMonthBegin CustomBusinessMonthEnd DateOffset Day"
        " Easter FY5253 FY5253Mixin FY5253Quarter HalfYearBegin HalfYearEnd"
        " HalfYearOffset Hour LastWeekOfMonth Micro Milli Minute MonthBegin"
        " MonthEnd MonthOffset Nano QuarterBegin QuarterEnd QuarterOffset"
        " RelativeDeltaOffset Second SemiMonthBegin SemiMonthEnd"
        " SemiMonthOffset SingleConstructorOffset Tick Week WeekOfMonth"
        " WeekOfMonthMixin YearBegin YearEnd YearOffset _CustomBusinessMonth"
        " _CustomBusinessMonthBegin _CustomBusinessMonthEnd _YearEnd",
    "pandas._libs.tslibs.period":
        "Period __pyx_unpickle_PeriodMixin _unpickle",
    "pandas._libs.tslibs.timedeltas":
        "Timedelta _timedelta_unpickle",
    "pandas._libs.tslibs.timestamps":
        "Timestamp _unpickle_timestamp",
    "pandas.arrays":
        "ArrowExtensionArray ArrowStringArray BooleanArray Categorical"
        " DatetimeArray FloatingArray IntegerArray IntervalArray"
        " NumpyExtensionArray PeriodArray SparseArray StringArray"
        " TimedeltaArray",
    "pandas.core.arrays.arrow.array":
        "ArrowExtensionArray",
    "pandas.core.arrays.arrow.dtype":
        "ArrowDtype",
    "pandas.core.arrays.boolean":
        "BooleanArray BooleanDtype",
    "pandas.core.arrays.categorical":
        "Categorical",
    "pandas.core.arrays.datetimes":
        "DatetimeArray",
    "pandas.core.arrays.floating":
        "Float32Dtype Float64Dtype FloatingArray",
    "pandas.core.arrays.integer":
        "Int64Dtype IntegerArray UInt16Dtype UInt64Dtype",
    "pandas.core.arrays.interval":
        "IntervalArray",
    "pandas.core.arrays.numpy_":
        "NumpyExtensionArray PandasArray PandasDtype",
    "pandas.core.arrays.period":
        "PeriodArray",
    "pandas.core.arrays.sparse":
        "SparseArray SparseDtype",
    "pandas.core.arrays.sparse.array":
        "SparseArray",
    "pandas.core.arrays.sparse.dtype":
        "SparseDtype",
    "pandas.core.arrays.string_":
        "StringArray StringArrayNumpySemantics StringDtype",
    "pandas.core.arrays.string_arrow":
        "ArrowStringArray ArrowStringArrayNumpySemantics",
    "pandas.core.arrays.timedeltas":
        "TimedeltaArray",
    "pandas.core.dtypes.dtypes":
        "ArrowDtype CategoricalDtype DatetimeTZDtype IntervalDtype"
        " NumpyEADtype PandasDtype PeriodDtype SparseDtype",
    "pandas.core.frame":
        "DataFrame",
    "pandas.core.indexes.base":
        "Index _new_Index",
    "pandas.core.indexes.category":
        "CategoricalIndex",
    "pandas.core.indexes.datetimes":
        "DatetimeIndex _new_DatetimeIndex",
    "pandas.core.indexes.frozen":
        "FrozenNDArray",
    "pandas.core.indexes.interval":
        "IntervalIndex _new_IntervalIndex",
    "pandas.core.indexes.multi":
        "MultiIndex",
    "pandas.core.indexes.numeric":
        "Float64Index Int64Index UInt64Index",
    "pandas.core.indexes.period":
        "PeriodIndex",
    "pandas.core.indexes.range":
        "RangeIndex",
    "pandas.core.indexes.timedeltas":
        "TimedeltaIndex _new_TimedeltaIndex",
    "pandas.core.internals.managers":
        "BlockManager SingleBlockManager",
    "pandas.core.series":
        "Series",
    "pandas.tseries.offsets":
        "BDay BHalfYearBegin BHalfYearEnd BMonthBegin BMonthEnd BQuarterBegin"
        " BQuarterEnd BYearBegin BYearEnd BaseOffset BusinessDay BusinessHour"
        " BusinessMixin BusinessMonthBegin BusinessMonthEnd CBMonthBegin"
        " CBMonthEnd CDay CustomBusinessDay CustomBusinessHour"
        " CustomBusinessMonthBegin CustomBusinessMonthEnd DateOffset Day"
        " Easter FY5253 FY5253Mixin FY5253Quarter HalfYearBegin HalfYearEnd"
        " HalfYearOffset Hour LastWeekOfMonth Micro Milli Minute MonthBegin"
        " MonthEnd MonthOffset Nano QuarterBegin QuarterEnd QuarterOffset"
        " RelativeDeltaOffset Second SemiMonthBegin SemiMonthEnd"
        " SemiMonthOffset SingleConstructorOffset Tick Week WeekOfMonth"
        " WeekOfMonthMixin YearBegin YearEnd YearOffset _CustomBusinessMonth"
        " _CustomBusinessMonthBegin _CustomBusinessMonthEnd _YearEnd",
    "pyarrow.lib":
        "_restore_array chunked_array decimal128 dictionary field list_"
        " py_buffer struct timestamp type_for_alias",
    "pytz":
        "_UTC _p",
    "uuid":
        "UUID",
    "zoneinfo":
        "ZoneInfo",
    "zoneinfo.ZoneInfo":
        "_unpickle",
}
