"""Identical work is done once; jobs are deleted, archived and brought back; estimates: on one running service."""

import os
import pathlib
import unittest

from service import Service, needs_demo_model

NOT_FOUND = 4


class ReusingService(Service):
    def environment(self):
        return {name: value for name, value in super().environment().items() if name != "ASSAY_NO_REUSE"}


def bits(rows):
    """What must be the same whether it was computed or taken."""
    return [{key: value for key, value in row.items() if key not in ("reused_run", "cached_tokens", "run_id")}
            for row in rows]


@needs_demo_model
class ReuseTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = ReusingService(workers=1)
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.service.add_samples()

    def evaluate(self, *options, benchmark="mmlu"):
        """The job, its run and its predictions with all that is known of them."""
        job = self.service.submit(*options, benchmark=benchmark)
        self.service.wait(job)
        (run,) = self.service.json("results", job)["runs"]
        return job, run, self.service.json("predictions", job)["predictions"]

    def test_only_what_is_new_is_computed(self):
        _, first, part = self.evaluate("--limit", 2, "--protocol", "lm-eval")
        self.assertEqual(first["items_reused"], 0)
        _, second, whole = self.evaluate("--limit", 4, "--protocol", "lm-eval", "--shard-items", 3)
        self.assertEqual(second["items_reused"], len(part))
        self.assertGreater(len(whole), len(part))
        known = {row["item_id"] for row in part}
        for row in whole:
            self.assertEqual(row["reused_run"], first["run_id"] if row["item_id"] in known else None)
        # The same bits as computed anew; and a third run is told where they were computed.
        _, anew, computed = self.evaluate("--limit", 4, "--protocol", "lm-eval", "--no-reuse")
        self.assertEqual(anew["items_reused"], 0)
        self.assertEqual(bits(whole), bits(computed))
        job, third, again = self.evaluate("--limit", 4, "--protocol", "lm-eval")
        self.assertEqual(third["items_reused"], len(whole))
        self.assertEqual(bits(again), bits(computed))
        self.assertTrue({row["reused_run"] for row in again} <= {first["run_id"], second["run_id"], anew["run_id"]})
        text = self.service.run("predictions", job, "--item", part[0]["item_id"]).stdout
        self.assertIn("and taken from there", text)

        # Another precision, other examples, another template: nothing is taken.
        for setting in (("--precision", "float32"), ("--shots", 1), ("--template", "alpaca")):
            _, other, _ = self.evaluate("--limit", 2, "--protocol", "lm-eval", *setting)
            self.assertEqual(other["items_reused"], 0, setting)

    def test_samples_are_taken_by_their_seed(self):
        sampling = ("--limit", 1, "--temperature", 0.8, "--samples", 2, "--seed", 3)
        _, _, first = self.evaluate(*sampling, benchmark="bbh")
        _, more, rows = self.evaluate("--limit", 1, "--temperature", 0.8, "--samples", 3, "--seed", 3, benchmark="bbh")
        self.assertEqual(more["items_reused"], len(first))
        self.assertEqual(bits([row for row in rows if row["sample_index"] < 2]), bits(first))
        _, other, _ = self.evaluate("--limit", 1, "--temperature", 0.8, "--samples", 2, "--seed", 4, benchmark="bbh")
        self.assertEqual(other["items_reused"], 0)

    def test_an_archived_job_comes_back_as_it_was(self):
        job, _, predictions = self.evaluate("--limit", 1)
        results = self.service.run("results", job, "--groups", "--format", "json").stdout
        folder = pathlib.Path(self.service.folder) / "archive"
        shown = self.service.run("job", "delete", job, "--dry-run").stdout
        self.assertIn(f"{len(predictions)} predictions", shown)
        self.assertNotEqual(self.service.run("job", "delete", job, check=False).returncode, 0)  # nobody can be asked
        self.service.run("job", "archive", job, "--output", folder)
        self.assertEqual(self.service.run("results", job, check=False).returncode, NOT_FOUND)
        self.assertEqual(self.service.json("job", "deleted")["jobs"][0]["job_id"], job)
        # A damaged archive changes nothing.
        scores = folder / "scores.parquet"
        whole = scores.read_bytes()
        scores.write_bytes(whole[:-20])
        self.assertNotEqual(self.service.run("job", "restore", folder, check=False).returncode, 0)
        self.assertEqual(self.service.run("results", job, check=False).returncode, NOT_FOUND)
        scores.write_bytes(whole)
        self.service.run("job", "restore", folder)
        self.assertEqual(self.service.json("predictions", job)["predictions"], predictions)
        self.assertEqual(self.service.run("results", job, "--groups", "--format", "json").stdout, results)
        self.service.run("job", "delete", job, "--yes")
        self.assertEqual(self.service.run("results", job, check=False).returncode, NOT_FOUND)
        self.assertNotEqual(self.service.run("job", "restore", folder, check=False).returncode, 0)

    def test_an_archive_that_cannot_be_written_leaves_the_job(self):
        job, _, predictions = self.evaluate("--limit", 1)
        blocked = pathlib.Path(self.service.folder) / "a-file"
        blocked.write_text("here")
        for target in (blocked, blocked / "below"):
            self.assertNotEqual(self.service.run("job", "archive", job, "--output", target, check=False).returncode, 0)
        self.assertEqual(self.service.json("predictions", job)["predictions"], predictions)

    def test_an_estimate_is_made_for_workers_that_are_not_there(self):
        self.evaluate("--limit", 1, "--no-reuse")
        sweep = ("--model", "smol", "--benchmark", "mmlu", "--again")
        here = self.service.json("estimate", *sweep)
        self.assertGreater(here["seconds"], 0)
        self.assertEqual(here["workers"], 1)
        self.assertEqual([model["model"] for model in here["models"]], ["smol"])
        many = self.service.json("estimate", *sweep, "--workers", 4)
        self.assertLess(many["seconds"], here["seconds"])
        self.assertGreaterEqual(many["device_seconds"], here["device_seconds"])
        self.assertIn("device-hours", self.service.run("sweep", *sweep, "--dry-run").stdout)
        self.assertIn("device-hours", self.service.run("eval", "--model", "smol", "--benchmark", "mmlu", "--dry-run").stdout)


if __name__ == "__main__":
    os.environ.pop("ASSAY_NO_REUSE", None)
    unittest.main()
