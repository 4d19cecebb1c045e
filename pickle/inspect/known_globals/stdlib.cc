#include "pickle/inspect/known_globals/known_globals.h"

namespace pickle5::internal {

// Types and functions without an effect beyond the object they make.
const std::string_view kStdlibGlobals = R"(
_codecs: encode
_collections: OrderedDict _deque_iterator _deque_reverse_iterator defaultdict
_collections: deque
_operator: add and_ concat contains eq floordiv ge gt index inv invert is_
_operator: is_not itemgetter le lshift lt matmul mod mul ne neg not_ or_ pos
_operator: pow rshift sub truediv truth xor
argparse: Namespace
array: _array_reconstructor array
builtins: ArithmeticError AssertionError AttributeError BaseException
builtins: BaseExceptionGroup BlockingIOError BrokenPipeError BufferError
builtins: BytesWarning ChildProcessError ConnectionAbortedError
builtins: ConnectionError ConnectionRefusedError ConnectionResetError
builtins: DeprecationWarning EOFError Ellipsis EncodingWarning
builtins: EnvironmentError Exception ExceptionGroup FileExistsError
builtins: FileNotFoundError FloatingPointError FutureWarning GeneratorExit
builtins: IOError ImportError ImportWarning IndentationError IndexError
builtins: InterruptedError IsADirectoryError KeyError KeyboardInterrupt
builtins: LookupError MemoryError ModuleNotFoundError NameError
builtins: NotADirectoryError NotImplemented NotImplementedError OSError
builtins: OverflowError PendingDeprecationWarning PermissionError
builtins: ProcessLookupError PythonFinalizationError RecursionError
builtins: ReferenceError ResourceWarning RuntimeError RuntimeWarning
builtins: StandardError StopAsyncIteration StopIteration SyntaxError
builtins: SyntaxWarning SystemError SystemExit TabError TimeoutError TypeError
builtins: UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError
builtins: UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning
builtins: ZeroDivisionError _IncompleteInputError abs all any bool bytearray
builtins: bytes chr classmethod complex dict divmod enumerate filter float
builtins: frozenset hash hex int iter len list map max min next object oct ord
builtins: pow property range repr reversed round set slice sorted staticmethod
builtins: str sum tuple type zip
collections: ChainMap Counter OrderedDict UserDict UserList UserString
collections: defaultdict deque
collections.abc: Callable Hashable Iterable Iterator Mapping Sequence Set
collections.abc: Sized
concurrent.futures: BrokenExecutor CancelledError TimeoutError
concurrent.futures._base: BrokenExecutor CancelledError Error
concurrent.futures._base: InvalidStateError TimeoutError
concurrent.futures.process: BrokenProcessPool _ExceptionWithTraceback
concurrent.futures.process: _RemoteTraceback _rebuild_exc
copyreg: __newobj__ __newobj_ex__ _reconstructor pickle_complex
datetime: UTC date datetime time timedelta timezone tzinfo
decimal: Clamped Context ConversionSyntax Decimal DecimalException
decimal: DecimalTuple DivisionByZero DivisionImpossible DivisionUndefined
decimal: FloatOperation Inexact InvalidContext InvalidOperation Overflow
decimal: Rounded Subnormal Underflow
email.message: EmailMessage Message
enum: Enum Flag IntEnum IntFlag StrEnum
fractions: Fraction
functools: cmp_to_key lru_cache partial reduce
http.cookies: Morsel SimpleCookie
ipaddress: AddressValueError IPv4Address IPv4Interface IPv4Network IPv6Address
ipaddress: IPv6Interface IPv6Network NetmaskValueError
itertools: accumulate chain combinations combinations_with_replacement
itertools: compress count cycle dropwhile filterfalse groupby islice pairwise
itertools: permutations product repeat starmap takewhile zip_longest
json.decoder: JSONDecodeError
logging: LogRecord getLogger
math: acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh degrees
math: erf erfc exp expm1 fabs factorial floor fmod frexp fsum gamma gcd hypot
math: isfinite isinf isnan isqrt ldexp lgamma log log10 log1p log2 modf pow
math: prod radians remainder sin sinh sqrt tan tanh trunc
multiprocessing.context: AuthenticationError BufferTooShort ProcessError
multiprocessing.context: TimeoutError
multiprocessing.pool: ExceptionWithTraceback MaybeEncodingError
multiprocessing.pool: RemoteTraceback rebuild_exc
numbers: Complex Integral Number Rational Real
operator: add and_ concat contains eq floordiv ge gt index inv invert is_
operator: is_not itemgetter le lshift lt matmul mod mul ne neg not_ or_ pos
operator: pow rshift sub truediv truth xor
pathlib: Path PosixPath PurePath PurePosixPath PureWindowsPath WindowsPath
pathlib._local: Path PosixPath PurePath PurePosixPath PureWindowsPath
pathlib._local: WindowsPath
queue: Empty Full ShutDown
random: Random
re: Pattern RegexFlag _compile
statistics: NormalDist StatisticsError
string: Template
struct: error
subprocess: CalledProcessError SubprocessError TimeoutExpired
time: struct_time
types: GenericAlias MappingProxyType NoneType SimpleNamespace UnionType
typing: Any ClassVar Dict Final FrozenSet Generic List Literal NamedTuple
typing: Optional Set Tuple Type TypeVar Union
uuid: SafeUUID UUID
weakref: WeakKeyDictionary WeakSet WeakValueDictionary
xmlrpc.client: Binary DateTime Fault
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
