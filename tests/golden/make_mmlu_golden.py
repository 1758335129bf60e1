#!/usr/bin/env python3
"""Writes mmlu_instructeval.json: MMLU's prompts by real pandas and str.format, as INSTRUCTEVAL's reference code makes them.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install pandas==2.2.3
    /tmp/golden/bin/python tests/golden/make_mmlu_golden.py [FOLDER_OF_MMLU]

With the folder of the real MMLU (dev/ and test/), the digests of its prompts are in the file too.
"""

import sys

import pandas

import mmlu_golden

PANDAS = "2.2.3"


def prompts(folder, subject):
    """The 5-shot prompt of each row of the subject's test file."""
    test = pandas.read_csv(folder / "test" / f"{subject}_test.csv", header=None)
    dev = pandas.read_csv(folder / "dev" / f"{subject}_dev.csv", header=None)[:5]

    def question(frame, row):
        text = "{}".format(frame.iloc[row, 0])
        for column, letter in enumerate("ABCD", start=1):
            text += "\n{}. {}".format(letter, frame.iloc[row, column])
        return text + "\nAnswer:"

    words = "".join(" " + word for word in subject.split("_"))
    head = f"The following are multiple choice questions (with answers) about {words}.\n\n"
    for row in range(len(dev)):
        head += question(dev, row) + " {}\n\n".format(dev.iloc[row, 5])
    return [head + question(test, row) for row in range(len(test))]


if __name__ == "__main__":
    if pandas.__version__ != PANDAS:
        sys.exit(f"this is pandas {pandas.__version__}; install pandas=={PANDAS}")
    mmlu_golden.write("mmlu_instructeval.json", f"pandas {PANDAS}", prompts, sys.argv[1:])
