"""Faults of a cluster: whatever happens to its machines, network and database, a job ends by itself with the predictions of an
undisturbed one. tests/bench/faults does the same for hours."""

import datetime
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from fault_chaos import Chaos, expect_undisturbed, run_under_chaos
from fault_cluster import Cluster
from service import START_SECONDS, wait_until

KILLS = 20
SETTINGS = ("--precision", "float32", "--shard-items", 2)


class FaultsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(workers=2, coordinators=2)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        job = cls.cluster.submit(*SETTINGS)
        cls.cluster.wait(job)
        cls.expected = cls.cluster.predictions(job)

    def setUp(self):
        self.cluster.ensure()
        self.cluster.wait_for_workers()

    def tearDown(self):
        self.cluster.ensure()

    def submit_and_wait_for_the_middle(self):
        job = self.cluster.submit(*SETTINGS)
        wait_until(lambda: self.cluster.done(job), START_SECONDS, "the first items are done")
        self.assertFalse(self.cluster.ended(job), "the job was over before it was disturbed")
        return job

    def expect_the_same(self, job):
        self.cluster.wait(job, 60)
        expect_undisturbed(self, self.cluster, job, self.expected)

    def shards(self, job, what, condition="true"):
        """An aggregate over the job's shards s and their runs r."""
        return self.cluster.sql(f"SELECT {what} FROM shards s JOIN runs r USING (run_id) WHERE job_id = {job} AND {condition}")

    def leased_to(self, worker, job):
        return int(self.shards(job, "count(*)", f"s.state = 'leased' AND worker_id LIKE '{worker.name}.%'"))

    def test_kills_at_random(self):
        chaos = Chaos(self.cluster, seed=int(os.environ.get("ASSAY_FAULTS_SEED", "1")))
        jobs = run_under_chaos(self, self.cluster, chaos, self.expected, SETTINGS, lambda: chaos.kills() >= KILLS)
        print(f"  {chaos.kills()} kills and {chaos.faults() - chaos.kills()} other faults in {jobs} jobs", flush=True)
        self.assertGreaterEqual(chaos.kills(), KILLS)

    def test_a_frozen_worker_that_thaws_and_commits(self):
        frozen, other = self.cluster.workers
        job = self.submit_and_wait_for_the_middle()
        wait_until(lambda: self.leased_to(frozen, job) > 0, START_SECONDS, "the worker holds a lease")
        frozen.signal(signal.SIGSTOP)
        # Its leases run out, and the other worker does its shards.
        wait_until(lambda: self.leased_to(frozen, job) == 0 or self.cluster.ended(job), 30, "the leases of a frozen worker run out")
        frozen.signal(signal.SIGCONT)
        self.expect_the_same(job)
        self.assertTrue(frozen.is_running())

    def test_results_whose_answers_are_lost(self):
        job = self.submit_and_wait_for_the_middle()
        for _ in range(4):
            # What the workers send arrives, and they are not told.
            for proxy in self.cluster.to_coordinator:
                proxy.stall(to_server=False, to_client=True)
            time.sleep(0.4)
            for proxy in self.cluster.to_coordinator:
                proxy.reset()
                proxy.heal()
            time.sleep(0.3)
        self.expect_the_same(job)

    def test_a_coordinator_that_is_frozen_with_the_databases_locks(self):
        # Whatever it has locked, the other one goes on without it.
        job = self.submit_and_wait_for_the_middle()
        self.cluster.coordinators[0].signal(signal.SIGSTOP)
        self.addCleanup(self.cluster.coordinators[0].signal, signal.SIGCONT)
        end = time.monotonic() + 60
        while not self.cluster.ended(job) and time.monotonic() < end:
            time.sleep(0.1)
        self.assertTrue(self.cluster.ended(job), self.cluster.logs())
        self.cluster.coordinators[0].signal(signal.SIGCONT)
        self.expect_the_same(job)

    def test_a_network_that_is_cut_between_a_coordinator_and_the_database(self):
        job = self.submit_and_wait_for_the_middle()
        self.cluster.to_database[0].stall()
        time.sleep(self.cluster.lease_seconds + 1)
        self.cluster.to_database[0].reset()
        self.cluster.to_database[0].heal()
        self.expect_the_same(job)

    def test_a_database_that_is_silent_although_its_connections_stand(self):
        # The proxy takes all that comes, and answers to nothing, new connections included.
        job = self.submit_and_wait_for_the_middle()
        way = self.cluster.to_database[0]
        way.stall()
        # The coordinator gives its connections up by itself, and the other one does the rest of the work.
        wait_until(lambda: "is given up" in pathlib.Path(self.cluster.coordinators[0].log_path).read_text(), 60,
                   "the coordinator gives up its connections")
        way.reset()
        way.heal()
        self.expect_the_same(job)
        # And it serves again.
        first = f"127.0.0.1:{self.cluster.coordinators[0].port}"
        wait_until(lambda: self.cluster.run("jobs", check=False, addresses=first).returncode == 0, 30, "the coordinator answers")

    def test_terminated_workers_give_their_shards_back_at_once(self):
        job = self.submit_and_wait_for_the_middle()
        for worker in self.cluster.workers:
            worker.signal_itself(signal.SIGTERM)
        for worker in self.cluster.workers:
            self.assertEqual(worker.wait(20), 0, worker.log_end())
        if not self.cluster.ended(job):
            self.assertEqual(self.shards(job, "count(*)", "s.state = 'leased'"), "0")
            self.assertEqual(self.shards(job, "max(failures)"), "0")
        for worker in self.cluster.workers:
            worker.start()
        self.expect_the_same(job)

    def test_a_terminated_coordinator_hands_its_workers_over(self):
        self.cluster.coordinators[1].signal_itself(signal.SIGTERM)
        self.assertEqual(self.cluster.coordinators[1].wait(20), 0)
        # Now both workers are at the first one.
        self.cluster.wait_for_workers()
        job = self.submit_and_wait_for_the_middle()
        self.cluster.coordinators[1].start()
        second = f"127.0.0.1:{self.cluster.coordinators[1].port}"
        wait_until(lambda: self.cluster.run("jobs", check=False, addresses=second).returncode == 0, START_SECONDS,
                   "the second coordinator answers")
        begin = time.monotonic()
        self.cluster.coordinators[0].signal_itself(signal.SIGTERM)
        self.assertEqual(self.cluster.coordinators[0].wait(20), 0)
        self.assertLess(time.monotonic() - begin, 5)
        self.expect_the_same(job)
        self.assertEqual(self.shards(job, "sum(failures)"), "0", "a lease was lost on the way")

    def test_a_worker_of_another_engine_is_kept_apart_and_the_job_says_so(self):
        job = self.submit_and_wait_for_the_middle()
        engine = self.cluster.sql(f"SELECT engine FROM runs WHERE job_id = {job} AND engine IS NOT NULL LIMIT 1")
        if engine.endswith("/avx2"):
            self.skipTest("this processor's kernels are AVX2's: there is no other kind to take")
        for worker in self.cluster.workers:
            worker.signal_itself(signal.SIGTERM)
            worker.wait(20)
        other = self.cluster.make_worker("other", {"ASSAY_CPU_KERNELS": "avx2"})
        other.start()
        self.addCleanup(other.kill)
        waiting = wait_until(lambda: [w for w in self.cluster.job(job)["waiting_for"] if engine in w and "/avx2" in w], 40,
                             "the job says what it waits for")
        self.assertIn(f"no worker of engine {engine} is connected", waiting[0])
        # Runs that nobody has started yet are the new one's; of those that another has started it gets nothing.
        of_engine = f"SELECT count(*) FROM runs WHERE job_id = {job} AND engine = '{engine}'"
        started = self.cluster.sql(of_engine)
        time.sleep(1)
        self.assertEqual(self.cluster.sql(of_engine), started)
        self.assertFalse(self.cluster.ended(job))
        for worker in self.cluster.workers:
            worker.start()
        self.cluster.wait(job, 60)
        of_job = f"run_id IN (SELECT run_id FROM runs WHERE job_id = {job})"
        self.assertEqual(self.cluster.sql(f"SELECT count(*) FROM predictions WHERE {of_job}"), str(len(self.expected)))
        # No run has predictions of both.
        mixed = "s.state = 'done' AND (engine LIKE '%/avx2') <> (worker_id LIKE 'other.%')"
        self.assertEqual(self.shards(job, "count(*)", mixed), "0")

    def test_a_coordinator_of_the_next_release_beside_this_one(self):
        job = self.submit_and_wait_for_the_middle()
        # What its migration does: it adds, and takes nothing away that this release uses.
        self.cluster.sql("BEGIN; ALTER TABLE shards ADD COLUMN next_release integer; CREATE TABLE next_release (id bigint PRIMARY KEY);"
                         "INSERT INTO schema_migrations (version, name, sha256) VALUES (9999, '9999_next', repeat('0', 64)); COMMIT")
        self.addCleanup(self.cluster.sql, "BEGIN; ALTER TABLE shards DROP COLUMN next_release; DROP TABLE next_release;"
                        "DELETE FROM schema_migrations WHERE version = 9999; COMMIT")
        # Coordinators of this release that run go on.
        self.expect_the_same(job)
        # One that is started now says that it is too old.
        coordinator = self.cluster.coordinators[1]
        coordinator.signal_itself(signal.SIGTERM)
        self.assertEqual(coordinator.wait(20), 0)
        coordinator.start()
        self.assertEqual(coordinator.wait(20), 1)
        self.assertIn("the database is newer than this program", coordinator.log_end())

    def test_pause_and_resume(self):
        job = self.submit_and_wait_for_the_middle()
        self.cluster.run("pause", job)
        # One that was being granted at that moment is carried out.
        wait_until(lambda: self.shards(job, "count(*)", "s.state = 'leased'") == "0", 5, "nothing is leased any more")
        self.assertTrue(self.cluster.job(job)["paused"])
        done = self.cluster.done(job)
        time.sleep(1)
        self.assertEqual(self.cluster.done(job), done)
        self.cluster.run("resume", job)
        self.expect_the_same(job)


class PoisonTest(unittest.TestCase):
    def test_an_item_that_ends_every_worker_is_stored_as_an_error_and_the_rest_completes(self):
        # Slow enough to be caught in the act.
        settings = ("--precision", "float32", "--limit", 4, "--shard-items", 4, "--temperature", 0.8, "--seed", 1, "--samples", 32)
        with Cluster(workers=2, coordinators=1, lease_seconds=0.5) as cluster:
            job = cluster.submit(*settings, benchmark="bbh")
            cluster.wait(job)
            expected = cluster.predictions(job)
            poison = int(cluster.sql("SELECT item_ordinals[2] FROM shards ORDER BY shard_id LIMIT 1 OFFSET 1"))
            job = cluster.submit(*settings, benchmark="bbh")
            deaths = 0
            while not cluster.ended(job):
                holder = cluster.sql(f"SELECT worker_id FROM shards JOIN runs USING (run_id) WHERE job_id = {job}"
                                     f" AND shards.state = 'leased' AND {poison} = ANY(item_ordinals)")
                for worker in cluster.workers:
                    if holder == f"{worker.name}.{worker.starts}" and worker.is_running():
                        worker.signal(signal.SIGKILL)
                        worker.wait()
                        deaths += 1
                        worker.start()
                self.assertLessEqual(deaths, 2 + 5, cluster.logs())
            predictions = cluster.predictions(job)
            self.assertEqual(len(predictions), len(expected))
            errors = {p["item_id"] for p in predictions if p["error"]}
            self.assertEqual(len(errors), 1)
            self.assertEqual([p for p in predictions if not p["error"]], [p for p in expected if p["item_id"] not in errors])
            of_poison = f"JOIN runs USING (run_id) WHERE job_id = {job} AND predictions.error <> '' AND item_ordinal = {poison}"
            self.assertEqual(cluster.sql(f"SELECT count(DISTINCT item_ordinal) FROM predictions {of_poison}"), "1")


class ClocksTest(unittest.TestCase):
    def clock_of(self, process):
        """How far it is from this test's, by the latest line of the program's log."""
        moments = wait_until(lambda: re.findall(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d", process.log_end()), START_SECONDS,
                             f"{process.name} logs something")
        return datetime.datetime.fromisoformat(moments[-1]).timestamp() - time.time()

    def test_machines_whose_clocks_are_an_hour_apart(self):
        hour = 3600
        cases = [{"postgres": hour, "worker": -hour}]
        if os.environ.get("ASSAY_FAULTS_LONG"):
            cases += [{"postgres": -hour, "worker": hour}, {"coordinator": hour, "worker": -hour}, {"coordinator": -hour}]
        expected = None
        for clocks in cases:
            with self.subTest(clocks=clocks), Cluster(workers=1, coordinators=1, clocks=clocks) as cluster:
                away = float(cluster.sql("SELECT extract(epoch FROM clock_timestamp())")) - time.time()
                self.assertAlmostEqual(away, clocks.get("postgres", 0), delta=60)
                for kind, process in (("coordinator", cluster.coordinators[0]), ("worker", cluster.workers[0])):
                    self.assertAlmostEqual(self.clock_of(process), clocks.get(kind, 0), delta=60)
                if expected is None:
                    job = cluster.submit(*SETTINGS)
                    cluster.wait(job, 60)
                    expected = cluster.predictions(job)
                job = cluster.submit(*SETTINGS)
                wait_until(lambda: cluster.done(job), START_SECONDS, "the first items are done")
                cluster.workers[0].signal(signal.SIGKILL)
                cluster.workers[0].wait()
                cluster.workers[0].start()
                cluster.wait(job, 60)
                expect_undisturbed(self, cluster, job, expected)


@unittest.skipUnless(os.geteuid() == 0, "only root may mount a small file system")
class FullDiskTest(unittest.TestCase):
    def setUp(self):
        self.mount = pathlib.Path(tempfile.mkdtemp(prefix="assay-full-"))
        self.addCleanup(shutil.rmtree, self.mount, ignore_errors=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", self.mount], capture_output=True).returncode != 0:
            self.skipTest("this machine does not let the test mount a small file system")
        self.addCleanup(subprocess.run, ["umount", "-l", self.mount], check=True)
        self.mount.chmod(0o755)

    def test_a_job_outlives_a_full_disk(self):
        with Cluster(workers=1, coordinators=2, database_folder=self.mount / "database") as cluster:
            job = cluster.submit(*SETTINGS)
            cluster.wait(job)
            expected = cluster.predictions(job)
            job = cluster.submit(*SETTINGS)
            wait_until(lambda: cluster.done(job), START_SECONDS, "the first items are done")
            filler = self.mount / "filler"
            with open(filler, "wb", buffering=0) as file:
                try:
                    while True:
                        file.write(b"\0" * 4096)
                except OSError:
                    pass
            time.sleep(3)
            filler.unlink()
            cluster.ensure()
            cluster.wait(job, 90)
            expect_undisturbed(self, cluster, job, expected)


if __name__ == "__main__":
    unittest.main()
