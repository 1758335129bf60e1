#!/usr/bin/env python3
"""Checks that docs/reference says what the programs and protos say; with --fix, writes it anew.

    reference.py PROGRAMS [--fix]          PROGRAMS: the folder of assay (build/release/bin)

cli.md is what `assay reference` prints, rpc.md the services of proto/assay/v1 with their comments and roles, metrics.md what
`metrics_reference` prints, which is built beside the tests. schema.md needs a database: coordinator_store_test compares it, and writes it
anew where ASSAY_FIX_REFERENCE=1.
"""

import os
import pathlib
import re
import subprocess
import sys

import sources

REFERENCE = sources.ROOT / "docs/reference"


def commands(programs):
    """With a home and a user as everyone has them, so that defaults do not depend on who asks."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/home/user", "USER": "user", "LANG": "C.UTF-8"}
    return subprocess.run([programs / "assay", "reference"], env=environment, capture_output=True, text=True, check=True).stdout


def metrics(programs):
    return subprocess.run([programs / "metrics_reference"], capture_output=True, text=True, check=True).stdout


def rpcs():
    """Each service's methods as they are declared, with the comments above them and the names of their messages."""
    text = ["# The RPCs", "", "Made by `tests/checks/reference.py` from `proto/assay/v1`; the messages are described there."]
    for path in sorted((sources.ROOT / "proto/assay/v1").glob("*.proto")):
        lines = path.read_text(encoding="utf-8").split("\n")
        comment, inside = [], False
        for number, line in enumerate(lines):
            stripped = line.strip()
            service = re.match(r"service (\w+)", stripped)
            method = re.match(r"rpc (\w+)\(((?:stream )?[\w.]+)\) returns \(((?:stream )?[\w.]+)\)(.*)", stripped)
            if service:
                inside = True
                text += ["", f"## {service[1]}", "", f"`proto/assay/v1/{path.name}`.", ""] + ([" ".join(comment), ""] if comment else [])
                text += ["| method | takes | returns | role | |", "|---|---|---|---|---|"]
            elif method and inside:
                # The option stands in the same line, or in those below.
                role = re.search(r"ROLE_(\w+)", "\n".join(lines[number:number + 4]).split("}")[0])
                text.append(f"| `{method[1]}` | `{method[2]}` | `{method[3]}` | {role[1].lower() if role else '–'} | {' '.join(comment)} |")
            elif stripped.startswith("}") and not line.startswith(" "):
                inside = False
            comment = comment + [stripped[2:].strip()] if stripped.startswith("//") else []
    return "\n".join(text) + "\n"


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--fix"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    programs = pathlib.Path(arguments[0])
    documents = {"cli.md": commands(programs), "rpc.md": rpcs(), "metrics.md": metrics(programs)}
    wrong = []
    for name, text in documents.items():
        path = REFERENCE / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if "--fix" in sys.argv:
            path.write_text(text, encoding="utf-8")
        else:
            wrong.append(name)
    for name in wrong:
        print(f"docs/reference/{name} is not what the programs say: tests/checks/reference.py build/release/bin --fix")
    print(f"reference: {len(documents)} documents")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
