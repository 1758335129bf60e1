"""The four workloads, as drafts: prompts in parts, from which shots can be dropped until they fit.

Prompts follow the protocols of INSTRUCTEVAL's reference implementation and, for MMLU, of lm-evaluation-harness.
"""

import csv
import dataclasses
import gzip
import json
import random

from engine_bench import paths


@dataclasses.dataclass(frozen=True)
class Draft:
    id: int
    group: str
    head: str
    shots: list
    item: str
    choices: list | None
    max_new_tokens: int
    max_input: int


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    title: str
    drafts: list  # in which the ids are the indices
    some_items: float  # share of --slow-items that engines without a prefix cache run


def evenly(items, count):
    """`count` of the items, evenly spaced, or all."""
    if count >= len(items):
        return list(items)
    return [items[i * len(items) // count] for i in range(count)]


def scaled(count, scale):
    return max(1, round(count * scale))


def folder_of(data, name):
    """The data set's folder: below --data, else the reference data, else the project's own samples; None where it is nowhere."""
    candidates = [data] if data else [paths.SHARED_DATA, paths.SAMPLE_DATA]
    return next((base / name for base in candidates if (base / name).is_dir()), None)


def read_rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def mmlu(folder, scale):
    """By letters: the log-likelihoods of " A" to " D" after five examples of the subject."""

    def question(row):
        return "\n".join([row[0].strip()] + [f"{letter}. {text}" for letter, text in zip("ABCD", row[1:5])] + ["Answer:"])

    subjects = sorted(p.name.removesuffix("_test.csv") for p in (folder / "test").glob("*_test.csv"))
    drafts = []
    for subject in evenly(subjects, 10):
        shots = [f"{question(row)} {row[5]}\n\n" for row in read_rows(folder / f"dev/{subject}_dev.csv")[:5]]
        head = f"The following are multiple choice questions (with answers) about {subject.replace('_', ' ')}.\n\n"
        for row in read_rows(folder / f"test/{subject}_test.csv")[:scaled(40, scale)]:
            drafts.append(Draft(len(drafts), subject, head, shots, question(row), [" A", " B", " C", " D"], 0, 2048))
    return drafts


def bbh(folder, scale):
    drafts = []
    for path in sorted(folder.glob("*.json")):
        examples = json.loads(path.read_text(encoding="utf-8"))["examples"]
        shots = [f"{e['input']}\nAnswer: {e['target']}\n\n" for e in examples[:3]]
        for example in examples[3:3 + scaled(10, scale)]:
            drafts.append(Draft(len(drafts), path.stem, "", shots, f"{example['input']}\nAnswer:", None, 32, 2048))
    return drafts


def read_drop(folder):
    """The questions with one answer, as (passage, question, answer), in file order."""
    for name in ("drop_dataset_dev.json", "drop_dataset_dev.reconstructed.json.gz"):
        path = folder / name
        if path.exists():
            text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            passages = json.loads(text)
            break
    else:
        return []

    def spans(answer):
        date = " ".join(answer["date"][part] for part in ("day", "month", "year") if answer.get("date", {}).get(part))
        return [s.strip() for s in answer["spans"] or [answer["number"] or date]]

    items = []
    for passage in passages.values():
        for pair in passage["qa_pairs"]:
            answers = [span for answer in [pair["answer"], *pair.get("validated_answers", [])] for span in spans(answer)]
            if len(set(answers)) == 1:
                items.append((passage["passage"].strip(), pair["question"].strip(), answers[0]))
    return items


def drop(folder, scale):
    """Whole passages with all their questions, evenly spaced over the file: a run over all items has them together, too."""
    items = read_drop(folder)
    if not items:
        return []
    random.seed(0)
    examples = random.sample(items, 3)
    shots = [f"{passage} {question}\nAnswer: {answer}\n\n" for passage, question, answer in examples]
    used = {passage for passage, _, _ in examples}
    by_passage = {}
    for passage, question, _ in items:
        if passage not in used:
            by_passage.setdefault(passage, []).append(question)
    count = scaled(200, scale)
    passages = evenly(list(by_passage), -(-count * len(by_passage) // sum(map(len, by_passage.values()))) + 1)
    prompts = [f"{passage} {question}\nAnswer:" for passage in passages for question in by_passage[passage]][:count]
    return [Draft(index, "drop", "", shots, prompt, None, 8, 2048) for index, prompt in enumerate(prompts)]


def humaneval(folder, scale):
    head = "Please complete the following Python code without providing any additional tasks such as testing or explanations\n"
    path = folder / "HumanEval.jsonl.gz"
    if not path.exists():
        return []
    problems = [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()]
    return [Draft(index, "humaneval", head, [], problem["prompt"], None, 256, 1360)
            for index, problem in enumerate(problems[:scaled(40, scale)])]


# Name, title, folder, maker, share of --slow-items.
ALL = (
    ("mmlu", "(a) MMLU letters", "mmlu", mmlu, 1.0),
    ("bbh", "(b) BBH", "bbh", bbh, 1.0),
    ("drop", "(c) DROP", "drop", drop, 1.0),
    ("humaneval", "(d) HumanEval", "human_eval", humaneval, 1 / 2),
)
NAMES = tuple(entry[0] for entry in ALL)


def make(names, data, scale):
    """The workloads of these names whose data is there, and a line for each that is left out."""
    made, left_out = [], []
    for name, title, folder_name, maker, some_items in ALL:
        if name not in names:
            continue
        folder = folder_of(data, folder_name)
        drafts = maker(folder, scale) if folder else []
        if drafts:
            made.append(Workload(name, title, drafts, some_items))
        else:
            left_out.append(f"{title} is left out: its data ({folder_name}) is in neither of {data or paths.SHARED_DATA}"
                            + ("" if data else f", {paths.SAMPLE_DATA}"))
    return made, left_out
