"""Coordinators and workers that are started by hand, as on several machines: two coordinators on one database, a worker each."""

import pathlib
import signal
import subprocess
import unittest

from service import PROGRAMS, START_SECONDS, Service, needs_demo_model, wait_until

SETTINGS = ("--limit", 4, "--shard-items", 1)


@needs_demo_model
class MachinesTest(unittest.TestCase):
    def setUp(self):
        # Its own coordinator, without workers, is the first of the two.
        self.service = Service(workers=0)
        self.addCleanup(self.service.close)
        self.service.start()
        self.service.add_samples()

    def start_program(self, name, *arguments, environment=None):
        log = open(self.service.folder / f"{name}.log", "a")
        self.addCleanup(log.close)
        program = subprocess.Popen([PROGRAMS / name, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=subprocess.STDOUT, env=environment or self.service.environment())
        self.addCleanup(lambda: (program.kill(), program.wait()))
        return program

    def database(self):
        """What `assay up` tells its coordinator about the database."""
        (pid,) = self.service.pids_of("assay-coordinator")
        variables = pathlib.Path(f"/proc/{pid}/environ").read_text().split("\0")
        return next(v.split("=", 1)[1] for v in variables if v.startswith("ASSAY_DATABASE="))

    def test_two_coordinators_and_a_worker_each(self):
        address_file = self.service.folder / "second.address"
        coordinator = self.start_program(
            "assay-coordinator", "--listen", "127.0.0.1:0", "--address-file", address_file,
            environment={**self.service.environment(), "ASSAY_DATABASE": self.database()})
        second = wait_until(lambda: address_file.exists() and address_file.read_text().strip(), START_SECONDS,
                            "the second coordinator serves")
        workers = [self.start_program("assay-worker", "--coordinator", address, "--threads", 1, "--worker-id", name)
                   for name, address in (("left", self.service.address), ("right", second))]
        wait_until(lambda: len([w for w in self.service.json("workers")["workers"] if w["connected"]]) == 2,
                   START_SECONDS, "both workers are connected")

        job = self.service.submit(*SETTINGS)
        self.service.run("--coordinator", second, "watch", job)
        predictions = self.service.predictions(job)
        self.assertEqual(len(predictions), 4 * (4 + 3))
        self.assertEqual(len({p["item_id"] for p in predictions}), len(predictions))
        self.assertEqual(self.service.json("--coordinator", second, "predictions", job),
                         self.service.json("predictions", job))

        # One worker and one coordinator leave in order; the rest does the next job, to the same end.
        workers[1].send_signal(signal.SIGTERM)
        self.assertEqual(workers[1].wait(timeout=60), 0)
        coordinator.send_signal(signal.SIGTERM)
        self.assertEqual(coordinator.wait(timeout=60), 0)
        job = self.service.submit(*SETTINGS)
        self.service.wait(job)
        self.assertEqual(self.service.predictions(job), predictions)


if __name__ == "__main__":
    unittest.main()
