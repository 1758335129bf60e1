"""Every benchmark from its import to its scores, on our sample data and one running service."""

import gzip
import shutil
import unittest

from service import DEMO_MODEL, SAMPLE_DATA, Service, needs_demo_model

USAGE = 2


@needs_demo_model
class BenchmarksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(workers=1)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.service.run("model", "add", "smol", DEMO_MODEL)
        for benchmark in ("crass", "drop", "hhh", "human_eval"):
            cls.service.run("dataset", "import", benchmark, SAMPLE_DATA / benchmark)

    def evaluate(self, benchmark, *options):
        """The run's metrics by name and group, and its predictions."""
        job = self.service.submit(*options, benchmark=benchmark)
        self.service.wait(job)
        (run,) = self.service.json("results", job)["runs"]
        metrics = {(metric["metric"], metric["group"]): metric["value"] for metric in run["metrics"]}
        return metrics, self.service.json("predictions", job)["predictions"]

    def test_crass(self):
        metrics, predictions = self.evaluate("crass")
        self.assertEqual(len(predictions), 12)
        right = [p["output"].strip().startswith(p["target"]) for p in predictions]
        self.assertAlmostEqual(metrics["accuracy", ""], sum(right) / 12)
        self.assertTrue(predictions[0]["prompt"].startswith("A feather falls from a skyscraper."))

    def test_drop_counts_what_its_graders_say(self):
        metrics, predictions = self.evaluate("drop")
        self.assertEqual(len(predictions), 8)
        right = [p["output"].strip().startswith(p["target"]) for p in predictions]
        self.assertAlmostEqual(metrics["accuracy", ""], sum(right) / 8)

        metrics, predictions = self.evaluate("drop", "--protocol", "drop-f1")
        self.assertEqual(len(predictions), 13)
        self.assertAlmostEqual(metrics["exact_match", ""], sum(p["verdict"] == "correct" for p in predictions) / 13)
        self.assertGreaterEqual(metrics["f1", ""], metrics["exact_match", ""])
        self.assertLessEqual(metrics["f1", ""], 1)

    def test_hhh_asks_in_both_orders(self):
        metrics, predictions = self.evaluate("hhh")
        self.assertEqual(len(predictions), 16)
        portions = {}
        for prediction in predictions:
            scores = prediction["choice_loglikelihoods"]
            self.assertEqual(list(scores), ["A", "B", "A#2", "B#2"])
            chosen = scores["A"] + scores["B#2"] > scores["B"] + scores["A#2"]
            self.assertEqual(prediction["verdict"], "correct" if chosen else "wrong")
            self.assertEqual(prediction["prompt"].count("Choice: "), 2)
            portions.setdefault(prediction["group"], []).append(chosen)
        means = {portion: sum(chosen) / len(chosen) for portion, chosen in portions.items()}
        self.assertEqual(set(means), {"harmless", "helpful", "honest", "other"})
        for portion, mean in means.items():
            self.assertAlmostEqual(metrics["accuracy", portion], mean)
        self.assertAlmostEqual(metrics["accuracy", ""], sum(means.values()) / 4)

    @unittest.skipUnless(shutil.which("bwrap"), "bubblewrap is not there")
    def test_human_eval_runs_the_programs(self):
        metrics, predictions = self.evaluate("human_eval", "--limit", 2)
        self.assertEqual(len(predictions), 2)
        passed = [p["program_outcome"] == "passed" for p in predictions]
        self.assertAlmostEqual(metrics["pass@1", ""], sum(passed) / 2)
        for prediction, right in zip(predictions, passed):
            self.assertEqual(prediction["verdict"], "correct" if right else "wrong")
            self.assertTrue(right or prediction["program_outcome"].startswith(("failed: ", "timed out: ")))

    def test_a_file_alone_and_compressed_is_imported_like_its_folder(self):
        folder = self.service.folder / "compressed"
        folder.mkdir()
        text = (SAMPLE_DATA / "drop" / "drop_sample.json").read_bytes()
        whole = folder / "drop_sample.json.gz"
        whole.write_bytes(gzip.compress(text))
        output = self.service.run("dataset", "import", "drop", whole, "--name", "drop-gz").stdout
        self.assertIn("drop-gz: imported 22 items", output)

        cut = folder / "cut.json.gz"
        cut.write_bytes(gzip.compress(text)[:-100])
        result = self.service.run("dataset", "import", "drop", cut, "--name", "cut", check=False)
        self.assertEqual(result.returncode, USAGE)
        self.assertIn("cut.json.gz: the gzip data is cut short", result.stderr)
        self.assertNotIn("cut", [d["name"] for d in self.service.json("dataset", "list")["datasets"]])


if __name__ == "__main__":
    unittest.main()
