"""The C++ files of the tree, and their text without what a lint must not read.

A Source holds the text of one file in two forms of equal line structure: `text` as it is, and `code`
with comments gone and the insides of string and character literals emptied.
"""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("sim", "broker", "clients", "reports", "scenarios", "tests")

_TOKEN = re.compile(
    r"""
      //[^\n]*
    | /\*.*?\*/
    | R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)"
    | "(?:\\.|[^"\\\n])*"
    | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


def strip(text):
    """`text` without comments and with empty literals; every newline stays where it is."""

    def replacement(match):
        token = match.group(0)
        newlines = "\n" * token.count("\n")
        if token.startswith("/"):
            return " " + newlines
        if token.startswith("R"):
            return '""' + newlines
        line_start = text.rfind("\n", 0, match.start()) + 1
        if text[line_start : match.start()].lstrip().startswith("#include"):
            return token  # the name of a header is not a string
        return token[0] + token[-1]

    return _TOKEN.sub(replacement, text)


@dataclass(frozen=True)
class Source:
    path: str  # from the repository's root, with '/'
    text: str

    @property
    def code(self):
        return strip(self.text)

    @property
    def folder(self):
        return self.path.rpartition("/")[0]


def read_tree(root, suffixes=(".h", ".cpp", ".def")):
    """Every C++ source below the fixed folders of `root`, in order."""
    sources = []
    for folder in FOLDERS:
        for path in sorted(Path(root, folder).rglob("*")):
            if path.suffix in suffixes and path.is_file() and "node_modules" not in path.parts:
                text = path.read_text(encoding="utf-8")
                sources.append(Source(path.relative_to(root).as_posix(), text))
    return sources


def is_under(path, place):
    """`place` is a file, or a folder if it ends in '/'; a '*' at its end stands for any rest."""
    if place.endswith("/"):
        return path.startswith(place)
    if place.endswith("*"):
        return path.startswith(place[:-1])
    return path == place


def report(name, findings, looked_at):
    """Prints what was found; the exit code of the lint. Having looked at nothing is a failure."""
    for finding in findings:
        print(finding)
    print(f"{name}: {len(findings)} findings in {looked_at} files")
    return 1 if findings or looked_at == 0 else 0
