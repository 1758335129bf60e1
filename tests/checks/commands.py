#!/usr/bin/env python3
"""Checks that the commands in README.md and docs/*.md are the programs': each command there is, with the options that it has.

    commands.py PROGRAMS          PROGRAMS: the folder of assay (build/release/bin)

Looked at are the lines of ```sh blocks that call assay, assay-coordinator or assay-worker, with what stands before them on the line (VARIABLE=...,
until, pipes) left out. What `assay` has is taken from docs/reference/cli.md, which another check holds against the program.
"""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import sources

BLOCK = re.compile(r"^```sh.*?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PROGRAM = re.compile(r"^(?:.*/)?(assay|assay-coordinator|assay-worker)$")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
ASSIGNMENT = re.compile(r"^\w+=")
SEPARATORS = {"|", "||", "&&", ";", "&", "(", ")", "do", "until", "while", "if", "then", "$(", "!"}


def options_in(text):
    """Those that a help lists; not those that its words mention."""
    return {name for line in text.splitlines() if re.match(r"  -", line) for name in OPTION.findall(line[:60].split("  ")[1])} | {"--help"}


def known(programs):
    """"assay model add" -> its options; of each, the program's own too."""
    commands = {}
    for section in re.split(r"^## ", (sources.ROOT / "docs/reference/cli.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, text = section.split("\n", 1)
        commands[name] = options_in(text)
    environment = {"PATH": os.environ["PATH"], "HOME": "/home/user"}
    for name in ("assay-coordinator", "assay-worker"):
        shown = subprocess.run([programs / name, "--help"], env=environment, capture_output=True, text=True, check=True).stdout
        commands[name] = options_in(shown)
        for subcommand in re.findall(r"^  ([a-z-]+)  ", shown.partition("Subcommands:")[2], re.MULTILINE):
            below = subprocess.run([programs / name, subcommand, "--help"], env=environment, capture_output=True, text=True, check=True).stdout
            commands[f"{name} {subcommand}"] = options_in(below)
    return commands


def calls(block):
    """The words of each call, from the program's name on."""
    text = re.sub(r"\\\n\s*", " ", re.sub(r"<<'(\w+)'.*?^\1$", "", block, flags=re.DOTALL | re.MULTILINE))
    for line in text.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="();|&")
        lexer.whitespace_split, lexer.commenters = True, "#"
        words, call, at_start = list(lexer), None, True
        for word in [*words, ";"]:
            if word in SEPARATORS or set(word) <= set("();|&"):
                if call:
                    yield call
                call, at_start = None, True
            elif call is not None:
                call.append(word)
            elif not at_start:
                continue
            elif PROGRAM.match(word):
                call = [PROGRAM.match(word)[1]]
            else:
                at_start = bool(ASSIGNMENT.match(word))


def mistakes(call, commands):
    name, options = call[0], []
    own = commands[name]
    for word in call[1:]:
        if word.startswith("--"):
            options.append(word.split("=")[0])
        elif f"{name} {word}" in commands:
            name = f"{name} {word}"
    if name == "assay" and not options:
        yield "names no command"
    allowed = commands[name] | own
    if any(other.startswith(name + " ") for other in commands) and name not in ("assay", "assay-worker"):
        yield f"`{name}` needs a command below it"
    for option in options:
        if option not in allowed:
            yield f"`{name}` has no {option}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    commands = known(pathlib.Path(sys.argv[1]))
    wrong, count = [], 0
    for path in [sources.ROOT / "README.md", *sorted((sources.ROOT / "docs").glob("*.md")), sources.ROOT / "client/python/README.md"]:
        text = path.read_text(encoding="utf-8")
        for block in BLOCK.finditer(text):
            for call in calls(block[1]):
                count += 1
                wrong += [f"{path.relative_to(sources.ROOT)}: {' '.join(call)}: {mistake}" for mistake in mistakes(call, commands)]
    print("\n".join(wrong))
    print(f"commands: {count} calls")
    return 1 if wrong or count < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
