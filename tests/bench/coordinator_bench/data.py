"""What the simulated workers work on, and predictions of jobs that have long ended."""

import json
import subprocess
import threading

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


# Made by one session of the server, and copied in by another one.
STORED_RUN = 1_000_000_000
STORED_PREDICTIONS = """
SELECT {run}::bigint, i, 0, 'as asked'::bytea, repeat('d', 64), 900::bigint, 800::bigint, 3, false, false,
  convert_to(rpad(md5(i::text), 200, 'the answer of a finished job '), 'UTF8'), '{{1,2,3}}'::integer[], 'stop',
  '{{}}'::double precision[], '', {run}::bigint, {run}::bigint
FROM generate_series(0, {items} - 1) i"""
PREDICTION_COLUMNS = ("run_id, item_ordinal, sample_index, prompt, prompt_sha256, prompt_tokens, cached_tokens, shots_used, "
                      "over_max_input, truncated, output, output_token_ids, finish_reason, choice_loglikelihoods, error, shard_id, lease_id")
STORED_SCORES = "SELECT {run}::bigint, i, 0, 'starts_with', 1, 'wrong', 'y'::bytea FROM generate_series(0, {items} - 1) i"
SCORE_COLUMNS = "run_id, item_ordinal, sample_index, grader, grader_version, verdict, extracted"
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


def pipe(cluster, select, table_and_columns):
    psql = cluster.psql_command()
    with subprocess.Popen([*psql, "-c", f"COPY ({select}) TO STDOUT (FORMAT binary)"], stdout=subprocess.PIPE) as source:
        subprocess.run([*psql, "-c", f"COPY {table_and_columns} FROM STDIN (FORMAT binary)"], stdin=source.stdout, check=True)


def store_finished_jobs(cluster, predictions):
    """So many predictions and scores of jobs that have ended, by COPY, with their shards and sums."""
    runs = -(-predictions // ITEMS)
    cluster.psql(STORED_JOBS.format(runs=runs))
    numbers = iter(range(1, runs + 1))
    lock = threading.Lock()
    failures = []

    def work():
        try:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                values = {"run": STORED_RUN + number, "items": ITEMS}
                pipe(cluster, STORED_PREDICTIONS.format(**values), f"predictions ({PREDICTION_COLUMNS})")
                pipe(cluster, STORED_SCORES.format(**values), f"scores ({SCORE_COLUMNS})")
        except BaseException as error:  # told by the main thread
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    cluster.psql("VACUUM shards")
    cluster.psql("ANALYZE")
    return runs * ITEMS
