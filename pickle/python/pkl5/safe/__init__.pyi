numpy: frozenset[str]
pandas: frozenset[str]
sklearn: frozenset[str]
torch: frozenset[str]
