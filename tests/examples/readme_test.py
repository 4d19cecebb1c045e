"""The README's program is the one that is built and run as an example."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    readme = (ROOT / "README.md").read_text()
    program = (ROOT / "tests/examples/dump_and_load.cc").read_text()
    if f"```cpp\n{program}```" not in readme:
        sys.exit("README.md does not show dump_and_load.cc")
    if len([line for line in program.splitlines() if line]) > 8:
        sys.exit("the README's program has more than eight lines")
    for word in readme.replace("(", " ").replace(")", " ").split():
        if word.endswith((".md", ".h")) and "/" in word and "*" not in word:
            path = word.strip("`,")
            if "{" not in path and "<" not in path:
                if not (ROOT / path).exists():
                    sys.exit(f"README.md names {path}, which is not there")


if __name__ == "__main__":
    main()
