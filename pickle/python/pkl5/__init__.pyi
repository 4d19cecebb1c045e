import os
from collections.abc import Callable, Iterable, Mapping
from pickle import *
from pickle import PickleBuffer
from typing import Any, Literal, Protocol, SupportsIndex

from pkl5 import numpy as numpy
from pkl5 import pickletools as pickletools
from pkl5 import inspection as inspection
from pkl5 import safe as safe
from pkl5.inspection import scan as scan, tree as tree
from pkl5.limits import Limits as Limits

class _Writable(Protocol):
    def write(self, data: bytes, /) -> object: ...

class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def readline(self) -> bytes: ...

_BufferCallback = Callable[[PickleBuffer], Any] | None
_OnCall = Callable[[Any, tuple[Any, ...], dict[str, Any]], object]
class _Reducers(Protocol):
    @property
    def dispatch_table(self) -> Mapping[type, Callable[[Any], _Reduced]]: ...

_Path = str | os.PathLike[str] | os.PathLike[bytes]
_Reduced = str | tuple[Any, ...]

class PicklerMemoProxy:
    def clear(self) -> None: ...
    def copy(self) -> dict[int, tuple[int, Any]]: ...

class UnpicklerMemoProxy:
    def clear(self) -> None: ...
    def copy(self) -> dict[int, Any]: ...

class Pickler:
    bin: int
    fast: int
    dispatch_table: Mapping[type, Callable[[Any], _Reduced]]
    memo: PicklerMemoProxy | dict[int, tuple[int, Any]]
    reducer_override: Callable[[Any], Any]
    def __init__(self, file: _Writable, protocol: int | None = None,
                 fix_imports: bool = True,
                 buffer_callback: _BufferCallback = None) -> None: ...
    def dump(self, obj: Any, /) -> None: ...
    def clear_memo(self) -> None: ...
    def persistent_id(self, obj: Any, /) -> Any: ...

class Unpickler:
    memo: UnpicklerMemoProxy | dict[int, Any]
    def __init__(self, file: _Readable, *, fix_imports: bool = True,
                 encoding: str = "ASCII", errors: str = "strict",
                 buffers: Iterable[Any] | None = (),
                 allow: Iterable[str] | None = None,
                 limits: Limits | None = None,
                 on_call: _OnCall | None = None) -> None: ...
    def load(self) -> Any: ...
    def find_class(self, module_name: str, global_name: str, /) -> Any: ...
    def persistent_load(self, pid: Any, /) -> Any: ...

def dump(obj: Any, file: _Writable | _Path, protocol: int | None = None, *,
         fix_imports: bool = True,
         buffer_callback: _BufferCallback = None,
         reducers: _Reducers | None = None) -> None: ...
def dumps(obj: Any, protocol: int | None = None, *, fix_imports: bool = True,
          buffer_callback: _BufferCallback = None,
          reducers: _Reducers | None = None) -> bytes: ...
def load(file: _Readable | _Path, *, fix_imports: bool = True,
         encoding: str = "ASCII", errors: str = "strict",
         buffers: Iterable[Any] | None = (),
         allow: Iterable[str] | None = None, limits: Limits | None = None,
         on_call: _OnCall | None = None, mmap: bool = False,
         mode: Literal["r", "c", "copy"] | None = None,
         verify: bool = False) -> Any: ...
def loads(data: bytes | bytearray | memoryview, /, *, fix_imports: bool = True,
          encoding: str = "ASCII", errors: str = "strict",
          buffers: Iterable[Any] | None = (),
          allow: Iterable[str] | None = None, limits: Limits | None = None,
          on_call: _OnCall | None = None) -> Any: ...
def install() -> bool: ...
def uninstall() -> None: ...
