"""One model divided among 2, 3 and 4 processes: the bits of one process alone, in every precision and family."""

import json
import os
import signal
import subprocess
import tempfile
import unittest

import tiny_models
from service import PROGRAMS, SAMPLE_DATA, START_SECONDS, Service, processes, wait_until

# Two norms of each kind, shared keys, ALiBi, windows, fused matrices, halves in parallel.
FAMILIES = ("llama", "gpt2", "gpt_neox", "falcon", "bloom", "gemma2", "mpt", "opt")


def heads_of(config):
    return next(config[key] for key in ("num_attention_heads", "n_head", "n_heads") if key in config)


class TensorParallelTest(unittest.TestCase):
    def setUp(self):
        self.service = Service(workers=0)
        self.addCleanup(self.service.close)
        self.service.start()
        self.service.run("dataset", "import", "mmlu", SAMPLE_DATA / "mmlu")
        models = tempfile.TemporaryDirectory(prefix="assay-tiny-")
        self.addCleanup(models.cleanup)
        os.chmod(models.name, 0o755)
        sources = {name: path for name, path in tiny_models.checkpoints().items() if name in FAMILIES}
        for name, path in tiny_models.make(models.name, sources).items():
            self.service.run("model", "add", name, path)
        self.heads = {name: heads_of(json.loads((path / "config.json").read_text())) for name, path in sources.items()}
        self.names = sorted(sources)

    def start_worker(self, *options):
        log = open(self.service.folder / "worker.log", "a+")
        self.addCleanup(log.close)
        worker = subprocess.Popen(
            [PROGRAMS / "assay-worker", "--coordinator", self.service.address, *map(str, options)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(lambda: (worker.kill(), worker.wait()))
        return worker

    def predictions(self, names):
        """Of the families in every precision, by one worker."""
        jobs = {}
        for precision in ("float32", "bfloat16"):
            for name in names:
                jobs[name, precision] = self.service.submit("--limit", 3, "--precision", precision, benchmark="mmlu",
                                                            model=name)
        for job in jobs.values():
            self.service.wait(job)
        return {key: self.service.predictions(job) for key, job in jobs.items()}

    def stop(self, worker):
        worker.send_signal(signal.SIGTERM)
        self.assertEqual(worker.wait(timeout=60), 0, (self.service.folder / "worker.log").read_text()[-3000:])

    def followers(self, worker):
        return [pid for pid, (parent, _) in processes().items() if parent == worker.pid]

    def test_the_bits_are_those_of_one_process(self):
        alone = self.start_worker("--threads", 2)
        expected = self.predictions(self.names)
        self.stop(alone)
        self.assertTrue(all(len(predictions) == 12 for predictions in expected.values()))
        for count in (2, 4):
            with self.subTest(processes=count):
                worker = self.start_worker("--threads", 1, "--tensor-parallel", count)
                wait_until(lambda: len(self.followers(worker)) == count - 1, START_SECONDS, "the followers are there")
                names = [name for name in self.names if self.heads[name] >= count]
                self.assertGreaterEqual(len(names), 4)
                self.assertEqual(self.predictions(names), {key: expected[key] for key in expected if key[0] in names})
                for name in sorted(set(self.names) - set(names))[:1]:
                    failed = self.service.run("eval", "--model", name, "--benchmark", "mmlu", "--limit", 1, check=False)
                    self.assertIn(f"{self.heads[name]} heads cannot be divided among {count} processes",
                                  failed.stdout + failed.stderr)
                followers = self.followers(worker)
                self.stop(worker)
                self.assertFalse(set(followers) & set(processes()), "followers outlive the worker")

    def test_a_lost_process_ends_the_worker_and_loses_nothing(self):
        alone = self.start_worker("--threads", 2)
        job = self.service.submit(benchmark="mmlu", model="llama")
        self.service.wait(job)
        expected = self.service.predictions(job)
        self.stop(alone)
        worker = self.start_worker("--threads", 1, "--tensor-parallel", 2)
        wait_until(lambda: self.followers(worker), START_SECONDS, "the follower is there")
        job = self.service.submit("--shard-items", 1, benchmark="mmlu", model="llama")
        wait_until(lambda: self.service.items_done(job) > 0, START_SECONDS, "the group computes")
        os.kill(self.followers(worker)[0], signal.SIGKILL)
        self.assertEqual(worker.wait(timeout=60), 3)
        self.start_worker("--threads", 1, "--tensor-parallel", 2)
        self.service.wait(job)
        self.assertEqual(self.service.predictions(job), expected)


if __name__ == "__main__":
    unittest.main()
