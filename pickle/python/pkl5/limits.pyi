class Limits:
    max_opcodes: int | None
    max_memo: int | None
    max_payload: int | None
    max_line: int | None
    max_digits: int | None
    max_key_depth: int | None
    max_key_work: int | None
    def __init__(self, *, max_opcodes: int | None = None,
                 max_memo: int | None = None, max_payload: int | None = None,
                 max_line: int | None = None,
                 max_digits: int | None = None,
                 max_key_depth: int | None = None,
                 max_key_work: int | None = None) -> None: ...
    @classmethod
    def untrusted(cls) -> Limits: ...
