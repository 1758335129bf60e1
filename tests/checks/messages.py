#!/usr/bin/env python3
"""Checks that docs/troubleshooting.md quotes what the programs say.

Quoted is what stands in code marks in the first column of its tables, unless it is a single word. "…" stands for anything, and what is
between two of them must be in one and the same source file. Texts that are divided over lines there are put together.
"""

import re
import sys

import sources

DOCUMENT = sources.ROOT / "docs/troubleshooting.md"
FOLDERS = ("client", "common", "coordinator", "worker", "deploy", "cmake")
SUFFIXES = {".cc", ".h", ".rs", ".sh", ".cmake", ".yml", ""}
ROW = re.compile(r"^\| (?P<first>.*?) \| ", re.MULTILINE)
QUOTED = re.compile(r"(?<!`)``(?!`) ?(.+?) ?``|`([^`]+)`")
SHORTEST = 4  # characters that are worth looking for


def quoted():
    """(line, text) of each message."""
    for number, line in enumerate(DOCUMENT.read_text(encoding="utf-8").splitlines(), 1):
        row = ROW.match(line)
        for match in QUOTED.finditer(row["first"]) if row else ():
            text = match[1] or match[2]
            if " " in text:
                yield number, text


def fixed_parts(text):
    return [part.strip() for part in text.split("…") if len(part.strip()) >= SHORTEST]


def spoken(path):
    """A source's text with its literals as they are said."""
    text = path.read_text(encoding="utf-8", errors="replace")
    text = re.sub(r'"\s*,?\s*\n\s*"', "", text)
    return text.replace('\\"', '"').replace("\\n", "\n")


def main():
    texts = {}
    for folder in FOLDERS:
        for path in (sources.ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in SUFFIXES and "node_modules" not in path.parts and path.stat().st_size < 1 << 20:
                texts[path] = spoken(path)
    wrong, count = [], 0
    for number, message in quoted():
        count += 1
        parts = fixed_parts(message)
        if not parts or not any(all(part in text for part in parts) for text in texts.values()):
            missing = [part for part in parts if not any(part in text for text in texts.values())]
            wrong.append(f"docs/troubleshooting.md:{number}: no source says \"{message}\"" + (f": {missing}" if missing else ""))
    print("\n".join(wrong))
    print(f"messages: {count} are quoted")
    return 1 if wrong or count < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
