#!/usr/bin/env python3
"""Writes pandas_columns.jsonl and pandas_csv.jsonl: what real pandas makes of columns and of CSV texts drawn at random.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install pandas==2.2.3
    /tmp/golden/bin/python tests/golden/make_pandas_golden.py
"""

import io
import json
import pathlib
import random
import re
import sys

import pandas

PANDAS = "2.2.3"
HERE = pathlib.Path(__file__).resolve().parent

MISSING = ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
           "NULL", "NaN", "None", "n/a", "nan", "null"]
NOT_MISSING = ["none", "NONE", "Nan", "NAN", " NA", "NA ", "na", "Null", "-NA", "+nan", "<na>"]
INTEGERS = ["0", "1", "-1", "+2", "007", " 3", "4 ", "\t5", "-0", "9223372036854775807", "-9223372036854775808"]
LARGE = ["9223372036854775808", "18446744073709551615", "18446744073709551616", "-9223372036854775809",
         "123456789012345678901234567890"]
FLOATS = ["0.5", ".5", "5.", "-2.50", "1e3", "1E+3", "1e-5", "0.0001", "1e16", "123456789012345678", "0.30000000000000004",
          "3.141592653589793238", "-0.0", "inf", "-Infinity", "1e308", "1e-320", "0.1", "2.675", "1e22", "1e23", " 1.5 "]
ODD = ["1e", "1e+", "e5", ".", "-", "+", "1_000", "1,000", "0x10", "1e400", "12abc", "1 2", "infin", "--1", " ", "½", "1.5.2"]
BOOLEANS = ["True", "False", "TRUE", "false", "tRuE"]
WORDS = ["apple", "two words", "True story", "é", "A"]


def random_number(rng):
    digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(1, 20)))
    point = rng.randint(0, len(digits))
    return rng.choice(["", "", "-"]) + digits[:point] + rng.choice([".", ""]) + digits[point:] + rng.choice(
        ["", "", f"e{rng.randint(-330, 290)}"])


def columns(rng):
    pools = [INTEGERS, INTEGERS + LARGE, INTEGERS + FLOATS, BOOLEANS, BOOLEANS + INTEGERS, WORDS + INTEGERS, FLOATS + ODD,
             LARGE + FLOATS, LARGE + WORDS, ODD + LARGE]
    yield from ([cell] for cell in MISSING + NOT_MISSING + INTEGERS + LARGE + FLOATS + ODD + BOOLEANS)
    yield from ([cell, "word"] for cell in MISSING + NOT_MISSING)
    for _ in range(500):
        pool = rng.choice(pools) + rng.choice([[], MISSING, ["", "None"]])
        yield [rng.choice(pool) for _ in range(rng.randint(1, 5))]
    for _ in range(200):
        yield [random_number(rng) for _ in range(rng.randint(1, 3))]


def printed(cells):
    quoted = "".join('x,"{}"\n'.format(cell.replace('"', '""')) for cell in cells)
    column = pandas.read_csv(io.StringIO(quoted), header=None)
    return ["{}".format(column.iloc[row, 1]) for row in range(len(cells))]


def read_rows(text):
    """The cells of each row without the empty ones at its end, or None where pandas refuses the text."""
    try:
        frame = pandas.read_csv(io.BytesIO(text.encode()), header=None, names=range(40), index_col=False, dtype=str,
                                na_filter=False)
    except pandas.errors.EmptyDataError:
        return []
    except pandas.errors.ParserError:
        return None
    rows = []
    for cells in frame.values.tolist():
        while cells and cells[-1] == "":
            cells.pop()
        rows.append(cells)
    return rows


def csv_texts(rng):
    # Two faults of pandas around lines that end with a lone "\r" are left out: white space at the start of the next line sends it back
    # to the start of its buffer, and behind a blank line it loses a comma.
    alphabets = [["a", ",", '"', "\n", " ", "\r\n"], ["b", ",", '"', '""', "\n", "\r", "\r\n"],
                 ['"', '","', "\n", "\t", "é"], ["\ufeff", "a", ",", "\n", '"']]
    for _ in range(1500):
        alphabet = rng.choice(alphabets)
        text = "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 14)))
        if "\ufeff" in text[1:] or re.search(r"(^|[\r\n])\r,", text):
            continue
        yield text


def main():
    rng = random.Random(4)
    with open(HERE / "pandas_columns.jsonl", "w", encoding="utf-8") as file:
        for cells in columns(rng):
            record = {"cells": cells, "printed": printed(cells)}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    with open(HERE / "pandas_csv.jsonl", "w", encoding="utf-8") as file:
        for text in dict.fromkeys(csv_texts(rng)):
            file.write(json.dumps({"text": text, "rows": read_rows(text)}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    if pandas.__version__ != PANDAS:
        sys.exit(f"this is pandas {pandas.__version__}; install pandas=={PANDAS}")
    main()
