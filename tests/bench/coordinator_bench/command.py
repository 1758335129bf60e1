"""Measures what coordinators and PostgreSQL take in and hand out on this machine: predictions stored each second beside a bare COPY of
the same rows, the time a lease takes, processor time and memory; for several numbers of simulated workers and coordinators."""

import argparse
import os
import time

from . import data
from .ceiling import Ceiling
from .cluster import Cluster

GUESS = 150_000  # predictions of a second that nothing here exceeds


def arguments(argv):
    parser = argparse.ArgumentParser(prog="tests/bench/coordinator", description=__doc__)
    parser.add_argument("--workers", default="1,10,100,1000", help="numbers of simulated workers (default: 1,10,100,1000)")
    parser.add_argument("--coordinators", default="1,2", help="numbers of coordinators (default: 1,2)")
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement (default: 8)")
    parser.add_argument("--stored", type=int, default=0, help="predictions of finished jobs that are there before (default: 0)")
    parser.add_argument("--parts", default="speed,memory,idle,slow", help="what is measured (default: speed,memory,idle,slow)")
    parser.add_argument("--predictions", type=int, default=1_000_000, help="of the part memory (default: 1000000)")
    parser.add_argument("--folder", help="folder for the database (default: the system's)")
    return parser.parse_args(argv)


def per_second(warm, last):
    return (last["stored"] - warm["stored"]) / (last["time"] - warm["time"])


def processors(warm, last):
    """Of this machine's, how many each kind of process kept busy."""
    seconds = last["time"] - warm["time"]
    used = {name: (last["cpu"][name] - warm["cpu"][name]) / seconds for name in warm["cpu"]}
    used["workers"] = (last["simulation_cpu"] - warm["simulation_cpu"]) / seconds
    used["others"] = max(0.0, used.pop("machine") - sum(used.values()))
    return used


def milliseconds(quantiles):
    return "-" if quantiles is None else f"{1000 * quantiles['p50']:.1f} / {1000 * quantiles['p99']:.1f}"


class Bench:
    def __init__(self, cluster, options):
        self.cluster = cluster
        self.options = options
        self.jobs = data.Jobs(cluster)
        self.ceiling = Ceiling(cluster)
        self.failures = []

    def simulate(self, workers, seconds, predictions_per_second=GUESS, **options):
        """As Cluster.simulate, with work for so long. Everything that was acknowledged must be in the database, once."""
        warm_up = options.setdefault("warm_up", 2 if workers < 1000 else 4)
        self.jobs.ensure(predictions_per_second * (seconds + warm_up))
        before = self.cluster.number("SELECT sum(items_done) FROM runs")
        warm, last = self.cluster.simulate(workers=workers, seconds=seconds, name=f"w{time.monotonic_ns()}", **options)
        stored = self.cluster.number("SELECT sum(items_done) FROM runs") - before
        if stored != last["stored_at_end"]:
            self.failures.append(f"{last['stored_at_end']} predictions were acknowledged, and {stored} are counted")
        if last["not_stored"]:
            self.failures.append(f"{last['not_stored']} predictions were not accepted")
        return warm, last

    def speed(self):
        print("\n| coordinators | workers | predictions/s | of a bare COPY, binary | text | lease at half load, p50 / p99 ms | commit, "
              "likewise | first leases of all workers at once: each one's first, p50 / p99 ms | all of them | processors: "
              "coordinators, PostgreSQL, simulation, others | the first three for a prediction, "
              "of COPY for a row as text and binary, us | coordinators, MiB |")
        print("|---|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
        for coordinators in map(int, self.options.coordinators.split(",")):
            self.cluster.start_coordinators(coordinators)
            for workers in map(int, self.options.workers.split(",")):
                self.row(coordinators, workers)

    def row(self, coordinators, workers):
        warm, last = self.simulate(workers, self.options.seconds)
        rate = per_second(warm, last)
        ceiling = self.ceiling.measure(coordinators)
        (binary, binary_time), (text, text_time) = ceiling["binary"], ceiling["text"]
        used = processors(warm, last)
        own_time = (used["coordinators"] + used["postgres"] + used["workers"]) / rate * 1e6
        pace = workers * data.SHARD_ITEMS / (rate / 2)
        _, half = self.simulate(workers, max(self.options.seconds, 3 * pace), rate, pace=pace, warm_up=2 + pace)
        print(f"| {coordinators} | {workers} | {rate:,.0f} | {rate / binary:.2f} of {binary:,.0f} | "
              f"{rate / text:.2f} of {text:,.0f} | {milliseconds(half['lease_seconds'])} | "
              f"{milliseconds(half['commit_seconds'])} | {milliseconds(half['first_lease_seconds'])} | "
              f"{milliseconds(half['first_leases_seconds'])} | "
              f"{used['coordinators']:.2f}, {used['postgres']:.2f}, {used['workers']:.2f}, "
              f"{used['others']:.2f} | {own_time:.1f}, {text_time:.1f}, {binary_time:.1f} | {last['memory']:.0f} |", flush=True)

    def memory(self):
        """Of one coordinator, while so many predictions go through it."""
        self.cluster.start_coordinators(1)
        self.jobs.ensure(self.options.predictions + 5 * GUESS)
        steps = []

        def note(line):
            if line["stored"] >= len(steps) * self.options.predictions / 10:
                steps.append((line["stored"], self.cluster.coordinator_memory()))

        before = self.cluster.number("SELECT sum(items_done) FROM runs")
        _, last = self.cluster.simulate(on_line=note, workers=100, seconds=600, predictions=self.options.predictions)
        stored = self.cluster.number("SELECT sum(items_done) FROM runs") - before
        if stored != last["stored_at_end"]:
            self.failures.append(f"{last['stored_at_end']} predictions were acknowledged, and {stored} are counted")
        print("\nmemory of a coordinator, 100 workers: " + ", ".join(f"{mib:.0f} MiB at {count:,}" for count, mib in steps)
              + f", {last['memory']:.0f} MiB at {last['stored']:,}", flush=True)

    def idle(self):
        """Workers that have nothing to do."""
        self.jobs.cancel()
        self.cluster.start_coordinators(1)
        time.sleep(3)
        before = self.cluster.coordinator_memory()
        warm, last = self.cluster.simulate(workers=1000, seconds=15, warm_up=5)
        used = processors(warm, last)
        print(f"\n1000 idle workers: {(last['memory'] - before) / 10:.1f} MiB for each 100 (from {before:.0f} to {last['memory']:.0f} MiB); "
              f"processors: coordinator {used['coordinators']:.2f}, PostgreSQL {used['postgres']:.2f}", flush=True)

    def slow(self):
        """A database that is slow all of a sudden."""
        self.cluster.start_coordinators(1)
        warm, last = self.simulate(100, self.options.seconds)
        fast, before = per_second(warm, last), last["memory"]
        self.cluster.psql("CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END';"
                          "CREATE TRIGGER be_slow AFTER UPDATE ON runs FOR EACH STATEMENT EXECUTE FUNCTION be_slow()")
        most = []
        self.jobs.ensure(GUESS * 10)
        warm, last = self.cluster.simulate(on_line=lambda _: most.append(self.cluster.coordinator_memory()), workers=100, seconds=20,
                                           warm_up=2, name="slow")
        self.cluster.psql("DROP TRIGGER be_slow ON runs; DROP FUNCTION be_slow")
        self.cluster.wait_for_rest()
        print(f"\nwith 0.3 s in every commit: {per_second(warm, last):,.0f} predictions/s instead of {fast:,.0f}; the coordinator has "
              f"{max(most):.0f} MiB at most, {before:.0f} before; {last['not_stored']} of {last['stored_at_end'] + last['not_stored']:,} reported "
              f"predictions were refused; in flight at the end: {last['in_flight']} shards", flush=True)


def main(argv=None):
    options = arguments(argv)
    print(f"processors: {len(os.sched_getaffinity(0))}; shards of {data.SHARD_ITEMS} items, outputs of 200 bytes", flush=True)
    with Cluster(options.folder) as cluster:
        cluster.start_coordinators(1)
        data.fill(cluster)
        if options.stored:
            cluster.stop_coordinators()
            begin = time.monotonic()
            stored = data.store_finished_jobs(cluster, options.stored)
            (size,) = cluster.psql("SELECT pg_size_pretty(pg_database_size('assay'))")
            print(f"{stored:,} predictions of finished jobs, {size}, copied in {time.monotonic() - begin:.0f} s", flush=True)
        bench = Bench(cluster, options)
        for part in options.parts.split(","):
            getattr(bench, part)()
        # No shard has more or fewer predictions than items.
        wrong = cluster.number("SELECT count(*) FROM runs r WHERE run_id < 1000000000 AND items_done <> (SELECT count(*) FROM predictions p "
                               "WHERE p.run_id = r.run_id)")
        if wrong:
            bench.failures.append(f"{wrong} runs count other predictions than they have")
    for failure in bench.failures:
        print(f"WRONG: {failure}")
    return 1 if bench.failures else 0
