from collections.abc import Iterator, MutableMapping
from pickletools import *
from pickletools import OpcodeInfo
from typing import IO, Any

_Genops = Iterator[tuple[OpcodeInfo, Any | None, int | None]]

def genops(pickle: bytes | bytearray | IO[bytes]) -> _Genops: ...
def dis(pickle: bytes | bytearray | IO[bytes], out: IO[str] | None = None,
        memo: MutableMapping[int, Any] | None = None, indentlevel: int = 4,
        annotate: int = 0) -> None: ...
def optimize(p: bytes | bytearray | IO[bytes]) -> bytes: ...
