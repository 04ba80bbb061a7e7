#!/usr/bin/env python3
"""Wraps paragraphs of // comments that run past 100 columns; part of scripts/format.

clang-format's own reflow takes list items and pictures apart. Here a paragraph is a run of comment lines
with one indent; an item ("- ") has its later lines indented by two more. Others stay as they are.

    wrap_comments.py [--check] FILE…
"""

import re
import sys
import textwrap
from pathlib import Path

COLUMNS = 100
COMMENT = re.compile(r"(?P<prefix>[ ]*///?<?)(?P<gap>[ ]+)(?P<text>\S.*)$")
ITEM = re.compile(r"(?:[-*]|\d+\.|\(\d+\))[ ]+")
RULER = re.compile(r"[ ]+-{8,}$")


def joins(line, prefix, gap):
    match = COMMENT.match(line)
    return (
        match is not None
        and match["prefix"] == prefix
        and match["gap"] == gap
        and not ITEM.match(match["text"])
    )


def wrap(text):
    """`text` of a whole file with its over-long comment paragraphs wrapped."""
    lines, wrapped, index = text.split("\n"), [], 0
    while index < len(lines):
        match = COMMENT.match(lines[index])
        if match is None:
            wrapped.append(lines[index])
            index += 1
            continue
        if RULER.search(lines[index]):
            wrapped.append(lines[index][:COLUMNS])
            index += 1
            continue
        item = ITEM.match(match["text"])
        first = match["prefix"] + match["gap"]
        rest_gap = match["gap"] + (" " * len(item.group(0)) if item else "")
        end = index + 1
        while end < len(lines) and joins(lines[end], match["prefix"], rest_gap):
            end += 1
        paragraph = lines[index:end]
        if any(len(line) > COLUMNS for line in paragraph):
            words = " ".join(COMMENT.match(line)["text"] for line in paragraph)
            paragraph = textwrap.wrap(
                words,
                COLUMNS,
                initial_indent=first,
                subsequent_indent=match["prefix"] + rest_gap,
                break_long_words=False,
                break_on_hyphens=False,
            )
        wrapped += paragraph
        index = end
    return "\n".join(wrapped)


def main(arguments):
    check = arguments[:1] == ["--check"]
    code = 0
    for path in map(Path, arguments[1:] if check else arguments):
        text = path.read_text(encoding="utf-8")
        wrapped = wrap(text)
        if wrapped == text:
            continue
        if check:
            print(f"{path}: a comment runs past {COLUMNS} columns; scripts/format wraps it")
            code = 1
        else:
            path.write_text(wrapped, encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
