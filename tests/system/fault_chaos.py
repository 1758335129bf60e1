"""Disturbs a cluster at random moments while it does a job. The same seed gives the same choices, though not the same moments."""

import collections
import random
import signal
import time

# Processes that end, by kill -9 or SIGTERM, are kills; the rest are other faults.
KILLS = ("kill worker", "kill worker", "terminate worker", "kill coordinator", "terminate coordinator", "kill postgres",
         "terminate postgres")
OTHERS = ("freeze worker", "freeze coordinator", "freeze postgres", "stall worker's way", "deafen worker's way", "reset worker's way",
          "slow worker's way", "stall database's way", "reset database's way", "refuse database's way", "slow database's way")


class Chaos:
    def __init__(self, cluster, seed, kills_in_a_row=4):
        self._cluster = cluster
        self._random = random.Random(seed)
        self._kills_in_a_row = kills_in_a_row
        self._choices = 0
        self.counts = collections.Counter()

    def kills(self):
        return sum(self.counts[kind] for kind in set(KILLS))

    def faults(self):
        return sum(self.counts.values())

    def disturb(self):
        """One fault, and its end: afterwards everything runs again."""
        # Every so often something else than a kill.
        self._choices += 1
        kind = self._random.choice(OTHERS if self._choices % (self._kills_in_a_row + 1) == 0 else KILLS)
        verb, what = kind.split(" ", 1)
        lease = self._cluster.lease_seconds
        # Some are over before a lease is, some are not.
        length = self._random.choice([0.1, 0.5, lease + 1])
        if what.endswith("way"):
            proxies = self._cluster.to_database if what.startswith("database") else self._cluster.to_coordinator
            self._disturb_way(verb, self._random.choice(proxies), length)
        else:
            processes = {"worker": self._cluster.workers, "coordinator": self._cluster.coordinators,
                         "postgres": [self._cluster.postgres]}[what]
            self._disturb_process(verb, self._random.choice(processes), length)
        self.counts[kind] += 1
        self._cluster.ensure()

    def _disturb_process(self, verb, process, length):
        if verb == "kill":
            process.signal(signal.SIGKILL)
            process.wait()
            # Gone at once, or for a while.
            time.sleep(self._random.choice([0, 0, 0.3]))
        elif verb == "terminate":
            # PostgreSQL's fast shutdown is SIGINT; SIGTERM waits for its clients to go.
            process.signal_itself(signal.SIGINT if process.name == "postgres" else signal.SIGTERM)
            process.exits.append(process.wait(90))
        else:
            process.signal(signal.SIGSTOP)
            time.sleep(length)
            process.signal(signal.SIGCONT)

    @staticmethod
    def _disturb_way(verb, proxy, length):
        if verb == "reset":
            proxy.reset()
        elif verb == "refuse":
            proxy.refuse()
            time.sleep(length)
        elif verb == "slow":
            proxy.delay(0.05)
            time.sleep(max(length, 1))
        else:
            # What was sent, a result perhaps, arrives, and its answer does not: it is sent again, after the reset.
            proxy.stall(to_server=verb == "stall", to_client=True)
            time.sleep(length)
            proxy.reset()

    def pause(self, job):
        """Mostly until the job has got on, or else a moment: so that it does, on a machine that is busy with other things too."""
        if self._random.random() < 0.7:
            before = self._cluster.done(job)
            end = time.monotonic() + 10
            while time.monotonic() < end and self._cluster.done(job) in (None, before) and not self._cluster.ended(job):
                time.sleep(0.1)
        else:
            time.sleep(self._random.uniform(0.05, 0.6))


def run_under_chaos(test, cluster, chaos, expected, settings, enough, most_jobs=1 << 30, benchmark="mmlu,bbh"):
    """Jobs, one after the other, disturbed until `enough()`; each must end by itself with the expected predictions. Returns how
    many they were."""
    jobs = 0
    while not enough() and jobs < most_jobs:
        job = cluster.submit(*settings, benchmark=benchmark)
        jobs += 1
        while not cluster.ended(job) and not enough():
            chaos.disturb()
            chaos.pause(job)
        cluster.ensure()
        # No lease is stuck: each is for two seconds, and the job takes a few.
        cluster.wait(job, 90)
        expect_undisturbed(test, cluster, job, expected)
    return jobs


def expect_undisturbed(test, cluster, job, expected):
    """None missing, none twice, none changed, nothing left open, and the sums fit."""
    test.maxDiff = 2000
    test.assertEqual(cluster.predictions(job), expected, cluster.logs())
    test.assertEqual(cluster.job(job)["state"], "completed")
    of_job = f"run_id IN (SELECT run_id FROM runs WHERE job_id = {job})"
    test.assertEqual(cluster.sql(f"SELECT count(*) FROM predictions WHERE {of_job}"), str(len(expected)))
    test.assertEqual(cluster.sql(f"SELECT count(*) FROM scores WHERE {of_job}"), str(len(expected)))
    test.assertEqual(cluster.sql(f"SELECT count(*) FROM shards WHERE {of_job} AND state IN ('pending', 'leased')"), "0")
    test.assertEqual(cluster.sql(f"SELECT sum(items) FROM run_groups WHERE {of_job}"), str(len(expected)))
    test.assertEqual(cluster.sql(f"SELECT sum(items_done) FROM runs WHERE {of_job} AND items_failed = 0"), str(len(expected)))
