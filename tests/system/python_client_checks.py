"""What python_client_test.py runs with the package installed: the service is at ASSAY_COORDINATOR and has the model smol and samples."""

import math
import os
import unittest

import assay


class Checks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = assay.connect()
        cls.addClassCleanup(cls.service.close)
        cls.job = cls.service.submit("smol", ["mmlu", "bbh"], limit=3).wait(timeout=300)

    def test_a_job_is_waited_for_and_its_scores_are_a_table(self):
        self.assertEqual((self.job.state, self.job.items_failed), ("completed", 0))
        results = self.job.results()
        self.assertEqual(set(results["benchmark"]), {"mmlu", "bbh"})
        self.assertTrue(((results["low"] <= results["value"]) & (results["value"] <= results["high"])).all())
        groups = self.job.results(groups=True)
        self.assertGreater(len(groups), len(results))
        runs = self.job.runs().set_index("run_id")
        self.assertEqual(int(runs["items_done"].sum()), self.job.items)

        rows = self.job.predictions_frame(benchmark="mmlu", page_size=2)
        self.assertEqual(len(rows), int(runs[runs["benchmark"] == "mmlu"]["items"].sum()))
        (accuracy,) = results[(results["benchmark"] == "mmlu") & (results["metric"] == "accuracy")]["value"]
        self.assertAlmostEqual(rows["value"].mean(), accuracy)
        right = list(self.job.predictions(benchmark="mmlu", verdicts=["correct"]))
        self.assertEqual(len(right), int((rows["verdict"] == "correct").sum()))
        one = next(self.job.predictions(item=rows["item_id"][0]))
        self.assertIn("Answer:", one.prompt)
        scores = self.service.scores(int(rows["run_id"][0]))
        self.assertEqual(list(scores["value"]), list(rows["value"]))
        self.assertIn("Job", self.job._repr_html_())
        self.assertIn("completed", repr(self.job))

    def test_the_leaderboard_and_lists_are_tables(self):
        board = self.service.leaderboard(partial=True).pivot(index="model", columns="benchmark", values="value")
        self.assertFalse(math.isnan(board.loc["smol", "mmlu"]))
        self.assertEqual(len(self.service.leaderboard(protocol="no-such-protocol")), 0)
        self.assertEqual(list(self.service.models()["name"]), ["smol"])
        self.assertIn("instructeval", set(self.service.benchmarks()["protocol"]))
        self.assertTrue(self.service.workers()["connected"].all())
        self.assertIn(self.job.id, [job.id for job in self.service.jobs()])
        self.assertRegex(self.service.version, r"^\d")

    def test_data_sets_are_imported(self):
        folder = os.path.join(os.environ["SAMPLE_DATA"], "crass")
        self.assertEqual(self.service.import_dataset("crass", folder, name="mine"), "mine")
        with self.assertRaisesRegex(assay.InvalidArgument, "mmlu|csv|file"):
            self.service.import_dataset("mmlu", folder)

    def test_a_sweep_leaves_out_what_is_done(self):
        part = {"models": ["smol"], "benchmarks": ["mmlu"], "limit": 3}
        self.assertIsNone(self.service.sweep([part]))
        plan = self.service.plan("smol", "mmlu", limit=3, shots=0)
        self.assertEqual((len(plan), plan["shots"][0]), (1, 0))
        seen = []
        job = self.service.sweep([{**part, "shots": 0}]).wait(timeout=300, progress=seen.append)
        self.assertEqual(job.items_done, job.items)
        self.assertTrue(seen)

    def test_jobs_are_paused_and_cancelled(self):
        job = self.service.submit("smol", "bbh", reuse=False)
        self.assertTrue(job.pause().is_paused)
        with self.assertRaises(TimeoutError):
            job.wait(timeout=0.5)
        self.assertFalse(job.resume().is_paused)
        job.cancel()
        with self.assertRaisesRegex(assay.JobFailed, "cancelled"):
            job.wait(timeout=60)

    def test_mistakes_are_told(self):
        with self.assertRaisesRegex(assay.NotFound, "nobody"):
            self.service.submit("nobody", "mmlu")
        with self.assertRaisesRegex(ValueError, "bfloat16"):
            self.service.submit("smol", "mmlu", precision="half")
        with self.assertRaisesRegex(ValueError, "verdict"):
            list(self.job.predictions(verdicts=["good"]))
        with self.assertRaises(assay.NotFound):
            self.service.job(10**9)
        with self.assertRaises(assay.Unavailable):
            assay.connect("127.0.0.1:1").models()

    def test_it_goes_on_to_the_next_coordinator(self):
        with assay.connect("127.0.0.1:1," + os.environ["ASSAY_COORDINATOR"]) as service:
            self.assertEqual(list(service.models()["name"]), ["smol"])


if __name__ == "__main__":
    unittest.main()
