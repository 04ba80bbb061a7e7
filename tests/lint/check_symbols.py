#!/usr/bin/env python3
"""Holds the archives of a build against symbols.toml, by what nm says of them: no call of a real clock,
entropy or thread, and no state that one run could leave to the next."""

import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from sources import Finding, report

MUTABLE_SECTION = re.compile(r"^\.(?:t?bss|t?data)(?:\.(?!rel\.ro)|$)")
CONSTANT = re.compile(r"(?:^|::)k[A-Z]\w*(?:\[abi:\w+\])?$")
COMPILERS_OWN = re.compile(r"^(?:DW\.ref\.|std::|__gnu_cxx::|fmt::|typeinfo |vtable |\.L|__odr_asan|__asan)")
GUARD = "guard variable for "


@dataclass(frozen=True)
class Symbol:
    unit: str  # "libsim_base.a(check.cpp.o)"
    name: str
    kind: str  # nm's letter: U is undefined
    section: str


def parse(listing, archive):
    """The symbols of `nm -f sysv -C` on one archive."""
    unit = archive
    for line in listing.splitlines():
        head = re.search(r"ymbols from .*\[(.*)\]:$", line)
        if head:
            unit = f"{archive}({head.group(1)})"
            continue
        columns = line.rsplit("|", 6)
        if len(columns) == 7:
            name, _, kind, _, _, _, section = (column.strip() for column in columns)
            yield Symbol(unit, name, kind, section)


def matches(name, pattern):
    if "*" not in pattern:
        return name == pattern
    return fnmatchcase(name, pattern.replace("[", "[[]"))


def is_state(symbol, table):
    if symbol.kind == "U" or not MUTABLE_SECTION.match(symbol.section):
        return False
    name = symbol.name.removeprefix(GUARD)
    if CONSTANT.search(name) or COMPILERS_OWN.match(name):
        return False
    return not any(matches(name, pattern) for pattern in table["state"])


def check(symbols, table):
    findings = []
    for symbol in symbols:
        if symbol.kind == "U":
            name = symbol.name.partition("(")[0].partition("@")[0]
            banned = any(matches(name, pattern) for pattern in table["banned"])
            if banned and name not in table["calls"].get(symbol.unit, []):
                findings.append(Finding(symbol.unit, 0, f"calls {symbol.name}"))
        elif is_state(symbol, table):
            message = f"{symbol.name} in {symbol.section} outlives a run"
            findings.append(Finding(symbol.unit, 0, message))
    return findings


def archives_of(build, table):
    for path in sorted(Path(build, "lib").glob("*.a")):
        wanted = any(matches(path.name, pattern) for pattern in table["archives"])
        if wanted and path.name not in table["free"]:
            yield path


def main(build):
    table = tomllib.loads(Path(__file__).with_name("symbols.toml").read_text(encoding="utf-8"))
    findings, looked_at = [], 0
    for path in archives_of(build, table):
        command = ["nm", "-f", "sysv", "-C", str(path)]
        listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        findings += check(parse(listing, path.name), table)
        looked_at += 1
    return report("check_symbols", findings, looked_at)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
