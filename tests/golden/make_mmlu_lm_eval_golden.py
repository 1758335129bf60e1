#!/usr/bin/env python3
"""Writes mmlu_lm_eval.json: MMLU's prompts by lm-evaluation-harness's own code and task definitions.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install lm_eval==0.4.13
    /tmp/golden/bin/python tests/golden/make_mmlu_lm_eval_golden.py [FOLDER_OF_MMLU]

Only the download is replaced: the documents come from our files. With the folder of the real MMLU, the digests of its
prompts are in the file too.
"""

import csv
import importlib.metadata
import pathlib
import sys

import datasets
import lm_eval
import yaml
from lm_eval.api.task import ConfigurableTask

import mmlu_golden

LM_EVAL = "0.4.13"
TASKS = pathlib.Path(lm_eval.__file__).parent / "tasks" / "mmlu" / "default"


class OfflineTask(ConfigurableTask):
    """A task of the harness whose documents come from two CSV files."""

    def __init__(self, config, folder, subject):
        self.folder = folder
        self.subject = subject
        super().__init__(config=config)

    def download(self, *arguments, **options):
        self.dataset = datasets.DatasetDict({split: self.read(split) for split in ("dev", "test")})

    def read(self, split):
        path = self.folder / split / f"{self.subject}_{split}.csv"
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        return datasets.Dataset.from_list(
            [{"question": row[0], "choices": row[1:5], "answer": "ABCD".index(row[5])} for row in rows])


def prompts(folder, subject):
    """The 5-shot prompt of each row of the subject's test file."""
    config = yaml.safe_load((TASKS / "_default_template_yaml").read_text())
    config |= yaml.safe_load((TASKS / f"mmlu_{subject}.yaml").read_text())
    del config["include"]
    task = OfflineTask(config, folder, subject)
    result = []
    for document in task.test_docs():
        context = task.fewshot_context(document, num_fewshot=5)
        requests = task.construct_requests(
            document, context, metadata=("mmlu", 0, 1), apply_chat_template=False, chat_template=None)
        continuations = [request.arguments for request in requests]
        assert continuations == [(context, f" {letter}") for letter in "ABCD"], continuations
        result.append(context)
    return result


if __name__ == "__main__":
    version = importlib.metadata.version("lm_eval")
    if version != LM_EVAL:
        sys.exit(f"this is lm_eval {version}; install lm_eval=={LM_EVAL}")
    mmlu_golden.write("mmlu_lm_eval.json", f"lm_eval {LM_EVAL}", prompts, sys.argv[1:])
