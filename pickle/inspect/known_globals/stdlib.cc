#include "pickle/inspect/known_globals/known_globals.h"

namespace pickle5::internal {

// Types and functions without an effect beyond the object they make.
const std::string_view kStdlibGlobals = R"(
StringIO: StringIO
_ast: AST Add And AnnAssign Assert Assign AsyncFor AsyncFunctionDef AsyncWith
_ast: Attribute AugAssign AugLoad AugStore Await BinOp BitAnd BitOr BitXor
_ast: BoolOp Break Bytes Call ClassDef Compare Constant Continue Del Delete
_ast: Dict DictComp Div Ellipsis Eq ExceptHandler Expr Expression FloorDiv For
_ast: FormattedValue FunctionDef FunctionType GeneratorExp Global Gt GtE If
_ast: IfExp Import ImportFrom In Index Interactive Invert Is IsNot JoinedStr
_ast: LShift Lambda List ListComp Load Lt LtE MatMult Match MatchAs MatchClass
_ast: MatchMapping MatchOr MatchSequence MatchSingleton MatchStar MatchValue
_ast: Mod Module Mult Name NameConstant NamedExpr Nonlocal Not NotEq NotIn Num
_ast: Or Param ParamSpec Pass Pow RShift Raise Return Set SetComp Slice Starred
_ast: Store Str Sub Subscript Suite Try TryStar Tuple TypeAlias TypeIgnore
_ast: TypeVar TypeVarTuple UAdd USub UnaryOp While With Yield YieldFrom alias
_ast: arg arguments boolop cmpop comprehension excepthandler expr expr_context
_ast: keyword match_case mod operator pattern slice stmt type_ignore type_param
_ast: unaryop withitem
_codecs: encode
_collections: OrderedDict _deque_iterator _deque_reverse_iterator defaultdict
_collections: deque
_io: BytesIO StringIO
_lzma: LZMAError
_operator: add and_ concat contains eq floordiv ge gt index inv invert is_
_operator: is_not itemgetter le lshift lt matmul mod mul ne neg not_ or_ pos
_operator: pow rshift sub truediv truth xor
_pickle: PickleError PicklingError UnpicklingError
_queue: Empty
_socket: timeout
_sqlite3: DataError DatabaseError Error IntegrityError InterfaceError
_sqlite3: InternalError NotSupportedError OperationalError ProgrammingError
_sqlite3: Warning
argparse: Namespace
array: _array_reconstructor array
ast: AST Add And AnnAssign Assert Assign AsyncFor AsyncFunctionDef AsyncWith
ast: Attribute AugAssign AugLoad AugStore Await BinOp BitAnd BitOr BitXor
ast: BoolOp Break Bytes Call ClassDef Compare Constant Continue Del Delete Dict
ast: DictComp Div Ellipsis Eq ExceptHandler Expr Expression FloorDiv For
ast: FormattedValue FunctionDef FunctionType GeneratorExp Global Gt GtE If
ast: IfExp Import ImportFrom In Index Interactive Invert Is IsNot JoinedStr
ast: LShift Lambda List ListComp Load Lt LtE MatMult Match MatchAs MatchClass
ast: MatchMapping MatchOr MatchSequence MatchSingleton MatchStar MatchValue Mod
ast: Module Mult Name NameConstant NamedExpr Nonlocal Not NotEq NotIn Num Or
ast: Param ParamSpec Pass Pow RShift Raise Return Set SetComp Slice Starred
ast: Store Str Sub Subscript Suite Try TryStar Tuple TypeAlias TypeIgnore
ast: TypeVar TypeVarTuple UAdd USub UnaryOp While With Yield YieldFrom alias
ast: arg arguments boolop cmpop comprehension excepthandler expr expr_context
ast: keyword match_case mod operator pattern slice stmt type_ignore type_param
ast: unaryop withitem
asyncio.exceptions: CancelledError IncompleteReadError InvalidStateError
asyncio.exceptions: LimitOverrunError QueueEmpty TimeoutError
binascii: Error Incomplete
builtins: ArithmeticError AssertionError AttributeError BaseException
builtins: BaseExceptionGroup BlockingIOError BrokenPipeError BufferError
builtins: BytesWarning ChildProcessError ConnectionAbortedError ConnectionError
builtins: ConnectionRefusedError ConnectionResetError DeprecationWarning
builtins: EOFError Ellipsis EncodingWarning EnvironmentError Exception
builtins: ExceptionGroup FileExistsError FileNotFoundError FloatingPointError
builtins: FutureWarning GeneratorExit IOError ImportError ImportWarning
builtins: IndentationError IndexError InterruptedError IsADirectoryError
builtins: KeyError KeyboardInterrupt LookupError MemoryError
builtins: ModuleNotFoundError NameError NotADirectoryError NotImplemented
builtins: NotImplementedError OSError OverflowError PendingDeprecationWarning
builtins: PermissionError ProcessLookupError PythonFinalizationError
builtins: RecursionError ReferenceError ResourceWarning RuntimeError
builtins: RuntimeWarning StandardError StopAsyncIteration StopIteration
builtins: SyntaxError SyntaxWarning SystemError SystemExit TabError
builtins: TimeoutError TypeError UnboundLocalError UnicodeDecodeError
builtins: UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning
builtins: UserWarning ValueError Warning ZeroDivisionError
builtins: _IncompleteInputError abs all any bool bytearray bytes callable chr
builtins: classmethod complex dict divmod enumerate filter float frozenset hash
builtins: hex int iter len list map max memoryview min next object oct ord pow
builtins: property range repr reversed round set slice sorted staticmethod str
builtins: sum tuple type zip
cPickle: PickleError PicklingError UnpicklingError
calendar: Day Month
cmath: acos acosh asin asinh atan atanh cos cosh exp log log10 phase polar rect
cmath: sin sinh sqrt tan tanh
collections: ChainMap Counter OrderedDict UserDict UserList UserString
collections: _deque_iterator _deque_reverse_iterator defaultdict deque
collections.abc: Callable Hashable Iterable Iterator Mapping Sequence Set Sized
concurrent.futures: BrokenExecutor CancelledError TimeoutError
concurrent.futures._base: BrokenExecutor CancelledError Error InvalidStateError
concurrent.futures._base: TimeoutError
concurrent.futures.process: BrokenProcessPool _ExceptionWithTraceback
concurrent.futures.process: _RemoteTraceback _rebuild_exc
configparser: DuplicateOptionError DuplicateSectionError Error
configparser: MissingSectionHeaderError NoOptionError NoSectionError
configparser: ParsingError
copy: Error
copyreg: __newobj__ __newobj_ex__ _reconstructor pickle_complex
dataclasses: _MISSING_TYPE
datetime: UTC date datetime time timedelta timezone tzinfo
decimal: Clamped Context ConversionSyntax Decimal DecimalException DecimalTuple
decimal: DivisionByZero DivisionImpossible DivisionUndefined FloatOperation
decimal: Inexact InvalidContext InvalidOperation Overflow Rounded Subnormal
decimal: Underflow
difflib: Match
email._policybase: Compat32
email.errors: HeaderParseError MessageError MessageParseError
email.message: EmailMessage Message
email.policy: EmailPolicy
enum: Enum Flag IntEnum IntFlag StrEnum
fractions: Fraction
functools: cmp_to_key lru_cache partial reduce
http: HTTPMethod HTTPStatus
http.cookies: Morsel SimpleCookie
inspect: Parameter Signature _ParameterKind _empty
io: BytesIO StringIO UnsupportedOperation
ipaddress: AddressValueError IPv4Address IPv4Interface IPv4Network IPv6Address
ipaddress: IPv6Interface IPv6Network NetmaskValueError
itertools: _tee _tee_dataobject accumulate chain combinations
itertools: combinations_with_replacement compress count cycle dropwhile
itertools: filterfalse groupby islice pairwise permutations product repeat
itertools: starmap takewhile zip_longest
json.decoder: JSONDecodeError
logging: LogRecord getLogger
math: acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh degrees erf
math: erfc exp expm1 fabs factorial floor fmod frexp fsum gamma gcd hypot
math: isfinite isinf isnan isqrt ldexp lgamma log log10 log1p log2 modf pow
math: prod radians remainder sin sinh sqrt tan tanh trunc
multiprocessing.context: AuthenticationError BufferTooShort ProcessError
multiprocessing.context: TimeoutError
multiprocessing.pool: ExceptionWithTraceback MaybeEncodingError RemoteTraceback
multiprocessing.pool: rebuild_exc
numbers: Complex Integral Number Rational Real
operator: add and_ concat contains eq floordiv ge gt index inv invert is_
operator: is_not itemgetter le lshift lt matmul mod mul ne neg not_ or_ pos pow
operator: rshift sub truediv truth xor
optparse: Values
os: _make_stat_result _make_statvfs_result stat_result statvfs_result
os: terminal_size
pathlib: Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath
pathlib._local: Path PosixPath PurePath PurePosixPath PureWindowsPath
pathlib._local: WindowsPath
pickle: PickleError PicklingError UnpicklingError
plistlib: UID
posix: stat_result statvfs_result terminal_size times_result uname_result
queue: Empty Full ShutDown
random: Random
re: Pattern PatternError RegexFlag _compile error
sched: Event
selectors: SelectorKey
sets: ImmutableSet Set
signal: Handlers Sigmasks Signals
socket: AddressFamily AddressInfo MsgFlag SocketKind gaierror herror timeout
sqlite3: DataError DatabaseError Error IntegrityError InterfaceError
sqlite3: InternalError NotSupportedError OperationalError ProgrammingError
sqlite3: Warning
sre_constants: error
ssl: TLSVersion
statistics: NormalDist StatisticsError
string: Template
struct: error
subprocess: CalledProcessError CompletedProcess SubprocessError TimeoutExpired
textwrap: TextWrapper
time: struct_time
tokenize: TokenInfo
types: GenericAlias MappingProxyType NoneType SimpleNamespace UnionType
typing: Annotated Any Callable ClassVar Counter DefaultDict Deque Dict Final
typing: FrozenSet Generic Iterable Iterator List Literal Mapping
typing: NamedTuple NoReturn Optional OrderedDict Sequence Set Tuple Type
typing: TypeVar Union
urllib.error: URLError
urllib.parse: DefragResult DefragResultBytes ParseResult ParseResultBytes
urllib.parse: SplitResult SplitResultBytes
urlparse: DefragResult DefragResultBytes ParseResult ParseResultBytes
urlparse: SplitResult SplitResultBytes
uuid: SafeUUID UUID
weakref: WeakKeyDictionary WeakSet WeakValueDictionary
xml.etree.ElementTree: Element
xmlrpc.client: Binary DateTime Fault
zlib: error
zoneinfo: ZoneInfo ZoneInfo._unpickle ZoneInfoNotFoundError
)";

// Top-level modules of CPython 2.7 to 3.13 on any platform.
const std::string_view kStdlibModules = R"(
BaseHTTPServer Bastion CGIHTTPServer ConfigParser Cookie DocXMLRPCServer
HTMLParser MimeWriter Queue SimpleHTTPServer SimpleXMLRPCServer SocketServer
StringIO UserDict UserList UserString _LWPCookieJar _MozillaCookieJar
__builtin__ __future__ __phello__ _abc _abcoll _aix_support _android_support
_ast _asyncio _bisect _blake2 _bootlocale _bootsubprocess _bz2 _codecs
_codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw
_collections _collections_abc _colorize _compat_pickle _compression
_contextvars _crypt _csv _ctypes _ctypes_test _curses _curses_panel _datetime
_dbm _decimal _dummy_thread _elementtree _frozen_importlib
_frozen_importlib_external _functools _gdbm _hashlib _heapq _hotshot _imp
_interpchannels _interpqueues _interpreters _io _ios_support _json _locale
_lsprof _lzma _markupbase _md5 _msi _multibytecodec _multiprocessing _opcode
_opcode_metadata _operator _osx_support _overlapped _pickle _posixshmem
_posixsubprocess _py_abc _pydatetime _pydecimal _pyio _pylong _pyrepl _queue
_random _scproxy _sha _sha1 _sha2 _sha256 _sha3 _sha512 _signal _sitebuiltins
_socket _sqlite3 _sre _ssl _stat _statistics _string _strptime _struct
_suggestions _symtable _sysconfig _sysconfigdata _testbuffer _testcapi
_testimportmultiple _testinternalcapi _testmultiphase _thread _threading_local
_tkinter _tokenize _tracemalloc _typing _uuid _warnings _weakref _weakrefset
_winapi _winreg _wmi _xxsubinterpreters _xxtestfuzz _zoneinfo abc aifc
antigravity anydbm argparse array ast asynchat asyncio asyncore atexit
audiodev audioop base64 bdb binascii binhex bisect bsddb builtins bz2 cPickle
cProfile cStringIO calendar ce cgi cgitb chunk cmath cmd code codecs codeop
collections colorsys commands compileall compiler concurrent configparser
contextlib contextvars cookielib copy copy_reg copyreg crypt csv ctypes curses
dataclasses datetime dbhash dbm decimal difflib dircache dis distutils doctest
dumbdbm dummy_thread dummy_threading email encodings ensurepip enum errno
faulthandler fcntl filecmp fileinput fnmatch formatter fpformat fractions
ftplib functools future_builtins gc genericpath getopt getpass gettext glob
graphlib grp gzip hashlib heapq hmac hotshot html htmlentitydefs htmllib http
httplib idlelib ihooks imaplib imghdr imp importlib imputil inspect io
ipaddress itertools json keyword lib2to3 linecache linuxaudiodev locale
logging lzma macpath macurl2path mailbox mailcap markupbase marshal math md5
mhlib mimetools mimetypes mimify mmap modulefinder msilib msvcrt multifile
multiprocessing mutex netrc new nis nntplib nt ntpath nturl2path numbers
opcode operator optparse org os os2 os2emxpath ossaudiodev parser pathlib pdb
pickle pickletools pipes pkgutil platform plistlib popen2 poplib posix
posixfile posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc
pydoc_data pyexpat queue quopri random re readline repr reprlib resource rexec
rfc822 riscos rlcompleter robotparser runpy sched secrets select selectors
sets sgmllib sha shelve shlex shutil signal site smtpd smtplib sndhdr socket
socketserver spwd sqlite3 sre sre_compile sre_constants sre_parse ssl stat
statistics statvfs string stringold stringprep strop struct subprocess sunau
sunaudio symbol symtable sys sysconfig syslog tabnanny tarfile telnetlib
tempfile termios test textwrap this threading time timeit tkinter toaiff token
tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types
typing unicodedata unittest urllib urllib2 urlparse user uu uuid venv warnings
wave weakref webbrowser whichdb winreg winsound wsgiref xdrlib xml xmllib
xmlrpc xmlrpclib xxlimited zipapp zipfile zipimport zlib zoneinfo
)";

}  // namespace pickle5::internal
