"""Prints a header with its comments as Doxygen's.

usage: doc_comments.py HEADER

The comments of the headers are plain `//` ones that stand before a declaration,
or on its line. The API reference is made of them: this filter turns them into
`///` and `///<`, escapes what Doxygen would take for markup, and makes
paragraphs of the labels that class comments begin their lines with (Order,
Ownership, Lifetime, Errors, Threads, Cost).
"""

import re
import sys

BLOCK = re.compile(r"^(\s*)// ?(.*)$")
TRAILING = re.compile(r"^(.*\S)  // (.*)$")
LABEL = re.compile(r"^([A-Z][a-z]+):\s+(.*)$")
# Code in backticks stays; elsewhere Doxygen would take these for commands, HTML
# or links.
MARKUP = re.compile(r"(`[^`]*`)|[\\@<>#&%$]")


def escaped(text):
    return MARKUP.sub(lambda m: m[1] or "\\" + m[0], text)


def documentation(indent, lines):
    """The lines of one comment, as Doxygen's."""
    aligned = False
    for line in lines:
        label = LABEL.match(line)
        if label:
            yield f"{indent}///"
            yield f"{indent}/// **{label[1]}:** {escaped(label[2])}"
            aligned = True
        elif line.startswith("  ") and not aligned:
            # A table or an example.
            yield f"{indent}/// {escaped(line.strip())}<br>"
        else:
            aligned = aligned and line.startswith(" ")
            yield f"{indent}/// {escaped(line.strip())}".rstrip()


def converted(lines):
    block, indent = [], ""
    for line in lines:
        match = BLOCK.match(line)
        if match:
            indent = match[1]
            block.append(match[2])
            continue
        if block:
            # A comment that no declaration follows describes nothing.
            keep = bool(line.strip()) and not line.lstrip().startswith("#")
            yield from (documentation(indent, block) if keep else
                        [""] * len(block))
            block = []
        trailing = TRAILING.match(line)
        if trailing and not line.lstrip().startswith(("#", "}")):
            yield f"{trailing[1]}  ///< {escaped(trailing[2])}"
        else:
            yield line


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    with open(arguments[1], encoding="utf-8") as file:
        lines = file.read().splitlines()
    print("\n".join(converted(lines + [""])))


if __name__ == "__main__":
    main(sys.argv)
