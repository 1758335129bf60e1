"""Fills the coordinator's own tables with made-up models, items, predictions and scores of the suite's size."""

import json
import random

OUTPUT_BYTES = 200
# benchmark, protocol version, shots, grader, groups, items, items of one passage; all together 31,000 items. DROP has some more than
# its own, so that the sum is round.
BENCHMARKS = (
    ("mmlu", 1, 5, "starts_with", 57, 14_042, 1),
    ("bbh", 1, 3, "starts_with", 27, 6_430, 1),
    ("drop", 1, 3, "starts_with", 1, 9_869, 16),
    ("crass", 1, 3, "starts_with", 1, 274, 1),
    ("human_eval", 1, 0, "human_eval", 1, 164, 1),
    ("hhh", 1, 0, "hhh", 4, 221, 1),
)
HHH_GROUPS = ("harmless", "helpful", "honest", "other")
DIGEST = "d" * 64

# The sums as the commits would have left them, and as a migration made them of older runs.
SUMS = """
CREATE TEMPORARY TABLE scored AS
  SELECT r.run_id, i.group_name, i.cluster, (s.verdict = 'correct')::integer AS correct
  FROM runs r JOIN scores s USING (run_id) JOIN items i ON i.dataset_id = r.dataset_id AND i.ordinal = s.item_ordinal;
INSERT INTO run_clusters (run_id, cluster, group_name, items, correct, values_sum)
  SELECT run_id, cluster, min(group_name), count(*), sum(correct), sum(correct) FROM scored
  WHERE cluster IS NOT NULL GROUP BY run_id, cluster;
INSERT INTO run_groups (run_id, group_name, items, correct, errors, values_sum, squares_sum, clusters, n_n, n_correct,
                        correct_correct, n_values, values_values)
  SELECT run_id, group_name, sum(n), sum(c), 0, sum(c), sum(c), count(*), sum(n * n), sum(n * c), sum(c * c), sum(n * c), sum(c * c)
  FROM (SELECT run_id, group_name, items AS n, correct AS c FROM run_clusters
        UNION ALL SELECT run_id, group_name, 1, correct FROM scored WHERE cluster IS NULL) one
  GROUP BY run_id, group_name;
"""


def model_name(number):
    return f"model-{number:02d}"


def group_name(benchmark, group):
    return HHH_GROUPS[group] if benchmark == "hhh" else f"{benchmark}_{group:02d}"


def item_body(benchmark, ordinal):
    fields = {"input": f"Question {ordinal} of {benchmark}, which is as long as such questions are. " * 4}
    return json.dumps({"fields": fields, "choices": [], "target": "yes"})


def fill_items(service):
    """Data sets with their items, numbered from 1 in the order of BENCHMARKS."""
    for number, (benchmark, _, _, _, groups, items, together) in enumerate(BENCHMARKS, 1):
        service.psql(f"INSERT INTO datasets (benchmark, sha256, items, examples, groups) "
                     f"VALUES ('{benchmark}', '{DIGEST}', {items}, 0, {groups});"
                     f"INSERT INTO dataset_names (name, dataset_id) VALUES ('{benchmark}', {number})")

        def rows(benchmark=benchmark, number=number, groups=groups, items=items, together=together):
            for ordinal in range(items):
                group = group_name(benchmark, ordinal * groups // items)
                cluster = ordinal // together * together if together > 1 else "\\N"
                body = item_body(benchmark, ordinal).replace("\\", "\\\\")
                yield f"{number}\t{ordinal}\t{benchmark}/{ordinal}\t{group}\ttest\t{body}\t{cluster}\n"

        service.copy("items", "dataset_id, ordinal, item_id, group_name, split, body, cluster", rows())


def fill_runs(service, models):
    """A completed run of every model on every data set; run ids count up in this order."""
    for model in range(models):
        service.psql(
            f"INSERT INTO models (name, path, format, architecture, weights_sha256, tokenizer_sha256, parameters, context_length, "
            f"vocabulary_size, stored_type, characters_per_token) VALUES ('{model_name(model)}', '/models/{model}', 'huggingface', "
            f"'llama', '{model:064x}', '{DIGEST}', {(model + 1) * 10 ** 9}, 2048, 32000, 'bfloat16', 4)")
        service.psql("INSERT INTO jobs (state, finished) VALUES ('completed', now())")
        for number, (_, version, shots, grader, _, items, _) in enumerate(BENCHMARKS, 1):
            manifest = json.dumps({"protocol": {"name": "instructeval", "grader": grader, "grader_version": 1},
                                   "model": {"weights_sha256": f"{model:064x}", "filler": "x" * 1000}})
            service.psql(
                f"INSERT INTO runs (job_id, state, model_name, dataset_id, dataset_name, protocol, protocol_version, shots, "
                f"precision_name, item_limit, manifest, engine, estimated_tokens, items, items_done, started, finished, grader, "
                f"grader_version) SELECT {model + 1}, 'completed', '{model_name(model)}', dataset_id, benchmark, 'instructeval', "
                f"{version}, {shots}, 'bfloat16', 0, '{manifest}', '0/none', 1, {items}, {items}, now(), now(), '{grader}', 1 "
                f"FROM datasets WHERE dataset_id = {number}")


def fill_predictions(service, models, seed=1):
    """Predictions and scores of all runs, by COPY. Returns how many."""
    rng = random.Random(seed)
    text = bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz     .,") for _ in range(64 * OUTPUT_BYTES))
    outputs = ["\\\\x" + text[i * OUTPUT_BYTES:(i + 1) * OUTPUT_BYTES].hex() for i in range(64)]
    prompt = "\\\\x" + b"as asked".hex()
    total = 0
    for model in range(models):
        skill = 0.25 + 0.5 * rng.random()
        for number, (benchmark, _, shots, grader, _, items, _) in enumerate(BENCHMARKS):
            run = model * len(BENCHMARKS) + number + 1
            right = [rng.random() < skill for _ in range(items)]
            service.copy(
                "predictions",
                "run_id, item_ordinal, sample_index, prompt, prompt_sha256, prompt_tokens, cached_tokens, shots_used, over_max_input, "
                "truncated, output, output_token_ids, finish_reason, choice_loglikelihoods, error, shard_id, lease_id",
                (f"{run}\t{i}\t0\t{prompt}\t{DIGEST}\t900\t800\t{shots}\tf\tf\t{outputs[(i * 7 + run) % 64]}\t{{1,2,3}}\tstop\t{{}}\t\t1\t1\n"
                 for i in range(items)))
            service.copy(
                "scores", "run_id, item_ordinal, sample_index, grader, grader_version, verdict, extracted",
                (f"{run}\t{i}\t0\t{grader}\t1\t{'correct' if right[i] else 'wrong'}\t\\\\x79\n" for i in range(items)))
            total += items
    return total


def fill(service, models):
    fill_items(service)
    fill_runs(service, models)
    predictions = fill_predictions(service, models)
    service.psql(SUMS)
    service.psql("VACUUM ANALYZE")
    return predictions
