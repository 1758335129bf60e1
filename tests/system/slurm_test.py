"""Workers that a real Slurm starts (deploy/slurm): a sweep, a node whose daemon is killed in the middle, and the end of the queue."""

import os
import pathlib
import tempfile
import unittest

import slurm_cluster
import tiny_models
from service import PROGRAMS, ROOT, SAMPLE_DATA, Service, wait_until

MODELS = ("gpt2", "gpt_neox", "llama")


@unittest.skipIf(slurm_cluster.missing(), slurm_cluster.missing())
class SlurmTest(unittest.TestCase):
    def setUp(self):
        self.service = Service(workers=0, options=["--lease-seconds", "5"])
        self.addCleanup(self.service.close)
        self.service.start()
        for benchmark in ("mmlu", "bbh"):
            self.service.run("dataset", "import", benchmark, SAMPLE_DATA / benchmark)
        folder = tempfile.TemporaryDirectory(prefix="assay-tiny-")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        sources = {name: path for name, path in tiny_models.checkpoints().items() if name in MODELS}
        for name, path in tiny_models.make(folder.name, sources).items():
            self.service.run("model", "add", name, path)
        self.work = pathlib.Path(folder.name)

    def submit_workers(self, slurm, idle):
        output = slurm.run("sbatch", "--parsable", "--array=1-3", "--cpus-per-task=1", "--exclusive",
                           ROOT / "deploy/slurm/workers.sbatch", self.service.address,
                           environment={"ASSAY_PROGRAMS": str(PROGRAMS), "ASSAY_IDLE": str(idle)}, cwd=self.work)
        return output.stdout.strip()

    def logs(self):
        return "\n".join(path.read_text(errors="replace")[-2000:] for path in self.work.glob("assay-worker-*.log"))

    def connected(self):
        return [w["worker_id"] for w in self.service.json("workers")["workers"] if w["connected"]]

    def test_a_sweep_survives_a_node(self):
        with slurm_cluster.SlurmCluster() as slurm:
            array = self.submit_workers(slurm, idle=5)
            wait_until(lambda: len(self.connected()) == 3, 90, lambda: f"three workers\n{self.logs()}{slurm.log()}")
            self.assertEqual({name.rsplit("-", 2)[0] for name in self.connected()}, {f"slurm-{array}"})
            job = self.service.submit("--shard-items", 1, benchmark="mmlu,bbh", model=",".join(MODELS))
            wait_until(lambda: self.service.items_done(job) > 0, 60, "something is done")
            _, node = next(iter(slurm.queue().values()))
            slurm.kill_node(node)
            self.service.wait(job)
            predictions = self.service.predictions(job)
            # Nothing is left to do: the array ends by itself, what runs on the lost node once Slurm has noticed.
            wait_until(lambda: not any(state == "RUNNING" and on != node for state, on in slurm.queue().values()), 90,
                       lambda: f"the workers end: {slurm.queue()}\n{self.logs()}")
        # As the same sweep without Slurm.
        self.service.stop()
        self.service.start(workers=1)
        again = self.service.submit(benchmark="mmlu,bbh", model=",".join(MODELS))
        self.service.wait(again)
        self.assertEqual(predictions, self.service.predictions(again))


if __name__ == "__main__":
    unittest.main()
