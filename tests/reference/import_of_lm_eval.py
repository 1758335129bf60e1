#!/usr/bin/env python3
"""Runs lm-evaluation-harness itself with its `hf` backend, imports what it wrote, and compares the scores.

    import_of_lm_eval.py MODEL [--limit N]

MODEL is a Hugging Face folder, such as tests/bench/engine makes of the demo model. Run it with a Python that has lm-eval
(ASSAY_CACHE/bench/environments/huggingface/bin/python). The tasks are lm-eval's own definitions of a BBH task by few-shot and of DROP, and
one over the data of docs/examples/capitals; only the place of their data is another, the sample data here, since nothing is downloaded.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import lm_eval

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))

from service import SAMPLE_DATA, Service  # noqa: E402

TASKS = pathlib.Path(lm_eval.__file__).parent / "tasks"
CAPITALS = ROOT / "docs/examples/capitals"

CAPITALS_TASK = """task: capitals_letters
output_type: multiple_choice
test_split: test
doc_to_text: "What is the capital of {{country}}?\\nA. {{city_1}}\\nB. {{city_2}}\\nC. {{city_3}}\\nD. {{city_4}}\\nAnswer:"
doc_to_choice: ["A", "B", "C", "D"]
doc_to_target: "{{ [city_1, city_2, city_3, city_4].index(capital) }}"
metric_list:
  - metric: acc
"""


def with_data(definition, kind, files):
    """A task's definition, with its data from these files."""
    lines = [line for line in definition.splitlines() if not re.match("(dataset_path|dataset_name|include):", line)]
    sources = ", ".join(f"{split}: {path}" for split, path in files.items())
    return "\n".join([f"dataset_path: {kind}", "dataset_kwargs:", f"  data_files: {{{sources}}}", *lines]) + "\n"


def write_tasks(folder):
    folder.mkdir()
    examples = json.loads((SAMPLE_DATA / "bbh/boolean_expressions.json").read_text())["examples"]
    (folder / "bbh.jsonl").write_text("".join(json.dumps(example) + "\n" for example in examples))
    bbh = TASKS / "bbh/fewshot"
    definition = (bbh / "_fewshot_template_yaml").read_text() + (bbh / "boolean_expressions.yaml").read_text()
    (folder / "bbh.yaml").write_text(with_data(definition, "json", {"test": folder / "bbh.jsonl"}))

    with open(folder / "drop.jsonl", "w") as file:
        for passage in json.loads((SAMPLE_DATA / "drop/drop_sample.json").read_text()).values():
            for pair in passage["qa_pairs"]:
                answers = pair["validated_answers"]
                file.write(json.dumps({
                    "passage": passage["passage"], "question": pair["question"], "query_id": pair["query_id"],
                    "answer": pair["answer"],
                    "validated_answers": {key: [answer[key] for answer in answers] for key in ("number", "date", "spans")},
                }) + "\n")
    shutil.copy(TASKS / "drop/utils.py", folder)
    files = {split: folder / "drop.jsonl" for split in ("train", "validation")}
    (folder / "drop.yaml").write_text(with_data((TASKS / "drop/default.yaml").read_text(), "json", files))
    (folder / "capitals.yaml").write_text(with_data(CAPITALS_TASK, "csv", {"test": CAPITALS / "questions.csv"}))
    return ["bbh_fewshot_boolean_expressions", "drop", "capitals_letters"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--limit", default="5")
    arguments = parser.parse_args()
    with Service(workers=0) as service:
        service.run("dataset", "import", "bbh", SAMPLE_DATA / "bbh")
        service.run("dataset", "import", "drop", SAMPLE_DATA / "drop/drop_sample.json")
        service.run("benchmark", "add", CAPITALS / "capitals.yaml")
        service.run("dataset", "import", "capitals", CAPITALS)
        tasks, output = write_tasks(service.folder / "tasks"), service.folder / "out"
        subprocess.run(
            [sys.executable, "-m", "lm_eval", "--model", "hf", "--model_args", f"pretrained={arguments.model},dtype=float32",
             "--device", "cpu", "--batch_size", "4", "--tasks", ",".join(tasks), "--include_path", service.folder / "tasks",
             "--limit", arguments.limit, "--log_samples", "--output_path", output],
            check=True, env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(service.folder / "hf")})
        print(service.run("import", "lm-eval", output, "--model", "imported").stdout, end="")
        (results_file,) = output.rglob("results_*.json")
        results = json.loads(results_file.read_text())["results"]
        runs = service.json("results", 1)["runs"]
        assert len(runs) == len(tasks), runs
        for run in runs:
            (task,) = [task for task in tasks if run["protocol"] == f"lm-eval/{task}"]
            (value,) = {value for name, value in results[task].items()
                        if name.startswith(run["manifest"]["grading"]["grader"].removeprefix("lm-eval/") + ",")}
            # lm-eval has the mean over all documents; a benchmark of ours may report that over its groups.
            overall = [metric for metric in run["metrics"] if metric["group"] == ""]
            metric = next((metric for metric in overall if metric["metric"].endswith("_micro")), overall[0])
            print(f"{task}: {run['items']} items, {run['precision']}, {metric['metric']} {metric['value']:.4f}, lm-eval's {value:.4f}")
            assert abs(metric["value"] - value) < 1e-9 and run["items"] == results[task].get("sample_len", run["items"])
            service.run("rescore", f"run:{run['run_id']}")
        print("each can be graded by our own graders as well")


if __name__ == "__main__":
    main()
