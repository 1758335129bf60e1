"""kill -9 of any part in the middle of a job: the job ends by itself, with the predictions of an undisturbed one."""

import os
import signal
import unittest

from service import JOB_SECONDS, Service, needs_demo_model, wait_until

SETTINGS = ("--limit", 8, "--precision", "bfloat16", "--shard-items", 2)


@needs_demo_model
class RecoveryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.service = Service(workers=1, options=["--lease-seconds", "5"])
        cls.addClassCleanup(cls.service.close)
        cls.service.start()
        cls.service.add_samples()
        job = cls.service.submit(*SETTINGS)
        cls.service.wait(job)
        cls.expected = cls.service.predictions(job)

    def submit_and_wait_for_the_middle(self):
        job = self.service.submit(*SETTINGS)
        wait_until(lambda: self.service.items_done(job) > 0, JOB_SECONDS, "the first items are done")
        self.assertLess(self.service.items_done(job), len(self.expected), "the job was over before it was disturbed")
        return job

    def expect_the_same(self, job):
        wait_until(lambda: self.service.run("jobs", check=False).returncode == 0, JOB_SECONDS, "the coordinator answers")
        self.service.wait(job)
        self.assertEqual(self.service.predictions(job), self.expected)

    def kill_one(self, program):
        job = self.submit_and_wait_for_the_middle()
        (victim,) = self.service.pids_of(program)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: self.service.pids_of(program) not in ([], [victim]), 90, f"{program} is started again")
        self.expect_the_same(job)

    def test_worker(self):
        self.kill_one("assay-worker")

    def test_coordinator(self):
        self.kill_one("assay-coordinator")

    def test_postmaster(self):
        self.kill_one("postgres")

    def test_everything(self):
        job = self.submit_and_wait_for_the_middle()
        self.service.kill()
        self.service.start()
        self.expect_the_same(job)

    def test_orderly_stop(self):
        job = self.submit_and_wait_for_the_middle()
        self.service.stop(signal.SIGINT)
        self.service.start()
        self.expect_the_same(job)


if __name__ == "__main__":
    unittest.main()
