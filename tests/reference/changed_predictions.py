#!/usr/bin/env python3
"""Asks one model in several forms and precisions, by a service of its own, and shows what `assay compare` says of them.

    changed_predictions.py BENCHMARK DATA MODEL:PRECISION MODEL:PRECISION... [--limit N] [--by-file STATE] [--expect-none]

MODEL is a GGUF file or a Hugging Face folder; the first one is what all others are compared with. The column "changed" has the share of
predictions whose text (or chosen letter) is another. --limit takes the first N items of each subject or task. Exit code 1 with --expect-none
where anything has changed. For example, that a GGUF file and its Hugging Face folder are the same model:

    PYTHON tests/bench/peers/prepare_model.py MODEL.gguf FOLDER '[2]'      (PYTHON: see tests/bench/README.md, environment huggingface)
    tests/reference/changed_predictions.py bbh DATA MODEL.gguf:float32 FOLDER/float32:float32 --expect-none

--by-file compares one file of DATA after the other, the smallest first, each a data set of its own, and keeps in STATE what is done: run again
with the same arguments after an interruption, it goes on with the next file. It is for benchmarks of which any file will do, as of BBH's.
"""

import argparse
import json
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
from service import Service  # noqa: E402


def add_models(service, models):
    """The name in the service of each MODEL."""
    names = {}
    for model in models:
        path = model.rpartition(":")[0]
        if path not in names:
            names[path] = f"model{len(names)}"
            service.run("model", "add", names[path], pathlib.Path(path).resolve())
            print(f"{names[path]} is {path}", flush=True)
    return names


def compare(service, names, models, data_set, limit):
    """(items, changed) of each model behind the first, in their order."""
    jobs = []
    for model in models:
        path, _, precision = model.rpartition(":")
        start = time.monotonic()
        # The larger a batch, the less time; the planner would give a slow worker few items at once.
        job = service.submit("--precision", precision, "--shard-items", 500, *limit, model=names[path], benchmark=data_set)
        service.run("watch", job, timeout=24 * 3600)
        print(f"{data_set}: {names[path]}, {precision}: {time.monotonic() - start:.0f} s", flush=True)
        jobs.append(job)
    found = []
    for job in jobs[1:]:
        print(service.run("compare", jobs[0], job).stdout, flush=True)
        pairs = service.json("compare", jobs[0], job)["comparisons"][0]["pairs"]
        found.append((sum(pair["items"] for pair in pairs), sum(pair["changed"] for pair in pairs)))
    return found


def compare_by_file(arguments, limit):
    """As compare(), over all files; what STATE has is not computed again."""
    what = [arguments.benchmark, arguments.models, arguments.limit]
    state = json.loads(arguments.by_file.read_text()) if arguments.by_file.exists() else {"of": what, "files": {}}
    if state["of"] != what:
        sys.exit(f"{arguments.by_file} is of another comparison: {state['of']}")
    files = sorted((path for path in arguments.data.iterdir() if path.is_file()), key=lambda path: path.stat().st_size)
    with Service(workers=1, threads=None) as service, tempfile.TemporaryDirectory() as folder:
        names = add_models(service, arguments.models)
        for path in files:
            if path.name in state["files"]:
                continue
            piece = pathlib.Path(folder) / path.stem
            piece.mkdir()
            (piece / path.name).symlink_to(path.resolve())
            service.run("dataset", "import", arguments.benchmark, piece, "--name", path.stem)
            state["files"][path.name] = compare(service, names, arguments.models, path.stem, limit)
            arguments.by_file.write_text(json.dumps(state, indent=1))
            print(f"{len(state['files'])} of {len(files)} files", flush=True)
    return [[sum(values) for values in zip(*of_model)] for of_model in zip(*state["files"].values())]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("models", nargs="+", metavar="MODEL:PRECISION")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--by-file", type=pathlib.Path, metavar="STATE")
    parser.add_argument("--expect-none", action="store_true")
    arguments = parser.parse_args()
    if len(arguments.models) < 2:
        parser.error("there is nothing to compare with")
    limit = [] if arguments.limit is None else ["--limit", arguments.limit]
    if arguments.by_file:
        found = compare_by_file(arguments, limit)
    else:
        with Service(workers=1, threads=None) as service:
            service.run("dataset", "import", arguments.benchmark, arguments.data.resolve())
            names = add_models(service, arguments.models)
            found = compare(service, names, arguments.models, arguments.benchmark, limit)
    for model, (items, changed) in zip(arguments.models[1:], found):
        print(f"{model}: {changed} of {items} predictions are not those of {arguments.models[0]}")
    return 1 if arguments.expect_none and any(changed for _, changed in found) else 0


if __name__ == "__main__":
    sys.exit(main())
