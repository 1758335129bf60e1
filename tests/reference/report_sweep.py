#!/usr/bin/env python3
"""A report from a real sweep: registers models, asks them parts of real benchmarks, and writes the report.

    report_sweep.py --data FOLDER --models DIR --output DIR [--llama-cpp PYTHON] [--model GGUF]

FOLDER has mmlu/, bbh/, crass/, hhh/, drop/, human_eval/ and published/ as their publishers lay them out (README). DIR is what
report_models.py has made: every folder in it is a model. With PYTHON, of an environment that has xllamacpp, llama.cpp's server answers for
the same file behind an endpoint. `--part` asks of MMLU and BBH some subjects and tasks only, and fewer items of all others. Scores over
a part of the items are marked as such in the report. The exit code is 1 where a model is not in it.
"""

import argparse
import contextlib
import csv
import pathlib
import shutil
import sys

import endpoints_against_own as endpoints
from service import DEMO_MODEL, SAMPLE_DATA, Service

# Benchmarks, items of each group, those with --part, and numbers of examples.
SWEEPS = ((("crass",), 60, 24, "0,3"), (("mmlu", "bbh", "hhh"), 3, 2, ""), (("drop", "human_eval"), 20, 3, ""))
BENCHMARKS = [benchmark for sweep in SWEEPS for benchmark in sweep[0]]
FACTS = ["foundation=SmolLM2", "parameters=135m", "method=supervised"]
# Of MMLU's subjects and BBH's tasks, with --part.
EACH = {"mmlu": 8, "bbh": 5}


def drop_file(data):
    """The published file, or what stands for it where that is not to be had."""
    return next(path for name in ("drop_dataset_dev.json", "drop_dataset_dev.reconstructed.json.gz") if (path := data / "drop" / name).exists())


def add(service, name, *options, base=False):
    service.run("model", "add", name, *options)
    service.run("model", "facts", "set", name, *FACTS, *(["tuning=lora", "instruction_data=MMLU validation"] if base else
                                                         ["tuning=full", "instruction_data=SmolTalk"]))
    return name


def add_folders(service, folder, adapters):
    """Of all models in it, the adapters or the others."""
    found = sorted(path for path in folder.iterdir() if (path / "adapter_config.json" if adapters else path / "config.json").exists())
    return [add(service, f"smollm2-{path.name}", path, *(["--base", "smollm2"] if adapters else []), base=adapters) for path in found]


def part_of(folder, target):
    """A folder with some of MMLU's subjects or BBH's tasks."""
    each = EACH[folder.name]
    if folder.name == "mmlu":
        names = sorted(path.name.removesuffix("_test.csv") for path in (folder / "test").glob("*_test.csv"))[::each]
        files = [f"{split}/{name}_{split}.csv" for name in names for split in ("dev", "test")]
    else:
        files = sorted(path.name for path in folder.glob("*.json"))[::each]
    for file in files:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / file, target / file)
    return target


def sweep(service, models, benchmarks, limit, shots, *options):
    done = service.run("sweep", "--model", ",".join(models), "--benchmark", ",".join(benchmarks), "--limit", limit,
                       *(["--shots", shots] if shots else []), *options, check=False, timeout=7200)
    print(f"{', '.join(benchmarks)}: {', '.join(models)}: {'done' if done.returncode == 0 else done.stderr}", flush=True)


def check(output, models):
    with (output / "models_ours.csv").open(encoding="utf-8") as file:
        rows = {row["model"]: row for row in csv.DictReader(file)}
    if missing := set(models) - rows.keys():
        sys.exit(f"the report lacks {missing}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--models", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--llama-cpp", metavar="PYTHON")
    parser.add_argument("--model", type=pathlib.Path, default=DEMO_MODEL)
    parser.add_argument("--part", action="store_true")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        service = stack.enter_context(Service(workers=1, threads=None))
        for benchmark in BENCHMARKS:
            path = drop_file(arguments.data) if benchmark == "drop" else arguments.data / benchmark
            if arguments.part and benchmark in EACH:
                path = part_of(path, service.folder / benchmark)
            service.run("dataset", "import", benchmark, path, timeout=600)
        for table in ("problem_solving", "alignment", "writing"):
            service.run("baseline", "import", arguments.data / f"published/{table}_leaderboard.csv", "--source", "instructeval")
        first = add(service, "smollm2", arguments.model)
        models = []
        for group in ([first, *add_folders(service, arguments.models, adapters=False)], "adapters"):
            names = add_folders(service, arguments.models, adapters=True) if group == "adapters" else group
            for benchmarks, whole, part, shots in SWEEPS if names else ():
                sweep(service, names, benchmarks, part if arguments.part else whole, shots)
            models += names
        service.run("dataset", "import", "impact", SAMPLE_DATA / "impact")
        job = service.submit("--limit", 1, benchmark="impact", model=",".join(models[:2]))
        service.run("watch", job, check=False, timeout=7200)
        print(service.run("judge", job, "--judge", first, "--parser", "instructeval", check=False, timeout=7200).stdout)
        limit = SWEEPS[0][2 if arguments.part else 1]
        if arguments.llama_cpp:
            endpoint = stack.enter_context(endpoints.start("llama-cpp", arguments.llama_cpp, str(arguments.model), service.folder))
            models.append(add(service, "llama-cpp", "--endpoint", endpoint.url, "--remote-model", str(arguments.model), "--api", "completions",
                              "--concurrency", 2))
            sweep(service, models[-1:], ("crass",), limit, "0,3")
        sweep(service, [first], ("crass",), limit, "", "--precision", "int8,llm-int8")
        print(service.run("leaderboard", "--partial", "--intervals").stdout)
        print(service.run("report", "--partial", "--protocol", "instructeval", "--output", arguments.output, "--title", "SmolLM2-135M in several forms").stdout)
        check(arguments.output, models)


if __name__ == "__main__":
    main()
