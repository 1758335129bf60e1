"""The command: fills a database, asks for the leaderboard cold and warm, commits shards, and prints what it took."""

import argparse
import json
import os
import statistics
import time

from . import generator, service

COLD_ROUNDS = 3
WARM_ROUNDS = 20
LIMIT_SECONDS = 1.0
# An idle connection tells the server what it read after ten seconds at the latest.
STATISTICS_SECONDS = 12


def arguments(argv):
    parser = argparse.ArgumentParser(prog="tests/bench/leaderboard", description=__doc__)
    parser.add_argument("--models", type=int, default=60, help="models, each with 31,000 items (default: 60)")
    parser.add_argument("--commits", type=int, default=20, help="shards that are committed (default: 20)")
    parser.add_argument("--folder", help="folder for the database, which takes 2 GB at 60 models (default: the system's)")
    return parser.parse_args(argv)


def spread(seconds):
    return f"{statistics.median(seconds):.3f} s (median of {len(seconds)}; {min(seconds):.3f} to {max(seconds):.3f})"


def table_reads(bench):
    """How often the tables of predictions and scores were read since the server counts."""
    bench.psql("SELECT pg_stat_force_next_flush()")
    (count,) = bench.psql(
        "SELECT sum(coalesce(seq_scan, 0) + coalesce(idx_scan, 0)) FROM pg_stat_user_tables "
        "WHERE relname ~ '^(predictions|scores)_[0-9]+$'")
    return int(count)


def ask(bench, models, *options):
    """Seconds of `assay leaderboard`, which must show every model with its average."""
    output, seconds = bench.assay("leaderboard", "--format", "csv", *options)
    rows = output.splitlines()
    if len(rows) != models + 1:
        raise SystemExit(f"the leaderboard has {len(rows) - 1} rows, not {models}")
    return seconds


def measure_questions(bench, models):
    cold = []
    dropped = True
    for _ in range(COLD_ROUNDS):
        dropped = bench.restart_cold() and dropped
        cold.append(ask(bench, models))
    state = "everything restarted and the system's cache dropped" if dropped else "everything restarted (the system's cache stayed)"
    print(f"leaderboard, {state}: {spread(cold)}")
    before = table_reads(bench)
    for options in ((), ("--intervals",), ("--view", "alignment"), ("--size", "1b..30b", "--sort", "drop")):
        rows = 30 if "--size" in options else models
        warm = [ask(bench, min(rows, models), *options) for _ in range(WARM_ROUNDS)]
        print(f"leaderboard {' '.join(options) or '(as it is)'}, warm: {spread(warm)}")
    time.sleep(STATISTICS_SECONDS)
    print(f"reads of predictions and scores meanwhile: {table_reads(bench) - before}")
    return cold


def cell_items(bench, model):
    output, _ = bench.assay("leaderboard", "--partial", "--precision", "float32", "--benchmark", "bbh", "--format", "json")
    (row,) = [row for row in json.loads(output)["rows"] if row["model"] == model] or [{"scores": {}}]
    return row["scores"].get("bbh", {"items": 0})["items"]


def measure_commits(bench, commits):
    """From the moment a worker sends a shard's answers until a leaderboard that was asked for shows them."""
    model = generator.model_name(0)
    # The examples of a task are its first items; a run in another precision has a cell of its own.
    bench.assay("eval", "--detach", "--model", model, "--benchmark", "bbh", "--precision", "float32", "--shard-items", 8)
    worker = bench.worker()
    stored, visible = [], []
    items = 0
    for _ in range(commits):
        worker.stdin.write("\n")
        worker.stdin.flush()
        answer = json.loads(worker.stdout.readline())
        items += answer["items"]
        shown = cell_items(bench, model)
        end = time.monotonic()
        if shown != items:
            raise SystemExit(f"{items} items were committed, and the leaderboard shows {shown}")
        stored.append(answer["stored"] - answer["sent"])
        visible.append(end - answer["sent"])
    worker.stdin.close()
    worker.wait()
    print(f"a shard of 8 items, from the worker's answer to its acknowledgement: {spread(stored)}")
    print(f"and until a leaderboard that was asked for then shows it: {spread(visible)}")
    return visible


def main(argv=None):
    options = arguments(argv)
    print(f"processors: {len(os.sched_getaffinity(0))}")
    with service.Service(options.folder) as bench:
        bench.start_coordinator()
        begin = time.monotonic()
        predictions = generator.fill(bench, options.models)
        (size,) = bench.psql("SELECT pg_size_pretty(pg_database_size('assay'))")
        print(f"{options.models} models, {predictions:,} predictions, {size}; made in {time.monotonic() - begin:.0f} s")
        cold = measure_questions(bench, options.models)
        visible = measure_commits(bench, options.commits)
    late = max(cold + visible) > LIMIT_SECONDS
    print("within one second: " + ("no" if late else "yes"))
    return 1 if late else 0
