"""Every benchmark from its import to its scores, on our sample data and one running service."""

import gzip
import shutil
import unittest

from service import DEMO_MODEL, SAMPLE_DATA, Service, needs_demo_model

FAILED = 1
USAGE = 2
NOT_FOUND = 4


@needs_demo_model
class BenchmarksTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(workers=1)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.service.run("model", "add", "smol", DEMO_MODEL)
        for benchmark in ("crass", "drop", "hhh", "human_eval", "impact"):
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
        job = self.service.json("jobs")["jobs"][0]["job_id"]
        self.assertEqual(self.service.json("results", job)["runs"][0]["manifest"]["sandbox"], "namespaces")
        passed = [p["program_outcome"] == "passed" for p in predictions]
        self.assertAlmostEqual(metrics["pass@1", ""], sum(passed) / 2)
        for prediction, right in zip(predictions, passed):
            # What Python cannot compile is unparsable.
            verdicts = ("correct",) if right else ("wrong", "unparsable", "unanswered")
            self.assertIn(prediction["verdict"], verdicts)
            self.assertTrue(right or prediction["program_outcome"].startswith(("failed: ", "timed out: ")))

    def test_impact_has_answers_rated_by_judges(self):
        answers = self.service.submit("--limit", 1, "--template", "chat", benchmark="impact")
        self.service.wait(answers)
        (run,) = self.service.json("results", answers)["runs"]
        self.assertEqual(run["metrics"], [])
        written = {p["item_id"]: p for p in self.service.json("predictions", answers)["predictions"]}
        self.assertEqual(len(written), 4)
        self.assertTrue(all(p["verdict"] in ("ungraded", "unanswered") for p in written.values()))
        compared = self.service.run("compare", answers, check=False)
        self.assertEqual(compared.returncode, FAILED)
        self.assertIn("has answers and no scores; `assay judge run:", compared.stderr)

        # By the reference's way every reply is a rating; by the strict one it is what it is.
        judged = {}
        for parser in ("strict", "instructeval"):
            job = self.service.json("judge", f"run:{run['run_id']}", "--judge", "smol", "--parser", parser,
                                    "--detach")["job_id"]
            self.service.wait(job)
            results = self.service.json("results", job)["runs"]
            self.assertEqual([r["judged_run"] for r in results], [run["run_id"]] * 2)
            self.assertEqual({r["judged_model"] for r in results}, {"smol"})
            judged[parser] = job
            for result in results:
                criterion = result["protocol"].split("-")[1]
                self.assertEqual(result["manifest"]["judging"]["criterion"], criterion)
                reviews = [p for p in self.service.json("predictions", job)["predictions"]
                           if p["run_id"] == result["run_id"]]
                self.assertEqual(len(reviews), 4)
                ratings = [int(p["extracted"]) for p in reviews if p["verdict"] == "rated"]
                overall = next(m for m in result["metrics"] if m["metric"] == criterion and m["group"] == "")
                self.assertEqual(overall["unit"], "rating")
                self.assertEqual(overall["items"], len(ratings))
                self.assertEqual(overall["items"] + overall["unparsable"] + overall["unanswered"], 4)
                if ratings:
                    mean = sum(ratings) / len(ratings)
                    self.assertAlmostEqual(overall["value"], mean)
                    deviation = (sum((r - mean) ** 2 for r in ratings) / len(ratings)) ** 0.5
                    self.assertAlmostEqual(overall["deviation"], deviation)
                for review in reviews:
                    answer = written[review["item_id"]]
                    self.assertIn(answer["output"].strip(), review["prompt"])
                    task = answer["prompt"].split("user\n")[-1].split("<|im_end|>")[0]
                    self.assertEqual(task in review["prompt"], criterion == "relevance")
                    if parser == "instructeval":
                        digits = [c for c in review["output"] if c in "0123456789"]
                        expected = int(digits[-1]) if digits and digits[-1] in "12345" else 1
                        self.assertEqual(review["extracted"], str(expected))

        agreements = self.service.json("agreement", *judged.values())["agreements"]
        self.assertEqual([a["criterion"] for a in agreements], ["relevance", "coherence"])
        for measured in agreements:
            self.assertEqual(measured["judges"], ["smol", f"smol (judge-{measured['criterion']}-instructeval)"])

    def test_a_judge_needs_answers_and_a_rubric(self):
        result = self.service.run("judge", "run:999999", "--judge", "smol", check=False)
        self.assertEqual(result.returncode, NOT_FOUND)
        rubric = self.service.folder / "rubric.txt"
        rubric.write_text("Rate this text:\n{text}\n")
        result = self.service.run("judge", "run:1", "--judge", "smol", "--criteria", "coherence",
                                  "--rubric", rubric, check=False)
        self.assertEqual(result.returncode, USAGE)
        self.assertIn("rubric.txt:2: unknown placeholder", result.stderr)

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
