#!/usr/bin/env python3
"""Checks the layout of C++ (clang-format) and Rust (rustfmt); with --fix, corrects it.

    format.py [--fix] [FILE or FOLDER ...]          all files, unless some are named
"""

import concurrent.futures
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


def clang_format(paths, fix):
    """Whether all is laid out well, or was made so."""
    options = ["-i"] if fix else ["--dry-run", "--Werror", "--ferror-limit=1"]
    workers = os.cpu_count() or 1
    parts = [paths[i::workers] for i in range(workers) if paths[i::workers]]
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        results = list(pool.map(lambda part: subprocess.run(["clang-format", *options, *part], cwd=sources.ROOT).returncode, parts))
    return not any(results)


def main():
    fix = "--fix" in sys.argv[1:]
    named = [str(pathlib.Path(name).resolve().relative_to(sources.ROOT)) for name in sys.argv[1:] if name != "--fix"]

    def chosen(suffixes):
        files = [str(path) for path in sources.source_files(suffixes=suffixes)]
        return [path for path in files if not named or any(path == name or path.startswith(f"{name}/") for name in named)]

    cpp = chosen((".cc", ".h"))
    failed = not clang_format(cpp, fix)
    print(f"clang-format: {len(cpp)} files")

    rust = chosen((".rs",))
    program = rustfmt()
    if program is None:
        print(f"rustfmt is not installed: {len(rust)} files were not looked at")
    elif rust:
        command = [program, "--edition", "2021"] + ([] if fix else ["--check"])
        failed |= subprocess.run(command + rust, cwd=sources.ROOT).returncode != 0
        print(f"rustfmt: {len(rust)} files")
    if failed:
        print("tests/checks/format.py --fix corrects the layout")
    return 1 if failed or not (cpp or rust) else 0


if __name__ == "__main__":
    sys.exit(main())
