#!/usr/bin/env python3
"""Writes the seeds of rpc_messages_fuzz: a message of each kind, behind a byte that tells the kind. Run from the root; needs protoc."""

import pathlib
import subprocess

DIGEST = "ab" * 32
MODEL = f'name: "m" path: "/models/m" format: "gguf" architecture: "llama" weights_sha256: "{DIGEST}" ' \
        f'tokenizer_sha256: "{DIGEST}" parameters: 7 context_length: 2048 vocabulary_size: 32000 stored_type: "F16" ' \
        'characters_per_token: 3.5'
SETTINGS = 'protocol: "instructeval" protocol_version: 1 shots: 3 precision: PRECISION_BFLOAT16 limit: 4 ' \
           'prompt_template: PROMPT_TEMPLATE_CHAT system_prompt: "s" sampling { temperature: 0.5 top_p: 0.9 top_k: 4 seed: 1 samples: 2 }'
RUN = f'run_id: 1 job_id: 2 benchmark: "bbh" dataset_name: "bbh" dataset_sha256: "{DIGEST}" settings {{ {SETTINGS} }} model_name: "m"'
ITEM = 'id: "bbh/navigate/1" group: "navigate" split: "test" ordinal: 3 fields { key: "input" value: "?" } choices: "A" choices: "B" target: "A"'
PROGRESS = f'spec {{ {RUN} }} state: STATE_RUNNING items: 9 items_done: 4 items_failed: 1 engine: "1/avx2" grader: "starts_with" grader_version: 1'
# In the order of the fuzzer's converters.
MESSAGES = [
    ("Item", ITEM),
    ("DatasetInfo", f'benchmark: "bbh" name: "bbh" sha256: "{DIGEST}" items: 4 examples: 3 groups: 2'),
    ("ModelSpec", MODEL),
    ("RunSettings", SETTINGS),
    ("RunSpec", RUN),
    ("RunProgress", PROGRESS),
    ("JobProgress", f'job_id: 2 state: STATE_RUNNING submitted {{ seconds: 9 }} runs {{ {PROGRESS} }}'),
    ("Prediction", f'item_id: "i" prompt: "p" prompt_sha256: "{DIGEST}" prompt_tokens: 5 output: "\\377o" output_token_ids: 7 '
                   'finish_reason: FINISH_REASON_STOP choice_loglikelihoods: -1.5 generated_tokens: 1'),
    ("Score", 'grader: "g" grader_version: 1 verdict: VERDICT_CORRECT extracted: "A" partial: 0.5'),
    ("Metric", 'name: "accuracy" group: "g" value: 0.5 standard_error: 0.1 items: 4 low: 0.1 high: 0.9'),
    ("WorkerInfo", 'worker_id: "w" hostname: "h" engine_version: "1/avx2" device: "cpu" threads: 2 gflops { key: "float32" value: 100 }'),
    ("LeaseKey", 'shard_id: 1 attempt: 2 lease_id: 3'),
    ("LeaseGrant", f'lease {{ shard_id: 1 attempt: 1 lease_id: 3 }} run {{ {RUN} }} model {{ {MODEL} }} items {{ {ITEM} }} '
                   f'shots {{ key: "navigate" value {{ items {{ {ITEM} }} }} }}'),
    ("ModelFacts", 'name: "m"'),
    ("Baseline", 'name: "b"'),
    ("GetLeaderboardRequest", ''),
    ("GetLeaderboardResponse", ''),
]


def main():
    folder = pathlib.Path("tests/fuzz/corpus/rpc_messages_fuzz")
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(str(p) for p in pathlib.Path("proto/assay/v1").glob("*.proto"))
    for kind, (name, text) in enumerate(MESSAGES):
        encoded = subprocess.run(["protoc", "-I", "proto", f"--encode=assay.v1.{name}", *files], input=text.encode(),
                                 stdout=subprocess.PIPE, check=True).stdout
        (folder / name).write_bytes(bytes([kind]) + encoded)


if __name__ == "__main__":
    main()
