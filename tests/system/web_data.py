"""Fills a service for the tests of the web page: real runs of tiny models, and rows of our own making for what needs size."""

import json
import re
import subprocess

import tiny_models
from fake_endpoint import MODEL, FakeEndpoint
from service import ROOT, SAMPLE_DATA

MODELS = ("gpt2", "llama")
WRITERS = ("llama", "mistral")
JUDGE = "critic"
SAMPLES = 10  # of each item of the large run
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
RARE = "xylophone"
KEY_NAME = "FAKE_API_KEY"  # of the environment
BASELINE = """Model,Foundation,Parameters (B),MMLU,BBH,DROP,CRASS,HumanEval,Average
[LLaMA](https://huggingface.co/decapoda-research/llama-13b-hf),LLaMA,13,40,30,20,10,50,30.0
Nobody,,,89.8,94.4,94.1,98.2,,
"""

# A completed run on every data set of a benchmark for each model that deploy/models.yaml knows, with the sums that the leaderboard reads.
KNOWN_MODELS = """
CREATE TEMPORARY TABLE known (number serial, name text);
INSERT INTO known (name) VALUES {names};
INSERT INTO models (name, path, format, architecture, weights_sha256, tokenizer_sha256, parameters, context_length, vocabulary_size,
                    stored_type, characters_per_token)
  SELECT name, '/models/' || name, 'huggingface', 'llama', md5(name) || md5(name), repeat('0', 64), 1000000000, 2048, 32000, 'bfloat16', 4
  FROM known;
INSERT INTO jobs (state, finished) VALUES ('completed', now());
INSERT INTO runs (job_id, state, model_name, dataset_id, dataset_name, protocol, protocol_version, shots, precision_name, item_limit,
                  manifest, engine, estimated_tokens, items, items_done, started, finished, grader, grader_version)
  SELECT (SELECT max(job_id) FROM jobs), 'completed', k.name, r.dataset_id, r.dataset_name, r.protocol, r.protocol_version, r.shots,
         'bfloat16', 0, r.manifest, '0/none', 1, r.items, r.items, now(), now(), r.grader, r.grader_version
  FROM known k CROSS JOIN runs r WHERE r.run_id IN ({runs}) ORDER BY k.number, r.run_id;
INSERT INTO run_groups (run_id, group_name, items, correct, errors, values_sum, squares_sum, clusters, n_n, n_correct, correct_correct,
                        n_values, values_values)
  SELECT run_id, group_name, n, c, 0, c, c, n, n, c, c, c, c FROM (
    SELECT made.run_id, g.group_name, g.items AS n, (g.items * (20 + (made.run_id * 37 + length(g.group_name) * 11) % 70)) / 100 AS c
    FROM runs made JOIN runs r ON r.dataset_id = made.dataset_id AND r.run_id IN ({runs}) JOIN run_groups g ON g.run_id = r.run_id
    WHERE made.engine = '0/none') one;
"""

# A run with a great many predictions, on a data set of its own.
MANY = """
INSERT INTO datasets (benchmark, sha256, items, examples, groups) VALUES ('mmlu', repeat('e', 64), {items}, 0, 1);
INSERT INTO dataset_names (name, dataset_id) SELECT 'many', max(dataset_id) FROM datasets;
INSERT INTO items (dataset_id, ordinal, item_id, group_name, split, body)
  SELECT d.dataset_id, n, 'mmlu/astronomy/' || n, 'astronomy', 'test', json_build_object('fields', json_build_object(
    'question', 'Question ' || n || ': which of these planets is the farthest from its star?', 'choice_a', 'red', 'choice_b', 'blue',
    'choice_c', 'green', 'choice_d', 'white'), 'choices', json_build_array('A', 'B', 'C', 'D'), 'target', substr('ABCD', n % 4 + 1, 1))
  FROM generate_series(0, {items} - 1) n, (SELECT max(dataset_id) AS dataset_id FROM datasets) d;
INSERT INTO jobs (state, finished) VALUES ('completed', now());
INSERT INTO runs (job_id, state, model_name, dataset_id, dataset_name, protocol, protocol_version, shots, precision_name, item_limit,
                  manifest, engine, estimated_tokens, items, items_done, started, finished, grader, grader_version, samples)
  SELECT (SELECT max(job_id) FROM jobs), 'completed', model_name, (SELECT max(dataset_id) FROM datasets), 'many', protocol,
         protocol_version, 0, 'float32', 0, manifest, engine, 1, {items} * {samples}, {items} * {samples}, now(), now(), grader,
         grader_version, {samples}
  FROM runs WHERE run_id = {like};
INSERT INTO predictions (run_id, item_ordinal, sample_index, prompt, prompt_sha256, prompt_tokens, cached_tokens, shots_used,
                         over_max_input, truncated, output, output_token_ids, finish_reason, choice_loglikelihoods, error, shard_id, lease_id)
  SELECT r.run_id, n, s, 'as asked'::bytea, repeat('f', 64), 90, 80, 0, false, n % 9 = 0, convert_to(CASE n
    WHEN 1 THEN '{hostile}' WHEN {rare_ordinal} THEN 'a {rare}' ELSE 'B, since the planet ' || n || ' is small' END, 'UTF8'),
    ARRAY[1, 2], 'stop', ARRAY[]::float8[], '', 1, 1
  FROM (SELECT max(run_id) AS run_id FROM runs) r, generate_series(0, {items} - 1) n, generate_series(0, {samples} - 1) s
  WHERE n <> {rare_ordinal} OR s = 0;
INSERT INTO scores (run_id, item_ordinal, sample_index, grader, grader_version, verdict, extracted)
  SELECT r.run_id, p.item_ordinal, p.sample_index, r.grader, r.grader_version,
         CASE p.item_ordinal % 5 WHEN 0 THEN 'correct' WHEN 3 THEN 'unparsable' WHEN 4 THEN 'unanswered' ELSE 'wrong' END, 'B'::bytea
  FROM runs r JOIN predictions p USING (run_id) WHERE r.run_id = (SELECT max(run_id) FROM runs);
INSERT INTO run_groups (run_id, group_name, items, correct, errors, values_sum, squares_sum, clusters, n_n, n_correct, correct_correct,
                        n_values, values_values)
  SELECT run_id, 'astronomy', items, items / 5, 0, items / 5, items / 5, items, items, items / 5, items / 5, items / 5, items / 5
  FROM runs WHERE run_id = (SELECT max(run_id) FROM runs);
ANALYZE predictions; ANALYZE scores; ANALYZE items; ANALYZE runs;
"""


def psql(service, sql):
    """The lines that a statement returns, in the service's own database."""
    command = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", f"--host={service.data}/run",
               "--port=5432", "--username=assay", "--dbname=assay", "--file=-"]
    result = subprocess.run(command, input=sql, text=True, capture_output=True)
    if result.returncode != 0:
        raise AssertionError(f"psql: {result.stderr}\n{sql[:2000]}")
    return result.stdout.split()


def runs_of(service, job):
    """(model, benchmark) -> number of the run."""
    return {(run["model"], run["benchmark"]): run["run_id"] for run in service.json("results", job)["runs"]}


def rating_of(prompt):
    """What the judge says of an answer: not the same of all, so that agreement can be measured."""
    return str(1 + sum(prompt.encode()) % 5)


def fill(service, many):
    """Fills the service, whose last two jobs stay paused; returns what the browser's tests have to know of it. `many`: predictions
    of the large run."""
    for benchmark in ("mmlu", "crass", "bbh", "drop", "human_eval", "impact"):
        service.run("dataset", "import", benchmark, SAMPLE_DATA / benchmark)
    checkpoints = tiny_models.checkpoints()
    for name, folder in tiny_models.make(service.folder / "models", {name: checkpoints[name] for name in {*MODELS, *WRITERS}}).items():
        if name in WRITERS:
            make_room(folder / "config.json")
        service.run("model", "add", name, folder)
    models = ",".join(MODELS)
    jobs = [service.submit("--precision", "float32", benchmark="mmlu,crass", model=models),
            service.submit("--precision", "float32", "--protocol", "lm-eval", "--limit", 2, benchmark="mmlu", model=MODELS[0]),
            service.submit("--precision", "float32", "--limit", 1, benchmark="impact", model=",".join(WRITERS)),
            service.submit("--precision", "float32", "--limit", 2, benchmark="bbh,drop,human_eval", model=models)]
    for job in jobs:
        service.run("watch", job, check=False)  # not all of these models have room for a program
    with FakeEndpoint(answer=rating_of) as endpoint:
        service.run("model", "add", JUDGE, "--endpoint", endpoint.url, "--remote-model", MODEL, "--api-key-env", KEY_NAME)
        service.run("judge", jobs[2], "--judge", JUDGE)
    first, choices, writing, _ = (runs_of(service, job) for job in jobs)
    # Its context has no room for what IMPACT asks for.
    failed = service.submit("--limit", 1, benchmark="impact", model=MODELS[0])
    service.run("watch", failed, check=False)
    # Long enough to be paused again by who looks at the page.
    waiting = service.submit("--precision", "bfloat16", "--shard-items", 1, benchmark="mmlu,bbh,drop,crass", model=models)
    service.run("pause", waiting)
    guarded = service.submit("--precision", "bfloat16", "--shots", 0, "--shard-items", 1, benchmark="mmlu,bbh,drop,crass", model=models)
    service.run("pause", guarded)

    names = re.findall(r"^  - name: (\S+)$", (ROOT / "deploy/models.yaml").read_text(), re.MULTILINE)
    runs = [first[MODELS[0], benchmark] for benchmark in ("mmlu", "crass")]
    psql(service, KNOWN_MODELS.format(names=", ".join(f"('{name}')" for name in names), runs=", ".join(map(str, runs))))
    items = many // SAMPLES
    rare_ordinal = items * 3 // 5
    psql(service, MANY.format(items=items, samples=SAMPLES, like=runs[0], hostile=HOSTILE, rare=RARE, rare_ordinal=rare_ordinal))
    (many_run,) = psql(service, "SELECT max(run_id) FROM runs;")
    service.run("model", "facts", "import", ROOT / "deploy/models.yaml")
    baseline = service.folder / "baseline.csv"
    baseline.write_text(BASELINE)
    service.run("baseline", "import", baseline, "--source", "paper")
    return {
        "models": list(MODELS), "precision": "float32", "foundation": "LLaMA", "published": "paper",
        "run": str(first[MODELS[0], "mmlu"]), "other_run": str(first[MODELS[1], "mmlu"]),
        "choice_run": str(choices[MODELS[0], "mmlu"]), "writing_runs": [str(writing[name, "impact"]) for name in WRITERS],
        "writers": WRITERS, "judge": JUDGE, "open_job": str(waiting), "guarded_job": str(guarded),
        "owner": service.job(guarded)["owner"], "failed_job": str(failed), "failed": 4, "failure": "has no room for a prompt",
        "many": many, "many_run": many_run, "many_items": items, "many_samples": SAMPLES,
        "hostile_output": HOSTILE, "rare_text": RARE, "rare_ordinal": rare_ordinal,
    }


def make_room(config):
    """A context that IMPACT's answers fit into; positions are not learned."""
    values = json.loads(config.read_text())
    values["max_position_embeddings"] = 2048
    config.write_text(json.dumps(values))


def write_facts(path, facts):
    path.write_text(json.dumps(facts))
