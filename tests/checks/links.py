#!/usr/bin/env python3
"""Checks that links between documents lead somewhere, to headings too, and that README.md leads to every document in docs/."""

import re
import sys
import unicodedata

import sources

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def anchors(path):
    """Of a document's headings, as GitHub makes them."""
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    found = set()
    for heading in re.findall(r"^#+ +(.+)$", text, re.MULTILINE):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        kept = "".join(c for c in plain if c in " -_" or unicodedata.category(c)[0] in "LN")
        found.add(kept.replace(" ", "-"))
    return found


def documents():
    root = sources.ROOT
    return [root / "README.md", *sorted((root / "docs").rglob("*.md")), root / "client/python/README.md", *sorted((root / "tests").rglob("README.md")),
            *sorted((root / "deploy").rglob("*.md"))]


def main():
    wrong, count = [], 0
    for path in documents():
        for target in LINK.findall(CODE.sub("", path.read_text(encoding="utf-8"))):
            if re.match(r"[a-z]+:", target):
                continue
            count += 1
            file, _, anchor = target.partition("#")
            to = (path.parent / file).resolve() if file else path
            if not to.exists():
                wrong.append(f"{path.relative_to(sources.ROOT)}: there is no {target}")
            elif anchor and to.suffix == ".md" and anchor not in anchors(to):
                wrong.append(f"{path.relative_to(sources.ROOT)}: {file or path.name} has no heading #{anchor}")
    linked = set(LINK.findall((sources.ROOT / "README.md").read_text(encoding="utf-8")))
    for path in sorted((sources.ROOT / "docs").rglob("*.md")):
        if str(path.relative_to(sources.ROOT)) not in linked:
            wrong.append(f"README.md does not lead to {path.relative_to(sources.ROOT)}")
    print("\n".join(wrong))
    print(f"links: {count}")
    return 1 if wrong or count < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
