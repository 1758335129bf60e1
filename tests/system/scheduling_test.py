"""Two users, priorities and several models on two real workers."""

import os
import re
import unittest

import tiny_models
from service import SAMPLE_DATA, Service, wait_until

MODELS = ("llama", "mistral", "gpt_neox", "opt")
# So many answers to each question that a job lasts until it is cancelled, on a fast machine too.
LONG = ("--temperature", "1", "--samples", "400", "--precision", "float32")
SHORT = ("--limit", "2", "--precision", "float32")


class SchedulingTest(unittest.TestCase):
    def setUp(self):
        self.service = Service(workers=2).__enter__()
        self.addCleanup(self.service.close)
        self.service.run("dataset", "import", "bbh", SAMPLE_DATA / "bbh")
        sources = tiny_models.checkpoints()
        made = tiny_models.make(self.service.folder / "models", {name: sources[name] for name in MODELS})
        for name, path in made.items():
            self.service.run("model", "add", name, path)

    def submit(self, user, models, *options):
        os.environ["ASSAY_USER"] = user
        try:
            return self.service.submit(*options, benchmark="bbh", model=",".join(models))
        finally:
            del os.environ["ASSAY_USER"]

    def shares(self):
        return {limit["user"]: limit for limit in self.service.json("limit", "list")["limits"]}

    def loads(self):
        """How often each worker loaded a model."""
        logs = self.service.data.glob("log/*worker*.log")
        return [len(re.findall(r"loading model", path.read_text(errors="replace"))) for path in sorted(logs)]

    def test_two_users_share_the_workers_and_a_priority_goes_first(self):
        ann = self.submit("ann", MODELS[:2], *LONG)
        bob = self.submit("bob", MODELS[2:], *LONG)
        # Each has a worker, although ann came first.
        wait_until(lambda: all(self.shares().get(user, {}).get("workers", 0) > 0 for user in ("ann", "bob")), 20,
                   lambda: f"both have workers: {self.shares()}")
        urgent = self.submit("bob", MODELS[2:3], *SHORT, "--priority", "10")
        job = self.service.job(urgent)
        self.assertEqual((job["owner"], job["priority"]), ("bob", 10))
        self.service.wait(urgent)
        # What was submitted long before is not done yet, and few models were loaded for all of it.
        for number in (ann, bob):
            self.assertEqual(self.service.job(number)["state"], "running")
        self.assertLessEqual(sum(self.loads()), 10)
        self.assertGreaterEqual(sum(self.loads()), 2)
        for number in (ann, bob):
            self.service.run("cancel", number)

    def test_a_limit_is_kept_and_can_be_changed(self):
        self.service.run("limit", "set", "ann", "--most-workers", "1", "--weight", "2", "--open-jobs", "1")
        ann = self.submit("ann", MODELS[:2], *LONG)
        wait_until(lambda: self.shares()["ann"]["workers"] == 1, 20, lambda: f"ann has a worker: {self.shares()}")
        for _ in range(5):
            self.assertLessEqual(self.shares()["ann"]["workers"], 1)
        self.assertEqual(self.shares()["ann"]["open_jobs_limit"], 1)
        self.assertRaises(AssertionError, self.submit, "ann", MODELS[:1], *SHORT)
        self.service.run("priority", ann, "-5")
        self.assertEqual(self.service.job(ann)["priority"], -5)
        self.service.run("limit", "remove", "ann")
        self.service.run("cancel", ann)
        self.assertEqual(self.service.run("priority", ann, "1", check=False).returncode, 1)


if __name__ == "__main__":
    unittest.main()
