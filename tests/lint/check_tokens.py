#!/usr/bin/env python3
"""Finds, in the source text, what would make a run depend on more than its seed: see tokens.toml."""

import re
import sys
import tomllib
from pathlib import Path

from sources import Finding, is_under, read_tree, report

FREE = ("sim/real/", "tests/")

# `static` up to the first character that tells a variable from a function.
STATIC = re.compile(r"\bstatic\b(?!_)(?P<declaration>[^;{}()=\[]*)(?P<end>[;{(=\[])")
# An attribute like alignas(64) or __attribute__((...)) hides the declaration behind its parentheses.
ATTRIBUTE = re.compile(r"\b(?:alignas|__attribute__)\s*\((?:[^()]|\([^()]*\))*\)|\[\[[^\]]*\]\]")


def mutable_statics(code):
    """Offsets of static variables that are not const: function-local, of a class, or of a file."""

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    for match in STATIC.finditer(ATTRIBUTE.sub(blank, code)):
        declaration, end = match.group("declaration"), match.group("end")
        if end == "(" or "operator" in declaration:
            continue  # a function
        if re.search(r"\b(?:constexpr|using)\b", declaration):
            continue
        if re.search(r"\*\s*(?!const\b)\w+\s*$", declaration):
            yield match.start()  # the pointer itself may change
        elif not re.search(r"\bconst\b", declaration):
            yield match.start()


def offsets(ban, code):
    if ban["name"] == "mutable static":
        return mutable_statics(code)
    return (match.start() for match in re.finditer(ban["pattern"], code))


def allowed(path, ban, table):
    return any(
        is_under(path, entry["file"]) and ban["name"] in entry["bans"]
        for entry in table.get("allowed", [])
    )


def check(sources, table):
    findings = []
    for source in sources:
        if any(is_under(source.path, place) for place in FREE):
            continue
        code = source.code
        for ban in table["banned"]:
            if "only" in ban and not any(is_under(source.path, place) for place in ban["only"]):
                continue
            if allowed(source.path, ban, table):
                continue
            for offset in offsets(ban, code):
                line = code.count("\n", 0, offset) + 1
                words = " ".join(code[offset : offset + 40].split("\n")[0].split())
                message = f"{ban['name']}: `{words}`: {ban['why']}"
                findings.append(Finding(source.path, line, message))
    return findings


def main(root):
    table = tomllib.loads(Path(__file__).with_name("tokens.toml").read_text(encoding="utf-8"))
    names = {ban["name"] for ban in table["banned"]}
    for entry in table["allowed"]:
        unknown = set(entry["bans"]) - names
        assert not unknown, f"tokens.toml allows what is not banned: {unknown}"
        assert entry["why"], f"tokens.toml allows {entry['file']} without a reason"
    sources = read_tree(root)
    return report("check_tokens", check(sources, table), len(sources))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
