"""A sweep over a tiny model of every family × three benchmarks, from model folders to the leaderboard; and the registry of models.

    tests/run -R system.families                     as a test
    python3 tests/system/families_test.py            the same, and the leaderboard is printed
"""

import concurrent.futures
import csv
import json
import os
import pathlib
import shutil
import unittest

import tiny_models
from service import SAMPLE_DATA, Service

BENCHMARKS = ("mmlu", "crass", "hhh")
USAGE, NOT_FOUND = 2, 4


def put_into_cache(cache, folder, hub_id, without=()):
    """`folder` as the snapshot of a Hugging Face cache: links to blobs, and the branch main."""
    model = pathlib.Path(cache) / ("models--" + hub_id.replace("/", "--"))
    snapshot = model / "snapshots/c0ffee"
    for part in (snapshot, model / "refs", model / "blobs"):
        part.mkdir(parents=True)
    (model / "refs/main").write_text("c0ffee")
    for number, file in enumerate(sorted(folder.iterdir())):
        if file.name not in without:
            shutil.copyfile(file, model / f"blobs/{number}")
            (snapshot / file.name).symlink_to(f"../../blobs/{number}")
    return snapshot


class FamiliesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(workers=1)
        cls.addClassCleanup(cls.service.close)
        # The cache of the worker's machine, which is another than that of the client's.
        cls.worker_cache = cls.service.folder / "worker/hub"
        cls.client_cache = cls.service.folder / "client/hub"
        os.environ["HF_HUB_CACHE"] = str(cls.worker_cache)
        cls.service.start()
        os.environ["HF_HUB_CACHE"] = str(cls.client_cache)
        cls.folders = tiny_models.make(cls.service.folder / "models")
        for benchmark in BENCHMARKS:
            cls.service.run("dataset", "import", benchmark, SAMPLE_DATA / benchmark)

    def refused(self, code, *words, command):
        result = self.service.run(*command, check=False)
        self.assertEqual(result.returncode, code, (command, result.stdout, result.stderr))
        for word in words:
            self.assertIn(word, result.stderr)

    def test_one_sweep_runs_every_family(self):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda item: self.service.run("model", "add", *item), self.folders.items()))
        self.assertGreaterEqual(len(self.folders), 20)
        self.assertLessEqual(set(self.folders), {model["name"] for model in self.service.json("model", "list")["models"]})

        options = ("sweep", "--model", ",".join(self.folders), "--benchmark", ",".join(BENCHMARKS), "--limit", 2)
        runs = {(run["model"], run["benchmark"]): run for run in self.service.json(*options)["runs"]}
        self.assertEqual(set(runs), {(model, benchmark) for model in self.folders for benchmark in BENCHMARKS})
        for key, run in runs.items():
            self.assertEqual((run["state"], run["items_failed"], run["items_done"]), ("completed", 0, run["items"]), key)
            self.assertGreater(run["items"], 0, key)
        self.assertIn("nothing is left to be done", self.service.run(*options).stderr)

        rows = {row["model"]: row for row in self.service.json("leaderboard", "--partial")["rows"]}
        for name in self.folders:
            self.assertEqual(set(rows[name]["scores"]), set(BENCHMARKS), name)
        print(self.service.run("leaderboard", "--partial").stdout)
        self.check_report(rows)

    def check_report(self, rows):
        """One page and its tables, with the leaderboard's numbers."""
        folder = self.service.folder / "report"
        self.service.run("model", "facts", "set", "gpt2", "foundation=GPT-2", "method=pretrained", "parameters=1b")
        self.service.run("model", "facts", "set", "opt", "foundation=GPT-2", "method=supervised", "parameters=1b",
                         "instruction_data=none that there is")
        told = self.service.run("report", "--partial", "--output", folder, "--title", "Families").stdout
        tables = {path.stem: list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) for path in folder.glob("*.csv")}
        self.assertIn(f"report.html, and {len(tables)} tables", told)
        models = {row["model"]: row for row in tables["models_ours"]}
        self.assertLessEqual(set(self.folders), set(models))
        for name in self.folders:
            row = models[name]
            for benchmark in BENCHMARKS:
                self.assertEqual(float(row[benchmark]), rows[name]["scores"][benchmark]["value"], (name, benchmark))
        (gain,) = tables["instruction_data_ours"]
        (compared,) = (self.service.json("compare", *(f"run:{rows[name]['scores']['mmlu']['run_id']}" for name in ("opt", "gpt2")))
                       ["comparisons"])
        self.assertEqual((gain["model"], gain["base"]), ("opt", "gpt2"))
        self.assertAlmostEqual(float(gain["mmlu"]), compared["pairs"][0]["difference"])
        self.assertEqual(len(tables["correlations_ours"]), 3)
        self.assertTrue(all(int(row["models"]) >= len(self.folders) for row in tables["correlations_ours"]))

        page = (folder / "report.html").read_text(encoding="utf-8")
        self.assertGreater(page.count("<svg"), 3)
        self.assertNotRegex(page.replace("http://www.w3.org/2000/svg", ""), "https?://|<script")
        for table in tables:
            self.assertIn(f"{table}.csv", page)
        self.refused(USAGE, "is there and not empty", command=("report", "--output", folder))
        self.refused(NOT_FOUND, "baseline import", command=("report", "--only-published", "--output", folder.with_name("none")))
        self.assertFalse(folder.with_name("none").exists())
        job = min(score["run_id"] for score in rows["gpt2"]["scores"].values())
        self.service.run("report", f"run:{job}", "--output", folder.with_name("one"))

    def test_a_model_comes_from_the_cache_of_each_machine(self):
        hub_id = "EleutherAI/pythia-12b"
        self.refused(NOT_FOUND, f"huggingface-cli download {hub_id} --include", command=("model", "add", "pythia-12b"))
        folder = self.folders["gpt_neox"]
        partly = put_into_cache(self.client_cache, folder, hub_id, without=["model.safetensors"])
        self.refused(USAGE, "*.safetensors", "--revision c0ffee", command=("model", "add", "pythia-12b"))
        states = {model["name"]: model["state"] for model in self.service.json("model", "list", "--known")["models"]}
        self.assertEqual((states["pythia-12b"], states["flan-t5-xl"]), ("incomplete", "missing"))

        shutil.copyfile(folder / "model.safetensors", partly / "model.safetensors")
        (partly / "generation_config.json").write_text('{"do_sample": true, "temperature": 0.6, "eos_token_id": 1}')
        added = self.service.run("model", "add", hub_id)
        self.assertIn('{"do_sample":true,"temperature":0.6}: shown only', added.stderr)
        shown = {line["key"]: line["value"] for line in self.service.json("model", "show", "pythia-12b")["model"]}
        self.assertEqual(shown["path"], str(partly))
        self.assertEqual(shown["generation_settings"], {"do_sample": True, "temperature": 0.6})
        self.assertEqual((shown["foundation"], shown["source"]), ("Pythia", hub_id))
        self.assertIn("config.json", [file["name"] for file in shown["files"]])

        # The files are where the worker's own machine keeps them, and nowhere else.
        self.worker_cache.parent.mkdir()
        self.client_cache.rename(self.worker_cache)
        self.service.wait(self.service.submit("--limit", 1, benchmark="crass", model="pythia-12b"))

    def test_what_a_checkpoint_asks_for_is_shown_and_changes_nothing(self):
        asked = {"do_sample": True, "temperature": 3.0, "top_k": 5, "repetition_penalty": 9.0, "no_repeat_ngram_size": 1,
                 "max_length": 4, "max_new_tokens": 1, "num_beams": 4}
        self.service.run("dataset", "import", "bbh", SAMPLE_DATA / "bbh")
        predictions = {}
        for name in ("plain", "asking"):
            folder = self.service.folder / name
            shutil.copytree(self.folders["gpt2"], folder)
            (folder / "generation_config.json").unlink(missing_ok=True)
            if name == "asking":
                (folder / "generation_config.json").write_text(json.dumps(asked))
            self.service.run("model", "add", name, folder)
            jobs = [self.service.submit("--limit", 2, *options, benchmark="bbh,mmlu", model=name)
                    for options in ((), ("--temperature", 0.7, "--samples", 2))]
            for job in jobs:
                self.service.wait(job)
            predictions[name] = [{**row, "model": None} for job in jobs for row in self.service.predictions(job)]
        self.assertTrue(any(len(row["output"]) > 8 for row in predictions["plain"]))
        self.assertEqual(predictions["plain"], predictions["asking"])
        shown = {line["key"]: line["value"] for line in self.service.json("model", "show", "asking")["model"]}
        self.assertEqual(shown["generation_settings"], asked)

    def test_a_removed_model_leaves_its_results(self):
        path = self.folders["gpt2"]
        self.service.run("model", "add", "gone", path)
        job = self.service.submit("--limit", 1, benchmark="crass", model="gone")
        self.service.wait(job)
        before = self.service.predictions(job)
        self.assertIn("its 1 run stays", self.service.run("model", "remove", "gone").stdout)
        self.assertNotIn("gone", [model["name"] for model in self.service.json("model", "list")["models"]])
        self.refused(NOT_FOUND, 'model "gone" was removed', command=("eval", "--model", "gone", "--benchmark", "crass"))
        self.refused(NOT_FOUND, command=("model", "remove", "gone"))
        self.assertEqual(self.service.predictions(job), before)
        self.assertIn("gone", [row["model"] for row in self.service.json("leaderboard", "--partial")["rows"]])
        self.service.run("export", job, "--format", "csv", "--output", self.service.folder / "exported")

        moved = self.service.folder / "moved"
        shutil.copytree(path, moved)
        self.refused(USAGE, "other weights", command=("model", "add", "gone", self.folders["opt"]))
        self.service.run("model", "add", "gone", moved)
        again = self.service.submit("--limit", 1, benchmark="crass", model="gone")
        self.service.wait(again)
        self.assertEqual(self.service.predictions(again), before)


if __name__ == "__main__":
    unittest.main()
