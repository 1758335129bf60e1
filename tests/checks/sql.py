#!/usr/bin/env python3
"""Checks that no value of a user becomes a part of a statement: prints every line of the store that builds one of other than constants.

A statement goes to exec, exec_params and their like. Its text is a literal, or a constant whose name begins with k; StrCat and
StrFormat may join these. Whatever else is in its place is named in ALLOWED, with the reason.
"""

import re
import sys

import sources

CALL = re.compile(r"\b(?:tx|work|transaction|nontransaction|session|connection)\.(exec(?:_params|_prepared)?[01n]?)\s*\(", re.S)
CONSTANT = re.compile(r'\s*(?:k[A-Z]\w*|"(?:[^"\\]|\\.)*"|R"\w*\(.*?\)\w*")(?:\s*"(?:[^"\\]|\\.)*")*\s*', re.S)
JOINED = re.compile(r"\s*absl::(?:StrCat|StrFormat)\(", re.S)
CONSTANT_AND_TAIL = re.compile(r'\s*std::string\(k[A-Z]\w*\) \+ "(?:[^"\\]|\\.)*"\s*')
# Of a file, arguments that may stand there: each is made of constants, numbers and quoted names of columns where it comes from.
ALLOWED = {
    # Names of tables are constants, those of columns are quoted, and what is compared are numbers.
    "archive_rows.cc": (r"absl::StrCat\(\"(DECLARE|SELECT|DELETE) .*", "fetch"),
    "benchmark_store.cc": (r"Select\(k\w+,\s*\".*",),
    "model_store.cc": (r"Select\(\".*",),
    # A file of migrations/, which is a part of the program.
    "migrator.cc": (r"std::string\(migration\.sql\)",),
    # The statement's name.
    "prepared.h": ("name",),
    # By the number of verdicts and the kind of the filter.
    "sample_store.cc": ("sql", r"DifferencePageSql\(filter\.kind, page\.backwards\)"),
}


def argument(text, start):
    """The first argument of the call whose parenthesis is at text[start - 1], and where it ends."""
    depth, i, quoted = 0, start, False
    while i < len(text):
        c = text[i]
        if quoted:
            i += c == "\\"
            quoted = c != '"' or text[i - 1] == "\\"
        elif c == '"':
            quoted = True
        elif c in "([{":
            depth += 1
        elif c in ")]}" and depth == 0 or c == "," and depth == 0:
            break
        elif c in ")]}":
            depth -= 1
        i += 1
    return text[start:i], i


def is_constant(text):
    if CONSTANT.fullmatch(text):
        return True
    joined = JOINED.match(text)
    if not joined:
        return False
    position = joined.end()
    while True:
        part, position = argument(text, position)
        if not CONSTANT.fullmatch(part):
            return False
        if text[position:position + 1] != ",":
            return True
        position += 1


def main():
    wrong = 0
    for path in sources.source_files():
        if not str(path).startswith("coordinator/store/"):
            continue
        text = (sources.ROOT / path).read_text()
        for call in CALL.finditer(text):
            statement, _ = argument(text, call.end())
            if is_constant(statement) or CONSTANT_AND_TAIL.fullmatch(statement):
                continue
            if any(re.fullmatch(allowed, statement.strip(), re.S) for allowed in ALLOWED.get(path.name, ())):
                continue
            print(f"{path}:{text.count(chr(10), 0, call.start()) + 1}: a statement of other than constants: {statement.strip()[:80]}")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
