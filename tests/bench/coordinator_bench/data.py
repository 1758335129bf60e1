"""What the simulated workers work on, and predictions of jobs that have long ended."""

import json
import subprocess
import threading
import time

from leaderboard_bench.generator import DIGEST

ITEMS = 50_000
GROUPS = 100
SHARD_ITEMS = 64  # as the planner cuts for models that are fast
RUNS_OF_A_JOB = 10

MODEL = ("INSERT INTO models (name, path, format, architecture, weights_sha256, tokenizer_sha256, parameters, context_length, "
         "vocabulary_size, stored_type, characters_per_token) SELECT 'model-' || i, '/models/' || i, 'huggingface', 'llama', "
         f"lpad(i::text, 64, '0'), '{DIGEST}', 1000000000, 2048, 32000, 'bfloat16', 4 FROM generate_series(1, 10000) i")


def fill(cluster):
    """A data set of BBH's form, and models for any number of runs."""
    cluster.psql(f"INSERT INTO datasets (benchmark, sha256, items, examples, groups) VALUES ('bbh', '{DIGEST}', {ITEMS}, 0, {GROUPS});"
                 f"INSERT INTO dataset_names (name, dataset_id) VALUES ('bbh', 1)")

    def rows():
        for ordinal in range(ITEMS):
            fields = {"input": f"Question {ordinal}, which is as long as such questions are, or so. " * 4}
            body = json.dumps({"fields": fields, "choices": [], "target": "yes"})
            yield f"1\t{ordinal}\tbbh/{ordinal}\tgroup_{ordinal * GROUPS // ITEMS:03d}\ttest\t{body}\n"

    cluster.copy("items", "dataset_id, ordinal, item_id, group_name, split, body", rows())
    cluster.psql(MODEL)
    cluster.psql("ANALYZE")


class Jobs:
    """Submits as many as are needed."""

    def __init__(self, cluster):
        self._cluster = cluster
        self._models = 0

    def ensure(self, items):
        """At least so many items are to be done."""
        while self._cluster.number("SELECT coalesce(sum(items - items_done), 0) FROM runs WHERE state IN ('pending', 'running')") < items:
            names = ",".join(f"model-{self._models + i + 1}" for i in range(RUNS_OF_A_JOB))
            self._models += RUNS_OF_A_JOB
            self._cluster.assay("eval", "--detach", "--model", names, "--benchmark", "bbh", "--shard-items", SHARD_ITEMS)

    def cancel(self):
        for job in self._cluster.psql("SELECT job_id FROM jobs WHERE state IN ('pending', 'running')"):
            self._cluster.assay("cancel", job)


# Of the predictions of jobs that have long ended. They are copied in by COPY, a run at a time, from a file that is the same for all.
STORED_RUN = 1_000_000_000
PARTITIONS = 16
STORED = {
    "predictions": (
        "item_ordinal, sample_index, prompt, prompt_sha256, prompt_tokens, cached_tokens, shots_used, over_max_input, truncated, output, "
        "output_token_ids, finish_reason, choice_loglikelihoods, error, shard_id, lease_id",
        "i, 0, ''::bytea, repeat('d', 64), 900::bigint, 800::bigint, 3, false, false, "
        "convert_to(rpad(md5(i::text), 100, 'the answer of a finished job '), 'UTF8'), '{}'::integer[], 'stop', '{}'::double precision[], "
        "'', 1::bigint, 1::bigint"),
    "scores": (
        "item_ordinal, sample_index, grader, grader_version, verdict, extracted",
        "i, 0, 'starts_with', 1, CASE WHEN i % 3 = 0 THEN 'wrong' ELSE 'correct' END, 'y'::bytea"),
}
STORED_JOBS = f"""
INSERT INTO jobs (state, finished) SELECT 'completed', now() FROM generate_series(1, {{runs}});
INSERT INTO runs (run_id, job_id, state, model_name, dataset_id, dataset_name, protocol, protocol_version, shots, precision_name,
    item_limit, manifest, engine, estimated_tokens, items, items_done, started, finished, grader, grader_version)
  OVERRIDING SYSTEM VALUE
  SELECT {STORED_RUN} + row_number() OVER (), job_id, 'completed', 'model-1', 1, 'bbh', 'instructeval', 1, 3, 'bfloat16', 0, '{{{{}}}}',
    '0/none', 1, {ITEMS}, {ITEMS}, now(), now(), 'starts_with', 1
  FROM (SELECT job_id FROM jobs WHERE state = 'completed' ORDER BY job_id DESC LIMIT {{runs}}) j;
INSERT INTO shards (run_id, state, item_ordinals, attempt, lease_id, worker_id)
  SELECT {STORED_RUN} + r, 'done', array(SELECT generate_series(s * {SHARD_ITEMS}, s * {SHARD_ITEMS} + {SHARD_ITEMS} - 1)), 1,
    nextval('lease_ids'), 'long-gone' FROM generate_series(1, {{runs}}) r, generate_series(0, {ITEMS // SHARD_ITEMS} - 1) s;
INSERT INTO run_groups (run_id, group_name, items, correct, errors)
  SELECT {STORED_RUN} + r, 'group_' || lpad(g::text, 3, '0'), {ITEMS // GROUPS}, 0, 0
  FROM generate_series(1, {{runs}}) r, generate_series(0, {GROUPS} - 1) g;
"""
INDEXES = """
SELECT 'DROP', 'ALTER TABLE {table} DROP CONSTRAINT ' || conname, 'ALTER TABLE {table} ADD CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'p'
UNION ALL SELECT 'DROP', 'DROP INDEX ' || indexrelid::regclass, pg_get_indexdef(indexrelid)
FROM pg_index WHERE indrelid = '{table}'::regclass AND NOT indisprimary"""
# Nothing of what is made here need survive a crash.
QUICKLY = ("fsync=off", "wal_level=minimal", "max_wal_senders=0", "full_page_writes=off", "autovacuum=off", "maintenance_work_mem=512MB",
           "max_wal_size=4GB")


def copy_runs(cluster, table, part, file, runs):
    """The rows of the runs that belong to one partition, which are frozen from the start."""
    columns, _ = STORED[table]
    statements = ["BEGIN", f"TRUNCATE {table}_{part}"]
    for run in runs:
        statements.append(f"ALTER TABLE {table}_{part} ALTER COLUMN run_id SET DEFAULT {run}")
        statements.append(f"COPY {table}_{part} ({columns}) FROM '{file}' (FORMAT binary, FREEZE)")
    statements += [f"ALTER TABLE {table}_{part} ALTER COLUMN run_id DROP DEFAULT", "COMMIT"]
    subprocess.run([*cluster.psql_command(), "-f", "-"], input=";\n".join(statements) + ";\n", text=True, check=True)


def at_once(tasks):
    """Two at a time. The first error of a task is raised at the end."""
    remaining, failures, lock = iter(tasks), [], threading.Lock()

    def work():
        while True:
            with lock:
                task = next(remaining, None)
            if task is None or failures:
                return
            try:
                task()
            except BaseException as error:  # told by the main thread
                failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def store_finished_jobs(cluster, predictions):
    """So many predictions and scores of jobs that have ended, by COPY, with their shards and sums. Nothing else is stored yet, and no
    coordinator runs. The indexes are made afterwards, which takes a fraction of the time."""
    runs = -(-predictions // ITEMS)
    cluster.psql("CHECKPOINT")
    cluster.stop_postgres()
    cluster.start_postgres(*QUICKLY)
    cluster.psql(STORED_JOBS.format(runs=runs))
    for table, (columns, select) in STORED.items():
        begin = time.monotonic()
        indexes = [line.split("|") for line in cluster.psql(INDEXES.format(table=table))]
        cluster.psql("; ".join(drop for _, drop, _ in indexes))
        file = cluster.folder / "data" / f"{table}.rows"
        cluster.psql(f"COPY (SELECT {select} FROM generate_series(0, {ITEMS} - 1) i) TO '{file}' (FORMAT binary)")
        parts = []
        for part in range(PARTITIONS):
            chosen = cluster.psql(f"SELECT r FROM generate_series({STORED_RUN + 1}, {STORED_RUN + runs}) r "
                                  f"WHERE satisfies_hash_partition('{table}'::regclass, {PARTITIONS}, {part}, r::bigint)")
            parts.append(lambda part=part, chosen=chosen: copy_runs(cluster, table, part, file, chosen))
        at_once(parts)
        copied = time.monotonic() - begin
        for _, _, make in indexes:
            cluster.psql(make)
        file.unlink()
        print(f"{table}: {copied:.0f} s of COPY, {time.monotonic() - begin - copied:.0f} s of indexes", flush=True)
    for statement in ("VACUUM shards", "ANALYZE", "CHECKPOINT"):
        cluster.psql(statement)
    cluster.stop_postgres()
    cluster.start_postgres()
    return runs * ITEMS
