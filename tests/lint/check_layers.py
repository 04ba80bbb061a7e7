#!/usr/bin/env python3
"""Holds every #include against layers.toml: who may include whom, and what no way of includes may reach."""

import re
import sys
import tomllib
from pathlib import Path

from sources import Finding, is_under, read_tree, report

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
WORLD = "sim/runtime/"  # what pure code never reaches: the way to clocks, disks, sockets and fibers


def includes_of(source):
    """(line, name, is_ours) of each include."""
    code = source.code
    for match in INCLUDE.finditer(code):
        yield code.count("\n", 0, match.start()) + 1, match.group(2), match.group(1) == '"'


def home_of(path, table):
    """The folder of the table that `path` lives in, the longest if several do; None if none does."""
    homes = [folder for folder in table["folders"] if path.startswith(folder + "/")]
    return max(homes, key=len, default=None)


def may_see(path, included, table):
    home = home_of(path, table)
    seen = list(table["folders"][home]["sees"]) + [home]
    seen += table.get("files", {}).get(path, {}).get("sees", [])
    return any(included == place or included.startswith(place + "/") for place in seen)


def path_of(name, source, table):
    """The file that `name` includes. In a standalone folder files find those beside them."""
    home = home_of(source.path, table)
    if table["folders"][home].get("standalone", False) and "/" not in name:
        return source.path.rpartition("/")[0] + "/" + name
    return name


def is_pure(path, table):
    if table["folders"][home_of(path, table)].get("pure", False):
        return True
    return any(is_under(path, place) for place in table.get("pure_files", {}))


def way_to_world(path, edges):
    """The shortest chain of includes from `path` into sim/runtime, or None."""
    ways, seen = [[path]], {path}
    for way in ways:
        for following in edges.get(way[-1], ()):
            if following.startswith(WORLD):
                return way + [following]
            if following not in seen:
                seen.add(following)
                ways.append(way + [following])
    return None


def check(sources, table):
    findings, edges = [], {}
    paths = {source.path for source in sources}
    for source in sources:
        if home_of(source.path, table) is None:
            findings.append(Finding(source.path, 1, "this folder is not in layers.toml"))
            continue
        for line, name, is_ours in includes_of(source):
            if not is_ours:
                for header, places in table.get("headers", {}).items():
                    if is_under(name, header) and not any(is_under(source.path, p) for p in places):
                        where = ", ".join(places) or "nowhere"
                        findings.append(Finding(source.path, line, f"<{name}> belongs to: {where}"))
                continue
            name = path_of(name, source, table)
            if name not in paths:
                message = f'"{name}" is no path from the root to a file of ours'
                findings.append(Finding(source.path, line, message))
            else:
                edges.setdefault(source.path, []).append(name)
                if not may_see(source.path, name, table):
                    home = home_of(source.path, table)
                    findings.append(Finding(source.path, line, f'{home} may not include "{name}"'))
    for source in sources:
        if home_of(source.path, table) is not None and is_pure(source.path, table):
            way = way_to_world(source.path, edges)
            if way is not None:
                message = "pure, yet reaches the runtime: " + " -> ".join(way[1:])
                findings.append(Finding(source.path, 1, message))
    return findings


def main(root):
    table = tomllib.loads(Path(__file__).with_name("layers.toml").read_text(encoding="utf-8"))
    sources = read_tree(root)
    return report("check_layers", check(sources, table), len(sources))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
