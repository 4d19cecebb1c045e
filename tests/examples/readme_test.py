"""The README's program is the one that the install test builds and runs."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    readme = (ROOT / "README.md").read_text()
    program = (ROOT / "tests/examples/matrix_in_shared_memory.cc").read_text()
    if f"```cpp\n{program}```" not in readme:
        sys.exit("README.md does not show matrix_in_shared_memory.cc")
    for word in readme.replace("(", " ").replace(")", " ").split():
        if word.endswith((".md", ".h")) and "/" in word and "*" not in word:
            path = word.strip("`,")
            if "{" not in path and "<" not in path:
                if not (ROOT / path).exists():
                    sys.exit(f"README.md names {path}, which is not there")


if __name__ == "__main__":
    main()
