"""The worked examples of docs/own_benchmark.md, from their files to their scores, on a running service."""

import unittest

from service import DEMO_MODEL, ROOT, Service, needs_demo_model

EXAMPLES = ROOT / "docs/examples"
USAGE, FAILED, NOT_FOUND = 2, 1, 4


class CheckTest(unittest.TestCase):
    """`assay benchmark check` needs no service."""

    def setUp(self):
        self.service = Service()
        self.addCleanup(self.service.close)
        self.service.address = "127.0.0.1:1"

    def test_shows_what_is_asked(self):
        output = self.service.run("benchmark", "check", EXAMPLES / "capitals/capitals.yaml", "--items", 1).stdout
        self.assertIn("capitals version 1", output)
        self.assertIn("12 items and 8 examples in 4 groups, from 2 files", output)
        self.assertIn("What is the capital of Ghana?\nA. Kumasi\nB. Accra\nC. Tamale\nD. Cape Coast\nAnswer:", output)
        self.assertIn('" Kumasi", " Accra"', output)
        self.assertIn("nothing is wrong", output)

    def test_tells_every_mistake(self):
        text = (EXAMPLES / "sums/sums.yaml").read_text()
        broken = self.service.folder / "broken.yaml"
        broken.write_text(text.replace("request: generate", "request: generat").replace("{asked}", "{ask}"))
        result = self.service.run("benchmark", "check", broken, check=False)
        self.assertEqual(result.returncode, USAGE)
        self.assertEqual(result.stderr.count('did you mean "generate"?'), 2)
        self.assertEqual(result.stderr.count('did you mean "asked"?'), 2)
        self.assertIn(f"{broken}:", result.stderr)

        data = self.service.folder / "sums.jsonl"
        data.write_text('{"id": "a", "story": "s", "question": {"text": "t"}}\n[]\n')
        result = self.service.run("benchmark", "check", EXAMPLES / "sums/sums.yaml", "--data", data, check=False)
        self.assertEqual(result.returncode, USAGE)
        self.assertIn('sums.jsonl:1: the record has no "question.answers"', result.stderr)
        self.assertIn("sums.jsonl:2: the record is an array where it must be an object", result.stderr)


@needs_demo_model
class OwnBenchmarkTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(workers=1)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.service.run("model", "add", "smol", DEMO_MODEL)

    def add(self, name):
        self.service.run("benchmark", "add", EXAMPLES / name / f"{name}.yaml")
        self.service.run("dataset", "import", name, EXAMPLES / name)

    def evaluate(self, benchmark, *options):
        """The run's metrics by name and group, its predictions and its manifest."""
        job = self.service.submit(*options, benchmark=benchmark)
        self.service.wait(job)
        (run,) = self.service.json("results", job)["runs"]
        metrics = {(metric["metric"], metric["group"]): metric["value"] for metric in run["metrics"]}
        return metrics, self.service.json("predictions", job)["predictions"], run["manifest"]

    def test_multiple_choice_by_log_likelihood(self):
        self.add("capitals")
        metrics, predictions, manifest = self.evaluate("capitals")
        self.assertEqual(len(predictions), 12)
        self.assertEqual(manifest["benchmark"]["version"], 1)
        groups = {}
        for prediction in predictions:
            scores = prediction["choice_loglikelihoods"]
            self.assertEqual(set(scores) | {"D"}, {"A", "B", "C", "D"})
            self.assertEqual(prediction["shots_used"], 2)
            right = max(scores, key=scores.get) == prediction["target"]
            self.assertEqual(prediction["verdict"], "correct" if right else "wrong")
            groups.setdefault(prediction["group"], []).append(right)
        self.assertEqual(set(groups), {"Africa", "America", "Asia", "Europe"})
        self.assertAlmostEqual(metrics["accuracy", ""], sum(sum(g) / len(g) for g in groups.values()) / 4)
        self.assertAlmostEqual(metrics["accuracy", "hemisphere:western"], metrics["accuracy", "America"])
        self.assertTrue(predictions[0]["prompt"].startswith("The following are questions about capitals in "))

        _, predictions, _ = self.evaluate("capitals", "--protocol", "cloze", "--limit", 1)
        self.assertEqual(len(predictions), 4)
        self.assertEqual({p["prompt"].split(" of ")[0] for p in predictions}, {"The capital"})

    def test_free_text_with_examples(self):
        self.add("sums")
        metrics, predictions, _ = self.evaluate("sums")
        self.assertEqual(len(predictions), 10)
        self.assertEqual({p["shots_used"] for p in predictions}, {2})
        self.assertTrue(predictions[0]["prompt"].startswith("Story: Ada has 2 pens. She buys 3 more.\n"))
        self.assertAlmostEqual(metrics["accuracy", ""], sum(p["verdict"] == "correct" for p in predictions) / 10)
        for prediction in predictions:  # graded up to the first line's end
            self.assertNotIn("\n", prediction["extracted"])

        metrics, predictions, _ = self.evaluate("sums", "--protocol", "exact")
        self.assertEqual(len(predictions), 7)  # three are the examples of the others
        self.assertIn(("exact", ""), metrics)

    def test_versions_are_kept_and_used_ones_stay(self):
        folder = self.service.folder / "versions"
        folder.mkdir()
        text = (EXAMPLES / "sums/sums.yaml").read_text().replace("name: sums", "name: more_sums")
        file = folder / "more_sums.yaml"
        file.write_text(text)
        self.service.run("benchmark", "add", file)
        self.assertIn("was added before", self.service.run("benchmark", "add", file).stdout)
        self.service.run("dataset", "import", "more_sums", EXAMPLES / "sums")
        _, first, manifest = self.evaluate("more_sums", "--limit", 1)
        self.assertEqual(manifest["benchmark"]["version"], 1)

        file.write_text(text.replace("Answer:", "Result:"))
        result = self.service.run("benchmark", "add", file, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("give the new text version 2", result.stderr)
        file.write_text(text.replace("Answer:", "Result:").replace("version: 1", "version: 2"))
        self.service.run("benchmark", "add", file)
        _, second, manifest = self.evaluate("more_sums", "--limit", 1)
        self.assertEqual(manifest["benchmark"]["version"], 2)
        self.assertTrue(first[0]["prompt"].endswith("Answer:"))
        self.assertTrue(second[0]["prompt"].endswith("Result:"))

        # Items that were read by other rules are not used.
        file.write_text(text.replace("version: 1", "version: 3").replace("asked: question.text", "asked: story"))
        self.service.run("benchmark", "add", file)
        result = self.service.run("eval", "--model", "smol", "--benchmark", "more_sums", "--dry-run", check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("assay dataset import more_sums PATH", result.stderr)

        result = self.service.run("benchmark", "remove", "more_sums", check=False)
        self.assertEqual(result.returncode, FAILED)
        self.assertIn("version 1 of benchmark \"more_sums\" is used by 1 runs", result.stderr)
        self.service.run("benchmark", "remove", "more_sums", "--version", 3)
        shown = self.service.run("benchmark", "show", "more_sums").stdout
        self.assertIn("version: 2", shown)
        listed = [b for b in self.service.json("benchmark", "list")["benchmarks"] if b["benchmark"] == "more_sums"]
        self.assertEqual({b["version"] for b in listed}, {2})

    def test_what_is_not_there(self):
        self.assertEqual(self.service.run("benchmark", "show", "nothing", check=False).returncode, NOT_FOUND)
        self.assertEqual(self.service.run("benchmark", "remove", "nothing", check=False).returncode, NOT_FOUND)
        taken = self.service.folder / "mmlu.yaml"
        taken.write_text((EXAMPLES / "sums/sums.yaml").read_text().replace("name: sums", "name: mmlu"))
        result = self.service.run("benchmark", "add", taken, check=False)
        self.assertIn("is that of a benchmark of the program", result.stderr)
        self.assertIn("name: bbh", self.service.run("benchmark", "show", "bbh").stdout)


if __name__ == "__main__":
    unittest.main()
