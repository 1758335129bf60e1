#!/usr/bin/env python3
"""Checks the help of every command of `assay`: each says what it does, what each of its options means, and its exit codes; and each that
prints what programs may want takes --format.

    help.py PROGRAMS          PROGRAMS: the folder of assay (build/release/bin)
"""

import os
import pathlib
import re
import subprocess
import sys

# Commands without --format table|json|csv, and why.
OTHER_OUTPUT = {
    "up": "runs until it is stopped",
    "export": "its --format is that of the files",
    "benchmark check": "shows mistakes and prompts to their author",
    "benchmark schema": "prints a JSON schema",
    "health": "silent: its exit code is the answer",
    "completion": "prints a script",
    "reference": "prints Markdown",
}


def commands(programs):
    """name -> its help, of all commands; `assay reference` has them in this form."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/home/user", "USER": "user", "LANG": "C.UTF-8"}
    text = subprocess.run([programs / "assay", "reference"], env=environment, capture_output=True, text=True, check=True).stdout
    parts = re.split(r"^## assay ?(.*)$", text, flags=re.MULTILINE)
    return {name: re.search(r"```text\n(.*?)```", body, re.DOTALL)[1] for name, body in zip(parts[1::2], parts[2::2])}


def undescribed(text):
    """The options and arguments that have a name and a kind, and no words about them."""
    lines = text.split("\n")
    found = []
    for line, following in zip(lines, lines[1:] + [""]):
        # A name, its kind, and words behind them or in the next line, which stands far in.
        if re.match(r"  (-|[a-z])", line) and len(line.split()) < 4 and not re.search(r"\S {2,}\S", line[2:]) and \
                not re.match(r" {20,}\S", following):
            found.append(line.strip())
    return found


def mistakes(name, text, is_group):
    if not text.split("\n")[0].strip() or text.startswith("Usage"):
        yield "says not what it does"
    for part in ("Usage: assay", "Exit codes:"):
        if part not in text:
            yield f"has no \"{part}\""
    for line in undescribed(text.split("Exit codes:")[0].split("Subcommands:")[0]):
        yield f"says nothing of {line}"
    takes_format = re.search(r"^  --format FORMAT +table", text, re.MULTILINE) is not None
    if not is_group and takes_format == (name in OTHER_OUTPUT):
        yield "takes --format, and is listed as one that does not" if takes_format else "does not take --format table|json|csv"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = commands(pathlib.Path(sys.argv[1]))
    groups = {name for name in found if any(other != name and other.startswith(f"{name} ".lstrip()) for other in found)}
    wrong = [f"assay {name}: {mistake}" for name, text in found.items() for mistake in mistakes(name, text, name in groups)]
    wrong += [f"{name}: is no command" for name in OTHER_OUTPUT if name not in found]
    print("\n".join(wrong) or f"{len(found)} commands")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
