"""A sweep over a tiny model of every family × three benchmarks, from model folders to the leaderboard; and the registry of models.

    tests/run -R system.families                     as a test
    python3 tests/system/families_test.py            the same, and the leaderboard is printed
"""

import concurrent.futures
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
