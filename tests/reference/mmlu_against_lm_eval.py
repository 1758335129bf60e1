#!/usr/bin/env python3
"""Compares a run of MMLU by the protocol lm-eval, in float32, with lm-evaluation-harness itself, item by item.

    mmlu_against_lm_eval.py EXPORT MODEL DATA

EXPORT is the folder that `assay export run:N --format json --output EXPORT` wrote, MODEL the same model as a Hugging Face
folder, DATA the folder with MMLU's dev/ and test/. The prompts are made here once more, as the harness's task `mmlu` makes
them from its template, and asked of its `hf` backend one by one. Run it with a Python that has lm-eval, for example that of
tests/bench/engine (ASSAY_CACHE/bench/environments/huggingface/bin/python).
"""

import csv
import json
import pathlib
import sys

import torch
from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM

LETTERS = "ABCD"
# Nats; of the sums of float32 logits over two ways to compute them.
TOLERANCE = 1e-3


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def question_of(row):
    # doc_to_text of the template: the question is stripped, the choices are not.
    choices = "".join(f"{letter}. {text}\n" for letter, text in zip(LETTERS, row[1:5]))
    return f"{row[0].strip()}\n{choices}Answer:"


def prompt_of(data, subject, index):
    shots = rows_of(data / "dev" / f"{subject}_dev.csv")[:5]
    head = f"The following are multiple choice questions (with answers) about {subject.replace('_', ' ')}.\n\n"
    row = rows_of(data / "test" / f"{subject}_test.csv")[index]
    return head + "".join(f"{question_of(shot)} {shot[5]}\n\n" for shot in shots) + question_of(row)


def predictions_of(export):
    for path in sorted(export.glob("predictions*.jsonl")):
        with path.open(encoding="utf-8", newline="\n") as lines:
            yield from map(json.loads, lines)


def main(export, model, data):
    torch.set_num_threads(2)
    lm = HFLM(pretrained=model, device="cpu", dtype="float32", batch_size=4)
    items = other_prompts = other_letters = 0
    largest = 0.0
    for prediction in predictions_of(pathlib.Path(export)):
        _, subject, index = prediction["item_id"].split("/")
        prompt = prompt_of(pathlib.Path(data), subject, int(index))
        other_prompts += prompt != prediction["prompt"]
        scores = [score for score, _ in lm.loglikelihood(
            [Instance(request_type="loglikelihood", doc={}, arguments=(prompt, f" {letter}"), idx=i)
             for i, letter in enumerate(LETTERS)], disable_tqdm=True)]
        ours = prediction["choice_loglikelihoods"]
        largest = max(largest, *(abs(a - b) for a, b in zip(scores, ours)))
        if scores.index(max(scores)) != ours.index(max(ours)):
            other_letters += 1
            print(f"{prediction['item_id']}: lm-eval {scores}, ours {ours}")
        items += 1
    print(f"{items} items: {other_prompts} other prompts, {other_letters} other letters, "
          f"largest difference of a log-likelihood {largest:.2e}")
    return 0 if items and not other_prompts and not other_letters and largest < TOLERANCE else 1


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
