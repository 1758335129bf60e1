"""Runs that are graded again, exported and imported, on running services."""

import csv
import json
import os
import pathlib
import shutil
import subprocess
import unittest

from service import CACHE, DEMO_MODEL, SAMPLE_DATA, Service, needs_demo_model

USAGE = 2
FAILED = 1
# Environments that have lm-eval and every_eval_ever (their packages are read, nothing is run).
LM_EVAL = pathlib.Path(os.environ.get("ASSAY_LM_EVAL_PYTHON", CACHE / "bench/environments/huggingface/bin/python"))
SCHEMA = pathlib.Path(os.environ.get("ASSAY_EVERY_EVAL_EVER_SCHEMA", CACHE / "exchange/eval.schema.json"))

# Reads an export as lm-eval's own code does: file names by its loaders' rules, samples as a data set.
LM_EVAL_READER = """
import json, pathlib, sys
from lm_eval.utils import (get_file_datetime, get_file_task_name, get_results_filenames,
                           get_sample_results_filenames, make_table)
folder = pathlib.Path(sys.argv[1])
files = [str(path) for path in folder.rglob("*.json*")]
(results_file,) = get_results_filenames(files)
results = json.loads(pathlib.Path(results_file).read_text())
table = make_table(results)
groups = make_table(results, "groups") if "groups" in results else ""
tasks = {}
for file in get_sample_results_filenames(files):
    name = pathlib.Path(file).name
    task = get_file_task_name(name)
    assert f"results_{get_file_datetime(name)}.json" == pathlib.Path(results_file).name, name
    samples = [json.loads(line) for line in open(file)]
    required = {"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics", "doc_hash",
                "prompt_hash", "target_hash"}
    for sample in samples:
        assert required <= set(sample), set(sample)
        assert set(sample["metrics"]) <= set(sample)
    tasks[task] = [len(samples), sum(s[s["metrics"][0]] for s in samples) / len(samples)]
print(json.dumps({"tasks": tasks, "results": results["results"], "table": table, "groups": groups}))
"""


# A task of lm-eval over a file of ours; its model "dummy" answers at random and needs no weights.
LM_EVAL_TASK = """task: mmlu_nutrition
dataset_path: json
dataset_kwargs:
  data_files:
    test: {data}
test_split: test
output_type: multiple_choice
doc_to_text: "{{{{question.strip()}}}}\\nAnswer:"
doc_to_choice: ["A", "B", "C", "D"]
doc_to_target: answer
metric_list:
  - metric: acc
"""


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def comparable(document):
    """export.json without what another service must number or note anew."""
    document = json.loads(document)
    for run in document["runs"]:
        for key in ("run_id", "job_id"):
            run["run"]["spec"].pop(key), run["manifest"].pop(key)
        run["run"].pop("origin_json", None)
        run["manifest"].pop("imported", None)
    return document


@needs_demo_model
class ExchangeTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(workers=1)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.service.add_samples()
        cls.service.run("dataset", "import", "human_eval", SAMPLE_DATA / "human_eval")
        cls.job = cls.service.submit("--limit", 4)
        cls.lm_eval_job = cls.service.submit("--limit", 4, "--protocol", "lm-eval", benchmark="mmlu")
        cls.service.wait(cls.job)
        cls.service.wait(cls.lm_eval_job)

    def setUp(self):
        self.folder = self.service.folder / self.id().rsplit(".", 1)[-1]
        self.folder.mkdir()

    def export(self, runs, form, name="out", service=None):
        output = self.folder / name
        (service or self.service).run("export", runs, "--format", form, "--output", output)
        return output

    def refused(self, *arguments, code=USAGE, service=None):
        service = service or self.service
        jobs = service.run("jobs").stdout
        result = service.run(*arguments, check=False)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertEqual(service.run("jobs").stdout, jobs, "something was imported")
        return result.stderr

    def test_rescoring_changes_only_what_it_says(self):
        before = self.service.json("results", self.job)["runs"]
        (row,) = self.service.json("rescore", f"run:{before[1]['run_id']}")["runs"]
        self.assertEqual((row["grader"], row["changed"]), ("starts_with", 0))
        after = self.service.json("results", self.job)["runs"]
        self.assertEqual(before[1]["metrics"], after[1]["metrics"])
        self.assertEqual(before[0]["manifest"], after[0]["manifest"])
        self.assertIn("rescored", after[1]["manifest"]["grading"])
        self.service.run("rescore", f"run:{before[1]['run_id']}", "--grader", "exact_match")
        graders = {run["dataset"]: run["manifest"]["grading"]["grader"]
                   for run in self.service.json("results", self.job)["runs"]}
        self.assertEqual(graders, {"mmlu": "starts_with", "bbh": "exact_match"})
        self.service.run("rescore", self.job)
        self.assertEqual(self.service.json("results", self.job)["runs"][1]["metrics"], before[1]["metrics"])
        self.assertIn("cannot grade what run", self.refused("rescore", self.job, "--grader", "hhh", code=FAILED))
        self.assertIn("there are:", self.refused("rescore", self.job, "--grader", "best", code=4))

    def test_a_round_trip_loses_nothing(self):
        run = self.service.json("results", self.job)["runs"][1]["run_id"]
        self.addCleanup(self.service.run, "rescore", self.job)
        self.service.run("rescore", f"run:{run}", "--grader", "exact_match")
        exports = {form: self.export(self.job, form, form) for form in ("json", "csv", "parquet")}
        with Service(workers=0) as empty:
            for form, export in exports.items():
                empty.run("import", "assay", export)
                again = self.export(len(empty.json("jobs")["jobs"]), form, f"{form}-again", empty)
                first, second = files_of(export), files_of(again)
                self.assertEqual(sorted(first), sorted(second))
                self.assertEqual(comparable(first.pop("export.json")), comparable(second.pop("export.json")))
                self.assertEqual(first, second)
                self.assertGreater(sum(name.startswith("items-") for name in first), 1)
            results = empty.json("results", 1)["runs"]
            origin = results[0]["manifest"]["imported"]
            self.assertEqual((origin["format"], origin["job_id"]), ("assay", self.job))
            self.assertEqual([run["metrics"] for run in results],
                             [run["metrics"] for run in self.service.json("results", self.job)["runs"]])
            # Imported runs join comparisons, and the files of the data set are still what they were.
            empty.run("compare", 1, 2, "--benchmark", "mmlu")
            self.assertIn("imported", empty.run("dataset", "import", "bbh", SAMPLE_DATA / "bbh").stdout)
            with open(exports["csv"] / "other_scores.csv", newline="") as file:
                self.assertEqual([row["grader"] for row in csv.DictReader(file)], ["starts_with"] * 12)

    @unittest.skipUnless(LM_EVAL.exists(), f"pyarrow is not at {LM_EVAL}: tests/bench/README.md tells how to install it")
    def test_other_programs_read_our_parquet_files(self):
        parquet, lines = self.export(self.job, "parquet", "p"), self.export(self.job, "json", "j")
        read = json.loads(subprocess.run(
            [LM_EVAL, "-c", "import json, sys, pyarrow.parquet as p; print(json.dumps(p.read_table(sys.argv[1]).to_pylist()))",
             parquet / "predictions.parquet"], capture_output=True, text=True, check=True).stdout)
        rows = [json.loads(line) for line in (lines / "predictions.jsonl").read_text().splitlines()]
        self.assertEqual(len(read), len(rows))
        for row, expected in zip(read, rows):
            for name in ("choices", "output_token_ids", "choice_loglikelihoods"):
                row[name] = json.loads(row[name])
            self.assertEqual(row, expected)

    def test_damaged_exports_are_refused_whole(self):
        export = self.export(self.job, "json")
        csv_export = self.export(self.job, "csv", "csv")

        def damaged(name, change, source=export):
            copy = self.folder / "damaged"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(source, copy)
            path = copy / name
            path.write_bytes(change(path.read_bytes()))
            return self.refused("import", "assay", copy)

        lines = (export / "predictions.jsonl").read_bytes().splitlines(keepends=True)
        last = len(lines)
        self.assertIn(f"predictions.jsonl:{last}: is not a whole JSON object",
                      damaged("predictions.jsonl", lambda data: data[:-20]))
        self.assertIn("predictions.jsonl:2: item", damaged("predictions.jsonl", lambda _: lines[0] + lines[0]))
        self.assertIn("predictions.jsonl:1: column prompt_tokens: is not a whole number",
                      damaged("predictions.jsonl", lambda data: data.replace(lines[0], json.dumps(
                          {**json.loads(lines[0]), "prompt_tokens": "x"}).encode() + b"\n", 1)))
        self.assertIn("predictions.jsonl:1: ", damaged("predictions.jsonl", lambda d: d.replace(
            lines[0], lines[0].replace(b'"shots_used":', b'"shots_used":NaN,"z":', 1), 1)))
        self.assertIn("predictions.jsonl:1: unknown key", damaged("predictions.jsonl", lambda d: d.replace(
            b'"output":', b'"outpout":', 1)))
        self.assertIn("export.json: is no JSON object", damaged("export.json", lambda data: data[:-100]))
        self.assertIn("there is no item", damaged("predictions.jsonl", lambda data: data.replace(
            b'"item_id":"mmlu/', b'"item_id":"mmlx/', 1)))
        self.assertIn("has other items here", damaged("items-1.jsonl", lambda data: data.replace(b"the", b"teh", 1)))
        self.assertIn("the file is cut short",
                      damaged("predictions.csv", lambda data: data[:-1], csv_export))
        self.assertIn("predictions.csv:1: unknown column", damaged(
            "predictions.csv", lambda data: data.replace(b"item_id", b"item", 1), csv_export))
        long = self.folder / "damaged/predictions.jsonl"
        shutil.rmtree(long.parent, ignore_errors=True)
        shutil.copytree(export, long.parent)
        with open(long, "wb") as file:
            file.truncate(1 << 31)  # one line of NUL bytes
        self.assertIn("predictions.jsonl:1: has more than", self.refused("import", "assay", long.parent))

    def test_lm_evals_files_come_back(self):
        export = self.export(self.lm_eval_job, "lm-eval")
        output = self.service.run("import", "lm-eval", export, "--model", "imported-smol").stdout
        job = int(output.split("job ")[1].split(":")[0])
        (run,) = self.service.json("results", job)["runs"]
        (own,) = self.service.json("results", self.lm_eval_job)["runs"]
        self.assertEqual(run["metrics"], own["metrics"])
        self.assertTrue(run["manifest"]["engine"].startswith("imported/lm-eval "))
        self.assertEqual(len(run["manifest"]["imported"]["sha256"]), 64)
        ((pair,),) = [c["pairs"] for c in self.service.json("compare", self.lm_eval_job, job)["comparisons"]]
        self.assertEqual(pair["difference"], 0)
        scores = [[p["item_id"], p["choice_loglikelihoods"]] for p in self.service.json("predictions", job)["predictions"]]
        own_scores = [[p["item_id"], p["choice_loglikelihoods"]]
                      for p in self.service.json("predictions", self.lm_eval_job)["predictions"]]
        self.assertEqual(scores, own_scores)
        refused = self.service.run("eval", "--model", "imported-smol", "--benchmark", "mmlu", check=False)
        self.assertIn("only imported results", refused.stderr)

    def test_generated_samples_keep_lm_evals_scores(self):
        runs = self.service.json("results", self.job)["runs"]
        export = self.export(f"run:{runs[1]['run_id']}", "lm-eval")
        output = self.service.run("import", "lm-eval", export, "--model", "imported-texts").stdout
        (run,) = self.service.json("results", int(output.split("job ")[1].split(":")[0]))["runs"]
        self.assertEqual(run["protocol"], "lm-eval/bbh")
        self.assertEqual(run["manifest"]["grading"]["grader"], "lm-eval/exact_match")
        self.assertAlmostEqual(run["metrics"][0]["value"], runs[1]["metrics"][0]["value"])
        self.service.run("rescore", f"run:{run['run_id']}")

    def test_samples_that_do_not_fit_are_refused(self):
        export = self.export(self.lm_eval_job, "lm-eval")
        (samples, *_) = sorted(export.rglob("samples_*.jsonl"))
        text = samples.read_text()

        def refused(change):
            samples.write_text(change(text))
            return self.refused("import", "lm-eval", export, "--model", "bad")

        first = json.loads(text.splitlines()[0])
        unknown = json.dumps({**first, "doc": {**first["doc"], "question": "Who knows?"}}) + "\n"
        self.assertIn(f"{samples.name}:1: the document is no item", refused(lambda _: unknown))
        self.assertIn("the document is there twice", refused(lambda t: t + t.splitlines()[0] + "\n"))
        self.assertIn("is no whole JSON object", refused(lambda t: t[:-30]))
        self.assertIn("which its log-likelihoods contradict", refused(
            lambda _: json.dumps({**first, "acc": 1 - first["acc"]}) + "\n"))
        self.assertIn("a log-likelihood is NaN", refused(
            lambda _: json.dumps({**first, "resps": [[["nan", "False"]]] * 4}) + "\n"))
        self.assertIn("resps: ", refused(lambda _: json.dumps({**first, "resps": 7}) + "\n"))
        self.assertIn("doc.answer is not ours", refused(lambda _: json.dumps(
            {**first, "doc": {**first["doc"], "answer": (first["doc"]["answer"] + 1) % 4}}) + "\n"))
        self.assertNotIn("bad", [m["name"] for m in self.service.json("model", "list")["models"]])

    @unittest.skipUnless(LM_EVAL.exists(), f"lm-eval is not at {LM_EVAL}: tests/bench/README.md tells how to install it")
    def test_lm_evals_own_code_reads_ours(self):
        export = self.export(self.lm_eval_job, "lm-eval")
        read = json.loads(subprocess.run([LM_EVAL, "-c", LM_EVAL_READER, export], capture_output=True, text=True,
                                         check=True).stdout.splitlines()[-1])
        (run,) = self.service.json("results", self.lm_eval_job)["runs"]
        metrics = {metric["group"]: metric for metric in run["metrics"] if metric["metric"] == "accuracy"}
        self.assertEqual(len(read["tasks"]), 4)
        for task, (count, mean) in read["tasks"].items():
            metric = metrics[task.removeprefix("mmlu_")]
            self.assertEqual(count, metric["items"])
            self.assertAlmostEqual(mean, metric["value"])
            self.assertAlmostEqual(read["results"][task]["acc,none"], metric["value"])
            self.assertIn(task, read["table"])
        self.assertIn("mmlu", read["groups"])

    @unittest.skipUnless(LM_EVAL.exists(), f"lm-eval is not at {LM_EVAL}: tests/bench/README.md tells how to install it")
    def test_what_lm_eval_itself_writes_is_imported(self):
        (self.folder / "tasks").mkdir()
        with open(SAMPLE_DATA / "mmlu/test/nutrition_test.csv", newline="") as source, \
                open(self.folder / "data.jsonl", "w") as target:
            rows = list(csv.reader(source))
            for question, *choices, letter in rows:
                target.write(json.dumps({"question": question, "subject": "nutrition", "choices": choices,
                                         "answer": "ABCD".index(letter)}) + "\n")
        (self.folder / "tasks/task.yaml").write_text(LM_EVAL_TASK.format(data=self.folder / "data.jsonl"))
        output = self.folder / "out"
        subprocess.run([LM_EVAL, "-m", "lm_eval", "--model", "dummy", "--tasks", "mmlu_nutrition", "--include_path",
                        self.folder / "tasks", "--log_samples", "--output_path", output], check=True,
                       capture_output=True, env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(self.folder / "hf")})
        self.assertIn("--precision", self.refused("import", "lm-eval", output, "--model", "dummy"))
        imported = self.service.run("import", "lm-eval", output, "--model", "dummy", "--precision", "float32").stdout
        (run,) = self.service.json("results", int(imported.split("job ")[1].split(":")[0]))["runs"]
        (results,) = output.rglob("results_*.json")
        acc = json.loads(results.read_text())["results"]["mmlu_nutrition"]
        self.assertEqual(run["items"], len(rows))
        self.assertAlmostEqual(run["metrics"][0]["value"], acc["acc,none"])
        self.assertAlmostEqual(run["metrics"][0]["standard_error"], acc["acc_stderr,none"])
        self.assertEqual(run["manifest"]["engine"], "imported/lm-eval 0.4.13")

    def test_human_evals_samples(self):
        job = self.service.submit("--limit", 2, benchmark="human_eval")
        self.service.wait(job)
        export = self.export(job, "human-eval")
        (file,) = export.rglob("samples.jsonl")
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        predictions = self.service.json("predictions", job)["predictions"]
        self.assertEqual([sorted(line) for line in lines], [["completion", "task_id"]] * 2)
        self.assertEqual([line["completion"] for line in lines], [p["extracted"] for p in predictions])
        problems = [json.loads(line)["task_id"]
                    for line in (SAMPLE_DATA / "human_eval/sample.jsonl").read_text().splitlines()]
        self.assertLessEqual({line["task_id"] for line in lines}, set(problems))
        self.assertIn("human_eval only", self.refused("export", self.job, "--format", "human-eval", "--output",
                                                      self.folder / "other"))
        self.assertFalse((self.folder / "other").exists())

    def test_every_eval_ever(self):
        export = self.export(self.job, "every-eval-ever")
        documents = [json.loads(path.read_text()) for path in sorted(export.rglob("*.json"))]
        self.assertEqual(len(documents), 2)
        for document in documents:
            self.assertEqual(document["schema_version"], "0.3.0")
            for result in document["evaluation_results"]:
                self.assertTrue(0 <= result["score_details"]["score"] <= 1)
        if not SCHEMA.exists():
            self.skipTest(f"every_eval_ever's schema is not at {SCHEMA}: tests/system/fetch_schema fetches it")
        import jsonschema
        validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))
        for document in documents:
            self.assertEqual([error.message for error in validator.iter_errors(document)], [])

    def test_an_export_needs_a_folder_of_its_own(self):
        (self.folder / "full").mkdir()
        (self.folder / "full/file").write_text("x")
        self.assertIn("not empty", self.refused("export", self.job, "--format", "csv", "--output", self.folder / "full"))
        self.assertIn("neither a job's number", self.refused("export", "x", "--format", "csv", "--output",
                                                             self.folder / "y"))


if __name__ == "__main__":
    unittest.main()
