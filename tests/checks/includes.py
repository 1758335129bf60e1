#!/usr/bin/env python3
"""Checks the rules of the design by the #include lines; prints every line that breaks one.

  - A part includes only what it may know: coordinator, worker and client know common, and never each other.
  - common/domain is plain: the standard library, Abseil and itself.
  - A library that is kept to one place (pqxx, torch, generated protobuf types) is included there alone.
  - The folders depend on each other without a cycle.
  - Includes are paths from the root of the project, and header guards follow from the path.

A test may include what the folder that it mirrors may, and the tests' own helpers.
"""

import pathlib
import re
import sys

import sources

MAY_KNOW = {
    "common": {"common"},
    "coordinator": {"common", "coordinator"},
    "worker": {"common", "worker"},
    "client": {"common", "client"},
}
# What matches may be included by these folders (and the tests that mirror them) only.
KEPT_TO = [
    (re.compile(r"pqxx(/|$)"), ("coordinator/store",), "pqxx stays in coordinator/store"),
    (re.compile(r"(torch|ATen|c10|caffe2)/"), ("worker",), "torch stays under worker"),
    (re.compile(r".*\.pb\.h$"), ("common/rpc", "coordinator/service", "coordinator/web", "worker/session", "client"),
     "generated protobuf types stay at the edges"),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
STANDARD = re.compile(r"[a-z_]+")


def includes_of(text):
    """(line number, '<' or '"', path) of each #include of a file."""
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def mirrored(path):
    """The folder whose rules hold for `path`: a unit test's is the one it mirrors; None for all other tests."""
    if path.parts[0] != "tests":
        return path.parent
    if path.parts[1] == "unit":
        return pathlib.PurePosixPath(*path.parent.parts[2:])
    return None


def within(folder, parents):
    return any(folder == pathlib.PurePosixPath(p) or pathlib.PurePosixPath(p) in folder.parents for p in parents)


def check_include(path, quote, included):
    """The reason why `path` must not include `included`, or None."""
    folder = mirrored(path)
    is_test = path.parts[0] == "tests"
    first = included.split("/")[0]
    if quote == '"' and "/" not in included:
        return "write the path from the root of the project"
    if first == "tests":
        return None if is_test else "only tests include tests"
    if folder is None:
        return None
    part = folder.parts[0] if folder.parts else ""
    if first in MAY_KNOW and first not in MAY_KNOW.get(part, {first}):
        return f"{part} does not know {first}"
    if str(folder) == "common/domain" and not is_test:
        plain = STANDARD.fullmatch(included) if quote == "<" else first == "absl" or included.startswith("common/domain/")
        if not plain:
            return "common/domain includes the standard library, Abseil and itself"
    for pattern, folders, reason in KEPT_TO:
        # Tests work on a real database and on generated types beside the folder that they mirror.
        allowed = {f.split("/")[0] for f in folders} if is_test else folders
        if pattern.match(included) and not within(folder, allowed):
            return reason
    return None


def guard_of(path):
    return "ASSAY_" + re.sub(r"[^A-Z0-9]", "_", str(path).upper()) + "_"


def find_cycle(graph):
    """A list of folders, each of which includes the next and the last of which is the first; None where there is none."""
    done = set()

    def visit(node, trail):
        if node in trail:
            return trail[trail.index(node):] + [node]
        if node in done:
            return None
        for following in sorted(graph.get(node, ())):
            cycle = visit(following, trail + [node])
            if cycle:
                return cycle
        done.add(node)
        return None

    for start in sorted(graph):
        cycle = visit(start, [])
        if cycle:
            return cycle
    return None


def check(files):
    """All that is wrong with `files`, a mapping of path to text."""
    problems = []
    graph = {}
    for path, text in files.items():
        path = pathlib.PurePosixPath(path)
        for number, quote, included in includes_of(text):
            reason = check_include(path, quote, included)
            if reason:
                problems.append(f"{path}:{number}: {included}: {reason}")
            target = str(pathlib.PurePosixPath(included).parent)
            if path.parts[0] != "tests" and included.split("/")[0] in MAY_KNOW and target != str(path.parent):
                graph.setdefault(str(path.parent), set()).add(target)
        if path.suffix == ".h" and f"#ifndef {guard_of(path)}\n#define {guard_of(path)}\n" not in text:
            problems.append(f"{path}:1: the header guard is not {guard_of(path)}")
    cycle = find_cycle(graph)
    if cycle:
        problems.append("folders include each other in a circle: " + " -> ".join(cycle))
    return problems


def main():
    paths = sources.source_files()
    problems = check({str(p): (sources.ROOT / p).read_text(encoding="utf-8") for p in paths})
    for problem in problems:
        print(problem)
    print(f"{len(paths)} files, {len(problems)} problems")
    return 1 if problems or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
