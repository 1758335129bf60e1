"""What the measured engines have in common: reading requests, timing, writing predictions.

A peer is run as `python PEER.py SETTINGS.json STARTED`, in an environment of its own; STARTED is the time at which the process
was started, in nanoseconds on the monotonic clock. Settings:
  model             the folder or file of the model, in the form that the peer wants
  precision         "bfloat16" or "float32"
  threads           of the computation
  kv_cache_mb       for engines whose key-value cache has a fixed size
  context           tokens of the longest prompt with its continuation
  stop_token_ids    tokens that end a generation
  start             whether the time to the first prediction is what counts; else one short request is run, untimed, to warm up
  runs              a list of {requests, output, options}: files to read and to write, one after the other
"""

import dataclasses
import json
import sys
import time


@dataclasses.dataclass
class Request:
    id: int
    prompt: str
    prompt_ids: list
    choices: list | None
    choice_ids: list | None
    max_new_tokens: int


@dataclasses.dataclass
class Prediction:
    """`choice` is the index of the likeliest choice; for generations, `text` and, where the engine gives them, `token_ids`."""

    id: int
    choice: int | None = None
    scores: list | None = None
    text: str = ""
    token_ids: list | None = None


def read_requests(path):
    with open(path, encoding="utf-8") as file:
        return [Request(**json.loads(line)) for line in file]


def without_stop(token_ids, stop_token_ids):
    """The tokens before the one that ended the generation; some engines return it, some do not."""
    for index, token in enumerate(token_ids):
        if token in stop_token_ids:
            return list(token_ids[:index])
    return list(token_ids)


def warm_up_request():
    ids = list(range(1000, 1064))
    return Request(id=0, prompt="One, two, three, four. " * 8, prompt_ids=ids, choices=None, choice_ids=None, max_new_tokens=2)


def main(make_engine):
    """`make_engine(settings)` loads; it returns an object with run(requests, options) -> (predictions, details) and `versions`."""
    with open(sys.argv[1], encoding="utf-8") as file:
        settings = json.load(file)
    begin = time.monotonic()
    engine = make_engine(settings)
    load_seconds = time.monotonic() - begin
    if not settings["start"]:
        engine.run([warm_up_request()], {})
    for run in settings["runs"]:
        requests = read_requests(run["requests"])
        begin = time.monotonic()
        predictions, details = engine.run(requests, run["options"])
        end = time.monotonic()
        result = {
            "versions": engine.versions,
            "load_seconds": load_seconds,
            "run_seconds": end - begin,
            # Of use with a single request only: then its end is that of the run.
            "first_prediction_seconds": end - int(sys.argv[2]) / 1e9,
            "predictions": [dataclasses.asdict(p) for p in predictions],
        }
        # An engine that tries several settings says how long the best took.
        result.update(details)
        with open(run["output"], "w", encoding="utf-8") as file:
            json.dump(result, file)
