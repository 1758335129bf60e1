"""The leaderboard of a running service: what stands in its cells, and what does not; facts of models and published results."""

import csv
import io
import unittest

from service import ROOT, Service, needs_demo_model

USAGE, NOT_FOUND = 2, 4
TABLE = """Model,Foundation,Parameters (B),MMLU,BBH,DROP,CRASS,HumanEval,Average
[Smol](https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct),Llama,0.135,30.0,10.0,,,,
Human,,,89.8,94.4,94.1,98.2,,
Odd,T5,3,10,20,30,40,50,35.0
"""


@needs_demo_model
class LeaderboardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(workers=1)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.service.add_samples()
        cls.job = cls.service.submit()
        cls.service.wait(cls.job)

    def board(self, *options):
        document = self.service.json("leaderboard", *options)
        return {row["model"]: row for row in document["rows"]}, document

    def results(self, job):
        return {run["benchmark"]: next(m for m in run["metrics"] if m["group"] == "")
                for run in self.service.json("results", job)["runs"]}

    def test_cells_are_the_results_of_the_newest_whole_runs(self):
        limited = self.service.submit("--limit", 2)
        other = self.service.submit("--shots", 0, benchmark="mmlu")
        for job in (limited, other):
            self.service.wait(job)
        expected = self.results(self.job)
        rows, document = self.board()
        self.assertEqual(document["omissions"], [])
        scores = rows["smol"]["scores"]
        self.assertEqual(set(scores), {"mmlu", "bbh"})
        for benchmark, metric in expected.items():
            for key in ("value", "low", "high", "items", "errors"):
                self.assertEqual(scores[benchmark][key], metric[key], (benchmark, key))
        zero = self.board("--shots", 0)[0]["smol"]["scores"]
        self.assertEqual(set(zero), {"mmlu"})
        self.assertEqual(zero["mmlu"]["value"], self.results(other)["mmlu"]["value"])
        result = self.service.run("leaderboard", "--protocol", "lm-eval", check=False)
        self.assertIn("mmlu: 1 cell is empty", result.stderr)
        self.assertIn("--protocol", result.stderr)

        again = self.service.submit(benchmark="mmlu")
        self.service.wait(again)
        newest = self.board()[0]["smol"]["scores"]["mmlu"]
        self.assertGreater(newest["run_id"], scores["mmlu"]["run_id"])
        self.assertEqual(newest["value"], scores["mmlu"]["value"])

        (delta,) = self.service.json("leaderboard", "--shots-delta", "--benchmark", "mmlu")["shots_deltas"]
        (comparison,) = self.service.json("compare", f"run:{newest['run_id']}", f"run:{zero['mmlu']['run_id']}")["comparisons"]
        (pair,) = comparison["pairs"]
        for key in ("difference", "standard_error", "low", "high"):
            self.assertAlmostEqual(delta[key], pair[key])

        ranked = self.board("--ranks", "--sort", "mmlu")[0]["smol"]
        self.assertEqual((ranked["rank_best"], ranked["rank_worst"]), (1, 1))
        rows = list(csv.DictReader(io.StringIO(self.service.run("leaderboard", "--format", "csv", "--intervals").stdout)))
        self.assertEqual(float(rows[0]["mmlu_low"]), newest["low"])
        self.assertIn("MMLU", self.service.run("leaderboard").stdout)

    def test_facts_and_published_results_stand_beside_ours(self):
        imported = self.service.run("model", "facts", "import", ROOT / "deploy/models.yaml").stdout
        self.assertRegex(imported, r"^\d+ models: \d+ are new, 0 have changed")
        self.assertIn("0 are new, 0 have changed",
                      self.service.run("model", "facts", "import", ROOT / "deploy/models.yaml").stdout)
        self.assertIn("Flan Collection", self.service.run("model", "show", "flan-t5-xl").stdout)
        self.service.run("model", "facts", "set", "smol", "source=HuggingFaceTB/SmolLM2-135M-Instruct", "foundation=Llama",
                         "method=supervised")
        (facts,) = [f for f in self.service.json("model", "facts", "list")["facts"] if f["name"] == "smol"]
        self.assertEqual(facts["method"], "supervised")

        table = self.service.folder / "table.csv"
        table.write_text(TABLE)
        told = self.service.run("baseline", "import", table, "--source", "paper")
        self.assertIn("table.csv:4: Odd", told.stderr)
        self.assertIn("was imported before", self.service.run("baseline", "import", table, "--source", "paper").stdout)
        table.write_text(TABLE.replace("89.8", "89.9"))
        self.assertEqual(self.service.run("baseline", "import", table, check=False).returncode, USAGE)
        table.write_text(TABLE.replace("89.8", "x"))
        bad = self.service.run("baseline", "import", table, "--name", "bad", check=False)
        self.assertEqual(bad.returncode, USAGE)
        self.assertIn("table.csv:3: column 4 (MMLU)", bad.stderr)
        self.assertEqual([b["name"] for b in self.service.json("baseline", "list")["baselines"]], ["table"])

        rows, document = self.board("--baselines", "--sort", "mmlu")
        self.assertEqual([row["model"] for row in document["rows"]], ["Human", "smol", "Smol", "Odd"])
        self.assertEqual(rows["Smol"]["same_as"], "smol")
        ours, theirs = rows["smol"]["scores"]["mmlu"], rows["Smol"]["scores"]["mmlu"]
        self.assertAlmostEqual(theirs["difference"], ours["value"] - 0.3)
        self.assertEqual([row["model"] for row in self.board("--foundation", "llama", "--baselines")[1]["rows"]],
                         ["smol", "Smol"])
        self.assertEqual(self.board("--size", "1b..")[1]["rows"], [])
        self.assertEqual(set(self.board("--method", "supervised")[0]), {"smol"})
        report = self.service.folder / "report"
        self.service.run("report", "--only-published", "--output", report)
        self.assertIn("table.csv:4: Odd: the stated Average is 35.00, that of its own 5 of 5 columns is 30.00",
                      (report / "report.html").read_text(encoding="utf-8"))
        self.service.run("baseline", "remove", "table")
        self.assertEqual(self.service.run("baseline", "remove", "table", check=False).returncode, NOT_FOUND)


if __name__ == "__main__":
    unittest.main()
