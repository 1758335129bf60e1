#!/usr/bin/env python3
"""Asks one model in several forms and precisions, by a service of its own, and shows what `assay compare` says of them.

    changed_predictions.py BENCHMARK DATA MODEL:PRECISION MODEL:PRECISION... [--limit N] [--expect-none]

MODEL is a GGUF file or a Hugging Face folder; the first one is what all others are compared with. The column "changed" has the share of
predictions whose text (or chosen letter) is another. --limit takes the first N items of each subject or task. Exit code 1 with --expect-none
where anything has changed. For example, that a GGUF file and its Hugging Face folder are the same model:

    PYTHON tests/bench/peers/prepare_model.py MODEL.gguf FOLDER '[2]'      (PYTHON: see tests/bench/README.md, environment huggingface)
    tests/reference/changed_predictions.py bbh DATA MODEL.gguf:float32 FOLDER/float32:float32 --expect-none
"""

import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "system"))
from service import Service  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("models", nargs="+", metavar="MODEL:PRECISION")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--expect-none", action="store_true")
    arguments = parser.parse_args()
    if len(arguments.models) < 2:
        parser.error("there is nothing to compare with")
    limit = [] if arguments.limit is None else ["--limit", arguments.limit]
    changed = 0
    with Service(workers=1) as service:
        service.run("dataset", "import", arguments.benchmark, arguments.data.resolve())
        names, jobs = {}, []
        for model in arguments.models:
            path, _, precision = model.rpartition(":")
            if path not in names:
                names[path] = f"model{len(names)}"
                service.run("model", "add", names[path], pathlib.Path(path).resolve())
            start = time.monotonic()
            job = service.submit("--precision", precision, *limit, model=names[path], benchmark=arguments.benchmark)
            service.run("watch", job, timeout=24 * 3600)
            print(f"{names[path]} is {path}, {precision}: {time.monotonic() - start:.0f} s", flush=True)
            jobs.append(job)
        for job in jobs[1:]:
            print(service.run("compare", jobs[0], job).stdout, flush=True)
            pairs = service.json("compare", jobs[0], job)["comparisons"][0]["pairs"]
            changed += sum(pair["changed"] for pair in pairs)
    return 1 if arguments.expect_none and changed else 0


if __name__ == "__main__":
    sys.exit(main())
