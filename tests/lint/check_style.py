#!/usr/bin/env python3
"""The rules of layout and wording that clang-format does not know, over every file that git keeps."""

import re
import subprocess
import sys
from pathlib import Path

from sources import FOLDERS, Finding, Source, report

COLUMNS = 100
CODE = (".h", ".cpp", ".def")
# Text that our own hands wrote; golden data, lock files and the licence are not.
TEXT = CODE + (".py", ".md", ".toml", ".cmake", ".sh", ".js", ".mjs", ".txt", ".json")
NOT_OURS = ("LICENSE",)
LOCK = "package-lock.json"
DATA = ("tests/data/",)

NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*\.(?:h|cpp|def)")
# What a sentence stays unfinished with, or a place that is not the project's; written so that this
# file does not find itself.
UNFINISHED = re.compile(r"\b(?:[T]ODO|[F]IXME|[X]XX|[H]ACK)\b")
WORKPLACE = re.compile(
    r"(?<![\w.])/(?:work|farm|home|root|Users)/\w"
    r"|https?:\/\/[\w.-]*(?:artifactory|nexus|registry|mirror|proxy)"
)
FOREIGN_PACKAGE = re.compile(r'"resolved": "https?:')
CATCH_ALL = re.compile(r"\bcatch\s*\(\s*\.\.\.\s*\)")
CATCH_MACRO = re.compile(r"\bCHECK_(?:FALSE|THROWS\w*|NOTHROW|THAT)\b|\bCHECKED_(?:IF|ELSE)\b")
DEBUG_PRINT = re.compile(r"\bstd::(?:cout|cerr|clog|endl)\b")


def needs_prose(path, paths):
    """Headers, and code that no header explains; a test's names are its prose."""
    if path.endswith(".h"):
        return True
    alone = path.endswith(".cpp") and path.removesuffix(".cpp") + ".h" not in paths
    return alone and not path.startswith("tests/")


def code_findings(source, paths):
    path, code = source.path, source.code
    if not NAME.fullmatch(path.rpartition("/")[2]):
        yield 1, "the file's name is not snake_case"
    if needs_prose(path, paths) and not source.text.startswith(("// ", "/// ")):
        yield 1, "the file does not open with a comment that says what it is"
    if path.endswith(".h") and not re.search(r"^#pragma once$", code, re.MULTILINE):
        yield 1, "a header without #pragma once"
    banned = (
        (CATCH_ALL, "no catch (...): Cancelled passes through (a fiber's root catches it by name)"),
        (CATCH_MACRO, "tests assert with REQUIRE; CHECK is ours"),
        (DEBUG_PRINT, "fmt::print, in mains and tests only"),
    )
    for pattern, message in banned:
        # What a test's body throws, Catch2's own included, has to be carried out of its fiber.
        if pattern is CATCH_ALL and path.startswith("tests/"):
            continue
        for match in pattern.finditer(code):
            yield code.count("\n", 0, match.start()) + 1, message
    if "using namespace std;" in code:
        yield 1, "no using namespace std"


def text_findings(source):
    limit = COLUMNS if source.path.endswith((".h", ".cpp")) else None
    for number, line in enumerate(source.text.split("\n"), 1):
        if limit is not None and len(line) > limit:
            yield number, f"{len(line)} columns; {limit} are the limit"
        if "\t" in line:
            yield number, "a tab"
        if line != line.rstrip():
            yield number, "spaces at the end of the line"
        if UNFINISHED.search(line):
            yield number, "unfinished: do it, or leave the sentence out"
        if WORKPLACE.search(line):
            yield number, "names a place outside the project"
    if source.text and not source.text.endswith("\n"):
        yield source.text.count("\n") + 1, "no newline at the end of the file"


def lock_findings(source):
    for number, line in enumerate(source.text.split("\n"), 1):
        if FOREIGN_PACKAGE.search(line):
            yield number, "a lock file says where a package was fetched: drop its `resolved`"


def check(sources):
    findings, paths = [], {source.path for source in sources}
    for source in sources:
        is_lock = source.path.endswith(LOCK)
        found = list(lock_findings(source) if is_lock else text_findings(source))
        if source.path.endswith(CODE):
            found += code_findings(source, paths)
        findings += [Finding(source.path, line, message) for line, message in sorted(found)]
    return findings


def is_ours(path):
    if path.startswith(DATA) or path.rpartition("/")[2] in NOT_OURS:
        return False
    folder = path.partition("/")[0]
    is_script = folder in ("scripts", ".ci") and "." not in path.rpartition("/")[2]
    return path.endswith(TEXT) or is_script


def read_kept_files(root):
    """Files that git keeps or would keep; without git, the code of the fixed folders."""
    command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        paths = [path for path in listed.split("\0") if path]
    except (OSError, subprocess.CalledProcessError):
        paths = [
            path.relative_to(root).as_posix()
            for folder in FOLDERS
            for path in sorted(Path(root, folder).rglob("*"))
            if path.is_file() and "node_modules" not in path.parts
        ]
    for path in sorted(set(paths)):
        file = Path(root, path)
        if is_ours(path) and file.is_file():
            yield Source(path, file.read_text(encoding="utf-8"))


def main(root):
    sources = list(read_kept_files(root))
    return report("check_style", check(sources), len(sources))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
