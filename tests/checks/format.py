#!/usr/bin/env python3
"""Checks the layout of C++ (clang-format) and Rust (rustfmt); with --fix, corrects it."""

import concurrent.futures
import itertools
import os
import pathlib
import shutil
import subprocess
import sys

import sources


def rustfmt():
    """A rustfmt that runs: rustup leaves a proxy of that name where the component is not installed."""
    for candidate in (shutil.which("rustfmt"), str(pathlib.Path.home() / ".cargo/bin/rustfmt")):
        if candidate and subprocess.run([candidate, "--version"], capture_output=True).returncode == 0:
            return candidate
    return None


def clang_format(path, fix):
    """The first line that is laid out wrongly, or None; with `fix`, the file is corrected."""
    text = (sources.ROOT / path).read_text(encoding="utf-8")
    command = ["clang-format", f"--assume-filename={path}"]
    formatted = subprocess.run(command, cwd=sources.ROOT, input=text, capture_output=True, check=True, encoding="utf-8").stdout
    if formatted == text:
        return None
    if fix:
        (sources.ROOT / path).write_text(formatted, encoding="utf-8")
        return None
    pairs = itertools.zip_longest(text.split("\n"), formatted.split("\n"))
    return next(number for number, (is_now, should_be) in enumerate(pairs, 1) if is_now != should_be)


def main():
    fix = "--fix" in sys.argv[1:]
    cpp = sources.source_files()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        lines = list(pool.map(lambda path: clang_format(path, fix), cpp))
    failed = False
    for path, line in zip(cpp, lines):
        if line is not None:
            print(f"{path}:{line}: clang-format would lay this out differently")
            failed = True
    print(f"clang-format: {len(cpp)} files")

    rust = [str(p) for p in sources.source_files(suffixes=(".rs",))]
    program = rustfmt()
    if program is None:
        print(f"rustfmt is not installed: {len(rust)} files were not looked at")
    elif rust:
        command = [program, "--edition", "2021"] + ([] if fix else ["--check"])
        failed |= subprocess.run(command + rust, cwd=sources.ROOT).returncode != 0
        print(f"rustfmt: {len(rust)} files")
    if failed:
        print("tests/checks/format.py --fix corrects the layout")
    return 1 if failed or not cpp else 0


if __name__ == "__main__":
    sys.exit(main())
