#!/usr/bin/env python3
"""Writes drop_metrics.json: DROP's exact match and F1, from the definition of the paper and of its evaluation, by Python's own
float, re and str; spans are aligned by trying every permutation, and numpy takes the mean and rounds it.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.2.6
    /tmp/golden/bin/python tests/golden/make_drop_metrics_golden.py
"""

import itertools
import json
import pathlib
import platform
import random
import re
import string
import sys

import numpy

NUMPY = "2.2.6"
HERE = pathlib.Path(__file__).resolve().parent


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def normalize(span):
    parts = []
    for part in re.split("[ -]", span):
        part = part.lower()
        if number(part) is None:
            part = "".join(c for c in part if c not in string.punctuation)
        if number(part) is not None:
            part = str(number(part))
        part = " ".join(re.sub(r"\b(?:a|an|the)\b", " ", part).split())
        if part:
            parts.append(part)
    return " ".join(parts)


def pair_f1(predicted, reference):
    predicted, reference = set(predicted.split()), set(reference.split())
    numbers = {word for word in reference if number(word) is not None}
    if numbers and not numbers & predicted:
        return 0.0
    shared = len(predicted & reference)
    precision = shared / len(predicted) if predicted else 1.0
    recall = shared / len(reference) if reference else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def score(predicted, reference):
    predicted = [normalize(span) for span in predicted]
    reference = [normalize(span) for span in reference]
    exact = len(predicted) == len(reference) and set(predicted) == set(reference)
    size = max(len(predicted), len(reference))
    best = numpy.zeros(size)
    predicted += [None] * (size - len(predicted))
    reference += [None] * (size - len(reference))
    for order in itertools.permutations(predicted):
        f1 = numpy.zeros(size)
        for i, (p, r) in enumerate(zip(order, reference)):
            f1[i] = 0 if p is None or r is None else pair_f1(p, r)
        if f1.sum() > best.sum():
            best = f1
    return int(exact), float(round(numpy.mean(best), 2))


WRITTEN = [
    "", " ", "the", "The 3", "3", "3.0", "03", "+3", "1,234", "1234", "1e3", "1_000", "1__0", "_1", "nan", "NaN", "inf",
    "-5", "5-4", "3%", "$20", "20.", ".5", "-", "--", "A. N. Other", "an apple a day", "a-the-an", "Ann's", "the’s",
    "Ärger über Öl", "ÉCOLE", "İstanbul", "Jo  Park", " Jo\tPark ", "Jo\u00a0Park", "4 May 1871", "  1903", "U.S.",
    "twenty-one", "21-yard", "thea", "atheist an", "1.5e400", "1e-400", "0x10", "1/2", "½", "10 10 10", "Infinity",
    "nan(1)",
]
WORDS = ["the", "a", "goal", "Goals", "3", "3.0", "12", "12-yard", "field", "Ann", "ann", "Wells,", "(Park)", "1,000", "-7"]


def cases():
    spans = WRITTEN
    for span in spans:
        yield [span], [span]
    rng = random.Random(0)
    for _ in range(150):
        yield [rng.choice(spans)], [rng.choice(spans)]
    for _ in range(350):
        sides = [[" ".join(rng.choices(WORDS, k=rng.randint(0, 4))) for _ in range(rng.randint(1, 5))] for _ in range(2)]
        yield sides[0], sides[1]


def main():
    records = []
    for predicted, reference in cases():
        exact, f1 = score(predicted, reference)
        records.append({"predicted": predicted, "reference": reference, "exact_match": exact, "f1": f1})
    normalized = {span: normalize(span) for span in WRITTEN}
    content = {"made_with": f"Python {platform.python_version()}, numpy {NUMPY}", "normalized": normalized}
    text = json.dumps(content, ensure_ascii=False)[:-1] + ', "scores": [\n'
    text += ",\n".join(json.dumps(record, ensure_ascii=False) for record in records) + "\n]}\n"
    (HERE / "drop_metrics.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if numpy.__version__ != NUMPY:
        sys.exit(f"this is numpy {numpy.__version__}; install numpy=={NUMPY}")
    main()
