class Limits:
    max_opcodes: int | None
    max_memo: int | None
    max_payload: int | None
    max_line: int | None
    max_digits: int | None
    def __init__(self, *, max_opcodes: int | None = None,
                 max_memo: int | None = None, max_payload: int | None = None,
                 max_line: int | None = None,
                 max_digits: int | None = None) -> None: ...
    @classmethod
    def untrusted(cls) -> Limits: ...
