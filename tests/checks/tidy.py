#!/usr/bin/env python3
"""Runs clang-tidy (the list is .clang-tidy) over the C++ sources of a build folder: tidy.py BUILD_DIR [FILE...]

A file that passed is not looked at again until it, one of our headers under it, its compile command or the list changes;
what passed is remembered in $ASSAY_CACHE/tidy, for every checkout. Files that include torch cost a minute each and are left
out unless they are named.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import includes
import sources

LEFT_OUT = ("worker/engine", "worker/layers", "worker/model", "tests")
CACHE = pathlib.Path(os.environ.get("ASSAY_CACHE", pathlib.Path.home() / ".cache/assay")) / "tidy"


def headers_under(path, seen):
    """Adds `path` and our files that it includes, at any depth, to `seen`."""
    if path in seen or not (sources.ROOT / path).is_file():
        return
    seen.add(path)
    for _, _, included in includes.includes_of((sources.ROOT / path).read_text(encoding="utf-8")):
        headers_under(included, seen)


def clang_arguments(entry):
    """GCC's command as one that clang takes: no compiler launcher, no precompiled header."""
    arguments = shlex.split(entry["command"])
    start = next(i for i, a in enumerate(arguments) if re.search(r"(^|/)(c\+\+|g\+\+|clang\+\+)[-\d.]*$", a))
    arguments = arguments[start:]
    kept = []
    skip = False
    for position, argument in enumerate(arguments):
        if skip:
            skip = False
        elif argument == "-include" and "cmake_pch" in arguments[position + 1]:
            skip = True
        elif argument not in ("-Winvalid-pch", "-fpch-preprocess", "-Werror"):
            kept.append(argument)
    return kept + ["-Wno-unknown-warning-option"]


def key_of(path, arguments, tool_version):
    seen = set()
    headers_under(str(path), seen)
    digest = hashlib.sha256()
    digest.update(tool_version)
    digest.update((sources.ROOT / ".clang-tidy").read_bytes())
    digest.update("\0".join(arguments).replace(str(sources.ROOT), "").encode())
    for name in sorted(seen):
        digest.update(name.encode() + b"\0" + (sources.ROOT / name).read_bytes() + b"\0")
    return digest.hexdigest()


def tidy(path, entry, arguments):
    """What clang-tidy says of the file, or "" where it has nothing to say."""
    with tempfile.TemporaryDirectory() as folder:
        database = [{"directory": entry["directory"], "file": entry["file"], "arguments": arguments}]
        (pathlib.Path(folder) / "compile_commands.json").write_text(json.dumps(database))
        result = subprocess.run(["clang-tidy", "--quiet", "-p", folder, str(sources.ROOT / path)],
                                capture_output=True, text=True, cwd=sources.ROOT)
    return "" if result.returncode == 0 else result.stdout + result.stderr


def main():
    build = pathlib.Path(sys.argv[1])
    named = sys.argv[2:]
    tool_version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    work = []
    total = 0
    CACHE.mkdir(parents=True, exist_ok=True)
    for entry in json.loads((build / "compile_commands.json").read_text()):
        try:
            path = pathlib.Path(entry["file"]).relative_to(sources.ROOT)
        except ValueError:
            continue
        if path.parts[0] not in sources.FOLDERS or not (sources.ROOT / path).is_file():
            continue
        if str(path) not in named if named else str(path).startswith(LEFT_OUT):
            continue
        total += 1
        arguments = clang_arguments(entry)
        stamp = CACHE / key_of(path, arguments, tool_version)
        if not stamp.exists():
            work.append((path, entry, arguments, stamp))

    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(tidy, *job[:3]): job for job in work}
        for future in concurrent.futures.as_completed(running):
            complaint = future.result()
            if complaint:
                failures += 1
                print(complaint)
            else:
                running[future][3].touch()
    print(f"clang-tidy: {total} files, {len(work)} of them looked at now, {failures} with complaints")
    return 1 if failures or not total else 0


if __name__ == "__main__":
    sys.exit(main())
